/* The REST port: ksqlDB's HTTP API over an engine, the console's files and /metrics.
 *
 * Behaviour: spec/rest-api-and-shell.md 1 to 4. Endpoints: routes.def. Runs in threads of its own: one that accepts
 * and watches, event loops, workers for statements.
 */
#ifndef SERVER_REST_REST_H
#define SERVER_REST_REST_H

#include "engine/engine.h"
#include "server/kafka/kafka.h"
#include "engine/settings/listener.h"

typedef struct rest_server rest_server;

#define REST_LOOPS_MAX 16
#define REST_BODY_MAX_BYTES ((size_t)10 << 20)

typedef struct rest_health { /* GET /healthcheck */
    bool     metastore, kafka;
    uint32_t stopped_partitions; /* that stand still at damage; more than none is no good health */
    uint32_t damaged_partitions; /* with closed segments that do not hold; likewise */
    uint32_t kept_in_lost;       /* things kept aside since the start */
} rest_health;

typedef struct rest_options {
    engine       *engine;
    kafka_server *kafka; /* for /metrics; NULL: no Kafka port */
    listener      listeners[LISTENERS_OF_A_SETTING_MAX];
    size_t        listener_count;
    int           loops;       /* event-loop threads; 0: one a core, at most 4 */
    int           workers_max; /* threads for statements */
    int           connections_max;
    int           idle_timeout_s;
    int           request_timeout_s;   /* for one request to arrive, once begun */
    size_t        stream_buffer_bytes; /* unsent rows of a push query before it is cut off */
    int           push_queries_max;
    int64_t       command_timeout_ms;     /* waiting for a commandSequenceNumber */
    bool          heartbeat;              /* ksql.heartbeat.enable: answers /clusterStatus */
    int64_t       last_command;           /* number of the newest statement that was kept */
    str           service_id, cluster_id; /* borrowed for the server's life */
    rest_health (*health)(void *ctx);     /* any thread; NULL: all is well */
    void *health_ctx;
} rest_options;

/* Listens and starts the threads; what the options name must outlive the server, the options are copied.
 * Errors: ST_BAD_REQUEST (host), ST_BUSY (port in use), ST_IO. */
rest_server *rest_server_start(const rest_options *o, status *st);
/* The port of the first listener. */
uint16_t rest_server_port(const rest_server *r);
/* Takes no new requests, ends queries, answers the others, ends the threads. The engine is still needed while it runs.
 * false: some requests are not answered within ten seconds; they and all they use must be left as they are until the
 * process ends. */
bool rest_server_stop(rest_server *r);

#endif
