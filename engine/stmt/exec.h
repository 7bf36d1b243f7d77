/* Executing statements: what the statement files share.
 *
 * A handler says what its statement makes of the catalog: it changes x->m, a version of its own, by the exec_put_* and
 * exec_remove_* calls below, and nothing else. All of it is carried out together when the handler has succeeded
 * (effects.c): topics made, queries prepared, rows kept in one transaction, the version published, and then the runtime
 * told what is desired. A dry run ends before that.
 */
#ifndef ENGINE_STMT_EXEC_H
#define ENGINE_STMT_EXEC_H

#include "engine/agg/agg.h"
#include "engine/plan/plan.h"
#include "engine/stmt/answer_build.h"
#include "engine/stmt/engine_int.h"
#include "engine/stmt/with.h"
#include "parser/parser.h"
#include "storage/kept.h"

/* What a statement changes, gathered until it has succeeded. Memory: the request's arena. */
typedef struct effects {
    VEC(source *) sources;     /* put; borrowed from the catalog's next version */
    VEC(kept_row) rows;        /* those of other kinds, and removals */
    VEC(tlog_topic) topics;    /* to be made */
    VEC(str) deleted_topics;   /* deleted once the catalog no longer names them */
    VEC(query_info *) started; /* new or in place of another; borrowed likewise */
    VEC(query_info *) changed; /* paused or resumed */
    VEC(str) stopped;          /* ids */
    bool settings;             /* ALTER SYSTEM */
} effects;

typedef VEC(const answer *) answer_list;

struct insert_group;

typedef struct exec {
    engine              *e;
    session             *s;
    arena               *a;
    metastore           *m;
    effects             *fx;      /* NULL: the statement may not change the catalog */
    struct insert_group *inserts; /* rows of INSERT VALUES that are written together */
    bool                 dry;     /* validating: nothing outside m may change */
    bool                 loading; /* of a command that was accepted once: topics are not looked at */
    const ast_stmt      *stmt;
    str                  text; /* the parsed text, for positions */
    int64_t              seq;  /* of the statement, if it is kept */
    status              *st;
    answer_list         *out;            /* what the statements answered until now, this one's last */
    answer_kind          answer;         /* what it will answer: of its row in the table of statements */
    str                  statement_text; /* what answers and errors quote */
    str                  shown_text;     /* what errors quote instead, once a query is planned; n = 0 before */
    const char          *warning;        /* of the statement, for its answer; NULL: none */
    str                  awaited;        /* id of the query that the answer waits for, without any lock; n = 0: none */
    status               lookup;         /* why a topic could not be looked up; ST_OK: all could be */
} exec;

int64_t exec_now(exec *x); /* wall clock, ms */
/* Gives false. The message must not be made from x->st->msg. */
#define exec_fail(x, ...) status_set((x)->st, ST_SQL, __VA_ARGS__)

/* What has become of a statement: ok, unless it took a topic for absent that only could not be looked up. */
bool exec_settle(exec *x, bool ok);

/* The statement with its variables filled in (spec 1.8); NULL + st. */
const ast_stmt *exec_substitute(exec *x, const ast_stmt *s);

/* All statements on copies of the catalog and session, then each for real. */
bool exec_run_all(engine *e, session *s, ast_stmt **list, size_t n, str text, arena *a, answer_list *out,
                  engine_error *err);
/* What the table of statements tells. */
bool        stmt_changes_catalog(ast_stmt_kind k);
answer_kind stmt_answer(const ast_stmt *s);

/* One statement of an old catalog, on x->m alone. */
bool exec_run_loading(exec *x, const ast_stmt *stmt);

