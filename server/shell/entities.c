#include "server/shell/entities.h"

#include <stdlib.h>

#include "server/shell/layout.h"

/* ---- lists: one table row an item */

typedef str cell_maker(arena *a, const json_node *item, const json_node *entity);

typedef struct list_column {
    const char *header, *member;
    cell_maker *make; /* NULL: the member's text */
} list_column;

typedef struct list_entity {
    const char *type, *member;
    list_column columns[7];
    const char *footer; /* NULL: none */
} list_entity;

static str cell_of(arena *a, const buf *b)
{
    return str_dup(a, buf_str(b));
}

static str replicas(arena *a, const json_node *item, const json_node *entity)
{
    (void)entity;
    const json_node *list = json_tree_get(item, "replicaInfo");
    bool             equal = true;
    for (const json_node *i = list->first; i; i = i->next)
        equal = equal && str_eq(i->text, list->first->text);
    buf b = BUF_INIT(BUF_MAX);
    for (const json_node *i = list->first; i; i = equal ? NULL : i->next) {
        buf_putz(&b, i == list->first ? "" : ", ");
        buf_puts(&b, i->text);
    }
    str cell = cell_of(a, &b);
    buf_free(&b);
    return cell;
}

static str partitions(arena *a, const json_node *item, const json_node *entity)
{
    (void)entity;
    return str_fmt(a, "%u", json_tree_get(item, "replicaInfo")->count);
}

static str joined(arena *a, const json_node *list, bool with_values)
{
    buf b = BUF_INIT(BUF_MAX);
    for (const json_node *i = list->first; i; i = i->next) {
        buf_putz(&b, i == list->first ? "" : ",");
        buf_puts(&b, with_values ? i->name : i->text);
        if (with_values) {
            buf_putc(&b, ':');
            buf_puts(&b, i->text);
        }
    }
    str cell = cell_of(a, &b);
    buf_free(&b);
    return cell;
}

static str query_status(arena *a, const json_node *item, const json_node *entity)
{
    (void)entity;
    const json_node *count = json_tree_get(item, "statusCount");
    return count->count ? joined(a, count, true) : json_tree_text(item, "state");
}

static str query_sinks(arena *a, const json_node *item, const json_node *entity)
{
    (void)entity;
    return joined(a, json_tree_get(item, "sinks"), false);
}

static str query_topics(arena *a, const json_node *item, const json_node *entity)
{
    (void)entity;
    return joined(a, json_tree_get(item, "sinkKafkaTopics"), false);
}

static bool list_has(const json_node *list, str text)
{
    for (const json_node *i = list->first; i; i = i->next)
        if (str_eq(i->text, text))
            return true;
    return false;
}

static str property_override(arena *a, const json_node *item, const json_node *entity)
{
    (void)a;
    str name = json_tree_text(item, "name");
    if (list_has(json_tree_get(entity, "overwrittenProperties"), name))
        return STR("SESSION");
    return list_has(json_tree_get(entity, "defaultProperties"), name) ? STR("") : STR("SERVER");
}

static str property_value(arena *a, const json_node *item, const json_node *entity)
{
    (void)a;
    (void)entity;
    const json_node *value = json_tree_get(item, "value");
    return json_tree_is_null(value) ? STR("NULL") : value->text;
}

static str connector_type(arena *a, const json_node *item, const json_node *entity)
{
    (void)entity;
    const json_node *type = json_tree_get(item, "type");
    return json_tree_is_null(type) ? STR("UNKNOWN") : str_upper(a, type->text);
}

static str type_name(arena *a, const json_node *item, const json_node *entity)
{
    (void)a;
    (void)entity;
    return item->name;
}

static str type_schema(arena *a, const json_node *item, const json_node *entity)
{
    (void)entity;
    if (item->kind != NODE_OBJECT)
        return item->text;
    buf b = BUF_INIT(BUF_MAX);
    schema_put(&b, item);
    str cell = cell_of(a, &b);
    buf_free(&b);
    return cell;
}

#define SOURCE_COLUMNS                                                                                        \
    {"Kafka Topic", "topic", NULL}, {"Key Format", "keyFormat", NULL}, {"Value Format", "valueFormat", NULL}, \
    {                                                                                                         \
        "Windowed", "isWindowed", NULL                                                                        \
    }
#define TOPIC_COLUMNS                                                \
    {"Kafka Topic", "name", NULL}, {"Partitions", NULL, partitions}, \
    {                                                                \
        "Partition Replicas", NULL, replicas                         \
    }

