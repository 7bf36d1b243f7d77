/* The built-in broker's storage: what server/ needs beyond the topic log of log.h.
 *
 * A `storage` owns one data folder:
 *
 *     DIR/weir.lock            held (fcntl) while the folder is open
 *     DIR/meta.sqlite          topics, configs, group offsets, producer ids, prepared transactions,
 *                              and the engine's catalog (meta_* below)
 *     DIR/topics/NAME-P/       a partition: 00000000000000000000.log .index .timeindex, ..., checkpoint, and
 *                              `partition`, which says whose it is; made by its first append
 *     DIR/lost/                what was found and does not belong there, or was torn: kept until somebody removes it
 *     DIR/clean                the clean-shutdown mark
 *     DIR/running              the machine's start in which the folder was used last
 *     DIR/reserve              room for a start on a full disk
 *
 * Threads: any, unless said otherwise.
 */
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/str.h"
#include "storage/batch_log.h"
#include "storage/io.h"
#include "storage/kept.h"
#include "storage/log.h"
#include "storage/record.h"

typedef struct storage storage;

typedef struct storage_options {
    const char       *dir;
    io               *io;                   /* file operations; NULL: io_posix() */
    int64_t           segment_bytes;        /* 0: 128 MiB; default of new topics ("segment.bytes") */
    int64_t           retention_ms;         /* 0: 7 days; -1: for ever */
    int64_t           retention_bytes;      /* 0 or -1: no limit */
    int32_t           message_max_bytes;    /* 0: 1 MiB + 12 as in Kafka ("max.message.bytes") */
    int32_t           default_partitions;   /* 0: 1 */
    int64_t           index_interval_bytes; /* 0: 4096 */
    bool              fsync_off;            /* acks=all returns without fsync (weir.log.fsync=false) */
    const timesource *clock;                /* borrowed; NULL: the system's */
    int64_t           retention_check_ms;   /* between two looks for what is too old; 0: 5 minutes */
    int64_t           scrub_interval_ms;    /* within which each closed segment is read through; 0: 7 days; -1: never */
    const char       *boot_id;              /* another one each time the machine was started; NULL: the system's */
    void (*report)(void       *ctx,
                   const char *line); /* told of what is lost, damaged or odd, from any thread; may be NULL */
    void *report_ctx;
} storage_options;

/* Opens or creates the folder and recovers it: after an unclean end each partition is scanned from its last checkpoint,
 * and a torn end is cut off; prepared transactions are completed, others aborted. Nothing but what the metadata says
 * was deleted is removed. Errors: ST_BUSY (names the process that holds the folder), ST_IO, ST_FULL, ST_CORRUPT (the
 * metadata is damaged, or missing beside partitions). */
storage *storage_open(const storage_options *opt, status *st);
/* Flushes, writes the clean mark, releases the folder. */
void storage_close(storage *s);

/* The same log through the engine's interface; lives as long as the storage. */
tlog *storage_log(storage *s);

/* Cluster id: made at the first start, kept in the metadata. */
str storage_cluster_id(storage *s);

/* Deletes or compacts what is due, writes checkpoints (and so syncs what acks=1 left unsynced), ends
 * transactions past their timeout, repairs partitions after a failed fsync. Call every few seconds from
 * one thread. */
void storage_maintain(storage *s);

/* For health checks. Any thread. */
typedef struct storage_health {
    bool     log_failing, metadata_failing; /* the last thing written could not be written */
    uint32_t stopped_partitions; /* that stand still at damage: they are read up to it, and take no records */
    uint32_t damaged_partitions; /* with closed segments that do not hold: found by reading them through */
    uint32_t kept_in_lost;       /* things that were moved to DIR/lost since the start */
} storage_health;
storage_health storage_get_health(const storage *s);

/* ---- topic settings ("configs") */

typedef struct topic_setting {
    const char *name, *type; /* type: "long" "int" "string" "boolean" "list" "double" */
    const char *doc;
} topic_setting;
/* All settings a topic may carry, ended by name NULL; one table feeds checks and DescribeConfigs. */
const topic_setting *topic_settings(void);
/* Replaces all settings of a topic. Errors as tlog_topic_create(). */
bool storage_topic_alter(storage *s, str topic, const tlog_config *configs, uint32_t n, status *st);
/* Adds partitions; `partitions` is the new total. ST_INVALID_PARTS, ST_NOT_FOUND. */
bool storage_topic_grow(storage *s, str topic, int32_t partitions, status *st);
/* The value in force and whether it was set on the topic; false when no such setting. */
bool storage_topic_config(storage *s, str name, str setting, arena *a, str *value, bool *is_default);

