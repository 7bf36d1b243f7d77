#include "engine/state/slab.h"

#include "base/mem.h"

#define BLOCK_FIRST_BYTES ((size_t)2 << 10) /* each block of a class is twice the last, up to: */
#define BLOCK_BYTES ((size_t)256 << 10)
#define BLOCK_PIECES_MIN 4

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

static slab_block *block_new(slab *s, uint32_t class)
{
    size_t piece = class ? (size_t) class * SLAB_STEP : sizeof(uintptr_t);
    size_t bytes = s->cur[class] ? 2 * (size_t)s->cur[class]->bytes : BLOCK_FIRST_BYTES;
    if (bytes > BLOCK_BYTES)
        bytes = BLOCK_BYTES;
    if (bytes < sizeof(slab_block) + BLOCK_PIECES_MIN * piece)
        bytes = sizeof(slab_block) + BLOCK_PIECES_MIN * piece;
    slab_block *b = mem_alloc(bytes);
    *b = (slab_block){.piece_bytes = class ? (uint32_t)piece : 0,
                      .count = (uint32_t)((bytes - sizeof *b) / piece),
                      .bytes = (uint32_t)bytes};
    __atomic_store_n(directory_place(s, s->blocks), b, __ATOMIC_RELEASE);
    s->blocks++;
    s->bytes += bytes;
    s->cur[class] = b;
    return b;
}

/* The next piece of the block that was never used, its first 16 bytes set to 0. */
static void *carve(slab *s, uint32_t class)
{
    slab_block *b = s->cur[class];
    if (b == NULL || b->carved == b->count)
        b = block_new(s, class);
    void *p;
    if (class) {
        p = b->pieces + (size_t)b->carved * b->piece_bytes;
        memset(p, 0, 2 * sizeof(uint64_t));
    } else {
        p = (uintptr_t *)b->pieces + b->carved;
        *(uintptr_t *)p = 1;
    }
    __atomic_store_n(&b->carved, b->carved + 1, __ATOMIC_RELEASE);
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
    uint32_t class = slab_class(bytes);
    if (class == 0)
        return take_large(s, bytes);
    void *p = s->free[class];
    if (p == NULL)
        return carve(s, class);
    s->free[class] = (void *)(uintptr_t)*link_of(p);
    return p;
}

void slab_give(slab *s, void *piece, uint32_t class)
{
    if (class) {
        __atomic_store_n(link_of(piece), (uint64_t)(uintptr_t)s->free[class], __ATOMIC_RELAXED);
        s->free[class] = piece;
        return;
    }
    large *l = (large *)piece - 1;
    size_t bytes = sizeof *l + l->bytes;
    __atomic_store_n(l->place, (uintptr_t)s->free[0] | 1, __ATOMIC_RELEASE);
    s->free[0] = l->place;
    s->bytes -= bytes;
    reclaim_later(s->r, l, bytes);
}

size_t slab_room(const void *piece, uint32_t class)
{
    return class ? (size_t) class * SLAB_STEP : ((const large *)piece - 1)->bytes;
}

/* ---- the end */

static void drop(slab *s, void *p, size_t bytes)
{
    s->bytes -= bytes;
    reclaim_later(s->r, p, bytes);
}

void slab_clear(slab *s)
{
    for (uint32_t i = 0; i < s->blocks; i++) {
        slab_block *b = slab_get_block(s, i);
        __atomic_store_n(directory_place(s, i), NULL, __ATOMIC_RELEASE);
        for (uint32_t k = 0; b->piece_bytes == 0 && k < b->carved; k++) {
            large *l = slab_piece(b, k);
            if (l)
                drop(s, l - 1, sizeof *l + l[-1].bytes);
        }
        drop(s, b, b->bytes);
    }
    memset(s->free, 0, sizeof s->free);
    memset(s->cur, 0, sizeof s->cur);
    s->blocks = 0;
}

void slab_deinit(slab *s)
{
    slab_clear(s);
    for (uint32_t k = 0; k < SLAB_DIRECTORY; k++)
        mem_free(s->directory[k]);
}
