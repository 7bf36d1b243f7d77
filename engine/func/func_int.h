/* What the families of functions share: how a function is written down, text (text_build.h), sets of
 * values.
 */
#ifndef ENGINE_FUNC_FUNC_INT_H
#define ENGINE_FUNC_FUNC_INT_H

#include "engine/func/func.h"
#include "engine/func/text_build.h"

/* As FUNC_TEXT_MAX. */
#define FUNC_ARRAY_MAX ((int64_t)4 << 20) /* elements of one ARRAY result */

#define FN(name)                                                                                    \
    static value name(__attribute__((unused)) const func_call *f, __attribute__((unused)) ectx *cx, \
                      __attribute__((unused)) const value *args)
#define RETURNS(name) \
    static const type *name(__attribute__((unused)) arena *a, const func_call *f, __attribute__((unused)) status *st)

/* ---- sets of values (value_set.c) */

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
