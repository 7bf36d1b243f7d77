#include "server/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "server/properties.h"

#define FILE_MAX_BYTES ((size_t)4 << 20)

/* Java system properties have no place in the file; ksqlDB refuses them too. */
static const char *const refused_prefixes[] = {
    "java.", "os.", "sun.", "user.", "line.separator", "path.separator", "file.separator",
};

/* ---- names that the table lacks */

static bool is_ours(str name)
{
    return str_starts(name, STR("weir."));
}

/* "; the nearest name is 'weir.data.dir'", in the arena; nothing when none is near. */
static str hint(arena *a, str name)
{
    const setting *near = setting_nearest(name);
    if (near == NULL)
        return STR("");
    buf b = BUF_INIT(256);
    buf_putz(&b, "; the nearest name is '");
    setting_put_name(&b, near);
    buf_putc(&b, '\'');
    str s = str_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

static bool refuse_unknown(settings *s, str name, status *st)
{
    return status_set(st, ST_BAD_REQUEST, "there is no setting '%.*s'%.*s", STR_FMT(name), STR_FMT(hint(&s->a, name)));
}

static bool put(settings *s, str name, str value, settings_origin from, const char *where, status *st)
{
    bool strict = from == ORIGIN_COMMAND_LINE || is_ours(name);
    bool ok = strict && name.n && !setting_is_known_at_start(name) ? refuse_unknown(s, name, st)
                                                                   : settings_put(s, name, value, from, st);
    return ok || status_prefix(st, "%s: ", where);
}

/* ---- the command line */

bool config_put_pair(settings *s, str pair, status *st)
{
    int64_t eq = str_find_char(pair, '=');
    if (eq <= 0)
        return status_set(st, ST_BAD_REQUEST, "--set: '%.*s' is no setting; write NAME=VALUE", STR_FMT(pair));
    return put(s, str_trim(str_make(pair.p, (size_t)eq)), str_make(pair.p + eq + 1, pair.n - (size_t)eq - 1),
               ORIGIN_COMMAND_LINE, "--set", st);
}

/* ---- files */

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

/* What the file's author will want to know of a name that is taken. */
static void warn(settings *s, str name, const char *where, buf *warnings)
{
    if (!setting_is_known_at_start(name))
        buf_printf(warnings, "%s: there is no setting '%.*s': it is ignored%.*s\n", where, STR_FMT(name),
                   STR_FMT(hint(&s->a, name)));
    else if (is_ours(name) && !setting_resolve(name).row->effect)
        buf_printf(warnings, "%s: '%.*s' has no effect in this version\n", where, STR_FMT(name));
}

bool config_load_file(settings *s, const char *path, buf *warnings, status *st)
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
            ok = refuse_system_property(key, where, st) && put(s, key, value, ORIGIN_FILE, where, st);
            if (ok)
                warn(s, key, where, warnings);
        }
        if (ok && st->code != ST_OK)
            ok = status_prefix(st, "%s ", path);
    }
    buf_free(&text);
    return ok;
}

/* ---- the environment */

/* ksqlDB's containers name settings so: KSQL_, then the name in capitals. */
static void put_setting_of_variable(buf *out, const char *p, const char *end)
{
    while (p < end) {
        size_t run = strspn(p, "_");
        if (run)
            buf_putc(out, run == 1 ? '.' : run == 2 ? '_' : '-');
        else
            buf_putc(out, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
        p += run ? run : 1;
    }
}

bool config_load_environment(settings *s, char **env, status *st)
{
    for (; *env; env++) {
        const char *eq = strchr(*env, '=');
        if (strncmp(*env, "KSQL_", 5) != 0 || eq == NULL)
            continue;
        buf  name = BUF_INIT(4096);
        char where[128];
        put_setting_of_variable(&name, *env + 5, eq);
        snprintf(where, sizeof where, "environment variable %.*s", (int)(eq - *env), *env);
        /* KSQL_OPTS and KSQL_HEAP_OPTS are a JVM's, and no other setting has so short a name. */
        bool is_setting = str_find_char(buf_str(&name), '.') >= 0 || str_eqz(buf_str(&name), "listeners");
        bool ok = !is_setting || put(s, buf_str(&name), str_of(eq + 1), ORIGIN_ENVIRONMENT, where, st);
        buf_free(&name);
        if (!ok)
            return false;
    }
    return true;
}
