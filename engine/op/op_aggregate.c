/* Aggregation: by group, by time window, by session (spec/processing-semantics.md 2.5 to 2.7, 3).
 *
 * A stored row is the states of all aggregates of a group (and window) in the row encoding, with the
 * timestamp of the result. */
#include <stdlib.h>

#include "base/num.h"
#include "engine/op/op_int.h"

typedef struct agg_op {
    op               base;
    const plan_node *in;
    store           *s;
    keyer            keys;
    bool             wants_old;     /* does anything above look at the row that a change replaces? */
    bool             states_borrow; /* states may point into the stored row */
    const type     **state_types;
    value           *states; /* of the group at hand */
    value           *args;
    buf              out;
    int64_t          stream_time;           /* of this aggregate: rows with a key that reached it */
    int64_t          max_start;             /* largest window start ever stored */
    int64_t          last_close, next_emit; /* EMIT FINAL */
    int64_t          swept;                 /* expiry was last run up to here */
    serde           *key_reader;
} agg_op;

/* ---- states and results */

static bool fatal_error(agg_op *o)
{
    op_fatal(&o->base, "Exception caught in process: %s", o->base.cx.err);
    return false;
}

static bool set_initial(agg_op *o)
{
    const plan_node *n = o->base.plan;
    for (uint32_t i = 0; i < n->agg.agg_count; i++) {
        o->states[i] = n->agg.aggs[i].call->row->initial(n->agg.aggs[i].call, &o->base.cx);
        if (o->states[i].state == V_ERR)
            return fatal_error(o);
    }
    return true;
}

static bool load(agg_op *o, const store_row *sr)
{
    /* A copy: the row may move while the new state still points into it. */
    str bytes = o->states_borrow ? str_dup(o->base.cx.a, sr->bytes) : sr->bytes;
    return row_decode(o->base.cx.a, bytes, o->state_types, o->states, o->base.plan->agg.agg_count);
}

static str encode_states(agg_op *o)
{
    buf_clear(&o->out);
    row_encode(&o->out, o->state_types, o->states, o->base.plan->agg.agg_count);
    if (o->out.p == NULL)
        buf_reserve(&o->out, 1);
    return buf_str(&o->out);
}

typedef value (*agg_step)(const agg_call *, ectx *, value, const value *);

/* Applies add (or undo) of every aggregate to one input row. */
static bool apply(agg_op *o, const value *row, bool undo)
{
    const plan_node *n = o->base.plan;
    ectx            *cx = &o->base.cx;
    cx->row = row;
    cx->now_ms = o->base.pl->now_ms;
    for (uint32_t i = 0; i < n->agg.agg_count; i++) {
        const plan_agg *g = &n->agg.aggs[i];
        for (uint32_t k = 0; k < g->arg_count; k++) {
            o->args[k] = xnode_eval(g->args[k], cx);
            if (o->args[k].state == V_ERR) {
                op_error(&o->base, "Error computing an argument of %.*s: %s", STR_FMT(g->text), cx->err);
                o->args[k] = VALUE_NULL;
            }
        }
        agg_step step = undo ? g->call->row->undo : g->call->row->add;
        o->states[i] = step(g->call, cx, o->states[i], o->args);
        if (o->states[i].state == V_ERR)
            return fatal_error(o);
    }
    return true;
}

/* The output row of the states at hand; key slots and bounds are filled by the caller. */
static bool results(agg_op *o, value *row)
{
    const plan_node *n = o->base.plan;
    for (uint32_t i = 0; i < n->agg.agg_count; i++) {
        const agg_call *c = n->agg.aggs[i].call;
        value           v = c->row->result ? c->row->result(c, &o->base.cx, o->states[i]) : o->states[i];
        if (v.state == V_ERR)
            return fatal_error(o);
        row[n->agg.first_agg_slot + i] = v;
    }
    return true;
}

static value *output_row(agg_op *o, const value *in_row)
{
    const plan_node *n = o->base.plan;
    value           *row = row_new_null(o->base.cx.a, n->out.n);
    for (uint32_t k = 0; k < n->out.key_count; k++)
        row[n->out.keys[k].slot] = in_row[o->in->out.keys[k].slot];
    return row;
}

static void set_bounds(agg_op *o, record *r, int64_t start, int64_t end)
{
    const layout *l = &o->base.plan->out;
    r->wstart = start;
    r->wend = end;
    r->row[l->wstart] = value_i(start);
    r->row[l->wend] = value_i(end);
    if (r->has_old) {
        r->old[l->wstart] = value_i(start);
        r->old[l->wend] = value_i(end);
    }
}

