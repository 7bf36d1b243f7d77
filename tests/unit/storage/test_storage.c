#include "log_checks.h"

#include <dirent.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/storage.h"

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/weir-storage-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    char cmd[96];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

static storage *open_dir(storage_options opt)
{
    opt.dir = dir;
    storage *s = storage_open(&opt, &check_st);
    assert_ok(s != NULL);
    return s;
}

static void contract(void **state)
{
    (void)state;
    storage *s = open_dir((storage_options){0});
    check_log(storage_log(s));
    storage_close(s);
}

static void contract_with_tiny_segments(void **state)
{
    (void)state;
    storage *s = open_dir((storage_options){.segment_bytes = 1000, .index_interval_bytes = 1});
    check_log(storage_log(s));
    storage_maintain(s);
    storage_close(s);
}

static void all_is_there_after_a_restart(void **state)
{
    (void)state;
    for (int clean = 0; clean < 2; clean++) {
        storage *s = open_dir((storage_options){0});
        char     name[16], id[32];
        tlog    *l = storage_log(s);
        snprintf(name, sizeof name, "t%d", clean);
        snprintf(id, sizeof id, "%.*s", STR_FMT(storage_cluster_id(s)));
        make_topic(l, name, 2);
        tlog_part     *p = open_part(l, name, 0);
        tlog_producer *a = tlog_producer_open(l, STR("a"), &check_st);
        append_values(p, NULL, "one", 2);
        append_values(p, a, "two", 1);
        tlog_position c = {str_of(name), 0, 3, NULL};
        assert_ok(commit_txn(l, a, STR("g"), &c, 1, &check_st));
        append_values(p, a, "open", 1);
        tlog_part_close(p);
        tlog_producer_close(a);
        storage_close(s);
        if (!clean) { /* without the mark, all is scanned anew */
            char mark[96];
            snprintf(mark, sizeof mark, "%s/clean", dir);
            assert_int_equal(unlink(mark), 0);
        }
        s = open_dir((storage_options){0});
        l = storage_log(s);
        assert_true(str_eqz(storage_cluster_id(s), id));
        p = open_part(l, name, 0);
        assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "one0 one1 two0");
        assert_int_equal(tlog_part_known(p).last_stable, tlog_part_known(p).high);
        int64_t o;
        assert_ok(fetch_offset(l, STR("g"), str_of(name), 0, &o, &check_st));
        assert_int_equal(o, 3);
        append_values(p, NULL, "three", 1);
        assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "one0 one1 two0 three0");
        tlog_part_close(p);
        storage_close(s);
    }
}

/* Appends, commits and says so on the pipe, until it is killed. */
static void write_until_killed(int out, int64_t from)
{
    storage       *s = open_dir((storage_options){.segment_bytes = 20000, .fsync_off = true});
    tlog_part     *p = open_part(storage_log(s), "t", 0), *q = open_part(storage_log(s), "t", 1);
    tlog_producer *pr = tlog_producer_open(storage_log(s), STR("task"), &check_st);
    for (int64_t i = from;; i++) {
        char v[32];
        snprintf(v, sizeof v, "%lld-", (long long)i);
        append_values(p, pr, v, 1);
        append_values(q, pr, v, 2);
        tlog_position c = {STR("src"), 0, i, NULL};
        if (!commit_txn(storage_log(s), pr, STR("g"), &c, 1, &check_st) || write(out, &i, sizeof i) != sizeof i)
            _exit(1);
        if (i % 7 == 0)
            storage_maintain(s);
    }
}

