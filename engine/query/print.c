/* PRINT: which topic, from where, how much of it (topic_print.h does it). */
#include "engine/query/push_int.h"

static bool on_line(void *ctx, str text)
{
    push_query *q = ctx;
    pthread_mutex_lock(&q->lock);
    bool taken = q->ended || q->l.line(q->l.ctx, text);
    pthread_mutex_unlock(&q->lock);
    return taken;
}

static bool has_topic(query_hub *h, str name, status *st)
{
    arena      a;
    tlog_topic t;
    arena_init(&a);
    bool has = tlog_topic_get(h->log, &a, name, &t, st);
    arena_free(&a);
    return has;
}

/* Topics whose names differ in case alone are offered. */
static bool no_such_topic(query_hub *h, str name, status *st)
{
    arena       a;
    tlog_topic *all;
    size_t      n;
    buf         hint = BUF_INIT(ST_MSG_MAX);
    arena_init(&a);
    if (!tlog_topic_list(h->log, &a, &all, &n, st))
        n = 0;
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(all[i].name, name))
            buf_printf(&hint, "%s\n\tprint %.*s;", hint.n ? "" : "\nDid you mean:", STR_FMT(all[i].name));
    status_set(st, ST_NOT_FOUND,
               "Could not find topic '%.*s', or the KSQL user does not have permissions to list the topic. Topic names "
               "are case-sensitive.%.*s",
               STR_FMT(name), (int)hint.n, hint.n ? hint.p : "");
    buf_free(&hint);
    arena_free(&a);
    return false;
}

bool print_start(const query_env *e, const ast_stmt *s, const query_listener *l, push_query **out, str *missing,
                 status *st)
{
    int64_t interval = s->has_interval ? s->interval : 1;
    if (interval < 1)
        return status_set(st, ST_SQL, "INTERVAL must be greater than one, but was: %ld", interval);
    if (!has_topic(e->hub, s->name, st)) {
        if (st->code != ST_NOT_FOUND)
            return false;
        *missing = s->name;
        return no_such_topic(e->hub, s->name, st);
    }
    push_query         *q = push_new(e->hub, STR_NONE, l);
    topic_print_options o = {.log = e->hub->log,
                             .topic = str_dup(&q->a, s->name),
                             .from_beginning = s->from_beginning,
                             .interval = interval,
                             .limit = s->has_limit ? s->limit : -1,
                             .line = on_line,
                             .end = push_on_end,
                             .ctx = q};
    q->id = push_transient_id(&q->a, s->name);
    q->print = topic_print_start(&o, st);
    if (q->print == NULL) {
        push_free(q);
        return false;
    }
    push_publish(q);
    *out = q;
    return true;
}
