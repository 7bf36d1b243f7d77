/* Prepared statements: what they tell of themselves, and plans of pull queries that are kept for the next that asks. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/query/pull_cache.h"
#include "storage/log.h"

typedef struct env {
    tlog   *log;
    engine *e;
} env;

static void run(env *v, const char *sql)
{
    arena        a;
    session      s;
    answers      all;
    engine_error err;
    arena_init(&a);
    session_init(&s);
    session_set(&s, STR("auto.offset.reset"), STR("earliest"));
    if (!engine_execute(v->e, &s, str_of(sql), &a, &all, &err))
        fail_msg("%s\n  %s", sql, err.st.msg);
    session_free(&s);
    arena_free(&a);
}

/* ---- asking */

typedef struct sink {
    const type *const *types;
    uint32_t           n;
    buf                out;
} sink;

static void on_header(void *ctx, const query_columns *c)
{
    sink *s = ctx;
    s->types = c->types;
    s->n = c->n;
}

static bool on_row(void *ctx, const value *row, bool tombstone)
{
    sink *s = ctx;
    for (uint32_t i = 0; i < s->n; i++) {
        buf_putz(&s->out, i ? "|" : "");
        value_text(&s->out, s->types[i], row[i]);
    }
    buf_putz(&s->out, tombstone ? "!\n" : "\n");
    return true;
}

static void on_end(void *ctx, query_end why, const char *msg)
{
    if (why == QUERY_ERROR)
        buf_printf(&((sink *)ctx)->out, "error: %s\n", msg);
}

/* A statement that was prepared, until it is let go. */
typedef struct asked {
    arena            a;
    session          s;
    engine_prepared *p;
    engine_error     err;
} asked;

static asked *prepare_with(env *v, const char *sql, const char *name, const char *val)
{
    asked *q = calloc(1, sizeof *q);
    arena_init(&q->a);
    session_init(&q->s);
    if (name)
        session_set(&q->s, str_of(name), str_of(val));
    q->p = engine_prepare(v->e, &q->s, str_dup(&q->a, str_of(sql)), &q->a, &q->err);
    return q;
}

static asked *prepare(env *v, const char *sql)
{
    return prepare_with(v, sql, NULL, NULL);
}

static void let_go(asked *q)
{
    if (q->p)
        engine_unprepare(q->p);
    session_free(&q->s);
    arena_free(&q->a);
    free(q);
}

static const engine_statement *first(const asked *q)
{
    size_t n;
    assert_non_null(q->p);
    const engine_statement *list = engine_statements(q->p, &n);
    assert_true(n >= 1);
    return &list[0];
}

/* The plan that a pull query found. */
static const void *plan_of(const asked *q)
{
    assert_non_null(first(q)->columns);
    return first(q)->columns;
}

/* The rows; the caller frees. */
static char *rows_of(asked *q, bool may_wait)
{
    sink           s = {.out = BUF_INIT(BUF_MAX)};
    query_listener l = {.ctx = &s, .header = on_header, .row = on_row, .end = on_end};
    push_query    *push = NULL;
    if (q->p == NULL || !engine_run_query(q->p, &q->a, may_wait, &l, &push, &q->err)) {
        buf_clear(&s.out);
        buf_printf(&s.out, "refused: %s", q->err.st.msg);
    }
    assert_null(push);
    buf_putc(&s.out, 0);
    return s.out.p;
}

static char *ask(env *v, const char *sql)
{
    asked *q = prepare(v, sql);
    char  *got = rows_of(q, true);
    let_go(q);
    return got;
}

static void expect(env *v, const char *sql, const char *want)
{
    char *got = ask(v, sql);
    if (strcmp(got, want) != 0)
        fail_msg("%s\n  gave %s\n  want %s", sql, got, want);
    free(got);
}

static void refuses(env *v, const char *sql, const char *why)
{
    char *got = ask(v, sql);
    if (strncmp(got, "refused: ", 9) != 0 || strstr(got, why) == NULL)
        fail_msg("%s\n  gave %s", sql, got);
    free(got);
}

/* ---- the tables asked */

/* A table follows its source: until it says so. */
static void await(env *v, const char *sql, const char *want)
{
    char *got = ask(v, sql);
    for (int i = 0; i < 10000 && strcmp(got, want) != 0; i++) {
        free(got);
        usleep(1000);
        got = ask(v, sql);
    }
    assert_string_equal(got, want);
    free(got);
}

