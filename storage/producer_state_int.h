/* What a partition knows about its producers: the last batches of each (to tell duplicates and gaps),
 * the open transactions (whose oldest offset is the last stable one) and the aborted ones (KIP-98).
 *
 * Everything here follows from the batch headers alone: recovery rebuilds it by feeding them in
 * order. Not thread safe: the partition's lock.
 */
#ifndef STORAGE_PRODUCER_STATE_INT_H
#define STORAGE_PRODUCER_STATE_INT_H

#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "storage/record.h"

/* The most requests that an idempotent client keeps in flight. */
#define PRODUCER_WINDOW 5
#define OFFSET_NONE ((int64_t)-1)

typedef struct producer_batch {
    int32_t first_seq, last_seq;
    int64_t first_offset, max_ts;
} producer_batch;

typedef struct producer_entry {
    int64_t        pid;
    int16_t        epoch;
    int32_t        last_seq; /* -1: the next sequence is 0 */
    uint32_t       n;        /* batches in `last`, oldest first */
    producer_batch last[PRODUCER_WINDOW];
    int64_t        txn_first; /* of the open transaction, or OFFSET_NONE */
    int64_t        seen_ms;   /* when it last appended: states of the long silent expire */
} producer_entry;

typedef struct open_txn {
    int64_t pid, first;
    int16_t epoch;
} open_txn;

typedef struct txn_span { /* an aborted transaction; `last` is its marker's offset */
    int64_t pid, first, last;
} txn_span;

typedef struct producer_states {
    map by_pid;            /* 8 bytes of pid -> producer_entry, owned */
    VEC(open_txn) open;    /* by first offset */
    VEC(txn_span) aborted; /* by marker offset */
} producer_states;

void producer_states_init(producer_states *s);
void producer_states_free(producer_states *s);

/* May the batch be appended? prev: the batch before it in the same append if that is of the same
 * producer, or NULL. Errors: ST_FENCED, ST_SEQUENCE, ST_TXN_STATE; ST_DUPLICATE with the first copy's
 * offset. Batches without a producer id always may. */
bool producer_check(const producer_states *s, const batch_view *b, const batch_view *prev, int64_t *dup_base,
                    status *st);
/* Takes note of a batch appended at now_ms (b->base_offset is its place). A control batch is read. */
void producer_apply(producer_states *s, const batch_view *b, int64_t now_ms);

/* Offset of the oldest open transaction, or `high`. */
int64_t producer_last_stable(const producer_states *s, int64_t high);
bool    producer_is_aborted(const txn_span *v, size_t n, int64_t pid, int64_t offset);
/* Forgets aborted transactions whose marker lies before `start`. */
void producer_trim(producer_states *s, int64_t start);
/* Forgets producers silent since before_ms that have no open transaction. */
void producer_expire(producer_states *s, int64_t before_ms);

/* The snapshot at a checkpoint. */
void producer_states_write(const producer_states *s, buf *out);
bool producer_states_read(producer_states *s, str in);

/* ---- control batches */

#define MARKER_BYTES 78
/* Builds a commit or abort marker; base offset 0. */
void marker_build(uint8_t out[MARKER_BYTES], producer_ident who, bool commit, int64_t ts_ms);
/* false when the control batch is none that we know. */
bool marker_read(const batch_view *b, bool *commit);

#endif
