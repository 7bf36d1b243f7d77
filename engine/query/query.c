/* SELECT: pull queries read what a table's query keeps, push queries run a plan without a sink
 * (spec/processing-semantics.md 8). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/op/pipeline.h"
#include "engine/run/processing_log.h"
#include "engine/query/pull_where.h"
#include "engine/run/runtime.h"
#include "engine/stmt/exec.h"
#include "engine/query/topic_print.h"

struct push_query {
    engine         *e;
    run_query      *run;   /* SELECT */
    topic_print    *print; /* PRINT */
    str             id;
    arena           a;
    query_listener  l;
    pthread_mutex_t lock; /* guards ended; held while the listener is called */
    bool            ended;
    bool            limited;
    int64_t         left; /* rows until LIMIT */
};

#define MORE_INFO " See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query."

/* ---- what a pull query may not have */

static bool pull_refuse(exec *x, const char *what)
{
    return exec_fail(x, "Pull queries don't support %s" MORE_INFO, what);
}

typedef struct system_use {
    bool partition, offset;
} system_use;

static ast_visit find_system(ast_expr *e, void *ctx)
{
    system_use *u = ctx;
    if (e->kind == EX_COLUMN) {
        u->partition |= str_eqz(e->text, COL_ROWPARTITION);
        u->offset |= str_eqz(e->text, COL_ROWOFFSET);
    }
    return VISIT_CONTINUE;
}

static bool refuse_system(exec *x, system_use u, const char *clause)
{
    if (!u.partition && !u.offset)
        return true;
    return exec_fail(x, "Pull queries don't support the following columns in %s clauses: %s%s%s\n" MORE_INFO, clause,
                     u.partition ? "`ROWPARTITION`" : "", u.partition && u.offset ? ", " : "",
                     u.offset ? "`ROWOFFSET`" : "");
}

static bool is_aggregate(const ast_expr *e)
{
    return e->kind == EX_CALL && agg_exists(e->text);
}

static ast_visit find_aggregate(ast_expr *e, void *ctx)
{
    if (is_aggregate(e))
        *(bool *)ctx = true;
    return VISIT_CONTINUE;
}

static bool check_pull(exec *x, const ast_query *q)
{
    if (!exec_flag(x, SETTING_PULL_QUERIES_ENABLE))
        return exec_fail(x, "Pull queries are disabled." MORE_INFO "\nPlease set ksql.pull.queries.enable="
                            "true to enable this feature.\n");
    bool       agg = false;
    system_use items = {0}, where = {0};
    for (uint32_t i = 0; i < q->item_count; i++)
        if (q->items[i].expr) {
            ast_walk(q->items[i].expr, find_aggregate, &agg);
            ast_walk(q->items[i].expr, find_system, &items);
        }
    if (q->where)
        ast_walk(q->where, find_system, &where);
    if (q->join_count)
        return pull_refuse(x, "JOIN clauses.");
    if (q->window.kind)
        return pull_refuse(x, "WINDOW clauses.");
    if (q->has_group_by || agg)
        return pull_refuse(x, "GROUP BY clauses.");
    if (q->has_partition_by)
        return pull_refuse(x, "PARTITION BY clauses.");
    if (q->having)
        return pull_refuse(x, "HAVING clauses.");
    if (q->has_limit && !exec_flag(x, SETTING_QUERY_PULL_LIMIT_CLAUSE_ENABLED))
        return exec_fail(x, "LIMIT clause in pull queries is currently disabled. You can enable them by "
                            "setting ksql.query.pull.limit.clause.enabled=true." MORE_INFO);
    if (q->has_limit && q->limit < 0)
        return exec_fail(x, "Pull queries don't support negative integers in the LIMIT clause." MORE_INFO);
    return refuse_system(x, items, "SELECT") && refuse_system(x, where, "WHERE");
}

static bool lone_star(exec *x, const ast_query *q)
{
    for (uint32_t i = 0; i < q->item_count && q->item_count > 1; i++)
        if (q->items[i].expr == NULL)
            return exec_fail(x, "Pull queries only support wildcards in the projects if they are the only "
                                "expression");
    return true;
}

/* ---- pull on tables */

