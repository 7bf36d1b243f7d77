/* Record batches, version 2: the only form in which records are stored, sent and read.
 *
 *      0  i64  base offset                27  i64  base timestamp (ms)
 *      8  i32  length of what follows     35  i64  max timestamp
 *     12  i32  partition leader epoch     43  i64  producer id, -1 none
 *     16  i8   magic = 2                  51  i16  producer epoch
 *     17  u32  CRC-32C from byte 21       53  i32  base sequence
 *     21  i16  attributes                 57  i32  record count
 *     23  i32  last offset delta          61  records
 *
 * attributes: bits 0-2 codec (0 none 1 gzip 2 snappy 3 lz4 4 zstd), 3 log-append time,
 * 4 transactional, 5 control.
 */
#ifndef STORAGE_RECORD_H
#define STORAGE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/status.h"
#include "base/str.h"
#include "storage/rec.h"

#define BATCH_HEADER_BYTES 61
#define BATCH_CRC_FROM 21 /* a batch's own checksum covers what lies behind */
#define BATCH_CODEC_MASK 7
#define BATCH_LOG_APPEND_TIME 8
#define BATCH_TRANSACTIONAL 16
#define BATCH_CONTROL 32
#define BATCH_DECOMPRESSED_MAX ((size_t)128 << 20) /* a batch that unpacks to more is refused */

typedef enum codec { CODEC_NONE, CODEC_GZIP, CODEC_SNAPPY, CODEC_LZ4, CODEC_ZSTD } codec;

/* Who makes batches: a producer's id, and which of its owners. */
typedef struct producer_ident {
    int64_t pid;
    int16_t epoch;
} producer_ident;

typedef struct batch_view { /* a parsed header; `records` borrows the batch */
    int64_t        base_offset, base_ts, max_ts, producer_id;
    uint32_t       size_bytes; /* whole batch, header included */
    int32_t        last_delta, base_seq, count, leader_epoch;
    int16_t        attributes, producer_epoch;
    const uint8_t *records;
    uint32_t       records_bytes; /* as they stand, perhaps compressed */
} batch_view;

/* Parses the header of the batch at p. false (ST_CORRUPT) when it is torn, of another version or its
 * fields contradict each other. check_crc reads all of it. */
bool batch_parse(const uint8_t *p, size_t avail, bool check_crc, batch_view *out, status *st);

typedef struct batch_iter {
    batch_view     b;
    const uint8_t *at, *end;
    int32_t        left;
    buf            unpacked; /* reused from batch to batch */
} batch_iter;

#define BATCH_ITER_INIT ((batch_iter){.unpacked = BUF_INIT(BATCH_DECOMPRESSED_MAX)})
void batch_iter_free(batch_iter *it);
/* Starts on the batch at p, unpacking it when compressed. */
bool batch_iter_begin(batch_iter *it, const uint8_t *p, size_t avail, status *st);
/* The next record; false at the end (st->code == ST_OK) or on a malformed record (ST_CORRUPT), as often as
 * it is asked. */
bool batch_iter_next(batch_iter *it, rec_view *out, status *st);

/* Builds one batch. The caller may hand in thousands of records; max_bytes of the buf bounds it. */
typedef struct batch_builder {
    buf     out;    /* header space, then records */
    buf     packed; /* the same compressed */
    int64_t base_ts, max_ts;
    int32_t count;
    int16_t attributes;
    bool    null_keys; /* some record has none */
} batch_builder;

void batch_builder_init(batch_builder *b, size_t max_bytes);
void batch_builder_free(batch_builder *b);
void batch_builder_reset(batch_builder *b);
/* key.p or value.p NULL: null. headers: wire bytes as in rec_view (count, then bytes), or 0/NULL.
 * false when max_bytes would be exceeded: finish this batch and begin another. */
bool batch_builder_add(batch_builder *b, int64_t ts, str key, str value, uint32_t header_count, str headers);
/* Fills in header and CRC; returns the batch, which lives inside b until the next call. At least one
 * record must have been added. A batch that the codec does not shrink is left uncompressed. An error
 * (STR_NONE: .p is NULL) can only come from the codec. Reset before adding again. */
str batch_builder_finish(batch_builder *b, codec c, status *st);

/* Codec table: one row a codec. */
bool        codec_compress(codec c, str in, buf *out, status *st);
bool        codec_decompress(codec c, str in, buf *out, status *st);
const char *codec_name(codec c);

#endif
