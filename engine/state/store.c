#include "engine/state/store.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/vec.h"

/* ---- slabs: blocks cut into pieces of a few dozen sizes */

#define SLAB_STEP 16
#define SLAB_CLASSES 64                           /* up to 1,024 bytes */
#define SLAB_SMALL_MAX (SLAB_STEP * SLAB_CLASSES) /* larger rows get a malloc of their own */
#define SLAB_BLOCK_BYTES ((size_t)256 << 10)

typedef struct slab {
    void *free[SLAB_CLASSES];
    char *cur, *end;
    VEC(void *) blocks;
    size_t bytes;
} slab;

static void *slab_alloc(slab *s, size_t n)
{
    if (n > SLAB_SMALL_MAX) {
        s->bytes += n;
        return mem_alloc(n);
    }
    size_t c = (n + SLAB_STEP - 1) / SLAB_STEP - 1;
    if (s->free[c]) {
        void *p = s->free[c];
        memcpy(&s->free[c], p, sizeof(void *));
        return p;
    }
    size_t want = (c + 1) * SLAB_STEP;
    if ((size_t)(s->end - s->cur) < want) {
        s->cur = mem_alloc(SLAB_BLOCK_BYTES);
        s->end = s->cur + SLAB_BLOCK_BYTES;
        s->bytes += SLAB_BLOCK_BYTES;
        VEC_PUSH(&s->blocks, s->cur);
    }
    void *p = s->cur;
    s->cur += want;
    return p;
}

static void slab_free(slab *s, void *p, size_t n)
{
    if (n > SLAB_SMALL_MAX) {
        s->bytes -= n;
        mem_free(p);
        return;
    }
    size_t c = (n + SLAB_STEP - 1) / SLAB_STEP - 1;
    memcpy(p, &s->free[c], sizeof(void *));
    s->free[c] = p;
}

/* Bytes that an allocation of n really has. */
static uint32_t slab_capacity(size_t n)
{
    return (uint32_t)(n > SLAB_SMALL_MAX ? n : (n + SLAB_STEP - 1) / SLAB_STEP * SLAB_STEP);
}

/* ---- rows and keys */

typedef struct row {
    int64_t  start, end, ts;
    uint32_t n, cap; /* bytes used; of the whole allocation */
    uint32_t change; /* 1 + index in store.changes since the last commit, 0: unchanged */
    char     bytes[];
} row;

#define ROW_BYTES offsetof(row, bytes)
#define CACHE_LINE 64
#define ROW_FETCH_BYTES CACHE_LINE /* of a row that is expected to be read: all of most */
#define NODE_FETCH_BYTES CACHE_LINE
#define CHANGES_AHEAD 8 /* how far ahead changed rows are fetched while they are told */

/* Tables: one row. Windowed: rows in order; the newest is what nearly every look-up wants and is reached
 * without the array. */
typedef struct node {
    uint64_t hash;
    row     *newest;
    row    **all; /* all_cap > 0; while there never was more than one row it is `newest` alone */
    uint32_t key_n, rows, all_cap;
    char     key[];
} node;

#define NODE_BYTES offsetof(node, key)

typedef struct change {
    node    *owner; /* NULL: forgotten */
    row     *r;     /* NULL: deleted */
    int64_t  start, end;
    char    *key; /* of a deleted row: an own copy */
    uint32_t key_n;
} change;

struct store {
    bool      windowed, tracking;
    uint64_t *slots; /* a node's address, its hash's upper 16 bits in the top; 0: free */
    size_t    cap, keys, rows;
    slab      mem;
    VEC(change) changes;
};

#define SLOT_NODE(s) ((node *)(uintptr_t)((s)&0xffffffffffffULL))

store *store_new(bool windowed)
{
    store *s = MEM_NEW(store);
    s->windowed = windowed;
    return s;
}

static row **rows_of(node *n)
{
    return n->all_cap ? n->all : &n->newest;
}

