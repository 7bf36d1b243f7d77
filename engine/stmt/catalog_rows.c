#include "engine/stmt/catalog_rows.h"

#include <jansson.h>

#include "base/num.h"
#include "base/vec.h"
#include "engine/expr/expr.h"
#include "parser/parser.h"

/* ---- writing */

static json_t *text(str s)
{
    return json_stringn(s.p ? s.p : "", s.n);
}

/* Only what differs from the default is written: rows stay small and readable. */
static void put_text(json_t *o, const char *name, str s)
{
    if (s.n)
        json_object_set_new(o, name, text(s));
}

static void put_flag(json_t *o, const char *name, bool on)
{
    if (on)
        json_object_set_new(o, name, json_true());
}

static void put_number(json_t *o, const char *name, int64_t n, int64_t otherwise)
{
    if (n != otherwise)
        json_object_set_new(o, name, json_integer(n));
}

static kept_row row(arena *a, const char *kind, str name, json_t *body)
{
    char *dump = json_dumps(body, JSON_COMPACT);
    str   copy = str_dup(a, str_of(dump));
    free(dump);
    json_decref(body);
    return (kept_row){str_of(kind), name, copy};
}

static json_t *versioned(void)
{
    json_t *o = json_object();
    json_object_set_new(o, "v", json_integer(ROW_VERSION));
    return o;
}

static json_t *type_json(const type *t)
{
    arena a;
    arena_init(&a);
    json_t *j = text(type_text(&a, t));
    arena_free(&a);
    return j;
}

static const char *const ns_names[] = {"key", "value", "headers"};

