/* log.h over the data folder: the table of functions, and what the transaction coordinator needs of
 * this log. */
#include "base/mem.h"
#include "storage/storage_int.h"

static storage *storage_of(tlog *l)
{
    return (storage *)l; /* its first member */
}

static bool topic_create(tlog *l, const tlog_topic *spec, status *st)
{
    return storage_topic_create(storage_of(l), spec, st);
}

static bool topic_delete(tlog *l, str name, status *st)
{
    return storage_topic_delete(storage_of(l), name, st);
}

static bool topic_get(tlog *l, arena *a, str name, tlog_topic *out, status *st)
{
    storage *s = storage_of(l);
    pthread_mutex_lock(&s->lock);
    stored_topic *t = map_get(&s->topics, name);
    if (t)
        topic_copy(a, &t->spec, out);
    pthread_mutex_unlock(&s->lock);
    return t ? true : status_set(st, ST_NOT_FOUND, "There is no topic '%.*s'", STR_FMT(name));
}

static bool topic_list(tlog *l, arena *a, tlog_topic **out, size_t *n, status *st)
{
    (void)st;
    storage *s = storage_of(l);
    pthread_mutex_lock(&s->lock);
    str *names = map_sorted_keys(&s->topics, a);
    *n = s->topics.n;
    *out = ARENA_ARRAY(a, tlog_topic, *n);
    for (size_t i = 0; i < *n; i++)
        topic_copy(a, &((stored_topic *)map_get(&s->topics, names[i]))->spec, &(*out)[i]);
    pthread_mutex_unlock(&s->lock);
    return true;
}

static tlog_part *part_open(tlog *l, str name, int32_t partition, status *st)
{
    storage *s = storage_of(l);
    plog    *p = NULL;
    pthread_mutex_lock(&s->lock);
    stored_topic *t = map_get(&s->topics, name);
    if (t && partition >= 0 && partition < t->spec.partitions) {
        p = t->parts[partition];
        plog_hold(p);
    }
    pthread_mutex_unlock(&s->lock);
    if (p)
        return &p->base;
    status_set(st, ST_NOT_FOUND, "There is no partition %d of topic '%.*s'", partition, STR_FMT(name));
    return NULL;
}

static void part_close(tlog_part *p)
{
    plog_release((plog *)p);
}

static void part_hold(tlog_part *p)
{
    plog_hold((plog *)p);
}

static tlog_offsets part_known(const tlog_part *tp)
{
    const plog *p = (const plog *)tp;
    /* In this order, so that none appears to be ahead of the next. */
    int64_t start = atomic_load(&p->start), stable = atomic_load(&p->last_stable);
    return (tlog_offsets){start, stable, atomic_load(&p->high)};
}

static bool part_is_deleted(const tlog_part *p)
{
    return atomic_load(&((const plog *)p)->deleted);
}

static bool offsets_query(tlog *l, tlog_part *const *parts, size_t n, tlog_offsets *out, status *st)
{
    (void)l;
    for (size_t i = 0; i < n; i++) {
        if (part_is_deleted(parts[i]))
            return plog_no_more((plog *)parts[i], st);
        out[i] = part_known(parts[i]);
    }
    return true;
}

static bool offset_stands(tlog_part *p, int32_t epoch, int64_t offset, bool *stands, status *st)
{
    (void)st;
    int32_t known;
    int64_t end;
    storage_epoch_end(p, epoch, &known, &end);
    *stands = known >= 0 && offset <= end;
    return true;
}

static bool part_trim(tlog_part *tp, int64_t offset, status *st)
{
    return plog_delete_before((plog *)tp, offset, st);
}

static bool offset_for_time(tlog_part *p, int64_t ts_ms, int64_t *offset, int64_t *ts, status *st)
{
    return plog_offset_for_time((plog *)p, ts_ms, offset, ts, st);
}

static bool append_set(tlog_part *p, batch_set *set, uint8_t *bytes, uint32_t len, bool durable, int64_t *base,
                       status *st)
{
    return plog_append((plog *)p, set, bytes, len, durable, base, st);
}

