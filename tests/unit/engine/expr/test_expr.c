/* Expressions: operators, casts, NULL, lambda variables, and what does not compile
 * (spec/sql-language.md 3 and 5). */
#include "tests/unit/engine/func/eval_sql.h"

typedef struct row_case {
    const char *sql, *want;
} row_case;

static void check(const row_case *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = ev(c[i].sql);
        if (strcmp(got, c[i].want) != 0)
            fail_msg("%s\n  wanted %s\n  got    %s", c[i].sql, c[i].want, got);
    }
}

static void arithmetic(void **state)
{
    (void)state;
    static const row_case cases[] = {
        {"1 + 2 * 3", "7"},
        {"(1 + 2) * 3", "9"},
        {"7 / 2", "3"},
        {"-7 % 3", "-1"},
        {"I + L", "7000000005"},
        {"I / 2.0", "2.500000"},
        {"D * 2", "5.0"},
        {"-I", "-5"},
        {"DEC42 + DEC42", "24.68"},
        {"I + N_I", "ERR arithmetic on a NULL operand"},
        {"S + 'bar'", "foobar"},
        {"I / 0", "ERR / by zero"},
        {"ABS(CAST('x' AS INT))", "NULL"}, /* a failing argument is NULL (5.2) */
    };
    check(cases, sizeof cases / sizeof *cases);
}

static void comparison_and_logic(void **state)
{
    (void)state;
    static const row_case cases[] = {
        {"I > 4", "true"},
        {"I > L", "false"},
        {"DEC42 = 12.34", "true"},
        {"N_I = N_I", "false"}, /* spec 5.1: a comparison with NULL is false, not unknown */
        {"N_I IS NULL", "true"},
        {"N_I IS DISTINCT FROM I", "true"},
        {"I BETWEEN 5 AND 6", "true"},
        {"I NOT BETWEEN 5 AND 6", "false"},
        {"I + 1 BETWEEN 6 AND 7", "true"},
        {"I + 1 BETWEEN 7 AND 8", "false"},
        {"I + 1 BETWEEN 4 AND 5", "false"},
        {"N_I + 1 BETWEEN 4 AND 5", "ERR arithmetic on a NULL operand"},
        {"ABS(N_I) BETWEEN 4 AND 5", "false"},
        {"S + '' BETWEEN 'a' AND 'g'", "true"},
        {"L - 1 BETWEEN CASE I + 0 WHEN 5 THEN 1 END AND I * 2000000000.5", "true"},
        {"CASE (I + 1 BETWEEN I + 0 AND I + 2) WHEN true THEN 1 ELSE 2 END", "1"},
        {"I IN (1, 5)", "true"},
        {"S LIKE 'f%'", "true"},
        {"S LIKE 'f_'", "false"},
        {"BO AND I = 5", "true"},
        {"NOT BO OR I = 6", "false"},
        {"DT > '2019-12-31'", "true"},
    };
    check(cases, sizeof cases / sizeof *cases);
}

static void count_error(void *ctx, const char *what, const char *msg)
{
    (void)what;
    (void)msg;
    ++*(int *)ctx;
}

/* The operand of BETWEEN is evaluated once: a failure in it is told once. */
static void between_once(void **state)
{
    (void)state;
    arena     a;
    status    st;
    ast_expr *e;
    int       told = 0;
    arena_init(&a);
    status_init(&st);
    assert_true(parse_expression(&a, STR("COALESCE(CAST('x' AS INT), 5) BETWEEN 1 AND 9"), &e, &st));
    const xnode *x = expr_compile(&a, e, &(xscope){0}, (xoptions){.catch_nested = true}, &st);
    assert_non_null(x);
    ectx cx = {.a = &a, .on_nested_error = count_error, .on_ctx = &told};
    assert_true(xnode_eval(x, &cx).i);
    assert_int_equal(told, 1);
    arena_free(&a);
}

