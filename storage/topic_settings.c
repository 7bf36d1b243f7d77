#include "storage/topic_settings_int.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>

#include "base/num.h"

#define I64_MAX "9223372036854775807"
#define NO_EFFECT "Accepted for compatibility; without effect on a single node. "

/*    name, type, default, least value, greatest value, choices of a string or list, what it does */
#define SETTINGS(X)                                                                                                  \
    X("cleanup.policy", "list", "delete", 0, 0, "delete compact",                                                    \
      "delete: old segments are dropped; compact: only the newest record of each key is kept")                       \
    X("compression.type", "string", "producer", 0, 0, "uncompressed zstd lz4 snappy gzip producer",                  \
      "Codec of stored batches; producer: as they came")                                                             \
    X("delete.retention.ms", "long", "86400000", 0, INT64_MAX, NULL,                                                 \
      "How long compaction keeps tombstones and transaction markers")                                                \
    X("file.delete.delay.ms", "long", "60000", 0, INT64_MAX, NULL,                                                   \
      NO_EFFECT "Readers keep deleted segments open until they are done with them")                                  \
    X("flush.messages", "long", I64_MAX, 1, INT64_MAX, NULL, "Flush to disk after this many records")                \
    X("flush.ms", "long", I64_MAX, 0, INT64_MAX, NULL, "Flush to disk at the latest after this time")                \
    X("index.interval.bytes", "int", "4096", 0, INT32_MAX, NULL,                                                     \
      "Bytes of the log between two entries of its indexes")                                                         \
    X("leader.replication.throttled.replicas", "list", "", 0, 0, NULL, NO_EFFECT)                                    \
    X("follower.replication.throttled.replicas", "list", "", 0, 0, NULL, NO_EFFECT)                                  \
    X("max.compaction.lag.ms", "long", I64_MAX, 1, INT64_MAX, NULL,                                                  \
      "Compact at the latest when the oldest uncompacted record is this old")                                        \
    X("max.message.bytes", "int", "1048588", 0, INT32_MAX, NULL,                                                     \
      "Largest record batch that is taken, after compression")                                                       \
    X("message.downconversion.enable", "boolean", "true", 0, 0, NULL, NO_EFFECT)                                     \
    X("message.format.version", "string", "3.0-IV1", 0, 0, NULL, NO_EFFECT)                                          \
    X("message.timestamp.after.max.ms", "long", I64_MAX, 0, INT64_MAX, NULL,                                         \
      "Refuse records stamped further ahead of the clock than this")                                                 \
    X("message.timestamp.before.max.ms", "long", I64_MAX, 0, INT64_MAX, NULL,                                        \
      "Refuse records stamped further behind the clock than this")                                                   \
    X("message.timestamp.difference.max.ms", "long", I64_MAX, 0, INT64_MAX, NULL, NO_EFFECT)                         \
    X("message.timestamp.type", "string", "CreateTime", 0, 0, "CreateTime LogAppendTime",                            \
      "Whether records keep the producer's time or get that of the append")                                          \
    X("min.cleanable.dirty.ratio", "double", "0.5", 0, 1, NULL, "Compact when this share of the log is uncompacted") \
    X("min.compaction.lag.ms", "long", "0", 0, INT64_MAX, NULL, "Leave records younger than this uncompacted")       \
    X("min.insync.replicas", "int", "1", 1, INT32_MAX, NULL, NO_EFFECT)                                              \
    X("preallocate", "boolean", "false", 0, 0, NULL, NO_EFFECT)                                                      \
    X("retention.bytes", "long", "-1", INT64_MIN, INT64_MAX, NULL,                                                   \
      "Size of a partition beyond which its oldest segments are deleted; -1: no limit")                              \
    X("retention.ms", "long", "604800000", -1, INT64_MAX, NULL, "Age beyond which segments are deleted; -1: never")  \
    X("segment.bytes", "int", "134217728", 14, INT32_MAX, NULL, "Size at which a new segment is begun")              \
    X("segment.index.bytes", "int", "10485760", 4, INT32_MAX, NULL,                                                  \
      "Size of a segment's offset index at which a new segment is begun")                                            \
    X("segment.jitter.ms", "long", "0", 0, INT64_MAX, NULL,                                                          \
      "Random share taken off segment.ms, so that partitions do not roll together")                                  \
    X("segment.ms", "long", "604800000", 1, INT64_MAX, NULL, "Age at which a new segment is begun")                  \
    X("unclean.leader.election.enable", "boolean", "false", 0, 0, NULL, NO_EFFECT)

