/* Sets of values, and MAPs built entry by entry. All memory is the arena's. */
#ifndef ENGINE_TYPES_VALUE_SET_H
#define ENGINE_TYPES_VALUE_SET_H

#include "engine/types/value.h"

/* Values by value_equal(); NULL is a member like others. Members are borrowed. */
typedef struct value_set {
    const type *t;
    arena      *a;
    uint32_t   *slots; /* index + 1 into members */
    uint32_t    cap;
    value      *members; /* in the order they came */
    uint32_t    n, room;
} value_set;

void value_set_init(value_set *s, arena *a, const type *t, uint32_t expected);
/* The member's index; *added tells whether it is new. */
uint32_t value_set_add(value_set *s, value v, bool *added);
bool     value_set_has(const value_set *s, value v);

/* Builds a MAP value: of equal keys the last value wins, in the first one's place. */
typedef struct map_build {
    value_set keys;
    value    *entries;
} map_build;

void  map_build_init(map_build *m, arena *a, const type *key_type, uint32_t entries_max);
void  map_build_put(map_build *m, value k, value v);
value map_build_done(map_build *m, uint16_t flags);

#endif
