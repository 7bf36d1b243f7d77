/* Sessions, the two passes over a request's statements, and what all statements share. */
#include "engine/engine.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/run/processing_log.h"
#include "engine/run/runtime.h"
#include "engine/stmt/stmt.h"
#include "engine/udf/udf_load.h"

/* ---- sessions */

void session_init(session *s)
{
    memset(s, 0, sizeof *s);
    arena_init(&s->a);
}

void session_free(session *s)
{
    map_free(&s->properties);
    map_free(&s->variables);
    arena_free(&s->a);
}

static void put_str(session *s, map *m, str name, str val)
{
    str *copy = ARENA_NEW(&s->a, str);
    *copy = str_dup(&s->a, val);
    map_put(m, name, copy);
}

void session_define(session *s, str name, str val)
{
    put_str(s, &s->variables, name, val);
}

void session_set(session *s, str name, str val)
{
    put_str(s, &s->properties, setting_resolve(name).key, val);
}

/* ---- metastore */

static metastore *metastore_new(void)
{
    metastore *m = MEM_NEW(metastore);
    atomic_init(&m->refs, 1);
    catalog_init(&m->cat);
    return m;
}

static metastore *metastore_copy(const metastore *from)
{
    str        key;
    void      *v;
    metastore *to = metastore_new();
    catalog_copy(&to->cat, &from->cat);
    for (size_t i = 0; map_next(&from->queries, &i, &key, &v);)
        map_put(&to->queries, key, query_ref(v));
    return to;
}

metastore *metastore_take(engine *e)
{
    pthread_mutex_lock(&e->meta_lock);
    metastore *m = e->meta;
    atomic_fetch_add(&m->refs, 1);
    pthread_mutex_unlock(&e->meta_lock);
    return m;
}

void metastore_release(metastore *m)
{
    str   key;
    void *v;
    if (atomic_fetch_sub(&m->refs, 1) > 1)
        return;
    for (size_t i = 0; map_next(&m->queries, &i, &key, &v);)
        query_unref(v);
    map_free(&m->queries);
    map_free(&m->topics);
    catalog_free(&m->cat);
    mem_free(m);
}

static void metastore_publish(engine *e, metastore *m)
{
    pthread_mutex_lock(&e->meta_lock);
    metastore *was = e->meta;
    e->meta = m;
    pthread_mutex_unlock(&e->meta_lock);
    metastore_release(was);
}

/* Commands that were accepted once are run again whatever the limit is now. */
static bool within_limit(exec *x)
{
    settings_view v = exec_settings(x);
    int64_t       limit = settings_number(&v, SETTING_QUERY_PERSISTENT_ACTIVE_LIMIT);
    if (x->e->replaying || (int64_t)x->m->queries.n < limit)
        return true;
    return exec_fail(
        x,
        "Not executing statement(s) '%.*s' as it would cause the number of active, persistent queries to "
        "exceed the configured limit. Use the TERMINATE command to terminate existing queries, or increase "
        "the 'ksql.query.persistent.active.limit' setting via the 'ksql-server.properties' file. Current "
        "persistent query count: %zu. Configured limit: %ld.",
        STR_FMT(x->statement_text), x->m->queries.n, limit);
}

bool query_add(exec *x, query_info *q, query_info *replaces)
{
    if (!replaces && !within_limit(x)) {
        query_unref(q);
        return false;
    }
    query_info *was = map_put(&x->m->queries, q->id, q);
    if (!x->dry) {
        bool placed = false;
        for (size_t i = 0; replaces && i < x->e->order.n; i++)
            if (x->e->order.p[i] == replaces) {
                x->e->order.p[i] = q;
                placed = true;
            }
        if (!placed)
            VEC_PUSH(&x->e->order, q);
        if (x->e->run && !runtime_start_query(x->e->run, q, x->st)) {
            VEC_REMOVE(&x->e->order, x->e->order.n - 1);
            map_del(&x->m->queries, q->id);
            query_unref(q);
            return false;
        }
    }
    if (was)
        query_unref(was);
    return true;
}

bool query_stop(exec *x, str id)
{
    query_info *q = map_del(&x->m->queries, id);
    if (q == NULL)
        return true;
    if (!x->dry) {
        for (size_t i = 0; i < x->e->order.n; i++)
            if (x->e->order.p[i] == q) {
                VEC_REMOVE(&x->e->order, i);
                break;
            }
        if (x->e->run)
            runtime_stop_query(x->e->run, q->id, true);
    }
    query_unref(q);
    return true;
}

/* ---- settings and topics */

