/* A partition's log on disk: appends, group commit, reads.
 *
 *     append -> checks (no lock) -> lock: place, one pwrite, note -> unlock -> wake watchers
 *            -> durable: join the sync turn that covers the append
 *
 * Locks, in this order: `files_lock` (checkpoint and index files), `sync_lock` (who syncs, how far),
 * `lock` (appends, segment list, states). No fsync is made under the last two.
 * Readers of the current segment take no lock.
 *
 * A failed fsync leaves unknown what is on disk: durable appends and commits are refused (ST_IO) until
 * plog_repair() has checked the unsynced tail, written it again and synced it.
 */
#ifndef STORAGE_PLOG_INT_H
#define STORAGE_PLOG_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "storage/batch_log_int.h"
#include "storage/batch_set_int.h"
#include "storage/epochs_int.h"
#include "storage/folder_int.h"
#include "storage/footers_int.h"
#include "storage/log_int.h"
#include "storage/lost_int.h"
#include "storage/segment_int.h"
#include "storage/storage.h"
#include "storage/topic_settings_int.h"
#include "storage/watch_int.h"

typedef struct plog_env { /* what all partitions of a storage share */
    io               *io;
    bool              fsync_off;
    const timesource *clock;
    int64_t           retention_check_ms;
    int64_t           ages_from_ms;      /* monotonic: before it nothing is too old */
    int64_t           scrub_interval_ms; /* within which each closed segment is read through; -1: never */
    const tlog_ops   *ops;
    struct txn_coord *txns;
    _Atomic bool     *failing; /* the last append could not be written */
    lost             *lost;
    _Atomic uint32_t *stopped;  /* partitions that stand still at damage */
    _Atomic uint32_t *rotten;   /* partitions with a closed segment that does not hold */
    int32_t           epoch;    /* of this start, if it is an unclean one; kept, so that no other start has it */
    bool              rebooted; /* the machine was started anew since the folder was used last, or nobody knows */
} plog_env;

typedef struct plog {
    tlog_part       base;
    _Atomic int     refs;
    const plog_env *env;
    char           *name; /* topic-partition */
    uint8_t         topic_id[16];
    int32_t         partition;
    char           *dir;
    buf             identity; /* what its folder says of it (folder_int.h) */
    pthread_mutex_t lock;
    VEC(segment *) segs; /* by base; the last is written to; empty before the first append */
    _Atomic int64_t             start, last_stable, high;
    _Atomic bool                deleted;
    _Atomic(const topic_conf *) conf;
    VEC(const topic_conf *) old_confs; /* replaced ones: an appender may still look at them */
    int32_t          leader_epoch;     /* as batches are stamped now; set at the start */
    epochs           epochs;
    bool             cut_due;      /* bytes of a failed append stand behind the end */
    bool             rotten;       /* a closed segment does not hold; the maintenance thread */
    int64_t          scrubbed;     /* closed segments below it were read through in this round; likewise */
    double           scrub_credit; /* bytes that may be read through by now; likewise */
    const char      *damage;       /* what its end stands at: no append is taken; NULL: it is whole. Set at the start */
    int64_t          append_ms;    /* stamp of the last append with LogAppendTime */
    producer_states  states;
    _Atomic uint32_t aborted_count; /* = states.aborted.n */
    watch_list       watches;
    VEC(struct disk_reader *) keepers; /* readers whose records are not taken for their age (plog_reader_keep) */

    pthread_mutex_t sync_lock;
    pthread_cond_t  sync_done;
    bool            syncing;
    bool            sync_failed;
    int64_t         synced;        /* offset below which all is on disk */
    bool            folder_synced; /* the folder and what it says of itself are on disk; whose turn it is to sync */
    bool            dir_made;

    pthread_mutex_t files_lock;      /* taken first: who writes or removes files other than the log */
    int64_t         checkpoint_high; /* as in the checkpoint file */
    int64_t         checkpoint_start;
    int32_t         checkpoint_epoch;
    size_t          footer_entries; /* in the footers' file */
    int64_t         cleaned;        /* compacted below this offset; the maintenance thread. A restart begins anew */
    bool            leftovers;      /* originals that compaction could not remove: COMPACTING_MARK stays */
    int64_t         checkpoint_ms;
    int64_t         retained_ms; /* monotonic: when ages were looked at last; the maintenance thread */
} plog;

plog *plog_new(const plog_env *env, const char *topics_dir, const tlog_topic *t, int32_t partition,
               const topic_conf *conf);
void  plog_release(plog *p);
void  plog_hold(plog *p);

static inline int64_t plog_now(const plog *p)
{
    return time_wall_ms(p->env->clock);
}

