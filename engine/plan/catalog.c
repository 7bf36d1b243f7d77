#include "engine/plan/catalog.h"

#include <assert.h>

#include "base/mem.h"

static void ref_source(void *s)
{
    source_ref(s);
}

static void unref_source(void *s)
{
    source_unref(s);
}

static void ref_type(void *t)
{
    __atomic_add_fetch(&((user_type *)t)->refs, 1, __ATOMIC_RELAXED);
}

static void unref_type(void *v)
{
    user_type *t = v;
    if (__atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        arena_free(&t->a);
        mem_free(t);
    }
}

static const pmap_kind sources_kind = {ref_source, unref_source};
static const pmap_kind types_kind = {ref_type, unref_type};

void catalog_init(catalog *c)
{
    pmap_init(&c->sources, &sources_kind);
    pmap_init(&c->types, &types_kind);
}

void catalog_free(catalog *c)
{
    pmap_free(&c->sources);
    pmap_free(&c->types);
}

void catalog_copy(catalog *to, const catalog *from)
{
    pmap_copy(&to->sources, &from->sources);
    pmap_copy(&to->types, &from->types);
}

source *catalog_find(const catalog *c, str name)
{
    return pmap_get(&c->sources, name);
}

void catalog_put(catalog *c, source *s)
{
    pmap_put(&c->sources, s->name, s);
}

void catalog_remove(catalog *c, str name)
{
    pmap_del(&c->sources, name);
}

source *source_new(void)
{
    source *s = MEM_NEW(source);
    arena_init(&s->a);
    s->refs = 1;
    s->key.schema_id = s->value.schema_id = -1;
    return s;
}

source *source_ref(source *s)
{
    int refs = __atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
    assert(refs > 1); /* who takes one holds one */
    return s;
}

void source_unref(source *s)
{
    if (s && __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        arena_free(&s->a);
        mem_free(s);
    }
}

source *source_clone(const source *s)
{
    source *c = source_new();
    arena   own = c->a;
    *c = *s;
    c->a = own;
    c->refs = 1;
    c->name = str_dup(&c->a, s->name);
    c->topic = str_dup(&c->a, s->topic);
    c->ts_column = str_dup(&c->a, s->ts_column);
    c->ts_format = str_dup(&c->a, s->ts_format);
    c->query_id = str_dup(&c->a, s->query_id);
    c->sql = str_dup(&c->a, s->sql);
    c->key.full_name = str_dup(&c->a, s->key.full_name);
    c->value.full_name = str_dup(&c->a, s->value.full_name);
    c->key.nullable = str_dup(&c->a, s->key.nullable);
    c->value.nullable = str_dup(&c->a, s->value.nullable);
    column *cols = ARENA_ARRAY(&c->a, column, s->schema.n);
    for (uint32_t i = 0; i < s->schema.n; i++) {
        cols[i] = s->schema.cols[i];
        cols[i].name = str_dup(&c->a, cols[i].name);
        cols[i].header_key = str_dup(&c->a, cols[i].header_key);
        cols[i].type = type_copy(&c->a, cols[i].type);
    }
    c->schema.cols = cols;
    return c;
}

const type *catalog_type(void *ctx, str name)
{
    user_type *t = pmap_get(&((catalog *)ctx)->types, name);
    return t ? t->type : NULL;
}

bool catalog_type_put(catalog *c, str name, const type *t)
{
    if (pmap_get(&c->types, name))
        return false;
    user_type *u = MEM_NEW(user_type);
    arena_init(&u->a);
    u->refs = 1;
    u->name = str_dup(&u->a, name);
    u->type = type_copy(&u->a, t);
    pmap_put(&c->types, name, u);
    return true;
}

bool catalog_type_remove(catalog *c, str name)
{
    return pmap_del(&c->types, name);
}

const char *source_kind_name(source_kind k)
{
    return k == SOURCE_STREAM ? "stream" : "table";
}

const char *source_kind_upper(source_kind k)
{
    return k == SOURCE_STREAM ? "STREAM" : "TABLE";
}

const char *window_kind_name(ast_window_kind k)
{
    static const char *const names[] = {"", "TUMBLING", "HOPPING", "SESSION"};
    return names[k];
}

uint32_t schema_count(const schema *s, column_ns ns)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n += s->cols[i].ns == ns;
    return n;
}

const column *schema_at(const schema *s, column_ns ns, uint32_t k)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (s->cols[i].ns == ns && k-- == 0)
            return &s->cols[i];
    return NULL;
}

const column *schema_find(const schema *s, str name)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (str_eq(s->cols[i].name, name))
            return &s->cols[i];
    return NULL;
}

void column_print(buf *out, const column *c)
{
    buf_putc(out, '`');
    buf_puts(out, c->name);
    buf_putz(out, "` ");
    type_print(out, c->type, true);
    if (c->ns == NS_KEY)
        buf_putz(out, " KEY");
    else if (c->ns == NS_HEADERS && c->all_headers)
        buf_putz(out, " HEADERS");
    else if (c->ns == NS_HEADERS)
        buf_printf(out, " HEADER('%.*s')", STR_FMT(c->header_key));
}

void schema_print(buf *out, const schema *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        if (i)
            buf_putz(out, ", ");
        column_print(out, &s->cols[i]);
    }
}

bool column_is_system(str n)
{
    return str_eqz(n, COL_ROWTIME) || str_eqz(n, COL_ROWPARTITION) || str_eqz(n, COL_ROWOFFSET) ||
           str_eqz(n, COL_WINDOWSTART) || str_eqz(n, COL_WINDOWEND);
}

void catalog_hint(const catalog *c, str name, int kind, buf *out)
{
    arena a;
    arena_init(&a);
    pmap_entry *all = pmap_sorted(&c->sources, &a);
    source    **found = ARENA_ARRAY(&a, source *, c->sources.n);
    uint32_t    n = 0;
    for (size_t i = 0; i < c->sources.n; i++) {
        source *s = all[i].value;
        if (str_eq_nocase(s->name, name) && !str_eq(s->name, name) && (kind < 0 || (int)s->kind == kind))
            found[n++] = s;
    }
    if (n == 1) {
        str upper = str_upper(&a, found[0]->name);
        if (str_eq(upper, found[0]->name))
            buf_printf(out, "\nDid you mean %.*s? Hint: try removing double quotes from the source name.",
                       STR_FMT(found[0]->name));
        else
            buf_printf(out,
                       "\nDid you mean \"%.*s\"? Hint: wrap the source name in double quotes to make "
                       "it case-sensitive.",
                       STR_FMT(found[0]->name));
    } else if (n > 1) {
        buf_putz(out, "\nDid you mean ");
        for (uint32_t i = 0; i < n; i++) {
            if (i)
                buf_putz(out, i + 1 < n ? ", " : n == 2 ? " or " : ", or ");
            buf_printf(out, "\"%.*s\" (%s)", STR_FMT(found[i]->name), source_kind_upper(found[i]->kind));
        }
        buf_putz(out, "? Hint: wrap the source name in double quotes to make it case-sensitive.");
    }
    arena_free(&a);
}
