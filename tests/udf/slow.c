/* Functions that take their time, for tests of what others notice of it. */
#include <unistd.h>

#include "udf.h"

static udf_value nap(udf_call *c, const udf_value *args)
{
    (void)c;
    usleep((useconds_t)args[0].i * 1000);
    return args[0];
}

static udf_value for_ever(udf_call *c, const udf_value *args)
{
    (void)c;
    while (args[0].i >= 0)
        sleep(1);
    return args[0];
}

static const udf_function functions[] = {
    {.kind = UDF_SCALAR,
     .name = "nap",
     .description = "Takes so many milliseconds.",
     .params = {{"BIGINT", "ms", ""}},
     .returns = "BIGINT",
     .scalar = nap},
    {.kind = UDF_SCALAR,
     .name = "for_ever",
     .description = "Does not return unless its argument is negative.",
     .params = {{"BIGINT", "x", ""}},
     .returns = "BIGINT",
     .scalar = for_ever},
};

UDF_LIBRARY(functions)
