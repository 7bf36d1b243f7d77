/* The index of scalar functions: every family's table, grouped by name, built once. */
#include "engine/func/func.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

static const func_row *const families[] = {
    func_math,       func_string,      func_mask,     func_encoding,    func_regexp,   func_json,        func_collection,
    func_lambda_rows, func_datetime,   func_conditional, func_bytes,    func_url, func_geo,
};

typedef struct func_group { /* the overloads of one name, in the order of their rows */
    overload *list;
    size_t    n;
} func_group;

static struct {
    arena a;
    map   by_name; /* upper-case name -> func_group */
} idx;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add(const func_row *row)
{
    str         name = str_upper(&idx.a, str_of(row->name));
    func_group *g = map_get(&idx.by_name, name);
    if (g == NULL) {
        g = ARENA_NEW(&idx.a, func_group);
        map_put(&idx.by_name, name, g);
    }
    overload *bigger = ARENA_ARRAY(&idx.a, overload, g->n + 1);
    if (g->n)
        memcpy(bigger, g->list, g->n * sizeof *bigger);
    if (!overload_parse(&idx.a, row->name, row->params, row->returns, row, &bigger[g->n]))
        abort(); /* a row of ours that does not parse: the unit tests visit every one */
    g->list = bigger;
    g->n++;
}

static void build(void)
{
    arena_init(&idx.a);
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (const func_row *r = families[f]; r->name; r++)
            add(r);
}

const overload *func_find(str name, size_t *n)
{
    pthread_once(&once, build);
    arena a;
    arena_init(&a);
    func_group *g = map_get(&idx.by_name, str_upper(&a, name));
    arena_free(&a);
    *n = g ? g->n : 0;
    return g ? g->list : NULL;
}

bool func_exists(str name)
{
    size_t n;
    return func_find(name, &n) != NULL;
}

size_t func_names(arena *a, const func_row ***rows)
{
    pthread_once(&once, build);
    str *names = map_sorted_keys(&idx.by_name, a);
    *rows = ARENA_ARRAY(a, const func_row *, idx.by_name.n);
    size_t n = 0;
    for (size_t i = 0; i < idx.by_name.n; i++) {
        func_group     *g = map_get(&idx.by_name, names[i]);
        const func_row *row = g->list[0].row;
        if (!(row->flags & FN_HIDDEN))
            (*rows)[n++] = row;
    }
    return n;
}
