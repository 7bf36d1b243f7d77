/* The inside of a task, for the files of its trade: reading (task.c), writing (outputs.c), opening (restore.c),
 * its life (life.c). */
#ifndef ENGINE_RUN_TASK_INT_H
#define ENGINE_RUN_TASK_INT_H

#include "engine/run/task.h"
#include "engine/state/snapshot.h"
#include "engine/state/view.h"

#define TASK_REASON_MAX 1024

typedef struct task_out { /* to one partition */
    tlog_part   *part;
    tlog_sender *s;
    uint8_t      topic_id[16]; /* of a changelog */
} task_out;

typedef struct held_out { /* a record that its log was too full for */
    tlog_sender *s;
    rec_out      r;
} held_out;

/* A commit of which it is not known whether it stands: where the input was before, and where it would be. */
typedef struct doubt {
    uint32_t input;
    int32_t  partition;
    int64_t  was, would;
} doubt;

typedef struct snapshot_work snapshot_work; /* snapshots.c */

typedef struct feed { /* one partition of one input */
    task           *t;
    uint32_t        input;
    int32_t         partition;
    str             topic;
    tlog_part      *part; /* NULL: the topic or partition is gone */
    tlog_reader    *rd;   /* NULL: it is not known where to begin */
    uint64_t        watch;
    bool            has_next;
    rec_view        ahead[STORE_EXPECT_MAX]; /* records read ahead of `next` */
    uint32_t        ahead_at, ahead_n;
    const rec_view *next;
    int64_t         next_ts;
    int64_t         position;  /* next offset to be processed */
    _Atomic int64_t committed; /* as of the last commit; read by others */
    int64_t         trimmed;   /* internal topics: what lies below was given back to the log */
    int64_t         stop;      /* bounded reads: the end; else INT64_MAX */
} feed;

/* What a task holds while it is loaded; a failure lets go of all of it at once. */
typedef struct task_load {
    arena     a;
    pipeline *pl;
    VEC(feed *) feeds;
    task_out **internal_out; /* [internal][partition] */
    task_out  *sink_out;
    int32_t    sink_parts;   /* opened */
    task_out  *changelogs;   /* one a store */
    arena      held_a;       /* their texts */
    VEC(held_out) held;      /* to be sent, in this order, before anything else */
    size_t          held_at; /* of them, the next one */
    size_t          state_count;
    pipeline_state *states;
    tlog_producer  *producer;
    bool            opened, restored;
    snapshot_load  *load;           /* being read; NULL: it has been, or there is none */
    snapshot_store *loaded;         /* what it says of each store */
    size_t          restoring;      /* the store whose changelog is being read */
    tlog_reader    *changelog;      /* NULL: the next one is to be opened */
    int64_t        *changelog_from; /* by store */
    uint64_t        changes;        /* changelog records since the last snapshot */
    snapshot_work  *snapshot;       /* the last one that was begun beside the task; NULL: none */
    buf             tmp;
} task_load;

struct task {
    task_slot        slot;
    const task_plan *tp;
    const stage     *stage;
    uint32_t         stage_index;
    int32_t          partition;
    void            *owner;

    /* The worker's that has it. */
    task_load l;
    status    st;
    bool      failed, ended; /* in this slice */
    bool      dirty;         /* something to commit */
    int64_t   next_commit;   /* monotonic ms */
    int64_t   idle_due;      /* wall ms: pipeline_idle()'s */
    int64_t   full_until;    /* monotonic ms: a full log is asked again; INT64_MAX: none is */
    VEC(doubt) doubts;
    int64_t  waited_schema; /* id that a record's format waits for; -1: none */
    uint32_t clock_every;   /* records between two looks at the clock, by what they cost */
    uint64_t records_in, records_out;
    int64_t  healthy_since; /* monotonic ms: when it was last restored */
    int64_t  retry_wait_ms; /* after the last failure; 0: it has been healthy since */
    int64_t  look_wait_ms;  /* while it waits: between two looks around; 0: it does not wait */
    int64_t  look_at;       /* monotonic ms: the next one */

