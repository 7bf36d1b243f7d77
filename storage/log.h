/* Topics as the engine sees them: the one seam between streams and where they are kept.
 *
 * A `tlog` is an implementation of this interface: the built-in broker's log (storage.h, storage_log()),
 * a log in memory for tests and `weir replay` (tlog_open_memory), or one beyond a network that is slow and fails.
 * Callers never know which, and see records, not how they lie in a log.
 *
 * Threads: every function may be called from any thread unless its comment says otherwise. A tlog_reader, a
 * tlog_sender and a tlog_producer belong to one thread at a time. Callbacks run on a thread of the log's or on the one
 * that appended: they must only wake somebody up.
 *
 * Waiting: a function waits for nothing but memory and short locks unless its comment says "blocks". What blocks may
 * do so for up to TLOG_BLOCK_MAX_MS, and is never called on an event loop or with a lock that others need. The logs in
 * this process come back in microseconds, or in what the disk takes.
 *
 * Errors: whether trying again can help is told by status_may_pass(code); base/status.h has the column. Beside those
 * that a function names, each that blocks may fail with ST_IO, ST_TIMEOUT and ST_NOT_READY (it may pass).
 */
#ifndef STORAGE_LOG_H
#define STORAGE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "storage/rec.h"

typedef struct tlog          tlog;
typedef struct tlog_part     tlog_part;     /* one partition; counted reference */
typedef struct tlog_reader   tlog_reader;   /* a position in one partition and what was read last */
typedef struct tlog_sender   tlog_sender;   /* records on their way to one partition */
typedef struct tlog_producer tlog_producer; /* a transactional producer: id, epoch, open transaction */

#define TLOG_OFFSET_NONE ((int64_t)-1)
#define TLOG_BLOCK_MAX_MS 30000 /* then a call that blocks has failed with ST_TIMEOUT */

/* What there is to know of the log as a whole; texts live as long as it does. */
typedef struct tlog_info {
    const char *kind;       /* "built-in", "memory" */
    str         cluster_id; /* n = 0: it has none */
} tlog_info;
tlog_info tlog_get_info(const tlog *l);

/* ---- topics */

typedef struct tlog_config { /* one topic setting, Kafka's names: "retention.ms" */
    str name, value;
} tlog_config;

typedef struct tlog_topic {
    str                name;
    uint8_t            id[16];
    int32_t            partitions;
    int16_t            replication; /* always 1 in the built-in log */
    bool               internal;    /* tlog_name_is_internal(); not asked of a spec */
    const tlog_config *configs;     /* those set explicitly */
    uint32_t           config_count;
} tlog_topic;

/* Is a topic of that name made by the engine for itself: hidden from lists, and forgotten with its query? No log has a
 * place for such a mark, so that the name tells. */
bool tlog_name_is_internal(str name);

/* partitions -1 and replication -1 mean the log's defaults. Blocks. Errors: ST_EXISTS, ST_INVALID_* (they stay),
 * ST_FULL. After ST_TIMEOUT it may be there: ST_EXISTS tells at the next try. */
bool tlog_topic_create(tlog *l, const tlog_topic *spec, status *st);
/* Readers and senders of the topic fail with ST_NOT_FOUND from then on. Blocks. Errors: ST_NOT_FOUND (also of one that
 * was deleted by a call whose answer was lost). */
bool tlog_topic_delete(tlog *l, str name, status *st);
/* Fills *out with memory of the arena; ST_NOT_FOUND when there is none. Blocks. A topic that another process made or
 * deleted may be seen some seconds late. */
bool tlog_topic_get(tlog *l, arena *a, str name, tlog_topic *out, status *st);
/* All topics sorted by name. Blocks. */
bool tlog_topic_list(tlog *l, arena *a, tlog_topic **out, size_t *n, status *st);

/* Calls heard(ctx, name) after a topic was created, deleted or given more partitions, on the thread that did it: it
 * must only leave a message. One listener a log; unset it with NULL, after which no call is made or in flight. */
void tlog_on_topic_change(tlog *l, void (*heard)(void *ctx, str name), void *ctx);

/* ---- partitions */

