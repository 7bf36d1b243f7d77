/* Most kinds are written by their types alone: a STRUCT is an object, its fields in order. What ksqlDB shapes
 * differently stands in `shapes`: under which member rows stand, and who writes them when they are no objects. */
#include "server/rest/entities.h"

#include <assert.h>

#include "parser/parser.h"
#include "server/rest/call.h"

/* ---- types as clients read them: {"type", "fields", "memberSchema"} */

static void put_schema(buf *out, const ast_type *t);

static void put_fields_of(buf *out, const ast_type *t)
{
    buf_putc(out, '[');
    for (uint32_t i = 0; i < t->field_count; i++) {
        buf_putz(out, i ? ",{\"name\":" : "{\"name\":");
        json_put_text(out, t->fields[i].name);
        buf_putz(out, ",\"schema\":");
        put_schema(out, t->fields[i].type);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_schema(buf *out, const ast_type *t)
{
    static const char *const names[] = {
        [AT_DECIMAL] = "DECIMAL", [AT_ARRAY] = "ARRAY", [AT_MAP] = "MAP", [AT_STRUCT] = "STRUCT"};
    buf_putz(out, "{\"type\":");
    json_put_text(out, t->kind == AT_NAMED ? t->name : str_of(names[t->kind]));
    buf_putz(out, ",\"fields\":");
    if (t->kind == AT_STRUCT)
        put_fields_of(out, t);
    else
        buf_putz(out, "null");
    buf_putz(out, ",\"memberSchema\":");
    if (t->kind == AT_ARRAY || t->kind == AT_MAP)
        put_schema(out, t->elem);
    else
        buf_putz(out, "null");
    if (t->kind == AT_DECIMAL)
        buf_printf(out, ",\"parameters\":{\"precision\":%d,\"scale\":%d}", t->precision, t->scale);
    buf_putc(out, '}');
}

/* Of the text of a type, as the engine prints it. */
static void put_type(buf *out, str text)
{
    arena           a;
    const ast_type *t;
    status          ignored;
    arena_init(&a);
    status_init(&ignored);
    if (parse_type(&a, text, &t, &ignored)) {
        put_schema(out, t);
    } else { /* a field's name that no statement could have written */
        ast_type plain = {.kind = AT_NAMED, .name = text};
        put_schema(out, &plain);
    }
    arena_free(&a);
}

/* ---- values */

/* Members that are absent instead of null. */
static bool is_left_out(str name)
{
    static const char *const names[] = {"headerKey", "type", "stateReason", "stateSinceMs"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eqz(name, names[i]))
            return true;
    return false;
}

static void put_value(buf *out, const type *t, value v);

static void put_name(buf *out, bool *first, str name)
{
    if (!*first)
        buf_putc(out, ',');
    *first = false;
    json_put_text(out, name);
    buf_putc(out, ':');
}

static void put_members(buf *out, bool *first, const type *t, const value *v)
{
    for (uint32_t i = 0; i < t->field_count; i++) {
        if (value_is_null(v[i]) && is_left_out(t->fields[i].name))
            continue;
        put_name(out, first, t->fields[i].name);
        put_value(out, t->fields[i].type, v[i]);
    }
}

static void put_object(buf *out, const type *t, const value *v)
{
    bool first = true;
    buf_putc(out, '{');
    put_members(out, &first, t, v);
    buf_putc(out, '}');
}

static void put_real(buf *out, double d)
{
    json_t *j = json_real(d);
    json_put(out, j);
    json_decref(j);
}

static void put_list(buf *out, const type *t, value v)
{
    buf_putc(out, '[');
    for (uint32_t i = 0; i < v.n; i++) {
        if (i)
            buf_putc(out, ',');
        put_value(out, t->elem, v.v[i]);
    }
    buf_putc(out, ']');
}

static void put_map(buf *out, const type *t, value v)
{
    bool first = true;
    buf_putc(out, '{');
    for (uint32_t i = 0; i < v.n; i++) {
        put_name(out, &first, value_str(v.v[2 * i]));
        put_value(out, t->elem, v.v[2 * i + 1]);
    }
    buf_putc(out, '}');
}

/* A record's bytes can be in a message, and need not be text. */
static void put_text(buf *out, str s)
{
    arena a;
    if (utf8_valid(s)) {
        json_put_text(out, s);
        return;
    }
    arena_init(&a);
    json_put_text(out, utf8_repair(&a, s));
    arena_free(&a);
}

static void put_value(buf *out, const type *t, value v)
{
    if (value_is_null(v)) {
        buf_putz(out, "null");
        return;
    }
    if (t == &answer_sql_type) {
        put_type(out, value_str(v));
        return;
    }
    switch (t->kind) {
    case T_BOOLEAN:
        buf_putz(out, v.i ? "true" : "false");
        return;
    case T_INTEGER:
    case T_BIGINT:
        buf_put_digits(out, v.i);
        return;
    case T_DOUBLE:
        put_real(out, v.d);
        return;
    case T_STRING:
        put_text(out, value_str(v));
        return;
    case T_ARRAY:
        put_list(out, t, v);
        return;
    case T_MAP:
        put_map(out, t, v);
        return;
    case T_STRUCT:
        put_object(out, t, v.v);
        return;
    default:
        assert(0); /* a type that answers.def does not have */
    }
}

/* ---- kinds that are shaped differently */

value answer_value(const answer *ans, size_t row, const char *column)
{
    int32_t i = type_field_index(ans->row, str_of(column));
    assert(i >= 0 && row < ans->n);
    return ans->rows[row][i];
}

static void put_column(buf *out, bool *first, const answer *ans, size_t row, const char *column)
{
    int32_t i = type_field_index(ans->row, str_of(column));
    assert(i >= 0);
    put_name(out, first, str_of(column));
    put_value(out, ans->row->fields[i].type, ans->rows[row][i]);
}

void entities_put_status(buf *out, const answer *command)
{
    bool first = true;
    buf_putc(out, '{');
    put_column(out, &first, command, 0, "status");
    put_column(out, &first, command, 0, "message");
    put_column(out, &first, command, 0, "queryId");
    buf_putc(out, '}');
}

static void put_command(buf *out, const answer *ans)
{
    bool first = true;
    put_column(out, &first, ans, 0, "commandId");
    put_name(out, &first, STR("commandStatus"));
    entities_put_status(out, ans);
    put_column(out, &first, ans, 0, "commandSequenceNumber");
}

/* {NAME: schema} */
static void put_types(buf *out, const answer *ans)
{
    bool first = true;
    buf_putz(out, "\"types\":{");
    for (size_t i = 0; i < ans->n; i++) {
        put_name(out, &first, value_str(answer_value(ans, i, "name")));
        put_type(out, value_str(answer_value(ans, i, "type")));
    }
    buf_putc(out, '}');
}

/* The names of the properties of which a column is true. */
static void put_properties_where(buf *out, const answer *ans, const char *member, const char *column)
{
    bool first = true;
    buf_printf(out, ",\"%s\":[", member);
    for (size_t i = 0; i < ans->n; i++) {
        if (!answer_value(ans, i, column).i)
            continue;
        if (!first)
            buf_putc(out, ',');
        first = false;
        put_text(out, value_str(answer_value(ans, i, "name")));
    }
    buf_putc(out, ']');
}

static void put_properties(buf *out, const answer *ans)
{
    static const char *const columns[] = {"name", "scope", "value", "editable", "level", "origin"};
    buf_putz(out, "\"properties\":[");
    for (size_t i = 0; i < ans->n; i++) {
        bool first = true;
        buf_putz(out, i ? ",{" : "{");
        for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
            put_column(out, &first, ans, i, columns[k]);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    put_properties_where(out, ans, "overwrittenProperties", "isOverwritten");
    put_properties_where(out, ans, "defaultProperties", "isDefault");
}

static const struct {
    const char *member; /* under which the rows stand; NULL: the one row's columns are the entity's members */
    void (*put)(buf *out, const answer *ans);
} shapes[ANSWER_KIND_COUNT] = {
    [ANSWER_COMMAND] = {NULL, put_command},
    [ANSWER_STREAMS] = {"streams", NULL},
    [ANSWER_TABLES] = {"tables", NULL},
    [ANSWER_SOURCE_DESCRIPTIONS] = {"sourceDescriptions", NULL},
    [ANSWER_SOURCE_DESCRIPTION] = {"sourceDescription", NULL},
    [ANSWER_QUERIES] = {"queries", NULL},
    [ANSWER_QUERY_DESCRIPTIONS] = {"queryDescriptions", NULL},
    [ANSWER_QUERY_DESCRIPTION] = {"queryDescription", NULL},
    [ANSWER_TOPICS] = {"topics", NULL},
    [ANSWER_TOPICS_EXTENDED] = {"topics", NULL},
    [ANSWER_PROPERTIES] = {NULL, put_properties},
    [ANSWER_FUNCTIONS] = {"functions", NULL},
    [ANSWER_TYPES] = {NULL, put_types},
    [ANSWER_VARIABLES] = {"variables", NULL},
};

/* ---- entities */

static void put_rows(buf *out, const answer *ans, const char *member)
{
    bool many = answer_info_of(ans->kind)->rows == ANSWER_MANY;
    buf_printf(out, "\"%s\":", member);
    if (many)
        buf_putc(out, '[');
    for (size_t i = 0; i < ans->n; i++) {
        if (i)
            buf_putc(out, ',');
        put_object(out, ans->row, ans->rows[i]);
    }
    if (many)
        buf_putc(out, ']');
}

static void put_entity(buf *out, const answer *ans)
{
    bool first = true;
    buf_printf(out, "{\"@type\":\"%s\",\"statementText\":", answer_info_of(ans->kind)->name);
    put_text(out, ans->statement);
    buf_putc(out, ',');
    if (shapes[ans->kind].put) {
        shapes[ans->kind].put(out, ans);
    } else if (shapes[ans->kind].member) {
        put_rows(out, ans, shapes[ans->kind].member);
    } else {
        assert(answer_info_of(ans->kind)->rows == ANSWER_ONE);
        put_members(out, &first, ans->row, ans->rows[0]);
    }
    buf_putz(out, ",\"warnings\":[");
    if (ans->warning.n) {
        buf_putz(out, "{\"message\":");
        put_text(out, ans->warning);
        buf_putc(out, '}');
    }
    buf_putz(out, "]}");
}

void entities_put(buf *out, const answers *all)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < all->n; i++) {
        if (i)
            buf_putc(out, ',');
        put_entity(out, all->list[i]);
    }
    buf_putc(out, ']');
}

/* ---- GET /clusterStatus */

/* "id": {...}, in which servers that do not stand by have none of what stands by. */
static void put_cluster_query(buf *out, const type *t, const value *v)
{
    bool outer = true, first = true;
    put_name(out, &outer, value_str(v[0]));
    buf_putc(out, '{');
    for (uint32_t i = 1; i < t->field_count; i++) {
        if (value_is_null(v[i]) && is_left_out(t->fields[i].name))
            continue;
        put_name(out, &first, t->fields[i].name);
        put_value(out, t->fields[i].type, v[i]);
        if (str_eqz(t->fields[i].name, "activePartitions"))
            buf_putz(out, ",\"standByStores\":[],\"standByPartitions\":[]");
    }
    buf_putc(out, '}');
}

void entities_put_cluster(buf *out, const answer *cluster)
{
    int32_t     at = type_field_index(cluster->row, STR("queries"));
    const type *t = cluster->row->fields[at].type->elem;
    bool        hosts = true;
    buf_putz(out, "{\"clusterStatus\":{");
    for (size_t i = 0; i < cluster->n; i++) {
        bool  first = true;
        value queries = cluster->rows[i][at];
        put_name(out, &hosts, value_str(answer_value(cluster, i, "host")));
        buf_putc(out, '{');
        put_column(out, &first, cluster, i, "hostAlive");
        put_column(out, &first, cluster, i, "lastStatusUpdateMs");
        buf_putz(out, ",\"activeStandbyPerQuery\":{");
        for (uint32_t k = 0; k < queries.n; k++) {
            if (k)
                buf_putc(out, ',');
            put_cluster_query(out, t, queries.v[k].v);
        }
        buf_putz(out, "},\"hostStoreLags\":{\"stateStoreLags\":{},\"updateTimeMs\":");
        buf_put_digits(out, answer_value(cluster, i, "lastStatusUpdateMs").i);
        buf_putz(out, "}}");
    }
    buf_putz(out, "}}");
}
