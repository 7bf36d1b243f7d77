/* POST /ksql, /close-query and /inserts-stream. */
#include <stdio.h>

#include "server/rest/entities.h"
#include "server/rest/rest_int.h"

/* Waits for the command that the request says it builds on; false: answered. */
static bool wait_for_command(call *c, json_t *body)
{
    json_t *seq = json_object_get(body, "commandSequenceNumber");
    if (!json_is_integer(seq) || json_integer_value(seq) < 0 || commands_wait(c->r, json_integer_value(seq)))
        return true;
    char msg[160];
    snprintf(msg, sizeof msg,
             "Timed out while waiting for a previous command to execute. command sequence number: %lld",
             json_integer_value(seq));
    call_error(c, 50301, msg);
    return false;
}

/* A command is noted before its answer is sent: the client's next request may wait for it. */
static bool run_commands(call *c, session *s, str sql, answers *all, engine_error *err)
{
    engine_prepared *p = engine_prepare(c->r->o.engine, s, sql, &c->a, err);
    bool             ok = p && engine_run(p, &c->a, all, err);
    if (p)
        engine_unprepare(p);
    if (ok)
        commands_note(c->r, all);
    return ok;
}

void rest_ksql(call *c)
{
    json_t *body = call_body_object(c);
    session s;
    str     sql;
    if (body == NULL)
        return;
    session_init(&s);
    if (call_member_text(c, body, "ksql", "", &sql) && wait_for_command(c, body) &&
        call_session(c, body, "streamsProperties", &s)) {
        engine_error err;
        answers      all;
        if (run_commands(c, &s, sql, &all, &err)) {
            c->status = 200;
            c->content_type = TYPE_JSON;
            entities_put(&c->out, &all);
        } else {
            call_engine_error(c, &err, true);
        }
    }
    session_free(&s);
    json_decref(body);
}

void rest_close_query(call *c)
{
    json_t *body = call_body_object(c);
    str     id;
    char    msg[512];
    if (body == NULL)
        return;
    if (call_member_text(c, body, "queryId", "", &id)) {
        snprintf(msg, sizeof msg, "No query with id %.*s", STR_FMT(id));
        if (engine_close_query(c->r->o.engine, id))
            call_text(c, 200, NULL, STR(""));
        else
            call_error(c, 40000, msg);
    }
    json_decref(body);
}

/* ---- rows in */

/* The next line that is not blank; false at the end. */
static bool next_line(str text, size_t *at, str *line)
{
    while (*at < text.n) {
        int64_t nl = str_find(text, STR("\n"), *at);
        size_t  end = nl < 0 ? text.n : (size_t)nl;
        *line = str_trim(str_make(text.p + *at, end - *at));
        *at = end + 1;
        if (line->n)
            return true;
    }
    return false;
}

/* The first line names the target. NULL: answered. */
static engine_insert *read_target(call *c, str line)
{
    json_error_t e;
    json_t      *j = json_loadb(line.p ? line.p : "", line.n, 0, &e);
    const char  *name = json_string_value(json_object_get(j, "target"));
    str          target = name ? str_dup(&c->a, str_of(name)) : STR_NONE;
    status       st;
    json_decref(j);
    if (name == NULL) {
        call_error(c, 40000, "Invalid JSON in inserts stream: the first line must be {\"target\":\"STREAM OR TABLE\"}");
        return NULL;
    }
    status_init(&st);
    engine_insert *rows = engine_prepare_insert(c->r->o.engine, target, &c->a, &st);
    if (rows == NULL)
        call_error(c, status_error_code(st.code), st.msg);
    return rows;
}

static void put_ack(buf *out, bool array, int64_t seq, const status *st)
{
    if (array && seq)
        buf_putc(out, ',');
    if (st->code == ST_OK) {
        buf_printf(out, "{\"seq\":%ld,\"status\":\"ok\"}", seq);
    } else {
        buf_printf(out, "{\"@type\":\"InsertError\",\"status\":\"error\",\"seq\":%ld,\"message\":", seq);
        json_put_text(out, str_of(st->msg));
        /* On a row every fault of the sender's is a bad request, whatever statement it would be. */
        int code = status_error_code(st->code);
        buf_printf(out, ",\"error_code\":%d}", code == 40001 ? 40000 : code);
    }
    if (!array)
        buf_putc(out, '\n');
}

/* ksqlDB serves this on HTTP/2 only, row by row as they come; on HTTP/1.1 rows are taken when the body is whole. */
void rest_inserts_stream(call *c)
{
    static const char *const offers[] = {TYPE_DELIMITED, TYPE_JSON};
    int                      kind = accept_choose(c->has_accept, c->accept, offers, 2);
    size_t                   at = 0;
    str                      line = STR_NONE;
    if (kind < 0) {
        call_text(c, 404, "text/plain", STR("Not Found"));
        return;
    }
    next_line(buf_str(&c->body), &at, &line);
    engine_insert *rows = read_target(c, line);
    if (rows == NULL)
        return;
    c->status = 200;
    c->content_type = offers[kind];
    if (kind == 1)
        buf_putc(&c->out, '[');
    for (int64_t seq = 0; next_line(buf_str(&c->body), &at, &line); seq++) {
        status st;
        status_init(&st);
        json_t *row = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL);
        bool    ok = json_is_object(row) ? engine_run_insert(rows, line, &st)
                                         : status_set(&st, ST_BAD_REQUEST, "Invalid JSON in inserts stream");
        json_decref(row);
        put_ack(&c->out, kind == 1, seq, &st);
        if (!ok)
            break;
    }
    if (kind == 1)
        buf_putc(&c->out, ']');
    engine_unprepare_insert(rows);
}
