/* EARLIEST_BY_OFFSET, LATEST_BY_OFFSET (spec/functions.md 4.3). A stored value carries the number of a
 * process-wide sequence, which tells which of two sessions' values came first.
 */
#include <stdatomic.h>

#include "engine/agg/agg_int.h"

static _Atomic int64_t earliest_seq, latest_seq;

static const value *n_of(const agg_call *c)
{
    for (uint32_t i = 0; i < c->init_count; i++)
        if (c->init_types[i]->kind == T_INTEGER)
            return &c->init_args[i];
    return NULL;
}

static bool ignores_nulls(const agg_call *c)
{
    for (uint32_t i = 0; i < c->init_count; i++)
        if (c->init_types[i]->kind == T_BOOLEAN)
            return c->init_args[i].i != 0;
    return true;
}

SETUP(offset_setup)
{
    const value *n = n_of(c);
    for (uint32_t i = 0; i < c->init_count; i++)
        if (c->init_args[i].state != V_OK)
            return agg_factory_failed(st);
    return n == NULL || n->i > 0 || agg_factory_failed(st);
}

TYPE(single_type)
{
    type_field f[2] = {{STR("SEQ"), &type_bigint}, {STR("VAL"), c->arg_types[0]}};
    return type_struct(a, f, 2);
}

TYPE(list_type)
{
    return type_array(a, single_type(a, c, st));
}

static value numbered(ectx *cx, _Atomic int64_t *seq, value v)
{
    int64_t i = atomic_fetch_add_explicit(seq, 1, memory_order_relaxed);
    return agg_struct(cx, (value[]){value_i(i), v}, 2);
}

/* The sequence may wrap: then the negative number is the later one. */
static bool before(value x, value y)
{
    int64_t i = x.v[0].i, k = y.v[0].i;
    return (i < 0) != (k < 0) ? i >= 0 : i < k;
}

static bool accepts(const agg_call *c, value v)
{
    return v.state == V_OK || !ignores_nulls(c);
}

RESULT(single_result)
{
    return s.state == V_OK ? s.v[1] : VALUE_NULL;
}

RESULT(list_result)
{
    value *e = arena_alloc(cx->a, s.n * sizeof *e);
    for (uint32_t i = 0; i < s.n; i++)
        e[i] = s.v[i].v[1];
    return value_v(e, s.n);
}

/* The first N of both, by sequence. */
MERGE(list_merge)
{
    uint32_t total = a.n + b.n, n = (uint32_t)n_of(c)->i;
    value   *e = agg_elements(cx, a, b.n);
    for (uint32_t i = 0; i < b.n; i++) {
        uint32_t k = a.n + i;
        for (; k > 0 && before(b.v[i], e[k - 1]); k--)
            e[k] = e[k - 1];
        e[k] = b.v[i];
    }
    return value_v(e, total < n ? total : n);
}

/* ---- EARLIEST */

STEP(earliest_add)
{
    return s.state != V_OK && accepts(c, args[0]) ? numbered(cx, &earliest_seq, args[0]) : s;
}

MERGE(earliest_merge)
{
    if (a.state != V_OK || b.state != V_OK)
        return a.state == V_OK ? a : b;
    return before(b, a) ? b : a;
}

STEP(earliest_list_add)
{
    if (!accepts(c, args[0]) || s.n >= n_of(c)->i)
        return s;
    value *e = agg_elements(cx, s, 1);
    e[s.n] = numbered(cx, &earliest_seq, args[0]);
    return value_v(e, s.n + 1);
}

/* ---- LATEST */

INITIAL(latest_initial)
{
    return numbered(cx, &latest_seq, VALUE_NULL);
}

STEP(latest_add)
{
    return accepts(c, args[0]) ? numbered(cx, &latest_seq, args[0]) : s;
}

MERGE(latest_merge)
{
    if (ignores_nulls(c) && (a.v[1].state != V_OK || b.v[1].state != V_OK))
        return b.v[1].state == V_OK ? b : a;
    return before(a, b) ? b : a;
}

STEP(latest_list_add)
{
    if (!accepts(c, args[0]))
        return s;
    uint32_t n = (uint32_t)n_of(c)->i, drop = s.n >= n ? s.n - n + 1 : 0;
    value   *e = agg_elements(cx, s, 1);
    e[s.n] = numbered(cx, &latest_seq, args[0]);
    return value_v(e + drop, s.n + 1 - drop);
}

#define ONE(n, d, p, inits, f, init)                                                                        \
    {                                                                                                       \
        .name = n, .doc = d, .params = p, .returns = "T", .init_params = inits, .state_type = single_type,  \
        .setup = offset_setup, .initial = init, .add = f##_add, .merge = f##_merge, .result = single_result \
    }
#define SOME(n, p, inits, f)                                                                          \
    {                                                                                                 \
        .name = n, .params = p, .returns = "ARRAY<T>", .init_params = inits, .state_type = list_type, \
        .setup = offset_setup, .initial = agg_no_elements, .add = f##_list_add, .merge = list_merge,  \
        .result = list_result                                                                         \
    }
#define ROWS(n, d, count, f, init)                                        \
    ONE(n, d, "T val1", 0, f, init), SOME(n, "T val1, INT " count, 1, f), \
        SOME(n, "T val1, INT " count ", BOOLEAN ignoreNulls", 2, f),      \
        ONE(n, NULL, "T val1, BOOLEAN ignoreNulls", 1, f, init)

const agg_row agg_offset[] = {
    ROWS("EARLIEST_BY_OFFSET", "Returns the value, or the values, of the earliest rows.", "earliestN", earliest,
         agg_null),
    ROWS("LATEST_BY_OFFSET", "Returns the value, or the values, of the latest rows.", "latestN", latest,
         latest_initial),
    {0},
};
