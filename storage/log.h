/* Topics as the engine sees them: the one seam between streams and where they are kept.
 *
 * A `tlog` is an implementation of this interface: the built-in broker's log (storage.h, tlog_open_local),
 * a log in memory for tests and `weir replay` (tlog_open_memory), or a Kafka cluster. Callers never
 * know which. Data are Kafka record batches (v2) byte for byte; record.h reads and writes them.
 *
 * Threads: every function may be called from any thread unless its comment says otherwise. A
 * tlog_reader belongs to one thread at a time. Callbacks run on the thread that appended: they must
 * only wake somebody up.
 */
#ifndef STORAGE_LOG_H
#define STORAGE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

typedef struct tlog          tlog;
typedef struct tlog_part     tlog_part;     /* one partition; counted reference */
typedef struct tlog_reader   tlog_reader;   /* a position in one partition and the bytes last read */
typedef struct tlog_producer tlog_producer; /* a transactional producer: id, epoch, open transaction */

#define TLOG_OFFSET_NONE ((int64_t)-1)

/* ---- topics */

typedef struct tlog_config { /* one topic setting, Kafka's names: "retention.ms" */
    str name, value;
} tlog_config;

typedef struct tlog_topic {
    str                name;
    uint8_t            id[16];
    int32_t            partitions;
    int16_t            replication; /* always 1 in the built-in log */
    bool               internal;    /* made by the engine for itself; hidden from topic lists */
    const tlog_config *configs;     /* those set explicitly */
    uint32_t           config_count;
} tlog_topic;

/* partitions -1 and replication -1 mean the server's defaults. Errors: ST_EXISTS, ST_INVALID_*,
 * ST_IO, ST_FULL. */
bool tlog_topic_create(tlog *l, const tlog_topic *spec, status *st);
/* Readers and appenders of the topic fail with ST_NOT_FOUND from then on. */
bool tlog_topic_delete(tlog *l, str name, status *st);
/* Fills *out with memory of the arena; ST_NOT_FOUND when there is none. */
bool tlog_topic_get(tlog *l, arena *a, str name, tlog_topic *out, status *st);
/* All topics sorted by name. */
bool tlog_topic_list(tlog *l, arena *a, tlog_topic **out, size_t *n, status *st);

/* Calls heard(ctx, name) after a topic was created, deleted or given more partitions, on the thread that did it: it
 * must only leave a message. One listener a log; unset it with NULL, after which no call is made or in flight. */
void tlog_on_topic_change(tlog *l, void (*heard)(void *ctx, str name), void *ctx);

/* ---- partitions */

tlog_part *tlog_part_open(tlog *l, str topic, int32_t partition, status *st);
void       tlog_part_close(tlog_part *p);

/* Offsets: start <= last stable <= high watermark (= next offset to be written). */
typedef struct tlog_offsets {
    int64_t start, last_stable, high;
} tlog_offsets;
tlog_offsets tlog_part_offsets(tlog_part *p);
/* Was its topic deleted since it was opened? A topic made again under the name is another one. */
bool tlog_part_is_deleted(tlog_part *p);
/* Nobody will read below `offset` again: the log may drop what lies there. On disk when it returns, so
 * not for every record. The log in memory keeps everything. Errors: ST_OFFSET_RANGE, ST_TXN_STATE, ST_IO. */
bool tlog_part_trim(tlog_part *p, int64_t offset, status *st);

/* First offset whose record timestamp is >= ts_ms; TLOG_OFFSET_NONE when there is none. */
bool tlog_part_offset_for_time(tlog_part *p, int64_t ts_ms, int64_t *offset, int64_t *ts_out, status *st);

typedef struct tlog_append {
    tlog_producer *producer; /* NULL: not transactional */
    bool           durable;  /* wait until it is on disk (acks=all); group commit shares the fsync */
    bool           trusted;  /* made by this process's batch_builder: the CRC is not checked again */
    bool           keyed;    /* its builder saw that no key is null: compacted topics need not look again */
} tlog_append;

