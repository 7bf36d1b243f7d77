/* The layers of settings, and typed reads through them. */
#include "engine/settings/settings.h"

#include <assert.h>

#include "base/mem.h"
#include "base/num.h"

const char *settings_origin_name(settings_origin o)
{
    static const char *const names[] = {
        [ORIGIN_DEFAULT] = "default",           [ORIGIN_FILE] = "file",     [ORIGIN_ENVIRONMENT] = "environment",
        [ORIGIN_COMMAND_LINE] = "command line", [ORIGIN_SYSTEM] = "system", [ORIGIN_QUERY] = "query",
        [ORIGIN_SESSION] = "session",
    };
    return names[o];
}

/* ---- the server's layer */

void settings_init(settings *s)
{
    memset(s, 0, sizeof *s);
    arena_init(&s->a);
}

void settings_free(settings *s)
{
    map_free(&s->values);
    map_free(&s->origins);
    arena_free(&s->a);
}

bool settings_put(settings *s, str name, str value, settings_origin from, status *st)
{
    setting_name n = setting_resolve(name);
    value = str_trim(value);
    if (name.n == 0)
        return status_set(st, ST_BAD_REQUEST, "a setting has no name; write NAME=VALUE");
    if (n.applies && n.row->effect && !setting_check_value(n.row, value, st))
        return status_prefix(st, "%.*s: ", STR_FMT(name));
    str             *copy = ARENA_NEW(&s->a, str);
    settings_origin *origin = ARENA_NEW(&s->a, settings_origin);
    *copy = str_dup(&s->a, value);
    *origin = from;
    map_put(&s->values, n.key, copy);
    map_put(&s->origins, n.key, origin);
    return true;
}

/* ---- ALTER SYSTEM's layer */

typedef struct system_value {
    int refs;
    str text; /* behind the struct */
} system_value;

static void ref_value(void *v)
{
    __atomic_add_fetch(&((system_value *)v)->refs, 1, __ATOMIC_RELAXED);
}

static void unref_value(void *v)
{
    if (__atomic_sub_fetch(&((system_value *)v)->refs, 1, __ATOMIC_ACQ_REL) == 0)
        mem_free(v);
}

void settings_system_init(pmap *m)
{
    static const pmap_kind kind = {ref_value, unref_value};
    pmap_init(m, &kind);
}

void settings_system_put(pmap *m, str key, str text)
{
    system_value *v = mem_alloc(sizeof *v + text.n);
    v->refs = 1;
    if (text.n)
        memcpy(v + 1, text.p, text.n);
    v->text = str_make((char *)(v + 1), text.n);
    pmap_put(m, key, v);
}

str settings_system_text(const void *value)
{
    return ((const system_value *)value)->text;
}

/* ---- reading */

static const str *in_layer(const map *layer, str key)
{
    return layer && layer->n ? map_get(layer, key) : NULL;
}

static const str *in_system(const pmap *layer, str key)
{
    const system_value *v = layer && layer->n ? pmap_get(layer, key) : NULL;
    return v ? &v->text : NULL;
}

/* overridden: its row lets sessions and ALTER SYSTEM set it. */
static const str *find(const settings_view *v, str key, bool overridden, settings_origin *from)
{
    const str *s = NULL;
    if (overridden && (s = in_layer(v->session, key)) != NULL)
        *from = ORIGIN_SESSION;
    else if (overridden && (s = in_layer(v->query, key)) != NULL)
        *from = ORIGIN_QUERY;
    else if (overridden && (s = in_system(v->system, key)) != NULL)
        *from = ORIGIN_SYSTEM;
    else if (v->server && (s = in_layer(&v->server->values, key)) != NULL)
        *from = *(const settings_origin *)map_get(&v->server->origins, key);
    else
        *from = ORIGIN_DEFAULT;
    return s;
}

static const str *given(const settings_view *v, setting_id id)
{
    const setting  *row = &setting_rows[id];
    settings_origin ignored;
    return find(v, str_of(row->name), row->scope >= SCOPE_SESSION, &ignored);
}

str settings_text(const settings_view *v, setting_id id)
{
    const str *s = given(v, id);
    return s ? *s : str_of(setting_rows[id].dflt);
}

bool settings_is_set(const settings_view *v, setting_id id)
{
    return given(v, id) != NULL;
}

static bool read_number(str text, int64_t *out)
{
    return num_parse_i64(text, out) || num_parse_size(text, out);
}

int64_t settings_number(const settings_view *v, setting_id id)
{
    const setting *row = &setting_rows[id];
    int64_t        n;
    assert(row->kind == KIND_INT || row->kind == KIND_SIZE);
    const str *s = given(v, id);
    if (s && read_number(str_trim(*s), &n) && n >= row->min && n <= row->max)
        return n;
    return read_number(str_of(row->dflt), &n) ? n : 0;
}

bool settings_flag(const settings_view *v, setting_id id)
{
    assert(setting_rows[id].kind == KIND_BOOL);
    return str_eq_nocase(str_trim(settings_text(v, id)), STR("true"));
}

bool settings_choice_is(const settings_view *v, setting_id id, const char *choice)
{
    assert(setting_rows[id].kind == KIND_CHOICE);
    return str_eq_nocase(str_trim(settings_text(v, id)), str_of(choice));
}

str settings_find(const settings_view *v, str key, settings_origin *from)
{
    const setting *row = setting_resolve(key).row;
    const str     *s = find(v, key, row == NULL || row->scope >= SCOPE_SESSION, from);
    return s ? *s : STR_NONE;
}

str settings_named(const settings_view *v, str name)
{
    settings_origin ignored;
    setting_name    n = setting_resolve(name);
    str             s = settings_find(v, n.key, &ignored);
    return s.p == NULL && n.applies && n.row->dflt[0] ? str_of(n.row->dflt) : s;
}
