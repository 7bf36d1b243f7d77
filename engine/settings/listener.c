#include "engine/settings/listener.h"

#include <assert.h>
#include <stdio.h>

#include "base/num.h"

/* One SCHEME://HOST:PORT; HOST may be [::1], * or empty. */
static bool parse_one(str text, const char *scheme, listener *out, status *st)
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
bool listeners_parse(const setting *s, str value, listener out[LISTENERS_OF_A_SETTING_MAX], size_t *n, status *st)
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
        if (!parse_one(one, scheme, &out[*n], st))
            return false;
        (*n)++;
    }
    if (*n < (size_t)s->min)
        return status_set(st, ST_BAD_REQUEST, "an address is needed, such as %s", s->dflt);
    return true;
}

size_t settings_listeners(const settings_view *v, setting_id id, listener out[LISTENERS_OF_A_SETTING_MAX])
{
    size_t n = 0;
    status st;
    status_init(&st);
    bool ok = listeners_parse(&setting_rows[id], settings_text(v, id), out, &n, &st);
    assert(ok);
    (void)ok;
    return n;
}
