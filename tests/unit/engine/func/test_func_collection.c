#include "eval_sql.h"

static void test_conditional(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"COALESCE(N_I, N_I, 3)", "3"},
        {"COALESCE(N_I, N_I)", "NULL"},
        {"COALESCE(ABS(N_I + 1), 0)", "0"},
        {"COALESCE(N_I + 1, 0)", "ERR arithmetic on a NULL operand"},
        {"IFNULL(N_S, 'x')", "x"},
        {"NULLIF(1, 1)", "NULL"},
        {"NULLIF(1, 2)", "1"},
        {"NULLIF(N_I, 2)", "NULL"},
        {"NULLIF(2, N_I)", "2"},
        {"NULLIF(ARRAY[1, 2], ARRAY[1, 2])", "NULL"},
    };
    CHECK_VALUES(cases);
}

static void test_arrays(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"ARRAY_LENGTH(ARRAY[1, NULL])", "2"},
        {"ARRAY_LENGTH(NULL)", "NULL"},
        {"ARRAY_CONTAINS(ARRAY[1, NULL], NULL)", "true"},
        {"ARRAY_CONTAINS(ARRAY[1], NULL)", "false"},
        {"ARRAY_CONTAINS(CAST(NULL AS ARRAY<INT>), 1)", "false"},
        {"ARRAY_CONTAINS(ARRAY['a'], 'a')", "true"},
        {"ARRAY_CONCAT(ARRAY[1], ARRAY[2, NULL])", "[1, 2, null]"},
        {"ARRAY_CONCAT(CAST(NULL AS ARRAY<INT>), ARRAY[2])", "[2]"},
        {"ARRAY_CONCAT(CAST(NULL AS ARRAY<INT>), CAST(NULL AS ARRAY<INT>))", "NULL"},
        {"ARRAY_DISTINCT(ARRAY[1, 2, 1, NULL, 3, NULL])", "[1, 2, null, 3]"},
        {"ARRAY_EXCEPT(ARRAY[1, 2, 1, NULL, 3], ARRAY[2, NULL])", "[1, 3]"},
        {"ARRAY_INTERSECT(ARRAY[1, 2, 1, NULL, 3], ARRAY[NULL, 1, 9])", "[1, null]"},
        {"ARRAY_UNION(ARRAY[1, 2, 1], ARRAY[3, 2, NULL])", "[1, 2, 3, null]"},
        {"ARRAY_UNION(CAST(NULL AS ARRAY<INT>), ARRAY[1])", "NULL"},
        {"ARRAY_JOIN(ARRAY['a', NULL, 'b'])", "a,null,b"},
        {"ARRAY_JOIN(ARRAY[1, 2], ' - ')", "1 - 2"},
        {"ARRAY_JOIN(ARRAY[1, 2], N_S)", "12"},
        {"ARRAY_JOIN(ARRAY[1.5E0, 1E10], ';')", "1.5;1.0E10"},
        {"ARRAY_JOIN(ARRAY[TRUE, FALSE], ';')", "true;false"},
        {"ARRAY_JOIN(ARRAY[DT])", "ERR error: hit element of type DATE which is currently not supported"},
        {"ARRAY_MAX(ARRAY[1, 5, NULL])", "5"},
        {"ARRAY_MIN(ARRAY[NULL, 5, 1])", "1"},
        {"ARRAY_MAX(ARRAY[CAST(NULL AS INT)])", "NULL"},
        {"ARRAY_MAX(ARRAY[ARRAY[1]])", "NULL"},
        {"ARRAY_REMOVE(ARRAY[1, 2, NULL, 1], 1)", "[2, null]"},
        {"ARRAY_REMOVE(ARRAY[1, NULL], NULL)", "[1]"},
        {"ARRAY_SORT(ARRAY[3, NULL, 1, 2])", "[1, 2, 3, null]"},
        {"ARRAY_SORT(ARRAY[3, NULL, 1, 2], 'desc')", "[3, 2, 1, null]"},
        {"ARRAY_SORT(ARRAY[3, 1], 'up')", "NULL"},
        {"ARRAY_SORT(ARRAY[3, 1], N_S)", "NULL"},
        {"ARRAY_SORT(ARRAY['b', 'a', 'B'])", "[B, a, b]"},
        {"ARRAY_SORT(GENERATE_SERIES(10, 1))", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"},
        {"GENERATE_SERIES(1, 3)", "[1, 2, 3]"},
        {"GENERATE_SERIES(3, 1)", "[3, 2, 1]"},
        {"GENERATE_SERIES(2, 2)", "[2]"},
        {"GENERATE_SERIES(-2, 1, 2)", "[-2, 0]"},
        {"GENERATE_SERIES(5, 1, -2)", "[5, 3, 1]"},
        {"GENERATE_SERIES(1, 3, 0)", "ERR GENERATE_SERIES step cannot be zero"},
        {"GENERATE_SERIES(1, 3, -1)", "ERR GENERATE_SERIES step has wrong sign"},
        {"GENERATE_SERIES(1, 2000000000)", "ERR GENERATE_SERIES gives more than 4194304 elements"},
        {"SLICE(ARRAY[1, 2, 3, 4], 2, 3)", "[2, 3]"},
        {"SLICE(ARRAY[1, 2, 3, 4], N_I, 2)", "[1, 2]"},
        {"SLICE(ARRAY[1, 2, 3, 4], 3, N_I)", "[3, 4]"},
        {"SLICE(ARRAY[1, 2], 2, 1)", "[]"},
        {"SLICE(ARRAY[1, 2], 3, 1)", "NULL"},
        {"SLICE(ARRAY[1, 2], 0, 1)", "NULL"},
        {"SLICE(ARRAY[1, 2], 1, 3)", "NULL"},
        {"AS_VALUE(I)", "5"},
    };
    CHECK_VALUES(cases);
}

