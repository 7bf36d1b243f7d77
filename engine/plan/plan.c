/* From an analysed query to its plan: sources, filter, re-keying, table functions. Joins, aggregation and
 * projection have files of their own. */
#include "engine/plan/plan.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "engine/func/table_func.h"
#include "engine/plan/build.h"
#include "parser/parser.h"

/* ---- layouts */

plan_node *node_new(builder *b, plan_kind kind, const char *step)
{
    plan_node *n = ARENA_NEW(b->a, plan_node);
    n->kind = kind;
    n->step = str_of(step);
    n->out.wstart = n->out.wend = SLOT_NONE;
    return n;
}

uint32_t layout_add(builder *b, layout *l, str name, const type *t)
{
    if ((l->n & (l->n - 1)) == 0) { /* room doubles at powers of two */
        xcolumn *cols = ARENA_ARRAY(b->a, xcolumn, l->n ? 2 * l->n : 1);
        if (l->n)
            memcpy(cols, l->cols, l->n * sizeof *cols);
        l->cols = cols;
    }
    l->cols[l->n] = (xcolumn){name, t};
    return l->n++;
}

void layout_copy(builder *b, layout *to, const layout *from)
{
    *to = *from;
    to->cols = NULL;
    to->n = 0;
    for (uint32_t i = 0; i < from->n; i++)
        layout_add(b, to, from->cols[i].name, from->cols[i].type);
    to->keys = ARENA_ARRAY(b->a, layout_key, from->key_count + 1);
    if (from->key_count)
        memcpy(to->keys, from->keys, from->key_count * sizeof *to->keys);
}

void layout_add_key(builder *b, layout *l, uint32_t slot, const str *viable, uint32_t n)
{
    assert(slot < l->n && n > 0);
    layout_key *keys = ARENA_ARRAY(b->a, layout_key, l->key_count + 1);
    if (l->key_count)
        memcpy(keys, l->keys, l->key_count * sizeof *keys);
    keys[l->key_count++] = (layout_key){slot, arena_dup(b->a, viable, n * sizeof *viable), n, NULL, 0};
    l->keys = keys;
}

static xscope layout_scope(builder *b, const layout *l)
{
    if (b->indexed != l->cols || b->indexed_n != l->n) {
        b->index = name_index_new(b->a, l->cols, l->n);
        b->indexed = l->cols;
        b->indexed_n = l->n;
    }
    return (xscope){l->cols, l->n, b->index};
}

uint32_t layout_find(builder *b, const layout *l, str name)
{
    xscope s = layout_scope(b, l);
    if (s.index)
        return name_index_find(s.index, name);
    for (uint32_t i = 0; i < l->n; i++)
        if (str_eq(l->cols[i].name, name))
            return i;
    return SLOT_NONE;
}

/* ---- compiling with the clause's prefix */

static void add_expression(builder *b, const ast_expr *e)
{
    status_append(b->st, ". expression: %.*s, schema:", STR_FMT(print_expr_text(b->a, e)));
}

/* Does the fault carry its clause and expression? */
static bool is_found_late(const status *st)
{
    return st->code == ST_SQL_GEN || st->code == ST_SQL_CODE;
}

static xoptions compile_options(const builder *b, bool select)
{
    return (xoptions){.catch_nested = select && settings_flag(&b->opt->settings, SETTING_NESTED_ERROR_SET_NULL),
                      .null_as_text = !settings_flag(&b->opt->settings, SETTING_CAST_STRINGS_PRESERVE_NULLS)};
}

const xnode *compile_select(builder *b, const ast_expr *e, const layout *in)
{
    xscope       s = layout_scope(b, in);
    const xnode *x = expr_compile(b->a, e, &s, compile_options(b, true), b->st);
    if (x == NULL && is_found_late(b->st)) {
        expr_name_fault(b->st, "Select");
        add_expression(b, e);
    }
    return x;
}

