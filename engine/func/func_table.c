/* EXPLODE, CUBE_EXPLODE (spec/functions.md 5). */
#include "engine/func/table_func.h"

#include "engine/func/func_int.h"

#define CUBE_COLUMNS_MAX 20 /* a million rows */

FN(explode)
{
    return args[0];
}

RETURNS(element)
{
    return f->arg_types[0]->elem;
}

FN(cube_explode)
{
    uint32_t d = args[0].n, at[CUBE_COLUMNS_MAX], k = 0;
    if (d > CUBE_COLUMNS_MAX)
        return ectx_fail(cx, "cube_explode: too many columns (%u); max is %d", d, CUBE_COLUMNS_MAX);
    for (uint32_t i = 0; i < d; i++)
        if (args[0].v[i].state == V_OK) /* a NULL adds nothing but itself */
            at[k++] = i;
    uint32_t rows = 1u << k;
    if ((size_t)rows * d > (size_t)FUNC_ARRAY_MAX * 8)
        return ectx_fail(cx, "cube_explode: too many rows");
    value *out = arena_alloc(cx->a, rows * sizeof *out);
    value *cells = arena_zalloc(cx->a, (size_t)rows * d * sizeof *cells); /* all NULL */
    for (uint32_t r = 0; r < rows; r++) {
        value *row = cells + (size_t)r * d;
        for (uint32_t i = 0; i < k; i++) /* the first column is the highest bit */
            if (r >> (k - 1 - i) & 1)
                row[at[i]] = args[0].v[at[i]];
        out[r] = value_v(row, d);
    }
    return value_v(out, rows);
}

#define R(n, d, p, r, fun, ...)                                                                       \
    {                                                                                                 \
        .name = n, .category = "TABLE", .doc = d, .params = p, .returns = r, .fn = fun, ##__VA_ARGS__ \
    }

const func_row func_table[] = {
    R("explode", "Gives one row for every element of an array.", "ARRAY<DECIMAL> input", "DECIMAL", explode,
      .computed = element),
    R("explode", NULL, "ARRAY<T> list", "T", explode),
    R("cube_explode", "Gives one row for every combination of the columns and NULLs in their places.",
      "ARRAY<T> columns", "ARRAY<T>", cube_explode),
    {0},
};
