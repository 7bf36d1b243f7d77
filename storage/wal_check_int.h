/* Whether a write-ahead log of SQLite's is whole. Reads bytes, opens nothing. */
#ifndef STORAGE_WAL_CHECK_INT_H
#define STORAGE_WAL_CHECK_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum wal_state {
    WAL_WHOLE,
    WAL_TORN,   /* the last frame does not hold: a write that was cut short, or damage that cannot be told from one */
    WAL_DAMAGED /* a frame, or the header, does not hold, and behind it lies what was committed */
} wal_state;

wal_state wal_check(const uint8_t *bytes, size_t n);
/* Of a log of so many frames. */
int64_t wal_bytes(int64_t frames, int64_t page);

#endif
