/* Calls of users' functions while rows are processed. A udf_value is a value, bit for bit: nothing is
 * converted on the way in, and the result is only looked at. */
#include <stddef.h>

#include "engine/expr/text_build.h"
#include "engine/types/decimal.h"
#include "engine/udf/udf_int.h"

_Static_assert(sizeof(udf_value) == sizeof(value) && offsetof(udf_value, n) == offsetof(value, n) &&
                   offsetof(udf_value, state) == offsetof(value, state) &&
                   offsetof(udf_value, flags) == offsetof(value, flags),
               "values cross the border as they are");
_Static_assert((int)UDF_IS_VALUE == V_OK && (int)UDF_IS_ERROR == V_ERR && (int)UDF_IS_NULL == V_NULL, "states");
_Static_assert((int)UDF_NULL == T_NULL && (int)UDF_LAMBDA == T_LAMBDA && (int)UDF_DECIMAL == T_DECIMAL &&
                   (int)UDF_TIMESTAMP == T_TIMESTAMP && (int)UDF_STRUCT == T_STRUCT,
               "kinds of types");

#define TIME_END ((int64_t)86400000)

/* ---- what is wrong with a value */

static const char *value_fault(const type *t, value v);

static const char *elements_fault(const type *t, value v)
{
    const char *fault = NULL;
    switch (t->kind) {
    case T_ARRAY:
        for (uint32_t i = 0; i < v.n && !fault; i++)
            fault = value_fault(t->elem, v.v[i]);
        return fault;
    case T_MAP:
        for (uint32_t i = 0; i < v.n && !fault; i++)
            if ((fault = value_fault(t->key, v.v[2 * i])) == NULL)
                fault = value_fault(t->elem, v.v[2 * i + 1]);
        return fault;
    default:
        if (v.n != t->field_count)
            return "a STRUCT with another number of fields";
        for (uint32_t i = 0; i < v.n && !fault; i++)
            fault = value_fault(t->fields[i].type, v.v[i]);
        return fault;
    }
}

static const char *value_fault(const type *t, value v)
{
    if (v.state == V_NULL)
        return NULL;
    if (v.state != V_OK)
        return "a value whose state is neither UDF_IS_NULL nor UDF_IS_VALUE";
    switch (t->kind) {
    case T_BOOLEAN:
        return v.i == 0 || v.i == 1 ? NULL : "a BOOLEAN other than 0 and 1";
    case T_INTEGER:
    case T_DATE:
        return v.i >= INT32_MIN && v.i <= INT32_MAX ? NULL : "a number outside the range of its type";
    case T_TIME:
        return v.i >= 0 && v.i < TIME_END ? NULL : "a TIME outside a day";
    case T_BIGINT:
    case T_TIMESTAMP:
    case T_DOUBLE:
        return NULL;
    case T_DECIMAL:
        if (v.n && (v.p == NULL || v.n <= sizeof v.i))
            return "a DECIMAL in bytes though it has room in 64 bits";
        return decimal_fits(v, t->scale, t->precision, t->scale) ? NULL : "a DECIMAL with more digits than its type";
    case T_STRING:
    case T_BYTES:
        if (v.n > TEXT_RESULT_MAX || (v.n && v.p == NULL))
            return "text or bytes of no possible length";
        return t->kind == T_BYTES || utf8_valid(value_str(v)) ? NULL : "text that is not UTF-8";
    case T_ARRAY:
    case T_MAP:
    case T_STRUCT:
        return v.n && v.v == NULL ? "a container without elements" : elements_fault(t, v);
    case T_NULL:
    case T_LAMBDA:
    case T_KIND_COUNT:
        break;
    }
    return "a value where only NULL can be";
}

static value checked(ectx *cx, const udf_function *def, const type *t, udf_value u)
{
    value v = from_user(u);
    if (v.state == V_ERR)
        return VALUE_ERR;
    const char *fault = value_fault(t, v);
    return fault ? ectx_fail(cx, "the function %s gave %s", def->name, fault) : v;
}

/* ---- what functions may ask for. weir[0]: the ectx, [1]: a func_call while rows are processed, [2]: an agg_call
 * while it is bound. */

static ectx *context(udf_call *c)
{
    return c->weir[0];
}

static void *host_alloc(udf_call *c, size_t bytes)
{
    return arena_alloc(context(c)->a, bytes);
}

