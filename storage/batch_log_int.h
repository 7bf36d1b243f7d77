/* What the log on disk and the one in memory share: records made of batches and batches of records. They give a table
 * of what they can do with batches; the entries of tlog_ops that speak of records are then batch_log.c's.
 */
#ifndef STORAGE_BATCH_LOG_INT_H
#define STORAGE_BATCH_LOG_INT_H

#include "storage/batch_log.h"
#include "storage/log_int.h"
#include "storage/record.h"

typedef struct batch_reader batch_reader;

typedef struct batch_ops {
    /* batch_log_append() */
    bool (*append)(tlog_part *, uint8_t *, uint32_t, batch_append, int64_t *base_out, status *);
    /* batch_log_next(): from r->next on, which it moves, as it does r->first. */
    bool (*next)(batch_reader *r, uint32_t max_bytes, const uint8_t **, uint32_t *len, status *);
    /* The largest batch that the partition takes now. */
    uint32_t (*batch_bytes_max)(const tlog_part *);
    /* One more reference to a partition; given back by tlog_part_close(). */
    void (*part_hold)(tlog_part *);
    /* Waits until what the partition holds is on disk, if the log is durable. */
    bool (*part_sync)(tlog_part *, status *);
    /* Offsets without a transaction, durable only after the records they lie behind. *doubt: it failed, and may be on
     * disk all the same. */
    bool (*offsets_put)(tlog *, str group, const tlog_position *, size_t n, bool *doubt, status *);
} batch_ops;

/* The readers of both begin with it. */
struct batch_reader {
    tlog_reader    base;
    int64_t        next;  /* offset of the batches to be read next */
    int64_t        first; /* first offset wanted from what was read last */
    uint64_t       seeks; /* of the base, when the two above were last set by a seek */
    const uint8_t *data;  /* read, and not yet begun on */
    uint32_t       left;
    bool           in_batch; /* it: under way */
    batch_iter     it;
};
void batch_reader_init(batch_reader *r, const tlog_ops *ops, int64_t offset);
void batch_reader_deinit(batch_reader *r);

/* ---- entries of tlog_ops */

bool         batch_reader_next(tlog_reader *r, rec_view *out, uint32_t n, uint32_t *got, status *st);
tlog_sender *batch_sender_open(tlog_part *p, tlog_producer *producer);
void         batch_sender_close(tlog_sender *s);
bool         batch_sender_send(tlog_sender *s, const rec_out *r, status *st);
bool         batch_sender_flush(tlog_sender *s, status *st);
tlog_mark    batch_sender_mark(const tlog_sender *s);
bool         batch_log_append_wait(tlog_part *p, const rec_out *r, uint32_t n, int64_t *base_out, status *st);
tlog_outcome batch_log_commit(tlog *l, const tlog_commit_args *c, status *st);

#endif
