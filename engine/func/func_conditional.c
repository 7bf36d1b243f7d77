/* COALESCE, IFNULL, NULLIF (spec/functions.md 3.2). */
#include "engine/func/func_int.h"

FN(coalesce)
{
    for (uint32_t i = 0; i < f->arg_count; i++)
        if (args[i].state == V_OK)
            return args[i];
    return VALUE_NULL;
}

FN(nullif)
{
    if (args[0].state == V_OK && args[1].state == V_OK && value_equal(f->type, args[0], args[1]))
        return VALUE_NULL;
    return args[0];
}

#define R(n, d, p, fun)                                                                                           \
    {                                                                                                             \
        .name = n, .category = "CONDITIONAL", .doc = d, .params = p, .returns = "T", .fn = fun, .flags = FN_NULLS \
    }

const func_row func_conditional[] = {
    R("COALESCE", "Returns the first argument that is not NULL.", "T first, T... others", coalesce),
    R("IFNULL", "Returns the expression, or the other value when it is NULL.", "T expression, T altValue", coalesce),
    R("NULLIF", "Returns NULL when both are equal, else the first.", "T expr1, T expr2", nullif),
    {0},
};