static void announce(const query_listener *l, const plan *p, str id, const source *table, arena *a, bool push)
{
    str         *names = ARENA_ARRAY(a, str, p->output_count), *marks = ARENA_ARRAY(a, str, p->output_count);
    const type **types = ARENA_ARRAY(a, const type *, p->output_count);
    bool        *keys = ARENA_ARRAY(a, bool, p->output_count);
    for (uint32_t i = 0; i < p->output_count; i++) {
        names[i] = p->outputs[i].name;
        types[i] = p->outputs[i].type;
        const column *c = table ? schema_find(&table->schema, names[i]) : NULL;
        keys[i] = (c && c->ns == NS_KEY) || (table && table->window.kind &&
                                             (str_eqz(names[i], COL_WINDOWSTART) || str_eqz(names[i], COL_WINDOWEND)));
        if (c && c->ns == NS_HEADERS)
            marks[i] = c->all_headers ? STR(" HEADERS") : str_fmt(a, " HEADER('%.*s')", STR_FMT(c->header_key));
    }
    query_columns qc = {id, names, types, keys, marks, p->output_count, push};
    l->header(l->ctx, &qc);
}

/* The plan of a pull query: a source, perhaps a filter, a projection. */
typedef struct pull_plan {
    const plan_node *src, *filter, *project;
    uint32_t        *from; /* slot of the source's layout <- output of the materialising query */
    uint32_t         n;
} pull_plan;

static void map_columns(arena *a, pull_plan *pp, const plan *maker, const source *table)
{
    pp->n = maker->output_count;
    pp->from = ARENA_ARRAY(a, uint32_t, pp->n + 1);
    for (uint32_t i = 0; i < pp->n; i++) {
        pp->from[i] = SLOT_NONE;
        for (uint32_t k = 0; k < table->schema.n; k++)
            if (str_eq(table->schema.cols[k].name, maker->outputs[i].name))
                pp->from[i] = pp->src->source.column_slot[k];
    }
}

static bool pull_row(engine *e, const pull_plan *pp, const table_row *tr, ectx *cx, value *out)
{
    const layout *l = &pp->src->out;
    value        *row = ARENA_ARRAY(cx->a, value, l->n);
    for (uint32_t i = 0; i < pp->n; i++)
        if (pp->from[i] != SLOT_NONE)
            row[pp->from[i]] = tr->row[i];
    row[pp->src->source.rowtime] = value_i(tr->ts);
    if (l->wstart != SLOT_NONE) {
        row[l->wstart] = value_i(tr->wstart);
        row[l->wend] = value_i(tr->wend);
    }
    cx->row = row;
    if (pp->filter) {
        value v = xnode_eval(pp->filter->filter.predicate, cx);
        if (v.state != V_OK || !v.i)
            return false;
    }
    for (uint32_t i = 0; i < pp->project->out.n; i++) {
        out[i] = xnode_eval(pp->project->project.exprs[i], cx);
        if (out[i].state == V_ERR) {
            proc_failure f = {.kind = PROC_PROCESSING, .step = STR("PROJECT"), .msg = cx->err};
            processing_log_write(e->plog, STR("pull_query"), &f);
            out[i] = VALUE_NULL;
        }
    }
    return true;
}

/* Rows of one pull query on their way to its listener. */
typedef struct pulling {
    exec                 *x;
    const pull_plan      *pp;
    const query_listener *l;
    ectx                 *cx;
    value                *out;
    int64_t               left; /* of LIMIT */
    const plan           *p;
    const source         *table;
    bool                  announced; /* with the first row: an error before it is an answer of its own */
} pulling;

static void begin_answer(pulling *p)
{
    if (!p->announced)
        announce(p->l, p->p, str_fmt(p->x->a, "query_%ld", exec_now(p->x)), p->table, p->x->a, false);
    p->announced = true;
}

/* false: no more are wanted. */
static bool give(pulling *p, const table_row *row)
{
    if (p->left <= 0)
        return false;
    if (!pull_row(p->x->e, p->pp, row, p->cx, p->out))
        return true;
    begin_answer(p);
    return p->l->row(p->l->ctx, p->out, false) && --p->left > 0;
}

