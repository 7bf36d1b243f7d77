/* What the engine's benchmarks share: clocks, statements, and a source of records that are the same every time. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "storage/storage.h"

static inline double seconds(void)
{
    return (double)clock_mono_ns() / 1e9;
}

static inline double cpu_seconds(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static inline long rss_mib(void)
{
    long  pages = 0, dummy;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &dummy, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return pages * sysconf(_SC_PAGESIZE) / (1 << 20);
}

static inline void die(const char *what, const status *st)
{
    fprintf(stderr, "%s: %s\n", what, st->msg);
    exit(1);
}

static inline void run(engine *e, const char *sql)
{
    arena        a;
    session      s;
    engine_error err;
    answers      ignored;
    arena_init(&a);
    session_init(&s);
    if (!engine_execute(e, &s, str_of(sql), &a, &ignored, &err))
        die(sql, &err.st);
    session_free(&s);
    arena_free(&a);
}

/* Opens an engine on the storage with what is kept there; earliest offsets. state_dir may be NULL. */
static inline engine *open_engine(storage *store, const char *state_dir)
{
    static settings config;
    status          st;
    status_init(&st);
    settings_init(&config);
    settings_put(&config, STR("ksql.streams.auto.offset.reset"), STR("earliest"), ORIGIN_FILE, &st);
    engine_options eo = {
        .log = storage_log(store), .config = &config, .state_dir = state_dir, .kept = storage_kept(store)};
    engine *e = engine_open(&eo, &st);
    if (e == NULL || !engine_start(e, &st))
        die("engine", &st);
    return e;
}

static inline storage *open_storage(const char *dir)
{
    status          st;
    storage_options so = {.dir = dir, .fsync_off = true};
    status_init(&st);
    storage *store = storage_open(&so, &st);
    if (store == NULL)
        die(dir, &st);
    return store;
}

/* Fills one record's key and value: i counts all records of the topic, p is the partition it goes to, random a
 * number of its own. */
#define BENCH_PARTITIONS 2
#define BENCH_TEXT_MAX 256
typedef void (*bench_record)(long i, int p, uint64_t random, char *key, char *val);

static inline void write_topic(tlog *log, const char *topic, long records, int64_t (*ts)(long i), bench_record make)
{
    enum { BATCH = 1000 };
    status        st;
    batch_builder b;
    char          key[BENCH_TEXT_MAX], val[BENCH_TEXT_MAX];
    tlog_part    *part[BENCH_PARTITIONS];
    uint64_t      seed = 42;
    status_init(&st);
    batch_builder_init(&b, 1 << 20);
    for (int p = 0; p < BENCH_PARTITIONS; p++)
        if ((part[p] = tlog_part_open(log, str_of(topic), p, &st)) == NULL)
            die(topic, &st);
    for (long i = 0; i < records;) {
        int p = (int)(i / BATCH % BENCH_PARTITIONS);
        batch_builder_reset(&b);
        for (int k = 0; k < BATCH && i < records; k++, i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            make(i, p, seed, key, val);
            batch_builder_add(&b, ts(i), str_of(key), str_of(val), 0, STR_NONE);
        }
        str     bytes = batch_builder_finish(&b, CODEC_NONE, &st);
        int64_t base;
        if (!batch_log_append(part[p], (uint8_t *)bytes.p, bytes.n, (batch_append){.trusted = true}, &base, &st))
            die(topic, &st);
    }
    for (int p = 0; p < BENCH_PARTITIONS; p++)
        tlog_part_close(part[p]);
    batch_builder_free(&b);
}

/* Of n sorted times in ns: the one that so many of a thousand do not exceed, in ms; 1000: the longest. */
static inline double ms_at(const int64_t *sorted, int64_t n, int per_mille)
{
    int64_t at = n * per_mille / 1000;
    return (double)sorted[at < n ? at : n - 1] / 1e6;
}

#endif
