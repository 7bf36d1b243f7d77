#include "server/settings.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

#define FILE_MAX_BYTES ((size_t)4 << 20)

const setting setting_rows[] = {
#define SET(name, kind, dflt, min, max, choices, per_query, doc) \
    {name, SETTING_##kind, dflt, min, max, choices, per_query, doc},
#include "server/settings.def"
#undef SET
};
const size_t setting_count = sizeof setting_rows / sizeof *setting_rows;

/* Java system properties have no place in the file; ksqlDB refuses them too. */
static const char *const refused_prefixes[] = {
    "java.", "os.", "sun.", "user.", "line.separator", "path.separator", "file.separator",
};

const setting *setting_find(str name)
{
    for (size_t i = 0; i < setting_count; i++)
        if (str_eqz(name, setting_rows[i].name))
            return &setting_rows[i];
    return NULL;
}

/* ---- kinds */

static bool check_number(const setting *s, str value, bool size, status *st)
{
    int64_t v;
    bool    ok = (size && num_parse_size(value, &v)) || num_parse_i64(value, &v);
    if (!ok)
        return status_set(st, ST_BAD_REQUEST, "'%.*s' is not %s", STR_FMT(value),
                          size ? "a size in bytes (4096, 64k, 128m, 1g)" : "a whole number");
    if (v < s->min || v > s->max)
        return status_set(st, ST_BAD_REQUEST, "%.*s is out of range: from %ld to %ld", STR_FMT(value), s->min, s->max);
    return true;
}

static bool is_flag(str v)
{
    return str_eq_nocase(v, STR("true")) || str_eq_nocase(v, STR("false"));
}

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

/* One SCHEME://HOST:PORT; HOST may be [::1], * or empty. */
static bool parse_listener(str text, const char *scheme, listener *out, status *st)
{
    int64_t port, colon = -1;
    str     want = str_of(scheme);
    int64_t sep = str_find(text, STR("://"), 0);
    if (sep != want.n || !str_eq_nocase(str_make(text.p, want.n), want))
        return status_set(st, ST_BAD_REQUEST, "'%.*s' does not begin with %s://, the only protocol served here",
                          STR_FMT(text), scheme);
    str rest = str_make(text.p + sep + 3, text.n - (size_t)sep - 3);
    if (rest.n && rest.p[rest.n - 1] == '/')
        rest.n--;
    for (uint32_t i = 0; i < rest.n; i++)
        if (rest.p[i] == ':')
            colon = i;
    if (colon < 0 || !num_parse_i64(str_make(rest.p + colon + 1, rest.n - (size_t)colon - 1), &port) || port < 0 ||
        port > 65535)
        return status_set(st, ST_BAD_REQUEST, "'%.*s' has no port; write %s://HOST:PORT, the port from 0 to 65535",
                          STR_FMT(text), scheme);
    str host = str_make(rest.p, (size_t)colon);
    if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = str_make(host.p + 1, host.n - 2);
    if (str_eq(host, STR("*")))
        host.n = 0;
    if (host.n >= sizeof out->host)
        return status_set(st, ST_BAD_REQUEST, "'%.*s': the host name is too long", STR_FMT(text));
    snprintf(out->scheme, sizeof out->scheme, "%s", scheme);
    memcpy(out->host, host.p, host.n);
    out->host[host.n] = 0;
    out->port = (uint16_t)port;
    return true;
}

/* The scheme is that of the default. */
static bool parse_listeners(const setting *s, str value, listener *out, size_t *n, status *st)
{
    char scheme[16];
    snprintf(scheme, sizeof scheme, "%.*s", (int)strcspn(s->dflt, ":"), s->dflt);
    *n = 0;
    for (size_t at = 0; at <= value.n;) {
        int64_t comma = str_find(value, STR(","), at);
        size_t  end = comma < 0 ? value.n : (size_t)comma;
        str     one = str_trim(str_make(value.p + at, end - at));
        at = end + 1;
        if (one.n == 0)
            continue;
        if (*n == (size_t)s->max)
            return status_set(st, ST_BAD_REQUEST, "there may be at most %ld", s->max);
        if (!parse_listener(one, scheme, &out[*n], st))
            return false;
        (*n)++;
    }
    if (*n < (size_t)s->min)
        return status_set(st, ST_BAD_REQUEST, "an address is needed, such as %s", s->dflt);
    return true;
}

bool setting_check(const setting *s, str value, status *st)
{
    listener ls[LISTENERS_OF_A_SETTING_MAX];
    size_t   n;
    if (value.n == 0 && s->dflt[0] == 0)
        return true;
    switch (s->kind) {
    case SETTING_TEXT:
        return true;
    case SETTING_INT:
        return check_number(s, value, false, st);
    case SETTING_SIZE:
        return check_number(s, value, true, st);
    case SETTING_BOOL:
        return is_flag(value) || status_set(st, ST_BAD_REQUEST, "'%.*s' is neither true nor false", STR_FMT(value));
    case SETTING_CHOICE:
        return is_choice(s->choices, value) ||
               status_set(st, ST_BAD_REQUEST, "'%.*s' is not one of: %s", STR_FMT(value), s->choices);
    case SETTING_LISTENERS:
        return parse_listeners(s, value, ls, &n, st);
    }
    return false;
}

/* ---- filling */

void settings_init(settings *s)
{
    memset(s, 0, sizeof *s);
    arena_init(&s->a);
}

void settings_free(settings *s)
{
    map_free(&s->values);
    arena_free(&s->a);
}

static bool put(settings *s, str name, str value, const char *where, status *st)
{
    const setting *row = setting_find(name);
    value = str_trim(value);
    if (name.n == 0)
        return status_set(st, ST_BAD_REQUEST, "%s: a setting has no name; write NAME=VALUE", where);
    if (row && !setting_check(row, value, st))
        return status_prefix(st, "%s: %.*s: ", where, STR_FMT(name));
    str *copy = ARENA_NEW(&s->a, str);
    *copy = str_dup(&s->a, value);
    map_put(&s->values, name, copy);
    return true;
}

bool settings_put_pair(settings *s, str pair, const char *where, status *st)
{
    int64_t eq = str_find_char(pair, '=');
    if (eq <= 0)
        return status_set(st, ST_BAD_REQUEST, "%s: '%.*s' is no setting; write NAME=VALUE", where, STR_FMT(pair));
    return put(s, str_trim(str_make(pair.p, (size_t)eq)), str_make(pair.p + eq + 1, pair.n - (size_t)eq - 1), where,
               st);
}

static bool read_file(const char *path, buf *out, status *st)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return status_set(st, ST_BAD_REQUEST, "cannot read %s: %s", path, strerror(errno));
    char   chunk[8192];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_put(out, chunk, n);
    bool bad = ferror(f) != 0;
    fclose(f);
    if (bad)
        return status_set(st, ST_BAD_REQUEST, "cannot read %s: it is no file that can be read", path);
    if (out->full)
        return status_set(st, ST_BAD_REQUEST, "%s is larger than 4 MiB: it is no file of settings", path);
    return true;
}

