/* What the user reads when a text does not parse: spec/sql-language.md 1.7 and its table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "parser/parse_int.h"

static uint32_t message_of(const char *sql, char *out, size_t cap)
{
    arena      a;
    status     st;
    ast_stmt **s;
    size_t     n;
    arena_init(&a);
    status_init(&st);
    if (parse_sql(&a, str_of(sql), &s, &n, &st))
        snprintf(out, cap, "(parses)");
    else
        snprintf(out, cap, "%s", st.msg);
    arena_free(&a);
    return st.place;
}

/* `more` is what stands behind "line L:C: Syntax Error\n"; {at} in it is L:C. */
static void expect(const char *sql, uint32_t line, uint32_t col, const char *more)
{
    char     msg[ST_MSG_MAX], wanted[ST_MSG_MAX], where[40];
    uint32_t l, c, place = message_of(sql, msg, sizeof msg);
    parse_line_col(str_of(sql), place, &l, &c);
    if (l != line || c != col)
        fail_msg("%s: the place is %u:%u, the message's %u:%u", sql, l, c, line, col);
    snprintf(where, sizeof where, "%u:%u", line, col);
    int         n = snprintf(wanted, sizeof wanted, "line %s: Syntax Error\n", where);
    const char *at = strstr(more, "{at}");
    if (at)
        snprintf(wanted + n, sizeof wanted - (size_t)n, "%.*s%s%s", (int)(at - more), more, where, at + 4);
    else
        snprintf(wanted + n, sizeof wanted - (size_t)n, "%s", more);
    if (strcmp(msg, wanted) != 0)
        fail_msg("%s\n got: %s\nwant: %s", sql, msg, wanted);
}

