/* How rows lie in memory, for the files of this folder. README.md has the picture and the proofs.
 *
 * Whoever is not the owner reads words with atomic loads; the owner writes them with atomic stores, and reads them
 * plainly.
 */
#ifndef ENGINE_STATE_STORE_INT_H
#define ENGINE_STATE_STORE_INT_H

#include <string.h>

#include "base/num.h"
#include "engine/state/slab.h"
#include "engine/state/store.h"
#include "engine/state/view.h"

#define CACHE_LINE 64

/* ---- words */

#define GET(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define GET_ACQUIRE(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define SET(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define SET_RELEASE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

static inline uint32_t pad8(uint32_t n)
{
    return (n + 7) & ~7u;
}

/* Up to 7 bytes as the low end of a word, the rest 0. */
static inline uint64_t word_of(const char *p, uint32_t n)
{
    uint64_t w = 0;
    uint32_t x4;
    uint16_t x2;
    uint32_t shift = 0;
    if (n & 4) {
        memcpy(&x4, p, 4);
        w = x4;
        p += 4;
        shift = 32;
    }
    if (n & 2) {
        memcpy(&x2, p, 2);
        w |= (uint64_t)x2 << shift;
        p += 2;
        shift += 16;
    }
    if (n & 1)
        w |= (uint64_t)(uint8_t)*p << shift;
    return w;
}

/* Bytes into words of the store, the last one filled up with 0. */
static inline void words_set(void *to, str bytes)
{
    uint64_t   *w = to;
    const char *p = bytes.p;
    uint32_t    n = bytes.n;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        SET(w++, v);
    }
    if (n)
        SET(w, word_of(p, n));
}

/* Words of the store that hold n bytes into memory that has room for pad8(n). */
static inline void words_get(void *to, const void *from, uint32_t n)
{
    uint64_t       *d = to;
    const uint64_t *w = from;
    for (uint32_t i = 0; i < pad8(n) / 8; i++)
        d[i] = GET(w + i);
}

/* Do these words hold these bytes? */
static inline bool words_are(const void *words, str bytes)
{
    const uint64_t *w = words;
    const char     *p = bytes.p;
    uint32_t        n = bytes.n;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        if (GET(w++) != v)
            return false;
    }
    return n == 0 || GET(w) == word_of(p, n);
}

/* Something that readers copy while it may change: the count is odd while it does. A reader takes it before (with
 * acquire) and looks again after; the same even number means that what lies between is whole. */
