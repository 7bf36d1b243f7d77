/* A library of user functions: scalar functions, table functions and aggregates of every shape.
 *
 * They are the functions that ksqlDB's own test-suite loads (TEST_UDF, BAD_UDF, TEST_UDAF, ...), so that its cases
 * can be run; each shows one thing that engine/udf.h can do. The table at the end is the place to start reading. */
#include <stdatomic.h>
#include <stdlib.h>

#include "udf.h"

#define FN(name) static udf_value name(udf_call *c, const udf_value *args)

/* For functions and settings that have no use for some of their arguments. */
#define UNUSED __attribute__((unused))

static const udf_type string_type = {.kind = UDF_STRING};

/* ---- scalar functions */

/* Java's functions take their numbers unboxed: a NULL fails before the function is reached. */
static bool numbers_given(udf_call *c, const udf_value *args, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (udf_is_null(args[i])) {
            udf_fail(c, "argument %u is NULL", i + 1);
            return false;
        }
    return true;
}

FN(int_string)
{
    return numbers_given(c, args, 1) ? udf_text("doStuffIntString") : udf_failed();
}

FN(long_string)
{
    return numbers_given(c, args, 1) ? udf_text("doStuffLongString") : udf_failed();
}

FN(long_long_string)
{
    return numbers_given(c, args, 2) ? udf_text("doStuffLongLongString") : udf_failed();
}

FN(long_varargs)
{
    return numbers_given(c, args, c->site->arg_count) ? udf_text("doStuffLongVarargs") : udf_failed();
}

FN(field_a)
{
    (void)c;
    return args[0].v[0];
}

/* A STRUCT of one field. Its elements live in the memory of the call. */
FN(to_struct)
{
    udf_value *field = udf_alloc(c, sizeof *field);
    field[0] = args[0];
    return udf_list(field, 1);
}

FN(foo_struct)
{
    (void)args;
    udf_value foo = udf_text("foo");
    return to_struct(c, &foo);
}

FN(always_fails)
{
    (void)args;
    return udf_fail(c, "boom!");
}

FN(fails_if_true)
{
    return args[0].i ? udf_fail(c, "You asked me to throw...") : udf_int(0);
}

/* A counter for each use in a statement. Several threads may run the same call, so it is atomic. */
static bool new_counter(udf_call *c, void **state)
{
    _Atomic uint64_t *calls = udf_alloc(c, sizeof *calls);
    atomic_init(calls, 0);
    *state = calls;
    return true;
}

FN(every_other)
{
    return atomic_fetch_add((_Atomic uint64_t *)c->site->state, 1) % 2 ? args[0] : udf_null();
}

/* The second argument tells whether CASE should have come here. */
FN(lazy_value)
{
    return args[1].i ? args[0] : udf_fail(c, "When condition in case is not running lazily!");
}

FN(to_string)
{
    udf_value text;
    return udf_cast(c, c->site->arg_types[0], args[0], &string_type, &text) ? text : udf_failed();
}

FN(to_map)
{
    udf_value *entry = udf_alloc(c, 2 * sizeof *entry);
    entry[0] = entry[1] = args[0];
    return udf_list(entry, 1);
}

FN(to_list)
{
    return to_struct(c, args);
}

FN(multiply_int)
{
    (void)c;
    return udf_int((int32_t)((uint32_t)args[0].i * (uint32_t)args[1].i));
}

FN(multiply_long)
{
    (void)c;
    return udf_int((int64_t)((uint64_t)args[0].i * (uint64_t)args[1].i));
}

FN(multiply_double)
{
    (void)c;
    return udf_double(args[0].d * args[1].d);
}

FN(backward_concat)
{
    char *text = udf_alloc(c, (size_t)args[0].n + args[1].n);
    memcpy(text, args[1].p, args[1].n);
    memcpy(text + args[1].n, args[0].p, args[0].n);
    return udf_bytes(text, (size_t)args[0].n + args[1].n);
}

/* ---- table functions: an ARRAY, one row an element */

FN(one_row)
{
    return to_struct(c, args);
}

/* A DECIMAL of any digits as DECIMAL(30, 10). */
FN(one_decimal)
{
    udf_value *row = udf_alloc(c, sizeof *row);
    return udf_cast(c, c->site->arg_types[0], args[0], c->site->result_type, row) ? udf_list(row, 1) : udf_failed();
}

