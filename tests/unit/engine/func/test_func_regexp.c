#include <time.h>

#include "eval_sql.h"

#define X(pattern, text, want)                            \
    {                                                     \
        "REGEXP_EXTRACT('" pattern "', '" text "')", want \
    }
#define ALL(pattern, text, want)                              \
    {                                                         \
        "REGEXP_EXTRACT_ALL('" pattern "', '" text "')", want \
    }
#define BAD(pattern)                                                                                 \
    {                                                                                                \
        "REGEXP_REPLACE('x', '" pattern "', '')", "ERR Invalid regular expression pattern: " pattern \
    }
#define E_ACUTE "\xc3\xa9"
#define E_ACUTE_UP "\xc3\x89"

static void test_functions(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"REGEXP_EXTRACT('test.', 'x test1 test2')", "test1"},
        {"REGEXP_EXTRACT('(\\w+) (\\w*)', 'hello there', 2)", "there"},
        {"REGEXP_EXTRACT('(\\w+) (\\w*)', 'hello there', 3)", "NULL"},
        {"REGEXP_EXTRACT('(\\w+)', 'hello', -1)", "ERR No group -1"},
        {"REGEXP_EXTRACT('x', 'hello', -1)", "NULL"},
        {"REGEXP_EXTRACT('(a)|(b)', 'b', 1)", "NULL"},
        {"REGEXP_EXTRACT('(', 'b')", "ERR Unclosed group near index 1"},
        {"REGEXP_EXTRACT(N_S, 'b')", "NULL"},
        {"REGEXP_EXTRACT(S, 'xfoox')", "foo"},
        {"REGEXP_EXTRACT_ALL('(a)|b', 'ab', 1)", "[a, null]"},
        {"REGEXP_EXTRACT_ALL('x', 'ab')", "[]"},
        {"REGEXP_EXTRACT_ALL('x', 'ab', 1)", "NULL"},
        {"REGEXP_EXTRACT_ALL('a*', 'baaac')", "[, aaa, , ]"},
        {"REGEXP_REPLACE('baaac', 'a*', 'x')", "xbxxcx"},
        {"REGEXP_REPLACE('hello world', '(\\w+) (\\w+)', '$2 $1')", "world hello"},
        {"REGEXP_REPLACE('ab', '(?<x>a)', '<${x}>')", "<a>b"},
        {"REGEXP_REPLACE('ab', '(a)', '$11')", "a1b"},
        {"REGEXP_REPLACE('ab', 'a', '\\$1\\\\')", "$1\\b"},
        {"REGEXP_REPLACE('ab', 'a', '$2')", "ERR No group 2"},
        {"REGEXP_REPLACE('ab', 'a', '$')", "ERR Illegal group reference: group index is missing"},
        {"REGEXP_REPLACE('ab', 'a', '\\')", "ERR character to be escaped is missing"},
        {"REGEXP_REPLACE('ab', 'a', '$x')", "ERR Illegal group reference"},
        {"REGEXP_REPLACE('ab', 'a', '${y}')", "ERR No group with name {y}"},
        {"REGEXP_REPLACE('ab', 'z', '$9')", "ab"},
        {"REGEXP_REPLACE('\xf0\x9f\x98\x80', '', '-')", "-\xf0\x9f\x98\x80-"},
        {"REGEXP_SPLIT_TO_ARRAY('aabcda', '(ab|cd)')", "[a, , a]"},
        {"REGEXP_SPLIT_TO_ARRAY('abc', '')", "[a, b, c]"},
        {"REGEXP_SPLIT_TO_ARRAY('axbxx', 'x')", "[a, b, , ]"},
        {"REGEXP_SPLIT_TO_ARRAY('axbxx', 'x*')", "[a, , b]"},
        {"REGEXP_SPLIT_TO_ARRAY('abc', 'z')", "[abc]"},
        {"ARRAY_LENGTH(REGEXP_SPLIT_TO_ARRAY('', 'z'))", "1"},
        {"ARRAY_LENGTH(REGEXP_SPLIT_TO_ARRAY('', 'z*'))", "1"},
        {"ARRAY_LENGTH(REGEXP_SPLIT_TO_ARRAY('zz', 'z*'))", "0"},
    };
    CHECK_VALUES(cases);
}