static const list_entity lists[] = {
    {"streams", "streams", {{"Stream Name", "name", NULL}, SOURCE_COLUMNS}, NULL},
    {"tables", "tables", {{"Table Name", "name", NULL}, SOURCE_COLUMNS}, NULL},
    {"kafka_topics", "topics", {TOPIC_COLUMNS}, NULL},
    {"kafka_topics_extended",
     "topics",
     {TOPIC_COLUMNS, {"Consumers", "consumerCount", NULL}, {"ConsumerGroups", "consumerGroupCount", NULL}},
     NULL},
    {"queries",
     "queries",
     {{"Query ID", "id", NULL},
      {"Query Type", "queryType", NULL},
      {"Status", NULL, query_status},
      {"Sink Name", NULL, query_sinks},
      {"Sink Kafka Topic", NULL, query_topics},
      {"Query String", "queryString", NULL}},
     "For detailed information on a Query run: EXPLAIN <Query ID>;"},
    {"properties",
     "properties",
     {{"Property", "name", NULL},
      {"Scope", "scope", NULL},
      {"Default override", NULL, property_override},
      {"Effective Value", NULL, property_value}},
     NULL},
    {"type_list", "types", {{"Type Name", NULL, type_name}, {"Schema", NULL, type_schema}}, NULL},
    {"variables", "variables", {{"Variable Name", "name", NULL}, {"Value", "value", NULL}}, NULL},
    {"connector_list",
     "connectors",
     {{"Connector Name", "name", NULL},
      {"Type", NULL, connector_type},
      {"Class", "className", NULL},
      {"Status", "state", NULL}},
     NULL},
    {"connector_plugins_list",
     "connectorsPlugins",
     {{"Class", "className", NULL}, {"Type", NULL, connector_type}, {"Version", "version", NULL}},
     NULL},
};

static void print_list(buf *out, arena *a, const list_entity *l, const json_node *entity, int width)
{
    const char *headers[TABLE_COLUMNS_MAX];
    uint32_t    n = 0;
    for (; l->columns[n].header; n++)
        headers[n] = l->columns[n].header;
    table t = table_new(a, headers, n);
    for (const json_node *i = json_tree_get(entity, l->member)->first; i; i = i->next)
        for (uint32_t c = 0; c < n; c++)
            table_put(&t,
                      l->columns[c].make ? l->columns[c].make(a, i, entity) : json_tree_text(i, l->columns[c].member));
    table_print(out, &t, width);
    if (l->footer)
        buf_printf(out, "%s\n", l->footer);
}

static const list_entity *list_find(str type)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (str_eqz(type, lists[i].type))
            return &lists[i];
    return NULL;
}

/* ---- entities of their own shape */

static void print_message(buf *out, arena *a, str message, int width)
{
    table t = table_new(a, (const char *[]){"Message"}, 1);
    table_put(&t, message);
    table_print(out, &t, width);
}

static int by_category(const void *x, const void *y)
{
    const json_node *a = *(const json_node *const *)x, *b = *(const json_node *const *)y;
    int              c = str_cmp(json_tree_text(a, "category"), json_tree_text(b, "category"));
    return c ? c : str_cmp(json_tree_text(a, "name"), json_tree_text(b, "name"));
}

static void print_functions(buf *out, arena *a, const json_node *entity, int width)
{
    const json_node  *list = json_tree_get(entity, "functions");
    const json_node **sorted = ARENA_ARRAY(a, const json_node *, list->count);
    uint32_t          n = 0;
    for (const json_node *i = list->first; i; i = i->next)
        sorted[n++] = i;
    if (n)
        qsort(sorted, n, sizeof *sorted, by_category);
    table t = table_new(a, (const char *[]){"Function Name", "Category"}, 2);
    for (uint32_t i = 0; i < n; i++) {
        str category = json_tree_text(sorted[i], "category");
        if (i && !str_eq(category, json_tree_text(sorted[i - 1], "category"))) {
            table_put(&t, STR(""));
            table_put(&t, STR(""));
        }
        table_put(&t, json_tree_text(sorted[i], "name"));
        table_put(&t, category);
    }
    table_print(out, &t, width);
    buf_putz(out, "For detailed information about a function, run: DESCRIBE FUNCTION <Function Name>;\n");
}

