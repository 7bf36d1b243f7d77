/* The JSON decoder: one pass over the text, directed by the columns' types. What nobody reads is
 * skipped, strings without escapes are not copied, no tree is built.
 *
 * A member belongs to the column of exactly its name, else to the column equal to its name in upper
 * case; an exact match beats the other wherever it stands (spec/formats-and-schema-registry.md 6.1).
 */
#include "engine/format/json_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/mem.h"
#include "base/num.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"

static bool fail(json_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(json_reader *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r->err, sizeof r->err, fmt, ap);
    va_end(ap);
    r->path_n = 0;
    return false;
}

/* Puts a step before the path of the failure, while the recursion unwinds. */
static bool at_path(json_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool at_path(json_reader *r, const char *fmt, ...)
{
    char    step[128];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(step, sizeof step, fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof step)
        n = (int)sizeof step - 1;
    if (r->path_n + (uint32_t)n < sizeof r->path) {
        memmove(r->path + n, r->path, r->path_n);
        memcpy(r->path, step, (size_t)n);
        r->path_n += (uint32_t)n;
    }
    return false;
}

static bool torn(json_reader *r)
{
    return fail(r, "Unexpected end-of-input or character at byte %ld", r->p - r->begin);
}

static inline void blanks(json_reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
}

/* ---- strings */

/* The first quote, backslash or control character at or behind p; *high: a byte >= 0x80 was seen. */
static inline const char *string_scan(const char *p, const char *end, bool *high)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), ctl = _mm_set1_epi8(0x1f);
    int           seen = 0;
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)p);
        __m128i stop = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, back));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(_mm_max_epu8(v, ctl), ctl));
        int mask = _mm_movemask_epi8(stop), hi = _mm_movemask_epi8(v);
        if (mask) {
            int n = __builtin_ctz((unsigned)mask);
            *high = seen || (hi & ((1 << n) - 1));
            return p + n;
        }
        seen |= hi;
        p += 16;
    }
    *high = seen != 0;
#else
    *high = false;
#endif
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20) {
        *high |= (*p & 0x80) != 0;
        p++;
    }
    return p;
}

static int hex4(const char *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int  d = c >= '0' && c <= '9'   ? c - '0'
                 : c >= 'a' && c <= 'f' ? c - 'a' + 10
                 : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                        : -1;
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

static char *put_utf8(char *o, uint32_t c)
{
    if (c < 0x80) {
        *o++ = (char)c;
    } else if (c < 0x800) {
        *o++ = (char)(0xc0 | c >> 6);
        *o++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *o++ = (char)(0xe0 | c >> 12);
        *o++ = (char)(0x80 | ((c >> 6) & 0x3f));
        *o++ = (char)(0x80 | (c & 0x3f));
    } else {
        *o++ = (char)(0xf0 | c >> 18);
        *o++ = (char)(0x80 | ((c >> 12) & 0x3f));
        *o++ = (char)(0x80 | ((c >> 6) & 0x3f));
        *o++ = (char)(0x80 | (c & 0x3f));
    }
    return o;
}

static bool unescape(json_reader *r, const char *from, str *out)
{
    /* An escape is never shorter than what it stands for, so the rest of the text bounds the copy. */
    const char *stop = r->p;
    bool        high = false;
    for (;;) { /* find the closing quote first */
        stop = string_scan(stop, r->end, &high);
        if (stop >= r->end)
            return torn(r);
        if (*stop == '"')
            break;
        if (*stop != '\\' || stop + 1 >= r->end) {
            r->p = stop;
            return fail(r, "Illegal unquoted character in a string at byte %ld", stop - r->begin);
        }
        stop += 2;
    }
    char *o = arena_bytes(r->a, (size_t)(stop - from)), *first = o;
    memcpy(o, from, (size_t)(r->p - from));
    o += r->p - from;
    const char *p = r->p;
    while (p < stop) {
        if (*p != '\\') {
            *o++ = *p++;
            continue;
        }
        p++;
        static const char plain[] = "\"\\/bfnrt", real[] = "\"\\/\b\f\n\r\t";
        const char       *k = memchr(plain, *p, 8);
        if (k) {
            *o++ = real[k - plain];
            p++;
            continue;
        }
        int c = *p == 'u' && stop - p >= 5 ? hex4(p + 1) : -1;
        if (c < 0) {
            r->p = p;
            return fail(r, "Unrecognized character escape at byte %ld", p - r->begin);
        }
        p += 5;
        if (c >= 0xd800 && c < 0xdc00 && stop - p >= 6 && p[0] == '\\' && p[1] == 'u') {
            int low = hex4(p + 2);
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                p += 6;
            }
        }
        if (c >= 0xd800 && c < 0xe000)
            c = 0xfffd; /* an unpaired surrogate has no UTF-8 form */
        o = put_utf8(o, (uint32_t)c);
    }
    *out = str_make(first, (size_t)(o - first));
    r->p = stop + 1;
    return utf8_valid(*out) || fail(r, "Invalid UTF-8 in a string");
}

