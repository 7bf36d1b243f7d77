/* Running a request's statements: all of them in a copy of the catalog first, then one after the other for real. */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/run/processing_log.h"
#include "engine/stmt/exec.h"

#define AWAIT_QUERY_MS 5000 /* how long an answer waits for what it made to stand */

/* ---- sessions */

void session_init(session *s)
{
    memset(s, 0, sizeof *s);
    arena_init(&s->a);
}

void session_free(session *s)
{
    map_free(&s->properties);
    map_free(&s->variables);
    arena_free(&s->a);
}

static void put_str(session *s, map *m, str name, str val)
{
    str *copy = ARENA_NEW(&s->a, str);
    *copy = str_dup(&s->a, val);
    map_put(m, name, copy);
}

void session_define(session *s, str name, str val)
{
    put_str(s, &s->variables, name, val);
}

void session_set(session *s, str name, str val)
{
    put_str(s, &s->properties, setting_resolve(name).key, val);
}

/* ---- settings */

settings_view exec_settings(const exec *x)
{
    return (settings_view){.session = &x->s->properties, .system = &x->m->system, .server = x->e->opt.config};
}

str exec_text(const exec *x, setting_id id)
{
    settings_view v = exec_settings(x);
    return settings_text(&v, id);
}

bool exec_flag(const exec *x, setting_id id)
{
    settings_view v = exec_settings(x);
    return settings_flag(&v, id);
}

bool topic_is_readonly(exec *x, str name)
{
    return topic_rules_match(&x->e->readonly_topics, name) ||
           (x->e->plog && str_eq(name, processing_log_topic(x->e->plog)));
}

static int32_t partitions_for_plan(void *ctx, str topic)
{
    return topic_partitions(ctx, topic);
}

plan_options exec_plan_options(exec *x)
{
    return (plan_options){.catalog = &x->m->cat,
                          .settings = exec_settings(x),
                          .text = x->text,
                          .partitions = partitions_for_plan,
                          .ctx = x};
}

int64_t exec_now(exec *x)
{
    return time_wall_ms(x->e->opt.clock);
}

/* ---- answers */

answer_draft *answer_begin(exec *x, answer_kind k)
{
    answer_draft *d = ARENA_NEW(x->a, answer_draft);
    answer_draft_init(d, x->a, k, x->statement_text);
    return d;
}

bool answer_end(exec *x, answer_draft *d)
{
    d->ans.warning = x->warning ? str_of(x->warning) : STR_NONE;
    AVEC_PUSH(x->a, x->out, answer_draft_done(d));
    return true;
}

bool answer_command(exec *x, const char *of, str name, const char *action, bool quoted, str message, str query_id)
{
    answer_draft *d = answer_begin(x, ANSWER_COMMAND);
    record        r = answer_add_row(d);
    record_put_text(r, "commandId",
                    quoted ? str_fmt(x->a, "%s/`%.*s`/%s", of, STR_FMT(name), action)
                           : str_fmt(x->a, "%s/%.*s/%s", of, STR_FMT(name), action));
    record_put_z(r, "status", "SUCCESS");
    record_put_text(r, "message", message);
    if (query_id.n)
        record_put_text(r, "queryId", query_id);
    record_put_int(r, "commandSequenceNumber", x->seq);
    return answer_end(x, d);
}

bool answer_warning(exec *x, str message)
{
    answer_draft *d = answer_begin(x, ANSWER_WARNING);
    record_put_text(answer_add_row(d), "message", message);
    return answer_end(x, d);
}

void answer_warn_last(exec *x, str message)
{
    if (x->out->n == 0)
        return;
    answer *last = ARENA_NEW(x->a, answer);
    *last = *x->out->p[x->out->n - 1];
    last->warning = message;
    x->out->p[x->out->n - 1] = last;
}

bool answer_exists(exec *x, source_kind kind, const source *was)
{
    return answer_warning(x, str_fmt(x->a, "Cannot add %s `%.*s`: A %s with the same name already exists.",
                                     source_kind_name(kind), STR_FMT(x->stmt->name), source_kind_name(was->kind)));
}

str print_text(arena *a, void (*print)(buf *, const ast_stmt *), const ast_stmt *s)
{
    buf b = BUF_INIT(BUF_MAX);
    print(&b, s);
    str t = str_dup(a, buf_str(&b));
    buf_free(&b);
    return t;
}

/* ---- the statements */

enum { KEPT = 1 /* changes the catalog: numbered, kept, one at a time */ };

