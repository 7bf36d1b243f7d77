/* HTTP/1.1 by libmicrohttpd: sockets in, calls out.
 *
 * We accept connections ourselves and hand them to one of several daemons, each an event loop in a thread
 * (so that another protocol can later be chosen by a connection's first bytes). A call that may wait goes to a
 * worker while its connection is suspended; so does a connection whose stream has nothing to send. A
 * suspended connection is not polled by libmicrohttpd, therefore the accepting thread watches its socket for
 * the client's leaving.
 */
#include <microhttpd.h>

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/rest/rest_int.h"

#define STREAM_BLOCK_BYTES 16384
#define CALLS_END_MS 10000
#define CONNECTION_MEMORY_BYTES 32768 /* for request line and headers; larger ones are answered 431 */

typedef enum conn_state {
    CONN_IDLE,
    CONN_READING,
    CONN_RUNNING, /* on a worker */
    CONN_ANSWERED
} conn_state;

struct conn {
    rest_server           *r;
    struct MHD_Connection *m;
    int                    fd;
    uint32_t               generation; /* tells a late event of an older connection on the same descriptor */
    conn_state             state;
    atomic_int_fast64_t    reading_since_ms; /* a request is on its way; 0: none */
    stream                *stream;           /* guarded by conns_mu */
    call                   c;                /* kept between requests, for its memory */
};

/* ---- the table of connections */

static void table_put(rest_server *r, conn *c)
{
    pthread_mutex_lock(&r->conns_mu);
    if ((size_t)c->fd >= r->conns_cap) {
        size_t cap = r->conns_cap ? r->conns_cap : 256;
        while (cap <= (size_t)c->fd)
            cap *= 2;
        r->conns = mem_realloc(r->conns, cap * sizeof *r->conns);
        memset(r->conns + r->conns_cap, 0, (cap - r->conns_cap) * sizeof *r->conns);
        r->conns_cap = cap;
    }
    c->generation = ++r->next_generation;
    r->conns[c->fd] = c;
    pthread_mutex_unlock(&r->conns_mu);
}

static void table_remove(rest_server *r, conn *c)
{
    pthread_mutex_lock(&r->conns_mu);
    if (r->conns[c->fd] == c)
        r->conns[c->fd] = NULL;
    pthread_mutex_unlock(&r->conns_mu);
}

void http1_hung_up(rest_server *r, int fd, uint32_t generation)
{
    pthread_mutex_lock(&r->conns_mu);
    conn *c = (size_t)fd < r->conns_cap ? r->conns[fd] : NULL;
    if (c && c->generation == generation && c->stream)
        stream_hang_up(c->stream);
    pthread_mutex_unlock(&r->conns_mu);
}

