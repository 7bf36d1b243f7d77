/* Random operations on a table and a windowed store against lists that are searched from end to end, with views that
 * are read in slices in between. `test_store_model SEED [OPERATIONS]` runs one seed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/state/view.h"

enum { KEYS = 40, STARTS = 12, ENDS = 2, READERS = 8, ROW_MAX_BYTES = 3000, KEY_MAX_BYTES = 1500, SLICE_MAX = 50 };

static uint64_t seed;
static long     operations = 500000;

typedef struct cell {
    uint32_t v; /* 0: no row */
    int64_t  ts;
} cell;

/* Of a table only [key][0][0]. */
typedef struct model {
    cell c[KEYS][STARTS][ENDS];
} model;

typedef struct reader {
    view      *v;
    cursor    *c;
    model      shown;
    scan_range r;
    bool       windowed;
    uint8_t    seen[KEYS][STARTS][ENDS];
    uint64_t   count;
    bool       may_end; /* it has limits, or its store was cleared */
} reader;

typedef struct world {
    store   *s[2]; /* the table, the windowed one */
    model    is[2], told[2];
    bool     tracking;
    reader   readers[READERS];
    uint64_t random;
    uint64_t ended, finished; /* readers */
    str      keys[KEYS];
    arena    a, names;
    int64_t  now;
} world;

static uint32_t below(world *w, uint32_t n)
{
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->random >> 33) % n;
}

/* ---- keys and rows by number */

/* One is empty, one has an allocation of its own, some hold a NUL. */
static void make_keys(world *w)
{
    for (uint32_t k = 0; k < KEYS; k++) {
        uint32_t n = k == 0 ? 0 : k == 1 ? KEY_MAX_BYTES : 2 + k % 29;
        char    *p = arena_bytes(&w->names, n + 1);
        for (uint32_t i = 0; i < n; i++)
            p[i] = (char)(i == n - 1 ? k : i % 5 == 4 ? 0 : 'a' + i % 3);
        w->keys[k] = str_make(p, n);
    }
}

static uint32_t key_number(const world *w, str key)
{
    for (uint32_t k = 0; k < KEYS; k++)
        if (str_eq(key, w->keys[k]))
            return k;
    fail_msg("a key that was never put");
    return 0;
}

static str row_bytes(uint32_t v)
{
    static char space[ROW_MAX_BYTES];
    uint32_t    n = v % 50 == 0 ? v % ROW_MAX_BYTES : v % 70;
    memset(space, (int)(v * 2654435761u >> 24), n);
    return str_make(space, n);
}

static void check_row(const cell *c, const store_row *r)
{
    assert_int_not_equal(c->v, 0);
    assert_true(str_eq(r->bytes, row_bytes(c->v)));
    assert_true(r->ts == c->ts);
}

static int64_t start_of(uint32_t s)
{
    return (int64_t)s * 10;
}

static int64_t end_of(uint32_t s, uint32_t e)
{
    return start_of(s) + 5 + 40 * e; /* ends do not follow starts */
}

static cell *cell_of(const world *w, model *m, str key, int64_t start, int64_t end, bool windowed)
{
    uint32_t k = key_number(w, key);
    if (!windowed) {
        assert_true(start == 0 && end == 0);
        return &m->c[k][0][0];
    }
    uint32_t s = (uint32_t)(start / 10), e = end == end_of(s, 1);
    assert_true(start == start_of(s) && s < STARTS && end == end_of(s, e));
    return &m->c[k][s][e];
}

/* ---- changes */

static void on_change(void *ctx, str key, int64_t start, int64_t end, const store_row *row)
{
    world *w = ctx;
    bool   windowed = w->now == 1;
    cell  *c = cell_of(w, &w->told[windowed], key, start, end, windowed);
    *c = row ? *cell_of(w, &w->is[windowed], key, start, end, windowed) : (cell){0};
    if (row)
        check_row(c, row);
}

