/* Java's regular expressions, rewritten for PCRE2: a recursive descent over the pattern that checks what
 * Java refuses and spells out what the two read differently.
 *
 * Flags are tracked here and written into what is emitted, so PCRE2 itself runs with UTF alone. A part of
 * the output that matches exactly one character is an "atom" with its text; look-behinds of bounded length
 * are expanded into alternatives of fixed length, which is what PCRE2 can do.
 */
#include <stdio.h>

#include "engine/func/func_int.h"
#include "engine/func/java_regex_int.h"

#define LOOKBEHIND_WAYS_MAX 256 /* alternatives a look-behind may expand into */

enum { FLAG_I = 1, FLAG_M = 2, FLAG_S = 4, FLAG_U = 8, FLAG_X = 16, FLAG_D = 32, FLAG_UNICODE = 64 };

#define TERMINATORS "\\n\\r\\x{85}\\x{2028}\\x{2029}"
#define WORD "[\\p{L}\\p{Nd}_]"

typedef struct tr {
    arena      *a;
    str         s;
    uint32_t    at, flags, depth;
    uint32_t    groups;       /* opened so far */
    uint32_t    groups_total; /* in the whole pattern */
    const char *why;
} tr;

static bool fail(tr *t, const char *why)
{
    if (t->why == NULL)
        t->why = why;
    return false;
}

static bool more(const tr *t)
{
    return t->at < t->s.n;
}

static char peek(const tr *t)
{
    return more(t) ? t->s.p[t->at] : 0;
}

static bool looking_at(const tr *t, const char *z)
{
    size_t n = strlen(z);
    return t->s.n - t->at >= n && memcmp(t->s.p + t->at, z, n) == 0;
}

static bool eat(tr *t, const char *z)
{
    if (!looking_at(t, z))
        return false;
    t->at += (uint32_t)strlen(z);
    return true;
}

static bool ascii_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
    return ascii_digit(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static uint32_t next_char(tr *t)
{
    uint32_t len, c = utf8_at(t->s.p + t->at, t->s.p + t->s.n, &len);
    t->at += len;
    return c;
}

/* In comments mode blanks and comments between things do not count. */
static void skip_comments(tr *t)
{
    while (t->flags & FLAG_X && more(t)) {
        char c = peek(t);
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            t->at++;
        } else if (c == '#') {
            while (more(t) && peek(t) != '\n' && peek(t) != '\r')
                t->at++;
        } else {
            return;
        }
    }
}

/* ---- single characters */

static void put_code(buf *out, uint32_t c)
{
    if (ascii_letter(c) || (c >= '0' && c <= '9'))
        buf_putc(out, (char)c);
    else
        buf_printf(out, "\\x{%x}", c);
}

static void put_char(tr *t, buf *out, uint32_t c)
{
    if (t->flags & FLAG_I && t->flags & FLAG_U) {
        buf_putz(out, "(?i:");
        put_code(out, c);
        buf_putc(out, ')');
    } else if (t->flags & FLAG_I && ascii_letter(c)) {
        buf_printf(out, "[%c%c]", (char)c, (char)(c ^ 0x20));
    } else {
        put_code(out, c);
    }
}

static bool read_hex(tr *t, uint32_t digits, uint32_t *c)
{
    *c = 0;
    for (uint32_t i = 0; i < digits; i++) {
        int d = hex_digit(peek(t));
        if (d < 0)
            return false;
        *c = *c << 4 | (uint32_t)d;
        t->at++;
    }
    return true;
}

static bool read_unicode(tr *t, uint32_t *c)
{
    uint32_t low, back;
    if (!read_hex(t, 4, c))
        return fail(t, "Illegal Unicode escape sequence");
    back = t->at;
    if (*c >= 0xd800 && *c < 0xdc00 && eat(t, "\\u")) {
        if (read_hex(t, 4, &low) && low >= 0xdc00 && low < 0xe000) {
            *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
            return true;
        }
        t->at = back;
    }
    return (*c >= 0xd800 && *c < 0xe000) ? fail(t, "a lone surrogate cannot be matched") : true;
}

static bool read_code_point(tr *t, uint32_t *c)
{
    *c = 0;
    uint32_t n = 0;
    for (int d; (d = hex_digit(peek(t))) >= 0 && n < 8; n++, t->at++)
        *c = *c << 4 | (uint32_t)d;
    if (n == 0 || !eat(t, "}") || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000))
        return fail(t, "Illegal hexadecimal escape sequence");
    return true;
}

