/* The engine over a log on disk, from the outside: statements in, rows of pull and push queries out. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "storage/kept.h"
#include "storage/storage.h"

typedef struct env {
    char     dir[64], state[80];
    storage *st;
    engine  *e;
    settings config;
} env;

static void set(env *v, const char *name, const char *val)
{
    status st;
    status_init(&st);
    if (!settings_put(&v->config, str_of(name), str_of(val), ORIGIN_FILE, &st))
        fail_msg("%s", st.msg);
}

static void open_env(env *v)
{
    status st;
    status_init(&st);
    storage_options so = {.dir = v->dir, .fsync_off = true};
    v->st = storage_open(&so, &st);
    if (v->st == NULL)
        fail_msg("storage: %s", st.msg);
    snprintf(v->state, sizeof v->state, "%s/state", v->dir);
    engine_options eo = {
        .state_dir = v->state, .log = storage_log(v->st), .config = &v->config, .kept = storage_kept(v->st)};
    v->e = engine_open(&eo, &st);
    if (v->e == NULL || !engine_start(v->e, &st))
        fail_msg("engine: %s", st.msg);
}

static void close_env(env *v)
{
    assert_true(engine_close(v->e));
    storage_close(v->st);
}

static int setup(void **state)
{
    env *v = calloc(1, sizeof *v);
    snprintf(v->dir, sizeof v->dir, "/tmp/weir-test-XXXXXX");
    if (mkdtemp(v->dir) == NULL)
        return -1;
    settings_init(&v->config);
    set(v, "ksql.streams.auto.offset.reset", "earliest");
    set(v, "ksql.streams.commit.interval.ms", "20");
    open_env(v);
    *state = v;
    return 0;
}

static int teardown(void **state)
{
    env *v = *state;
    char cmd[128];
    close_env(v);
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

static void refused(env *v, const char *sql, const char *text)
{
    arena        a;
    session      s;
    engine_error err;
    answers      all;
    arena_init(&a);
    session_init(&s);
    assert_false(engine_execute(v->e, &s, str_of(sql), &a, &all, &err));
    assert_int_equal(all.n, 0);
    assert_int_equal(err.st.code, ST_SQL);
    if (!strstr(err.st.msg, text))
        fail_msg("%s\n  %s", sql, err.st.msg);
    session_free(&s);
    arena_free(&a);
}

typedef struct sink {
    pthread_mutex_t    mu;
    pthread_cond_t     changed;
    const type *const *types;
    const type        *copy[16];
    uint32_t           n;
    buf                out;
    int                rows;
    bool               ended;
    arena              a;
} sink;

static void on_header(void *ctx, const query_columns *c)
{
    sink *s = ctx;
    s->n = c->n;
    for (uint32_t i = 0; i < c->n; i++)
        s->copy[i] = type_copy(&s->a, c->types[i]);
}

static bool on_row(void *ctx, const value *row, bool tombstone)
{
    sink *s = ctx;
    pthread_mutex_lock(&s->mu);
    for (uint32_t i = 0; i < s->n; i++) {
        if (i)
            buf_putc(&s->out, '|');
        value_text(&s->out, s->copy[i], row[i]);
    }
    buf_putz(&s->out, tombstone ? "!\n" : "\n");
    s->rows++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mu);
    return true;
}

static void on_end(void *ctx, query_end why, const char *msg)
{
    sink *s = ctx;
    pthread_mutex_lock(&s->mu);
    s->ended = true;
    if (why == QUERY_ERROR)
        buf_printf(&s->out, "error: %s\n", msg);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mu);
}

/* Runs a query to its end; the rows as lines. The caller frees. */
static char *ask(env *v, const char *sql)
{
    sink         s = {.out = BUF_INIT(BUF_MAX)};
    arena        a;
    session      se;
    engine_error err;
    push_query  *push;
    pthread_mutex_init(&s.mu, NULL);
    pthread_cond_init(&s.changed, NULL);
    arena_init(&s.a);
    arena_init(&a);
    session_init(&se);
    query_listener   l = {.ctx = &s, .header = on_header, .row = on_row, .end = on_end};
    engine_prepared *p = engine_prepare(v->e, &se, str_of(sql), &a, &err);
    push = NULL;
    if (p == NULL || !engine_run_query(p, &a, true, &l, &push, &err))
        buf_printf(&s.out, "refused: %s", err.st.msg);
    if (p)
        engine_unprepare(p);
    if (push) {
        pthread_mutex_lock(&s.mu);
        while (!s.ended)
            pthread_cond_wait(&s.changed, &s.mu);
        pthread_mutex_unlock(&s.mu);
        push_query_close(push);
    }
    buf_putc(&s.out, 0);
    char *r = strdup(s.out.p);
    buf_free(&s.out);
    session_free(&se);
    arena_free(&a);
    arena_free(&s.a);
    return r;
}

