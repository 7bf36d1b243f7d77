/* The data folder as its own files see it. */
#ifndef STORAGE_STORAGE_INT_H
#define STORAGE_STORAGE_INT_H

#include "storage/meta_int.h"
#include "storage/plog_int.h"
#include "storage/txn_int.h"

typedef struct stored_topic {
    arena      memory; /* of spec; begun anew when the settings change */
    tlog_topic spec;
    plog     **parts; /* spec.partitions of them */
} stored_topic;

#define BOOT_ID_BYTES 64

struct storage {
    tlog             log; /* what storage_log() gives out */
    plog_env         env;
    _Atomic bool     log_failing;
    lost             lost;
    _Atomic uint32_t stopped, rotten; /* partitions */
    int64_t          maintained_ms;   /* monotonic; the maintenance thread */
    int64_t          wall_ms;         /* at that time */
    char             boot_id[BOOT_ID_BYTES];
    char            *dir, *topics_dir;
    int              lock_fd;
    meta            *meta;
    topic_defaults   defaults;
    int32_t          default_partitions;
    pthread_mutex_t  lock;   /* topics, removed, pid_* */
    map              topics; /* of stored_topic */
    VEC(topic_id) removed;   /* deleted topics whose folders are gone, perhaps not yet for good */
    int64_t     pid_next, pid_end;
    txn_backend backend;
    txn_coord   txns;
};

/* local_log.c */
extern const tlog_ops local_ops;
void                  local_log_init(storage *s);
/* Ends the transactions that a crash left open: the decided ones commit, the others abort. */
bool local_log_settle(storage *s, status *st);

/* Holds every partition; the array is the arena's. */
plog **storage_parts(storage *s, arena *a, size_t *n);

/* load.c: topics, partitions and transactions of the folder. clean: it was closed in order. */
bool storage_load(storage *s, bool clean, status *st);

stored_topic *topic_new(storage *s, const tlog_topic *spec);

bool storage_topic_create(storage *s, const tlog_topic *spec, status *st);
bool storage_topic_delete(storage *s, str name, status *st);
void topic_copy(arena *a, const tlog_topic *from, tlog_topic *to);

#endif
