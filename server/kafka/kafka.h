/* The Kafka port: speaks Kafka's protocol for the topics of a storage, as a cluster of one broker.
 *
 * APIs and versions: apis.def. Behaviour: kafka-broker.md. Runs in threads of its own: the event
 * loops, one worker for calls that write metadata, one that waits for the disk.
 */
#ifndef SERVER_KAFKA_KAFKA_H
#define SERVER_KAFKA_KAFKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "storage/storage.h"

typedef struct kafka_server kafka_server;

#define KAFKA_NODE_ID 1
#define KAFKA_LOOPS_MAX 16

typedef struct kafka_options {
    const char *host;            /* address to listen on; NULL or "": all */
    uint16_t    port;            /* 0: any free port */
    const char *advertised_host; /* told to clients; NULL: the address they connected to */
    int32_t     advertised_port; /* 0: the one listened on */
    int         loops;           /* event-loop threads; 0: 1 */
    bool        auto_create_topics;
    int32_t     default_partitions;             /* of topics created without a number ("num.partitions"); 0: 1 */
    int64_t     request_max_bytes;              /* "socket.request.max.bytes"; 0: 104,857,600 */
    int64_t     fetch_max_bytes;                /* "fetch.max.bytes", of one answer; 0: 57,671,680 */
    int32_t     connections_max;                /* 0: 10,000 */
    int64_t     idle_max_ms;                    /* "connections.max.idle.ms"; 0: 600,000 */
    int32_t     initial_rebalance_delay_ms;     /* "group.initial.rebalance.delay.ms"; 0: none */
    int32_t     session_min_ms, session_max_ms; /* "group.min/max.session.timeout.ms"; 0: 6,000 and
                                                   1,800,000 */
    /* Takes one line without newline, on any thread; NULL: standard error. */
    void (*log)(void *ctx, const char *line);
    void *log_ctx;
} kafka_options;

/* Listens and starts the threads; s must outlive the server. The options are copied.
 * Errors: ST_BAD_REQUEST (host), ST_BUSY (port in use), ST_IO. */
kafka_server *kafka_server_start(storage *s, const kafka_options *o, status *st);
/* The port that is listened on. */
uint16_t kafka_server_port(const kafka_server *k);
/* Takes no new requests, answers those in flight (long polls at once), closes, ends the threads. */
void kafka_server_stop(kafka_server *k);

/* Appends counters in Prometheus' text format: weir_kafka_... Any thread. */
void kafka_server_metrics(kafka_server *k, buf *out);

#endif
