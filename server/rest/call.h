/* One request and its answer, without a word of HTTP's framing: what handlers work on.
 *
 * The transport (http1.c) fills the first half, runs the route's handler and sends the second half. A handler
 * either fills the answer or leaves a stream in it, whose bytes follow as they come. One that runs on an event loop and
 * finds that it may have to wait leaves `rest` instead, which a worker then runs.
 */
#ifndef SERVER_REST_CALL_H
#define SERVER_REST_CALL_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"
#include "server/rest/framing.h"
#include "server/rest/rest.h"

typedef struct call   call;
typedef struct stream stream;

typedef void call_handler(call *c);
/* What is left of a call for a worker. false: the answer has begun, and the call is the transport's again. */
typedef bool call_rest(call *c);

typedef enum route_place { ROUTE_LOOP, ROUTE_WORKER, ROUTE_QUERY } route_place;
typedef enum route_answers { ROUTE_ANY, ROUTE_JSON_API } route_answers;

typedef struct route {
    const char   *method, *path;
    call_handler *handler;
    route_place   place;
    route_answers answers;
} route;

extern const route  routes[];
extern const size_t route_count;

struct call {
    rest_server *r;
    arena        a;     /* of the request */
    const route *route; /* NULL: none matched */
    str          path, tail;
    bool         has_accept;
    str          accept;
    bool         http10;
    buf          body;     /* at most REST_BODY_MAX_BYTES; full: it was larger */
    bool         may_wait; /* it runs on a worker */
    /* Sends what is in `stream` from now on, while the handler goes on with it on its worker; the call is not the
     * handler's any more. */
    void (*begin)(call *c);
    /* The client's leaving is told to the stream from now on, though the answer has not begun; NULL: not any more. NULL
     * where the transport cannot tell. */
    void (*attach)(call *c, stream *s);

    call_rest         *rest;  /* NULL: nothing is left */
    struct query_call *query; /* that rest goes on with */
    framing            rows;  /* of rows that are gathered in out; kept from call to call for its memory */

    int         status;       /* HTTP */
    const char *content_type; /* NULL: none */
    const char *location;     /* of a redirection; NULL: none */
    const char *cache;        /* Cache-Control; NULL: none */
    const char *warning;      /* Warning (RFC 7234 5.5), without double quotes; NULL: none */
    str         text;         /* the body when it is not in out: bytes that outlive the answer */
    buf         out;
    stream     *stream; /* the body goes on from here; owned by the transport from now on */
};

#define TYPE_DELIMITED "application/vnd.ksqlapi.delimited.v1"
#define TYPE_JSON "application/json"
#define TYPE_KSQL "application/vnd.ksql.v1+json"

/* Finds the route (NULL: none) and what a star stands for. */
const route *route_find(str method, str path, str *tail);
/* Does the call belong on a worker from the start? */
bool call_needs_worker(const call *c);
/* Runs the handler of c->route, or answers 404. */
void call_run(call *c);
/* Gives up what is left: the server stops. */
void call_drop(call *c);

/* Answers. */
void call_text(call *c, int http_status, const char *content_type, str body); /* body is kept, not copied */
void call_json(call *c, json_t *j);                                           /* 200; takes the reference */
void call_error(call *c, int error_code, const char *msg);
/* An error of the engine: a statement_error when it is the statement's fault; always: also for server
 * errors (POST /ksql). */
void call_engine_error(call *c, const engine_error *err, bool always);
/* The body of a generic error. */
void error_put(buf *out, int error_code, str msg);

/* The index of the offered media type that the client likes best; -1: none. Without Accept: 0. */
int accept_choose(bool has_accept, str accept, const char *const *offers, int n);

/* Body as a JSON object (borrowed by the call: freed with json_decref by the caller), or NULL with the
 * error answered. */
json_t *call_body_object(call *c);
/* A string member; dflt when absent or null; false: wrong type, answered. */
bool call_member_text(call *c, json_t *body, const char *name, const char *dflt, str *out);
/* Properties and variables of a request into a session; false: answered. */
bool call_session(call *c, json_t *body, const char *properties_name, session *s);

/* JSON text, compact. */
void json_put(buf *out, const json_t *j);
void json_put_text(buf *out, str s); /* quoted and escaped */

#define ROUTE(method, path, handler, where, answers) call_handler handler;
#include "server/rest/routes.def"
#undef ROUTE

#endif
