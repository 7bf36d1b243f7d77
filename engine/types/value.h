/* A value of any SQL type in 16 bytes; its type is known from the plan, never from the value.
 *
 *     BOOLEAN INTEGER BIGINT TIME DATE TIMESTAMP   i
 *     DOUBLE                                       d
 *     STRING BYTES                                 p, n bytes
 *     DECIMAL                                      n == 0: i is the unscaled number; else p holds n
 *                                                  bytes of big-endian two's complement (only when
 *                                                  it does not fit 64 bits); the scale is the type's
 *     ARRAY                                        v, n elements
 *     MAP                                          v, n entries: key, value, key, value, ...
 *     STRUCT                                       v, n fields
 *
 * What p and v point to belongs to an arena or to the batch the row came from; who keeps a value
 * longer copies it.
 */
#ifndef ENGINE_TYPES_VALUE_H
#define ENGINE_TYPES_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "engine/types/type.h"

typedef enum value_state {
    V_NULL = 0,
    V_OK = 1,
    V_ERR = 2 /* an expression that failed; only travels up an expression, never in a row */
} value_state;

/* value.flags of a MAP: the capacity its hash table started with was 16, not the least that fits
 * (spec/functions.md 1.11; decides the order in which entries are seen). */
#define V_MAP_CAP16 1

typedef struct value value;
struct value {
    union {
        int64_t      i;
        double       d;
        const char  *p;
        const value *v;
    };
    uint32_t n;
    uint16_t state; /* value_state */
    uint16_t flags;
};
_Static_assert(sizeof(value) == 16, "rows are arrays of 16-byte values");

#define VALUE_NULL ((value){.i = 0, .state = V_NULL})
#define VALUE_ERR ((value){.i = 0, .state = V_ERR})

static inline value value_i(int64_t i)
{
    return (value){.i = i, .state = V_OK};
}
static inline value value_b(bool b)
{
    return (value){.i = b, .state = V_OK};
}
static inline value value_d(double d)
{
    return (value){.d = d, .state = V_OK};
}
static inline value value_s(str s)
{
    return (value){.p = s.p, .n = s.n, .state = V_OK};
}
static inline value value_v(const value *v, uint32_t n)
{
    return (value){.v = v, .n = n, .state = V_OK};
}
static inline str value_str(value v)
{
    return (str){v.p, v.n};
}
static inline bool value_is_null(value v)
{
    return v.state == V_NULL;
}

/* Equality as in `=` on containers and in GROUP BY keys: NULL equals NULL inside; NaN equals NaN. */
bool value_equal(const type *t, value x, value y);
/* Order of non-NULL values (spec/functions.md 1.11): strings by UTF-16 unit, BYTES signed, DOUBLE total
 * order. Containers compare element by element. */
int value_compare(const type *t, value x, value y);
/* STRING order: by UTF-16 code unit. */
int str_cmp_utf16(str a, str b);

/* Java's text of a value: [1, 2], {a=1}, Struct{F=1}; strings bare. What CAST AS STRING gives. */
void value_text(buf *out, const type *t, value v);

/* Java's Double.toString: 1.0, 1.0E10, NaN, Infinity. */
void double_text(buf *out, double d);
/* Java's parseDouble on trimmed text: exponents, hex floats, suffix d/f, NaN, Infinity. */
bool double_parse(str s, double *out);

/* The order in which a Java HashMap of these entries is iterated; idx has n places. */
void value_map_order(arena *a, const type *map_type, value m, uint32_t *idx);
/* The entry of the key, or NULL. */
const value *value_map_get(const type *map_type, value m, value key);

/* UTF-8 from Java's point of view. */
uint32_t utf16_length(str s);
/* Byte offset of UTF-16 unit `unit`; s.n when at or behind the end. A unit inside a surrogate pair
 * gives the offset of the pair with *split set. */
uint32_t utf16_offset(str s, uint32_t unit, bool *split);
/* Replaces malformed sequences by U+FFFD; returns s itself when it is well formed. */
str  utf8_repair(arena *a, str s);
bool utf8_valid(str s);

/* Base64, standard alphabet. Strict decoding as RFC 4648, padding optional. */
void base64_encode(buf *out, str bytes);
bool base64_decode(arena *a, str text, str *out);

#endif