static void test_maps(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"AS_MAP(ARRAY['a', 'b'], ARRAY[1])", "{b=null, a=1}"}, /* a table of 2 places */
        {"AS_MAP(ARRAY['a', 'a'], ARRAY[1, 2, 3])", "{a=2}"},
        {"MAP_KEYS(SPLIT_TO_MAP('zeta=1;alpha=1;beta=1;gamma=1;Aa=1;BB=1;k1=1;k2=1', ';', '='))",
         "[zeta, Aa, BB, k1, alpha, k2, beta, gamma]"},
        {"MAP_VALUES(MAP('a' := 1, 'b' := NULL))", "[null, 1]"},
        {"MAP_UNION(MAP('a' := 1, 'b' := 2), MAP('b' := 3, 'c' := 4))", "{a=1, b=3, c=4}"},
        {"MAP_UNION(CAST(NULL AS MAP<STRING, INT>), MAP('b' := 3))", "{b=3}"},
        {"MAP_UNION(CAST(NULL AS MAP<STRING, INT>), CAST(NULL AS MAP<STRING, INT>))", "NULL"},
        {"ENTRIES(MAP('b' := 1, 'a' := 2), TRUE)", "[Struct{K=a,V=2}, Struct{K=b,V=1}]"},
        {"ENTRIES(MAP('a' := 'x'), FALSE)", "[Struct{K=a,V=x}]"},
        {"ENTRIES(MAP('a' := 1.5), TRUE)", "[Struct{K=a,V=1.5}]"},
        {"ENTRIES(MAP('a' := 1), CAST(NULL AS BOOLEAN))", "ERR ENTRIES needs to know whether to sort"},
    };
    CHECK_VALUES(cases);
}

static void test_lambdas(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"TRANSFORM(ARRAY[1, 2], x => x + 5)", "[6, 7]"},
        {"TRANSFORM(ARRAY[1, NULL], x => x + 5)", "ERR arithmetic on a NULL operand"},
        {"TRANSFORM(ARRAY[1, NULL], x => ABS(x))", "[1, null]"},
        {"TRANSFORM(MAP('a' := 1, 'b' := 2), (k, v) => UCASE(k), (k, v) => v * 10)", "{A=10, B=20}"},
        {"TRANSFORM(MAP('a' := 1, 'b' := 2), (k, v) => 'x', (k, v) => v)", "ERR two entries have the same new key"},
        {"TRANSFORM(MAP('a' := 1), (k, v) => k, (k, v) => N_I)", "ERR a map cannot hold a NULL value"},
        {"FILTER(ARRAY[1, 9, NULL, 7], x => x > 5)", "[9, 7]"},
        {"FILTER(ARRAY[1, NULL], x => CAST(NULL AS BOOLEAN))", "ERR the lambda gave NULL instead of a boolean"},
        {"FILTER(MAP('a' := 1, 'b' := 2), (k, v) => v = 2)", "{b=2}"},
        {"FILTER(MAP('a' := 1, 'b' := N_I), (k, v) => k = 'b')", "ERR a map entry with a NULL value cannot be kept"},
        {"REDUCE(ARRAY[1, 2, 3], 10, (t, x) => t + x)", "16"},
        {"REDUCE(ARRAY[1, 2, 3], N_I, (t, x) => t + x)", "NULL"},
        {"REDUCE(CAST(NULL AS ARRAY<INT>), 10, (t, x) => t + x)", "10"},
        {"REDUCE(MAP('a' := 1, 'b' := 2), '', (t, k, v) => t || k || CAST(v AS STRING))", "b2a1"},
        {"TRANSFORM(ARRAY[ARRAY[1, 2], ARRAY[3]], x => REDUCE(x, 0, (t, y) => t + y))", "[3, 3]"},
        {"TRANSFORM(ARRAY[1, 2], x => x + I)", "[6, 7]"},
    };
    CHECK_VALUES(cases);
    static const eval_case refused[] = {
        {"TRANSFORM(ARRAY[1], I => I)", "REFUSED Lambda function argument can't be a column name: I"},
        {"TRANSFORM(ARRAY[ARRAY[1]], x => TRANSFORM(x, x => x))",
         "REFUSED Reusing lambda arguments in nested lambda is not allowed"},
        {"TRANSFORM(ARRAY[1], `a b` => `a b`)", "REFUSED Invalid lambda argument name: a b"},
        {"FILTER(ARRAY[1], x => x)",
         "REFUSED Cannot infer generics for LAMBDA (T) => BOOLEAN from LAMBDA (INTEGER) => INTEGER because "
         "they do not have the same schema structure."},
        {"REDUCE(ARRAY[1], 'a', (t, x) => x)",
         "REFUSED Found invalid instance of generic schema when mapping LAMBDA (S, T) => S to LAMBDA (..."},
    };
    CHECK_TYPES(refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditional),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_lambdas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
