#include "storage/producer_state_int.h"

#include <assert.h>
#include <stdlib.h>

/* Sequences count to 2^31-1 and go on at 0. */
static int32_t seq_add(int32_t seq, int64_t n)
{
    return (int32_t)(((int64_t)seq + n) & INT32_MAX);
}

void producer_states_init(producer_states *s)
{
    *s = (producer_states){0};
}

void producer_states_free(producer_states *s)
{
    size_t at = 0;
    str    key;
    void  *v;
    while (map_next(&s->by_pid, &at, &key, &v))
        mem_free(v);
    map_free(&s->by_pid);
    VEC_FREE(&s->open);
    VEC_FREE(&s->aborted);
}

static const producer_entry *find(const producer_states *s, int64_t pid)
{
    return map_get(&s->by_pid, str_make((const char *)&pid, sizeof pid));
}

static producer_entry *entry_get(producer_states *s, int64_t pid)
{
    str             key = str_make((const char *)&pid, sizeof pid);
    producer_entry *e = map_get(&s->by_pid, key);
    if (!e) {
        e = MEM_NEW(producer_entry);
        *e = (producer_entry){.pid = pid, .epoch = -1, .last_seq = -1, .txn_first = OFFSET_NONE};
        map_put(&s->by_pid, key, e);
    }
    return e;
}

static bool out_of_order(const batch_view *b, int32_t want, status *st)
{
    return status_set(st, ST_SEQUENCE, "Out of order sequence number for producer %lld: %d (incoming), %d (expected)",
                      (long long)b->producer_id, b->base_seq, want);
}

bool producer_check(const producer_states *s, const batch_view *b, const batch_view *prev, int64_t *dup_base,
                    status *st)
{
    if (b->producer_id < 0)
        return true;
    const producer_entry *e = find(s, b->producer_id);
    if (e && b->producer_epoch < e->epoch)
        return status_set(st, ST_FENCED, "Producer %lld has epoch %d, which was superseded by epoch %d",
                          (long long)b->producer_id, b->producer_epoch, e->epoch);
    if (e && e->txn_first != OFFSET_NONE && !(b->attributes & BATCH_TRANSACTIONAL))
        return status_set(st, ST_TXN_STATE,
                          "Producer %lld has an open transaction in the partition: "
                          "its batch must be transactional",
                          (long long)b->producer_id);
    if (prev) {
        int32_t want = seq_add(prev->base_seq, (int64_t)prev->last_delta + 1);
        return b->producer_epoch == prev->producer_epoch && b->base_seq == want ? true : out_of_order(b, want, st);
    }
    if (!e || e->epoch < 0) /* nothing known: the state may have expired with its data */
        return true;
    if (b->producer_epoch > e->epoch)
        return b->base_seq == 0 ? true : out_of_order(b, 0, st);
    int32_t last_seq = seq_add(b->base_seq, b->last_delta);
    for (uint32_t i = 0; i < e->n; i++) {
        if (e->last[i].first_seq == b->base_seq && e->last[i].last_seq == last_seq) {
            *dup_base = e->last[i].first_offset;
            return status_set(st, ST_DUPLICATE, "Producer %lld sent sequence %d before: offset %lld",
                              (long long)b->producer_id, b->base_seq, (long long)*dup_base);
        }
    }
    int32_t want = e->last_seq < 0 ? 0 : seq_add(e->last_seq, 1);
    return b->base_seq == want ? true : out_of_order(b, want, st);
}

static void close_txn(producer_states *s, producer_entry *e, bool commit, int64_t marker_offset)
{
    if (e->txn_first == OFFSET_NONE)
        return;
    for (size_t i = 0; i < s->open.n; i++) {
        if (s->open.p[i].pid == e->pid) {
            VEC_REMOVE(&s->open, i);
            break;
        }
    }
    if (!commit) {
        txn_span t = {e->pid, e->txn_first, marker_offset};
        VEC_PUSH(&s->aborted, t);
    }
    e->txn_first = OFFSET_NONE;
}

