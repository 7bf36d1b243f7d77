/* Users' functions: libraries good and bad, rows that are refused, values of every type in and out, results
 * that are no values of their type, failures, aggregates through the bytes of a store. */
#include "../func/eval_sql.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/agg/agg.h"
#include "engine/format/format.h"
#include "engine/func/table_func.h"
#include "engine/udf/udf_load.h"

#define FN(name) \
    static udf_value name(__attribute__((unused)) udf_call *c, __attribute__((unused)) const udf_value *args)

static status st;

#define REGISTER(array)                                                                            \
    do {                                                                                           \
        static const udf_library lib = {UDF_ABI_VERSION, sizeof(array) / sizeof(array)[0], array}; \
        if (!udf_register(&lib, #array, &st))                                                      \
            fail_msg("%s", st.msg);                                                                \
    } while (0)

/* ---- files */

static const char *library(const char *name)
{
    static char path[4096];
    const char *slash = strrchr(program_invocation_name, '/');
    snprintf(path, sizeof path, "%.*s/../../../udf/%s", slash ? (int)(slash - program_invocation_name) : 1,
             slash ? program_invocation_name : ".", name);
    return path;
}

static void refused(const char *path, const char *why)
{
    assert_false(udf_load(path, &st));
    if (strstr(st.msg, why) == NULL || strncmp(st.msg, path, strlen(path)) != 0)
        fail_msg("'%s' instead of '%s: ... %s'", st.msg, path, why);
}

static void test_files(void **state)
{
    (void)state;
    assert_string_equal(ev("TWICE(4)"), "REFUSED Can't find any functions with the name 'TWICE'");
    if (!udf_load(library("good.so"), &st))
        fail_msg("%s", st.msg);
    assert_string_equal(ev("TWICE(4)"), "8");
    assert_string_equal(ev("twice(I)"), "10");
    assert_string_equal(ev("TWICE(N_I)"), "NULL");
    assert_non_null(strstr(ev("TWICE('x')"), "TWICE(BIGINT x)"));
    refused(library("good.so"), "good.so has a function of this name already");
    refused(library("version.so"), "was compiled for version 2 of udf.h and this weir has version 1; compile it again");
    refused(library("nothing.so"), "the symbol weir_udf_library is missing");
    refused("/proc/self/cmdline", "cannot be loaded as a library");
    refused("/nowhere/functions.so", "cannot be found: No such file");
}

static void test_folder(void **state)
{
    (void)state;
    char dir[] = "/tmp/weir-udf-XXXXXX", link[64], real[4096];
    assert_non_null(mkdtemp(dir));
    assert_true(udf_load(dir, &st)); /* an empty folder has no functions */
    assert_non_null(realpath(library("second.so"), real));
    snprintf(link, sizeof link, "%s/b.so", dir);
    assert_int_equal(symlink(real, link), 0);
    char other[64]; /* other files of a ksqlDB's folder are left alone */
    snprintf(other, sizeof other, "%s/a.jar", dir);
    assert_int_equal(symlink("/proc/self/cmdline", other), 0);
    if (!udf_load(dir, &st))
        fail_msg("%s", st.msg);
    assert_string_equal(ev("THRICE(5)"), "15");
    unlink(link);
    unlink(other);
    rmdir(dir);
}

/* ---- rows that are refused */

FN(null_fn)
{
    return udf_null();
}

static udf_value null_initial(udf_call *c)
{
    (void)c;
    return udf_null();
}

static udf_value keep(udf_call *c, udf_value state, const udf_value *args)
{
    (void)c;
    (void)args;
    return state;
}

static udf_value first(udf_call *c, udf_value a, udf_value b)
{
    (void)c;
    (void)b;
    return a;
}

#define F(n, r, ...)                                                                              \
    {                                                                                             \
        .kind = UDF_SCALAR, .name = n, .returns = r, .scalar = null_fn, .params = { __VA_ARGS__ } \
    }
#define STEPS .initial = null_initial, .add = keep, .merge = first

static void test_bad_rows(void **state)
{
    (void)state;
    static const struct {
        udf_function f[2];
        const char  *why;
    } bad[] = {
        {{F(NULL, "INT", {0})}, "function 1 (without name): its name is missing"},
        {{F("", "INT", {0})}, "is not a valid function name"},
        {{F("two words", "INT", {0})}, "two words is not a valid function name"},
        {{F("1st", "INT", {0})}, "is not a valid function name"},
        {{F("select", "INT", {0})}, "select is not a valid function name"},
        {{F("a23456789012345678901234567890123456789012345678901234567890abcd", "INT", {0})}, "more than 63 bytes"},
        {{F("ucase", "INT", {0})}, "function 1 (ucase): weir has a built-in function of this name"},
        {{F("Explode", "INT", {0})}, "built-in function of this name"},
        {{F("SUM", "INT", {0})}, "built-in function of this name"},
        {{F("bad", NULL, {0})}, "result's type is missing"},
        {{F("bad", "STRNG", {0})}, "'STRNG' is no type"},
        {{F("bad", "INT", {"INTEGR", "x"})},
         "parameter 1: \"INTEGR\" is no type: 'INTEGR' is no type; a type variable"},
        {{F("bad", "INT", {"INT", "x"}, {"ARRAY<INT", "y"})}, "parameter 2: \"ARRAY<INT\" is no type: '>' is missing"},
        {{F("bad", "INT", {"ARRAY", "y"})}, "'<' is missing"},
        {{F("bad", "INT", {"MAP<VARCHAR>", "y"})}, "',' is missing"},
        {{F("bad", "INT", {"STRUCT<>", "y"})}, "field's name is missing"},
        {{F("bad", "INT", {"STRUCT<`a INT>", "y"})}, "closing ` is missing"},
        {{F("bad", "INT", {"DECIMAL(2, 4)", "y"})}, "DECIMAL(2, 4) is no type"},
        {{F("bad", "INT", {"DECIMAL(99999999999, 4)", "y"})}, "at most 100000 digits"},
        {{F("bad", "INT", {"INTERVAL", "y"})}, "not followed by UNIT"},
        {{F("bad", "INT", {"LAMBDA () => INT", "y"})}, "a type is missing"},
        {{F("bad", "INT", {"LAMBDA (INT, INT, INT, INT, INT) => INT", "y"})}, "more than 4 inputs"},
        {{F("bad", "INT", {"LAMBDA (INT) => INT...", "y"})}, "not a variadic one"},
        {{F("bad", "INT", {"INT x", "y"})}, "something follows it"},
        {{F("bad", "INT", {"", "y"})}, "parameter 1"},
        {{F("bad", "INT", {"INT", "it's"})}, "parameter 1: its name has a quote"},
        {{F("bad", "INT", {"INT...", "x"}, {"INT...", "y"})}, "more than one parameter is variadic"},
        {{F("bad", "INT",
            {"ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<"
             "ARRAY<ARRAY<INT>>>>>>>>>>>>>>>>>",
             "x"})},
         "more than 16 levels deep"},
        {{F("bad", "T", {"INT", "x"})}, "its result \"T\": its type variable stands in no parameter"},
        {{F("bad", "ANY", {"INT", "x"})}, "are no types of values"},
        {{F("bad", "DECIMAL", {"DECIMAL", "x"})}, "lacks precision and scale"},
        {{F("bad", "ARRAY<STRUCT>", {"INT", "x"})}, "STRUCT lacks its fields"},
        {{{.kind = UDF_SCALAR, .name = "bad", .returns = "INT"}}, "its member `scalar` is missing"},
        {{{.kind = 9, .name = "bad", .returns = "INT"}}, "its kind is none of"},
        {{{.kind = UDF_SCALAR, .name = "bad", .returns = "INT", .scalar = null_fn, .flags = 64}}, "unknown flags"},
        {{{.kind = UDF_TABLE,
           .name = "bad",
           .returns = "INT",
           .scalar = null_fn,
           .params = {{"LAMBDA (INT) => INT", "f"}}}},
         "only a scalar function takes a LAMBDA"},
        {{{.kind = UDF_AGGREGATE, .name = "bad", .returns = "INT", .aggregate = {.initial = null_initial}}},
         "needs initial, add and merge"},
        {{{.kind = UDF_AGGREGATE, .name = "bad", .returns = "INT", .aggregate = {STEPS, .init_params = 1}}},
         "more init_params than parameters"},
        {{{.kind = UDF_AGGREGATE, .name = "bad", .returns = "INT", .aggregate = {STEPS, .state_text = "IN"}}},
         "its state \"IN\" is no type"},
        {{{.kind = UDF_AGGREGATE, .name = "bad", .returns = "INT", .aggregate = {STEPS, .state_text = "V"}}},
         "its state \"V\": its type variable"},
        {{F("fine", "INT", {"INT", "x"}), F("FINE", "BIGINT", {"INT", "y"})},
         "function 2 (FINE): Can't add function as a function with the same name and parameter types already exists: "
         "function 1"},
        {{F("fine", "INT", {"INT", "x"}), {.kind = UDF_TABLE, .name = "fine", .returns = "INT", .scalar = null_fn}},
         "function 1 has the same name and is of another kind"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        udf_library lib = {UDF_ABI_VERSION, bad[i].f[1].kind ? 2 : 1, bad[i].f};
        if (udf_register(&lib, "bad.so", &st))
            fail_msg("row %zu was taken; expected: %s", i, bad[i].why);
        if (strstr(st.msg, bad[i].why) == NULL || strncmp(st.msg, "bad.so: ", 8) != 0)
            fail_msg("row %zu: '%s' instead of '%s'", i, st.msg, bad[i].why);
    }
    udf_library none = {UDF_ABI_VERSION, 3, NULL}, many = {UDF_ABI_VERSION, 1000000, bad[0].f};
    assert_false(udf_register(&none, "bad.so", &st));
    assert_false(udf_register(&many, "bad.so", &st));
    assert_false(udf_register(NULL, "bad.so", &st));
    assert_string_equal(ev("FINE(1)"), "REFUSED Can't find any functions with the name 'FINE'"); /* all or nothing */
}

/* ---- scalar functions */

FN(same)
{
    return args[0];
}

/* Reads a value of every type by what udf.h says of it, and tells it in digits. */
static size_t tell(char *out, size_t max, const udf_type *t, udf_value v)
{
    if (udf_is_null(v))
        return (size_t)snprintf(out, max, "null");
    switch (t->kind) {
    case UDF_DOUBLE:
        return (size_t)snprintf(out, max, "%g", v.d);
    case UDF_STRING:
    case UDF_BYTES:
        return (size_t)snprintf(out, max, "'%.*s'", (int)v.n, v.p);
    case UDF_DECIMAL:
        return v.n ? (size_t)snprintf(out, max, "%u bytes 0x%02x", v.n, (unsigned)(uint8_t)v.p[0])
                   : (size_t)snprintf(out, max, "%ld(%d,%d)", v.i, t->precision, t->scale);
    case UDF_ARRAY:
    case UDF_MAP:
    case UDF_STRUCT: {
        size_t   n = (size_t)snprintf(out, max, "[");
        uint32_t parts = t->kind == UDF_MAP ? 2 * v.n : v.n;
        for (uint32_t i = 0; i < parts; i++) {
            const udf_type *pt = t->kind == UDF_ARRAY ? t->elem
                                 : t->kind == UDF_MAP ? (i % 2 ? t->elem : t->key)
                                                      : t->fields[i].type;
            if (t->kind == UDF_STRUCT)
                n += (size_t)snprintf(out + n, max - n, "%s=", t->fields[i].name);
            n += tell(out + n, max - n, pt, v.v[i]);
            n += (size_t)snprintf(out + n, max - n, " ");
        }
        return n + (size_t)snprintf(out + n, max - n, "]");
    }
    default:
        return (size_t)snprintf(out, max, "%ld", v.i);
    }
}

FN(told)
{
    char text[1000];
    return udf_copy(c, text, tell(text, sizeof text, c->site->arg_types[0], args[0]));
}

static const char *const made[] = {"BOOLEAN",
                                   "INT",
                                   "BIGINT",
                                   "DOUBLE",
                                   "VARCHAR",
                                   "BYTES",
                                   "TIME",
                                   "DATE",
                                   "TIMESTAMP",
                                   "DECIMAL(6, 2)",
                                   "ARRAY<INT>",
                                   "MAP<VARCHAR, DOUBLE>",
                                   "STRUCT<A INT, `b` VARCHAR>",
                                   "DECIMAL(40, 5)"};

/* MADE_<n>(): a value of type made[n]. */
FN(make)
{
    udf_value *v = udf_alloc(c, 4 * sizeof *v);
    switch (c->site->result_type->kind) {
    case UDF_BOOLEAN:
        return udf_int(1);
    case UDF_DOUBLE:
        return udf_double(2.5);
    case UDF_STRING:
        return udf_text("text");
    case UDF_BYTES:
        return udf_bytes("a\0b", 3);
    case UDF_DECIMAL:
        if (c->site->result_type->precision == 40) /* 2^64 hundred-thousandths */
            return udf_copy(c, "\1\0\0\0\0\0\0\0\0", 9);
        return udf_int(-1234);
    case UDF_ARRAY:
        v[0] = udf_int(1);
        v[1] = udf_null();
        return udf_list(v, 2);
    case UDF_MAP:
        v[0] = udf_text("k");
        v[1] = udf_double(1);
        return udf_list(v, 1);
    case UDF_STRUCT:
        v[0] = udf_int(7);
        v[1] = udf_text("x");
        return udf_list(v, 2);
    default:
        return udf_int(10);
    }
}

FN(fails)
{
    return udf_fail(c, "boom %d", 7);
}

FN(is_null)
{
    return udf_int(udf_is_null(args[0]));
}

FN(count_args)
{
    return udf_int(c->site->arg_count);
}

FN(as_text)
{
    static const udf_type text = {.kind = UDF_STRING};
    udf_value             v;
    return udf_cast(c, c->site->arg_types[0], args[0], &text, &v) ? v : udf_failed();
}

FN(as_int)
{
    static const udf_type integer = {.kind = UDF_INTEGER};
    udf_value             v;
    return udf_cast(c, c->site->arg_types[0], args[0], &integer, &v) ? v : udf_failed();
}

FN(order)
{
    const udf_type *t = c->site->arg_types[0];
    return udf_int(udf_equal(c, t, args[0], args[1]) ? 0 : udf_compare(c, t, args[0], args[1]) < 0 ? -1 : 1);
}

FN(apply_twice)
{
    udf_value v = udf_lambda(c, 1, args, 1);
    return v.state == UDF_IS_ERROR ? v : udf_lambda(c, 1, &v, 1);
}

FN(apply_wrong)
{
    return udf_lambda(c, 0, args, 1);
}

FN(unit_name)
{
    return args[0];
}

/* The scale stands in a literal: WITH_SCALE(INT, 2) is DECIMAL(12, 2). */
static const udf_type *scale_type(udf_call *c)
{
    const udf_value *n = c->site->literals[1];
    if (n == NULL || n->i < 0 || n->i > 10) {
        udf_fail(c, "the scale must be a literal from 0 to 10");
        return NULL;
    }
    udf_type *t = udf_alloc(c, sizeof *t);
    *t = (udf_type){.kind = UDF_DECIMAL, .precision = 12, .scale = (int32_t)n->i};
    return t;
}

static bool scale_init(udf_call *c, void **state)
{
    int64_t *power = udf_alloc(c, sizeof *power);
    *power = 1;
    for (int64_t i = 0; i < c->site->literals[1]->i; i++)
        *power *= 10;
    *state = power;
    return true;
}

FN(with_scale)
{
    return udf_int(args[0].i * *(const int64_t *)c->site->state);
}

static const udf_type *list_of_arg(udf_call *c)
{
    udf_type *t = udf_alloc(c, sizeof *t);
    *t = (udf_type){.kind = UDF_ARRAY, .elem = c->site->arg_types[0]};
    return t;
}

static const udf_type *broken_type(udf_call *c)
{
    static const udf_type t = {.kind = UDF_ARRAY};
    (void)c;
    return &t;
}

static bool refuses(udf_call *c, void **state)
{
    (void)state;
    udf_fail(c, "not today");
    return false;
}

static const udf_function scalars[] = {
    {.kind = UDF_SCALAR, .name = "same", .returns = "T", .params = {{"T", "x"}}, .scalar = same},
    {.kind = UDF_SCALAR, .name = "told", .returns = "VARCHAR", .params = {{"T", "x"}}, .scalar = told},
    {.kind = UDF_SCALAR, .name = "made_0", .returns = "BOOLEAN", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_1", .returns = "INT", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_2", .returns = "BIGINT", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_3", .returns = "DOUBLE", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_4", .returns = "VARCHAR", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_5", .returns = "BYTES", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_6", .returns = "TIME", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_7", .returns = "DATE", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_8", .returns = "TIMESTAMP", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_9", .returns = "DECIMAL(6, 2)", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_10", .returns = "ARRAY<INT>", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_11", .returns = "MAP<VARCHAR, DOUBLE>", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_12", .returns = "STRUCT<A INT, `b` VARCHAR>", .scalar = make},
    {.kind = UDF_SCALAR, .name = "made_13", .returns = "DECIMAL(40, 5)", .scalar = make},
    {.kind = UDF_SCALAR, .name = "fails", .returns = "INT", .scalar = fails},
    {.kind = UDF_SCALAR,
     .name = "null_told",
     .returns = "BOOLEAN",
     .params = {{"ANY", "x"}},
     .flags = UDF_SEES_NULLS,
     .scalar = is_null},
    {.kind = UDF_SCALAR, .name = "null_hidden", .returns = "BOOLEAN", .params = {{"ANY", "x"}}, .scalar = is_null},
    {.kind = UDF_SCALAR,
     .name = "middle",
     .returns = "INT",
     .params = {{"INT", "a"}, {"VARCHAR...", "b"}, {"DOUBLE", "c"}},
     .scalar = count_args},
    {.kind = UDF_SCALAR, .name = "as_text", .returns = "VARCHAR", .params = {{"T", "x"}}, .scalar = as_text},
    {.kind = UDF_SCALAR, .name = "as_int", .returns = "INT", .params = {{"T", "x"}}, .scalar = as_int},
    {.kind = UDF_SCALAR, .name = "order_of", .returns = "INT", .params = {{"T", "x"}, {"T", "y"}}, .scalar = order},
    {.kind = UDF_SCALAR,
     .name = "apply_twice",
     .returns = "T",
     .params = {{"T", "x"}, {"LAMBDA (T) => T", "f"}},
     .scalar = apply_twice},
    {.kind = UDF_SCALAR, .name = "apply_wrong", .returns = "T", .params = {{"T", "x"}}, .scalar = apply_wrong},
    {.kind = UDF_SCALAR,
     .name = "unit_name",
     .returns = "VARCHAR",
     .params = {{"INTERVAL UNIT", "unit"}},
     .scalar = unit_name},
    {.kind = UDF_SCALAR,
     .name = "with_scale",
     .returns = "DECIMAL",
     .params = {{"BIGINT", "x"}, {"INT", "scale"}},
     .result_type = scale_type,
     .init = scale_init,
     .scalar = with_scale},
    {.kind = UDF_SCALAR,
     .name = "mismatched",
     .returns = "BIGINT",
     .params = {{"T", "x"}},
     .result_type = list_of_arg,
     .scalar = null_fn},
    {.kind = UDF_SCALAR,
     .name = "broken",
     .returns = "ANY",
     .params = {{"T", "x"}},
     .result_type = broken_type,
     .scalar = null_fn},
    {.kind = UDF_SCALAR, .name = "refused", .returns = "INT", .init = refuses, .scalar = null_fn},
};

static void check(const char *sql, const char *want)
{
    const char *got = ev(sql);
    if (strcmp(got, want) != 0)
        fail_msg("%s: '%s' instead of '%s'", sql, got, want);
}

static void test_types(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        /* expression, what C sees, its text after a way through C */
        {"BO", "1", "true"},
        {"-5", "-5", "-5"},
        {"L", "7000000000", "7000000000"},
        {"D", "2.5", "2.5"},
        {"'gr\xc3\xbc\xc3\x9f'", "'gr\xc3\xbc\xc3\x9f'", "gr\xc3\xbc\xc3\x9f"},
        {"''", "''", ""},
        {"B", "'ab'", "YWI="},
        {"TM", "3723004", "01:02:03"},
        {"DT", "18262", "2020-01-01"},
        {"TS", "1577934245006", "2020-01-02T03:04:05.006"},
        {"DEC42", "1234(4,2)", "12.34"},
        {"ARRAY[1, 2]", "[1 2 ]", "[1, 2]"},
        {"MAP('a' := 1.5E0)", "['a' 1.5 ]", "{a=1.5}"},
        {"STRUCT(A := 1, `b` := 'x')", "[A=1 b='x' ]", "Struct{A=1,b=x}"},
        {"ARRAY[MAP('k' := ARRAY['v', 'w'])]", "[['k' ['v' 'w' ] ] ]", "[{k=[v, w]}]"},
        {"CAST('123456789012345678901234567890' AS DECIMAL(30, 0))", "13 bytes 0x01", "123456789012345678901234567890"},
    };
    char sql[200];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(sql, sizeof sql, "TOLD(%s)", cases[i][0]);
        check(sql, cases[i][1]);
        bool bytes = strcmp(cases[i][0], "B") == 0; /* no CAST to STRING */
        snprintf(sql, sizeof sql, bytes ? "FROM_BYTES(SAME(%s), 'base64')" : "AS_TEXT(SAME(%s))", cases[i][0]);
        check(sql, cases[i][2]);
    }
    static const char *const want[] = {"true",
                                       "10",
                                       "10",
                                       "2.5",
                                       "text",
                                       "YQBi",
                                       "00:00",
                                       "1970-01-11",
                                       "1970-01-01T00:00:00.010",
                                       "-12.34",
                                       "[1, null]",
                                       "{k=1.0}",
                                       "Struct{A=7,b=x}",
                                       "184467440737095.51616"};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        snprintf(sql, sizeof sql, "MADE_%zu()", i);
        assert_string_equal(type_of(sql), strcmp(made[i], "INT") == 0                    ? "INTEGER"
                                          : strcmp(made[i], "VARCHAR") == 0              ? "STRING"
                                          : strcmp(made[i], "ARRAY<INT>") == 0           ? "ARRAY<INTEGER>"
                                          : strcmp(made[i], "MAP<VARCHAR, DOUBLE>") == 0 ? "MAP<STRING, DOUBLE>"
                                          : strncmp(made[i], "STRUCT", 6) == 0           ? "STRUCT<A INTEGER, b STRING>"
                                                                                         : made[i]);
        bool bytes = strcmp(made[i], "BYTES") == 0;
        snprintf(sql, sizeof sql, bytes ? "FROM_BYTES(MADE_%zu(), 'base64')" : "AS_TEXT(MADE_%zu())", i);
        check(sql, want[i]);
    }
}

