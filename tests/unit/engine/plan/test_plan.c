/* Plans: the steps a query becomes, in order, as EXPLAIN prints them; and what a planner refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "storage/log.h"

typedef struct env {
    engine *e;
    tlog   *log;
} env;

/* The answer's row as text, or why there is none. */
static char *text_or(env *v, const char *sql, engine_error *err)
{
    arena   a;
    session s;
    answers all;
    buf     b = BUF_INIT(BUF_MAX);
    arena_init(&a);
    session_init(&s);
    if (!engine_execute(v->e, &s, str_of(sql), &a, &all, err))
        buf_putz(&b, err->st.msg);
    else if (all.n)
        value_text(&b, all.list[0]->row, value_v(all.list[0]->rows[0], all.list[0]->row->field_count));
    buf_putc(&b, 0);
    session_free(&s);
    arena_free(&a);
    return b.p;
}

static char *text_of(env *v, const char *sql)
{
    engine_error err;
    return text_or(v, sql, &err);
}

static int setup(void **state)
{
    status st;
    env   *v = calloc(1, sizeof *v);
    status_init(&st);
    v->log = tlog_open_memory();
    engine_options o = {.log = v->log};
    v->e = engine_open(&o, &st);
    if (v->e == NULL)
        fail_msg("%s", st.msg);
    free(text_of(
        v, "CREATE STREAM S (ID INT KEY, CITY STRING, V INT) WITH (kafka_topic='s', value_format='JSON', partitions=2);"
           "CREATE STREAM R (ID INT KEY, W INT) WITH (kafka_topic='r', value_format='JSON', partitions=2);"
           "CREATE TABLE T (ID INT PRIMARY KEY, NAME STRING) WITH (kafka_topic='t', value_format='JSON', partitions=2);"
           "CREATE TABLE U (ID INT PRIMARY KEY, TID INT) WITH (kafka_topic='u', value_format='JSON', partitions=2);"));
    *state = v;
    return 0;
}

static int teardown(void **state)
{
    env *v = *state;
    engine_close(v->e);
    tlog_close(v->log);
    free(v);
    return 0;
}

/* The steps' names must follow one another in this order in the plan's text, which begins at the sink. */
static void steps(void **state)
{
    static const struct {
        const char *sql, *order[6];
    } cases[] = {
        {"SELECT ID, V FROM S EMIT CHANGES", {"PROJECT", "SOURCE"}},
        {"SELECT ID, V FROM S WHERE V > 1 EMIT CHANGES", {"PROJECT", "FILTER", "SOURCE"}},
        {"SELECT ID, COUNT(*) FROM S GROUP BY ID EMIT CHANGES", {"PROJECT", "AGGREGATE", "SOURCE"}},
        {"SELECT CITY, COUNT(*) FROM S GROUP BY CITY EMIT CHANGES", {"PROJECT", "AGGREGATE", "REPARTITION", "SOURCE"}},
        {"SELECT S.ID, V, NAME FROM S JOIN T ON S.ID = T.ID EMIT CHANGES", {"PROJECT", "JOIN", "SOURCE", "SOURCE"}},
        {"SELECT U.ID, NAME FROM U JOIN T ON U.TID = T.ID EMIT CHANGES", {"PROJECT", "JOIN", "SOURCE", "SOURCE"}},
        {"SELECT S.ID, V, W FROM S JOIN R WITHIN 1 HOUR ON S.ID = R.ID EMIT CHANGES",
         {"PROJECT", "JOIN", "SOURCE", "SOURCE"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[300];
        snprintf(sql, sizeof sql, "EXPLAIN %s;", cases[i].sql);
        char       *got = text_of(*state, sql);
        const char *p = strstr(got, "executionPlan=");
        for (size_t k = 0; k < 6 && cases[i].order[k]; k++) {
            const char *next = p ? strstr(p, cases[i].order[k]) : NULL;
            if (next == NULL)
                fail_msg("%s: no %s where expected in\n%s", cases[i].sql, cases[i].order[k], got);
            p = next + strlen(cases[i].order[k]);
        }
        free(got);
    }
}

static void refused(void **state)
{
    static const struct {
        const char *sql, *why;
    } cases[] = {
        {"SELECT X FROM S EMIT CHANGES", "X"},
        {"SELECT * FROM NOSUCH EMIT CHANGES", "NOSUCH"},
        {"SELECT ID, V FROM S GROUP BY ID EMIT CHANGES", "GROUP BY"},
        {"SELECT ID, COUNT(*) FROM S EMIT CHANGES", "GROUP BY"},
        {"SELECT S.ID, W FROM S JOIN R ON S.ID = R.ID EMIT CHANGES", "WITHIN"},
        {"SELECT S.ID, NAME FROM S JOIN T ON S.CITY = T.ID EMIT CHANGES", "STRING"},
        {"SELECT ID, V FROM S WHERE V EMIT CHANGES", "boolean"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[300];
        snprintf(sql, sizeof sql, "EXPLAIN %s;", cases[i].sql);
        char *got = text_of(*state, sql);
        if (strstr(got, "executionPlan=") || strstr(got, cases[i].why) == NULL)
            fail_msg("%s\n  gave %s", cases[i].sql, got);
        free(got);
    }
}

/* What a fault is, is told by its code and place, not by its words. */
static void faults_have_codes_and_places(void **state)
{
    static const struct {
        const char *sql;
        st_code     code;
        const char *at; /* begins where it is wrong; NULL: nowhere in particular */
    } cases[] = {
        {"EXPLAIN SELECT ID, X FROM S EMIT CHANGES;", ST_SQL, "X FROM"},
        {"EXPLAIN SELECT ID FROM S WHERE NOSUCH = 1 EMIT CHANGES;", ST_SQL, "NOSUCH ="},
        {"EXPLAIN SELECT * FROM NOSUCH EMIT CHANGES;", ST_SQL_PREPARE, "NOSUCH EMIT"},
        {"EXPLAIN SELECT ID FROM S JOIN R WITHIN 1 HOUR ON S.ID = R.ID EMIT CHANGES;", ST_SQL_PREPARE, "ID FROM"},
        {"EXPLAIN SELECT X.* FROM S EMIT CHANGES;", ST_SQL_PREPARE, NULL},
        {"EXPLAIN SELECT V AND TRUE AS X FROM S EMIT CHANGES;", ST_SQL_CODE, NULL},
        {"EXPLAIN SELECT CAST(V AS ARRAY<INT>) AS X FROM S EMIT CHANGES;", ST_SQL_GEN, NULL},
        {"EXPLAIN SELECT ID FROM S WHERE V AND TRUE EMIT CHANGES;", ST_SQL_CODE, NULL},
        {"EXPLAIN SELECT ID FROM S WHERE V = 'x' EMIT CHANGES;", ST_SQL, NULL},
        {"SHOW STREAMS; EXPLAIN SELECT FROM;", ST_SYNTAX, "FROM;"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        engine_error err;
        free(text_or(*state, cases[i].sql, &err));
        uint32_t place = cases[i].at ? (uint32_t)(strstr(cases[i].sql, cases[i].at) - cases[i].sql) : ST_NO_PLACE;
        if (err.st.code != cases[i].code || err.st.place != place)
            fail_msg("%s\n  gave %s at %u: %s", cases[i].sql, status_name(err.st.code), err.st.place, err.st.msg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(steps, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_have_codes_and_places, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
