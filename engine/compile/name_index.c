#include "engine/compile/name_index.h"

#include "base/num.h"

#define COLUMNS_MIN 32

static uint32_t *slot_of(const name_index *x, str name)
{
    uint32_t i = (uint32_t)hash_bytes(name.p, name.n) & (x->cap - 1);
    while (x->slots[i] && !str_eq(x->columns[x->slots[i] - 1].name, name))
        i = (i + 1) & (x->cap - 1);
    return &x->slots[i];
}

const name_index *name_index_new(arena *a, const xcolumn *columns, uint32_t n)
{
    if (n < COLUMNS_MIN)
        return NULL;
    name_index *x = ARENA_NEW(a, name_index);
    *x = (name_index){.columns = columns, .n = n, .cap = 64};
    while (x->cap < 2 * n)
        x->cap *= 2;
    x->slots = ARENA_ARRAY(a, uint32_t, x->cap);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t *s = slot_of(x, columns[i].name);
        if (*s == 0)
            *s = i + 1;
    }
    return x;
}

uint32_t name_index_find(const name_index *x, str name)
{
    uint32_t s = *slot_of(x, name);
    return s ? s - 1 : NAME_INDEX_NONE;
}
