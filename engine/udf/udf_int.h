/* What the files of engine/udf share. */
#ifndef ENGINE_UDF_UDF_INT_H
#define ENGINE_UDF_UDF_INT_H

#include "engine/agg/agg.h"
#include "engine/func/func.h"
#include "engine/udf.h"

/* One row of a library as the indexes of functions hold it. */
typedef struct user_row {
    union { /* first: overload.row points here */
        func_row func;
        agg_row  agg;
    };
    const udf_function *def;
    const ptype        *returns, *state; /* state: of aggregates with a state_text */
    func_origin         origin;
} user_row;

/* A call in a statement: func_call.state and agg_call.state. */
typedef struct user_call {
    udf_site            site;
    const udf_function *def;
    const func_call    *f; /* scalar and table functions */
    const type         *result_type, *state_type;
} user_call;

/* ---- site.c: binding a call */

/* A type that a library made; NULL + st when it is none. */
const type *udf_type_read(arena *a, const udf_type *t, status *st);

/* func_row.computed (for rows with a result_type), .init; agg_row.result_type (likewise), .state_type, .setup. */
const type *user_func_returns(arena *a, const func_call *f, status *st);
bool        user_func_init(arena *a, func_call *f, status *st);
const type *user_agg_returns(arena *a, const agg_call *c, status *st);
const type *user_agg_state(arena *a, const agg_call *c, status *st);
bool        user_agg_setup(arena *a, agg_call *c, status *st);

/* ---- call.c: running it */

extern const udf_host user_host;

value user_func(const func_call *f, ectx *cx, const value *args);
value user_agg_initial(const agg_call *c, ectx *cx);
value user_agg_add(const agg_call *c, ectx *cx, value state, const value *args);
value user_agg_merge(const agg_call *c, ectx *cx, value a, value b);
value user_agg_undo(const agg_call *c, ectx *cx, value state, const value *args);
value user_agg_result(const agg_call *c, ectx *cx, value state);

static inline udf_value to_user(value v)
{
    udf_value u;
    memcpy(&u, &v, sizeof u);
    return u;
}

static inline value from_user(udf_value u)
{
    value v;
    memcpy(&v, &u, sizeof v);
    return v;
}

#endif
