/* Readers of running queries: their tables, offsets, stores. */
#include <stdlib.h>

#include "base/mem.h"
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
        if (q->phase != PHASE_LIVE) { /* the keeper waits for readers to go; of a live query it wants nothing */
            q->attention = true;
            pthread_cond_signal(&q->rt->keeper);
        }
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
    for (uint32_t s = 0; q && s < q->tp.stages.n; s++)
        for (size_t i = 0; i < q->stage_store_count[s]; i++)
            if (!has_name(all.p, all.n, q->stage_stores[s][i]))
                AVEC_PUSH(a, &all, str_dup(a, q->stage_stores[s][i]));
    if (q)
        unpin(q);
    *out = all.p;
    return all.n;
}

/* ---- tables */

#define SCAN_KEEP_MAX_BYTES ((uint64_t)256 << 20) /* that a store may have to keep for one scan */

struct table_reader {
    run_query *q;
    arena      a;
    pipeline  *decoder; /* never fed: it has the operators that read rows */
    task     **parts;   /* those that have the table, by partition */
    size_t     part_count;
    bool       hashed; /* a key's partition is known: the table's records came through an internal topic */
};

static bool not_running(runtime *r, str id, status *st)
{
    run_info info;
    if (!runtime_info(r, id, &info))
        return status_set(st, ST_SQL, "Materializing query has been stopped");
    if (info.state == RUN_ERROR)
        return status_set(st, ST_NOT_READY, "The table cannot be read: its query %.*s is in state ERROR: %s",
                          STR_FMT(id), info.reason);
    return status_set(st, ST_NOT_READY, "The table is being opened. Please try again later.");
}

