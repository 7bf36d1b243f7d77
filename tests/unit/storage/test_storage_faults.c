/* Random and exhaustive failures against a simple model of what the log promises:
 *
 *  - what was appended keeps its order; nothing that was refused for good appears;
 *  - acknowledged appends survive the death of the process; durable ones and committed transactions
 *    also survive the loss of power, and what is left of the others is one run of them: a suffix may be lost, or, of a
 *    log of which nothing was ever synced, its first files;
 *  - a transaction is visible as a whole together with its offset, or not at all.
 */
#include "log_checks.h"

#include "io_fault.h"
#include "storage/storage.h"

#include <time.h>
#include <unistd.h>

#define PARTS 2
#define PRODUCERS 2

typedef struct entry {
    int  id, txn; /* txn -1: none */
    bool acked, durable;
} entry;

typedef enum txn_fate { OPEN, COMMITTED, ABORTED, UNKNOWN } txn_fate;

typedef struct txn {
    txn_fate fate;
    int64_t  offset;
    int      producer;
} txn;

typedef struct world {
    char           dir[64];
    fault_io       f;
    storage       *s;
    tlog          *l;
    tlog_part     *part[PARTS];
    tlog_producer *producer[PRODUCERS];
    int            open_txn[PRODUCERS]; /* -1: none */
    int64_t        offset[PRODUCERS];   /* last committed */
    VEC(entry) log[PARTS];
    VEC(txn) txns;
    int        next_id;
    uint64_t   seed, random;
    int64_t    now;
    int        boots;
    char       boot[24]; /* another one after each power cut */
    timesource clock;
} world;

static uint64_t pick(world *w, uint64_t n)
{
    return random_below(&w->random, n);
}

static int64_t world_now(void *ctx)
{
    return ((world *)ctx)->now += 7;
}

static const char *const producer_names[PRODUCERS] = {"p0", "p1"};

/* Only for whoever looks into a seed that fails. */
static void tell(void *ctx, const char *line)
{
    (void)ctx;
    if (getenv("SEED"))
        print_message("%s\n", line);
}

static bool try_open(world *w)
{
    w->clock = (timesource){world_now, world_now, w};
    storage_options opt = {.dir = w->dir,
                           .io = &w->f.base,
                           .segment_bytes = 700,
                           .index_interval_bytes = 100,
                           .clock = &w->clock,
                           .boot_id = w->boot,
                           .report = tell};
    w->s = storage_open(&opt, &check_st);
    if (!w->s)
        return false;
    w->l = storage_log(w->s);
    tlog_topic t;
    arena      a = {0};
    if (!tlog_topic_get(w->l, &a, STR("t"), &t, &check_st))
        make_topic(w->l, "t", PARTS);
    arena_free(&a);
    for (int i = 0; i < PARTS; i++)
        w->part[i] = open_part(w->l, "t", i);
    for (int i = 0; i < PRODUCERS; i++) {
        w->open_txn[i] = -1;
        w->producer[i] = NULL;
    }
    return true;
}

static void close_world(world *w)
{
    for (int i = 0; i < PRODUCERS; i++) {
        if (w->producer[i])
            tlog_producer_close(w->producer[i]);
        if (w->open_txn[i] >= 0)
            w->txns.p[w->open_txn[i]].fate = ABORTED;
        w->producer[i] = NULL;
        w->open_txn[i] = -1;
    }
    for (int i = 0; i < PARTS; i++)
        tlog_part_close(w->part[i]);
    storage_close(w->s);
    w->s = NULL;
}

/* ids that a reader sees, in order */
typedef struct ids {
    VEC(int) v;
} ids;

static void read_ids(world *w, int part, tlog_isolation iso, ids *out)
{
    int64_t        from = tlog_part_known(w->part[part]).start;
    tlog_reader   *r = tlog_reader_open(w->part[part], from, iso);
    batch_iter     it = BATCH_ITER_INIT;
    const uint8_t *data;
    uint32_t       len;
    for (;;) {
        if (!batch_log_next(r, 300, &data, &len, &check_st))
            fail_msg("seed %llu: read: %s", (unsigned long long)w->seed, check_st.msg);
        if (len == 0)
            break;
        for (uint32_t at = 0; at < len; at += it.b.size_bytes) {
            rec_view rec;
            assert_ok(batch_iter_begin(&it, data + at, len - at, &check_st));
            while (batch_iter_next(&it, &rec, &check_st)) {
                int id = 0;
                for (uint32_t i = 0; i < rec.value.n && rec.value.p[i] != '.'; i++)
                    id = id * 10 + (rec.value.p[i] - '0');
                VEC_PUSH(&out->v, id);
            }
        }
    }
    batch_iter_free(&it);
    tlog_reader_close(r);
}

