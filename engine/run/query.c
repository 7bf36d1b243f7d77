/* Queries that run: opened from what is desired, closed, forgotten; the keeper, who does it. */
#include <stdio.h>

#include "base/mem.h"
#include "engine/run/names.h"
#include "engine/run/processing_log.h"
#include "engine/run/runtime_int.h"
#include "storage/io.h"

#define KEEPER_TICK_MS 1000
#define COMMIT_INTERVAL_EXACTLY_ONCE_MS 100 /* nobody sees a row before its commit */

/* ---- settings */

/* As the query sees them now. A persistent one keeps those it was made with, a transient one has its session's. */
typedef struct query_settings {
    pmap          system;
    settings_view view;
} query_settings;

static void query_settings_init(query_settings *s, const run_query *q)
{
    const runtime_options *o = &q->rt->o;
    o->system_settings(o->ctx, &s->system);
    s->view = (settings_view){.session = q->q ? NULL : q->topt.properties,
                              .query = q->q ? &q->q->settings : NULL,
                              .system = &s->system,
                              .server = o->settings};
}

static void query_settings_deinit(query_settings *s)
{
    pmap_free(&s->system);
}

/* Those that a query takes over while it runs. */
static void take_changeable_settings(run_query *q, const settings_view *v)
{
    bool    quick = q->tp.exactly_once && !settings_is_set(v, SETTING_COMMIT_INTERVAL_MS);
    int64_t ms = quick ? COMMIT_INTERVAL_EXACTLY_ONCE_MS : settings_number(v, SETTING_COMMIT_INTERVAL_MS);
    atomic_store(&q->tp.commit_interval_ms, ms);
}

static void read_changeable_settings(run_query *q)
{
    query_settings s;
    query_settings_init(&s, q);
    take_changeable_settings(q, &s.view);
    query_settings_deinit(&s);
}

void runtime_settings_changed(runtime *r)
{
    pthread_mutex_lock(&r->mu);
    for (size_t i = 0; i < r->queries.n; i++)
        if (r->queries.p[i]->phase == PHASE_LIVE)
            read_changeable_settings(r->queries.p[i]);
    pthread_mutex_unlock(&r->mu);
}

/* ---- a plan's stages as tasks */

bool run_topic_partitions(runtime *r, str name, int32_t *n, status *st)
{
    arena      a;
    tlog_topic t;
    arena_init(&a);
    bool there = tlog_topic_get(r->o.log, &a, name, &t, st), known = there || st->code == ST_NOT_FOUND;
    *n = there ? t.partitions : 0;
    arena_free(&a);
    if (known)
        status_init(st);
    return known;
}

static bool make_topic(runtime *r, str name, int32_t partitions, bool compact, status *st)
{
    tlog_config c[] = {{STR("retention.ms"), STR("-1")},
                       {STR("cleanup.policy"), compact ? STR("compact") : STR("delete")}};
    tlog_topic  t = {.name = name, .partitions = partitions, .replication = -1, .configs = c, .config_count = 2};
    if (tlog_topic_create(r->o.log, &t, st) || st->code == ST_EXISTS) {
        status_init(st);
        return true;
    }
    return false;
}

static uint32_t window_bytes(ast_window_kind k)
{
    return k == WINDOW_SESSION ? 16 : k ? 8 : 0;
}

/* Internal topics have as many partitions as the widest input of the query had when they were made. */
static bool name_internals(run_query *q, status *st)
{
    int32_t widest = 1, n;
    for (uint32_t i = 0; i < q->plan->source_count; i++) {
        if (!run_topic_partitions(q->rt, q->plan->sources[i]->topic, &n, st))
            return false;
        widest = n > widest ? n : widest;
    }
    q->tp.internals = ARENA_ARRAY(&q->a, task_topic, q->tp.stages.internal_count + 1);
    for (uint32_t i = 0; i < q->tp.stages.internal_count; i++) {
        str name = name_internal_topic(&q->a, q->tp.group, i, q->tp.stages.internal_topics[i]);
        if (!run_topic_partitions(q->rt, name, &n, st))
            return false;
        q->tp.internals[i] =
            (task_topic){name, n ? n : widest, window_bytes(q->tp.stages.internal_nodes[i]->out.window.kind)};
    }
    return true;
}

/* The names of a stage's stores. */
static bool stage_stores(run_query *q, uint32_t at, str **names, size_t *n, status *st)
{
    pipeline_env    env = {0};
    pipeline_state *states;
    pipeline       *pl = pipeline_new(q->plan, &q->tp.stages.s[at], &env, st);
    if (pl == NULL)
        return false;
    *n = pipeline_states(pl, &states);
    *names = ARENA_ARRAY(&q->a, str, *n + 1);
    for (size_t i = 0; i < *n; i++)
        (*names)[i] = str_dup(&q->a, states[i].name);
    pipeline_free(pl);
    return true;
}