/* Errors: ST_NOT_FOUND, which passes where the topic was made a moment ago by another process. Blocks. */
tlog_part *tlog_part_open(tlog *l, str topic, int32_t partition, status *st);
void       tlog_part_close(tlog_part *p);

/* Offsets: start <= last stable <= high watermark (= next offset to be written). */
typedef struct tlog_offsets {
    int64_t start, last_stable, high;
} tlog_offsets;
/* As they were last heard of: free, and perhaps too low, each of them. For lags, EXPLAIN and other sights. */
tlog_offsets tlog_part_known(const tlog_part *p);
/* As they are, of n partitions of l, in their order; what tlog_part_known() gives is at least that from then on.
 * Blocks: where something is opened, never in the middle of work on records. Errors: ST_NOT_FOUND (one was deleted). */
bool tlog_offsets_query(tlog *l, tlog_part *const *parts, size_t n, tlog_offsets *out, status *st);
/* The leader epoch under which the partition is written to; -1: the log has none. Free. */
int32_t tlog_part_epoch(const tlog_part *p);
/* Does what lay below the offset under that epoch lie there still? After an unclean end of the log it may have been
 * lost, and the offset be another record's since. An epoch that is not known (-1) stands. Blocks. */
bool tlog_offset_stands(tlog_part *p, int32_t epoch, int64_t offset, bool *stands, status *st);
/* Was its topic deleted since it was opened? A topic made again under the name is another one. As far as it is known.
 */
bool tlog_part_is_deleted(const tlog_part *p);
/* Nobody will read below `offset` again: the log may drop what lies there. Blocks: not for every record. The log in
 * memory keeps everything. Errors: ST_OFFSET_RANGE, ST_TXN_STATE (a transaction is open below: it passes). */
bool tlog_part_trim(tlog_part *p, int64_t offset, status *st);

/* First offset whose record timestamp is >= ts_ms; TLOG_OFFSET_NONE when there is none. Blocks. */
bool tlog_part_offset_for_time(tlog_part *p, int64_t ts_ms, int64_t *offset, int64_t *ts_out, status *st);

/* Calls wake(ctx) after there is more to read, and when the topic is deleted. Returns an id for tlog_part_unwatch,
 * after which no call is made or in flight. */
uint64_t tlog_part_watch(tlog_part *p, void (*wake)(void *ctx), void *ctx);
void     tlog_part_unwatch(tlog_part *p, uint64_t id);

/* ---- reading */

typedef enum tlog_isolation {
    TLOG_READ_UNCOMMITTED, /* up to the high watermark */
    TLOG_READ_COMMITTED    /* up to the last stable offset; aborted records left out */
} tlog_isolation;

tlog_reader *tlog_reader_open(tlog_part *p, int64_t offset, tlog_isolation iso);
void         tlog_reader_close(tlog_reader *r);
void         tlog_reader_seek(tlog_reader *r, int64_t offset);
/* While the reader is open no record at or behind the offset is deleted for its age; size limits and DeleteRecords take
 * it all the same. Free. A log that is not ours to keep ignores it. */
void tlog_reader_keep(tlog_reader *r, int64_t offset);

/* The next records, up to n of them (n > 0), in order; they live until the next call on r. *got 0: nothing is there
 * yet, or nothing has come yet. A worker calls it in a slice: it may read a file, and never waits for a network.
 *
 * errors   ST_OFFSET_RANGE (the offset is gone, or not there: seek), ST_NOT_FOUND (deleted), ST_CORRUPT (the next
 * record cannot be read: it stays), ST_IO. Nothing was given then, and the position is as it was. */
bool tlog_reader_next(tlog_reader *r, rec_view *out, uint32_t n, uint32_t *got, status *st);
/* The offset behind the last record given; when *got was 0 behind all that was passed over to there, too: markers,
 * aborted records, what compaction took. At the visible end it is therefore the end. */
int64_t tlog_reader_offset(const tlog_reader *r);

/* ---- sending */

/* Sends to p, within the producer's transactions unless it is NULL; both outlive the sender. Closing throws away what
 * was not flushed. */
