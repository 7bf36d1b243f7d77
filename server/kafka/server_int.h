/* Private to server/kafka: the server, its event loops, connections and calls.
 *
 * A loop thread owns its connections and their calls. A call leaves it only while another thread
 * works on it (the worker, the syncer, the group coordinator) and comes back through the loop's
 * mailbox.
 */
#ifndef SERVER_KAFKA_SERVER_INT_H
#define SERVER_KAFKA_SERVER_INT_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "server/kafka/errors.h"
#include "server/kafka/group.h"
#include "server/kafka/kafka.h"
#include "server/kafka/messages.h"
#include "server/kafka/timers.h"

#define ANSWER_MAX ((size_t)256 << 20) /* bytes of one answer, record batches not counted */
#define CALLS_MAX 64                   /* unanswered requests taken in from one connection */
#define UNSENT_MAX ((size_t)1 << 20)   /* bytes of answers that stop more requests being taken in */
#define LISTENERS_MAX 8
#define HOST_MAX 256

typedef struct loop  loop;
typedef struct conn  conn;
typedef struct call  call;
typedef struct api   api;
typedef struct kpart kpart;

/* ---- calls */

typedef enum call_state {
    CALL_DONE,   /* the answer stands in `response` */
    CALL_PARKED, /* somebody will call call_finish() */
    CALL_REFUSED /* cannot be answered: log `refusal` and close the connection */
} call_state;

/* Where a handler runs. */
typedef enum api_place {
    ON_LOOP,   /* never blocks */
    ON_WORKER, /* may wait for the disk */
} api_place;

struct api {                          /* one row of apis.def */
    int16_t            key, min, max; /* as told by ApiVersions */
    int16_t            accepted_min;  /* least version really served */
    int16_t            flexible;      /* first flexible version */
    api_place          place;
    const char        *name;
    const wire_struct *request, *response;
    call_state (*run)(call *c, const void *q, void *r);
};

struct call {
    conn       *conn;
    call       *next;      /* in the connection's queue, in the order of requests */
    call       *mail_next; /* in a queue between threads */
    const api  *api;
    void       *request, *response;
    arena       a; /* lives until the answer is sent */
    buf         out;
    wire_cut   *cuts;
    size_t      bytes; /* of the whole answer */
    uint32_t    cut_count;
    int32_t     correlation;
    int16_t     version;
    bool        done;     /* out is complete */
    bool        no_reply; /* Produce with acks=0 */
    bool        hold;     /* while it is parked no later request of the connection starts */
    const char *refusal;
    str         client_id;
    /* Takes the call back from where it is parked; false: it is already on its way. NULL: cannot.
     */
    bool (*cancel)(call *c);
    void (*finish_now)(call *c); /* at shutdown: answer with what there is; NULL: as cancel */
    void (*returned)(call *c);   /* on the loop, when it is back from another thread */
    void  *parked;               /* what these and the waker need */
    ktimer timer;                /* of the loop; fires finish_now */
};

/* Encodes the response and hands the call back to its loop. Any thread. */
void call_finish(call *c);
void call_finish_on_loop(call *c);
void call_destroy(call *c);

const api       *api_find(int16_t key);
extern const api api_table[];
extern const int api_count;

/* ---- connections */

struct conn {
    loop    *loop;
    conn    *next, *prev; /* of the loop */
    conn    *run_next;    /* in the loop's run queue */
    int      fd;
    bool     queued; /* in the run queue */
    bool     readable, writable, hup, eof, dead, closing;
    uint8_t *in; /* bytes received: [from, to) are not consumed yet */
    size_t   in_cap, from, to;
    size_t   frame_bytes;   /* of the frame at `from` that the held call borrows; 0: none */
    call    *head, *tail;   /* calls in order */
    uint32_t calls, parked; /* all; those not done */
    uint32_t away;          /* calls that other threads hold after the connection died */
    size_t   unsent;
    size_t   sent, cut_sent; /* position in the answer of the head call */
    uint32_t cut;
    int64_t  last_ms;        /* last traffic */
    char     peer[64];       /* address, for logs and DescribeGroups */
    char     host[HOST_MAX]; /* this node as the client sees it */
};

conn *conn_new(loop *l, int fd);
void  conn_queue(conn *n);    /* run it in this turn of the loop */
void  conn_run(conn *n);      /* read, start calls, write, as far as it goes */
void  conn_returned(call *c); /* a call came back from another thread */
void  conn_close(conn *n);
bool  conn_is_idle(const conn *n);

/* ---- partitions known to a loop */

typedef struct ktopic ktopic;

