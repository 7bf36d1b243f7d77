/* Typed answers: the table of kinds, rows that are filled by name, and what statements really answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/stmt/answer_build.h"
#include "storage/log.h"

/* ---- the table */

static void check_names(const type *t, const char *kind)
{
    if (t->kind == T_ARRAY || t->kind == T_MAP) {
        check_names(t->elem, kind);
        return;
    }
    for (uint32_t i = 0; i < t->field_count; i++) {
        if (type_field_index(t, t->fields[i].name) != (int32_t)i)
            fail_msg("%s has %.*s twice", kind, STR_FMT(t->fields[i].name));
        check_names(t->fields[i].type, kind);
    }
}

static void every_kind_has_columns(void **state)
{
    (void)state;
    for (answer_kind k = 0; k < ANSWER_KIND_COUNT; k++) {
        const answer_info *info = answer_info_of(k);
        assert_int_equal(info->row->kind, T_STRUCT);
        assert_true(info->row->field_count > 0);
        check_names(info->row, info->name);
        assert_ptr_equal(info, answer_info_of(k));
    }
}

static void columns_are_what_their_text_says(void **state)
{
    (void)state;
    const type *t = answer_info_of(ANSWER_TOPICS)->row;
    assert_int_equal(t->field_count, 2);
    assert_true(str_eqz(t->fields[1].name, "replicaInfo"));
    assert_int_equal(t->fields[1].type->kind, T_ARRAY);
    assert_int_equal(t->fields[1].type->elem->kind, T_INTEGER);
    t = answer_info_of(ANSWER_TYPES)->row;
    assert_ptr_equal(t->fields[1].type, &answer_sql_type);
    t = answer_info_of(ANSWER_QUERIES)->row;
    int32_t count = type_field_index(t, STR("statusCount"));
    assert_int_equal(t->fields[count].type->kind, T_MAP);
    assert_int_equal(t->fields[count].type->key->kind, T_STRING);
    t = answer_info_of(ANSWER_SOURCE_DESCRIPTION)->row;
    const type *field = t->fields[type_field_index(t, STR("fields"))].type->elem;
    assert_ptr_equal(field->fields[1].type, &answer_sql_type);
}

/* ---- the builder */

static value column(const answer *a, size_t row, const char *name)
{
    return a->rows[row][type_field_index(a->row, str_of(name))];
}

static void rows_begin_empty(void **state)
{
    (void)state;
    arena        a;
    answer_draft d;
    arena_init(&a);
    answer_draft_init(&d, &a, ANSWER_QUERIES, STR("SHOW QUERIES;"));
    assert_int_equal(answer_draft_done(&d)->n, 0);
    answer_add_row(&d);
    const answer *ans = answer_draft_done(&d);
    assert_int_equal(ans->n, 1);
    for (uint32_t i = 0; i < ans->row->field_count; i++) {
        type_kind k = ans->row->fields[i].type->kind;
        assert_int_equal(value_is_null(ans->rows[0][i]), k != T_ARRAY && k != T_MAP);
        assert_int_equal(ans->rows[0][i].n, 0);
    }
    arena_free(&a);
}

static void rows_are_filled_by_name(void **state)
{
    (void)state;
    arena        a;
    answer_draft d;
    char         text[] = "kept";
    arena_init(&a);
    answer_draft_init(&d, &a, ANSWER_TOPICS, STR("SHOW TOPICS;"));
    for (int i = 0; i < 100; i++) { /* more than fit where the first ones lay */
        record      r = answer_add_row(&d);
        record_list l = record_list_of(r, "replicaInfo");
        record_put_text(r, "name", str_of(text));
        for (int k = 0; k < i; k++)
            list_add_int(&l, k);
    }
    text[0] = 'X'; /* texts are copies */
    const answer *ans = answer_draft_done(&d);
    assert_int_equal(ans->n, 100);
    for (size_t i = 0; i < ans->n; i++) {
        value l = column(ans, i, "replicaInfo");
        assert_true(str_eqz(value_str(column(ans, i, "name")), "kept"));
        assert_int_equal(l.n, i);
        for (uint32_t k = 0; k < l.n; k++)
            assert_int_equal(l.v[k].i, k);
    }
    arena_free(&a);
}

static void lists_of_structs_and_maps_nest(void **state)
{
    (void)state;
    arena        a;
    answer_draft d;
    buf          b = BUF_INIT(BUF_MAX);
    arena_init(&a);
    answer_draft_init(&d, &a, ANSWER_QUERY_DESCRIPTION, STR("EXPLAIN q;"));
    record      r = answer_add_row(&d);
    record_list tasks = record_list_of(r, "tasksMetadata"), host = record_list_of(r, "ksqlHostQueryStatus");
    record_list fields = record_list_of(r, "fields");
    for (int i = 0; i < 20; i++) {
        record      t = list_add_row(&tasks);
        record_list offsets = record_list_of(t, "topicOffsets");
        for (int k = 0; k < 20; k++) {
            record o = list_add_row(&offsets), part = record_part(o, "topicPartitionEntity");
            record_put_int(o, "endOffset", 100 * i + k);
            record_put_text(part, "topic", STR("t"));
            record_put_int(part, "partition", k);
        }
    }
    map_add_text(&host, STR("a"), STR("RUNNING"));
    map_add_text(&host, STR("b"), STR("ERROR"));
    record f = list_add_row(&fields);
    record_put_type(f, "schema", type_array(&a, &type_bigint));
    const answer *ans = answer_draft_done(&d);
    value         t = column(ans, 0, "tasksMetadata");
    assert_int_equal(t.n, 20);
    const type *task = ans->row->fields[type_field_index(ans->row, STR("tasksMetadata"))].type->elem;
    value_text(&b, task->fields[1].type->elem, t.v[19].v[1].v[3]);
    buf_putz(&b, " ");
    value_text(&b, ans->row->fields[type_field_index(ans->row, STR("ksqlHostQueryStatus"))].type,
               column(ans, 0, "ksqlHostQueryStatus"));
    buf_putc(&b, 0);
    assert_string_equal(b.p, "Struct{topicPartitionEntity=Struct{topic=t,partition=3},endOffset=1903} "
                             "{b=ERROR, a=RUNNING}"); /* maps print as Java's do */
    assert_true(str_eqz(value_str(column(ans, 0, "fields").v[0].v[1]), "ARRAY<BIGINT>"));
    buf_free(&b);
    arena_free(&a);
}

