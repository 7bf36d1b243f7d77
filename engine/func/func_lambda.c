/* FILTER, TRANSFORM, REDUCE (spec/functions.md 3.10). */
#include "engine/func/func_int.h"
#include "engine/types/value_set.h"

/* ---- FILTER */

static value no_boolean(ectx *cx)
{
    return ectx_fail(cx, "the lambda gave NULL instead of a boolean");
}

FN(filter_array)
{
    value   *e = arena_alloc(cx->a, args[0].n * sizeof *e);
    uint32_t n = 0;
    for (uint32_t i = 0; i < args[0].n; i++) {
        value keep = func_lambda(f, cx, 1, &args[0].v[i], 1);
        if (keep.state != V_OK)
            return keep.state == V_ERR ? keep : no_boolean(cx);
        if (keep.i)
            e[n++] = args[0].v[i];
    }
    return value_v(e, n);
}

static const uint32_t *in_order(const func_call *f, ectx *cx, value m)
{
    uint32_t *order = arena_alloc(cx->a, m.n * sizeof *order);
    value_map_order(cx->a, f->arg_types[0], m, order);
    return order;
}

FN(filter_map)
{
    value           m = args[0];
    const uint32_t *order = in_order(f, cx, m);
    value          *e = arena_alloc(cx->a, 2 * (size_t)m.n * sizeof *e);
    uint32_t        n = 0;
    for (uint32_t i = 0; i < m.n; i++) {
        const value *kv = m.v + 2 * order[i];
        value        keep = func_lambda(f, cx, 1, kv, 2);
        if (keep.state != V_OK)
            return keep.state == V_ERR ? keep : no_boolean(cx);
        if (!keep.i)
            continue;
        if (kv[1].state != V_OK)
            return ectx_fail(cx, "a map entry with a NULL value cannot be kept");
        e[2 * n] = kv[0];
        e[2 * n++ + 1] = kv[1];
    }
    value out = value_v(e, n);
    out.flags = V_MAP_CAP16;
    return out;
}

/* ---- TRANSFORM */

FN(transform_array)
{
    value *e = arena_alloc(cx->a, args[0].n * sizeof *e);
    for (uint32_t i = 0; i < args[0].n; i++) {
        e[i] = func_lambda(f, cx, 1, &args[0].v[i], 1);
        if (e[i].state == V_ERR)
            return e[i];
    }
    return value_v(e, args[0].n);
}

FN(transform_map)
{
    value           m = args[0];
    const uint32_t *order = in_order(f, cx, m);
    map_build       out;
    map_build_init(&out, cx->a, f->type->key, m.n);
    for (uint32_t i = 0; i < m.n; i++) {
        const value *kv = m.v + 2 * order[i];
        value        k = func_lambda(f, cx, 1, kv, 2), v;
        if (k.state == V_ERR || (v = func_lambda(f, cx, 2, kv, 2)).state == V_ERR)
            return VALUE_ERR;
        if (v.state != V_OK)
            return ectx_fail(cx, "a map cannot hold a NULL value");
        uint32_t before = out.keys.n;
        map_build_put(&out, k, v);
        if (out.keys.n == before)
            return ectx_fail(cx, "two entries have the same new key");
    }
    return map_build_done(&out, V_MAP_CAP16);
}

/* ---- REDUCE */

FN(reduce_array)
{
    value state = args[1];
    if (state.state != V_OK || args[0].state != V_OK)
        return state;
    for (uint32_t i = 0; i < args[0].n && state.state != V_ERR; i++) {
        value in[2] = {state, args[0].v[i]};
        state = func_lambda(f, cx, 2, in, 2);
    }
    return state;
}

FN(reduce_map)
{
    value state = args[1];
    if (state.state != V_OK || args[0].state != V_OK)
        return state;
    const uint32_t *order = in_order(f, cx, args[0]);
    for (uint32_t i = 0; i < args[0].n && state.state != V_ERR; i++) {
        const value *kv = args[0].v + 2 * order[i];
        value        in[3] = {state, kv[0], kv[1]};
        state = func_lambda(f, cx, 2, in, 3);
    }
    return state;
}

#define R(n, d, p, r, fun, ...)                                                                        \
    {                                                                                                  \
        .name = n, .category = "LAMBDA", .doc = d, .params = p, .returns = r, .fn = fun, ##__VA_ARGS__ \
    }

const func_row func_lambda_rows[] = {
    R("filter", "Keeps the elements or entries for which the lambda is true.",
      "ARRAY<T> array, LAMBDA (T) => BOOLEAN function", "ARRAY<T>", filter_array),
    R("filter", NULL, "MAP<K, V> map, LAMBDA (K, V) => BOOLEAN biFunction", "MAP<K, V>", filter_map),
    R("transform", "Gives what the lambdas make of every element or entry.",
      "MAP<K, V> map, LAMBDA (K, V) => R biFunction1, LAMBDA (K, V) => T biFunction2", "MAP<R, T>", transform_map),
    R("transform", NULL, "ARRAY<T> array, LAMBDA (T) => R function", "ARRAY<R>", transform_array),
    R("reduce", "Folds the elements or entries into a state, which starts with a given value.",
      "ARRAY<T> list, S initialState, LAMBDA (S, T) => S biFunction", "S", reduce_array, .flags = FN_NULLS),
    R("reduce", NULL, "MAP<K, V> map, S initialState, LAMBDA (S, K, V) => S triFunction", "S", reduce_map,
      .flags = FN_NULLS),
    {0},
};
