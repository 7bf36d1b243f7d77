/* Pieces of memory of a few dozen sizes, cut from blocks that hold one size each.
 *
 *     directory  1st, 2nd, ... block in the order they were made; never moves, so that readers walk it
 *     block      header, pieces; or, for pieces above SLAB_SMALL_MAX, which get a malloc of their own, the places
 *                that point to them
 *     piece      its first 16 bytes are 0 when it was never used; the link of free pieces stands in its fourth word
 *
 * A small piece keeps its size for the life of the slab. Where readers may be (they walk the blocks, or follow pointers
 * to what was a piece a moment ago), memory is given back to the system through reclaim.h.
 */
#ifndef ENGINE_STATE_SLAB_H
#define ENGINE_STATE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "engine/state/reclaim.h"

#define SLAB_STEP 16
#define SLAB_CLASSES 65 /* class c holds c * SLAB_STEP bytes; 0: a malloc of its own */
#define SLAB_SMALL_MAX ((size_t)SLAB_STEP * (SLAB_CLASSES - 1))
#define SLAB_DIRECTORY 24 /* segments, each twice the last */
#define SLAB_DIRECTORY_FIRST 32

typedef struct slab_block {
    uint32_t piece_bytes; /* 0: pointers to large pieces */
    uint32_t count;
    uint32_t carved; /* pieces that were ever used; the others have not been touched */
    uint32_t bytes;
    uint64_t unused[4]; /* to 48 bytes: behind malloc's 16, pieces begin with a cache line */
    char     pieces[];
} slab_block;

typedef struct slab_count { /* pieces of a class */
    uint32_t carved, free;
    uint32_t scattered; /* free ones that stood in blocks with used ones at the last look */
} slab_count;

typedef struct slab {
    reclaim     *r;
    void        *free[SLAB_CLASSES]; /* of class 0: a place in a block of pointers */
    slab_block  *cur[SLAB_CLASSES];
    slab_block **directory[SLAB_DIRECTORY];
    uint32_t     blocks; /* places of the directory that were ever used */
    VEC(uint32_t) holes; /* those that are free again */
    slab_count count[SLAB_CLASSES];
    uint32_t   to_trim; /* a class of which many pieces are free; 0: none */
    size_t     bytes;   /* all of it but reclaim's */
} slab;

void slab_init(slab *s, reclaim *r);
/* Every piece goes. */
void slab_clear(slab *s);
/* No reader is left; reclaim_deinit() comes after it. */
void slab_deinit(slab *s);

static inline uint32_t slab_class(size_t bytes)
{
    return bytes > SLAB_SMALL_MAX ? 0 : bytes < 2 * SLAB_STEP ? 2 : (uint32_t)((bytes + SLAB_STEP - 1) / SLAB_STEP);
}

/* A piece of at least so many bytes, of class slab_class(bytes). */
void *slab_take(slab *s, size_t bytes);
void  slab_give(slab *s, void *piece, uint32_t size_class);
/* Gives blocks back of which no piece is used, when there may be some. Only for slabs whose pieces have a second word
 * that is 0 while they are free, and not otherwise. Looks at all pieces of a class, but once a quarter of them was
 * freed. */
void slab_trim(slab *s);
/* Bytes it has. */
size_t slab_room(const void *piece, uint32_t size_class);

/* ---- walking; any thread, inside reclaim_enter() */

/* NULL: it was given back. */
static inline slab_block *slab_get_block(const slab *s, uint32_t i)
{
    uint32_t at = i + SLAB_DIRECTORY_FIRST, k = 31 - (uint32_t)__builtin_clz(at);
    uint32_t segment = k - (31 - (uint32_t)__builtin_clz((uint32_t)SLAB_DIRECTORY_FIRST));
    return __atomic_load_n(&s->directory[segment][at - (1u << k)], __ATOMIC_ACQUIRE);
}

static inline uint32_t slab_carved(const slab_block *b)
{
    return __atomic_load_n(&b->carved, __ATOMIC_ACQUIRE);
}

/* Piece i of a block of one size class. */
static inline void *slab_class_piece(const slab_block *b, uint32_t i)
{
    return (char *)b->pieces + (size_t)i * b->piece_bytes;
}

/* NULL: none stands there now. A small one may be free. */
static inline void *slab_piece(const slab_block *b, uint32_t i)
{
    if (b->piece_bytes)
        return slab_class_piece(b, i);
    uintptr_t p = __atomic_load_n((const uintptr_t *)b->pieces + i, __ATOMIC_ACQUIRE);
    return p & 1 ? NULL : (void *)p;
}

#endif