typedef struct fetch_wait { /* a parked Fetch waiting for one partition */
    struct fetch_wait *next, *prev;
    kpart             *part;
    call              *call;
} fetch_wait;

struct kpart {
    tlog_part  *part;
    ktopic     *topic;
    loop       *loop;
    uint32_t    refs;  /* of parked calls, plus 1 while the topic is cached */
    uint64_t    watch; /* 0: not watched yet */
    fetch_wait *waits;
    atomic_uint waiters; /* is anybody in waits? read by the appending thread */
    atomic_bool dirty;   /* in the loop's dirty list */
    kpart      *dirty_next;
};

/* The partition from the loop's cache, opened when it is new. NULL: ST_NOT_FOUND and so on. Valid
 * in this turn of the loop; kpart_hold() makes it last. */
kpart *parts_get(loop *l, str topic, int32_t partition, status *st);
/* The name of the topic with this id; false: none, or it was made after the list was last read, which
 * is done once a turn at most. Lives in the loop's turn. */
bool parts_topic_name(loop *l, const uint8_t id[16], str *name);
/* false: the partition is of an older or a newer topic of that name. */
bool kpart_has_id(const kpart *p, const uint8_t id[16]);
/* The topic was deleted (ST_NOT_FOUND from an operation): the next parts_get() opens it anew. */
void parts_forget(kpart *p);
void kpart_hold(kpart *p);
void kpart_release(kpart *p);
void kpart_wait(kpart *p, fetch_wait *w, call *c); /* be woken by fetch_wake() */
void kpart_unwait(fetch_wait *w);
void parts_sweep(loop *l, int64_t now_ms); /* closes what was not used for a while */
void parts_free(loop *l);
/* One that has news for its waiters; NULL: none left. */
kpart *parts_take_dirty(loop *l);
void   fetch_wake(kpart *p);

/* ---- loops and the server */

typedef struct call_queue {
    call *head, *tail;
} call_queue;

struct loop {
    kafka_server   *srv;
    pthread_t       thread;
    int             epoll, wake_fd;
    conn           *conns;
    conn           *run_head, *run_tail;
    int64_t         now_ms, sweep_at;
    ktimers         timers;
    map             topics;  /* name -> ktopic */
    map             ids;     /* topic id -> name (str *) */
    int64_t         ids_ms;  /* when they were read; 0: never */
    arena           scratch; /* of one turn */
    call           *spare;   /* calls to be used again */
    uint32_t        spare_count;
    atomic_bool     woken;
    pthread_mutex_t lock; /* of what other threads hand in: */
    call_queue      mail;
    kpart          *dirty;
    int            *fds; /* accepted connections */
    size_t          fd_count, fd_cap;
};

typedef struct call_thread { /* takes calls from a queue and works on them one after another */
    kafka_server   *srv;
    pthread_t       thread;
    pthread_mutex_t lock;
    pthread_cond_t  more;
    call_queue      queue;
    bool            stop;
} call_thread;

struct kafka_server {
    storage       *storage;
    tlog          *log;
    kafka_options  o;
    char           advertised_host[HOST_MAX];
    uint16_t       port;
    int            listen_fds[LISTENERS_MAX], listen_count, spare_fd;
    coord         *coord;
    loop          *loops;
    int            loop_count, next_loop;
    call_thread    worker, syncer;
    atomic_int     stopping; /* 1: answer and close; 2: threads end */
    sem_t          drained;  /* posted by each loop when its connections are closed */
    atomic_int     connections;
    atomic_ullong  accepted, refused, bytes_in, bytes_out, bad_requests;
    atomic_ullong *calls, *errors; /* by row of apis.def */
};

void server_log(kafka_server *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void  loop_init(loop *l, kafka_server *k);
void  loop_free(loop *l);
void *loop_main(void *l);
void  loop_wake(loop *l); /* any thread */
void  loop_hand_call(loop *l, call *c);
void  loop_hand_fd(loop *l, int fd);
void  server_accept(kafka_server *k, int listen_fd);

void call_thread_push(call_thread *t, call *c);

/* ---- what handlers share */

static inline kafka_server *call_server(const call *c)
{
    return c->conn->loop->srv;
}
static inline const char *call_host(const call *c)
{
    return c->conn->host;
}
int32_t server_port_told(const kafka_server *k);
/* Kafka's code for a failed storage call. */
int16_t error_of(const status *st);
/* Of the leader epoch that a client takes for a partition's present one; -1: it takes none for it. */
int16_t error_of_epoch(int32_t told, const tlog_part *p);
void    call_count_error(call *c, int16_t error);

/* Where the syncer takes a call (api_produce.c). */
void produce_sync(call *c);

#endif
