/* Views: the owner's side. What a change replaces while a view shows it stays where it is, marked old; cursor.c
 * reads it there. */
#include "engine/state/view.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/state/store_int.h"

#define LOOK_EVERY 64     /* rows kept before the views are looked at again */
#define SETTLE_STEP 256   /* old entries that are settled then */
#define SETTLE_TEND 16384 /* ... in a store_tend() */
/* The epoch that replaced an entry is known by its low 32 bits: no view may be older than half their range. */
#define VIEW_EPOCHS_MAX ((uint64_t)1 << 31)

/* ---- old entries */

/* The newest view that shows an old entry; NULL: none. */
static pin *pin_of(const store *s, const entry *e)
{
    for (size_t i = s->pins.n; i-- > 0;) {
        pin *p = s->pins.p[i];
        if (p->epoch >= e->meta >> EPOCH_SHIFT && (int32_t)(e->change - (uint32_t)p->epoch) > 0)
            return p;
    }
    return NULL;
}

static size_t entry_bytes(const entry *e)
{
    return slab_room(e, entry_class(e->meta));
}

/* Entries of views that ended go, or on to an older view that shows them as well. */
static void settle(store *s, uint32_t max)
{
    while (s->drain.n && max-- > 0) {
        entry_list *l = &s->drain.p[s->drain.n - 1];
        if (l->n == 0) {
            VEC_FREE(l);
            s->drain.n--;
            continue;
        }
        entry *e = l->p[--l->n];
        pin   *p = pin_of(s, e);
        if (p) {
            VEC_PUSH(&p->kept, e);
            continue;
        }
        s->old_bytes -= entry_bytes(e);
        entry_free(s, e);
    }
}

/* ---- the end of a view */

static void view_unref(view *v)
{
    if (__atomic_sub_fetch(&v->refs, 1, __ATOMIC_ACQ_REL) == 0)
        mem_free(v);
}

void view_leave(view *v)
{
    if (__atomic_sub_fetch(&v->readers, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    for (size_t i = 0; i < v->n; i++)
        store_release(v->pins[i].s);
    view_unref(v);
}

void view_close(view *v)
{
    if (v)
        view_leave(v);
}

static void set_view_below(store *s)
{
    s->view_below = s->pins.n ? (s->pins.p[s->pins.n - 1]->epoch + 1) << EPOCH_SHIFT : 0;
}

/* The fence: a cursor that sees a row changed from here on sees this as well, and gives nothing. */
static void pin_end_as(store *s, size_t i, pin_end why)
{
    pin *p = s->pins.p[i];
    SET_RELEASE(&p->end, why);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    if (p->kept.n)
        VEC_PUSH(&s->drain, p->kept);
    else
        VEC_FREE(&p->kept);
    VEC_REMOVE(&s->pins, i);
    set_view_below(s);
    view_unref(p->v);
}

/* Views that were closed, or are over time or size, end. */
static void look_at_views(store *s)
{
    int64_t now = clock_mono_coarse_ms();
    for (size_t i = s->pins.n; i-- > 0;) {
        const pin *p = s->pins.p[i];
        if (GET_ACQUIRE(&p->v->readers) == 0 || now > p->v->limits.until_ms ||
            p->kept_bytes > p->v->limits.keep_bytes || (s->now >> EPOCH_SHIFT) - p->epoch > VIEW_EPOCHS_MAX - 2)
            pin_end_as(s, i, PIN_EXPIRED);
    }
}

void views_end(store *s)
{
    while (s->pins.n)
        pin_end_as(s, s->pins.n - 1, PIN_GONE);
    for (size_t i = 0; i < s->drain.n; i++)
        VEC_FREE(&s->drain.p[i]);
    s->drain.n = 0;
    s->old_bytes = 0;
}

void store_tend(store *s)
{
    if (s->pins.n)
        look_at_views(s);
    if (s->drain.n)
        settle(s, SETTLE_TEND);
    slab_trim(&s->entries);
    reclaim_step(&s->gone);
}

/* ---- keeping */

void epoch_end(store *s)
{
    s->now += EPOCH;
    if (s->pins.n && (s->now >> EPOCH_SHIFT) - s->pins.p[0]->epoch > VIEW_EPOCHS_MAX - 2)
        look_at_views(s);
}

/* Called when a view shows the entry. */
void views_keep(store *s, entry *e)
{
    size_t bytes = entry_bytes(e);
    bool   over = false;
    SET(&e->change, (uint32_t)(s->now >> EPOCH_SHIFT));
    SET_RELEASE(&e->meta, e->meta | ENTRY_OLD);
    for (size_t i = s->pins.n; i-- > 0 && s->pins.p[i]->epoch >= e->meta >> EPOCH_SHIFT;) {
        s->pins.p[i]->kept_bytes += bytes;
        over |= s->pins.p[i]->kept_bytes > s->pins.p[i]->v->limits.keep_bytes;
    }
    VEC_PUSH(&s->pins.p[s->pins.n - 1]->kept, e);
    s->old_bytes += bytes;
    if (over || ++s->kept_since_look >= LOOK_EVERY) {
        s->kept_since_look = 0;
        look_at_views(s);
        settle(s, SETTLE_STEP);
    }
}

/* ---- opening */

view *view_open(store *const *stores, size_t n, view_limits limits, status *st)
{
    for (size_t i = 0; i < n; i++) {
        store_tend(stores[i]);
        if (stores[i]->pins.n < STORE_VIEWS_MAX)
            continue;
        status_set(st, ST_LIMIT, "%d reads of this table are under way. Try again.", STORE_VIEWS_MAX);
        return NULL;
    }
    view *v = mem_zalloc(sizeof *v + n * sizeof *v->pins);
    v->readers = 1;
    v->refs = (uint32_t)n + 1;
    v->limits = limits;
    v->n = n;
    for (size_t i = 0; i < n; i++) {
        store *s = store_hold(stores[i]);
        pin   *p = &v->pins[i];
        *p = (pin){.v = v, .s = s, .epoch = s->now >> EPOCH_SHIFT, .rows = s->rows, .blocks = s->entries.blocks};
        VEC_PUSH(&s->pins, p);
        epoch_end(s);
        set_view_below(s);
    }
    return v;
}

uint64_t view_rows(const view *v, size_t store_index)
{
    return v->pins[store_index].rows;
}