FN(texts)
{
    uint32_t   n = c->site->arg_count;
    udf_value *rows = udf_alloc(c, n * sizeof *rows);
    for (uint32_t i = 0; i < n; i++)
        if (!udf_cast(c, c->site->arg_types[i], args[i], &string_type, &rows[i]))
            return udf_failed();
    return udf_list(rows, n);
}

/* Of every ARRAY the first element, of every MAP the first value. */
FN(texts_of_first)
{
    uint32_t   n = c->site->arg_count;
    udf_value *rows = udf_alloc(c, n * sizeof *rows);
    for (uint32_t i = 0; i < n; i++) {
        const udf_type *t = c->site->arg_types[i];
        if (args[i].n == 0)
            return udf_fail(c, "argument %u has no elements", i + 1);
        udf_value first = args[i].v[t->kind == UDF_MAP ? 1 : 0];
        rows[i] = first;
        if (!udf_is_null(first) && !udf_cast(c, t->elem, first, &string_type, &rows[i]))
            return udf_failed();
    }
    return udf_list(rows, n);
}

FN(row_or_fail)
{
    return args[0].i ? udf_fail(c, "You asked me to throw...") : to_struct(c, args);
}

/* ---- aggregates. The state is all they know about a group */

#define INITIAL(name) static udf_value name(UNUSED udf_call *c)
#define STEP(name) static udf_value name(UNUSED udf_call *c, udf_value state, const udf_value *args)
#define MERGE(name) static udf_value name(UNUSED udf_call *c, udf_value a, udf_value b)

static udf_value plus(int64_t a, int64_t b)
{
    return udf_int((int64_t)((uint64_t)a + (uint64_t)b));
}

static udf_value minus(int64_t a, int64_t b)
{
    return udf_int((int64_t)((uint64_t)a - (uint64_t)b));
}

INITIAL(zero)
{
    return udf_int(0);
}

/* The start is a setting, e.g. SET 'ksql.functions.test_udaf.init' = '100'; */
static bool read_start(udf_call *c, void **state)
{
    int64_t    *start = udf_alloc(c, sizeof *start);
    const char *text;
    uint32_t    n;
    char        digits[24] = "0", *end;
    if (udf_setting(c, "ksql.functions.test_udaf.init", &text, &n))
        snprintf(digits, sizeof digits, "%.*s", (int)n, text);
    *start = strtoll(digits, &end, 10);
    *state = start;
    if (*end == 0 && end != digits)
        return true;
    udf_fail(c, "ksql.functions.test_udaf.init is no number: %s", digits);
    return false;
}

INITIAL(start)
{
    return udf_int(*(const int64_t *)c->site->state);
}

STEP(sum_add)
{
    return numbers_given(c, args, 1) ? plus(state.i, args[0].i) : udf_failed();
}

STEP(sum_undo)
{
    return numbers_given(c, args, 1) ? minus(state.i, args[0].i) : udf_failed();
}

MERGE(sum_merge)
{
    return plus(a.i, b.i);
}

INITIAL(zero_double)
{
    return udf_double(0);
}

STEP(sum_add_double)
{
    return numbers_given(c, args, 1) ? udf_double(state.d + args[0].d) : udf_failed();
}

MERGE(sum_merge_double)
{
    return udf_double(a.d + b.d);
}

/* A type variable leaves the type open; here only some types make sense. */
static bool need_number(udf_call *c, UNUSED void **state)
{
    udf_kind_of_type k = c->site->arg_types[0]->kind;
    if (k == UDF_INTEGER || k == UDF_BIGINT || k == UDF_DOUBLE)
        return true;
    udf_fail(c, "test_udaf takes INT, BIGINT and DOUBLE");
    return false;
}

static bool is_double(const udf_call *c)
{
    return c->site->arg_types[0]->kind == UDF_DOUBLE;
}

/* INTEGER sums wrap, as Java's. */
static udf_value fitted(const udf_call *c, udf_value v)
{
    return c->site->result_type->kind == UDF_INTEGER ? udf_int((int32_t)(uint32_t)v.i) : v;
}

INITIAL(zero_any)
{
    return is_double(c) ? udf_double(0) : udf_int(0);
}

STEP(sum_add_any)
{
    return is_double(c) ? sum_add_double(c, state, args) : fitted(c, sum_add(c, state, args));
}

MERGE(sum_merge_any)
{
    return is_double(c) ? sum_merge_double(c, a, b) : fitted(c, sum_merge(c, a, b));
}

