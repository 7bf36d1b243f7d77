/* One test from its first statement to its end. */
#include <stdarg.h>
#include <stdio.h>

#include "engine/replay/record_json.h"
#include "engine/sqltest/sqltest_int.h"

bool run_fail(test_run *r, failure_kind kind, const char *fmt, ...)
{
    buf     b = BUF_INIT(BUF_MAX);
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0 && buf_reserve(&b, (size_t)n + 1)) {
        vsnprintf(b.p, (size_t)n + 1, fmt, again);
        b.n = (size_t)n;
    }
    va_end(again);
    r->kind = kind;
    r->message = str_dup(&r->d.a, buf_str(&b));
    buf_free(&b);
    return false;
}

cursor *run_cursor(test_run *r, const driver_topic *t)
{
    for (size_t i = 0; i < r->cursors.n; i++)
        if (r->cursors.p[i].t == t)
            return &r->cursors.p[i];
    cursor c = {t, 0};
    AVEC_PUSH(&r->d.a, &r->cursors, c);
    return &r->cursors.p[r->cursors.n - 1];
}

static void on_log_line(void *ctx, str query_id, const char *line)
{
    test_run *r = ctx;
    str       text = str_fmt(&r->d.a, "%.*s: %s", STR_FMT(query_id), line);
    AVEC_PUSH(&r->d.a, &r->log, text);
}

/* ---- the queries */

static bool reads_all(const driver *d, const query_info *q)
{
    settings_view v = driver_settings(d, q);
    return settings_choice_is(&v, SETTING_AUTO_OFFSET_RESET, "earliest");
}

/* A query reads what is written once it is there, as Kafka's auto.offset.reset=latest has it; with
 * 'auto.offset.reset'='earliest' also what was written before; one that replaces another goes on behind that. */
static bool start_query(test_run *r, query_info *q, const running *was, running *out)
{
    *out = (running){.q = q, .paused = was && was->paused};
    out->dq = driver_query_open(&r->d, q, was ? was->dq : NULL);
    if (out->dq == NULL)
        return run_fail(r, FAILURE_STATEMENT, "%s", r->d.fatal);
    out->topics = ARENA_ARRAY(&r->d.a, driver_topic *, q->plan->source_count);
    out->fed = ARENA_ARRAY(&r->d.a, size_t, q->plan->source_count);
    for (uint32_t i = 0; i < q->plan->source_count; i++) {
        driver_topic *t = driver_topic_find(&r->d, q->plan->sources[i]->topic);
        bool          again = t == NULL;
        for (uint32_t k = 0; k < out->n; k++)
            again |= out->topics[k] == t;
        if (again)
            continue;
        out->fed[out->n] = reads_all(&r->d, q) ? 0 : t->recs.n;
        for (uint32_t k = 0; was && k < was->n; k++)
            if (was->topics[k] == t)
                out->fed[out->n] = was->fed[k];
        out->topics[out->n++] = t;
    }
    return true;
}

/* But for whether it is paused, which the test sees to itself. */
static bool is_same(const query_info *a, const query_info *b)
{
    return (a->base ? a->base : a) == (b->base ? b->base : b);
}

/* Opens what the last statement started, closes what it ended, keeps the engine's order. */
static bool follow_queries(test_run *r)
{
    VEC(running) now = {0};
    bool         ok = true;
    engine      *e = r->d.e;
    query_info **all = metastore_queries_in_order(e->meta, &r->d.a);
    for (size_t i = 0; i < e->meta->queries.n && ok; i++) {
        query_info    *q = all[i];
        const running *was = NULL;
        running        next;
        for (size_t k = 0; k < r->queries.n; k++)
            if (r->queries.p[k].dq && str_eq(r->queries.p[k].q->id, q->id))
                was = &r->queries.p[k];
        if (was && is_same(was->q, q))
            next = *was;
        else
            ok = start_query(r, q, was, &next);
        if (ok)
            AVEC_PUSH(&r->d.a, &now, next);
    }
    for (size_t k = 0; k < r->queries.n; k++) {
        bool kept = !ok;
        for (size_t i = 0; i < now.n; i++)
            kept |= now.p[i].dq == r->queries.p[k].dq;
        if (!kept)
            driver_query_close(r->queries.p[k].dq);
    }
    if (!ok) {
        for (size_t i = 0; i < now.n; i++)
            if (i >= r->queries.n || now.p[i].dq != r->queries.p[i].dq)
                driver_query_close(now.p[i].dq);
        return false;
    }
    r->queries.p = now.p;
    r->queries.n = now.n;
    r->queries.cap = now.cap;
    return true;
}

