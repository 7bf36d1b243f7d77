/* CREATE STREAM and CREATE TABLE over a topic, DROP, ALTER, user types (spec/sql-language.md 2.4,
 * 2.12, 4.1). */
#include "engine/stmt/exec.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/map.h"
#include "engine/expr/expr.h"

/* ---- columns */

static bool column_word(exec *x, const ast_column *c, bool table)
{
    bool wrong = table ? c->kind == COL_KEY : c->kind == COL_PRIMARY_KEY;
    if (!wrong)
        return true;
    uint32_t line, col;
    parse_line_col(x->text, c->pos, &line, &col);
    return status_set(x->st, ST_SQL_PREPARE,
                      "Failed to prepare statement: Line: %u, Col: %u: Column `%.*s` is a '%s' column: "
                      "please use '%s' for %s.\nTables have PRIMARY KEYs, which are unique and NON "
                      "NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints.",
                      line, col, STR_FMT(c->name), table ? "KEY" : "PRIMARY KEY", table ? "PRIMARY KEY" : "KEY",
                      table ? "tables" : "streams");
}

static const type *headers_type(arena *a)
{
    type_field f[2] = {{STR("KEY"), &type_string}, {STR("VALUE"), &type_bytes}};
    return type_array(a, type_struct(a, f, 2));
}

static bool check_header_column(exec *x, const column *c)
{
    if (c->all_headers && !type_equal(c->type, headers_type(x->a)))
        return exec_fail(x, "Invalid type for HEADERS column: expected %.*s, got %.*s",
                         STR_FMT(type_text(x->a, headers_type(x->a))), STR_FMT(type_text(x->a, c->type)));
    if (!c->all_headers && c->type->kind != T_BYTES)
        return exec_fail(x, "Invalid type for HEADER('%.*s') column: expected BYTES, got %.*s", STR_FMT(c->header_key),
                         STR_FMT(type_text(x->a, c->type)));
    return true;
}

static bool check_duplicate_columns(exec *x, const ast_stmt *s)
{
    buf b = BUF_INIT(ST_MSG_MAX);
    map seen = {0};
    for (uint32_t i = 0; i < s->column_count; i++)
        if (map_put(&seen, s->columns[i].name, &s->columns[i]))
            buf_printf(&b, "%s`%.*s`", b.n ? ", " : "", STR_FMT(s->columns[i].name));
    map_free(&seen);
    bool ok = b.n == 0;
    if (!ok)
        status_set(x->st, ST_SQL_PREPARE, "Failed to prepare statement: Duplicate column names: %.*s", (int)b.n, b.p);
    buf_free(&b);
    return ok;
}

bool stmt_read_columns(exec *x, source *src, bool table)
{
    const ast_stmt *s = x->stmt;
    column         *cols = ARENA_ARRAY(&src->a, column, s->column_count + 1);
    for (uint32_t i = 0; i < s->column_count; i++)
        if (!column_word(x, &s->columns[i], table))
            return false;
    if (!check_duplicate_columns(x, s))
        return false;
    for (uint32_t i = 0; i < s->column_count; i++) {
        const ast_column *c = &s->columns[i];
        const type       *t = type_resolve(x->a, c->type, catalog_type, &x->m->cat, x->st);
        if (t == NULL)
            return false;
        cols[i].name = str_dup(&src->a, c->name);
        cols[i].type = type_copy(&src->a, t);
        cols[i].ns = c->kind == COL_VALUE                               ? NS_VALUE
                     : c->kind == COL_KEY || c->kind == COL_PRIMARY_KEY ? NS_KEY
                                                                        : NS_HEADERS;
        cols[i].all_headers = c->kind == COL_HEADERS;
        cols[i].header_key = str_dup(&src->a, c->header_key);
        if (cols[i].ns != NS_HEADERS)
            continue;
        if (!cols[i].all_headers && cols[i].header_key.n == 0)
            return status_set(x->st, ST_SQL_PREPARE,
                              "Failed to prepare statement: Header column must have a non-empty header key name "
                              "defined");
        if (!check_header_column(x, &cols[i]))
            return false;
        for (uint32_t k = 0; k < i; k++) {
            if (cols[k].ns == NS_HEADERS && cols[k].all_headers)
                return exec_fail(x, "Schema already contains a HEADERS column.");
            if (cols[k].ns == NS_HEADERS && !cols[i].all_headers && str_eq(cols[k].header_key, cols[i].header_key))
                return exec_fail(x, "Schema already contains a HEADER('%.*s') column.", STR_FMT(cols[i].header_key));
        }
    }
    src->schema = (schema){cols, s->column_count};
    return true;
}

