/* A query that goes on, for the two files that start one. */
#ifndef ENGINE_QUERY_PUSH_INT_H
#define ENGINE_QUERY_PUSH_INT_H

#include "engine/query/push.h"
#include "engine/query/topic_print.h"

struct push_query {
    query_hub      *hub;
    run_query      *run;   /* SELECT */
    topic_print    *print; /* PRINT */
    str             id;
    arena           a;
    query_listener  l;
    pthread_mutex_t lock; /* guards ended; held while the listener is called */
    bool            ended;
    bool            limited;
    int64_t         left; /* rows until LIMIT */
};

push_query *push_new(query_hub *h, str id, const query_listener *l);
void        push_free(push_query *q);
/* From now on it can be found by its id. */
void push_publish(push_query *q);
/* Once: what comes later is not told. */
void push_finish(push_query *q, query_end why, const char *msg);
/* The callback of who runs it: NULL: all has been read, or the limit is reached. */
void push_on_end(void *ctx, const char *error);
/* "transient_NAME_NUMBER", in the arena. */
str push_transient_id(arena *a, str name);

#endif
