/* The actions of the grammar for names, literals, types and expressions. */
#include "parser/parse_int.h"

#include <math.h>

#include "base/num.h"

#define LAMBDA_DEPTH_MAX                                                    \
    100 /* lambdas inside lambdas; each looks through all that is inside it \
         */

/* ---- names */

str parse_unquote(arena *a, str quoted)
{
    char q = quoted.p[0];
    str  in = {quoted.p + 1, quoted.n - 2};
    if (in.n == 0 || memchr(in.p, q, in.n) == NULL)
        return in;
    char    *out = arena_bytes(a, in.n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < in.n; i++) {
        out[n++] = in.p[i];
        if (in.p[i] == q)
            i++;
    }
    return (str){out, n};
}

static str fold(arena *a, str ident)
{
    if (ident.p[0] == '"' || ident.p[0] == '`')
        return parse_unquote(a, ident);
    for (uint32_t i = 0; i < ident.n; i++)
        if (ident.p[i] >= 'a' && ident.p[i] <= 'z')
            return str_upper(a, ident);
    return ident;
}

static str token_text(const parse *p, token t)
{
    return parse_text(p, span_of(t));
}

name_val build_name(parse *p, token t)
{
    name_val n = {fold(p->a, token_text(p, t)), span_of(t)};
    if (t.type == TK_QUOTED_IDENT && n.text.n == 0)
        parse_fault(p, "name is empty");
    else if (t.type == TK_QUOTED_IDENT && str_trim(n.text).n != n.text.n)
        parse_fault(p, "name is not trimmed: '%.*s'", STR_FMT(n.text));
    return n;
}

static void note_variable(parse *p, token t, variable_place place)
{
    AVEC_PUSH(p->a, &p->variables, ((variable_use){t.pos, t.len, place}));
}

name_val build_variable_name(parse *p, token t)
{
    note_variable(p, t, VARIABLE_NAME);
    return (name_val){token_text(p, t), span_of(t)};
}

name_val build_raw_name(parse *p, token t)
{
    str s = token_text(p, t);
    return (name_val){t.type == TK_QUOTED_IDENT ? parse_unquote(p->a, s) : s, span_of(t)};
}

name_val build_string_name(parse *p, token t)
{
    return (name_val){build_string(p, t), span_of(t)};
}

name_val build_plain_name(parse *p, token t)
{
    if (t.type != TK_IDENT)
        parse_reject(p, t);
    return build_name(p, t);
}

name_val build_plain_raw_name(parse *p, token t)
{
    if (t.type != TK_IDENT)
        parse_reject(p, t);
    return build_raw_name(p, t);
}

name_val build_source_name(parse *p, name_val n)
{
    if (p->sql.p[n.at.pos] == '$')
        return n;
    for (uint32_t i = 0; i < n.text.n; i++) {
        char c = n.text.p[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!ok) {
            uint32_t line, col;
            parse_line_col(p->sql, n.at.pos, &line, &col);
            parse_fault(p,
                        "Illegal argument at Line: %u, Col: %u. Source names may only contain "
                        "alphanumeric values, '_' or '-'. Got: '%.*s'",
                        line, col, STR_FMT(n.text));
            break;
        }
    }
    return n;
}

str build_string(parse *p, token t)
{
    return parse_unquote(p->a, token_text(p, t));
}

name_list *build_names(parse *p, name_list *l, name_val n)
{
    if (l == NULL)
        l = ARENA_NEW(p->a, name_list);
    AVEC_PUSH(p->a, l, n.text);
    return l;
}

/* ---- nodes */

static expr_val val(ast_expr *e)
{
    return (expr_val){e, {e->pos, e->pos + e->len}};
}

static ast_expr *node(parse *p, ast_kind kind, span at)
{
    return ast_new(p->a, kind, at.pos, at.end - at.pos);
}

/* Closes a node: its height follows from its children. */
static expr_val grown(parse *p, ast_expr *e)
{
    uint32_t h = 0;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (e->args[i]->height > h)
            h = e->args[i]->height;
    if (h >= PARSE_DEPTH_MAX) {
        parse_too_large(p);
        h = PARSE_DEPTH_MAX - 1;
    }
    e->height = (uint16_t)(h + 1);
    return val(e);
}

static void set_args(ast_expr *e, const expr_list *l)
{
    e->args = l ? l->p : NULL;
    e->arg_count = l ? (uint32_t)l->n : 0;
}

