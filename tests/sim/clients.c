#include "tests/sim/clients.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "storage/record.h"
#include "tests/sim/kafka.h"
#include "tests/sim/schedule.h"

#define MS ((int64_t)1000000)
#define BATCH_MAX 5
#define RECORDS_MAX 400 /* of a run */

static void nap(int64_t most_ms)
{
    sched_wait(&nap, sched_now_ns() + (int64_t)lot_below((uint64_t)most_ms) * MS);
}

/* ---- producers: one batch at a time. An idempotent one sends a batch again until it is answered; the others do not.
 */

typedef struct producer {
    world        *w;
    int32_t       at;
    bool          idempotent;
    int64_t       pid;
    int16_t       epoch;
    int32_t       next_seq[PARTITIONS];
    kafka_conn    c;
    batch_builder b;
} producer;

static int32_t key_partition(int32_t key)
{
    char text[16];
    int  n = snprintf(text, sizeof text, "k%d", key);
    return record_partition(str_make(text, (size_t)n), PARTITIONS);
}

/* n records for one partition; *first: the number of the first, which those behind it follow. */
static str make_batch(producer *q, int32_t partition, int n, int64_t *first)
{
    status st;
    char   key[16], number_text[24];
    status_init(&st);
    batch_builder_reset(&q->b);
    for (int i = 0; i < n; i++) {
        int32_t k;
        do
            k = (int32_t)lot_below(KEYS);
        while (key_partition(k) != partition);
        int64_t number = model_send(&q->w->m, q->at, partition, k);
        *first = i ? *first : number;
        int kn = snprintf(key, sizeof key, "k%d", k),
            vn = snprintf(number_text, sizeof number_text, "%lld", (long long)number);
        batch_builder_add(&q->b, clock_wall_ms(), str_make(key, (size_t)kn), str_make(number_text, (size_t)vn), 0,
                          STR_NONE);
    }
    str out = batch_builder_finish(&q->b, CODEC_NONE, &st);
    if (q->idempotent) {
        uint8_t *p = (uint8_t *)(uintptr_t)out.p;
        be_put64(p + 43, (uint64_t)q->pid);
        be_put16(p + 51, (uint16_t)q->epoch);
        be_put32(p + 53, (uint32_t)q->next_seq[partition]);
        be_put32(p + BATCH_CRC_FROM - 4, crc32c(0, p + BATCH_CRC_FROM, out.n - BATCH_CRC_FROM));
    }
    return out;
}

/* The partition does not know what came before, as when the power took it. The batch has no place there any more, and
 * nobody knows of those sent before. */
static bool has_lost_place(producer *q, int rc)
{
    enum { OUT_OF_ORDER_SEQUENCE_NUMBER = 45, UNKNOWN_PRODUCER_ID = 59 };
    if (rc != OUT_OF_ORDER_SEQUENCE_NUMBER && rc != UNKNOWN_PRODUCER_ID)
        return false;
    if (q->w->p->power_cuts == 0)
        broken("producer %d is told error %d, and nothing was lost", q->at, rc);
    return true;
}

/* Its answer; of an idempotent producer the one that counts. */
static int send_batch(producer *q, int32_t partition, int16_t acks, str batch, int64_t *base)
{
    for (;;) {
        int  rc = kafka_produce(&q->c, INPUT, partition, acks, batch, base);
        bool again = rc == KAFKA_NOT_SENT || (q->idempotent && rc != 0);
        if (!again || has_lost_place(q, rc))
            return rc;
        trace("producer %d: %d, and again", q->at, rc);
        nap(300);
    }
}

static void begin_anew(producer *q)
{
    while (q->idempotent && !q->w->closing && kafka_init_producer(&q->c, &q->pid, &q->epoch) != 0)
        nap(200);
    memset(q->next_seq, 0, sizeof q->next_seq);
}

