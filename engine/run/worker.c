/* Scheduling: workers, the order in which queries are served, and the timer with its watch over slices. */
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/run/runtime_int.h"

#define TICK_MS 1000               /* the timer's longest sleep */
#define WATCH_MS 250               /* ... while slices run */
#define OVERDUE_NS 1000000000      /* a slice that takes so long gets its worker replaced ... */
#define OVERDUE_TELL_NS 5000000000 /* ... and is told of */
#define OVERDUE_MAX 64             /* workers replaced at a time */
#define NOT_READY UINT32_MAX

/* ---- the heap of ready queries, by the time they have used */

static void place(runtime *r, uint32_t i, run_query *q)
{
    r->heap.p[i] = q;
    q->heap_at = i;
}

static void sift_up(runtime *r, uint32_t i)
{
    run_query *q = r->heap.p[i];
    for (; i > 0 && r->heap.p[(i - 1) / 2]->used_ns > q->used_ns; i = (i - 1) / 2)
        place(r, i, r->heap.p[(i - 1) / 2]);
    place(r, i, q);
}

static void sift_down(runtime *r, uint32_t i)
{
    run_query *q = r->heap.p[i];
    for (;;) {
        uint32_t c = 2 * i + 1;
        if (c + 1 < r->heap.n && r->heap.p[c + 1]->used_ns < r->heap.p[c]->used_ns)
            c++;
        if (c >= r->heap.n || r->heap.p[c]->used_ns >= q->used_ns)
            break;
        place(r, i, r->heap.p[c]);
        i = c;
    }
    place(r, i, q);
}

/* One that comes back from idleness must not have saved up time: it would keep the others from running. */
static void heap_add(runtime *r, run_query *q)
{
    uint64_t floor = r->least_used_ns > SLICE_NS ? r->least_used_ns - SLICE_NS : 0;
    if (q->used_ns < floor)
        q->used_ns = floor;
    VEC_PUSH(&r->heap, q);
    place(r, (uint32_t)r->heap.n - 1, q);
    sift_up(r, q->heap_at);
}

static void heap_remove(runtime *r, run_query *q)
{
    uint32_t   i = q->heap_at;
    run_query *last = r->heap.p[--r->heap.n];
    q->heap_at = NOT_READY;
    if (last == q)
        return;
    place(r, i, last);
    sift_up(r, i);
    sift_down(r, last->heap_at);
}

/* ---- mail */

static void enqueue(runtime *r, task *t)
{
    run_query *q = task_owner(t);
    task_slot *s = task_slot_of(t);
    if (s->queued || s->taken)
        return;
    s->queued = true;
    s->next = NULL;
    if (q->ready_tail)
        task_slot_of(q->ready_tail)->next = t;
    else
        q->ready = t;
    q->ready_tail = t;
    if (q->heap_at == NOT_READY)
        heap_add(r, q);
    pthread_cond_signal(&r->work);
}

void sched_post(runtime *r, task *t, unsigned mail)
{
    if (task_get_state(t) == TASK_CLOSED)
        return;
    task_slot_of(t)->mail |= mail;
    enqueue(r, t);
}

void sched_post_all(run_query *q, unsigned mail)
{
    for (size_t i = 0; i < q->tasks.n; i++)
        sched_post(q->rt, q->tasks.p[i], mail);
}

void sched_remove(run_query *q)
{
    assert(q->open_tasks == 0);
    if (q->heap_at != NOT_READY)
        heap_remove(q->rt, q);
    for (task *t = q->ready; t; t = task_slot_of(t)->next)
        task_slot_of(t)->queued = false;
    q->ready = q->ready_tail = NULL;
}

static task *take(runtime *r)
{
    run_query *q = r->heap.p[0];
    task      *t = q->ready;
    task_slot *s = task_slot_of(t);
    r->least_used_ns = q->used_ns;
    q->ready = s->next;
    if (q->ready == NULL) {
        q->ready_tail = NULL;
        heap_remove(r, q);
    }
    s->queued = false;
    s->taken = true;
    return t;
}