/* ---- statements */

static void statements_answer_their_kind(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        answer_kind kind;
        size_t      rows;
    } cases[] = {
        {"CREATE STREAM S (ID INT KEY, V DECIMAL(9, 2)) WITH (kafka_topic='s', value_format='JSON', partitions=2);",
         ANSWER_COMMAND, 1},
        {"CREATE TYPE T AS STRUCT<F INT>;", ANSWER_COMMAND, 1},
        {"SHOW STREAMS;", ANSWER_STREAMS, 1},
        {"SHOW TABLES;", ANSWER_TABLES, 0},
        {"SHOW STREAMS EXTENDED;", ANSWER_SOURCE_DESCRIPTIONS, 1},
        {"DESCRIBE S EXTENDED;", ANSWER_SOURCE_DESCRIPTION, 1},
        {"SHOW QUERIES;", ANSWER_QUERIES, 0},
        {"SHOW TOPICS EXTENDED;", ANSWER_TOPICS_EXTENDED, 1},
        {"SHOW TYPES;", ANSWER_TYPES, 1},
        {"SHOW VARIABLES;", ANSWER_VARIABLES, 0},
        {"DESCRIBE FUNCTION ABS;", ANSWER_FUNCTION, 1},
        {"EXPLAIN SELECT * FROM S EMIT CHANGES;", ANSWER_QUERY_DESCRIPTION, 1},
        {"UNDEFINE nothing;", ANSWER_WARNING, 1},
        {"SET 'auto.offset.reset'='earliest';", ANSWER_NONE, 0},
        {"ASSERT TOPIC s TIMEOUT 0 SECONDS;", ANSWER_TOPIC_ASSERTED, 1},
    };
    status st;
    status_init(&st);
    tlog          *log = tlog_open_memory();
    engine_options o = {.log = log};
    engine        *e = engine_open(&o, &st);
    assert_non_null(e);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arena        a;
        session      s;
        answers      all;
        engine_error err;
        arena_init(&a);
        session_init(&s);
        if (!engine_execute(e, &s, str_of(cases[i].sql), &a, &all, &err))
            fail_msg("%s\n  %s", cases[i].sql, err.st.msg);
        assert_int_equal(all.n, cases[i].kind != ANSWER_NONE);
        if (all.n) {
            assert_int_equal(all.list[0]->kind, cases[i].kind);
            assert_int_equal(all.list[0]->n, cases[i].rows);
            assert_true(str_eqz(all.list[0]->statement, cases[i].sql));
            assert_ptr_equal(all.list[0]->row, answer_info_of(cases[i].kind)->row);
        }
        session_free(&s);
        arena_free(&a);
    }
    engine_close(e);
    tlog_close(log);
}

/* Answers stay when what they tell of is gone. */
static void answers_outlive_the_catalog(void **state)
{
    (void)state;
    status       st;
    arena        a;
    session      s;
    answers      all, ignored;
    engine_error err;
    status_init(&st);
    arena_init(&a);
    session_init(&s);
    tlog          *log = tlog_open_memory();
    engine_options o = {.log = log};
    engine        *e = engine_open(&o, &st);
    assert_non_null(e);
    assert_true(engine_execute(e, &s,
                               STR("CREATE STREAM GONE (`a b` STRING) WITH (kafka_topic='g', value_format='JSON', "
                                   "partitions=1); DESCRIBE GONE; SHOW STREAMS;"),
                               &a, &all, &err));
    assert_int_equal(all.n, 3);
    assert_true(engine_execute(e, &s, STR("DROP STREAM GONE DELETE TOPIC;"), &a, &ignored, &err));
    engine_close(e);
    tlog_close(log);
    assert_true(str_eqz(value_str(column(all.list[1], 0, "name")), "GONE"));
    assert_true(str_eqz(value_str(column(all.list[1], 0, "fields").v[0].v[0]), "a b"));
    assert_true(str_eqz(value_str(column(all.list[2], 0, "topic")), "g"));
    session_free(&s);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_columns),
        cmocka_unit_test(columns_are_what_their_text_says),
        cmocka_unit_test(rows_begin_empty),
        cmocka_unit_test(rows_are_filled_by_name),
        cmocka_unit_test(lists_of_structs_and_maps_nest),
        cmocka_unit_test(statements_answer_their_kind),
        cmocka_unit_test(answers_outlive_the_catalog),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