static bool read_octal(tr *t, uint32_t *c)
{
    uint32_t n = 0;
    *c = 0;
    while (n < 3 && peek(t) >= '0' && peek(t) <= '7' && *c * 8 + (uint32_t)(peek(t) - '0') <= 0377) {
        *c = *c * 8 + (uint32_t)(peek(t) - '0');
        t->at++;
        n++;
    }
    return n > 0 || fail(t, "Illegal octal escape sequence");
}

/* An escape that stands for one character; the letter is taken already. false without why: it is none. */
static bool escaped_char(tr *t, uint32_t e, uint32_t *c)
{
    switch (e) {
    case 't':
        *c = '\t';
        return true;
    case 'n':
        *c = '\n';
        return true;
    case 'r':
        *c = '\r';
        return true;
    case 'f':
        *c = '\f';
        return true;
    case 'a':
        *c = 7;
        return true;
    case 'e':
        *c = 27;
        return true;
    case '0':
        return read_octal(t, c);
    case 'c':
        if (!more(t))
            return fail(t, "Illegal control escape sequence");
        *c = next_char(t) ^ 64;
        return true;
    case 'u':
        return read_unicode(t, c);
    case 'x':
        if (eat(t, "{"))
            return read_code_point(t, c);
        return read_hex(t, 2, c) || fail(t, "Illegal hexadecimal escape sequence");
    default:
        *c = e;
        return !ascii_letter(e) && !(e >= '0' && e <= '9');
    }
}

/* ---- classes */

/* \d \w \s and their kind as the inside of a class; false when e is none of them. */
static bool put_shorthand(tr *t, uint32_t e, buf *out)
{
    bool u = t->flags & FLAG_UNICODE;
    switch (e) {
    case 'd':
        buf_putz(out, u ? "\\p{Nd}" : "0-9");
        return true;
    case 'w':
        buf_putz(out, u ? "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200c}\\x{200d}" : "A-Za-z0-9_");
        return true;
    case 's':
        buf_putz(out, u ? "\\p{White_Space}" : " \\t-\\r");
        return true;
    case 'h':
        buf_putz(out, "\\h");
        return true;
    case 'v':
        buf_putz(out, "\\v");
        return true;
    case 'D':
        buf_putz(out, u ? "\\P{Nd}" : "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}");
        return true;
    case 'W':
        buf_putz(out, u ? "\x01\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200c}\\x{200d}"
                        : "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}");
        return true;
    case 'S':
        buf_putz(out, u ? "\\P{White_Space}" : "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{10ffff}");
        return true;
    case 'H':
        buf_putz(out, "\\H");
        return true;
    case 'V':
        buf_putz(out, "\\V");
        return true;
    default:
        return false;
    }
}

static bool put_property(tr *t, bool negated, buf *out)
{
    str name;
    if (eat(t, "{")) {
        uint32_t from = t->at;
        while (more(t) && peek(t) != '}')
            t->at++;
        name = str_make(t->s.p + from, t->at - from);
        if (!eat(t, "}"))
            return fail(t, "Unclosed character family");
    } else {
        if (!more(t))
            return fail(t, "Unclosed character family");
        name = str_make(t->s.p + t->at++, 1);
    }
    if (name.n && name.p[0] == '^')
        return fail(t, "Unknown character property name");
    return java_property(name, negated, t->flags & FLAG_UNICODE, out) || fail(t, "Unknown character property name");
}

/* A set that matches one character, as PCRE2 text. */
static str set_text(tr *t, str inside, bool negated)
{
    if (inside.n && inside.p[0] == 1) { /* the complement of the rest */
        inside = str_make(inside.p + 1, inside.n - 1);
        negated = !negated;
    }
    bool fold = t->flags & FLAG_I && t->flags & FLAG_U;
    return str_fmt(t->a, fold ? "(?i:[%s%.*s])" : "[%s%.*s]", negated ? "^" : "", STR_FMT(inside));
}

static void put_range(tr *t, buf *out, uint32_t from, uint32_t to)
{
    put_code(out, from);
    if (to > from) {
        buf_putc(out, '-');
        put_code(out, to);
    }
    if (!(t->flags & FLAG_I) || t->flags & FLAG_U)
        return;
    for (int shift = 0; shift < 2; shift++) { /* ASCII letters in the other case */
        uint32_t lo = shift ? 'a' : 'A', hi = shift ? 'z' : 'Z';
        lo = from > lo ? from : lo;
        hi = to < hi ? to : hi;
        if (lo <= hi)
            buf_printf(out, "%c-%c", (char)(lo ^ 0x20), (char)(hi ^ 0x20));
    }
}