    /* Read by others. */
    pthread_mutex_t  lock;      /* held during a slice and by who reads its tables */
    pthread_cond_t   read_over; /* no reader is left */
    _Atomic uint32_t readers;   /* who wait for the lock or hold it */
    _Atomic int      state;
    _Atomic int64_t  due;
    _Atomic uint64_t told_in, told_out, told_state_bytes, told_failures;
    _Atomic uint32_t told_percent;
    _Atomic int32_t  at_input; /* of the record under way; -1: none */
    _Atomic int32_t  at_partition;
    _Atomic int64_t  at_offset;
    pthread_mutex_t  reason_lock; /* the three below, and the list of feeds when it changes */
    store           *table;       /* what readers of its table hold on to; NULL: none, or not restored */
    char             reason[TASK_REASON_MAX];
    int64_t          since_ms;
};

/* The first failure of a slice stays. */
void task_fail(task *t, const char *msg);

/* ---- outputs.c */
bool task_open_outputs(task *t);
bool task_open_changelog(task *t, size_t i, str topic); /* of the i-th store */
/* Opens the sink's partitions as they are now; a topic that is not there is no failure. */
bool task_refresh_sink(task *t, bool *missing);
void task_close_outputs(task *t);
/* A record for an internal topic (index >= 0) or the sink; as pipeline_env.emit. */
void task_emit(void *ctx, const out_record *r);
/* Sends what a full log left waiting; true: nothing waits any more. While something does, no record is processed. */
bool task_send_held(task *t);
bool task_flush(task *t);     /* begins to write what goes to the sink and to internal topics */
bool task_log_state(task *t); /* what changed in the stores since the last commit, to the changelogs */
/* All that it sends by; the arena's. */
size_t task_senders(task *t, tlog_sender ***out);
#define CHANGELOG_CLOCKS STR("\0clocks")

/* ---- life.c: what readers see of its table */
void task_show_table(task *t);
void task_hide_table(task *t);

/* ---- restore.c */
/* One piece of opening and restoring; t->l.restored when all is there. false: failed. */
bool task_restore(task *t, int64_t until_ns);
/* Closes all that is open, without a commit. */
void task_unload(task *t);

/* ---- snapshots.c */
/* Begins one beside the task, unless one is being written, or writes all of it. Only right behind a commit: the stores
 * are what the changelogs say. */
void task_begin_snapshot(task *t);
void task_write_snapshot(task *t);
/* The last one that was begun does not stand yet. */
bool task_snapshot_is_due(const task *t);
/* Gives up the one that is being written. */
void task_drop_snapshot(task *t);
/* At the start: begins to fill the stores from the file; a piece more while t->l.load is there. Then it is known where
 * the changelogs go on. false: it cannot be; t->st. */
void task_open_snapshot(task *t);
bool task_read_snapshot(task *t);

/* ---- task.c */
/* Inputs at their committed offsets. A topic that is not there is no failure: *missing names it. */
bool task_open_feeds(task *t, const char **missing);
void task_close_feeds(task *t);
/* *n is 0 when the topic is not there. */
bool task_topic_partitions(task *t, str topic, int32_t *n);
typedef enum slice_end {
    SLICE_MORE,   /* time is up */
    SLICE_EMPTY,  /* all has been read */
    SLICE_FAILED, /* t->st */
    SLICE_ENDED,  /* a transient query wants no more, or has read all of a bounded range */
    SLICE_FULL,   /* what it writes to takes nothing for now */
    SLICE_GONE,   /* a topic or partition it reads is gone */
    SLICE_WAIT    /* a record cannot be read before t->waited_schema is known */
} slice_end;
slice_end task_slice(task *t, int64_t until_ns);
bool      task_commit(task *t);

#endif
