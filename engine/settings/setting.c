/* The table's rows: finding them by any spelling, and what values they take. */
#include "engine/settings/settings.h"

#include "base/num.h"
#include "engine/settings/listener.h"

const setting setting_rows[] = {
#define SET(id, name, kind, dflt, min, max, choices, scope, doc) \
    [SETTING_##id] = {name, false, true, KIND_##kind, SCOPE_##scope, dflt, min, max, choices, doc},
#define STREAMS(id, name, kind, dflt, min, max, choices, scope, doc) \
    [SETTING_##id] = {name, true, true, KIND_##kind, SCOPE_##scope, dflt, min, max, choices, doc},
#define WITHOUT_EFFECT(name, kind, scope) {name, true, false, KIND_##kind, scope, "", INT64_MIN, INT64_MAX, NULL, NULL},
#define KNOWN(name, kind) WITHOUT_EFFECT(name, kind, SCOPE_SESSION)
#define FIXED(name, kind) WITHOUT_EFFECT(name, kind, SCOPE_START)
#include "engine/settings/settings.def"
};
const size_t setting_row_count = sizeof setting_rows / sizeof *setting_rows;

typedef enum family_giver { FILES, ANYONE } family_giver;

static const struct {
    const char  *prefix;
    family_giver who;
} families[] = {
#define FAMILY(prefix, who) {prefix, who},
#include "engine/settings/settings.def"
};

/* Kafka Streams gives each of its clients settings of their own. Queries read by the main consumer's. */
static const struct {
    const char *prefix;
    bool        is_main;
} clients[] = {
    {"consumer.", true},         {"main.consumer.", true}, {"restore.consumer.", false},
    {"global.consumer.", false}, {"producer.", false},     {"admin.", false},
};

/* ---- names */

static const setting *find(str name)
{
    for (size_t i = 0; i < setting_row_count; i++)
        if (str_eqz(name, setting_rows[i].name))
            return &setting_rows[i];
    return NULL;
}

static str without(str name, const char *prefix)
{
    str p = str_of(prefix);
    return str_starts(name, p) ? str_make(name.p + p.n, name.n - p.n) : name;
}

static bool is_of_family(str name, bool files)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (str_starts(name, str_of(families[i].prefix)) && (files || families[i].who == ANYONE))
            return true;
    return false;
}

static bool is_ksqls(str name)
{
    return str_starts(name, STR("ksql."));
}

setting_name setting_resolve(str name)
{
    str            plain = without(name, "ksql.streams.");
    const setting *row = find(plain);
    bool           prefixed = plain.n < name.n;
    if (row && (!prefixed || (row->streams && !is_ksqls(plain))))
        return (setting_name){row, str_of(row->name), true, true};
    setting_name unknown = {NULL, plain, is_of_family(name, false), false};
    if (row || is_ksqls(plain))
        return unknown;
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        str own = without(plain, clients[i].prefix);
        row = own.n < plain.n ? find(own) : NULL;
        if (row && row->streams && !is_ksqls(own))
            return (setting_name){row, clients[i].is_main ? str_of(row->name) : plain, true, clients[i].is_main};
    }
    return unknown;
}

bool setting_is_known_at_start(str name)
{
    return setting_resolve(name).known || is_of_family(without(name, "ksql.streams."), true);
}

bool setting_put_warning(buf *out, str name)
{
    setting_name n = setting_resolve(name);
    if (n.row == NULL || (n.applies && n.row->effect && n.row->scope >= SCOPE_SESSION))
        return false;
    buf_printf(out, "'%.*s' has no effect %s", STR_FMT(name),
               n.applies && n.row->effect ? "here: the server reads it when it starts, from its configuration."
                                          : "here. It is taken because ksqlDB's clients send it.");
    return true;
}

const setting *setting_nearest(str name)
{
    const setting *best = NULL;
    uint32_t       best_distance = UINT32_MAX;
    str            plain = without(name, "ksql.streams.");
    for (size_t i = 0; i < setting_row_count; i++) {
        uint32_t d = str_distance(plain, str_of(setting_rows[i].name));
        if (d < best_distance) {
            best_distance = d;
            best = &setting_rows[i];
        }
    }
    return best_distance * 2 <= plain.n ? best : NULL;
}

