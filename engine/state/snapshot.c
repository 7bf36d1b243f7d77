#include "engine/state/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"

#define MAGIC "WEIRSNAP"
#define UNFINISHED ".new" /* ends the name of a file that is being written */
#define VERSION 3
#define VERSION_OFFSETS_ONLY 1
#define CHUNK_BYTES ((size_t)1 << 20)
#define SLICE_ROWS 256
#define ROW_MIN 32 /* bytes of a row without its key and value */

/* ---- writing */

typedef struct writer {
    io      *files;
    int      fd;
    int64_t  at;
    uint32_t crc;
    buf      chunk;
    int      error; /* -errno of the first failure */
} writer;

struct snapshot_job {
    arena           a;
    writer          w;
    char           *path, *tmp;
    int64_t         now_ms;
    int64_t        *clocks;
    size_t          clock_count;
    snapshot_store *stores;
    size_t          n, at; /* stores; the one whose rows are written */
    view           *v;
    cursor         *rows;
    uint64_t        left; /* rows of it */
    arena           slice;
    bool            done;
    status          st;
};

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

static void put_row(writer *w, const store_item *it)
{
    put_u32(w, it->key.n);
    put(w, it->key.p, it->key.n);
    put_i64(w, it->row.start);
    put_i64(w, it->row.end);
    put_i64(w, it->row.ts);
    put_u32(w, it->row.bytes.n);
    put(w, it->row.bytes.p, it->row.bytes.n);
}

static void put_head(snapshot_job *j)
{
    writer *w = &j->w;
    put(w, MAGIC, 8);
    put_u32(w, VERSION);
    put_i64(w, j->now_ms);
    put_u32(w, (uint32_t)j->clock_count);
    for (size_t i = 0; i < j->clock_count; i++)
        put_i64(w, j->clocks[i]);
    put_u32(w, (uint32_t)j->n);
}

static void begin_store(snapshot_job *j)
{
    const snapshot_store *s = &j->stores[j->at];
    writer               *w = &j->w;
    j->rows = cursor_open(j->v, j->at, &SCAN_ALL);
    j->left = view_rows(j->v, j->at);
    put_u32(w, s->name.n);
    put(w, s->name.p, s->name.n);
    put(w, s->batch.topic_id, sizeof s->batch.topic_id);
    put_u32(w, (uint32_t)s->batch.epoch);
    put_i64(w, s->batch.base_offset);
    put_u32(w, s->batch.crc);
    put_i64(w, s->offset);
    put_i64(w, (int64_t)j->left);
}

static void io_error(snapshot_job *j, const char *what, int error)
{
    status_set(&j->st, error == -ENOSPC ? ST_FULL : ST_IO, "%s %s: %s", what, j->tmp, strerror(-error));
}

static bool open_file(snapshot_job *j)
{
    j->w.fd = j->w.files->open(j->w.files, j->tmp, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (j->w.fd < 0)
        io_error(j, "Cannot create", j->w.fd);
    else
        put_head(j);
    return j->w.fd >= 0;
}

static void finish(snapshot_job *j)
{
    writer  *w = &j->w;
    uint32_t crc = w->crc;
    put(w, &crc, sizeof crc);
    flush(w);
    if (w->error == 0)
        w->error = w->files->fsync(w->files, w->fd);
    w->files->close(w->files, w->fd);
    w->fd = -1;
    if (w->error == 0)
        w->error = w->files->rename(w->files, j->tmp, j->path);
    j->done = w->error == 0;
    if (!j->done)
        w->files->unlink(w->files, j->tmp);
}

/* Some rows of a store, or the step to the next one. */
static void write_slice(snapshot_job *j)
{
    store_item items[SLICE_ROWS];
    size_t     n;
    if (j->rows == NULL)
        begin_store(j);
    if (!cursor_next(j->rows, &j->slice, items, SLICE_ROWS, &n, &j->st))
        return;
    for (size_t i = 0; i < n; i++)
        put_row(&j->w, &items[i]);
    j->left -= n;
    arena_reset(&j->slice);
    if (!cursor_at_end(j->rows))
        return;
    cursor_close(j->rows);
    j->rows = NULL;
    j->at++;
    if (j->left)
        status_set(&j->st, ST_INTERNAL, "%s: %ld rows are missing", j->tmp, (long)j->left);
}

snapshot_job *snapshot_job_open(io *files, const char *path, int64_t now_ms, int64_t *const *clocks, size_t clock_count,
                                const snapshot_store *stores, size_t n, view_limits limits, status *st)
{
    static uint32_t last; /* a job that was given up may still write when the next one does */
    snapshot_job   *j = MEM_NEW(snapshot_job);
    j->w = (writer){.files = files, .fd = -1, .chunk = BUF_INIT(BUF_MAX)};
    j->path = str_z(&j->a, str_of(path));
    j->tmp = str_z(&j->a, str_fmt(&j->a, "%s.%u" UNFINISHED, path, __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED)));
    j->now_ms = now_ms;
    j->clock_count = clock_count;
    j->clocks = ARENA_ARRAY(&j->a, int64_t, clock_count + 1);
    for (size_t i = 0; i < clock_count; i++)
        j->clocks[i] = *clocks[i];
    j->n = n;
    j->stores = arena_dup(&j->a, stores, n * sizeof *stores);
    store **shown = ARENA_ARRAY(&j->a, store *, n + 1);
    for (size_t i = 0; i < n; i++) {
        j->stores[i].name = str_dup(&j->a, stores[i].name);
        shown[i] = stores[i].s;
    }
    j->v = view_open(shown, n, limits, st);
    if (j->v)
        return j;
    snapshot_job_close(j, &j->st);
    return NULL;
}

