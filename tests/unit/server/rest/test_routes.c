#include "server/rest/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void every_route_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        char path[128];
        str  tail;
        snprintf(path, sizeof path, "%s", routes[i].path);
        size_t n = strlen(path);
        bool   star = n > 2 && path[n - 1] == '*';
        if (star)
            path[n - 1] = 'x';
        assert_ptr_equal(route_find(str_of(routes[i].method), str_of(path), &tail), &routes[i]);
        assert_true(str_eqz(tail, star ? "x" : ""));
        assert_null(route_find(STR("DELETE"), str_of(path), &tail));
    }
}

static void others_are_not(void **state)
{
    (void)state;
    static const char *const paths[] = {"", "/x", "/info/", "/inf", "/infos", "/terminate", "//", "/status/../info"};
    str                      tail;
    for (size_t i = 0; i < sizeof paths / sizeof *paths - 1; i++)
        assert_null(route_find(STR("GET"), str_of(paths[i]), &tail));
    assert_non_null(route_find(STR("GET"), STR("/status/stream/`A/B`/create"), &tail));
    assert_true(str_eqz(tail, "stream/`A/B`/create"));
    assert_null(route_find(STR("GET"), STR("/ksql"), &tail));
    assert_null(route_find(STR("HEAD"), STR("/ksql"), &tail));
    assert_ptr_equal(route_find(STR("HEAD"), STR("/info"), &tail), route_find(STR("GET"), STR("/info"), &tail));
}

static const char *const offers[] = {TYPE_DELIMITED, TYPE_JSON, TYPE_KSQL};

static const struct {
    const char *accept;
    int         chosen;
} accepts[] = {
    {"*/*", 0},
    {"application/*", 0},
    {"application/json", 1},
    {"Application/JSON; charset=utf-8", 1},
    {"application/vnd.ksql.v1+json", 2},
    {"text/html, application/json;q=0.9, */*;q=0.8", 1},
    {"application/json;q=0.1, application/vnd.ksql.v1+json", 2},
    {"application/json, application/vnd.ksql.v1+json", 1},
    {"*/*, application/vnd.ksql.v1+json", 2},
    {"application/json;q=0, */*;q=0.1", 0},
    {"application/json, text/plain, */*", 1},
    {"text/html", -1},
    {"application/vnd.ksql.v1+protobuf", -1},
    {"", 0},
    {" , ;;;, ", 0},
    {"application/json;q=", 1},
    {"*", -1},
    {"/", -1},
    {"/*", -1},
};

static void accept_is_chosen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepts / sizeof *accepts; i++) {
        int got = accept_choose(true, str_of(accepts[i].accept), offers, 3);
        if (got != accepts[i].chosen)
            fail_msg("%s: %d", accepts[i].accept, got);
    }
    assert_int_equal(accept_choose(false, STR_NONE, offers, 3), 0);
    char many[4096] = "";
    for (int i = 0; i < 300; i++)
        strcat(many, "text/x,");
    assert_int_equal(accept_choose(true, str_of(many), offers, 3), -1);
}

static call begun(const char *body)
{
    call c = {.body = BUF_INIT(REST_BODY_MAX_BYTES), .out = BUF_INIT(BUF_MAX)};
    buf_putz(&c.body, body);
    return c;
}

static void end(call *c)
{
    buf_free(&c->body);
    buf_free(&c->out);
    arena_free(&c->a);
}