#define claim(w, cond, ...)                                              \
    do {                                                                 \
        if (!(cond)) {                                                   \
            print_message("seed %llu: ", (unsigned long long)(w)->seed); \
            fail_msg(__VA_ARGS__);                                       \
        }                                                                \
    } while (0)

static bool is_committed(const world *w, const entry *e)
{
    return e->txn < 0 || w->txns.p[e->txn].fate == COMMITTED;
}

/* Compares the log with the model and makes the model what the log says where it may differ. */
static void verify(world *w, bool power_was_cut)
{
    ids seen[PARTS] = {0};
    for (int p = 0; p < PARTS; p++) {
        ids    all = {0};
        bool   lost = false;
        size_t at = 0, kept = 0;
        read_ids(w, p, TLOG_READ_UNCOMMITTED, &all);
        read_ids(w, p, TLOG_READ_COMMITTED, &seen[p]);
        for (size_t i = 0; i < w->log[p].n; i++) {
            entry e = w->log[p].p[i];
            if (at < all.v.n && all.v.p[at] == e.id) {
                claim(w, !lost || !e.acked, "record %d is there, but one before it was lost", e.id);
                at++;
                w->log[p].p[kept++] = e;
                continue;
            }
            if (!e.acked)
                continue;
            bool safe = e.durable || (e.txn >= 0 && w->txns.p[e.txn].fate == COMMITTED);
            claim(w, power_was_cut && !safe, "record %d of partition %d is lost (durable %d, txn %d)", e.id, p,
                  e.durable, e.txn);
            lost = at > 0;
        }
        w->log[p].n = kept;
        claim(w, at == all.v.n, "partition %d has record %d, which it should not", p, all.v.p[at]);
        VEC_FREE(&all.v);
    }
    /* Commits that failed: are their records visible? Then all, and the offset. */
    for (size_t t = 0; t < w->txns.n; t++) {
        if (w->txns.p[t].fate != UNKNOWN)
            continue;
        int64_t o;
        assert_ok(fetch_offset(w->l, STR("g"), str_of(producer_names[w->txns.p[t].producer]), 0, &o, &check_st));
        w->txns.p[t].fate = o == w->txns.p[t].offset ? COMMITTED : ABORTED;
        if (o == w->txns.p[t].offset)
            w->offset[w->txns.p[t].producer] = o;
    }
    for (int i = 0; i < PRODUCERS; i++) {
        int64_t o;
        assert_ok(fetch_offset(w->l, STR("g"), str_of(producer_names[i]), 0, &o, &check_st));
        claim(w, o == w->offset[i], "offset of %s is %lld, not %lld", producer_names[i], (long long)o,
              (long long)w->offset[i]);
    }
    for (int p = 0; p < PARTS; p++) {
        size_t  at = 0;
        int64_t stable = tlog_part_known(w->part[p]).last_stable;
        bool    all_stable = stable == tlog_part_known(w->part[p]).high;
        for (size_t i = 0; i < w->log[p].n; i++) {
            const entry *e = &w->log[p].p[i];
            bool         visible = at < seen[p].v.n && seen[p].v.p[at] == e->id;
            at += visible;
            claim(w, !visible || is_committed(w, e), "record %d of an aborted transaction is visible", e->id);
            claim(w, visible || !is_committed(w, e) || !all_stable, "committed record %d is hidden", e->id);
        }
        claim(w, at == seen[p].v.n, "partition %d shows record %d out of turn", p, seen[p].v.p[at]);
        VEC_FREE(&seen[p].v);
    }
}

static void do_append(world *w, bool with_producer)
{
    static char padding[200];
    int         p = (int)pick(w, PARTS), who = (int)pick(w, PRODUCERS);
    bool        durable = pick(w, 3) == 0;
    if (with_producer && !w->producer[who]) {
        w->producer[who] = tlog_producer_open(w->l, str_of(producer_names[who]), &check_st);
        if (!w->producer[who])
            return;
    }
    if (with_producer && w->open_txn[who] < 0) {
        txn t = {OPEN, -1, who};
        w->open_txn[who] = (int)w->txns.n;
        VEC_PUSH(&w->txns, t);
    }
    char          value[256];
    batch_builder b;
    batch_builder_init(&b, 4096);
    memset(padding, 'x', sizeof padding);
    entry e = {w->next_id++, with_producer ? w->open_txn[who] : -1, false, durable};
    int   n = snprintf(value, sizeof value, "%d.%.*s", e.id, (int)pick(w, 150), padding);
    batch_builder_add(&b, w->now, STR("k"), str_make(value, (size_t)n), 0, STR_NONE);
    str          batch = batch_builder_finish(&b, pick(w, 4) ? CODEC_NONE : CODEC_LZ4, &check_st);
    int64_t      base;
    batch_append opt = {.producer = with_producer ? w->producer[who] : NULL, .durable = durable};
    e.acked = batch_log_append(w->part[p], (uint8_t *)batch.p, batch.n, opt, &base, &check_st);
    VEC_PUSH(&w->log[p], e);
    batch_builder_free(&b);
}

