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
#include "engine/settings/listener.h"
#include "server/config.h"
#include "server/kafka/kafka.h"
#include "server/rest/rest.h"
#include "storage/storage.h"

#define MAINTAIN_EVERY_S 2

extern char **environ;

/* What is open, in the order in which it was opened; closed backwards. */
typedef struct server {
    settings      set;
    settings_view view; /* of set alone */
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
    arena a;
    arena_init(&a);
    storage_options o = {
        .dir = str_z(&a, settings_text(&s->view, SETTING_DATA_DIR)),
        .segment_bytes = settings_number(&s->view, SETTING_LOG_SEGMENT_BYTES),
        .retention_ms = settings_number(&s->view, SETTING_LOG_RETENTION_MS),
        .retention_bytes = settings_number(&s->view, SETTING_LOG_RETENTION_BYTES),
        .retention_check_ms = settings_number(&s->view, SETTING_LOG_RETENTION_CHECK_MS),
        .scrub_interval_ms = settings_number(&s->view, SETTING_LOG_SCRUB_INTERVAL_MS),
        .message_max_bytes = (int32_t)settings_number(&s->view, SETTING_KAFKA_MESSAGE_MAX_BYTES),
        .default_partitions = (int32_t)settings_number(&s->view, SETTING_KAFKA_DEFAULT_PARTITIONS),
        .fsync_off = !settings_flag(&s->view, SETTING_LOG_FSYNC),
        .report = log_line,
    };
    s->storage = storage_open(&o, st); /* keeps a copy of the name */
    arena_free(&a);
    return s->storage != NULL;
}

static bool open_engine(server *s, status *st)
{
    listener at[LISTENERS_OF_A_SETTING_MAX];
    arena    a;
    settings_listeners(&s->view, SETTING_LISTENERS, at);
    snprintf(s->address, sizeof s->address, "%s:%u", at[0].host[0] ? at[0].host : "localhost", at[0].port);
    arena_init(&a);
    str            dir = settings_text(&s->view, SETTING_DATA_DIR);
    engine_options o = {
        .host = s->address,
        .state_dir = str_z(&a, str_fmt(&a, "%.*s/state", STR_FMT(dir))), /* copied */
        .log = storage_log(s->storage),
        .config = &s->set,
        .kept = storage_kept(s->storage),
        .report = log_line,
        .workers = (int)settings_number(&s->view, SETTING_WORKER_THREADS),
    };
    str functions = settings_text(&s->view, SETTING_EXTENSION_DIR);
    if (functions.n == 0 || engine_load_functions(str_z(&a, functions), st))
        s->engine = engine_open(&o, st);
    arena_free(&a);
    return s->engine != NULL && engine_start(s->engine, st);
}

static bool open_kafka(server *s, status *st)
{
    listener    at[LISTENERS_OF_A_SETTING_MAX];
    static char host[256];
    settings_listeners(&s->view, SETTING_KAFKA_LISTENERS, at);
    snprintf(host, sizeof host, "%.*s", STR_FMT(settings_text(&s->view, SETTING_KAFKA_ADVERTISED_HOST)));
    kafka_options o = {
        .host = at[0].host,
        .port = at[0].port,
        .advertised_host = host[0] ? host : NULL,
        .advertised_port = (int32_t)settings_number(&s->view, SETTING_KAFKA_ADVERTISED_PORT),
        .loops = (int)settings_number(&s->view, SETTING_KAFKA_THREADS),
        .auto_create_topics = settings_flag(&s->view, SETTING_KAFKA_AUTO_CREATE_TOPICS),
        .default_partitions = (int32_t)settings_number(&s->view, SETTING_KAFKA_DEFAULT_PARTITIONS),
        .connections_max = (int32_t)settings_number(&s->view, SETTING_KAFKA_CONNECTIONS_MAX),
        .log = log_line,
    };
    s->kafka = kafka_server_start(s->storage, &o, st);
    return s->kafka != NULL;
}

static rest_health health(void *ctx)
{
    const server  *s = ctx;
    storage_health h = storage_get_health(s->storage);
    return (rest_health){.metastore = !h.metadata_failing,
                         .kafka = !h.log_failing,
                         .stopped_partitions = h.stopped_partitions,
                         .damaged_partitions = h.damaged_partitions,
                         .kept_in_lost = h.kept_in_lost};
}

