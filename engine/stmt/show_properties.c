/* SHOW PROPERTIES: every setting in effect and whatever else was given a value (spec/rest-api-and-shell.md 6.3). */
#include <stdlib.h>

#include "engine/stmt/exec.h"

typedef struct property {
    str  key, name; /* as layers hold it, as it is shown */
    bool streams;   /* Kafka Streams' and its clients' stand behind all others */
} property;

typedef VEC(property) property_list;

static void add(exec *x, property_list *list, str key)
{
    buf b = BUF_INIT(1024);
    setting_put_key(&b, key);
    property p = {.key = key, .name = str_dup(x->a, buf_str(&b))};
    p.streams = str_starts(p.name, STR("ksql.streams."));
    AVEC_PUSH(x->a, list, p);
    buf_free(&b);
}

static void add_layer(exec *x, property_list *list, const map *layer)
{
    str   key;
    void *v;
    for (size_t i = 0; layer && map_next(layer, &i, &key, &v);)
        add(x, list, key);
}

static int by_name(const void *a, const void *b)
{
    const property *x = a, *y = b;
    return x->streams != y->streams ? x->streams - y->streams : str_cmp(x->name, y->name);
}

/* The value in effect; p NULL: it has none. */
static str value_of(const settings_view *v, str key, settings_origin *from)
{
    setting_name n = setting_resolve(key);
    str          s = settings_find(v, key, from);
    return s.p == NULL && n.applies && n.row->dflt[0] ? str_of(n.row->dflt) : s;
}

static bool is_default(str text, str key)
{
    setting_name n = setting_resolve(key);
    return text.p == NULL || (n.applies && n.row->effect && str_eqz(text, n.row->dflt));
}

static void put_property(record r, const property *p, str text, settings_origin from)
{
    setting_name n = setting_resolve(p->key);
    bool         editable = n.applies && n.row->effect && n.row->scope >= SCOPE_SESSION;
    record_put_text(r, "name", p->name);
    record_put_z(r, "scope", "KSQL");
    if (text.p)
        record_put_text(r, "value", setting_is_secret(p->key) ? STR("[hidden]") : text);
    record_put_flag(r, "editable", editable);
    record_put_z(r, "level", editable ? "QUERY" : "SERVER");
    record_put_z(r, "origin", settings_origin_name(from));
    record_put_flag(r, "isDefault", is_default(text, p->key));
}

bool stmt_show_properties(exec *x)
{
    answer_draft *d = answer_begin(x, x->answer);
    settings_view v = exec_settings(x), servers = {.server = v.server};
    property_list all = {0};
    for (size_t i = 0; i < SETTING_COUNT; i++)
        add(x, &all, str_of(setting_rows[i].name));
    add_layer(x, &all, v.session);
    pmap_entry *system = pmap_sorted(v.system, x->a);
    for (size_t i = 0; i < v.system->n; i++)
        add(x, &all, system[i].key);
    add_layer(x, &all, v.server ? &v.server->values : NULL);
    qsort(all.p, all.n, sizeof *all.p, by_name);
    for (size_t i = 0; i < all.n; i++) {
        const property *p = &all.p[i];
        settings_origin from, ignored;
        if ((i && str_eq(p->key, p[-1].key)) || str_starts(p->key, STR("ssl.")))
            continue;
        str    text = value_of(&v, p->key, &from);
        record r = answer_add_row(d);
        put_property(r, p, text, from);
        record_put_flag(r, "isOverwritten",
                        from == ORIGIN_SESSION && !str_eq(text, value_of(&servers, p->key, &ignored)));
    }
    return answer_end(x, d);
}
