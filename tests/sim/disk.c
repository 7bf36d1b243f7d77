#include "tests/sim/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "tests/sim/schedule.h"

#define PAGE_BYTES 4096
#define SECTOR_BYTES 512
#define SLOW_SYNC_NS ((int64_t)400 * 1000000) /* at most */
#define SYNC_NS 150000

static disk *disk_of(io *x)
{
    return (disk *)x;
}

/* ---- files */

void disk_let_go(disk_file *f)
{
    if (--f->refs)
        return;
    mem_free(f->now);
    mem_free(f->synced);
    mem_free(f);
}

static void put(map *m, str path, disk_file *f)
{
    if (f)
        f->refs++;
    disk_file *old = f ? map_put(m, path, f) : map_del(m, path);
    if (old)
        disk_let_go(old);
}

disk_file *disk_find(disk *d, const char *path)
{
    return map_get(&d->now, str_of(path));
}

disk_file *disk_make(disk *d, const char *path, bool is_folder)
{
    disk_file *f = MEM_NEW(disk_file);
    f->is_folder = is_folder;
    f->written_ms = (sched_now_ns() + sched_wall_offset_ns()) / 1000000;
    put(&d->now, str_of(path), f);
    return f;
}

static void resize(uint8_t **p, size_t *n, size_t *cap, size_t to)
{
    if (to > *cap) {
        *cap = to < 2 * *cap ? 2 * *cap : to + 64;
        *p = mem_realloc(*p, *cap);
    }
    if (to > *n)
        memset(*p + *n, 0, to - *n);
    *n = to;
}

static bool in_folder(str path, const char *folder)
{
    size_t n = strlen(folder);
    return path.n > n + 1 && memcmp(path.p, folder, n) == 0 && path.p[n] == '/' &&
           !memchr(path.p + n + 1, '/', path.n - n - 1);
}

static bool has_parent(disk *d, const map *m, const char *path)
{
    const char *slash = strrchr(path, '/');
    return strcmp(path, d->root) == 0 || map_get(m, str_make(path, (size_t)(slash - path))) != NULL;
}

/* Copies of the names: what they are of may change meanwhile. */
static str *names_of(const map *m, arena *a, size_t *n)
{
    *n = m->n;
    str *names = map_sorted_keys(m, a);
    for (size_t i = 0; i < *n; i++)
        names[i] = str_make(str_z(a, names[i]), names[i].n);
    return names;
}

/* ---- faults */

static const char *path_of(const disk *d, const disk_file *f, char out[256])
{
    size_t at = 0;
    str    path;
    void  *v;
    snprintf(out, 256, "a file without a name");
    while (map_next(&d->now, &at, &path, &v))
        if (v == f)
            snprintf(out, 256, "%.*s", STR_FMT(path));
    return out;
}

static bool fails(disk *d, const disk_file *f, const char *what, uint32_t one_in)
{
    char path[256];
    if (!lot_one_in(one_in))
        return false;
    d->faults_done++;
    trace("disk: %s fails: %s", what, path_of(d, f, path));
    return true;
}

/* [*from, *to) takes in [more_from, more_to). */
static void widen(size_t *from, size_t *to, size_t more_from, size_t more_to)
{
    if (more_from == more_to)
        return;
    if (*from == *to)
        *from = more_from, *to = more_to;
    *from = more_from < *from ? more_from : *from;
    *to = more_to > *to ? more_to : *to;
}

/* Before anything is changed: others may go on first, and the program may die here. false: it cannot be. */
static bool step(disk *d)
{
    sched_point();
    if (++d->ops == d->crash_at)
        sched_crash();
    return !d->down;
}

