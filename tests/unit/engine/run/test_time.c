/* Time under queries: a wall clock that steps back holds up no commit; a failing query waits longer each time, and no
 * longer once it has been well. The engine's clocks are the test's. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "storage/record.h"
#include "storage/storage.h"
#include "tests/unit/storage/seam_short.h"

typedef struct env {
    char            dir[64];
    storage        *st;
    engine         *e;
    settings        config;
    timesource      clock;
    _Atomic int64_t wall_shift, mono_shift;
    pthread_mutex_t mu;
    char            told[64][256];
    size_t          told_count;
} env;

static int64_t wall(void *ctx)
{
    return clock_wall_ms() + atomic_load(&((env *)ctx)->wall_shift);
}

static int64_t mono(void *ctx)
{
    return clock_mono_ms() + atomic_load(&((env *)ctx)->mono_shift);
}

static void report(void *ctx, const char *line)
{
    env *v = ctx;
    pthread_mutex_lock(&v->mu);
    if (v->told_count < 64)
        snprintf(v->told[v->told_count++], sizeof v->told[0], "%s", line);
    pthread_mutex_unlock(&v->mu);
}

static void nap(void)
{
    struct timespec t = {.tv_nsec = 2000000};
    nanosleep(&t, NULL);
}

static int setup(void **state)
{
    env   *v = calloc(1, sizeof *v);
    status st;
    status_init(&st);
    snprintf(v->dir, sizeof v->dir, "/tmp/weir-test-XXXXXX");
    if (mkdtemp(v->dir) == NULL)
        return -1;
    pthread_mutex_init(&v->mu, NULL);
    v->clock = (timesource){wall, mono, v};
    settings_init(&v->config);
    settings_put(&v->config, STR("ksql.streams.auto.offset.reset"), STR("earliest"), ORIGIN_FILE, &st);
    settings_put(&v->config, STR("ksql.streams.commit.interval.ms"), STR("20"), ORIGIN_FILE, &st);
    settings_put(&v->config, STR("ksql.query.retry.backoff.initial.ms"), STR("5000"), ORIGIN_FILE, &st);
    settings_put(&v->config, STR("ksql.query.retry.backoff.max.ms"), STR("40000"), ORIGIN_FILE, &st);
    v->st = storage_open(&(storage_options){.dir = v->dir, .fsync_off = true}, &st);
    assert_non_null(v->st);
    engine_options eo = {.log = storage_log(v->st),
                         .config = &v->config,
                         .kept = storage_kept(v->st),
                         .clock = &v->clock,
                         .report = report,
                         .report_ctx = v};
    v->e = engine_open(&eo, &st);
    assert_true(v->e && engine_start(v->e, &st));
    *state = v;
    return 0;
}

static int teardown(void **state)
{
    env *v = *state;
    char cmd[128];
    assert_true(engine_close(v->e));
    storage_close(v->st);
    settings_free(&v->config);
    snprintf(cmd, sizeof cmd, "rm -rf %s", v->dir);
    int rc = system(cmd);
    free(v);
    return rc;
}

static void run(env *v, const char *sql)
{
    arena        a;
    session      s;
    engine_error err;
    answers      all;
    arena_init(&a);
    session_init(&s);
    if (!engine_execute(v->e, &s, str_of(sql), &a, &all, &err))
        fail_msg("%s\n  %s", sql, err.st.msg);
    session_free(&s);
    arena_free(&a);
}

static void append(env *v, const char *topic, str val)
{
    status        st;
    batch_builder b;
    int64_t       base;
    status_init(&st);
    tlog_part *p = tlog_part_open(storage_log(v->st), str_of(topic), 0, &st);
    assert_non_null(p);
    batch_builder_init(&b, 1 << 20);
    assert_true(batch_builder_add(&b, 1, STR_NONE, val, 0, STR_NONE));
    str bytes = batch_builder_finish(&b, CODEC_NONE, &st);
    assert_true(batch_log_append(p, (uint8_t *)bytes.p, bytes.n, (batch_append){0}, &base, &st));
    batch_builder_free(&b);
    tlog_part_close(p);
}

static void wait_committed(env *v, int64_t offset)
{
    status st;
    status_init(&st);
    for (int i = 0; i < 5000; i++) {
        int64_t at;
        assert_true(
            fetch_offset(storage_log(v->st), STR("_confluent-ksql-default_query_CSAS_C_2"), STR("s"), 0, &at, &st));
        if (at == offset)
            return;
        nap();
    }
    fail_msg("offset %ld was not committed", offset);
}

static void commits_when_the_wall_clock_steps_back(void **state)
{
    env *v = *state;
    run(v, "CREATE STREAM s (v STRING) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
           "CREATE STREAM c AS SELECT * FROM s;");
    append(v, "s", STR("{\"V\":\"a\"}"));
    wait_committed(v, 1);
    atomic_store(&v->wall_shift, -3600000);
    append(v, "s", STR("{\"V\":\"b\"}"));
    wait_committed(v, 2);
    atomic_store(&v->wall_shift, 86400000);
    append(v, "s", STR("{\"V\":\"c\"}"));
    wait_committed(v, 3);
}

/* The n-th line that the engine reported holds the text. */
static void wait_told(env *v, size_t n, const char *text)
{
    for (int i = 0; i < 5000; i++) {
        pthread_mutex_lock(&v->mu);
        bool there = v->told_count > n, right = there && strstr(v->told[n], text);
        pthread_mutex_unlock(&v->mu);
        if (there && !right)
            fail_msg("line %zu: %s, not: %s", n, v->told[n], text);
        if (there)
            return;
        nap();
    }
    fail_msg("no line %zu: %s", n, text);
}

static void limit_records(env *v, const char *bytes)
{
    status      st;
    tlog_config c = {STR("max.message.bytes"), str_of(bytes)};
    status_init(&st);
    assert_true(storage_topic_alter(v->st, STR("C"), &c, 1, &st));
}

static void waits_longer_after_each_failure_until_it_has_been_well(void **state)
{
    env *v = *state;
    char big[3000];
    int  n = snprintf(big, sizeof big, "{\"V\":\"%02000d\"}", 7);
    run(v, "CREATE STREAM s (v STRING) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
           "CREATE STREAM c AS SELECT * FROM s;");
    limit_records(v, "1024");
    append(v, "s", str_make(big, (size_t)n));
    wait_told(v, 0, "in 5 s");
    atomic_fetch_add(&v->mono_shift, 5000);
    wait_told(v, 1, "in 10 s");
    atomic_fetch_add(&v->mono_shift, 10000);
    wait_told(v, 2, "in 20 s");
    atomic_fetch_add(&v->mono_shift, 20000);
    wait_told(v, 3, "in 40 s");
    atomic_fetch_add(&v->mono_shift, 40000);
    wait_told(v, 4, "in 40 s"); /* the longest */
    limit_records(v, "1000000");
    atomic_fetch_add(&v->mono_shift, 40000);
    wait_committed(v, 1);
    atomic_fetch_add(&v->mono_shift, 41000); /* well for longer than it had waited */
    limit_records(v, "1024");
    append(v, "s", str_make(big, (size_t)n));
    wait_told(v, 5, "in 5 s");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(commits_when_the_wall_clock_steps_back),
        T(waits_longer_after_each_failure_until_it_has_been_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
