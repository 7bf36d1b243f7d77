/* COUNT, SUM, AVG, MIN, MAX (spec/functions.md 4). */
#include "engine/agg/agg_int.h"
#include "engine/types/decimal.h"

/* ---- COUNT */

INITIAL(zero)
{
    return value_i(0);
}

STEP(count_add)
{
    return value_i(s.i + (args[0].state == V_OK));
}

STEP(count_undo)
{
    return value_i(s.i - (args[0].state == V_OK));
}

/* ---- SUM */

INITIAL(double_zero)
{
    return value_d(0);
}

/* One set of functions for each type, so that no row looks at the type. */
#define SUM(name, type)                                                   \
    STEP(name##_add)                                                      \
    {                                                                     \
        return args[0].state == V_OK ? agg_sum(type, s, args[0], 1) : s;  \
    }                                                                     \
    STEP(name##_undo)                                                     \
    {                                                                     \
        return args[0].state == V_OK ? agg_sum(type, s, args[0], -1) : s; \
    }                                                                     \
    MERGE(name##_merge)                                                   \
    {                                                                     \
        return agg_sum(type, a, b, 1);                                    \
    }
SUM(int, &type_integer)
SUM(long, &type_bigint)
SUM(double, &type_double)

/* The exact sum or difference, of any number of digits. Only `add` looks whether it still fits the
 * argument's precision. */
static value decimal_step(const agg_call *c, ectx *cx, value a, value b, char op)
{
    int32_t scale = c->result_type->scale;
    value   out = a;
    decimal_arith(cx->a, op, a, scale, b, scale, INT32_MAX, scale, &out);
    return out;
}

STEP(decimal_add)
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
    decimal_overflow_text(&text, shown, scale, t->precision, t->scale);
    value e = ectx_fail(cx, "%.*s", (int)text.n, text.p);
    buf_free(&text);
    return e;
}

STEP(decimal_undo)
{
    return args[0].state == V_OK ? decimal_step(c, cx, s, args[0], '-') : s;
}

MERGE(decimal_merge)
{
    return decimal_step(c, cx, a, b, '+');
}

TYPE(same_as_argument)
{
    (void)a;
    return c->arg_types[0];
}

/* ---- AVG: SUM in the type of the argument, and COUNT */

TYPE(avg_state)
{
    type_field f[2] = {{STR("SUM"), c->arg_types[0]}, {STR("COUNT"), &type_bigint}};
    return type_struct(a, f, 2);
}

static value pair(ectx *cx, value sum, int64_t count)
{
    return agg_struct(cx, (value[]){sum, value_i(count)}, 2);
}

INITIAL(avg_initial)
{
    return pair(cx, agg_sum_zero(c->arg_types[0]), 0);
}

static value avg_step(const agg_call *c, ectx *cx, value s, const value *args, int sign)
{
    if (args[0].state != V_OK)
        return s;
    return pair(cx, agg_sum(c->arg_types[0], s.v[0], args[0], sign), s.v[1].i + sign);
}

STEP(avg_add)
{
    return avg_step(c, cx, s, args, 1);
}

STEP(avg_undo)
{
    return avg_step(c, cx, s, args, -1);
}

MERGE(avg_merge)
{
    return pair(cx, agg_sum(c->arg_types[0], a.v[0], b.v[0], 1), a.v[1].i + b.v[1].i);
}

RESULT(avg_result)
{
    if (s.v[1].i == 0)
        return value_d(0);
    double sum = c->arg_types[0]->kind == T_DOUBLE ? s.v[0].d : (double)s.v[0].i;
    return value_d(sum / (double)s.v[1].i);
}

/* ---- MIN, MAX */

/* Of equal values the stored one stays. */
#define ORDER(name, op)                                         \
    MERGE(name##_merge)                                         \
    {                                                           \
        if (a.state != V_OK || b.state != V_OK)                 \
            return a.state == V_OK ? a : b;                     \
        return value_compare(c->state_type, b, a) op 0 ? b : a; \
    }                                                           \
    STEP(name##_add)                                            \
    {                                                           \
        return name##_merge(c, cx, s, args[0]);                 \
    }
ORDER(min, <)
ORDER(max, >)

#define SUM_ROW(d, t, init, step)                                                                                     \
    {                                                                                                                 \
        .name = "SUM", .doc = d, .params = t " val1", .returns = t, .result_type = same_as_argument, .initial = init, \
        .add = step##_add, .merge = step##_merge, .undo = step##_undo                                                 \
    }
#define AVG_ROW(d, t)                                                                                      \
    {                                                                                                      \
        .name = "avg", .doc = d, .params = t " val1", .returns = "DOUBLE", .state_type = avg_state,        \
        .initial = avg_initial, .add = avg_add, .merge = avg_merge, .undo = avg_undo, .result = avg_result \
    }
#define ORDER_ROW(n, d, f, t)                                                                                         \
    {                                                                                                                 \
        .name = n, .doc = d, .params = t " val1", .returns = t, .result_type = same_as_argument, .initial = agg_null, \
        .add = f##_add, .merge = f##_merge                                                                            \
    }
#define ORDER_ROWS(n, d, f)                                                                                    \
    ORDER_ROW(n, d, f, "DECIMAL"), ORDER_ROW(n, NULL, f, "DOUBLE"), ORDER_ROW(n, NULL, f, "INT"),              \
        ORDER_ROW(n, NULL, f, "BIGINT"), ORDER_ROW(n, NULL, f, "VARCHAR"), ORDER_ROW(n, NULL, f, "TIMESTAMP"), \
        ORDER_ROW(n, NULL, f, "TIME"), ORDER_ROW(n, NULL, f, "DATE"), ORDER_ROW(n, NULL, f, "BYTES")

const agg_row agg_basic[] = {
    {.name = "COUNT",
     .doc = "Counts the rows, or the values that are not NULL.",
     .params = "T val1",
     .returns = "BIGINT",
     .initial = zero,
     .add = count_add,
     .merge = long_merge,
     .undo = count_undo},
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
