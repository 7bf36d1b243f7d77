#include "engine/query/query.h"

#include "engine/query/pull_cache.h"

void query_hub_init(query_hub *h)
{
    pthread_mutex_init(&h->lock, NULL);
    h->pulls = pull_cache_new();
}

void query_hub_free(query_hub *h)
{
    pull_cache_free(h->pulls);
    VEC_FREE(&h->pushes);
    pthread_mutex_destroy(&h->lock);
}

static int32_t partitions_of(void *ctx, str topic)
{
    const query_env *e = ctx;
    tlog_topic       t;
    status           ignored;
    arena            a;
    arena_init(&a);
    status_init(&ignored);
    int32_t n = tlog_topic_get(e->hub->log, &a, topic, &t, &ignored) ? t.partitions : 0;
    arena_free(&a);
    return n;
}

plan_options query_plan_options(const query_env *e)
{
    return (plan_options){.catalog = &e->m->cat,
                          .settings = e->settings,
                          .transient = true,
                          .text = e->text,
                          .partitions = partitions_of,
                          .ctx = (void *)(uintptr_t)e};
}

query_columns query_columns_of(const plan *p, const source *table, arena *a)
{
    str         *names = ARENA_ARRAY(a, str, p->output_count), *marks = ARENA_ARRAY(a, str, p->output_count);
    const type **types = ARENA_ARRAY(a, const type *, p->output_count);
    bool        *keys = ARENA_ARRAY(a, bool, p->output_count);
    for (uint32_t i = 0; i < p->output_count; i++) {
        names[i] = p->outputs[i].name;
        types[i] = p->outputs[i].type;
        const column *c = table ? schema_find(&table->schema, names[i]) : NULL;
        keys[i] = (c && c->ns == NS_KEY) || (table && table->window.kind &&
                                             (str_eqz(names[i], COL_WINDOWSTART) || str_eqz(names[i], COL_WINDOWEND)));
        if (c && c->ns == NS_HEADERS)
            marks[i] = c->all_headers ? STR(" HEADERS") : str_fmt(a, " HEADER('%.*s')", STR_FMT(c->header_key));
    }
    return (query_columns){.names = names,
                           .types = types,
                           .is_key = keys,
                           .header_marks = marks,
                           .n = p->output_count,
                           .push = table == NULL};
}

static ast_visit find_pseudo(ast_expr *e, void *ctx)
{
    query_pseudo *u = ctx;
    if (e->kind == EX_COLUMN) {
        u->partition |= str_eqz(e->text, COL_ROWPARTITION);
        u->offset |= str_eqz(e->text, COL_ROWOFFSET);
    }
    return VISIT_CONTINUE;
}

void query_find_pseudo(ast_expr *e, query_pseudo *found)
{
    if (e)
        ast_walk(e, find_pseudo, found);
}