static void produce(producer *q)
{
    int32_t partition = key_partition((int32_t)lot_below(KEYS));
    int16_t acks = lot_below(3) ? -1 : 1;
    int     n = 1 + (int)lot_below(BATCH_MAX);
    int64_t first, base = -1;
    str     batch = make_batch(q, partition, n, &first);
    trace("producer %d: records %lld to %lld to partition %d, acks %d", q->at, (long long)first,
          (long long)first + n - 1, partition, acks);
    uint32_t cuts = q->w->p->power_cuts;
    int      rc = send_batch(q, partition, acks, batch, &base);
    trace("producer %d: record %lld: %d, offset %lld", q->at, (long long)first, rc, (long long)base);
    /* An answer that was on its way when the power was cut. */
    promise p = acks == -1 ? PROMISED_POWER : cuts == q->w->p->power_cuts ? PROMISED_LIFE : PROMISED_NOTHING;
    for (int i = 0; i < n && rc == 0; i++)
        model_told(&q->w->m, first + i, base + i, p);
    q->next_seq[partition] += n;
    if (q->idempotent && rc)
        begin_anew(q);
}

static void *produce_all(void *arg)
{
    producer *q = arg;
    world    *w = q->w;
    while (!w->topic_there && !w->closing)
        nap(50);
    begin_anew(q);
    while (!w->closing && w->m.sent.n < RECORDS_MAX) {
        produce(q);
        nap(lot_below(4) ? 20 : 600);
    }
    w->working--;
    return NULL;
}

void world_start_clients(world *w)
{
    for (unsigned i = 0; i < w->producers; i++) {
        producer *q = MEM_NEW(producer);
        q->w = w;
        q->at = (int32_t)i;
        q->idempotent = lot_below(3) > 0;
        kafka_init(&q->c, w->p);
        batch_builder_init(&q->b, 1 << 16);
        w->working++;
        sched_spawn("producer", OF_WORLD, produce_all, q);
    }
    world_start_members(w);
}

/* ---- statements */

static bool run(world *w, guarantee g, const char *sql)
{
    session      s;
    arena        a = {0};
    answers      out;
    engine_error err = {0};
    session_init(&s);
    if (g == EXACTLY_ONCE)
        session_set(&s, STR("processing.guarantee"), STR("exactly_once_v2"));
    session_set(&s, STR("auto.offset.reset"), STR("earliest"));
    session_set(&s, STR("commit.interval.ms"), STR("300"));
    bool ok = engine_execute(w->p->engine, &s, str_of(sql), &a, &out, &err);
    trace("%s: %s", sql, ok ? "done" : err.st.msg);
    session_free(&s);
    arena_free(&a);
    return ok;
}

static bool make_topic(world *w)
{
    status      st;
    tlog_config c = {STR("retention.ms"), STR("-1")};
    tlog_topic  t = {.name = STR(INPUT), .partitions = PARTITIONS, .replication = 1, .configs = &c, .config_count = 1};
    status_init(&st);
    return tlog_topic_create(storage_log(w->p->storage), &t, &st) || st.code == ST_EXISTS;
}

static bool state_all(world *w)
{
    return run(w, AT_LEAST_ONCE,
               "CREATE STREAM IF NOT EXISTS src (k STRING KEY, v BIGINT) WITH (kafka_topic='" INPUT
               "', format='DELIMITED');") &&
           run(w, w->m.filter,
               "CREATE STREAM IF NOT EXISTS evens WITH (kafka_topic='evens') AS SELECT k, v FROM src WHERE v % 2 = "
               "0;") &&
           run(w, w->m.count,
               "CREATE TABLE IF NOT EXISTS counts WITH (kafka_topic='counts') AS SELECT k, COUNT(*) AS n FROM src "
               "GROUP BY k;");
}

static void *state(void *arg)
{
    world *w = arg;
    bool   done = false;
    while (!w->p->stopping && !done) {
        if (!w->topic_there)
            w->topic_there = make_topic(w);
        else
            done = state_all(w);
        nap(500);
    }
    w->m.stated |= done;
    w->p->visitors--;
    return NULL;
}

void world_start_statements(world *w)
{
    w->p->visitors++;
    sched_spawn("statements", OF_PROGRAM, state, w);
}

/* ---- looking */

void sight_free(sight *s)
{
    for (int p = 0; p < PARTITIONS; p++) {
        VEC_FREE(&s->input.part[p]);
        VEC_FREE(&s->evens.part[p]);
        VEC_FREE(&s->counts.part[p]);
    }
}

