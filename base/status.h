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

/*      name             error_code  kafka   what */
#define ST_CODES(X)                                                                                  \
    X(ST_OK, 20000, 0)              /* nothing went wrong */                                         \
    X(ST_SYNTAX, 40001, -1)         /* SQL that does not parse; msg starts "line L:C: " */           \
    X(ST_SQL, 40001, -1)            /* SQL that is refused */                                        \
    X(ST_SQL_PREPARE, 40001, -1)    /* SQL refused while names are looked up; msg has its prefix */  \
    X(ST_SQL_GEN, 40001, -1)        /* SQL that types but cannot be compiled: gets its own prefix */ \
    X(ST_SQL_CODE, 40001, -1)       /* ... for which no code can be made: likewise */                \
    X(ST_BAD_REQUEST, 40000, 42)    /* a malformed request or setting */                             \
    X(ST_WRONG_ENDPOINT, 40002, 42) /* SELECT or PRINT sent to /ksql */                              \
    X(ST_NOT_FOUND, 40400, 3)       /* no such topic, partition, id */                               \
    X(ST_EXISTS, 40900, 36)         /* the name is taken */                                          \
    X(ST_INVALID_TOPIC, 40000, 17)  /* a topic name Kafka forbids */                                 \
    X(ST_INVALID_CONFIG, 40000, 40) /* a topic or server setting out of range */                     \
    X(ST_INVALID_PARTS, 40000, 37)  /* partition count out of range */                               \
    X(ST_INVALID_REPL, 40000, 38)   /* replication factor other than 1 or -1 */                      \
    X(ST_ASSERT, 41700, -1)         /* an ASSERT statement did not hold */                           \
    X(ST_OFFSET_RANGE, 40000, 1)    /* an offset before the start or behind the end */               \
    X(ST_CORRUPT, 50000, 2)         /* a checksum or layout that does not hold */                    \
    X(ST_INVALID_RECORD, 40000, 87) /* a well-formed batch that the log must not take */             \
    X(ST_INVALID_TIME, 40000, 32)   /* a record timestamp outside the topic's bounds */              \
    X(ST_TOO_LARGE, 41300, 10)      /* a record batch or request above its limit */                  \
    X(ST_FENCED, 50000, 90)         /* a producer epoch that was superseded */                       \
    X(ST_SEQUENCE, 50000, 45)       /* an idempotent producer's batch out of order */                \
    X(ST_DUPLICATE, 50000, 46)      /* an idempotent producer's batch seen before */                 \
    X(ST_TXN_STATE, 50000, 48)      /* not allowed in the transaction's state */                     \
    X(ST_UNKNOWN_PID, 50000, 59)    /* a producer id the log does not know */                        \
    X(ST_LIMIT, 42900, 44)          /* a budget or limit is used up */                               \
    X(ST_IO, 50000, 56)             /* a file operation failed; msg names file and errno */          \
    X(ST_FULL, 50000, 56)           /* the disk is full */                                           \
    X(ST_BUSY, 50000, -1)           /* the data folder is in use */                                  \
    X(ST_NOT_READY, 50302, -1)      /* starting or restoring: try again */                           \
    X(ST_STOPPING, 50303, -1)       /* shutting down */                                              \
    X(ST_EXPIRED, 50300, -1)        /* a read was given up, or what it read is gone: ask again */    \
    X(ST_INTERNAL, 50000, -1)       /* a fault of ours */

typedef enum st_code {
#define X(name, http, kafka) name,
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
int         status_kafka_code(st_code code); /* Kafka's error code, -1 = UNKNOWN_SERVER_ERROR */

#endif
