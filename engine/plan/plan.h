/* Plans: what a query does, as read-only data. EXPLAIN prints it, tasks and `weir replay` run it.
 *
 * A node's output rows have a layout: named, typed slots. Expressions are compiled against the layout
 * of the node's input when the plan is made, and are shared by all tasks of the query.
 *
 * Rows carry the key twice where a query may tell the two apart: `keys` are the slots that hold the
 * record's key (K), other slots hold the columns as values. For a plain source they are the same
 * slots; joins, PARTITION BY and GROUP BY append slots of their own for the key
 * (spec/processing-semantics.md 1.2, 4.0).
 */
#ifndef ENGINE_PLAN_PLAN_H
#define ENGINE_PLAN_PLAN_H

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "engine/agg/agg.h"
#include "engine/plan/catalog.h"
#include "engine/compile/compile.h"
#include "engine/func/func.h"
#include "engine/settings/settings.h"
#include "parser/ast.h"

#define SLOT_NONE UINT32_MAX

typedef struct layout_key {
    uint32_t   slot;
    str       *viable; /* names of the value columns that equal this key part; in order of preference */
    uint32_t   viable_count;
    ast_expr **same; /* expressions other than columns that equal it, as joins compared them */
    uint32_t   same_count;
} layout_key;

typedef struct layout {
    xcolumn    *cols;
    uint32_t    n;
    layout_key *keys;
    uint32_t    key_count;
    window_info window;       /* of the key */
    uint32_t    wstart, wend; /* slots of the bounds, or SLOT_NONE */
    side_format key_format;   /* how the key is serialised in stores and internal topics */
    side_format value_format; /* the left-most source's */
    bool       *needed;       /* slots that anything downstream reads (plan_mark_needed) */
} layout;

typedef enum plan_kind {
    PLAN_SOURCE,
    PLAN_FILTER,
    PLAN_PROJECT,
    PLAN_REKEY, /* PARTITION BY, a join side's key, GROUP BY: computes new key slots */
    PLAN_FLATMAP,
    PLAN_REPARTITION, /* through an internal topic: ends a stage */
    PLAN_AGGREGATE,
    PLAN_JOIN_STREAMS,
    PLAN_JOIN_TABLE,  /* stream with table */
    PLAN_JOIN_TABLES, /* on primary keys */
    PLAN_JOIN_FOREIGN
} plan_kind;

typedef struct plan_node plan_node;

typedef enum rekey_rule {
    REKEY_PARTITION_BY, /* an error or NULL gives a NULL key part; V = null passes */
    REKEY_JOIN,         /* likewise; what becomes of a NULL key is the join's affair */
    REKEY_GROUP_BY      /* a row with an error or NULL in any part is dropped */
} rekey_rule;

typedef struct plan_agg {
    agg_call     *call;
    const xnode **args;
    uint32_t      arg_count;
    str           text; /* for EXPLAIN */
} plan_agg;

struct plan_node {
    plan_kind  kind;
    bool       is_table; /* the output is a table's changes */
    layout     out;
    plan_node *in[2];
    str        step; /* processing-log step: "KsqlTopic.Source", "WhereFilter", ... */

    union {
        struct {
            source *src; /* borrowed from the plan, which holds a reference */
            str     alias;
            bool    tap; /* as plan_options.tap */
            /* slots of out: keys, bounds, values, headers in order, then the three pseudo columns */
            uint32_t *column_slot; /* of src->schema.cols[i] */
            uint32_t  rowtime, rowpartition, rowoffset;
        } source;
        struct {
            const xnode    *predicate;
            const ast_expr *text;
            bool            no_old; /* behind a foreign-key join: a row that fails is a tombstone */
        } filter;
        struct {
            const xnode    **exprs; /* one a slot of out */
            const ast_expr **texts;
            str             *names; /* for the processing log */
        } project;
        struct {
            const xnode    **exprs; /* one a key part */
            const ast_expr **texts;
            rekey_rule       rule;
            bool            *from_key; /* uses nothing but key columns: works when the row is null */
            bool             drop_key; /* PARTITION BY NULL */
        } rekey;
        struct {
            func_call **calls;
            uint32_t    n;
            uint32_t    first_slot; /* KSQL_SYNTH_0 */
        } flatmap;
        struct {
            str  topic;          /* suffix: "Aggregate-GroupBy-repartition" */
            bool keep_null_keys; /* an outer join downstream wants them */
        } repartition;
        struct {
            ast_window window;
            bool       is_windowed, emit_final;
            int64_t    size_ms, advance_ms, grace_ms, retention_ms; /* sessions: size = gap */
            plan_agg  *aggs;
            uint32_t   agg_count;
            uint32_t   first_agg_slot; /* of out; keys come before */
            str        store;
            str        columns; /* used around the aggregates, for upgrades: "`ID`, `ROWTIME`" */
        } agg;
        struct {
            ast_join_kind kind;
            bool          swapped; /* a RIGHT join run as LEFT with the sides exchanged */
            bool          has_grace;
            bool          synthetic; /* the key is no source's column: ROWKEY */
            int64_t       before_ms, after_ms, grace_ms, retention_ms;
            const xnode  *foreign_key; /* PLAN_JOIN_FOREIGN: over the left layout */
            uint32_t      left_slots;  /* out: left's slots, right's slots, then the key's */
        } join;
    };
};

/* One column a query gives out. */
typedef struct plan_output {
    str         name;
    const type *type;
    bool        is_key;             /* of the sink, or (pull queries) marked KEY */
    bool        keeps_on_tombstone; /* key column or window bound */
} plan_output;

typedef enum plan_result { RESULT_STREAM, RESULT_TABLE } plan_result;

typedef struct plan {
    arena        a;
    plan_node   *root; /* PLAN_PROJECT: slots are `outputs` in order */
    plan_result  result;
    plan_output *outputs;
    uint32_t     output_count;
    window_info  window;  /* of the result's key */
    source     **sources; /* read, referenced; left to right */
    uint32_t     source_count;
    bool         has_limit;
    int64_t      limit;
    /* Persistent queries: where results go. NULL for transient ones. */
    source          *sink;          /* referenced */
    const ast_query *shown;         /* as errors found behind planning quote it */
    bool             grace_warning; /* stream-stream join without GRACE PERIOD */
} plan;

typedef struct plan_options {
    const catalog *catalog;
    settings_view  settings;
    str            sink_name; /* for error texts */
    str            ts_column; /* of the sink (WITH TIMESTAMP); n = 0: none */
    bool           transient; /* push or pull query: keys are not required in the projection */
    bool           pull;      /* a pull query: faults of WHERE are worded as its interpreter does */
    /* A push query that taps the running query behind its source (spec/processing-semantics.md 8.6): a table's
     * changes are read like a stream; records without value are left out, and those that lack their key. */
    bool tap;
    str  text; /* the text that was parsed, for lines and columns */
    /* Partitions of a topic; 0 when unknown. */
    int32_t (*partitions)(void *ctx, str topic);
    void *ctx;
} plan_options;

/* Plans one query. The plan keeps a copy of what it needs of q. Errors: ST_SQL with ksqlDB's texts. */
plan *plan_query(const ast_query *q, const plan_options *opt, status *st);
void  plan_free(plan *p); /* NULL is fine */

/* EXPLAIN's text of the plan. */
void plan_explain(const plan *p, buf *out);

#endif
