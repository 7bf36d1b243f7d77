/* The scanner: spec/sql-language.md 1.1, 1.2, 1.5, 1.6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "parser/parser.h"
#include "parser/token.h"

/* The tokens of a text as "text|text|", to compare with. */
static void assert_tokens(const char *sql, const char *wanted)
{
    buf     b = BUF_INIT(BUF_MAX);
    scanner s = scan_from(str_of(sql), 0);
    for (token t = scan_next(&s); t.type != TK_EOF; t = scan_next(&s)) {
        buf_put(&b, sql + t.pos, t.len);
        buf_putc(&b, '|');
    }
    buf_putc(&b, 0);
    assert_string_equal(b.p, wanted);
    buf_free(&b);
}

static void assert_one(const char *sql, uint16_t type)
{
    scanner s = scan_from(str_of(sql), 0);
    token   t = scan_next(&s);
    if (t.type != type || t.len != strlen(sql) || scan_next(&s).type != TK_EOF)
        fail_msg("%s: type %u, %u bytes", sql, t.type, t.len);
}

static void test_kinds(void **state)
{
    (void)state;
    assert_one("abc", TK_IDENT);
    assert_one("_a@1", TK_IDENT);
    assert_one("SELECT", TK_SELECT);
    assert_one("sElEcT", TK_SELECT);
    assert_one("MILLISECONDS", TK_MILLISECONDS);
    assert_one("SELECTS", TK_IDENT);
    assert_one("\"a\"\"b\n\"", TK_QUOTED_IDENT);
    assert_one("`a``b`", TK_QUOTED_IDENT);
    assert_one("''", TK_STRING_LIT);
    assert_one("'it''s\n'", TK_STRING_LIT);
    assert_one("'back\\'", TK_STRING_LIT);
    assert_one("${a_1}", TK_VARIABLE);
    assert_one("12", TK_INTEGER_LIT);
    assert_one("1.", TK_DECIMAL_LIT);
    assert_one("1.5", TK_DECIMAL_LIT);
    assert_one(".5", TK_DECIMAL_LIT);
    assert_one("1e3", TK_FLOAT_LIT);
    assert_one("1.5E-2", TK_FLOAT_LIT);
    assert_one(".5e+3", TK_FLOAT_LIT);
    assert_one("1st", TK_DIGIT_IDENT);
    assert_one("12ab", TK_DIGIT_IDENT);
    assert_one("1e3x", TK_DIGIT_IDENT);
    assert_one("1_000", TK_DIGIT_IDENT);
    assert_one("1e", TK_DIGIT_IDENT);
    assert_one("1@", TK_DIGIT_IDENT);
    assert_one("<>", TK_NE);
    assert_one("!=", TK_NE);
    assert_one("=>", TK_LAMBDA);
    assert_one(":=", TK_ASSIGN);
    assert_one("||", TK_CONCAT);
    assert_one("@", TK_UNRECOGNIZED);
    assert_one("é", TK_UNRECOGNIZED);
    assert_one("|", TK_UNRECOGNIZED);
    assert_one("$", TK_UNRECOGNIZED);
}

static void test_longest_match(void **state)
{
    (void)state;
    assert_tokens("a.b", "a|.|b|");
    assert_tokens("a.1b", "a|.1|b|");
    assert_tokens("1.5abc", "1.5|abc|");
    assert_tokens("1e+", "1e|+|");
    assert_tokens("1..2", "1.|.2|");
    assert_tokens("a->b->*", "a|->|b|->|*|");
    assert_tokens("STRUCT<>", "STRUCT|<>|");
    assert_tokens("ARRAY<ARRAY<INT>>", "ARRAY|<|ARRAY|<|INT|>|>|");
    assert_tokens("5 -3", "5|-|3|");
    assert_tokens("5--3", "5|");
    assert_tokens("x=>y>=z<=w", "x|=>|y|>=|z|<=|w|");
    assert_tokens("${1} ${a ${b}", "$|{|1|}|$|{|a|${b}|");
}

static void test_blanks_and_comments(void **state)
{
    (void)state;
    assert_tokens("a -- b\nc", "a|c|");
    assert_tokens("a /* b /* c */ d */", "a|d|*|/|");
    assert_tokens("--@test: name\r\na\t\n", "a|");
    assert_tokens("a /**/ b /***/ c", "a|b|c|");
    assert_tokens("--", "");
    assert_tokens("", "");
    assert_tokens("a\vb", "a|\v|b|");
    assert_tokens("/* open", "/|*|open|");
}

