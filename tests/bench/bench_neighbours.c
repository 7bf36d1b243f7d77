/* How long a record of a small query takes to come out while the workers are busy with another query.
 *
 *     bench_neighbours [SECONDS [RECORDS]]  default 2 s each; RECORDS of the busy query, default 6,000,000
 *
 * Records are appended to a small topic at fixed times, RATE a second; a push query over it gives them out. Each is
 * counted from the time at which it was meant to be appended. The busy query works through a topic that is there.
 */
#include <stdatomic.h>
#include <string.h>

#include "tests/bench/bench.h"

#define RATE 200
#define RECORDS_MAX 100000 /* of the small query */

typedef struct small {
    int64_t    due_ns[RECORDS_MAX], took_ns[RECORDS_MAX];
    atomic_int done;
} small;

static void on_header(void *ctx, const query_columns *c)
{
    (void)ctx;
    (void)c;
}

static bool on_row(void *ctx, const value *row, bool tombstone)
{
    small  *s = ctx;
    int64_t i = row[0].i;
    (void)tombstone;
    s->took_ns[i] = clock_mono_ns() - s->due_ns[i];
    atomic_fetch_add(&s->done, 1);
    return true;
}

static void on_end(void *ctx, query_end why, const char *msg)
{
    (void)ctx;
    (void)why;
    if (msg)
        fprintf(stderr, "the small query ended: %s\n", msg);
}

static int64_t one_time(long i)
{
    (void)i;
    return 1700000000000;
}

static void event(long i, int p, uint64_t random, char *key, char *val)
{
    (void)p;
    snprintf(key, BENCH_TEXT_MAX, "key%09ld", i);
    snprintf(val, BENCH_TEXT_MAX, "{\"UNITS\":%ld,\"T\":\"order %ld of user%05ld\"}", (long)(random >> 40) % 10, i,
             (long)(random >> 33) % 10000);
}

static void append(tlog_part *part, batch_builder *b, int i)
{
    char    val[64];
    int64_t base;
    status  st;
    status_init(&st);
    batch_builder_reset(b);
    snprintf(val, sizeof val, "{\"N\":%d}", i);
    batch_builder_add(b, 1700000000000, STR("k"), str_of(val), 0, STR_NONE);
    str bytes = batch_builder_finish(b, CODEC_NONE, &st);
    if (!batch_log_append(part, (uint8_t *)bytes.p, bytes.n, (batch_append){.trusted = true}, &base, &st))
        die("small", &st);
}

static int by_time(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* sql: the busy query, a stream Q; NULL: none. */
static void measure(engine *e, tlog_part *part, const char *beside, const char *sql, double run_s)
{
    static small   s;
    int            n = (int)(run_s * RATE);
    batch_builder  b;
    arena          a;
    session        ses;
    engine_error   err;
    engine_stats   before, after;
    push_query    *push = NULL;
    query_listener l = {.ctx = &s, .header = on_header, .row = on_row, .end = on_end};
    arena_init(&a);
    session_init(&ses);
    batch_builder_init(&b, 1 << 16);
    session_set(&ses, STR("auto.offset.reset"), STR("latest"));
    atomic_store(&s.done, 0);
    engine_prepared *p = engine_prepare(e, &ses, STR("SELECT N FROM SMALL EMIT CHANGES;"), &a, &err);
    if (p == NULL || !engine_run_query(p, &a, true, &l, &push, &err))
        die("small", &err.st);
    usleep(200000); /* it is at the topic's end by then */
    if (sql)
        run(e, sql);
    engine_get_stats(e, &before);
    int64_t step = 1000000000 / RATE, start = clock_mono_ns() + step;
    for (int i = 0; i < n; i++) {
        s.due_ns[i] = start + i * step;
        int64_t wait = s.due_ns[i] - clock_mono_ns();
        if (wait > 0)
            usleep((useconds_t)(wait / 1000));
        append(part, &b, i);
    }
    engine_get_stats(e, &after);
    double took = (double)(clock_mono_ns() - start) / 1e9;
    for (int ms = 0; atomic_load(&s.done) < n; ms++) {
        if (ms == 20000) {
            fprintf(stderr, "%d of %d records came out\n", atomic_load(&s.done), n);
            exit(1);
        }
        usleep(1000);
    }
    qsort(s.took_ns, (size_t)n, sizeof *s.took_ns, by_time);
    printf("small query beside %-28s p50 %7.3f  p99 %7.3f (bar 20)  max %7.3f ms  (%.0f k rec/s)\n", beside,
           ms_at(s.took_ns, n, 500), ms_at(s.took_ns, n, 990), ms_at(s.took_ns, n, 1000),
           (double)(after.records_in - before.records_in) / took / 1e3);
    fflush(stdout);
    push_query_close(push);
    engine_unprepare(p);
    if (sql)
        run(e, "DROP STREAM Q DELETE TOPIC;");
    batch_builder_free(&b);
    session_free(&ses);
    arena_free(&a);
}

int main(int argc, char **argv)
{
    double run_s = argc > 1 ? atof(argv[1]) : 2;
    long   records = argc > 2 ? atol(argv[2]) : 6000000;
    char   dir[] = "/tmp/bench-neighbours-XXXXXX", clean[64];
    status st;
    status_init(&st);
    if (run_s * RATE < 100 || run_s * RATE > RECORDS_MAX || mkdtemp(dir) == NULL)
        return 1;
    storage *store = open_storage(dir);
    engine  *e = open_engine(store, NULL);
    run(e, "CREATE STREAM SMALL (N BIGINT) WITH (kafka_topic='small', value_format='JSON', partitions=1); CREATE "
           "STREAM HOT (ID STRING KEY, UNITS INT, T STRING) WITH (kafka_topic='hot', value_format='JSON', "
           "partitions=2);");
    write_topic(storage_log(store), "hot", records, one_time, event);
    tlog_part *part = tlog_part_open(storage_log(store), STR("small"), 0, &st);
    if (part == NULL)
        die("small", &st);
    measure(e, part, "nothing", NULL, run_s);
    measure(e, part, "a hot one", "CREATE STREAM Q AS SELECT ID, UNITS FROM HOT;", run_s);
    measure(e, part, "two regular expressions",
            "CREATE STREAM Q AS SELECT ID, REGEXP_EXTRACT('o.*user(\\d+)', T, 1) AS A, REGEXP_REPLACE(T, "
            "'[aeiou]+', '-') AS B FROM HOT;",
            run_s);
    measure(e, part, "REDUCE of 20,000 elements",
            "CREATE STREAM Q AS SELECT ID, REDUCE(GENERATE_SERIES(1, 20000), UNITS, (S, X) => S + X) AS A FROM HOT;",
            run_s);
    tlog_part_close(part);
    engine_close(e);
    storage_close(store);
    snprintf(clean, sizeof clean, "rm -rf %s", dir);
    return system(clean);
}