/* What the store tells must lead from what it told before to what is. */
static void commit(world *w)
{
    if (!w->tracking)
        return;
    for (int i = 0; i < 2; i++) {
        w->now = i;
        store_take_changes(w->s[i], on_change, w);
        assert_memory_equal(&w->told[i], &w->is[i], sizeof(model));
        assert_int_equal(store_change_count(w->s[i]), 0);
    }
}

/* ---- changing */

static void change_table(world *w)
{
    uint32_t  k = below(w, KEYS);
    cell     *c = &w->is[0].c[k][0][0];
    store_row was;
    if (below(w, 4) == 0) {
        assert_int_equal(store_delete(w->s[0], w->keys[k]), c->v != 0);
        *c = (cell){0};
        return;
    }
    cell next = {1 + below(w, 1000000), below(w, 1000)};
    bool there = store_get(w->s[0], w->keys[k], &was);
    assert_int_equal(there, c->v != 0);
    if (there && below(w, 2))
        store_replace(w->s[0], &was, row_bytes(next.v), next.ts);
    else
        store_put(w->s[0], w->keys[k], row_bytes(next.v), next.ts);
    *c = next;
}

static void change_windows(world *w)
{
    uint32_t  k = below(w, KEYS), s = below(w, STARTS), e = below(w, ENDS);
    cell     *c = &w->is[1].c[k][s][e];
    store_row was;
    if (below(w, 4) == 0) {
        assert_int_equal(store_delete_window(w->s[1], w->keys[k], start_of(s), end_of(s, e)), c->v != 0);
        *c = (cell){0};
        return;
    }
    cell next = {1 + below(w, 1000000), below(w, 1000)};
    bool there = store_get_window(w->s[1], w->keys[k], start_of(s), end_of(s, e), &was);
    assert_int_equal(there, c->v != 0);
    if (there && below(w, 2))
        store_replace(w->s[1], &was, row_bytes(next.v), next.ts);
    else
        store_put_window(w->s[1], w->keys[k], start_of(s), end_of(s, e), row_bytes(next.v), next.ts);
    *c = next;
}

static void on_dropped(void *ctx, str key, const store_row *r)
{
    world *w = ctx;
    cell  *c = cell_of(w, &w->is[1], key, r->start, r->end, true);
    check_row(c, r);
    *c = (cell){0};
}

static void expire(world *w)
{
    bool    by_end = below(w, 2);
    int64_t bound = below(w, 60);
    store_expire(w->s[1], bound, by_end, on_dropped, w);
    for (uint32_t k = 0; k < KEYS; k++)
        for (uint32_t s = 0; s < STARTS; s++)
            for (uint32_t e = 0; e < ENDS; e++)
                assert_true(w->is[1].c[k][s][e].v == 0 || (by_end ? end_of(s, e) : start_of(s)) >= bound);
}

static void clear(world *w)
{
    int i = (int)below(w, 2);
    commit(w);
    store_clear(w->s[i]);
    memset(&w->is[i], 0, sizeof(model));
    memset(&w->told[i], 0, sizeof(model));
    for (int k = 0; k < READERS; k++)
        w->readers[k].may_end |= w->readers[k].windowed == i;
}

/* ---- looking */

static void check_rows_of(world *w, uint32_t k, const store_row *rows, uint32_t n, int64_t from, int64_t to)
{
    uint32_t at = 0;
    for (uint32_t s = 0; s < STARTS; s++)
        for (uint32_t e = 0; e < ENDS; e++)
            if (w->is[1].c[k][s][e].v && start_of(s) >= from && start_of(s) <= to) {
                assert_true(at < n && rows[at].start == start_of(s) && rows[at].end == end_of(s, e));
                check_row(&w->is[1].c[k][s][e], &rows[at++]);
            }
    assert_int_equal(at, n);
}

