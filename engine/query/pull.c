#include "engine/query/pull.h"

#include <assert.h>

#include "engine/op/pipeline.h"
#include "engine/run/processing_log.h"

/* Rows on their way to the listener. */
typedef struct pulling {
    const pull_run *r;
    pull           *p;
    pull_scratch   *s;
    status         *st;
    int64_t         left;      /* of LIMIT */
    bool            announced; /* with the first row: an error before it is an answer of its own */
} pulling;

static void begin_answer(pulling *g)
{
    if (g->announced)
        return;
    query_columns c = g->p->columns;
    c.query_id = str_fmt(&g->s->work, "query_%ld", time_wall_ms(g->r->hub->clock));
    g->r->l->header(g->r->l->ctx, &c);
    g->announced = true;
}

/* ---- one row */

static value *source_row(const pulling *g, const table_row *tr)
{
    const pull   *p = g->p;
    const layout *l = &p->src->out;
    value        *row = ARENA_ARRAY(&g->s->rows, value, l->n);
    for (uint32_t i = 0; i < p->maker->plan->output_count; i++)
        if (p->from[i] != SLOT_NONE)
            row[p->from[i]] = tr->row[i];
    row[p->src->source.rowtime] = value_i(tr->ts);
    if (l->wstart != SLOT_NONE) {
        row[l->wstart] = value_i(tr->wstart);
        row[l->wend] = value_i(tr->wend);
    }
    return row;
}

/* Nobody waits for the answer. */
static bool is_stopped(const pulling *g)
{
    return ectx_stopped(&g->s->cx);
}

static void project(pulling *g)
{
    const plan_node *n = g->p->project;
    ectx            *cx = &g->s->cx;
    for (uint32_t i = 0; i < n->out.n; i++) {
        g->s->out[i] = xnode_eval(n->project.exprs[i], cx);
        if (g->s->out[i].state != V_ERR || is_stopped(g))
            continue;
        proc_failure f = {.kind = PROC_PROCESSING, .step = STR("PROJECT"), .msg = cx->err};
        processing_log_write(g->r->hub->plog, STR("pull_query"), &f);
        g->s->out[i] = VALUE_NULL;
    }
}

/* false: no more are wanted. */
static bool give(pulling *g, const table_row *row)
{
    if (g->left <= 0 || is_stopped(g))
        return false;
    g->s->cx.row = source_row(g, row);
    if (g->p->filter) {
        value v = xnode_eval(g->p->filter->filter.predicate, &g->s->cx);
        if (v.state != V_OK || !v.i)
            return true;
    }
    project(g);
    if (is_stopped(g)) /* what is half done is no row */
        return false;
    begin_answer(g);
    return g->r->l->row(g->r->l->ctx, g->s->out, false) && --g->left > 0;
}

/* ---- by key */

/* The key that this run brings. */
static const value *given_key(const pulling *g)
{
    value *key = ARENA_ARRAY(&g->s->work, value, g->p->key_count);
    for (uint32_t i = 0; i < g->p->key_count; i++)
        key[i] = g->r->params[g->p->params[i]];
    return key;
}

/* The keys as the table has them, each once. */
static bool find_keys(pulling *g, table_reader *t, str **keys, size_t *n)
{
    const pull_keys *k = &g->p->keys;
    *keys = ARENA_ARRAY(&g->s->work, str, k->n + 1);
    *n = 0;
    for (size_t i = 0; i < k->n; i++) {
        const value *key = g->p->params ? given_key(g) : k->keys[i];
        str          bytes;
        bool         again = false;
        if (!table_key(t, key, g->p->key_count, &g->s->work, &bytes))
            return status_set(g->st, ST_SQL,
                              "Materialized data for this key is not available yet. Please try again later.");
        for (size_t j = 0; j < *n && !again; j++)
            again = str_eq((*keys)[j], bytes);
        if (!again)
            (*keys)[(*n)++] = bytes;
    }
    return true;
}

