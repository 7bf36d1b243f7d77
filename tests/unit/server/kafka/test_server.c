/* The server over real sockets, spoken to in bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "server/kafka/server_int.h"

/* ---- a broker on a new folder */

typedef struct broker {
    char          dir[64];
    storage      *s;
    kafka_server *k;
    char          lines[64][256]; /* logged */
    atomic_int    line_count;
} broker;

static void keep_line(void *ctx, const char *line)
{
    broker *b = ctx;
    int     n = atomic_load(&b->line_count);
    if (n < 64)
        snprintf(b->lines[n], sizeof b->lines[n], "%s", line);
    atomic_fetch_add(&b->line_count, 1);
}

static broker *up_with(kafka_options o)
{
    status st;
    status_init(&st);
    broker *b = MEM_NEW(broker);
    snprintf(b->dir, sizeof b->dir, "/tmp/test_kafka.XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    storage_options so = {.dir = b->dir};
    b->s = storage_open(&so, &st);
    assert_non_null(b->s);
    o.host = "127.0.0.1";
    o.auto_create_topics = true;
    o.log = keep_line;
    o.log_ctx = b;
    b->k = kafka_server_start(b->s, &o, &st);
    assert_non_null(b->k);
    return b;
}

static broker *up(void)
{
    return up_with((kafka_options){.loops = 2});
}

static void down(broker *b)
{
    char cmd[128];
    if (b->k)
        kafka_server_stop(b->k);
    storage_close(b->s);
    snprintf(cmd, sizeof cmd, "rm -rf %s", b->dir);
    assert_int_equal(system(cmd), 0);
    mem_free(b);
}

/* ---- a client */

static int dial(broker *b)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(kafka_server_port(b->k)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int            fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval limit = {.tv_sec = 20};
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

static void put(int fd, const void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t w = send(fd, (const char *)p + at, n - at, MSG_NOSIGNAL);
        if (w <= 0)
            return; /* closed by the server: what follows will notice */
        at += (size_t)w;
    }
}

/* true: n bytes; false: closed before. */
static bool get(int fd, void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t r = recv(fd, (char *)p + at, n - at, 0);
        if (r <= 0)
            return false;
        at += (size_t)r;
    }
    return true;
}

static bool closed(int fd)
{
    char c;
    bool yes = !get(fd, &c, 1);
    close(fd);
    return yes;
}

static void put_request(int fd, int16_t key, int16_t version, int32_t correlation, const void *message, arena *a)
{
    const api  *row = api_find(key);
    buf         out = BUF_INIT(BUF_MAX);
    wire_writer w = {.out = &out, .a = a, .version = version, .flexible = version >= row->flexible};
    buf_put_i32(&out, 0);
    buf_put_i16(&out, key);
    buf_put_i16(&out, version);
    buf_put_i32(&out, correlation);
    buf_put_i16(&out, 4);
    buf_put(&out, "test", 4);
    if (w.flexible)
        buf_putc(&out, 0);
    wire_encode(&w, row->request, message);
    be_put32(out.p, (uint32_t)out.n - 4);
    put(fd, out.p, out.n);
    buf_free(&out);
}

/* Reads one answer; the correlation id, or -1 when the connection was closed. */
static int32_t get_answer(int fd, int16_t key, int16_t version, void *message, arena *a)
{
    const api *row = api_find(key);
    uint8_t    head[4];
    if (!get(fd, head, 4))
        return -1;
    uint32_t n = be_get32(head);
    uint8_t *p = arena_alloc(a, n);
    if (!get(fd, p, n))
        return -1;
    wire_reader r;
    wire_reader_init(&r, p, n, a);
    int32_t correlation = wire_get_i32(&r);
    r.version = version;
    r.flexible = version >= row->flexible;
    if (r.flexible && key != 18)
        wire_skip_tags(&r);
    assert_true(wire_decode(&r, row->response, message));
    assert_ptr_equal(r.p, r.end);
    return correlation;
}

