/* A second one, for folders. */
#include "udf.h"

static udf_value thrice(udf_call *c, const udf_value *args)
{
    (void)c;
    return udf_int(args[0].i * 3);
}

static const udf_function functions[] = {
    {.kind = UDF_SCALAR,
     .name = "thrice",
     .description = "Triples a number.",
     .author = "somebody",
     .version = "2.1",
     .params = {{"BIGINT", "x", "the number"}},
     .returns = "BIGINT",
     .scalar = thrice},
};

UDF_LIBRARY(functions)
