/* The pieces of JSON text, one after the other. What fails sets r->err and gives false. */
#ifndef ENGINE_FORMAT_JSON_SCAN_H
#define ENGINE_FORMAT_JSON_SCAN_H

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/format/format.h"
#include "engine/types/value.h"

#define JSON_DEPTH_MAX 1000
#define JSON_NUMBER_MAX 1000 /* characters of one number */

typedef struct json_reader {
    arena      *a;
    const char *begin, *p, *end;
    uint32_t    depth;
    uint32_t    path_n;
    char        err[SERDE_ERR_MAX];
    char        path[256]; /* where it failed, without the leading $ */
} json_reader;

typedef struct json_number {
    str     text;
    int64_t i;        /* its value when `whole` */
    bool    whole;    /* no fraction, no exponent, fits 64 bits */
    bool    integral; /* no fraction, no exponent */
} json_number;

void jscan_init(json_reader *r, arena *a, str text);

bool jscan_fail(json_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool jscan_torn(json_reader *r); /* the text is no JSON at r->p */

static inline void jscan_blanks(json_reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
}

/* The first quote, backslash or control character at or behind p; *high: a byte >= 0x80 was seen. */
static inline const char *jscan_string_end(const char *p, const char *end, bool *high)
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

/* The rest of jscan_string(): no quote at r->p. */
bool jscan_string_odd(json_reader *r, const char *from, str *out);

/* r->p stands behind the opening quote, then behind the closing one. */
static inline bool jscan_string(json_reader *r, str *out)
{
    const char *from = r->p;
    bool        high;
    r->p = jscan_string_end(from, r->end, &high);
    if (__builtin_expect(r->p >= r->end || *r->p != '"', 0))
        return jscan_string_odd(r, from, out);
    *out = str_make(from, (size_t)(r->p - from));
    r->p++;
    return !__builtin_expect(high, 0) || utf8_valid(*out) || jscan_fail(r, "Invalid UTF-8 in a string");
}

bool jscan_number(json_reader *r, json_number *n);
/* r->p stands at the word's first letter. */
bool jscan_literal(json_reader *r, const char *word, size_t n);
/* Past the next value, whatever it is. */
bool jscan_skip(json_reader *r);

#endif
