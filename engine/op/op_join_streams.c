/* Stream-stream joins within a window (spec/processing-semantics.md 4.1). */
#include "base/num.h"
#include "engine/op/op_int.h"

typedef struct stream_side {
    const layout *l;
    store        *s;
    keyer         keys;
    rower         rows;
    uint32_t      first;
    int64_t       max_ts; /* highest ever stored */
    int64_t       swept;
    bool          preserved;
    int64_t       back, ahead; /* the other side's ts may be this much below and above */
} stream_side;

typedef struct stream_join {
    op          base;
    stream_side in[2];
    uint32_t    key_slot;
    int64_t     stream_time, next_emit, min_time;
    store      *waiting; /* rows without a match whose window is still open (GRACE mode) */
    buf         tmp;
} stream_join;

static value *stored_row(stream_join *o, stream_side *s, str bytes)
{
    value *row = row_new_null(o->base.cx.a, s->l->n);
    return rower_decode(&s->rows, o->base.cx.a, str_dup(o->base.cx.a, bytes), row) ? row : NULL;
}

static void emit(stream_join *o, const record *r, int port, const value *mine, const value *theirs, bool has_key,
                 value key, int64_t ts)
{
    const plan_node *n = o->base.plan;
    record           out = *r;
    out.has_key = has_key;
    out.has_row = true;
    out.has_old = false;
    out.ts = ts;
    out.row = row_new_null(o->base.cx.a, n->out.n);
    memcpy(out.row + o->in[port].first, mine, o->in[port].l->n * sizeof *mine);
    if (theirs)
        memcpy(out.row + o->in[!port].first, theirs, o->in[!port].l->n * sizeof *theirs);
    if (has_key)
        out.row[o->key_slot] = key;
    op_forward(&o->base, &out);
}

/* ---- rows that wait for a match */

/* Ordered by time, then the right side before the left (a swapped join: the other way round), then
 * the key: exactly the order of these bytes; rows of one entry stand in order of arrival. */
static str waiting_key(stream_join *o, int64_t ts, int port, str key)
{
    bool first = (port == 1) != o->base.plan->join.swapped;
    buf_clear(&o->tmp);
    buf_put_i64(&o->tmp, ts);
    buf_putc(&o->tmp, first ? 0 : 1);
    buf_puts(&o->tmp, key);
    return str_dup(o->base.cx.a, buf_str(&o->tmp));
}

static void wait_for_match(stream_join *o, const record *r, int port, str key)
{
    store_add_window(o->waiting, waiting_key(o, r->ts, port, key), r->ts, rower_encode(&o->in[port].rows, r->row));
    if (r->ts < o->min_time)
        o->min_time = r->ts;
}

/* Takes all waiting rows of a side with this key and time out: they have matched. */
static void matched(stream_join *o, int port, str key, int64_t ts)
{
    if (store_keys(o->waiting) == 0)
        return;
    str        k = waiting_key(o, ts, port, key);
    store_row *rows;
    for (uint32_t n = store_range(o->waiting, k, ts, ts, o->base.cx.a, &rows); n > 0; n--)
        store_delete_window(o->waiting, k, ts, rows[n - 1].end);
}

static void emit_expired(stream_join *o, const record *r, int port)
{
    const plan_node *n = o->base.plan;
    pipeline        *pl = o->base.pl;
    if (r->ts != o->stream_time)
        return;
    if (add_clamped(add_clamped(o->min_time, o->in[port].ahead), n->join.grace_ms) >= o->stream_time)
        return;
    if (pl->now_ms < o->next_emit)
        return;
    o->next_emit = pl->now_ms + pl->env.join_interval_ms;
    size_t      count;
    store_item *items = store_scan(o->waiting, o->base.cx.a, &count);
    bool        open[2] = {false, false};
    o->min_time = INT64_MAX;
    for (size_t i = 0; i < count && !(open[0] && open[1]) && !pipeline_stops(pl); i++) {
        str     k = str_dup(o->base.cx.a, items[i].key);
        int     side = ((uint8_t)k.p[8] == 0) != n->join.swapped ? 1 : 0;
        int64_t ts = items[i].row.ts;
        o->min_time = ts;
        if (add_clamped(add_clamped(ts, o->in[side].ahead), n->join.grace_ms) >= o->stream_time) {
            open[side] = true;
            continue;
        }
        value *row = stored_row(o, &o->in[side], items[i].row.bytes);
        if (row == NULL)
            continue;
        record        late = *r;
        const layout *l = o->in[side].l;
        if (l->window.kind) { /* the window stands in the row too */
            late.wstart = l->wstart != SLOT_NONE ? row[l->wstart].i : r->wstart;
            late.wend = l->wend != SLOT_NONE ? row[l->wend].i : r->wend;
        }
        store_delete_window(o->waiting, k, ts, items[i].row.end);
        emit(o, &late, side, row, NULL, true, row[l->keys[0].slot], ts);
    }
}

static int64_t expired_idle(op *base)
{
    stream_join *o = (stream_join *)base;
    int          port = o->in[0].ahead <= o->in[1].ahead ? 0 : 1;
    record       none = {.ts = o->stream_time};
    int64_t      ahead = o->in[port].ahead, grace = base->plan->join.grace_ms;
    if (o->min_time == INT64_MAX || add_clamped(add_clamped(o->min_time, ahead), grace) >= o->stream_time)
        return INT64_MAX;
    if (base->pl->now_ms < o->next_emit)
        return o->next_emit;
    emit_expired(o, &none, port);
    return INT64_MAX;
}

