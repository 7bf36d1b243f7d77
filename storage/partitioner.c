/* Where a keyed record goes: murmur2 as every Kafka client computes it, so that rows written by the
 * engine and by producers of the same key meet in one partition. */
#include "storage/record.h"

static uint32_t murmur2(const uint8_t *p, uint32_t n)
{
    const uint32_t m = 0x5bd1e995;
    uint32_t       h = 0x9747b28cu ^ n;
    for (; n >= 4; n -= 4, p += 4) {
        uint32_t k = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        h = h * m ^ k;
    }
    if (n == 3)
        h ^= (uint32_t)p[2] << 16;
    if (n >= 2)
        h ^= (uint32_t)p[1] << 8;
    if (n >= 1) {
        h ^= p[0];
        h *= m;
    }
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

int32_t record_partition(str key, int32_t partitions)
{
    return (int32_t)((murmur2((const uint8_t *)key.p, key.n) & 0x7fffffff) % (uint32_t)partitions);
}
