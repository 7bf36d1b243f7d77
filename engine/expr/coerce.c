/* Coercion of constants (spec/sql-language.md 3.6) and resolution of type names (3.1). */
#include <stdlib.h>

#include "base/num.h"
#include "engine/expr/cast.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"

static const struct {
    const char *name;
    const type *type;
} builtin[] = {
    {"BOOLEAN", &type_boolean}, {"INTEGER", &type_integer}, {"INT", &type_integer},         {"BIGINT", &type_bigint},
    {"DOUBLE", &type_double},   {"STRING", &type_string},   {"VARCHAR", &type_string},      {"BYTES", &type_bytes},
    {"TIME", &type_time},       {"DATE", &type_date},       {"TIMESTAMP", &type_timestamp},
};

static const type *resolve_struct(arena *a, const ast_type *t, type_lookup custom, void *ctx, status *st)
{
    type_field *f = ARENA_ARRAY(a, type_field, t->field_count);
    for (uint32_t i = 0; i < t->field_count; i++) {
        f[i].name = t->fields[i].name;
        f[i].type = type_resolve(a, t->fields[i].type, custom, ctx, st);
        if (f[i].type == NULL)
            return NULL;
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(f[k].name, f[i].name)) {
                status_set(st, ST_SQL, "Duplicate field names found in STRUCT: '`%.*s` %.*s' and '`%.*s` %.*s'",
                           STR_FMT(f[k].name), STR_FMT(type_text(a, f[k].type)), STR_FMT(f[i].name),
                           STR_FMT(type_text(a, f[i].type)));
                return NULL;
            }
    }
    return type_struct(a, f, t->field_count);
}

const type *type_resolve(arena *a, const ast_type *t, type_lookup custom, void *ctx, status *st)
{
    switch (t->kind) {
    case AT_DECIMAL: {
        _Static_assert(DECIMAL_DIGITS_MAX == 100000, "as in the text below");
        const char *what = t->precision < 1                    ? "precision must be >= 1"
                           : t->scale < 0                      ? "scale must be >= 0"
                           : t->precision < t->scale           ? "precision must be >= scale"
                           : t->precision > DECIMAL_DIGITS_MAX ? "precision must be <= 100000"
                                                               : NULL;
        if (what) {
            status_set(st, ST_SQL, "DECIMAL %s: DECIMAL(%d,%d)", what, t->precision, t->scale);
            return NULL;
        }
        return type_decimal(a, t->precision, t->scale);
    }
    case AT_ARRAY: {
        const type *e = type_resolve(a, t->elem, custom, ctx, st);
        return e ? type_array(a, e) : NULL;
    }
    case AT_MAP: {
        const type *k = type_resolve(a, t->key, custom, ctx, st);
        const type *v = k ? type_resolve(a, t->elem, custom, ctx, st) : NULL;
        return v ? type_map(a, k, v) : NULL;
    }
    case AT_STRUCT:
        return resolve_struct(a, t, custom, ctx, st);
    case AT_NAMED:
        break;
    }
    str upper = str_upper(a, t->name);
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
        if (str_eqz(upper, builtin[i].name))
            return builtin[i].type;
    const type *found = custom ? custom(ctx, upper) : NULL;
    if (found == NULL)
        status_set(st, ST_SQL, "Cannot resolve unknown type: %.*s", STR_FMT(upper));
    return found;
}