static bool check_columns(exec *x, const source *src)
{
    if (src->schema.n == 0)
        return exec_fail(x, "The statement does not define any columns.");
    for (uint32_t i = 0; i < src->schema.n; i++)
        if (column_is_system(src->schema.cols[i].name))
            return exec_fail(x,
                             "'%.*s' is a reserved column name. You cannot use it as a name for a "
                             "column.",
                             STR_FMT(src->schema.cols[i].name));
    if (schema_count(&src->schema, NS_HEADERS) && !exec_flag(x, SETTING_HEADERS_COLUMNS_ENABLED))
        return exec_fail(x, "Cannot create %s because schema with headers columns is disabled.",
                         src->kind == SOURCE_STREAM ? "Stream" : "Table");
    return true;
}

/* ---- the timestamp column */

bool timestamp_name(exec *x, const with_props *w, str *out)
{
    ast_expr *e;
    status    ignored;
    status_init(&ignored);
    if (!parse_expression(x->a, w->timestamp.s, &e, &ignored) || e->kind != EX_COLUMN)
        return status_set(x->st, ST_SQL_PREPARE,
                          "Failed to prepare statement: Cannot parse text that is not column reference: "
                          "%.*s",
                          STR_FMT(w->timestamp.s));
    *out = e->text;
    return true;
}

bool check_timestamp(exec *x, source *src, const with_props *w)
{
    if (!w->timestamp.given) {
        if (w->timestamp_format.given)
            return exec_fail(x, "'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the "
                                "timestamp column is of type STRING.");
        return true;
    }
    str name;
    if (!timestamp_name(x, w, &name))
        return false;
    const column *c = schema_find(&src->schema, name);
    if (c == NULL || c->ns == NS_HEADERS)
        return exec_fail(x,
                         "The TIMESTAMP column set in the WITH clause does not exist in the schema: "
                         "'%.*s'",
                         STR_FMT(name));
    if (c->type->kind == T_STRING && !w->timestamp_format.given)
        return exec_fail(x, "A String timestamp field has been specified without also specifying the "
                            "timestamp_format");
    if (c->type->kind != T_STRING && w->timestamp_format.given)
        return exec_fail(x, "'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the "
                            "timestamp column is of type STRING.");
    if (c->type->kind != T_STRING && c->type->kind != T_BIGINT && c->type->kind != T_TIMESTAMP)
        return exec_fail(x,
                         "Timestamp column, `%.*s`, should be LONG(INT64), TIMESTAMP, or a String with "
                         "a timestamp_format specified.",
                         STR_FMT(name));
    src->ts_column = str_dup(&src->a, name);
    src->ts_format = w->timestamp_format.given ? str_dup(&src->a, w->timestamp_format.s) : STR_NONE;
    return true;
}

/* ---- formats */

static bool refuse_map_keys(exec *x, const schema *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (s->cols[i].ns == NS_KEY && type_contains(s->cols[i].type, T_MAP))
            return exec_fail(x,
                             "Map keys, including types that contain maps, are not supported as they may "
                             "lead to unexpected behavior due to inconsistent serialization. Key column "
                             "name: `%.*s`. Column type: %.*s. See "
                             "https://github.com/confluentinc/ksql/issues/6621 for more.",
                             STR_FMT(s->cols[i].name), STR_FMT(type_text(x->a, s->cols[i].type)));
    return true;
}

