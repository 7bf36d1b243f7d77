/* Memory by lifetime: everything of one statement, query, batch or request is cut from one arena
 * and given back at once.
 *
 * An arena grows by blocks, each twice the last up to a bound. A failing malloc stops the program
 * (see mem.h), so no caller tests for NULL. Not thread safe: one owner at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct arena_block arena_block;

typedef struct arena {
    char        *cur;   /* next free byte of the newest block; NULL before the first allocation */
    char        *end;   /* one past the newest block */
    arena_block *head;  /* newest block */
    size_t       total; /* bytes in all blocks */
} arena;

/* A place to return to with arena_rewind(). */
typedef struct arena_mark {
    arena_block *head;
    char        *cur;
} arena_mark;

void arena_init(arena *a);
/* Gives every block back to the system. The arena may be used again. */
void arena_free(arena *a);
/* Forgets all allocations but keeps the newest (largest) block: the per-batch reset. */
void arena_reset(arena *a);

void *arena_grow(arena *a, size_t bytes, size_t align); /* slow path of arena_alloc */

/* Uninitialised memory aligned to 8; never NULL, also for 0 bytes. */
static inline void *arena_alloc(arena *a, size_t bytes)
{
    char *p = (char *)(((uintptr_t)a->cur + 7) & ~(uintptr_t)7);
    if (__builtin_expect(a->cur != NULL && p <= a->end && bytes <= (size_t)(a->end - p), 1)) {
        a->cur = p + bytes;
        return p;
    }
    return arena_grow(a, bytes, 8);
}

/* Bytes without alignment, for text. */
static inline char *arena_bytes(arena *a, size_t bytes)
{
    if (__builtin_expect(bytes <= (size_t)(a->end - a->cur) && a->cur != NULL, 1)) {
        char *p = a->cur;
        a->cur += bytes;
        return p;
    }
    return arena_grow(a, bytes, 1);
}

static inline void *arena_zalloc(arena *a, size_t bytes)
{
    return memset(arena_alloc(a, bytes), 0, bytes);
}

#define ARENA_NEW(a, T) ((T *)arena_zalloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_zalloc((a), sizeof(T) * (size_t)(n)))

void *arena_dup(arena *a, const void *p, size_t bytes);

arena_mark arena_save(const arena *a);
/* Frees what was allocated since the mark was taken. */
void arena_rewind(arena *a, arena_mark m);

#endif
