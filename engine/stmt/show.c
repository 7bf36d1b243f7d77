/* SHOW, LIST, DESCRIBE, EXPLAIN: the catalog as JSON entities (spec/rest-api-and-shell.md 2). */
#include "engine/stmt/exec.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/agg/agg.h"
#include "engine/func/table_func.h"
#include "engine/run/runtime.h"

/* ---- fields and schemas */

static json_t *schema_json(const type *t)
{
    json_t *o = json_object();
    json_object_set_new(o, "type", json_string(type_base(t)));
    if (t->kind == T_STRUCT) {
        json_t *fields = json_array();
        for (uint32_t i = 0; i < t->field_count; i++) {
            json_t *f = json_object();
            json_object_set_new(f, "name", json_str(t->fields[i].name));
            json_object_set_new(f, "schema", schema_json(t->fields[i].type));
            json_array_append_new(fields, f);
        }
        json_object_set_new(o, "fields", fields);
    } else {
        json_object_set_new(o, "fields", json_null());
    }
    json_object_set_new(o, "memberSchema", t->kind == T_ARRAY || t->kind == T_MAP ? schema_json(t->elem) : json_null());
    if (t->kind == T_DECIMAL) {
        json_t *p = json_object();
        json_object_set_new(p, "precision", json_integer(t->precision));
        json_object_set_new(p, "scale", json_integer(t->scale));
        json_object_set_new(o, "parameters", p);
    }
    return o;
}

static json_t *field_json(str name, const type *t)
{
    json_t *f = json_object();
    json_object_set_new(f, "name", json_str(name));
    json_object_set_new(f, "schema", schema_json(t));
    return f;
}

static json_t *fields_json(const schema *s)
{
    static const column_ns order[] = {NS_KEY, NS_VALUE, NS_HEADERS};
    json_t                *all = json_array();
    for (int o = 0; o < 3; o++)
        for (uint32_t i = 0; i < s->n; i++) {
            const column *c = &s->cols[i];
            if (c->ns != order[o])
                continue;
            json_t *f = field_json(c->name, c->type);
            if (c->ns == NS_HEADERS && !c->all_headers)
                json_object_set_new(f, "headerKey", json_str(c->header_key));
            if (c->ns != NS_VALUE)
                json_object_set_new(f, "type", json_string(c->ns == NS_KEY ? "KEY" : "HEADER"));
            json_array_append_new(all, f);
        }
    return all;
}

/* ---- queries */

/* The words of KsqlQueryStatus. A query that restores its state counts as running there. */
static const char *const status_names[] = {"RUNNING", "PAUSED", "RUNNING", "ERROR"};

static void put_state(json_t *o, const run_info *info)
{
    json_object_set_new(o, "state", json_string(run_state_names[info->state]));
    if (info->state == RUN_ERROR) {
        json_object_set_new(o, "stateReason", json_string(info->reason));
        json_object_set_new(o, "stateSinceMs", json_integer(info->since_ms));
    }
}

static json_t *query_json(exec *x, const query_info *q)
{
    json_t  *o = json_object(), *sinks = json_array(), *topics = json_array(), *count = json_object();
    run_info info = query_state(x->e, q);
    if (query_info_is_visible(q)) {
        json_array_append_new(sinks, json_str(q->sink->name));
        json_array_append_new(topics, json_str(q->sink->topic));
    }
    json_object_set_new(count, status_names[info.state], json_integer(1));
    json_object_set_new(o, "queryString", json_str(q->sql));
    json_object_set_new(o, "sinks", sinks);
    json_object_set_new(o, "sinkKafkaTopics", topics);
    json_object_set_new(o, "id", json_str(q->id));
    json_object_set_new(o, "statusCount", count);
    json_object_set_new(o, "queryType", json_string("PERSISTENT"));
    put_state(o, &info);
    return o;
}

static query_info **sorted_queries(exec *x, size_t *n)
{
    *n = x->m->queries.n;
    return metastore_queries(x->m, x->a);
}

/* Has the list an entry for the topic? Then its offsets; else they are added, empty. */
static json_t *topic_offsets(json_t *topics, str topic)
{
    size_t  i;
    json_t *t;
    json_array_foreach(topics, i, t) if (str_eqz(topic, json_string_value(json_object_get(
                                                            t, "kafkaTopic")))) return json_object_get(t, "offsets");
    t = json_object();
    json_object_set_new(t, "kafkaTopic", json_str(topic));
    json_object_set_new(t, "offsets", json_array());
    json_array_append_new(topics, t);
    return json_object_get(t, "offsets");
}

