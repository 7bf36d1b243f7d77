/* The engine: SQL statements in, running queries, tables to read. The public face of engine/.
 *
 * An engine stands on a tlog and owns the catalog and the queries. Statements come through sessions; they answer
 * typed rows (answer.h), which ports show in the form of their protocol.
 *
 * Threads: any thread may call the functions below; statements are run one at a time. Queries run on
 * the engine's own worker threads.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "base/str.h"
#include "engine/answer.h"
#include "engine/settings/settings.h"
#include "engine/types/type.h"
#include "engine/types/value.h"
#include "storage/log.h"

typedef struct engine engine;

typedef struct engine_options {
    tlog                    *log;
    const char              *host;      /* HOST:PORT by which answers name this server; borrowed; may be NULL */
    const settings          *config;    /* what the server was started with; borrowed; may be NULL */
    struct kept_store       *kept;      /* where the catalog is kept; NULL: nowhere */
    const char              *state_dir; /* snapshots of state, made if absent; NULL: none are made */
    struct io               *io;        /* file operations for them; NULL: io_posix() */
    int                      workers;   /* threads; 0: one per core */
    bool                     manual;    /* no threads: replay and SQL tests run queries themselves */
    const struct timesource *clock;     /* borrowed; NULL: the system's */
    void (*report)(void *ctx, const char *line); /* told of queries that fail, from any thread; may be NULL */
    void *report_ctx;
} engine_options;

/* Loads user functions (engine/udf.h) from a shared library, or from every *.so of a folder. Before the first
 * engine_open(). Errors name file, row and reason. */
bool engine_load_functions(const char *path, status *st);

/* An engine with an empty catalog. */
engine *engine_open(const engine_options *o, status *st);
/* Takes up what is kept: the catalog, then the queries, which open in the background; declares the stream over the
 * processing log when the configuration asks for one (spec/processing-semantics.md 7.2). Once, before the first
 * statement; queries of the catalog run from then on. Errors: ST_IO, ST_CORRUPT, ST_INVALID_CONFIG. */
bool engine_start(engine *e, status *st);
/* Stops all queries after a last commit and frees the engine. false: some do not stop (a function that does not
 * return); they were reported, and the engine and its log must be left as they are until the process ends. */
bool engine_close(engine *e);

/* ---- sessions */

typedef struct session {
    arena a;
    map   properties; /* a layer of settings: key (setting_resolve) -> const str * */
    map   variables;  /* name -> const str * */
} session;

void session_init(session *s);
void session_free(session *s);
/* setting_check() it first where it comes from outside. */
void session_set(session *s, str name, str value);
void session_define(session *s, str name, str value);

/* ---- statements
 *
 * A text is prepared, which parses it and tells what it is; then it is run. Who serves statements decides by what is
 * told, and looks into no text. */

typedef struct engine_error {
    status st;
    str    statement;     /* the text of the statement at fault, masked; in the caller's arena */
    str    missing_topic; /* the topic that PRINT did not find; n = 0: that is not what is wrong */
} engine_error;

typedef enum statement_kind {
    STATEMENT_COMMAND, /* answers rows of its own (answer.h), or nothing */
    STATEMENT_PULL,    /* SELECT of what is there */
    STATEMENT_PUSH,    /* SELECT ... EMIT: of what comes */
    STATEMENT_PRINT
} statement_kind;

struct query_columns;

typedef struct engine_statement {
    statement_kind kind;
    bool           may_wait; /* for the disk, for others, for rows to come: not to be run on an event loop */
    bool           changes_catalog;
    str            source;               /* the stream or table a query reads, PRINT's topic; n = 0: none, or several */
    answer_kind    answer;               /* of a command: whose columns (answer_info_of) its rows have */
    const struct query_columns *columns; /* of a pull query on a table; NULL: they are told when it runs */
    const type *const          *params;  /* of the arguments it is run with; there are none yet */
    uint32_t                    param_count;
} engine_statement;

/* A text that was parsed. In the caller's arena; it holds on to the version of the catalog that it was made on, and
 * to nothing else but what is borrowed. One thread at a time. */
typedef struct engine_prepared engine_prepared;

/* Any thread, an event loop too: it waits for nothing. Text and session are borrowed. Texts that were asked before
 * are not parsed again, where they ask a table. NULL + err: it does not parse; what else is wrong with it is told when
 * it runs. */
engine_prepared *engine_prepare(engine *e, session *s, str text, arena *a, engine_error *err);
/* Once for each that was prepared, before the arena goes. */
void                    engine_unprepare(engine_prepared *p);
const engine_statement *engine_statements(const engine_prepared *p, size_t *n);

