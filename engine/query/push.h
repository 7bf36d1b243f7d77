/* Queries that go on: push queries, pull queries on streams, PRINT. */
#ifndef ENGINE_QUERY_PUSH_H
#define ENGINE_QUERY_PUSH_H

#include "engine/query/query.h"

/* A SELECT that runs a plan without a sink. bounded: a pull query on a stream, which ends with what is there now. */
bool push_start(const query_env *e, const ast_query *q, bool bounded, const query_listener *l, push_query **out,
                status *st);
/* PRINT. *missing: the topic, when that is what is wrong. */
bool print_start(const query_env *e, const ast_stmt *s, const query_listener *l, push_query **out, str *missing,
                 status *st);

/* Does a query of that id run? */
bool push_exists(query_hub *h, str id);
/* Its listener is told that it is complete. false: there is none. */
bool push_end(query_hub *h, str id);

#endif
