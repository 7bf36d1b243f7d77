/* What the files of the formats give to the table in format.c. */
#ifndef ENGINE_FORMAT_FORMAT_INT_H
#define ENGINE_FORMAT_FORMAT_INT_H

#include "engine/format/format.h"
#include "engine/format/json_doc.h"

/* Nobody outside asks for a format by its number: what they want to know of it is in its row. */
enum {
#define FORMAT(name, ...) FORMAT_##name,
#include "engine/format/formats.def"
#undef FORMAT
    FORMAT_COUNT
};

#define FORMAT_FUNCTIONS(f)                                      \
    bool f##_check(const serde_spec *s, status *st);             \
    bool f##_bind(arena *a, serde *s, status *st);               \
    str  f##_from_json(arena *a, const jnode *n, const type *t); \
    void f##_put_json(buf *out, str bytes, const type *t);
FORMAT_FUNCTIONS(kafka)
FORMAT_FUNCTIONS(delimited)
FORMAT_FUNCTIONS(json)
#undef FORMAT_FUNCTIONS

bool none_bind(arena *a, serde *s, status *st); /* reads and writes nothing */

/* A JSON text for bytes that are text. */
void json_put_bytes(buf *out, str bytes);
/* "`A` INTEGER KEY, ...": the columns as reasons of refusal name them. */
void serde_put_columns(buf *out, const serde_spec *s);

#endif
