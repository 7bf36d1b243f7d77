/* Expressions by what they say: which of many, if any, equals one. Structure, names and literals count, as for
 * ast_expr_equal(). Memory: the arena. */
#ifndef ENGINE_PLAN_EXPR_SET_H
#define ENGINE_PLAN_EXPR_SET_H

#include "base/arena.h"
#include "parser/ast.h"

typedef struct expr_set {
    arena                *a;
    struct expr_set_slot *slots; /* open addressing, at most half full */
    uint32_t              cap, n;
} expr_set;

#define EXPR_SET_NONE UINT32_MAX

void expr_set_init(expr_set *s, arena *a);
/* The number that was given with an equal expression; EXPR_SET_NONE. */
uint32_t expr_set_find(const expr_set *s, const ast_expr *e);
/* The first of equal ones stays: its number, else `number`. */
uint32_t expr_set_add(expr_set *s, const ast_expr *e, uint32_t number);

#endif
