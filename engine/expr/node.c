/* Nodes that more than one folder makes. */
#include <assert.h>

#include "engine/expr/cast.h"
#include "engine/expr/eval.h"
#include "engine/expr/expr.h"

xnode *xnode_new(arena *a, xkind kind, xeval eval, const type *t, uint32_t args)
{
    xnode *x = ARENA_NEW(a, xnode);
    x->kind = kind;
    x->eval = eval;
    x->type = t;
    x->args = args ? ARENA_ARRAY(a, const xnode *, args) : NULL;
    x->arg_count = args;
    return x;
}

const xnode *expr_literal(arena *a, const type *t, value v)
{
    xnode *x = xnode_new(a, XN_LITERAL, ev_literal, t, 0);
    x->lit = v;
    return x;
}

const xnode *expr_column(arena *a, uint32_t slot, const type *t)
{
    xnode *x = xnode_new(a, XN_COLUMN, ev_column, t, 0);
    x->slot = slot;
    return x;
}

const xnode *expr_var(arena *a, uint32_t slot, const type *t)
{
    assert(slot < EXPR_VARS_MAX);
    xnode *x = xnode_new(a, XN_VAR, ev_var, t, 0);
    x->slot = slot;
    return x;
}

const xnode *expr_cast(arena *a, const xnode *x, const type *t, cast_parts parts, status *st)
{
    if (type_equal(x->type, t))
        return x;
    if (x->type->kind == T_NULL)
        return expr_literal(a, t, VALUE_NULL);
    cast_fn f = cast_find(x->type, t);
    if (f == NULL) {
        status_set(st, ST_SQL_GEN, "Cast of %.*s to %.*s is not supported", STR_FMT(type_text(a, x->type)),
                   STR_FMT(type_text(a, t)));
        return NULL;
    }
    bool   to_double = t->kind == T_DOUBLE && (x->type->kind == T_INTEGER || x->type->kind == T_BIGINT);
    bool   whole = type_is_nested(t) && parts == CAST_PARTS_FAIL;
    xnode *n = xnode_new(a, XN_CAST, to_double ? ev_int_to_double : whole ? ev_cast_whole : ev_cast, t, 1);
    n->args[0] = x;
    n->state = (void *)f;
    if (x->kind == XN_LITERAL) {
        ectx  cx = {.a = a};
        value v = n->eval(n, &cx);
        if (v.state != V_ERR)
            return expr_literal(a, t, v);
    }
    return n;
}
