/* EXPLAIN, and queries as SHOW QUERIES EXTENDED describes them (spec/rest-api-and-shell.md 2.5). */
#include "engine/run/runtime.h"
#include "engine/stmt/show.h"

/* ---- what runs */

static void put_errors(record r, const run_info *info)
{
    record_list errors = record_list_of(r, "queryErrors");
    for (uint32_t i = 0; i < info->error_count; i++) {
        record e = list_add_row(&errors);
        record_put_int(e, "timestamp", info->errors[i].ts_ms);
        record_put_z(e, "errorMessage", info->errors[i].msg);
        record_put_z(e, "type", "USER");
    }
}

static void put_tasks(exec *x, record r, const query_info *q)
{
    task_offset *list;
    record_list  tasks = record_list_of(r, "tasksMetadata");
    size_t       n = runtime_offsets(x->e->run, q->id, x->a, &list);
    for (size_t i = 0; i < n; i++) {
        record      t = list_add_row(&tasks);
        record_list offsets = record_list_of(t, "topicOffsets");
        record      o = list_add_row(&offsets), tp = record_part(o, "topicPartitionEntity");
        record_put_text(tp, "topic", list[i].topic);
        record_put_int(tp, "partition", list[i].partition);
        record_put_int(o, "endOffset", list[i].end);
        record_put_int(o, "committedOffset", list[i].committed);
        record_put_text(t, "taskId", str_fmt(x->a, "0_%d", list[i].partition));
    }
}

/* Of a query that is kept. */
static void put_run(exec *x, record r, const query_info *q)
{
    run_info    info = query_state(x->e, q);
    record_list props = record_list_of(r, "overriddenProperties"), host = record_list_of(r, "ksqlHostQueryStatus");
    str         key;
    void       *v;
    for (size_t i = 0; map_next(&q->properties, &i, &key, &v);)
        map_add_text(&props, key, *(str *)v);
    show_put_state(r, &info);
    if (x->e->run == NULL)
        return;
    map_add_text(&host, str_of(x->e->opt.host ? x->e->opt.host : "localhost"), str_of(show_status_name(info.state)));
    put_errors(r, &info);
    put_tasks(x, r, q);
}

/* ---- what it does */

static void put_plan(record r, const plan *p)
{
    record_list fields = record_list_of(r, "fields"), sources = record_list_of(r, "sources");
    for (uint32_t i = 0; i < p->output_count; i++) {
        record f = show_add_field(&fields, p->outputs[i].name, p->outputs[i].type);
        if (p->outputs[i].is_key)
            record_put_z(f, "type", "KEY");
    }
    for (uint32_t i = 0; i < p->source_count; i++)
        list_add_text(&sources, p->sources[i]->name);
    if (p->window.kind)
        record_put_z(r, "windowType", window_kind_name(p->window.kind));
}

/* p: NULL: it is kept, but this program cannot plan it. q: NULL: it is only explained. */
static void describe_query(exec *x, record r, const plan *p, str sql, const query_info *q)
{
    record_list sinks = record_list_of(r, "sinks");
    buf         text = BUF_INIT(BUF_MAX);
    if (p) {
        put_plan(r, p);
        plan_explain(p, &text);
    } else {
        buf_puts(&text, q->fault);
    }
    if (q && query_info_is_visible(q))
        list_add_text(&sinks, q->sink->name);
    record_put_text(r, "id", q ? q->id : STR(""));
    record_put_text(r, "statementText", sql);
    record_put_text(r, "topology", buf_str(&text));
    record_put_text(r, "executionPlan", buf_str(&text));
    record_put_z(r, "queryType", q ? "PERSISTENT" : "PUSH");
    record_put_z(r, "consumerGroupId", "");
    if (q)
        put_run(x, r, q);
    buf_free(&text);
}

bool explain_all(exec *x)
{
    answer_draft *d = answer_begin(x, x->answer);
    query_info  **q = metastore_queries(x->m, x->a);
    for (size_t i = 0; i < x->m->queries.n; i++)
        if (query_info_is_visible(q[i]))
            describe_query(x, answer_add_row(d), q[i]->plan, q[i]->sql, q[i]);
    return answer_end(x, d);
}

static bool explain_kept(exec *x)
{
    query_info *q = metastore_query(x->m, x->stmt->name);
    if (q == NULL)
        return exec_fail(x, "Query with id:%.*s does not exist, use SHOW QUERIES to view the full set of queries.",
                         STR_FMT(x->stmt->name));
    answer_draft *d = answer_begin(x, x->answer);
    describe_query(x, answer_add_row(d), q->plan, q->sql, q);
    return answer_end(x, d);
}

bool stmt_explain(exec *x)
{
    const ast_stmt *inner = x->stmt->inner;
    if (inner == NULL)
        return explain_kept(x);
    if (inner->query == NULL)
        return exec_fail(x, "The provided statement does not run a ksql query");
    plan_options po = exec_plan_options(x);
    po.sink_name = inner->name;
    po.transient = inner->kind == STMT_QUERY;
    plan *p = plan_query(inner->query, &po, x->st);
    if (p == NULL)
        return false;
    answer_draft *d = answer_begin(x, x->answer);
    describe_query(x, answer_add_row(d), p, inner->source, NULL);
    plan_free(p);
    return answer_end(x, d);
}
