/* SET, UNSET, DEFINE, UNDEFINE: the session's; ALTER SYSTEM: the server's (spec/sql-language.md 2.11). */
#include "engine/stmt/exec.h"

/* Why setting it changes nothing; NULL: it does change something. */
static const char *no_effect(exec *x, str name)
{
    buf         b = BUF_INIT(1024);
    const char *why = setting_put_warning(&b, name) ? str_z(x->a, buf_str(&b)) : NULL;
    buf_free(&b);
    return why;
}

/* What was taken when a command was accepted is taken when it is run again, whatever the checks are by then. */
static bool check_set(exec *x, str name, str text)
{
    if (x->loading)
        return true;
    if (!setting_resolve(name).known)
        return exec_fail(x, "Unknown property: %.*s", STR_FMT(name));
    if (setting_check(name, text, x->st))
        return true;
    x->st->code = ST_SQL;
    return false;
}

bool stmt_set(exec *x)
{
    str name = x->stmt->text;
    if (!check_set(x, name, x->stmt->text2))
        return false;
    session_set(x->s, name, x->stmt->text2);
    const char *warning = no_effect(x, name);
    return warning == NULL || answer_warning(x, str_of(warning));
}

bool stmt_unset(exec *x)
{
    map_del(&x->s->properties, setting_resolve(x->stmt->text).key);
    return true;
}

bool stmt_define(exec *x)
{
    session_define(x->s, x->stmt->name, x->stmt->text2);
    return true;
}

bool stmt_undefine(exec *x)
{
    if (map_del(&x->s->variables, x->stmt->name))
        return true;
    return answer_warning(
        x, str_fmt(x->a, "Cannot undefine variable '%.*s' which was never defined", STR_FMT(x->stmt->name)));
}

/* ---- ALTER SYSTEM */

/* What queries have been promised while they ran cannot be taken back. */
static bool guarantee_in_use(exec *x, str name, str v)
{
    return exec_fail(x,
                     "Unable to set %.*s to %.*s, as the %.*s may not be changed for running persistent queries "
                     "which have already processed data under a different %.*s. To modify %.*s you must first "
                     "terminate all running persistent queries.",
                     STR_FMT(name), STR_FMT(v), STR_FMT(name), STR_FMT(name), STR_FMT(name));
}

bool stmt_alter_system(exec *x)
{
    str          v = x->stmt->text2;
    setting_name n = setting_resolve(x->stmt->text);
    status       why;
    status_init(&why);
    if (!setting_check_system(x->stmt->text, v, &why))
        return exec_fail(x, "Failed to set %.*s to %.*s. Caused by: %s", STR_FMT(x->stmt->text), STR_FMT(v), why.msg);
    if (n.row == &setting_rows[SETTING_PROCESSING_GUARANTEE] && x->m->queries.n > 0)
        return guarantee_in_use(x, n.key, v);
    exec_put_system(x, n.key, v);
    x->warning = no_effect(x, x->stmt->text);
    str id = str_fmt(x->a, "%ld", x->seq);
    return answer_command(x, "cluster", id, "alter", false,
                          str_fmt(x->a, "System property %.*s was set to %.*s.", STR_FMT(n.key), STR_FMT(v)), STR_NONE);
}
