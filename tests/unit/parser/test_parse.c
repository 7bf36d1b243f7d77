/* From text to tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "parser/parse_int.h"

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

static ast_stmt *one(const char *sql)
{
    ast_stmt **s;
    size_t     n;
    status     st;
    status_init(&st);
    if (!parse_sql(&a, str_of(sql), &s, &n, &st))
        fail_msg("%s\n%s", sql, st.msg);
    assert_int_equal(n, 1);
    return s[0];
}

static void refused(const char *sql, st_code code, const char *msg)
{
    ast_stmt **s;
    size_t     n;
    status     st;
    status_init(&st);
    if (parse_sql(&a, str_of(sql), &s, &n, &st))
        fail_msg("%s parses", sql);
    assert_string_equal(st.msg, msg);
    assert_int_equal(st.code, code);
}

static ast_expr *expr(const char *text)
{
    ast_expr *e;
    status    st;
    status_init(&st);
    if (!parse_expression(&a, str_of(text), &e, &st))
        fail_msg("%s\n%s", text, st.msg);
    return e;
}

static void assert_str(str s, const char *wanted)
{
    if (!str_eqz(s, wanted))
        fail_msg("'%.*s' is not '%s'", STR_FMT(s), wanted);
}

static void assert_text_of(const char *sql, const ast_expr *e, const char *wanted)
{
    assert_str((str){sql + e->pos, e->len}, wanted);
}

static void test_statements_and_their_text(void **state)
{
    (void)state;
    ast_stmt  **s;
    size_t      n;
    status      st;
    const char *sql = " SHOW TOPICS ;\n/*x*/EXPLAIN SELECT * FROM S -- c\n;;";
    status_init(&st);
    assert_false(parse_sql(&a, str_of(sql), &s, &n, &st));
    assert_true(parse_sql(&a, str_make(sql, strlen(sql) - 1), &s, &n, &st));
    assert_int_equal(n, 2);
    assert_str(s[0]->source, "SHOW TOPICS");
    assert_int_equal(s[0]->pos, 1);
    assert_str(s[1]->source, "EXPLAIN SELECT * FROM S");
    assert_str(s[1]->inner->source, "SELECT * FROM S");
    assert_int_equal(s[1]->inner->query->len, 15);
    assert_true(parse_sql(&a, STR("  "), &s, &n, &st));
    assert_int_equal(n, 0);
}

static void test_names(void **state)
{
    (void)state;
    ast_stmt *s = one("CREATE STREAM foo (a INT, \"b\"\"c\" \"my type\", `Key` VARCHAR KEY) WITH (k='v');");
    assert_str(s->name, "FOO");
    assert_str(s->columns[0].name, "A");
    assert_str(s->columns[0].type->name, "INTEGER");
    assert_str(s->columns[1].name, "b\"c");
    assert_str(s->columns[1].type->name, "my type");
    assert_str(s->columns[2].name, "Key");
    assert_str(s->columns[2].type->name, "STRING");
    assert_int_equal(s->columns[2].kind, COL_KEY);
    assert_str(s->props[0].name, "k");
    assert_str(one("PRINT my_Topic;")->name, "my_Topic");
    assert_str(one("PRINT 'a''b';")->name, "a'b");
    assert_str(one("DEFINE Name='''x''';")->name, "Name");
    assert_str(one("DEFINE n='''x''';")->text2, "'x'");
    assert_str(one("TERMINATE ctas_x;")->name, "CTAS_X");
    assert_str(one("ASSERT SCHEMA SUBJECT Sub ID 7;")->name, "Sub");
}

static void test_source_names(void **state)
{
    (void)state;
    one("SELECT * FROM `a-b_1`;");
    refused("SELECT * FROM `a b`;", ST_SQL_PREPARE,
            "Failed to prepare statement: Illegal argument at Line: 1, Col: 15. Source names may only "
            "contain alphanumeric values, '_' or '-'. Got: 'a b'");
    refused("DROP STREAM\n \"é\";", ST_SQL_PREPARE,
            "Failed to prepare statement: Illegal argument at Line: 2, Col: 2. Source names may only "
            "contain alphanumeric values, '_' or '-'. Got: 'é'");
    refused("SELECT ` a` FROM S;", ST_SQL_PREPARE, "Failed to prepare statement: name is not trimmed: ' a'");
    refused("SELECT \"\" FROM S;", ST_SQL_PREPARE, "Failed to prepare statement: name is empty");
}

