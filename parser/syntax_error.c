/* What ksqlDB says about a text that does not parse (spec 1.7).
 *
 * Its words depend on how its parser works: top down, with look-ahead at every choice. Whether it
 * says "missing", "extraneous", "expecting" or "no viable alternative" follows from where in its
 * rules it stood when it met the bad token. So that parser is imitated here, on the error path
 * only: syntax_net.c makes a network of states of the grammar's rules, this file walks it as the
 * parser does:
 *
 *   - in front of a choice or repetition it checks that the next token can come at all (sync);
 *   - where one token does not decide, all alternatives are followed in parallel until one is left
 *     (syntax_predict.c);
 *   - a token that does not match is first tried as superfluous, then as a sign that the expected
 * one is missing, and is otherwise a mismatch.
 */
#include "parser/syntax_int.h"

/* ---- expectations */

static uint16_t ahead(const syntax *x, size_t k)
{
    size_t i = x->at + k;
    return i < x->token_count ? x->tokens[i].type : TK_EOF;
}

/* What may follow in this state, seen through the rules that are under way. */
static token_set expected(const syntax *x, uint16_t state, const syntax_frame *up)
{
    token_set s = syntax_next_tokens(x->net, state);
    while (token_set_has(&s, SYNTAX_EPSILON)) {
        token_set_remove(&s, SYNTAX_EPSILON);
        if (up == NULL) {
            token_set_add(&s, TK_EOF);
            break;
        }
        token_set more = syntax_next_tokens(x->net, up->follow);
        token_set_merge(&s, &more);
        up = up->up;
    }
    return s;
}

static void report(syntax *x, syntax_report_kind kind, size_t ahead_by, const token_set *set)
{
    x->report.kind = kind;
    x->report.at = x->at + ahead_by;
    if (set)
        x->report.expected = *set;
}

static void report_mismatch(syntax *x, uint16_t state, const syntax_frame *up)
{
    token_set s = expected(x, state, up);
    report(x, REPORT_MISMATCH, 0, &s);
}

/* Would the text go on well without this token? */
static bool try_deletion(syntax *x, uint16_t state)
{
    token_set s = expected(x, state, x->up);
    if (!token_set_has(&s, ahead(x, 1)))
        return false;
    report(x, REPORT_EXTRANEOUS, 0, &s);
    return true;
}

/* Would it go on well with the expected token put in front of this one? */
static bool try_insertion(syntax *x, uint16_t state)
{
    token_set after = expected(x, x->net->states[state].next, x->up);
    if (!token_set_has(&after, ahead(x, 0)))
        return false;
    token_set s = expected(x, state, x->up);
    report(x, REPORT_MISSING, 0, &s);
    return true;
}

/* ---- walking */

/* In front of a choice: true when the walk may go on. When the rule may end here the check is put
 * off, but this is the place whose expectations a later mismatch reports. */
static bool sync(syntax *x, uint16_t state)
{
    token_set   s = syntax_next_tokens(x->net, state);
    syntax_kind kind = x->net->states[state].kind;
    if (token_set_has(&s, ahead(x, 0))) {
        x->doubt = false;
        return true;
    }
    if (token_set_has(&s, SYNTAX_EPSILON)) {
        if (!x->doubt) {
            x->doubt = true;
            x->doubt_state = state;
            x->doubt_up = x->up;
        }
        return true;
    }
    if (kind == STATE_STAR_BACK || kind == STATE_PLUS_BACK) {
        s = expected(x, state, x->up);
        report(x, REPORT_EXTRANEOUS, 0, &s);
    } else if (!try_deletion(x, state)) {
        report_mismatch(x, state, x->up);
    }
    return false;
}

static bool match(syntax *x, uint16_t state)
{
    const syntax_state *s = &x->net->states[state];
    if (token_set_has(s->set, ahead(x, 0))) {
        x->at++;
        return true;
    }
    if (!try_deletion(x, state) && !try_insertion(x, state)) {
        if (x->doubt)
            report_mismatch(x, x->doubt_state, x->doubt_up);
        else
            report_mismatch(x, state, x->up);
    }
    return false;
}

/* The alternative to take; -1 when none is viable. */
static int choose(syntax *x, uint16_t state)
{
    const syntax_state *s = &x->net->states[state];
    if (s->alt_count == 1)
        return 0;
    if (!s->one_token_decides)
        return syntax_predict(x, state);
    for (uint16_t i = 0; i < s->alt_count; i++)
        if (token_set_has(&s->look[i], ahead(x, 0)))
            return i;
    /* an optional part or a repetition is left out; other choices have passed sync() */
    return s->alt_count - 1;
}

static void push(syntax *x, uint16_t follow)
{
    syntax_frame *f = arena_alloc(x->a, sizeof *f);
    *f = (syntax_frame){follow, x->up};
    x->up = f;
}

