/* What views promise beside showing one version (test_store_model.c has that): cost, limits, the end of their store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/state/view.h"

enum { KEYS = 5000, MANY = 60000, SLICE = 100 };

static const view_limits ANY = {INT64_MAX, UINT64_MAX};

static str key_of(char *space, unsigned k)
{
    return str_make(space, (size_t)snprintf(space, 32, "key-%u", k));
}

static void put_keys(store *s, unsigned n, const char *row)
{
    char key[32];
    for (unsigned k = 0; k < n; k++)
        store_put(s, key_of(key, k), str_of(row), k);
}

static void put_all(store *s, const char *row)
{
    put_keys(s, KEYS, row);
}

static view *open_view(store *s, view_limits l)
{
    status st;
    status_init(&st);
    view *v = view_open(&s, 1, l, &st);
    assert_non_null(v);
    return v;
}

/* Rows the cursor still gives, all of which are `row`; -1: it failed. */
static long read_all(cursor *c, const char *row, status *st)
{
    arena      a;
    store_item items[SLICE];
    size_t     n;
    long       count = 0;
    status_init(st);
    arena_init(&a);
    while (!cursor_at_end(c) && count >= 0) {
        if (!cursor_next(c, &a, items, SLICE, &n, st))
            count = -1;
        for (size_t i = 0; count >= 0 && i < n; i++)
            assert_true(str_eqz(items[i].row.bytes, row));
        count += count >= 0 ? (long)n : 0;
        arena_reset(&a);
    }
    arena_free(&a);
    return count;
}

static void ignore_change(void *ctx, str key, int64_t start, int64_t end, const store_row *row)
{
    (void)key;
    (void)start;
    (void)end;
    (void)row;
    ++*(unsigned *)ctx;
}

static void nothing_is_kept_without_a_view(void **state)
{
    (void)state;
    store *s = store_new(false);
    put_all(s, "one");
    uint64_t bytes = store_bytes(s);
    put_all(s, "two");
    assert_int_equal(store_bytes(s), bytes);
    assert_int_equal(store_bytes_for_views(s), 0);
    view_close(open_view(s, ANY));
    put_all(s, "six"); /* the view is closed, whether the store has noticed or not */
    store_tend(s);
    assert_int_equal(store_bytes_for_views(s), 0);
    store_free(s);
}

/* Each view keeps its own version; what the first one needs goes with it, what both need goes with the last. */
static void memory_goes_with_the_view_that_needs_it(void **state)
{
    (void)state;
    status st;
    store *s = store_new(false);
    put_all(s, "one");
    view *first = open_view(s, ANY);
    put_all(s, "two");
    uint64_t bytes = store_bytes_for_views(s);
    assert_true(bytes > KEYS * 32);
    put_all(s, "three"); /* which no view shows: in place */
    assert_int_equal(store_bytes_for_views(s), bytes);
    view *second = open_view(s, ANY), *third = open_view(s, ANY);
    put_all(s, "four");
    assert_true(store_bytes_for_views(s) > bytes + KEYS * 32);
    cursor *c1 = cursor_open(first, 0, &SCAN_ALL), *c3 = cursor_open(third, 0, &SCAN_ALL);
    view_close(second);
    assert_int_equal(read_all(c1, "one", &st), KEYS);
    assert_int_equal(read_all(c3, "three", &st), KEYS);
    cursor_close(c1);
    view_close(first);
    store_tend(s);
    assert_in_range(store_bytes_for_views(s), KEYS * 32, bytes * 3 / 2);
    cursor_close(c3);
    view_close(third);
    store_tend(s);
    assert_int_equal(store_bytes_for_views(s), 0);
    assert_int_equal(store_rows(s), KEYS);
    store_free(s);
}

