/* The actions of the grammar for queries, statements and their pieces. */
#include "parser/parse_int.h"

#include "base/num.h"

/* ---- queries */

static const ast_unit units[] = {
    [TK_DAY] = UNIT_DAYS,
    [TK_DAYS] = UNIT_DAYS,
    [TK_HOUR] = UNIT_HOURS,
    [TK_HOURS] = UNIT_HOURS,
    [TK_MINUTE] = UNIT_MINUTES,
    [TK_MINUTES] = UNIT_MINUTES,
    [TK_SECOND] = UNIT_SECONDS,
    [TK_SECONDS] = UNIT_SECONDS,
    [TK_MILLISECOND] = UNIT_MILLISECONDS,
    [TK_MILLISECONDS] = UNIT_MILLISECONDS,
};

ast_duration build_duration(parse *p, number_val n, token unit)
{
    ast_duration d = {0, units[unit.type], true};
    str          text = parse_text(p, n.at);
    if (!num_parse_i64(text, &d.n))
        parse_fault(p, "For input string: \"%.*s\"", STR_FMT(text));
    return d;
}

ast_relation *build_relation(parse *p, name_val n, name_val alias)
{
    ast_relation *r = ARENA_NEW(p->a, ast_relation);
    *r = (ast_relation){n.text, alias.text.p ? alias.text : n.text, n.at.pos};
    return r;
}

ast_join *build_within(parse *p, ast_duration before, ast_duration after, ast_duration grace)
{
    ast_join *j = ARENA_NEW(p->a, ast_join);
    j->within = true;
    j->before = before;
    j->after = after;
    j->grace = grace;
    return j;
}

ast_join *build_join(parse *p, ast_join_kind kind, ast_relation *right, ast_join *within, expr_val on)
{
    ast_join *j = within ? within : ARENA_NEW(p->a, ast_join);
    j->kind = kind;
    j->right = *right;
    j->on = on.e;
    j->pos = right->pos;
    return j;
}

source_list build_append_join(parse *p, source_list l, ast_join *j)
{
    if (l.joins == NULL)
        l.joins = ARENA_NEW(p->a, join_list);
    AVEC_PUSH(p->a, l.joins, *j);
    return l;
}

ast_window *build_window_tail(parse *p, ast_duration retention, ast_duration grace)
{
    ast_window *w = ARENA_NEW(p->a, ast_window);
    w->retention = retention;
    w->grace = grace;
    return w;
}

ast_window *build_window(ast_window *w, ast_window_kind kind, ast_duration size, ast_duration advance)
{
    w->kind = kind;
    w->size = size;
    w->advance = advance;
    return w;
}

static item_list *one_item(parse *p, ast_select_item i)
{
    item_list *l = ARENA_NEW(p->a, item_list);
    AVEC_PUSH(p->a, l, i);
    return l;
}

item_list *build_item(parse *p, expr_val e, name_val alias)
{
    uint32_t end = alias.text.p ? alias.at.end : e.at.end;
    return one_item(p, (ast_select_item){e.e, STR_NONE, alias.text, e.at.pos, end - e.at.pos});
}

item_list *build_star_item(parse *p, name_val qual, token star)
{
    uint32_t pos = qual.text.p ? qual.at.pos : star.pos;
    return one_item(p, (ast_select_item){NULL, qual.text, STR_NONE, pos, star.pos + 1 - pos});
}

item_list *build_append_items(parse *p, item_list *l, item_list *one)
{
    AVEC_PUSH(p->a, l, one->p[0]);
    return l;
}

ast_query *build_query(parse *p, token t, item_list *items, source_list from)
{
    ast_query *q = ARENA_NEW(p->a, ast_query);
    q->pos = t.pos;
    q->items = items->p;
    q->item_count = (uint32_t)items->n;
    q->from = *from.first;
    q->joins = from.joins ? from.joins->p : NULL;
    q->join_count = from.joins ? (uint32_t)from.joins->n : 0;
    return q;
}

void build_query_tail(ast_query *q, ast_window *w, expr_val where, expr_val having)
{
    if (w)
        q->window = *w;
    q->where = where.e;
    q->having = having.e;
}

void build_query_by(ast_query *q, expr_list *group_by, expr_list *partition_by)
{
    q->has_group_by = group_by != NULL;
    q->has_partition_by = partition_by != NULL;
    if (group_by) {
        q->group_by = group_by->p;
        q->group_by_count = (uint32_t)group_by->n;
    }
    if (partition_by) {
        q->partition_by = partition_by->p;
        q->partition_by_count = (uint32_t)partition_by->n;
    }
}

