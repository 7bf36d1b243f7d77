/* SET, UNSET, DEFINE, UNDEFINE: the session's; ALTER SYSTEM: the server's (spec/sql-language.md 2.11). */
#include "base/num.h"
#include "engine/settings/property.h"
#include "engine/run/runtime.h"
#include "engine/stmt/exec.h"

bool stmt_set(exec *x)
{
    str name = x->stmt->text;
    if (!property_is_known(name))
        return exec_fail(x, "Unknown property: %.*s", STR_FMT(name));
    if (!property_check(name, x->stmt->text2, x->st)) {
        x->st->code = ST_SQL;
        return false;
    }
    session_set(x->s, name, x->stmt->text2);
    return true;
}

bool stmt_unset(exec *x)
{
    map_del(&x->s->properties, property_plain_name(x->stmt->text));
    return true;
}

bool stmt_define(exec *x)
{
    session_define(x->s, x->stmt->name, x->stmt->text2);
    return true;
}

bool stmt_undefine(exec *x)
{
    if (map_del(&x->s->variables, x->stmt->name) == NULL) {
        json_t *e = entity_new(x, "warning_entity");
        json_object_set_new(
            e, "message",
            json_str(str_fmt(x->a, "Cannot undefine variable '%.*s' which was never defined", STR_FMT(x->stmt->name))));
        entity_add(x, e);
    }
    return true;
}

/* ---- ALTER SYSTEM */

static bool is_milliseconds(str v)
{
    int64_t ms;
    return num_parse_i64(v, &ms) && ms >= 0;
}

static bool is_guarantee(str v)
{
    return str_eqz(v, "at_least_once") || str_eqz(v, "exactly_once") || str_eqz(v, "exactly_once_v2");
}

/* What can be changed while the server runs. */
static const struct {
    const char *name;
    bool (*is_value)(str v);
    const char *values;
    bool        fixed_while_used; /* not under queries that have worked with the old value */
} alterable[] = {
    {"commit.interval.ms", is_milliseconds, "a number of milliseconds", false},
    {"processing.guarantee", is_guarantee, "at_least_once or exactly_once_v2", true},
};
#define ALTERABLE_COUNT (sizeof alterable / sizeof *alterable)

static bool set_failed(exec *x, const char *why)
{
    return exec_fail(x, "Failed to set %.*s to %.*s. Caused by: %s", STR_FMT(x->stmt->text), STR_FMT(x->stmt->text2),
                     why);
}

bool stmt_alter_system(exec *x)
{
    str    name = property_plain_name(x->stmt->text), v = x->stmt->text2;
    size_t i = 0;
    while (i < ALTERABLE_COUNT && !str_eqz(name, alterable[i].name))
        i++;
    if (!property_is_known(x->stmt->text))
        return set_failed(x, str_z(x->a, str_fmt(x->a,
                                                 "Not recognizable as ksql, streams, consumer, or producer property: "
                                                 "%.*s \n",
                                                 STR_FMT(x->stmt->text))));
    if (i == ALTERABLE_COUNT)
        return set_failed(x, "It cannot be changed while the server runs. What can: commit.interval.ms, "
                             "processing.guarantee. Set others in the server's configuration.");
    if (!alterable[i].is_value(v))
        return set_failed(x, str_z(x->a, str_fmt(x->a, "The value must be %s.", alterable[i].values)));
    if (alterable[i].fixed_while_used && x->m->queries.n > 0)
        return exec_fail(x,
                         "Unable to set %.*s to %.*s, as the %.*s may not be changed for running persistent queries "
                         "which have already processed data under a different %.*s. To modify %.*s you must first "
                         "terminate all running persistent queries.",
                         STR_FMT(name), STR_FMT(v), STR_FMT(name), STR_FMT(name), STR_FMT(name));
    exec_put_system(x, name, v);
    str id = str_fmt(x->a, "%ld", x->seq);
    entity_status(x, "cluster", id, "alter", false,
                  str_fmt(x->a, "System property %.*s was set to %.*s.", STR_FMT(name), STR_FMT(v)), STR_NONE);
    return true;
}