static int setup(void **state)
{
    env   *v = calloc(1, sizeof *v);
    status st;
    status_init(&st);
    v->log = tlog_open_memory();
    engine_options o = {.log = v->log, .workers = 1};
    v->e = engine_open(&o, &st);
    if (v->e == NULL)
        fail_msg("%s", st.msg);
    run(v, "CREATE STREAM S (ID STRING KEY, A INT, B BIGINT) WITH (kafka_topic='s', value_format='JSON', partitions=2);"
           "CREATE TABLE T AS SELECT ID, COUNT(*) AS N, SUM(A) AS TOTAL FROM S GROUP BY ID;"
           "CREATE TABLE P WITH (key_format='JSON') AS SELECT A, B, COUNT(*) AS N FROM S GROUP BY A, B;"
           "CREATE TABLE W AS SELECT ID, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY ID;");
    for (int i = 0; i < 40; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "INSERT INTO S (ROWTIME, ID, A, B) VALUES (%d, 'k%d', %d, %d);", 1000 * i, i % 5,
                 i % 3, i % 2 ? 5 : -1);
        run(v, sql);
    }
    run(v, "INSERT INTO S (ROWTIME, ID, A, B) VALUES (1, 'it''s', 7, 5000000000);");
    await(v, "SELECT ID, N FROM T;", "it's|1\nk0|8\nk1|8\nk2|8\nk3|8\nk4|8\n");
    await(v, "SELECT A, B, N FROM P;", "0|-1|7\n0|5|7\n1|-1|6\n1|5|7\n2|-1|7\n2|5|6\n7|5000000000|1\n");
    await(v, "SELECT N FROM W WHERE ID = 'k4';", "2\n2\n2\n2\n");
    await(v, "SELECT N FROM W WHERE ID = 'it''s';", "1\n");
    *state = v;
    return 0;
}

static int teardown(void **state)
{
    env *v = *state;
    assert_true(engine_close(v->e));
    tlog_close(v->log);
    free(v);
    return 0;
}

/* ---- what they tell */

