/* Expressions and types back to text, in two forms: as error texts show them (names never quoted),
 * and as SQL that parses to the same tree. */
#include "parser/parse_int.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct printer {
    buf *out;
    bool sql; /* names quoted where they need it */
} printer;

static void put_expr(const printer *w, const ast_expr *e);

/* ---- names and literals */

static void put_quoted(buf *out, str s, char quote)
{
    buf_putc(out, quote);
    for (uint32_t i = 0; i < s.n; i++) {
        if (s.p[i] == quote)
            buf_putc(out, quote);
        buf_putc(out, s.p[i]);
    }
    buf_putc(out, quote);
}

void print_string(buf *out, str s)
{
    put_quoted(out, s, '\'');
}

void print_ticked(buf *out, str name)
{
    put_quoted(out, name, '`');
}

void print_name(buf *out, str name)
{
    if (parse_name_is_plain(name))
        buf_puts(out, name);
    else
        print_ticked(out, name);
}

static void put_name(const printer *w, str name)
{
    if (w->sql)
        print_name(w->out, name);
    else
        buf_puts(w->out, name);
}

/* ksqlDB's scientific form of the shortest digits that read back as the same number: 1.23E-4 */
static void put_double(buf *out, double v)
{
    char s[40];
    for (int digits = 0; digits <= 16; digits++) {
        snprintf(s, sizeof s, "%.*e", digits, v);
        if (strtod(s, NULL) == v)
            break;
    }
    char *e = strchr(s, 'e');
    if (e == NULL) {
        buf_putz(out, s);
        return;
    }
    buf_put(out, s, (size_t)(e - s));
    buf_printf(out, "E%d", atoi(e + 1));
}

static void put_decimal(const printer *w, str text)
{
    bool bare = !w->sql && text.n && text.p[text.n - 1] == '.';
    buf_put(w->out, text.p, text.n - (bare ? 1 : 0));
}

/* ---- types */

static void put_type(const printer *w, const ast_type *t)
{
    switch (t->kind) {
    case AT_NAMED:
        put_name(w, t->name);
        break;
    case AT_DECIMAL:
        buf_printf(w->out, "DECIMAL(%d, %d)", t->precision, t->scale);
        break;
    case AT_ARRAY:
        buf_putz(w->out, "ARRAY<");
        put_type(w, t->elem);
        buf_putc(w->out, '>');
        break;
    case AT_MAP:
        buf_putz(w->out, "MAP<");
        put_type(w, t->key);
        buf_putz(w->out, ", ");
        put_type(w, t->elem);
        buf_putc(w->out, '>');
        break;
    case AT_STRUCT:
        buf_putz(w->out, "STRUCT<");
        for (uint32_t i = 0; i < t->field_count; i++) {
            if (i)
                buf_putz(w->out, ", ");
            put_name(w, t->fields[i].name);
            buf_putc(w->out, ' ');
            put_type(w, t->fields[i].type);
        }
        /* <> would be one token */
        buf_putz(w->out, t->field_count ? ">" : " >");
        break;
    }
}

void print_type(buf *out, const ast_type *t)
{
    put_type(&(printer){out, true}, t);
}

/* ---- expressions */

static void put_exprs(const printer *w, ast_expr *const *l, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            buf_putz(w->out, ", ");
        put_expr(w, l[i]);
    }
}

static bool is_negative_literal(const ast_expr *e)
{
    switch (e->kind) {
    case EX_INT:
    case EX_BIGINT:
        return e->ival < 0;
    case EX_DECIMAL:
        return e->text.n && e->text.p[0] == '-';
    case EX_DOUBLE:
        return __builtin_signbit(e->dval) != 0;
    default:
        return false;
    }
}

/* What stands before [ ], -> and AT TIME ZONE: these bind tighter than a sign. */
static void put_base(const printer *w, const ast_expr *e)
{
    bool loose = e->kind == EX_NEG || e->kind == EX_POS || is_negative_literal(e) || (e->kind == EX_AT_TIME_ZONE);
    if (w->sql && loose)
        buf_putc(w->out, '(');
    put_expr(w, e);
    if (w->sql && loose)
        buf_putc(w->out, ')');
}

