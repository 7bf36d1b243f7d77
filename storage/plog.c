#include "storage/plog_int.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define REPAIR_BYTES ((size_t)1 << 20)

plog *plog_new(const plog_env *env, const char *topics_dir, const tlog_topic *t, int32_t partition,
               const topic_conf *conf)
{
    plog  *p = MEM_NEW(plog);
    size_t room = strlen(topics_dir) + t->name.n + 24;
    p->base.ops = env->ops;
    p->refs = 1;
    p->env = env;
    p->dir = mem_alloc(room);
    snprintf(p->dir, room, "%s/%.*s-%d", topics_dir, STR_FMT(t->name), partition);
    memcpy(p->topic_id, t->id, sizeof p->topic_id);
    p->partition = partition;
    p->name = mem_strdup(p->dir + strlen(topics_dir) + 1);
    p->identity = BUF_INIT(BUF_MAX);
    folder_id_put(&p->identity, t, partition);
    pthread_mutex_init(&p->lock, NULL);
    pthread_mutex_init(&p->sync_lock, NULL);
    pthread_mutex_init(&p->files_lock, NULL);
    pthread_cond_init(&p->sync_done, NULL);
    producer_states_init(&p->states);
    watch_init(&p->watches);
    atomic_init(&p->conf, mem_dup(conf, sizeof *conf));
    p->retained_ms = time_mono_ms(env->clock);
    return p;
}

void plog_hold(plog *p)
{
    atomic_fetch_add(&p->refs, 1);
}

void plog_release(plog *p)
{
    if (atomic_fetch_sub(&p->refs, 1) > 1)
        return;
    for (size_t i = 0; i < p->segs.n; i++)
        segment_release(p->segs.p[i]);
    VEC_FREE(&p->segs);
    for (size_t i = 0; i < p->old_confs.n; i++)
        mem_free((void *)p->old_confs.p[i]);
    VEC_FREE(&p->old_confs);
    VEC_FREE(&p->keepers);
    VEC_FREE(&p->epochs.v);
    mem_free((void *)atomic_load(&p->conf));
    producer_states_free(&p->states);
    watch_deinit(&p->watches);
    pthread_cond_destroy(&p->sync_done);
    pthread_mutex_destroy(&p->sync_lock);
    pthread_mutex_destroy(&p->files_lock);
    pthread_mutex_destroy(&p->lock);
    buf_free(&p->identity);
    mem_free((void *)p->damage);
    mem_free(p->dir);
    mem_free(p->name);
    mem_free(p);
}

void plog_configure(plog *p, const topic_conf *conf)
{
    pthread_mutex_lock(&p->lock);
    VEC_PUSH(&p->old_confs, atomic_load(&p->conf));
    atomic_store(&p->conf, mem_dup(conf, sizeof *conf));
    pthread_mutex_unlock(&p->lock);
}

void plog_mark_deleted(plog *p)
{
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->deleted, true);
    /* Whoever still holds the partition must not hold the disk space of its files as well. */
    for (size_t i = 0; i < p->segs.n; i++)
        segment_release(p->segs.p[i]);
    p->segs.n = 0;
    pthread_mutex_unlock(&p->lock);
    watch_wake(&p->watches);
}

bool plog_no_more(const plog *p, status *st)
{
    return status_set(st, ST_NOT_FOUND, "The topic of %s was deleted", p->name);
}

