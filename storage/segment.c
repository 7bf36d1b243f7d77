#include "storage/segment_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/mem.h"

void segment_path(const char *dir, int64_t base, const char *suffix, char out[PATH_BYTES_MAX])
{
    snprintf(out, PATH_BYTES_MAX, "%s/%0*lld%s", dir, SEGMENT_NAME_DIGITS, (long long)base, suffix);
}

segment *segment_new(io *x, const char *dir, int64_t base)
{
    segment *s = MEM_NEW(segment);
    *s = (segment){.refs = 1,
                   .io = x,
                   .dir = dir,
                   .fd = -1,
                   .base = base,
                   .next = base,
                   .max_ts = NO_TIME,
                   .max_ts_known = true,
                   .digest.known = true};
    s->offsets.mem = BUF_INIT(BUF_MAX);
    s->times.mem = BUF_INIT(BUF_MAX);
    return s;
}

static bool open_file(segment *s, int flags, status *st)
{
    char path[PATH_BYTES_MAX];
    segment_path(s->dir, s->base, ".log", path);
    int fd = s->io->open(s->io, path, flags, 0666);
    if (fd < 0)
        return io_failed(st, "Cannot open", path, fd);
    s->fd = fd;
    return true;
}

bool segment_create(segment *s, status *st)
{
    s->offsets.in_memory = s->times.in_memory = true;
    return open_file(s, O_RDWR | O_CREAT | O_TRUNC, st);
}

bool segment_open(segment *s, status *st)
{
    s->used = true;
    return s->fd >= 0 || open_file(s, O_RDWR, st);
}

void segment_hold(segment *s)
{
    atomic_fetch_add(&s->refs, 1);
}

static void index_clear(segment *s, seg_index *x)
{
    if (x->map)
        s->io->unmap(s->io, (void *)x->map, x->map_bytes);
    buf_free(&x->mem);
    *x = (seg_index){.mem = BUF_INIT(BUF_MAX)};
}

void segment_clear_indexes(segment *s)
{
    index_clear(s, &s->offsets);
    index_clear(s, &s->times);
    s->offsets.in_memory = s->times.in_memory = true;
    s->since_entry = 0;
    s->max_ts = NO_TIME;
    s->max_ts_known = true;
    s->digest = (batch_digest){.known = true};
}

void segment_release(segment *s)
{
    if (atomic_fetch_sub(&s->refs, 1) > 1)
        return;
    if (s->fd >= 0)
        s->io->close(s->io, s->fd);
    index_clear(s, &s->offsets);
    index_clear(s, &s->times);
    mem_free(s);
}

bool segment_unlink(segment *s)
{
    /* The log first: an index without one is removed at the next start. */
    static const char *const suffixes[] = {".log", ".index", ".timeindex"};
    char                     path[PATH_BYTES_MAX];
    bool                     gone = true;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        segment_path(s->dir, s->base, suffixes[i], path);
        int rc = s->io->unlink(s->io, path);
        gone = gone && (i > 0 || rc >= 0 || rc == -ENOENT);
    }
    return gone;
}

/* ---- indexes */

static void put_time(segment *s, int64_t offset)
{
    if (s->max_ts == NO_TIME)
        return;
    buf_put_i64(&s->times.mem, s->max_ts);
    buf_put_i32(&s->times.mem, (int32_t)(uint32_t)(offset - s->base));
}

void batch_digest_add(batch_digest *d, const batch_view *b)
{
    d->crc = crc32c(d->crc, b->records - BATCH_HEADER_BYTES, BATCH_CRC_FROM);
    d->batches++;
}

void segment_note(segment *s, const batch_view *b, uint32_t pos, int64_t interval_bytes)
{
    if (s->since_entry > interval_bytes) {
        buf_put_i32(&s->offsets.mem, (int32_t)(uint32_t)(b->base_offset - s->base));
        buf_put_i32(&s->offsets.mem, (int32_t)pos);
        put_time(s, b->base_offset);
        s->since_entry = 0;
    }
    s->since_entry += b->size_bytes;
    batch_digest_add(&s->digest, b);
    s->next = b->base_offset + b->last_delta + 1;
    if (b->max_ts > s->max_ts)
        s->max_ts = b->max_ts;
}