static void test_open_quotes(void **state)
{
    (void)state;
    assert_tokens("'abc", "'|abc|");
    assert_tokens("'a''b", "'a'|'|b|");
    assert_tokens("\"a `b", "\"|a|`|b|");
    assert_tokens("'a'b'", "'a'|b|'|");
}

static void test_positions(void **state)
{
    (void)state;
    scanner s = scan_from(str_of("  a  'b' "), 0);
    token   t = scan_next(&s);
    assert_int_equal(t.pos, 2);
    assert_int_equal(t.prev_end, 0);
    t = scan_next(&s);
    assert_int_equal(t.pos, 5);
    assert_int_equal(t.prev_end, 3);
    t = scan_next(&s);
    assert_int_equal(t.type, TK_EOF);
    assert_int_equal(t.pos, 9);
    assert_int_equal(t.prev_end, 8);
    assert_int_equal(scan_next(&s).type, TK_EOF);
    uint32_t line, col;
    str      text = str_of("é\n\tüx");
    parse_line_col(text, 6, &line, &col);
    assert_int_equal(line, 2);
    assert_int_equal(col, 3);
    parse_line_col(text, 0, &line, &col);
    assert_int_equal(line, 1);
    assert_int_equal(col, 1);
}

static void test_zero_bytes(void **state)
{
    (void)state;
    char    text[] = "'a\0b' \0 c";
    scanner s = scan_from(str_make(text, sizeof text - 1), 0);
    token   t = scan_next(&s);
    assert_int_equal(t.type, TK_STRING_LIT);
    assert_int_equal(t.len, 5);
    assert_int_equal(scan_next(&s).type, TK_UNRECOGNIZED);
    assert_int_equal(scan_next(&s).type, TK_IDENT);
    assert_int_equal(scan_next(&s).type, TK_EOF);
}

/* lemon's table of words that may be identifiers; it must be the list of keywords.def. */
int grammarFallback(int type);

static void test_every_keyword(void **state)
{
    (void)state;
    int reserved = 0, non_reserved = 0;
    for (uint32_t i = 0; i < keyword_count; i++) {
        const keyword *k = &keyword_list[i];
        if (i)
            assert_true(strcmp(keyword_list[i - 1].word, k->word) < 0);
        assert_one(k->word, k->type);
        assert_ptr_equal(keyword_find(str_of(k->word)), k);
        assert_ptr_equal(keyword_of_type(k->type), k);
        bool shared = k->type == TK_ARRAY || k->type == TK_MAP || k->type == TK_STRUCT;
        if (!shared) /* these three are names by rules of the grammar */
            assert_int_equal(grammarFallback(k->type), k->class == RESERVED ? 0 : TK_IDENT);
        assert_int_equal(parse_is_reserved(str_of(k->word)), k->class == RESERVED);
        reserved += k->class == RESERVED;
        non_reserved += k->class == NON_RESERVED;
    }
    assert_int_equal(reserved, 88);
    assert_int_equal(non_reserved, 57);
}

static void test_plain_names(void **state)
{
    (void)state;
    static const char *const plain[] = {"KEY", "ID", "1A", "A@", "_", "1E3X", "ARRAY", "EMIT"};
    static const char *const quoted[] = {"select", "SELECT", "a", "A B", "SIZE", "12",  "1E3",  "",
                                         "A-B",    "\"A\"",  "É", "A ",  " A",   "A--", "${V}", "'A'"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_true(parse_name_is_plain(str_of(plain[i])));
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++)
        assert_false(parse_name_is_plain(str_of(quoted[i])));
    assert_true(parse_is_reserved(STR("Select")));
    assert_false(parse_is_reserved(STR("KEY")));
    assert_false(parse_is_reserved(STR("NOSUCHWORDATALL")));
    assert_false(parse_is_reserved(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_longest_match),
        cmocka_unit_test(test_blanks_and_comments),
        cmocka_unit_test(test_open_quotes),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_zero_bytes),
        cmocka_unit_test(test_every_keyword),
        cmocka_unit_test(test_plain_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
