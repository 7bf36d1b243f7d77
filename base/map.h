/* A hash map from bytes to a pointer, for catalogs and indexes off the hot path.
 *
 * Keys are copied; values are borrowed. Open addressing, linear probing, at most 3/4 full.
 * Iteration order is unspecified: sort where it shows. Not thread safe.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

typedef struct map_slot {
    char    *key; /* owned copy; NULL when free */
    uint32_t key_n;
    uint64_t hash;
    void    *value;
} map_slot;

typedef struct map {
    map_slot *slots;
    size_t    cap; /* power of two, or 0 */
    size_t    n;   /* entries */
} map;

void  map_free(map *m);               /* frees keys, not values; m may be used again */
void *map_get(const map *m, str key); /* NULL when absent */
/* Adds or replaces; returns the value that stood there, or NULL. value must not be NULL. */
void *map_put(map *m, str key, void *value);
void *map_del(map *m, str key); /* the value taken out, or NULL */

/* for (size_t i = 0; map_next(m, &i, &key, &value);) ... ; no changes while iterating */
bool map_next(const map *m, size_t *at, str *key, void **value);

/* All keys in byte order, in an array of m->n from the arena. */
str *map_sorted_keys(const map *m, arena *a);

#endif
