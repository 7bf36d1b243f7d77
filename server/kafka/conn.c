/* One connection: bytes in, calls in order, answers out in the same order.
 *
 * As in Kafka a call that waits (a long poll, a join) holds up those behind it, except that Produce
 * calls which only wait for the disk let further Produce calls start (group commit needs that;
 * appends still happen in the order of arrival). A frame is handled where it was received: records
 * go from the receive buffer to the log without another copy. A held call borrows its frame, so
 * while one is parked nothing is received. Nor is anything taken in while answers pile up unsent.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "server/kafka/apis.h"

#define IN_FIRST_BYTES ((size_t)64 << 10)
#define IN_KEPT_BYTES ((size_t)4 << 20) /* a larger buffer is given back when it is empty */
#define READS_PER_TURN 8                /* then other connections get theirs */
#define IOV_MAX_USED 32
#define SPARE_CALLS_MAX 64 /* kept by a loop for reuse, none larger than this: */
#define OUT_KEPT_BYTES ((size_t)64 << 10)
#define ARENA_KEPT_BYTES ((size_t)64 << 10)

/* ---- calls */

static void close_slices(call *c)
{
    for (uint32_t i = 0; i < c->cut_count; i++)
        if (c->cuts[i].slice.fd >= 0)
            close(c->cuts[i].slice.fd);
    c->cut_count = 0;
}

static call *call_new(conn *n)
{
    loop *l = n->loop;
    call *c = l->spare;
    if (c) {
        l->spare = c->next;
        l->spare_count--;
        buf   out = c->out;
        arena a = c->a;
        *c = (call){.out = out, .a = a};
    } else {
        c = MEM_NEW(call);
        c->out = BUF_INIT(ANSWER_MAX);
        arena_init(&c->a);
    }
    c->conn = n;
    return c;
}

static void call_free(call *c)
{
    loop *l = c->conn->loop;
    close_slices(c);
    ktimer_cancel(&l->timers, &c->timer);
    if (l->spare_count < SPARE_CALLS_MAX && c->out.cap <= OUT_KEPT_BYTES && c->a.total <= ARENA_KEPT_BYTES) {
        buf_clear(&c->out);
        arena_reset(&c->a);
        c->next = l->spare;
        l->spare = c;
        l->spare_count++;
        return;
    }
    call_destroy(c);
}

void call_destroy(call *c)
{
    arena_free(&c->a);
    buf_free(&c->out);
    mem_free(c);
}

static void put_response_header(call *c)
{
    buf_put_i32(&c->out, 0); /* size, set at the end */
    buf_put_i32(&c->out, c->correlation);
    /* ApiVersions answers keep the old header, so that a client that guessed wrong can read them.
     */
    if (c->version >= c->api->flexible && c->api->key != 18)
        buf_putc(&c->out, 0);
}

static bool set_frame_size(call *c)
{
    size_t total = c->out.n - 4;
    for (uint32_t i = 0; i < c->cut_count; i++)
        total += c->cuts[i].slice.len_bytes;
    c->bytes = total;
    if (c->out.full || total > INT32_MAX)
        return false;
    be_put32(c->out.p, (uint32_t)total);
    return true;
}

static void encode(call *c)
{
    if (c->no_reply)
        return;
    wire_writer w = {.out = &c->out, .a = &c->a, .version = c->version, .flexible = c->version >= c->api->flexible};
    put_response_header(c);
    wire_encode(&w, c->api->response, c->response);
    c->cuts = w.cuts;
    c->cut_count = w.cut_count;
    if (!set_frame_size(c))
        c->refusal = "its answer would be larger than an answer may be";
}

void call_finish(call *c)
{
    encode(c);
    loop_hand_call(c->conn->loop, c);
}

static void settle(call *c)
{
    conn *n = c->conn;
    c->done = true;
    n->parked--;
    n->unsent += c->bytes;
    if (c->hold) {
        c->hold = false;
        n->from += n->frame_bytes;
        n->frame_bytes = 0;
    }
}

void call_finish_on_loop(call *c)
{
    encode(c);
    settle(c);
    conn_queue(c->conn);
}

void call_count_error(call *c, int16_t error)
{
    if (error)
        atomic_fetch_add_explicit(&call_server(c)->errors[c->api - api_table], 1, memory_order_relaxed);
}

