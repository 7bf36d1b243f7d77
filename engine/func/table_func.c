/* Table functions: the index and their rows (spec/functions.md 5). */
#include "engine/func/table_func.h"

#include <pthread.h>

#define TABLE_FUNC_OVERLOADS_MAX 64

static struct {
    arena    a;
    overload list[TABLE_FUNC_OVERLOADS_MAX];
    size_t   n;
} idx;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
    arena_init(&idx.a);
    for (const func_row *r = func_table; r->name && idx.n < TABLE_FUNC_OVERLOADS_MAX; r++)
        overload_parse(&idx.a, r->name, r->params, r->returns, r, &idx.list[idx.n++]);
}

/* Rows of one name stand together in the table. */
const overload *table_func_find(str name, size_t *n)
{
    pthread_once(&once, build);
    const overload *first = NULL;
    *n = 0;
    for (size_t i = 0; i < idx.n; i++)
        if (str_eq_nocase(name, str_of(idx.list[i].name))) {
            if (first == NULL)
                first = &idx.list[i];
            ++*n;
        }
    return first;
}

bool table_func_exists(str name)
{
    size_t n;
    return table_func_find(name, &n) != NULL;
}

size_t table_func_names(arena *a, const func_row ***rows)
{
    pthread_once(&once, build);
    size_t n = 0;
    *rows = ARENA_ARRAY(a, const func_row *, idx.n + 1);
    for (size_t i = 0; i < idx.n; i++)
        if (i == 0 || strcmp(idx.list[i].name, idx.list[i - 1].name) != 0)
            (*rows)[n++] = idx.list[i].row;
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
            const type *t = ptype_instantiate(a, shape[i], &bound, st);
            cast[i] = t ? expr_cast(a, args[i], t, (xoptions){0}, st) : NULL;
            if (cast[i] == NULL)
                return NULL;
        }
        types[i] = cast[i]->type;
    }
    f->args = cast;
    f->arg_types = types;
    f->arg_count = n;
    const type *elem = f->row->computed ? f->row->computed(a, types, n, st)
                                        : ptype_instantiate(a, o->returns, &bound, st);
    if (elem == NULL)
        return NULL;
    f->type = type_array(a, elem);
    return f->row->init && !f->row->init(a, f, st) ? NULL : f;
}
