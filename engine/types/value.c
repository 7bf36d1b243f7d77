#include "engine/types/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"

const value *value_map_get(const type *t, value m, value key)
{
    for (uint32_t i = 0; i < m.n; i++)
        if (value_equal(t->key, m.v[2 * i], key))
            return &m.v[2 * i + 1]; /* cppcheck-suppress returnDanglingLifetime ; m's array stays, m goes */
    return NULL;
}

static bool map_equal(const type *t, value x, value y)
{
    if (x.n != y.n)
        return false;
    for (uint32_t i = 0; i < x.n; i++) {
        const value *other = value_map_get(t, y, x.v[2 * i]);
        if (other == NULL || !value_equal(t->elem, x.v[2 * i + 1], *other))
            return false;
    }
    return true;
}

bool value_equal(const type *t, value x, value y)
{
    if (x.state != V_OK || y.state != V_OK)
        return x.state == y.state;
    switch (t->kind) {
    case T_STRING:
    case T_BYTES:
        return str_eq(value_str(x), value_str(y));
    case T_DOUBLE: /* Double.equals: NaN equals itself, 0.0 and -0.0 differ */
        return isnan(x.d) ? isnan(y.d) : x.i == y.i;
    case T_DECIMAL:
        return x.n == y.n && (x.n ? memcmp(x.p, y.p, x.n) == 0 : x.i == y.i);
    case T_ARRAY:
        if (x.n != y.n)
            return false;
        for (uint32_t i = 0; i < x.n; i++)
            if (!value_equal(t->elem, x.v[i], y.v[i]))
                return false;
        return true;
    case T_MAP:
        return map_equal(t, x, y);
    case T_STRUCT:
        for (uint32_t i = 0; i < t->field_count; i++)
            if (!value_equal(t->fields[i].type, x.v[i], y.v[i]))
                return false;
        return true;
    default:
        return x.i == y.i;
    }
}

/* The UTF-16 order differs from byte order only where one side has a supplementary character
 * (lead byte F0..F4) and the other one of U+E000..U+FFFF (EE, EF): surrogates sort below those. */
static int utf16_rank(uint8_t b)
{
    return b >= 0xf0 ? 0xee : b >= 0xee ? b + 6 : b;
}

int str_cmp_utf16(str a, str b)
{
    uint32_t n = a.n < b.n ? a.n : b.n, i = 0;
    while (i < n && a.p[i] == b.p[i])
        i++;
    if (i == n)
        return a.n < b.n ? -1 : a.n > b.n;
    uint8_t x = (uint8_t)a.p[i], y = (uint8_t)b.p[i];
    if (x >= 0xee && y >= 0xee) {
        int d = utf16_rank(x) - utf16_rank(y);
        return d ? d : x - y;
    }
    return x - y;
}

static int compare_bytes_signed(str a, str b)
{
    uint32_t n = a.n < b.n ? a.n : b.n;
    for (uint32_t i = 0; i < n; i++)
        if (a.p[i] != b.p[i])
            return (signed char)a.p[i] - (signed char)b.p[i];
    return a.n < b.n ? -1 : a.n > b.n;
}

static int compare_double(value x, value y)
{
    if (x.d < y.d)
        return -1;
    if (x.d > y.d)
        return 1;
    if (isnan(x.d) || isnan(y.d))
        return (isnan(x.d) != 0) - (isnan(y.d) != 0);
    return (x.i > y.i) - (x.i < y.i); /* -0.0 has the sign bit: smaller */
}

static int compare_nullable(const type *t, value x, value y)
{
    if (x.state != V_OK || y.state != V_OK)
        return (x.state == V_OK) - (y.state == V_OK);
    return value_compare(t, x, y);
}

int value_compare(const type *t, value x, value y)
{
    switch (t->kind) {
    case T_STRING:
        return str_cmp_utf16(value_str(x), value_str(y));
    case T_BYTES:
        return compare_bytes_signed(value_str(x), value_str(y));
    case T_DOUBLE:
        return compare_double(x, y);
    case T_DECIMAL:
        return decimal_compare(x, t->scale, y, t->scale);
    case T_ARRAY:
        for (uint32_t i = 0; i < x.n && i < y.n; i++) {
            int c = compare_nullable(t->elem, x.v[i], y.v[i]);
            if (c)
                return c;
        }
        return (x.n > y.n) - (x.n < y.n);
    case T_STRUCT:
        for (uint32_t i = 0; i < t->field_count; i++) {
            int c = compare_nullable(t->fields[i].type, x.v[i], y.v[i]);
            if (c)
                return c;
        }
        return 0;
    default:
        return (x.i > y.i) - (x.i < y.i);
    }
}