static void killed_processes_lose_nothing(void **state)
{
    (void)state;
    storage *s = open_dir((storage_options){0});
    make_topic(storage_log(s), "t", 2);
    storage_close(s);
    int64_t acked = 0;
    for (int round = 0; round < 6; round++) {
        int pipes[2];
        assert_int_equal(pipe(pipes), 0);
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0)
            write_until_killed(pipes[1], acked + 1);
        close(pipes[1]);
        for (int i = 0; i < 40 + round * 13; i++)
            assert_int_equal(read(pipes[0], &acked, sizeof acked), sizeof acked);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        for (int64_t more; read(pipes[0], &more, sizeof more) == sizeof more;)
            acked = more; /* said before it died */
        close(pipes[0]);
        s = open_dir((storage_options){.segment_bytes = 20000});
        int64_t    o, seen[2] = {0, 0};
        batch_iter it = BATCH_ITER_INIT;
        rec_view   rec;
        assert_ok(fetch_offset(storage_log(s), STR("g"), STR("src"), 0, &o, &check_st));
        assert_true(o == acked || o == acked + 1); /* the last may have been cut off from saying so */
        for (int i = 0; i < 2; i++) {
            tlog_part     *p = open_part(storage_log(s), "t", i);
            tlog_reader   *r = tlog_reader_open(p, 0, TLOG_READ_COMMITTED);
            const uint8_t *data;
            uint32_t       len;
            while (batch_log_next(r, 1 << 16, &data, &len, &check_st) && len > 0) {
                for (uint32_t at = 0; at < len; at += it.b.size_bytes) {
                    assert_ok(batch_iter_begin(&it, data + at, len - at, &check_st));
                    seen[i]++;
                    while (batch_iter_next(&it, &rec, &check_st))
                        assert_int_equal(atoi(rec.value.p), seen[i]);
                }
            }
            assert_int_equal(seen[i], o);
            assert_int_equal(tlog_part_known(p).last_stable, tlog_part_known(p).high);
            tlog_reader_close(r);
            tlog_part_close(p);
        }
        acked = o;
        batch_iter_free(&it);
        storage_close(s);
    }
}

static void a_folder_in_use_is_refused(void **state)
{
    (void)state;
    storage        *s = open_dir((storage_options){0});
    storage_options opt = {.dir = dir};
    char            me[32];
    assert_null(storage_open(&opt, &check_st));
    assert_int_equal(check_st.code, ST_BUSY);
    snprintf(me, sizeof me, "process %d", (int)getpid());
    assert_non_null(strstr(check_st.msg, me));
    storage_close(s);
}

/* ---- batches as clients send them */

static str client_batch(batch_builder *b, int64_t pid, int16_t epoch, int32_t seq, int n, bool txn)
{
    str      s = make_batch(b, "c", n, CODEC_NONE);
    uint8_t *p = (uint8_t *)s.p;
    be_put16(p + 21, txn ? BATCH_TRANSACTIONAL : 0);
    be_put64(p + 43, (uint64_t)pid);
    be_put16(p + 51, (uint16_t)epoch);
    be_put32(p + 53, (uint32_t)seq);
    be_put32(p + 17, crc32c(0, p + 21, s.n - 21));
    return s;
}

static bool produce(tlog_part *p, batch_builder *b, int64_t pid, int16_t epoch, int32_t seq, int n, bool txn,
                    int64_t *base)
{
    str s = client_batch(b, pid, epoch, seq, n, txn);
    return batch_log_append(p, (uint8_t *)s.p, s.n, (batch_append){0}, base, &check_st);
}

static void idempotent_producers(void **state)
{
    (void)state;
    storage       *s = open_dir((storage_options){0});
    batch_builder  b;
    producer_ident who, other;
    int64_t        base;
    batch_builder_init(&b, 1 << 16);
    make_topic(storage_log(s), "t", 1);
    tlog_part *p = open_part(storage_log(s), "t", 0);
    assert_ok(storage_producer_id_new(s, &who, &check_st));
    assert_int_equal(who.epoch, 0);
    for (int i = 0; i < 7; i++) {
        assert_ok(produce(p, &b, who.pid, 0, i * 2, 2, false, &base));
        assert_int_equal(base, i * 2);
    }
    for (int restart = 0; restart < 2; restart++) {
        /* The last five are known; what is older or leaves a gap is out of order. */
        for (int i = 2; i < 7; i++) {
            assert_fails(produce(p, &b, who.pid, 0, i * 2, 2, false, &base), ST_DUPLICATE);
            assert_int_equal(base, i * 2);
        }
        assert_fails(produce(p, &b, who.pid, 0, 2, 2, false, &base), ST_SEQUENCE);
        assert_fails(produce(p, &b, who.pid, 0, 12, 1, false, &base), ST_SEQUENCE);
        assert_fails(produce(p, &b, who.pid, 0, 15, 1, false, &base), ST_SEQUENCE);
        assert_int_equal(tlog_part_known(p).high, 14);
        tlog_part_close(p);
        storage_close(s);
        s = open_dir((storage_options){0});
        p = open_part(storage_log(s), "t", 0);
    }
    assert_ok(produce(p, &b, who.pid, 0, 14, 1, false, &base));
    assert_int_equal(base, 14);
    assert_fails(produce(p, &b, who.pid, 1, 5, 1, false, &base), ST_SEQUENCE);
    assert_ok(produce(p, &b, who.pid, 1, 0, 1, false, &base));
    assert_fails(produce(p, &b, who.pid, 0, 15, 1, false, &base), ST_FENCED);
    assert_fails(produce(p, &b, who.pid, 1, -1, 1, false, &base), ST_INVALID_RECORD);
    /* Sequences go from 2^31-1 to 0. */
    assert_ok(produce(p, &b, 99, 0, INT32_MAX - 1, 2, false, &base));
    assert_ok(produce(p, &b, 99, 0, 0, 1, false, &base));
    assert_ok(produce(p, &b, 98, 0, INT32_MAX, 2, false, &base));
    assert_ok(produce(p, &b, 98, 0, 1, 1, false, &base));
    /* Ids are never given twice. */
    assert_ok(storage_producer_id_new(s, &other, &check_st));
    assert_true(other.pid > who.pid);
    batch_builder_free(&b);
    tlog_part_close(p);
    storage_close(s);
}

