#include "storage/record.h"

#include <assert.h>

/* length, attributes, timestamp, offset, key length, value length, header count: one byte each */
#define RECORD_BYTES_MIN 7
/* The widest length prefix of a record: five bytes carry any 32-bit length. */
#define LENGTH_BYTES_MAX 5

bool batch_parse(const uint8_t *p, size_t avail, bool check_crc, batch_view *out, status *st)
{
    if (avail < BATCH_HEADER_BYTES)
        return status_set(st, ST_CORRUPT, "Record batch is torn: %zu bytes of its header", avail);
    if (p[16] != 2)
        return status_set(st, ST_CORRUPT, "Record batch has magic %d; only version 2 is supported", (int8_t)p[16]);
    int32_t len = (int32_t)be_get32(p + 8);
    if (len < BATCH_HEADER_BYTES - 12 || (size_t)len > avail - 12)
        return status_set(st, ST_CORRUPT, "Record batch is torn: length %d of %zu bytes", len, avail);
    *out = (batch_view){
        .base_offset = (int64_t)be_get64(p),
        .size_bytes = (uint32_t)len + 12,
        .leader_epoch = (int32_t)be_get32(p + 12),
        .attributes = (int16_t)be_get16(p + 21),
        .last_delta = (int32_t)be_get32(p + 23),
        .base_ts = (int64_t)be_get64(p + 27),
        .max_ts = (int64_t)be_get64(p + 35),
        .producer_id = (int64_t)be_get64(p + 43),
        .producer_epoch = (int16_t)be_get16(p + 51),
        .base_seq = (int32_t)be_get32(p + 53),
        .count = (int32_t)be_get32(p + 57),
        .records = p + BATCH_HEADER_BYTES,
        .records_bytes = (uint32_t)len + 12 - BATCH_HEADER_BYTES,
    };
    /* An emptied batch (count 0) is what compaction leaves of a producer's last one. */
    bool packed = (out->attributes & BATCH_CODEC_MASK) != CODEC_NONE;
    if ((out->attributes & BATCH_CODEC_MASK) > CODEC_ZSTD || out->last_delta < 0 || out->count < 0 ||
        out->count - 1 > out->last_delta || (out->count == 0) != (out->records_bytes == 0) ||
        (!packed && (uint64_t)out->count * RECORD_BYTES_MIN > out->records_bytes) || out->base_offset < 0 ||
        out->base_offset > INT64_MAX - out->last_delta - 1)
        return status_set(st, ST_CORRUPT,
                          "Record batch header contradicts itself: attributes 0x%x, "
                          "last offset delta %d, %d records in %u bytes",
                          (unsigned)(uint16_t)out->attributes, out->last_delta, out->count, out->records_bytes);
    if (check_crc) {
        uint32_t stored = be_get32(p + 17), real = crc32c(0, p + 21, out->size_bytes - 21);
        if (stored != real)
            return status_set(st, ST_CORRUPT, "Record is corrupt (stored crc = %u, computed crc = %u)", stored, real);
    }
    return true;
}

void batch_iter_free(batch_iter *it)
{
    buf_free(&it->unpacked);
}

bool batch_iter_begin(batch_iter *it, const uint8_t *p, size_t avail, status *st)
{
    it->left = 0;
    if (!batch_parse(p, avail, false, &it->b, st))
        return false;
    it->at = it->b.records;
    it->end = it->at + it->b.records_bytes;
    codec c = (codec)(it->b.attributes & BATCH_CODEC_MASK);
    if (c != CODEC_NONE && it->b.count > 0) {
        buf_clear(&it->unpacked);
        if (!codec_decompress(c, str_make((const char *)it->at, it->b.records_bytes), &it->unpacked, st))
            return false;
        it->at = (const uint8_t *)it->unpacked.p;
        it->end = it->at + it->unpacked.n;
    }
    it->left = it->b.count;
    return true;
}

/* Lengths and deltas of ordinary records take one or two bytes: those are decoded in line. */
static inline const uint8_t *read_varint(const uint8_t *p, const uint8_t *end, int64_t *out)
{
    if (__builtin_expect(end - p >= 2, 1)) {
        if (!(p[0] & 0x80)) {
            *out = unzigzag(p[0]);
            return p + 1;
        }
        if (!(p[1] & 0x80)) {
            *out = unzigzag((uint64_t)(p[0] & 0x7f) | (uint64_t)p[1] << 7);
            return p + 2;
        }
    }
    return (const uint8_t *)varint_read((const char *)p, (const char *)end, out);
}

/* A length of -1 (null) or more, and that many bytes. */
static inline const uint8_t *read_bytes(const uint8_t *p, const uint8_t *end, str *out, bool *null)
{
    int64_t n = 0;
    p = read_varint(p, end, &n);
    if (!p || n > end - p || n < -1)
        return NULL;
    *null = n < 0;
    *out = n < 0 ? STR_NONE : str_make((const char *)p, (size_t)n);
    return n < 0 ? p : p + n;
}

