/* DESCRIBE, EXPLAIN, DESCRIBE FUNCTION and DESCRIBE CONNECTOR: labels, tables and titled blocks. */
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "server/shell/entities.h"
#include "server/shell/layout.h"

static void put_label(buf *out, const char *label, str value)
{
    buf_printf(out, "%-20s : %.*s\n", label, STR_FMT(value));
}

static void put_rule(buf *out, int n)
{
    for (int i = 0; i < n; i++)
        buf_putc(out, '-');
    buf_putc(out, '\n');
}

/* ---- fields */

void schema_put(buf *out, const json_node *schema)
{
    str              type = json_tree_text(schema, "type");
    const json_node *member = json_tree_get(schema, "memberSchema");
    if (str_eqz(type, "STRING")) {
        buf_putz(out, "VARCHAR(STRING)");
        return;
    }
    buf_puts(out, type);
    if (str_eqz(type, "DECIMAL")) {
        const json_node *p = json_tree_get(schema, "parameters");
        buf_printf(out, "(%.*s, %.*s)", STR_FMT(json_tree_text(p, "precision")), STR_FMT(json_tree_text(p, "scale")));
    } else if (str_eqz(type, "ARRAY") || str_eqz(type, "MAP")) {
        buf_putz(out, str_eqz(type, "MAP") ? "<STRING, " : "<");
        schema_put(out, member);
        buf_putc(out, '>');
    } else if (str_eqz(type, "STRUCT")) {
        const json_node *fields = json_tree_get(schema, "fields");
        buf_putc(out, '<');
        for (const json_node *f = fields->first; f; f = f->next) {
            buf_puts(out, json_tree_text(f, "name"));
            buf_putc(out, ' ');
            schema_put(out, json_tree_get(f, "schema"));
            if (f->next)
                buf_putz(out, ", ");
        }
        buf_putc(out, '>');
    }
}

static str field_type(arena *a, const json_node *field, str source_type, const json_node *window)
{
    buf b = BUF_INIT(BUF_MAX);
    str role = json_tree_text(field, "type");
    schema_put(&b, json_tree_get(field, "schema"));
    bool key = str_eqz(role, "KEY"), header = str_eqz(role, "HEADER");
    for (size_t n = b.n; (key || header) && n < 16; n++)
        buf_putc(&b, ' ');
    const json_node *header_key = json_tree_get(field, "headerKey");
    if (key)
        buf_putz(&b, str_eqz(source_type, "TABLE") ? " (primary key)" : " (key)");
    if (key && !json_tree_is_null(window))
        buf_printf(&b, " (Window type: %.*s)", STR_FMT(window->text));
    if (header && json_tree_is_null(header_key))
        buf_putz(&b, " (headers)");
    else if (header)
        buf_printf(&b, " (header('%.*s'))", STR_FMT(header_key->text));
    str text = str_dup(a, buf_str(&b));
    buf_free(&b);
    return text;
}

static void put_fields(buf *out, arena *a, const json_node *d, int width)
{
    table t = table_new(a, (const char *[]){"Field", "Type"}, 2);
    for (const json_node *f = json_tree_get(d, "fields")->first; f; f = f->next) {
        table_put(&t, json_tree_text(f, "name"));
        table_put(&t, field_type(a, f, json_tree_text(d, "type"), json_tree_get(d, "windowType")));
    }
    table_print(out, &t, width);
}

/* ---- DESCRIBE */

static void put_constraints(buf *out, const json_node *names)
{
    if (names->count == 0)
        return;
    buf_putz(out, "\nSources that have a DROP constraint on this source\n");
    put_rule(out, 50);
    for (const json_node *i = names->first; i; i = i->next)
        buf_printf(out, "%.*s\n", STR_FMT(i->text));
}

static void put_queries(buf *out, const json_node *queries, const char *verb, str source_type)
{
    if (queries->count == 0)
        return;
    buf_printf(out, "\nQueries that %s from this %.*s\n", verb, STR_FMT(source_type));
    put_rule(out, 35);
    for (const json_node *q = queries->first; q; q = q->next) {
        str text = json_tree_text(q, "queryString");
        buf_printf(out, "%.*s (%.*s) : ", STR_FMT(json_tree_text(q, "id")), STR_FMT(json_tree_text(q, "state")));
        for (uint32_t i = 0; i < text.n; i++)
            buf_putc(out, text.p[i] == '\n' ? ' ' : text.p[i]);
        buf_putc(out, '\n');
    }
    buf_putz(out, "\nFor query topology and execution plan please run: EXPLAIN <QueryId>\n");
}