static bool widest_input(run_query *q, const stage *s, int32_t *max, status *st)
{
    *max = 0;
    for (uint32_t i = 0; i < s->input_count; i++) {
        int32_t n = s->inputs[i].internal ? q->tp.internals[s->inputs[i].internal_index].partitions : 0;
        if (!s->inputs[i].internal && !run_topic_partitions(q->rt, s->inputs[i].topic, &n, st))
            return false;
        *max = n > *max ? n : *max;
    }
    return true;
}

/* How many tasks each stage has: one a partition of its widest input. State was counted by partitions as they were, so
 * a stage that has some keeps as many as its changelogs. */
static bool count_tasks(run_query *q, status *st)
{
    uint32_t n = q->tp.stages.n;
    q->stage_tasks = ARENA_ARRAY(&q->a, int32_t, n);
    q->stage_stateful = ARENA_ARRAY(&q->a, bool, n);
    q->stage_stores = ARENA_ARRAY(&q->a, str *, n);
    q->stage_store_count = ARENA_ARRAY(&q->a, size_t, n);
    for (uint32_t s = 0; s < n; s++) {
        const stage *sg = &q->tp.stages.s[s];
        if (!stage_stores(q, s, &q->stage_stores[s], &q->stage_store_count[s], st))
            return false;
        size_t  count = q->stage_store_count[s];
        int32_t kept = 0, now = 1;
        str     changelog = count ? name_changelog(&q->a, q->tp.group, s, q->stage_stores[s][0]) : STR_NONE;
        if (count && q->tp.persistent && !run_topic_partitions(q->rt, changelog, &kept, st))
            return false;
        if (!sg->single_task && !widest_input(q, sg, &now, st))
            return false;
        q->stage_stateful[s] = count > 0;
        q->stage_tasks[s] = kept ? kept : now ? now : 1;
    }
    return true;
}

static void plan_settings(run_query *q)
{
    query_settings       s;
    task_plan           *tp = &q->tp;
    const settings_view *v = &s.view;
    query_settings_init(&s, q);
    tp->exactly_once = str_starts(settings_text(v, SETTING_PROCESSING_GUARANTEE), STR("exactly_once"));
    tp->throw_on_bad_timestamp = settings_flag(v, SETTING_TIMESTAMP_THROW_ON_INVALID);
    tp->emit_interval_ms = settings_number(v, SETTING_EMIT_INTERVAL_MS);
    tp->join_interval_ms = settings_number(v, SETTING_JOIN_INTERVAL_MS);
    tp->earliest = q->q ? settings_choice_is(v, SETTING_AUTO_OFFSET_RESET, "earliest") : q->topt.earliest;
    take_changeable_settings(q, v);
    query_settings_deinit(&s);
}

/* From the plan to what its tasks share. Looks topics up, makes none. */
static bool make_plan(run_query *q, status *st)
{
    const runtime_options *o = &q->rt->o;
    task_plan             *tp = &q->tp;
    *tp = (task_plan){.log = o->log,
                      .plan = q->plan,
                      .stages = stages_of(&q->a, q->plan),
                      .persistent = q->q != NULL,
                      .group = name_group(&q->a, o->service_id, q->id, q->q != NULL),
                      .bounded = q->topt.bounded,
                      .clock = o->clock,
                      .state_dir = o->state_dir,
                      .io = o->io ? o->io : io_posix(),
                      .backoff_initial_ms = o->backoff_initial_ms,
                      .backoff_max_ms = o->backoff_max_ms};
    plan_settings(q);
    if (q->plan->sink && q->plan->sink->topic.n)
        tp->sink = (task_topic){q->plan->sink->topic, 0, window_bytes(q->plan->window.kind)};
    return name_internals(q, st) && count_tasks(q, st);
}

/* ---- made before it is desired */

static bool make_topics(run_query *q, status *st)
{
    for (uint32_t i = 0; i < q->tp.stages.internal_count; i++)
        if (!make_topic(q->rt, q->tp.internals[i].name, q->tp.internals[i].partitions, false, st))
            return false;
    for (uint32_t s = 0; q->tp.persistent && s < q->tp.stages.n; s++) {
        for (size_t i = 0; i < q->stage_store_count[s]; i++)
            if (!make_topic(q->rt, name_changelog(&q->a, q->tp.group, s, q->stage_stores[s][i]), q->stage_tasks[s],
                            true, st))
                return false;
    }
    return true;
}

