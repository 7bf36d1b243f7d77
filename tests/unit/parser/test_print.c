/* Trees back to text: spec/sql-language.md 0.2, 0.3, 7.8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "parser/parser.h"
#include "tree_dump.h"

static arena a;

static int set_up(void **state)
{
    (void)state;
    arena_init(&a);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&a);
    return 0;
}

static ast_stmt *parse_one(str sql)
{
    ast_stmt **s;
    size_t     n;
    status     st;
    status_init(&st);
    if (!parse_sql(&a, sql, &s, &n, &st))
        fail_msg("%.*s\n%s", STR_FMT(sql), st.msg);
    assert_int_equal(n, 1);
    return s[0];
}

static void assert_buf(buf *b, const char *wanted)
{
    buf_putc(b, 0);
    assert_string_equal(b->p, wanted);
    buf_free(b);
}

static void assert_stmt(const char *sql, const char *wanted)
{
    buf b = BUF_INIT(BUF_MAX);
    print_stmt(&b, parse_one(str_of(sql)));
    assert_buf(&b, wanted);
}

static void assert_expr(const char *text, const char *wanted, const char *wanted_sql)
{
    ast_expr *e;
    status    st;
    buf       b = BUF_INIT(BUF_MAX);
    status_init(&st);
    if (!parse_expression(&a, str_of(text), &e, &st))
        fail_msg("%s\n%s", text, st.msg);
    print_expr(&b, e);
    assert_buf(&b, wanted);
    b = (buf)BUF_INIT(BUF_MAX);
    print_expr_sql(&b, e);
    assert_buf(&b, wanted_sql ? wanted_sql : wanted);
}

static void test_expressions(void **state)
{
    (void)state;
    assert_expr("a+b", "(A + B)", NULL);
    assert_expr("a = b and c > 1", "((A = B) AND (C > 1))", NULL);
    assert_expr("not x", "(NOT X)", NULL);
    assert_expr("x is null", "(X IS NULL)", NULL);
    assert_expr("x is not null", "(X IS NOT NULL)", NULL);
    assert_expr("x like 'y' escape '!'", "(X LIKE 'y' ESCAPE '!')", NULL);
    assert_expr("x between 1 and 2", "(X BETWEEN 1 AND 2)", NULL);
    assert_expr("x in (1, 2)", "(X IN (1, 2))", NULL);
    assert_expr("x not in (1)", "(NOT (X IN (1)))", NULL);
    assert_expr("x is distinct from y", "(X IS DISTINCT FROM Y)", NULL);
    assert_expr("cast(x as int)", "CAST(X AS INTEGER)", NULL);
    assert_expr("case when a then b else c end", "(CASE WHEN A THEN B ELSE C END)", NULL);
    assert_expr("array[1,2]", "ARRAY[1, 2]", NULL);
    assert_expr("map('a':=1)", "MAP('a':=1)", NULL);
    assert_expr("struct(f:=1)", "STRUCT(F:=1)", NULL);
    assert_expr("x[1]", "X[1]", NULL);
    assert_expr("s->f", "S->F", NULL);
    assert_expr("f(a,b)", "F(A, B)", NULL);
    assert_expr("count()", "COUNT(*)", "COUNT()");
    assert_expr("count(*)", "COUNT(*)", NULL);
    assert_expr("f(a, (x, y) => x+y)", "F(A, (X, Y) => (X + Y))", NULL);
    assert_expr("f(a, x => x)", "F(A, (X) => X)", NULL);
    assert_expr("-a", "-A", NULL);
    assert_expr("- -1", "- -1", NULL);
    assert_expr("- - a", "- -A", NULL);
    assert_expr("-(1)", "-1", "-(1)");
    assert_expr("'it''s'", "'it''s'", NULL);
    assert_expr("null", "null", NULL);
    assert_expr("TRUE", "true", NULL);
    assert_expr("a || b", "concat(A, B)", "(A || B)");
    assert_expr("concat(a, b)", "CONCAT(A, B)", NULL);
    assert_expr("f(days)", "F(DAYS)", NULL);
    assert_expr("`a b`.c", "a b.C", "`a b`.C");
    assert_expr("a.`select`->`x``y`", "A.select->x`y", "A.`select`->`x``y`");
    assert_expr("cast(x as struct<a int, `b` varchar>)", "CAST(X AS STRUCT<A INTEGER, b STRING>)",
                "CAST(X AS STRUCT<A INTEGER, `b` STRING>)");
    assert_expr("cast(x as struct< >)", "CAST(X AS STRUCT< >)", NULL);
    assert_expr("cast(x as decimal(4,2))", "CAST(X AS DECIMAL(4, 2))", NULL);
    assert_expr("(-a)[1]", "-A[1]", "(-A)[1]");
}

static void test_numbers(void **state)
{
    (void)state;
    assert_expr("1e0", "1E0", NULL);
    assert_expr("0.000123e0", "1.23E-4", NULL);
    assert_expr("-1.5e300", "-1.5E300", NULL);
    assert_expr("0e0", "0E0", NULL);
    assert_expr("0.1e0", "1E-1", NULL);
    assert_expr("123456789.123456789e0", "1.2345678912345679E8", NULL);
    assert_expr("9223372036854775807", "9223372036854775807", NULL);
    assert_expr("1.50", "1.50", NULL);
    assert_expr("1.", "1", "1.");
    assert_expr(".5", "0.5", NULL);
    assert_expr("-0.50", "-0.50", NULL);
}

static void test_statements(void **state)
{
    (void)state;
    assert_stmt("create table output with (key_format='KAFKA') as select test.f1 k1, test.f2 k2, "
                "count(*) total from test group by test.f1, test.f2 emit changes;",
                "CREATE TABLE OUTPUT WITH (KEY_FORMAT='KAFKA') AS SELECT\n  TEST.F1 K1,\n  TEST.F2 "
                "K2,\n  COUNT(*) TOTAL\nFROM TEST TEST\nGROUP BY TEST.F1, TEST.F2\nEMIT CHANGES");
    assert_stmt("select x from s limit 3;", "SELECT X\nFROM S S\nLIMIT 3");
    assert_stmt("create or replace source stream if not exists s (a int key, `b` varchar, h bytes "
                "header('k')) with (value_format='JSON', kafka_topic='t', \"partitions\"=2);",
                "CREATE OR REPLACE SOURCE STREAM IF NOT EXISTS S (A INTEGER KEY, `b` STRING, H BYTES "
                "HEADER('k')) WITH (KAFKA_TOPIC='t', PARTITIONS=2, VALUE_FORMAT='JSON')");
    assert_stmt("select * from a join b within 1 hour grace period 1 day on a.x = b.y left join c on "
                "a.x = c.x;",
                "SELECT *\nFROM A A\nINNER JOIN B B WITHIN 1 HOURS GRACE PERIOD 1 DAYS ON ((A.X = "
                "B.Y))\nLEFT OUTER JOIN C C ON ((A.X = C.X))");
    assert_stmt("select a from s window tumbling (size 1 hour, retention 2 days, grace period 0 "
                "seconds) where b group by a having c;",
                "SELECT A\nFROM S S\nWINDOW TUMBLING ( SIZE 1 HOURS , RETENTION 2 DAYS , GRACE PERIOD "
                "0 SECONDS ) \nWHERE B\nGROUP BY A\nHAVING C");
    assert_stmt("select a from s window hopping (size 1 days, advance by 1 hour) group by a;",
                "SELECT A\nFROM S S\nWINDOW HOPPING ( SIZE 1 DAYS , ADVANCE BY 1 HOURS ) \nGROUP BY A");
    assert_stmt("select a from s window session (30 seconds) group by a;",
                "SELECT A\nFROM S S\nWINDOW SESSION ( 30 SECONDS ) \nGROUP BY A");
    assert_stmt("insert into s (a) values (1);", "INSERT INTO S (A) VALUES (1)");
    assert_stmt("create stream `lower` as select * from s;", "CREATE STREAM `lower` AS SELECT *\nFROM S S");
    assert_stmt("list topics;", "SHOW TOPICS");
    assert_stmt("describe `TABLES`;", "DESCRIBE `TABLES`");
    assert_stmt("print my_topic;", "PRINT `my_topic`");
}

static void test_names(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"KEY", "KEY"},         {"ID", "ID"},   {"1A", "1A"},
                                           {"select", "`select`"}, {"a", "`a`"},   {"A B", "`A B`"},
                                           {"SIZE", "`SIZE`"},     {"12", "`12`"}, {"A`B", "`A``B`"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf b = BUF_INIT(BUF_MAX);
        print_name(&b, str_of(cases[i][0]));
        assert_buf(&b, cases[i][1]);
    }
}

static void assert_masked(const char *sql, const char *wanted)
{
    buf b = BUF_INIT(BUF_MAX);
    print_masked(&b, parse_one(str_of(sql)));
    assert_buf(&b, wanted);
}

static void test_masked(void **state)
{
    (void)state;
    assert_masked(" insert into x (a, b) values ('secret', 1 + 2) ;",
                  "INSERT INTO `X` (`A`, `B`) VALUES ('[value]', '[value]');");
    assert_masked("insert into x values ('secret');", "INSERT INTO `X` VALUES ('[value]');");
    assert_masked("create source connector if not exists my_c with (\"connector.class\"='C', 'a b' = "
                  "'secret', key = 5);",
                  "CREATE SOURCE CONNECTOR IF NOT EXISTS my_c WITH (\"connector.class\"='C', 'a "
                  "b'='[string]', key='[string]');");
    assert_masked("select  *  from s where a = 'x' ;", "select  *  from s where a = 'x';");
}

static const char *const statements[] = {
#define STATEMENT(text) text,
#include "statements.def"
#undef STATEMENT
};

static const char *const kind_names[] = {
#define STMT(kind, print, words) #kind,
#include "parser/stmt.def"
#undef STMT
};

/* print(parse(x)) parses to the same tree, and prints to itself; for every row of stmt.def. */
static void test_round_trip(void **state)
{
    (void)state;
    bool seen[STMT_KIND_COUNT] = {false};
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        ast_stmt **s;
        size_t     n;
        status     st;
        status_init(&st);
        if (!parse_sql(&a, str_of(statements[i]), &s, &n, &st))
            fail_msg("%s\n%s", statements[i], st.msg);
        assert_true(n > 0);
        for (size_t k = 0; k < n; k++) {
            seen[s[k]->kind] = true;
            buf text = BUF_INIT(BUF_MAX), again = BUF_INIT(BUF_MAX);
            buf one = BUF_INIT(BUF_MAX), two = BUF_INIT(BUF_MAX);
            print_stmt(&text, s[k]);
            buf_putc(&text, ';');
            ast_stmt *t = parse_one(str_dup(&a, buf_str(&text)));
            print_stmt(&again, t);
            buf_putc(&again, ';');
            dump_stmt(&one, s[k]); /* sorts properties: not before they are printed */
            dump_stmt(&two, t);
            if (!str_eq(buf_str(&one), buf_str(&two)))
                fail_msg("%.*s\n%.*s\n%.*s\n%.*s", STR_FMT(s[k]->source), STR_FMT(buf_str(&text)),
                         STR_FMT(buf_str(&one)), STR_FMT(buf_str(&two)));
            assert_true(str_eq(buf_str(&text), buf_str(&again)));
            buf_free(&text);
            buf_free(&again);
            buf_free(&one);
            buf_free(&two);
        }
    }
    for (int k = 0; k < STMT_KIND_COUNT; k++)
        if (!seen[k])
            fail_msg("no line of statements.def is a %s", kind_names[k]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_expressions), TEST(test_numbers), TEST(test_statements),
        TEST(test_names),       TEST(test_masked),  TEST(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
