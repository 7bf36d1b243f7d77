/* The metadata over a disk that fails: what was told to have been written is there after a loss of power, and nothing
 * is told to have been written on top of what is in doubt. */
#include "log_checks.h"

#include "storage/meta_int.h"
#include "storage/wal_check_int.h"
#include "tests/sim/schedule.h"
#include "tests/sim/vfs.h"

static disk the_disk;

static meta *open_it(void)
{
    meta *m = meta_open("/disk", false, &check_st);
    assert_ok(m != NULL);
    return m;
}

static bool put_topic(meta *m, const char *name)
{
    tlog_topic t = {.name = str_of(name), .partitions = 1, .replication = 1};
    memset(t.id, name[0], sizeof t.id);
    return meta_topic_put(m, &t, &check_st);
}

static bool put_offset(meta *m, int64_t offset)
{
    group_offset o = {.topic = STR("t"), .offset = offset, .metadata = STR("")};
    bool         doubt;
    return meta_offsets_put(m, STR("g"), &o, 1, &doubt, &check_st);
}

static void see_topic(const tlog_topic *t, void *ctx)
{
    char *all = ctx;
    strncat(all, t->name.p, t->name.n);
}

static void assert_topics(meta *m, const char *want)
{
    arena a = {0};
    char  all[64] = "";
    assert_ok(meta_topics_each(m, &a, see_topic, all, &check_st));
    assert_string_equal(all, want);
    arena_free(&a);
}

static meta *after_a_power_cut(meta *m)
{
    the_disk.down = true; /* the process is gone with what it believed: nothing more is written for it */
    meta_close(m);
    the_disk.down = false;
    disk_close_all(&the_disk);
    disk_cut_power(&the_disk);
    return open_it();
}

static int begin(void **state)
{
    sched_init(1, false);
    disk_init(&the_disk, "/disk");
    the_disk.loses_all = true;
    *state = vfs_register(&the_disk);
    return 0;
}

static int end(void **state)
{
    disk_free(&the_disk);
    sqlite3_vfs_unregister(*state);
    return 0;
}

static void what_follows_a_failed_fsync_does_not_stand_on_it(void **state)
{
    (void)state;
    meta *m = open_it();
    assert_ok(put_topic(m, "a"));
    assert_ok(put_offset(m, 1)); /* in the log, not synced */
    the_disk.failing_syncs = 1;
    assert_false(put_topic(m, "b"));
    assert_true(meta_is_failing(m));
    assert_ok(put_topic(m, "c"));
    assert_false(meta_is_failing(m));
    m = after_a_power_cut(m);
    assert_topics(m, "ac");
    int64_t offset;
    assert_ok(meta_offset_get(m, STR("g"), STR("t"), 0, &offset, &check_st));
    assert_int_equal(offset, 1);
    meta_close(m);
}

static void nothing_is_acknowledged_while_the_disk_fails(void **state)
{
    (void)state;
    meta *m = open_it();
    assert_ok(put_topic(m, "a"));
    the_disk.failing_syncs = 6;
    int failures = 0;
    while (!put_topic(m, "b"))
        failures++;
    assert_true(failures > 1); /* the healing fails as well */
    m = after_a_power_cut(m);
    assert_topics(m, "ab");
    meta_close(m);
}

/* The log of a process that was killed holds what it was told to have committed. */
static void a_start_that_fails_leaves_the_log(void **state)
{
    (void)state;
    meta *m = open_it();
    assert_ok(put_topic(m, "a"));
    the_disk.down = true; /* the process is killed */
    meta_close(m);
    the_disk.down = false;
    disk_close_all(&the_disk);
    the_disk.failing_syncs = 1;
    assert_null(meta_open("/disk", false, &check_st));
    m = open_it();
    assert_topics(m, "a");
    meta_close(m);
}

/* ---- the write-ahead log's frames, as SQLite writes them */

enum { PAGE = 512, FRAME = 24 + PAGE };

typedef struct wal {
    uint8_t  p[32 + 8 * FRAME];
    size_t   n;
    uint32_t a, b;
} wal;

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24), p[1] = (uint8_t)(v >> 16), p[2] = (uint8_t)(v >> 8), p[3] = (uint8_t)v;
}

static void sum(wal *w, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        w->a += ((uint32_t)p[i] << 24 | (uint32_t)p[i + 1] << 16 | (uint32_t)p[i + 2] << 8 | p[i + 3]) + w->b;
        w->b += ((uint32_t)p[i + 4] << 24 | (uint32_t)p[i + 5] << 16 | (uint32_t)p[i + 6] << 8 | p[i + 7]) + w->a;
    }
}

static void wal_begin(wal *w)
{
    memset(w, 0, sizeof *w);
    put32(w->p, 0x377f0683);
    put32(w->p + 4, 3007000);
    put32(w->p + 8, PAGE);
    put32(w->p + 16, 0x11111111);
    put32(w->p + 20, 0x22222222);
    sum(w, w->p, 24);
    put32(w->p + 24, w->a);
    put32(w->p + 28, w->b);
    w->n = 32;
}

static void wal_frame(wal *w, uint32_t page, uint32_t commit)
{
    uint8_t *f = w->p + w->n;
    put32(f, page);
    put32(f + 4, commit);
    memcpy(f + 8, w->p + 16, 8);
    memset(f + 24, (int)page, PAGE);
    sum(w, f, 8);
    sum(w, f + 24, PAGE);
    put32(f + 16, w->a);
    put32(f + 20, w->b);
    w->n += FRAME;
}

static void damage_in_the_log_is_told_from_what_a_rollback_left(void **state)
{
    (void)state;
    wal w;
    wal_begin(&w);
    wal_frame(&w, 1, 2);
    wal before = w;
    wal_frame(&w, 2, 0); /* a long transaction that was rolled back ... */
    wal_frame(&w, 3, 0);
    wal_frame(&w, 4, 0);
    wal all = w;
    w = before; /* ... and one that was committed where it had begun */
    wal_frame(&w, 5, 2);
    memcpy(all.p, w.p, w.n);
    assert_int_equal(wal_check(all.p, all.n), WAL_TORN); /* an end, whatever made it */

    wal_frame(&w, 6, 0);
    wal_frame(&w, 7, 2);
    assert_int_equal(wal_check(w.p, w.n), WAL_WHOLE);
    w.p[32 + 24 + 100] ^= 1; /* the first page: what was committed lies behind it */
    assert_int_equal(wal_check(w.p, w.n), WAL_DAMAGED);
    w.p[32 + 24 + 100] ^= 1;
    w.p[32 + 2 * FRAME + 16] ^= 1; /* a checksum of the last transaction's first page */
    assert_int_equal(wal_check(w.p, w.n), WAL_DAMAGED);
    assert_int_equal(wal_check(w.p, w.n - 1), WAL_TORN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_follows_a_failed_fsync_does_not_stand_on_it, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_acknowledged_while_the_disk_fails, begin, end),
        cmocka_unit_test_setup_teardown(a_start_that_fails_leaves_the_log, begin, end),
        cmocka_unit_test(damage_in_the_log_is_told_from_what_a_rollback_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
