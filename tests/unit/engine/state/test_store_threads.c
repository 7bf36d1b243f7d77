/* One writer beside threads that look up, scan views and write snapshots. Rows hold checks of themselves; the table's
 * accounts always have the same sum, which each view must show. Runs under the thread sanitizer too.
 * `test_store_threads SEED` */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/state/snapshot.h"

enum {
    ACCOUNTS = 1500, /* rows that are never deleted; as many more come and go */
    WINDOWED_KEYS = 100,
    WINDOWS = 6, /* of each key that stay; as many more come and go */
    WORDS_MAX = 200,
    SLICES = 600, /* the writer's, at least */
    SLICE = 64,
    ITEMS = 2000, /* of a view at a time */
    HOT = 3,      /* every other change and look-up goes to one of so many */
    ROUNDS = 8,   /* each reader's, at least */
    LOOKERS = 2,
    SCANNERS = 2,
    THREADS = LOOKERS + SCANNERS + 1
};
#define BALANCE 1000

typedef struct world {
    pthread_mutex_t lock; /* the task's: held while a slice is written and while a view is opened */
    store          *table, *windows;
    int             rounds[THREADS], ended; /* atomic */
    bool            stop, closed;
} world;

typedef struct reader {
    world   *w;
    int      number;
    uint64_t random;
    uint64_t seen[ACCOUNTS]; /* versions */
} reader;

static uint64_t seed;

/* Threads other than the first cannot fail a test as cmocka does. */
static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s (seed %lu)\n", what, (unsigned long)seed);
    abort();
}

static uint32_t below(uint64_t *random, uint32_t n)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*random >> 33) % n;
}

static uint32_t pick(uint64_t *random, uint32_t n)
{
    return below(random, below(random, 2) ? HOT : n);
}

static str key_of(char *space, uint32_t k)
{
    return str_make(space, (size_t)snprintf(space, 32, "account-%u", k));
}

static uint32_t key_number(str key)
{
    uint32_t k = 0;
    for (uint32_t i = 8; i < key.n; i++)
        k = k * 10 + (uint32_t)(key.p[i] - '0');
    return k;
}

/* ---- rows: version, balance, words that follow from them and the key */

static uint64_t filler(uint64_t k, uint64_t version, uint64_t i)
{
    return (k + 1) * 0x9e3779b97f4a7c15u ^ version * 0xbf58476d1ce4e5b9u ^ i;
}

static uint32_t words_of(uint64_t version)
{
    return version % 97 == 0 ? WORDS_MAX : 2 + (uint32_t)(version % 11);
}

static str make_row(uint64_t *space, uint64_t k, uint64_t version, uint64_t balance)
{
    uint32_t n = words_of(version);
    space[0] = version;
    space[1] = balance;
    for (uint32_t i = 2; i < n; i++)
        space[i] = filler(k, version, i);
    return str_make((char *)space, n * sizeof *space);
}

static uint64_t word(str row, uint32_t i)
{
    uint64_t v;
    memcpy(&v, row.p + i * sizeof v, sizeof v);
    return v;
}

static uint64_t check_row(uint64_t k, str row)
{
    must(row.n >= 16, "a row without its version");
    uint64_t version = word(row, 0);
    must(row.n == words_of(version) * sizeof version, "a row of another length");
    for (uint32_t i = 2; i < words_of(version); i++)
        must(word(row, i) == filler(k, version, i), "a torn row");
    return version;
}

/* ---- the writer */

static void change(store *s, uint32_t k, int64_t by)
{
    char      key[32];
    uint64_t  space[WORDS_MAX];
    store_row was;
    must(store_get(s, key_of(key, k), &was), "an account is gone");
    uint64_t version = word(was.bytes, 0) + 1, balance = word(was.bytes, 1) + (uint64_t)by;
    store_replace(s, &was, make_row(space, k, version, balance), (int64_t)version);
}

static void come_or_go(store *s, uint64_t *random)
{
    char     key[32];
    uint64_t space[WORDS_MAX];
    uint32_t k = ACCOUNTS + below(random, ACCOUNTS);
    if (below(random, 2))
        store_delete(s, key_of(key, k));
    else
        store_put(s, key_of(key, k), make_row(space, k, below(random, 1000), 0), 0);
}

static void change_window(store *s, uint64_t *random)
{
    char     key[32];
    uint64_t space[WORDS_MAX];
    uint32_t k = pick(random, WINDOWED_KEYS), w = below(random, 2 * WINDOWS);
    str      row = make_row(space, k, below(random, 1000), w);
    if (w % 2 && below(random, 2)) /* the odd ones come and go */
        store_delete_window(s, key_of(key, k), w, w + 5);
    else
        store_put_window(s, key_of(key, k), w, w + 5, row, 0);
}

static void on_change(void *ctx, str key, int64_t start, int64_t end, const store_row *row)
{
    (void)start;
    (void)end;
    if (row)
        check_row(key_number(key), row->bytes);
    ++*(uint64_t *)ctx;
}

