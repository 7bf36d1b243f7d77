/* PARSE_DATE's patterns: Java's SimpleDateFormat in lenient mode (spec/functions.md 2.3). */
#ifndef ENGINE_FUNC_LENIENT_DATE_H
#define ENGINE_FUNC_LENIENT_DATE_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

typedef struct lenient_format lenient_format;

/* Errors: ST_SQL, "Illegal pattern component: qqqq", "Unterminated quote". */
lenient_format *lenient_format_new(arena *a, str pattern, status *st);

/* Milliseconds since 1970 of the instant in GMT; text behind what the pattern takes is ignored. now_ms
 * places two-digit years: within 80 years before and 20 years after. Any thread. */
bool lenient_format_parse(const lenient_format *f, str text, int64_t now_ms, int64_t *ms);

#endif
