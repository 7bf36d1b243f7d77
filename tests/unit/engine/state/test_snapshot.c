/* Snapshots come back as they were, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/state/snapshot.h"

#define PATH "/tmp/weir-snapshot-test"
#define HOUR ((int64_t)3600000)

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

static void there_and_back(void **state)
{
    (void)state;
    status  st;
    int64_t c1 = 77, c2 = INT64_MIN, *clocks[] = {&c1, &c2};
    store  *t = store_new(false), *w = store_new(true), *t2 = store_new(false), *w2 = store_new(true);
    status_init(&st);
    fill(t, w);
    snapshot_store out[] = {{.name = STR("t"), .s = t, .offset = 123}, {.name = STR("w"), .s = w, .offset = 456}};
    assert_true(snapshot_write(io_posix(), PATH, 1000, clocks, 2, out, 2, &st));
    c1 = c2 = 0;
    snapshot_store in[] = {{.name = STR("t"), .s = t2, .offset = 0}, {.name = STR("w"), .s = w2, .offset = 0}};
    assert_true(snapshot_read(io_posix(), PATH, 1000 + HOUR, 2 * HOUR, clocks, 2, in, 2));
    assert_true(c1 == 77 && c2 == INT64_MIN && in[0].offset == 123 && in[1].offset == 456);
    same(t, t2);
    same(w, w2);
    store_clear(t2);
    store_clear(w2);
    assert_false(snapshot_read(io_posix(), PATH, 1000 + 3 * HOUR, 2 * HOUR, clocks, 2, in, 2));
    in[1].name = STR("other");
    assert_false(snapshot_read(io_posix(), PATH, 1000, HOUR, clocks, 2, in, 2));
    assert_int_equal(store_rows(t2), 0);
    assert_false(snapshot_read(io_posix(), PATH ".absent", 1000, HOUR, clocks, 2, in, 2));
    store_free(t);
    store_free(w);
    store_free(t2);
    store_free(w2);
    unlink(PATH);
}

/* A byte changed or the end missing anywhere: refused, nothing left in the store. */
static void damage_is_noticed(void **state)
{
    (void)state;
    status  st;
    int64_t c = 5, *clocks[] = {&c};
    store  *t = store_new(false), *back = store_new(false);
    status_init(&st);
    store_put(t, STR("a"), STR("row of a"), 1);
    store_put(t, STR("b"), STR("row of b"), 2);
    snapshot_store out[] = {{.name = STR("t"), .s = t, .offset = 9}},
                   in[] = {{.name = STR("t"), .s = back, .offset = 0}};
    assert_true(snapshot_write(io_posix(), PATH, 0, clocks, 1, out, 1, &st));
    char   bytes[512];
    FILE  *f = fopen(PATH, "rb");
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    for (size_t at = 0; at < n; at++) {
        for (int cut = 0; cut < 2; cut++) {
            f = fopen(PATH, "wb");
            bytes[at] ^= 0x20;
            fwrite(bytes, 1, cut ? at : n, f);
            bytes[at] ^= 0x20;
            fclose(f);
            assert_false(snapshot_read(io_posix(), PATH, 0, HOUR, clocks, 1, in, 1));
            assert_int_equal(store_rows(back), 0);
            assert_int_equal(c, 5);
        }
    }
    store_free(t);
    store_free(back);
    unlink(PATH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(damage_is_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
