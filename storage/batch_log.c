#include "storage/batch_log_int.h"

#include "base/mem.h"
#include "base/num.h"
#include "storage/txn_int.h"

#define READ_BYTES ((uint32_t)256 << 10) /* asked of the log at a time */
#define SEND_BYTES ((size_t)512 << 10)   /* a sender's batch is written when it has grown so large */
#define CRC_AT 17                        /* in a batch; the log has written it when an append returns */

/* ---- whole batches */

bool batch_log_append(tlog_part *p, uint8_t *batches, uint32_t len, batch_append opt, int64_t *base_out, status *st)
{
    return p->ops->batches->append(p, batches, len, opt, base_out, st);
}

/* After a seek what was read before is not wanted. */
static void follow_seek(batch_reader *r)
{
    if (r->seeks == r->base.seeks)
        return;
    r->seeks = r->base.seeks;
    r->next = r->first = r->base.next;
    r->left = 0;
    r->in_batch = false;
}

bool batch_log_next(tlog_reader *tr, uint32_t max_bytes, const uint8_t **data, uint32_t *len, status *st)
{
    batch_reader *r = (batch_reader *)tr;
    follow_seek(r);
    bool ok = tr->ops->batches->next(r, max_bytes, data, len, st);
    tr->next = r->next;
    return ok;
}

int64_t batch_log_first(const tlog_reader *tr)
{
    return ((const batch_reader *)tr)->first;
}

/* ---- records out of batches */

void batch_reader_init(batch_reader *r, const tlog_ops *ops, int64_t offset)
{
    *r = (batch_reader){.base = {.ops = ops, .next = offset, .seeks = 1},
                        .next = offset,
                        .first = offset,
                        .seeks = 1,
                        .it = BATCH_ITER_INIT};
}

void batch_reader_deinit(batch_reader *r)
{
    batch_iter_free(&r->it);
}

/* May the next batch be begun on while records of earlier ones are to live on? Unpacking would overwrite them. */
static bool is_plain(const batch_reader *r)
{
    return r->left >= BATCH_HEADER_BYTES && (be_get16(r->data + 21) & BATCH_CODEC_MASK) == CODEC_NONE;
}

/* The next batch of what was read; false: it cannot be read. */
static bool begin_batch(batch_reader *r, status *st)
{
    if (!batch_iter_begin(&r->it, r->data, r->left, st))
        return false;
    r->data += r->it.b.size_bytes;
    r->left -= r->it.b.size_bytes;
    r->in_batch = true;
    return true;
}

/* Records of the batch under way, up to n; *ok is false where one cannot be read. */
static uint32_t take_records(batch_reader *r, rec_view *out, uint32_t n, bool *ok, status *st)
{
    uint32_t got = 0;
    while (got < n) {
        if (batch_iter_next(&r->it, &out[got], st)) {
            if (out[got].offset >= r->base.next) /* else before the place that was sought */
                got++;
            continue;
        }
        *ok = st->code == ST_OK;
        r->in_batch = !*ok;
        break;
    }
    if (got)
        r->base.next = out[got - 1].offset + 1;
    if (!r->in_batch) { /* records at its end may have been compacted away */
        int64_t end = r->it.b.base_offset + r->it.b.last_delta + 1;
        r->base.next = end > r->base.next ? end : r->base.next;
    }
    return got;
}

bool batch_reader_next(tlog_reader *tr, rec_view *out, uint32_t n, uint32_t *got, status *st)
{
    batch_reader *r = (batch_reader *)tr;
    bool          ok = true;
    *got = 0;
    follow_seek(r);
    while (ok && *got < n) {
        if (r->in_batch) {
            *got += take_records(r, out + *got, n - *got, &ok, st);
        } else if (r->left) {
            if (*got && !is_plain(r))
                break;
            ok = begin_batch(r, st);
        } else if (*got) {
            break; /* reading on would move what they lie in */
        } else {
            ok = tr->ops->batches->next(r, READ_BYTES, &r->data, &r->left, st);
            if (!ok)
                r->left = 0;
            if (!ok || r->left == 0) {
                tr->next = ok && r->next > tr->next ? r->next : tr->next;
                break;
            }
        }
    }
    if (*got == 0)
        return ok;
    if (!ok)
        status_init(st); /* it is met again by the next call, which has nothing else to give */
    return true;
}

/* ---- batches out of records */

typedef struct batch_sender {
    tlog_sender    base;
    tlog_part     *part; /* held */
    tlog_producer *producer;
    batch_builder  b;
    tlog_mark      mark;
} batch_sender;

static size_t batch_limit(const tlog_part *p)
{
    size_t max = p->ops->batches->batch_bytes_max(p);
    return max < BATCH_DECOMPRESSED_MAX ? max : BATCH_DECOMPRESSED_MAX;
}