/* ASSERT VALUES, ASSERT NULL VALUES, ASSERT STREAM, ASSERT TABLE. */
static bool stmt_of_tests(exec *x)
{
    return exec_fail(x, "ASSERT VALUES, ASSERT NULL VALUES, ASSERT STREAM and ASSERT TABLE are statements of SQL "
                        "tests, which 'weir test FILE' runs without a server. A server knows ASSERT TOPIC and "
                        "ASSERT SCHEMA.");
}

static bool stmt_run_script(exec *x)
{
    return exec_fail(x, "RUN SCRIPT is a command of the SQL shell and of SQL tests: the server reads no files. Send "
                        "it the script's statements instead.");
}

static const struct {
    bool (*run)(exec *x);
    unsigned    flags;
    answer_kind answer, extended; /* what it answers, and with EXTENDED */
} handlers[STMT_RUN_SCRIPT + 1] = {
#define ROW(run, flags, answer)                      \
    {                                                \
        run, flags, ANSWER_##answer, ANSWER_##answer \
    }
#define ROW_EXTENDED(run, answer, extended)        \
    {                                              \
        run, 0, ANSWER_##answer, ANSWER_##extended \
    }
    [STMT_CREATE_STREAM] = ROW(stmt_create_source, KEPT, COMMAND),
    [STMT_CREATE_TABLE] = ROW(stmt_create_source, KEPT, COMMAND),
    [STMT_CREATE_STREAM_AS] = ROW(stmt_create_as, KEPT, COMMAND),
    [STMT_CREATE_TABLE_AS] = ROW(stmt_create_as, KEPT, COMMAND),
    [STMT_INSERT_SELECT] = ROW(stmt_insert_select, KEPT, COMMAND),
    [STMT_INSERT_VALUES] = ROW(stmt_insert_values, 0, NONE),
    [STMT_DROP_STREAM] = ROW(stmt_drop, KEPT, COMMAND),
    [STMT_DROP_TABLE] = ROW(stmt_drop, KEPT, COMMAND),
    [STMT_ALTER_STREAM] = ROW(stmt_alter, KEPT, COMMAND),
    [STMT_ALTER_TABLE] = ROW(stmt_alter, KEPT, COMMAND),
    [STMT_CREATE_TYPE] = ROW(stmt_create_type, KEPT, COMMAND),
    [STMT_DROP_TYPE] = ROW(stmt_drop_type, KEPT, COMMAND),
    [STMT_SET] = ROW(stmt_set, 0, NONE),
    [STMT_UNSET] = ROW(stmt_unset, 0, NONE),
    [STMT_DEFINE] = ROW(stmt_define, 0, NONE),
    [STMT_UNDEFINE] = ROW(stmt_undefine, 0, NONE),
    [STMT_ALTER_SYSTEM] = ROW(stmt_alter_system, KEPT, COMMAND),
    [STMT_TERMINATE] = ROW(stmt_query_control, KEPT, COMMAND),
    [STMT_PAUSE] = ROW(stmt_query_control, KEPT, COMMAND),
    [STMT_RESUME] = ROW(stmt_query_control, KEPT, COMMAND),
    [STMT_DESCRIBE] = ROW(stmt_describe, 0, SOURCE_DESCRIPTION),
    [STMT_DESCRIBE_STREAMS] = ROW(stmt_show_sources, 0, SOURCE_DESCRIPTIONS),
    [STMT_DESCRIBE_TABLES] = ROW(stmt_show_sources, 0, SOURCE_DESCRIPTIONS),
    [STMT_DESCRIBE_FUNCTION] = ROW(stmt_describe_function, 0, FUNCTION),
    [STMT_EXPLAIN] = ROW(stmt_explain, 0, QUERY_DESCRIPTION),
    [STMT_SHOW_TOPICS] = ROW_EXTENDED(stmt_show_topics, TOPICS, TOPICS_EXTENDED),
    [STMT_SHOW_STREAMS] = ROW_EXTENDED(stmt_show_sources, STREAMS, SOURCE_DESCRIPTIONS),
    [STMT_SHOW_TABLES] = ROW_EXTENDED(stmt_show_sources, TABLES, SOURCE_DESCRIPTIONS),
    [STMT_SHOW_QUERIES] = ROW_EXTENDED(stmt_show_queries, QUERIES, QUERY_DESCRIPTIONS),
    [STMT_SHOW_FUNCTIONS] = ROW(stmt_show_functions, 0, FUNCTIONS),
    [STMT_SHOW_PROPERTIES] = ROW(stmt_show_properties, 0, PROPERTIES),
    [STMT_SHOW_TYPES] = ROW(stmt_show_types, 0, TYPES),
    [STMT_SHOW_VARIABLES] = ROW(stmt_show_variables, 0, VARIABLES),
    [STMT_SHOW_CONNECTORS] = ROW(stmt_connector, 0, NONE),
    [STMT_SHOW_CONNECTOR_PLUGINS] = ROW(stmt_connector, 0, NONE),
    [STMT_DESCRIBE_CONNECTOR] = ROW(stmt_connector, 0, NONE),
    [STMT_CREATE_CONNECTOR] = ROW(stmt_connector, 0, NONE),
    [STMT_DROP_CONNECTOR] = ROW(stmt_connector, 0, NONE),
    [STMT_ASSERT_TOPIC] = ROW(stmt_assert_topic, 0, TOPIC_ASSERTED),
    [STMT_ASSERT_SCHEMA] = ROW(stmt_assert_schema, 0, NONE),
    [STMT_ASSERT_VALUES] = ROW(stmt_of_tests, 0, NONE),
    [STMT_ASSERT_NULL_VALUES] = ROW(stmt_of_tests, 0, NONE),
    [STMT_ASSERT_STREAM] = ROW(stmt_of_tests, 0, NONE),
    [STMT_ASSERT_TABLE] = ROW(stmt_of_tests, 0, NONE),
    [STMT_RUN_SCRIPT] = ROW(stmt_run_script, 0, NONE),
#undef ROW
#undef ROW_EXTENDED
};