/* A request and its answer. */
static void ask(int fd, int16_t key, int16_t version, const void *q, void *r, arena *a)
{
    static atomic_int last = 100000;
    int32_t           correlation = atomic_fetch_add(&last, 1);
    put_request(fd, key, version, correlation, q, a);
    assert_int_equal(get_answer(fd, key, version, r, a), correlation);
}

static void create_topic(int fd, const char *name, int32_t partitions)
{
    arena a;
    arena_init(&a);
    create_topics_request_topic t = {.name = str_of(name), .num_partitions = partitions, .replication_factor = 1};
    create_topics_request       q = {.topics = {&t, 1}, .timeout_ms = 1000};
    create_topics_response      r;
    ask(fd, 19, 5, &q, &r, &a);
    assert_int_equal(r.topics.p[0].error_code, 0);
    arena_free(&a);
}

static void delete_topic(int fd, const char *name)
{
    arena a;
    arena_init(&a);
    str                    topic = str_of(name);
    delete_topics_request  q = {.topic_names = {&topic, 1}};
    delete_topics_response r;
    ask(fd, 20, 4, &q, &r, &a);
    assert_int_equal(r.responses.p[0].error_code, 0);
    arena_free(&a);
}

/* One batch of count records with this value, in memory of the arena. */
static str batch(arena *a, int count, const char *value)
{
    status        st;
    batch_builder b;
    status_init(&st);
    batch_builder_init(&b, 1 << 20);
    for (int i = 0; i < count; i++)
        assert_true(batch_builder_add(&b, 1000 + i, STR_NONE, str_of(value), 0, STR_NONE));
    str s = str_dup(a, batch_builder_finish(&b, CODEC_NONE, &st));
    batch_builder_free(&b);
    return s;
}

static void put_produce(int fd, int32_t correlation, const char *topic, int32_t partition, int16_t acks, str records,
                        arena *a)
{
    produce_request_partition p = {.index = partition, .records = records};
    produce_request_topic     t = {.name = str_of(topic), .partition_data = {&p, 1}};
    produce_request           q = {.acks = acks, .timeout_ms = 1000, .topic_data = {&t, 1}};
    put_request(fd, 0, 7, correlation, &q, a);
}

static produce_response_partition get_produce(int fd, int32_t correlation, arena *a)
{
    produce_response r;
    assert_int_equal(get_answer(fd, 0, 7, &r, a), correlation);
    assert_int_equal(r.responses.n, 1);
    return r.responses.p[0].partition_responses.p[0];
}

static produce_response_partition produce(int fd, const char *topic, int32_t partition, int16_t acks, str records,
                                          arena *a)
{
    put_produce(fd, 1, topic, partition, acks, records, a);
    return get_produce(fd, 1, a);
}

static void put_fetch(int fd, int32_t correlation, const char *topic, int32_t partition, int64_t offset,
                      int32_t wait_ms, int32_t min_bytes, arena *a)
{
    fetch_request_partition p = {
        .partition = partition, .current_leader_epoch = -1, .fetch_offset = offset, .partition_max_bytes = 1 << 20};
    fetch_request_topic t = {.topic = str_of(topic), .partitions = {&p, 1}};
    fetch_request       q = {
              .max_wait_ms = wait_ms, .min_bytes = min_bytes, .max_bytes = 1 << 20, .session_epoch = -1, .topics = {&t, 1}};
    put_request(fd, 1, 11, correlation, &q, a);
}

static fetch_response_partition get_fetch(int fd, int32_t correlation, arena *a)
{
    fetch_response r;
    assert_int_equal(get_answer(fd, 1, 11, &r, a), correlation);
    assert_int_equal(r.error_code, 0);
    return r.responses.p[0].partitions.p[0];
}

/* What is there at once. */
static fetch_response_partition fetch(int fd, const char *topic, int32_t partition, int64_t offset, arena *a)
{
    put_fetch(fd, 1, topic, partition, offset, 0, 1, a);
    return get_fetch(fd, 1, a);
}

static const join_group_request_protocol range = {.name = STR("range"), .metadata = STR("")};

