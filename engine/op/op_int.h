/* The inside of a pipeline, for the operators. */
#ifndef ENGINE_OP_OP_INT_H
#define ENGINE_OP_OP_INT_H

#include "base/vec.h"
#include "engine/op/op.h"

typedef struct named_store {
    str    name;
    store *s;
} named_store;

typedef VEC(store *) store_list;

struct pipeline {
    arena        a;     /* operators; lives as long as the pipeline */
    arena        batch; /* rows; reset by pipeline_end_batch */
    const plan  *plan;
    const stage *stage;
    pipeline_env env;
    op         **inputs;    /* one a stage input */
    store_list  *expecting; /* by input: the stores its records' keys will be looked up in */
    VEC(op *) ops;
    VEC(named_store) stores;
    VEC(serde *) serdes;
    VEC(int64_t *) clocks;
    int64_t         stream_time; /* highest timestamp fed: the task's stream time */
    int64_t         now_ms;      /* as of the batch's first record; 0: not asked yet */
    bool            failed;
    status         *st; /* while it is being built */
    pipeline_state *state_list;
    op             *materialised; /* what pull queries read, or NULL */
};

/* Loops over what one record brings end when this is so. */
static inline bool pipeline_stops(const pipeline *pl)
{
    return pl->failed || (pl->env.stop && atomic_load_explicit(pl->env.stop, memory_order_relaxed));
}

/* A schema is missing: tells the environment. false: nobody waits for it. */
bool pipeline_wait(pipeline *pl, str topic, int32_t schema_id);

/* Does anything above node n look at the rows that its changes replace? */
bool pipeline_wants_old(const pipeline *pl, const plan_node *n);

serde *pipeline_serde(pipeline *pl, const serde_spec *spec);
/* A pre-filled row: all NULL. */
static inline value *row_new_null(arena *a, uint32_t n)
{
    return memset(arena_alloc(a, n * sizeof(value)), 0, n * sizeof(value));
}

#endif