static bool open_rest(server *s, status *st)
{
    rest_options o = {
        .engine = s->engine,
        .kafka = s->kafka,
        .loops = (int)settings_number(&s->view, SETTING_VERTICLE_INSTANCES),
        .workers_max = (int)settings_number(&s->view, SETTING_WORKER_POOL_SIZE),
        .connections_max = (int)settings_number(&s->view, SETTING_REST_CONNECTIONS_MAX),
        .idle_timeout_s = (int)settings_number(&s->view, SETTING_IDLE_CONNECTION_TIMEOUT_SECONDS),
        .request_timeout_s = (int)settings_number(&s->view, SETTING_REST_REQUEST_TIMEOUT_SECONDS),
        .stream_buffer_bytes = (size_t)settings_number(&s->view, SETTING_REST_STREAM_BUFFER_BYTES),
        .push_queries_max = (int)settings_number(&s->view, SETTING_MAX_PUSH_QUERIES),
        .command_timeout_ms = settings_number(&s->view, SETTING_SERVER_COMMAND_RESPONSE_TIMEOUT_MS),
        .heartbeat = settings_flag(&s->view, SETTING_HEARTBEAT_ENABLE),
        .last_command = engine_last_command(s->engine),
        .service_id = settings_text(&s->view, SETTING_SERVICE_ID),
        .cluster_id = storage_cluster_id(s->storage),
        .health = health,
        .health_ctx = s,
    };
    o.listener_count = settings_listeners(&s->view, SETTING_LISTENERS, o.listeners);
    s->rest = rest_server_start(&o, st);
    return s->rest != NULL;
}

/* A thread is still at work on the log: the next start recovers as after a crash. */
static void leave(void)
{
    fflush(NULL);
    _exit(1);
}

static void close_all(server *s)
{
    if (s->rest && !rest_server_stop(s->rest)) {
        fprintf(stderr, "REST port: requests that do not end were left behind\n");
        leave();
    }
    if (s->kafka)
        kafka_server_stop(s->kafka);
    if (s->engine && !engine_close(s->engine))
        leave();
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
    str dir = settings_text(&s->view, SETTING_DATA_DIR);
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
    config_help(&b);
    printf("usage: weir server [--check-config] [--config FILE] [--set NAME=VALUE]...\n\n"
           "Serves SQL over REST, topics over the Kafka protocol and the web console, until SIGINT or SIGTERM.\n"
           "--check-config: says what is set and what is wrong, and starts nothing; exit status 0 or 2.\n"
           "Settings come from FILE (Java properties), then the environment (KSQL_LISTENERS,\n"
           "KSQL_KSQL_SERVICE_ID, ...), then --set; the later beats the earlier:\n\n%.*s",
           (int)b.n, b.p);
    buf_free(&b);
}

typedef struct arguments {
    bool check_only;
    buf  warnings; /* a line each */
} arguments;

static bool load_files(server *s, int argc, char **argv, arguments *out, status *st)
{
    for (int i = 0; i < argc; i++) {
        bool config = strcmp(argv[i], "--config") == 0;
        if (strcmp(argv[i], "--check-config") == 0) {
            out->check_only = true;
            continue;
        }
        if (!config && strcmp(argv[i], "--set") != 0)
            return status_set(st, ST_BAD_REQUEST, "unknown argument '%s'; see weir server --help", argv[i]);
        if (++i == argc)
            return status_set(st, ST_BAD_REQUEST, "%s needs a value; see weir server --help", argv[i - 1]);
        if (config && !config_load_file(&s->set, argv[i], &out->warnings, st))
            return false;
    }
    return true;
}

/* Files first, whatever the order of the arguments, so that --set beats them. */
static bool read_arguments(server *s, int argc, char **argv, arguments *out, status *st)
{
    if (!load_files(s, argc, argv, out, st) || !config_load_environment(&s->set, environ, st))
        return false;
    for (int i = 0; i + 1 < argc; i++)
        if (strcmp(argv[i], "--config") == 0)
            i++;
        else if (strcmp(argv[i], "--set") == 0 && !config_put_pair(&s->set, str_of(argv[++i]), st))
            return false;
    return true;
}

static void print_warnings(const buf *warnings)
{
    for (size_t at = 0; at < warnings->n;) {
        const char *line = warnings->p + at, *end = memchr(line, '\n', warnings->n - at);
        fprintf(stderr, "weir server: %.*s\n", (int)(end - line), line);
        at += (size_t)(end - line) + 1;
    }
}

static void print_config(const settings *set)
{
    buf b = BUF_INIT(BUF_MAX);
    config_show(set, &b);
    printf("%.*sThe configuration is good. %zu settings are given; weir server --help shows all.\n", (int)b.n, b.p,
           set->values.n);
    buf_free(&b);
}

/* The exit status, or -1: go on. */
static int configure(server *s, int argc, char **argv)
{
    status    st;
    arguments args = {.warnings = BUF_INIT(BUF_MAX)};
    status_init(&st);
    bool ok = read_arguments(s, argc, argv, &args, &st);
    print_warnings(&args.warnings);
    if (!ok)
        fprintf(stderr, "weir server: %s\n", st.msg);
    else if (args.check_only)
        print_config(&s->set);
    buf_free(&args.warnings);
    return !ok ? 2 : args.check_only ? 0 : -1;
}

int server_main(int argc, char **argv)
{
    int64_t start_ms = clock_mono_ms();
    server  s = {.view = {.server = &s.set}};
    status  st;
    status_init(&st);
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help();
            return 0;
        }
    settings_init(&s.set);
    int done = configure(&s, argc, argv);
    if (done >= 0) {
        settings_free(&s.set);
        return done;
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
