#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "server/shell/layout.h"

static void assert_text(const buf *b, const char *want)
{
    if (!str_eqz(buf_str(b), want))
        fail_msg("got:\n%.*swant:\n%s", (int)b->n, b->p, want);
}

static void test_table(void **state)
{
    (void)state;
    arena a;
    arena_init(&a);
    buf   out = BUF_INIT(BUF_MAX);
    table t = table_new(&a, (const char *[]){"Stream Name", "Windowed"}, 2);
    table_put(&t, STR("CLICKS"));
    table_put(&t, STR("false"));
    table_print(&out, &t, 80);
    assert_text(&out, " Stream Name | Windowed \n"
                      "------------------------\n"
                      " CLICKS      | false    \n"
                      "------------------------\n");
    buf_clear(&out);
    table_print(&out, &t, 10); /* a narrow screen shortens only the rules */
    assert_text(&out, " Stream Name | Windowed \n----------\n CLICKS      | false    \n----------\n");
    buf_free(&out);
    arena_free(&a);
}

static void test_table_without_rows(void **state)
{
    (void)state;
    arena a;
    arena_init(&a);
    buf   out = BUF_INIT(BUF_MAX);
    table t = table_new(&a, (const char *[]){"Message"}, 1);
    table_print(&out, &t, 80);
    assert_text(&out, " Message \n---------\n---------\n");
    buf_free(&out);
    arena_free(&a);
}

static void test_table_with_odd_text(void **state)
{
    (void)state;
    arena a;
    arena_init(&a);
    buf   out = BUF_INIT(BUF_MAX);
    table t = table_new(&a, (const char *[]){"A", "B"}, 2);
    table_put(&t, STR("日本"));
    table_put(&t, STR("x\ny\033[2J"));
    table_put(&t, STR("e\xcc\x81")); /* e and a combining accent */
    table_put(&t, STR(""));
    table_print(&out, &t, 80);
    assert_text(&out, " A    | B       \n"
                      "----------------\n"
                      " 日本 | x y [2J \n"
                      " e\xcc\x81    |         \n"
                      "----------------\n");
    buf_free(&out);
    arena_free(&a);
}

static void test_rows_wrap(void **state)
{
    (void)state;
    buf        out = BUF_INIT(BUF_MAX);
    row_layout l = row_layout_new(2, 14, 80, true);
    row_layout_header(&out, &l, (str[]){STR("ID"), STR("NAME")});
    row_layout_row(&out, &l, (str[]){STR("1"), STR("a value longerthan the cell")});
    row_layout_row(&out, &l, (str[]){STR("2"), STR("null")});
    assert_text(&out, "+--------------+--------------+\n"
                      "|ID            |NAME          |\n"
                      "+--------------+--------------+\n"
                      "|1             |a value longer|\n"
                      "|              |than the cell |\n"
                      "|2             |null          |\n");
    buf_free(&out);
}

static void test_rows_break_lines(void **state)
{
    (void)state;
    buf        out = BUF_INIT(BUF_MAX);
    row_layout l = row_layout_new(2, 5, 80, true);
    row_layout_row(&out, &l, (str[]){STR("a\nbcdefg\n"), STR("日本語x")});
    assert_text(&out, "|a    |日本 |\n"
                      "|bcdef|語x  |\n"
                      "|g    |     |\n");
    buf_clear(&out);
    row_layout_row(&out, &l, (str[]){STR("12345\n6"), STR("")}); /* a full line and its break are one */
    assert_text(&out, "|12345|     |\n|6    |     |\n");
    buf_free(&out);
}

static void test_rows_cut(void **state)
{
    (void)state;
    buf        out = BUF_INIT(BUF_MAX);
    row_layout l = row_layout_new(2, 6, 80, false);
    row_layout_row(&out, &l, (str[]){STR("123456"), STR("1234567")});
    row_layout_row(&out, &l, (str[]){STR("日本語日"), STR("a\nb")});
    assert_text(&out, "|123456|123...|\n"
                      "|日... |a b   |\n");
    buf_free(&out);
}

static void test_row_widths(void **state)
{
    (void)state;
    assert_int_equal(row_layout_new(2, 0, 80, true).width, 38);
    assert_int_equal(row_layout_new(40, 0, 80, true).width, ROW_CELL_WIDTH_MIN);
    assert_int_equal(row_layout_new(0, 0, 80, true).width, 80);
    assert_int_equal(row_layout_new(3, 7, 80, true).width, 7);
}

/* A character wider than its cell still moves on. */
static void test_fit(void **state)
{
    (void)state;
    assert_int_equal(text_fit(STR("日本"), 1), 3);
    assert_int_equal(text_fit(STR("abc"), 2), 2);
    assert_int_equal(text_fit(STR(""), 2), 0);
    assert_int_equal(text_width(STR("\xff\xfe")), 2); /* no UTF-8 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_without_rows),
        cmocka_unit_test(test_table_with_odd_text),
        cmocka_unit_test(test_rows_wrap),
        cmocka_unit_test(test_rows_break_lines),
        cmocka_unit_test(test_rows_cut),
        cmocka_unit_test(test_row_widths),
        cmocka_unit_test(test_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
