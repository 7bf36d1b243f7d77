/* Whole-file steps made of the io table's single ones. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "storage/segment_int.h"

bool io_failed(status *st, const char *doing, const char *path, int64_t rc)
{
    char reason[128];
    bool full = rc == -ENOSPC || rc == -EDQUOT;
    return status_set(st, full ? ST_FULL : ST_IO, "%s %s: %s", doing, path,
                      strerror_r((int)-rc, reason, sizeof reason));
}

bool io_write_all(io *x, int fd, const void *p, size_t n, int64_t at, int64_t *rc)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = x->pwrite(x, fd, (const char *)p + done, n - done, at + (int64_t)done);
        if (put <= 0) {
            *rc = put < 0 ? put : -ENOSPC; /* a write that takes nothing has no room */
            return false;
        }
        done += (size_t)put;
    }
    return true;
}

bool io_read_all(io *x, int fd, void *p, size_t n, int64_t at, int64_t *rc)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = x->pread(x, fd, (char *)p + done, n - done, at + (int64_t)done);
        if (got <= 0) {
            *rc = got < 0 ? got : -EIO; /* the file is shorter than we know it to be */
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

bool io_sync_dir(io *x, const char *path, status *st)
{
    int fd = x->open(x, path, O_RDONLY | O_DIRECTORY, 0);
    int rc = fd < 0 ? fd : x->fsync(x, fd);
    if (fd >= 0)
        x->close(x, fd);
    return rc < 0 ? io_failed(st, "Cannot sync", path, rc) : true;
}

bool io_replace_file(io *x, const char *dir, const char *name, const void *p, size_t n, bool sync, status *st)
{
    char    to[PATH_BYTES_MAX], tmp[PATH_BYTES_MAX];
    int64_t rc = 0;
    if (snprintf(to, sizeof to, "%s/%s", dir, name) >= (int)sizeof to ||
        snprintf(tmp, sizeof tmp, "%s/%s.tmp", dir, name) >= (int)sizeof tmp)
        return status_set(st, ST_IO, "Path too long: %s", dir);
    int fd = x->open(x, tmp, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (fd < 0)
        return io_failed(st, "Cannot create", tmp, fd);
    bool ok = io_write_all(x, fd, p, n, 0, &rc);
    if (ok && sync) {
        rc = x->fsync(x, fd);
        ok = rc >= 0;
    }
    x->close(x, fd);
    if (ok) {
        rc = x->rename(x, tmp, to);
        ok = rc >= 0;
    }
    if (!ok) {
        x->unlink(x, tmp);
        return io_failed(st, "Cannot write", to, rc);
    }
    return sync ? io_sync_dir(x, dir, st) : true;
}

int io_read_file(io *x, const char *path, buf *out)
{
    int fd = x->open(x, path, O_RDONLY, 0);
    if (fd < 0)
        return fd;
    int64_t rc = 0, size = x->size(x, fd);
    if (size < 0)
        rc = size;
    else if (size > 0 && !buf_reserve(out, (size_t)size))
        rc = -EFBIG;
    else if (io_read_all(x, fd, out->p + out->n, (size_t)size, 0, &rc))
        out->n += (size_t)size;
    x->close(x, fd);
    return (int)rc;
}
