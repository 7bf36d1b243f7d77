/* A whole engine for tests that stand behind its face: a data folder of its own, statements in, rows out, what is
 * committed, what was reported. The log, the catalog's store and the files may be somebody's who lets them fail. */
#ifndef TESTS_ENGINE_WORLD_H
#define TESTS_ENGINE_WORLD_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/vec.h"
#include "engine/engine.h"
#include "storage/kept.h"
#include "storage/storage.h"
#include "tests/unit/storage/seam_short.h"

#define WORLD_WAIT_MS 60000 /* for what must come; sanitizers and other programs make it slow */

typedef struct world {
    char            dir[64], state[80];
    settings        config;
    storage        *st;
    engine         *e;
    int             workers;     /* 0: one a core */
    struct io      *io;          /* of snapshots; NULL: the system's */
    char            warned[256]; /* by the last statement; "": it was not */
    pthread_mutex_t mu;
    VEC(char *) told; /* lines that the engine reported since the last world_hear_anew() */

    /* What the engine is given in place of the real ones; NULL: the real ones. */
    tlog *(*log_of)(struct world *w, tlog *real);
    kept_store *(*kept_of)(struct world *w, kept_store *real);
    void *faults;
} world;

static inline void world_nap(void)
{
    struct timespec t = {.tv_nsec = 1000000};
    nanosleep(&t, NULL);
}

static inline void world_set(world *w, const char *name, const char *val)
{
    status st;
    status_init(&st);
    if (!settings_put(&w->config, str_of(name), str_of(val), ORIGIN_FILE, &st))
        fail_msg("%s", st.msg);
}

/* In memory where the system has such a place: thousands of worlds are made. */
static inline void world_init(world *w)
{
    memset(w, 0, sizeof *w);
    snprintf(w->dir, sizeof w->dir, "%s/weir-test-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->state, sizeof w->state, "%s/state", w->dir);
    pthread_mutex_init(&w->mu, NULL);
    settings_init(&w->config);
    world_set(w, "ksql.streams.auto.offset.reset", "earliest");
    world_set(w, "ksql.streams.commit.interval.ms", "5");
    world_set(w, "ksql.query.retry.backoff.initial.ms", "10");
    world_set(w, "ksql.query.retry.backoff.max.ms", "40");
}

static inline void world_report(void *ctx, const char *line)
{
    world *w = ctx;
    pthread_mutex_lock(&w->mu);
    char *copy = strdup(line);
    VEC_PUSH(&w->told, copy);
    pthread_mutex_unlock(&w->mu);
}

static inline void world_hear_anew(world *w)
{
    pthread_mutex_lock(&w->mu);
    for (size_t i = 0; i < w->told.n; i++)
        free(w->told.p[i]);
    w->told.n = 0;
    pthread_mutex_unlock(&w->mu);
}

static inline bool world_was_told(world *w, const char *text)
{
    bool was = false;
    pthread_mutex_lock(&w->mu);
    for (size_t i = 0; i < w->told.n; i++)
        was |= strstr(w->told.p[i], text) != NULL;
    pthread_mutex_unlock(&w->mu);
    return was;
}

static inline bool world_try_open(world *w, status *st)
{
    status_init(st);
    w->st = storage_open(&(storage_options){.dir = w->dir, .fsync_off = true}, st);
    if (w->st == NULL)
        fail_msg("storage: %s", st->msg);
    tlog          *log = storage_log(w->st);
    kept_store    *kept = storage_kept(w->st);
    engine_options o = {.log = w->log_of ? w->log_of(w, log) : log,
                        .kept = w->kept_of ? w->kept_of(w, kept) : kept,
                        .config = &w->config,
                        .state_dir = w->state,
                        .io = w->io,
                        .workers = w->workers,
                        .report = world_report,
                        .report_ctx = w};
    w->e = engine_open(&o, st);
    return w->e && engine_start(w->e, st);
}

static inline void world_open(world *w)
{
    status st;
    if (!world_try_open(w, &st))
        fail_msg("engine: %s", st.msg);
}

static inline void world_close(world *w)
{
    if (w->e)
        assert_true(engine_close(w->e));
    w->e = NULL;
    storage_close(w->st);
}

static inline void world_free(world *w)
{
    char cmd[128];
    world_hear_anew(w);
    VEC_FREE(&w->told);
    settings_free(&w->config);
    pthread_mutex_destroy(&w->mu);
    snprintf(cmd, sizeof cmd, "rm -rf %s", w->dir);
    assert_int_equal(system(cmd), 0);
}

/* ---- statements */

static inline bool world_try(world *w, const char *sql, status *st)
{
    arena        a;
    session      s;
    engine_error err;
    answers      all;
    arena_init(&a);
    session_init(&s);
    status_init(&err.st);
    bool ok = engine_execute(w->e, &s, str_of(sql), &a, &all, &err);
    *st = err.st;
    w->warned[0] = 0;
    if (ok && all.n)
        snprintf(w->warned, sizeof w->warned, "%.*s", STR_FMT(all.list[all.n - 1]->warning));
    session_free(&s);
    arena_free(&a);
    return ok;
}

static inline void world_run(world *w, const char *sql)
{
    status st;
    if (!world_try(w, sql, &st))
        fail_msg("%s\n  %s", sql, st.msg);
}

/* ---- rows */

typedef struct world_rows {
    pthread_mutex_t mu;
    pthread_cond_t  changed;
    const type     *types[16];
    uint32_t        n;
    buf             out;
    bool            ended;
    arena           a;
} world_rows;

static inline void world_on_header(void *ctx, const query_columns *c)
{
    world_rows *r = ctx;
    r->n = c->n;
    for (uint32_t i = 0; i < c->n; i++)
        r->types[i] = type_copy(&r->a, c->types[i]);
}

static inline bool world_on_row(void *ctx, const value *row, bool tombstone)
{
    world_rows *r = ctx;
    pthread_mutex_lock(&r->mu);
    for (uint32_t i = 0; i < r->n; i++) {
        if (i)
            buf_putc(&r->out, '|');
        value_text(&r->out, r->types[i], row[i]);
    }
    buf_putz(&r->out, tombstone ? "!\n" : "\n");
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->mu);
    return true;
}

