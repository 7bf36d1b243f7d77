#include "engine/run/runtime.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/run/processing_log.h"
#include "storage/io.h"

#define TICK_MS 1000 /* the timer's longest sleep */

/* How fast a query is; the timer's. */
typedef struct pace {
    int64_t  at_ms, last_ms;
    uint64_t in, out;
    double   in_per_s, out_per_s;
} pace;

struct running {
    runtime          *rt;
    query_info       *q; /* NULL: transient */
    plan             *plan;
    str               id;
    arena             a;
    task_plan         tp;
    task            **tasks;
    uint32_t          task_count;
    bool              earliest, paused, stopping;
    int64_t           restart_at; /* ms; INT64_MAX: nothing failed */
    int               attempts;
    _Atomic uint64_t  record_errors;
    pace              pace;
    bool              started; /* its topics are made, and where it begins is committed */
    run_error         errors[RUN_ERRORS_MAX];
    uint32_t          error_count;
    pthread_mutex_t   row_lock; /* transient: rows of all tasks come one at a time */
    transient_options topt;
    uint32_t          pins;  /* readers of its tasks, who do not hold mu while they wait for a task */
    uint32_t          ended; /* tasks of a bounded query that are done */
    bool              end_told;
};

struct runtime {
    engine         *e;
    pthread_mutex_t mu;
    pthread_cond_t  work, idle, timer;
    task           *head, *tail;
    VEC(running *) queries;
    VEC(pthread_t) threads;
    pthread_t timer_thread;
    bool      stop;
    int64_t   backoff_initial_ms, backoff_max_ms;
};

static int64_t now(runtime *r)
{
    return r->e->opt.now_ms ? r->e->opt.now_ms(r->e->opt.clock_ctx) : clock_wall_ms();
}

/* ---- the queue */

static running *query_of(task *t)
{
    return task_owner(t);
}

static void push(runtime *r, task *t)
{
    struct task_link *l = task_link_of(t);
    if (l->running) {
        l->again = true;
        return;
    }
    if (l->queued || l->parked)
        return;
    l->queued = true;
    l->next = NULL;
    if (r->tail)
        task_link_of(r->tail)->next = t;
    else
        r->head = t;
    r->tail = t;
    pthread_cond_signal(&r->work);
}

static void wake(void *ctx, task *t)
{
    running *q = ctx;
    pthread_mutex_lock(&q->rt->mu);
    if (!q->paused && !q->stopping)
        push(q->rt, t);
    pthread_mutex_unlock(&q->rt->mu);
}

static task *pop(runtime *r)
{
    task *t = r->head;
    if (t) {
        r->head = task_link_of(t)->next;
        if (r->head == NULL)
            r->tail = NULL;
        task_link_of(t)->queued = false;
    }
    return t;
}

static void unqueue(runtime *r, task *t)
{
    task *prev = NULL;
    for (task *i = r->head; i; prev = i, i = task_link_of(i)->next) {
        if (i != t)
            continue;
        task *next = task_link_of(i)->next;
        if (prev)
            task_link_of(prev)->next = next;
        else
            r->head = next;
        if (r->tail == t)
            r->tail = prev;
        break;
    }
    task_link_of(t)->queued = false;
}

static void keep_error(running *q, const char *msg)
{
    if (q->error_count == RUN_ERRORS_MAX) {
        memmove(q->errors, q->errors + 1, (RUN_ERRORS_MAX - 1) * sizeof *q->errors);
        q->error_count--;
    }
    run_error *e = &q->errors[q->error_count++];
    e->ts_ms = now(q->rt);
    snprintf(e->msg, sizeof e->msg, "%s", msg);
}

/* The query waits, longer each time, then all of its tasks are opened anew from their last commits. */
static void back_off(runtime *r, running *q, const char *error)
{
    int64_t wait = r->backoff_initial_ms;
    keep_error(q, error);
    q->attempts++;
    for (int i = 1; i < q->attempts && wait < r->backoff_max_ms; i++)
        wait *= 2;
    if (wait > r->backoff_max_ms)
        wait = r->backoff_max_ms;
    q->restart_at = now(r) + wait;
    if (r->e->opt.report) {
        char line[ST_MSG_MAX + 256];
        snprintf(line, sizeof line, "engine: query %.*s: %s; it goes on from its last commit in %d s", STR_FMT(q->id),
                 error, (int)(wait / 1000));
        r->e->opt.report(r->e->opt.report_ctx, line);
    }
    pthread_cond_signal(&r->timer);
}