/* Runs commands: validates all statements of the text in a sandbox, then executes them in order. Answers are in the
 * arena; on failure there are none and err is filled. SELECT and PRINT are refused with ST_WRONG_ENDPOINT. */
bool engine_run(engine_prepared *p, arena *a, answers *out, engine_error *err);
/* The same for a text that is used once. */
bool engine_execute(engine *e, session *s, str text, arena *a, answers *out, engine_error *err);

/* ---- queries */

/* A SELECT or PRINT is answered through callbacks. A pull query on a table calls all of them before
 * engine_run_query() returns, on the caller's thread; where it may wait, so may its listener. A push query, and a pull
 * query on a stream, calls `header` before it returns and the others later on worker threads, one at a time; they must
 * not block: who cannot take a row returns false, which ends the query. PRINT calls `line` and `end` only, on a
 * thread of its own. */
typedef struct query_columns {
    str                query_id;
    const str         *names;
    const type *const *types;
    const bool        *is_key;       /* to be marked KEY in a header's schema (pull queries on tables) */
    const str         *header_marks; /* " HEADERS", " HEADER('k')" or n = 0, likewise */
    uint32_t           n;
    bool               push; /* push, or pull on a stream: the answer ends with a final message */
} query_columns;

typedef enum query_end {
    QUERY_COMPLETE, /* all there is: "Query Completed" */
    QUERY_LIMIT,    /* "Limit Reached" */
    QUERY_ERROR     /* msg tells */
} query_end;

typedef struct query_listener {
    void *ctx;
    void (*header)(void *ctx, const query_columns *c);
    bool (*row)(void *ctx, const value *row, bool tombstone);
    bool (*line)(void *ctx, str text); /* PRINT: a line of text; false: it is offered again a little later */
    void (*end)(void *ctx, query_end why, const char *msg);
    /* Of a pull query on a table: once it is set, by any thread, the query ends soon, with an error. NULL: nobody will.
     */
    const atomic_bool *stop;
} query_listener;

typedef struct push_query push_query;

/* Starts (push) or runs (pull) the one query that was prepared. *push is NULL when it is over already. may_wait: the
 * caller's thread may; where it may not, statement.may_wait must be false, and ST_NOT_READY means: run it again where
 * it may wait; what the listener was given until then counts for nothing. The arena is used for err. */
bool engine_run_query(engine_prepared *p, arena *a, bool may_wait, const query_listener *l, push_query **push,
                      engine_error *err);
/* Stops it and waits; no callback comes afterwards. Must be called once for every push query, also for one
 * that has ended; not from inside a callback. */
void push_query_close(push_query *q);
/* Ends a push query by id ("/close-query", TERMINATE): its listener gets QUERY_COMPLETE. false: unknown. */
bool engine_close_query(engine *e, str query_id);

/* ---- rows in by REST (/inserts-stream) */

/* Rows of JSON for a stream or table, as INSERT VALUES would write them. In the arena, like a prepared text. */
typedef struct engine_insert engine_insert;

/* NULL + st: nothing can be inserted there. */
engine_insert *engine_prepare_insert(engine *e, str target, arena *a, status *st);
void           engine_unprepare_insert(engine_insert *p);
/* Writes one row; durable when it returns. */
bool engine_run_insert(engine_insert *p, str json_row, status *st);

/* ---- the rest */

/* Number of the last statement that was kept (commandSequenceNumber); 0: none. */
int64_t engine_last_command(engine *e);

/* The numbers SHOW and /metrics give. */
typedef struct engine_stats {
    uint64_t queries_running, queries_error, records_in, records_out, record_errors, state_bytes, pull_queries,
        push_queries_active;
} engine_stats;
void engine_get_stats(engine *e, engine_stats *out);

/* How persistent queries are, sorted by id; memory of the arena. */
typedef struct engine_query_state {
    str         id;
    const char *state;             /* "RUNNING", "PAUSED", "RESTORING", "ERROR" */
    str         reason;            /* of ERROR */
    int64_t     since_ms;          /* wall clock, of ERROR */
    bool        failed, unplanned; /* ERROR; ... because what is kept of it cannot be planned */
    uint64_t    records_missed;    /* deleted before they were read */
} engine_query_state;
size_t engine_query_states(engine *e, arena *a, engine_query_state **out);
/* This server, its queries with their stores and partitions: an ANSWER_CLUSTER. */
const answer *engine_cluster_status(engine *e, arena *a);

#endif