static void put_sign(const printer *w, const ast_expr *e)
{
    const ast_expr *arg = e->args[0];
    buf_putc(w->out, e->kind == EX_NEG ? '-' : '+');
    bool number = arg->kind >= EX_INT && arg->kind <= EX_DOUBLE && !is_negative_literal(arg);
    if (e->kind == EX_NEG && w->sql && number) {
        /* -1 would be a literal */
        buf_putc(w->out, '(');
        put_expr(w, arg);
        buf_putc(w->out, ')');
        return;
    }
    size_t at = w->out->n;
    put_expr(w, arg);
    if (w->out->n > at && w->out->p[at] == '-') {
        /* -- would be a comment */
        buf_putc(w->out, ' ');
        if (!w->out->full) {
            memmove(w->out->p + at + 1, w->out->p + at, w->out->n - at - 1);
            w->out->p[at] = ' ';
        }
    }
}

static void put_call(const printer *w, const ast_expr *e)
{
    if (e->raw.p == parse_concat_name) {
        buf_putz(w->out, w->sql ? "(" : "concat(");
        put_expr(w, e->args[0]);
        buf_putz(w->out, w->sql ? " || " : ", ");
        put_expr(w, e->args[1]);
        buf_putc(w->out, ')');
        return;
    }
    bool constructor = e->arg_count == 0 && !e->star && (str_eqz(e->text, "MAP") || str_eqz(e->text, "STRUCT"));
    if (w->sql && constructor)
        print_ticked(w->out, e->text);
    else
        put_name(w, e->text);
    buf_putc(w->out, '(');
    if (e->arg_count == 0 && (w->sql ? e->star : str_eqz(e->text, "COUNT")))
        buf_putc(w->out, '*');
    put_exprs(w, e->args, e->arg_count);
    buf_putc(w->out, ')');
}

static void put_column(const printer *w, const ast_expr *e)
{
    if (e->qual.n) {
        put_name(w, e->qual);
        buf_putc(w->out, '.');
    }
    put_name(w, e->text);
}

static void put_lambda(const printer *w, const ast_expr *e)
{
    buf_putc(w->out, '(');
    for (uint32_t i = 0; i < e->name_count; i++) {
        if (i)
            buf_putz(w->out, ", ");
        put_name(w, e->names[i]);
    }
    buf_putz(w->out, ") => ");
    put_expr(w, e->args[0]);
}

static void put_map(const printer *w, const ast_expr *e)
{
    buf_putz(w->out, "MAP(");
    for (uint32_t i = 0; i + 1 < e->arg_count; i += 2) {
        if (i)
            buf_putz(w->out, ", ");
        put_expr(w, e->args[i]);
        buf_putz(w->out, ":=");
        put_expr(w, e->args[i + 1]);
    }
    buf_putc(w->out, ')');
}

static void put_struct(const printer *w, const ast_expr *e)
{
    buf_putz(w->out, "STRUCT(");
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (i)
            buf_putz(w->out, ", ");
        put_name(w, e->names[i]);
        buf_putz(w->out, ":=");
        put_expr(w, e->args[i]);
    }
    buf_putc(w->out, ')');
}

static void put_case(const printer *w, const ast_expr *e)
{
    uint32_t i = 0;
    buf_putz(w->out, "(CASE");
    if (e->kind == EX_SIMPLE_CASE) {
        buf_putc(w->out, ' ');
        put_expr(w, e->args[i++]);
    }
    for (; i + 1 < e->arg_count; i += 2) {
        buf_putz(w->out, " WHEN ");
        put_expr(w, e->args[i]);
        buf_putz(w->out, " THEN ");
        put_expr(w, e->args[i + 1]);
    }
    if (i < e->arg_count) {
        buf_putz(w->out, " ELSE ");
        put_expr(w, e->args[i]);
    }
    buf_putz(w->out, " END)");
}

static void put_infix(const printer *w, const ast_expr *e, const char *op)
{
    buf_putc(w->out, '(');
    put_expr(w, e->args[0]);
    buf_putc(w->out, ' ');
    buf_putz(w->out, op);
    buf_putc(w->out, ' ');
    put_expr(w, e->args[1]);
    buf_putc(w->out, ')');
}

static void put_postfix(const printer *w, const ast_expr *e, const char *op)
{
    buf_putc(w->out, '(');
    put_expr(w, e->args[0]);
    buf_putz(w->out, op);
}

static const char *const op_text[] = {
    [OP_ADD] = "+", [OP_SUB] = "-", [OP_MUL] = "*", [OP_DIV] = "/", [OP_MOD] = "%", [OP_EQ] = "=",
    [OP_NE] = "<>", [OP_LT] = "<",  [OP_LE] = "<=", [OP_GT] = ">",  [OP_GE] = ">=", [OP_DISTINCT] = "IS DISTINCT FROM",
};

