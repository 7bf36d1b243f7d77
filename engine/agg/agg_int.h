/* What the families of aggregates share. */
#ifndef ENGINE_AGG_AGG_INT_H
#define ENGINE_AGG_AGG_INT_H

#include "engine/agg/agg.h"

#define UNUSED __attribute__((unused))
#define INITIAL(name) UNUSED static value name(UNUSED const agg_call *c, UNUSED ectx *cx)
#define STEP(name) static value name(UNUSED const agg_call *c, UNUSED ectx *cx, value s, const value *args)
#define MERGE(name) static value name(UNUSED const agg_call *c, UNUSED ectx *cx, value a, value b)
#define RESULT(name) static value name(UNUSED const agg_call *c, UNUSED ectx *cx, value s)
#define TYPE(name) static const type *name(arena *a, const agg_call *c, UNUSED status *st)
#define SETUP(name) static bool name(UNUSED arena *a, agg_call *c, status *st)

/* What several start from. */
INITIAL(agg_null)
{
    return VALUE_NULL;
}

INITIAL(agg_no_elements)
{
    return value_v(NULL, 0);
}

/* Every fault of a literal or setting reads the same. */
static inline bool agg_factory_failed(status *st)
{
    return status_set(st, ST_SQL, "Failed to invoke UDAF factory method");
}

/* A copy of an array's elements with room for more behind them. */
static inline value *agg_elements(ectx *cx, value array, uint32_t more)
{
    value *e = arena_alloc(cx->a, ((size_t)array.n + more) * sizeof *e);
    if (array.n)
        memcpy(e, array.v, array.n * sizeof *e);
    return e;
}

/* Sums wrap in their type: INTEGER, BIGINT or DOUBLE. sign: 1, or -1 to take b off. */
static inline value agg_sum_zero(const type *t)
{
    return t->kind == T_DOUBLE ? value_d(0) : value_i(0);
}

static inline value agg_sum(const type *t, value a, value b, int sign)
{
    if (t->kind == T_DOUBLE)
        return value_d(a.d + sign * b.d);
    uint64_t sum = sign > 0 ? (uint64_t)a.i + (uint64_t)b.i : (uint64_t)a.i - (uint64_t)b.i;
    return value_i(t->kind == T_INTEGER ? (int32_t)(uint32_t)sum : (int64_t)sum);
}

static inline value agg_struct(ectx *cx, const value *fields, uint32_t n)
{
    return value_v(arena_dup(cx->a, fields, n * sizeof *fields), n);
}

#endif