/* The engine's form of a type; NULL with a message when the library made nonsense. */
static const type *read_type(udf_call *c, const udf_type *t)
{
    status      st;
    const type *r = udf_type_read(context(c)->a, t, &st);
    if (r == NULL)
        ectx_fail(context(c), "%.400s", st.msg);
    return r;
}

static bool host_cast(udf_call *c, const udf_type *from, udf_value v, const udf_type *to, udf_value *out)
{
    const type *f = read_type(c, from), *t = f ? read_type(c, to) : NULL;
    value       r;
    if (t == NULL || !value_cast(context(c), f, from_user(v), t, &r))
        return false;
    *out = to_user(r);
    return true;
}

static int host_compare(udf_call *c, const udf_type *t, udf_value a, udf_value b)
{
    const type *r = read_type(c, t);
    return r ? value_compare(r, from_user(a), from_user(b)) : 0;
}

static bool host_equal(udf_call *c, const udf_type *t, udf_value a, udf_value b)
{
    if (a.state != UDF_IS_VALUE || b.state != UDF_IS_VALUE)
        return a.state == b.state;
    const type *r = read_type(c, t);
    return r && value_equal(r, from_user(a), from_user(b));
}

static udf_value host_lambda(udf_call *c, uint32_t i, const udf_value *inputs, uint32_t n)
{
    const func_call *f = c->weir[1];
    if (f == NULL || i >= f->arg_count || f->lambda_slots == NULL || f->lambda_slots[i] == NULL ||
        n > LAMBDA_INPUTS_MAX)
        return udf_fail(c, "argument %u is no lambda of %u inputs", i, n);
    value in[LAMBDA_INPUTS_MAX];
    for (uint32_t k = 0; k < n; k++)
        in[k] = from_user(inputs[k]);
    return to_user(func_lambda(f, context(c), i, in, n));
}

static bool host_setting(udf_call *c, const char *name, const char **text, uint32_t *n)
{
    const agg_call *g = c->weir[2];
    str             s = g ? settings_named(g->settings, str_of(name)) : STR_NONE;
    *text = s.p;
    *n = s.n;
    return s.p != NULL;
}

const udf_host user_host = {host_alloc, host_cast, host_compare, host_equal, host_lambda, host_setting};

/* ---- running */

value user_func(const func_call *f, ectx *cx, const value *args)
{
    const user_call *u = f->state;
    udf_call         c = {.host = &user_host,
                          .site = &u->site,
                          .now_ms = cx->now_ms,
                          .error = cx->err,
                          .error_max = sizeof cx->err,
                          .weir = {cx, (void *)(uintptr_t)f, NULL}};
    return checked(cx, u->def, u->result_type, u->def->scalar(&c, (const udf_value *)args));
}

static udf_call agg_context(const agg_call *g, ectx *cx)
{
    const user_call *u = g->state;
    return (udf_call){.host = &user_host,
                      .site = &u->site,
                      .now_ms = cx->now_ms,
                      .error = cx->err,
                      .error_max = sizeof cx->err,
                      .weir = {cx, NULL, NULL}};
}

static value new_state(const agg_call *g, ectx *cx, udf_value state)
{
    const user_call *u = g->state;
    return checked(cx, u->def, u->state_type, state);
}

value user_agg_initial(const agg_call *g, ectx *cx)
{
    udf_call c = agg_context(g, cx);
    return new_state(g, cx, ((const user_call *)g->state)->def->aggregate.initial(&c));
}

value user_agg_add(const agg_call *g, ectx *cx, value state, const value *args)
{
    udf_call         c = agg_context(g, cx);
    const user_call *u = g->state;
    return new_state(g, cx, u->def->aggregate.add(&c, to_user(state), (const udf_value *)args));
}

value user_agg_merge(const agg_call *g, ectx *cx, value a, value b)
{
    udf_call         c = agg_context(g, cx);
    const user_call *u = g->state;
    return new_state(g, cx, u->def->aggregate.merge(&c, to_user(a), to_user(b)));
}

value user_agg_undo(const agg_call *g, ectx *cx, value state, const value *args)
{
    udf_call         c = agg_context(g, cx);
    const user_call *u = g->state;
    return new_state(g, cx, u->def->aggregate.undo(&c, to_user(state), (const udf_value *)args));
}

value user_agg_result(const agg_call *g, ectx *cx, value state)
{
    udf_call         c = agg_context(g, cx);
    const user_call *u = g->state;
    return checked(cx, u->def, u->result_type, u->def->aggregate.result(&c, to_user(state)));
}
