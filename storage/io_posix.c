#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/io.h"

static int px_open(io *x, const char *path, int flags, int mode)
{
    (void)x;
    int fd = open(path, flags | O_CLOEXEC, mode);
    return fd < 0 ? -errno : fd;
}

static int px_close(io *x, int fd)
{
    (void)x;
    return close(fd) < 0 ? -errno : 0;
}

static int px_dup(io *x, int fd)
{
    (void)x;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? -errno : copy;
}

static ssize_t px_pread(io *x, int fd, void *p, size_t n, int64_t at)
{
    (void)x;
    ssize_t got;
    do
        got = pread(fd, p, n, at);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static ssize_t px_pwrite(io *x, int fd, const void *p, size_t n, int64_t at)
{
    (void)x;
    ssize_t put;
    do
        put = pwrite(fd, p, n, at);
    while (put < 0 && errno == EINTR);
    return put < 0 ? -errno : put;
}

static int px_fsync(io *x, int fd)
{
    (void)x;
    /* fdatasync makes the size durable too, and spares the write of the times. */
    return fdatasync(fd) < 0 ? -errno : 0;
}

static int px_sync_all(io *x, const char *path)
{
    (void)x;
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = fd < 0 || syncfs(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

static int px_truncate(io *x, int fd, int64_t size)
{
    (void)x;
    return ftruncate(fd, size) < 0 ? -errno : 0;
}

static int64_t px_size(io *x, int fd)
{
    (void)x;
    struct stat s;
    return fstat(fd, &s) < 0 ? -errno : (int64_t)s.st_size;
}

static int64_t px_written_ms(io *x, const char *path)
{
    (void)x;
    struct stat s;
    if (stat(path, &s) < 0)
        return -errno;
    return (int64_t)s.st_mtim.tv_sec * 1000 + s.st_mtim.tv_nsec / 1000000;
}

static int px_rename(io *x, const char *from, const char *to)
{
    (void)x;
    return rename(from, to) < 0 ? -errno : 0;
}

static int px_unlink(io *x, const char *path)
{
    (void)x;
    return unlink(path) < 0 ? -errno : 0;
}

static int px_mkdir(io *x, const char *path)
{
    (void)x;
    return mkdir(path, 0777) < 0 ? -errno : 0;
}

static int px_rmdir(io *x, const char *path)
{
    (void)x;
    return rmdir(path) < 0 ? -errno : 0;
}

static int px_list(io *x, const char *path, void (*each)(const char *name, void *ctx), void *ctx)
{
    (void)x;
    DIR *d = opendir(path);
    if (!d)
        return -errno;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            each(e->d_name, ctx);
    closedir(d);
    return 0;
}

static void *px_map(io *x, int fd, size_t n)
{
    (void)x;
    void *p = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
    return p == MAP_FAILED ? NULL : p;
}

static void px_unmap(io *x, void *p, size_t n)
{
    (void)x;
    munmap(p, n);
}

io *io_posix(void)
{
    static io posix = {px_open,     px_close,    px_dup,  px_pread,      px_pwrite, px_fsync,
                       px_sync_all, px_truncate, px_size, px_written_ms, px_rename, px_unlink,
                       px_mkdir,    px_rmdir,    px_list, px_map,        px_unmap,  NULL};
    return &posix;
}
