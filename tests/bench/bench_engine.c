/* What queries cost: records per second and CPU-seconds per million, each beside its line of the cost
 * table in design terms, where it has one.
 *
 *     bench_engine [RECORDS [QUERY]]  default 2,000,000 per query, 2 partitions, log in a temporary folder;
 *                                     QUERY: part of the names of those to run, e.g. COUNT
 *
 * The source topic is written first; then the query starts and the clock runs until it has taken the last
 * record and its output stands in the log.
 */
#include "tests/bench/bench.h"

#define KEYS 100000
#define MANY_QUERIES 100

static const char *chosen;

/* Keys of one partition only, as a producer's hash would do. */
static long key_of(int p, uint64_t random)
{
    return (long)((random >> 33) % (KEYS / BENCH_PARTITIONS)) * BENCH_PARTITIONS + p;
}

static int64_t ten_a_ms(long i)
{
    return 1700000000000 + i / 10;
}

static void order(long i, int p, uint64_t random, char *key, char *val)
{
    long id = key_of(p, random);
    snprintf(key, BENCH_TEXT_MAX, "user%07ld", id);
    snprintf(val, BENCH_TEXT_MAX,
             "{\"ORDERID\":%ld,\"ITEM\":\"item-%ld\",\"UNITS\":%ld,\"PRICE\":%ld.%02ld,"
             "\"CITY\":\"city-%ld\",\"STATE\":\"open\"}",
             i, id % 1000, (long)(random >> 40) % 10, (long)(random >> 20) % 1000, (long)(random >> 10) % 100, id % 50);
}

/* The payment of order i: the same key at the same time. */
static void payment(long i, int p, uint64_t random, char *key, char *val)
{
    snprintf(key, BENCH_TEXT_MAX, "user%07ld", key_of(p, random));
    snprintf(val, BENCH_TEXT_MAX, "{\"ORDERID\":%ld,\"AMOUNT\":%ld,\"CARD\":\"card-%ld\"}", i,
             (long)(random >> 20) % 1000, (long)(random >> 12) % 10000);
}

static void user(long i, int p, uint64_t random, char *key, char *val)
{
    (void)random;
    snprintf(key, BENCH_TEXT_MAX, "user%07ld", i / BENCH_PARTITIONS * BENCH_PARTITIONS + p);
    snprintf(val, BENCH_TEXT_MAX, "{\"NAME\":\"name-%ld\",\"LEVEL\":%ld}", i, i % 5);
}

/* Orders as a table: each its own row, many of one user. */
static void order_row(long i, int p, uint64_t random, char *key, char *val)
{
    snprintf(key, BENCH_TEXT_MAX, "order%09ld", i);
    snprintf(val, BENCH_TEXT_MAX, "{\"USERID\":\"user%07ld\",\"UNITS\":%ld}", key_of(p, random),
             (long)(random >> 40) % 10);
}

/* reads: records the query takes in, over all its inputs and stages; the rate is of the stream's records.
 * target: records per second of the cost table; 0: it has no such line. */
static void measure(engine *e, const char *name, const char *sql, long records, long reads, double target)
{
    double       t0 = seconds(), c0 = cpu_seconds();
    engine_stats s0, s;
    engine_get_stats(e, &s0);
    run(e, sql);
    do {
        usleep(2000);
        engine_get_stats(e, &s);
    } while (s.records_in - s0.records_in < (uint64_t)reads && s.queries_error == 0);
    double dt = seconds() - t0, dc = cpu_seconds() - c0, rate = (double)records / dt;
    char   share[64] = "not in the cost table    ";
    if (target > 0)
        snprintf(share, sizeof share, "%5.0f %% of %4.1f M rec/s", rate / target * 100, target / 1e6);
    printf("%-34s %8.0f k rec/s  %6.2f CPU-s per million  %s  state %ld MiB, rss %ld MiB\n", name, rate / 1e3,
           dc / (double)records * 1e6, share, (long)(s.state_bytes >> 20), rss_mib());
    fflush(stdout);
}

static void measure_and_drop(engine *e, const char *name, const char *sql, long records, long reads, double target)
{
    char drop[64];
    if (strstr(name, chosen) == NULL)
        return;
    measure(e, name, sql, records, reads, target);
    snprintf(drop, sizeof drop, "DROP %s Q DELETE TOPIC;", sql[7] == 'S' ? "STREAM" : "TABLE");
    run(e, drop);
}

/* The work of all queries counts: a record that 100 queries take is 100 records. */
static void many_queries(engine *e, long records)
{
    char name[64];
    snprintf(name, sizeof name, "%d queries over one topic", MANY_QUERIES);
    if (strstr(name, chosen) == NULL)
        return;
    buf sql = BUF_INIT(BUF_MAX);
    for (int i = 0; i < MANY_QUERIES; i++)
        buf_printf(&sql, "CREATE STREAM M%d AS SELECT ID, ORDERID, CITY FROM FEW WHERE UNITS = 5 AND ORDERID > %d;", i,
                   i);
    buf_putc(&sql, 0);
    measure(e, name, sql.p, records * MANY_QUERIES, records * MANY_QUERIES, 0);
    buf_clear(&sql);
    for (int i = 0; i < MANY_QUERIES; i++)
        buf_printf(&sql, "DROP STREAM M%d DELETE TOPIC;", i);
    buf_putc(&sql, 0);
    run(e, sql.p);
    buf_free(&sql);
}

