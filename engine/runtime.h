/* The running side of the engine: worker threads and the tasks of all queries. */
#ifndef ENGINE_RUNTIME_H
#define ENGINE_RUNTIME_H

#include "engine/stmt.h"

typedef struct runtime runtime;

runtime *runtime_open(engine *e, status *st);
void     runtime_close(runtime *r);
/* Makes internal topics, restores state, schedules the tasks. */
bool runtime_start_query(runtime *r, query_info *q, status *st);
/* Stops the tasks; with forget the internal topics, offsets and state go too. */
void runtime_stop_query(runtime *r, str id, bool forget);

#endif
