/* The running side of the engine: worker threads and the tasks of all queries.
 *
 * A query's stages x partitions are tasks. Tasks that have something to do stand in one queue; a worker
 * takes one, runs a slice, commits when that is due, and puts it back while there is more. One more
 * thread wakes tasks whose commit is due and restarts failed ones after their back-off.
 */
#ifndef ENGINE_RUNTIME_H
#define ENGINE_RUNTIME_H

#include "engine/stmt/stmt.h"
#include "engine/run/task.h"

typedef struct runtime runtime;
typedef struct running running; /* a query that runs */

typedef enum run_state { RUN_RUNNING, RUN_ERROR, RUN_PAUSED } run_state;

runtime *runtime_open(engine *e, status *st);
void     runtime_close(runtime *r);

/* Persistent queries, by id. start: makes internal topics, restores state, schedules the tasks; a query of
 * the same id that runs already is replaced and its state kept. stop: after a last commit; with forget the
 * internal topics, offsets and state go too. */
bool runtime_start_query(runtime *r, query_info *q, status *st);
void runtime_stop_query(runtime *r, str id, bool forget);
bool runtime_pause(runtime *r, str id, bool pause);

typedef struct run_error {
    int64_t ts_ms;
    char    msg[512];
} run_error;
#define RUN_ERRORS_MAX 10

typedef struct run_info {
    run_state state;
    uint64_t  records_in, records_out, state_bytes;
    double    in_per_s, out_per_s; /* over the last second or two */
    int64_t   last_ms;             /* when records were last seen to move; 0: never */
    uint64_t  record_errors;       /* records and columns that could not be worked on */
    run_error errors[RUN_ERRORS_MAX];
    uint32_t  error_count;
} run_info;
bool runtime_info(runtime *r, str id, run_info *out);
/* Input offsets of all tasks of a query. */
size_t runtime_offsets(runtime *r, str id, arena *a, task_offset **out);
/* Names of its stores, each once. */
size_t runtime_stores(runtime *r, str id, arena *a, str **out);

/* Reads the table that a query materialises. Rows are in the arena. found is false when the query does
 * not run here; st then says why. */
bool runtime_read_table(runtime *r, str id, arena *a, const str *keys, size_t key_count, int64_t from, int64_t to,
                        table_row **rows, size_t *n, status *st);
/* Serialises a key as the stores of that query hold it. */
bool runtime_key(runtime *r, str id, const value *key, uint32_t n, arena *a, str *out);

/* Transient queries. The plan is taken over. bounded: reads what is there now, then ends. */
typedef struct transient_options {
    plan *plan;
    str   id;
    map  *properties;
    bool  earliest, bounded;
    bool (*row)(void *ctx, const value *row, bool tombstone, int64_t ts);
    void (*end)(void *ctx, const char *error); /* NULL: all has been read */
    void *ctx;
} transient_options;
running *runtime_start_transient(runtime *r, const transient_options *o, status *st);
/* No callback is under way or comes after it returns. Not from inside a callback. */
void runtime_stop_transient(runtime *r, running *q);

#endif