static expr_val nary(parse *p, ast_kind kind, span at, uint32_t n, const expr_val *args)
{
    ast_expr *e = node(p, kind, at);
    e->args = ARENA_ARRAY(p->a, ast_expr *, n);
    e->arg_count = n;
    for (uint32_t i = 0; i < n; i++)
        e->args[i] = args[i].e;
    return grown(p, e);
}

static expr_val unary(parse *p, ast_kind kind, span at, expr_val arg)
{
    return nary(p, kind, at, 1, &arg);
}

static expr_val binary(parse *p, ast_kind kind, expr_val l, expr_val r)
{
    return nary(p, kind, span_join(l.at, r.at), 2, (expr_val[]){l, r});
}

expr_list *build_no_exprs(parse *p)
{
    return ARENA_NEW(p->a, expr_list);
}

expr_list *build_exprs(parse *p, expr_list *l, expr_val e)
{
    if (l == NULL)
        l = build_no_exprs(p);
    AVEC_PUSH(p->a, l, e.e);
    return l;
}

/* ---- literals */

expr_val build_literal(parse *p, ast_kind kind, token t)
{
    ast_expr *e = node(p, kind, span_of(t));
    if (kind == EX_BOOL)
        e->ival = t.type == TK_TRUE;
    else if (kind == EX_STRING)
        e->text = build_string(p, t);
    return val(e);
}

number_val build_number(token sign, token digits)
{
    span at = span_of(digits);
    if (sign.type == TK_MINUS)
        at.pos = sign.pos;
    return (number_val){at, digits.type};
}

/* The number without the blanks and comments that may follow its sign. */
static str number_text(parse *p, number_val n)
{
    str s = parse_text(p, n.at);
    if (s.p[0] != '-')
        return s;
    scanner sc = scan_from(p->sql, n.at.pos + 1);
    token   digits = scan_next(&sc);
    return str_fmt(p->a, "-%.*s", STR_FMT(token_text(p, digits)));
}

/* ksqlDB reports these one column too far to the right. */
static void number_fault(parse *p, uint32_t pos, const char *what, str text)
{
    uint32_t line, col;
    parse_line_col(p->sql, pos, &line, &col);
    parse_fault(p, "line %u:%u: %s: %.*s", line, col + 1, what, STR_FMT(text));
}

static void settle_overflow(parse *p)
{
    if (p->overflow)
        number_fault(p, p->overflow_at.pos, "Invalid numeric literal", token_text(p, p->overflow_at));
    p->overflow = false;
}

void build_finish(parse *p)
{
    settle_overflow(p);
}

static str decimal_text(parse *p, str s)
{
    bool     minus = s.p[0] == '-';
    uint32_t i = minus ? 1 : 0;
    while (i + 1 < s.n && s.p[i] == '0' && s.p[i + 1] != '.')
        i++;
    if (!minus && i == 0 && s.p[0] != '.')
        return s;
    return str_fmt(p->a, "%s%s%.*s", minus ? "-" : "", s.p[i] == '.' ? "0" : "", (int)(s.n - i), s.p + i);
}

static void set_numeric(parse *p, ast_expr *e, number_val n)
{
    str text = number_text(p, n);
    if (n.type == TK_INTEGER_LIT) {
        bool ok = num_parse_i64(text, &e->ival);
        e->kind = ok && e->ival >= INT32_MIN && e->ival <= INT32_MAX ? EX_INT : EX_BIGINT;
        if (!ok && text.p[0] == '-') {
            number_fault(p, n.at.pos, "Invalid numeric literal", text);
        } else if (!ok) {
            /* a minus in front may make it fit: wait and see */
            p->overflow = true;
            p->overflow_at = (token){TK_INTEGER_LIT, n.at.pos, n.at.end - n.at.pos, 0};
        }
    } else if (n.type == TK_DECIMAL_LIT) {
        e->kind = EX_DECIMAL;
        e->text = decimal_text(p, text);
    } else {
        e->kind = EX_DOUBLE;
        if (!num_parse_f64(text, &e->dval) || isinf(e->dval))
            number_fault(p, n.at.pos, "Number overflows DOUBLE", text);
    }
}

expr_val build_numeric(parse *p, number_val n)
{
    settle_overflow(p);
    ast_expr *e = node(p, EX_INT, n.at);
    set_numeric(p, e, n);
    return val(e);
}

bool build_integer(parse *p, number_val n, const char *command, int64_t *out)
{
    str text = number_text(p, n);
    *out = 0;
    if (n.type != TK_INTEGER_LIT) {
        parse_fault(p, "Value must be integer for command: %s", command);
        return false;
    }
    if (!num_parse_i64(text, out)) {
        number_fault(p, n.at.pos, "Invalid numeric literal", text);
        return false;
    }
    return true;
}

