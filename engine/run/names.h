/* The names that a query's own things have, made in one place: its consumer group, internal topics, changelogs,
 * transactional ids and snapshot files. They are kept data: a name that changes loses what lies under the old one.
 *
 * Everything a query owns begins with its group's name and a hyphen, so that it can be found again and forgotten.
 * Memory: the arena. Threads: any.
 */
#ifndef ENGINE_RUN_NAMES_H
#define ENGINE_RUN_NAMES_H

#include "base/arena.h"
#include "base/str.h"

/* "_confluent-ksql-default_query_CSAS_X_1"; transient queries lack "query_". */
str name_group(arena *a, str service_id, str query_id, bool persistent);
/* What all transient queries' groups of this service begin with. */
str name_transient_prefix(arena *a, str service_id);
/* suffix: the plan's ("Aggregate-GroupBy-repartition"). */
str name_internal_topic(arena *a, str group, uint32_t index, str suffix);
str name_changelog(arena *a, str group, uint32_t stage, str store);
str name_transactional_id(arena *a, str group, uint32_t stage, int32_t partition);
/* Ends with a zero byte. */
const char *name_snapshot(arena *a, const char *dir, str group, uint32_t stage, int32_t partition);

#endif
