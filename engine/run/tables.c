/* Readers of running queries: their tables, offsets, stores. */
#include "base/clock.h"
#include "engine/run/runtime_int.h"

run_query *pin(runtime *r, str id, arena *a, task ***tasks, size_t *n)
{
    pthread_mutex_lock(&r->mu);
    run_query *q = query_find_running(r, id);
    *n = 0;
    if (q && q->phase != PHASE_LIVE)
        q = NULL;
    if (q) {
        q->pins++;
        *n = q->tasks.n;
        *tasks = arena_dup(a, q->tasks.p, q->tasks.n * sizeof *q->tasks.p);
    }
    pthread_mutex_unlock(&r->mu);
    return q;
}

void unpin(run_query *q)
{
    pthread_mutex_lock(&q->rt->mu);
    if (--q->pins == 0) {
        q->attention = true; /* the keeper may have waited for it */
        pthread_cond_signal(&q->rt->keeper);
        pthread_cond_broadcast(&q->rt->idle);
    }
    pthread_mutex_unlock(&q->rt->mu);
}

size_t runtime_offsets(runtime *r, str id, arena *a, task_offset **out)
{
    VEC(task_offset) all = {0};
    task     **tasks;
    size_t     n;
    run_query *q = pin(r, id, a, &tasks, &n);
    for (size_t i = 0; i < n; i++) {
        task_offset *o;
        size_t       count = task_offsets(tasks[i], a, &o);
        for (size_t k = 0; k < count; k++)
            AVEC_PUSH(a, &all, o[k]);
    }
    if (q)
        unpin(q);
    *out = all.p;
    return all.n;
}

static bool has_name(const str *names, size_t n, str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

size_t runtime_stores(runtime *r, str id, arena *a, str **out)
{
    VEC(str) all = {0};
    task     **tasks;
    size_t     n;
    run_query *q = pin(r, id, a, &tasks, &n);
    for (size_t i = 0; i < n; i++) {
        pipeline_state *states;
        pipeline       *pl = task_read_begin(tasks[i]);
        size_t          count = pl ? pipeline_states(pl, &states) : 0;
        for (size_t k = 0; k < count; k++)
            if (!has_name(all.p, all.n, states[k].name))
                AVEC_PUSH(a, &all, str_dup(a, states[k].name));
        if (pl)
            task_read_end(tasks[i]);
    }
    if (q)
        unpin(q);
    *out = all.p;
    return all.n;
}

/* ---- tables */

/* A query that has just been made, or restored: waits for it. */
static run_query *pin_open(runtime *r, str id, int64_t wait_ms, arena *a, task ***tasks, size_t *n, status *st)
{
    if (wait_ms > 0)
        runtime_await(r, id, wait_ms);
    run_query *q = pin(r, id, a, tasks, n);
    if (q)
        return q;
    run_info info;
    if (!runtime_info(r, id, &info))
        status_set(st, ST_SQL, "Materializing query has been stopped");
    else if (info.state == RUN_ERROR)
        status_set(st, ST_NOT_READY, "The table cannot be read: its query %.*s is in state ERROR: %s", STR_FMT(id),
                   info.reason);
    else
        status_set(st, ST_NOT_READY, "The table is being opened. Please try again later.");
    return NULL;
}

static bool not_ready(task *t, str id, status *st)
{
    arena a;
    str   why;
    arena_init(&a);
    if (task_get_state(t) == TASK_FAILED && task_reason(t, &a, &why) && why.n)
        status_set(st, ST_NOT_READY, "The table cannot be read: its query %.*s failed and begins anew soon: %.*s",
                   STR_FMT(id), STR_FMT(why));
    else
        status_set(st, ST_NOT_READY,
                   "The table is being restored, %u %% of partition %d is there. Please try again later, or set "
                   "weir.query.pull.wait.ms to wait for it.",
                   task_get_counts(t).restored_percent, task_partition(t));
    arena_free(&a);
    return false;
}

bool runtime_key(runtime *r, str id, int64_t wait_ms, const value *key, uint32_t n, arena *a, str *out, status *st)
{
    task     **tasks;
    size_t     count;
    run_query *q = pin_open(r, id, wait_ms, a, &tasks, &count, st);
    bool       ok = false, found = false;
    if (q == NULL)
        return false;
    for (size_t i = 0; i < count && !found; i++) {
        pipeline *pl = task_read_begin(tasks[i]);
        if (pl == NULL)
            continue;
        if (pipeline_is_queryable(pl)) {
            found = true;
            ok = pipeline_key_bytes(pl, key, n, a, out);
        }
        task_read_end(tasks[i]);
    }
    unpin(q);
    if (!found)
        return not_ready(tasks[0], id, st);
    return ok || status_set(st, ST_SQL, "Materialized data for this key is not available yet. Please try again later.");
}

bool runtime_read_table(runtime *r, str id, int64_t wait_ms, arena *a, const str *keys, size_t key_count, int64_t from,
                        int64_t to, table_row **rows, size_t *n, status *st)
{
    VEC(table_row) all = {0};
    task     **tasks;
    size_t     count;
    bool       ok = true;
    run_query *q = pin_open(r, id, wait_ms, a, &tasks, &count, st);
    if (q == NULL)
        return false;
    for (size_t i = 0; i < count && ok; i++) {
        if (task_stage(tasks[i]) != q->tp.stages.n - 1) /* the last stage keeps what the sink shows */
            continue;
        table_row *part;
        pipeline  *pl = task_read_begin(tasks[i]);
        if (pl == NULL) {
            ok = not_ready(tasks[i], id, st);
            continue;
        }
        size_t found = pipeline_is_queryable(pl) ? pipeline_read(pl, a, keys, key_count, from, to, &part) : 0;
        task_read_end(tasks[i]);
        for (size_t k = 0; k < found; k++)
            AVEC_PUSH(a, &all, part[k]);
    }
    unpin(q);
    *rows = all.p;
    *n = all.n;
    return ok;
}
