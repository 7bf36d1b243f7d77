/* The log in memory: `weir replay` and tests. One copy of every batch; readers get pointers to it.
 *
 * A partition is a list of chunks that never move and are freed with the partition. Readers take the
 * partition's lock only to go from one chunk to the next; `used` of a chunk and the offsets are
 * published by atomic stores after the bytes.
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "storage/batch_log_int.h"
#include "storage/topic_settings_int.h"
#include "storage/txn_int.h"
#include "storage/watch_int.h"

#define CHUNK_BYTES_MIN 4096                /* chunks double from here ... */
#define CHUNK_BYTES_MAX ((uint32_t)1 << 20) /* ... to here, unless one append is larger */
#define MEM_MESSAGE_BYTES_MAX ((uint32_t)1 << 30)

typedef struct chunk chunk;
struct chunk {
    chunk           *next; /* set once, under the lock */
    int64_t          base; /* offset of the first record */
    int64_t          max_ts;
    uint32_t         cap;
    _Atomic uint32_t used;
    uint8_t          bytes[];
};

typedef struct mem_part {
    tlog_part       base;
    _Atomic int     refs;
    struct mem_log *log;
    pthread_mutex_t lock; /* appends, chunk list, states */
    chunk          *head, *tail;
    _Atomic int64_t high, last_stable;
    _Atomic bool    deleted;
    producer_states states;
    watch_list      watches;
} mem_part;

typedef struct mem_topic {
    arena      memory; /* of spec */
    tlog_topic spec;
    mem_part **parts;
} mem_topic;

typedef struct mem_log {
    tlog            base;
    pthread_mutex_t lock;    /* topics, offsets, next_pid */
    map             topics;  /* mem_topic */
    map             offsets; /* group NUL topic NUL partition -> int64_t */
    int64_t         next_pid;
    txn_backend     backend;
    txn_coord       coord;
} mem_log;

typedef struct mem_reader {
    batch_reader   b;
    mem_part      *part;
    tlog_isolation iso;
    uint64_t       seeks; /* place is that of the seek with this number; 0: none yet */
    chunk         *at;
    uint32_t       pos;
} mem_reader;

static const tlog_ops mem_ops;

/* ---- partitions */

static mem_part *part_new(mem_log *l)
{
    mem_part *p = MEM_NEW(mem_part);
    p->base.ops = &mem_ops;
    p->refs = 1;
    p->log = l;
    pthread_mutex_init(&p->lock, NULL);
    producer_states_init(&p->states);
    watch_init(&p->watches);
    return p;
}