void build_query_end(parse *p, ast_query *q, ast_emit emit, number_val limit)
{
    q->emit = emit;
    q->has_limit = limit.type != TK_EOF;
    if (q->has_limit)
        build_integer(p, limit, "LIMIT", &q->limit);
}

/* ---- columns and properties */

column_list *build_column_def(parse *p, name_val n, type_val t, column_rule r)
{
    column_list *l = ARENA_NEW(p->a, column_list);
    AVEC_PUSH(p->a, l, ((ast_column){n.text, t.type, r.kind, r.header_key, n.at.pos}));
    return l;
}

column_list *build_append_columns(parse *p, column_list *l, column_list *one)
{
    AVEC_PUSH(p->a, l, one->p[0]);
    return l;
}

prop_list *build_prop(parse *p, name_val n, expr_val value)
{
    char       first = p->sql.p[n.at.pos];
    bool       quoted = first == '\'' || first == '"' || first == '`';
    prop_list *l = ARENA_NEW(p->a, prop_list);
    AVEC_PUSH(p->a, l, ((ast_prop){n.text, quoted, value.e, n.at.pos}));
    return l;
}

prop_list *build_append_props(parse *p, prop_list *l, prop_list *one)
{
    AVEC_PUSH(p->a, l, one->p[0]);
    return l;
}

/* ---- statements */

static ast_stmt *stmt_at(parse *p, ast_stmt_kind kind, uint32_t pos)
{
    ast_stmt *s = ARENA_NEW(p->a, ast_stmt);
    s->kind = kind;
    s->pos = pos;
    return s;
}

ast_stmt *build_named(parse *p, ast_stmt_kind kind, token t, name_val n)
{
    ast_stmt *s = stmt_at(p, kind, t.pos);
    s->name = n.text;
    s->name_pos = n.at.pos;
    return s;
}

static void set_props(ast_stmt *s, const prop_list *l)
{
    s->has_props = l != NULL;
    s->props = l ? l->p : NULL;
    s->prop_count = l ? (uint32_t)l->n : 0;
}

static void set_columns(ast_stmt *s, const column_list *l)
{
    s->has_columns = l != NULL;
    s->columns = l ? l->p : NULL;
    s->column_count = l ? (uint32_t)l->n : 0;
}

ast_stmt *build_all(parse *p, ast_stmt_kind kind, token t)
{
    ast_stmt *s = stmt_at(p, kind, t.pos);
    s->all = true;
    return s;
}

ast_stmt *build_query_stmt(parse *p, ast_query *q)
{
    ast_stmt *s = stmt_at(p, STMT_QUERY, q->pos);
    s->query = q;
    return s;
}

ast_stmt *build_create(parse *p, ast_stmt_kind kind, create_head h, bool if_not_exists, name_val n,
                       column_list *columns, prop_list *props)
{
    ast_stmt *s = build_named(p, kind, (token){.pos = h.pos}, n);
    s->or_replace = h.or_replace;
    s->source_only = h.source_only;
    s->if_not_exists = if_not_exists;
    set_columns(s, columns);
    set_props(s, props);
    return s;
}

ast_stmt *build_create_as(parse *p, ast_stmt_kind kind, create_head h, bool if_not_exists, name_val n, prop_list *props,
                          ast_query *q)
{
    ast_stmt *s = build_create(p, kind, h, if_not_exists, n, NULL, props);
    s->query = q;
    return s;
}

ast_stmt *build_insert_select(parse *p, token t, name_val n, prop_list *props, ast_query *q)
{
    ast_stmt *s = build_named(p, STMT_INSERT_SELECT, t, n);
    set_props(s, props);
    s->query = q;
    return s;
}

ast_stmt *build_values(parse *p, ast_stmt_kind kind, token t, name_val n, name_list *columns, expr_list *values)
{
    ast_stmt *s = build_named(p, kind, t, n);
    if (columns) {
        s->has_columns = true;
        s->column_count = (uint32_t)columns->n;
        s->columns = ARENA_ARRAY(p->a, ast_column, columns->n);
        for (size_t i = 0; i < columns->n; i++)
            s->columns[i].name = columns->p[i];
    }
    s->values = values->p;
    s->value_count = (uint32_t)values->n;
    return s;
}

ast_stmt *build_drop(parse *p, ast_stmt_kind kind, token t, bool if_exists, name_val n, bool delete_topic)
{
    ast_stmt *s = build_named(p, kind, t, n);
    s->if_exists = if_exists;
    s->delete_topic = delete_topic;
    return s;
}

