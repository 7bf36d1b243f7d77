/* The WHERE of a pull query: which keys and windows it asks for (spec/sql-language.md 5.9,
 * spec/processing-semantics.md 8.2). */
#ifndef ENGINE_QUERY_PULL_WHERE_H
#define ENGINE_QUERY_PULL_WHERE_H

#include "engine/plan/catalog.h"
#include "engine/engine.h"
#include "parser/ast.h"

#define PULL_DISJUNCTS_MAX 4096 /* more: the whole table is scanned */

typedef struct pull_keys {
    bool    scan; /* no keys: all rows are looked at */
    value **keys; /* one array a look-up, in the order of the key columns */
    size_t  n;
    int64_t from, to; /* bounds of window starts */
    bool    literal;  /* the keys are literals: the same each time */
} pull_keys;

typedef struct pull_scans {
    bool table; /* all rows may be looked at */
    bool range; /* those of a range of one STRING or BYTES key; read as a scan of the table */
} pull_scans;

/* where may be NULL; names in it are resolved to the table's columns. */
bool pull_where(arena *a, ast_expr *where, const source *table, pull_scans scans, pull_keys *out, status *st);
/* What LIKE may stand between, told before types are checked. where may be NULL. */
bool pull_check_likes(ast_expr *where, const source *table, status *st);

#endif