void segment_seal(segment *s)
{
    put_time(s, s->next);
}

static bool index_save(segment *s, seg_index *x, const char *suffix, pthread_mutex_t *lock, bool closed, status *st)
{
    pthread_mutex_lock(lock);
    bool   in_memory = x->in_memory;
    size_t at = x->saved, n = in_memory ? x->mem.n - at : 0;
    char  *copy = n ? mem_dup(x->mem.p + at, n) : NULL;
    pthread_mutex_unlock(lock);
    if (!in_memory || (n == 0 && !closed))
        return true;
    char    path[PATH_BYTES_MAX];
    int64_t rc = 0;
    segment_path(s->dir, s->base, suffix, path);
    int  fd = s->io->open(s->io, path, O_RDWR | O_CREAT | (at ? 0 : O_TRUNC), 0666);
    bool ok = fd >= 0 ? io_write_all(s->io, fd, copy, n, (int64_t)at, &rc) : io_failed(st, "Cannot open", path, fd);
    if (ok && closed) {
        rc = s->io->fsync(s->io, fd); /* from now on the file is believed */
        ok = rc >= 0;
    }
    if (fd >= 0) {
        s->io->close(s->io, fd);
        if (!ok)
            io_failed(st, "Cannot write", path, rc);
    }
    mem_free(copy);
    if (ok) {
        pthread_mutex_lock(lock);
        if (closed)
            index_clear(s, x);
        else
            x->saved = at + n;
        pthread_mutex_unlock(lock);
    }
    return ok;
}

bool segment_save_indexes(segment *s, pthread_mutex_t *lock, bool closed, status *st)
{
    return index_save(s, &s->offsets, ".index", lock, closed, st) &&
           index_save(s, &s->times, ".timeindex", lock, closed, st);
}

/* Entries must rise, or the file is not what was written. */
static bool index_holds(const uint8_t *p, size_t n, size_t entry, uint64_t size)
{
    if (n % entry != 0)
        return false;
    uint64_t last_offset = 0, last_pos = 0;
    for (size_t at = 0; at < n; at += entry) {
        bool     time = entry == TIME_ENTRY_BYTES;
        uint64_t offset = be_get32(p + at + (time ? 8 : 0));
        uint64_t pos = time ? be_get64(p + at) ^ (uint64_t)1 << 63 : be_get32(p + at + 4);
        if (at > 0 && (offset < last_offset || pos < last_pos))
            return false;
        if (!time && (pos >= size || pos == 0))
            return false;
        last_offset = offset;
        last_pos = pos;
    }
    return true;
}

bool segment_load_indexes(segment *s)
{
    char path[PATH_BYTES_MAX];
    segment_clear_indexes(s);
    segment_path(s->dir, s->base, ".index", path);
    bool ok = io_read_file(s->io, path, &s->offsets.mem) == 0;
    segment_path(s->dir, s->base, ".timeindex", path);
    ok = ok && io_read_file(s->io, path, &s->times.mem) == 0;
    uint64_t   size = (uint64_t)atomic_load(&s->size);
    seg_index *o = &s->offsets, *t = &s->times;
    o->saved = o->mem.n;
    t->saved = t->mem.n;
    /* Entries written at a checkpoint later than the one we start from: they come again. */
    while (o->mem.n >= INDEX_ENTRY_BYTES && be_get32(o->mem.p + o->mem.n - 4) >= size) {
        o->mem.n -= INDEX_ENTRY_BYTES;
        o->saved = 0;
    }
    while (t->mem.n >= TIME_ENTRY_BYTES && be_get32(t->mem.p + t->mem.n - 4) >= (uint64_t)(s->next - s->base)) {
        t->mem.n -= TIME_ENTRY_BYTES;
        t->saved = 0;
    }
    ok = ok && index_holds((uint8_t *)o->mem.p, o->mem.n, INDEX_ENTRY_BYTES, size) &&
         index_holds((uint8_t *)t->mem.p, t->mem.n, TIME_ENTRY_BYTES, size);
    s->digest.known = false;
    if (!ok)
        segment_clear_indexes(s);
    else if (t->mem.n)
        s->max_ts = (int64_t)be_get64(t->mem.p + t->mem.n - TIME_ENTRY_BYTES);
    return ok;
}