static void test_table_of_the_specification(void **state)
{
    (void)state;
    expect("SELECT * FROM S1 ORDER BY K;", 1, 24, "");
    expect("SELECT * FROM S", 1, 16, "missing ';' at '<EOF>'");
    expect("SELECT A B C FROM S;", 1, 12, "Expecting {',', 'FROM'}");
    expect("SELECT a.b.c FROM S;", 1, 11, "Expecting {',', 'FROM'}");
    expect("SELECT a::int FROM S;", 1, 9, "Expecting {',', 'FROM'}");
    expect("SELECT (a) => a FROM S;", 1, 12, "Expecting {',', 'FROM'}");
    expect("SELECT COUNT(*) FROM S GROUP BY (A, B), C;", 1, 39, "");
    expect("SELECT COUNT(*) FROM S GROUP BY A, (B, C);", 1, 38, "missing ')' at ','");
    expect("SELECT COUNT(*) FROM S GROUP BY (A), (B, C);", 1, 40, "missing ')' at ','");
    expect("SELECT COUNT(*) FROM S PARTITION BY (A, (B, C));", 1, 43, "missing ')' at ','");
    expect("CREATE STREAM INPUT (K VARCHAR (KEY)) WITH (kafka_topic='i');", 1, 33,
           "Expecting {'STRING', INTEGER_VALUE}");
    expect("SELECT CAST(A AS DECIMAL) FROM S;", 1, 25, "Syntax error at or near ')' at line {at}");
    expect("SHOW FOO;", 1, 6, "Syntax error at or near 'FOO' at line {at}");
    expect("DROP S;", 1, 6, "Syntax error at or near 'S' at line {at}");
    expect("TERMINATE;", 1, 10, "Syntax error at or near ';' at line {at}");
    expect("SELECT COUNT(DISTINCT A) FROM S;", 1, 14, "Syntax error at or near 'DISTINCT' at line {at}");
    expect("SELECT transform(x => x+1) FROM S;", 1, 20, "Syntax error at or near '=>' at line {at}");
    expect("CREATE SOURCE STREAM S AS SELECT * FROM T;", 1, 24, "Expecting {';', '(', 'WITH'}");
    expect("INSERT INTO S VALUES;", 1, 21, "Expecting '('");
    expect("INSERT INTO S VALUES (1), (2);", 1, 25, "Expecting ';'");
    expect("SELECT * FROM A JOIN B USING (X);", 1, 30, "Expecting {'WITHIN', 'ON'}");
    expect("DEFINE SELECT='x';", 1, 8, "Expecting IDENTIFIER");
    expect("SET a='x';", 1, 5, "Expecting STRING");
    expect("CREATE STREAM S (A NULL) WITH (kafka_topic='t');", 1, 20, "");
    expect("CREATE STREAM S (A ARRAY<NULL>) WITH (kafka_topic='t');", 1, 26, "");
    expect("CREATE STREAM S (A STRUCT<F NULL>) WITH (kafka_topic='t');", 1, 29, "");
    expect("SELECT * FROM S WHERE x IN ();", 1, 29, "");
    expect("CREATE STREAM S ();", 1, 18, "");
    expect("CREATE STREAM S (A INT) WITH ();", 1, 31, "");
    expect("SELECT * FROM F(S);", 1, 16, "");
    expect("SELECT * FROM A, B;", 1, 16, "");
    expect("SELECT * FROM (SELECT * FROM S);", 1, 15, "");
    expect("SELECT * FROM S WHERE A = B = C;", 1, 29, "");
    expect("SELECT SIZE FROM S;", 1, 8, "");
    expect("SELECT * FROM S LIMIT;", 1, 22, "");
    expect("SELECT * FROM S WINDOW TUMBLING (SIZE 1 WEEK) GROUP BY A;", 1, 41, "");
    expect("SELECT * FROM A JOIN B ON A.X = B.X WITHIN 1 DAY;", 1, 37, "");
    expect("SELECT DISTINCT A FROM S;", 1, 8,
           "\"DISTINCT\" is a reserved keyword and it can't be used as an identifier. You can use it "
           "as an identifier by escaping it as 'DISTINCT' ");
    expect("SELECT * FROM S WINDOW SESSION (SIZE 1 DAY) GROUP BY A;", 1, 33,
           "\"SIZE\" is a reserved keyword and it can't be used as an identifier. You can use it "
           "as an "
           "identifier by escaping it as 'SIZE' ");
    expect("CREATE STREAM S (size INT);", 1, 18,
           "\"size\" is a reserved keyword and it can't be used as an identifier. You can use it "
           "as an "
           "identifier by escaping it as 'size' ");
    expect("SELECT 1;", 1, 9, "Expecting {',', 'FROM'}");
    expect("SELECT * FROM S LIMIT 5 EMIT CHANGES;", 1, 25, "Expecting ';'");
    expect("SELECT * FROM S EMIT CHANGES WHERE A > 1;", 1, 30, "Expecting {';', 'LIMIT'}");
    expect("SELECT * FROM S WINDOW TUMBLING(SIZE 1 DAY, GRACE PERIOD 1 DAY, RETENTION 2 DAYS) "
           "GROUP BY A;",
           1, 63, "Expecting ')'");
    expect("SELECT * FROM S WINDOW HOPPING(SIZE 1 DAY ADVANCE BY 1 DAY) GROUP BY A;", 1, 43,
           "missing ',' at 'ADVANCE'");
    expect("CREATE STREAM S (A INT WITH (kafka_topic='t');", 1, 24, "Expecting {',', ')'}");
    expect("INSERT INTO S VALUES (a = 1);", 1, 25, "Expecting {',', ')'}");
    expect("FOO BAR;", 1, 1, "Unknown statement 'FOO'\nDid you mean 'SHOW'?");
    expect("SELET * FROM S;", 1, 1, "Unknown statement 'SELET'\nDid you mean 'SELECT'?");
    expect("ALTER STREAM S b INT;", 1, 16, "missing 'ADD' at 'b'");
    char msg[ST_MSG_MAX];
    message_of("SELECT * FROM A CROSS JOIN B ON A.X = B.X;", msg, sizeof msg);
    assert_string_equal(msg, "(parses)");
}