static void test_number_literals(void **state)
{
    (void)state;
    assert_int_equal(expr("2147483647")->kind, EX_INT);
    assert_int_equal(expr("2147483648")->kind, EX_BIGINT);
    assert_int_equal(expr("-2147483648")->kind, EX_INT);
    ast_expr *e = expr("-9223372036854775808");
    assert_int_equal(e->kind, EX_BIGINT);
    assert_true(e->ival == INT64_MIN);
    assert_int_equal(expr("- /* x */ 1")->ival, -1);
    assert_int_equal(expr("- /* x */ 1")->kind, EX_INT);
    assert_int_equal(expr("-(1)")->kind, EX_NEG);
    assert_int_equal(expr("- -1")->kind, EX_NEG);
    assert_int_equal(expr("- -1")->args[0]->kind, EX_INT);
    assert_int_equal(expr("+1")->kind, EX_POS);
    assert_int_equal(expr("5 -3")->kind, EX_ARITH);
    assert_int_equal(expr("5 -3")->op, OP_SUB);
    assert_int_equal(expr("5 - -3")->args[1]->ival, -3);
    assert_int_equal(expr("-1 * 2")->op, OP_MUL);
    assert_str(expr("-1.50")->text, "-1.50");
    assert_str(expr("- 007.")->text, "-7.");
    assert_str(expr(".5")->text, "0.5");
    assert_str(expr("00.5")->text, "0.5");
    assert_true(expr("-1.5e2")->dval == -150.0);
    refused("SELECT 1,\n 9223372036854775808 FROM S;", ST_SQL_PREPARE,
            "Failed to prepare statement: line 2:3: Invalid numeric literal: 9223372036854775808");
    refused("SELECT - 9223372036854775809 FROM S;", ST_SQL_PREPARE,
            "Failed to prepare statement: line 1:9: Invalid numeric literal: -9223372036854775809");
    refused("SELECT 5 -9223372036854775808 FROM S;", ST_SQL_PREPARE,
            "Failed to prepare statement: line 1:12: Invalid numeric literal: 9223372036854775808");
    refused("SELECT -(9223372036854775808) FROM S;", ST_SQL_PREPARE,
            "Failed to prepare statement: line 1:11: Invalid numeric literal: 9223372036854775808");
    refused("SELECT 1e400 FROM S;", ST_SQL_PREPARE,
            "Failed to prepare statement: line 1:9: Number overflows DOUBLE: 1e400");
}

static void test_precedence(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a + b * c", "(A + (B * C))"},
        {"a - b - c", "((A - B) - C)"},
        {"a || b + c || d", "concat(concat(A, (B + C)), D)"},
        {"-a * b", "(-A * B)"},
        {"NOT a = b AND c OR d", "(((NOT (A = B)) AND C) OR D)"},
        {"a OR b AND NOT c", "(A OR (B AND (NOT C)))"},
        {"a BETWEEN b AND c AND d", "((A BETWEEN B AND C) AND D)"},
        {"NOT a NOT IN (1)", "(NOT (NOT (A IN (1))))"},
        {"a IS NOT DISTINCT FROM b", "(NOT (A IS DISTINCT FROM B))"},
        {"-a->b[1]", "-A->B[1]"},
        {"a % b / c", "((A % B) / C)"},
        {"a != b", "(A <> B)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf b = BUF_INIT(BUF_MAX);
        print_expr(&b, expr(cases[i][0]));
        assert_str(buf_str(&b), cases[i][1]);
        buf_free(&b);
    }
}

