/* CREATE STREAM/TABLE ... AS SELECT and INSERT INTO ... SELECT (spec/sql-language.md 2.6, 2.7, 7). */
#include "engine/stmt/exec.h"

#include "base/num.h"
#include "engine/expr/expr.h"
#include "engine/plan/upgrade.h"

/* What the deterministic driver gives a topic nobody described (spec/processing-semantics.md 10). */
#define DRIVER_PARTITIONS 4

/* Faults of the planner reach the user of C*AS with this prefix, those of earlier steps do not. */
static bool planner_fault(exec *x)
{
    if (x->st->code != ST_SQL_PREPARE)
        status_prefix(x->st, "Could not determine output schema for query due to error: ");
    return false;
}

/* ---- the sink of C*AS */

static void sink_schema(source *sink, const plan *p)
{
    column *cols = ARENA_ARRAY(&sink->a, column, p->output_count);
    for (uint32_t i = 0; i < p->output_count; i++)
        cols[i] = (column){.name = str_dup(&sink->a, p->outputs[i].name),
                           .type = type_copy(&sink->a, p->outputs[i].type),
                           .ns = p->outputs[i].is_key ? NS_KEY : NS_VALUE};
    sink->schema = (schema){cols, p->output_count};
}

static bool sink_formats(exec *x, source *sink, const plan *p, const with_props *w)
{
    side_format key = p->root->out.key_format, val = p->sources[0]->value;
    uint32_t    keys = schema_count(&sink->schema, NS_KEY);
    str         default_key = exec_text(x, SETTING_PERSISTENCE_DEFAULT_FORMAT_KEY);
    bool        no_key = keys == 0 && side_is_empty(&p->root->out.key_format);
    if (no_key && (w->key_format.given || w->format.given)) {
        str f = w->key_format.given ? w->key_format.s : w->format.s;
        if (w->key_format.given && !str_eq_nocase(f, STR("NONE")))
            return exec_fail(x, "Key format specified for stream without key columns.");
    }
    /* The key format is the left-most source's, not that of an inner step. */
    if (!no_key)
        key = p->sources[0]->key;
    if (!with_formats(w, &key, &val, default_key, STR_NONE, &sink->key, &sink->value, x->st))
        return false;
    if (keys == 0)
        sink->key = no_key ? side_empty()
                           : (side_format){.id = sink->key.id, .schema_id = -1, .delimiter = sink->key.delimiter};
    else if (side_is_empty(&sink->key) && !w->key_format.given && !format_by_name(default_key, &sink->key.id, x->st))
        return false;
    sink->key.full_name = str_dup(&sink->a, sink->key.full_name);
    sink->value.full_name = str_dup(&sink->a, sink->value.full_name);
    str wrap = exec_text(x, SETTING_PERSISTENCE_WRAP_SINGLE_VALUES);
    return with_wrap(w, wrap.n == 0 ? -1 : str_eq_nocase(wrap, STR("true")), schema_count(&sink->schema, NS_VALUE),
                     &sink->value, x->st);
}

/* -2: the topic has no setting of its own. */
static int64_t topic_retention(exec *x, str name)
{
    tlog_topic t;
    int64_t    ms = -2;
    if (topic_get(x, name, &t))
        for (uint32_t i = 0; i < t.config_count; i++)
            if (str_eqz(t.configs[i].name, "retention.ms"))
                num_parse_i64(t.configs[i].value, &ms);
    return ms;
}

static bool sink_topic(exec *x, source *sink, const plan *p, const with_props *w)
{
    if (w->cleanup_policy.given)
        return exec_fail(x, "Invalid config variable in the WITH clause: CLEANUP_POLICY.\nThe "
                            "CLEANUP_POLICY config is automatically inferred based on the type of source "
                            "(STREAM or TABLE).\nUsers can't set the CLEANUP_POLICY config manually.");
    if (w->retention_ms.given && sink->kind == SOURCE_TABLE && !sink->window.kind)
        return exec_fail(x, "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed "
                            "tables do not support retention.");
    str prefix = exec_text(x, SETTING_OUTPUT_TOPIC_NAME_PREFIX);
    sink->topic = w->topic.given ? str_dup(&sink->a, w->topic.s)
                                 : str_fmt(&sink->a, "%.*s%.*s", STR_FMT(prefix), STR_FMT(sink->name));
    int32_t parts = x->e->opt.manual ? DRIVER_PARTITIONS : topic_partitions(x, p->sources[0]->topic);
    if (w->partitions.given)
        parts = (int32_t)w->partitions.n;
    if (x->loading)
        return true;
    if (!topic_exists(x, sink->topic)) {
        exec_create_topic(x, sink->topic, parts > 0 ? parts : 1,
                          w->retention_ms.given ? w->retention_ms.n : topic_retention(x, p->sources[0]->topic),
                          sink->kind == SOURCE_STREAM ? "delete"
                          : sink->window.kind         ? "compact,delete"
                                                      : "compact");
        return true;
    }
    int32_t have = topic_partitions(x, sink->topic);
    if (!x->e->opt.manual && have != parts && (w->partitions.given || parts > 0))
        return exec_fail(x,
                         "A Kafka topic with the name '%.*s' already exists, with different "
                         "partition/replica configuration than required. KSQL expects %d partitions "
                         "(topic has %d), 1 replication factor (topic has 1).",
                         STR_FMT(sink->topic), parts, have);
    return true;
}

