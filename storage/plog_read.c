/* Reading a partition: the engine's reader, look-ups by time, slices for the Fetch API.
 *
 * Bytes are read by pread into a buffer that each reader keeps, not mapped: the buffer stays in the
 * CPU's cache while first touches of mapped pages cost faults, and a bad sector is an error instead
 * of SIGBUS. Batches a committed reader must not see are squeezed out of the buffer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "storage/plog_int.h"

#define READ_BYTES ((uint32_t)256 << 10)     /* read at once when more is there */
#define SEND_COPY_BYTES ((uint32_t)16 << 10) /* smaller slices are copied: cheaper than sendfile */

typedef struct disk_reader {
    batch_reader    b;
    plog           *log;
    tlog_isolation  iso;
    _Atomic int64_t keep;  /* plog_reader_keep(); INT64_MAX: nothing */
    uint64_t        seeks; /* the place is that of the seek with this number; 0: none */
    segment        *seg;   /* held */
    int64_t         pos;   /* in the file: end of what is buffered */
    uint8_t        *bytes;
    uint32_t        cap, at, end; /* [at, end) is buffered and not handed out */
    VEC(txn_span) aborted;        /* those that matter to the present read */
} disk_reader;

tlog_reader *plog_reader_open(plog *p, int64_t offset, tlog_isolation iso)
{
    disk_reader *r = MEM_NEW(disk_reader);
    *r = (disk_reader){.log = p, .iso = iso, .keep = INT64_MAX};
    batch_reader_init(&r->b, p->env->ops, offset);
    plog_hold(p);
    return &r->b.base;
}

static void drop_segment(disk_reader *r)
{
    if (r->seg)
        segment_release(r->seg);
    r->seg = NULL;
}

int64_t plog_reader_kept(const disk_reader *r)
{
    return atomic_load(&r->keep);
}

void plog_reader_keep(tlog_reader *tr, int64_t offset)
{
    disk_reader *r = (disk_reader *)tr;
    bool         first = atomic_exchange(&r->keep, offset) == INT64_MAX;
    if (!first)
        return;
    pthread_mutex_lock(&r->log->lock);
    VEC_PUSH(&r->log->keepers, r);
    pthread_mutex_unlock(&r->log->lock);
}

static void keep_no_more(disk_reader *r)
{
    if (atomic_load(&r->keep) == INT64_MAX)
        return;
    pthread_mutex_lock(&r->log->lock);
    for (size_t i = 0; i < r->log->keepers.n; i++)
        if (r->log->keepers.p[i] == r) {
            VEC_REMOVE(&r->log->keepers, i);
            break;
        }
    pthread_mutex_unlock(&r->log->lock);
}

void plog_reader_close(tlog_reader *tr)
{
    disk_reader *r = (disk_reader *)tr;
    keep_no_more(r);
    drop_segment(r);
    plog_release(r->log);
    mem_free(r->bytes);
    VEC_FREE(&r->aborted);
    batch_reader_deinit(&r->b);
    mem_free(r);
}

/* Behind damage there are records: whoever stands there must not be told to go elsewhere. */
static bool out_of_range(plog *p, int64_t offset, status *st)
{
    if (p->damage && offset > atomic_load(&p->high))
        return status_set(st, ST_CORRUPT, "%s: %s", p->name, p->damage);
    return status_set(st, ST_OFFSET_RANGE, "Offset %lld of %s is not within %lld and %lld", (long long)offset, p->name,
                      (long long)atomic_load(&p->start), (long long)atomic_load(&p->high));
}

/* Goes to the segment that holds the next offset, and to a position at or before it. */
static bool place(disk_reader *r, status *st)
{
    plog *p = r->log;
    drop_segment(r);
    r->at = r->end = 0;
    pthread_mutex_lock(&p->lock);
    int64_t i = plog_find_segment(p, r->b.next);
    bool    ok = i >= 0                     ? segment_open(p->segs.p[i], st)
                 : atomic_load(&p->deleted) ? plog_no_more(p, st)
                                            : out_of_range(p, r->b.next, st);
    if (ok) {
        r->seg = p->segs.p[i];
        segment_hold(r->seg);
        r->pos = segment_find_offset(r->seg, r->b.next);
        r->seeks = r->b.seeks;
    }
    pthread_mutex_unlock(&p->lock);
    return ok;
}

