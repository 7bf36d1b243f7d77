/* Stores against a list that is searched from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "engine/state/store.h"

enum { KEYS = 60, STARTS = 40 };

static uint64_t next(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return *s >> 33;
}

static str key_of(char *space, unsigned k)
{
    int n = snprintf(space, 32, "key-%u", k);
    return str_make(space, (size_t)n);
}

static str row_of(char *space, unsigned size, unsigned v)
{
    memset(space, (int)('a' + v % 26), size);
    return str_make(space, size);
}

static void tables(void **state)
{
    (void)state;
    uint64_t s = (uint64_t)time(NULL);
    print_message("seed %lu\n", (unsigned long)s);
    store *t = store_new(false);
    struct {
        bool     there;
        unsigned size, v;
        int64_t  ts;
    } model[KEYS] = {0};
    char key[32], row[3000];
    for (int i = 0; i < 50000; i++) {
        unsigned k = (unsigned)next(&s) % KEYS;
        str      ks = key_of(key, k);
        if (next(&s) % 4 == 0) {
            assert_int_equal(store_delete(t, ks), model[k].there);
            model[k].there = false;
        } else {
            model[k].there = true;
            model[k].size = (unsigned)(next(&s) % (i % 100 == 0 ? 3000 : 60));
            model[k].v = (unsigned)next(&s);
            model[k].ts = i;
            store_row was;
            str       bytes = row_of(row, model[k].size, model[k].v);
            if (next(&s) % 2 && store_get(t, ks, &was))
                store_replace(t, &was, bytes, i);
            else
                store_put(t, ks, bytes, i);
        }
        store_row r;
        assert_int_equal(store_get(t, ks, &r), model[k].there);
        if (model[k].there) {
            assert_true(str_eq(r.bytes, row_of(row, model[k].size, model[k].v)));
            assert_true(r.ts == model[k].ts);
        }
    }
    size_t live = 0;
    for (int k = 0; k < KEYS; k++)
        live += model[k].there;
    assert_int_equal(store_keys(t), live);
    arena  a;
    size_t n;
    arena_init(&a);
    store_item *items = store_scan(t, &a, &n);
    assert_int_equal(n, live);
    for (size_t i = 1; i < n; i++)
        assert_true(str_cmp(items[i - 1].key, items[i].key) < 0);
    arena_free(&a);
    store_free(t);
}

/* Rows of different sizes, so that they move when they are replaced. */
static unsigned size_of(unsigned v)
{
    return v * 7 % 60;
}

static void windows(void **state)
{
    (void)state;
    uint64_t s = (uint64_t)time(NULL);
    print_message("seed %lu\n", (unsigned long)s);
    store   *t = store_new(true);
    unsigned model[KEYS][STARTS] = {{0}}; /* value + 1 */
    char     key[32], row[64];
    arena    a;
    arena_init(&a);
    for (int i = 0; i < 30000; i++) {
        unsigned k = (unsigned)next(&s) % KEYS, w = (unsigned)next(&s) % STARTS;
        str      ks = key_of(key, k);
        if (next(&s) % 4 == 0) {
            assert_int_equal(store_delete_window(t, ks, w * 10, 0), model[k][w] != 0);
            model[k][w] = 0;
        } else {
            model[k][w] = (unsigned)next(&s) % 26 + 1;
            store_row was;
            str       bytes = row_of(row, size_of(model[k][w]), model[k][w] - 1);
            if (next(&s) % 2 && store_get_window(t, ks, w * 10, 0, &was))
                store_replace(t, &was, bytes, i);
            else
                store_put_window(t, ks, w * 10, 0, bytes, i);
        }
        store_row *rows;
        uint32_t   n = store_range(t, ks, 20, 50, &a, &rows), want = 0;
        for (unsigned x = 2; x <= 5; x++)
            if (model[k][x]) {
                assert_true(want < n && rows[want].start == x * 10);
                assert_true(str_eq(rows[want].bytes, row_of(row, size_of(model[k][x]), model[k][x] - 1)));
                want++;
            }
        assert_int_equal(n, want);
        arena_reset(&a);
    }
    store_expire(t, 40, false, NULL, NULL);
    for (unsigned k = 0; k < KEYS; k++)
        for (unsigned w = 0; w < STARTS; w++) {
            store_row r;
            assert_int_equal(store_get_window(t, key_of(key, k), w * 10, 0, &r), w >= 4 && model[k][w]);
        }
    arena_free(&a);
    store_free(t);
}

static void equal_starts_stay_in_order(void **state)
{
    (void)state;
    store     *t = store_new(true);
    store_row *rows;
    arena      a;
    arena_init(&a);
    store_add_window(t, STR("k"), 5, STR("a"));
    store_add_window(t, STR("k"), 3, STR("x"));
    store_add_window(t, STR("k"), 5, STR("b"));
    assert_int_equal(store_range(t, STR("k"), 5, 5, &a, &rows), 2);
    assert_true(str_eqz(rows[0].bytes, "a") && str_eqz(rows[1].bytes, "b"));
    arena_free(&a);
    store_free(t);
}