static void do_end(world *w)
{
    int who = (int)pick(w, PRODUCERS);
    if (!w->producer[who])
        return;
    int t = w->open_txn[who];
    if (pick(w, 3) == 0) {
        if (tlog_producer_abort(w->producer[who], &check_st) && t >= 0) {
            w->txns.p[t].fate = ABORTED;
            w->open_txn[who] = -1;
        }
        return;
    }
    tlog_position c = {str_of(producer_names[who]), 0, w->next_id++, NULL};
    if (t < 0) { /* a transaction of offsets alone */
        txn empty = {OPEN, -1, who};
        t = (int)w->txns.n;
        VEC_PUSH(&w->txns, empty);
    }
    w->txns.p[t].offset = c.offset;
    if (commit_txn(w->l, w->producer[who], STR("g"), &c, 1, &check_st)) {
        w->txns.p[t].fate = COMMITTED;
        w->offset[who] = c.offset;
        w->open_txn[who] = -1;
        return;
    }
    /* Whoever does not know what became of a commit takes over the id, which settles it. */
    tlog_producer_close(w->producer[who]);
    w->producer[who] = NULL;
    w->txns.p[t].fate = UNKNOWN;
    w->open_txn[who] = -1;
}

static void step(world *w)
{
    switch (pick(w, 10)) {
    case 0:
    case 1:
    case 2:
        do_append(w, false);
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        do_append(w, true);
        break;
    case 7:
    case 8:
        do_end(w);
        break;
    default:
        w->now += 6000;
        storage_maintain(w->s);
        break;
    }
}

/* Ends the run as if killed or with the power cut, starts again and verifies. */
static void crash(world *w, bool power_cut)
{
    fault_kill(&w->f);
    for (size_t t = 0; t < w->txns.n; t++)
        if (w->txns.p[t].fate == OPEN)
            w->txns.p[t].fate = ABORTED;
    close_world(w);
    fault_revive(&w->f);
    if (power_cut) {
        fault_power_cut(&w->f);
        snprintf(w->boot, sizeof w->boot, "boot %d", ++w->boots);
    }
    assert_ok(try_open(w));
    verify(w, power_cut);
}

static void world_init(world *w, uint64_t seed)
{
    *w = (world){.seed = seed, .random = seed * 0x9e3779b97f4a7c15u | 1, .now = 1000000, .boot = "boot"};
    assert_true(fault_make_dir(w->dir));
    fault_init(&w->f, w->dir, seed + 77);
    w->offset[0] = w->offset[1] = TLOG_OFFSET_NONE;
}

static void world_free(world *w)
{
    for (int i = 0; i < PARTS; i++)
        VEC_FREE(&w->log[i]);
    VEC_FREE(&w->txns);
    fault_free(&w->f);
    assert_true(fault_remove_dir(w->dir));
}

static void random_runs(void **state)
{
    (void)state;
    const char *given = getenv("SEED");
    uint64_t    first = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    print_message("first seed %llu (SEED=n repeats)\n", (unsigned long long)first);
    for (uint64_t seed = first; seed < first + (given ? 1 : 25); seed++) {
        world w;
        world_init(&w, seed);
        assert_ok(try_open(&w));
        for (int round = 0; round < 8; round++) {
            int steps = (int)pick(&w, 40);
            for (int i = 0; i < steps; i++) {
                uint64_t trouble = pick(&w, 40);
                if (trouble == 0)
                    w.f.fail_at = w.f.ops + 1 + pick(&w, 6);
                w.f.short_write = trouble == 0 && pick(&w, 2);
                w.f.fail_with = pick(&w, 2) ? -ENOSPC : -EIO;
                if (trouble == 1)
                    w.f.fsync_fails = !w.f.fsync_fails;
                if (trouble == 2)
                    w.f.room = w.f.room < 0 ? (int64_t)pick(&w, 800) : -1;
                step(&w);
            }
            switch (pick(&w, 3)) {
            case 0:
                fault_revive(&w.f);
                close_world(&w);
                for (size_t t = 0; t < w.txns.n; t++)
                    if (w.txns.p[t].fate == OPEN)
                        w.txns.p[t].fate = ABORTED;
                assert_ok(try_open(&w));
                verify(&w, false);
                break;
            case 1:
                crash(&w, false);
                break;
            default:
                crash(&w, true);
                break;
            }
        }
        close_world(&w);
        world_free(&w);
    }
}

