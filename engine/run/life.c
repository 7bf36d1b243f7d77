/* A task's life: one enum, one place that moves between its names. */
#include <assert.h>
#include <stdio.h>

#include "base/mem.h"
#include "engine/run/task_int.h"

#define READERS_WAIT_NS 2000000 /* a worker lets readers go first for so long */

const char *task_state_name(task_state s)
{
    static const char *const names[TASK_STATES] = {"restoring", "running", "idle",  "paused",
                                                   "waiting",   "failed",  "ended", "closed"};
    return names[s];
}

/* From each state, the states that may follow. */
#define TO(s) (1u << TASK_##s)
static const unsigned may_follow[TASK_STATES] = {
    [TASK_RESTORING] = TO(RUNNING) | TO(PAUSED) | TO(WAITING) | TO(FAILED) | TO(CLOSED),
    [TASK_RUNNING] = TO(IDLE) | TO(PAUSED) | TO(WAITING) | TO(FAILED) | TO(ENDED) | TO(CLOSED),
    [TASK_IDLE] = TO(RUNNING) | TO(PAUSED) | TO(WAITING) | TO(FAILED) | TO(ENDED) | TO(CLOSED),
    [TASK_PAUSED] = TO(RUNNING) | TO(WAITING) | TO(FAILED) | TO(CLOSED),
    [TASK_WAITING] = TO(RUNNING) | TO(PAUSED) | TO(FAILED) | TO(CLOSED),
    [TASK_FAILED] = TO(RESTORING) | TO(CLOSED),
    [TASK_ENDED] = TO(CLOSED),
    [TASK_CLOSED] = 0,
};
#undef TO

static void move_to(task *t, task_state to)
{
    task_state from = task_get_state(t);
    if (from == to)
        return;
    assert(may_follow[from] & 1u << to);
    assert(to == TASK_RESTORING || to == TASK_FAILED || to == TASK_CLOSED || t->l.restored);
    assert(to != TASK_PAUSED || !t->dirty || !t->tp->persistent);
    atomic_store(&t->state, to);
}

static void give_reason(task *t, const char *why)
{
    pthread_mutex_lock(&t->reason_lock);
    bool same = strcmp(t->reason, why) == 0;
    snprintf(t->reason, sizeof t->reason, "%s", why);
    if (!same)
        t->since_ms = time_wall_ms(t->tp->clock);
    pthread_mutex_unlock(&t->reason_lock);
}

/* ---- moves */

/* Aborts at once, so that nobody waits for what will never be committed, and begins anew after a while: longer each
 * time, until it has held for longer than it had waited; the longest at once where trying again cannot help. */
static bool fail(task *t)
{
    int64_t now = time_mono_ms(t->tp->clock), wait = t->retry_wait_ms * 2;
    if (t->retry_wait_ms == 0 || (t->healthy_since != INT64_MAX && now - t->healthy_since > t->retry_wait_ms))
        wait = t->tp->backoff_initial_ms;
    bool helps = status_may_pass(t->st.code) && wait < t->tp->backoff_max_ms;
    t->retry_wait_ms = helps ? wait : t->tp->backoff_max_ms;
    give_reason(t, t->st.msg);
    task_unload(t);
    t->failed = t->dirty = false;
    t->next_commit = t->idle_due = t->full_until = INT64_MAX;
    t->healthy_since = INT64_MAX;
    atomic_fetch_add(&t->told_failures, 1);
    atomic_store(&t->told_state_bytes, 0);
    move_to(t, TASK_FAILED);
    atomic_store(&t->due, t->tp->persistent ? now + t->retry_wait_ms : INT64_MAX);
    return false;
}

/* What it waits for is told when it comes, as a rule. A log that only seemed to lack it tells nothing: the task looks
 * again by itself, less and less often. */
static bool wait_for(task *t, const char *why)
{
    if (!task_commit(t))
        return fail(t);
    int64_t wait = t->look_wait_ms ? t->look_wait_ms * 2 : t->tp->backoff_initial_ms;
    t->look_wait_ms = wait < t->tp->backoff_max_ms ? wait : t->tp->backoff_max_ms;
    t->look_at = time_mono_ms(t->tp->clock) + t->look_wait_ms;
    give_reason(t, why);
    move_to(t, TASK_WAITING);
    return false;
}