static void test_positions_of_nodes(void **state)
{
    (void)state;
    const char *sql = "(a) + f(b, (c))[1] -> d";
    ast_expr   *e = expr(sql);
    assert_text_of(sql, e, sql);
    assert_text_of(sql, e->args[0], "a");
    assert_text_of(sql, e->args[1], "f(b, (c))[1] -> d");
    assert_text_of(sql, e->args[1]->args[0], "f(b, (c))[1]");
    sql = "x NOT LIKE 'a' ESCAPE '!' AND CASE WHEN 1 = 2 THEN CAST(y AS INT) END IS NULL";
    e = expr(sql);
    assert_text_of(sql, e->args[0], "x NOT LIKE 'a' ESCAPE '!'");
    assert_text_of(sql, e->args[1], "CASE WHEN 1 = 2 THEN CAST(y AS INT) END IS NULL");
    assert_text_of(sql, e->args[1]->args[0]->args[1], "CAST(y AS INT)");
    sql = "f(a, (x, y) => x + y, - 5)";
    assert_int_equal(one("SELECT a, f(x) y FROM s;")->query->items[1].len, 6);
}

static void test_lambdas(void **state)
{
    (void)state;
    ast_expr *e = expr("f(x, x => x + y + g(z, (y) => x + y))");
    assert_int_equal(e->args[0]->kind, EX_COLUMN);
    ast_expr *body = e->args[1]->args[0];
    assert_int_equal(e->args[1]->kind, EX_LAMBDA);
    assert_int_equal(body->args[0]->args[0]->kind, EX_LAMBDA_VAR);
    assert_int_equal(body->args[0]->args[1]->kind, EX_COLUMN);
    ast_expr *inner = body->args[1]->args[1]->args[0];
    assert_int_equal(inner->args[0]->kind, EX_LAMBDA_VAR);
    assert_int_equal(inner->args[1]->kind, EX_LAMBDA_VAR);
    assert_int_equal(expr("f(a, x => q.x)")->args[1]->args[0]->kind, EX_COLUMN);
    assert_int_equal(expr("f(a, (b))")->args[1]->kind, EX_COLUMN);
    status    st;
    ast_expr *out;
    status_init(&st);
    assert_false(parse_expression(&a, STR("f(x => x)"), &out, &st));
    assert_false(parse_expression(&a, STR("f(a, x => x, b)"), &out, &st));
    assert_false(parse_expression(&a, STR("f(a, () => x)"), &out, &st));
}

static void test_contextual_words(void **state)
{
    (void)state;
    ast_query *q = one("SELECT * FROM S EMIT;")->query;
    assert_str(q->from.alias, "EMIT");
    assert_int_equal(q->emit, EMIT_NONE);
    q = one("SELECT * FROM S EMIT EMIT CHANGES;")->query;
    assert_str(q->from.alias, "EMIT");
    assert_int_equal(q->emit, EMIT_CHANGES);
    q = one("SELECT * FROM S PARTITION PARTITION BY a;")->query;
    assert_str(q->from.alias, "PARTITION");
    assert_true(q->has_partition_by);
    q = one("SELECT a LIKE b ESCAPE, c LIKE d ESCAPE '!' FROM S;")->query;
    assert_str(q->items[0].alias, "ESCAPE");
    assert_str(q->items[1].expr->text, "!");
    q = one("SELECT * FROM A CROSS JOIN B ON A.X = B.X;")->query;
    assert_str(q->from.alias, "CROSS");
    assert_int_equal(q->joins[0].kind, JOIN_INNER);
    ast_stmt *s = one("ALTER STREAM S ADD COLUMN INT, ADD COLUMN b INT;");
    assert_str(s->columns[0].name, "COLUMN");
    assert_str(s->columns[1].name, "B");
    assert_int_equal(one("DESCRIBE TABLES;")->kind, STMT_DESCRIBE_TABLES);
    assert_int_equal(one("DESCRIBE \"TABLES\";")->kind, STMT_DESCRIBE);
    assert_str(one("DROP STREAM IF;")->name, "IF");
    assert_true(one("DROP STREAM IF EXISTS IF;")->if_exists);
    assert_str(one("EXPLAIN SHOW;")->name, "SHOW");
    assert_int_equal(expr("MAP(a, b)")->kind, EX_CALL);
    assert_int_equal(expr("MAP(a := b)")->kind, EX_MAP);
    assert_int_equal(expr("map['a']")->kind, EX_SUBSCRIPT);
    assert_int_equal(expr("array['a']")->kind, EX_ARRAY);
    assert_int_equal(expr("f(DAYS)")->args[0]->kind, EX_INTERVAL_UNIT);
    assert_int_equal(expr("f(DAY)")->args[0]->kind, EX_COLUMN);
    assert_str(expr("f(millisecond)")->args[0]->text, "MILLISECONDS");
}