expr_val build_variable(parse *p, token t, variable_place place)
{
    note_variable(p, t, place);
    ast_expr *e = node(p, EX_COLUMN, span_of(t));
    e->text = token_text(p, t);
    return val(e);
}

/* ---- names in expressions, calls, constructors */

expr_val build_column(parse *p, name_val n)
{
    ast_expr *e = node(p, EX_COLUMN, n.at);
    e->text = n.text;
    return val(e);
}

expr_val build_qualified(parse *p, name_val q, name_val n)
{
    ast_expr *e = node(p, EX_COLUMN, span_join(q.at, n.at));
    e->qual = q.text;
    e->text = n.text;
    return val(e);
}

expr_val build_unit(parse *p, token t)
{
    ast_expr *e = node(p, EX_INTERVAL_UNIT, span_of(t));
    e->raw = token_text(p, t);
    e->text = t.type == TK_MILLISECOND ? STR("MILLISECONDS") : fold(p->a, e->raw);
    return val(e);
}

expr_val build_paren(token lp, expr_val e, token rp)
{
    return (expr_val){e.e, {lp.pos, rp.pos + rp.len}};
}

expr_val build_call(parse *p, name_val n, expr_list *args, bool star, token rp)
{
    ast_expr *e = node(p, EX_CALL, (span){n.at.pos, rp.pos + rp.len});
    e->text = n.text;
    e->raw = parse_text(p, n.at);
    e->star = star;
    set_args(e, args);
    return grown(p, e);
}