/* r->p stands behind the opening quote. */
static inline bool read_string(json_reader *r, str *out)
{
    const char *from = r->p;
    bool        high;
    r->p = string_scan(from, r->end, &high);
    if (__builtin_expect(r->p < r->end && *r->p == '"', 1)) {
        *out = str_make(from, (size_t)(r->p - from));
        r->p++;
        if (__builtin_expect(high, 0) && !utf8_valid(*out))
            return fail(r, "Invalid UTF-8 in a string");
        return true;
    }
    if (r->p >= r->end)
        return torn(r);
    if (*r->p != '\\')
        return fail(r, "Illegal unquoted character in a string at byte %ld", r->p - r->begin);
    return unescape(r, from, out);
}

/* ---- numbers */

typedef struct number {
    str     text;
    int64_t i;        /* its value when `whole` */
    bool    whole;    /* no fraction, no exponent, fits 64 bits */
    bool    integral; /* no fraction, no exponent */
} number;

static bool read_number(json_reader *r, number *n)
{
    const char *p = r->p, *end = r->end;
    bool        neg = p < end && *p == '-';
    p += neg;
    const char *digits = p;
    uint64_t    v = 0;
    while (p < end && *p >= '0' && *p <= '9')
        v = v * 10 + (uint64_t)(*p++ - '0');
    size_t nd = (size_t)(p - digits);
    if (nd == 0 || (nd > 1 && *digits == '0')) {
        r->p = p;
        return torn(r);
    }
    n->integral = true;
    if (p < end && *p == '.') {
        const char *f = ++p;
        while (p < end && *p >= '0' && *p <= '9')
            p++;
        n->integral = false;
        if (p == f) {
            r->p = p;
            return torn(r);
        }
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        const char *f = p;
        while (p < end && *p >= '0' && *p <= '9')
            p++;
        n->integral = false;
        if (p == f) {
            r->p = p;
            return torn(r);
        }
    }
    n->text = str_make(r->p, (size_t)(p - r->p));
    if (n->text.n > JSON_NUMBER_MAX)
        return fail(r, "Number value length (%u) exceeds the maximum allowed (%d)", n->text.n, JSON_NUMBER_MAX);
    n->whole = n->integral && (nd <= 18 || num_parse_i64(n->text, &n->i));
    if (n->whole && nd <= 18)
        n->i = neg ? -(int64_t)v : (int64_t)v;
    r->p = p;
    return true;
}

static const char *number_node(const number *n)
{
    return !n->integral                             ? "DecimalNode"
           : !n->whole                              ? "BigIntegerNode"
           : n->i >= INT32_MIN && n->i <= INT32_MAX ? "IntNode"
                                                    : "LongNode";
}

/* ---- skipping */

static bool literal(json_reader *r, const char *word, size_t n)
{
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
        return torn(r);
    r->p += n;
    return true;
}

