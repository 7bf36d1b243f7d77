/* POST /query and /query-stream without HTTP: what is answered where it came in, and what is left for a worker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/rest/rest_int.h"
#include "storage/log.h"

typedef struct env {
    tlog       *log;
    engine     *e;
    rest_server r;
} env;

static void run(env *v, const char *sql)
{
    arena        a;
    session      s;
    answers      all;
    engine_error err;
    arena_init(&a);
    session_init(&s);
    session_set(&s, STR("auto.offset.reset"), STR("earliest"));
    if (!engine_execute(v->e, &s, str_of(sql), &a, &all, &err))
        fail_msg("%s\n  %s", sql, err.st.msg);
    session_free(&s);
    arena_free(&a);
}

/* A request; the answer is in it, or `rest`. */
static call *ask(env *v, const char *path, const char *sql)
{
    call *c = calloc(1, sizeof *c);
    c->r = &v->r;
    c->body = BUF_INIT(REST_BODY_MAX_BYTES);
    c->out = BUF_INIT(BUF_MAX);
    c->route = route_find(STR("POST"), str_of(path), &c->tail);
    buf_putz(&c->body, strcmp(path, "/query") == 0 ? "{\"ksql\":" : "{\"sql\":");
    json_put_text(&c->body, str_of(sql));
    buf_putc(&c->body, '}');
    call_run(c);
    return c;
}

static void done(call *c)
{
    call_drop(c);
    buf_free(&c->body);
    buf_free(&c->out);
    framing_free(&c->rows);
    arena_free(&c->a);
    free(c);
}

static int setup(void **state)
{
    env   *v = calloc(1, sizeof *v);
    status st;
    status_init(&st);
    v->log = tlog_open_memory();
    engine_options o = {.log = v->log, .workers = 1};
    v->e = engine_open(&o, &st);
    if (v->e == NULL)
        fail_msg("%s", st.msg);
    v->r.o = (rest_options){.engine = v->e, .push_queries_max = 0, .stream_buffer_bytes = 1 << 16};
    run(v, "CREATE STREAM S (K STRING KEY) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
           "CREATE TABLE T AS SELECT K, COUNT(*) AS N FROM S GROUP BY K;"
           "INSERT INTO S (K) VALUES ('emitter'); INSERT INTO S (K) VALUES ('b');");
    for (;;) {
        call *c = ask(v, "/query", "SELECT N FROM T WHERE K = 'b';");
        bool  there = str_find(buf_str(&c->out), STR("[1]"), 0) > 0;
        done(c);
        if (there)
            break;
        usleep(1000);
    }
    *state = v;
    return 0;
}

static int teardown(void **state)
{
    env *v = *state;
    assert_true(engine_close(v->e));
    tlog_close(v->log);
    free(v);
    return 0;
}

static void look_ups_are_answered_at_once(void **state)
{
    static const char *const texts[] = {"SELECT * FROM T WHERE K = 'emitter';",
                                        "/* print */ select * from T where K IN ('emitter', 'x');",
                                        "SELECT K, N FROM T WHERE K = 'emitter' AND N > 0 LIMIT 1;"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        call *c = ask(*state, "/query", texts[i]);
        assert_null(c->rest);
        assert_int_equal(c->status, 200);
        assert_string_equal(c->content_type, TYPE_KSQL);
        if (str_find(buf_str(&c->out),
                     STR("\"schema\":\"`K` STRING KEY, `N` BIGINT\"}},\n{\"row\":{\"columns\":[\"emitter\",1]}}]"),
                     0) < 0)
            fail_msg("%s: %.*s", texts[i], (int)c->out.n, c->out.p);
        done(c);
        c = ask(*state, "/query-stream", texts[i]);
        assert_null(c->rest);
        assert_true(str_ends(buf_str(&c->out), STR("\n[\"emitter\",1]\n")));
        done(c);
    }
}

static void what_is_wrong_is_answered_at_once(void **state)
{
    static const char *const texts[] = {"SELEC 1;", "SHOW STREAMS;", "SELECT nothing FROM T;",
                                        "SELECT * FROM T; SELECT 1;", "SELECT * FROM T WHERE K = 5;"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        call *c = ask(*state, "/query", texts[i]);
        assert_null(c->rest);
        assert_int_equal(c->status, 400);
        assert_true(str_starts(buf_str(&c->out), STR("{\"@type\":\"statement_error\"")));
        done(c);
    }
}

static void all_else_is_left_for_a_worker(void **state)
{
    static const char *const texts[] = {"SELECT * FROM T;", "SELECT * FROM T WHERE N = 1;", "SELECT * FROM S;",
                                        "SELECT * FROM S WHERE K = 'b' EMIT CHANGES;", "PRINT s;"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        call *c = ask(*state, "/query", texts[i]);
        if (c->rest == NULL)
            fail_msg("%s was answered: %.*s", texts[i], (int)c->out.n, c->out.p);
        done(c);
    }
}

static void a_worker_goes_on_with_it(void **state)
{
    call *c = ask(*state, "/query-stream", "SELECT K FROM T;");
    assert_true(c->rest(c)); /* so small an answer has not begun before it is whole */
    assert_null(c->stream);
    assert_int_equal(c->status, 200);
    assert_true(str_ends(buf_str(&c->out), STR("\n[\"b\"]\n[\"emitter\"]\n")));
    done(c);
    c = ask(*state, "/query",
            "SELECT * FROM S EMIT CHANGES;"); /* all places for push queries are taken: there are none */
    assert_true(c->rest(c));
    assert_int_equal(c->status, 400);
    assert_true(str_find(buf_str(&c->out), STR("ksql.max.push.queries"), 0) > 0);
    done(c);
}

static void lines_are_no_json(void **state)
{
    call c = {.r = &((env *)*state)->r, .out = BUF_INIT(BUF_MAX), .body = BUF_INIT(REST_BODY_MAX_BYTES)};
    c.has_accept = true;
    c.accept = STR("application/json");
    c.route = route_find(STR("POST"), STR("/query-stream"), &c.tail);
    buf_putz(&c.body, "{\"sql\":\"-- SELECT\\nPRINT s;\"}");
    call_run(&c);
    assert_null(c.rest);
    assert_int_equal(c.status, 406);
    buf_free(&c.body);
    buf_free(&c.out);
    arena_free(&c.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(look_ups_are_answered_at_once),
        cmocka_unit_test(what_is_wrong_is_answered_at_once),
        cmocka_unit_test(all_else_is_left_for_a_worker),
        cmocka_unit_test(a_worker_goes_on_with_it),
        cmocka_unit_test(lines_are_no_json),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
