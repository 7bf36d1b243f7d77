/* Snapshots come back as they were, or not at all, and are written beside a store that goes on. `test_snapshot SEED` */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/num.h"
#include "engine/state/snapshot.h"
#include "tests/unit/storage/io_fault.h"

#define DIR "/s"
#define PATH DIR "/snapshot"
#define HOUR ((int64_t)3600000)

static const view_limits ANY = {INT64_MAX, UINT64_MAX};
static fault_io          files;
static uint64_t          seed;

static int fresh_files(void **state)
{
    (void)state;
    fault_init(&files, DIR, 7);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    fault_free(&files);
    return 0;
}

static void fill(store *t, store *w)
{
    char key[32], row[64];
    for (int i = 0; i < 5000; i++) {
        int n = snprintf(key, sizeof key, "key-%d", i), m = snprintf(row, sizeof row, "row %d of many", i);
        store_put(t, str_make(key, (size_t)n), str_make(row, (size_t)m), i);
        store_put_window(w, str_make(key, (size_t)(n % 7)), i, i + 10, str_make(row, (size_t)m), -i);
    }
}

static void same(store *x, store *y)
{
    arena  a;
    size_t n, m;
    arena_init(&a);
    store_item *p = store_scan(x, &a, &n), *q = store_scan(y, &a, &m);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) {
        assert_true(str_eq(p[i].key, q[i].key) && str_eq(p[i].row.bytes, q[i].row.bytes));
        assert_true(p[i].row.start == q[i].row.start && p[i].row.end == q[i].row.end && p[i].row.ts == q[i].row.ts);
    }
    arena_free(&a);
}

/* ---- the file's bytes */

typedef struct image {
    char  *p;
    size_t n;
} image;

static image read_file(void)
{
    image m;
    int   fd = files.base.open(&files.base, PATH, O_RDONLY, 0);
    m.n = (size_t)files.base.size(&files.base, fd);
    m.p = mem_alloc(m.n + 1);
    assert_int_equal(files.base.pread(&files.base, fd, m.p, m.n, 0), m.n);
    files.base.close(&files.base, fd);
    return m;
}