/* Commits where those partitions begin that have no committed offset yet. */
static bool settle_partitions(run_query *q, arena *a, str topic, int32_t n, bool start, status *st)
{
    tlog          *log = q->rt->o.log;
    tlog_position *p = ARENA_ARRAY(a, tlog_position, n + 1);
    tlog_part    **parts = ARENA_ARRAY(a, tlog_part *, n + 1);
    tlog_offsets  *o = ARENA_ARRAY(a, tlog_offsets, n + 1);
    size_t         count = 0, opened = 0;
    for (int32_t i = 0; i < n; i++)
        p[i] = (tlog_position){.topic = topic, .partition = i};
    bool ok = tlog_offsets_fetch(log, q->tp.group, p, (size_t)n, st);
    for (int32_t i = 0; ok && i < n; i++)
        if (p[i].offset == TLOG_OFFSET_NONE)
            p[count++] = p[i];
    for (; ok && opened < count; opened += ok) {
        parts[opened] = tlog_part_open(log, topic, p[opened].partition, st);
        ok = parts[opened] != NULL;
    }
    ok = ok && (count == 0 || tlog_offsets_query(log, parts, count, o, st));
    for (size_t i = 0; ok && i < count; i++)
        p[i].offset = start ? o[i].start : o[i].high;
    for (size_t i = 0; i < opened; i++)
        tlog_part_close(parts[i]);
    /* One that is in doubt is settled again, to the same or later, before the query begins. */
    tlog_commit_args c = {.group = q->tp.group, .positions = p, .position_count = count};
    return ok && (count == 0 || tlog_commit(log, &c, st) == TLOG_COMMITTED);
}

/* Where an external input begins is settled now, not at the first record. */
static bool settle_input(run_query *q, const stage_input *in, status *st)
{
    arena   a;
    int32_t n;
    if (!run_topic_partitions(q->rt, in->topic, &n, st))
        return false;
    arena_init(&a);
    bool start = q->tp.earliest || in->node->is_table, ok = settle_partitions(q, &a, in->topic, n, start, st);
    arena_free(&a);
    return ok;
}

/* Was one of that id dropped, and is still there? What it has left would be taken for the new one's. */
static bool is_leaving(runtime *r, str id)
{
    pthread_mutex_lock(&r->mu);
    run_query *q = query_find_running(r, id);
    bool       leaving = q && q->gone;
    pthread_mutex_unlock(&r->mu);
    return leaving;
}

bool runtime_prepare(runtime *r, const query_info *info, status *st)
{
    if (is_leaving(r, info->id))
        return status_set(st, ST_NOT_READY, "What query %.*s has left is still being removed. Please try again later.",
                          STR_FMT(info->id));
    run_query *q = run_query_new(r, info->id);
    q->q = query_info_ref((query_info *)(uintptr_t)info); /* counted, not changed */
    q->plan = info->plan;
    bool ok = make_plan(q, st) && make_topics(q, st);
    for (uint32_t s = 0; ok && s < q->tp.stages.n; s++)
        for (uint32_t i = 0; ok && i < q->tp.stages.s[s].input_count; i++)
            if (!q->tp.stages.s[s].inputs[i].internal)
                ok = settle_input(q, &q->tp.stages.s[s].inputs[i], st);
    run_query_free(q);
    return ok;
}

/* ---- opening and closing */

run_query *run_query_new(runtime *r, str id)
{
    run_query *q = MEM_NEW(run_query);
    arena_init(&q->own);
    arena_init(&q->a);
    q->rt = r;
    q->id = str_dup(&q->own, id);
    q->heap_at = UINT32_MAX;
    q->retry_at = INT64_MAX;
    pthread_mutex_init(&q->row_lock, NULL);
    return q;
}

void run_query_free(run_query *q)
{
    if (q->q == NULL)
        plan_free(q->topt.plan);
    query_info_unref(q->q);
    query_info_unref(q->next);
    pthread_mutex_destroy(&q->row_lock);
    VEC_FREE(&q->tasks);
    VEC_FREE(&q->made);
    VEC_FREE(&q->decoders);
    arena_free(&q->a);
    arena_free(&q->own);
    mem_free(q);
}

static void log_error(void *ctx, const proc_failure *f)
{
    run_query *q = ctx;
    atomic_fetch_add_explicit(&q->record_errors, 1, memory_order_relaxed);
    processing_log_write(q->rt->o.plog, q->id, f);
}

static void log_missed(void *ctx, str topic, int32_t partition, int64_t records)
{
    run_query *q = ctx;
    char       line[1024];
    atomic_fetch_add_explicit(&q->records_missed, (uint64_t)records, memory_order_relaxed);
    snprintf(line, sizeof line,
             "engine: query %.*s: %ld records of topic %.*s, partition %d, were deleted before they were read; it goes "
             "on behind them",
             STR_FMT(q->id), records, STR_FMT(topic), partition);
    if (q->rt->o.report)
        q->rt->o.report(q->rt->o.ctx, line);
    proc_failure f = {.kind = PROC_THREAD, .step = STR("Source"), .msg = line};
    processing_log_write(q->rt->o.plog, q->id, &f);
}