static void test_faults_of_the_tree(void **state)
{
    (void)state;
    refused("SELECT * FROM S LIMIT 1.5;", ST_SQL_PREPARE,
            "Failed to prepare statement: Value must be integer for command: LIMIT");
    refused("PRINT t INTERVAL 1e0;", ST_SQL_PREPARE,
            "Failed to prepare statement: Value must be integer for command: INTERVAL");
    refused("CREATE TYPE t AS DECIMAL(1.0, 2);", ST_SQL_PREPARE,
            "Failed to prepare statement: Value must be integer for command: DECIMAL(PRECISION)");
    refused("CREATE TYPE t AS DECIMAL(1, .2);", ST_SQL_PREPARE,
            "Failed to prepare statement: Value must be integer for command: DECIMAL(SCALE)");
    refused("SELECT * FROM S WINDOW TUMBLING (SIZE 1.5 DAYS) GROUP BY a;", ST_SQL_PREPARE,
            "Failed to prepare statement: For input string: \"1.5\"");
    refused("SELECT * FROM S\nWHERE a LIKE b ESCAPE 'xy';", ST_SQL_PREPARE,
            "Failed to prepare statement: Optional[Line: 2, Col: 9]: Expected single character escape "
            "but got: xy");
    one("SELECT * FROM S WHERE a LIKE b ESCAPE 'é';");
    refused("ASSERT SCHEMA ID 'x';", ST_SQL_PREPARE, "Failed to prepare statement: ID must be an integer");
    /* the syntax of the whole text comes first */
    refused("SELECT 1e400 FROM S; SELECT;", ST_SYNTAX, "line 1:28: Syntax Error\n");
}

static void test_queries(void **state)
{
    (void)state;
    ast_query *q = one("SELECT s.*, a->*, f(b) AS c FROM S s LEFT JOIN T WITHIN (1 DAY, 2 HOURS) GRACE "
                       "PERIOD 3 SECONDS ON s.a = T.b WINDOW w HOPPING (SIZE 1 DAY, ADVANCE BY 1 HOUR, "
                       "RETENTION 2 DAYS) WHERE a GROUP BY (a, b) HAVING c EMIT FINAL LIMIT -1;")
                       ->query;
    assert_null(q->items[0].expr);
    assert_str(q->items[0].star_qual, "S");
    assert_int_equal(q->items[1].expr->kind, EX_STRUCT_STAR);
    assert_str(q->items[2].alias, "C");
    assert_int_equal(q->joins[0].kind, JOIN_LEFT);
    assert_true(ast_duration_ms(q->joins[0].before) == 86400000);
    assert_true(ast_duration_ms(q->joins[0].after) == 7200000);
    assert_true(q->joins[0].grace.given);
    assert_int_equal(q->window.kind, WINDOW_HOPPING);
    assert_str(q->window.name, "W");
    assert_false(q->window.grace.given);
    assert_int_equal(q->group_by_count, 2);
    assert_int_equal(q->emit, EMIT_FINAL);
    assert_int_equal(q->limit, -1);
    assert_true(ast_duration_ms((ast_duration){INT64_MAX, UNIT_DAYS, true}) == INT64_MAX);
}

static void test_other_entries(void **state)
{
    (void)state;
    const ast_type *t;
    status          st;
    ast_expr       *e;
    status_init(&st);
    assert_true(parse_type(&a, STR("MAP<STRING, DECIMAL(4, 2)>"), &t, &st));
    assert_int_equal(t->elem->precision, 4);
    assert_true(parse_type(&a, STR("INT ARRAY ARRAY"), &t, &st));
    assert_int_equal(t->elem->kind, AT_ARRAY);
    assert_false(parse_type(&a, STR("INT;"), &t, &st));
    assert_string_equal(st.msg, "line 1:4: Syntax Error\nSyntax error at or near \";\"\n'}', ']', or ')' is missing");
    assert_false(parse_expression(&a, STR("a b"), &e, &st));
    assert_false(parse_expression(&a, STR(""), &e, &st));
}