/* The checks of tlog_topic_create() but for whether the name is taken; creates nothing. */
bool storage_topic_check(const tlog_topic *spec, status *st);

/* ---- raw reads for the Fetch API */

typedef struct fetch_slice {
    int            fd;       /* a dup for sendfile, to be closed by the caller; -1: use data */
    int64_t        file_pos; /* bytes from the start of the file */
    const uint8_t *data;     /* in the arena, when fd is -1 */
    uint32_t       len_bytes;
} fetch_slice;

typedef struct aborted_txn {
    int64_t producer_id, first_offset;
} aborted_txn;

typedef struct fetch_result {
    fetch_slice slice; /* whole batches, control batches included; the last may be cut by max_bytes
                          only if it is not the first */
    tlog_offsets offsets;
    aborted_txn *aborted; /* for READ_COMMITTED: transactions aborted inside the slice */
    uint32_t     aborted_count;
} fetch_result;

/* As Kafka's Fetch: from the batch that holds `offset`. Errors: ST_OFFSET_RANGE, ST_NOT_FOUND. */
bool storage_fetch(storage *s, tlog_part *p, int64_t offset, uint32_t max_bytes, tlog_isolation iso, arena *a,
                   fetch_result *out, status *st);

/* Waits until all that was appended to p before the call is on disk; callers of one time share the
 * fsync. With it a server appends many batches in order and waits once, on a thread of its own.
 * Returns at once with fsync_off. */
bool storage_part_sync(storage *s, tlog_part *p, status *st);

/* ---- leader epochs (KIP-320) */

/* The epoch that is stamped into what a partition takes now: one more after each start that found it unclean. */
int32_t storage_part_epoch(const tlog_part *p);
/* Of n partitions of a topic, from the first; 0 for those that are not there. */
void storage_topic_epochs(storage *s, str topic, int32_t *out, int32_t n);
/* Where an epoch ended: *epoch is the greatest one not above it, both are -1 when it is above the present one. */
void storage_epoch_end(tlog_part *p, int32_t asked, int32_t *epoch, int64_t *end);

/* Raises the log's first offset (DeleteRecords); -1 means the high watermark. On disk when it returns.
 * Errors: ST_OFFSET_RANGE, ST_TXN_STATE (an open transaction begins below), ST_IO. */
bool storage_delete_records(storage *s, tlog_part *p, int64_t offset, int64_t *start_out, status *st);

/* ---- producers and groups over the wire */

/* A producer id for an idempotent producer without a transactional id (epoch 0). */
bool storage_producer_id_new(storage *s, producer_ident *who, status *st);

/* Transactions of Kafka clients, by their transactional id. Batches then go through batch_log_append()
 * as they came: transactional ones are checked against the open transaction.
 * Errors: ST_UNKNOWN_PID (no such id, or another producer's), ST_FENCED (another epoch), ST_TXN_STATE,
 * ST_NOT_READY (the last transaction's markers are still to be written: try again), ST_BAD_REQUEST. */

/* InitProducerId: takes over the id, aborting what its last owner left open. */
bool storage_txn_init(storage *s, str id, int32_t timeout_ms, producer_ident *who, status *st);
/* AddPartitionsToTxn, one partition: the first begins the transaction and starts its clock. */
bool storage_txn_add_partition(storage *s, str id, producer_ident who, tlog_part *p, status *st);
/* TxnOffsetCommit: offsets of one group that become visible with the commit. */
bool storage_txn_add_offsets(storage *s, str id, producer_ident who, str group, const tlog_position *o, size_t n,
                             status *st);
/* EndTxn. After true a commit is certain; repeating it is no error. */
bool storage_txn_end(storage *s, str id, producer_ident who, bool commit, status *st);

typedef struct group_offset {
    str     topic;
    int32_t partition;
    int64_t offset;
    int32_t leader_epoch; /* -1 unknown */
    str     metadata;
    int64_t commit_ts_ms;
} group_offset;
/* Waits until the records before the offsets are on disk. */
bool storage_group_offsets_put(storage *s, str group, const group_offset *o, size_t n, status *st);
/* All offsets of a group, sorted by topic and partition. */
bool storage_group_offsets_get(storage *s, str group, arena *a, group_offset **out, size_t *n, status *st);
bool storage_group_offsets_list_groups(storage *s, arena *a, str **groups, size_t *n, status *st);
bool storage_group_delete(storage *s, str group, status *st);

/* ---- the engine's catalog */

/* Rows in meta.sqlite; lives as long as the storage. */
kept_store *storage_kept(storage *s);

#endif
