/* DESCRIBE of a stream or table (spec/rest-api-and-shell.md 2.3). */
#include "engine/run/runtime.h"
#include "engine/stmt/show.h"

record show_add_field(record_list *fields, str name, const type *t)
{
    record f = list_add_row(fields);
    record_put_text(f, "name", name);
    record_put_type(f, "schema", t);
    return f;
}

/* Keys first, header columns last. */
static void put_schema(record r, const schema *s)
{
    static const column_ns order[] = {NS_KEY, NS_VALUE, NS_HEADERS};
    record_list            fields = record_list_of(r, "fields");
    for (int o = 0; o < 3; o++)
        for (uint32_t i = 0; i < s->n; i++) {
            const column *c = &s->cols[i];
            if (c->ns != order[o])
                continue;
            record f = show_add_field(&fields, c->name, c->type);
            if (c->ns == NS_HEADERS && !c->all_headers)
                record_put_text(f, "headerKey", c->header_key);
            if (c->ns != NS_VALUE)
                record_put_z(f, "type", c->ns == NS_KEY ? "KEY" : "HEADER");
        }
}

/* ---- offsets */

/* How far a query has read its topics: the partitions of a topic in one entry, topics in the order they are met. */
static void put_offsets(exec *x, record r, const query_info *q)
{
    task_offset *list;
    size_t       n = runtime_offsets(x->e->run, q->id, x->a, &list);
    record_list  topics = record_list_of(r, "topicSummaries");
    bool        *done = ARENA_ARRAY(x->a, bool, n + 1);
    record_put_text(
        r, "groupId",
        str_fmt(x->a, "_confluent-ksql-%.*squery_%.*s", STR_FMT(exec_text(x, SETTING_SERVICE_ID)), STR_FMT(q->id)));
    for (size_t i = 0; i < n; i++) {
        if (done[i])
            continue;
        record      t = list_add_row(&topics);
        record_list offsets = record_list_of(t, "offsets");
        record_put_text(t, "kafkaTopic", list[i].topic);
        for (size_t k = i; k < n; k++) {
            if (!str_eq(list[k].topic, list[i].topic))
                continue;
            record o = list_add_row(&offsets);
            record_put_int(o, "partition", list[k].partition);
            record_put_int(o, "logStartOffset", list[k].start);
            record_put_int(o, "logEndOffset", list[k].end);
            record_put_int(o, "consumerOffset", list[k].committed);
            done[k] = true;
        }
    }
}

/* ---- a source */

static bool writes(const query_info *q, const source *s)
{
    return query_info_is_visible(q) && str_eq(q->sink->name, s->name);
}

static void put_queries(exec *x, record r, const source *s, bool extended)
{
    record_list  read = record_list_of(r, "readQueries"), write = record_list_of(r, "writeQueries");
    record_list  offsets = record_list_of(r, "queryOffsetSummaries"), blocks = record_list_of(r, "sourceConstraints");
    query_info **all = metastore_queries(x->m, x->a);
    for (size_t i = 0; i < x->m->queries.n; i++) {
        if (query_info_reads(all[i], s->name)) {
            show_put_query(x, list_add_row(&read), all[i]);
            if (all[i]->kind == QUERY_AS)
                list_add_text(&blocks, all[i]->sink->name);
        }
        if (!writes(all[i], s))
            continue;
        show_put_query(x, list_add_row(&write), all[i]);
        if (extended && x->e->run)
            put_offsets(x, list_add_row(&offsets), all[i]);
    }
}

void show_put_source(exec *x, record r, const source *s, bool extended)
{
    int32_t parts = topic_partitions(x, s->topic);
    record_put_text(r, "name", s->name);
    if (s->window.kind)
        record_put_z(r, "windowType", window_kind_name(s->window.kind));
    put_queries(x, r, s, extended);
    put_schema(r, &s->schema);
    record_put_z(r, "type", source_kind_upper(s->kind));
    record_put_text(r, "timestamp", s->ts_column);
    record_put_z(r, "statistics", "");
    record_put_z(r, "errorStats", "");
    record_put_flag(r, "extended", extended);
    record_put_z(r, "keyFormat", formats[s->key.id].name);
    record_put_z(r, "valueFormat", formats[s->value.id].name);
    record_put_text(r, "topic", s->topic);
    record_put_int(r, "partitions", parts);
    record_put_int(r, "replication", parts ? topic_replication(x, s->topic) : 0);
    record_put_text(r, "statement", s->sql);
    if (extended)
        show_put_statistics(x, s, r);
}

bool stmt_describe(exec *x)
{
    const source *s = catalog_find(&x->m->cat, x->stmt->name);
    if (s == NULL) {
        buf hint = BUF_INIT(ST_MSG_MAX);
        catalog_hint(&x->m->cat, x->stmt->name, -1, &hint);
        exec_fail(x, "Could not find STREAM/TABLE '%.*s' in the Metastore%.*s", STR_FMT(x->stmt->name), (int)hint.n,
                  hint.p);
        buf_free(&hint);
        return false;
    }
    answer_draft *d = answer_begin(x, x->answer);
    show_put_source(x, answer_add_row(d), s, x->stmt->extended);
    return answer_end(x, d);
}
