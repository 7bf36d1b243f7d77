/* Sources: records of a topic into rows; and the two ends of a repartition topic
 * (spec/processing-semantics.md 1.2, 1.3, 2.8, 5, 6). */
#include <stdio.h>

#include "base/num.h"
#include "engine/expr/expr.h"
#include "engine/func/timestamp_format.h"
#include "engine/op/op_int.h"

typedef struct source_op {
    op                base;
    const source     *src;
    serde            *key, *value;
    uint32_t         *key_slots, *value_slots; /* by column of the serde */
    uint32_t          key_n, value_n, header_n;
    const column    **headers;
    uint32_t         *header_slots;
    uint32_t          row_n;
    uint32_t          ts_slot; /* of the TIMESTAMP column, or SLOT_NONE */
    const type       *ts_type;
    timestamp_format *ts_format;
    value            *scratch;
    store            *table; /* materialised tables */
    rower             rows;
    keyer             keys;
    arena             peek;
} source_op;

/* ---- the key's window */

static bool cut_window(const source *s, str *key, int64_t *start, int64_t *end)
{
    if (s->window.kind == WINDOW_SESSION) {
        if (key->n < 16)
            return false;
        key->n -= 16;
        *end = (int64_t)be_get64(key->p + key->n);
        *start = (int64_t)be_get64(key->p + key->n + 8);
    } else {
        if (key->n < 8)
            return false;
        key->n -= 8;
        *start = (int64_t)be_get64(key->p + key->n);
        if (__builtin_add_overflow(*start, s->window.size_ms, end))
            *end = INT64_MAX;
    }
    return true;
}

static void deserialization_error(source_op *o, const char *target, str bytes, const char *msg)
{
    pipeline    *pl = o->base.pl;
    proc_failure f = {.kind = PROC_DESERIALIZATION,
                      .step = o->base.plan->step,
                      .msg = msg,
                      .target = target,
                      .topic = o->src->topic,
                      .bytes = bytes};
    if (pl->env.error)
        pl->env.error(pl->env.ctx, &f);
}

/* The key's columns into out's row; nobody is told of what went wrong. *why: of DECODE_BAD. */
static inline decode_result read_key(source_op *o, arena *a, const rec_view *r, record *out, const char **why)
{
    out->has_key = !r->key_null && (o->key_n > 0 || o->src->window.kind);
    if (!out->has_key)
        return DECODE_OK;
    str key = r->key;
    if (o->src->window.kind && !cut_window(o->src, &key, &out->wstart, &out->wend)) {
        *why = "A windowed key is too short for its window.";
        return DECODE_BAD;
    }
    decode_result d = o->key->decode(o->key, a, key, o->scratch);
    *why = o->key->err;
    for (uint32_t i = 0; d == DECODE_OK && i < o->key_n; i++)
        out->row[o->key_slots[i]] = o->scratch[i];
    return d;
}

static inline decode_result read_value(source_op *o, arena *a, const rec_view *r, record *out, const char **why)
{
    out->has_row = !r->value_null;
    if (!out->has_row)
        return DECODE_OK;
    for (uint32_t i = 0; i < o->value_n; i++)
        o->scratch[i] = VALUE_NULL;
    decode_result d = o->value->decode(o->value, a, r->value, o->scratch);
    *why = o->value->err;
    for (uint32_t i = 0; d == DECODE_OK && i < o->value_n; i++)
        out->row[o->value_slots[i]] = o->scratch[i];
    return d;
}

/* A side that could not be read: whoever can wait for its schema does, else the record is refused. */
static decode_result unread(source_op *o, decode_result d, const serde *s, str bytes, const char *why)
{
    char unknown[64];
    if (d == DECODE_WAIT && pipeline_wait(o->base.pl, o->src->topic, s->missing_schema))
        return DECODE_WAIT;
    if (d == DECODE_WAIT) {
        snprintf(unknown, sizeof unknown, "The schema %d is not known.", s->missing_schema);
        why = unknown;
    }
    deserialization_error(o, s->spec.is_key ? "key" : "value", bytes, why);
    return DECODE_BAD;
}

/* Both sides into rec's row. What went wrong has been told. */
static decode_result read_record(source_op *o, const rec_view *r, record *rec)
{
    const char   *why = NULL;
    decode_result d = read_key(o, o->base.cx.a, r, rec, &why);
    if (d != DECODE_OK)
        return unread(o, d, o->key, r->key, why);
    d = read_value(o, o->base.cx.a, r, rec, &why);
    return d == DECODE_OK ? d : unread(o, d, o->value, r->value, why);
}

/* ---- timestamps */