static void constructors_and_access(void **state)
{
    (void)state;
    static const row_case cases[] = {
        {"ARRAY[1, 2, 3][2]", "2"},
        {"ARRAY[1, 2, 3][-1]", "3"},
        {"ARRAY[1, 2, 3][0]", "NULL"},
        {"ARRAY[1, 2, 3][9]", "NULL"},
        {"MAP('a' := 1)['a']", "1"},
        {"MAP('a' := 1)['b']", "NULL"},
        {"STRUCT(x := 1, y := 'z')->y", "z"},
        {"CASE WHEN I = 4 THEN 'four' WHEN I = 5 THEN 'five' ELSE 'more' END", "five"},
        {"CASE WHEN I = 4 THEN 'four' END", "NULL"},
        {"CASE I WHEN 4 THEN 'four' WHEN 5 THEN 'five' ELSE 'more' END", "five"},
        {"CASE I WHEN L THEN 'same' END", "NULL"},
        {"CASE I + 1 WHEN 6.0 THEN 'six' END", "six"},
        {"CASE N_I WHEN 5 THEN 'five' ELSE 'none' END", "none"},
        {"CASE I WHEN N_I THEN 'null' WHEN 5 THEN 'five' END", "five"},
        {"CASE I / 0 WHEN 1 THEN 1 END", "ERR / by zero"},
        {"CASE I WHEN 5 THEN CASE S WHEN 'foo' THEN 'both' END END", "both"},
        {"CASE RANDOM() WHEN 2.0 THEN 'never' ELSE 'once' END", "once"},
        {"TRANSFORM(ARRAY[1, 2], x => CASE x WHEN 2 THEN I ELSE x END)", "[1, 5]"},
        {"TRANSFORM(ARRAY[1, 2], x => x + I)", "[6, 7]"},
        {"REDUCE(ARRAY[1, 2, 3], 0, (total, x) => total + x)", "6"},
        {"FILTER(ARRAY[1, 2, 3], x => x > 1)", "[2, 3]"},
    };
    check(cases, sizeof cases / sizeof *cases);
}

static void casts(void **state)
{
    (void)state;
    static const row_case cases[] = {
        {"CAST('12' AS INT) + 1", "13"},          {"CAST(2.9 AS INT)", "2"},
        {"CAST(I AS STRING) + '!'", "5!"},        {"CAST('x' AS INT)", "ERR For input string: \"x\""},
        {"ABS(CAST('x' AS INT))", "NULL"},        {"CAST('true' AS BOOLEAN)", "true"},
        {"CAST('x' AS INT) IS NULL", "true"},     {"CAST(I / 0 AS BIGINT) IS NULL", "true"},
        {"CAST('x' AS INT) = 1", "false"},        {"GREATEST(D, I / 0) = D", "true"},
        {"CAST(1.005 AS DECIMAL(3, 2))", "1.01"}, {"CAST(TS AS DATE)", "2020-01-02"},
    };
    check(cases, sizeof cases / sizeof *cases);
}

static void refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "S > 1",
        "S * 2",
        "NO_SUCH_FUNCTION(1)",
        "NO_SUCH_COLUMN",
        "I->x",
        "S[1]",
        "UCASE(1, 2, 3)",
        "CAST(I AS DATE)",
        "CASE WHEN BO THEN 1 ELSE 1.0 END",
        "N_I = NULL",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = ev(cases[i]);
        if (strncmp(got, "REFUSED ", 8) != 0 || strlen(got) < 20)
            fail_msg("%s gave %s", cases[i], got);
    }
}

