/* Snapshots: a task's stores in one file, so that a restart reads a file and the tail of the changelogs
 * instead of the changelogs from their beginning.
 *
 *     "WEIRSNAP"  u32 version (3)  i64 created (ms)
 *     u32 clocks, i64 each
 *     u32 stores, each:
 *         u32 length and bytes of its name, batch (not in version 1), i64 changelog offset, u64 rows, each:
 *             u32 key length, key, i64 start, i64 end, i64 ts, u32 length, bytes
 *     u32 CRC-32C of all before
 *
 *     batch: 16 bytes topic id, i32 leader epoch at that time, i64 base offset, u32 CRC-32C, of the changelog's batch
 * that ends at the offset
 *
 * Integers little-endian. A snapshot is written beside the old one and renamed over it, so a crash leaves
 * one of the two. It is only ever a shortcut: whatever is wrong with it, the changelogs have everything.
 */
#ifndef ENGINE_STATE_SNAPSHOT_H
#define ENGINE_STATE_SNAPSHOT_H

#include "base/status.h"
#include "engine/state/store.h"
#include "engine/state/view.h"
#include "storage/io.h"

/* The batch of the changelog that ends at a store's offset. */
typedef struct snapshot_batch {
    uint8_t  topic_id[16]; /* all 0: not known */
    int32_t  epoch;        /* of the leader, under which the offset was seen; -1: not known */
    int64_t  base_offset;  /* -1: not known */
    uint32_t crc;
} snapshot_batch;

typedef struct snapshot_store {
    str            name;
    store         *s;
    int64_t        offset; /* of its changelog: state is what stands below it */
    snapshot_batch batch;
} snapshot_store;

/* ---- writing, beside the running task */

typedef struct snapshot_job snapshot_job;

/* Takes a view of the stores and copies everything else. By the stores' owner, right behind a commit: the stores are
 * what the changelogs say. Errors: ST_LIMIT. */
snapshot_job *snapshot_job_open(io *files, const char *path, int64_t now_ms, int64_t *const *clocks, size_t clock_count,
                                const snapshot_store *stores, size_t n, view_limits limits, status *st);
/* Writes about so many bytes more. One thread at a time, any. true: there is more to do. */
bool snapshot_job_step(snapshot_job *j, int64_t budget_bytes);
/* true: the snapshot stands. Else the old one does; a job that is closed before its last step leaves no trace and
 * gives ST_OK. Errors: ST_IO, ST_FULL, ST_EXPIRED (the view's limits). */
bool snapshot_job_close(snapshot_job *j, status *st);

/* All of it at once. Errors: ST_IO, ST_FULL, ST_LIMIT; the old file stands then. */
bool snapshot_write(io *files, const char *path, int64_t now_ms, int64_t *const *clocks, size_t clock_count,
                    const snapshot_store *stores, size_t n, status *st);

/* ---- reading */

typedef struct snapshot_load snapshot_load;

/* Begins to fill the stores (which are empty) and clocks, and to set offsets and batches. clocks and stores are
 * borrowed. NULL: there is no such file. */
snapshot_load *snapshot_load_open(io *files, const char *path, int64_t now_ms, int64_t max_age_ms, int64_t **clocks,
                                  size_t clock_count, snapshot_store *stores, size_t n);
/* Reads about so many bytes more. true: there is more to do. */
bool     snapshot_load_step(snapshot_load *l, int64_t budget_bytes);
uint32_t snapshot_load_percent(const snapshot_load *l);
/* true: all of it is there. false: it does not fit (older than max_age_ms, of other stores, damaged), and the file is
 * removed; or it was closed before its last step. Stores and clocks are as they were then. */
bool snapshot_load_close(snapshot_load *l);

/* All of it at once; false also when there is no file. */
bool snapshot_read(io *files, const char *path, int64_t now_ms, int64_t max_age_ms, int64_t **clocks,
                   size_t clock_count, snapshot_store *stores, size_t n);

#endif