static const topic_setting settings[] = {
#define X(name, type, def, min, max, choices, doc) {name, type, doc},
    SETTINGS(X)
#undef X
        {0},
};
#define SETTING_COUNT (sizeof settings / sizeof settings[0] - 1)

static const struct {
    const char *def, *choices;
    int64_t     min, max;
} bounds[] = {
#define X(name, type, def, min, max, choices, doc) {def, choices, min, max},
    SETTINGS(X)
#undef X
};

const topic_setting *topic_settings(void)
{
    return settings;
}

static int setting_find(str name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (str_eqz(name, settings[i].name))
            return (int)i;
    return -1;
}

static bool name_check(str name, status *st)
{
    if (name.n == 0)
        return status_set(st, ST_INVALID_TOPIC, "Topic name is invalid: the empty string is not allowed");
    if (str_eqz(name, ".") || str_eqz(name, ".."))
        return status_set(st, ST_INVALID_TOPIC, "Topic name is invalid: '%.*s' is not allowed", STR_FMT(name));
    if (name.n > TOPIC_NAME_MAX)
        return status_set(st, ST_INVALID_TOPIC,
                          "Topic name is invalid: the length of '%.*s' is longer "
                          "than the max allowed length %d",
                          STR_FMT(name), TOPIC_NAME_MAX);
    for (uint32_t i = 0; i < name.n; i++)
        if (!isalnum((unsigned char)name.p[i]) && !strchr("._-", name.p[i] ? name.p[i] : '/'))
            return status_set(st, ST_INVALID_TOPIC,
                              "Topic name is invalid: '%.*s' contains one or more "
                              "characters other than ASCII alphanumerics, '.', '_' and '-'",
                              STR_FMT(name));
    return true;
}

/* Is the item one of the blank-separated words? */
static bool is_choice(const char *choices, str item)
{
    for (const char *c = choices; *c;) {
        size_t n = strcspn(c, " ");
        if (str_eq(item, str_make(c, n)))
            return true;
        c += n + (c[n] == ' ');
    }
    return false;
}

/* The next item of a list "a, b"; false at its end. */
static bool list_next(str *rest, str *item)
{
    if (!rest->p)
        return false;
    int64_t comma = str_find_char(*rest, ',');
    *item = str_trim(str_make(rest->p, comma < 0 ? rest->n : (size_t)comma));
    *rest = comma < 0 ? STR_NONE : str_make(rest->p + comma + 1, rest->n - (size_t)comma - 1);
    return true;
}

static bool invalid(str name, str value, const char *why, status *st)
{
    return status_set(st, ST_INVALID_CONFIG, "Invalid value %.*s for configuration %.*s: %s", STR_FMT(value),
                      STR_FMT(name), why);
}

static bool check_number(int i, str name, str value, status *st)
{
    char    why[96];
    int64_t v = 0;
    double  d = 0;
    bool    is_double = strcmp(settings[i].type, "double") == 0;
    bool    is_int = strcmp(settings[i].type, "int") == 0;
    if (is_double ? !num_parse_f64(value, &d)
                  : !num_parse_i64(value, &v) || (is_int && (v < INT32_MIN || v > INT32_MAX)))
        return invalid(name, value,
                       is_double ? "Not a number of type DOUBLE"
                       : is_int  ? "Not a number of type INT"
                                 : "Not a number of type LONG",
                       st);
    if (is_double ? d < (double)bounds[i].min : v < bounds[i].min)
        snprintf(why, sizeof why, "Value must be at least %lld", (long long)bounds[i].min);
    else if (is_double ? d > (double)bounds[i].max : v > bounds[i].max)
        snprintf(why, sizeof why, "Value must be no more than %lld", (long long)bounds[i].max);
    else
        return true;
    return invalid(name, value, why, st);
}

