/* Snapshots: a task's stores in one file, so that a restart reads a file and the tail of the changelogs
 * instead of the changelogs from their beginning.
 *
 *     "WEIRSNAP"  u32 version (1)  i64 created (ms)
 *     u32 clocks, i64 each
 *     u32 stores, each: u32 length and bytes of its name, i64 changelog offset, u64 rows, each:
 *         u32 key length, key, i64 start, i64 end, i64 ts, u32 length, bytes
 *     u32 CRC-32C of all before
 *
 * Integers little-endian. A snapshot is written beside the old one and renamed over it, so a crash leaves
 * one of the two. It is only ever a shortcut: whatever is wrong with it, the changelogs have everything.
 */
#ifndef ENGINE_STATE_SNAPSHOT_H
#define ENGINE_STATE_SNAPSHOT_H

#include "base/status.h"
#include "engine/state/store.h"
#include "storage/io.h"

typedef struct snapshot_store {
    str     name;
    store  *s;
    int64_t offset; /* of its changelog: state is what stands below it */
} snapshot_store;

/* Errors: ST_IO, ST_FULL; the old file stands then. */
bool snapshot_write(io *files, const char *path, int64_t now_ms, int64_t *const *clocks, size_t clock_count,
                    const snapshot_store *stores, size_t n, status *st);

/* Fills the stores (which are empty) and clocks, sets the offsets. false: there is none that fits: absent,
 * older than max_age_ms, of other stores, or damaged; the stores are empty again then. */
bool snapshot_read(io *files, const char *path, int64_t now_ms, int64_t max_age_ms, int64_t **clocks,
                   size_t clock_count, snapshot_store *stores, size_t n);

#endif