/* A new member of group "g". */
static join_group_request join_request(int32_t session_ms, int32_t rebalance_ms)
{
    return (join_group_request){.group_id = STR("g"),
                                .session_timeout_ms = session_ms,
                                .rebalance_timeout_ms = rebalance_ms,
                                .member_id = STR(""),
                                .protocol_type = STR("consumer"),
                                .protocols = {(join_group_request_protocol *)(uintptr_t)&range, 1}};
}

/* ---- most tests: a broker with a topic "t" of two partitions, and a connection */

typedef struct scene {
    broker *b;
    int     fd;
    arena   a;
} scene;

static int scene_up(void **state)
{
    scene *s = MEM_NEW(scene);
    s->b = up();
    s->fd = dial(s->b);
    create_topic(s->fd, "t", 2);
    *state = s;
    return 0;
}

static int scene_down(void **state)
{
    scene *s = *state;
    close(s->fd);
    arena_free(&s->a);
    down(s->b);
    mem_free(s);
    return 0;
}

/* ---- requests and answers */

static void produce_and_fetch(void **state)
{
    scene *s = *state;
    for (int i = 0; i < 3; i++) {
        int16_t                    acks = i == 1 ? -1 : 1;
        produce_response_partition p = produce(s->fd, "t", 1, acks, batch(&s->a, 5, "value"), &s->a);
        assert_int_equal(p.error_code, 0);
        assert_int_equal(p.base_offset, 5 * i);
        assert_int_equal(p.log_append_time_ms, -1);
        assert_int_equal(p.log_start_offset, 0);
    }
    fetch_response_partition f = fetch(s->fd, "t", 1, 7, &s->a);
    assert_int_equal(f.error_code, 0);
    assert_int_equal(f.high_watermark, 15);
    assert_int_equal(f.last_stable_offset, 15);
    assert_int_equal(f.log_start_offset, 0);
    assert_int_equal(be_get64(f.records.data), 5); /* the batch that holds 7 */
    assert_int_equal(fetch(s->fd, "t", 1, 15, &s->a).records.len_bytes, 0);
    put_fetch(s->fd, 11, "t", 1, 16, 500, 1, &s->a);
    assert_int_equal(get_fetch(s->fd, 11, &s->a).error_code, KE_OFFSET_OUT_OF_RANGE);
    put_fetch(s->fd, 12, "t", 2, 0, 500, 1, &s->a);
    assert_int_equal(get_fetch(s->fd, 12, &s->a).error_code, KE_UNKNOWN_TOPIC_OR_PARTITION);
    put_fetch(s->fd, 13, "nowhere", 0, 0, 500, 1, &s->a);
    assert_int_equal(get_fetch(s->fd, 13, &s->a).error_code, KE_UNKNOWN_TOPIC_OR_PARTITION);
}

