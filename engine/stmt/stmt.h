/* Executing statements: what the statement files share. */
#ifndef ENGINE_STMT_H
#define ENGINE_STMT_H

#include <pthread.h>

#include "base/vec.h"
#include "engine/agg/agg.h"
#include "engine/plan/catalog.h"
#include "engine/engine.h"
#include "engine/plan/plan.h"

#include "engine/stmt/topic_rules.h"
#include "engine/stmt/with.h"
#include "parser/parser.h"

typedef struct query_info { /* a persistent query as the catalog knows it; immutable */
    arena   a;
    int     refs;
    str     id;
    plan   *plan;
    str     sink; /* source name; n = 0: CREATE SOURCE TABLE */
    str     sql;
    int64_t seq;
    bool    is_insert;
    map     properties; /* of the session that made it */
} query_info;

query_info *query_ref(query_info *q);
void        query_unref(query_info *q);

/* The catalog with the queries in it. Statements change a copy, which then takes the old one's place:
 * queries and inserts read the one they found without a lock. */
typedef struct metastore {
    _Atomic int refs;
    catalog     cat;
    map         queries; /* id -> query_info * */
    map         topics;  /* validation only: topics that would be made: name -> int32_t * partitions */
} metastore;

struct engine {
    engine_options         opt;
    char                  *state_dir; /* opt.state_dir, owned */
    pthread_mutex_t        lock;      /* one statement at a time; guards order and next_seq */
    pthread_mutex_t        meta_lock; /* guards the pointer; never held for longer than it takes to copy it */
    metastore             *meta;
    settings_system        system; /* written under lock */
    arena                  a;      /* what lives as long as the engine; guarded by meta_lock */
    struct processing_log *plog;   /* NULL: none is kept */
    topic_rules            hidden_topics, readonly_topics;
    VEC(query_info *) order; /* queries as they were created; a replaced one keeps its place */
    int64_t         next_seq;
    bool            replaying; /* the statement was accepted before and is kept already */
    struct runtime *run;       /* NULL when manual */
    pthread_mutex_t push_lock; /* guards pushes */
    VEC(push_query *) pushes;
    uint64_t pull_count;
};

typedef struct exec {
    engine         *e;
    session        *s;
    arena          *a;
    metastore      *m;
    bool            dry; /* validating: nothing outside m may change */
    const ast_stmt *stmt;
    str             text; /* the parsed text, for positions */
    int64_t         seq;  /* of the command */
    status         *st;
    json_t         *out;            /* array of entities */
    str             statement_text; /* what answers and errors quote */
    str             shown_text;     /* what errors quote instead, once a query is planned; n = 0 before */
    const char     *warning;        /* of the statement, for its answer; NULL: none */
} exec;

int64_t exec_now(exec *x); /* wall clock, ms */
/* Gives false. The message must not be made from x->st->msg. */
#define exec_fail(x, ...) status_set((x)->st, ST_SQL, __VA_ARGS__)

/* The statement with its variables filled in (spec 1.8); NULL + st. */
const ast_stmt *exec_substitute(exec *x, const ast_stmt *s);

/* The handlers; each checks everything that can be checked in a dry run. */
bool stmt_create_source(exec *x);
bool stmt_create_as(exec *x);
bool stmt_insert_select(exec *x);
bool stmt_insert_values(exec *x);
bool stmt_drop(exec *x);
bool stmt_alter(exec *x);
bool stmt_create_type(exec *x);
bool stmt_drop_type(exec *x);
bool stmt_query_control(exec *x); /* TERMINATE, PAUSE, RESUME */
bool stmt_set(exec *x);
bool stmt_unset(exec *x);
bool stmt_define(exec *x);
bool stmt_undefine(exec *x);
bool stmt_alter_system(exec *x);
bool stmt_assert_topic(exec *x); /* waits, with the statements' lock let go */
bool stmt_assert_schema(exec *x);
bool stmt_connector(exec *x);
bool stmt_show(exec *x);
bool stmt_show_properties(exec *x);
bool stmt_describe(exec *x);
bool stmt_explain(exec *x);

/* Entities. */
void    entity_add(exec *x, json_t *entity);
json_t *entity_new(exec *x, const char *kind);
/* currentStatus with SUCCESS. */
void    entity_status(exec *x, const char *kind, str name, const char *action, bool quoted, str message, str query_id);
json_t *json_str(str s);

/* Fills the statistics of a source's extended description. */
void source_stats_put(exec *x, const source *s, json_t *o);
/* Settings as the server and ALTER SYSTEM give them; as the statement's session sees them. */
settings_view engine_settings(const engine *e);
settings_view exec_settings(const exec *x);
str           exec_text(const exec *x, setting_id id);
bool          exec_flag(const exec *x, setting_id id);

/* Topics. */
bool    topic_exists(exec *x, str name);
int32_t topic_partitions(exec *x, str name); /* 0: unknown */
bool    topic_create(exec *x, str name, int32_t partitions, int64_t retention_ms, const char *policy);
bool    topic_is_readonly(exec *x, str name);

metastore *metastore_take(engine *e); /* the present one, for reading; metastore_release() it */
void       metastore_release(metastore *m);

/* Adds a query to the metastore and, when not dry, starts it. */
bool        query_add(exec *x, query_info *q, query_info *replaces);
bool        query_stop(exec *x, str id);
query_info *query_find(const metastore *m, str id);

/* Checks that columns can be serialised, with ksqlDB's wrapper around the format's reason. */
bool check_serde(exec *x, const schema *s, const side_format *f, bool is_key);
/* The column that TIMESTAMP names, folded like an identifier. */
bool timestamp_name(exec *x, const with_props *w, str *out);
/* TIMESTAMP and TIMESTAMP_FORMAT of a source or sink whose schema is known. */
bool check_timestamp(exec *x, source *src, const with_props *w);
/* The statement's columns as src's schema, their types resolved. */
bool stmt_read_columns(exec *x, source *src, bool table);
/* The value of a constant expression as INSERT VALUES takes it for a column of type t. */
bool stmt_constant(exec *x, const ast_expr *e, str name, const type *t, value *out);
/* A serde of the source's key or value columns, in their order. Call serde_free. */
serde *source_serde(arena *a, const source *t, column_ns ns, status *st);
/* OR REPLACE: may `was` become `now` (spec 2.4)? */
bool check_upgrade(exec *x, const source *was, const source *now);
/* Push queries by id, for TERMINATE. */
bool         engine_is_push_query(engine *e, str id);
bool         engine_end_push_query(engine *e, str id);
plan_options exec_plan_options(exec *x);
str          print_text(arena *a, void (*print)(buf *, const ast_stmt *), const ast_stmt *s);

#endif
