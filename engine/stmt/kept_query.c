/* Queries as they are kept: made of their statement once, planned again at every start from what is kept alone. */
#include "engine/expr/expr.h"
#include "engine/stmt/exec.h"

/* Settings of the server that decide what a statement means. Those of the moment it was made stay with the query. */
static const setting_id meaning[] = {
    SETTING_LAMBDAS_ENABLED,
    SETTING_SUPPRESS_ENABLED,
    SETTING_NESTED_ERROR_SET_NULL,
    SETTING_NEW_QUERY_PLANNER_ENABLED,
    SETTING_CAST_STRINGS_PRESERVE_NULLS,
    SETTING_FUNCTIONS_COLLECT_LIST_LIMIT,
    SETTING_FUNCTIONS_COLLECT_SET_LIMIT,
    SETTING_TIMESTAMP_THROW_ON_INVALID,
};

static bool fits(const type *from, const type *to)
{
    if (type_equal(from, to))
        return true;
    return from->kind == T_DECIMAL && to->kind == T_DECIMAL && to->scale >= from->scale &&
           to->precision - to->scale >= from->precision - from->scale;
}

static bool refuse_schemas(const plan *p, const source *t, status *st)
{
    buf r = BUF_INIT(ST_MSG_MAX), k = BUF_INIT(ST_MSG_MAX);
    for (uint32_t i = 0; i < p->output_count; i++) {
        column c = {
            .name = p->outputs[i].name, .type = p->outputs[i].type, .ns = p->outputs[i].is_key ? NS_KEY : NS_VALUE};
        if (i)
            buf_putz(&r, ", ");
        column_print(&r, &c);
    }
    schema_print(&k, &t->schema);
    status_set(st, ST_SQL, "Incompatible schema between results and sink.\nResult schema is %.*s\nSink schema is %.*s",
               (int)r.n, r.p, (int)k.n, k.p);
    buf_free(&r);
    buf_free(&k);
    return false;
}

/* Results must be the target's columns by name and order; a DECIMAL may become a wider one and a numeric
 * literal what its column is. */
bool query_match_target(plan *p, const source *t, status *st)
{
    uint32_t order = 0;
    for (int ns = NS_KEY; ns <= NS_VALUE; ns++) {
        uint32_t n = schema_count(&t->schema, (column_ns)ns), k = 0;
        for (uint32_t i = 0; i < p->output_count; i++) {
            if (p->outputs[i].is_key != (ns == NS_KEY))
                continue;
            const column *c = schema_at(&t->schema, (column_ns)ns, k++);
            if (c == NULL || !str_eq(c->name, p->outputs[i].name))
                return refuse_schemas(p, t, st);
            const xnode *e = p->root->project.exprs[i];
            bool         literal = e->kind == XN_LITERAL && type_is_number(e->type) && c->type->kind == T_DECIMAL;
            if (!fits(e->type, c->type) && !literal)
                return refuse_schemas(p, t, st);
            if (!type_equal(e->type, c->type)) {
                e = expr_cast(&p->a, e, type_copy(&p->a, c->type), CAST_PARTS_FAIL, st);
                if (e == NULL)
                    return false;
                p->root->project.exprs[i] = e;
                p->outputs[i].type = p->root->out.cols[i].type = e->type;
            }
            order++;
        }
        if (k != n)
            return refuse_schemas(p, t, st);
    }
    return order == p->output_count || refuse_schemas(p, t, st);
}

/* ---- from the statement */

static void keep_properties(exec *x, query_info *q)
{
    settings_view now = exec_settings(x);
    str           key;
    void         *v;
    for (size_t i = 0; map_next(&x->s->properties, &i, &key, &v);) {
        query_info_put(q, &q->properties, key, *(str *)v);
        query_info_put(q, &q->settings, key, *(str *)v);
    }
    for (size_t i = 0; i < sizeof meaning / sizeof *meaning; i++)
        if (settings_is_set(&now, meaning[i]))
            query_info_put(q, &q->settings, str_of(setting_rows[meaning[i]].name), settings_text(&now, meaning[i]));
}

static bool names_word(str text, str word)
{
    for (uint32_t i = 0; i + word.n <= text.n; i++)
        if (str_eq_nocase(str_make(text.p + i, word.n), word))
            return true;
    return false;
}

/* Types whose names occur in the text, as words or within others: one too many does no harm. */
static void keep_types(exec *x, query_info *q)
{
    pmap_entry *all = pmap_sorted(&x->m->cat.types, x->a);
    for (size_t i = 0; i < x->m->cat.types.n; i++)
        if (names_word(q->text, all[i].key))
            catalog_type_put(&q->cat, all[i].key, ((user_type *)all[i].value)->type);
}

static const char grace_warning[] =
    "DEPRECATION NOTICE: Stream-stream joins statements without a GRACE PERIOD will not be accepted in a future ksqlDB "
    "version.\nPlease use the GRACE PERIOD clause as specified in "
    "https://docs.ksqldb.io/en/latest/developer-guide/ksqldb-reference/select-push-query/";

query_info *query_of_statement(exec *x, query_kind kind, plan *p, str id, str text)
{
    query_info *q = query_info_new();
    if (p->grace_warning)
        x->warning = grace_warning;
    q->kind = kind;
    q->plan = p;
    q->seq = x->seq;
    q->id = str_dup(&q->a, id);
    q->sql = str_dup(&q->a, x->statement_text);
    q->text = str_dup(&q->a, text);
    for (uint32_t i = 0; i < p->source_count; i++)
        query_info_add_read(q, source_ref(p->sources[i]));
    q->sink = source_ref(p->sink);
    keep_properties(x, q);
    keep_types(x, q);
    return q;
}

/* ---- from what is kept */

static plan *plan_again(query_info *q, arena *a, status *st)
{
    ast_stmt **list;
    size_t     n;
    str        text = str_dup(&q->a, q->text);
    if (!parse_sql(a, text, &list, &n, st))
        return NULL;
    if (n != 1 || list[0]->query == NULL) {
        status_set(st, ST_CORRUPT, "its statement is not a query");
        return NULL;
    }
    plan_options po = {.catalog = &q->cat,
                       .settings = {.query = &q->settings},
                       .sink_name = q->sink->name,
                       .ts_column = q->sink->ts_column,
                       .text = text};
    plan        *p = plan_query(list[0]->query, &po, st);
    if (p && q->kind == QUERY_INSERT && !query_match_target(p, q->sink, st)) {
        plan_free(p);
        return NULL;
    }
    return p;
}

void query_plan(query_info *q)
{
    arena  a;
    status st;
    arena_init(&a);
    status_init(&st);
    q->plan = plan_again(q, &a, &st);
    if (q->plan)
        q->plan->sink = source_ref(q->sink);
    else
        q->fault = str_fmt(&q->a, "The query cannot be planned by this version of weir: %s", st.msg);
    arena_free(&a);
}