static inline void change_begin(uint32_t *seq)
{
    SET(seq, *seq + 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void change_end(uint32_t *seq)
{
    SET_RELEASE(seq, *seq + 1);
}

static inline bool is_unchanged(const uint32_t *seq, uint32_t was)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return GET(seq) == was && (was & 1) == 0;
}

/* ---- entries: one version of one row */

/* Behind it: tables: the key, to full words, and the row; windowed stores: a span and the row. */
typedef struct entry {
    uint32_t seq;    /* grows for the life of the piece of memory, also over its next uses */
    uint32_t change; /* its place among the store's changes; ENTRY_OLD: low bits of the epoch that replaced it */
    uint64_t meta;   /* epoch of its last change, class of its piece, flags; 0: a free piece */
    uint32_t key_n;  /* windowed stores: 0 */
    uint32_t row_n;
    int64_t  ts;
} entry;

struct node;
typedef struct span {
    int64_t      start, end;
    struct node *owner;
} span;

#define EPOCH_SHIFT 16
#define EPOCH ((uint64_t)1 << EPOCH_SHIFT)
#define ENTRY_DELETED 1u /* a tombstone, until its change is told */
#define ENTRY_OLD 2u     /* not in the store any more, but in a view */
#define ENTRY_FRESH 4u   /* was not there when changes were told last */

static inline uint32_t entry_class(uint64_t meta)
{
    return (uint32_t)(meta >> 8) & 0xff;
}

static inline span *span_of(entry *e)
{
    return (span *)(e + 1);
}

/* ---- nodes: a key of a windowed store and the list of its rows */

typedef struct win {
    int64_t start;
    entry  *e;
} win;

typedef struct node {
    uint32_t seq; /* of the list */
    uint32_t hash;
    win     *all; /* cap > 0: the rows in order; while there never was more than one it is `newest` alone */
    uint32_t key_n;
    uint32_t rows;
    win      newest; /* what nearly every look-up wants */
    uint32_t refs;   /* entries that name this node, old ones and tombstones included; 0: it goes */
    uint32_t cap;
    char     key[];
} node;

_Static_assert(sizeof(entry) % 8 == 0 && offsetof(node, key) % 8 == 0, "keys and rows are words");
_Static_assert(offsetof(entry, ts) == 24 && offsetof(node, newest) == 24, "a free piece's link is no length");

/* ---- the store */

typedef struct table {
    size_t   mask;
    uint64_t slots[]; /* address of an entry or node, upper 16 bits of its hash in the top; 0: free */
} table;

#define SLOT_THING(w) ((void *)(uintptr_t)((w)&0xffffffffffffULL))
#define SLOT_TAG_IS(w, h) ((((w) ^ (h)) >> 48) == 0)

typedef VEC(entry *) entry_list;

typedef enum pin_end { PIN_OPEN, PIN_EXPIRED, PIN_GONE } pin_end;

/* A view's part in one store. */
typedef struct pin {
    view      *v;
    store     *s;
    uint64_t   epoch; /* it shows what was there at its end */
    uint64_t   rows;
    uint32_t   blocks; /* of the slab at that moment */
    pin_end    end;    /* written by the owner, read by cursors */
    uint64_t   kept_bytes;
    entry_list kept; /* old entries; each stands with the newest view that shows it */
} pin;

struct view {
    uint32_t    readers; /* the handle and its cursors */
    uint32_t    refs;    /* all readers together, and each store that has a pin of it */
    view_limits limits;
    size_t      n;
    pin         pins[];
};

struct store {
    /* Every look-up of the owner. */
    table   *t;
    uint64_t seed;
    uint64_t now;         /* the epoch, shifted as in meta */
    uint64_t view_below;  /* a view shows the entries whose meta is below; 0: there is none */
    uint64_t clean_below; /* entries whose meta is below have no change to be told; 0: changes are not tracked */
    bool     windowed, tracking;
    /* The owner's. */
    size_t     used; /* slots */
    size_t     keys, rows;
    int64_t    oldest_start, oldest_end; /* windowed: no row is below these */
    entry_list changes;
    VEC(pin *) pins;       /* oldest first */
    VEC(entry_list) drain; /* old entries of views that ended */
    size_t   old_bytes;    /* of all old entries */
    uint32_t kept_since_look;
    slab     entries;
    slab    *nodes; /* windowed stores */
    size_t   list_bytes;
    reclaim  gone;
    /* Written by the owner, read by all; far enough from the lines above. */
    uint64_t apart[CACHE_LINE / 8];
    table   *shared;
    uint32_t shape; /* odd while slots get other things than new ones; see is_unchanged() */
    uint64_t apart_too[CACHE_LINE / 8];
    uint32_t holds;
};

static inline uint64_t store_hash(const store *s, str key)
{
    return hash_seeded(s->seed, key.p, key.n);
}

static inline char *row_of(bool windowed, entry *e)
{
    return (char *)(e + 1) + (windowed ? (uint32_t)sizeof(span) : pad8(e->key_n));
}

static inline str key_of(bool windowed, entry *e)
{
    if (windowed)
        return str_make(span_of(e)->owner->key, span_of(e)->owner->key_n);
    return str_make((char *)(e + 1), e->key_n);
}

static inline void fill(bool windowed, store_row *out, entry *e)
{
    int64_t start = windowed ? span_of(e)->start : 0, end = windowed ? span_of(e)->end : 0;
    *out = (store_row){start, end, e->ts, {row_of(windowed, e), e->row_n}, e};
}

/* ---- slots: the owner's */

/* The slot of the key's entry (windowed: node); NULL: there is none. */
static inline __attribute__((always_inline)) uint64_t *slot_find(const store *s, str key, uint64_t h, bool windowed)
{
    table *t = s->t;
    if (t == NULL)
        return NULL;
    for (size_t i = h & t->mask;; i = (i + 1) & t->mask) {
        uint64_t w = t->slots[i];
        if (w == 0)
            return NULL;
        if (!SLOT_TAG_IS(w, h))
            continue;
        if (windowed) {
            const node *n = SLOT_THING(w);
            if (n->key_n == key.n && words_are(n->key, key))
                return &t->slots[i];
        } else {
            const entry *e = SLOT_THING(w);
            if (e->key_n == key.n && words_are(e + 1, key))
                return &t->slots[i];
        }
    }
}

void slot_add(store *s, void *thing, uint64_t h);
void slot_remove(store *s, const void *thing, uint64_t h);
/* Another version of the same key takes its place. */
void slot_swap(store *s, const entry *was, entry *is);

/* ---- entries: the owner's */

/* Of a table (w NULL) or a windowed store (the key is w's owner's). Its change is noted, it stands nowhere yet. */
entry *entry_new(store *s, str key, const span *w, str row, int64_t ts);
/* Another version of it, which takes over its change. */
entry *entry_copy(store *s, entry *e, str row, int64_t ts);
/* May this row be written into its place? Not when a view shows what stands there. */
bool entry_takes(const store *s, const entry *e, str row);
/* Writes it there. flags: 0 or ENTRY_DELETED. */
void entry_set(store *s, entry *e, str row, int64_t ts, uint32_t flags);
/* A version that stands nowhere any more: goes, or stays for views. */
void entry_drop(store *s, entry *e);
void entry_free(store *s, entry *e);
/* Does a deleted row leave nothing to be told? Changes are not tracked, or it is not known outside; its change is
 * forgotten then. */
bool entry_is_forgotten(store *s, const entry *e);
/* A tombstone for a deleted row whose change is to be told: another entry or, if the caller likes and no view shows it,
 * itself. */
entry *entry_bury(store *s, entry *e, bool itself);

/* The next live entry of a walk over all; NULL: the end. Start with a walk of zeros. */
typedef struct walk {
    uint32_t block, piece;
} walk;
entry *walk_next(const store *s, walk *w);

/* ---- windowed stores */

void node_unref(store *s, node *n);
void lists_clear(store *s);
void window_replace(store *s, entry *e, str row, int64_t ts);

/* ---- views */

/* A reader less; any thread. */
void                                                                 view_leave(view *v);
/* The owner's: an entry that a view shows leaves its place. */ void views_keep(store *s, entry *e);
/* The owner's: all of them end. */
void views_end(store *s);
/* The owner's: the next epoch begins. */
void epoch_end(store *s);

#endif