/* Also written to the processing log: without r->mu, for its readers are woken. */
static void log_failure(running *q, const task *t)
{
    proc_failure f = {.kind = PROC_THREAD, .step = STR("thread"), .msg = task_error(t)};
    if (q->tp.log_error)
        q->tp.log_error(q, &f);
}

static void log_error(void *ctx, const proc_failure *f)
{
    running *q = ctx;
    atomic_fetch_add_explicit(&q->record_errors, 1, memory_order_relaxed);
    processing_log_write(q->rt->e->plog, q->id, f);
}

static void on_failure(runtime *r, running *q, task *t)
{
    task_link_of(t)->parked = true;
    if (q->restart_at == INT64_MAX)
        back_off(r, q, task_error(t));
    else /* another of its tasks failed before */
        keep_error(q, task_error(t));
}

static void tell_end(running *q, const char *error)
{
    if (!q->end_told && q->topt.end) {
        q->end_told = true;
        q->topt.end(q->topt.ctx, error);
    }
}

static void *worker(void *arg)
{
    runtime *r = arg;
    pthread_mutex_lock(&r->mu);
    while (!r->stop) {
        task *t = pop(r);
        if (t == NULL) {
            pthread_cond_wait(&r->work, &r->mu);
            continue;
        }
        running          *q = query_of(t);
        struct task_link *l = task_link_of(t);
        l->running = true;
        l->again = false;
        pthread_mutex_unlock(&r->mu);
        task_result res = task_run(t);
        status      st;
        status_init(&st);
        if (res != TASK_FAILED && task_due(t) <= now(r) && !task_commit(t, &st))
            res = TASK_FAILED;
        if (res == TASK_FAILED)
            log_failure(q, t);
        bool done = res == TASK_ENDED || (q->topt.bounded && res == TASK_IDLE && task_at_end(t));
        pthread_mutex_lock(&r->mu);
        l->running = false;
        bool last = false;
        if (res == TASK_FAILED) {
            if (q->q)
                on_failure(r, q, t);
            else
                last = true;
            l->parked = true;
        } else if (done) {
            l->parked = true;
            q->ended++;
            last = res == TASK_ENDED || q->ended == q->task_count;
        } else if ((res == TASK_MORE || l->again) && !q->paused && !q->stopping) {
            push(r, t);
        } else if (task_due(t) != INT64_MAX) {
            pthread_cond_signal(&r->timer);
        }
        if (last && !q->stopping) {
            l->running = true; /* stop_transient waits until the callback is over */
            pthread_mutex_unlock(&r->mu);
            tell_end(q, res == TASK_FAILED ? task_error(t) : NULL);
            pthread_mutex_lock(&r->mu);
            l->running = false;
        }
        pthread_cond_broadcast(&r->idle);
    }
    pthread_mutex_unlock(&r->mu);
    return NULL;
}

/* ---- opening and closing queries */

/* A persistent query keeps the settings of the session that made it; a transient one is its session's. */
static settings_view settings_of(const running *q)
{
    settings_view v = engine_settings(q->rt->e);
    v.query = q->q ? &q->q->properties : NULL;
    v.session = q->q ? NULL : q->topt.properties;
    return v;
}

static int32_t topic_parts(runtime *r, str name)
{
    arena      a;
    tlog_topic t;
    status     st;
    arena_init(&a);
    status_init(&st);
    int32_t n = tlog_topic_get(r->e->opt.log, &a, name, &t, &st) ? t.partitions : 0;
    arena_free(&a);
    return n;
}

static bool make_topic(runtime *r, str name, int32_t partitions, bool compact, status *st)
{
    tlog_config c[] = {{STR("retention.ms"), STR("-1")},
                       {STR("cleanup.policy"), compact ? STR("compact") : STR("delete")}};
    tlog_topic  t = {
         .name = name, .partitions = partitions, .replication = 1, .internal = true, .configs = c, .config_count = 2};
    if (tlog_topic_create(r->e->opt.log, &t, st) || st->code == ST_EXISTS) {
        status_init(st);
        return true;
    }
    return false;
}

static int32_t stage_partitions(running *q, const stage *s)
{
    int32_t max = 1;
    for (uint32_t i = 0; i < s->input_count; i++) {
        int32_t n = s->inputs[i].internal ? q->tp.internals[s->inputs[i].internal_index].partitions
                                          : topic_parts(q->rt, s->inputs[i].topic);
        if (n > max)
            max = n;
    }
    return max;
}