static void test_scalars(void **state)
{
    (void)state;
    check("FAILS()", "ERR boom 7");
    check("COALESCE(FAILS(), 3)", "3");
    check("NULL_TOLD(N_S)", "true");
    check("NULL_TOLD(S)", "false");
    check("NULL_HIDDEN(N_S)", "NULL");
    check("NULL_HIDDEN(S)", "false");
    check("MIDDLE(1, 2.5E0)", "2");
    check("MIDDLE(1, 'a', 'b', 'c', I)", "5");
    assert_non_null(strstr(ev("MIDDLE(1, 2.5E0, 'a')"), "MIDDLE(INT a, VARCHAR... b, DOUBLE c)"));
    check("AS_INT('12')", "12");
    assert_non_null(strstr(ev("AS_INT('x')"), "ERR "));
    assert_non_null(strstr(ev("AS_INT(ARRAY[1])"), "ERR Cast of ARRAY to INTEGER is not supported"));
    check("ORDER_OF('a', 'b')", "-1");
    check("ORDER_OF(DEC42, DEC42)", "0");
    check("ORDER_OF(ARRAY[2], ARRAY[1])", "1");
    check("APPLY_TWICE(3, x => x * x)", "81");
    assert_non_null(strstr(ev("APPLY_TWICE(3, x => x * N_I)"), "ERR "));
    check("APPLY_WRONG(3)", "ERR argument 0 is no lambda of 1 inputs");
    check("UNIT_NAME(HOURS)", "HOURS");
    check("WITH_SCALE(5, 2)", "5.00");
    assert_string_equal(type_of("WITH_SCALE(5, 2)"), "DECIMAL(12, 2)");
    check("WITH_SCALE(5, I)", "REFUSED the scale must be a literal from 0 to 10");
    check("WITH_SCALE(5, 11)", "REFUSED the scale must be a literal from 0 to 10");
    check("MISMATCHED(5)", "REFUSED Return type ARRAY<INTEGER> of UDF mismatched does not match the declared return "
                           "type BIGINT.");
    check("BROKEN(5)", "REFUSED a type that the function made is none: a part of it is missing");
    check("REFUSED()", "REFUSED refused: not today");
}

