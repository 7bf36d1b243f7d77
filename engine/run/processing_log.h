/* The processing log: what queries could not do with single records, as JSON records of a topic
 * (spec/processing-semantics.md 7.2). */
#ifndef ENGINE_PROCESSING_LOG_H
#define ENGINE_PROCESSING_LOG_H

#include "base/clock.h"
#include "engine/op/pipeline.h"
#include "storage/log.h"

#define PROCESSING_LOG_PER_S 1000 /* entries; what is beyond is counted and told in one */

typedef struct processing_log processing_log;

typedef struct processing_log_options {
    tlog             *log;
    str               topic; /* copied */
    int32_t           partitions;
    bool              include_rows; /* records and rows as they were, perhaps with what others must not see */
    const timesource *clock;
} processing_log_options;

/* Makes the topic where it is missing. */
processing_log *processing_log_open(const processing_log_options *o, status *st);
void            processing_log_close(processing_log *l);
str             processing_log_topic(const processing_log *l);
/* Any thread. l may be NULL: nothing is kept. */
void processing_log_write(processing_log *l, str query_id, const proc_failure *f);
/* Writes out what was gathered; called by a timer. l may be NULL. */
void processing_log_flush(processing_log *l);

#endif
