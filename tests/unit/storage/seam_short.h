/* Calls of storage/log.h that tests make often, with fewer words: of one partition, of a commit without senders. */
#ifndef TESTS_SEAM_SHORT_H
#define TESTS_SEAM_SHORT_H

#include "storage/log.h"

static inline bool fetch_offset(tlog *l, str group, str topic, int32_t partition, int64_t *offset, status *st)
{
    tlog_position p = {.topic = topic, .partition = partition};
    bool          ok = tlog_offsets_fetch(l, group, &p, 1, st);
    *offset = p.offset;
    return ok;
}

/* pr NULL: without a transaction. */
static inline bool commit_txn(tlog *l, tlog_producer *pr, str group, const tlog_position *p, size_t n, status *st)
{
    tlog_commit_args c = {.group = group, .positions = p, .position_count = n, .producer = pr};
    return tlog_commit(l, &c, st) == TLOG_COMMITTED;
}

#endif