static str class_body(tr *t);

/* Behind '['. The text of a set. */
static str class_nested(tr *t)
{
    if (++t->depth > REGEX_DEPTH_MAX) {
        fail(t, "Pattern too deep");
        return STR_NONE;
    }
    str s = class_body(t);
    t->depth--;
    return s;
}

/* The end of a range; false when there is none: then '-' is a character. */
static bool range_end(tr *t, uint32_t from, uint32_t *to)
{
    *to = from;
    if (peek(t) != '-' || t->at + 1 >= t->s.n)
        return true;
    char next = t->s.p[t->at + 1];
    if (next == ']' || next == '[' || (next == '&' && t->at + 2 < t->s.n && t->s.p[t->at + 2] == '&'))
        return true;
    t->at++;
    uint32_t c = next_char(t);
    if (c == '\\') {
        if (!more(t) || !escaped_char(t, next_char(t), &c))
            return fail(t, "Illegal character range");
    }
    *to = c;
    return c >= from || fail(t, "Illegal character range");
}

static bool class_item(tr *t, buf *plain, buf *sets)
{
    uint32_t c = next_char(t), to;
    if (c == '\\') {
        if (!more(t))
            return fail(t, "Unclosed character class");
        uint32_t e = next_char(t);
        buf      family = BUF_INIT(REGEX_PATTERN_MAX);
        bool     is_family = e == 'p' || e == 'P' ? put_property(t, e == 'P', &family) : put_shorthand(t, e, &family);
        if (is_family && family.n && family.p[0] == 1) {
            str s = set_text(t, buf_str(&family), false);
            buf_printf(sets, "|%.*s", STR_FMT(s));
        } else if (is_family) {
            buf_put(plain, family.p, family.n);
        }
        buf_free(&family);
        if (is_family || t->why)
            return t->why == NULL;
        if (e == 'Q') {
            while (more(t) && !eat(t, "\\E")) {
                c = next_char(t);
                put_range(t, plain, c, c);
            }
            return true;
        }
        if (!escaped_char(t, e, &c))
            return fail(t, "Illegal/unsupported escape sequence");
    }
    if (!range_end(t, c, &to))
        return false;
    put_range(t, plain, c, to);
    return true;
}

/* Items up to the closing ']' or to "&&". */
static str class_union(tr *t, bool first_may_close)
{
    buf      plain = BUF_INIT(REGEX_PATTERN_MAX), sets = BUF_INIT(REGEX_PATTERN_MAX);
    str      out = STR_NONE;
    uint32_t start = t->at;
    while (t->why == NULL) {
        skip_comments(t);
        if (!more(t)) {
            fail(t, "Unclosed character class");
        } else if ((peek(t) == ']' && !(first_may_close && t->at == start)) || looking_at(t, "&&")) {
            break;
        } else if (eat(t, "[")) {
            str s = class_nested(t);
            buf_printf(&sets, "|%.*s", STR_FMT(s));
        } else {
            class_item(t, &plain, &sets);
        }
    }
    if (t->why == NULL) {
        str text = plain.n ? set_text(t, buf_str(&plain), false) : STR_NONE;
        if (sets.n == 0)
            out = text;
        else if (plain.n)
            out = str_fmt(t->a, "(?:%.*s%.*s)", STR_FMT(text), (int)sets.n, sets.p);
        else
            out = str_fmt(t->a, "(?:%.*s)", (int)sets.n - 1, sets.p + 1);
    }
    buf_free(&plain);
    buf_free(&sets);
    return out;
}

static str class_body(tr *t)
{
    bool negated = eat(t, "^");
    str  all = class_union(t, true);
    while (t->why == NULL && eat(t, "&&")) {
        while (eat(t, "&&"))
            ;
        str r = class_union(t, false);
        if (all.n == 0)
            all = r;
        else if (r.n)
            all = str_fmt(t->a, "(?:(?=%.*s)%.*s)", STR_FMT(r), STR_FMT(all));
    }
    if (t->why == NULL && !eat(t, "]"))
        fail(t, "Unclosed character class");
    if (t->why == NULL && all.n == 0)
        fail(t, "Bad class syntax");
    if (!negated || t->why)
        return all;
    if (all.p[0] == '[' && all.n > 1 && all.p[1] != '^')
        return str_fmt(t->a, "[^%.*s", (int)all.n - 1, all.p + 1);
    return str_fmt(t->a, "(?:(?!%.*s)(?s:.))", STR_FMT(all));
}