/* How far a query has read its topics, an entry each. */
static json_t *offsets_json(exec *x, const query_info *q)
{
    task_offset *list;
    size_t       n = runtime_offsets(x->e->run, q->id, x->a, &list);
    json_t      *o = json_object(), *topics = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *of = json_object();
        json_object_set_new(of, "partition", json_integer(list[i].partition));
        json_object_set_new(of, "logStartOffset", json_integer(list[i].start));
        json_object_set_new(of, "logEndOffset", json_integer(list[i].end));
        json_object_set_new(of, "consumerOffset", json_integer(list[i].committed));
        json_array_append_new(topic_offsets(topics, list[i].topic), of);
    }
    json_object_set_new(o, "groupId",
                        json_str(str_fmt(x->a, "_confluent-ksql-%.*squery_%.*s",
                                         STR_FMT(exec_text(x, SETTING_SERVICE_ID)), STR_FMT(q->id))));
    json_object_set_new(o, "topicSummaries", topics);
    return o;
}

static json_t *description_json(exec *x, const source *s, bool extended)
{
    json_t      *o = json_object(), *read = json_array(), *write = json_array(), *blocks = json_array();
    size_t       n;
    query_info **all = sorted_queries(x, &n);
    for (size_t i = 0; i < n; i++) {
        if (query_info_reads(all[i], s->name)) {
            json_array_append_new(read, query_json(x, all[i]));
            if (all[i]->kind == QUERY_AS)
                json_array_append_new(blocks, json_str(all[i]->sink->name));
        }
        if (query_info_is_visible(all[i]) && str_eq(all[i]->sink->name, s->name))
            json_array_append_new(write, query_json(x, all[i]));
    }
    json_object_set_new(o, "name", json_str(s->name));
    json_object_set_new(o, "windowType", s->window.kind ? json_string(window_kind_name(s->window.kind)) : json_null());
    json_object_set_new(o, "readQueries", read);
    json_object_set_new(o, "writeQueries", write);
    json_object_set_new(o, "fields", fields_json(&s->schema));
    json_object_set_new(o, "type", json_string(source_kind_upper(s->kind)));
    json_object_set_new(o, "timestamp", json_str(s->ts_column));
    json_object_set_new(o, "statistics", json_string(""));
    json_object_set_new(o, "errorStats", json_string(""));
    json_object_set_new(o, "extended", json_boolean(extended));
    json_object_set_new(o, "keyFormat", json_string(formats[s->key.id].name));
    json_object_set_new(o, "valueFormat", json_string(formats[s->value.id].name));
    json_object_set_new(o, "topic", json_str(s->topic));
    int32_t parts = topic_partitions(x, s->topic);
    json_object_set_new(o, "partitions", json_integer(parts));
    json_object_set_new(o, "replication", json_integer(parts ? 1 : 0));
    json_object_set_new(o, "statement", json_str(s->sql));
    json_t *offsets = json_array();
    for (size_t i = 0; extended && i < n; i++)
        if (query_info_is_visible(all[i]) && str_eq(all[i]->sink->name, s->name) && x->e->run)
            json_array_append_new(offsets, offsets_json(x, all[i]));
    json_object_set_new(o, "queryOffsetSummaries", offsets);
    json_object_set_new(o, "sourceConstraints", blocks);
    json_object_set_new(o, "clusterStatistics", json_array());
    json_object_set_new(o, "clusterErrorStats", json_array());
    if (extended)
        source_stats_put(x, s, o);
    return o;
}

/* ---- lists */

static void show_sources(exec *x, source_kind kind)
{
    bool     table = kind == SOURCE_TABLE;
    json_t  *e = entity_new(x, table ? "tables" : "streams"), *list = json_array();
    source **all = metastore_sources(x->m, x->a);
    for (size_t i = 0; i < x->m->cat.sources.n; i++) {
        const source *s = all[i];
        if (s->kind != kind)
            continue;
        json_t *o = json_object();
        json_object_set_new(o, "type", json_string(source_kind_upper(kind)));
        json_object_set_new(o, "name", json_str(s->name));
        json_object_set_new(o, "topic", json_str(s->topic));
        json_object_set_new(o, "keyFormat", json_string(formats[s->key.id].name));
        json_object_set_new(o, "valueFormat", json_string(formats[s->value.id].name));
        json_object_set_new(o, "isWindowed", json_boolean(s->window.kind != WINDOW_NONE));
        json_array_append_new(list, o);
    }
    json_object_set_new(e, table ? "tables" : "streams", list);
    entity_add(x, e);
}

