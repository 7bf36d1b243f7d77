#include "engine/settings/property.h"

#include "base/num.h"

typedef enum property_kind { PROPERTY_TEXT, PROPERTY_BOOL, PROPERTY_LONG } property_kind;

static const struct {
    const char   *name;
    property_kind kind;
} known[] = {
#define PROPERTY(name, kind) {name, PROPERTY_##kind},
#include "engine/settings/property.def"
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

str property_plain_name(str name)
{
    return without(name, "ksql.streams.");
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
    str plain = property_plain_name(name);
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

bool property_is_known(str name)
{
    return resolve(name) != -1;
}

static bool check_known(str name, status *st)
{
    return property_is_known(name) ||
           status_set(st, ST_BAD_REQUEST, "Not recognizable as ksql, streams, consumer, or producer property: '%.*s'",
                      STR_FMT(name));
}

static bool check_allowed(str name, status *st)
{
    str plain = property_plain_name(name);
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
    if (ok && str_eqz(property_plain_name(name), "auto.offset.reset") && str_eq_nocase(text, STR("none")))
        return status_set(st, ST_BAD_REQUEST, "'none' is not valid for this property within KSQL");
    return ok || status_set(st, ST_BAD_REQUEST, "Failed to coerce type of value '%.*s' for key '%.*s'", STR_FMT(text),
                            STR_FMT(name));
}

bool property_check_name(str name, status *st)
{
    return check_known(name, st) && check_allowed(name, st);
}

bool property_check(str name, str value, status *st)
{
    return property_check_name(name, st) && check_value(name, value, st);
}