static bool append_marker(tlog_part *p, producer_ident who, bool commit, int64_t *end, status *st)
{
    return plog_append_marker((plog *)p, who, commit, end, st);
}

static bool part_append(tlog_part *tp, uint8_t *bytes, uint32_t len, batch_append opt, int64_t *base_out, status *st)
{
    plog     *p = (plog *)tp;
    batch_set set;
    bool      ok = batch_set_parse(&set, bytes, len, !opt.trusted, st);
    set.keyed = opt.keyed;
    if (ok && opt.producer)
        ok = txn_producer_append(opt.producer, tp, &set, bytes, len, opt.durable, base_out, st);
    else if (ok && (set.v[0].attributes & BATCH_TRANSACTIONAL))
        ok = txn_append(p->env->txns, tp, &set, bytes, len, opt.durable, base_out, st);
    else if (ok)
        ok = plog_append(p, &set, bytes, len, opt.durable, base_out, st);
    batch_set_free(&set);
    return ok;
}

static uint32_t batch_bytes_max(const tlog_part *p)
{
    const topic_conf *c = atomic_load(&((const plog *)p)->conf);
    int64_t           max = c->max_message_bytes < c->segment_bytes ? c->max_message_bytes : c->segment_bytes;
    return (uint32_t)max; /* both are ints, by their checks */
}

static uint64_t part_watch(tlog_part *p, void (*wake)(void *), void *ctx)
{
    return watch_add(&((plog *)p)->watches, wake, ctx);
}

static void part_unwatch(tlog_part *p, uint64_t id)
{
    watch_remove(&((plog *)p)->watches, id);
}

static tlog_reader *reader_open(tlog_part *p, int64_t offset, tlog_isolation iso)
{
    return plog_reader_open((plog *)p, offset, iso);
}

/* ---- committed offsets */

/* The engine's offsets as rows; the arena's. */
static group_offset *to_rows(storage *s, arena *a, const tlog_position *c, size_t count, size_t *n)
{
    int64_t       now = time_wall_ms(s->env.clock);
    group_offset *o = ARENA_ARRAY(a, group_offset, count + 1);
    *n = 0;
    for (size_t i = 0; i < count; i++)
        if (c[i].of == NULL || !atomic_load(&((plog *)c[i].of)->deleted))
            o[(*n)++] = (group_offset){.topic = c[i].topic,
                                       .partition = c[i].partition,
                                       .offset = c[i].offset,
                                       .leader_epoch = -1,
                                       .metadata = STR(""),
                                       .commit_ts_ms = now};
    return o;
}

/* Committed offsets name records that were read, perhaps before they were on disk: those come first. Else a loss of
 * power would take them, and others would get their offsets, which the group would then pass over. */
static bool sync_inputs(storage *s, const group_offset *o, size_t n, status *st)
{
    bool ok = true;
    for (size_t i = 0; ok && !s->env.fsync_off && i < n; i++) {
        status     ignored;
        tlog_part *p = part_open(&s->log, o[i].topic, o[i].partition, &ignored);
        if (p == NULL)
            continue; /* an offset of what is not there names nothing */
        plog   *l = (plog *)p;
        int64_t high = atomic_load(&l->high);
        ok = atomic_load(&l->deleted) || plog_sync(l, o[i].offset < high ? o[i].offset : high, st);
        plog_release(l);
    }
    return ok;
}

static bool offsets_put(tlog *l, str group, const tlog_position *c, size_t n, bool *doubt, status *st)
{
    storage      *s = storage_of(l);
    arena         a = {0};
    size_t        rows;
    group_offset *o = to_rows(s, &a, c, n, &rows);
    *doubt = false;
    bool ok = sync_inputs(s, o, rows, st) && meta_offsets_put(s->meta, group, o, rows, doubt, st);
    arena_free(&a);
    return ok;
}

bool storage_group_offsets_put(storage *s, str group, const group_offset *o, size_t n, status *st)
{
    bool doubt; /* who asked is told of the failure, and asks again */
    return sync_inputs(s, o, n, st) && meta_offsets_put(s->meta, group, o, n, &doubt, st);
}