/* A materialised table follows its source: asks until the answer is there. */
static void expect(env *v, const char *sql, const char *want)
{
    char *got = NULL;
    for (int i = 0; i < 500; i++) {
        free(got);
        got = ask(v, sql);
        if (strcmp(got, want) == 0)
            break;
        usleep(10000);
    }
    assert_string_equal(got, want);
    free(got);
}

static void make_counts(env *v)
{
    run(v, "CREATE STREAM S (ID STRING KEY, V INT) WITH (kafka_topic='s', value_format='JSON', partitions=2);"
           "CREATE TABLE T AS SELECT ID, COUNT(*) AS N, SUM(V) AS TOTAL FROM S GROUP BY ID;");
    run(v, "INSERT INTO S VALUES ('a', 1); INSERT INTO S VALUES ('b', 2); INSERT INTO S VALUES ('a', 3);");
}

static void table_by_key_and_scan(void **state)
{
    env *v = *state;
    make_counts(v);
    expect(v, "SELECT * FROM T WHERE ID = 'a';", "a|2|4\n");
    expect(v, "SELECT N FROM T WHERE ID IN ('b', 'a');", "1\n2\n");
    expect(v, "SELECT ID FROM T WHERE N > 1;", "a\n");
    expect(v, "SELECT ID FROM T WHERE ID = 'zz';", "");
}

static void push_with_limit(void **state)
{
    env *v = *state;
    make_counts(v);
    char *got = ask(v, "SELECT ID, V FROM S WHERE V > 1 EMIT CHANGES LIMIT 2;");
    assert_true(strstr(got, "b|2\n") && strstr(got, "a|3\n"));
    free(got);
}

static void pull_on_a_stream_ends(void **state)
{
    env *v = *state;
    make_counts(v);
    char *got = ask(v, "SELECT V FROM S;");
    assert_int_equal(strlen(got), 6);
    free(got);
}

/* A damaged record stops the query that meets it, after all that came before it. */
static void records_before_a_damaged_one_are_seen(void **state)
{
    env *v = *state;
    run(v, "CREATE STREAM D (A STRING) WITH (kafka_topic='d', value_format='KAFKA', partitions=1);");
    enum { GOOD = 37 };
    status        st;
    batch_builder b;
    int64_t       base;
    char          want[256] = "";
    status_init(&st);
    batch_builder_init(&b, 1 << 20);
    for (int i = 0; i <= GOOD; i++)
        batch_builder_add(&b, 0, STR_NONE, STR("x"), 0, STR_NONE);
    str      bytes = batch_builder_finish(&b, CODEC_NONE, &st);
    uint8_t *last = (uint8_t *)bytes.p + bytes.n - (bytes.n - BATCH_HEADER_BYTES) / (GOOD + 1);
    *last = 0x7e; /* its length */
    be_put32((uint8_t *)bytes.p + 17, crc32c(0, (uint8_t *)bytes.p + 21, bytes.n - 21));
    tlog_part *part = tlog_part_open(storage_log(v->st), STR("d"), 0, &st);
    assert_true(batch_log_append(part, (uint8_t *)bytes.p, bytes.n, (batch_append){.trusted = true}, &base, &st));
    tlog_part_close(part);
    batch_builder_free(&b);
    for (int i = 0; i < GOOD; i++)
        strcat(want, "x\n");
    strcat(want, "error: Malformed record in the batch at offset 0\n");
    expect(v, "SELECT * FROM D EMIT CHANGES LIMIT 38;", want);
}

static void state_survives_a_restart(void **state)
{
    env *v = *state;
    make_counts(v);
    expect(v, "SELECT * FROM T WHERE ID = 'a';", "a|2|4\n");
    close_env(v);
    open_env(v);
    expect(v, "SELECT * FROM T WHERE ID = 'a';", "a|2|4\n");
    run(v, "INSERT INTO S VALUES ('a', 10);");
    expect(v, "SELECT * FROM T WHERE ID = 'a';", "a|3|14\n");
}

static void repartition_and_join(void **state)
{
    env *v = *state;
    run(v, "CREATE STREAM O (ID STRING KEY, CITY STRING, V INT) WITH (kafka_topic='o', value_format='JSON', "
           "partitions=3);"
           "CREATE TABLE C AS SELECT CITY, SUM(V) AS TOTAL FROM O GROUP BY CITY;"
           "INSERT INTO O VALUES ('1', 'rome', 1); INSERT INTO O VALUES ('2', 'oslo', 5);"
           "INSERT INTO O VALUES ('3', 'rome', 7);");
    expect(v, "SELECT * FROM C WHERE CITY = 'rome';", "rome|8\n");
    run(v, "CREATE TABLE U (ID STRING PRIMARY KEY, NAME STRING) WITH (kafka_topic='u', value_format='JSON', "
           "partitions=3); INSERT INTO U VALUES ('1', 'ann');");
    char *got = ask(v, "SELECT U.ID, NAME FROM U EMIT CHANGES LIMIT 1;");
    assert_string_equal(got, "1|ann\n");
    free(got);
}

