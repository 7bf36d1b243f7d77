/* The table of casts, for the compiler. */
#ifndef ENGINE_EXPR_CAST_H
#define ENGINE_EXPR_CAST_H

#include "engine/expr/expr.h"

/* v is not NULL. false: cx->err tells why. */
typedef bool (*cast_fn)(ectx *cx, const type *from, value v, const type *to, value *out);

/* NULL when the pair cannot be cast. */
cast_fn cast_find(const type *from, const type *to);

#endif
