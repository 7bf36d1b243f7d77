#include "engine/state/store.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "engine/state/store_int.h"

#define ROW_FETCH_BYTES 64u /* of a row that is expected to be read: all of most */
#define AHEAD 8             /* how far ahead entries are fetched that are gone through one after the other */
#define SLOTS_MIN 64

/* ---- life */

store *store_new(bool windowed)
{
    store *s = MEM_NEW(store);
    s->windowed = windowed;
    s->seed = hash_new_seed();
    s->now = EPOCH;
    s->holds = 1;
    s->oldest_start = s->oldest_end = INT64_MAX;
    slab_init(&s->entries, &s->gone);
    if (windowed) {
        s->nodes = MEM_NEW(slab);
        slab_init(s->nodes, &s->gone);
    }
    return s;
}

static size_t table_bytes(const table *t)
{
    return t ? sizeof *t + (t->mask + 1) * sizeof *t->slots : 0;
}

static void shape_begin(store *s)
{
    change_begin(&s->shape);
}

static void shape_end(store *s)
{
    change_end(&s->shape);
}

static void set_table(store *s, table *t)
{
    table *was = s->t;
    s->t = t;
    shape_begin(s);
    SET_RELEASE(&s->shared, t);
    shape_end(s);
    reclaim_later(&s->gone, was, table_bytes(was));
}

void store_clear(store *s)
{
    views_end(s);
    if (s->windowed)
        lists_clear(s);
    set_table(s, NULL);
    slab_clear(&s->entries);
    if (s->windowed)
        slab_clear(s->nodes);
    s->changes.n = 0;
    s->used = s->keys = s->rows = 0;
    s->oldest_start = s->oldest_end = INT64_MAX;
}

void store_free(store *s)
{
    if (s == NULL)
        return;
    views_end(s);
    VEC_FREE(&s->changes);
    store_release(s);
}

store *store_hold(store *s)
{
    __atomic_fetch_add(&s->holds, 1, __ATOMIC_RELAXED);
    return s;
}

