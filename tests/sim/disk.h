/* A disk in memory that does what disks do: files and folders under one root, which the program sees as it wrote them,
 * and beside it what of them is surely on disk. Faults are drawn by lot (schedule.h) as often as disk_faults says.
 *
 * After a loss of power each page that was not synced is as it was, as it was written, or a mixture of both by sectors;
 * a file's size and each entry of a folder likewise. After a failed fsync the pages it covered count as written
 * although they are not on disk, as Linux does it.
 *
 * The table of file operations (storage/io.h) and a VFS of SQLite's (vfs.h) stand on the same files.
 */
#ifndef TESTS_SIM_DISK_H
#define TESTS_SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/vec.h"
#include "storage/io.h"

typedef struct disk_file {
    uint8_t *now, *synced; /* what the program sees; what is surely on disk */
    size_t   now_n, synced_n, now_cap, synced_cap;
    size_t   dirty_from, dirty_to;   /* written since the last fsync began; equal: nothing */
    size_t   flying_from, flying_to; /* what fsyncs that have not ended cover */
    uint32_t syncing;                /* so many */
    bool     is_folder, cut;         /* cut: made shorter since the last fsync */
    int64_t  written_ms;
    uint32_t refs; /* entries and open fds */
} disk_file;

/* One in so many; 0: never. */
typedef struct disk_faults {
    uint32_t write_fails, write_short, fsync_fails, fsync_slow, rename_fails;
} disk_faults;

typedef struct disk {
    io          base;        /* first: its functions come back to this struct */
    const char *root;        /* above it nothing is known; borrowed */
    map         now, synced; /* path -> disk_file: entries as the program sees them; those surely on disk */
    VEC(disk_file *) fds;
    disk_faults faults;
    uint64_t    ops;           /* that change or sync something */
    uint64_t    crash_at;      /* the program dies in this operation; 0: in none */
    int64_t     room;          /* bytes until the disk is full; -1: no end */
    uint32_t    failing_syncs; /* so many fail from now on */
    const char *failing_sync;  /* fsyncs of the file of this path fail; NULL: of none */
    uint64_t    faults_done;
    bool        down; /* nothing can be changed any more: what the program does while it is closed does not count */
    bool        loses_all; /* of what was not synced nothing is left after a loss of power */
} disk;

void disk_init(disk *d, const char *root);
void disk_free(disk *d);
io  *disk_io(disk *d);
/* The program is gone: its fds are closed. */
void disk_close_all(disk *d);
/* After disk_close_all(). */
void disk_cut_power(disk *d);
/* One bit of a file, by lot, in what is seen and on disk. false: it is empty. */
bool disk_flip_bit(disk *d, const char *path);
/* A path by lot of those that end so; n = 0: there is none. */
str disk_pick(disk *d, const char *suffix);

/* ---- for vfs.c: file operations by file; -errno on failure */

disk_file *disk_find(disk *d, const char *path);
ssize_t    disk_write(disk *d, disk_file *f, const void *p, size_t n, int64_t at);
int        disk_cut(disk *d, disk_file *f, int64_t size);
int        disk_sync(disk *d, disk_file *f);
disk_file *disk_make(disk *d, const char *path, bool is_folder); /* which is not there */
void       disk_let_go(disk_file *f);                            /* what holds one counts itself in f->refs */

#endif