static bool pull_keys_of(exec *x, table_reader *t, const pull_keys *pk, uint32_t parts, str **keys, size_t *n)
{
    *keys = ARENA_ARRAY(x->a, str, pk->n + 1);
    *n = 0;
    for (size_t i = 0; i < pk->n; i++) {
        str  k;
        bool again = false;
        if (!table_key(t, pk->keys[i], parts, x->a, &k))
            return exec_fail(x, "Materialized data for this key is not available yet. Please try again later.");
        for (size_t j = 0; j < *n && !again; j++)
            again = str_eq((*keys)[j], k);
        if (!again)
            (*keys)[(*n)++] = k;
    }
    return true;
}

static bool pull_by_keys(pulling *p, table_reader *t, const pull_keys *pk, uint32_t parts)
{
    str   *keys;
    size_t key_count;
    bool   more = true;
    if (!pull_keys_of(p->x, t, pk, parts, &keys, &key_count))
        return false;
    for (size_t i = 0; i < key_count && more; i++) {
        table_row *rows;
        size_t     n;
        if (!table_lookup(t, keys[i], pk->from, pk->to, p->x->a, &rows, &n, p->x->st))
            return false;
        for (size_t k = 0; k < n && more; k++)
            more = give(p, &rows[k]);
        table_done(t);
    }
    return true;
}

#define SCAN_ROWS 256
#define SORTED_ROWS_MAX 1024 /* a result of so many rows comes in the order of its keys, a larger one as it lies */
#define SCAN_TIME_MAX_MS 600000

/* A small table is collected and sorted, which is what people look at; of a large one rows are given out as they are
 * read, so that it takes no room and LIMIT reads what it returns. */
static bool give_scanned(pulling *p, table_reader *t, table_scan *s)
{
    arena          *a = p->cx->a; /* of some rows */
    table_scan_row *rows = ARENA_ARRAY(p->x->a, table_scan_row, SORTED_ROWS_MAX + SCAN_ROWS);
    size_t          n = 0, got;
    bool            more = true;
    while (!table_scan_at_end(s) && n < SORTED_ROWS_MAX) {
        if (!table_scan_next(s, a, rows + n, SCAN_ROWS, &got, p->x->st))
            return false;
        n += got;
    }
    if (table_scan_at_end(s))
        table_sort_rows(rows, n);
    for (;;) {
        for (size_t i = 0; i < n && more; i++)
            more = give(p, &rows[i].row);
        table_done(t);
        arena_reset(a);
        if (!more || table_scan_at_end(s))
            return true;
        if (!table_scan_next(s, a, rows, SCAN_ROWS, &n, p->x->st))
            return false;
    }
}

static bool pull_by_scan(pulling *p, table_reader *t, const pull_keys *pk)
{
    table_scan *s = table_scan_open(t, pk->from, pk->to, clock_mono_ms() + SCAN_TIME_MAX_MS, p->x->st);
    bool        ok = s && give_scanned(p, t, s);
    if (s)
        table_scan_close(s);
    return ok;
}

static bool run_pull(exec *x, const plan *p, const source *table, const query_info *maker, const query_listener *l)
{
    pull_plan pp = {.project = p->root, .src = p->root->in[0]};
    if (pp.src->kind == PLAN_FILTER) {
        pp.filter = pp.src;
        pp.src = pp.src->in[0];
    }
    pull_keys  pk;
    pull_scans scans = {.table = exec_flag(x, SETTING_QUERY_PULL_TABLE_SCAN_ENABLED),
                        .range = exec_flag(x, SETTING_QUERY_PULL_RANGE_SCAN_ENABLED)};
    ast_expr  *where = pp.filter ? ast_expr_copy(x->a, pp.filter->filter.text) : NULL;
    uint32_t   parts = 0;
    map_columns(x->a, &pp, maker->plan, table);
    for (uint32_t i = 0; i < maker->plan->output_count; i++)
        parts += maker->plan->outputs[i].is_key;
    if (!pull_where(x->a, where, table, scans, &pk, x->st))
        return false;
    settings_view v = exec_settings(x);
    table_reader *t = table_open(x->e->run, maker->id, settings_number(&v, SETTING_QUERY_PULL_WAIT_MS), x->st);
    if (t == NULL)
        return false;
    arena rows;
    arena_init(&rows);
    pulling pull = {.x = x,
                    .pp = &pp,
                    .l = l,
                    .cx = ARENA_NEW(x->a, ectx),
                    .out = ARENA_ARRAY(x->a, value, p->output_count),
                    .left = p->has_limit ? p->limit : INT64_MAX,
                    .p = p,
                    .table = table};
    pull.cx->a = &rows;
    pull.cx->now_ms = exec_now(x);
    bool ok = pk.scan ? pull_by_scan(&pull, t, &pk) : pull_by_keys(&pull, t, &pk, parts);
    table_close(t);
    arena_free(&rows);
    __atomic_add_fetch(&x->e->pull_count, 1, __ATOMIC_RELAXED);
    if (!ok && !pull.announced)
        return false;
    begin_answer(&pull);
    l->end(l->ctx, ok ? QUERY_COMPLETE : QUERY_ERROR, ok ? NULL : x->st->msg);
    return true;
}

