/* The batches of one append: their headers, read and checked once, before any lock is taken. */
#ifndef STORAGE_BATCH_SET_INT_H
#define STORAGE_BATCH_SET_INT_H

#include "base/vec.h"
#include "storage/producer_state_int.h"
#include "storage/record.h"

#define BATCH_SET_INLINE 8 /* more than this many batches in one append cost a malloc */

typedef struct batch_set {
    batch_view *v; /* points to `few`, or to the heap */
    size_t      n;
    int64_t     offsets; /* how many the batches take together */
    int64_t     max_ts;
    uint32_t    size_max; /* bytes of the largest */
    bool        keyed;    /* every record is known to have a key */
    batch_view  few[BATCH_SET_INLINE];
} batch_set;

/* Reads [p, p + len): whole batches laid end to end, none of them a control batch.
 * Errors: ST_CORRUPT, ST_INVALID_RECORD. Call batch_set_free() in either case. */
bool batch_set_parse(batch_set *s, const uint8_t *p, uint32_t len, bool check_crc, status *st);
void batch_set_free(batch_set *s);

static inline uint8_t *batch_set_bytes(const batch_set *s, size_t i)
{
    return (uint8_t *)s->v[i].records - BATCH_HEADER_BYTES;
}

/* Gives every batch its place from `base` on and the leader epoch; neither is under the CRC. */
void batch_set_place(batch_set *s, int64_t base, int32_t leader_epoch);

/* Makes the batches those of a transaction: id, epoch, sequences from *seq on (advanced), the
 * transactional bit, new CRCs. */
void batch_set_stamp(batch_set *s, producer_ident who, int32_t *seq);

/* producer_check() for all. *dup_base is set when every batch is a duplicate (ST_DUPLICATE). */
bool batch_set_check(const batch_set *s, const producer_states *ps, int64_t *dup_base, status *st);

#endif
