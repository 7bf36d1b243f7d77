/* What the benchmarks of the REST port share: a server in this process and connections to it. */
#ifndef TESTS_BENCH_HTTP_H
#define TESTS_BENCH_HTTP_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "server/rest/rest.h"
#include "tests/bench/bench.h"

#define HTTP_CONNECTIONS_MAX 2048

static inline void http_failed(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline rest_server *http_serve(engine *e)
{
    status       st;
    rest_options ro = {.engine = e,
                       .listener_count = 1,
                       .listeners = {{"http", "127.0.0.1", 0}},
                       .workers_max = 4,
                       .connections_max = HTTP_CONNECTIONS_MAX,
                       .idle_timeout_s = 60,
                       .request_timeout_s = 60,
                       .stream_buffer_bytes = 1 << 20,
                       .push_queries_max = 100,
                       .last_command = -1,
                       .service_id = STR("bench_"),
                       .cluster_id = STR("bench")};
    status_init(&st);
    rest_server *r = rest_server_start(&ro, &st);
    if (r == NULL)
        die("REST port", &st);
    return r;
}

static inline int http_connect(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int                fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        http_failed("cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static inline void http_write(int fd, const char *request, size_t n)
{
    if (write(fd, request, n) != (ssize_t)n)
        http_failed("a short write");
}

/* Sends a query to /query-stream; headers: further ones, each with its line end. */
static inline void http_query(int fd, const char *sql, const char *headers)
{
    char body[1024], request[2048];
    int  n = snprintf(body, sizeof body, "{\"sql\":\"%s\"}", sql);
    int  m =
        snprintf(request, sizeof request,
                 "POST /query-stream HTTP/1.1\r\nHost: localhost\r\nAccept: application/vnd.ksqlapi.delimited.v1\r\n"
                 "Content-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s",
                 headers, n, body);
    http_write(fd, request, (size_t)m);
}

/* Is the answer in these bytes (ended by a zero) whole? One that is none of success ends the program. */
static inline bool http_answered(const char *in, size_t n)
{
    const char *end = strstr(in, "\r\n\r\n"), *length = strcasestr(in, "content-length:");
    if (end == NULL || length == NULL)
        return false;
    if (strncmp(in, "HTTP/1.1 200", 12) != 0)
        http_failed(in);
    return n >= (size_t)(end + 4 - in) + (size_t)atol(length + 15);
}

#endif