ssize_t disk_write(disk *d, disk_file *f, const void *p, size_t n, int64_t at)
{
    if (!step(d) || fails(d, f, "a write", d->faults.write_fails))
        return -EIO;
    size_t end = (size_t)at + n, grows = end > f->now_n ? end - f->now_n : 0;
    if (d->room >= 0 && (int64_t)grows > d->room) {
        if (grows >= n || d->room == 0)
            return -ENOSPC;
        n -= grows;
        grows = 0;
    } else if (n > 1 && fails(d, f, "half of a write", d->faults.write_short)) {
        n = 1 + lot_below(n - 1);
    }
    end = (size_t)at + n;
    grows = end > f->now_n ? end - f->now_n : 0;
    if (d->room >= 0)
        d->room -= (int64_t)grows;
    size_t from = (size_t)at < f->now_n ? (size_t)at : f->now_n;
    if (grows)
        resize(&f->now, &f->now_n, &f->now_cap, end);
    memcpy(f->now + at, p, n);
    f->written_ms = (sched_now_ns() + sched_wall_offset_ns()) / 1000000;
    widen(&f->dirty_from, &f->dirty_to, from, end);
    return (ssize_t)n;
}

int disk_cut(disk *d, disk_file *f, int64_t size)
{
    if (!step(d) || fails(d, f, "a truncation", d->faults.write_fails))
        return -EIO;
    if ((size_t)size < f->now_n && d->room >= 0)
        d->room += (int64_t)f->now_n - size;
    f->cut |= (size_t)size < f->now_n;
    resize(&f->now, &f->now_n, &f->now_cap, (size_t)size);
    if (f->dirty_to > f->now_n)
        f->dirty_to = f->now_n;
    if (f->dirty_from > f->dirty_to)
        f->dirty_from = f->dirty_to;
    return 0;
}

/* What is seen now of [from, to) is on disk, and so is the size. */
static void settle(disk_file *f, size_t from, size_t to)
{
    if (f->now_n < f->synced_n)
        f->synced_n = f->now_n;
    resize(&f->synced, &f->synced_n, &f->synced_cap, f->now_n);
    if (to > from)
        memcpy(f->synced + from, f->now + from, to - from);
}

static void sync_entries(disk *d, const char *folder)
{
    arena  a = {0};
    size_t n, m;
    str   *names = names_of(&d->now, &a, &n), *synced = names_of(&d->synced, &a, &m);
    for (size_t i = 0; i < n; i++)
        if (in_folder(names[i], folder) || str_eqz(names[i], folder))
            put(&d->synced, names[i], map_get(&d->now, names[i]));
    for (size_t i = 0; i < m; i++)
        if (in_folder(synced[i], folder) && !map_get(&d->now, synced[i]))
            put(&d->synced, synced[i], NULL);
    arena_free(&a);
}

static void sync_folder(disk *d, const disk_file *f)
{
    size_t at = 0;
    str    path;
    void  *v;
    while (map_next(&d->now, &at, &path, &v))
        if (v == f) {
            arena a = {0};
            sync_entries(d, str_z(&a, path));
            arena_free(&a);
            return;
        }
}

static bool sync_fails(disk *d, const disk_file *f)
{
    if (d->failing_sync && disk_find(d, d->failing_sync) == f)
        return true;
    if (d->failing_syncs == 0)
        return fails(d, f, "an fsync", d->faults.fsync_fails);
    d->failing_syncs--;
    return true;
}

/* What is written while it is under way is for the next one; what another one is writing it waits for. */
int disk_sync(disk *d, disk_file *f)
{
    if (!step(d))
        return -EIO;
    int64_t takes = lot_one_in(d->faults.fsync_slow) ? (int64_t)lot_below(SLOW_SYNC_NS) : SYNC_NS;
    widen(&f->flying_from, &f->flying_to, f->dirty_from, f->dirty_to);
    size_t from = f->flying_from, to = f->flying_to;
    bool   cut = f->cut;
    f->dirty_from = f->dirty_to = 0;
    f->cut = false;
    f->syncing++;
    f->refs++;
    if (sched_current())
        sched_wait(&disk_sync, sched_now_ns() + takes);
    if (--f->syncing == 0)
        f->flying_from = f->flying_to = 0;
    int rc = sync_fails(d, f) ? -EIO : 0;
    if (rc < 0)
        f->cut |= cut;
    else if (f->is_folder)
        sync_folder(d, f);
    else
        settle(f, from < f->now_n ? from : f->now_n, to < f->now_n ? to : f->now_n);
    disk_let_go(f);
    return rc;
}

