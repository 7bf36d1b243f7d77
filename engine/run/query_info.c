#include "engine/run/query_info.h"

#include "base/mem.h"

query_info *query_info_new(void)
{
    query_info *q = MEM_NEW(query_info);
    arena_init(&q->a);
    q->refs = 1;
    catalog_init(&q->cat);
    return q;
}

void query_info_put(query_info *q, map *m, str name, str text)
{
    str *copy = ARENA_NEW(&q->a, str);
    *copy = str_dup(&q->a, text);
    map_put(m, name, copy);
}

void query_info_add_read(query_info *q, source *s)
{
    if (catalog_find(&q->cat, s->name)) {
        source_unref(s);
        return;
    }
    source **all = ARENA_ARRAY(&q->a, source *, q->read_count + 1);
    if (q->read_count)
        memcpy(all, q->reads, q->read_count * sizeof *all);
    all[q->read_count++] = s;
    q->reads = all;
    catalog_put(&q->cat, s);
}

query_info *query_info_ref(query_info *q)
{
    __atomic_add_fetch(&q->refs, 1, __ATOMIC_RELAXED);
    return q;
}

void query_info_unref(query_info *q)
{
    if (q == NULL || __atomic_sub_fetch(&q->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (q->base) {
        query_info_unref(q->base);
    } else {
        plan_free(q->plan);
        catalog_free(&q->cat);
        source_unref(q->sink);
        map_free(&q->properties);
        map_free(&q->settings);
    }
    arena_free(&q->a);
    mem_free(q);
}

query_info *query_info_paused(query_info *q, bool paused)
{
    query_info *c = query_info_new();
    arena       own = c->a;
    *c = *q;
    c->a = own;
    c->refs = 1;
    c->base = query_info_ref(q->base ? q->base : q);
    c->paused = paused;
    return c;
}

bool query_info_reads(const query_info *q, str source_name)
{
    for (uint32_t i = 0; i < q->read_count; i++)
        if (str_eq(q->reads[i]->name, source_name))
            return true;
    return false;
}
