#include "server/kafka/kafka.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/kafka/server_int.h"

#define BACKLOG 512

void server_log(kafka_server *k, const char *fmt, ...)
{
    char    line[512];
    int     n = snprintf(line, sizeof line, "kafka: ");
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
    va_end(ap);
    if (k->o.log)
        k->o.log(k->o.log_ctx, line);
    else
        fprintf(stderr, "%s\n", line);
}

int16_t error_of(const status *st)
{
    return (int16_t)status_kafka_code(st->code);
}

int16_t error_of_epoch(int32_t told, const tlog_part *p)
{
    int32_t now = storage_part_epoch(p);
    return told < 0 || told == now ? KE_NONE : told < now ? KE_FENCED_LEADER_EPOCH : KE_UNKNOWN_LEADER_EPOCH;
}

int32_t server_port_told(const kafka_server *k)
{
    return k->o.advertised_port ? k->o.advertised_port : k->port;
}

uint16_t kafka_server_port(const kafka_server *k)
{
    return k->port;
}

/* ---- listening */

/* A listening socket, or -errno. both: an IPv6 socket takes IPv4 too. */
static int listen_on(const struct sockaddr *address, socklen_t size, uint16_t port, bool both)
{
    struct sockaddr_storage addr;
    memcpy(&addr, address, size);
    bool v6 = addr.ss_family == AF_INET6;
    if (v6)
        ((struct sockaddr_in6 *)&addr)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)&addr)->sin_port = htons(port);
    int fd = socket(addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int on = 1, v6only = !both;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only);
    if (bind(fd, (struct sockaddr *)&addr, size) != 0 || listen(fd, BACKLOG) != 0) {
        int e = errno;
        close(fd);
        return -e;
    }
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t               n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        return 0;
    return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
                                         : ((struct sockaddr_in *)&a)->sin_port);
}

static int add_listener(kafka_server *k, int fd)
{
    if (fd < 0)
        return -fd;
    k->listen_fds[k->listen_count++] = fd;
    k->port = port_of(fd);
    return 0;
}

/* On every address of the machine: one socket for IPv6 and IPv4, or one for IPv4 without IPv6. */
static int listen_everywhere(kafka_server *k, uint16_t port)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_in  v4 = {.sin_family = AF_INET};
    int                 error = add_listener(k, listen_on((struct sockaddr *)&v6, sizeof v6, port, true));
    if (error && error != EADDRINUSE)
        error = add_listener(k, listen_on((struct sockaddr *)&v4, sizeof v4, port, false));
    return error;
}

static bool listen_all(kafka_server *k, const char *host, uint16_t port, status *st)
{
    int error = 0;
    if (host == NULL || host[0] == 0) {
        host = "*";
        error = listen_everywhere(k, port);
    } else {
        struct addrinfo *list, hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
        int              gai = getaddrinfo(host, "0", &hints, &list);
        if (gai != 0)
            return status_set(st, ST_BAD_REQUEST, "Kafka port: cannot listen on '%s': %s", host, gai_strerror(gai));
        for (const struct addrinfo *a = list; a && k->listen_count < LISTENERS_MAX; a = a->ai_next) {
            int e = add_listener(k, listen_on(a->ai_addr, a->ai_addrlen, k->port ? k->port : port, false));
            error = e ? e : error;
        }
        freeaddrinfo(list);
    }
    if (k->listen_count > 0)
        return true;
    return status_set(st, error == EADDRINUSE ? ST_BUSY : ST_IO, "Kafka port: cannot listen on %s:%u: %s", host, port,
                      strerror(error));
}

void server_accept(kafka_server *k, int listen_fd)
{
    for (;;) {
        int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE) && k->spare_fd >= 0) {
            /* Out of descriptors: the spare one lets the caller be turned away, or the backlog
             * would spin this loop for as long as the shortage lasts. */
            close(k->spare_fd);
            fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
            if (fd >= 0)
                close(fd);
            k->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
            atomic_fetch_add(&k->refused, 1);
            server_log(k, "connection refused: out of file descriptors (ulimit -n)");
            return;
        }
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0)
            return;
        if (atomic_load(&k->connections) >= k->o.connections_max || atomic_load(&k->stopping)) {
            close(fd);
            atomic_fetch_add(&k->refused, 1);
            server_log(k, "connection refused: there are %d already (max.connections)", k->o.connections_max);
            continue;
        }
        atomic_fetch_add(&k->connections, 1);
        atomic_fetch_add(&k->accepted, 1);
        loop *l = &k->loops[k->next_loop];
        k->next_loop = (k->next_loop + 1) % k->loop_count;
        loop_hand_fd(l, fd);
    }
}

/* ---- threads that take calls */

void call_thread_push(call_thread *t, call *c)
{
    pthread_mutex_lock(&t->lock);
    c->mail_next = NULL;
    if (t->queue.tail)
        t->queue.tail->mail_next = c;
    else
        t->queue.head = c;
    t->queue.tail = c;
    pthread_cond_signal(&t->more);
    pthread_mutex_unlock(&t->lock);
}

/* NULL: the thread is to end and the queue is empty. */
static call *take(call_thread *t)
{
    pthread_mutex_lock(&t->lock);
    while (t->queue.head == NULL && !t->stop)
        pthread_cond_wait(&t->more, &t->lock);
    call *c = t->queue.head;
    if (c) {
        t->queue.head = c->mail_next;
        if (t->queue.head == NULL)
            t->queue.tail = NULL;
    }
    pthread_mutex_unlock(&t->lock);
    return c;
}

static void *worker_main(void *arg)
{
    call *c;
    while ((c = take(arg)) != NULL) {
        c->api->run(c, c->request, c->response); /* such handlers are always done at once */
        call_finish(c);
    }
    return NULL;
}

