/* COUNT, SUM, AVG, MIN, MAX (spec/functions.md 4). */
#include "engine/agg/agg.h"
#include "engine/types/decimal.h"

/* ---- COUNT ------------------------------------------------------------------------------------------- */

static value zero(const agg_call *c, ectx *cx)
{
    (void)c;
    (void)cx;
    return value_i(0);
}

static value count_add(const agg_call *c, ectx *cx, value s, const value *args)
{
    (void)c;
    (void)cx;
    return value_i(s.i + (args[0].state == V_OK));
}

static value count_undo(const agg_call *c, ectx *cx, value s, const value *args)
{
    (void)c;
    (void)cx;
    return value_i(s.i - (args[0].state == V_OK));
}

static value long_merge(const agg_call *c, ectx *cx, value a, value b)
{
    (void)c;
    (void)cx;
    return value_i((int64_t)((uint64_t)a.i + (uint64_t)b.i));
}

/* ---- SUM ----------------------------------------------------------------------------------------------- */

static value int_add(const agg_call *c, ectx *cx, value s, const value *args)
{
    (void)c;
    (void)cx;
    if (args[0].state != V_OK)
        return s;
    return value_i((int32_t)(uint32_t)((uint64_t)s.i + (uint64_t)args[0].i));
}

static value int_undo(const agg_call *c, ectx *cx, value s, const value *args)
{
    (void)c;
    (void)cx;
    if (args[0].state != V_OK)
        return s;
    return value_i((int32_t)(uint32_t)((uint64_t)s.i - (uint64_t)args[0].i));
}

static value int_merge(const agg_call *c, ectx *cx, value a, value b)
{
    (void)c;
    (void)cx;
    return value_i((int32_t)(uint32_t)((uint64_t)a.i + (uint64_t)b.i));
}

static value long_add(const agg_call *c, ectx *cx, value s, const value *args)
{
    return args[0].state == V_OK ? long_merge(c, cx, s, args[0]) : s;
}

static value long_undo(const agg_call *c, ectx *cx, value s, const value *args)
{
    (void)c;
    (void)cx;
    return args[0].state == V_OK ? value_i((int64_t)((uint64_t)s.i - (uint64_t)args[0].i)) : s;
}

static value double_zero(const agg_call *c, ectx *cx)
{
    (void)c;
    (void)cx;
    return value_d(0);
}

static value double_add(const agg_call *c, ectx *cx, value s, const value *args)
{
    (void)c;
    (void)cx;
    return args[0].state == V_OK ? value_d(s.d + args[0].d) : s;
}

static value double_undo(const agg_call *c, ectx *cx, value s, const value *args)
{
    (void)c;
    (void)cx;
    return args[0].state == V_OK ? value_d(s.d - args[0].d) : s;
}

static value double_merge(const agg_call *c, ectx *cx, value a, value b)
{
    (void)c;
    (void)cx;
    return value_d(a.d + b.d);
}

/* The sum keeps the argument's precision and scale; leaving it is fatal. */
static value decimal_step(const agg_call *c, ectx *cx, value a, value b, char op)
{
    const type *t = c->result_type;
    value       out;
    decimal_arith(cx->a, op, a, t->scale, b, t->scale, t->precision + 1, t->scale, &out);
    if (decimal_fits(out, t->scale, t->precision, t->scale))
        return out;
    buf b2 = BUF_INIT(EXPR_ERR_MAX);
    decimal_text_plain(&b2, out, t->scale);
    value e = ectx_fail(cx,
                        "Numeric field overflow: A field with precision %d and scale %d must round to an "
                        "absolute value less than 10^%d. Got %.*s",
                        t->precision, t->scale, t->precision - t->scale, (int)b2.n, b2.p);
    buf_free(&b2);
    return e;
}

static value decimal_add(const agg_call *c, ectx *cx, value s, const value *args)
{
    return args[0].state == V_OK ? decimal_step(c, cx, s, args[0], '+') : s;
}

static value decimal_undo(const agg_call *c, ectx *cx, value s, const value *args)
{
    return args[0].state == V_OK ? decimal_step(c, cx, s, args[0], '-') : s;
}

static value decimal_merge(const agg_call *c, ectx *cx, value a, value b)
{
    return decimal_step(c, cx, a, b, '+');
}

static const type *same_as_argument(arena *a, const agg_call *c, status *st)
{
    (void)a;
    (void)st;
    return c->arg_types[0];
}

/* ---- AVG: SUM as a double or long, and COUNT ------------------------------------------------------------- */

static const type *avg_state(arena *a, const agg_call *c, status *st)
{
    (void)st;
    bool       whole = c->arg_types[0]->kind != T_DOUBLE;
    type_field f[2] = {{STR("SUM"), whole ? &type_bigint : &type_double}, {STR("COUNT"), &type_bigint}};
    return type_struct(a, f, 2);
}

static value pair(ectx *cx, value x, value y)
{
    value *v = arena_alloc(cx->a, 2 * sizeof *v);
    v[0] = x;
    v[1] = y;
    return value_v(v, 2);
}

