/* MATHEMATICAL functions (spec/functions.md 3.1). */
#include <math.h>
#include <sys/random.h>

#include "engine/func/func_int.h"
#include "engine/types/decimal.h"

/* ---- one number in, a DOUBLE out */

#define UNARY(name, e)                                \
    static double name##_of(double x)                 \
    {                                                 \
        return e;                                     \
    }                                                 \
    FN(name##_double)                                 \
    {                                                 \
        return value_d(name##_of(args[0].d));         \
    }                                                 \
    FN(name##_int)                                    \
    {                                                 \
        return value_d(name##_of((double)args[0].i)); \
    }
UNARY(fn_acos, acos(x))
UNARY(fn_asin, asin(x))
UNARY(fn_atan, atan(x))
UNARY(fn_cbrt, (double)cbrtl(x)) /* cbrt is an ulp off: -27 must give -3 */
UNARY(fn_cos, cos(x))
UNARY(fn_cosh, cosh(x))
UNARY(fn_cot, 1.0 / tan(x))
UNARY(fn_degrees, x * 57.29577951308232)
UNARY(fn_exp, exp(x))
UNARY(fn_log, log(x))
UNARY(fn_radians, x * 0.017453292519943295)
UNARY(fn_sin, sin(x))
UNARY(fn_sinh, sinh(x))
UNARY(fn_sqrt, sqrt(x))
UNARY(fn_tan, tan(x))
UNARY(fn_tanh, tanh(x))

/* ---- two numbers in, a DOUBLE out */

static double log_base(double base, double x)
{
    return base <= 0 || base == 1 ? NAN : log(x) / log(base);
}

/* C's pow gives 1 where Java's gives NaN. */
static double power_of(double x, double y)
{
    if ((isnan(y) && x == 1) || (isinf(y) && fabs(x) == 1))
        return NAN;
    return pow(x, y);
}

#define BINARY(name, fun)                                          \
    FN(name##_double)                                              \
    {                                                              \
        return value_d(fun(args[0].d, args[1].d));                 \
    }                                                              \
    FN(name##_int)                                                 \
    {                                                              \
        return value_d(fun((double)args[0].i, (double)args[1].i)); \
    }
BINARY(fn_atan2, atan2)
BINARY(fn_log2, log_base)
BINARY(fn_power, power_of)

/* ---- ABS, CEIL, FLOOR, SIGN */

RETURNS(same)
{
    return f->arg_types[0];
}

FN(abs_int)
{
    return value_i(args[0].i < 0 ? (int32_t)(0 - (uint32_t)args[0].i) : args[0].i);
}

FN(abs_long)
{
    return value_i(args[0].i < 0 ? (int64_t)(0 - (uint64_t)args[0].i) : args[0].i);
}

FN(abs_double)
{
    return value_d(fabs(args[0].d));
}

FN(abs_decimal)
{
    return decimal_abs(cx->a, args[0]);
}

FN(identity)
{
    return args[0];
}

FN(ceil_double)
{
    return value_d(ceil(args[0].d));
}

FN(floor_double)
{
    return value_d(floor(args[0].d));
}

/* To `places` digits behind the point, then back to the scale of the type. */
static value set_places(ectx *cx, value x, int32_t scale, int64_t places, decimal_round how)
{
    if (places >= scale)
        return x;
    int32_t digits = decimal_digits(x);
    int32_t to = places < (int64_t)scale - digits - 1 ? scale - digits - 1 : (int32_t)places;
    value   out;
    decimal_rescale(cx->a, x, scale, to, how, &out);
    decimal_rescale(cx->a, out, to, scale, ROUND_DOWN, &out);
    return out;
}

FN(ceil_decimal)
{
    return set_places(cx, args[0], f->arg_types[0]->scale, 0, ROUND_CEILING);
}

FN(floor_decimal)
{
    return set_places(cx, args[0], f->arg_types[0]->scale, 0, ROUND_FLOOR);
}

FN(sign_int)
{
    return value_i((args[0].i > 0) - (args[0].i < 0));
}

FN(sign_double)
{
    return value_i((args[0].d > 0) - (args[0].d < 0));
}

/* ---- ROUND, TRUNC */

RETURNS(without_fraction)
{
    int32_t p = f->arg_types[0]->precision - f->arg_types[0]->scale;
    if (p < 1) {
        status_set(st, ST_SQL, "DECIMAL precision must be >= 1: DECIMAL(%d,0)", p);
        return NULL;
    }
    return type_decimal(a, p, 0);
}

static value saturate(double d)
{
    if (isnan(d))
        return value_i(0);
    return value_i(d >= 9223372036854775807.0 ? INT64_MAX : d <= -9223372036854775808.0 ? INT64_MIN : (int64_t)d);
}

FN(round_double)
{
    double d = args[0].d, low = floor(d); /* d - low is exact */
    return saturate(d - low >= 0.5 ? low + 1 : low);
}

FN(trunc_double)
{
    return saturate(trunc(args[0].d));
}

/* Through the double's shortest decimal text, so that 1.005 counts as exactly that. */
static value places_double(ectx *cx, const value *args, decimal_round how)
{
    if (!isfinite(args[0].d))
        return ectx_fail(cx, "Infinite or NaN");
    int32_t scale;
    value   x = decimal_from_double(cx->a, args[0].d, &scale);
    if (args[1].i >= scale)
        return args[0];
    return value_d(decimal_to_double(set_places(cx, x, scale, args[1].i, how), scale));
}

FN(round_double_places)
{
    return places_double(cx, args, ROUND_HALF_CEILING);
}

FN(trunc_double_places)
{
    return places_double(cx, args, ROUND_DOWN);
}

FN(round_decimal)
{
    value out;
    decimal_rescale(cx->a, args[0], f->arg_types[0]->scale, 0, ROUND_HALF_CEILING, &out);
    return out;
}

FN(trunc_decimal)
{
    value out;
    decimal_rescale(cx->a, args[0], f->arg_types[0]->scale, 0, ROUND_DOWN, &out);
    return out;
}

FN(round_decimal_places)
{
    return set_places(cx, args[0], f->arg_types[0]->scale, args[1].i, ROUND_HALF_CEILING);
}

FN(trunc_decimal_places)
{
    return set_places(cx, args[0], f->arg_types[0]->scale, args[1].i, ROUND_DOWN);
}

/* ---- PI, RANDOM */

FN(pi)
{
    return value_d(3.141592653589793);
}

/* xorshift64*, a state for each thread. */
FN(random_double)
{
    static _Thread_local uint64_t s;
    while (s == 0)
        if (getrandom(&s, sizeof s, 0) != (ssize_t)sizeof s)
            return ectx_fail(cx, "no random numbers from the system");
    s ^= s >> 12;
    s ^= s << 25;
    s ^= s >> 27;
    return value_d((double)((s * 2685821657736338717ull) >> 11) * 0x1p-53);
}

/* ---- GREATEST, LEAST */

RETURNS(widest)
{
    int32_t whole = 0, scale = 0;
    for (uint32_t i = 0; i < f->arg_count; i++) {
        if (f->arg_types[i]->kind != T_DECIMAL)
            continue;
        int32_t w = f->arg_types[i]->precision - f->arg_types[i]->scale;
        whole = w > whole ? w : whole;
        scale = f->arg_types[i]->scale > scale ? f->arg_types[i]->scale : scale;
    }
    return type_decimal(a, whole + scale, scale);
}

static value extreme(const func_call *f, const value *args, int sign)
{
    value best = args[0];
    for (uint32_t i = 1; i < f->arg_count; i++)
        if (args[i].state == V_OK && (best.state != V_OK || sign * value_compare(f->type, args[i], best) > 0))
            best = args[i];
    return best;
}

/* The arguments have scales of their own. */
static value extreme_decimal(const func_call *f, ectx *cx, const value *args, int sign)
{
    value   best = VALUE_NULL;
    int32_t scale = 0;
    for (uint32_t i = 0; i < f->arg_count; i++) {
        int32_t s = f->arg_types[i]->scale;
        if (args[i].state == V_OK && (best.state != V_OK || sign * decimal_compare(args[i], s, best, scale) > 0)) {
            best = args[i];
            scale = s;
        }
    }
    if (best.state == V_OK)
        decimal_rescale(cx->a, best, scale, f->type->scale, ROUND_DOWN, &best);
    return best;
}

FN(greatest)
{
    return extreme(f, args, 1);
}

FN(least)
{
    return extreme(f, args, -1);
}

FN(greatest_decimal)
{
    return extreme_decimal(f, cx, args, 1);
}

FN(least_decimal)
{
    return extreme_decimal(f, cx, args, -1);
}

/* ---- the table */

#define R(n, d, p, r, fun, ...)                                                                              \
    {                                                                                                        \
        .name = n, .category = "MATHEMATICAL", .doc = d, .params = p, .returns = r, .fn = fun, ##__VA_ARGS__ \
    }
#define U_NAMED(n, d, fun, arg)                                                                  \
    R(n, d, "DOUBLE " arg, "DOUBLE", fun##_double), R(n, NULL, "INT " arg, "DOUBLE", fun##_int), \
        R(n, NULL, "BIGINT " arg, "DOUBLE", fun##_int)
#define U(n, d, fun) U_NAMED(n, d, fun, "value")
#define B(n, d, fun, x, y)                                                                                         \
    R(n, d, "INT " x ", INT " y, "DOUBLE", fun##_int), R(n, NULL, "BIGINT " x ", BIGINT " y, "DOUBLE", fun##_int), \
        R(n, NULL, "DOUBLE " x ", DOUBLE " y, "DOUBLE", fun##_double)
#define V(n, d, t, fun) R(n, d, t " val, " t "... vals", t, fun, .flags = FN_NULLS)
#define EXTREME(n, d)                                                                                         \
    V(#n, d, "INT", n), V(#n, NULL, "BIGINT", n), V(#n, NULL, "DOUBLE", n), V(#n, NULL, "VARCHAR", n),        \
        V(#n, NULL, "BYTES", n), V(#n, NULL, "DATE", n), V(#n, NULL, "TIME", n), V(#n, NULL, "TIMESTAMP", n), \
        R(#n, NULL, "DECIMAL val, DECIMAL... vals", "DECIMAL", n##_decimal, .computed = widest, .flags = FN_NULLS)

const func_row func_math[] = {
    R("Abs", "Returns the absolute value.", "DECIMAL val", "DECIMAL", abs_decimal, .computed = same),
    R("Abs", NULL, "DOUBLE val", "DOUBLE", abs_double),
    R("Abs", NULL, "INT val", "INT", abs_int),
    R("Abs", NULL, "BIGINT val", "BIGINT", abs_long),
    U("acos", "Returns the arc cosine in radians.", fn_acos),
    U("asin", "Returns the arc sine in radians.", fn_asin),
    U("atan", "Returns the arc tangent in radians.", fn_atan),
    B("atan2", "Returns the angle of the point (x, y) in radians.", fn_atan2, "y", "x"),
    U("cbrt", "Returns the cube root.", fn_cbrt),
    R("Ceil", "Rounds up to a whole number.", "DECIMAL val", "DECIMAL", ceil_decimal, .computed = same),
    R("Ceil", NULL, "DOUBLE val", "DOUBLE", ceil_double),
    R("Ceil", NULL, "INT val", "INT", identity),
    R("Ceil", NULL, "BIGINT val", "BIGINT", identity),
    U("cos", "Returns the cosine of an angle in radians.", fn_cos),
    U("cosh", "Returns the hyperbolic cosine.", fn_cosh),
    U("cot", "Returns the cotangent of an angle in radians.", fn_cot),
    U("degrees", "Converts radians to degrees.", fn_degrees),
    U_NAMED("exp", "Returns e raised to a power.", fn_exp, "exponent"),
    R("Floor", "Rounds down to a whole number.", "DECIMAL val", "DECIMAL", floor_decimal, .computed = same),
    R("Floor", NULL, "DOUBLE val", "DOUBLE", floor_double),
    R("Floor", NULL, "INT val", "INT", identity),
    R("Floor", NULL, "BIGINT val", "BIGINT", identity),
    EXTREME(greatest, "Returns the greatest of the arguments; NULLs are ignored."),
    EXTREME(least, "Returns the least of the arguments; NULLs are ignored."),
    U("ln", "Returns the natural logarithm.", fn_log),
    B("log", "Returns the logarithm to a base; with one argument the natural logarithm.", fn_log2, "base", "value"),
    U("log", NULL, fn_log),
    R("pi", "Returns the number pi.", "", "DOUBLE", pi),
    B("power", "Raises a number to a power.", fn_power, "base", "exponent"),
    U("radians", "Converts degrees to radians.", fn_radians),
    R("random", "Returns a random number from 0 up to but not 1.", "", "DOUBLE", random_double,
      .flags = FN_VOLATILE | FN_NO_AUTHOR),
    R("Round", "Rounds to a number of decimal places; ties go up.", "DECIMAL val", "DECIMAL", round_decimal,
      .computed = without_fraction),
    R("Round", NULL, "DOUBLE val", "BIGINT", round_double),
    R("Round", NULL, "DOUBLE val, INT decimalPlaces", "DOUBLE", round_double_places),
    R("Round", NULL, "INT val", "BIGINT", identity),
    R("Round", NULL, "DECIMAL val, INT decimalPlaces", "DECIMAL", round_decimal_places, .computed = same),
    R("Round", NULL, "BIGINT val", "BIGINT", identity),
    R("sign", "Returns -1, 0 or 1.", "DOUBLE value", "INT", sign_double),
    R("sign", NULL, "INT value", "INT", sign_int),
    R("sign", NULL, "BIGINT value", "INT", sign_int),
    U("sin", "Returns the sine of an angle in radians.", fn_sin),
    U("sinh", "Returns the hyperbolic sine.", fn_sinh),
    U("sqrt", "Returns the square root.", fn_sqrt),
    U("tan", "Returns the tangent of an angle in radians.", fn_tan),
    U("tanh", "Returns the hyperbolic tangent.", fn_tanh),
    R("trunc", "Cuts to a number of decimal places.", "DECIMAL val", "DECIMAL", trunc_decimal,
      .computed = without_fraction),
    R("trunc", NULL, "DOUBLE val", "BIGINT", trunc_double),
    R("trunc", NULL, "DOUBLE val, INT decimalPlaces", "DOUBLE", trunc_double_places),
    R("trunc", NULL, "INT val", "BIGINT", identity),
    R("trunc", NULL, "DECIMAL val, INT decimalPlaces", "DECIMAL", trunc_decimal_places, .computed = same),
    R("trunc", NULL, "BIGINT val", "BIGINT", identity),
    {0},
};
