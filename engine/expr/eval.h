/* The closures that compiled expressions run; what each needs of its node is said beside it. */
#ifndef ENGINE_EXPR_EVAL_H
#define ENGINE_EXPR_EVAL_H

#include "engine/expr/expr.h"

value ev_literal(const xnode *x, ectx *cx); /* lit */
value ev_column(const xnode *x, ectx *cx);  /* slot */
value ev_var(const xnode *x, ectx *cx);     /* slot */
value ev_catch(const xnode *x, ectx *cx);   /* args[0]; lit: what it is, for the log */

typedef enum arith_class { AR_INT, AR_LONG, AR_DOUBLE, AR_DECIMAL } arith_class;
xeval ev_arith(ast_op op, arith_class c); /* operands already of the class; decimals: own scales */
xeval ev_negate(arith_class c);
value ev_concat(const xnode *x, ectx *cx); /* two strings; NULL prints "null" */

typedef enum compare_class { CP_LONG, CP_DOUBLE, CP_DECIMAL, CP_STRING, CP_ANY } compare_class;
xeval ev_compare(ast_op op, compare_class c);
value ev_distinct(const xnode *x, ectx *cx); /* operands of one type */
value ev_distinct_number(const xnode *x, ectx *cx);

value ev_and(const xnode *x, ectx *cx);
value ev_or(const xnode *x, ectx *cx);
value ev_not(const xnode *x, ectx *cx);
value ev_between(const xnode *x, ectx *cx); /* args[0] into slot; the conditions args[1] and args[2] */
value ev_is_null(const xnode *x, ectx *cx);
value ev_is_not_null(const xnode *x, ectx *cx);
value ev_in(const xnode *x, ectx *cx);          /* args[0] IN args[1..], one type */
value ev_like(const xnode *x, ectx *cx);        /* lit: the escape character, NULL for none */
value ev_case(const xnode *x, ectx *cx);        /* as EX_CASE */
value ev_simple_case(const xnode *x, ectx *cx); /* as EX_SIMPLE_CASE, args[1], args[3] ... conditions; slot */

value ev_cast(const xnode *x, ectx *cx);       /* state: cast_fn */
value ev_cast_whole(const xnode *x, ectx *cx); /* the same, where no nested failure is caught */
value ev_null_text(const xnode *x, ectx *cx);  /* NULL as "null" */
value ev_int_to_double(const xnode *x, ectx *cx);
value ev_array(const xnode *x, ectx *cx);
value ev_map(const xnode *x, ectx *cx);
value ev_struct(const xnode *x, ectx *cx);
value ev_index(const xnode *x, ectx *cx);   /* array[i] */
value ev_map_get(const xnode *x, ectx *cx); /* map[k] */
value ev_field(const xnode *x, ectx *cx);   /* struct->slot */

#endif
