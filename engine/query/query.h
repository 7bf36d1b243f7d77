/* SELECT and PRINT: what queries stand on and share. */
#ifndef ENGINE_QUERY_QUERY_H
#define ENGINE_QUERY_QUERY_H

#include <pthread.h>

#include "base/clock.h"
#include "base/vec.h"
#include "engine/engine.h"
#include "engine/plan/plan.h"
#include "engine/run/metastore.h"
#include "engine/run/runtime.h"

struct pull_cache;

/* What the queries of an engine share. Made and freed with it. */
typedef struct query_hub {
    tlog                  *log;
    runtime               *run;   /* NULL: this engine runs no queries */
    struct processing_log *plog;  /* NULL: none is kept */
    const timesource      *clock; /* of answers */
    struct pull_cache     *pulls; /* plans of pull queries that are kept */
    pthread_mutex_t        lock;  /* guards pushes */
    VEC(push_query *) pushes;     /* those that run; PRINT is one */
    uint64_t pull_count;          /* answered; atomic */
} query_hub;

/* What one query stands on, given by the statement. */
typedef struct query_env {
    query_hub     *hub;
    metastore     *m; /* the version of the catalog; borrowed */
    const session *s;
    settings_view  settings;
    str            text; /* that was parsed */
} query_env;

void query_hub_init(query_hub *h);
void query_hub_free(query_hub *h); /* no query runs any more */

/* How a query of this environment is planned. e must live as long as the plan is being made. */
plan_options query_plan_options(const query_env *e);

/* What listeners are told of a plan's columns, without an id; in the arena, from which it borrows names and types of
 * the plan. table: whose key columns are marked (pull queries on tables), or NULL. */
query_columns query_columns_of(const plan *p, const source *table, arena *a);

/* Pseudo columns that some queries cannot have. */
typedef struct query_pseudo {
    bool partition, offset;
} query_pseudo;
void query_find_pseudo(ast_expr *e, query_pseudo *found); /* adds; e may be NULL */

#endif