static int by_host_and_metric(const void *x, const void *y)
{
    const json_node *a = *(const json_node *const *)x, *b = *(const json_node *const *)y;
    int              c = str_cmp(json_tree_text(a, "host"), json_tree_text(b, "host"));
    return c ? c : str_cmp(json_tree_text(a, "name"), json_tree_text(b, "name"));
}

static void put_statistics(buf *out, arena *a, const json_node *d, int width)
{
    const json_node  *lists[] = {json_tree_get(d, "clusterStatistics"), json_tree_get(d, "clusterErrorStats")};
    uint32_t          n = 0;
    const json_node **sorted = ARENA_ARRAY(a, const json_node *, lists[0]->count + lists[1]->count);
    for (int l = 0; l < 2; l++)
        for (const json_node *i = lists[l]->first; i; i = i->next)
            sorted[n++] = i;
    if (n == 0) {
        buf_putz(out, "\nLocal runtime statistics\n");
        put_rule(out, 24);
        buf_printf(out, "%.*s\n%.*s\n", STR_FMT(json_tree_text(d, "statistics")),
                   STR_FMT(json_tree_text(d, "errorStats")));
    } else {
        buf_putz(out, "\nRuntime statistics by host\n");
        put_rule(out, 25);
        qsort(sorted, n, sizeof *sorted, by_host_and_metric);
        table t = table_new(a, (const char *[]){"Host", "Metric", "Value", "Last Message"}, 4);
        for (uint32_t i = 0; i < n; i++) {
            double value = 0;
            num_parse_f64(json_tree_text(sorted[i], "value"), &value);
            table_put(&t, json_tree_text(sorted[i], "host"));
            table_put(&t, json_tree_text(sorted[i], "name"));
            table_put(&t, str_fmt(a, "%10.0f", value));
            table_put(&t, json_tree_text(sorted[i], "timestamp"));
        }
        table_print(out, &t, width);
    }
    buf_printf(out, "(Statistics of the local KSQL server interaction with the Kafka topic %.*s)\n",
               STR_FMT(json_tree_text(d, "topic")));
}

static int64_t number_of(const json_node *n, const char *name)
{
    int64_t v = 0;
    num_parse_i64(json_tree_text(n, name), &v);
    return v;
}

static int64_t lag_of(const json_node *offset)
{
    return number_of(offset, "logEndOffset") - number_of(offset, "consumerOffset");
}

static void put_offsets(buf *out, arena *a, const json_node *topic, int width)
{
    const json_node *offsets = json_tree_get(topic, "offsets");
    int64_t          max = 0;
    for (const json_node *i = offsets->first; i; i = i->next)
        max = lag_of(i) > max ? lag_of(i) : max;
    buf_putc(out, '\n');
    put_label(out, "Kafka topic", json_tree_text(topic, "kafkaTopic"));
    put_label(out, "Max lag", str_fmt(a, "%ld", max));
    buf_putc(out, '\n');
    table t = table_new(a, (const char *[]){"Partition", "Start Offset", "End Offset", "Offset", "Lag"}, 5);
    for (const json_node *i = offsets->first; i; i = i->next) {
        table_put(&t, json_tree_text(i, "partition"));
        table_put(&t, json_tree_text(i, "logStartOffset"));
        table_put(&t, json_tree_text(i, "logEndOffset"));
        table_put(&t, json_tree_text(i, "consumerOffset"));
        table_put(&t, str_fmt(a, "%ld", lag_of(i)));
    }
    table_print(out, &t, width);
}

static void put_groups(buf *out, arena *a, const json_node *groups, int width)
{
    if (groups->count == 0)
        return;
    buf_putz(out, "\nConsumer Groups summary:\n");
    for (const json_node *g = groups->first; g; g = g->next) {
        const json_node *topics = json_tree_get(g, "topicSummaries");
        buf_putc(out, '\n');
        put_label(out, "Consumer Group", json_tree_text(g, "groupId"));
        if (topics->count == 0)
            buf_putz(out, "<no offsets committed by this group yet>\n");
        for (const json_node *t = topics->first; t; t = t->next)
            put_offsets(out, a, t, width);
    }
}

static void put_extended_labels(buf *out, arena *a, const json_node *d)
{
    str timestamp = json_tree_text(d, "timestamp");
    put_label(out, "Type", json_tree_text(d, "type"));
    put_label(out, "Timestamp field", timestamp.n ? timestamp : STR("Not set - using <ROWTIME>"));
    put_label(out, "Key format", json_tree_text(d, "keyFormat"));
    put_label(out, "Value format", json_tree_text(d, "valueFormat"));
    put_label(out, "Kafka topic",
              str_fmt(a, "%.*s (partitions: %.*s, replication: %.*s)", STR_FMT(json_tree_text(d, "topic")),
                      STR_FMT(json_tree_text(d, "partitions")), STR_FMT(json_tree_text(d, "replication"))));
    put_label(out, "Statement", json_tree_text(d, "statement"));
    buf_putc(out, '\n');
}

