/* ENCODE, FROM_BYTES, TO_BYTES, MD5, UUID (spec/functions.md 2.7, 3.3). */
#include <sys/random.h>

#include "engine/func/func_int.h"

typedef enum encoding { ENC_HEX, ENC_UTF8, ENC_ASCII, ENC_BASE64, ENC_UNKNOWN } encoding;

static encoding encoding_of(str name)
{
    static const char *const names[] = {"hex", "utf8", "ascii", "base64"};
    for (int i = 0; i < ENC_UNKNOWN; i++)
        if (str_eq_nocase(name, str_of(names[i])))
            return (encoding)i;
    return ENC_UNKNOWN;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* ---- text to bytes */

/* An even number of digits; *bad: position of one that is none, or -1. */
static str hex_decode(arena *a, str s, int64_t *bad)
{
    char *p = arena_bytes(a, s.n / 2);
    *bad = -1;
    for (uint32_t i = 0; i < s.n; i++) {
        int d = hex_digit(s.p[i]);
        if (d < 0) {
            *bad = i;
            break;
        }
        p[i / 2] = (char)(i % 2 ? p[i / 2] | d : d << 4);
    }
    return str_make(p, s.n / 2);
}

/* One '?' for each character outside ASCII. */
static str to_ascii(arena *a, str s)
{
    if (str_is_ascii(s))
        return s;
    char    *p = arena_bytes(a, s.n);
    uint32_t n = 0;
    for (uint32_t i = 0, len; i < s.n; i += len) {
        uint32_t cp = utf8_at(s.p + i, s.p + s.n, &len);
        p[n++] = cp < 0x80 ? (char)cp : '?';
    }
    return str_make(p, n);
}

/* Unknown characters are skipped, the text ends at padding. */
static str base64_decode_lenient(arena *a, str s)
{
    char    *clean = arena_bytes(a, s.n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.n && s.p[i] != '='; i++) {
        char c = s.p[i] == '-' ? '+' : s.p[i] == '_' ? '/' : s.p[i];
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/')
            clean[n++] = c;
    }
    str out;
    return base64_decode(a, str_make(clean, n % 4 == 1 ? n - 1 : n), &out) ? out : STR_NONE;
}

/* ---- bytes to text */

static value hex_text(ectx *cx, str bytes, const char *digits)
{
    char *p = text_room(cx, (size_t)bytes.n * 2);
    if (p == NULL)
        return VALUE_ERR;
    for (uint32_t i = 0; i < bytes.n; i++) {
        p[2 * i] = digits[(uint8_t)bytes.p[i] >> 4];
        p[2 * i + 1] = digits[(uint8_t)bytes.p[i] & 15];
    }
    return value_s(str_make(p, (size_t)bytes.n * 2));
}

static value ascii_text(ectx *cx, str bytes)
{
    if (str_is_ascii(bytes))
        return value_s(bytes);
    char *p = text_room(cx, (size_t)bytes.n * 3);
    if (p == NULL)
        return VALUE_ERR;
    uint32_t n = 0;
    for (uint32_t i = 0; i < bytes.n; i++)
        n += utf8_write(p + n, bytes.p[i] & 0x80 ? 0xfffd : (uint32_t)bytes.p[i]);
    return value_s(str_make(p, n));
}

static value encode_bytes(ectx *cx, str bytes, encoding to, const char *hex_digits)
{
    switch (to) {
    case ENC_HEX:
        return hex_text(cx, bytes, hex_digits);
    case ENC_UTF8:
        return value_s(utf8_repair(cx->a, bytes));
    case ENC_ASCII:
        return ascii_text(cx, bytes);
    default:
        base64_encode(text_scratch(), bytes);
        return text_scratch_value(cx);
    }
}

static const char lower_hex[] = "0123456789abcdef", upper_hex[] = "0123456789ABCDEF";

/* ---- ENCODE */

static bool encode_hex_input(ectx *cx, str s, str *out)
{
    if (s.n >= 2 && s.p[0] == '0' && s.p[1] == 'x') {
        bool odd = s.n % 2 != 0;
        s = str_make(s.p + 2, s.n - 2);
        if (odd) {
            char *p = arena_bytes(cx->a, (size_t)s.n + 1);
            p[0] = '0';
            if (s.n)
                memcpy(p + 1, s.p, s.n);
            s = str_make(p, (size_t)s.n + 1);
        }
    } else if (s.n >= 3 && (s.p[0] == 'X' || s.p[0] == 'x') && s.p[1] == '\'' && s.p[s.n - 1] == '\'') {
        s = str_make(s.p + 2, s.n - 3);
    }
    if (s.n % 2) {
        ectx_fail(cx, "Odd number of characters.");
        return false;
    }
    int64_t bad;
    *out = hex_decode(cx->a, s, &bad);
    if (bad >= 0)
        ectx_fail(cx, "Illegal hexadecimal character %c at index %ld", s.p[bad], bad);
    return bad < 0;
}

FN(encode)
{
    str      s = value_str(args[0]);
    encoding from = encoding_of(value_str(args[1])), to = encoding_of(value_str(args[2]));
    if (from == ENC_UNKNOWN || to == ENC_UNKNOWN || from == to)
        return ectx_fail(cx, "Supported input and output encodings are: hex, utf8, ascii and base64");
    str bytes = s;
    if (from == ENC_HEX && !encode_hex_input(cx, s, &bytes))
        return VALUE_ERR;
    if (from == ENC_ASCII)
        bytes = to_ascii(cx->a, s);
    if (from == ENC_BASE64)
        bytes = base64_decode_lenient(cx->a, s);
    return encode_bytes(cx, bytes, to, lower_hex);
}

/* ---- FROM_BYTES, TO_BYTES */

static value unknown_encoding(ectx *cx, str name)
{
    return ectx_fail(cx,
                     "Unknown encoding type '%.*s'. Supported formats are 'hex', 'utf8', 'ascii', and "
                     "'base64'.",
                     STR_FMT(name));
}

FN(from_bytes)
{
    encoding to = encoding_of(value_str(args[1]));
    if (to == ENC_UNKNOWN)
        return unknown_encoding(cx, value_str(args[1]));
    return encode_bytes(cx, value_str(args[0]), to, upper_hex);
}

FN(to_bytes)
{
    str     s = value_str(args[0]), out;
    int64_t bad;
    switch (encoding_of(value_str(args[1]))) {
    case ENC_HEX:
        if (s.n % 2)
            return ectx_fail(cx, "hexBinary needs to be even-length: %.*s", STR_FMT(s));
        out = hex_decode(cx->a, s, &bad);
        if (bad >= 0)
            return ectx_fail(cx, "contains illegal character for hexBinary: %.*s", STR_FMT(s));
        return value_s(out);
    case ENC_UTF8:
        return value_s(s);
    case ENC_ASCII:
        return value_s(to_ascii(cx->a, s));
    case ENC_BASE64:
        for (uint32_t i = 0; i < s.n; i++)
            if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", s.p[i]) == NULL ||
                s.p[i] == 0)
                return ectx_fail(cx, "Illegal base64 character %x", (uint8_t)s.p[i]);
        if (!base64_decode(cx->a, s, &out))
            return ectx_fail(cx, "Input byte array has wrong 4-byte ending unit");
        return value_s(out);
    default:
        return unknown_encoding(cx, value_str(args[1]));
    }
}