void producer_apply(producer_states *s, const batch_view *b, int64_t now_ms)
{
    if (b->producer_id < 0)
        return;
    producer_entry *e = entry_get(s, b->producer_id);
    e->seen_ms = now_ms;
    if (b->producer_epoch > e->epoch) {
        e->epoch = b->producer_epoch;
        e->n = 0;
        e->last_seq = -1;
    }
    if (b->attributes & BATCH_CONTROL) {
        bool commit;
        if (marker_read(b, &commit))
            close_txn(s, e, commit, b->base_offset);
        return;
    }
    if (b->base_seq >= 0) {
        if (e->n == PRODUCER_WINDOW) {
            memmove(e->last, e->last + 1, sizeof e->last - sizeof e->last[0]);
            e->n--;
        }
        e->last_seq = seq_add(b->base_seq, b->last_delta);
        e->last[e->n++] = (producer_batch){b->base_seq, e->last_seq, b->base_offset, b->max_ts};
    }
    if ((b->attributes & BATCH_TRANSACTIONAL) && e->txn_first == OFFSET_NONE) {
        e->txn_first = b->base_offset;
        open_txn t = {b->producer_id, b->base_offset, b->producer_epoch};
        VEC_PUSH(&s->open, t);
    }
}

int64_t producer_last_stable(const producer_states *s, int64_t high)
{
    return s->open.n ? s->open.p[0].first : high;
}

bool producer_is_aborted(const txn_span *v, size_t n, int64_t pid, int64_t offset)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].pid == pid && v[i].first <= offset && offset <= v[i].last)
            return true;
    return false;
}

void producer_trim(producer_states *s, int64_t start)
{
    size_t n = 0;
    while (n < s->aborted.n && s->aborted.p[n].last < start)
        n++;
    if (n == 0)
        return;
    memmove(s->aborted.p, s->aborted.p + n, (s->aborted.n - n) * sizeof *s->aborted.p);
    s->aborted.n -= n;
}

void producer_expire(producer_states *s, int64_t before_ms)
{
    VEC(int64_t) old = {0};
    size_t at = 0;
    str    key;
    void  *v;
    while (map_next(&s->by_pid, &at, &key, &v)) {
        producer_entry *e = v;
        if (e->seen_ms < before_ms && e->txn_first == OFFSET_NONE)
            VEC_PUSH(&old, e->pid);
    }
    for (size_t i = 0; i < old.n; i++)
        mem_free(map_del(&s->by_pid, str_make((const char *)&old.p[i], sizeof old.p[i])));
    VEC_FREE(&old);
}

/* ---- snapshot: count, entries, count, aborted spans; big-endian. Open transactions follow from the
 * entries. */

void producer_states_write(const producer_states *s, buf *out)
{
    size_t at = 0;
    str    key;
    void  *v;
    buf_put_i32(out, (int32_t)s->by_pid.n);
    while (map_next(&s->by_pid, &at, &key, &v)) {
        const producer_entry *e = v;
        buf_put_i64(out, e->pid);
        buf_put_i16(out, e->epoch);
        buf_put_i32(out, e->last_seq);
        buf_put_i64(out, e->txn_first);
        buf_put_i64(out, e->seen_ms);
        buf_put_i16(out, (int16_t)e->n);
        for (uint32_t i = 0; i < e->n; i++) {
            buf_put_i32(out, e->last[i].first_seq);
            buf_put_i32(out, e->last[i].last_seq);
            buf_put_i64(out, e->last[i].first_offset);
            buf_put_i64(out, e->last[i].max_ts);
        }
    }
    buf_put_i32(out, (int32_t)s->aborted.n);
    for (size_t i = 0; i < s->aborted.n; i++) {
        buf_put_i64(out, s->aborted.p[i].pid);
        buf_put_i64(out, s->aborted.p[i].first);
        buf_put_i64(out, s->aborted.p[i].last);
    }
}

