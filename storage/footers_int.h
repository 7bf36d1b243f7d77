/* What is known of a partition's closed segments: by it a start opens none of them, retention trusts no index, and who
 * reads a segment through can tell whether it is what was written.
 *
 * DIR/topics/NAME-P/footers (big-endian): "WFT1", then an entry of 56 bytes for each closed segment; of several for one
 * base the last counts:
 *
 *     0  u32 CRC-32C of topic id, then from byte 4    28 i64 greatest timestamp; INT64_MIN: there is none
 *     4  u32 batches                                  36 i64 wall clock when it was written to last (ms)
 *     8  i64 base                                     44 u32 CRC-32C of the first 21 bytes of all batches
 *    16  i64 offset behind the last record            48 u32 1: the one before is known
 *    24  u32 bytes                                    52 u32 0
 *
 * An entry is written after its segment is on disk, and is on disk before a checkpoint that lies behind the segment. An
 * entry that does not hold, or belongs to another topic, is none: the segment is looked at itself.
 */
#ifndef STORAGE_FOOTERS_INT_H
#define STORAGE_FOOTERS_INT_H

#include "base/vec.h"
#include "storage/segment_int.h"

#define FOOTERS_FILE "footers"

typedef struct footer {
    int64_t      base, next, bytes, max_ts, written_ms;
    batch_digest digest;
} footer;

typedef struct footers {
    VEC(footer) v;  /* by base */
    size_t entries; /* in the file, old ones too */
} footers;

/* Reads the file; whatever of it cannot be read is not there. */
void          footers_read(footers *f, io *x, const char *dir, const uint8_t topic_id[16]);
const footer *footers_find(const footers *f, int64_t base);
void          footers_free(footers *f);

/* Writes entries behind the `entries` that the file has, or, when there are many old ones, all anew; synced. n may be
 * 0. */
bool footers_append(io *x, const char *dir, const uint8_t topic_id[16], size_t *entries, const footer *v, size_t n,
                    status *st);
bool footers_replace(io *x, const char *dir, const uint8_t topic_id[16], size_t *entries, const footer *v, size_t n,
                     status *st);

#endif
