/* What the log costs: appends of several sizes, durable appends, reads, transactions.
 *
 *     make build/rel/tests/bench/bench_storage && build/rel/tests/bench/bench_storage [FOLDER]
 *
 * Prints one line a case: rate, and MB/s where bytes are what counts. The folder (default: a new one
 * below /tmp) should lie on the disk in question.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "storage/storage.h"

#define RECORD_BYTES 100

static status st;

static double now_s(void)
{
    return (double)clock_mono_ns() / 1e9;
}

static void need(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s: %s\n", what, st.msg);
        exit(1);
    }
}

static tlog_part *part_of(tlog *l, const char *topic, int32_t n, int32_t i)
{
    tlog_config conf = {STR("max.message.bytes"), STR("16000000")};
    tlog_topic  t = {.name = str_of(topic), .partitions = n, .replication = 1, .configs = &conf, .config_count = 1};
    if (i == 0)
        need(tlog_topic_create(l, &t, &st), "create");
    tlog_part *p = tlog_part_open(l, t.name, i, &st);
    need(p != NULL, "open");
    return p;
}

static str batch_of(batch_builder *b, size_t bytes)
{
    static char value[RECORD_BYTES];
    memset(value, 'v', sizeof value);
    batch_builder_reset(b);
    do
        batch_builder_add(b, 1700000000000 + b->count, STR("key"), str_make(value, sizeof value), 0, STR_NONE);
    while (b->out.n + RECORD_BYTES + 16 < bytes);
    return batch_builder_finish(b, CODEC_NONE, &st);
}

static void appends(tlog *l, const char *name, size_t batch_bytes, int64_t total, bool trusted)
{
    char          topic[64];
    batch_builder b;
    batch_builder_init(&b, (size_t)16 << 20);
    str     batch = batch_of(&b, batch_bytes);
    int64_t base, n = total / batch.n;
    snprintf(topic, sizeof topic, "append-%s", name);
    tlog_part *p = part_of(l, topic, 1, 0);
    double     t = now_s();
    for (int64_t i = 0; i < n; i++)
        need(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){.trusted = trusted}, &base, &st),
             "append");
    t = now_s() - t;
    printf("append %-14s %10.0f appends/s %8.0f MB/s %9.2f M records/s\n", name, (double)n / t,
           (double)n * batch.n / t / 1e6, (double)n * b.count / t / 1e6);
    for (int pass = 0; pass < 2; pass++) {
        tlog_reader   *r = tlog_reader_open(p, 0, TLOG_READ_COMMITTED);
        const uint8_t *data;
        uint32_t       len;
        int64_t        bytes = 0, records = 0;
        batch_iter     it = BATCH_ITER_INIT;
        rec_view       rec;
        t = now_s();
        while (need(batch_log_next(r, 1 << 20, &data, &len, &st), "read"), len > 0) {
            bytes += len;
            for (uint32_t at = 0; pass && at < len; at += it.b.size_bytes) {
                need(batch_iter_begin(&it, data + at, len - at, &st), "iterate");
                while (batch_iter_next(&it, &rec, &st))
                    records++;
            }
        }
        t = now_s() - t;
        printf("read   %-14s %s %8.0f MB/s %9.2f M records/s\n", name,
               pass ? "     and every record" : "         batches only", (double)bytes / t / 1e6,
               pass ? (double)records / t / 1e6 : 0.0);
        batch_iter_free(&it);
        tlog_reader_close(r);
    }
    tlog_part_close(p);
    batch_builder_free(&b);
    need(tlog_topic_delete(l, str_of(topic), &st), "delete");
}

typedef struct durable_job {
    tlog_part *part;
    int        n;
} durable_job;

static void *append_durable(void *arg)
{
    durable_job  *j = arg;
    status        own;
    batch_builder b;
    batch_builder_init(&b, 1 << 20);
    str     batch = batch_of(&b, 1000);
    int64_t base;
    for (int i = 0; i < j->n; i++)
        if (!batch_log_append(j->part, (uint8_t *)batch.p, batch.n, (batch_append){.durable = true}, &base, &own))
            abort();
    batch_builder_free(&b);
    return NULL;
}

static void durable(tlog *l, int threads)
{
    char topic[64];
    snprintf(topic, sizeof topic, "durable-%d", threads);
    durable_job j = {part_of(l, topic, 1, 0), 300};
    pthread_t   id[64];
    double      t = now_s();
    for (int i = 0; i < threads; i++)
        pthread_create(&id[i], NULL, append_durable, &j);
    for (int i = 0; i < threads; i++)
        pthread_join(id[i], NULL);
    t = now_s() - t;
    printf("durable append, %2d threads %10.0f appends/s\n", threads, threads * j.n / t);
    tlog_part_close(j.part);
}

static void transactions(tlog *l, const char *name, int parts, int n)
{
    tlog_part    *p[64];
    batch_builder b;
    batch_builder_init(&b, 1 << 20);
    for (int i = 0; i < parts; i++)
        p[i] = part_of(l, name, parts, i);
    tlog_producer *pr = tlog_producer_open(l, str_of(name), &st);
    need(pr != NULL, "producer");
    double t = now_s(), in_commit = 0;
    for (int k = 0; k < n; k++) {
        for (int i = 0; i < parts; i++) {
            str     batch = batch_of(&b, 1000);
            int64_t base;
            need(batch_log_append(p[i], (uint8_t *)batch.p, batch.n, (batch_append){.producer = pr, .trusted = true},
                                  &base, &st),
                 "append");
        }
        tlog_position    c = {STR("source"), 0, k, NULL};
        double           at = now_s();
        tlog_commit_args all = {.group = STR("group"), .positions = &c, .position_count = 1, .producer = pr};
        need(tlog_commit(l, &all, &st) == TLOG_COMMITTED, "commit");
        in_commit += now_s() - at;
    }
    t = now_s() - t;
    printf("%-26s %10.0f commits/s of %d partitions, %.0f us in each commit\n", name, n / t, parts,
           in_commit / n * 1e6);
    tlog_producer_close(pr);
    for (int i = 0; i < parts; i++)
        tlog_part_close(p[i]);
    batch_builder_free(&b);
}

static void codecs(void)
{
    batch_builder b;
    batch_builder_init(&b, (size_t)4 << 20);
    for (codec c = CODEC_NONE; c <= CODEC_ZSTD; c++) {
        double  t = now_s(), build = 0;
        int64_t bytes = 0;
        char    value[RECORD_BYTES];
        str     s = STR_NONE;
        for (int k = 0; k < 20; k++) {
            batch_builder_reset(&b);
            for (int i = 0; i < 10000; i++) {
                int n = snprintf(value, sizeof value, "{\"id\":%d,\"name\":\"user-%d\",\"amount\":%d.5}", i,
                                 i * 7 % 1000, i * 31 % 500);
                batch_builder_add(&b, i, STR("key"), str_make(value, (size_t)n), 0, STR_NONE);
            }
            bytes += (int64_t)b.out.n;
            double at = now_s();
            s = batch_builder_finish(&b, c, &st);
            build += now_s() - at;
        }
        t = now_s();
        batch_iter it = BATCH_ITER_INIT;
        rec_view   r;
        for (int k = 0; k < 20; k++) {
            need(batch_iter_begin(&it, (const uint8_t *)s.p, s.n, &st), "iterate");
            while (batch_iter_next(&it, &r, &st))
                ;
        }
        t = now_s() - t;
        printf("codec  %-8s finish %6.0f MB/s, iterate %6.0f MB/s (%.1f M records/s), ratio %.1f\n", codec_name(c),
               (double)bytes / build / 1e6, (double)bytes / t / 1e6, 0.2 / t, (double)bytes / 20 / s.n);
        batch_iter_free(&it);
    }
    batch_builder_free(&b);
}

int main(int argc, char **argv)
{
    char dir[64] = "/tmp/weir-bench-XXXXXX";
    if (argc < 2 && !mkdtemp(dir))
        return 1;
    for (int off = 1; off >= 0; off--) {
        storage_options opt = {.dir = argc > 1 ? argv[1] : dir, .fsync_off = off};
        storage        *s = storage_open(&opt, &st);
        need(s != NULL, "storage_open");
        tlog *l = storage_log(s);
        printf("fsync %s\n", off ? "off" : "on");
        if (off) {
            codecs();
            appends(l, "100B", 1, 40000000, false);
            appends(l, "1KB", 1000, 400000000, false);
            appends(l, "16KB", 16384, 1000000000, false);
            appends(l, "1MB", 1 << 20, 2000000000, false);
            appends(l, "1MB-trusted", 1 << 20, 2000000000, true);
            transactions(l, "transactions-async", 8, 2000);
        } else {
            durable(l, 1);
            durable(l, 8);
            durable(l, 32);
            transactions(l, "transactions-durable", 8, 100);
        }
        storage_close(s);
    }
    if (argc < 2) {
        char cmd[96];
        snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
        return system(cmd) != 0;
    }
    return 0;
}
