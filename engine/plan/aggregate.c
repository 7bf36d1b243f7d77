/* GROUP BY, aggregate functions and windows (spec/sql-language.md 4.9, 6.1; spec/processing-semantics.md
 * 2.5 to 2.7 and 3). */

#include "base/num.h"
#include "engine/func/table_func.h"
#include "engine/plan/build.h"
#include "parser/parser.h"

#define DAY_MS ((int64_t)86400000)
#define HOPPING_WINDOWS_MAX 100000 /* that one record falls into */

static bool is_agg_call(const ast_expr *e, void *ctx)
{
    (void)ctx;
    return e->kind == EX_CALL && agg_exists(e->text);
}

static bool is_unknown_call(const ast_expr *e, void *ctx)
{
    size_t n;
    (void)ctx;
    return e->kind == EX_CALL && !agg_exists(e->text) && !table_func_exists(e->text) && func_find(e->text, &n) == NULL;
}

/* Which calls are aggregates cannot be told while a function is unknown. */
static bool check_functions(builder *b)
{
    const ast_expr *bad = b->an.having ? an_find(b->an.having, is_unknown_call) : NULL;
    for (size_t i = b->an.items.n; i-- > 0;) {
        const ast_expr *e = an_find(b->an.items.p[i].expr, is_unknown_call);
        bad = e ? e : bad;
    }
    return bad == NULL || refuse(b, "Can't find any functions with the name '%.*s'", STR_FMT(bad->text));
}

