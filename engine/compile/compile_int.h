/* What the files of the compiler share. */
#ifndef ENGINE_COMPILE_COMPILE_INT_H
#define ENGINE_COMPILE_COMPILE_INT_H

#include "engine/compile/compile.h"

typedef struct lambda_var {
    str         name;
    const type *type;
    uint32_t    slot;
} lambda_var;

/* One expression being compiled. */
typedef struct xc {
    arena        *a;
    const xscope *scope;
    xoptions      opt;
    status       *st;
    lambda_var    vars[EXPR_VARS_MAX]; /* those in scope */
    uint32_t      var_count, slots_used;
    uint32_t      depth;
} xc;

#define REFUSE_AS(c, code, ...) (status_set((c)->st, code, __VA_ARGS__), (void *)NULL)
#define refuse(c, ...) REFUSE_AS(c, ST_SQL, __VA_ARGS__)
/* Faults that the reference finds only when it generates code, or that make the code it generates no code: other
 * prefixes apply (expr_name_fault). */
#define refuse_gen(c, ...) REFUSE_AS(c, ST_SQL_GEN, __VA_ARGS__)
#define refuse_code(c, ...) REFUSE_AS(c, ST_SQL_CODE, __VA_ARGS__)

/* NULL + c->st, as from all functions here that give a node. */
const xnode *compile(xc *c, const ast_expr *e);
const xnode *compile_call(xc *c, const ast_expr *e);

const xnode *cast_to(xc *c, const xnode *x, const type *t);
/* x where a failing part of a projection becomes NULL by itself and does not take the whole along. what: for the
 * processing log. */
const xnode *caught(xc *c, const xnode *x, const char *what);
/* A place in ectx.vars for a lambda's argument or an operand that is kept. Evaluation nests as the tree does: a place
 * is free for others as soon as what uses it is compiled. */
bool take_slot(xc *c, uint32_t *slot);
void give_slots(xc *c, uint32_t first); /* gives back the slots from `first` on */

#endif