static bool extract_ts(source_op *o, const record *rec, int64_t record_ts, int64_t *ts)
{
    if (o->ts_slot == SLOT_NONE) {
        *ts = record_ts;
        return record_ts >= 0;
    }
    value v = rec->row[o->ts_slot];
    if (v.state != V_OK)
        return false;
    if (o->ts_format)
        return timestamp_format_parse(o->ts_format, value_str(v), ts) && *ts >= 0;
    *ts = v.i;
    return *ts >= 0;
}

/* ---- headers */

static value headers_value(source_op *o, const rec_view *r, const column *c)
{
    arena         *a = &o->base.pl->batch;
    const uint8_t *at = r->headers;
    rec_header     h;
    if (!c->all_headers) {
        value v = VALUE_NULL;
        while (rec_header_next(r, &at, &h))
            if (str_eq(h.key, c->header_key))
                v = h.value_null ? VALUE_NULL : value_s(h.value);
        return v;
    }
    value   *list = arena_alloc(a, (r->header_count + 1) * sizeof *list);
    uint32_t n = 0;
    while (n < r->header_count && rec_header_next(r, &at, &h)) {
        value *f = arena_alloc(a, 2 * sizeof *f);
        f[0] = value_s(h.key);
        f[1] = h.value_null ? VALUE_NULL : value_s(h.value);
        list[n++] = value_v(f, 2);
    }
    return value_v(list, n);
}

/* ---- a record */

static void fill_system_columns(source_op *o, record *rec, const rec_view *r, int32_t partition)
{
    const plan_node *n = o->base.plan;
    rec->row[n->source.rowtime] = value_i(rec->ts);
    rec->row[n->source.rowpartition] = value_i(partition);
    rec->row[n->source.rowoffset] = value_i(r->offset);
    if (n->out.wstart != SLOT_NONE && rec->has_key) {
        rec->row[n->out.wstart] = value_i(rec->wstart);
        rec->row[n->out.wend] = value_i(rec->wend);
    }
    for (uint32_t i = 0; rec->has_row && i < o->header_n; i++)
        rec->row[o->header_slots[i]] = headers_value(o, r, o->headers[i]);
}

/* A table's change: what stood under the key before goes along. */
static void table_change(source_op *o, record *rec)
{
    const plan_node *n = o->base.plan;
    if (!rec->has_key)
        return; /* a table has no row without a key */
    if (o->table) {
        str       key = keyer_bytes(&o->keys, rec);
        store_row was;
        if (store_get(o->table, key, &was)) {
            rec->old = row_new_null(o->base.cx.a, o->row_n);
            str copy = str_dup(o->base.cx.a, was.bytes);
            rec->has_old = rower_decode(&o->rows, o->base.cx.a, copy, rec->old);
            for (uint32_t i = 0; i < o->key_n; i++)
                rec->old[o->key_slots[i]] = rec->row[o->key_slots[i]];
            rec->old[n->source.rowtime] = value_i(rec->ts);
            if (n->out.wstart != SLOT_NONE) {
                rec->old[n->out.wstart] = rec->row[n->out.wstart];
                rec->old[n->out.wend] = rec->row[n->out.wend];
            }
        }
        if (rec->has_row)
            store_put(o->table, key, rower_encode(&o->rows, rec->row), rec->ts);
        else
            store_delete(o->table, key);
    }
    op_forward(&o->base, rec);
}

static feed_result source_feed(op *base, const rec_view *r, int32_t partition)
{
    source_op *o = (source_op *)base;
    pipeline  *pl = base->pl;
    record     rec = {.ts = r->ts, .header_count = r->header_count};
    if (base->plan->source.tap && ((r->key_null && o->key_n) || r->value_null))
        return FEED_DONE;
    rec.headers = str_make((const char *)r->headers, (size_t)(r->headers_end - r->headers));
    rec.row = row_new_null(base->cx.a, o->row_n);
    decode_result d = read_record(o, r, &rec);
    if (d != DECODE_OK)
        return d == DECODE_WAIT ? FEED_WAIT : FEED_DONE;
    if (!extract_ts(o, &rec, r->ts, &rec.ts)) {
        if (pl->env.throw_on_bad_timestamp || o->ts_slot == SLOT_NONE)
            op_fatal(base, "Input record has an invalid timestamp: %ld", r->ts);
        else
            op_error(base, "Failed to extract timestamp from row");
        return FEED_DONE;
    }
    if (rec.ts > pl->stream_time)
        pl->stream_time = rec.ts;
    fill_system_columns(o, &rec, r, partition);
    if (base->plan->is_table)
        table_change(o, &rec);
    else
        op_forward(base, &rec);
    return FEED_DONE;
}

