#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "server/shell/editor.h"
#include "server/shell/entities.h"
#include "server/shell/rows.h"

static arena a;

static void assert_text(const buf *b, const char *want)
{
    if (!str_eqz(buf_str(b), want))
        fail_msg("got:\n%.*swant:\n%s", (int)b->n, b->p, want);
}

/* ---- rows */

static void test_column_names(void **state)
{
    (void)state;
    str *names;
    assert_int_equal(
        rows_column_names(&a, STR("`ID` INTEGER KEY, `A``,B` STRUCT<`X` STRING, `Y` DECIMAL(9, 2)>, `N` BIGINT"),
                          &names),
        3);
    assert_true(str_eqz(names[0], "ID"));
    assert_true(str_eqz(names[1], "A`,B"));
    assert_true(str_eqz(names[2], "N"));
    assert_int_equal(rows_column_names(&a, STR(""), &names), 0);
    assert_int_equal(rows_column_names(&a, STR("`ID"), &names), 1);
}

static void test_lines(void **state)
{
    (void)state;
    buf  out = BUF_INIT(BUF_MAX);
    rows r = {.wrap = true, .cell_width = 11};
    rows_put_line(&r, &out, &a, STR("[{\"header\":{\"queryId\":\"q\",\"schema\":\"`ID` INTEGER, `V` STRING\"}},"));
    rows_put_line(&r, &out, &a, STR("{\"row\":{\"columns\":[1,\"x\"]}},"));
    rows_put_line(&r, &out, &a, STR(",{\"row\":{\"columns\":[2.50,null]}}"));
    rows_put_line(&r, &out, &a, STR("{\"row\":{\"columns\":[3,null],\"tombstone\":true}},"));
    rows_put_line(&r, &out, &a, STR("{\"row\":{\"columns\":[4]}},")); /* too few */
    rows_put_line(&r, &out, &a, STR("{\"row\":{\"columns\":[5,{\"A\":[1]},6]}},"));
    rows_put_line(&r, &out, &a, STR(""));
    rows_put_line(&r, &out, &a, STR("{\"finalMessage\":\"Limit Reached\"}]"));
    rows_put_line(&r, &out, &a, STR("]"));
    assert_text(&out, "+-----------+-----------+\n"
                      "|ID         |V          |\n"
                      "+-----------+-----------+\n"
                      "|1          |x          |\n"
                      "|2.50       |null       |\n"
                      "|3          |<TOMBSTONE>|\n"
                      "|4          |           |\n"
                      "|5          |{A=[1]}    |\n"
                      "Limit Reached\n");
    assert_int_equal(r.count, 5);
    assert_int_equal(r.error.n, 0);
    buf_free(&out);
}

static void test_bad_lines(void **state)
{
    (void)state;
    buf  out = BUF_INIT(BUF_MAX);
    rows r = {0};
    rows_put_line(&r, &out, &a, STR("{\"errorMessage\":{\"@type\":\"generic_error\",\"message\":\"no more\"}}]"));
    assert_true(str_eqz(r.error, "no more"));
    static const char *const bad[] = {"garbage", "{\"row\":", "{}", "7", "{\"row\":{\"columns\":[1]}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        r.error = STR("");
        rows_put_line(&r, &out, &a, str_of(bad[i]));
        if (r.error.n == 0)
            fail_msg("%s", bad[i]);
    }
    buf_free(&out);
}

static void test_json_lines(void **state)
{
    (void)state;
    buf  out = BUF_INIT(BUF_MAX);
    rows r = {.json = true};
    rows_put_line(&r, &out, &a, STR("{\"row\":{\"columns\":[1,\"a\"]}},"));
    assert_text(&out, "{\n  \"columns\" : [ 1, \"a\" ]\n}\n");
    buf_free(&out);
}

/* ---- entities */

static void assert_entity(const char *json, const char *want)
{
    buf              out = BUF_INIT(BUF_MAX);
    str              message;
    const json_node *n = json_tree_parse(&a, str_of(json));
    assert_non_null(n);
    assert_true(entity_print(&out, &a, n, 80, &message));
    assert_text(&out, want);
    buf_free(&out);
}

