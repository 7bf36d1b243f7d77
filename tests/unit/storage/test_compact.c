/* Compaction against a model: the newest record of every key stays, at its offset and in order; nothing
 * of aborted transactions comes back; the same when any one operation fails or the run ends there. */
#include "log_checks.h"

#include "io_fault.h"
#include "storage/storage.h"

#include <time.h>
#include <unistd.h>

#define KEYS 23

typedef struct newest {
    int64_t offset; /* -1: none */
    int     id;
    bool    tombstone;
} newest;

typedef struct world {
    char           dir[64];
    fault_io       f;
    storage       *s;
    tlog_part     *p;
    tlog_producer *pr;
    newest         key[KEYS];
    int64_t        now;
    uint64_t       random;
    bool           durable;
    timesource     clock;
} world;

static uint64_t pick(world *w, uint64_t n)
{
    return random_below(&w->random, n);
}

static int64_t world_now(void *ctx)
{
    return ((world *)ctx)->now;
}

static bool try_open(world *w)
{
    tlog_config conf[] = {{STR("cleanup.policy"), STR("compact")},
                          {STR("min.cleanable.dirty.ratio"), STR("0.01")},
                          {STR("delete.retention.ms"), STR("1000")}};
    tlog_topic  t = {.name = STR("t"), .partitions = 1, .replication = 1, .configs = conf, .config_count = 3};
    w->clock = (timesource){world_now, world_now, w};
    storage_options opt = {
        .dir = w->dir, .io = &w->f.base, .segment_bytes = 900, .clock = &w->clock, .index_interval_bytes = 100};
    w->s = storage_open(&opt, &check_st);
    if (!w->s)
        return false;
    w->p = tlog_part_open(storage_log(w->s), STR("t"), 0, &check_st);
    if (!w->p) {
        assert_ok(tlog_topic_create(storage_log(w->s), &t, &check_st));
        w->p = open_part(storage_log(w->s), "t", 0);
    }
    w->pr = NULL;
    return true;
}

static void close_world(world *w)
{
    if (w->pr)
        tlog_producer_close(w->pr);
    tlog_part_close(w->p);
    storage_close(w->s);
}

static void world_init(world *w, uint64_t seed)
{
    *w = (world){.random = seed * 0x9e3779b97f4a7c15u | 1, .now = 1000000};
    assert_true(fault_make_dir(w->dir));
    fault_init(&w->f, w->dir, seed + 1);
    for (int i = 0; i < KEYS; i++)
        w->key[i] = (newest){.offset = -1};
    assert_ok(try_open(w));
}

static void world_free(world *w)
{
    fault_free(&w->f);
    assert_true(fault_remove_dir(w->dir));
}

/* A transaction, aborted or committed, or a plain batch, of a few records. */
static void append_some(world *w)
{
    batch_builder b;
    newest        after[KEYS];
    bool          txn = pick(w, 2), commit = pick(w, 3) != 0;
    int           keys[8], n = 1 + (int)pick(w, 8);
    int64_t       base;
    memcpy(after, w->key, sizeof after);
    batch_builder_init(&b, 8192);
    if (txn && !w->pr)
        w->pr = tlog_producer_open(storage_log(w->s), STR("x"), &check_st);
    for (int batch = 0; batch < 2; batch++) {
        static int id;
        batch_builder_reset(&b);
        for (int i = 0; i < n; i++) {
            char k[16], v[64];
            keys[i] = (int)pick(w, KEYS);
            int  kn = snprintf(k, sizeof k, "key%d", keys[i]);
            int  vn = snprintf(v, sizeof v, "%d with some more text", ++id);
            bool tombstone = pick(w, 6) == 0;
            after[keys[i]] = (newest){i, id, tombstone};
            batch_builder_add(&b, w->now - (int64_t)pick(w, 500), str_make(k, (size_t)kn),
                              tombstone ? STR_NONE : str_make(v, (size_t)vn), 0, STR_NONE);
        }
        str s = batch_builder_finish(&b, pick(w, 3) ? CODEC_NONE : CODEC_ZSTD, &check_st);
        assert_ok(batch_log_append(w->p, (uint8_t *)s.p, s.n,
                                   (batch_append){.producer = txn ? w->pr : NULL, .durable = w->durable}, &base,
                                   &check_st));
        for (int i = 0; i < n; i++)
            after[keys[i]].offset = base + i;
        for (int i = 0; i < n; i++) /* the last of a key in the batch counts */
            for (int k = i + 1; k < n; k++)
                if (keys[i] == keys[k])
                    after[keys[i]].offset = base + k;
    }
    if (txn)
        assert_ok(commit ? commit_txn(storage_log(w->s), w->pr, STR("g"), NULL, 0, &check_st)
                         : tlog_producer_abort(w->pr, &check_st));
    if (!txn || commit)
        memcpy(w->key, after, sizeof after);
    batch_builder_free(&b);
}