static bool on_row(void *ctx, const value *row, bool tombstone, int64_t ts)
{
    run_query *q = ctx;
    pthread_mutex_lock(&q->row_lock);
    bool more = !q->detached && q->topt.row(q->topt.ctx, row, tombstone, ts);
    pthread_mutex_unlock(&q->row_lock);
    return more;
}

static void post_mail(void *ctx, task *t, unsigned mail)
{
    runtime *r = ((run_query *)ctx)->rt;
    pthread_mutex_lock(&r->mu);
    sched_post(r, t, mail);
    pthread_mutex_unlock(&r->mu);
}

static void do_in_background(void *ctx, void (*run)(void *arg), void *arg)
{
    background_run(((run_query *)ctx)->rt, run, arg);
}

bool run_query_open(run_query *q, status *st)
{
    if (!make_plan(q, st))
        return false;
    q->tp.post = post_mail;
    q->tp.background = do_in_background;
    q->tp.missed = log_missed;
    q->tp.ctx = q;
    q->tp.log_error = log_error;
    for (uint32_t i = 0; i < q->plan->source_count; i++) /* it would hear itself */
        if (q->rt->o.plog && str_eq(q->plan->sources[i]->topic, processing_log_topic(q->rt->o.plog)))
            q->tp.log_error = NULL;
    if (q->q == NULL) {
        q->tp.row = on_row;
        if (!make_topics(q, st))
            return false;
    }
    atomic_store(&q->tp.pause, q->q && (q->q->paused || q->paused_at_start));
    for (uint32_t s = 0; s < q->tp.stages.n; s++)
        for (int32_t p = 0; p < q->stage_tasks[s]; p++)
            VEC_PUSH(&q->made, task_new(&q->tp, s, p, q));
    return true;
}

/* From here on others see its tasks; mu is held. */
static void publish_tasks(run_query *q)
{
    for (size_t i = 0; i < q->made.n; i++)
        VEC_PUSH(&q->tasks, q->made.p[i]);
    q->open_tasks = (uint32_t)q->tasks.n;
    q->made.n = 0;
    q->phase = PHASE_LIVE;
}

/* The others see them no more; mu is held. */
void run_query_withdraw(run_query *q)
{
    for (size_t i = 0; i < q->tasks.n; i++)
        VEC_PUSH(&q->made, q->tasks.p[i]);
    q->tasks.n = 0;
}

void run_query_shut(run_query *q)
{
    for (size_t i = 0; i < q->made.n; i++)
        task_free(q->made.p[i]);
    q->made.n = 0;
    for (size_t i = 0; i < q->decoders.n; i++)
        pipeline_free(q->decoders.p[i]);
    q->decoders.n = 0;
    arena_free(&q->a);
    arena_init(&q->a);
}

run_query *query_find_running(runtime *r, str id)
{
    for (size_t i = 0; i < r->queries.n; i++)
        if (r->queries.p[i]->topt.plan == NULL && str_eq(r->queries.p[i]->id, id))
            return r->queries.p[i];
    return NULL;
}

static void add_query(runtime *r, run_query *q)
{
    VEC_PUSH(&r->queries, q);
    pthread_cond_signal(&r->timer); /* it sleeps long while there are none */
}

static void remove_query(runtime *r, run_query *q)
{
    for (size_t i = 0; i < r->queries.n; i++)
        if (r->queries.p[i] == q) {
            VEC_REMOVE(&r->queries, i);
            return;
        }
}

static void ask_keeper(run_query *q)
{
    q->attention = true;
    pthread_cond_signal(&q->rt->keeper);
}

/* ---- what is desired */

void runtime_want(runtime *r, query_info *info, bool held)
{
    pthread_mutex_lock(&r->mu);
    run_query *q = query_find_running(r, info->id);
    if (q && q->q && q->next == NULL &&
        (q->q->base ? q->q->base : q->q) == (info->base ? info->base : info)) { /* the same, paused or resumed */
        query_info_unref(q->q);
        q->q = query_info_ref(info);
        q->paused_at_start = false;
        atomic_store(&q->tp.pause, info->paused);
        sched_post_all(q, MAIL_CHECK);
    } else if (q) {
        query_info_unref(q->next);
        q->next = query_info_ref(info);
        if (q->phase == PHASE_LIVE) {
            q->phase = PHASE_CLOSING;
            sched_post_all(q, MAIL_CLOSE);
        }
        ask_keeper(q);
    } else {
        q = run_query_new(r, info->id);
        q->q = query_info_ref(info);
        q->paused_at_start = held;
        add_query(r, q);
        ask_keeper(q);
    }
    pthread_mutex_unlock(&r->mu);
}

