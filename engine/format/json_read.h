/* The JSON decoder. */
#ifndef ENGINE_FORMAT_JSON_READ_H
#define ENGINE_FORMAT_JSON_READ_H

#include "engine/format/format.h"

#define JSON_DEPTH_MAX 1000
#define JSON_NUMBER_MAX 1000 /* characters of one number */

typedef struct json_reader {
    arena      *a;
    const char *begin, *p, *end;
    uint32_t    depth;
    uint32_t    path_n;
    char        err[SERDE_ERR_MAX];
    char        path[256]; /* where it failed, without the leading $ */
} json_reader;

typedef struct json_fields { /* columns or struct fields, by index */
    const str         *names;
    const type *const *types;
    const bool        *wanted; /* NULL: all */
    uint32_t           n;
} json_fields;

void jread_init(json_reader *r, arena *a, str text);
/* The next value as type t. */
bool jread_value(json_reader *r, const type *t, value *out);
/* r->p stands at '{'. Fills row[f->n]; what is absent is NULL. */
bool jread_object(json_reader *r, const json_fields *f, value *row);

/* A number into DECIMAL(p, s): exact, or refused. */
bool decimal_fit(arena *a, value v, int32_t scale, const type *t, value *out, char *err, size_t max);

#endif