int main(int argc, char **argv)
{
    long records = argc > 1 ? atol(argv[1]) : 2000000, few = records / 20;
    chosen = argc > 2 ? argv[2] : "";
    char dir[] = "/tmp/weir-bench-XXXXXX", cmd[64];
    if (mkdtemp(dir) == NULL)
        return 1;
    storage *store = open_storage(dir);
    engine  *e = open_engine(store, NULL);
    tlog    *log = storage_log(store);
#define ORDER_COLUMNS "(ID STRING KEY, ORDERID BIGINT, ITEM STRING, UNITS INT, PRICE DOUBLE, CITY STRING, STATE STRING)"
#define JSON_TOPIC(name) " WITH (kafka_topic='" name "', value_format='JSON', partitions=2);"
    run(e, "CREATE STREAM ORDERS " ORDER_COLUMNS JSON_TOPIC("orders") "CREATE STREAM FEW " ORDER_COLUMNS JSON_TOPIC(
               "few") "CREATE STREAM PAYMENTS (ID STRING KEY, ORDERID BIGINT, AMOUNT INT, CARD "
                      "STRING)" JSON_TOPIC("payments") "CREATE TABLE USERS (ID STRING PRIMARY KEY, NAME "
                                                       "STRING, LEVEL INT)" JSON_TOPIC(
                                                           "users") "CREATE TABLE ORDER_ROWS (OID STRING "
                                                                    "PRIMARY KEY, USERID STRING, UNITS "
                                                                    "INT)" JSON_TOPIC("order_rows"));
    write_topic(log, "orders", records, ten_a_ms, order);
    write_topic(log, "few", few, ten_a_ms, order);
    write_topic(log, "payments", records, ten_a_ms, payment);
    write_topic(log, "users", KEYS, ten_a_ms, user);
    write_topic(log, "order_rows", records, ten_a_ms, order_row);
    printf("%ld records of about 110 bytes, %d partitions\n", records, BENCH_PARTITIONS);
    measure_and_drop(
        e, "filter + projection, JSON to JSON",
        "CREATE STREAM Q AS SELECT ID, ORDERID, ITEM, UNITS * 2 AS DOUBLED, CITY FROM ORDERS WHERE UNITS > 2;", records,
        records, 2e6);
    measure_and_drop(
        e, "tumbling COUNT by key",
        "CREATE TABLE Q AS SELECT ID, COUNT(*) AS N FROM ORDERS WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY ID;", records,
        records, 1.5e6);
    measure_and_drop(e, "session windows by key",
                     "CREATE TABLE Q AS SELECT ID, COUNT(*) AS N FROM ORDERS WINDOW SESSION (5 SECONDS) GROUP BY ID;",
                     records, records, 0);
    measure_and_drop(e, "stream-table join",
                     "CREATE STREAM Q AS SELECT O.ID AS ID, O.ORDERID, U.NAME, U.LEVEL FROM ORDERS O JOIN USERS U ON "
                     "O.ID = U.ID;",
                     records, records + KEYS, 1e6);
    measure_and_drop(
        e, "stream-stream join",
        "CREATE STREAM Q AS SELECT O.ID AS ID, O.ITEM, P.AMOUNT FROM ORDERS O JOIN PAYMENTS P WITHIN 1 SECONDS "
        "GRACE PERIOD 1 SECONDS ON O.ID = P.ID;",
        2 * records, 2 * records, 0);
    measure_and_drop(
        e, "stream-stream left join",
        "CREATE STREAM Q AS SELECT O.ID AS ID, O.ITEM, P.AMOUNT FROM ORDERS O LEFT JOIN PAYMENTS P WITHIN 1 "
        "SECONDS GRACE PERIOD 1 SECONDS ON O.ID = P.ID;",
        2 * records, 2 * records, 0);
    measure_and_drop(
        e, "foreign-key join",
        "CREATE TABLE Q AS SELECT O.OID AS OID, O.UNITS, U.NAME FROM ORDER_ROWS O JOIN USERS U ON O.USERID = U.ID;",
        records, records + KEYS, 0);
    measure_and_drop(e, "GROUP BY a value (repartition)",
                     "CREATE TABLE Q AS SELECT CITY, COUNT(*) AS N, SUM(UNITS) AS U FROM ORDERS GROUP BY CITY;",
                     records, 2 * records, 1.5e6);
    many_queries(e, few);
    engine_close(e);
    storage_close(store);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}
