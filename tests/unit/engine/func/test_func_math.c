#include "eval_sql.h"

static void test_math(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"ABS(-5)", "5"},
        {"ABS(CAST('-2147483648' AS INTEGER))", "-2147483648"},
        {"ABS(CAST('-9223372036854775808' AS BIGINT))", "-9223372036854775808"},
        {"ABS(-1.5)", "1.5"},
        {"ABS(-1.5E0)", "1.5"},
        {"ABS(N_I)", "NULL"},
        {"CEIL(1.1)", "2.0"},
        {"CEIL(-1.1)", "-1.0"},
        {"FLOOR(1.1)", "1.0"},
        {"FLOOR(-1.1)", "-2.0"},
        {"CEIL(-0.5E0)", "-0.0"},
        {"CEIL(5)", "5"},
        {"ACOS(2E0)", "NaN"},
        {"SQRT(-1)", "NaN"},
        {"SQRT(16)", "4.0"},
        {"LN(0)", "-Infinity"},
        {"LN(-1)", "NaN"},
        {"LOG(1)", "0.0"},
        {"LOG(2, 8)", "3.0"},
        {"LOG(1, 8)", "NaN"},
        {"LOG(0, 8)", "NaN"},
        {"LOG(-2, 8)", "NaN"},
        {"COT(0)", "Infinity"},
        {"CBRT(-27)", "-3.0"},
        {"DEGREES(PI())", "180.0"},
        {"RADIANS(180)", "3.141592653589793"},
        {"POWER(0, 0)", "1.0"},
        {"POWER(2, -1)", "0.5"},
        {"POWER(1E0, CAST('NaN' AS DOUBLE))", "NULL"}, /* the cast refuses NaN */
        {"POWER(1E0, LN(-1))", "NaN"},
        {"SIGN(-3)", "-1"},
        {"SIGN(LN(-1))", "0"},
        {"SIGN(0.0E0)", "0"},
        {"EXP(0)", "1.0"},
        {"ATAN2(1, 1)", "0.785398163397448..."},
        {"RANDOM() < 1", "true"},
        {"RANDOM() >= 0", "true"},
        {"GREATEST(1, 5, 3)", "5"},
        {"LEAST(1, 5, 3)", "1"},
        {"GREATEST(N_I, 5, N_I)", "5"},
        {"LEAST(N_I, N_I)", "NULL"},
        {"GREATEST('a', 'b')", "b"},
        {"GREATEST('\xef\xbf\xbd', '\xf0\x9f\x98\x80')", "\xef\xbf\xbd"}, /* by UTF-16 unit */
        {"LEAST(-0.0E0, 0.0E0)", "-0.0"},
        {"GREATEST(LN(-1), 1E300)", "NaN"},
        {"GREATEST(1.5, 1.25)", "1.50"},
        {"FROM_BYTES(GREATEST(TO_BYTES('80', 'hex'), TO_BYTES('7f', 'hex')), 'hex')", "7F"},
        {"GREATEST(DT, '2000-01-01')", "2020-01-01"},
    };
    CHECK_VALUES(cases);
}

static void test_round(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"ROUND(1.5E0)", "2"},
        {"ROUND(-1.5E0)", "-1"},
        {"ROUND(-2.5E0)", "-2"},
        {"ROUND(-1.6E0)", "-2"},
        {"ROUND(0.49999999999999994E0)", "0"},
        {"ROUND(1E300)", "9223372036854775807"},
        {"ROUND(-1E300)", "-9223372036854775808"},
        {"ROUND(LN(-1))", "0"},
        {"ROUND(1.005E0, 2)", "1.01"},
        {"ROUND(-1.005E0, 2)", "-1.0"},
        {"ROUND(1250E0, -2)", "1300.0"},
        {"ROUND(99999.5E0, -5)", "100000.0"},
        {"ROUND(1E10, 3)", "1.0E10"},
        {"ROUND(1.5E0, 2147483647)", "1.5"},
        {"ROUND(1.5E0, -2147483648)", "0.0"},
        {"ROUND(LN(-1), 2)", "ERR Infinite or NaN"},
        {"ROUND(1.5)", "2"},
        {"ROUND(-1.5)", "-1"},
        {"ROUND(-1.51)", "-2"},
        {"ROUND(9.9)", "10"},
        {"ROUND(12345678987654321.2345678987654321, 2)", "12345678987654321.2300000000000000"},
        {"ROUND(1.55, 5)", "1.55"},
        {"ROUND(155.55, -2)", "200.00"},
        {"ROUND(155.55, -2147483648)", "0.00"},
        {"ROUND(-150.00, -2)", "-100.00"},
        {"ROUND(7)", "7"},
        {"TRUNC(1.9E0)", "1"},
        {"TRUNC(-1.9E0)", "-1"},
        {"TRUNC(1E300)", "9223372036854775807"},
        {"TRUNC(1.999E0, 2)", "1.99"},
        {"TRUNC(-1.999, 2)", "-1.990"},
        {"TRUNC(-1.999)", "-1"},
        {"TRUNC(N_D)", "NULL"},
    };
    CHECK_VALUES(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_math),
        cmocka_unit_test(test_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
