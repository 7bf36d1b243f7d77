/* A VFS of SQLite's over files in memory, whose fsyncs can be made to fail and whose power can be cut. After a failed
 * fsync the pages it covered count as written although they are not on disk, as Linux does it. */
#ifndef TESTS_DISK_VFS_H
#define TESTS_DISK_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"

#define VFS_FILES 8

typedef struct disk_write {
    int64_t at, n; /* n < 0: cut at `at` */
    char   *bytes;
} disk_write;

typedef struct disk_bytes {
    char   *p;
    int64_t n;
} disk_bytes;

typedef struct disk_file {
    char       name[256]; /* "": none */
    disk_bytes now, disk;
    VEC(disk_write) dirty; /* since the last fsync */
} disk_file;

static struct {
    disk_file files[VFS_FILES];
    int       failing_syncs; /* so many fail from now on */
} disk;

typedef struct vfs_handle {
    sqlite3_file base;
    disk_file   *f;
} vfs_handle;

static disk_file *disk_find(const char *name)
{
    for (int i = 0; i < VFS_FILES; i++)
        if (strcmp(disk.files[i].name, name) == 0)
            return &disk.files[i];
    return NULL;
}

static void disk_apply(disk_bytes *b, const disk_write *w)
{
    int64_t end = w->n < 0 ? w->at : w->at + w->n;
    if (end > b->n || w->n < 0) {
        b->p = mem_realloc(b->p, (size_t)end + 1);
        if (end > b->n)
            memset(b->p + b->n, 0, (size_t)(end - b->n));
        b->n = end;
    }
    if (w->n > 0)
        memcpy(b->p + w->at, w->bytes, (size_t)w->n);
}

static void disk_forget_dirty(disk_file *f)
{
    for (size_t i = 0; i < f->dirty.n; i++)
        mem_free(f->dirty.p[i].bytes);
    f->dirty.n = 0;
}

/* Everything is as it is on disk. */
static void disk_cut_power(void)
{
    for (int i = 0; i < VFS_FILES; i++) {
        disk_file *f = &disk.files[i];
        disk_forget_dirty(f);
        mem_free(f->now.p);
        f->now = (disk_bytes){f->disk.n ? mem_dup(f->disk.p, (size_t)f->disk.n) : NULL, f->disk.n};
    }
}

static void disk_clear(void)
{
    for (int i = 0; i < VFS_FILES; i++) {
        disk_forget_dirty(&disk.files[i]);
        VEC_FREE(&disk.files[i].dirty);
        mem_free(disk.files[i].now.p);
        mem_free(disk.files[i].disk.p);
    }
    memset(&disk, 0, sizeof disk);
}

static int vfs_close(sqlite3_file *h)
{
    (void)h;
    return SQLITE_OK;
}

static int vfs_read(sqlite3_file *h, void *p, int n, sqlite3_int64 at)
{
    disk_bytes *b = &((vfs_handle *)h)->f->now;
    int64_t     have = at < b->n ? b->n - at : 0;
    memset(p, 0, (size_t)n);
    if (have > 0)
        memcpy(p, b->p + at, (size_t)(have < n ? have : n));
    return have < n ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int vfs_change(sqlite3_file *h, disk_write w)
{
    disk_file *f = ((vfs_handle *)h)->f;
    disk_apply(&f->now, &w);
    VEC_PUSH(&f->dirty, w);
    return SQLITE_OK;
}

static int vfs_write(sqlite3_file *h, const void *p, int n, sqlite3_int64 at)
{
    return vfs_change(h, (disk_write){at, n, mem_dup(p, (size_t)n)});
}

static int vfs_truncate(sqlite3_file *h, sqlite3_int64 size)
{
    return vfs_change(h, (disk_write){size, -1, NULL});
}

static int vfs_sync(sqlite3_file *h, int flags)
{
    (void)flags;
    disk_file *f = ((vfs_handle *)h)->f;
    bool       fails = disk.failing_syncs > 0 && disk.failing_syncs--;
    for (size_t i = 0; i < f->dirty.n && !fails; i++)
        disk_apply(&f->disk, &f->dirty.p[i]);
    disk_forget_dirty(f);
    return fails ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int vfs_size(sqlite3_file *h, sqlite3_int64 *out)
{
    *out = ((vfs_handle *)h)->f->now.n;
    return SQLITE_OK;
}

static int vfs_lock(sqlite3_file *h, int how)
{
    (void)h;
    (void)how;
    return SQLITE_OK;
}

static int vfs_reserved(sqlite3_file *h, int *out)
{
    (void)h;
    *out = 0;
    return SQLITE_OK;
}

static int vfs_control(sqlite3_file *h, int op, void *arg)
{
    (void)h;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int vfs_sector(sqlite3_file *h)
{
    (void)h;
    return 512;
}

static int vfs_traits(sqlite3_file *h)
{
    (void)h;
    return 0;
}

static int vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *h, int flags, int *out)
{
    static const sqlite3_io_methods methods = {1,        vfs_close, vfs_read,     vfs_write,   vfs_truncate, vfs_sync,
                                               vfs_size, vfs_lock,  vfs_lock,     vfs_reserved, vfs_control, vfs_sector,
                                               vfs_traits, NULL, NULL, NULL, NULL, NULL, NULL};
    (void)v;
    disk_file *f = name ? disk_find(name) : NULL;
    if (!f && (f = disk_find("")))
        sqlite3_snprintf(sizeof f->name, f->name, "%s", name ? name : "temporary");
    h->pMethods = f ? &methods : NULL;
    ((vfs_handle *)h)->f = f;
    if (out)
        *out = flags;
    return f ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_delete(sqlite3_vfs *v, const char *name, int sync)
{
    (void)v;
    (void)sync;
    disk_file *f = disk_find(name);
    if (f)
        f->now.n = f->disk.n = 0;
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
    (void)v;
    (void)flags;
    disk_file *f = disk_find(name);
    *out = f && f->now.n > 0;
    return SQLITE_OK;
}

static int vfs_full(sqlite3_vfs *v, const char *name, int n, char *out)
{
    (void)v;
    sqlite3_snprintf(n, out, "%s", name);
    return SQLITE_OK;
}

/* The default from now on, until it is unregistered. */
static sqlite3_vfs *disk_vfs(void)
{
    static sqlite3_vfs v;
    sqlite3_vfs       *real = sqlite3_vfs_find(NULL);
    if (real == &v)
        return &v;
    v = *real;
    v.szOsFile = sizeof(vfs_handle);
    v.zName = "disk";
    v.xOpen = vfs_open;
    v.xDelete = vfs_delete;
    v.xAccess = vfs_access;
    v.xFullPathname = vfs_full;
    sqlite3_vfs_register(&v, 1);
    return &v;
}

#endif
