#include "server/rest/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

static arena a;

static str shown(const type *t, value v, bool in_struct)
{
    buf b = BUF_INIT(BUF_MAX);
    row_put_value(&b, &a, t, v, in_struct);
    str s = str_dup(&a, buf_str(&b));
    buf_free(&b);
    return s;
}

#define SHOWN(t, v, text) assert_true(str_eqz(shown(t, v, false), text))
#define SHOWN_BELOW(t, v, text) assert_true(str_eqz(shown(t, v, true), text))

static void values(void **state)
{
    (void)state;
    arena_init(&a);
    SHOWN(&type_integer, VALUE_NULL, "null");
    SHOWN(&type_boolean, value_b(true), "true");
    SHOWN(&type_integer, value_i(-7), "-7");
    SHOWN(&type_bigint, value_i(INT64_MIN), "-9223372036854775808");
    SHOWN(&type_bigint, value_i(INT64_MAX), "9223372036854775807");
    SHOWN(&type_bigint, value_i(0), "0");
    SHOWN(&type_double, value_d(1), "1.0");
    SHOWN(&type_double, value_d(0.0001), "1.0E-4");
    SHOWN(&type_double, value_d(NAN), "\"NaN\"");
    SHOWN(&type_double, value_d(-INFINITY), "\"-Infinity\"");
    SHOWN(type_decimal(&a, 5, 2), value_i(500), "5.00");
    SHOWN(&type_string, value_s(STR("a\"b\\\n\t\x01\x7f\xc3\xa9/")), "\"a\\\"b\\\\\\n\\t\\u0001\x7f\xc3\xa9/\"");
    SHOWN(&type_bytes, value_s(STR("hi!")), "\"aGkh\"");
    SHOWN(&type_timestamp, value_i(1741504089123), "\"2025-03-09T07:08:09.123\"");
    SHOWN(&type_date, value_i(20156), "\"2025-03-09\"");
    SHOWN(&type_time, value_i(25689123), "\"07:08:09\"");
    SHOWN(&type_time, value_i(25680000), "\"07:08\"");
    SHOWN_BELOW(&type_timestamp, value_i(1741504089123), "1741504089123");
    SHOWN_BELOW(&type_date, value_i(20156), "20156");
    SHOWN_BELOW(&type_time, value_i(25689123), "25689123");
    arena_free(&a);
}

static void nested_values(void **state)
{
    (void)state;
    arena_init(&a);
    value dates[] = {value_i(0), VALUE_NULL};
    SHOWN(type_array(&a, &type_date), value_v(dates, 2), "[\"1970-01-01\",null]");
    value       fields[] = {value_i(0), value_v(dates, 2)};
    type_field  f[] = {{STR("T"), &type_timestamp}, {STR("D"), type_array(&a, &type_date)}};
    const type *s = type_struct(&a, f, 2);
    SHOWN(s, value_v(fields, 2), "{\"T\":0,\"D\":[0,null]}");
    value in_array[] = {value_v(fields, 2)};
    SHOWN(type_array(&a, s), value_v(in_array, 1), "[{\"T\":0,\"D\":[0,null]}]");
    value entries[] = {value_i(5), value_i(0)};
    SHOWN(type_map(&a, &type_integer, &type_date), value_v(entries, 1), "{\"5\":\"1970-01-01\"}");
    SHOWN(type_map(&a, &type_string, &type_date), value_v(entries, 0), "{}");
    SHOWN(s, VALUE_NULL, "null");
    arena_free(&a);
}

static const str         names[] = {{"ID", 2}, {"a`b", 3}};
static const type *const types[] = {&type_integer, &type_string};
static const bool        keys[] = {true, false};

/* Header, two rows (the second a tombstone), then `why`, or an error when that is QUERY_ERROR. */
static str framed(framing_kind kind, bool push, query_end why)
{
    query_columns c = {.query_id = STR("q_1"), .names = names, .types = types, .is_key = keys, .n = 2, .push = push};
    framing       f = {.kind = kind};
    buf           b = BUF_INIT(BUF_MAX);
    value         r1[] = {value_i(1), value_s(STR("x"))}, r2[] = {value_i(2), VALUE_NULL};
    framing_header(&f, &b, &c);
    framing_row(&f, &b, r1, false);
    framing_row(&f, &b, r2, push);
    if (why == QUERY_ERROR)
        framing_error(&f, &b, 50000, STR("no"));
    else
        framing_end(&f, &b, why);
    framing_free(&f);
    str s = str_dup(&a, buf_str(&b));
    buf_free(&b);
    return s;
}

static void framings(void **state)
{
    (void)state;
    arena_init(&a);
    static const struct {
        framing_kind kind;
        bool         push;
        query_end    why;
        const char  *text;
    } t[] = {
        {FRAMING_KSQL, true, QUERY_LIMIT,
         "[{\"header\":{\"queryId\":\"q_1\",\"schema\":\"`ID` INTEGER, `a``b` STRING\"}},\n"
         "{\"row\":{\"columns\":[1,\"x\"]}},\n{\"row\":{\"columns\":[2,null],\"tombstone\":true}},\n"
         "{\"finalMessage\":\"Limit Reached\"}]"},
        {FRAMING_KSQL, false, QUERY_COMPLETE,
         "[{\"header\":{\"queryId\":\"q_1\",\"schema\":\"`ID` INTEGER KEY, `a``b` STRING\"}},\n"
         "{\"row\":{\"columns\":[1,\"x\"]}},\n{\"row\":{\"columns\":[2,null]}}]"},
        {FRAMING_KSQL, true, QUERY_ERROR,
         "[{\"header\":{\"queryId\":\"q_1\",\"schema\":\"`ID` INTEGER, `a``b` STRING\"}},\n"
         "{\"row\":{\"columns\":[1,\"x\"]}},\n{\"row\":{\"columns\":[2,null],\"tombstone\":true}},\n"
         "{\"errorMessage\":{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":\"no\"}}]"},
        {FRAMING_DELIMITED, true, QUERY_COMPLETE,
         "{\"queryId\":\"q_1\",\"columnNames\":[\"ID\",\"a`b\"],\"columnTypes\":[\"INTEGER\",\"STRING\"]}\n[1,\"x\"]"
         "\n"},
        {FRAMING_DELIMITED, true, QUERY_ERROR,
         "{\"queryId\":\"q_1\",\"columnNames\":[\"ID\",\"a`b\"],\"columnTypes\":[\"INTEGER\",\"STRING\"]}\n[1,\"x\"]\n"
         "{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":\"no\"}\n"},
        {FRAMING_JSON, false, QUERY_COMPLETE,
         "[{\"queryId\":\"q_1\",\"columnNames\":[\"ID\",\"a`b\"],\"columnTypes\":[\"INTEGER\",\"STRING\"]},[1,\"x\"],["
         "2,null]]"},
        {FRAMING_JSON, true, QUERY_ERROR,
         "[{\"queryId\":\"q_1\",\"columnNames\":[\"ID\",\"a`b\"],\"columnTypes\":[\"INTEGER\",\"STRING\"]},[1,\"x\"],"
         "{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":\"no\"}]"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        str got = framed(t[i].kind, t[i].push, t[i].why);
        if (!str_eqz(got, t[i].text))
            fail_msg("%zu: %.*s", i, STR_FMT(got));
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(nested_values),
        cmocka_unit_test(framings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