/* Length in UTF-16 units, as SQL's LEN. */
static int64_t length(udf_value s)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < s.n; i++) {
        uint8_t b = (uint8_t)s.p[i];
        n += (b & 0xc0) != 0x80;
        n += b >= 0xf0; /* beyond the first plane: two units */
    }
    return n;
}

/* What a value counts: a number itself, text its length, NULL nothing. */
static int64_t weight(const udf_type *t, udf_value v)
{
    return udf_is_null(v) ? 0 : t->kind == UDF_STRING ? length(v) : v.i;
}

INITIAL(sum_of_init_args)
{
    udf_value sum = udf_int(0);
    for (uint32_t i = 0; i < c->site->init_count; i++)
        sum = plus(sum.i, weight(c->site->init_types[i], c->site->init_args[i]));
    return sum;
}

STEP(add_weights)
{
    for (uint32_t i = 0; i < c->site->arg_count; i++)
        state = plus(state.i, weight(c->site->arg_types[i], args[i]));
    return state;
}

/* first and second count once, in what is shown, not in the state. */
static udf_value with_init_args(udf_call *c, udf_value state)
{
    return plus(state.i, sum_of_init_args(c).i);
}

static udf_value pair(udf_call *c, int64_t a, int64_t b)
{
    udf_value *fields = udf_alloc(c, 2 * sizeof *fields);
    fields[0] = udf_int((int32_t)(uint32_t)(uint64_t)a);
    fields[1] = udf_int((int32_t)(uint32_t)(uint64_t)b);
    return udf_list(fields, 2);
}

INITIAL(zero_pair)
{
    return pair(c, 0, 0);
}

MERGE(pair_merge)
{
    return pair(c, a.v[0].i + b.v[0].i, a.v[1].i + b.v[1].i);
}

STEP(pair_add)
{
    if (!numbers_given(c, args, 1) || !numbers_given(c, args[0].v, 2))
        return udf_failed();
    return pair_merge(c, state, args[0]);
}

INITIAL(no_elements)
{
    return udf_list(NULL, 0);
}

MERGE(append)
{
    udf_value *all = udf_alloc(c, ((size_t)a.n + b.n) * sizeof *all);
    if (a.n)
        memcpy(all, a.v, a.n * sizeof *all);
    if (b.n)
        memcpy(all + a.n, b.v, b.n * sizeof *all);
    return udf_list(all, (size_t)a.n + b.n);
}

/* Collects the first argument of rows without any NULL. */
STEP(collect_complete)
{
    for (uint32_t i = 0; i < c->site->arg_count; i++)
        if (udf_is_null(args[i]))
            return state;
    return append(c, state, udf_list(args, 1));
}

/* ---- the table */

#define WHO .author = "weir", .version = "1.0"
#define SCALAR(n, f, r, ...)                                                                     \
    {                                                                                            \
        .kind = UDF_SCALAR, .name = n, WHO, .returns = r, .scalar = f, .params = { __VA_ARGS__ } \
    }
#define TABLE(n, f, r, ...)                                                                     \
    {                                                                                           \
        .kind = UDF_TABLE, .name = n, WHO, .returns = r, .scalar = f, .params = { __VA_ARGS__ } \
    }
#define SEES_NULLS(n, f, r, ...)                                                                \
    {                                                                                           \
        .kind = UDF_SCALAR, .name = n, WHO, .returns = r, .scalar = f, .params = {__VA_ARGS__}, \
        .flags = UDF_SEES_NULLS                                                                 \
    }
#define COUNTS(n, inits, begin, show, ...)                                                                  \
    {                                                                                                       \
        .kind = UDF_AGGREGATE, .name = n, WHO, .returns = "BIGINT", .params = {__VA_ARGS__}, .aggregate = { \
            .init_params = inits,                                                                           \
            .initial = begin,                                                                               \
            .add = add_weights,                                                                             \
            .merge = sum_merge,                                                                             \
            .result = show                                                                                  \
        }                                                                                                   \
    }

#define A_STRUCT "STRUCT<A VARCHAR>"

