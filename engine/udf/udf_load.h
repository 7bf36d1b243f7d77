/* Loading of users' functions (engine/udf.h) from shared libraries. */
#ifndef ENGINE_UDF_UDF_LOAD_H
#define ENGINE_UDF_UDF_LOAD_H

#include "base/status.h"
#include "engine/udf.h"

/* Loads one library, or every *.so of a folder in the order of their names, and adds its functions to those that
 * statements find. A library is taken whole or not at all; it stays for the life of the process.
 *
 * errors   ST_NOT_FOUND, ST_INVALID_CONFIG: file, row, reason and what to do
 * threads  before any statement is run; not at the same time as other calls of this header
 */
bool udf_load(const char *path, status *st);

/* The same for a library that is in memory already; path: how messages and DESCRIBE FUNCTION name it. Both must last.
 */
bool udf_register(const udf_library *library, const char *path, status *st);

#endif
