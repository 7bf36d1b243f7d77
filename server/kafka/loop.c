#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/kafka/server_int.h"

#define EVENTS_MAX 128
#define SWEEP_MS 10000 /* how often idle connections and partitions are looked for */
#define STOP_MS 3000   /* how long a stop waits for clients to take their answers */

/* Edge-triggered tags of what is not a connection. */
static char tag_wake;

static _Thread_local loop *current;

static bool is_current(const loop *l)
{
    return current == l;
}

void loop_init(loop *l, kafka_server *k)
{
    *l = (loop){.srv = k};
    pthread_mutex_init(&l->lock, NULL);
    arena_init(&l->scratch);
    l->now_ms = clock_mono_ms();
    l->sweep_at = l->now_ms + SWEEP_MS;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.ptr = &tag_wake};
    if (l->epoll >= 0 && l->wake_fd >= 0)
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wake_fd, &ev);
}

void loop_free(loop *l)
{
    for (call *c = l->spare, *next; c; c = next) {
        next = c->next;
        call_destroy(c);
    }
    for (size_t i = 0; i < l->fd_count; i++)
        close(l->fds[i]);
    mem_free(l->fds);
    ktimers_free(&l->timers);
    arena_free(&l->scratch);
    if (l->epoll >= 0)
        close(l->epoll);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    pthread_mutex_destroy(&l->lock);
}

/* ---- handed in by other threads */