/* The same small run again and again; each time one further operation is the one that fails. */
static void fail_each_operation(bool dead, bool power_cut, int with, bool short_write)
{
    uint64_t ops = 0;
    for (uint64_t n = 0; n <= ops; n++) { /* the first run has no failure: it counts */
        world w;
        world_init(&w, 4711);
        w.f.fail_at = n;
        w.f.fail_with = with;
        w.f.dead = dead;
        w.f.short_write = short_write;
        bool open = try_open(&w);
        if (!open) {
            fault_revive(&w.f);
            assert_ok(try_open(&w));
        }
        for (int i = 0; i < 45; i++)
            step(&w);
        if (n == 0)
            ops = w.f.ops;
        crash(&w, power_cut);
        close_world(&w);
        assert_ok(try_open(&w));
        verify(&w, false);
        close_world(&w);
        world_free(&w);
    }
    print_message("%llu operations, each failed once\n", (unsigned long long)ops);
}

static void every_operation_fails_once(void **state)
{
    (void)state;
    fail_each_operation(false, false, -EIO, false);
    fail_each_operation(false, true, -ENOSPC, true);
}

static void killed_at_every_operation(void **state)
{
    (void)state;
    fail_each_operation(true, false, -EIO, true);
}

static void power_cut_at_every_operation(void **state)
{
    (void)state;
    fail_each_operation(true, true, -EIO, false);
}

static void a_full_disk_leaves_the_partition_usable(void **state)
{
    (void)state;
    world w;
    world_init(&w, 5);
    assert_ok(try_open(&w));
    tlog_part    *p = w.part[0];
    batch_builder b;
    int64_t       base;
    batch_builder_init(&b, 4096);
    append_values(p, NULL, "1.", 1);
    str batch = make_batch(&b, "2.", 3, CODEC_NONE);
    w.f.room = 30;
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){0}, &base, &check_st), ST_FULL);
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){.durable = true}, &base, &check_st),
                 ST_FULL);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "1.0");
    w.f.room = -1;
    assert_ok(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){.durable = true}, &base, &check_st));
    assert_int_equal(base, 1);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "1.0 2.0 2.1 2.2");
    batch_builder_free(&b);
    close_world(&w);
    world_free(&w);
}

/* Whoever appends holds the partition's lock, and may be an event loop. */
static void an_append_that_need_not_be_durable_waits_for_no_disk(void **state)
{
    (void)state;
    world w;
    world_init(&w, 5);
    assert_ok(try_open(&w));
    w.f.fsync_fails = true; /* who asked for one would hear of it */
    uint64_t ops = w.f.ops;
    append_values(w.part[0], NULL, "first", 1);
    append_values(w.part[0], NULL, "second", 1);
    /* The folder, whose it is (three), the segment, two writes: none of them a sync. */
    assert_int_equal(w.f.ops - ops, 7);
    close_world(&w);
    world_free(&w);
}

static void a_failed_fsync_is_never_acknowledged(void **state)
{
    (void)state;
    world w;
    world_init(&w, 6);
    assert_ok(try_open(&w));
    tlog_part    *p = w.part[0];
    batch_builder b;
    int64_t       base;
    batch_builder_init(&b, 4096);
    append_values(p, NULL, "1.", 1);
    str batch = make_batch(&b, "2.", 1, CODEC_NONE);
    w.f.fsync_fails = true;
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){.durable = true}, &base, &check_st),
                 ST_IO);
    w.f.fsync_fails = false;
    /* Refused before anything is written, until the tail has been written again. */
    int64_t high = tlog_part_known(p).high;
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){.durable = true}, &base, &check_st),
                 ST_IO);
    assert_int_equal(tlog_part_known(p).high, high);
    append_values(p, NULL, "3.", 1);
    storage_maintain(w.s);
    batch = make_batch(&b, "4.", 1, CODEC_NONE);
    assert_ok(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){.durable = true}, &base, &check_st));
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "1.0 2.0 3.0 4.0");
    batch_builder_free(&b);
    close_world(&w);
    world_free(&w);
}

