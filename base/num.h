/* Numbers: checked parsing, big-endian access, varints, hashing, CRC-32C. */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

/* Java's parseInt/parseLong: optional sign, at least one digit, nothing else, range checked. */
bool num_parse_i64(str s, int64_t *out);
bool num_parse_i32(str s, int32_t *out);
/* A whole decimal number of the form 12, -1.5, 1e3; no blanks, no hex. */
bool num_parse_f64(str s, double *out);
/* "10k", "64m", "2g" or plain digits, in bytes (powers of 1024). */
bool num_parse_size(str s, int64_t *out);

/* Big-endian loads and stores at any alignment. */
static inline uint16_t be_get16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap16(v);
}
static inline uint32_t be_get32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}
static inline uint64_t be_get64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}
static inline void be_put16(void *p, uint16_t v)
{
    v = __builtin_bswap16(v);
    memcpy(p, &v, sizeof v);
}
static inline void be_put32(void *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof v);
}
static inline void be_put64(void *p, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof v);
}

/* The sum, held at the ends of the range: times and durations come from records and statements. */
static inline int64_t add_clamped(int64_t x, int64_t y)
{
    int64_t sum;
    if (__builtin_add_overflow(x, y, &sum))
        return y > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

#define VARINT_MAX_BYTES 10

static inline uint64_t zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}
static inline int64_t unzigzag(uint64_t u)
{
    return (int64_t)(u >> 1) ^ -(int64_t)(u & 1);
}
/* Writes at most VARINT_MAX_BYTES; returns how many. */
static inline size_t uvarint_write(char *p, uint64_t v)
{
    size_t n = 0;
    while (v >= 0x80) {
        p[n++] = (char)(v | 0x80);
        v >>= 7;
    }
    p[n++] = (char)v;
    return n;
}
static inline size_t varint_write(char *p, int64_t v)
{
    return uvarint_write(p, zigzag(v));
}
static inline size_t varint_size(int64_t v)
{
    uint64_t u = zigzag(v) | 1;
    return (63 - (size_t)__builtin_clzll(u)) / 7 + 1;
}
/* Reads from [p, end); returns the byte behind it, or NULL when torn or longer than 64 bits. */
const char               *uvarint_read(const char *p, const char *end, uint64_t *out);
static inline const char *varint_read(const char *p, const char *end, int64_t *out)
{
    if (__builtin_expect(p < end && !(*p & 0x80), 1)) {
        *out = unzigzag((uint8_t)*p);
        return p + 1;
    }
    uint64_t u;
    p = uvarint_read(p, end, &u);
    if (p)
        *out = unzigzag(u);
    return p;
}

/* 64-bit hash of bytes, seeded per process to resist chosen keys. Not stable across runs. */
uint64_t hash_bytes(const void *p, size_t n);
/* The same with the caller's seed: stable across runs for those who keep it. */
uint64_t hash_seeded(uint64_t seed, const void *p, size_t n);
/* A random seed, never 0. */
uint64_t hash_new_seed(void);

/* CRC-32C (Castagnoli) as in Kafka's record batches; crc is 0 or an earlier result. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

#endif