static void describe_all(exec *x, source_kind kind, bool extended)
{
    json_t  *e = entity_new(x, "source_descriptions"), *list = json_array();
    source **all = metastore_sources(x->m, x->a);
    for (size_t i = 0; i < x->m->cat.sources.n; i++) {
        const source *s = all[i];
        if (s->kind == kind)
            json_array_append_new(list, description_json(x, s, extended));
    }
    json_object_set_new(e, "sourceDescriptions", list);
    entity_add(x, e);
}

static bool show_topics(exec *x)
{
    tlog_topic *t;
    size_t      n;
    if (!tlog_topic_list(x->e->opt.log, x->a, &t, &n, x->st))
        return false;
    bool    extended = x->stmt->extended;
    json_t *e = entity_new(x, extended ? "kafka_topics_extended" : "kafka_topics"), *list = json_array();
    for (size_t i = 0; i < n; i++) {
        if (!x->stmt->all && (t[i].internal || topic_rules_match(&x->e->hidden_topics, t[i].name)))
            continue;
        json_t *o = json_object(), *replicas = json_array();
        for (int32_t p = 0; p < t[i].partitions; p++)
            json_array_append_new(replicas, json_integer(1));
        json_object_set_new(o, "name", json_str(t[i].name));
        json_object_set_new(o, "replicaInfo", replicas);
        if (extended) {
            uint32_t     readers = 0;
            size_t       count;
            query_info **q = sorted_queries(x, &count);
            for (size_t k = 0; k < count; k++)
                for (uint32_t s = 0; s < q[k]->read_count; s++)
                    readers += str_eq(q[k]->reads[s]->topic, t[i].name);
            json_object_set_new(o, "consumerCount", json_integer(readers * t[i].partitions));
            json_object_set_new(o, "consumerGroupCount", json_integer(readers));
        }
        json_array_append_new(list, o);
    }
    json_object_set_new(e, "topics", list);
    entity_add(x, e);
    return true;
}

static json_t *query_description(exec *x, const plan *p, str id, str sql, const query_info *q)
{
    json_t *o = json_object(), *fields = json_array(), *sources = json_array(), *sinks = json_array();
    for (uint32_t i = 0; p && i < p->output_count; i++) {
        json_t *f = field_json(p->outputs[i].name, p->outputs[i].type);
        if (p->outputs[i].is_key)
            json_object_set_new(f, "type", json_string("KEY"));
        json_array_append_new(fields, f);
    }
    for (uint32_t i = 0; p && i < p->source_count; i++)
        json_array_append_new(sources, json_str(p->sources[i]->name));
    if (q && query_info_is_visible(q))
        json_array_append_new(sinks, json_str(q->sink->name));
    buf text = BUF_INIT(BUF_MAX);
    if (p)
        plan_explain(p, &text);
    else /* kept, but this program cannot plan it */
        buf_puts(&text, q->fault);
    json_t  *host = json_object(), *errors = json_array(), *tasks = json_array();
    run_info info = {0};
    if (q)
        info = query_state(x->e, q);
    if (q && x->e->run) {
        task_offset *list;
        json_object_set_new(host, x->e->opt.host ? x->e->opt.host : "localhost", json_string(status_names[info.state]));
        for (uint32_t i = 0; i < info.error_count; i++) {
            json_t *er = json_object();
            json_object_set_new(er, "timestamp", json_integer(info.errors[i].ts_ms));
            json_object_set_new(er, "errorMessage", json_string(info.errors[i].msg));
            json_object_set_new(er, "type", json_string("USER"));
            json_array_append_new(errors, er);
        }
        size_t n = runtime_offsets(x->e->run, q->id, x->a, &list);
        for (size_t i = 0; i < n; i++) {
            json_t *t = json_object(), *os = json_array(), *of = json_object(), *tp = json_object();
            json_object_set_new(tp, "topic", json_str(list[i].topic));
            json_object_set_new(tp, "partition", json_integer(list[i].partition));
            json_object_set_new(of, "topicPartitionEntity", tp);
            json_object_set_new(of, "endOffset", json_integer(list[i].end));
            json_object_set_new(of, "committedOffset", json_integer(list[i].committed));
            json_array_append_new(os, of);
            json_object_set_new(t, "taskId", json_str(str_fmt(x->a, "0_%d", list[i].partition)));
            json_object_set_new(t, "topicOffsets", os);
            json_object_set_new(t, "timeCurrentIdlingStarted", json_null());
            json_array_append_new(tasks, t);
        }
    }
    json_object_set_new(o, "id", json_str(id));
    json_object_set_new(o, "statementText", json_str(sql));
    json_object_set_new(o, "windowType",
                        p && p->window.kind ? json_string(window_kind_name(p->window.kind)) : json_null());
    json_object_set_new(o, "fields", fields);
    json_object_set_new(o, "sources", sources);
    json_object_set_new(o, "sinks", sinks);
    json_object_set_new(o, "topology", json_str(buf_str(&text)));
    json_object_set_new(o, "executionPlan", json_str(buf_str(&text)));
    json_t *props = json_object();
    str     key;
    void   *v;
    for (size_t i = 0; q && map_next(&q->properties, &i, &key, &v);)
        json_object_set_new(props, str_z(x->a, key), json_str(*(str *)v));
    json_object_set_new(o, "overriddenProperties", props);
    json_object_set_new(o, "ksqlHostQueryStatus", host);
    json_object_set_new(o, "queryType", json_string(q ? "PERSISTENT" : "PUSH"));
    json_object_set_new(o, "queryErrors", errors);
    json_object_set_new(o, "tasksMetadata", tasks);
    json_object_set_new(o, "consumerGroupId", json_string(""));
    if (q)
        put_state(o, &info);
    else
        json_object_set_new(o, "state", json_null());
    buf_free(&text);
    return o;
}

