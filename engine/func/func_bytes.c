/* CONVERSIONS: numbers from bytes (spec/functions.md 3.11). */
#include "base/num.h"
#include "engine/func/func_int.h"

/* The bytes as a big-endian number of `size` bytes in *out. */
static bool number(const func_call *f, ectx *cx, const value *args, uint32_t size, uint64_t *out)
{
    bool little = false;
    if (f->arg_count > 1) {
        little = str_eq_nocase(value_str(args[1]), STR("LITTLE_ENDIAN"));
        if (!little && !str_eq_nocase(value_str(args[1]), STR("BIG_ENDIAN"))) {
            ectx_fail(cx, "Byte order must be BIG_ENDIAN or LITTLE_ENDIAN. Unknown byte order '%.*s'.",
                      STR_FMT(value_str(args[1])));
            return false;
        }
    }
    if (args[0].n != size) {
        ectx_fail(cx, "Number of bytes must be equal to %u, but found %u", size, args[0].n);
        return false;
    }
    *out = size == 4 ? be_get32(args[0].p) : be_get64(args[0].p);
    if (little)
        *out = size == 4 ? __builtin_bswap32((uint32_t)*out) : __builtin_bswap64(*out);
    return true;
}

FN(int_from_bytes)
{
    uint64_t u;
    return number(f, cx, args, 4, &u) ? value_i((int32_t)(uint32_t)u) : VALUE_ERR;
}

FN(bigint_from_bytes)
{
    uint64_t u;
    return number(f, cx, args, 8, &u) ? value_i((int64_t)u) : VALUE_ERR;
}

FN(double_from_bytes)
{
    uint64_t u;
    double   d;
    if (!number(f, cx, args, 8, &u))
        return VALUE_ERR;
    memcpy(&d, &u, sizeof d);
    return value_d(d);
}

#define ROWS(n, d, r, fun)                                                                                        \
    {.name = n, .category = "CONVERSIONS", .doc = d, .params = "BYTES value", .returns = r, .fn = fun},           \
    {                                                                                                             \
        .name = n, .category = "CONVERSIONS", .params = "BYTES value, VARCHAR byteOrder", .returns = r, .fn = fun \
    }

const func_row func_bytes[] = {
    ROWS("bigint_from_bytes", "Makes a BIGINT of 8 bytes.", "BIGINT", bigint_from_bytes),
    ROWS("double_from_bytes", "Makes a DOUBLE of 8 bytes.", "DOUBLE", double_from_bytes),
    ROWS("int_from_bytes", "Makes an INT of 4 bytes.", "INT", int_from_bytes),
    {0},
};
