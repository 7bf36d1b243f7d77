/* Java's regular expressions: any pattern (the first line) over any text. */
#include "tests/fuzz/eval_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const expressions[] = {
        "REGEXP_EXTRACT(P, D)",           "REGEXP_EXTRACT_ALL(P, D, 1)", "REGEXP_REPLACE(D, P, '<$0>')",
        "REGEXP_REPLACE('aXbX', 'X', P)", "REGEXP_SPLIT_TO_ARRAY(D, P)",
    };
    str p, d;
    if (n < 4096 && split_texts(data, n, &p, &d))
        eval_texts(expressions, sizeof expressions / sizeof *expressions, p, d);
    return 0;
}