static void bad_batches_are_refused(void **state)
{
    scene *s = *state;
    str    good = batch(&s->a, 1, "x");
    static const struct {
        int at, value, error; /* at -1: the length instead */
    } bad[] = {
        {16, 1, KE_INVALID_RECORD},          {7, 1, KE_INVALID_RECORD},      {20, 99, KE_CORRUPT_MESSAGE},
        {22, 7, KE_UNSUPPORTED_COMPRESSION}, {22, 16, KE_INVALID_TXN_STATE}, {11, 200, KE_CORRUPT_MESSAGE},
        {11, 1, KE_INVALID_RECORD},          {-1, 0, KE_INVALID_RECORD},     {-1, 30, KE_CORRUPT_MESSAGE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        str records = str_dup(&s->a, good);
        if (bad[i].at < 0)
            records.n = (uint32_t)bad[i].value;
        else
            ((char *)records.p)[bad[i].at] = (char)bad[i].value;
        assert_int_equal(produce(s->fd, "t", 0, 1, records, &s->a).error_code, bad[i].error);
    }
    assert_int_equal(produce(s->fd, "t", 0, 3, good, &s->a).error_code, KE_INVALID_REQUIRED_ACKS);
    assert_int_equal(produce(s->fd, "t", 5, 1, good, &s->a).error_code, KE_UNKNOWN_TOPIC_OR_PARTITION);
    /* nothing of it was written */
    assert_int_equal(produce(s->fd, "t", 0, 1, good, &s->a).base_offset, 0);
}

static void idempotent_producer(void **state)
{
    scene                    *s = *state;
    init_producer_id_request  q = {.producer_id = -1, .producer_epoch = -1};
    init_producer_id_response r;
    ask(s->fd, 22, 4, &q, &r, &s->a);
    assert_int_equal(r.error_code, 0);
    assert_true(r.producer_id >= 0);
    int32_t seqs[] = {0, 1, 1, 5};
    int16_t errors[] = {0, 0, 0, KE_OUT_OF_ORDER_SEQUENCE};
    int64_t offsets[] = {0, 1, 1, -1};
    for (int i = 0; i < 4; i++) {
        str   records = batch(&s->a, 1, "x");
        char *to = (char *)records.p;
        be_put64(to + 43, (uint64_t)r.producer_id);
        be_put16(to + 51, (uint16_t)r.producer_epoch);
        be_put32(to + 53, (uint32_t)seqs[i]);
        be_put32(to + 17, crc32c(0, to + 21, records.n - 21));
        produce_response_partition p = produce(s->fd, "t", 0, -1, records, &s->a);
        assert_int_equal(p.error_code, errors[i]);
        assert_int_equal(p.base_offset, offsets[i]);
    }
}

/* ---- order and waiting */

static void pipelined_requests_are_answered_in_order(void **state)
{
    scene *s = *state;
    enum { N = 300 };
    int16_t  kind[N];
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    metadata_request     mq = {.topics = {NULL, -1}};
    api_versions_request vq = {.client_software_name = STR("a"), .client_software_version = STR("1")};
    int64_t              produced = 0;
    for (int i = 0; i < N; i++) {
        kind[i] = (int16_t)(rand() % 5);
        if (kind[i] == 0)
            put_request(s->fd, 3, 9, i, &mq, &s->a);
        else if (kind[i] == 1)
            put_request(s->fd, 18, 3, i, &vq, &s->a);
        else if (kind[i] == 2)
            put_fetch(s->fd, i, "t", 0, 0, 1, 1, &s->a);
        else
            put_produce(s->fd, i, "t", 0, (int16_t)(kind[i] == 3 ? -1 : 1), batch(&s->a, 1, "v"), &s->a);
    }
    for (int i = 0; i < N; i++) {
        metadata_response     mr;
        api_versions_response vr;
        if (kind[i] == 0) {
            assert_int_equal(get_answer(s->fd, 3, 9, &mr, &s->a), i);
        } else if (kind[i] == 1) {
            assert_int_equal(get_answer(s->fd, 18, 3, &vr, &s->a), i);
            assert_int_equal(vr.api_keys.n, api_count);
        } else if (kind[i] == 2) {
            assert_int_equal(get_fetch(s->fd, i, &s->a).high_watermark, produced);
        } else {
            assert_int_equal(get_produce(s->fd, i, &s->a).base_offset, produced++);
        }
    }
}

static void long_poll_wakes_up(void **state)
{
    scene *s = *state;
    int    reader = dial(s->b), writer = s->fd;
    for (int i = 0; i < 20; i++) {
        put_fetch(reader, i, "t", 0, i, 60000, 1, &s->a);
        produce(writer, "t", 0, 1, batch(&s->a, 1, "v"), &s->a);
        assert_int_equal(get_fetch(reader, i, &s->a).high_watermark, i + 1);
    }
    /* min_bytes of two batches: one is not enough */
    str one = batch(&s->a, 1, "v");
    put_fetch(reader, 30, "t", 0, 20, 60000, (int32_t)one.n + 1, &s->a);
    produce(writer, "t", 0, 1, one, &s->a);
    produce(writer, "t", 0, 1, one, &s->a);
    assert_int_equal(get_fetch(reader, 30, &s->a).records.len_bytes, 2 * one.n);
    put_fetch(reader, 31, "t", 0, 22, 1, 1, &s->a); /* nothing comes: it is answered after 1 ms */
    assert_int_equal(get_fetch(reader, 31, &s->a).records.len_bytes, 0);
    /* the topic goes away under a waiting reader */
    put_fetch(reader, 32, "t", 0, 22, 60000, 1, &s->a);
    delete_topic(writer, "t");
    assert_int_equal(get_fetch(reader, 32, &s->a).error_code, KE_UNKNOWN_TOPIC_OR_PARTITION);
    create_topic(writer, "t", 1);
    assert_int_equal(produce(writer, "t", 0, 1, batch(&s->a, 1, "v"), &s->a).base_offset, 0);
    close(reader);
}

static void readers_that_leave_are_forgotten(void **state)
{
    scene *s = *state;
    for (int i = 0; i < 50; i++) {
        int reader = dial(s->b);
        put_fetch(reader, i, "t", 0, i, 60000, 1, &s->a);
        if (i % 2)
            shutdown(reader, SHUT_WR);
        close(reader);
        produce(s->fd, "t", 0, 1, batch(&s->a, 1, "v"), &s->a);
    }
}

static void stop_answers_what_waits(void **state)
{
    (void)state;
    arena   a;
    broker *b = up();
    int     poll_fd = dial(b), join_fd = dial(b);
    arena_init(&a);
    create_topic(poll_fd, "t", 1);
    put_fetch(poll_fd, 5, "t", 0, 0, 600000, 1, &a);
    join_group_request  q = join_request(10000, 60000);
    join_group_response r;
    ask(join_fd, 11, 2, &q, &r, &a);
    /* a second member: waits for the first */
    put_request(join_fd, 11, 2, 2, &q, &a);
    int probe = dial(b); /* both are parked once a later request on their loops is answered */
    create_topic(probe, "x", 1);
    int probe2 = dial(b);
    create_topic(probe2, "y", 1);
    kafka_server_stop(b->k);
    b->k = NULL;
    assert_int_equal(get_fetch(poll_fd, 5, &a).error_code, 0);
    assert_int_equal(get_answer(join_fd, 11, 2, &r, &a), 2);
    assert_int_equal(r.error_code, KE_COORDINATOR_NOT_AVAILABLE);
    assert_true(closed(poll_fd));
    assert_true(closed(join_fd));
    close(probe);
    close(probe2);
    arena_free(&a);
    down(b);
}

/* By id a topic is read, not what had its name before. */
static void a_topic_made_anew_is_fetched_by_its_new_id(void **state)
{
    scene *s = *state;
    for (int round = 0; round < 3; round++) {
        produce(s->fd, "t", 0, 1, batch(&s->a, round + 1, "v"), &s->a); /* the loop knows this one */
        if (round == 1) {                                               /* goes while nobody waits for it */
            delete_topic(s->fd, "t");
            create_topic(s->fd, "t", 2);
        }
        uint8_t    none[16] = {0xff};
        tlog_topic t;
        status     st;
        assert_true(tlog_topic_get(storage_log(s->b->s), &s->a, STR("t"), &t, &st));
        for (int known = 0; known < 2; known++) {
            fetch_request_partition p = {.current_leader_epoch = -1, .partition_max_bytes = 1 << 20};
            fetch_request_topic     ft = {.partitions = {&p, 1}};
            fetch_request           q = {.max_bytes = 1 << 20, .session_epoch = -1, .topics = {&ft, 1}};
            fetch_response          r;
            memcpy(ft.topic_id, known ? t.id : none, 16);
            ask(s->fd, 1, 13, &q, &r, &s->a);
            const fetch_response_partition *rp = &r.responses.p[0].partitions.p[0];
            assert_int_equal(rp->error_code, known ? KE_NONE : KE_UNKNOWN_TOPIC_ID);
            if (known)
                assert_int_equal(rp->high_watermark, round == 0 ? 1 : round == 1 ? 0 : 3);
        }
    }
}

/* ---- strangers */

static void garbage_closes_its_connection(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t      n;
        const char *line;
    } bad[] = {
        {"GET /info HTTP/1.1\r\n\r\n", 22, "an HTTP request came to the Kafka port"},
        {"POST /ksql HTTP/1.1\r\n\r\n", 23, "an HTTP request came to the Kafka port"},
        {"\x16\x03\x01\x02\x00", 5, "a TLS handshake"},
        {"\xff\xff\xff\xff", 4, "Invalid receive (size = -1)"},
        {"\x7f\xff\xff\xff", 4, "Invalid receive (size = 2147483647 larger than 100000)"},
        {"\0\0\0\0", 4, "a request of 0 bytes has no whole header"},
        {"\0\0\0\3abc", 7, "a request of 3 bytes has no whole header"},
        {"\0\0\0\12\x27\x0f\0\0\0\0\0\1\xff\xff", 14, "unknown API key 9999"},
        {"\0\0\0\12\0\3\0\x63\0\0\0\1\xff\xff", 14, "Metadata version 99 is not supported"},
        {"\0\0\0\12\0\0\0\1\0\0\0\1\xff\xff", 14, "Produce version 1 is not supported"},
        {"\0\0\0\12\0\3\0\1\0\0\0\1\xff\xff", 14, "malformed Metadata request (version 1)"},
        {"\0\0\0\12\0\3\0\1\0\0\0\1\xff\xf0", 14, "malformed Metadata request (version 1)"},
    };
    broker *b = up_with((kafka_options){.request_max_bytes = 100000});
    int     good = dial(b);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int fd = dial(b);
        put(fd, bad[i].bytes, bad[i].n);
        assert_true(closed(fd));
        assert_int_equal(atomic_load(&b->line_count), i + 1);
        if (!strstr(b->lines[i], bad[i].line))
            print_error("%s\n", b->lines[i]);
        assert_non_null(strstr(b->lines[i], bad[i].line));
    }
    create_topic(good, "t", 1); /* nobody else was hurt */
    int torn = dial(b);
    put(torn, "\0\0\0\12\0\3", 6);
    shutdown(torn, SHUT_WR);
    assert_true(closed(torn));
    assert_int_equal(atomic_load(&b->line_count), sizeof bad / sizeof bad[0] + 1);
    assert_non_null(strstr(b->lines[sizeof bad / sizeof bad[0]], "in the middle of a request"));
    close(good);
    down(b);
}