/* ---- a record */

static void expire(stream_join *o, stream_side *s)
{
    int64_t keep = o->base.plan->join.retention_ms;
    int64_t bound = add_clamped(s->max_ts, -keep);
    int64_t stride = keep / 4 > 60000 ? keep / 4 : 60000;
    if (s->max_ts == INT64_MIN || bound - s->swept < stride)
        return;
    store_expire(s->s, bound, false, NULL, NULL);
    s->swept = bound;
}

static void put_own(stream_join *o, stream_side *s, const record *r, str key)
{
    int64_t keep = o->base.plan->join.retention_ms;
    /* A put into a segment that has expired is ignored (segments of half the retention). */
    int64_t seg = keep / 2 > 60000 ? keep / 2 : 60000;
    if (s->max_ts != INT64_MIN && r->ts / seg < add_clamped(s->max_ts, -keep) / seg)
        return;
    store_add_window(s->s, key, r->ts, rower_encode(&s->rows, r->row));
    if (r->ts > s->max_ts)
        s->max_ts = r->ts;
}

static void join_streams(op *base, record *r, int port)
{
    stream_join     *o = (stream_join *)base;
    stream_side     *mine = &o->in[port], *theirs = &o->in[!port];
    const plan_node *n = base->plan;
    if (r->ts > o->stream_time)
        o->stream_time = r->ts;
    if (!r->has_row)
        return;
    if (!r->has_key) {
        if (mine->preserved)
            emit(o, r, port, r->row, NULL, false, VALUE_NULL, r->ts);
        return;
    }
    if (n->join.has_grace && (o->in[0].preserved || o->in[1].preserved))
        emit_expired(o, r, port);
    value   key_value = r->row[mine->l->keys[0].slot];
    str     key = str_dup(base->cx.a, keyer_bytes(&mine->keys, r));
    int64_t from = add_clamped(r->ts, -mine->back), to = add_clamped(r->ts, mine->ahead);
    if (from < 0)
        from = 0;
    if (theirs->max_ts != INT64_MIN) { /* older rows are out of the store's sight */
        int64_t horizon = add_clamped(theirs->max_ts, -n->join.retention_ms) + 1;
        if (from < horizon)
            from = horizon;
    }
    store_row *rows;
    uint32_t   count = from <= to ? store_range(theirs->s, key, from, to, base->cx.a, &rows) : 0;
    uint32_t   found = 0;
    for (uint32_t i = 0; i < count && !pipeline_stops(base->pl); i++) {
        value *other = stored_row(o, theirs, rows[i].bytes);
        if (other == NULL)
            continue;
        found++;
        if (n->join.has_grace)
            matched(o, !port, key, rows[i].start);
        emit(o, r, port, r->row, other, true, key_value, r->ts > rows[i].start ? r->ts : rows[i].start);
    }
    if (found == 0 && mine->preserved) {
        if (!n->join.has_grace || add_clamped(r->ts, mine->ahead) < o->stream_time)
            emit(o, r, port, r->row, NULL, true, key_value, r->ts);
        else
            wait_for_match(o, r, port, key);
    }
    put_own(o, mine, r, key);
    expire(o, mine);
}

/* ---- building */

static void side_init(stream_join *o, pipeline *pl, int port, const char *name)
{
    const plan_node *n = o->base.plan;
    stream_side     *s = &o->in[port];
    s->l = &n->in[port]->out;
    s->first = port ? n->join.left_slots : 0;
    s->s = pipeline_store(pl, str_of(name), true);
    keyer_init(&s->keys, pl, s->l);
    rower_init(&s->rows, pl, s->l, true);
    s->max_ts = INT64_MIN;
    ast_join_kind k = n->join.kind;
    s->preserved = k == JOIN_FULL || (k == JOIN_LEFT && port == 0) || (k == JOIN_RIGHT && port == 1);
    s->back = port ? n->join.after_ms : n->join.before_ms;
    s->ahead = port ? n->join.before_ms : n->join.after_ms;
    VEC_PUSH(&pl->clocks, &s->max_ts);
    VEC_PUSH(&pl->clocks, &s->swept);
}

static void join_close(op *base)
{
    stream_join *o = (stream_join *)base;
    for (int i = 0; i < 2; i++) {
        keyer_free(&o->in[i].keys);
        rower_free(&o->in[i].rows);
    }
    buf_free(&o->tmp);
}

op *op_join_streams_new(pipeline *pl, const plan_node *n)
{
    stream_join *o = op_alloc(pl, sizeof *o, n, join_streams);
    o->base.close = join_close;
    o->tmp = BUF_INIT(BUF_MAX);
    o->stream_time = INT64_MIN;
    o->min_time = INT64_MAX;
    o->key_slot = n->out.keys[0].slot;
    side_init(o, pl, 0, "Join-this-store");
    side_init(o, pl, 1, "Join-other-store");
    o->base.idle = expired_idle;
    o->base.by_key[0] = o->in[0].s;
    o->base.by_key[1] = o->in[1].s;
    o->waiting = pipeline_store(pl, STR("Join-outershared-store"), true);
    VEC_PUSH(&pl->clocks, &o->stream_time);
    VEC_PUSH(&pl->clocks, &o->min_time);
    return o->in[0].keys.serde && o->in[1].keys.serde ? &o->base : NULL;
}
