/* The catalog's entries as rows that are kept (storage/kept.h): JSON with a version in each.
 *
 *     kind     name         body
 *     source   its name     columns, formats, features, window, timestamp, topic with id and partitions, statement
 *     type     its name     the SQL type
 *     query    its id       statement, settings, the sources and types it was made from, paused or not
 *     system   setting      the value that ALTER SYSTEM gave
 *     leaving  query id     a query that was dropped and whose topics and offsets are still to go
 *     seq      ""           number of the next statement that is kept
 *
 * A row is read by every later program; a new field has a default for rows that lack it, and a change of meaning
 * raises ROW_VERSION. Threads: any.
 */
#ifndef ENGINE_STMT_CATALOG_ROWS_H
#define ENGINE_STMT_CATALOG_ROWS_H

#include "engine/run/metastore.h"
#include "storage/kept.h"

#define ROW_VERSION 1

/* Memory: the arena. */
kept_row row_of_source(arena *a, const source *s);
kept_row row_of_type(arena *a, str name, const type *t);
kept_row row_of_query(arena *a, const query_info *q);
kept_row row_of_system(arena *a, str name, str set);
kept_row row_of_leaving(arena *a, str query_id);
kept_row row_of_seq(arena *a, int64_t next);
/* The row goes. */
kept_row row_gone(const char *kind, str name);

/* Reads all rows into m, which is empty; `leaving` gets the ids of queries to be forgotten. Queries have no plan yet.
 * Errors: ST_CORRUPT, naming the row; ST_INVALID_CONFIG for one of a newer version. */
bool rows_load(metastore *m, const kept_row *rows, size_t n, arena *a, str **leaving, size_t *leaving_count,
               status *st);

#endif
