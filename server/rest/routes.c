/* The table of endpoints and what is common to their answers. */
#include "server/rest/call.h"

#include <stdlib.h>

#include "base/num.h"
#include "server/rest/rest_int.h"

const route routes[] = {
#define ROUTE(method, path, handler, where, answers) {#method, path, handler, ROUTE_##where, ROUTE_##answers},
#include "server/rest/routes.def"
#undef ROUTE
};
const size_t route_count = sizeof routes / sizeof *routes;

const route *route_find(str method, str path, str *tail)
{
    *tail = STR_NONE;
    if (str_eqz(method, "HEAD")) /* the library leaves the body out */
        method = STR("GET");
    for (size_t i = 0; i < route_count; i++) {
        str pattern = str_of(routes[i].path);
        if (!str_eqz(method, routes[i].method))
            continue;
        if (pattern.n > 2 && pattern.p[pattern.n - 1] == '*') {
            pattern.n--;
            if (!str_starts(path, pattern))
                continue;
            *tail = str_make(path.p + pattern.n, path.n - pattern.n);
            return &routes[i];
        }
        if (str_eq(path, pattern))
            return &routes[i];
    }
    return NULL;
}

/* Look-ups are shorter; to read and plan what is longer takes a while by itself. */
#define LOOP_BODY_MAX_BYTES 16384

bool call_needs_worker(const call *c)
{
    if (c->route == NULL)
        return false;
    return c->route->place == ROUTE_WORKER || (c->route->place == ROUTE_QUERY && c->body.n > LOOP_BODY_MAX_BYTES);
}

static void not_found(call *c)
{
    call_text(c, 404, "text/plain", STR("Not Found"));
}

void call_run(call *c)
{
    static const char *const offers[] = {TYPE_KSQL, TYPE_JSON};
    if (c->body.full)
        call_text(c, 413, NULL, STR(""));
    else if (c->route == NULL ||
             (c->route->answers == ROUTE_JSON_API && accept_choose(c->has_accept, c->accept, offers, 2) < 0))
        not_found(c);
    else
        c->route->handler(c);
}

/* ---- Accept */

#define ACCEPT_TYPES_MAX 32

typedef struct media {
    str    type;
    double q;
    int    specificity; /* 0: any type at all, 1: type/any, 2: type/subtype */
} media;

/* One "type/subtype; q=0.5; other=x". */
static media read_media(str s)
{
    media   m = {.q = 1};
    int64_t semi = str_find_char(s, ';');
    m.type = str_trim(semi < 0 ? s : str_make(s.p, (size_t)semi));
    while (semi >= 0) {
        s = str_trim(str_make(s.p + semi + 1, s.n - (size_t)semi - 1));
        double q;
        semi = str_find_char(s, ';');
        str param = str_trim(semi < 0 ? s : str_make(s.p, (size_t)semi));
        if (param.n > 2 && (param.p[0] | 32) == 'q' && param.p[1] == '=' &&
            num_parse_f64(str_make(param.p + 2, param.n - 2), &q))
            m.q = q;
    }
    m.specificity = str_eqz(m.type, "*/*") ? 0 : str_ends(m.type, STR("/*")) ? 1 : 2;
    return m;
}

static bool better(const media *x, const media *y)
{
    return x->q > y->q || (x->q == y->q && x->specificity > y->specificity);
}

static bool media_matches(const media *m, str offer)
{
    if (m->specificity == 0)
        return true;
    if (m->specificity == 2)
        return str_eq_nocase(m->type, offer);
    return offer.n >= m->type.n - 1 &&
           str_eq_nocase(str_make(offer.p, m->type.n - 1), str_make(m->type.p, m->type.n - 1));
}

