#include "engine/state/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/num.h"

#define MAGIC "WEIRSNAP"
#define VERSION 1
#define CHUNK_BYTES ((size_t)1 << 20)
#define ROW_MIN 32                  /* bytes of a row without its key and value */
#define ROW_MAX ((uint32_t)1 << 30) /* a longer key or row is damage */

/* ---- writing */

typedef struct writer {
    io      *files;
    int      fd;
    int64_t  at;
    uint32_t crc;
    buf      chunk;
    int      error; /* -errno of the first failure */
} writer;

static void flush(writer *w)
{
    for (size_t done = 0; done < w->chunk.n && w->error == 0;) {
        ssize_t n = w->files->pwrite(w->files, w->fd, w->chunk.p + done, w->chunk.n - done, w->at);
        if (n <= 0) {
            w->error = n < 0 ? (int)n : -EIO;
            return;
        }
        done += (size_t)n;
        w->at += n;
    }
    buf_clear(&w->chunk);
}

static void put(writer *w, const void *p, size_t n)
{
    w->crc = crc32c(w->crc, p, n);
    buf_put(&w->chunk, p, n);
    if (w->chunk.n >= CHUNK_BYTES)
        flush(w);
}

static void put_u32(writer *w, uint32_t v)
{
    put(w, &v, sizeof v);
}

static void put_i64(writer *w, int64_t v)
{
    put(w, &v, sizeof v);
}

static void put_row(void *ctx, str key, const store_row *r)
{
    writer *w = ctx;
    put_u32(w, key.n);
    put(w, key.p, key.n);
    put_i64(w, r->start);
    put_i64(w, r->end);
    put_i64(w, r->ts);
    put_u32(w, r->bytes.n);
    put(w, r->bytes.p, r->bytes.n);
}

static bool io_error(status *st, const char *what, const char *path, int error)
{
    return status_set(st, error == -ENOSPC ? ST_FULL : ST_IO, "%s %s: %s", what, path, strerror(-error));
}

