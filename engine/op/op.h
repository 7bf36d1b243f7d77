/* Operators: what a stage of a query does to records, depth first, one record at a time.
 *
 * Each operator is a struct with `push`; it hands its outputs to `out` before it returns, so that
 * order is that of spec/processing-semantics.md 0. Operators take no locks, allocate from the
 * pipeline's batch arena only, and are used by one thread at a time.
 */
#ifndef ENGINE_OP_OP_H
#define ENGINE_OP_OP_H

#include "engine/op/pipeline.h"
#include "engine/plan/plan.h"
#include "engine/state/store.h"

/* A record between operators. Rows are laid out as the plan node's `out` says. Key slots of `row` are
 * filled even when the row is null. */
typedef struct record {
    value   *row;     /* never NULL */
    value   *old;     /* tables: the row before; only with has_old */
    bool     has_key; /* false: the record's key is null */
    bool     has_row; /* false: the value is null, a tombstone for tables */
    bool     has_old;
    int64_t  ts;
    int64_t  wstart, wend; /* of a windowed key */
    uint32_t header_count; /* wire form, as in rec_view */
    str      headers;
} record;

typedef struct op op;
struct op {
    void (*push)(op *o, record *r, int port);
    void (*close)(op *o); /* frees what the arena does not hold; may be NULL */
    /* No record is there to be read: gives out what the clock held back. Returns when it wants to be asked again,
     * INT64_MAX: not before a record came. NULL: it holds nothing back. */
    int64_t (*idle)(op *o);
    /* The ends where records come in; NULL elsewhere. feed: pipeline_feed(); peek: pipeline_peek_ts(). */
    feed_result (*feed)(op *o, const rec_view *r, int32_t partition);
    bool (*peek)(op *o, const rec_view *r, int64_t *ts);
    /* Those that keep a table: a stored row as the operator gives it out, into `row` of plan->out (of the sink: of the
     * plan's outputs), which is all NULL. false: it is none (torn). */
    bool (*read)(op *o, arena *a, str key, const store_row *sr, value *row);
    store           *table;     /* what it keeps; NULL: none */
    serde           *table_key; /* of the table's keys, without the window */
    op              *out;
    int              out_port;
    store           *by_key[2]; /* stores it looks the keys of records up in, or NULL */
    const plan_node *plan;
    pipeline        *pl;
    ectx             cx;
};

/* Filters and projections as functions of a row, for readers of the table below them. */
bool op_filter_test(op *o, const value *row);
void op_project_row(op *o, const value *row, value *out);

static inline void op_forward(op *o, record *r)
{
    o->out->push(o->out, r, o->out_port);
}

/* Constructors, one per plan_kind; memory from the pipeline's arena. */
op *op_source_new(pipeline *pl, const plan_node *n);
op *op_filter_new(pipeline *pl, const plan_node *n);
op *op_project_new(pipeline *pl, const plan_node *n);
op *op_rekey_new(pipeline *pl, const plan_node *n);
op *op_flatmap_new(pipeline *pl, const plan_node *n);
op *op_aggregate_new(pipeline *pl, const plan_node *n);
op *op_join_streams_new(pipeline *pl, const plan_node *n);
op *op_join_table_new(pipeline *pl, const plan_node *n);
op *op_join_tables_new(pipeline *pl, const plan_node *n);
op *op_join_foreign_new(pipeline *pl, const plan_node *n);
/* Writes to the internal topic of a PLAN_REPARTITION, and reads from it. */
op *op_repartition_write_new(pipeline *pl, uint32_t topic);
op *op_repartition_read_new(pipeline *pl, const plan_node *n);
/* The end of a plan: the sink topic, or the rows of a transient query. */
op *op_sink_new(pipeline *pl, const plan *p);

void *op_alloc(pipeline *pl, size_t bytes, const plan_node *n, void (*push)(op *, record *, int));

/* The serialised key of the slots that n's rows are keyed by, in its key format; the bytes stay valid
 * until the next call on the same keyer. */
typedef struct keyer {
    serde          *serde;
    const uint32_t *slots;
    uint32_t        n;
    value          *tmp;
    buf             out;
    const layout   *l;
} keyer;
void keyer_init(keyer *k, pipeline *pl, const layout *l);
str  keyer_bytes(keyer *k, const record *r); /* with the window appended when the key has one */
void keyer_free(keyer *k);

/* Store rows of a layout's needed slots. */
typedef struct rower {
    const type **types;
    uint32_t    *slots;
    uint32_t     n;
    value       *tmp;
    buf          out;
} rower;
void rower_init(rower *w, pipeline *pl, const layout *l, bool with_keys);
str  rower_encode(rower *w, const value *row);
/* Fills the slots that were stored; the others stay as they are. */
bool rower_decode(rower *w, arena *a, str bytes, value *row);
void rower_free(rower *w);

/* A store of the pipeline under its changelog name; restored and logged by the task. */
store *pipeline_store(pipeline *pl, str name, bool windowed);

/* Reports a failure to the processing log; step is the plan node's, type as in spec 7.2. */
void op_error(op *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* An error that stops the query (spec/processing-semantics.md 7.1: fail). */
void op_fatal(op *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