static void part_close(tlog_part *tp)
{
    mem_part *p = (mem_part *)tp;
    if (atomic_fetch_sub(&p->refs, 1) > 1)
        return;
    for (chunk *c = p->head, *next; c; c = next) {
        next = c->next;
        mem_free(c);
    }
    producer_states_free(&p->states);
    watch_deinit(&p->watches);
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

static void part_hold(tlog_part *tp)
{
    atomic_fetch_add(&((mem_part *)tp)->refs, 1);
}

static tlog_part *part_open(tlog *tl, str topic, int32_t partition, status *st)
{
    mem_log  *l = (mem_log *)tl;
    mem_part *p = NULL;
    pthread_mutex_lock(&l->lock);
    mem_topic *t = map_get(&l->topics, topic);
    if (t && partition >= 0 && partition < t->spec.partitions) {
        p = t->parts[partition];
        part_hold(&p->base);
    }
    pthread_mutex_unlock(&l->lock);
    if (p)
        return &p->base;
    status_set(st, ST_NOT_FOUND, "There is no partition %d of topic '%.*s'", partition, STR_FMT(topic));
    return NULL;
}

static tlog_offsets part_known(const tlog_part *tp)
{
    const mem_part *p = (const mem_part *)tp;
    /* Stable first: it may not appear to be ahead of `high`. */
    int64_t stable = atomic_load(&p->last_stable);
    return (tlog_offsets){0, stable, atomic_load(&p->high)};
}

static bool part_is_deleted(const tlog_part *p)
{
    return atomic_load(&((const mem_part *)p)->deleted);
}

static bool deleted(status *st)
{
    return status_set(st, ST_NOT_FOUND, "The topic was deleted");
}

static bool offsets_query(tlog *l, tlog_part *const *parts, size_t n, tlog_offsets *out, status *st)
{
    (void)l;
    for (size_t i = 0; i < n; i++) {
        if (part_is_deleted(parts[i]))
            return deleted(st);
        out[i] = part_known(parts[i]);
    }
    return true;
}

static bool part_trim(tlog_part *tp, int64_t offset, status *st)
{
    if (offset >= 0 && offset <= atomic_load(&((mem_part *)tp)->high))
        return true;
    return status_set(st, ST_OFFSET_RANGE, "Offset %lld is not within the partition", (long long)offset);
}

/* Room for len bytes in one piece at the end. */
static chunk *tail_with_room(mem_part *p, uint32_t len)
{
    chunk *c = p->tail;
    if (c && c->cap - atomic_load_explicit(&c->used, memory_order_relaxed) >= len)
        return c;
    uint32_t cap = c ? c->cap * 2 : CHUNK_BYTES_MIN;
    if (cap > CHUNK_BYTES_MAX)
        cap = CHUNK_BYTES_MAX;
    if (cap < len)
        cap = len;
    chunk *fresh = mem_alloc(sizeof *fresh + cap);
    fresh->next = NULL;
    fresh->base = atomic_load(&p->high);
    fresh->max_ts = INT64_MIN;
    fresh->cap = cap;
    atomic_init(&fresh->used, 0);
    if (c)
        c->next = fresh;
    else
        p->head = fresh;
    return p->tail = fresh;
}

/* Copies placed batches to the end and publishes them. Lock held. */
static void append_locked(mem_part *p, batch_set *set, const uint8_t *bytes, uint32_t len)
{
    chunk   *c = tail_with_room(p, len);
    uint32_t used = atomic_load_explicit(&c->used, memory_order_relaxed);
    memcpy(c->bytes + used, bytes, len);
    if (set->max_ts > c->max_ts)
        c->max_ts = set->max_ts;
    int64_t now = 0;
    for (size_t i = 0; i < set->n; i++)
        producer_apply(&p->states, &set->v[i], now);
    atomic_store_explicit(&c->used, used + len, memory_order_release);
    int64_t high = atomic_load(&p->high) + set->offsets;
    atomic_store(&p->high, high);
    atomic_store(&p->last_stable, producer_last_stable(&p->states, high));
}

static bool append_set(tlog_part *tp, batch_set *set, uint8_t *bytes, uint32_t len, bool durable, int64_t *base_out,
                       status *st)
{
    (void)durable; /* nothing is */
    mem_part *p = (mem_part *)tp;
    pthread_mutex_lock(&p->lock);
    bool ok = atomic_load(&p->deleted) ? deleted(st) : batch_set_check(set, &p->states, base_out, st);
    if (ok) {
        *base_out = atomic_load(&p->high);
        batch_set_place(set, *base_out, 0);
        append_locked(p, set, bytes, len);
    }
    pthread_mutex_unlock(&p->lock);
    if (ok)
        watch_wake(&p->watches);
    return ok;
}

static bool append_marker(tlog_part *tp, producer_ident who, bool commit, int64_t *end_out, status *st)
{
    mem_part *p = (mem_part *)tp;
    uint8_t   marker[MARKER_BYTES];
    batch_set set = {.v = set.few, .n = 1, .offsets = 1, .max_ts = INT64_MIN};
    marker_build(marker, who, commit, clock_wall_ms());
    batch_parse(marker, sizeof marker, false, &set.few[0], st);
    pthread_mutex_lock(&p->lock);
    bool ok = atomic_load(&p->deleted) ? deleted(st) : true;
    if (ok) {
        batch_set_place(&set, atomic_load(&p->high), 0);
        append_locked(p, &set, marker, sizeof marker);
        *end_out = atomic_load(&p->high);
    }
    pthread_mutex_unlock(&p->lock);
    if (ok)
        watch_wake(&p->watches);
    return ok;
}

static bool part_append(tlog_part *tp, uint8_t *bytes, uint32_t len, batch_append opt, int64_t *base_out, status *st)
{
    mem_part *p = (mem_part *)tp;
    batch_set set;
    bool      ok = len <= MEM_MESSAGE_BYTES_MAX
                       ? batch_set_parse(&set, bytes, len, !opt.trusted, st)
                       : status_set(st, ST_TOO_LARGE, "An append of %u bytes exceeds %u", len, MEM_MESSAGE_BYTES_MAX);
    if (len > MEM_MESSAGE_BYTES_MAX)
        return false;
    if (ok && opt.producer)
        ok = txn_producer_append(opt.producer, tp, &set, bytes, len, opt.durable, base_out, st);
    else if (ok && (set.v[0].attributes & BATCH_TRANSACTIONAL))
        ok = txn_append(&p->log->coord, tp, &set, bytes, len, opt.durable, base_out, st);
    else if (ok)
        ok = append_set(tp, &set, bytes, len, opt.durable, base_out, st);
    batch_set_free(&set);
    return ok;
}

static bool part_offset_for_time(tlog_part *tp, int64_t ts_ms, int64_t *offset, int64_t *ts_out, status *st)
{
    mem_part  *p = (mem_part *)tp;
    batch_iter it = BATCH_ITER_INIT;
    rec_view   r;
    bool       ok = true, found = false;
    *offset = TLOG_OFFSET_NONE;
    *ts_out = -1;
    pthread_mutex_lock(&p->lock);
    for (chunk *c = p->head; ok && !found && c; c = c->next) {
        uint32_t used = atomic_load(&c->used);
        for (uint32_t at = 0; c->max_ts >= ts_ms && ok && !found && at < used;) {
            batch_view b;
            ok = batch_parse(c->bytes + at, used - at, false, &b, st);
            if (ok && b.max_ts >= ts_ms && !(b.attributes & BATCH_CONTROL)) {
                ok = batch_iter_begin(&it, c->bytes + at, used - at, st);
                while (ok && !found && batch_iter_next(&it, &r, st)) {
                    found = r.ts >= ts_ms;
                    *offset = found ? r.offset : TLOG_OFFSET_NONE;
                    *ts_out = found ? r.ts : -1;
                }
                ok = ok && st->code == ST_OK;
            }
            at += ok ? b.size_bytes : 0;
        }
    }
    pthread_mutex_unlock(&p->lock);
    batch_iter_free(&it);
    return ok;
}

static uint64_t part_watch(tlog_part *tp, void (*wake)(void *), void *ctx)
{
    return watch_add(&((mem_part *)tp)->watches, wake, ctx);
}

static void part_unwatch(tlog_part *tp, uint64_t id)
{
    watch_remove(&((mem_part *)tp)->watches, id);
}

/* ---- readers */

static tlog_reader *reader_open(tlog_part *tp, int64_t offset, tlog_isolation iso)
{
    mem_reader *r = MEM_NEW(mem_reader);
    *r = (mem_reader){.part = (mem_part *)tp, .iso = iso};
    batch_reader_init(&r->b, &mem_ops, offset);
    part_hold(tp);
    return &r->b.base;
}

static void reader_close(tlog_reader *tr)
{
    mem_reader *r = (mem_reader *)tr;
    part_close(&r->part->base);
    batch_reader_deinit(&r->b);
    mem_free(r);
}

/* Finds the batch that holds the offset to be read next. */
static void reader_place(mem_reader *r)
{
    pthread_mutex_lock(&r->part->lock);
    chunk *c = r->part->head;
    while (c && c->next && c->next->base <= r->b.next)
        c = c->next;
    pthread_mutex_unlock(&r->part->lock);
    r->at = c;
    r->pos = 0;
    r->seeks = c ? r->b.seeks : 0;
    uint32_t used = c ? atomic_load_explicit(&c->used, memory_order_acquire) : 0;
    while (r->pos < used) {
        const uint8_t *b = c->bytes + r->pos;
        if ((int64_t)be_get64(b) + (int32_t)be_get32(b + 23) >= r->b.next)
            break;
        r->pos += be_get32(b + 8) + 12;
    }
}

/* Is the batch to be left out of what a committed reader gets? */
static bool is_hidden(mem_reader *r, const uint8_t *b)
{
    uint16_t attributes = be_get16(b + 21);
    if (attributes & BATCH_CONTROL)
        return true;
    if (!(attributes & BATCH_TRANSACTIONAL) || r->iso == TLOG_READ_UNCOMMITTED)
        return false;
    mem_part *p = r->part;
    pthread_mutex_lock(&p->lock);
    bool gone =
        producer_is_aborted(p->states.aborted.p, p->states.aborted.n, (int64_t)be_get64(b + 43), (int64_t)be_get64(b));
    pthread_mutex_unlock(&p->lock);
    return gone;
}

static bool reader_next(batch_reader *tr, uint32_t max_bytes, const uint8_t **data, uint32_t *len, status *st)
{
    mem_reader *r = (mem_reader *)tr;
    mem_part   *p = r->part;
    *data = NULL;
    *len = 0;
    if (atomic_load(&p->deleted))
        return deleted(st);
    int64_t end = atomic_load(r->iso == TLOG_READ_COMMITTED ? &p->last_stable : &p->high);
    if (tr->next < 0 || tr->next > atomic_load(&p->high))
        return status_set(st, ST_OFFSET_RANGE, "Offset %lld is not within 0 and %lld", (long long)tr->next,
                          (long long)atomic_load(&p->high));
    tr->first = tr->next;
    if (tr->next >= end)
        return true;
    if (r->seeks != tr->seeks)
        reader_place(r);
    uint32_t from = r->pos, n = 0;
    while (tr->next < end) {
        uint32_t used = atomic_load_explicit(&r->at->used, memory_order_acquire);
        if (r->pos == used) {
            if (n > 0)
                break;
            pthread_mutex_lock(&p->lock);
            used = atomic_load_explicit(&r->at->used, memory_order_relaxed);
            if (r->pos == used) {
                assert(r->at->next);
                r->at = r->at->next;
                r->pos = 0;
            }
            pthread_mutex_unlock(&p->lock);
            from = r->pos;
            continue;
        }
        const uint8_t *b = r->at->bytes + r->pos;
        uint32_t       size = be_get32(b + 8) + 12;
        bool           hidden = is_hidden(r, b);
        if (n > 0 && (hidden || n + size > max_bytes))
            break;
        r->pos += size;
        tr->next = (int64_t)be_get64(b) + (int32_t)be_get32(b + 23) + 1;
        if (hidden) {
            from = r->pos;
            tr->first = tr->next;
        } else {
            n += size;
        }
    }
    *data = r->at->bytes + from;
    *len = n;
    return true;
}

/* ---- topics */

static void topic_copy(arena *a, const tlog_topic *from, tlog_topic *to)
{
    *to = *from;
    to->name = str_dup(a, from->name);
    to->internal = tlog_name_is_internal(from->name);
    tlog_config *c = ARENA_ARRAY(a, tlog_config, from->config_count);
    for (uint32_t i = 0; i < from->config_count; i++)
        c[i] = (tlog_config){str_dup(a, from->configs[i].name), str_dup(a, from->configs[i].value)};
    to->configs = c;
}

static bool topic_create(tlog *tl, const tlog_topic *spec, status *st)
{
    mem_log *l = (mem_log *)tl;
    if (!topic_spec_check(spec, st))
        return false;
    pthread_mutex_lock(&l->lock);
    bool ok = !map_get(&l->topics, spec->name)
                  ? true
                  : status_set(st, ST_EXISTS, "Topic '%.*s' already exists.", STR_FMT(spec->name));
    if (ok) {
        mem_topic *t = MEM_NEW(mem_topic);
        topic_copy(&t->memory, spec, &t->spec);
        t->spec.replication = 1;
        if (t->spec.partitions < 0)
            t->spec.partitions = 1;
        if (getrandom(t->spec.id, sizeof t->spec.id, 0) != sizeof t->spec.id)
            memcpy(t->spec.id, &t, sizeof t);
        t->parts = mem_alloc((size_t)t->spec.partitions * sizeof *t->parts);
        for (int32_t i = 0; i < t->spec.partitions; i++)
            t->parts[i] = part_new(l);
        map_put(&l->topics, spec->name, t);
    }
    pthread_mutex_unlock(&l->lock);
    if (ok)
        tlog_topic_changed(tl, spec->name);
    return ok;
}

/* Lets go of a topic that is no longer in the map. */
static void topic_drop(mem_topic *t)
{
    for (int32_t i = 0; i < t->spec.partitions; i++) {
        mem_part *p = t->parts[i];
        pthread_mutex_lock(&p->lock);
        atomic_store(&p->deleted, true);
        pthread_mutex_unlock(&p->lock);
        watch_wake(&p->watches);
        part_close(&p->base);
    }
    mem_free(t->parts);
    arena_free(&t->memory);
    mem_free(t);
}

static bool no_topic(str name, status *st)
{
    return status_set(st, ST_NOT_FOUND, "There is no topic '%.*s'", STR_FMT(name));
}

/* Key of a committed offset, or with topic.p NULL the prefix of all of a group. */
static str offset_key(buf *b, str group, str topic, int32_t partition)
{
    buf_clear(b);
    buf_puts(b, group);
    buf_putc(b, 0);
    if (topic.p) {
        buf_puts(b, topic);
        buf_putc(b, 0);
        buf_put_i32(b, partition);
    }
    return buf_str(b);
}

/* Forgets the offsets whose keys match. Lock held. */
static void offsets_drop(mem_log *l, bool (*match)(str key, str what), str what)
{
    arena  a = {0};
    size_t n = l->offsets.n;
    str   *keys = map_sorted_keys(&l->offsets, &a);
    for (size_t i = 0; i < n; i++) {
        str key = str_dup(&a, keys[i]);
        if (match(key, what))
            mem_free(map_del(&l->offsets, key));
    }
    arena_free(&a);
}

static bool key_of_topic(str key, str topic)
{
    int64_t at = str_find_char(key, 0);
    return key.n == (uint32_t)at + 1 + topic.n + 5 && memcmp(key.p + at + 1, topic.p, topic.n) == 0;
}

static bool topic_delete(tlog *tl, str name, status *st)
{
    mem_log *l = (mem_log *)tl;
    pthread_mutex_lock(&l->lock);
    mem_topic *t = map_del(&l->topics, name);
    if (t)
        offsets_drop(l, key_of_topic, name);
    pthread_mutex_unlock(&l->lock);
    if (!t)
        return no_topic(name, st);
    topic_drop(t);
    tlog_topic_changed(tl, name);
    return true;
}

static bool topic_get(tlog *tl, arena *a, str name, tlog_topic *out, status *st)
{
    mem_log *l = (mem_log *)tl;
    pthread_mutex_lock(&l->lock);
    mem_topic *t = map_get(&l->topics, name);
    if (t)
        topic_copy(a, &t->spec, out);
    pthread_mutex_unlock(&l->lock);
    return t ? true : no_topic(name, st);
}

static bool topic_list(tlog *tl, arena *a, tlog_topic **out, size_t *n, status *st)
{
    (void)st;
    mem_log *l = (mem_log *)tl;
    pthread_mutex_lock(&l->lock);
    str *names = map_sorted_keys(&l->topics, a);
    *n = l->topics.n;
    *out = ARENA_ARRAY(a, tlog_topic, *n);
    for (size_t i = 0; i < *n; i++)
        topic_copy(a, &((mem_topic *)map_get(&l->topics, names[i]))->spec, &(*out)[i]);
    pthread_mutex_unlock(&l->lock);
    return true;
}

/* ---- committed offsets */

static bool offsets_put(tlog *tl, str group, const tlog_position *c, size_t n, bool *doubt, status *st)
{
    (void)st;
    *doubt = false;
    mem_log *l = (mem_log *)tl;
    buf      key = BUF_INIT(BUF_MAX);
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < n; i++) {
        if (c[i].of && atomic_load(&((mem_part *)c[i].of)->deleted))
            continue;
        str      k = offset_key(&key, group, c[i].topic, c[i].partition);
        int64_t *v = map_get(&l->offsets, k);
        if (!v) {
            v = MEM_NEW(int64_t);
            map_put(&l->offsets, k, v);
        }
        *v = c[i].offset;
    }
    pthread_mutex_unlock(&l->lock);
    buf_free(&key);
    return true;
}

