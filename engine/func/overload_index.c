#include "engine/func/overload_index.h"

#include <stdlib.h>

typedef struct group { /* the overloads of one name */
    overload *list;
    size_t    n;
} group;

bool overload_index_add(overload_index *x, const char *name, const char *params, const char *returns, const void *row,
                        status *st)
{
    overload one;
    if (!overload_parse(&x->a, name, params, returns, row, &one, st))
        return false;
    str    key = str_upper(&x->a, str_of(name));
    group *g = map_get(&x->by_name, key);
    if (g == NULL) {
        g = ARENA_NEW(&x->a, group);
        map_put(&x->by_name, key, g);
    }
    overload *bigger = ARENA_ARRAY(&x->a, overload, g->n + 1);
    if (g->n)
        memcpy(bigger, g->list, g->n * sizeof *bigger);
    bigger[g->n] = one;
    g->list = bigger;
    g->n++;
    return true;
}

void overload_index_build(overload_index *x, const char *name, const char *params, const char *returns, const void *row)
{
    status st;
    if (!overload_index_add(x, name, params, returns, row, &st))
        abort(); /* the unit tests visit every row */
}

const overload *overload_index_find(const overload_index *x, str name, size_t *n)
{
    arena a;
    arena_init(&a);
    const group *g = map_get(&x->by_name, str_upper(&a, name));
    arena_free(&a);
    *n = g ? g->n : 0;
    return g ? g->list : NULL;
}

size_t overload_index_rows(const overload_index *x, arena *a, const void ***rows)
{
    str *names = map_sorted_keys(&x->by_name, a);
    *rows = ARENA_ARRAY(a, const void *, x->by_name.n);
    for (size_t i = 0; i < x->by_name.n; i++)
        (*rows)[i] = ((const group *)map_get(&x->by_name, names[i]))->list[0].row;
    return x->by_name.n;
}
