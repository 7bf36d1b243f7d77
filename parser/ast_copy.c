/* Copies that stand on their own: texts and types are copied too, so that a tree may outlive the text
 * it was parsed from. */
#include "parser/ast.h"

static const ast_type *own_type(arena *a, const ast_type *t)
{
    if (t == NULL)
        return NULL;
    ast_type *c = arena_dup(a, t, sizeof *t);
    c->name = str_dup(a, t->name);
    c->key = own_type(a, t->key);
    c->elem = own_type(a, t->elem);
    ast_field *f = ARENA_ARRAY(a, ast_field, t->field_count);
    for (uint32_t i = 0; i < t->field_count; i++)
        f[i] = (ast_field){str_dup(a, t->fields[i].name), own_type(a, t->fields[i].type), t->fields[i].pos};
    c->fields = f;
    return c;
}

static ast_expr *expr_own(arena *a, const ast_expr *e)
{
    if (e == NULL)
        return NULL;
    ast_expr *c = arena_dup(a, e, sizeof *e);
    c->qual = str_dup(a, e->qual);
    c->text = str_dup(a, e->text);
    c->raw = str_dup(a, e->raw);
    c->type = own_type(a, e->type);
    c->args = ARENA_ARRAY(a, ast_expr *, e->arg_count);
    for (uint32_t i = 0; i < e->arg_count; i++)
        c->args[i] = expr_own(a, e->args[i]);
    c->names = ARENA_ARRAY(a, str, e->name_count);
    for (uint32_t i = 0; i < e->name_count; i++)
        c->names[i] = str_dup(a, e->names[i]);
    return c;
}

static ast_expr **own_list(arena *a, ast_expr *const *list, uint32_t n)
{
    ast_expr **c = ARENA_ARRAY(a, ast_expr *, n);
    for (uint32_t i = 0; i < n; i++)
        c[i] = expr_own(a, list[i]);
    return c;
}

static void own_relation(arena *a, ast_relation *r)
{
    r->name = str_dup(a, r->name);
    r->alias = str_dup(a, r->alias);
}

ast_query *ast_query_own(arena *a, const ast_query *q)
{
    ast_query *c = arena_dup(a, q, sizeof *q);
    c->items = arena_dup(a, q->items, q->item_count * sizeof *q->items);
    for (uint32_t i = 0; i < q->item_count; i++) {
        c->items[i].expr = expr_own(a, q->items[i].expr);
        c->items[i].star_qual = str_dup(a, q->items[i].star_qual);
        c->items[i].alias = str_dup(a, q->items[i].alias);
    }
    own_relation(a, &c->from);
    c->joins = arena_dup(a, q->joins, q->join_count * sizeof *q->joins);
    for (uint32_t i = 0; i < q->join_count; i++) {
        own_relation(a, &c->joins[i].right);
        c->joins[i].on = expr_own(a, q->joins[i].on);
    }
    c->window.name = str_dup(a, q->window.name);
    c->where = expr_own(a, q->where);
    c->having = expr_own(a, q->having);
    c->group_by = own_list(a, q->group_by, q->group_by_count);
    c->partition_by = own_list(a, q->partition_by, q->partition_by_count);
    return c;
}