ast_stmt *build_alter(parse *p, ast_stmt_kind kind, token t, name_val n, column_list *added)
{
    ast_stmt *s = build_named(p, kind, t, n);
    set_columns(s, added);
    return s;
}

ast_stmt *build_create_type(parse *p, token t, bool if_not_exists, name_val n, type_val type)
{
    ast_stmt *s = build_named(p, STMT_CREATE_TYPE, t, n);
    s->if_not_exists = if_not_exists;
    s->type = type.type;
    return s;
}

ast_stmt *build_setting(parse *p, ast_stmt_kind kind, token t, token key, token value)
{
    ast_stmt *s = stmt_at(p, kind, t.pos);
    s->text = build_string(p, key);
    if (value.type == TK_STRING_LIT)
        s->text2 = build_string(p, value);
    return s;
}

ast_stmt *build_define(parse *p, token t, name_val n, token value)
{
    ast_stmt *s = build_named(p, STMT_DEFINE, t, n);
    s->text2 = build_string(p, value);
    return s;
}

ast_stmt *build_describe(parse *p, ast_stmt_kind kind, token t, name_val n, bool extended)
{
    ast_stmt *s = build_named(p, kind, t, n);
    s->extended = extended;
    return s;
}

ast_stmt *build_explain(parse *p, token t, explained e)
{
    ast_stmt *s = build_named(p, STMT_EXPLAIN, t, e.name);
    s->inner = e.inner;
    return s;
}

ast_stmt *build_show(parse *p, ast_stmt_kind kind, token t, bool all, bool extended, ast_scope scope)
{
    ast_stmt *s = stmt_at(p, kind, t.pos);
    s->all = all;
    s->extended = extended;
    s->scope = scope;
    return s;
}

ast_stmt *build_print(parse *p, token t, name_val topic, print_clause c)
{
    ast_stmt *s = build_named(p, STMT_PRINT, t, topic);
    s->from_beginning = c.from_beginning;
    s->has_interval = c.interval.type != TK_EOF;
    if (s->has_interval)
        build_integer(p, c.interval, "INTERVAL", &s->interval);
    s->has_limit = c.limit.type != TK_EOF;
    if (s->has_limit)
        build_integer(p, c.limit, "LIMIT", &s->limit);
    return s;
}

ast_stmt *build_connector(parse *p, token t, ast_scope scope, bool if_not_exists, name_val n, prop_list *props)
{
    ast_stmt *s = build_named(p, STMT_CREATE_CONNECTOR, t, n);
    s->scope = scope;
    s->if_not_exists = if_not_exists;
    set_props(s, props);
    return s;
}

ast_stmt *build_assert_topic(parse *p, token t, bool not_exists, name_val n, prop_list *props, ast_duration timeout)
{
    ast_stmt *s = build_named(p, STMT_ASSERT_TOPIC, t, n);
    s->not_exists = not_exists;
    set_props(s, props);
    s->timeout = timeout;
    return s;
}

ast_stmt *build_assert_schema(parse *p, token t, bool not_exists, name_val subject, expr_val id, ast_duration timeout)
{
    ast_stmt *s = build_named(p, STMT_ASSERT_SCHEMA, t, subject);
    s->not_exists = not_exists;
    s->timeout = timeout;
    s->has_id = id.e != NULL;
    if (id.e && (id.e->kind == EX_INT || id.e->kind == EX_BIGINT))
        s->id = id.e->ival;
    else if (id.e && p->sql.p[id.e->pos] != '$')
        parse_fault(p, "ID must be an integer");
    return s;
}

ast_stmt *build_assert_source(parse *p, ast_stmt_kind kind, token t, name_val n, column_list *columns, prop_list *props)
{
    ast_stmt *s = build_named(p, kind, t, n);
    set_columns(s, columns);
    set_props(s, props);
    return s;
}

/* The end of the statement is known only at its semicolon. */
void build_add_stmt(parse *p, ast_stmt *s, token semi)
{
    for (ast_stmt *i = s; i != NULL; i = i->inner) {
        i->len = semi.prev_end - i->pos;
        i->source = (str){p->sql.p + i->pos, i->len};
        i->has_variables = str_find(i->source, STR("${"), 0) >= 0;
        if (i->query)
            i->query->len = semi.prev_end - i->query->pos;
    }
    AVEC_PUSH(p->a, &p->stmts, s);
}
