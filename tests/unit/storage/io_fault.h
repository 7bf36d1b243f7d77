/* An io in memory that can be made to fail: the n-th operation, a short write, a full disk, a failing
 * fsync; and whose "power" can be cut: what was not synced is then lost, wholly or in part. */
#ifndef TESTS_IO_FAULT_H
#define TESTS_IO_FAULT_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "storage/io.h"

typedef struct fault_file {
    char  *now, *disk; /* what the process sees; what is surely on disk */
    size_t now_n, disk_n;
    bool   is_dir;
    int    refs; /* names and open fds */
} fault_file;

typedef struct fault_io {
    io              base;
    pthread_mutex_t lock;
    map             names; /* path -> fault_file, as the process sees it */
    map             disk;  /* path -> fault_file: entries that are surely on disk */
    VEC(fault_file *) fds;
    uint64_t ops;         /* operations that change or sync something, so far */
    uint64_t fail_at;     /* this one fails; 0: none */
    int      fail_with;   /* -errno of it */
    bool     short_write; /* the failing write takes half first */
    bool     dead;        /* everything fails from the failing one on */
    bool     down;
    bool     fsync_fails;
    int64_t  room; /* bytes until ENOSPC; -1: no limit */
    uint64_t random;
    char     root[64]; /* above it nothing is known */
} fault_io;

/* Below n, from a state that is not 0. */
static inline uint64_t random_below(uint64_t *state, uint64_t n)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % n;
}

static inline fault_io *fault_of(io *x)
{
    return (fault_io *)x;
}

/* Counts an operation; a negative result is its failure. */
static inline int fault_step(fault_io *f)
{
    if (f->down)
        return -EIO;
    if (++f->ops != f->fail_at)
        return 0;
    f->down = f->dead;
    return f->fail_with;
}

static inline void fault_put(map *m, const char *path, fault_file *file)
{
    if (file)
        file->refs++;
    fault_file *old = file ? map_put(m, str_of(path), file) : map_del(m, str_of(path));
    if (old && --old->refs == 0) {
        mem_free(old->now);
        mem_free(old->disk);
        mem_free(old);
    }
}

static inline int fault_fd(fault_io *f, fault_file *file)
{
    file->refs++;
    for (size_t i = 0; i < f->fds.n; i++) {
        if (!f->fds.p[i]) {
            f->fds.p[i] = file;
            return (int)i;
        }
    }
    VEC_PUSH(&f->fds, file);
    return (int)f->fds.n - 1;
}

