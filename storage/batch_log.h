/* The logs of this process as those see them who carry whole record batches: the Kafka port, and tests of storage.
 * Not part of the seam (log.h): a log beyond a network has none of it.
 *
 * l, partitions and readers are those of storage_log() or tlog_open_memory(). Data are Kafka record batches (v2) byte
 * for byte; record.h reads and writes them.
 */
#ifndef STORAGE_BATCH_LOG_H
#define STORAGE_BATCH_LOG_H

#include "storage/log.h"

typedef struct batch_append {
    tlog_producer *producer; /* NULL: not transactional, or a Kafka client's (storage_txn_*) */
    bool           durable;  /* wait until it is on disk (acks=all); group commit shares the fsync */
    bool           trusted;  /* made by this process's batch_builder: the CRC is not checked again */
    bool           keyed;    /* its builder saw that no key is null: compacted topics need not look again */
} batch_append;

/* Appends one or more whole v2 batches laid end to end, as one unit.
 *
 * batches   borrowed and patched in place: base offset, partition leader epoch; with a producer also
 *           producer id, epoch, base sequence and the transactional bit (the CRC is set anew)
 * base_out  offset given to the first record
 * errors    ST_CORRUPT (layout, checksum), ST_TOO_LARGE, ST_NOT_FOUND (deleted), ST_IO, ST_FULL;
 *           for batches that carry a producer id: ST_SEQUENCE, ST_DUPLICATE (base_out is then the
 *           offset of the first copy), ST_FENCED, ST_UNKNOWN_PID, ST_TXN_STATE
 */
bool batch_log_append(tlog_part *p, uint8_t *batches, uint32_t len_bytes, batch_append opt, int64_t *base_out,
                      status *st);

/* Takes the next whole batches, at most about max_bytes but always at least one. Not on a reader whose records are
 * taken by tlog_reader_next(): one or the other.
 *
 * data      points to them until the next call on r; *len_bytes is 0 when nothing is there yet.
 *           Control batches are never among them. The first batch may begin before the offset that
 *           was sought: skip records below batch_log_first().
 * errors    ST_OFFSET_RANGE, ST_NOT_FOUND (deleted), ST_CORRUPT, ST_IO
 */
bool batch_log_next(tlog_reader *r, uint32_t max_bytes, const uint8_t **data, uint32_t *len_bytes, status *st);
/* First offset wanted from the data of the last batch_log_next(). */
int64_t batch_log_first(const tlog_reader *r);

#endif