void card_put_source(buf *out, arena *a, const json_node *d, int width)
{
    put_label(out, "Name", json_tree_text(d, "name"));
    if (!json_tree_true(d, "extended")) {
        put_fields(out, a, d, width);
        buf_putz(out, "For runtime statistics and query details run: DESCRIBE <Stream,Table> EXTENDED;\n");
        return;
    }
    str type = json_tree_text(d, "type");
    put_extended_labels(out, a, d);
    put_fields(out, a, d, width);
    put_constraints(out, json_tree_get(d, "sourceConstraints"));
    put_queries(out, json_tree_get(d, "readQueries"), "read", type);
    put_queries(out, json_tree_get(d, "writeQueries"), "write", type);
    put_statistics(out, a, d, width);
    put_groups(out, a, json_tree_get(d, "queryOffsetSummaries"), width);
}

/* ---- EXPLAIN */

static void put_names(buf *out, const json_node *names, const char *title, const char *hint)
{
    if (names->count == 0)
        return;
    buf_printf(out, "\n%s\n", title);
    put_rule(out, 35);
    for (const json_node *i = names->first; i; i = i->next)
        buf_printf(out, "%.*s\n", STR_FMT(i->text));
    buf_printf(out, "\n%s\n", hint);
}

static void put_block(buf *out, const char *title, str text)
{
    if (text.n == 0)
        return;
    buf_printf(out, "\n%-20s\n", title);
    buf_printf(out, "%-20.*s\n", (int)strlen(title), "--------------------");
    buf_puts(out, text);
    if (text.p[text.n - 1] != '\n')
        buf_putc(out, '\n');
}

static void put_overridden(buf *out, arena *a, const json_node *properties, int width)
{
    if (properties->count == 0)
        return;
    buf_printf(out, "\n%-20s\n%-20s\n", "Overridden Properties", "---------------------");
    table t = table_new(a, (const char *[]){"Property", "Value"}, 2);
    for (const json_node *p = properties->first; p; p = p->next) {
        table_put(&t, p->name);
        table_put(&t, p->text);
    }
    table_print(out, &t, width);
}

static void put_errors(buf *out, arena *a, const json_node *errors)
{
    for (const json_node *e = errors->first; e; e = e->next) {
        int64_t   ms = number_of(e, "timestamp");
        time_t    s = ms / 1000;
        struct tm utc;
        char      when[32];
        gmtime_r(&s, &utc);
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &utc);
        buf_putc(out, '\n');
        put_label(out, "Error Date", str_fmt(a, "%s,%03ld (UTC)", when, ms % 1000));
        put_label(out, "Error Details", json_tree_text(e, "errorMessage"));
        put_label(out, "Error Type", json_tree_text(e, "type"));
    }
}

void card_put_query(buf *out, arena *a, const json_node *d, int width)
{
    const json_node *hosts = json_tree_get(d, "ksqlHostQueryStatus");
    put_label(out, "ID", json_tree_text(d, "id"));
    put_label(out, "Query Type", json_tree_text(d, "queryType"));
    put_label(out, "SQL", json_tree_text(d, "statementText"));
    if (hosts->count) {
        buf status = BUF_INIT(BUF_MAX);
        json_tree_put_java(&status, hosts);
        put_label(out, "Host Query Status", buf_str(&status));
        buf_free(&status);
    }
    buf_putc(out, '\n');
    put_fields(out, a, d, width);
    put_names(out, json_tree_get(d, "sources"), "Sources that this query reads from: ",
              "For source description please run: DESCRIBE [EXTENDED] <SourceId>");
    put_names(out, json_tree_get(d, "sinks"),
              "Sinks that this query writes to: ", "For sink description please run: DESCRIBE [EXTENDED] <SinkId>");
    put_block(out, "Execution plan", json_tree_text(d, "executionPlan"));
    put_block(out, "Processing topology", json_tree_text(d, "topology"));
    put_overridden(out, a, json_tree_get(d, "overriddenProperties"), width);
    put_errors(out, a, json_tree_get(d, "queryErrors"));
}

/* ---- functions, connectors */

