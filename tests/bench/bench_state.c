/* What state costs: a store's look-ups, updates and readers beside them; then, for much state, bytes a key and how long
 * a restart takes.
 *
 *     bench_state [KEYS]              default WEIR_BENCH_KEYS, else 10,000,000; about 2.5 GiB of memory and disk each;
 *                                     0: the store alone
 *
 * A table counts one record of each key; then the engine is closed and opened again on its folder. First answer:
 * a pull query by key gives a row, from the opening on. Warm: a key of every partition is answered and the query
 * stands where it stood.
 */
#include "tests/bench/bench.h"

#include <pthread.h>

#include "engine/state/view.h"

static const char schema[] = "CREATE STREAM EVENTS (ID STRING KEY, UNITS INT) WITH (kafka_topic='events', "
                             "value_format='JSON', partitions=2);";
static const char table[] = "CREATE TABLE STATE AS SELECT ID, COUNT(*) AS N, SUM(UNITS) AS U FROM EVENTS GROUP BY ID;";

/* ---- the store alone: keys of 20 bytes, of which 12 are common, rows of 40, in random order */

enum {
    KEY_BYTES = 20,
    ROW_BYTES = 40,
    OPS = 2000000,
    COMMIT = 131072,
    SLICE = 8192,
    LOOKS = 200000,
    SCANS = 10,
    ITEMS = 1000
};

typedef struct store_bench {
    store   *s;
    char    *keys;   /* twice as many as are in the store */
    char    *probes; /* OPS of them, one behind the other as in a record batch */
    size_t   n;
    uint64_t random, sum;
    bool     stop; /* the writer of the threaded part */
    uint64_t updates;
    double   cpu;
} store_bench;

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static double thread_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static str nth_key(const store_bench *b, size_t i)
{
    return str_make(b->keys + i * KEY_BYTES, KEY_BYTES);
}

static void sum_change(void *ctx, str key, int64_t start, int64_t end, const store_row *row)
{
    (void)key;
    (void)start;
    (void)end;
    *(uint64_t *)ctx += row ? row->bytes.n : 0;
}

static void fill_store(store_bench *b, size_t n)
{
    char row[ROW_BYTES] = {0};
    *b = (store_bench){.s = store_new(false), .n = n, .random = 88172645463325252u};
    b->keys = mem_alloc(2 * n * KEY_BYTES + 1);
    b->probes = mem_alloc((size_t)OPS * KEY_BYTES);
    uint32_t *order = mem_alloc(n * sizeof *order);
    for (size_t i = 0; i < 2 * n; i++)
        snprintf(b->keys + i * KEY_BYTES, KEY_BYTES + 1, "user-%015zu", i);
    for (size_t i = 0; i < n; i++) {
        size_t k = next_random(&b->random) % (i + 1);
        order[i] = order[k];
        order[k] = (uint32_t)i;
    }
    store_track_changes(b->s, true);
    for (size_t i = 0; i < n; i++) {
        store_put(b->s, nth_key(b, order[i]), str_make(row, sizeof row), 0);
        if (i % COMMIT == 0)
            store_take_changes(b->s, sum_change, &b->sum);
    }
    store_take_changes(b->s, sum_change, &b->sum);
    mem_free(order);
}

static void close_bench(store_bench *b)
{
    store_free(b->s);
    mem_free(b->keys);
    mem_free(b->probes);
}

static void update(store_bench *b, const str *keys)
{
    store_row r;
    char      row[ROW_BYTES];
    store_expect(b->s, keys, STORE_EXPECT_MAX);
    for (int i = 0; i < STORE_EXPECT_MAX; i++) {
        if (!store_get(b->s, keys[i], &r))
            continue;
        memcpy(row, r.bytes.p, sizeof row);
        row[0]++;
        store_replace(b->s, &r, str_make(row, sizeof row), r.ts + 1);
    }
}

/* From keys[first] on: 0: keys that are there; n: others. */
static void pick_probes(store_bench *b, size_t first)
{
    for (size_t i = 0; i < OPS; i++)
        memcpy(b->probes + i * KEY_BYTES, nth_key(b, first + next_random(&b->random) % b->n).p, KEY_BYTES);
}

