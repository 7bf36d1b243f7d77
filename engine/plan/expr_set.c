#include "engine/plan/expr_set.h"

struct expr_set_slot {
    const ast_expr *e; /* NULL: free */
    uint64_t        hash;
    uint32_t        number;
};

void expr_set_init(expr_set *s, arena *a)
{
    *s = (expr_set){.a = a};
}

static struct expr_set_slot *slot_of(const expr_set *s, const ast_expr *e, uint64_t hash)
{
    for (uint32_t i = (uint32_t)hash & (s->cap - 1);; i = (i + 1) & (s->cap - 1)) {
        struct expr_set_slot *x = &s->slots[i];
        if (x->e == NULL || (x->hash == hash && ast_expr_equal(x->e, e)))
            return x;
    }
}

uint32_t expr_set_find(const expr_set *s, const ast_expr *e)
{
    if (s->n == 0)
        return EXPR_SET_NONE;
    const struct expr_set_slot *x = slot_of(s, e, ast_expr_hash(e));
    return x->e ? x->number : EXPR_SET_NONE;
}

static void grow(expr_set *s)
{
    expr_set was = *s;
    s->cap = was.cap ? was.cap * 2 : 16;
    s->slots = ARENA_ARRAY(s->a, struct expr_set_slot, s->cap);
    for (uint32_t i = 0; i < was.cap; i++)
        if (was.slots[i].e)
            *slot_of(s, was.slots[i].e, was.slots[i].hash) = was.slots[i];
}

uint32_t expr_set_add(expr_set *s, const ast_expr *e, uint32_t number)
{
    if (2 * s->n >= s->cap)
        grow(s);
    uint64_t              hash = ast_expr_hash(e);
    struct expr_set_slot *x = slot_of(s, e, hash);
    if (x->e == NULL) {
        *x = (struct expr_set_slot){e, hash, number};
        s->n++;
    }
    return x->number;
}