static void case_refused(void **state)
{
    (void)state;
    static const row_case cases[] = {
        {"CASE I WHEN 'x' THEN 1 END", "REFUSED Cannot compare I (INTEGER) to 'x' (STRING) with EQUAL."},
        {"CASE I WHEN NULL THEN 1 END",
         "REFUSED Comparison with NULL not supported: INTEGER = NULL\nUse 'IS NULL' or 'IS NOT NULL' instead."},
        {"CASE I WHEN 1 THEN 1 WHEN 2 THEN 'x' END",
         "REFUSED Invalid Case expression. Type for all 'THEN' clauses should be the same.\nTHEN expression 'WHEN 2 "
         "THEN 'x'' has type: STRING.\nPrevious THEN expression(s) type: INTEGER."},
        {"CASE I WHEN 1 THEN 1 ELSE 'x' END",
         "REFUSED Invalid Case expression. Type for the default clause should be the same as for 'THEN' "
         "clauses.\nTHEN type: INTEGER.\nDEFAULT type: STRING."},
        {"CASE I WHEN 1 THEN NULL END", "REFUSED Invalid Case expression. All case branches have NULL type"},
        {"CASE WHEN I THEN 1 END", "REFUSED WHEN operand type should be boolean.\nType for 'I' is INTEGER"},
    };
    check(cases, sizeof cases / sizeof *cases);
}

/* What a statement could make of a row without a limit. */
static void too_large(void **state)
{
    (void)state;
    buf b = BUF_INIT(1 << 16);
    for (int i = 0; i < 40; i++) /* each level doubles the digits of the type */
        buf_putz(&b, "DEC42 / (");
    buf_putz(&b, "DEC42");
    for (int i = 0; i < 40; i++)
        buf_putc(&b, ')');
    buf_putc(&b, 0);
    assert_non_null(strstr(ev(b.p), "at most 100000 digits are possible."));
    assert_string_equal(ev("CAST(I AS DECIMAL(2147483647, 2147483646))"),
                        "REFUSED DECIMAL precision must be <= 100000: DECIMAL(2147483647,2147483646)");
    buf_clear(&b);
    buf_putz(&b, "LEN(");
    for (int i = 0; i < 70; i++)
        buf_printf(&b, "%sLPAD('', 1048576, 'x')", i ? " + " : "");
    buf_putz(&b, ")");
    buf_putc(&b, 0);
    assert_string_equal(ev(b.p), "ERR the result is longer than 67108864 bytes");
    buf_clear(&b);
    for (int i = 0; i < 40; i++)
        buf_putz(&b, "CASE I WHEN 1 THEN 1 ELSE ");
    buf_putz(&b, "2");
    for (int i = 0; i < 40; i++)
        buf_putz(&b, " END");
    buf_putc(&b, 0);
    assert_string_equal(ev(b.p),
                        "REFUSED Too many lambda arguments and operands of CASE and BETWEEN within one another; "
                        "at most 32 are possible.");
    buf_clear(&b); /* beside one another they are as many as you like */
    for (int i = 0; i < 40; i++)
        buf_printf(&b, "%sCASE I + %d WHEN %d THEN 1 ELSE REDUCE(ARRAY[1], 0, (x, y) => x + y) END", i ? " + " : "", i,
                   i + 1);
    buf_putc(&b, 0);
    assert_string_equal(ev(b.p), "40");
    buf_free(&b);
}

static void types(void **state)
{
    (void)state;
    static const row_case cases[] = {
        {"I + I", "INTEGER"},
        {"I + L", "BIGINT"},
        {"L + D", "DOUBLE"},
        {"DEC42 + DEC52", "DECIMAL(6, 2)"},
        {"I > 1", "BOOLEAN"},
        {"ARRAY[I, L]", "ARRAY<BIGINT>"},
        {"STRUCT(x := I)", "STRUCT<X INTEGER>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(type_of(cases[i].sql), cases[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic),   cmocka_unit_test(comparison_and_logic),
        cmocka_unit_test(between_once), cmocka_unit_test(constructors_and_access),
        cmocka_unit_test(casts),        cmocka_unit_test(refused),
        cmocka_unit_test(case_refused), cmocka_unit_test(too_large),
        cmocka_unit_test(types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