void runtime_unwant(runtime *r, str id)
{
    pthread_mutex_lock(&r->mu);
    run_query *q = query_find_running(r, id);
    if (q) {
        q->gone = true;
        q->fault[0] = 0;
        q->retry_wait_ms = 0;
        if (q->phase != PHASE_NEW) {
            q->phase = PHASE_CLOSING;
            atomic_store(&q->tp.stop, true);
            sched_post_all(q, MAIL_ABANDON);
        }
        ask_keeper(q);
    }
    pthread_mutex_unlock(&r->mu);
}

void runtime_on_forgotten(runtime *r, void (*forgotten)(void *ctx, str id), void *ctx)
{
    pthread_mutex_lock(&r->mu);
    r->forgotten = forgotten;
    r->forgotten_ctx = ctx;
    pthread_mutex_unlock(&r->mu);
}

static bool is_settled(const run_query *q)
{
    if (q->gone)
        return q->fault[0] != 0; /* what it has left cannot be removed now */
    if (q->next || q->phase == PHASE_CLOSING)
        return false;
    if (q->phase == PHASE_NEW)
        return q->fault[0] != 0;
    for (size_t i = 0; i < q->tasks.n; i++)
        if (task_get_state(q->tasks.p[i]) == TASK_RESTORING)
            return false;
    return true;
}

void runtime_await(runtime *r, str id, int64_t timeout_ms)
{
    struct timespec until = clock_mono_after_ms(timeout_ms);
    pthread_mutex_lock(&r->mu);
    for (;;) {
        run_query *q = query_find_running(r, id);
        if (q == NULL || is_settled(q) || pthread_cond_timedwait(&r->idle, &r->mu, &until) != 0)
            break;
    }
    pthread_mutex_unlock(&r->mu);
}

/* ---- what happened */

void run_query_keep_error(run_query *q, const char *msg)
{
    if (q->error_count == RUN_ERRORS_MAX) {
        memmove(q->errors, q->errors + 1, (RUN_ERRORS_MAX - 1) * sizeof *q->errors);
        q->error_count--;
    }
    run_error *e = &q->errors[q->error_count++];
    e->ts_ms = time_wall_ms(q->rt->o.clock);
    snprintf(e->msg, sizeof e->msg, "%s", msg);
}

/* then: what is done about it; wait_ms < 0: without a time. */
static void report(run_query *q, const char *why, const char *then, int64_t wait_ms)
{
    char line[2048], in[32] = "";
    if (q->rt->o.report == NULL)
        return;
    if (wait_ms >= 0)
        snprintf(in, sizeof in, " in %ld s", (wait_ms + 500) / 1000);
    snprintf(line, sizeof line, "engine: query %.*s: %s%s%s", STR_FMT(q->id), why, then, in);
    q->rt->o.report(q->rt->o.ctx, line);
}

static void end_transient(run_query *q, const char *error)
{
    runtime *r = q->rt;
    pthread_mutex_lock(&r->mu);
    bool tell = !q->end_told && !q->gone;
    q->end_told = true;
    pthread_mutex_unlock(&r->mu);
    if (!tell || q->topt.end == NULL)
        return;
    pthread_mutex_lock(&q->row_lock);
    if (!q->detached)
        q->topt.end(q->topt.ctx, error);
    pthread_mutex_unlock(&q->row_lock);
}

static void transient_moved(run_query *q, task_state to, const char *why)
{
    bool over = to == TASK_FAILED || to == TASK_WAITING;
    if (to == TASK_ENDED) {
        pthread_mutex_lock(&q->rt->mu);
        over = ++q->ended == q->tasks.n || !q->topt.bounded;
        pthread_mutex_unlock(&q->rt->mu);
    }
    if (over)
        end_transient(q, to == TASK_ENDED ? NULL : why);
}

static bool is_gone(run_query *q)
{
    pthread_mutex_lock(&q->rt->mu);
    bool gone = q->gone;
    pthread_mutex_unlock(&q->rt->mu);
    return gone;
}