static const char too_large[] = "Error processing statement: Statement is too large to parse. This "
                                "may be caused by having too many "
                                "nested expressions in the statement.";

static void assert_too_large(const char *before, const char *piece, const char *middle, const char *piece_after,
                             const char *after, int times)
{
    buf        b = BUF_INIT(BUF_MAX);
    ast_stmt **s;
    size_t     n;
    status     st;
    buf_putz(&b, before);
    for (int i = 0; i < times; i++)
        buf_putz(&b, piece);
    buf_putz(&b, middle);
    for (int i = 0; i < times; i++)
        buf_putz(&b, piece_after);
    buf_putz(&b, after);
    status_init(&st);
    assert_false(parse_sql(&a, buf_str(&b), &s, &n, &st));
    assert_string_equal(st.msg, too_large);
    assert_int_equal(st.code, ST_SQL);
    buf_free(&b);
}

static void test_deep(void **state)
{
    (void)state;
    static const int many = 100000;
    assert_too_large("SELECT ", "a + ", "a", "", " FROM S;", many);
    assert_too_large("SELECT * FROM S WHERE ", "a = 1 AND ", "a", "", ";", many);
    assert_too_large("SELECT ", "(", "a", ")", " FROM S;", many);
    assert_too_large("SELECT ", "- ", "a", "", " FROM S;", many);
    assert_too_large("SELECT ", "NOT ", "a", "", " FROM S;", many);
    assert_too_large("SELECT ", "f(", "a", ")", " FROM S;", many);
    assert_too_large("SELECT ", "f(a, x => ", "a", ")", " FROM S;", 101);
    assert_too_large("SELECT a", "->a", "", "", " FROM S;", many);
    assert_too_large("SELECT a", "[1]", "", "", " FROM S;", many);
    assert_too_large("SELECT ", "CASE WHEN ", "a", " THEN 1 END", " FROM S;", many);
    assert_too_large("CREATE TYPE x AS ", "ARRAY<", "INT", ">", ";", many);
    assert_too_large("CREATE TYPE x AS INT", " ARRAY", "", "", ";", many);
    assert_too_large("CREATE TYPE x AS ", "STRUCT<a ", "INT", ">", ";", many);
    assert_too_large("", "EXPLAIN ", "SELECT * FROM S", "", ";", many);
    assert_too_large("SELECT ", "(", "", "", "", many);
}

static void test_walk_copy_equal(void **state)
{
    (void)state;
    ast_expr *e = expr("f(a, b + 1, STRUCT(x := CAST(c AS INT)), (p, q) => p)");
    ast_expr *c = ast_expr_copy(&a, e);
    assert_true(ast_expr_equal(e, c));
    assert_ptr_not_equal(e->args[1], c->args[1]);
    c->args[1]->args[1]->ival = 2;
    assert_false(ast_expr_equal(e, c));
    assert_true(ast_expr_equal(expr("a+ 1"), expr("A + 1")));
    assert_false(ast_expr_equal(expr("a + 1"), expr("a + 1.0")));
    assert_false(ast_expr_equal(expr("CAST(a AS INT)"), expr("CAST(a AS BIGINT)")));
    assert_false(ast_expr_equal(expr("STRUCT(a := 1)"), expr("STRUCT(b := 1)")));
    assert_false(ast_expr_equal(expr("f(*)"), expr("f()")));
    assert_false(ast_expr_equal(expr("s.a"), expr("a")));
    assert_int_equal(expr("a")->height, 1);
    assert_int_equal(expr("a + (b * c)")->height, 3);
}

static ast_visit count_columns(ast_expr *e, void *ctx)
{
    int *n = ctx;
    if (e->kind == EX_CALL && str_eqz(e->text, "STOP"))
        return VISIT_ABORT;
    if (e->kind == EX_CALL && str_eqz(e->text, "SKIP"))
        return VISIT_PRUNE;
    *n += e->kind == EX_COLUMN;
    return VISIT_CONTINUE;
}

