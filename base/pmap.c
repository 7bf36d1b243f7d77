#include "base/pmap.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

#define BITS 5
#define FANOUT 32
#define DEPTH_MAX 13 /* 13 * 5 bits of a 64-bit hash; below it keys of one hash stand in a list */

typedef struct leaf {
    _Atomic uint32_t refs;
    uint32_t         key_n;
    uint64_t         hash;
    void            *value;
    struct leaf     *next; /* of the same hash; counted */
    char             key[];
} leaf;

/* A child is a node, or a leaf when its bit in `leaves` is set. */
typedef struct pmap_node {
    _Atomic uint32_t refs;
    uint32_t         used, leaves;
    void            *child[];
} node;

static uint32_t bit_of(uint64_t hash, int depth)
{
    return 1u << ((hash >> (BITS * depth)) & (FANOUT - 1));
}

static uint32_t place(const node *n, uint32_t bit)
{
    return (uint32_t)__builtin_popcount(n->used & (bit - 1));
}

/* ---- counting */

static void leaf_unref(const pmap_kind *k, leaf *l)
{
    while (l && atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) == 1) {
        leaf *next = l->next;
        k->unref(l->value);
        mem_free(l);
        l = next;
    }
}

static void node_unref(const pmap_kind *k, node *n)
{
    if (n == NULL || atomic_fetch_sub_explicit(&n->refs, 1, memory_order_acq_rel) != 1)
        return;
    uint32_t i = 0;
    for (uint32_t left = n->used; left; left &= left - 1, i++) {
        if (n->leaves & left & -left)
            leaf_unref(k, n->child[i]);
        else
            node_unref(k, n->child[i]);
    }
    mem_free(n);
}

static node *node_alloc(uint32_t children)
{
    node *n = mem_alloc(sizeof(node) + children * sizeof(void *));
    atomic_init(&n->refs, 1);
    return n;
}

static void child_ref(node *n, uint32_t bit, void *child)
{
    if (n->leaves & bit)
        atomic_fetch_add_explicit(&((leaf *)child)->refs, 1, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&((node *)child)->refs, 1, memory_order_relaxed);
}

/* A copy of n that holds its children too, with a gap at `gap` when that bit is not used yet. */
static node *node_copy(const node *n, uint32_t gap)
{
    uint32_t used = n->used | gap, to = 0, from = 0;
    node    *c = node_alloc((uint32_t)__builtin_popcount(used));
    c->used = used;
    c->leaves = n->leaves;
    for (uint32_t left = used; left; left &= left - 1, to++) {
        uint32_t bit = left & -left;
        if ((n->used & bit) == 0) {
            c->child[to] = NULL;
            continue;
        }
        c->child[to] = n->child[from++];
        child_ref(c, bit, c->child[to]);
    }
    return c;
}

/* n itself when nobody else holds it and it needs no gap; else a copy in its place. */
static node *own(const pmap_kind *k, node *n, uint32_t gap)
{
    if (atomic_load_explicit(&n->refs, memory_order_acquire) == 1 && (n->used & gap) == gap)
        return n;
    node *c = node_copy(n, gap);
    node_unref(k, n);
    return c;
}

/* ---- look-up */

void pmap_init(pmap *m, const pmap_kind *kind)
{
    *m = (pmap){.kind = kind};
}

void pmap_free(pmap *m)
{
    node_unref(m->kind, m->root);
    m->root = NULL;
    m->n = 0;
}

void pmap_copy(pmap *to, const pmap *from)
{
    *to = *from;
    if (to->root)
        atomic_fetch_add_explicit(&to->root->refs, 1, memory_order_relaxed);
}

static bool is_key(const leaf *l, uint64_t hash, str key)
{
    return l->hash == hash && l->key_n == key.n && memcmp(l->key, key.p ? key.p : "", key.n) == 0;
}

void *pmap_get(const pmap *m, str key)
{
    uint64_t    hash = hash_bytes(key.p, key.n);
    const node *n = m->root;
    for (int depth = 0; n; depth++) {
        uint32_t bit = bit_of(hash, depth);
        if ((n->used & bit) == 0)
            return NULL;
        void *c = n->child[place(n, bit)];
        if (n->leaves & bit) {
            for (const leaf *l = c; l; l = l->next)
                if (is_key(l, hash, key))
                    return l->value;
            return NULL;
        }
        n = c;
    }
    return NULL;
}

/* ---- changes */

static leaf *leaf_new(uint64_t hash, str key, void *value, leaf *next)
{
    leaf *l = mem_alloc(sizeof(leaf) + key.n);
    atomic_init(&l->refs, 1);
    l->hash = hash;
    l->value = value;
    l->next = next;
    l->key_n = key.n;
    if (key.n)
        memcpy(l->key, key.p, key.n);
    return l;
}

