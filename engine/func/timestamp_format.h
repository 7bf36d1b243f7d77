/* Java's DateTimeFormatter patterns (spec/functions.md 2.1, 2.2), compiled once. Parsing and printing
 * call no malloc and may run in any thread.
 */
#ifndef ENGINE_FUNC_TIMESTAMP_FORMAT_H
#define ENGINE_FUNC_TIMESTAMP_FORMAT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"
#include "engine/func/time_zone.h"

typedef struct timestamp_format timestamp_format;

/* Errors: ST_SQL with Java's reason, e.g. "Unknown pattern letter: i". */
timestamp_format *timestamp_format_new(arena *a, str pattern, status *st);
/* Milliseconds since 1970 of a text, UTC unless it names a zone. */
bool timestamp_format_parse(const timestamp_format *f, str text, int64_t *ms);

/* Why a text was refused, as Java words it: "Text 'x' could not be parsed at index 0". */
#define DATETIME_ERR_MAX 256
typedef struct datetime_error {
    char msg[DATETIME_ERR_MAX];
} datetime_error;

/* PARSE_TIMESTAMP: missing parts are those of 1970-01-01T00:00; z unless the text names a zone. Names of
 * months and days are those of Java's root locale: the short English ones. */
bool timestamp_format_parse_in(const timestamp_format *f, str text, const zone *z, int64_t *ms, datetime_error *err);
/* STRINGTODATE: days since 1970; the text must give a whole date. */
bool timestamp_format_parse_date(const timestamp_format *f, str text, int64_t *days, datetime_error *err);
/* PARSE_TIME: milliseconds of the day. */
bool timestamp_format_parse_time(const timestamp_format *f, str text, int64_t *ms, datetime_error *err);

/* What is printed: a DATE, a TIME, or a TIMESTAMP in a zone. */
typedef struct datetime_value {
    bool        has_date, has_time;
    int64_t     days;   /* since 1970, local */
    int64_t     day_ms; /* of the day, local */
    const zone *z;      /* NULL: none */
    int64_t     utc_s;  /* with z */
} datetime_value;

datetime_value datetime_of_timestamp(int64_t ms, const zone *z);

/* Appends; false when the value lacks a field, e.g. "Unsupported field: HourOfDay". */
bool timestamp_format_print(const timestamp_format *f, const datetime_value *v, buf *out, datetime_error *err);

#endif
