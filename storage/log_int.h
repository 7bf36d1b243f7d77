/* The table that an implementation of log.h fills in. Its structs begin with these, and the functions
 * of log.h call through `ops`. The contract of each entry is the comment of its namesake in log.h.
 */
#ifndef STORAGE_LOG_INT_H
#define STORAGE_LOG_INT_H

#include <pthread.h>

#include "storage/log.h"

typedef struct tlog_ops {
    void (*close)(tlog *);
    bool (*topic_create)(tlog *, const tlog_topic *, status *);
    bool (*topic_delete)(tlog *, str name, status *);
    bool (*topic_get)(tlog *, arena *, str name, tlog_topic *, status *);
    bool (*topic_list)(tlog *, arena *, tlog_topic **, size_t *n, status *);

    tlog_part *(*part_open)(tlog *, str topic, int32_t partition, status *);
    void (*part_close)(tlog_part *);
    tlog_offsets (*part_offsets)(tlog_part *);
    bool (*part_is_deleted)(tlog_part *);
    bool (*part_trim)(tlog_part *, int64_t offset, status *);
    bool (*part_offset_for_time)(tlog_part *, int64_t ts_ms, int64_t *offset, int64_t *ts, status *);
    bool (*part_append)(tlog_part *, uint8_t *, uint32_t, tlog_append, int64_t *base_out, status *);
    uint64_t (*part_watch)(tlog_part *, void (*wake)(void *), void *ctx);
    void (*part_unwatch)(tlog_part *, uint64_t id);

    tlog_reader *(*reader_open)(tlog_part *, int64_t offset, tlog_isolation);
    void (*reader_close)(tlog_reader *);
    bool (*reader_next)(tlog_reader *, uint32_t max_bytes, const uint8_t **, uint32_t *, status *);

    bool (*offsets_commit)(tlog *, str group, const tlog_commit *, size_t n, status *);
    bool (*offsets_fetch)(tlog *, str group, str topic, int32_t partition, int64_t *, status *);
    bool (*offsets_delete_group)(tlog *, str group, status *);

    tlog_producer *(*producer_open)(tlog *, str transactional_id, status *);
    void (*producer_close)(tlog_producer *);
    bool (*producer_commit)(tlog_producer *, str group, const tlog_commit *, size_t n, status *);
    bool (*producer_abort)(tlog_producer *, status *);
} tlog_ops;

struct tlog {
    const tlog_ops *ops;
    pthread_mutex_t heard_lock; /* guards the two below; held during the call */
    void (*heard)(void *ctx, str name);
    void *heard_ctx;
};
void tlog_init(tlog *l, const tlog_ops *ops);
void tlog_deinit(tlog *l);
/* For implementations, without their own locks: a topic was created, deleted or has more partitions. */
void tlog_topic_changed(tlog *l, str name);

struct tlog_part {
    const tlog_ops *ops;
};
struct tlog_producer {
    const tlog_ops *ops;
};
struct tlog_reader {
    const tlog_ops *ops;
    int64_t         next;  /* offset to be read next */
    int64_t         first; /* first offset wanted from what was read last */
    uint64_t        seeks; /* counts tlog_reader_seek(): the implementation then finds its place anew */
};

#endif
