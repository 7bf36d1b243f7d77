#include "storage/lost_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "storage/segment_int.h"

#define COPY_BYTES ((size_t)1 << 20)
#define SAME_NAME_MAX 10000 /* things of one name */

void lost_tell(lost *l, const char *fmt, ...)
{
    char    line[1024];
    va_list ap;
    if (l->report == NULL)
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    l->report(l->report_ctx, line);
}

static bool make_dir(lost *l, status *st)
{
    char path[PATH_BYTES_MAX];
    snprintf(path, sizeof path, "%s/lost", l->dir);
    int rc = l->io->mkdir(l->io, path);
    if (rc == 0)
        return io_sync_dir(l->io, l->dir, st);
    return rc == -EEXIST || io_failed(st, "Cannot create", path, rc);
}

static bool is_free(lost *l, const char *path)
{
    int fd = l->io->open(l->io, path, O_RDONLY, 0);
    if (fd >= 0)
        l->io->close(l->io, fd);
    return fd == -ENOENT;
}

/* A path in lost/ that nothing has: NAME, NAME.2, NAME.3 ... */
static bool free_path(lost *l, const char *name, char out[PATH_BYTES_MAX], status *st)
{
    if (!make_dir(l, st))
        return false;
    snprintf(out, PATH_BYTES_MAX, "%s/lost/%s", l->dir, name);
    for (int i = 2; !is_free(l, out); i++) {
        if (i > SAME_NAME_MAX)
            return status_set(st, ST_IO, "%s/lost holds too many of the name %s", l->dir, name);
        snprintf(out, PATH_BYTES_MAX, "%s/lost/%s.%d", l->dir, name, i);
    }
    return true;
}

static bool sync_lost(lost *l, status *st)
{
    char path[PATH_BYTES_MAX];
    snprintf(path, sizeof path, "%s/lost", l->dir);
    return io_sync_dir(l->io, path, st);
}

bool lost_keep_folder(lost *l, const char *name, const char *why)
{
    status st;
    char   from[PATH_BYTES_MAX], topics[PATH_BYTES_MAX], to[PATH_BYTES_MAX];
    status_init(&st);
    snprintf(topics, sizeof topics, "%s/topics", l->dir);
    snprintf(from, sizeof from, "%s/%s", topics, name);
    bool ok = free_path(l, name, to, &st);
    if (ok) {
        int rc = l->io->rename(l->io, from, to);
        ok = rc >= 0 ? sync_lost(l, &st) && io_sync_dir(l->io, topics, &st) : io_failed(&st, "Cannot move", from, rc);
    }
    atomic_fetch_add(&l->count, 1);
    if (ok)
        lost_tell(l, "storage: topics/%s is kept as %s: it %s", name, to + strlen(l->dir) + 1, why);
    else
        lost_tell(l, "storage: topics/%s should not be there, since it %s, and cannot be moved to lost: %s", name, why,
                  st.msg);
    return ok;
}

static bool copy(io *x, int from_fd, int to_fd, int64_t from, int64_t to, int64_t *rc)
{
    char *bytes = mem_alloc(COPY_BYTES);
    bool  ok = true;
    for (int64_t at = from; ok && at < to;) {
        size_t n = to - at < (int64_t)COPY_BYTES ? (size_t)(to - at) : COPY_BYTES;
        ok = io_read_all(x, from_fd, bytes, n, at, rc) && io_write_all(x, to_fd, bytes, n, at - from, rc);
        at += (int64_t)n;
    }
    mem_free(bytes);
    return ok;
}

bool lost_keep_bytes(lost *l, int fd, int64_t from, int64_t to, const char *name, const char *why)
{
    status  st;
    char    path[PATH_BYTES_MAX];
    int64_t rc = 0;
    status_init(&st);
    bool ok = free_path(l, name, path, &st);
    int  out = ok ? l->io->open(l->io, path, O_RDWR | O_CREAT | O_EXCL, 0666) : -1;
    if (ok && out < 0)
        ok = io_failed(&st, "Cannot create", path, out);
    if (ok) {
        ok = copy(l->io, fd, out, from, to, &rc);
        if (ok) {
            rc = l->io->fsync(l->io, out);
            ok = rc >= 0;
        }
        ok = ok ? sync_lost(l, &st) : io_failed(&st, "Cannot write", path, rc);
        l->io->close(l->io, out);
    }
    atomic_fetch_add(&l->count, 1);
    if (ok)
        lost_tell(l, "storage: %lld bytes are kept as %s: %s", (long long)(to - from), path + strlen(l->dir) + 1, why);
    else
        lost_tell(l, "storage: %s, and they cannot be kept in lost: %s", why, st.msg);
    return ok;
}
