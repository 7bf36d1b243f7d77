/* The driver: feeds the grammar with tokens, looks ahead where one token does not decide, bounds
 * nesting, and turns what went wrong into the status that users see. */
#include "parser/parse_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

/* lemon's parser (build/gen/grammar.c) */
void   grammarInit(void *parser, parse *p);
void   grammarFinalize(void *parser);
void   grammar(void *parser, int type, token t);
size_t grammar_depth(const void *parser);
size_t grammar_size(void);
bool   grammar_accepts(const void *parser, int type);

/* Entries of the grammar's stack for one level of nesting: NOT, comparison, the operators between
 * and a bracket. */
#define STACK_PER_LEVEL 8

/* ---- faults */

void parse_line_col(str sql, uint32_t pos, uint32_t *line, uint32_t *col)
{
    *line = *col = 1;
    for (uint32_t i = 0; i < pos && i < sql.n; i++) {
        if (sql.p[i] == '\n') {
            ++*line;
            *col = 1;
        } else if (((uint8_t)sql.p[i] & 0xc0) != 0x80) {
            ++*col;
        }
    }
}

void parse_reject(parse *p, token t)
{
    if (p->rejected)
        return;
    p->rejected = true;
    p->bad = t;
}

void parse_fault(parse *p, const char *fmt, ...)
{
    if (p->st.code != ST_OK)
        return;
    char    msg[ST_MSG_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    status_set(&p->st, ST_SQL_PREPARE, "Failed to prepare statement: %s", msg);
}

void parse_too_large(parse *p)
{
    if (p->stopped)
        return;
    p->stopped = true;
    status_set(&p->st, ST_SQL,
               "Error processing statement: Statement is too large to parse. This may be caused "
               "by having too many nested expressions in the statement.");
}

/* ---- look-ahead */

static bool is_name(uint16_t type)
{
    if (type == TK_IDENT || type == TK_DIGIT_IDENT || type == TK_QUOTED_IDENT || type == TK_VARIABLE)
        return true;
    const keyword *k = keyword_of_type(type);
    return k && k->class == NON_RESERVED;
}

static bool next_is(scanner s, uint16_t a, uint16_t b)
{
    token t = scan_next(&s);
    return t.type == a || t.type == b;
}

/* ADD COLUMN c type, where both words may be identifiers: in ADD COLUMN type it is the name. */
static bool column_word(scanner s)
{
    if (!is_name(scan_next(&s).type))
        return false;
    uint16_t type = scan_next(&s).type;
    return is_name(type) || type == TK_DECIMAL;
}

/* ( name, or ( name ) =>: the only lists in parentheses that stand among arguments are those of a
 * lambda's parameters. Elsewhere the grammar falls back to an ordinary parenthesis. */
static bool lambda_follows(scanner s)
{
    if (!is_name(scan_next(&s).type))
        return false;
    uint16_t type = scan_next(&s).type;
    return type == TK_COMMA || (type == TK_RP && next_is(s, TK_LAMBDA, TK_LAMBDA));
}

/* Does what follows show that the word has its meaning of a keyword here? */
static bool is_meant(uint16_t type, const scanner *after)
{
    switch (type) {
    case TK_EMIT:
        return next_is(*after, TK_CHANGES, TK_FINAL);
    case TK_PARTITION:
        return next_is(*after, TK_BY, TK_BY);
    case TK_ESCAPE:
        return next_is(*after, TK_STRING_LIT, TK_STRING_LIT);
    case TK_IF:
        return next_is(*after, TK_NOT, TK_EXISTS);
    case TK_COLUMN:
        return column_word(*after);
    default:
        return true;
    }
}

/* Words may be identifiers where the grammar has a use for them too: FROM S EMIT; has an alias. */
static uint16_t type_in_context(const void *parser, token t, const scanner *after)
{
    if (t.type == TK_LP)
        return lambda_follows(*after) || !grammar_accepts(parser, TK_LP) ? TK_LAMBDA_LP : TK_LP;
    if (!is_meant(t.type, after) && grammar_accepts(parser, TK_IDENT))
        return TK_IDENT;
    return t.type;
}

/* ---- running */

static void feed(parse *p, void *parser)
{
    scanner s = scan_from(p->sql, 0);
    bool    first = true;
    for (;;) {
        token t = scan_next(&s);
        if (first)
            p->stmt_pos = t.pos;
        grammar(parser, type_in_context(parser, t, &s), t);
        if (grammar_depth(parser) > (size_t)STACK_PER_LEVEL * PARSE_DEPTH_MAX)
            parse_too_large(p);
        if (p->rejected || p->stopped || t.type == TK_EOF)
            return;
        first = t.type == TK_SEMI;
    }
}

bool parse_run(parse *p, arena *a, str sql, parse_entry entry)
{
    static const uint16_t enter[] = {[ENTRY_EXPRESSION] = TK_ENTER_EXPRESSION, [ENTRY_TYPE] = TK_ENTER_TYPE};
    *p = (parse){.a = a, .sql = sql};
    status_init(&p->st);
    void *parser = arena_alloc(a, grammar_size());
    grammarInit(parser, p);
    if (entry != ENTRY_STATEMENTS)
        grammar(parser, enter[entry], (token){enter[entry], 0, 0, 0});
    feed(p, parser);
    grammarFinalize(parser);
    if (!p->rejected && !p->stopped)
        build_finish(p);
    return !p->rejected && p->st.code == ST_OK;
}

bool parse_run_status(parse *p, arena *a, str sql, parse_entry entry, status *st)
{
    if (sql.n > PARSE_TEXT_MAX)
        return status_set(st, ST_LIMIT, "The statement text is %u bytes; the limit is %zu bytes.", sql.n,
                          PARSE_TEXT_MAX);
    if (parse_run(p, a, sql, entry))
        return true;
    if (p->rejected && !p->stopped)
        syntax_error_explain(a, sql, entry, p->stmt_pos, p->bad, st);
    else
        *st = p->st;
    return false;
}

bool parse_sql(arena *a, str sql, ast_stmt ***out, size_t *n, status *st)
{
    parse p;
    *out = NULL;
    *n = 0;
    if (!parse_run_status(&p, a, sql, ENTRY_STATEMENTS, st))
        return false;
    *out = p.stmts.p;
    *n = p.stmts.n;
    return true;
}

bool parse_expression(arena *a, str text, ast_expr **out, status *st)
{
    parse p;
    *out = NULL;
    if (!parse_run_status(&p, a, text, ENTRY_EXPRESSION, st))
        return false;
    *out = p.expr;
    return true;
}

bool parse_type(arena *a, str text, const ast_type **out, status *st)
{
    parse p;
    *out = NULL;
    if (!parse_run_status(&p, a, text, ENTRY_TYPE, st))
        return false;
    *out = p.type;
    return true;
}

/* ---- names */

bool parse_is_reserved(str word)
{
    const keyword *k = keyword_find(word);
    return k && k->class == RESERVED;
}

bool parse_name_is_plain(str name)
{
    if (name.n == 0)
        return false;
    scanner s = scan_from(name, 0);
    token   t = scan_next(&s);
    if (t.pos != 0 || t.len != name.n || t.type == TK_QUOTED_IDENT || t.type == TK_VARIABLE || !is_name(t.type))
        return false;
    for (uint32_t i = 0; i < name.n; i++)
        if (name.p[i] >= 'a' && name.p[i] <= 'z')
            return false;
    return true;
}
