/* ARRAY, MAP functions and AS_VALUE (spec/functions.md 3.8, 3.9); element equality and order as in 1.11. */
#include <stdlib.h>

#include "engine/func/func_int.h"
#include "engine/types/decimal.h"
#include "engine/types/value_set.h"

/* ---- ARRAY_LENGTH, ARRAY_CONTAINS, ARRAY_CONCAT, ARRAY_REMOVE */

FN(array_length)
{
    return value_i(args[0].n);
}

FN(array_contains)
{
    const type *t = f->arg_types[0]->elem;
    for (uint32_t i = 0; args[0].state == V_OK && i < args[0].n; i++)
        if (value_equal(t, args[0].v[i], args[1]))
            return value_b(true);
    return value_b(false);
}

FN(array_concat)
{
    if (args[0].state != V_OK || args[1].state != V_OK)
        return args[0].state == V_OK ? args[0] : args[1];
    uint32_t l = args[0].n, r = args[1].n;
    if ((int64_t)l + r > FUNC_ARRAY_MAX)
        return ectx_fail(cx, "the result has more than %ld elements", FUNC_ARRAY_MAX);
    value *e = arena_alloc(cx->a, ((size_t)l + r) * sizeof *e);
    if (l)
        memcpy(e, args[0].v, l * sizeof *e);
    if (r)
        memcpy(e + l, args[1].v, r * sizeof *e);
    return value_v(e, l + r);
}

FN(array_remove)
{
    const type *t = f->arg_types[0]->elem;
    if (args[0].state != V_OK)
        return VALUE_NULL;
    value   *e = arena_alloc(cx->a, args[0].n * sizeof *e);
    uint32_t n = 0;
    for (uint32_t i = 0; i < args[0].n; i++)
        if (!value_equal(t, args[0].v[i], args[1]))
            e[n++] = args[0].v[i];
    return value_v(e, n);
}

/* ---- sets */

static void set_of(value_set *s, arena *a, const type *array, value v)
{
    bool added;
    value_set_init(s, a, array->elem, v.n);
    for (uint32_t i = 0; i < v.n; i++)
        value_set_add(s, v.v[i], &added);
}

FN(array_distinct)
{
    value_set s;
    set_of(&s, cx->a, f->arg_types[0], args[0]);
    return value_v(s.members, s.n);
}

FN(array_union)
{
    value_set s;
    bool      added;
    set_of(&s, cx->a, f->arg_types[0], args[0]);
    for (uint32_t i = 0; i < args[1].n; i++)
        value_set_add(&s, args[1].v[i], &added);
    return value_v(s.members, s.n);
}

/* Distinct elements of the left that are, or are not, in the right. */
static value left_members(const func_call *f, ectx *cx, const value *args, bool in_right)
{
    value_set l, r;
    set_of(&l, cx->a, f->arg_types[0], args[0]);
    set_of(&r, cx->a, f->arg_types[0], args[1]);
    value   *e = arena_alloc(cx->a, l.n * sizeof *e);
    uint32_t n = 0;
    for (uint32_t i = 0; i < l.n; i++)
        if (value_set_has(&r, l.members[i]) == in_right)
            e[n++] = l.members[i];
    return value_v(e, n);
}

FN(array_except)
{
    return left_members(f, cx, args, false);
}

FN(array_intersect)
{
    return left_members(f, cx, args, true);
}

/* ---- ARRAY_MAX, ARRAY_MIN, ARRAY_SORT */

static value array_extreme(const func_call *f, value array, int sign)
{
    const type *t = f->arg_types[0]->elem;
    value       best = VALUE_NULL;
    if (type_is_nested(t))
        return VALUE_NULL; /* no order */
    for (uint32_t i = 0; i < array.n; i++)
        if (array.v[i].state == V_OK && (best.state != V_OK || sign * value_compare(t, array.v[i], best) > 0))
            best = array.v[i];
    return best;
}

FN(array_max)
{
    return array_extreme(f, args[0], 1);
}

FN(array_min)
{
    return array_extreme(f, args[0], -1);
}

typedef struct sort_order {
    const type *t;
    int         sign;
} sort_order;

/* NULLs stand last in either direction. */
static int compare_elements(const void *x, const void *y, void *ctx)
{
    const sort_order *o = ctx;
    value             l, r;
    memcpy(&l, x, sizeof l);
    memcpy(&r, y, sizeof r);
    if (l.state != V_OK || r.state != V_OK)
        return (l.state != V_OK) - (r.state != V_OK);
    return o->sign * value_compare(o->t, l, r);
}

