#include "engine/state/slab.h"

#include "base/mem.h"

#define BLOCK_FIRST_BYTES ((size_t)2 << 10) /* each block of a class is twice the last, up to: */
#define BLOCK_BYTES ((size_t)256 << 10)
#define BLOCK_PIECES_MIN 4
#define TRIM_FIRST_BYTES ((size_t)32 << 10) /* free pieces of a class that are worth a look at its blocks */

typedef struct large { /* before a large piece */
    uintptr_t *place;
    size_t     bytes;
} large;

void slab_init(slab *s, reclaim *r)
{
    *s = (slab){.r = r};
}

/* ---- blocks */

static slab_block **directory_place(slab *s, uint32_t i)
{
    uint32_t at = i + SLAB_DIRECTORY_FIRST, k = 31 - (uint32_t)__builtin_clz(at);
    uint32_t segment = k - (31 - (uint32_t)__builtin_clz((uint32_t)SLAB_DIRECTORY_FIRST));
    if (s->directory[segment] == NULL) {
        size_t bytes = sizeof(slab_block *) << k;
        __atomic_store_n(&s->directory[segment], mem_zalloc(bytes), __ATOMIC_RELEASE);
        s->bytes += bytes;
    }
    return &s->directory[segment][at - (1u << k)];
}

static slab_block *block_new(slab *s, uint32_t size_class)
{
    size_t piece = size_class ? (size_t)size_class * SLAB_STEP : sizeof(uintptr_t);
    size_t bytes = s->cur[size_class] ? 2 * (size_t)s->cur[size_class]->bytes : BLOCK_FIRST_BYTES;
    if (bytes > BLOCK_BYTES)
        bytes = BLOCK_BYTES;
    if (bytes < sizeof(slab_block) + BLOCK_PIECES_MIN * piece)
        bytes = sizeof(slab_block) + BLOCK_PIECES_MIN * piece;
    slab_block *b = mem_alloc(bytes);
    *b = (slab_block){.piece_bytes = size_class ? (uint32_t)piece : 0,
                      .count = (uint32_t)((bytes - sizeof *b) / piece),
                      .bytes = (uint32_t)bytes};
    uint32_t at = s->holes.n ? s->holes.p[--s->holes.n] : s->blocks;
    __atomic_store_n(directory_place(s, at), b, __ATOMIC_RELEASE);
    s->blocks += at == s->blocks;
    s->bytes += bytes;
    s->cur[size_class] = b;
    return b;
}

/* The next piece of the block that was never used, its first 16 bytes set to 0. */
static void *carve(slab *s, uint32_t size_class)
{
    slab_block *b = s->cur[size_class];
    if (b == NULL || b->carved == b->count)
        b = block_new(s, size_class);
    void *p;
    if (size_class) {
        p = b->pieces + (size_t)b->carved * b->piece_bytes;
        memset(p, 0, 2 * sizeof(uint64_t));
    } else {
        p = (uintptr_t *)b->pieces + b->carved;
        *(uintptr_t *)p = 1;
    }
    __atomic_store_n(&b->carved, b->carved + 1, __ATOMIC_RELEASE);
    s->count[size_class].carved++;
    return p;
}

/* ---- pieces */

static void *take_large(slab *s, size_t bytes)
{
    bytes = (bytes + SLAB_STEP - 1) / SLAB_STEP * SLAB_STEP;
    large     *l = mem_alloc(sizeof *l + bytes);
    uintptr_t *place = s->free[0];
    if (place)
        s->free[0] = (void *)(*place & ~(uintptr_t)1);
    else
        place = carve(s, 0);
    *l = (large){place, bytes};
    memset(l + 1, 0, 2 * sizeof(uint64_t));
    s->bytes += sizeof *l + bytes;
    __atomic_store_n(place, (uintptr_t)(l + 1), __ATOMIC_RELEASE);
    return l + 1;
}

static uint64_t *link_of(void *piece)
{
    return (uint64_t *)piece + 3;
}

