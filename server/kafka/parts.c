/* The partitions a loop has open, by topic name, and who waits for their next record.
 *
 * A partition is watched from its first waiter on and stays so: registering a watch for each long
 * poll would cost a lock and two list changes per empty Fetch. The appending thread only looks at a
 * counter when nobody waits.
 */
#include "base/mem.h"
#include "base/vec.h"
#include "server/kafka/server_int.h"

#define UNUSED_MS 60000 /* a topic nobody used for as long is closed */

struct ktopic {
    str     name; /* owned */
    uint8_t id[16];
    kpart **parts; /* by partition; NULL: not open */
    int32_t n;
    int64_t used_ms;
};

static void wake(void *ctx)
{
    kpart *p = ctx;
    if (atomic_load(&p->waiters) == 0 || atomic_exchange(&p->dirty, true))
        return;
    loop *l = p->loop;
    pthread_mutex_lock(&l->lock);
    p->dirty_next = l->dirty;
    l->dirty = p;
    pthread_mutex_unlock(&l->lock);
    loop_wake(l);
}

kpart *parts_take_dirty(loop *l)
{
    pthread_mutex_lock(&l->lock);
    kpart *p = l->dirty;
    if (p)
        l->dirty = p->dirty_next;
    pthread_mutex_unlock(&l->lock);
    if (p)
        atomic_store(&p->dirty, false); /* before its state is read again */
    return p;
}

static void kpart_free(kpart *p)
{
    loop *l = p->loop;
    if (p->watch)
        tlog_part_unwatch(p->part, p->watch);
    if (atomic_load(&p->dirty)) {
        pthread_mutex_lock(&l->lock);
        kpart **at = &l->dirty;
        while (*at && *at != p)
            at = &(*at)->dirty_next;
        if (*at)
            *at = p->dirty_next;
        pthread_mutex_unlock(&l->lock);
    }
    tlog_part_close(p->part);
    mem_free(p);
}

void kpart_hold(kpart *p)
{
    p->refs++;
}

void kpart_release(kpart *p)
{
    if (--p->refs == 0)
        kpart_free(p);
}

void kpart_wait(kpart *p, fetch_wait *w, call *c)
{
    *w = (fetch_wait){.next = p->waits, .part = p, .call = c};
    if (w->next)
        w->next->prev = w;
    p->waits = w;
    kpart_hold(p);
    atomic_fetch_add(&p->waiters, 1);
    if (p->watch == 0)
        p->watch = tlog_part_watch(p->part, wake, p);
}

void kpart_unwait(fetch_wait *w)
{
    kpart *p = w->part;
    if (w->prev)
        w->prev->next = w->next;
    else
        p->waits = w->next;
    if (w->next)
        w->next->prev = w->prev;
    atomic_fetch_sub(&p->waiters, 1);
    kpart_release(p);
}

static void topic_close(loop *l, ktopic *t)
{
    map_del(&l->topics, t->name);
    for (int32_t i = 0; i < t->n; i++)
        if (t->parts[i]) {
            t->parts[i]->topic = NULL;
            kpart_release(t->parts[i]);
        }
    mem_free(t->parts);
    mem_free((char *)t->name.p);
    mem_free(t);
}

void parts_forget(kpart *p)
{
    if (p->topic)
        topic_close(p->loop, p->topic);
}

static ktopic *topic_add(loop *l, str name, status *st)
{
    tlog_topic info;
    if (!tlog_topic_get(l->srv->log, &l->scratch, name, &info, st))
        return NULL;
    ktopic *t = MEM_NEW(ktopic);
    memcpy(t->id, info.id, 16);
    t->name = str_make(mem_dup(name.p, name.n), name.n);
    map_put(&l->topics, name, t);
    return t;
}

kpart *parts_get(loop *l, str name, int32_t partition, status *st)
{
    ktopic *t = map_get(&l->topics, name);
    if (t && partition >= 0 && partition < t->n && t->parts[partition]) {
        t->used_ms = l->now_ms;
        return t->parts[partition];
    }
    if (partition < 0) {
        status_set(st, ST_NOT_FOUND, "no partition %d", partition);
        return NULL;
    }
    tlog_part *part = tlog_part_open(l->srv->log, name, partition, st);
    if (part == NULL)
        return NULL;
    if (t == NULL && (t = topic_add(l, name, st)) == NULL) {
        tlog_part_close(part);
        return NULL;
    }
    t->used_ms = l->now_ms;
    if (partition >= t->n) { /* it exists, so its number is within the limit of partitions */
        t->parts = mem_realloc(t->parts, ((size_t)partition + 1) * sizeof *t->parts);
        for (int32_t i = t->n; i <= partition; i++)
            t->parts[i] = NULL;
        t->n = partition + 1;
    }
    kpart *p = MEM_NEW(kpart);
    p->part = part;
    p->topic = t;
    p->loop = l;
    p->refs = 1;
    t->parts[partition] = p;
    return p;
}

/* ---- ids */

static void ids_clear(loop *l)
{
    str   key;
    void *name;
    for (size_t i = 0; map_next(&l->ids, &i, &key, &name);) {
        mem_free((char *)((str *)name)->p);
        mem_free(name);
    }
    map_free(&l->ids);
}

bool parts_topic_name(loop *l, const uint8_t id[16], str *name)
{
    str  key = str_make((const char *)id, 16);
    str *known = map_get(&l->ids, key);
    if (known == NULL && l->ids_ms != l->now_ms) { /* one we have not met: learn them all */
        status      st;
        tlog_topic *topics;
        size_t      n;
        status_init(&st);
        ids_clear(l);
        l->ids_ms = l->now_ms;
        if (!tlog_topic_list(l->srv->log, &l->scratch, &topics, &n, &st))
            return false;
        for (size_t i = 0; i < n; i++) {
            str *s = MEM_NEW(str);
            *s = str_make(mem_dup(topics[i].name.p, topics[i].name.n), topics[i].name.n);
            map_put(&l->ids, str_make((const char *)topics[i].id, 16), s);
        }
        known = map_get(&l->ids, key);
    }
    if (known == NULL)
        return false;
    *name = str_dup(&l->scratch, *known);
    return true;
}

bool kpart_has_id(const kpart *p, const uint8_t id[16])
{
    return p->topic && memcmp(p->topic->id, id, 16) == 0;
}

/* ---- closing */

static void close_older(loop *l, int64_t before_ms)
{
    VEC(ktopic *) old = {0};
    str   key;
    void *t;
    for (size_t i = 0; map_next(&l->topics, &i, &key, &t);)
        if (((ktopic *)t)->used_ms < before_ms)
            VEC_PUSH(&old, t);
    for (size_t i = 0; i < old.n; i++)
        topic_close(l, old.p[i]);
    VEC_FREE(&old);
}

void parts_sweep(loop *l, int64_t now_ms)
{
    close_older(l, now_ms - UNUSED_MS);
}

void parts_free(loop *l)
{
    close_older(l, INT64_MAX);
    map_free(&l->topics);
    ids_clear(l);
}