settings_view engine_settings(const engine *e)
{
    return (settings_view){.system = atomic_load_explicit(&e->system.now, memory_order_acquire),
                           .server = e->opt.config};
}

settings_view exec_settings(const exec *x)
{
    settings_view v = engine_settings(x->e);
    v.session = &x->s->properties;
    return v;
}

str exec_text(const exec *x, setting_id id)
{
    settings_view v = exec_settings(x);
    return settings_text(&v, id);
}

bool exec_flag(const exec *x, setting_id id)
{
    settings_view v = exec_settings(x);
    return settings_flag(&v, id);
}

bool topic_exists(exec *x, str name)
{
    return topic_partitions(x, name) > 0;
}

int32_t topic_partitions(exec *x, str name)
{
    int32_t *planned = map_get(&x->m->topics, name);
    if (planned)
        return *planned;
    tlog_topic t;
    status     st;
    status_init(&st);
    return tlog_topic_get(x->e->opt.log, x->a, name, &t, &st) ? t.partitions : 0;
}

bool topic_create(exec *x, str name, int32_t partitions, int64_t retention_ms, const char *policy)
{
    if (x->dry) {
        int32_t *p = ARENA_NEW(x->a, int32_t);
        *p = partitions;
        map_put(&x->m->topics, name, p);
        return true;
    }
    tlog_config c[2];
    uint32_t    n = 0;
    if (policy && strcmp(policy, "delete") != 0)
        c[n++] = (tlog_config){STR("cleanup.policy"), str_of(policy)};
    if (retention_ms > -2)
        c[n++] = (tlog_config){STR("retention.ms"), str_fmt(x->a, "%ld", retention_ms)};
    tlog_topic t = {.name = name, .partitions = partitions, .replication = 1, .configs = c, .config_count = n};
    return tlog_topic_create(x->e->opt.log, &t, x->st);
}

bool topic_is_readonly(exec *x, str name)
{
    return topic_rules_match(&x->e->readonly_topics, name) ||
           (x->e->plog && str_eq(name, processing_log_topic(x->e->plog)));
}

static int32_t partitions_for_plan(void *ctx, str topic)
{
    return topic_partitions(ctx, topic);
}

plan_options exec_plan_options(exec *x)
{
    return (plan_options){.catalog = &x->m->cat,
                          .settings = exec_settings(x),
                          .text = x->text,
                          .partitions = partitions_for_plan,
                          .ctx = x};
}

int64_t exec_now(exec *x)
{
    return x->e->opt.now_ms ? x->e->opt.now_ms(x->e->opt.clock_ctx) : clock_wall_ms();
}

/* ---- answers */

json_t *json_str(str s)
{
    return json_stringn(s.p ? s.p : "", s.n);
}

json_t *entity_new(exec *x, const char *kind)
{
    json_t *e = json_object();
    json_object_set_new(e, "@type", json_string(kind));
    json_object_set_new(e, "statementText", json_str(x->statement_text));
    return e;
}

void entity_add(exec *x, json_t *e)
{
    json_object_set_new(e, "warnings", x->warning ? json_pack("[{s:s}]", "message", x->warning) : json_array());
    json_array_append_new(x->out, e);
}

void entity_status(exec *x, const char *kind, str name, const char *action, bool quoted, str message, str query_id)
{
    json_t *e = entity_new(x, "currentStatus"), *s = json_object();
    str     id = quoted ? str_fmt(x->a, "%s/`%.*s`/%s", kind, STR_FMT(name), action)
                        : str_fmt(x->a, "%s/%.*s/%s", kind, STR_FMT(name), action);
    json_object_set_new(e, "commandId", json_str(id));
    json_object_set_new(s, "status", json_string("SUCCESS"));
    json_object_set_new(s, "message", json_str(message));
    json_object_set_new(s, "queryId", query_id.n ? json_str(query_id) : json_null());
    json_object_set_new(e, "commandStatus", s);
    json_object_set_new(e, "commandSequenceNumber", json_integer(x->seq));
    entity_add(x, e);
}

str print_text(arena *a, void (*print)(buf *, const ast_stmt *), const ast_stmt *s)
{
    buf b = BUF_INIT(BUF_MAX);
    print(&b, s);
    str t = str_dup(a, buf_str(&b));
    buf_free(&b);
    return t;
}

/* ---- the statements */

enum { KEPT = 1 /* a command: kept, numbered, run again at start-up */ };

/* ASSERT VALUES, ASSERT NULL VALUES, ASSERT STREAM, ASSERT TABLE. */
static bool stmt_of_tests(exec *x)
{
    return exec_fail(x, "ASSERT VALUES, ASSERT NULL VALUES, ASSERT STREAM and ASSERT TABLE are statements of SQL "
                        "tests, which 'weir test FILE' runs without a server. A server knows ASSERT TOPIC and "
                        "ASSERT SCHEMA.");
}