static void put_subscript(const printer *w, const ast_expr *e)
{
    const ast_expr *base = e->args[0];
    if (w->sql && base->kind == EX_COLUMN && base->qual.n == 0 && str_eqz(base->text, "ARRAY"))
        print_ticked(w->out, base->text); /* ARRAY[ would be a constructor */
    else
        put_base(w, base);
    buf_putc(w->out, '[');
    put_expr(w, e->args[1]);
    buf_putc(w->out, ']');
}

static void put_expr(const printer *w, const ast_expr *e)
{
    buf *out = w->out;
    switch (e->kind) {
    case EX_NULL:
        buf_putz(out, "null");
        break;
    case EX_BOOL:
        buf_putz(out, e->ival ? "true" : "false");
        break;
    case EX_INT:
    case EX_BIGINT:
        buf_printf(out, "%lld", (long long)e->ival);
        break;
    case EX_DECIMAL:
        put_decimal(w, e->text);
        break;
    case EX_DOUBLE:
        put_double(out, e->dval);
        break;
    case EX_STRING:
        print_string(out, e->text);
        break;
    case EX_INTERVAL_UNIT:
        buf_puts(out, e->text);
        break;
    case EX_COLUMN:
    case EX_LAMBDA_VAR:
        put_column(w, e);
        break;
    case EX_CALL:
        put_call(w, e);
        break;
    case EX_LAMBDA:
        put_lambda(w, e);
        break;
    case EX_CAST:
        buf_putz(out, "CAST(");
        put_expr(w, e->args[0]);
        buf_putz(out, " AS ");
        put_type(w, e->type);
        buf_putc(out, ')');
        break;
    case EX_ARRAY:
        buf_putz(out, "ARRAY[");
        put_exprs(w, e->args, e->arg_count);
        buf_putc(out, ']');
        break;
    case EX_MAP:
        put_map(w, e);
        break;
    case EX_STRUCT:
        put_struct(w, e);
        break;
    case EX_TYPE_CTOR:
        put_name(w, e->text);
        buf_putc(out, ' ');
        put_expr(w, e->args[0]);
        break;
    case EX_SUBSCRIPT:
        put_subscript(w, e);
        break;
    case EX_DEREF:
        put_base(w, e->args[0]);
        buf_putz(out, "->");
        put_name(w, e->text);
        break;
    case EX_STRUCT_STAR:
        put_base(w, e->args[0]);
        buf_putz(out, "->*");
        break;
    case EX_NEG:
    case EX_POS:
        put_sign(w, e);
        break;
    case EX_ARITH:
    case EX_COMPARE:
        put_infix(w, e, op_text[e->op]);
        break;
    case EX_AND:
        put_infix(w, e, "AND");
        break;
    case EX_OR:
        put_infix(w, e, "OR");
        break;
    case EX_NOT:
        buf_putz(out, "(NOT ");
        put_expr(w, e->args[0]);
        buf_putc(out, ')');
        break;
    case EX_IS_NULL:
        put_postfix(w, e, " IS NULL)");
        break;
    case EX_IS_NOT_NULL:
        put_postfix(w, e, " IS NOT NULL)");
        break;
    case EX_BETWEEN:
        put_postfix(w, e, " BETWEEN ");
        put_expr(w, e->args[1]);
        buf_putz(out, " AND ");
        put_expr(w, e->args[2]);
        buf_putc(out, ')');
        break;
    case EX_IN:
        put_postfix(w, e, " IN (");
        put_exprs(w, e->args + 1, e->arg_count - 1);
        buf_putz(out, "))");
        break;
    case EX_LIKE:
        put_postfix(w, e, " LIKE ");
        put_expr(w, e->args[1]);
        if (e->text.n) {
            buf_putz(out, " ESCAPE ");
            print_string(out, e->text);
        }
        buf_putc(out, ')');
        break;
    case EX_CASE:
    case EX_SIMPLE_CASE:
        put_case(w, e);
        break;
    case EX_AT_TIME_ZONE:
        put_base(w, e->args[0]);
        buf_putz(out, " AT TIME ZONE ");
        print_string(out, e->text);
        break;
    }
}

void print_expr(buf *out, const ast_expr *e)
{
    put_expr(&(printer){out, false}, e);
}

void print_expr_sql(buf *out, const ast_expr *e)
{
    put_expr(&(printer){out, true}, e);
}

str print_expr_text(arena *a, const ast_expr *e)
{
    buf b = BUF_INIT(BUF_MAX);
    print_expr(&b, e);
    str s = str_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}
