/* The metadata: one SQLite file, one connection behind a mutex, prepared statements kept.
 *
 * Write-ahead log. What must survive power loss commits with synchronous=FULL (one fsync); group
 * offsets outside transactions, which only promise to survive the process, with NORMAL.
 *
 * meta.c also holds the functions of storage.h that are rows and nothing more: groups, the kept
 * rows of the catalog.
 */
#ifndef STORAGE_META_INT_H
#define STORAGE_META_INT_H

#include "storage/storage.h"
#include "storage/txn_int.h"

/* Of the whole data folder; a greater one is refused. 2: the catalog is rows, no longer commands to be run again. 3:
 * folders of partitions say whose they are, and deleted topics are remembered until theirs are gone. */
#define META_FORMAT 3
#define META_FORMAT_ROWS 2
#define META_PID_BLOCK 1000

typedef struct meta meta;

typedef struct topic_id {
    uint8_t bytes[16];
} topic_id;

/* Opens or makes DIR/meta.sqlite. fsync_off: nothing waits for the disk. Errors: ST_IO, ST_CORRUPT,
 * ST_FULL, ST_BUSY; ST_INVALID_CONFIG for a newer format. */
meta *meta_open(const char *dir, bool fsync_off, status *st);
void  meta_close(meta *m);
str   meta_cluster_id(const meta *m);
bool  meta_is_failing(const meta *m); /* the last statement failed */
bool  meta_is_new(const meta *m);     /* it held nothing when it was opened */
int   meta_format(const meta *m);     /* of the folder; META_FORMAT of a new one */
/* The folder is by now what this program makes of it: an older one is to leave it alone. For folders whose catalog is
 * rows; the conversion of another raises it as well. */
bool meta_raise_format(meta *m, status *st);
/* Removes the file when it is closed, if it was not there before. */
void meta_discard(meta *m);

bool meta_topic_put(meta *m, const tlog_topic *t, status *st);    /* new */
bool meta_topic_update(meta *m, const tlog_topic *t, status *st); /* partitions, configs */
bool meta_topic_rename(meta *m, str name, str to, status *st);
/* The topic and all groups' offsets for it. Its id is remembered until meta_topics_forget(). */
bool meta_topic_delete(meta *m, str name, const uint8_t id[16], status *st);
bool meta_deleted_each(meta *m, void (*each)(const topic_id *id, void *ctx), void *ctx, status *st);
bool meta_topics_forget(meta *m, const topic_id *ids, size_t n, status *st);
/* Calls each(topic, ctx); the topic borrows memory of the arena. */
bool meta_topics_each(meta *m, arena *a, void (*each)(const tlog_topic *, void *ctx), void *ctx, status *st);

/* *doubt: the failure leaves open whether they are on disk. */
bool meta_offsets_put(meta *m, str group, const group_offset *o, size_t n, bool *doubt, status *st);
bool meta_offset_get(meta *m, str group, str topic, int32_t partition, int64_t *offset, status *st);

/* A leader epoch that was never given before, from 1. */
bool meta_epoch_next(meta *m, int32_t *epoch, status *st);
/* Reserves ids by blocks: [*first, *first + META_PID_BLOCK). */
bool meta_pids_reserve(meta *m, int64_t *first, status *st);
bool meta_txn_id_put(meta *m, str name, producer_ident who, int32_t timeout_ms, status *st);
bool meta_txn_ids_each(meta *m, void (*each)(str name, producer_ident who, int32_t timeout_ms, void *ctx), void *ctx,
                       status *st);

/* A commit decision and its offsets, in one step. `parts` is opaque here (storage.c). *doubt: the
 * failure leaves open whether it is on disk. */
bool meta_decision_put(meta *m, producer_ident who, str parts, str group, const group_offset *o, size_t n, bool *doubt,
                       status *st);
bool meta_decision_delete(meta *m, int64_t pid, status *st);
bool meta_decisions_each(meta *m, void (*each)(producer_ident who, str parts, void *ctx), void *ctx, status *st);
bool meta_decisions_clear(meta *m, status *st);

kept_store *meta_kept(meta *m);

#endif