/* ---- storage/io.h */

static int open_fd(disk *d, disk_file *f)
{
    f->refs++;
    for (size_t i = 0; i < d->fds.n; i++)
        if (d->fds.p[i] == NULL) {
            d->fds.p[i] = f;
            return (int)i;
        }
    VEC_PUSH(&d->fds, f);
    return (int)d->fds.n - 1;
}

static int d_open(io *x, const char *path, int flags, int mode)
{
    (void)mode;
    disk      *d = disk_of(x);
    disk_file *f = disk_find(d, path);
    if (f == NULL && (!(flags & O_CREAT) || !has_parent(d, &d->now, path)))
        return -ENOENT;
    if (f && (flags & O_CREAT) && (flags & O_EXCL))
        return -EEXIST;
    if (f == NULL) {
        if (!step(d))
            return -EIO;
        if (d->room == 0)
            return -ENOSPC;
        f = disk_make(d, path, false);
    } else if (flags & O_TRUNC) {
        int rc = disk_cut(d, f, 0);
        if (rc < 0)
            return rc;
    }
    return open_fd(d, f);
}

static int d_close(io *x, int fd)
{
    disk *d = disk_of(x);
    disk_let_go(d->fds.p[fd]);
    d->fds.p[fd] = NULL;
    return 0;
}

static int d_dup(io *x, int fd)
{
    (void)x, (void)fd;
    return -ENOTSUP; /* no kernel object stands behind the fd */
}

static ssize_t d_pread(io *x, int fd, void *p, size_t n, int64_t at)
{
    sched_point();
    const disk_file *f = disk_of(x)->fds.p[fd];
    size_t           left = (size_t)at < f->now_n ? f->now_n - (size_t)at : 0;
    n = n < left ? n : left;
    if (n)
        memcpy(p, f->now + at, n);
    return (ssize_t)n;
}

static ssize_t d_pwrite(io *x, int fd, const void *p, size_t n, int64_t at)
{
    return disk_write(disk_of(x), disk_of(x)->fds.p[fd], p, n, at);
}

static int d_fsync(io *x, int fd)
{
    return disk_sync(disk_of(x), disk_of(x)->fds.p[fd]);
}

static int d_sync_all(io *x, const char *path)
{
    disk *d = disk_of(x);
    if (!step(d) || sync_fails(d, disk_find(d, path)))
        return -EIO;
    arena  a = {0};
    size_t n;
    str   *names = names_of(&d->now, &a, &n);
    for (size_t i = 0; i < n; i++) {
        disk_file *f = map_get(&d->now, names[i]);
        if (f->is_folder)
            sync_entries(d, names[i].p);
        else
            settle(f, f->dirty_from, f->dirty_to);
        f->dirty_from = f->dirty_to = 0;
        f->cut = false;
    }
    arena_free(&a);
    return 0;
}

static int d_truncate(io *x, int fd, int64_t size)
{
    return disk_cut(disk_of(x), disk_of(x)->fds.p[fd], size);
}

static int64_t d_size(io *x, int fd)
{
    return (int64_t)disk_of(x)->fds.p[fd]->now_n;
}

static int64_t d_written_ms(io *x, const char *path)
{
    const disk_file *f = disk_find(disk_of(x), path);
    return f ? f->written_ms : -ENOENT;
}

/* What lies in a folder goes with it. */
static void move_entries(map *m, const char *from, const char *to)
{
    arena  a = {0};
    size_t n, len = strlen(from);
    str   *names = names_of(m, &a, &n);
    for (size_t i = 0; i < n; i++)
        if (in_folder(names[i], from)) {
            put(m, str_fmt(&a, "%s%s", to, names[i].p + len), map_get(m, names[i]));
            put(m, names[i], NULL);
        }
    arena_free(&a);
}