/* ---- results that are none */

static udf_value faulty; /* what FAULTY_<type>() gives */

FN(give_faulty)
{
    return faulty;
}

static const udf_function faulties[] = {
    {.kind = UDF_SCALAR, .name = "faulty_boolean", .returns = "BOOLEAN", .scalar = give_faulty},
    {.kind = UDF_SCALAR, .name = "faulty_int", .returns = "INT", .scalar = give_faulty},
    {.kind = UDF_SCALAR, .name = "faulty_date", .returns = "DATE", .scalar = give_faulty},
    {.kind = UDF_SCALAR, .name = "faulty_time", .returns = "TIME", .scalar = give_faulty},
    {.kind = UDF_SCALAR, .name = "faulty_text", .returns = "VARCHAR", .scalar = give_faulty},
    {.kind = UDF_SCALAR, .name = "faulty_bytes", .returns = "BYTES", .scalar = give_faulty},
    {.kind = UDF_SCALAR, .name = "faulty_decimal", .returns = "DECIMAL(4, 2)", .scalar = give_faulty},
    {.kind = UDF_SCALAR, .name = "faulty_array", .returns = "ARRAY<INT>", .scalar = give_faulty},
    {.kind = UDF_SCALAR, .name = "faulty_map", .returns = "MAP<VARCHAR, INT>", .scalar = give_faulty},
    {.kind = UDF_SCALAR, .name = "faulty_struct", .returns = "STRUCT<A INT, B INT>", .scalar = give_faulty},
};

