/* POST /query and /query-stream: SELECT and PRINT.
 *
 * The statement is prepared on the event loop and says what it is. A look-up by key is answered there: its rows are
 * gathered in the call's own buffer. All else goes on on a worker, into a stream. */
#include <stdio.h>

#include "base/clock.h"
#include "server/rest/rest_int.h"

/* A query on its way from one thread to another; in the call's arena. */
struct query_call {
    session                 s;
    str                     sql;
    engine_prepared        *p;
    const engine_statement *is; /* the first statement */
    framing_kind            kind;
    bool                    old_endpoint;
};

typedef struct query_call query_call;

static bool is_kind(const query_call *q, statement_kind k)
{
    return q->is && q->is->kind == k;
}

static void end_call(query_call *q)
{
    if (q->p)
        engine_unprepare(q->p);
    session_free(&q->s);
}

void call_drop(call *c)
{
    if (c->query)
        end_call(c->query);
    c->query = NULL;
    c->rest = NULL;
}

/* ---- errors */

/* The two endpoints have their own errors for it (spec 1.7). */
static void unknown_topic(engine_error *err, bool old_endpoint)
{
    if (old_endpoint)
        err->st.code = ST_BAD_REQUEST;
    else
        status_set(&err->st, ST_SQL, "Topic does not exist: %.*s", STR_FMT(err->missing_topic));
}

static void refuse(call *c, const query_call *q, engine_error *err)
{
    if (err->missing_topic.n)
        unknown_topic(err, q->old_endpoint);
    /* As ksqlDB does on these endpoints, though not on /ksql. */
    if (err->st.code == ST_SYNTAX)
        status_append(&err->st, "\nStatement: %.*s", STR_FMT(q->sql));
    call_engine_error(c, err, false);
}

/* Takes one of the places for push queries; false: there is none. */
static bool take_place(rest_server *r)
{
    if (atomic_fetch_add(&r->push_queries, 1) < r->o.push_queries_max)
        return true;
    atomic_fetch_sub(&r->push_queries, 1);
    return false;
}

static void refuse_push(call *c, str sql)
{
    engine_error err = {.statement = sql};
    status_set(&err.st, ST_SQL,
               "Not executing statement(s) '%.*s' as it would cause the number of active, push queries to exceed "
               "the configured limit. Terminate existing PUSH queries, or increase the 'ksql.max.push.queries' "
               "setting via the 'ksql-server.properties' file. Current push query count: %d. Configured limit: %d.",
               STR_FMT(sql), atomic_load(&c->r->push_queries), c->r->o.push_queries_max);
    call_engine_error(c, &err, false);
}

/* ---- look-ups: rows into c->out */

static void on_header(void *ctx, const query_columns *columns)
{
    call *c = ctx;
    framing_header(&c->rows, &c->out, columns);
}

static bool on_row(void *ctx, const value *row, bool tombstone)
{
    call *c = ctx;
    framing_row(&c->rows, &c->out, row, tombstone);
    return c->out.n <= PULL_ANSWER_MAX_BYTES;
}

static void on_end(void *ctx, query_end why, const char *msg)
{
    call *c = ctx;
    if (c->out.n > PULL_ANSWER_MAX_BYTES)
        framing_error(&c->rows, &c->out, 50000, STR(PULL_ANSWER_TOO_LARGE));
    else if (why == QUERY_ERROR)
        framing_error(&c->rows, &c->out, 50000, str_of(msg));
    else
        framing_end(&c->rows, &c->out, why);
}

static bool run_on_stream(call *c);

static void gather(call *c, query_call *q)
{
    query_listener l = {.ctx = c, .header = on_header, .row = on_row, .end = on_end, .stop = &c->r->stopping};
    push_query    *none;
    engine_error   err; /* too large to be cleared for each look-up */
    status_init(&err.st);
    err.statement = q->sql;
    err.missing_topic = STR_NONE;
    framing_begin(&c->rows, q->kind);
    if (engine_run_query(q->p, &c->a, c->may_wait, &l, &none, &err)) {
        c->status = 200;
        c->content_type = framing_content_type(q->kind);
    } else if (err.st.code == ST_NOT_READY && !c->may_wait) { /* others may wait for it */
        buf_clear(&c->out);
        c->rest = run_on_stream;
        return;
    } else {
        refuse(c, q, &err);
    }
    call_drop(c);
}

/* ---- all else: rows into a stream */

static const char *media_type(const query_call *q)
{
    if (!is_kind(q, STATEMENT_PRINT))
        return framing_content_type(q->kind);
    return q->old_endpoint ? TYPE_JSON : NULL;
}

/* Hands what was gathered over to the answer, or lets the transport go on with the stream. */
static void answer_stream(call *c, stream *s, const char *content_type)
{
    c->status = 200;
    c->content_type = content_type;
    if (s->q) {
        c->stream = s;
        return;
    }
    buf was = c->out;
    c->out = s->ready;
    s->ready = was;
    stream_free(s);
}

static stream *stream_for(call *c, const query_call *q, bool push)
{
    stream *s = stream_new(c->r, q->kind);
    bool    print = is_kind(q, STATEMENT_PRINT);
    s->counted = push;
    s->is_print = print;
    s->print_formats = s->keep_alive_lines = print && q->old_endpoint;
    s->last_ms = clock_mono_coarse_ms();
    s->content_type = media_type(q);
    s->c = c;
    /* The call may be another's, and its memory with it, while this query still runs. */
    s->a = c->a;
    arena_init(&c->a);
    return s;
}

