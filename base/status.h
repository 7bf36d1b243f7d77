/* The one error value: filled where the fault is known, passed up untouched.
 *
 * The list below is the only place that knows codes: each row gives the name, the HTTP status and
 * ksqlDB error_code of REST answers, and Kafka's error code.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* MAY_PASS: doing the same again later can help; NEVER: it cannot, but for a human who mends what is broken. ST_FENCED
 * passes for whoever opens anew, which who is fenced does. */

/*      name             error_code  kafka   again   what */
#define ST_CODES(X)                                                                                             \
    X(ST_OK, 20000, 0, NEVER)              /* nothing went wrong */                                             \
    X(ST_SYNTAX, 40001, -1, NEVER)         /* SQL that does not parse; msg starts "line L:C: " */               \
    X(ST_SQL, 40001, -1, NEVER)            /* SQL that is refused */                                            \
    X(ST_SQL_PREPARE, 40001, -1, NEVER)    /* SQL refused while names are looked up; msg has its prefix */      \
    X(ST_SQL_GEN, 40001, -1, NEVER)        /* SQL that types but cannot be compiled: gets its own prefix */     \
    X(ST_SQL_CODE, 40001, -1, NEVER)       /* ... for which no code can be made: likewise */                    \
    X(ST_BAD_REQUEST, 40000, 42, NEVER)    /* a malformed request or setting */                                 \
    X(ST_WRONG_ENDPOINT, 40002, 42, NEVER) /* SELECT or PRINT sent to /ksql */                                  \
    X(ST_NOT_FOUND, 40400, 3, MAY_PASS)    /* no such topic, partition, id */                                   \
    X(ST_EXISTS, 40900, 36, NEVER)         /* the name is taken */                                              \
    X(ST_INVALID_TOPIC, 40000, 17, NEVER)  /* a topic name Kafka forbids */                                     \
    X(ST_INVALID_CONFIG, 40000, 40, NEVER) /* a topic or server setting out of range */                         \
    X(ST_INVALID_PARTS, 40000, 37, NEVER)  /* partition count out of range */                                   \
    X(ST_INVALID_REPL, 40000, 38, NEVER)   /* replication factor other than 1 or -1 */                          \
    X(ST_ASSERT, 41700, -1, NEVER)         /* an ASSERT statement did not hold */                               \
    X(ST_OFFSET_RANGE, 40000, 1, MAY_PASS) /* an offset before the start or behind the end */                   \
    X(ST_CORRUPT, 50000, 2, NEVER)         /* a checksum or layout that does not hold */                        \
    X(ST_INVALID_RECORD, 40000, 87, NEVER) /* a well-formed batch that the log must not take */                 \
    X(ST_INVALID_TIME, 40000, 32, NEVER)   /* a record timestamp outside the topic's bounds */                  \
    X(ST_TOO_LARGE, 41300, 10, MAY_PASS)   /* a record batch or request above its limit, which can be raised */ \
    X(ST_FENCED, 50000, 90, MAY_PASS)      /* a producer epoch that was superseded */                           \
    X(ST_SEQUENCE, 50000, 45, MAY_PASS)    /* an idempotent producer's batch out of order */                    \
    X(ST_DUPLICATE, 50000, 46, MAY_PASS)   /* an idempotent producer's batch seen before */                     \
    X(ST_TXN_STATE, 50000, 48, MAY_PASS)   /* not allowed in the transaction's state */                         \
    X(ST_UNKNOWN_PID, 50000, 59, MAY_PASS) /* a producer id the log does not know */                            \
    X(ST_LIMIT, 42900, 44, MAY_PASS)       /* a budget or limit is used up */                                   \
    X(ST_IO, 50000, 56, MAY_PASS)          /* a file operation failed; msg names file and errno */              \
    X(ST_FULL, 50000, 56, MAY_PASS)        /* the disk is full */                                               \
    X(ST_BUSY, 50000, -1, MAY_PASS)        /* the data folder is in use */                                      \
    X(ST_NOT_READY, 50302, -1, MAY_PASS)   /* starting or restoring: try again */                               \
    X(ST_TIMEOUT, 50000, 7, MAY_PASS)      /* no answer in time: it may have been done all the same */          \
    X(ST_STOPPING, 50303, -1, MAY_PASS)    /* shutting down */                                                  \
    X(ST_EXPIRED, 50300, -1, MAY_PASS)     /* a read was given up, or what it read is gone: ask again */        \
    X(ST_INTERNAL, 50000, -1, MAY_PASS)    /* a fault of ours */

typedef enum st_code {
#define X(name, http, kafka, again) name,
    ST_CODES(X)
#undef X
} st_code;

#define ST_MSG_MAX 6144 /* long enough for the list of a function's overloads */

#define ST_NO_PLACE UINT32_MAX

typedef struct status {
    st_code  code;            /* ST_OK == 0 */
    uint32_t place;           /* byte of the statement's text where it is wrong; ST_NO_PLACE: nowhere in particular */
    char     msg[ST_MSG_MAX]; /* what happened, then what to do; ends without newline; cut with … */
} status;

static inline void status_init(status *st)
{
    st->code = ST_OK;
    st->place = ST_NO_PLACE;
    st->msg[0] = 0;
}

/* Both return false, so that `return status_set(...)` reads as a failure. */
bool status_set(status *st, st_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same at a place of the text that was parsed. */
bool status_set_at(status *st, st_code code, uint32_t place, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Puts text before the message that stands there. Returns false. */
bool status_prefix(status *st, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* ... and behind it. */
bool status_append(status *st, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

const char *status_name(st_code code);       /* "ST_CORRUPT" */
int         status_error_code(st_code code); /* ksqlDB's error_code; HTTP status is that / 100 */
bool        status_may_pass(st_code code);   /* can it help to do the same again later? */
int         status_kafka_code(st_code code); /* Kafka's error code, -1 = UNKNOWN_SERVER_ERROR */

#endif
