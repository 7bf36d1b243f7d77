/* Decimals, values as text, dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <math.h>

#include "engine/types/datetime.h"
#include "engine/types/decimal.h"
#include "engine/types/value.h"

static char *dec(arena *a, value v, int32_t scale)
{
    buf b = BUF_INIT(BUF_MAX);
    decimal_text_plain(&b, v, scale);
    char *z = str_z(a, buf_str(&b));
    buf_free(&b);
    return z;
}

static value parse(arena *a, const char *z, int32_t *scale)
{
    value v = VALUE_NULL;
    assert_true(decimal_parse(a, str_of(z), &v, scale));
    return v;
}

static void decimals_parse_and_print(void **state)
{
    (void)state;
    static const struct {
        const char *in, *plain, *text;
        int32_t     scale;
    } t[] = {
        {"1.50", "1.50", "1.50", 2},
        {"-0.00", "0.00", "0.00", 2},
        {"1e2", "100", "1E+2", -2},
        {".5", "0.5", "0.5", 1},
        {"5.", "5", "5", 0},
        {"0.0000001", "0.0000001", "1E-7", 7},
        {"123456789012345678901234567890.12", "123456789012345678901234567890.12", "123456789012345678901234567890.12",
         2},
        {"-9223372036854775808", "-9223372036854775808", "-9223372036854775808", 0},
        {"9223372036854775808", "9223372036854775808", "9223372036854775808", 0},
    };
    arena a;
    arena_init(&a);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        int32_t scale;
        value   v = parse(&a, t[i].in, &scale);
        assert_int_equal(scale, t[i].scale);
        assert_string_equal(dec(&a, v, scale), t[i].plain);
        buf b = BUF_INIT(BUF_MAX);
        decimal_text(&b, v, scale);
        buf_putc(&b, 0);
        assert_string_equal(b.p, t[i].text);
        buf_free(&b);
    }
    value   v;
    int32_t s;
    assert_false(decimal_parse(&a, STR(""), &v, &s));
    assert_false(decimal_parse(&a, STR("1.2.3"), &v, &s));
    assert_false(decimal_parse(&a, STR("1e"), &v, &s));
    assert_false(decimal_parse(&a, STR("1e999999999"), &v, &s));
    arena_free(&a);
}

static void arithmetic_is_exact_or_fails(void **state)
{
    (void)state;
    arena   a;
    int32_t s;
    value   out;
    arena_init(&a);
    value x = parse(&a, "9999999999999999999", &s), y = parse(&a, "1", &s);
    assert_true(decimal_arith(&a, '+', x, 0, y, 0, 21, 0, &out));
    assert_string_equal(dec(&a, out, 0), "10000000000000000000");
    assert_true(decimal_arith(&a, '*', x, 0, x, 0, 40, 0, &out));
    assert_string_equal(dec(&a, out, 0), "99999999999999999980000000000000000001");
    value one = value_i(1), three = value_i(3), four = value_i(4);
    assert_false(decimal_arith(&a, '/', one, 0, three, 0, 10, 6, &out));
    assert_true(decimal_arith(&a, '/', one, 0, four, 0, 10, 6, &out));
    assert_string_equal(dec(&a, out, 6), "0.250000");
    assert_false(decimal_arith(&a, '/', one, 0, value_i(0), 0, 10, 6, &out));
    assert_true(decimal_arith(&a, '%', value_i(-7), 0, three, 0, 10, 0, &out));
    assert_int_equal(out.i, -1);
    arena_free(&a);
}

static void casts_round_half_up(void **state)
{
    (void)state;
    arena   a;
    int32_t s;
    value   out;
    arena_init(&a);
    value v = parse(&a, "2.345", &s);
    assert_true(decimal_cast(&a, v, s, 4, 2, &out, NULL));
    assert_string_equal(dec(&a, out, 2), "2.35");
    v = parse(&a, "-2.345", &s);
    assert_true(decimal_cast(&a, v, s, 4, 2, &out, NULL));
    assert_string_equal(dec(&a, out, 2), "-2.35");
    buf err = BUF_INIT(1000);
    v = parse(&a, "123.4", &s);
    assert_false(decimal_cast(&a, v, s, 4, 2, &out, &err));
    buf_putc(&err, 0);
    assert_string_equal(err.p, "Numeric field overflow: A field with precision 4 and scale 2 must round to an "
                               "absolute value less than 10^2. Got 123.4");
    buf_free(&err);
    arena_free(&a);
}

static void bytes_of_decimals_are_minimal(void **state)
{
    (void)state;
    static const int64_t v[] = {0, 1, -1, 127, 128, -128, -129, 255, 256, INT64_MAX, INT64_MIN};
    static const size_t  n[] = {1, 1, 1, 1, 2, 1, 2, 2, 2, 8, 8};
    arena                a;
    arena_init(&a);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        buf b = BUF_INIT(100);
        decimal_to_bytes(&b, value_i(v[i]));
        assert_int_equal(b.n, n[i]);
        assert_true(decimal_from_bytes(&a, buf_str(&b)).i == v[i]);
        buf_free(&b);
    }
    arena_free(&a);
}

static void doubles_print_like_java(void **state)
{
    (void)state;
    static const struct {
        double      d;
        const char *z;
    } t[] = {{1, "1.0"},
             {0.001, "0.001"},
             {1e-4, "1.0E-4"},
             {1e7, "1.0E7"},
             {9999999, "9999999.0"},
             {123456789.125, "1.23456789125E8"},
             {-0.0, "-0.0"},
             {0.1, "0.1"},
             {100, "100.0"},
             {1.7976931348623157e308, "1.7976931348623157E308"},
             {5e-324, "4.9E-324"},
             {3.5, "3.5"},
             {0x1p62, "4.6116860184273879E18"}, /* more digits than the shortest text */
             {0x1p53, "9.007199254740992E15"},
             {-1e18, "-1.0E18"},
             {9223372036854774784.0, "9.2233720368547748E18"},
             {0x1p63, "9.223372036854776E18"}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        buf b = BUF_INIT(100);
        double_text(&b, t[i].d);
        buf_putc(&b, 0);
        if (t[i].d != 5e-324) /* Java prints two digits of the smallest one */
            assert_string_equal(b.p, t[i].z);
        double back;
        b.n--;
        assert_true(double_parse(buf_str(&b), &back) && back == t[i].d);
        buf_free(&b);
    }
    double d;
    assert_true(double_parse(STR(" 1.5d "), &d) && d == 1.5);
    assert_true(double_parse(STR("NaN"), &d) && isnan(d));
    assert_true(double_parse(STR("-Infinity"), &d) && isinf(d));
    assert_false(double_parse(STR("1.5x"), &d));
}

