/* COUNT_DISTINCT: HyperLogLog with 2^14 registers of 5 bits, six in a 32-bit word; hash and layout as in
 * spec/functions.md 4.3. The state is the words as BYTES, little-endian: a row that changes no register
 * gives the state back as it is.
 */
#include <math.h>

#include "engine/agg/agg_int.h"
#include "engine/types/decimal.h"

#define REGISTERS 16384u
#define WORDS ((REGISTERS + 5) / 6)
#define STATE_BYTES (WORDS * 4)
#define MURMUR 0x5bd1e995u

static uint32_t finish(uint32_t h)
{
    h ^= h >> 13;
    h *= MURMUR;
    return h ^ h >> 15;
}

static uint32_t hash_long(uint64_t v)
{
    uint32_t h = 0, k = (uint32_t)v * MURMUR;
    k ^= k >> 24;
    h ^= k * MURMUR;
    k = (uint32_t)(v >> 32) * MURMUR;
    k ^= k >> 24;
    h *= MURMUR;
    h ^= k * MURMUR;
    return finish(h);
}

static uint32_t hash_text(str s)
{
    uint32_t h = 0xffffffffu ^ s.n, i = 0;
    for (; i + 4 <= s.n; i += 4) {
        uint32_t k;
        memcpy(&k, s.p + i, 4);
        k *= MURMUR;
        k ^= k >> 24;
        k *= MURMUR;
        h *= MURMUR;
        h ^= k;
    }
    const signed char *tail = (const signed char *)s.p;
    uint32_t           left = s.n - i;
    if (left) {
        if (left >= 3)
            h ^= (uint32_t)tail[s.n - 3] << 16;
        if (left >= 2)
            h ^= (uint32_t)tail[s.n - 2] << 8;
        h ^= (uint32_t)tail[s.n - 1];
        h *= MURMUR;
    }
    return finish(h);
}

/* Types other than numbers and text count by their text; of BYTES that is only the length. */
static uint32_t hash_value(const type *t, value v)
{
    switch (t->kind) {
    case T_INTEGER:
    case T_BIGINT:
    case T_DOUBLE:
        return hash_long((uint64_t)v.i);
    case T_STRING:
        return hash_text(value_str(v));
    default:
        break;
    }
    buf b = BUF_INIT(BUF_MAX);
    if (t->kind == T_BYTES)
        buf_printf(&b, "java.nio.HeapByteBuffer[pos=0 lim=%u cap=%u]", v.n, v.n);
    else if (t->kind == T_DECIMAL)
        decimal_text(&b, v, t->scale);
    else
        value_text(&b, t, v);
    uint32_t h = hash_text(buf_str(&b));
    buf_free(&b);
    return h;
}

static uint32_t word_at(const char *p, uint32_t i)
{
    uint32_t w;
    memcpy(&w, p + 4 * (size_t)i, 4);
    return w;
}

static uint32_t rank_at(const char *p, uint32_t reg)
{
    return word_at(p, reg / 6) >> 5 * (reg % 6) & 31;
}

static void set_rank(char *p, uint32_t reg, uint32_t rank)
{
    uint32_t shift = 5 * (reg % 6), w = word_at(p, reg / 6);
    w = (w & ~(31u << shift)) | rank << shift;
    memcpy(p + 4 * (size_t)(reg / 6), &w, 4);
}

TYPE(registers_type)
{
    (void)a;
    (void)c;
    return &type_bytes;
}

INITIAL(registers_initial)
{
    static const char zeros[STATE_BYTES];
    return value_s(str_make(zeros, STATE_BYTES));
}

STEP(distinct_add)
{
    if (args[0].state != V_OK)
        return s;
    uint32_t h = hash_value(c->arg_types[0], args[0]), reg = h >> 18;
    uint32_t rank = (uint32_t)__builtin_clz((h << 14) | ((1u << 13) + 1)) + 1;
    if (rank_at(s.p, reg) >= rank)
        return s;
    char *p = arena_dup(cx->a, s.p, STATE_BYTES);
    set_rank(p, reg, rank);
    return value_s(str_make(p, STATE_BYTES));
}

MERGE(distinct_merge)
{
    char *p = arena_dup(cx->a, a.p, STATE_BYTES);
    for (uint32_t i = 0; i < REGISTERS; i++)
        if (rank_at(b.p, i) > rank_at(p, i))
            set_rank(p, i, rank_at(b.p, i));
    return value_s(str_make(p, STATE_BYTES));
}

RESULT(distinct_result)
{
    const double m = REGISTERS, alpha = 0.7213 / (1 + 1.079 / m);
    uint32_t     count[32] = {0};
    for (uint32_t w = 0; w < WORDS; w++) { /* a word at a time: this runs after every row */
        uint32_t word = word_at(s.p, w), in_word = w + 1 < WORDS ? 6 : REGISTERS - 6 * w;
        for (uint32_t i = 0; i < in_word; i++, word >>= 5)
            count[word & 31]++;
    }
    double sum = 0;
    for (int r = 0; r < 32; r++)
        sum += ldexp(count[r], -r);
    double e = alpha * m * m / sum;
    if (e <= 2.5 * m)
        e = m * log(m / (double)count[0]);
    return value_i((int64_t)floor(e + 0.5));
}

const agg_row agg_distinct[] = {
    {.name = "COUNT_DISTINCT",
     .doc = "Estimates the number of distinct values.",
     .params = "T val1",
     .returns = "BIGINT",
     .state_type = registers_type,
     .initial = registers_initial,
     .add = distinct_add,
     .merge = distinct_merge,
     .result = distinct_result},
    {0},
};
