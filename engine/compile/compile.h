/* Compiling: from syntax trees to typed closures (engine/expr/expr.h), once per expression. */
#ifndef ENGINE_COMPILE_COMPILE_H
#define ENGINE_COMPILE_COMPILE_H

#include "engine/expr/expr.h"

/* One column that expressions can name. The planner rewrites every column reference into the name
 * that stands here (without qualifier) before it compiles. */
typedef struct xcolumn {
    str         name;
    const type *type;
} xcolumn;

typedef struct name_index name_index; /* name_index.h */

typedef struct xscope {
    const xcolumn    *columns;
    uint32_t          column_count;
    const name_index *index; /* of the columns; NULL: they are looked through */
} xscope;

typedef struct xoptions {
    bool catch_nested; /* projections: a failing nested call, cast or element becomes NULL */
    bool null_as_text; /* CAST of NULL to STRING gives the text "null" */
} xoptions;

/* Compiles and types e. The tree must have had its names resolved. Memory: a, which must outlive
 * the node. Errors: ST_SQL with the bare text of spec 5 and 3; ST_SQL_GEN and ST_SQL_CODE for what the reference finds
 * only when it generates code, without the prefix that expr_name_fault() gives them. */
const xnode *expr_compile(arena *a, const ast_expr *e, const xscope *scope, xoptions opt, status *st);
/* Puts before such a fault what it is, with the clause it was found in ("Select"; NULL: none). Others stay. */
void expr_name_fault(status *st, const char *clause);

#endif
