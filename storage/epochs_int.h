/* The leader epochs of a partition and where each began (Kafka's KIP-320). There is one leader, but an unclean start
 * may have taken the log's tail: each begins another epoch, and clients that know an earlier one ask where it ended. */
#ifndef STORAGE_EPOCHS_INT_H
#define STORAGE_EPOCHS_INT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

typedef struct epoch_start {
    int32_t epoch;
    int64_t offset; /* of its first record */
} epoch_start;

typedef struct epochs {
    VEC(epoch_start) v; /* both rise */
} epochs;

/* A batch of that epoch stands at the offset. */
void epochs_note(epochs *e, int32_t epoch, int64_t offset);
/* Forgets what would begin at or behind the end of the log. */
void epochs_cut(epochs *e, int64_t high);
/* Where the epoch ended, of the greatest that is not above the one asked for; `now` is under way, and the log ends at
 * high. *epoch and *end are -1 when the epoch is not known: it is above the present one. */
void epochs_end(const epochs *e, int32_t now, int64_t high, int32_t asked, int32_t *epoch, int64_t *end);

void epochs_write(const epochs *e, buf *out);
/* Takes them from the front of *from. false: it is too short. */
bool epochs_read(epochs *e, str *from);

#endif