void setting_put_name(buf *out, const setting *s)
{
    if (s->streams && s->scope != SCOPE_START && !is_ksqls(str_of(s->name)))
        buf_putz(out, "ksql.streams.");
    buf_putz(out, s->name);
}

void setting_put_key(buf *out, str key)
{
    setting_name n = setting_resolve(key);
    if (n.applies) {
        setting_put_name(out, n.row);
        return;
    }
    if (n.known && !is_ksqls(key))
        buf_putz(out, "ksql.streams.");
    buf_puts(out, key);
}

bool setting_is_secret(str name)
{
    static const char *const words[] = {"password", "secret", "jaas", "credential", "auth.user.info", "token"};
    setting_name             n = setting_resolve(name);
    if (n.row)
        return n.row->kind == KIND_SECRET;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_find(name, str_of(words[i]), 0) >= 0)
            return true;
    return str_ends(name, STR(".key")) || str_starts(name, STR("ksql.functions."));
}

/* ---- values */

typedef enum fault { FAULT_NONE, FAULT_KIND, FAULT_SMALL, FAULT_LARGE, FAULT_CHOICE } fault;

static bool is_choice(const char *choices, str value)
{
    for (const char *p = choices; *p;) {
        size_t n = strcspn(p, " ");
        if (str_eq_nocase(value, str_make(p, n)))
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

/* The choices with a separator between them, another one before the last. */
static void put_choices(buf *out, const char *choices, const char *between, const char *last)
{
    for (const char *p = choices; *p;) {
        size_t n = strcspn(p, " ");
        buf_put(out, p, n);
        p += n + (p[n] == ' ');
        if (*p)
            buf_putz(out, strchr(p, ' ') ? between : last);
    }
}

static fault find_fault(const setting *s, str value)
{
    int64_t v;
    if (value.n == 0 && s->effect && s->dflt[0] == 0)
        return FAULT_NONE;
    switch (s->kind) {
    case KIND_TEXT:
    case KIND_SECRET:
    case KIND_LISTENERS:
        return FAULT_NONE;
    case KIND_BOOL:
        return str_eq_nocase(value, STR("true")) || str_eq_nocase(value, STR("false")) ? FAULT_NONE : FAULT_KIND;
    case KIND_CHOICE:
        return is_choice(s->choices, value) ? FAULT_NONE : FAULT_CHOICE;
    case KIND_INT:
    case KIND_SIZE:
        if (!num_parse_i64(value, &v) && (s->kind == KIND_INT || !num_parse_size(value, &v)))
            return FAULT_KIND;
        return v < s->min ? FAULT_SMALL : v > s->max ? FAULT_LARGE : FAULT_NONE;
    }
    return FAULT_NONE;
}

bool setting_check_value(const setting *s, str value, status *st)
{
    listener ls[LISTENERS_OF_A_SETTING_MAX];
    size_t   n;
    if (s->kind == KIND_LISTENERS)
        return listeners_parse(s, value, ls, &n, st);
    switch (find_fault(s, value)) {
    case FAULT_NONE:
        return true;
    case FAULT_CHOICE:
        return status_set(st, ST_BAD_REQUEST, "'%.*s' is not one of: %s", STR_FMT(value), s->choices);
    case FAULT_SMALL:
    case FAULT_LARGE:
        return status_set(st, ST_BAD_REQUEST, "%.*s is out of range: from %ld to %ld", STR_FMT(value), s->min, s->max);
    case FAULT_KIND:
        break;
    }
    if (s->kind == KIND_BOOL)
        return status_set(st, ST_BAD_REQUEST, "'%.*s' is neither true nor false", STR_FMT(value));
    return status_set(st, ST_BAD_REQUEST, "'%.*s' is not %s", STR_FMT(value),
                      s->kind == KIND_SIZE ? "a size in bytes (4096, 64k, 128m, 1g)" : "a whole number");
}

/* ---- sessions and requests */

static bool is_none(const setting *s, str value)
{
    return s == &setting_rows[SETTING_AUTO_OFFSET_RESET] && str_eq_nocase(value, STR("none"));
}

static bool none_refused(status *st)
{
    return status_set(st, ST_BAD_REQUEST, "'none' is not valid for this property within KSQL");
}

bool setting_check_name(str name, status *st)
{
    setting_name n = setting_resolve(name);
    if (!n.known)
        return status_set(st, ST_BAD_REQUEST,
                          "Not recognizable as ksql, streams, consumer, or producer property: '%.*s'", STR_FMT(name));
    if (n.row == &setting_rows[SETTING_SERVICE_ID])
        return status_set(st, ST_BAD_REQUEST,
                          "One or more properties overrides set locally are prohibited by the KSQL server denylist "
                          "(use UNSET to reset their default value): [%.*s]",
                          STR_FMT(name));
    return n.row == NULL || n.row->scope != SCOPE_START ||
           status_set(st, ST_BAD_REQUEST, "Cannot override property '%.*s'", STR_FMT(name));
}

/* Kafka's own words for values out of range. */
static bool refuse_value(const setting *s, fault f, str name, str value, status *st)
{
    buf list = BUF_INIT(1024);
    switch (f) {
    case FAULT_NONE:
        return true;
    case FAULT_KIND:
        return status_set(st, ST_BAD_REQUEST, "Failed to coerce type of value '%.*s' for key '%.*s'", STR_FMT(value),
                          STR_FMT(name));
    case FAULT_SMALL:
        return status_set(st, ST_BAD_REQUEST, "Invalid value %.*s for configuration %.*s: Value must be at least %ld",
                          STR_FMT(value), STR_FMT(name), s->min);
    case FAULT_LARGE:
        return status_set(st, ST_BAD_REQUEST,
                          "Invalid value %.*s for configuration %.*s: Value must be no more than %ld", STR_FMT(value),
                          STR_FMT(name), s->max);
    case FAULT_CHOICE:
        put_choices(&list, s->choices, ", ", ", ");
        status_set(st, ST_BAD_REQUEST, "Invalid value %.*s for configuration %.*s: String must be one of: %.*s",
                   STR_FMT(value), STR_FMT(name), (int)list.n, list.p);
        buf_free(&list);
        return false;
    }
    return false;
}

bool setting_check(str name, str value, status *st)
{
    if (!setting_check_name(name, st))
        return false;
    const setting *s = setting_resolve(name).row;
    if (s == NULL)
        return true;
    if (is_none(s, value))
        return none_refused(st);
    return refuse_value(s, find_fault(s, str_trim(value)), name, value, st);
}

/* ---- ALTER SYSTEM */

/* "a number of milliseconds" */
static void put_wanted(buf *out, const setting *s)
{
    bool is_time = str_ends(str_of(s->name), STR(".ms"));
    if (s->kind == KIND_CHOICE)
        put_choices(out, s->choices, ", ", " or ");
    else if (s->kind == KIND_BOOL)
        buf_putz(out, "true or false");
    else
        buf_putz(out, is_time ? "a number of milliseconds" : "a whole number");
    if (s->kind == KIND_INT && (s->min > 0 || (s->effect && s->max < INT64_MAX)))
        buf_printf(out, " from %ld to %ld", s->min, s->max);
}

bool setting_check_system(str name, str value, status *st)
{
    setting_name   n = setting_resolve(name);
    const setting *s = n.row;
    if (!n.known)
        return status_set(st, ST_SQL, "Not recognizable as ksql, streams, consumer, or producer property: %.*s \n",
                          STR_FMT(name));
    if (s == NULL)
        return true;
    if (s->scope < SCOPE_SESSION)
        return status_set(st, ST_SQL,
                          "It cannot be changed while the server runs. Set it in the server's configuration.");
    if (is_none(s, value))
        return none_refused(st);
    if (find_fault(s, str_trim(value)) == FAULT_NONE)
        return true;
    buf wanted = BUF_INIT(1024);
    put_wanted(&wanted, s);
    status_set(st, ST_SQL, "The value must be %.*s.", (int)wanted.n, wanted.p);
    buf_free(&wanted);
    return false;
}