/* ---- anchors and the like */

static const char *dollar(uint32_t flags)
{
    if (flags & FLAG_M)
        return flags & FLAG_D ? "(?=\\z|\\n)" : "(?=\\z|\\r\\n|(?<!\\r)\\n|[\\r\\x{85}\\x{2028}\\x{2029}])";
    return flags & FLAG_D ? "(?=\\n?\\z)" : "(?=(?:\\r\\n|(?<!\\r)\\n|[\\r\\x{85}\\x{2028}\\x{2029}])?\\z)";
}

static const char *caret(uint32_t flags)
{
    if (!(flags & FLAG_M))
        return "\\A";
    return flags & FLAG_D ? "(?:\\A|(?<=\\n)(?!\\z))"
                          : "(?:\\A|(?:(?<=[\\n\\x{85}\\x{2028}\\x{2029}])|(?<=\\r)(?!\\n))(?!\\z))";
}

static bool back_reference(tr *t, char first, buf *out)
{
    uint32_t n = (uint32_t)(first - '0');
    while (ascii_digit(peek(t)) && n * 10 + (uint32_t)(peek(t) - '0') <= t->groups)
        n = n * 10 + (uint32_t)(t->s.p[t->at++] - '0');
    if (n > t->groups_total)
        buf_putz(out, "(?!)"); /* a group that does not exist matches nothing */
    else
        buf_printf(out, t->flags & FLAG_I ? "(?i:\\g{%u})" : "\\g{%u}", n);
    return true;
}

static bool read_name(tr *t, char close, str *name)
{
    uint32_t from = t->at;
    while (ascii_letter((uint8_t)peek(t)) || (t->at > from && ascii_digit(peek(t))))
        t->at++;
    *name = str_make(t->s.p + from, t->at - from);
    if (name->n == 0 || name->n > 32 || peek(t) != close)
        return fail(t, "named capturing group is missing trailing '>'");
    t->at++;
    return true;
}

/* Behind the backslash. */
static bool escape(tr *t, buf *out)
{
    if (!more(t))
        return fail(t, "Unexpected internal error");
    uint32_t e = next_char(t), c;
    buf      family = BUF_INIT(REGEX_PATTERN_MAX);
    bool     is_family = e == 'p' || e == 'P' ? put_property(t, e == 'P', &family) : put_shorthand(t, e, &family);
    if (is_family)
        buf_puts(out, set_text(t, buf_str(&family), false));
    buf_free(&family);
    if (is_family || t->why)
        return t->why == NULL;
    switch (e) {
    case 'A':
        buf_putz(out, "\\A");
        return true;
    case 'z':
        buf_putz(out, "\\z");
        return true;
    case 'Z':
        buf_putz(out, dollar(t->flags & FLAG_D));
        return true;
    case 'G':
        buf_putz(out, "\\G");
        return true;
    case 'R':
        buf_putz(out, "\\R");
        return true;
    case 'X':
        buf_putz(out, "\\X");
        return true;
    case 'b':
        buf_putz(out, "(?:(?<=" WORD ")(?!" WORD ")|(?<!" WORD ")(?=" WORD "))");
        return true;
    case 'B':
        buf_putz(out, "(?:(?<=" WORD ")(?=" WORD ")|(?<!" WORD ")(?!" WORD "))");
        return true;
    case 'k': {
        str name;
        if (!eat(t, "<") || !read_name(t, '>', &name))
            return fail(t, "\\k is not followed by '<' for named capturing group");
        buf_printf(out, t->flags & FLAG_I ? "(?i:\\k<%.*s>)" : "\\k<%.*s>", STR_FMT(name));
        return true;
    }
    case 'Q':
        while (more(t) && !eat(t, "\\E"))
            put_char(t, out, next_char(t));
        return true;
    default:
        break;
    }
    if (e >= '1' && e <= '9')
        return back_reference(t, (char)e, out);
    if (!escaped_char(t, e, &c))
        return fail(t, "Illegal/unsupported escape sequence");
    put_char(t, out, c);
    return true;
}