/* Not only to the store's own use: to the system. */
static void blocks_that_nobody_uses_are_given_back(void **state)
{
    (void)state;
    status   st;
    store   *s = store_new(false);
    char     key[32];
    unsigned told = 0;
    store_track_changes(s, true);
    put_keys(s, MANY, "one");
    store_take_changes(s, ignore_change, &told);
    uint64_t bytes = store_bytes(s);
    view    *v = open_view(s, ANY);
    cursor  *c = cursor_open(v, 0, &SCAN_ALL);
    put_keys(s, MANY, "two");
    store_take_changes(s, ignore_change, &told);
    assert_true(store_bytes(s) > bytes * 3 / 2);
    view_close(v);
    cursor_close(c);
    while (store_bytes_for_views(s)) /* in steps */
        store_tend(s);
    assert_in_range(store_bytes(s), bytes, bytes * 7 / 5); /* a quarter may stay */
    for (int round = 0; round < 5; round++) {
        v = open_view(s, ANY);
        for (unsigned k = 0; k < MANY; k++)
            assert_int_equal(store_delete(s, key_of(key, k)), round == 0 || k % 2);
        store_take_changes(s, ignore_change, &told);
        c = cursor_open(v, 0, &SCAN_ALL);
        view_close(v);
        for (unsigned k = 1; k < MANY; k += 2)
            store_put(s, key_of(key, k), STR("two"), 0);
        assert_int_equal(read_all(c, "two", &st), round ? MANY / 2 : MANY); /* from blocks that come and go */
        cursor_close(c);
        store_tend(s);
    }
    for (unsigned k = 1; k < MANY; k += 2)
        store_delete(s, key_of(key, k));
    store_take_changes(s, ignore_change, &told);
    while (store_bytes_for_views(s))
        store_tend(s);
    assert_int_equal(store_rows(s), 0);
    assert_true(store_bytes(s) < bytes * 3 / 5); /* slots and the room for changes stay */
    assert_true(told > 0);
    store_free(s);
}

static void a_view_over_its_size_ends(void **state)
{
    (void)state;
    status st;
    store *s = store_new(false);
    put_all(s, "one");
    view   *small = open_view(s, (view_limits){INT64_MAX, 1000}), *large = open_view(s, ANY);
    cursor *c = cursor_open(small, 0, &SCAN_ALL), *d = cursor_open(large, 0, &SCAN_ALL);
    put_all(s, "two");
    assert_int_equal(read_all(c, "one", &st), -1);
    assert_int_equal(st.code, ST_EXPIRED);
    assert_int_equal(read_all(d, "one", &st), KEYS);
    cursor_close(c);
    cursor_close(d);
    view_close(small);
    view_close(large);
    store_free(s);
}

/* It fails although the store has nothing to do, and the store gives its memory back although it stays open. */
static void a_view_over_its_time_ends(void **state)
{
    (void)state;
    status st;
    store *s = store_new(false);
    put_all(s, "one");
    view   *v = open_view(s, (view_limits){clock_mono_ms() - 1000, UINT64_MAX});
    cursor *c = cursor_open(v, 0, &SCAN_ALL);
    char    key[32];
    store_put(s, key_of(key, 1), STR("two"), 0);
    assert_true(store_bytes_for_views(s) > 0);
    assert_int_equal(read_all(c, "one", &st), -1);
    assert_int_equal(st.code, ST_EXPIRED);
    store_tend(s);
    assert_int_equal(store_bytes_for_views(s), 0);
    cursor_close(c);
    view_close(v);
    store_free(s);
}

static void views_are_counted(void **state)
{
    (void)state;
    status st;
    store *s = store_new(false);
    view  *v[STORE_VIEWS_MAX];
    for (int i = 0; i < STORE_VIEWS_MAX; i++)
        v[i] = open_view(s, ANY);
    status_init(&st);
    assert_null(view_open(&s, 1, ANY, &st));
    assert_int_equal(st.code, ST_LIMIT);
    view_close(v[7]);
    v[7] = open_view(s, ANY);
    for (int i = 0; i < STORE_VIEWS_MAX; i++)
        view_close(v[i]);
    store_free(s);
}

static void the_end_of_the_store_ends_cursors(void **state)
{
    (void)state;
    for (int clear = 0; clear < 2; clear++) {
        status st;
        store *s = store_new(false);
        put_all(s, "one");
        view   *v = open_view(s, ANY);
        cursor *c = cursor_open(v, 0, &SCAN_ALL);
        if (clear)
            store_clear(s);
        else
            store_free(s);
        assert_int_equal(read_all(c, "one", &st), -1);
        assert_int_equal(st.code, ST_EXPIRED);
        assert_non_null(strstr(st.msg, "stopped"));
        assert_int_equal(view_rows(v, 0), KEYS);
        view_close(v);
        cursor_close(c);
        if (clear) {
            put_all(s, "two");
            assert_int_equal(store_rows(s), KEYS);
            store_free(s);
        }
    }
}

/* Who holds a store can look up what its owner left. */
static void a_hold_keeps_the_rows(void **state)
{
    (void)state;
    arena     a;
    store_row r;
    store    *s = store_new(false), *held = store_hold(s);
    arena_init(&a);
    put_all(s, "one");
    store_free(s);
    assert_true(store_read(held, STR("key-7"), &a, &r) && str_eqz(r.bytes, "one") && r.ts == 7);
    assert_false(store_read(held, STR("key-x"), &a, &r));
    store_release(held);
    arena_free(&a);
}

