#include "tests/sim/vfs.h"

#include <errno.h>
#include <string.h>

#include "tests/sim/schedule.h"

typedef struct handle {
    sqlite3_file base;
    disk_file   *f;
    char         name[256];
    bool         delete_on_close;
    bool         entry_due; /* a new journal: its entry is synced with it the first time, as SQLite's own VFS does it */
} handle;

static disk *on;

static disk_file *file_of(sqlite3_file *h)
{
    return ((handle *)h)->f;
}

static int code_of(int rc, int otherwise)
{
    return rc >= 0 ? SQLITE_OK : rc == -ENOSPC ? SQLITE_FULL : otherwise;
}

static int f_close(sqlite3_file *x)
{
    handle *h = (handle *)x;
    if (h->delete_on_close)
        disk_io(on)->unlink(disk_io(on), h->name);
    disk_let_go(h->f);
    return SQLITE_OK;
}

static int f_read(sqlite3_file *x, void *p, int n, sqlite3_int64 at)
{
    const disk_file *f = file_of(x);
    int64_t          have = at < (int64_t)f->now_n ? (int64_t)f->now_n - at : 0;
    memset(p, 0, (size_t)n);
    if (have > 0)
        memcpy(p, f->now + at, (size_t)(have < n ? have : n));
    return have < n ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int f_write(sqlite3_file *x, const void *p, int n, sqlite3_int64 at)
{
    ssize_t got = disk_write(on, file_of(x), p, (size_t)n, at);
    return got == n ? SQLITE_OK : got >= 0 ? SQLITE_FULL : code_of((int)got, SQLITE_IOERR_WRITE);
}

static int f_truncate(sqlite3_file *x, sqlite3_int64 size)
{
    return code_of(disk_cut(on, file_of(x), size), SQLITE_IOERR_TRUNCATE);
}

static int f_sync(sqlite3_file *x, int flags)
{
    (void)flags;
    handle *h = (handle *)x;
    int     rc = disk_sync(on, h->f);
    if (rc == 0 && h->entry_due)
        h->entry_due = (rc = disk_sync(on, disk_find(on, on->root))) < 0;
    return code_of(rc, SQLITE_IOERR_FSYNC);
}

static int f_size(sqlite3_file *x, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)file_of(x)->now_n;
    return SQLITE_OK;
}

static int f_lock(sqlite3_file *x, int how)
{
    (void)x, (void)how;
    return SQLITE_OK;
}

static int f_reserved(sqlite3_file *x, int *out)
{
    (void)x;
    *out = 0;
    return SQLITE_OK;
}

static int f_control(sqlite3_file *x, int op, void *arg)
{
    (void)x, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int f_sector(sqlite3_file *x)
{
    (void)x;
    return 512;
}

static int f_traits(sqlite3_file *x)
{
    (void)x;
    return 0;
}

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *x, int flags, int *out)
{
    static const sqlite3_io_methods methods = {.iVersion = 1,
                                               .xClose = f_close,
                                               .xRead = f_read,
                                               .xWrite = f_write,
                                               .xTruncate = f_truncate,
                                               .xSync = f_sync,
                                               .xFileSize = f_size,
                                               .xLock = f_lock,
                                               .xUnlock = f_lock,
                                               .xCheckReservedLock = f_reserved,
                                               .xFileControl = f_control,
                                               .xSectorSize = f_sector,
                                               .xDeviceCharacteristics = f_traits};
    (void)v;
    static unsigned temporary;
    handle         *h = (handle *)x;
    char            made_up[256];
    h->base.pMethods = NULL;
    if (name == NULL) {
        sqlite3_snprintf(sizeof made_up, made_up, "%s/temporary-%u", on->root, temporary++);
        name = made_up;
        flags |= SQLITE_OPEN_CREATE;
    }
    disk_file *f = disk_find(on, name);
    if (f == NULL && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    if (f == NULL && on->room == 0)
        return SQLITE_FULL;
    enum { JOURNALS = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL };
    bool due = f == NULL && (flags & JOURNALS);
    if (f == NULL)
        f = disk_make(on, name, false);
    f->refs++;
    *h = (handle){.base = {&methods}, .f = f, .delete_on_close = name == made_up, .entry_due = due};
    sqlite3_snprintf(sizeof h->name, h->name, "%s", name);
    if (out)
        *out = flags;
    return SQLITE_OK;
}

/* The folder is synced with it, if that is asked for. */
static int v_delete(sqlite3_vfs *v, const char *name, int sync)
{
    (void)v;
    io *x = disk_io(on);
    int rc = x->unlink(x, name);
    if (rc == -ENOENT)
        return SQLITE_IOERR_DELETE_NOENT;
    return rc == 0 && sync ? code_of(disk_sync(on, disk_find(on, on->root)), SQLITE_IOERR_DIR_FSYNC) : SQLITE_OK;
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
    (void)v;
    const disk_file *f = disk_find(on, name);
    *out = f && (flags != SQLITE_ACCESS_EXISTS || f->now_n > 0);
    return SQLITE_OK;
}

static int v_full(sqlite3_vfs *v, const char *name, int n, char *out)
{
    (void)v;
    sqlite3_snprintf(n, out, "%s", name);
    return SQLITE_OK;
}

static int v_randomness(sqlite3_vfs *v, int n, char *out)
{
    (void)v;
    lot_fill(out, (size_t)n);
    return n;
}

static int v_sleep(sqlite3_vfs *v, int us)
{
    (void)v;
    return us;
}

static int v_time(sqlite3_vfs *v, sqlite3_int64 *out)
{
    (void)v;
    *out = (sched_now_ns() + sched_wall_offset_ns()) / 1000000 + (sqlite3_int64)210866760000000;
    return SQLITE_OK;
}

sqlite3_vfs *vfs_register(disk *d)
{
    static sqlite3_vfs v;
    on = d;
    if (v.zName) {
        sqlite3_vfs_register(&v, 1);
        return &v;
    }
    v = *sqlite3_vfs_find(NULL);
    v.szOsFile = sizeof(handle);
    v.zName = "simulation";
    v.xOpen = v_open;
    v.xDelete = v_delete;
    v.xAccess = v_access;
    v.xFullPathname = v_full;
    v.xRandomness = v_randomness;
    v.xSleep = v_sleep;
    v.xCurrentTimeInt64 = v_time;
    sqlite3_vfs_register(&v, 1);
    return &v;
}