static void show_queries(exec *x)
{
    size_t       n;
    query_info **q = sorted_queries(x, &n);
    bool         extended = x->stmt->extended;
    json_t      *e = entity_new(x, extended ? "query_descriptions" : "queries"), *list = json_array();
    for (size_t i = 0; i < n; i++) {
        if (!query_info_is_visible(q[i]))
            continue; /* clients break on queries without a sink (spec 9.2) */
        json_array_append_new(list, extended ? query_description(x, q[i]->plan, q[i]->id, q[i]->sql, q[i])
                                             : query_json(x, q[i]));
    }
    json_object_set_new(e, extended ? "queryDescriptions" : "queries", list);
    entity_add(x, e);
}

static void add_function(json_t *list, const char *name, const char *kind, const char *category)
{
    json_t *o = json_object();
    char    upper[64];
    size_t  i = 0;
    for (; name[i] && i + 1 < sizeof upper; i++)
        upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 32) : name[i];
    upper[i] = 0;
    json_object_set_new(o, "name", json_string(upper));
    json_object_set_new(o, "type", json_string(kind));
    json_object_set_new(o, "category", json_string(category ? category : ""));
    json_array_append_new(list, o);
}

static void show_functions(exec *x)
{
    const func_row **rows;
    const agg_row  **aggs;
    json_t          *e = entity_new(x, "function_names"), *list = json_array();
    size_t           n = func_names(x->a, &rows);
    for (size_t i = 0; i < n; i++)
        add_function(list, rows[i]->name, "SCALAR", rows[i]->category);
    n = table_func_names(x->a, &rows);
    for (size_t i = 0; i < n; i++)
        add_function(list, rows[i]->name, "TABLE", "TABLE");
    n = agg_names(x->a, &aggs);
    for (size_t i = 0; i < n; i++)
        add_function(list, aggs[i]->name, "AGGREGATE", "AGGREGATE");
    json_object_set_new(e, "functions", list);
    entity_add(x, e);
}

static void show_types(exec *x)
{
    json_t     *e = entity_new(x, "type_list"), *types = json_object();
    pmap_entry *all = pmap_sorted(&x->m->cat.types, x->a);
    for (size_t i = 0; i < x->m->cat.types.n; i++)
        json_object_set_new(types, str_z(x->a, all[i].key), schema_json(((user_type *)all[i].value)->type));
    json_object_set_new(e, "types", types);
    entity_add(x, e);
}

static void show_variables(exec *x)
{
    json_t *e = entity_new(x, "variables"), *list = json_array();
    str    *names = map_sorted_keys(&x->s->variables, x->a);
    for (size_t i = 0; i < x->s->variables.n; i++) {
        json_t *o = json_object();
        json_object_set_new(o, "name", json_str(names[i]));
        json_object_set_new(o, "value", json_str(*(str *)map_get(&x->s->variables, names[i])));
        json_array_append_new(list, o);
    }
    json_object_set_new(e, "variables", list);
    entity_add(x, e);
}