/* ---- quantifiers */

typedef struct counts {
    uint32_t min, max; /* max UINT32_MAX: no bound */
    bool     there;
    char     mode; /* 0, '?' or '+' */
} counts;

static bool read_count(tr *t, uint32_t *n)
{
    uint64_t v = 0;
    uint32_t from = t->at;
    while (ascii_digit(peek(t)) && v < UINT32_MAX)
        v = v * 10 + (uint64_t)(t->s.p[t->at++] - '0');
    *n = (uint32_t)(v < UINT32_MAX ? v : UINT32_MAX - 1);
    return t->at > from;
}

static bool quantifier(tr *t, counts *q)
{
    *q = (counts){.min = 1, .max = 1};
    skip_comments(t);
    if (eat(t, "*")) {
        q->min = 0;
        q->max = UINT32_MAX;
    } else if (eat(t, "+")) {
        q->max = UINT32_MAX;
    } else if (eat(t, "?")) {
        q->min = 0;
    } else if (eat(t, "{")) {
        if (!read_count(t, &q->min))
            return fail(t, "Illegal repetition");
        q->max = q->min;
        if (eat(t, ",") && !read_count(t, &q->max))
            q->max = UINT32_MAX;
        if (!eat(t, "}"))
            return fail(t, "Unclosed counted closure");
        if (q->max < q->min)
            return fail(t, "Illegal repetition range");
    } else {
        return true;
    }
    q->there = true;
    if (eat(t, "?"))
        q->mode = '?';
    else if (eat(t, "+"))
        q->mode = '+';
    return true;
}

static void put_quantifier(buf *out, const counts *q)
{
    if (q->min == 0 && q->max == UINT32_MAX)
        buf_putc(out, '*');
    else if (q->min == 1 && q->max == UINT32_MAX)
        buf_putc(out, '+');
    else if (q->min == 0 && q->max == 1)
        buf_putc(out, '?');
    else if (q->max == UINT32_MAX)
        buf_printf(out, "{%u,}", q->min);
    else
        buf_printf(out, "{%u,%u}", q->min, q->max);
    if (q->mode)
        buf_putc(out, q->mode);
}

/* ---- look-behinds: all fixed forms of what is inside */

typedef struct ways { /* texts of PCRE2; NULL list: none yet */
    str     *list;
    uint32_t n;
} ways;

static bool sequence_ways(tr *t, ways *w, bool *expandable);
static bool atom(tr *t, buf *out, bool *group);

static bool ways_product(tr *t, ways *w, const ways *by)
{
    if ((uint64_t)w->n * by->n > LOOKBEHIND_WAYS_MAX)
        return fail(t, "Look-behind group does not have an obvious maximum length");
    str *list = ARENA_ARRAY(t->a, str, (size_t)w->n * by->n);
    for (uint32_t i = 0; i < w->n; i++)
        for (uint32_t k = 0; k < by->n; k++) {
            if ((size_t)w->list[i].n + by->list[k].n > REGEX_PATTERN_MAX)
                return fail(t, "Pattern too long");
            list[i * by->n + k] = str_fmt(t->a, "%.*s%.*s", STR_FMT(w->list[i]), STR_FMT(by->list[k]));
        }
    *w = (ways){list, w->n * by->n};
    return true;
}

static bool ways_union(tr *t, ways *w, const ways *more_ways)
{
    if (w->n + more_ways->n > LOOKBEHIND_WAYS_MAX)
        return fail(t, "Look-behind group does not have an obvious maximum length");
    str *list = ARENA_ARRAY(t->a, str, w->n + more_ways->n);
    memcpy(list, w->list, w->n * sizeof *list);
    memcpy(list + w->n, more_ways->list, more_ways->n * sizeof *list);
    *w = (ways){list, w->n + more_ways->n};
    return true;
}

static bool ways_repeat(tr *t, ways *one, const counts *q)
{
    static str empty[1];
    ways       all = {NULL, 0};
    if (q->max > LOOKBEHIND_WAYS_MAX)
        return fail(t, "Look-behind group does not have an obvious maximum length");
    for (uint32_t times = q->min; times <= q->max; times++) {
        ways w = {empty, 1};
        for (uint32_t i = 0; i < times; i++)
            if (!ways_product(t, &w, one))
                return false;
        if (all.n == 0)
            all = w;
        else if (!ways_union(t, &all, &w))
            return false;
    }
    *one = all;
    return true;
}