static int d_rename(io *x, const char *from, const char *to)
{
    disk      *d = disk_of(x);
    disk_file *f = disk_find(d, from);
    if (f == NULL)
        return -ENOENT;
    if (!step(d) || fails(d, f, "a rename", d->faults.rename_fails))
        return -EIO;
    f->refs++;
    put(&d->now, str_of(to), f);
    put(&d->now, str_of(from), NULL);
    if (f->is_folder) {
        move_entries(&d->now, from, to);
        move_entries(&d->synced, from, to);
    }
    disk_let_go(f);
    return 0;
}

static int d_unlink(io *x, const char *path)
{
    disk *d = disk_of(x);
    if (!disk_find(d, path))
        return -ENOENT;
    if (!step(d))
        return -EIO;
    put(&d->now, str_of(path), NULL);
    return 0;
}

static int d_rmdir(io *x, const char *path)
{
    disk  *d = disk_of(x);
    size_t at = 0;
    str    name;
    void  *v;
    while (map_next(&d->now, &at, &name, &v))
        if (in_folder(name, path))
            return -ENOTEMPTY;
    return d_unlink(x, path);
}

static int d_mkdir(io *x, const char *path)
{
    disk *d = disk_of(x);
    if (disk_find(d, path))
        return -EEXIST;
    if (!has_parent(d, &d->now, path))
        return -ENOENT;
    if (!step(d))
        return -EIO;
    if (d->room == 0)
        return -ENOSPC;
    disk_make(d, path, true);
    return 0;
}

static int d_list(io *x, const char *path, void (*each)(const char *name, void *ctx), void *ctx)
{
    disk *d = disk_of(x);
    if (!disk_find(d, path))
        return -ENOENT;
    arena  a = {0};
    size_t n;
    str   *names = names_of(&d->now, &a, &n);
    for (size_t i = 0; i < n; i++)
        if (in_folder(names[i], path))
            each(names[i].p + strlen(path) + 1, ctx);
    arena_free(&a);
    return 0;
}

static void *d_map(io *x, int fd, size_t n)
{
    const disk_file *f = disk_of(x)->fds.p[fd];
    uint8_t         *p = mem_zalloc(n + 1);
    memcpy(p, f->now, n < f->now_n ? n : f->now_n);
    return p;
}

static void d_unmap(io *x, void *p, size_t n)
{
    (void)x, (void)n;
    mem_free(p);
}

void disk_init(disk *d, const char *root)
{
    *d = (disk){.base = {d_open, d_close, d_dup, d_pread, d_pwrite, d_fsync, d_sync_all, d_truncate, d_size,
                         d_written_ms, d_rename, d_unlink, d_mkdir, d_rmdir, d_list, d_map, d_unmap, NULL},
                .root = root,
                .room = -1};
    put(&d->synced, str_of(root), disk_make(d, root, true));
}

void disk_free(disk *d)
{
    map *maps[] = {&d->now, &d->synced};
    disk_close_all(d);
    for (int k = 0; k < 2; k++) {
        size_t at = 0;
        str    path;
        void  *f;
        while (map_next(maps[k], &at, &path, &f))
            disk_let_go(f);
        map_free(maps[k]);
    }
    VEC_FREE(&d->fds);
}

io *disk_io(disk *d)
{
    return &d->base;
}

/* ---- from outside */

void disk_close_all(disk *d)
{
    size_t at = 0;
    str    path;
    void  *v;
    for (size_t i = 0; i < d->fds.n; i++)
        if (d->fds.p[i])
            disk_let_go(d->fds.p[i]);
    d->fds.n = 0;
    while (map_next(&d->now, &at, &path, &v)) { /* fsyncs that nobody waits for any more */
        disk_file *f = v;
        widen(&f->dirty_from, &f->dirty_to, f->flying_from, f->flying_to);
        f->flying_from = f->flying_to = 0;
        f->syncing = 0;
    }
}