static int64_t later(int64_t x, int64_t y)
{
    return x > y ? x : y;
}

/* ---- groups without windows */

static void aggregate_group(op *base, record *r, int port)
{
    agg_op *o = (agg_op *)base;
    (void)port;
    bool add = r->has_row, undo = r->has_old && base->plan->in[0]->is_table;
    if (!r->has_key || (!add && !undo))
        return;
    str       key = keyer_bytes(&o->keys, r);
    store_row was;
    bool      had = store_get(o->s, key, &was);
    record    out = *r;
    out.has_old = false;
    out.has_row = true;
    if (had) {
        if (!load(o, &was))
            return;
        out.ts = later(r->ts, was.ts);
        if (o->wants_old) {
            out.old = output_row(o, r->row);
            out.has_old = true;
            if (!results(o, out.old))
                return;
        }
    } else if (!set_initial(o)) {
        return;
    }
    if (undo && had && !apply(o, r->old, true))
        return;
    if (add && !apply(o, r->row, false))
        return;
    out.row = output_row(o, r->row);
    if (!add && !had) { /* nothing to take back from */
        out.has_row = false;
        op_forward(base, &out);
        return;
    }
    if (had)
        store_replace(o->s, &was, encode_states(o), out.ts);
    else
        store_put(o->s, key, encode_states(o), out.ts);
    if (results(o, out.row))
        op_forward(base, &out);
}

/* ---- time windows */

/* Drops what no record can reach any more, in strides so that the cost spreads. */
static void expire(agg_op *o, bool by_end)
{
    const plan_node *n = o->base.plan;
    int64_t          bound = add_clamped(o->max_start, -n->agg.retention_ms);
    int64_t          stride = n->agg.retention_ms / 4 > 60000 ? n->agg.retention_ms / 4 : 60000;
    if (o->max_start == INT64_MIN || bound - o->swept < stride)
        return;
    store_expire(o->s, bound, by_end, NULL, NULL);
    o->swept = bound;
}

static bool update_window(agg_op *o, const record *r, str key, int64_t start, bool final)
{
    const plan_node *n = o->base.plan;
    int64_t          end = add_clamped(start, n->agg.size_ms);
    store_row        was;
    /* Rows out of retention are hidden from the aggregate (strictness: spec 3.5). */
    bool   hidden = o->max_start != INT64_MIN && start < o->max_start - n->agg.retention_ms + (final ? 0 : 1);
    bool   had = !hidden && store_get_window(o->s, key, start, 0, &was);
    record out = *r;
    out.has_old = false;
    out.ts = r->ts;
    if (had) {
        if (!load(o, &was))
            return true;
        out.ts = later(r->ts, was.ts);
        if (o->wants_old && !final) {
            out.old = output_row(o, r->row);
            out.has_old = true;
            if (!results(o, out.old))
                return false;
        }
    } else if (!set_initial(o)) {
        return false;
    }
    if (!apply(o, r->row, false))
        return false;
    if (had)
        store_replace(o->s, &was, encode_states(o), out.ts);
    else
        store_put_window(o->s, key, start, 0, encode_states(o), out.ts);
    if (start > o->max_start)
        o->max_start = start;
    if (final)
        return true;
    out.row = output_row(o, r->row);
    if (!results(o, out.row))
        return false;
    set_bounds(o, &out, start, end);
    op_forward(&o->base, &out);
    return !pipeline_stops(o->base.pl);
}

static int by_start_then_key(const void *x, const void *y)
{
    const store_item *a = x, *b = y;
    if (a->row.start != b->row.start)
        return a->row.start < b->row.start ? -1 : 1;
    return str_cmp(a->key, b->key);
}

static int by_end_then_start(const void *x, const void *y)
{
    const store_item *a = x, *b = y;
    if (a->row.end != b->row.end)
        return a->row.end < b->row.end ? -1 : 1;
    return by_start_then_key(x, y);
}

