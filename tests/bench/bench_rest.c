/* What a pull query by key costs over HTTP: a server in this process, clients on keep-alive connections.
 *
 * bench_rest [CONNECTIONS [SECONDS]]: prints requests a second and latencies, for each way to ask. Client and
 * server share the machine's cores. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "server/rest/rest.h"
#include "storage/storage.h"

#define KEYS 10000
#define CONNECTIONS_MAX 1024

static double now_s(void)
{
    return (double)clock_mono_ns() / 1e9;
}

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_rest: %s\n", what);
    exit(1);
}

static void execute(engine *e, const char *sql)
{
    session      s;
    arena        a;
    engine_error err;
    answers      ignored;
    arena_init(&a);
    session_init(&s);
    session_set(&s, STR("auto.offset.reset"), STR("earliest"));
    if (!engine_execute(e, &s, str_of(sql), &a, &ignored, &err))
        die(err.st.msg);
    session_free(&s);
    arena_free(&a);
}

/* ---- clients: each connection has one request on its way */

typedef struct client {
    int    fd;
    char   in[8192];
    size_t n;
    double sent_s;
} client;

typedef struct load {
    const char *name, *path, *member, *accept;
    const char *sql; /* what stands before the key */
} load;

static int connect_to(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int                fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        die("cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void ask(client *c, const load *l, unsigned *seed)
{
    char sql[512], body[1024], request[2048];
    *seed = *seed * 1664525u + 1013904223u;
    snprintf(sql, sizeof sql, "%s%u;", l->sql, (*seed >> 8) % KEYS);
    int n = snprintf(body, sizeof body, "{\"%s\":\"%s\"}", l->member, sql);
    int m = l->member[0] ? snprintf(request, sizeof request,
                                    "POST %s HTTP/1.1\r\nHost: localhost\r\nAccept: %s\r\n"
                                    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                                    l->path, l->accept, n, body)
                         : snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", l->path);
    c->sent_s = now_s();
    c->n = 0;
    if (write(c->fd, request, (size_t)m) != m)
        die("a short write");
}

/* Is the answer whole? */
static bool answered(client *c)
{
    c->in[c->n] = 0;
    char *end = strstr(c->in, "\r\n\r\n"), *length = strcasestr(c->in, "content-length:");
    if (end == NULL || length == NULL)
        return false;
    if (strncmp(c->in, "HTTP/1.1 200", 12) != 0)
        die(c->in);
    return c->n >= (size_t)(end + 4 - c->in) + (size_t)atol(length + 15);
}

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static void run(const load *l, uint16_t port, int connections, double seconds)
{
    int      ep = epoll_create1(0);
    client  *cs = mem_zalloc(sizeof(client) * (size_t)connections);
    unsigned seed = 1;
    VEC(double) took = {0};
    double start = now_s(), cpu = cpu_s();
    for (int i = 0; i < connections; i++) {
        cs[i].fd = connect_to(port);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &cs[i]};
        epoll_ctl(ep, EPOLL_CTL_ADD, cs[i].fd, &e);
        ask(&cs[i], l, &seed);
    }
    while (now_s() - start < seconds) {
        struct epoll_event events[256];
        int                n = epoll_wait(ep, events, 256, 1000);
        for (int i = 0; i < n; i++) {
            client *c = events[i].data.ptr;
            ssize_t got = read(c->fd, c->in + c->n, sizeof c->in - 1 - c->n);
            if (got <= 0)
                die("the connection was closed");
            c->n += (size_t)got;
            if (!answered(c))
                continue;
            VEC_PUSH(&took, now_s() - c->sent_s);
            ask(c, l, &seed);
        }
    }
    double wall = now_s() - start;
    cpu = cpu_s() - cpu;
    qsort(took.p, took.n, sizeof *took.p, by_value);
    printf("%-28s %9.0f/s  p50 %6.3f ms  p99 %6.3f ms  %5.1f us of CPU each, client included\n", l->name,
           (double)took.n / wall, took.p[took.n / 2] * 1e3, took.p[took.n * 99 / 100] * 1e3,
           cpu / (double)took.n * 1e6);
    for (int i = 0; i < connections; i++)
        close(cs[i].fd);
    close(ep);
    mem_free(cs);
    VEC_FREE(&took);
}

static void fill(engine *e)
{
    execute(e, "CREATE STREAM clicks (id INT KEY, v STRING) WITH (kafka_topic='clicks', value_format='JSON', "
               "partitions=1);"
               "CREATE TABLE n AS SELECT id, COUNT(*) AS n FROM clicks GROUP BY id;");
    status st;
    arena  a;
    status_init(&st);
    arena_init(&a);
    engine_insert *rows = engine_prepare_insert(e, STR("CLICKS"), &a, &st);
    for (int i = 0; i < KEYS; i++) {
        char row[64];
        snprintf(row, sizeof row, "{\"ID\":%d,\"V\":\"x\"}", i);
        if (rows == NULL || !engine_run_insert(rows, str_of(row), &st))
            die(st.msg);
    }
    engine_unprepare_insert(rows);
    arena_free(&a);
    engine_stats s;
    do {
        usleep(10000);
        engine_get_stats(e, &s);
    } while (s.records_in < KEYS);
}

int main(int argc, char **argv)
{
    int    connections = argc > 1 ? atoi(argv[1]) : 16;
    double seconds = argc > 2 ? atof(argv[2]) : 3;
    if (connections < 1 || connections > CONNECTIONS_MAX)
        die("1 to 1024 connections");
    char   dir[] = "/tmp/bench-rest-XXXXXX", clean[64];
    status st;
    status_init(&st);
    if (mkdtemp(dir) == NULL)
        die("no temporary folder");
    storage_options so = {.dir = dir, .fsync_off = true};
    storage        *s = storage_open(&so, &st);
    engine_options  eo = {.log = s ? storage_log(s) : NULL, .workers = 1};
    engine         *e = s ? engine_open(&eo, &st) : NULL;
    if (e == NULL)
        die(st.msg);
    fill(e);
    rest_options ro = {.engine = e,
                       .listener_count = 1,
                       .listeners = {{"http", "127.0.0.1", 0}},
                       .workers_max = 4,
                       .connections_max = 2 * CONNECTIONS_MAX,
                       .idle_timeout_s = 60,
                       .request_timeout_s = 60,
                       .stream_buffer_bytes = 1 << 20,
                       .push_queries_max = 100,
                       .last_command = -1,
                       .service_id = STR("bench_"),
                       .cluster_id = STR("bench")};
    rest_server *r = rest_server_start(&ro, &st);
    if (r == NULL)
        die(st.msg);
    static const load loads[] = {
        {"GET /info", "/info", "", "", ""},
        {"POST /query, one key", "/query", "ksql", "application/vnd.ksql.v1+json", "SELECT * FROM n WHERE id = "},
        {"POST /query-stream, one key", "/query-stream", "sql", "application/vnd.ksqlapi.delimited.v1",
         "SELECT * FROM n WHERE id = "},
    };
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        run(&loads[i], rest_server_port(r), connections, seconds);
    rest_server_stop(r);
    engine_close(e);
    storage_close(s);
    snprintf(clean, sizeof clean, "rm -rf %s", dir);
    return system(clean);
}