/* Merge sort from the bottom: stable, and no malloc as glibc's qsort may do. */
static void sort_values(value *e, value *tmp, uint32_t n, sort_order *o)
{
    for (uint32_t width = 1; width < n; width *= 2) {
        for (uint32_t lo = 0; lo < n; lo += 2 * width) {
            uint32_t mid = n - lo < width ? n : lo + width, hi = n - lo < 2 * width ? n : lo + 2 * width;
            uint32_t i = lo, k = mid;
            for (uint32_t at = lo; at < hi; at++)
                tmp[at] = i < mid && (k >= hi || compare_elements(&e[i], &e[k], o) <= 0) ? e[i++] : e[k++];
        }
        memcpy(e, tmp, n * sizeof *e);
    }
}

/* The reference sorts the argument itself; a plain column is then seen sorted by what reads it later
 * in the same row. */
static value array_sort(const func_call *f, ectx *cx, value array, int sign)
{
    sort_order o = {f->arg_types[0]->elem, sign};
    if (type_is_nested(o.t))
        return ectx_fail(cx, "elements of type %s have no order", type_base(o.t));
    value *e = (value *)(uintptr_t)array.v;
    if (array.n > 1)
        sort_values(e, arena_alloc(cx->a, array.n * sizeof *e), array.n, &o);
    return array;
}

FN(array_sort_asc)
{
    return array_sort(f, cx, args[0], 1);
}

FN(array_sort_dir)
{
    static const struct {
        const char *word;
        int         sign;
    } words[] = {{"ASC", 1}, {"ASCENDING", 1}, {"DESC", -1}, {"DESCENDING", -1}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_nocase(value_str(args[1]), str_of(words[i].word)))
            return array_sort(f, cx, args[0], words[i].sign);
    return VALUE_NULL;
}

/* ---- ARRAY_JOIN */

static value array_join(const func_call *f, ectx *cx, value array, str sep)
{
    const type *t = f->arg_types[0]->elem;
    bool        known = t->kind >= T_BOOLEAN && t->kind <= T_STRING;
    buf        *b = text_scratch();
    for (uint32_t i = 0; i < array.n; i++) {
        if (i)
            buf_puts(b, sep);
        if (array.v[i].state != V_OK)
            buf_putz(b, "null");
        else if (!known)
            return ectx_fail(cx, "error: hit element of type %s which is currently not supported", type_base(t));
        else if (t->kind == T_DECIMAL)
            decimal_text(b, array.v[i], t->scale);
        else
            value_text(b, t, array.v[i]);
    }
    return text_scratch_value(cx);
}

FN(array_join_comma)
{
    return array_join(f, cx, args[0], STR(","));
}

FN(array_join_by)
{
    if (args[0].state != V_OK)
        return VALUE_NULL;
    return array_join(f, cx, args[0], args[1].state == V_OK ? value_str(args[1]) : STR_NONE);
}

/* ---- GENERATE_SERIES, SLICE */

static value series(ectx *cx, int64_t start, int64_t end, int64_t step, bool is_int)
{
    uint64_t wide = (uint64_t)end - (uint64_t)start;
    int64_t  diff = is_int ? (int32_t)(uint32_t)wide : (int64_t)wide; /* wraps as in the reference */
    if (step == 0)
        return ectx_fail(cx, "GENERATE_SERIES step cannot be zero");
    if ((diff > 0 && step < 0) || (diff < 0 && step > 0))
        return ectx_fail(cx, "GENERATE_SERIES step has wrong sign");
    int64_t last = step == -1 ? (int64_t)(0 - (uint64_t)diff) : diff / step;
    if (last < 0 || last >= FUNC_ARRAY_MAX)
        return ectx_fail(cx, "GENERATE_SERIES gives more than %ld elements", FUNC_ARRAY_MAX);
    value   *e = arena_alloc(cx->a, (size_t)(last + 1) * sizeof *e);
    uint64_t at = (uint64_t)start;
    for (int64_t i = 0; i <= last; i++, at += (uint64_t)step)
        e[i] = value_i(is_int ? (int32_t)(uint32_t)at : (int64_t)at);
    return value_v(e, (uint32_t)last + 1);
}