/* Buffers at least `need` bytes from `at` on, and more if there is more. false with ST_OK when the
 * segment has no further bytes at all. */
static bool fill(disk_reader *r, uint32_t need, uint32_t want, status *st)
{
    status_init(st);
    int64_t left = atomic_load_explicit(&r->seg->size, memory_order_acquire) - r->pos, rc;
    if (left <= 0)
        return r->end > r->at ? status_set(st, ST_CORRUPT,
                                           "%s: a record batch is cut off at byte %lld of segment "
                                           "%lld",
                                           r->log->name, (long long)r->pos, (long long)r->seg->base)
                              : false;
    if (r->at > 0) {
        memmove(r->bytes, r->bytes + r->at, r->end - r->at);
        r->end -= r->at;
        r->at = 0;
    }
    if (want < need)
        want = need;
    int64_t n = want - r->end < left ? (int64_t)(want - r->end) : left;
    if (r->end + (uint64_t)n > r->cap) {
        r->cap = r->end + (uint32_t)n;
        r->bytes = mem_realloc(r->bytes, r->cap);
    }
    if (!io_read_all(r->seg->io, r->seg->fd, r->bytes + r->end, (size_t)n, r->pos, &rc))
        return io_failed(st, "Cannot read", r->log->name, rc);
    r->pos += n;
    r->end += (uint32_t)n;
    if (r->end < need)
        return status_set(st, ST_CORRUPT, "%s: a record batch is cut off at byte %lld of segment %lld", r->log->name,
                          (long long)r->pos, (long long)r->seg->base);
    return true;
}

/* Makes one whole batch stand at `at` and returns its size; 0 at the end of the segment (ST_OK) or on
 * an error. */
static uint32_t whole_batch(disk_reader *r, uint32_t want, status *st)
{
    status_init(st);
    if (r->end - r->at < BATCH_HEADER_BYTES && !fill(r, BATCH_HEADER_BYTES, want, st))
        return 0;
    int64_t size = (int64_t)(int32_t)be_get32(r->bytes + r->at + 8) + 12;
    if (r->bytes[r->at + 16] != 2 || size < BATCH_HEADER_BYTES || size > SEGMENT_BYTES_MAX) {
        status_set(st, ST_CORRUPT, "%s: no record batch where one should be in segment %lld", r->log->name,
                   (long long)r->seg->base);
        return 0;
    }
    if (r->end - r->at < size && !fill(r, (uint32_t)size, want, st))
        return 0;
    return (uint32_t)size;
}

/* Aborted transactions that reach into [from, to). */
static void load_aborted(disk_reader *r, int64_t from, int64_t to)
{
    plog *p = r->log;
    r->aborted.n = 0;
    if (atomic_load(&p->aborted_count) == 0)
        return;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->states.aborted.n; i++) {
        txn_span t = p->states.aborted.p[i];
        if (t.last >= from && t.first < to)
            VEC_PUSH(&r->aborted, t);
    }
    pthread_mutex_unlock(&p->lock);
}

static bool is_hidden(const disk_reader *r, const batch_view *b)
{
    if ((b->attributes & BATCH_CONTROL) || b->count == 0)
        return true;
    return r->iso == TLOG_READ_COMMITTED && (b->attributes & BATCH_TRANSACTIONAL) &&
           producer_is_aborted(r->aborted.p, r->aborted.n, b->producer_id, b->base_offset);
}

