/* What a task writes: records for its sink, for internal topics and for the changelogs of its stores. */
#include "base/num.h"
#include "engine/run/names.h"
#include "engine/run/task_int.h"

/* ---- sending */

static str keep(arena *a, str s)
{
    return s.p ? str_dup(a, s) : STR_NONE;
}

/* The log is too full for it: the task waits until it has gone, as does all that comes behind. There is no more of it
 * than one record's results and one commit's changes. */
static void hold(task *t, tlog_sender *s, const rec_out *r)
{
    arena   *a = &t->l.held_a;
    held_out h = {s, {r->ts, keep(a, r->key), keep(a, r->value), r->header_count, keep(a, r->headers)}};
    VEC_PUSH(&t->l.held, h);
}

static void send(task *t, const task_out *o, const rec_out *r)
{
    if (t->l.held.n == 0 && tlog_send(o->s, r, &t->st))
        return;
    if (t->l.held.n == 0 && t->st.code != ST_LIMIT) {
        task_fail(t, t->st.msg);
        return;
    }
    status_init(&t->st);
    hold(t, o->s, r);
}

static void forget_held(task *t)
{
    t->l.held.n = t->l.held_at = 0;
    arena_reset(&t->l.held_a);
}

bool task_send_held(task *t)
{
    for (; t->l.held_at < t->l.held.n; t->l.held_at++) {
        const held_out *h = &t->l.held.p[t->l.held_at];
        if (h->s == NULL || tlog_send(h->s, &h->r, &t->st)) /* NULL: its topic is gone */
            continue;
        if (t->st.code != ST_LIMIT)
            task_fail(t, t->st.msg);
        else
            status_init(&t->st);
        return false;
    }
    if (t->l.held.n)
        forget_held(t);
    return true;
}

static bool flush_out(task *t, const task_out *o)
{
    if (tlog_flush(o->s, &t->st))
        return true;
    task_fail(t, t->st.msg);
    return false;
}

/* ---- opening */

static bool open_out(task *t, task_out *o, str topic, int32_t partition)
{
    o->part = tlog_part_open(t->tp->log, topic, partition, &t->st);
    if (o->part == NULL)
        return false;
    o->s = tlog_sender_open(o->part, t->l.producer);
    return true;
}

static void close_outs(task *t, task_out *o, int32_t n)
{
    for (int32_t p = 0; o && p < n; p++)
        if (o[p].part) {
            for (size_t i = 0; i < t->l.held.n; i++)
                if (t->l.held.p[i].s == o[p].s)
                    t->l.held.p[i].s = NULL;
            tlog_sender_close(o[p].s);
            tlog_part_close(o[p].part);
        }
}

static task_out *open_outs(task *t, str topic, int32_t from, int32_t to)
{
    task_out *o = ARENA_ARRAY(&t->l.a, task_out, to);
    for (int32_t p = from; p < to; p++)
        if (!open_out(t, &o[p], topic, p)) {
            close_outs(t, o, p);
            return NULL;
        }
    return o;
}

bool task_open_outputs(task *t)
{
    const task_plan *tp = t->tp;
    t->l.internal_out = ARENA_ARRAY(&t->l.a, task_out *, tp->stages.internal_count + 1);
    if (t->stage->internal_out >= 0) {
        int32_t i = t->stage->internal_out;
        t->l.internal_out[i] = open_outs(t, tp->internals[i].name, 0, tp->internals[i].partitions);
        return t->l.internal_out[i] != NULL;
    }
    return true; /* the sink is users': task_refresh_sink() looks for it */
}

bool task_refresh_sink(task *t, bool *missing)
{
    *missing = false;
    if (t->tp->sink.name.n == 0 || t->stage->internal_out >= 0)
        return true;
    if (t->l.sink_parts && tlog_part_is_deleted(t->l.sink_out[0].part)) {
        close_outs(t, t->l.sink_out, t->l.sink_parts);
        t->l.sink_parts = 0;
    }
    int32_t was = t->l.sink_parts, n;
    if (!task_topic_partitions(t, t->tp->sink.name, &n))
        return false;
    *missing = n == 0;
    if (n <= was)
        return true;
    task_out *o = open_outs(t, t->tp->sink.name, was, n);
    if (o == NULL)
        return false;
    if (was)
        memcpy(o, t->l.sink_out, (size_t)was * sizeof *o);
    t->l.sink_out = o;
    t->l.sink_parts = n;
    return true;
}

