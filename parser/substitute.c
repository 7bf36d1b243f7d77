/* Variables: ${name} in a statement is replaced by the text that DEFINE gave it, and the result is
 * parsed again. What a value may look like depends on where it stands, so the statement is parsed
 * first and says for each variable whether it is a literal or a name (spec 1.8). */
#include "parser/parse_int.h"

static str variable_name(str text)
{
    return (str){text.p + 2, text.n - 3}; /* without ${ and } */
}

/* Is the text one token of one of these kinds, with a sign in front of numbers if need be? */
static bool is_literal_text(str v)
{
    scanner s = scan_from(v, 0);
    token   t = scan_next(&s);
    bool    minus = t.type == TK_MINUS;
    if (minus)
        t = scan_next(&s);
    bool number = t.type == TK_INTEGER_LIT || t.type == TK_DECIMAL_LIT || t.type == TK_FLOAT_LIT;
    bool word = t.type == TK_STRING_LIT || t.type == TK_TRUE || t.type == TK_FALSE;
    return (number || (word && !minus)) && scan_next(&s).type == TK_EOF;
}

static bool is_identifier_text(str v)
{
    scanner s = scan_from(v, 0);
    token   t = scan_next(&s);
    bool    whole = t.pos == 0 && t.len == v.n;
    if (!whole)
        return false;
    if (t.type == TK_QUOTED_IDENT || t.type == TK_IDENT || t.type == TK_DIGIT_IDENT)
        return true;
    return keyword_find(v) != NULL;
}

static bool is_fitting(variable_place place, str value)
{
    return (place != VARIABLE_NAME && is_literal_text(value)) ||
           (place != VARIABLE_LITERAL && is_identifier_text(value));
}

static bool refuse(str sql, const variable_use *u, str value, status *st)
{
    uint32_t line, col;
    parse_line_col(sql, u->pos, &line, &col);
    return status_set(st, ST_SQL, "Illegal argument at Line: %u, Col: %u.%s Got: '%.*s'", line, col,
                      u->place != VARIABLE_NAME ? ""
                                                : " Identifier names cannot start with '@' and may only contain "
                                                  "alphanumeric values and '_'.",
                      STR_FMT(value));
}

/* Inside a string: ${name} by its value with quotes doubled, $${name} by ${name}. */
static void replace_in_string(buf *out, str s, const map *vars)
{
    uint32_t at = 0;
    while (at < s.n) {
        int64_t dollar = str_find(s, STR("${"), at);
        if (dollar < 0)
            break;
        int64_t close = str_find_char((str){s.p + dollar, s.n - (uint32_t)dollar}, '}');
        if (close < 0)
            break;
        str        text = {s.p + dollar, (uint32_t)close + 1};
        const str *value = map_get(vars, variable_name(text));
        bool       escaped = dollar > at && s.p[dollar - 1] == '$';
        buf_put(out, s.p + at, (size_t)(dollar - at) - (escaped ? 1 : 0));
        if (escaped || value == NULL) {
            buf_put(out, text.p, escaped || close < 2 ? text.n : 2);
            at = (uint32_t)dollar + (escaped || close < 2 ? text.n : 2);
            continue;
        }
        for (uint32_t i = 0; i < value->n; i++) {
            if (value->p[i] == '\'')
                buf_putc(out, '\'');
            buf_putc(out, value->p[i]);
        }
        at = (uint32_t)dollar + text.n;
    }
    buf_put(out, s.p + at, s.n - at);
}

/* The grammar met the variables in the order of the text. */
static const variable_use *use_at(const parse *p, uint32_t pos)
{
    size_t lo = 0, hi = p->variables.n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (p->variables.p[mid].pos < pos)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < p->variables.n && p->variables.p[lo].pos == pos ? &p->variables.p[lo] : NULL;
}

static bool replace_all(const parse *p, const map *vars, buf *out, status *st)
{
    scanner  s = scan_from(p->sql, 0);
    uint32_t copied = 0;
    for (token t = scan_next(&s); t.type != TK_EOF; t = scan_next(&s)) {
        if (t.type != TK_VARIABLE && t.type != TK_STRING_LIT)
            continue;
        str text = {p->sql.p + t.pos, t.len};
        buf_put(out, p->sql.p + copied, t.pos - copied);
        copied = t.pos + t.len;
        if (t.type == TK_STRING_LIT) {
            replace_in_string(out, text, vars);
            continue;
        }
        const variable_use *u = use_at(p, t.pos);
        const str          *value = map_get(vars, variable_name(text));
        if (u == NULL || value == NULL)
            value = &text;
        if (u && !is_fitting(u->place, *value))
            return refuse(p->sql, u, *value, st);
        buf_puts(out, *value);
    }
    buf_put(out, p->sql.p + copied, p->sql.n - copied);
    if (out->full)
        return status_set(st, ST_LIMIT,
                          "The statement with its variables replaced is longer than %zu "
                          "bytes.",
                          PARSE_TEXT_MAX);
    return true;
}

bool parse_substitute(arena *a, str stmt_text, const map *vars, str *out, status *st)
{
    parse p;
    *out = STR_NONE;
    /* the text may come without its semicolon */
    scanner s = scan_from(stmt_text, 0);
    token   last = {0};
    for (token t = scan_next(&s); t.type != TK_EOF; t = scan_next(&s))
        last = t;
    str text = last.type == TK_SEMI ? stmt_text : str_fmt(a, "%.*s\n;", STR_FMT(stmt_text));
    parse_run(&p, a, text, ENTRY_STATEMENTS);
    if (p.rejected)
        return parse_run_status(&p, a, text, ENTRY_STATEMENTS, st);
    p.sql = stmt_text;
    buf  b = BUF_INIT(PARSE_TEXT_MAX);
    bool ok = replace_all(&p, vars, &b, st);
    if (ok)
        *out = str_dup(a, buf_str(&b));
    buf_free(&b);
    return ok;
}
