#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/num.h"

void buf_free(buf *b)
{
    mem_free(b->p);
    *b = BUF_INIT(b->max);
}

bool buf_reserve_slow(buf *b, size_t more)
{
    if (more > b->max - b->n || b->n > b->max) {
        b->full = true;
        return false;
    }
    size_t want = b->cap ? b->cap * 2 : 64;
    if (want < b->n + more)
        want = b->n + more;
    if (want > b->max)
        want = b->max;
    b->p = mem_realloc(b->p, want);
    b->cap = want;
    return true;
}

void buf_printf(buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n >= 0 && buf_reserve(b, (size_t)n + 1)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_put_digits(buf *b, int64_t v)
{
    char     tmp[24];
    int      n = 0;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    if (!buf_reserve(b, sizeof tmp))
        return;
    char *o = b->p + b->n;
    if (v < 0)
        *o++ = '-';
    do {
        tmp[n++] = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    while (n)
        *o++ = tmp[--n];
    b->n = (size_t)(o - b->p);
}

void buf_put_i16(buf *b, int16_t v)
{
    if (buf_reserve(b, 2)) {
        be_put16(b->p + b->n, (uint16_t)v);
        b->n += 2;
    }
}

void buf_put_i32(buf *b, int32_t v)
{
    if (buf_reserve(b, 4)) {
        be_put32(b->p + b->n, (uint32_t)v);
        b->n += 4;
    }
}

void buf_put_i64(buf *b, int64_t v)
{
    if (buf_reserve(b, 8)) {
        be_put64(b->p + b->n, (uint64_t)v);
        b->n += 8;
    }
}

void buf_put_uvarint(buf *b, uint64_t v)
{
    if (buf_reserve(b, VARINT_MAX_BYTES))
        b->n += uvarint_write(b->p + b->n, v);
}

void buf_put_varint(buf *b, int64_t v)
{
    buf_put_uvarint(b, zigzag(v));
}
