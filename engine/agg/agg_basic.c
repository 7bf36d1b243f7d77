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

/* The exact sum or difference. Only `add` looks whether it still fits the argument's precision. */
static value decimal_step(const agg_call *c, ectx *cx, value a, value b, char op)
{
    const type *t = c->result_type;
    int32_t     p = t->precision < 37 ? t->precision + 1 : 1000;
    value       out = a;
    decimal_arith(cx->a, op, a, t->scale, b, t->scale, p, t->scale, &out);
    return out;
}

static value decimal_add(const agg_call *c, ectx *cx, value s, const value *args)
{
    const type *t = c->result_type;
    if (args[0].state != V_OK)
        return s;
    value sum = decimal_step(c, cx, s, args[0], '+');
    if (decimal_fits(sum, t->scale, t->precision, t->scale))
        return sum;
    int32_t scale = t->scale; /* the text shows the sum rounded to the digits there are */
    value   shown = decimal_round_digits(cx->a, sum, &scale, t->precision);
    buf     text = BUF_INIT(EXPR_ERR_MAX);
    decimal_text_plain(&text, shown, scale);
    value e = ectx_fail(cx,
                        "Numeric field overflow: A field with precision %d and scale %d must round to an "
                        "absolute value less than 10^%d. Got %.*s",
                        t->precision, t->scale, t->precision - t->scale, (int)text.n, text.p);
    buf_free(&text);
    return e;
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

/* ---- AVG: SUM in the type of the argument, and COUNT ------------------------------------------------------- */

static const type *avg_state(arena *a, const agg_call *c, status *st)
{
    (void)st;
    type_field f[2] = {{STR("SUM"), c->arg_types[0]}, {STR("COUNT"), &type_bigint}};
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

/* The sum wraps in its type. */
static value avg_sum(const agg_call *c, value a, value b, int sign)
{
    if (c->arg_types[0]->kind == T_DOUBLE)
        return value_d(a.d + sign * b.d);
    uint64_t sum = sign > 0 ? (uint64_t)a.i + (uint64_t)b.i : (uint64_t)a.i - (uint64_t)b.i;
    return value_i(c->arg_types[0]->kind == T_INTEGER ? (int32_t)(uint32_t)sum : (int64_t)sum);
}

static value avg_step(const agg_call *c, ectx *cx, value s, const value *args, int sign)
{
    if (args[0].state != V_OK)
        return s;
    return pair(cx, avg_sum(c, s.v[0], args[0], sign), value_i(s.v[1].i + sign));
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
    return pair(cx, avg_sum(c, a.v[0], b.v[0], 1), value_i(a.v[1].i + b.v[1].i));
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

/* Of equal values the stored one stays. */
#define ORDER(name, op)                                                                            \
    static value name##_merge(const agg_call *c, ectx *cx, value a, value b)                       \
    {                                                                                              \
        (void)cx;                                                                                  \
        if (a.state != V_OK || b.state != V_OK)                                                    \
            return a.state == V_OK ? a : b;                                                        \
        return value_compare(c->state_type, b, a) op 0 ? b : a;                                    \
    }                                                                                              \
    static value name##_add(const agg_call *c, ectx *cx, value s, const value *args)               \
    {                                                                                              \
        return name##_merge(c, cx, s, args[0]);                                                    \
    }
ORDER(min, <)
ORDER(max, >)

#define SUM_ROW(d, t, init, step)                                                                  \
    {.name = "SUM", .doc = d, .params = t " val1", .returns = t, .result_type = same_as_argument,  \
     .initial = init, .add = step##_add, .merge = step##_merge, .undo = step##_undo}
#define AVG_ROW(d, t)                                                                              \
    {.name = "avg", .doc = d, .params = t " val1", .returns = "DOUBLE", .state_type = avg_state,   \
     .initial = avg_initial, .add = avg_add, .merge = avg_merge, .undo = avg_undo,                 \
     .result = avg_result}
#define ORDER_ROW(n, d, f, t)                                                                      \
    {.name = n, .doc = d, .params = t " val1", .returns = t, .result_type = same_as_argument,      \
     .initial = nothing, .add = f##_add, .merge = f##_merge}
#define ORDER_ROWS(n, d, f)                                                                        \
    ORDER_ROW(n, d, f, "DECIMAL"), ORDER_ROW(n, NULL, f, "DOUBLE"), ORDER_ROW(n, NULL, f, "INT"),  \
        ORDER_ROW(n, NULL, f, "BIGINT"), ORDER_ROW(n, NULL, f, "VARCHAR"),                         \
        ORDER_ROW(n, NULL, f, "TIMESTAMP"), ORDER_ROW(n, NULL, f, "TIME"),                         \
        ORDER_ROW(n, NULL, f, "DATE"), ORDER_ROW(n, NULL, f, "BYTES")

const agg_row agg_basic[] = {
    {.name = "COUNT", .doc = "Counts the rows, or the values that are not NULL.", .params = "T val1",
     .returns = "BIGINT", .initial = zero, .add = count_add, .merge = long_merge, .undo = count_undo},
    SUM_ROW("Adds up the values.", "DECIMAL", zero, decimal),
    SUM_ROW(NULL, "DOUBLE", double_zero, double),
    SUM_ROW(NULL, "INT", zero, int),
    SUM_ROW(NULL, "BIGINT", zero, long),
    AVG_ROW("Returns the average of the values.", "DOUBLE"),
    AVG_ROW(NULL, "INT"),
    AVG_ROW(NULL, "BIGINT"),
    ORDER_ROWS("MIN", "Returns the least value.", min),
    ORDER_ROWS("MAX", "Returns the greatest value.", max),
    {0},
};
