/* The inside of an engine, for stmt/ and the drivers that stand on it (replay/, sqltest/). */
#ifndef ENGINE_STMT_ENGINE_INT_H
#define ENGINE_STMT_ENGINE_INT_H

#include <pthread.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/query/query.h"
#include "engine/run/metastore.h"
#include "engine/run/runtime.h"
#include "engine/stmt/topic_rules.h"

struct engine {
    engine_options         opt;
    char                  *state_dir; /* opt.state_dir, owned */
    pthread_mutex_t        lock;      /* one change of the catalog at a time, from reading it to publishing the next */
    pthread_mutex_t        meta_lock; /* guards the pointer; never held for longer than it takes to copy it */
    metastore             *meta;
    arena                  a;    /* what lives as long as the engine */
    struct processing_log *plog; /* NULL: none is kept */
    topic_rules            hidden_topics, readonly_topics;
    runtime               *run; /* NULL when manual */
    query_hub              hub; /* of SELECT and PRINT */
};

/* The present version of the catalog, for reading; metastore_release() it. */
metastore *engine_take(engine *e);
/* m takes the present version's place; the reference is taken over. With the lock held. */
void engine_publish(engine *e, metastore *m);

#endif
