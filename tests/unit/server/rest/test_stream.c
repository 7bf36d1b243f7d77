/* Answers that begin before they are whole: one thread makes rows, another takes bytes. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "server/rest/rest_int.h"

#define ROW_BYTES 1000

typedef struct env {
    rest_server     r;
    call            c;
    stream         *s;
    pthread_t       thread;
    int             wanted, taken; /* rows */
    size_t          most;          /* bytes that were ever unsent */
    pthread_mutex_t mu;            /* guards begun */
    pthread_cond_t  changed;
    bool            begun;
} env;

static void on_begin(call *c)
{
    env *v = (env *)((char *)c - offsetof(env, c));
    pthread_mutex_lock(&v->mu);
    v->begun = true;
    pthread_cond_signal(&v->changed);
    pthread_mutex_unlock(&v->mu);
}

static void *produce(void *arg)
{
    env        *v = arg;
    char        text[ROW_BYTES];
    str         name = STR("V");
    const type *t = &type_string;
    memset(text, 'x', sizeof text);
    query_columns c = {.query_id = STR("q"), .names = &name, .types = &t, .n = 1};
    stream_listener.header(v->s, &c);
    for (v->taken = 0; v->taken < v->wanted; v->taken++) {
        value row = value_s(str_make(text, sizeof text));
        if (!stream_listener.row(v->s, &row, false))
            break;
        pthread_mutex_lock(&v->s->mu);
        if (v->s->ready.n - v->s->sent > v->most)
            v->most = v->s->ready.n - v->s->sent;
        pthread_mutex_unlock(&v->s->mu);
    }
    stream_listener.end(v->s, QUERY_COMPLETE, NULL);
    return NULL;
}

static void no_sleep(void *ctx)
{
    (void)ctx;
}

static env *begin(int rows)
{
    env *v = calloc(1, sizeof *v);
    pthread_mutex_init(&v->mu, NULL);
    pthread_cond_init(&v->changed, NULL);
    workers_init(&v->r.work, 1);
    v->c.begin = on_begin;
    v->wanted = rows;
    v->s = stream_new(&v->r, FRAMING_DELIMITED);
    v->s->c = &v->c;
    v->s->content_type = TYPE_DELIMITED;
    v->s->wake = no_sleep;
    pthread_create(&v->thread, NULL, produce, v);
    return v;
}

static void await_begin(env *v)
{
    pthread_mutex_lock(&v->mu);
    while (!v->begun)
        pthread_cond_wait(&v->changed, &v->mu);
    pthread_mutex_unlock(&v->mu);
    assert_int_equal(v->c.status, 200);
    assert_ptr_equal(v->c.stream, v->s);
}

static void end(env *v)
{
    assert_int_equal(v->r.work.lent, 0);
    workers_stop(&v->r.work);
    pthread_cond_destroy(&v->changed);
    pthread_mutex_destroy(&v->mu);
    free(v);
}

static void small_answers_do_not_begin(void **state)
{
    (void)state;
    env *v = begin(500);
    pthread_join(v->thread, NULL);
    assert_false(v->begun);
    assert_int_equal(v->taken, 500);
    assert_true(v->s->over);
    stream_free(v->s);
    end(v);
}

static void large_answers_wait_for_their_reader(void **state)
{
    (void)state;
    enum { ROWS = 20000 };
    env   *v = begin(ROWS);
    char   block[5000];
    size_t bytes = 0, lines = 0;
    await_begin(v);
    for (;;) {
        ssize_t n = stream_read(v->s, block, sizeof block, no_sleep);
        if (n < 0)
            break;
        for (ssize_t i = 0; i < n; i++)
            lines += block[i] == '\n';
        bytes += (size_t)n;
    }
    pthread_join(v->thread, NULL);
    assert_int_equal(v->taken, ROWS);
    assert_int_equal(lines, ROWS + 1);
    assert_true(bytes > (size_t)ROWS * ROW_BYTES);
    assert_in_range(v->most, PULL_AHEAD_MAX_BYTES / 2, PULL_AHEAD_MAX_BYTES + 2 * ROW_BYTES);
    stream_produced(v->s); /* the reader frees what it is done with last */
    stream_release(v->s);
    end(v);
}

/* How a reader stops reading. */
static void leave(env *v)
{
    stream_release(v->s);
}

static void stall(env *v)
{
    char some[100];
    assert_true(stream_read(v->s, some, sizeof some, no_sleep) > 0);
    int64_t now = clock_mono_coarse_ms();
    assert_true(stream_tick(v->s, now + 59000));
    assert_false(stream_tick(v->s, now + 61000 + 1000)); /* the clock may have moved meanwhile */
    stream_release(v->s);
}

static void stop_server(env *v)
{
    atomic_store(&v->r.stopping, true);
    stream_hang_up(v->s);
    stream_release(v->s);
}

static void producers_end_when_nobody_reads(void **state)
{
    (void)state;
    void (*const ways[])(env * v) = {leave, stall, stop_server};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        env *v = begin(1000000);
        await_begin(v);
        pthread_mutex_lock(&v->s->mu); /* until it waits */
        while (v->s->stalled_since_ms == 0) {
            pthread_mutex_unlock(&v->s->mu);
            pthread_mutex_lock(&v->s->mu);
        }
        pthread_mutex_unlock(&v->s->mu);
        ways[i](v);
        pthread_join(v->thread, NULL);
        assert_true(v->taken < 2 * (int)(PULL_AHEAD_MAX_BYTES / ROW_BYTES));
        stream_produced(v->s); /* frees it: the transport was done first */
        end(v);
    }
}

/* ---- workers that wait are lent */

typedef struct gate {
    workers         w;
    pthread_mutex_t mu;
    pthread_cond_t  changed;
    int             waiting, ran;
    bool            open;
} gate;

static void wait_at(void *arg)
{
    gate *g = arg;
    bool  lent = workers_lend(&g->w);
    pthread_mutex_lock(&g->mu);
    g->waiting++;
    pthread_cond_broadcast(&g->changed);
    while (!g->open)
        pthread_cond_wait(&g->changed, &g->mu);
    pthread_mutex_unlock(&g->mu);
    assert_true(lent);
    workers_take_back(&g->w);
}

static void run_by(void *arg)
{
    gate *g = arg;
    pthread_mutex_lock(&g->mu);
    g->ran++;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->mu);
}

static void workers_that_wait_are_lent(void **state)
{
    (void)state;
    gate g = {.mu = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    workers_init(&g.w, 1);
    for (int i = 0; i < 5; i++)
        workers_add(&g.w, wait_at, &g);
    for (int i = 0; i < 5; i++)
        workers_add(&g.w, run_by, &g);
    pthread_mutex_lock(&g.mu);
    while (g.waiting < 5 || g.ran < 5) /* all of them, though there is one worker */
        pthread_cond_wait(&g.changed, &g.mu);
    g.open = true;
    pthread_cond_broadcast(&g.changed);
    pthread_mutex_unlock(&g.mu);
    workers_stop(&g.w);
    assert_int_equal(g.w.lent, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_answers_do_not_begin),
        cmocka_unit_test(large_answers_wait_for_their_reader),
        cmocka_unit_test(producers_end_when_nobody_reads),
        cmocka_unit_test(workers_that_wait_are_lent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
