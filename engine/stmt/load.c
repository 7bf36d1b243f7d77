#include "engine/stmt/load.h"

#include <stdio.h>

#include "engine/stmt/catalog_rows.h"
#include "engine/stmt/exec.h"

/* ---- rows */

static bool load_rows(engine *e, metastore *m, arena *a, status *st)
{
    kept_row *rows;
    str      *leaving;
    size_t    n, leaving_count;
    if (!e->opt.kept->list(e->opt.kept, a, &rows, &n, st) || !rows_load(m, rows, n, a, &leaving, &leaving_count, st))
        return false;
    query_info **all = metastore_queries(m, a);
    for (size_t i = 0; i < m->queries.n; i++)
        query_plan(all[i]); /* what fails is the query's state, not the start's */
    for (size_t i = 0; i < leaving_count && e->run; i++) {
        status left; /* the row stays, and so it is tried again at the next start */
        status_init(&left);
        if (!runtime_forget(e->run, leaving[i], &left) && e->opt.report)
            e->opt.report(e->opt.report_ctx,
                          str_z(a, str_fmt(a, "engine: what query %.*s has left cannot be removed: %s",
                                           STR_FMT(leaving[i]), left.msg)));
    }
    return true;
}

/* ---- commands of format 1 */

/* One command's statements, applied to m. They were accepted once: what topics and settings are now does not count. */
static bool read_command(engine *e, metastore *m, const kept_command *c, status *st)
{
    ast_stmt   **list;
    size_t       n;
    arena        a;
    session      s;
    answer_list  out = {0};
    engine_error err;
    arena_init(&a);
    session_init(&s);
    status_init(&err.st);
    m->next_seq = c->seq;
    bool ok = parse_sql(&a, str_dup(&a, c->text), &list, &n, st);
    for (size_t i = 0; ok && i < n; i++) {
        exec x = {
            .e = e, .s = &s, .a = &a, .m = m, .dry = true, .loading = true, .text = c->text, .st = st, .out = &out};
        ok = exec_run_loading(&x, list[i]);
    }
    m->next_seq = c->seq + 1;
    session_free(&s);
    arena_free(&a);
    return ok;
}

static void tell_lost(engine *e, const kept_command *c, const status *st)
{
    char line[ST_MSG_MAX + 1024];
    snprintf(line, sizeof line, "engine: command %ld of the old catalog cannot be taken over: %s: %.*s", c->seq,
             st->msg, (int)(c->text.n < 400 ? c->text.n : 400), c->text.p);
    if (e->opt.report)
        e->opt.report(e->opt.report_ctx, line);
}

static bool keep_all(engine *e, const metastore *m, arena *a, status *st)
{
    VEC(kept_row) rows = {0};
    source     **sources = metastore_sources(m, a);
    query_info **queries = metastore_queries(m, a);
    pmap_entry  *types = pmap_sorted(&m->cat.types, a), *system = pmap_sorted(&m->system, a);
    for (size_t i = 0; i < m->cat.sources.n; i++)
        AVEC_PUSH(a, &rows, row_of_source(a, sources[i]));
    for (size_t i = 0; i < m->queries.n; i++)
        AVEC_PUSH(a, &rows, row_of_query(a, queries[i]));
    for (size_t i = 0; i < m->cat.types.n; i++)
        AVEC_PUSH(a, &rows, row_of_type(a, types[i].key, ((user_type *)types[i].value)->type));
    for (size_t i = 0; i < m->system.n; i++)
        AVEC_PUSH(a, &rows, row_of_system(a, system[i].key, settings_system_text(system[i].value)));
    AVEC_PUSH(a, &rows, row_of_seq(a, m->next_seq));
    return e->opt.kept->apply(e->opt.kept, rows.p, rows.n, st);
}

static bool read_commands(engine *e, metastore *m, const kept_command *list, size_t n, arena *a, status *st)
{
    for (size_t i = 0; i < n; i++) {
        status one;
        status_init(&one);
        if (!read_command(e, m, &list[i], &one))
            tell_lost(e, &list[i], &one);
    }
    return keep_all(e, m, a, st);
}

/* ---- the start */

static void on_forgotten(void *ctx, str id)
{
    engine  *e = ctx;
    kept_row gone = row_gone("leaving", id);
    status   ignored; /* it is forgotten again at the next start */
    status_init(&ignored);
    if (e->opt.kept)
        e->opt.kept->apply(e->opt.kept, &gone, 1, &ignored);
}

bool load_catalog(engine *e, status *st)
{
    arena         a;
    kept_command *commands;
    size_t        n;
    if (e->opt.kept == NULL)
        return true;
    if (e->run)
        runtime_on_forgotten(e->run, on_forgotten, e);
    arena_init(&a);
    metastore *m = metastore_new();
    m->next_seq = 1;
    bool ok = e->opt.kept->commands(e->opt.kept, &a, &commands, &n, st);
    ok = ok && (n ? read_commands(e, m, commands, n, &a, st) : load_rows(e, m, &a, st));
    if (ok)
        engine_publish(e, m);
    else
        metastore_release(m);
    arena_free(&a);
    return ok;
}

bool load_start_queries(engine *e, bool held)
{
    arena a;
    if (e->run == NULL)
        return true;
    arena_init(&a);
    metastore   *m = engine_take(e);
    query_info **all = metastore_queries_in_order(m, &a);
    for (size_t i = 0; i < m->queries.n; i++)
        runtime_want(e->run, all[i], held);
    metastore_release(m);
    arena_free(&a);
    return true;
}
