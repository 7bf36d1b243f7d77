/* What queries cost: records per second and CPU-seconds per million, each beside its line of the cost
 * table in design terms.
 *
 *     bench_engine [RECORDS [QUERY]]  default 2,000,000 per query, 2 partitions, log in a temporary folder;
 *                                     QUERY: part of the names of those to run, e.g. COUNT
 *
 * The source topic is written first; then the query starts and the clock runs until it has taken the last
 * record and its output stands in the log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "storage/storage.h"

#define PARTITIONS 2
#define BATCH 1000
#define KEYS 100000

static double seconds(void)
{
    return (double)clock_mono_ns() / 1e9;
}

static double cpu_seconds(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static long rss_mib(void)
{
    long  pages = 0, dummy;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &dummy, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return pages * sysconf(_SC_PAGESIZE) / (1 << 20);
}

static void die(const char *what, const status *st)
{
    fprintf(stderr, "%s: %s\n", what, st->msg);
    exit(1);
}

static void run(engine *e, const char *sql)
{
    arena        a;
    session      s;
    engine_error err;
    arena_init(&a);
    session_init(&s);
    json_t *r = engine_execute(e, &s, str_of(sql), &a, &err);
    if (r == NULL)
        die(sql, &err.st);
    json_decref(r);
    session_free(&s);
    arena_free(&a);
}

static void write_topic(tlog *log, const char *topic, long records, bool orders)
{
    status        st;
    batch_builder b;
    char          key[32], val[256];
    tlog_part    *part[PARTITIONS];
    status_init(&st);
    batch_builder_init(&b, 1 << 20);
    for (int p = 0; p < PARTITIONS; p++)
        if ((part[p] = tlog_part_open(log, str_of(topic), p, &st)) == NULL)
            die(topic, &st);
    uint64_t seed = 42;
    for (long i = 0; i < records;) {
        int p = (int)(i / BATCH % PARTITIONS);
        batch_builder_reset(&b);
        for (int k = 0; k < BATCH && i < records; k++, i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            /* Keys of one partition only, as a producer's hash would do. */
            long id = orders ? (long)((seed >> 33) % (KEYS / PARTITIONS)) * PARTITIONS + p : i / 2 * 2 + p;
            int  kn = snprintf(key, sizeof key, "user%07ld", orders ? id : (i / PARTITIONS) * PARTITIONS + p);
            int  vn;
            if (orders)
                vn = snprintf(val, sizeof val,
                              "{\"ORDERID\":%ld,\"ITEM\":\"item-%ld\",\"UNITS\":%ld,\"PRICE\":%ld.%02ld,"
                              "\"CITY\":\"city-%ld\",\"STATE\":\"open\"}",
                              i, id % 1000, (long)(seed >> 40) % 10, (long)(seed >> 20) % 1000,
                              (long)(seed >> 10) % 100, id % 50);
            else
                vn = snprintf(val, sizeof val, "{\"NAME\":\"name-%ld\",\"LEVEL\":%ld}", i, i % 5);
            batch_builder_add(&b, 1700000000000 + i / 10, str_make(key, (size_t)kn), str_make(val, (size_t)vn), 0,
                              STR_NONE);
        }
        str     bytes = batch_builder_finish(&b, CODEC_NONE, &st);
        int64_t base;
        if (!tlog_part_append(part[p], (uint8_t *)bytes.p, bytes.n, (tlog_append){.trusted = true}, &base, &st))
            die(topic, &st);
    }
    for (int p = 0; p < PARTITIONS; p++)
        tlog_part_close(part[p]);
    batch_builder_free(&b);
}

static const char *chosen = "";

/* reads: records the query takes in, over all its inputs and stages; the rate is of the stream's records.
 * target: records a second of the cost table, 0 where it has none. */
static void measure(engine *e, const char *name, const char *sql, long records, long reads, double target)
{
    if (strstr(name, chosen) == NULL)
        return;
    double       t0 = seconds(), c0 = cpu_seconds();
    engine_stats s0, s;
    engine_get_stats(e, &s0);
    run(e, sql);
    do {
        usleep(2000);
        engine_get_stats(e, &s);
    } while (s.records_in - s0.records_in < (uint64_t)reads && s.queries_error == 0);
    double dt = seconds() - t0, dc = cpu_seconds() - c0, rate = (double)records / dt;
    printf("%-34s %8.0f k rec/s  %6.2f CPU-s per million  ", name, rate / 1e3, dc / (double)records * 1e6);
    if (target > 0)
        printf("%5.0f %% of %4.1f M rec/s  ", rate / target * 100, target / 1e6);
    printf("rss %ld MiB\n", rss_mib());
    fflush(stdout);
}