static bool offsets_fetch(tlog *tl, str group, tlog_position *p, size_t n, status *st)
{
    (void)st;
    mem_log *l = (mem_log *)tl;
    buf      key = BUF_INIT(BUF_MAX);
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < n; i++) {
        int64_t *v = map_get(&l->offsets, offset_key(&key, group, p[i].topic, p[i].partition));
        p[i].offset = v ? *v : TLOG_OFFSET_NONE;
    }
    pthread_mutex_unlock(&l->lock);
    buf_free(&key);
    return true;
}

static bool offsets_delete_group(tlog *tl, str group, status *st)
{
    (void)st;
    mem_log *l = (mem_log *)tl;
    buf      key = BUF_INIT(BUF_MAX);
    pthread_mutex_lock(&l->lock);
    offsets_drop(l, str_starts, offset_key(&key, group, STR_NONE, 0));
    pthread_mutex_unlock(&l->lock);
    buf_free(&key);
    return true;
}

/* ---- transactions */

static bool pid_new(void *ctx, int64_t *pid, status *st)
{
    (void)st;
    mem_log *l = ctx;
    pthread_mutex_lock(&l->lock);
    *pid = l->next_pid++;
    pthread_mutex_unlock(&l->lock);
    return true;
}

static bool id_store(void *ctx, str name, producer_ident who, int32_t timeout_ms, status *st)
{
    (void)ctx, (void)name, (void)who, (void)timeout_ms, (void)st;
    return true;
}

