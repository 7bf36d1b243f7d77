/* TERMINATE, PAUSE, RESUME. */
#include "engine/query/push.h"
#include "engine/stmt/exec.h"

/* The statement's words. */
typedef struct control {
    const char *verb, *done;
} control;

static control control_of(ast_stmt_kind k)
{
    if (k == STMT_TERMINATE)
        return (control){"terminate", "Query terminated."};
    return k == STMT_PAUSE ? (control){"pause", "Query paused."} : (control){"resume", "Query resumed."};
}

static bool control_one(exec *x, query_info *q)
{
    if (!query_info_is_visible(q))
        return exec_fail(x, "Cannot %s query '%.*s' because it is linked to a source table.",
                         control_of(x->stmt->kind).verb, STR_FMT(q->id));
    if (x->stmt->kind == STMT_TERMINATE)
        exec_remove_query(x, q->id);
    else
        exec_pause_query(x, q, x->stmt->kind == STMT_PAUSE);
    return true;
}

static bool control_all(exec *x)
{
    control      c = control_of(x->stmt->kind);
    size_t       n = x->m->queries.n;
    query_info **q = metastore_queries(x->m, x->a);
    for (size_t i = 0; i < n; i++)
        if (query_info_is_visible(q[i]) && !control_one(x, q[i]))
            return false;
    return answer_command(x, c.verb, STR("ALL"), "execute", false, str_of(c.done), STR_NONE);
}

static bool terminate_push(exec *x, str id)
{
    bool          was = x->dry || push_end(&x->e->hub, id);
    answer_draft *d = answer_begin(x, ANSWER_TERMINATED);
    record        r = answer_add_row(d);
    record_put_text(r, "queryId", id);
    record_put_flag(r, "wasTerminated", was);
    return answer_end(x, d);
}

bool stmt_query_control(exec *x)
{
    control     c = control_of(x->stmt->kind);
    query_info *q = x->stmt->all ? NULL : metastore_query(x->m, x->stmt->name);
    if (x->stmt->all)
        return control_all(x);
    if (q == NULL && x->stmt->kind == STMT_TERMINATE && push_exists(&x->e->hub, x->stmt->name))
        return terminate_push(x, x->stmt->name);
    if (q == NULL)
        return exec_fail(x, "Unknown queryId: %.*s", STR_FMT(x->stmt->name));
    str id = str_dup(x->a, q->id);
    return control_one(x, q) && answer_command(x, c.verb, id, "execute", false, str_of(c.done), STR_NONE);
}
