/* Columns by name, for scopes that are too wide to be searched: the first of each name. Memory: the arena. */
#ifndef ENGINE_COMPILE_NAME_INDEX_H
#define ENGINE_COMPILE_NAME_INDEX_H

#include "base/arena.h"
#include "engine/compile/compile.h"

#define NAME_INDEX_NONE UINT32_MAX

struct name_index {
    const xcolumn *columns;
    uint32_t       n, cap;
    uint32_t      *slots; /* index + 1; 0: free; open addressing, at most half full */
};

/* NULL: there are so few that looking through them is as fast. */
const name_index *name_index_new(arena *a, const xcolumn *columns, uint32_t n);
uint32_t          name_index_find(const name_index *x, str name);

#endif