static void unknown_api_versions_version_gets_an_answer(void **state)
{
    scene                *s = *state;
    api_versions_response r;
    put(s->fd, "\0\0\0\16\0\x12\0\x63\0\0\0\7\0\2xy??", 18);
    assert_int_equal(get_answer(s->fd, 18, 0, &r, &s->a), 7);
    assert_int_equal(r.error_code, KE_UNSUPPORTED_VERSION);
    assert_int_equal(r.api_keys.n, 1);
    assert_int_equal(r.api_keys.p[0].api_key, 18);
    create_topic(s->fd, "u", 1); /* and the connection goes on */
}

static void every_prefix_of_a_request_is_waited_for(void **state)
{
    (void)state;
    broker           *b = up();
    static const char q[] = "\0\0\0\22\0\3\0\1\0\0\0\1\0\1x\0\0\0\0\0\0\0";
    size_t            n = 4 + 18;
    for (size_t cut = 1; cut < n; cut++) {
        arena             a;
        metadata_response r;
        int               fd = dial(b);
        arena_init(&a);
        put(fd, q, cut);
        put(fd, q + cut, n - cut);
        assert_int_equal(get_answer(fd, 3, 1, &r, &a), 1);
        close(fd);
        arena_free(&a);
    }
    assert_int_equal(atomic_load(&b->line_count), 0);
    down(b);
}

