/* The JSON scanner: no tree, no types. Strings without escapes are not copied. */
#include "engine/format/json_scan.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/num.h"

void jscan_init(json_reader *r, arena *a, str text)
{
    r->a = a;
    r->begin = r->p = text.p;
    r->end = text.p + text.n;
    r->depth = 0;
    r->err[0] = 0;
    r->path_n = 0;
}

bool jscan_fail(json_reader *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r->err, sizeof r->err, fmt, ap);
    va_end(ap);
    r->path_n = 0;
    return false;
}

bool jscan_torn(json_reader *r)
{
    return jscan_fail(r, "Unexpected end-of-input or character at byte %ld", r->p - r->begin);
}

/* ---- strings */

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
        stop = jscan_string_end(stop, r->end, &high);
        if (stop >= r->end)
            return jscan_torn(r);
        if (*stop == '"')
            break;
        if (*stop != '\\' || stop + 1 >= r->end) {
            r->p = stop;
            return jscan_fail(r, "Illegal unquoted character in a string at byte %ld", stop - r->begin);
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
        const char       *k = memchr(plain, *p, 8); /* NOLINT: but for the terminator */
        if (k) {
            *o++ = real[k - plain];
            p++;
            continue;
        }
        int c = *p == 'u' && stop - p >= 5 ? hex4(p + 1) : -1;
        if (c < 0) {
            r->p = p;
            return jscan_fail(r, "Unrecognized character escape at byte %ld", p - r->begin);
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
    return utf8_valid(*out) || jscan_fail(r, "Invalid UTF-8 in a string");
}

bool jscan_string_odd(json_reader *r, const char *from, str *out)
{
    if (r->p >= r->end)
        return jscan_torn(r);
    if (*r->p != '\\')
        return jscan_fail(r, "Illegal unquoted character in a string at byte %ld", r->p - r->begin);
    return unescape(r, from, out);
}

/* ---- numbers */

bool jscan_number(json_reader *r, json_number *n)
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
        return jscan_torn(r);
    }
    n->integral = true;
    if (p < end && *p == '.') {
        const char *f = ++p;
        while (p < end && *p >= '0' && *p <= '9')
            p++;
        n->integral = false;
        if (p == f) {
            r->p = p;
            return jscan_torn(r);
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
            return jscan_torn(r);
        }
    }
    n->text = str_make(r->p, (size_t)(p - r->p));
    if (n->text.n > JSON_NUMBER_MAX)
        return jscan_fail(r, "Number value length (%u) exceeds the maximum allowed (%d)", n->text.n, JSON_NUMBER_MAX);
    n->whole = n->integral && (nd <= 18 || num_parse_i64(n->text, &n->i));
    if (n->whole && nd <= 18)
        n->i = neg ? -(int64_t)v : (int64_t)v;
    r->p = p;
    return true;
}

/* ---- skipping */

bool jscan_literal(json_reader *r, const char *word, size_t n)
{
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
        return jscan_torn(r);
    r->p += n;
    return true;
}

bool jscan_skip(json_reader *r)
{
    jscan_blanks(r);
    if (r->p >= r->end)
        return jscan_torn(r);
    str         s;
    json_number n;
    switch (*r->p) {
    case '"':
        r->p++;
        return jscan_string(r, &s);
    case 't':
        return jscan_literal(r, "true", 4);
    case 'f':
        return jscan_literal(r, "false", 5);
    case 'n':
        return jscan_literal(r, "null", 4);
    case '{':
    case '[': {
        char close = *r->p == '{' ? '}' : ']';
        if (++r->depth > JSON_DEPTH_MAX)
            return jscan_fail(r, "Document nesting depth exceeds the maximum allowed (%d)", JSON_DEPTH_MAX);
        r->p++;
        jscan_blanks(r);
        if (r->p < r->end && *r->p == close) {
            r->p++;
            r->depth--;
            return true;
        }
        for (;;) {
            if (close == '}') {
                jscan_blanks(r);
                if (r->p >= r->end || *r->p != '"')
                    return jscan_torn(r);
                r->p++;
                if (!jscan_string(r, &s))
                    return false;
                jscan_blanks(r);
                if (r->p >= r->end || *r->p++ != ':')
                    return jscan_torn(r);
            }
            if (!jscan_skip(r))
                return false;
            jscan_blanks(r);
            if (r->p >= r->end)
                return jscan_torn(r);
            char c = *r->p++;
            if (c == close) {
                r->depth--;
                return true;
            }
            if (c != ',')
                return jscan_torn(r);
        }
    }
    default:
        return jscan_number(r, &n);
    }
}