bool snapshot_write(io *files, const char *path, int64_t now_ms, int64_t *const *clocks, size_t clock_count,
                    const snapshot_store *stores, size_t n, status *st)
{
    char   tmp[4096];
    writer w = {.files = files, .chunk = BUF_INIT(BUF_MAX)};
    snprintf(tmp, sizeof tmp, "%s.new", path);
    w.fd = files->open(files, tmp, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (w.fd < 0)
        return io_error(st, "Cannot create", tmp, w.fd);
    put(&w, MAGIC, 8);
    put_u32(&w, VERSION);
    put_i64(&w, now_ms);
    put_u32(&w, (uint32_t)clock_count);
    for (size_t i = 0; i < clock_count; i++)
        put_i64(&w, *clocks[i]);
    put_u32(&w, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        put_u32(&w, stores[i].name.n);
        put(&w, stores[i].name.p, stores[i].name.n);
        put_i64(&w, stores[i].offset);
        put_i64(&w, (int64_t)store_rows(stores[i].s));
        store_each(stores[i].s, put_row, &w);
    }
    uint32_t crc = w.crc;
    put(&w, &crc, sizeof crc);
    flush(&w);
    if (w.error == 0)
        w.error = files->fsync(files, w.fd);
    files->close(files, w.fd);
    buf_free(&w.chunk);
    if (w.error == 0)
        w.error = files->rename(files, tmp, path);
    if (w.error == 0)
        return true;
    files->unlink(files, tmp);
    return io_error(st, "Cannot write", tmp, w.error);
}

/* ---- reading */

typedef struct reader {
    io      *files;
    int      fd;
    int64_t  at, size;
    uint32_t crc;
    char    *chunk;
    size_t   have, used;
    buf      row;
    bool     bad;
} reader;

/* n bytes, valid until the next call. */
static const char *take(reader *r, size_t n)
{
    static const char nothing[8];
    if (r->have - r->used < n) {
        size_t keep = r->have - r->used;
        buf_clear(&r->row);
        buf_put(&r->row, r->chunk + r->used, keep);
        r->used = r->have = 0;
        while (r->row.n < n && !r->bad) {
            ssize_t got = r->files->pread(r->files, r->fd, r->chunk, CHUNK_BYTES, r->at);
            if (got <= 0) {
                r->bad = true;
                break;
            }
            r->at += got;
            size_t want = n - r->row.n < (size_t)got ? n - r->row.n : (size_t)got;
            buf_put(&r->row, r->chunk, want);
            r->used = want;
            r->have = (size_t)got;
        }
        if (r->bad)
            return nothing;
        r->crc = crc32c(r->crc, r->row.p, n);
        return r->row.p;
    }
    const char *p = r->chunk + r->used;
    r->used += n;
    r->crc = crc32c(r->crc, p, n);
    return p;
}

static uint32_t take_u32(reader *r)
{
    uint32_t v;
    memcpy(&v, take(r, sizeof v), sizeof v);
    return v;
}

static int64_t take_i64(reader *r)
{
    int64_t v;
    memcpy(&v, take(r, sizeof v), sizeof v);
    return v;
}

static bool read_rows(reader *r, store *s, int64_t rows)
{
    buf  key = BUF_INIT(BUF_MAX);
    bool windowed = store_is_windowed(s);
    if (!windowed && rows > 0 && rows <= (int64_t)r->size / ROW_MIN) /* else the file is torn */
        store_reserve(s, (uint64_t)rows);
    for (int64_t i = 0; i < rows && !r->bad; i++) {
        uint32_t kn = take_u32(r);
        if (kn > ROW_MAX || kn > r->size) {
            r->bad = true;
            break;
        }
        buf_clear(&key);
        buf_reserve(&key, kn + 1);
        buf_put(&key, take(r, r->bad ? 0 : kn), r->bad ? 0 : kn);
        int64_t  start = take_i64(r), end = take_i64(r), ts = take_i64(r);
        uint32_t n = take_u32(r);
        if (r->bad || n > ROW_MAX || n > r->size) {
            r->bad = true;
            break;
        }
        str bytes = str_make(take(r, n), n);
        if (r->bad)
            break;
        if (windowed)
            store_put_window(s, buf_str(&key), start, end, bytes, ts);
        else
            store_put(s, buf_str(&key), bytes, ts);
    }
    buf_free(&key);
    return !r->bad;
}

static bool read_all(reader *r, int64_t now_ms, int64_t max_age_ms, int64_t **clocks, size_t clock_count,
                     snapshot_store *stores, size_t n)
{
    if (memcmp(take(r, 8), MAGIC, 8) != 0 || take_u32(r) != VERSION)
        return false;
    int64_t created = take_i64(r);
    if (now_ms - created > max_age_ms || take_u32(r) != clock_count)
        return false;
    for (size_t i = 0; i < clock_count; i++)
        *clocks[i] = take_i64(r);
    if (take_u32(r) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (take_u32(r) != stores[i].name.n ||
            !str_eq(str_make(take(r, stores[i].name.n), stores[i].name.n), stores[i].name))
            return false;
        stores[i].offset = take_i64(r);
        if (!read_rows(r, stores[i].s, take_i64(r)))
            return false;
    }
    uint32_t want = r->crc, crc = take_u32(r);
    return !r->bad && crc == want;
}

bool snapshot_read(io *files, const char *path, int64_t now_ms, int64_t max_age_ms, int64_t **clocks,
                   size_t clock_count, snapshot_store *stores, size_t n)
{
    arena   a;
    reader  r = {.files = files, .row = BUF_INIT(BUF_MAX)};
    int64_t saved[64];
    if (clock_count > 64)
        return false;
    for (size_t i = 0; i < clock_count; i++)
        saved[i] = *clocks[i];
    r.fd = files->open(files, path, O_RDONLY, 0);
    if (r.fd < 0)
        return false;
    arena_init(&a);
    r.chunk = arena_alloc(&a, CHUNK_BYTES);
    r.size = files->size(files, r.fd);
    bool ok = read_all(&r, now_ms, max_age_ms, clocks, clock_count, stores, n);
    files->close(files, r.fd);
    buf_free(&r.row);
    arena_free(&a);
    for (size_t i = 0; !ok && i < n; i++)
        store_clear(stores[i].s);
    for (size_t i = 0; !ok && i < clock_count; i++)
        *clocks[i] = saved[i];
    return ok;
}