static void acks_0_has_no_answer(void **state)
{
    scene *s = *state;
    for (int i = 0; i < 10; i++)
        put_produce(s->fd, i, "t", 0, 0, batch(&s->a, 1, "v"), &s->a);
    assert_int_equal(fetch(s->fd, "t", 0, 0, &s->a).high_watermark, 10);
    int other = dial(s->b);
    put_produce(other, 100, "t", 7, 0, batch(&s->a, 1, "v"), &s->a);
    assert_true(closed(other)); /* the only way to say that it failed */
}

static void too_many_connections_are_turned_away(void **state)
{
    (void)state;
    broker *b = up_with((kafka_options){.connections_max = 2});
    int     first = dial(b), second = dial(b);
    create_topic(first, "a", 1);
    create_topic(second, "b", 1);
    assert_true(closed(dial(b)));
    create_topic(first, "c", 1);
    close(first);
    close(second);
    down(b);
}

static void a_reader_that_does_not_read_stops_only_itself(void **state)
{
    (void)state;
    arena   a;
    broker *b = up_with((kafka_options){.loops = 1});
    int     writer = dial(b), slow = dial(b);
    arena_init(&a);
    create_topic(writer, "t", 1);
    char *value = arena_alloc(&a, 100001);
    memset(value, 'v', 100000);
    value[100000] = 0;
    str big = batch(&a, 8, value);
    for (int i = 0; i < 8; i++)
        assert_int_equal(produce(writer, "t", 0, 1, big, &a).error_code, 0);
    for (int i = 0; i < 60; i++)
        put_fetch(slow, i, "t", 0, 0, 0, 1, &a);
    for (int i = 0; i < 8; i++)
        assert_int_equal(produce(writer, "t", 0, 1, big, &a).error_code, 0);
    for (int i = 0; i < 60; i++) {
        fetch_response_partition f = get_fetch(slow, i, &a);
        assert_true(f.records.len_bytes >= big.n);
        assert_int_equal(be_get64(f.records.data), 0);
    }
    close(writer);
    close(slow);
    arena_free(&a);
    down(b);
}

