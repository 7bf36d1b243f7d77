/* Cursors: the readers' side of views.
 *
 * An entry is shown when its meta says that it was written in the view's epoch or before, and, if it is old, was
 * replaced after that. The owner neither changes nor frees such an entry while the view is open; it may only mark it as
 * old. All other entries have a meta that says so, whatever the owner does to them. When the view ends early, which is
 * looked at behind everything that was read, nothing of this holds: what was read is void, but must be read safely. */
#include "base/clock.h"
#include "base/mem.h"
#include "engine/state/store_int.h"

#define LOOKS_MAX 4096 /* entries that a slice looks at */
#define AHEAD 16 /* entries that are found before the first of them is copied, their nodes on the way from memory */

struct cursor {
    pin       *p;
    scan_range range;
    walk       at;
    uint64_t   left; /* of range.limit */
    bool       at_end;
};

typedef struct found {
    entry   *e;
    uint64_t meta;
} found;

cursor *cursor_open(view *v, size_t store_index, const scan_range *r)
{
    cursor *c = MEM_NEW(cursor);
    c->p = &v->pins[store_index];
    c->range = *r;
    c->left = r->limit;
    c->at_end = r->limit == 0;
    __atomic_fetch_add(&v->readers, 1, __ATOMIC_RELAXED);
    return c;
}

void cursor_close(cursor *c)
{
    if (c == NULL)
        return;
    view_leave(c->p->v);
    mem_free(c);
}

bool cursor_at_end(const cursor *c)
{
    return c->at_end;
}

/* Is it still the same version? It may have become old, and its change may have been told. */
static bool is_same(const entry *e, uint64_t meta)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return ((GET(&e->meta) ^ meta) & ~(uint64_t)(ENTRY_OLD | ENTRY_FRESH)) == 0;
}

static bool is_shown(const pin *p, const entry *e, uint64_t meta)
{
    if (meta == 0 || meta & ENTRY_DELETED || meta >> EPOCH_SHIFT > p->epoch)
        return false;
    if (!(meta & ENTRY_OLD))
        return true;
    uint32_t replaced = GET(&e->change);
    return is_same(e, meta) && (int32_t)(replaced - (uint32_t)p->epoch) > 0;
}

/* Looks for up to max entries, at no more than `looks`, which counts down. */
static size_t find_ahead(cursor *c, found *out, size_t max, uint32_t *looks)
{
    const store *s = c->p->s;
    size_t       n = 0;
    uint32_t     left = *looks;
    while (n < max && left > 0 && c->at.block < c->p->blocks) {
        const slab_block *b = slab_get_block(&s->entries, c->at.block);
        uint32_t          carved = b ? slab_carved(b) : 0;
        left--;
        for (; n < max && left > 0 && c->at.piece < carved; c->at.piece++, left--) {
            entry   *e = slab_piece(b, c->at.piece);
            uint64_t meta = e ? GET_ACQUIRE(&e->meta) : 0;
            if (!is_shown(c->p, e, meta))
                continue;
            if (s->windowed)
                __builtin_prefetch(GET(&span_of(e)->owner));
            out[n++] = (found){e, meta};
        }
        if (c->at.piece >= carved)
            c->at = (walk){c->at.block + 1, 0};
    }
    *looks = left;
    c->at_end = c->at.block >= c->p->blocks;
    return n;
}

static str copy_words(arena *a, const void *from, uint32_t n)
{
    char *p = arena_alloc(a, pad8(n));
    words_get(p, from, n);
    return str_make(p, n);
}

static bool is_in_range(const scan_range *r, str key)
{
    return (r->key_from.p == NULL || str_cmp(key, r->key_from) >= 0) &&
           (r->key_to.p == NULL || str_cmp(key, r->key_to) < 0);
}

/* false: it is not in range. When the view has ended meanwhile the lengths are some that fit, the rest may be anything.
 */
static bool copy_item(const cursor *c, const found *f, arena *a, store_item *out)
{
    bool        windowed = c->p->s->windowed;
    entry      *e = f->e;
    uint32_t    key_n = GET(&e->key_n), row_n = GET(&e->row_n);
    int64_t     start = 0, end = 0, ts = GET(&e->ts);
    const char *key = (char *)(e + 1), *row = key + pad8(key_n);
    node       *owner = NULL;
    if (windowed) {
        start = GET(&span_of(e)->start);
        end = GET(&span_of(e)->end);
        owner = GET(&span_of(e)->owner);
        row = (char *)(span_of(e) + 1);
    }
    int64_t at = c->range.by_end ? end : start;
    if (!is_same(e, f->meta) || at < c->range.from || at > c->range.to)
        return false;
    if (windowed) {
        key_n = GET(&owner->key_n);
        key = owner->key;
    }
    arena_mark mark = arena_save(a);
    out->key = copy_words(a, key, key_n);
    if (!is_in_range(&c->range, out->key)) {
        arena_rewind(a, mark);
        return false;
    }
    out->row = (store_row){start, end, ts, copy_words(a, row, row_n), NULL};
    return true;
}

static bool is_open(const cursor *c, status *st)
{
    switch (GET_ACQUIRE(&c->p->end)) {
    case PIN_OPEN:
        return true;
    case PIN_GONE:
        return status_set(st, ST_EXPIRED, "The query that makes the table was stopped while it was read.");
    case PIN_EXPIRED:
        break;
    }
    return status_set(st, ST_EXPIRED, "Reading the table took too long and was given up. Try again.");
}

bool cursor_next(cursor *c, arena *a, store_item *out, size_t max, size_t *n, status *st)
{
    store   *s = c->p->s;
    uint32_t looks = LOOKS_MAX, entered;
    *n = 0;
    if (clock_mono_coarse_ms() > c->p->v->limits.until_ms)
        return status_set(st, ST_EXPIRED, "Reading the table took too long and was given up. Try again.");
    if (!is_open(c, st))
        return false;
    if (max > c->left)
        max = c->left;
    entered = reclaim_enter(&s->gone);
    while (*n < max && looks > 0 && !c->at_end) {
        found  ahead[AHEAD];
        size_t want = max - *n < AHEAD ? max - *n : AHEAD, count = find_ahead(c, ahead, want, &looks);
        for (size_t i = 0; i < count; i++)
            *n += copy_item(c, &ahead[i], a, &out[*n]);
    }
    reclaim_leave(&s->gone, entered);
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* who has seen a change that the view's end allowed sees the end */
    c->left -= *n;
    c->at_end |= c->left == 0;
    return is_open(c, st);
}
