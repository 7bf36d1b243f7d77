/* The choice among overloads (spec/functions.md 1.4 to 1.6). */
#include <stdio.h>

#include "engine/func/func.h"

/* ---- matching */

static bool is_generic(const ptype *p)
{
    if (p->kind == P_GENERIC)
        return true;
    if (p->kind == P_LAMBDA) {
        for (uint32_t i = 0; i < p->input_count; i++)
            if (is_generic(p->inputs[i]))
                return true;
        return is_generic(p->elem);
    }
    return (p->key && is_generic(p->key)) || (p->elem && is_generic(p->elem));
}

static bool castable(type_kind from, type_kind to)
{
    if (from >= T_INTEGER && from <= T_DOUBLE)
        return to >= from && to <= T_DOUBLE;
    return from == T_STRING && (to == T_TIME || to == T_DATE || to == T_TIMESTAMP || to == T_BYTES);
}

static bool bind(bindings *b, str name, const type *t)
{
    for (uint32_t i = 0; i < b->n; i++)
        if (str_eq(b->b[i].name, name))
            return type_equal(b->b[i].type, t);
    if (b->n == sizeof b->b / sizeof *b->b)
        return false;
    b->b[b->n++] = (binding){name, t};
    return true;
}

static bool match(const ptype *p, const type *t, bool casts, bindings *b)
{
    if (t->kind == T_NULL)
        return true;
    if (p->kind == P_ANY)
        return t->kind != T_LAMBDA;
    if (t->kind == T_LAMBDA || p->kind == P_LAMBDA)
        return t->kind == T_LAMBDA && p->kind == P_LAMBDA && t->input_count == p->input_count;
    if (p->kind == P_GENERIC)
        return bind(b, p->name, t);
    if (p->kind == P_UNIT)
        return false;
    bool exact = is_generic(p);
    if (p->base != t->kind)
        return casts && !exact && castable(t->kind, p->base);
    switch (p->base) {
    case T_ARRAY:
        return match(p->elem, t->elem, casts && !exact, b);
    case T_MAP:
        return match(p->key, t->key, casts && !exact, b) && match(p->elem, t->elem, casts && !exact, b);
    case T_STRUCT:
        if (p->field_count == 0 || t->field_count == 0)
            return true;
        if (p->field_count != t->field_count)
            return false;
        for (uint32_t i = 0; i < p->field_count; i++)
            if (!str_eq(p->field_names[i], t->fields[i].name) || !match(p->fields[i], t->fields[i].type, false, b))
                return false;
        return true;
    default:
        return true;
    }
}

bool ptype_bind(const ptype *p, const type *t, bindings *bound)
{
    if (t->kind == T_NULL)
        return true;
    if (p->kind == P_GENERIC)
        return bind(bound, p->name, t);
    return match(p, t, false, bound);
}

typedef struct candidate {
    const overload *o;
    const ptype   **shape;
    bindings        bound;
    uint32_t        order;
} candidate;

static int rank(const candidate *x, const candidate *y)
{
    const overload *a = x->o, *b = y->o;
    if ((a->variadic >= 0) != (b->variadic >= 0))
        return a->variadic >= 0 ? 1 : -1;
    if (a->param_count != b->param_count)
        return a->param_count > b->param_count ? -1 : 1;
    int ga = 0, gb = 0, any_a = 0, any_b = 0;
    for (uint32_t i = 0; i < a->param_count; i++) {
        any_a += a->params[i].type->kind == P_ANY && a->params[i].variadic;
        ga += is_generic(a->params[i].type);
    }
    for (uint32_t i = 0; i < b->param_count; i++) {
        any_b += b->params[i].type->kind == P_ANY && b->params[i].variadic;
        gb += is_generic(b->params[i].type);
    }
    ga += any_a;
    gb += any_b;
    if (ga != gb)
        return ga - gb;
    if (any_a != any_b)
        return any_a - any_b;
    return b->variadic - a->variadic;
}

static bool try_shape(const ptype **shape, const type **args, uint32_t n, bool casts, bindings *bound)
{
    *bound = (bindings){0};
    for (uint32_t i = 0; i < n; i++)
        if (!match(shape[i], args[i], casts, bound))
            return false;
    return true;
}

static void consider(arena *a, const overload *o, const type **args, uint32_t m, bool casts, candidate *list,
                     uint32_t *count)
{
    uint32_t n = o->param_count;
    if (o->variadic < 0 ? m != n : m + 1 < n)
        return;
    uint32_t v = (uint32_t)o->variadic, copies = o->variadic < 0 ? 0 : m + 1 - n;
    for (int form = 0; form < 2; form++) {
        bool as_array = form == 1;
        if (as_array && (o->variadic < 0 || m != n || (v != 0 && v != n - 1)))
            return;
        const ptype **shape = ARENA_ARRAY(a, const ptype *, m);
        uint32_t      k = 0;
        for (uint32_t i = 0; i < n; i++) {
            if (o->variadic < 0 || i != v) {
                shape[k++] = o->params[i].type;
                continue;
            }
            if (as_array) {
                ptype *arr = ARENA_NEW(a, ptype);
                arr->kind = P_TYPE;
                arr->base = T_ARRAY;
                arr->elem = o->params[i].type;
                shape[k++] = arr;
            }
            for (uint32_t c = 0; !as_array && c < copies; c++)
                shape[k++] = o->params[i].type;
        }
        candidate *c = &list[*count];
        if (try_shape(shape, args, m, casts, &c->bound)) {
            if (as_array) /* the list still becomes one element of the variadic's type */
                shape[v] = o->params[v].type;
            c->o = o;
            c->shape = shape;
            c->order = *count;
            ++*count;
        }
    }
}