static const udf_function functions[] = {
    {.kind = UDF_SCALAR,
     .name = "test_udf",
     WHO,
     .description = "Tells which of its overloads was called.",
     .variant_doc = "a number and a text",
     .params = {{"INT", "arg1", "a number"}, {"VARCHAR", "arg2", "a text; may be NULL"}},
     .returns = "VARCHAR",
     .flags = UDF_SEES_NULLS,
     .scalar = int_string},
    SEES_NULLS("test_udf", long_string, "VARCHAR", {"BIGINT", "arg1"}, {"VARCHAR", "arg2"}),
    SEES_NULLS("test_udf", long_long_string, "VARCHAR", {"BIGINT", "arg1"}, {"BIGINT", "arg2"}, {"VARCHAR", "arg3"}),
    SEES_NULLS("test_udf", long_varargs, "VARCHAR", {"BIGINT...", "args"}),
    SCALAR("test_udf", field_a, "VARCHAR", {A_STRUCT, "struct"}),
    SCALAR("test_udf", foo_struct, A_STRUCT, {0}),
    {.kind = UDF_SCALAR,
     .name = "bad_udf",
     WHO,
     .description = "Fails.",
     .params = {{"INT", "arg1"}},
     .returns = "VARCHAR",
     .scalar = always_fails},
    SCALAR("bad_udf", fails_if_true, "INT", {"BOOLEAN", "arg1", "whether to fail"}),
    {.kind = UDF_SCALAR,
     .name = "bad_udf",
     WHO,
     .variant_doc = "NULL and the argument in turn",
     .params = {{"VARCHAR", "arg1"}},
     .returns = "VARCHAR",
     .init = new_counter,
     .scalar = every_other},
    SCALAR("whencondition", lazy_value, "BOOLEAN", {"BOOLEAN", "retValue"}, {"BOOLEAN", "shouldBeEvaluated"}),
    SCALAR("whenresult", lazy_value, "INT", {"INT", "retVal"}, {"BOOLEAN", "shouldBeEvaluated"}),
    SCALAR("tostruct", to_struct, A_STRUCT, {"VARCHAR", "value"}),
    SCALAR("tostring", to_string, "VARCHAR", {"VARCHAR", "input"}),
    SCALAR("tostring", to_string, "VARCHAR", {"MAP<VARCHAR, INT>", "input"}),
    SCALAR("tostring", to_string, "VARCHAR", {"INT", "input"}),
    SCALAR("tostring", to_string, "VARCHAR", {"BIGINT", "input"}),
    SCALAR("tomap", to_map, "MAP<VARCHAR, VARCHAR>", {"VARCHAR", "value"}),
    SCALAR("tolist", to_list, "ARRAY<VARCHAR>", {"VARCHAR", "value"}),
    SCALAR("multiply", multiply_int, "BIGINT", {"INT", "v1"}, {"INT", "v2"}),
    SCALAR("multiply", multiply_long, "BIGINT", {"BIGINT", "v1"}, {"BIGINT", "v2"}),
    SCALAR("multiply", multiply_double, "DOUBLE", {"DOUBLE", "v1"}, {"DOUBLE", "v2"}),
    SCALAR("backward_concat", backward_concat, "VARCHAR", {"VARCHAR", "str1"}, {"VARCHAR", "str2"}),

    TABLE("test_udtf", texts, "VARCHAR", {"INT", "i"}, {"BIGINT", "l"}, {"DOUBLE", "d"}, {"BOOLEAN", "b"},
          {"VARCHAR", "s"}, {"DECIMAL", "bd"}, {A_STRUCT, "struct"}),
    TABLE("test_udtf", texts_of_first, "VARCHAR", {"ARRAY<INT>", "i"}, {"ARRAY<BIGINT>", "l"}, {"ARRAY<DOUBLE>", "d"},
          {"ARRAY<BOOLEAN>", "b"}, {"ARRAY<VARCHAR>", "s"}, {"ARRAY<DECIMAL>", "bd"},
          {"ARRAY<" A_STRUCT ">", "struct"}),
    TABLE("test_udtf", texts_of_first, "VARCHAR", {"MAP<VARCHAR, INT>", "i"}, {"MAP<VARCHAR, BIGINT>", "l"},
          {"MAP<VARCHAR, DOUBLE>", "d"}, {"MAP<VARCHAR, BOOLEAN>", "b"}, {"MAP<VARCHAR, VARCHAR>", "s"},
          {"MAP<VARCHAR, DECIMAL>", "bd"}, {"MAP<VARCHAR, " A_STRUCT ">", "struct"}),
    TABLE("test_udtf", texts_of_first, "VARCHAR", {"MAP<BIGINT, INT>", "i"}, {"MAP<VARCHAR, BIGINT>", "l"},
          {"MAP<VARCHAR, DOUBLE>", "d"}, {"MAP<VARCHAR, BOOLEAN>", "b"}, {"MAP<VARCHAR, VARCHAR>", "s"},
          {"MAP<VARCHAR, DECIMAL>", "bd"}, {"MAP<VARCHAR, " A_STRUCT ">", "struct"}),
    TABLE("test_udtf", one_row, "INT", {"INT", "i"}),
    TABLE("test_udtf", one_row, "BIGINT", {"BIGINT", "l"}),
    TABLE("test_udtf", one_row, "DOUBLE", {"DOUBLE", "d"}),
    TABLE("test_udtf", one_row, "BOOLEAN", {"BOOLEAN", "b"}),
    TABLE("test_udtf", one_row, "VARCHAR", {"VARCHAR", "s"}),
    TABLE("test_udtf", one_decimal, "DECIMAL(30, 10)", {"DECIMAL", "bd"}),
    TABLE("test_udtf", one_row, A_STRUCT, {A_STRUCT, "struct"}),
    TABLE("throwing_udtf", row_or_fail, "BOOLEAN", {"BOOLEAN", "shouldThrow"}),

    {.kind = UDF_AGGREGATE,
     .name = "test_udaf",
     WHO,
     .description = "Sums numbers, lengths of texts, or the fields of a STRUCT.",
     .params = {{"BIGINT", "val1", "what to sum"}},
     .returns = "BIGINT",
     .aggregate = {.initial = zero, .add = sum_add, .merge = sum_merge, .undo = sum_undo}},
    {.kind = UDF_AGGREGATE,
     .name = "test_udaf",
     WHO,
     .params = {{"INT", "val1"}},
     .returns = "BIGINT",
     .init = read_start,
     .aggregate = {.initial = start, .add = sum_add, .merge = sum_merge, .undo = sum_undo}},
    {.kind = UDF_AGGREGATE,
     .name = "test_udaf",
     WHO,
     .params = {{"DOUBLE", "val1"}},
     .returns = "DOUBLE",
     .aggregate = {.initial = zero_double, .add = sum_add_double, .merge = sum_merge_double}},
    {.kind = UDF_AGGREGATE,
     .name = "test_udaf",
     WHO,
     .params = {{"T", "val1"}},
     .returns = "T",
     .init = need_number,
     .aggregate = {.initial = zero_any, .add = sum_add_any, .merge = sum_merge_any}},
    COUNTS("test_udaf", 1, sum_of_init_args, NULL, {"VARCHAR", "val1"}, {"VARCHAR", "initialString"}),
    {.kind = UDF_AGGREGATE,
     .name = "test_udaf",
     WHO,
     .params = {{"STRUCT<A INT, B INT>", "val1"}},
     .returns = "STRUCT<A INT, B INT>",
     .aggregate = {.initial = zero_pair, .add = pair_add, .merge = pair_merge}},
    COUNTS("VAR_ARG", 0, zero, NULL, {"BIGINT", "val1"}, {"VARCHAR...", "val2"}),
    COUNTS("MID_VAR_ARG", 2, zero, with_init_args, {"BIGINT", "val1"}, {"VARCHAR...", "val2"}, {"INT", "first"},
           {"INT", "second"}),
    COUNTS("MULTI_ARG", 2, sum_of_init_args, NULL, {"BIGINT", "val1"}, {"VARCHAR", "val2"}, {"INT", "initArg1"},
           {"VARCHAR...", "initArg2"}),
    COUNTS("FOUR_ARG", 2, sum_of_init_args, NULL, {"BIGINT", "val1"}, {"VARCHAR", "val2"}, {"VARCHAR", "val3"},
           {"VARCHAR", "val4"}, {"INT", "initArg1"}, {"VARCHAR...", "initArg2"}),
    COUNTS("FIVE_ARG", 2, sum_of_init_args, NULL, {"BIGINT", "val1"}, {"VARCHAR", "val2"}, {"VARCHAR", "val3"},
           {"VARCHAR", "val4"}, {"INT", "val5"}, {"INT", "initArg1"}, {"VARCHAR...", "initArg2"}),
    {.kind = UDF_AGGREGATE,
     .name = "GENERIC_VAR_ARG",
     WHO,
     .params = {{"A", "val1"}, {"B", "val2"}, {"C...", "val3"}},
     .returns = "ARRAY<A>",
     .aggregate = {.initial = no_elements, .add = collect_complete, .merge = append}},
    {.kind = UDF_AGGREGATE,
     .name = "OBJ_COL_ARG",
     WHO,
     .params = {{"INT", "val1"}, {"ANY...", "val2"}},
     .returns = "ARRAY<INT>",
     .aggregate = {.initial = no_elements, .add = collect_complete, .merge = append}},
};

UDF_LIBRARY(functions)
