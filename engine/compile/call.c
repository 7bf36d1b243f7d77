/* Calls: which overload is meant, what its arguments are cast to, and the node that runs it. */
#include "engine/compile/compile_int.h"

#include "engine/expr/cast.h"
#include "engine/func/func.h"

static bool lambda_name_ok(xc *c, str name, uint32_t outer)
{
    for (uint32_t i = 0; i < c->scope->column_count; i++)
        if (str_eq(c->scope->columns[i].name, name))
            return status_set(c->st, ST_SQL, "Lambda function argument can't be a column name: %.*s", STR_FMT(name));
    for (uint32_t i = 0; i < outer; i++)
        if (str_eq(c->vars[i].name, name))
            return status_set(c->st, ST_SQL, "Reusing lambda arguments in nested lambda is not allowed");
    for (uint32_t i = 0; i < name.n; i++) {
        char ch = name.p[i];
        bool letter = (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || ch == '_' || ch == '$';
        if (!letter && !(i > 0 && ch >= '0' && ch <= '9'))
            return status_set(c->st, ST_SQL, "Invalid lambda argument name: %.*s", STR_FMT(name));
    }
    return true;
}

/* The body gives another type than the parameter's variable is bound to. */
static bool refuse_body(xc *c, const ast_expr *e, const ptype *p, const type *body, const bindings *before)
{
    buf want = BUF_INIT(ST_MSG_MAX), got = BUF_INIT(ST_MSG_MAX);
    ptype_print(&want, p);
    type lambda = {.kind = T_LAMBDA, .elem = body, .input_count = e->name_count};
    lambda.inputs = ARENA_ARRAY(c->a, const type *, e->name_count);
    for (uint32_t k = 0; k < e->name_count; k++)
        lambda.inputs[k] = ptype_instantiate(c->a, p->inputs[k], before, c->st);
    type_print(&got, &lambda, true);
    const type *other = NULL;
    for (uint32_t k = 0; p->elem->kind == P_GENERIC && k < before->n; k++)
        if (str_eq(before->b[k].name, p->elem->name))
            other = before->b[k].type;
    if (other)
        status_set(c->st, ST_SQL,
                   "Found invalid instance of generic schema when mapping %.*s to %.*s. Cannot map %.*s to "
                   "both %.*s and %.*s",
                   (int)want.n, want.p, (int)got.n, got.p, STR_FMT(p->elem->name), STR_FMT(type_text(c->a, other)),
                   STR_FMT(type_text(c->a, body)));
    else
        status_set(c->st, ST_SQL,
                   "Cannot infer generics for %.*s from %.*s because they do not have the same schema "
                   "structure.",
                   (int)want.n, want.p, (int)got.n, got.p);
    buf_free(&want);
    buf_free(&got);
    return false;
}

/* The lambda's inputs get the types that its parameter's variables are bound to by now; the type of
 * the body then binds the result's variable. */
static bool compile_lambda(xc *c, const ast_expr *e, const ptype *p, bindings *bound, func_call *f, uint32_t i)
{
    uint32_t  first = c->var_count;
    uint32_t *slots = ARENA_ARRAY(c->a, uint32_t, e->name_count);
    for (uint32_t k = 0; k < e->name_count; k++)
        if (!lambda_name_ok(c, e->names[k], first))
            return false;
    for (uint32_t k = 0; k < e->name_count; k++) {
        const type *t = ptype_instantiate(c->a, p->inputs[k], bound, c->st);
        if (t == NULL)
            return false;
        if (!take_slot(c, &slots[k]))
            return false;
        c->vars[c->var_count++] = (lambda_var){e->names[k], t, slots[k]};
    }
    const xnode *body = compile(c, e->args[0]);
    c->var_count = first;
    if (e->name_count)
        give_slots(c, slots[0]);
    if (body == NULL)
        return false;
    f->args[i] = body;
    f->lambda_slots[i] = slots;
    bindings before = *bound;
    if (ptype_bind(p->elem, body->type, bound))
        return true;
    return refuse_body(c, e, p, body->type, &before);
}

/* ---- arguments */

/* Compiles the arguments but for lambdas, whose inputs have no types before the overload is known. */
static bool compile_args(xc *c, const ast_expr *e, func_call *f)
{
    f->arg_count = e->arg_count;
    f->args = ARENA_ARRAY(c->a, const xnode *, e->arg_count);
    f->arg_types = ARENA_ARRAY(c->a, const type *, e->arg_count);
    f->lambda_slots = ARENA_ARRAY(c->a, const uint32_t *, e->arg_count);
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (e->args[i]->kind == EX_LAMBDA) {
            type *t = ARENA_NEW(c->a, type);
            t->kind = T_LAMBDA;
            t->input_count = e->args[i]->name_count;
            f->arg_types[i] = t;
            continue;
        }
        f->args[i] = compile(c, e->args[i]);
        if (f->args[i] == NULL)
            return false;
        f->arg_types[i] = f->args[i]->type;
    }
    return true;
}