static int64_t test_now(void *ctx)
{
    return *(int64_t *)ctx;
}

static void transactions_of_clients(void **state)
{
    (void)state;
    producer_ident who;
    int64_t        now = 1000000, base, o;
    storage       *s = open_dir((storage_options){.clock = &(timesource){test_now, test_now, &now}});
    tlog          *l = storage_log(s);
    batch_builder  b;
    batch_builder_init(&b, 1 << 16);
    make_topic(l, "t", 2);
    tlog_part *p = open_part(l, "t", 0), *q = open_part(l, "t", 1);
    assert_fails(storage_txn_init(s, STR("x"), 0, &who, &check_st), ST_BAD_REQUEST);
    assert_fails(storage_txn_init(s, STR(""), 1000, &who, &check_st), ST_BAD_REQUEST);
    assert_ok(storage_txn_init(s, STR("x"), 60000, &who, &check_st));
    assert_fails(produce(p, &b, 4242, 0, 0, 1, true, &base), ST_UNKNOWN_PID);
    assert_fails(produce(p, &b, who.pid, who.epoch, 0, 1, true, &base), ST_TXN_STATE); /* not added */
    assert_ok(storage_txn_add_partition(s, STR("x"), who, p, &check_st));
    assert_ok(produce(p, &b, who.pid, who.epoch, 0, 2, true, &base));
    assert_fails(produce(q, &b, who.pid, who.epoch, 0, 1, true, &base), ST_TXN_STATE);
    assert_fails(produce(p, &b, who.pid, who.epoch, 2, 1, false, &base), ST_TXN_STATE);
    tlog_position c = {STR("src"), 3, 55, NULL};
    assert_ok(storage_txn_add_offsets(s, STR("x"), who, STR("g"), &c, 1, &check_st));
    assert_fails(storage_txn_add_offsets(s, STR("x"), who, STR("h"), &c, 1, &check_st), ST_TXN_STATE);
    assert_ok(fetch_offset(l, STR("g"), STR("src"), 3, &o, &check_st));
    assert_int_equal(o, TLOG_OFFSET_NONE);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "");
    assert_fails(storage_txn_end(s, STR("x"), (producer_ident){who.pid, (int16_t)(who.epoch + 1)}, true, &check_st),
                 ST_FENCED);
    assert_fails(storage_txn_end(s, STR("y"), who, true, &check_st), ST_UNKNOWN_PID);
    assert_ok(storage_txn_end(s, STR("x"), who, true, &check_st));
    assert_ok(storage_txn_end(s, STR("x"), who, true, &check_st)); /* repeated */
    assert_fails(storage_txn_end(s, STR("x"), who, false, &check_st), ST_TXN_STATE);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "c0 c1");
    assert_ok(fetch_offset(l, STR("g"), STR("src"), 3, &o, &check_st));
    assert_int_equal(o, 55);

    /* Fetch: control batches are in, aborted transactions are listed. */
    assert_ok(storage_txn_add_partition(s, STR("x"), who, p, &check_st));
    assert_ok(produce(p, &b, who.pid, who.epoch, 2, 1, true, &base));
    assert_ok(storage_txn_end(s, STR("x"), who, false, &check_st));
    arena        a = {0};
    fetch_result f;
    assert_ok(storage_fetch(s, p, 0, 1 << 20, TLOG_READ_COMMITTED, &a, &f, &check_st));
    assert_int_equal(f.aborted_count, 1);
    assert_int_equal(f.aborted[0].first_offset, 3);
    assert_int_equal(f.aborted[0].producer_id, who.pid);
    assert_int_equal(f.offsets.high, 5);
    int batches = 0, controls = 0;
    for (uint32_t at = 0; at < f.slice.len_bytes; batches++) {
        batch_view v;
        assert_ok(batch_parse(f.slice.data + at, f.slice.len_bytes - at, true, &v, &check_st));
        controls += (v.attributes & BATCH_CONTROL) != 0;
        at += v.size_bytes;
    }
    assert_int_equal(batches, 4);
    assert_int_equal(controls, 2);

    /* A client that falls silent is fenced after its timeout, and readers go on. */
    assert_ok(storage_txn_add_partition(s, STR("x"), who, p, &check_st));
    assert_ok(produce(p, &b, who.pid, who.epoch, 3, 1, true, &base));
    append_values(p, NULL, "later", 1);
    storage_maintain(s);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "c0 c1");
    now += 60001;
    storage_maintain(s);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "c0 c1 later0");
    assert_fails(produce(p, &b, who.pid, who.epoch, 4, 1, true, &base), ST_FENCED);
    assert_fails(storage_txn_end(s, STR("x"), who, true, &check_st), ST_FENCED);

    /* What is open when the broker ends is aborted, and its client fenced. */
    assert_ok(storage_txn_init(s, STR("x"), 60000, &who, &check_st));
    assert_ok(storage_txn_add_partition(s, STR("x"), who, q, &check_st));
    assert_ok(produce(q, &b, who.pid, who.epoch, 0, 1, true, &base));
    tlog_part_close(p);
    tlog_part_close(q);
    storage_close(s);
    s = open_dir((storage_options){.clock = &(timesource){test_now, test_now, &now}});
    q = open_part(storage_log(s), "t", 1);
    assert_string_equal(read_values(q, 0, TLOG_READ_COMMITTED), "");
    assert_int_equal(tlog_part_known(q).last_stable, 2);
    assert_fails(storage_txn_add_partition(s, STR("x"), who, q, &check_st), ST_FENCED);
    assert_fails(produce(q, &b, who.pid, who.epoch, 1, 1, true, &base), ST_FENCED);
    tlog_part_close(q);
    storage_close(s);
    batch_builder_free(&b);
    arena_free(&a);
}

