/* Plans of pull queries that are kept, so that a query that is asked again is neither parsed nor planned.
 *
 *     workload: 10^4 to 10^5 look-ups by key a second, from a few texts that differ in the key alone; a change of the
 *     catalog now and then, after which everything is planned anew.
 *
 * An entry is known by the text, what the session has set, and the version of the catalog. In the text, literals behind
 * '=' are left out where the plan is shared by all of them (pull_plan.h). All entries are of one version: the first who
 * comes with a newer one empties the cache. Beyond PULLS_KEPT_MAX the entry goes that was not asked for the longest.
 *
 * Threads: any; the lock is held for a look-up, never while something is planned or runs.
 */
#ifndef ENGINE_QUERY_PULL_CACHE_H
#define ENGINE_QUERY_PULL_CACHE_H

#include "engine/query/pull_plan.h"

#define PULLS_KEPT_MAX 256
#define PULL_TEXT_MAX 4096 /* bytes of text and settings; longer ones are not kept */

typedef struct pull_cache pull_cache;

pull_cache *pull_cache_new(void);
void        pull_cache_free(pull_cache *c);

/* What a text is known by. Borrows the text and the arena. */
typedef struct pull_text {
    bool          keepable;
    str           whole, shape; /* with and without the literals; equal when there are none */
    parse_literal literals[PULL_PARAMS_MAX];
    uint32_t      n;
} pull_text;
void pull_text_read(pull_text *t, arena *a, str text, const session *s);

/* A reference to the plan, or NULL. */
pull *pull_cache_find(pull_cache *c, const pull_text *t, const metastore *m);
/* Keeps the plan, for all texts of the shape when it is shared. Takes no reference over. */
void pull_cache_put(pull_cache *c, const pull_text *t, const metastore *m, pull *p);

/* The literals as a shared plan takes them; in the arena. */
const value *pull_text_params(const pull_text *t, arena *a);

#endif