static bool part_sync(tlog_part *tp, status *st)
{
    plog *p = (plog *)tp;
    return p->env->fsync_off || atomic_load(&p->deleted) || plog_sync(p, atomic_load(&p->high), st);
}

bool storage_part_sync(storage *s, tlog_part *p, status *st)
{
    (void)s;
    return part_sync(p, st);
}

static bool offsets_fetch(tlog *l, str group, tlog_position *p, size_t n, status *st)
{
    for (size_t i = 0; i < n; i++)
        if (!meta_offset_get(storage_of(l)->meta, group, p[i].topic, p[i].partition, &p[i].offset, st))
            return false;
    return true;
}

static bool offsets_delete_group(tlog *l, str group, status *st)
{
    return storage_group_delete(storage_of(l), group, st);
}

/* ---- what the coordinator asks for */

static bool pid_new(void *ctx, int64_t *pid, status *st)
{
    storage *s = ctx;
    bool     ok = true;
    pthread_mutex_lock(&s->lock);
    if (s->pid_next == s->pid_end) {
        ok = meta_pids_reserve(s->meta, &s->pid_next, st);
        s->pid_end = ok ? s->pid_next + META_PID_BLOCK : s->pid_next;
    }
    if (ok)
        *pid = s->pid_next++;
    pthread_mutex_unlock(&s->lock);
    return ok;
}

static bool id_store(void *ctx, str name, producer_ident who, int32_t timeout_ms, status *st)
{
    return meta_txn_id_put(((storage *)ctx)->meta, name, who, timeout_ms, st);
}

/* A decision's partitions as stored: topic id, partition, offset of the transaction's first batch. The
 * last tells this transaction from any other of the same producer. */
#define DECISION_PART_BYTES 28

static void put_part(uint8_t *p, const plog *part, int64_t first)
{
    memcpy(p, part->topic_id, 16);
    be_put32(p + 16, (uint32_t)part->partition);
    be_put64(p + 20, (uint64_t)first);
}

static bool decide(void *ctx, const txn_decision *d, bool *doubt, status *st)
{
    storage *s = ctx;
    arena    a = {0};
    uint8_t *parts = arena_alloc(&a, d->part_count * DECISION_PART_BYTES);
    size_t   n = 0;
    bool     ok = true;
    *doubt = false;
    for (size_t i = 0; ok && i < d->part_count; i++) {
        plog *p = (plog *)d->parts[i].part;
        /* Also the markers of the decision that this one replaces. */
        if (!s->env.fsync_off && !atomic_load(&p->deleted))
            ok = plog_sync(p, d->parts[i].end, st);
        if (d->parts[i].first != OFFSET_NONE)
            put_part(parts + DECISION_PART_BYTES * n++, p, d->parts[i].first);
    }
    size_t        rows;
    group_offset *o = to_rows(s, &a, d->offsets, d->offset_count, &rows);
    ok = ok && sync_inputs(s, o, rows, st) &&
         meta_decision_put(s->meta, d->id->who, str_make((char *)parts, n * DECISION_PART_BYTES), d->group, o, rows,
                           doubt, st);
    arena_free(&a);
    return ok;
}

static bool undecide(void *ctx, const txn_id *id, status *st)
{
    return meta_decision_delete(((storage *)ctx)->meta, id->who.pid, st);
}

static int64_t mono_ms(void *ctx)
{
    const storage *s = ctx;
    return time_mono_ms(s->env.clock);
}

/* ---- after a crash */

typedef struct decided {
    producer_ident who;
    str            parts;
} decided;

typedef struct decided_list {
    arena a;
    VEC(decided) v;
} decided_list;

static void see_decision(producer_ident who, str parts, void *ctx)
{
    decided_list *l = ctx;
    decided       d = {who, str_dup(&l->a, parts)};
    VEC_PUSH(&l->v, d);
}

