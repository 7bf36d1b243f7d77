/* What the families of functions share: how a function is written down, text (text_build.h). */
#ifndef ENGINE_FUNC_FUNC_INT_H
#define ENGINE_FUNC_FUNC_INT_H

#include "engine/func/func.h"
#include "engine/expr/text_build.h"

/* As TEXT_RESULT_MAX. */
#define FUNC_ARRAY_MAX ((int64_t)4 << 20) /* elements of one ARRAY result */

#define FN(name)                                                                                    \
    static value name(__attribute__((unused)) const func_call *f, __attribute__((unused)) ectx *cx, \
                      __attribute__((unused)) const value *args)
#define RETURNS(name) \
    static const type *name(__attribute__((unused)) arena *a, const func_call *f, __attribute__((unused)) status *st)

#endif
