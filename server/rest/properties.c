/* Properties in requests: which names are known, which values they take, which may be set at all
 * (spec/rest-api-and-shell.md 6.3). */
#include <stdio.h>

#include "base/num.h"
#include "server/rest/rest_int.h"

typedef enum property_kind { PROPERTY_TEXT, PROPERTY_BOOL, PROPERTY_LONG } property_kind;

static const struct {
    const char   *name;
    property_kind kind;
} known[] = {
#define PROPERTY(name, kind) {name, PROPERTY_##kind},
#include "server/rest/properties.def"
#undef PROPERTY
};

static const char *const fixed[] = {
    "bootstrap.servers",
    "ksql.extension.dir",
    "ksql.query.persistent.active.limit",
    "ksql.pull.queries.enable",
    "ksql.hidden.topics",
    "ksql.readonly.topics",
    "ksql.source.table.materialization.enabled",
    "ksql.headers.columns.enabled",
};

static str without(str name, const char *prefix)
{
    str p = str_of(prefix);
    return str_starts(name, p) ? str_make(name.p + p.n, name.n - p.n) : name;
}

static int find(str name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eqz(name, known[i].name))
            return (int)i;
    return -1;
}

/* The row of a name in any of its spellings; -1: unknown; -2: any value will do. */
static int resolve(str name)
{
    if (str_starts(name, STR("ksql.functions.")))
        return -2;
    str plain = without(name, "ksql.streams.");
    if (str_starts(plain, STR("ksql."))) /* ksqlDB's own take no prefix */
        return plain.n == name.n ? find(name) : -1;
    int at = find(plain);
    if (at >= 0)
        return at;
    str client = without(without(without(plain, "main."), "restore."), "global.");
    client = without(client, "consumer.");
    if (client.n == plain.n)
        client = without(without(plain, "producer."), "admin.");
    return client.n == plain.n ? -1 : find(client);
}

static bool check_known(str name, status *st)
{
    return resolve(name) != -1 ||
           status_set(st, ST_BAD_REQUEST, "Not recognizable as ksql, streams, consumer, or producer property: '%.*s'",
                      STR_FMT(name));
}

static bool check_allowed(str name, status *st)
{
    str plain = without(name, "ksql.streams.");
    if (str_eqz(name, "ksql.service.id"))
        return status_set(st, ST_BAD_REQUEST,
                          "One or more properties overrides set locally are prohibited by the KSQL server denylist "
                          "(use UNSET to reset their default value): [%.*s]",
                          STR_FMT(name));
    bool is_fixed = str_starts(plain, STR("ssl."));
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        is_fixed = is_fixed || str_eqz(plain, fixed[i]);
    return !is_fixed || status_set(st, ST_BAD_REQUEST, "Cannot override property '%.*s'", STR_FMT(name));
}

static bool check_value(str name, str text, status *st)
{
    int     at = resolve(name);
    int64_t n;
    bool    ok = at < 0 || known[at].kind == PROPERTY_TEXT ||
              (known[at].kind == PROPERTY_LONG && num_parse_i64(str_trim(text), &n)) ||
              (known[at].kind == PROPERTY_BOOL &&
               (str_eq_nocase(str_trim(text), STR("true")) || str_eq_nocase(str_trim(text), STR("false"))));
    return ok || status_set(st, ST_BAD_REQUEST, "Failed to coerce type of value '%.*s' for key '%.*s'", STR_FMT(text),
                            STR_FMT(name));
}

/* A JSON scalar as text, in the arena; false: it is none. */
static bool scalar_text(arena *a, const json_t *v, str *out)
{
    if (json_is_string(v)) {
        *out = str_make(json_string_value(v), json_string_length(v));
        return true;
    }
    if (json_is_array(v) || json_is_object(v))
        return false;
    buf b = BUF_INIT(256);
    json_put(&b, v);
    *out = str_dup(a, buf_str(&b));
    buf_free(&b);
    return true;
}

static bool set_property(call *c, session *s, const char *key, const json_t *v)
{
    str    text, name = str_of(key);
    status st;
    status_init(&st);
    if (json_is_null(v) || str_eqz(name, "ksql.run.script.statements"))
        return true;
    if (!scalar_text(&c->a, v, &text))
        status_set(&st, ST_BAD_REQUEST,
                   "Failed to coerce type of value of key '%s': a text, a number or a boolean "
                   "is needed",
                   key);
    else if (check_known(name, &st) && check_allowed(name, &st) && check_value(name, text, &st) &&
             session_set(s, name, text, &st))
        return true;
    call_error(c, 40000, st.msg);
    return false;
}

static json_t *member_object(call *c, json_t *body, const char *name, bool *ok)
{
    json_t *o = json_object_get(body, name);
    char    msg[256];
    *ok = o == NULL || json_is_null(o) || json_is_object(o);
    if (*ok)
        return json_is_object(o) ? o : NULL;
    snprintf(msg, sizeof msg, "Invalid JSON in request: \"%s\" must be an object", name);
    call_error(c, 40000, msg);
    return NULL;
}

bool call_session(call *c, json_t *body, const char *properties_name, session *s)
{
    bool        ok;
    const char *key;
    json_t     *v, *o = member_object(c, body, properties_name, &ok);
    if (!ok)
        return false;
    json_object_foreach(o, key, v)
    {
        if (!set_property(c, s, key, v))
            return false;
    }
    o = member_object(c, body, "sessionVariables", &ok);
    if (!ok)
        return false;
    json_object_foreach(o, key, v)
    {
        str text;
        if (scalar_text(&c->a, v, &text) && !json_is_null(v))
            session_define(s, str_of(key), text);
    }
    return true;
}

void rest_is_valid_property(call *c)
{
    status st;
    status_init(&st);
    if (check_known(c->tail, &st) && check_allowed(c->tail, &st))
        call_text(c, 200, TYPE_JSON, STR("true"));
    else
        call_error(c, 40000, st.msg);
}