bool check_serde(exec *x, const schema *s, const side_format *f, bool is_key)
{
    serde_column *cols = ARENA_ARRAY(x->a, serde_column, s->n + 1);
    uint32_t      n = 0;
    buf           printed = BUF_INIT(ST_MSG_MAX);
    if (is_key && !refuse_map_keys(x, s))
        return false;
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->cols[i].ns != (is_key ? NS_KEY : NS_VALUE))
            continue;
        if (n)
            buf_putz(&printed, ", ");
        column_print(&printed, &s->cols[i]);
        cols[n++] = (serde_column){s->cols[i].name, s->cols[i].type, true};
    }
    serde_spec spec = side_spec(f, is_key, STR_NONE, cols, n);
    bool       ok = format_check(&spec, x->st);
    if (!ok) {
        char reason[ST_MSG_MAX];
        snprintf(reason, sizeof reason, "%s", x->st->msg);
        exec_fail(x,
                  "%s format does not support schema.\nformat: %s\nschema: Persistence{columns=[%.*s], "
                  "features=[%s]}\nreason: %.2000s",
                  is_key ? "Key" : "Value", formats[f->id].name, (int)printed.n, printed.p,
                  side_feature_text(f, is_key, n), reason);
    }
    buf_free(&printed);
    return ok && format_is_there(f->id, x->st);
}

/* ---- upgrades */

