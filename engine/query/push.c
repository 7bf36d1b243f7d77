#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/mem.h"
#include "engine/query/push_int.h"

/* ---- one that runs */

push_query *push_new(query_hub *h, str id, const query_listener *l)
{
    push_query *q = MEM_NEW(push_query);
    arena_init(&q->a);
    pthread_mutex_init(&q->lock, NULL);
    q->hub = h;
    q->l = *l;
    q->id = str_dup(&q->a, id);
    return q;
}

void push_free(push_query *q)
{
    pthread_mutex_destroy(&q->lock);
    arena_free(&q->a);
    mem_free(q);
}

void push_publish(push_query *q)
{
    pthread_mutex_lock(&q->hub->lock);
    VEC_PUSH(&q->hub->pushes, q);
    pthread_mutex_unlock(&q->hub->lock);
}

void push_finish(push_query *q, query_end why, const char *msg)
{
    pthread_mutex_lock(&q->lock);
    if (!q->ended) {
        q->ended = true;
        q->l.end(q->l.ctx, why, msg);
    }
    pthread_mutex_unlock(&q->lock);
}

void push_on_end(void *ctx, const char *error)
{
    push_query *q = ctx;
    push_finish(q, error ? QUERY_ERROR : q->limited && q->left <= 0 ? QUERY_LIMIT : QUERY_COMPLETE, error);
}

static bool on_row(void *ctx, const value *row, bool tombstone, int64_t ts)
{
    push_query *q = ctx;
    (void)ts;
    pthread_mutex_lock(&q->lock);
    bool more = !q->ended && (!q->limited || q->left > 0);
    if (more) {
        more = q->l.row(q->l.ctx, row, tombstone);
        if (q->limited && --q->left <= 0)
            more = false;
    }
    pthread_mutex_unlock(&q->lock);
    return more;
}

/* ---- ids */

str push_transient_id(arena *a, str name)
{
    static uint64_t last;
    uint64_t        n = (uint64_t)clock_wall_ns();
    n = n * 6364136223846793005u + 1442695040888963407u + __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    return str_fmt(a, "transient_%.*s_%lu", STR_FMT(name), (unsigned long)(n >> 1));
}

/* A UUID of version 4. */
static str tap_id(arena *a)
{
    uint8_t r[16];
    if (getrandom(r, sizeof r, 0) != sizeof r)
        abort(); /* so few bytes are always there */
    r[6] = (r[6] & 0x0f) | 0x40;
    r[8] = (r[8] & 0x3f) | 0x80;
    return str_fmt(a, "SCALABLE_PUSH_QUERY_%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0],
                   r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
}

/* ---- starting */

static bool has_one_writer(const query_env *e, const source *s)
{
    arena  a;
    size_t writers = 0;
    arena_init(&a);
    query_info **all = metastore_queries(e->m, &a);
    for (size_t i = 0; i < e->m->queries.n; i++)
        writers += query_info_is_visible(all[i]) && str_eq(all[i]->sink->name, s->name);
    arena_free(&a);
    return writers == 1;
}

/* May it take its rows from the query that makes its source? */
static bool is_tap(const query_env *e, const source *s, const ast_query *q)
{
    query_pseudo use = {0};
    if (!settings_flag(&e->settings, SETTING_QUERY_PUSH_V2_ENABLED) ||
        !settings_flag(&e->settings, SETTING_QUERY_PUSH_V2_REGISTRY_INSTALLED))
        return false;
    if (q->emit != EMIT_CHANGES || q->join_count || q->has_group_by || q->window.kind || q->having ||
        q->has_partition_by || settings_choice_is(&e->settings, SETTING_AUTO_OFFSET_RESET, "earliest"))
        return false;
    for (uint32_t i = 0; i < q->item_count; i++)
        query_find_pseudo(q->items[i].expr, &use);
    query_find_pseudo(q->where, &use);
    return !use.partition && !use.offset && has_one_writer(e, s);
}

/* Takes over the plan. */
static run_query *run(const query_env *e, push_query *q, plan *p, bool bounded, status *st)
{
    transient_options o = {.plan = p,
                           .id = q->id,
                           .properties = &e->s->properties,
                           .earliest =
                               bounded || settings_choice_is(&e->settings, SETTING_AUTO_OFFSET_RESET, "earliest"),
                           .bounded = bounded,
                           .row = on_row,
                           .end = push_on_end,
                           .ctx = q};
    query_columns     c = query_columns_of(p, NULL, &q->a);
    c.query_id = q->id;
    q->l.header(q->l.ctx, &c);
    return runtime_start_transient(e->hub->run, &o, st);
}

bool push_start(const query_env *e, const ast_query *q, bool bounded, const query_listener *l, push_query **out,
                status *st)
{
    const source *s = catalog_find(&e->m->cat, q->from.name);
    plan_options  po = query_plan_options(e);
    po.tap = s && !bounded && is_tap(e, s, q);
    plan *p = plan_query(q, &po, st);
    if (p == NULL)
        return false;
    push_query *push = push_new(e->hub, STR_NONE, l);
    push->id = po.tap ? tap_id(&push->a) : push_transient_id(&push->a, q->from.name);
    push->limited = p->has_limit;
    push->left = p->limit;
    bool nothing = p->has_limit && p->limit <= 0; /* the plan, and push's own count, are the workers' by now */
    push->run = run(e, push, p, bounded, st);
    if (push->run == NULL) {
        push_free(push);
        return false;
    }
    push_publish(push);
    if (nothing)
        push_finish(push, QUERY_LIMIT, NULL);
    *out = push;
    return true;
}

/* ---- ending */

void push_query_close(push_query *q)
{
    query_hub *h = q->hub;
    pthread_mutex_lock(&q->lock);
    q->ended = true;
    pthread_mutex_unlock(&q->lock);
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->pushes.n; i++)
        if (h->pushes.p[i] == q) {
            VEC_REMOVE(&h->pushes, i);
            break;
        }
    pthread_mutex_unlock(&h->lock);
    if (q->print)
        topic_print_stop(q->print);
    else
        runtime_stop_transient(h->run, q->run);
    push_free(q);
}

/* With the lock held. */
static push_query *find(query_hub *h, str id)
{
    for (size_t i = 0; i < h->pushes.n; i++)
        if (str_eq_nocase(h->pushes.p[i]->id, id))
            return h->pushes.p[i];
    return NULL;
}

bool push_exists(query_hub *h, str id)
{
    pthread_mutex_lock(&h->lock);
    bool is = find(h, id) != NULL;
    pthread_mutex_unlock(&h->lock);
    return is;
}

bool push_end(query_hub *h, str id)
{
    pthread_mutex_lock(&h->lock);
    push_query *q = find(h, id);
    if (q)
        push_finish(q, QUERY_COMPLETE, NULL);
    pthread_mutex_unlock(&h->lock);
    return q != NULL;
}