static source *make_sink(exec *x, const plan *p, const with_props *w, source_kind kind)
{
    source *sink = source_new();
    sink->kind = kind;
    sink->name = str_dup(&sink->a, x->stmt->name);
    sink->from_query = true;
    sink->window = p->window;
    sink->sql = str_dup(&sink->a, x->statement_text);
    sink_schema(sink, p);
    if (sink_formats(x, sink, p, w) && check_timestamp(x, sink, w) && check_serde(x, &sink->schema, &sink->key, true) &&
        check_serde(x, &sink->schema, &sink->value, false))
        return sink;
    source_unref(sink);
    return NULL;
}

/* The statement as ksqlDB's errors show it when the query itself was in order. */
static void quote_shown(exec *x, const plan *p)
{
    ast_stmt s = *x->stmt;
    buf      b = BUF_INIT(BUF_MAX);
    s.query = (ast_query *)(uintptr_t)p->shown;
    print_stmt(&b, &s);
    x->shown_text = str_dup(x->a, buf_str(&b));
    buf_free(&b);
}

/* ---- CREATE ... AS */

static bool name_taken(exec *x, source_kind kind, const source *was, bool *skip)
{
    const ast_stmt *s = x->stmt;
    *skip = false;
    if (was == NULL || s->or_replace)
        return true;
    if (!s->if_not_exists)
        return exec_fail(x, "Cannot add %s '%.*s': A %s with the same name already exists", source_kind_name(kind),
                         STR_FMT(s->name), source_kind_name(was->kind));
    *skip = true;
    return true;
}

static bool check_result_kind(exec *x, const plan *p, source_kind kind)
{
    bool table = p->result == RESULT_TABLE;
    if (table == (kind == SOURCE_TABLE))
        return true;
    const char *is = table ? "TABLE" : "STREAM";
    return exec_fail(x,
                     "Invalid result type. Your SELECT query produces a %s. Please use CREATE %s AS SELECT "
                     "statement instead.",
                     is, is);
}

/* OR REPLACE takes the place of one query: no other may write there. */
static bool one_writer(exec *x, const source *was)
{
    query_info **all = metastore_queries(x->m, x->a);
    buf          ids = BUF_INIT(ST_MSG_MAX);
    uint32_t     n = 0;
    for (size_t i = 0; i < x->m->queries.n; i++)
        if (query_info_is_visible(all[i]) && str_eq(all[i]->sink->name, was->name))
            buf_printf(&ids, "%s%.*s", n++ ? ", " : "", STR_FMT(all[i]->id));
    if (n > 1)
        exec_fail(x,
                  "REPLACE for sink `%.*s` is not supported because there are multiple queries writing "
                  "into it: [%.*s]",
                  STR_FMT(was->name), (int)ids.n, ids.p);
    buf_free(&ids);
    return n <= 1;
}

/* OR REPLACE of an existing C*AS: one writer, an upgradeable plan, an upgradeable schema. */
static bool check_replace(exec *x, const source *was, const plan *p, const source *sink, query_info **replaces)
{
    *replaces = NULL;
    if (was->read_only)
        return exec_fail(x, "Cannot add %s '%.*s': CREATE OR REPLACE is not supported on source %ss.",
                         source_kind_name(sink->kind), STR_FMT(was->name), source_kind_name(was->kind));
    if (!one_writer(x, was))
        return false;
    if (!check_upgrade(x, was, sink))
        return false;
    if (was->query_id.n)
        *replaces = metastore_query(x->m, was->query_id);
    return *replaces == NULL || (*replaces)->plan == NULL || plan_can_upgrade((*replaces)->plan, p, x->st);
}