static void make_topic_with(storage *s, const char *name, const char *setting, const char *value)
{
    tlog_config c = {str_of(setting), str_of(value)};
    tlog_topic  t = {.name = str_of(name), .partitions = 1, .replication = 1, .configs = &c, .config_count = 1};
    assert_ok(tlog_topic_create(storage_log(s), &t, &check_st));
}

static void retention(void **state)
{
    (void)state;
    int64_t         now = 5000; /* records are stamped 1000 and up */
    storage_options opt = {
        .segment_bytes = 400, .retention_check_ms = 1, .clock = &(timesource){test_now, test_now, &now}};
    storage *s = open_dir(opt);
    make_topic_with(s, "by-age", "retention.ms", "100000");
    make_topic_with(s, "by-size", "retention.bytes", "1000");
    make_topic_with(s, "kept", "retention.ms", "-1");
    tlog_part *age = open_part(storage_log(s), "by-age", 0);
    tlog_part *size = open_part(storage_log(s), "by-size", 0);
    tlog_part *kept = open_part(storage_log(s), "kept", 0);
    for (int i = 0; i < 50; i++) {
        append_values(age, NULL, "v", 2);
        append_values(size, NULL, "v", 2);
        append_values(kept, NULL, "v", 2);
    }
    /* A reader inside a segment that is deleted reads on to its end. */
    tlog_reader   *r = tlog_reader_open(age, 0, TLOG_READ_COMMITTED);
    const uint8_t *data;
    uint32_t       len;
    assert_ok(batch_log_next(r, 1, &data, &len, &check_st));
    storage_maintain(s);
    assert_int_equal(tlog_part_known(age).start, 0);
    int64_t start = tlog_part_known(size).start;
    assert_true(start > 50 && start < 100);
    now += 100001;
    storage_maintain(s);
    assert_int_equal(tlog_part_known(age).start, 100); /* the segment being written, too */
    assert_int_equal(tlog_part_known(age).high, 100);
    assert_int_equal(tlog_part_known(kept).start, 0);
    assert_int_equal(batch_parse(data, len, true, &(batch_view){0}, &check_st), true);
    assert_fails(batch_log_next(r, 1, &data, &len, &check_st), ST_OFFSET_RANGE);
    tlog_reader_seek(r, 100);
    assert_int_equal(append_values(age, NULL, "w", 1), 100);
    assert_ok(batch_log_next(r, 1, &data, &len, &check_st));
    assert_true(len > 0);
    tlog_reader_close(r);
    /* DeleteRecords survives a restart. */
    int64_t from = -1;
    assert_fails(storage_delete_records(s, kept, 101, &from, &check_st), ST_OFFSET_RANGE);
    assert_ok(storage_delete_records(s, kept, 33, &from, &check_st));
    assert_int_equal(from, 33);
    tlog_part_close(age);
    tlog_part_close(size);
    tlog_part_close(kept);
    storage_close(s);
    s = open_dir(opt);
    age = open_part(storage_log(s), "by-age", 0);
    kept = open_part(storage_log(s), "kept", 0);
    assert_int_equal(tlog_part_known(age).start, 100);
    assert_int_equal(tlog_part_known(age).high, 101);
    assert_int_equal(tlog_part_known(kept).start, 33);
    storage_maintain(s);
    assert_int_equal(tlog_part_known(kept).start, 33);
    assert_ok(storage_delete_records(s, kept, -1, &from, &check_st));
    assert_int_equal(from, 100);
    tlog_part_close(age);
    tlog_part_close(kept);
    storage_close(s);
}

