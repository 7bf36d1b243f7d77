#include "engine/state/reclaim.h"

#include "base/mem.h"

void reclaim_step(reclaim *r)
{
    size_t done = 0;
    if (r->waiting.n == 0)
        return;
    for (int steps = 0; steps < 2; steps++) {
        if (__atomic_load_n(&r->inside[(r->epoch + 1) & 1], __ATOMIC_SEQ_CST) != 0)
            break;
        __atomic_store_n(&r->epoch, r->epoch + 1, __ATOMIC_SEQ_CST);
    }
    while (done < r->waiting.n && r->waiting.p[done].epoch + 2 <= r->epoch) {
        r->bytes -= r->waiting.p[done].bytes;
        mem_free(r->waiting.p[done++].p);
    }
    if (done == 0)
        return;
    r->waiting.n -= done;
    memmove(r->waiting.p, r->waiting.p + done, r->waiting.n * sizeof *r->waiting.p);
}

void reclaim_later(reclaim *r, void *p, size_t bytes)
{
    if (p == NULL)
        return;
    reclaim_item it = {p, bytes, r->epoch};
    VEC_PUSH(&r->waiting, it);
    r->bytes += bytes;
    reclaim_step(r);
}

void reclaim_deinit(reclaim *r)
{
    for (size_t i = 0; i < r->waiting.n; i++)
        mem_free(r->waiting.p[i].p);
    VEC_FREE(&r->waiting);
    r->bytes = 0;
}
