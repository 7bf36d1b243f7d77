/* Files of SQL tests: what is read, what is refused with which line, what a run says. The tool as a whole is tested by
 * tests/sqltool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/sqltest/sql_test.h"

static char path[] = "/tmp/weir-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static bool read_text(const char *text, sql_test_file *f, status *st)
{
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    fputs(text, to);
    fclose(to);
    status_init(st);
    return sql_test_file_read(path, f, st);
}

static void refused(const char *text, const char *line, const char *why)
{
    sql_test_file f;
    status        st;
    char          want[256];
    assert_false(read_text(text, &f, &st));
    snprintf(want, sizeof want, "%s:%s: %s", path, line, why);
    if (strncmp(st.msg, want, strlen(want)) != 0)
        fail_msg("wanted \"%s...\", got \"%s\"", want, st.msg);
}

static void test_read(void **state)
{
    (void)state;
    sql_test_file f;
    status        st;
    assert_true(read_text("-- a file\n"
                          "--@test: first \n"
                          "--@expected.error: java.lang.AssertionError\n"
                          "--@expected.message: a\\nb\n"
                          "DROP STREAM a; DROP\n STREAM b;\n"
                          "--@test: second\n"
                          "--@end: t\n",
                          &f, &st));
    assert_int_equal(f.n, 2);
    assert_true(str_eqz(f.tests[0].name, "first"));
    assert_int_equal(f.tests[0].line, 2);
    assert_int_equal(f.tests[0].step_count, 2);
    assert_true(str_eqz(f.tests[0].expected_error, "java.lang.AssertionError"));
    assert_int_equal(f.tests[0].expected_message_count, 1);
    assert_true(str_eqz(f.tests[0].expected_messages[0], "a\nb"));
    assert_int_equal(f.tests[1].line, 7);
    assert_int_equal(f.tests[1].step_count, 1);
    assert_int_equal(f.tests[1].expected_error.n, 0);
    assert_int_equal(f.tests[1].expected_message_count, 0);
    sql_test_file_free(&f);
}

static void test_refused_files(void **state)
{
    (void)state;
    refused("", "1", "a file without tests");
    refused("DROP STREAM a;\n", "1", "a statement before the first '--@test: NAME'");
    refused("\n--@test: a\nDROP STREAM a", "3", "a statement without its ';'");
    refused("--@test: a\nDROP STREAM\n--@test: b\na;\n", "3", "a directive inside a statement");
    refused("--@test: a\n--@nope: b\n", "2", "there is no directive '--@nope'");
    refused("--@test: a\n--@end:\n", "2", "'--@end' needs a text");
    refused("--@test: a\n--@expected.error: Mistake\n", "2", "there is no error 'Mistake'");
    refused("--@test: a\nDROP STREAM a;\n--@expected.message: b\n", "3", "'--@expected.message' must stand before");
    refused("--@test: a\n'not closed\n", "2", "a statement without its ';'");
}

static void test_missing_file(void **state)
{
    (void)state;
    sql_test_file f;
    status        st;
    status_init(&st);
    assert_false(sql_test_file_read("/nowhere/at/all.sql", &f, &st));
    assert_int_equal(st.code, ST_IO);
    assert_string_equal(st.msg, "/nowhere/at/all.sql: No such file or directory");
}

#define SOURCE "CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');\n"

/* Runs the one test of the text: NULL when it passes, else what it says. */
static char *run(const char *body)
{
    sql_test_file f;
    status        st;
    char          text[2048];
    buf           why = BUF_INIT(BUF_MAX);
    snprintf(text, sizeof text, "--@test: t\n%s", body);
    if (!read_text(text, &f, &st))
        fail_msg("%s", st.msg);
    bool ok = sql_test_run(&f, &f.tests[0], &why);
    assert_int_equal(ok, why.n == 0);
    sql_test_file_free(&f);
    buf_putc(&why, 0);
    char *said = ok ? NULL : strdup(why.p);
    buf_free(&why);
    return said;
}

static void passes(const char *body)
{
    char *said = run(body);
    if (said)
        fail_msg("%s", said);
}

static void fails(const char *body, const char *text)
{
    char *said = run(body);
    assert_non_null(said);
    if (strstr(said, text) == NULL)
        fail_msg("no \"%s\" in \"%s\"", text, said);
    free(said);
}

static void test_runs(void **state)
{
    (void)state;
    passes("");
    passes(SOURCE "INSERT INTO s (id, v) VALUES (1, 2);\nASSERT VALUES s (v) VALUES (2);\n");
    fails(SOURCE "INSERT INTO s (id, v) VALUES (1, 2);\nASSERT VALUES s (v) VALUES (3);\n",
          ":4:\n        Expected record does not match actual.\n");
    fails(SOURCE "ASSERT VALUES s (v) VALUES (3);\n",
          "Expected another record, but all records have already been read:");
    fails(SOURCE "ASSERT TABLE s WITH (value_format='JSON');\n", "Expected type does not match actual for source S.");
    fails("DROP STREAM nope;\n", "Stream NOPE does not exist.");
}

/* What a query knows, what it has read and at which offset it is go over to the one in its place. */
static void test_replaced_query(void **state)
{
    (void)state;
    passes(SOURCE "CREATE STREAM o AS SELECT id, rowoffset AS n FROM s;\n"
                  "INSERT INTO s (id, v) VALUES (1, 2);\n"
                  "ASSERT VALUES o (n) VALUES (0);\n"
                  "CREATE OR REPLACE STREAM o AS SELECT id, rowoffset AS n FROM s WHERE v > 0;\n"
                  "INSERT INTO s (id, v) VALUES (1, 2);\n"
                  "ASSERT VALUES o (n) VALUES (1);\n"
                  "--@end: O\n");
    passes(SOURCE "CREATE TABLE o AS SELECT v, SUM(id) AS n FROM s GROUP BY v;\n"
                  "INSERT INTO s (id, v) VALUES (1, 2);\n"
                  "CREATE OR REPLACE TABLE o AS SELECT v, SUM(id) AS n, AS_VALUE(v) AS w FROM s GROUP BY v;\n"
                  "INSERT INTO s (id, v) VALUES (5, 2);\n"
                  "ASSERT VALUES o (v, n) VALUES (2, 1);\n"
                  "ASSERT VALUES o (v, n, w) VALUES (2, 6, 2);\n");
}

/* A query that cannot go on ends the test, and nothing is left behind. */
static void test_failing_query(void **state)
{
    (void)state;
    fails("CREATE STREAM s (id INT KEY, v DECIMAL(2, 1)) WITH (kafka_topic='s', value_format='JSON');\n"
          "CREATE TABLE o AS SELECT id, SUM(v) AS n FROM s GROUP BY id;\n"
          "INSERT INTO s (id, v) VALUES (1, 9.9);\n"
          "INSERT INTO s (id, v) VALUES (1, 9.9);\n",
          "query CTAS_O_0 cannot go on: Exception caught in process: Numeric field overflow");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read), cmocka_unit_test(test_refused_files),  cmocka_unit_test(test_missing_file),
        cmocka_unit_test(test_runs), cmocka_unit_test(test_replaced_query), cmocka_unit_test(test_failing_query),
    };
    return cmocka_run_group_tests_name("sql_test", tests, setup, teardown);
}
