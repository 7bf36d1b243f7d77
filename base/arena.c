#include "base/arena.h"

#include "base/mem.h"

#define BLOCK_FIRST_BYTES ((size_t)4096)
#define BLOCK_MAX_BYTES ((size_t)1 << 20) /* doubling stops here; larger requests get their own */

struct arena_block {
    arena_block *prev;
    size_t       size; /* bytes of data behind this header */
    char         data[] __attribute__((aligned(16)));
};

void arena_init(arena *a)
{
    memset(a, 0, sizeof *a);
}

static void free_blocks(arena *a, const arena_block *until)
{
    while (a->head != until) {
        arena_block *prev = a->head->prev;
        a->total -= a->head->size;
        mem_free(a->head);
        a->head = prev;
    }
}

void arena_free(arena *a)
{
    free_blocks(a, NULL);
    arena_init(a);
}

void arena_reset(arena *a)
{
    if (a->head == NULL)
        return;
    arena_block *keep = a->head;
    a->head = keep->prev;
    a->total -= keep->size;
    free_blocks(a, NULL);
    keep->prev = NULL;
    a->head = keep;
    a->total = keep->size;
    a->cur = keep->data;
    a->end = keep->data + keep->size;
}

void *arena_grow(arena *a, size_t bytes, size_t align)
{
    size_t want = a->head ? a->head->size * 2 : BLOCK_FIRST_BYTES;
    if (want > BLOCK_MAX_BYTES)
        want = BLOCK_MAX_BYTES;
    if (want < bytes + align)
        want = bytes + align;
    arena_block *b = mem_alloc(sizeof *b + want);
    b->prev = a->head;
    b->size = want;
    a->head = b;
    a->total += want;
    a->end = b->data + want;
    a->cur = b->data + bytes; /* data is aligned for any type */
    return b->data;
}

void *arena_dup(arena *a, const void *p, size_t bytes)
{
    void *q = arena_alloc(a, bytes);
    if (bytes)
        memcpy(q, p, bytes);
    return q;
}

arena_mark arena_save(const arena *a)
{
    return (arena_mark){a->head, a->cur};
}

void arena_rewind(arena *a, arena_mark m)
{
    free_blocks(a, m.head);
    if (m.head == NULL) {
        a->cur = a->end = NULL;
        return;
    }
    a->cur = m.cur;
    a->end = m.head->data + m.head->size;
}
