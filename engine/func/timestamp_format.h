/* Java's DateTimeFormatter patterns (spec/functions.md 2.1, 2.2), compiled once. */
#ifndef ENGINE_FUNC_TIMESTAMP_FORMAT_H
#define ENGINE_FUNC_TIMESTAMP_FORMAT_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

typedef struct timestamp_format timestamp_format;

/* Errors: ST_SQL with Java's reason, e.g. "Unknown pattern letter: i". */
timestamp_format *timestamp_format_new(arena *a, str pattern, status *st);
/* Milliseconds since 1970 of a text, UTC unless it names a zone. Any thread. */
bool timestamp_format_parse(const timestamp_format *f, str text, int64_t *ms);

#endif