/* Whole blocks of the slab get free. */
static void all_go(store *s)
{
    char key[32];
    for (uint32_t k = ACCOUNTS; k < 2 * ACCOUNTS; k++)
        store_delete(s, key_of(key, k));
}

static void write_slice(world *w, uint64_t *random)
{
    uint64_t told = 0;
    pthread_mutex_lock(&w->lock);
    if (below(random, 50) == 0)
        all_go(w->table);
    for (int i = 0; i < SLICE; i++) {
        uint32_t from = pick(random, ACCOUNTS), to = pick(random, ACCOUNTS), by = below(random, 10);
        change(w->table, from, -(int64_t)by);
        change(w->table, to, by);
        come_or_go(w->table, random);
        change_window(w->windows, random);
    }
    if (below(random, 10) == 0) {
        store_take_changes(w->table, on_change, &told);
        store_take_changes(w->windows, on_change, &told);
    }
    store_tend(w->table);
    store_tend(w->windows);
    pthread_mutex_unlock(&w->lock);
}

static void fill(world *w)
{
    char     key[32];
    uint64_t space[WORDS_MAX];
    w->table = store_new(false);
    w->windows = store_new(true);
    for (uint32_t k = 0; k < ACCOUNTS; k++)
        store_put(w->table, key_of(key, k), make_row(space, k, 1, BALANCE), 1);
    for (uint32_t k = 0; k < WINDOWED_KEYS; k++)
        for (int64_t s = 0; s < 2 * WINDOWS; s += 2)
            store_put_window(w->windows, key_of(key, k), s, s + 5, make_row(space, k, 1, 0), 1);
    store_track_changes(w->table, true);
    store_track_changes(w->windows, true);
}

/* ---- who looks up */

static void look_up(reader *r, store *table, store *windows, arena *a)
{
    char       key[32];
    store_row  row, *rows;
    uint32_t   k = pick(&r->random, 2 * ACCOUNTS), stays = 0;
    const bool there = store_read(table, key_of(key, k), a, &row);
    must(there || k >= ACCOUNTS, "an account was not found");
    if (there) {
        uint64_t version = check_row(k, row.bytes);
        must(k >= ACCOUNTS || version >= r->seen[k], "an older row after a newer one");
        must(k >= ACCOUNTS || row.ts == (int64_t)version, "another row's time");
        if (k < ACCOUNTS)
            r->seen[k] = version;
    }
    k = pick(&r->random, WINDOWED_KEYS + 5);
    uint32_t n = store_read_range(windows, key_of(key, k), INT64_MIN, INT64_MAX, a, &rows);
    for (uint32_t i = 0; i < n; i++) {
        check_row(k, rows[i].bytes);
        must(rows[i].end == rows[i].start + 5 && (i == 0 || rows[i - 1].start < rows[i].start), "windows in disorder");
        stays += rows[i].start % 2 == 0;
    }
    must(stays == (k < WINDOWED_KEYS ? WINDOWS : 0), "a window was not found");
}

static void *looks_up(void *arg)
{
    reader *r = arg;
    arena   a;
    arena_init(&a);
    store *table = store_hold(r->w->table), *windows = store_hold(r->w->windows);
    while (!__atomic_load_n(&r->w->stop, __ATOMIC_ACQUIRE)) {
        for (int i = 0; i < 100; i++)
            look_up(r, table, windows, &a);
        arena_reset(&a);
        __atomic_fetch_add(&r->w->rounds[r->number], 1, __ATOMIC_RELAXED);
    }
    store_release(table);
    store_release(windows);
    arena_free(&a);
    return NULL;
}

/* ---- who scans */

/* false: it was ended. */
static bool sum_up(cursor *c, arena *a, uint64_t *random)
{
    static _Thread_local store_item items[ITEMS];
    uint64_t                        sum = 0, accounts = 0;
    status                          st;
    size_t                          n;
    status_init(&st);
    while (!cursor_at_end(c)) {
        if (!cursor_next(c, a, items, 1 + below(random, ITEMS), &n, &st)) {
            must(st.code == ST_EXPIRED, st.msg);
            return false;
        }
        for (size_t i = 0; i < n; i++) {
            uint32_t k = key_number(items[i].key);
            check_row(k, items[i].row.bytes);
            accounts += k < ACCOUNTS;
            sum += word(items[i].row.bytes, 1);
        }
        arena_reset(a);
    }
    must(accounts == ACCOUNTS, "an account is missing or twice in a view");
    must(sum == (uint64_t)ACCOUNTS * BALANCE, "a view of two moments");
    return true;
}

static void count_windows(cursor *c, arena *a, uint64_t rows)
{
    store_item items[SLICE];
    status     st;
    size_t     n;
    status_init(&st);
    while (!cursor_at_end(c)) {
        if (!cursor_next(c, a, items, SLICE, &n, &st))
            return;
        for (size_t i = 0; i < n; i++)
            check_row(key_number(items[i].key), items[i].row.bytes);
        rows -= n;
        arena_reset(a);
    }
    must(rows == 0, "windows are missing in a view");
}

