/* SQL tests (`weir test`): files of statements and of what must come of them. The page for users, with the
 * directives and the statements, is engine/sqltest/README.md.
 *
 * A file is read into tests, and each test runs on its own engine without threads, disk or clock
 * (engine/replay/driver.h), so tests neither meet nor wait, and run the same every time.
 */
#ifndef ENGINE_SQL_TEST_H
#define ENGINE_SQL_TEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

typedef struct sql_test_step sql_test_step;

typedef struct sql_test {
    str                  name;
    uint32_t             line;           /* of its --@test, from 1 */
    str                  expected_error; /* n == 0: none; a Java class or its last part */
    const str           *expected_messages;
    size_t               expected_message_count;
    const str           *settings; /* of the server: name, value, name, value, ... */
    size_t               setting_count;
    const sql_test_step *steps;
    size_t               step_count;
} sql_test;

typedef struct sql_test_file {
    arena           a; /* all of it, until sql_test_file_free() */
    const char     *path;
    const sql_test *tests;
    size_t          n;
} sql_test_file;

/* path is borrowed. Errors, with nothing to free: ST_IO (not readable), ST_LIMIT (too large), ST_SQL (not a file of
 * tests; msg is "PATH:LINE: ..."). */
bool sql_test_file_read(const char *path, sql_test_file *out, status *st);
void sql_test_file_free(sql_test_file *f);

/* Runs one test. false: why has the reason, lines with their ends, as a user shall read them. */
bool sql_test_run(const sql_test_file *f, const sql_test *t, buf *why);

#endif