static void emit_final(agg_op *o, const record *trigger, const store_item *it, int64_t end, int64_t ts)
{
    const plan_node *n = o->base.plan;
    record           out = *trigger;
    if (!load(o, &it->row))
        return;
    out.has_key = out.has_row = true;
    out.has_old = false;
    out.ts = ts;
    out.row = row_new_null(o->base.cx.a, n->out.n);
    if (o->key_reader->decode(o->key_reader, o->base.cx.a, str_dup(o->base.cx.a, it->key), o->keys.tmp) != DECODE_OK)
        return;
    for (uint32_t k = 0; k < n->out.key_count; k++)
        out.row[n->out.keys[k].slot] = o->keys.tmp[k];
    if (!results(o, out.row))
        return;
    set_bounds(o, &out, it->row.start, end);
    op_forward(&o->base, &out);
}

static int64_t window_index(int64_t t, int64_t advance)
{
    return t >= 0 ? t / advance : -1;
}

/* First window start that holds t. */
static int64_t first_start(int64_t t, int64_t size, int64_t advance)
{
    int64_t first = t - size + advance;
    if (first < 0)
        first = 0;
    return first / advance * advance;
}

/* Do t1 and t2 fall into the same set of windows? */
static bool same_windows(const plan_node *n, int64_t t1, int64_t t2)
{
    int64_t s = n->agg.size_ms, a = n->agg.advance_ms;
    return first_start(t1, s, a) == first_start(t2, s, a) && window_index(t1, a) == window_index(t2, a);
}

static bool emit_due(agg_op *o)
{
    const pipeline *pl = o->base.pl;
    if (pl->now_ms < o->next_emit)
        return false;
    o->next_emit = pl->now_ms + pl->env.emit_interval_ms;
    return true;
}

static void final_windows(agg_op *o, const record *trigger)
{
    const plan_node *n = o->base.plan;
    int64_t          close = o->stream_time - n->agg.grace_ms;
    if (!emit_due(o) || (o->last_close != -1 && o->last_close >= close))
        return;
    int64_t upper = add_clamped(close, -n->agg.size_ms);
    int64_t lower = o->last_close == -1 ? 0 : later(0, o->last_close - n->agg.size_ms) + 1;
    if (upper < 0)
        return;
    if (o->last_close != -1 && same_windows(n, upper, lower - 1))
        return;
    lower = later(lower, add_clamped(o->max_start, -n->agg.retention_ms));
    size_t      count;
    store_item *items = store_scan_windows(o->s, lower, upper, false, o->base.cx.a, &count);
    if (count)
        qsort(items, count, sizeof *items, by_start_then_key);
    o->last_close = close;
    for (size_t i = 0; i < count && !pipeline_stops(o->base.pl); i++)
        emit_final(o, trigger, &items[i], add_clamped(items[i].row.start, n->agg.size_ms), items[i].row.ts);
}

static void aggregate_windows(op *base, record *r, int port)
{
    agg_op          *o = (agg_op *)base;
    const plan_node *n = base->plan;
    (void)port;
    if (!r->has_key || !r->has_row)
        return;
    o->stream_time = later(o->stream_time, r->ts);
    int64_t close = o->stream_time - n->agg.grace_ms;
    str     key = keyer_bytes(&o->keys, r);
    int64_t first = first_start(r->ts, n->agg.size_ms, n->agg.advance_ms);
    int64_t hops = (r->ts - first) / n->agg.advance_ms;
    for (int64_t i = 0; i <= hops; i++) {
        int64_t start = first + i * n->agg.advance_ms;
        if (add_clamped(start, n->agg.size_ms) > close && !update_window(o, r, key, start, n->agg.emit_final))
            return;
    }
    if (n->agg.emit_final)
        final_windows(o, r);
    expire(o, false);
}

/* ---- sessions */

static void tombstone(agg_op *o, const record *r, int64_t start, int64_t end, const store_row *was)
{
    record out = *r;
    out.header_count = 0;
    out.headers = STR_NONE;
    out.has_row = false;
    out.ts = end;
    out.row = output_row(o, r->row);
    out.old = output_row(o, r->row);
    out.has_old = true;
    value *keep = o->states;
    o->states = row_new_null(o->base.cx.a, o->base.plan->agg.agg_count + 1);
    bool ok = load(o, was) && results(o, out.old);
    o->states = keep;
    if (!ok)
        return;
    set_bounds(o, &out, start, end);
    op_forward(&o->base, &out);
}

static int sessions_by_end(const void *x, const void *y)
{
    const store_row *a = x, *b = y;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return a->start < b->start ? -1 : a->start > b->start;
}

