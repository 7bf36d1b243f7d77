/* A library compiled with a header of another version. */
#include "udf.h"

UDF_EXPORT const udf_library *weir_udf_library(void);

UDF_EXPORT const udf_library *weir_udf_library(void)
{
    static const udf_library library = {UDF_ABI_VERSION + 1, 0, NULL};
    return &library;
}
