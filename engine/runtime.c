#include "engine/runtime.h"

runtime *runtime_open(engine *e, status *st)
{
    (void)e;
    status_set(st, ST_INTERNAL, "no runtime");
    return NULL;
}

void runtime_close(runtime *r)
{
    (void)r;
}

bool runtime_start_query(runtime *r, query_info *q, status *st)
{
    (void)r;
    (void)q;
    return status_set(st, ST_INTERNAL, "no runtime");
}

void runtime_stop_query(runtime *r, str id, bool forget)
{
    (void)r;
    (void)id;
    (void)forget;
}
