/* A persistent query as the catalog keeps it: what it does, what it was made with, and what is desired of it.
 *
 * Immutable once published and counted, so that a version of the catalog, a plan and the running tasks may hold on to
 * it. All that the statement resolved stands here: a start plans it again from `reads`, `sink` and `properties` alone
 * and looks at nothing that may have changed since (settings, topics, the sources' later columns).
 */
#ifndef ENGINE_RUN_QUERY_INFO_H
#define ENGINE_RUN_QUERY_INFO_H

#include "base/map.h"
#include "engine/plan/catalog.h"
#include "engine/plan/plan.h"

/* Grows when the planner makes another plan of the same statement, so that kept state can be told apart. */
#define PLANNER_VERSION 1

typedef enum query_kind {
    QUERY_AS,          /* CREATE ... AS SELECT */
    QUERY_INSERT,      /* INSERT INTO ... SELECT */
    QUERY_SOURCE_TABLE /* CREATE SOURCE TABLE: keeps the rows and writes nowhere */
} query_kind;

typedef struct query_info {
    arena              a;
    int                refs;
    struct query_info *base; /* holds all but `paused`; NULL: this one does */
    query_kind         kind;
    str                id;
    int64_t            seq;   /* of the statement: the order of creation */
    str                sql;   /* the statement, as SHOW QUERIES tells it */
    str                text;  /* the statement that is planned: sql, or what stands for it */
    catalog            cat;   /* the sources it reads and the types it names, as they were when it was made */
    source           **reads; /* the sources of cat, left to right, each once; borrowed from it */
    uint32_t           read_count;
    source            *sink;       /* as it was; topic.n = 0 with QUERY_SOURCE_TABLE; referenced */
    map                properties; /* of the session that made it: name -> str * */
    map                settings;   /* the server's, where they decide what the statement means: name -> str * */
    plan              *plan;       /* NULL: it could not be planned, `fault` says why */
    str                fault;
    bool               paused; /* desired */
} query_info;

query_info *query_info_new(void); /* refs 1, empty */
query_info *query_info_ref(query_info *q);
void        query_info_unref(query_info *q); /* NULL is fine */
/* The same query, to be paused or not. */
query_info *query_info_paused(query_info *q, bool paused);
/* Adds to properties or settings; the texts are copied. */
void query_info_put(query_info *q, map *m, str name, str text);
/* Adds a source that it reads; takes over one reference. */
void query_info_add_read(query_info *q, source *s);
/* Does it read the source of that name? */
bool query_info_reads(const query_info *q, str source_name);
/* May users see it in lists and control it? Those of source tables not. */
static inline bool query_info_is_visible(const query_info *q)
{
    return q->kind != QUERY_SOURCE_TABLE;
}

#endif