static bool skip_value(json_reader *r)
{
    blanks(r);
    if (r->p >= r->end)
        return torn(r);
    str    s;
    number n;
    switch (*r->p) {
    case '"':
        r->p++;
        return read_string(r, &s);
    case 't':
        return literal(r, "true", 4);
    case 'f':
        return literal(r, "false", 5);
    case 'n':
        return literal(r, "null", 4);
    case '{':
    case '[': {
        char close = *r->p == '{' ? '}' : ']';
        if (++r->depth > JSON_DEPTH_MAX)
            return fail(r, "Document nesting depth exceeds the maximum allowed (%d)", JSON_DEPTH_MAX);
        r->p++;
        blanks(r);
        if (r->p < r->end && *r->p == close) {
            r->p++;
            r->depth--;
            return true;
        }
        for (;;) {
            if (close == '}') {
                blanks(r);
                if (r->p >= r->end || *r->p != '"')
                    return torn(r);
                r->p++;
                if (!read_string(r, &s))
                    return false;
                blanks(r);
                if (r->p >= r->end || *r->p++ != ':')
                    return torn(r);
            }
            if (!skip_value(r))
                return false;
            blanks(r);
            if (r->p >= r->end)
                return torn(r);
            char c = *r->p++;
            if (c == close) {
                r->depth--;
                return true;
            }
            if (c != ',')
                return torn(r);
        }
    }
    default:
        return read_number(r, &n);
    }
}

/* ---- any value to text, for STRING columns */

static void put_number(json_reader *r, buf *out, const number *n)
{
    if (n->integral) {
        if (str_eqz(n->text, "-0"))
            buf_putc(out, '0');
        else
            buf_puts(out, n->text);
        return;
    }
    value   v;
    int32_t scale;
    if (decimal_parse(r->a, n->text, &v, &scale))
        decimal_text(out, v, scale);
    else
        buf_puts(out, n->text);
}

/* Re-serialized without blanks; inside = false: the array spelling of Java's List.toString. */
static bool put_json(json_reader *r, buf *out, bool as_list)
{
    blanks(r);
    if (r->p >= r->end)
        return torn(r);
    str    s;
    number n;
    char   c = *r->p;
    if (c == '"') {
        r->p++;
        if (!read_string(r, &s))
            return false;
        if (as_list)
            buf_puts(out, s);
        else
            json_put_string(out, s);
        return true;
    }
    if (c == 't' || c == 'f' || c == 'n') {
        const char *word = c == 't' ? "true" : c == 'f' ? "false" : "null";
        buf_putz(out, word);
        return literal(r, word, strlen(word));
    }
    if (c != '{' && c != '[') {
        if (!read_number(r, &n))
            return false;
        put_number(r, out, &n);
        return true;
    }
    if (++r->depth > JSON_DEPTH_MAX)
        return fail(r, "Document nesting depth exceeds the maximum allowed (%d)", JSON_DEPTH_MAX);
    bool object = c == '{', list = as_list && !object;
    char close = object ? '}' : ']';
    buf_putc(out, c);
    r->p++;
    for (bool first = true;; first = false) {
        blanks(r);
        if (r->p < r->end && *r->p == close && first)
            break;
        if (!first) {
            if (r->p >= r->end || (*r->p != ',' && *r->p != close))
                return torn(r);
            if (*r->p == close)
                break;
            r->p++;
            buf_putz(out, list ? ", " : ",");
        }
        if (object) {
            blanks(r);
            if (r->p >= r->end || *r->p++ != '"' || !read_string(r, &s))
                return torn(r);
            json_put_string(out, s);
            blanks(r);
            if (r->p >= r->end || *r->p++ != ':')
                return torn(r);
            buf_putc(out, ':');
        }
        if (!put_json(r, out, list))
            return false;
    }
    r->p++;
    r->depth--;
    buf_putc(out, close);
    return true;
}