static bool setting_check(str name, str value, status *st)
{
    int i = setting_find(name);
    if (i < 0)
        return status_set(st, ST_INVALID_CONFIG, "Unknown topic config name: %.*s", STR_FMT(name));
    value = str_trim(value);
    const char *type = settings[i].type;
    if (strcmp(type, "boolean") == 0)
        return str_eqz(value, "true") || str_eqz(value, "false")
                   ? true
                   : invalid(name, value, "Expected value to be either true or false", st);
    if (strcmp(type, "string") != 0 && strcmp(type, "list") != 0)
        return check_number(i, name, value, st);
    if (!bounds[i].choices)
        return true;
    str  rest = value, item;
    bool list = strcmp(type, "list") == 0, ok = list || is_choice(bounds[i].choices, value);
    while (list && ok && list_next(&rest, &item))
        ok = is_choice(bounds[i].choices, item);
    if (ok)
        return true;
    char   why[160];
    size_t n = (size_t)snprintf(why, sizeof why, "String must be one of: ");
    for (const char *c = bounds[i].choices; *c && n + 2 < sizeof why; c++) {
        if (*c == ' ')
            why[n++] = ',';
        why[n++] = *c;
    }
    why[n] = 0;
    return invalid(name, value, why, st);
}

bool topic_spec_check(const tlog_topic *spec, status *st)
{
    if (!name_check(spec->name, st))
        return false;
    if (spec->partitions == 0 || spec->partitions < -1)
        return status_set(st, ST_INVALID_PARTS, "Number of partitions was set to an invalid non-positive value.");
    if (spec->partitions > TOPIC_PARTITIONS_MAX)
        return status_set(st, ST_INVALID_PARTS, "Number of partitions must be at most %d", TOPIC_PARTITIONS_MAX);
    if (spec->replication == 0 || spec->replication < -1)
        return status_set(st, ST_INVALID_REPL,
                          "Replication factor must be larger than 0, or -1 to "
                          "use the default value.");
    if (spec->replication > 1)
        return status_set(st, ST_INVALID_REPL,
                          "Unable to replicate the partition %d time(s): The "
                          "target replication factor of %d cannot be reached because only 1 broker(s) "
                          "are registered.",
                          spec->replication, spec->replication);
    if (spec->config_count > TOPIC_SETTINGS_MAX)
        return status_set(st, ST_INVALID_CONFIG, "A topic has at most %d settings", TOPIC_SETTINGS_MAX);
    for (uint32_t i = 0; i < spec->config_count; i++) {
        if (!setting_check(spec->configs[i].name, spec->configs[i].value, st))
            return false;
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(spec->configs[i].name, spec->configs[k].name))
                return status_set(st, ST_INVALID_CONFIG, "Topic config %.*s is given twice",
                                  STR_FMT(spec->configs[i].name));
    }
    topic_conf     conf;
    topic_defaults d;
    topic_defaults_init(&d, &(storage_options){0});
    topic_conf_fill(&conf, &d, spec->configs, spec->config_count);
    if (conf.min_compaction_lag_ms > conf.max_compaction_lag_ms)
        return status_set(st, ST_INVALID_CONFIG,
                          "conflict topic config setting min.compaction.lag.ms "
                          "(%lld) > max.compaction.lag.ms (%lld)",
                          (long long)conf.min_compaction_lag_ms, (long long)conf.max_compaction_lag_ms);
    return true;
}

void topic_defaults_init(topic_defaults *d, const storage_options *opt)
{
    *d = (topic_defaults){0};
    snprintf(d->segment_bytes, sizeof d->segment_bytes, "%lld",
             (long long)(opt->segment_bytes ? opt->segment_bytes : (int64_t)128 << 20));
    snprintf(d->retention_ms, sizeof d->retention_ms, "%lld",
             (long long)(opt->retention_ms ? opt->retention_ms : 604800000));
    snprintf(d->retention_bytes, sizeof d->retention_bytes, "%lld",
             (long long)(opt->retention_bytes ? opt->retention_bytes : -1));
    snprintf(d->max_message_bytes, sizeof d->max_message_bytes, "%d",
             opt->message_max_bytes ? opt->message_max_bytes : 1048588);
    snprintf(d->index_interval_bytes, sizeof d->index_interval_bytes, "%lld",
             (long long)(opt->index_interval_bytes ? opt->index_interval_bytes : 4096));
}

