/* CAST: one function for each pair of types that may be cast, in a table (spec/sql-language.md 3.5). */
#include "engine/expr/cast.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/num.h"
#include "engine/expr/text_build.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"

#define CAST_ARGS ectx *cx, const type *from, value v, const type *to, value *out
#define UNUSED_TYPES \
    (void)from;      \
    (void)to

static bool fail(ectx *cx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(ectx *cx, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(cx->err, sizeof cx->err, fmt, ap);
    va_end(ap);
    return false;
}

static bool same(CAST_ARGS)
{
    UNUSED_TYPES;
    (void)cx;
    *out = v;
    return true;
}

static bool long_to_int(CAST_ARGS)
{
    UNUSED_TYPES;
    (void)cx;
    *out = value_i((int32_t)(uint32_t)(uint64_t)v.i);
    return true;
}

static bool int_to_double(CAST_ARGS)
{
    UNUSED_TYPES;
    (void)cx;
    *out = value_d((double)v.i);
    return true;
}

static bool overflow(ectx *cx, buf *err)
{
    fail(cx, "%.*s", (int)err->n, err->p);
    buf_free(err);
    return false;
}

static bool to_decimal(ectx *cx, value v, int32_t scale, const type *to, value *out)
{
    buf err = BUF_INIT(EXPR_ERR_MAX);
    if (!decimal_cast(cx->a, v, scale, to->precision, to->scale, out, &err))
        return overflow(cx, &err);
    return true;
}

static bool number_to_decimal(CAST_ARGS)
{
    return to_decimal(cx, v, from->kind == T_DECIMAL ? from->scale : 0, to, out);
}

static bool double_to_decimal(CAST_ARGS)
{
    (void)from;
    if (isnan(v.d) || isinf(v.d))
        return fail(cx, "Infinite or NaN");
    int32_t scale;
    value   x = decimal_from_double_exact(cx->a, v.d, &scale);
    x = decimal_round_digits(cx->a, x, &scale, to->precision);
    return to_decimal(cx, x, scale, to, out);
}

static bool decimal_to_int(CAST_ARGS)
{
    (void)cx;
    int64_t i = decimal_to_i64(v, from->scale);
    *out = value_i(to->kind == T_INTEGER ? (int32_t)(uint32_t)(uint64_t)i : i);
    return true;
}

static bool decimal_to_dbl(CAST_ARGS)
{
    (void)to;
    (void)cx;
    *out = value_d(decimal_to_double(v, from->scale));
    return true;
}

static bool double_to_int(CAST_ARGS)
{
    (void)from;
    (void)cx;
    if (isnan(v.d))
        *out = value_i(0);
    else if (to->kind == T_INTEGER)
        *out = value_i(v.d >= 2147483647.0 ? INT32_MAX : v.d <= -2147483648.0 ? INT32_MIN : (int32_t)v.d);
    else
        *out = value_i(v.d >= 9223372036854775807.0    ? INT64_MAX
                       : v.d <= -9223372036854775808.0 ? INT64_MIN
                                                       : (int64_t)v.d);
    return true;
}

static bool to_text(CAST_ARGS)
{
    (void)to;
    value_text(text_scratch(), from, v);
    *out = text_scratch_value(cx);
    return out->state == V_OK;
}

static bool int_to_text(CAST_ARGS)
{
    UNUSED_TYPES;
    char *p = arena_bytes(cx->a, 24);
    int   n = snprintf(p, 24, "%ld", v.i);
    *out = value_s(str_make(p, (size_t)n));
    return true;
}

/* True iff the text is a non-empty prefix of "true" or "yes", any case. */
static bool text_to_bool(CAST_ARGS)
{
    UNUSED_TYPES;
    (void)cx;
    str s = str_trim(value_str(v));
    str t = STR("true"), y = STR("yes");
    t.n = s.n < t.n ? s.n : t.n;
    y.n = s.n < y.n ? s.n : y.n;
    *out = value_b(s.n > 0 && (str_eq_nocase(s, t) || str_eq_nocase(s, y)));
    return true;
}

static bool text_to_int(CAST_ARGS)
{
    (void)from;
    str     s = str_trim(value_str(v));
    int64_t i;
    if (!num_parse_i64(s, &i) || (to->kind == T_INTEGER && (i < INT32_MIN || i > INT32_MAX)))
        return fail(cx, "For input string: \"%.*s\"", STR_FMT(s));
    *out = value_i(i);
    return true;
}

static bool text_to_double(CAST_ARGS)
{
    UNUSED_TYPES;
    str    s = value_str(v);
    double d;
    if (!double_parse(s, &d))
        return fail(cx, "For input string: \"%.*s\"", STR_FMT(s));
    if (isnan(d) || isinf(d))
        return fail(cx, "Invalid double value: %.*s", STR_FMT(s));
    *out = value_d(d);
    return true;
}

static bool text_to_decimal(CAST_ARGS)
{
    (void)from;
    value   x;
    int32_t scale;
    str     s = str_trim(value_str(v));
    if (!decimal_parse(cx->a, s, &x, &scale))
        return fail(cx, "For input string: \"%.*s\"", STR_FMT(s));
    return to_decimal(cx, x, scale, to, out);
}

static bool text_to_bytes(CAST_ARGS)
{
    UNUSED_TYPES;
    str b;
    if (!base64_decode(cx->a, str_trim(value_str(v)), &b))
        return fail(cx, "Value is not a valid Base64 encoded string: %.*s", STR_FMT(value_str(v)));
    *out = value_s(b);
    return true;
}

static bool text_to_time(CAST_ARGS)
{
    UNUSED_TYPES;
    str     s = value_str(v);
    int64_t ms;
    if (!time_parse(s, &ms))
        return fail(cx,
                    "Failed to parse time '%.*s': " TIME_UNREADABLE "\nRequired format is: \"HH:mm:ss.SSS\", for "
                    "example: '01:34:20.123' or '01:34:20'. Partials are also supported, for "
                    "example '01:34'",
                    STR_FMT(s));
    *out = value_i(ms);
    return true;
}

static bool text_to_date(CAST_ARGS)
{
    UNUSED_TYPES;
    str     s = value_str(v);
    int64_t days;
    if (!date_parse(s, &days))
        return fail(cx,
                    "Failed to parse date '%.*s': " TIME_UNREADABLE "\nRequired format is: \"yyyy-MM-dd\", for "
                    "example '2020-05-26'. Partials are also supported, for example '2020-05'",
                    STR_FMT(s));
    *out = value_i(days);
    return true;
}

static bool text_to_timestamp(CAST_ARGS)
{
    UNUSED_TYPES;
    str     s = value_str(v);
    char    why[TIMESTAMP_WHY_MAX];
    int64_t ms;
    if (!timestamp_parse(s, &ms, why))
        return fail(cx,
                    "Failed to parse timestamp '%.*s': %s\nRequired format is: "
                    "\"yyyy-MM-dd'T'HH:mm:ss.SSS\", with an optional numeric 4-digit timezone, for "
                    "example: '2020-05-26T23:59:58.000' or with tz: '2020-05-26T23:59:58.000+0200'. "
                    "A trailing 'Z' instead of tz indicates the zero UTC offset. Partials are also "
                    "supported, for example \"2020-05-26\"",
                    STR_FMT(s), why);
    *out = value_i(ms);
    return true;
}

static bool date_to_timestamp(CAST_ARGS)
{
    UNUSED_TYPES;
    (void)cx;
    *out = value_i(days_to_ms(v.i));
    return true;
}

static bool timestamp_to_date(CAST_ARGS)
{
    UNUSED_TYPES;
    (void)cx;
    *out = value_i(floor_div(v.i, MS_PER_DAY));
    return true;
}

static bool timestamp_to_time(CAST_ARGS)
{
    UNUSED_TYPES;
    (void)cx;
    *out = value_i(floor_mod(v.i, MS_PER_DAY));
    return true;
}

/* A part that cannot be cast becomes NULL, and the failure is logged; or it fails the whole cast. */
static bool cast_part(ectx *cx, const type *from, value v, const type *to, const char *what, value *out)
{
    if (value_cast(cx, from, v, to, out))
        return true;
    if (cx->cast_whole)
        return false;
    if (cx->on_nested_error)
        cx->on_nested_error(cx->on_ctx, what, cx->err);
    *out = VALUE_NULL;
    return true;
}

static bool array_to_array(CAST_ARGS)
{
    value *e = arena_alloc(cx->a, v.n * sizeof *e);
    for (uint32_t i = 0; i < v.n; i++)
        if (!cast_part(cx, from->elem, v.v[i], to->elem, "array item", &e[i]))
            return false;
    *out = value_v(e, v.n);
    return true;
}

static bool map_to_map(CAST_ARGS)
{
    value *e = arena_alloc(cx->a, 2 * (size_t)v.n * sizeof *e);
    for (uint32_t i = 0; i < v.n; i++)
        if (!cast_part(cx, from->key, v.v[2 * i], to->key, "map key", &e[2 * i]) ||
            !cast_part(cx, from->elem, v.v[2 * i + 1], to->elem, "map value", &e[2 * i + 1]))
            return false;
    *out = value_v(e, v.n);
    return true;
}

static bool struct_to_struct(CAST_ARGS)
{
    value *e = arena_alloc(cx->a, to->field_count * sizeof *e);
    for (uint32_t i = 0; i < to->field_count; i++) {
        int32_t k = type_field_index(from, to->fields[i].name);
        e[i] = VALUE_NULL;
        if (k >= 0 && !cast_part(cx, from->fields[k].type, v.v[k], to->fields[i].type, "struct field", &e[i]))
            return false;
    }
    *out = value_v(e, to->field_count);
    return true;
}

static const cast_fn casts[T_KIND_COUNT][T_KIND_COUNT] = {
    [T_BOOLEAN] = {[T_BOOLEAN] = same, [T_STRING] = to_text},
    [T_INTEGER] = {[T_INTEGER] = same,
                   [T_BIGINT] = same,
                   [T_DECIMAL] = number_to_decimal,
                   [T_DOUBLE] = int_to_double,
                   [T_STRING] = int_to_text},
    [T_BIGINT] = {[T_INTEGER] = long_to_int,
                  [T_BIGINT] = same,
                  [T_DECIMAL] = number_to_decimal,
                  [T_DOUBLE] = int_to_double,
                  [T_STRING] = int_to_text},
    [T_DECIMAL] = {[T_INTEGER] = decimal_to_int,
                   [T_BIGINT] = decimal_to_int,
                   [T_DECIMAL] = number_to_decimal,
                   [T_DOUBLE] = decimal_to_dbl,
                   [T_STRING] = to_text},
    [T_DOUBLE] = {[T_INTEGER] = double_to_int,
                  [T_BIGINT] = double_to_int,
                  [T_DECIMAL] = double_to_decimal,
                  [T_DOUBLE] = same,
                  [T_STRING] = to_text},
    [T_STRING] = {[T_BOOLEAN] = text_to_bool,
                  [T_INTEGER] = text_to_int,
                  [T_BIGINT] = text_to_int,
                  [T_DECIMAL] = text_to_decimal,
                  [T_DOUBLE] = text_to_double,
                  [T_STRING] = same,
                  [T_BYTES] = text_to_bytes,
                  [T_TIME] = text_to_time,
                  [T_DATE] = text_to_date,
                  [T_TIMESTAMP] = text_to_timestamp},
    [T_BYTES] = {[T_BYTES] = same},
    [T_TIME] = {[T_STRING] = to_text, [T_TIME] = same},
    [T_DATE] = {[T_STRING] = to_text, [T_DATE] = same, [T_TIMESTAMP] = date_to_timestamp},
    [T_TIMESTAMP] =
        {[T_STRING] = to_text, [T_TIME] = timestamp_to_time, [T_DATE] = timestamp_to_date, [T_TIMESTAMP] = same},
    [T_ARRAY] = {[T_STRING] = to_text, [T_ARRAY] = array_to_array},
    [T_MAP] = {[T_STRING] = to_text, [T_MAP] = map_to_map},
    [T_STRUCT] = {[T_STRING] = to_text, [T_STRUCT] = struct_to_struct},
};

cast_fn cast_find(const type *from, const type *to)
{
    if (from->kind == T_DECIMAL && to->kind == T_DECIMAL && type_equal(from, to))
        return same;
    cast_fn f = casts[from->kind][to->kind];
    if (f == array_to_array && cast_find(from->elem, to->elem) == NULL)
        return NULL;
    if (f == map_to_map && (cast_find(from->key, to->key) == NULL || cast_find(from->elem, to->elem) == NULL))
        return NULL;
    for (uint32_t i = 0; f == struct_to_struct && i < to->field_count; i++) {
        int32_t k = type_field_index(from, to->fields[i].name);
        if (k >= 0 && cast_find(from->fields[k].type, to->fields[i].type) == NULL)
            return NULL;
    }
    return f;
}

bool value_cast(ectx *cx, const type *from, value v, const type *to, value *out)
{
    if (v.state != V_OK) {
        *out = VALUE_NULL;
        return true;
    }
    cast_fn f = cast_find(from, to);
    if (f == NULL)
        return fail(cx, "Cast of %s to %s is not supported", type_base(from), type_base(to));
    return f(cx, from, v, to, out);
}