bool plog_reader_next(batch_reader *tr, uint32_t max_bytes, const uint8_t **data, uint32_t *len, status *st)
{
    disk_reader *r = (disk_reader *)tr;
    plog        *p = r->log;
    *data = NULL;
    *len = 0;
    if (atomic_load(&p->deleted))
        return plog_no_more(p, st);
    int64_t end = atomic_load(r->iso == TLOG_READ_COMMITTED ? &p->last_stable : &p->high);
    if (tr->next < atomic_load(&p->start) || tr->next > atomic_load(&p->high))
        return out_of_range(p, tr->next, st);
    tr->first = tr->next;
    if (tr->next >= end)
        return p->damage == NULL || tr->next < atomic_load(&p->high) ||
               status_set(st, ST_CORRUPT, "%s: %s", p->name, p->damage);
    if (r->seeks != tr->seeks && !place(r, st))
        return false;
    uint32_t want = max_bytes > READ_BYTES ? max_bytes : READ_BYTES;
    uint32_t from = 0, n = 0; /* visible bytes gathered, a run in the buffer */
    bool     aborted_loaded = false;
    while (tr->next < end) {
        /* Reading on moves the buffer: only before anything was gathered. */
        if (n > 0) {
            uint32_t have = r->end - r->at;
            if (have < BATCH_HEADER_BYTES || have < (uint64_t)(uint32_t)be_get32(r->bytes + r->at + 8) + 12)
                break;
        }
        uint32_t size = whole_batch(r, want, st);
        if (size == 0) {
            int64_t done_base = r->seg->base;
            if (st->code != ST_OK || !place(r, st))
                return false;
            if (r->seg->base == done_base)
                return status_set(st, ST_CORRUPT, "%s: offset %lld is missing from segment %lld", p->name,
                                  (long long)tr->next, (long long)done_base);
            continue;
        }
        batch_view b;
        if (!batch_parse(r->bytes + r->at, size, true, &b, st))
            return status_prefix(st, "%s: ", p->name);
        if (b.base_offset + b.last_delta < tr->next) { /* before the place that was sought */
            r->at += size;
            continue;
        }
        if (b.base_offset >= end)
            break;
        if (!aborted_loaded && r->iso == TLOG_READ_COMMITTED && (b.attributes & BATCH_TRANSACTIONAL)) {
            load_aborted(r, b.base_offset, end);
            aborted_loaded = true;
        }
        bool hidden = is_hidden(r, &b);
        if (!hidden && n > 0 && n + size > max_bytes)
            break;
        if (!hidden) {
            if (n == 0)
                from = r->at;
            else if (from + n != r->at)
                memmove(r->bytes + from + n, r->bytes + r->at, size);
            n += size;
        }
        r->at += size;
        tr->next = b.base_offset + b.last_delta + 1;
        if (n == 0)
            tr->first = tr->next;
    }
    *data = r->bytes + from;
    *len = n;
    return true;
}

bool plog_offset_for_time(plog *p, int64_t ts_ms, int64_t *offset, int64_t *ts_out, status *st)
{
    *offset = TLOG_OFFSET_NONE;
    *ts_out = -1;
    int64_t from = TLOG_OFFSET_NONE;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->segs.n && from < 0; i++)
        if (segment_max_ts(p->segs.p[i]) >= ts_ms)
            from = segment_find_time(p->segs.p[i], ts_ms);
    pthread_mutex_unlock(&p->lock);
    if (from < 0)
        return true;
    if (from < atomic_load(&p->start))
        from = atomic_load(&p->start);
    tlog_reader   *r = plog_reader_open(p, from, TLOG_READ_UNCOMMITTED);
    batch_iter     it = BATCH_ITER_INIT;
    const uint8_t *data;
    uint32_t       len;
    bool           ok = true;
    while (ok && *offset < 0 && (ok = batch_log_next(r, READ_BYTES, &data, &len, st)) && len > 0) {
        for (uint32_t at = 0; ok && *offset < 0 && at < len;) {
            ok = batch_parse(data + at, len - at, false, &it.b, st);
            uint32_t size = it.b.size_bytes;
            if (ok && it.b.max_ts >= ts_ms && (ok = batch_iter_begin(&it, data + at, len - at, st))) {
                rec_view rec;
                while (*offset < 0 && batch_iter_next(&it, &rec, st)) {
                    if (rec.ts >= ts_ms && rec.offset >= batch_log_first(r)) {
                        *offset = rec.offset;
                        *ts_out = rec.ts;
                    }
                }
                ok = *offset >= 0 || st->code == ST_OK;
            }
            at += size;
        }
    }
    batch_iter_free(&it);
    plog_reader_close(r);
    return ok;
}

/* ---- slices for Fetch */

/* Position of the batch that holds the offset or the first behind it, from the index and a walk over
 * headers; the segment's size when there is none. */
