/* What statements and a start cost as the catalog grows: a statement's price may not depend on what else there is.
 *
 *     bench_catalog [ROUNDS]  default 200
 *
 * Three catalogs, with 0, 1,000 and 10,000 streams over one topic each, are asked in turn, so that what else the
 * machine does hits all of them; medians are compared with those of the empty one. The log does not wait for the disk.
 */
#include "tests/bench/bench.h"

#define CATALOGS 3
#define BATCH 500 /* statements of a text */
#define STARTS 5
#define AGGREGATES 10000
#define ROUNDS_MAX 10000

typedef struct catalog {
    int      sources;
    char     dir[64];
    storage *log;
    engine  *e;
} catalog;

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median(double *took, int n)
{
    qsort(took, (size_t)n, sizeof *took, by_value);
    return took[n / 2];
}

static void open_catalog(catalog *c)
{
    c->log = open_storage(c->dir);
    c->e = open_engine(c->log, NULL);
}

static void close_catalog(catalog *c)
{
    engine_close(c->e);
    storage_close(c->log);
}

/* A topic with one stream, which every catalog has, and so many others over it. */
static void fill(catalog *c)
{
    run(c->e, "CREATE STREAM S (ID STRING KEY, V INT) WITH (kafka_topic='t', value_format='JSON', partitions=1);");
    for (int i = 0; i < c->sources;) {
        buf sql = BUF_INIT(BUF_MAX);
        for (int k = 0; k < BATCH && i < c->sources; k++, i++)
            buf_printf(&sql, "CREATE STREAM S%d (ID STRING KEY, V INT) WITH (kafka_topic='t', value_format='JSON');",
                       i);
        buf_putc(&sql, 0);
        run(c->e, sql.p);
        buf_free(&sql);
    }
}

static double timed(engine *e, const char *sql)
{
    double t = seconds();
    run(e, sql);
    return seconds() - t;
}

/* after: what undoes it, not counted; may be NULL. */
static void compare(catalog *c, int rounds, const char *name, const char *sql, const char *after)
{
    double *took[CATALOGS], us[CATALOGS];
    for (int i = 0; i < CATALOGS; i++)
        took[i] = mem_alloc(sizeof(double) * (size_t)rounds);
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < CATALOGS; i++) {
            took[i][r] = timed(c[i].e, sql);
            if (after)
                run(c[i].e, after);
        }
    printf("%-14s", name);
    for (int i = 0; i < CATALOGS; i++) {
        us[i] = median(took[i], rounds) * 1e6;
        mem_free(took[i]);
        printf("  %5d sources: %7.1f us, %4.2f x", c[i].sources, us[i], us[i] / us[0]);
    }
    printf("  (bar 1.5 x)\n");
    fflush(stdout);
}

static double start_ms(catalog *c)
{
    double took[STARTS];
    for (int i = 0; i < STARTS; i++) {
        close_catalog(c);
        double t = seconds();
        open_catalog(c);
        took[i] = (seconds() - t) * 1e3;
    }
    return median(took, STARTS);
}

static void emptied(catalog *c)
{
    double before = start_ms(c);
    for (int i = 0; i < 500; i++)
        run(c->e, "CREATE STREAM X (ID STRING KEY, V INT) WITH (kafka_topic='t', value_format='JSON'); DROP STREAM X;");
    printf("start of an empty catalog: %.1f ms; after 500 CREATE and DROP: %.1f ms (bar: the same)\n", before,
           start_ms(c));
}

static void many_aggregates(engine *e)
{
    buf sql = BUF_INIT(BUF_MAX);
    buf_printf(&sql, "CREATE TABLE WIDE AS SELECT ID");
    for (int i = 0; i < AGGREGATES; i++)
        buf_printf(&sql, ", SUM(V + %d) AS A%d", i, i);
    buf_printf(&sql, " FROM S GROUP BY ID;");
    buf_putc(&sql, 0);
    printf("CREATE TABLE of %d aggregates: %.2f s (bar 2 s)\n", AGGREGATES, timed(e, sql.p));
    buf_free(&sql);
}

int main(int argc, char **argv)
{
    int     rounds = argc > 1 ? atoi(argv[1]) : 200;
    catalog c[CATALOGS] = {{.sources = 0}, {.sources = 1000}, {.sources = 10000}};
    char    dir[] = "/tmp/bench-catalog-XXXXXX", clean[64];
    if (rounds < 1 || rounds > ROUNDS_MAX || mkdtemp(dir) == NULL)
        return 1;
    for (int i = 0; i < CATALOGS; i++) {
        snprintf(c[i].dir, sizeof c[i].dir, "%s/%d", dir, c[i].sources);
        open_catalog(&c[i]);
        double t = seconds();
        fill(&c[i]);
        if (c[i].sources)
            printf("CREATE of %d streams, %d a request: %.2f s\n", c[i].sources, BATCH, seconds() - t);
    }
    compare(c, rounds, "CREATE STREAM",
            "CREATE STREAM X (ID STRING KEY, V INT) WITH (kafka_topic='t', "
            "value_format='JSON');",
            "DROP STREAM X;");
    compare(c, rounds, "INSERT", "INSERT INTO S (ID, V) VALUES ('a', 1);", NULL);
    compare(c, rounds, "SET", "SET 'auto.offset.reset' = 'earliest';", NULL);
    printf("start with %d streams: %.0f ms (bar 1000 ms)\n", c[CATALOGS - 1].sources, start_ms(&c[CATALOGS - 1]));
    emptied(&c[0]);
    many_aggregates(c[0].e);
    for (int i = 0; i < CATALOGS; i++)
        close_catalog(&c[i]);
    snprintf(clean, sizeof clean, "rm -rf %s", dir);
    return system(clean);
}