/* ---- workers */

static void note_due(runtime *r, int64_t due)
{
    if (due < r->timer_wakes_ms)
        pthread_cond_signal(&r->timer);
}

/* One slice; mu is held before and after. */
static void run_slice(runtime *r, worker_slot *w)
{
    task      *t = take(r);
    task_slot *s = task_slot_of(t);
    run_query *q = task_owner(t);
    unsigned   mail = s->mail;
    s->mail = 0;
    w->t = t;
    w->since_ns = clock_mono_ns();
    pthread_mutex_unlock(&r->mu);
    task_state from = task_get_state(t);
    bool       more = task_step(t, mail, w->since_ns + SLICE_NS);
    task_state to = task_get_state(t);
    if (from != to)
        run_query_task_moved(q, t, from, to);
    int64_t due = task_due(t);
    pthread_mutex_lock(&r->mu);
    w->t = NULL;
    if (w->overdue) {
        w->overdue = w->told = false;
        r->overdue--;
    }
    q->used_ns += (uint64_t)(clock_mono_ns() - w->since_ns);
    if (q->heap_at != NOT_READY)
        sift_down(r, q->heap_at);
    s->taken = false;
    if (to == TASK_CLOSED) {
        s->mail = 0;
        if (--q->open_tasks == 0) {
            q->attention = true;
            pthread_cond_signal(&r->keeper);
            pthread_cond_broadcast(&r->idle);
        }
        return; /* from here on the query may be freed */
    }
    if (more)
        s->mail |= MAIL_WAKE;
    if (s->mail)
        enqueue(r, t);
    note_due(r, due);
    if (from != to)
        pthread_cond_broadcast(&r->idle);
}

static void *worker_main(void *arg)
{
    worker_slot *w = arg;
    runtime     *r = w->rt;
    pthread_mutex_lock(&r->mu);
    for (;;) {
        int working = (int)r->workers.n;
        for (size_t i = 0; i < r->workers.n; i++)
            working -= r->workers.p[i]->over || r->workers.p[i]->overdue;
        if (r->stop || working > r->worker_target) /* it was replaced while its slice did not end */
            break;
        if (r->heap.n == 0)
            pthread_cond_wait(&r->work, &r->mu);
        else
            run_slice(r, w);
    }
    w->over = true;
    pthread_cond_broadcast(&r->idle);
    pthread_mutex_unlock(&r->mu);
    return NULL;
}

static bool start_worker(runtime *r)
{
    worker_slot *w = MEM_NEW(worker_slot);
    w->rt = r;
    if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
        mem_free(w);
        return false;
    }
    VEC_PUSH(&r->workers, w);
    return true;
}

static void reap_workers(runtime *r)
{
    for (size_t i = 0; i < r->workers.n;) {
        worker_slot *w = r->workers.p[i];
        if (!w->over) {
            i++;
            continue;
        }
        VEC_REMOVE(&r->workers, i);
        pthread_join(w->thread, NULL); /* it needs mu no more */
        mem_free(w);
    }
}

bool sched_start(runtime *r, int workers, status *st)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    r->worker_target = workers > 0 ? workers : cores > 0 ? (int)cores : 1;
    r->timer_wakes_ms = INT64_MAX;
    pthread_mutex_lock(&r->mu);
    bool ok = true;
    for (int i = 0; i < r->worker_target && ok; i++)
        ok = start_worker(r);
    pthread_mutex_unlock(&r->mu);
    ok = ok && pthread_create(&r->timer_thread, NULL, timer_main, r) == 0;
    return ok || status_set(st, ST_INTERNAL, "a thread could not be started");
}