/* Breaks at blanks; further lines begin below the first. */
static void put_hanging(buf *out, str text, int indent, int width)
{
    int  at = indent;
    bool begun = false;
    while ((text = str_trim(text)).n) {
        int64_t blank = 0;
        while (blank < text.n && (uint8_t)text.p[blank] > 0x20)
            blank++;
        str word = str_make(text.p, (size_t)blank);
        if (begun && at + 1 + text_width(word) > width) {
            buf_printf(out, "\n%*s", indent, "");
            at = indent;
            begun = false;
        }
        buf_printf(out, "%s%.*s", begun ? " " : "", STR_FMT(word));
        at += text_width(word) + begun;
        begun = true;
        text = str_make(text.p + blank, text.n - (size_t)blank);
    }
    buf_putc(out, '\n');
}

static void put_function_label(buf *out, const char *label, str value)
{
    if (value.n)
        buf_printf(out, "%-12s: %.*s\n", label, STR_FMT(value));
}

static void put_variation(buf *out, const json_node *function, str name)
{
    buf_printf(out, "\n\t%-12s: %.*s(", "Variation", STR_FMT(name));
    const json_node *arguments = json_tree_get(function, "arguments");
    for (const json_node *i = arguments->first; i; i = i->next) {
        str argument = json_tree_text(i, "name");
        buf_printf(out, "%.*s%s%.*s%s%s", STR_FMT(argument), argument.n ? " " : "", STR_FMT(json_tree_text(i, "type")),
                   json_tree_true(i, "isVariadic") ? "[]" : "", i->next ? ", " : "");
    }
    buf_printf(out, ")\n\t%-12s: %.*s\n", "Returns", STR_FMT(json_tree_text(function, "returnType")));
    str description = json_tree_text(function, "description");
    if (description.n)
        buf_printf(out, "\t%-12s: %.*s\n", "Description", STR_FMT(description));
    for (const json_node *i = arguments->first; i; i = i->next)
        if (json_tree_text(i, "description").n)
            buf_printf(out, "\t%-12.*s: %.*s\n", STR_FMT(json_tree_text(i, "name")),
                       STR_FMT(json_tree_text(i, "description")));
}

void card_put_function(buf *out, arena *a, const json_node *entity, int width)
{
    (void)a;
    put_function_label(out, "Name", json_tree_text(entity, "name"));
    put_function_label(out, "Author", json_tree_text(entity, "author"));
    put_function_label(out, "Version", json_tree_text(entity, "version"));
    buf_printf(out, "%-12s: ", "Overview");
    put_hanging(out, json_tree_text(entity, "description"), 14, width > 80 ? width : 80);
    put_function_label(out, "Type", json_tree_text(entity, "type"));
    put_function_label(out, "Jar", json_tree_text(entity, "path"));
    buf_putz(out, "Variations  : \n");
    for (const json_node *f = json_tree_get(entity, "functions")->first; f; f = f->next)
        put_variation(out, f, json_tree_text(entity, "name"));
}

void card_put_connector(buf *out, arena *a, const json_node *entity, int width)
{
    const json_node *status = json_tree_get(entity, "status"), *connector = json_tree_get(status, "connector");
    put_label(out, "Name", json_tree_text(status, "name"));
    put_label(out, "Class", json_tree_text(entity, "connectorClass"));
    put_label(out, "Type", json_tree_text(status, "type"));
    put_label(out, "State", json_tree_text(connector, "state"));
    put_label(out, "WorkerId", json_tree_text(connector, "worker_id"));
    if (!json_tree_is_null(json_tree_get(connector, "trace")))
        put_label(out, "Trace", json_tree_text(connector, "trace"));
    table tasks = table_new(a, (const char *[]){"Task ID", "State", "Error Trace"}, 3);
    for (const json_node *i = json_tree_get(status, "tasks")->first; i; i = i->next) {
        const json_node *trace = json_tree_get(i, "trace");
        table_put(&tasks, json_tree_text(i, "id"));
        table_put(&tasks, json_tree_text(i, "state"));
        table_put(&tasks, json_tree_is_null(trace) ? STR("") : trace->text);
    }
    buf_putc(out, '\n');
    table_print(out, &tasks, width);
    table sources = table_new(a, (const char *[]){"KSQL Source Name", "Kafka Topic", "Type"}, 3);
    for (const json_node *i = json_tree_get(entity, "sources")->first; i; i = i->next) {
        table_put(&sources, json_tree_text(i, "name"));
        table_put(&sources, json_tree_text(i, "topic"));
        table_put(&sources, json_tree_text(i, "type"));
    }
    buf_putc(out, '\n');
    table_print(out, &sources, width);
    table topics = table_new(a, (const char *[]){"Related Topics"}, 1);
    for (const json_node *i = json_tree_get(entity, "topics")->first; i; i = i->next)
        table_put(&topics, i->text);
    buf_putc(out, '\n');
    table_print(out, &topics, width);
}
