/* Variables: spec/sql-language.md 1.8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "parser/parser.h"

static arena a;
static map   vars;

static str               values[] = {{"S1", 2},      {"'it''s'", 7}, {"42", 2},   {"`Q n`", 5}, {"a'b", 3},
                                     {"x; DROP", 7}, {"true", 4},    {"-1.5", 4}, {"@x", 2},    {"", 0}};
static const char *const names[] = {"s", "str", "n", "q", "quote", "evil", "yes", "neg", "at", "empty"};

static int set_up(void **state)
{
    (void)state;
    arena_init(&a);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        map_put(&vars, str_of(names[i]), &values[i]);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    map_free(&vars);
    arena_free(&a);
    return 0;
}

static void becomes(const char *sql, const char *wanted)
{
    str    out;
    status st;
    status_init(&st);
    if (!parse_substitute(&a, str_of(sql), &vars, &out, &st))
        fail_msg("%s\n%s", sql, st.msg);
    assert_string_equal(str_z(&a, out), wanted);
}

static void refused(const char *sql, const char *msg)
{
    str    out;
    status st;
    status_init(&st);
    if (parse_substitute(&a, str_of(sql), &vars, &out, &st))
        fail_msg("%s becomes %.*s", sql, STR_FMT(out));
    assert_string_equal(st.msg, msg);
}

static void test_places(void **state)
{
    (void)state;
    becomes("SELECT ${s}, ${s}.${s}, f(${n}) FROM ${s} ${q};", "SELECT S1, S1.S1, f(42) FROM S1 `Q n`;");
    becomes("SELECT * FROM S", "SELECT * FROM S");
    becomes("INSERT INTO ${s} VALUES (${n}, ${str}, ${yes}, ${neg})",
            "INSERT INTO S1 VALUES (42, 'it''s', true, -1.5)");
    becomes("CREATE STREAM ${s} (a ${s}) WITH (x=${str}, ${s}=1);", "CREATE STREAM S1 (a S1) WITH (x='it''s', S1=1);");
    becomes("TERMINATE ${s};", "TERMINATE S1;");
    becomes("PRINT ${q};", "PRINT `Q n`;");
    becomes("DROP TYPE ${s} -- ${s}\n", "DROP TYPE S1 -- ${s}\n");
}

static void test_strings(void **state)
{
    (void)state;
    becomes("SET 'a.${s}'='${n}';", "SET 'a.S1'='42';");
    becomes("DEFINE x='${quote}';", "DEFINE x='a''b';");
    becomes("SET 'a'='${evil} ${str}';", "SET 'a'='x; DROP ''it''''s''';");
    becomes("SET 'a'='$${s} ${s}${n} ${unknown} ${ ${s';", "SET 'a'='${s} S142 ${unknown} ${ ${s';");
    becomes("SET 'a'='${empty}${}';", "SET 'a'='${}';");
    becomes("SELECT \"${s}\" FROM S;", "SELECT \"${s}\" FROM S;");
}

static void test_case_counts(void **state)
{
    (void)state;
    refused("SELECT * FROM ${S};",
            "Illegal argument at Line: 1, Col: 15. Identifier names cannot start with '@' and may only "
            "contain alphanumeric values and '_'. Got: '${S}'");
}

static void test_refused_values(void **state)
{
    (void)state;
    refused("SELECT *\nFROM ${evil};",
            "Illegal argument at Line: 2, Col: 6. Identifier names cannot start with '@' and may only "
            "contain alphanumeric values and '_'. Got: 'x; DROP'");
    refused("SELECT * FROM ${at};",
            "Illegal argument at Line: 1, Col: 15. Identifier names cannot start with '@' and may only "
            "contain alphanumeric values and '_'. Got: '@x'");
    refused("SELECT * FROM ${str};",
            "Illegal argument at Line: 1, Col: 15. Identifier names cannot start with '@' and may only "
            "contain alphanumeric values and '_'. Got: ''it''s''");
    refused("INSERT INTO S VALUES (${evil});", "Illegal argument at Line: 1, Col: 23. Got: 'x; DROP'");
    refused("INSERT INTO S VALUES (${nothing});", "Illegal argument at Line: 1, Col: 23. Got: '${nothing}'");
    refused("SELECT * FROM ${empty};",
            "Illegal argument at Line: 1, Col: 15. Identifier names cannot start with '@' and may only "
            "contain alphanumeric values and '_'. Got: ''");
    refused("SELECT * ${s} FROM;", "line 1:10: Syntax Error\nExpecting {',', 'FROM'}");
    /* not where only a string may stand */
    refused("SET ${s}='x';", "line 1:5: Syntax Error\nExpecting STRING");
}

static void test_marks_statements(void **state)
{
    (void)state;
    ast_stmt **s;
    size_t     n;
    status     st;
    status_init(&st);
    assert_true(parse_sql(&a, STR("SELECT ${x} FROM S; SELECT * FROM S; SET 'a'='${b}';"), &s, &n, &st));
    assert_true(s[0]->has_variables);
    assert_false(s[1]->has_variables);
    assert_true(s[2]->has_variables);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_places),         TEST(test_strings),          TEST(test_case_counts),
        TEST(test_refused_values), TEST(test_marks_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
