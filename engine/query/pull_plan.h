/* The plan of a pull query on a table: made once, run often, also by several threads at once.
 *
 * A look-up by key whose keys are plain literals can be shared: its plan then leaves the keys out, and each run brings
 * its own.
 */
#ifndef ENGINE_QUERY_PULL_PLAN_H
#define ENGINE_QUERY_PULL_PLAN_H

#include <stdatomic.h>

#include "engine/query/pull_where.h"
#include "engine/query/query.h"
#include "parser/parser.h"

#define PULL_PARAMS_MAX 8 /* literals behind '=' in a query whose plan may be shared */

/* Memory that a run works with; kept for the next. */
typedef struct pull_scratch {
    arena                rows; /* of one row, or some */
    arena                work; /* of one run */
    ectx                 cx;
    value               *out; /* one a column */
    struct pull_scratch *next;
} pull_scratch;

/* Read-only but for the scratch. Counted. */
typedef struct pull {
    atomic_int       refs;
    arena            a;
    plan            *p; /* a source, perhaps a filter, a projection */
    const plan_node *src, *filter, *project;
    source          *table;
    query_info      *maker;     /* the query that materialises it */
    uint32_t        *from;      /* slot of the source's layout <- output of the maker's plan */
    uint32_t         key_count; /* columns of the key */
    pull_keys        keys;      /* when it is shared, one look-up without its key */
    const uint32_t  *params;    /* shared: which literal is the value of which column of the key; NULL: it is not */
    uint32_t         param_count;
    ast_kind        *param_kinds; /* of the literals, in the order of the text */
    bool             is_quick;    /* a few rows, and next to no work for each: it may run on an event loop */
    bool             is_constant; /* its keys are the same each time it runs: they are literals */
    query_columns    columns;
    int64_t          wait_ms; /* for a table that is being opened or restored */
    pthread_mutex_t  lock;    /* guards scratch */
    pull_scratch    *scratch;
    uint32_t         scratch_count;
} pull;

/* May the server, and this session, ask for it at all? Of tables and streams; told before anything is planned. */
bool pull_check(const query_env *e, const ast_query *q, status *st);

/* Plans q, which asks a table. NULL + st. */
pull *pull_prepare(const query_env *e, const ast_query *q, const source *table, status *st);
/* The same for all texts that differ in these literals alone; NULL: there is no such plan. */
pull *pull_prepare_shared(const query_env *e, const ast_query *q, const pull *alone, const parse_literal *literals,
                          uint32_t n);
pull *pull_ref(pull *p);
void  pull_release(pull *p); /* NULL is fine */

pull_scratch *pull_take_scratch(pull *p);
void          pull_give_scratch(pull *p, pull_scratch *s);

#endif