/* A page that was not synced is there or not, wholly or by sectors. */
static void lose_page(disk_file *f, size_t from, size_t to)
{
    uint64_t how = lot_below(4);
    for (size_t at = from; at < to; at += SECTOR_BYTES) {
        size_t end = at + SECTOR_BYTES < to ? at + SECTOR_BYTES : to;
        if (how == 0 || (how == 1 && lot_below(2)))
            memcpy(f->now + at, f->synced + at, end - at);
    }
}

static void lose(disk *d, disk_file *f)
{
    /* The size: as it was, as it is, or what was written of it first. */
    size_t size = f->now_n, least = f->synced_n < size ? f->synced_n : size;
    if (f->now_n != f->synced_n) {
        uint64_t how = d->loses_all ? 0 : lot_below(4);
        size = how == 0 ? f->synced_n : how == 1 || f->cut ? f->now_n : least + lot_below(f->now_n - least + 1);
    }
    size_t all = f->now_n > f->synced_n ? f->now_n : f->synced_n;
    resize(&f->now, &f->now_n, &f->now_cap, all);
    resize(&f->synced, &f->synced_n, &f->synced_cap, all);
    for (size_t at = 0; at < all; at += PAGE_BYTES) {
        size_t end = at + PAGE_BYTES < all ? at + PAGE_BYTES : all;
        if (memcmp(f->now + at, f->synced + at, end - at) == 0)
            continue;
        if (d->loses_all)
            memcpy(f->now + at, f->synced + at, end - at);
        else
            lose_page(f, at, end);
    }
    resize(&f->now, &f->now_n, &f->now_cap, size);
    f->dirty_from = f->dirty_to = 0;
    f->cut = false;
    settle(f, 0, f->now_n);
}

void disk_cut_power(disk *d)
{
    arena  a = {0};
    size_t n, m;
    str   *names = names_of(&d->now, &a, &n), *synced = names_of(&d->synced, &a, &m);
    /* Entries that were not synced: each is there or not. */
    for (size_t i = 0; i < n; i++) {
        disk_file *was = map_get(&d->synced, names[i]);
        if (map_get(&d->now, names[i]) != was && (d->loses_all || lot_below(2)))
            put(&d->now, names[i], was);
    }
    for (size_t i = 0; i < m; i++)
        if (!map_get(&d->now, synced[i]) && (d->loses_all || lot_below(2)))
            put(&d->now, synced[i], map_get(&d->synced, synced[i]));
    /* A folder that is lost takes its entries along; parents sort before their children. */
    names = names_of(&d->now, &a, &n);
    for (size_t i = 0; i < n; i++)
        if (!has_parent(d, &d->now, names[i].p))
            put(&d->now, names[i], NULL);
    names = names_of(&d->now, &a, &n);
    for (size_t i = 0; i < n; i++) {
        disk_file *f = map_get(&d->now, names[i]);
        if (!f->is_folder)
            lose(d, f);
        put(&d->synced, names[i], f);
    }
    for (size_t i = 0; i < m; i++)
        if (!map_get(&d->now, synced[i]))
            put(&d->synced, synced[i], NULL);
    arena_free(&a);
}

bool disk_flip_bit(disk *d, const char *path)
{
    disk_file *f = disk_find(d, path);
    if (f == NULL || f->now_n == 0)
        return false;
    size_t  at = lot_below(f->now_n);
    uint8_t bit = (uint8_t)(1U << lot_below(8));
    f->now[at] ^= bit;
    if (at < f->synced_n)
        f->synced[at] ^= bit;
    return true;
}

str disk_pick(disk *d, const char *suffix)
{
    static char path[512];
    arena       a = {0};
    size_t      n, found = 0, len = strlen(suffix);
    str        *names = names_of(&d->now, &a, &n);
    for (size_t i = 0; i < n; i++)
        if (names[i].n > len && strcmp(names[i].p + names[i].n - len, suffix) == 0)
            names[found++] = names[i];
    int bytes = found ? snprintf(path, sizeof path, "%s", names[lot_below(found)].p) : 0;
    arena_free(&a);
    return str_make(path, (size_t)bytes);
}
