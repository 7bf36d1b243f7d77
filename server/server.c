#include "server/server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "server/kafka/kafka.h"
#include "server/rest/rest.h"
#include "server/settings.h"
#include "storage/storage.h"

#define MAINTAIN_EVERY_S 2

extern char **environ;

/* What is open, in the order in which it was opened; closed backwards. */
typedef struct server {
    settings      set;
    storage      *storage;
    engine       *engine;
    kafka_server *kafka;
    rest_server  *rest;
    char          address[300]; /* HOST:PORT of REST as answers name it; the configured port */
} server;

static void log_line(void *ctx, const char *line)
{
    (void)ctx;
    int64_t   ms = clock_wall_ms();
    time_t    s = ms / 1000;
    struct tm utc;
    char      when[32];
    gmtime_r(&s, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(stderr, "%s.%03dZ %s\n", when, (int)(ms % 1000), line);
}

/* ---- opening */

static bool open_storage(server *s, status *st)
{
    static char dir[4096];
    snprintf(dir, sizeof dir, "%.*s", STR_FMT(settings_text(&s->set, "weir.data.dir")));
    storage_options o = {
        .dir = dir,
        .segment_bytes = settings_number(&s->set, "weir.log.segment.bytes"),
        .retention_ms = settings_number(&s->set, "weir.log.retention.ms"),
        .retention_bytes = settings_number(&s->set, "weir.log.retention.bytes"),
        .message_max_bytes = (int32_t)settings_number(&s->set, "weir.kafka.message.max.bytes"),
        .default_partitions = (int32_t)settings_number(&s->set, "weir.kafka.default.partitions"),
        .fsync_off = !settings_flag(&s->set, "weir.log.fsync"),
    };
    s->storage = storage_open(&o, st);
    return s->storage != NULL;
}

static bool open_engine(server *s, status *st)
{
    char     state_dir[4096];
    listener at[LISTENERS_OF_A_SETTING_MAX];
    settings_listeners(&s->set, "listeners", at);
    snprintf(s->address, sizeof s->address, "%s:%u", at[0].host[0] ? at[0].host : "localhost", at[0].port);
    snprintf(state_dir, sizeof state_dir, "%.*s/state", STR_FMT(settings_text(&s->set, "weir.data.dir")));
    engine_options o = {
        .host = s->address,
        .state_dir = state_dir,
        .log = storage_log(s->storage),
        .config = &s->set.values,
        .kept = storage_kept(s->storage),
        .report = log_line,
        .workers = (int)settings_number(&s->set, "weir.worker.threads"),
    };
    str functions = settings_text(&s->set, "ksql.extension.dir");
    if (functions.n) {
        char path[4096];
        snprintf(path, sizeof path, "%.*s", STR_FMT(functions));
        if (!engine_load_functions(path, st))
            return false;
    }
    s->engine = engine_open(&o, st);
    return s->engine != NULL && engine_start(s->engine, st);
}

static bool open_kafka(server *s, status *st)
{
    listener    at[LISTENERS_OF_A_SETTING_MAX];
    static char host[256];
    settings_listeners(&s->set, "weir.kafka.listeners", at);
    snprintf(host, sizeof host, "%.*s", STR_FMT(settings_text(&s->set, "weir.kafka.advertised.host")));
    kafka_options o = {
        .host = at[0].host,
        .port = at[0].port,
        .advertised_host = host[0] ? host : NULL,
        .advertised_port = (int32_t)settings_number(&s->set, "weir.kafka.advertised.port"),
        .loops = (int)settings_number(&s->set, "weir.kafka.threads"),
        .auto_create_topics = settings_flag(&s->set, "weir.kafka.auto.create.topics"),
        .default_partitions = (int32_t)settings_number(&s->set, "weir.kafka.default.partitions"),
        .connections_max = (int32_t)settings_number(&s->set, "weir.kafka.connections.max"),
        .log = log_line,
    };
    s->kafka = kafka_server_start(s->storage, &o, st);
    return s->kafka != NULL;
}

static rest_health health(void *ctx)
{
    const server  *s = ctx;
    storage_health h = storage_get_health(s->storage);
    return (rest_health){.metastore = !h.metadata_failing, .kafka = !h.log_failing};
}

static bool open_rest(server *s, status *st)
{
    rest_options o = {
        .engine = s->engine,
        .kafka = s->kafka,
        .loops = (int)settings_number(&s->set, "ksql.verticle.instances"),
        .workers_max = (int)settings_number(&s->set, "ksql.worker.pool.size"),
        .connections_max = (int)settings_number(&s->set, "weir.rest.connections.max"),
        .idle_timeout_s = (int)settings_number(&s->set, "ksql.idle.connection.timeout.seconds"),
        .request_timeout_s = (int)settings_number(&s->set, "weir.rest.request.timeout.seconds"),
        .stream_buffer_bytes = (size_t)settings_number(&s->set, "weir.rest.stream.buffer.bytes"),
        .push_queries_max = (int)settings_number(&s->set, "ksql.max.push.queries"),
        .command_timeout_ms = settings_number(&s->set, "ksql.server.command.response.timeout.ms"),
        .heartbeat = settings_flag(&s->set, "ksql.heartbeat.enable"),
        .last_command = engine_last_command(s->engine),
        .service_id = settings_text(&s->set, "ksql.service.id"),
        .cluster_id = storage_cluster_id(s->storage),
        .health = health,
        .health_ctx = s,
    };
    o.listener_count = settings_listeners(&s->set, "listeners", o.listeners);
    s->rest = rest_server_start(&o, st);
    return s->rest != NULL;
}

static void close_all(server *s)
{
    if (s->rest)
        rest_server_stop(s->rest);
    if (s->kafka)
        kafka_server_stop(s->kafka);
    if (s->engine && !engine_close(s->engine)) {
        /* A thread of a query is still at work on the log: the next start recovers as after a crash. */
        fflush(NULL);
        _exit(1);
    }
    if (s->storage)
        storage_close(s->storage);
    settings_free(&s->set);
}

/* ---- running */

/* Every connection and segment takes a descriptor: as many as the system lets us have. */
static void raise_descriptor_limit(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
}

/* Signals are taken by sigtimedwait below; threads started from here on have them blocked. */
static sigset_t block_signals(void)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    return stop;
}