/* A piece of a look-behind with its quantifier. Groups without a number are looked into; anything else is
 * taken as it is and must be of fixed length. */
static bool piece_ways(tr *t, ways *w, bool *expandable)
{
    uint32_t flags = t->flags;
    buf      one = BUF_INIT(REGEX_PATTERN_MAX);
    bool     group = false;
    counts   q;
    if (eat(t, "(?:")) {
        if (!sequence_ways(t, w, expandable))
            return false;
        t->flags = flags;
        if (!eat(t, ")"))
            return fail(t, "Unclosed group");
    } else {
        bool ok = atom(t, &one, &group);
        str *list = ARENA_ARRAY(t->a, str, 1);
        if (ok)
            list[0] = str_dup(t->a, buf_str(&one));
        buf_free(&one);
        if (!ok)
            return false;
        *w = (ways){list, 1};
    }
    if (!quantifier(t, &q))
        return false;
    if (!q.there || (q.min == 1 && q.max == 1))
        return true;
    if (group)
        *expandable = false; /* copies of a numbered group would shift the numbers */
    return ways_repeat(t, w, &q);
}

static bool sequence_ways(tr *t, ways *out, bool *expandable)
{
    static str empty[1];
    ways       all = {NULL, 0}, now = {empty, 1};
    if (++t->depth > REGEX_DEPTH_MAX)
        return fail(t, "Pattern too deep");
    for (;;) {
        skip_comments(t);
        if (!more(t) || peek(t) == ')' || peek(t) == '|') {
            if (all.n == 0)
                all = now;
            else if (!ways_union(t, &all, &now))
                return false;
            if (peek(t) != '|')
                break;
            t->at++;
            now = (ways){empty, 1};
            continue;
        }
        ways w;
        if (!piece_ways(t, &w, expandable) || !ways_product(t, &now, &w))
            return false;
    }
    t->depth--;
    *out = all;
    return true;
}

static bool look_behind(tr *t, const char *open, buf *out)
{
    ways w;
    bool expandable = true;
    if (!sequence_ways(t, &w, &expandable))
        return false;
    if (!expandable)
        return fail(t, "a repeated capturing group in a look-behind is not supported");
    if (!eat(t, ")"))
        return fail(t, "Unclosed group");
    buf_putz(out, open);
    for (uint32_t i = 0; i < w.n; i++) {
        if (i)
            buf_putc(out, '|');
        buf_puts(out, w.list[i]);
    }
    buf_putc(out, ')');
    return true;
}

/* ---- groups */

static bool alternatives(tr *t, buf *out);

static bool flag_bit(char c, uint32_t *bit)
{
    static const char     letters[] = "imsuxdU";
    static const uint32_t bits[] = {FLAG_I, FLAG_M, FLAG_S, FLAG_U, FLAG_X, FLAG_D, FLAG_UNICODE | FLAG_U};
    const char           *p = c ? strchr(letters, c) : NULL;
    if (p)
        *bit = bits[p - letters];
    return p != NULL;
}

static bool group_rest(tr *t, buf *out, uint32_t outer_flags)
{
    if (!alternatives(t, out))
        return false;
    t->flags = outer_flags;
    if (!eat(t, ")"))
        return fail(t, "Unclosed group");
    buf_putc(out, ')');
    return true;
}

/* (?i-s) and (?i-s:...) */
static bool flag_group(tr *t, buf *out, bool *nothing)
{
    uint32_t outer = t->flags, bit;
    bool     on = true;
    for (;;) {
        char c = peek(t);
        if (c == '-' && on) {
            on = false;
        } else if (flag_bit(c, &bit)) {
            t->flags = on ? t->flags | bit : t->flags & ~bit;
        } else {
            break;
        }
        t->at++;
    }
    if (eat(t, ")")) { /* holds to the end of the group around it */
        *nothing = true;
        return true;
    }
    if (!eat(t, ":"))
        return fail(t, "Unknown inline modifier");
    buf_putz(out, "(?:");
    return group_rest(t, out, outer);
}