/* ---- MD5 (RFC 1321) */

static const uint32_t md5_k[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void md5_block(uint32_t h[4], const uint8_t *p)
{
    static const uint8_t turn[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t             w[16], a = h[0], b = h[1], c = h[2], d = h[3];
    memcpy(w, p, sizeof w); /* little-endian words, as this machine's */
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t x, g;
        switch (i / 16) {
        case 0:
            x = (b & c) | (~b & d);
            g = i;
            break;
        case 1:
            x = (d & b) | (~d & c);
            g = (5 * i + 1) & 15;
            break;
        case 2:
            x = b ^ c ^ d;
            g = (3 * i + 5) & 15;
            break;
        default:
            x = c ^ (b | ~d);
            g = (7 * i) & 15;
        }
        uint32_t t = a + x + md5_k[i] + w[g], r = turn[i / 16][i & 3];
        a = d;
        d = c;
        c = b;
        b += t << r | t >> (32 - r);
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
}

FN(md5)
{
    uint32_t h[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    str      s = value_str(args[0]);
    uint32_t at = 0;
    for (; s.n - at >= 64; at += 64)
        md5_block(h, (const uint8_t *)s.p + at);
    uint8_t  tail[128] = {0};
    uint32_t left = s.n - at, size = left < 56 ? 64 : 128;
    if (left)
        memcpy(tail, s.p + at, left);
    tail[left] = 0x80;
    uint64_t bits = (uint64_t)s.n * 8;
    memcpy(tail + size - 8, &bits, 8);
    for (uint32_t i = 0; i < size; i += 64)
        md5_block(h, tail + i);
    return hex_text(cx, str_make((const char *)h, sizeof h), lower_hex);
}

/* ---- UUID */

static value uuid_text(ectx *cx, const uint8_t *b)
{
    char    *p = arena_bytes(cx->a, 36);
    uint32_t n = 0;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            p[n++] = '-';
        p[n++] = lower_hex[b[i] >> 4];
        p[n++] = lower_hex[b[i] & 15];
    }
    return value_s(str_make(p, n));
}

FN(uuid_random)
{
    uint8_t b[16];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        return ectx_fail(cx, "no random numbers from the system");
    b[6] = (uint8_t)(0x40 | (b[6] & 0x0f)); /* version 4 */
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
    return uuid_text(cx, b);
}

FN(uuid_from_bytes)
{
    return args[0].n == 16 ? uuid_text(cx, (const uint8_t *)args[0].p) : VALUE_NULL;
}

#define R(n, d, p, r, fun, ...)                                                                        \
    {                                                                                                  \
        .name = n, .category = "STRING", .doc = d, .params = p, .returns = r, .fn = fun, ##__VA_ARGS__ \
    }

const func_row func_encoding[] = {
    R("encode", "Converts text from one encoding to another: hex, utf8, ascii, base64.",
      "VARCHAR str, VARCHAR inputEncoding, VARCHAR outputEncoding", "VARCHAR", encode),
    R("from_bytes", "Converts bytes to text in an encoding: hex, utf8, ascii, base64.", "BYTES value, VARCHAR encoding",
      "VARCHAR", from_bytes),
    R("md5", "Returns the MD5 digest of the UTF-8 text in lower-case hex digits.", "VARCHAR s", "VARCHAR", md5),
    R("to_bytes", "Converts text in an encoding (hex, utf8, ascii, base64) to bytes.",
      "VARCHAR value, VARCHAR encoding", "BYTES", to_bytes),
    R("UUID", "Returns a random UUID, or the UUID of 16 bytes.", "", "VARCHAR", uuid_random,
      .flags = FN_VOLATILE | FN_NO_AUTHOR),
    R("UUID", NULL, "BYTES bytes", "VARCHAR", uuid_from_bytes, .flags = FN_NO_AUTHOR),
    {0},
};
