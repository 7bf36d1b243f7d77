#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "server/shell/http.h"

/* ---- where the server is */

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *port, *base;
    } good[] = {
        {"http://localhost:8088", "localhost", "8088", ""},
        {"http://localhost", "localhost", "8088", ""},
        {"HTTP://h:1/", "h", "1", ""},
        {"http://h:1/a/b//", "h", "1", "/a/b"},
        {"http://[::1]:99", "::1", "99", ""},
        {" http://[::1] ", "::1", "8088", ""},
    };
    static const char *const bad[] = {"",
                                      "localhost:8088",
                                      "https://h:1",
                                      "http://",
                                      "http://:1",
                                      "http://h:",
                                      "http://h:0",
                                      "http://h:65536",
                                      "http://h:1x",
                                      "http://[::1",
                                      "http://[::1]x:1",
                                      "http://a b",
                                      "http://h\r\nX:1",
                                      "ftp://h"};
    http_server              s = {0};
    status                   st;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(http_server_parse(&s, str_of(good[i].url), &st));
        assert_string_equal(s.host, good[i].host);
        assert_string_equal(s.port, good[i].port);
        assert_string_equal(s.base, good[i].base);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (http_server_parse(&s, str_of(bad[i]), &st))
            fail_msg("%s", bad[i]);
    assert_string_equal(s.host, "::1"); /* a bad one changes nothing */
}

static void test_authorization(void **state)
{
    (void)state;
    http_server s = {0};
    status      st;
    assert_true(http_authorize_basic(&s, STR("Aladdin"), STR("open sesame"), &st));
    assert_string_equal(s.authorization, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_true(http_authorize_basic(&s, STR("a"), STR("bc"), &st));
    assert_string_equal(s.authorization, "Basic YTpiYw==");
    assert_false(http_authorize_token(&s, STR("x\r\nEvil: y"), &st));
}

static void test_escapes(void **state)
{
    (void)state;
    buf out = BUF_INIT(BUF_MAX);
    http_put_escaped(&out, STR("auto.offset/r\xc3\xa4 %"));
    assert_true(str_eqz(buf_str(&out), "auto.offset%2Fr%C3%A4%20%25"));
    buf_free(&out);
}

/* ---- answers */

typedef struct canned {
    int         fd, step;
    const char *answer;
    size_t      n;
} canned;

/* Takes one connection, reads the request's head and sends the answer in small steps. */
static void *serve(void *arg)
{
    canned *c = arg;
    char    head[4096];
    int     fd = accept(c->fd, NULL, NULL);
    ssize_t got = read(fd, head, sizeof head);
    for (size_t at = 0; got > 0 && at < c->n; at += (size_t)c->step) {
        size_t n = c->n - at < (size_t)c->step ? c->n - at : (size_t)c->step;
        if (send(fd, c->answer + at, n, MSG_NOSIGNAL) < 0)
            break;
    }
    shutdown(fd, SHUT_WR);
    while (read(fd, head, sizeof head) > 0)
        ;
    close(fd);
    return NULL;
}

static bool fetch(const char *answer, int step, int *code, buf *body, status *st)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          size = sizeof at;
    canned             c = {socket(AF_INET, SOCK_STREAM, 0), step, answer, strlen(answer)};
    http_server        s = {0};
    http_answer        h;
    pthread_t          t;
    char               url[64];
    assert_int_equal(bind(c.fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(c.fd, 1), 0);
    getsockname(c.fd, (struct sockaddr *)&at, &size);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(at.sin_port));
    assert_true(http_server_parse(&s, str_of(url), st));
    pthread_create(&t, NULL, serve, &c);
    status_init(st);
    bool ok = http_send(&h, &s, "POST", STR("/ksql"), STR("{}"), 10000, st);
    if (ok) {
        *code = h.status;
        ok = http_read_all(&h, body, st);
        http_close(&h);
    }
    pthread_join(t, NULL);
    close(c.fd);
    return ok;
}

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static void test_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *body;
        int         code;
    } cases[] = {
        {OK_HEAD "Content-Length: 5\r\n\r\nhello and more", "hello", 200},
        {OK_HEAD "content-length:0\r\n\r\n", "", 200},
        {OK_HEAD "\r\nuntil the end", "until the end", 200},
        {OK_HEAD "Transfer-Encoding: "
                 "chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
         "hello0123456789", 200},
        {OK_HEAD "Transfer-Encoding: Chunked\nContent-Length: 3\n\n1\na\n0\n\n", "a", 200},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nNot "
         "Found",
         "Not Found", 404},
        {"HTTP/1.0 500 \r\n\r\n", "", 500},
        {"HTTP/1.1 204 No Content\r\n\r\n", "", 204},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int step = 1; step < 1000; step *= 31) {
            buf    body = BUF_INIT(BUF_MAX);
            int    code = 0;
            status st;
            if (!fetch(cases[i].answer, step, &code, &body, &st))
                fail_msg("case %zu: %s", i, st.msg);
            assert_int_equal(code, cases[i].code);
            assert_true(str_eqz(buf_str(&body), cases[i].body));
            buf_free(&body);
        }
}

static void test_bad_answers(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        OK_HEAD,
        OK_HEAD "Content-Length: 5\r\n\r\nhell",
        OK_HEAD "Content-Length: -5\r\n\r\nhello",
        OK_HEAD "Content-Length: 5x\r\n\r\nhello",
        OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        OK_HEAD "Transfer-Encoding: chunked\r\n\r\nhello\r\n",
        OK_HEAD "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
        OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buf    body = BUF_INIT(BUF_MAX);
        int    code;
        status st;
        if (fetch(bad[i], 1000, &code, &body, &st))
            fail_msg("case %zu", i);
        assert_int_equal(st.code, ST_IO);
        buf_free(&body);
    }
    buf long_head = BUF_INIT(BUF_MAX), body = BUF_INIT(BUF_MAX);
    buf_putz(&long_head, OK_HEAD "X: ");
    for (int i = 0; i < 2 * HTTP_HEAD_MAX_BYTES; i++)
        buf_putc(&long_head, 'x');
    buf_putc(&long_head, 0);
    int    code;
    status st;
    assert_false(fetch(long_head.p, 4096, &code, &body, &st));
    buf_free(&long_head);
    buf_free(&body);
}

static void test_nobody_there(void **state)
{
    (void)state;
    http_server s = {0};
    http_answer h;
    status      st;
    status_init(&st);
    assert_true(http_server_parse(&s, STR("http://127.0.0.1:1"), &st));
    assert_false(http_send(&h, &s, "GET", STR("/info"), STR(""), 1000, &st));
    assert_int_equal(st.code, ST_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),   cmocka_unit_test(test_authorization), cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_bodies), cmocka_unit_test(test_bad_answers),   cmocka_unit_test(test_nobody_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
