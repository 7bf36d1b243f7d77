/* Memory that readers may still look at, freed when none of them can.
 *
 * A reader enters, follows pointers, leaves. The owner takes a piece of memory out of everybody's reach and hands it
 * over; it is freed once all readers that were inside then have left. Nobody waits for anybody.
 *
 * There is a count of readers for epochs of each parity. The owner goes from epoch E to E + 1 when nobody is inside
 * with E - 1, so that only E and E - 1 are ever inside, and frees at E + 2 what was handed over at E:
 *
 *     a reader that entered at E or before and is still inside has been counted under a parity that one of the two
 * steps found empty: it counted itself, then found the epoch unchanged, so the count stood before the step's look at
 * it; a reader that entered at E + 1 or later read that number, which was written after the memory was out of reach
 */
#ifndef ENGINE_STATE_RECLAIM_H
#define ENGINE_STATE_RECLAIM_H

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

typedef struct reclaim_item {
    void    *p;
    size_t   bytes;
    uint64_t epoch; /* that it was handed over at */
} reclaim_item;

typedef struct reclaim {
    uint64_t epoch; /* changed by the owner alone */
    uint32_t inside[2];
    VEC(reclaim_item) waiting; /* oldest first */
    size_t bytes;              /* of what waits */
} reclaim;

/* Any thread. Returns what reclaim_leave() wants. */
static inline uint32_t reclaim_enter(reclaim *r)
{
    for (;;) {
        uint64_t e = __atomic_load_n(&r->epoch, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(&r->inside[e & 1], 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&r->epoch, __ATOMIC_SEQ_CST) == e)
            return (uint32_t)(e & 1);
        __atomic_fetch_sub(&r->inside[e & 1], 1, __ATOMIC_RELEASE);
    }
}

static inline void reclaim_leave(reclaim *r, uint32_t entered)
{
    __atomic_fetch_sub(&r->inside[entered], 1, __ATOMIC_RELEASE);
}

/* The owner's: mem_free(p), later. p may be NULL. */
void reclaim_later(reclaim *r, void *p, size_t bytes);
/* Frees what can be freed by now. */
void reclaim_step(reclaim *r);
/* When there are no readers any more. */
void reclaim_deinit(reclaim *r);

#endif