static bool read_as_text(json_reader *r, value *out)
{
    if (*r->p == '"') {
        str s;
        r->p++;
        if (!read_string(r, &s))
            return false;
        *out = value_s(s);
        return true;
    }
    buf  b = BUF_INIT(BUF_MAX);
    bool ok = put_json(r, &b, true);
    if (ok)
        *out = value_s(str_dup(r->a, buf_str(&b)));
    buf_free(&b);
    return ok;
}

/* ---- typed values */

/* The kind of the value at r->p, which is well formed. */
static const char *node_at(json_reader *r)
{
    if (r->p >= r->end)
        return "MissingNode";
    switch (*r->p) {
    case '"':
        return "TextNode";
    case '{':
        return "ObjectNode";
    case '[':
        return "ArrayNode";
    case 't':
    case 'f':
        return "BooleanNode";
    default: {
        number n;
        read_number(r, &n);
        return number_node(&n);
    }
    }
}

/* Connect's spelling of a type. */
static void connect_type(buf *b, const type *t)
{
    switch (t->kind) {
    case T_STRING:
        buf_putz(b, "VARCHAR");
        break;
    case T_INTEGER:
        buf_putz(b, "INT");
        break;
    case T_ARRAY:
        buf_putz(b, "ARRAY<");
        connect_type(b, t->elem);
        buf_putc(b, '>');
        break;
    case T_MAP:
        buf_putz(b, "MAP<");
        connect_type(b, t->key);
        buf_putz(b, ", ");
        connect_type(b, t->elem);
        buf_putc(b, '>');
        break;
    case T_STRUCT:
        buf_putz(b, "STRUCT<");
        for (uint32_t i = 0; i < t->field_count; i++) {
            if (i)
                buf_putz(b, ", ");
            buf_puts(b, t->fields[i].name);
            buf_putc(b, ' ');
            connect_type(b, t->fields[i].type);
        }
        buf_putc(b, '>');
        break;
    default:
        type_print(b, t, false);
    }
}

/* A text that is no JSON is told as that: ksqlDB reads all of it before it looks at types. */
static bool wrong_type(json_reader *r, const type *t)
{
    json_reader whole;
    jread_init(&whole, r->a, str_make(r->begin, (size_t)(r->end - r->begin)));
    blanks(&whole);
    if (whole.p < whole.end && !skip_value(&whole))
        return fail(r, "%s", whole.err);
    buf b = BUF_INIT(SERDE_ERR_MAX);
    if (type_is_nested(t))
        connect_type(&b, t);
    else
        type_print(&b, t, false);
    fail(r, "Can't convert type. sourceType: %s, requiredType: %.*s", node_at(r), (int)b.n, b.p);
    buf_free(&b);
    return false;
}

static bool time_in_range(json_reader *r, int64_t ms)
{
    return (ms >= 0 && ms <= MS_PER_DAY) ||
           fail(r, "Time values must use number of milliseconds greater than 0 and less than "
                   "86400000.");
}

/* The integer a number stands for: truncated toward zero, low 64 bits. */
static int64_t number_to_i64(json_reader *r, const number *n)
{
    value   v;
    int32_t scale;
    if (n->whole)
        return n->i;
    if (!decimal_parse(r->a, n->text, &v, &scale))
        return 0;
    return decimal_to_i64(v, scale);
}

static bool read_integer(json_reader *r, const type *t, value *out)
{
    int64_t v;
    if (*r->p == '"') {
        str s;
        r->p++;
        if (!read_string(r, &s))
            return false;
        if (!num_parse_i64(s, &v) || (t->kind == T_INTEGER && (v < INT32_MIN || v > INT32_MAX)))
            return fail(r, "Can't coerce string to type. targetType: %s", type_base(t));
    } else if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9')) {
        number n;
        if (!read_number(r, &n))
            return false;
        v = number_to_i64(r, &n);
        if (t->kind == T_INTEGER || t->kind == T_DATE)
            v = (int32_t)(uint32_t)(uint64_t)v;
    } else {
        return wrong_type(r, t);
    }
    if (t->kind == T_TIME && !time_in_range(r, v))
        return false;
    *out = value_i(v);
    return true;
}

