/* An engine's life: what it opens, what it finds kept, what it leaves. */
#include "engine/engine.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/num.h"
#include "engine/run/processing_log.h"
#include "engine/settings/property.h"
#include "engine/stmt/exec.h"
#include "engine/stmt/load.h"
#include "engine/udf/udf_load.h"

/* ---- versions of the catalog */

metastore *engine_take(engine *e)
{
    pthread_mutex_lock(&e->meta_lock);
    metastore *m = metastore_ref(e->meta);
    pthread_mutex_unlock(&e->meta_lock);
    return m;
}

void engine_publish(engine *e, metastore *m)
{
    pthread_mutex_lock(&e->meta_lock);
    metastore *was = e->meta;
    e->meta = m;
    pthread_mutex_unlock(&e->meta_lock);
    metastore_release(was);
}

void engine_get_stats(engine *e, engine_stats *out)
{
    arena a;
    arena_init(&a);
    metastore   *m = engine_take(e);
    query_info **all = metastore_queries(m, &a);
    memset(out, 0, sizeof *out);
    for (size_t i = 0; e->run && i < m->queries.n; i++) {
        run_info info;
        if (!runtime_info(e->run, all[i]->id, &info))
            continue;
        if (info.state == RUN_ERROR)
            out->queries_error++;
        else
            out->queries_running++;
        out->records_in += info.records_in;
        out->records_out += info.records_out;
        out->record_errors += info.record_errors;
        out->state_bytes += info.state_bytes;
    }
    metastore_release(m);
    arena_free(&a);
    pthread_mutex_lock(&e->push_lock);
    out->push_queries_active = e->pushes.n;
    pthread_mutex_unlock(&e->push_lock);
    out->pull_queries = __atomic_load_n(&e->pull_count, __ATOMIC_RELAXED);
}

/* ---- the states of queries */

const char *const run_state_names[] = {"RUNNING", "PAUSED", "RESTORING", "ERROR"};

run_info query_state(engine *e, const query_info *q)
{
    run_info info = {.state = q->paused ? RUN_PAUSED : RUN_RUNNING};
    if (e->run && !runtime_info(e->run, q->id, &info))
        info = (run_info){.state = RUN_ERROR, .reason = "The query does not run."};
    return info;
}

size_t engine_query_states(engine *e, arena *a, engine_query_state **out)
{
    metastore   *m = engine_take(e);
    query_info **all = metastore_queries(m, a);
    size_t       n = m->queries.n;
    *out = ARENA_ARRAY(a, engine_query_state, n + 1);
    for (size_t i = 0; i < n; i++) {
        run_info info = query_state(e, all[i]);
        (*out)[i] = (engine_query_state){.id = str_dup(a, all[i]->id),
                                         .state = run_state_names[info.state],
                                         .reason = str_dup(a, str_of(info.reason)),
                                         .since_ms = info.since_ms,
                                         .failed = info.state == RUN_ERROR,
                                         .unplanned = all[i]->plan == NULL,
                                         .records_missed = info.records_missed};
    }
    metastore_release(m);
    return n;
}

/* ---- the processing log */

static str config_text(const engine *e, const char *name, const char *otherwise)
{
    const str *v = e->opt.config ? map_get(e->opt.config, str_of(name)) : NULL;
    return v ? *v : str_of(otherwise);
}

static bool config_flag(const engine *e, const char *name)
{
    return str_eq_nocase(config_text(e, name, "false"), STR("true"));
}

static bool open_processing_log(engine *e, status *st)
{
    if (e->opt.manual || !config_flag(e, "ksql.logging.processing.topic.auto.create"))
        return true;
    str name = str_fmt(&e->a, "%.*sksql_processing_log", STR_FMT(config_text(e, "ksql.service.id", "default_")));
    processing_log_options o = {
        .log = e->opt.log,
        .topic = config_text(e, "ksql.logging.processing.topic.name", str_z(&e->a, name)),
        .partitions = 1,
        .include_rows = config_flag(e, "ksql.logging.processing.rows.include"),
        .clock = e->opt.clock,
    };
    int64_t n;
    if (num_parse_i64(config_text(e, "ksql.logging.processing.topic.partitions", "1"), &n) && n > 0 && n < INT32_MAX)
        o.partitions = (int32_t)n;
    e->plog = processing_log_open(&o, st);
    return e->plog != NULL;
}

static bool is_declared(engine *e, str name)
{
    metastore *m = engine_take(e);
    bool       is = catalog_find(&m->cat, name) != NULL;
    metastore_release(m);
    return is;
}