void run_query_task_moved(run_query *q, task *t, task_state from, task_state to)
{
    arena a;
    str   why;
    (void)from;
    if (to != TASK_FAILED && to != TASK_WAITING && to != TASK_ENDED)
        return;
    arena_init(&a);
    task_reason(t, &a, &why);
    const char *reason = str_z(&a, why);
    if (q->q == NULL) {
        transient_moved(q, to, reason);
    } else if (!atomic_load(&q->tp.stop) && !is_gone(q)) {
        int64_t due = task_due(t), now = time_mono_ms(q->rt->o.clock);
        pthread_mutex_lock(&q->rt->mu);
        run_query_keep_error(q, reason);
        pthread_mutex_unlock(&q->rt->mu);
        if (to == TASK_FAILED)
            report(q, reason, "; it goes on from its last commit", due - now);
        else
            report(q, reason, "", -1);
        if (to == TASK_FAILED && q->tp.log_error) {
            proc_failure f = {.kind = PROC_THREAD, .step = STR("thread"), .msg = reason};
            q->tp.log_error(q, &f);
        }
    }
    arena_free(&a);
}

/* ---- forgetting */

/* All that can be are; false: some could not. */
static bool delete_topics(runtime *r, arena *a, str prefix, status *st)
{
    tlog_topic *topics;
    size_t      n;
    bool        all = true;
    if (!tlog_topic_list(r->o.log, a, &topics, &n, st))
        return false;
    for (size_t i = 0; i < n; i++) {
        status one;
        status_init(&one);
        if (!tlog_name_is_internal(topics[i].name) || !str_starts(topics[i].name, prefix) ||
            tlog_topic_delete(r->o.log, topics[i].name, &one) || one.code == ST_NOT_FOUND)
            continue;
        *st = one;
        all = false;
    }
    return all;
}

typedef struct snapshots {
    str   prefix;
    arena a;
    VEC(str) names;
} snapshots;

static void see_snapshot(const char *name, void *ctx)
{
    snapshots *s = ctx;
    if (str_starts(str_of(name), s->prefix))
        AVEC_PUSH(&s->a, &s->names, str_dup(&s->a, str_of(name)));
}

static void delete_snapshots(runtime *r, arena *a, str prefix)
{
    io       *files = r->o.io ? r->o.io : io_posix();
    snapshots s = {.prefix = prefix};
    if (r->o.state_dir == NULL)
        return;
    arena_init(&s.a);
    files->list(files, r->o.state_dir, see_snapshot, &s);
    for (size_t i = 0; i < s.names.n; i++)
        files->unlink(files, str_z(a, str_fmt(a, "%s/%.*s", r->o.state_dir, STR_FMT(s.names.p[i]))));
    arena_free(&s.a);
}

void run_query_forget_transient(run_query *q)
{
    arena  a;
    status ignored; /* the next start sees to what stays */
    if (q->tp.stages.internal_count == 0)
        return;
    arena_init(&a);
    status_init(&ignored);
    str group = name_group(&a, q->rt->o.service_id, q->id, false);
    delete_topics(q->rt, &a, str_fmt(&a, "%.*s-", STR_FMT(group)), &ignored);
    arena_free(&a);
}

bool runtime_forget(runtime *r, str id, status *st)
{
    arena a;
    arena_init(&a);
    str  group = name_group(&a, r->o.service_id, id, true), prefix = str_fmt(&a, "%.*s-", STR_FMT(group));
    bool ok = delete_topics(r, &a, prefix, st) && tlog_offsets_delete_group(r->o.log, group, st);
    delete_snapshots(r, &a, prefix); /* one that stays knows the topics it stood on */
    arena_free(&a);
    if (ok && r->forgotten)
        r->forgotten(r->forgotten_ctx, id);
    return ok;
}

/* ---- the keeper */

/* After a while that doubles; mu is held. Gives whether it is the same fault as the last time. */
static bool try_later(run_query *q, const status *st)
{
    runtime *r = q->rt;
    int64_t  wait = q->retry_wait_ms ? q->retry_wait_ms * 2 : r->o.backoff_initial_ms;
    bool     same = strncmp(q->fault, st->msg, sizeof q->fault - 1) == 0;
    snprintf(q->fault, sizeof q->fault, "%s", st->msg);
    q->retry_wait_ms = status_may_pass(st->code) && wait < r->o.backoff_max_ms ? wait : r->o.backoff_max_ms;
    q->retry_at = time_mono_ms(r->o.clock) + q->retry_wait_ms;
    if (!same) {
        q->fault_ms = time_wall_ms(r->o.clock);
        run_query_keep_error(q, st->msg);
    }
    pthread_cond_signal(&r->timer);
    pthread_cond_broadcast(&r->idle);
    return same;
}

/* What could not be opened is tried again after a while, or when a topic changes. */
static void open_failed(run_query *q, const status *st)
{
    runtime *r = q->rt;
    run_query_shut(q);
    pthread_mutex_lock(&r->mu);
    bool same = try_later(q, st);
    pthread_mutex_unlock(&r->mu);
    if (!same && !q->gone)
        report(q, st->msg, "; it is tried again", q->retry_wait_ms);
}

