/* Properties and variables in requests (spec/rest-api-and-shell.md 6.3). */
#include <stdio.h>

#include "engine/settings/settings.h"
#include "server/rest/rest_int.h"

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
    else if (setting_check(name, text, &st)) {
        session_set(s, name, text);
        return true;
    }
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
    if (!setting_check_name(c->tail, &st)) {
        call_error(c, 40000, st.msg);
        return;
    }
    buf why = BUF_INIT(1024);
    if (setting_put_warning(&why, c->tail))
        c->warning = str_z(&c->a, buf_str(&why));
    buf_free(&why);
    call_text(c, 200, TYPE_JSON, STR("true"));
}
