#include "server/kafka/timers.h"

#include "base/mem.h"

void ktimers_free(ktimers *h)
{
    mem_free(h->p);
    *h = (ktimers){0};
}

static void place(ktimers *h, size_t i, ktimer *t)
{
    h->p[i] = t;
    t->slot = i + 1;
}

static void sift_up(ktimers *h, size_t i, ktimer *t)
{
    while (i > 0 && h->p[(i - 1) / 2]->at_ms > t->at_ms) {
        place(h, i, h->p[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(h, i, t);
}

static void sift_down(ktimers *h, size_t i, ktimer *t)
{
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && h->p[child + 1]->at_ms < h->p[child]->at_ms)
            child++;
        if (h->p[child]->at_ms >= t->at_ms)
            break;
        place(h, i, h->p[child]);
    }
    place(h, i, t);
}

void ktimer_cancel(ktimers *h, ktimer *t)
{
    if (t->slot == 0)
        return;
    size_t  i = t->slot - 1;
    ktimer *last = h->p[--h->n];
    t->slot = 0;
    if (last == t)
        return;
    if (i > 0 && h->p[(i - 1) / 2]->at_ms > last->at_ms)
        sift_up(h, i, last);
    else
        sift_down(h, i, last);
}

void ktimer_set(ktimers *h, ktimer *t, int64_t at_ms)
{
    if (t->slot != 0 && t->at_ms == at_ms)
        return;
    ktimer_cancel(h, t);
    if (at_ms == TIMER_NEVER)
        return;
    if (h->n == h->cap) {
        h->cap = h->cap ? h->cap * 2 : 16;
        h->p = mem_realloc(h->p, h->cap * sizeof(ktimer *));
    }
    t->at_ms = at_ms;
    sift_up(h, h->n++, t);
}

int64_t ktimers_next(const ktimers *h)
{
    return h->n ? h->p[0]->at_ms : TIMER_NEVER;
}

ktimer *ktimers_pop(ktimers *h, int64_t now_ms)
{
    if (h->n == 0 || h->p[0]->at_ms > now_ms)
        return NULL;
    ktimer *t = h->p[0];
    ktimer_cancel(h, t);
    return t;
}
