/* Kafka clients, as far as bytes go: a request out, an answer in, over a connection to the program's port. */
#ifndef TESTS_SIM_KAFKA_H
#define TESTS_SIM_KAFKA_H

#include "base/buf.h"
#include "tests/sim/program.h"

typedef struct kafka_conn {
    program *to;
    int      fd; /* -1: none */
    int32_t  correlation;
    buf      out, in; /* in: the last answer, from behind its header */
    size_t   at;      /* read so far */
    bool     torn;    /* the answer ended early */
} kafka_conn;

void kafka_init(kafka_conn *c, program *to);
void kafka_free(kafka_conn *c);
void kafka_hang_up(kafka_conn *c);

#define KAFKA_UNKNOWN (-1000) /* no answer came: it may have been done or not */
#define KAFKA_NOT_SENT (-1001)

/* ---- requests; each gives Kafka's error code, or one of the two above */

/* batches: one or more, borrowed. acks -1: on disk. */
int kafka_produce(kafka_conn *c, const char *topic, int32_t partition, int16_t acks, str batches, int64_t *base);
int kafka_init_producer(kafka_conn *c, int64_t *pid, int16_t *epoch);
/* records: in the connection, until the next call. */
int kafka_fetch(kafka_conn *c, const char *topic, int32_t partition, int64_t offset, str *records, int64_t *high);
int kafka_commit(kafka_conn *c, const char *group, int32_t generation, const char *member, const char *topic,
                 int32_t partition, int64_t offset);
int kafka_committed(kafka_conn *c, const char *group, const char *topic, int32_t partition, int64_t *offset);

/* ---- members of a group */

#define KAFKA_MEMBERS_MAX 8
#define KAFKA_MEMBER_ID_BYTES 96

typedef struct kafka_member {
    char    id[KAFKA_MEMBER_ID_BYTES]; /* "": not given yet */
    int32_t generation;
    bool    leads;
    char    others[KAFKA_MEMBERS_MAX][KAFKA_MEMBER_ID_BYTES]; /* all members, of who leads */
    int32_t other_count;
} kafka_member;

/* Waits for the others to join, too. */
int kafka_join(kafka_conn *c, const char *group, kafka_member *m);
/* assigned[i]: a text for others[i], of who leads; *mine: the member's own, in the connection until the next call. */
int kafka_sync(kafka_conn *c, const char *group, const kafka_member *m, const char *const *assigned, str *mine);
int kafka_heartbeat(kafka_conn *c, const char *group, const kafka_member *m);
int kafka_leave(kafka_conn *c, const char *group, const kafka_member *m);

#endif
