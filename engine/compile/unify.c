#include "engine/compile/unify.h"

#include "base/num.h"
#include "engine/types/decimal.h"
#include "parser/parser.h"

static bool is_literal(const ast_expr *e)
{
    return e->kind <= EX_STRING;
}

value expr_literal_value(arena *a, const ast_expr *e, const type **t, status *st)
{
    switch (e->kind) {
    case EX_BOOL:
        *t = &type_boolean;
        return value_b(e->ival != 0);
    case EX_INT:
        *t = &type_integer;
        return value_i(e->ival);
    case EX_BIGINT:
        *t = &type_bigint;
        return value_i(e->ival);
    case EX_DOUBLE:
        *t = &type_double;
        return value_d(e->dval);
    case EX_STRING:
        *t = &type_string;
        return value_s(e->text);
    case EX_DECIMAL: {
        value   v = VALUE_NULL;
        int32_t scale = 0;
        if (!decimal_parse(a, e->text, &v, &scale)) {
            status_set(st, ST_SQL, "Invalid numeric literal: %.*s", STR_FMT(e->text));
            *t = NULL;
            return VALUE_NULL;
        }
        int32_t digits = decimal_digits(v);
        /* |v| < 1: one digit before the point counts as well. */
        *t = type_decimal(a, digits <= scale ? scale + 1 : digits, scale);
        return v;
    }
    default:
        *t = &type_null;
        return VALUE_NULL;
    }
}

static bool invalid_input(const type *t, str text, status *st)
{
    return status_set(st, ST_SQL, "invalid input syntax for type %s: \"%.*s\".", type_base(t), STR_FMT(text));
}

/* The narrowest numeric type of a number in quotes. */
static const type *type_of_number_text(arena *a, str s)
{
    value   v;
    int32_t scale;
    int64_t i;
    s = str_trim(s);
    if (!decimal_parse(a, s, &v, &scale))
        return NULL;
    if (str_find_char(s, '.') >= 0 || str_find_char(s, 'e') >= 0 || str_find_char(s, 'E') >= 0 ||
        !num_parse_i64(s, &i) || i == INT64_MAX || i == INT64_MIN) {
        if (scale < 0)
            decimal_rescale(a, v, scale, 0, ROUND_DOWN, &v), scale = 0;
        int32_t digits = decimal_digits(v);
        return type_decimal(a, digits <= scale ? scale + 1 : digits, scale);
    }
    return i < INT32_MAX && i > INT32_MIN ? &type_integer : &type_bigint;
}

static bool text_is_exact_bool(str s)
{
    static const char *const words[] = {"true", "yes", "false", "no"};
    s = str_trim(s);
    for (int i = 0; s.n && i < 4; i++)
        if (s.n <= strlen(words[i]) && str_eq_nocase(s, str_make(words[i], s.n)))
            return true;
    return false;
}

static const type *join_types(arena *a, const type *common, const typed_expr *x, status *st);

static const type *mismatch(arena *a, const type *common, const typed_expr *x, status *st)
{
    status_set(st, ST_SQL,
               "operator does not exist: %.*s = %.*s (%.*s)\nHint: You might need to add explicit "
               "type casts.",
               STR_FMT(type_text(a, common)), STR_FMT(type_text(a, x->t)), STR_FMT(print_expr_text(a, x->e)));
    return NULL;
}

/* What is wrong with a part that is no literal is told of the whole constructor. */
static const type *part_failed(arena *a, const type *common, const typed_expr *x, const ast_expr *part, status *st)
{
    return is_literal(part) ? NULL : mismatch(a, common, x, st);
}

/* A constructor joins part by part: its literals adapt as literals do anywhere. */
static const type *join_constructor(arena *a, const type *common, const typed_expr *x, status *st)
{
    const ast_expr *e = x->e;
    const type     *elem = common->elem, *key = common->key;
    if (e->kind == EX_STRUCT) {
        type_field *f = ARENA_ARRAY(a, type_field, common->field_count + e->arg_count);
        uint32_t    n = common->field_count;
        memcpy(f, common->fields, n * sizeof *f);
        for (uint32_t i = 0; i < e->arg_count; i++) {
            int32_t    k = type_field_index(common, e->names[i]);
            typed_expr part = {e->args[i], x->t->fields[i].type};
            if (k < 0)
                f[n++] = x->t->fields[i];
            else if ((f[k].type = join_types(a, f[k].type, &part, st)) == NULL)
                return part_failed(a, common, x, e->args[i], st);
        }
        return type_struct(a, f, n);
    }
    for (uint32_t i = 0; i < e->arg_count; i++) {
        bool         is_key = e->kind == EX_MAP && i % 2 == 0;
        const type **into = is_key ? &key : &elem;
        typed_expr   part = {e->args[i], e->args[i]->kind == EX_NULL ? &type_null : is_key ? x->t->key : x->t->elem};
        *into = join_types(a, *into, &part, st);
        if (*into == NULL)
            return part_failed(a, common, x, e->args[i], st);
    }
    return e->kind == EX_MAP ? type_map(a, key, elem) : type_array(a, elem);
}

static const type *join_types(arena *a, const type *common, const typed_expr *x, status *st)
{
    if (common->kind == T_NULL)
        return x->t;
    if (x->t->kind == common->kind && x->e->kind >= EX_ARRAY && x->e->kind <= EX_STRUCT)
        return join_constructor(a, common, x, st);
    if (x->t->kind == T_NULL || type_equal(common, x->t))
        return common;
    if (x->e->kind == EX_STRING) { /* a text adapts to what the others are */
        if (type_is_number(common)) {
            const type *t = type_of_number_text(a, x->e->text);
            if (t == NULL) {
                invalid_input(common, x->e->text, st);
                return NULL;
            }
            return type_widen(a, common, t);
        }
        if (common->kind == T_BOOLEAN) {
            if (!text_is_exact_bool(x->e->text)) {
                invalid_input(common, x->e->text, st);
                return NULL;
            }
            return common;
        }
    }
    coerce_mode mode = is_literal(x->e) ? COERCE_LAX : COERCE_STRICT;
    const type *t = type_coercible(a, x->t, common, mode);
    if (t == NULL)
        t = type_coercible(a, common, x->t, COERCE_STRICT);
    return t ? t : mismatch(a, common, x, st);
}

const type *unify_types(arena *a, const typed_expr *list, uint32_t n, status *st)
{
    const type *common = &type_null;
    for (uint32_t i = 0; i < n; i++) {
        common = join_types(a, common, &list[i], st);
        if (common == NULL)
            return NULL;
    }
    return common;
}