bool snapshot_job_step(snapshot_job *j, int64_t budget_bytes)
{
    writer *w = &j->w;
    if (j->done || w->error || j->st.code != ST_OK || (w->fd < 0 && !open_file(j)))
        return false;
    for (int64_t until = w->at + (int64_t)w->chunk.n + budget_bytes;
         j->at < j->n && w->error == 0 && j->st.code == ST_OK && w->at + (int64_t)w->chunk.n < until;)
        write_slice(j);
    if (w->error == 0 && j->st.code == ST_OK && j->at == j->n)
        finish(j);
    if (w->error)
        io_error(j, "Cannot write", w->error);
    return !j->done && j->st.code == ST_OK;
}

bool snapshot_job_close(snapshot_job *j, status *st)
{
    bool done = j->done;
    if (j->w.fd >= 0) {
        j->w.files->close(j->w.files, j->w.fd);
        j->w.files->unlink(j->w.files, j->tmp);
    }
    if (!done)
        *st = j->st;
    cursor_close(j->rows);
    view_close(j->v);
    buf_free(&j->w.chunk);
    arena_free(&j->slice);
    arena_free(&j->a);
    mem_free(j);
    return done;
}

bool snapshot_write(io *files, const char *path, int64_t now_ms, int64_t *const *clocks, size_t clock_count,
                    const snapshot_store *stores, size_t n, status *st)
{
    view_limits   any = {INT64_MAX, UINT64_MAX};
    snapshot_job *j = snapshot_job_open(files, path, now_ms, clocks, clock_count, stores, n, any, st);
    if (j == NULL)
        return false;
    while (snapshot_job_step(j, INT64_MAX / 2))
        ;
    return snapshot_job_close(j, st);
}

/* ---- reading */

typedef struct reader {
    io      *files;
    int      fd;
    int64_t  at, size;
    uint32_t crc;
    buf      data;         /* of the file, from some byte on */
    size_t   used, summed; /* bytes of it that were taken; that are in crc */
    bool     bad;
} reader;

static void sum_up(reader *r)
{
    r->crc = crc32c(r->crc, r->data.p + r->summed, r->used - r->summed);
    r->summed = r->used;
}

/* Are n bytes there? Reads on if it may, which moves what is there; r->bad: the file ends before them. */
static bool ready(reader *r, size_t n, bool may_read)
{
    if (r->data.n - r->used >= n)
        return true;
    if (!may_read || r->bad)
        return false;
    sum_up(r);
    r->data.n -= r->used;
    memmove(r->data.p, r->data.p + r->used, r->data.n);
    r->used = r->summed = 0;
    while (r->data.n < n) {
        if ((int64_t)n > r->size || !buf_reserve(&r->data, CHUNK_BYTES))
            break;
        ssize_t got = r->files->pread(r->files, r->fd, r->data.p + r->data.n, CHUNK_BYTES, r->at);
        if (got <= 0)
            break;
        r->at += got;
        r->data.n += (size_t)got;
    }
    r->bad = r->data.n < n;
    return !r->bad;
}