static inline void world_on_end(void *ctx, query_end why, const char *msg)
{
    world_rows *r = ctx;
    pthread_mutex_lock(&r->mu);
    r->ended = true;
    if (why == QUERY_ERROR)
        buf_printf(&r->out, "error: %s\n", msg);
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->mu);
}

/* Runs a query to its end; the rows as lines, or "refused: WHY". The caller frees. */
static inline char *world_ask(world *w, const char *sql)
{
    world_rows   r = {.out = BUF_INIT(BUF_MAX)};
    arena        a;
    session      s;
    engine_error err;
    push_query  *push;
    pthread_mutex_init(&r.mu, NULL);
    pthread_cond_init(&r.changed, NULL);
    arena_init(&r.a);
    arena_init(&a);
    session_init(&s);
    query_listener   l = {.ctx = &r, .header = world_on_header, .row = world_on_row, .end = world_on_end};
    engine_prepared *p = engine_prepare(w->e, &s, str_of(sql), &a, &err);
    push = NULL;
    if (p == NULL || !engine_run_query(p, &a, true, &l, &push, &err))
        buf_printf(&r.out, "refused: %s", err.st.msg);
    if (push) {
        pthread_mutex_lock(&r.mu);
        while (!r.ended)
            pthread_cond_wait(&r.changed, &r.mu);
        pthread_mutex_unlock(&r.mu);
        push_query_close(push);
    }
    buf_putc(&r.out, 0);
    if (p)
        engine_unprepare(p);
    char *out = strdup(r.out.p);
    buf_free(&r.out);
    session_free(&s);
    arena_free(&a);
    arena_free(&r.a);
    pthread_mutex_destroy(&r.mu);
    pthread_cond_destroy(&r.changed);
    return out;
}