static int64_t number_of(str text)
{
    char z[24] = "";
    memcpy(z, text.p, text.n < sizeof z - 1 ? text.n : sizeof z - 1);
    return strtoll(z, NULL, 10);
}

static bool is_absent(status *st, const char *topic, int p)
{
    if (st->code == ST_NOT_FOUND)
        return false;
    broken("%s-%d cannot be read: %s", topic, p, st->msg);
}

/* false: there is no such topic. */
static bool read_part(world *w, const char *topic, int32_t p, topic_seen *out, int64_t *high, int64_t *stable)
{
    status       st;
    rec_view     r[32];
    uint32_t     got;
    tlog_offsets o;
    tlog        *l = storage_log(w->p->storage);
    status_init(&st);
    tlog_part *part = tlog_part_open(l, str_of(topic), p, &st);
    if (part == NULL || !tlog_offsets_query(l, &part, 1, &o, &st))
        return is_absent(&st, topic, p);
    tlog_reader *reader = tlog_reader_open(part, o.start, TLOG_READ_COMMITTED);
    do {
        if (!tlog_reader_next(reader, r, 32, &got, &st))
            return is_absent(&st, topic, p);
        for (uint32_t i = 0; i < got; i++)
            VEC_PUSH(&out->part[p],
                     ((seen){r[i].offset, r[i].value.p ? number_of(r[i].value) : -1,
                             r[i].key.n > 1 ? (int32_t)number_of(str_make(r[i].key.p + 1, r[i].key.n - 1)) : -1}));
    } while (got);
    if (!tlog_offsets_query(l, &part, 1, &o, &st))
        return is_absent(&st, topic, p);
    *high = o.high;
    *stable = o.last_stable;
    tlog_reader_close(reader);
    tlog_part_close(part);
    return true;
}

static void read_group(world *w, sight *s)
{
    status        st;
    arena         a = {0};
    group_offset *o;
    size_t        n = 0;
    status_init(&st);
    if (!storage_group_offsets_get(w->p->storage, STR(GROUP), &a, &o, &n, &st))
        broken("the group's offsets cannot be read: %s", st.msg);
    for (int p = 0; p < PARTITIONS; p++)
        s->committed[p] = 0;
    for (size_t i = 0; i < n; i++)
        s->committed[o[i].partition] = o[i].offset;
    arena_free(&a);
}

static void *look(void *arg)
{
    world  *w = arg;
    sight   s = {.step = sched_steps(), .has_outputs = true};
    int64_t high, stable;
    read_group(w, &s);
    for (int32_t p = 0; p < PARTITIONS; p++)
        s.has_outputs = read_part(w, "evens", p, &s.evens, &high, &stable) &&
                        read_part(w, "counts", p, &s.counts, &high, &stable) && s.has_outputs;
    for (int32_t p = 0; p < PARTITIONS; p++)
        read_part(w, INPUT, p, &s.input, &s.high[p], &s.last_stable[p]);
    sight_free(&w->last);
    w->last = s;
    w->looked = true;
    w->p->visitors--;
    return NULL;
}

void world_start_look(world *w)
{
    w->looked = false;
    w->p->visitors++;
    sched_spawn("look", OF_PROGRAM, look, w);
}

/* ---- deleting */

static void *trim(void *arg)
{
    world *w = arg;
    for (int32_t p = 0; p < PARTITIONS; p++) {
        status  st;
        int64_t start = 0;
        status_init(&st);
        tlog_part *part = tlog_part_open(storage_log(w->p->storage), STR(INPUT), p, &st);
        if (part == NULL || !storage_delete_records(w->p->storage, part, w->last.high[p] / 2, &start, &st))
            broken("records cannot be deleted: %s", st.msg);
        trace("partition %d begins at %lld", p, (long long)start);
        tlog_part_close(part);
    }
    storage_maintain(w->p->storage); /* drops segments */
    w->trimmed = true;
    w->p->visitors--;
    return NULL;
}

void world_start_trim(world *w)
{
    w->trimmed = false;
    w->p->visitors++;
    sched_spawn("trim", OF_PROGRAM, trim, w);
}
