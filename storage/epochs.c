#include "storage/epochs_int.h"

#include "base/mem.h"
#include "base/num.h"

#define ENTRY_BYTES 12

void epochs_note(epochs *e, int32_t epoch, int64_t offset)
{
    if (e->v.n && epoch <= e->v.p[e->v.n - 1].epoch)
        return;
    epoch_start s = {epoch, offset};
    VEC_PUSH(&e->v, s);
}

void epochs_cut(epochs *e, int64_t high)
{
    while (e->v.n && e->v.p[e->v.n - 1].offset >= high)
        e->v.n--;
}

void epochs_end(const epochs *e, int32_t now, int64_t high, int32_t asked, int32_t *epoch, int64_t *end)
{
    *epoch = -1;
    *end = -1;
    if (asked > now || asked < 0)
        return;
    *epoch = asked;
    *end = high;
    if (asked == now)
        return;
    for (size_t i = e->v.n; i-- > 0;) {
        if (e->v.p[i].epoch <= asked) {
            *epoch = e->v.p[i].epoch;
            return;
        }
        *end = e->v.p[i].offset;
    }
}

void epochs_write(const epochs *e, buf *out)
{
    buf_put_i32(out, (int32_t)e->v.n);
    for (size_t i = 0; i < e->v.n; i++) {
        buf_put_i32(out, e->v.p[i].epoch);
        buf_put_i64(out, e->v.p[i].offset);
    }
}

bool epochs_read(epochs *e, str *from)
{
    uint64_t n = from->n >= 4 ? be_get32(from->p) : UINT32_MAX;
    if (from->n < 4 || (from->n - 4) / ENTRY_BYTES < n)
        return false;
    for (uint64_t i = 0; i < n; i++) {
        const char *p = from->p + 4 + i * ENTRY_BYTES;
        epochs_note(e, (int32_t)be_get32(p), (int64_t)be_get64(p + 4));
    }
    *from = str_make(from->p + 4 + n * ENTRY_BYTES, from->n - 4 - n * ENTRY_BYTES);
    return true;
}
