/* The inside of the runtime, for the files of its trade: scheduling (worker.c), opening and closing queries (query.c),
 * topics that change (topic_watch.c), readers (tables.c), the rest (runtime.c).
 *
 * One lock, `mu`, guards the lists of queries and tasks, mail and what the threads wait for. It is held for moments
 * only: never while a task works, a topic is looked up or a callback runs. A task's own lock may be held by who posts
 * mail, so nobody takes a task's lock with `mu` held. */
#ifndef ENGINE_RUN_RUNTIME_INT_H
#define ENGINE_RUN_RUNTIME_INT_H

#include "base/vec.h"
#include "engine/run/runtime.h"

#define SLICE_NS 4000000

/* How fast a query is; the keeper's. */
typedef struct pace {
    int64_t  at_ms, last_ms;
    uint64_t in, out;
    double   in_per_s, out_per_s;
} pace;

typedef enum run_phase {
    PHASE_NEW,     /* to be opened; fault tells why that has not worked yet */
    PHASE_LIVE,    /* has tasks */
    PHASE_CLOSING, /* its tasks are closing; then: gone, or opened anew for `next` */
} run_phase;

struct run_query {
    runtime    *rt;
    str         id;
    arena       own;  /* id and what lives as long as this */
    query_info *q;    /* what runs; NULL: transient */
    query_info *next; /* what shall run in its place */
    run_phase   phase;
    bool        gone;           /* nothing is desired: forget it once closed */
    bool        attention;      /* the keeper shall look */
    bool        topics;         /* topics it reads or writes have changed */
    bool        topics_unknown; /* ... and could not be looked up */
    bool        paused_at_start;

    arena     a; /* of the opened query: tp and what hangs on it */
    plan     *plan;
    task_plan tp;
    int32_t  *stage_tasks;  /* by stage */
    str     **stage_stores; /* by stage: names of its stores ... */
    size_t   *stage_store_count;
    bool     *stage_stateful; /* ... and whether it has some: its tasks stand for partitions of their inputs then */
    VEC(task *) made;         /* by who opens it, until the others may see them */
    VEC(task *) tasks;
    uint32_t open_tasks;  /* not closed */
    char     hold[1024];  /* tp.hold's text */
    char     fault[1024]; /* why it could not be opened; "": it could */
    int64_t  fault_ms, retry_at, retry_wait_ms;

    /* scheduling */
    task    *ready, *ready_tail;
    uint64_t used_ns; /* worker time, moved up when it comes back from idleness */
    uint32_t heap_at; /* index in the heap of ready queries; UINT32_MAX: not in it */

    _Atomic uint64_t record_errors, records_missed;
    pace             pace;
    run_error        errors[RUN_ERRORS_MAX];
    uint32_t         error_count;
    uint32_t         pins;    /* readers of its tasks, who do not hold mu */
    VEC(pipeline *) decoders; /* of readers of its table, between two uses */

    /* transient */
    transient_options topt;
    pthread_mutex_t   row_lock; /* rows of all tasks come one at a time */
    bool              detached; /* under row_lock: the listener is gone */
    uint32_t          ended;
    bool              end_told;
};

typedef struct worker_slot {
    runtime  *rt;
    pthread_t thread;
    task     *t; /* under mu; NULL: it waits */
    int64_t   since_ns;
    bool      overdue, told; /* its slice does not end: replaced, reported */
    bool      over;          /* the thread has ended */
} worker_slot;

struct runtime {
    runtime_options o;
    pthread_mutex_t mu;
    pthread_cond_t  work;  /* for workers */
    pthread_cond_t  idle;  /* something was closed, opened or let go of */
    pthread_cond_t  timer; /* a deadline may have come nearer */
    pthread_cond_t  keeper;
    VEC(run_query *) queries;
    VEC(run_query *) heap; /* ready ones, the least served first */
    uint64_t least_used_ns;
    VEC(worker_slot *) workers;
    int       worker_target, overdue;
    int64_t   timer_wakes_ms; /* monotonic; when it will look next */
    pthread_t timer_thread, keeper_thread;
    bool      threads_run, stop, stop_keeper;
    VEC(char *) changed_topics;
    struct background *background; /* background.c; NULL: nothing has been given to it yet */
    void (*forgotten)(void *ctx, str id);
    void *forgotten_ctx;
};

/* ---- worker.c: mu held unless said otherwise */
void  sched_post(runtime *r, task *t, unsigned mail);
void  sched_post_all(run_query *q, unsigned mail);
void  sched_remove(run_query *q);                       /* out of the heap: nothing of it is ready or runs */
bool  sched_start(runtime *r, int workers, status *st); /* without mu */
void  sched_stop(runtime *r);                           /* without mu */
void *timer_main(void *rt);

/* ---- query.c */
run_query *query_find_running(runtime *r, str id); /* mu held */
run_query *run_query_new(runtime *r, str id);
void       run_query_free(run_query *q);
bool       run_query_open(run_query *q, status *st); /* plan to tasks, not posted yet; without mu, blocks */
void       run_query_withdraw(run_query *q);         /* others see its tasks no more; mu held, or alone */
void       run_query_shut(run_query *q);             /* frees tasks that are closed and withdrawn; without mu */
void       run_query_forget_transient(run_query *q); /* removes its topics; without mu, blocks */
void       run_query_keep_error(run_query *q, const char *msg); /* mu held */
/* *n is 0 when the topic is not there. false: the log cannot tell. Without mu, blocks. */
bool  run_topic_partitions(runtime *r, str topic, int32_t *n, status *st);
void *keeper_main(void *rt);
/* A task came from one state to another; on its worker, without mu. */
void run_query_task_moved(run_query *q, task *t, task_state from, task_state to);

/* ---- background.c: one thread for what is slow, made when it is needed */
void background_run(runtime *r, void (*run)(void *arg), void *arg); /* any thread, without mu */
void background_stop(runtime *r);                                   /* runs what is there, then ends */

/* ---- topic_watch.c */
void topic_watch_heard(void *rt, str name); /* any thread */
/* Decides for one query whose topics changed; without mu, blocks. */
bool topic_watch_decide(run_query *q, status *st);

/* ---- tables.c */
/* The tasks of an open query as they are now; they stay until unpin(). NULL: there is none, or it is not open. */
run_query *pin(runtime *r, str id, arena *a, task ***tasks, size_t *n);
void       unpin(run_query *q);

#endif
