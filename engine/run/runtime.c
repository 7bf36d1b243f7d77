/* The runtime as a whole: open, close, what can be seen of queries. */
#include "engine/run/runtime.h"

#include <stdio.h>

#include "base/mem.h"
#include "engine/run/names.h"
#include "engine/run/runtime_int.h"
#include "storage/io.h"

#define CLOSE_WAIT_MS 10000 /* for a last commit */
#define CLOSE_HARD_MS 5000  /* for what had to be broken off */

static void init_cond(pthread_cond_t *c)
{
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(c, &a);
    pthread_condattr_destroy(&a);
}

static void runtime_free(runtime *r)
{
    for (size_t i = 0; i < r->changed_topics.n; i++)
        mem_free(r->changed_topics.p[i]);
    VEC_FREE(&r->changed_topics);
    VEC_FREE(&r->queries);
    pthread_cond_destroy(&r->work);
    pthread_cond_destroy(&r->idle);
    pthread_cond_destroy(&r->timer);
    pthread_cond_destroy(&r->keeper);
    pthread_mutex_destroy(&r->mu);
    mem_free(r);
}

/* Transient queries end with the process: what an earlier one left is nobody's. */
static void forget_transients(runtime *r)
{
    arena       a;
    tlog_topic *topics;
    size_t      n;
    status      ignored;
    arena_init(&a);
    status_init(&ignored);
    str prefix = name_transient_prefix(&a, r->o.service_id);
    if (tlog_topic_list(r->o.log, &a, &topics, &n, &ignored))
        for (size_t i = 0; i < n; i++)
            if (tlog_name_is_internal(topics[i].name) && str_starts(topics[i].name, prefix))
                tlog_topic_delete(r->o.log, topics[i].name, &ignored);
    arena_free(&a);
}

runtime *runtime_open(const runtime_options *o, status *st)
{
    runtime *r = MEM_NEW(runtime);
    r->o = *o;
    pthread_mutex_init(&r->mu, NULL);
    init_cond(&r->work);
    init_cond(&r->idle);
    init_cond(&r->timer);
    init_cond(&r->keeper);
    if (o->state_dir) {
        io *files = o->io ? o->io : io_posix();
        files->mkdir(files, o->state_dir); /* there already, or every snapshot will say why not */
    }
    forget_transients(r);
    if (!sched_start(r, o->workers, st)) {
        sched_stop(r);
        runtime_free(r);
        return NULL;
    }
    if (pthread_create(&r->keeper_thread, NULL, keeper_main, r) != 0) {
        status_set(st, ST_INTERNAL, "a thread could not be started");
        sched_stop(r);
        runtime_free(r);
        return NULL;
    }
    tlog_on_topic_change(o->log, topic_watch_heard, r);
    return r;
}

static bool all_closed(runtime *r)
{
    for (size_t i = 0; i < r->queries.n; i++)
        if (r->queries.p[i]->open_tasks || r->queries.p[i]->pins)
            return false;
    return true;
}

static bool await_all(runtime *r, int64_t wait_ms)
{
    struct timespec until = clock_mono_after_ms(wait_ms);
    while (!all_closed(r))
        if (pthread_cond_timedwait(&r->idle, &r->mu, &until) != 0)
            return all_closed(r);
    return true;
}

static void tell_stuck(runtime *r)
{
    char line[1024];
    for (size_t i = 0; i < r->queries.n && r->o.report; i++) {
        run_query *q = r->queries.p[i];
        if (q->open_tasks == 0)
            continue;
        snprintf(
            line, sizeof line,
            "engine: query %.*s does not stop: %u of its tasks are given up, what they did since their last commit "
            "happens again at the next start",
            STR_FMT(q->id), q->open_tasks);
        r->o.report(r->o.ctx, line);
    }
}

bool runtime_close(runtime *r)
{
    tlog_on_topic_change(r->o.log, NULL, NULL);
    pthread_mutex_lock(&r->mu);
    r->stop_keeper = true;
    for (size_t i = 0; i < r->queries.n; i++)
        sched_post_all(r->queries.p[i], r->queries.p[i]->q ? MAIL_CLOSE : MAIL_ABANDON);
    bool ok = await_all(r, CLOSE_WAIT_MS);
    for (size_t i = 0; i < r->queries.n && !ok; i++)
        atomic_store(&r->queries.p[i]->tp.stop, true);
    ok = ok || await_all(r, CLOSE_HARD_MS);
    if (!ok)
        tell_stuck(r);
    pthread_mutex_unlock(&r->mu);
    if (!ok)
        return false;
    sched_stop(r);
    pthread_cond_broadcast(&r->keeper);
    pthread_join(r->keeper_thread, NULL);
    background_stop(r);
    for (size_t i = 0; i < r->queries.n; i++) {
        run_query_withdraw(r->queries.p[i]);
        run_query_shut(r->queries.p[i]);
        run_query_free(r->queries.p[i]);
    }
    runtime_free(r);
    return true;
}

/* ---- what can be seen */

/* The first task that stands still gives the reason. */
static void look_at_task(task *t, run_info *out, arena *a, uint32_t *percent)
{
    task_counts c = task_get_counts(t);
    task_state  s = task_get_state(t);
    str         why;
    out->records_in += c.records_in;
    out->records_out += c.records_out;
    out->state_bytes += c.state_bytes;
    if (s == TASK_RESTORING && out->state != RUN_ERROR) {
        out->state = RUN_RESTORING;
        *percent = c.restored_percent < *percent ? c.restored_percent : *percent;
    }
    if ((s == TASK_FAILED || s == TASK_WAITING) && out->state != RUN_ERROR) {
        out->state = RUN_ERROR;
        out->since_ms = task_reason(t, a, &why);
        snprintf(out->reason, sizeof out->reason, "%.*s", STR_FMT(why));
    }
}

bool runtime_info(runtime *r, str id, run_info *out)
{
    arena    a;
    uint32_t percent = 100;
    arena_init(&a);
    memset(out, 0, sizeof *out);
    pthread_mutex_lock(&r->mu);
    run_query *q = query_find_running(r, id);
    if (q && q->gone)
        q = NULL;
    if (q) {
        out->state = q->phase == PHASE_LIVE ? RUN_RUNNING : RUN_RESTORING;
        for (size_t i = 0; i < q->tasks.n; i++)
            look_at_task(q->tasks.p[i], out, &a, &percent);
        if (q->phase == PHASE_NEW && q->fault[0]) {
            out->state = RUN_ERROR;
            out->since_ms = q->fault_ms;
            snprintf(out->reason, sizeof out->reason, "%s", q->fault);
        }
        const query_info *desired = q->next ? q->next : q->q;
        if (out->state != RUN_ERROR && (desired->paused || q->paused_at_start))
            out->state = RUN_PAUSED;
        out->restored_percent = percent;
        out->record_errors = atomic_load_explicit(&q->record_errors, memory_order_relaxed);
        out->records_missed = atomic_load_explicit(&q->records_missed, memory_order_relaxed);
        out->error_count = q->error_count;
        memcpy(out->errors, q->errors, sizeof q->errors);
        out->in_per_s = q->pace.in_per_s;
        out->out_per_s = q->pace.out_per_s;
        out->last_ms = q->pace.last_ms;
    }
    pthread_mutex_unlock(&r->mu);
    arena_free(&a);
    return q != NULL;
}
