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

struct system_layer {
    map                  values; /* key -> str *, in the arena */
    arena                a;
    struct system_layer *before;
};

void settings_system_init(settings_system *s)
{
    atomic_init(&s->now, NULL);
    s->all = NULL;
}

void settings_system_free(settings_system *s)
{
    for (struct system_layer *l = s->all, *before; l; l = before) {
        before = l->before;
        map_free(&l->values);
        arena_free(&l->a);
        mem_free(l);
    }
}

static void put_copy(struct system_layer *l, str key, str value)
{
    str *copy = ARENA_NEW(&l->a, str);
    *copy = str_dup(&l->a, value);
    map_put(&l->values, key, copy);
}

void settings_system_put(settings_system *s, str key, str value)
{
    struct system_layer *l = MEM_NEW(struct system_layer);
    str                  k;
    void                *v;
    arena_init(&l->a);
    l->before = s->all;
    for (size_t i = 0; s->all && map_next(&s->all->values, &i, &k, &v);)
        put_copy(l, k, *(const str *)v);
    put_copy(l, key, value);
    s->all = l;
    atomic_store_explicit(&s->now, &l->values, memory_order_release);
}

/* ---- reading */

static const str *in_layer(const map *layer, str key)
{
    return layer && layer->n ? map_get(layer, key) : NULL;
}

/* overridden: its row lets sessions and ALTER SYSTEM set it. */
static const str *find(const settings_view *v, str key, bool overridden, settings_origin *from)
{
    const struct {
        const map      *layer;
        settings_origin origin;
    } upper[] = {{v->session, ORIGIN_SESSION}, {v->query, ORIGIN_QUERY}, {v->system, ORIGIN_SYSTEM}};
    for (size_t i = 0; overridden && i < sizeof upper / sizeof *upper; i++) {
        const str *s = in_layer(upper[i].layer, key);
        if (s) {
            *from = upper[i].origin;
            return s;
        }
    }
    const str *s = v->server ? in_layer(&v->server->values, key) : NULL;
    *from = s ? *(const settings_origin *)map_get(&v->server->origins, key) : ORIGIN_DEFAULT;
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