FN(series_int)
{
    return series(cx, args[0].i, args[1].i, args[1].i > args[0].i ? 1 : -1, true);
}

FN(series_long)
{
    return series(cx, args[0].i, args[1].i, args[1].i > args[0].i ? 1 : -1, false);
}

FN(series_int_step)
{
    return series(cx, args[0].i, args[1].i, args[2].i, true);
}

FN(series_long_step)
{
    return series(cx, args[0].i, args[1].i, args[2].i, false);
}

FN(slice)
{
    if (args[0].state != V_OK)
        return VALUE_NULL;
    int64_t from = args[1].state == V_OK ? args[1].i : 1;
    int64_t to = args[2].state == V_OK ? args[2].i : args[0].n;
    if (from < 1 || to > args[0].n || from > to + 1)
        return VALUE_NULL;
    return value_v(args[0].v + (from - 1), (uint32_t)(to - from + 1));
}

/* ---- maps */

FN(as_map)
{
    map_build m;
    map_build_init(&m, cx->a, &type_string, args[0].n);
    for (uint32_t i = 0; i < args[0].n; i++)
        map_build_put(&m, args[0].v[i], i < args[1].n ? args[1].v[i] : VALUE_NULL);
    /* The table was made for as many keys as were given, equal ones too. */
    return map_build_done(&m, m.keys.n == args[0].n ? 0 : V_MAP_CAP16);
}

static value map_column(const func_call *f, ectx *cx, value m, uint32_t which)
{
    uint32_t *order = arena_alloc(cx->a, m.n * sizeof *order);
    value    *e = arena_alloc(cx->a, m.n * sizeof *e);
    value_map_order(cx->a, f->arg_types[0], m, order);
    for (uint32_t i = 0; i < m.n; i++)
        e[i] = m.v[2 * order[i] + which];
    return value_v(e, m.n);
}

FN(map_keys)
{
    return map_column(f, cx, args[0], 0);
}

FN(map_values)
{
    return map_column(f, cx, args[0], 1);
}

FN(map_union)
{
    if (args[0].state != V_OK || args[1].state != V_OK)
        return args[0].state == V_OK ? args[0] : args[1];
    map_build m;
    map_build_init(&m, cx->a, &type_string, args[0].n + args[1].n);
    for (int side = 0; side < 2; side++) {
        uint32_t *order = arena_alloc(cx->a, args[side].n * sizeof *order);
        value_map_order(cx->a, f->arg_types[side], args[side], order);
        for (uint32_t i = 0; i < args[side].n; i++)
            map_build_put(&m, args[side].v[2 * order[i]], args[side].v[2 * order[i] + 1]);
    }
    return map_build_done(&m, V_MAP_CAP16);
}

FN(entries)
{
    if (args[0].state != V_OK)
        return VALUE_NULL;
    if (args[1].state != V_OK)
        return ectx_fail(cx, "ENTRIES needs to know whether to sort");
    value     m = args[0];
    value    *e = arena_alloc(cx->a, m.n * sizeof *e), *pairs = arena_alloc(cx->a, 2 * (size_t)m.n * sizeof *e);
    uint32_t *order = arena_alloc(cx->a, m.n * sizeof *order);
    value_map_order(cx->a, f->arg_types[0], m, order);
    for (uint32_t i = 0; i < m.n; i++) {
        if (args[1].i && m.v[2 * order[i]].state != V_OK)
            return ectx_fail(cx, "a NULL key cannot be sorted");
        pairs[2 * i] = m.v[2 * order[i]];
        pairs[2 * i + 1] = m.v[2 * order[i] + 1];
        e[i] = value_v(pairs + 2 * i, 2);
    }
    if (args[1].i && m.n > 1) {
        sort_order by_key = {f->type->elem, 1}; /* keys differ: the values are never compared */
        sort_values(e, arena_alloc(cx->a, m.n * sizeof *e), m.n, &by_key);
    }
    return value_v(e, m.n);
}

FN(as_value)
{
    return args[0];
}

/* ---- the tables */

#define R(c, n, d, p, r, fun, ...)                                                              \
    {                                                                                           \
        .name = n, .category = c, .doc = d, .params = p, .returns = r, .fn = fun, ##__VA_ARGS__ \
    }
