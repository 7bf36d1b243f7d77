/* JSON text as a tree that keeps numbers as they are written, because 5.00 and 1.0E10 are shown so.
 *
 * Nodes and decoded texts live in the arena; the parsed text must live as long. Read-only
 * afterwards.
 */
#ifndef SERVER_SHELL_JSON_TREE_H
#define SERVER_SHELL_JSON_TREE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define JSON_TREE_DEPTH_MAX 200

typedef enum node_kind { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_TEXT, NODE_LIST, NODE_OBJECT } node_kind;

typedef struct json_node json_node;
struct json_node {
    node_kind        kind;
    str              text;         /* scalars: "null", "true", the number as written, the string without escapes */
    str              name;         /* when it is a member of an object */
    const json_node *first, *next; /* children in their order */
    uint32_t         count;
};

/* The value at the beginning of the text, whatever follows; NULL: malformed or too deep. */
const json_node *json_tree_parse(arena *a, str text);
/* The member; a null node when there is none, so that calls nest. */
const json_node *json_tree_get(const json_node *n, const char *name);
str              json_tree_text(const json_node *n, const char *name);
bool             json_tree_is_null(const json_node *n);
bool             json_tree_true(const json_node *n, const char *name);

/* A quoted and escaped string. */
void json_tree_put_text(buf *out, str s);
/* Indented by two blanks as Jackson prints (spec 7.7), without a line break at the end. */
void json_tree_put_pretty(buf *out, const json_node *n);
/* As Java prints maps and lists: {A=1, B=[x, y]}. */
void json_tree_put_java(buf *out, const json_node *n);

#endif
