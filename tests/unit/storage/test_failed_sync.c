/* After a failed fsync the kernel takes what it covered for written, also for the next process. */
#include "log_checks.h"

#include <stdlib.h>
#include <unistd.h>

#include "storage/storage.h"
#include "tests/sim/schedule.h"
#include "tests/sim/vfs.h"

static disk the_disk;
static char root[] = "/tmp/weir-sync-XXXXXX"; /* for the folder's lock, which is the kernel's */

static const char *root_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static storage *open_it(const char *boot)
{
    storage *s = storage_open(&(storage_options){.dir = root, .io = disk_io(&the_disk), .boot_id = boot}, &check_st);
    assert_ok(s != NULL);
    return s;
}

/* The process is gone: nothing more is written for it. */
static void kill_it(storage *s)
{
    the_disk.down = true;
    storage_close(s);
    the_disk.down = false;
    disk_close_all(&the_disk);
}

static bool append_durably(tlog_part *p, const char *value)
{
    batch_builder b;
    int64_t       base;
    batch_builder_init(&b, 1 << 16);
    str  batch = make_batch(&b, value, 1, CODEC_NONE);
    bool ok =
        batch_log_append(p, (uint8_t *)(uintptr_t)batch.p, batch.n, (batch_append){.durable = true}, &base, &check_st);
    batch_builder_free(&b);
    return ok;
}

/* Killed before it could heal; the next process acknowledges what lies behind; then the power is cut. */
static void the_next_process_stands_on_no_failed_fsync(void **state)
{
    (void)state;
    storage *s = open_it("first");
    make_topic(storage_log(s), "t", 1);
    tlog_part *p = open_part(storage_log(s), "t", 0);
    assert_true(append_durably(p, "a"));
    the_disk.failing_syncs = 1;
    assert_false(append_durably(p, "b"));
    tlog_part_close(p);
    kill_it(s);

    s = open_it("first");
    p = open_part(storage_log(s), "t", 0);
    assert_true(append_durably(p, "c"));
    tlog_part_close(p);
    kill_it(s);
    disk_cut_power(&the_disk);

    s = open_it("second");
    p = open_part(storage_log(s), "t", 0);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "a0 b0 c0");
    tlog_part_close(p);
    storage_close(s);
}

/* The fsync that fails is of the file by which a partition's folder says whose it is. */
static void a_folder_keeps_its_name(void **state)
{
    (void)state;
    storage *s = open_it("third");
    make_topic(storage_log(s), "u", 1);
    tlog_part *p = open_part(storage_log(s), "u", 0);
    the_disk.failing_sync = root_of("topics/u-0/partition");
    assert_false(append_durably(p, "a"));
    the_disk.failing_sync = NULL;
    storage_maintain(s);
    assert_true(append_durably(p, "b"));
    tlog_part_close(p);
    kill_it(s);
    disk_cut_power(&the_disk);

    s = open_it("fourth");
    p = open_part(storage_log(s), "u", 0);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "a0 b0");
    tlog_part_close(p);
    storage_close(s);
}

/* The commit is in doubt, and the abort of it fails as well: readers wait no longer than the disk does. */
static void an_abort_that_fails_is_tried_again(void **state)
{
    (void)state;
    storage *s = open_it("fifth");
    tlog    *l = storage_log(s);
    make_topic(l, "w", 1);
    tlog_part     *p = open_part(l, "w", 0);
    tlog_producer *pr = tlog_producer_open(l, STR("id"), &check_st);
    assert_non_null(pr);
    append_values(p, pr, "a", 1);
    the_disk.failing_sync = root_of("meta.sqlite-wal");
    tlog_commit_args c = {.group = STR("g"), .producer = pr};
    assert_int_equal(tlog_commit(l, &c, &check_st), TLOG_UNKNOWN);
    tlog_producer_close(pr);
    the_disk.failing_sync = NULL;
    tlog_offsets o = tlog_part_known(p);
    assert_true(o.last_stable < o.high);
    storage_maintain(s);
    o = tlog_part_known(p);
    assert_int_equal(o.last_stable, o.high);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "");
    tlog_part_close(p);
    storage_close(s);
}

static int begin(void **state)
{
    sched_init(1, false);
    if (mkdtemp(root) == NULL)
        return -1;
    disk_init(&the_disk, root);
    the_disk.loses_all = true;
    *state = vfs_register(&the_disk);
    return 0;
}

static int end(void **state)
{
    char path[sizeof root + 16];
    disk_free(&the_disk);
    sqlite3_vfs_unregister(*state);
    snprintf(path, sizeof path, "rm -rf %s", root);
    return system(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_process_stands_on_no_failed_fsync),
        cmocka_unit_test(a_folder_keeps_its_name),
        cmocka_unit_test(an_abort_that_fails_is_tried_again),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