void *slab_take(slab *s, size_t bytes)
{
    uint32_t size_class = slab_class(bytes);
    if (size_class == 0)
        return take_large(s, bytes);
    void *p = s->free[size_class];
    if (p == NULL)
        return carve(s, size_class);
    s->free[size_class] = (void *)(uintptr_t)*link_of(p);
    s->count[size_class].free--;
    return p;
}

static void link_free(slab *s, void *piece, uint32_t size_class)
{
    __atomic_store_n(link_of(piece), (uint64_t)(uintptr_t)s->free[size_class], __ATOMIC_RELAXED);
    s->free[size_class] = piece;
}

void slab_give(slab *s, void *piece, uint32_t size_class)
{
    if (size_class) {
        slab_count *c = &s->count[size_class];
        link_free(s, piece, size_class);
        if (++c->free >= c->scattered + c->carved / 4 && c->free >= TRIM_FIRST_BYTES / SLAB_STEP / size_class)
            s->to_trim = size_class;
        return;
    }
    large *l = (large *)piece - 1;
    size_t bytes = sizeof *l + l->bytes;
    __atomic_store_n(l->place, (uintptr_t)s->free[0] | 1, __ATOMIC_RELEASE);
    s->free[0] = l->place;
    s->bytes -= bytes;
    reclaim_later(s->r, l, bytes);
}

size_t slab_room(const void *piece, uint32_t size_class)
{
    return size_class ? (size_t)size_class * SLAB_STEP : ((const large *)piece - 1)->bytes;
}

/* ---- giving blocks back */

static bool is_free(const void *piece)
{
    return ((const uint64_t *)piece)[1] == 0;
}

static bool all_free(const slab_block *b)
{
    uint32_t i = 0;
    while (i < b->carved && is_free(slab_class_piece(b, i)))
        i++;
    return i == b->carved;
}

static void drop_block(slab *s, uint32_t i)
{
    slab_block *b = slab_get_block(s, i);
    __atomic_store_n(directory_place(s, i), NULL, __ATOMIC_RELEASE);
    s->bytes -= b->bytes;
    reclaim_later(s->r, b, b->bytes);
}

void slab_trim(slab *s)
{
    uint32_t    size_class = s->to_trim;
    slab_count *c = &s->count[size_class];
    s->to_trim = 0;
    if (size_class == 0)
        return;
    s->free[size_class] = NULL;
    c->free = 0;
    for (uint32_t i = s->blocks; i-- > 0;) { /* backwards, so that the list begins with the first */
        slab_block *b = slab_get_block(s, i);
        if (b == NULL || b->piece_bytes != size_class * SLAB_STEP)
            continue;
        if (b != s->cur[size_class] && all_free(b)) {
            c->carved -= b->carved;
            drop_block(s, i);
            VEC_PUSH(&s->holes, i);
            continue;
        }
        for (uint32_t k = b->carved; k-- > 0;)
            if (is_free(slab_class_piece(b, k))) {
                link_free(s, slab_class_piece(b, k), size_class);
                c->free++;
            }
    }
    c->scattered = c->free;
}

/* ---- the end */

void slab_clear(slab *s)
{
    for (uint32_t i = 0; i < s->blocks; i++) {
        slab_block *b = slab_get_block(s, i);
        for (uint32_t k = 0; b && b->piece_bytes == 0 && k < b->carved; k++) {
            void *piece = slab_piece(b, k);
            if (piece)
                slab_give(s, piece, 0);
        }
        if (b)
            drop_block(s, i);
    }
    memset(s->free, 0, sizeof s->free);
    memset(s->cur, 0, sizeof s->cur);
    memset(s->count, 0, sizeof s->count);
    s->blocks = s->to_trim = 0;
    s->holes.n = 0;
}

void slab_deinit(slab *s)
{
    slab_clear(s);
    for (uint32_t k = 0; k < SLAB_DIRECTORY; k++)
        mem_free(s->directory[k]);
    VEC_FREE(&s->holes);
}
