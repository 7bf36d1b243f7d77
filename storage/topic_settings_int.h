/* Topic names and topic settings: one table row a setting feeds checks, defaults, DescribeConfigs. */
#ifndef STORAGE_TOPIC_SETTINGS_INT_H
#define STORAGE_TOPIC_SETTINGS_INT_H

#include "base/arena.h"
#include "storage/log.h"
#include "storage/storage.h"

#define TOPIC_NAME_MAX 249
#define TOPIC_PARTITIONS_MAX 10000 /* of one topic */
#define TOPIC_SETTINGS_MAX 64      /* set on one topic */

/* Name, partition count, replication and settings. ST_INVALID_TOPIC, ST_INVALID_CONFIG with Kafka's texts. */
bool topic_spec_check(const tlog_topic *spec, status *st);

/* The settings the log acts on, parsed. */
typedef struct topic_conf {
    int64_t segment_bytes, segment_ms, segment_jitter_ms, segment_index_bytes;
    int64_t retention_ms, retention_bytes; /* -1: no limit */
    int64_t index_interval_bytes;
    int64_t max_message_bytes;
    int64_t ts_before_max_ms, ts_after_max_ms;
    int64_t flush_messages, flush_ms;
    int64_t delete_retention_ms, min_compaction_lag_ms, max_compaction_lag_ms;
    double  min_dirty_ratio;
    bool    log_append_time, compact, delete_old;
    bool    recode; /* compression.type is not "producer" */
    codec   codec;
} topic_conf;

/* The server's defaults (those of storage_options), in the table's own terms. */
typedef struct topic_defaults {
    char segment_bytes[24], retention_ms[24], retention_bytes[24], max_message_bytes[24], index_interval_bytes[24];
} topic_defaults;
void topic_defaults_init(topic_defaults *d, const storage_options *opt);

/* The value in force of a setting among `set`; false when there is no such setting. */
bool topic_setting_value(const topic_defaults *d, const tlog_config *set, uint32_t n, str name, str *value,
                         bool *is_default);
void topic_conf_fill(topic_conf *out, const topic_defaults *d, const tlog_config *set, uint32_t n);

#endif