static void test_lists(void **state)
{
    (void)state;
    assert_entity("{\"@type\":\"kafka_topics\",\"topics\":[{\"name\":\"a\",\"replicaInfo\":[1,1]},{"
                  "\"name\":\"b\","
                  "\"replicaInfo\":[1,2]}]}",
                  " Kafka Topic | Partitions | Partition Replicas \n"
                  "-----------------------------------------------\n"
                  " a           | 2          | 1                  \n"
                  " b           | 2          | 1, 2               \n"
                  "-----------------------------------------------\n");
    assert_entity("{\"@type\":\"queries\",\"queries\":[{\"queryString\":\"A\\nB;\",\"sinks\":[\"S\"],"
                  "\"sinkKafkaTopics\":[\"s\"],"
                  "\"id\":\"Q\",\"statusCount\":{\"RUNNING\":1,\"ERROR\":2},\"queryType\":\"PERSISTENT\"}]}",
                  " Query ID | Query Type | Status            | Sink Name | Sink Kafka Topic | Query String "
                  "\n"
                  "--------------------------------------------------------------------------------\n"
                  " Q        | PERSISTENT | RUNNING:1,ERROR:2 | S         | s                | A B;         "
                  "\n"
                  "--------------------------------------------------------------------------------\n"
                  "For detailed information on a Query run: EXPLAIN <Query ID>;\n");
    assert_entity("{\"@type\":\"properties\",\"properties\":[{\"name\":\"a\",\"scope\":\"KSQL\",\"value\":"
                  "null},{\"name\":\"b\","
                  "\"scope\":\"KSQL\",\"value\":\"2\"},{\"name\":\"c\",\"scope\":\"KSQL\",\"value\":\"3\"}],"
                  "\"overwrittenProperties\":[\"b\"],\"defaultProperties\":[\"a\"]}",
                  " Property | Scope | Default override | Effective Value \n"
                  "-------------------------------------------------------\n"
                  " a        | KSQL  |                  | NULL            \n"
                  " b        | KSQL  | SESSION          | 2               \n"
                  " c        | KSQL  | SERVER           | 3               \n"
                  "-------------------------------------------------------\n");
    assert_entity("{\"@type\":\"function_names\",\"functions\":[{\"name\":\"UCASE\",\"category\":\"STRING\"},"
                  "{\"name\":\"ABS\","
                  "\"category\":\"MATH\"},{\"name\":\"LCASE\",\"category\":\"STRING\"}]}",
                  " Function Name | Category \n"
                  "--------------------------\n"
                  " ABS           | MATH     \n"
                  "               |          \n"
                  " LCASE         | STRING   \n"
                  " UCASE         | STRING   \n"
                  "--------------------------\n"
                  "For detailed information about a function, run: DESCRIBE FUNCTION <Function Name>;\n");
}

static void test_describe(void **state)
{
    (void)state;
    assert_entity("{\"@type\":\"sourceDescription\",\"sourceDescription\":{\"name\":\"TOTALS\","
                  "\"windowType\":null,\"type\":\"TABLE\","
                  "\"extended\":false,\"fields\":[{\"name\":\"ID\",\"schema\":{\"type\":\"INTEGER\"},"
                  "\"type\":\"KEY\"},{\"name\":\"N\","
                  "\"schema\":{\"type\":\"BIGINT\"}}]}}",
                  "Name                 : TOTALS\n"
                  " Field | Type                           \n"
                  "----------------------------------------\n"
                  " ID    | INTEGER          (primary key) \n"
                  " N     | BIGINT                         \n"
                  "----------------------------------------\n"
                  "For runtime statistics and query details run: DESCRIBE <Stream,Table> EXTENDED;\n");
}

static void test_schemas(void **state)
{
    (void)state;
    buf              out = BUF_INIT(BUF_MAX);
    const json_node *n = json_tree_parse(&a, STR("{\"type\":\"STRUCT\",\"fields\":[{\"name\":\"ZIP\",\"schema\":{"
                                                 "\"type\":\"STRING\"}},{\"name\":\"M\",\"schema\":"
                                                 "{\"type\":\"MAP\",\"memberSchema\":{\"type\":\"ARRAY\","
                                                 "\"memberSchema\":{\"type\":\"DECIMAL\",\"parameters\":"
                                                 "{\"precision\":9,\"scale\":2}}}}}]}"));
    schema_put(&out, n);
    assert_text(&out, "STRUCT<ZIP VARCHAR(STRING), M MAP<STRING, ARRAY<DECIMAL(9, 2)>>>");
    buf_free(&out);
}

