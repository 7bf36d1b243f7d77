/* The functions over JSON documents: any path (the first line) over any text. */
#include "tests/fuzz/eval_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const expressions[] = {
        "EXTRACTJSONFIELD(D, P)",
        "IS_JSON_STRING(D)",
        "JSON_ARRAY_CONTAINS(D, P)",
        "JSON_ARRAY_LENGTH(D)",
        "JSON_KEYS(D)",
        "CAST(JSON_RECORDS(D) AS STRING)",
        "JSON_CONCAT(D, P)",
        "CAST(JSON_ITEMS(D) AS STRING)",
    };
    str p, d;
    if (split_texts(data, n, &p, &d))
        eval_texts(expressions, sizeof expressions / sizeof *expressions, p, d);
    return 0;
}