bool stmt_changes_catalog(ast_stmt_kind k)
{
    return k < sizeof handlers / sizeof *handlers && (handlers[k].flags & KEPT);
}

answer_kind stmt_answer(const ast_stmt *s)
{
    if (s->kind == STMT_QUERY || s->kind == STMT_PRINT)
        return ANSWER_NONE;
    return s->extended ? handlers[s->kind].extended : handlers[s->kind].answer;
}

static bool wrong_endpoint(exec *x)
{
    return status_set(x->st, ST_WRONG_ENDPOINT,
                      "The following statement types should be issued to the websocket endpoint "
                      "'/query':\n\t* PRINT\n\t* SELECT");
}

static bool run_statement(exec *x)
{
    ast_stmt_kind k = x->stmt->kind;
    if (k == STMT_QUERY || k == STMT_PRINT)
        return wrong_endpoint(x);
    x->answer = stmt_answer(x->stmt);
    return exec_settle(x, handlers[k].run(x));
}

bool exec_settle(exec *x, bool ok)
{
    if (x->lookup.code == ST_OK)
        return ok;
    *x->st = x->lookup;
    return false;
}

/* Substitutes variables; the text is parsed again when there were any. */
const ast_stmt *exec_substitute(exec *x, const ast_stmt *s)
{
    if (!s->has_variables || !exec_flag(x, SETTING_VARIABLE_SUBSTITUTION_ENABLE))
        return s;
    str        text;
    ast_stmt **list;
    size_t     n;
    if (!parse_substitute(x->a, s->source, &x->s->variables, &text, x->st))
        return NULL;
    text = str_fmt(x->a, "%.*s;", STR_FMT(text));
    if (!parse_sql(x->a, text, &list, &n, x->st))
        return NULL;
    x->text = text;
    return list[0];
}

static void copy_session(session *to, const session *from)
{
    str   key;
    void *v;
    session_init(to);
    for (size_t i = 0; map_next(&from->properties, &i, &key, &v);)
        put_str(to, &to->properties, key, *(str *)v);
    for (size_t i = 0; map_next(&from->variables, &i, &key, &v);)
        put_str(to, &to->variables, key, *(str *)v);
}

static bool is_kept(const exec *x)
{
    return x->stmt && stmt_changes_catalog(x->stmt->kind);
}

/* Fills in what a statement starts with; false: its variables cannot be filled in. */
static bool begin(exec *x, const ast_stmt *stmt, engine_error *err)
{
    x->statement_text = str_fmt(x->a, "%.*s;", STR_FMT(stmt->source));
    x->stmt = exec_substitute(x, stmt);
    if (x->stmt && x->stmt != stmt)
        x->statement_text = str_fmt(x->a, "%.*s;", STR_FMT(x->stmt->source));
    if (x->stmt && x->stmt->kind == STMT_INSERT_VALUES)
        err->statement = print_text(x->a, print_masked, x->stmt);
    else
        err->statement = x->statement_text;
    return x->stmt != NULL;
}