/* ---- opening and closing */

static void address_text(const struct sockaddr_storage *a, char *out, size_t size)
{
    out[0] = 0;
    if (a->ss_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, out, (socklen_t)size);
    } else if (a->ss_family == AF_INET6) {
        const struct in6_addr *ip = &((const struct sockaddr_in6 *)a)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(ip))
            inet_ntop(AF_INET, &ip->s6_addr[12], out, (socklen_t)size);
        else
            inet_ntop(AF_INET6, ip, out, (socklen_t)size);
    }
}

conn *conn_new(loop *l, int fd)
{
    conn *n = MEM_NEW(conn);
    n->loop = l;
    n->fd = fd;
    n->readable = n->writable = true;
    n->last_ms = l->now_ms;
    struct sockaddr_storage a;
    socklen_t               size = sizeof a;
    if (getpeername(fd, (struct sockaddr *)&a, &size) == 0)
        address_text(&a, n->peer, sizeof n->peer);
    size = sizeof a;
    if (l->srv->advertised_host[0])
        memcpy(n->host, l->srv->advertised_host, sizeof n->host);
    else if (getsockname(fd, (struct sockaddr *)&a, &size) == 0)
        address_text(&a, n->host, sizeof n->host);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    n->next = l->conns;
    if (n->next)
        n->next->prev = n;
    l->conns = n;
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = n};
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
        server_log(l->srv, "connection from %s closed: epoll_ctl: %s", n->peer, strerror(errno));
        conn_close(n);
        return NULL;
    }
    return n;
}

static void release_memory(conn *n)
{
    mem_free(n->in);
    mem_free(n);
}

void conn_close(conn *n)
{
    if (n->dead)
        return;
    loop *l = n->loop;
    n->dead = true;
    close(n->fd); /* leaves the epoll set by itself */
    atomic_fetch_sub(&l->srv->connections, 1);
    if (n->prev)
        n->prev->next = n->next;
    else
        l->conns = n->next;
    if (n->next)
        n->next->prev = n->prev;
    for (call *c = n->head, *next; c; c = next) {
        next = c->next;
        if (c->done || (c->cancel && c->cancel(c)))
            call_free(c);
        else
            n->away++;
    }
    n->head = n->tail = NULL;
    if (n->away == 0 && !n->queued)
        release_memory(n);
}

void conn_returned(call *c)
{
    conn *n = c->conn;
    if (c->returned)
        c->returned(c);
    if (!n->dead) {
        settle(c);
        conn_queue(n);
        return;
    }
    call_free(c);
    if (--n->away == 0 && !n->queued)
        release_memory(n);
}

static void refuse(conn *n, const char *why)
{
    atomic_fetch_add(&n->loop->srv->bad_requests, 1);
    server_log(n->loop->srv, "connection from %s closed: %s", n->peer, why);
    conn_close(n);
}

bool conn_is_idle(const conn *n)
{
    return n->calls == 0 && n->from == n->to;
}

/* ---- requests */

static void refuse_size(conn *n, uint32_t size)
{
    static const char http[][5] = {"GET ", "POST", "PUT ", "HEAD", "DELE", "OPTI", "PATC", "PRI "};
    char              head[4];
    be_put32(head, size);
    for (size_t i = 0; i < sizeof http / sizeof http[0]; i++)
        if (memcmp(head, http[i], 4) == 0) {
            refuse(n, "an HTTP request came to the Kafka port; send it to the REST port");
            return;
        }
    if (head[0] == 0x16 && head[1] == 0x03) {
        refuse(n, "a TLS handshake came to the Kafka port, which speaks plaintext");
        return;
    }
    char why[128];
    if ((int32_t)size < 0)
        snprintf(why, sizeof why, "Invalid receive (size = %d)", (int)size);
    else
        snprintf(why, sizeof why, "Invalid receive (size = %u larger than %lld)", size,
                 (long long)n->loop->srv->o.request_max_bytes);
    refuse(n, why);
}

static void enqueue(conn *n, call *c)
{
    if (n->tail)
        n->tail->next = c;
    else
        n->head = c;
    n->tail = c;
    n->calls++;
    n->parked++;
    atomic_fetch_add_explicit(&n->loop->srv->calls[c->api - api_table], 1, memory_order_relaxed);
}