void store_release(store *s)
{
    if (__atomic_sub_fetch(&s->holds, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (s->windowed) {
        lists_clear(s);
        slab_deinit(s->nodes);
        mem_free(s->nodes);
    }
    slab_deinit(&s->entries);
    mem_free(s->t);
    VEC_FREE(&s->pins);
    VEC_FREE(&s->drain);
    reclaim_deinit(&s->gone);
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

uint64_t store_bytes_for_views(const store *s)
{
    uint64_t n = s->old_bytes + s->pins.n * sizeof **s->pins.p;
    for (size_t i = 0; i < s->pins.n; i++)
        n += s->pins.p[i]->kept.cap * sizeof(entry *);
    for (size_t i = 0; i < s->drain.n; i++)
        n += s->drain.p[i].cap * sizeof(entry *);
    return n;
}

uint64_t store_bytes(const store *s)
{
    uint64_t n = sizeof *s + table_bytes(s->t) + s->entries.bytes + s->changes.cap * sizeof *s->changes.p;
    n += s->entries.holes.cap * sizeof *s->entries.holes.p;
    if (s->windowed)
        n += s->nodes->bytes + sizeof *s->nodes + s->list_bytes;
    n += s->gone.bytes + s->gone.waiting.cap * sizeof *s->gone.waiting.p;
    n += s->pins.cap * sizeof *s->pins.p + s->drain.cap * sizeof *s->drain.p;
    return n + store_bytes_for_views(s) - s->old_bytes; /* which are in the slabs */
}

/* ---- slots */

static void fetch(const void *p, size_t bytes)
{
    const char *end = (const char *)p + bytes;
    for (const char *line = (const char *)((uintptr_t)p & -(uintptr_t)CACHE_LINE); line < end; line += CACHE_LINE)
        __builtin_prefetch(line);
}

static size_t home_of(const store *s, void *thing, size_t mask)
{
    return (s->windowed ? ((node *)thing)->hash : store_hash(s, key_of(false, thing))) & mask;
}

static void insert(table *t, uint64_t word, size_t home)
{
    size_t i = home;
    while (t->slots[i])
        i = (i + 1) & t->mask;
    SET_RELEASE(&t->slots[i], word);
}

/* Hashes of tables' keys are not kept: they are made again, once for each doubling. */
static void resize(store *s, size_t cap)
{
    assert(cap - 1 <= UINT32_MAX); /* nodes know 32 bits of their hash */
    table *t = mem_zalloc(sizeof *t + cap * sizeof *t->slots);
    t->mask = cap - 1;
    for (size_t i = 0; s->t && i <= s->t->mask; i++) {
        const uint64_t *w = &s->t->slots[i];
        if (i + AHEAD <= s->t->mask)
            fetch(SLOT_THING(w[AHEAD]), CACHE_LINE);
        if (*w)
            insert(t, *w, home_of(s, SLOT_THING(*w), t->mask));
    }
    set_table(s, t);
}

void store_reserve(store *s, uint64_t keys)
{
    size_t cap = s->t ? s->t->mask + 1 : SLOTS_MIN;
    while ((keys + 1) * 4 > cap * 3)
        cap *= 2;
    if (s->t == NULL || cap > s->t->mask + 1)
        resize(s, cap);
}

void slot_add(store *s, void *thing, uint64_t h)
{
    if (s->t == NULL || (s->used + 1) * 4 > (s->t->mask + 1) * 3)
        resize(s, s->t ? (s->t->mask + 1) * 2 : SLOTS_MIN);
    insert(s->t, (uint64_t)(uintptr_t)thing | (h & 0xffff000000000000ULL), h & s->t->mask);
    s->used++;
}

static size_t slot_at(const store *s, const void *thing, uint64_t h)
{
    size_t i = h & s->t->mask;
    while (SLOT_THING(s->t->slots[i]) != thing)
        i = (i + 1) & s->t->mask;
    return i;
}

void slot_swap(store *s, const entry *was, entry *is)
{
    uint64_t *w = &s->t->slots[slot_at(s, was, store_hash(s, key_of(false, is)))];
    shape_begin(s);
    SET_RELEASE(w, (uint64_t)(uintptr_t)is | (*w & 0xffff000000000000ULL));
    shape_end(s);
}

void slot_remove(store *s, const void *thing, uint64_t h)
{
    size_t    mask = s->t->mask, hole = slot_at(s, thing, h);
    uint64_t *slots = s->t->slots;
    shape_begin(s);
    for (size_t i = (hole + 1) & mask; slots[i]; i = (i + 1) & mask) {
        size_t home = home_of(s, SLOT_THING(slots[i]), mask);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            SET_RELEASE(&slots[hole], slots[i]);
            hole = i;
        }
    }
    SET(&slots[hole], 0);
    shape_end(s);
    s->used--;
}

/* ---- entries */

static void list_change(store *s, entry *e)
{
    SET(&e->change, (uint32_t)s->changes.n);
    VEC_PUSH(&s->changes, e);
}

static entry *entry_make(store *s, str key, const span *w, str row, int64_t ts, uint32_t flags)
{
    size_t   size = sizeof(entry) + (w ? sizeof *w : pad8(key.n)) + row.n;
    entry   *e = slab_take(&s->entries, size);
    uint64_t meta = s->now | (uint64_t)slab_class(size) << 8 | flags;
    change_begin(&e->seq);
    SET(&e->key_n, key.n);
    SET(&e->row_n, row.n);
    SET(&e->ts, ts);
    if (w) {
        SET(&span_of(e)->start, w->start);
        SET(&span_of(e)->end, w->end);
        SET(&span_of(e)->owner, w->owner);
        w->owner->refs++;
    } else {
        words_set(e + 1, key);
    }
    words_set(row_of(w != NULL, e), row);
    SET_RELEASE(&e->meta, meta);
    change_end(&e->seq);
    return e;
}

entry *entry_new(store *s, str key, const span *w, str row, int64_t ts)
{
    entry *e = entry_make(s, key, w, row, ts, s->tracking ? ENTRY_FRESH : 0);
    if (s->tracking)
        list_change(s, e);
    return e;
}

entry *entry_copy(store *s, entry *e, str row, int64_t ts)
{
    str    key = s->windowed ? STR_NONE : key_of(false, e);
    entry *copy = entry_make(s, key, s->windowed ? span_of(e) : NULL, row, ts, e->meta & ENTRY_FRESH);
    if (!s->tracking)
        return copy;
    if (e->meta < s->clean_below) {
        list_change(s, copy);
    } else {
        SET(&copy->change, e->change);
        s->changes.p[e->change] = copy;
    }
    return copy;
}

bool entry_takes(const store *s, const entry *e, str row)
{
    uint32_t size_class = entry_class(e->meta);
    size_t   size = sizeof *e + (s->windowed ? sizeof(span) : pad8(e->key_n)) + row.n;
    if (e->meta < s->view_below && !(e->meta & ENTRY_DELETED))
        return false;
    return size <= slab_room(e, size_class) && (size_class || row.n >= e->row_n / 4);
}

void entry_set(store *s, entry *e, str row, int64_t ts, uint32_t flags)
{
    uint64_t was = e->meta, meta = s->now | (was & (0xff00 | ENTRY_FRESH)) | flags;
    if (was < s->clean_below)
        list_change(s, e);
    change_begin(&e->seq);
    if (was != meta)
        SET_RELEASE(&e->meta, meta);
    __atomic_thread_fence(__ATOMIC_RELEASE); /* a cursor that reads what follows sees that meta is another */
    SET(&e->row_n, row.n);
    SET(&e->ts, ts);
    words_set(row_of(s->windowed, e), row);
    change_end(&e->seq);
}

void entry_free(store *s, entry *e)
{
    uint32_t size_class = entry_class(e->meta);
    node    *owner = s->windowed ? span_of(e)->owner : NULL;
    change_begin(&e->seq);
    SET_RELEASE(&e->meta, 0);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    change_end(&e->seq);
    slab_give(&s->entries, e, size_class);
    if (owner)
        node_unref(s, owner);
}

void entry_drop(store *s, entry *e)
{
    if (e->meta < s->view_below && !(e->meta & ENTRY_DELETED))
        views_keep(s, e);
    else
        entry_free(s, e);
}

bool entry_is_forgotten(store *s, const entry *e)
{
    if (s->tracking && !(e->meta & ENTRY_FRESH))
        return false;
    if (s->tracking)
        s->changes.p[e->change] = NULL;
    return true;
}

entry *entry_bury(store *s, entry *e, bool itself)
{
    entry *grave = itself && e->meta >= s->view_below ? e : entry_copy(s, e, STR_NONE, e->ts);
    entry_set(s, grave, STR_NONE, e->ts, ENTRY_DELETED);
    return grave;
}

/* ---- expected look-ups */

/* The first thing whose slot says that it may be the one; the things themselves are not looked at. */
static void *find_tag(const table *t, uint64_t h)
{
    for (size_t i = h & t->mask; t->slots[i]; i = (i + 1) & t->mask)
        if (SLOT_TAG_IS(t->slots[i], h))
            return SLOT_THING(t->slots[i]);
    return NULL;
}

/* A step for each level of the way from a key to its row: what one step sets off is there for the next. */
void store_expect(const store *s, const str *keys, uint32_t n)
{
    uint64_t h[STORE_EXPECT_MAX];
    node    *at[STORE_EXPECT_MAX];
    assert(n <= STORE_EXPECT_MAX);
    if (s->t == NULL)
        return;
    for (uint32_t i = 0; i < n; i++) {
        h[i] = store_hash(s, keys[i]);
        __builtin_prefetch(&s->t->slots[h[i] & s->t->mask]);
    }
    for (uint32_t i = 0; i < n; i++) {
        at[i] = find_tag(s->t, h[i]);
        if (at[i])
            fetch(at[i], (s->windowed ? sizeof(node) : sizeof(entry) + ROW_FETCH_BYTES) + keys[i].n);
    }
    for (uint32_t i = 0; s->windowed && i < n; i++) {
        if (at[i] == NULL || at[i]->rows == 0)
            continue;
        fetch(at[i]->newest.e, sizeof(entry) + sizeof(span) + ROW_FETCH_BYTES);
        if (at[i]->rows > 1) /* the end of the array, where rows are added */
            __builtin_prefetch(&at[i]->all[at[i]->rows - 1]);
    }
}

/* ---- tables */

static void table_set(store *s, entry *e, str row, int64_t ts)
{
    if (entry_takes(s, e, row)) {
        entry_set(s, e, row, ts, 0);
        return;
    }
    entry *is = entry_copy(s, e, row, ts);
    slot_swap(s, e, is);
    entry_drop(s, e);
}

bool store_get(const store *s, str key, store_row *out)
{
    uint64_t *w = slot_find(s, key, store_hash(s, key), false);
    entry    *e = w ? SLOT_THING(*w) : NULL;
    if (e == NULL || e->meta & ENTRY_DELETED)
        return false;
    fill(false, out, e);
    return true;
}

void store_put(store *s, str key, str row, int64_t ts)
{
    uint64_t  h = store_hash(s, key);
    uint64_t *w = slot_find(s, key, h, false);
    entry    *e = w ? SLOT_THING(*w) : NULL;
    if (e == NULL || e->meta & ENTRY_DELETED) {
        s->keys++;
        s->rows++;
    }
    if (e)
        table_set(s, e, row, ts);
    else
        slot_add(s, entry_new(s, key, NULL, row, ts), h);
}

bool store_delete(store *s, str key)
{
    uint64_t  h = store_hash(s, key);
    uint64_t *w = slot_find(s, key, h, false);
    entry    *e = w ? SLOT_THING(*w) : NULL;
    if (e == NULL || e->meta & ENTRY_DELETED)
        return false;
    s->keys--;
    s->rows--;
    if (entry_is_forgotten(s, e)) {
        slot_remove(s, e, h);
        entry_drop(s, e);
        return true;
    }
    /* The tombstone stands in the slot until it is told, so that the key's next row finds the change. */
    entry *grave = entry_bury(s, e, true);
    if (grave != e) {
        slot_swap(s, e, grave);
        entry_drop(s, e);
    }
    return true;
}

void store_replace(store *s, const store_row *was, str row, int64_t ts)
{
    if (s->windowed)
        window_replace(s, was->place, row, ts);
    else
        table_set(s, was->place, row, ts);
}

/* ---- scans */

entry *walk_next(const store *s, walk *w)
{
    for (; w->block < s->entries.blocks; w->block++, w->piece = 0) {
        const slab_block *b = slab_get_block(&s->entries, w->block);
        while (b && w->piece < b->carved) {
            entry *e = slab_piece(b, w->piece++);
            if (e && e->meta && !(e->meta & (ENTRY_DELETED | ENTRY_OLD)))
                return e;
        }
    }
    return NULL;
}

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

void store_sort_items(store_item *items, size_t n)
{
    if (n)
        qsort(items, n, sizeof *items, by_key_then_window);
}

store_item *store_scan_windows(const store *s, int64_t from, int64_t to, bool by_end, arena *a, size_t *n)
{
    VEC(store_item) items = {0};
    walk   w = {0};
    entry *e;
    bool   nothing = s->windowed && to < (by_end ? s->oldest_end : s->oldest_start);
    while (!nothing && (e = walk_next(s, &w))) {
        store_item it;
        fill(s->windowed, &it.row, e);
        int64_t at = by_end ? it.row.end : it.row.start;
        if (at < from || at > to)
            continue;
        it.key = key_of(s->windowed, e);
        VEC_PUSH(&items, it);
    }
    *n = items.n;
    store_item *out = arena_dup(a, items.p, items.n * sizeof *items.p);
    VEC_FREE(&items);
    store_sort_items(out, *n);
    return out;
}

store_item *store_scan(const store *s, arena *a, size_t *n)
{
    return store_scan_windows(s, INT64_MIN, INT64_MAX, false, a, n);
}

void store_each(const store *s, void (*each)(void *ctx, str key, const store_row *r), void *ctx)
{
    walk   w = {0};
    entry *e;
    while ((e = walk_next(s, &w))) {
        store_row r;
        fill(s->windowed, &r, e);
        each(ctx, key_of(s->windowed, e), &r);
    }
}

/* ---- changes */

void store_track_changes(store *s, bool on)
{
    assert(s->changes.n == 0);
    s->tracking = on;
    epoch_end(s);
    s->clean_below = on ? s->now : 0;
}

size_t store_change_count(const store *s)
{
    return s->changes.n;
}

static void tell(store *s, entry *e, void (*each)(void *ctx, str key, int64_t start, int64_t end, const store_row *row),
                 void *ctx)
{
    str       key = key_of(s->windowed, e);
    bool      deleted = e->meta & ENTRY_DELETED;
    store_row r;
    fill(s->windowed, &r, e);
    each(ctx, key, r.start, r.end, deleted ? NULL : &r);
    if (!deleted) {
        if (e->meta & ENTRY_FRESH)
            SET_RELEASE(&e->meta, e->meta & ~(uint64_t)ENTRY_FRESH);
        return;
    }
    if (!s->windowed)
        slot_remove(s, e, store_hash(s, key));
    entry_free(s, e);
}

void store_take_changes(store *s, void (*each)(void *ctx, str key, int64_t start, int64_t end, const store_row *row),
                        void  *ctx)
{
    for (size_t i = 0; i < s->changes.n; i++) {
        entry *e = s->changes.p[i];
        if (i + AHEAD < s->changes.n)
            fetch(s->changes.p[i + AHEAD], sizeof(entry) + ROW_FETCH_BYTES);
        if (e)
            tell(s, e, each, ctx);
    }
    s->changes.n = 0;
    epoch_end(s);
    if (s->tracking)
        s->clean_below = s->now;
    slab_trim(&s->entries);
}
