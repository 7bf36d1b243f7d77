/* PRINT: a topic's records as lines of text, as they come (spec/rest-api-and-shell.md 1.7). */
#ifndef ENGINE_TOPIC_PRINT_H
#define ENGINE_TOPIC_PRINT_H

#include "storage/log.h"

typedef struct topic_print topic_print;

typedef struct topic_print_options {
    tlog   *log;
    str     topic; /* borrowed until topic_print_stop() */
    bool    from_beginning;
    int64_t interval; /* every interval-th record is printed */
    int64_t limit;    /* records printed before it ends; negative: no limit */
    /* Both are called on the print's own thread. line: false: it cannot be taken now and is offered again.
     * end: after the limit, or with a message when the topic cannot be read any more. */
    bool (*line)(void *ctx, str text);
    void (*end)(void *ctx, const char *error);
    void *ctx;
} topic_print_options;

/* NULL + st: the topic cannot be opened. */
topic_print *topic_print_start(const topic_print_options *o, status *st);
/* Stops the thread and waits for it; no callback comes afterwards. Not from inside a callback. */
void topic_print_stop(topic_print *p);

#endif
