/* Entities of POST /ksql as text (spec/rest-api-and-shell.md 7.5). */
#ifndef SERVER_SHELL_ENTITIES_H
#define SERVER_SHELL_ENTITIES_H

#include "server/shell/json_tree.h"

/* One entity without the empty line in front and the warnings behind. false: it reports a failed
 * command and nothing was written; message is then its text. An entity of a type unknown here is
 * shown as JSON. */
bool entity_print(buf *out, arena *a, const json_node *entity, int width, str *message);

/* The cards of DESCRIBE, EXPLAIN and their like (cards.c). */
void card_put_source(buf *out, arena *a, const json_node *description, int width);
void card_put_query(buf *out, arena *a, const json_node *description, int width);
void card_put_function(buf *out, arena *a, const json_node *entity, int width);
void card_put_connector(buf *out, arena *a, const json_node *entity, int width);

/* A schema object as text: VARCHAR(STRING), DECIMAL(9, 2), STRUCT<ZIP VARCHAR(STRING)>. */
void schema_put(buf *out, const json_node *schema);

#endif
