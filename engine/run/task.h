/* A task: one partition of one stage of a running query.
 *
 *     log batch -> records, oldest input first -> pipeline -> batches for other topics -> log
 *
 * A task is run by one worker at a time, in slices. It commits at intervals: outputs, state changes and
 * source offsets together (exactly_once_v2: one transaction), or in that order (at_least_once: a crash
 * between them repeats records, never loses one).
 *
 * State is kept by a changelog topic: key = store key, and for windowed stores start and end (two
 * big-endian i64); value = timestamp (i64) and row, null when the row is gone. The clocks of the
 * pipeline stand under the key "\0clocks" of the first store.
 */
#ifndef ENGINE_TASK_H
#define ENGINE_TASK_H

#include <pthread.h>

#include "base/vec.h"
#include "engine/op/pipeline.h"
#include "storage/log.h"
#include "storage/record.h"

typedef struct task task;

typedef struct task_out { /* batches under way to one partition */
    tlog_part    *part;
    batch_builder b;
} task_out;

typedef struct task_topic { /* a topic that tasks write to */
    str      name;
    int32_t  partitions;
    uint32_t window_bytes; /* of a windowed key: do not decide the partition */
} task_topic;

/* What all tasks of a query share; read-only while they run. */
typedef struct task_plan {
    tlog       *log;
    const plan *plan;
    stage_list  stages;
    task_topic *internals; /* by internal index */
    task_topic  sink;      /* name.n == 0: none */
    str         group;     /* consumer group and prefix of the query's own names */
    bool        persistent, exactly_once;
    int64_t     commit_interval_ms;
    int64_t     emit_interval_ms, join_interval_ms;
    int64_t (*now_ms)(void *ctx);
    void *clock_ctx;
    /* Rows of a transient query; false: no more. Called with the task's lock held. */
    bool (*row)(void *ctx, const value *row, bool tombstone, int64_t ts);
    void (*log_error)(void *ctx, const proc_failure *f); /* any worker; may be NULL */
    void       *ctx;
    bool        throw_on_bad_timestamp;
    const char *state_dir; /* snapshots: DIR/GROUP-STAGE-PARTITION.snap; NULL: none */
    struct io  *io;
} task_plan;

typedef enum task_result {
    TASK_IDLE,   /* nothing to read: wait for a wake-up */
    TASK_MORE,   /* its slice is over, there is more */
    TASK_FAILED, /* task_error(); it must be opened anew */
    TASK_ENDED   /* a transient query that wants no more */
} task_result;

/* Opens inputs at their committed offsets (or `reset`), restores the state. wake(ctx) is called by
 * other threads when there may be something to do. partitions: of the input topics, all of them in this
 * task when the stage says so. */
task *task_open(const task_plan *tp, uint32_t stage_index, int32_t partition, bool reset_earliest,
                void (*wake)(void *ctx, task *t), void *wake_ctx, status *st);
void  task_close(task *t, bool commit);
/* Processes up to a slice. */
task_result task_run(task *t);
/* When it wants to run again though no record came (ms, same clock as now_ms): to commit, or to give out what the
 * clock held back; INT64_MAX: there is no need. Any thread, no lock. */
int64_t task_due(const task *t);
bool    task_commit(task *t, status *st);
/* Stores the offsets it starts from, so that a restart before the first record starts there too. */
bool        task_commit_start(task *t, status *st);
const char *task_error(const task *t);
/* Held while a slice runs; a reader of the state takes it. */
void      task_lock(task *t);
void      task_unlock(task *t);
pipeline *task_pipeline(task *t);
/* As of the end of its last slice; any thread, no lock. */
typedef struct task_counts {
    uint64_t records_in, records_out, state_bytes;
} task_counts;
task_counts task_get_counts(const task *t);
bool        task_at_end(task *t); /* a transient query over a bounded range has read all of it */
/* Stops reading each input at the offset it has now (pull queries on streams). */
void task_bound(task *t);
/* Offsets for EXPLAIN and lags: one row an input partition. */
typedef struct task_offset {
    str     topic;
    int32_t partition;
    int64_t committed, start, end; /* the query's; the partition's first and next */
} task_offset;
size_t task_offsets(task *t, arena *a, task_offset **out);

/* The scheduler's own fields; see runtime.c. */
struct task_link {
    task *next;
    bool  queued, running, again, parked;
};
struct task_link *task_link_of(task *t);
void             *task_owner(const task *t);

#endif
