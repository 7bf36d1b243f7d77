/* Filter, projection, new keys and table functions (spec/processing-semantics.md 1.4, 1.5, 2). */
#include "engine/op/op_int.h"
#include "parser/parser.h"

/* ---- filter */

bool op_filter_test(op *o, const value *row)
{
    o->cx.row = row;
    o->cx.now_ms = o->pl->now_ms;
    value v = xnode_eval(o->plan->filter.predicate, &o->cx);
    if (v.state == V_ERR) {
        buf b = BUF_INIT(1024);
        print_expr(&b, o->plan->filter.text);
        op_error(o, "Error evaluating predicate %.*s: %s", (int)b.n, b.p, o->cx.err);
        buf_free(&b);
    }
    return v.state == V_OK && v.i;
}

static void filter_stream(op *o, record *r, int port)
{
    (void)port;
    if (r->has_row && op_filter_test(o, r->row))
        op_forward(o, r);
}

/* A change of a table passes as what it means for those who see only the rows that pass. */
static void filter_table(op *o, record *r, int port)
{
    (void)port;
    bool now = r->has_row && op_filter_test(o, r->row);
    bool before = r->has_old && op_filter_test(o, r->old);
    if (!now && !before && !o->plan->filter.no_old)
        return;
    r->has_row = now;
    r->has_old = before;
    op_forward(o, r);
}

op *op_filter_new(pipeline *pl, const plan_node *n)
{
    return op_alloc(pl, sizeof(op), n, n->is_table ? filter_table : filter_stream);
}

/* ---- projection */

static void nested_error(void *ctx, const char *what, const char *msg)
{
    op_error(ctx, "Error processing %s: %s", what, msg);
}

void op_project_row(op *o, const value *row, value *out)
{
    const plan_node *n = o->plan;
    o->cx.row = row;
    o->cx.now_ms = o->pl->now_ms;
    for (uint32_t i = 0; i < n->out.n; i++) {
        value v = xnode_eval(n->project.exprs[i], &o->cx);
        if (__builtin_expect(v.state == V_ERR, 0)) {
            buf b = BUF_INIT(1024);
            print_expr(&b, n->project.texts[i]);
            op_error(o, "Error computing expression %.*s for column %.*s with index %u: %s", (int)b.n, b.p,
                     STR_FMT(n->project.names[i]), i, o->cx.err);
            buf_free(&b);
            v = VALUE_NULL;
        }
        out[i] = v;
    }
}

static bool in_key(const layout *l, uint32_t slot)
{
    bool hit = slot == l->wstart || slot == l->wend;
    for (uint32_t k = 0; k < l->key_count; k++)
        hit |= l->keys[k].slot == slot;
    return hit;
}

/* Of a null row only the key is there. */
static void project_keys(op *o, const record *r, value *out)
{
    const plan_node *n = o->plan;
    const layout    *in = &n->in[0]->out;
    for (uint32_t i = 0; i < n->out.n; i++) {
        const xnode *x = n->project.exprs[i];
        out[i] = x->kind == XN_COLUMN && in_key(in, x->slot) ? r->row[x->slot] : VALUE_NULL;
    }
}

static void project(op *o, record *r, int port)
{
    (void)port;
    uint32_t n = o->plan->out.n;
    value   *out = arena_alloc(o->cx.a, n * sizeof *out);
    if (r->has_row)
        op_project_row(o, r->row, out);
    else
        project_keys(o, r, out);
    if (r->has_old && o->pl->env.row == NULL && o->plan != o->pl->plan->root) {
        value *old = arena_alloc(o->cx.a, n * sizeof *old);
        op_project_row(o, r->old, old);
        r->old = old;
    }
    r->row = out;
    op_forward(o, r);
}

op *op_project_new(pipeline *pl, const plan_node *n)
{
    op *o = op_alloc(pl, sizeof *o, n, project);
    o->cx.on_nested_error = nested_error;
    o->cx.on_ctx = o;
    return o;
}

/* ---- new keys */

static value *widen(op *o, const value *row)
{
    value *w = row_new_null(o->cx.a, o->plan->out.n);
    memcpy(w, row, o->plan->in[0]->out.n * sizeof *w);
    return w;
}

/* Fills the key slots of row. GROUP BY: false when a part is NULL or fails. */
static bool compute_key(op *o, value *row, bool has_row)
{
    const plan_node *n = o->plan;
    bool             group = n->rekey.rule == REKEY_GROUP_BY;
    o->cx.row = row;
    o->cx.now_ms = o->pl->now_ms;
    for (uint32_t i = 0; i < n->out.key_count; i++) {
        value v = VALUE_NULL;
        if (has_row || n->rekey.from_key[i])
            v = xnode_eval(n->rekey.exprs[i], &o->cx);
        if (v.state == V_ERR) {
            buf b = BUF_INIT(1024);
            print_expr(&b, n->rekey.texts[i]);
            if (group)
                op_error(o,
                         "Error calculating group-by column with index %u. The source row will be "
                         "excluded from the table.: %s",
                         i, o->cx.err);
            else
                op_error(o, "Error computing new key from expression %.*s: %s", (int)b.n, b.p, o->cx.err);
            buf_free(&b);
            v = VALUE_NULL;
            if (group)
                return false;
        }
        if (group && v.state != V_OK) {
            op_error(o,
                     "Group-by column with index %u resolved to null. The source row will be excluded "
                     "from the table.",
                     i);
            return false;
        }
        row[n->out.keys[i].slot] = v;
    }
    return true;
}