static void test_dialect(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        /* the dot, anchors */
        X("a.b", "a\nb", "NULL"),
        X("a.b",
          "a\xc2\x85"
          "b",
          "NULL"),
        X("a.b",
          "a\x0b"
          "b",
          "a\x0b"
          "b"),
        X("(?s)a.b", "a\nb", "a\nb"),
        X("a$", "a\n", "a"),
        X("a$", "a\r\n", "a"),
        X("a$", "a\n\n", "NULL"),
        X("a\\Z", "a\xe2\x80\xa8", "a"),
        X("a\\z", "a\n", "NULL"),
        X("(?m)^b$", "a\nb\nc", "b"),
        X("(?m)^b$", "a\rb\rc", "b"),
        X("(?md)^b$", "a\rb\rc", "NULL"),
        X("^b", "a\nb", "NULL"),
        ALL("(?m)^", "a\n", "[]"),
        /* ASCII and Unicode */
        X("\\d+",
          "\xd9\xa1"
          "12",
          "12"),
        X("(?U)\\d+",
          "\xd9\xa1"
          "12",
          "\xd9\xa1"
          "12"),
        X("\\w+", E_ACUTE "ab", "ab"),
        X("(?U)\\w+", E_ACUTE "ab", E_ACUTE "ab"),
        ALL("\\bb", E_ACUTE "b b", "[b]"),
        X("(?i)AB", "xab", "ab"),
        X("(?i)" E_ACUTE_UP, E_ACUTE, "NULL"),
        X("(?iu)" E_ACUTE_UP, E_ACUTE, E_ACUTE),
        X("(?i)[A-C]+", "abcd", "abc"),
        X("(?i)[a-c]+", "ABCD", "ABC"),
        X("(?i:a)b", "Ab", "Ab"),
        X("(?i:a)b", "AB", "NULL"),
        X("a(?i)b", "aB", "aB"),
        X("(?i)a(?-i)b", "AB", "NULL"),
        X("(?i)(a)\\1", "aA", "aA"),
        X("\\p{Lower}+", E_ACUTE "ab", "ab"),
        X("\\p{L}+", E_ACUTE "ab1", E_ACUTE "ab"),
        X("\\p{IsLatin}+",
          "\xce\xb1"
          "ab",
          "ab"),
        X("\\p{InGreek}+", "ab\xce\xb1", "\xce\xb1"),
        X("\\p{IsAlphabetic}+", "1ab", "ab"),
        X("\\p{javaLowerCase}+", "Aab", "ab"),
        X("\\P{Alpha}+", "ab12", "12"),
        X("\\pL+", "1ab", "ab"),
        X("\\p{Punct}+", "a!?b", "!?"),
        X("[\\p{Punct}x]+", "a!x?b", "!x?"),
        /* classes */
        X("[a-d[m-p]]+", "xambz", "amb"),
        X("[a-z&&[^b]]+", "bacb", "ac"),
        X("[a-z&&[def]]+", "abefg", "ef"),
        X("[a-z&&[^m-p]&&[^a]]+", "amxy", "xy"),
        X("[^a-c[x]]+", "axbdz", "dz"),
        X("[[:alpha:]]+", "xx:al", ":al"),
        X("[]a]+", "x]a]", "]a]"),
        X("[^]a]+", "]ax", "x"),
        X("[a-]+", "a-b", "a-"),
        X("[\\w&&[^\\d]]+", "12ab", "ab"),
        X("[\\W]+", "ab!?", "!?"),
        X("[^\\D]+", "ab12", "12"),
        X("[\\Qa-]\\E]+", "x-]a", "-]a"),
        /* escapes */
        X("\\x41\\u0042\\0103\\x{1F600}", "ABC\xf0\x9f\x98\x80", "ABC\xf0\x9f\x98\x80"),
        X("\\uD83D\\uDE00", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"),
        X("\\Qa.b\\E", "axb a.b", "a.b"),
        X("\\Qab\\E+", "abbb", "abbb"),
        X("a\\Q+", "a+", "a+"),
        X("\\t\\e\\cA", "\t\x1b\x01", "\t\x1b\x01"),
        X("a\\vb", "a\nb", "a\nb"),
        X("a\\Rb", "a\r\nb", "a\r\nb"),
        X("\\.\\-\\}", ".-}", ".-}"),
        X("a}", "a}", "a}"),
        X("a]", "a]", "a]"),
        /* groups */
        X("(?<n>a)\\k<n>", "aa", "aa"),
        X("(?>a*)a", "aaa", "NULL"),
        X("a*+a", "aaa", "NULL"),
        X("a{2,3}?", "aaaa", "aa"),
        X("(?=a)a", "a", "a"),
        X("(?<=a{1,3})b", "aab", "b"),
        X("(?<=(?:ab|c)d?)x", "abdx", "x"),
        X("(?<!a|bc)x", "bcx dx", "x"),
        X("(a)\\11", "aa1", "aa1"),
        X("(a)\\2", "aa", "NULL"),
        X("(?x) a b # comment", "ab", "ab"),
        X("x*|b", "b", ""),
        X("(?:)", "b", ""),
        X("", "b", ""),
        X("a||b", "b", ""),
        BAD("(?P<n>a)"),
        BAD("(?#x)"),
        BAD("(?R)"),
        BAD("(?|a|b)"),
        BAD("(*FAIL)"),
        BAD("\\K"),
        BAD("\\C"),
        BAD("\\i"),
        BAD("\\y"),
        BAD("a{"),
        BAD("a{,3}"),
        BAD("a{2,1}"),
        BAD("*a"),
        BAD("a**"),
        BAD("+"),
        BAD("["),
        BAD("[a"),
        BAD("[]"),
        BAD("[z-a]"),
        BAD("[a-\\d]"),
        BAD("(a"),
        BAD("a)"),
        BAD("\\"),
        BAD("\\p{Foo}"),
        BAD("\\p{"),
        BAD("\\08"),
        BAD("\\xZ"),
        BAD("\\u12"),
        BAD("\\x{110000}"),
        BAD("(?<1a>x)"),
        BAD("(?<n"),
        BAD("(?<=a*)b"),
        BAD("(?<=a{1,9999})b"),
        BAD("{1}"),
        BAD("(?<n>a)(?<n>b)"),
        BAD("(?z)"),
        BAD("\\k<q>"),
    };
    CHECK_VALUES(cases);
}

/* Random patterns and texts: no crash, no hang. */
static void test_random_patterns(void **state)
{
    (void)state;
    static const char alphabet[] = "ab()[]{}|*+?\\^$.-,12<>=!:&iQEpdwsbxUk\xc3\xa9 ";
    uint64_t          s = (uint64_t)time(NULL) + 88172645463325252ull;
    const char       *given = getenv("SEED");
    if (given)
        s = strtoull(given, NULL, 10);
    print_message("seed %lu\n", s);
    for (int i = 0; i < 4000; i++) {
        char pattern[24], text[16], sql[200];
        int  n[2] = {0, 0};
        for (int k = 0; k < 2; k++) {
            int len = 1 + (int)((s >> 20) % 14);
            for (int j = 0; j < len; j++) {
                s ^= s << 13;
                s ^= s >> 7;
                s ^= s << 17;
                (k ? text : pattern)[n[k]++] = alphabet[(s >> 30) % (sizeof alphabet - 1)];
            }
        }
        snprintf(sql, sizeof sql, "REGEXP_REPLACE('%.*s', '%.*s', '$1x')", n[1], text, n[0], pattern);
        const char *got = ev(sql);
        assert_non_null(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_dialect),
        cmocka_unit_test(test_random_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