static bool stmt_run_script(exec *x)
{
    return exec_fail(x, "RUN SCRIPT is a command of the SQL shell and of SQL tests: the server reads no files. Send "
                        "it the script's statements instead.");
}

static const struct {
    bool (*run)(exec *x);
    unsigned flags;
} handlers[STMT_RUN_SCRIPT + 1] = {
    [STMT_CREATE_STREAM] = {stmt_create_source, KEPT},
    [STMT_CREATE_TABLE] = {stmt_create_source, KEPT},
    [STMT_CREATE_STREAM_AS] = {stmt_create_as, KEPT},
    [STMT_CREATE_TABLE_AS] = {stmt_create_as, KEPT},
    [STMT_INSERT_SELECT] = {stmt_insert_select, KEPT},
    [STMT_INSERT_VALUES] = {stmt_insert_values, 0},
    [STMT_DROP_STREAM] = {stmt_drop, KEPT},
    [STMT_DROP_TABLE] = {stmt_drop, KEPT},
    [STMT_ALTER_STREAM] = {stmt_alter, KEPT},
    [STMT_ALTER_TABLE] = {stmt_alter, KEPT},
    [STMT_CREATE_TYPE] = {stmt_create_type, KEPT},
    [STMT_DROP_TYPE] = {stmt_drop_type, KEPT},
    [STMT_SET] = {stmt_set, 0},
    [STMT_UNSET] = {stmt_unset, 0},
    [STMT_DEFINE] = {stmt_define, 0},
    [STMT_UNDEFINE] = {stmt_undefine, 0},
    [STMT_ALTER_SYSTEM] = {stmt_alter_system, KEPT},
    [STMT_TERMINATE] = {stmt_query_control, KEPT},
    [STMT_PAUSE] = {stmt_query_control, KEPT},
    [STMT_RESUME] = {stmt_query_control, KEPT},
    [STMT_DESCRIBE] = {stmt_describe, 0},
    [STMT_DESCRIBE_STREAMS] = {stmt_describe, 0},
    [STMT_DESCRIBE_TABLES] = {stmt_describe, 0},
    [STMT_DESCRIBE_FUNCTION] = {stmt_describe, 0},
    [STMT_EXPLAIN] = {stmt_explain, 0},
    [STMT_SHOW_TOPICS] = {stmt_show, 0},
    [STMT_SHOW_STREAMS] = {stmt_show, 0},
    [STMT_SHOW_TABLES] = {stmt_show, 0},
    [STMT_SHOW_QUERIES] = {stmt_show, 0},
    [STMT_SHOW_FUNCTIONS] = {stmt_show, 0},
    [STMT_SHOW_PROPERTIES] = {stmt_show_properties, 0},
    [STMT_SHOW_TYPES] = {stmt_show, 0},
    [STMT_SHOW_VARIABLES] = {stmt_show, 0},
    [STMT_SHOW_CONNECTORS] = {stmt_connector, 0},
    [STMT_SHOW_CONNECTOR_PLUGINS] = {stmt_connector, 0},
    [STMT_DESCRIBE_CONNECTOR] = {stmt_connector, 0},
    [STMT_CREATE_CONNECTOR] = {stmt_connector, 0},
    [STMT_DROP_CONNECTOR] = {stmt_connector, 0},
    [STMT_ASSERT_TOPIC] = {stmt_assert_topic, 0},
    [STMT_ASSERT_SCHEMA] = {stmt_assert_schema, 0},
    [STMT_ASSERT_VALUES] = {stmt_of_tests, 0},
    [STMT_ASSERT_NULL_VALUES] = {stmt_of_tests, 0},
    [STMT_ASSERT_STREAM] = {stmt_of_tests, 0},
    [STMT_ASSERT_TABLE] = {stmt_of_tests, 0},
    [STMT_RUN_SCRIPT] = {stmt_run_script, 0},
};

static bool wrong_endpoint(exec *x)
{
    return status_set(x->st, ST_WRONG_ENDPOINT,
                      "The following statement types should be issued to the websocket endpoint "
                      "'/query':\n\t* PRINT\n\t* SELECT");
}

static bool run_statement(exec *x)
{
    ast_stmt_kind k = x->stmt->kind;
    if (k == STMT_QUERY || k == STMT_PRINT)
        return wrong_endpoint(x);
    return handlers[k].run(x);
}

