/* Expressions at run time: typed closures, run per row without a type dispatch, a look-up by name or a
 * malloc. engine/compile makes them from syntax trees.
 *
 * A node is a function and its operands. Evaluating gives a value, or V_ERR with the reason in ectx.err;
 * what an error turns into (NULL, a dropped row) is the caller's rule (spec/sql-language.md 5.2,
 * spec/functions.md 1.10). Nodes are read-only once they are made: all tasks of a query share them.
 */
#ifndef ENGINE_EXPR_EXPR_H
#define ENGINE_EXPR_EXPR_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/status.h"
#include "engine/types/type.h"
#include "engine/types/value.h"
#include "parser/ast.h"

#define EXPR_VARS_MAX 32 /* lambda arguments and operands kept for later, in one expression, over all levels */
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
    /* Set by another thread: who loops over what records bring looks here and fails. NULL: nobody will. */
    const atomic_bool *stop;
    char               err[EXPR_ERR_MAX]; /* text of the last failure */
};

static inline bool ectx_stopped(const ectx *cx)
{
    return cx->stop && atomic_load_explicit(cx->stop, memory_order_relaxed);
}

/* Sets the reason and gives V_ERR. */
value ectx_fail(ectx *cx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* For those who look at an expression; who runs it asks eval alone. */
typedef enum xkind {
    XN_OPERATOR, /* all that none of the others is */
    XN_LITERAL,
    XN_COLUMN,
    XN_VAR,
    XN_FIELD,
    XN_CAST,
    XN_CALL,
    XN_CATCH /* makes a failure of its operand NULL */
} xkind;

struct xnode {
    xeval         eval;
    const type   *type;
    const xnode **args;
    uint32_t      arg_count;
    uint32_t      slot; /* of a column, a variable, a field */
    value         lit;  /* of a literal; also what the kinds keep (eval.h) */
    void         *state;
    xkind         kind;
};

static inline value xnode_eval(const xnode *x, ectx *cx)
{
    return x->eval(x, cx);
}

/* ---- making nodes; in a, which must outlive them */

/* With room for `args` operands, to be filled in. */
xnode       *xnode_new(arena *a, xkind kind, xeval eval, const type *t, uint32_t args);
const xnode *expr_column(arena *a, uint32_t slot, const type *t);
const xnode *expr_var(arena *a, uint32_t slot, const type *t);
const xnode *expr_literal(arena *a, const type *t, value v);

typedef enum cast_parts {
    CAST_PARTS_FAIL, /* a part of a container that cannot be cast fails the whole */
    CAST_PARTS_NULL  /* it becomes NULL */
} cast_parts;

/* A cast of x to t; x itself when the types agree. A literal is cast at once, unless that fails: then it
 * fails row by row. NULL + ST_SQL_GEN when there is no such cast. */
const xnode *expr_cast(arena *a, const xnode *x, const type *t, cast_parts parts, status *st);

/* ---- types and constants */

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
