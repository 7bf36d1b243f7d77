/* How long a look-up by key takes over REST while other work goes on beside it.
 *
 *     bench_latency [SECONDS [KEYS]]  default 5 s each, a table of 1,000,000 keys beside one of five times as many
 *
 * Open loop: look-ups are sent at fixed times, RATE a second on keep-alive connections, whether earlier ones were
 * answered or not, and each is counted from the time at which it was meant to be sent. What a stall delays is counted
 * in full. The client is one thread that runs before all others where the system lets it, so that what is measured is
 * the server, not the wait for a core that the client was given late.
 *
 * The neighbours are in this process: records are appended to the log at once, without a producer's costs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "tests/bench/bench_http.h"

#define RATE 1000
#define CONNECTIONS 64
#define STUCK_S 30
#define AHEAD_MAX 200000 /* records that a writer at full speed is before the query */

typedef struct bench {
    char         dir[32], log_dir[64], state_dir[64];
    storage     *log;
    engine      *e;
    rest_server *rest;
    long         keys;
    double       seconds;
} bench;

/* ---- the client */

typedef struct conn {
    int     fd;
    int64_t due_ns;
    size_t  n;
    char    in[4096];
} conn;

static int by_time(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static void look_up(conn *c, long keys, uint64_t *random)
{
    char sql[128];
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    snprintf(sql, sizeof sql, "SELECT N FROM T WHERE ID = 'key%09ld';", (long)((*random >> 33) % (uint64_t)keys));
    c->n = 0;
    http_query(c->fd, sql, "");
}

/* The answer that is on its way; false: not all of it is there. */
static bool receive(conn *c)
{
    ssize_t got = read(c->fd, c->in + c->n, sizeof c->in - 1 - c->n);
    if (got <= 0)
        http_failed("the connection was closed");
    c->n += (size_t)got;
    c->in[c->n] = 0;
    return http_answered(c->in, c->n);
}

/* Before all other threads, and woken at the time it asked for; or as everybody else again. */
static void run_first(bool first)
{
    struct sched_param p = {.sched_priority = first ? 1 : 0};
    prctl(PR_SET_TIMERSLACK, first ? 1 : 0);
    if (sched_setscheduler(0, first ? SCHED_FIFO : SCHED_OTHER, &p) != 0)
        printf("(the client waits for a core like everybody else: %s) ", strerror(errno));
}

/* Fills took[n] with nanoseconds from the time each was due. */
static void look_ups(const bench *b, int64_t *took, long n)
{
    conn    *conns = mem_zalloc(sizeof(conn) * CONNECTIONS), *idle[CONNECTIONS];
    int      ep = epoll_create1(0), idle_count = 0;
    uint64_t random = 7;
    for (int i = 0; i < CONNECTIONS; i++) {
        conns[i].fd = http_connect(rest_server_port(b->rest));
        idle[idle_count++] = &conns[i];
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &conns[i]};
        epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &ev);
    }
    int64_t step = 1000000000 / RATE, start = clock_mono_ns() + step;
    for (long sent = 0, done = 0; done < n;) {
        struct epoll_event events[CONNECTIONS];
        int64_t            now = clock_mono_ns(), wait = STUCK_S * (int64_t)1000000000;
        for (; sent < n && idle_count && start + sent * step <= now; sent++) {
            conn *c = idle[--idle_count];
            c->due_ns = start + sent * step;
            look_up(c, b->keys, &random);
        }
        if (sent < n && idle_count)
            wait = start + sent * step - now;
        struct timespec ts = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
        int             k = epoll_pwait2(ep, events, CONNECTIONS, wait > 0 ? &ts : &(struct timespec){0}, NULL);
        if (k == 0 && wait >= STUCK_S * (int64_t)1000000000)
            http_failed("no answer within 30 s");
        now = clock_mono_ns();
        for (int i = 0; i < k; i++) {
            conn *c = events[i].data.ptr;
            if (!receive(c))
                continue;
            took[done++] = now - c->due_ns;
            idle[idle_count++] = c;
        }
    }
    for (int i = 0; i < CONNECTIONS; i++)
        close(conns[i].fd);
    close(ep);
    mem_free(conns);
}

/* beside: what goes on; bar: of the p99. */
static void measure(const bench *b, const char *beside, double bar_ms)
{
    long     n = (long)(b->seconds * RATE);
    int64_t *took = mem_alloc((size_t)n * sizeof *took);
    run_first(true);
    look_ups(b, took, n);
    run_first(false);
    qsort(took, (size_t)n, sizeof *took, by_time);
    printf("look-up beside %-30s p50 %7.3f  p99 %7.3f (bar %2.0f)  p99.9 %7.3f  max %7.3f ms", beside,
           ms_at(took, n, 500), ms_at(took, n, 990), bar_ms, ms_at(took, n, 999), ms_at(took, n, 1000));
    fflush(stdout);
    mem_free(took);
}

