/* COLLECT_LIST, COLLECT_SET, HISTOGRAM, ATTR, SUM_LIST (spec/functions.md 4.3). */
#include "base/num.h"
#include "engine/agg/agg_int.h"

#define HISTOGRAM_KEYS_MAX 1000

/* ---- COLLECT_LIST, COLLECT_SET */

/* The limit is c->state: a number of elements. */
static uint64_t limit_of(const agg_call *c)
{
    return *(const uint64_t *)c->state;
}

static bool read_limit(arena *a, agg_call *c, setting_id id, status *st)
{
    uint64_t *limit = ARENA_NEW(a, uint64_t);
    c->state = limit;
    int64_t n;
    if (!num_parse_i64(str_trim(settings_text(c->settings, id)), &n))
        return agg_factory_failed(st);
    *limit = n >= 0 && n < UINT32_MAX ? (uint64_t)n : UINT32_MAX;
    return true;
}

SETUP(list_setup)
{
    return read_limit(a, c, SETTING_FUNCTIONS_COLLECT_LIST_LIMIT, st);
}

SETUP(set_setup)
{
    return read_limit(a, c, SETTING_FUNCTIONS_COLLECT_SET_LIMIT, st);
}

static value append(ectx *cx, value s, value v)
{
    value *e = agg_elements(cx, s, 1);
    e[s.n] = v;
    return value_v(e, s.n + 1);
}

STEP(list_add)
{
    return s.n < limit_of(c) ? append(cx, s, args[0]) : s;
}

/* The last equal element goes. */
STEP(list_undo)
{
    for (uint32_t i = s.n; i-- > 0;) {
        if (!value_equal(c->arg_types[0], s.v[i], args[0]))
            continue;
        value *e = agg_elements(cx, s, 0);
        memmove(e + i, e + i + 1, (s.n - i - 1) * sizeof *e);
        return value_v(e, s.n - 1);
    }
    return s;
}

MERGE(list_merge)
{
    uint64_t room = limit_of(c) > a.n ? limit_of(c) - a.n : 0;
    uint32_t more = room < b.n ? (uint32_t)room : b.n;
    value   *e = agg_elements(cx, a, more);
    if (more)
        memcpy(e + a.n, b.v, more * sizeof *e);
    return value_v(e, a.n + more);
}

static bool has(const type *t, const value *e, uint32_t n, value v)
{
    for (uint32_t i = 0; i < n; i++)
        if (value_equal(t, e[i], v))
            return true;
    return false;
}

STEP(set_add)
{
    if (s.n >= limit_of(c) || has(c->arg_types[0], s.v, s.n, args[0]))
        return s;
    return append(cx, s, args[0]);
}

MERGE(set_merge)
{
    value   *e = agg_elements(cx, a, b.n);
    uint32_t n = a.n;
    for (uint32_t i = 0; i < b.n && n < limit_of(c); i++)
        if (!has(c->arg_types[0], e, n, b.v[i]))
            e[n++] = b.v[i];
    return value_v(e, n);
}

/* ---- HISTOGRAM */

INITIAL(no_entries)
{
    value m = value_v(NULL, 0);
    m.flags = V_MAP_CAP16;
    return m;
}

static uint32_t entry_of(value m, value key)
{
    for (uint32_t i = 0; i < m.n; i++)
        if (value_equal(&type_string, m.v[2 * i], key))
            return i;
    return m.n;
}

/* Adds `by` to the count of a key; a key too many is ignored. */
static value *count_key(value *m, value *e, value key, int64_t by)
{
    uint32_t i = entry_of(*m, key);
    if (i == m->n) {
        if (m->n >= HISTOGRAM_KEYS_MAX)
            return e;
        e[2 * i] = key;
        e[2 * i + 1] = value_i(0);
        m->n++;
    }
    e[2 * i + 1].i += by;
    return e;
}

static value map_with_room(ectx *cx, value m, uint32_t more)
{
    value *e = arena_alloc(cx->a, 2 * ((size_t)m.n + more) * sizeof *e);
    if (m.n)
        memcpy(e, m.v, 2 * (size_t)m.n * sizeof *e);
    m.v = e;
    m.flags = V_MAP_CAP16;
    return m;
}

STEP(histogram_add)
{
    s = map_with_room(cx, s, 1);
    count_key(&s, (value *)(uintptr_t)s.v, args[0], 1);
    return s;
}

STEP(histogram_undo)
{
    uint32_t i = entry_of(s, args[0]);
    if (i == s.n)
        return ectx_fail(cx, "HISTOGRAM: a key to take back was never counted");
    s = map_with_room(cx, s, 0);
    value *e = (value *)(uintptr_t)s.v;
    if (--e[2 * i + 1].i == 0) {
        memmove(e + 2 * i, e + 2 * i + 2, 2 * (size_t)(s.n - i - 1) * sizeof *e);
        s.n--;
    }
    return s;
}

