/* What the files of this folder share: the server, its connections, its workers, its streams. */
#ifndef SERVER_REST_REST_INT_H
#define SERVER_REST_REST_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/vec.h"
#include "server/rest/call.h"
#include "server/rest/framing.h"

struct MHD_Connection;
struct MHD_Daemon;

#define COMMAND_STATUSES_MAX 10000 /* the newest are kept */

/* ---- workers (workers.c): threads for what may wait */

typedef struct job {
    void (*run)(void *arg);
    void       *arg;
    struct job *next;
} job;

typedef struct workers {
    pthread_mutex_t mu;
    pthread_cond_t  more;
    job            *head, **tail;
    int             max, idle, queued;
    bool            stopping;
    VEC(pthread_t) threads;
} workers;

void workers_init(workers *w, int max);
void workers_add(workers *w, void (*run)(void *arg), void *arg);
/* Runs what is queued, then ends the threads. */
void workers_stop(workers *w);

/* ---- streams (stream.c): answers that go on */

/* Rows are appended by the engine's threads and taken by an event loop. Two own it, the transport and the
 * push query; it is freed on a worker once the connection is done with it. */
struct stream {
    rest_server    *r;
    pthread_mutex_t mu; /* guards everything below */
    arena           a;
    framing         f;
    buf             ready;
    size_t          sent;
    bool            pushes; /* the answer goes on after engine_query() */
    bool            is_print, print_formats, keep_alive_lines;
    bool            started;       /* there is a header */
    bool            over;          /* nothing more comes */
    bool            hung;          /* the client is gone, or the server stops: give up */
    bool            waiting;       /* the transport wants to be woken */
    bool            counted;       /* among the push queries running */
    int64_t         full_since_ms; /* cut off for being slow; 0: not */
    int64_t         last_ms;       /* when something was last written */
    push_query     *q;
    void (*wake)(void *ctx);
    void *wake_ctx;
};

stream *stream_new(rest_server *r, framing_kind k);
/* Takes bytes; 0: none now: `sleep` was called with wake_ctx and the stream's lock held, and `wake` will be;
 * -1: the end; -2: broken off. */
ssize_t stream_read(stream *s, char *p, size_t max, void (*sleep)(void *ctx));
/* wake_ctx will be gone. */
void stream_detach(stream *s);
/* The client has gone. */
void stream_hang_up(stream *s);
/* Once a second: keeps PRINT alive, gives up on readers that stopped. false: nobody will read on. */
bool stream_tick(stream *s, int64_t now_ms);
/* Ends the query and frees the stream, on a worker. */
void                        stream_release(stream *s);
void                        stream_free(stream *s);
extern const query_listener stream_listener; /* without ctx */

/* ---- the server */

typedef struct conn conn; /* http1.c */

struct rest_server {
    rest_options o;
    int          listen_fds[LISTENERS_OF_A_SETTING_MAX * 4];
    int          listen_count;
    uint16_t     port;
    int          epoll_fd, stop_fd;
    pthread_t    accepter;
    bool         accepter_runs;
    atomic_bool  stopping;
    workers      work;

    struct MHD_Daemon *loops[REST_LOOPS_MAX];
    int                loop_count;

    pthread_mutex_t conns_mu;
    conn          **conns; /* by file descriptor */
    size_t          conns_cap;
    uint32_t        next_generation;

    pthread_mutex_t commands_mu; /* statuses, last_command */
    pthread_cond_t  commands_done;
    map             statuses; /* command id -> char *, the JSON of its status */
    VEC(char *) status_ids;   /* oldest first */
    int64_t last_command;

    atomic_int           push_queries, calls_running;
    atomic_uint_fast64_t requests[64][6]; /* by route (the last: none) and hundreds of the status */
    atomic_uint_fast64_t connections_open, connections_total, slow_readers;
    int64_t              start_ms;
};

_Static_assert(sizeof(((rest_server *)0)->requests) / sizeof(((rest_server *)0)->requests[0]) == 64, "one row a route");
#define ROUTE_NONE 63

/* http1.c: HTTP/1.1 through libmicrohttpd. */
bool http1_start(rest_server *r, status *st);
/* Takes an accepted socket. */
void http1_add(rest_server *r, int fd, const struct sockaddr *addr, unsigned addr_size);
/* The event of a watched socket. */
void http1_hung_up(rest_server *r, int fd, uint32_t generation);
void http1_tick(rest_server *r);
/* Ends streams; new requests are refused from here on. */
void http1_drain(rest_server *r);
void http1_stop(rest_server *r);

/* commands.c */
void commands_note(rest_server *r, const answers *all);
/* false: not executed in time. */
bool commands_wait(rest_server *r, int64_t seq);

#endif