/* ---- neighbours: threads that run until they are stopped */

typedef struct neighbour {
    bench      *b;
    pthread_t   thread;
    atomic_bool stop;
    long        rate; /* records a second; 0: as many as the query takes */
    long        done; /* records, or scans */
    double      began;
} neighbour;

static void begin(neighbour *n, void *(*work)(void *))
{
    n->began = seconds();
    pthread_create(&n->thread, NULL, work, n);
}

/* How much it did in a second. */
static double end(neighbour *n)
{
    atomic_store(&n->stop, true);
    pthread_join(n->thread, NULL);
    return (double)n->done / (seconds() - n->began);
}

static bool may_write(neighbour *n, uint64_t taken_before)
{
    engine_stats s;
    if (n->rate)
        return (double)n->done < (seconds() - n->began) * (double)n->rate;
    engine_get_stats(n->b->e, &s);
    return n->done - (long)(s.records_in - taken_before) < AHEAD_MAX;
}

static void *writes(void *arg)
{
    neighbour *n = arg;
    enum { PARTITIONS = 2 };
    int           batch = n->rate ? 100 : 1000;
    uint64_t      random = 42;
    batch_builder out;
    status        st;
    engine_stats  s;
    tlog_part    *part[PARTITIONS];
    status_init(&st);
    engine_get_stats(n->b->e, &s);
    batch_builder_init(&out, 1 << 20);
    for (int p = 0; p < PARTITIONS; p++)
        if ((part[p] = tlog_part_open(storage_log(n->b->log), STR("events"), p, &st)) == NULL)
            die("events", &st);
    for (long i = 0; !atomic_load(&n->stop);) {
        if (!may_write(n, s.records_in)) {
            usleep(200);
            continue;
        }
        int p = (int)(i++ % PARTITIONS);
        batch_builder_reset(&out);
        for (int k = 0; k < batch; k++) {
            char key[32];
            random = random * 6364136223846793005u + 1442695040888963407u;
            long id =
                (long)((random >> 33) % (uint64_t)n->b->keys) / 2000 * 2000 + p * 1000 + (long)(random >> 20) % 1000;
            snprintf(key, sizeof key, "key%09ld", id);
            batch_builder_add(&out, 1700000000000, str_of(key), STR("{\"UNITS\":1}"), 0, STR_NONE);
        }
        str     bytes = batch_builder_finish(&out, CODEC_NONE, &st);
        int64_t base;
        if (!batch_log_append(part[p], (uint8_t *)bytes.p, bytes.n, (batch_append){.trusted = true}, &base, &st))
            die("events", &st);
        n->done += batch;
    }
    for (int p = 0; p < PARTITIONS; p++)
        tlog_part_close(part[p]);
    batch_builder_free(&out);
    return NULL;
}

static void *scans(void *arg)
{
    neighbour *n = arg;
    char      *in = mem_alloc(1 << 20);
    while (!atomic_load(&n->stop)) {
        int fd = http_connect(rest_server_port(n->b->rest));
        http_query(fd, "SELECT * FROM T;", "Connection: close\r\n");
        while (!atomic_load(&n->stop) && read(fd, in, 1 << 20) > 0)
            ;
        close(fd);
        n->done++;
    }
    mem_free(in);
    return NULL;
}

/* ---- tables */

static int64_t one_time(long i)
{
    (void)i;
    return 1700000000000;
}

static void event(long i, int p, uint64_t random, char *key, char *val)
{
    (void)p;
    snprintf(key, BENCH_TEXT_MAX, "key%09ld", i);
    snprintf(val, BENCH_TEXT_MAX, "{\"UNITS\":%ld}", (long)(random >> 40) % 10);
}

static void wait_for_records(engine *e, uint64_t records)
{
    engine_stats s;
    do {
        usleep(1000);
        engine_get_stats(e, &s);
    } while (s.records_in < records && s.queries_error == 0);
}

static void open_all(bench *b)
{
    b->log = open_storage(b->log_dir);
    b->e = open_engine(b->log, b->state_dir);
    b->rest = http_serve(b->e);
}

static void close_all(bench *b)
{
    rest_server_stop(b->rest);
    engine_close(b->e);
    storage_close(b->log);
}

static bool restoring(engine *e, const char *query)
{
    arena               a;
    engine_query_state *states;
    bool                is = false;
    arena_init(&a);
    for (size_t i = engine_query_states(e, &a, &states); i-- > 0;)
        is |= strncmp(states[i].id.p, query, strlen(query)) == 0 && strcmp(states[i].state, "RESTORING") == 0;
    arena_free(&a);
    return is;
}