static bool declare_processing_log(engine *e, status *st)
{
    str name = config_text(e, "ksql.logging.processing.stream.name", "KSQL_PROCESSING_LOG");
    if (e->plog == NULL || !config_flag(e, "ksql.logging.processing.stream.auto.create") || is_declared(e, name))
        return true;
    engine_error err;
    session      s;
    arena        a;
    arena_init(&a);
    session_init(&s);
    str sql =
        str_fmt(&a,
                "CREATE STREAM `%.*s` (LOGGER STRING, LEVEL STRING, TIME BIGINT, MESSAGE STRUCT<TYPE INT, "
                "DESERIALIZATIONERROR STRUCT<TARGET STRING, ERRORMESSAGE STRING, RECORDB64 STRING, CAUSE "
                "ARRAY<STRING>, `TOPIC` STRING>, RECORDPROCESSINGERROR STRUCT<ERRORMESSAGE STRING, RECORD STRING, "
                "CAUSE ARRAY<STRING>>, PRODUCTIONERROR STRUCT<ERRORMESSAGE STRING>, SERIALIZATIONERROR "
                "STRUCT<TARGET STRING, ERRORMESSAGE STRING, RECORD STRING, CAUSE ARRAY<STRING>, `TOPIC` STRING>, "
                "KAFKASTREAMSTHREADERROR STRUCT<ERRORMESSAGE STRING, THREADNAME STRING, CAUSE ARRAY<STRING>>>) "
                "WITH (KAFKA_TOPIC='%.*s', VALUE_FORMAT='JSON', KEY_FORMAT='KAFKA');",
                STR_FMT(name), STR_FMT(processing_log_topic(e->plog)));
    json_t *out = engine_execute(e, &s, sql, &a, &err);
    if (out)
        json_decref(out);
    else
        *st = err.st;
    session_free(&s);
    arena_free(&a);
    return out != NULL;
}

static bool read_topic_rules(engine *e, const char *setting, topic_rules *r, status *st)
{
    const str *v = e->opt.config ? map_get(e->opt.config, str_of(setting)) : NULL;
    str        list = v ? *v
                        : STR("_confluent.*,__confluent.*,_schemas,__consumer_offsets,__transaction_state,"
                                     "connect-configs,connect-offsets,connect-status,connect-statuses");
    return topic_rules_read(r, &e->a, setting, str_fmt(&e->a, "_confluent-ksql-.*,%.*s", STR_FMT(list)), st);
}

bool engine_load_functions(const char *path, status *st)
{
    return udf_load(path, st);
}

/* ---- the runtime */

static str runtime_setting(void *ctx, const map *properties, const char *name)
{
    engine    *e = ctx;
    str        plain = property_plain_name(str_of(name));
    const str *v = properties ? map_get(properties, plain) : NULL;
    if (v)
        return *v;
    arena a;
    arena_init(&a);
    metastore *m = engine_take(e);
    v = metastore_system(m, plain);
    if (v == NULL && e->opt.config && (v = map_get(e->opt.config, str_fmt(&a, "ksql.streams.%s", name))) == NULL)
        v = map_get(e->opt.config, str_of(name));
    pthread_mutex_lock(&e->meta_lock);
    str kept = v ? str_dup(&e->a, *v) : STR_NONE;
    pthread_mutex_unlock(&e->meta_lock);
    metastore_release(m);
    arena_free(&a);
    return kept;
}

static int64_t config_number(engine *e, const char *name, int64_t otherwise)
{
    int64_t n;
    return num_parse_i64(config_text(e, name, ""), &n) ? n : otherwise;
}

static bool open_runtime(engine *e, status *st)
{
    runtime_options o = {.log = e->opt.log,
                         .clock = e->opt.clock,
                         .io = e->opt.io,
                         .state_dir = e->state_dir,
                         .workers = e->opt.workers,
                         .service_id = config_text(e, "ksql.service.id", "default_"),
                         .plog = e->plog,
                         .backoff_initial_ms = config_number(e, "ksql.query.retry.backoff.initial.ms", 15000),
                         .backoff_max_ms = config_number(e, "ksql.query.retry.backoff.max.ms", 900000),
                         .setting = runtime_setting,
                         .report = e->opt.report,
                         .ctx = e};
    if (e->opt.manual)
        return true;
    e->run = runtime_open(&o, st);
    return e->run != NULL;
}

/* ---- life */

bool engine_start(engine *e, status *st)
{
    bool paused = str_eqz(config_text(e, "weir.queries.start", "running"), "paused");
    return load_catalog(e, st) && load_start_queries(e, paused) && declare_processing_log(e, st);
}

engine *engine_open(const engine_options *o, status *st)
{
    engine *e = MEM_NEW(engine);
    e->opt = *o;
    if (e->opt.clock == NULL)
        e->opt.clock = &timesource_system;
    e->state_dir = o->state_dir ? mem_strdup(o->state_dir) : NULL;
    pthread_mutex_init(&e->lock, NULL);
    pthread_mutex_init(&e->meta_lock, NULL);
    pthread_mutex_init(&e->push_lock, NULL);
    arena_init(&e->a);
    e->meta = metastore_new();
    if (open_processing_log(e, st) && read_topic_rules(e, "ksql.hidden.topics", &e->hidden_topics, st) &&
        read_topic_rules(e, "ksql.readonly.topics", &e->readonly_topics, st) && open_runtime(e, st))
        return e;
    engine_close(e);
    return NULL;
}

bool engine_close(engine *e)
{
    if (e->run && !runtime_close(e->run))
        return false;
    processing_log_close(e->plog);
    metastore_release(e->meta);
    VEC_FREE(&e->pushes);
    arena_free(&e->a);
    pthread_mutex_destroy(&e->push_lock);
    pthread_mutex_destroy(&e->meta_lock);
    pthread_mutex_destroy(&e->lock);
    mem_free(e->state_dir);
    mem_free(e);
    return true;
}