static size_t node_size(const node *n)
{
    return NODE_BYTES + n->key_n;
}

static size_t all_size(const node *n)
{
    return n->all_cap * sizeof *n->all;
}

static void drop_changes(store *s)
{
    for (size_t i = 0; i < s->changes.n; i++)
        mem_free(s->changes.p[i].key);
    s->changes.n = 0;
}

void store_clear(store *s)
{
    for (size_t i = 0; i < s->cap; i++) {
        node *n = SLOT_NODE(s->slots[i]);
        for (uint32_t k = 0; n && k < n->rows; k++)
            if (rows_of(n)[k]->cap > SLAB_SMALL_MAX)
                mem_free(rows_of(n)[k]);
        if (n && all_size(n) > SLAB_SMALL_MAX)
            mem_free(n->all);
        if (n && node_size(n) > SLAB_SMALL_MAX)
            mem_free(n);
    }
    for (size_t i = 0; i < s->mem.blocks.n; i++)
        mem_free(s->mem.blocks.p[i]);
    VEC_FREE(&s->mem.blocks);
    memset(&s->mem, 0, sizeof s->mem);
    mem_free(s->slots);
    s->slots = NULL;
    s->cap = s->keys = s->rows = 0;
    drop_changes(s);
}

void store_free(store *s)
{
    if (s == NULL)
        return;
    store_clear(s);
    VEC_FREE(&s->changes);
    mem_free(s);
}

bool store_is_windowed(const store *s)
{
    return s->windowed;
}

uint64_t store_keys(const store *s)
{
    return s->keys;
}

uint64_t store_rows(const store *s)
{
    return s->rows;
}

uint64_t store_bytes(const store *s)
{
    return s->mem.bytes + s->cap * sizeof *s->slots + sizeof *s;
}

/* ---- the hash table */

static uint64_t make_slot(node *n)
{
    return (uint64_t)(uintptr_t)n | (n->hash & 0xffff000000000000ULL);
}

static node *find(const store *s, str key, uint64_t h)
{
    if (s->cap == 0)
        return NULL;
    for (size_t i = h & (s->cap - 1);; i = (i + 1) & (s->cap - 1)) {
        uint64_t e = s->slots[i];
        if (e == 0)
            return NULL;
        if (((e ^ h) >> 48) == 0) {
            node *n = SLOT_NODE(e);
            if (n->hash == h && n->key_n == key.n && memcmp(n->key, key.p, key.n) == 0)
                return n;
        }
    }
}

/* The first node whose place says that it may be the one; nodes are not looked at. */
static const node *find_tag(const store *s, uint64_t h)
{
    for (size_t i = h & (s->cap - 1); s->slots[i]; i = (i + 1) & (s->cap - 1))
        if (((s->slots[i] ^ h) >> 48) == 0)
            return SLOT_NODE(s->slots[i]);
    return NULL;
}

static void insert_slot(uint64_t *slots, size_t cap, node *n)
{
    size_t i = n->hash & (cap - 1);
    while (slots[i])
        i = (i + 1) & (cap - 1);
    slots[i] = make_slot(n);
}

static void resize(store *s, size_t cap)
{
    uint64_t *slots = mem_zalloc(cap * sizeof *slots);
    for (size_t i = 0; i < s->cap; i++)
        if (s->slots[i])
            insert_slot(slots, cap, SLOT_NODE(s->slots[i]));
    mem_free(s->slots);
    s->slots = slots;
    s->cap = cap;
}

static void grow(store *s)
{
    resize(s, s->cap ? s->cap * 2 : 64);
}

void store_reserve(store *s, uint64_t keys)
{
    size_t cap = s->cap ? s->cap : 64;
    while ((keys + 1) * 4 > cap * 3)
        cap *= 2;
    if (cap > s->cap)
        resize(s, cap);
}