static int32_t task_total(running *q, const stage *s)
{
    return s->single_task ? 1 : stage_partitions(q, s);
}

/* Internal topics have as many partitions as the widest input of the query. */
static bool make_internals(running *q, status *st)
{
    int32_t widest = 1;
    for (uint32_t i = 0; i < q->plan->source_count; i++) {
        int32_t n = topic_parts(q->rt, q->plan->sources[i]->topic);
        if (n > widest)
            widest = n;
    }
    q->tp.internals = ARENA_ARRAY(&q->a, task_topic, q->tp.stages.internal_count + 1);
    for (uint32_t i = 0; i < q->tp.stages.internal_count; i++) {
        const layout *l = &q->tp.stages.internal_nodes[i]->out;
        q->tp.internals[i] = (task_topic){
            str_fmt(&q->a, "%.*s-%u-%.*s", STR_FMT(q->tp.group), i, STR_FMT(q->tp.stages.internal_topics[i])), widest,
            l->window.kind == WINDOW_SESSION ? 16
            : l->window.kind                 ? 8
                                             : 0};
        if (!make_topic(q->rt, q->tp.internals[i].name, widest, false, st))
            return false;
    }
    return true;
}

/* Changelog topics of every store of every stage. */
static bool make_changelogs(running *q, status *st)
{
    if (!q->tp.persistent)
        return true;
    for (uint32_t s = 0; s < q->tp.stages.n; s++) {
        pipeline_env env = {0};
        pipeline    *pl = pipeline_new(q->plan, &q->tp.stages.s[s], &env, st);
        if (pl == NULL)
            return false;
        pipeline_state *states;
        size_t          n = pipeline_states(pl, &states);
        bool            ok = true;
        for (size_t i = 0; ok && i < n; i++)
            ok = make_topic(q->rt,
                            str_fmt(&q->a, "%.*s-%u-%.*s-changelog", STR_FMT(q->tp.group), s, STR_FMT(states[i].name)),
                            task_total(q, &q->tp.stages.s[s]), true, st);
        pipeline_free(pl);
        if (!ok)
            return false;
    }
    return true;
}

static bool on_row(void *ctx, const value *row, bool tombstone, int64_t ts)
{
    running *q = ctx;
    pthread_mutex_lock(&q->row_lock);
    bool more = q->topt.row(q->topt.ctx, row, tombstone, ts);
    pthread_mutex_unlock(&q->row_lock);
    return more;
}

static bool prepare(running *q, status *st)
{
    runtime      *r = q->rt;
    settings_view v = settings_of(q);
    task_plan    *tp = &q->tp;
    tp->log = r->e->opt.log;
    tp->plan = q->plan;
    tp->stages = stages_of(&q->a, q->plan);
    tp->persistent = q->q != NULL;
    tp->group = str_fmt(&q->a, "_confluent-ksql-%.*s%s%.*s", STR_FMT(settings_text(&v, SETTING_SERVICE_ID)),
                        q->q ? "query_" : "", STR_FMT(q->id));
    tp->exactly_once = str_starts(settings_text(&v, SETTING_PROCESSING_GUARANTEE), STR("exactly_once"));
    tp->commit_interval_ms = settings_number(&v, SETTING_COMMIT_INTERVAL_MS);
    if (tp->exactly_once && tp->commit_interval_ms > 100 && !settings_is_set(&v, SETTING_COMMIT_INTERVAL_MS))
        tp->commit_interval_ms = 100; /* nobody sees a row before its commit */
    tp->emit_interval_ms = settings_number(&v, SETTING_EMIT_INTERVAL_MS);
    tp->join_interval_ms = settings_number(&v, SETTING_JOIN_INTERVAL_MS);
    tp->now_ms = r->e->opt.now_ms ? r->e->opt.now_ms : clock_wall_ms_of;
    tp->clock_ctx = r->e->opt.clock_ctx;
    tp->throw_on_bad_timestamp = settings_flag(&v, SETTING_TIMESTAMP_THROW_ON_INVALID);
    tp->ctx = q;
    tp->log_error = log_error;
    for (uint32_t i = 0; i < q->plan->source_count; i++) /* it would hear itself */
        if (r->e->plog && str_eq(q->plan->sources[i]->topic, processing_log_topic(r->e->plog)))
            tp->log_error = NULL;
    tp->state_dir = r->e->opt.state_dir;
    tp->io = r->e->opt.io ? r->e->opt.io : io_posix();
    if (q->q == NULL)
        tp->row = on_row;
    if (q->plan->sink && q->plan->sink->topic.n) {
        const source *s = q->plan->sink;
        tp->sink = (task_topic){s->topic, topic_parts(r, s->topic),
                                q->plan->window.kind == WINDOW_SESSION ? 16
                                : q->plan->window.kind                 ? 8
                                                                       : 0};
        if (tp->sink.partitions == 0)
            return status_set(st, ST_NOT_FOUND, "Topic %.*s does not exist.", STR_FMT(s->topic));
    }
    q->earliest = q->q ? settings_choice_is(&v, SETTING_AUTO_OFFSET_RESET, "earliest") : q->topt.earliest;
    return make_internals(q, st) && make_changelogs(q, st);
}