static void metrics_count(void **state)
{
    scene *s = *state;
    buf    out = BUF_INIT(BUF_MAX);
    kafka_server_metrics(s->b->k, &out);
    buf_putc(&out, 0);
    assert_non_null(strstr(out.p, "weir_kafka_connections 1\n"));
    assert_non_null(strstr(out.p, "weir_kafka_requests_total{api=\"CreateTopics\"} 1\n"));
    assert_non_null(strstr(out.p, "weir_kafka_errors_total{api=\"CreateTopics\"} 0\n"));
    buf_free(&out);
}

static void port_in_use(void **state)
{
    (void)state;
    status        st;
    broker       *b = up();
    kafka_options o = {.host = "127.0.0.1", .port = kafka_server_port(b->k)};
    status_init(&st);
    assert_null(kafka_server_start(b->s, &o, &st));
    assert_int_equal(st.code, ST_BUSY);
    o.host = "no.such.host.invalid";
    status_init(&st);
    assert_null(kafka_server_start(b->s, &o, &st));
    assert_int_equal(st.code, ST_BAD_REQUEST);
    down(b);
}

/* ---- many at once: what the thread sanitizer looks at */

enum { WRITERS = 3, READERS = 3, BATCHES = 150, PARTS = 2 };

typedef struct worker {
    broker   *b;
    int       n;
    pthread_t thread;
} worker;

static void *write_many(void *arg)
{
    worker *w = arg;
    int     fd = dial(w->b);
    for (int i = 0; i < BATCHES; i++) {
        arena a;
        arena_init(&a);
        int16_t acks = (int16_t)(i % 2 ? 1 : -1);
        assert_int_equal(produce(fd, "t", i % PARTS, acks, batch(&a, 3, "value"), &a).error_code, 0);
        arena_free(&a);
    }
    close(fd);
    return NULL;
}

static void *read_many(void *arg)
{
    worker *w = arg;
    int     fd = dial(w->b);
    int64_t end = (int64_t)WRITERS * BATCHES / PARTS * 3;
    for (int64_t at = 0; at < end;) {
        arena a;
        arena_init(&a);
        put_fetch(fd, 1, "t", w->n % PARTS, at, 5000, 1, &a);
        fetch_response_partition f = get_fetch(fd, 1, &a);
        assert_int_equal(f.error_code, 0);
        for (uint32_t k = 0; k + 61 <= f.records.len_bytes;) {
            const uint8_t *p = f.records.data + k;
            uint32_t       size = 12 + be_get32(p + 8);
            if (k + size > f.records.len_bytes)
                break;
            assert_int_equal(be_get64(p), at); /* no gap, nothing twice */
            assert_int_equal(be_get32(p + 17), crc32c(0, p + 21, size - 21));
            at += be_get32(p + 57);
            k += size;
        }
        arena_free(&a);
    }
    close(fd);
    return NULL;
}