/* Messages name aggregate calls as they were written, not by the columns that stand for them. */
static void show_aggregates(builder *b)
{
    buf out = BUF_INIT(ST_MSG_MAX - 1);
    str m = str_of(b->st->msg);
    for (uint32_t i = 0; i < m.n;) {
        str      rest = str_make(m.p + i, m.n - i);
        str      name = STR("KSQL_AGG_VARIABLE_");
        uint32_t at = name.n, index = 0;
        if (!str_starts(rest, name)) {
            buf_putc(&out, m.p[i++]);
            continue;
        }
        for (; at < rest.n && rest.p[at] >= '0' && rest.p[at] <= '9'; at++)
            index = index * 10 + (uint32_t)(rest.p[at] - '0');
        if (index < b->an.agg_calls.n)
            print_expr(&out, b->an.agg_calls.p[index]);
        i += at;
    }
    buf_putc(&out, 0);
    memcpy(b->st->msg, out.p, out.n);
    buf_free(&out);
}

typedef struct column_search {
    builder        *b;
    const layout   *in;
    const ast_expr *found;
} column_search;

static bool note_unknown(const ast_expr *e, void *ctx)
{
    column_search *s = ctx;
    if (s->found == NULL && e->kind == EX_COLUMN && layout_find(s->b, s->in, e->text) == SLOT_NONE)
        s->found = e;
    return false;
}

/* A fault of the expression of WHERE or HAVING; a pull query quotes the whole of it. */
static const xnode *refuse_predicate(builder *b, const char *clause)
{
    status_prefix(b->st, "Error in %s expression: ", clause);
    if (b->opt->pull)
        status_append(b->st, "\nStatement: %.*s", STR_FMT(print_expr_text(b->a, b->an.q->where)));
    return NULL;
}

static const xnode *compile_predicate(builder *b, const ast_expr *e, const ast_expr *as, const layout *in,
                                      const char *clause)
{
    column_search unknown = {b, in, NULL}; /* columns are looked up before functions are */
    an_expr_uses(e, note_unknown, &unknown);
    if (unknown.found) {
        refuse(b, "Unknown column %.*s.", STR_FMT(unknown.found->text));
        return refuse_predicate(b, clause);
    }
    xscope       s = layout_scope(b, in);
    const xnode *x = expr_compile(b->a, e, &s, compile_options(b, false), b->st);
    if (x == NULL && is_found_late(b->st)) {
        /* pull queries have an interpreter instead of generated code, which words this fault differently */
        expr_name_fault(b->st, b->opt->pull && b->st->code == ST_SQL_GEN ? "expression" : "Predicate");
        add_expression(b, as);
        return NULL;
    }
    if (x == NULL) {
        show_aggregates(b);
        return refuse_predicate(b, clause);
    }
    if (x->type->kind != T_BOOLEAN) {
        if (x->type->kind == T_NULL)
            refuse(b, "NULL expression not supported");
        else
            refuse(b,
                   "Type error in %s expression: Should evaluate to boolean but is %.*s (%.*s) "
                   "instead.",
                   clause, STR_FMT(print_expr_text(b->a, as)), STR_FMT(type_text(b->a, x->type)));
        return NULL;
    }
    return x;
}

/* ---- source */

static plan_node *source_slots(builder *b, uint32_t i)
{
    an_source *as = &b->an.src[i];
    source    *s = as->src;
    plan_node *n = node_new(b, PLAN_SOURCE, "KsqlTopic.Source");
    layout    *l = &n->out;
    n->is_table = s->kind == SOURCE_TABLE && !b->opt->tap;
    n->source.tap = b->opt->tap;
    n->source.src = s;
    n->source.alias = as->alias;
    n->source.column_slot = ARENA_ARRAY(b->a, uint32_t, s->schema.n);
    l->window = s->window;
    l->key_format = s->key;
    l->value_format = s->value;
    static const column_ns order[] = {NS_KEY, NS_VALUE, NS_HEADERS};
    for (int o = 0; o < 3; o++) {
        for (uint32_t k = 0; k < s->schema.n; k++) {
            const column *c = &s->schema.cols[k];
            if (c->ns != order[o])
                continue;
            str      name = an_internal_name(&b->an, i, c->name);
            uint32_t slot = layout_add(b, l, name, c->type);
            n->source.column_slot[k] = slot;
            if (c->ns == NS_KEY)
                layout_add_key(b, l, slot, &name, 1);
        }
        if (o == 0 && s->window.kind) {
            l->wstart = layout_add(b, l, an_internal_name(&b->an, i, STR(COL_WINDOWSTART)), &type_bigint);
            l->wend = layout_add(b, l, an_internal_name(&b->an, i, STR(COL_WINDOWEND)), &type_bigint);
        }
    }
    n->source.rowtime = layout_add(b, l, an_internal_name(&b->an, i, STR(COL_ROWTIME)), &type_bigint);
    n->source.rowpartition = layout_add(b, l, an_internal_name(&b->an, i, STR(COL_ROWPARTITION)), &type_integer);
    n->source.rowoffset = layout_add(b, l, an_internal_name(&b->an, i, STR(COL_ROWOFFSET)), &type_bigint);
    return n;
}

