#include "engine/query/pull_plan.h"

#include <stdio.h>

#include "base/mem.h"
#include "engine/agg/agg.h"

#define SCRATCH_KEPT_MAX 8
#define SCRATCH_KEPT_BYTES_MAX 65536 /* of one: what a scan took is given back */
#define MORE_INFO " See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query."

#define refuse(st, ...) status_set(st, ST_SQL, __VA_ARGS__)

/* ---- what a pull query may not have (spec/processing-semantics.md 8) */

static bool refuse_clause(status *st, const char *what)
{
    return refuse(st, "Pull queries don't support %s" MORE_INFO, what);
}

static bool refuse_pseudo(status *st, query_pseudo u, const char *clause)
{
    if (!u.partition && !u.offset)
        return true;
    return refuse(st, "Pull queries don't support the following columns in %s clauses: %s%s%s\n" MORE_INFO, clause,
                  u.partition ? "`ROWPARTITION`" : "", u.partition && u.offset ? ", " : "",
                  u.offset ? "`ROWOFFSET`" : "");
}

static ast_visit find_aggregate(ast_expr *e, void *ctx)
{
    if (e->kind == EX_CALL && agg_exists(e->text))
        *(bool *)ctx = true;
    return VISIT_CONTINUE;
}

static bool check_clauses(const ast_query *q, status *st)
{
    bool agg = false;
    for (uint32_t i = 0; i < q->item_count; i++)
        if (q->items[i].expr)
            ast_walk(q->items[i].expr, find_aggregate, &agg);
    if (q->join_count)
        return refuse_clause(st, "JOIN clauses.");
    if (q->window.kind)
        return refuse_clause(st, "WINDOW clauses.");
    if (q->has_group_by || agg)
        return refuse_clause(st, "GROUP BY clauses.");
    if (q->has_partition_by)
        return refuse_clause(st, "PARTITION BY clauses.");
    return !q->having || refuse_clause(st, "HAVING clauses.");
}

static bool check_pseudo(const ast_query *q, status *st)
{
    query_pseudo items = {0}, where = {0};
    for (uint32_t i = 0; i < q->item_count; i++)
        query_find_pseudo(q->items[i].expr, &items);
    query_find_pseudo(q->where, &where);
    return refuse_pseudo(st, items, "SELECT") && refuse_pseudo(st, where, "WHERE");
}

static bool check_limit(const query_env *e, const ast_query *q, status *st)
{
    if (q->has_limit && !settings_flag(&e->settings, SETTING_QUERY_PULL_LIMIT_CLAUSE_ENABLED))
        return refuse(st, "LIMIT clause in pull queries is currently disabled. You can enable them by "
                          "setting ksql.query.pull.limit.clause.enabled=true." MORE_INFO);
    return !q->has_limit || q->limit >= 0 ||
           refuse(st, "Pull queries don't support negative integers in the LIMIT clause." MORE_INFO);
}

bool pull_check(const query_env *e, const ast_query *q, status *st)
{
    if (!settings_flag(&e->settings, SETTING_PULL_QUERIES_ENABLE))
        return refuse(st, "Pull queries are disabled." MORE_INFO "\nPlease set ksql.pull.queries.enable="
                          "true to enable this feature.\n");
    return check_clauses(q, st) && check_limit(e, q, st) && check_pseudo(q, st);
}

static bool lone_star(const ast_query *q, status *st)
{
    for (uint32_t i = 0; i < q->item_count && q->item_count > 1; i++)
        if (q->items[i].expr == NULL)
            return refuse(st, "Pull queries only support wildcards in the projects if they are the only expression");
    return true;
}

/* ---- making one */

static void map_columns(pull *p)
{
    const plan *maker = p->maker->plan;
    p->from = ARENA_ARRAY(&p->a, uint32_t, maker->output_count + 1);
    for (uint32_t i = 0; i < maker->output_count; i++) {
        p->from[i] = SLOT_NONE;
        p->key_count += maker->outputs[i].is_key;
        for (uint32_t k = 0; k < p->table->schema.n; k++)
            if (str_eq(p->table->schema.cols[k].name, maker->outputs[i].name))
                p->from[i] = p->src->source.column_slot[k];
    }
}

#define QUICK_KEYS_MAX 16

static ast_visit find_call(ast_expr *e, void *ctx)
{
    *(bool *)ctx |= e->kind == EX_CALL || e->kind == EX_LIKE;
    return e->kind == EX_CALL ? VISIT_ABORT : VISIT_CONTINUE;
}

