#include "base/num.h"

#include <stdlib.h>
#include <sys/random.h>

bool num_parse_i64(str s, int64_t *out)
{
    uint32_t i = 0;
    bool     neg = false;
    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) {
        neg = s.p[0] == '-';
        i = 1;
    }
    if (i == s.n)
        return false;
    int64_t v = 0; /* accumulates negatively: INT64_MIN has no positive twin */
    for (; i < s.n; i++) {
        int d = s.p[i] - '0';
        if (d < 0 || d > 9)
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, d, &v))
            return false;
    }
    if (!neg && __builtin_sub_overflow((int64_t)0, v, &v))
        return false;
    *out = v;
    return true;
}

bool num_parse_i32(str s, int32_t *out)
{
    int64_t v;
    if (!num_parse_i64(s, &v) || v < INT32_MIN || v > INT32_MAX)
        return false;
    *out = (int32_t)v;
    return true;
}

bool num_parse_f64(str s, double *out)
{
    char     tmp[64];
    uint32_t i = 0, digits = 0;
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
        i++;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++, digits++;
    if (i < s.n && s.p[i] == '.') {
        i++;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
            i++, digits++;
    }
    if (digits == 0)
        return false;
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        uint32_t exp = 0;
        i++;
        if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
            i++;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
            i++, exp++;
        if (exp == 0)
            return false;
    }
    if (i != s.n)
        return false;
    if (s.n < sizeof tmp) {
        memcpy(tmp, s.p, s.n);
        tmp[s.n] = 0;
        *out = strtod(tmp, NULL);
        return true;
    }
    char *big = strndup(s.p, s.n);
    *out = strtod(big, NULL);
    free(big);
    return true;
}

bool num_parse_size(str s, int64_t *out)
{
    int shift = 0;
    if (s.n) {
        char c = s.p[s.n - 1];
        shift = c == 'k' || c == 'K' ? 10 : c == 'm' || c == 'M' ? 20 : c == 'g' || c == 'G' ? 30 : 0;
        if (shift)
            s.n--;
    }
    int64_t v;
    if (!num_parse_i64(s, &v) || v < 0 || v > (INT64_MAX >> shift))
        return false;
    *out = v << shift;
    return true;
}

const char *uvarint_read(const char *p, const char *end, uint64_t *out)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (p >= end)
            return NULL;
        uint8_t b = (uint8_t)*p++;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) {
            *out = v;
            return p;
        }
    }
    return NULL;
}

uint64_t hash_new_seed(void)
{
    uint64_t s;
    if (getrandom(&s, sizeof s, 0) != (ssize_t)sizeof s)
        s = 0x9e3779b97f4a7c15u;
    return s | 1;
}

static uint64_t hash_seed(void)
{
    static uint64_t seed;
    uint64_t        s = __atomic_load_n(&seed, __ATOMIC_RELAXED);
    if (s == 0) {
        uint64_t none = 0;
        s = hash_new_seed();
        if (!__atomic_compare_exchange_n(&seed, &none, s, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            s = none;
    }
    return s;
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 m = (unsigned __int128)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* The folded-multiply construction of wyhash: 16 bytes a multiplication, overlapping tail reads. */
uint64_t hash_seeded(uint64_t seed, const void *p, size_t n)
{
    const char *q = p;
    uint64_t    h = seed ^ n, a = 0, b = 0;
    size_t      left = n;
    for (; left > 16; left -= 16, q += 16) {
        memcpy(&a, q, 8);
        memcpy(&b, q + 8, 8);
        h = mix(a ^ 0xa0761d6478bd642fu, b ^ h);
    }
    if (left >= 8) {
        memcpy(&a, q, 8);
        memcpy(&b, q + left - 8, 8);
    } else if (left >= 4) {
        uint32_t x, y;
        memcpy(&x, q, 4);
        memcpy(&y, q + left - 4, 4);
        a = x;
        b = y;
    } else if (left > 0) {
        a = (uint64_t)(uint8_t)q[0] << 16 | (uint64_t)(uint8_t)q[left >> 1] << 8 | (uint8_t)q[left - 1];
        b = 0;
    } else {
        a = b = 0;
    }
    return mix(0xe7037ed1a0b428dbu ^ n, mix(a ^ 0x8ebc6af09c88c6e3u, b ^ h));
}

uint64_t hash_bytes(const void *p, size_t n)
{
    return hash_seeded(hash_seed(), p, n);
}

/* Tables for eight bytes at a time (slicing-by-8), built on first use. */
static uint32_t crc_table[8][256];
static int      crc_ready;

static void crc_build(void)
{
    static uint32_t t[8][256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? (c >> 1) ^ 0x82f63b78u : c >> 1;
        t[0][i] = c;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int k = 1; k < 8; k++)
            t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 0xff];
    memcpy(crc_table, t, sizeof t);
    __atomic_store_n(&crc_ready, 1, __ATOMIC_RELEASE);
}

static uint32_t crc_soft(uint32_t c, const uint8_t *p, size_t n)
{
    if (!__atomic_load_n(&crc_ready, __ATOMIC_ACQUIRE))
        crc_build();
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        v ^= c;
        c = crc_table[7][v & 0xff] ^ crc_table[6][(v >> 8) & 0xff] ^ crc_table[5][(v >> 16) & 0xff] ^
            crc_table[4][(v >> 24) & 0xff] ^ crc_table[3][(v >> 32) & 0xff] ^ crc_table[2][(v >> 40) & 0xff] ^
            crc_table[1][(v >> 48) & 0xff] ^ crc_table[0][v >> 56];
    }
    while (n--)
        c = (c >> 8) ^ crc_table[0][(c ^ *p++) & 0xff];
    return c;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t c, const uint8_t *p, size_t n)
{
    uint64_t c64 = c;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        c64 = __builtin_ia32_crc32di(c64, v);
    }
    c = (uint32_t)c64;
    while (n--)
        c = __builtin_ia32_crc32qi(c, *p++);
    return c;
}
#endif

uint32_t crc32c(uint32_t crc, const void *p, size_t n)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        return ~crc_sse42(~crc, p, n);
#endif
    return ~crc_soft(~crc, p, n);
}
