/* What much state costs: bytes a key, and how long a restart takes.
 *
 *     bench_state [KEYS]              default WEIR_BENCH_KEYS, else 10,000,000; about 2.5 GiB of memory and disk each
 *
 * A table counts one record of each key; then the engine is closed and opened again on its folder. First answer:
 * a pull query by key gives a row, from the opening on. Warm: a key of every partition is answered and the query
 * stands where it stood.
 */
#include "tests/bench/bench.h"

static const char schema[] = "CREATE STREAM EVENTS (ID STRING KEY, UNITS INT) WITH (kafka_topic='events', "
                             "value_format='JSON', partitions=2);";
static const char table[] = "CREATE TABLE STATE AS SELECT ID, COUNT(*) AS N, SUM(UNITS) AS U FROM EVENTS GROUP BY ID;";

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

static void on_header(void *ctx, const query_columns *c)
{
    (void)ctx;
    (void)c;
}

static bool on_row(void *ctx, const value *row, bool tombstone)
{
    (void)row;
    (void)tombstone;
    ++*(int *)ctx;
    return true;
}

static void on_end(void *ctx, query_end why, const char *msg)
{
    (void)ctx;
    (void)why;
    (void)msg;
}

static bool answers(engine *e, long key)
{
    arena          a;
    session        s;
    engine_error   err;
    push_query    *push = NULL;
    int            rows = 0;
    char           sql[100];
    query_listener l = {.ctx = &rows, .header = on_header, .row = on_row, .end = on_end};
    arena_init(&a);
    session_init(&s);
    snprintf(sql, sizeof sql, "SELECT N FROM STATE WHERE ID = 'key%09ld';", key);
    bool ok = engine_query(e, &s, str_of(sql), &a, &l, &push, &err) && rows == 1;
    session_free(&s);
    arena_free(&a);
    return ok;
}

static void replay(engine *e, const char *sql, int64_t seq)
{
    status st;
    status_init(&st);
    if (!engine_replay_command(e, str_of(sql), seq, &st))
        die(sql, &st);
}

int main(int argc, char **argv)
{
    const char *given = argc > 1 ? argv[1] : getenv("WEIR_BENCH_KEYS");
    long        keys = given ? atol(given) : 10000000;
    char        dir[] = "/tmp/weir-bench-XXXXXX", log_dir[64], state_dir[64], cmd[64];
    if (keys < 2000 || mkdtemp(dir) == NULL)
        return 1;
    snprintf(log_dir, sizeof log_dir, "%s/log", dir);
    snprintf(state_dir, sizeof state_dir, "%s/state", dir);
    storage *store = open_storage(log_dir);
    engine  *e = open_engine(store, state_dir);
    replay(e, schema, 0);
    write_topic(storage_log(store), "events", keys, one_time, event);
    long         rss0 = rss_mib();
    double       t = seconds(), c = cpu_seconds();
    engine_stats s;
    replay(e, table, 1);
    do {
        usleep(2000);
        engine_get_stats(e, &s);
    } while (s.records_in < (uint64_t)keys && s.queries_error == 0);
    printf(
        "%ld keys of state: %.0f k rec/s, %.2f CPU-s per million, %.0f bytes a key in the store, %.0f in the process\n",
        keys, (double)keys / (seconds() - t) / 1e3, (cpu_seconds() - c) / (double)keys * 1e6,
        (double)s.state_bytes / (double)keys, (double)(rss_mib() - rss0) * 1048576 / (double)keys);
    fflush(stdout);
    t = seconds();
    engine_close(e);
    printf("stop with a snapshot: %.2f s\n", seconds() - t);
    fflush(stdout);
    storage_close(store);

    t = seconds();
    store = open_storage(log_dir);
    e = open_engine(store, state_dir);
    replay(e, schema, 0);
    replay(e, table, 1);
    while (!answers(e, 0))
        usleep(500);
    double first = seconds() - t;
    while (!answers(e, 1000) || !answers(e, keys - 1)) /* 1000 lies in the other partition */
        usleep(500);
    printf("restart: first answer %.0f ms (bar 100 ms), warm %.0f ms (bar 2000 ms)\n", first * 1e3,
           (seconds() - t) * 1e3);
    engine_close(e);
    storage_close(store);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}