static bool not_ready(const task *t, str id, status *st)
{
    arena a;
    str   why;
    arena_init(&a);
    if (task_get_state(t) == TASK_FAILED && task_reason((task *)(uintptr_t)t, &a, &why) && why.n)
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

/* Pins the query and takes a decoder out of its pool; mu is held for all of it. */
static bool take(table_reader *t, runtime *r, str id)
{
    pthread_mutex_lock(&r->mu);
    run_query *q = query_find_running(r, id);
    if (q && (q->phase != PHASE_LIVE || q->gone))
        q = NULL;
    t->q = q;
    if (q) {
        q->pins++;
        t->parts = ARENA_ARRAY(&t->a, task *, q->tasks.n + 1);
        for (size_t i = 0; i < q->tasks.n; i++)
            if (task_has_table(q->tasks.p[i]))
                t->parts[t->part_count++] = q->tasks.p[i];
        if (q->decoders.n)
            t->decoder = q->decoders.p[--q->decoders.n];
    }
    pthread_mutex_unlock(&r->mu);
    return q != NULL;
}

static bool make_decoder(table_reader *t, status *st)
{
    pipeline_env env = {0};
    if (t->part_count == 0)
        return status_set(st, ST_SQL, "The query keeps no table");
    const stage *s = &t->q->tp.stages.s[task_stage(t->parts[0])];
    if (t->decoder == NULL)
        t->decoder = pipeline_new(t->q->plan, s, &env, st);
    t->hashed = s->input_count == 1 && s->inputs[0].internal;
    return t->decoder != NULL;
}

table_reader *table_open(runtime *r, str id, int64_t wait_ms, status *st)
{
    if (wait_ms > 0)
        runtime_await(r, id, wait_ms);
    table_reader *t = MEM_NEW(table_reader);
    arena_init(&t->a);
    if (!take(t, r, id)) {
        not_running(r, id, st);
    } else {
        if (make_decoder(t, st))
            return t;
        unpin(t->q);
    }
    arena_free(&t->a);
    mem_free(t);
    return NULL;
}

void table_close(table_reader *t)
{
    run_query *q = t->q;
    pipeline_end_batch(t->decoder);
    pthread_mutex_lock(&q->rt->mu);
    VEC_PUSH(&q->decoders, t->decoder);
    pthread_mutex_unlock(&q->rt->mu);
    unpin(q);
    arena_free(&t->a);
    mem_free(t);
}

bool table_key(table_reader *t, const value *key, uint32_t n, arena *a, str *out)
{
    return pipeline_key_bytes(t->decoder, key, n, a, out);
}

void table_done(table_reader *t)
{
    pipeline_end_batch(t->decoder);
}

typedef VEC(table_row) row_list;

static bool lookup_in(table_reader *t, task *part, str key, int64_t from, int64_t to, arena *a, row_list *out,
                      status *st)
{
    store_row *found;
    store     *s = task_hold_table(part);
    if (s == NULL)
        return not_ready(part, t->q->id, st);
    uint32_t n = store_read_range(s, key, from, to, a, &found);
    for (uint32_t i = 0; i < n; i++) {
        table_row row;
        if (pipeline_read_row(t->decoder, a, key, &found[i], &row))
            AVEC_PUSH(a, out, row);
    }
    store_release(s);
    return true;
}

bool table_lookup(table_reader *t, str key, int64_t from, int64_t to, arena *a, table_row **rows, size_t *n, status *st)
{
    row_list all = {0};
    bool     ok = true;
    if (t->hashed) {
        size_t p = (size_t)record_partition(key, (int32_t)t->part_count);
        ok = lookup_in(t, t->parts[p], key, from, to, a, &all, st);
    } else { /* users' producers decide where a key goes: a look-up costs less than a wrong guess */
        for (size_t i = 0; ok && i < t->part_count; i++)
            ok = lookup_in(t, t->parts[i], key, from, to, a, &all, st);
    }
    *rows = all.p;
    *n = all.n;
    return ok;
}

/* ---- scans */

struct table_scan {
    table_reader *t;
    int64_t       from, to, until_ms;
    size_t        part; /* being read */
    view         *v;
    cursor       *c;
    store_item   *items; /* room for some, in the reader's arena */
    size_t        item_max;
};

#define SCAN_ITEMS 256

static void leave_part(table_scan *s)
{
    if (s->c)
        cursor_close(s->c);
    if (s->v)
        view_close(s->v);
    s->c = NULL;
    s->v = NULL;
}

static bool enter_part(table_scan *s, status *st)
{
    view_limits limits = {s->until_ms, SCAN_KEEP_MAX_BYTES};
    scan_range  range = SCAN_ALL;
    task       *part = s->t->parts[s->part];
    range.from = s->from;
    range.to = s->to;
    s->v = task_open_view(part, s->until_ms, limits, st);
    if (s->v == NULL)
        return task_get_state(part) == TASK_RESTORING || task_get_state(part) == TASK_FAILED
                   ? not_ready(part, s->t->q->id, st)
                   : false;
    s->c = cursor_open(s->v, 0, &range);
    return true;
}

table_scan *table_scan_open(table_reader *t, int64_t from, int64_t to, int64_t until_ms, status *st)
{
    table_scan *s = MEM_NEW(table_scan);
    *s = (table_scan){.t = t, .from = from, .to = to, .until_ms = until_ms};
    s->items = ARENA_ARRAY(&t->a, store_item, SCAN_ITEMS);
    if (enter_part(s, st))
        return s;
    mem_free(s);
    return NULL;
}

bool table_scan_next(table_scan *s, arena *a, table_scan_row *out, size_t max, size_t *n, status *st)
{
    size_t got;
    *n = 0;
    if (!cursor_next(s->c, a, s->items, max < SCAN_ITEMS ? max : SCAN_ITEMS, &got, st))
        return false;
    for (size_t i = 0; i < got; i++)
        if (pipeline_read_row(s->t->decoder, a, s->items[i].key, &s->items[i].row, &out[*n].row))
            out[(*n)++].key = s->items[i].key;
    if (!cursor_at_end(s->c))
        return true;
    leave_part(s);
    s->part++;
    return table_scan_at_end(s) || enter_part(s, st);
}

bool table_scan_at_end(const table_scan *s)
{
    return s->part == s->t->part_count;
}

void table_scan_close(table_scan *s)
{
    leave_part(s);
    mem_free(s);
}

static int by_key(const void *x, const void *y)
{
    const table_scan_row *a = x, *b = y;
    int                   c = str_cmp(a->key, b->key);
    if (c == 0)
        c = (a->row.wstart > b->row.wstart) - (a->row.wstart < b->row.wstart);
    return c ? c : (a->row.wend > b->row.wend) - (a->row.wend < b->row.wend);
}

void table_sort_rows(table_scan_row *rows, size_t n)
{
    if (n)
        qsort(rows, n, sizeof *rows, by_key);
}
