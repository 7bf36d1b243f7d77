/* Answers as ksqlDB's JSON: by their types, and where the shape is another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/stmt/answer_build.h"
#include "server/rest/call.h"
#include "server/rest/entities.h"

static arena a;

static int setup(void **state)
{
    (void)state;
    arena_init(&a);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&a);
    return 0;
}

static answer_draft *draft(answer_kind k, const char *statement)
{
    answer_draft *d = ARENA_NEW(&a, answer_draft);
    answer_draft_init(d, &a, k, str_of(statement));
    return d;
}

static void expect(const answer *ans, const char *want)
{
    answers all = {&ans, 1};
    buf     b = BUF_INIT(BUF_MAX);
    entities_put(&b, &all);
    buf_putc(&b, 0);
    assert_string_equal(b.p, want);
    buf_free(&b);
}

static void commands(void **state)
{
    (void)state;
    answer_draft *d = draft(ANSWER_COMMAND, "DROP STREAM S;");
    record        r = answer_add_row(d);
    record_put_z(r, "commandId", "stream/S/drop");
    record_put_z(r, "status", "SUCCESS");
    record_put_z(r, "message", "a \"quoted\"\n\x01 é");
    record_put_int(r, "commandSequenceNumber", 7);
    d->ans.warning = STR("careful");
    expect(answer_draft_done(d),
           "[{\"@type\":\"currentStatus\",\"statementText\":\"DROP STREAM S;\",\"commandId\":\"stream/S/drop\","
           "\"commandStatus\":{\"status\":\"SUCCESS\",\"message\":\"a \\\"quoted\\\"\\n\\u0001 é\",\"queryId\":null},"
           "\"commandSequenceNumber\":7,\"warnings\":[{\"message\":\"careful\"}]}]");
    buf b = BUF_INIT(BUF_MAX);
    record_put_z(r, "queryId", "Q");
    entities_put_status(&b, answer_draft_done(d));
    buf_putc(&b, 0);
    assert_non_null(strstr(b.p, "\"queryId\":\"Q\"}"));
    buf_free(&b);
}

static void lists_stand_under_their_member(void **state)
{
    (void)state;
    answer_draft *d = draft(ANSWER_STREAMS, "SHOW STREAMS;");
    expect(answer_draft_done(d),
           "[{\"@type\":\"streams\",\"statementText\":\"SHOW STREAMS;\",\"streams\":[],\"warnings\":[]}]");
    for (int i = 0; i < 2; i++) {
        record r = answer_add_row(d);
        record_put_z(r, "type", "STREAM");
        record_put_z(r, "name", i ? "B" : "A");
        record_put_flag(r, "isWindowed", i);
    }
    expect(answer_draft_done(d),
           "[{\"@type\":\"streams\",\"statementText\":\"SHOW STREAMS;\",\"streams\":["
           "{\"type\":\"STREAM\",\"name\":\"A\",\"topic\":null,\"keyFormat\":null,\"valueFormat\":null,"
           "\"isWindowed\":false},{\"type\":\"STREAM\",\"name\":\"B\",\"topic\":null,\"keyFormat\":null,"
           "\"valueFormat\":null,\"isWindowed\":true}],\"warnings\":[]}]");
}

static void schemas_are_made_of_types(void **state)
{
    (void)state;
    answer_draft *d = draft(ANSWER_TYPES, "SHOW TYPES;");
    type_field    f[] = {{STR("F"), &type_integer}, {STR("g h"), type_map(&a, &type_string, &type_double)}};
    record        r = answer_add_row(d);
    record_put_z(r, "name", "T");
    record_put_type(r, "type", type_struct(&a, f, 2));
    r = answer_add_row(d);
    record_put_z(r, "name", "D");
    record_put_type(r, "type", type_array(&a, type_decimal(&a, 9, 2)));
    expect(answer_draft_done(d),
           "[{\"@type\":\"type_list\",\"statementText\":\"SHOW TYPES;\",\"types\":{\"T\":{\"type\":\"STRUCT\","
           "\"fields\":[{\"name\":\"F\",\"schema\":{\"type\":\"INTEGER\",\"fields\":null,\"memberSchema\":null}},"
           "{\"name\":\"g h\",\"schema\":{\"type\":\"MAP\",\"fields\":null,\"memberSchema\":{\"type\":\"DOUBLE\","
           "\"fields\":null,\"memberSchema\":null}}}],\"memberSchema\":null},"
           "\"D\":{\"type\":\"ARRAY\",\"fields\":null,\"memberSchema\":{\"type\":\"DECIMAL\",\"fields\":null,"
           "\"memberSchema\":null,\"parameters\":{\"precision\":9,\"scale\":2}}}},\"warnings\":[]}]");
}

/* What clients of ksqlDB do not know is there only when it says something. */
static void some_members_are_left_out(void **state)
{
    (void)state;
    answer_draft *d = draft(ANSWER_QUERIES, "SHOW QUERIES;");
    record        r = answer_add_row(d);
    record_list   count = record_list_of(r, "statusCount"), sinks = record_list_of(r, "sinks");
    record_put_z(r, "queryString", "x");
    record_put_z(r, "id", "Q");
    record_put_z(r, "queryType", "PERSISTENT");
    record_put_z(r, "state", "RUNNING");
    map_add_int(&count, STR("RUNNING"), 1);
    list_add_text(&sinks, STR("S"));
    expect(answer_draft_done(d),
           "[{\"@type\":\"queries\",\"statementText\":\"SHOW QUERIES;\",\"queries\":[{\"queryString\":\"x\","
           "\"sinks\":[\"S\"],\"sinkKafkaTopics\":[],\"id\":\"Q\",\"statusCount\":{\"RUNNING\":1},"
           "\"queryType\":\"PERSISTENT\",\"state\":\"RUNNING\"}],\"warnings\":[]}]");
    record_put_z(r, "state", "ERROR");
    record_put_z(r, "stateReason", "a record of \xff\xfe bytes");
    record_put_int(r, "stateSinceMs", 5);
    buf           b = BUF_INIT(BUF_MAX);
    const answer *ans = answer_draft_done(d);
    entities_put(&b, &(answers){&ans, 1});
    buf_putc(&b, 0);
    assert_non_null(strstr(b.p, "\"state\":\"ERROR\",\"stateReason\":\"a record of \xef\xbf\xbd\xef\xbf\xbd bytes\","
                                "\"stateSinceMs\":5}"));
    buf_free(&b);
}

