/* Who wants to hear that a partition grew. Calls are made with the list locked, so that none is in
 * flight once watch_remove() has returned; a callback must not add or remove watches. */
#ifndef STORAGE_WATCH_INT_H
#define STORAGE_WATCH_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/vec.h"

typedef struct watch {
    uint64_t id;
    void (*wake)(void *ctx);
    void *ctx;
} watch;

typedef struct watch_list {
    pthread_mutex_t lock;
    VEC(watch) v;
    uint64_t         last_id;
    _Atomic uint32_t count; /* = v.n, read without the lock by appenders */
} watch_list;

void     watch_init(watch_list *w);
void     watch_deinit(watch_list *w);
uint64_t watch_add(watch_list *w, void (*wake)(void *ctx), void *ctx);
void     watch_remove(watch_list *w, uint64_t id);
/* Call after the change was published by a sequentially consistent store. */
void watch_wake(watch_list *w);

#endif