static node *add_node(store *s, str key, uint64_t h)
{
    if ((s->keys + 1) * 4 > s->cap * 3)
        grow(s);
    node *n = slab_alloc(&s->mem, NODE_BYTES + key.n);
    *n = (node){.hash = h, .key_n = key.n};
    memcpy(n->key, key.p, key.n);
    insert_slot(s->slots, s->cap, n);
    s->keys++;
    return n;
}

static void remove_node(store *s, node *n)
{
    size_t mask = s->cap - 1, hole = n->hash & mask;
    while (SLOT_NODE(s->slots[hole]) != n)
        hole = (hole + 1) & mask;
    s->slots[hole] = 0;
    for (size_t i = (hole + 1) & mask; s->slots[i]; i = (i + 1) & mask) {
        size_t home = SLOT_NODE(s->slots[i])->hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            s->slots[hole] = s->slots[i];
            s->slots[i] = 0;
            hole = i;
        }
    }
    if (n->all)
        slab_free(&s->mem, n->all, all_size(n));
    slab_free(&s->mem, n, node_size(n));
    s->keys--;
}

/* ---- rows */

static row *row_new(store *s, int64_t start, int64_t end, str bytes, int64_t ts)
{
    size_t size = ROW_BYTES + bytes.n;
    row   *r = slab_alloc(&s->mem, size);
    r->start = start;
    r->end = end;
    r->ts = ts;
    r->n = bytes.n;
    r->cap = slab_capacity(size);
    r->change = 0;
    if (bytes.n)
        memcpy(r->bytes, bytes.p, bytes.n);
    s->rows++;
    return r;
}

static void note_change(store *s, node *n, row *r)
{
    if (!s->tracking || r->change)
        return;
    change c = {n, r, r->start, r->end, NULL, 0};
    VEC_PUSH(&s->changes, c);
    r->change = (uint32_t)s->changes.n;
}

static void note_delete(store *s, node *n, row *r)
{
    if (!s->tracking)
        return;
    if (r->change)
        s->changes.p[r->change - 1].owner = NULL;
    change c = {n, NULL, r->start, r->end, mem_dup(n->key, n->key_n), n->key_n};
    VEC_PUSH(&s->changes, c);
}

static bool row_is_before(const row *r, int64_t start, int64_t end)
{
    return r->start < start || (r->start == start && r->end < end);
}

/* First index whose (start, end) is not below the given. Searched from the newest back in growing steps:
 * what is asked for is mostly near the end, and each row that is looked at waits for memory. */