/* Where a task goes that has its state and looks around: held, without a topic, paused, or on. */
static bool look_around(task *t)
{
    const char *missing, *hold = atomic_load(&t->tp->hold);
    if (hold)
        return wait_for(t, hold);
    bool no_sink;
    if (!task_open_feeds(t, &missing) || !task_refresh_sink(t, &no_sink)) {
        task_fail(t, t->st.msg);
        return fail(t);
    }
    if (no_sink) {
        char why[TASK_REASON_MAX];
        snprintf(
            why, sizeof why,
            "Topic %.*s, which the query writes to, is gone. The query goes on when the topic is there again; DROP "
            "or TERMINATE it if it is not to be.",
            STR_FMT(t->tp->sink.name));
        return wait_for(t, why);
    }
    if (missing) {
        char why[TASK_REASON_MAX];
        snprintf(why, sizeof why,
                 "Topic %.300s, or its partition %d, is gone. The query has kept what it counted and goes on when the "
                 "topic is there again; DROP or TERMINATE it if it is not to be.",
                 missing, t->partition);
        return wait_for(t, why);
    }
    give_reason(t, "");
    t->look_wait_ms = 0;
    if (atomic_load(&t->tp->pause)) {
        if (!task_commit(t))
            return fail(t);
        move_to(t, TASK_PAUSED);
        return false;
    }
    move_to(t, TASK_RUNNING);
    return true;
}

/* While a log is full there is nothing to wait for on a worker: the commit comes when it has taken all. */
static bool commit_if_due(task *t)
{
    return t->next_commit > time_mono_ms(t->tp->clock) || t->full_until != INT64_MAX || task_commit(t);
}

/* ---- steps, one a state */

static bool step_restoring(task *t, unsigned mail, int64_t until_ns)
{
    (void)mail;
    if (!task_restore(t, until_ns)) {
        task_fail(t, t->st.msg);
        return fail(t);
    }
    if (!t->l.restored)
        return true;
    t->healthy_since = time_mono_ms(t->tp->clock);
    task_show_table(t);
    atomic_store(&t->told_percent, 100);
    return look_around(t);
}

static bool step_running(task *t, unsigned mail, int64_t until_ns)
{
    if (mail & MAIL_CHECK && !look_around(t))
        return false;
    slice_end end = task_slice(t, until_ns);
    if (end == SLICE_FAILED)
        return fail(t);
    if (end == SLICE_GONE)
        return look_around(t);
    if (end == SLICE_WAIT) {
        char why[TASK_REASON_MAX];
        snprintf(why, sizeof why, "It waits for schema %ld of the schema registry.", t->waited_schema);
        return wait_for(t, why);
    }
    if (!commit_if_due(t))
        return fail(t);
    move_to(t, end == SLICE_MORE ? TASK_RUNNING : end == SLICE_ENDED ? TASK_ENDED : TASK_IDLE);
    return end == SLICE_MORE;
}

static bool step_idle(task *t, unsigned mail, int64_t until_ns)
{
    move_to(t, TASK_RUNNING);
    return step_running(t, mail, until_ns);
}

static bool step_held(task *t, unsigned mail, int64_t until_ns)
{
    (void)until_ns;
    bool look = mail & (MAIL_CHECK | MAIL_RETRY) || task_due(t) <= time_mono_ms(t->tp->clock);
    return look ? look_around(t) : false;
}

static bool step_failed(task *t, unsigned mail, int64_t until_ns)
{
    (void)until_ns;
    if (!t->tp->persistent || (!(mail & (MAIL_RETRY | MAIL_CHECK)) && task_due(t) > time_mono_ms(t->tp->clock)))
        return false;
    atomic_store(&t->told_percent, 0);
    atomic_store(&t->due, INT64_MAX);
    status_init(&t->st);
    move_to(t, TASK_RESTORING);
    return true;
}