/* Which of its topics has the record that was written first of those it has not had; n: none has. */
static uint32_t next_topic(const running *q)
{
    uint32_t best = q->n;
    for (uint32_t i = 0; i < q->n; i++) {
        const driver_topic *t = q->topics[i];
        if (q->fed[i] >= t->recs.n)
            continue;
        if (best == q->n || t->recs.p[q->fed[i]].order < q->topics[best]->recs.p[q->fed[best]].order)
            best = i;
    }
    return best;
}

/* Until no query has anything left to read. */
static bool run_queries(test_run *r)
{
    uint32_t fed = 0;
    for (bool any = true; any;) {
        any = false;
        for (size_t i = 0; i < r->queries.n; i++) {
            running *q = &r->queries.p[i];
            uint32_t t;
            while (!q->paused && (t = next_topic(q)) < q->n) {
                driver_rec rec = q->topics[t]->recs.p[q->fed[t]++];
                any = true;
                driver_query_feed(q->dq, q->topics[t], &rec);
                if (r->d.failed)
                    return run_fail(r, FAILURE_STATEMENT, "query %.*s cannot go on: %s", STR_FMT(q->q->id), r->d.fatal);
                if (++fed > FEED_MAX)
                    return run_fail(r, FAILURE_STATEMENT,
                                    "%d records went through queries without an end: do they write into what they "
                                    "read? (last: %.*s)",
                                    FEED_MAX, STR_FMT(q->q->id));
            }
        }
    }
    return true;
}

/* ---- statements */

static bool run_step(test_run *r, const sql_test_step *s);

static bool refuse_statement(test_run *r, exec *x)
{
    return run_fail(r, FAILURE_STATEMENT,
                    "A SQL test cannot run %s: let a query write into a stream or table, and look at that with "
                    "ASSERT VALUES.",
                    x->stmt->kind == STMT_PRINT ? "PRINT" : "SELECT");
}

static bool run_script(test_run *r, exec *x)
{
    const sql_test_step *steps;
    size_t               n;
    status               st;
    const char          *path = r->path, *slash = strrchr(path, '/');
    uint32_t             line = r->line;
    str                  name = x->stmt->text;
    status_init(&st);
    if (r->script_depth == SCRIPT_DEPTH_MAX)
        return run_fail(r, FAILURE_STATEMENT, "more than %d scripts inside each other", SCRIPT_DEPTH_MAX);
    if (slash && !str_starts(name, STR("/")))
        name = str_fmt(&r->d.a, "%.*s/%.*s", (int)(slash - path), path, STR_FMT(name));
    const char *script = str_z(&r->d.a, name);
    if (!script_read(&r->d.a, script, &steps, &n, &st))
        return run_fail(r, FAILURE_STATEMENT, "%s", st.msg);
    r->script_depth++;
    r->path = script;
    for (size_t i = 0; i < n; i++)
        if (!run_step(r, &steps[i]))
            return false; /* path and line stay where it failed */
    r->script_depth--;
    r->path = path;
    r->line = line;
    return true;
}

/* PAUSE and RESUME: the engine knows the queries, who feeds them is here. */
static void pause_queries(test_run *r, const ast_stmt *s)
{
    for (size_t i = 0; i < r->queries.n; i++)
        if (s->all || str_eq(r->queries.p[i].q->id, s->name))
            r->queries.p[i].paused = s->kind == STMT_PAUSE;
}