static void next_probes(const store_bench *b, size_t i, str *keys)
{
    for (size_t k = 0; k < STORE_EXPECT_MAX; k++)
        keys[k] = str_make(b->probes + (i + k) % OPS * KEY_BYTES, KEY_BYTES);
}

static double probe_ns(store_bench *b, size_t first)
{
    pick_probes(b, first);
    double t = thread_seconds();
    for (size_t i = 0; i < OPS; i += STORE_EXPECT_MAX) {
        str       keys[STORE_EXPECT_MAX];
        store_row r;
        next_probes(b, i, keys);
        store_expect(b->s, keys, STORE_EXPECT_MAX);
        for (int k = 0; k < STORE_EXPECT_MAX; k++)
            if (store_get(b->s, keys[k], &r))
                b->sum += (uint8_t)r.bytes.p[8];
    }
    return (thread_seconds() - t) / OPS * 1e9;
}

/* Of probes[from] and so many behind it. */
static double update_us(store_bench *b, size_t from, size_t ops)
{
    double t = thread_seconds();
    for (size_t i = from; i < from + ops; i += STORE_EXPECT_MAX) {
        str keys[STORE_EXPECT_MAX];
        next_probes(b, i, keys);
        update(b, keys);
        if (i % COMMIT == 0)
            store_take_changes(b->s, sum_change, &b->sum);
    }
    return (thread_seconds() - t) / (double)ops * 1e6;
}

static double least(double x, double y)
{
    return x < y ? x : y;
}

static void owner_alone(size_t n, int hit_bar)
{
    store_bench b;
    double      hit = 1e9, miss = 1e9, us = 1e9;
    fill_store(&b, n);
    for (int i = 0; i < 3; i++) {
        hit = least(hit, probe_ns(&b, 0));
        miss = least(miss, probe_ns(&b, n));
        pick_probes(&b, 0);
        us = least(us, update_us(&b, 0, OPS));
    }
    printf("store, %zu keys: probe with expect %.0f ns hit (bar %d), %.0f ns miss; update with its change %.3f us (bar "
           "0.13); %.0f bytes a key (bar 120)\n",
           n, hit, hit_bar, miss, us, (double)store_bytes(b.s) / (double)n);
    fflush(stdout);
    close_bench(&b);
}

/* ---- readers beside the writer */

static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER; /* as a task's lock: held for a slice */

static void *keeps_updating(void *arg)
{
    store_bench *b = arg;
    double       t = thread_seconds();
    while (!__atomic_load_n(&b->stop, __ATOMIC_ACQUIRE)) {
        pthread_mutex_lock(&writing);
        update_us(b, b->updates, SLICE);
        store_tend(b->s);
        b->updates += SLICE;
        pthread_mutex_unlock(&writing);
    }
    b->cpu = thread_seconds() - t;
    return NULL;
}

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

static void look_ups(store_bench *b)
{
    arena    a;
    uint64_t random = 7;
    double  *us = mem_alloc(LOOKS * sizeof *us);
    arena_init(&a);
    for (size_t i = 0; i < LOOKS; i++) {
        store_row r;
        str       key = nth_key(b, next_random(&random) % b->n);
        int64_t   t = clock_mono_ns();
        if (!store_read(b->s, key, &a, &r))
            printf("a key was not found\n");
        us[i] = (double)(clock_mono_ns() - t) / 1e3;
        arena_reset(&a);
    }
    qsort(us, LOOKS, sizeof *us, by_size);
    printf("store_read beside a writer: p50 %.2f us, p99 %.2f us (bar 5), p99.9 %.0f us\n", us[LOOKS / 2],
           us[LOOKS / 100 * 99], us[LOOKS / 1000 * 999]);
    mem_free(us);
    arena_free(&a);
}

