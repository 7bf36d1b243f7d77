/* Running a pull query on a table (spec/processing-semantics.md 8). */
#ifndef ENGINE_QUERY_PULL_H
#define ENGINE_QUERY_PULL_H

#include "engine/query/pull_plan.h"

/* One run of a plan. */
typedef struct pull_run {
    query_hub            *hub;
    pull                 *p;
    const value          *params; /* when the plan is shared: the literals, in the order of the text */
    const query_listener *l;
    bool                  may_wait; /* for the table to be opened or restored; for the listener */
} pull_run;

/* Gives the rows to the listener, on the caller's thread, and ends it. false + st: the listener was not ended, and what
 * it was given, if anything, counts for nothing. Errors: ST_NOT_READY: where it may not wait, run it again where it
 * may. */
bool pull_execute(const pull_run *r, status *st);

#endif
