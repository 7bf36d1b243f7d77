/* Overloads by name: what scalar, table and aggregate functions have in common. An index is filled at
 * the start, from tables of rows and then from users' libraries, and read-only from then on. */
#ifndef ENGINE_FUNC_OVERLOAD_INDEX_H
#define ENGINE_FUNC_OVERLOAD_INDEX_H

#include "base/map.h"
#include "engine/func/func.h"

typedef struct overload_index {
    arena a;
    map   by_name; /* upper-case name -> its overloads in the order of their rows */
} overload_index;

/* row: what overload.row will say. Nothing is added when the row does not parse: overload_parse()'s errors. */
bool overload_index_add(overload_index *x, const char *name, const char *params, const char *returns, const void *row,
                        status *st);
/* The same for rows of our own: one that does not parse is a fault of ours and stops the process. */
void overload_index_build(overload_index *x, const char *name, const char *params, const char *returns,
                          const void *row);
/* All overloads of a name, any case; NULL and *n == 0 when there is none. */
const overload *overload_index_find(const overload_index *x, str name, size_t *n);
/* The first row of every name, by name. */
size_t overload_index_rows(const overload_index *x, arena *a, const void ***rows);

#endif
