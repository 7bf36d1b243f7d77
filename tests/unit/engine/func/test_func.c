/* Every row of every table of functions: it parses, has its texts, resolves with arguments of its own
 * types, and survives NULLs and odd values of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "engine/func/func.h"
#include "engine/func/table_func.h"

static const char *const all_names =
    "ABS ACOS ARRAY_CONCAT ARRAY_CONTAINS ARRAY_DISTINCT ARRAY_EXCEPT ARRAY_INTERSECT ARRAY_JOIN "
    "ARRAY_LENGTH ARRAY_MAX ARRAY_MIN ARRAY_REMOVE ARRAY_SORT ARRAY_UNION ASIN AS_MAP AS_VALUE ATAN ATAN2 "
    "BIGINT_FROM_BYTES CBRT CEIL CHR COALESCE CONCAT CONCAT_WS CONVERT_TZ COS COSH COT DATEADD DATESUB "
    "DATETOSTRING DEGREES DOUBLE_FROM_BYTES ELT ENCODE ENTRIES EXP EXTRACTJSONFIELD FIELD FILTER FLOOR "
    "FORMAT_DATE FORMAT_TIME FORMAT_TIMESTAMP FROM_BYTES FROM_DAYS FROM_UNIXTIME GENERATE_SERIES "
    "GEO_DISTANCE GREATEST IFNULL INITCAP INSTR INT_FROM_BYTES IS_JSON_STRING JSON_ARRAY_CONTAINS "
    "JSON_ARRAY_LENGTH JSON_CONCAT JSON_ITEMS JSON_KEYS JSON_RECORDS LCASE LEAST LEN LN LOG LPAD MAP_KEYS "
    "MAP_UNION MAP_VALUES MASK MASK_KEEP_LEFT MASK_KEEP_RIGHT MASK_LEFT MASK_RIGHT MD5 NULLIF PARSE_DATE "
    "PARSE_TIME PARSE_TIMESTAMP PI POWER RADIANS RANDOM REDUCE REGEXP_EXTRACT REGEXP_EXTRACT_ALL "
    "REGEXP_REPLACE REGEXP_SPLIT_TO_ARRAY REPLACE ROUND RPAD SIGN SIN SINH SLICE SPLIT SPLIT_TO_MAP SQRT "
    "STRINGTODATE STRINGTOTIMESTAMP SUBSTRING TAN TANH TIMEADD TIMESTAMPADD TIMESTAMPSUB "
    "TIMESTAMPTOSTRING TIMESUB TO_BYTES TO_JSON_STRING TRANSFORM TRIM TRUNC UCASE UNIX_DATE UNIX_TIMESTAMP "
    "URL_DECODE_PARAM URL_ENCODE_PARAM URL_EXTRACT_FRAGMENT URL_EXTRACT_HOST URL_EXTRACT_PARAMETER "
    "URL_EXTRACT_PATH URL_EXTRACT_PORT URL_EXTRACT_PROTOCOL URL_EXTRACT_QUERY UUID";

static const char *const no_author =
    " ARRAY_CONCAT ARRAY_DISTINCT ARRAY_EXCEPT ARRAY_INTERSECT ARRAY_MAX ARRAY_MIN ARRAY_REMOVE ARRAY_SORT "
    "ARRAY_UNION CHR CONCAT CONCAT_WS EXTRACTJSONFIELD LCASE LEN LPAD MAP_KEYS MAP_UNION MAP_VALUES RANDOM "
    "RPAD SPLIT_TO_MAP TRIM UCASE UUID ";

static const char *const categories[] = {
    "CONDITIONAL", "MATHEMATICAL", "STRING", "REGULAR EXPRESSION", "JSON", "DATE / TIME", "ARRAY", "MAP", "URL",
    "OTHER",       "TABLE",        "LAMBDA", "CONVERSIONS"};

/* Names that do not stand in lower case (spec/functions.md 9.2). */
static const char *const spelled =
    " Abs Ceil Chr Floor LPad Round RPad ARRAY_CONTAINS ARRAY_JOIN ARRAY_LENGTH AS_MAP AS_VALUE COALESCE "
    "ENTRIES GENERATE_SERIES IFNULL IS_JSON_STRING JSON_ARRAY_CONTAINS JSON_ARRAY_LENGTH JSON_CONCAT "
    "JSON_ITEMS JSON_KEYS JSON_RECORDS NULLIF TO_JSON_STRING UUID ";