static int64_t walk_to(segment *s, int64_t offset, int64_t size, uint32_t *batch_bytes, int64_t *rc)
{
    int64_t pos = segment_find_offset(s, offset);
    uint8_t head[BATCH_HEADER_BYTES];
    for (; pos < size; pos += *batch_bytes) {
        *rc = -EBADMSG;
        if (size - pos < BATCH_HEADER_BYTES || !io_read_all(s->io, s->fd, head, sizeof head, pos, rc))
            return -1;
        /* A damaged length would lead anywhere, or nowhere. */
        int64_t bytes = (int64_t)(int32_t)be_get32(head + 8) + 12;
        *rc = -EBADMSG;
        if (bytes < BATCH_HEADER_BYTES || bytes > size - pos || head[16] != 2)
            return -1;
        *batch_bytes = (uint32_t)bytes;
        if ((int64_t)be_get64(head) + (int32_t)be_get32(head + 23) >= offset)
            return pos;
    }
    *batch_bytes = 0;
    return size;
}

static int by_first(const void *a, const void *b)
{
    const aborted_txn *x = a, *y = b;
    return x->first_offset < y->first_offset ? -1 : x->first_offset > y->first_offset;
}

static void fetch_aborted(plog *p, int64_t from, int64_t to, arena *a, fetch_result *out)
{
    size_t n = p->states.aborted.n;
    out->aborted = ARENA_ARRAY(a, aborted_txn, n);
    for (size_t i = 0; i < n; i++) {
        txn_span t = p->states.aborted.p[i];
        if (t.last >= from && t.first < to)
            out->aborted[out->aborted_count++] = (aborted_txn){t.pid, t.first};
    }
    if (out->aborted_count)
        qsort(out->aborted, out->aborted_count, sizeof *out->aborted, by_first);
}

bool plog_fetch(plog *p, int64_t offset, uint32_t max_bytes, tlog_isolation iso, arena *a, fetch_result *out,
                status *st)
{
    *out = (fetch_result){.slice.fd = -1};
    pthread_mutex_lock(&p->lock);
    out->offsets = (tlog_offsets){atomic_load(&p->start), atomic_load(&p->last_stable), atomic_load(&p->high)};
    int64_t  end = iso == TLOG_READ_COMMITTED ? out->offsets.last_stable : out->offsets.high;
    int64_t  i = plog_find_segment(p, offset), size = 0;
    segment *s = NULL;
    bool     ok = true;
    if (atomic_load(&p->deleted))
        ok = plog_no_more(p, st);
    else if (offset < out->offsets.start || offset > out->offsets.high)
        ok = out_of_range(p, offset, st);
    else if (offset < end && i >= 0 && (ok = segment_open(p->segs.p[i], st))) {
        s = p->segs.p[i];
        segment_hold(s);
        size = atomic_load(&s->size);
        if (iso == TLOG_READ_COMMITTED)
            fetch_aborted(p, offset, end, a, out);
    }
    int64_t  rc = 0, pos = 0;
    uint32_t first = 0, ignored;
    if (s) {
        /* Under the lock, because it may map the index of a closed segment. */
        pos = walk_to(s, offset, size, &first, &rc);
        if (pos >= 0 && end < s->next) {
            int64_t to = walk_to(s, end, size, &ignored, &rc);
            size = to < 0 ? -1 : to;
        }
        if (pos < 0 || size < 0)
            ok = rc == -EBADMSG ? status_set(st, ST_CORRUPT, "%s: no record batch where one should be in segment %lld",
                                             p->name, (long long)s->base)
                                : io_failed(st, "Cannot read", p->name, rc);
    } else if (ok && offset == out->offsets.high && p->damage) {
        ok = status_set(st, ST_CORRUPT, "%s: %s", p->name, p->damage);
    }
    pthread_mutex_unlock(&p->lock);
    if (s && ok) {
        uint32_t len = size - pos > max_bytes ? max_bytes : (uint32_t)(size - pos);
        if (len < first)
            len = first;
        if (size <= pos)
            len = 0;
        out->slice.len_bytes = len;
        out->slice.file_pos = pos;
        if (len > SEND_COPY_BYTES)
            out->slice.fd = s->io->dup(s->io, s->fd);
        if (len > 0 && out->slice.fd < 0) {
            out->slice.fd = -1;
            uint8_t *copy = arena_alloc(a, len);
            out->slice.data = copy;
            if (!io_read_all(s->io, s->fd, copy, len, pos, &rc))
                ok = io_failed(st, "Cannot read", p->name, rc);
        }
    }
    if (s)
        segment_release(s);
    return ok;
}
