/* Joins with tables: stream with table, table with table on primary keys, and on a foreign key
 * (spec/processing-semantics.md 4.2 to 4.4). */
#include <stdlib.h>

#include "engine/op/op_int.h"

/* One side as the join keeps it. */
typedef struct side {
    const layout *l;
    store        *s; /* NULL: this side is not kept */
    keyer         keys;
    rower         rows;
    uint32_t      first; /* slot of the output row where this side's begin */
} side;

typedef struct table_join {
    op       base;
    side     in[2];
    uint32_t key_slot; /* of the output; SLOT_NONE: the left side's own */
    /* foreign keys: */
    store *subs; /* who points to a foreign key: its bytes -> a row for each left key, found by a hash as `start` */
    serde *fk_serde;
    buf    fk_out;
} table_join;

static void side_init(side *s, pipeline *pl, const plan_node *n, uint32_t first, const char *store_name)
{
    s->l = &n->out;
    s->first = first;
    keyer_init(&s->keys, pl, &n->out);
    rower_init(&s->rows, pl, &n->out, true);
    if (store_name)
        s->s = pipeline_store(pl, str_of(store_name), false);
}

static void side_free(side *s)
{
    keyer_free(&s->keys);
    rower_free(&s->rows);
}

/* The kept row under these key bytes; NULL when there is none. */
static value *side_get(table_join *o, side *s, str key, int64_t *ts)
{
    store_row sr;
    if (!store_get(s->s, key, &sr))
        return NULL;
    value *row = row_new_null(o->base.cx.a, s->l->n);
    *ts = sr.ts;
    return rower_decode(&s->rows, o->base.cx.a, str_dup(o->base.cx.a, sr.bytes), row) ? row : NULL;
}

static void side_put(side *s, str key, const record *r)
{
    if (r->has_row)
        store_put(s->s, key, rower_encode(&s->rows, r->row), r->ts);
    else
        store_delete(s->s, key);
}

static value *joined(table_join *o, const value *left, const value *right, const value *key_row, const side *key_side)
{
    const plan_node *n = o->base.plan;
    value           *row = row_new_null(o->base.cx.a, n->out.n);
    if (left)
        memcpy(row, left, o->in[0].l->n * sizeof *row);
    if (right)
        memcpy(row + o->in[1].first, right, o->in[1].l->n * sizeof *row);
    if (o->key_slot != SLOT_NONE && key_row)
        row[o->key_slot] = key_row[key_side->l->keys[0].slot];
    return row;
}

/* ---- stream with table */

static void join_table(op *base, record *r, int port)
{
    table_join *o = (table_join *)base;
    side       *right = &o->in[1];
    bool        outer = base->plan->join.kind == JOIN_LEFT;
    if (port == 1) { /* the table moves on in silence */
        side_put(right, keyer_bytes(&right->keys, r), r);
        return;
    }
    if (!r->has_row || (!r->has_key && !outer))
        return;
    int64_t ts;
    value  *t = NULL;
    if (r->has_key)
        t = side_get(o, right, keyer_bytes(&o->in[0].keys, r), &ts);
    if (t == NULL && !outer)
        return;
    r->row = joined(o, r->row, t, r->has_key ? r->row : NULL, &o->in[0]);
    op_forward(base, r);
}

/* ---- table with table */

static int64_t later(int64_t x, int64_t y)
{
    return x > y ? x : y;
}

/* Per join kind and side: is an unmatched row of this side kept, and of the other? */
static void join_tables(op *base, record *r, int port)
{
    table_join   *o = (table_join *)base;
    side         *mine = &o->in[port], *theirs = &o->in[!port];
    ast_join_kind k = base->plan->join.kind;
    bool          keep_mine = k == JOIN_FULL || (k == JOIN_LEFT && port == 0) || (k == JOIN_RIGHT && port == 1);
    bool          keep_theirs = k == JOIN_FULL || (k == JOIN_LEFT && port == 1) || (k == JOIN_RIGHT && port == 0);
    str           key = str_dup(base->cx.a, keyer_bytes(&mine->keys, r));
    side_put(mine, key, r);
    int64_t other_ts = INT64_MIN;
    value  *other = side_get(o, theirs, key, &other_ts);
    if (other == NULL && (!keep_mine || (!r->has_old && !r->has_row)))
        return;
    const value *l[2], *old[2]; /* by side: new and old */
    l[port] = r->has_row ? r->row : NULL;
    l[!port] = other;
    old[port] = r->has_old ? r->old : NULL;
    old[!port] = other;
    record out = *r;
    /* A row comes out when this side has one, or the other's is kept without it. */
    out.has_row = (r->has_row && (other || keep_mine)) || (!r->has_row && other && keep_theirs);
    out.has_old = (r->has_old && (other || keep_mine)) || (!r->has_old && other && keep_theirs);
    out.row = joined(o, l[0], l[1], r->row, mine);
    if (out.has_old)
        out.old = joined(o, old[0], old[1], r->row, mine);
    out.ts = later(r->ts, other_ts);
    op_forward(base, &out);
}

/* ---- foreign keys */

static bool foreign_key(table_join *o, const value *row, str *out)
{
    op *base = &o->base;
    base->cx.row = row;
    base->cx.now_ms = base->pl->now_ms;
    value v = xnode_eval(base->plan->join.foreign_key, &base->cx);
    bool  is_null;
    if (v.state == V_ERR)
        op_error(base, "Error calculating a foreign key: %s", base->cx.err);
    if (v.state != V_OK)
        return false;
    buf_clear(&o->fk_out);
    o->fk_serde->encode(o->fk_serde, &v, &o->fk_out, &is_null);
    if (o->fk_out.p == NULL)
        buf_reserve(&o->fk_out, 1);
    *out = str_dup(base->cx.a, buf_str(&o->fk_out));
    return true;
}

