/* The scalar functions by name: every family's table, read once. */
#include "engine/func/func.h"

#include <pthread.h>

#include "engine/func/overload_index.h"

static const func_row *const families[] = {
    func_math,        func_string,   func_mask,        func_encoding, func_regexp, func_json, func_collection,
    func_lambda_rows, func_datetime, func_conditional, func_bytes,    func_url,    func_geo,
};

static overload_index idx;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (const func_row *r = families[f]; r->name; r++)
            overload_index_build(&idx, r->name, r->params, r->returns, r);
}

bool func_add(const func_row *row, status *st)
{
    pthread_once(&once, build);
    return overload_index_add(&idx, row->name, row->params, row->returns, row, st);
}

const overload *func_find(str name, size_t *n)
{
    pthread_once(&once, build);
    return overload_index_find(&idx, name, n);
}

size_t func_names(arena *a, const func_row ***rows)
{
    pthread_once(&once, build);
    const void **all;
    size_t       n = overload_index_rows(&idx, a, &all);
    *rows = (const func_row **)all;
    return n;
}
