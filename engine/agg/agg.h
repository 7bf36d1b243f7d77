/* Aggregate functions (UDAFs): one row a variant in a table, as for scalars (spec/functions.md 4).
 *
 * An aggregate's state is an SQL value of the type state_type gives, so that the row encoding stores,
 * logs and restores it like any other. The functions take the state and give the new one; values they
 * return may point into the old state, the arguments or cx->a.
 */
#ifndef ENGINE_AGG_AGG_H
#define ENGINE_AGG_AGG_H

#include "engine/expr/expr.h"
#include "engine/func/func.h"
#include "engine/settings/settings.h"

typedef struct agg_call agg_call;

typedef struct agg_row {
    const char *name; /* registered spelling */
    const char *doc;
    const char *params, *returns; /* as func_row; initial arguments come last, see init_params */
    uint32_t    init_params;      /* how many of the params are literals given at the start */
    /* Types; computed from the argument types when not NULL, else `returns` is instantiated. */
    const type *(*state_type)(arena *a, const agg_call *c, status *st);
    const type *(*result_type)(arena *a, const agg_call *c, status *st);
    bool (*setup)(arena *a, agg_call *c, status *st); /* checks literals, sets c->state; may be NULL */
    value (*initial)(const agg_call *c, ectx *cx);
    value (*add)(const agg_call *c, ectx *cx, value state, const value *args);
    value (*merge)(const agg_call *c, ectx *cx, value a, value b);              /* of two sessions */
    value (*undo)(const agg_call *c, ectx *cx, value state, const value *args); /* NULL: streams only */
    value (*result)(const agg_call *c, ectx *cx, value state);                  /* NULL: the state is the result */
    uint32_t           flags;                                                   /* FN_NO_AUTHOR */
    const char        *variant_doc;                                             /* may be NULL */
    const func_origin *origin;                                                  /* NULL: built in */
} agg_row;

/* A resolved aggregate; read-only while rows are processed. V_ERR from a function is fatal for the
 * query (spec/functions.md 1.10). */
struct agg_call {
    const agg_row       *row;
    const type          *state_type, *result_type;
    const type         **arg_types; /* of the column arguments */
    uint32_t             arg_count;
    const value         *init_args; /* the literals */
    const type         **init_types;
    uint32_t             init_count;
    const bindings      *bound;    /* of type variables; only while the call is bound */
    void                *state;    /* setup's */
    const settings_view *settings; /* only while the call is bound */
};

bool agg_exists(str name);
/* All variants of a name; for messages and DESCRIBE. */
const overload *agg_find(str name, size_t *n);
/* Binds a call. args are the types of all arguments; literals[i] is the literal of argument i or
 * V_ERR when it is not one (then texts[i] is how it prints). v: settings, which functions may
 * ask for (spec/functions.md 4.1). */
agg_call *agg_bind(arena *a, str name, const type **args, uint32_t n, const value *literals, const str *texts,
                   const settings_view *v, status *st);
/* The first row of every aggregate, by name. */
size_t agg_names(arena *a, const agg_row ***rows);
/* As func_add(). */
bool agg_add(const agg_row *row, status *st);

extern const agg_row agg_basic[], agg_collect[], agg_distinct[], agg_offset[], agg_top[], agg_statistics[];

#endif