MERGE(histogram_merge)
{
    a = map_with_room(cx, a, b.n);
    for (uint32_t i = 0; i < b.n; i++)
        count_key(&a, (value *)(uintptr_t)a.v, b.v[2 * i], b.v[2 * i + 1].i);
    return a;
}

RESULT(histogram_result)
{
    s.flags = V_MAP_CAP16; /* the row encoding of the state does not keep it */
    return s;
}

/* ---- ATTR: values with counts */

TYPE(attr_state)
{
    type_field f[2] = {{STR("VALUE"), c->arg_types[0]}, {STR("COUNT"), &type_integer}};
    return type_array(a, type_struct(a, f, 2));
}

/* Adds `by`, never below zero; a count of zero stays. An unknown value is only taken up when by > 0. */
static value attr_count(const agg_call *c, ectx *cx, value s, value v, int64_t by)
{
    uint32_t i = 0;
    while (i < s.n && !value_equal(c->arg_types[0], s.v[i].v[0], v))
        i++;
    if (i == s.n && by <= 0)
        return s;
    int64_t n = by + (i < s.n ? s.v[i].v[1].i : 0);
    value  *e = agg_elements(cx, s, 1);
    e[i] = agg_struct(cx, (value[]){v, value_i(n > 0 ? n : 0)}, 2);
    return value_v(e, i == s.n ? s.n + 1 : s.n);
}

STEP(attr_add)
{
    return attr_count(c, cx, s, args[0], 1);
}

STEP(attr_undo)
{
    return attr_count(c, cx, s, args[0], -1);
}

MERGE(attr_merge)
{
    for (uint32_t i = 0; i < b.n; i++)
        if (b.v[i].v[1].i > 0)
            a = attr_count(c, cx, a, b.v[i].v[0], b.v[i].v[1].i);
    return a;
}

RESULT(attr_result)
{
    value    only = VALUE_NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.n; i++)
        if (s.v[i].v[1].i > 0) {
            only = s.v[i].v[0];
            n++;
        }
    return n == 1 ? only : VALUE_NULL;
}

/* ---- SUM_LIST */

static value list_sum(const agg_call *c, value list)
{
    value sum = agg_sum_zero(c->result_type);
    for (uint32_t i = 0; i < list.n; i++)
        if (list.v[i].state == V_OK)
            sum = agg_sum(c->result_type, sum, list.v[i], 1);
    return sum;
}

INITIAL(sum_list_initial)
{
    return agg_sum_zero(c->result_type);
}

STEP(sum_list_add)
{
    return args[0].state == V_OK ? agg_sum(c->result_type, s, list_sum(c, args[0]), 1) : s;
}

STEP(sum_list_undo)
{
    return args[0].state == V_OK ? agg_sum(c->result_type, s, list_sum(c, args[0]), -1) : s;
}

MERGE(sum_list_merge)
{
    return agg_sum(c->result_type, a, b, 1);
}

#define SUM_LIST_ROW(d, t)                                                                                      \
    {                                                                                                           \
        .name = "sum_list", .doc = d, .params = "ARRAY<" t "> val1", .returns = t, .initial = sum_list_initial, \
        .add = sum_list_add, .merge = sum_list_merge, .undo = sum_list_undo                                     \
    }

const agg_row agg_collect[] = {
    {.name = "ATTR",
     .doc = "Returns the value when it is the same in all rows, else NULL.",
     .params = "T val1",
     .returns = "T",
     .state_type = attr_state,
     .initial = agg_no_elements,
     .add = attr_add,
     .merge = attr_merge,
     .undo = attr_undo,
     .result = attr_result,
     .flags = FN_NO_AUTHOR},
    {.name = "collect_list",
     .doc = "Gathers all values in an array.",
     .params = "T val1",
     .returns = "ARRAY<T>",
     .setup = list_setup,
     .initial = agg_no_elements,
     .add = list_add,
     .merge = list_merge,
     .undo = list_undo},
    {.name = "collect_set",
     .doc = "Gathers the distinct values in an array.",
     .params = "T val1",
     .returns = "ARRAY<T>",
     .setup = set_setup,
     .initial = agg_no_elements,
     .add = set_add,
     .merge = set_merge},
    {.name = "histogram",
     .doc = "Counts how often each text occurs, for up to 1000 texts.",
     .params = "VARCHAR val1",
     .returns = "MAP<VARCHAR, BIGINT>",
     .initial = no_entries,
     .add = histogram_add,
     .merge = histogram_merge,
     .undo = histogram_undo,
     .result = histogram_result},
    SUM_LIST_ROW("Adds up the elements of the arrays.", "DOUBLE"),
    SUM_LIST_ROW(NULL, "INT"),
    SUM_LIST_ROW(NULL, "BIGINT"),
    {0},
};
