/* Every file operation of storage/ goes through this table, so that a test can cut the power at any
 * write, tear a page, fill the disk, fail an fsync, and count what a path costs.
 *
 * All return -errno on failure, as the kernel does. Paths are relative to nothing: absolute or as
 * given. Threads: any.
 */
#ifndef STORAGE_IO_H
#define STORAGE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct io io;
struct io {
    int (*open)(io *, const char *path, int flags, int mode);
    int (*close)(io *, int fd);
    int (*dup)(io *, int fd); /* another fd of the same file, for sendfile */
    ssize_t (*pread)(io *, int fd, void *p, size_t n, int64_t at);
    ssize_t (*pwrite)(io *, int fd, const void *p, size_t n, int64_t at);
    int (*fsync)(io *, int fd); /* data and size; a folder's fd makes its entries durable */
    /* Everything of the file system that the path is on, entries of folders too. Who has to sync very many files. */
    int (*sync_all)(io *, const char *path);
    int (*truncate)(io *, int fd, int64_t size);
    int64_t (*size)(io *, int fd);
    int64_t (*written_ms)(io *, const char *path); /* wall clock when the file was written to last */
    int (*rename)(io *, const char *from, const char *to);
    int (*unlink)(io *, const char *path);
    int (*mkdir)(io *, const char *path);
    int (*rmdir)(io *, const char *path);
    /* Calls each(name, ctx) for every entry but . and .. */
    int (*list)(io *, const char *path, void (*each)(const char *name, void *ctx), void *ctx);
    void *(*map)(io *, int fd, size_t n); /* read-only, shared; NULL on failure */
    void (*unmap)(io *, void *p, size_t n);
    void *ctx;
};

io *io_posix(void); /* the real thing */

#endif