/* Substitutes variables; the text is parsed again when there were any. */
const ast_stmt *exec_substitute(exec *x, const ast_stmt *s)
{
    if (!s->has_variables || !exec_flag(x, SETTING_VARIABLE_SUBSTITUTION_ENABLE))
        return s;
    str        text;
    ast_stmt **list;
    size_t     n;
    if (!parse_substitute(x->a, s->source, &x->s->variables, &text, x->st))
        return NULL;
    text = str_fmt(x->a, "%.*s;", STR_FMT(text));
    if (!parse_sql(x->a, text, &list, &n, x->st))
        return NULL;
    x->text = text;
    return list[0];
}

static void copy_session(session *to, const session *from)
{
    str   key;
    void *v;
    session_init(to);
    for (size_t i = 0; map_next(&from->properties, &i, &key, &v);)
        put_str(to, &to->properties, key, *(str *)v);
    for (size_t i = 0; map_next(&from->variables, &i, &key, &v);)
        put_str(to, &to->variables, key, *(str *)v);
}

/* A command as it is kept: the session's properties as SET statements, then the statement. */
static str command_text(exec *x)
{
    buf  b = BUF_INIT(BUF_MAX);
    str *names = map_sorted_keys(&x->s->properties, x->a);
    for (size_t i = 0; i < x->s->properties.n; i++) {
        buf_putz(&b, "SET ");
        print_string(&b, names[i]);
        buf_putc(&b, '=');
        print_string(&b, *(str *)map_get(&x->s->properties, names[i]));
        buf_putz(&b, "; ");
    }
    buf_puts(&b, x->statement_text);
    str s = str_dup(x->a, buf_str(&b));
    buf_free(&b);
    return s;
}

/* One statement: dry in the sandbox, or for real. *seq: of the next command. */
static bool run_one(engine *e, session *s, metastore *m, bool dry, const ast_stmt *stmt, str sql, arena *a, json_t *out,
                    int64_t *seq, engine_error *err)
{
    exec x = {.e = e, .s = s, .a = a, .m = m, .dry = dry, .text = sql, .st = &err->st, .out = out, .seq = *seq};
    x.statement_text = str_fmt(a, "%.*s;", STR_FMT(stmt->source));
    x.stmt = exec_substitute(&x, stmt);
    if (x.stmt && x.stmt != stmt)
        x.statement_text = str_fmt(a, "%.*s;", STR_FMT(x.stmt->source));
    bool kept = x.stmt && (handlers[x.stmt->kind].flags & KEPT);
    bool append = kept && !dry && e->opt.commands && !e->replaying;
    if (x.stmt && x.stmt->kind == STMT_INSERT_VALUES)
        err->statement = print_text(a, print_masked, x.stmt);
    else
        err->statement = x.statement_text;
    if (append) {
        if (!e->opt.commands->append(e->opt.commands->ctx, command_text(&x), &x.seq, &err->st))
            return false;
        *seq = x.seq;
    }
    size_t queries = m->queries.n;
    if (x.stmt == NULL || !run_statement(&x)) {
        if (x.shown_text.n)
            err->statement = x.shown_text;
        if (append) {
            status ignored;
            status_init(&ignored);
            e->opt.commands->remove(e->opt.commands->ctx, x.seq, &ignored);
        }
        return false;
    }
    if (e->opt.commands ? kept : m->queries.n > queries)
        ++*seq;
    return true;
}

static bool changes_meta(const ast_stmt *s)
{
    return s->has_variables || handlers[s->kind].flags & KEPT;
}

static bool run_dry(engine *e, const session *s, ast_stmt **list, size_t n, str sql, arena *a, engine_error *err)
{
    session    copy;
    json_t    *out = json_array();
    metastore *m = metastore_copy(e->meta);
    int64_t    seq = e->next_seq;
    bool       ok = true;
    copy_session(&copy, s);
    for (size_t i = 0; i < n && ok; i++)
        ok = run_one(e, &copy, m, true, list[i], sql, a, out, &seq, err);
    metastore_release(m);
    json_decref(out);
    session_free(&copy);
    return ok;
}

/* All statements dry, then each for real, on a copy of the metastore where it can change it. What one has changed
 * holds, also when one behind it fails; others may run while one of ours waits. */