static bool step_over(task *t, unsigned mail, int64_t until_ns)
{
    (void)t;
    (void)mail;
    (void)until_ns;
    return false;
}

static bool (*const steps[TASK_STATES])(task *t, unsigned mail, int64_t until_ns) = {
    [TASK_RESTORING] = step_restoring, [TASK_RUNNING] = step_running, [TASK_IDLE] = step_idle,
    [TASK_PAUSED] = step_held,         [TASK_WAITING] = step_held,    [TASK_FAILED] = step_failed,
    [TASK_ENDED] = step_over,          [TASK_CLOSED] = step_over,
};

static bool close_down(task *t, bool commit)
{
    if (commit && t->l.restored && !t->failed && task_commit(t) && (t->l.changes || task_snapshot_is_due(t)))
        task_write_snapshot(t);
    task_unload(t);
    move_to(t, TASK_CLOSED);
    return false;
}

/* Readers have waited for a slice already: they go first. */
static void lock_behind_readers(task *t)
{
    pthread_mutex_lock(&t->lock);
    struct timespec until = clock_wall_after_ms(READERS_WAIT_NS / 1000000);
    while (atomic_load(&t->readers) && pthread_cond_timedwait(&t->read_over, &t->lock, &until) == 0)
        ;
}

static int64_t next_due(const task *t)
{
    switch (task_get_state(t)) {
    case TASK_FAILED:
        return task_due(t);
    case TASK_WAITING:
        return t->tp->persistent ? t->look_at : INT64_MAX;
    case TASK_RUNNING:
    case TASK_IDLE: {
        int64_t commit = t->dirty && t->tp->persistent ? t->next_commit : INT64_MAX, idle = INT64_MAX;
        if (t->idle_due != INT64_MAX) {
            int64_t left = t->idle_due - time_wall_ms(t->tp->clock);
            idle = time_mono_ms(t->tp->clock) + (left > 0 ? left : 0);
        }
        if (t->full_until != INT64_MAX)
            return t->full_until;
        return commit < idle ? commit : idle;
    }
    default:
        return INT64_MAX;
    }
}

bool task_step(task *t, unsigned mail, int64_t until_ns)
{
    lock_behind_readers(t);
    status_init(&t->st);
    bool more = mail & (MAIL_CLOSE | MAIL_ABANDON) ? close_down(t, !(mail & MAIL_ABANDON))
                                                   : steps[task_get_state(t)](t, mail, until_ns);
    atomic_store(&t->due, next_due(t));
    pthread_mutex_unlock(&t->lock);
    return more;
}

void task_fail(task *t, const char *msg)
{
    if (t->failed)
        return;
    t->failed = true;
    if (msg != t->st.msg)
        status_set(&t->st, ST_INTERNAL, "%s", msg);
    if (t->st.msg[0] == 0)
        status_set(&t->st, ST_INTERNAL, "A task could not go on.");
}

/* ---- birth and death */

task *task_new(const task_plan *tp, uint32_t stage_index, int32_t partition, void *owner)
{
    task *t = MEM_NEW(task);
    t->tp = tp;
    t->stage = &tp->stages.s[stage_index];
    t->stage_index = stage_index;
    t->partition = partition;
    t->owner = owner;
    t->next_commit = t->idle_due = t->full_until = t->healthy_since = INT64_MAX;
    t->waited_schema = -1;
    t->clock_every = 1;
    atomic_init(&t->state, TASK_RESTORING);
    atomic_init(&t->due, INT64_MAX);
    atomic_init(&t->at_input, -1);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->read_over, NULL);
    pthread_mutex_init(&t->reason_lock, NULL);
    return t;
}

void task_free(task *t)
{
    task_unload(t);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->read_over);
    pthread_mutex_destroy(&t->reason_lock);
    VEC_FREE(&t->doubts);
    mem_free(t);
}

/* ---- looking at it */

task_state task_get_state(const task *t)
{
    return (task_state)atomic_load(&t->state);
}

int64_t task_due(const task *t)
{
    return atomic_load(&t->due);
}

