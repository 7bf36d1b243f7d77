#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"

#include "server/shell/json_tree.h"

static arena a;

static const json_node *parse(const char *text)
{
    return json_tree_parse(&a, str_of(text));
}

static void assert_put(void (*put)(buf *, const json_node *), const char *text, const char *want)
{
    buf              out = BUF_INIT(BUF_MAX);
    const json_node *n = parse(text);
    assert_non_null(n);
    put(&out, n);
    if (!str_eqz(buf_str(&out), want))
        fail_msg("got:\n%.*s\nwant:\n%s", (int)out.n, out.p, want);
    buf_free(&out);
}

static void test_numbers_as_written(void **state)
{
    (void)state;
    assert_put(json_tree_put_pretty, "[5.00,1.0E10,9007199254740993,-0]", "[ 5.00, 1.0E10, 9007199254740993, -0 ]");
}

static void test_texts(void **state)
{
    (void)state;
    assert_true(str_eqz(parse("\"a\\n\\\"\\u00e4\\ud83d\\ude00\\/\"")->text, "a\n\"ä\xf0\x9f\x98\x80/"));
    assert_true(str_eqz(parse("\"\\ud83dx\"")->text, "\xef\xbf\xbdx")); /* half a pair */
    assert_true(str_eqz(parse("\"\"")->text, ""));
    assert_put(json_tree_put_pretty, "\"\\u0001\\\\\\t\"", "\"\\u0001\\\\\\t\"");
}

static void test_pretty(void **state)
{
    (void)state;
    assert_put(json_tree_put_pretty, "[{\"@type\":\"streams\",\"streams\":[],\"o\":{},\"w\":[{\"a\":1},2]}]",
               "[ {\n  \"@type\" : \"streams\",\n  \"streams\" : [ ],\n  \"o\" : { },\n  \"w\" : [ "
               "{\n    \"a\" : 1\n  }, 2 ]\n} ]");
}

static void test_java(void **state)
{
    (void)state;
    assert_put(json_tree_put_java, "{\"ZIP\":1,\"L\":[1,\"x\",null],\"M\":{}}", "{ZIP=1, L=[1, x, null], M={}}");
}

static void test_members(void **state)
{
    (void)state;
    const json_node *n = parse("{\"a\":{\"b\":true},\"c\":null}");
    assert_true(json_tree_true(json_tree_get(n, "a"), "b"));
    assert_true(json_tree_is_null(json_tree_get(json_tree_get(n, "x"), "y")));
    assert_true(json_tree_is_null(json_tree_get(n, "c")));
    assert_int_equal(n->count, 2);
}

/* What follows the value belongs to the reader of lines. */
static void test_prefix(void **state)
{
    (void)state;
    assert_non_null(parse("{\"row\":{}},"));
    assert_non_null(parse(" 1 ]"));
}

static void test_bad(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "{",   "[1,",  "[1 2]",   "{\"a\"}",   "{\"a\":}",
                                      "{a:1}", "\"",  "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
                                      "nul",   "tru", "}",    "]",       ","};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i]) != NULL)
            fail_msg("%s", bad[i]);
    buf deep = BUF_INIT(BUF_MAX);
    for (int i = 0; i < JSON_TREE_DEPTH_MAX; i++)
        buf_putc(&deep, '[');
    buf_put(&deep, "1", 1);
    assert_null(json_tree_parse(&a, buf_str(&deep))); /* not closed */
    for (int i = 0; i < JSON_TREE_DEPTH_MAX; i++)
        buf_putc(&deep, ']');
    assert_non_null(json_tree_parse(&a, buf_str(&deep)));
    buf deeper = BUF_INIT(BUF_MAX);
    buf_printf(&deeper, "[%.*s]", (int)deep.n, deep.p);
    assert_null(json_tree_parse(&a, buf_str(&deeper)));
    buf_free(&deep);
    buf_free(&deeper);
}

/* Cut and changed texts are read to the end or refused, without a byte read outside: for the
 * sanitizers. */
static void test_random(void **state)
{
    (void)state;
    unsigned    seed = (unsigned)(uintptr_t)&seed;
    const char *text = "[{\"a\":\"x\\u00e4\\n\",\"b\":[1.5,null,true,{\"c\":\"\\ud83d\\ude00\"}]},false]";
    size_t      n = strlen(text);
    print_message("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        size_t cut = (size_t)rand() % (n + 1);
        char  *copy = mem_dup(text, cut);
        if (cut)
            copy[(size_t)rand() % cut] = "\"\\{}[]:,u0 "[rand() % 11];
        arena_reset(&a);
        json_tree_parse(&a, str_make(copy, cut));
        mem_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_as_written),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_pretty),
        cmocka_unit_test(test_java),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_random),
    };
    arena_init(&a);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&a);
    return failed;
}
