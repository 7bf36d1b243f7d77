/* What a partition's checkpoint says (checkpoint.c). */
#ifndef STORAGE_CHECKPOINT_INT_H
#define STORAGE_CHECKPOINT_INT_H

#include "storage/plog_int.h"

typedef struct checkpoint {
    int64_t      start, offset, seg_base, seg_pos, seg_max_ts, seg_created_ms;
    int32_t      leader_epoch;
    batch_digest digest; /* below seg_pos */
    bool         found;
} checkpoint;

/* Reads the file; producer states and epochs go to the partition. c->found: it is there and holds. */
void checkpoint_read(plog *p, checkpoint *c);

#endif
