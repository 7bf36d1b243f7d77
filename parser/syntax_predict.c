/* Look-ahead: all alternatives of a choice are followed in parallel over the coming tokens until
 * one is left. As ksqlDB's parser does it (ANTLR's SLL), what lies outside the rule that chooses is
 * any place that uses the rule, not the one under way; so a choice may be made, or refused, on
 * tokens that belong to what comes behind. */
#include "parser/syntax_int.h"

#define SLOTS_MIN 256

/* Rules entered since the choice; equal stacks are the same object. */
typedef struct stack_node {
    uint16_t                 follow;
    const struct stack_node *up; /* NULL: the rule that chooses */
} stack_node;

typedef struct config {
    uint16_t          state;
    uint8_t           alt;
    bool              left; /* has gone beyond the end of the rule that chooses */
    const stack_node *up;
} config;

typedef struct slot {
    config   c;
    uint32_t turn; /* filled in this turn; older ones are free */
} slot;

typedef LIST(config) config_list;

struct predictor {
    syntax            *x;
    config_list        todo, now, reached;
    slot              *seen;
    uint32_t           seen_cap, seen_n, turn;
    const stack_node **nodes;
    uint32_t           node_cap, node_n;
};

static uint64_t mix(uint64_t h)
{
    h ^= h >> 31;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

/* ---- stacks */

static uint32_t node_slot(const stack_node *const *nodes, uint32_t cap, uint16_t follow, const stack_node *up)
{
    uint32_t i = (uint32_t)mix((uintptr_t)up * 31 + follow) & (cap - 1);
    while (nodes[i] && !(nodes[i]->follow == follow && nodes[i]->up == up))
        i = (i + 1) & (cap - 1);
    return i;
}

static const stack_node *stack_push(predictor *p, uint16_t follow, const stack_node *up)
{
    if (p->node_n * 2 >= p->node_cap) {
        uint32_t           cap = p->node_cap ? p->node_cap * 2 : SLOTS_MIN;
        const stack_node **grown = ARENA_ARRAY(p->x->a, const stack_node *, cap);
        for (uint32_t i = 0; i < p->node_cap; i++)
            if (p->nodes[i])
                grown[node_slot(grown, cap, p->nodes[i]->follow, p->nodes[i]->up)] = p->nodes[i];
        p->nodes = grown;
        p->node_cap = cap;
    }
    uint32_t i = node_slot(p->nodes, p->node_cap, follow, up);
    if (p->nodes[i] == NULL) {
        stack_node *n = arena_alloc(p->x->a, sizeof *n);
        *n = (stack_node){follow, up};
        p->nodes[i] = n;
        p->node_n++;
    }
    return p->nodes[i];
}

/* ---- configurations */

static bool config_same(const config *a, const config *b)
{
    return a->state == b->state && a->alt == b->alt && a->left == b->left && a->up == b->up;
}

static uint32_t config_slot(const predictor *p, const slot *slots, uint32_t cap, const config *c)
{
    uint32_t i = (uint32_t)mix(mix((uintptr_t)c->up) + c->state * 1031u + c->alt * 2u + c->left) & (cap - 1);
    while (slots[i].turn == p->turn && !config_same(&slots[i].c, c))
        i = (i + 1) & (cap - 1);
    return i;
}

/* Adds to the configurations that are to be followed, once. */
static void visit(predictor *p, config c)
{
    if (p->seen_n * 2 >= p->seen_cap) {
        uint32_t cap = p->seen_cap ? p->seen_cap * 2 : SLOTS_MIN;
        slot    *grown = ARENA_ARRAY(p->x->a, slot, cap);
        for (uint32_t i = 0; i < p->seen_cap; i++)
            if (p->seen[i].turn == p->turn)
                grown[config_slot(p, grown, cap, &p->seen[i].c)] = p->seen[i];
        p->seen = grown;
        p->seen_cap = cap;
    }
    uint32_t i = config_slot(p, p->seen, p->seen_cap, &c);
    if (p->seen[i].turn == p->turn)
        return;
    p->seen[i] = (slot){c, p->turn};
    p->seen_n++;
    AVEC_PUSH(p->x->a, &p->todo, c);
}

static void next_turn(predictor *p)
{
    p->turn++;
    p->seen_n = 0;
    p->now.n = 0;
}

static void leave_rule(predictor *p, config c)
{
    if (c.up) {
        visit(p, (config){c.up->follow, c.alt, c.left, c.up->up});
        return;
    }
    const syntax_net  *net = p->x->net;
    const syntax_rule *r = &net->rules[net->states[c.state].rule];
    for (size_t i = 0; i < r->callers.n; i++)
        visit(p, (config){r->callers.p[i], c.alt, true, NULL});
    if (r->callers.n == 0)
        AVEC_PUSH(p->x->a, &p->now, c); /* the end of the text */
}

/* Follows p->todo up to the states that take a token or end the text, which become p->now. */
static void close_over(predictor *p)
{
    const syntax_net *net = p->x->net;
    while (p->todo.n) {
        config              c = p->todo.p[--p->todo.n];
        const syntax_state *s = &net->states[c.state];
        p->x->work++;
        if (s->kind == STATE_STOP)
            leave_rule(p, c);
        else if (s->alt_count)
            for (uint16_t i = 0; i < s->alt_count; i++)
                visit(p, (config){s->alts[i], c.alt, c.left, c.up});
        else if (s->set)
            AVEC_PUSH(p->x->a, &p->now, c);
        else if (s->callee != SYNTAX_NO_RULE)
            visit(p, (config){net->rules[s->callee].start, c.alt, c.left, stack_push(p, s->next, c.up)});
        else
            visit(p, (config){s->next, c.alt, c.left, c.up});
    }
}

static bool step(predictor *p, uint16_t type)
{
    p->reached.n = 0;
    for (size_t i = 0; i < p->now.n; i++) {
        const syntax_state *s = &p->x->net->states[p->now.p[i].state];
        if (s->set == NULL || !token_set_has(s->set, type))
            continue;
        config c = p->now.p[i];
        c.state = s->next;
        AVEC_PUSH(p->x->a, &p->reached, c);
    }
    if (p->reached.n == 0)
        return false;
    next_turn(p);
    for (size_t i = 0; i < p->reached.n; i++)
        visit(p, p->reached.p[i]);
    close_over(p);
    return true;
}

/* ---- deciding */

/* The alternative that all configurations belong to, or -1. */
static int only_alt(const predictor *p)
{
    for (size_t i = 1; i < p->now.n; i++)
        if (p->now.p[i].alt != p->now.p[0].alt)
            return -1;
    return p->now.n ? p->now.p[0].alt : -1;
}

/* No further token can tell the alternatives apart: each state is reached by several of them, and
 * two of them are at the same place on the same stack. The first alternative wins. */
static bool is_ambiguous(predictor *p)
{
    bool same_place = false;
    for (size_t i = 0; i < p->now.n; i++) {
        const config *c = &p->now.p[i];
        bool          shared = false;
        for (size_t k = 0; k < p->now.n; k++) {
            const config *d = &p->now.p[k];
            if (d->alt == c->alt || d->state != c->state)
                continue;
            shared = true;
            same_place |= d->up == c->up;
        }
        p->x->work += (uint32_t)p->now.n;
        if (!shared)
            return false;
    }
    return same_place;
}

static int first_alt(const predictor *p, bool only_left)
{
    int best = -1;
    for (size_t i = 0; i < p->now.n; i++)
        if ((p->now.p[i].left || !only_left) && (best < 0 || p->now.p[i].alt < best))
            best = p->now.p[i].alt;
    return best;
}

/* Remembers what the first token decided: most choices come again and again. */
static int decide(syntax *x, syntax_state *s, uint16_t type, bool first, int alt)
{
    if (first && alt >= 0) {
        if (s->decided == NULL)
            s->decided = ARENA_ARRAY(x->a, int16_t, SYNTAX_TOKENS_MAX);
        s->decided[type] = (int16_t)(alt + 1);
    }
    return alt;
}

int syntax_predict(syntax *x, uint16_t state)
{
    syntax_state *s = &x->net->states[state];
    uint16_t      type = x->at < x->token_count ? x->tokens[x->at].type : TK_EOF;
    if (s->decided && s->decided[type])
        return s->decided[type] - 1;
    if (x->predictor == NULL) {
        x->predictor = ARENA_NEW(x->a, predictor);
        x->predictor->x = x;
    }
    predictor *p = x->predictor;
    next_turn(p);
    for (uint16_t i = 0; i < s->alt_count; i++)
        visit(p, (config){s->alts[i], (uint8_t)i, false, NULL});
    close_over(p);
    for (size_t i = x->at;; i++) {
        type = i < x->token_count ? x->tokens[i].type : TK_EOF;
        if (!step(p, type)) {
            /* an alternative that has come to its end lets others complain */
            int alt = first_alt(p, true);
            if (alt < 0) {
                x->report.kind = REPORT_NO_VIABLE;
                x->report.at = i < x->token_count ? i : x->token_count - 1;
            }
            return decide(x, s, type, i == x->at, alt);
        }
        int alt = only_alt(p);
        if (alt < 0 && (p->now.n == 0 || is_ambiguous(p)))
            alt = first_alt(p, false);
        if (alt >= 0)
            return decide(x, s, type, i == x->at, alt);
        if (x->work > SYNTAX_WORK_MAX || type == TK_EOF) {
            x->gave_up = true;
            return -1;
        }
    }
}