/* The entries of an index, mapping the file of a closed segment on first use. */
static const uint8_t *entries(segment *s, seg_index *x, const char *suffix, size_t entry, size_t *n)
{
    *n = x->mem.n / entry;
    if (x->in_memory)
        return (const uint8_t *)x->mem.p;
    if (!x->map) {
        char path[PATH_BYTES_MAX];
        segment_path(s->dir, s->base, suffix, path);
        int     fd = s->io->open(s->io, path, O_RDONLY, 0);
        int64_t size = fd < 0 ? fd : s->io->size(s->io, fd);
        if (size >= (int64_t)entry) {
            x->map = s->io->map(s->io, fd, (size_t)size);
            x->map_bytes = x->map ? (size_t)size : 0;
        }
        if (fd >= 0)
            s->io->close(s->io, fd);
    }
    *n = x->map_bytes / entry;
    return x->map;
}

uint32_t segment_find_offset(segment *s, int64_t offset)
{
    size_t         n, lo = 0;
    const uint8_t *e = entries(s, &s->offsets, ".index", INDEX_ENTRY_BYTES, &n);
    for (size_t hi = n; lo < hi;) {
        size_t mid = (lo + hi) / 2;
        if (s->base + be_get32(e + mid * INDEX_ENTRY_BYTES) <= offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == 0)
        return 0;
    /* Trust, but look: the batch must be there, or the search begins at the start of the file. */
    uint32_t rel = be_get32(e + (lo - 1) * INDEX_ENTRY_BYTES);
    uint32_t pos = be_get32(e + (lo - 1) * INDEX_ENTRY_BYTES + 4);
    uint8_t  head[BATCH_HEADER_BYTES];
    int64_t  rc;
    if ((int64_t)pos + BATCH_HEADER_BYTES > atomic_load(&s->size) ||
        !io_read_all(s->io, s->fd, head, sizeof head, pos, &rc) || head[16] != 2 ||
        (int64_t)be_get64(head) != s->base + rel)
        return 0;
    return pos;
}

int64_t segment_find_time(segment *s, int64_t ts)
{
    size_t         n, lo = 0;
    const uint8_t *e = entries(s, &s->times, ".timeindex", TIME_ENTRY_BYTES, &n);
    for (size_t hi = n; lo < hi;) {
        size_t mid = (lo + hi) / 2;
        if ((int64_t)be_get64(e + mid * TIME_ENTRY_BYTES) < ts)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo == 0 ? s->base : s->base + be_get32(e + (lo - 1) * TIME_ENTRY_BYTES + 8);
}

int64_t segment_max_ts(segment *s)
{
    size_t n;
    if (s->max_ts_known)
        return s->max_ts;
    const uint8_t *e = entries(s, &s->times, ".timeindex", TIME_ENTRY_BYTES, &n);
    return n ? (int64_t)be_get64(e + (n - 1) * TIME_ENTRY_BYTES) : NO_TIME;
}

int64_t segment_written_ms(const segment *s)
{
    char path[PATH_BYTES_MAX];
    if (s->written_ms)
        return s->written_ms;
    segment_path(s->dir, s->base, ".log", path);
    int64_t ms = s->io->written_ms(s->io, path);
    return ms < 0 ? INT64_MAX : ms;
}
