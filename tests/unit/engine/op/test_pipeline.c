/* A pipeline without task and log: a format whose schemas come late holds its records back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "engine/op/op_int.h"
#include "parser/parser.h"

/* ---- a format that waits: a payload that begins with ? needs schema 7, the rest of it is JSON */

#define SCHEMA 7
static bool schema_known;
static decode_result (*json_decode)(serde *s, arena *a, str bytes, value *row);

static decode_result decode_late(serde *s, arena *a, str bytes, value *row)
{
    if (bytes.n == 0 || bytes.p[0] != '?')
        return json_decode(s, a, bytes, row);
    if (schema_known)
        return json_decode(s, a, str_make(bytes.p + 1, bytes.n - 1), row);
    s->missing_schema = SCHEMA;
    return DECODE_WAIT;
}

/* ---- one query over the stream S (K STRING KEY, V BIGINT) */

typedef struct fix {
    catalog      cat;
    arena        a;
    plan        *p;
    stage_list   stages;
    pipeline    *pl;
    pipeline_env env;
    uint32_t     rows, waits, errors;
    int64_t      last; /* the last column of the last row */
    int32_t      missing;
    char         topic[20], said[200];
} fix;

static bool on_row(void *ctx, const value *row, bool tombstone, int64_t ts)
{
    fix *x = ctx;
    (void)tombstone;
    (void)ts;
    x->rows++;
    x->last = row[x->p->output_count - 1].i;
    return true;
}

static void on_wait(void *ctx, str topic, int32_t schema_id)
{
    fix *x = ctx;
    x->waits++;
    x->missing = schema_id;
    snprintf(x->topic, sizeof x->topic, "%.*s", STR_FMT(topic));
}

static void on_error(void *ctx, const proc_failure *f)
{
    fix *x = ctx;
    x->errors++;
    snprintf(x->said, sizeof x->said, "%s: %s", f->target ? f->target : "", f->msg);
}

static void on_fatal(void *ctx, const char *msg)
{
    (void)ctx;
    fail_msg("%s", msg);
}

static source *stream(const char *ts_column)
{
    source *s = source_new();
    status  st;
    column *cols = ARENA_ARRAY(&s->a, column, 2);
    status_init(&st);
    s->kind = SOURCE_STREAM;
    s->name = STR("S");
    s->topic = STR("s");
    s->ts_column = str_of(ts_column);
    cols[0] = (column){.name = STR("K"), .type = &type_string, .ns = NS_KEY};
    cols[1] = (column){.name = STR("V"), .type = &type_bigint, .ns = NS_VALUE};
    s->schema = (schema){cols, 2};
    assert_true(format_by_name(STR("json"), &s->key.id, &st) && format_by_name(STR("json"), &s->value.id, &st));
    return s;
}

static void open_query(fix *x, const char *sql, const char *ts_column, bool may_wait)
{
    status     st;
    ast_stmt **list;
    size_t     n;
    *x = (fix){0};
    arena_init(&x->a);
    status_init(&st);
    catalog_init(&x->cat);
    catalog_put(&x->cat, stream(ts_column));
    assert_true(parse_sql(&x->a, str_of(sql), &list, &n, &st));
    plan_options opt = {.catalog = &x->cat, .transient = true, .text = str_of(sql)};
    x->p = plan_query(list[0]->query, &opt, &st);
    if (x->p == NULL)
        fail_msg("%s", st.msg);
    x->stages = stages_of(&x->a, x->p);
    assert_int_equal(x->stages.n, 1);
    x->env = (pipeline_env){
        .ctx = x, .row = on_row, .error = on_error, .fatal = on_fatal, .wait = may_wait ? on_wait : NULL};
    x->pl = pipeline_new(x->p, &x->stages.s[0], &x->env, &st);
    if (x->pl == NULL)
        fail_msg("%s", st.msg);
    schema_known = false;
    for (size_t i = 0; i < x->pl->serdes.n; i++) {
        serde *s = x->pl->serdes.p[i];
        if (s->spec.topic.n == 0)
            continue; /* of a store's keys */
        json_decode = s->spec.is_key ? json_decode : s->decode;
        s->decode = s->spec.is_key ? s->decode : decode_late;
    }
}

