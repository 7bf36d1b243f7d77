/* A VFS of SQLite's over a disk of the simulation. One disk at a time. */
#ifndef TESTS_SIM_VFS_H
#define TESTS_SIM_VFS_H

#include <sqlite3.h>

#include "tests/sim/disk.h"

/* The default from now on, until it is unregistered. Paths that are not under the disk's root are not found. */
sqlite3_vfs *vfs_register(disk *d);

#endif