int accept_choose(bool has_accept, str accept, const char *const *offers, int n)
{
    media  list[ACCEPT_TYPES_MAX];
    size_t count = 0;
    if (!has_accept)
        return 0;
    for (size_t at = 0; at <= accept.n && count < ACCEPT_TYPES_MAX;) {
        int64_t comma = str_find(accept, STR(","), at);
        size_t  end = comma < 0 ? accept.n : (size_t)comma;
        media   m = read_media(str_make(accept.p + at, end - at));
        at = end + 1;
        if (m.type.n == 0 || m.q <= 0)
            continue;
        size_t i = count++;
        for (; i > 0 && better(&m, &list[i - 1]); i--)
            list[i] = list[i - 1];
        list[i] = m;
    }
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < n; k++)
            if (media_matches(&list[i], str_of(offers[k])))
                return k;
    return count == 0 ? 0 : -1;
}

/* ---- answers */

void call_text(call *c, int http_status, const char *content_type, str body)
{
    c->status = http_status;
    c->content_type = content_type;
    c->text = body;
}

static int put_dumped(const char *p, size_t n, void *out)
{
    buf_put(out, p, n);
    return 0;
}

void json_put(buf *out, const json_t *j)
{
    json_dump_callback(j, put_dumped, out, JSON_COMPACT | JSON_ENCODE_ANY);
}

void call_json(call *c, json_t *j)
{
    c->status = 200;
    c->content_type = TYPE_JSON;
    json_put(&c->out, j);
    json_decref(j);
}

void json_put_text(buf *out, str s)
{
    static const char hex[] = "0123456789ABCDEF";
    buf_putc(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (ch >= 0x20 && ch != '"' && ch != '\\')
            continue;
        buf_put(out, s.p + from, i - from);
        from = i + 1;
        const char *at = strchr("\"\"\\\\\bb\ff\nn\rr\tt", ch);
        if (ch && at) {
            char two[2] = {'\\', at[1]};
            buf_put(out, two, 2);
        } else {
            char six[6] = {'\\', 'u', '0', '0', hex[ch >> 4], hex[ch & 15]};
            buf_put(out, six, 6);
        }
    }
    buf_put(out, s.p + from, s.n - from);
    buf_putc(out, '"');
}

void error_put(buf *out, int error_code, str msg)
{
    buf_printf(out, "{\"@type\":\"generic_error\",\"error_code\":%d,\"message\":", error_code);
    json_put_text(out, msg);
    buf_putc(out, '}');
}

static void statement_error_put(buf *out, int error_code, str msg, str text)
{
    buf_printf(out, "{\"@type\":\"statement_error\",\"error_code\":%d,\"message\":", error_code);
    json_put_text(out, msg);
    buf_putz(out, ",\"statementText\":");
    json_put_text(out, text);
    buf_putz(out, ",\"entities\":[]}");
}

void call_error(call *c, int error_code, const char *msg)
{
    buf_clear(&c->out);
    c->status = error_code / 100;
    c->content_type = TYPE_JSON;
    error_put(&c->out, error_code, str_of(msg));
}

void call_engine_error(call *c, const engine_error *err, bool always)
{
    int code = status_error_code(err->st.code);
    buf_clear(&c->out);
    c->status = code / 100;
    c->content_type = TYPE_JSON;
    if (code == 40001 || code == 40002 || (always && code == 50000))
        statement_error_put(&c->out, code, str_of(err->st.msg), err->statement);
    else
        error_put(&c->out, code, str_of(err->st.msg));
}

/* ---- bodies */

json_t *call_body_object(call *c)
{
    json_error_t e;
    json_t      *j = json_loadb(c->body.p ? c->body.p : "", c->body.n, JSON_ALLOW_NUL, &e);
    if (json_is_object(j))
        return j;
    char msg[512];
    snprintf(msg, sizeof msg, "Invalid JSON in request: %s", j ? "an object was expected" : e.text);
    json_decref(j);
    call_error(c, 40000, msg);
    return NULL;
}

bool call_member_text(call *c, json_t *body, const char *name, const char *dflt, str *out)
{
    json_t *v = json_object_get(body, name);
    *out = str_of(dflt);
    if (json_is_string(v)) {
        *out = str_make(json_string_value(v), json_string_length(v));
        return true;
    }
    if (v == NULL || json_is_null(v))
        return true;
    char msg[256];
    snprintf(msg, sizeof msg, "Invalid JSON in request: \"%s\" must be a text", name);
    call_error(c, 40000, msg);
    return false;
}
