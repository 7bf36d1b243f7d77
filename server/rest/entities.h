/* Answers of statements as ksqlDB's JSON (spec/rest-api-and-shell.md 2). */
#ifndef SERVER_REST_ENTITIES_H
#define SERVER_REST_ENTITIES_H

#include "base/buf.h"
#include "engine/answer.h"

/* An array of entities, one an answer. */
void entities_put(buf *out, const answers *all);
/* The commandStatus of an ANSWER_COMMAND. */
void entities_put_status(buf *out, const answer *command);
/* GET /clusterStatus of an ANSWER_CLUSTER. */
void entities_put_cluster(buf *out, const answer *cluster);
/* A column of a row by its name. */
value answer_value(const answer *ans, size_t row, const char *column);

#endif
