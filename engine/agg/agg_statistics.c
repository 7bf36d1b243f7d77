/* CORRELATION, STDDEV_SAMP, STDDEV_SAMPLE (spec/functions.md 4.3). */
#include <math.h>

#include "engine/agg/agg_int.h"

/* ---- CORRELATION: sums of x, y, x*x, y*y, x*y, and a count */

enum { X, Y, XX, YY, XY, N, SUMS };

TYPE(sums_type)
{
    (void)c;
    type_field f[SUMS] = {{STR("X_SUM"), &type_double},         {STR("Y_SUM"), &type_double},
                          {STR("X_SQUARED_SUM"), &type_double}, {STR("Y_SQUARED_SUM"), &type_double},
                          {STR("XY_SUM"), &type_double},        {STR("COUNT"), &type_bigint}};
    return type_struct(a, f, SUMS);
}

INITIAL(sums_initial)
{
    value v[SUMS];
    for (int i = 0; i < N; i++)
        v[i] = value_d(0);
    v[N] = value_i(0);
    return agg_struct(cx, v, SUMS);
}

static double number(const type *t, value v)
{
    return t->kind == T_DOUBLE ? v.d : (double)v.i;
}

static value sums_step(const agg_call *c, ectx *cx, value s, const value *args, int sign)
{
    if (args[0].state != V_OK || args[1].state != V_OK)
        return s;
    double x = number(c->arg_types[0], args[0]), y = number(c->arg_types[1], args[1]);
    value  v[SUMS] = {value_d(s.v[X].d + sign * x),      value_d(s.v[Y].d + sign * y),
                      value_d(s.v[XX].d + sign * x * x), value_d(s.v[YY].d + sign * y * y),
                      value_d(s.v[XY].d + sign * x * y), value_i(s.v[N].i + sign)};
    return agg_struct(cx, v, SUMS);
}

STEP(correlation_add)
{
    return sums_step(c, cx, s, args, 1);
}

STEP(correlation_undo)
{
    return sums_step(c, cx, s, args, -1);
}

MERGE(correlation_merge)
{
    value v[SUMS];
    for (int i = 0; i < N; i++)
        v[i] = value_d(a.v[i].d + b.v[i].d);
    v[N] = value_i(a.v[N].i + b.v[N].i);
    return agg_struct(cx, v, SUMS);
}

RESULT(correlation_result)
{
    double n = (double)s.v[N].i, x = s.v[X].d, y = s.v[Y].d;
    return value_d((n * s.v[XY].d - x * y) / sqrt((n * s.v[XX].d - x * x) * (n * s.v[YY].d - y * y)));
}

/* ---- STDDEV: Youngs and Cramer's update of the sum of squared deviations */

enum { SUM, COUNT, M2, MOMENTS };

TYPE(moments_type)
{
    type_field f[MOMENTS] = {{STR("SUM"), c->arg_types[0]}, {STR("COUNT"), &type_bigint}, {STR("M2"), &type_double}};
    return type_struct(a, f, MOMENTS);
}

INITIAL(moments_initial)
{
    value v[MOMENTS] = {agg_sum_zero(c->arg_types[0]), value_i(0), value_d(0)};
    return agg_struct(cx, v, MOMENTS);
}

STEP(stddev_add)
{
    if (args[0].state != V_OK)
        return s;
    const type *t = c->arg_types[0];
    double      n = (double)s.v[COUNT].i + 1;
    value       total = agg_sum(t, s.v[SUM], args[0], 1);
    double      delta = number(t, args[0]) * n - number(t, total);
    double      m2 = s.v[M2].d + (n > 1 ? delta * delta / (n * (n - 1)) : 0);
    return agg_struct(cx, (value[]){total, value_i(s.v[COUNT].i + 1), value_d(m2)}, MOMENTS);
}

STEP(stddev_undo)
{
    if (args[0].state != V_OK)
        return s;
    const type *t = c->arg_types[0];
    double      n = (double)s.v[COUNT].i - 1, x = number(t, args[0]);
    double      delta = x * (n + 1) - number(t, s.v[SUM]);
    double      m2 = s.v[M2].d - (n > 0 ? delta * delta / (n * (n + 1)) : 0);
    return agg_struct(
        cx, (value[]){agg_sum(c->arg_types[0], s.v[SUM], args[0], -1), value_i(s.v[COUNT].i - 1), value_d(m2)},
        MOMENTS);
}

static value stddev_merged(const agg_call *c, ectx *cx, value a, value b, bool whole_means)
{
    const type *t = c->arg_types[0];
    double      n = (double)a.v[COUNT].i, m = (double)b.v[COUNT].i, m2 = a.v[M2].d + b.v[M2].d;
    if (n > 0 && m > 0) {
        double d = number(t, a.v[SUM]) / n - number(t, b.v[SUM]) / m;
        if (whole_means && t->kind != T_DOUBLE) {
            int64_t mean_a = a.v[SUM].i / a.v[COUNT].i, mean_b = b.v[SUM].i / b.v[COUNT].i;
            d = (double)(mean_a - mean_b);
        }
        m2 += n * m * d * d / (n + m);
    }
    value v[MOMENTS] = {agg_sum(c->arg_types[0], a.v[SUM], b.v[SUM], 1), value_i(a.v[COUNT].i + b.v[COUNT].i),
                        value_d(m2)};
    return agg_struct(cx, v, MOMENTS);
}

/* STDDEV_SAMP divides integers as integers here, STDDEV_SAMPLE does not. */
MERGE(samp_merge)
{
    return stddev_merged(c, cx, a, b, true);
}

MERGE(sample_merge)
{
    return stddev_merged(c, cx, a, b, false);
}

/* The sample variance, in spite of its name. */
RESULT(samp_result)
{
    return value_d(s.v[COUNT].i < 2 ? 0 : s.v[M2].d / (double)(s.v[COUNT].i - 1));
}

RESULT(sample_result)
{
    return value_d(sqrt(samp_result(c, cx, s).d));
}

#define CORRELATION_ROW(d, t)                                                                                 \
    {                                                                                                         \
        .name = "correlation", .doc = d, .params = t " val1, " t " val2", .returns = "DOUBLE",                \
        .state_type = sums_type, .initial = sums_initial, .add = correlation_add, .merge = correlation_merge, \
        .undo = correlation_undo, .result = correlation_result                                                \
    }
#define STDDEV_ROW(n, d, t, f)                                                                                       \
    {                                                                                                                \
        .name = n, .doc = d, .params = t " val1", .returns = "DOUBLE", .state_type = moments_type,                   \
        .initial = moments_initial, .add = stddev_add, .merge = f##_merge, .undo = stddev_undo, .result = f##_result \
    }

const agg_row agg_statistics[] = {
    CORRELATION_ROW("Returns Pearson's correlation coefficient of two columns.", "DOUBLE"),
    CORRELATION_ROW(NULL, "INT"),
    CORRELATION_ROW(NULL, "BIGINT"),
    STDDEV_ROW("STDDEV_SAMP", "Returns the sample variance of the values.", "DOUBLE", samp),
    STDDEV_ROW("STDDEV_SAMP", NULL, "INT", samp),
    STDDEV_ROW("STDDEV_SAMP", NULL, "BIGINT", samp),
    STDDEV_ROW("STDDEV_SAMPLE", "Returns the sample standard deviation of the values.", "DOUBLE", sample),
    STDDEV_ROW("STDDEV_SAMPLE", NULL, "INT", sample),
    STDDEV_ROW("STDDEV_SAMPLE", NULL, "BIGINT", sample),
    {0},
};