static void rekey_stream(op *o, record *r, int port)
{
    const plan_node *n = o->plan;
    (void)port;
    if (n->rekey.drop_key) {
        r->has_key = false;
        r->row = widen(o, r->row);
        op_forward(o, r);
        return;
    }
    if (n->rekey.rule == REKEY_GROUP_BY && !r->has_row)
        return;
    r->row = widen(o, r->row);
    if (!compute_key(o, r->row, r->has_row))
        return;
    r->has_key = true;
    if (n->out.key_count == 1)
        r->has_key = r->row[n->out.keys[0].slot].state == V_OK;
    op_forward(o, r);
}

static bool same_group(op *o, const value *x, const value *y)
{
    const layout *l = &o->plan->out;
    for (uint32_t i = 0; i < l->key_count; i++) {
        uint32_t s = l->keys[i].slot;
        if (!value_equal(l->cols[s].type, x[s], y[s]))
            return false;
    }
    return true;
}

/* A change may leave one group and enter another: two messages, the old group's first. */
static void rekey_table(op *o, record *r, int port)
{
    (void)port;
    value *row = NULL, *old = NULL;
    if (r->has_old) {
        old = widen(o, r->old);
        if (!compute_key(o, old, true))
            old = NULL;
    }
    if (r->has_row) {
        row = widen(o, r->row);
        if (!compute_key(o, row, true))
            row = NULL;
    }
    if (row && old && same_group(o, row, old)) {
        r->row = row;
        r->old = old;
        r->has_key = true;
        op_forward(o, r);
        return;
    }
    record part = *r;
    part.has_key = true;
    if (old) {
        part.row = old;
        part.old = old;
        part.has_row = false;
        part.has_old = true;
        op_forward(o, &part);
    }
    if (row) {
        part = *r;
        part.has_key = true;
        part.row = row;
        part.has_row = true;
        part.has_old = false;
        op_forward(o, &part);
    }
}

op *op_rekey_new(pipeline *pl, const plan_node *n)
{
    bool table = n->is_table && n->rekey.rule == REKEY_GROUP_BY;
    return op_alloc(pl, sizeof(op), n, table ? rekey_table : rekey_stream);
}

/* ---- table functions */

static value call_table_function(op *o, const func_call *f)
{
    value *args = arena_alloc(o->cx.a, f->arg_count * sizeof *args);
    o->cx.now_ms = o->pl->now_ms;
    for (uint32_t i = 0; i < f->arg_count; i++) {
        args[i] = xnode_eval(f->args[i], &o->cx);
        if (args[i].state == V_ERR) {
            op_error(o, "Error computing an argument of table function %s: %s", f->row->name, o->cx.err);
            args[i] = VALUE_NULL;
        }
        if (args[i].state != V_OK && !(f->row->flags & FN_NULLS))
            return VALUE_NULL;
    }
    value v = f->row->fn(f, &o->cx, args);
    if (v.state == V_ERR) {
        op_error(o, "Table function %s threw an exception: %s", f->row->name, o->cx.err);
        return VALUE_NULL;
    }
    return v;
}

static void flatmap(op *o, record *r, int port)
{
    const plan_node *n = o->plan;
    (void)port;
    if (!r->has_row)
        return;
    value   *lists = arena_alloc(o->cx.a, n->flatmap.n * sizeof *lists);
    uint32_t longest = 0;
    o->cx.row = r->row;
    o->cx.now_ms = o->pl->now_ms;
    for (uint32_t i = 0; i < n->flatmap.n; i++) {
        lists[i] = call_table_function(o, n->flatmap.calls[i]);
        if (lists[i].state == V_OK && lists[i].n > longest)
            longest = lists[i].n;
    }
    for (uint32_t k = 0; k < longest && !pipeline_stops(o->pl); k++) {
        record out = *r;
        out.row = widen(o, r->row);
        for (uint32_t i = 0; i < n->flatmap.n; i++)
            out.row[n->flatmap.first_slot + i] = lists[i].state == V_OK && k < lists[i].n ? lists[i].v[k] : VALUE_NULL;
        op_forward(o, &out);
    }
}

op *op_flatmap_new(pipeline *pl, const plan_node *n)
{
    return op_alloc(pl, sizeof(op), n, flatmap);
}