static inline int fault_open(io *x, const char *path, int flags, int mode)
{
    (void)mode;
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    fault_file *file = map_get(&f->names, str_of(path));
    int         rc = f->down ? -EIO : 0;
    if (rc == 0 && !file)
        rc = flags & O_CREAT ? fault_step(f) : -ENOENT;
    if (rc == 0 && !file && strrchr(path, '/')) {
        str up = str_make(path, (size_t)(strrchr(path, '/') - path));
        if (!map_get(&f->names, up))
            rc = -ENOENT;
    }
    if (rc == 0 && !file) {
        file = MEM_NEW(fault_file);
        fault_put(&f->names, path, file);
    } else if (rc == 0 && flags & O_TRUNC) {
        rc = fault_step(f);
        if (rc == 0)
            file->now_n = 0;
    }
    rc = rc < 0 ? rc : fault_fd(f, file);
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static inline int fault_close(io *x, int fd)
{
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    fault_file *file = f->fds.p[fd];
    f->fds.p[fd] = NULL;
    if (--file->refs == 0) {
        mem_free(file->now);
        mem_free(file->disk);
        mem_free(file);
    }
    pthread_mutex_unlock(&f->lock);
    return 0;
}

static inline int fault_dup(io *x, int fd)
{
    (void)x, (void)fd;
    return -ENOTSUP; /* no kernel object stands behind the fd */
}

static inline ssize_t fault_pread(io *x, int fd, void *p, size_t n, int64_t at)
{
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    fault_file *file = f->fds.p[fd];
    size_t      left = (size_t)at < file->now_n ? file->now_n - (size_t)at : 0;
    if (n > left)
        n = left;
    if (n && !f->down)
        memcpy(p, file->now + at, n);
    ssize_t rc = f->down ? -EIO : (ssize_t)n;
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static inline ssize_t fault_pwrite(io *x, int fd, const void *p, size_t n, int64_t at)
{
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    fault_file *file = f->fds.p[fd];
    ssize_t     rc = fault_step(f);
    if (rc < 0 && f->short_write && n > 1) {
        n /= 2;
        rc = 0;
        f->fail_at = f->ops + 1; /* what is left of the write fails */
        f->down = false;
    }
    if (rc == 0 && f->room >= 0) {
        if (f->room == 0)
            rc = -ENOSPC;
        else if ((int64_t)n > f->room)
            n = (size_t)f->room;
    }
    if (rc == 0) {
        if (f->room > 0)
            f->room -= (int64_t)n;
        size_t end = (size_t)at + n;
        if (end > file->now_n) {
            file->now = mem_realloc(file->now, end);
            if ((size_t)at > file->now_n)
                memset(file->now + file->now_n, 0, (size_t)at - file->now_n);
            file->now_n = end;
        }
        memcpy(file->now + at, p, n);
        rc = (ssize_t)n;
    }
    pthread_mutex_unlock(&f->lock);
    return rc;
}

/* Times are not kept. */
static inline int64_t fault_written_ms(io *x, const char *path)
{
    (void)x, (void)path;
    return 0;
}

static inline bool in_folder(str path, const char *folder)
{
    size_t n = strlen(folder);
    return path.n > n + 1 && memcmp(path.p, folder, n) == 0 && path.p[n] == '/' &&
           !memchr(path.p + n + 1, '/', path.n - n - 1);
}

/* The entries of a folder become durable. */
static inline void fault_sync_dir(fault_io *f, fault_file *dir)
{
    arena  a = {0};
    size_t n = f->names.n, m = f->disk.n;
    str   *names = map_sorted_keys(&f->names, &a), *disk = map_sorted_keys(&f->disk, &a);
    char  *folder = NULL;
    for (size_t i = 0; i < n; i++)
        if (map_get(&f->names, names[i]) == dir)
            folder = str_z(&a, names[i]);
    for (size_t i = 0; folder && i < n; i++)
        if (in_folder(names[i], folder))
            fault_put(&f->disk, str_z(&a, names[i]), map_get(&f->names, names[i]));
    for (size_t i = 0; folder && i < m; i++) {
        char *path = str_z(&a, disk[i]);
        if (in_folder(str_of(path), folder) && !map_get(&f->names, str_of(path)))
            fault_put(&f->disk, path, NULL);
    }
    arena_free(&a);
}

static inline void fault_sync_file(fault_file *file)
{
    file->disk = mem_realloc(file->disk, file->now_n + 1);
    if (file->now_n)
        memcpy(file->disk, file->now, file->now_n);
    file->disk_n = file->now_n;
}

static inline int fault_fsync(io *x, int fd)
{
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    fault_file *file = f->fds.p[fd];
    int         rc = fault_step(f);
    if (rc == 0 && f->fsync_fails)
        rc = -EIO;
    if (rc == 0 && file->is_dir)
        fault_sync_dir(f, file);
    else if (rc == 0)
        fault_sync_file(file);
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static inline int fault_sync_all(io *x, const char *path)
{
    (void)path;
    fault_io *f = fault_of(x);
    arena     a = {0};
    pthread_mutex_lock(&f->lock);
    int    rc = fault_step(f);
    size_t n = f->names.n;
    str   *names = map_sorted_keys(&f->names, &a);
    if (rc == 0 && f->fsync_fails)
        rc = -EIO;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        fault_file *file = map_get(&f->names, names[i]);
        if (file->is_dir)
            fault_sync_dir(f, file);
        else
            fault_sync_file(file);
    }
    pthread_mutex_unlock(&f->lock);
    arena_free(&a);
    return rc;
}

static inline int fault_truncate(io *x, int fd, int64_t size)
{
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    fault_file *file = f->fds.p[fd];
    int         rc = fault_step(f);
    if (rc == 0 && (size_t)size < file->now_n)
        file->now_n = (size_t)size;
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static inline int64_t fault_size(io *x, int fd)
{
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    int64_t n = f->down ? -EIO : (int64_t)f->fds.p[fd]->now_n;
    pthread_mutex_unlock(&f->lock);
    return n;
}

/* What lies in a folder goes with it. */
static inline void fault_move_entries(map *m, const char *from, const char *to)
{
    arena  a = {0};
    size_t n = m->n, len = strlen(from);
    str   *names = map_sorted_keys(m, &a);
    for (size_t i = 0; i < n; i++)
        if (in_folder(names[i], from)) {
            char *old = str_z(&a, names[i]);
            fault_put(m, str_z(&a, str_fmt(&a, "%s%s", to, old + len)), map_get(m, names[i]));
            fault_put(m, old, NULL);
        }
    arena_free(&a);
}

static inline int fault_rename(io *x, const char *from, const char *to)
{
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    fault_file *file = map_get(&f->names, str_of(from));
    int         rc = fault_step(f);
    if (rc == 0 && !file)
        rc = -ENOENT;
    if (rc == 0) {
        fault_put(&f->names, to, file);
        fault_put(&f->names, from, NULL);
        if (file->is_dir) {
            fault_move_entries(&f->names, from, to);
            fault_move_entries(&f->disk, from, to);
        }
    }
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static inline int fault_unlink(io *x, const char *path)
{
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    int rc = map_get(&f->names, str_of(path)) ? fault_step(f) : -ENOENT;
    if (rc == 0)
        fault_put(&f->names, path, NULL);
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static inline int fault_mkdir(io *x, const char *path)
{
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    int rc = map_get(&f->names, str_of(path)) ? -EEXIST : fault_step(f);
    if (rc == 0) {
        fault_file *dir = MEM_NEW(fault_file);
        dir->is_dir = true;
        fault_put(&f->names, path, dir);
    }
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static inline int fault_list(io *x, const char *path, void (*each)(const char *, void *), void *ctx)
{
    fault_io *f = fault_of(x);
    arena     a = {0};
    pthread_mutex_lock(&f->lock);
    size_t n = f->names.n;
    int    rc = f->down ? -EIO : map_get(&f->names, str_of(path)) ? 0 : -ENOENT;
    str   *names = map_sorted_keys(&f->names, &a);
    for (size_t i = 0; i < n; i++)
        names[i] = str_dup(&a, names[i]);
    pthread_mutex_unlock(&f->lock);
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (in_folder(names[i], path))
            each(str_z(&a, names[i]) + strlen(path) + 1, ctx);
    arena_free(&a);
    return rc;
}

static inline void *fault_map(io *x, int fd, size_t n)
{
    fault_io *f = fault_of(x);
    pthread_mutex_lock(&f->lock);
    void *p = mem_alloc(n + 1);
    memcpy(p, f->fds.p[fd]->now, n);
    pthread_mutex_unlock(&f->lock);
    return p;
}

static inline void fault_unmap(io *x, void *p, size_t n)
{
    (void)x, (void)n;
    mem_free(p);
}

static inline void fault_init(fault_io *f, const char *root, uint64_t seed)
{
    *f = (fault_io){.base = {fault_open, fault_close, fault_dup, fault_pread, fault_pwrite, fault_fsync, fault_sync_all,
                             fault_truncate, fault_size, fault_written_ms, fault_rename, fault_unlink, fault_mkdir,
                             fault_unlink, fault_list, fault_map, fault_unmap, NULL},
                    .room = -1,
                    .random = seed | 1,
                    .fail_with = -EIO};
    pthread_mutex_init(&f->lock, NULL);
    strncpy(f->root, root, sizeof f->root - 1);
    fault_file *dir = MEM_NEW(fault_file);
    dir->is_dir = true;
    fault_put(&f->names, root, dir);
    fault_put(&f->disk, root, dir);
}

static inline void fault_free(fault_io *f)
{
    arena a = {0};
    map  *maps[] = {&f->names, &f->disk};
    for (int k = 0; k < 2; k++) {
        size_t n = maps[k]->n;
        str   *names = map_sorted_keys(maps[k], &a);
        for (size_t i = 0; i < n; i++)
            fault_put(maps[k], str_z(&a, names[i]), NULL);
        map_free(maps[k]);
    }
    VEC_FREE(&f->fds);
    arena_free(&a);
    pthread_mutex_destroy(&f->lock);
}

/* A new folder for what does not go through the io (lock, SQLite); in memory where the system has
 * such a place, because thousands of runs commit there. */
static inline bool fault_make_dir(char out[64])
{
    strcpy(out, access("/dev/shm", W_OK) == 0 ? "/dev/shm/weir-XXXXXX" : "/tmp/weir-XXXXXX");
    return mkdtemp(out) != NULL;
}

static inline bool fault_remove_dir(const char *dir)
{
    char cmd[96];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd) == 0;
}

/* Stops every operation, as if the process had been killed. fault_revive() starts it again. */
static inline void fault_kill(fault_io *f)
{
    pthread_mutex_lock(&f->lock);
    f->down = true;
    pthread_mutex_unlock(&f->lock);
}

static inline void fault_revive(fault_io *f)
{
    f->down = f->dead = f->short_write = f->fsync_fails = false;
    f->fail_at = 0;
    f->room = -1;
}

/* What a file holds after the power was cut: all that was synced, and of the rest a piece, perhaps
 * followed by zeros where the size was written but the data was not. */
static inline void fault_lose(fault_io *f, fault_file *file)
{
    if (file->is_dir)
        return;
    size_t keep = file->disk_n;
    if (file->now_n > keep) {
        size_t more = file->now_n - keep, piece = random_below(&f->random, more + 1);
        switch (random_below(&f->random, 4)) {
        case 0:
            piece = 0;
            break;
        case 1:
            piece = more;
            break;
        case 2:
            memset(file->now + keep + piece, 0, more - piece);
            piece = more;
            break;
        default:
            break;
        }
        keep += piece;
    }
    file->now = mem_realloc(file->now, keep + 1);
    if (file->disk_n)
        memcpy(file->now, file->disk, file->disk_n);
    file->now_n = keep;
}

/* Every fd must be closed. */
static inline void fault_power_cut(fault_io *f)
{
    arena  a = {0};
    size_t n = f->names.n, m = f->disk.n;
    str   *names = map_sorted_keys(&f->names, &a), *disk = map_sorted_keys(&f->disk, &a);
    for (size_t i = 0; i < n; i++)
        names[i] = str_dup(&a, names[i]);
    for (size_t i = 0; i < m; i++)
        disk[i] = str_dup(&a, disk[i]);
    /* Entries that were not synced: each is there or not. */
    for (size_t i = 0; i < n; i++) {
        fault_file *was = map_get(&f->disk, names[i]);
        if (map_get(&f->names, names[i]) != was && random_below(&f->random, 2))
            fault_put(&f->names, str_z(&a, names[i]), was);
    }
    for (size_t i = 0; i < m; i++)
        if (!map_get(&f->names, disk[i]) && random_below(&f->random, 2))
            fault_put(&f->names, str_z(&a, disk[i]), map_get(&f->disk, disk[i]));
    /* A folder that is lost takes its entries along; parents sort before their children. */
    n = f->names.n;
    names = map_sorted_keys(&f->names, &a);
    for (size_t i = 0; i < n; i++) {
        char *path = str_z(&a, names[i]), *slash = strrchr(path, '/');
        str   up = str_make(path, (size_t)(slash - path));
        if (map_get(&f->names, up) == NULL && strchr(path + strlen(f->root), '/'))
            fault_put(&f->names, path, NULL);
    }
    n = f->names.n;
    names = map_sorted_keys(&f->names, &a);
    for (size_t i = 0; i < n; i++) {
        fault_file *file = map_get(&f->names, names[i]);
        fault_lose(f, file);
        mem_free(file->disk);
        file->disk = mem_dup(file->now ? file->now : "", file->now_n + (file->now == NULL));
        file->disk_n = file->now_n;
        fault_put(&f->disk, str_z(&a, names[i]), file);
    }
    for (size_t i = 0; i < m; i++)
        if (!map_get(&f->names, disk[i]))
            fault_put(&f->disk, str_z(&a, disk[i]), NULL);
    arena_free(&a);
}

#endif