static void check_fault(const char *name, udf_value v, const char *why)
{
    char sql[100], want[300];
    faulty = v;
    snprintf(sql, sizeof sql, "%s()", name);
    snprintf(want, sizeof want, "ERR the function %s gave %s", name, why);
    check(sql, want);
}

static void test_faulty_results(void **state)
{
    (void)state;
    udf_value big[2] = {udf_int(1), udf_int((int64_t)INT32_MAX + 1)}, entry[2] = {udf_null(), udf_text("\xff")};
    udf_value odd = udf_int(1), nowhere = udf_bytes(NULL, 5);
    odd.state = 77;
    check_fault("faulty_int", odd, "a value whose state is neither UDF_IS_NULL nor UDF_IS_VALUE");
    check_fault("faulty_int", udf_int(INT64_MAX), "a number outside the range of its type");
    check_fault("faulty_date", udf_int(INT64_MIN), "a number outside the range of its type");
    check_fault("faulty_boolean", udf_int(2), "a BOOLEAN other than 0 and 1");
    check_fault("faulty_time", udf_int(86400000), "a TIME outside a day");
    check_fault("faulty_text", udf_text("a\xc3"), "text that is not UTF-8");
    check_fault("faulty_text", nowhere, "text or bytes of no possible length");
    check_fault("faulty_bytes", udf_bytes("", UINT32_MAX), "text or bytes of no possible length");
    check_fault("faulty_decimal", udf_int(10000), "a DECIMAL with more digits than its type");
    check_fault("faulty_decimal", udf_bytes("\1", 1), "a DECIMAL in bytes though it has room in 64 bits");
    check_fault("faulty_array", udf_list(NULL, 1), "a container without elements");
    check_fault("faulty_array", udf_list(big, 2), "a number outside the range of its type");
    entry[0] = udf_text("\xff");
    check_fault("faulty_map", udf_list(entry, 1), "text that is not UTF-8");
    check_fault("faulty_struct", udf_list(big, 1), "a STRUCT with another number of fields");
    check_fault("faulty_struct", udf_list(big, 2), "a number outside the range of its type");
    faulty = udf_null();
    check("FAULTY_STRUCT()", "NULL");
}

