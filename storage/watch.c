#include "storage/watch_int.h"

void watch_init(watch_list *w)
{
    *w = (watch_list){0};
    pthread_mutex_init(&w->lock, NULL);
}

void watch_deinit(watch_list *w)
{
    VEC_FREE(&w->v);
    pthread_mutex_destroy(&w->lock);
}

uint64_t watch_add(watch_list *w, void (*wake)(void *ctx), void *ctx)
{
    pthread_mutex_lock(&w->lock);
    watch    x = {++w->last_id, wake, ctx};
    uint64_t id = x.id;
    VEC_PUSH(&w->v, x);
    /* Sequentially consistent: the watcher looks at the offsets next, the appender stored them before
     * it looks here; one of them sees the other. */
    atomic_store(&w->count, (uint32_t)w->v.n);
    pthread_mutex_unlock(&w->lock);
    return id;
}

void watch_remove(watch_list *w, uint64_t id)
{
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->v.n; i++) {
        if (w->v.p[i].id == id) {
            VEC_REMOVE(&w->v, i);
            break;
        }
    }
    atomic_store(&w->count, (uint32_t)w->v.n);
    pthread_mutex_unlock(&w->lock);
}

void watch_wake(watch_list *w)
{
    if (atomic_load(&w->count) == 0)
        return;
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->v.n; i++)
        w->v.p[i].wake(w->v.p[i].ctx);
    pthread_mutex_unlock(&w->lock);
}