static void start_on_worker(call *c)
{
    c->hold = true;
    call_thread_push(&call_server(c)->worker, c);
}

/* A version of ApiVersions that we do not know: answered in the layout of version 0, with the range
 * of ApiVersions alone, so that the client can ask again (KIP-511). */
static void answer_unsupported_version(call *c)
{
    api_versions_response *r = c->response;
    r->error_code = KE_UNSUPPORTED_VERSION;
    r->api_keys.n = 1;
    r->api_keys.p = WIRE_NEW(&c->a, api_versions_response_api_key, 1);
    r->api_keys.p[0] =
        (api_versions_response_api_key){.api_key = c->api->key, .min_version = c->api->min, .max_version = c->api->max};
    c->version = 0;
    call_count_error(c, r->error_code);
    call_finish_on_loop(c);
}

/* Takes one frame. false: the connection was closed. */
static bool start_call(conn *n, const uint8_t *frame, size_t bytes)
{
    char       why[160];
    const api *a = bytes >= 8 ? api_find((int16_t)be_get16(frame)) : NULL;
    if (a == NULL) {
        if (bytes < 8)
            snprintf(why, sizeof why, "a request of %zu bytes has no whole header", bytes);
        else
            snprintf(why, sizeof why, "unknown API key %d", (int16_t)be_get16(frame));
        refuse(n, why);
        return false;
    }
    call *c = call_new(n);
    c->api = a;
    c->version = (int16_t)be_get16(frame + 2);
    c->correlation = (int32_t)be_get32(frame + 4);
    c->response = wire_new(&c->a, a->response, 1);
    bool known = c->version >= a->accepted_min && c->version <= a->max;
    if (!known && a->key == 18) {
        enqueue(n, c);
        answer_unsupported_version(c);
        return true;
    }
    wire_reader r;
    wire_reader_init(&r, frame + 8, bytes - 8, &c->a);
    r.version = c->version;
    c->client_id = wire_get_classic_string(&r);
    r.flexible = c->version >= a->flexible;
    if (r.flexible)
        wire_skip_tags(&r);
    c->request = arena_zalloc(&c->a, a->request->size);
    if (!known || !wire_decode(&r, a->request, c->request)) {
        if (!known)
            snprintf(why, sizeof why, "%s version %d is not supported", a->name, c->version);
        else
            snprintf(why, sizeof why, "malformed %s request (version %d): %s", a->name, c->version, r.fault);
        call_free(c);
        refuse(n, why);
        return false;
    }
    enqueue(n, c);
    if (a->place == ON_WORKER) {
        start_on_worker(c);
        return true;
    }
    switch (a->run(c, c->request, c->response)) {
    case CALL_DONE:
        if (!c->done)
            call_finish_on_loop(c);
        break;
    case CALL_PARKED:
        break;
    case CALL_REFUSED:
        snprintf(why, sizeof why, "%s", c->refusal);
        settle(c);
        refuse(n, why);
        return false;
    }
    return true;
}

/* Bytes of the whole frame at `from`, its length field included; 0: not whole yet. */
static size_t whole_frame(const conn *n)
{
    size_t have = n->to - n->from;
    if (have < 4)
        return 0;
    size_t frame = 4 + (size_t)be_get32(n->in + n->from);
    return have >= frame ? frame : 0;
}

/* May the frame at `from` be started now? */
static bool may_start(const conn *n, size_t frame)
{
    if (n->frame_bytes || n->calls >= CALLS_MAX || n->unsent >= UNSENT_MAX || n->closing)
        return false;
    if (n->parked == 0)
        return true;
    /* What is parked without holding its frame is a Produce that waits for the disk. */
    return frame >= 4 + 8 && be_get16(n->in + n->from + 4) == 0;
}

/* Starts what can be started of the bytes received. false: the connection was closed. */
static bool take_frames(conn *n)
{
    while (n->frame_bytes == 0 && n->to - n->from >= 4) {
        uint32_t size = be_get32(n->in + n->from);
        if ((int32_t)size < 0 || size > n->loop->srv->o.request_max_bytes) {
            if (n->calls > 0)
                return true; /* those before it are still answered */
            refuse_size(n, size);
            return false;
        }
        size_t frame = whole_frame(n);
        if (frame == 0 || !may_start(n, frame))
            return true;
        if (!start_call(n, n->in + n->from + 4, size))
            return false;
        if (n->tail && n->tail->hold)
            n->frame_bytes = frame;
        else
            n->from += frame;
    }
    return true;
}