static void attach(call *c, stream *s)
{
    if (c->attach)
        c->attach(c, s);
}

static bool run_on_stream(call *c)
{
    query_call *q = c->query;
    bool        push = is_kind(q, STATEMENT_PUSH) || is_kind(q, STATEMENT_PRINT);
    if (push && !take_place(c->r)) {
        refuse_push(c, q->sql);
        call_drop(c);
        return true;
    }
    stream        *s = stream_for(c, q, push);
    engine_error   err = {.statement = q->sql};
    query_listener l = stream_listener;
    l.ctx = s;
    l.stop = &s->stop;
    c->query = NULL;
    if (!push)
        attach(c, s);
    bool ok = engine_run_query(q->p, &s->a, true, &l, &s->q, &err);
    if (s->begun) { /* the call is gone */
        end_call(q);
        stream_produced(s);
        return false;
    }
    if (!push)
        attach(c, NULL);
    if (!ok)
        refuse(c, q, &err);
    end_call(q);
    if (ok)
        answer_stream(c, s, s->content_type);
    else
        stream_free(s);
    return true;
}

/* ---- the endpoints */

static bool refuse_http10(call *c)
{
    if (!c->http10)
        return false;
    call_error(c, 40000, "This endpoint is only available when using HTTP1.1 or HTTP2");
    return true;
}

/* SELECTs prefer the delimited type to others when the client takes anything, but without Accept the
 * answer is in ksqlDB's JSON: see 1.4. false: 404, answered. */
static bool choose_rows(call *c, framing_kind *kind)
{
    static const char *const  rows[] = {TYPE_DELIMITED, TYPE_KSQL, TYPE_JSON};
    static const framing_kind kinds[] = {FRAMING_DELIMITED, FRAMING_KSQL, FRAMING_KSQL};
    int                       i = accept_choose(c->has_accept, c->accept, rows, 3);
    *kind = !c->has_accept || i < 0 ? FRAMING_KSQL : kinds[i];
    if (i < 0)
        call_text(c, 404, "text/plain", STR("Not Found"));
    return i >= 0;
}

/* Lines are text on /query, and no JSON array on /query-stream. false: answered. */
static bool choose_print(call *c, query_call *q)
{
    static const char *const printed[] = {TYPE_KSQL, TYPE_JSON};
    if (q->old_endpoint) {
        q->kind = FRAMING_KSQL;
        if (accept_choose(c->has_accept, c->accept, printed, 2) >= 0)
            return true;
        call_text(c, 404, "text/plain", STR("Not Found"));
        return false;
    }
    if (q->kind == FRAMING_DELIMITED)
        return true;
    call_text(c, 406, NULL, STR(""));
    return false;
}

/* Prepares the statement; false: answered. */
static bool prepare(call *c, query_call *q)
{
    engine_error err;
    size_t       n;
    q->p = engine_prepare(c->r->o.engine, &q->s, q->sql, &c->a, &err);
    if (q->p == NULL) {
        refuse(c, q, &err);
        return false;
    }
    q->is = engine_statements(q->p, &n);
    if (n != 1)
        q->is = NULL; /* to be refused */
    return !is_kind(q, STATEMENT_PRINT) || choose_print(c, q);
}

static void serve(call *c, query_call *q)
{
    if (!prepare(c, q))
        call_drop(c);
    else if (q->is && q->is->may_wait && !is_kind(q, STATEMENT_COMMAND))
        c->rest = run_on_stream;
    else
        gather(c, q);
}

static query_call *query_call_new(call *c, framing_kind kind, bool old_endpoint)
{
    query_call *q = ARENA_NEW(&c->a, query_call);
    session_init(&q->s);
    q->kind = kind;
    q->old_endpoint = old_endpoint;
    c->query = q;
    return q;
}

/* The statement and the session of the request; false: answered. The text outlives the body. */
static bool read_query(call *c, query_call *q, const char *text_name, const char *properties_name)
{
    json_t *body = call_body_object(c);
    if (body == NULL)
        return false;
    bool ok = !refuse_http10(c) && call_member_text(c, body, text_name, "", &q->sql);
    if (ok && q->old_endpoint && !choose_rows(c, &q->kind))
        ok = false;
    if (ok && q->old_endpoint && str_trim(q->sql).n == 0) {
        call_error(c, 40000, "\"ksql\" field must be populated");
        ok = false;
    }
    ok = ok && call_session(c, body, properties_name, &q->s);
    q->sql = str_dup(&c->a, q->sql);
    json_decref(body);
    return ok;
}

void rest_query(call *c)
{
    query_call *q = query_call_new(c, FRAMING_KSQL, true);
    if (read_query(c, q, "ksql", "streamsProperties"))
        serve(c, q);
    else
        call_drop(c);
}

void rest_query_stream(call *c)
{
    static const char *const  offers[] = {TYPE_DELIMITED, TYPE_JSON, TYPE_KSQL};
    static const framing_kind kinds[] = {FRAMING_DELIMITED, FRAMING_JSON, FRAMING_KSQL};
    int                       i = accept_choose(c->has_accept, c->accept, offers, 3);
    if (i < 0) {
        call_text(c, 404, "text/plain", STR("Not Found"));
        return;
    }
    query_call *q = query_call_new(c, kinds[i], false);
    if (read_query(c, q, "sql", "properties"))
        serve(c, q);
    else
        call_drop(c);
}
