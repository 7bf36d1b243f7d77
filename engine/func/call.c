/* Running calls: the nodes that evaluate arguments and call a function's row. */
#include "engine/func/func.h"

#include <assert.h>

#define CALL_ARGS_MAX 64 /* arguments on the stack; more go to the arena */

static bool is_lambda(const func_call *f, uint32_t i)
{
    return f->lambda_slots && f->lambda_slots[i];
}

static inline value call(const xnode *x, ectx *cx, bool sees_nulls)
{
    const func_call *f = x->state;
    value            few[CALL_ARGS_MAX];
    value           *args = few;
    if (f->arg_count > CALL_ARGS_MAX)
        args = arena_alloc(cx->a, f->arg_count * sizeof *args);
    for (uint32_t i = 0; i < f->arg_count; i++) {
        if (is_lambda(f, i)) {
            args[i] = VALUE_NULL;
            continue;
        }
        args[i] = xnode_eval(f->args[i], cx);
        if (args[i].state == V_ERR || (!sees_nulls && args[i].state == V_NULL))
            return args[i];
    }
    return f->row->fn(f, cx, args);
}

static value call_unless_null(const xnode *x, ectx *cx)
{
    return call(x, cx, false);
}

static value call_with_nulls(const xnode *x, ectx *cx)
{
    return call(x, cx, true);
}

xnode *func_call_node(arena *a, func_call *f)
{
    assert(f->row->fn && f->type && (f->arg_count == 0 || f->args));
    xnode *x = xnode_new(a, XN_CALL, f->row->flags & FN_NULLS ? call_with_nulls : call_unless_null, f->type, 0);
    x->args = f->args;
    x->arg_count = f->arg_count;
    x->state = f;
    return x;
}

value func_lambda(const func_call *f, ectx *cx, uint32_t i, const value *inputs, uint32_t n)
{
    if (ectx_stopped(cx))
        return ectx_fail(cx, "The query is being stopped.");
    for (uint32_t k = 0; k < n; k++)
        cx->vars[f->lambda_slots[i][k]] = inputs[k];
    return xnode_eval(f->args[i], cx);
}
