/* What a pull query by key costs over HTTP: a server in this process, clients on keep-alive connections.
 *
 * bench_rest [CONNECTIONS [SECONDS]]: prints requests a second and latencies, for each way to ask. Client and
 * server share the machine's cores. */
#include <sys/epoll.h>

#include "base/vec.h"
#include "tests/bench/bench_http.h"

#define KEYS 10000
#define CONNECTIONS_MAX (HTTP_CONNECTIONS_MAX / 2)

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
    c->sent_s = seconds();
    c->n = 0;
    http_write(c->fd, request, (size_t)m);
}

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static void keep_asking(const load *l, uint16_t port, int connections, double run_s)
{
    int      ep = epoll_create1(0);
    client  *cs = mem_zalloc(sizeof(client) * (size_t)connections);
    unsigned seed = 1;
    VEC(double) took = {0};
    double start = seconds(), cpu = cpu_seconds();
    for (int i = 0; i < connections; i++) {
        cs[i].fd = http_connect(port);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &cs[i]};
        epoll_ctl(ep, EPOLL_CTL_ADD, cs[i].fd, &e);
        ask(&cs[i], l, &seed);
    }
    while (seconds() - start < run_s) {
        struct epoll_event events[256];
        int                n = epoll_wait(ep, events, 256, 1000);
        for (int i = 0; i < n; i++) {
            client *c = events[i].data.ptr;
            ssize_t got = read(c->fd, c->in + c->n, sizeof c->in - 1 - c->n);
            if (got <= 0)
                http_failed("the connection was closed");
            c->n += (size_t)got;
            c->in[c->n] = 0;
            if (!http_answered(c->in, c->n))
                continue;
            VEC_PUSH(&took, seconds() - c->sent_s);
            ask(c, l, &seed);
        }
    }
    double wall = seconds() - start;
    cpu = cpu_seconds() - cpu;
    if (took.n == 0)
        http_failed("nothing was answered");
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
    run(e, "CREATE STREAM clicks (id INT KEY, v STRING) WITH (kafka_topic='clicks', value_format='JSON', "
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
            die("insert", &st);
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
    double run_s = argc > 2 ? atof(argv[2]) : 3;
    char   dir[] = "/tmp/bench-rest-XXXXXX", clean[64];
    if (connections < 1 || connections > CONNECTIONS_MAX || mkdtemp(dir) == NULL)
        return 1;
    storage *s = open_storage(dir);
    engine  *e = open_engine(s, NULL);
    fill(e);
    rest_server      *r = http_serve(e);
    static const load loads[] = {
        {"GET /info", "/info", "", "", ""},
        {"POST /query, one key", "/query", "ksql", "application/vnd.ksql.v1+json", "SELECT * FROM n WHERE id = "},
        {"POST /query-stream, one key", "/query-stream", "sql", "application/vnd.ksqlapi.delimited.v1",
         "SELECT * FROM n WHERE id = "},
    };
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        keep_asking(&loads[i], rest_server_port(r), connections, run_s);
    rest_server_stop(r);
    engine_close(e);
    storage_close(s);
    snprintf(clean, sizeof clean, "rm -rf %s", dir);
    return system(clean);
}