static bool open_tasks(running *q, status *st)
{
    uint32_t max = 0;
    for (uint32_t s = 0; s < q->tp.stages.n; s++)
        max += (uint32_t)task_total(q, &q->tp.stages.s[s]);
    q->tasks = ARENA_ARRAY(&q->a, task *, max + 1);
    q->task_count = 0;
    for (uint32_t s = 0; s < q->tp.stages.n; s++) {
        int32_t n = task_total(q, &q->tp.stages.s[s]);
        for (int32_t p = 0; p < n; p++) {
            task *t = task_open(&q->tp, s, p, q->earliest, wake, q, st);
            if (t == NULL)
                return false;
            if (q->topt.bounded)
                task_bound(t);
            q->tasks[q->task_count++] = t;
        }
    }
    return true;
}

static void close_tasks(running *q, bool commit)
{
    for (uint32_t i = 0; i < q->task_count; i++)
        task_close(q->tasks[i], commit);
    q->task_count = 0;
}

/* Takes the query's tasks out of the workers' hands; mu is held. */
static void halt(runtime *r, running *q)
{
    q->stopping = true;
    while (q->pins)
        pthread_cond_wait(&r->idle, &r->mu);
    for (uint32_t i = 0; i < q->task_count; i++) {
        struct task_link *l = task_link_of(q->tasks[i]);
        while (l->running)
            pthread_cond_wait(&r->idle, &r->mu);
        if (l->queued)
            unqueue(r, q->tasks[i]);
        l->parked = true;
    }
}

static void free_running(running *q)
{
    query_unref(q->q);
    if (q->q == NULL)
        plan_free(q->plan);
    pthread_mutex_destroy(&q->row_lock);
    arena_free(&q->a);
    mem_free(q);
}

static void schedule(runtime *r, running *q)
{
    q->stopping = false;
    for (uint32_t i = 0; i < q->task_count; i++) {
        task_link_of(q->tasks[i])->parked = false;
        if (!q->paused)
            push(r, q->tasks[i]);
    }
}

static running *find(runtime *r, str id)
{
    for (size_t i = 0; i < r->queries.n; i++)
        if (r->queries.p[i]->q && str_eq(r->queries.p[i]->id, id))
            return r->queries.p[i];
    return NULL;
}

static running *running_new(runtime *r)
{
    running *q = MEM_NEW(running);
    arena_init(&q->a);
    q->rt = r;
    q->restart_at = INT64_MAX;
    pthread_mutex_init(&q->row_lock, NULL);
    return q;
}

static bool start(running *q, status *st)
{
    if (!prepare(q, st) || !open_tasks(q, st))
        return false;
    /* Where it starts is settled now, not at the first record: commit it. */
    for (uint32_t i = 0; i < q->task_count; i++)
        if (!task_commit_start(q->tasks[i], st))
            return false;
    q->started = true;
    return true;
}

bool runtime_start_query(runtime *r, query_info *info, status *st)
{
    runtime_stop_query(r, info->id, false);
    running *q = running_new(r);
    q->q = query_ref(info);
    q->plan = info->plan;
    q->id = str_dup(&q->a, info->id);
    if (!start(q, st)) {
        close_tasks(q, false);
        /* A query of before a restart of the server is not lost because the disk is full or failing now. */
        if (!r->e->replaying || (st->code != ST_FULL && st->code != ST_IO)) {
            free_running(q);
            return false;
        }
        pthread_mutex_lock(&r->mu);
        VEC_PUSH(&r->queries, q);
        back_off(r, q, st->msg);
        pthread_mutex_unlock(&r->mu);
        status_init(st);
        return true;
    }
    pthread_mutex_lock(&r->mu);
    VEC_PUSH(&r->queries, q);
    schedule(r, q);
    pthread_mutex_unlock(&r->mu);
    return true;
}