static void properties_give_three_lists(void **state)
{
    (void)state;
    answer_draft *d = draft(ANSWER_PROPERTIES, "SHOW PROPERTIES;");
    for (int i = 0; i < 3; i++) {
        record r = answer_add_row(d);
        record_put_text(r, "name", str_fmt(&a, "p%d", i));
        record_put_z(r, "scope", "KSQL");
        if (i)
            record_put_z(r, "value", "v");
        record_put_flag(r, "editable", i == 1);
        record_put_z(r, "level", "SERVER");
        record_put_z(r, "origin", "file");
        record_put_flag(r, "isOverwritten", i == 1);
        record_put_flag(r, "isDefault", i != 1);
    }
    expect(answer_draft_done(d),
           "[{\"@type\":\"properties\",\"statementText\":\"SHOW PROPERTIES;\",\"properties\":["
           "{\"name\":\"p0\",\"scope\":\"KSQL\",\"value\":null,\"editable\":false,\"level\":\"SERVER\","
           "\"origin\":\"file\"},{\"name\":\"p1\",\"scope\":\"KSQL\",\"value\":\"v\",\"editable\":true,"
           "\"level\":\"SERVER\",\"origin\":\"file\"},{\"name\":\"p2\",\"scope\":\"KSQL\",\"value\":\"v\","
           "\"editable\":false,\"level\":\"SERVER\",\"origin\":\"file\"}],\"overwrittenProperties\":[\"p1\"],"
           "\"defaultProperties\":[\"p0\",\"p2\"],\"warnings\":[]}]");
}

