/* A task: one partition of one stage of a running query.
 *
 *     log batch -> records, oldest input first -> pipeline -> batches for other topics -> log
 *
 * A task belongs to one worker at a time, which runs it in slices of a few milliseconds and takes no lock for it.
 * It commits at intervals: outputs, state changes and source offsets together (exactly_once_v2: one
 * transaction), or in that order (at_least_once: a crash between them repeats records, never loses one).
 *
 * State is kept by a changelog topic: key = store key, and for windowed stores start and end (two
 * big-endian i64); value = timestamp (i64) and row, null when the row is gone. The clocks of the
 * pipeline stand under the key "\0clocks" of the first store.
 *
 * Its life has names (task_state), and task_step() makes every move between them, on the worker that has the task.
 * Everybody else (appenders, timers, statements, the keeper of topics) only leaves mail.
 */
#ifndef ENGINE_RUN_TASK_H
#define ENGINE_RUN_TASK_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/vec.h"
#include "engine/op/pipeline.h"
#include "engine/state/view.h"
#include "storage/log.h"

typedef struct task task;

typedef enum task_state {
    TASK_RESTORING, /* opens what it writes to and fills its stores, in slices */
    TASK_RUNNING,   /* there are records, or there may be */
    TASK_IDLE,      /* all has been read: waits for a record or a timer */
    TASK_PAUSED,    /* by a statement; committed */
    TASK_WAITING,   /* for something named in task_reason(): a topic, a schema; committed, its tables can be read */
    TASK_FAILED,    /* aborted and unloaded; task_reason(); begins anew from its last commit when told to */
    TASK_ENDED,     /* of a transient query that wants no more */
    TASK_CLOSED     /* nothing is left but its memory */
} task_state;
#define TASK_STATES (TASK_CLOSED + 1)

/* Mail, as bits. */
enum {
    MAIL_WAKE = 1,    /* a record came, or a deadline passed */
    MAIL_CHECK = 2,   /* topics, what is desired or the held reason changed: look again */
    MAIL_RETRY = 4,   /* begin anew after a failure */
    MAIL_CLOSE = 8,   /* commit and close */
    MAIL_ABANDON = 16 /* close without a commit: what came since the last one is not wanted, or happens again */
};

typedef struct task_topic { /* a topic that tasks write to */
    str      name;
    int32_t  partitions;
    uint32_t window_bytes; /* of a windowed key: do not decide the partition */
} task_topic;

/* What all tasks of a query share. Read-only while they run but for what is atomic. */
typedef struct task_plan {
    tlog             *log;
    const plan       *plan;
    stage_list        stages;
    task_topic       *internals; /* by internal index */
    task_topic        sink;      /* name.n == 0: none */
    str               group;     /* consumer group and prefix of the query's own names */
    bool              persistent, exactly_once;
    bool              earliest; /* where inputs without a committed offset begin, tables and internal topics apart */
    bool              bounded;  /* reads each input up to where it ends now (pull queries on streams) */
    bool              throw_on_bad_timestamp;
    int64_t           emit_interval_ms, join_interval_ms;
    int64_t           backoff_initial_ms, backoff_max_ms;
    const timesource *clock;
    const char       *state_dir; /* snapshots; NULL: none */
    struct io        *io;
    _Atomic int64_t   commit_interval_ms;
    _Atomic bool      pause; /* desired */
    _Atomic bool      stop;  /* give up even inside a record: looked at by operators, lambdas and loops in functions */
    /* Why no task of the query may go on, static or as old as the query; NULL: nothing holds it. */
    const char *_Atomic hold;
    /* Rows of a transient query; false: no more. On a worker. */
    bool (*row)(void *ctx, const value *row, bool tombstone, int64_t ts);
    void (*log_error)(void *ctx, const proc_failure *f); /* any worker; may be NULL */
    /* Records that were deleted before they were read. Any worker. */
    void (*missed)(void *ctx, str topic, int32_t partition, int64_t records);
    /* Runs something slow on a thread for such work, in turn. */
    void (*background)(void *ctx, void (*run)(void *arg), void *arg);
    /* Leaves mail: any thread. */
    void (*post)(void *ctx, task *t, unsigned mail);
    void *ctx;
} task_plan;

/* In state TASK_RESTORING; nothing is opened yet. owner: whose task it is, for the scheduler. */
task *task_new(const task_plan *tp, uint32_t stage, int32_t partition, void *owner);
/* Only when closed, or never stepped. */
void task_free(task *t);

/* Works through the mail and then up to until_ns (monotonic). true: there is more to do at once. On one worker at a
 * time. */
bool task_step(task *t, unsigned mail, int64_t until_ns);

/* ---- looking at it: any thread, no lock */

task_state  task_get_state(const task *t);
const char *task_state_name(task_state s);
/* When (monotonic ms) it wants mail though no record came: to commit, to give out what the clock held back, or to begin
 * anew; INT64_MAX: there is no need. */
int64_t task_due(const task *t);
/* Why it waits or failed, and since when (wall ms); n = 0: neither. Copied. */
int64_t  task_reason(task *t, arena *a, str *out);
uint32_t task_stage(const task *t);
int32_t  task_partition(const task *t);
void    *task_owner(const task *t);

typedef struct task_counts { /* as of the end of its last slice */
    uint64_t records_in, records_out, state_bytes, failures;
    uint32_t restored_percent;
} task_counts;
task_counts task_get_counts(const task *t);

/* What the worker that has it is at: for those who watch over slices that do not end. */
typedef struct task_place {
    str     topic; /* of the plan: lives as long as the query */
    int32_t partition;
    int64_t offset;
} task_place;
bool task_place_of(const task *t, task_place *out);

/* Offsets for EXPLAIN and lags: one row an input partition. */
typedef struct task_offset {
    str     topic;
    int32_t partition;
    int64_t committed, start, end; /* the query's; the partition's first and next */
} task_offset;
size_t task_offsets(task *t, arena *a, task_offset **out);

/* ---- reading its table: any thread */

/* The store of the table that it materialises, to be let go of with store_release(); state/view.h reads it beside the
 * task, which is never waited for. NULL: there is none, or it is not restored. */
store *task_hold_table(task *t);
/* One version of that table: waits until the task is between two records, at most until then (monotonic ms). NULL + st:
 * ST_NOT_READY, ST_LIMIT. */
view *task_open_view(task *t, int64_t until_ms, view_limits limits, status *st);
/* Does its stage materialise a table? */
bool task_has_table(const task *t);

/* ---- before it runs */

/* The scheduler's own fields; worker.c. */
typedef struct task_slot {
    task    *next;
    unsigned mail;          /* under the scheduler's lock */
    bool     queued, taken; /* likewise */
} task_slot;
task_slot *task_slot_of(task *t);

#endif
