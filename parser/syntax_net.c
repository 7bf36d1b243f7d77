/* Makes a network of states of the rules that syntax_rules.awk reads from grammar.y. It is made anew for each error,
 * which takes some 100 microseconds, so that nothing is shared between threads. */
#include "parser/syntax_int.h"

#include <assert.h>

#define STATES_MAX 2048

/* Signs in a rule's text, beside the types of tokens. */
enum {
    EBNF_END = SYNTAX_TOKENS_MAX,
    EBNF_OPEN,
    EBNF_CLOSE,
    EBNF_OR,
    EBNF_OPTIONAL,     /* x? */
    EBNF_ANY,          /* x* */
    EBNF_MANY,         /* x+ */
    EBNF_NON_RESERVED, /* any of the words of keywords.def that may be identifiers */
    EBNF_RULE          /* + the rule's number */
};

#define RULE(name, ...) static const uint16_t text_##name[] = {__VA_ARGS__, EBNF_END};
#include "syntax_rules.inc"
#undef RULE
static const uint16_t *const rule_texts[] = {
#define RULE(name, ...) text_##name,
#include "syntax_rules.inc"
#undef RULE
};

typedef struct reader {
    syntax_net     *net;
    const uint16_t *at; /* in the rule's text */
    uint16_t        rule;
} reader;

typedef struct part {
    uint16_t start, end; /* the end is a plain state that goes nowhere yet */
} part;

static part read_alternatives(reader *r);

/* ---- states */

static uint16_t state_new(reader *r, syntax_kind kind)
{
    assert(r->net->state_count < STATES_MAX);
    syntax_state *s = &r->net->states[r->net->state_count];
    *s = (syntax_state){.kind = kind, .rule = r->rule, .callee = SYNTAX_NO_RULE};
    return r->net->state_count++;
}

static void link_to(reader *r, uint16_t from, uint16_t to)
{
    r->net->states[from].next = to;
}

static void set_alts(reader *r, uint16_t state, const uint16_t *alts, size_t n)
{
    syntax_state *s = &r->net->states[state];
    s->alts = arena_dup(r->net->a, alts, n * sizeof *alts);
    s->alt_count = (uint16_t)n;
}

/* ---- reading a rule */

static bool take(reader *r, uint16_t sign)
{
    bool hit = *r->at == sign;
    r->at += hit;
    return hit;
}

static const token_set *read_tokens(reader *r)
{
    token_set *set = ARENA_NEW(r->net->a, token_set);
    uint16_t   type = *r->at++;
    if (type < SYNTAX_TOKENS_MAX)
        token_set_add(set, type);
    else
        for (uint32_t i = 0; i < keyword_count; i++)
            if (keyword_list[i].class == NON_RESERVED)
                token_set_add(set, keyword_list[i].type);
    return set;
}

/* A token, a rule or a group. */
static part read_atom(reader *r)
{
    if (take(r, EBNF_OPEN)) {
        part p = read_alternatives(r);
        bool closed = take(r, EBNF_CLOSE);
        assert(closed);
        return p;
    }
    part p = {state_new(r, STATE_PLAIN), 0};
    p.end = state_new(r, STATE_PLAIN);
    link_to(r, p.start, p.end);
    if (*r->at >= EBNF_RULE) {
        uint16_t callee = *r->at++ - EBNF_RULE;
        assert(callee < RULE_COUNT);
        r->net->states[p.start].callee = callee;
        AVEC_PUSH(r->net->a, &r->net->rules[callee].callers, p.end);
        return p;
    }
    assert(*r->at < SYNTAX_TOKENS_MAX || *r->at == EBNF_NON_RESERVED);
    r->net->states[p.start].set = read_tokens(r);
    return p;
}

/* (x)? : leaving it out is one more alternative. */
static part make_optional(reader *r, part p)
{
    uint16_t     alts[SYNTAX_TOKENS_MAX];
    size_t       n = 0;
    syntax_state s = r->net->states[p.start];
    uint16_t     block = p.start;
    if (s.kind == STATE_BLOCK) {
        for (; n < s.alt_count; n++)
            alts[n] = s.alts[n];
    } else {
        block = state_new(r, STATE_BLOCK);
        alts[n++] = p.start;
    }
    alts[n++] = p.end;
    set_alts(r, block, alts, n);
    return (part){block, p.end};
}

static part make_repeated(reader *r, part p, bool at_least_once)
{
    uint16_t entry = state_new(r, at_least_once ? STATE_PLUS : STATE_STAR);
    uint16_t back = state_new(r, at_least_once ? STATE_PLUS_BACK : STATE_STAR_BACK);
    uint16_t end = state_new(r, STATE_PLAIN);
    uint16_t alts[] = {p.start, end};
    set_alts(r, entry, alts, at_least_once ? 1 : 2);
    set_alts(r, back, alts, 2);
    r->net->states[entry].back = back;
    link_to(r, p.end, back);
    return (part){entry, end};
}

static part read_element(reader *r)
{
    part p = read_atom(r);
    if (take(r, EBNF_OPTIONAL))
        return make_optional(r, p);
    if (take(r, EBNF_ANY))
        return make_repeated(r, p, false);
    return take(r, EBNF_MANY) ? make_repeated(r, p, true) : p;
}

static part read_sequence(reader *r)
{
    part p = read_element(r);
    while (*r->at != EBNF_END && *r->at != EBNF_OR && *r->at != EBNF_CLOSE) {
        part next = read_element(r);
        link_to(r, p.end, next.start);
        p.end = next.end;
    }
    return p;
}