static bool source_peek(op *base, const rec_view *r, int64_t *ts)
{
    source_op  *o = (source_op *)base;
    const char *why;
    *ts = r->ts;
    if (o->ts_slot == SLOT_NONE)
        return r->ts >= 0;
    arena_reset(&o->peek);
    record rec = {.ts = r->ts};
    rec.row = row_new_null(&o->peek, o->row_n);
    return read_key(o, &o->peek, r, &rec, &why) == DECODE_OK && read_value(o, &o->peek, r, &rec, &why) == DECODE_OK &&
           extract_ts(o, &rec, r->ts, ts);
}

/* ---- building */

static serde *side_serde(pipeline *pl, const plan_node *n, column_ns ns, uint32_t **slots, uint32_t *count)
{
    const source      *s = n->source.src;
    const side_format *f = ns == NS_KEY ? &s->key : &s->value;
    serde_column      *cols = ARENA_ARRAY(&pl->a, serde_column, s->schema.n + 1);
    *slots = ARENA_ARRAY(&pl->a, uint32_t, s->schema.n + 1);
    *count = 0;
    for (uint32_t i = 0; i < s->schema.n; i++) {
        const column *c = &s->schema.cols[i];
        if (c->ns != ns)
            continue;
        uint32_t slot = n->source.column_slot[i];
        bool     wanted = ns == NS_KEY || n->out.needed[slot] || str_eq(c->name, s->ts_column);
        cols[*count] = (serde_column){c->name, c->type, wanted};
        (*slots)[(*count)++] = slot;
    }
    serde_spec spec = side_spec(f, ns == NS_KEY, s->topic, cols, *count);
    return pipeline_serde(pl, &spec);
}

static void source_close(op *base)
{
    source_op *o = (source_op *)base;
    arena_free(&o->peek);
    if (o->table) {
        keyer_free(&o->keys);
        rower_free(&o->rows);
    }
}

static void never_pushed(op *o, record *r, int port)
{
    (void)o;
    (void)r;
    (void)port;
}

op *op_source_new(pipeline *pl, const plan_node *n)
{
    source_op    *o = op_alloc(pl, sizeof *o, n, never_pushed);
    const source *s = n->source.src;
    o->base.close = source_close;
    o->base.feed = source_feed;
    o->base.peek = source_peek;
    o->src = s;
    o->row_n = n->out.n;
    o->scratch = ARENA_ARRAY(&pl->a, value, s->schema.n + 1);
    o->key = side_serde(pl, n, NS_KEY, &o->key_slots, &o->key_n);
    o->value = o->key ? side_serde(pl, n, NS_VALUE, &o->value_slots, &o->value_n) : NULL;
    if (o->value == NULL)
        return NULL;
    o->headers = ARENA_ARRAY(&pl->a, const column *, s->schema.n + 1);
    o->header_slots = ARENA_ARRAY(&pl->a, uint32_t, s->schema.n + 1);
    o->ts_slot = SLOT_NONE;
    for (uint32_t i = 0; i < s->schema.n; i++) {
        const column *c = &s->schema.cols[i];
        if (c->ns == NS_HEADERS && n->out.needed[n->source.column_slot[i]]) {
            o->headers[o->header_n] = c;
            o->header_slots[o->header_n++] = n->source.column_slot[i];
        }
        if (s->ts_column.n && str_eq(c->name, s->ts_column)) {
            o->ts_slot = n->source.column_slot[i];
            o->ts_type = c->type;
        }
    }
    if (o->ts_slot != SLOT_NONE && o->ts_type->kind == T_STRING) {
        o->ts_format = timestamp_format_new(&pl->a, s->ts_format, pl->st);
        if (o->ts_format == NULL)
            return NULL;
    }
    if (n->is_table && pipeline_wants_old(pl, n)) {
        o->table = pipeline_store(pl, str_fmt(&pl->a, "%.*s-Reduce", STR_FMT(n->source.alias)), false);
        o->base.by_key[0] = o->table;
        keyer_init(&o->keys, pl, &n->out);
        rower_init(&o->rows, pl, &n->out, false);
    }
    return &o->base;
}

/* ---- repartition */

/* Internal records: the key in the repartition's key format; the value is a byte of flags, then the
 * row, and for tables the old row:
 *     flags  1 the row is there, 2 the old row is there, 4 the record has a key
 *     uvarint length of the row, the row, the old row
 */
enum { REP_ROW = 1, REP_OLD = 2, REP_KEY = 4 };

typedef struct repartition_op {
    op       base;
    uint32_t topic;
    keyer    keys;
    rower    rows, old_rows;
    buf      out;
    bool     keep_null_keys;
} repartition_op;

static bool whole_key_null(const repartition_op *o, const record *r)
{
    for (uint32_t i = 0; i < o->keys.n; i++)
        if (r->row[o->keys.slots[i]].state == V_OK)
            return false;
    return true;
}