static bool run_engine_statement(test_run *r, const ast_stmt *stmt, str text)
{
    engine_error err;
    driver_topics_declare(&r->d, str_fmt(&r->d.a, "%.*s;", STR_FMT(stmt->source)));
    answers ignored;
    if (!engine_execute(r->d.e, &r->d.s, text, &r->d.a, &ignored, &err))
        return run_fail(r, err.st.code == ST_SYNTAX ? FAILURE_SYNTAX : FAILURE_STATEMENT, "%s\nStatement: %.*s",
                        err.st.msg, STR_FMT(err.statement));
    driver_topics_describe(&r->d);
    driver_topics_refresh(&r->d);
    if (!follow_queries(r))
        return false;
    if (stmt->kind == STMT_PAUSE || stmt->kind == STMT_RESUME)
        pause_queries(r, stmt);
    return run_queries(r);
}

static bool dispatch(test_run *r, exec *x, str text)
{
    switch (x->stmt->kind) {
    case STMT_ASSERT_VALUES:
    case STMT_ASSERT_NULL_VALUES:
    case STMT_ASSERT_STREAM:
    case STMT_ASSERT_TABLE:
        return assert_statement(r, x);
    case STMT_RUN_SCRIPT:
        return run_script(r, x);
    case STMT_QUERY:
    case STMT_PRINT:
        return refuse_statement(r, x);
    default:
        return run_engine_statement(r, x->stmt, text);
    }
}

/* The statement at its place in the file: positions in messages are the file's. */
static str placed_text(test_run *r, const sql_test_step *s)
{
    buf b = BUF_INIT(BUF_MAX);
    for (uint32_t i = 1; i < s->line; i++)
        buf_putc(&b, '\n');
    for (uint32_t i = 1; i < s->col; i++)
        buf_putc(&b, ' ');
    buf_puts(&b, s->text);
    str t = str_dup(&r->d.a, buf_str(&b));
    buf_free(&b);
    return t;
}

static bool run_statement(test_run *r, const sql_test_step *s)
{
    str        text = placed_text(r, s);
    ast_stmt **list;
    size_t     n;
    status     st;
    status_init(&st);
    if (!parse_sql(&r->d.a, text, &list, &n, &st))
        return run_fail(r, st.code == ST_SYNTAX ? FAILURE_SYNTAX : FAILURE_STATEMENT, "%s\nStatement: %.*s", st.msg,
                        STR_FMT(s->text));
    metastore *m = engine_take(r->d.e);
    exec       x = {.e = r->d.e, .s = &r->d.s, .a = &r->d.a, .m = m, .text = text, .st = &st};
    x.stmt = exec_substitute(&x, list[0]);
    bool ok = x.stmt ? dispatch(r, &x, text)
                     : run_fail(r, FAILURE_STATEMENT, "%s\nStatement: %.*s", st.msg, STR_FMT(s->text));
    metastore_release(m);
    return ok;
}

/* ---- directives */

driver_topic *directive_topic(test_run *r, str text, str *rest)
{
    uint32_t n = 0;
    while (n < text.n && text.p[n] != ' ' && text.p[n] != '\t')
        n++;
    str           name = str_make(text.p, n);
    driver_topic *t = driver_topic_find(&r->d, name);
    *rest = str_trim(str_make(text.p + n, text.n - n));
    if (t == NULL)
        run_fail(r, FAILURE_STATEMENT, "There is no topic '%.*s': a CREATE statement before this must name it.",
                 STR_FMT(name));
    return t;
}

static bool run_input(test_run *r, str text)
{
    str           rest, behind;
    const char   *why = "not a JSON object";
    driver_topic *t = directive_topic(r, text, &rest);
    if (t == NULL)
        return false;
    const jnode *n = json_doc_parse(&r->d.a, rest, &behind, &why);
    if (n == NULL || n->kind != J_OBJECT || str_trim(behind).n)
        return run_fail(r, FAILURE_STATEMENT, "'--@input: TOPIC {...}' needs a record as JSON: %s",
                        n ? "not one JSON object" : why);
    driver_topic_append(&r->d, t, record_json_read(&r->d.a, n, t));
    return run_queries(r);
}

