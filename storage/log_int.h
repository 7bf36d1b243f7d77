/* The table that an implementation of log.h fills in. Its structs begin with these, and the functions
 * of log.h call through `ops`. The contract of each entry is the comment of its namesake in log.h.
 */
#ifndef STORAGE_LOG_INT_H
#define STORAGE_LOG_INT_H

#include <pthread.h>

#include "storage/log.h"

#define TLOG_INTERNAL_PREFIX "_confluent-ksql-" /* engine/run/names.c makes the names */

typedef struct tlog_ops {
    void (*close)(tlog *);
    tlog_info (*info)(const tlog *);
    bool (*topic_create)(tlog *, const tlog_topic *, status *);
    bool (*topic_delete)(tlog *, str name, status *);
    bool (*topic_get)(tlog *, arena *, str name, tlog_topic *, status *);
    bool (*topic_list)(tlog *, arena *, tlog_topic **, size_t *n, status *);

    tlog_part *(*part_open)(tlog *, str topic, int32_t partition, status *);
    void (*part_close)(tlog_part *);
    tlog_offsets (*part_known)(const tlog_part *);
    bool (*offsets_query)(tlog *, tlog_part *const *, size_t n, tlog_offsets *, status *);
    bool (*part_is_deleted)(const tlog_part *);
    int32_t (*part_epoch)(const tlog_part *); /* this and the next NULL: it has no epochs */
    bool (*offset_stands)(tlog_part *, int32_t epoch, int64_t offset, bool *stands, status *);
    bool (*part_trim)(tlog_part *, int64_t offset, status *);
    bool (*part_offset_for_time)(tlog_part *, int64_t ts_ms, int64_t *offset, int64_t *ts, status *);
    uint64_t (*part_watch)(tlog_part *, void (*wake)(void *), void *ctx);
    void (*part_unwatch)(tlog_part *, uint64_t id);

    tlog_reader *(*reader_open)(tlog_part *, int64_t offset, tlog_isolation);
    void (*reader_close)(tlog_reader *);
    void (*reader_keep)(tlog_reader *, int64_t offset); /* NULL: the log takes nothing for its age */
    bool (*reader_next)(tlog_reader *, rec_view *, uint32_t n, uint32_t *got, status *);

    tlog_sender *(*sender_open)(tlog_part *, tlog_producer *);
    void (*sender_close)(tlog_sender *);
    bool (*send)(tlog_sender *, const rec_out *, status *);
    bool (*flush)(tlog_sender *, status *);
    tlog_mark (*sender_mark)(const tlog_sender *);
    bool (*append_wait)(tlog_part *, const rec_out *, uint32_t n, int64_t *base_out, status *);

    tlog_outcome (*commit)(tlog *, const tlog_commit_args *, status *);
    bool (*offsets_fetch)(tlog *, str group, tlog_position *, size_t n, status *);
    bool (*offsets_delete_group)(tlog *, str group, status *);

    tlog_producer *(*producer_open)(tlog *, str transactional_id, status *);
    void (*producer_close)(tlog_producer *);
    bool (*producer_abort)(tlog_producer *, status *);

    const struct batch_ops *batches; /* batch_log_int.h; NULL: it has none to show */
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
struct tlog_sender {
    const tlog_ops *ops;
};
struct tlog_producer {
    const tlog_ops *ops;
};
struct tlog_reader {
    const tlog_ops *ops;
    int64_t         next;  /* tlog_reader_offset() */
    uint64_t        seeks; /* counts tlog_reader_seek(): the implementation then finds its place anew */
};

#endif