/* Asks until the answer is there. */
static inline void world_expect(world *w, const char *sql, const char *want)
{
    int64_t until = clock_mono_ms() + WORLD_WAIT_MS;
    char   *got = world_ask(w, sql);
    while (strcmp(got, want) != 0 && clock_mono_ms() < until) {
        free(got);
        world_nap();
        got = world_ask(w, sql);
    }
    assert_string_equal(got, want);
    free(got);
}

/* ---- the log beneath, past whoever lets it fail */

/* key "": none. */
static inline void world_append(world *w, const char *topic, int32_t partition, const char *key, const char *val)
{
    status  st;
    int64_t base;
    status_init(&st);
    tlog_part *p = tlog_part_open(storage_log(w->st), str_of(topic), partition, &st);
    assert_non_null(p);
    rec_out r = {.ts = 1, .key = key[0] ? str_of(key) : STR_NONE, .value = str_of(val)};
    if (!tlog_append_wait(p, &r, 1, &base, &st))
        fail_msg("%s", st.msg);
    tlog_part_close(p);
}

static inline int64_t world_committed(world *w, const char *query_id, const char *topic, int32_t partition)
{
    status  st;
    char    group[128];
    int64_t at;
    status_init(&st);
    snprintf(group, sizeof group, "_confluent-ksql-default_query_%s", query_id);
    assert_true(fetch_offset(storage_log(w->st), str_of(group), str_of(topic), partition, &at, &st));
    return at;
}

/* Until the query has committed that it read the partition up to there. */
static inline void world_await_committed(world *w, const char *query_id, const char *topic, int32_t partition,
                                         int64_t offset)
{
    int64_t until = clock_mono_ms() + WORLD_WAIT_MS, at;
    while ((at = world_committed(w, query_id, topic, partition)) < offset && clock_mono_ms() < until)
        world_nap();
    if (at != offset)
        fail_msg("%s has committed %ld of %s-%d, not %ld", query_id, at, topic, partition, offset);
}

/* Committed records of a topic, its partitions one after the other, each as KEY=VALUE and a newline. The caller
 * frees. */
static inline char *world_records(world *w, const char *topic, int32_t partitions)
{
    status st;
    buf    out = BUF_INIT(BUF_MAX);
    status_init(&st);
    for (int32_t i = 0; i < partitions; i++) {
        tlog_part *p = tlog_part_open(storage_log(w->st), str_of(topic), i, &st);
        rec_view   rec[64];
        uint32_t   n;
        assert_non_null(p);
        tlog_reader *r = tlog_reader_open(p, 0, TLOG_READ_COMMITTED);
        while (tlog_reader_next(r, rec, 64, &n, &st) && n)
            for (uint32_t k = 0; k < n; k++)
                buf_printf(&out, "%.*s=%.*s\n", STR_FMT(rec[k].key), STR_FMT(rec[k].value));
        tlog_reader_close(r);
        tlog_part_close(p);
    }
    buf_putc(&out, 0);
    char *text = strdup(out.p);
    buf_free(&out);
    return text;
}

/* ---- how queries are */

/* "STATE" or "ERROR: REASON"; "": there is no such query. */
static inline void world_query_state(world *w, const char *id, char *out, size_t size)
{
    arena               a;
    engine_query_state *all;
    arena_init(&a);
    size_t n = engine_query_states(w->e, &a, &all);
    out[0] = 0;
    for (size_t i = 0; i < n; i++)
        if (str_eqz(all[i].id, id))
            snprintf(out, size, "%s%s%.*s", all[i].state, all[i].reason.n ? ": " : "", STR_FMT(all[i].reason));
    arena_free(&a);
}

static inline void world_await_state(world *w, const char *id, const char *text)
{
    int64_t until = clock_mono_ms() + WORLD_WAIT_MS;
    char    now[2048];
    for (;;) {
        world_query_state(w, id, now, sizeof now);
        if (strstr(now, text))
            return;
        if (clock_mono_ms() > until)
            fail_msg("query %s: %s, not: %s", id, now, text);
        world_nap();
    }
}

#endif