plan_node *build_source(builder *b, uint32_t i)
{
    source *s = b->an.src[i].src;
    if (s->kind == SOURCE_TABLE && s->window.kind && !b->opt->transient) {
        refuse(b, "KSQL does not support persistent queries on windowed tables.");
        return NULL;
    }
    b->p->sources[b->p->source_count++] = source_ref(s);
    return source_slots(b, i);
}

bool refuse_kafka_values(builder *b, const char *clause)
{
    buf names = BUF_INIT(ST_MSG_MAX);
    for (uint32_t i = 0; i < b->an.src_count; i++)
        if (formats[b->an.src[i].src->value.id].keeps_out)
            buf_printf(&names, "%s%.*s", names.n ? ", " : "", STR_FMT(b->an.src[i].src->name));
    bool bad = names.n > 0;
    if (bad)
        refuse(b,
               "Source(s) %.*s are using the 'KAFKA' value format. This format does not yet support "
               "%s.\nThe KAFKA format is primarily intended for use as a key format. It can be used as "
               "a value format, but can not be used in any operation that requires a repartition or "
               "changelog topic.\nRemoving this limitation requires enhancements to the core of KSQL. "
               "This will come in a future release. Until then, avoid using the KAFKA format for "
               "values.\nIf you have an existing topic with KAFKA formatted values you can duplicate "
               "the data and serialize using Avro or JSON with a statement such as: \n\n'CREATE STREAM "
               "<new-stream-name> WITH(VALUE_FORMAT='Avro') AS SELECT * FROM "
               "<existing-kafka-formated-stream-name>;'\nFor more info see "
               "https://github.com/confluentinc/ksql/issues/3060",
               (int)names.n, names.p, clause);
    buf_free(&names);
    return !bad;
}

/* ---- WHERE, PARTITION BY, table functions */

static plan_node *build_filter(builder *b, plan_node *in, ast_expr *e, const ast_expr *as, const char *clause,
                               const char *step)
{
    if (e->kind == EX_NULL) {
        refuse(b, "NULL expression not supported");
        return NULL;
    }
    plan_node *n = node_new(b, PLAN_FILTER, step);
    n->in[0] = in;
    n->is_table = in->is_table;
    layout_copy(b, &n->out, &in->out);
    n->filter.predicate = compile_predicate(b, e, b->an.is_join ? e : as, &in->out, clause);
    n->filter.text = as;
    n->filter.no_old = in->kind == PLAN_JOIN_FOREIGN;
    return n->filter.predicate ? n : NULL;
}

typedef struct key_use {
    const layout *l;
} key_use;

static bool uses_value_column(const ast_expr *e, void *ctx)
{
    const layout *l = ((key_use *)ctx)->l;
    if (e->kind != EX_COLUMN)
        return false;
    for (uint32_t k = 0; k < l->key_count; k++)
        for (uint32_t v = 0; v < l->keys[k].viable_count; v++)
            if (str_eq(l->keys[k].viable[v], e->text))
                return false;
    return true;
}

plan_node *build_rekey(builder *b, plan_node *in, ast_expr *const *exprs, const str *names, uint32_t n, rekey_rule rule,
                       const char *step)
{
    plan_node *r = node_new(b, PLAN_REKEY, step);
    r->in[0] = in;
    r->is_table = in->is_table;
    layout_copy(b, &r->out, &in->out);
    r->out.key_count = 0;
    r->rekey.rule = rule;
    r->rekey.exprs = ARENA_ARRAY(b->a, const xnode *, n);
    r->rekey.texts = ARENA_ARRAY(b->a, const ast_expr *, n);
    r->rekey.from_key = ARENA_ARRAY(b->a, bool, n);
    for (uint32_t i = 0; i < n; i++) {
        const xnode *x = compile_select(b, exprs[i], &in->out);
        if (x == NULL)
            return NULL;
        r->rekey.exprs[i] = x;
        r->rekey.texts[i] = exprs[i];
        key_use use = {&in->out};
        r->rekey.from_key[i] = !an_expr_uses(exprs[i], uses_value_column, &use);
        str      slot_name = str_fmt(b->a, "\x01%.*s", STR_FMT(names[i])); /* no column is called so */
        uint32_t slot = layout_add(b, &r->out, slot_name, x->type);
        layout_add_key(b, &r->out, slot, &names[i], 1);
    }
    return r;
}