static bool pull_table(exec *x, const source *table, const query_listener *l)
{
    const ast_query *q = x->stmt->query;
    query_info      *maker = table->query_id.n ? metastore_query(x->m, table->query_id) : NULL;
    if (!lone_star(x, q))
        return false;
    plan_options po = exec_plan_options(x);
    po.transient = po.pull = true;
    if (!pull_check_likes(q->where, table, x->st))
        return false;
    plan *p = plan_query(q, &po, x->st);
    if (p == NULL)
        return false;
    bool ok;
    if (maker == NULL || maker->plan == NULL || x->e->run == NULL)
        ok = exec_fail(x,
                       "The `%.*s` table isn't queryable. To derive a queryable table, you can do 'CREATE "
                       "TABLE QUERYABLE_%.*s AS SELECT * FROM %.*s'." MORE_INFO,
                       STR_FMT(table->name), STR_FMT(table->name), STR_FMT(table->name));
    else
        ok = run_pull(x, p, table, maker, l);
    plan_free(p);
    return ok;
}

/* ---- push */

static bool on_row(void *ctx, const value *row, bool tombstone, int64_t ts)
{
    push_query *q = ctx;
    (void)ts;
    pthread_mutex_lock(&q->lock);
    bool more = !q->ended && (!q->limited || q->left > 0);
    if (more) {
        more = q->l.row(q->l.ctx, row, tombstone);
        if (q->limited && --q->left <= 0)
            more = false;
    }
    pthread_mutex_unlock(&q->lock);
    return more;
}

static void finish(push_query *q, query_end why, const char *msg)
{
    pthread_mutex_lock(&q->lock);
    if (!q->ended) {
        q->ended = true;
        q->l.end(q->l.ctx, why, msg);
    }
    pthread_mutex_unlock(&q->lock);
}

static void on_end(void *ctx, const char *error)
{
    push_query *q = ctx;
    finish(q, error ? QUERY_ERROR : q->limited && q->left <= 0 ? QUERY_LIMIT : QUERY_COMPLETE, error);
}

static str transient_id(exec *x, str name)
{
    static uint64_t last;
    uint64_t        n = (uint64_t)clock_wall_ns();
    n = n * 6364136223846793005u + 1442695040888963407u + __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    return str_fmt(x->a, "transient_%.*s_%lu", STR_FMT(name), (unsigned long)(n >> 1));
}

/* May the push query take its rows from the query that makes its source? */
static bool is_tap(exec *x, const source *s, const ast_query *q)
{
    system_use use = {0};
    size_t     writers = 0;
    if (!exec_flag(x, SETTING_QUERY_PUSH_V2_ENABLED) || !exec_flag(x, SETTING_QUERY_PUSH_V2_REGISTRY_INSTALLED))
        return false;
    if (q->emit != EMIT_CHANGES || q->join_count || q->has_group_by || q->window.kind || q->having ||
        q->has_partition_by || str_eq_nocase(exec_text(x, SETTING_AUTO_OFFSET_RESET), STR("earliest")))
        return false;
    for (uint32_t i = 0; i < q->item_count; i++)
        if (q->items[i].expr)
            ast_walk(q->items[i].expr, find_system, &use);
    if (q->where)
        ast_walk(q->where, find_system, &use);
    query_info **all = metastore_queries(x->m, x->a);
    for (size_t i = 0; i < x->m->queries.n; i++)
        writers += query_info_is_visible(all[i]) && str_eq(all[i]->sink->name, s->name);
    return writers == 1 && !use.partition && !use.offset;
}