static bool run_log(test_run *r, str text)
{
    bool found = false;
    for (size_t i = 0; i < r->log.n; i++)
        found |= str_find(r->log.p[i], text, 0) >= 0;
    if (found) {
        r->log.n = 0;
        return true;
    }
    buf b = BUF_INIT(BUF_MAX);
    for (size_t i = 0; i < r->log.n; i++)
        buf_printf(&b, "logged: %.*s\n", STR_FMT(r->log.p[i]));
    r->detail = str_dup(&r->d.a, buf_str(&b));
    buf_free(&b);
    return run_fail(r, FAILURE_ASSERTION, "The processing log has no new line with '%.*s'.", STR_FMT(text));
}

static bool run_step(test_run *r, const sql_test_step *s)
{
    r->line = s->line;
    switch (s->kind) {
    case STEP_STATEMENT:
        return run_statement(r, s);
    case STEP_INPUT:
        return run_input(r, s->text);
    case STEP_OUTPUT:
        return assert_output(r, s->text);
    case STEP_END:
        return assert_end(r, s->text);
    case STEP_LOG:
        return run_log(r, s->text);
    }
    return true;
}

/* ---- the verdict */

static void put_lines(buf *out, str text)
{
    while (text.n) {
        int64_t  nl = str_find_char(text, '\n');
        uint32_t n = nl < 0 ? text.n : (uint32_t)nl;
        buf_printf(out, "        %.*s\n", (int)n, text.p);
        n += nl >= 0;
        text = str_make(text.p + n, text.n - n);
    }
}

static void put_failure(const test_run *r, buf *why)
{
    buf_printf(why, "    %s:%u:\n", r->path, r->line);
    put_lines(why, r->message);
    put_lines(why, r->detail);
    for (size_t i = 0; i < r->log.n; i++)
        put_lines(why, str_fmt((arena *)&r->d.a, "processing log: %.*s", STR_FMT(r->log.p[i])));
}

/* A failure that the test wants? */
static bool judge(const test_run *r, const sql_test_file *f, const sql_test *t, bool ok, buf *why)
{
    bool expects = t->expected_error.n || t->expected_message_count;
    if (ok && expects)
        buf_printf(why, "    %s:%u:\n        The test must end with an error, but all of it succeeded.\n", f->path,
                   t->line);
    if (!expects && !ok)
        put_failure(r, why);
    if (ok || !expects)
        return ok && !expects;
    if (t->expected_error.n &&
        !expected_error_matches(t->expected_error, r->kind == FAILURE_ASSERTION, r->kind == FAILURE_SYNTAX)) {
        put_failure(r, why);
        buf_printf(why, "        The test must end with a %.*s; this is another error.\n", STR_FMT(t->expected_error));
        return false;
    }
    for (size_t i = 0; i < t->expected_message_count; i++)
        if (str_find(r->message, t->expected_messages[i], 0) < 0) {
            put_failure(r, why);
            buf_putz(why, "        The error's message must hold:\n");
            put_lines(why, t->expected_messages[i]);
            return false;
        }
    return true;
}

static bool give_settings(test_run *r, const sql_test *t)
{
    for (size_t i = 0; i + 1 < t->setting_count; i += 2) {
        str    name = t->settings[i];
        status st;
        status_init(&st);
        if (!setting_is_known_at_start(name))
            return run_fail(r, FAILURE_STATEMENT, "There is no setting '%.*s'.", STR_FMT(name));
        if (!settings_put(&r->d.config, name, t->settings[i + 1], ORIGIN_COMMAND_LINE, &st))
            return run_fail(r, FAILURE_STATEMENT, "%s", st.msg);
    }
    return true;
}

bool sql_test_run(const sql_test_file *f, const sql_test *t, buf *why)
{
    test_run r = {.path = f->path, .line = t->line};
    driver_open(&r.d);
    r.d.emit_interval_ms = r.d.join_interval_ms = 0;
    r.d.log_line = on_log_line;
    r.d.log_ctx = &r;
    bool ok = give_settings(&r, t);
    for (size_t i = 0; i < t->step_count && ok; i++)
        ok = run_step(&r, &t->steps[i]);
    ok = judge(&r, f, t, ok, why);
    for (size_t i = 0; i < r.queries.n; i++)
        driver_query_close(r.queries.p[i].dq);
    driver_close(&r.d);
    return ok;
}