static void print_warning_entity(buf *out, arena *a, const json_node *entity, int width)
{
    print_message(out, a, json_tree_text(entity, "message"), width);
}

static void print_terminated(buf *out, arena *a, const json_node *entity, int width)
{
    str id = json_tree_text(entity, "queryId");
    print_message(out, a,
                  json_tree_true(entity, "wasTerminated")
                      ? str_fmt(a, "Terminated query \"%.*s\"", STR_FMT(id))
                      : str_fmt(a, "Query \"%.*s\" was not terminated", STR_FMT(id)),
                  width);
}

static void print_connector(buf *out, arena *a, const json_node *entity, int width)
{
    str name = json_tree_text(json_tree_get(entity, "info"), "name");
    print_message(out, a, str_fmt(a, "Created connector %.*s", STR_FMT(name)), width);
}

static void print_dropped_connector(buf *out, arena *a, const json_node *entity, int width)
{
    str name = json_tree_text(entity, "connectorName");
    print_message(out, a, str_fmt(a, "Dropped connector \"%.*s\"", STR_FMT(name)), width);
}

static const char *exists_text(const json_node *entity)
{
    return json_tree_true(entity, "exists") ? "exists" : "does not exist";
}

static void print_assert_topic(buf *out, arena *a, const json_node *entity, int width)
{
    (void)a;
    (void)width;
    buf_printf(out, "Topic %.*s %s.\n", STR_FMT(json_tree_text(entity, "topicName")), exists_text(entity));
}

static void print_assert_schema(buf *out, arena *a, const json_node *entity, int width)
{
    (void)a;
    (void)width;
    const json_node *subject = json_tree_get(entity, "subject"), *id = json_tree_get(entity, "id");
    buf_putz(out, "Schema with");
    if (!json_tree_is_null(subject))
        buf_printf(out, " subject %.*s", STR_FMT(subject->text));
    if (!json_tree_is_null(id))
        buf_printf(out, " id %.*s", STR_FMT(id->text));
    buf_printf(out, " %s.\n", exists_text(entity));
}

static void print_source(buf *out, arena *a, const json_node *entity, int width)
{
    card_put_source(out, a, json_tree_get(entity, "sourceDescription"), width);
}

static void print_sources(buf *out, arena *a, const json_node *entity, int width)
{
    for (const json_node *i = json_tree_get(entity, "sourceDescriptions")->first; i; i = i->next) {
        card_put_source(out, a, i, width);
        if (i->next)
            buf_putc(out, '\n');
    }
}

static void print_query(buf *out, arena *a, const json_node *entity, int width)
{
    card_put_query(out, a, json_tree_get(entity, "queryDescription"), width);
}

static void print_queries(buf *out, arena *a, const json_node *entity, int width)
{
    for (const json_node *i = json_tree_get(entity, "queryDescriptions")->first; i; i = i->next) {
        card_put_query(out, a, i, width);
        if (i->next)
            buf_putc(out, '\n');
    }
}

static const struct {
    const char *type;
    void (*print)(buf *out, arena *a, const json_node *entity, int width);
} printers[] = {
    {"warning_entity", print_warning_entity},
    {"terminate_query", print_terminated},
    {"function_names", print_functions},
    {"describe_function", card_put_function},
    {"sourceDescription", print_source},
    {"source_descriptions", print_sources},
    {"queryDescription", print_query},
    {"query_descriptions", print_queries},
    {"connector_info", print_connector},
    {"drop_connector", print_dropped_connector},
    {"connector_description", card_put_connector},
    {"assert_topic", print_assert_topic},
    {"assert_schema", print_assert_schema},
};

bool entity_print(buf *out, arena *a, const json_node *entity, int width, str *message)
{
    str type = json_tree_text(entity, "@type");
    if (str_eqz(type, "currentStatus")) {
        const json_node *status = json_tree_get(entity, "commandStatus");
        *message = json_tree_text(status, "message");
        if (str_eqz(json_tree_text(status, "status"), "ERROR"))
            return false;
        print_message(out, a, *message, width);
        return true;
    }
    const list_entity *l = list_find(type);
    if (l) {
        print_list(out, a, l, entity, width);
        return true;
    }
    for (size_t i = 0; i < sizeof printers / sizeof *printers; i++)
        if (str_eqz(type, printers[i].type)) {
            printers[i].print(out, a, entity, width);
            return true;
        }
    json_tree_put_pretty(out, entity);
    buf_putc(out, '\n');
    return true;
}