bool stmt_create_as(exec *x)
{
    const ast_stmt *s = x->stmt;
    source_kind     kind = s->kind == STMT_CREATE_TABLE_AS ? SOURCE_TABLE : SOURCE_STREAM;
    with_props      w;
    bool            skip;
    if (!with_read(x->a, s->props, s->prop_count, WITH_AS, &w, x->st))
        return false;
    plan_options po = exec_plan_options(x);
    po.sink_name = s->name;
    if (w.timestamp.given && !timestamp_name(x, &w, &po.ts_column))
        return false;
    plan *p = plan_query(s->query, &po, x->st);
    if (p == NULL)
        return planner_fault(x);
    source       *sink = NULL;
    query_info   *replaces = NULL;
    const source *was = catalog_find(&x->m->cat, s->name);
    if (p->has_limit &&
        !exec_fail(x, "CREATE %s AS SELECT statements don't support LIMIT clause.", source_kind_upper(kind)))
        goto failed;
    if (!check_result_kind(x, p, kind)) {
        planner_fault(x);
        goto failed;
    }
    sink = make_sink(x, p, &w, kind);
    if (sink == NULL) {
        planner_fault(x);
        quote_shown(x, p);
        goto failed;
    }
    if (!name_taken(x, kind, was, &skip))
        goto failed;
    if (skip) {
        source_unref(sink);
        plan_free(p);
        return answer_exists(x, kind, was);
    }
    if (!sink_topic(x, sink, p, &w) || (was && !check_replace(x, was, p, sink, &replaces)))
        goto failed;
    str id = replaces ? str_dup(x->a, replaces->id)
                      : str_fmt(x->a, "C%cAS_%.*s_%ld", kind == SOURCE_TABLE ? 'T' : 'S',
                                STR_FMT(str_upper(x->a, s->name)), x->seq);
    sink->query_id = str_dup(&sink->a, id);
    p->sink = source_ref(sink);
    query_info *q = query_of_statement(x, QUERY_AS, p, id, x->statement_text);
    if (replaces)
        q->seq = replaces->seq;
    exec_put_source(x, sink);
    if (!exec_put_query(x, q, replaces))
        return false;
    return answer_command(x, source_kind_name(kind), s->name, "create", true,
                          str_fmt(x->a, "Created query with ID %.*s", STR_FMT(id)), id);
failed:
    source_unref(sink);
    plan_free(p);
    return false;
}

/* ---- INSERT INTO ... SELECT */

static bool check_target(exec *x, source **out)
{
    const ast_stmt *s = x->stmt;
    source         *t = catalog_find(&x->m->cat, s->name);
    uint32_t        line, col;
    *out = t;
    if (t == NULL) {
        parse_line_col(x->text, s->name_pos, &line, &col);
        return status_set(x->st, ST_SQL_PREPARE,
                          "Exception while preparing statement: Line: %u, Col: %u: Source `%.*s` does not "
                          "exist.",
                          line, col, STR_FMT(s->name));
    }
    if (t->kind == SOURCE_TABLE)
        return status_set(x->st, ST_SQL_PREPARE,
                          "Exception while preparing statement: INSERT INTO can only be used to insert into "
                          "a stream. %.*s is a table.",
                          STR_FMT(s->name));
    if (schema_count(&t->schema, NS_HEADERS))
        return status_set(x->st, ST_SQL_PREPARE,
                          "Exception while preparing statement: Cannot insert into %.*s because it has "
                          "header columns",
                          STR_FMT(s->name));
    if (t->read_only)
        return exec_fail(x, "Cannot insert into read-only %s: %.*s", source_kind_name(t->kind), STR_FMT(s->name));
    if (topic_is_readonly(x, t->topic))
        return exec_fail(x, "Cannot insert into read-only topic: %.*s", STR_FMT(t->topic));
    return true;
}

static bool insert_query_id(exec *x, const with_props *w, str *id)
{
    static const char *const reserved[] = {"INSERTQUERY_", "CTAS_", "CSAS_", "CST_"};
    if (!w->query_id.given) {
        *id = str_fmt(x->a, "INSERTQUERY_%ld", x->seq);
        return true;
    }
    *id = str_upper(x->a, w->query_id.s);
    for (int i = 0; i < 4; i++)
        if (str_starts(*id, str_of(reserved[i])))
            return exec_fail(x,
                             "Query IDs must not start with a reserved query ID prefix (INSERTQUERY_, "
                             "CTAS_, CSAS_, CST_). Got '%.*s'.",
                             STR_FMT(*id));
    for (uint32_t i = 0; i < id->n; i++) {
        char c = id->p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return exec_fail(x, "Query IDs may contain only alphanumeric characters and '_'. Got: '%.*s'",
                             STR_FMT(*id));
    }
    if (metastore_query(x->m, *id))
        return exec_fail(x, "Query ID '%.*s' already exists.", STR_FMT(*id));
    return true;
}

bool stmt_insert_select(exec *x)
{
    const ast_stmt *s = x->stmt;
    with_props      w;
    source         *target;
    str             id;
    if (!with_read(x->a, s->props, s->prop_count, WITH_INSERT, &w, x->st) || !check_target(x, &target))
        return false;
    plan_options po = exec_plan_options(x);
    po.sink_name = s->name;
    plan *p = plan_query(s->query, &po, x->st);
    if (p == NULL)
        return false;
    bool ok = true;
    if (p->result != RESULT_STREAM)
        ok = exec_fail(x,
                       "Incompatible data sink and query result. Data sink (%.*s) type is KSTREAM but "
                       "select query result is KTABLE.",
                       STR_FMT(s->name));
    ok = ok && query_match_target(p, target, x->st) && insert_query_id(x, &w, &id);
    if (!ok) {
        plan_free(p);
        return false;
    }
    p->sink = source_ref(target);
    if (!exec_put_query(x, query_of_statement(x, QUERY_INSERT, p, id, x->statement_text), NULL))
        return false;
    return answer_command(x, "stream", s->name, "create", true,
                          str_fmt(x->a, "Created query with ID %.*s", STR_FMT(id)), id);
}