static void forget_query(runtime *r, running *q)
{
    status ignored;
    arena  a;
    arena_init(&a);
    status_init(&ignored);
    tlog_topic *topics;
    size_t      n;
    str         prefix = str_fmt(&a, "%.*s-", STR_FMT(q->tp.group));
    if (tlog_topic_list(r->e->opt.log, &a, &topics, &n, &ignored))
        for (size_t i = 0; i < n; i++)
            if (topics[i].internal && str_starts(topics[i].name, prefix))
                tlog_topic_delete(r->e->opt.log, topics[i].name, &ignored);
    if (q->q)
        tlog_offsets_delete_group(r->e->opt.log, q->tp.group, &ignored);
    for (uint32_t s = 0; q->q && q->tp.state_dir && s < q->tp.stages.n; s++)
        for (int32_t p = 0; p < task_total(q, &q->tp.stages.s[s]); p++)
            q->tp.io->unlink(q->tp.io,
                             str_z(&a, str_fmt(&a, "%s/%.*s-%u-%d.snap", q->tp.state_dir, STR_FMT(q->tp.group), s, p)));
    arena_free(&a);
}

static void remove_query(runtime *r, running *q)
{
    for (size_t i = 0; i < r->queries.n; i++)
        if (r->queries.p[i] == q) {
            VEC_REMOVE(&r->queries, i);
            return;
        }
}

void runtime_stop_query(runtime *r, str id, bool forget)
{
    pthread_mutex_lock(&r->mu);
    running *q = find(r, id);
    if (q) {
        remove_query(r, q);
        halt(r, q);
    }
    pthread_mutex_unlock(&r->mu);
    if (q == NULL)
        return;
    close_tasks(q, !forget);
    if (forget)
        forget_query(r, q);
    free_running(q);
}

bool runtime_pause(runtime *r, str id, bool pause)
{
    pthread_mutex_lock(&r->mu);
    running *q = find(r, id);
    if (q && q->paused != pause) {
        q->paused = pause;
        for (uint32_t i = 0; !pause && i < q->task_count; i++)
            push(r, q->tasks[i]);
    }
    pthread_mutex_unlock(&r->mu);
    return q != NULL;
}

/* ---- transient queries */

running *runtime_start_transient(runtime *r, const transient_options *o, status *st)
{
    running *q = running_new(r);
    q->topt = *o;
    q->plan = o->plan;
    q->id = str_dup(&q->a, o->id);
    if (!prepare(q, st) || !open_tasks(q, st)) {
        close_tasks(q, false);
        forget_query(r, q);
        free_running(q);
        return NULL;
    }
    pthread_mutex_lock(&r->mu);
    VEC_PUSH(&r->queries, q);
    schedule(r, q);
    pthread_mutex_unlock(&r->mu);
    return q;
}

void runtime_stop_transient(runtime *r, running *q)
{
    pthread_mutex_lock(&r->mu);
    remove_query(r, q);
    halt(r, q);
    pthread_mutex_unlock(&r->mu);
    close_tasks(q, false);
    if (q->tp.stages.internal_count)
        forget_query(r, q);
    free_running(q);
}

/* ---- reading */

static task_counts counts_of(const running *q)
{
    task_counts sum = {0};
    for (uint32_t i = 0; i < q->task_count; i++) {
        task_counts c = task_get_counts(q->tasks[i]);
        sum.records_in += c.records_in;
        sum.records_out += c.records_out;
        sum.state_bytes += c.state_bytes;
    }
    return sum;
}

/* Once a second; a task that is opened anew counts from 0. */
static void measure(running *q, int64_t now_ms)
{
    pace       *p = &q->pace;
    task_counts c = counts_of(q);
    int64_t     ms = now_ms - p->at_ms;
    if (ms < TICK_MS)
        return;
    if (p->at_ms && c.records_in >= p->in && c.records_out >= p->out) {
        p->in_per_s = (double)(c.records_in - p->in) * 1000 / (double)ms;
        p->out_per_s = (double)(c.records_out - p->out) * 1000 / (double)ms;
    }
    if (c.records_in != p->in || c.records_out != p->out)
        p->last_ms = now_ms;
    p->at_ms = now_ms;
    p->in = c.records_in;
    p->out = c.records_out;
}