void loop_wake(loop *l)
{
    if (atomic_exchange(&l->woken, true) || is_current(l))
        return;
    uint64_t one = 1;
    while (write(l->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void queue_put(call_queue *q, call *c)
{
    c->mail_next = NULL;
    if (q->tail)
        q->tail->mail_next = c;
    else
        q->head = c;
    q->tail = c;
}

void loop_hand_call(loop *l, call *c)
{
    pthread_mutex_lock(&l->lock);
    queue_put(&l->mail, c);
    pthread_mutex_unlock(&l->lock);
    loop_wake(l);
}

void loop_hand_fd(loop *l, int fd)
{
    pthread_mutex_lock(&l->lock);
    if (l->fd_count == l->fd_cap) {
        l->fd_cap = l->fd_cap ? l->fd_cap * 2 : 16;
        l->fds = mem_realloc(l->fds, l->fd_cap * sizeof *l->fds);
    }
    l->fds[l->fd_count++] = fd;
    pthread_mutex_unlock(&l->lock);
    loop_wake(l);
}

static void take_fds(loop *l)
{
    for (;;) {
        pthread_mutex_lock(&l->lock);
        int fd = l->fd_count ? l->fds[--l->fd_count] : -1;
        pthread_mutex_unlock(&l->lock);
        if (fd < 0)
            return;
        conn *n = conn_new(l, fd);
        if (n)
            conn_queue(n);
    }
}

/* Everything that other threads handed in, and what this thread handed to itself. */
static void take_mail(loop *l)
{
    while (atomic_exchange(&l->woken, false)) {
        pthread_mutex_lock(&l->lock);
        call *c = l->mail.head;
        bool  fds = l->fd_count > 0;
        l->mail = (call_queue){0};
        pthread_mutex_unlock(&l->lock);
        for (call *next; c; c = next) {
            next = c->mail_next;
            conn_returned(c);
        }
        for (kpart *p; (p = parts_take_dirty(l)) != NULL;)
            fetch_wake(p);
        if (fds)
            take_fds(l);
    }
}

/* ---- the turn */

void conn_queue(conn *n)
{
    loop *l = n->loop;
    if (n->queued)
        return;
    n->queued = true;
    n->run_next = NULL;
    if (l->run_tail)
        l->run_tail->run_next = n;
    else
        l->run_head = n;
    l->run_tail = n;
}

static void run_connections(loop *l)
{
    conn *n = l->run_head;
    l->run_head = l->run_tail = NULL; /* those queued meanwhile run in the next turn */
    for (conn *next; n; n = next) {
        next = n->run_next;
        n->queued = false;
        conn_run(n);
    }
}

static void sweep(loop *l)
{
    for (conn *n = l->conns, *next; n; n = next) {
        next = n->next;
        if (n->queued)
            continue;
        if (conn_is_idle(n) && n->in) {
            mem_free(n->in);
            n->in = NULL;
            n->in_cap = n->from = n->to = 0;
        }
        if (n->parked == 0 && l->now_ms - n->last_ms > l->srv->o.idle_max_ms)
            conn_close(n);
    }
    parts_sweep(l, l->now_ms);
}

static void tick_coordinator(loop *l)
{
    if (l->now_ms >= coord_next(l->srv->coord))
        coord_tick(l->srv->coord, l->now_ms);
}

static int wait_ms(const loop *l)
{
    if (l->run_head || atomic_load(&l->woken))
        return 0;
    int64_t at = l->sweep_at;
    int64_t due = coord_next(l->srv->coord);
    if (ktimers_next(&l->timers) < at)
        at = ktimers_next(&l->timers);
    if (due < at)
        at = due;
    int64_t ms = at - clock_mono_ms();
    return ms <= 0 ? 0 : (int)ms;
}

static void take_events(loop *l, const struct epoll_event *ev, int n)
{
    for (int i = 0; i < n; i++) {
        if (ev[i].data.ptr == &tag_wake) {
            uint64_t count;
            while (read(l->wake_fd, &count, sizeof count) < 0 && errno == EINTR)
                ;
            continue;
        }
        const int *listen_fd = ev[i].data.ptr;
        if (listen_fd >= l->srv->listen_fds && listen_fd < l->srv->listen_fds + LISTENERS_MAX) {
            server_accept(l->srv, *listen_fd);
            continue;
        }
        conn *c = ev[i].data.ptr;
        if (ev[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
            c->hup = c->readable = true;
        if (ev[i].events & EPOLLIN)
            c->readable = true;
        if (ev[i].events & EPOLLOUT)
            c->writable = true;
        conn_queue(c);
    }
}

static void run_timers(loop *l)
{
    ktimer *t;
    while ((t = ktimers_pop(&l->timers, l->now_ms)) != NULL) {
        call *c = (call *)(void *)((char *)t - offsetof(call, timer));
        c->finish_now(c);
    }
}

/* The server stops: no new requests, parked calls are answered, what is answered is sent. */
static void drain(loop *l)
{
    for (conn *n = l->conns; n; n = n->next) {
        if (n->closing)
            continue;
        n->closing = true;
        for (call *c = n->head, *next; c; c = next) {
            next = c->next;
            if (!c->done && c->finish_now)
                c->finish_now(c);
        }
        conn_queue(n);
    }
}

static void close_all(loop *l)
{
    while (l->conns)
        conn_close(l->conns);
    run_connections(l);
}

void *loop_main(void *arg)
{
    loop              *l = arg;
    struct epoll_event ev[EVENTS_MAX];
    int64_t            stop_at = TIMER_NEVER;
    sigset_t           mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGPIPE); /* sendfile has no MSG_NOSIGNAL */
    pthread_sigmask(SIG_BLOCK, &mask, NULL);
    current = l;
    while (atomic_load(&l->srv->stopping) < 2) {
        bool stopping = atomic_load(&l->srv->stopping) > 0;
        int  timeout = stopping ? 10 : wait_ms(l);
        if (stopping && l->run_head)
            timeout = 0;
        int n = epoll_wait(l->epoll, ev, EVENTS_MAX, timeout);
        l->now_ms = clock_mono_ms();
        take_events(l, ev, n);
        take_mail(l);
        run_timers(l);
        run_connections(l);
        tick_coordinator(l);
        take_mail(l);
        arena_reset(&l->scratch);
        if (l->now_ms >= l->sweep_at) {
            l->sweep_at = l->now_ms + SWEEP_MS;
            sweep(l);
        }
        if (atomic_load(&l->srv->stopping) > 0) {
            if (stop_at == TIMER_NEVER)
                stop_at = l->now_ms + STOP_MS;
            drain(l);
            if (l->now_ms >= stop_at || l->conns == NULL)
                break;
        }
    }
    close_all(l);
    /* Calls that the worker or the syncer still holds come home before the loop ends. */
    sem_post(&l->srv->drained);
    while (atomic_load(&l->srv->stopping) < 2 || atomic_load(&l->woken)) {
        int n = epoll_wait(l->epoll, ev, EVENTS_MAX, 5);
        for (int i = 0; i < n; i++)
            if (ev[i].data.ptr == &tag_wake) {
                uint64_t count;
                while (read(l->wake_fd, &count, sizeof count) < 0 && errno == EINTR)
                    ;
            }
        take_mail(l);
        close_all(l);
    }
    parts_free(l);
    current = NULL;
    return NULL;
}