static json_t *columns_json(const schema *s)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < s->n; i++) {
        const column *c = &s->cols[i];
        json_t       *o = json_object();
        json_object_set_new(o, "name", text(c->name));
        json_object_set_new(o, "type", type_json(c->type));
        if (c->ns != NS_VALUE)
            json_object_set_new(o, "in", json_string(ns_names[c->ns]));
        put_text(o, "header", c->header_key);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *format_json(const side_format *f)
{
    json_t *o = json_object();
    json_object_set_new(o, "format", json_string(formats[f->id].name));
    put_number(o, "features", f->features, 0);
    put_number(o, "delimiter", (unsigned char)f->delimiter, 0);
    put_text(o, "fullName", f->full_name);
    put_number(o, "schemaId", f->schema_id, -1);
    put_text(o, "nullable", f->nullable);
    return o;
}

static void put_topic_id(json_t *o, const uint8_t *id)
{
    static const char digits[] = "0123456789abcdef";
    char              hex[32];
    bool              known = false;
    for (int i = 0; i < 16; i++) {
        hex[2 * i] = digits[id[i] >> 4];
        hex[2 * i + 1] = digits[id[i] & 15];
        known |= id[i] != 0;
    }
    if (known)
        json_object_set_new(o, "topicId", json_stringn(hex, sizeof hex));
}

static json_t *source_json(const source *s)
{
    json_t *o = versioned();
    json_object_set_new(o, "name", text(s->name));
    json_object_set_new(o, "kind", json_string(source_kind_name(s->kind)));
    put_text(o, "topic", s->topic);
    put_topic_id(o, s->topic_id);
    put_number(o, "partitions", s->partitions, 0);
    json_object_set_new(o, "columns", columns_json(&s->schema));
    json_object_set_new(o, "key", format_json(&s->key));
    json_object_set_new(o, "value", format_json(&s->value));
    put_text(o, "window", str_of(window_kind_name(s->window.kind)));
    put_number(o, "windowSize", s->window.size_ms, 0);
    put_text(o, "timestamp", s->ts_column);
    put_text(o, "timestampFormat", s->ts_format);
    put_flag(o, "readOnly", s->read_only);
    put_flag(o, "fromQuery", s->from_query);
    put_text(o, "query", s->query_id);
    put_text(o, "statement", s->sql);
    return o;
}

kept_row row_of_source(arena *a, const source *s)
{
    return row(a, "source", s->name, source_json(s));
}

kept_row row_of_type(arena *a, str name, const type *t)
{
    json_t *o = versioned();
    json_object_set_new(o, "type", type_json(t));
    return row(a, "type", name, o);
}

static json_t *texts_json(const map *m)
{
    arena a;
    arena_init(&a);
    json_t *o = json_object();
    str    *names = map_sorted_keys(m, &a);
    for (size_t i = 0; i < m->n; i++)
        json_object_set_new(o, str_z(&a, names[i]), text(*(str *)map_get(m, names[i])));
    arena_free(&a);
    return o;
}

static const char *const kind_names[] = {"as", "insert", "sourceTable"};

kept_row row_of_query(arena *a, const query_info *q)
{
    json_t     *o = versioned(), *reads = json_array(), *types = json_object();
    pmap_entry *t = pmap_sorted(&q->cat.types, a);
    json_object_set_new(o, "kind", json_string(kind_names[q->kind]));
    json_object_set_new(o, "planner", json_integer(PLANNER_VERSION));
    json_object_set_new(o, "seq", json_integer(q->seq));
    json_object_set_new(o, "statement", text(q->sql));
    if (!str_eq(q->sql, q->text))
        json_object_set_new(o, "plans", text(q->text));
    for (uint32_t i = 0; i < q->read_count; i++)
        json_array_append_new(reads, source_json(q->reads[i]));
    for (size_t i = 0; i < q->cat.types.n; i++)
        json_object_set_new(types, str_z(a, t[i].key), type_json(((user_type *)t[i].value)->type));
    json_object_set_new(o, "reads", reads);
    json_object_set_new(o, "types", types);
    json_object_set_new(o, "sink", source_json(q->sink));
    json_object_set_new(o, "properties", texts_json(&q->properties));
    json_object_set_new(o, "settings", texts_json(&q->settings));
    put_flag(o, "paused", q->paused);
    return row(a, "query", q->id, o);
}

kept_row row_of_system(arena *a, str name, str set)
{
    json_t *o = versioned();
    json_object_set_new(o, "value", text(set));
    return row(a, "system", name, o);
}

kept_row row_of_leaving(arena *a, str query_id)
{
    return row(a, "leaving", query_id, versioned());
}

kept_row row_of_seq(arena *a, int64_t next)
{
    json_t *o = versioned();
    json_object_set_new(o, "next", json_integer(next));
    return row(a, "seq", STR(""), o);
}

kept_row row_gone(const char *kind, str name)
{
    return (kept_row){str_of(kind), name, STR_NONE};
}

/* ---- reading */

typedef struct reading {
    metastore *m;
    arena     *a;
    status    *st;
    VEC(str) leaving;
} reading;

static bool unreadable(reading *r, const char *what)
{
    return status_set(r->st, ST_CORRUPT, "%s", what);
}

/* In memory of the document; n = 0 when absent. */
static str get_text(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);
    return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR_NONE;
}

