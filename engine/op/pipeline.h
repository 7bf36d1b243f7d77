/* A pipeline: the operators of one stage of a query for one task, with their state.
 *
 * A plan is cut at its repartitions into stages. Stage s reads topics (inputs) and writes topics
 * (outputs); all its operators share stores, so a stage and a partition make a task. A pipeline knows
 * no threads, no clock and no log: it is fed records and gives records to its environment. Tasks
 * (task.h) run it over a tlog, the deterministic driver (driver.h) runs it record by record.
 */
#ifndef ENGINE_OP_PIPELINE_H
#define ENGINE_OP_PIPELINE_H

#include <stdatomic.h>

#include "engine/plan/plan.h"
#include "engine/state/store.h"
#include "storage/rec.h"

typedef struct pipeline pipeline;

/* ---- stages */

typedef struct stage_input {
    const plan_node *node;  /* PLAN_SOURCE, or PLAN_REPARTITION read from its topic */
    str              topic; /* external; of an internal one the suffix */
    bool             internal;
    uint32_t         internal_index; /* among the query's internal topics */
} stage_input;

typedef struct stage {
    stage_input     *inputs;
    uint32_t         input_count;
    bool             single_task;  /* all partitions in one task: foreign-key joins */
    const plan_node *top;          /* the node whose output leaves the stage */
    int32_t          internal_out; /* index of the internal topic it writes, -1: the plan's end */
} stage;

typedef struct stage_list {
    stage            *s;
    uint32_t          n;
    str              *internal_topics; /* suffixes, by index */
    const plan_node **internal_nodes;
    uint32_t          internal_count;
} stage_list;

/* Upstream stages first. */
stage_list stages_of(arena *a, const plan *p);

/* ---- the environment */

typedef enum proc_error { /* spec/processing-semantics.md 7.2 */
                          PROC_DESERIALIZATION = 0,
                          PROC_PROCESSING = 1,
                          PROC_PRODUCTION = 2,
                          PROC_SERIALIZATION = 3,
                          PROC_THREAD = 4
} proc_error;

/* What could not be done with a record. Everything lives for the call. */
typedef struct proc_failure {
    proc_error    kind;
    str           step;
    const char   *msg;
    const char   *target; /* of PROC_DESERIALIZATION and PROC_SERIALIZATION: "key" or "value"; else NULL */
    str           topic;  /* likewise */
    str           bytes;  /* what could not be deserialized */
    const layout *layout; /* of the row that was worked on */
    const value  *row;    /* NULL: there is none */
} proc_failure;

typedef struct out_record { /* a record for a topic */
    int32_t internal;       /* index of the internal topic; -1: the sink */
    rec_out r;
} out_record;

typedef struct pipeline_env {
    void *ctx;
    void (*emit)(void *ctx, const out_record *r); /* lives for the call */
    /* Transient queries: an output row in the order of plan.outputs. false: no more are wanted. */
    bool (*row)(void *ctx, const value *row, bool tombstone, int64_t ts);
    void (*error)(void *ctx, const proc_failure *f); /* may be NULL */
    /* The query cannot go on. */
    void (*fatal)(void *ctx, const char *msg);
    /* The record that is being fed cannot be read before the schema is known: pipeline_feed() will give FEED_WAIT.
     * topic: the record's, of an internal one the suffix. NULL: nobody waits; such a record is refused as unreadable.
     */
    void (*wait)(void *ctx, str topic, int32_t schema_id);
    int64_t (*now_ms)(void *ctx);
    /* Closed windows and unmatched rows are looked for at most once in so many ms (0: always). */
    int64_t emit_interval_ms, join_interval_ms;
    bool    throw_on_bad_timestamp;
    /* Set by another thread to end the work on a record before it is done; what it gave out must be thrown away then.
     * NULL: nobody will. */
    const atomic_bool *stop;
} pipeline_env;

/* Memory of its own. Errors: ST_SQL (a format that cannot hold its columns). */
pipeline *pipeline_new(const plan *p, const stage *s, const pipeline_env *env, status *st);
void      pipeline_free(pipeline *pl);

typedef enum feed_result {
    FEED_DONE,
    FEED_WAIT /* nothing happened: the record waits for a schema (env.wait) and is to be fed again */
} feed_result;

/* One record of an input; partition as ROWPARTITION shall show it. */
feed_result pipeline_feed(pipeline *pl, uint32_t input, const rec_view *r, int32_t partition);
/* There is nothing to feed for now: what the clock held back is given out. Returns when (ms) it should be called
 * again though no record came; INT64_MAX: there is no need. */
int64_t pipeline_idle(pipeline *pl);
/* Records that will be fed next; at most STORE_EXPECT_MAX. Only speed depends on this being called. */
void pipeline_expect(pipeline *pl, uint32_t input, const rec_view *r, uint32_t n);
/* The timestamp that the record will be processed with: the source's extractor applied. false: it
 * would be dropped, or waits for a schema. Used to choose the input whose next record is oldest. */
bool pipeline_peek_ts(pipeline *pl, uint32_t input, const rec_view *r, int64_t *ts);
/* Forgets the memory of the rows fed so far and what time it is; call after each batch. */
void pipeline_end_batch(pipeline *pl);

/* ---- state */

typedef struct pipeline_state {
    str    name; /* of the changelog: "Aggregate-Aggregate-Materialize" */
    store *s;
} pipeline_state;
size_t pipeline_states(pipeline *pl, pipeline_state **out);
/* Small numbers that belong to the state (stream times): saved and restored with it. */
size_t pipeline_clocks(pipeline *pl, int64_t ***out);

/* ---- reading materialised tables (pull queries) */

typedef struct table_row {
    value  *row; /* as plan.outputs */
    int64_t ts, wstart, wend;
} table_row;

/* The store of the table that this pipeline materialises, whose rows pipeline_read_row() takes; NULL: it materialises
 * nothing. state/view.h reads it beside the task. */
store *pipeline_table(const pipeline *pl);

/* Readers work with a pipeline of their own, which is never fed: it has the decoders and the room to work in, the rows
 * come from the task's store. One thread at a time; only where there is a table. */

/* A key of the table as its store has it, without the window. false: it cannot be serialised. */
bool pipeline_key_bytes(pipeline *pl, const value *key, uint32_t n, arena *a, str *out);
/* A stored row as the query's sink shows it; it may point into key, row and arena, and is valid until
 * pipeline_end_batch(). false: HAVING does not hold. */
bool pipeline_read_row(pipeline *pl, arena *a, str key, const store_row *sr, table_row *out);

#endif
