/* Rows that somebody above the log keeps beside it: the engine's catalog.
 *
 * A row has a kind, a name that is unique in its kind, and a body that is opaque here. Changes come in one
 * transaction and are on disk when it returns. Where rows are kept is apart from where records are, because a
 * catalog may stand on a log that is somebody else's: storage.h gives one over meta.sqlite, tests one that fails.
 *
 * Threads: any; transactions are serialised inside.
 */
#ifndef STORAGE_KEPT_H
#define STORAGE_KEPT_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

typedef struct kept_row {
    str kind, name;
    str body; /* p = NULL in a change: the row goes */
} kept_row;

/* A SQL statement that a data folder of format 1 kept in place of what it made. */
typedef struct kept_command {
    int64_t seq;
    str     text;
} kept_command;

typedef struct kept_store kept_store;
struct kept_store {
    /* Puts and removes rows, all or nothing. Removing a row that is not there is no error. Errors: ST_IO, ST_FULL,
     * ST_CORRUPT. The first change ends the time of kept commands: they go in the same transaction. */
    bool (*apply)(kept_store *k, const kept_row *changes, size_t n, status *st);
    /* All rows, sorted by kind and name, in the arena. */
    bool (*list)(kept_store *k, arena *a, kept_row **rows, size_t *n, status *st);
    /* The commands of a folder of format 1 in their order; none once rows were applied. */
    bool (*commands)(kept_store *k, arena *a, kept_command **commands, size_t *n, status *st);
};

#endif