/* A double from digits and an exponent that are both exact in binary: Clinger's fast path. */
static bool fast_double(str s, double *out)
{
    static const double p10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t            v = 0;
    uint32_t            i = s.p[0] == '-', digits = 0, frac = 0;
    bool                point = false;
    for (; i < s.n; i++) {
        char c = s.p[i];
        if (c == '.') {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (uint64_t)(c - '0');
        frac += point;
        if (++digits > 15)
            return false;
    }
    *out = (double)v / p10[frac];
    if (s.p[0] == '-')
        *out = -*out;
    return true;
}

static bool read_double(json_reader *r, const type *t, value *out)
{
    double d;
    if (*r->p == '"') {
        str s;
        r->p++;
        if (!read_string(r, &s))
            return false;
        if (!double_parse(s, &d))
            return fail(r, "Can't coerce string to type. targetType: DOUBLE");
    } else if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9')) {
        number n;
        if (!read_number(r, &n))
            return false;
        if (!fast_double(n.text, &d))
            num_parse_f64(n.text, &d);
    } else {
        return wrong_type(r, t);
    }
    *out = value_d(d);
    return true;
}

bool decimal_fit(arena *a, value v, int32_t scale, const type *t, value *out, char *err, size_t max)
{
    buf  b = BUF_INIT(SERDE_ERR_MAX);
    bool ok = decimal_fits(v, scale, t->precision, t->scale);
    if (!ok) {
        decimal_overflow_text(&b, v, scale, t->precision, t->scale);
        snprintf(err, max, "%.*s", (int)b.n, b.p);
    } else if (!decimal_rescale(a, v, scale, t->scale, ROUND_UNNECESSARY, out)) {
        ok = false;
        decimal_text_plain(&b, v, scale);
        snprintf(err, max, "Cannot fit decimal '%.*s' into DECIMAL(%d, %d) without rounding. (Requires %d,%d)",
                 (int)b.n, b.p, t->precision, t->scale, decimal_digits(v), scale);
    }
    buf_free(&b);
    return ok;
}

static bool read_decimal(json_reader *r, const type *t, value *out)
{
    str s;
    if (*r->p == '"') {
        r->p++;
        if (!read_string(r, &s))
            return false;
    } else if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9')) {
        number n;
        if (!read_number(r, &n))
            return false;
        s = n.text;
    } else {
        return wrong_type(r, t);
    }
    value   v;
    int32_t scale;
    if (!decimal_parse(r->a, s, &v, &scale))
        return fail(r, "Can't coerce string to type. targetType: DECIMAL");
    r->path_n = 0;
    return decimal_fit(r->a, v, scale, t, out, r->err, sizeof r->err);
}

static bool read_bool(json_reader *r, const type *t, value *out)
{
    if (*r->p == 't') {
        *out = value_b(true);
        return literal(r, "true", 4);
    }
    if (*r->p == 'f') {
        *out = value_b(false);
        return literal(r, "false", 5);
    }
    return wrong_type(r, t);
}

static bool read_bytes(json_reader *r, const type *t, value *out)
{
    str s, b;
    if (*r->p != '"')
        return wrong_type(r, t);
    r->p++;
    if (!read_string(r, &s))
        return false;
    if (!base64_decode(r->a, s, &b))
        return fail(r, "Value is not a valid Base64 encoded string: %.*s", STR_FMT(s));
    *out = value_s(b);
    return true;
}