#define ENTRY_BYTES 32
#define BATCH_BYTES 24
#define SPAN_BYTES 24

static int by_first(const void *a, const void *b)
{
    const open_txn *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

bool producer_states_read(producer_states *s, str in)
{
    const char *p = in.p, *end = in.p + in.n;
    if (end - p < 4)
        return false;
    uint32_t n = be_get32(p);
    p += 4;
    for (uint32_t i = 0; i < n; i++) {
        if (end - p < ENTRY_BYTES)
            return false;
        producer_entry *e = entry_get(s, (int64_t)be_get64(p));
        e->epoch = (int16_t)be_get16(p + 8);
        e->last_seq = (int32_t)be_get32(p + 10);
        e->txn_first = (int64_t)be_get64(p + 14);
        e->seen_ms = (int64_t)be_get64(p + 22);
        e->n = be_get16(p + 30);
        p += ENTRY_BYTES;
        if (e->n > PRODUCER_WINDOW || (size_t)(end - p) < e->n * (size_t)BATCH_BYTES) {
            e->n = 0;
            return false;
        }
        for (uint32_t k = 0; k < e->n; k++, p += BATCH_BYTES)
            e->last[k] = (producer_batch){(int32_t)be_get32(p), (int32_t)be_get32(p + 4), (int64_t)be_get64(p + 8),
                                          (int64_t)be_get64(p + 16)};
        if (e->txn_first != OFFSET_NONE) {
            open_txn t = {e->pid, e->txn_first, e->epoch};
            VEC_PUSH(&s->open, t);
        }
    }
    if (s->open.n)
        qsort(s->open.p, s->open.n, sizeof *s->open.p, by_first);
    if (end - p < 4)
        return false;
    n = be_get32(p);
    p += 4;
    if ((uint64_t)(end - p) != (uint64_t)n * SPAN_BYTES)
        return false;
    for (uint32_t i = 0; i < n; i++, p += SPAN_BYTES) {
        txn_span t = {(int64_t)be_get64(p), (int64_t)be_get64(p + 8), (int64_t)be_get64(p + 16)};
        VEC_PUSH(&s->aborted, t);
    }
    return true;
}

/* ---- markers: one record, key = version 0, type (0 abort, 1 commit), value = version 0,
 * coordinator epoch 0 */

void marker_build(uint8_t out[MARKER_BYTES], producer_ident who, bool commit, int64_t ts_ms)
{
    static const uint8_t record[] = {32, 0, 0, 0, 8, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0};
    static_assert(BATCH_HEADER_BYTES + sizeof record == MARKER_BYTES, "one record");
    memset(out, 0, BATCH_HEADER_BYTES);
    be_put32(out + 8, MARKER_BYTES - 12);
    out[16] = 2;
    be_put16(out + 21, BATCH_TRANSACTIONAL | BATCH_CONTROL);
    be_put64(out + 27, (uint64_t)ts_ms);
    be_put64(out + 35, (uint64_t)ts_ms);
    be_put64(out + 43, (uint64_t)who.pid);
    be_put16(out + 51, (uint16_t)who.epoch);
    be_put32(out + 53, (uint32_t)-1);
    be_put32(out + 57, 1);
    memcpy(out + BATCH_HEADER_BYTES, record, sizeof record);
    out[BATCH_HEADER_BYTES + 8] = commit;
    be_put32(out + 17, crc32c(0, out + 21, MARKER_BYTES - 21));
}

bool marker_read(const batch_view *b, bool *commit)
{
    const uint8_t *p = b->records;
    /* length, attributes, two deltas, key length 4, then version and type */
    if (b->records_bytes < 9 || p[4] != 8)
        return false;
    uint16_t type = be_get16(p + 7);
    *commit = type == 1;
    return type <= 1;
}