static bool decide(void *ctx, const txn_decision *d, bool *doubt, status *st)
{
    return offsets_put(ctx, d->group, d->offsets, d->offset_count, doubt, st);
}

static bool undecide(void *ctx, const txn_id *id, status *st)
{
    (void)ctx, (void)id, (void)st; /* decide() cannot fail */
    return true;
}

static tlog_producer *producer_open(tlog *l, str name, status *st)
{
    return txn_producer_open(&((mem_log *)l)->coord, &mem_ops, name, st);
}

/* ---- the log */

static void log_close(tlog *tl)
{
    mem_log *l = (mem_log *)tl;
    size_t   at = 0;
    str      key;
    void    *v;
    txn_coord_free(&l->coord);
    while (map_next(&l->topics, &at, &key, &v))
        topic_drop(v);
    for (at = 0; map_next(&l->offsets, &at, &key, &v);)
        mem_free(v);
    map_free(&l->topics);
    map_free(&l->offsets);
    pthread_mutex_destroy(&l->lock);
    tlog_deinit(&l->base);
    mem_free(l);
}

static tlog_info info(const tlog *l)
{
    (void)l;
    return (tlog_info){.kind = "memory"};
}

static uint32_t batch_bytes_max(const tlog_part *p)
{
    (void)p;
    return MEM_MESSAGE_BYTES_MAX;
}