static void error_shapes(void **state)
{
    (void)state;
    call c = begun("");
    call_error(&c, 40400, "a \"b\"");
    assert_int_equal(c.status, 404);
    assert_true(
        str_eqz(buf_str(&c.out), "{\"@type\":\"generic_error\",\"error_code\":40400,\"message\":\"a \\\"b\\\"\"}"));
    static const struct {
        st_code     code;
        bool        always;
        int         http;
        const char *text;
    } t[] = {
        {ST_SQL, false, 400,
         "{\"@type\":\"statement_error\",\"error_code\":40001,\"message\":\"m\",\"statementText\":\"s;\",\"entities\":["
         "]}"},
        {ST_WRONG_ENDPOINT, true, 400,
         "{\"@type\":\"statement_error\",\"error_code\":40002,\"message\":\"m\",\"statementText\":\"s;\",\"entities\":["
         "]}"},
        {ST_INTERNAL, true, 500,
         "{\"@type\":\"statement_error\",\"error_code\":50000,\"message\":\"m\",\"statementText\":\"s;\",\"entities\":["
         "]}"},
        {ST_INTERNAL, false, 500, "{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":\"m\"}"},
        {ST_ASSERT, true, 417, "{\"@type\":\"generic_error\",\"error_code\":41700,\"message\":\"m\"}"},
        {ST_BAD_REQUEST, true, 400, "{\"@type\":\"generic_error\",\"error_code\":40000,\"message\":\"m\"}"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        engine_error e = {.statement = STR("s;")};
        status_init(&e.st);
        status_set(&e.st, t[i].code, "m");
        call_engine_error(&c, &e, t[i].always);
        assert_int_equal(c.status, t[i].http);
        if (!str_eqz(buf_str(&c.out), t[i].text))
            fail_msg("%.*s", STR_FMT(buf_str(&c.out)));
    }
    end(&c);
}

static void bad_bodies(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{", "[]", "1", "\"x\"", "null", "{\"ksql\":}", "{} x", "\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        call c = begun(bad[i]);
        assert_null(call_body_object(&c));
        assert_int_equal(c.status, 400);
        assert_true(str_find(buf_str(&c.out), STR("\"error_code\":40000,\"message\":\"Invalid JSON in request: "), 0) >
                    0);
        end(&c);
    }
}

static void what_may_wait_begins_on_a_worker(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        size_t      body_bytes;
        bool        worker;
    } t[] = {
        {"GET", "/info", 0, false},          {"GET", "/nothing", 0, false},          {"POST", "/ksql", 2, true},
        {"POST", "/query", 100, false},      {"POST", "/query", 100000, true}, /* takes long to read */
        {"POST", "/query-stream", 0, false}, {"POST", "/inserts-stream", 100, true},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        call c = begun("");
        for (size_t k = 0; k < t[i].body_bytes; k++)
            buf_putc(&c.body, ' ');
        c.route = route_find(str_of(t[i].method), str_of(t[i].path), &c.tail);
        if (call_needs_worker(&c) != t[i].worker)
            fail_msg("%s %zu", t[i].path, t[i].body_bytes);
        end(&c);
    }
}

/* properties in, then the message (NULL: good) and the value that "commit.interval.ms" got. */
static const struct {
    const char *properties, *message, *value;
} sessions[] = {
    {"{}", NULL, NULL},
    {"{\"commit.interval.ms\":\"5\"}", NULL, "5"},
    {"{\"ksql.streams.commit.interval.ms\":5}", NULL, "5"},
    {"{\"commit.interval.ms\":null}", NULL, NULL},
    {"{\"ksql.streams.consumer.auto.offset.reset\":\"earliest\"}", NULL, NULL},
    {"{\"ksql.query.pull.table.scan.enabled\":true, \"ksql.functions.f.x\":1}", NULL, NULL},
    {"{\"topic.cleanup.policy\":\"compact\"}", NULL, NULL},
    {"{\"commit.interval.ms\":\"abc\"}", "Failed to coerce type of value 'abc' for key 'commit.interval.ms'", NULL},
    {"{\"commit.interval.ms\":[1]}", "Failed to coerce type of value", NULL},
    {"{\"nonsense\":1}", "Not recognizable as ksql, streams, consumer, or producer property: 'nonsense'", NULL},
    {"{\"ksql.nonsense\":1}", "Not recognizable", NULL},
    {"{\"ksql.streams.ksql.service.id\":1}", "Not recognizable", NULL},
    {"{\"ksql.service.id\":\"x\"}", "prohibited by the KSQL server denylist", NULL},
    {"{\"bootstrap.servers\":\"x\"}", "Cannot override property 'bootstrap.servers'", NULL},
    {"{\"ssl.key.password\":\"x\"}", "Cannot override property 'ssl.key.password'", NULL},
    {"{\"auto.offset.reset\":\"none\"}", "'none' is not valid for this property within KSQL", NULL},
    {"[]", "\\\"p\\\" must be an object", NULL},
};

static void properties_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++) {
        char text[512];
        snprintf(text, sizeof text, "{\"p\":%s,\"sessionVariables\":{\"x\":\"1\"}}", sessions[i].properties);
        call    c = begun(text);
        session s;
        session_init(&s);
        json_t *body = call_body_object(&c);
        bool    ok = call_session(&c, body, "p", &s);
        if (ok != (sessions[i].message == NULL) ||
            (!ok && str_find(buf_str(&c.out), str_of(sessions[i].message), 0) < 0))
            fail_msg("%s: %.*s", text, STR_FMT(buf_str(&c.out)));
        const str *v = map_get(&s.properties, STR("commit.interval.ms"));
        assert_true(sessions[i].value ? v && str_eqz(*v, sessions[i].value) : v == NULL);
        assert_true(!ok || map_get(&s.variables, STR("x")) != NULL);
        json_decref(body);
        session_free(&s);
        end(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_found),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(accept_is_chosen),
        cmocka_unit_test(error_shapes),
        cmocka_unit_test(bad_bodies),
        cmocka_unit_test(properties_are_checked),
        cmocka_unit_test(what_may_wait_begins_on_a_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