static void look_up(world *w)
{
    uint32_t   k = below(w, KEYS);
    int64_t    from = below(w, 130) - 5, to = from + below(w, 100);
    store_row  r, *rows;
    const cell c = w->is[0].c[k][0][0];
    assert_int_equal(store_read(w->s[0], w->keys[k], &w->a, &r), c.v != 0);
    if (c.v)
        check_row(&c, &r);
    assert_int_equal(store_read_range(w->s[0], w->keys[k], INT64_MIN, INT64_MAX, &w->a, &rows), c.v != 0);
    assert_int_equal(store_read_range(w->s[0], w->keys[k], 1, INT64_MAX, &w->a, &rows), 0);
    uint32_t n = store_range(w->s[1], w->keys[k], from, to, &w->a, &rows);
    check_rows_of(w, k, rows, n, from, to);
    n = store_read_range(w->s[1], w->keys[k], from, to, &w->a, &rows);
    check_rows_of(w, k, rows, n, from, to);
    arena_reset(&w->a);
}

static bool is_in(const reader *r, const world *w, uint32_t k, uint32_t s, uint32_t e)
{
    int64_t at = !r->windowed ? 0 : r->r.by_end ? end_of(s, e) : start_of(s);
    str     key = w->keys[k];
    return r->shown.c[k][s][e].v && at >= r->r.from && at <= r->r.to &&
           (r->r.key_from.p == NULL || str_cmp(key, r->r.key_from) >= 0) &&
           (r->r.key_to.p == NULL || str_cmp(key, r->r.key_to) < 0);
}

/* The owner's own scan, in order. */
static void scan(world *w)
{
    reader all = {.windowed = below(w, 2), .r = SCAN_ALL};
    all.shown = w->is[all.windowed];
    all.r.from = below(w, 100) - 5;
    all.r.to = all.r.from + below(w, 80);
    all.r.by_end = below(w, 2);
    size_t      n, count = 0;
    store_item *items = store_scan_windows(w->s[all.windowed], all.r.from, all.r.to, all.r.by_end, &w->a, &n);
    for (size_t i = 0; i < n; i++) {
        check_row(cell_of(w, &all.shown, items[i].key, items[i].row.start, items[i].row.end, all.windowed),
                  &items[i].row);
        if (i)
            assert_true(str_cmp(items[i - 1].key, items[i].key) < 0 || items[i - 1].row.start <= items[i].row.start);
    }
    for (uint32_t k = 0; k < KEYS; k++)
        for (uint32_t s = 0; s < STARTS; s++)
            for (uint32_t e = 0; e < ENDS; e++)
                count += is_in(&all, w, k, s, e);
    assert_int_equal(count, n);
    arena_reset(&w->a);
}

/* ---- views */

static void open_reader(world *w, reader *r)
{
    status      st;
    view_limits l = {below(w, 8) ? INT64_MAX : clock_mono_ms() - 1000, below(w, 3) ? UINT64_MAX : below(w, 4000)};
    status_init(&st);
    *r = (reader){
        .windowed = below(w, 2), .r = SCAN_ALL, .may_end = l.until_ms != INT64_MAX || l.keep_bytes != UINT64_MAX};
    r->v = view_open(w->s, 2, l, &st);
    assert_non_null(r->v);
    r->shown = w->is[r->windowed];
    if (below(w, 2)) {
        r->r.key_from = w->keys[below(w, KEYS)];
        r->r.key_to = w->keys[below(w, KEYS)];
    }
    if (below(w, 2)) {
        r->r.from = below(w, 100) - 5;
        r->r.to = r->r.from + below(w, 80);
        r->r.by_end = below(w, 2);
    }
    if (below(w, 4) == 0)
        r->r.limit = below(w, 100);
    r->c = cursor_open(r->v, r->windowed, &r->r);
    if (below(w, 2)) { /* the cursor alone keeps it open */
        view_close(r->v);
        r->v = NULL;
    }
}

static void close_reader(reader *r)
{
    cursor_close(r->c);
    view_close(r->v);
    *r = (reader){0};
}

/* All rows that were there when the view was opened came, each once. */
static void check_end(world *w, const reader *r)
{
    uint64_t want = 0;
    for (uint32_t k = 0; k < KEYS; k++)
        for (uint32_t s = 0; s < STARTS; s++)
            for (uint32_t e = 0; e < ENDS; e++)
                want += is_in(r, w, k, s, e);
    assert_int_equal(r->count, want < r->r.limit ? want : r->r.limit);
    w->finished++;
}

