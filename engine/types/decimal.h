/* Exact decimals of any precision: DECIMAL(p, s) arithmetic as spec/sql-language.md 3.4 and 3.5.
 *
 * A decimal value is an unscaled integer, the scale is its type's. Numbers that fit 64 bits stay in
 * the value itself and take the fast path; larger ones go through GMP.
 */
#ifndef ENGINE_TYPES_DECIMAL_H
#define ENGINE_TYPES_DECIMAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "engine/types/value.h"

/* Digits of a DECIMAL type, and the scale or exponent of a number in text: 10^n must stay computable. */
#define DECIMAL_DIGITS_MAX 100000

/* -1, 0, 1; the scales may differ. */
int decimal_compare(value x, int32_t xs, value y, int32_t ys);
int decimal_sign(value x);

/* x op y at the result's precision and scale. false: it does not fit p digits exactly, or y is zero.
 * Computed without rounding and then set to the scale (a division that needs more than p digits
 * fails), as the spec's "no-rounding context". */
bool  decimal_arith(arena *a, char op, value x, int32_t xs, value y, int32_t ys, int32_t p, int32_t s, value *out);
value decimal_negate(arena *a, value x);
value decimal_abs(arena *a, value x);

typedef enum decimal_round {
    ROUND_HALF_UP,      /* away from zero on ties */
    ROUND_HALF_CEILING, /* toward positive infinity on ties: ROUND's rule */
    ROUND_DOWN,         /* toward zero */
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_UNNECESSARY /* fails when a digit would be lost */
} decimal_round;

/* The same number at another scale. false only for ROUND_UNNECESSARY. */
bool decimal_rescale(arena *a, value x, int32_t from, int32_t to, decimal_round r, value *out);
/* Does |x| < 10^(p-s) hold? */
bool decimal_fits(value x, int32_t scale, int32_t p, int32_t s);
/* CAST to DECIMAL(p, s): check, then HALF_UP. false: overflow; err gets ksqlDB's text. */
bool decimal_cast(arena *a, value x, int32_t scale, int32_t p, int32_t s, value *out, buf *err);

/* Java's BigDecimal(String): digits, sign, point, exponent; no blanks. scale may come out negative. */
bool decimal_parse(arena *a, str s, value *out, int32_t *scale);
/* Exact value of a double. */
value decimal_from_double_exact(arena *a, double d, int32_t *scale);
/* BigDecimal.valueOf(double): through its shortest text. */
value   decimal_from_double(arena *a, double d, int32_t *scale);
double  decimal_to_double(value x, int32_t scale);
int64_t decimal_to_i64(value x, int32_t scale); /* truncated toward zero, low 64 bits */
/* Digits of the unscaled number, 1 for zero. */
int32_t decimal_digits(value x);
/* HALF_UP to p significant digits; *scale changes. */
value decimal_round_digits(arena *a, value x, int32_t *scale, int32_t p);

/* Why x does not fit DECIMAL(p, s), in ksqlDB's words. */
void decimal_overflow_text(buf *out, value x, int32_t scale, int32_t p, int32_t s);
void decimal_text_plain(buf *out, value x, int32_t scale);
void decimal_text(buf *out, value x, int32_t scale); /* BigDecimal.toString: may use an exponent */

/* Big-endian two's complement of the unscaled number, minimal length, as Avro and Protobuf want. */
void  decimal_to_bytes(buf *out, value x);
value decimal_from_bytes(arena *a, str bytes);

#endif