/* One statement on x->m. A statement that makes queries is numbered also where nothing is kept. */
static bool run_one(exec *x, engine_error *err)
{
    size_t queries = x->m->queries.n;
    x->seq = x->m->next_seq;
    if (!run_statement(x)) {
        if (x->shown_text.n)
            err->statement = x->shown_text;
        return false;
    }
    if (x->e->opt.kept ? is_kept(x) : x->m->queries.n > queries)
        x->m->next_seq++;
    return true;
}

bool exec_run_loading(exec *x, const ast_stmt *stmt)
{
    engine_error err;
    status_init(&err.st);
    return begin(x, stmt, &err) && run_one(x, &err);
}

static bool run_dry(engine *e, const session *s, ast_stmt **list, size_t n, str sql, arena *a, engine_error *err)
{
    session     copy;
    answer_list out = {0};
    metastore  *now = engine_take(e), *m = metastore_copy(now);
    bool        ok = true;
    copy_session(&copy, s);
    metastore_release(now);
    for (size_t i = 0; i < n && ok; i++) {
        exec x = {.e = e, .s = &copy, .a = a, .m = m, .dry = true, .text = sql, .st = &err->st, .out = &out};
        ok = begin(&x, list[i], err) && run_one(&x, err);
    }
    metastore_release(m);
    session_free(&copy);
    return ok;
}

/* A statement that changes the catalog: on a copy of the present version, which then takes its place. What it started
 * is waited for behind the lock. */
static bool run_change(exec *x, engine_error *err)
{
    effects fx = {0};
    engine *e = x->e;
    pthread_mutex_lock(&e->lock);
    x->m = metastore_copy(e->meta);
    x->fx = &fx;
    bool ok = run_one(x, err) && effects_apply(x);
    pthread_mutex_unlock(&e->lock);
    metastore_release(x->m);
    x->fx = NULL;
    if (ok && e->run && x->awaited.n)
        runtime_await(e->run, x->awaited, AWAIT_QUERY_MS);
    for (size_t i = 0; ok && e->run && i < fx.stopped.n; i++)
        runtime_await(e->run, fx.stopped.p[i], AWAIT_QUERY_MS);
    return ok;
}

static bool run_reading(exec *x, engine_error *err)
{
    x->m = engine_take(x->e);
    x->seq = x->m->next_seq;
    bool ok = run_statement(x);
    if (!ok && x->shown_text.n)
        err->statement = x->shown_text;
    metastore_release(x->m);
    return ok;
}

static bool run_for_real(engine *e, session *s, const ast_stmt *stmt, str sql, arena *a, answer_list *out,
                         struct insert_group *inserts, engine_error *err)
{
    exec       x = {.e = e, .s = s, .a = a, .text = sql, .st = &err->st, .out = out, .inserts = inserts};
    metastore *now = x.m = engine_take(e); /* settings decide whether variables are filled in */
    bool       ok = begin(&x, stmt, err);
    metastore_release(now);
    if (ok && x.stmt->kind != STMT_INSERT_VALUES) /* what follows may look for the rows */
        ok = insert_group_flush(inserts, e->opt.log, x.st);
    return ok && (is_kept(&x) ? run_change(&x, err) : run_reading(&x, err));
}

/* All statements dry, then each for real. What one has changed holds, also when one behind it fails; others may run
 * between two of ours. */
bool exec_run_all(engine *e, session *s, ast_stmt **list, size_t n, str sql, arena *a, answer_list *out,
                  engine_error *err)
{
    if (!run_dry(e, s, list, n, sql, a, err))
        return false;
    struct insert_group *inserts = insert_group_new(a);
    bool                 ok = true;
    for (size_t i = 0; i < n && ok; i++)
        ok = run_for_real(e, s, list[i], sql, a, out, inserts, err);
    /* Rows that were gathered before a statement failed are written: it comes behind them. */
    status own;
    status_init(&own);
    if (!insert_group_flush(inserts, e->opt.log, ok ? &err->st : &own))
        ok = false;
    insert_group_free(inserts);
    return ok;
}

int64_t engine_last_command(engine *e)
{
    metastore *m = engine_take(e);
    int64_t    last = m->next_seq - 1;
    metastore_release(m);
    return last;
}