static void *syncer_main(void *arg)
{
    call *c;
    while ((c = take(arg)) != NULL)
        produce_sync(c);
    return NULL;
}

static void call_thread_start(call_thread *t, kafka_server *k, void *(*run)(void *))
{
    t->srv = k;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->more, NULL);
    if (pthread_create(&t->thread, NULL, run, t) != 0)
        abort(); /* at start, before anything was promised */
}

static void call_thread_stop(call_thread *t)
{
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_signal(&t->more);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->more);
}

/* ---- start and stop */

static void fill_defaults(kafka_options *o)
{
    if (o->loops <= 0)
        o->loops = 1;
    if (o->loops > KAFKA_LOOPS_MAX)
        o->loops = KAFKA_LOOPS_MAX;
    if (o->default_partitions <= 0)
        o->default_partitions = 1;
    if (o->request_max_bytes <= 0 || o->request_max_bytes > INT32_MAX)
        o->request_max_bytes = 104857600;
    if (o->fetch_max_bytes <= 0)
        o->fetch_max_bytes = 57671680;
    if (o->connections_max <= 0)
        o->connections_max = 10000;
    if (o->idle_max_ms <= 0)
        o->idle_max_ms = 600000;
    if (o->session_min_ms <= 0)
        o->session_min_ms = 6000;
    if (o->session_max_ms <= 0)
        o->session_max_ms = 1800000;
}

kafka_server *kafka_server_start(storage *s, const kafka_options *o, status *st)
{
    kafka_server *k = MEM_NEW(kafka_server);
    k->storage = s;
    k->log = storage_log(s);
    k->o = *o;
    fill_defaults(&k->o);
    if (o->advertised_host)
        snprintf(k->advertised_host, sizeof k->advertised_host, "%s", o->advertised_host);
    k->o.host = k->o.advertised_host = NULL; /* the caller's memory */
    if (!listen_all(k, o->host, o->port, st)) {
        mem_free(k);
        return NULL;
    }
    k->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    k->calls = mem_zalloc((size_t)api_count * sizeof *k->calls);
    k->errors = mem_zalloc((size_t)api_count * sizeof *k->errors);
    sem_init(&k->drained, 0, 0);
    k->coord = coord_new(&(coord_options){.session_min_ms = k->o.session_min_ms,
                                          .session_max_ms = k->o.session_max_ms,
                                          .initial_delay_ms = k->o.initial_rebalance_delay_ms});
    k->loop_count = k->o.loops;
    k->loops = mem_zalloc((size_t)k->loop_count * sizeof *k->loops);
    for (int i = 0; i < k->loop_count; i++)
        loop_init(&k->loops[i], k);
    for (int i = 0; i < k->listen_count; i++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &k->listen_fds[i]};
        epoll_ctl(k->loops[0].epoll, EPOLL_CTL_ADD, k->listen_fds[i], &ev);
    }
    call_thread_start(&k->worker, k, worker_main);
    call_thread_start(&k->syncer, k, syncer_main);
    for (int i = 0; i < k->loop_count; i++)
        if (pthread_create(&k->loops[i].thread, NULL, loop_main, &k->loops[i]) != 0)
            abort();
    return k;
}

void kafka_server_stop(kafka_server *k)
{
    atomic_store(&k->stopping, 1);
    for (int i = 0; i < k->loop_count; i++)
        loop_wake(&k->loops[i]);
    for (int i = 0; i < k->loop_count; i++)
        while (sem_wait(&k->drained) != 0)
            ;
    call_thread_stop(&k->worker);
    call_thread_stop(&k->syncer);
    atomic_store(&k->stopping, 2);
    for (int i = 0; i < k->loop_count; i++)
        loop_wake(&k->loops[i]);
    for (int i = 0; i < k->loop_count; i++)
        pthread_join(k->loops[i].thread, NULL);
    for (int i = 0; i < k->loop_count; i++)
        loop_free(&k->loops[i]);
    for (int i = 0; i < k->listen_count; i++)
        close(k->listen_fds[i]);
    if (k->spare_fd >= 0)
        close(k->spare_fd);
    coord_free(k->coord);
    sem_destroy(&k->drained);
    mem_free(k->loops);
    mem_free(k->calls);
    mem_free(k->errors);
    mem_free(k);
}

/* ---- metrics */

static void put_metric(buf *out, const char *name, const char *type, const char *help, unsigned long long v)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name, v);
}

static void put_by_api(buf *out, const char *name, const char *help, const atomic_ullong *v)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s counter\n", name, help, name);
    for (int i = 0; i < api_count; i++)
        buf_printf(out, "%s{api=\"%s\"} %llu\n", name, api_table[i].name, (unsigned long long)atomic_load(&v[i]));
}

void kafka_server_metrics(kafka_server *k, buf *out)
{
    put_metric(out, "weir_kafka_connections", "gauge", "Open connections",
               (unsigned long long)atomic_load(&k->connections));
    put_metric(out, "weir_kafka_connections_total", "counter", "Connections accepted", atomic_load(&k->accepted));
    put_metric(out, "weir_kafka_connections_refused_total", "counter", "Connections turned away by a limit",
               atomic_load(&k->refused));
    put_metric(out, "weir_kafka_received_bytes_total", "counter", "Bytes received", atomic_load(&k->bytes_in));
    put_metric(out, "weir_kafka_sent_bytes_total", "counter", "Bytes sent", atomic_load(&k->bytes_out));
    put_metric(out, "weir_kafka_bad_requests_total", "counter", "Connections closed for what they sent",
               atomic_load(&k->bad_requests));
    put_by_api(out, "weir_kafka_requests_total", "Requests by API", k->calls);
    put_by_api(out, "weir_kafka_errors_total", "Error codes answered by API", k->errors);
}
