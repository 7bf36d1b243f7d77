/* Appenders, readers, watchers, transactions, topic deletion and maintenance at the same time; run under
 * TSAN=1. Every reader must see each appender's records whole, in order and once. */
#include "log_checks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/storage.h"

#define APPENDERS 4
#define READERS 3
#define EACH 400

typedef struct job {
    tlog        *l;
    int          id;
    _Atomic int *wakes;
} job;

static void *append(void *arg)
{
    job          *j = arg;
    status        own;
    batch_builder b;
    char          name[16];
    snprintf(name, sizeof name, "id%d", j->id);
    tlog_part     *p = tlog_part_open(j->l, STR("t"), 0, &own);
    tlog_producer *pr = j->id % 2 ? tlog_producer_open(j->l, str_of(name), &own) : NULL;
    batch_builder_init(&b, 4096);
    for (int i = 0; i < EACH; i++) {
        char    v[32];
        int     n = snprintf(v, sizeof v, "%d %d", j->id, i);
        int64_t base;
        batch_builder_reset(&b);
        batch_builder_add(&b, i, STR("k"), str_make(v, (size_t)n), 0, STR_NONE);
        str s = batch_builder_finish(&b, CODEC_NONE, &own);
        if (!batch_log_append(p, (uint8_t *)s.p, s.n, (batch_append){.producer = pr, .durable = i % 50 == 0}, &base,
                              &own))
            abort();
        tlog_position c = {STR("src"), j->id, i, NULL};
        if (pr && i % 10 == 9 && !commit_txn(j->l, pr, STR("g"), &c, 1, &own))
            abort();
    }
    if (pr)
        tlog_producer_close(pr);
    tlog_part_close(p);
    batch_builder_free(&b);
    return NULL;
}

static void wake(void *ctx)
{
    atomic_fetch_add((_Atomic int *)ctx, 1);
}

static void *read_all(void *arg)
{
    job           *j = arg;
    status         own;
    tlog_part     *p = tlog_part_open(j->l, STR("t"), 0, &own);
    uint64_t       w = tlog_part_watch(p, wake, j->wakes);
    tlog_reader   *r = tlog_reader_open(p, 0, j->id % 2 ? TLOG_READ_COMMITTED : TLOG_READ_UNCOMMITTED);
    int            next[APPENDERS] = {0}, seen = 0;
    batch_iter     it = BATCH_ITER_INIT;
    const uint8_t *data;
    uint32_t       len;
    while (seen < APPENDERS * EACH) {
        if (!batch_log_next(r, 1000, &data, &len, &own))
            abort();
        if (len == 0)
            usleep(100);
        for (uint32_t at = 0; at < len; at += it.b.size_bytes) {
            rec_view rec;
            if (!batch_iter_begin(&it, data + at, len - at, &own))
                abort();
            while (batch_iter_next(&it, &rec, &own)) {
                int who = rec.value.p[0] - '0', n = atoi(rec.value.p + 2);
                if (n != next[who])
                    abort();
                next[who]++;
                seen++;
            }
        }
    }
    batch_iter_free(&it);
    tlog_reader_close(r);
    tlog_part_unwatch(p, w);
    tlog_part_close(p);
    return NULL;
}

static _Atomic bool stop;

static void *maintain(void *arg)
{
    while (!atomic_load(&stop)) {
        storage_maintain(arg);
        usleep(2000);
    }
    return NULL;
}

static void *make_and_delete(void *arg)
{
    status own;
    for (int i = 0; !atomic_load(&stop); i++) {
        tlog_topic t = {.name = STR("passing"), .partitions = 2, .replication = -1};
        if (!tlog_topic_create(arg, &t, &own))
            abort();
        tlog_part *p = tlog_part_open(arg, t.name, 1, &own);
        append_values(p, NULL, "x", 3);
        if (!tlog_topic_delete(arg, t.name, &own))
            abort();
        tlog_part_close(p);
        usleep(1000);
    }
    return NULL;
}

static void run(tlog *l, storage *s)
{
    pthread_t   a[APPENDERS], r[READERS], m[2];
    job         aj[APPENDERS], rj[READERS];
    _Atomic int wakes = 0;
    atomic_store(&stop, false);
    make_topic(l, "t", 1);
    for (int i = 0; i < READERS; i++) {
        rj[i] = (job){l, i, &wakes};
        pthread_create(&r[i], NULL, read_all, &rj[i]);
    }
    for (int i = 0; i < APPENDERS; i++) {
        aj[i] = (job){l, i, &wakes};
        pthread_create(&a[i], NULL, append, &aj[i]);
    }
    pthread_create(&m[0], NULL, make_and_delete, l);
    if (s)
        pthread_create(&m[1], NULL, maintain, s);
    for (int i = 0; i < APPENDERS; i++)
        pthread_join(a[i], NULL);
    for (int i = 0; i < READERS; i++)
        pthread_join(r[i], NULL);
    atomic_store(&stop, true);
    pthread_join(m[0], NULL);
    if (s)
        pthread_join(m[1], NULL);
    assert_true(atomic_load(&wakes) > 0);
}

static void in_memory(void **state)
{
    (void)state;
    tlog *l = tlog_open_memory();
    run(l, NULL);
    tlog_close(l);
}

static int64_t fast_clock(void *ctx)
{
    return atomic_fetch_add((_Atomic int64_t *)ctx, 40); /* checkpoints fall due often */
}

static void on_disk(void **state)
{
    (void)state;
    char            dir[] = "/tmp/weir-threads-XXXXXX", cmd[64];
    _Atomic int64_t now = 1000000;
    assert_non_null(mkdtemp(dir));
    storage_options opt = {.dir = dir,
                           .segment_bytes = 20000,
                           .clock = &(timesource){fast_clock, fast_clock, &now},
                           .index_interval_bytes = 500,
                           .retention_ms = -1};
    storage        *s = storage_open(&opt, &check_st);
    assert_ok(s != NULL);
    run(storage_log(s), s);
    storage_close(s);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    assert_int_equal(system(cmd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_memory),
        cmocka_unit_test(on_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