static bool text_is_bool(str s, bool *out)
{
    static const struct {
        const char *word;
        bool        value;
    } words[] = {{"true", true}, {"yes", true}, {"false", false}, {"no", false}};
    s = str_trim(s);
    for (size_t i = 0; s.n && i < 4; i++) {
        str w = str_of(words[i].word);
        if (s.n <= w.n && str_eq_nocase(s, str_make(w.p, s.n))) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

const type *type_coercible(arena *a, const type *from, const type *to, coerce_mode mode)
{
    if (from->kind == T_NULL)
        return to;
    if (type_equal(from, to))
        return to;
    if (type_is_number(from) && type_is_number(to))
        return from->kind <= to->kind ? (to->kind == T_DECIMAL ? type_widen(a, from, to) : to) : NULL;
    if (from->kind == T_STRING && (type_is_temporal(to) || to->kind == T_BYTES))
        return to;
    if (mode == COERCE_LAX) {
        if (to->kind == T_STRING && from->kind != T_BYTES && !type_is_nested(from))
            return to;
        if (from->kind == T_STRING && (to->kind == T_BOOLEAN || type_is_number(to)))
            return to;
    }
    if (from->kind != to->kind)
        return NULL;
    if (from->kind == T_ARRAY) {
        const type *e = type_coercible(a, from->elem, to->elem, mode);
        return e ? type_array(a, e) : NULL;
    }
    if (from->kind == T_MAP) {
        const type *k = type_coercible(a, from->key, to->key, mode);
        const type *v = k ? type_coercible(a, from->elem, to->elem, mode) : NULL;
        return v ? type_map(a, k, v) : NULL;
    }
    if (from->kind == T_STRUCT) { /* the union of the fields, source first */
        type_field *f = ARENA_ARRAY(a, type_field, from->field_count + to->field_count);
        uint32_t    n = 0;
        for (uint32_t i = 0; i < from->field_count; i++) {
            int32_t k = type_field_index(to, from->fields[i].name);
            f[n] = from->fields[i];
            if (k >= 0)
                f[n].type = type_coercible(a, from->fields[i].type, to->fields[k].type, mode);
            if (f[n++].type == NULL)
                return NULL;
        }
        for (uint32_t i = 0; i < to->field_count; i++)
            if (type_field_index(from, to->fields[i].name) < 0)
                f[n++] = to->fields[i];
        return type_struct(a, f, n);
    }
    return NULL;
}

static bool coerce_decimal(arena *a, value v, int32_t scale, const type *to, value *out, status *st)
{
    value r;
    if (!decimal_rescale(a, v, scale, to->scale, ROUND_UNNECESSARY, &r) || decimal_digits(r) > to->precision) {
        /* Digits that the number needs: without trailing zeros of the fraction. */
        value   x = v, y;
        int32_t s = scale;
        while (s > 0 && decimal_rescale(a, x, s, s - 1, ROUND_UNNECESSARY, &y)) {
            x = y;
            s--;
        }
        int32_t p = decimal_digits(x);
        buf     b = BUF_INIT(EXPR_ERR_MAX);
        decimal_text_plain(&b, v, scale);
        status_set(st, ST_SQL,
                   "Cannot fit decimal '%.*s' into DECIMAL(%d, %d) without rounding. (Requires "
                   "%d,%d)",
                   (int)b.n, b.p, to->precision, to->scale, p < s ? s : p, s);
        buf_free(&b);
        return false;
    }
    *out = r;
    return true;
}

static bool coerce_containers(arena *a, const type *from, value v, const type *to, coerce_mode mode, value *out,
                              status *st)
{
    uint32_t n = to->kind == T_STRUCT ? to->field_count : to->kind == T_MAP ? 2 * v.n : v.n;
    value   *e = ARENA_ARRAY(a, value, n);
    for (uint32_t i = 0; i < n; i++) {
        bool ok = true;
        if (to->kind == T_ARRAY) {
            ok = value_coerce(a, from->elem, v.v[i], to->elem, mode, &e[i], st);
        } else if (to->kind == T_MAP) {
            ok = i % 2 == 0 ? value_coerce(a, from->key, v.v[i], to->key, mode, &e[i], st)
                            : value_coerce(a, from->elem, v.v[i], to->elem, mode, &e[i], st);
        } else {
            int32_t k = type_field_index(from, to->fields[i].name);
            if (k >= 0)
                ok = value_coerce(a, from->fields[k].type, v.v[k], to->fields[i].type, mode, &e[i], st);
        }
        if (!ok)
            return false;
    }
    for (uint32_t i = 0; to->kind == T_STRUCT && i < from->field_count; i++)
        if (type_field_index(to, from->fields[i].name) < 0)
            return status_set(st, ST_SQL, "unknown field");
    *out = value_v(e, to->kind == T_MAP ? v.n : n);
    return true;
}

bool value_coerce(arena *a, const type *from, value v, const type *to, coerce_mode mode, value *out, status *st)
{
    if (v.state != V_OK || from->kind == T_NULL) {
        *out = VALUE_NULL;
        return true;
    }
    if (to->kind == T_DECIMAL && type_is_number(from) && from->kind <= T_DECIMAL)
        return coerce_decimal(a, v, from->kind == T_DECIMAL ? from->scale : 0, to, out, st);
    if (from->kind == to->kind && type_is_nested(to))
        return coerce_containers(a, from, v, to, mode, out, st);
    if (type_equal(from, to)) {
        *out = v;
        return true;
    }
    bool allowed = (type_is_number(from) && type_is_number(to) && from->kind < to->kind) ||
                   (from->kind == T_STRING && (type_is_temporal(to) || to->kind == T_BYTES));
    if (mode == COERCE_LAX && !allowed)
        allowed = (to->kind == T_STRING && from->kind != T_BYTES && !type_is_nested(from)) ||
                  (from->kind == T_STRING && (to->kind == T_BOOLEAN || type_is_number(to)));
    if (!allowed)
        return status_set(st, ST_SQL, "cannot coerce");
    if (from->kind == T_STRING && to->kind == T_BOOLEAN) {
        bool b;
        if (!text_is_bool(value_str(v), &b))
            return status_set(st, ST_SQL, "not a boolean");
        *out = value_b(b);
        return true;
    }
    if (from->kind == T_STRING && to->kind == T_DECIMAL) {
        int32_t scale;
        value   x;
        if (!decimal_parse(a, str_trim(value_str(v)), &x, &scale))
            return status_set(st, ST_SQL, "not a number");
        return coerce_decimal(a, x, scale, to, out, st);
    }
    ectx cx = {.a = a};
    if (!value_cast(&cx, from, v, to, out))
        return status_set(st, ST_SQL, "%s", cx.err);
    return true;
}