static void a_limit_reads_what_it_gives(void **state)
{
    (void)state;
    arena      a;
    status     st;
    size_t     n;
    store_item items[SLICE];
    scan_range r = SCAN_ALL;
    store     *s = store_new(false);
    arena_init(&a);
    status_init(&st);
    put_all(s, "one");
    view *v = open_view(s, ANY);
    r.limit = 3;
    cursor *c = cursor_open(v, 0, &r);
    assert_true(cursor_next(c, &a, items, SLICE, &n, &st));
    assert_int_equal(n, 3);
    assert_true(cursor_at_end(c));
    assert_true(cursor_next(c, &a, items, SLICE, &n, &st)); /* once more does no harm */
    assert_int_equal(n, 0);
    assert_true(a.total < 64 << 10);
    cursor_close(c);
    r.limit = 0;
    c = cursor_open(v, 0, &r);
    assert_true(cursor_at_end(c));
    cursor_close(c);
    view_close(v);
    arena_free(&a);
    store_free(s);
}

/* A slice looks at so many rows, not at all of them, when few are in range. */
static void a_slice_is_bounded(void **state)
{
    (void)state;
    arena      a;
    status     st;
    size_t     n, slices = 0, rows = 0;
    store_item items[SLICE];
    scan_range r = SCAN_ALL;
    char       key[32];
    store     *s = store_new(true);
    arena_init(&a);
    status_init(&st);
    for (unsigned k = 0; k < 4 * KEYS; k++)
        store_put_window(s, key_of(key, k), k, k + 10, STR("row"), k);
    view *v = open_view(s, ANY);
    r.from = r.to = 2 * KEYS;
    cursor *c = cursor_open(v, 0, &r);
    for (; !cursor_at_end(c); slices++) {
        assert_true(cursor_next(c, &a, items, SLICE, &n, &st));
        if (n)
            assert_int_equal(items[0].row.start, 2 * KEYS);
        rows += n;
    }
    assert_int_equal(rows, 1);
    assert_in_range(slices, 3, 10);
    cursor_close(c);
    view_close(v);
    arena_free(&a);
    store_free(s);
}

static void items_sort_by_key_and_window(void **state)
{
    (void)state;
    store_item items[] = {{STR("b"), {.start = 1}},
                          {STR("a"), {.start = 2, .end = 9}},
                          {STR("a"), {.start = 2, .end = 3}},
                          {STR("a"), {.start = -1}},
                          {STR(""), {.start = 5}}};
    store_sort_items(items, 5);
    assert_true(items[0].key.n == 0 && items[1].row.start == -1 && items[2].row.end == 3 && items[3].row.end == 9);
    assert_true(str_eqz(items[4].key, "b"));
    store_sort_items(NULL, 0);
}

static void count_change(void *ctx, str key, int64_t start, int64_t end, const store_row *row)
{
    (void)key;
    (void)start;
    (void)end;
    ((int *)ctx)[row != NULL]++;
}

/* A row that came and went between two commits was never outside: there is nothing to tell. */
static void what_came_and_went_is_not_told(void **state)
{
    (void)state;
    for (int windowed = 0; windowed < 2; windowed++) {
        int    told[2] = {0};
        store *s = store_new(windowed);
        view  *v = open_view(s, ANY);
        store_track_changes(s, true);
        for (int round = 0; round < 3; round++) {
            if (windowed)
                store_put_window(s, STR("k"), 1, 2, STR("row"), 0);
            else
                store_put(s, STR("k"), STR("row"), 0);
            if (round == 1) { /* a view that shows it makes no difference */
                view_close(v);
                v = open_view(s, ANY);
            }
            assert_true(windowed ? store_delete_window(s, STR("k"), 1, 2) : store_delete(s, STR("k")));
        }
        store_take_changes(s, count_change, told);
        assert_true(told[0] == 0 && told[1] == 0);
        view_close(v);
        store_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_kept_without_a_view),
        cmocka_unit_test(memory_goes_with_the_view_that_needs_it),
        cmocka_unit_test(blocks_that_nobody_uses_are_given_back),
        cmocka_unit_test(a_view_over_its_size_ends),
        cmocka_unit_test(a_view_over_its_time_ends),
        cmocka_unit_test(views_are_counted),
        cmocka_unit_test(the_end_of_the_store_ends_cursors),
        cmocka_unit_test(a_hold_keeps_the_rows),
        cmocka_unit_test(a_limit_reads_what_it_gives),
        cmocka_unit_test(a_slice_is_bounded),
        cmocka_unit_test(items_sort_by_key_and_window),
        cmocka_unit_test(what_came_and_went_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
