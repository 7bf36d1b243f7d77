/* One version of the catalog: sources, types, queries, what ALTER SYSTEM set.
 *
 * Immutable once published and counted. A statement changes a copy, which costs nothing and shares what did not
 * change (base/pmap.h), and the copy takes the old one's place: whoever reads goes on with the version he found and
 * waits for no statement.
 */
#ifndef ENGINE_RUN_METASTORE_H
#define ENGINE_RUN_METASTORE_H

#include <stdatomic.h>

#include "engine/plan/catalog.h"
#include "engine/run/query_info.h"
#include "engine/settings/settings.h"

typedef struct metastore {
    _Atomic int refs;
    uint64_t    version; /* grows with each that is published */
    catalog     cat;
    pmap        queries;  /* id -> query_info * */
    pmap        system;   /* ALTER SYSTEM: a layer of settings (settings_system_put) */
    int64_t     next_seq; /* of the next statement that is kept */
    map         topics;   /* of a copy that is being changed: topics that will be made: name -> int32_t * partitions */
} metastore;

metastore *metastore_new(void); /* refs 1, empty */
metastore *metastore_copy(const metastore *from);
metastore *metastore_ref(metastore *m);
void       metastore_release(metastore *m);

query_info *metastore_query(const metastore *m, str id); /* borrowed; NULL: unknown */
/* Sorted by id; by the order of creation. m->queries.n of them, in the arena. */
query_info **metastore_queries(const metastore *m, arena *a);
query_info **metastore_queries_in_order(const metastore *m, arena *a);
/* Sorted by name; m->cat.sources.n of them. */
source **metastore_sources(const metastore *m, arena *a);

#endif