/* Is PARTITION BY / the join key exactly what the rows are keyed by already? */
static bool same_key(const layout *l, ast_expr *const *e, uint32_t n)
{
    if (l->key_count != n)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        bool hit = false;
        for (uint32_t v = 0; e[i]->kind == EX_COLUMN && v < l->keys[i].viable_count; v++)
            hit |= str_eq(l->keys[i].viable[v], e[i]->text);
        if (!hit)
            return false;
    }
    return true;
}

static plan_node *build_partition_by(builder *b, plan_node *in)
{
    uint32_t   n = b->an.q->partition_by_count;
    ast_expr **e = b->an.partition_by;
    if (n == 0) {
        refuse(b, "PARTITION BY requires at least one expression");
        return NULL;
    }
    for (uint32_t i = 0; n > 1 && i < n; i++)
        if (e[i]->kind == EX_NULL) {
            refuse(b, "Cannot PARTITION BY multiple columns including NULL");
            return NULL;
        }
    if (same_key(&in->out, e, n) && !in->out.window.kind)
        return in;
    if (in->is_table) {
        if (in->out.key_count > 1)
            refuse(b, "Cannot repartition a TABLE source. If this is a join, joins on tables with "
                      "multiple columns is not yet supported.");
        else
            refuse(b,
                   "Cannot repartition a TABLE source. If this is a join, make sure that the criteria "
                   "uses the TABLE's key column %.*s instead of [%.*s]",
                   STR_FMT(in->out.keys[0].viable[0]), STR_FMT(an_list(b->a, b->an.partition_orig, n, ", ")));
        return NULL;
    }
    if (in->out.window.kind) {
        refuse(b, "Implicit repartitioning of windowed sources is not supported. See "
                  "https://github.com/confluentinc/ksql/issues/4385.");
        return NULL;
    }
    if (n == 1 && e[0]->kind == EX_NULL) {
        plan_node *r = node_new(b, PLAN_REKEY, "PartitionBy");
        r->in[0] = in;
        layout_copy(b, &r->out, &in->out);
        r->out.key_count = 0;
        r->out.key_format = side_empty();
        r->rekey.drop_key = true;
        return r;
    }
    str *names = ARENA_ARRAY(b->a, str, n);
    for (uint32_t i = 0; i < n; i++)
        names[i] = e[i]->kind == EX_COLUMN ? e[i]->text : str_fmt(b->a, "KSQL_COL_%u", i);
    plan_node *r = build_rekey(b, in, e, names, n, REKEY_PARTITION_BY, "PartitionBy");
    if (r)
        side_need_key(&r->out.key_format);
    return r;
}

static plan_node *build_flatmap(builder *b, plan_node *in)
{
    uint32_t n = (uint32_t)b->an.table_calls.n;
    if (in->is_table) {
        refuse(b, "Table source is not supported with table functions");
        return NULL;
    }
    plan_node *f = node_new(b, PLAN_FLATMAP, "FlatMap");
    f->in[0] = in;
    layout_copy(b, &f->out, &in->out);
    f->flatmap.calls = ARENA_ARRAY(b->a, func_call *, n);
    f->flatmap.n = n;
    f->flatmap.first_slot = f->out.n;
    str     *names = ARENA_ARRAY(b->a, str, n);
    expr_set calls;
    expr_set_init(&calls, b->a);
    for (uint32_t i = 0; i < n; i++) {
        ast_expr     *call = b->an.table_calls.p[i];
        const xnode **args = ARENA_ARRAY(b->a, const xnode *, call->arg_count);
        for (uint32_t k = 0; k < call->arg_count; k++) {
            args[k] = compile_select(b, call->args[k], &in->out);
            if (args[k] == NULL)
                return NULL;
        }
        f->flatmap.calls[i] = table_func_bind(b->a, call->text, args, call->arg_count, b->st);
        if (f->flatmap.calls[i] == NULL)
            return NULL;
        names[i] = str_fmt(b->a, "KSQL_SYNTH_%u", i);
        expr_set_add(&calls, call, i);
        layout_add(b, &f->out, names[i], f->flatmap.calls[i]->type->elem);
    }
    for (size_t i = 0; i < b->an.items.n; i++)
        b->an.items.p[i].expr = an_replace(b->a, b->an.items.p[i].expr, &calls, names);
    return f;
}

