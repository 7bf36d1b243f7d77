/* Java's date patterns: any pattern (the first line) over any text; and the texts that CAST and the lenient
 * parsers take. */
#include "tests/fuzz/eval_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const expressions[] = {
        "PARSE_TIMESTAMP(D, P)",
        "PARSE_TIMESTAMP(D, P, 'Europe/Berlin')",
        "PARSE_DATE(D, P)",
        "PARSE_TIME(D, P)",
        "STRINGTOTIMESTAMP(D, P)",
        "STRINGTODATE(D, P)",
        "FORMAT_TIMESTAMP(FROM_UNIXTIME(1700000000123), P, 'Europe/Berlin')",
        "FORMAT_TIMESTAMP(FROM_UNIXTIME(-99999999999999), P)",
        "FORMAT_DATE(FROM_DAYS(20000), P)",
        "FORMAT_TIME(PARSE_TIME('12:34:56', 'HH:mm:ss'), P)",
        "CAST(D AS TIMESTAMP)",
        "CAST(D AS DATE)",
        "CAST(D AS TIME)",
        "CONVERT_TZ(FROM_UNIXTIME(1700000000123), 'UTC', P)",
    };
    str p, d;
    if (n < 4096 && split_texts(data, n, &p, &d))
        eval_texts(expressions, sizeof expressions / sizeof *expressions, p, d);
    return 0;
}