/* Walks until the text is refused (x->report) or ends well. */
static void walk(syntax *x, uint16_t state)
{
    const syntax_net *net = x->net;
    for (; !x->gave_up; x->gave_up |= ++x->work > SYNTAX_WORK_MAX) {
        const syntax_state *s = &net->states[state];
        if (s->kind == STATE_STOP) {
            if (x->up == NULL)
                return;
            state = x->up->follow;
            x->up = x->up->up;
        } else if (s->alt_count) {
            if (!sync(x, state))
                return;
            int alt = choose(x, state);
            if (alt < 0)
                return;
            state = s->alts[alt];
        } else if (s->set) {
            if (!match(x, state))
                return;
            state = s->next;
        } else if (s->callee != SYNTAX_NO_RULE) {
            push(x, s->next);
            state = net->rules[s->callee].start;
        } else {
            state = s->next;
        }
    }
}

/* ---- the message */

/* How ksqlDB names tokens that are no keywords, and their order in its list. */
static const struct {
    uint16_t    type;
    uint16_t    rank;
    const char *text;
} shown[] = {
    {TK_EOF, 0, "<EOF>"},
    {TK_SEMI, 1, "';'"},
    {TK_COMMA, 2, "','"},
    {TK_LP, 3, "'('"},
    {TK_RP, 4, "')'"},
    {TK_LB, 5, "'['"},
    {TK_RB, 6, "']'"},
    {TK_DOT, 7, "'.'"},
    {TK_EQ, 500, "'='"},
    {TK_NE, 501, "NEQ"},
    {TK_LT, 502, "'<'"},
    {TK_LE, 503, "'<='"},
    {TK_GT, 504, "'>'"},
    {TK_GE, 505, "'>='"},
    {TK_PLUS, 506, "'+'"},
    {TK_MINUS, 507, "'-'"},
    {TK_STAR, 508, "'*'"},
    {TK_SLASH, 509, "'/'"},
    {TK_PERCENT, 510, "'%'"},
    {TK_CONCAT, 511, "'||'"},
    {TK_ASSIGN, 512, "':='"},
    {TK_ARROW, 513, "'->'"},
    {TK_LAMBDA, 514, "'=>'"},
    {TK_STRING_LIT, 515, "STRING"},
    {TK_INTEGER_LIT, 516, "INTEGER_VALUE"},
    {TK_DECIMAL_LIT, 517, "DECIMAL_VALUE"},
    {TK_FLOAT_LIT, 518, "FLOATING_POINT_VALUE"},
    {TK_IDENT, 519, "IDENTIFIER"},
    {TK_DIGIT_IDENT, 520, "DIGIT_IDENTIFIER"},
    {TK_QUOTED_IDENT, 521, "QUOTED_IDENTIFIER"},
    {TK_VARIABLE, 522, "VARIABLE"},
};
#define KEYWORD_RANK 8 /* the first keyword's */

static uint16_t rank_of(uint16_t type)
{
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (shown[i].type == type)
            return shown[i].rank;
    const keyword *k = keyword_of_type(type);
    return k ? (uint16_t)(KEYWORD_RANK + k->rank) : UINT16_MAX;
}

static void put_shown(buf *out, uint16_t type)
{
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (shown[i].type == type) {
            buf_putz(out, shown[i].text);
            return;
        }
    const keyword *k = keyword_of_type(type);
    buf_printf(out, "'%s'", k ? k->word : "?");
}

static void put_set(buf *out, const token_set *s)
{
    uint16_t order[SYNTAX_TOKENS_MAX];
    size_t   n = 0;
    for (uint16_t t = 0; t < SYNTAX_EPSILON; t++) {
        if (!token_set_has(s, t))
            continue;
        size_t i = n++;
        for (; i > 0 && rank_of(order[i - 1]) > rank_of(t); i--)
            order[i] = order[i - 1];
        order[i] = t;
    }
    if (n != 1)
        buf_putc(out, '{');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putz(out, ", ");
        put_shown(out, order[i]);
    }
    if (n != 1)
        buf_putc(out, '}');
}

static const char *nearest_statement(str word)
{
    static const char *const names[] = {"SELECT", "CREATE", "INSERT",    "DESCRIBE", "PRINT",  "EXPLAIN",
                                        "SHOW",   "LIST",   "TERMINATE", "PAUSE",    "RESUME", "DROP",
                                        "SET",    "DEFINE", "UNDEFINE",  "UNSET",    "ASSERT", "ALTER"};
    const char              *best = names[0];
    uint32_t                 best_distance = UINT32_MAX;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t d = str_distance(word, str_of(names[i]));
        if (d < best_distance) {
            best_distance = d;
            best = names[i];
        }
    }
    return best;
}