static void *join_many(void *arg)
{
    worker *w = arg;
    int     fd = dial(w->b);
    arena   a;
    arena_init(&a);
    join_group_request q = join_request(6000, 300);
    for (int i = 0; i < 20; i++) {
        join_group_response j;
        put_request(fd, 11, 3, i, &q, &a);
        if (get_answer(fd, 11, 3, &j, &a) != i)
            break;
        q.member_id = j.error_code ? STR("") : str_dup(&a, j.member_id);
        sync_group_request_assignment as[8];
        for (int32_t k = 0; k < j.members.n && k < 8; k++)
            as[k] = (sync_group_request_assignment){j.members.p[k].member_id, STR("all")};
        sync_group_request  sq = {.group_id = STR("g"),
                                  .generation_id = j.generation_id,
                                  .member_id = q.member_id,
                                  .assignments = {as, j.members.n < 8 ? j.members.n : 8}};
        sync_group_response sr;
        if (j.error_code)
            continue;
        ask(fd, 14, 2, &sq, &sr, &a);
        offset_commit_request_partition cp = {.partition_index = 0, .committed_offset = i};
        offset_commit_request_topic     ct = {.name = STR("t"), .partitions = {&cp, 1}};
        offset_commit_request           cq = {.group_id = STR("g"),
                                              .generation_id_or_member_epoch = j.generation_id,
                                              .member_id = q.member_id,
                                              .topics = {&ct, 1}};
        offset_commit_response          cr;
        ask(fd, 8, 5, &cq, &cr, &a);
    }
    leave_group_request  lq = {.group_id = STR("g"), .member_id = q.member_id};
    leave_group_response lr;
    ask(fd, 13, 2, &lq, &lr, &a);
    close(fd);
    arena_free(&a);
    return NULL;
}

static void many_at_once(void **state)
{
    (void)state;
    broker *b = up();
    worker  w[WRITERS + READERS + 3];
    int     fd = dial(b);
    create_topic(fd, "t", PARTS);
    for (int i = 0; i < WRITERS + READERS + 3; i++) {
        w[i] = (worker){.b = b, .n = i};
        pthread_create(&w[i].thread, NULL,
                       i < WRITERS             ? write_many
                       : i < WRITERS + READERS ? read_many
                                               : join_many,
                       &w[i]);
    }
    for (int i = 0; i < WRITERS + READERS + 3; i++)
        pthread_join(w[i].thread, NULL);
    close(fd);
    down(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(produce_and_fetch, scene_up, scene_down),
        cmocka_unit_test_setup_teardown(bad_batches_are_refused, scene_up, scene_down),
        cmocka_unit_test_setup_teardown(idempotent_producer, scene_up, scene_down),
        cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_order, scene_up, scene_down),
        cmocka_unit_test_setup_teardown(long_poll_wakes_up, scene_up, scene_down),
        cmocka_unit_test_setup_teardown(readers_that_leave_are_forgotten, scene_up, scene_down),
        cmocka_unit_test_setup_teardown(a_topic_made_anew_is_fetched_by_its_new_id, scene_up, scene_down),
        cmocka_unit_test(stop_answers_what_waits),
        cmocka_unit_test(garbage_closes_its_connection),
        cmocka_unit_test_setup_teardown(unknown_api_versions_version_gets_an_answer, scene_up, scene_down),
        cmocka_unit_test(every_prefix_of_a_request_is_waited_for),
        cmocka_unit_test_setup_teardown(acks_0_has_no_answer, scene_up, scene_down),
        cmocka_unit_test(too_many_connections_are_turned_away),
        cmocka_unit_test(a_reader_that_does_not_read_stops_only_itself),
        cmocka_unit_test_setup_teardown(metrics_count, scene_up, scene_down),
        cmocka_unit_test(port_in_use),
        cmocka_unit_test(many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
