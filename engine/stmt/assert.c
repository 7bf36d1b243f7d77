/* ASSERT TOPIC and ASSERT SCHEMA wait until something is so (spec/sql-language.md 2.14). */
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/num.h"
#include "engine/stmt/exec.h"

#define POLL_MS 100

/* How long to try. */
static int64_t timeout_ms(exec *x)
{
    settings_view v = exec_settings(x);
    if (x->stmt->timeout.given)
        return ast_duration_ms(x->stmt->timeout);
    return settings_number(&v, SETTING_ASSERT_TOPIC_DEFAULT_TIMEOUT_MS);
}

static bool not_held(exec *x, const char *msg)
{
    return status_set(x->st, ST_ASSERT, "%s", msg);
}

/* Appends what is wrong, a line each. */
static bool check_config(exec *x, const ast_prop *p, const tlog_topic *t, buf *wrong)
{
    const char     *line = wrong->n ? "\n" : "";
    const ast_expr *v = p->value;
    bool            partitions = str_eq_nocase(p->name, STR("partitions"));
    int64_t         is = partitions ? t->partitions : t->replication, want = v->ival;
    bool            is_number =
        v->kind == EX_INT || v->kind == EX_BIGINT || (v->kind == EX_STRING && num_parse_i64(v->text, &want));
    if (!partitions && !str_eq_nocase(p->name, STR("replicas")))
        buf_printf(wrong, "%sCannot assert unknown topic property: %.*s", line, STR_FMT(p->name));
    else if (!is_number)
        buf_printf(wrong, "%sCannot assert topic property %.*s: a number is needed", line, STR_FMT(p->name));
    else if (want != is)
        buf_printf(wrong, "%sMismatched configuration for topic %.*s: For config %s, expected %ld got %ld", line,
                   STR_FMT(x->stmt->name), partitions ? "partitions" : "replicas", want, is);
    else
        return true;
    return false;
}

static bool topic_holds(exec *x)
{
    const ast_stmt *s = x->stmt;
    tlog_topic      t;
    status_init(&x->lookup);
    bool exists = topic_get(x, s->name, &t);
    if (!exec_settle(x, true))
        return false;
    if (exists == s->not_exists)
        return not_held(
            x, str_z(x->a, str_fmt(x->a, "Topic %.*s %s", STR_FMT(s->name), exists ? "exists" : "does not exist")));
    buf  wrong = BUF_INIT(ST_MSG_MAX);
    bool ok = true;
    for (uint32_t i = 0; exists && i < s->prop_count; i++)
        ok = check_config(x, &s->props[i], &t, &wrong) && ok;
    if (!ok)
        status_set(x->st, ST_ASSERT, "%.*s", (int)wrong.n, wrong.p);
    buf_free(&wrong);
    return ok;
}

/* Tries again until it holds or the time is over. */
static bool await(exec *x, int64_t wait_ms, bool (*holds)(exec *x))
{
    int64_t end = clock_mono_ms() + wait_ms;
    for (;;) {
        if (holds(x)) {
            status_init(x->st);
            return true;
        }
        int64_t left = end - clock_mono_ms();
        if (left <= 0)
            return false;
        struct timespec nap = {.tv_nsec = (left < POLL_MS ? left : POLL_MS) * 1000000};
        nanosleep(&nap, NULL);
    }
}

bool stmt_assert_topic(exec *x)
{
    const ast_stmt *s = x->stmt;
    if (x->dry)
        return true;
    if (!await(x, timeout_ms(x), topic_holds))
        return false;
    answer_draft *d = answer_begin(x, x->answer);
    record        r = answer_add_row(d);
    record_put_text(r, "topicName", s->name);
    record_put_flag(r, "exists", !s->not_exists);
    return answer_end(x, d);
}

bool stmt_assert_schema(exec *x)
{
    if (x->stmt->name.n == 0 && !x->stmt->has_id)
        return exec_fail(x, "ASSERT SCHEMA statements much include a subject name or an id");
    return x->dry || not_held(x, "Cannot check schema existence: this server has no schema registry.");
}