static void exactly_once_commits(void **state)
{
    env *v = *state;
    run(v, "SET 'processing.guarantee'='exactly_once_v2';"
           "CREATE STREAM S (ID STRING KEY, V INT) WITH (kafka_topic='s', value_format='JSON', partitions=2);"
           "CREATE TABLE T AS SELECT ID, COUNT(*) AS N FROM S GROUP BY ID;"
           "INSERT INTO S VALUES ('a', 1); INSERT INTO S VALUES ('a', 2);");
    expect(v, "SELECT * FROM T WHERE ID = 'a';", "a|2\n");
    close_env(v);
    open_env(v);
    expect(v, "SELECT * FROM T WHERE ID = 'a';", "a|2\n");
    char *got = ask(v, "SELECT ID, N FROM T EMIT CHANGES LIMIT 2;");
    free(got);
}

static void drop_and_create_again(void **state)
{
    env *v = *state;
    make_counts(v);
    run(v, "DROP TABLE T DELETE TOPIC; DROP STREAM S DELETE TOPIC;");
    make_counts(v);
    expect(v, "SELECT * FROM T WHERE ID = 'b';", "b|1|2\n");
}

static void refusals_change_nothing(void **state)
{
    env *v = *state;
    refused(v,
            "CREATE STREAM S (V INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
            "CREATE STREAM X AS SELECT NOPE FROM S;",
            "NOPE");
    char *got = ask(v, "SELECT * FROM S EMIT CHANGES;");
    assert_non_null(strstr(got, "S does not exist"));
    free(got);
}

/* Statements of SQL tests and of the shell: a server says who runs them. */
static void statements_of_other_tools(void **state)
{
    static const struct {
        const char *sql, *text;
    } cases[] = {
        {"ASSERT VALUES S (V) VALUES (1);", "which 'weir test FILE' runs without a server"},
        {"ASSERT NULL VALUES S (V) KEY (1);", "which 'weir test FILE' runs without a server"},
        {"ASSERT STREAM S (V INT);", "which 'weir test FILE' runs without a server"},
        {"ASSERT TABLE S (V INT PRIMARY KEY);", "which 'weir test FILE' runs without a server"},
        {"RUN SCRIPT 'x.sql';", "RUN SCRIPT is a command of the SQL shell and of SQL tests"},
    };
    env *v = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(v, cases[i].sql, cases[i].text);
}

/* The limit is for new queries: those that were accepted stay, also when it has become smaller. */
static void limit_and_restart(void **state)
{
    env *v = *state;
    run(v, "CREATE STREAM s (v STRING) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
           "CREATE STREAM a AS SELECT * FROM s; CREATE STREAM b AS SELECT * FROM s;");
    close_env(v);
    set(v, "ksql.query.persistent.active.limit", "1");
    open_env(v);
    refused(v, "CREATE STREAM c AS SELECT * FROM s;", "Configured limit: 1.");
    engine_stats n;
    engine_get_stats(v->e, &n);
    assert_int_equal(n.queries_running, 2);
}

/* ---- what an old folder holds */

static bool take_rows(kept_store *k, const kept_row *rows, size_t n, status *st)
{
    (void)k;
    (void)rows;
    (void)n;
    (void)st;
    return true;
}

static bool no_rows(kept_store *k, arena *a, kept_row **out, size_t *n, status *st)
{
    (void)k;
    (void)a;
    (void)st;
    *out = NULL;
    *n = 0;
    return true;
}

static bool one_command(kept_store *k, arena *a, kept_command **out, size_t *n, status *st)
{
    (void)k;
    (void)st;
    *out = ARENA_NEW(a, kept_command);
    (*out)->seq = 7;
    (*out)->text = STR("SET 'commit.interval.ms'='-5'; CREATE STREAM s (v STRING) WITH (kafka_topic='s', "
                       "value_format='JSON', partitions=1);");
    *n = 1;
    return true;
}

/* An earlier version took values that are refused today: they must not cost the stream. */
static void old_commands_keep_their_settings(void **state)
{
    (void)state;
    kept_store     kept = {take_rows, no_rows, one_command};
    tlog          *log = tlog_open_memory();
    engine_options eo = {.log = log, .manual = true, .kept = &kept};
    env            v = {0};
    status         st;
    status_init(&st);
    v.e = engine_open(&eo, &st);
    if (v.e == NULL || !engine_start(v.e, &st))
        fail_msg("%s", st.msg);
    run(&v, "DESCRIBE s;");
    refused(&v, "SET 'commit.interval.ms'='-5';", "Value must be at least 0");
    assert_true(engine_close(v.e));
    tlog_close(log);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(table_by_key_and_scan),     T(push_with_limit),
        T(pull_on_a_stream_ends),     T(state_survives_a_restart),
        T(repartition_and_join),      T(exactly_once_commits),
        T(drop_and_create_again),     T(refusals_change_nothing),
        T(statements_of_other_tools), T(records_before_a_damaged_one_are_seen),
        T(limit_and_restart),         cmocka_unit_test(old_commands_keep_their_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