static void statements_tell_what_they_are(void **state)
{
    static const struct {
        const char    *sql;
        statement_kind kind;
        bool           may_wait, changes;
        const char    *source;
        answer_kind    answer;
    } cases[] = {
        {"SELECT * FROM T WHERE ID = 'a';", STATEMENT_PULL, false, false, "T", ANSWER_NONE},
        {"SELECT * FROM T WHERE ID IN ('a', 'b');", STATEMENT_PULL, false, false, "T", ANSWER_NONE},
        {"SELECT N FROM T t WHERE t.ID = 'emit changes print' AND N > 1;", STATEMENT_PULL, false, false, "T",
         ANSWER_NONE},
        {"SELECT * FROM T;", STATEMENT_PULL, true, false, "T", ANSWER_NONE},
        {"SELECT * FROM T WHERE N = 1;", STATEMENT_PULL, true, false, "T", ANSWER_NONE},
        {"SELECT * FROM T WHERE ID > 'a';", STATEMENT_PULL, true, false, "T", ANSWER_NONE},
        {"SELECT * FROM S WHERE ID = 'a';", STATEMENT_PULL, true, false, "S", ANSWER_NONE},
        {"SELECT * FROM S EMIT CHANGES;", STATEMENT_PUSH, true, false, "S", ANSWER_NONE},
        {"SELECT * FROM T WHERE ID = 'a' EMIT CHANGES;", STATEMENT_PUSH, true, false, "T", ANSWER_NONE},
        {"/* SELECT */ PRINT 'where' FROM BEGINNING;", STATEMENT_PRINT, true, false, "where", ANSWER_NONE},
        {"SHOW STREAMS;", STATEMENT_COMMAND, true, false, "", ANSWER_STREAMS},
        {"SHOW STREAMS EXTENDED;", STATEMENT_COMMAND, true, false, "", ANSWER_SOURCE_DESCRIPTIONS},
        {"DROP TABLE T;", STATEMENT_COMMAND, true, true, "", ANSWER_COMMAND},
        {"TERMINATE ALL;", STATEMENT_COMMAND, true, true, "", ANSWER_COMMAND},
        {"INSERT INTO S VALUES ('a', 1, 2);", STATEMENT_COMMAND, true, false, "", ANSWER_NONE},
        {"SET 'auto.offset.reset'='latest';", STATEMENT_COMMAND, true, false, "", ANSWER_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        asked                  *q = prepare(*state, cases[i].sql);
        const engine_statement *s = first(q);
        if (s->kind != cases[i].kind || s->may_wait != cases[i].may_wait || s->changes_catalog != cases[i].changes ||
            !str_eqz(s->source, cases[i].source) || s->answer != cases[i].answer || s->param_count != 0)
            fail_msg("%s: kind %d, may wait %d, changes %d, source %.*s, answer %d", cases[i].sql, s->kind, s->may_wait,
                     s->changes_catalog, STR_FMT(s->source), s->answer);
        let_go(q);
    }
}

static void all_statements_of_a_text_are_told(void **state)
{
    size_t                  n;
    asked                  *q = prepare(*state, "SHOW TABLES; SELECT * FROM T WHERE ID = 'a'; PRINT s;");
    const engine_statement *s = engine_statements(q->p, &n);
    assert_int_equal(n, 3);
    assert_int_equal(s[0].kind, STATEMENT_COMMAND);
    assert_int_equal(s[1].kind, STATEMENT_PULL);
    assert_int_equal(s[2].kind, STATEMENT_PRINT);
    char *got = rows_of(q, true);
    assert_string_equal(got, "refused: Expected exactly one KSQL statement; found 3 instead");
    free(got);
    let_go(q);
}

static void columns_are_known_of_tables(void **state)
{
    asked               *q = prepare(*state, "SELECT N, ID AS KEY, TOTAL FROM T WHERE ID = 'a';");
    const query_columns *c = first(q)->columns;
    assert_int_equal(c->n, 3);
    assert_true(str_eqz(c->names[1], "KEY"));
    assert_int_equal(c->types[0]->kind, T_BIGINT);
    assert_int_equal(c->types[1]->kind, T_STRING);
    assert_int_equal(c->types[2]->kind, T_INTEGER);
    let_go(q);
}

/* What does not parse is told at once, all else where it would run: /ksql refuses a SELECT whatever is wrong with it.
 */
static void faults_come_when_it_runs(void **state)
{
    answers all;
    asked  *q = prepare(*state, "SELEC 1;");
    assert_null(q->p);
    assert_int_equal(q->err.st.code, ST_SYNTAX);
    let_go(q);
    q = prepare(*state, "SELECT nothing FROM T WHERE ID = 'a';");
    assert_false(first(q)->may_wait);
    assert_false(engine_run(q->p, &q->a, &all, &q->err));
    assert_int_equal(q->err.st.code, ST_WRONG_ENDPOINT);
    char *got = rows_of(q, false);
    assert_non_null(strstr(got, "SELECT column 'NOTHING' cannot be resolved"));
    assert_true(str_eqz(q->err.statement, "SELECT nothing FROM T WHERE ID = 'a';"));
    free(got);
    let_go(q);
    q = prepare(*state, "SHOW STREAMS;");
    got = rows_of(q, true);
    assert_string_equal(got, "refused: Neither a query nor a print statement");
    free(got);
    let_go(q);
}

/* Run twice, and on the version of the catalog that it was prepared on. */
static void what_is_prepared_stays(void **state)
{
    env   *v = *state;
    asked *q = prepare(v, "SELECT N FROM T WHERE ID = 'k1';");
    for (int i = 0; i < 2; i++) {
        char *got = rows_of(q, false);
        assert_string_equal(got, "8\n");
        free(got);
    }
    run(v, "DROP TABLE T;");
    char *got = rows_of(q, true);
    assert_non_null(strstr(got, "Materializing query has been stopped"));
    free(got);
    let_go(q);
    refuses(v, "SELECT N FROM T WHERE ID = 'k1';", "Exception while preparing statement: T does not exist.");
}

/* ---- plans that are kept */

static bool share(env *v, const char *x, const char *y)
{
    asked *p = prepare(v, x), *q = prepare(v, y);
    bool   same = plan_of(p) == plan_of(q);
    let_go(p);
    let_go(q);
    return same;
}

static void keys_share_a_plan(void **state)
{
    env *v = *state;
    assert_true(share(v, "SELECT * FROM T WHERE ID = 'k1';", "SELECT * FROM T WHERE ID = 'other';"));
    assert_true(share(v, "SELECT * FROM T WHERE ID = 'k1' AND N > 3;", "SELECT * FROM T WHERE ID = '' AND N > 3;"));
    assert_true(share(v, "SELECT * FROM P WHERE A = 1 AND B = 5;", "SELECT * FROM P WHERE A = 2 AND B = 6;"));
    assert_true(share(v, "SELECT * FROM W WHERE ID = 'k1';", "SELECT * FROM W WHERE ID = 'k2';"));
    assert_true(share(v, "SELECT * FROM T;", "SELECT * FROM T;"));
    assert_true(share(v, "SELECT * FROM T WHERE ID IN ('a', 'b');", "SELECT * FROM T WHERE ID IN ('a', 'b');"));
    assert_false(share(v, "SELECT * FROM T WHERE ID IN ('a', 'b');", "SELECT * FROM T WHERE ID IN ('a', 'c');"));
    assert_false(share(v, "SELECT * FROM T WHERE ID = 'k1' AND N > 3;", "SELECT * FROM T WHERE ID = 'k1' AND N > 4;"));
    assert_false(share(v, "SELECT * FROM T WHERE ID = 'k1' AND N = 3;", "SELECT * FROM T WHERE ID = 'k1' AND N = 4;"));
    assert_false(share(v, "SELECT * FROM P WHERE A = 1 AND B = 5;", "SELECT * FROM P WHERE A = 1 AND B = 5000000000;"));
    /* keys that are computed are computed each time */
    assert_false(share(v, "SELECT * FROM P WHERE A = 1 AND B = UNIX_TIMESTAMP();",
                       "SELECT * FROM P WHERE A = 1 AND B = UNIX_TIMESTAMP();"));
}

static void what_else_decides_is_part_of_it(void **state)
{
    env        *v = *state;
    const char *sql = "SELECT * FROM T WHERE ID = 'k1';";
    asked      *p = prepare(v, sql), *q = prepare_with(v, sql, "ksql.query.pull.table.scan.enabled", "false");
    assert_ptr_not_equal(plan_of(p), plan_of(q));
    asked *again = prepare_with(v, sql, "ksql.query.pull.table.scan.enabled", "false");
    assert_ptr_equal(plan_of(q), plan_of(again));
    run(v, "CREATE TYPE X AS INT;"); /* another version of the catalog */
    asked *later = prepare(v, sql);
    assert_ptr_not_equal(plan_of(p), plan_of(later));
    let_go(p);
    let_go(q);
    let_go(again);
    let_go(later);
}

static void variables_are_filled_in_each_time(void **state)
{
    env *v = *state;
    for (int i = 1; i < 3; i++) {
        asked *q = calloc(1, sizeof *q);
        char   key[20], want[20];
        snprintf(key, sizeof key, "k%d", i);
        snprintf(want, sizeof want, "k%d|8\n", i);
        arena_init(&q->a);
        session_init(&q->s);
        session_define(&q->s, STR("key"), str_of(key));
        q->p = engine_prepare(v->e, &q->s, STR("SELECT ID, N FROM T WHERE ID = '${key}';"), &q->a, &q->err);
        char *got = rows_of(q, false);
        assert_string_equal(got, want);
        free(got);
        let_go(q);
    }
}

static void the_oldest_goes(void **state)
{
    env   *v = *state;
    char   sql[100];
    asked *kept[PULLS_KEPT_MAX + 1];
    for (int i = 0; i <= PULLS_KEPT_MAX; i++) {
        snprintf(sql, sizeof sql, "SELECT N + %d FROM T WHERE ID = 'k1';", i);
        kept[i] = prepare(v, sql);
        let_go(prepare(v, "SELECT N + 1 FROM T WHERE ID = 'k1';")); /* asked for all the time */
    }
    asked *again = prepare(v, "SELECT N + 0 FROM T WHERE ID = 'k1';");
    assert_ptr_not_equal(plan_of(again), plan_of(kept[0]));
    let_go(again);
    again = prepare(v, "SELECT N + 1 FROM T WHERE ID = 'k2';");
    assert_ptr_equal(plan_of(again), plan_of(kept[1]));
    let_go(again);
    for (int i = 0; i <= PULLS_KEPT_MAX; i++)
        let_go(kept[i]);
}

static void literals_are_read_as_the_parser_does(void **state)
{
    env *v = *state;
    for (int i = 0; i < 2; i++) { /* planned, then found */
        expect(v, "SELECT ID, N FROM T WHERE ID = 'it''s';", "it's|1\n");
        expect(v, "SELECT ID, N FROM T WHERE 'k1' = ID;", "k1|8\n");
        expect(v, "SELECT ID, N FROM T -- = 'k2'\n WHERE ID /* = 'k3' */ = /**/ 'k1';", "k1|8\n");
        expect(v, "SELECT N FROM P WHERE A = 7 AND B = 5000000000;", "1\n");
        expect(v, "SELECT N FROM P WHERE A = 0 AND B = -1;", "7\n");
        expect(v, "SELECT N FROM P WHERE B = 5 AND A = 0;", "7\n");
        expect(v, "SELECT N FROM T WHERE ID = 'k' || '1';", "8\n");
        expect(v, "SELECT N FROM T WHERE ID = 'k1' AND ID = 'k1';", "8\n");
        expect(v, "SELECT N FROM T WHERE ID = 'k1' AND ID = 'k2';", "");
        expect(v, "SELECT N FROM T WHERE NOT ID = 'k1' AND ID = 'k2';", "8\n");
        expect(v, "SELECT ID = 'k1' AS X FROM T WHERE ID = 'k1';", "true\n");
        expect(v, "SELECT N FROM W WHERE ID = 'k0' AND WINDOWSTART = 10000;", "2\n");
        refuses(v, "SELECT N FROM T WHERE ID = 5;",
                "Error in WHERE expression: Cannot compare ID (STRING) to 5 (INTEGER) with EQUAL.\n"
                "Statement: (ID = 5)");
        refuses(v, "SELECT N FROM P WHERE A = 5000000000 AND B = 1;",
                "'5000000000' can not be converted to the type of the key column: A INTEGER KEY");
    }
}

/* Random look-ups, each also with so long a comment that nothing of it is kept: both must say the same. */
static void kept_plans_answer_as_fresh_ones_do(void **state)
{
    static const char *const keys[] = {"'k0'", "'k1'", "'k2'", "'k9'", "'it''s'", "''", "'K1'"};
    static const char *const more[] = {"", " AND N > 3", " AND N = 8", " AND TOTAL < 8", " AND 1 = 1", " OR N = 1"};
    static const char *const outs[] = {"*", "N", "ID, N + 1 AS M", "UCASE(ID) AS U, TOTAL"};
    unsigned                 seed = (unsigned)time(NULL);
    env                     *v = *state;
    char                     pad[PULL_TEXT_MAX + 10];
    printf("seed %u\n", seed);
    memset(pad, '-', sizeof pad);
    for (int i = 0; i < 400; i++) {
        char sql[300], padded[sizeof sql + sizeof pad];
        snprintf(sql, sizeof sql, "SELECT %s FROM T WHERE ID = %s%s;", outs[rand_r(&seed) % 4], keys[rand_r(&seed) % 7],
                 more[rand_r(&seed) % 6]);
        snprintf(padded, sizeof padded, "/*%.*s*/ %s", (int)sizeof pad, pad, sql);
        char *x = ask(v, sql), *y = ask(v, padded);
        if (strcmp(x, y) != 0)
            fail_msg("%s\n  kept  %s\n  fresh %s", sql, x, y);
        free(x);
        free(y);
    }
}

/* ---- threads */

typedef struct asker {
    env      *v;
    pthread_t thread;
    unsigned  seed;
    int       wrong;
} asker;

static void *ask_on(void *arg)
{
    asker *me = arg;
    for (int i = 0; i < 300; i++) {
        char sql[100], want[40];
        int  k = (int)(rand_r(&me->seed) % 5);
        snprintf(sql, sizeof sql, "SELECT ID, N FROM T WHERE ID = 'k%d'%s;", k,
                 rand_r(&me->seed) % 2 ? "" : " AND N > 1");
        snprintf(want, sizeof want, "k%d|8\n", k);
        char *got = ask(me->v, sql);
        me->wrong += strcmp(got, want) != 0;
        free(got);
    }
    return NULL;
}

static void threads_share_plans_while_the_catalog_changes(void **state)
{
    asker all[4];
    for (unsigned i = 0; i < 4; i++) {
        all[i] = (asker){.v = *state, .seed = i + 1};
        pthread_create(&all[i].thread, NULL, ask_on, &all[i]);
    }
    for (int i = 0; i < 20; i++)
        run(*state, i % 2 ? "DROP TYPE Y;" : "CREATE TYPE Y AS INT;");
    for (int i = 0; i < 4; i++) {
        pthread_join(all[i].thread, NULL);
        assert_int_equal(all[i].wrong, 0);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(statements_tell_what_they_are),
        TEST(all_statements_of_a_text_are_told),
        TEST(columns_are_known_of_tables),
        TEST(faults_come_when_it_runs),
        TEST(what_is_prepared_stays),
        TEST(keys_share_a_plan),
        TEST(what_else_decides_is_part_of_it),
        TEST(variables_are_filled_in_each_time),
        TEST(the_oldest_goes),
        TEST(literals_are_read_as_the_parser_does),
        TEST(kept_plans_answer_as_fresh_ones_do),
        TEST(threads_share_plans_while_the_catalog_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