/* ---- table functions */

FN(repeat)
{
    udf_value *rows = udf_alloc(c, (size_t)args[1].i * sizeof *rows);
    for (int64_t i = 0; i < args[1].i; i++)
        rows[i] = args[0];
    return udf_list(rows, (size_t)args[1].i);
}

static const udf_function tables[] = {
    {.kind = UDF_TABLE, .name = "repeat_row", .returns = "T", .params = {{"T", "x"}, {"INT", "n"}}, .scalar = repeat},
};

static void test_table(void **state)
{
    (void)state;
    arena a;
    arena_init(&a);
    const xnode *args[2] = {expr_literal(&a, &type_string, value_s(STR("x"))),
                            expr_literal(&a, &type_integer, value_i(3))};
    func_call   *f = table_func_bind(&a, STR("REPEAT_ROW"), args, 2, &st);
    assert_non_null(f);
    assert_int_equal(f->type->kind, T_ARRAY);
    assert_int_equal(f->type->elem->kind, T_STRING);
    ectx *cx = calloc(1, sizeof *cx);
    cx->a = &a;
    value in[2] = {args[0]->lit, args[1]->lit}, out = f->row->fn(f, cx, in);
    assert_int_equal(out.state, V_OK);
    assert_int_equal(out.n, 3);
    assert_true(str_eq(value_str(out.v[2]), STR("x")));
    free(cx);
    arena_free(&a);
}