/* What a function costs depends on what it is given. */
static bool calls_functions(const ast_query *q)
{
    bool found = false;
    for (uint32_t i = 0; i < q->item_count && !found; i++)
        if (q->items[i].expr)
            ast_walk(q->items[i].expr, find_call, &found);
    if (q->where && !found)
        ast_walk(q->where, find_call, &found);
    return found;
}

static bool is_quick(const pull *p, const ast_query *q)
{
    const pull_keys *k = &p->keys;
    bool             windows = p->table->window.kind && (k->from == INT64_MIN || k->to == INT64_MAX); /* any number */
    return !k->scan && k->n <= QUICK_KEYS_MAX && !windows && !calls_functions(q);
}

/* Takes over the plan. */
static pull *pull_new(const query_env *e, plan *made, const source *table, query_info *maker)
{
    pull *p = MEM_NEW(pull);
    arena_init(&p->a);
    pthread_mutex_init(&p->lock, NULL);
    atomic_init(&p->refs, 1);
    p->p = made;
    p->project = made->root;
    p->src = made->root->in[0];
    if (p->src->kind == PLAN_FILTER) {
        p->filter = p->src;
        p->src = p->src->in[0];
    }
    p->table = source_ref((source *)(uintptr_t)table);
    p->maker = query_info_ref(maker);
    p->columns = query_columns_of(made, table, &p->a);
    p->wait_ms = settings_number(&e->settings, SETTING_QUERY_PULL_WAIT_MS);
    map_columns(p);
    return p;
}

/* The table can be asked only where a query keeps its rows. */
static query_info *maker_of(const query_env *e, const source *table, status *st)
{
    query_info *maker = table->query_id.n ? metastore_query(e->m, table->query_id) : NULL;
    if (maker && maker->plan && e->hub->run)
        return maker;
    refuse(st,
           "The `%.*s` table isn't queryable. To derive a queryable table, you can do 'CREATE "
           "TABLE QUERYABLE_%.*s AS SELECT * FROM %.*s'." MORE_INFO,
           STR_FMT(table->name), STR_FMT(table->name), STR_FMT(table->name));
    return NULL;
}

static plan *plan_pull(const query_env *e, const ast_query *q, status *st)
{
    plan_options po = query_plan_options(e);
    po.pull = true;
    return plan_query(q, &po, st);
}

pull *pull_prepare(const query_env *e, const ast_query *q, const source *table, status *st)
{
    if (!lone_star(q, st) || !pull_check_likes(q->where, table, st))
        return NULL;
    plan       *made = plan_pull(e, q, st);
    query_info *maker = made ? maker_of(e, table, st) : NULL;
    if (maker == NULL) {
        plan_free(made);
        return NULL;
    }
    pull      *p = pull_new(e, made, table, maker);
    pull_scans scans = {.table = settings_flag(&e->settings, SETTING_QUERY_PULL_TABLE_SCAN_ENABLED),
                        .range = settings_flag(&e->settings, SETTING_QUERY_PULL_RANGE_SCAN_ENABLED)};
    ast_expr  *where = p->filter ? ast_expr_copy(&p->a, p->filter->filter.text) : NULL;
    if (pull_where(&p->a, where, table, scans, &p->keys, st)) {
        p->is_constant = p->keys.scan || p->keys.literal;
        p->is_quick = is_quick(p, q);
        return p;
    }
    pull_release(p);
    return NULL;
}

/* ---- sharing: WHERE k = 'a' AND v > 5 without the comparison of k */

/* The literal that stands at e, or n. */
static uint32_t literal_at(const parse_literal *l, uint32_t n, const ast_expr *e)
{
    uint32_t i = 0;
    while (i < n && !(l[i].pos == e->pos && l[i].kind == e->kind))
        i++;
    return i;
}

/* Is any literal of the kind what a value of the type is, without a conversion that may fail? */
static bool fits(ast_kind k, const type *t)
{
    return k == EX_STRING ? t->kind == T_STRING : t->kind == T_BIGINT || (k == EX_INT && t->kind == T_INTEGER);
}

typedef struct key_search {
    arena               *a;
    const source        *table;
    const parse_literal *literals;
    uint32_t             n, found;
    uint32_t            *params; /* by column of the key; n: none yet */
} key_search;