static void close_query(fix *x)
{
    pipeline_free(x->pl);
    plan_free(x->p);
    catalog_free(&x->cat);
    arena_free(&x->a);
}

static rec_view record_of(const char *payload)
{
    return (rec_view){.ts = 5, .key = STR("\"a\""), .value = str_of(payload)};
}

static void record_is_fed_again(void **state)
{
    (void)state;
    fix      x;
    rec_view r = record_of("?{\"V\":1}");
    open_query(&x, "SELECT K, COUNT(*) AS N FROM S GROUP BY K EMIT CHANGES;", "", true);
    for (uint32_t i = 1; i <= 3; i++) {
        assert_int_equal(pipeline_feed(x.pl, 0, &r, 0), FEED_WAIT);
        assert_int_equal(x.waits, i);
        pipeline_end_batch(x.pl);
    }
    assert_int_equal(x.missing, SCHEMA);
    assert_string_equal(x.topic, "s");
    assert_int_equal(x.rows + x.errors, 0);
    assert_int_equal(x.pl->stream_time, INT64_MIN); /* time does not pass either */
    schema_known = true;
    assert_int_equal(pipeline_feed(x.pl, 0, &r, 0), FEED_DONE);
    assert_int_equal(x.rows, 1);
    assert_int_equal(x.last, 1); /* counted once */
    assert_int_equal(x.pl->stream_time, 5);
    assert_int_equal(x.waits, 3);
    close_query(&x);
}

static void others_are_not_held_up_by_the_format(void **state)
{
    (void)state;
    fix      x;
    rec_view late = record_of("?{\"V\":1}"), plain = record_of("{\"V\":2}"), bad = record_of("{\"V\":");
    rec_view tombstone = {.ts = 5, .key = STR("\"a\""), .value_null = true};
    open_query(&x, "SELECT K, V FROM S EMIT CHANGES;", "", true);
    assert_int_equal(pipeline_feed(x.pl, 0, &late, 0), FEED_WAIT);
    assert_int_equal(pipeline_feed(x.pl, 0, &plain, 0), FEED_DONE);
    assert_int_equal(x.last, 2);
    assert_int_equal(pipeline_feed(x.pl, 0, &bad, 0), FEED_DONE);
    assert_int_equal(pipeline_feed(x.pl, 0, &tombstone, 0), FEED_DONE);
    assert_int_equal(x.errors, 1);
    assert_int_equal(x.waits, 1);
    close_query(&x);
}

static void nobody_waits(void **state)
{
    (void)state;
    fix      x;
    rec_view r = record_of("?{\"V\":1}");
    open_query(&x, "SELECT K, V FROM S EMIT CHANGES;", "", false);
    assert_int_equal(pipeline_feed(x.pl, 0, &r, 0), FEED_DONE);
    assert_int_equal(x.rows, 0);
    assert_string_equal(x.said, "value: The schema 7 is not known.");
    close_query(&x);
}

static void time_of_a_record_that_waits(void **state)
{
    (void)state;
    fix      x;
    rec_view r = record_of("?{\"V\":77}");
    int64_t  ts = 0;
    open_query(&x, "SELECT K, V FROM S EMIT CHANGES;", "V", true);
    assert_false(pipeline_peek_ts(x.pl, 0, &r, &ts));
    assert_int_equal(x.waits + x.errors, 0); /* looking is not feeding */
    schema_known = true;
    assert_true(pipeline_peek_ts(x.pl, 0, &r, &ts));
    assert_int_equal(ts, 77);
    close_query(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_is_fed_again),
        cmocka_unit_test(others_are_not_held_up_by_the_format),
        cmocka_unit_test(nobody_waits),
        cmocka_unit_test(time_of_a_record_that_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