/* Behind '('. */
static bool group(tr *t, buf *out, bool *capturing, bool *nothing)
{
    uint32_t outer = t->flags;
    if (!eat(t, "?")) {
        *capturing = true;
        t->groups++;
        buf_putc(out, '(');
        return group_rest(t, out, outer);
    }
    static const char *const plain[] = {":", ">", "=", "!"};
    for (int i = 0; i < 4; i++)
        if (eat(t, plain[i])) {
            buf_printf(out, "(?%s", plain[i]);
            return group_rest(t, out, outer);
        }
    if (eat(t, "<=") || eat(t, "<!")) {
        bool ok = look_behind(t, t->s.p[t->at - 1] == '=' ? "(?<=" : "(?<!", out);
        t->flags = outer;
        return ok;
    }
    if (eat(t, "<")) {
        str name;
        if (!read_name(t, '>', &name))
            return false;
        *capturing = true;
        t->groups++;
        buf_printf(out, "(?<%.*s>", STR_FMT(name));
        return group_rest(t, out, outer);
    }
    return flag_group(t, out, nothing);
}

/* One thing that a quantifier may follow. *capturing: it holds a numbered group. */
static bool atom(tr *t, buf *out, bool *capturing)
{
    uint32_t before = t->groups;
    bool     nothing = false, unused = false;
    if (++t->depth > REGEX_DEPTH_MAX)
        return fail(t, "Pattern too deep");
    if (eat(t, "(")) {
        if (!group(t, out, &unused, &nothing))
            return false;
    } else if (eat(t, "[")) {
        str s = class_nested(t);
        buf_puts(out, s);
    } else if (eat(t, "\\")) {
        escape(t, out);
    } else if (eat(t, ".")) {
        buf_putz(out, t->flags & FLAG_S ? "(?s:.)" : t->flags & FLAG_D ? "[^\\n]" : "[^" TERMINATORS "]");
    } else if (eat(t, "^")) {
        buf_putz(out, caret(t->flags));
    } else if (eat(t, "$")) {
        buf_putz(out, dollar(t->flags));
    } else if (peek(t) == '*' || peek(t) == '+' || peek(t) == '?') {
        fail(t, "Dangling meta character");
    } else if (peek(t) == '{') {
        fail(t, "Illegal repetition");
    } else {
        put_char(t, out, next_char(t));
    }
    t->depth--;
    *capturing = t->groups != before;
    return t->why == NULL;
}

static bool alternatives(tr *t, buf *out)
{
    if (++t->depth > REGEX_DEPTH_MAX)
        return fail(t, "Pattern too deep");
    for (;;) {
        skip_comments(t);
        if (!more(t) || peek(t) == ')')
            break;
        if (eat(t, "|")) {
            buf_putc(out, '|');
            continue;
        }
        size_t from = out->n;
        bool   capturing;
        counts q;
        if (!atom(t, out, &capturing))
            return false;
        bool empty = out->n == from; /* flags, or \Q\E */
        if (!quantifier(t, &q))
            return false;
        if (!q.there)
            continue;
        if (empty)
            return fail(t, "Dangling meta character");
        if (q.max != UINT32_MAX && q.max > 65535)
            return fail(t, "Illegal repetition range");
        put_quantifier(out, &q);
    }
    t->depth--;
    return !out->full || fail(t, "Pattern too long");
}

/* Numbered groups of the whole pattern: what a back-reference may name. */
static uint32_t count_groups(str s)
{
    uint32_t n = 0;
    int      depth = 0; /* of classes */
    for (uint32_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\\') {
            if (i + 1 < s.n && s.p[i + 1] == 'Q') {
                int64_t end = str_find(s, STR("\\E"), i + 2);
                i = end < 0 ? s.n : (uint32_t)end + 1;
            } else {
                i++;
            }
        } else if (c == '[') {
            depth++;
        } else if (c == ']' && depth) {
            depth--;
        } else if (c == '(' && depth == 0) {
            bool special = i + 1 < s.n && s.p[i + 1] == '?';
            bool named = special && i + 3 < s.n && s.p[i + 2] == '<' && s.p[i + 3] != '=' && s.p[i + 3] != '!';
            n += !special || named;
        }
    }
    return n;
}

bool java_regex_translate(arena *a, str pattern, buf *out, char *err, size_t err_max)
{
    tr t = {.a = a, .s = pattern, .groups_total = count_groups(pattern)};
    if (alternatives(&t, out) && more(&t))
        fail(&t, "Unmatched closing ')'");
    if (t.why == NULL && t.groups > REGEX_GROUPS_MAX)
        fail(&t, "Too many groups");
    if (t.why)
        snprintf(err, err_max, "%s near index %u", t.why, t.at);
    return t.why == NULL;
}