/* ---- aggregates */

static udf_value sum_initial(udf_call *c)
{
    udf_value *s = udf_alloc(c, 2 * sizeof *s);
    s[0] = udf_null();
    s[1] = udf_int(0);
    return udf_list(s, 2);
}

/* LAST_AND_COUNT(T, n): the last value and how many there were, shown n times as many. State STRUCT<LAST T, N BIGINT>.
 */
static udf_value last_add(udf_call *c, udf_value state, const udf_value *args)
{
    if (udf_is_null(args[0]))
        return udf_fail(c, "a NULL for %s", c->site->state_type->fields[0].name);
    udf_value *s = udf_alloc(c, 2 * sizeof *s);
    s[0] = args[0];
    s[1] = udf_int(state.v[1].i + 1);
    return udf_list(s, 2);
}

static udf_value last_merge(udf_call *c, udf_value a, udf_value b)
{
    udf_value *s = udf_alloc(c, 2 * sizeof *s);
    s[0] = b.v[0];
    s[1] = udf_int(a.v[1].i + b.v[1].i);
    return udf_list(s, 2);
}

static udf_value last_undo(udf_call *c, udf_value state, const udf_value *args)
{
    (void)args;
    udf_value *s = udf_alloc(c, 2 * sizeof *s);
    s[0] = state.v[0];
    s[1] = udf_int(state.v[1].i - 1);
    return udf_list(s, 2);
}