static int number(str s)
{
    int v = 0;
    for (uint32_t i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        v = v * 10 + (s.p[i] - '0');
    return v;
}

/* Reads all; returns how many records there are. */
static int verify(world *w)
{
    newest         got[KEYS];
    batch_iter     it = BATCH_ITER_INIT;
    const uint8_t *data;
    uint32_t       len;
    int            records = 0;
    int64_t        last = -1;
    for (int i = 0; i < KEYS; i++)
        got[i] = (newest){.offset = -1};
    tlog_reader *r = tlog_reader_open(w->p, 0, TLOG_READ_COMMITTED);
    for (;;) {
        assert_ok(batch_log_next(r, 500, &data, &len, &check_st));
        if (len == 0)
            break;
        for (uint32_t at = 0; at < len; at += it.b.size_bytes) {
            rec_view rec;
            assert_ok(batch_parse(data + at, len - at, true, &it.b, &check_st));
            assert_ok(batch_iter_begin(&it, data + at, len - at, &check_st));
            while (batch_iter_next(&it, &rec, &check_st)) {
                assert_true(rec.offset > last);
                last = rec.offset;
                records++;
                int key = number(str_make(rec.key.p + 3, rec.key.n - 3));
                got[key] = (newest){rec.offset, number(rec.value), rec.value_null};
            }
            assert_int_equal(check_st.code, ST_OK);
        }
    }
    assert_int_equal(tlog_reader_offset(r), tlog_part_known(w->p).last_stable);
    tlog_reader_close(r);
    for (int i = 0; i < KEYS; i++) {
        if (w->key[i].tombstone && got[i].offset < 0)
            continue; /* the deletion itself may be gone by now, but not undone */
        assert_int_equal(got[i].offset, w->key[i].offset);
        assert_int_equal(got[i].tombstone, w->key[i].tombstone);
        assert_true(got[i].tombstone || got[i].offset < 0 || got[i].id == w->key[i].id);
    }
    /* From every offset one gets to the end. */
    for (int64_t o = 0; o <= tlog_part_known(w->p).high; o += 7) {
        r = tlog_reader_open(w->p, o, TLOG_READ_UNCOMMITTED);
        do
            assert_ok(batch_log_next(r, 1 << 20, &data, &len, &check_st));
        while (len > 0);
        assert_int_equal(tlog_reader_offset(r), tlog_part_known(w->p).high);
        tlog_reader_close(r);
    }
    batch_iter_free(&it);
    return records;
}

static void only_the_newest_stay(void **state)
{
    (void)state;
    uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : (uint64_t)time(NULL);
    print_message("seed %llu (SEED=n repeats)\n", (unsigned long long)seed);
    world w;
    world_init(&w, seed);
    int records = 0;
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 60; i++)
            append_some(&w);
        int before = verify(&w);
        w.now += 400;
        storage_maintain(w.s);
        records = verify(&w);
        assert_true(records < before);
        assert_true(records < 2 * KEYS + 60); /* each key once, and the segment being written */
        if (round % 3 == 2) {
            bool clean = round % 2;
            if (!clean)
                fault_kill(&w.f);
            close_world(&w);
            fault_revive(&w.f);
            assert_ok(try_open(&w));
            assert_int_equal(verify(&w), records);
        }
    }
    /* Without a checkpoint all is read anew: no open transaction may turn up. */
    int64_t high = tlog_part_known(w.p).high;
    close_world(&w);
    char path[128];
    snprintf(path, sizeof path, "%s/topics/t-0/checkpoint", w.dir);
    assert_int_equal(w.f.base.unlink(&w.f.base, path), 0);
    assert_ok(try_open(&w));
    assert_int_equal(tlog_part_known(w.p).high, high);
    assert_int_equal(verify(&w), records);
    close_world(&w);
    world_free(&w);
}