static void test_names(void **state)
{
    (void)state;
    arena            a;
    const func_row **rows;
    arena_init(&a);
    size_t      n = func_names(&a, &rows);
    const char *p = all_names;
    for (size_t i = 0; i < n; i++) {
        str         name = str_upper(&a, str_of(rows[i]->name));
        const char *end = strchr(p, ' ');
        str         want = end ? str_make(p, (size_t)(end - p)) : str_of(p);
        if (!str_eq(name, want))
            fail_msg("%.*s stands where %.*s is expected", STR_FMT(name), STR_FMT(want));
        p = end ? end + 1 : "";
        str  lower = str_fmt(&a, " %s ", rows[i]->name);
        bool all_lower = true;
        for (const char *c = rows[i]->name; *c; c++)
            all_lower &= !(*c >= 'A' && *c <= 'Z');
        assert_int_equal(all_lower, strstr(spelled, str_z(&a, lower)) == NULL);
        bool author = strstr(no_author, str_z(&a, str_fmt(&a, " %.*s ", STR_FMT(name)))) == NULL;
        if (author == ((rows[i]->flags & FN_NO_AUTHOR) != 0))
            fail_msg("%s: author", rows[i]->name);
    }
    assert_string_equal(p, "");
    assert_int_equal(n, 129);
    arena_free(&a);
}

/* ---- values */

static uint64_t seed;
static uint32_t rnd(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 11) % n;
}

static value sample(arena *a, const type *t)
{
    static const int64_t     ints[] = {0, 1, -1, 2, 3, 5, 17, 100, 2147483647, -2147483648, 18000, -719162};
    static const double      doubles[] = {0, -0.0, 1, -1.5, 2.5, 1e10, 1e300, 4.9e-324, 1.005, -2.5};
    static const char *const texts[] = {"",
                                        "a",
                                        "abc",
                                        "2020-01-31",
                                        "[1,2.5,\"x\",null]",
                                        "{\"a\":{\"b\":[1]}}",
                                        "\xf0\x9f\x98\x80z",
                                        "\xff\xfe",
                                        "UTC",
                                        "yyyy-MM-dd",
                                        "HH:mm:ss",
                                        "hex",
                                        "0x4a",
                                        "$.a[0]",
                                        "http://u@h:80/p%20q?x=1&y#f",
                                        "a+(b)*",
                                        "$1",
                                        "ASC",
                                        "12:34:56",
                                        "\xed\xa0\x80",
                                        "km",
                                        "America/New_York",
                                        "[",
                                        "\\",
                                        ",",
                                        " x  y ",
                                        "'",
                                        "\\u0041"};
    int64_t                  big = 0;
    if (t->kind == T_NULL || rnd(8) == 0)
        return VALUE_NULL;
    switch (t->kind) {
    case T_BOOLEAN:
        return value_b(rnd(2));
    case T_INTEGER:
        return value_i(ints[rnd(12)]);
    case T_DOUBLE:
        return value_d(doubles[rnd(10)]);
    case T_DECIMAL:
        return value_i(ints[rnd(8)] * 37);
    case T_STRING:
    case T_BYTES:
        return value_s(str_of(texts[rnd(28)]));
    case T_TIME:
        return value_i(rnd(86400000));
    case T_DATE:
        return value_i((int64_t)rnd(200000) - 100000);
    case T_ARRAY: {
        uint32_t n = rnd(5);
        value   *e = ARENA_ARRAY(a, value, n + 1);
        for (uint32_t i = 0; i < n; i++)
            e[i] = sample(a, t->elem);
        return value_v(e, n);
    }
    case T_MAP: {
        static const char *const keys[] = {"k", "zeta", "Aa", "BB"};
        uint32_t                 n = rnd(4);
        value                   *e = ARENA_ARRAY(a, value, 2 * n + 1);
        for (uint32_t i = 0; i < n; i++) {
            e[2 * i] = value_s(str_of(keys[i]));
            e[2 * i + 1] = sample(a, t->elem);
        }
        return value_v(e, n);
    }
    default:
        big = ints[rnd(12)];
        return value_i(rnd(3) ? big : big * 86400000);
    }
}

/* A well-formed result: every part of it can be printed. */
static void check_value(const type *t, value v)
{
    if (v.state == V_ERR || t->kind == T_NULL)
        return;
    buf b = BUF_INIT(BUF_MAX);
    value_text(&b, t, v);
    buf_free(&b);
}

static const type *type_of_param(arena *a, const ptype *p, bindings *bound)
{
    static const type decimal = {.kind = T_DECIMAL, .precision = 6, .scale = 2};
    if (p->kind == P_UNIT)
        return &type_null;
    if (p->kind == P_ANY)
        return &type_string;
    if (p->kind == P_LAMBDA) {
        type *t = ARENA_NEW(a, type);
        t->kind = T_LAMBDA;
        t->input_count = p->input_count;
        return t;
    }
    if (p->kind == P_TYPE && p->base == T_DECIMAL)
        return &decimal;
    if (p->kind == P_TYPE && p->base == T_ARRAY && p->elem->kind == P_TYPE && p->elem->base == T_DECIMAL)
        return type_array(a, &decimal);
    status      st;
    const type *t = ptype_instantiate(a, p, bound, &st);
    assert_non_null(t);
    return t;
}