static bool read_array(json_reader *r, const type *t, value *out)
{
    if (*r->p != '[')
        return wrong_type(r, t);
    if (++r->depth > JSON_DEPTH_MAX)
        return fail(r, "Document nesting depth exceeds the maximum allowed (%d)", JSON_DEPTH_MAX);
    r->p++;
    uint32_t n = 0, cap = 8;
    value   *e = arena_alloc(r->a, cap * sizeof *e);
    blanks(r);
    if (r->p < r->end && *r->p == ']') {
        r->p++;
    } else {
        for (;;) {
            if (n == cap) {
                value *bigger = arena_alloc(r->a, 2 * (size_t)cap * sizeof *e);
                memcpy(bigger, e, cap * sizeof *e);
                e = bigger;
                cap *= 2;
            }
            if (!jread_value(r, t->elem, &e[n]))
                return at_path(r, "[%u]", n);
            n++;
            blanks(r);
            if (r->p >= r->end || (*r->p != ',' && *r->p != ']'))
                return torn(r);
            if (*r->p++ == ']')
                break;
        }
    }
    r->depth--;
    *out = value_v(e, n);
    return true;
}

/* Reads the name of the next member up to behind its colon. *done: the object ended. */
static inline bool member(json_reader *r, bool first, str *name, bool *done)
{
    blanks(r);
    if (r->p >= r->end)
        return torn(r);
    if (*r->p == '}' && (first || r->p[-1] != ',')) {
        r->p++;
        *done = true;
        return true;
    }
    if (!first) {
        if (*r->p != ',')
            return torn(r);
        r->p++;
        blanks(r);
    }
    if (r->p >= r->end || *r->p != '"')
        return torn(r);
    r->p++;
    if (!read_string(r, name))
        return false;
    blanks(r);
    if (r->p >= r->end || *r->p != ':')
        return torn(r);
    r->p++;
    *done = false;
    return true;
}

static bool read_map(json_reader *r, const type *t, value *out)
{
    if (*r->p != '{')
        return wrong_type(r, t);
    if (++r->depth > JSON_DEPTH_MAX)
        return fail(r, "Document nesting depth exceeds the maximum allowed (%d)", JSON_DEPTH_MAX);
    r->p++;
    uint32_t n = 0, cap = 8;
    value   *e = arena_alloc(r->a, 2 * cap * sizeof *e);
    for (bool first = true, done = false;; first = false) {
        str name;
        if (!member(r, first, &name, &done))
            return false;
        if (done)
            break;
        if (n == cap) {
            value *bigger = arena_alloc(r->a, 4 * (size_t)cap * sizeof *e);
            memcpy(bigger, e, 2 * (size_t)cap * sizeof *e);
            e = bigger;
            cap *= 2;
        }
        uint32_t k = n;
        for (uint32_t i = 0; i < n && n <= 64; i++) /* duplicates: the last wins */
            if (str_eq(value_str(e[2 * i]), name))
                k = i;
        if (!jread_value(r, t->elem, &e[2 * k + 1]))
            return at_path(r, ".%.*s.value", STR_FMT(name));
        e[2 * k] = value_s(name);
        n += k == n;
    }
    r->depth--;
    *out = value_v(e, n);
    return true;
}

/* Does the upper-cased name equal the column's? */
static inline bool upper_equals(str name, str column)
{
    if (name.n != column.n)
        return false;
    for (uint32_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        if (c != column.p[i])
            return false;
    }
    return true;
}

#define FIELD_NONE UINT32_MAX

/* The column a member belongs to. Members mostly come in the columns' order: try the next first. */
static inline uint32_t find_field(const json_fields *f, str name, uint32_t next, bool *exact)
{
    for (uint32_t k = 0, i = next; k < f->n; k++, i = i + 1 < f->n ? i + 1 : 0) {
        if (i >= f->n)
            i = 0;
        if (f->names[i].n == name.n && memcmp(f->names[i].p, name.p, name.n) == 0) {
            *exact = true;
            return i;
        }
    }
    *exact = false;
    for (uint32_t i = 0; i < f->n; i++)
        if (upper_equals(name, f->names[i]))
            return i;
    return FIELD_NONE;
}

