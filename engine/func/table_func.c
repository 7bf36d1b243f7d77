/* The table functions by name, and binding of calls (spec/functions.md 5). */
#include "engine/func/table_func.h"

#include <pthread.h>

#include "engine/func/overload_index.h"

static overload_index idx;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
    for (const func_row *r = func_table; r->name; r++)
        overload_index_build(&idx, r->name, r->params, r->returns, r);
}

bool table_func_add(const func_row *row, status *st)
{
    pthread_once(&once, build);
    return overload_index_add(&idx, row->name, row->params, row->returns, row, st);
}

const overload *table_func_find(str name, size_t *n)
{
    pthread_once(&once, build);
    return overload_index_find(&idx, name, n);
}

bool table_func_exists(str name)
{
    size_t n;
    return table_func_find(name, &n) != NULL;
}

size_t table_func_names(arena *a, const func_row ***rows)
{
    pthread_once(&once, build);
    const void **all;
    size_t       n = overload_index_rows(&idx, a, &all);
    *rows = (const func_row **)all;
    return n;
}

func_call *table_func_bind(arena *a, str name, const xnode **args, uint32_t n, status *st)
{
    size_t          count;
    const overload *all = table_func_find(name, &count);
    const type    **types = ARENA_ARRAY(a, const type *, n + 1);
    const ptype   **shape = ARENA_ARRAY(a, const ptype *, n + 1);
    bindings        bound = {0};
    for (uint32_t i = 0; i < n; i++)
        types[i] = args[i]->type;
    const overload *o = overload_resolve(a, all, count, types, n, true, false, shape, &bound, st);
    if (o == NULL)
        return NULL;
    func_call    *f = ARENA_NEW(a, func_call);
    const xnode **cast = ARENA_ARRAY(a, const xnode *, n + 1);
    f->row = o->row;
    for (uint32_t i = 0; i < n; i++) {
        cast[i] = args[i];
        if (shape[i]->kind == P_TYPE && shape[i]->base != args[i]->type->kind) {
            const type *t = ptype_cast_target(a, shape[i], args[i]->type, &bound, st);
            cast[i] = t ? expr_cast(a, args[i], t, CAST_PARTS_FAIL, st) : NULL;
            if (cast[i] == NULL)
                return NULL;
        }
        types[i] = cast[i]->type;
    }
    f->args = cast;
    f->arg_types = types;
    f->arg_count = n;
    const type *elem = f->row->computed ? f->row->computed(a, f, st) : ptype_instantiate(a, o->returns, &bound, st);
    if (elem == NULL)
        return NULL;
    f->type = type_array(a, elem);
    return f->row->init && !f->row->init(a, f, st) ? NULL : f;
}