static bool execute(engine *e, session *s, ast_stmt **list, size_t n, str sql, arena *a, json_t *out, engine_error *err)
{
    if (!run_dry(e, s, list, n, sql, a, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool       changes = changes_meta(list[i]);
        metastore *m = changes ? metastore_copy(e->meta) : metastore_take(e);
        int64_t    seq = e->next_seq;
        bool       ok = run_one(e, s, m, false, list[i], sql, a, out, &seq, err);
        if (ok && changes) {
            e->next_seq = seq;
            metastore_publish(e, m);
        } else {
            metastore_release(m);
        }
        if (!ok)
            return false;
    }
    return true;
}

json_t *engine_execute(engine *e, session *s, str sql, arena *a, engine_error *err)
{
    ast_stmt **list;
    size_t     n;
    status_init(&err->st);
    err->statement = sql;
    if (!parse_sql(a, sql, &list, &n, &err->st))
        return NULL;
    json_t *out = json_array();
    pthread_mutex_lock(&e->lock);
    bool ok = execute(e, s, list, n, sql, a, out, err);
    pthread_mutex_unlock(&e->lock);
    if (ok)
        return out;
    json_decref(out);
    return NULL;
}

bool engine_replay_command(engine *e, str text, int64_t seq, status *st)
{
    engine_error err;
    session      s;
    arena        a;
    arena_init(&a);
    session_init(&s);
    e->replaying = true;
    e->next_seq = seq;
    json_t *out = engine_execute(e, &s, text, &a, &err);
    e->replaying = false;
    e->next_seq = seq + 1;
    if (out)
        json_decref(out);
    else
        *st = err.st;
    session_free(&s);
    arena_free(&a);
    return out != NULL;
}

void engine_get_stats(engine *e, engine_stats *out)
{
    str        id;
    void      *v;
    metastore *m = metastore_take(e);
    memset(out, 0, sizeof *out);
    for (size_t i = 0; e->run && map_next(&m->queries, &i, &id, &v);) {
        run_info info;
        if (!runtime_info(e->run, id, &info))
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
    pthread_mutex_lock(&e->push_lock);
    out->push_queries_active = e->pushes.n;
    pthread_mutex_unlock(&e->push_lock);
    out->pull_queries = __atomic_load_n(&e->pull_count, __ATOMIC_RELAXED);
}

/* ---- life */

/* ---- the processing log */

static bool open_processing_log(engine *e, status *st)
{
    settings_view v = engine_settings(e);
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
        .now_ms = e->opt.now_ms ? e->opt.now_ms : clock_wall_ms_of,
        .clock_ctx = e->opt.clock_ctx,
    };
    e->plog = processing_log_open(&o, st);
    return e->plog != NULL;
}

bool engine_declare_processing_log(engine *e, status *st)
{
    settings_view v = engine_settings(e);
    str           name = settings_text(&v, SETTING_LOGGING_PROCESSING_STREAM_NAME);
    if (e->plog == NULL || !settings_flag(&v, SETTING_LOGGING_PROCESSING_STREAM_AUTO_CREATE) ||
        catalog_find(&e->meta->cat, name))
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

static bool read_topic_rules(engine *e, setting_id id, topic_rules *r, status *st)
{
    settings_view v = engine_settings(e);
    str           list = str_fmt(&e->a, "_confluent-ksql-.*,%.*s", STR_FMT(settings_text(&v, id)));
    return topic_rules_read(r, &e->a, setting_rows[id].name, list, st);
}

bool engine_load_functions(const char *path, status *st)
{
    return udf_load(path, st);
}

engine *engine_open(const engine_options *o, status *st)
{
    engine *e = MEM_NEW(engine);
    e->opt = *o;
    e->state_dir = o->state_dir ? mem_strdup(o->state_dir) : NULL;
    e->opt.state_dir = e->state_dir;
    pthread_mutex_init(&e->lock, NULL);
    pthread_mutex_init(&e->meta_lock, NULL);
    pthread_mutex_init(&e->push_lock, NULL);
    arena_init(&e->a);
    settings_system_init(&e->system);
    e->meta = metastore_new();
    if (!open_processing_log(e, st) || !read_topic_rules(e, SETTING_HIDDEN_TOPICS, &e->hidden_topics, st) ||
        !read_topic_rules(e, SETTING_READONLY_TOPICS, &e->readonly_topics, st) ||
        (!o->manual && (e->run = runtime_open(e, st)) == NULL)) {
        engine_close(e);
        return NULL;
    }
    return e;
}

void engine_close(engine *e)
{
    if (e->run)
        runtime_close(e->run);
    processing_log_close(e->plog);
    metastore_release(e->meta);
    VEC_FREE(&e->order);
    VEC_FREE(&e->pushes);
    settings_system_free(&e->system);
    arena_free(&e->a);
    pthread_mutex_destroy(&e->push_lock);
    pthread_mutex_destroy(&e->meta_lock);
    pthread_mutex_destroy(&e->lock);
    mem_free(e->state_dir);
    mem_free(e);
}