/* Appends one or more whole v2 batches laid end to end, as one unit.
 *
 * batches   borrowed and patched in place: base offset, partition leader epoch; with a producer also
 *           producer id, epoch, base sequence and the transactional bit (the CRC is set anew)
 * base_out  offset given to the first record
 * errors    ST_CORRUPT (layout, checksum), ST_TOO_LARGE, ST_NOT_FOUND (deleted), ST_IO, ST_FULL;
 *           for batches that carry a producer id: ST_SEQUENCE, ST_DUPLICATE (base_out is then the
 *           offset of the first copy), ST_FENCED, ST_UNKNOWN_PID, ST_TXN_STATE
 */
bool tlog_part_append(tlog_part *p, uint8_t *batches, uint32_t len_bytes, tlog_append opt, int64_t *base_out,
                      status *st);

/* Calls wake(ctx) after the high watermark or the last stable offset moved, and when the topic is
 * deleted. Returns an id for tlog_part_unwatch, after which no call is made or in flight. */
uint64_t tlog_part_watch(tlog_part *p, void (*wake)(void *ctx), void *ctx);
void     tlog_part_unwatch(tlog_part *p, uint64_t id);

/* ---- reading */

typedef enum tlog_isolation {
    TLOG_READ_UNCOMMITTED, /* up to the high watermark */
    TLOG_READ_COMMITTED    /* up to the last stable offset; aborted batches and markers left out */
} tlog_isolation;

tlog_reader *tlog_reader_open(tlog_part *p, int64_t offset, tlog_isolation iso);
void         tlog_reader_close(tlog_reader *r);
void         tlog_reader_seek(tlog_reader *r, int64_t offset);
/* The offset that will be read next. */
int64_t tlog_reader_offset(const tlog_reader *r);

/* Takes the next whole batches, at most about max_bytes but always at least one.
 *
 * data      points to them until the next call on r; *len_bytes is 0 when nothing is there yet.
 *           Control batches are never among them. The first batch may begin before the offset that
 *           was sought: skip records below tlog_reader_first().
 * errors    ST_OFFSET_RANGE, ST_NOT_FOUND (deleted), ST_CORRUPT, ST_IO
 */
bool tlog_reader_next(tlog_reader *r, uint32_t max_bytes, const uint8_t **data, uint32_t *len_bytes, status *st);
/* First offset wanted from the data of the last tlog_reader_next(). */
int64_t tlog_reader_first(const tlog_reader *r);

/* ---- committed offsets and transactions */

typedef struct tlog_commit {
    str     topic;
    int32_t partition;
    int64_t offset; /* next offset to be read */
    /* The partition that was read; NULL: unknown. Offsets of one whose topic was deleted are left out, so that a topic
     * made again under the name is not taken for it. */
    tlog_part *of;
} tlog_commit;

/* Stores offsets of a consumer group outside a transaction. Survives the death of the process. */
bool tlog_offsets_commit(tlog *l, str group, const tlog_commit *c, size_t n, status *st);
/* TLOG_OFFSET_NONE when the group has none for that partition. */
bool tlog_offsets_fetch(tlog *l, str group, str topic, int32_t partition, int64_t *offset, status *st);
bool tlog_offsets_delete_group(tlog *l, str group, status *st);

/* Opens the producer of a transactional id: bumps its epoch, which fences every older owner and
 * aborts the transaction it left open (KIP-98). Belongs to one thread at a time. */
tlog_producer *tlog_producer_open(tlog *l, str transactional_id, status *st);
void           tlog_producer_close(tlog_producer *p); /* aborts what is open */

/* The first append with a producer begins its transaction. Commit makes all appends since then and
 * the offsets visible together, or (after a crash, or on failure) none of them: once it has returned
 * true nothing can undo it. An empty transaction commits only the offsets. */
bool tlog_producer_commit(tlog_producer *p, str group, const tlog_commit *c, size_t n, status *st);
/* After true the transaction is over and will never be visible; the next append begins another. After
 * a failed commit only abort or close (or a new owner of the id) can tell: none of them is undone. */
bool tlog_producer_abort(tlog_producer *p, status *st);

/* ---- implementations */

/* Everything in memory, one copy, nothing durable: `weir replay`, tests. */
tlog *tlog_open_memory(void);
void  tlog_close(tlog *l);

/* The functions above call through this table; a new implementation fills one in (log_int.h). */

#endif