static bool names_hold(const str *names, uint32_t n, str name)
{
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

/* Columns of a lambda's body that have the name of a parameter are that parameter. */
static bool bind(ast_expr *e, const ast_expr *lambda, uint32_t depth)
{
    if (e->kind == EX_COLUMN && e->qual.n == 0 && names_hold(lambda->names, lambda->name_count, e->text))
        e->kind = EX_LAMBDA_VAR;
    if (e->kind == EX_LAMBDA && ++depth > LAMBDA_DEPTH_MAX)
        return false;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (!bind(e->args[i], lambda, depth))
            return false;
    return true;
}

expr_val build_lambda(parse *p, span start, name_list *params, expr_val body)
{
    ast_expr *e = node(p, EX_LAMBDA, span_join(start, body.at));
    e->names = params->p;
    e->name_count = (uint32_t)params->n;
    set_args(e, build_exprs(p, NULL, body));
    if (!bind(body.e, e, 1))
        parse_too_large(p);
    return grown(p, e);
}

expr_val build_cast(parse *p, token t, expr_val e, type_val to, token rp)
{
    expr_val v = unary(p, EX_CAST, (span){t.pos, rp.pos + rp.len}, e);
    v.e->type = to.type;
    return v;
}

expr_val build_list(parse *p, ast_kind kind, token t, expr_list *args, token end)
{
    ast_expr *e = node(p, kind, (span){t.pos, end.pos + end.len});
    set_args(e, args);
    return grown(p, e);
}

expr_val build_entries(parse *p, ast_kind kind, token t, entry_list *l, token end)
{
    ast_expr *e = node(p, kind, (span){t.pos, end.pos + end.len});
    if (l) {
        set_args(e, &l->values);
        e->names = l->names.p;
        e->name_count = (uint32_t)l->names.n;
    }
    return grown(p, e);
}

entry_list *build_map_entry(parse *p, entry_list *l, expr_val key, expr_val value)
{
    if (l == NULL)
        l = ARENA_NEW(p->a, entry_list);
    AVEC_PUSH(p->a, &l->values, key.e);
    AVEC_PUSH(p->a, &l->values, value.e);
    return l;
}

entry_list *build_struct_entry(parse *p, entry_list *l, name_val n, expr_val value)
{
    if (l == NULL)
        l = ARENA_NEW(p->a, entry_list);
    AVEC_PUSH(p->a, &l->names, n.text);
    AVEC_PUSH(p->a, &l->values, value.e);
    return l;
}

expr_val build_type_ctor(parse *p, name_val n, token t)
{
    expr_val v = unary(p, EX_TYPE_CTOR, span_join(n.at, span_of(t)), build_literal(p, EX_STRING, t));
    v.e->text = n.text;
    return v;
}

expr_val build_subscript(parse *p, expr_val base, expr_val index, token rb)
{
    return nary(p, EX_SUBSCRIPT, span_join(base.at, span_of(rb)), 2, (expr_val[]){base, index});
}

expr_val build_deref(parse *p, expr_val base, name_val field)
{
    expr_val v = unary(p, EX_DEREF, span_join(base.at, field.at), base);
    v.e->text = field.text;
    return v;
}

expr_val build_struct_star(parse *p, expr_val base, token star)
{
    return unary(p, EX_STRUCT_STAR, span_join(base.at, span_of(star)), base);
}

/* ---- operators */

static uint16_t literal_token(const parse *p, expr_val v)
{
    static const uint16_t types[] = {[EX_INT] = TK_INTEGER_LIT,
                                     [EX_BIGINT] = TK_INTEGER_LIT,
                                     [EX_DECIMAL] = TK_DECIMAL_LIT,
                                     [EX_DOUBLE] = TK_FLOAT_LIT};
    if (v.e->kind > EX_DOUBLE || v.at.pos != v.e->pos || p->sql.p[v.at.pos] == '-')
        return 0;
    return types[v.e->kind];
}

/* A minus right in front of a number belongs to the literal (spec 1.4). */
expr_val build_sign(parse *p, token sign, expr_val e)
{
    span     at = {sign.pos, e.at.end};
    uint16_t type = sign.type == TK_MINUS ? literal_token(p, e) : 0;
    if (type == 0)
        return unary(p, sign.type == TK_MINUS ? EX_NEG : EX_POS, at, e);
    p->overflow = false;
    return build_numeric(p, (number_val){at, type});
}

static const ast_op arith_ops[] = {
    [TK_PLUS] = OP_ADD, [TK_MINUS] = OP_SUB, [TK_STAR] = OP_MUL, [TK_SLASH] = OP_DIV, [TK_PERCENT] = OP_MOD};

expr_val build_binary(parse *p, ast_kind kind, token op, expr_val l, expr_val r)
{
    expr_val v = binary(p, kind, l, r);
    if (kind == EX_ARITH)
        v.e->op = arith_ops[op.type];
    return v;
}

expr_val build_compare(parse *p, ast_op op, expr_val l, expr_val r)
{
    expr_val v = binary(p, EX_COMPARE, l, r);
    v.e->op = op;
    return v;
}

const char parse_concat_name[] = "concat";

expr_val build_concat(parse *p, expr_val l, expr_val r)
{
    expr_val v = binary(p, EX_CALL, l, r);
    v.e->text = STR("CONCAT");
    v.e->raw = str_of(parse_concat_name);
    return v;
}

expr_val build_not(parse *p, span start, expr_val e)
{
    return unary(p, EX_NOT, span_join(start, e.at), e);
}

static expr_val negated_if(parse *p, token not, expr_val e)
{
    return not .type == TK_NOT ? build_not(p, e.at, e) : e;
}

expr_val build_is_null(parse *p, expr_val e, token not, token end)
{
    return unary(p, not .type == TK_NOT ? EX_IS_NOT_NULL : EX_IS_NULL, span_join(e.at, span_of(end)), e);
}

expr_val build_between(parse *p, expr_val e, token not, expr_val lo, expr_val hi)
{
    return negated_if(p, not, nary(p, EX_BETWEEN, span_join(e.at, hi.at), 3, (expr_val[]){e, lo, hi}));
}

expr_val build_in(parse *p, expr_val e, token not, expr_list *l, token rp)
{
    ast_expr *n = node(p, EX_IN, span_join(e.at, span_of(rp)));
    n->arg_count = (uint32_t)l->n + 1;
    n->args = ARENA_ARRAY(p->a, ast_expr *, n->arg_count);
    n->args[0] = e.e;
    memcpy(n->args + 1, l->p, l->n * sizeof *l->p);
    return negated_if(p, not, grown(p, n));
}

expr_val build_like(parse *p, expr_val e, token not, token like, expr_val pattern, token escape)
{
    span     at = span_join(e.at, escape.type == TK_STRING_LIT ? span_of(escape) : pattern.at);
    expr_val v = nary(p, EX_LIKE, at, 2, (expr_val[]){e, pattern});
    if (escape.type == TK_STRING_LIT) {
        v.e->text = build_string(p, escape);
        uint32_t chars = 0;
        for (uint32_t i = 0; i < v.e->text.n; i++)
            chars += ((uint8_t)v.e->text.p[i] & 0xc0) != 0x80;
        if (chars != 1) {
            uint32_t line, col;
            parse_line_col(p->sql, not .type == TK_NOT ? not .pos : like.pos, &line, &col);
            parse_fault(p, "Optional[Line: %u, Col: %u]: Expected single character escape but got: %.*s", line, col,
                        STR_FMT(v.e->text));
        }
    }
    return negated_if(p, not, v);
}

expr_val build_distinct(parse *p, expr_val e, token not, expr_val r)
{
    return negated_if(p, not, build_compare(p, OP_DISTINCT, e, r));
}

expr_val build_case(parse *p, token t, expr_val subject, expr_list *whens, expr_val otherwise, token end)
{
    ast_expr *e = node(p, subject.e ? EX_SIMPLE_CASE : EX_CASE, (span){t.pos, end.pos + end.len});
    expr_list all = {0};
    if (subject.e)
        AVEC_PUSH(p->a, &all, subject.e);
    for (size_t i = 0; i < whens->n; i++)
        AVEC_PUSH(p->a, &all, whens->p[i]);
    if (otherwise.e)
        AVEC_PUSH(p->a, &all, otherwise.e);
    set_args(e, &all);
    return grown(p, e);
}

expr_val build_time_zone(parse *p, expr_val e, token zone)
{
    expr_val v = unary(p, EX_AT_TIME_ZONE, span_join(e.at, span_of(zone)), e);
    v.e->text = build_string(p, zone);
    return v;
}

/* ---- types */

static type_val type_node(parse *p, ast_type_kind kind, span at, const ast_type *key, const ast_type *elem)
{
    ast_type *t = ARENA_NEW(p->a, ast_type);
    t->kind = kind;
    t->pos = at.pos;
    t->key = key;
    t->elem = elem;
    uint32_t h = elem ? elem->height : 0;
    if (key && key->height > h)
        h = key->height;
    if (h >= PARSE_DEPTH_MAX) {
        parse_too_large(p);
        h = PARSE_DEPTH_MAX - 1;
    }
    t->height = (uint16_t)(h + 1);
    return (type_val){t, at};
}

/* Two names of one type (spec 3.1). */
static str canonical_type(str name)
{
    return str_eqz(name, "INT") ? STR("INTEGER") : str_eqz(name, "VARCHAR") ? STR("STRING") : name;
}

type_val build_named_type(parse *p, name_val n, token end)
{
    span     at = end.type == TK_RP ? span_join(n.at, span_of(end)) : n.at;
    type_val v = type_node(p, AT_NAMED, at, NULL, NULL);
    v.type->name = canonical_type(n.text);
    return v;
}

static int32_t type_number(parse *p, number_val n, const char *what)
{
    int64_t v;
    if (!build_integer(p, n, what, &v))
        return 0;
    return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
}

type_val build_decimal_type(parse *p, token t, number_val precision, number_val scale, token end)
{
    type_val v = type_node(p, AT_DECIMAL, span_join(span_of(t), span_of(end)), NULL, NULL);
    v.type->precision = type_number(p, precision, "DECIMAL(PRECISION)");
    v.type->scale = type_number(p, scale, "DECIMAL(SCALE)");
    return v;
}

type_val build_array_type(parse *p, token t, type_val elem, token end)
{
    return type_node(p, AT_ARRAY, span_join(span_of(t), span_of(end)), NULL, elem.type);
}

type_val build_postfix_array(parse *p, type_val elem, token end)
{
    return type_node(p, AT_ARRAY, span_join(elem.at, span_of(end)), NULL, elem.type);
}

type_val build_map_type(parse *p, token t, type_val key, type_val elem, token end)
{
    return type_node(p, AT_MAP, span_join(span_of(t), span_of(end)), key.type, elem.type);
}

type_val build_struct_type(parse *p, token t, field_list *fields, token end)
{
    const ast_type *highest = NULL;
    for (size_t i = 0; fields && i < fields->n; i++)
        if (highest == NULL || fields->p[i].type->height > highest->height)
            highest = fields->p[i].type;
    type_val v = type_node(p, AT_STRUCT, span_join(span_of(t), span_of(end)), NULL, highest);
    v.type->elem = NULL;
    v.type->fields = fields ? fields->p : NULL;
    v.type->field_count = fields ? (uint32_t)fields->n : 0;
    return v;
}

field_list *build_field(parse *p, field_list *l, name_val n, type_val t)
{
    if (l == NULL)
        l = ARENA_NEW(p->a, field_list);
    AVEC_PUSH(p->a, l, ((ast_field){n.text, t.type, n.at.pos}));
    return l;
}