static bool by_keys(pulling *g, table_reader *t)
{
    const pull_keys *k = &g->p->keys;
    str             *keys;
    size_t           key_count;
    bool             more = true;
    if (!find_keys(g, t, &keys, &key_count))
        return false;
    for (size_t i = 0; i < key_count && more; i++) {
        table_row *rows;
        size_t     n;
        if (!table_lookup(t, keys[i], k->from, k->to, &g->s->work, &rows, &n, g->st))
            return false;
        for (size_t j = 0; j < n && more; j++)
            more = give(g, &rows[j]);
        table_done(t);
    }
    return true;
}

/* ---- by scan */

#define SCAN_ROWS 256
#define SORTED_ROWS_MAX 1024 /* a result of so many rows comes in the order of its keys, a larger one as it lies */
#define SCAN_TIME_MAX_MS 600000

/* A small table is collected and sorted, which is what people look at; of a large one rows are given out as they are
 * read, so that it takes no room and LIMIT reads what it returns. */
static bool give_scanned(pulling *g, table_reader *t, table_scan *s)
{
    arena          *a = &g->s->rows; /* of some rows */
    table_scan_row *rows = ARENA_ARRAY(&g->s->work, table_scan_row, SORTED_ROWS_MAX + SCAN_ROWS);
    size_t          n = 0, got;
    bool            more = true;
    while (!table_scan_at_end(s) && n < SORTED_ROWS_MAX) {
        if (!table_scan_next(s, a, rows + n, SCAN_ROWS, &got, g->st))
            return false;
        n += got;
    }
    if (table_scan_at_end(s))
        table_sort_rows(rows, n);
    for (;;) {
        for (size_t i = 0; i < n && more; i++)
            more = give(g, &rows[i].row);
        table_done(t);
        arena_reset(a);
        if (!more || table_scan_at_end(s))
            return true;
        if (!table_scan_next(s, a, rows, SCAN_ROWS, &n, g->st))
            return false;
    }
}

static bool by_scan(pulling *g, table_reader *t)
{
    const pull_keys *k = &g->p->keys;
    table_scan      *s = table_scan_open(t, k->from, k->to, clock_mono_ms() + SCAN_TIME_MAX_MS, g->st);
    bool             ok = s && give_scanned(g, t, s);
    if (s)
        table_scan_close(s);
    return ok;
}

/* ---- the whole */

static bool read_table(pulling *g)
{
    table_reader *t = table_open(g->r->hub->run, g->p->maker->id, g->r->may_wait ? g->p->wait_ms : 0, g->st);
    if (t == NULL)
        return false;
    bool ok = g->p->keys.scan ? by_scan(g, t) : by_keys(g, t);
    table_close(t);
    if (ok && is_stopped(g))
        ok = status_set(g->st, ST_STOPPING,
                        "The query was stopped: the server is shutting down, or nobody waits for its answer");
    __atomic_add_fetch(&g->r->hub->pull_count, 1, __ATOMIC_RELAXED);
    return ok;
}

bool pull_execute(const pull_run *r, status *st)
{
    pull   *p = r->p;
    pulling g = {
        .r = r, .p = p, .st = st, .s = pull_take_scratch(p), .left = p->p->has_limit ? p->p->limit : INT64_MAX};
    assert(r->may_wait || p->is_quick);
    g.s->cx.stop = r->l->stop;
    g.s->cx.now_ms = time_wall_ms(r->hub->clock);
    bool ok = read_table(&g);
    bool again = !ok && !r->may_wait && st->code == ST_NOT_READY;
    if (ok)
        begin_answer(&g);
    bool ended = g.announced && !again;
    if (ended)
        r->l->end(r->l->ctx, ok ? QUERY_COMPLETE : QUERY_ERROR, ok ? NULL : st->msg);
    pull_give_scratch(p, g.s);
    return ended;
}