/* ---- text */

/* Whole numbers below 2^63: Java (to 18) takes the digits of the integer itself and rounds away only those that
 * the spacing of doubles there makes meaningless, so there may be more of them than in the shortest text: 2^62 is
 * 4.6116860184273879E18. Gives the exponent of the first. */
static int whole_digits(char out[24], double m)
{
    int      bits = ilogb(m) - 54; /* of the integer that no double tells apart */
    int      drop = bits > 0 ? bits * 30103 / 100000 : 0;
    uint64_t i = (uint64_t)m, power = drop == 2 ? 100 : drop == 1 ? 10 : 1;
    i = i / power + (drop && i % power >= power / 2);
    return snprintf(out, 24, "%llu", (unsigned long long)i) + drop - 1;
}

/* The fewest digits that read back as d; gives the exponent of the first. */
static int shortest_digits(char out[24], double d)
{
    char tmp[32];
    int  prec = 15, n = 0; /* 15 digits every double keeps; 17 always suffice */
    for (;; prec++) {
        snprintf(tmp, sizeof tmp, "%.*e", prec - 1, d);
        if (prec == 17 || strtod(tmp, NULL) == d)
            break;
    }
    char *e = strchr(tmp, 'e');
    for (char *p = tmp; p < e; p++)
        if (*p >= '0' && *p <= '9')
            out[n++] = *p;
    out[n] = 0;
    return (int)strtol(e + 1, NULL, 10);
}

void double_text(buf *out, double d)
{
    if (isnan(d)) {
        buf_putz(out, "NaN");
        return;
    }
    if (isinf(d)) {
        buf_putz(out, d < 0 ? "-Infinity" : "Infinity");
        return;
    }
    if (d == 0) {
        buf_putz(out, signbit(d) ? "-0.0" : "0.0");
        return;
    }
    double m = fabs(d);
    if (m < 1e7 && m == (double)(int64_t)m) { /* whole numbers, the common case */
        buf_printf(out, "%ld.0", (int64_t)d);
        return;
    }
    char digits[24];
    int  exp = m < 0x1p63 && m == trunc(m) ? whole_digits(digits, m) : shortest_digits(digits, d);
    int  n = (int)strlen(digits);
    while (n > 1 && digits[n - 1] == '0')
        n--;
    if (d < 0)
        buf_putc(out, '-');
    if (m >= 1e-3 && m < 1e7) {
        int i = 0;
        if (exp < 0) {
            buf_putz(out, "0.");
            for (int k = -1; k > exp; k--)
                buf_putc(out, '0');
        } else {
            for (; i <= exp; i++)
                buf_putc(out, i < n ? digits[i] : '0');
            buf_putc(out, '.');
        }
        if (i >= n)
            buf_putc(out, '0');
        else
            buf_put(out, digits + i, (size_t)(n - i));
    } else {
        buf_putc(out, digits[0]);
        buf_putc(out, '.');
        if (n == 1)
            buf_putc(out, '0');
        else
            buf_put(out, digits + 1, (size_t)(n - 1));
        buf_printf(out, "E%d", exp);
    }
}

bool double_parse(str s, double *out)
{
    char small[64];
    s = str_trim(s);
    if (s.n && (s.p[s.n - 1] == 'd' || s.p[s.n - 1] == 'D' || s.p[s.n - 1] == 'f' || s.p[s.n - 1] == 'F')) {
        str  cut = str_make(s.p, s.n - 1);
        bool hex = str_find_char(cut, 'x') >= 0 || str_find_char(cut, 'X') >= 0;
        if (!hex || str_find_char(cut, 'p') >= 0 || str_find_char(cut, 'P') >= 0)
            s = cut;
    }
    str body = s;
    if (body.n && (body.p[0] == '+' || body.p[0] == '-')) {
        body.p++;
        body.n--;
    }
    if (str_eq(body, STR("NaN")) || str_eq(body, STR("Infinity"))) {
        double v = body.p[0] == 'N' ? (double)NAN : (double)INFINITY;
        *out = s.p[0] == '-' ? -v : v;
        return true;
    }
    if (body.n > 2 && body.p[0] == '0' && (body.p[1] == 'x' || body.p[1] == 'X')) {
        if (s.n >= sizeof small || (str_find_char(s, 'p') < 0 && str_find_char(s, 'P') < 0))
            return false;
        memcpy(small, s.p, s.n);
        small[s.n] = 0;
        char *end;
        *out = strtod(small, &end);
        return *end == 0;
    }
    return num_parse_f64(s, out);
}