/* n bytes, valid until the next are taken; r->bad and up to 16 that are 0 when there are not so many. */
static const char *take(reader *r, size_t n)
{
    static const char nothing[16];
    if (!ready(r, n, true))
        return nothing;
    r->used += n;
    return r->data.p + r->used - n;
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

static uint32_t peek_u32(const reader *r, size_t at)
{
    uint32_t v;
    memcpy(&v, r->data.p + r->used + at, sizeof v);
    return v;
}

/* Takes a whole row, or nothing. */
static bool take_row(reader *r, bool may_read, store_item *out)
{
    const size_t lengths = 2 * sizeof(uint32_t), numbers = 3 * sizeof(int64_t);
    if (!ready(r, sizeof(uint32_t), may_read))
        return false;
    size_t key_n = peek_u32(r, 0), n = lengths + numbers + key_n;
    if (!ready(r, n, may_read))
        return false;
    size_t row_n = peek_u32(r, n - sizeof(uint32_t));
    if (!ready(r, n + row_n, may_read))
        return false;
    const char *p = take(r, n + row_n) + sizeof(uint32_t);
    out->key = str_make(p, key_n);
    memcpy(&out->row.start, p + key_n, sizeof(int64_t));
    memcpy(&out->row.end, p + key_n + 8, sizeof(int64_t));
    memcpy(&out->row.ts, p + key_n + 16, sizeof(int64_t));
    out->row.bytes = str_make(p + key_n + numbers + sizeof(uint32_t), row_n);
    return true;
}

static void put_rows(store *s, const store_item *items, uint32_t n)
{
    str keys[STORE_EXPECT_MAX];
    if (n == 0)
        return;
    for (uint32_t i = 0; i < n; i++)
        keys[i] = items[i].key;
    store_expect(s, keys, n);
    for (uint32_t i = 0; i < n; i++) {
        const store_row *r = &items[i].row;
        if (store_is_windowed(s))
            store_put_window(s, keys[i], r->start, r->end, r->bytes, r->ts);
        else
            store_put(s, keys[i], r->bytes, r->ts);
    }
}

static void take_batch(reader *r, snapshot_batch *b)
{
    memcpy(b->topic_id, take(r, sizeof b->topic_id), sizeof b->topic_id);
    b->epoch = (int32_t)take_u32(r);
    b->base_offset = take_i64(r);
    b->crc = take_u32(r);
}

#define CLOCKS_MAX 64

struct snapshot_load {
    reader          r;
    char           *path;
    int64_t       **clocks;
    size_t          clock_count;
    int64_t         saved[CLOCKS_MAX];
    snapshot_store *stores;
    size_t          n, at; /* the store that is being filled */
    int64_t         rows;  /* of it that are still to come; -1: its head is */
    uint32_t        version;
    bool            over, ok;
};

static bool read_head(snapshot_load *l, int64_t now_ms, int64_t max_age_ms)
{
    reader *r = &l->r;
    if (memcmp(take(r, 8), MAGIC, 8) != 0)
        return false;
    l->version = take_u32(r);
    if (l->version != VERSION && l->version != VERSION_OFFSETS_ONLY)
        return false;
    int64_t created = take_i64(r);
    if (created < now_ms - max_age_ms || take_u32(r) != l->clock_count)
        return false;
    for (size_t i = 0; i < l->clock_count; i++)
        *l->clocks[i] = take_i64(r);
    return take_u32(r) == l->n && !r->bad;
}

static bool read_store_head(snapshot_load *l)
{
    reader         *r = &l->r;
    snapshot_store *s = &l->stores[l->at];
    uint32_t        name_n = take_u32(r);
    const char     *name = take(r, name_n == s->name.n ? name_n : 0);
    if (r->bad || !str_eq(str_make(name, name_n), s->name))
        return false;
    s->batch = (snapshot_batch){.epoch = -1, .base_offset = -1};
    if (l->version != VERSION_OFFSETS_ONLY)
        take_batch(r, &s->batch);
    s->offset = take_i64(r);
    l->rows = take_i64(r);
    if (l->rows < 0 || l->rows > r->size / ROW_MIN) /* the file is torn */
        return false;
    if (!store_is_windowed(s->s))
        store_reserve(s->s, (uint64_t)l->rows);
    return !r->bad;
}

static bool read_some_rows(snapshot_load *l)
{
    store_item items[STORE_EXPECT_MAX];
    uint32_t   n = 0;
    while (n < STORE_EXPECT_MAX && n < l->rows && take_row(&l->r, n == 0, &items[n]))
        n++;
    put_rows(l->stores[l->at].s, items, n);
    l->rows -= n;
    return !l->r.bad;
}

static bool read_tail(snapshot_load *l)
{
    sum_up(&l->r);
    uint32_t want = l->r.crc, crc = take_u32(&l->r);
    return !l->r.bad && crc == want;
}

/* The next piece of the file; false: it does not hold. */
static bool read_piece(snapshot_load *l)
{
    if (l->at == l->n) {
        l->over = true;
        l->ok = read_tail(l);
        return l->ok;
    }
    if (l->rows < 0)
        return read_store_head(l);
    if (l->rows > 0)
        return read_some_rows(l);
    l->at++;
    l->rows = -1;
    return true;
}

typedef struct leftovers {
    io *files;
    str folder, prefix; /* of the snapshot: with the slash; its name and a dot */
} leftovers;

static void remove_leftover(const char *name, void *ctx)
{
    leftovers *l = ctx;
    char       path[4096];
    if (!str_starts(str_of(name), l->prefix) || !str_ends(str_of(name), STR(UNFINISHED)))
        return;
    snprintf(path, sizeof path, "%.*s%s", STR_FMT(l->folder), name);
    l->files->unlink(l->files, path);
}

/* What jobs of a process that was killed have left. */
static void remove_leftovers(io *files, const char *path)
{
    const char *slash = strrchr(path, '/');
    char        folder[4096], prefix[4096];
    if (slash == NULL)
        return;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    snprintf(prefix, sizeof prefix, "%s.", slash + 1);
    leftovers l = {files, str_make(path, (size_t)(slash + 1 - path)), str_of(prefix)};
    files->list(files, folder, remove_leftover, &l);
}

snapshot_load *snapshot_load_open(io *files, const char *path, int64_t now_ms, int64_t max_age_ms, int64_t **clocks,
                                  size_t clock_count, snapshot_store *stores, size_t n)
{
    remove_leftovers(files, path);
    int fd = clock_count <= CLOCKS_MAX ? files->open(files, path, O_RDONLY, 0) : -1;
    if (fd < 0)
        return NULL;
    snapshot_load *l = MEM_NEW(snapshot_load);
    *l = (snapshot_load){.r = {.files = files, .fd = fd, .data = BUF_INIT(BUF_MAX)},
                         .path = mem_strdup(path),
                         .clocks = clocks,
                         .clock_count = clock_count,
                         .stores = stores,
                         .n = n,
                         .rows = -1};
    for (size_t i = 0; i < clock_count; i++)
        l->saved[i] = *clocks[i];
    l->r.size = files->size(files, fd);
    buf_reserve(&l->r.data, CHUNK_BYTES);
    l->over = !read_head(l, now_ms, max_age_ms);
    return l;
}

bool snapshot_load_step(snapshot_load *l, int64_t budget_bytes)
{
    int64_t until = l->r.at + budget_bytes;
    while (!l->over && l->r.at <= until)
        l->over |= !read_piece(l);
    return !l->over;
}

uint32_t snapshot_load_percent(const snapshot_load *l)
{
    return l->r.size > 0 ? (uint32_t)(100 * l->r.at / l->r.size) : 100;
}

bool snapshot_load_close(snapshot_load *l)
{
    bool ok = l->ok;
    io  *files = l->r.files;
    files->close(files, l->r.fd);
    if (!ok && l->over)
        files->unlink(files, l->path);
    for (size_t i = 0; !ok && i < l->n; i++)
        store_clear(l->stores[i].s);
    for (size_t i = 0; !ok && i < l->clock_count; i++)
        *l->clocks[i] = l->saved[i];
    buf_free(&l->r.data);
    mem_free(l->path);
    mem_free(l);
    return ok;
}

bool snapshot_read(io *files, const char *path, int64_t now_ms, int64_t max_age_ms, int64_t **clocks,
                   size_t clock_count, snapshot_store *stores, size_t n)
{
    snapshot_load *l = snapshot_load_open(files, path, now_ms, max_age_ms, clocks, clock_count, stores, n);
    if (l == NULL)
        return false;
    while (snapshot_load_step(l, INT64_MAX / 2))
        ;
    return snapshot_load_close(l);
}