#define A(...) R("ARRAY", __VA_ARGS__)
#define M(...) R("MAP", __VA_ARGS__)
#define NO_AUTHOR .flags = FN_NO_AUTHOR
#define TWO "ARRAY<T> left, ARRAY<T> right", "ARRAY<T>"
#define ENTRIES(d, t)                                                                                        \
    M("ENTRIES", d, "MAP<VARCHAR, " t "> map, BOOLEAN sorted", "ARRAY<STRUCT<K VARCHAR, V " t ">>", entries, \
      .flags = FN_NULLS)

const func_row func_collection[] = {
    A("array_concat", "Joins two arrays.", TWO, array_concat, .flags = FN_NULLS | FN_NO_AUTHOR),
    A("ARRAY_CONTAINS", "Is the value an element of the array?", "ARRAY<T> array, T val", "BOOLEAN", array_contains,
      .flags = FN_NULLS),
    A("array_distinct", "Returns the distinct elements in the order of their first occurrence.", "ARRAY<T> input",
      "ARRAY<T>", array_distinct, NO_AUTHOR),
    A("array_except", "Returns the distinct elements of the left array that are not in the right.", TWO, array_except,
      NO_AUTHOR),
    A("array_intersect", "Returns the distinct elements that are in both arrays.", TWO, array_intersect, NO_AUTHOR),
    A("ARRAY_JOIN", "Joins the texts of the elements with a delimiter.", "ARRAY<T> array", "VARCHAR", array_join_comma),
    A("ARRAY_JOIN", NULL, "ARRAY<T> array, VARCHAR delimiter", "VARCHAR", array_join_by, .flags = FN_NULLS),
    A("ARRAY_LENGTH", "Returns the number of elements.", "ARRAY<T> array", "INT", array_length),
    A("array_max", "Returns the greatest element.", "ARRAY<T> input", "T", array_max, NO_AUTHOR),
    A("array_min", "Returns the least element.", "ARRAY<T> input", "T", array_min, NO_AUTHOR),
    A("array_remove", "Removes all elements equal to a value.", "ARRAY<T> array, T victim", "ARRAY<T>", array_remove,
      .flags = FN_NULLS | FN_NO_AUTHOR),
    A("array_sort", "Sorts the elements; NULLs come last.", "ARRAY<T> input", "ARRAY<T>", array_sort_asc, NO_AUTHOR),
    A("array_sort", NULL, "ARRAY<T> input, VARCHAR direction", "ARRAY<T>", array_sort_dir, NO_AUTHOR),
    A("array_union", "Returns the distinct elements of both arrays.", TWO, array_union, NO_AUTHOR),
    A("GENERATE_SERIES", "Returns the whole numbers from start to end.", "INT start, INT end", "ARRAY<INT>",
      series_int),
    A("GENERATE_SERIES", NULL, "BIGINT start, BIGINT end", "ARRAY<BIGINT>", series_long),
    A("GENERATE_SERIES", NULL, "INT start, INT end, INT step", "ARRAY<INT>", series_int_step),
    A("GENERATE_SERIES", NULL, "BIGINT start, BIGINT end, INT step", "ARRAY<BIGINT>", series_long_step),
    A("slice", "Returns the elements from one position to another, both included.", "ARRAY<T> in, INT from, INT to",
      "ARRAY<T>", slice, .flags = FN_NULLS),
    M("AS_MAP", "Makes a map of an array of keys and an array of values.", "ARRAY<VARCHAR> keys, ARRAY<T> values",
      "MAP<VARCHAR, T>", as_map),
    ENTRIES("Returns the entries of a map as an array of structs with the fields K and V.", "VARCHAR"),
    ENTRIES(NULL, "BIGINT"),
    ENTRIES(NULL, "INT"),
    ENTRIES(NULL, "DOUBLE"),
    ENTRIES(NULL, "BOOLEAN"),
    M("map_keys", "Returns the keys of a map.", "MAP<VARCHAR, T> input", "ARRAY<VARCHAR>", map_keys, NO_AUTHOR),
    M("map_union", "Joins two maps; entries of the second replace those of the first.",
      "MAP<VARCHAR, T> map1, MAP<VARCHAR, T> map2", "MAP<VARCHAR, T>", map_union, .flags = FN_NULLS | FN_NO_AUTHOR),
    M("map_values", "Returns the values of a map.", "MAP<VARCHAR, T> input", "ARRAY<T>", map_values, NO_AUTHOR),
    R("OTHER", "AS_VALUE", "Copies a key column into the value.", "T keyColumn", "T", as_value),
    {0},
};
