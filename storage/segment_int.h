/* A segment: NNNNNNNNNNNNNNNNNNNN.log (record batches back to back, named by its first offset) and
 * its sparse indexes, both big-endian and rebuilt by a scan when they are missing or do not hold:
 *
 *     .index      u32 offset - base, u32 position          the batch that begins there
 *     .timeindex  i64 timestamp, u32 offset - base         greatest timestamp before that offset
 *
 * The indexes of the segment being written live in memory and reach their files at checkpoints.
 * Sizes and positions are below 2^31 (the setting segment.bytes is an int).
 *
 * Locking: the partition's lock guards everything but `size`, which the appender publishes after the
 * bytes, and reads of the file. Readers hold a reference; the files of a deleted segment are unlinked
 * at once and closed with the last reference.
 */
#ifndef STORAGE_SEGMENT_INT_H
#define STORAGE_SEGMENT_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/status.h"
#include "storage/io.h"
#include "storage/record.h"

#define SEGMENT_NAME_DIGITS 20
#define SEGMENT_BYTES_MAX INT32_MAX
#define INDEX_ENTRY_BYTES 8
#define TIME_ENTRY_BYTES 12
#define PATH_BYTES_MAX 4096
#define NO_TIME INT64_MIN

typedef struct seg_index {
    buf            mem; /* entries when in memory */
    const uint8_t *map; /* or the mapped file; NULL: not loaded */
    size_t         map_bytes;
    size_t         saved; /* bytes of mem that are in the file */
    bool           in_memory;
} seg_index;

/* Of all batches of a segment, so that one that is missing or was put there is noticed: what lies behind the first 21
 * bytes of a batch its own checksum covers. */
typedef struct batch_digest {
    uint32_t batches, crc; /* CRC-32C of those bytes of all */
    bool     known;
} batch_digest;

typedef struct segment {
    _Atomic int     refs;
    io             *io;
    const char     *dir; /* the partition's, which outlives it */
    int             fd;  /* -1 until needed */
    int64_t         base;
    int64_t         next;   /* offset behind the last record */
    _Atomic int64_t size;   /* bytes of whole batches */
    int64_t         synced; /* bytes known to be on disk; the partition's sync turn */
    int64_t         max_ts; /* NO_TIME: no batch yet */
    int64_t         created_ms;
    int64_t         written_ms;   /* when it was appended to last; 0: not by this process */
    uint32_t        since_entry;  /* bytes since the last index entry */
    batch_digest    digest;       /* of what lies below `size` */
    bool            max_ts_known; /* else only its index says so */
    bool            footed;       /* its footer is written (footers_int.h) */
    bool            entry_synced; /* the folder entry is on disk */
    bool            cut;          /* shortened since the last sync: the bytes could come back */
    bool            used;         /* since the last look for idle files */
    seg_index       offsets, times;
} segment;

/* Path of one of its files: suffix ".log", ".index", ".timeindex". */
void segment_path(const char *dir, int64_t base, const char *suffix, char out[PATH_BYTES_MAX]);

segment *segment_new(io *x, const char *dir, int64_t base);
/* Creates the empty file. */
bool segment_create(segment *s, status *st);
/* Opens the file if it is not. */
bool segment_open(segment *s, status *st);
void segment_hold(segment *s);
void segment_release(segment *s);
/* Removes its files; readers that hold it read on. false when the log may still be there. */
bool segment_unlink(segment *s);

/* Notes a batch written at pos: index entries, greatest timestamp, next offset. */
void segment_note(segment *s, const batch_view *b, uint32_t pos, int64_t interval_bytes);
/* The last index entry of a segment that takes no more batches. */
void segment_seal(segment *s);
/* Writes what of the indexes is not in their files yet, taking `lock` (the partition's) only to copy
 * it. closed: the segment takes no more batches; the files are synced and the memory let go. One caller
 * at a time. */
bool segment_save_indexes(segment *s, pthread_mutex_t *lock, bool closed, status *st);
/* Takes the entries below `size` and `next` from the index files of a segment to be written on. The
 * caller scans the segment when false: missing, torn or not rising. Forgets the digest. */
bool segment_load_indexes(segment *s);
/* What is known of its batches begins anew. */
void segment_clear_indexes(segment *s);
void batch_digest_add(batch_digest *d, const batch_view *b);

/* Where to look for a batch with that offset: a position at or before it. */
uint32_t segment_find_offset(segment *s, int64_t offset);
/* An offset such that every record before it in the segment is older than ts. */
int64_t segment_find_time(segment *s, int64_t ts);
/* Greatest timestamp of a batch, for look-ups: it may come from the index; NO_TIME when there is none. */
int64_t segment_max_ts(segment *s);
/* Wall clock when it was written to last; INT64_MAX when that cannot be told. */
int64_t segment_written_ms(const segment *s);

/* "MESSAGE: file: reason" as ST_FULL or ST_IO from a -errno. */
bool io_failed(status *st, const char *doing, const char *path, int64_t rc);
/* All n bytes, or false; short writes are continued. *rc is the -errno. */
bool io_write_all(io *x, int fd, const void *p, size_t n, int64_t at, int64_t *rc);
bool io_read_all(io *x, int fd, void *p, size_t n, int64_t at, int64_t *rc);
/* Makes the entries of a folder durable. */
bool io_sync_dir(io *x, const char *path, status *st);
/* Replaces a file by way of a temporary one; sync: surviving power loss. */
bool io_replace_file(io *x, const char *dir, const char *name, const void *p, size_t n, bool sync, status *st);
/* Reads a whole file of at most out->max bytes behind what out holds. 0, or -errno: -ENOENT, -EFBIG, -EIO ... */
int io_read_file(io *x, const char *path, buf *out);

#endif
