/* Windowed stores: a node for each key, with the list of its rows. */
#include <assert.h>

#include "base/mem.h"
#include "engine/state/store_int.h"

#define LIST_FIRST 4

static size_t node_size(uint32_t key_n)
{
    return sizeof(node) + pad8(key_n);
}

static node *node_find(const store *s, str key, uint64_t h)
{
    uint64_t *w = slot_find(s, key, h, true);
    return w ? SLOT_THING(*w) : NULL;
}

static node *node_add(store *s, str key, uint64_t h)
{
    node *n = slab_take(s->nodes, node_size(key.n));
    change_begin(&n->seq);
    SET(&n->hash, (uint32_t)h);
    SET(&n->key_n, key.n);
    SET(&n->rows, 0);
    SET(&n->all, NULL);
    SET(&n->cap, 0);
    n->refs = 0;
    words_set(n->key, key);
    change_end(&n->seq);
    slot_add(s, n, h);
    return n;
}

/* From malloc, growing by half: all keys of a store mostly grow in step, so that nobody would want pieces of a slab
 * that they grew out of. */
static win *list_new(store *s, uint32_t cap)
{
    size_t bytes = cap * sizeof(win);
    s->list_bytes += bytes;
    return mem_alloc(bytes);
}

static void list_free(store *s, win *all, uint32_t cap)
{
    if (cap == 0)
        return;
    s->list_bytes -= cap * sizeof *all;
    reclaim_later(&s->gone, all, cap * sizeof *all);
}

void lists_clear(store *s)
{
    for (size_t i = 0; s->t && i <= s->t->mask; i++) {
        node *n = SLOT_THING(s->t->slots[i]);
        if (n)
            list_free(s, n->all, n->cap);
    }
}

void node_unref(store *s, node *n)
{
    if (--n->refs)
        return;
    slot_remove(s, n, n->hash);
    list_free(s, n->all, n->cap);
    change_begin(&n->seq);
    SET(&n->rows, 0);
    SET(&n->cap, 0);
    change_end(&n->seq);
    slab_give(s->nodes, n, slab_class(node_size(n->key_n)));
}

/* ---- lists */

static win *items(node *n)
{
    return n->cap ? n->all : &n->newest;
}

static void win_set(win *to, win v)
{
    SET(&to->start, v.start);
    SET(&to->e, v.e);
}

static bool win_is_before(const win *w, int64_t start, int64_t end)
{
    return w->start < start || (w->start == start && span_of(w->e)->end < end);
}

/* First index whose (start, end) is not below the given. Searched from the newest back in growing steps:
 * what is asked for is mostly near the end. */
