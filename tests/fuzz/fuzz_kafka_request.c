/* Request frames as a stranger may send them: every table-driven decoder, then what was decoded is
 * encoded and decoded again and must be the same bytes.
 *
 * Input: a frame without its length. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/num.h"
#include "server/kafka/server_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void encode(arena *a, const api *row, int16_t version, const void *message, buf *out)
{
    wire_writer w = {.out = out, .a = a, .version = version, .flexible = version >= row->flexible};
    wire_encode(&w, row->request, message);
}

static bool decode(arena *a, const api *row, int16_t version, const uint8_t *p, size_t n, void *out)
{
    wire_reader r;
    wire_reader_init(&r, p, n, a);
    r.version = version;
    wire_get_classic_string(&r);
    r.flexible = version >= row->flexible;
    if (r.flexible)
        wire_skip_tags(&r);
    return wire_decode(&r, row->request, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const api *row = n >= 8 ? api_find((int16_t)be_get16(data)) : NULL;
    int16_t    version = n >= 8 ? (int16_t)be_get16(data + 2) : 0;
    if (row == NULL || version < row->accepted_min || version > row->max)
        return 0;
    arena a;
    arena_init(&a);
    buf   first = BUF_INIT(BUF_MAX), second = BUF_INIT(BUF_MAX);
    void *message = arena_zalloc(&a, row->request->size);
    void *again = arena_zalloc(&a, row->request->size);
    if (decode(&a, row, version, data + 8, n - 8, message)) {
        buf_put_i16(&first, -1);
        if (version >= row->flexible)
            buf_putc(&first, 0);
        encode(&a, row, version, message, &first);
        if (!decode(&a, row, version, (const uint8_t *)first.p, first.n, again))
            abort();
        buf_put_i16(&second, -1);
        if (version >= row->flexible)
            buf_putc(&second, 0);
        encode(&a, row, version, again, &second);
        if (!str_eq(buf_str(&first), buf_str(&second)))
            abort();
    }
    buf_free(&first);
    buf_free(&second);
    arena_free(&a);
    return 0;
}
