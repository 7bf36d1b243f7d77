/* The running side of the engine: what is desired of queries on one side, worker threads and tasks on the other.
 *
 * A query's stages x partitions are tasks (task.h). Statements say what is desired (runtime_want, runtime_unwant) and
 * go on; the runtime brings what runs there: it opens, pauses, replaces, closes and forgets, and what it cannot do is a
 * state of the query that is shown, not an error of the statement. Three kinds of threads:
 *
 *     workers   run tasks, a slice of some milliseconds at a time, queries in turn by the time they have used
 *     timer     leaves mail for tasks whose time has come; watches over slices that do not end
 *     keeper    opens and closes queries, hears of topics that change, keeps the processing log and the rates
 *
 * Threads: any may call the functions below.
 */
#ifndef ENGINE_RUN_RUNTIME_H
#define ENGINE_RUN_RUNTIME_H

#include "engine/run/query_info.h"
#include "engine/run/task.h"

typedef struct runtime   runtime;
typedef struct run_query run_query; /* a query that runs */

typedef struct runtime_options {
    tlog                  *log;
    const timesource      *clock;
    struct io             *io;
    const char            *state_dir; /* snapshots; made if absent; NULL: none */
    int                    workers;   /* 0: one a core */
    str                    service_id;
    struct processing_log *plog; /* NULL: none is kept */
    int64_t                backoff_initial_ms, backoff_max_ms;
    const settings        *settings; /* the server's; may be NULL */
    /* What ALTER SYSTEM has set by now, as a layer of settings: pmap_free() it. From any thread. */
    void (*system_settings)(void *ctx, pmap *out);
    void (*report)(void *ctx, const char *line); /* may be NULL */
    void *ctx;
} runtime_options;

/* Everything in o is borrowed. */
runtime *runtime_open(const runtime_options *o, status *st);
/* Commits and stops everything. Gives up waiting for what does not end: false then, the report names it, and the
 * runtime's threads and memory must be left alone until the process ends. */
bool runtime_close(runtime *r);

/* ---- persistent queries */

/* Makes internal topics and commits where the query begins, before it is desired for the first time: what the query
 * that it replaces has left there stays. Blocks. Errors: the log's; ST_NOT_READY: one of that id is still to go. */
bool runtime_prepare(runtime *r, const query_info *q, status *st);
/* This is desired of the query: to run, or to be paused. One of the same id that runs already goes on, if it is the
 * same; else it is closed after a last commit and this one takes over its state. held: it is paused all the same until
 * it is desired again (a start with queries paused). */
void runtime_want(runtime *r, query_info *q, bool held);
/* Nothing is desired of it any more. Its tasks are closed, then its internal topics, offsets and snapshots go, which is
 * tried until it works, and at last forgotten(ctx, id) is called on the keeper. */
void runtime_unwant(runtime *r, str id);
/* Removes what a query that does not run has left behind, then calls forgotten(ctx, id). false: some of it is left.
 * Blocks. Errors: the log's. */
bool runtime_forget(runtime *r, str id, status *st);
void runtime_on_forgotten(runtime *r, void (*forgotten)(void *ctx, str id), void *ctx);
/* Waits until what runs is what is desired of the query, or it has failed; at most so long. */
void runtime_await(runtime *r, str id, int64_t timeout_ms);
/* Settings of the server changed: queries take over what may change while they run. */
void runtime_settings_changed(runtime *r);

/* ---- what runs */

typedef enum run_state { RUN_RUNNING, RUN_PAUSED, RUN_RESTORING, RUN_ERROR } run_state;

typedef struct run_error {
    int64_t ts_ms;
    char    msg[512];
} run_error;
#define RUN_ERRORS_MAX 10

typedef struct run_info {
    run_state state;
    char      reason[1024]; /* of an error; "" else */
    int64_t   since_ms;     /* wall clock; 0: not known */
    uint32_t  restored_percent;
    uint64_t  records_in, records_out, state_bytes;
    double    in_per_s, out_per_s; /* over the last second or two */
    int64_t   last_ms;             /* when records were last seen to move; 0: never */
    uint64_t  record_errors;       /* records and columns that could not be worked on */
    uint64_t  records_missed;      /* deleted before they were read */
    run_error errors[RUN_ERRORS_MAX];
    uint32_t  error_count;
} run_info;
/* false: there is no such query. */
bool runtime_info(runtime *r, str id, run_info *out);
/* Input offsets of all tasks of a query. */
size_t runtime_offsets(runtime *r, str id, arena *a, task_offset **out);
/* Names of its stores, each once. */
size_t runtime_stores(runtime *r, str id, arena *a, str **out);

/* ---- reading tables */

/* The table that a query materialises, for one reader on one thread. It keeps the query's tasks from being freed, so
 * that it is to be closed soon; they go on working meanwhile. */
typedef struct table_reader table_reader;

/* Waits for a query that is being opened or restored, at most so long. Errors: ST_NOT_READY (it takes longer), ST_SQL
 * (it does not run here, or keeps no table). */
table_reader *table_open(runtime *r, str query_id, int64_t wait_ms, status *st);
void          table_close(table_reader *t);
/* Serialises a key as the table has it. false: it cannot be. */
bool table_key(table_reader *t, const value *key, uint32_t n, arena *a, str *out);
/* The rows of a key whose windows begin in [from, to]; rows are in the arena and valid until table_done(). Asks the
 * partition that the key belongs to, and waits for nobody. Errors: ST_NOT_READY. */
bool table_lookup(table_reader *t, str key, int64_t from, int64_t to, arena *a, table_row **rows, size_t *n,
                  status *st);
/* What the rows given so far took of the reader's own memory is free again. */
void table_done(table_reader *t);

/* All rows whose windows begin in [from, to], one version of each partition, in no order. */
typedef struct table_scan table_scan;
typedef struct table_scan_row {
    str       key;
    table_row row;
} table_scan_row;
/* until_ms (monotonic): for how long it may take. Errors: ST_NOT_READY, ST_LIMIT. */
table_scan *table_scan_open(table_reader *t, int64_t from, int64_t to, int64_t until_ms, status *st);
/* The next rows, at most max, in the arena and valid until table_done(); *n may be 0 before the end. Errors: ST_EXPIRED
 * (time is up, or the table had to keep too much for it), ST_NOT_READY. */
bool table_scan_next(table_scan *s, arena *a, table_scan_row *out, size_t max, size_t *n, status *st);
bool table_scan_at_end(const table_scan *s);
void table_scan_close(table_scan *s);
/* In the order of the key's bytes, then windows. */
void table_sort_rows(table_scan_row *rows, size_t n);

/* ---- transient queries */

typedef struct transient_options {
    plan      *plan; /* taken over, also on failure */
    str        id;
    const map *properties;        /* borrowed until the start has returned */
    bool       earliest, bounded; /* bounded: reads what is there now, then ends */
    bool (*row)(void *ctx, const value *row, bool tombstone, int64_t ts); /* one at a time, on workers */
    void (*end)(void *ctx, const char *error); /* once, on a worker or the keeper; NULL: all has been read */
    void *ctx;
} transient_options;
/* Where it begins is settled when this returns. */
run_query *runtime_start_transient(runtime *r, const transient_options *o, status *st);
/* No callback is under way or comes after it returns. Not from inside a callback. */
void runtime_stop_transient(runtime *r, run_query *q);

#endif
