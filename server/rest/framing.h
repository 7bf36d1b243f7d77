/* How the rows of a query become bytes: the three framings of spec/rest-api-and-shell.md 1.6.
 *
 * Every item is one line and is never split, because clients read line by line.
 */
#ifndef SERVER_REST_FRAMING_H
#define SERVER_REST_FRAMING_H

#include "base/buf.h"
#include "engine/engine.h"

typedef enum framing_kind {
    FRAMING_KSQL,      /* "V": an array of {"header"}, {"row"}, {"finalMessage"}, an item a line */
    FRAMING_DELIMITED, /* "D": a line of JSON an item */
    FRAMING_JSON       /* "J": one JSON array without line breaks */
} framing_kind;

typedef struct framing {
    framing_kind       kind;
    bool               push;
    uint32_t           n;
    const type *const *types;
    arena              scratch; /* of one row */
} framing;

const char *framing_content_type(framing_kind k);
/* For another answer, with the memory of the last. */
void framing_begin(framing *f, framing_kind k);
void framing_free(framing *f);
/* Keeps c->types. */
void framing_header(framing *f, buf *out, const query_columns *c);
void framing_row(framing *f, buf *out, const value *row, bool tombstone);
/* The item of an error and the end of the answer. */
void framing_error(framing *f, buf *out, int error_code, str msg);
void framing_end(framing *f, buf *out, query_end why);

/* A value of a row as JSON (3.2): in_struct: somewhere below a STRUCT. */
void row_put_value(buf *out, arena *scratch, const type *t, value v, bool in_struct);

#endif
