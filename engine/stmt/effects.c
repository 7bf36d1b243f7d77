/* What statements change: gathered while the handler runs, carried out together when it has succeeded. */
#include "base/mem.h"
#include "engine/stmt/catalog_rows.h"
#include "engine/stmt/exec.h"

/* ---- gathering */

void exec_put_source(exec *x, source *s)
{
    catalog_put(&x->m->cat, s);
    if (x->fx)
        AVEC_PUSH(x->a, &x->fx->sources, s);
}

void exec_remove_source(exec *x, str name)
{
    if (x->fx)
        AVEC_PUSH(x->a, &x->fx->rows, row_gone("source", str_dup(x->a, name)));
    catalog_remove(&x->m->cat, name);
}

void exec_put_type(exec *x, str name, const type *t)
{
    catalog_type_put(&x->m->cat, name, t);
    if (x->fx)
        AVEC_PUSH(x->a, &x->fx->rows, row_of_type(x->a, name, t));
}

bool exec_remove_type(exec *x, str name)
{
    if (x->fx)
        AVEC_PUSH(x->a, &x->fx->rows, row_gone("type", name));
    return catalog_type_remove(&x->m->cat, name);
}

/* Queries that were accepted once are kept whatever the limit is now. */
static bool within_limit(exec *x)
{
    settings_view v = exec_settings(x);
    int64_t       limit = settings_number(&v, SETTING_QUERY_PERSISTENT_ACTIVE_LIMIT);
    if (x->loading || (int64_t)x->m->queries.n < limit)
        return true;
    return exec_fail(
        x,
        "Not executing statement(s) '%.*s' as it would cause the number of active, persistent queries to "
        "exceed the configured limit. Use the TERMINATE command to terminate existing queries, or increase "
        "the 'ksql.query.persistent.active.limit' setting via the 'ksql-server.properties' file. Current "
        "persistent query count: %zu. Configured limit: %ld.",
        STR_FMT(x->statement_text), x->m->queries.n, limit);
}

bool exec_put_query(exec *x, query_info *q, const query_info *replaces)
{
    if (!replaces && !within_limit(x)) {
        query_info_unref(q);
        return false;
    }
    pmap_put(&x->m->queries, q->id, q);
    if (x->fx)
        AVEC_PUSH(x->a, &x->fx->started, q);
    x->awaited = str_dup(x->a, q->id);
    return true;
}

void exec_remove_query(exec *x, str id)
{
    id = str_dup(x->a, id);
    if (!pmap_del(&x->m->queries, id) || x->fx == NULL)
        return;
    AVEC_PUSH(x->a, &x->fx->rows, row_gone("query", id));
    AVEC_PUSH(x->a, &x->fx->rows, row_of_leaving(x->a, id));
    AVEC_PUSH(x->a, &x->fx->stopped, id);
}

void exec_pause_query(exec *x, query_info *q, bool paused)
{
    query_info *now = query_info_paused(q, paused);
    pmap_put(&x->m->queries, now->id, now);
    if (x->fx == NULL)
        return;
    AVEC_PUSH(x->a, &x->fx->rows, row_of_query(x->a, now));
    AVEC_PUSH(x->a, &x->fx->changed, now);
}

void exec_put_system(exec *x, str key, str text)
{
    settings_system_put(&x->m->system, key, text);
    if (x->fx == NULL)
        return;
    AVEC_PUSH(x->a, &x->fx->rows, row_of_system(x->a, key, text));
    x->fx->settings = true;
}

void exec_create_topic(exec *x, str name, int32_t partitions, int64_t retention_ms, const char *policy)
{
    int32_t *p = ARENA_NEW(x->a, int32_t);
    *p = partitions;
    map_put(&x->m->topics, name, p);
    if (x->fx == NULL)
        return;
    tlog_config *c = ARENA_ARRAY(x->a, tlog_config, 2);
    uint32_t     n = 0;
    if (policy && strcmp(policy, "delete") != 0)
        c[n++] = (tlog_config){STR("cleanup.policy"), str_of(policy)};
    if (retention_ms > -2)
        c[n++] = (tlog_config){STR("retention.ms"), str_fmt(x->a, "%ld", retention_ms)};
    tlog_topic t = {
        .name = str_dup(x->a, name), .partitions = partitions, .replication = -1, .configs = c, .config_count = n};
    AVEC_PUSH(x->a, &x->fx->topics, t);
}

void exec_delete_topic(exec *x, str name)
{
    if (x->fx)
        AVEC_PUSH(x->a, &x->fx->deleted_topics, str_dup(x->a, name));
}

/* ---- topics as they will be */

bool topic_exists(exec *x, str name)
{
    return topic_partitions(x, name) > 0;
}

int32_t topic_partitions(exec *x, str name)
{
    int32_t   *planned = map_get(&x->m->topics, name);
    tlog_topic t;
    if (planned)
        return *planned;
    return topic_get(x, name, &t) ? t.partitions : 0;
}

