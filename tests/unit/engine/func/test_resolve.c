/* The table of spec/functions.md 1.4, and result types. */
#include "eval_sql.h"

#define AMBIGUOUS(name) "REFUSED Function '" name "' cannot be resolved due to ambiguous method parameters ..."
#define REFUSES(name, args) "REFUSED Function '" name "' does not accept parameters (" args ")..."

static void test_overloads(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"GREATEST(I, L)", AMBIGUOUS("greatest")},
        {"LEAST(I, L, DEC42)", AMBIGUOUS("least")},
        {"POWER(I, L)", AMBIGUOUS("power")},
        {"LOG(I, L)", AMBIGUOUS("log")},
        {"ATAN2(L, I)", AMBIGUOUS("atan2")},
        {"GREATEST(I, DEC42)", AMBIGUOUS("greatest")},
        {"GREATEST(I, D)", "DOUBLE"},
        {"POWER(I, DEC42)", "DOUBLE"},
        {"GREATEST(I, L, DEC42, D, NULL)", "DOUBLE"},
        {"GREATEST(DEC42, DEC42, NULL)", "DECIMAL(4, 2)"},
        {"GREATEST(DEC42, CAST(1 AS DECIMAL(6, 3)))", "DECIMAL(6, 3)"},
        {"ROUND(I, I)", AMBIGUOUS("Round")},
        {"TRUNC(L, I)", AMBIGUOUS("trunc")},
        {"SQRT(DEC42)", "DOUBLE"},
        {"SIGN(DEC42)", "INTEGER"},
        {"ABS('1')", REFUSES("Abs", "STRING")},
        {"CONCAT(S, I)", REFUSES("concat", "STRING, INTEGER")},
        {"SUBSTRING(S, L)", REFUSES("substring", "STRING, BIGINT")},
        {"GEO_DISTANCE(D, D, 'foo', 0)", REFUSES("geo_distance", "DOUBLE, DOUBLE, STRING, INTEGER")},
        {"CONCAT(S, B)", "BYTES"},
        {"LPAD(B, I, 'eg==')", "BYTES"},
        {"UCASE(NULL)", "STRING"},
        {"LEN(NULL)", AMBIGUOUS("len")},
        {"ABS(NULL)", AMBIGUOUS("Abs")},
        {"CONCAT(NULL)", AMBIGUOUS("concat")},
        {"CONCAT(NULL, NULL)", AMBIGUOUS("concat")},
        {"GREATEST(I, NULL)", AMBIGUOUS("greatest")},
        {"COALESCE(I, NULL)", AMBIGUOUS("COALESCE")},
        {"FIELD(S, NULL)", AMBIGUOUS("field")},
        {"ELT(1, NULL)", AMBIGUOUS("elt")},
        {"CONCAT('a', NULL)", "STRING"},
        {"GREATEST(I, I, NULL)", "INTEGER"},
        {"CONCAT_WS(S, S, NULL, S)", "STRING"},
        {"IFNULL(L, 10)", REFUSES("IFNULL", "BIGINT, INTEGER")},
        {"COALESCE(DEC42, DEC52)", REFUSES("COALESCE", "DECIMAL(4, 2), DECIMAL(5, 2)")},
        {"GENERATE_SERIES(I, L)", "ARRAY<BIGINT>"},
        {"GENERATE_SERIES(I, I, L)", REFUSES("GENERATE_SERIES", "INTEGER, INTEGER, BIGINT")},
        {"FROM_UNIXTIME(I)", "TIMESTAMP"},
        {"TIMESTAMPTOSTRING(I, S)", "STRING"},
        {"FORMAT_DATE('2020-01-01', S)", "STRING"},
        {"GREATEST(DT, '2022-06-14')", "DATE"},
        {"UNIX_TIMESTAMP('2020-01-01T00:00:00')", "BIGINT"},
        {"DATESUB(DT, 5, DT)", REFUSES("datesub", "DATE, INTEGER, DATE")},
        {"DATEADD(DAYS, '5', DT)", REFUSES("dateadd", "null, STRING, DATE")},
        {"ENTRIES(MAP('a' := DEC42), TRUE)", "ARRAY<STRUCT<K STRING, V DOUBLE>>"},
        {"LEAST()", REFUSES("least", "")},
        {"FILTER(ARRAY[1], (a, b) => TRUE)", REFUSES("filter", "ARRAY<INTEGER>, LAMBDA")},
        {"NO_SUCH(1)", "REFUSED Can't find any functions with the name 'NO_SUCH'"},
        {"no_such(1)", "REFUSED Can't find any functions with the name 'NO_SUCH'"},
        {"`ucase`(S)", "STRING"},
        {"datesub(DT)",
         "REFUSED Function 'datesub' does not accept parameters (DATE).\nValid alternatives are:\n"
         "DATESUB(INTERVAL UNIT unit, INT interval, DATE date)\nFor detailed information on a function run: "
         "DESCRIBE FUNCTION <Function-Name>;"},
        {"GREATEST(1, ARRAY[1, 2])", "REFUSED Cast of ARRAY<INTEGER> to INTEGER is not supported"},
        {"COALESCE(1, ARRAY[1, 2])", "REFUSED Cast of ARRAY<INTEGER> to INTEGER is not supported"},
        {"CONCAT(ARRAY['a', 'b'])", "STRING"},
        {"COALESCE(NULL, I)", "INTEGER"},
        {"IFNULL(NULL, NULL)", "REFUSED Could not find mapping for generic type: T"},
    };
    CHECK_TYPES(cases);
}

static void test_result_types(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"ROUND(DEC42)", "DECIMAL(2, 0)"},
        {"ROUND(DEC42, 1)", "DECIMAL(4, 2)"},
        {"ROUND(CAST(0.5 AS DECIMAL(1,1)))", "REFUSED DECIMAL precision must be >= 1: DECIMAL(0,0)"},
        {"ABS(DEC42)", "DECIMAL(4, 2)"},
        {"TRANSFORM(MAP('a' := 1), (k, v) => v, (k, v) => k)", "MAP<INTEGER, STRING>"},
        {"TRANSFORM(ARRAY[1], x => 'a')", "ARRAY<STRING>"},
        {"REDUCE(ARRAY[1], 'a', (t, x) => t)", "STRING"},
        {"AS_MAP(ARRAY['a'], ARRAY[1])", "MAP<STRING, INTEGER>"},
        {"SPLIT(B, B)", "ARRAY<BYTES>"},
        {"ARRAY_MAX(ARRAY[DEC42])", "DECIMAL(4, 2)"},
        {"PARSE_TIMESTAMP(S, S)", "TIMESTAMP"},
        {"UUID()", "STRING"},
    };
    CHECK_TYPES(cases);
}

static void test_units(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"UCASE(DAYS)", "NULL"}, /* the name of a unit is no text */
        {"UCASE(TRIM(HOURS))", "NULL"},
        {"DATEADD(NULL, 5, DT)", "NULL"},
        {"UCASE(UCASE(NULL))", "NULL"},
    };
    CHECK_VALUES(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overloads),
        cmocka_unit_test(test_result_types),
        cmocka_unit_test(test_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