static void one_row_may_be_the_entity(void **state)
{
    (void)state;
    answer_draft *d = draft(ANSWER_TERMINATED, "TERMINATE q;");
    record        r = answer_add_row(d);
    record_put_z(r, "queryId", "q");
    record_put_flag(r, "wasTerminated", true);
    expect(answer_draft_done(d), "[{\"@type\":\"terminate_query\",\"statementText\":\"TERMINATE q;\","
                                 "\"queryId\":\"q\",\"wasTerminated\":true,\"warnings\":[]}]");
}

/* Every kind has a shape: what nobody gave one would lose its rows or its brackets. */
static void every_kind_is_json(void **state)
{
    (void)state;
    for (answer_kind k = 0; k < ANSWER_KIND_COUNT; k++) {
        if (k == ANSWER_CLUSTER)
            continue;
        answer_draft *d = draft(k, "X;");
        record        r = answer_add_row(d);
        if (k == ANSWER_TYPES)
            record_put_type(r, "type", &type_bigint);
        const answer *ans = answer_draft_done(d);
        buf           b = BUF_INIT(BUF_MAX);
        entities_put(&b, &(answers){&ans, 1});
        json_t *j = json_loadb(b.p, b.n, 0, NULL), *e = json_array_get(j, 0);
        if (e == NULL)
            fail_msg("%s: %.*s", answer_info_of(k)->name, (int)b.n, b.p);
        assert_string_equal(json_string_value(json_object_get(e, "@type")), answer_info_of(k)->name);
        assert_true(json_is_array(json_object_get(e, "warnings")));
        assert_true(json_object_size(e) > 3);
        json_decref(j);
        buf_free(&b);
    }
}

static void clusters(void **state)
{
    (void)state;
    answer_draft *d = draft(ANSWER_CLUSTER, "");
    record        host = answer_add_row(d);
    record_list   queries = record_list_of(host, "queries");
    record_put_z(host, "host", "h:1");
    record_put_flag(host, "hostAlive", true);
    record_put_int(host, "lastStatusUpdateMs", 9);
    record      q = list_add_row(&queries);
    record_list stores = record_list_of(q, "activeStores"), parts = record_list_of(q, "activePartitions");
    record_put_z(q, "id", "Q");
    record_put_z(q, "state", "RUNNING");
    list_add_text(&stores, STR("s"));
    record p = list_add_row(&parts);
    record_put_z(p, "topic", "t");
    record_put_int(p, "partition", 2);
    buf b = BUF_INIT(BUF_MAX);
    entities_put_cluster(&b, answer_draft_done(d));
    buf_putc(&b, 0);
    assert_string_equal(b.p, "{\"clusterStatus\":{\"h:1\":{\"hostAlive\":true,\"lastStatusUpdateMs\":9,"
                             "\"activeStandbyPerQuery\":{\"Q\":{\"activeStores\":[\"s\"],\"activePartitions\":["
                             "{\"topic\":\"t\",\"partition\":2}],\"standByStores\":[],\"standByPartitions\":[],"
                             "\"state\":\"RUNNING\"}},\"hostStoreLags\":{\"stateStoreLags\":{},\"updateTimeMs\":9}}}}");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands),
        cmocka_unit_test(lists_stand_under_their_member),
        cmocka_unit_test(schemas_are_made_of_types),
        cmocka_unit_test(some_members_are_left_out),
        cmocka_unit_test(properties_give_three_lists),
        cmocka_unit_test(one_row_may_be_the_entity),
        cmocka_unit_test(every_kind_is_json),
        cmocka_unit_test(clusters),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