/* Takes the new settings; copied. */
void plog_configure(plog *p, const topic_conf *conf);
/* The topic has changed. true: there is a folder, which is to be told by plog_write_identity(). */
bool plog_identify(plog *p, const tlog_topic *t);
/* Says in the folder what the topic is by now; durable. What fails is written again with the next change. */
void plog_write_identity(plog *p);
/* Refuses readers and appenders from now on, and wakes them. Files stay: plog_remove(). */
void plog_mark_deleted(plog *p);
/* Says so: ST_NOT_FOUND. */
bool plog_no_more(const plog *p, status *st);

/* Appends a checked set; see batch_log_append(). */
bool plog_append(plog *p, batch_set *set, uint8_t *bytes, uint32_t len, bool durable, int64_t *base_out, status *st);
bool plog_append_marker(plog *p, producer_ident who, bool commit, int64_t *end_out, status *st);
/* Returns once all below the offset is on disk. ST_IO when that cannot be said. */
bool plog_sync(plog *p, int64_t below, status *st);
/* Tries to heal a failed fsync: writes the unsynced tail again. */
bool plog_repair(plog *p, status *st);

/* A file in the partition's folder from a failed fsync on until it is healed. The kernel takes what that fsync covered
 * for written, also when another process asks: a start that finds it writes the tail again. It is never synced, since a
 * loss of power takes with it what it tells of. */
#define UNSYNCED_MARK "unsynced"
/* Begins a new segment if the present one has records. Lock held. */
bool plog_roll(plog *p, status *st);

/* Segment that holds the offset or is the first behind it; -1 when there is none. Lock held. */
int64_t plog_find_segment(const plog *p, int64_t offset);

/* ---- plog_read.c */

tlog_reader *plog_reader_open(plog *p, int64_t offset, tlog_isolation iso);
void         plog_reader_close(tlog_reader *r);
void         plog_reader_keep(tlog_reader *r, int64_t offset);
int64_t      plog_reader_kept(const struct disk_reader *r);
bool         plog_reader_next(batch_reader *r, uint32_t max_bytes, const uint8_t **data, uint32_t *len, status *st);
bool         plog_offset_for_time(plog *p, int64_t ts_ms, int64_t *offset, int64_t *ts_out, status *st);
bool         plog_fetch(plog *p, int64_t offset, uint32_t max_bytes, tlog_isolation iso, arena *a, fetch_result *out,
                        status *st);

/* ---- recover.c */

/* Finds out what is in the partition's folder. clean: the checkpoint is the whole truth.
 *
 * Of a log that was being written when the process or the machine died, the last batches may be torn: they are cut off,
 * and kept in lost/. A bad batch with whole ones behind it is no torn end but damage: the partition stands still there,
 * p->damage says so, and nothing is touched; only after a loss of power is that an end like any other, since then
 * what was not synced reaches the disk in any order. */
bool plog_recover(plog *p, bool clean, status *st);
/* Syncs, and writes down how far: a later start scans from there. */
bool plog_checkpoint(plog *p, status *st);
/* The same for very many partitions, when nobody appends any more: prepare each, sync the file system, finish those
 * that were *ready, sync again. false: it failed, or the partition cannot be said to be on disk. */
bool plog_checkpoint_prepare(plog *p, bool *ready, status *st);
bool plog_checkpoint_finish(plog *p, status *st);
/* Of segments of which all is known by now. */
bool plog_write_footers(plog *p, status *st);
/* Of one that is on disk, in the place of whatever is said of its base. files_lock held. */
bool plog_foot(plog *p, segment *s, status *st);
/* Is there something to write down since the last one, and has enough time passed? */
bool plog_checkpoint_is_due(plog *p);

/* ---- scrub.c */

/* Reads closed segments through: those of which only their index tells, as far as *unknown_bytes go, which are taken
 * off; and of the others so many that each comes up once in scrub_interval_ms. What does not hold is told, counted, and
 * kept: readers get an error at it. */
void plog_scrub(plog *p, int64_t elapsed_ms, int64_t *unknown_bytes);
/* Something is damaged that was whole: told once, and the partition is not compacted any more. */
void plog_found_rotten(plog *p, const char *what);

/* ---- retain.c */

/* Drops segments that are too many, and now and then those past their time: their records are, and they were written to
 * last, longer ago than that, and no keeping reader has them yet to read. */
bool plog_retain(plog *p, status *st);
/* Raises the first offset (DeleteRecords); at most to the high watermark. */
bool plog_delete_before(plog *p, int64_t offset, status *st);
/* Removes the folder of a deleted partition. false: some of it is left under another name (FOLDER_GONE_PREFIX). */
bool plog_remove(plog *p);

/* ---- compact.c */

/* A file in the partition's folder while compacted copies take the place of originals: a start that
 * finds it looks where each segment really ends. */
#define COMPACTING_MARK "compacting"

/* Compacts what is due, if the topic is a compacted one. One caller at a time. */
bool plog_compact(plog *p, status *st);

#endif
