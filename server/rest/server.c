/* Listening, accepting, watching; start and stop of the REST port. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/rest/rest_int.h"

#define BACKLOG 512
#define TICK_MS 1000
#define EVENTS_MAX 64
/* data.u64 of an event: a watched connection has a generation in the upper half, from 1 on. */
#define EVENT_STOP UINT32_MAX

uint16_t rest_server_port(const rest_server *r)
{
    return r->port;
}

/* ---- listening */

static uint16_t port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t               n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        return 0;
    return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
                                         : ((struct sockaddr_in *)&a)->sin_port);
}

/* A listening socket, or -errno. */
static int listen_on(const struct addrinfo *a, bool both)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int on = 1, v6only = !both;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only);
    if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int e = errno;
        close(fd);
        return -e;
    }
    return fd;
}

static bool fail_listen(const listener *l, int error, status *st)
{
    return status_set(st, error == EADDRINUSE ? ST_BUSY : ST_IO, "REST port: cannot listen on %s:%u: %s%s",
                      l->host[0] ? l->host : "*", l->port, strerror(error),
                      error == EADDRINUSE ? "; another program has it: choose another port in 'listeners'" : "");
}

static bool listen_one(rest_server *r, const listener *l, status *st)
{
    char             port[8];
    struct addrinfo *list = NULL, hints = {.ai_family = l->host[0] ? AF_UNSPEC : AF_INET6,
                                           .ai_socktype = SOCK_STREAM,
                                           .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int              error = 0, before = r->listen_count;
    snprintf(port, sizeof port, "%u", l->port);
    int gai = getaddrinfo(l->host[0] ? l->host : NULL, port, &hints, &list);
    if (gai != 0)
        return status_set(st, ST_BAD_REQUEST, "REST port: cannot listen on '%s': %s", l->host, gai_strerror(gai));
    bool any_v4 = l->host[0] == 0 || strcmp(l->host, "0.0.0.0") == 0;
    for (const struct addrinfo *a = list; a && r->listen_count - before < 4; a = a->ai_next) {
        int fd = listen_on(a, l->host[0] == 0);
        if (fd < 0)
            error = -fd;
        else
            r->listen_fds[r->listen_count++] = fd;
    }
    freeaddrinfo(list);
    if (r->listen_count == before && any_v4 && error != EADDRINUSE) { /* a machine without IPv6 */
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(l->port)};
        struct addrinfo    a = {.ai_family = AF_INET, .ai_addr = (struct sockaddr *)&v4, .ai_addrlen = sizeof v4};
        int                fd = listen_on(&a, false);
        error = fd < 0 ? -fd : 0;
        if (fd >= 0)
            r->listen_fds[r->listen_count++] = fd;
    }
    if (r->listen_count == before || error == EADDRINUSE)
        return fail_listen(l, error, st);
    if (r->port == 0)
        r->port = port_of(r->listen_fds[before]);
    return true;
}

/* ---- the accepting thread */

static void accept_all(rest_server *r, int listen_fd)
{
    for (;;) {
        struct sockaddr_storage addr;
        socklen_t               n = sizeof addr;
        int                     fd = accept4(listen_fd, (struct sockaddr *)&addr, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            if (errno != EAGAIN && errno != EWOULDBLOCK) { /* no descriptors, no memory: not at full speed */
                struct timespec pause = {.tv_nsec = 50000000};
                nanosleep(&pause, NULL);
            }
            return;
        }
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        http1_add(r, fd, (struct sockaddr *)&addr, n);
    }
}

