/* The end of a plan: rows become records of the sink's topic, or go to who asked
 * (spec/processing-semantics.md 5.6, 8.5). */
#include "engine/func/timestamp_format.h"
#include "engine/op/op_int.h"

typedef struct sink_op {
    op                base;
    const plan       *p;
    serde            *key, *value;
    uint32_t          key_n, value_n;
    buf               key_out, value_out;
    uint32_t          ts_slot;
    timestamp_format *ts_format;
    store            *table; /* tables that no aggregate keeps: their rows, for pull queries */
    const type      **types;
    buf               row_out;
} sink_op;

/* ---- transient */

static void give_row(op *base, record *r, int port)
{
    sink_op  *o = (sink_op *)base;
    pipeline *pl = base->pl;
    (void)port;
    if (!r->has_row) {
        if (o->p->result == RESULT_STREAM)
            return;
        if (!r->has_key)
            return;
        for (uint32_t i = 0; i < o->p->output_count; i++)
            if (!o->p->outputs[i].keeps_on_tombstone)
                r->row[i] = VALUE_NULL;
    }
    if (!pl->env.row(pl->env.ctx, r->row, !r->has_row, r->ts))
        pl->failed = true; /* enough */
}

/* ---- persistent */

static bool sink_ts(sink_op *o, const record *r, int64_t *ts)
{
    *ts = r->ts;
    if (o->ts_slot == SLOT_NONE)
        return true;
    if (!r->has_row) {
        *ts = o->base.pl->stream_time;
        return true;
    }
    value v = r->row[o->ts_slot];
    if (v.state != V_OK)
        return false;
    if (o->ts_format)
        return timestamp_format_parse(o->ts_format, value_str(v), ts) && *ts >= 0;
    *ts = v.i;
    return *ts >= 0;
}

static void keep_row(sink_op *o, const record *r, str key)
{
    if (o->table == NULL)
        return;
    str copy = key;
    if (o->p->window.kind) /* found by the inner key; the window is the row's */
        copy.n -= o->p->window.kind == WINDOW_SESSION ? 16 : 8;
    bool session = o->p->window.kind == WINDOW_SESSION;
    if (!r->has_row) {
        if (o->p->window.kind)
            store_delete_window(o->table, copy, r->wstart, session ? r->wend : 0);
        else
            store_delete(o->table, copy);
        return;
    }
    buf_clear(&o->row_out);
    row_encode(&o->row_out, o->types, r->row, o->p->output_count);
    if (o->p->window.kind)
        store_put_window(o->table, copy, r->wstart, session ? r->wend : 0, buf_str(&o->row_out), r->ts);
    else
        store_put(o->table, copy, buf_str(&o->row_out), r->ts);
}

static void serialization_error(sink_op *o, const char *target, const record *r, const char *msg)
{
    pipeline    *pl = o->base.pl;
    proc_failure f = {.kind = PROC_SERIALIZATION,
                      .step = STR("Sink"),
                      .msg = msg,
                      .target = target,
                      .topic = o->p->sink->topic,
                      .layout = &o->p->root->out,
                      .row = r->row};
    if (pl->env.error)
        pl->env.error(pl->env.ctx, &f);
    op_fatal(&o->base, "Error serializing %s to topic: %.*s. %s", target, STR_FMT(o->p->sink->topic), msg);
}

