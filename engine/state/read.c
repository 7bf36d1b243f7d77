/* Look-ups of other threads (the proofs are in README.md). */
#include <sched.h>

#include "engine/state/store_int.h"

#define SPINS 100 /* tries before the processor is left to the one that is changing what is read */

static void try_again(uint32_t *tries)
{
    if (++*tries % SPINS == 0)
        sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

typedef enum outcome { ABSENT, PRESENT, TORN } outcome;

/* What stands under the key; *thing_seq is its count, which was even. A miss is believed when no slot changed but for
 * additions: then each thing that was looked at stood in its slot all the while and had its key. */
static outcome find(store *s, str key, uint64_t h, void **thing, uint32_t *thing_seq)
{
    uint32_t     shape = GET_ACQUIRE(&s->shape);
    const table *t = GET_ACQUIRE(&s->shared);
    for (size_t i = t ? h & t->mask : 0; t; i = (i + 1) & t->mask) {
        uint64_t w = GET_ACQUIRE(&t->slots[i]);
        if (w == 0)
            break;
        if (!SLOT_TAG_IS(w, h))
            continue;
        *thing = SLOT_THING(w);
        *thing_seq = GET_ACQUIRE((uint32_t *)*thing);
        uint32_t    key_n = s->windowed ? GET(&((node *)*thing)->key_n) : GET(&((entry *)*thing)->key_n);
        const void *words = s->windowed ? (void *)((node *)*thing)->key : (void *)((entry *)*thing + 1);
        if (key_n == key.n && words_are(words, key))
            return is_unchanged(*thing, *thing_seq) ? PRESENT : TORN;
    }
    return is_unchanged(&s->shape, shape) ? ABSENT : TORN;
}

/* Copies a row that was whole at this count. */
static outcome copy_row(bool windowed, entry *e, uint32_t seq, arena *a, store_row *out)
{
    uint64_t meta = GET(&e->meta);
    uint32_t key_n = GET(&e->key_n), row_n = GET(&e->row_n);
    *out = (store_row){.ts = GET(&e->ts)};
    if (windowed) {
        out->start = GET(&span_of(e)->start);
        out->end = GET(&span_of(e)->end);
    }
    if (!is_unchanged(&e->seq, seq) || meta == 0)
        return TORN;
    if (meta & ENTRY_DELETED)
        return ABSENT;
    const char *row = windowed ? (char *)(span_of(e) + 1) : (char *)(e + 1) + pad8(key_n);
    char       *p = arena_alloc(a, pad8(row_n));
    words_get(p, row, row_n);
    out->bytes = str_make(p, row_n);
    return is_unchanged(&e->seq, seq) ? PRESENT : TORN;
}

static outcome try_read(store *s, str key, uint64_t h, arena *a, store_row *out)
{
    void    *e;
    uint32_t seq;
    outcome  o = find(s, key, h, &e, &seq);
    return o == PRESENT ? copy_row(false, e, seq, a, out) : o;
}

bool store_read(store *s, str key, arena *a, store_row *out)
{
    uint64_t   h = store_hash(s, key);
    uint32_t   tries = 0, entered = reclaim_enter(&s->gone);
    arena_mark mark = arena_save(a);
    outcome    o;
    while ((o = try_read(s, key, h, a, out)) == TORN) {
        arena_rewind(a, mark);
        try_again(&tries);
    }
    reclaim_leave(&s->gone, entered);
    return o == PRESENT;
}

/* ---- windows */

/* First index whose start is not below. What is read may change meanwhile: the caller looks at the list's count. */
static uint32_t first_from(const win *w, uint32_t n, int64_t from)
{
    uint32_t lo = 0;
    while (lo < n) {
        uint32_t mid = lo + (n - lo) / 2;
        if (GET(&w[mid].start) < from)
            lo = mid + 1;
        else
            n = mid;
    }
    return lo;
}

/* Copies the part of the list that is in range. */
static outcome copy_list(node *n, uint32_t seq, int64_t from, int64_t to, arena *a, win **out, uint32_t *count)
{
    uint32_t rows = GET(&n->rows), cap = GET(&n->cap);
    win     *w = cap ? GET(&n->all) : &n->newest;
    if (!is_unchanged(&n->seq, seq))
        return TORN;
    uint32_t lo = first_from(w, rows, from), hi = lo;
    while (hi < rows && GET(&w[hi].start) <= to)
        hi++;
    *out = arena_alloc(a, (hi - lo) * sizeof **out);
    for (uint32_t i = lo; i < hi; i++)
        (*out)[i - lo] = (win){GET(&w[i].start), GET(&w[i].e)};
    *count = hi - lo;
    return is_unchanged(&n->seq, seq) ? PRESENT : TORN;
}

/* One row of a list that had this count; a row that is just being changed in its place is waited for. */
static outcome copy_listed(node *n, uint32_t seq, entry *e, arena *a, store_row *out)
{
    uint32_t tries = 0;
    for (;;) {
        outcome o = copy_row(true, e, GET_ACQUIRE(&e->seq), a, out);
        if (!is_unchanged(&n->seq, seq))
            return TORN;
        if (o == PRESENT)
            return PRESENT;
        try_again(&tries);
    }
}

typedef struct bounds {
    int64_t from, to;
} bounds;

static outcome try_range(store *s, str key, uint64_t h, bounds b, arena *a, store_row **out, uint32_t *count)
{
    void    *thing;
    uint32_t seq;
    win     *list;
    outcome  o = find(s, key, h, &thing, &seq);
    *count = 0;
    if (o == PRESENT)
        o = copy_list(thing, seq, b.from, b.to, a, &list, count);
    if (o != PRESENT)
        return o;
    *out = arena_alloc(a, *count * sizeof **out);
    for (uint32_t i = 0; i < *count && o == PRESENT; i++)
        o = copy_listed(thing, seq, list[i].e, a, &(*out)[i]);
    return o;
}

static uint32_t read_table(store *s, str key, bounds b, arena *a, store_row **out)
{
    *out = arena_alloc(a, sizeof **out);
    return b.from <= 0 && b.to >= 0 && store_read(s, key, a, *out) ? 1 : 0;
}

uint32_t store_read_range(store *s, str key, int64_t from, int64_t to, arena *a, store_row **out)
{
    bounds b = {from, to};
    if (!s->windowed)
        return read_table(s, key, b, a, out);
    uint64_t   h = store_hash(s, key);
    uint32_t   count, tries = 0, entered = reclaim_enter(&s->gone);
    arena_mark mark = arena_save(a);
    while (try_range(s, key, h, b, a, out, &count) == TORN) {
        arena_rewind(a, mark);
        try_again(&tries);
    }
    reclaim_leave(&s->gone, entered);
    return count;
}