static void print_alternatives(buf *b, const overload *all, size_t n, bool upper)
{
    for (size_t i = 0; i < n; i++) {
        for (const char *p = all[i].name; *p; p++)
            buf_putc(b, upper && *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p);
        buf_putc(b, '(');
        for (uint32_t k = 0; k < all[i].param_count; k++) {
            if (k)
                buf_putz(b, ", ");
            ptype_print(b, all[i].params[k].type);
            if (all[i].params[k].variadic)
                buf_putz(b, "...");
            if (all[i].params[k].name.n)
                buf_putc(b, ' ');
            buf_puts(b, all[i].params[k].name);
        }
        buf_putz(b, ")\n");
    }
    buf_putz(b, "For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;");
}

static const overload *refuse(const overload *all, size_t n, const type **args, uint32_t m, bool upper, bool ambiguous,
                              status *st)
{
    buf b = BUF_INIT(ST_MSG_MAX * 4);
    buf_printf(&b, "Function '%s' %s (", all[0].name,
               ambiguous ? "cannot be resolved due to ambiguous method parameters" : "does not accept parameters");
    for (uint32_t i = 0; i < m; i++) {
        if (i)
            buf_putz(&b, ", ");
        type_print(&b, args[i], false);
    }
    buf_putz(&b, ambiguous ? ").\nUse CAST() to explicitly cast your parameters to one of the "
                             "supported function calls.\nValid function calls are:\n"
                           : ").\nValid alternatives are:\n");
    print_alternatives(&b, all, n, upper);
    status_set(st, ST_SQL, "%.*s", (int)b.n, b.p);
    buf_free(&b);
    return NULL;
}

const overload *overload_resolve(arena *a, const overload *all, size_t n, const type **args, uint32_t m,
                                 bool allow_casts, bool upper, const ptype **shape_out, bindings *bound, status *st)
{
    candidate *list = ARENA_ARRAY(a, candidate, 2 * n + 1);
    uint32_t   count = 0;
    for (int pass = 0; pass < (allow_casts ? 2 : 1) && count == 0; pass++)
        for (size_t i = 0; i < n; i++)
            consider(a, &all[i], args, m, pass == 1, list, &count);
    if (count == 0)
        return refuse(all, n, args, m, upper, false, st);
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (rank(&list[i], &list[best]) < 0)
            best = i;
    for (uint32_t i = 0; i < count; i++)
        if (i != best && rank(&list[i], &list[best]) == 0)
            return refuse(all, n, args, m, upper, true, st);
    for (uint32_t i = 0; i < m; i++)
        shape_out[i] = list[best].shape[i];
    *bound = list[best].bound;
    return list[best].o;
}

static const type *const simple[T_KIND_COUNT] = {
    [T_BOOLEAN] = &type_boolean, [T_INTEGER] = &type_integer, [T_BIGINT] = &type_bigint,
    [T_DOUBLE] = &type_double,   [T_STRING] = &type_string,   [T_BYTES] = &type_bytes,
    [T_TIME] = &type_time,       [T_DATE] = &type_date,       [T_TIMESTAMP] = &type_timestamp,
};

const type *ptype_instantiate(arena *a, const ptype *p, const bindings *bound, status *st)
{
    if (p->kind == P_GENERIC) {
        for (uint32_t i = 0; i < bound->n; i++)
            if (str_eq(bound->b[i].name, p->name))
                return bound->b[i].type;
        status_set(st, ST_SQL, "Could not find mapping for generic type: %.*s", STR_FMT(p->name));
        return NULL;
    }
    if (p->kind != P_TYPE)
        return &type_null;
    if (simple[p->base])
        return simple[p->base];
    if (p->base == T_DECIMAL)
        return type_decimal(a, p->precision ? p->precision : 38, p->scale);
    if (p->base == T_ARRAY) {
        const type *e = ptype_instantiate(a, p->elem, bound, st);
        return e ? type_array(a, e) : NULL;
    }
    if (p->base == T_MAP) {
        const type *k = ptype_instantiate(a, p->key, bound, st);
        const type *v = k ? ptype_instantiate(a, p->elem, bound, st) : NULL;
        return v ? type_map(a, k, v) : NULL;
    }
    type_field *f = ARENA_ARRAY(a, type_field, p->field_count);
    for (uint32_t i = 0; i < p->field_count; i++) {
        f[i].name = p->field_names[i];
        f[i].type = ptype_instantiate(a, p->fields[i], bound, st);
        if (f[i].type == NULL)
            return NULL;
    }
    return type_struct(a, f, p->field_count);
}

const type *ptype_cast_target(arena *a, const ptype *p, const type *t, const bindings *bound, status *st)
{
    if (p->kind != P_TYPE || p->base != T_DECIMAL || !type_is_number(t))
        return ptype_instantiate(a, p, bound, st);
    int32_t precision, scale;
    type_as_decimal(t, &precision, &scale);
    return type_decimal(a, precision, scale);
}