static int64_t get_number(const json_t *o, const char *name, int64_t otherwise)
{
    const json_t *v = json_object_get(o, name);
    return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

static bool get_flag(const json_t *o, const char *name)
{
    return json_is_true(json_object_get(o, name));
}

static int find_name(const char *const *names, int n, str s, int otherwise)
{
    for (int i = 0; i < n; i++)
        if (str_eqz(s, names[i]))
            return i;
    return otherwise;
}

static const type *get_type(reading *r, arena *a, str s)
{
    const ast_type *t;
    if (!parse_type(a, s, &t, r->st))
        return NULL;
    const type *resolved = type_resolve(a, t, NULL, NULL, r->st);
    return resolved ? type_copy(a, resolved) : NULL;
}

static bool get_columns(reading *r, source *s, const json_t *list)
{
    size_t  i;
    json_t *o;
    column *cols = ARENA_ARRAY(&s->a, column, json_array_size(list) + 1);
    json_array_foreach(list, i, o)
    {
        str         name = get_text(o, "name");
        const type *t = get_type(r, &s->a, str_dup(&s->a, get_text(o, "type")));
        if (t == NULL)
            return false;
        cols[i] = (column){.name = str_dup(&s->a, name),
                           .type = t,
                           .ns = (column_ns)find_name(ns_names, 3, get_text(o, "in"), NS_VALUE),
                           .header_key = str_dup(&s->a, get_text(o, "header"))};
        cols[i].all_headers = cols[i].ns == NS_HEADERS && cols[i].header_key.n == 0;
    }
    s->schema = (schema){cols, (uint32_t)json_array_size(list)};
    return true;
}

static bool get_format(reading *r, arena *a, const json_t *o, side_format *f)
{
    if (!format_by_name(get_text(o, "format"), &f->id, r->st))
        return false;
    f->features = (uint32_t)get_number(o, "features", 0);
    f->delimiter = (char)get_number(o, "delimiter", 0);
    f->full_name = str_dup(a, get_text(o, "fullName"));
    f->schema_id = (int32_t)get_number(o, "schemaId", -1);
    f->nullable = str_dup(a, get_text(o, "nullable"));
    return true;
}

static void get_topic_id(const json_t *o, uint8_t *id)
{
    str hex = get_text(o, "topicId");
    for (uint32_t i = 0; hex.n == 32 && i < 32; i++) {
        char c = hex.p[i];
        id[i / 2] = (uint8_t)(id[i / 2] << 4 | (c <= '9' ? c - '0' : c - 'a' + 10));
    }
}

static ast_window_kind get_window(str s)
{
    for (int k = WINDOW_NONE + 1; k <= WINDOW_SESSION; k++)
        if (str_eqz(s, window_kind_name((ast_window_kind)k)))
            return (ast_window_kind)k;
    return WINDOW_NONE;
}

/* A new reference; NULL + st. */
static source *get_source(reading *r, const json_t *o)
{
    source *s = source_new();
    arena  *a = &s->a;
    s->name = str_dup(a, get_text(o, "name"));
    s->kind = str_eqz(get_text(o, "kind"), "table") ? SOURCE_TABLE : SOURCE_STREAM;
    s->topic = str_dup(a, get_text(o, "topic"));
    get_topic_id(o, s->topic_id);
    s->partitions = (int32_t)get_number(o, "partitions", 0);
    s->window = (window_info){get_window(get_text(o, "window")), get_number(o, "windowSize", 0)};
    s->ts_column = str_dup(a, get_text(o, "timestamp"));
    s->ts_format = str_dup(a, get_text(o, "timestampFormat"));
    s->read_only = get_flag(o, "readOnly");
    s->from_query = get_flag(o, "fromQuery");
    s->query_id = str_dup(a, get_text(o, "query"));
    s->sql = str_dup(a, get_text(o, "statement"));
    if (s->name.n && get_columns(r, s, json_object_get(o, "columns")) &&
        get_format(r, a, json_object_get(o, "key"), &s->key) &&
        get_format(r, a, json_object_get(o, "value"), &s->value))
        return s;
    if (r->st->code == ST_OK)
        unreadable(r, "it lacks a name");
    source_unref(s);
    return NULL;
}

static bool load_source(reading *r, str name, const json_t *o)
{
    (void)name;
    source *s = get_source(r, o);
    if (s)
        catalog_put(&r->m->cat, s);
    return s != NULL;
}

static bool put_type(reading *r, catalog *c, str name, str type_sql)
{
    arena a;
    arena_init(&a);
    const type *t = get_type(r, &a, str_dup(&a, type_sql));
    if (t)
        catalog_type_put(c, name, t);
    arena_free(&a);
    return t != NULL;
}

static bool load_type(reading *r, str name, const json_t *o)
{
    return put_type(r, &r->m->cat, name, get_text(o, "type"));
}

static void get_texts(query_info *q, map *m, json_t *o)
{
    const char *name;
    json_t     *v;
    json_object_foreach(o, name, v) if (json_is_string(v))
        query_info_put(q, m, str_of(name), str_make(json_string_value(v), json_string_length(v)));
}

static bool fill_query(reading *r, query_info *q, const json_t *o)
{
    size_t      i;
    json_t     *v, *types = json_object_get(o, "types");
    const char *name;
    json_array_foreach(json_object_get(o, "reads"), i, v)
    {
        source *s = get_source(r, v);
        if (s == NULL)
            return false;
        query_info_add_read(q, s);
    }
    json_object_foreach(
        types, name,
        v) if (!put_type(r, &q->cat, str_of(name), str_make(json_string_value(v), json_string_length(v)))) return false;
    q->sink = get_source(r, json_object_get(o, "sink"));
    return q->sink != NULL;
}

static bool load_query(reading *r, str id, const json_t *o)
{
    query_info *q = query_info_new();
    str         plans = get_text(o, "plans");
    q->kind = (query_kind)find_name(kind_names, 3, get_text(o, "kind"), QUERY_AS);
    q->id = str_dup(&q->a, id);
    q->seq = get_number(o, "seq", 0);
    q->sql = str_dup(&q->a, get_text(o, "statement"));
    q->text = plans.n ? str_dup(&q->a, plans) : q->sql;
    q->paused = get_flag(o, "paused");
    get_texts(q, &q->properties, json_object_get(o, "properties"));
    get_texts(q, &q->settings, json_object_get(o, "settings"));
    if (!fill_query(r, q, o)) {
        query_info_unref(q);
        return false;
    }
    pmap_put(&r->m->queries, q->id, q);
    return true;
}

static bool load_system(reading *r, str name, const json_t *o)
{
    settings_system_put(&r->m->system, name, get_text(o, "value"));
    return true;
}

static bool load_leaving(reading *r, str name, const json_t *o)
{
    (void)o;
    AVEC_PUSH(r->a, &r->leaving, str_dup(r->a, name));
    return true;
}

static bool load_seq(reading *r, str name, const json_t *o)
{
    (void)name;
    r->m->next_seq = get_number(o, "next", 1);
    return true;
}

static const struct {
    const char *kind;
    bool (*load)(reading *r, str name, const json_t *o);
} loaders[] = {
    {"source", load_source}, {"type", load_type},       {"query", load_query},
    {"system", load_system}, {"leaving", load_leaving}, {"seq", load_seq},
};

static bool load_row(reading *r, const kept_row *k)
{
    json_error_t e;
    json_t      *o = json_loadb(k->body.p, k->body.n, JSON_ALLOW_NUL, &e);
    bool         ok = false;
    if (!json_is_object(o))
        ok = unreadable(r, "it is not a JSON object");
    else if (get_number(o, "v", 0) > ROW_VERSION)
        ok = status_set(r->st, ST_INVALID_CONFIG, "it was written by a newer version of weir (format %ld, known: %d)",
                        get_number(o, "v", 0), ROW_VERSION);
    else
        for (size_t i = 0; i < sizeof loaders / sizeof *loaders; i++)
            if (str_eqz(k->kind, loaders[i].kind)) {
                ok = loaders[i].load(r, k->name, o);
                break;
            }
    if (!ok && r->st->code == ST_OK)
        unreadable(r, "its kind is unknown");
    json_decref(o);
    return ok ||
           status_prefix(r->st, "The catalog cannot be read: row %.*s '%.*s': ", STR_FMT(k->kind), STR_FMT(k->name));
}

bool rows_load(metastore *m, const kept_row *rows, size_t n, arena *a, str **leaving, size_t *leaving_count, status *st)
{
    reading r = {.m = m, .a = a, .st = st};
    for (size_t i = 0; i < n; i++)
        if (!load_row(&r, &rows[i]))
            return false;
    *leaving = r.leaving.p;
    *leaving_count = r.leaving.n;
    return true;
}
