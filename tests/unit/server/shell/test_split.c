#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "server/shell/split.h"

static void test_complete(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        split_rest  rest;
    } cases[] = {
        {"", SPLIT_EMPTY},
        {"  \n\t", SPLIT_EMPTY},
        {"-- only a comment;", SPLIT_EMPTY},
        {"/* one; */", SPLIT_EMPTY},
        {"SHOW STREAMS", SPLIT_OPEN},
        {"SHOW STREAMS;", SPLIT_COMPLETE},
        {"SHOW STREAMS; -- done", SPLIT_COMPLETE},
        {"SHOW STREAMS; /* done */ \n", SPLIT_COMPLETE},
        {"SHOW STREAMS; SHOW", SPLIT_OPEN},
        {"SELECT ';", SPLIT_OPEN},
        {"SELECT 'it''s;' ", SPLIT_OPEN},
        {"SELECT 'it''s;';", SPLIT_COMPLETE},
        {"SELECT `a;b`", SPLIT_OPEN},
        {"SELECT \"a;b\";", SPLIT_COMPLETE},
        {"SELECT '--' ;", SPLIT_COMPLETE},
        {"SELECT 1 -- no end;", SPLIT_OPEN},
        {"SELECT 1 /* no end;", SPLIT_OPEN},
        {"/* no end;", SPLIT_OPEN},
        {"SELECT 1 - -1;", SPLIT_COMPLETE},
        {"SELECT 4 / 2;", SPLIT_COMPLETE},
        {"-- a\nSHOW STREAMS;\n-- b\n", SPLIT_COMPLETE},
        {";", SPLIT_COMPLETE},
        {"/", SPLIT_OPEN},
        {"/*/", SPLIT_OPEN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (split_look(str_of(cases[i].text)) != cases[i].rest)
            fail_msg("%s", cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_complete)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