/* Where a left key stands among its foreign key's rows: FNV-1a, the same in every process. */
static int64_t subscriber_hash(str pk)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (uint32_t i = 0; i < pk.n; i++)
        h = (h ^ (uint8_t)pk.p[i]) * 0x100000001b3u;
    return (int64_t)h;
}

static void change_subscription(table_join *o, str fk, str pk, bool add)
{
    int64_t    at = subscriber_hash(pk);
    store_row *same;
    uint32_t   n = store_range(o->subs, fk, at, at, o->base.cx.a, &same);
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(same[i].bytes, pk)) {
            if (!add)
                store_delete_window(o->subs, fk, at, same[i].end);
            return;
        }
    if (add)
        store_add_window(o->subs, fk, at, pk);
}

static int by_bytes(const void *x, const void *y)
{
    return str_cmp(((const store_row *)x)->bytes, ((const store_row *)y)->bytes);
}

static void foreign_emit(table_join *o, const record *r, const value *left, const value *right, bool has_row,
                         int64_t ts)
{
    record out = *r;
    out.has_key = true;
    out.has_row = has_row;
    out.has_old = false; /* nobody knows what was emitted before */
    out.ts = ts;
    out.row = joined(o, left, right, NULL, NULL);
    op_forward(&o->base, &out);
}

static void foreign_left(table_join *o, record *r)
{
    side   *left = &o->in[0], *right = &o->in[1];
    bool    outer = o->base.plan->join.kind == JOIN_LEFT;
    str     pk = str_dup(o->base.cx.a, keyer_bytes(&left->keys, r)), fo, fn;
    bool    has_fo = r->has_old && foreign_key(o, r->old, &fo);
    bool    has_fn = r->has_row && foreign_key(o, r->row, &fn);
    int64_t rts = INT64_MIN;
    value  *match = NULL;
    side_put(left, pk, r);
    bool changed = has_fo != has_fn || (has_fo && !str_eq(fo, fn));
    if (has_fo && changed)
        change_subscription(o, fo, pk, false);
    if (has_fn && (changed || !has_fo))
        change_subscription(o, fn, pk, true);
    if (!r->has_row) {
        if (!r->has_old || (!outer && !has_fo))
            return;
        if (!outer)
            side_get(o, right, fo, &rts);
        foreign_emit(o, r, r->row, NULL, false, outer ? r->ts : later(r->ts, rts));
        return;
    }
    if (has_fn)
        match = side_get(o, right, fn, &rts);
    if (match || outer)
        foreign_emit(o, r, r->row, match, true, later(r->ts, rts));
    else if (r->has_old && (changed || !has_fn))
        foreign_emit(o, r, r->row, NULL, false, r->ts);
}

static void foreign_right(table_join *o, record *r)
{
    side      *left = &o->in[0], *right = &o->in[1];
    bool       outer = o->base.plan->join.kind == JOIN_LEFT;
    str        fk = str_dup(o->base.cx.a, keyer_bytes(&right->keys, r));
    store_row *subs;
    side_put(right, fk, r);
    uint32_t n = store_range(o->subs, fk, INT64_MIN, INT64_MAX, o->base.cx.a, &subs);
    if (n)
        qsort(subs, n, sizeof *subs, by_bytes);
    for (uint32_t i = 0; i < n && !pipeline_stops(o->base.pl); i++) {
        int64_t lts;
        value  *l = side_get(o, left, subs[i].bytes, &lts);
        if (l)
            foreign_emit(o, r, l, r->has_row ? r->row : NULL, r->has_row || outer, r->ts);
    }
}

static void join_foreign(op *base, record *r, int port)
{
    if (port == 0)
        foreign_left((table_join *)base, r);
    else
        foreign_right((table_join *)base, r);
}

/* ---- building */

static void join_close(op *base)
{
    table_join *o = (table_join *)base;
    side_free(&o->in[0]);
    side_free(&o->in[1]);
    buf_free(&o->fk_out);
}

static table_join *join_new(pipeline *pl, const plan_node *n, void (*push)(op *, record *, int), const char *left_store,
                            const char *right_store)
{
    table_join *o = op_alloc(pl, sizeof *o, n, push);
    o->base.close = join_close;
    o->fk_out = BUF_INIT(BUF_MAX);
    side_init(&o->in[0], pl, n->in[0], 0, left_store);
    side_init(&o->in[1], pl, n->in[1], n->join.left_slots, right_store);
    o->base.by_key[0] = o->in[0].s;
    o->base.by_key[1] = o->in[1].s;
    o->key_slot = n->kind == PLAN_JOIN_FOREIGN ? SLOT_NONE : n->out.keys[0].slot;
    return o;
}

op *op_join_table_new(pipeline *pl, const plan_node *n)
{
    return &join_new(pl, n, join_table, NULL, "Join-Right-Materialize")->base;
}

op *op_join_tables_new(pipeline *pl, const plan_node *n)
{
    return &join_new(pl, n, join_tables, "Join-Left-Materialize", "Join-Right-Materialize")->base;
}

op *op_join_foreign_new(pipeline *pl, const plan_node *n)
{
    table_join  *o = join_new(pl, n, join_foreign, "ForeignKey-Left", "ForeignKey-Right");
    serde_column c = {o->in[1].keys.serde->spec.columns[0].name, n->join.foreign_key->type, true};
    serde_spec   spec = o->in[1].keys.serde->spec;
    spec.columns = &c;
    o->subs = pipeline_store(pl, STR("ForeignKey-Subscriptions"), true);
    o->fk_serde = pipeline_serde(pl, &spec);
    return o->fk_serde ? &o->base : NULL;
}