static void map_text(buf *out, const type *t, value v)
{
    arena a;
    arena_init(&a);
    uint32_t *order = ARENA_ARRAY(&a, uint32_t, v.n);
    value_map_order(&a, t, v, order);
    buf_putc(out, '{');
    for (uint32_t i = 0; i < v.n; i++) {
        if (i)
            buf_putz(out, ", ");
        value_text(out, t->key, v.v[2 * order[i]]);
        buf_putc(out, '=');
        value_text(out, t->elem, v.v[2 * order[i] + 1]);
    }
    buf_putc(out, '}');
    arena_free(&a);
}

void value_text(buf *out, const type *t, value v)
{
    if (v.state != V_OK) {
        buf_putz(out, "null");
        return;
    }
    switch (t->kind) {
    case T_BOOLEAN:
        buf_putz(out, v.i ? "true" : "false");
        break;
    case T_INTEGER:
    case T_BIGINT:
        buf_printf(out, "%ld", v.i);
        break;
    case T_DOUBLE:
        double_text(out, v.d);
        break;
    case T_DECIMAL:
        decimal_text_plain(out, v, t->scale);
        break;
    case T_STRING:
        buf_puts(out, value_str(v));
        break;
    case T_BYTES:
        base64_encode(out, value_str(v));
        break;
    case T_TIME:
        time_text(out, v.i);
        break;
    case T_DATE:
        date_text(out, v.i);
        break;
    case T_TIMESTAMP:
        timestamp_text(out, v.i);
        break;
    case T_ARRAY:
        buf_putc(out, '[');
        for (uint32_t i = 0; i < v.n; i++) {
            if (i)
                buf_putz(out, ", ");
            value_text(out, t->elem, v.v[i]);
        }
        buf_putc(out, ']');
        break;
    case T_MAP:
        map_text(out, t, v);
        break;
    case T_STRUCT: {
        bool first = true;
        buf_putz(out, "Struct{");
        for (uint32_t i = 0; i < t->field_count; i++) {
            if (v.v[i].state != V_OK)
                continue;
            if (!first)
                buf_putc(out, ',');
            first = false;
            buf_puts(out, t->fields[i].name);
            buf_putc(out, '=');
            value_text(out, t->fields[i].type, v.v[i]);
        }
        buf_putc(out, '}');
        break;
    }
    default:
        buf_putz(out, "null");
    }
}

/* ---- maps as Java sees them */

static uint32_t java_hash(const type *t, value v)
{
    if (v.state != V_OK)
        return 0;
    switch (t->kind) {
    case T_STRING: {
        uint32_t h = 0;
        str      s = value_str(v);
        for (uint32_t i = 0; i < s.n;) {
            uint8_t  b = (uint8_t)s.p[i];
            uint32_t c, n;
            if (b < 0x80) {
                c = b;
                n = 1;
            } else if (b < 0xe0) {
                c = b & 0x1f;
                n = 2;
            } else if (b < 0xf0) {
                c = b & 0x0f;
                n = 3;
            } else {
                c = b & 7;
                n = 4;
            }
            for (uint32_t k = 1; k < n && i + k < s.n; k++)
                c = c << 6 | ((uint8_t)s.p[i + k] & 0x3f);
            i += n;
            if (c >= 0x10000) {
                c -= 0x10000;
                h = 31 * h + (0xd800 + (c >> 10));
                h = 31 * h + (0xdc00 + (c & 0x3ff));
            } else {
                h = 31 * h + c;
            }
        }
        return h;
    }
    case T_BOOLEAN:
        return v.i ? 1231 : 1237;
    case T_BIGINT:
    case T_DOUBLE:
        return (uint32_t)((uint64_t)v.i ^ (uint64_t)v.i >> 32);
    default:
        return (uint32_t)v.i;
    }
}

void value_map_order(arena *a, const type *t, value m, uint32_t *idx)
{
    uint32_t cap = m.flags & V_MAP_CAP16 ? 16 : 1;
    while (!(m.flags & V_MAP_CAP16) && cap < m.n)
        cap *= 2;
    while (m.n > cap - cap / 4 && m.n > (uint32_t)(0.75 * cap))
        cap *= 2;
    /* A counting sort by slot keeps the order of insertion inside a slot. */
    uint32_t *slot = arena_alloc(a, m.n * sizeof *slot), *next = ARENA_ARRAY(a, uint32_t, cap + 1);
    for (uint32_t i = 0; i < m.n; i++) {
        uint32_t h = java_hash(t->key, m.v[2 * i]);
        slot[i] = (h ^ h >> 16) & (cap - 1);
        next[slot[i] + 1]++;
    }
    for (uint32_t i = 0; i < cap; i++)
        next[i + 1] += next[i];
    for (uint32_t i = 0; i < m.n; i++)
        idx[next[slot[i]]++] = i;
}