/* Files that this process holds open and that have no name any more. */
static int nameless_files(void)
{
    int            n = 0;
    DIR           *d = opendir("/proc/self/fd");
    struct dirent *e;
    assert_non_null(d);
    while ((e = readdir(d))) {
        char link[300], to[512];
        snprintf(link, sizeof link, "/proc/self/fd/%s", e->d_name);
        ssize_t got = readlink(link, to, sizeof to - 1);
        to[got > 0 ? got : 0] = 0;
        n += strstr(to, dir) && strstr(to, "(deleted)");
    }
    closedir(d);
    return n;
}

static void a_deleted_topic_gives_its_disk_space_back(void **state)
{
    (void)state;
    storage *s = open_dir((storage_options){.segment_bytes = 200});
    make_topic(storage_log(s), "t", 1);
    tlog_part *p = open_part(storage_log(s), "t", 0);
    for (int i = 0; i < 10; i++)
        append_values(p, NULL, "v", 1);
    /* A transaction of that partition, and who looks at it, may outlive it by far. */
    tlog_producer *pr = tlog_producer_open(storage_log(s), STR("a"), &check_st);
    append_values(p, pr, "v", 1);
    assert_ok(tlog_topic_delete(storage_log(s), STR("t"), &check_st));
    assert_int_equal(nameless_files(), 0);
    arena        a = {0};
    fetch_result f;
    assert_fails(storage_fetch(s, p, 0, 100, TLOG_READ_COMMITTED, &a, &f, &check_st), ST_NOT_FOUND);
    tlog_reader   *r = tlog_reader_open(p, 0, TLOG_READ_COMMITTED);
    const uint8_t *data;
    uint32_t       len;
    assert_fails(batch_log_next(r, 100, &data, &len, &check_st), ST_NOT_FOUND);
    tlog_reader_close(r);
    storage_maintain(s);
    assert_ok(commit_txn(storage_log(s), pr, STR("g"), NULL, 0, &check_st));
    tlog_producer_close(pr);
    tlog_part_close(p);
    arena_free(&a);
    storage_close(s);
}