static void tell_ready(const server *s, int64_t start_ms)
{
    str dir = settings_text(&s->set, "weir.data.dir");
    printf("weir is ready: REST and console on port %u, Kafka on port %u, data in %.*s, started in %ld ms\n",
           rest_server_port(s->rest), kafka_server_port(s->kafka), STR_FMT(dir), clock_mono_ms() - start_ms);
    fflush(stdout);
}

static void serve(server *s, const sigset_t *stop)
{
    struct timespec pause = {.tv_sec = MAINTAIN_EVERY_S};
    while (sigtimedwait(stop, NULL, &pause) < 0)
        if (errno == EAGAIN)
            storage_maintain(s->storage);
}

/* ---- arguments */

static void print_help(void)
{
    buf b = BUF_INIT(BUF_MAX);
    settings_help(&b);
    printf("usage: weir server [--config FILE] [--set NAME=VALUE]...\n\n"
           "Serves SQL over REST, topics over the Kafka protocol and the web console, until SIGINT or SIGTERM.\n"
           "Settings come from FILE (Java properties), then the environment (KSQL_LISTENERS,\n"
           "KSQL_KSQL_SERVICE_ID, ...), then --set; the later beats the earlier:\n\n%.*s",
           (int)b.n, b.p);
    buf_free(&b);
}

/* Files first, whatever the order of the arguments, so that --set beats them. */
static bool read_arguments(server *s, int argc, char **argv, status *st)
{
    for (int i = 0; i < argc; i++) {
        bool config = strcmp(argv[i], "--config") == 0;
        if (!config && strcmp(argv[i], "--set") != 0)
            return status_set(st, ST_BAD_REQUEST, "unknown argument '%s'; see weir server --help", argv[i]);
        if (++i == argc)
            return status_set(st, ST_BAD_REQUEST, "%s needs a value; see weir server --help", argv[i - 1]);
        if (config && !settings_load_file(&s->set, argv[i], st))
            return false;
    }
    if (!settings_load_environment(&s->set, environ, st))
        return false;
    for (int i = 0; i < argc; i += 2)
        if (strcmp(argv[i], "--set") == 0 && !settings_put_pair(&s->set, str_of(argv[i + 1]), "--set", st))
            return false;
    return true;
}

int server_main(int argc, char **argv)
{
    int64_t start_ms = clock_mono_ms();
    server  s = {0};
    status  st;
    status_init(&st);
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help();
            return 0;
        }
    settings_init(&s.set);
    if (!read_arguments(&s, argc, argv, &st)) {
        fprintf(stderr, "weir server: %s\n", st.msg);
        settings_free(&s.set);
        return 2;
    }
    raise_descriptor_limit();
    sigset_t stop = block_signals();
    bool     ok = open_storage(&s, &st) && open_engine(&s, &st) && open_kafka(&s, &st) && open_rest(&s, &st);
    if (ok) {
        tell_ready(&s, start_ms);
        serve(&s, &stop);
    } else {
        fprintf(stderr, "weir server: %s\n", st.msg);
    }
    close_all(&s);
    return ok ? 0 : 1;
}
