/* What the files of sqltest/ share. */
#ifndef ENGINE_SQLTEST_SQLTEST_INT_H
#define ENGINE_SQLTEST_SQLTEST_INT_H

#include "engine/replay/driver.h"
#include "engine/sqltest/sql_test.h"

#define SQL_TEST_FILE_MAX ((size_t)16 << 20) /* bytes */
#define SCRIPT_DEPTH_MAX 8                   /* RUN SCRIPT inside scripts */
#define FEED_MAX 1000000                     /* records that one step may send through queries */

typedef enum step_kind { STEP_STATEMENT, STEP_INPUT, STEP_OUTPUT, STEP_END, STEP_LOG } step_kind;

struct sql_test_step {
    step_kind kind;
    uint32_t  line, col; /* where its text begins; from 1 */
    str       text;      /* the statement with its ';', or what follows a directive's name */
};

/* ---- file.c */

/* The statements of a script: no directives. */
bool script_read(arena *a, const char *path, const sql_test_step **steps, size_t *n, status *st);
/* Can a failed assertion, or any other failure, be what --@expected.error names? */
bool expected_error_matches(str name, bool assertion, bool syntax);

/* ---- a run (run.c) */

typedef struct cursor { /* how far the assertions have read a topic */
    const driver_topic *t;
    size_t              read;
} cursor;

typedef struct running { /* a query */
    driver_query  *dq;
    query_info    *q;
    driver_topic **topics; /* that it reads, each once */
    size_t        *fed;    /* records of each that it has had */
    uint32_t       n;
    bool           paused;
} running;

typedef enum failure_kind {
    FAILURE_STATEMENT, /* a statement was refused, or a query cannot go on */
    FAILURE_SYNTAX,
    FAILURE_METADATA, /* ASSERT STREAM or TABLE does not hold */
    FAILURE_ASSERTION /* records are not what they should be */
} failure_kind;

typedef struct test_run {
    driver d;
    VEC(running) queries;
    VEC(cursor) cursors;
    VEC(str) log; /* the processing log's lines since they were last looked at */
    const char  *path;
    uint32_t     line, script_depth;
    failure_kind kind;
    str          message; /* of the failure; lines */
    str          detail;  /* tables and records that show it; lines, or n == 0 */
} test_run;

bool    run_fail(test_run *r, failure_kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
cursor *run_cursor(test_run *r, const driver_topic *t);

/* ---- assertions (assert.c) */

/* One of the four ASSERT statements, its variables filled in. */
bool assert_statement(test_run *r, exec *x);
/* --@output and --@end. */
bool assert_output(test_run *r, str text);
bool assert_end(test_run *r, str text);
/* The topic that a directive's text begins with; *rest: what follows. NULL: failed. */
driver_topic *directive_topic(test_run *r, str text, str *rest);

/* ---- tables for people (grid.c) */

#define GRID_CELL_MAX 60 /* characters; longer texts are cut */

/* Rows of cells; the first row is the head. Cells with p NULL are blank. */
void grid_put(buf *out, const str *const *rows, size_t row_count, size_t columns);

#endif