/* ---- UTF-8 */

uint32_t utf16_length(str s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.n; i++) {
        uint8_t b = (uint8_t)s.p[i];
        n += (b & 0xc0) != 0x80;
        n += b >= 0xf0;
    }
    return n;
}

uint32_t utf16_offset(str s, uint32_t unit, bool *split)
{
    *split = false;
    for (uint32_t i = 0; i < s.n;) {
        if (unit == 0)
            return i;
        uint8_t  b = (uint8_t)s.p[i];
        uint32_t len = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
        uint32_t units = len == 4 ? 2 : 1;
        if (units > unit) {
            *split = true;
            return i;
        }
        unit -= units;
        i += len;
    }
    return s.n;
}

/* Length of the well-formed sequence at p, 0 when there is none (RFC 3629). */
static uint32_t utf8_step(const uint8_t *p, size_t left)
{
    uint8_t b = p[0];
    if (b < 0x80)
        return 1;
    if (b >= 0xc2 && b < 0xe0)
        return left >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
    if (b >= 0xe0 && b < 0xf0) {
        if (left < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
            return 0;
        if ((b == 0xe0 && p[1] < 0xa0) || (b == 0xed && p[1] > 0x9f))
            return 0;
        return 3;
    }
    if (b >= 0xf0 && b < 0xf5) {
        if (left < 4 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 || (p[3] & 0xc0) != 0x80)
            return 0;
        if ((b == 0xf0 && p[1] < 0x90) || (b == 0xf4 && p[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

bool utf8_valid(str s)
{
    const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
    while (end - p >= 8) { /* ASCII in words */
        uint64_t w;
        memcpy(&w, p, 8);
        if (w & 0x8080808080808080u)
            break;
        p += 8;
    }
    while (p < end) {
        uint32_t n = utf8_step(p, (size_t)(end - p));
        if (n == 0)
            return false;
        p += n;
    }
    return true;
}

str utf8_repair(arena *a, str s)
{
    if (utf8_valid(s))
        return s;
    char    *out = arena_bytes(a, 3 * (size_t)s.n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.n;) {
        uint32_t len = utf8_step((const uint8_t *)s.p + i, s.n - i);
        if (len) {
            memcpy(out + n, s.p + i, len);
            n += len;
            i += len;
        } else {
            static const uint8_t replacement[] = {0xef, 0xbf, 0xbd}; /* U+FFFD */
            memcpy(out + n, replacement, sizeof replacement);
            n += sizeof replacement;
            i++;
        }
    }
    return str_make(out, n);
}

/* ---- base64 */

void base64_encode(buf *out, str s)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t            n = ((size_t)s.n + 2) / 3 * 4;
    if (!buf_reserve(out, n))
        return;
    char *o = out->p + out->n;
    for (uint32_t i = 0; i < s.n; i += 3) {
        uint32_t left = s.n - i;
        uint32_t v = (uint32_t)(uint8_t)s.p[i] << 16;
        if (left > 1)
            v |= (uint32_t)(uint8_t)s.p[i + 1] << 8;
        if (left > 2)
            v |= (uint8_t)s.p[i + 2];
        *o++ = abc[v >> 18];
        *o++ = abc[(v >> 12) & 63];
        *o++ = left > 1 ? abc[(v >> 6) & 63] : '=';
        *o++ = left > 2 ? abc[v & 63] : '=';
    }
    out->n += n;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(arena *a, str s, str *out)
{
    uint32_t pad = 0;
    while (s.n && s.p[s.n - 1] == '=' && pad < 2) {
        s.n--;
        pad++;
    }
    if (s.n % 4 == 1 || (pad && (s.n + pad) % 4 != 0))
        return false;
    char    *o = arena_bytes(a, (size_t)s.n / 4 * 3 + 3);
    uint32_t n = 0, acc = 0, bits = 0;
    for (uint32_t i = 0; i < s.n; i++) {
        int d = base64_digit(s.p[i]);
        if (d < 0)
            return false;
        acc = acc << 6 | (uint32_t)d;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            o[n++] = (char)(acc >> bits);
            acc &= (1u << bits) - 1;
        }
    }
    *out = str_make(o, n);
    return true;
}
