/* URL functions (spec/functions.md 3.7): URIs of RFC 2396 as Java reads them. */
#include <arpa/inet.h>
#include <unictype.h>

#include "base/num.h"
#include "engine/func/func_int.h"

typedef struct uri {
    str  scheme, host, path, query, fragment; /* p == NULL: absent */
    bool has_scheme, has_host, opaque, has_query, has_fragment;
    int  port; /* -1: none */
} uri;

/* ---- characters */

static bool alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool hex(char c)
{
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

#define MARKS "-_.!~*'()"
#define PATH_CHARS MARKS "/;:@&=+$,"
#define URIC_CHARS MARKS ";/?:@&=+$,[]"
#define REG_NAME_CHARS MARKS "$,;:@&=+"
#define USERINFO_CHARS MARKS ";:&=+$,"
#define SERVER_CHARS USERINFO_CHARS "@[]"

/* Does every character belong to the set, letters, digits, %HH or to the characters outside ASCII that are
 * neither blanks nor controls? */
static bool only(str s, const char *set)
{
    for (uint32_t i = 0, len; i < s.n; i += len) {
        uint32_t cp = utf8_at(s.p + i, s.p + s.n, &len);
        if (cp >= 0x80) {
            if (cp < 0xa0 || uc_is_general_category(cp, UC_SEPARATOR))
                return false;
        } else if (cp == '%') {
            if (s.n - i < 3 || !hex(s.p[i + 1]) || !hex(s.p[i + 2]))
                return false;
        } else if (cp == 0 || (!alpha((char)cp) && !digit((char)cp) && strchr(set, (int)cp) == NULL)) {
            return false;
        }
    }
    return true;
}

static uint32_t until(str s, uint32_t from, const char *stops)
{
    while (from < s.n && (s.p[from] == 0 || strchr(stops, s.p[from]) == NULL))
        from++;
    return from;
}

static str part(str s, uint32_t from, uint32_t to)
{
    return str_make(s.p + from, to - from);
}

/* ---- authority */

static uint32_t ipv4_end(str s, uint32_t at)
{
    for (int i = 0; i < 4; i++) {
        int v = 0, n = 0;
        for (; at < s.n && digit(s.p[at]) && n < 4; at++, n++)
            v = v * 10 + (s.p[at] - '0');
        if (n == 0 || v > 255 || (i < 3 && (at >= s.n || s.p[at++] != '.')))
            return 0;
    }
    return at == s.n || s.p[at] == ':' ? at : 0;
}

/* 0: not a host name. */
static uint32_t hostname_end(str s, uint32_t from)
{
    uint32_t at = from, label = from;
    while (at < s.n && (alpha(s.p[at]) || digit(s.p[at]))) {
        label = at;
        while (at < s.n && (alpha(s.p[at]) || digit(s.p[at]) || s.p[at] == '-'))
            at++;
        if (s.p[at - 1] == '-')
            return 0;
        if (at == s.n || s.p[at] != '.')
            break;
        at++;
    }
    if (at == from || (at < s.n && s.p[at] != ':') || (label > from && !alpha(s.p[label])))
        return 0;
    return at;
}

static bool ipv6_valid(str s)
{
    char            text[64];
    struct in6_addr addr;
    uint32_t        n = until(s, 0, "%"); /* a scope may follow */
    if (n >= sizeof text)
        return false;
    memcpy(text, s.p, n);
    text[n] = 0;
    return inet_pton(AF_INET6, text, &addr) == 1;
}

static bool parse_server(str s, uri *u)
{
    uint32_t at = 0, q = until(s, 0, "@");
    if (q < s.n) {
        if (!only(part(s, 0, q), USERINFO_CHARS))
            return false;
        at = q + 1;
    }
    uint32_t host = at;
    if (at < s.n && s.p[at] == '[') {
        q = until(s, at, "]");
        if (q == s.n || !ipv6_valid(part(s, at + 1, q)))
            return false;
        at = q + 1;
    } else {
        q = ipv4_end(s, at);
        at = q ? q : hostname_end(s, at);
        if (at == 0)
            return false;
    }
    u->host = part(s, host, at);
    u->port = -1;
    if (at < s.n) {
        if (s.p[at++] != ':')
            return false;
        int32_t port;
        for (uint32_t i = at; i < s.n; i++)
            if (!digit(s.p[i]))
                return false;
        if (at < s.n) {
            if (!num_parse_i32(part(s, at, s.n), &port))
                return false;
            u->port = port;
        }
    }
    u->has_host = true;
    return true;
}

/* An authority that names no server is left without a host, if its characters are legal at all. */
static bool parse_authority(str s, uri *u)
{
    if (only(s, SERVER_CHARS) && parse_server(s, u))
        return true;
    if (memchr(s.p, ']', s.n) && parse_server(s, u)) /* % before the scope of an IPv6 address */
        return true;
    u->port = -1;
    return only(s, REG_NAME_CHARS);
}

/* ---- the whole */

static bool parse(str s, uri *u)
{
    *u = (uri){.port = -1};
    uint32_t at = 0, colon = until(s, 0, "/?#:");
    if (colon < s.n && s.p[colon] == ':') {
        if (colon == 0 || !alpha(s.p[0]))
            return false;
        for (uint32_t i = 1; i < colon; i++)
            if (!alpha(s.p[i]) && !digit(s.p[i]) && strchr("+-.", s.p[i]) == NULL)
                return false;
        u->scheme = part(s, 0, colon);
        u->has_scheme = true;
        at = colon + 1;
        if (at == s.n || s.p[at] == '#')
            return false;
        u->opaque = s.p[at] != '/';
    }
    uint32_t hash = until(s, at, "#");
    if (hash < s.n) {
        u->fragment = part(s, hash + 1, s.n);
        u->has_fragment = true;
        if (!only(u->fragment, URIC_CHARS))
            return false;
    }
    s.n = hash;
    if (u->opaque)
        return only(part(s, at, s.n), URIC_CHARS);
    if (s.n - at >= 2 && s.p[at] == '/' && s.p[at + 1] == '/') {
        uint32_t end = until(s, at + 2, "/?");
        if (end == at + 2 && end == s.n && !u->has_fragment)
            return false;
        if (end > at + 2 && !parse_authority(part(s, at + 2, end), u))
            return false;
        at = end;
    }
    uint32_t q = until(s, at, "?");
    u->path = part(s, at, q);
    if (q < s.n) {
        u->query = part(s, q + 1, s.n);
        u->has_query = true;
    }
    return only(u->path, PATH_CHARS) && (!u->has_query || only(u->query, URIC_CHARS));
}

static int hex_value(char c)
{
    return digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* %HH as UTF-8; bad bytes become U+FFFD. With plus also '+' as a blank. false: a malformed escape. */
static bool decode(arena *a, str s, bool plus, str *out)
{
    if ((s.n == 0 || memchr(s.p, '%', s.n) == NULL) && !plus) {
        *out = s;
        return true;
    }
    char    *p = arena_bytes(a, s.n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%') {
            if (s.n - i < 3 || !hex(s.p[i + 1]) || !hex(s.p[i + 2]))
                return false;
            p[n++] = (char)(hex_value(s.p[i + 1]) << 4 | hex_value(s.p[i + 2]));
            i += 2;
        } else {
            p[n++] = plus && s.p[i] == '+' ? ' ' : s.p[i];
        }
    }
    *out = utf8_repair(a, str_make(p, n));
    return true;
}

/* ---- the functions */

static bool parse_arg(ectx *cx, const value *args, uri *u)
{
    if (parse(value_str(args[0]), u))
        return true;
    ectx_fail(cx, "URL input has invalid syntax: %.*s", STR_FMT(value_str(args[0])));
    return false;
}

static value decoded(ectx *cx, bool present, str s)
{
    str out;
    return present && decode(cx->a, s, false, &out) ? value_s(out) : VALUE_NULL;
}

#define EXTRACT(name, result)         \
    FN(name)                          \
    {                                 \
        uri u;                        \
        if (!parse_arg(cx, args, &u)) \
            return VALUE_ERR;         \
        return result;                \
    }
EXTRACT(url_protocol, u.has_scheme ? value_s(u.scheme) : VALUE_NULL)
EXTRACT(url_host, u.has_host ? value_s(u.host) : VALUE_NULL)
EXTRACT(url_port, u.port >= 0 ? value_i(u.port) : VALUE_NULL)
EXTRACT(url_path, decoded(cx, !u.opaque, u.path))
EXTRACT(url_query, decoded(cx, u.has_query, u.query))
EXTRACT(url_fragment, decoded(cx, u.has_fragment, u.fragment))

FN(url_parameter)
{
    uri u;
    str q, want = value_str(args[1]);
    if (!parse_arg(cx, args, &u))
        return VALUE_ERR;
    if (!u.has_query || !decode(cx->a, u.query, false, &q))
        return VALUE_NULL;
    for (uint32_t at = 0; at <= q.n;) {
        uint32_t end = until(q, at, "&");
        str      entry = part(q, at, end);
        uint32_t eq = until(entry, 0, "=");
        if (str_eq(part(entry, 0, eq), want))
            return value_s(eq < entry.n ? part(entry, eq + 1, entry.n) : STR(""));
        at = end + 1;
    }
    return VALUE_NULL;
}

FN(url_encode)
{
    static const char digits[] = "0123456789ABCDEF";
    str               s = value_str(args[0]);
    char             *p = text_room(cx, (size_t)s.n * 3);
    uint32_t          n = 0;
    if (p == NULL)
        return VALUE_ERR;
    for (uint32_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (alpha(c) || digit(c) || c == '-' || c == '_' || c == '.' || c == '*') {
            p[n++] = c;
        } else if (c == ' ') {
            p[n++] = '+';
        } else {
            p[n++] = '%';
            p[n++] = digits[(uint8_t)c >> 4];
            p[n++] = digits[(uint8_t)c & 15];
        }
    }
    return value_s(str_make(p, n));
}

FN(url_decode)
{
    str out;
    if (decode(cx->a, value_str(args[0]), true, &out))
        return value_s(out);
    return ectx_fail(cx, "URLDecoder: Illegal hex characters in escape (%%) pattern");
}

#define R(n, d, p, r, fun)                                                           \
    {                                                                                \
        .name = n, .category = "URL", .doc = d, .params = p, .returns = r, .fn = fun \
    }
#define U(n, d, fun) R(n, d, "VARCHAR input", "VARCHAR", fun)

const func_row func_url[] = {
    U("url_decode_param", "Decodes a text from the encoding of URL forms.", url_decode),
    U("url_encode_param", "Encodes a text as URL forms do.", url_encode),
    U("url_extract_fragment", "Returns the fragment of a URL.", url_fragment),
    U("url_extract_host", "Returns the host of a URL.", url_host),
    R("url_extract_parameter", "Returns the value of a parameter in the query of a URL.",
      "VARCHAR input, VARCHAR paramToFind", "VARCHAR", url_parameter),
    U("url_extract_path", "Returns the path of a URL.", url_path),
    R("url_extract_port", "Returns the port of a URL.", "VARCHAR input", "INT", url_port),
    U("url_extract_protocol", "Returns the protocol of a URL.", url_protocol),
    U("url_extract_query", "Returns the query of a URL.", url_query),
    {0},
};