void http1_tick(rest_server *r)
{
    int64_t now = clock_mono_coarse_ms(), patience = (int64_t)r->o.request_timeout_s * 1000;
    pthread_mutex_lock(&r->conns_mu);
    for (size_t i = 0; i < r->conns_cap; i++) {
        conn *c = r->conns[i];
        if (c == NULL)
            continue;
        int64_t since = atomic_load(&c->reading_since_ms);
        if (since && now - since > patience)
            shutdown(c->fd, SHUT_RDWR); /* its loop then sees the end and closes */
        if (c->stream && !stream_tick(c->stream, now))
            shutdown(c->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&r->conns_mu);
}

static void watch(conn *c, bool on)
{
    struct epoll_event e = {.events = EPOLLRDHUP | EPOLLONESHOT,
                            .data.u64 = (uint64_t)c->generation << 32 | (uint32_t)c->fd};
    epoll_ctl(c->r->epoll_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, c->fd, &e);
}

static void set_stream(conn *c, stream *s)
{
    pthread_mutex_lock(&c->r->conns_mu);
    c->stream = s;
    if (s && atomic_load(&c->r->stopping)) /* http1_drain() has been here */
        stream_hang_up(s);
    pthread_mutex_unlock(&c->r->conns_mu);
}

static conn *conn_of(call *k)
{
    return (conn *)((char *)k - offsetof(conn, c));
}

/* From a worker; the loop then sends the answer. */
static void begin_answer(call *k)
{
    MHD_resume_connection(conn_of(k)->m);
}

/* From a worker, while the connection is suspended. */
static void attach_stream(call *k, stream *s)
{
    conn *c = conn_of(k);
    watch(c, false);
    set_stream(c, s);
    if (s)
        watch(c, true);
}

static void on_connection(void *cls, struct MHD_Connection *m, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    rest_server *r = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        conn *c = MEM_NEW(conn);
        c->r = r;
        c->m = m;
        c->fd = MHD_get_connection_info(m, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        c->c.r = r;
        c->c.begin = begin_answer;
        c->c.attach = attach_stream;
        c->c.body = BUF_INIT(REST_BODY_MAX_BYTES);
        c->c.out = BUF_INIT(BUF_MAX);
        atomic_store(&c->reading_since_ms, clock_mono_coarse_ms());
        *socket_context = c;
        table_put(r, c);
        atomic_fetch_add(&r->connections_open, 1);
        atomic_fetch_add(&r->connections_total, 1);
    } else {
        conn *c = *socket_context;
        *socket_context = NULL;
        if (c->stream) { /* its response is destroyed later than we are */
            stream *s = c->stream;
            watch(c, false);
            set_stream(c, NULL);
            stream_detach(s);
        }
        table_remove(r, c);
        atomic_fetch_sub(&r->connections_open, 1);
        buf_free(&c->c.body);
        buf_free(&c->c.out);
        framing_free(&c->c.rows);
        arena_free(&c->c.a);
        mem_free(c);
    }
}

/* ---- one request */

#define KEPT_BUFFER_BYTES 65536

static void recycle(buf *b)
{
    if (b->cap > KEPT_BUFFER_BYTES)
        buf_free(b);
    buf_clear(b);
}

static str header(struct MHD_Connection *m, const char *name, bool *there)
{
    const char *v = NULL;
    size_t      n = 0;
    *there = MHD_lookup_connection_value_n(m, MHD_HEADER_KIND, name, strlen(name), &v, &n) == MHD_YES && v != NULL;
    return *there ? str_make(v, n) : STR_NONE;
}

static void begin_call(conn *c, const char *method, const char *url, const char *version)
{
    call *k = &c->c;
    arena_reset(&k->a);
    recycle(&k->body);
    recycle(&k->out);
    k->path = str_dup(&k->a, str_of(url));
    k->accept = str_dup(&k->a, header(c->m, "Accept", &k->has_accept));
    k->http10 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
    k->route = route_find(str_of(method), k->path, &k->tail);
    k->status = 0;
    k->content_type = k->location = k->cache = k->warning = NULL;
    k->text = STR_NONE;
    k->stream = NULL;
    k->may_wait = false;
    k->rest = NULL;
    k->query = NULL;
    c->state = CONN_READING;
    atomic_store(&c->reading_since_ms, clock_mono_coarse_ms());
}

static void wake_conn(void *ctx)
{
    conn *c = ctx;
    MHD_resume_connection(c->m);
}

static void sleep_conn(void *ctx)
{
    conn *c = ctx;
    MHD_suspend_connection(c->m);
}

static ssize_t read_stream(void *cls, uint64_t pos, char *p, size_t max)
{
    (void)pos;
    ssize_t n = stream_read(cls, p, max, sleep_conn);
    return n >= 0 ? n : n == -1 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void done_stream(void *cls)
{
    stream *s = cls;
    conn   *c = s->wake_ctx;
    if (c) {
        watch(c, false);
        set_stream(c, NULL);
        stream_detach(s);
    }
    stream_release(s);
}

static void count(rest_server *r, const call *k)
{
    size_t row = k->route ? (size_t)(k->route - routes) : ROUTE_NONE;
    int class = k->status / 100;
    atomic_fetch_add_explicit(&r->requests[row][class < 6 ? class : 0], 1, memory_order_relaxed);
}

static enum MHD_Result send_answer(conn *c)
{
    call                *k = &c->c;
    struct MHD_Response *a;
    count(c->r, k);
    if (k->stream) {
        k->stream->wake = wake_conn;
        k->stream->wake_ctx = c;
        set_stream(c, k->stream);
        /* One that sends all the time hears of the client's leaving by that; a client that has only ended its own
         * side reads on. */
        watch(c, !k->stream->begun);
        a = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream, k->stream,
                                              done_stream);
    } else {
        str body = k->text.p ? k->text : buf_str(&k->out);
        a = MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p, MHD_RESPMEM_PERSISTENT);
    }
    if (k->content_type)
        MHD_add_response_header(a, "content-type", k->content_type);
    if (k->location)
        MHD_add_response_header(a, "location", k->location);
    if (k->cache)
        MHD_add_response_header(a, "cache-control", k->cache);
    if (k->warning)
        MHD_add_response_header(a, "warning", str_z(&k->a, str_fmt(&k->a, "299 - \"%s\"", k->warning)));
    c->state = CONN_ANSWERED;
    enum MHD_Result done = MHD_queue_response(c->m, (unsigned)k->status, a);
    MHD_destroy_response(a);
    return done;
}