static void read_slice(world *w, reader *r)
{
    store_item items[SLICE_MAX];
    size_t     n;
    status     st;
    status_init(&st);
    if (!cursor_next(r->c, &w->a, items, 1 + below(w, SLICE_MAX), &n, &st)) {
        assert_int_equal(st.code, ST_EXPIRED);
        assert_true(r->may_end);
        w->ended++;
        close_reader(r);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        store_row *row = &items[i].row;
        cell      *c = cell_of(w, &r->shown, items[i].key, row->start, row->end, r->windowed);
        size_t     at = (size_t)(c - &r->shown.c[0][0][0]);
        check_row(c, row);
        assert_true(
            is_in(r, w, (uint32_t)(at / (STARTS * ENDS)), (uint32_t)(at / ENDS % STARTS), (uint32_t)(at % ENDS)));
        assert_int_equal((&r->seen[0][0][0])[at]++, 0);
    }
    r->count += n;
    arena_reset(&w->a);
    if (!cursor_at_end(r->c))
        return;
    check_end(w, r);
    close_reader(r);
}

/* ---- all together */

static void step(world *w)
{
    reader *r = &w->readers[below(w, READERS)];
    switch (below(w, 100)) {
    case 0:
        expire(w);
        break;
    case 1:
        commit(w);
        break;
    case 2:
        scan(w);
        break;
    case 3:
        if (below(w, 200) == 0)
            clear(w);
        break;
    case 4:
        store_tend(w->s[0]);
        store_tend(w->s[1]);
        break;
    case 5 ... 9:
        if (r->c == NULL)
            open_reader(w, r);
        else if (below(w, 20) == 0)
            close_reader(r);
        break;
    case 10 ... 29:
        if (r->c)
            read_slice(w, r);
        break;
    case 30 ... 39:
        look_up(w);
        break;
    case 40 ... 69:
        change_table(w);
        break;
    default:
        change_windows(w);
        break;
    }
}

static size_t count_rows(const model *m)
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof m->c / sizeof m->c[0][0][0]; i++)
        n += (&m->c[0][0][0])[i].v != 0;
    return n;
}

/* With no view open nothing is held for one. */
static void check_memory(world *w)
{
    for (int i = 0; i < READERS; i++)
        close_reader(&w->readers[i]);
    for (int i = 0; i < 2; i++) {
        store_tend(w->s[i]);
        assert_int_equal(store_bytes_for_views(w->s[i]), 0);
        assert_int_equal(store_rows(w->s[i]), count_rows(&w->is[i]));
    }
}

/* The owner frees what cursors still read. */
static void free_under_readers(world *w)
{
    for (int i = 0; i < READERS; i++)
        if (w->readers[i].c == NULL)
            open_reader(w, &w->readers[i]);
    store_free(w->s[0]);
    store_free(w->s[1]);
    for (int i = 0; i < READERS; i++) {
        w->readers[i].may_end = true;
        bool empty = w->readers[i].r.limit == 0;
        while (w->readers[i].c && !empty)
            read_slice(w, &w->readers[i]);
        close_reader(&w->readers[i]);
    }
}

static void random_operations(bool tracking)
{
    world *w = MEM_NEW(world);
    w->random = seed;
    w->tracking = tracking;
    make_keys(w);
    print_message("seed %lu, %ld operations\n", (unsigned long)seed, operations);
    for (int i = 0; i < 2; i++) {
        w->s[i] = store_new(i);
        store_track_changes(w->s[i], tracking);
    }
    for (long i = 0; i < operations; i++) {
        step(w);
        if (i == operations / 2)
            check_memory(w);
    }
    commit(w);
    check_memory(w);
    assert_true(w->finished > 0 && w->ended > 0);
    free_under_readers(w);
    arena_free(&w->a);
    arena_free(&w->names);
    mem_free(w);
}

static void with_changes_told(void **state)
{
    (void)state;
    random_operations(true);
}

static void without_changes_told(void **state)
{
    (void)state;
    random_operations(false);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(with_changes_told), cmocka_unit_test(without_changes_told)};
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)clock_wall_ns();
    if (argc > 2)
        operations = atol(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
