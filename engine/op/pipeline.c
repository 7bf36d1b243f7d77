/* Cutting a plan into stages, and building the operators of one. */
#include "engine/op/pipeline.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "engine/op/op_int.h"

/* ---- stages */

typedef struct stage_builder {
    arena *a;
    VEC(stage) stages;
    VEC(str) topics;
    VEC(const plan_node *) nodes;
} stage_builder;

typedef struct input_list {
    VEC(stage_input) in;
    bool single;
} input_list;

static void add_stage(stage_builder *b, const plan_node *top, int32_t internal_out);

static void collect(stage_builder *b, input_list *l, const plan_node *n)
{
    if (n->kind == PLAN_SOURCE) {
        stage_input i = {.node = n, .topic = n->source.src->topic};
        AVEC_PUSH(b->a, &l->in, i);
        return;
    }
    if (n->kind == PLAN_REPARTITION) {
        uint32_t index = (uint32_t)b->topics.n;
        AVEC_PUSH(b->a, &b->topics, n->repartition.topic);
        AVEC_PUSH(b->a, &b->nodes, n);
        add_stage(b, n->in[0], (int32_t)index);
        stage_input i = {.node = n, .topic = n->repartition.topic, .internal = true, .internal_index = index};
        AVEC_PUSH(b->a, &l->in, i);
        return;
    }
    l->single |= n->kind == PLAN_JOIN_FOREIGN;
    collect(b, l, n->in[0]);
    if (n->in[1])
        collect(b, l, n->in[1]);
}

static void add_stage(stage_builder *b, const plan_node *top, int32_t internal_out)
{
    input_list l = {0};
    collect(b, &l, top);
    stage s = {.inputs = l.in.p,
               .input_count = (uint32_t)l.in.n,
               .single_task = l.single,
               .top = top,
               .internal_out = internal_out};
    AVEC_PUSH(b->a, &b->stages, s);
}

stage_list stages_of(arena *a, const plan *p)
{
    stage_builder b = {.a = a};
    add_stage(&b, p->root, -1);
    return (stage_list){b.stages.p, (uint32_t)b.stages.n, b.topics.p, b.nodes.p, (uint32_t)b.topics.n};
}

/* ---- what operators need */

void *op_alloc(pipeline *pl, size_t bytes, const plan_node *n, void (*push)(op *, record *, int))
{
    op *o = arena_zalloc(&pl->a, bytes);
    o->push = push;
    o->plan = n;
    o->pl = pl;
    o->cx.a = &pl->batch;
    o->cx.stop = pl->env.stop;
    VEC_PUSH(&pl->ops, o);
    return o;
}

serde *pipeline_serde(pipeline *pl, const serde_spec *spec)
{
    serde *s = serde_new(&pl->a, spec, pl->st);
    if (s)
        VEC_PUSH(&pl->serdes, s);
    return s;
}

bool pipeline_wants_old(const pipeline *pl, const plan_node *n)
{
    bool wanted = pl->stage->internal_out >= 0;
    for (const plan_node *at = pl->stage->top; at != n && !wanted; at = at->in[0])
        wanted = at->kind != PLAN_PROJECT;
    return wanted;
}

store *pipeline_store(pipeline *pl, str name, bool windowed)
{
    named_store ns = {name, store_new(windowed)};
    VEC_PUSH(&pl->stores, ns);
    return ns.s;
}

void op_error(op *o, const char *fmt, ...)
{
    char    msg[1024];
    va_list ap;
    if (o->pl->env.error == NULL)
        return;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    proc_failure f = {.kind = PROC_PROCESSING, .step = o->plan ? o->plan->step : STR("Sink"), .msg = msg};
    if (o->plan && o->plan->in[0]) {
        f.layout = &o->plan->in[0]->out;
        f.row = o->cx.row;
    }
    o->pl->env.error(o->pl->env.ctx, &f);
}