static uint32_t lower_bound(node *n, int64_t start, int64_t end)
{
    if (n->rows == 0 || row_is_before(n->newest, start, end))
        return n->rows;
    row    **r = rows_of(n);
    uint32_t lo = 0, hi = n->rows - 1;
    for (uint32_t step = 1; step <= hi; step *= 2) {
        if (row_is_before(r[hi - step], start, end)) {
            lo = hi - step + 1;
            break;
        }
        hi -= step;
    }
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (row_is_before(r[mid], start, end))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void set_newest(node *n)
{
    if (n->all_cap && n->rows)
        n->newest = n->all[n->rows - 1];
}

/* Puts other bytes in the place of the row's; moves it when they do not fit. */
static void row_set(store *s, node *n, row *r, str bytes, int64_t ts)
{
    if (ROW_BYTES + bytes.n > r->cap || (r->cap > SLAB_SMALL_MAX && bytes.n < r->n / 4)) {
        row *bigger = row_new(s, r->start, r->end, bytes, ts);
        s->rows--;
        bigger->change = r->change;
        if (r->change)
            s->changes.p[r->change - 1].r = bigger;
        rows_of(n)[lower_bound(n, r->start, r->end)] = bigger;
        set_newest(n);
        slab_free(&s->mem, r, r->cap);
        r = bigger;
    } else {
        if (bytes.n)
            memmove(r->bytes, bytes.p, bytes.n);
        r->n = bytes.n;
        r->ts = ts;
    }
    note_change(s, n, r);
}

static void row_drop(store *s, node *n, row *r)
{
    note_delete(s, n, r);
    slab_free(&s->mem, r, r->cap);
    s->rows--;
}

static void fill(store_row *out, node *n, row *r)
{
    *out = (store_row){r->start, r->end, r->ts, {r->bytes, r->n}, n};
}

void store_replace(store *s, const store_row *was, str bytes, int64_t ts)
{
    row_set(s, was->place, (row *)(was->bytes.p - ROW_BYTES), bytes, ts);
}

/* ---- expected look-ups */

static void fetch(const void *p, size_t bytes)
{
    const char *end = (const char *)p + bytes;
    for (const char *line = (const char *)((uintptr_t)p & -(uintptr_t)CACHE_LINE); line < end; line += CACHE_LINE)
        __builtin_prefetch(line);
}

/* A step for each level of the way from a key to its row: what one step sets off is there for the next. */
void store_expect(const store *s, const str *keys, uint32_t n)
{
    uint64_t    h[STORE_EXPECT_MAX];
    const node *at[STORE_EXPECT_MAX];
    assert(n <= STORE_EXPECT_MAX);
    if (s->cap == 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        h[i] = hash_bytes(keys[i].p, keys[i].n);
        __builtin_prefetch(&s->slots[h[i] & (s->cap - 1)]);
    }
    for (uint32_t i = 0; i < n; i++) {
        at[i] = find_tag(s, h[i]);
        if (at[i])
            fetch(at[i], NODE_BYTES + keys[i].n);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (at[i] == NULL)
            continue;
        fetch(at[i]->newest, ROW_FETCH_BYTES);
        if (at[i]->rows > 1) /* the end of the array, where rows are added */
            __builtin_prefetch(&at[i]->all[at[i]->rows - 1]);
    }
}

/* ---- tables */

bool store_get(const store *s, str key, store_row *out)
{
    node *n = find(s, key, hash_bytes(key.p, key.n));
    if (n == NULL)
        return false;
    fill(out, n, n->newest);
    return true;
}

void store_put(store *s, str key, str bytes, int64_t ts)
{
    uint64_t h = hash_bytes(key.p, key.n);
    node    *n = find(s, key, h);
    if (n) {
        row_set(s, n, n->newest, bytes, ts);
        return;
    }
    n = add_node(s, key, h);
    n->rows = 1;
    n->newest = row_new(s, 0, 0, bytes, ts);
    note_change(s, n, n->newest);
}

bool store_delete(store *s, str key)
{
    node *n = find(s, key, hash_bytes(key.p, key.n));
    if (n == NULL)
        return false;
    row_drop(s, n, n->newest);
    remove_node(s, n);
    return true;
}

/* ---- windows */

static row *find_window(node *n, int64_t start, int64_t end)
{
    if (n->newest->start == start && n->newest->end == end)
        return n->newest;
    uint32_t i = lower_bound(n, start, end);
    row    **r = rows_of(n);
    return i < n->rows && r[i]->start == start && r[i]->end == end ? r[i] : NULL;
}

static void grow_rows(store *s, node *n)
{
    uint32_t cap = n->all_cap ? 2 * n->all_cap : 4;
    row    **all = slab_alloc(&s->mem, cap * sizeof *all);
    memcpy(all, rows_of(n), n->rows * sizeof *all);
    if (n->all)
        slab_free(&s->mem, n->all, all_size(n));
    n->all = all;
    n->all_cap = cap;
}

static void insert_row(store *s, node *n, uint32_t at, row *r)
{
    if (n->rows == 0 && n->all_cap == 0) {
        n->newest = r;
        n->rows = 1;
        return;
    }
    if (n->rows >= n->all_cap)
        grow_rows(s, n);
    memmove(n->all + at + 1, n->all + at, (n->rows - at) * sizeof *n->all);
    n->all[at] = r;
    n->rows++;
    set_newest(n);
}

bool store_get_window(const store *s, str key, int64_t start, int64_t end, store_row *out)
{
    node *n = find(s, key, hash_bytes(key.p, key.n));
    row  *r = n ? find_window(n, start, end) : NULL;
    if (r == NULL)
        return false;
    fill(out, n, r);
    return true;
}

void store_put_window(store *s, str key, int64_t start, int64_t end, str bytes, int64_t ts)
{
    uint64_t h = hash_bytes(key.p, key.n);
    node    *n = find(s, key, h);
    row     *old = n ? find_window(n, start, end) : NULL;
    if (n == NULL)
        n = add_node(s, key, h);
    if (old) {
        row_set(s, n, old, bytes, ts);
        return;
    }
    row *r = row_new(s, start, end, bytes, ts);
    insert_row(s, n, lower_bound(n, start, end), r);
    note_change(s, n, r);
}

void store_add_window(store *s, str key, int64_t start, str bytes)
{
    uint64_t h = hash_bytes(key.p, key.n);
    node    *n = find(s, key, h);
    if (n == NULL)
        n = add_node(s, key, h);
    /* `end` counts those of equal start, so that each has a place of its own. */
    uint32_t   at = lower_bound(n, start, INT64_MAX);
    const row *before = at == 0 ? NULL : at == n->rows ? n->newest : rows_of(n)[at - 1];
    int64_t    seq = before && before->start == start ? before->end + 1 : 0;
    row       *r = row_new(s, start, seq, bytes, start);
    insert_row(s, n, at, r);
    note_change(s, n, r);
}

bool store_delete_window(store *s, str key, int64_t start, int64_t end)
{
    node *n = find(s, key, hash_bytes(key.p, key.n));
    row  *r = n ? find_window(n, start, end) : NULL;
    if (r == NULL)
        return false;
    uint32_t at = lower_bound(n, start, end);
    row_drop(s, n, r);
    if (n->all_cap)
        memmove(n->all + at, n->all + at + 1, (n->rows - at - 1) * sizeof *n->all);
    if (--n->rows == 0)
        remove_node(s, n);
    else
        set_newest(n);
    return true;
}

static uint32_t copy_rows(node *n, uint32_t lo, uint32_t hi, arena *a, store_row **out)
{
    row **r = rows_of(n);
    *out = hi > lo ? arena_alloc(a, (hi - lo) * sizeof **out) : NULL;
    for (uint32_t i = lo; i < hi; i++)
        fill(&(*out)[i - lo], n, r[i]);
    return hi - lo;
}

uint32_t store_range(const store *s, str key, int64_t from, int64_t to, arena *a, store_row **out)
{
    node *n = find(s, key, hash_bytes(key.p, key.n));
    *out = NULL;
    if (n == NULL)
        return 0;
    row    **r = rows_of(n);
    uint32_t lo = lower_bound(n, from, INT64_MIN), hi = lo;
    while (hi < n->rows && r[hi]->start <= to)
        hi++;
    return copy_rows(n, lo, hi, a, out);
}

uint32_t store_range_sessions(const store *s, str key, int64_t from, int64_t to, arena *a, store_row **out)
{
    node *n = find(s, key, hash_bytes(key.p, key.n));
    *out = NULL;
    if (n == NULL)
        return 0;
    row    **r = rows_of(n);
    uint32_t hi = lower_bound(n, to, INT64_MAX), lo = hi;
    while (lo > 0 && r[lo - 1]->end >= from) /* ends ascend with starts */
        lo--;
    return copy_rows(n, lo, hi, a, out);
}

void store_expire(store *s, int64_t below, bool by_end, void (*dropped)(void *ctx, str key, const store_row *r),
                  void *ctx)
{
    VEC(node *) empty = {0};
    for (size_t i = 0; i < s->cap; i++) {
        node *n = SLOT_NODE(s->slots[i]);
        if (n == NULL)
            continue;
        row    **r = rows_of(n);
        uint32_t kept = 0;
        for (uint32_t k = 0; k < n->rows; k++) {
            if ((by_end ? r[k]->end : r[k]->start) >= below) {
                r[kept++] = r[k];
                continue;
            }
            if (dropped) {
                store_row v;
                fill(&v, n, r[k]);
                dropped(ctx, str_make(n->key, n->key_n), &v);
            }
            row_drop(s, n, r[k]);
        }
        n->rows = kept;
        set_newest(n);
        if (kept == 0)
            VEC_PUSH(&empty, n);
    }
    for (size_t i = 0; i < empty.n; i++)
        remove_node(s, empty.p[i]);
    VEC_FREE(&empty);
}

/* ---- scans */

static int by_key_then_window(const void *x, const void *y)
{
    const store_item *a = x, *b = y;
    int               c = str_cmp(a->key, b->key);
    if (c)
        return c;
    if (a->row.start != b->row.start)
        return a->row.start < b->row.start ? -1 : 1;
    return a->row.end < b->row.end ? -1 : a->row.end > b->row.end;
}

store_item *store_scan_windows(const store *s, int64_t from, int64_t to, bool by_end, arena *a, size_t *n)
{
    VEC(store_item) items = {0};
    for (size_t i = 0; i < s->cap; i++) {
        node *nd = SLOT_NODE(s->slots[i]);
        for (uint32_t k = 0; nd && k < nd->rows; k++) {
            row    *r = rows_of(nd)[k];
            int64_t at = by_end ? r->end : r->start;
            if (at < from || at > to)
                continue;
            store_item it = {.key = str_make(nd->key, nd->key_n)};
            fill(&it.row, nd, r);
            VEC_PUSH(&items, it);
        }
    }
    *n = items.n;
    store_item *out = arena_dup(a, items.p, items.n * sizeof *items.p);
    VEC_FREE(&items);
    if (*n)
        qsort(out, *n, sizeof *out, by_key_then_window);
    return out;
}

store_item *store_scan(const store *s, arena *a, size_t *n)
{
    return store_scan_windows(s, INT64_MIN, INT64_MAX, false, a, n);
}

/* Not in the order of the slots: who puts what comes here into a smaller table of the same hash, as a snapshot's
 * reader does, would fill one stretch of it and search that from end to end. */
void store_each(const store *s, void (*each)(void *ctx, str key, const store_row *r), void *ctx)
{
    for (size_t i = 0; i < s->cap; i++) {
        node *n = SLOT_NODE(s->slots[i * 0x9e3779b97f4a7c15u & (s->cap - 1)]);
        for (uint32_t k = 0; n && k < n->rows; k++) {
            store_row v;
            fill(&v, n, rows_of(n)[k]);
            each(ctx, str_make(n->key, n->key_n), &v);
        }
    }
}

/* ---- changes */

void store_track_changes(store *s, bool on)
{
    s->tracking = on;
}

size_t store_change_count(const store *s)
{
    return s->changes.n;
}

void store_take_changes(store *s, void (*each)(void *ctx, str key, int64_t start, int64_t end, const store_row *row),
                        void  *ctx)
{
    for (size_t i = 0; i < s->changes.n; i++) {
        change *c = &s->changes.p[i];
        if (i + CHANGES_AHEAD < s->changes.n && c[CHANGES_AHEAD].r) {
            fetch(c[CHANGES_AHEAD].owner, NODE_FETCH_BYTES);
            fetch(c[CHANGES_AHEAD].r, ROW_FETCH_BYTES);
        }
        if (c->owner == NULL)
            continue;
        if (c->r == NULL) {
            each(ctx, str_make(c->key, c->key_n), c->start, c->end, NULL);
            mem_free(c->key);
            c->key = NULL;
            continue;
        }
        store_row v;
        fill(&v, c->owner, c->r);
        c->r->change = 0;
        each(ctx, str_make(c->owner->key, c->owner->key_n), c->start, c->end, &v);
    }
    s->changes.n = 0;
}
