/* The WHERE of a pull query: which keys and windows it asks for (spec/sql-language.md 5.9,
 * spec/processing-semantics.md 8.2). */
#ifndef ENGINE_PULL_WHERE_H
#define ENGINE_PULL_WHERE_H

#include "engine/catalog.h"
#include "engine/engine.h"
#include "parser/ast.h"

#define PULL_DISJUNCTS_MAX 4096 /* more: the whole table is scanned */

typedef struct pull_keys {
    bool    scan; /* no keys: all rows are looked at */
    value **keys; /* one array a look-up, in the order of the key columns */
    size_t  n;
    int64_t from, to; /* bounds of window starts */
} pull_keys;

/* where may be NULL; names in it are resolved to the table's columns. scans: table scans are allowed. */
bool pull_where(arena *a, ast_expr *where, const source *table, bool scans, pull_keys *out, status *st);

#endif