plan_node *build_repartition(builder *b, plan_node *in, const char *topic, bool keep_null_keys)
{
    plan_node *r = node_new(b, PLAN_REPARTITION, topic);
    r->in[0] = in;
    r->is_table = in->is_table;
    layout_copy(b, &r->out, &in->out);
    r->repartition.topic = str_dup(b->a, str_of(topic));
    r->repartition.keep_null_keys = keep_null_keys;
    return r;
}

/* ---- the whole */

static bool check_emit(builder *b)
{
    const ast_query *q = b->an.q;
    if (q->window.kind && !b->an.is_group)
        return refuse(b, "%.*sWINDOW clause requires a GROUP BY clause.", STR_FMT(an_location(&b->an, q->window.pos)));
    if (q->emit == EMIT_FINAL) {
        if (!q->window.kind)
            return refuse(b, "EMIT FINAL is only supported for windowed aggregations.");
        if (!settings_flag(&b->opt->settings, SETTING_SUPPRESS_ENABLED))
            return refuse(b, "Suppression is currently disabled. You can enable it by setting "
                             "ksql.suppress.enabled to true");
    }
    return true;
}

static bool is_window_ref(const ast_expr *e, void *ctx)
{
    (void)ctx;
    return e->kind == EX_COLUMN && (str_eqz(e->text, COL_WINDOWSTART) || str_eqz(e->text, COL_WINDOWEND));
}

static bool check_no_bounds(builder *b, const ast_expr *e)
{
    if (e == NULL || !an_expr_uses(e, is_window_ref, NULL))
        return true;
    bool start = str_find(print_expr_text(b->a, e), STR(COL_WINDOWSTART), 0) >= 0;
    return refuse(b,
                  "Window bounds column %s can only be used in the SELECT clause of windowed "
                  "aggregations and can not be passed to aggregate functions.\nSee "
                  "https://github.com/confluentinc/ksql/issues/4397",
                  start ? COL_WINDOWSTART : COL_WINDOWEND);
}

static bool check_bounds_use(builder *b)
{
    const ast_query *q = b->an.q;
    if (!q->window.kind)
        return true;
    bool ok = check_no_bounds(b, b->an.having);
    for (uint32_t i = 0; ok && i < q->group_by_count; i++)
        ok = check_no_bounds(b, b->an.group_by[i]);
    for (size_t i = 0; ok && i < b->an.agg_calls.n; i++)
        ok = check_no_bounds(b, b->an.agg_calls.p[i]);
    return ok;
}

/* A bare * over a join with a synthetic key begins with that key. */
static void star_synthetic_key(builder *b, const plan_node *join)
{
    bool bare = false;
    for (uint32_t i = 0; i < b->an.q->item_count; i++)
        bare |= b->an.q->items[i].expr == NULL && b->an.q->items[i].star_qual.n == 0;
    size_t at = 0;
    while (at < b->an.items.n && !b->an.items.p[at].from_star)
        at++;
    if (!bare || at == b->an.items.n || b->an.q->has_partition_by)
        return;
    ast_expr *e = ast_new(b->a, EX_COLUMN, b->an.items.p[at].pos, 1);
    e->text = join->out.keys[0].viable[0];
    an_item it = {.expr = e, .orig = e, .alias = e->text, .from_star = true, .pos = e->pos};
    AVEC_PUSH(b->a, &b->an.items, it);
    for (size_t i = b->an.items.n - 1; i > at; i--)
        b->an.items.p[i] = b->an.items.p[i - 1];
    b->an.items.p[at] = it;
}