static bool is_reserved_word(uint16_t type)
{
    const keyword *k = keyword_of_type(type);
    return k && k->class == RESERVED;
}

static bool starts_statements(const syntax *x, const token_set *s)
{
    token_set start = syntax_next_tokens(x->net, x->net->rules[RULE_stmt].start);
    token_set given = *s;
    token_set_remove(&given, TK_EOF);
    return memcmp(&start, &given, sizeof start) == 0;
}

static void put_expecting(buf *out, const syntax *x, str text)
{
    const syntax_report *r = &x->report;
    if (r->kind == REPORT_EXTRANEOUS && is_reserved_word(x->tokens[r->at].type)) {
        buf_printf(out,
                   "\"%.*s\" is a reserved keyword and it can't be used as an identifier. You can use "
                   "it as an identifier by escaping it as '%.*s' ",
                   STR_FMT(text), STR_FMT(text));
    } else if (starts_statements(x, &r->expected)) {
        buf_printf(out, "Unknown statement '%.*s'\nDid you mean '%s'?", STR_FMT(text), nearest_statement(text));
    } else if (token_set_has(&r->expected, TK_EOF)) {
        buf_putz(out, "Syntax error at or near \";\"\n'}', ']', or ')' is missing");
    } else {
        size_t at = out->n;
        buf_putz(out, "Expecting ");
        put_set(out, &r->expected);
        uint32_t commas = 0;
        for (size_t i = at; i < out->n; i++)
            commas += out->p[i] == ',';
        if (commas > 2) /* too many to be of help; a ',' that is expected counts too */
            out->n = at;
    }
}

static void put_more(buf *out, const syntax *x, str text, uint32_t line, uint32_t col)
{
    switch (x->report.kind) {
    case REPORT_EXTRANEOUS:
    case REPORT_MISMATCH:
        put_expecting(out, x, text);
        break;
    case REPORT_MISSING:
        buf_putz(out, "missing ");
        put_set(out, &x->report.expected);
        buf_printf(out, " at '%.*s'", STR_FMT(text));
        break;
    case REPORT_NONE:
    case REPORT_NO_VIABLE:
        buf_printf(out, "Syntax error at or near '%.*s' at line %u:%u", STR_FMT(text), line, col);
        break;
    }
}

/* ---- entries */

static const uint16_t entry_rules[] = {
    [ENTRY_STATEMENTS] = RULE_statements, [ENTRY_EXPRESSION] = RULE_lone_expression, [ENTRY_TYPE] = RULE_lone_type};

/* The tokens from `from` to two behind `until`: as far as anything is looked at. */
static void read_tokens(syntax *x, str sql, uint32_t from, uint32_t until)
{
    LIST(token) l = {0};
    scanner s = scan_from(sql, from);
    for (int behind = 0; behind < 3;) {
        token t = scan_next(&s);
        AVEC_PUSH(x->a, &l, t);
        if (t.pos >= until)
            behind++;
        if (t.type == TK_EOF)
            break;
    }
    x->tokens = l.p;
    x->token_count = l.n;
}

static void start(syntax *x, arena *a, str sql, parse_entry entry, uint32_t from, uint32_t until)
{
    *x = (syntax){.a = a, .net = syntax_net_new(a)};
    read_tokens(x, sql, from, until);
    uint16_t state = x->net->rules[entry_rules[entry]].start;
    scanner  s = scan_from(sql, 0);
    /* behind another statement the repetition of statements has begun */
    if (entry == ENTRY_STATEMENTS && from > scan_next(&s).pos)
        state = x->net->states[state].back;
    walk(x, state);
}

void syntax_error_explain(arena *a, str sql, parse_entry entry, uint32_t stmt_pos, token bad, status *st)
{
    syntax x;
    start(&x, a, sql, entry, stmt_pos, bad.pos);
    /* ksqlDB may complain a token earlier: where it gave up an alternative that went on further */
    if (x.report.kind != REPORT_NONE)
        bad = x.tokens[x.report.at];
    uint32_t line, col;
    parse_line_col(sql, bad.pos, &line, &col);
    str text = bad.type == TK_EOF ? STR("<EOF>") : (str){sql.p + bad.pos, bad.len};
    buf more = BUF_INIT(ST_MSG_MAX);
    put_more(&more, &x, text, line, col);
    status_set_at(st, ST_SYNTAX, bad.pos, "line %u:%u: Syntax Error\n%.*s", line, col, STR_FMT(buf_str(&more)));
    buf_free(&more);
}

int64_t syntax_error_find(arena *a, str sql, parse_entry entry)
{
    syntax x;
    start(&x, a, sql, entry, 0, sql.n);
    if (x.report.kind == REPORT_NONE)
        return x.gave_up ? SYNTAX_GAVE_UP : -1;
    return x.tokens[x.report.at].pos;
}