bool topic_setting_value(const topic_defaults *d, const tlog_config *set, uint32_t n, str name, str *value,
                         bool *is_default)
{
    static const struct {
        const char *name;
        size_t      at;
    } of_server[] = {
        {"segment.bytes", offsetof(topic_defaults, segment_bytes)},
        {"retention.ms", offsetof(topic_defaults, retention_ms)},
        {"retention.bytes", offsetof(topic_defaults, retention_bytes)},
        {"max.message.bytes", offsetof(topic_defaults, max_message_bytes)},
        {"index.interval.bytes", offsetof(topic_defaults, index_interval_bytes)},
    };
    int i = setting_find(name);
    if (i < 0)
        return false;
    *is_default = false;
    for (uint32_t k = 0; k < n; k++) {
        if (str_eq(set[k].name, name)) {
            *value = str_trim(set[k].value);
            return true;
        }
    }
    *is_default = true;
    *value = str_of(bounds[i].def);
    for (size_t k = 0; k < sizeof of_server / sizeof of_server[0]; k++)
        if (str_eqz(name, of_server[k].name))
            *value = str_of((const char *)d + of_server[k].at);
    return true;
}

void topic_conf_fill(topic_conf *out, const topic_defaults *d, const tlog_config *set, uint32_t n)
{
    static const struct {
        const char *name;
        size_t      at;
    } numbers[] = {
        {"segment.bytes", offsetof(topic_conf, segment_bytes)},
        {"segment.ms", offsetof(topic_conf, segment_ms)},
        {"segment.jitter.ms", offsetof(topic_conf, segment_jitter_ms)},
        {"segment.index.bytes", offsetof(topic_conf, segment_index_bytes)},
        {"retention.ms", offsetof(topic_conf, retention_ms)},
        {"retention.bytes", offsetof(topic_conf, retention_bytes)},
        {"index.interval.bytes", offsetof(topic_conf, index_interval_bytes)},
        {"max.message.bytes", offsetof(topic_conf, max_message_bytes)},
        {"message.timestamp.before.max.ms", offsetof(topic_conf, ts_before_max_ms)},
        {"message.timestamp.after.max.ms", offsetof(topic_conf, ts_after_max_ms)},
        {"flush.messages", offsetof(topic_conf, flush_messages)},
        {"flush.ms", offsetof(topic_conf, flush_ms)},
        {"delete.retention.ms", offsetof(topic_conf, delete_retention_ms)},
        {"min.compaction.lag.ms", offsetof(topic_conf, min_compaction_lag_ms)},
        {"max.compaction.lag.ms", offsetof(topic_conf, max_compaction_lag_ms)},
    };
    str  v, item;
    bool is_default;
    *out = (topic_conf){0};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        topic_setting_value(d, set, n, str_of(numbers[i].name), &v, &is_default);
        num_parse_i64(v, (int64_t *)((char *)out + numbers[i].at));
    }
    topic_setting_value(d, set, n, STR("min.cleanable.dirty.ratio"), &v, &is_default);
    num_parse_f64(v, &out->min_dirty_ratio);
    topic_setting_value(d, set, n, STR("message.timestamp.type"), &v, &is_default);
    out->log_append_time = str_eqz(v, "LogAppendTime");
    topic_setting_value(d, set, n, STR("cleanup.policy"), &v, &is_default);
    while (list_next(&v, &item)) {
        out->compact |= str_eqz(item, "compact");
        out->delete_old |= str_eqz(item, "delete");
    }
    topic_setting_value(d, set, n, STR("compression.type"), &v, &is_default);
    out->recode = !str_eqz(v, "producer");
    for (codec c = CODEC_GZIP; c <= CODEC_ZSTD; c++)
        if (str_eqz(v, codec_name(c)))
            out->codec = c;
}
