/* Record batches as a client may send them: header, records, headers, every codec. The first byte
 * chooses whether the CRC is made right first, so that the fuzzer gets past it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "storage/batch_set_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_records(batch_iter *it, const uint8_t *p, size_t n)
{
    status   st;
    rec_view r;
    uint64_t sum = 0;
    if (!batch_iter_begin(it, p, n, &st))
        return;
    while (batch_iter_next(it, &r, &st)) {
        rec_header     h;
        const uint8_t *at = r.headers;
        for (uint32_t i = 0; i < r.value.n; i++)
            sum += (uint8_t)r.value.p[i];
        while (rec_header_next(&r, &at, &h))
            sum += h.key.n + h.value.n;
    }
    if (st.code != ST_OK && st.code != ST_CORRUPT)
        abort();
    if (sum == UINT64_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    bool     fix = data[0] & 1;
    size_t   n = size - 1;
    uint8_t *p = mem_dup(data + 1, n);
    if (fix && n >= BATCH_HEADER_BYTES)
        be_put32(p + 17, crc32c(0, p + 21, n - 21));
    status     st;
    batch_iter it = {.unpacked = BUF_INIT(1 << 20)};
    read_records(&it, p, n);
    batch_set       set;
    producer_states states;
    producer_states_init(&states);
    if (batch_set_parse(&set, p, (uint32_t)n, true, &st)) {
        int64_t base;
        if (batch_set_check(&set, &states, &base, &st)) {
            batch_set_place(&set, 100, 1);
            for (size_t i = 0; i < set.n; i++)
                producer_apply(&states, &set.v[i], 0);
        }
    }
    batch_set_free(&set);
    producer_states_free(&states);
    batch_iter_free(&it);
    mem_free(p);
    return 0;
}