static udf_value last_result(udf_call *c, udf_value state)
{
    return udf_int(state.v[1].i * c->site->init_args[0].i + *(const int64_t *)c->site->state);
}

static bool last_init(udf_call *c, void **state)
{
    const char *text;
    uint32_t    n;
    int64_t    *start = udf_alloc(c, sizeof *start);
    *start = udf_setting(c, "ksql.functions.last_and_count.start", &text, &n) ? text[0] - '0' : 0;
    *state = start;
    if (!udf_is_null(c->site->init_args[0]) && c->site->init_args[0].i > 0)
        return true;
    udf_fail(c, "n must be positive");
    return false;
}

static const udf_type *map_state(udf_call *c)
{
    static const udf_type text = {.kind = UDF_STRING};
    udf_type             *t = udf_alloc(c, sizeof *t);
    *t = (udf_type){.kind = UDF_MAP, .key = &text, .elem = c->site->arg_types[0]};
    return t;
}

static udf_value bad_initial(udf_call *c)
{
    (void)c;
    return udf_list(NULL, 9);
}

static const udf_function aggregates[] = {
    {.kind = UDF_AGGREGATE,
     .name = "last_and_count",
     .returns = "BIGINT",
     .params = {{"T", "val1"}, {"INT", "n"}},
     .init = last_init,
     .aggregate = {.init_params = 1,
                   .state_text = "STRUCT<LAST T, N BIGINT>",
                   .initial = sum_initial,
                   .add = last_add,
                   .merge = last_merge,
                   .undo = last_undo,
                   .result = last_result}},
    {.kind = UDF_AGGREGATE,
     .name = "map_state",
     .returns = "ANY",
     .params = {{"T", "val1"}, {"INT", "first"}, {"VARCHAR...", "more"}},
     .result_type = map_state,
     .aggregate = {.init_params = 2, .state_type = map_state, .initial = bad_initial, .add = keep, .merge = first}},
};

typedef struct run {
    arena     a;
    ectx     *cx;
    agg_call *c;
    value     state;
} run;

static value stored(run *r, value v)
{
    buf   b = BUF_INIT(BUF_MAX);
    value out;
    row_encode(&b, &r->c->state_type, &v, 1);
    assert_true(row_decode(&r->a, str_dup(&r->a, buf_str(&b)), &r->c->state_type, &out, 1));
    buf_free(&b);
    return out;
}

static bool bind_agg(run *r, const char *name, const type **types, uint32_t n, const value *literals)
{
    static const str texts[8] = {{"X", 1}, {"X", 1}, {"X", 1}, {"X", 1}};
    map              session = {0};
    settings_view    v = {.session = &session};
    str              start = STR("5");
    map_put(&session, STR("ksql.functions.last_and_count.start"), &start);
    memset(r, 0, sizeof *r);
    arena_init(&r->a);
    r->cx = calloc(1, sizeof *r->cx);
    r->cx->a = &r->a;
    r->c = agg_bind(&r->a, str_of(name), types, n, literals, texts, &v, &st);
    map_free(&session);
    return r->c != NULL;
}

static void finish(run *r)
{
    arena_free(&r->a);
    free(r->cx);
}

