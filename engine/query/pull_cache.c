#include "engine/query/pull_cache.h"

#include "base/mem.h"

typedef struct entry {
    pull    *p;
    uint64_t used; /* the cache's clock when it was last asked for */
} entry;

struct pull_cache {
    pthread_mutex_t lock;
    uint64_t        version; /* of the catalog */
    uint64_t        clock;   /* of look-ups */
    map             entries; /* text -> entry * */
};

pull_cache *pull_cache_new(void)
{
    pull_cache *c = MEM_NEW(pull_cache);
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

typedef VEC(entry *) entry_list; /* in an arena */

/* Takes all entries out. */
static entry_list take_all(pull_cache *c, arena *a)
{
    entry_list all = {0};
    str        key;
    void      *v;
    for (size_t i = 0; map_next(&c->entries, &i, &key, &v);)
        AVEC_PUSH(a, &all, v);
    map_free(&c->entries);
    return all;
}

static void free_entry(entry *e)
{
    pull_release(e->p);
    mem_free(e);
}

static void free_all(const entry_list *all)
{
    for (size_t i = 0; i < all->n; i++)
        free_entry(all->p[i]);
}

void pull_cache_free(pull_cache *c)
{
    arena a;
    arena_init(&a);
    entry_list all = take_all(c, &a);
    free_all(&all);
    arena_free(&a);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

/* ---- texts */

/* A byte that no text outside quotes may hold, behind it the literal's kind. */
#define MARK '\x01'

static void put_shape(buf *out, const pull_text *t, str text)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        buf_put(out, text.p + at, t->literals[i].pos - at);
        buf_putc(out, MARK);
        buf_putc(out, (char)('a' + t->literals[i].kind));
        at = t->literals[i].pos + t->literals[i].len;
    }
    buf_put(out, text.p + at, text.n - at);
}

/* What the session has set decides how the text is planned. */
static void put_settings(buf *out, arena *a, const session *s)
{
    str *names = s->properties.n ? map_sorted_keys(&s->properties, a) : NULL;
    for (size_t i = 0; i < s->properties.n; i++) {
        str v = *(str *)map_get(&s->properties, names[i]);
        buf_putc(out, MARK);
        buf_puts(out, names[i]);
        buf_printf(out, "=%u:", v.n);
        buf_puts(out, v);
    }
}

void pull_text_read(pull_text *t, arena *a, str text, const session *s)
{
    t->keepable = text.n <= PULL_TEXT_MAX && parse_equal_literals(a, text, t->literals, PULL_PARAMS_MAX, &t->n);
    if (!t->keepable)
        return;
    buf b = BUF_INIT(2 * PULL_TEXT_MAX);
    put_shape(&b, t, text);
    put_settings(&b, a, s);
    t->shape = t->whole = str_dup(a, buf_str(&b));
    if (t->n) {
        buf_clear(&b);
        buf_puts(&b, text);
        put_settings(&b, a, s);
        t->whole = str_dup(a, buf_str(&b));
    }
    t->keepable = !b.full;
    buf_free(&b);
}

const value *pull_text_params(const pull_text *t, arena *a)
{
    value *v = ARENA_ARRAY(a, value, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++)
        v[i] = t->literals[i].kind == EX_STRING ? value_s(t->literals[i].text) : value_i(t->literals[i].ival);
    return v;
}

/* ---- entries */

/* Is the plan that was found under the shape for these literals? */
static bool takes(const pull *p, const pull_text *t)
{
    bool same = p->param_count == t->n;
    for (uint32_t i = 0; same && i < t->n; i++)
        same = p->param_kinds[i] == t->literals[i].kind;
    return same;
}

static pull *find(pull_cache *c, const pull_text *t)
{
    entry *e = map_get(&c->entries, t->shape);
    if (e && t->n && !takes(e->p, t))
        e = NULL;
    if (e == NULL && t->n)
        e = map_get(&c->entries, t->whole);
    if (e == NULL)
        return NULL;
    e->used = ++c->clock;
    return pull_ref(e->p);
}

pull *pull_cache_find(pull_cache *c, const pull_text *t, const metastore *m)
{
    if (!t->keepable)
        return NULL;
    pthread_mutex_lock(&c->lock);
    pull *p = m->version == c->version ? find(c, t) : NULL;
    pthread_mutex_unlock(&c->lock);
    return p;
}

/* Takes out the entry that was not asked for the longest. */
static entry *take_oldest(pull_cache *c, arena *a)
{
    str    key, oldest_key = STR_NONE;
    void  *v;
    entry *oldest = NULL;
    for (size_t i = 0; map_next(&c->entries, &i, &key, &v);)
        if (oldest == NULL || ((entry *)v)->used < oldest->used) {
            oldest = v;
            oldest_key = key;
        }
    return map_del(&c->entries, str_dup(a, oldest_key));
}

void pull_cache_put(pull_cache *c, const pull_text *t, const metastore *m, pull *p)
{
    if (!t->keepable || !p->is_constant)
        return;
    arena      a;
    entry_list old = {0};
    entry     *instead = NULL, *fresh = MEM_NEW(entry);
    arena_init(&a);
    *fresh = (entry){pull_ref(p), 0};
    pthread_mutex_lock(&c->lock);
    if (m->version > c->version) {
        old = take_all(c, &a);
        c->version = m->version;
    }
    if (m->version == c->version) {
        if (c->entries.n == PULLS_KEPT_MAX)
            instead = take_oldest(c, &a);
        fresh->used = ++c->clock;
        fresh = map_put(&c->entries, p->params ? t->shape : t->whole, fresh); /* what stood there, if anything did */
    }
    pthread_mutex_unlock(&c->lock);
    free_all(&old);
    if (instead)
        free_entry(instead);
    if (fresh)
        free_entry(fresh);
    arena_free(&a);
}
