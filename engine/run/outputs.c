/* What a task writes: batches for its sink, for internal topics and for the changelogs of its stores. */
#include "base/num.h"
#include "engine/run/names.h"
#include "engine/run/task_int.h"

#define OUT_BATCH_BYTES (512u << 10) /* a batch is sent when it has grown so large */
#define OUT_BATCH_MAX ((size_t)900 << 10)
#define BATCH_CRC_AT 17 /* in a record batch; the log has written it when an append returns */

static bool flush_out(task *t, task_out *o)
{
    if (o->b.count == 0)
        return true;
    str         bytes = batch_builder_finish(&o->b, CODEC_NONE, &t->st);
    int64_t     base;
    tlog_append how = {.producer = t->l.producer, .trusted = true, .keyed = !o->b.null_keys};
    bool        ok = bytes.p && tlog_part_append(o->part, (uint8_t *)bytes.p, bytes.n, how, &base, &t->st);
    if (ok) {
        o->last_base = base;
        o->last_crc = be_get32(bytes.p + BATCH_CRC_AT);
    }
    batch_builder_reset(&o->b);
    if (!ok)
        task_fail(t, t->st.msg);
    return ok;
}

static bool add_out(task *t, task_out *o, int64_t ts, str key, str val, uint32_t hn, str headers)
{
    if (batch_builder_add(&o->b, ts, key, val, hn, headers)) {
        if (o->b.out.n >= OUT_BATCH_BYTES)
            return flush_out(t, o);
        return true;
    }
    if (o->b.count == 0 || !flush_out(t, o) || !batch_builder_add(&o->b, ts, key, val, hn, headers)) {
        task_fail(t, "A row is larger than a record batch may be.");
        return false;
    }
    return true;
}

/* ---- opening */

static bool open_out(task *t, task_out *o, str topic, int32_t partition)
{
    o->part = tlog_part_open(t->tp->log, topic, partition, &t->st);
    if (o->part == NULL)
        return false;
    batch_builder_init(&o->b, OUT_BATCH_MAX);
    o->last_base = -1;
    return true;
}

static void close_outs(task_out *o, int32_t n)
{
    for (int32_t p = 0; o && p < n; p++)
        if (o[p].part) {
            tlog_part_close(o[p].part);
            batch_builder_free(&o[p].b);
        }
}

static task_out *open_outs(task *t, str topic, int32_t from, int32_t to)
{
    task_out *o = ARENA_ARRAY(&t->l.a, task_out, to);
    for (int32_t p = from; p < to; p++)
        if (!open_out(t, &o[p], topic, p)) {
            close_outs(o, p);
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
        close_outs(t->l.sink_out, t->l.sink_parts);
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
    return open_out(t, &t->l.changelogs[i], topic, t->partition);
}

void task_close_outputs(task *t)
{
    close_outs(t->l.sink_out, t->l.sink_parts);
    for (uint32_t i = 0; t->l.internal_out && i < t->tp->stages.internal_count; i++)
        close_outs(t->l.internal_out[i], t->tp->internals[i].partitions);
    for (size_t i = 0; t->l.changelogs && i < t->l.state_count; i++)
        close_outs(&t->l.changelogs[i], 1);
}

/* ---- records */

void task_emit(void *ctx, int32_t internal, str key, str val, bool val_null, int64_t ts, uint32_t hn, str headers)
{
    task             *t = ctx;
    const task_topic *topic = internal >= 0 ? &t->tp->internals[internal] : &t->tp->sink;
    task_out         *outs = internal >= 0 ? t->l.internal_out[internal] : t->l.sink_out;
    int32_t           n = internal >= 0 ? topic->partitions : t->l.sink_parts;
    int32_t           p = t->partition % n;
    if (n > 1 && key.p) {
        str inner = key;
        if (inner.n >= topic->window_bytes)
            inner.n -= topic->window_bytes;
        p = record_partition(inner, n);
    }
    t->records_out++;
    t->dirty = true;
    add_out(t, &outs[p], ts, key, val_null ? STR_NONE : val, hn, headers);
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
    str k = str_make(b->p, key_n), v = str_make(b->p + key_n, b->n - key_n);
    add_out(c->t, c->o, row ? row->ts < 0 ? 0 : row->ts : 0, k, row ? v : STR_NONE, 0, STR_NONE);
}

static void log_clocks(task *t)
{
    int64_t **clocks;
    size_t    n = pipeline_clocks(t->l.pl, &clocks);
    buf_clear(&t->l.tmp);
    for (size_t i = 0; i < n; i++)
        buf_put_i64(&t->l.tmp, *clocks[i]);
    add_out(t, &t->l.changelogs[0], 0, CHANGELOG_CLOCKS, buf_str(&t->l.tmp), 0, STR_NONE);
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
    for (size_t i = 0; i < t->l.state_count && !t->failed; i++)
        flush_out(t, &t->l.changelogs[i]);
    return !t->failed;
}