static bool check_group_by(builder *b)
{
    const ast_query *q = b->an.q;
    if (q->has_group_by && q->group_by_count == 0)
        return refuse(b, "GROUP BY requires at least one expression");
    for (uint32_t i = 0; i < q->group_by_count; i++)
        if (an_find(b->an.group_by[i], is_agg_call))
            return refuse(b,
                          "GROUP BY does not support aggregate functions: %.*s is an aggregate "
                          "function.",
                          STR_FMT(an_find(b->an.group_by[i], is_agg_call)->text));
    if (!check_functions(b))
        return false;
    if (!b->an.has_aggregates)
        return refuse(b, "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
    return true;
}

/* ---- what stands behind the aggregation */

/* Grouping expressions and aggregate calls, and the columns that take their place. */
typedef struct substitution {
    expr_set from;
    str     *to;
} substitution;

static substitution make_substitution(builder *b, const str *key_names)
{
    uint32_t     keys = b->an.q->group_by_count, aggs = (uint32_t)b->an.agg_calls.n;
    substitution s = {.to = ARENA_ARRAY(b->a, str, keys + aggs)};
    expr_set_init(&s.from, b->a);
    for (uint32_t i = 0; i < aggs; i++) { /* aggregates first: their arguments are not touched */
        expr_set_add(&s.from, b->an.agg_calls.p[i], i);
        s.to[i] = str_fmt(b->a, "KSQL_AGG_VARIABLE_%u", i);
    }
    for (uint32_t i = 0; i < keys; i++) {
        expr_set_add(&s.from, b->an.group_by[i], aggs + i);
        s.to[aggs + i] = key_names[i];
    }
    return s;
}

typedef struct known_names {
    builder      *b;
    const layout *l;
} known_names;

static bool is_unknown_column(const ast_expr *e, void *ctx)
{
    const known_names *k = ctx;
    return e->kind == EX_COLUMN && layout_find(k->b, k->l, e->text) == SLOT_NONE;
}

static bool replace_items(builder *b, const substitution *s, const layout *out)
{
    known_names known = {b, out};
    buf         bad = BUF_INIT(ST_MSG_MAX);
    for (size_t i = 0; i < b->an.items.n; i++) {
        an_item  *it = &b->an.items.p[i];
        ast_expr *e = an_replace(b->a, it->expr, &s->from, s->to);
        if (an_expr_uses(e, is_unknown_column, &known))
            buf_printf(&bad, "%s%.*s", bad.n ? ", " : "", STR_FMT(print_expr_text(b->a, it->orig)));
        it->expr = e;
    }
    bool ok = bad.n == 0;
    if (!ok)
        refuse(b,
               "Non-aggregate SELECT expression(s) not part of GROUP BY: %.*s\nEither add the column(s) "
               "to the GROUP BY or remove them from the SELECT.",
               (int)bad.n, bad.p);
    buf_free(&bad);
    if (!ok || b->an.having == NULL)
        return ok;
    ast_expr *h = an_replace(b->a, b->an.having, &s->from, s->to);
    if (an_expr_uses(h, is_unknown_column, &known))
        return refuse(b,
                      "Non-aggregate HAVING expression not part of GROUP BY: %.*s\nConsider switching "
                      "the HAVING clause to a WHERE clause before the GROUP BY.",
                      STR_FMT(print_expr_text(b->a, b->an.having_orig)));
    b->an.having = h;
    return true;
}

/* ---- the aggregate calls */

static bool literal_of(builder *b, const ast_expr *e, value *v)
{
    *v = VALUE_ERR;
    if (e->kind > EX_STRING)
        return true;
    xscope       none = {0};
    const xnode *x = expr_compile(b->a, e, &none, (xoptions){0}, b->st);
    if (x == NULL) {
        expr_name_fault(b->st, NULL);
        return false;
    }
    *v = x->lit;
    return true;
}

static bool bind_call(builder *b, const ast_expr *e, const layout *in, plan_agg *out)
{
    const type  **types = ARENA_ARRAY(b->a, const type *, e->arg_count);
    value        *lits = ARENA_ARRAY(b->a, value, e->arg_count);
    str          *texts = ARENA_ARRAY(b->a, str, e->arg_count);
    const xnode **args = ARENA_ARRAY(b->a, const xnode *, e->arg_count);
    for (uint32_t i = 0; i < e->arg_count; i++) {
        args[i] = compile_select(b, e->args[i], in);
        if (args[i] == NULL || !literal_of(b, e->args[i], &lits[i]))
            return false;
        types[i] = args[i]->type;
        texts[i] = print_expr_text(b->a, e->args[i]);
    }
    out->call = agg_bind(b->a, e->text, types, e->arg_count, lits, texts, &b->opt->settings, b->st);
    if (out->call == NULL)
        return false;
    out->args = args;
    out->arg_count = out->call->arg_count;
    out->text = print_expr_text(b->a, e);
    return true;
}

static bool refuse_not_undoable(builder *b, const plan_node *agg)
{
    buf      names = BUF_INIT(ST_MSG_MAX);
    uint32_t n = 0;
    str     *list = ARENA_ARRAY(b->a, str, agg->agg.agg_count);
    for (uint32_t i = 0; i < agg->agg.agg_count; i++) {
        const agg_row *row = agg->agg.aggs[i].call->row;
        if (row->undo)
            continue;
        str  name = str_of(row->name);
        bool seen = false;
        for (uint32_t k = 0; k < n; k++)
            seen |= str_eq(list[k], name);
        if (!seen)
            list[n++] = name;
    }
    for (uint32_t i = 0; i < n; i++)
        buf_printf(&names, "%s%.*s", i == 0 ? "" : i + 1 == n ? " and " : ", ", STR_FMT(list[i]));
    if (n)
        refuse(b,
               "The aggregation function%s %.*s cannot be applied to a table source, only to a stream "
               "source.",
               n > 1 ? "s" : "", (int)names.n, names.p);
    buf_free(&names);
    return n == 0;
}

/* ---- windows */

static bool check_window(builder *b, plan_node *n)
{
    const ast_window *w = &b->an.q->window;
    int64_t           size = ast_duration_ms(w->size);
    n->agg.window = *w;
    n->agg.is_windowed = true;
    n->agg.size_ms = size;
    n->agg.advance_ms = w->kind == WINDOW_HOPPING ? ast_duration_ms(w->advance) : size;
    if (w->kind == WINDOW_SESSION && size <= 0)
        return refuse(b, "Gap time (inactivityGapMs) cannot be zero or negative.");
    if (size <= 0)
        return refuse(b, "Size must be positive");
    if (n->agg.advance_ms <= 0 || n->agg.advance_ms > size)
        return refuse(b,
                      "Window advancement interval should be more than zero and less than window "
                      "duration %ld ms, but given advancement interval is: %ld ms",
                      size, n->agg.advance_ms);
    if (size / n->agg.advance_ms > HOPPING_WINDOWS_MAX)
        return refuse(b, "A record would fall into %ld windows of this size and advance; the most is %d.",
                      size / n->agg.advance_ms, HOPPING_WINDOWS_MAX);
    n->agg.grace_ms = w->grace.given ? ast_duration_ms(w->grace) : size < DAY_MS ? DAY_MS - size : 0;
    int64_t least = add_clamped(size, n->agg.grace_ms);
    n->agg.retention_ms = w->retention.given ? ast_duration_ms(w->retention) : least;
    if (n->agg.retention_ms < least) {
        if (w->kind == WINDOW_SESSION)
            return refuse(b,
                          "The retention period of the session store %.*s must be no smaller than the "
                          "session inactivity gap plus the grace period. Got gap=[%ld], grace=[%ld], "
                          "retention=[%ld]",
                          STR_FMT(n->agg.store), size, n->agg.grace_ms, n->agg.retention_ms);
        return refuse(b,
                      "The retention period of the window store %.*s must be no smaller than its "
                      "window size plus the grace period. Got size=[%ld], grace=[%ld], "
                      "retention=[%ld]",
                      STR_FMT(n->agg.store), size, n->agg.grace_ms, n->agg.retention_ms);
    }
    return true;
}

/* ---- putting it together */

/* The key parts' names: a plain column keeps its name, others are generated. */
static str *key_names(builder *b)
{
    uint32_t n = b->an.q->group_by_count;
    str     *names = ARENA_ARRAY(b->a, str, n + 1);
    for (uint32_t i = 0; i < n; i++)
        names[i] = b->an.group_by[i]->kind == EX_COLUMN ? b->an.group_by[i]->text : str_fmt(b->a, "KSQL_COL_%u", i);
    return names;
}

/* GROUP BY exactly the one key column of a stream: no re-keying, no repartition. */
static bool grouped_by_key(const builder *b, const layout *l)
{
    if (b->an.q->group_by_count != 1 || l->key_count != 1 || b->an.group_by[0]->kind != EX_COLUMN)
        return false;
    for (uint32_t v = 0; v < l->keys[0].viable_count; v++)
        if (str_eq(l->keys[0].viable[v], b->an.group_by[0]->text))
            return true;
    return false;
}

static plan_node *group(builder *b, plan_node *in, str *names)
{
    if (b->an.q->group_by_count == 0) { /* a push query without GROUP BY: one group for all */
        ast_expr *one = ast_new(b->a, EX_INT, 0, 0);
        one->ival = 1;
        str        name = STR("KSQL_COL_0");
        plan_node *r = build_rekey(b, in, &one, &name, 1, REKEY_GROUP_BY, "Aggregate.GroupBy");
        return r ? build_repartition(b, r, "Aggregate-GroupBy-repartition", false) : NULL;
    }
    if (!in->is_table && grouped_by_key(b, &in->out)) {
        if (in->out.window.kind) {
            refuse(b, "Group by on windowed should always require rekey");
            return NULL;
        }
        bool       rekeyed = in->kind == PLAN_REKEY || in->kind == PLAN_FLATMAP;
        plan_node *at = in;
        while (!rekeyed && (at->kind == PLAN_FILTER || at->kind == PLAN_FLATMAP))
            at = at->in[0];
        rekeyed = at->kind == PLAN_REKEY;
        return rekeyed ? build_repartition(b, in, "Aggregate-GroupBy-repartition", false) : in;
    }
    plan_node *r =
        build_rekey(b, in, b->an.group_by, names, b->an.q->group_by_count, REKEY_GROUP_BY, "Aggregate.GroupBy");
    if (r == NULL)
        return NULL;
    r->out.window = (window_info){0};
    r->out.wstart = r->out.wend = SLOT_NONE;
    return build_repartition(b, r, "Aggregate-GroupBy-repartition", false);
}

typedef struct column_list {
    arena *a;
    VEC(str) names;
} column_list;

static bool add_column(const ast_expr *e, void *ctx)
{
    column_list *l = ctx;
    bool         known = e->kind != EX_COLUMN;
    for (size_t i = 0; i < l->names.n && !known; i++)
        known = str_eq(l->names.p[i], e->text);
    if (!known)
        AVEC_PUSH(l->a, &l->names, e->text);
    return false; /* look on */
}

/* The columns that the query names, as they occur in SELECT, WHERE, GROUP BY, HAVING: ksqlDB lets none of them change
 * under a running aggregation. */
static str used_columns(builder *b)
{
    column_list l = {.a = b->a};
    for (size_t i = 0; i < b->an.items.n; i++)
        an_expr_uses(b->an.items.p[i].expr, add_column, &l);
    if (b->an.where)
        an_expr_uses(b->an.where, add_column, &l);
    for (uint32_t i = 0; i < b->an.q->group_by_count; i++)
        an_expr_uses(b->an.group_by[i], add_column, &l);
    if (b->an.having)
        an_expr_uses(b->an.having, add_column, &l);
    str text = STR("");
    for (size_t i = 0; i < l.names.n; i++)
        text = str_fmt(b->a, "%.*s%s`%.*s`", STR_FMT(text), i ? ", " : "", STR_FMT(l.names.p[i]));
    return text;
}

plan_node *build_aggregate(builder *b, plan_node *in)
{
    const ast_query *q = b->an.q;
    if (!check_group_by(b) || !refuse_kafka_values(b, "GROUP BY"))
        return NULL;
    if (q->window.kind && in->is_table) {
        refuse(b, "Windowing not supported for table aggregations.");
        return NULL;
    }
    str       *names = key_names(b);
    plan_node *g = group(b, in, names);
    if (g == NULL)
        return NULL;
    plan_node *n = node_new(b, PLAN_AGGREGATE, "Aggregate.Aggregate");
    n->in[0] = g;
    n->is_table = true;
    n->agg.store = STR("Aggregate-Aggregate-Materialize");
    n->agg.columns = used_columns(b);
    n->agg.emit_final = q->emit == EMIT_FINAL;
    n->out.key_format = g->out.key_format;
    n->out.value_format = g->out.value_format;
    for (uint32_t i = 0; i < g->out.key_count; i++) {
        str      name = i < q->group_by_count ? names[i] : STR("KSQL_COL_0");
        uint32_t slot = layout_add(b, &n->out, name, g->out.cols[g->out.keys[i].slot].type);
        layout_add_key(b, &n->out, slot, &name, 1);
    }
    if (q->window.kind) {
        if (!check_window(b, n))
            return NULL;
        n->out.window = (window_info){q->window.kind, q->window.kind == WINDOW_SESSION ? 0 : n->agg.size_ms};
        n->out.wstart = layout_add(b, &n->out, STR(COL_WINDOWSTART), &type_bigint);
        n->out.wend = layout_add(b, &n->out, STR(COL_WINDOWEND), &type_bigint);
    }
    n->agg.agg_count = (uint32_t)b->an.agg_calls.n;
    n->agg.aggs = ARENA_ARRAY(b->a, plan_agg, n->agg.agg_count);
    n->agg.first_agg_slot = n->out.n;
    for (uint32_t i = 0; i < n->agg.agg_count; i++) {
        if (!bind_call(b, b->an.agg_calls.p[i], &g->out, &n->agg.aggs[i]))
            return NULL;
        layout_add(b, &n->out, str_fmt(b->a, "KSQL_AGG_VARIABLE_%u", i), n->agg.aggs[i].call->result_type);
    }
    if (in->is_table && !refuse_not_undoable(b, n))
        return NULL;
    substitution s = make_substitution(b, names);
    if (!replace_items(b, &s, &n->out))
        return NULL;
    if (!q->has_group_by && !b->opt->transient) {
        refuse(b,
               "CREATE TABLE AS SELECT statement does not support aggregate function [%.*s] without a GROUP "
               "BY clause.",
               STR_FMT(an_list(b->a, b->an.agg_calls.p, (uint32_t)b->an.agg_calls.n, ", ")));
        return NULL;
    }
    return n;
}
