/* `weir test`: runs files of SQL tests (engine/sqltest/README.md) and prints what failed. */
#ifndef SERVER_SQL_TEST_H
#define SERVER_SQL_TEST_H

/* The arguments behind "test". Returns the exit status: 0 all tests passed, 1 one failed or a file is not one of
 * tests, 2 wrong usage: bad options, a path that is not there, nothing to run. */
int sql_test_main(int argc, char **argv);

#endif