static void add_problem(buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add_problem(buf *b, const char *fmt, ...)
{
    char    msg[ST_MSG_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    if (b->n)
        buf_putz(b, "\n\tAND ");
    buf_putz(b, msg);
}

static str schema_text(arena *a, const schema *s)
{
    buf b = BUF_INIT(BUF_MAX);
    schema_print(&b, s);
    str t = str_dup(a, buf_str(&b));
    buf_free(&b);
    return t;
}

/* Columns of one namespace that are not where they were; n = 0 when all are. */
static str changed_columns(arena *a, const schema *was, const schema *now, column_ns ns, bool exact)
{
    buf      b = BUF_INIT(BUF_MAX);
    uint32_t n = schema_count(was, ns);
    for (uint32_t i = 0; i < n; i++) {
        const column *x = schema_at(was, ns, i), *y = schema_at(now, ns, i);
        if (y && str_eq(x->name, y->name) && type_equal(x->type, y->type))
            continue;
        buf_printf(&b, "%s", b.n ? ", " : "");
        column_print(&b, x);
    }
    if (exact && schema_count(now, ns) > n)
        for (uint32_t i = n; i < schema_count(now, ns); i++) {
            buf_printf(&b, "%s", b.n ? ", " : "");
            column_print(&b, schema_at(now, ns, i));
        }
    str s = str_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

bool check_upgrade(exec *x, const source *was, const source *now)
{
    buf b = BUF_INIT(ST_MSG_MAX);
    str n = was->name;
#define HEAD "DataSource '`%.*s`' has "
    if (was->kind != now->kind)
        add_problem(&b, HEAD "type = K%s which is not upgradeable to K%s", STR_FMT(n), source_kind_upper(was->kind),
                    source_kind_upper(now->kind));
    if (!str_eq(was->topic, now->topic))
        add_problem(&b,
                    HEAD "topic = KsqlTopic{kafkaTopicName='%.*s'} which is not upgradeable to "
                         "KsqlTopic{kafkaTopicName='%.*s'}",
                    STR_FMT(n), STR_FMT(was->topic), STR_FMT(now->topic));
    else if (was->key.id != now->key.id || was->value.id != now->value.id)
        add_problem(&b,
                    HEAD "topic = KsqlTopic{kafkaTopicName='%.*s', keyFormat=%s, valueFormat=%s} which is "
                         "not upgradeable to KsqlTopic{kafkaTopicName='%.*s', keyFormat=%s, "
                         "valueFormat=%s}",
                    STR_FMT(n), STR_FMT(was->topic), formats[was->key.id].name, formats[was->value.id].name,
                    STR_FMT(now->topic), formats[now->key.id].name, formats[now->value.id].name);
    if (!str_eq(was->ts_column, now->ts_column))
        add_problem(&b, HEAD "timestampColumn = %.*s which is not upgradeable to %.*s", STR_FMT(n),
                    STR_FMT(was->ts_column), STR_FMT(now->ts_column));
    str keys = changed_columns(x->a, &was->schema, &now->schema, NS_KEY, true);
    str vals = changed_columns(x->a, &was->schema, &now->schema, NS_VALUE, false);
    str bad = keys.n ? keys : vals;
    if (bad.n)
        add_problem(&b, HEAD "schema = %.*s which is not upgradeable to %.*s. (%s[%.*s])", STR_FMT(n),
                    STR_FMT(schema_text(x->a, &was->schema)), STR_FMT(schema_text(x->a, &now->schema)),
                    keys.n ? "Key columns must be identical. The following key columns are changed, "
                             "missing or reordered: "
                           : "The following columns are changed, missing or reordered: ",
                    STR_FMT(bad));
#undef HEAD
    bool ok = b.n == 0;
    if (!ok)
        exec_fail(x, "Cannot upgrade data source: %.*s", (int)b.n, b.p);
    buf_free(&b);
    return ok;
}

/* ---- CREATE */

static bool source_topic(exec *x, const source *src, const with_props *w)
{
    if (w->cleanup_policy.given)
        return exec_fail(x, "Invalid config variable in the WITH clause: CLEANUP_POLICY.\nThe "
                            "CLEANUP_POLICY config is automatically inferred based on the type of source "
                            "(STREAM or TABLE).\nUsers can't set the CLEANUP_POLICY config manually.");
    if (w->retention_ms.given && src->kind == SOURCE_TABLE && !w->window_type.given)
        return exec_fail(x, "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed "
                            "tables do not support retention.");
    if (x->loading)
        return true;
    if (!topic_exists(x, src->topic)) {
        if (x->e->opt.manual)
            return exec_fail(x, "Kafka topic does not exist: %.*s", STR_FMT(src->topic));
        if (!w->partitions.given)
            return exec_fail(x,
                             "Topic '%.*s' does not exist. If you want to create a new topic for the "
                             "stream/table please re-run the statement providing the required "
                             "'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). "
                             "For example: %.*s",
                             STR_FMT(src->topic), STR_FMT(print_text(x->a, print_stmt, x->stmt)));
        exec_create_topic(x, src->topic, (int32_t)w->partitions.n, w->retention_ms.given ? w->retention_ms.n : -2,
                          src->kind == SOURCE_TABLE ? "compact" : "delete");
        return true;
    }
    int32_t have = topic_partitions(x, src->topic);
    if (w->partitions.given && !x->e->opt.manual && have != w->partitions.n)
        return exec_fail(x,
                         "A Kafka topic with the name '%.*s' already exists, with different "
                         "partition/replica configuration than required. KSQL expects %ld partitions "
                         "(topic has %d), %ld replication factor (topic has 1).",
                         STR_FMT(src->topic), w->partitions.n, have, w->replicas.given ? w->replicas.n : 1);
    return true;
}

static bool taken(exec *x, const source *src, const source *was, bool *skip)
{
    const ast_stmt *s = x->stmt;
    *skip = false;
    if (was == NULL || s->or_replace)
        return true;
    if (!s->if_not_exists)
        return exec_fail(x, "Cannot add %s '%.*s': A %s with the same name already exists", source_kind_name(src->kind),
                         STR_FMT(src->name), source_kind_name(was->kind));
    *skip = true;
    return true;
}

static bool check_source(exec *x, source *src, const with_props *w, const source *was, bool *skip)
{
    const ast_stmt *s = x->stmt;
    bool            table = src->kind == SOURCE_TABLE;
    if (!source_topic(x, src, w) || !check_columns(x, src))
        return false;
    if (!table && !check_timestamp(x, src, w))
        return false;
    if (!taken(x, src, was, skip))
        return false;
    if (table && schema_count(&src->schema, NS_KEY) == 0)
        return exec_fail(x, "Tables require a PRIMARY KEY. Please define the PRIMARY KEY.");
    if (s->or_replace && (s->source_only || (was && was->read_only)))
        return exec_fail(x, "Cannot add %s '%.*s': CREATE OR REPLACE is not supported on source %ss.",
                         source_kind_name(src->kind), STR_FMT(src->name), source_kind_name(src->kind));
    if (table && !check_timestamp(x, src, w))
        return false;
    if (src->window.kind && schema_count(&src->schema, NS_KEY) == 0)
        return exec_fail(x, "Windowed sources require a key column.");
    if (!check_serde(x, &src->schema, &src->key, true) || !check_serde(x, &src->schema, &src->value, false))
        return false;
    if (w->window_size.given && w->window_ms <= 0)
        return exec_fail(x, "Size must be positive");
    return *skip || was == NULL || check_upgrade(x, was, src);
}

static window_info read_window(const with_props *w)
{
    if (!w->window_type.given)
        return (window_info){0};
    ast_window_kind k = str_eq_nocase(w->window_type.s, STR("SESSION"))    ? WINDOW_SESSION
                        : str_eq_nocase(w->window_type.s, STR("TUMBLING")) ? WINDOW_TUMBLING
                                                                           : WINDOW_HOPPING;
    return (window_info){k, k == WINDOW_SESSION ? 0 : w->window_ms};
}

static void copy_format(arena *a, side_format *f)
{
    f->full_name = str_dup(a, f->full_name);
    f->nullable = str_dup(a, f->nullable);
}

/* CREATE SOURCE TABLE: a query that does nothing but keep the rows. */
static bool materialise(exec *x, source *src)
{
    str        sql = str_fmt(x->a, "SELECT * FROM `%.*s` EMIT CHANGES;", STR_FMT(src->name));
    ast_stmt **list;
    size_t     n;
    if (!parse_sql(x->a, sql, &list, &n, x->st))
        return false;
    plan_options po = exec_plan_options(x);
    po.sink_name = src->name;
    plan *p = plan_query(list[0]->query, &po, x->st);
    if (p == NULL)
        return false;
    p->sink = source_clone(src);
    p->sink->topic = STR_NONE;
    return exec_put_query(x, query_of_statement(x, QUERY_SOURCE_TABLE, p, src->query_id, sql), NULL);
}

bool stmt_create_source(exec *x)
{
    const ast_stmt *s = x->stmt;
    bool            table = s->kind == STMT_CREATE_TABLE, skip;
    with_props      w;
    if (!with_read(x->a, s->props, s->prop_count, WITH_CREATE, &w, x->st))
        return false;
    source *src = source_new();
    src->kind = table ? SOURCE_TABLE : SOURCE_STREAM;
    src->name = str_dup(&src->a, s->name);
    src->topic = str_dup(&src->a, w.topic.s);
    src->read_only = s->source_only;
    src->sql = str_dup(&src->a, x->statement_text);
    const source *was = catalog_find(&x->m->cat, s->name);
    bool          ok = stmt_read_columns(x, src, table) &&
              with_formats(&w, NULL, NULL, exec_text(x, SETTING_PERSISTENCE_DEFAULT_FORMAT_KEY),
                           exec_text(x, SETTING_PERSISTENCE_DEFAULT_FORMAT_VALUE), &src->key, &src->value, x->st);
    if (ok) {
        str wrap = exec_text(x, SETTING_PERSISTENCE_WRAP_SINGLE_VALUES);
        copy_format(&src->a, &src->key);
        copy_format(&src->a, &src->value);
        src->window = read_window(&w);
        ok = with_wrap(&w, wrap.n == 0 ? -1 : str_eq_nocase(wrap, STR("true")), schema_count(&src->schema, NS_VALUE),
                       &src->value, x->st) &&
             check_source(x, src, &w, was, &skip);
    }
    if (ok && table && s->source_only && !exec_flag(x, SETTING_SOURCE_TABLE_MATERIALIZATION_ENABLED))
        ok = exec_fail(x, "Cannot execute command because source table materialization is disabled.");
    if (!ok) {
        source_unref(src);
        return false;
    }
    if (skip) {
        source_kind kind = src->kind;
        source_unref(src);
        return answer_exists(x, kind, was);
    }
    if (table && s->source_only)
        src->query_id = str_fmt(&src->a, "CST_%.*s_%ld", STR_FMT(str_upper(x->a, s->name)), x->seq);
    exec_put_source(x, src);
    if (table && s->source_only && !materialise(x, src))
        return false;
    return answer_command(x, table ? "table" : "stream", s->name, "create", true,
                          table ? STR("Table created") : STR("Stream created"), STR_NONE);
}

/* ---- DROP */

static str join_sorted(exec *x, str *list, uint32_t n)
{
    buf b = BUF_INIT(ST_MSG_MAX);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = i + 1; k < n; k++)
            if (str_cmp(list[k], list[i]) < 0) {
                str t = list[i];
                list[i] = list[k];
                list[k] = t;
            }
    for (uint32_t i = 0; i < n; i++)
        buf_printf(&b, "%s%.*s", i ? ", " : "", STR_FMT(list[i]));
    str s = str_dup(x->a, buf_str(&b));
    buf_free(&b);
    return s;
}

static bool check_dependants(exec *x, const source *src)
{
    uint32_t     max = (uint32_t)x->m->queries.n + 1, sources = 0, readers = 0, writers = 0;
    str         *names = ARENA_ARRAY(x->a, str, max), *read = ARENA_ARRAY(x->a, str, max);
    str         *write = ARENA_ARRAY(x->a, str, max);
    query_info **all = metastore_queries(x->m, x->a);
    for (size_t i = 0; i < x->m->queries.n; i++) {
        query_info *q = all[i];
        if (str_eq(q->id, src->query_id))
            continue;
        bool r = query_info_reads(q, src->name), w = str_eq(q->sink->name, src->name);
        if (r && q->kind == QUERY_AS)
            names[sources++] = q->sink->name;
        if (r && q->kind == QUERY_INSERT)
            read[readers++] = q->id;
        if (w && q->kind == QUERY_INSERT)
            write[writers++] = q->id;
    }
    if (sources)
        return exec_fail(x,
                         "Cannot drop %.*s.\nThe following streams and/or tables read from this source: "
                         "[%.*s].\nYou need to drop them before dropping %.*s.",
                         STR_FMT(src->name), STR_FMT(join_sorted(x, names, sources)), STR_FMT(src->name));
    if (readers + writers)
        return exec_fail(x,
                         "Cannot drop %.*s.\nThe following queries read from this source: [%.*s].\nThe "
                         "following queries write into this source: [%.*s].\nYou need to terminate them "
                         "before dropping %.*s.",
                         STR_FMT(src->name), STR_FMT(join_sorted(x, read, readers)),
                         STR_FMT(join_sorted(x, write, writers)), STR_FMT(src->name));
    return true;
}

static bool check_delete_topic(exec *x, const source *src)
{
    if (src->read_only)
        return exec_fail(x, "Cannot delete topic for read-only source: %.*s", STR_FMT(src->name));
    str     *names = ARENA_ARRAY(x->a, str, x->m->cat.sources.n + 1);
    source **all = metastore_sources(x->m, x->a);
    uint32_t n = 0;
    for (size_t i = 0; i < x->m->cat.sources.n; i++) {
        const source *o = all[i];
        if (o != src && str_eq(o->topic, src->topic))
            names[n++] = o->name;
    }
    if (n)
        return exec_fail(x, "Refusing to delete topic. Found other data sources (%.*s) using topic %.*s",
                         STR_FMT(join_sorted(x, names, n)), STR_FMT(src->topic));
    return true;
}

bool stmt_drop(exec *x)
{
    const ast_stmt *s = x->stmt;
    source_kind     kind = s->kind == STMT_DROP_TABLE ? SOURCE_TABLE : SOURCE_STREAM;
    source         *src = catalog_find(&x->m->cat, s->name);
    if (src == NULL) {
        if (s->if_exists) {
            return answer_command(x, source_kind_name(kind), s->name, "drop", false,
                                  str_fmt(x->a, "Source `%.*s` does not exist.", STR_FMT(s->name)), STR_NONE);
        }
        buf hint = BUF_INIT(ST_MSG_MAX);
        catalog_hint(&x->m->cat, s->name, (int)kind, &hint);
        exec_fail(x, "%s %.*s does not exist%s%.*s", kind == SOURCE_TABLE ? "Table" : "Stream", STR_FMT(s->name), ".",
                  (int)hint.n, hint.p);
        buf_free(&hint);
        return false;
    }
    if (src->kind != kind)
        return exec_fail(x, "Incompatible data source type is %s, but statement was DROP %s",
                         source_kind_name(src->kind), source_kind_name(kind));
    if (s->delete_topic && !check_delete_topic(x, src))
        return false;
    if (!check_dependants(x, src))
        return false;
    str name = str_dup(x->a, src->name), topic = str_dup(x->a, src->topic);
    str query = str_dup(x->a, src->query_id);
    if (query.n)
        exec_remove_query(x, query);
    exec_remove_source(x, name);
    if (s->delete_topic)
        exec_delete_topic(x, topic);
    return answer_command(x, source_kind_name(kind), name, "drop", false,
                          str_fmt(x->a, "Source `%.*s` (topic: %.*s) was dropped.", STR_FMT(name), STR_FMT(topic)),
                          STR_NONE);
}

/* ---- ALTER */

bool stmt_alter(exec *x)
{
    const ast_stmt *s = x->stmt;
    source_kind     kind = s->kind == STMT_ALTER_TABLE ? SOURCE_TABLE : SOURCE_STREAM;
    source         *src = catalog_find(&x->m->cat, s->name);
    if (src == NULL)
        return exec_fail(x, "Source %.*s does not exist.", STR_FMT(s->name));
    if (src->kind != kind)
        return exec_fail(x, "Incompatible data source type is %s, but statement was ALTER %s",
                         source_kind_upper(src->kind), source_kind_upper(kind));
    if (src->from_query)
        return exec_fail(x, "ALTER command is not supported for CREATE ... AS statements.");
    if (src->read_only)
        return exec_fail(x, "Cannot alter %s '%.*s': ALTER operations are not supported on source %ss.",
                         source_kind_name(kind), STR_FMT(s->name), source_kind_name(kind));
    source *now = source_clone(src);
    column *cols = ARENA_ARRAY(&now->a, column, src->schema.n + s->column_count);
    memcpy(cols, now->schema.cols, src->schema.n * sizeof *cols);
    uint32_t n = src->schema.n;
    for (uint32_t i = 0; i < s->column_count; i++) {
        const type *t = type_resolve(x->a, s->columns[i].type, catalog_type, &x->m->cat, x->st);
        now->schema = (schema){cols, n};
        bool twice = schema_find(&now->schema, s->columns[i].name) != NULL;
        if (t == NULL || twice) {
            if (twice)
                exec_fail(x,
                          "Cannot add column `%.*s` to schema. A column with the same name already "
                          "exists.",
                          STR_FMT(s->columns[i].name));
            source_unref(now);
            return false;
        }
        cols[n++] =
            (column){.name = str_dup(&now->a, s->columns[i].name), .type = type_copy(&now->a, t), .ns = NS_VALUE};
    }
    now->schema = (schema){cols, n};
    if (!check_columns(x, now) || !check_serde(x, &now->schema, &now->value, false)) {
        source_unref(now);
        return false;
    }
    exec_put_source(x, now);
    return answer_command(
        x, source_kind_name(kind), s->name, "alter", false,
        str_fmt(x->a, "%s %.*s altered.", kind == SOURCE_TABLE ? "Table" : "Stream", STR_FMT(s->name)), STR_NONE);
}

/* ---- types */

bool stmt_create_type(exec *x)
{
    const ast_stmt *s = x->stmt;
    const type     *t = type_resolve(x->a, s->type, catalog_type, &x->m->cat, x->st);
    str             name = str_upper(x->a, s->name);
    if (t == NULL)
        return false;
    const type *was = catalog_type(&x->m->cat, name);
    if (was) {
        str text = type_text(x->a, was);
        if (!s->if_not_exists)
            return exec_fail(x,
                             "Cannot register custom type '%.*s' since it is already registered with "
                             "type: %.*s",
                             STR_FMT(name), STR_FMT(text));
        return answer_command(x, "type", name, "create", true,
                              str_fmt(x->a, "%.*s is already registered with type %.*s", STR_FMT(name), STR_FMT(text)),
                              STR_NONE);
    }
    exec_put_type(x, name, t);
    return answer_command(x, "type", name, "create", true,
                          str_fmt(x->a, "Registered custom type with name '%.*s' and SQL type %.*s", STR_FMT(name),
                                  STR_FMT(type_text(x->a, t))),
                          STR_NONE);
}

bool stmt_drop_type(exec *x)
{
    const ast_stmt *s = x->stmt;
    str             name = str_upper(x->a, s->name);
    bool            had = exec_remove_type(x, name);
    if (!had && !s->if_exists)
        return exec_fail(x, "Type %.*s does not exist.", STR_FMT(name));
    return answer_command(x, "type", name, "drop", false,
                          had ? str_fmt(x->a, "Dropped type '%.*s'", STR_FMT(name))
                              : str_fmt(x->a, "Type '%.*s' does not exist", STR_FMT(name)),
                          STR_NONE);
}
