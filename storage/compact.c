/* Compaction (cleanup.policy=compact): of each key only the newest record stays, at its offset.
 *
 * One pass: (1) read the part of the log not cleaned before and note each key's last offset, by a 96-bit
 * hash, until the map's budget is used up; (2) copy every segment up to there, several small ones into
 * one, leaving out records that have a newer one, records of aborted transactions, and tombstones and
 * transaction markers past their horizon; (3) put the copies in the place of the originals. Readers
 * inside an original read on in it.
 *
 * - The range ends before the segment being written, the last stable offset and what is younger than
 *   min.compaction.lag.ms. Within it every transaction has ended, so copies lose the transactional bit:
 *   a scan after a crash must not take a batch whose marker is gone for an open transaction.
 * - A tombstone or marker is first stamped with a horizon (attribute bit 6, base timestamp = now +
 *   delete.retention.ms, as Kafka does) and goes in a pass after that, so that slow consumers see it.
 *   With an abort marker the entry of the aborted index must go, and be on record as gone first: a
 *   client that is told of an aborted transaction waits for its marker.
 * - The last batch of a copy stays, emptied if need be: it holds the end offset.
 * - A copy is synced under another name, then renamed over the first original; the others are removed
 *   after that. A start that finds the mark looks for originals whose offsets a copy covers, and removes
 *   them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/mem.h"
#include "storage/plog_int.h"

#define KEYS_BYTES_MAX ((size_t)128 << 20)
#define KEYS_MIN 1024
#define COPY_BYTES ((size_t)1 << 20)
#define BATCH_DELETE_HORIZON 64

typedef struct key_slot {
    uint64_t hash;
    int64_t  offset; /* of the newest record; OFFSET_NONE: free */
    uint32_t crc;
} key_slot;

typedef struct key_map {
    key_slot *slots;
    size_t    cap, n;
} key_map;

typedef struct compaction {
    plog     *p;
    int64_t   now, retention_ms, interval_bytes, segment_bytes;
    segment **segs; /* the originals, held */
    size_t    n;
    int64_t   end; /* clean below this when done */
    key_map   keys;
    txn_span *aborted; /* a copy */
    size_t    aborted_n;
    VEC(int64_t) gone_markers; /* offsets of abort markers that were left out */
    batch_iter it;
    uint8_t   *batch;
    size_t     batch_cap;
    buf        plain, out;
} compaction;

/* ---- the newest offset of each key */