/* ---- the handlers; each checks everything that can be checked in a dry run */
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
bool stmt_assert_topic(exec *x);
bool stmt_assert_schema(exec *x);
bool stmt_connector(exec *x);
bool stmt_show_sources(exec *x); /* also DESCRIBE STREAMS and TABLES */
bool stmt_show_queries(exec *x);
bool stmt_show_topics(exec *x);
bool stmt_show_types(exec *x);
bool stmt_show_variables(exec *x);
bool stmt_show_functions(exec *x);
bool stmt_show_properties(exec *x);
bool stmt_describe(exec *x);
bool stmt_describe_function(exec *x);
bool stmt_explain(exec *x);

/* ---- what a statement changes (effects.c) */
void exec_put_source(exec *x, source *s); /* takes over one reference */
void exec_remove_source(exec *x, str name);
void exec_put_type(exec *x, str name, const type *t);
bool exec_remove_type(exec *x, str name); /* was it there? */
/* Takes over one reference. replaces: the query whose place it takes, or NULL. false: too many queries. */
bool exec_put_query(exec *x, query_info *q, const query_info *replaces);
void exec_remove_query(exec *x, str id);
void exec_pause_query(exec *x, query_info *q, bool paused);
void exec_put_system(exec *x, str key, str text);
/* retention_ms -2: the default; policy: cleanup.policy, NULL: the default. */
void exec_create_topic(exec *x, str name, int32_t partitions, int64_t retention_ms, const char *policy);
void exec_delete_topic(exec *x, str name);
/* Carries the effects out and publishes x->m. With the engine's lock held. On failure nothing has changed. */
bool effects_apply(exec *x);

bool topic_exists(exec *x, str name);
/* 0: there is none, or the log cannot tell (x->lookup): exec_settle() then refuses what was made of that. */
int32_t topic_partitions(exec *x, str name);
int16_t topic_replication(exec *x, str name);          /* of one that will be made: 1 */
bool    topic_get(exec *x, str name, tlog_topic *out); /* likewise */
bool    topic_is_readonly(exec *x, str name);

/* ---- answers */
/* An answer to be filled with rows; with answer_end() it is the statement's. */
answer_draft *answer_begin(exec *x, answer_kind k);
bool          answer_end(exec *x, answer_draft *d); /* true */
/* SUCCESS of a command: its id is OF/NAME/ACTION, the name in back-ticks or not. All four give true. */
bool answer_command(exec *x, const char *of, str name, const char *action, bool quoted, str message, str query_id);
bool answer_warning(exec *x, str message);
/* Adds a warning to what was answered last. */
void answer_warn_last(exec *x, str message);
/* CREATE ... IF NOT EXISTS of what is there. */
bool answer_exists(exec *x, source_kind kind, const source *was);
/* What the runtime says of a query; before it has heard of it: what is desired. */
run_info                 query_state(engine *e, const query_info *q);
extern const char *const run_state_names[];    /* by run_state */
bool                     explain_all(exec *x); /* SHOW QUERIES EXTENDED */

/* ---- settings, as the statement's session sees them; while x->m stays */
settings_view exec_settings(const exec *x);
str           exec_text(const exec *x, setting_id id);
bool          exec_flag(const exec *x, setting_id id);

/* ---- rows of INSERT VALUES (insert_values.c) */
/* Writes what has been gathered; durable when it returns. */
bool                 insert_group_flush(struct insert_group *g, tlog *log, status *st);
struct insert_group *insert_group_new(arena *a);
void                 insert_group_free(struct insert_group *g); /* what was not flushed is dropped */

/* ---- shared by statements */
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
/* Makes the plan of a query from what is kept of it; on failure q->fault tells why. */
void query_plan(query_info *q);
/* A query as its statement makes it. The plan, with its sink, is taken over. */
query_info *query_of_statement(exec *x, query_kind kind, plan *p, str id, str text);
/* INSERT INTO ... SELECT: results must be the target's columns by name and order; a DECIMAL may become a wider one and
 * a numeric literal what its column is. */
bool         query_match_target(plan *p, const source *target, status *st);
plan_options exec_plan_options(exec *x);
str          print_text(arena *a, void (*print)(buf *, const ast_stmt *), const ast_stmt *s);

#endif