int main(int argc, char **argv)
{
    long records = argc > 1 ? atol(argv[1]) : 2000000;
    chosen = argc > 2 ? argv[2] : "";
    char   dir[] = "/tmp/weir-bench-XXXXXX", cmd[64];
    status st;
    status_init(&st);
    if (mkdtemp(dir) == NULL)
        return 1;
    storage_options so = {.dir = dir, .fsync_off = true};
    storage        *store = storage_open(&so, &st);
    if (store == NULL)
        die(dir, &st);
    map config = {0};
    str earliest = STR("earliest");
    map_put(&config, STR("ksql.streams.auto.offset.reset"), &earliest);
    engine_options eo = {.log = storage_log(store), .config = &config};
    engine        *e = engine_open(&eo, &st);
    if (e == NULL)
        die("engine", &st);
    run(e, "CREATE STREAM ORDERS (ID STRING KEY, ORDERID BIGINT, ITEM STRING, UNITS INT, PRICE DOUBLE, CITY "
           "STRING, STATE STRING) WITH (kafka_topic='orders', value_format='JSON', partitions=2);"
           "CREATE TABLE USERS (ID STRING PRIMARY KEY, NAME STRING, LEVEL INT) WITH (kafka_topic='users', "
           "value_format='JSON', partitions=2);");
    write_topic(storage_log(store), "orders", records, true);
    write_topic(storage_log(store), "users", KEYS, false);
    printf("%ld records of about 110 bytes, %d partitions\n", records, PARTITIONS);
    measure(e, "filter + projection, JSON to JSON",
            "CREATE STREAM F AS SELECT ID, ORDERID, ITEM, UNITS * 2 AS DOUBLED, CITY FROM ORDERS WHERE UNITS "
            "> 2;",
            records, records, 2e6);
    run(e, "DROP STREAM IF EXISTS F DELETE TOPIC;");
    measure(e, "tumbling COUNT by key",
            "CREATE TABLE C AS SELECT ID, COUNT(*) AS N FROM ORDERS WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY "
            "ID;",
            records, records, 1.5e6);
    run(e, "DROP TABLE IF EXISTS C DELETE TOPIC;");
    measure(e, "stream-table join",
            "CREATE STREAM J AS SELECT O.ID AS ID, O.ORDERID, U.NAME, U.LEVEL FROM ORDERS O JOIN USERS U ON "
            "O.ID = U.ID;",
            records, records + KEYS, 1e6);
    run(e, "DROP STREAM IF EXISTS J DELETE TOPIC;");
    measure(e, "GROUP BY a value (repartition)",
            "CREATE TABLE G AS SELECT CITY, COUNT(*) AS N, SUM(UNITS) AS U FROM ORDERS GROUP BY CITY;", records,
            2 * records, 1.5e6);
    run(e, "DROP TABLE IF EXISTS G DELETE TOPIC;");
    measure(e, "session COUNT by key",
            "CREATE TABLE S AS SELECT ID, COUNT(*) AS N FROM ORDERS WINDOW SESSION (10 SECONDS) GROUP BY ID;", records,
            records, 0);
    run(e, "DROP TABLE IF EXISTS S DELETE TOPIC;"
           "CREATE STREAM AGAIN (ID STRING KEY, ORDERID BIGINT, CITY STRING) WITH (kafka_topic='orders', "
           "value_format='JSON');");
    measure(e, "stream-stream join, 1 s",
            "CREATE STREAM SS AS SELECT O.ID AS ID, O.ORDERID AS FIRST, A.ORDERID AS SECOND FROM ORDERS O JOIN AGAIN "
            "A WITHIN 1 SECOND ON O.ID = A.ID;",
            records, 2 * records, 0);
    engine_close(e);
    storage_close(store);
    map_free(&config);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}