/* What everything that reads a plan relies on. */
static void check_node(const plan_node *n)
{
    const layout *l = &n->out;
    assert(l->needed && (l->wstart == SLOT_NONE) == (l->wend == SLOT_NONE));
    assert(l->wstart == SLOT_NONE || (l->wstart < l->n && l->wend < l->n));
    for (uint32_t k = 0; k < l->key_count; k++)
        assert(l->keys[k].slot < l->n && l->keys[k].viable_count > 0 && l->needed[l->keys[k].slot]);
    for (uint32_t i = 0; n->kind == PLAN_PROJECT && i < l->n; i++)
        assert(type_equal(n->project.exprs[i]->type, l->cols[i].type));
    assert((n->kind == PLAN_SOURCE) == (n->in[0] == NULL));
    for (int i = 0; i < 2; i++)
        if (n->in[i])
            check_node(n->in[i]);
}

static bool build(builder *b)
{
    if (!analyze(&b->an, b->st) || !check_emit(b) || !check_bounds_use(b))
        return false;
    b->p->sources = ARENA_ARRAY(b->a, source *, b->an.src_count);
    plan_node *n = b->an.is_join ? build_joins(b) : build_source(b, 0);
    if (n == NULL)
        return false;
    if (b->an.is_join && n->join.synthetic)
        star_synthetic_key(b, n);
    if (b->an.where && !(n = build_filter(b, n, b->an.where, b->an.where_orig, "WHERE", "WhereFilter")))
        return false;
    if (b->an.q->has_partition_by && !(n = build_partition_by(b, n)))
        return false;
    if (b->an.table_calls.n && !(n = build_flatmap(b, n)))
        return false;
    if (b->an.is_group) {
        if (!(n = build_aggregate(b, n)))
            return false;
        if (b->an.having && !(n = build_filter(b, n, b->an.having, b->an.having_orig, "HAVING", "Aggregate.Having")))
            return false;
    }
    if (!(n = build_project(b, n)))
        return false;
    assert(n->kind == PLAN_PROJECT && n->out.n == b->p->output_count && b->p->source_count == b->an.src_count);
    b->p->root = n;
    b->p->result = n->is_table ? RESULT_TABLE : RESULT_STREAM;
    b->p->window = n->out.window;
    b->p->has_limit = b->an.q->has_limit;
    b->p->limit = b->an.q->limit;
    plan_mark_needed(b->p);
    check_node(n);
    return true;
}

/* The query as ksqlDB shows it once it is analysed: columns qualified, * spelled out, every item named. */
static const ast_query *shown_query(builder *b)
{
    analysis  *an = &b->an;
    ast_query *q = arena_dup(b->a, an->q, sizeof *q);
    q->item_count = (uint32_t)an->items.n;
    q->items = ARENA_ARRAY(b->a, ast_select_item, an->items.n + 1);
    for (size_t i = 0; i < an->items.n; i++)
        q->items[i] = (ast_select_item){.expr = an_qualified(an, an->items.p[i].orig), .alias = an->items.p[i].alias};
    q->where = q->where ? an_qualified(an, q->where) : NULL;
    q->having = q->having ? an_qualified(an, q->having) : NULL;
    q->group_by = ARENA_ARRAY(b->a, ast_expr *, q->group_by_count + 1);
    for (uint32_t i = 0; i < q->group_by_count; i++)
        q->group_by[i] = an_qualified(an, an->group_orig[i]);
    q->partition_by = ARENA_ARRAY(b->a, ast_expr *, q->partition_by_count + 1);
    for (uint32_t i = 0; i < q->partition_by_count; i++)
        q->partition_by[i] = an_qualified(an, an->partition_orig[i]);
    if (q->emit == EMIT_NONE)
        q->emit = EMIT_CHANGES;
    return q;
}

plan *plan_query(const ast_query *q, const plan_options *opt, status *st)
{
    builder b = {0};
    b.p = MEM_NEW(plan);
    arena_init(&b.p->a);
    b.a = &b.p->a;
    b.st = st;
    b.opt = opt;
    b.an.a = b.a;
    b.an.opt = opt;
    b.an.q = ast_query_own(b.a, q);
    if (build(&b)) {
        b.p->shown = shown_query(&b);
        return b.p;
    }
    plan_free(b.p);
    return NULL;
}

void plan_free(plan *p)
{
    if (p == NULL)
        return;
    for (uint32_t i = 0; i < p->source_count; i++)
        source_unref(p->sources[i]);
    source_unref(p->sink);
    arena_free(&p->a);
    mem_free(p);
}
