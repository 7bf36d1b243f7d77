/* Unification: the one type that a list of expressions can have: ARRAY[...], MAP(...), IN (spec/sql-language.md 3.7).
 */
#ifndef ENGINE_COMPILE_UNIFY_H
#define ENGINE_COMPILE_UNIFY_H

#include "engine/expr/expr.h"

typedef struct typed_expr {
    const ast_expr *e;
    const type     *t;
} typed_expr;

/* NULL + st when there is none. Nothing but NULL literals: &type_null. */
const type *unify_types(arena *a, const typed_expr *list, uint32_t n, status *st);

/* The value of a literal node; a negative number is one literal. */
value expr_literal_value(arena *a, const ast_expr *e, const type **t, status *st);

#endif