/* ---- receiving */

/* Makes room to receive the rest of the frame at `from`. */
static void make_room(conn *n)
{
    size_t have = n->to - n->from;
    size_t want = IN_FIRST_BYTES;
    if (have >= 4 && 4 + (size_t)be_get32(n->in + n->from) > want)
        want = 4 + (size_t)be_get32(n->in + n->from);
    if (have == 0) {
        n->from = n->to = 0;
        if (n->in_cap > IN_KEPT_BYTES) {
            mem_free(n->in);
            n->in = NULL;
            n->in_cap = 0;
        }
    }
    if (n->in_cap < want) {
        size_t cap = IN_FIRST_BYTES;
        while (cap < want)
            cap *= 2;
        uint8_t *in = mem_alloc(cap);
        if (have)
            memcpy(in, n->in + n->from, have);
        mem_free(n->in);
        n->in = in;
        n->in_cap = cap;
        n->from = 0;
        n->to = have;
    } else if (n->in_cap - n->from < want) {
        memmove(n->in, n->in + n->from, have);
        n->from = 0;
        n->to = have;
    }
}

/* How much to ask for: of a large frame only its rest, so that the next one starts at the front of
 * the buffer and need not be moved there. */
static size_t receive_size(const conn *n)
{
    size_t room = n->in_cap - n->to;
    size_t have = n->to - n->from;
    if (have >= 4) {
        size_t frame = 4 + (size_t)be_get32(n->in + n->from);
        if (frame > IN_FIRST_BYTES && frame > have && frame - have < room)
            return frame - have;
    }
    return room;
}

static void receive(conn *n)
{
    make_room(n);
    size_t  ask = receive_size(n);
    ssize_t got = recv(n->fd, n->in + n->to, ask, 0);
    if (got > 0) {
        n->to += (size_t)got;
        n->last_ms = n->loop->now_ms;
        if ((size_t)got < ask && !n->hup) /* drained: the next byte raises a new edge */
            n->readable = false;
        atomic_fetch_add_explicit(&n->loop->srv->bytes_in, (unsigned long long)got, memory_order_relaxed);
        return;
    }
    if (got < 0 && errno == EINTR)
        return;
    n->readable = false;
    n->eof = got == 0 || errno != EAGAIN;
}

/* ---- sending */

static void finish_head(conn *n)
{
    call *c = n->head;
    n->head = c->next;
    if (n->head == NULL)
        n->tail = NULL;
    n->calls--;
    n->unsent -= c->bytes;
    n->sent = n->cut_sent = 0;
    n->cut = 0;
    call_free(c);
}

/* Walks the answers that can go out now and collects their memory parts, up to a part in a file.
 * Returns how many; *file says whether a file part follows at once. */
static int collect(const conn *n, struct iovec *iov, bool *file)
{
    int      count = 0;
    size_t   sent = n->sent, cut_sent = n->cut_sent;
    uint32_t cut = n->cut;
    *file = false;
    for (const call *c = n->head; c && c->done && !c->refusal; c = c->next) {
        for (;;) {
            size_t end = cut < c->cut_count ? c->cuts[cut].at : c->out.n;
            if (sent < end) {
                if (count == IOV_MAX_USED)
                    return count;
                iov[count++] = (struct iovec){c->out.p + sent, end - sent};
                sent = end;
            }
            if (cut == c->cut_count)
                break;
            const fetch_slice *s = &c->cuts[cut].slice;
            if (s->fd >= 0) {
                *file = true;
                return count;
            }
            if (cut_sent < s->len_bytes) {
                if (count == IOV_MAX_USED)
                    return count;
                iov[count++] = (struct iovec){(void *)(uintptr_t)(s->data + cut_sent), s->len_bytes - cut_sent};
            }
            cut_sent = 0;
            cut++;
        }
        sent = 0;
        cut = 0;
    }
    return count;
}