static void tombstones_go_after_their_time(void **state)
{
    (void)state;
    world w;
    world_init(&w, 3);
    batch_builder b;
    int64_t       base;
    batch_builder_init(&b, 4096);
    for (int i = 0; i < 2; i++) {
        batch_builder_reset(&b);
        batch_builder_add(&b, 1, STR("key1"), i ? STR_NONE : STR("5"), 0, STR_NONE);
        str s = batch_builder_finish(&b, CODEC_NONE, &check_st);
        assert_ok(batch_log_append(w.p, (uint8_t *)s.p, s.n, (batch_append){0}, &base, &check_st));
    }
    int64_t filler = 0;
    w.key[1] = (newest){base, 0, true};
    for (int pass = 0; pass < 4; pass++) {
        for (int i = 0; i < 40; i++) {
            batch_builder_reset(&b);
            batch_builder_add(&b, 1, STR("key2"), STR("7 and a value of some length"), 0, STR_NONE);
            str s = batch_builder_finish(&b, CODEC_NONE, &check_st);
            assert_ok(batch_log_append(w.p, (uint8_t *)s.p, s.n, (batch_append){0}, &filler, &check_st));
        }
        w.key[2] = (newest){filler, 7, false};
        storage_maintain(w.s);
        verify(&w);
        /* Stamped in the first pass; there until 1000 ms have passed. */
        tlog_reader   *r = tlog_reader_open(w.p, 0, TLOG_READ_COMMITTED);
        const uint8_t *data;
        uint32_t       len;
        assert_ok(batch_log_next(r, 1, &data, &len, &check_st));
        assert_int_equal((int64_t)be_get64(data) == base, pass < 3);
        if (pass < 3) {
            batch_iter it = BATCH_ITER_INIT;
            rec_view   rec;
            assert_ok(batch_iter_begin(&it, data, len, &check_st));
            assert_true(it.b.attributes & 64);
            assert_int_equal(it.b.base_ts, 1001000);
            assert_ok(batch_iter_next(&it, &rec, &check_st));
            assert_int_equal(rec.ts, 1); /* the record keeps its own */
            batch_iter_free(&it);
        }
        tlog_reader_close(r);
        w.now += 500;
    }
    batch_builder_free(&b);
    close_world(&w);
    world_free(&w);
}

static void each_operation_may_fail(bool dead, bool power_cut)
{
    uint64_t from = 0, ops = 0;
    for (uint64_t n = 0; n <= ops; n++) {
        world w;
        world_init(&w, 204); /* its runs leave originals behind in every way known so far */
        w.durable = power_cut;
        for (int i = 0; i < 30; i++)
            append_some(&w);
        w.now += 20000;
        if (n == 0)
            from = w.f.ops;
        w.f.fail_at = n ? from + n : 0;
        w.f.dead = dead;
        storage_maintain(w.s);
        w.now += 20000;
        storage_maintain(w.s);
        if (n == 0)
            ops = w.f.ops - from;
        if (!dead)
            verify(&w);
        fault_kill(&w.f);
        close_world(&w);
        fault_revive(&w.f);
        if (power_cut)
            fault_power_cut(&w.f);
        assert_ok(try_open(&w));
        verify(&w);
        for (int i = 0; i < 5; i++)
            append_some(&w);
        w.now += 20000;
        storage_maintain(w.s);
        verify(&w);
        close_world(&w);
        assert_ok(try_open(&w));
        verify(&w);
        close_world(&w);
        world_free(&w);
    }
    print_message("%llu operations, each failed once\n", (unsigned long long)ops);
}

static void any_operation_may_fail(void **state)
{
    (void)state;
    each_operation_may_fail(false, false);
}

static void the_end_may_come_at_any_operation(void **state)
{
    (void)state;
    each_operation_may_fail(true, false);
}

static void the_power_may_be_cut_at_any_operation(void **state)
{
    (void)state;
    each_operation_may_fail(true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_newest_stay),
        cmocka_unit_test(tombstones_go_after_their_time),
        cmocka_unit_test(any_operation_may_fail),
        cmocka_unit_test(the_end_may_come_at_any_operation),
        cmocka_unit_test(the_power_may_be_cut_at_any_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