/* Merges the states at hand with a stored session's. */
static bool merge_session(agg_op *o, const store_row *sr)
{
    const plan_node *n = o->base.plan;
    value           *mine = o->states;
    value           *other = row_new_null(o->base.cx.a, n->agg.agg_count + 1);
    o->states = other;
    bool ok = load(o, sr);
    o->states = mine;
    for (uint32_t i = 0; ok && i < n->agg.agg_count; i++) {
        const agg_call *c = n->agg.aggs[i].call;
        mine[i] = c->row->merge(c, &o->base.cx, mine[i], other[i]);
        if (mine[i].state == V_ERR)
            return fatal_error(o);
    }
    return ok;
}

static void final_sessions(agg_op *o, const record *trigger)
{
    const plan_node *n = o->base.plan;
    int64_t          close = add_clamped(o->stream_time - n->agg.grace_ms, -n->agg.size_ms);
    if (!emit_due(o) || (o->last_close != -1 && o->last_close >= close))
        return;
    int64_t upper = add_clamped(close, -1), lower = later(0, o->last_close);
    if (upper < 0 || upper < lower)
        return;
    size_t      count;
    store_item *items = store_scan_windows(o->s, lower, upper, true, o->base.cx.a, &count);
    if (count)
        qsort(items, count, sizeof *items, by_end_then_start);
    o->last_close = close;
    for (size_t i = 0; i < count && !pipeline_stops(o->base.pl); i++)
        emit_final(o, trigger, &items[i], items[i].row.end, items[i].row.end);
}

static void aggregate_sessions(op *base, record *r, int port)
{
    agg_op          *o = (agg_op *)base;
    const plan_node *n = base->plan;
    (void)port;
    if (!r->has_key || !r->has_row)
        return;
    o->stream_time = later(o->stream_time, r->ts);
    int64_t    gap = n->agg.size_ms, close = add_clamped(o->stream_time - n->agg.grace_ms, -gap);
    str        key = str_dup(base->cx.a, keyer_bytes(&o->keys, r));
    int64_t    start = r->ts, end = r->ts;
    store_row *all, *hit = NULL;
    uint32_t count = store_range_sessions(o->s, key, r->ts - gap, add_clamped(r->ts, gap), base->cx.a, &all), hits = 0;
    if (!set_initial(o))
        return;
    if (count)
        hit = arena_alloc(base->cx.a, count * sizeof *hit);
    for (uint32_t i = 0; i < count; i++)
        if (o->max_start == INT64_MIN || all[i].end >= o->max_start - n->agg.retention_ms + 1) {
            hit[hits] = all[i];
            hit[hits].bytes = str_dup(base->cx.a, all[i].bytes);
            hits++;
        }
    if (hits)
        qsort(hit, hits, sizeof *hit, sessions_by_end);
    for (uint32_t i = 0; i < hits; i++) {
        if (!merge_session(o, &hit[i]))
            return;
        start = start < hit[i].start ? start : hit[i].start;
        end = later(end, hit[i].end);
    }
    if (end < close) { /* late: only an EMIT FINAL check is due */
        if (n->agg.emit_final)
            final_sessions(o, r);
        return;
    }
    bool grew = start != r->ts || end != r->ts; /* else the only hit is this very session */
    for (uint32_t i = 0; grew && i < hits; i++) {
        store_delete_window(o->s, key, hit[i].start, hit[i].end);
        if (!n->agg.emit_final)
            tombstone(o, r, hit[i].start, hit[i].end, &hit[i]);
    }
    if (!apply(o, r->row, false))
        return;
    store_put_window(o->s, key, start, end, encode_states(o), end);
    if (end > o->max_start)
        o->max_start = end;
    if (n->agg.emit_final) {
        /* Whole segments of the store fall away when time jumps (spec 3.5). */
        int64_t seg = n->agg.retention_ms / 2 > 60000 ? n->agg.retention_ms / 2 : 60000;
        int64_t keep = (o->max_start - n->agg.retention_ms) / seg * seg;
        if (o->max_start > n->agg.retention_ms && keep > o->swept) {
            store_expire(o->s, keep, true, NULL, NULL);
            o->swept = keep;
        }
        final_sessions(o, r);
        return;
    }
    record out = *r;
    out.header_count = 0;
    out.headers = STR_NONE;
    out.has_old = false;
    out.ts = end;
    out.row = output_row(o, r->row);
    if (!results(o, out.row))
        return;
    set_bounds(o, &out, start, end);
    op_forward(base, &out);
    expire(o, true);
}