/* A UUID of version 4. */
static str tap_id(exec *x)
{
    uint8_t r[16];
    if (getrandom(r, sizeof r, 0) != sizeof r)
        abort(); /* so few bytes are always there */
    r[6] = (r[6] & 0x0f) | 0x40;
    r[8] = (r[8] & 0x3f) | 0x80;
    return str_fmt(x->a, "SCALABLE_PUSH_QUERY_%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                   r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14],
                   r[15]);
}

static push_query *push_new(exec *x, str id, const query_listener *l)
{
    push_query *q = MEM_NEW(push_query);
    arena_init(&q->a);
    pthread_mutex_init(&q->lock, NULL);
    q->e = x->e;
    q->l = *l;
    q->id = str_dup(&q->a, id);
    return q;
}

static void push_free(push_query *q)
{
    pthread_mutex_destroy(&q->lock);
    arena_free(&q->a);
    mem_free(q);
}

/* From now on it can be found by its id. */
static void publish(push_query *q)
{
    pthread_mutex_lock(&q->e->push_lock);
    VEC_PUSH(&q->e->pushes, q);
    pthread_mutex_unlock(&q->e->push_lock);
}

static bool start_push(exec *x, const source *s, bool bounded, const query_listener *l, push_query **out)
{
    plan_options po = exec_plan_options(x);
    po.transient = true;
    po.tap = !bounded && is_tap(x, s, x->stmt->query);
    plan *p = plan_query(x->stmt->query, &po, x->st);
    if (p == NULL)
        return false;
    push_query *q = push_new(x, po.tap ? tap_id(x) : transient_id(x, s->name), l);
    q->limited = p->has_limit;
    q->left = p->limit;
    settings_view     v = exec_settings(x);
    transient_options o = {.plan = p,
                           .id = q->id,
                           .properties = &x->s->properties,
                           .earliest = bounded || settings_choice_is(&v, SETTING_AUTO_OFFSET_RESET, "earliest"),
                           .bounded = bounded,
                           .row = on_row,
                           .end = on_end,
                           .ctx = q};
    announce(l, p, q->id, NULL, x->a, true);
    q->run = runtime_start_transient(x->e->run, &o, x->st);
    if (q->run == NULL) { /* the plan is gone, too */
        push_free(q);
        return false;
    }
    publish(q);
    if (p->has_limit && p->limit <= 0) /* q's own count is the workers' by now */
        finish(q, QUERY_LIMIT, NULL);
    *out = q;
    return true;
}

void push_query_close(push_query *q)
{
    pthread_mutex_lock(&q->lock);
    q->ended = true;
    pthread_mutex_unlock(&q->lock);
    pthread_mutex_lock(&q->e->push_lock);
    for (size_t i = 0; i < q->e->pushes.n; i++)
        if (q->e->pushes.p[i] == q) {
            VEC_REMOVE(&q->e->pushes, i);
            break;
        }
    pthread_mutex_unlock(&q->e->push_lock);
    if (q->print)
        topic_print_stop(q->print);
    else
        runtime_stop_transient(q->e->run, q->run);
    push_free(q);
}

static push_query *find_push(engine *e, str id)
{
    for (size_t i = 0; i < e->pushes.n; i++)
        if (str_eq_nocase(e->pushes.p[i]->id, id))
            return e->pushes.p[i];
    return NULL;
}

bool engine_is_push_query(engine *e, str id)
{
    pthread_mutex_lock(&e->push_lock);
    bool is = find_push(e, id) != NULL;
    pthread_mutex_unlock(&e->push_lock);
    return is;
}

bool engine_end_push_query(engine *e, str id)
{
    pthread_mutex_lock(&e->push_lock);
    push_query *q = find_push(e, id);
    if (q)
        finish(q, QUERY_COMPLETE, NULL);
    pthread_mutex_unlock(&e->push_lock);
    return q != NULL;
}

bool engine_close_query(engine *e, str id)
{
    return engine_end_push_query(e, id);
}

/* ---- PRINT */

static bool on_line(void *ctx, str text)
{
    push_query *q = ctx;
    pthread_mutex_lock(&q->lock);
    bool taken = q->ended || q->l.line(q->l.ctx, text);
    pthread_mutex_unlock(&q->lock);
    return taken;
}

