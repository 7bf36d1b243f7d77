/* POST /query and /query-stream: SELECT and PRINT. */
#include <stdio.h>

#include "base/clock.h"
#include "server/rest/rest_int.h"

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

static bool has_word(str sql, const char *word)
{
    uint32_t n = (uint32_t)strlen(word);
    for (uint32_t i = 0; i + n <= sql.n; i++)
        if (str_eq_nocase(str_make(sql.p + i, n), str_make(word, n)))
            return true;
    return false;
}

/* Behind blanks and comments. */
static str first_token(str sql)
{
    for (;;) {
        sql = str_trim(sql);
        str end = str_starts(sql, STR("--")) ? STR("\n") : str_starts(sql, STR("/*")) ? STR("*/") : STR_NONE;
        if (end.n == 0)
            return sql;
        const char *p = memmem(sql.p, sql.n, end.p, end.n);
        if (p == NULL)
            return STR_NONE;
        sql = str_make(p + end.n, (size_t)(sql.p + sql.n - p) - end.n);
    }
}

static bool is_print(str sql)
{
    sql = first_token(sql);
    return sql.n > 6 && str_eq_nocase(str_make(sql.p, 5), STR("PRINT")) && (unsigned char)sql.p[5] <= ' ';
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
    engine_error err;
    status_init(&err.st);
    err.statement = sql;
    status_set(&err.st, ST_SQL,
               "Not executing statement(s) '%.*s' as it would cause the number of active, push queries to exceed "
               "the configured limit. Terminate existing PUSH queries, or increase the 'ksql.max.push.queries' "
               "setting via the 'ksql-server.properties' file. Current push query count: %d. Configured limit: %d.",
               STR_FMT(sql), atomic_load(&c->r->push_queries), c->r->o.push_queries_max);
    call_engine_error(c, &err, false);
}

/* The two endpoints have their own errors for it (spec 1.7). */
static void unknown_topic(engine_error *err, bool old_endpoint)
{
    if (old_endpoint)
        err->st.code = ST_BAD_REQUEST;
    else
        status_set(&err->st, ST_SQL, "Topic does not exist: %.*s", STR_FMT(err->missing_topic));
}

/* kind and content type are those for rows; PRINT has its own. */
static void run_query(call *c, str sql, session *ses, framing_kind kind, bool old_endpoint)
{
    engine_error   err;
    query_listener l = stream_listener;
    bool           print = is_print(sql), push = print || has_word(sql, "EMIT");
    if (push && !take_place(c->r)) {
        refuse_push(c, sql);
        return;
    }
    stream *s = stream_new(c->r, kind);
    s->counted = push;
    s->is_print = print;
    s->print_formats = s->keep_alive_lines = print && old_endpoint;
    s->last_ms = clock_mono_coarse_ms();
    l.ctx = s;
    if (engine_query(c->r->o.engine, ses, sql, &c->a, &l, &s->q, &err)) {
        const char *media = !print ? framing_content_type(kind) : old_endpoint ? TYPE_JSON : NULL;
        answer_stream(c, s, media);
    } else {
        stream_free(s);
        if (err.missing_topic.n)
            unknown_topic(&err, old_endpoint);
        /* As ksqlDB does on these endpoints, though not on /ksql. */
        if (err.st.code == ST_SYNTAX)
            status_append(&err.st, "\nStatement: %.*s", STR_FMT(sql));
        call_engine_error(c, &err, false);
    }
}

static bool refuse_http10(call *c)
{
    if (!c->http10)
        return false;
    call_error(c, 40000, "This endpoint is only available when using HTTP1.1 or HTTP2");
    return true;
}

/* SELECTs prefer the delimited type to others when the client takes anything, but without Accept the
 * answer is in ksqlDB's JSON: see 1.4. */
static bool choose_for_query(call *c, bool print, framing_kind *kind)
{
    static const char *const  rows[] = {TYPE_DELIMITED, TYPE_KSQL, TYPE_JSON};
    static const framing_kind kinds[] = {FRAMING_DELIMITED, FRAMING_KSQL, FRAMING_KSQL};
    static const char *const  printed[] = {TYPE_KSQL, TYPE_JSON};
    int                       i =
        print ? accept_choose(c->has_accept, c->accept, printed, 2) : accept_choose(c->has_accept, c->accept, rows, 3);
    *kind = !c->has_accept || i < 0 ? FRAMING_KSQL : kinds[i];
    return i >= 0;
}

void rest_query(call *c)
{
    json_t      *body = call_body_object(c);
    session      s;
    str          sql;
    framing_kind kind;
    if (body == NULL)
        return;
    session_init(&s);
    if (refuse_http10(c) || !call_member_text(c, body, "ksql", "", &sql))
        ;
    else if (!choose_for_query(c, is_print(sql), &kind))
        call_text(c, 404, "text/plain", STR("Not Found"));
    else if (str_trim(sql).n == 0)
        call_error(c, 40000, "\"ksql\" field must be populated");
    else if (call_session(c, body, "streamsProperties", &s))
        run_query(c, sql, &s, kind, true);
    session_free(&s);
    json_decref(body);
}

void rest_query_stream(call *c)
{
    static const char *const  offers[] = {TYPE_DELIMITED, TYPE_JSON, TYPE_KSQL};
    static const framing_kind kinds[] = {FRAMING_DELIMITED, FRAMING_JSON, FRAMING_KSQL};
    int                       i = accept_choose(c->has_accept, c->accept, offers, 3);
    session                   s;
    str                       sql;
    if (i < 0) {
        call_text(c, 404, "text/plain", STR("Not Found"));
        return;
    }
    json_t *body = call_body_object(c);
    if (body == NULL)
        return;
    session_init(&s);
    if (refuse_http10(c) || !call_member_text(c, body, "sql", "", &sql))
        ;
    else if (is_print(sql) && kinds[i] != FRAMING_DELIMITED)
        call_text(c, 406, NULL, STR(""));
    else if (call_session(c, body, "properties", &s))
        run_query(c, sql, &s, kinds[i], false);
    session_free(&s);
    json_decref(body);
}