/* Reads up to limit rows of a view that is opened for it; the rows there were. */
static size_t scan(store_bench *b, uint64_t limit)
{
    store_item items[ITEMS];
    arena      a;
    status     st;
    size_t     n, rows = 0;
    scan_range r = SCAN_ALL;
    arena_init(&a);
    status_init(&st);
    r.limit = limit;
    pthread_mutex_lock(&writing);
    view *v = view_open(&b->s, 1, (view_limits){INT64_MAX, UINT64_MAX}, &st);
    pthread_mutex_unlock(&writing);
    cursor *c = cursor_open(v, 0, &r);
    view_close(v);
    for (; !cursor_at_end(c); rows += n) {
        if (!cursor_next(c, &a, items, ITEMS, &n, &st))
            die("scan", &st);
        arena_reset(&a);
    }
    cursor_close(c);
    arena_free(&a);
    return rows;
}

static void readers_beside(size_t n)
{
    store_bench b;
    pthread_t   writer;
    fill_store(&b, n);
    double t = seconds();
    size_t rows = scan(&b, UINT64_MAX);
    printf("cursor over %zu keys, nobody writing: %.0f ns a row\n", n, (seconds() - t) / (double)rows * 1e9);
    pick_probes(&b, 0);
    pthread_create(&writer, NULL, keeps_updating, &b);
    look_ups(&b);
    t = seconds();
    for (int i = 0; i < SCANS; i++)
        rows = scan(&b, UINT64_MAX);
    t = (seconds() - t) / SCANS;
    __atomic_store_n(&b.stop, true, __ATOMIC_RELEASE);
    pthread_join(writer, NULL);
    double alone = update_us(&b, 0, OPS);
    printf(
        "cursor over %zu keys beside a writer: %.2f s (bar 0.2), %.0f ns a row; the writer: %.3f us an update, alone "
        "%.3f us\n",
        n, t, t / (double)rows * 1e9, b.cpu / (double)b.updates * 1e6, alone);
    fflush(stdout);
    close_bench(&b);
}

static void first_rows(size_t n)
{
    store_bench b;
    fill_store(&b, n);
    uint64_t bytes = store_bytes(b.s);
    double   t = seconds();
    for (int i = 0; i < SCANS; i++)
        scan(&b, 1);
    printf("LIMIT 1 of %zu keys: %.1f us (bar 1000), %ld bytes more\n", n, (seconds() - t) / SCANS * 1e6,
           (long)(store_bytes(b.s) - bytes));
    fflush(stdout);
    close_bench(&b);
}

/* ---- a table and its restart */

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

static bool has_key(engine *e, long key)
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
    engine_prepared *p = engine_prepare(e, &s, str_of(sql), &a, &err);
    bool             ok = p && engine_run_query(p, &a, true, &l, &push, &err) && rows == 1;
    if (p)
        engine_unprepare(p);
    session_free(&s);
    arena_free(&a);
    return ok;
}

int main(int argc, char **argv)
{
    const char *given = argc > 1 ? argv[1] : getenv("WEIR_BENCH_KEYS");
    long        keys = given ? atol(given) : 10000000;
    char        dir[] = "/tmp/weir-bench-XXXXXX", log_dir[64], state_dir[64], cmd[64];
    owner_alone(100000, 57);
    owner_alone(1000000, 76);
    readers_beside(1000000);
    first_rows(4000000);
    if (keys == 0)
        return 0;
    if (keys < 2000 || mkdtemp(dir) == NULL)
        return 1;
    snprintf(log_dir, sizeof log_dir, "%s/log", dir);
    snprintf(state_dir, sizeof state_dir, "%s/state", dir);
    storage *log = open_storage(log_dir);
    engine  *e = open_engine(log, state_dir);
    run(e, schema);
    write_topic(storage_log(log), "events", keys, one_time, event);
    long         rss0 = rss_mib();
    double       t = seconds(), c = cpu_seconds();
    engine_stats s;
    run(e, table);
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
    storage_close(log);

    t = seconds();
    log = open_storage(log_dir);
    e = open_engine(log, state_dir);
    while (!has_key(e, 0))
        usleep(500);
    double first = seconds() - t;
    while (!has_key(e, 1000) || !has_key(e, keys - 1)) /* 1000 lies in the other partition */
        usleep(500);
    printf("restart: first answer %.0f ms (bar 100 ms), warm %.0f ms (bar 2000 ms)\n", first * 1e3,
           (seconds() - t) * 1e3);
    engine_close(e);
    storage_close(log);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}