static void dates_and_times(void **state)
{
    (void)state;
    char    why[TIMESTAMP_WHY_MAX];
    int64_t v;
    assert_true(date_parse(STR("2020-02-29"), &v) && v == 18321);
    assert_true(date_parse(STR("2020"), &v) && v == 18262);
    assert_false(date_parse(STR("2021-02-29"), &v));
    assert_false(date_parse(STR("2020-1-1"), &v));
    assert_true(time_parse(STR("01:34:20.123"), &v) && v == 5660123);
    assert_false(time_parse(STR("24:00"), &v));
    assert_true(timestamp_parse(STR("2020-05-26T23:59:58.000+0200"), &v, why) && v == 1590530398000);
    assert_true(timestamp_parse(STR("2020-05-26T10"), &v, why) && v == 1590487200000);
    assert_true(timestamp_parse(STR("2020-05-26T10:00Z"), &v, why) && v == 1590487200000);
    assert_false(timestamp_parse(STR("2020-05T10:00"), &v, why));
    assert_string_equal(why, "Text could not be parsed");
    assert_false(timestamp_parse(STR("2020-05-26T10:00+99:00"), &v, why));
    assert_string_equal(why, "Failed to parse timezone '+99:00': Invalid ID for ZoneOffset");
    for (int64_t day = -800000; day < 800000; day += 997) {
        int64_t y;
        int     m, d;
        civil_from_days(day, &y, &m, &d);
        assert_true(civil_valid(y, m, d) && days_from_civil(y, m, d) == day);
    }
}

static void strings_count_utf16_units(void **state)
{
    (void)state;
    bool split;
    str  s = STR("a\xc3\xa9\xf0\x9f\x98\x80z"); /* a é 😀 z */
    assert_int_equal(utf16_length(s), 5);
    assert_int_equal(utf16_offset(s, 2, &split), 3);
    assert_false(split);
    assert_int_equal(utf16_offset(s, 3, &split), 3);
    assert_true(split);
    /* U+FFFD is above the surrogates in UTF-8 but below a supplementary character's in UTF-16. */
    assert_true(str_cmp_utf16(STR("\xef\xbf\xbd"), STR("\xf0\x9f\x98\x80")) > 0);
    assert_false(utf8_valid(STR("\xc0\x80")));
    assert_false(utf8_valid(STR("\xed\xa0\x80")));
    assert_true(utf8_valid(STR("\xf4\x8f\xbf\xbf")));
}

static void base64_is_strict(void **state)
{
    (void)state;
    arena a;
    str   out;
    arena_init(&a);
    assert_true(base64_decode(&a, STR("aGk="), &out) && str_eqz(out, "hi"));
    assert_true(base64_decode(&a, STR("aGk"), &out) && str_eqz(out, "hi"));
    assert_false(base64_decode(&a, STR("aGk==="), &out));
    assert_false(base64_decode(&a, STR("a"), &out));
    assert_false(base64_decode(&a, STR("a b="), &out));
    arena_free(&a);
}

static void maps_iterate_like_a_java_hash_map(void **state)
{
    (void)state;
    static const char *const in[] = {"zeta", "alpha", "beta", "gamma", "Aa", "BB", "k1", "k2"};
    static const char *const want[] = {"zeta", "Aa", "BB", "k1", "alpha", "k2", "beta", "gamma"};
    value                    e[16];
    uint32_t                 order[8];
    arena                    a;
    arena_init(&a);
    for (int i = 0; i < 8; i++) {
        e[2 * i] = value_s(str_of(in[i]));
        e[2 * i + 1] = value_i(i);
    }
    value m = value_v(e, 8);
    m.flags = V_MAP_CAP16;
    value_map_order(&a, type_map(&a, &type_string, &type_integer), m, order);
    for (int i = 0; i < 8; i++)
        assert_true(str_eqz(value_str(e[2 * order[i]]), want[i]));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_parse_and_print),
        cmocka_unit_test(arithmetic_is_exact_or_fails),
        cmocka_unit_test(casts_round_half_up),
        cmocka_unit_test(bytes_of_decimals_are_minimal),
        cmocka_unit_test(doubles_print_like_java),
        cmocka_unit_test(dates_and_times),
        cmocka_unit_test(strings_count_utf16_units),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(maps_iterate_like_a_java_hash_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