static void settings_of_topics(void **state)
{
    (void)state;
    int64_t         now = 2000;
    storage_options opt = {.clock = &(timesource){test_now, test_now, &now}, .message_max_bytes = 5000};
    storage        *s = open_dir(opt);
    tlog           *l = storage_log(s);
    arena           a = {0};
    str             v;
    bool            is_default;
    int64_t         base;
    batch_builder   b;
    batch_builder_init(&b, 1 << 16);
    make_topic_with(s, "lat", "message.timestamp.type", "LogAppendTime");
    make_topic_with(s, "zstd", "compression.type", "zstd");
    make_topic_with(s, "bounded", "message.timestamp.after.max.ms", "100");
    make_topic_with(s, "keys", "cleanup.policy", "compact");
    assert_true(storage_topic_config(s, STR("lat"), STR("message.timestamp.type"), &a, &v, &is_default));
    assert_true(str_eqz(v, "LogAppendTime") && !is_default);
    assert_true(storage_topic_config(s, STR("lat"), STR("max.message.bytes"), &a, &v, &is_default));
    assert_true(str_eqz(v, "5000") && is_default);
    assert_false(storage_topic_config(s, STR("lat"), STR("no.such"), &a, &v, &is_default));
    for (const topic_setting *t = topic_settings(); t->name; t++) {
        assert_true(storage_topic_config(s, STR("lat"), str_of(t->name), &a, &v, &is_default));
        assert_true(t->doc[0] && t->type[0]);
        tlog_config c = {str_of(t->name), v}; /* every default is a value that is taken */
        assert_ok(storage_topic_alter(s, STR("keys"), &c, 1, &check_st));
    }
    tlog_config compact = {STR("cleanup.policy"), STR("compact, delete")};
    assert_ok(storage_topic_alter(s, STR("keys"), &compact, 1, &check_st));
    static const struct {
        const char *name, *value, *text;
    } bad[] = {
        {"nope", "1", "Unknown topic config name: nope"},
        {"retention.ms", "-2", "Invalid value -2 for configuration retention.ms: Value must be at least -1"},
        {"segment.bytes", "x", "Invalid value x for configuration segment.bytes: Not a number of type INT"},
        {"cleanup.policy", "compact,gone",
         "Invalid value compact,gone for configuration cleanup.policy: String must be one of: delete, compact"},
        {"preallocate", "1",
         "Invalid value 1 for configuration preallocate: Expected value to be either true or false"},
        {"min.cleanable.dirty.ratio", "2",
         "Invalid value 2 for configuration min.cleanable.dirty.ratio: Value must be no more than 1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tlog_config c = {str_of(bad[i].name), str_of(bad[i].value)};
        assert_fails(storage_topic_alter(s, STR("keys"), &c, 1, &check_st), ST_INVALID_CONFIG);
        assert_string_equal(check_st.msg, bad[i].text);
    }

    tlog_part *p = open_part(l, "lat", 0);
    append_values(p, NULL, "v", 2);
    now = 1500; /* a clock that is set back does not show */
    append_values(p, NULL, "w", 1);
    int64_t o, ts;
    assert_ok(tlog_part_offset_for_time(p, 0, &o, &ts, &check_st));
    assert_int_equal(ts, 2000);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "v0 v1 w0");
    str big = make_batch(&b, "0123456789012345678901234567890", 200, CODEC_NONE);
    assert_fails(batch_log_append(p, (uint8_t *)big.p, big.n, (batch_append){0}, &base, &check_st), ST_TOO_LARGE);
    tlog_part_close(p);

    p = open_part(l, "zstd", 0);
    str many = make_batch(&b, "0123456789012345678901234567890", 100, CODEC_NONE);
    assert_ok(batch_log_append(p, (uint8_t *)many.p, many.n, (batch_append){0}, &base, &check_st));
    tlog_reader   *r = tlog_reader_open(p, 0, TLOG_READ_COMMITTED);
    const uint8_t *data;
    uint32_t       len;
    batch_view     view;
    assert_ok(batch_log_next(r, 1, &data, &len, &check_st));
    assert_ok(batch_parse(data, len, true, &view, &check_st));
    assert_int_equal(view.attributes & BATCH_CODEC_MASK, CODEC_ZSTD);
    assert_int_equal(view.count, 100);
    tlog_reader_close(r);
    tlog_part_close(p);

    p = open_part(l, "bounded", 0);
    now = 1000;
    str late = make_batch(&b, "x", 101, CODEC_NONE); /* stamped 1000 to 1100 */
    assert_ok(batch_log_append(p, (uint8_t *)late.p, late.n, (batch_append){0}, &base, &check_st));
    now = 999;
    late = make_batch(&b, "x", 101, CODEC_NONE);
    assert_fails(batch_log_append(p, (uint8_t *)late.p, late.n, (batch_append){0}, &base, &check_st), ST_INVALID_TIME);
    tlog_part_close(p);

    p = open_part(l, "keys", 0);
    batch_builder_reset(&b);
    batch_builder_add(&b, 1, STR_NONE, STR("v"), 0, STR_NONE);
    str no_key = batch_builder_finish(&b, CODEC_NONE, &check_st);
    assert_fails(batch_log_append(p, (uint8_t *)no_key.p, no_key.n, (batch_append){0}, &base, &check_st),
                 ST_INVALID_RECORD);
    tlog_part_close(p);

    assert_fails(storage_topic_grow(s, STR("keys"), 1, &check_st), ST_INVALID_PARTS);
    assert_fails(storage_topic_grow(s, STR("nope"), 2, &check_st), ST_NOT_FOUND);
    assert_ok(storage_topic_grow(s, STR("keys"), 3, &check_st));
    storage_close(s);
    s = open_dir(opt);
    tlog_topic t;
    assert_ok(tlog_topic_get(storage_log(s), &a, STR("keys"), &t, &check_st));
    assert_int_equal(t.partitions, 3);
    assert_true(str_eqz(t.configs[0].value, "compact, delete"));
    storage_close(s);
    batch_builder_free(&b);
    arena_free(&a);
}