static int no_truncate(io *x, int fd, int64_t size)
{
    (void)x, (void)fd, (void)size;
    return -EIO;
}

static int no_rename(io *x, const char *from, const char *to)
{
    (void)x, (void)from, (void)to;
    return -EIO;
}

/* Half an append that can neither be completed nor cut off must not end a segment: a scan would give up
 * every segment behind it. */
static void a_failed_append_is_cut_off_before_the_next_segment(void **state)
{
    (void)state;
    world w;
    world_init(&w, 7);
    assert_ok(try_open(&w));
    tlog_part *p = w.part[0];
    append_values(p, NULL, "1.", 1);
    assert_int_equal(w.log[0].n, 0);
    batch_builder b;
    int64_t       base;
    batch_builder_init(&b, 4096);
    str batch = make_batch(&b, "2.", 3, CODEC_NONE);
    int (*truncate)(io *, int, int64_t) = w.f.base.truncate;
    int (*rename)(io *, const char *, const char *) = w.f.base.rename;
    w.f.room = 30;
    w.f.base.truncate = no_truncate;
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){0}, &base, &check_st), ST_FULL);
    w.f.room = -1;
    w.f.base.truncate = truncate;
    /* Retention begins a new segment, and the folder stays as it is for want of a checkpoint. */
    w.now += (int64_t)30 * 86400000;
    w.f.base.rename = no_rename;
    storage_maintain(w.s);
    assert_int_equal(tlog_part_known(p).start, 1);
    append_values(p, NULL, "3.", 1);
    fault_kill(&w.f);
    close_world(&w);
    fault_revive(&w.f);
    w.f.base.rename = rename;
    assert_ok(try_open(&w));
    assert_string_equal(read_values(w.part[0], 1, TLOG_READ_COMMITTED), "3.0");
    batch_builder_free(&b);
    close_world(&w);
    world_free(&w);
}

/* Offsets are kept where the loss of power does not reach them; what they refer to must be there as well. */
static void a_commit_stands_on_what_it_refers_to(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 60; seed++) {
        world w;
        world_init(&w, seed);
        assert_ok(try_open(&w));
        int          by = (int)(seed % 3); /* who commits: a query at least once, exactly once, a consumer group */
        int64_t      read = 5, written = by < 2 ? 3 : 0;
        tlog_sender *s = NULL;
        if (by == 1)
            w.producer[0] = tlog_producer_open(w.l, STR("p0"), &check_st);
        for (int i = 0; i < read; i++)
            append_values(w.part[0], NULL, "in", 1);
        if (by < 2)
            s = tlog_sender_open(w.part[1], w.producer[0]);
        for (int i = 0; i < written; i++)
            assert_ok(tlog_send(s, &(rec_out){.ts = 1, .key = STR("k"), .value = STR("out")}, &check_st));
        if (by < 2) {
            tlog_position    p = {STR("t"), 0, read, w.part[0]};
            tlog_commit_args c = {STR("g"), &p, 1, &s, 1, w.producer[0]};
            assert_int_equal(tlog_commit(w.l, &c, &check_st), TLOG_COMMITTED);
            tlog_sender_close(s);
        } else {
            group_offset o = {.topic = STR("t"), .offset = read, .metadata = STR("")};
            assert_ok(storage_group_offsets_put(w.s, STR("g"), &o, 1, &check_st));
        }
        fault_kill(&w.f);
        close_world(&w);
        fault_revive(&w.f);
        fault_power_cut(&w.f);
        snprintf(w.boot, sizeof w.boot, "boot %d", ++w.boots);
        assert_ok(try_open(&w));
        claim(&w, tlog_part_known(w.part[0]).high >= read, "records that were read and committed are gone");
        claim(&w, tlog_part_known(w.part[1]).high >= written, "what was made of them is gone");
        close_world(&w);
        world_free(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_stands_on_what_it_refers_to),
        cmocka_unit_test(a_full_disk_leaves_the_partition_usable),
        cmocka_unit_test(an_append_that_need_not_be_durable_waits_for_no_disk),
        cmocka_unit_test(a_failed_fsync_is_never_acknowledged),
        cmocka_unit_test(a_failed_append_is_cut_off_before_the_next_segment),
        cmocka_unit_test(every_operation_fails_once),
        cmocka_unit_test(killed_at_every_operation),
        cmocka_unit_test(power_cut_at_every_operation),
        cmocka_unit_test(random_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