static void *accepter_main(void *arg)
{
    rest_server       *r = arg;
    struct epoll_event events[EVENTS_MAX];
    int64_t            tick = clock_mono_coarse_ms() + TICK_MS;
    for (;;) {
        int n = epoll_wait(r->epoll_fd, events, EVENTS_MAX, TICK_MS);
        for (int i = 0; i < n; i++) {
            uint32_t low = (uint32_t)events[i].data.u64, generation = (uint32_t)(events[i].data.u64 >> 32);
            if (generation)
                http1_hung_up(r, (int)low, generation);
            else if (low == EVENT_STOP)
                return NULL;
            else
                accept_all(r, (int)low);
        }
        if (clock_mono_coarse_ms() >= tick) {
            http1_tick(r);
            tick = clock_mono_coarse_ms() + TICK_MS;
        }
    }
}

static bool poll_fd(rest_server *r, int fd, uint32_t data, status *st)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = data};
    return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0 ||
           status_set(st, ST_IO, "REST port: epoll: %s", strerror(errno));
}

static bool start_accepter(rest_server *r, status *st)
{
    for (int i = 0; i < r->listen_count; i++)
        if (!poll_fd(r, r->listen_fds[i], (uint32_t)r->listen_fds[i], st))
            return false;
    if (!poll_fd(r, r->stop_fd, EVENT_STOP, st))
        return false;
    int error = pthread_create(&r->accepter, NULL, accepter_main, r);
    if (error)
        return status_set(st, ST_IO, "REST port: cannot start a thread: %s", strerror(error));
    r->accepter_runs = true;
    return true;
}

/* ---- life */

static int loops_wanted(int asked)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (asked == 0)
        asked = cores < 1 ? 1 : cores > 4 ? 4 : (int)cores;
    return asked > REST_LOOPS_MAX ? REST_LOOPS_MAX : asked;
}

rest_server *rest_server_start(const rest_options *o, status *st)
{
    rest_server *r = MEM_NEW(rest_server);
    r->o = *o;
    r->o.loops = loops_wanted(o->loops);
    r->last_command = o->last_command;
    r->start_ms = clock_mono_coarse_ms();
    pthread_mutex_init(&r->conns_mu, NULL);
    pthread_mutex_init(&r->commands_mu, NULL);
    pthread_cond_init(&r->commands_done, NULL);
    workers_init(&r->work, o->workers_max);
    r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    r->stop_fd = eventfd(0, EFD_CLOEXEC);
    bool ok = (r->epoll_fd >= 0 && r->stop_fd >= 0) || status_set(st, ST_IO, "REST port: epoll: %s", strerror(errno));
    for (size_t i = 0; ok && i < o->listener_count; i++)
        ok = listen_one(r, &o->listeners[i], st);
    if (ok && http1_start(r, st) && start_accepter(r, st))
        return r;
    rest_server_stop(r);
    return NULL;
}

bool rest_server_stop(rest_server *r)
{
    atomic_store(&r->stopping, true);
    if (r->accepter_runs) {
        uint64_t one = 1;
        ssize_t  n = write(r->stop_fd, &one, sizeof one);
        (void)n; /* an eventfd takes its first number */
        pthread_join(r->accepter, NULL);
    }
    for (int i = 0; i < r->listen_count; i++)
        close(r->listen_fds[i]);
    pthread_mutex_lock(&r->commands_mu);
    pthread_cond_broadcast(&r->commands_done);
    pthread_mutex_unlock(&r->commands_mu);
    http1_drain(r);
    if (!http1_stop(r))
        return false;
    workers_stop(&r->work);
    if (r->epoll_fd >= 0)
        close(r->epoll_fd);
    if (r->stop_fd >= 0)
        close(r->stop_fd);
    for (size_t i = 0; i < r->status_ids.n; i++) {
        mem_free(map_del(&r->statuses, str_of(r->status_ids.p[i])));
        mem_free(r->status_ids.p[i]);
    }
    VEC_FREE(&r->status_ids);
    map_free(&r->statuses);
    pthread_cond_destroy(&r->commands_done);
    pthread_mutex_destroy(&r->commands_mu);
    pthread_mutex_destroy(&r->conns_mu);
    mem_free(r);
    return true;
}
