/* ksqlDB's parser as a network of states, and a walk through it: see syntax_error.c. */
#ifndef PARSER_SYNTAX_INT_H
#define PARSER_SYNTAX_INT_H

#include "parser/parse_int.h"

#define SYNTAX_TOKENS_MAX 256
#define SYNTAX_EPSILON 255 /* in a set: the rule may end */
#define SYNTAX_NO_RULE UINT16_MAX
#define SYNTAX_GAVE_UP (-2)
/* Steps for one error; behind that it is reported without an expectation. */
#define SYNTAX_WORK_MAX 10000000

typedef struct token_set {
    uint64_t bits[SYNTAX_TOKENS_MAX / 64];
} token_set;

static inline bool token_set_has(const token_set *s, uint16_t t)
{
    return s->bits[t >> 6] >> (t & 63) & 1;
}
static inline void token_set_add(token_set *s, uint16_t t)
{
    s->bits[t >> 6] |= (uint64_t)1 << (t & 63);
}
static inline void token_set_remove(token_set *s, uint16_t t)
{
    s->bits[t >> 6] &= ~((uint64_t)1 << (t & 63));
}
/* Returns whether s grew. */
static inline bool token_set_merge(token_set *s, const token_set *more)
{
    uint64_t grown = 0;
    for (size_t i = 0; i < SYNTAX_TOKENS_MAX / 64; i++) {
        grown |= more->bits[i] & ~s->bits[i];
        s->bits[i] |= more->bits[i];
    }
    return grown != 0;
}
static inline bool token_set_meets(const token_set *a, const token_set *b)
{
    for (size_t i = 0; i < SYNTAX_TOKENS_MAX / 64; i++)
        if (a->bits[i] & b->bits[i])
            return true;
    return false;
}

enum {
#define RULE(name, ...) RULE_##name,
#include "syntax_rules.inc"
#undef RULE
    RULE_COUNT
};

typedef enum syntax_kind {
    STATE_PLAIN,     /* goes to next: over a token of set, through the rule callee, or for nothing */
    STATE_BLOCK,     /* alternatives; for (x)? the last one is to leave it out */
    STATE_STAR,      /* in front of (x)*: go in or on */
    STATE_STAR_BACK, /* behind a turn of it */
    STATE_PLUS,      /* in front of (x)+ */
    STATE_PLUS_BACK, /* behind a turn of it */
    STATE_STOP       /* the end of a rule */
} syntax_kind;

typedef struct syntax_state {
    syntax_kind      kind;
    uint16_t         rule, next, callee;
    uint16_t         back; /* STATE_STAR: its STATE_STAR_BACK */
    const token_set *set;
    uint16_t        *alts;
    uint16_t         alt_count;
    token_set       *look; /* per alternative: the tokens that choose it */
    bool             one_token_decides;
    int16_t         *decided;    /* per token: 1 + the alternative that it alone leads to; 0 when not known */
    bool             next_known; /* next_tokens has been worked out */
    token_set        next_tokens;
} syntax_state;

typedef LIST(uint16_t) state_list;

typedef struct syntax_rule {
    uint16_t   start, stop;
    bool       nullable;
    token_set  first, follow; /* tokens that start it, and that may come behind it anywhere */
    state_list callers;       /* the states behind its uses */
} syntax_rule;

typedef struct syntax_net {
    arena        *a;
    syntax_rule   rules[RULE_COUNT];
    syntax_state *states;
    uint16_t      state_count;
} syntax_net;

/* A rule that is under way: where it goes on behind the one it called. */
typedef struct syntax_frame {
    uint16_t                   follow;
    const struct syntax_frame *up;
} syntax_frame;

typedef enum syntax_report_kind {
    REPORT_NONE,
    REPORT_EXTRANEOUS,
    REPORT_MISSING,
    REPORT_MISMATCH,
    REPORT_NO_VIABLE
} syntax_report_kind;

typedef struct syntax_report {
    syntax_report_kind kind;
    size_t             at; /* index of the token */
    token_set          expected;
} syntax_report;

typedef struct predictor predictor; /* syntax_predict.c */

typedef struct syntax {
    arena              *a;
    syntax_net         *net;
    const token        *tokens;
    size_t              token_count;
    size_t              at;
    const syntax_frame *up;
    bool                doubt; /* the last sync() let a token pass because the rule may end */
    uint16_t            doubt_state;
    const syntax_frame *doubt_up;
    syntax_report       report;
    predictor          *predictor; /* NULL until the first look-ahead */
    uint32_t            work;
    bool                gave_up;
} syntax;

syntax_net *syntax_net_new(arena *a);
/* The tokens that may come next in this state, up to the end of its rule. */
token_set syntax_next_tokens(syntax_net *net, uint16_t state);
/* Which alternative of the state the tokens from x->at choose; -1 with a report, or when the work
 * becomes too much. */
int syntax_predict(syntax *x, uint16_t state);

#endif