bool stmt_show(exec *x)
{
    switch (x->stmt->kind) {
    case STMT_SHOW_TOPICS:
        return show_topics(x);
    case STMT_SHOW_STREAMS:
    case STMT_SHOW_TABLES: {
        source_kind k = x->stmt->kind == STMT_SHOW_TABLES ? SOURCE_TABLE : SOURCE_STREAM;
        if (x->stmt->extended)
            describe_all(x, k, true);
        else
            show_sources(x, k);
        return true;
    }
    case STMT_SHOW_QUERIES:
        show_queries(x);
        return true;
    case STMT_SHOW_FUNCTIONS:
        show_functions(x);
        return true;
    case STMT_SHOW_TYPES:
        show_types(x);
        return true;
    default:
        show_variables(x);
        return true;
    }
}

/* ---- DESCRIBE */

static json_t *variant_json(const overload *o, const char *doc, const func_origin *origin)
{
    json_t *v = json_object(), *args = json_array(), *types = json_array();
    buf     b = BUF_INIT(BUF_MAX);
    for (uint32_t i = 0; i < o->param_count; i++) {
        json_t     *a = json_object();
        const char *param_doc = origin ? origin->param_docs[i] : NULL;
        buf_clear(&b);
        ptype_print(&b, o->params[i].type);
        json_object_set_new(a, "name", json_str(o->params[i].name));
        json_object_set_new(a, "type", json_str(buf_str(&b)));
        json_object_set_new(a, "description", json_string(param_doc ? param_doc : ""));
        json_object_set_new(a, "isVariadic", json_boolean(o->params[i].variadic));
        json_array_append_new(args, a);
        json_array_append_new(types, json_str(buf_str(&b)));
    }
    buf_clear(&b);
    ptype_print(&b, o->returns);
    json_object_set_new(v, "arguments", args);
    json_object_set_new(v, "returnType", json_str(buf_str(&b)));
    json_object_set_new(v, "description", json_string(doc ? doc : ""));
    json_object_set_new(v, "argumentTypes", types);
    buf_free(&b);
    return v;
}

/* What DESCRIBE FUNCTION shows of a row of any kind. */
typedef struct row_texts {
    const char        *doc, *variant_doc;
    uint32_t           flags;
    const func_origin *origin;
} row_texts;

static row_texts func_texts(const void *row)
{
    const func_row *r = row;
    return (row_texts){r->doc, r->variant_doc, r->flags, r->origin};
}

static row_texts agg_texts(const void *row)
{
    const agg_row *r = row;
    return (row_texts){r->doc, r->variant_doc, r->flags, r->origin};
}

static const struct {
    const char *name;
    const overload *(*find)(str name, size_t *n);
    row_texts (*texts)(const void *row);
} function_kinds[] = {
    {"SCALAR", func_find, func_texts},
    {"TABLE", table_func_find, func_texts},
    {"AGGREGATE", agg_find, agg_texts},
};

static bool describe_function(exec *x)
{
    size_t          n = 0, kind = 0;
    const overload *o = NULL;
    for (; kind < sizeof function_kinds / sizeof *function_kinds; kind++)
        if ((o = function_kinds[kind].find(x->stmt->name, &n)) != NULL)
            break;
    if (o == NULL)
        return exec_fail(x, "Can't find any functions with the name '%.*s'", STR_FMT(x->stmt->name));
    json_t     *list = json_array();
    const char *doc = "";
    for (size_t i = 0; i < n; i++) {
        row_texts t = function_kinds[kind].texts(o[i].row);
        if (t.doc && !*doc)
            doc = t.doc;
        json_array_append_new(list, variant_json(&o[i], t.variant_doc, t.origin));
    }
    row_texts   first = function_kinds[kind].texts(o[0].row);
    const char *author = first.flags & FN_NO_AUTHOR ? "" : "weir";
    json_t     *e = entity_new(x, "describe_function");
    json_object_set_new(e, "name", json_str(str_upper(x->a, x->stmt->name)));
    json_object_set_new(e, "description", json_string(doc));
    json_object_set_new(e, "author", json_string(first.origin ? first.origin->author : author));
    json_object_set_new(e, "version", json_string(first.origin ? first.origin->version : ""));
    json_object_set_new(e, "path", json_string(first.origin ? first.origin->path : "internal"));
    json_object_set_new(e, "functions", list);
    json_object_set_new(e, "type", json_string(function_kinds[kind].name));
    entity_add(x, e);
    return true;
}