static void count_row(void *ctx, str key, const store_row *row)
{
    assert_true(str_eq(key, row->bytes));
    ++*(int *)ctx;
}

static void room_for_keys_keeps_them(void **state)
{
    (void)state;
    store    *t = store_new(false);
    store_row r;
    char      key[16];
    int       seen = 0;
    for (int i = 0; i < 1000; i++) {
        str k = str_make(key, (size_t)snprintf(key, sizeof key, "k%d", i));
        store_put(t, k, k, 0);
        if (i == 100 || i == 500)
            store_reserve(t, i == 100 ? 5000 : 3);
    }
    store_each(t, count_row, &seen);
    assert_int_equal(seen, 1000);
    assert_true(store_get(t, STR("k0"), &r) && store_get(t, STR("k999"), &r) && !store_get(t, STR("k1000"), &r));
    store_free(t);
}

static void sessions_that_reach_into_a_range(void **state)
{
    (void)state;
    store     *t = store_new(true);
    store_row *rows;
    arena      a;
    arena_init(&a);
    assert_int_equal(store_range_sessions(t, STR("k"), 0, 100, &a, &rows), 0);
    for (int64_t start = 0; start < 100; start += 20)
        store_put_window(t, STR("k"), start, start + 10, STR("s"), 0);
    assert_int_equal(store_range_sessions(t, STR("k"), 50, 60, &a, &rows), 2); /* both ends are inside */
    assert_int_equal(rows[0].start, 40);
    assert_int_equal(rows[1].start, 60);
    assert_int_equal(store_range_sessions(t, STR("k"), 51, 59, &a, &rows), 0);
    assert_int_equal(store_range_sessions(t, STR("k"), INT64_MIN, INT64_MAX, &a, &rows), 5);
    arena_free(&a);
    store_free(t);
}

typedef struct seen {
    int  count, gone;
    char last[64];
} seen;

static void on_change(void *ctx, str key, int64_t start, int64_t end, const store_row *row)
{
    seen *s = ctx;
    (void)start;
    (void)end;
    s->count++;
    s->gone += row == NULL;
    snprintf(s->last, sizeof s->last, "%.*s=%.*s", STR_FMT(key), row ? (int)row->bytes.n : 1, row ? row->bytes.p : "-");
}

/* What is taken between two commits rebuilds the store, and a key that changed often is there once. */
static void changes_are_told_once(void **state)
{
    (void)state;
    store *t = store_new(false);
    seen   s = {0};
    store_put(t, STR("before"), STR("1"), 0);
    store_track_changes(t, true);
    for (int i = 0; i < 100; i++)
        store_put(t, STR("k"), i % 2 ? STR("1") : STR("a much longer row than the other one"), i);
    store_take_changes(t, on_change, &s);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.last, "k=1");
    store_put(t, STR("k"), STR("2"), 0);
    store_delete(t, STR("k"));
    store_put(t, STR("k"), STR("3"), 0);
    s = (seen){0};
    store_take_changes(t, on_change, &s);
    assert_string_equal(s.last, "k=3");
    store_delete(t, STR("k"));
    s = (seen){0};
    store_take_changes(t, on_change, &s);
    assert_int_equal(s.gone, 1);
    assert_int_equal(store_change_count(t), 0);
    store_free(t);
}

/* Any keys may be expected, whether they are there or not, and nothing changes by it. */
static void expected_keys_need_not_be_there(void **state)
{
    (void)state;
    for (int windowed = 0; windowed < 2; windowed++) {
        store *t = store_new(windowed);
        str    keys[STORE_EXPECT_MAX];
        char   space[STORE_EXPECT_MAX][32];
        for (unsigned i = 0; i < STORE_EXPECT_MAX; i++)
            keys[i] = i ? key_of(space[i], i) : STR_NONE;
        store_expect(t, keys, STORE_EXPECT_MAX);
        for (unsigned i = 0; i < 1000; i += 3) {
            char key[32];
            if (windowed)
                store_put_window(t, key_of(key, i), i, 0, STR("row"), 0);
            else
                store_put(t, key_of(key, i), STR("row"), 0);
        }
        store_expect(t, keys, STORE_EXPECT_MAX);
        store_expect(t, keys, 0);
        assert_int_equal(store_keys(t), 334);
        store_clear(t);
        store_expect(t, keys, STORE_EXPECT_MAX);
        store_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
        cmocka_unit_test(windows),
        cmocka_unit_test(equal_starts_stay_in_order),
        cmocka_unit_test(sessions_that_reach_into_a_range),
        cmocka_unit_test(room_for_keys_keeps_them),
        cmocka_unit_test(changes_are_told_once),
        cmocka_unit_test(expected_keys_need_not_be_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
