/* An engine's life: what it opens, what it finds kept, what it leaves. */
#include "engine/engine.h"

#include <stdio.h>

#include "base/mem.h"
#include "engine/run/processing_log.h"
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
    m->version = was->version + 1;
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
    pthread_mutex_lock(&e->hub.lock);
    out->push_queries_active = e->hub.pushes.n;
    pthread_mutex_unlock(&e->hub.lock);
    out->pull_queries = __atomic_load_n(&e->hub.pull_count, __ATOMIC_RELAXED);
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

static bool open_processing_log(engine *e, status *st)
{
    settings_view v = {.server = e->opt.config};
    if (e->opt.manual || !settings_flag(&v, SETTING_LOGGING_PROCESSING_TOPIC_AUTO_CREATE))
        return true;
    str topic = settings_text(&v, SETTING_LOGGING_PROCESSING_TOPIC_NAME);
    if (topic.n == 0)
        topic = str_fmt(&e->a, "%.*sksql_processing_log", STR_FMT(settings_text(&v, SETTING_SERVICE_ID)));
    processing_log_options o = {
        .log = e->opt.log,
        .topic = topic,
        .partitions = (int32_t)settings_number(&v, SETTING_LOGGING_PROCESSING_TOPIC_PARTITIONS),
        .include_rows = settings_flag(&v, SETTING_LOGGING_PROCESSING_ROWS_INCLUDE),
        .clock = e->opt.clock,
    };
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
    settings_view v = {.server = e->opt.config};
    str           name = settings_text(&v, SETTING_LOGGING_PROCESSING_STREAM_NAME);
    if (e->plog == NULL || !settings_flag(&v, SETTING_LOGGING_PROCESSING_STREAM_AUTO_CREATE) || is_declared(e, name))
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
    answers ignored;
    bool    ok = engine_execute(e, &s, sql, &a, &ignored, &err);
    if (!ok)
        *st = err.st;
    session_free(&s);
    arena_free(&a);
    return ok;
}

static bool read_topic_rules(engine *e, setting_id id, topic_rules *r, status *st)
{
    settings_view v = {.server = e->opt.config};
    str           list = str_fmt(&e->a, "_confluent-ksql-.*,%.*s", STR_FMT(settings_text(&v, id)));
    return topic_rules_read(r, &e->a, setting_rows[id].name, list, st);
}

bool engine_load_functions(const char *path, status *st)
{
    return udf_load(path, st);
}

/* ---- the runtime */

static void copy_system_settings(void *ctx, pmap *out)
{
    metastore *m = engine_take(ctx);
    pmap_copy(out, &m->system);
    metastore_release(m);
}

static void runtime_report(void *ctx, const char *line)
{
    engine *e = ctx;
    e->opt.report(e->opt.report_ctx, line);
}

static bool open_runtime(engine *e, status *st)
{
    settings_view   v = {.server = e->opt.config};
    runtime_options o = {.log = e->opt.log,
                         .clock = e->opt.clock,
                         .io = e->opt.io,
                         .state_dir = e->state_dir,
                         .workers = e->opt.workers,
                         .service_id = settings_text(&v, SETTING_SERVICE_ID),
                         .plog = e->plog,
                         .backoff_initial_ms = settings_number(&v, SETTING_QUERY_RETRY_BACKOFF_INITIAL_MS),
                         .backoff_max_ms = settings_number(&v, SETTING_QUERY_RETRY_BACKOFF_MAX_MS),
                         .settings = e->opt.config,
                         .system_settings = copy_system_settings,
                         .report = e->opt.report ? runtime_report : NULL,
                         .ctx = e};
    if (e->opt.manual)
        return true;
    e->run = runtime_open(&o, st);
    return e->run != NULL;
}

/* ---- life */

bool engine_start(engine *e, status *st)
{
    settings_view v = {.server = e->opt.config};
    bool          paused = settings_choice_is(&v, SETTING_QUERIES_START, "paused");
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
    query_hub_init(&e->hub);
    arena_init(&e->a);
    e->meta = metastore_new();
    bool ok = open_processing_log(e, st) && read_topic_rules(e, SETTING_HIDDEN_TOPICS, &e->hidden_topics, st) &&
              read_topic_rules(e, SETTING_READONLY_TOPICS, &e->readonly_topics, st) && open_runtime(e, st);
    if (!ok) {
        engine_close(e);
        return NULL;
    }
    e->hub.log = e->opt.log;
    e->hub.run = e->run;
    e->hub.plog = e->plog;
    e->hub.clock = e->opt.clock;
    return e;
}

bool engine_close(engine *e)
{
    if (e->run && !runtime_close(e->run))
        return false;
    processing_log_close(e->plog);
    metastore_release(e->meta);
    query_hub_free(&e->hub);
    arena_free(&e->a);
    pthread_mutex_destroy(&e->meta_lock);
    pthread_mutex_destroy(&e->lock);
    mem_free(e->state_dir);
    mem_free(e);
    return true;
}