static void open_now(run_query *q)
{
    runtime *r = q->rt;
    status   st;
    status_init(&st);
    q->plan = q->q->plan;
    if (q->plan == NULL) {
        status_set(&st, ST_SQL, "%.*s", STR_FMT(q->q->fault));
        open_failed(q, &st);
        return;
    }
    if (!run_query_open(q, &st) || !topic_watch_decide(q, &st)) {
        open_failed(q, &st);
        return;
    }
    pthread_mutex_lock(&r->mu);
    publish_tasks(q);
    q->fault[0] = 0;
    q->retry_at = INT64_MAX;
    q->retry_wait_ms = 0;
    if (q->next || q->gone || r->stop_keeper) { /* desired otherwise meanwhile */
        q->phase = PHASE_CLOSING;
        sched_post_all(q, MAIL_ABANDON);
    } else {
        sched_post_all(q, MAIL_WAKE);
    }
    pthread_cond_broadcast(&r->idle);
    pthread_mutex_unlock(&r->mu);
}

/* What it has left could not be removed: that is tried again after a while, and at the next start. */
static void forget_failed(run_query *q, const status *st)
{
    runtime *r = q->rt;
    pthread_mutex_lock(&r->mu);
    bool again = try_later(q, st);
    pthread_mutex_unlock(&r->mu);
    if (!again)
        report(q, st->msg, "; what it has left is to be removed", q->retry_wait_ms);
}

static bool forget(run_query *q)
{
    runtime *r = q->rt;
    status   st;
    status_init(&st);
    if (q->q == NULL) {
        run_query_forget_transient(q);
    } else if (!runtime_forget(r, q->id, &st)) {
        forget_failed(q, &st);
        return false;
    }
    pthread_mutex_lock(&r->mu);
    remove_query(r, q);
    pthread_cond_broadcast(&r->idle);
    pthread_mutex_unlock(&r->mu);
    run_query_free(q);
    return true;
}

/* All its tasks are closed and nobody looks at them. false: it is gone. */
static bool closed(run_query *q)
{
    runtime *r = q->rt;
    run_query_shut(q);
    if (q->gone)
        return !forget(q);
    pthread_mutex_lock(&r->mu);
    query_info *old = q->q;
    if (q->next) {
        q->q = q->next;
        q->next = NULL;
    } else {
        old = NULL;
    }
    q->phase = PHASE_NEW;
    pthread_mutex_unlock(&r->mu);
    query_info_unref(old);
    open_now(q);
    return true;
}

/* What cannot be looked up is looked up again at the keeper's next tick; until then all stays as it is. */
static void look_at_topics(run_query *q)
{
    status st;
    status_init(&st);
    bool known = topic_watch_decide(q, &st);
    pthread_mutex_lock(&q->rt->mu);
    q->topics_unknown = !known;
    pthread_mutex_unlock(&q->rt->mu);
}

/* The keeper's pin keeps others from freeing it meanwhile. false: it is gone. */
static bool look_after(run_query *q)
{
    runtime *r = q->rt;
    pthread_mutex_lock(&r->mu);
    bool persistent = q->q != NULL, topics = q->topics;
    bool nothing_open = q->phase == PHASE_CLOSING && q->open_tasks == 0 && q->pins == 1 && !r->stop_keeper;
    bool close = (persistent || q->gone) && (nothing_open || (q->phase == PHASE_NEW && (q->next || q->gone)));
    bool open = persistent && q->phase == PHASE_NEW && !close && !r->stop_keeper;
    q->topics = false;
    if (close) {
        sched_remove(q);
        run_query_withdraw(q);
    }
    pthread_mutex_unlock(&r->mu);
    if (close)
        return closed(q);
    if (open)
        open_now(q);
    else if (topics)
        look_at_topics(q);
    return true;
}

static void measure(run_query *q, int64_t now_ms)
{
    pace       *p = &q->pace;
    task_counts c = {0};
    int64_t     ms = now_ms - p->at_ms;
    for (size_t i = 0; i < q->tasks.n; i++) {
        task_counts one = task_get_counts(q->tasks.p[i]);
        c.records_in += one.records_in;
        c.records_out += one.records_out;
    }
    if (p->at_ms && ms > 0 && c.records_in >= p->in && c.records_out >= p->out) {
        p->in_per_s = (double)(c.records_in - p->in) * 1000 / (double)ms;
        p->out_per_s = (double)(c.records_out - p->out) * 1000 / (double)ms;
    }
    if (c.records_in != p->in || c.records_out != p->out)
        p->last_ms = time_wall_ms(q->rt->o.clock);
    p->at_ms = now_ms;
    p->in = c.records_in;
    p->out = c.records_out;
}

