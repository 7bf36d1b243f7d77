/* What must hold, whatever happened: what was sent and told, and what is read, held against each other.
 *
 * Every record has a number, which is its value and its place in the model. Keys lie in their partitions. */
#ifndef TESTS_SIM_MODEL_H
#define TESTS_SIM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

#define PARTITIONS 2
#define KEYS 5
#define PRODUCERS_MAX 4
#define INPUT "in"

typedef enum promise {
    PROMISED_NOTHING, /* no answer, or an error: it may be there */
    PROMISED_LIFE,    /* acks=1: outlives the process */
    PROMISED_POWER    /* acks=all: outlives the machine */
} promise;

typedef struct sent {
    int32_t  producer, partition, key;
    int64_t  offset; /* that was told; -1: none */
    promise  promise;
    uint64_t told_step; /* when (sched_steps) */
} sent;

typedef enum guarantee { AT_LEAST_ONCE, EXACTLY_ONCE } guarantee;

typedef struct group_promise {
    int64_t told, tried; /* the last commit that was answered; the furthest that was asked for */
} group_promise;

typedef struct model {
    VEC(sent) sent;
    guarantee     filter, count;
    bool          stated; /* the queries are there, and it was told */
    group_promise groups[PARTITIONS];
} model;

typedef struct seen {
    int64_t offset;
    int64_t number; /* of the value */
    int32_t key;
} seen;

typedef struct topic_seen {
    VEC(seen) part[PARTITIONS];
} topic_seen;

typedef struct sight { /* what was read at one time, outputs before the input */
    uint64_t   step;
    bool       has_outputs;
    topic_seen input, evens, counts;
    int64_t    committed[PARTITIONS]; /* the group's; -1: none */
    int64_t    high[PARTITIONS], last_stable[PARTITIONS];
} sight;

/* Its number. */
int64_t model_send(model *m, int32_t producer, int32_t partition, int32_t key);
void    model_told(model *m, int64_t number, int64_t offset, promise p);
/* What was not promised to outlive this is promised no more. */
void model_power_was_cut(model *m);
/* complete: nothing is under way, and queries have had their time. Ends the process, with a message, if something does
 * not hold. */
void model_check(const model *m, const sight *s, bool complete);
/* Are the outputs as they will be when all was worked on? */
bool model_is_caught_up(const model *m, const sight *s);
/* But for what was deleted of the input: it begins at `after`'s first record, or is empty. */
void model_must_be_equal(const sight *before, const sight *after, bool trimmed);

void broken(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