/* The list of leaves without the key, as a list of its own; *had tells whether the key was there. */
static leaf *list_without(const pmap_kind *k, const leaf *l, uint64_t hash, str key, bool *had)
{
    leaf *out = NULL;
    for (; l; l = l->next) {
        if (is_key(l, hash, key)) {
            *had = true;
            continue;
        }
        k->ref(l->value);
        out = leaf_new(l->hash, str_make(l->key, l->key_n), l->value, out);
    }
    return out;
}

/* Two leaves of different hashes in a node of their own, as deep as it takes. Takes over both. */
static node *split(leaf *a, leaf *b, int depth)
{
    uint32_t x = bit_of(a->hash, depth), y = bit_of(b->hash, depth);
    if (x == y) {
        node *n = node_alloc(1);
        n->used = x;
        n->leaves = 0;
        n->child[0] = split(a, b, depth + 1);
        return n;
    }
    node *n = node_alloc(2);
    n->used = n->leaves = x | y;
    n->child[x > y] = a;
    n->child[x < y] = b;
    return n;
}

/* Puts the leaf into the tree below n, which is given up. */
static node *put(pmap *m, node *n, leaf *l, str key, int depth)
{
    uint32_t bit = bit_of(l->hash, depth);
    assert(depth < DEPTH_MAX);
    if (n == NULL) {
        n = node_alloc(1);
        n->used = n->leaves = bit;
        n->child[0] = l;
        m->n++;
        return n;
    }
    bool was_there = (n->used & bit) != 0;
    n = own(m->kind, n, bit);
    void **c = &n->child[place(n, bit)];
    if (!was_there) {
        n->leaves |= bit;
        *c = l;
        m->n++;
    } else if ((n->leaves & bit) == 0) {
        *c = put(m, *c, l, key, depth + 1);
    } else if (((leaf *)*c)->hash == l->hash) {
        bool had = false;
        l->next = list_without(m->kind, *c, l->hash, key, &had);
        leaf_unref(m->kind, *c);
        *c = l;
        m->n += !had;
    } else {
        n->leaves &= ~bit;
        *c = split(*c, l, depth + 1);
        m->n++;
    }
    return n;
}

void pmap_put(pmap *m, str key, void *value)
{
    m->root = put(m, m->root, leaf_new(hash_bytes(key.p, key.n), key, value, NULL), key, 0);
}

static node *without_child(const pmap_kind *k, node *n, uint32_t bit)
{
    uint32_t left = n->used & ~bit, at = 0;
    if (left == 0) {
        node_unref(k, n);
        return NULL;
    }
    node *c = node_alloc((uint32_t)__builtin_popcount(left));
    c->used = left;
    c->leaves = n->leaves & ~bit;
    for (; left; left &= left - 1, at++) {
        uint32_t b = left & -left;
        c->child[at] = n->child[place(n, b)];
        child_ref(c, b, c->child[at]);
    }
    node_unref(k, n);
    return c;
}

/* The tree below n, which is given up, without the key that is in it. */
static node *del(pmap *m, node *n, uint64_t hash, str key, int depth)
{
    uint32_t bit = bit_of(hash, depth);
    n = own(m->kind, n, bit);
    void **c = &n->child[place(n, bit)];
    void  *rest;
    if (n->leaves & bit) {
        bool had = false;
        rest = list_without(m->kind, *c, hash, key, &had);
        leaf_unref(m->kind, *c);
        *c = rest;
        if (rest)
            return n;
        /* What stands there is nothing any more: it must not be counted again. */
        n->leaves |= bit;
        return without_child(m->kind, n, bit);
    }
    rest = del(m, *c, hash, key, depth + 1);
    *c = rest;
    return rest ? n : without_child(m->kind, n, bit);
}

bool pmap_del(pmap *m, str key)
{
    if (pmap_get(m, key) == NULL)
        return false;
    m->root = del(m, m->root, hash_bytes(key.p, key.n), key, 0);
    m->n--;
    return true;
}

/* ---- all of them */

static void each_below(const node *n, void (*each)(void *ctx, str key, void *value), void *ctx)
{
    uint32_t i = 0;
    for (uint32_t left = n->used; left; left &= left - 1, i++) {
        if ((n->leaves & left & -left) == 0) {
            each_below(n->child[i], each, ctx);
            continue;
        }
        for (const leaf *l = n->child[i]; l; l = l->next)
            each(ctx, str_make(l->key, l->key_n), l->value);
    }
}

void pmap_each(const pmap *m, void (*each)(void *ctx, str key, void *value), void *ctx)
{
    if (m->root)
        each_below(m->root, each, ctx);
}

static void collect(void *ctx, str key, void *value)
{
    pmap_entry **at = ctx;
    *(*at)++ = (pmap_entry){key, value};
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const pmap_entry *)a)->key, ((const pmap_entry *)b)->key);
}

pmap_entry *pmap_sorted(const pmap *m, arena *a)
{
    pmap_entry *all = ARENA_ARRAY(a, pmap_entry, m->n + 1), *at = all;
    pmap_each(m, collect, &at);
    assert((size_t)(at - all) == m->n);
    if (m->n)
        qsort(all, m->n, sizeof *all, by_key);
    return all;
}