static run_query *next_attention(runtime *r)
{
    for (size_t i = 0; i < r->queries.n; i++)
        if (r->queries.p[i]->attention) {
            r->queries.p[i]->attention = false;
            return r->queries.p[i];
        }
    return NULL;
}

static void tick(runtime *r, int64_t now)
{
    for (size_t i = 0; i < r->queries.n; i++) {
        run_query *q = r->queries.p[i];
        measure(q, now);
        q->topics |= q->topics_unknown;
        q->attention |= q->topics_unknown;
        q->topics_unknown = false;
    }
}

static void spread_changed_topics(runtime *r)
{
    for (size_t i = 0; i < r->changed_topics.n; i++) {
        str name = str_of(r->changed_topics.p[i]);
        for (size_t k = 0; k < r->queries.n; k++) {
            run_query *q = r->queries.p[k];
            bool       hit = q->plan && q->plan->sink && str_eq(q->plan->sink->topic, name);
            for (uint32_t s = 0; q->plan && s < q->plan->source_count; s++)
                hit = hit || str_eq(q->plan->sources[s]->topic, name);
            q->topics |= hit;
            q->attention |= hit;
        }
        mem_free(r->changed_topics.p[i]);
    }
    r->changed_topics.n = 0;
}

void *keeper_main(void *rt)
{
    runtime *r = rt;
    int64_t  measured = 0;
    pthread_mutex_lock(&r->mu);
    while (!r->stop) {
        spread_changed_topics(r);
        run_query *q = next_attention(r);
        int64_t    now = time_mono_ms(r->o.clock);
        if (q) {
            q->pins++;
            pthread_mutex_unlock(&r->mu);
            bool there = look_after(q);
            pthread_mutex_lock(&r->mu);
            if (there && --q->pins == 0)
                pthread_cond_broadcast(&r->idle);
            continue;
        }
        if (now - measured >= KEEPER_TICK_MS) {
            measured = now;
            tick(r, now);
            pthread_mutex_unlock(&r->mu);
            processing_log_flush(r->o.plog); /* may wake queries, which takes mu */
            pthread_mutex_lock(&r->mu);
            continue;
        }
        struct timespec until = clock_mono_after_ms(r->queries.n || r->o.plog ? KEEPER_TICK_MS : 60000);
        pthread_cond_timedwait(&r->keeper, &r->mu, &until);
    }
    pthread_mutex_unlock(&r->mu);
    return NULL;
}

/* ---- transient queries */

run_query *runtime_start_transient(runtime *r, const transient_options *o, status *st)
{
    run_query *q = run_query_new(r, o->id);
    q->topt = *o;
    q->plan = o->plan;
    bool ok = run_query_open(q, st);
    for (size_t i = 0; ok && i < q->made.n; i++) {
        task *t = q->made.p[i];
        task_step(t, 0, INT64_MAX); /* to its inputs' positions */
        arena a;
        str   why;
        arena_init(&a);
        task_reason(t, &a, &why);
        if (task_get_state(t) == TASK_FAILED || task_get_state(t) == TASK_WAITING)
            ok = status_set(st, ST_SQL, "%.*s", STR_FMT(why));
        arena_free(&a);
    }
    if (!ok) {
        run_query_shut(q);
        run_query_forget_transient(q);
        run_query_free(q);
        return NULL;
    }
    q->topt.properties = NULL;
    pthread_mutex_lock(&r->mu);
    publish_tasks(q);
    add_query(r, q);
    sched_post_all(q, MAIL_WAKE);
    pthread_mutex_unlock(&r->mu);
    return q;
}

#define STOP_WAIT_MS 5000

void runtime_stop_transient(runtime *r, run_query *q)
{
    pthread_mutex_lock(&q->row_lock);
    q->detached = true;
    pthread_mutex_unlock(&q->row_lock);
    struct timespec until = clock_mono_after_ms(STOP_WAIT_MS);
    pthread_mutex_lock(&r->mu);
    q->phase = PHASE_CLOSING;
    atomic_store(&q->tp.stop, true);
    sched_post_all(q, MAIL_ABANDON);
    while ((q->open_tasks || q->pins) && pthread_cond_timedwait(&r->idle, &r->mu, &until) == 0)
        ;
    bool over = q->open_tasks == 0 && q->pins == 0;
    if (over) {
        sched_remove(q);
        run_query_withdraw(q);
        remove_query(r, q);
    } else {
        q->gone = true; /* one of its tasks does not end: the keeper will see to it */
    }
    pthread_mutex_unlock(&r->mu);
    if (!over)
        return;
    run_query_shut(q);
    run_query_forget_transient(q);
    run_query_free(q);
}
