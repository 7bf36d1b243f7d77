/* The common type of a list of expressions: ARRAY[...], MAP(...), IN (spec/sql-language.md 3.7). */
#ifndef ENGINE_EXPR_COMMON_TYPE_H
#define ENGINE_EXPR_COMMON_TYPE_H

#include "engine/expr/expr.h"

typedef struct typed_expr {
    const ast_expr *e;
    const type     *t;
} typed_expr;

/* NULL + st when there is none. All NULL literals: &type_null. */
const type *common_type(arena *a, const typed_expr *list, uint32_t n, status *st);

bool expr_is_literal(const ast_expr *e);
/* The value of a literal node; a negative number is one literal. */
value expr_literal_value(arena *a, const ast_expr *e, const type **t, status *st);

#endif