int16_t topic_replication(exec *x, str name)
{
    tlog_topic t;
    return topic_get(x, name, &t) ? t.replication : 1;
}

bool topic_get(exec *x, str name, tlog_topic *out)
{
    status st;
    status_init(&st);
    bool there = tlog_topic_get(x->e->opt.log, x->a, name, out, &st);
    if (!there && st.code != ST_NOT_FOUND)
        x->lookup = st;
    return there;
}

/* ---- carrying out */

static bool make_topics(exec *x, size_t *made)
{
    tlog *log = x->e->opt.log;
    for (*made = 0; *made < x->fx->topics.n; ++*made)
        if (!tlog_topic_create(log, &x->fx->topics.p[*made], x->st))
            return false;
    return true;
}

/* The topic as it is now belongs to what is known of a source from here on. */
static bool note_topic(exec *x, source *s)
{
    tlog_topic t;
    if (s->topic.n == 0 || !topic_get(x, s->topic, &t))
        return exec_settle(x, true);
    memcpy(s->topic_id, t.id, sizeof s->topic_id);
    s->partitions = t.partitions;
    return true;
}

static bool prepare_queries(exec *x, size_t *prepared)
{
    for (*prepared = 0; x->e->run && *prepared < x->fx->started.n; ++*prepared)
        if (!runtime_prepare(x->e->run, x->fx->started.p[*prepared], x->st))
            return false;
    return true;
}

static bool keep_rows(exec *x)
{
    kept_store *k = x->e->opt.kept;
    VEC(kept_row) rows = {0};
    if (k == NULL)
        return true;
    for (size_t i = 0; i < x->fx->rows.n; i++)
        AVEC_PUSH(x->a, &rows, x->fx->rows.p[i]);
    for (size_t i = 0; i < x->fx->sources.n; i++)
        AVEC_PUSH(x->a, &rows, row_of_source(x->a, x->fx->sources.p[i]));
    for (size_t i = 0; i < x->fx->started.n; i++) {
        AVEC_PUSH(x->a, &rows, row_of_query(x->a, x->fx->started.p[i]));
        AVEC_PUSH(x->a, &rows, row_gone("leaving", x->fx->started.p[i]->id)); /* of an earlier one of that id */
    }
    AVEC_PUSH(x->a, &rows, row_of_seq(x->a, x->m->next_seq));
    return k->apply(k, rows.p, rows.n, x->st);
}

/* Takes back what a statement that failed has made. The status that tells why stays. */
static void take_back(exec *x, const metastore *before, size_t topics, size_t prepared)
{
    status ignored;
    status_init(&ignored);
    for (size_t i = 0; i < prepared; i++)
        if (metastore_query(before, x->fx->started.p[i]->id) == NULL)
            runtime_forget(x->e->run, x->fx->started.p[i]->id, &ignored);
    for (size_t i = 0; i < topics; i++)
        tlog_topic_delete(x->e->opt.log, x->fx->topics.p[i].name, &ignored);
}

/* By name, and before anybody can make another of that name: changes of the catalog come one at a time. One that cannot
 * be deleted is told with the answer: the source is gone. */
static void delete_topics(exec *x)
{
    for (size_t i = 0; i < x->fx->deleted_topics.n; i++) {
        status st;
        str    name = x->fx->deleted_topics.p[i];
        status_init(&st);
        if (!tlog_topic_delete(x->e->opt.log, name, &st) && st.code != ST_NOT_FOUND)
            answer_warn_last(x, str_fmt(x->a, "Topic %.*s could not be deleted: %s", STR_FMT(name), st.msg));
    }
}

static void tell_runtime(exec *x)
{
    runtime *r = x->e->run;
    for (size_t i = 0; r && i < x->fx->stopped.n; i++)
        runtime_unwant(r, x->fx->stopped.p[i]);
    delete_topics(x);
    if (r == NULL)
        return;
    for (size_t i = 0; i < x->fx->started.n; i++)
        runtime_want(r, x->fx->started.p[i], false);
    for (size_t i = 0; i < x->fx->changed.n; i++)
        runtime_want(r, x->fx->changed.p[i], false);
    if (x->fx->settings)
        runtime_settings_changed(r);
}

bool effects_apply(exec *x)
{
    size_t topics = 0, prepared = 0;
    bool   ok = make_topics(x, &topics);
    for (size_t i = 0; ok && i < x->fx->sources.n; i++)
        ok = note_topic(x, x->fx->sources.p[i]);
    ok = ok && prepare_queries(x, &prepared) && keep_rows(x);
    if (!ok) {
        take_back(x, x->e->meta, topics, prepared + (prepared < x->fx->started.n && x->e->run != NULL));
        return false;
    }
    map_free(&x->m->topics);
    engine_publish(x->e, metastore_ref(x->m));
    tell_runtime(x);
    return true;
}
