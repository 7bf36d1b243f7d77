/* SHOW and LIST: streams, tables, queries, topics, types, variables. */
#include "engine/run/runtime.h"
#include "engine/stmt/show.h"

/* ---- streams and tables */

static void put_listed(record r, const source *s)
{
    record_put_z(r, "type", source_kind_upper(s->kind));
    record_put_text(r, "name", s->name);
    record_put_text(r, "topic", s->topic);
    record_put_z(r, "keyFormat", formats[s->key.id].name);
    record_put_z(r, "valueFormat", formats[s->value.id].name);
    record_put_flag(r, "isWindowed", s->window.kind != WINDOW_NONE);
}

bool stmt_show_sources(exec *x)
{
    source_kind kind =
        x->stmt->kind == STMT_SHOW_TABLES || x->stmt->kind == STMT_DESCRIBE_TABLES ? SOURCE_TABLE : SOURCE_STREAM;
    bool          described = x->answer == ANSWER_SOURCE_DESCRIPTIONS;
    answer_draft *d = answer_begin(x, x->answer);
    source      **all = metastore_sources(x->m, x->a);
    for (size_t i = 0; i < x->m->cat.sources.n; i++) {
        if (all[i]->kind != kind)
            continue;
        if (described)
            show_put_source(x, answer_add_row(d), all[i], x->stmt->extended);
        else
            put_listed(answer_add_row(d), all[i]);
    }
    return answer_end(x, d);
}

/* ---- queries */

const char *show_status_name(run_state s)
{
    static const char *const names[] = {"RUNNING", "PAUSED", "RUNNING", "ERROR"};
    return names[s];
}

void show_put_state(record r, const run_info *info)
{
    record_put_z(r, "state", run_state_names[info->state]);
    if (info->state != RUN_ERROR)
        return;
    record_put_z(r, "stateReason", info->reason);
    record_put_int(r, "stateSinceMs", info->since_ms);
}

void show_put_query(exec *x, record r, const query_info *q)
{
    run_info    info = query_state(x->e, q);
    record_list sinks = record_list_of(r, "sinks"), topics = record_list_of(r, "sinkKafkaTopics");
    record_list count = record_list_of(r, "statusCount");
    if (query_info_is_visible(q)) {
        list_add_text(&sinks, q->sink->name);
        list_add_text(&topics, q->sink->topic);
    }
    map_add_int(&count, str_of(show_status_name(info.state)), 1);
    record_put_text(r, "queryString", q->sql);
    record_put_text(r, "id", q->id);
    record_put_z(r, "queryType", "PERSISTENT");
    show_put_state(r, &info);
}

bool stmt_show_queries(exec *x)
{
    if (x->answer == ANSWER_QUERY_DESCRIPTIONS)
        return explain_all(x);
    answer_draft *d = answer_begin(x, x->answer);
    query_info  **q = metastore_queries(x->m, x->a);
    for (size_t i = 0; i < x->m->queries.n; i++)
        if (query_info_is_visible(q[i])) /* clients break on queries without a sink (spec 9.2) */
            show_put_query(x, answer_add_row(d), q[i]);
    return answer_end(x, d);
}

/* ---- topics */

static void put_readers(exec *x, record r, const tlog_topic *t)
{
    int32_t      readers = 0;
    query_info **q = metastore_queries(x->m, x->a);
    for (size_t k = 0; k < x->m->queries.n; k++)
        for (uint32_t s = 0; s < q[k]->read_count; s++)
            readers += str_eq(q[k]->reads[s]->topic, t->name);
    record_put_int(r, "consumerCount", (int64_t)readers * t->partitions);
    record_put_int(r, "consumerGroupCount", readers);
}

bool stmt_show_topics(exec *x)
{
    tlog_topic *t;
    size_t      n;
    if (!tlog_topic_list(x->e->opt.log, x->a, &t, &n, x->st))
        return false;
    answer_draft *d = answer_begin(x, x->answer);
    for (size_t i = 0; i < n; i++) {
        if (!x->stmt->all && (tlog_name_is_internal(t[i].name) || topic_rules_match(&x->e->hidden_topics, t[i].name)))
            continue;
        record      r = answer_add_row(d);
        record_list replicas = record_list_of(r, "replicaInfo");
        for (int32_t p = 0; p < t[i].partitions; p++)
            list_add_int(&replicas, t[i].replication);
        record_put_text(r, "name", t[i].name);
        if (x->answer == ANSWER_TOPICS_EXTENDED)
            put_readers(x, r, &t[i]);
    }
    return answer_end(x, d);
}

/* ---- types and variables */

bool stmt_show_types(exec *x)
{
    answer_draft *d = answer_begin(x, x->answer);
    pmap_entry   *all = pmap_sorted(&x->m->cat.types, x->a);
    for (size_t i = 0; i < x->m->cat.types.n; i++) {
        record r = answer_add_row(d);
        record_put_text(r, "name", all[i].key);
        record_put_type(r, "type", ((user_type *)all[i].value)->type);
    }
    return answer_end(x, d);
}

bool stmt_show_variables(exec *x)
{
    answer_draft *d = answer_begin(x, x->answer);
    str          *names = map_sorted_keys(&x->s->variables, x->a);
    for (size_t i = 0; i < x->s->variables.n; i++) {
        record r = answer_add_row(d);
        record_put_text(r, "name", names[i]);
        record_put_text(r, "value", *(str *)map_get(&x->s->variables, names[i]));
    }
    return answer_end(x, d);
}