static void groups_and_kept_rows(void **state)
{
    (void)state;
    storage      *s = open_dir((storage_options){0});
    arena         a = {0};
    size_t        n;
    group_offset  o[] = {{STR("b"), 1, 5, 2, STR("note"), 77}, {STR("a"), 0, 4, -1, STR(""), 78}}, *got;
    kept_row     *rows;
    kept_command *commands;
    str          *groups;
    assert_ok(storage_group_offsets_put(s, STR("g"), o, 2, &check_st));
    assert_ok(storage_group_offsets_get(s, STR("g"), &a, &got, &n, &check_st));
    assert_int_equal(n, 2);
    assert_true(str_eqz(got[0].topic, "a") && str_eqz(got[1].metadata, "note"));
    assert_int_equal(got[1].leader_epoch, 2);
    assert_int_equal(got[1].commit_ts_ms, 77);
    assert_ok(storage_group_offsets_list_groups(s, &a, &groups, &n, &check_st));
    assert_int_equal(n, 1);
    assert_ok(storage_group_delete(s, STR("g"), &check_st));
    assert_ok(storage_group_offsets_get(s, STR("g"), &a, &got, &n, &check_st));
    assert_int_equal(n, 0);

    kept_store *k = storage_kept(s);
    kept_row    put[] = {
           {STR("source"), STR("B"), STR("{}")}, {STR("source"), STR("A"), STR("a")}, {STR("query"), STR("B"), STR("")}};
    kept_row change[] = {
        {STR("source"), STR("B"), STR_NONE}, {STR("source"), STR("A"), STR("2")}, {STR("none"), STR(""), STR_NONE}};
    assert_ok(k->apply(k, put, 3, &check_st));
    storage_close(s);
    s = open_dir((storage_options){0});
    k = storage_kept(s);
    assert_ok(k->list(k, &a, &rows, &n, &check_st));
    assert_int_equal(n, 3);
    assert_true(str_eqz(rows[0].kind, "query") && str_eqz(rows[1].name, "A") && str_eqz(rows[2].body, "{}"));
    assert_true(rows[0].body.p != NULL && rows[0].body.n == 0);
    assert_ok(k->apply(k, change, 3, &check_st));
    assert_ok(k->list(k, &a, &rows, &n, &check_st));
    assert_int_equal(n, 2);
    assert_true(str_eqz(rows[1].body, "2"));
    assert_ok(k->commands(k, &a, &commands, &n, &check_st));
    assert_int_equal(n, 0);
    storage_close(s);
    arena_free(&a);
}

