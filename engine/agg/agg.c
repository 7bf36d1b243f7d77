/* The aggregate functions by name, and binding of calls. */
#include "engine/agg/agg.h"

#include <pthread.h>

#include "engine/func/overload_index.h"

static const agg_row *const families[] = {agg_basic, agg_collect, agg_distinct, agg_offset, agg_top, agg_statistics};

static overload_index idx;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (const agg_row *r = families[f]; r->name; r++)
            overload_index_build(&idx, r->name, r->params, r->returns, r);
}

bool agg_add(const agg_row *row, status *st)
{
    pthread_once(&once, build);
    return overload_index_add(&idx, row->name, row->params, row->returns, row, st);
}

const overload *agg_find(str name, size_t *n)
{
    pthread_once(&once, build);
    return overload_index_find(&idx, name, n);
}

bool agg_exists(str name)
{
    size_t n;
    return agg_find(name, &n) != NULL;
}

size_t agg_names(arena *a, const agg_row ***rows)
{
    pthread_once(&once, build);
    const void **all;
    size_t       n = overload_index_rows(&idx, a, &all);
    *rows = (const agg_row **)all;
    return n;
}

static bool bind_types(arena *a, agg_call *c, const overload *o, const bindings *bound, status *st)
{
    c->result_type = ptype_instantiate(a, o->returns, bound, st);
    if (c->row->result_type)
        c->result_type = c->row->result_type(a, c, st);
    if (c->result_type == NULL)
        return false;
    c->state_type = c->row->state_type ? c->row->state_type(a, c, st) : c->result_type;
    return c->state_type != NULL;
}

/* How many of n arguments are columns; a variadic parameter may be one of the literals. */
static uint32_t column_count(const overload *o, uint32_t init_params, uint32_t n)
{
    uint32_t columns = o->param_count - init_params;
    return o->variadic >= 0 && (uint32_t)o->variadic < columns ? n - init_params : columns;
}

/* The type of an untyped NULL: its parameter's, when that one is bound. */
static const type *null_type(arena *a, const ptype *p, const bindings *bound)
{
    status      unbound;
    const type *t = ptype_instantiate(a, p, bound, &unbound);
    return t ? t : &type_null;
}

agg_call *agg_bind(arena *a, str name, const type **args, uint32_t n, const value *literals, const str *texts,
                   const settings_view *v, status *st)
{
    size_t          count;
    const overload *all = agg_find(name, &count);
    const ptype   **shape = ARENA_ARRAY(a, const ptype *, n + 1);
    bindings        bound = {0};
    const overload *o = overload_resolve(a, all, count, args, n, false, false, shape, &bound, st);
    if (o == NULL)
        return NULL;
    agg_call *c = ARENA_NEW(a, agg_call);
    c->row = o->row;
    c->settings = v;
    c->bound = &bound;
    c->arg_count = column_count(o, c->row->init_params, n);
    c->init_count = n - c->arg_count;
    const type **types = ARENA_ARRAY(a, const type *, n + 1);
    for (uint32_t i = 0; i < c->arg_count; i++)
        types[i] = args[i]->kind == T_NULL ? null_type(a, shape[i], &bound) : args[i];
    c->arg_types = types;
    value       *inits = ARENA_ARRAY(a, value, c->init_count + 1);
    const type **init_types = ARENA_ARRAY(a, const type *, c->init_count + 1);
    for (uint32_t i = 0; i < c->init_count; i++) {
        uint32_t at = c->arg_count + i;
        if (literals[at].state == V_ERR) {
            arena tmp;
            arena_init(&tmp);
            status_set(st, ST_SQL,
                       "Parameter %u passed to function %.*s must be a literal constant, but was "
                       "expression: '%.*s'",
                       at + 1, STR_FMT(str_upper(&tmp, name)), STR_FMT(texts[at]));
            arena_free(&tmp);
            return NULL;
        }
        inits[i] = literals[at];
        init_types[i] = args[at];
    }
    c->init_args = inits;
    c->init_types = init_types;
    if (!bind_types(a, c, o, &bound, st))
        return NULL;
    bool ready = c->row->setup == NULL || c->row->setup(a, c, st);
    c->bound = NULL;
    return ready ? c : NULL;
}