/* Alternatives that are single tokens are one set, which is matched like a token. */
static bool merge_sets(reader *r, const part *parts, size_t n)
{
    syntax_state *states = r->net->states;
    for (size_t i = 0; i < n; i++)
        if (states[parts[i].start].set == NULL || states[parts[i].start].next != parts[i].end)
            return false;
    token_set *all = ARENA_NEW(r->net->a, token_set);
    for (size_t i = 0; i < n; i++)
        token_set_merge(all, states[parts[i].start].set);
    states[parts[0].start].set = all;
    return true;
}

static part read_alternatives(reader *r)
{
    part   parts[SYNTAX_TOKENS_MAX];
    size_t n = 0;
    parts[n++] = read_sequence(r);
    while (take(r, EBNF_OR)) {
        assert(n < SYNTAX_TOKENS_MAX);
        parts[n++] = read_sequence(r);
    }
    if (n == 1 || merge_sets(r, parts, n))
        return parts[0];
    uint16_t alts[SYNTAX_TOKENS_MAX];
    part     p = {state_new(r, STATE_BLOCK), state_new(r, STATE_PLAIN)};
    for (size_t i = 0; i < n; i++) {
        alts[i] = parts[i].start;
        link_to(r, parts[i].end, p.end);
    }
    set_alts(r, p.start, alts, n);
    return p;
}

/* ---- what may come next */

static token_set look_from(const syntax_net *net, uint16_t state)
{
    uint64_t  seen[STATES_MAX / 64] = {0};
    uint16_t  stack[2 * STATES_MAX];
    size_t    n = 0;
    token_set found = {0}, *out = &found;
    stack[n++] = state;
    while (n) {
        assert(n < STATES_MAX); /* so that the alternatives of one more state fit */
        uint16_t            i = stack[--n];
        const syntax_state *s = &net->states[i];
        if (seen[i / 64] >> (i % 64) & 1)
            continue;
        seen[i / 64] |= (uint64_t)1 << (i % 64);
        if (s->kind == STATE_STOP) {
            token_set_add(out, SYNTAX_EPSILON);
        } else if (s->alt_count) {
            for (uint16_t k = 0; k < s->alt_count; k++)
                stack[n++] = s->alts[k];
        } else if (s->set) {
            token_set_merge(out, s->set);
        } else if (s->callee != SYNTAX_NO_RULE) {
            token_set_merge(out, &net->rules[s->callee].first);
            if (net->rules[s->callee].nullable)
                stack[n++] = s->next;
        } else {
            stack[n++] = s->next;
        }
    }
    return found;
}

token_set syntax_next_tokens(syntax_net *net, uint16_t state)
{
    syntax_state *s = &net->states[state];
    if (!s->next_known) {
        s->next_tokens = look_from(net, state);
        s->next_known = true;
    }
    return s->next_tokens;
}

static bool grow_first(syntax_net *net, syntax_rule *r)
{
    token_set s = look_from(net, r->start);
    bool      nullable = token_set_has(&s, SYNTAX_EPSILON);
    token_set_remove(&s, SYNTAX_EPSILON);
    bool grown = token_set_merge(&r->first, &s) || nullable != r->nullable;
    r->nullable = nullable;
    return grown;
}

static bool grow_follow(syntax_net *net, syntax_rule *r)
{
    bool grown = false;
    for (size_t i = 0; i < r->callers.n; i++) {
        token_set s = look_from(net, r->callers.p[i]);
        if (token_set_has(&s, SYNTAX_EPSILON))
            token_set_merge(&s, &net->rules[net->states[r->callers.p[i]].rule].follow);
        token_set_remove(&s, SYNTAX_EPSILON);
        grown |= token_set_merge(&r->follow, &s);
    }
    return grown;
}

static void solve(syntax_net *net, bool (*grow)(syntax_net *net, syntax_rule *r))
{
    for (bool again = true; again;) {
        again = false;
        for (size_t i = RULE_COUNT; i-- > 0;)
            again |= grow(net, &net->rules[i]);
    }
}

/* One token decides when no two alternatives can start with the same one. */
static void find_decisions(syntax_net *net)
{
    for (uint16_t i = 0; i < net->state_count; i++) {
        syntax_state *s = &net->states[i];
        if (s->alt_count < 2)
            continue;
        s->look = ARENA_ARRAY(net->a, token_set, s->alt_count);
        s->one_token_decides = true;
        token_set all = {0};
        for (uint16_t k = 0; k < s->alt_count; k++) {
            s->look[k] = syntax_next_tokens(net, s->alts[k]);
            if (token_set_has(&s->look[k], SYNTAX_EPSILON))
                token_set_merge(&s->look[k], &net->rules[s->rule].follow);
            token_set_remove(&s->look[k], SYNTAX_EPSILON);
            if (token_set_meets(&all, &s->look[k]))
                s->one_token_decides = false;
            token_set_merge(&all, &s->look[k]);
        }
    }
}

syntax_net *syntax_net_new(arena *a)
{
    syntax_net *net = ARENA_NEW(a, syntax_net);
    net->a = a;
    net->states = arena_alloc(a, STATES_MAX * sizeof *net->states);
    for (int i = 0; i < RULE_COUNT; i++) {
        reader       r = {net, rule_texts[i], (uint16_t)i};
        syntax_rule *rule = &net->rules[i];
        part         p = read_alternatives(&r);
        assert(*r.at == EBNF_END);
        rule->start = p.start;
        rule->stop = state_new(&r, STATE_STOP);
        link_to(&r, p.end, rule->stop);
    }
    solve(net, grow_first);
    solve(net, grow_follow);
    find_decisions(net);
    return net;
}