static view *open_view(reader *r, view_limits l)
{
    status st;
    view  *v = NULL;
    status_init(&st);
    pthread_mutex_lock(&r->w->lock);
    if (!r->w->closed)
        v = view_open((store *[]){r->w->table, r->w->windows}, 2, l, &st);
    pthread_mutex_unlock(&r->w->lock);
    return v;
}

static void *scans(void *arg)
{
    reader *r = arg;
    arena   a;
    view   *v;
    arena_init(&a);
    while ((v = open_view(r, (view_limits){INT64_MAX, below(&r->random, 4) ? UINT64_MAX : 20000}))) {
        cursor *c = cursor_open(v, 0, &SCAN_ALL), *d = cursor_open(v, 1, &SCAN_ALL);
        view_close(v);
        if (!sum_up(c, &a, &r->random))
            __atomic_fetch_add(&r->w->ended, 1, __ATOMIC_RELAXED);
        else
            __atomic_fetch_add(&r->w->rounds[r->number], 1, __ATOMIC_RELAXED);
        count_windows(d, &a, view_rows(v, 1));
        cursor_close(c);
        cursor_close(d);
        arena_reset(&a);
    }
    arena_free(&a);
    return NULL;
}

/* ---- who writes snapshots */

static void add_balance(void *ctx, str key, const store_row *row)
{
    check_row(key_number(key), row->bytes);
    *(uint64_t *)ctx += word(row->bytes, 1);
}

static void check_snapshot(const char *path)
{
    int64_t        clock = 0, *clocks[] = {&clock};
    uint64_t       sum = 0;
    store         *t = store_new(false), *w = store_new(true);
    snapshot_store s[] = {{.name = STR("t"), .s = t}, {.name = STR("w"), .s = w}};
    must(snapshot_read(io_posix(), path, 0, 1, clocks, 1, s, 2), "a snapshot that cannot be read");
    must(clock == 42 && s[0].offset == 1 && s[1].offset == 2, "another snapshot's head");
    store_each(t, add_balance, &sum);
    must(sum == (uint64_t)ACCOUNTS * BALANCE, "a snapshot of two moments");
    store_free(t);
    store_free(w);
}

static void *writes_snapshots(void *arg)
{
    reader *r = arg;
    char    path[64];
    snprintf(path, sizeof path, "/tmp/weir-threads-%d.snap", getpid());
    for (bool more = true; more;) {
        status         st;
        int64_t        clock = 42, *clocks[] = {&clock};
        snapshot_store s[] = {{.name = STR("t"), .s = r->w->table, .offset = 1},
                              {.name = STR("w"), .s = r->w->windows, .offset = 2}};
        view_limits    any = {INT64_MAX, UINT64_MAX};
        status_init(&st);
        pthread_mutex_lock(&r->w->lock);
        more = !r->w->closed;
        snapshot_job *j = more ? snapshot_job_open(io_posix(), path, 0, clocks, 1, s, 2, any, &st) : NULL;
        pthread_mutex_unlock(&r->w->lock);
        if (j == NULL)
            break;
        while (snapshot_job_step(j, 10000))
            ;
        if (!snapshot_job_close(j, &st)) {
            must(st.code == ST_EXPIRED, st.msg);
            continue;
        }
        check_snapshot(path);
        __atomic_fetch_add(&r->w->rounds[r->number], 1, __ATOMIC_RELAXED);
    }
    unlink(path);
    return NULL;
}

/* ---- all together */

static bool all_went_round(world *w)
{
    for (int i = 0; i < THREADS; i++)
        if (__atomic_load_n(&w->rounds[i], __ATOMIC_RELAXED) < ROUNDS)
            return false;
    return true;
}

static void one_writes_many_read(void **state)
{
    (void)state;
    world     w = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[THREADS];
    reader   *readers = mem_zalloc(THREADS * sizeof *readers);
    uint64_t  random = seed;
    print_message("seed %lu\n", (unsigned long)seed);
    fill(&w);
    for (int i = 0; i < THREADS; i++) {
        readers[i] = (reader){.w = &w, .number = i, .random = seed + (uint64_t)i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL,
                                        i < LOOKERS              ? looks_up
                                        : i < LOOKERS + SCANNERS ? scans
                                                                 : writes_snapshots,
                                        &readers[i]),
                         0);
    }
    for (long i = 0; i < SLICES || !all_went_round(&w); i++) {
        write_slice(&w, &random);
        sched_yield(); /* a mutex is not fair */
    }
    pthread_mutex_lock(&w.lock); /* views are open: their readers find the end, or finish */
    w.closed = true;
    store_free(w.table);
    store_free(w.windows);
    pthread_mutex_unlock(&w.lock);
    for (int i = LOOKERS; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    __atomic_store_n(&w.stop, true, __ATOMIC_RELEASE);
    for (int i = 0; i < LOOKERS; i++)
        pthread_join(threads[i], NULL);
    print_message("%d views were ended\n", w.ended);
    mem_free(readers);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_writes_many_read)};
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)clock_wall_ns();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
