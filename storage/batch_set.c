#include "storage/batch_set_int.h"

bool batch_set_parse(batch_set *s, const uint8_t *p, uint32_t len, bool check_crc, status *st)
{
    size_t cap = BATCH_SET_INLINE;
    s->v = s->few;
    s->n = 0;
    s->offsets = 0;
    s->max_ts = INT64_MIN;
    s->size_max = 0;
    s->keyed = false;
    if (len == 0)
        return status_set(st, ST_INVALID_RECORD, "An append holds no record batch");
    for (uint32_t at = 0; at < len;) {
        if (s->n == cap) {
            cap *= 2;
            batch_view *more = mem_alloc(cap * sizeof *more);
            memcpy(more, s->v, s->n * sizeof *more);
            if (s->v != s->few)
                mem_free(s->v);
            s->v = more;
        }
        batch_view *b = &s->v[s->n];
        if (!batch_parse(p + at, len - at, check_crc, b, st))
            return false;
        if (b->attributes & BATCH_CONTROL)
            return status_set(st, ST_INVALID_RECORD, "Clients are not allowed to write control records");
        if (b->count != b->last_delta + 1)
            return status_set(st, ST_INVALID_RECORD,
                              "Inconsistent batch offset range [0, %d] and "
                              "count of records %d",
                              b->last_delta, b->count);
        if (b->producer_id >= 0 && (b->base_seq < 0 || b->producer_epoch < 0))
            return status_set(st, ST_INVALID_RECORD,
                              "Invalid sequence number %d in record batch "
                              "with producerId %lld",
                              b->base_seq, (long long)b->producer_id);
        s->n++;
        s->offsets += (int64_t)b->last_delta + 1;
        if (b->max_ts > s->max_ts)
            s->max_ts = b->max_ts;
        if (b->size_bytes > s->size_max)
            s->size_max = b->size_bytes;
        at += b->size_bytes;
    }
    return true;
}

void batch_set_free(batch_set *s)
{
    if (s->v != s->few)
        mem_free(s->v);
}

void batch_set_place(batch_set *s, int64_t base, int32_t leader_epoch)
{
    for (size_t i = 0; i < s->n; i++) {
        uint8_t *p = batch_set_bytes(s, i);
        s->v[i].base_offset = base;
        be_put64(p, (uint64_t)base);
        be_put32(p + 12, (uint32_t)leader_epoch);
        base += (int64_t)s->v[i].last_delta + 1;
    }
}

void batch_set_stamp(batch_set *s, producer_ident who, int32_t *seq)
{
    for (size_t i = 0; i < s->n; i++) {
        batch_view *b = &s->v[i];
        uint8_t    *p = batch_set_bytes(s, i);
        b->attributes |= BATCH_TRANSACTIONAL;
        b->producer_id = who.pid;
        b->producer_epoch = who.epoch;
        b->base_seq = *seq;
        be_put16(p + 21, (uint16_t)b->attributes);
        be_put64(p + 43, (uint64_t)who.pid);
        be_put16(p + 51, (uint16_t)who.epoch);
        be_put32(p + 53, (uint32_t)*seq);
        be_put32(p + 17, crc32c(0, p + 21, b->size_bytes - 21));
        *seq = (int32_t)(((int64_t)*seq + b->last_delta + 1) & INT32_MAX);
    }
}

bool batch_set_check(const batch_set *s, const producer_states *ps, int64_t *dup_base, status *st)
{
    size_t dups = 0;
    for (size_t i = 0; i < s->n; i++) {
        const batch_view *b = &s->v[i], *prev = NULL;
        if (b->producer_id < 0)
            continue;
        for (size_t k = i; k-- > 0 && !prev && dups == 0;)
            if (s->v[k].producer_id == b->producer_id)
                prev = &s->v[k];
        int64_t base = OFFSET_NONE;
        if (producer_check(ps, b, prev, &base, st))
            continue;
        if (st->code != ST_DUPLICATE)
            return false;
        if (dups++ == 0)
            *dup_base = base;
    }
    if (dups == 0)
        return true;
    if (dups == s->n)
        return false; /* ST_DUPLICATE, as the last check left it */
    return status_set(st, ST_SEQUENCE, "Batches seen before and new ones in one append");
}