int64_t plog_find_segment(const plog *p, int64_t offset)
{
    size_t lo = 0;
    for (size_t hi = p->segs.n; lo < hi;) {
        size_t mid = (lo + hi) / 2;
        if (p->segs.p[mid]->base <= offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo > 0 && p->segs.p[lo - 1]->next > offset)
        return (int64_t)lo - 1;
    return lo < p->segs.n ? (int64_t)lo : -1;
}

/* ---- appending */

static segment *active(plog *p)
{
    return p->segs.n ? p->segs.p[p->segs.n - 1] : NULL;
}

static void see_file(const char *name, void *ctx)
{
    if (strcmp(name, FOLDER_ID_FILE ".tmp") != 0)
        *(bool *)ctx = true;
}

/* A folder that is there although nothing was appended: its making was cut short, or it is somebody else's. */
static bool take_folder(plog *p, status *st)
{
    arena           a = {0};
    folder_id       id;
    bool            holds = false;
    folder_id_found how = folder_id_load(p->env->io, p->dir, &a, &id);
    bool            ours = how == FOLDER_ID_THERE && memcmp(id.topic.id, p->topic_id, 16) == 0;
    arena_free(&a);
    if (how == FOLDER_ID_MISSING && p->env->io->list(p->env->io, p->dir, see_file, &holds) >= 0)
        ours = !holds;
    if (ours)
        return true;
    if (!lost_keep_folder(p->env->lost, p->name, "stands where a new partition's folder is to be made"))
        return status_set(st, ST_IO, "The folder %s is in the way", p->dir);
    int rc = p->env->io->mkdir(p->env->io, p->dir);
    return rc >= 0 || io_failed(st, "Cannot create", p->dir, rc);
}

/* The folder, and that it is this partition's. Nothing waits for the disk here: who syncs the first segment syncs this
 * as well. */
static bool make_folder(plog *p, status *st)
{
    io *x = p->env->io;
    int rc = x->mkdir(x, p->dir);
    if (rc == -EEXIST ? !take_folder(p, st) : rc < 0 && !io_failed(st, "Cannot create", p->dir, rc))
        return false;
    return p->dir_made = io_replace_file(x, p->dir, FOLDER_ID_FILE, p->identity.p, p->identity.n, false, st);
}

bool plog_identify(plog *p, const tlog_topic *t)
{
    pthread_mutex_lock(&p->lock);
    buf_clear(&p->identity);
    folder_id_put(&p->identity, t, p->partition);
    bool made = p->dir_made;
    pthread_mutex_unlock(&p->lock);
    return made;
}

static bool add_segment(plog *p, status *st)
{
    io *x = p->env->io;
    if (!p->dir_made && !make_folder(p, st))
        return false;
    segment *s = segment_new(x, p->dir, atomic_load(&p->high));
    if (!segment_create(s, st)) {
        segment_release(s);
        return false;
    }
    s->created_ms = plog_now(p);
    VEC_PUSH(&p->segs, s);
    return true;
}

/* Takes off what a failed write left behind the end, so that nothing of it can come back. */
static bool cut_tail(plog *p, segment *s, status *st)
{
    io *x = p->env->io;
    assert(s != NULL); /* the one whose write failed */
    int rc = x->truncate(x, s->fd, atomic_load(&s->size));
    p->cut_due = rc < 0;
    s->cut = true;
    return rc < 0 ? io_failed(st, "Cannot cut a failed append off", p->name, rc) : true;
}

bool plog_roll(plog *p, status *st)
{
    segment *s = active(p);
    if (s && atomic_load(&s->size) == 0)
        return true;
    /* A scan drops every segment behind one that does not end with a whole batch. */
    if ((p->cut_due && !cut_tail(p, s, st)) || !add_segment(p, st))
        return false;
    if (s)
        segment_seal(s);
    return true;
}

static bool roll_is_due(plog *p, const topic_conf *c, const segment *s, uint32_t len, int64_t offsets)
{
    int64_t size = atomic_load_explicit(&s->size, memory_order_relaxed);
    if (size == 0)
        return false;
    /* Each partition takes its own share of the jitter off, the same every time. */
    int64_t jitter = c->segment_jitter_ms ? (int64_t)((uintptr_t)p / 64 % 1024) * (c->segment_jitter_ms / 1024) : 0;
    int64_t age_max = c->segment_ms;
    if (c->compact && c->max_compaction_lag_ms < age_max)
        age_max = c->max_compaction_lag_ms;
    return size + len > c->segment_bytes || size + len > SEGMENT_BYTES_MAX ||
           plog_now(p) - s->created_ms > age_max - jitter || (int64_t)s->offsets.mem.n >= c->segment_index_bytes ||
           s->next + offsets - s->base > INT32_MAX;
}

/* Writes a placed set at the end and publishes it. Lock held. */
static bool write_locked(plog *p, const topic_conf *c, batch_set *set, const uint8_t *bytes, uint32_t len, status *st)
{
    io      *x = p->env->io;
    segment *s = active(p);
    if (p->cut_due && !cut_tail(p, s, st))
        return false;
    if ((!s || roll_is_due(p, c, s, len, set->offsets)) && !plog_roll(p, st))
        return false;
    s = active(p);
    assert(s != NULL);
    int64_t at = atomic_load_explicit(&s->size, memory_order_relaxed), rc, first = s->next;
    if (!io_write_all(x, s->fd, bytes, len, at, &rc)) {
        status ignored; /* the next append tries again */
        cut_tail(p, s, &ignored);
        atomic_store(p->env->failing, true);
        return io_failed(st, "Cannot append to", p->name, rc);
    }
    if (atomic_load_explicit(p->env->failing, memory_order_relaxed))
        atomic_store(p->env->failing, false);
    uint32_t pos = (uint32_t)at;
    int64_t  now = plog_now(p);
    for (size_t i = 0; i < set->n; i++) {
        segment_note(s, &set->v[i], pos, c->index_interval_bytes);
        producer_apply(&p->states, &set->v[i], now);
        pos += set->v[i].size_bytes;
    }
    epochs_note(&p->epochs, p->leader_epoch, first);
    s->written_ms = now;
    atomic_store(&p->aborted_count, (uint32_t)p->states.aborted.n);
    atomic_store_explicit(&s->size, at + len, memory_order_release);
    int64_t high = s->next;
    atomic_store(&p->high, high);
    atomic_store(&p->last_stable, producer_last_stable(&p->states, high));
    return true;
}

/* LogAppendTime: the append's time stands for every record's. Lock held, so that it never falls. */
static void stamp_append_time(plog *p, batch_set *set)
{
    int64_t now = plog_now(p);
    if (now < p->append_ms)
        now = p->append_ms;
    p->append_ms = set->max_ts = now;
    for (size_t i = 0; i < set->n; i++) {
        uint8_t *b = batch_set_bytes(set, i);
        set->v[i].attributes |= BATCH_LOG_APPEND_TIME;
        set->v[i].max_ts = now;
        be_put16(b + 21, (uint16_t)set->v[i].attributes);
        be_put64(b + 35, (uint64_t)now);
        be_put32(b + 17, crc32c(0, b + 21, set->v[i].size_bytes - 21));
    }
}

/* Rules that need the records themselves: keys of compacted topics, bounds of timestamps. */
static bool check_records(plog *p, const topic_conf *c, const batch_set *set, status *st)
{
    int64_t now = plog_now(p), lo, hi;
    if (__builtin_sub_overflow(now, c->ts_before_max_ms, &lo))
        lo = INT64_MIN;
    if (__builtin_add_overflow(now, c->ts_after_max_ms, &hi))
        hi = INT64_MAX;
    batch_iter it = BATCH_ITER_INIT;
    rec_view   r;
    bool       ok = true;
    for (size_t i = 0; ok && i < set->n; i++) {
        ok = batch_iter_begin(&it, batch_set_bytes(set, i), set->v[i].size_bytes, st);
        while (ok && batch_iter_next(&it, &r, st)) {
            if (c->compact && r.key_null)
                ok = status_set(st, ST_INVALID_RECORD,
                                "Compacted topic cannot accept message without "
                                "key in topic partition %s",
                                p->name);
            else if (!c->log_append_time && r.ts != -1 && (r.ts < lo || r.ts > hi))
                ok = status_set(st, ST_INVALID_TIME,
                                "Timestamp %lld of message with offset %lld is out "
                                "of range. The timestamp should be within [%lld, %lld]",
                                (long long)r.ts, (long long)r.offset, (long long)lo, (long long)hi);
        }
        ok = ok && st->code == ST_OK;
    }
    batch_iter_free(&it);
    return ok;
}

static bool check_sizes(plog *p, const topic_conf *c, const batch_set *set, uint32_t len, status *st)
{
    if (set->size_max > c->max_message_bytes)
        return status_set(st, ST_TOO_LARGE,
                          "The record batch size in the append to %s is %u bytes "
                          "which exceeds the maximum configured value of %lld.",
                          p->name, set->size_max, (long long)c->max_message_bytes);
    if (len > c->segment_bytes)
        return status_set(st, ST_TOO_LARGE,
                          "Message batch size is %u bytes in append to partition %s, "
                          "which exceeds the maximum configured segment size of %lld.",
                          len, p->name, (long long)c->segment_bytes);
    return true;
}

static bool unsynced(const plog *p, status *st)
{
    atomic_store(p->env->failing, true);
    return status_set(st, ST_IO,
                      "%s could not be synced to disk; nothing is acknowledged as durable "
                      "until its tail has been written again",
                      p->name);
}

static bool sync_is_broken(plog *p)
{
    pthread_mutex_lock(&p->sync_lock);
    bool broken = p->sync_failed;
    pthread_mutex_unlock(&p->sync_lock);
    return broken;
}

/* What was refused before it was looked at. Lock held. */
static bool takes_appends(const plog *p, status *st)
{
    if (atomic_load(&p->deleted))
        return plog_no_more(p, st);
    return p->damage == NULL || status_set(st, ST_CORRUPT, "%s takes no records: %s", p->name, p->damage);
}

static bool append_checked(plog *p, const topic_conf *c, batch_set *set, uint8_t *bytes, uint32_t len, bool durable,
                           int64_t *base_out, status *st)
{
    if (!check_sizes(p, c, set, len, st))
        return false;
    bool bounded = c->ts_before_max_ms != INT64_MAX || c->ts_after_max_ms != INT64_MAX;
    if (((c->compact && !set->keyed) || (bounded && !c->log_append_time)) && !check_records(p, c, set, st))
        return false;
    durable = durable && !p->env->fsync_off;
    if (durable && sync_is_broken(p))
        return unsynced(p, st);
    pthread_mutex_lock(&p->lock);
    bool    ok = takes_appends(p, st) && batch_set_check(set, &p->states, base_out, st);
    int64_t base = atomic_load(&p->high);
    if (ok) {
        if (c->log_append_time)
            stamp_append_time(p, set);
        batch_set_place(set, base, p->leader_epoch);
        ok = write_locked(p, c, set, bytes, len, st);
    }
    pthread_mutex_unlock(&p->lock);
    if (!ok) {
        /* The first copy of a duplicate counts as acknowledged once it is as durable as was asked. */
        if (st->code == ST_DUPLICATE && durable) {
            status synced;
            if (!plog_sync(p, atomic_load(&p->high), &synced))
                *st = synced;
        }
        return false;
    }
    *base_out = base;
    watch_wake(&p->watches);
    if (!durable && c->flush_messages != INT64_MAX && !p->env->fsync_off) {
        pthread_mutex_lock(&p->sync_lock);
        durable = base + set->offsets - p->synced >= c->flush_messages;
        pthread_mutex_unlock(&p->sync_lock);
    }
    return !durable || plog_sync(p, base + set->offsets, st);
}

/* A batch in another codec: the same header, its records packed anew. */
static bool recode_batch(const batch_view *b, const uint8_t *from, codec to, buf *plain, buf *out, status *st)
{
    codec has = (codec)(b->attributes & BATCH_CODEC_MASK);
    if (has == to) {
        buf_put(out, from, b->size_bytes);
        return true;
    }
    size_t at = out->n;
    buf_clear(plain);
    buf_put(out, from, BATCH_HEADER_BYTES);
    if (!codec_decompress(has, str_make((const char *)b->records, b->records_bytes), plain, st) ||
        !codec_compress(to, buf_str(plain), out, st))
        return false;
    uint8_t *p = (uint8_t *)out->p + at;
    be_put32(p + 8, (uint32_t)(out->n - at - 12));
    be_put16(p + 21, (uint16_t)((b->attributes & ~BATCH_CODEC_MASK) | (int)to));
    be_put32(p + 17, crc32c(0, p + 21, out->n - at - 21));
    return true;
}

bool plog_append(plog *p, batch_set *set, uint8_t *bytes, uint32_t len, bool durable, int64_t *base_out, status *st)
{
    const topic_conf *c = atomic_load(&p->conf);
    bool              recode = false;
    for (size_t i = 0; c->recode && i < set->n; i++)
        recode |= (set->v[i].attributes & BATCH_CODEC_MASK) != (int)c->codec;
    if (!recode)
        return append_checked(p, c, set, bytes, len, durable, base_out, st);
    buf       plain = BUF_INIT(BATCH_DECOMPRESSED_MAX), out = BUF_INIT(SEGMENT_BYTES_MAX);
    batch_set again = {.v = again.few};
    bool      ok = true;
    for (size_t i = 0; ok && i < set->n; i++)
        ok = recode_batch(&set->v[i], batch_set_bytes(set, i), c->codec, &plain, &out, st);
    ok = ok && batch_set_parse(&again, (uint8_t *)out.p, (uint32_t)out.n, false, st);
    again.keyed = set->keyed;
    ok = ok && append_checked(p, c, &again, (uint8_t *)out.p, (uint32_t)out.n, durable, base_out, st);
    batch_set_free(&again);
    buf_free(&plain);
    buf_free(&out);
    return ok;
}

bool plog_append_marker(plog *p, producer_ident who, bool commit, int64_t *end_out, status *st)
{
    uint8_t   marker[MARKER_BYTES];
    batch_set set = {.v = set.few, .n = 1, .offsets = 1};
    marker_build(marker, who, commit, plog_now(p));
    batch_parse(marker, sizeof marker, false, &set.few[0], st);
    set.max_ts = set.few[0].max_ts;
    pthread_mutex_lock(&p->lock);
    bool ok = takes_appends(p, st);
    if (ok) {
        batch_set_place(&set, atomic_load(&p->high), p->leader_epoch);
        ok = write_locked(p, atomic_load(&p->conf), &set, marker, sizeof marker, st);
        *end_out = atomic_load(&p->high);
    }
    pthread_mutex_unlock(&p->lock);
    if (ok)
        watch_wake(&p->watches);
    return ok;
}

/* ---- group commit */

typedef struct sync_todo {
    segment *seg; /* held */
    int64_t  size;
    bool     cut;
} sync_todo;

typedef struct sync_list {
    sync_todo *p;
    size_t     n, cap;
    int64_t    high;
} sync_list;

static bool is_unsynced(const segment *s)
{
    return s->synced < atomic_load(&s->size) || s->cut;
}

/* What is not on disk yet, oldest first. */
static void list_unsynced(plog *p, sync_list *out)
{
    *out = (sync_list){0};
    pthread_mutex_lock(&p->lock);
    out->high = atomic_load(&p->high);
    size_t from = p->segs.n;
    while (from > 0 && (from == p->segs.n || is_unsynced(p->segs.p[from - 1])))
        from--; /* the last in any case: it may be empty, and the one before it unsynced */
    for (size_t i = from; i < p->segs.n; i++) {
        sync_todo t = {p->segs.p[i], atomic_load(&p->segs.p[i]->size), p->segs.p[i]->cut};
        t.seg->cut = false;
        segment_hold(t.seg);
        VEC_PUSH(out, t);
    }
    pthread_mutex_unlock(&p->lock);
}

static bool sync_file(io *x, const char *path, status *st)
{
    int fd = x->open(x, path, O_RDONLY, 0);
    int rc = fd < 0 ? fd : x->fsync(x, fd);
    if (fd >= 0)
        x->close(x, fd);
    return rc >= 0 || io_failed(st, "Cannot sync", path, rc);
}

static bool write_identity(plog *p, bool sync, status *st)
{
    buf now = BUF_INIT(BUF_MAX);
    pthread_mutex_lock(&p->lock);
    buf_put(&now, p->identity.p, p->identity.n);
    pthread_mutex_unlock(&p->lock);
    bool ok = io_replace_file(p->env->io, p->dir, FOLDER_ID_FILE, now.p, now.n, sync, st);
    buf_free(&now);
    return ok;
}

void plog_write_identity(plog *p)
{
    status ignored;
    pthread_mutex_lock(&p->files_lock);
    if (!atomic_load(&p->deleted))
        write_identity(p, !p->env->fsync_off, &ignored);
    pthread_mutex_unlock(&p->files_lock);
}

/* What make_folder() made. After a failed fsync nobody knows of which file it was: it is written anew. */
static bool sync_folder(plog *p, status *st)
{
    char path[PATH_BYTES_MAX];
    snprintf(path, sizeof path, "%s/" FOLDER_ID_FILE, p->dir);
    bool ok = p->sync_failed ? write_identity(p, true, st) : sync_file(p->env->io, path, st);
    if (!ok || !io_sync_dir(p->env->io, p->dir, st))
        return false;
    snprintf(path, sizeof path, "%.*s", (int)(strrchr(p->dir, '/') - p->dir), p->dir);
    return p->folder_synced = io_sync_dir(p->env->io, path, st);
}

static bool sync_segments(plog *p, sync_list *todo, status *st)
{
    io  *x = p->env->io;
    bool entries = false, ok = true;
    for (size_t i = 0; ok && i < todo->n; i++) {
        int rc = x->fsync(x, todo->p[i].seg->fd);
        if (rc < 0)
            ok = io_failed(st, "Cannot sync", p->name, rc);
        entries |= !todo->p[i].seg->entry_synced;
    }
    if (ok && !p->folder_synced)
        ok = sync_folder(p, st);
    else if (ok && entries)
        ok = io_sync_dir(x, p->dir, st);
    if (!ok) {
        pthread_mutex_lock(&p->lock);
        for (size_t i = 0; i < todo->n; i++)
            todo->p[i].seg->cut |= todo->p[i].cut;
        pthread_mutex_unlock(&p->lock);
        return false;
    }
    /* A file whose name may be lost is not on disk either. */
    for (size_t i = 0; i < todo->n; i++) {
        todo->p[i].seg->synced = todo->p[i].size;
        todo->p[i].seg->entry_synced = true;
    }
    return true;
}

static void list_release(sync_list *todo)
{
    for (size_t i = 0; i < todo->n; i++)
        segment_release(todo->p[i].seg);
    VEC_FREE(todo);
}

/* Waits until nobody syncs, then takes the turn. sync_lock held. */
static void take_turn(plog *p)
{
    while (p->syncing)
        pthread_cond_wait(&p->sync_done, &p->sync_lock);
    p->syncing = true;
}

static void give_turn(plog *p)
{
    p->syncing = false;
    pthread_cond_broadcast(&p->sync_done);
}

static void mark_unsynced(plog *p, bool is)
{
    char path[PATH_BYTES_MAX];
    io  *x = p->env->io;
    snprintf(path, sizeof path, "%s/" UNSYNCED_MARK, p->dir);
    int fd = is ? x->open(x, path, O_RDWR | O_CREAT, 0666) : x->unlink(x, path);
    if (is && fd >= 0)
        x->close(x, fd);
}

bool plog_sync(plog *p, int64_t below, status *st)
{
    bool ok = true;
    pthread_mutex_lock(&p->sync_lock);
    while (ok && p->synced < below) {
        if (p->sync_failed) {
            ok = unsynced(p, st);
        } else if (p->syncing) {
            /* That turn may have begun too early for us; the next one covers everybody who waits. */
            pthread_cond_wait(&p->sync_done, &p->sync_lock);
        } else {
            p->syncing = true;
            pthread_mutex_unlock(&p->sync_lock);
            sync_list todo;
            list_unsynced(p, &todo);
            ok = sync_segments(p, &todo, st);
            list_release(&todo);
            if (!ok)
                mark_unsynced(p, true);
            pthread_mutex_lock(&p->sync_lock);
            if (ok && p->synced < todo.high)
                p->synced = todo.high;
            p->sync_failed |= !ok;
            give_turn(p);
        }
    }
    pthread_mutex_unlock(&p->sync_lock);
    return ok;
}

/* Checks the bytes of a segment between two positions and writes them to the same place, so that the
 * kernel takes them for new. */
static bool rewrite(plog *p, const sync_todo *t, status *st)
{
    io      *x = p->env->io;
    uint8_t *tail = mem_alloc(REPAIR_BYTES);
    size_t   cap = REPAIR_BYTES;
    bool     ok = true;
    int64_t  rc;
    for (int64_t at = t->seg->synced; ok && at < t->size;) {
        uint8_t    head[BATCH_HEADER_BYTES];
        batch_view b;
        ok = io_read_all(x, t->seg->fd, head, sizeof head, at, &rc);
        size_t n = ok ? (size_t)be_get32(head + 8) + 12 : 0;
        if (ok && (int64_t)n > t->size - at)
            n = (size_t)(t->size - at);
        if (ok && n > cap) {
            tail = mem_realloc(tail, n);
            cap = n;
        }
        ok = ok && io_read_all(x, t->seg->fd, tail, n, at, &rc);
        if (!ok) {
            io_failed(st, "Cannot read", p->name, rc);
        } else if ((ok = batch_parse(tail, n, true, &b, st))) {
            ok = io_write_all(x, t->seg->fd, tail, n, at, &rc);
            if (!ok)
                io_failed(st, "Cannot write", p->name, rc);
            at += b.size_bytes;
        }
    }
    mem_free(tail);
    return ok;
}

bool plog_repair(plog *p, status *st)
{
    bool ok = true;
    pthread_mutex_lock(&p->files_lock);
    pthread_mutex_lock(&p->sync_lock);
    take_turn(p);
    bool broken = p->sync_failed;
    pthread_mutex_unlock(&p->sync_lock);
    sync_list todo = {0};
    if (broken) {
        list_unsynced(p, &todo);
        for (size_t i = 0; ok && i < todo.n; i++)
            ok = rewrite(p, &todo.p[i], st);
        ok = ok && sync_segments(p, &todo, st);
        list_release(&todo);
        if (ok)
            mark_unsynced(p, false);
    }
    pthread_mutex_lock(&p->sync_lock);
    if (broken && ok) {
        p->sync_failed = false;
        if (p->synced < todo.high)
            p->synced = todo.high;
    }
    give_turn(p);
    pthread_mutex_unlock(&p->sync_lock);
    pthread_mutex_unlock(&p->files_lock);
    return ok;
}