bool task_open_changelog(task *t, size_t i, str topic)
{
    task_out  *o = &t->l.changelogs[i];
    tlog_topic info;
    /* Snapshots name it, which are begun where nobody may wait for the log. */
    if (!tlog_topic_get(t->tp->log, &t->l.a, topic, &info, &t->st))
        return false;
    memcpy(o->topic_id, info.id, sizeof o->topic_id);
    return open_out(t, o, topic, t->partition);
}

void task_close_outputs(task *t)
{
    close_outs(t, t->l.sink_out, t->l.sink_parts);
    for (uint32_t i = 0; t->l.internal_out && i < t->tp->stages.internal_count; i++)
        close_outs(t, t->l.internal_out[i], t->tp->internals[i].partitions);
    for (size_t i = 0; t->l.changelogs && i < t->l.state_count; i++)
        close_outs(t, &t->l.changelogs[i], 1);
}

/* ---- records */

void task_emit(void *ctx, const out_record *r)
{
    task             *t = ctx;
    const task_topic *topic = r->internal >= 0 ? &t->tp->internals[r->internal] : &t->tp->sink;
    task_out         *outs = r->internal >= 0 ? t->l.internal_out[r->internal] : t->l.sink_out;
    int32_t           n = r->internal >= 0 ? topic->partitions : t->l.sink_parts;
    int32_t           p = t->partition % n;
    if (n > 1 && r->r.key.p) {
        str inner = r->r.key;
        if (inner.n >= topic->window_bytes)
            inner.n -= topic->window_bytes;
        p = record_partition(inner, n);
    }
    t->records_out++;
    t->dirty = true;
    send(t, &outs[p], &r->r);
}

bool task_flush(task *t)
{
    for (int32_t p = 0; t->l.sink_out && p < t->l.sink_parts; p++)
        if (!flush_out(t, &t->l.sink_out[p]))
            return false;
    int32_t i = t->stage->internal_out;
    for (int32_t p = 0; i >= 0 && p < t->tp->internals[i].partitions; p++)
        if (!flush_out(t, &t->l.internal_out[i][p]))
            return false;
    return true;
}

size_t task_senders(task *t, tlog_sender ***out)
{
    int32_t internal = t->stage->internal_out, parts = internal >= 0 ? t->tp->internals[internal].partitions : 0;
    size_t  n = 0;
    *out = ARENA_ARRAY(&t->l.a, tlog_sender *, (size_t)t->l.sink_parts + (size_t)parts + t->l.state_count + 1);
    for (int32_t p = 0; p < t->l.sink_parts; p++)
        (*out)[n++] = t->l.sink_out[p].s;
    for (int32_t p = 0; p < parts; p++)
        (*out)[n++] = t->l.internal_out[internal][p].s;
    for (size_t i = 0; i < t->l.state_count; i++)
        (*out)[n++] = t->l.changelogs[i].s;
    return n;
}

/* ---- changelogs */

typedef struct change_ctx {
    task     *t;
    task_out *o;
} change_ctx;

static void log_change(void *ctx, str key, int64_t start, int64_t end, const store_row *row)
{
    change_ctx *c = ctx;
    buf        *b = &c->t->l.tmp;
    buf_clear(b);
    buf_puts(b, key);
    buf_put_i64(b, start);
    buf_put_i64(b, end);
    size_t key_n = b->n;
    if (row) {
        buf_put_i64(b, row->ts);
        buf_puts(b, row->bytes);
    }
    str     k = str_make(b->p, key_n), v = str_make(b->p + key_n, b->n - key_n);
    rec_out r = {.ts = row && row->ts > 0 ? row->ts : 0, .key = k, .value = row ? v : STR_NONE};
    send(c->t, c->o, &r);
}

static void log_clocks(task *t)
{
    int64_t **clocks;
    size_t    n = pipeline_clocks(t->l.pl, &clocks);
    buf_clear(&t->l.tmp);
    for (size_t i = 0; i < n; i++)
        buf_put_i64(&t->l.tmp, *clocks[i]);
    rec_out r = {.key = CHANGELOG_CLOCKS, .value = buf_str(&t->l.tmp)};
    send(t, &t->l.changelogs[0], &r);
}

bool task_log_state(task *t)
{
    for (size_t i = 0; i < t->l.state_count; i++) {
        change_ctx c = {t, &t->l.changelogs[i]};
        t->l.changes += store_change_count(t->l.states[i].s);
        store_take_changes(t->l.states[i].s, log_change, &c);
    }
    if (t->l.state_count)
        log_clocks(t);
    return !t->failed;
}