static void run_on_worker(void *arg)
{
    conn        *c = arg;
    rest_server *r = c->r;
    call        *k = &c->c;
    bool         ours = true;
    k->may_wait = true;
    if (k->rest == NULL)
        call_run(k);
    if (k->rest)
        ours = k->rest(k);
    if (ours) /* else the connection is the loop's already, and perhaps gone */
        MHD_resume_connection(c->m);
    atomic_fetch_sub(&r->calls_running, 1);
}

static enum MHD_Result refuse_call(conn *c)
{
    call_drop(&c->c);
    call_error(&c->c, 50303, "The server is shutting down");
    return send_answer(c);
}

static enum MHD_Result run_elsewhere(conn *c)
{
    /* Before the look at `stopping`: http1_stop() looks in the other order. */
    atomic_fetch_add(&c->r->calls_running, 1);
    if (atomic_load(&c->r->stopping)) {
        atomic_fetch_sub(&c->r->calls_running, 1);
        return refuse_call(c);
    }
    c->state = CONN_RUNNING;
    MHD_suspend_connection(c->m);
    workers_add(&c->r->work, run_on_worker, c);
    return MHD_YES;
}

static enum MHD_Result run_call(conn *c)
{
    atomic_store(&c->reading_since_ms, 0);
    if (atomic_load(&c->r->stopping))
        return refuse_call(c);
    if (call_needs_worker(&c->c))
        return run_elsewhere(c);
    call_run(&c->c);
    return c->c.rest ? run_elsewhere(c) : send_answer(c);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *m, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_bytes, void **ctx)
{
    (void)cls;
    conn *c = MHD_get_connection_info(m, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (*ctx == NULL) { /* the headers are here */
        *ctx = c;
        begin_call(c, method, url, version);
        return MHD_YES;
    }
    if (*upload_bytes) { /* what is over the limit is swallowed, then answered 413 */
        buf_put(&c->c.body, upload, *upload_bytes);
        *upload_bytes = 0;
        return MHD_YES;
    }
    return c->state == CONN_RUNNING ? send_answer(c) : run_call(c);
}

static void on_completed(void *cls, struct MHD_Connection *m, void **ctx, enum MHD_RequestTerminationCode why)
{
    (void)cls, (void)m, (void)why;
    conn *c = *ctx;
    if (c == NULL)
        return;
    *ctx = NULL;
    /* Answered by a worker, but never queued: the connection broke meanwhile. */
    if (c->state == CONN_RUNNING && c->c.stream)
        stream_release(c->c.stream);
    c->state = CONN_IDLE;
    atomic_store(&c->reading_since_ms, 0);
}

/* ---- life */

static void log_mhd(void *cls, const char *fmt, va_list ap)
{
    (void)cls, (void)fmt, (void)ap; /* what clients get wrong is answered; it is no news */
}

bool http1_start(rest_server *r, status *st)
{
    for (int i = 0; i < r->o.loops; i++) {
        unsigned limit = (unsigned)(r->o.connections_max / r->o.loops) + 1;
        r->loops[i] = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET |
                                           MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_TURBO,
                                       0, NULL, NULL, on_request, r, MHD_OPTION_EXTERNAL_LOGGER, log_mhd, NULL,
                                       MHD_OPTION_NOTIFY_CONNECTION, on_connection, r, MHD_OPTION_NOTIFY_COMPLETED,
                                       on_completed, r, MHD_OPTION_CONNECTION_LIMIT, limit,
                                       MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
                                       MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)r->o.idle_timeout_s, MHD_OPTION_END);
        if (r->loops[i] == NULL)
            return status_set(st, ST_IO, "REST port: cannot start an event loop: %s", strerror(errno));
        r->loop_count++;
    }
    return true;
}

void http1_add(rest_server *r, int fd, const struct sockaddr *addr, unsigned addr_size)
{
    static atomic_uint next;
    unsigned           i = atomic_fetch_add(&next, 1) % (unsigned)r->loop_count;
    MHD_add_connection(r->loops[i], fd, addr, addr_size); /* closes the socket when it cannot */
}

void http1_drain(rest_server *r)
{
    pthread_mutex_lock(&r->conns_mu);
    for (size_t i = 0; i < r->conns_cap; i++)
        if (r->conns[i] && r->conns[i]->stream)
            stream_hang_up(r->conns[i]->stream);
    pthread_mutex_unlock(&r->conns_mu);
}

bool http1_stop(rest_server *r)
{
    int64_t until = clock_mono_ms() + CALLS_END_MS;
    while (atomic_load(&r->calls_running)) { /* libmicrohttpd stops only what is not suspended */
        if (clock_mono_ms() > until)
            return false;
        struct timespec pause = {.tv_nsec = 1000000};
        nanosleep(&pause, NULL);
    }
    for (int i = 0; i < r->loop_count; i++)
        MHD_stop_daemon(r->loops[i]);
    mem_free(r->conns);
    return true;
}