/* There is no disk to wait for. */
static bool part_sync(tlog_part *p, status *st)
{
    (void)p, (void)st;
    return true;
}

static int64_t mono_ms(void *ctx)
{
    (void)ctx;
    return clock_mono_ms();
}

static const batch_ops mem_batches = {
    .append = part_append,
    .next = reader_next,
    .batch_bytes_max = batch_bytes_max,
    .part_hold = part_hold,
    .part_sync = part_sync,
    .offsets_put = offsets_put,
};

static const tlog_ops mem_ops = {
    .close = log_close,
    .info = info,
    .topic_create = topic_create,
    .topic_delete = topic_delete,
    .topic_get = topic_get,
    .topic_list = topic_list,
    .part_open = part_open,
    .part_close = part_close,
    .part_known = part_known,
    .offsets_query = offsets_query,
    .part_is_deleted = part_is_deleted,
    .part_trim = part_trim,
    .part_offset_for_time = part_offset_for_time,
    .part_watch = part_watch,
    .part_unwatch = part_unwatch,
    .reader_open = reader_open,
    .reader_close = reader_close,
    .reader_next = batch_reader_next,
    .sender_open = batch_sender_open,
    .sender_close = batch_sender_close,
    .send = batch_sender_send,
    .flush = batch_sender_flush,
    .sender_mark = batch_sender_mark,
    .append_wait = batch_log_append_wait,
    .commit = batch_log_commit,
    .offsets_fetch = offsets_fetch,
    .offsets_delete_group = offsets_delete_group,
    .producer_open = producer_open,
    .producer_close = txn_producer_close,
    .producer_abort = txn_producer_abort,
    .batches = &mem_batches,
};

tlog *tlog_open_memory(void)
{
    mem_log *l = MEM_NEW(mem_log);
    tlog_init(&l->base, &mem_ops);
    l->next_pid = 1;
    pthread_mutex_init(&l->lock, NULL);
    l->backend = (txn_backend){append_set, append_marker, part_hold, pid_new, id_store, decide, undecide, mono_ms, l};
    txn_coord_init(&l->coord, &l->backend);
    return &l->base;
}
