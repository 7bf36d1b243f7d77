/* The way in: texts become prepared statements, which tell what they are before they run. */
#include "engine/query/pull.h"
#include "engine/query/pull_cache.h"
#include "engine/query/push.h"
#include "engine/stmt/exec.h"

struct engine_prepared {
    engine           *e;
    session          *s;
    metastore        *m;
    str               text;
    ast_stmt        **list; /* NULL: the plan of a pull query was kept, and the text was not parsed */
    engine_statement *statements;
    size_t            n;

    /* When the text is one query, or PRINT. */
    const ast_stmt *query;      /* its variables filled in */
    str             query_text; /* that was parsed for it, for places */
    pull           *pull;       /* of a table; NULL: none */
    const value    *params;     /* of its plan, when that is shared */
    status         *fault;      /* why it cannot run; NULL: nothing is known against it */
};

/* ---- what a statement is */

static statement_kind kind_of(const ast_stmt *s)
{
    if (s->kind == STMT_PRINT)
        return STATEMENT_PRINT;
    if (s->kind != STMT_QUERY)
        return STATEMENT_COMMAND;
    return s->query->emit == EMIT_NONE ? STATEMENT_PULL : STATEMENT_PUSH;
}

static engine_statement describe(const ast_stmt *s)
{
    engine_statement d = {.kind = kind_of(s), .may_wait = true, .answer = stmt_answer(s)};
    d.changes_catalog = stmt_changes_catalog(s->kind);
    if (d.kind == STATEMENT_PRINT)
        d.source = s->name;
    else if (d.kind != STATEMENT_COMMAND && s->query->join_count == 0)
        d.source = s->query->from.name;
    return d;
}

static void describe_pull(engine_prepared *p)
{
    engine_statement *d = &p->statements[0];
    d->may_wait = !p->pull->is_quick;
    d->columns = &p->pull->columns;
    d->source = p->pull->table->name;
}

/* ---- a query */

static query_env env_of(const engine_prepared *p)
{
    return (query_env){.hub = (query_hub *)&p->e->hub,
                       .m = p->m,
                       .s = p->s,
                       .settings = {.session = &p->s->properties, .system = &p->m->system, .server = p->e->opt.config},
                       .text = p->query_text};
}

/* Kept for others that ask the same, the key apart. */
static void keep_pull(engine_prepared *p, const query_env *e, const pull_text *t, arena *a)
{
    pull_cache *c = p->e->hub.pulls;
    pull       *shared = NULL;
    if (t->keepable && t->n && p->pull->is_constant)
        shared = pull_prepare_shared(e, p->query->query, p->pull, t->literals, t->n);
    if (shared) {
        pull_release(p->pull);
        p->pull = shared;
        p->params = pull_text_params(t, a);
    }
    pull_cache_put(c, t, p->m, p->pull);
}

static bool prepare_pull(engine_prepared *p, const pull_text *t, arena *a, status *st)
{
    query_env        e = env_of(p);
    const ast_query *q = p->query->query;
    const source    *s = catalog_find(&p->m->cat, q->from.name);
    if (!pull_check(&e, q, st))
        return false;
    if (s == NULL || s->kind != SOURCE_TABLE)
        return true;
    p->pull = pull_prepare(&e, q, s, st);
    if (p->pull == NULL)
        return false;
    keep_pull(p, &e, t, a);
    describe_pull(p);
    return true;
}

static bool prepare_query(engine_prepared *p, const pull_text *t, arena *a, status *st)
{
    exec x = {.e = p->e, .s = p->s, .a = a, .m = p->m, .text = p->text, .st = st};
    p->query = exec_substitute(&x, p->list[0]);
    p->query_text = x.text;
    if (p->query == NULL)
        return false;
    p->statements[0] = describe(p->query);
    return p->statements[0].kind != STATEMENT_PULL || prepare_pull(p, t, a, st);
}

/* What is wrong with it is told when it runs: elsewhere it is refused for what it is. */
static void prepare_single(engine_prepared *p, const pull_text *t, arena *a)
{
    status st;
    status_init(&st);
    if (prepare_query(p, t, a, &st))
        return;
    p->fault = arena_dup(a, &st, sizeof st);
    p->statements[0].may_wait = false; /* to be refused */
}

/* ---- preparing */

static bool prepare_parsed(engine_prepared *p, const pull_text *t, arena *a, engine_error *err)
{
    if (!parse_sql(a, p->text, &p->list, &p->n, &err->st))
        return false;
    p->statements = ARENA_ARRAY(a, engine_statement, p->n + 1);
    for (size_t i = 0; i < p->n; i++)
        p->statements[i] = describe(p->list[i]);
    if (p->n == 1 && p->statements[0].kind != STATEMENT_COMMAND)
        prepare_single(p, t, a);
    return true;
}