bool runtime_info(runtime *r, str id, run_info *out)
{
    memset(out, 0, sizeof *out);
    pthread_mutex_lock(&r->mu);
    running *q = find(r, id);
    if (q) {
        out->state = q->paused ? RUN_PAUSED : q->restart_at != INT64_MAX ? RUN_ERROR : RUN_RUNNING;
        out->record_errors = atomic_load_explicit(&q->record_errors, memory_order_relaxed);
        out->error_count = q->error_count;
        memcpy(out->errors, q->errors, sizeof q->errors);
        task_counts c = counts_of(q);
        out->records_in = c.records_in;
        out->records_out = c.records_out;
        out->state_bytes = c.state_bytes;
        out->in_per_s = q->pace.in_per_s;
        out->out_per_s = q->pace.out_per_s;
        out->last_ms = q->pace.last_ms;
    }
    pthread_mutex_unlock(&r->mu);
    return q != NULL;
}

/* A task's lock is taken before mu (a task that appends wakes others), so a reader pins the query and
 * lets go of mu. NULL: no such query, or it is being restarted. */
static running *pin(runtime *r, str id)
{
    pthread_mutex_lock(&r->mu);
    running *q = find(r, id);
    if (q && q->stopping)
        q = NULL;
    if (q)
        q->pins++;
    pthread_mutex_unlock(&r->mu);
    return q;
}

static void unpin(runtime *r, running *q)
{
    pthread_mutex_lock(&r->mu);
    if (--q->pins == 0)
        pthread_cond_broadcast(&r->idle);
    pthread_mutex_unlock(&r->mu);
}

size_t runtime_offsets(runtime *r, str id, arena *a, task_offset **out)
{
    VEC(task_offset) all = {0};
    running *q = pin(r, id);
    for (uint32_t i = 0; q && i < q->task_count; i++) {
        task_offset *o;
        size_t       n = task_offsets(q->tasks[i], a, &o);
        for (size_t k = 0; k < n; k++)
            AVEC_PUSH(a, &all, o[k]);
    }
    if (q)
        unpin(r, q);
    *out = all.p;
    return all.n;
}

size_t runtime_stores(runtime *r, str id, arena *a, str **out)
{
    VEC(str) all = {0};
    running *q = pin(r, id);
    for (uint32_t i = 0; q && i < q->task_count; i++) {
        pipeline_state *states;
        size_t          n = pipeline_states(task_pipeline(q->tasks[i]), &states);
        for (size_t k = 0; k < n; k++) {
            bool known = false;
            for (size_t j = 0; j < all.n && !known; j++)
                known = str_eq(all.p[j], states[k].name);
            if (!known)
                AVEC_PUSH(a, &all, str_dup(a, states[k].name));
        }
    }
    if (q)
        unpin(r, q);
    *out = all.p;
    return all.n;
}

bool runtime_key(runtime *r, str id, const value *key, uint32_t n, arena *a, str *out)
{
    bool     ok = false;
    running *q = pin(r, id);
    for (uint32_t i = 0; q && !ok && i < q->task_count; i++) {
        if (!pipeline_is_queryable(task_pipeline(q->tasks[i])))
            continue;
        task_lock(q->tasks[i]);
        ok = pipeline_key_bytes(task_pipeline(q->tasks[i]), key, n, a, out);
        task_unlock(q->tasks[i]);
        break;
    }
    if (q)
        unpin(r, q);
    return ok;
}

bool runtime_read_table(runtime *r, str id, arena *a, const str *keys, size_t key_count, int64_t from, int64_t to,
                        table_row **rows, size_t *n, status *st)
{
    VEC(table_row) all = {0};
    running *q = pin(r, id);
    if (q == NULL)
        return status_set(st, ST_SQL, "Materializing query has been stopped");
    for (uint32_t i = 0; i < q->task_count; i++) {
        pipeline *pl = task_pipeline(q->tasks[i]);
        if (!pipeline_is_queryable(pl))
            continue;
        table_row *part;
        task_lock(q->tasks[i]);
        size_t count = pipeline_read(pl, a, keys, key_count, from, to, &part);
        task_unlock(q->tasks[i]);
        for (size_t k = 0; k < count; k++)
            AVEC_PUSH(a, &all, part[k]);
    }
    unpin(r, q);
    *rows = all.p;
    *n = all.n;
    return true;
}