static bool no_such_topic(exec *x, str name)
{
    tlog_topic *all;
    size_t      n;
    buf         hint = BUF_INIT(ST_MSG_MAX);
    status      st;
    status_init(&st);
    if (!tlog_topic_list(x->e->opt.log, x->a, &all, &n, &st))
        n = 0;
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(all[i].name, name))
            buf_printf(&hint, "%s\n\tprint %.*s;", hint.n ? "" : "\nDid you mean:", STR_FMT(all[i].name));
    status_set(x->st, ST_NOT_FOUND,
               "Could not find topic '%.*s', or the KSQL user does not have permissions to list the topic. Topic names "
               "are case-sensitive.%.*s",
               STR_FMT(name), (int)hint.n, hint.n ? hint.p : "");
    buf_free(&hint);
    return false;
}

static bool start_print(exec *x, const query_listener *l, push_query **out, str *missing)
{
    const ast_stmt *s = x->stmt;
    int64_t         interval = s->has_interval ? s->interval : 1;
    if (interval < 1)
        return exec_fail(x, "INTERVAL must be greater than one, but was: %ld", interval);
    if (!topic_exists(x, s->name)) {
        *missing = s->name;
        return no_such_topic(x, s->name);
    }
    push_query         *q = push_new(x, transient_id(x, s->name), l);
    topic_print_options o = {.log = x->e->opt.log,
                             .topic = str_dup(&q->a, s->name),
                             .from_beginning = s->from_beginning,
                             .interval = interval,
                             .limit = s->has_limit ? s->limit : -1,
                             .line = on_line,
                             .end = on_end,
                             .ctx = q};
    q->print = topic_print_start(&o, x->st);
    if (q->print == NULL) {
        push_free(q);
        return false;
    }
    publish(q);
    *out = q;
    return true;
}

/* ---- the way in */

static bool query_statement(exec *x, const query_listener *l, push_query **push)
{
    const ast_query *q = x->stmt->query;
    const source    *s = catalog_find(&x->m->cat, q->from.name);
    bool             pull = q->emit == EMIT_NONE;
    if (pull && !check_pull(x, q))
        return false;
    if (s && pull && s->kind == SOURCE_TABLE)
        return pull_table(x, s, l);
    if (x->e->run == NULL)
        return exec_fail(x, "This engine runs no queries.");
    if (pull && !exec_flag(x, SETTING_QUERY_PULL_STREAM_ENABLED))
        return exec_fail(x, "Pull queries on streams are disabled. To create a push query on the stream, add "
                            "EMIT CHANGES to the end. To enable pull queries on streams, set the "
                            "ksql.query.pull.stream.enabled config to 'true'.");
    if (s == NULL) { /* the planner words it */
        plan_options po = exec_plan_options(x);
        po.transient = true;
        plan *p = plan_query(q, &po, x->st);
        plan_free(p);
        return false;
    }
    return start_push(x, s, pull, l, push);
}

bool engine_query(engine *e, session *s, str sql, arena *a, const query_listener *l, push_query **push,
                  engine_error *err)
{
    ast_stmt **list;
    size_t     n;
    *push = NULL;
    err->missing_topic = STR_NONE;
    status_init(&err->st);
    err->statement = sql;
    if (!parse_sql(a, sql, &list, &n, &err->st))
        return false;
    if (n != 1)
        return status_set(&err->st, ST_SQL, "Expected exactly one KSQL statement; found %zu instead", n);
    metastore *m = engine_take(e);
    exec       x = {.e = e, .s = s, .a = a, .m = m, .text = sql, .st = &err->st};
    x.statement_text = str_fmt(a, "%.*s;", STR_FMT(list[0]->source));
    x.stmt = exec_substitute(&x, list[0]);
    bool ok = x.stmt != NULL;
    err->statement = x.statement_text;
    if (ok && x.stmt->kind == STMT_PRINT)
        ok = start_print(&x, l, push, &err->missing_topic);
    else if (ok && x.stmt->kind != STMT_QUERY)
        ok = exec_fail(&x, "Neither a query nor a print statement");
    else
        ok = ok && query_statement(&x, l, push);
    metastore_release(m);
    return ok || exec_settle(&x, false);
}
