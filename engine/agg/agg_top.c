/* TOPK, TOPKDISTINCT (spec/functions.md 4.3): the state is the list itself, in descending order. */
#include "engine/agg/agg_int.h"

SETUP(top_setup)
{
    return c->init_args[0].state == V_OK || agg_factory_failed(st);
}

static int64_t k_of(const agg_call *c)
{
    return c->init_args[0].i;
}

/* With further columns the elements are structs, ordered by the first field. */
static value sort_value(const agg_call *c, value element)
{
    return c->arg_count > 1 ? element.v[0] : element;
}

/* Puts v behind all that are not less; a full list loses its last. */
static value insert(const agg_call *c, ectx *cx, value s, value key, value v)
{
    const type *t = c->arg_types[0];
    bool        full = s.n == (uint64_t)k_of(c);
    if (full && s.n == 0)
        return ectx_fail(cx, "Index -1 out of bounds for length 0");
    if (full && value_compare(t, key, sort_value(c, s.v[s.n - 1])) <= 0)
        return s;
    uint32_t n = full ? s.n - 1 : s.n, at = n;
    value   *e = agg_elements(cx, s, 1);
    for (; at > 0 && value_compare(t, key, sort_value(c, e[at - 1])) > 0; at--)
        e[at] = e[at - 1];
    e[at] = v;
    return value_v(e, n + 1);
}

STEP(topk_add)
{
    if (args[0].state != V_OK)
        return s;
    value v = c->arg_count > 1 ? agg_struct(cx, args, c->arg_count) : args[0];
    return insert(c, cx, s, args[0], v);
}

STEP(distinct_add)
{
    if (args[0].state != V_OK)
        return s;
    for (uint32_t i = 0; i < s.n; i++)
        if (value_equal(c->arg_types[0], s.v[i], args[0]))
            return s;
    return insert(c, cx, s, args[0], args[0]);
}

static value merge(const agg_call *c, ectx *cx, value a, value b, bool distinct)
{
    const type *t = c->arg_types[0];
    if (k_of(c) < 0)
        return ectx_fail(cx, "Illegal Capacity: %ld", k_of(c));
    uint64_t k = (uint64_t)k_of(c), room = (uint64_t)a.n + b.n;
    value   *e = arena_alloc(cx->a, room * sizeof *e);
    uint32_t n = 0, i = 0, j = 0;
    while (n < k && (i < a.n || j < b.n)) {
        bool  left = j >= b.n || (i < a.n && value_compare(t, sort_value(c, a.v[i]), sort_value(c, b.v[j])) >= 0);
        value v = left ? a.v[i++] : b.v[j++];
        if (!distinct || n == 0 || !value_equal(t, e[n - 1], v))
            e[n++] = v;
    }
    return value_v(e, n);
}

MERGE(topk_merge)
{
    return merge(c, cx, a, b, false);
}

MERGE(distinct_merge)
{
    return merge(c, cx, a, b, true);
}

TYPE(topk_type)
{
    if (c->arg_count == 1)
        return type_array(a, c->arg_types[0]);
    type_field *f = ARENA_ARRAY(a, type_field, c->arg_count);
    f[0] = (type_field){STR("sort_col"), c->arg_types[0]};
    for (uint32_t i = 1; i < c->arg_count; i++)
        f[i] = (type_field){str_fmt(a, "col%u", i - 1), c->arg_types[i]};
    return type_array(a, type_struct(a, f, c->arg_count));
}

TYPE(distinct_type)
{
    return type_array(a, c->arg_types[0]);
}

#define TOPK_ROW(d, t)                                                                                                 \
    {                                                                                                                  \
        .name = "TOPK", .doc = d, .params = t " val1, ANY... val2, INT k", .returns = "ARRAY<S>", .init_params = 1,    \
        .result_type = topk_type, .setup = top_setup, .initial = agg_no_elements, .add = topk_add, .merge = topk_merge \
    }
#define DISTINCT_ROW(d, t)                                                                                         \
    {                                                                                                              \
        .name = "TOPKDISTINCT", .doc = d, .params = t " val1, INT k", .returns = "ARRAY<" t ">", .init_params = 1, \
        .result_type = distinct_type, .setup = top_setup, .initial = agg_no_elements, .add = distinct_add,         \
        .merge = distinct_merge                                                                                    \
    }

const agg_row agg_top[] = {
    TOPK_ROW("Returns the k greatest values, with further columns of their rows if asked for.", "DOUBLE"),
    TOPK_ROW(NULL, "INT"),
    TOPK_ROW(NULL, "BIGINT"),
    TOPK_ROW(NULL, "VARCHAR"),
    DISTINCT_ROW("Returns the k greatest distinct values.", "BIGINT"),
    DISTINCT_ROW(NULL, "INT"),
    DISTINCT_ROW(NULL, "DOUBLE"),
    DISTINCT_ROW(NULL, "DECIMAL"),
    DISTINCT_ROW(NULL, "BYTES"),
    DISTINCT_ROW(NULL, "DATE"),
    DISTINCT_ROW(NULL, "TIME"),
    DISTINCT_ROW(NULL, "TIMESTAMP"),
    DISTINCT_ROW(NULL, "VARCHAR"),
    {0},
};