/* x as parameter p takes it: implicitly cast. */
static const xnode *fit_arg(xc *c, const xnode *x, const ptype *p, const bindings *bound)
{
    const type *t = NULL;
    if (x->type->kind == T_NULL) {
        /* NULL, or an interval unit: only a parameter that takes units may see its name. */
        status unbound;
        if (p->kind == P_UNIT)
            return x;
        if (p->kind == P_TYPE && p->base != T_DECIMAL)
            t = ptype_instantiate(c->a, p, bound, &unbound);
        return expr_literal(c->a, t ? t : &type_null, VALUE_NULL);
    }
    if (p->kind == P_GENERIC) { /* differs when a list stands for a variadic */
        t = ptype_instantiate(c->a, p, bound, c->st);
        return t ? cast_to(c, x, t) : NULL;
    }
    if (p->kind == P_TYPE && p->base != x->type->kind) {
        t = ptype_cast_target(c->a, p, x->type, bound, c->st);
        return t ? cast_to(c, x, t) : NULL;
    }
    if (p->kind == P_TYPE && type_is_nested(x->type) && p->elem) {
        t = ptype_instantiate(c->a, p, bound, c->st);
        if (t && !type_contains(t, T_DECIMAL) && !type_equal(t, x->type) && cast_find(x->type, t))
            return cast_to(c, x, t);
    }
    return x;
}

static bool fit_args(xc *c, const ast_expr *e, const overload *o, const ptype *const *shape, bindings *bound,
                     func_call *f)
{
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (e->args[i]->kind == EX_LAMBDA) {
            if (!compile_lambda(c, e->args[i], shape[i], bound, f, i))
                return false;
            continue;
        }
        const xnode *x = fit_arg(c, f->args[i], shape[i], bound);
        if (x == NULL)
            return false;
        bool may_fail = x->kind == XN_CALL || x->kind == XN_FIELD || x->kind == XN_CAST;
        f->args[i] = may_fail ? caught(c, x, o->name) : x;
        f->arg_types[i] = x->type;
    }
    return true;
}

const xnode *compile_call(xc *c, const ast_expr *e)
{
    size_t          n;
    const overload *all = func_find(e->text, &n);
    if (n == 0)
        return refuse(c, "Can't find any functions with the name '%.*s'", STR_FMT(e->text));
    func_call *f = ARENA_NEW(c->a, func_call);
    if (!compile_args(c, e, f))
        return NULL;
    const ptype   **shape = ARENA_ARRAY(c->a, const ptype *, e->arg_count);
    bindings        bound = {0};
    const overload *o = overload_resolve(c->a, all, n, f->arg_types, e->arg_count, true, true, shape, &bound, c->st);
    if (o == NULL)
        return NULL;
    f->row = o->row;
    if (!fit_args(c, e, o, shape, &bound, f))
        return NULL;
    f->type = f->row->computed ? f->row->computed(c->a, f, c->st) : ptype_instantiate(c->a, o->returns, &bound, c->st);
    if (f->type == NULL)
        return NULL;
    /* A call on nothing but the literal NULL never reaches the function. */
    if (e->arg_count == 1 && e->args[0]->kind == EX_NULL)
        return expr_literal(c->a, f->type, VALUE_NULL);
    if (f->row->init && !f->row->init(c->a, f, c->st))
        return NULL;
    return func_call_node(c->a, f);
}