static void write_row(op *base, record *r, int port)
{
    sink_op  *o = (sink_op *)base;
    pipeline *pl = base->pl;
    bool      key_null = !r->has_key, value_null = !r->has_row;
    int64_t   ts;
    (void)port;
    if (!sink_ts(o, r, &ts)) {
        op_error(base, "Error writing row with extracted timestamp");
        return;
    }
    buf_clear(&o->key_out);
    buf_clear(&o->value_out);
    if (!key_null) {
        if (!o->key->encode(o->key, r->row, &o->key_out, &key_null)) {
            serialization_error(o, "key", r, o->key->err);
            return;
        }
        if (o->p->window.kind == WINDOW_SESSION && !key_null) {
            buf_put_i64(&o->key_out, r->wend);
            buf_put_i64(&o->key_out, r->wstart);
        } else if (o->p->window.kind && !key_null) {
            buf_put_i64(&o->key_out, r->wstart);
        }
    }
    if (!value_null && !o->value->encode(o->value, r->row + o->key_n, &o->value_out, &value_null)) {
        serialization_error(o, "value", r, o->value->err);
        return;
    }
    if (o->key_out.p == NULL)
        buf_reserve(&o->key_out, 1);
    if (o->value_out.p == NULL)
        buf_reserve(&o->value_out, 1);
    str key = key_null ? STR_NONE : buf_str(&o->key_out);
    if (r->has_key)
        keep_row(o, r, key);
    if (o->p->sink->topic.n == 0)
        return; /* CREATE SOURCE TABLE: only the state is wanted */
    out_record out = {-1, {ts, key, value_null ? STR_NONE : buf_str(&o->value_out), r->header_count, r->headers}};
    pl->env.emit(pl->env.ctx, &out);
}

/* ---- building */

static serde *sink_serde(pipeline *pl, const plan *p, bool is_key, uint32_t *count)
{
    const side_format *f = is_key ? &p->sink->key : &p->sink->value;
    serde_column      *cols = ARENA_ARRAY(&pl->a, serde_column, p->output_count + 1);
    *count = 0;
    for (uint32_t i = 0; i < p->output_count; i++)
        if (p->outputs[i].is_key == is_key)
            cols[(*count)++] = (serde_column){p->outputs[i].name, p->outputs[i].type, true};
    serde_spec spec = side_spec(f, is_key, p->sink->topic, cols, *count);
    return pipeline_serde(pl, &spec);
}

static void sink_close(op *base)
{
    sink_op *o = (sink_op *)base;
    buf_free(&o->key_out);
    buf_free(&o->value_out);
    buf_free(&o->row_out);
}

static bool aggregate_below(const plan_node *n)
{
    while (n->kind == PLAN_PROJECT || n->kind == PLAN_FILTER)
        n = n->in[0];
    return n->kind == PLAN_AGGREGATE;
}

static bool read_row(op *base, arena *a, str key, const store_row *sr, value *row)
{
    sink_op *o = (sink_op *)base;
    (void)key;
    return row_decode(a, str_dup(a, sr->bytes), o->types, row, o->p->output_count);
}

op *op_sink_new(pipeline *pl, const plan *p)
{
    sink_op *o = op_alloc(pl, sizeof *o, NULL, p->sink ? write_row : give_row);
    o->base.close = sink_close;
    o->p = p;
    o->ts_slot = SLOT_NONE;
    o->key_out = o->value_out = o->row_out = BUF_INIT(BUF_MAX);
    if (p->sink == NULL)
        return &o->base;
    o->key = sink_serde(pl, p, true, &o->key_n);
    o->value = o->key ? sink_serde(pl, p, false, &o->value_n) : NULL;
    if (o->value == NULL)
        return NULL;
    for (uint32_t i = 0; i < p->output_count && p->sink->ts_column.n; i++)
        if (str_eq(p->outputs[i].name, p->sink->ts_column)) {
            o->ts_slot = i;
            if (p->outputs[i].type->kind == T_STRING) {
                o->ts_format = timestamp_format_new(&pl->a, p->sink->ts_format, pl->st);
                if (o->ts_format == NULL)
                    return NULL;
            }
        }
    if (p->result == RESULT_TABLE && !aggregate_below(p->root)) {
        o->table = pipeline_store(pl, STR("Project-Last"), p->window.kind != WINDOW_NONE);
        if (p->window.kind == WINDOW_NONE) /* else records' keys end in a window */
            o->base.by_key[0] = o->table;
        o->types = ARENA_ARRAY(&pl->a, const type *, p->output_count);
        for (uint32_t i = 0; i < p->output_count; i++)
            o->types[i] = p->outputs[i].type;
        o->base.table = o->table;
        o->base.table_key = o->key;
        o->base.read = read_row;
    }
    return &o->base;
}