static void repartition_write(op *base, record *r, int port)
{
    repartition_op *o = (repartition_op *)base;
    (void)port;
    bool no_key = !r->has_key || (o->keys.n == 1 && whole_key_null(o, r));
    if (!r->has_key && !o->keep_null_keys)
        return;
    str key = no_key ? STR_NONE : keyer_bytes(&o->keys, r);
    buf_clear(&o->out);
    buf_putc(&o->out, (char)((r->has_row ? REP_ROW : 0) | (r->has_old ? REP_OLD : 0) | (no_key ? 0 : REP_KEY)));
    str row = r->has_row || no_key ? rower_encode(&o->rows, r->row) : STR_NONE;
    buf_put_uvarint(&o->out, row.n);
    buf_puts(&o->out, row);
    if (r->has_old)
        buf_puts(&o->out, rower_encode(&o->old_rows, r->old));
    out_record out = {(int32_t)o->topic, {r->ts, key, buf_str(&o->out), r->header_count, r->headers}};
    base->pl->env.emit(base->pl->env.ctx, &out);
}

static void repartition_close(op *base)
{
    repartition_op *o = (repartition_op *)base;
    keyer_free(&o->keys);
    rower_free(&o->rows);
    rower_free(&o->old_rows);
    buf_free(&o->out);
}

static repartition_op *repartition_new(pipeline *pl, const plan_node *n, void (*push)(op *, record *, int))
{
    repartition_op *o = op_alloc(pl, sizeof *o, n, push);
    o->base.close = repartition_close;
    o->out = BUF_INIT(BUF_MAX);
    keyer_init(&o->keys, pl, &n->out);
    rower_init(&o->rows, pl, &n->out, true);
    rower_init(&o->old_rows, pl, &n->out, true);
    return o;
}

op *op_repartition_write_new(pipeline *pl, uint32_t topic)
{
    stage_list       all = stages_of(&pl->a, pl->plan);
    const plan_node *rep = all.internal_nodes[topic];
    repartition_op  *o = repartition_new(pl, rep, repartition_write);
    o->topic = topic;
    o->keep_null_keys = rep->repartition.keep_null_keys;
    return &o->base;
}

static feed_result repartition_feed(op *base, const rec_view *r, int32_t partition)
{
    (void)partition;
    repartition_op *o = (repartition_op *)base;
    pipeline       *pl = base->pl;
    const layout   *l = &base->plan->out;
    record          rec = {.ts = r->ts, .header_count = r->header_count};
    rec.headers = str_make((const char *)r->headers, (size_t)(r->headers_end - r->headers));
    rec.row = row_new_null(base->cx.a, l->n);
    const char *p = r->value.p, *end = p + r->value.n;
    uint64_t    n;
    if (r->value_null || p >= end)
        return FEED_DONE;
    int flags = (unsigned char)*p++;
    p = uvarint_read(p, end, &n);
    if (p == NULL || n > (uint64_t)(end - p))
        return FEED_DONE;
    rec.has_key = (flags & REP_KEY) != 0;
    rec.has_row = (flags & REP_ROW) != 0;
    if (n && !rower_decode(&o->rows, base->cx.a, str_make(p, n), rec.row))
        return FEED_DONE;
    p += n;
    if (flags & REP_OLD) {
        rec.old = row_new_null(base->cx.a, l->n);
        rec.has_old = rower_decode(&o->old_rows, base->cx.a, str_make(p, (size_t)(end - p)), rec.old);
    }
    if (rec.has_key) {
        str key = r->key;
        if (l->window.kind) {
            source fake = {.window = l->window};
            if (!cut_window(&fake, &key, &rec.wstart, &rec.wend))
                return FEED_DONE;
        }
        decode_result d = o->keys.serde->decode(o->keys.serde, base->cx.a, key, o->keys.tmp);
        if (d == DECODE_WAIT && pipeline_wait(pl, base->plan->repartition.topic, o->keys.serde->missing_schema))
            return FEED_WAIT;
        if (d != DECODE_OK)
            return FEED_DONE;
        for (uint32_t i = 0; i < o->keys.n; i++) {
            rec.row[o->keys.slots[i]] = o->keys.tmp[i];
            if (rec.has_old)
                rec.old[o->keys.slots[i]] = o->keys.tmp[i];
        }
    }
    if (rec.ts > pl->stream_time)
        pl->stream_time = rec.ts;
    op_forward(base, &rec);
    return FEED_DONE;
}

static bool repartition_peek(op *base, const rec_view *r, int64_t *ts)
{
    (void)base;
    *ts = r->ts;
    return true;
}

op *op_repartition_read_new(pipeline *pl, const plan_node *n)
{
    op *o = &repartition_new(pl, n, never_pushed)->base;
    o->feed = repartition_feed;
    o->peek = repartition_peek;
    return o;
}
