/* The transaction coordinator: who owns a transactional id, what its open transaction touched, and
 * how that ends (KIP-98). The same state machine serves the engine (tlog_producer) and Kafka clients
 * (InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit, EndTxn), over any log: what
 * the log must do is the txn_backend.
 *
 * A commit is decided by backend->decide(), which stores the decision and the group's offsets in one
 * durable step; the markers follow. A decided transaction is never taken back: markers that could not
 * be written are tried again by the producer's next call and by txn_retry().
 *
 * Threads: any. An id's lock is held while its transaction is appended to or ended, so a batch cannot
 * slip in behind the marker. Lock order: coordinator, id, partition.
 */
#ifndef STORAGE_TXN_INT_H
#define STORAGE_TXN_INT_H

#include <pthread.h>

#include "base/map.h"
#include "storage/batch_set_int.h"
#include "storage/log_int.h"

#define TXN_ID_BYTES_MAX 1024
#define TXN_TIMEOUT_MAX_MS 900000 /* transaction.max.timeout.ms */
#define TXN_EPOCH_MAX 32766       /* then a new producer id is taken */

typedef enum txn_state { TXN_EMPTY, TXN_ONGOING, TXN_COMMITTED, TXN_ABORTED } txn_state;

typedef struct txn_part { /* a partition of the transaction, or of an earlier one of the same owner */
    tlog_part *part;      /* a reference is held */
    int64_t    first;     /* offset of this transaction's first batch; OFFSET_NONE: none yet */
    int64_t    end;       /* behind the last batch or marker of this owner */
    int32_t    next_seq;  /* for the engine's batches */
    bool       added;     /* belongs to the ongoing transaction */
    bool       marker_due;
} txn_part;

typedef struct txn_id {
    pthread_mutex_t lock;
    char           *name;
    producer_ident  who; /* the present owner; pid -1: none yet */
    txn_state       state;
    bool            commit_due; /* direction of the markers that are due */
    bool            doubt;      /* a commit failed and may yet be found on disk */
    bool            orphaned;   /* its owner closed, and could not abort it: txn_retry() does */
    int32_t         timeout_ms; /* 0: never (the engine's producers live and die with the process) */
    int64_t         started_ms;
    VEC(txn_part) parts;
    VEC(tlog_position) offsets; /* pending from TxnOffsetCommit; topic names owned */
    char *group;                /* of `offsets` */
} txn_id;

typedef struct txn_decision {
    const txn_id        *id;
    const txn_part      *parts; /* those with first != OFFSET_NONE get a marker */
    size_t               part_count;
    str                  group;
    const tlog_position *offsets;
    size_t               offset_count;
} txn_decision;

typedef struct txn_backend {
    /* Appends checked and stamped batches of the transaction. *base is set as soon as they are in the
     * log, also when making them durable then fails; and to the first copy's with ST_DUPLICATE. */
    bool (*append)(tlog_part *, batch_set *, uint8_t *, uint32_t, bool durable, int64_t *base, status *);
    bool (*append_marker)(tlog_part *, producer_ident who, bool commit, int64_t *end_out, status *);
    /* One more reference to a partition; given back by tlog_part_close(). */
    void (*part_hold)(tlog_part *);
    /* A producer id never given before. */
    bool (*pid_new)(void *ctx, int64_t *pid, status *);
    /* Stores owner and epoch of the id before they are used. */
    bool (*id_store)(void *ctx, str name, producer_ident who, int32_t timeout_ms, status *);
    /* Makes the commit certain: offsets stored; data up to each part's `end` and the decision on disk
     * if the log is durable. The decision replaces the id's last one, whose markers are below `end`.
     * *doubt is set when it failed in a way that leaves open whether the disk has it. */
    bool (*decide)(void *ctx, const txn_decision *, bool *doubt, status *);
    /* After a decision in doubt: makes sure that it is not there. */
    bool (*undecide)(void *ctx, const txn_id *, status *);
    int64_t (*mono_ms)(void *ctx); /* for timeouts */
    void *ctx;
} txn_backend;

typedef struct txn_coord {
    pthread_mutex_t    lock;
    map                by_name; /* txn_id, owned */
    map                by_pid;  /* 8 bytes of pid */
    const txn_backend *backend;
} txn_coord;

void txn_coord_init(txn_coord *c, const txn_backend *backend);
/* Every producer must be closed. Open transactions are left to the next start, which aborts them. */
void txn_coord_free(txn_coord *c);
/* At start: what the metadata knows of an id. */
void txn_coord_load(txn_coord *c, str name, producer_ident who, int32_t timeout_ms);

/* At start, before anybody is served: a transaction of that producer is about to be aborted. Raises
 * the epoch of its id, once, if it is the owner's; *epoch_out is the marker's. */
bool txn_fence(txn_coord *c, producer_ident who, int16_t *epoch_out, status *st);

/* ---- the engine: log.h's tlog_producer */

tlog_producer *txn_producer_open(txn_coord *c, const tlog_ops *ops, str name, status *st);
void           txn_producer_close(tlog_producer *p);
bool           txn_producer_append(tlog_producer *p, tlog_part *part, batch_set *set, uint8_t *batches, uint32_t len,
                                   bool durable, int64_t *base_out, status *st);
tlog_outcome   txn_producer_commit(tlog_producer *p, str group, const tlog_position *c, size_t n, status *st);
bool           txn_producer_abort(tlog_producer *p, status *st);

/* ---- Kafka clients. ST_UNKNOWN_PID: no such id or another producer's; ST_FENCED: another epoch;
 * ST_TXN_STATE: not in this state; ST_NOT_READY: markers are due, try again. */

/* Takes over the id: aborts what is open, raises the epoch. */
bool txn_init_producer(txn_coord *c, str name, int32_t timeout_ms, producer_ident *who, status *st);
/* The transaction begins with its first partition. */
bool txn_add_partition(txn_coord *c, str name, producer_ident who, tlog_part *part, status *st);
/* Offsets that become visible with the commit; TxnOffsetCommit. */
bool txn_add_offsets(txn_coord *c, str name, producer_ident who, str group, const tlog_position *o, size_t n,
                     status *st);
bool txn_end(txn_coord *c, str name, producer_ident who, bool commit, status *st);
/* Appends a client's transactional batch, if its partition belongs to the open transaction. */
bool txn_append(txn_coord *c, tlog_part *part, batch_set *set, uint8_t *batches, uint32_t len, bool durable,
                int64_t *base_out, status *st);

/* Writes markers that are due and aborts client transactions past their timeout. */
void txn_retry(txn_coord *c);

#endif