void op_fatal(op *o, const char *fmt, ...)
{
    char    msg[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    o->pl->failed = true;
    o->pl->env.fatal(o->pl->env.ctx, msg);
}

/* ---- keys and stored rows */

void keyer_init(keyer *k, pipeline *pl, const layout *l)
{
    serde_column *cols = ARENA_ARRAY(&pl->a, serde_column, l->key_count + 1);
    uint32_t     *slots = ARENA_ARRAY(&pl->a, uint32_t, l->key_count + 1);
    for (uint32_t i = 0; i < l->key_count; i++) {
        slots[i] = l->keys[i].slot;
        cols[i] = (serde_column){l->keys[i].viable[0], l->cols[slots[i]].type, true};
    }
    serde_spec spec = side_inner_key_spec(&l->key_format, cols, l->key_count);
    k->serde = pipeline_serde(pl, &spec);
    k->slots = slots;
    k->n = l->key_count;
    k->tmp = ARENA_ARRAY(&pl->a, value, l->key_count + 1);
    k->out = BUF_INIT(BUF_MAX);
    k->l = l;
}

str keyer_bytes(keyer *k, const record *r)
{
    bool is_null;
    buf_clear(&k->out);
    for (uint32_t i = 0; i < k->n; i++)
        k->tmp[i] = r->row[k->slots[i]];
    k->serde->encode(k->serde, k->tmp, &k->out, &is_null);
    if (k->l->window.kind == WINDOW_SESSION) {
        buf_put_i64(&k->out, r->wend);
        buf_put_i64(&k->out, r->wstart);
    } else if (k->l->window.kind) {
        buf_put_i64(&k->out, r->wstart);
    }
    if (k->out.p == NULL)
        buf_reserve(&k->out, 1);
    return buf_str(&k->out);
}

void keyer_free(keyer *k)
{
    buf_free(&k->out);
}

void rower_init(rower *w, pipeline *pl, const layout *l, bool with_keys)
{
    w->types = ARENA_ARRAY(&pl->a, const type *, l->n + 1);
    w->slots = ARENA_ARRAY(&pl->a, uint32_t, l->n + 1);
    w->tmp = ARENA_ARRAY(&pl->a, value, l->n + 1);
    w->n = 0;
    w->out = BUF_INIT(BUF_MAX);
    for (uint32_t i = 0; i < l->n; i++) {
        bool key = false;
        for (uint32_t k = 0; k < l->key_count; k++)
            key |= l->keys[k].slot == i;
        if (!l->needed[i] && !(key && with_keys))
            continue;
        w->slots[w->n] = i;
        w->types[w->n++] = l->cols[i].type;
    }
}

str rower_encode(rower *w, const value *row)
{
    buf_clear(&w->out);
    for (uint32_t i = 0; i < w->n; i++)
        w->tmp[i] = row[w->slots[i]];
    row_encode(&w->out, w->types, w->tmp, w->n);
    if (w->out.p == NULL)
        buf_reserve(&w->out, 1);
    return buf_str(&w->out);
}

bool rower_decode(rower *w, arena *a, str bytes, value *row)
{
    if (!row_decode(a, bytes, w->types, w->tmp, w->n))
        return false;
    for (uint32_t i = 0; i < w->n; i++)
        row[w->slots[i]] = w->tmp[i];
    return true;
}

void rower_free(rower *w)
{
    buf_free(&w->out);
}

/* ---- building */

static op *build(pipeline *pl, const plan_node *n, uint32_t *input);

static op *(*const makers[])(pipeline *, const plan_node *) = {
    [PLAN_SOURCE] = op_source_new,
    [PLAN_FILTER] = op_filter_new,
    [PLAN_PROJECT] = op_project_new,
    [PLAN_REKEY] = op_rekey_new,
    [PLAN_FLATMAP] = op_flatmap_new,
    [PLAN_REPARTITION] = op_repartition_read_new,
    [PLAN_AGGREGATE] = op_aggregate_new,
    [PLAN_JOIN_STREAMS] = op_join_streams_new,
    [PLAN_JOIN_TABLE] = op_join_table_new,
    [PLAN_JOIN_TABLES] = op_join_tables_new,
    [PLAN_JOIN_FOREIGN] = op_join_foreign_new,
};

static op *build(pipeline *pl, const plan_node *n, uint32_t *input)
{
    op *o = makers[n->kind](pl, n);
    if (o == NULL || pl->st->code != ST_OK)
        return NULL;
    if (n->kind == PLAN_SOURCE || n->kind == PLAN_REPARTITION) {
        pl->inputs[(*input)++] = o;
        return o;
    }
    for (int i = 0; i < 2 && n->in[i]; i++) {
        op *below = build(pl, n->in[i], input);
        if (below == NULL)
            return NULL;
        below->out = o;
        below->out_port = i;
    }
    return o;
}

/* The operator whose state a pull query reads: the aggregate below filters and projection, else the
 * sink, which keeps the table's rows. */
static op *find_materialised(pipeline *pl, const plan_node *n)
{
    while (n->kind == PLAN_PROJECT || n->kind == PLAN_FILTER)
        n = n->in[0];
    if (n->kind != PLAN_AGGREGATE)
        return NULL;
    for (size_t i = 0; i < pl->ops.n; i++)
        if (pl->ops.p[i]->plan == n)
            return pl->ops.p[i];
    return NULL;
}

/* As far as the key of a record stays the one it came with, its bytes are those that stores are asked for. */
static void collect_expecting(pipeline *pl, uint32_t input)
{
    for (op *o = pl->inputs[input]; o && !(o->plan && o->plan->kind == PLAN_REKEY); o = o->out)
        for (int i = 0; i < 2; i++)
            if (o->by_key[i])
                AVEC_PUSH(&pl->a, &pl->expecting[input], o->by_key[i]);
}

pipeline *pipeline_new(const plan *p, const stage *s, const pipeline_env *env, status *st)
{
    pipeline *pl = MEM_NEW(pipeline);
    arena_init(&pl->a);
    arena_init(&pl->batch);
    pl->plan = p;
    pl->stage = s;
    pl->env = *env;
    pl->st = st;
    pl->stream_time = INT64_MIN;
    VEC_PUSH(&pl->clocks, &pl->stream_time);
    pl->inputs = ARENA_ARRAY(&pl->a, op *, s->input_count);
    pl->expecting = ARENA_ARRAY(&pl->a, store_list, s->input_count);
    uint32_t input = 0;
    op      *top = build(pl, s->top, &input);
    op      *end = NULL;
    if (top) {
        if (s->internal_out >= 0)
            end = op_repartition_write_new(pl, (uint32_t)s->internal_out);
        else
            end = op_sink_new(pl, p);
    }
    if (end == NULL) {
        if (st->code == ST_OK)
            status_set(st, ST_INTERNAL, "a stage could not be built");
        pipeline_free(pl);
        return NULL;
    }
    top->out = end;
    for (uint32_t i = 0; i < input; i++)
        collect_expecting(pl, i);
    if (s->internal_out < 0 && p->result == RESULT_TABLE && p->sink) {
        pl->materialised = find_materialised(pl, p->root);
        if (pl->materialised == NULL)
            pl->materialised = end;
        assert(pl->materialised->table && pl->materialised->read);
    }
    return pl;
}

void pipeline_free(pipeline *pl)
{
    for (size_t i = 0; i < pl->ops.n; i++)
        if (pl->ops.p[i]->close)
            pl->ops.p[i]->close(pl->ops.p[i]);
    for (size_t i = 0; i < pl->stores.n; i++)
        store_free(pl->stores.p[i].s);
    for (size_t i = 0; i < pl->serdes.n; i++)
        serde_free(pl->serdes.p[i]);
    VEC_FREE(&pl->ops);
    VEC_FREE(&pl->stores);
    VEC_FREE(&pl->serdes);
    VEC_FREE(&pl->clocks);
    mem_free(pl->state_list);
    arena_free(&pl->batch);
    arena_free(&pl->a);
    mem_free(pl);
}

/* ---- running */

bool pipeline_wait(pipeline *pl, str topic, int32_t schema_id)
{
    if (pl->env.wait)
        pl->env.wait(pl->env.ctx, topic, schema_id);
    return pl->env.wait != NULL;
}

feed_result pipeline_feed(pipeline *pl, uint32_t input, const rec_view *r, int32_t partition)
{
    assert(input < pl->stage->input_count);
    if (pl->failed)
        return FEED_DONE;
    if (pl->now_ms == 0 && pl->env.now_ms) /* once a batch: records come in faster than milliseconds pass */
        pl->now_ms = pl->env.now_ms(pl->env.ctx);
    return pl->inputs[input]->feed(pl->inputs[input], r, partition);
}

void pipeline_expect(pipeline *pl, uint32_t input, const rec_view *r, uint32_t n)
{
    const store_list *l = &pl->expecting[input];
    str               keys[STORE_EXPECT_MAX];
    if (l->n == 0)
        return;
    for (uint32_t i = 0; i < n; i++)
        keys[i] = r[i].key;
    for (size_t i = 0; i < l->n; i++)
        store_expect(l->p[i], keys, n);
}

bool pipeline_peek_ts(pipeline *pl, uint32_t input, const rec_view *r, int64_t *ts)
{
    return pl->inputs[input]->peek(pl->inputs[input], r, ts);
}

int64_t pipeline_idle(pipeline *pl)
{
    int64_t next = INT64_MAX;
    pl->now_ms = pl->env.now_ms ? pl->env.now_ms(pl->env.ctx) : 0;
    for (size_t i = 0; i < pl->ops.n && !pl->failed; i++) {
        op     *o = pl->ops.p[i];
        int64_t due = o->idle ? o->idle(o) : INT64_MAX;
        next = due < next ? due : next;
    }
    return next;
}

void pipeline_end_batch(pipeline *pl)
{
    arena_reset(&pl->batch);
    pl->now_ms = 0;
}

size_t pipeline_states(pipeline *pl, pipeline_state **out)
{
    if (pl->state_list == NULL) {
        pl->state_list = mem_zalloc((pl->stores.n + 1) * sizeof *pl->state_list);
        for (size_t i = 0; i < pl->stores.n; i++)
            pl->state_list[i] = (pipeline_state){pl->stores.p[i].name, pl->stores.p[i].s};
    }
    *out = pl->state_list;
    return pl->stores.n;
}

size_t pipeline_clocks(pipeline *pl, int64_t ***out)
{
    *out = pl->clocks.p;
    return pl->clocks.n;
}

/* ---- reading what is materialised */

store *pipeline_table(const pipeline *pl)
{
    return pl->materialised ? pl->materialised->table : NULL;
}

bool pipeline_key_bytes(pipeline *pl, const value *key, uint32_t n, arena *a, str *out)
{
    serde *s = pl->materialised->table_key;
    buf    b = BUF_INIT(BUF_MAX);
    bool   is_null, ok = n == s->spec.column_count && s->encode(s, key, &b, &is_null);
    if (ok)
        *out = str_dup(a, buf_str(&b));
    buf_free(&b);
    return ok;
}

/* What stands between the operator that keeps the table and the sink: HAVING and the projection. */
static bool through(const op *o, arena *a, value *row, value **out)
{
    op *at = o->out;
    for (; at->plan && at->plan->kind == PLAN_FILTER; at = at->out)
        if (!op_filter_test(at, row))
            return false;
    *out = row_new_null(a, at->plan->out.n);
    op_project_row(at, row, *out);
    return true;
}

bool pipeline_read_row(pipeline *pl, arena *a, str key, const store_row *sr, table_row *out)
{
    op              *m = pl->materialised;
    const plan_node *n = m->plan; /* NULL: the sink, which keeps rows as they are given out */
    value           *row = row_new_null(a, n ? n->out.n : pl->plan->output_count);
    *out = (table_row){.row = row, .ts = sr->ts, .wstart = sr->start, .wend = sr->end};
    bool ok = m->read(m, a, key, sr, row);
    if (ok && n && n->out.wend != SLOT_NONE)
        out->wend = row[n->out.wend].i;
    return ok && (n == NULL || through(m, a, row, &out->row));
}
