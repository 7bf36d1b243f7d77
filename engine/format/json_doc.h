/* JSON documents as trees, off the hot path, where every digit counts: numbers keep their text,
 * members their order. (The hot path's decoder is json_read.h; jansson would read numbers as doubles.)
 */
#ifndef ENGINE_FORMAT_JSON_DOC_H
#define ENGINE_FORMAT_JSON_DOC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define JSON_DOC_DEPTH_MAX 1000

typedef enum jkind { J_NULL, J_FALSE, J_TRUE, J_NUMBER, J_STRING, J_ARRAY, J_OBJECT } jkind;

typedef struct jnode jnode;
struct jnode {
    jkind    kind;
    str      raw;          /* the text of the whole value */
    str      text;         /* J_STRING: unescaped; J_NUMBER: as written */
    str      name;         /* its name, when it is a member of an object */
    jnode   *first, *next; /* children in order; the next sibling */
    uint32_t count;        /* children */
};

/* Parses the first value of the text; *rest: what follows it. NULL when it is malformed or deeper than
 * the limit; *err then points to a reason. Duplicate names: the last value wins, in the first's place. */
jnode *json_doc_parse(arena *a, str text, str *rest, const char **err);
jnode *json_doc_member(const jnode *object, const char *name); /* NULL when absent or not an object */
jnode *json_doc_find(const jnode *object, str name);

#endif
