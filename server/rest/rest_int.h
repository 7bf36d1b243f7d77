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
    int             max; /* that may be at work; those that were lent do not count */
    int             idle, queued, busy, lent;
    bool            stopping;
    VEC(pthread_t) threads;
} workers;

void workers_init(workers *w, int max);
void workers_add(workers *w, void (*run)(void *arg), void *arg);
/* The calling worker is about to wait for a client: another may take its place meanwhile. false: too many are lent
 * already, and it keeps its place. */
bool workers_lend(workers *w);
void workers_take_back(workers *w);
/* Runs what is queued, then ends the threads. */
void workers_stop(workers *w);

/* ---- streams (stream.c): answers that go on */

#define PULL_ANSWER_MAX_BYTES ((size_t)256 << 20) /* of rows that are gathered */
#define PULL_ANSWER_TOO_LARGE "The answer is larger than 256 MiB. Ask for fewer rows, with WHERE or LIMIT."

/* Rows are appended by who runs the query and taken by an event loop. Two own it, the transport and the query: a push
 * query is closed, and the stream freed, on a worker once the connection is done with it; of a pull query whose answer
 * has begun before it was whole the last of the two frees it.
 *
 * A pull query's worker waits while more than PULL_AHEAD_MAX_BYTES are unsent, so that an answer takes no more room
 * than that however large it is. Until then nothing is sent: most answers are smaller, and have a Content-Length. */
#define PULL_AHEAD_MAX_BYTES ((size_t)1 << 20)

struct stream {
    rest_server    *r;
    arena           a;            /* of the query, while it runs on a worker */
    const char     *content_type; /* NULL: none */
    call           *c;            /* whose answer it will be; until it has begun */
    bool            begun;        /* rows are sent while others are made; the producer's */
    pthread_mutex_t mu;           /* guards everything below */
    pthread_cond_t  room;         /* a producer waits for it */
    framing         f;
    buf             ready;
    size_t          sent;
    bool            pushes; /* the answer goes on after engine_run_query() */
    bool            is_print, print_formats, keep_alive_lines;
    atomic_bool     stop;             /* hung: for who computes a row and holds no lock */
    bool            started;          /* there is a header */
    bool            over;             /* nothing more comes */
    bool            hung;             /* the client is gone, or the server stops: give up */
    bool            waiting;          /* the transport wants to be woken */
    bool            counted;          /* among the push queries running */
    bool            producing;        /* a worker makes rows, and the answer has begun */
    bool            released;         /* the transport is done with it, the producer is not */
    int64_t         full_since_ms;    /* cut off for being slow; 0: not */
    int64_t         stalled_since_ms; /* the producer waits, and since then nothing was taken; 0: it does not wait */
    int64_t         last_ms;          /* when something was last written */
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
/* The transport is done with it: ends the query and frees the stream, on a worker. */
void stream_release(stream *s);
/* The producer is done with it; once for one that has begun. */
void                        stream_produced(stream *s);
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
/* false: some calls do not end; nothing was freed. */
bool http1_stop(rest_server *r);

/* commands.c */
void commands_note(rest_server *r, const answers *all);
/* false: not executed in time. */
bool commands_wait(rest_server *r, int64_t seq);

#endif