/* ---- building, reading */

static void aggregate_close(op *base)
{
    agg_op *o = (agg_op *)base;
    keyer_free(&o->keys);
    buf_free(&o->out);
}

/* Closed windows whose records all came within one interval wait for the clock, not for another record. */
static int64_t final_idle(op *base)
{
    agg_op          *o = (agg_op *)base;
    const plan_node *n = base->plan;
    bool             sessions = n->agg.window.kind == WINDOW_SESSION;
    record           none = {0};
    if (o->stream_time == INT64_MIN)
        return INT64_MAX;
    int64_t close = add_clamped(o->stream_time - n->agg.grace_ms, sessions ? -n->agg.size_ms : 0);
    if (o->last_close != -1 && o->last_close >= close)
        return INT64_MAX;
    if (base->pl->now_ms < o->next_emit)
        return o->next_emit;
    if (sessions)
        final_sessions(o, &none);
    else
        final_windows(o, &none);
    return INT64_MAX;
}

/* A state as the row that it gives. */
static bool read_state(op *base, arena *a, str key, const store_row *sr, value *row)
{
    agg_op          *o = (agg_op *)base;
    const plan_node *n = base->plan;
    arena           *keep = base->cx.a;
    base->cx.a = a; /* the reader's memory, not the batch's */
    value *tmp = ARENA_ARRAY(a, value, n->out.key_count);
    bool   ok =
        load(o, sr) && results(o, row) && o->key_reader->decode(o->key_reader, a, str_dup(a, key), tmp) == DECODE_OK;
    base->cx.a = keep;
    if (!ok)
        return false;
    for (uint32_t k = 0; k < n->out.key_count; k++)
        row[n->out.keys[k].slot] = tmp[k];
    if (n->agg.is_windowed) {
        row[n->out.wstart] = value_i(sr->start);
        row[n->out.wend] =
            value_i(n->agg.window.kind == WINDOW_SESSION ? sr->end : add_clamped(sr->start, n->agg.size_ms));
    }
    return true;
}

static bool is_fixed_width(const type *t)
{
    return t->kind == T_BOOLEAN || t->kind == T_INTEGER || t->kind == T_BIGINT || t->kind == T_DOUBLE ||
           t->kind == T_DATE || t->kind == T_TIME || t->kind == T_TIMESTAMP;
}

op *op_aggregate_new(pipeline *pl, const plan_node *n)
{
    bool     session = n->agg.is_windowed && n->agg.window.kind == WINDOW_SESSION;
    agg_op  *o = op_alloc(pl, sizeof *o, n,
                         session              ? aggregate_sessions
                          : n->agg.is_windowed ? aggregate_windows
                                               : aggregate_group);
    uint32_t args = 1;
    o->base.close = aggregate_close;
    o->in = n->in[0];
    o->s = pipeline_store(pl, n->agg.store, n->agg.is_windowed);
    o->base.by_key[0] = o->s;
    if (n->agg.emit_final)
        o->base.idle = final_idle;
    keyer_init(&o->keys, pl, &n->in[0]->out);
    if (o->keys.serde == NULL)
        return NULL;
    o->key_reader = o->keys.serde;
    o->base.table = o->s;
    o->base.table_key = o->keys.serde;
    o->base.read = read_state;
    o->wants_old = pipeline_wants_old(pl, n);
    o->state_types = ARENA_ARRAY(&pl->a, const type *, n->agg.agg_count + 1);
    o->states = ARENA_ARRAY(&pl->a, value, n->agg.agg_count + 1);
    for (uint32_t i = 0; i < n->agg.agg_count; i++) {
        o->state_types[i] = n->agg.aggs[i].call->state_type;
        o->states_borrow |= !is_fixed_width(o->state_types[i]);
        if (n->agg.aggs[i].arg_count > args)
            args = n->agg.aggs[i].arg_count;
    }
    o->args = ARENA_ARRAY(&pl->a, value, args);
    o->out = BUF_INIT(BUF_MAX);
    o->stream_time = o->max_start = INT64_MIN;
    o->last_close = -1;
    VEC_PUSH(&pl->clocks, &o->stream_time);
    VEC_PUSH(&pl->clocks, &o->max_start);
    VEC_PUSH(&pl->clocks, &o->last_close);
    VEC_PUSH(&pl->clocks, &o->swept);
    return &o->base;
}