static bool refuse_system_property(str key, const char *where, status *st)
{
    for (size_t i = 0; i < sizeof refused_prefixes / sizeof *refused_prefixes; i++)
        if (str_starts(key, str_of(refused_prefixes[i])))
            return status_set(st, ST_BAD_REQUEST,
                              "%s: Property file contains the following blacklisted properties (Please remove "
                              "them an try again): %.*s",
                              where, STR_FMT(key));
    return true;
}

bool settings_load_file(settings *s, const char *path, status *st)
{
    buf      text = BUF_INIT(FILE_MAX_BYTES);
    str      key, value;
    uint32_t line;
    bool     ok = read_file(path, &text, st);
    if (ok) {
        properties_reader r = {buf_str(&text), 0, 1};
        while (ok && properties_next(&r, &s->a, &key, &value, &line, st)) {
            char where[512];
            snprintf(where, sizeof where, "%s line %u", path, line);
            ok = refuse_system_property(key, where, st) && put(s, key, value, where, st);
        }
        if (ok && st->code != ST_OK)
            ok = status_prefix(st, "%s ", path);
    }
    buf_free(&text);
    return ok;
}

bool settings_load_environment(settings *s, char **env, status *st)
{
    for (; *env; env++) {
        const char *eq = strchr(*env, '=');
        if (strncmp(*env, "KSQL_", 5) != 0 || eq == NULL)
            continue;
        buf name = BUF_INIT(4096);
        for (const char *p = *env + 5; p < eq;) {
            size_t run = strspn(p, "_");
            if (run)
                buf_putc(&name, run == 1 ? '.' : run == 2 ? '_' : '-');
            else
                buf_putc(&name, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
            p += run ? run : 1;
        }
        char where[128];
        snprintf(where, sizeof where, "environment variable %.*s", (int)(eq - *env), *env);
        /* KSQL_OPTS and KSQL_HEAP_OPTS are a JVM's, and no setting has so short a name. */
        bool ok = str_find_char(buf_str(&name), '.') < 0
                      ? str_eqz(buf_str(&name), "listeners") ? put(s, buf_str(&name), str_of(eq + 1), where, st) : true
                      : put(s, buf_str(&name), str_of(eq + 1), where, st);
        buf_free(&name);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- reading */

str settings_text(const settings *s, const char *name)
{
    const str     *v = map_get(&s->values, str_of(name));
    const setting *row = setting_find(str_of(name));
    assert(row != NULL);
    return v ? *v : str_of(row->dflt);
}

int64_t settings_number(const settings *s, const char *name)
{
    str     v = settings_text(s, name);
    int64_t n = 0;
    bool    ok = num_parse_i64(v, &n) || num_parse_size(v, &n);
    assert(ok);
    (void)ok;
    return n;
}

bool settings_flag(const settings *s, const char *name)
{
    return str_eq_nocase(settings_text(s, name), STR("true"));
}

size_t settings_listeners(const settings *s, const char *name, listener out[LISTENERS_OF_A_SETTING_MAX])
{
    size_t n = 0;
    status st;
    status_init(&st);
    bool ok = parse_listeners(setting_find(str_of(name)), settings_text(s, name), out, &n, &st);
    assert(ok);
    (void)ok;
    return n;
}

/* ---- showing */

static const char *kind_name(const setting *s)
{
    static const char *const names[] = {"text", "number", "size", "true or false", "choice", "addresses"};
    return names[s->kind];
}

static void print_range(buf *out, const setting *s)
{
    if (s->kind == SETTING_CHOICE)
        buf_putz(out, s->choices);
    else if (s->kind != SETTING_INT && s->kind != SETTING_SIZE)
        return;
    else if (s->max == INT64_MAX)
        buf_printf(out, "from %ld", s->min);
    else
        buf_printf(out, "%ld to %ld", s->min, s->max);
}

void settings_help(buf *out)
{
    for (size_t i = 0; i < setting_count; i++) {
        const setting *s = &setting_rows[i];
        buf_printf(out, "  %s=%s\n      %s%s\n", s->name, s->dflt, s->doc, s->per_query ? " (per query too)" : "");
    }
}

void settings_markdown(buf *out)
{
    buf_putz(
        out,
        "# Settings\n\n"
        "Made from `server/settings.def` by `make settings`. They are given in a file (`weir server --config FILE`,\n"
        "Java properties syntax), in the environment (`KSQL_KSQL_SERVICE_ID` for `ksql.service.id`) or on the command\n"
        "line (`--set NAME=VALUE`); the later beats the earlier. Settings marked \"per query\" may also stand in "
        "`SET`\n"
        "and in a request's `streamsProperties`. Names that are not listed are ignored.\n\n"
        "| name | kind | default | range | per query | meaning |\n"
        "| --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < setting_count; i++) {
        const setting *s = &setting_rows[i];
        buf_printf(out, "| `%s` | %s | %s%s%s | ", s->name, kind_name(s), s->dflt[0] ? "`" : "", s->dflt,
                   s->dflt[0] ? "`" : "");
        print_range(out, s);
        buf_printf(out, " | %s | %s |\n", s->per_query ? "yes" : "", s->doc);
    }
}