static uint32_t lower_bound(node *n, int64_t start, int64_t end)
{
    if (n->rows == 0 || win_is_before(&n->newest, start, end))
        return n->rows;
    win     *w = items(n);
    uint32_t lo = 0, hi = n->rows - 1;
    for (uint32_t step = 1; step <= hi; step *= 2) {
        if (win_is_before(&w[hi - step], start, end)) {
            lo = hi - step + 1;
            break;
        }
        hi -= step;
    }
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (win_is_before(&w[mid], start, end))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void set_newest(node *n)
{
    if (n->cap && n->rows)
        win_set(&n->newest, n->all[n->rows - 1]);
}

static void list_insert(store *s, node *n, uint32_t at, win v)
{
    win     *old = n->all, *all = old;
    uint32_t old_cap = n->cap, cap = old_cap;
    bool     lone = n->rows == 0 && cap == 0;
    if (!lone && n->rows >= cap) {
        cap = cap ? cap + cap / 2 : LIST_FIRST;
        all = list_new(s, cap);
        for (uint32_t i = 0; i < n->rows; i++)
            win_set(&all[i], items(n)[i]);
    }
    change_begin(&n->seq);
    if (lone) {
        win_set(&n->newest, v);
    } else {
        for (uint32_t i = n->rows; i > at; i--)
            win_set(&all[i], all[i - 1]);
        win_set(&all[at], v);
    }
    SET(&n->all, all);
    SET(&n->cap, cap);
    SET(&n->rows, n->rows + 1);
    set_newest(n);
    change_end(&n->seq);
    if (cap != old_cap)
        list_free(s, old, old_cap);
}

/* Takes [lo, hi) out. */
static void list_remove(node *n, uint32_t lo, uint32_t hi)
{
    change_begin(&n->seq);
    for (uint32_t i = hi; i < n->rows; i++)
        win_set(&n->all[lo + i - hi], n->all[i]);
    SET(&n->rows, n->rows - (hi - lo));
    set_newest(n);
    change_end(&n->seq);
}

/* ---- rows */

static entry *find_window(node *n, int64_t start, int64_t end)
{
    if (n->rows == 0)
        return NULL;
    if (n->newest.start == start && span_of(n->newest.e)->end == end)
        return n->newest.e;
    uint32_t i = lower_bound(n, start, end);
    win     *w = items(n);
    return i < n->rows && w[i].start == start && span_of(w[i].e)->end == end ? w[i].e : NULL;
}

static void window_add(store *s, node *n, uint32_t at, const span *w, str row, int64_t ts)
{
    entry *e = entry_new(s, STR_NONE, w, row, ts);
    s->keys += n->rows == 0;
    s->rows++;
    if (w->start < s->oldest_start)
        s->oldest_start = w->start;
    if (w->end < s->oldest_end)
        s->oldest_end = w->end;
    list_insert(s, n, at, (win){w->start, e});
}

/* A row that stands in no list any more. */
static void window_drop(store *s, entry *e)
{
    s->rows--;
    if (!entry_is_forgotten(s, e))
        entry_bury(s, e, false);
    entry_drop(s, e);
}

void window_replace(store *s, entry *e, str row, int64_t ts)
{
    if (entry_takes(s, e, row)) {
        entry_set(s, e, row, ts, 0);
        return;
    }
    entry   *is = entry_copy(s, e, row, ts);
    node    *n = span_of(e)->owner;
    uint32_t at = lower_bound(n, span_of(e)->start, span_of(e)->end);
    assert(items(n)[at].e == e);
    change_begin(&n->seq);
    SET(&items(n)[at].e, is);
    set_newest(n);
    change_end(&n->seq);
    entry_drop(s, e);
}

bool store_get_window(const store *s, str key, int64_t start, int64_t end, store_row *out)
{
    node  *n = node_find(s, key, store_hash(s, key));
    entry *e = n ? find_window(n, start, end) : NULL;
    if (e == NULL)
        return false;
    fill(true, out, e);
    return true;
}

void store_put_window(store *s, str key, int64_t start, int64_t end, str row, int64_t ts)
{
    uint64_t h = store_hash(s, key);
    node    *n = node_find(s, key, h);
    entry   *e = n ? find_window(n, start, end) : NULL;
    if (e) {
        window_replace(s, e, row, ts);
        return;
    }
    if (n == NULL)
        n = node_add(s, key, h);
    window_add(s, n, lower_bound(n, start, end), &(span){start, end, n}, row, ts);
}

void store_add_window(store *s, str key, int64_t start, str row)
{
    uint64_t h = store_hash(s, key);
    node    *n = node_find(s, key, h);
    if (n == NULL)
        n = node_add(s, key, h);
    /* `end` counts those of equal start, so that each has a place of its own. */
    uint32_t at = lower_bound(n, start, INT64_MAX);
    win     *before = at ? &items(n)[at - 1] : NULL;
    int64_t  end = before && before->start == start ? span_of(before->e)->end + 1 : 0;
    window_add(s, n, at, &(span){start, end, n}, row, start);
}

bool store_delete_window(store *s, str key, int64_t start, int64_t end)
{
    node  *n = node_find(s, key, store_hash(s, key));
    entry *e = n ? find_window(n, start, end) : NULL;
    if (e == NULL)
        return false;
    uint32_t at = lower_bound(n, start, end);
    list_remove(n, at, at + 1);
    s->keys -= n->rows == 0;
    window_drop(s, e);
    return true;
}

/* ---- ranges */

static uint32_t copy_rows(node *n, uint32_t lo, uint32_t hi, arena *a, store_row **out)
{
    win *w = items(n);
    *out = hi > lo ? arena_alloc(a, (hi - lo) * sizeof **out) : NULL;
    for (uint32_t i = lo; i < hi; i++)
        fill(true, &(*out)[i - lo], w[i].e);
    return hi - lo;
}

static uint32_t range_of_table(const store *s, str key, int64_t from, int64_t to, arena *a, store_row **out)
{
    store_row r;
    if (from > 0 || to < 0 || !store_get(s, key, &r))
        return 0;
    *out = arena_dup(a, &r, sizeof r);
    return 1;
}

uint32_t store_range(const store *s, str key, int64_t from, int64_t to, arena *a, store_row **out)
{
    *out = NULL;
    if (!s->windowed)
        return range_of_table(s, key, from, to, a, out);
    node *n = node_find(s, key, store_hash(s, key));
    if (n == NULL)
        return 0;
    uint32_t lo = lower_bound(n, from, INT64_MIN), hi = lo;
    while (hi < n->rows && items(n)[hi].start <= to)
        hi++;
    return copy_rows(n, lo, hi, a, out);
}

uint32_t store_range_sessions(const store *s, str key, int64_t from, int64_t to, arena *a, store_row **out)
{
    node *n = node_find(s, key, store_hash(s, key));
    *out = NULL;
    if (n == NULL)
        return 0;
    uint32_t hi = lower_bound(n, to, INT64_MAX), lo = hi;
    while (lo > 0 && span_of(items(n)[lo - 1].e)->end >= from) /* ends ascend with starts */
        lo--;
    return copy_rows(n, lo, hi, a, out);
}

/* ---- expiry */

typedef struct expiry {
    int64_t below;
    bool    by_end;
    int64_t oldest; /* of what stays */
    void (*dropped)(void *ctx, str key, const store_row *r);
    void      *ctx;
    entry_list gone; /* of one stretch */
} expiry;

/* Is the row to go? What stays is looked at for the oldest. */
static bool is_expired(expiry *x, const win *w)
{
    int64_t at = x->by_end ? span_of(w->e)->end : w->start;
    if (at < x->below)
        return true;
    if (at < x->oldest)
        x->oldest = at;
    return false;
}

static void expire_rows(store *s, node *n, expiry *x, uint32_t lo, uint32_t hi)
{
    x->gone.n = 0;
    for (uint32_t i = lo; i < hi; i++) {
        entry *e = items(n)[i].e;
        if (x->dropped) {
            store_row r;
            fill(true, &r, e);
            x->dropped(x->ctx, key_of(true, e), &r);
        }
        VEC_PUSH(&x->gone, e);
    }
    list_remove(n, lo, hi);
    s->keys -= n->rows == 0;
    for (size_t i = 0; i < x->gone.n; i++)
        window_drop(s, x->gone.p[i]);
}

/* Rows stand in order of their start, so that those to go are the first ones. Ends follow starts in sessions; in
 * general they do not, so that all rows are looked at, in stretches. */
static void expire_node(store *s, node *n, expiry *x)
{
    for (uint32_t lo = 0; lo < n->rows; lo++) {
        uint32_t hi = lo;
        while (hi < n->rows && is_expired(x, &items(n)[hi]))
            hi++;
        if (hi > lo)
            expire_rows(s, n, x, lo, hi);
        else if (!x->by_end)
            break;
    }
}

void store_expire(store *s, int64_t below, bool by_end, void (*dropped)(void *ctx, str key, const store_row *r),
                  void *ctx)
{
    expiry   x = {.below = below, .by_end = by_end, .oldest = INT64_MAX, .dropped = dropped, .ctx = ctx};
    int64_t *oldest = by_end ? &s->oldest_end : &s->oldest_start;
    VEC(node *) emptied = {0}; /* nodes whose last row went: they leave their slots after the walk over these */
    if (below <= *oldest)
        return;
    for (size_t i = 0; s->t && i <= s->t->mask; i++) {
        node *n = SLOT_THING(s->t->slots[i]);
        if (n == NULL || n->rows == 0)
            continue;
        n->refs++;
        expire_node(s, n, &x);
        if (n->rows == 0)
            VEC_PUSH(&emptied, n);
        else
            n->refs--;
    }
    *oldest = x.oldest;
    for (size_t i = 0; i < emptied.n; i++)
        node_unref(s, emptied.p[i]);
    VEC_FREE(&emptied);
    VEC_FREE(&x.gone);
}
