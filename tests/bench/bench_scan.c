/* What reading a table's rows costs over REST: rows a second, memory while it lasts, and the first row only.
 *
 *     bench_scan [KEYS]  default 4,000,000; client and server share the machine's cores
 */
#include "tests/bench/bench_http.h"

#define FIRST_ROWS 200
#define SCANS 3
#define IN_BYTES (1 << 20)

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

/* The most there was since the last forget_peak(). */
static long peak_mib(void)
{
    char  line[128];
    long  kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "VmHWM: %ld", &kib);
    if (f)
        fclose(f);
    return kib / 1024;
}

static void forget_peak(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");
    bool  ok = f && fputs("5", f) >= 0;
    if (f)
        ok &= fclose(f) == 0;
    if (!ok)
        perror("peaks are those since the start: /proc/self/clear_refs");
}

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static void first_row(uint16_t port, char *in)
{
    double took[FIRST_ROWS];
    int    fd = http_connect(port);
    long   before = rss_mib();
    for (int i = 0; i < FIRST_ROWS; i++) {
        size_t  n = 0;
        ssize_t got;
        double  t = seconds();
        http_query(fd, "SELECT * FROM T LIMIT 1;", "");
        do {
            if ((got = read(fd, in + n, IN_BYTES - 1 - n)) <= 0)
                http_failed("the connection was closed");
            n += (size_t)got;
            in[n] = 0;
        } while (!http_answered(in, n));
        took[i] = seconds() - t;
    }
    close(fd);
    qsort(took, FIRST_ROWS, sizeof *took, by_value);
    printf("SELECT ... LIMIT 1: p50 %.3f ms, worst of %d %.3f ms (bar 5 ms), %+ld MiB kept\n",
           took[FIRST_ROWS / 2] * 1e3, FIRST_ROWS, took[FIRST_ROWS - 1] * 1e3, rss_mib() - before);
}

static void all_rows(uint16_t port, char *in, long keys, const char *name, const char *sql)
{
    for (int i = 0; i < SCANS; i++) {
        long    before = rss_mib(), bytes = 0;
        ssize_t got;
        int     fd = http_connect(port);
        forget_peak();
        double t = seconds(), cpu = cpu_seconds();
        http_query(fd, sql, "Connection: close\r\n");
        while ((got = read(fd, in, IN_BYTES)) > 0)
            bytes += got;
        t = seconds() - t;
        printf("%-28s %6.2f M rows/s, %4.0f ns of CPU a row, client included, %4ld MiB sent; memory: %ld MiB, at most "
               "%+ld, %+ld kept\n",
               name, (double)keys / t / 1e6, (cpu_seconds() - cpu) / (double)keys * 1e9, bytes >> 20, before,
               peak_mib() - before, rss_mib() - before);
        close(fd);
    }
}

int main(int argc, char **argv)
{
    long keys = argc > 1 ? atol(argv[1]) : 4000000;
    char dir[] = "/tmp/bench-scan-XXXXXX", clean[64];
    if (keys < 1 || mkdtemp(dir) == NULL)
        return 1;
    storage     *s = open_storage(dir);
    engine      *e = open_engine(s, NULL);
    char        *in = mem_alloc(IN_BYTES);
    engine_stats stats;
    run(e, "CREATE STREAM EVENTS (ID STRING KEY, UNITS INT) WITH (kafka_topic='events', value_format='JSON', "
           "partitions=2);");
    write_topic(storage_log(s), "events", keys, one_time, event);
    run(e, "CREATE TABLE T AS SELECT ID, COUNT(*) AS N FROM EVENTS GROUP BY ID;");
    do {
        usleep(1000);
        engine_get_stats(e, &stats);
    } while (stats.records_in < (uint64_t)keys && stats.queries_error == 0);
    sleep(2); /* until the last commit is over */
    rest_server *r = http_serve(e);
    printf("a table of %ld keys\n", keys);
    first_row(rest_server_port(r), in);
    all_rows(rest_server_port(r), in, keys, "SELECT *", "SELECT * FROM T;");
    all_rows(rest_server_port(r), in, keys, "SELECT * WHERE no row is so", "SELECT * FROM T WHERE N < 0;");
    rest_server_stop(r);
    engine_close(e);
    storage_close(s);
    mem_free(in);
    snprintf(clean, sizeof clean, "rm -rf %s", dir);
    return system(clean);
}