bool jread_object(json_reader *r, const json_fields *f, value *row)
{
    if (++r->depth > JSON_DEPTH_MAX)
        return fail(r, "Document nesting depth exceeds the maximum allowed (%d)", JSON_DEPTH_MAX);
    r->p++;
    uint64_t  few[4] = {0};
    uint64_t *exact_seen = few; /* columns that an exact name has filled */
    if (f->n > 256)
        exact_seen = ARENA_ARRAY(r->a, uint64_t, f->n / 64 + 1);
    for (uint32_t i = 0; i < f->n; i++)
        row[i] = VALUE_NULL;
    uint32_t next = 0;
    for (bool first = true, done = false;; first = false) {
        str name;
        if (!member(r, first, &name, &done))
            return false;
        if (done)
            break;
        bool     exact;
        uint32_t i = find_field(f, name, next, &exact);
        if (i == FIELD_NONE || (f->wanted && !f->wanted[i]) || (!exact && (exact_seen[i / 64] >> (i % 64) & 1))) {
            if (i != FIELD_NONE)
                next = i + 1;
            if (!skip_value(r))
                return false;
            continue;
        }
        next = i + 1;
        if (exact)
            exact_seen[i / 64] |= (uint64_t)1 << (i % 64);
        if (!jread_value(r, f->types[i], &row[i]))
            return at_path(r, ".%.*s", STR_FMT(f->names[i]));
    }
    r->depth--;
    return true;
}

static bool read_struct(json_reader *r, const type *t, value *out)
{
    if (*r->p != '{')
        return wrong_type(r, t);
    value       *row = arena_alloc(r->a, (t->field_count + 1) * sizeof *row);
    str         *names = NULL;
    const type **types = NULL;
    str          few_names[16];
    const type  *few_types[16];
    if (t->field_count <= 16) {
        names = few_names;
        types = few_types;
    } else {
        names = ARENA_ARRAY(r->a, str, t->field_count);
        types = ARENA_ARRAY(r->a, const type *, t->field_count);
    }
    for (uint32_t i = 0; i < t->field_count; i++) {
        names[i] = t->fields[i].name;
        types[i] = t->fields[i].type;
    }
    json_fields f = {names, types, NULL, t->field_count};
    if (!jread_object(r, &f, row))
        return false;
    *out = value_v(row, t->field_count);
    return true;
}

bool jread_value(json_reader *r, const type *t, value *out)
{
    blanks(r);
    if (r->p >= r->end)
        return wrong_type(r, t);
    if (*r->p == 'n') {
        *out = VALUE_NULL;
        return literal(r, "null", 4);
    }
    switch (t->kind) {
    case T_STRING:
        return read_as_text(r, out);
    case T_INTEGER:
    case T_BIGINT:
    case T_DATE:
    case T_TIME:
    case T_TIMESTAMP:
        return read_integer(r, t, out);
    case T_DOUBLE:
        return read_double(r, t, out);
    case T_BOOLEAN:
        return read_bool(r, t, out);
    case T_DECIMAL:
        return read_decimal(r, t, out);
    case T_BYTES:
        return read_bytes(r, t, out);
    case T_ARRAY:
        return read_array(r, t, out);
    case T_MAP:
        return read_map(r, t, out);
    case T_STRUCT:
        return read_struct(r, t, out);
    default:
        return wrong_type(r, t);
    }
}

void jread_init(json_reader *r, arena *a, str text)
{
    r->a = a;
    r->begin = r->p = text.p;
    r->end = text.p + text.n;
    r->depth = 0;
    r->err[0] = 0;
    r->path_n = 0;
}

bool json_read_value(arena *a, str text, const type *t, value *out, char *err, size_t err_max)
{
    json_reader r;
    jread_init(&r, a, text);
    if (jread_value(&r, t, out))
        return true;
    snprintf(err, err_max, "%s, path: $%.*s", r.err, (int)r.path_n, r.path);
    return false;
}
