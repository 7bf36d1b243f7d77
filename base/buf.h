/* A growable byte buffer that is born with a maximum.
 *
 * Appending past max sets `full` and drops the bytes, so that a writer checks once at the end
 * instead of at every append. Zero-initialise with BUF_INIT(max); buf_free() when done.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

typedef struct buf {
    char  *p;
    size_t n;    /* bytes used */
    size_t cap;  /* bytes allocated */
    size_t max;  /* bytes never exceeded */
    bool   full; /* something was dropped */
} buf;

#define BUF_INIT(max_bytes) ((buf){NULL, 0, 0, (max_bytes), false})
#define BUF_MAX ((size_t)1 << 31) /* for buffers bounded by what they are built from */

void buf_free(buf *b);
bool buf_reserve_slow(buf *b, size_t more);
void buf_printf(buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline void buf_clear(buf *b)
{
    b->n = 0;
    b->full = false;
}

/* Makes room for `more` bytes behind the end; false when max forbids it (and sets full). */
static inline bool buf_reserve(buf *b, size_t more)
{
    if (__builtin_expect(b->cap - b->n >= more, 1))
        return true;
    return buf_reserve_slow(b, more);
}

static inline void buf_put(buf *b, const void *p, size_t n)
{
    if (n && buf_reserve(b, n)) {
        memcpy(b->p + b->n, p, n);
        b->n += n;
    }
}

static inline void buf_putc(buf *b, char c)
{
    if (buf_reserve(b, 1))
        b->p[b->n++] = c;
}

static inline void buf_puts(buf *b, str s)
{
    buf_put(b, s.p, s.n);
}

static inline void buf_putz(buf *b, const char *z)
{
    buf_put(b, z, strlen(z));
}

static inline str buf_str(const buf *b)
{
    return (str){b->p, (uint32_t)b->n};
}

/* As %ld, faster. */
void buf_put_digits(buf *b, int64_t v);

/* Big-endian integers, as on the Kafka wire and in record batches. */
void buf_put_i16(buf *b, int16_t v);
void buf_put_i32(buf *b, int32_t v);
void buf_put_i64(buf *b, int64_t v);
/* Zigzag varints, as in Kafka records and Avro. */
void buf_put_varint(buf *b, int64_t v);
/* Unsigned base-128 varint. */
void buf_put_uvarint(buf *b, uint64_t v);

#endif
