/* A library as a user would write it. */
#include "udf.h"

static udf_value twice(udf_call *c, const udf_value *args)
{
    (void)c;
    return udf_int(args[0].i * 2);
}

static const udf_function functions[] = {
    {.kind = UDF_SCALAR,
     .name = "twice",
     .description = "Doubles a number.",
     .author = "somebody",
     .version = "2.1",
     .params = {{"BIGINT", "x", "the number"}},
     .returns = "BIGINT",
     .scalar = twice},
};

UDF_LIBRARY(functions)