static key_slot *keys_find(key_map *m, uint64_t hash, uint32_t crc)
{
    size_t i = hash & (m->cap - 1);
    while (m->slots[i].offset != OFFSET_NONE && (m->slots[i].hash != hash || m->slots[i].crc != crc))
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

static void keys_init(key_map *m, size_t cap)
{
    m->cap = cap;
    m->n = 0;
    m->slots = mem_alloc(cap * sizeof *m->slots);
    for (size_t i = 0; i < cap; i++)
        m->slots[i].offset = OFFSET_NONE;
}

/* false when the budget is used up. */
static bool keys_put(key_map *m, str key, int64_t offset)
{
    if ((m->n + 1) * 4 > m->cap * 3) {
        if (m->cap * 2 * sizeof(key_slot) > KEYS_BYTES_MAX)
            return false;
        key_map old = *m;
        keys_init(m, old.cap * 2);
        for (size_t i = 0; i < old.cap; i++)
            if (old.slots[i].offset != OFFSET_NONE)
                *keys_find(m, old.slots[i].hash, old.slots[i].crc) = old.slots[i];
        m->n = old.n;
        mem_free(old.slots);
    }
    uint64_t  hash = hash_bytes(key.p, key.n);
    uint32_t  crc = crc32c(0, key.p, key.n);
    key_slot *s = keys_find(m, hash, crc);
    m->n += s->offset == OFFSET_NONE;
    *s = (key_slot){hash, offset, crc};
    return true;
}

/* Has the key a record newer than that at `offset`? */
static bool is_superseded(key_map *m, str key, int64_t offset)
{
    const key_slot *s = keys_find(m, hash_bytes(key.p, key.n), crc32c(0, key.p, key.n));
    return s->offset > offset;
}

/* ---- reading */

/* The batch at pos of an original; NULL with st set when it cannot be read. */
static uint8_t *read_batch(compaction *c, segment *s, int64_t pos, batch_view *b, status *st)
{
    uint8_t head[BATCH_HEADER_BYTES];
    int64_t rc, size = atomic_load(&s->size);
    if (size - pos < BATCH_HEADER_BYTES || !io_read_all(s->io, s->fd, head, sizeof head, pos, &rc)) {
        status_set(st, ST_CORRUPT, "%s: segment %lld ends inside a batch", c->p->name, (long long)s->base);
        return NULL;
    }
    size_t n = (size_t)be_get32(head + 8) + 12;
    if (n > (size_t)(size - pos))
        n = (size_t)(size - pos);
    if (n > c->batch_cap) {
        c->batch_cap = n;
        c->batch = mem_realloc(c->batch, n);
    }
    if (!io_read_all(s->io, s->fd, c->batch, n, pos, &rc)) {
        io_failed(st, "Cannot read", c->p->name, rc);
        return NULL;
    }
    return batch_parse(c->batch, n, true, b, st) ? c->batch : NULL;
}

static bool is_aborted(const compaction *c, const batch_view *b)
{
    return (b->attributes & BATCH_TRANSACTIONAL) &&
           producer_is_aborted(c->aborted, c->aborted_n, b->producer_id, b->base_offset);
}

/* Fills the map from `from` on; cuts the range where the map is full. */
static bool note_keys(compaction *c, int64_t from, status *st)
{
    for (size_t i = 0; i < c->n; i++) {
        segment   *s = c->segs[i];
        batch_view b;
        if (s->next <= from)
            continue;
        for (int64_t pos = 0; pos < atomic_load(&s->size); pos += b.size_bytes) {
            uint8_t *p = read_batch(c, s, pos, &b, st);
            if (!p)
                return false;
            if ((b.attributes & BATCH_CONTROL) || is_aborted(c, &b))
                continue;
            rec_view r;
            if (!batch_iter_begin(&c->it, p, b.size_bytes, st))
                return false;
            while (batch_iter_next(&c->it, &r, st)) {
                if (!r.key_null && !keys_put(&c->keys, r.key, r.offset)) {
                    /* What the map holds of this segment is true all the same: it names newer records
                     * that exist. Only whole segments count as clean. */
                    c->n = i;
                    c->end = s->base;
                    return true;
                }
            }
            if (st->code != ST_OK)
                return false;
        }
    }
    return true;
}

/* ---- copying */

/* -1 stands for null. */
static int64_t length_of(str s, bool null)
{
    return null ? -1 : (int64_t)s.n;
}

static void put_record(buf *out, const batch_view *b, const rec_view *r, int64_t base_ts)
{
    int64_t ts = (int64_t)((uint64_t)r->ts - (uint64_t)base_ts);
    int64_t delta = r->offset - b->base_offset;
    size_t  headers = (size_t)(r->headers_end - r->headers);
    size_t  body = 1 + varint_size(ts) + varint_size(delta) + varint_size(length_of(r->key, r->key_null)) + r->key.n +
                  varint_size(length_of(r->value, r->value_null)) + r->value.n + varint_size(r->header_count) + headers;
    buf_put_varint(out, (int64_t)body);
    buf_putc(out, 0);
    buf_put_varint(out, ts);
    buf_put_varint(out, delta);
    buf_put_varint(out, length_of(r->key, r->key_null));
    buf_puts(out, r->key);
    buf_put_varint(out, length_of(r->value, r->value_null));
    buf_puts(out, r->value);
    buf_put_varint(out, r->header_count);
    buf_put(out, r->headers, headers);
}

/* Sets what may change in a header, and the CRC. */
static void finish_header(uint8_t *p, size_t size, int attributes, int64_t base_ts, int32_t count)
{
    be_put32(p + 8, (uint32_t)(size - 12));
    be_put16(p + 21, (uint16_t)attributes);
    be_put64(p + 27, (uint64_t)base_ts);
    be_put32(p + 57, (uint32_t)count);
    be_put32(p + 17, crc32c(0, p + 21, size - 21));
}

/* Copies a marker to c->out, or leaves it out past its horizon. */
static void copy_marker(compaction *c, const batch_view *b, const uint8_t *p, bool last)
{
    bool has_horizon = b->attributes & BATCH_DELETE_HORIZON, commit = true;
    if (has_horizon && c->now > b->base_ts && !last) {
        if (marker_read(b, &commit) && !commit)
            VEC_PUSH(&c->gone_markers, b->base_offset);
        return;
    }
    size_t at = c->out.n;
    buf_put(&c->out, p, b->size_bytes);
    if (!has_horizon)
        finish_header((uint8_t *)c->out.p + at, b->size_bytes, b->attributes | BATCH_DELETE_HORIZON,
                      c->now + c->retention_ms, b->count);
}

/* Copies what stays of a batch to c->out. last: at least its header must stay. */
static bool copy_batch(compaction *c, const batch_view *b, const uint8_t *p, bool last, status *st)
{
    if (b->attributes & BATCH_CONTROL) {
        copy_marker(c, b, p, last);
        return true;
    }
    bool     horizon_due = (b->attributes & BATCH_DELETE_HORIZON) && c->now > b->base_ts;
    bool     aborted = is_aborted(c, b), tombstones = false;
    int32_t  kept = 0;
    rec_view r;
    if (!aborted && !batch_iter_begin(&c->it, p, b->size_bytes, st))
        return false;
    /* Twice over the records: the first round decides, because the base timestamp comes first. */
    const uint8_t *from = c->it.at;
    status_init(st);
    while (!aborted && batch_iter_next(&c->it, &r, st)) {
        bool stays = !r.key_null && !is_superseded(&c->keys, r.key, r.offset) && !(r.value_null && horizon_due);
        kept += stays;
        tombstones |= stays && r.value_null;
    }
    if (st->code != ST_OK)
        return false;
    if (kept == 0 && !last)
        return true;
    int     attributes = b->attributes & ~BATCH_TRANSACTIONAL;
    int64_t base_ts = b->base_ts;
    bool    stamp = tombstones && !(attributes & BATCH_DELETE_HORIZON);
    size_t  at = c->out.n;
    if (kept == b->count && !stamp) {
        buf_put(&c->out, p, b->size_bytes);
        if (attributes != b->attributes)
            finish_header((uint8_t *)c->out.p + at, b->size_bytes, attributes, base_ts, b->count);
        return true;
    }
    if (stamp) {
        attributes |= BATCH_DELETE_HORIZON;
        base_ts = c->now + c->retention_ms;
    }
    buf_clear(&c->plain);
    c->it.at = from;
    c->it.left = aborted ? 0 : b->count;
    while (kept > 0 && batch_iter_next(&c->it, &r, st))
        if (!r.key_null && !is_superseded(&c->keys, r.key, r.offset) && !(r.value_null && horizon_due))
            put_record(&c->plain, b, &r, base_ts);
    codec pack = kept > 0 ? (codec)(attributes & BATCH_CODEC_MASK) : CODEC_NONE;
    buf_put(&c->out, p, BATCH_HEADER_BYTES);
    status_init(st);
    if (!codec_compress(pack, buf_str(&c->plain), &c->out, st))
        return false;
    finish_header((uint8_t *)c->out.p + at, c->out.n - at, (attributes & ~BATCH_CODEC_MASK) | (int)pack, base_ts, kept);
    return true;
}

static void copy_path(const segment *s, char out[PATH_BYTES_MAX])
{
    segment_path(s->dir, s->base, ".cleaned", out);
}

/* Writes what c->out holds behind the copy, noting its batches. */
static bool flush_copy(compaction *c, segment *copy, status *st)
{
    int64_t at = atomic_load(&copy->size), rc;
    if (!io_write_all(copy->io, copy->fd, c->out.p, c->out.n, at, &rc))
        return io_failed(st, "Cannot write", c->p->name, rc);
    for (size_t used = 0; used < c->out.n;) {
        batch_view b;
        if (!batch_parse((uint8_t *)c->out.p + used, c->out.n - used, false, &b, st))
            return false;
        segment_note(copy, &b, (uint32_t)(at + (int64_t)used), c->interval_bytes);
        used += b.size_bytes;
    }
    atomic_store(&copy->size, at + (int64_t)c->out.n);
    buf_clear(&c->out);
    return true;
}

/* Copies the originals from `first` on into one segment, as many as fit; *count of them. NULL on
 * failure; the unfinished file is removed. */
static segment *copy_segments(compaction *c, size_t first, size_t *count, status *st)
{
    segment *from = c->segs[first], *copy = segment_new(from->io, from->dir, from->base);
    char     path[PATH_BYTES_MAX];
    copy_path(copy, path);
    copy->offsets.in_memory = copy->times.in_memory = true;
    copy->created_ms = from->created_ms;
    copy->fd = copy->io->open(copy->io, path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    bool ok = copy->fd >= 0 || io_failed(st, "Cannot create", path, copy->fd);
    *count = 0;
    int64_t room = c->segment_bytes; /* an original is never larger than its copy by much: bound by it */
    for (size_t i = first; ok && i < c->n; i++) {
        segment *s = c->segs[i];
        int64_t  size = atomic_load(&s->size);
        if (i > first && (size > room || s->next - copy->base > INT32_MAX))
            break;
        int64_t    before = atomic_load(&copy->size);
        batch_view b;
        for (int64_t pos = 0; ok && pos < size; pos += b.size_bytes) {
            uint8_t *p = read_batch(c, s, pos, &b, st);
            ok = p && copy_batch(c, &b, p, pos + b.size_bytes == size, st);
            if (ok && c->out.n >= COPY_BYTES)
                ok = flush_copy(c, copy, st);
        }
        ok = ok && flush_copy(c, copy, st);
        room -= atomic_load(&copy->size) - before;
        ++*count;
    }
    int rc = ok ? copy->io->fsync(copy->io, copy->fd) : 0;
    if (ok && rc < 0)
        ok = io_failed(st, "Cannot sync", path, rc);
    if (ok) {
        segment_seal(copy);
        copy->synced = atomic_load(&copy->size);
        copy->entry_synced = true;
        return copy;
    }
    buf_clear(&c->out);
    copy->io->unlink(copy->io, path);
    segment_release(copy);
    return NULL;
}

/* The copy's indexes take the place of the first original's. Both fit either log: positions are looked
 * at before they are believed, and offsets do not change. Old files may be mapped: they are replaced,
 * not overwritten. */
static bool save_indexes(compaction *c, segment *copy, status *st)
{
    static const char *const suffixes[] = {".index", ".timeindex"};
    char                     path[PATH_BYTES_MAX];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        segment_path(copy->dir, copy->base, suffixes[i], path);
        int rc = copy->io->unlink(copy->io, path);
        if (rc < 0 && rc != -ENOENT)
            return io_failed(st, "Cannot remove", path, rc);
    }
    return segment_save_indexes(copy, &c->p->lock, true, st);
}

/* Puts the copy in the place of the originals. */
static bool swap_in(compaction *c, size_t first, size_t count, segment *copy, status *st)
{
    plog *p = c->p;
    char  from[PATH_BYTES_MAX], to[PATH_BYTES_MAX];
    copy_path(copy, from);
    segment_path(copy->dir, copy->base, ".log", to);
    pthread_mutex_lock(&p->files_lock);
    bool ok = !atomic_load(&p->deleted) && save_indexes(c, copy, st);
    pthread_mutex_lock(&p->lock);
    size_t at = 0;
    while (at < p->segs.n && p->segs.p[at] != c->segs[first])
        at++;
    ok = ok && at + count < p->segs.n; /* else retention was there first */
    int rc = ok ? copy->io->rename(copy->io, from, to) : 0;
    if (rc < 0)
        ok = io_failed(st, "Cannot rename", from, rc);
    if (ok) {
        p->segs.p[at] = copy;
        for (size_t i = 1; i < count; i++)
            VEC_REMOVE(&p->segs, at + 1);
    }
    pthread_mutex_unlock(&p->lock);
    if (ok) {
        ok = io_sync_dir(copy->io, p->dir, st) && plog_foot(p, copy, st);
        for (size_t i = 0; i < count; i++) {
            /* Not before the copy's name is certain. */
            if (i > 0 && !(ok && segment_unlink(c->segs[first + i])))
                p->leftovers = true;
            segment_release(c->segs[first + i]); /* the list's */
        }
    } else {
        copy->io->unlink(copy->io, from);
        segment_release(copy);
    }
    pthread_mutex_unlock(&p->files_lock);
    return ok;
}

/* ---- the pass */

static bool set_mark(plog *p, status *st)
{
    pthread_mutex_lock(&p->files_lock);
    bool ok = !atomic_load(&p->deleted) && io_replace_file(p->env->io, p->dir, COMPACTING_MARK, "", 0, true, st);
    pthread_mutex_unlock(&p->files_lock);
    return ok;
}

/* Once the originals are gone for certain. A mark that stays only costs the next start a look. */
static void clear_mark(plog *p)
{
    char   path[PATH_BYTES_MAX];
    status st;
    pthread_mutex_lock(&p->files_lock);
    if (!p->leftovers && !atomic_load(&p->deleted) && io_sync_dir(p->env->io, p->dir, &st) &&
        snprintf(path, sizeof path, "%s/%s", p->dir, COMPACTING_MARK) < (int)sizeof path)
        p->env->io->unlink(p->env->io, path);
    pthread_mutex_unlock(&p->files_lock);
}

/* Chooses and holds the originals; false when there is nothing to do. */
static bool choose(compaction *c, const topic_conf *conf, status *st)
{
    plog   *p = c->p;
    int64_t dirty = 0, clean = 0, oldest = INT64_MAX;
    bool    ok = true;
    pthread_mutex_lock(&p->lock);
    int64_t stable = atomic_load(&p->last_stable);
    c->segs = mem_alloc((p->segs.n + 1) * sizeof *c->segs);
    for (size_t i = 0; i + 1 < p->segs.n; i++) {
        segment *s = p->segs.p[i];
        int64_t  ts = segment_max_ts(s);
        if (s->next > stable || (conf->min_compaction_lag_ms > 0 && ts > c->now - conf->min_compaction_lag_ms))
            break;
        segment_hold(s);
        c->segs[c->n++] = s;
        c->end = s->next;
        if (s->next > p->cleaned) {
            dirty += atomic_load(&s->size);
            oldest = ts != NO_TIME && ts < oldest ? ts : oldest;
        } else {
            clean += atomic_load(&s->size);
        }
    }
    if (p->states.aborted.n) {
        c->aborted_n = p->states.aborted.n;
        c->aborted = mem_dup(p->states.aborted.p, c->aborted_n * sizeof *c->aborted);
    }
    pthread_mutex_unlock(&p->lock);
    bool due = dirty > 0 && ((double)dirty >= conf->min_dirty_ratio * (double)(dirty + clean) ||
                             (oldest != INT64_MAX && c->now - oldest > conf->max_compaction_lag_ms));
    for (size_t i = 0; due && ok && i < c->n; i++) {
        pthread_mutex_lock(&p->lock);
        ok = segment_open(c->segs[i], st);
        pthread_mutex_unlock(&p->lock);
    }
    return ok && due;
}

/* Takes the aborted transactions whose markers go off the index, for good. */
static bool forget_aborted(compaction *c, status *st)
{
    plog *p = c->p;
    if (c->gone_markers.n == 0)
        return true;
    pthread_mutex_lock(&p->lock);
    size_t kept = 0;
    for (size_t i = 0; i < p->states.aborted.n; i++) {
        bool gone = false;
        for (size_t k = 0; k < c->gone_markers.n && !gone; k++)
            gone = p->states.aborted.p[i].last == c->gone_markers.p[k];
        if (!gone)
            p->states.aborted.p[kept++] = p->states.aborted.p[i];
    }
    p->states.aborted.n = kept;
    atomic_store(&p->aborted_count, (uint32_t)kept);
    pthread_mutex_unlock(&p->lock);
    c->gone_markers.n = 0;
    return plog_checkpoint(p, st);
}

bool plog_compact(plog *p, status *st)
{
    const topic_conf *conf = atomic_load(&p->conf);
    if (!conf->compact || p->damage || p->rotten)
        return true;
    compaction c = {.p = p,
                    .now = plog_now(p),
                    .retention_ms = conf->delete_retention_ms,
                    .interval_bytes = conf->index_interval_bytes,
                    .segment_bytes = conf->segment_bytes,
                    .it = BATCH_ITER_INIT,
                    .plain = BUF_INIT(BATCH_DECOMPRESSED_MAX * 2),
                    .out = BUF_INIT(BUF_MAX)};
    bool       ok = true;
    status_init(st);
    if (c.retention_ms > INT64_MAX - c.now)
        c.retention_ms = INT64_MAX - c.now;
    bool   due = choose(&c, conf, st);
    size_t held = c.n; /* note_keys() may shorten the range */
    if (due) {
        keys_init(&c.keys, KEYS_MIN);
        /* A position on record must not lie in a file that is about to be another one. */
        ok = plog_checkpoint(p, st) && note_keys(&c, p->cleaned, st) && set_mark(p, st);
        for (size_t at = 0, count = 0; ok && at < c.n; at += count) {
            segment *copy = copy_segments(&c, at, &count, st);
            ok = copy != NULL;
            if (ok && !(ok = forget_aborted(&c, st)))
                segment_release(copy);
            ok = ok && swap_in(&c, at, count, copy, st);
        }
        if (ok)
            clear_mark(p);
        if (ok && c.end > p->cleaned)
            p->cleaned = c.end;
        mem_free(c.keys.slots);
    }
    if (!ok && st->code == ST_CORRUPT) /* to read it again would show the same */
        plog_found_rotten(p, st->msg);
    for (size_t i = 0; i < held; i++)
        segment_release(c.segs[i]);
    mem_free(c.segs);
    mem_free(c.aborted);
    mem_free(c.batch);
    VEC_FREE(&c.gone_markers);
    batch_iter_free(&c.it);
    buf_free(&c.plain);
    buf_free(&c.out);
    return ok && (due || st->code == ST_OK);
}