static void a_newer_format_is_refused(void **state)
{
    (void)state;
    char     path[96];
    sqlite3 *db;
    storage_close(open_dir((storage_options){0}));
    snprintf(path, sizeof path, "%s/meta.sqlite", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE facts SET value=99 WHERE name='format'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    storage_options opt = {.dir = dir};
    assert_null(storage_open(&opt, &check_st));
    assert_int_equal(check_st.code, ST_INVALID_CONFIG);
    assert_non_null(strstr(check_st.msg, "format 99"));
    /* And what is no database at all. */
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("this is not a database, but it is long enough to be looked at", f);
    fclose(f);
    assert_null(storage_open(&opt, &check_st));
    assert_int_equal(check_st.code, ST_CORRUPT);
}

/* Slices from every offset with every limit, against what was appended. */
static void fetch_slices(void **state)
{
    (void)state;
    storage *s = open_dir((storage_options){.segment_bytes = 5000, .index_interval_bytes = 300});
    make_topic(storage_log(s), "t", 1);
    tlog_part *p = open_part(storage_log(s), "t", 0);
    for (int i = 0; i < 60; i++)
        append_values(p, NULL, "some value of a record", 1 + i % 9);
    int64_t      high = tlog_part_known(p).high;
    arena        a = {0};
    fetch_result f;
    for (int64_t from = 0; from < high; from++) {
        for (uint32_t limit = 0; limit < 100000; limit = limit * 3 + 100) {
            batch_view v;
            assert_ok(storage_fetch(s, p, from, limit, TLOG_READ_UNCOMMITTED, &a, &f, &check_st));
            assert_non_null(f.slice.data);
            assert_ok(batch_parse(f.slice.data, f.slice.len_bytes, true, &v, &check_st));
            assert_true(v.base_offset <= from && from <= v.base_offset + v.last_delta);
            assert_true(f.slice.len_bytes <= limit || f.slice.len_bytes == v.size_bytes);
        }
        arena_reset(&a);
    }
    assert_ok(storage_fetch(s, p, high, 100, TLOG_READ_UNCOMMITTED, &a, &f, &check_st));
    assert_int_equal(f.slice.len_bytes, 0);
    assert_fails(storage_fetch(s, p, high + 1, 100, TLOG_READ_UNCOMMITTED, &a, &f, &check_st), ST_OFFSET_RANGE);
    arena_free(&a);
    tlog_part_close(p);
    storage_close(s);
}

/* Records of 2015 that come today are as old as their coming; those that a query has yet to read stay. */
static void retention_goes_by_what_came_last(void **state)
{
    (void)state;
    int64_t         now = 1700000000000, day = 86400000;
    timesource      clock = {test_now, test_now, &now};
    storage_options opt = {.segment_bytes = 400, .retention_ms = 7 * day, .clock = &clock};
    storage        *s = open_dir(opt);
    make_topic(storage_log(s), "old", 1);
    tlog_part *p = open_part(storage_log(s), "old", 0);
    for (int i = 0; i < 50; i++)
        append_values(p, NULL, "v", 1); /* stamped in 1970 */
    for (int i = 0; i < 10; i++) {
        now += 301000;
        storage_maintain(s);
    }
    assert_int_equal(tlog_part_known(p).start, 0);
    tlog_reader *r = tlog_reader_open(p, 0, TLOG_READ_COMMITTED);
    tlog_reader_keep(r, 20);
    now += 8 * day;
    storage_maintain(s);
    assert_in_range(tlog_part_known(p).start, 10, 20);
    tlog_reader_keep(r, 50);
    storage_maintain(s); /* not before five minutes have passed */
    assert_in_range(tlog_part_known(p).start, 10, 20);
    now += 300000;
    storage_maintain(s);
    assert_int_equal(tlog_part_known(p).start, 50);
    tlog_reader_close(r);
    tlog_part_close(p);
    storage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(contract, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(contract_with_tiny_segments, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(all_is_there_after_a_restart, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(killed_processes_lose_nothing, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_folder_in_use_is_refused, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(idempotent_producers, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(transactions_of_clients, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(retention_goes_by_what_came_last, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(retention, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_deleted_topic_gives_its_disk_space_back, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(settings_of_topics, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(groups_and_kept_rows, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_newer_format_is_refused, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(fetch_slices, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