/* Of the snapshots of the large table: when the youngest was written. remove: none is left. */
static double snapshots(const bench *b, bool remove)
{
    double youngest = 0;
    DIR   *d = opendir(b->state_dir);
    for (struct dirent *f; d && (f = readdir(d)) != NULL;) {
        struct stat s;
        if (strstr(f->d_name, "_BIG_") == NULL || strstr(f->d_name, ".snap") == NULL)
            continue;
        if (remove && unlinkat(dirfd(d), f->d_name, 0) != 0)
            perror(f->d_name);
        else if (!remove && fstatat(dirfd(d), f->d_name, &s, 0) == 0) {
            double at = (double)s.st_mtim.tv_sec + (double)s.st_mtim.tv_nsec / 1e9;
            youngest = at > youngest ? at : youngest;
        }
    }
    if (d)
        closedir(d);
    return youngest;
}

/* ---- what goes on beside */

static void beside_writer(bench *b, const char *name, long rate, double bar_ms)
{
    neighbour n = {.b = b, .rate = rate};
    begin(&n, writes);
    measure(b, name, bar_ms);
    printf("  (%.0f k rec/s)\n", end(&n) / 1e3);
}

static void beside_scan(bench *b)
{
    neighbour n = {.b = b};
    begin(&n, scans);
    measure(b, "scans of all its rows", 20);
    printf("  (%.1f a second)\n", end(&n));
}

/* So many of the large table's rows change that a snapshot is due, which is written while we look up. */
static void beside_snapshot(bench *b)
{
    engine_stats s;
    double       before = snapshots(b, false);
    engine_get_stats(b->e, &s);
    write_topic(storage_log(b->log), "big", 5 * b->keys, one_time, event);
    wait_for_records(b->e, s.records_in + (uint64_t)(5 * b->keys) * 9 / 10);
    measure(b, "a snapshot of 5x the keys", 20);
    printf("%s\n", snapshots(b, false) > before ? "" : "  (no snapshot was written)");
}

/* From its changelog: the longer way. */
static void beside_restore(bench *b)
{
    close_all(b);
    snapshots(b, true);
    open_all(b);
    while (restoring(b->e, "CTAS_T_"))
        usleep(1000);
    double began = seconds(), whole = b->seconds;
    bool   was = restoring(b->e, "CTAS_BIG_");
    b->seconds = whole / 3; /* it should be at it for all of the time */
    measure(b, "a restore of 5x the keys", 20);
    b->seconds = whole;
    bool is = restoring(b->e, "CTAS_BIG_");
    while (restoring(b->e, "CTAS_BIG_"))
        usleep(1000);
    printf("  (%s %.1f s)\n", !was ? "it was over" : is ? "it took" : "it took at most", seconds() - began);
}

int main(int argc, char **argv)
{
    bench b = {.dir = "/tmp/bench-latency-XXXXXX",
               .seconds = argc > 1 ? atof(argv[1]) : 5,
               .keys = argc > 2 ? atol(argv[2]) : 1000000};
    char  clean[64];
    if (b.seconds * RATE < 1000 || b.keys < 10000 || mkdtemp(b.dir) == NULL)
        return 1;
    snprintf(b.log_dir, sizeof b.log_dir, "%s/log", b.dir);
    snprintf(b.state_dir, sizeof b.state_dir, "%s/state", b.dir);
    open_all(&b);
    run(b.e, "CREATE STREAM EVENTS (ID STRING KEY, UNITS INT) WITH (kafka_topic='events', value_format='JSON', "
             "partitions=2); CREATE STREAM LARGE (ID STRING KEY, UNITS INT) WITH (kafka_topic='big', "
             "value_format='JSON', partitions=2);");
    write_topic(storage_log(b.log), "events", b.keys, one_time, event);
    write_topic(storage_log(b.log), "big", 5 * b.keys, one_time, event);
    run(b.e, "CREATE TABLE T AS SELECT ID, COUNT(*) AS N FROM EVENTS GROUP BY ID; CREATE TABLE BIG AS SELECT ID, "
             "COUNT(*) AS N FROM LARGE GROUP BY ID;");
    wait_for_records(b.e, (uint64_t)(6 * b.keys));
    printf("look-ups: %d a second, a table of %ld keys\n", RATE, b.keys);
    sleep(3); /* until what was begun by filling the tables is over: commits, snapshots */
    measure(&b, "nothing", 1);
    printf("\n");
    beside_writer(&b, "100,000 rec/s into it", 100000, 2);
    beside_writer(&b, "ingest at full speed", 0, 20);
    beside_scan(&b);
    beside_snapshot(&b);
    beside_restore(&b);
    close_all(&b);
    snprintf(clean, sizeof clean, "rm -rf %s", b.dir);
    return system(clean);
}
