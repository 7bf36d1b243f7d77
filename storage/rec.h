/* A record as it is read and as it is sent, and where a key's records go. How records lie in a log is record.h's
 * affair. */
#ifndef STORAGE_REC_H
#define STORAGE_REC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

typedef struct rec_header {
    str  key, value;
    bool value_null;
} rec_header;

typedef struct rec_view {      /* texts borrow from who gave it */
    int64_t        offset, ts; /* ts: ms */
    str            key, value;
    bool           key_null, value_null;
    uint32_t       header_count;
    const uint8_t *headers; /* their bytes: rec_header_next() */
    const uint8_t *headers_end;
} rec_view;

typedef struct rec_out { /* to be sent; borrowed for the call */
    int64_t  ts;         /* ms */
    str      key, value; /* .p NULL: null */
    uint32_t header_count;
    str      headers; /* their bytes, as in rec_view */
} rec_out;

/* Next header of r; *at starts at r->headers. false at the end. */
bool rec_header_next(const rec_view *r, const uint8_t **at, rec_header *out);

/* The partition Kafka's default partitioner gives a non-null key: murmur2 modulo the count. */
int32_t record_partition(str key, int32_t partitions);

#endif