void sched_stop(runtime *r)
{
    pthread_mutex_lock(&r->mu);
    r->stop = true;
    pthread_cond_broadcast(&r->work);
    pthread_cond_broadcast(&r->timer);
    pthread_mutex_unlock(&r->mu);
    pthread_join(r->timer_thread, NULL);
    for (size_t i = 0; i < r->workers.n; i++)
        pthread_join(r->workers.p[i]->thread, NULL);
    for (size_t i = 0; i < r->workers.n; i++) /* each looks at all of them until it ends */
        mem_free(r->workers.p[i]);
    VEC_FREE(&r->workers);
    VEC_FREE(&r->heap);
}

/* ---- the timer */

static void tell_overdue(runtime *r, const worker_slot *w, int64_t took_ns)
{
    char             line[1024];
    task_place       at;
    const run_query *q = task_owner(w->t);
    if (r->o.report == NULL)
        return;
    if (task_place_of(w->t, &at))
        snprintf(line, sizeof line,
                 "engine: query %.*s has worked for %ld s on one record: topic %.*s, partition %d, offset %ld. Other "
                 "queries go on. TERMINATE it, or start the server with weir.queries.start=paused",
                 STR_FMT(q->id), took_ns / 1000000000, STR_FMT(at.topic), at.partition, at.offset);
    else
        snprintf(line, sizeof line, "engine: query %.*s has not ended a slice of work for %ld s (task %u_%d, %s)",
                 STR_FMT(q->id), took_ns / 1000000000, task_stage(w->t), task_partition(w->t),
                 task_state_name(task_get_state(w->t)));
    r->o.report(r->o.ctx, line);
}

/* Slices that do not end: their workers are replaced, so that other queries go on. true: some slice runs. */
static bool watch_slices(runtime *r)
{
    int64_t now = clock_mono_ns();
    bool    busy = false;
    size_t  n = r->workers.n;
    for (size_t i = 0; i < n; i++) {
        worker_slot *w = r->workers.p[i];
        busy |= w->t != NULL;
        if (w->t == NULL || now - w->since_ns < OVERDUE_NS)
            continue;
        if (!w->overdue && r->overdue < OVERDUE_MAX) {
            w->overdue = true;
            r->overdue++;
            start_worker(r);
        }
        if (!w->told && now - w->since_ns > OVERDUE_TELL_NS) {
            w->told = true;
            tell_overdue(r, w, now - w->since_ns);
        }
    }
    return busy;
}

/* Mail for tasks whose time has come; returns when the next one's does. */
static int64_t post_due(runtime *r, int64_t now)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < r->queries.n; i++) {
        run_query *q = r->queries.p[i];
        for (size_t k = 0; k < q->tasks.n; k++) {
            int64_t due = task_due(q->tasks.p[k]);
            if (due <= now)
                sched_post(r, q->tasks.p[k], MAIL_WAKE);
            else if (due < next)
                next = due;
        }
        if (q->retry_at <= now && (q->phase == PHASE_NEW || q->gone)) {
            q->attention = true;
            pthread_cond_signal(&r->keeper);
        } else if (q->retry_at < next) {
            next = q->retry_at > now ? q->retry_at : next;
        }
    }
    return next;
}

void *timer_main(void *rt)
{
    runtime *r = rt;
    pthread_mutex_lock(&r->mu);
    while (!r->stop) {
        int64_t now = time_mono_ms(r->o.clock), next = post_due(r, now);
        bool    busy = watch_slices(r);
        reap_workers(r);
        int64_t longest = now + (busy ? WATCH_MS : TICK_MS * (r->queries.n ? 1 : 60));
        r->timer_wakes_ms = next < longest ? next : longest;
        struct timespec until = clock_mono_after_ms(r->timer_wakes_ms > now ? r->timer_wakes_ms - now : 1);
        pthread_cond_timedwait(&r->timer, &r->mu, &until);
        r->timer_wakes_ms = INT64_MAX;
    }
    pthread_mutex_unlock(&r->mu);
    return NULL;
}