int64_t task_reason(task *t, arena *a, str *out)
{
    pthread_mutex_lock(&t->reason_lock);
    *out = str_dup(a, str_of(t->reason));
    int64_t since = t->since_ms;
    pthread_mutex_unlock(&t->reason_lock);
    return since;
}

uint32_t task_stage(const task *t)
{
    return t->stage_index;
}

int32_t task_partition(const task *t)
{
    return t->partition;
}

void *task_owner(const task *t)
{
    return t->owner;
}

task_slot *task_slot_of(task *t)
{
    return &t->slot;
}

task_counts task_get_counts(const task *t)
{
    return (task_counts){.records_in = atomic_load_explicit(&t->told_in, memory_order_relaxed),
                         .records_out = atomic_load_explicit(&t->told_out, memory_order_relaxed),
                         .state_bytes = atomic_load_explicit(&t->told_state_bytes, memory_order_relaxed),
                         .failures = atomic_load_explicit(&t->told_failures, memory_order_relaxed),
                         .restored_percent = atomic_load_explicit(&t->told_percent, memory_order_relaxed)};
}

bool task_place_of(const task *t, task_place *out)
{
    int32_t input = atomic_load_explicit(&t->at_input, memory_order_relaxed);
    if (input < 0)
        return false;
    const stage_input *in = &t->stage->inputs[input];
    *out = (task_place){in->internal ? t->tp->internals[in->internal_index].name : in->topic,
                        atomic_load_explicit(&t->at_partition, memory_order_relaxed),
                        atomic_load_explicit(&t->at_offset, memory_order_relaxed)};
    return true;
}

size_t task_offsets(task *t, arena *a, task_offset **out)
{
    size_t n = 0;
    pthread_mutex_lock(&t->reason_lock);
    *out = ARENA_ARRAY(a, task_offset, t->l.feeds.n + 1);
    for (size_t i = 0; i < t->l.feeds.n; i++) {
        feed *f = t->l.feeds.p[i];
        if (f->part == NULL)
            continue;
        tlog_offsets range = tlog_part_known(f->part);
        (*out)[n++] =
            (task_offset){str_dup(a, f->topic), f->partition, atomic_load(&f->committed), range.start, range.high};
    }
    pthread_mutex_unlock(&t->reason_lock);
    return n;
}

/* ---- reading its table */

bool task_has_table(const task *t)
{
    const plan *p = t->tp->plan;
    return t->stage->internal_out < 0 && p->result == RESULT_TABLE && p->sink != NULL;
}

void task_show_table(task *t)
{
    store *s = pipeline_table(t->l.pl);
    pthread_mutex_lock(&t->reason_lock);
    t->table = s ? store_hold(s) : NULL;
    pthread_mutex_unlock(&t->reason_lock);
}

void task_hide_table(task *t)
{
    pthread_mutex_lock(&t->reason_lock);
    store *s = t->table;
    t->table = NULL;
    pthread_mutex_unlock(&t->reason_lock);
    if (s)
        store_release(s);
}

store *task_hold_table(task *t)
{
    pthread_mutex_lock(&t->reason_lock);
    store *s = t->table ? store_hold(t->table) : NULL;
    pthread_mutex_unlock(&t->reason_lock);
    return s;
}

view *task_open_view(task *t, int64_t until_ms, view_limits limits, status *st)
{
    int64_t         left = until_ms - clock_mono_ms();
    struct timespec until = clock_wall_after_ms(left > 0 ? left : 0);
    view           *v = NULL;
    atomic_fetch_add(&t->readers, 1);
    if (pthread_mutex_timedlock(&t->lock, &until) != 0) {
        status_set(st, ST_NOT_READY, "The table's query is busy with one record. Please try again later.");
    } else {
        if (t->table)
            v = view_open(&t->table, 1, limits, st);
        else
            status_set(st, ST_NOT_READY, "The table is being restored. Please try again later.");
        pthread_mutex_unlock(&t->lock);
    }
    if (atomic_fetch_sub(&t->readers, 1) == 1)
        pthread_cond_signal(&t->read_over);
    return v;
}