tlog_sender *tlog_sender_open(tlog_part *p, tlog_producer *producer);
void         tlog_sender_close(tlog_sender *s);

/* Takes a copy of the record. It is in the log once a commit has been told to be, and no offset is known before.
 *
 * errors   ST_TOO_LARGE  this record, alone, can never be sent: the others are
 *          ST_LIMIT      full: nothing was taken, the same is to be sent again later (the logs in this process never
 * say it) others        what was sent, now or before, did not get in: flush and commit will fail as well */
bool tlog_send(tlog_sender *s, const rec_out *r, status *st);
/* Begins to write what was sent, and waits for no answer: what fails may be told by a later call. Errors: ST_NOT_FOUND
 * (deleted), ST_FENCED, ST_FULL and all that a log says of a write. */
bool tlog_flush(tlog_sender *s, status *st);

/* What was written last, to know a log again that was written otherwise since. Exact behind a commit. */
typedef struct tlog_mark {
    int64_t  base_offset; /* of the last batch; TLOG_OFFSET_NONE: none, or not known */
    uint32_t crc;         /* its */
} tlog_mark;
tlog_mark tlog_sender_mark(const tlog_sender *s);

/* Appends n > 0 records, as one unit where the log can (they fit a batch), and waits until they are durable: on disk,
 * acknowledged. *base_out: the offset of the first. Blocks. Errors: those of tlog_send() and tlog_flush(); after
 * ST_TIMEOUT they may be there all the same. */
bool tlog_append_wait(tlog_part *p, const rec_out *r, uint32_t n, int64_t *base_out, status *st);

/* ---- committed offsets and transactions */

typedef struct tlog_position {
    str     topic;
    int32_t partition;
    int64_t offset; /* next offset to be read */
    /* The partition that was read; NULL: unknown. Offsets of one whose topic was deleted are left out, so that a topic
     * made again under the name is not taken for it. */
    tlog_part *of;
} tlog_position;

/* Fills in `offset` of n positions from one group; TLOG_OFFSET_NONE where it has none. Blocks. */
bool tlog_offsets_fetch(tlog *l, str group, tlog_position *p, size_t n, status *st);
/* Blocks. */
bool tlog_offsets_delete_group(tlog *l, str group, status *st);

/* Opens the producer of a transactional id: bumps its epoch, which fences every older owner, and settles the
 * transaction it left open: aborts it, unless its commit was decided (KIP-98). Blocks. */
tlog_producer *tlog_producer_open(tlog *l, str transactional_id, status *st);
void           tlog_producer_close(tlog_producer *p); /* aborts what is open. Blocks */

typedef struct tlog_commit_args {
    str                  group;
    const tlog_position *positions;
    size_t               position_count;
    tlog_sender *const  *senders; /* whose records belong to it; the same producer's */
    size_t               sender_count;
    tlog_producer       *producer; /* NULL: not transactional */
} tlog_commit_args;

typedef enum tlog_outcome {
    TLOG_COMMITTED,     /* nothing can undo it */
    TLOG_NOT_COMMITTED, /* for certain: what was sent does not count. Abort, and begin anew from the last commit */
    TLOG_UNKNOWN        /* one or the other: open all anew, and compare the committed offsets with these */
} tlog_outcome;

/* What the senders hold is written, then the offsets. With a producer: both become visible together with all that its
 * transaction holds, which the first send began; an empty one commits only the offsets. Without: what was sent may be
 * in the log though it was not committed. Blocks.
 *
 * errors (not TLOG_COMMITTED)   those of tlog_send() and tlog_flush(), ST_FENCED (another owner: not to be tried again)
 */
tlog_outcome tlog_commit(tlog *l, const tlog_commit_args *c, status *st);
/* After true the transaction is over and will never be visible; the next send begins another. What senders of the
 * producer hold is thrown away by closing them. Blocks. Errors: ST_FENCED. */
bool tlog_producer_abort(tlog_producer *p, status *st);

/* ---- implementations */

/* Everything in memory, one copy, nothing durable: `weir replay`, tests. */
tlog *tlog_open_memory(void);
void  tlog_close(tlog *l);

/* The functions above call through this table; a new implementation fills one in (log_int.h). */

#endif
