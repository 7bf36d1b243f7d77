/* Expressions: syntax trees compiled once into typed closures, then run per row without a type
 * dispatch, a look-up by name or a malloc.
 *
 * A compiled node is a function and its operands. Evaluating gives a value, or V_ERR with the reason
 * in ectx.err; what an error turns into (NULL, a dropped row) is the caller's rule
 * (spec/sql-language.md 5.2, spec/functions.md 1.10).
 */
#ifndef ENGINE_EXPR_EXPR_H
#define ENGINE_EXPR_EXPR_H

#include "base/arena.h"
#include "base/status.h"
#include "engine/types/type.h"
#include "engine/types/value.h"
#include "parser/ast.h"

#define EXPR_VARS_MAX 32 /* lambda arguments and CASE operands in one expression, over all nesting levels */
#define EXPR_ERR_MAX 512

typedef struct xnode xnode;
typedef struct ectx  ectx;
typedef value (*xeval)(const xnode *x, ectx *cx);

/* What evaluation needs; one per operator instance, used by one thread at a time. */
struct ectx {
    arena       *a;   /* results that need room are cut from here; the caller resets it */
    const value *row; /* columns, as in the layout the expression was compiled for */
    value        vars[EXPR_VARS_MAX];
    int64_t      now_ms;     /* wall clock for the functions that ask */
    bool         cast_whole; /* a part of a container that cannot be cast fails the cast; else it becomes NULL */
    /* Told of failures that were caught inside an expression (nested errors); may be NULL. */
    void (*on_nested_error)(void *ctx, const char *what, const char *msg);
    void *on_ctx;
    char  err[EXPR_ERR_MAX]; /* text of the last failure */
};

/* Sets the reason and gives V_ERR. */
value ectx_fail(ectx *cx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct func_call;

struct xnode {
    xeval             eval;
    const type       *type;
    const xnode     **args;
    uint32_t          arg_count;
    uint32_t          slot; /* column or variable */
    value             lit;  /* literals; also per-kind parameters */
    struct func_call *call;
    void             *state;
    bool              is_literal;
};

static inline value xnode_eval(const xnode *x, ectx *cx)
{
    return x->eval(x, cx);
}

/* ---- compiling */

/* One column that expressions can name. The planner rewrites every column reference into the name
 * that stands here (without qualifier) before it compiles. */
typedef struct xcolumn {
    str         name;
    const type *type;
} xcolumn;

typedef struct xscope {
    const xcolumn *columns;
    uint32_t       column_count;
} xscope;

typedef struct xoptions {
    bool catch_nested;   /* projections: a failing nested call, cast or element becomes NULL */
    bool null_as_text;   /* CAST of NULL to STRING gives the text "null" */
    bool no_null_concat; /* pull queries: NULL in a string + gives NULL instead of the text "null" */
} xoptions;

/* Compiles and types e. The tree must have had its names resolved. Memory: a, which must outlive
 * the node. Errors: ST_SQL with the bare text of spec 5 and 3; the caller adds its own prefix. */
const xnode *expr_compile(arena *a, const ast_expr *e, const xscope *scope, xoptions opt, status *st);
/* A cast of x to t; x itself when the types agree. */
const xnode *expr_cast(arena *a, const xnode *x, const type *t, xoptions opt, status *st);
const xnode *expr_column(arena *a, uint32_t slot, const type *t);
const xnode *expr_literal(arena *a, const type *t, value v);

/* Resolves a type name of the syntax tree. custom looks up user types; may be NULL. */
typedef const type *(*type_lookup)(void *ctx, str name);
const type *type_resolve(arena *a, const ast_type *t, type_lookup custom, void *ctx, status *st);

/* Value coercion of constants (spec 3.6): STRICT. *out lives in a. */
typedef enum coerce_mode { COERCE_STRICT, COERCE_LAX } coerce_mode;
bool value_coerce(arena *a, const type *from, value v, const type *to, coerce_mode mode, value *out, status *st);
/* Can a constant of type `from` be coerced to `to` at all? Result type may be wider (DECIMAL). */
const type *type_coercible(arena *a, const type *from, const type *to, coerce_mode mode);

/* Run-time casts used by functions too. false: err text set. */
bool value_cast(ectx *cx, const type *from, value v, const type *to, value *out);

#endif