static value avg_initial(const agg_call *c, ectx *cx)
{
    return pair(cx, c->arg_types[0]->kind == T_DOUBLE ? value_d(0) : value_i(0), value_i(0));
}

static value avg_step(const agg_call *c, ectx *cx, value s, const value *args, int sign)
{
    if (args[0].state != V_OK)
        return s;
    value sum = s.v[0];
    if (c->arg_types[0]->kind == T_DOUBLE)
        sum.d += sign * args[0].d;
    else
        sum.i = (int64_t)((uint64_t)sum.i + (uint64_t)(sign * args[0].i));
    if (c->arg_types[0]->kind == T_INTEGER)
        sum.i = (int32_t)(uint32_t)(uint64_t)sum.i;
    return pair(cx, sum, value_i(s.v[1].i + sign));
}

static value avg_add(const agg_call *c, ectx *cx, value s, const value *args)
{
    return avg_step(c, cx, s, args, 1);
}

static value avg_undo(const agg_call *c, ectx *cx, value s, const value *args)
{
    return avg_step(c, cx, s, args, -1);
}

static value avg_merge(const agg_call *c, ectx *cx, value a, value b)
{
    value sum = a.v[0];
    if (c->arg_types[0]->kind == T_DOUBLE)
        sum.d += b.v[0].d;
    else
        sum.i += b.v[0].i;
    return pair(cx, sum, value_i(a.v[1].i + b.v[1].i));
}

static value avg_result(const agg_call *c, ectx *cx, value s)
{
    (void)cx;
    if (s.v[1].i == 0)
        return value_d(0);
    double sum = c->arg_types[0]->kind == T_DOUBLE ? s.v[0].d : (double)s.v[0].i;
    return value_d(sum / (double)s.v[1].i);
}

/* ---- MIN, MAX --------------------------------------------------------------------------------------------- */

static value nothing(const agg_call *c, ectx *cx)
{
    (void)c;
    (void)cx;
    return VALUE_NULL;
}

static value min_merge(const agg_call *c, ectx *cx, value a, value b)
{
    (void)cx;
    if (a.state != V_OK || b.state != V_OK)
        return a.state == V_OK ? a : b;
    return value_compare(c->state_type, b, a) < 0 ? b : a;
}

static value max_merge(const agg_call *c, ectx *cx, value a, value b)
{
    (void)cx;
    if (a.state != V_OK || b.state != V_OK)
        return a.state == V_OK ? a : b;
    return value_compare(c->state_type, b, a) > 0 ? b : a;
}

static value min_add(const agg_call *c, ectx *cx, value s, const value *args)
{
    return min_merge(c, cx, s, args[0]);
}

static value max_add(const agg_call *c, ectx *cx, value s, const value *args)
{
    return max_merge(c, cx, s, args[0]);
}

#define COUNT_ROW(t)                                                                               \
    {"COUNT", "Counts records by key.", t " val", "BIGINT", 0, NULL, NULL, NULL, zero, count_add,  \
     long_merge, count_undo, NULL, 0}
#define SUM_ROW(t, init, add, merge, undo)                                                         \
    {"SUM", "Computes the sum of values for a key.", t " val", t, 0, NULL, same_as_argument, NULL, \
     init, add, merge, undo, NULL, 0}
#define AVG_ROW(t)                                                                                 \
    {"avg", "Computes the average of the values.", t " val1", "DOUBLE", 0, avg_state, NULL, NULL,  \
     avg_initial, avg_add, avg_merge, avg_undo, avg_result, 0}
#define ORDER_ROW(name, word, t)                                                                   \
    {#name, "Computes the " word " value for a key.", t " val", t, 0, NULL, same_as_argument,      \
     NULL, nothing, name##_add, name##_merge, NULL, NULL, 0}
#define ORDER_ROWS(name, word)                                                                     \
    ORDER_ROW(name, word, "INT"), ORDER_ROW(name, word, "BIGINT"), ORDER_ROW(name, word, "DOUBLE"), \
        ORDER_ROW(name, word, "DECIMAL"), ORDER_ROW(name, word, "DATE"),                           \
        ORDER_ROW(name, word, "TIME"), ORDER_ROW(name, word, "TIMESTAMP"),                         \
        ORDER_ROW(name, word, "VARCHAR"), ORDER_ROW(name, word, "BYTES")

const agg_row agg_basic[] = {
    COUNT_ROW("T"),
    SUM_ROW("INT", zero, int_add, int_merge, int_undo),
    SUM_ROW("BIGINT", zero, long_add, long_merge, long_undo),
    SUM_ROW("DOUBLE", double_zero, double_add, double_merge, double_undo),
    SUM_ROW("DECIMAL", zero, decimal_add, decimal_merge, decimal_undo),
    AVG_ROW("INT"),
    AVG_ROW("BIGINT"),
    AVG_ROW("DOUBLE"),
    ORDER_ROWS(min, "minimum"),
    ORDER_ROWS(max, "maximum"),
    {0},
};