static void test_walk(void **state)
{
    (void)state;
    int n = 0;
    assert_true(ast_walk(expr("a + skip(b) + f(c, d)"), count_columns, &n));
    assert_int_equal(n, 3);
    n = 0;
    assert_false(ast_walk(expr("a + stop(b) + c"), count_columns, &n));
    assert_int_equal(n, 1);
}

/* Long lists are no nesting. */
static void test_wide(void **state)
{
    (void)state;
    buf b = BUF_INIT(BUF_MAX);
    buf_putz(&b, "INSERT INTO S VALUES (0");
    for (int i = 1; i < 100000; i++)
        buf_printf(&b, ", %d", i);
    buf_putz(&b, ");");
    buf_putc(&b, 0);
    ast_stmt *s = one(b.p);
    assert_int_equal(s->value_count, 100000);
    assert_int_equal(s->values[99999]->ival, 99999);
    b.n--;
    b.p[b.n - 1] = ' ';
    ast_stmt **out;
    size_t     n;
    status     st;
    assert_false(parse_sql(&a, buf_str(&b), &out, &n, &st));
    assert_non_null(strstr(st.msg, "Syntax Error\nmissing ';' at '<EOF>'"));
    buf_free(&b);
}

/* "kind text" of each literal behind '=', or "none". */
static void literals(const char *sql, const char *want)
{
    parse_literal l[3];
    uint32_t      n;
    buf           b = BUF_INIT(BUF_MAX);
    if (!parse_equal_literals(&a, str_of(sql), l, 3, &n)) {
        buf_putz(&b, "none");
        n = 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (l[i].kind == EX_STRING)
            buf_printf(&b, "[s %.*s]", STR_FMT(l[i].text));
        else
            buf_printf(&b, "[%s %ld]", l[i].kind == EX_INT ? "i" : "b", l[i].ival);
        ast_expr *e = expr(str_z(&a, str_make(sql + l[i].pos, l[i].len)));
        assert_int_equal(e->kind, l[i].kind); /* as the parser has it */
        assert_true(l[i].kind == EX_STRING ? str_eq(e->text, l[i].text) : e->ival == l[i].ival);
    }
    buf_putc(&b, 0);
    assert_string_equal(b.p, want);
    buf_free(&b);
}

static void test_literals_behind_equals(void **state)
{
    (void)state;
    literals("SELECT * FROM T WHERE K = 'a''b' AND V=5;", "[s a'b][i 5]");
    literals("select 1 from t where k = 2147483648 and '=' = v or v <= 3", "[b 2147483648]");
    literals("SELECT * FROM T WHERE K = /* 'no' */ 'x' -- = 'y'", "[s x]");
    literals("SELECT `= 'a'` FROM T WHERE \"= 5\" = ''", "[s ]");
    literals("SELECT * FROM T WHERE K = -5 OR K = 1.5 OR K = 1e3 OR K = (1)", "");
    literals("SELECT * FROM T WHERE K = 1 AND L = 2 AND M = 3", "[i 1][i 2][i 3]");
    literals("SELECT * FROM T WHERE K = 1 AND L = 2 AND M = 3 AND N = 4", "none");
    literals("SELECT * FROM T WHERE K = 9223372036854775808", "none");
    literals("SELECT * FROM T WHERE K = '${v}'", "none");
    literals("SELECT * FROM T WHERE K = \x01 5", "none");
    literals("SELECT * FROM T WHERE K = 'open", "none");
    literals("SHOW STREAMS;", "none");
    literals("", "none");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_statements_and_their_text),
        TEST(test_names),
        TEST(test_source_names),
        TEST(test_number_literals),
        TEST(test_precedence),
        TEST(test_positions_of_nodes),
        TEST(test_lambdas),
        TEST(test_contextual_words),
        TEST(test_faults_of_the_tree),
        TEST(test_queries),
        TEST(test_other_entries),
        TEST(test_deep),
        TEST(test_walk_copy_equal),
        TEST(test_walk),
        TEST(test_wide),
        TEST(test_literals_behind_equals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
