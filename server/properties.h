/* Java's .properties syntax, as java.util.Properties.load reads it, but for text in UTF-8: comments (# !), separators
 * (= : blank), continued lines, escapes. */
#ifndef SERVER_PROPERTIES_H
#define SERVER_PROPERTIES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

typedef struct properties_reader {
    str      text;
    size_t   at;
    uint32_t next_line; /* start with 1 */
} properties_reader;

/* One `key = value` after another. false when there is none left, or when st->code is set. key and value are in the
 * arena; *line counts from 1 and is that of the key. */
bool properties_next(properties_reader *r, arena *a, str *key, str *value, uint32_t *line, status *st);

#endif