bool batch_iter_next(batch_iter *it, rec_view *out, status *st)
{
    if (it->left == 0) {
        status_init(st);
        if (it->at != it->end && it->b.count > 0)
            return status_set(st, ST_CORRUPT, "Record batch at offset %lld has bytes behind its last record",
                              (long long)it->b.base_offset);
        return false;
    }
    const uint8_t *p = it->at;
    int64_t        len = 0, ts = 0, delta = 0, headers = 0;
    p = read_varint(p, it->end, &len);
    if (!p || len < RECORD_BYTES_MIN - 1 || len > it->end - p)
        goto corrupt;
    const uint8_t *end = p + len;
    p++; /* attributes: none are defined */
    if (!(p = read_varint(p, end, &ts)) || !(p = read_varint(p, end, &delta)) || delta < 0 ||
        delta > it->b.last_delta || !(p = read_bytes(p, end, &out->key, &out->key_null)) ||
        !(p = read_bytes(p, end, &out->value, &out->value_null)) || !(p = read_varint(p, end, &headers)) ||
        headers < 0 || headers > (end - p) / 2 || (headers == 0 && p != end))
        goto corrupt;
    out->offset = it->b.base_offset + delta;
    out->ts =
        it->b.attributes & BATCH_LOG_APPEND_TIME ? it->b.max_ts : (int64_t)((uint64_t)it->b.base_ts + (uint64_t)ts);
    out->header_count = (uint32_t)headers;
    out->headers = p;
    out->headers_end = end;
    it->at = end;
    it->left--;
    return true;
corrupt:
    return status_set(st, ST_CORRUPT, "Malformed record in the batch at offset %lld", (long long)it->b.base_offset);
}

bool rec_header_next(const rec_view *r, const uint8_t **at, rec_header *out)
{
    bool null;
    if (r->header_count == 0 || *at >= r->headers_end)
        return false;
    const uint8_t *p = read_bytes(*at, r->headers_end, &out->key, &null);
    if (!p || null || !(p = read_bytes(p, r->headers_end, &out->value, &out->value_null)))
        return false;
    *at = p;
    return true;
}

void batch_builder_init(batch_builder *b, size_t max_bytes)
{
    /* A codec reserves its worst case, which is more than its input. */
    *b = (batch_builder){.out = BUF_INIT(max_bytes), .packed = BUF_INIT(2 * max_bytes + 65536)};
}

void batch_builder_free(batch_builder *b)
{
    buf_free(&b->out);
    buf_free(&b->packed);
}

void batch_builder_reset(batch_builder *b)
{
    buf_clear(&b->out);
    b->count = 0;
    b->base_ts = b->max_ts = 0;
    b->null_keys = false;
}

static inline char *write_bytes(char *p, str s)
{
    p += varint_write(p, s.p ? (int64_t)s.n : -1);
    if (s.p && s.n)
        memcpy(p, s.p, s.n);
    return s.p ? p + s.n : p;
}

static inline size_t bytes_size(str s)
{
    return s.p ? varint_size(s.n) + s.n : 1;
}

bool batch_builder_add(batch_builder *b, int64_t ts, str key, str value, uint32_t header_count, str headers)
{
    if (b->count == 0) {
        if (b->out.max < BATCH_HEADER_BYTES)
            return false;
        buf_clear(&b->out);
        buf_reserve(&b->out, BATCH_HEADER_BYTES);
        b->out.n = BATCH_HEADER_BYTES;
        b->base_ts = b->max_ts = ts;
    }
    int64_t ts_delta = (int64_t)((uint64_t)ts - (uint64_t)b->base_ts);
    size_t  body = 1 + varint_size(ts_delta) + varint_size(b->count) + bytes_size(key) + bytes_size(value) +
                  varint_size(header_count) + headers.n;
    size_t need = body + LENGTH_BYTES_MAX;
    if (body > INT32_MAX || b->count == INT32_MAX || need > b->out.max - b->out.n || !buf_reserve(&b->out, need))
        return false;
    char *p = b->out.p + b->out.n;
    p += varint_write(p, (int64_t)body);
    *p++ = 0;
    p += varint_write(p, ts_delta);
    p += varint_write(p, b->count);
    p = write_bytes(p, key);
    p = write_bytes(p, value);
    p += varint_write(p, header_count);
    if (headers.n) {
        memcpy(p, headers.p, headers.n);
        p += headers.n;
    }
    b->out.n = (size_t)(p - b->out.p);
    b->count++;
    b->null_keys |= key.p == NULL;
    if (ts > b->max_ts)
        b->max_ts = ts;
    return true;
}

str batch_builder_finish(batch_builder *b, codec c, status *st)
{
    assert(b->count > 0);
    buf *out = &b->out;
    if (c != CODEC_NONE) {
        str plain = str_make(b->out.p + BATCH_HEADER_BYTES, b->out.n - BATCH_HEADER_BYTES);
        buf_clear(&b->packed);
        if (!buf_reserve(&b->packed, BATCH_HEADER_BYTES)) {
            status_set(st, ST_TOO_LARGE, "Record batch exceeds %zu bytes", b->packed.max);
            return STR_NONE;
        }
        b->packed.n = BATCH_HEADER_BYTES;
        /* What does not shrink is stored plain: readers save the unpacking. */
        if (!codec_compress(c, plain, &b->packed, st)) {
            if (st->code != ST_TOO_LARGE)
                return STR_NONE;
        } else if (b->packed.n < b->out.n) {
            out = &b->packed;
        }
    }
    status_init(st);
    uint8_t *p = (uint8_t *)out->p;
    int16_t  attributes = (int16_t)((b->attributes & ~BATCH_CODEC_MASK) | (out == &b->packed ? (int)c : CODEC_NONE));
    be_put64(p, 0);
    be_put32(p + 8, (uint32_t)(out->n - 12));
    be_put32(p + 12, (uint32_t)-1);
    p[16] = 2;
    be_put16(p + 21, (uint16_t)attributes);
    be_put32(p + 23, (uint32_t)(b->count - 1));
    be_put64(p + 27, (uint64_t)b->base_ts);
    be_put64(p + 35, (uint64_t)b->max_ts);
    be_put64(p + 43, (uint64_t)-1);
    be_put16(p + 51, (uint16_t)-1);
    be_put32(p + 53, (uint32_t)-1);
    be_put32(p + 57, (uint32_t)b->count);
    be_put32(p + 17, crc32c(0, p + 21, out->n - 21));
    return str_make((char *)p, out->n);
}
