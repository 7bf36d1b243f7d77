#include "engine/types/type.h"

#define SIMPLE(name, k) const type name = {.kind = (k)}
SIMPLE(type_null, T_NULL);
SIMPLE(type_boolean, T_BOOLEAN);
SIMPLE(type_integer, T_INTEGER);
SIMPLE(type_bigint, T_BIGINT);
SIMPLE(type_double, T_DOUBLE);
SIMPLE(type_string, T_STRING);
SIMPLE(type_bytes, T_BYTES);
SIMPLE(type_time, T_TIME);
SIMPLE(type_date, T_DATE);
SIMPLE(type_timestamp, T_TIMESTAMP);

static const char *const base_names[T_KIND_COUNT] = {
    [T_NULL] = "null",       [T_BOOLEAN] = "BOOLEAN", [T_INTEGER] = "INTEGER",     [T_BIGINT] = "BIGINT",
    [T_DECIMAL] = "DECIMAL", [T_DOUBLE] = "DOUBLE",   [T_STRING] = "STRING",       [T_BYTES] = "BYTES",
    [T_TIME] = "TIME",       [T_DATE] = "DATE",       [T_TIMESTAMP] = "TIMESTAMP", [T_ARRAY] = "ARRAY",
    [T_MAP] = "MAP",         [T_STRUCT] = "STRUCT",   [T_LAMBDA] = "LAMBDA",
};

const type *type_decimal(arena *a, int32_t precision, int32_t scale)
{
    type *t = ARENA_NEW(a, type);
    t->kind = T_DECIMAL;
    t->precision = precision;
    t->scale = scale;
    return t;
}

const type *type_array(arena *a, const type *elem)
{
    type *t = ARENA_NEW(a, type);
    t->kind = T_ARRAY;
    t->elem = elem;
    return t;
}

const type *type_map(arena *a, const type *key, const type *value)
{
    type *t = ARENA_NEW(a, type);
    t->kind = T_MAP;
    t->key = key;
    t->elem = value;
    return t;
}

const type *type_struct(arena *a, const type_field *fields, uint32_t n)
{
    type *t = ARENA_NEW(a, type);
    t->kind = T_STRUCT;
    t->fields = arena_dup(a, fields, n * sizeof *fields);
    t->field_count = n;
    return t;
}

const type *type_copy(arena *a, const type *t)
{
    type *c;
    switch (t->kind) {
    case T_DECIMAL:
        return type_decimal(a, t->precision, t->scale);
    case T_ARRAY:
        return type_array(a, type_copy(a, t->elem));
    case T_MAP:
        return type_map(a, type_copy(a, t->key), type_copy(a, t->elem));
    case T_STRUCT: {
        type_field *f = ARENA_ARRAY(a, type_field, t->field_count);
        for (uint32_t i = 0; i < t->field_count; i++)
            f[i] = (type_field){str_dup(a, t->fields[i].name), type_copy(a, t->fields[i].type)};
        return type_struct(a, f, t->field_count);
    }
    default:
        c = ARENA_NEW(a, type);
        c->kind = t->kind;
        return c;
    }
}

bool type_equal(const type *a, const type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case T_DECIMAL:
        return a->precision == b->precision && a->scale == b->scale;
    case T_ARRAY:
        return type_equal(a->elem, b->elem);
    case T_MAP:
        return type_equal(a->key, b->key) && type_equal(a->elem, b->elem);
    case T_STRUCT:
        if (a->field_count != b->field_count)
            return false;
        for (uint32_t i = 0; i < a->field_count; i++)
            if (!str_eq(a->fields[i].name, b->fields[i].name) || !type_equal(a->fields[i].type, b->fields[i].type))
                return false;
        return true;
    case T_LAMBDA:
        return false;
    default:
        return true;
    }
}

int32_t type_field_index(const type *t, str name)
{
    for (uint32_t i = 0; i < t->field_count; i++)
        if (str_eq(t->fields[i].name, name))
            return (int32_t)i;
    return -1;
}

bool type_contains(const type *t, type_kind k)
{
    if (t->kind == k)
        return true;
    if (t->kind == T_ARRAY)
        return type_contains(t->elem, k);
    if (t->kind == T_MAP)
        return type_contains(t->key, k) || type_contains(t->elem, k);
    for (uint32_t i = 0; t->kind == T_STRUCT && i < t->field_count; i++)
        if (type_contains(t->fields[i].type, k))
            return true;
    return false;
}

void type_print(buf *out, const type *t, bool quote)
{
    buf_putz(out, base_names[t->kind]);
    switch (t->kind) {
    case T_DECIMAL:
        buf_printf(out, "(%d, %d)", t->precision, t->scale);
        break;
    case T_ARRAY:
        buf_putc(out, '<');
        type_print(out, t->elem, quote);
        buf_putc(out, '>');
        break;
    case T_MAP:
        buf_putc(out, '<');
        type_print(out, t->key, quote);
        buf_putz(out, ", ");
        type_print(out, t->elem, quote);
        buf_putc(out, '>');
        break;
    case T_STRUCT:
        buf_putc(out, '<');
        for (uint32_t i = 0; i < t->field_count; i++) {
            if (i)
                buf_putz(out, ", ");
            if (quote)
                buf_putc(out, '`');
            buf_puts(out, t->fields[i].name);
            if (quote)
                buf_putc(out, '`');
            buf_putc(out, ' ');
            type_print(out, t->fields[i].type, quote);
        }
        if (t->field_count == 0)
            buf_putc(out, ' ');
        buf_putc(out, '>');
        break;
    case T_LAMBDA:
        if (t->elem == NULL)
            break;
        buf_putz(out, " (");
        for (uint32_t i = 0; i < t->input_count; i++) {
            if (i)
                buf_putz(out, ", ");
            type_print(out, t->inputs[i], quote);
        }
        buf_putz(out, ") => ");
        type_print(out, t->elem, quote);
        break;
    default:
        break;
    }
}

str type_text(arena *a, const type *t)
{
    buf b = BUF_INIT(BUF_MAX);
    type_print(&b, t, true);
    str s = str_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

const char *type_base(const type *t)
{
    return base_names[t->kind];
}

void type_as_decimal(const type *t, int32_t *precision, int32_t *scale)
{
    *precision = t->kind == T_INTEGER ? 10 : t->kind == T_BIGINT ? 19 : t->precision;
    *scale = t->kind == T_DECIMAL ? t->scale : 0;
}

const type *type_widen(arena *a, const type *x, const type *y)
{
    if (!type_is_number(x) || !type_is_number(y))
        return NULL;
    if (x->kind == T_DOUBLE || y->kind == T_DOUBLE)
        return &type_double;
    if (x->kind == T_DECIMAL || y->kind == T_DECIMAL) {
        int32_t p1, s1, p2, s2;
        type_as_decimal(x, &p1, &s1);
        type_as_decimal(y, &p2, &s2);
        int32_t s = s1 > s2 ? s1 : s2;
        int32_t whole = p1 - s1 > p2 - s2 ? p1 - s1 : p2 - s2;
        return type_decimal(a, whole + s, s);
    }
    return x->kind == T_BIGINT || y->kind == T_BIGINT ? &type_bigint : &type_integer;
}
