/* What a start finds: the catalog as rows, or as the commands of a folder of format 1. */
#ifndef ENGINE_STMT_LOAD_H
#define ENGINE_STMT_LOAD_H

#include "engine/stmt/engine_int.h"

/* Loads the rows and publishes them; runs no statement and looks at no topic. Commands of format 1 become rows: they
 * are read once, statement by statement, without any of their effects. Errors: ST_IO, ST_CORRUPT, ST_INVALID_CONFIG. */
bool load_catalog(engine *e, status *st);
/* Tells the runtime what is desired. held: queries stay paused until they are resumed. */
bool load_start_queries(engine *e, bool held);

#endif
