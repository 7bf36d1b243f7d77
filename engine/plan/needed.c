/* Which slots are read by anybody downstream, so that decoders skip the rest and internal topics and
 * stores hold no more than that. From the root toward the sources. */
#include "engine/plan/build.h"

static void mark_expr(bool *needed, const xnode *x)
{
    if (x == NULL)
        return;
    if (x->kind == XN_COLUMN)
        needed[x->slot] = true;
    for (uint32_t i = 0; i < x->arg_count; i++)
        mark_expr(needed, x->args[i]);
}

static void mark_keys(plan_node *n)
{
    for (uint32_t i = 0; i < n->out.key_count; i++)
        n->out.needed[n->out.keys[i].slot] = true;
}

/* in's first `count` slots are out's from `first` on. */
static void pass_on(plan_node *in, const plan_node *n, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count && i < in->out.n; i++)
        in->out.needed[i] |= n->out.needed[first + i];
}

static void mark(plan *p, plan_node *n)
{
    for (int i = 0; i < 2; i++)
        if (n->in[i] && n->in[i]->out.needed == NULL)
            n->in[i]->out.needed = ARENA_ARRAY(&p->a, bool, n->in[i]->out.n + 1);
    plan_node *in = n->in[0];
    mark_keys(n);
    switch (n->kind) {
    case PLAN_SOURCE:
        return;
    case PLAN_PROJECT:
        for (uint32_t i = 0; i < n->out.n; i++)
            mark_expr(in->out.needed, n->project.exprs[i]);
        break;
    case PLAN_FILTER:
        pass_on(in, n, 0, in->out.n);
        mark_expr(in->out.needed, n->filter.predicate);
        break;
    case PLAN_REKEY:
        pass_on(in, n, 0, in->out.n);
        for (uint32_t i = 0; !n->rekey.drop_key && i < n->out.key_count; i++)
            mark_expr(in->out.needed, n->rekey.exprs[i]);
        break;
    case PLAN_REPARTITION:
        pass_on(in, n, 0, in->out.n);
        break;
    case PLAN_FLATMAP:
        pass_on(in, n, 0, in->out.n);
        for (uint32_t i = 0; i < n->flatmap.n; i++)
            for (uint32_t k = 0; k < n->flatmap.calls[i]->arg_count; k++)
                mark_expr(in->out.needed, n->flatmap.calls[i]->args[k]);
        break;
    case PLAN_AGGREGATE:
        for (uint32_t i = 0; i < n->agg.agg_count; i++)
            for (uint32_t k = 0; k < n->agg.aggs[i].arg_count; k++)
                mark_expr(in->out.needed, n->agg.aggs[i].args[k]);
        break;
    case PLAN_JOIN_STREAMS:
    case PLAN_JOIN_TABLE:
    case PLAN_JOIN_TABLES:
    case PLAN_JOIN_FOREIGN:
        pass_on(in, n, 0, n->join.left_slots);
        pass_on(n->in[1], n, n->join.left_slots, n->in[1]->out.n);
        mark_expr(in->out.needed, n->join.foreign_key);
        break;
    }
    for (int i = 0; i < 2; i++)
        if (n->in[i]) {
            mark_keys(n->in[i]);
            mark(p, n->in[i]);
        }
}

void plan_mark_needed(plan *p)
{
    p->root->out.needed = ARENA_ARRAY(&p->a, bool, p->root->out.n + 1);
    for (uint32_t i = 0; i < p->root->out.n; i++)
        p->root->out.needed[i] = true;
    mark(p, p->root);
}