/* A comparison of a column of the key with one of the literals. */
static bool take_key(key_search *s, const ast_expr *e)
{
    uint32_t keys = schema_count(&s->table->schema, NS_KEY);
    if (e->kind != EX_COMPARE || e->op != OP_EQ || e->args[0]->kind != EX_COLUMN)
        return false;
    uint32_t literal = literal_at(s->literals, s->n, e->args[1]);
    for (uint32_t k = 0; k < keys && literal < s->n; k++) {
        const column *c = schema_at(&s->table->schema, NS_KEY, k);
        if (!str_eq(c->name, e->args[0]->text) || s->params[k] != s->n || !fits(e->args[1]->kind, c->type))
            continue;
        s->params[k] = literal;
        s->found++;
        return true;
    }
    return false;
}

/* The conjunction without those comparisons; NULL: nothing is left. */
static ast_expr *strip_keys(key_search *s, ast_expr *e)
{
    if (e->kind != EX_AND)
        return take_key(s, e) ? NULL : e;
    ast_expr *l = strip_keys(s, e->args[0]), *r = strip_keys(s, e->args[1]);
    if (l == NULL || r == NULL)
        return l ? l : r;
    ast_expr *both = arena_dup(s->a, e, sizeof *e);
    both->args = ARENA_ARRAY(s->a, ast_expr *, 2);
    both->args[0] = l;
    both->args[1] = r;
    return both;
}

static pull *share(const query_env *e, const ast_query *q, const pull *alone, const key_search *s)
{
    status ignored;
    status_init(&ignored);
    plan *made = plan_pull(e, q, &ignored);
    if (made == NULL)
        return NULL;
    pull *p = pull_new(e, made, alone->table, alone->maker);
    p->keys = (pull_keys){.n = 1, .from = alone->keys.from, .to = alone->keys.to};
    p->params = arena_dup(&p->a, s->params, alone->key_count * sizeof *s->params);
    p->param_count = s->n;
    p->param_kinds = ARENA_ARRAY(&p->a, ast_kind, s->n);
    for (uint32_t i = 0; i < s->n; i++)
        p->param_kinds[i] = s->literals[i].kind;
    p->is_constant = true;
    p->is_quick = is_quick(p, q);
    return p;
}

pull *pull_prepare_shared(const query_env *e, const ast_query *q, const pull *alone, const parse_literal *literals,
                          uint32_t n)
{
    uint32_t keys = schema_count(&alone->table->schema, NS_KEY);
    if (alone->keys.scan || alone->keys.n != 1 || n != keys || keys != alone->key_count || q->where == NULL)
        return NULL;
    arena a;
    arena_init(&a);
    key_search s = {&a, alone->table, literals, n, 0, ARENA_ARRAY(&a, uint32_t, keys)};
    for (uint32_t i = 0; i < keys; i++)
        s.params[i] = n;
    ast_query stripped = *q;
    stripped.where = strip_keys(&s, q->where);
    pull *p = s.found == keys ? share(e, &stripped, alone, &s) : NULL;
    arena_free(&a);
    return p;
}

/* ---- life */

pull *pull_ref(pull *p)
{
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

static void scratch_free(pull_scratch *s)
{
    arena_free(&s->rows);
    arena_free(&s->work);
    mem_free(s->out);
    mem_free(s);
}

void pull_release(pull *p)
{
    if (p == NULL || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) > 1)
        return;
    while (p->scratch) {
        pull_scratch *s = p->scratch;
        p->scratch = s->next;
        scratch_free(s);
    }
    plan_free(p->p);
    source_unref(p->table);
    query_info_unref(p->maker);
    pthread_mutex_destroy(&p->lock);
    arena_free(&p->a);
    mem_free(p);
}

pull_scratch *pull_take_scratch(pull *p)
{
    pthread_mutex_lock(&p->lock);
    pull_scratch *s = p->scratch;
    if (s) {
        p->scratch = s->next;
        p->scratch_count--;
    }
    pthread_mutex_unlock(&p->lock);
    if (s == NULL) {
        s = MEM_NEW(pull_scratch);
        arena_init(&s->rows);
        arena_init(&s->work);
        s->out = mem_zalloc((p->p->output_count + 1) * sizeof *s->out);
    }
    s->cx.a = &s->rows;
    return s;
}

void pull_give_scratch(pull *p, pull_scratch *s)
{
    arena_reset(&s->rows);
    arena_reset(&s->work);
    bool small = s->rows.total + s->work.total <= SCRATCH_KEPT_BYTES_MAX;
    pthread_mutex_lock(&p->lock);
    bool keep = small && p->scratch_count < SCRATCH_KEPT_MAX;
    if (keep) {
        s->next = p->scratch;
        p->scratch = s;
        p->scratch_count++;
    }
    pthread_mutex_unlock(&p->lock);
    if (!keep)
        scratch_free(s);
}