static void write_file(const char *p, size_t n)
{
    int fd = files.base.open(&files.base, PATH, O_RDWR | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    if (n)
        assert_int_equal(files.base.pwrite(&files.base, fd, p, n, 0), n);
    files.base.close(&files.base, fd);
}

static bool is_there(const char *path)
{
    int fd = files.base.open(&files.base, path, O_RDONLY, 0);
    if (fd >= 0)
        files.base.close(&files.base, fd);
    return fd >= 0;
}

static void count_file(const char *name, void *ctx)
{
    *(int *)ctx += strcmp(name, "snapshot") != 0;
}

/* Files that are being written, or were left. */
static int files_beside(void)
{
    int n = 0;
    files.base.list(&files.base, DIR, count_file, &n);
    return n;
}

static bool read_snapshot(int64_t now_ms, int64_t **clocks, size_t clock_count, snapshot_store *s, size_t n)
{
    return snapshot_read(&files.base, PATH, now_ms, 2 * HOUR, clocks, clock_count, s, n);
}

/* ---- */

static void there_and_back(void **state)
{
    (void)state;
    status  st;
    int64_t c1 = 77, c2 = INT64_MIN, *clocks[] = {&c1, &c2};
    store  *t = store_new(false), *w = store_new(true), *t2 = store_new(false), *w2 = store_new(true);
    status_init(&st);
    fill(t, w);
    snapshot_store out[] = {{.name = STR("t"), .s = t, .offset = 123, .batch = {"0123456789abcde", 3, 120, 0xfedcba98}},
                            {.name = STR("w"), .s = w, .offset = 456, .batch = {.epoch = -1, .base_offset = -1}}};
    snapshot_store in[] = {{.name = STR("t"), .s = t2}, {.name = STR("w"), .s = w2}};
    assert_true(snapshot_write(&files.base, PATH, 1000, clocks, 2, out, 2, &st));
    c1 = c2 = 0;
    assert_true(read_snapshot(1000 + HOUR, clocks, 2, in, 2));
    assert_true(c1 == 77 && c2 == INT64_MIN && in[0].offset == 123 && in[1].offset == 456);
    assert_memory_equal(&in[0].batch, &out[0].batch, sizeof in[0].batch);
    assert_true(in[1].batch.base_offset == -1 && in[1].batch.topic_id[0] == 0);
    same(t, t2);
    same(w, w2);
    store_free(t);
    store_free(w);
    store_free(t2);
    store_free(w2);
}

/* What does not fit is refused, leaves nothing in the stores and is removed. */
static void what_does_not_fit_is_removed(void **state)
{
    (void)state;
    status         st;
    int64_t        c = 5, *clocks[] = {&c};
    store         *t = store_new(false), *back = store_new(false);
    snapshot_store out = {.name = STR("t"), .s = t}, in = {.name = STR("t"), .s = back};
    status_init(&st);
    store_put(t, STR("a"), STR("row"), 1);
    for (int i = 0; i < 4; i++) {
        assert_true(snapshot_write(&files.base, PATH, 1000, clocks, 1, &out, 1, &st));
        in.name = i == 1 ? STR("another name") : STR("t");
        bool ok = read_snapshot(i == 0 ? 1000 + 3 * HOUR : 1000, clocks, i != 2, &in, 1);
        assert_int_equal(ok, i == 3);
        assert_int_equal(is_there(PATH), i == 3);
        assert_int_equal(store_rows(back), i == 3);
    }
    files.base.unlink(&files.base, PATH);
    assert_false(read_snapshot(1000, clocks, 1, &in, 1));
    store_free(t);
    store_free(back);
}

/* As the first version wrote it: without the batch. */
static void version_1_is_read(void **state)
{
    (void)state;
    status         st;
    store         *t = store_new(false), *back = store_new(false);
    snapshot_store out = {.name = STR("t"), .s = t, .offset = 9, .batch = {"0123456789abcde", 0, 8, 7}};
    snapshot_store in = {.name = STR("t"), .s = back};
    status_init(&st);
    store_put(t, STR("a"), STR("row"), 1);
    assert_true(snapshot_write(&files.base, PATH, 0, NULL, 0, &out, 1, &st));
    image  m = read_file();
    size_t batch_at = 8 + 4 + 8 + 4 + 4 + 4 + 1, batch_n = 16 + 4 + 8 + 4;
    m.p[8] = 1;
    memmove(m.p + batch_at, m.p + batch_at + batch_n, m.n - batch_at - batch_n);
    m.n -= batch_n;
    uint32_t crc = crc32c(0, m.p, m.n - 4);
    memcpy(m.p + m.n - 4, &crc, sizeof crc);
    write_file(m.p, m.n);
    assert_true(read_snapshot(0, NULL, 0, &in, 1));
    assert_true(in.offset == 9 && in.batch.base_offset == -1 && in.batch.topic_id[0] == 0);
    same(t, back);
    mem_free(m.p);
    store_free(t);
    store_free(back);
}

/* A byte changed or the end missing anywhere: refused, nothing left in the store. */
static void damage_is_noticed(void **state)
{
    (void)state;
    status         st;
    int64_t        c = 5, *clocks[] = {&c};
    store         *t = store_new(false), *back = store_new(false);
    snapshot_store out = {.name = STR("a longer name"), .s = t, .offset = 9},
                   in = {.name = STR("a longer name"), .s = back};
    status_init(&st);
    store_put(t, STR("a"), STR("row of a"), 1);
    store_put(t, STR("b"), STR("row of b"), 2);
    assert_true(snapshot_write(&files.base, PATH, 0, clocks, 1, &out, 1, &st));
    image m = read_file();
    for (size_t at = 0; at < m.n; at++) {
        for (int cut = 0; cut < 2; cut++) {
            m.p[at] ^= 0x20;
            write_file(m.p, cut ? at : m.n);
            m.p[at] ^= 0x20;
            assert_false(read_snapshot(0, clocks, 1, &in, 1));
            assert_int_equal(store_rows(back), 0);
            assert_int_equal(c, 5);
        }
    }
    mem_free(m.p);
    store_free(t);
    store_free(back);
}

static void damage(image *m, uint64_t *random)
{
    for (uint64_t n = random_below(random, 4); n-- > 0;)
        m->p[random_below(random, m->n)] ^= (char)(1u << random_below(random, 8));
    if (random_below(random, 3) == 0) { /* a length or count that is far off */
        uint64_t big =
            random_below(random, 2) ? UINT64_MAX >> random_below(random, 60) : random_below(random, 2 * m->n);
        size_t size = random_below(random, 2) ? 4 : 8, at = random_below(random, m->n - size);
        memcpy(m->p + at, &big, size);
    }
    if (random_below(random, 4) == 0)
        m->n -= random_below(random, m->n / 2);
    uint32_t crc = crc32c(0, m->p, m->n - 4);
    if (random_below(random, 4)) /* so that what lies behind the checksum is met too */
        memcpy(m->p + m->n - 4, &crc, sizeof crc);
}

/* Whatever stands in the file, reading it ends, and either all is there or nothing. */
static void any_bytes_are_read(void **state)
{
    (void)state;
    uint64_t random = seed;
    status   st;
    store   *t = store_new(false), *w = store_new(true);
    status_init(&st);
    print_message("seed %lu\n", (unsigned long)seed);
    for (int i = 0; i < 30; i++) {
        str row = str_make("a row of some length", (size_t)(i % 20));
        store_put(t, row, row, i);
        store_put_window(w, str_make("key", (size_t)(i % 3)), i, i + 5, row, i);
    }
    snapshot_store out[] = {{.name = STR("t"), .s = t, .offset = 1}, {.name = STR("w"), .s = w, .offset = 2}};
    int64_t        c = 5, *clocks[] = {&c};
    assert_true(snapshot_write(&files.base, PATH, 0, clocks, 1, out, 2, &st));
    image whole = read_file();
    for (int i = 0; i < 20000; i++) {
        image          m = {mem_dup(whole.p, whole.n), whole.n};
        store         *t2 = store_new(false), *w2 = store_new(true);
        snapshot_store in[] = {{.name = STR("t"), .s = t2}, {.name = STR("w"), .s = w2}};
        damage(&m, &random);
        write_file(m.p, m.n);
        if (!read_snapshot(0, clocks, 1, in, 2)) {
            assert_true(store_rows(t2) == 0 && store_rows(w2) == 0);
            assert_false(is_there(PATH));
        }
        store_free(t2);
        store_free(w2);
        mem_free(m.p);
    }
    mem_free(whole.p);
    store_free(t);
    store_free(w);
}

/* The store goes on between the steps; the file has what it held at the beginning. */
static void a_job_writes_one_version(void **state)
{
    (void)state;
    status  st;
    int64_t c = 1, *clocks[] = {&c};
    int     steps = 0;
    store  *t = store_new(false), *w = store_new(true), *t1 = store_new(false), *w1 = store_new(true);
    status_init(&st);
    fill(t, w);
    fill(t1, w1);
    snapshot_store s[] = {{.name = STR("t"), .s = t, .offset = 1}, {.name = STR("w"), .s = w, .offset = 2}};
    snapshot_job  *j = snapshot_job_open(&files.base, PATH, 0, clocks, 1, s, 2, ANY, &st);
    assert_non_null(j);
    c = 2;
    for (; snapshot_job_step(j, 20000); steps++) {
        char key[32];
        str  k = str_make(key, (size_t)snprintf(key, sizeof key, "key-%d", steps * 7 % 5000));
        store_put(t, k, STR("changed"), 0);
        store_put(t, STR("new"), STR("new"), 0);
        store_expire(w, steps, false, NULL, NULL);
        assert_false(is_there(PATH));
    }
    assert_true(steps > 10);
    assert_true(snapshot_job_close(j, &st));
    assert_int_equal(files_beside(), 0);
    store         *t2 = store_new(false), *w2 = store_new(true);
    snapshot_store in[] = {{.name = STR("t"), .s = t2}, {.name = STR("w"), .s = w2}};
    assert_true(read_snapshot(0, clocks, 1, in, 2));
    assert_int_equal(c, 1);
    same(t1, t2);
    same(w1, w2);
    store *all[] = {t, w, t1, w1, t2, w2};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        store_free(all[i]);
}

static void a_job_that_is_given_up_leaves_no_trace(void **state)
{
    (void)state;
    for (int why = 0; why < 3; why++) { /* closed; its store is freed; what changed was too much */
        status st;
        store *t = store_new(false), *w = store_new(true);
        status_init(&st);
        fill(t, w);
        snapshot_store s[] = {{.name = STR("t"), .s = t}, {.name = STR("w"), .s = w}};
        view_limits    l = {INT64_MAX, why == 2 ? 1000 : UINT64_MAX};
        snapshot_job  *j = snapshot_job_open(&files.base, PATH, 0, NULL, 0, s, 2, l, &st);
        assert_true(snapshot_job_step(j, 20000));
        assert_int_equal(files_beside(), 1);
        if (why == 1)
            store_free(w);
        if (why == 2)
            fill(t, w);
        while (why && snapshot_job_step(j, 20000))
            ;
        assert_false(snapshot_job_close(j, &st));
        assert_int_equal(st.code, why ? ST_EXPIRED : ST_OK);
        assert_true(!is_there(PATH) && files_beside() == 0);
        store_free(t);
        if (why != 1)
            store_free(w);
    }
}

/* Rows of 1,000 bytes, so that more is written than the jobs hold back. */
static void fill_large(store *t, char with)
{
    static char row[1000];
    char        key[32];
    memset(row, with, sizeof row);
    for (int i = 0; i < 6000; i++)
        store_put(t, str_make(key, (size_t)snprintf(key, sizeof key, "key-%d", i)), str_make(row, sizeof row), i);
}

/* One that was given up still writes while the next one does. */
static void jobs_of_one_snapshot_do_not_meet(void **state)
{
    (void)state;
    status         st;
    store         *t = store_new(false), *back = store_new(false);
    snapshot_store s = {.name = STR("t"), .s = t, .offset = 1}, in = {.name = STR("t"), .s = back};
    status_init(&st);
    fill_large(t, 'a');
    snapshot_job *old = snapshot_job_open(&files.base, PATH, 0, NULL, 0, &s, 1, ANY, &st);
    fill_large(t, 'b');
    s.offset = 2;
    snapshot_job *next = snapshot_job_open(&files.base, PATH, 0, NULL, 0, &s, 1, ANY, &st);
    while (snapshot_job_step(next, 2 << 20))
        assert_true(snapshot_job_step(old, 1 << 20));
    assert_true(snapshot_job_close(next, &st));
    assert_false(snapshot_job_close(old, &st));
    assert_true(read_snapshot(0, NULL, 0, &in, 1));
    assert_int_equal(in.offset, 2);
    same(t, back);
    assert_int_equal(files_beside(), 0);
    store_free(t);
    store_free(back);
}

/* A process that was killed leaves the file it was writing; whoever reads the snapshot removes it, and no other. */
static void what_a_killed_process_left_is_removed(void **state)
{
    (void)state;
    const char    *left[] = {PATH ".new", PATH ".17.new", PATH "2.1.new", DIR "/other.new", PATH ".newer"};
    store         *t = store_new(false);
    snapshot_store in = {.name = STR("t"), .s = t};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        files.base.close(&files.base, files.base.open(&files.base, left[i], O_RDWR | O_CREAT, 0644));
    assert_false(read_snapshot(0, NULL, 0, &in, 1));
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        assert_int_equal(is_there(left[i]), i > 1);
    store_free(t);
}

/* Each operation fails in turn: the job says so, and the old snapshot stands. */
static void a_failing_disk_is_told(void **state)
{
    (void)state;
    status         st;
    store         *t = store_new(false), *back = store_new(false);
    snapshot_store s = {.name = STR("t"), .s = t, .offset = 1}, in = {.name = STR("t"), .s = back};
    status_init(&st);
    store_put(t, STR("k"), STR("old"), 0);
    assert_true(snapshot_write(&files.base, PATH, 0, NULL, 0, &s, 1, &st));
    store_put(t, STR("k"), STR("new"), 0);
    s.offset = 2;
    bool ok = false;
    for (uint64_t n = 1; !ok; n++) {
        files.fail_at = files.ops + n;
        files.fail_with = n % 2 ? -EIO : -ENOSPC;
        status_init(&st);
        ok = snapshot_write(&files.base, PATH, 0, NULL, 0, &s, 1, &st);
        files.fail_at = 0;
        assert_true(ok ? n > 4 : st.code == (n % 2 ? ST_IO : ST_FULL));
        assert_int_equal(files_beside(), 0);
        store_clear(back);
        assert_true(read_snapshot(0, NULL, 0, &in, 1));
        assert_int_equal(in.offset, ok ? 2 : 1);
    }
    store_free(t);
    store_free(back);
}

int main(int argc, char **argv)
{
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)clock_wall_ns() | 1;
#define WITH_FILES(f) cmocka_unit_test_setup_teardown(f, fresh_files, free_files)
    const struct CMUnitTest tests[] = {
        WITH_FILES(there_and_back),
        WITH_FILES(what_does_not_fit_is_removed),
        WITH_FILES(version_1_is_read),
        WITH_FILES(damage_is_noticed),
        WITH_FILES(any_bytes_are_read),
        WITH_FILES(a_job_writes_one_version),
        WITH_FILES(a_job_that_is_given_up_leaves_no_trace),
        WITH_FILES(jobs_of_one_snapshot_do_not_meet),
        WITH_FILES(what_a_killed_process_left_is_removed),
        WITH_FILES(a_failing_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