engine_prepared *engine_prepare(engine *e, session *s, str text, arena *a, engine_error *err)
{
    pull_text       *t = ARENA_NEW(a, pull_text);
    engine_prepared *p = ARENA_NEW(a, engine_prepared);
    *p = (engine_prepared){.e = e, .s = s, .m = engine_take(e), .text = text};
    status_init(&err->st);
    err->statement = text;
    err->missing_topic = STR_NONE;
    pull_text_read(t, a, text, s);
    p->pull = pull_cache_find(e->hub.pulls, t, p->m);
    if (p->pull) {
        p->n = 1;
        p->statements = ARENA_NEW(a, engine_statement);
        p->statements[0] = (engine_statement){.kind = STATEMENT_PULL, .answer = ANSWER_NONE};
        p->params = p->pull->params ? pull_text_params(t, a) : NULL;
        describe_pull(p);
        return p;
    }
    if (prepare_parsed(p, t, a, err))
        return p;
    metastore_release(p->m);
    return NULL;
}

void engine_unprepare(engine_prepared *p)
{
    pull_release(p->pull);
    metastore_release(p->m);
}

const engine_statement *engine_statements(const engine_prepared *p, size_t *n)
{
    *n = p->n;
    return p->statements;
}

/* ---- running */

/* Where the plan was kept nothing was parsed. */
static bool parse_now(engine_prepared *p, arena *a, status *st)
{
    return p->list || parse_sql(a, p->text, &p->list, &p->n, st);
}

bool engine_run(engine_prepared *p, arena *a, answers *out, engine_error *err)
{
    answer_list all = {0};
    *out = (answers){0};
    if (!parse_now(p, a, &err->st) || !exec_run_all(p->e, p->s, p->list, p->n, p->text, a, &all, err))
        return false;
    *out = (answers){all.p, all.n};
    return true;
}

bool engine_execute(engine *e, session *s, str text, arena *a, answers *out, engine_error *err)
{
    engine_prepared *p = engine_prepare(e, s, text, a, err);
    *out = (answers){0};
    if (p == NULL)
        return false;
    bool ok = engine_run(p, a, out, err);
    engine_unprepare(p);
    return ok;
}

static bool run_pull(engine_prepared *p, bool may_wait, const query_listener *l, status *st)
{
    pull_run r = {.hub = &p->e->hub, .p = p->pull, .params = p->params, .l = l, .may_wait = may_wait};
    return pull_execute(&r, st);
}

/* What goes on: push queries, and pull queries on streams. */
static bool start_query(engine_prepared *p, const query_listener *l, push_query **push, status *st)
{
    query_env e = env_of(p);
    bool      bounded = p->statements[0].kind == STATEMENT_PULL;
    if (p->e->run == NULL)
        return status_set(st, ST_SQL, "This engine runs no queries.");
    if (bounded && !settings_flag(&e.settings, SETTING_QUERY_PULL_STREAM_ENABLED))
        return status_set(st, ST_SQL,
                          "Pull queries on streams are disabled. To create a push query on the stream, add "
                          "EMIT CHANGES to the end. To enable pull queries on streams, set the "
                          "ksql.query.pull.stream.enabled config to 'true'.");
    return push_start(&e, p->query->query, bounded, l, push, st);
}

static bool run_single(engine_prepared *p, bool may_wait, const query_listener *l, push_query **push, engine_error *err)
{
    if (p->fault) {
        err->st = *p->fault;
        return false;
    }
    if (p->pull)
        return run_pull(p, may_wait, l, &err->st);
    if (p->statements[0].kind == STATEMENT_COMMAND)
        return status_set(&err->st, ST_SQL, "Neither a query nor a print statement");
    if (p->statements[0].kind != STATEMENT_PRINT)
        return start_query(p, l, push, &err->st);
    query_env e = env_of(p);
    return print_start(&e, p->query, l, push, &err->missing_topic, &err->st);
}

bool engine_run_query(engine_prepared *p, arena *a, bool may_wait, const query_listener *l, push_query **push,
                      engine_error *err)
{
    status ignored;
    *push = NULL;
    if (p->n != 1)
        return status_set(&err->st, ST_SQL, "Expected exactly one KSQL statement; found %zu instead", p->n);
    if (run_single(p, may_wait, l, push, err))
        return true;
    status_init(&ignored);
    if (parse_now(p, a, &ignored))
        err->statement = str_fmt(a, "%.*s;", STR_FMT(p->list[0]->source));
    return false;
}

bool engine_close_query(engine *e, str id)
{
    return push_end(&e->hub, id);
}