static bool was_decided(const decided_list *l, const plog *p, const open_txn *t)
{
    uint8_t want[DECISION_PART_BYTES];
    put_part(want, p, t->first);
    for (size_t i = 0; i < l->v.n; i++) {
        const decided *d = &l->v.p[i];
        if (d->who.pid != t->pid || d->who.epoch != t->epoch)
            continue;
        for (uint32_t at = 0; at + DECISION_PART_BYTES <= d->parts.n; at += DECISION_PART_BYTES)
            if (memcmp(d->parts.p + at, want, sizeof want) == 0)
                return true;
    }
    return false;
}

bool local_log_settle(storage *s, status *st)
{
    arena        a = {0};
    decided_list l = {0};
    size_t       n;
    plog       **all = storage_parts(s, &a, &n);
    bool         ok = meta_decisions_each(s->meta, see_decision, &l, st), every = true;
    for (size_t i = 0; i < n; i++) {
        plog *p = all[i];
        every = every && p->damage == NULL; /* one that stands still takes no marker; it may need the decisions yet */
        while (ok && p->states.open.n && p->damage == NULL) {
            open_txn t = p->states.open.p[0];
            bool     commit = was_decided(&l, p, &t);
            int64_t  end;
            /* A client that is still there must not go on as if nothing had happened. */
            producer_ident who = {t.pid, t.epoch};
            if (!commit)
                ok = txn_fence(&s->txns, who, &who.epoch, st);
            ok = ok && plog_append_marker(p, who, commit, &end, st);
        }
        /* Markers first, also those found: then the decisions they follow from may go. */
        if (ok && !s->env.fsync_off)
            ok = plog_sync(p, atomic_load(&p->high), st);
        plog_release(p);
    }
    ok = ok && (l.v.n == 0 || !every || meta_decisions_clear(s->meta, st));
    VEC_FREE(&l.v);
    arena_free(&l.a);
    arena_free(&a);
    return ok;
}

/* ---- transactions of Kafka clients */

bool storage_txn_init(storage *s, str id, int32_t timeout_ms, producer_ident *who, status *st)
{
    return txn_init_producer(&s->txns, id, timeout_ms, who, st);
}

bool storage_txn_add_partition(storage *s, str id, producer_ident who, tlog_part *p, status *st)
{
    return txn_add_partition(&s->txns, id, who, p, st);
}

bool storage_txn_add_offsets(storage *s, str id, producer_ident who, str group, const tlog_position *o, size_t n,
                             status *st)
{
    return txn_add_offsets(&s->txns, id, who, group, o, n, st);
}

bool storage_txn_end(storage *s, str id, producer_ident who, bool commit, status *st)
{
    return txn_end(&s->txns, id, who, commit, st);
}

/* ---- the table */

static tlog_producer *producer_open(tlog *l, str name, status *st)
{
    return txn_producer_open(&storage_of(l)->txns, &local_ops, name, st);
}

static void log_close(tlog *l)
{
    storage_close(storage_of(l));
}

static tlog_info info(const tlog *l)
{
    return (tlog_info){.kind = "built-in", .cluster_id = storage_cluster_id((storage *)(uintptr_t)l)};
}

static const batch_ops local_batches = {
    .append = part_append,
    .next = plog_reader_next,
    .batch_bytes_max = batch_bytes_max,
    .part_hold = part_hold,
    .part_sync = part_sync,
    .offsets_put = offsets_put,
};

const tlog_ops local_ops = {
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
    .part_epoch = storage_part_epoch,
    .offset_stands = offset_stands,
    .part_trim = part_trim,
    .part_offset_for_time = offset_for_time,
    .part_watch = part_watch,
    .part_unwatch = part_unwatch,
    .reader_open = reader_open,
    .reader_close = plog_reader_close,
    .reader_keep = plog_reader_keep,
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
    .batches = &local_batches,
};

void local_log_init(storage *s)
{
    s->backend = (txn_backend){append_set, append_marker, part_hold, pid_new, id_store, decide, undecide, mono_ms, s};
    txn_coord_init(&s->txns, &s->backend);
}