/* ---- the timer */

static void restart(runtime *r, running *q)
{
    status st;
    status_init(&st);
    halt(r, q);
    q->pins++; /* who stops the query meanwhile waits */
    pthread_mutex_unlock(&r->mu);
    close_tasks(q, false);
    bool ok = q->started ? open_tasks(q, &st) : start(q, &st);
    if (!ok)
        close_tasks(q, false);
    pthread_mutex_lock(&r->mu);
    q->restart_at = INT64_MAX;
    if (ok)
        schedule(r, q);
    else
        back_off(r, q, st.msg);
    if (--q->pins == 0)
        pthread_cond_broadcast(&r->idle);
}

static void *timer(void *arg)
{
    runtime *r = arg;
    pthread_mutex_lock(&r->mu);
    while (!r->stop) {
        pthread_mutex_unlock(&r->mu);
        processing_log_flush(r->e->plog); /* may wake queries, which takes mu */
        pthread_mutex_lock(&r->mu);
        int64_t t = now(r), next = t + TICK_MS;
        for (size_t i = 0; i < r->queries.n; i++) {
            running *q = r->queries.p[i];
            if (q->restart_at <= t && !q->stopping) {
                restart(r, q);
                break; /* the list may have changed */
            }
            if (!q->stopping)
                measure(q, t);
            for (uint32_t k = 0; k < q->task_count && !q->stopping; k++) {
                int64_t due = task_due(q->tasks[k]);
                if (due <= t)
                    push(r, q->tasks[k]);
                else if (due < next)
                    next = due;
            }
        }
        if (r->stop)
            break;
        bool    work = r->queries.n > 0;
        int64_t wait = work || r->e->plog ? next - t : 60000;
        if (wait < 1)
            wait = 1;
        struct timespec until = clock_wall_after_ms(wait);
        pthread_cond_timedwait(&r->timer, &r->mu, &until);
    }
    pthread_mutex_unlock(&r->mu);
    return NULL;
}

/* ---- life */

runtime *runtime_open(engine *e, status *st)
{
    runtime *r = MEM_NEW(runtime);
    r->e = e;
    if (e->opt.state_dir) {
        io *files = e->opt.io ? e->opt.io : io_posix();
        files->mkdir(files, e->opt.state_dir); /* there already, or every snapshot will say why not */
    }
    settings_view v = engine_settings(e);
    r->backoff_initial_ms = settings_number(&v, SETTING_QUERY_RETRY_BACKOFF_INITIAL_MS);
    r->backoff_max_ms = settings_number(&v, SETTING_QUERY_RETRY_BACKOFF_MAX_MS);
    pthread_mutex_init(&r->mu, NULL);
    pthread_cond_init(&r->work, NULL);
    pthread_cond_init(&r->idle, NULL);
    pthread_cond_init(&r->timer, NULL);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int  n = e->opt.workers > 0 ? e->opt.workers : cores > 0 ? (int)cores : 1;
    if (pthread_create(&r->timer_thread, NULL, timer, r) != 0) {
        status_set(st, ST_INTERNAL, "a thread could not be started");
        mem_free(r);
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        pthread_t th;
        if (pthread_create(&th, NULL, worker, r) == 0)
            VEC_PUSH(&r->threads, th);
    }
    return r;
}

void runtime_close(runtime *r)
{
    while (r->queries.n) {
        running *q = r->queries.p[r->queries.n - 1];
        if (q->q)
            runtime_stop_query(r, q->id, false);
        else
            runtime_stop_transient(r, q);
    }
    pthread_mutex_lock(&r->mu);
    r->stop = true;
    pthread_cond_broadcast(&r->work);
    pthread_cond_broadcast(&r->timer);
    pthread_mutex_unlock(&r->mu);
    for (size_t i = 0; i < r->threads.n; i++)
        pthread_join(r->threads.p[i], NULL);
    pthread_join(r->timer_thread, NULL);
    VEC_FREE(&r->threads);
    VEC_FREE(&r->queries);
    pthread_cond_destroy(&r->work);
    pthread_cond_destroy(&r->idle);
    pthread_cond_destroy(&r->timer);
    pthread_mutex_destroy(&r->mu);
    mem_free(r);
}