static void test_statuses(void **state)
{
    (void)state;
    buf out = BUF_INIT(BUF_MAX);
    str message;
    assert_false(
        entity_print(&out, &a,
                     json_tree_parse(&a, STR("{\"@type\":\"currentStatus\",\"commandStatus\":{\"status\":\"ERROR\","
                                             "\"message\":\"bad\"}}")),
                     80, &message));
    assert_true(str_eqz(message, "bad"));
    assert_int_equal(out.n, 0);
    buf_free(&out);
    assert_entity("{\"@type\":\"terminate_query\",\"queryId\":\"Q\",\"wasTerminated\":true}",
                  " Message              \n----------------------\n Terminated query \"Q\" "
                  "\n----------------------\n");
}

/* Every entity type with all its members missing: nothing may crash. */
static void test_empty_entities(void **state)
{
    (void)state;
    static const char *const types[] = {"currentStatus",
                                        "warning_entity",
                                        "streams",
                                        "tables",
                                        "source_descriptions",
                                        "sourceDescription",
                                        "queries",
                                        "query_descriptions",
                                        "queryDescription",
                                        "kafka_topics",
                                        "kafka_topics_extended",
                                        "properties",
                                        "function_names",
                                        "describe_function",
                                        "type_list",
                                        "variables",
                                        "terminate_query",
                                        "connector_info",
                                        "drop_connector",
                                        "connector_list",
                                        "connector_plugins_list",
                                        "connector_description",
                                        "assert_topic",
                                        "assert_schema",
                                        "unheard_of"};
    static const char *const members[] = {
        "", ",\"sourceDescription\":{\"extended\":true,\"fields\":[{}],\"readQueries\":[{}],"
            "\"queryOffsetSummaries\":[{\"topicSummaries\":[{\"offsets\":[{}]}]},{}]},"
            "\"streams\":[{}],\"topics\":[{}],\"functions\":[{},{}],\"queries\":[1,null]"};
    for (size_t i = 0; i < sizeof types / sizeof *types * 2; i++) {
        buf              out = BUF_INIT(BUF_MAX);
        str              message;
        const json_node *n = json_tree_parse(&a, str_fmt(&a, "{\"@type\":\"%s\"%s}", types[i / 2], members[i % 2]));
        assert_non_null(n);
        assert_true(entity_print(&out, &a, n, 80, &message));
        buf_free(&out);
    }
}

/* ---- typed lines */

static void assert_recall(const char *typed, const char *want)
{
    static const str lines[] = {{"show streams;", 13}, {"select a from b;", 16}};
    buf              out = BUF_INIT(BUF_MAX);
    bool             ok = editor_recall(str_of(typed), lines, 2, 41, &out);
    assert_int_equal(ok, want != NULL);
    if (want)
        assert_text(&out, want);
    buf_free(&out);
}

static void test_recall(void **state)
{
    (void)state;
    assert_recall("anything", "anything");
    assert_recall("", "");
    assert_recall("!", "!");
    assert_recall("!!", "select a from b;");
    assert_recall("!41", "show streams;");
    assert_recall("!42", "select a from b;");
    assert_recall("!43", NULL);
    assert_recall("!-1", NULL);
    assert_recall("!x", NULL);
    assert_recall("^from b^from c", "select a from c;");
    assert_recall("^ a^^", "select from b;");
    assert_recall("^nowhere^x", NULL);
    assert_recall("^^x", NULL);
    buf out = BUF_INIT(BUF_MAX);
    assert_false(editor_recall(STR("!!"), NULL, 0, 1, &out));
}

static void test_skeletons(void **state)
{
    (void)state;
    assert_non_null(editor_skeleton(STR("csas")));
    assert_non_null(editor_skeleton(STR(" CTAS ")));
    assert_null(editor_skeleton(STR("")));
    assert_null(editor_skeleton(STR("c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_column_names), cmocka_unit_test(test_lines),     cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_json_lines),   cmocka_unit_test(test_lists),     cmocka_unit_test(test_describe),
        cmocka_unit_test(test_schemas),      cmocka_unit_test(test_statuses),  cmocka_unit_test(test_empty_entities),
        cmocka_unit_test(test_recall),       cmocka_unit_test(test_skeletons),
    };
    arena_init(&a);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&a);
    return failed;
}
