/* SQL functions as a table: one row an overload, one C function behind it.
 *
 * Rows feed everything: resolution of calls, SHOW FUNCTIONS, DESCRIBE FUNCTION, the lists of
 * alternatives in error texts, the reference page. To add a function, write its C function in the
 * file of its family and add a row to that file's table (spec/functions.md gives the facts).
 */
#ifndef ENGINE_FUNC_FUNC_H
#define ENGINE_FUNC_FUNC_H

#include "base/arena.h"
#include "base/status.h"
#include "engine/expr/expr.h"
#include "engine/types/type.h"
#include "engine/types/value.h"

typedef struct func_call func_call;

/* args: evaluated arguments, NULLs included only with FN_NULLS (otherwise a NULL argument makes the
 * call NULL before the function is reached). Lambda arguments have no value: use func_lambda().
 * Results may point into the arguments or into cx->a. Fail with ectx_fail(). */
typedef value (*func_fn)(const func_call *f, ectx *cx, const value *args);
/* The result type when it depends on the arguments, whose types and literals stand in f by then; NULL + st
 * on refusal. */
typedef const type *(*func_returns)(arena *a, const func_call *f, status *st);
/* Runs once when the call is compiled: may precompute from literal arguments into f->state
 * (arguments that are literals: f->args[i]->kind == XN_LITERAL, f->args[i]->lit). */
typedef bool (*func_init)(arena *a, func_call *f, status *st);

enum {
    FN_NULLS = 1,    /* sees NULL arguments */
    FN_VOLATILE = 2, /* not a constant even when its arguments are */
    FN_NO_AUTHOR = 4 /* DESCRIBE FUNCTION shows no author (spec/functions.md 7) */
};

/* Where a user's function comes from (engine/udf). */
typedef struct func_origin {
    const char        *author, *version; /* "" when unknown */
    const char        *path;             /* of the library */
    const char *const *param_docs;       /* one a parameter; entries may be NULL */
} func_origin;

typedef struct func_row {
    const char *name;     /* registered spelling; looked up without regard to case */
    const char *category; /* as SHOW FUNCTIONS groups them */
    const char *doc;      /* of the function; repeated rows of a name may leave it NULL */
    /* Parameters as DESCRIBE prints them: "VARCHAR input, INT length", "T... values",
     * "ARRAY<T> array, LAMBDA (T) => BOOLEAN lambda", "INTERVAL UNIT unit", "" for none. A name that
     * is not one word stands in single quotes. */
    const char        *params;
    const char        *returns; /* "VARCHAR", "T", "ARRAY<T>"; with `computed` only what DESCRIBE prints */
    func_returns       computed;
    func_fn            fn;
    func_init          init;
    uint32_t           flags;
    const char        *variant_doc; /* what this overload does; may be NULL */
    const func_origin *origin;      /* NULL: built in */
} func_row;

/* A resolved call: bound at compile time, read-only while rows are processed. */
struct func_call {
    const func_row  *row;
    const type      *type;      /* of the result */
    const type     **arg_types; /* after implicit casts */
    const xnode    **args;      /* lambda arguments: the compiled body */
    uint32_t         arg_count;
    const uint32_t **lambda_slots; /* for lambda i: variable slots of its parameters; else NULL */
    void            *state;
};

/* The node that runs f, whose operands are f's arguments (of lambdas the bodies). f must outlive it. */
xnode *func_call_node(arena *a, func_call *f);
/* Runs lambda argument i on its inputs; V_ERR travels up. */
value func_lambda(const func_call *f, ectx *cx, uint32_t i, const value *inputs, uint32_t n);

/* The families, each a table ended by a row with name NULL (one line per file in func.c). */
extern const func_row func_math[], func_string[], func_mask[], func_encoding[], func_regexp[], func_json[],
    func_collection[], func_lambda_rows[], func_datetime[], func_conditional[], func_bytes[], func_url[], func_geo[];

/* ---- look-up (func.c, signature.c, resolve.c) */

#define PARAMS_MAX 32       /* of one overload */
#define LAMBDA_INPUTS_MAX 4 /* of one lambda */

/* Parsed parameter list of a row. */
typedef enum ptype_kind { P_TYPE, P_GENERIC, P_ANY, P_LAMBDA, P_UNIT } ptype_kind;
typedef struct ptype ptype;
struct ptype {
    ptype_kind    kind;
    type_kind     base;       /* P_TYPE */
    str           name;       /* P_GENERIC: T, K, ... */
    const ptype  *key, *elem; /* containers; P_LAMBDA: elem is the result */
    const ptype **inputs;     /* P_LAMBDA */
    uint32_t      input_count;
    const str    *field_names; /* P_TYPE T_STRUCT with fields */
    const ptype **fields;
    uint32_t      field_count;
    int32_t       precision, scale; /* DECIMAL in a result type, 0 = any */
};
typedef struct param {
    ptype *type;
    str    name;
    bool   variadic;
} param;
typedef struct overload {
    const void  *row; /* func_row, or an aggregate's or table function's row */
    const char  *name;
    param       *params;
    uint32_t     param_count;
    int32_t      variadic; /* index or -1 */
    const ptype *returns;
} overload;

/* Errors: ST_SQL with what is wrong with the text; the caller says where it stands. */
bool overload_parse(arena *a, const char *name, const char *params, const char *returns, const void *row, overload *out,
                    status *st);
const ptype *ptype_parse(arena *a, const char *text, status *st);
void         ptype_print(buf *out, const ptype *p);

typedef struct binding { /* type variables bound while a call was resolved */
    str         name;
    const type *type;
} binding;
typedef struct bindings {
    binding  b[8];
    uint32_t n;
} bindings;

/* Chooses among overloads for these argument types (spec/functions.md 1.4). A lambda argument is a
 * T_LAMBDA with input_count only; an untyped one (NULL, interval unit) is type_null.
 *
 * allow_casts   second pass with implicit casts (scalars, table functions; not aggregates)
 * upper_names   the alternatives in the error text print upper-case names (scalars)
 * shape_out     for each argument the parameter it fell on
 * Returns NULL with ST_SQL and the "does not accept"/"ambiguous" text. */
const overload *overload_resolve(arena *a, const overload *all, size_t n, const type **args, uint32_t arg_count,
                                 bool allow_casts, bool upper_names, const ptype **shape_out, bindings *bound,
                                 status *st);
/* The SQL type a parameter type stands for under these bindings; NULL + st when one is unbound. */
const type *ptype_instantiate(arena *a, const ptype *p, const bindings *bound, status *st);
/* What an argument of type t is cast to for parameter p: DECIMAL parameters take the digits of t. */
const type *ptype_cast_target(arena *a, const ptype *p, const type *t, const bindings *bound, status *st);
/* Binds the variables of p to the structure of t. */
bool ptype_bind(const ptype *p, const type *t, bindings *bound);

/* All overloads of a scalar function, any case; *n == 0 when there is no such function. */
const overload *func_find(str name, size_t *n);
/* The first row of every scalar function, by name; for SHOW FUNCTIONS. */
size_t func_names(arena *a, const func_row ***rows);
/* Adds a user's function; before any thread looks functions up. The row is kept. Errors: overload_parse(). */
bool func_add(const func_row *row, status *st);

#endif