static void visit(arena *a, const overload *all, size_t count, const overload *o, bool table)
{
    /* every variable is text; in a second round a number */
    for (int round = 0; round < 2; round++) {
        const char *const vars[] = {"T", "K", "V", "S", "R"};
        bindings          bound = {0};
        for (size_t i = 0; i < 5; i++)
            bound.b[bound.n++] = (binding){str_of(vars[i]), round && vars[i][0] != 'K' ? &type_integer : &type_string};
        const type  *types[40];
        const ptype *params[40], *shape[40];
        uint32_t     n = 0;
        for (uint32_t i = 0; i < o->param_count; i++)
            for (int k = 0; k < (o->params[i].variadic ? 3 : 1); k++) {
                params[n] = o->params[i].type;
                types[n++] = type_of_param(a, o->params[i].type, &bound);
            }
        status         *st = calloc(1, sizeof *st);
        bindings        got = {0};
        const overload *chosen = overload_resolve(a, all, count, types, n, true, true, shape, &got, st);
        if (chosen == NULL)
            fail_msg("%s", st->msg);
        assert_ptr_equal(chosen->row, o->row);
        const func_row       *row = o->row;
        func_call             f = {.row = row, .arg_types = types, .arg_count = n};
        const xnode          *args[40];
        const uint32_t       *slots[40] = {0};
        static const uint32_t three[] = {0, 1, 2};
        f.args = args;
        f.lambda_slots = slots;
        bool has_unit = false;
        for (uint32_t i = 0; i < n; i++) {
            has_unit |= params[i]->kind == P_UNIT;
            if (params[i]->kind == P_LAMBDA) {
                bool test = params[i]->elem->kind == P_TYPE;
                args[i] = expr_literal(a,
                                       test    ? &type_boolean
                                       : round ? &type_integer
                                               : &type_string,
                                       test    ? value_b(true)
                                       : round ? value_i(1)
                                               : value_s(STR("x")));
                slots[i] = three;
            } else {
                args[i] = expr_column(a, i, types[i]);
            }
        }
        for (size_t i = 0; i < 5; i++)
            ptype_bind(&(ptype){.kind = P_GENERIC, .name = bound.b[i].name}, bound.b[i].type, &got);
        f.type = row->computed ? row->computed(a, &f, st) : ptype_instantiate(a, o->returns, &got, st);
        if (f.type == NULL)
            fail_msg("%s: %s", row->name, st->msg);
        if (table)
            f.type = type_array(a, f.type);
        assert_true(row->init == NULL || row->init(a, &f, st));
        ectx        *cx = calloc(1, sizeof *cx);
        value        values[40];
        const xnode *call = func_call_node(a, &f);
        for (int run = 0; run < 150; run++) {
            arena tmp;
            arena_init(&tmp);
            cx->a = &tmp;
            cx->row = values;
            cx->now_ms = 1600000000000;
            for (uint32_t i = 0; i < n; i++) {
                values[i] = run == 0 ? VALUE_NULL : sample(&tmp, types[i]);
                if (params[i]->kind == P_UNIT)
                    values[i] = run == 0 ? VALUE_NULL : value_s(STR("HOURS"));
            }
            value v = xnode_eval(call, cx);
            check_value(f.type, v);
            if (v.state == V_ERR)
                assert_true(cx->err[0] != 0);
            if (run == 0 && n && !(row->flags & FN_NULLS))
                assert_int_equal(v.state, V_NULL);
            arena_free(&tmp);
        }
        free(cx);
        free(st);
    }
}

static void test_every_row(void **state)
{
    (void)state;
    arena            a;
    const func_row **rows;
    arena_init(&a);
    print_message("seed %lu\n", seed);
    size_t n = func_names(&a, &rows);
    for (size_t i = 0; i < n; i++) {
        size_t          count;
        const overload *all = func_find(str_of(rows[i]->name), &count);
        bool            known = false;
        for (size_t k = 0; k < sizeof categories / sizeof *categories; k++)
            known |= strcmp(rows[i]->category, categories[k]) == 0;
        assert_true(known);
        assert_non_null(rows[i]->doc);
        for (size_t k = 0; k < count; k++) {
            const func_row *r = all[k].row;
            assert_string_equal(r->name, rows[i]->name);
            assert_string_equal(r->category, rows[i]->category);
            assert_int_equal(r->flags & FN_NO_AUTHOR, rows[i]->flags & FN_NO_AUTHOR);
            visit(&a, all, count, &all[k], false);
        }
    }
    n = table_func_names(&a, &rows);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        size_t          count;
        const overload *all = table_func_find(str_of(rows[i]->name), &count);
        assert_non_null(rows[i]->doc);
        for (size_t k = 0; k < count; k++)
            visit(&a, all, count, &all[k], true);
    }
    arena_free(&a);
}

int main(void)
{
    const char *given = getenv("SEED");
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 2654435761u + 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