bool stmt_describe(exec *x)
{
    switch (x->stmt->kind) {
    case STMT_DESCRIBE_STREAMS:
        describe_all(x, SOURCE_STREAM, x->stmt->extended);
        return true;
    case STMT_DESCRIBE_TABLES:
        describe_all(x, SOURCE_TABLE, x->stmt->extended);
        return true;
    case STMT_DESCRIBE_FUNCTION:
        return describe_function(x);
    default:
        break;
    }
    const source *s = catalog_find(&x->m->cat, x->stmt->name);
    if (s == NULL) {
        buf hint = BUF_INIT(ST_MSG_MAX);
        catalog_hint(&x->m->cat, x->stmt->name, -1, &hint);
        exec_fail(x, "Could not find STREAM/TABLE '%.*s' in the Metastore%.*s", STR_FMT(x->stmt->name), (int)hint.n,
                  hint.p);
        buf_free(&hint);
        return false;
    }
    json_t *e = entity_new(x, "sourceDescription");
    json_object_set_new(e, "sourceDescription", description_json(x, s, x->stmt->extended));
    entity_add(x, e);
    return true;
}

/* ---- EXPLAIN */

bool stmt_explain(exec *x)
{
    const ast_stmt *inner = x->stmt->inner;
    json_t         *e;
    if (inner == NULL) {
        query_info *q = metastore_query(x->m, x->stmt->name);
        if (q == NULL)
            return exec_fail(x,
                             "Query with id:%.*s does not exist, use SHOW QUERIES to view the full set of "
                             "queries.",
                             STR_FMT(x->stmt->name));
        e = entity_new(x, "queryDescription");
        json_object_set_new(e, "queryDescription", query_description(x, q->plan, q->id, q->sql, q));
        entity_add(x, e);
        return true;
    }
    if (inner->query == NULL)
        return exec_fail(x, "The provided statement does not run a ksql query");
    plan_options po = exec_plan_options(x);
    po.sink_name = inner->name;
    po.transient = inner->kind == STMT_QUERY;
    plan *p = plan_query(inner->query, &po, x->st);
    if (p == NULL)
        return false;
    e = entity_new(x, "queryDescription");
    json_object_set_new(e, "queryDescription", query_description(x, p, STR_NONE, inner->source, NULL));
    entity_add(x, e);
    plan_free(p);
    return true;
}

/* ---- TERMINATE, PAUSE, RESUME */

static bool control_one(exec *x, query_info *q)
{
    const char *verb = x->stmt->kind == STMT_TERMINATE ? "terminate" : x->stmt->kind == STMT_PAUSE ? "pause" : "resume";
    if (!query_info_is_visible(q))
        return exec_fail(x, "Cannot %s query '%.*s' because it is linked to a source table.", verb, STR_FMT(q->id));
    if (x->stmt->kind == STMT_TERMINATE)
        exec_remove_query(x, q->id);
    else
        exec_pause_query(x, q, x->stmt->kind == STMT_PAUSE);
    return true;
}

bool stmt_query_control(exec *x)
{
    const char *kind = x->stmt->kind == STMT_TERMINATE ? "terminate" : x->stmt->kind == STMT_PAUSE ? "pause" : "resume";
    const char *done = x->stmt->kind == STMT_TERMINATE ? "Query terminated."
                       : x->stmt->kind == STMT_PAUSE   ? "Query paused."
                                                       : "Query resumed.";
    if (x->stmt->all) {
        size_t       n;
        query_info **q = sorted_queries(x, &n);
        for (size_t i = 0; i < n; i++)
            if (query_info_is_visible(q[i]) && !control_one(x, q[i]))
                return false;
        entity_status(x, kind, STR("ALL"), "execute", false, str_of(done), STR_NONE);
        return true;
    }
    str         lower = x->stmt->name;
    query_info *q = metastore_query(x->m, lower);
    if (q == NULL) {
        if (x->stmt->kind == STMT_TERMINATE && engine_is_push_query(x->e, lower)) {
            bool    was = x->dry || engine_end_push_query(x->e, lower);
            json_t *e = entity_new(x, "terminate_query");
            json_object_set_new(e, "queryId", json_str(lower));
            json_object_set_new(e, "wasTerminated", json_boolean(was));
            entity_add(x, e);
            return true;
        }
        return exec_fail(x, "Unknown queryId: %.*s", STR_FMT(lower));
    }
    str id = str_dup(x->a, q->id);
    if (!control_one(x, q))
        return false;
    entity_status(x, kind, id, "execute", false, str_of(done), STR_NONE);
    return true;
}
