/* The deterministic driver: an engine over a log in memory, with no threads, no disk and no clock, whose
 * queries are run one record at a time (spec/processing-semantics.md 11).
 *
 * It has the same planner and operators as the server's. A driver holds a session, the topics with all
 * their records, and opens queries on demand: `weir replay` runs one query after another over its whole
 * input, `weir test` runs all of them as records come. All memory is the driver's until driver_close().
 */
#ifndef ENGINE_DRIVER_H
#define ENGINE_DRIVER_H

#include "base/vec.h"
#include "engine/stmt/exec.h"

#define DRIVER_SERVICE_ID "some.ksql.service.id"
#define DRIVER_PARTITIONS 4 /* of a topic that nobody described */

typedef struct driver_rec { /* a record in a topic */
    str      key, val;      /* p NULL: null */
    int64_t  ts;
    uint32_t header_count;
    str      headers; /* as they stand in a record batch */
    uint64_t order;   /* among all records of all topics, as they were written */
} driver_rec;

typedef struct driver_topic {
    str         name;
    int32_t     partitions; /* declared; all records are in partition 0 */
    bool        described;  /* formats and columns below are known */
    side_format key, val;
    const type *key_type, *val_type; /* KAFKA: of the one column */
    window_info window;
    VEC(driver_rec) recs;
    int64_t log_next; /* offset in the engine's log behind what INSERT VALUES wrote and recs has */
} driver_topic;

typedef struct driver {
    arena    a;
    engine  *e;
    tlog    *log;
    session  s;
    settings config;
    VEC(driver_topic *) topics;
    int64_t now_ms; /* at which the queries' clock stands; the one of statements stands at 0 */
    /* How often closed windows and unmatched rows are looked for. The clock stands still: 0 is with every
     * record, anything else only once. */
    int64_t emit_interval_ms, join_interval_ms;
    /* Lines of the processing log go here; may be NULL. */
    void (*log_line)(void *ctx, str query_id, const char *line);
    void    *log_ctx;
    uint64_t order;
    bool     failed; /* a query cannot go on; fatal tells why */
    char     fatal[1024];
} driver;

/* Errors: none; an engine without threads opens always. */
void driver_open(driver *d);
void driver_close(driver *d);

/* ---- topics */

driver_topic *driver_topic_find(driver *d, str name);
/* Makes it, unless it is there. */
driver_topic *driver_topic_add(driver *d, str name, int32_t partitions);
/* Makes the topics of CREATE STREAM and CREATE TABLE statements with columns. Text that does not parse names
 * none. */
void driver_topics_declare(driver *d, str sql);
/* Takes formats and columns of topics from the catalog. Call after each statement. */
void driver_topics_describe(driver *d);
/* Takes in what INSERT VALUES has written since the last call; forgets topics that were deleted. */
void driver_topics_refresh(driver *d);
/* The record is copied, its order is set. */
void driver_topic_append(driver *d, driver_topic *t, driver_rec r);

/* ---- queries */

typedef struct driver_query driver_query;

/* was: the query that this one replaces, or NULL: it goes on with that one's state. NULL: d->failed. */
driver_query *driver_query_open(driver *d, query_info *q, driver_query *was);
void          driver_query_close(driver_query *q);
/* The settings that the query works with; until the next statement. */
settings_view driver_settings(const driver *d, const query_info *q);
/* One record of one of its topics, wholly through the query; what comes out is appended to the sink's
 * topic. Failures: d->failed. */
void driver_query_feed(driver_query *q, const driver_topic *t, const driver_rec *r);
/* Makes the internal topics that records went through known to the driver. */
void driver_query_declare_internal(driver_query *q);

#endif