/* Moves the position by bytes that went out and drops the answers that are whole. */
static void advance(conn *n, size_t bytes)
{
    while (n->head && n->head->done && !n->head->refusal) {
        call  *c = n->head;
        size_t end = n->cut < c->cut_count ? c->cuts[n->cut].at : c->out.n;
        if (n->sent < end) {
            size_t part = end - n->sent < bytes ? end - n->sent : bytes;
            n->sent += part;
            bytes -= part;
            if (n->sent < end)
                return;
        }
        if (n->cut == c->cut_count) {
            finish_head(n);
            continue;
        }
        size_t left = c->cuts[n->cut].slice.len_bytes - n->cut_sent;
        size_t part = left < bytes ? left : bytes;
        n->cut_sent += part;
        bytes -= part;
        if (part < left)
            return;
        n->cut++;
        n->cut_sent = 0;
    }
}

static ssize_t send_some(conn *n)
{
    struct iovec iov[IOV_MAX_USED];
    bool         file;
    int          count = collect(n, iov, &file);
    if (count > 0) {
        struct msghdr m = {.msg_iov = iov, .msg_iovlen = (size_t)count};
        return sendmsg(n->fd, &m, MSG_NOSIGNAL | (file ? MSG_MORE : 0));
    }
    if (!file)
        return 0;
    const fetch_slice *s = &n->head->cuts[n->cut].slice;
    off_t              at = s->file_pos + (off_t)n->cut_sent;
    ssize_t            sent = sendfile(n->fd, s->fd, &at, s->len_bytes - n->cut_sent);
    if (sent == 0) { /* the file is shorter than the log said */
        errno = EIO;
        return -1;
    }
    return sent;
}

/* Sends what can be sent. false: the connection was closed. */
static bool send_answers(conn *n)
{
    while (n->head && n->head->done && n->writable) {
        if (n->head->refusal) {
            char why[160];
            snprintf(why, sizeof why, "%s: %s", n->head->api->name, n->head->refusal);
            refuse(n, why);
            return false;
        }
        advance(n, 0); /* answers without bytes (acks=0) */
        if (n->head == NULL || !n->head->done || n->head->refusal)
            continue;
        ssize_t sent = send_some(n);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            if (errno == EAGAIN) {
                n->writable = false;
                return true;
            }
            if (errno != EPIPE && errno != ECONNRESET)
                server_log(n->loop->srv, "connection from %s closed: sending: %s", n->peer, strerror(errno));
            conn_close(n);
            return false;
        }
        n->last_ms = n->loop->now_ms;
        atomic_fetch_add_explicit(&n->loop->srv->bytes_out, (unsigned long long)sent, memory_order_relaxed);
        advance(n, (size_t)sent);
    }
    return true;
}

/* ---- one turn */

/* The client is gone and there is nobody to wait for: a call that is parked for long is given up.
 */
static bool abandoned(const conn *n)
{
    if (!n->eof && !n->hup)
        return false;
    for (const call *c = n->head; c; c = c->next)
        if (!c->done && c->cancel)
            return true;
    return n->eof && n->calls == 0;
}

static void close_ended(conn *n)
{
    if (n->calls == 0 && n->to > n->from) {
        char why[128];
        snprintf(why, sizeof why, "it ended in the middle of a request, after %zu bytes of it", n->to - n->from);
        refuse(n, why);
    } else {
        conn_close(n);
    }
}

void conn_run(conn *n)
{
    if (n->dead) {
        if (n->away == 0)
            release_memory(n);
        return;
    }
    for (int reads = 0;; reads++) {
        size_t frame;
        do { /* sending makes room for calls that were kept back */
            if (!take_frames(n) || !send_answers(n))
                return;
            frame = n->frame_bytes ? n->frame_bytes : whole_frame(n);
        } while (frame && may_start(n, frame));
        if (abandoned(n)) {
            close_ended(n);
            return;
        }
        if (n->closing && n->calls == 0) {
            conn_close(n);
            return;
        }
        if (!n->readable || n->eof || frame || n->closing || n->calls >= CALLS_MAX || n->unsent >= UNSENT_MAX)
            return;
        if (reads == READS_PER_TURN) {
            conn_queue(n);
            return;
        }
        receive(n);
        if (!n->eof && n->from == n->to && !n->readable)
            return;
    }
}
