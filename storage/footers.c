#include "storage/footers_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

#define HEADER_BYTES 4
#define ENTRY_BYTES 56
#define FILE_BYTES_MAX ((size_t)256 << 20)

static const char magic[HEADER_BYTES] = {'W', 'F', 'T', '1'};

static uint32_t entry_crc(const uint8_t topic_id[16], const char *entry)
{
    return crc32c(crc32c(0, topic_id, 16), entry + 4, ENTRY_BYTES - 4);
}

static void put_entry(buf *b, const uint8_t topic_id[16], const footer *f)
{
    size_t at = b->n;
    buf_put_i32(b, 0);
    buf_put_i32(b, (int32_t)f->digest.batches);
    buf_put_i64(b, f->base);
    buf_put_i64(b, f->next);
    buf_put_i32(b, (int32_t)f->bytes);
    buf_put_i64(b, f->max_ts);
    buf_put_i64(b, f->written_ms);
    buf_put_i32(b, (int32_t)f->digest.crc);
    buf_put_i32(b, f->digest.known);
    buf_put_i32(b, 0);
    be_put32(b->p + at, entry_crc(topic_id, b->p + at));
}

static bool take_entry(const char *p, const uint8_t topic_id[16], footer *f)
{
    *f = (footer){.base = (int64_t)be_get64(p + 8),
                  .next = (int64_t)be_get64(p + 16),
                  .bytes = be_get32(p + 24),
                  .max_ts = (int64_t)be_get64(p + 28),
                  .written_ms = (int64_t)be_get64(p + 36),
                  .digest = {be_get32(p + 4), be_get32(p + 44), be_get32(p + 48) == 1}};
    return be_get32(p) == entry_crc(topic_id, p);
}

static int by_base(const void *a, const void *b)
{
    const footer *x = a, *y = b;
    return (x->base > y->base) - (x->base < y->base);
}

const footer *footers_find(const footers *f, int64_t base)
{
    footer key = {.base = base};
    return f->v.n ? bsearch(&key, f->v.p, f->v.n, sizeof *f->v.p, by_base) : NULL;
}

/* Segments are closed in the order of their bases; only compaction, which closes some again, comes back to one. */
static void put(footers *f, const footer *e)
{
    bool    rises = f->v.n == 0 || f->v.p[f->v.n - 1].base < e->base;
    footer *old = rises ? NULL : (footer *)footers_find(f, e->base);
    if (old)
        *old = *e;
    else
        VEC_PUSH(&f->v, *e);
    if (!rises && old == NULL)
        qsort(f->v.p, f->v.n, sizeof *f->v.p, by_base);
}

void footers_read(footers *f, io *x, const char *dir, const uint8_t topic_id[16])
{
    char path[PATH_BYTES_MAX];
    buf  b = BUF_INIT(FILE_BYTES_MAX);
    *f = (footers){0};
    snprintf(path, sizeof path, "%s/" FOOTERS_FILE, dir);
    if (io_read_file(x, path, &b) == 0 && b.n >= HEADER_BYTES && memcmp(b.p, magic, HEADER_BYTES) == 0) {
        f->entries = (b.n - HEADER_BYTES + ENTRY_BYTES - 1) / ENTRY_BYTES;
        for (size_t at = HEADER_BYTES; at + ENTRY_BYTES <= b.n; at += ENTRY_BYTES) {
            footer e;
            if (take_entry(b.p + at, topic_id, &e))
                put(f, &e);
        }
    }
    buf_free(&b);
}

void footers_free(footers *f)
{
    VEC_FREE(&f->v);
}

bool footers_replace(io *x, const char *dir, const uint8_t topic_id[16], size_t *entries, const footer *v, size_t n,
                     status *st)
{
    buf b = BUF_INIT(BUF_MAX);
    buf_put(&b, magic, HEADER_BYTES);
    for (size_t i = 0; i < n; i++)
        put_entry(&b, topic_id, &v[i]);
    bool ok = io_replace_file(x, dir, FOOTERS_FILE, b.p, b.n, true, st);
    if (ok)
        *entries = n;
    buf_free(&b);
    return ok;
}

bool footers_append(io *x, const char *dir, const uint8_t topic_id[16], size_t *entries, const footer *v, size_t n,
                    status *st)
{
    char    path[PATH_BYTES_MAX];
    int64_t rc = 0;
    buf     b = BUF_INIT(BUF_MAX);
    if (n == 0)
        return true;
    if (*entries == 0) /* there is no file, or none that holds */
        return footers_replace(x, dir, topic_id, entries, v, n, st);
    for (size_t i = 0; i < n; i++)
        put_entry(&b, topic_id, &v[i]);
    snprintf(path, sizeof path, "%s/" FOOTERS_FILE, dir);
    int  fd = x->open(x, path, O_RDWR, 0);
    bool ok = fd >= 0;
    rc = ok ? 0 : fd;
    ok = ok && io_write_all(x, fd, b.p, b.n, HEADER_BYTES + (int64_t)*entries * ENTRY_BYTES, &rc);
    if (ok) {
        rc = x->fsync(x, fd);
        ok = rc >= 0;
    }
    if (fd >= 0)
        x->close(x, fd);
    if (ok)
        *entries += n;
    buf_free(&b);
    return ok || io_failed(st, "Cannot write", path, rc);
}