static void test_aggregate(void **state)
{
    (void)state;
    run         r;
    const type *types[2] = {&type_string, &type_integer};
    value       lits[2] = {VALUE_ERR, value_i(10)}, in = value_s(STR("one")), in2 = value_s(STR("two"));
    assert_true(bind_agg(&r, "LAST_AND_COUNT", types, 2, lits));
    assert_int_equal(r.c->arg_count, 1);
    assert_string_equal(str_z(&r.a, type_text(&r.a, r.c->state_type)), "STRUCT<`LAST` STRING, `N` BIGINT>");
    value s = stored(&r, r.c->row->initial(r.c, r.cx));
    s = stored(&r, r.c->row->add(r.c, r.cx, s, &in));
    s = stored(&r, r.c->row->add(r.c, r.cx, s, &in2));
    assert_true(str_eq(value_str(s.v[0]), STR("two")));
    assert_int_equal(r.c->row->result(r.c, r.cx, s).i, 25); /* 2 * 10, and 5 from the setting */
    s = stored(&r, r.c->row->merge(r.c, r.cx, s, s));
    assert_int_equal(r.c->row->result(r.c, r.cx, s).i, 45);
    s = stored(&r, r.c->row->undo(r.c, r.cx, s, &in));
    assert_int_equal(r.c->row->result(r.c, r.cx, s).i, 35);
    value null = VALUE_NULL;
    assert_int_equal(r.c->row->add(r.c, r.cx, s, &null).state, V_ERR);
    assert_string_equal(r.cx->err, "a NULL for LAST");
    finish(&r);

    lits[1] = value_i(-1);
    assert_false(bind_agg(&r, "LAST_AND_COUNT", types, 2, lits));
    assert_string_equal(st.msg, "Failed to invoke UDAF factory method: last_and_count: n must be positive");
    finish(&r);
    lits[1] = VALUE_ERR;
    assert_false(bind_agg(&r, "LAST_AND_COUNT", types, 2, lits));
    assert_string_equal(st.msg, "Parameter 2 passed to function LAST_AND_COUNT must be a literal constant, but was "
                                "expression: 'X'");
    finish(&r);
}

/* Literals of any number behind one column; types that a function computes. */
static void test_aggregate_types(void **state)
{
    (void)state;
    run         r;
    const type *types[4] = {&type_date, &type_integer, &type_string, &type_string};
    value       lits[4] = {VALUE_ERR, value_i(1), value_s(STR("a")), value_s(STR("b"))};
    assert_true(bind_agg(&r, "MAP_STATE", types, 4, lits));
    assert_int_equal(r.c->arg_count, 1);
    assert_int_equal(r.c->init_count, 3);
    assert_string_equal(str_z(&r.a, type_text(&r.a, r.c->result_type)), "MAP<STRING, DATE>");
    assert_true(type_equal(r.c->result_type, r.c->state_type));
    assert_null(r.c->row->undo);
    assert_int_equal(r.c->row->initial(r.c, r.cx).state, V_ERR);
    assert_string_equal(r.cx->err, "the function map_state gave a container without elements");
    finish(&r);
    assert_true(bind_agg(&r, "MAP_STATE", types, 2, lits));
    assert_int_equal(r.c->init_count, 1);
    finish(&r);
    lits[3] = VALUE_ERR;
    assert_false(bind_agg(&r, "MAP_STATE", types, 4, lits));
    finish(&r);
}

/* ---- threads */

static bool counter_init(udf_call *c, void **state)
{
    _Atomic int64_t *n = udf_alloc(c, sizeof *n);
    atomic_init(n, 0);
    *state = n;
    return true;
}

FN(count_calls)
{
    udf_alloc(c, 16);
    return udf_int(atomic_fetch_add((_Atomic int64_t *)c->site->state, 1) + 1);
}

static const udf_function counters[] = {
    {.kind = UDF_SCALAR, .name = "count_calls", .returns = "BIGINT", .init = counter_init, .scalar = count_calls},
};

#define CALLS 1000

static void *call_often(void *x)
{
    arena a;
    arena_init(&a);
    ectx *cx = calloc(1, sizeof *cx);
    cx->a = &a;
    for (int i = 0; i < CALLS; i++) {
        if (xnode_eval(x, cx).state != V_OK)
            abort();
        arena_reset(&a);
    }
    free(cx);
    arena_free(&a);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    arena     a;
    ast_expr *e;
    arena_init(&a);
    assert_true(parse_expression(&a, STR("COUNT_CALLS()"), &e, &st));
    xscope       none = {0};
    const xnode *x = expr_compile(&a, e, &none, (xoptions){0}, &st);
    pthread_t    t[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, call_often, (void *)(uintptr_t)x), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    ectx *cx = calloc(1, sizeof *cx);
    cx->a = &a;
    assert_int_equal(xnode_eval(x, cx).i, 4 * CALLS + 1);
    free(cx);
    arena_free(&a);
}

static int register_all(void **state)
{
    (void)state;
    REGISTER(scalars);
    REGISTER(faulties);
    REGISTER(tables);
    REGISTER(aggregates);
    REGISTER(counters);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),   cmocka_unit_test(test_folder),    cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_types),   cmocka_unit_test(test_scalars),   cmocka_unit_test(test_faulty_results),
        cmocka_unit_test(test_table),   cmocka_unit_test(test_aggregate), cmocka_unit_test(test_aggregate_types),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, register_all, NULL);
}