static void test_other_words(void **state)
{
    (void)state;
    expect("SELECT * FROM S;\nSELEC * FROM S;", 2, 1, "Unknown statement 'SELEC'\nDid you mean 'SELECT'?");
    expect("-- é is one character\nSELECT 'é' é FROM S;", 2, 12, "Expecting {',', 'FROM'}");
    expect("SELECT 'open FROM S;", 1, 8, "");
    expect("SELECT /* open FROM S;", 1, 8, "");
    expect("SELECT * FROM S; FROM", 1, 18,
           "\"FROM\" is a reserved keyword and it can't be used as an identifier. You can use it "
           "as an "
           "identifier by escaping it as 'FROM' ");
    expect("CREATE STREAM S (A INT) WITH (kafka_topic='t'", 1, 46, "Expecting {',', ')'}");
    expect("@", 1, 1, "Unknown statement '@'\nDid you mean 'SET'?");
    /* words that are not reserved are identifiers in every set */
    expect("DEFINE KEY='x';", 1, 8, "Expecting IDENTIFIER");
    expect("SELECT * FROM S WINDOW DATE TUMBLING (SIZE 1 DAY) GROUP BY A;", 1, 24, "");
    /* the empty text, blanks and comments are no statements */
    char msg[ST_MSG_MAX];
    message_of(" /* x */ -- y", msg, sizeof msg);
    assert_string_equal(msg, "(parses)");
    message_of(";", msg, sizeof msg);
    assert_non_null(strstr(msg, "Unknown statement ';'"));
}

/* The rules that explain errors and the grammar that parses accept the same texts, and the rules
 * refuse the same token or, where ksqlDB gives up early, one before it: statements are damaged at
 * random, and both are asked. */
static const char *const good[] = {
#define STATEMENT(text) text,
#include "statements.def"
#undef STATEMENT
};

static void compare(arena *a, str sql)
{
    parse p;
    parse_run(&p, a, sql, ENTRY_STATEMENTS);
    int64_t bad = p.rejected ? (int64_t)p.bad.pos : -1;
    int64_t found = syntax_error_find(a, sql, ENTRY_STATEMENTS);
    bool    agree = bad < 0 ? found == -1 : found >= 0 && found <= bad;
    if (!p.stopped && found != -2 && !agree)
        fail_msg("%.*s\nthe grammar refuses byte %lld, the rules of the messages %lld", STR_FMT(sql), (long long)bad,
                 (long long)found);
}

static str damage(arena *a, str sql, uint64_t *seed)
{
    static const char *const words[] = {"(",  ")",    ",",    ";",   "FROM", "X",         "1",  "'s'", "->",    ".",
                                        "AS", "SIZE", "EMIT", "*",   "=>",   "-",         "IS", "MAP", "ARRAY", "<",
                                        ">",  "KEY",  "${v}", "NOT", "BY",   "PARTITION", "1a", "=",   "["};
    VEC(token) t = {0};
    scanner s = scan_from(sql, 0);
    for (token k = scan_next(&s); k.type != TK_EOF; k = scan_next(&s))
        VEC_PUSH(&t, k);
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    size_t      at = (size_t)(*seed >> 33) % t.n, kind = (size_t)(*seed >> 20) % 4;
    const char *word = words[(size_t)(*seed >> 40) % (sizeof words / sizeof *words)];
    str         before = {sql.p, t.p[at].pos};
    uint32_t    end = t.p[at].pos + t.p[at].len;
    str         token_text = {sql.p + t.p[at].pos, t.p[at].len}, after = {sql.p + end, sql.n - end};
    VEC_FREE(&t);
    switch (kind) {
    case 0: /* leave out */
        return str_fmt(a, "%.*s %.*s", STR_FMT(before), STR_FMT(after));
    case 1: /* twice */
        return str_fmt(a, "%.*s %.*s %.*s %.*s", STR_FMT(before), STR_FMT(token_text), STR_FMT(token_text),
                       STR_FMT(after));
    case 2: /* put in */
        return str_fmt(a, "%.*s %s %.*s%.*s", STR_FMT(before), word, STR_FMT(token_text), STR_FMT(after));
    default: /* replace */
        return str_fmt(a, "%.*s %s %.*s", STR_FMT(before), word, STR_FMT(after));
    }
}

static void test_rules_and_grammar_agree(void **state)
{
    (void)state;
    uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 1;
    int      rounds = getenv("ROUNDS") ? atoi(getenv("ROUNDS")) : 4;
    print_message("seed %llu (SEED=, ROUNDS= to change)\n", (unsigned long long)seed);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        arena a;
        arena_init(&a);
        compare(&a, str_of(good[i]));
        for (int k = 0; k < rounds; k++) {
            arena_reset(&a);
            compare(&a, damage(&a, str_of(good[i]), &seed));
        }
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_words),
        cmocka_unit_test(test_rules_and_grammar_agree),
        cmocka_unit_test(test_table_of_the_specification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