tlog_sender *batch_sender_open(tlog_part *p, tlog_producer *producer)
{
    batch_sender *s = MEM_NEW(batch_sender);
    *s = (batch_sender){.base.ops = p->ops, .part = p, .producer = producer, .mark.base_offset = TLOG_OFFSET_NONE};
    p->ops->batches->part_hold(p);
    batch_builder_init(&s->b, batch_limit(p));
    return &s->base;
}

void batch_sender_close(tlog_sender *ts)
{
    batch_sender *s = (batch_sender *)ts;
    batch_builder_free(&s->b);
    tlog_part_close(s->part);
    mem_free(s);
}

static bool add(batch_builder *b, const rec_out *r)
{
    return batch_builder_add(b, r->ts, r->key, r->value, r->header_count, r->headers);
}

static bool too_large(const rec_out *r, size_t limit, status *st)
{
    return status_set(st, ST_TOO_LARGE,
                      "A record of %zu bytes is larger than a record batch of its topic may be (%zu bytes).",
                      (size_t)r->key.n + r->value.n + r->headers.n, limit);
}

bool batch_sender_send(tlog_sender *ts, const rec_out *r, status *st)
{
    batch_sender *s = (batch_sender *)ts;
    if (!add(&s->b, r)) {
        if (!batch_sender_flush(ts, st))
            return false;
        s->b.out.max = batch_limit(s->part); /* the topic's settings may have changed */
        if (!add(&s->b, r))
            return too_large(r, s->b.out.max, st);
    }
    return s->b.out.n < SEND_BYTES || batch_sender_flush(ts, st);
}

bool batch_sender_flush(tlog_sender *ts, status *st)
{
    batch_sender *s = (batch_sender *)ts;
    if (s->b.count == 0)
        return true;
    str          bytes = batch_builder_finish(&s->b, CODEC_NONE, st);
    batch_append how = {.producer = s->producer, .trusted = true, .keyed = !s->b.null_keys};
    int64_t      base;
    bool         ok = bytes.p && batch_log_append(s->part, (uint8_t *)(uintptr_t)bytes.p, bytes.n, how, &base, st);
    if (ok)
        s->mark = (tlog_mark){base, be_get32(bytes.p + CRC_AT)};
    batch_builder_reset(&s->b);
    return ok;
}

tlog_mark batch_sender_mark(const tlog_sender *s)
{
    return ((const batch_sender *)s)->mark;
}

/* ---- appends that wait */

/* Only the last one waits: what lies before it is on disk then, too. */
static bool append_built(tlog_part *p, batch_builder *b, bool last, int64_t *base, status *st)
{
    str          bytes = batch_builder_finish(b, CODEC_NONE, st);
    batch_append how = {.durable = last, .trusted = true, .keyed = !b->null_keys};
    bool         ok = bytes.p && batch_log_append(p, (uint8_t *)(uintptr_t)bytes.p, bytes.n, how, base, st);
    batch_builder_reset(b);
    return ok;
}

bool batch_log_append_wait(tlog_part *p, const rec_out *r, uint32_t n, int64_t *base_out, status *st)
{
    batch_builder b;
    int64_t       base, first = TLOG_OFFSET_NONE;
    bool          ok = true;
    batch_builder_init(&b, batch_limit(p));
    for (uint32_t i = 0; ok && i < n; i++) {
        if (add(&b, &r[i]))
            continue;
        if (b.count) {
            ok = append_built(p, &b, false, &base, st);
            first = first == TLOG_OFFSET_NONE ? base : first;
        }
        ok = ok && (add(&b, &r[i]) || too_large(&r[i], b.out.max, st));
    }
    ok = ok && append_built(p, &b, true, &base, st);
    if (ok)
        *base_out = first == TLOG_OFFSET_NONE ? base : first;
    batch_builder_free(&b);
    return ok;
}

/* ---- commits */

tlog_outcome batch_log_commit(tlog *l, const tlog_commit_args *c, status *st)
{
    bool doubt = false, ok;
    for (size_t i = 0; i < c->sender_count; i++)
        if (!tlog_flush(c->senders[i], st))
            return TLOG_NOT_COMMITTED;
    if (c->producer) /* its decision waits for its partitions */
        return txn_producer_commit(c->producer, c->group, c->positions, c->position_count, st);
    for (size_t i = 0; i < c->sender_count; i++)
        if (!l->ops->batches->part_sync(((const batch_sender *)c->senders[i])->part, st))
            return TLOG_NOT_COMMITTED;
    ok = l->ops->batches->offsets_put(l, c->group, c->positions, c->position_count, &doubt, st);
    return ok ? TLOG_COMMITTED : doubt ? TLOG_UNKNOWN : TLOG_NOT_COMMITTED;
}
