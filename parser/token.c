/* A hand-written scanner, longest match first, as ksqlDB's lexer does it: what starts no token is a
 * token of its own, so that the grammar reports it. Every byte is looked at a bounded number of
 * times, whatever the text. */
#include "parser/token.h"

#include <stdlib.h>

const keyword keyword_list[] = {
#define KEYWORD(word, class, rank) {#word, TK_##word, class, rank},
#include "parser/keywords.def"
#undef KEYWORD
};
const uint32_t keyword_count = sizeof keyword_list / sizeof *keyword_list;

enum { CH_LETTER = 1, CH_DIGIT = 2, CH_UNDER = 4, CH_AT = 8, CH_BLANK = 16 };
#define CH_WORD (CH_LETTER | CH_DIGIT | CH_UNDER | CH_AT)

static const uint8_t char_class[256] = {
    ['A' ... 'Z'] = CH_LETTER, ['a' ... 'z'] = CH_LETTER, ['0' ... '9'] = CH_DIGIT, ['_'] = CH_UNDER,  ['@'] = CH_AT,
    [' '] = CH_BLANK,          ['\t'] = CH_BLANK,         ['\r'] = CH_BLANK,        ['\n'] = CH_BLANK,
};

#define KEYWORD_LEN_MAX 12

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

const keyword *keyword_find(str word)
{
    if (word.n < 2 || word.n > KEYWORD_LEN_MAX)
        return NULL;
    char up[KEYWORD_LEN_MAX];
    for (uint32_t i = 0; i < word.n; i++)
        up[i] = upper(word.p[i]);
    uint32_t lo = 0, hi = keyword_count;
    while (lo < hi) {
        uint32_t       mid = (lo + hi) / 2;
        const keyword *k = &keyword_list[mid];
        int            c = strncmp(up, k->word, word.n);
        if (c == 0 && k->word[word.n] == 0)
            return k;
        if (c > 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const keyword *keyword_of_type(uint16_t type)
{
    for (uint32_t i = 0; i < keyword_count; i++)
        if (keyword_list[i].type == type)
            return &keyword_list[i];
    return NULL;
}

static uint8_t class_at(const scanner *s, uint32_t i)
{
    return i < s->sql.n ? char_class[(uint8_t)s->sql.p[i]] : 0;
}

static char byte_at(const scanner *s, uint32_t i)
{
    return i < s->sql.n ? s->sql.p[i] : 0;
}

static uint32_t skip_class(const scanner *s, uint32_t i, uint8_t classes)
{
    while (class_at(s, i) & classes)
        i++;
    return i;
}

static void skip_blanks(scanner *s)
{
    for (;;) {
        s->at = skip_class(s, s->at, CH_BLANK);
        char c = byte_at(s, s->at), d = byte_at(s, s->at + 1);
        if (c == '-' && d == '-') {
            const char *nl = memchr(s->sql.p + s->at, '\n', s->sql.n - s->at);
            s->at = nl ? (uint32_t)(nl - s->sql.p) + 1 : s->sql.n;
        } else if (c == '/' && d == '*' && !s->no_comment_end) {
            int64_t end = str_find(s->sql, STR("*/"), s->at + 2);
            if (end < 0) {
                s->no_comment_end = true;
                return;
            }
            s->at = (uint32_t)end + 2;
        } else {
            return;
        }
    }
}

/* Bytes of a quoted token at i, 0 when it is never closed. A doubled quote stands for one; in a
 * text that ends inside, the last quote met closes the token. */
static uint32_t quoted_len(const scanner *s, uint32_t i, char quote)
{
    uint32_t closed = 0, j = i + 1;
    while (j < s->sql.n) {
        const char *q = memchr(s->sql.p + j, quote, s->sql.n - j);
        if (q == NULL)
            break;
        j = (uint32_t)(q - s->sql.p) + 1;
        closed = j - i;
        if (byte_at(s, j) != quote)
            break;
        j++;
    }
    return closed;
}

/* The end of an exponent at i, or i when there is none. */
static uint32_t exponent_end(const scanner *s, uint32_t i)
{
    if (upper(byte_at(s, i)) != 'E')
        return i;
    uint32_t j = i + 1;
    if (byte_at(s, j) == '+' || byte_at(s, j) == '-')
        j++;
    return class_at(s, j) & CH_DIGIT ? skip_class(s, j, CH_DIGIT) : i;
}

/* Integer, decimal, float or an identifier that starts with a digit: the longest wins, a tie is a
 * number. */
static uint16_t number_at(const scanner *s, uint32_t i, uint32_t *end)
{
    uint16_t type = TK_INTEGER_LIT;
    uint32_t j = skip_class(s, i, CH_DIGIT);
    if (byte_at(s, j) == '.') {
        type = TK_DECIMAL_LIT;
        j = skip_class(s, j + 1, CH_DIGIT);
    }
    uint32_t e = exponent_end(s, j);
    if (e > j) {
        type = TK_FLOAT_LIT;
        j = e;
    }
    uint32_t word = class_at(s, i) & CH_DIGIT ? skip_class(s, i, CH_WORD) : i;
    if (word > j) {
        type = TK_DIGIT_IDENT;
        j = word;
    }
    *end = j;
    return type;
}

static uint16_t word_at(const scanner *s, uint32_t i, uint32_t *end)
{
    *end = skip_class(s, i, CH_WORD);
    const keyword *k = keyword_find((str){s->sql.p + i, *end - i});
    return k ? k->type : TK_IDENT;
}

/* Longest first where one is the start of another. */
static const struct {
    char     text[3];
    uint16_t type;
} operators[] = {
    {"<>", TK_NE},     {"!=", TK_NE},     {"<=", TK_LE},   {">=", TK_GE},     {"=>", TK_LAMBDA}, {"->", TK_ARROW},
    {":=", TK_ASSIGN}, {"||", TK_CONCAT}, {"=", TK_EQ},    {"<", TK_LT},      {">", TK_GT},      {"+", TK_PLUS},
    {"-", TK_MINUS},   {"*", TK_STAR},    {"/", TK_SLASH}, {"%", TK_PERCENT}, {".", TK_DOT},     {",", TK_COMMA},
    {"(", TK_LP},      {")", TK_RP},      {"[", TK_LB},    {"]", TK_RB},      {";", TK_SEMI},
};

static uint16_t operator_at(const scanner *s, uint32_t i, uint32_t *end)
{
    char c = byte_at(s, i), d = byte_at(s, i + 1);
    for (size_t k = 0; k < sizeof operators / sizeof *operators; k++) {
        const char *t = operators[k].text;
        if (t[0] == c && (t[1] == 0 || t[1] == d)) {
            *end = i + (t[1] ? 2 : 1);
            return operators[k].type;
        }
    }
    /* one character, not one byte: the message quotes it */
    *end = i + 1;
    while (*end < s->sql.n && ((uint8_t)s->sql.p[*end] & 0xc0) == 0x80)
        ++*end;
    return TK_UNRECOGNIZED;
}

static bool variable_at(const scanner *s, uint32_t i, uint32_t *end)
{
    if (byte_at(s, i) != '$' || byte_at(s, i + 1) != '{' || !(class_at(s, i + 2) & (CH_LETTER | CH_UNDER)))
        return false;
    uint32_t j = skip_class(s, i + 2, CH_WORD);
    *end = j + 1;
    return byte_at(s, j) == '}';
}

token scan_next(scanner *s)
{
    skip_blanks(s);
    uint32_t i = s->at;
    token    t = {TK_EOF, i, 0, s->prev_end};
    if (i >= s->sql.n)
        return t;
    uint32_t end = i;
    char     c = s->sql.p[i];
    if (class_at(s, i) & (CH_LETTER | CH_UNDER)) {
        t.type = word_at(s, i, &end);
    } else if ((class_at(s, i) & CH_DIGIT) || (c == '.' && (class_at(s, i + 1) & CH_DIGIT))) {
        t.type = number_at(s, i, &end);
    } else if (c == '\'' || c == '"' || c == '`') {
        end = i + quoted_len(s, i, c);
        t.type = c == '\'' ? TK_STRING_LIT : TK_QUOTED_IDENT;
    } else if (variable_at(s, i, &end)) {
        t.type = TK_VARIABLE;
    } else {
        end = i;
    }
    if (end == i)
        t.type = operator_at(s, i, &end);
    t.len = end - i;
    s->at = s->prev_end = end;
    return t;
}
