#include "engine/run/metastore.h"

#include <stdlib.h>

#include "base/mem.h"

static void ref_query(void *q)
{
    query_info_ref(q);
}

static void unref_query(void *q)
{
    query_info_unref(q);
}

static const pmap_kind queries_kind = {ref_query, unref_query};

metastore *metastore_new(void)
{
    metastore *m = MEM_NEW(metastore);
    atomic_init(&m->refs, 1);
    catalog_init(&m->cat);
    pmap_init(&m->queries, &queries_kind);
    settings_system_init(&m->system);
    return m;
}

metastore *metastore_copy(const metastore *from)
{
    metastore *to = MEM_NEW(metastore);
    atomic_init(&to->refs, 1);
    catalog_copy(&to->cat, &from->cat);
    pmap_copy(&to->queries, &from->queries);
    pmap_copy(&to->system, &from->system);
    to->next_seq = from->next_seq;
    return to;
}

metastore *metastore_ref(metastore *m)
{
    atomic_fetch_add(&m->refs, 1);
    return m;
}

void metastore_release(metastore *m)
{
    if (atomic_fetch_sub(&m->refs, 1) > 1)
        return;
    pmap_free(&m->queries);
    pmap_free(&m->system);
    map_free(&m->topics);
    catalog_free(&m->cat);
    mem_free(m);
}

query_info *metastore_query(const metastore *m, str id)
{
    return pmap_get(&m->queries, id);
}

static void **values_sorted(const pmap *m, arena *a)
{
    pmap_entry *e = pmap_sorted(m, a);
    void      **all = ARENA_ARRAY(a, void *, m->n + 1);
    for (size_t i = 0; i < m->n; i++)
        all[i] = e[i].value;
    return all;
}

query_info **metastore_queries(const metastore *m, arena *a)
{
    return (query_info **)values_sorted(&m->queries, a);
}

static int by_seq(const void *a, const void *b)
{
    const query_info *x = *(query_info *const *)a, *y = *(query_info *const *)b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

query_info **metastore_queries_in_order(const metastore *m, arena *a)
{
    query_info **all = metastore_queries(m, a);
    if (m->queries.n)
        qsort(all, m->queries.n, sizeof *all, by_seq);
    return all;
}

source **metastore_sources(const metastore *m, arena *a)
{
    return (source **)values_sorted(&m->cat.sources, a);
}
