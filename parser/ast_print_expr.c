/* Expressions and types back to text, in two forms: as error texts show them (names never quoted),
 * and as SQL that parses to the same tree. */
#include "parser/parse_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct printer {
    buf *out;
    bool sql; /* names quoted where they need it */
} printer;

static void put_expr(const printer *w, const ast_expr *e);

/* ---- names */

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

/* One function of the table below. words: of the row. */
#define PUT(name) static void name(const printer *w, const ast_expr *e, __attribute__((unused)) const char *words)

PUT(put_null)
{
    (void)e;
    buf_putz(w->out, words);
}

PUT(put_bool)
{
    buf_putz(w->out, e->ival ? "true" : "false");
}

PUT(put_int)
{
    buf_printf(w->out, "%lld", (long long)e->ival);
}

PUT(put_decimal)
{
    bool bare = !w->sql && str_ends(e->text, STR("."));
    buf_put(w->out, e->text.p, e->text.n - (bare ? 1 : 0));
}

/* ksqlDB's scientific form of the shortest digits that read back as the same number: 1.23E-4 */
PUT(put_double)
{
    char s[40];
    for (int digits = 0; digits <= 16; digits++) {
        snprintf(s, sizeof s, "%.*e", digits, e->dval);
        if (strtod(s, NULL) == e->dval)
            break;
    }
    char *exponent = strchr(s, 'e');
    if (exponent == NULL) {
        buf_putz(w->out, s);
        return;
    }
    buf_put(w->out, s, (size_t)(exponent - s));
    buf_printf(w->out, "E%ld", strtol(exponent + 1, NULL, 10));
}

PUT(put_text)
{
    print_string(w->out, e->text);
}

PUT(put_unit)
{
    buf_puts(w->out, e->text);
}

PUT(put_column)
{
    if (e->qual.n) {
        put_name(w, e->qual);
        buf_putc(w->out, '.');
    }
    put_name(w, e->text);
}

PUT(put_call)
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

PUT(put_lambda)
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

PUT(put_cast)
{
    buf_putz(w->out, "CAST(");
    put_expr(w, e->args[0]);
    buf_putz(w->out, " AS ");
    put_type(w, e->type);
    buf_putc(w->out, ')');
}

PUT(put_array)
{
    buf_putz(w->out, "ARRAY[");
    put_exprs(w, e->args, e->arg_count);
    buf_putc(w->out, ']');
}

PUT(put_map)
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

PUT(put_struct)
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

PUT(put_type_ctor)
{
    put_name(w, e->text);
    buf_putc(w->out, ' ');
    put_expr(w, e->args[0]);
}

PUT(put_subscript)
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

PUT(put_deref)
{
    put_base(w, e->args[0]);
    buf_putz(w->out, words);
    put_name(w, e->text);
}

PUT(put_struct_star)
{
    put_base(w, e->args[0]);
    buf_putz(w->out, words);
}

PUT(put_sign)
{
    const ast_expr *arg = e->args[0];
    buf_putz(w->out, words);
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

PUT(put_infix)
{
    buf_putc(w->out, '(');
    put_expr(w, e->args[0]);
    buf_putz(w->out, words);
    put_expr(w, e->args[1]);
    buf_putc(w->out, ')');
}

PUT(put_operator)
{
    static const char *const signs[] = {
        [OP_ADD] = " + ", [OP_SUB] = " - ", [OP_MUL] = " * ", [OP_DIV] = " / ",
        [OP_MOD] = " % ", [OP_EQ] = " = ",  [OP_NE] = " <> ", [OP_LT] = " < ",
        [OP_LE] = " <= ", [OP_GT] = " > ",  [OP_GE] = " >= ", [OP_DISTINCT] = " IS DISTINCT FROM ",
    };
    put_infix(w, e, signs[e->op]);
}

PUT(put_not)
{
    buf_putz(w->out, words);
    put_expr(w, e->args[0]);
    buf_putc(w->out, ')');
}

PUT(put_is_null)
{
    buf_putc(w->out, '(');
    put_expr(w, e->args[0]);
    buf_putz(w->out, words);
}

PUT(put_between)
{
    buf_putc(w->out, '(');
    put_expr(w, e->args[0]);
    buf_putz(w->out, " BETWEEN ");
    put_expr(w, e->args[1]);
    buf_putz(w->out, " AND ");
    put_expr(w, e->args[2]);
    buf_putc(w->out, ')');
}

PUT(put_in)
{
    buf_putc(w->out, '(');
    put_expr(w, e->args[0]);
    buf_putz(w->out, " IN (");
    put_exprs(w, e->args + 1, e->arg_count - 1);
    buf_putz(w->out, "))");
}

PUT(put_like)
{
    buf_putc(w->out, '(');
    put_expr(w, e->args[0]);
    buf_putz(w->out, " LIKE ");
    put_expr(w, e->args[1]);
    if (e->text.n) {
        buf_putz(w->out, " ESCAPE ");
        print_string(w->out, e->text);
    }
    buf_putc(w->out, ')');
}

PUT(put_case)
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

PUT(put_time_zone)
{
    put_base(w, e->args[0]);
    buf_putz(w->out, " AT TIME ZONE ");
    print_string(w->out, e->text);
}

static const struct {
    void (*put)(const printer *w, const ast_expr *e, const char *words);
    const char *words;
} printers[] = {
    [EX_NULL] = {put_null, "null"},
    [EX_BOOL] = {put_bool, NULL},
    [EX_INT] = {put_int, NULL},
    [EX_BIGINT] = {put_int, NULL},
    [EX_DECIMAL] = {put_decimal, NULL},
    [EX_DOUBLE] = {put_double, NULL},
    [EX_STRING] = {put_text, NULL},
    [EX_INTERVAL_UNIT] = {put_unit, NULL},
    [EX_COLUMN] = {put_column, NULL},
    [EX_LAMBDA_VAR] = {put_column, NULL},
    [EX_CALL] = {put_call, NULL},
    [EX_LAMBDA] = {put_lambda, NULL},
    [EX_CAST] = {put_cast, NULL},
    [EX_ARRAY] = {put_array, NULL},
    [EX_MAP] = {put_map, NULL},
    [EX_STRUCT] = {put_struct, NULL},
    [EX_TYPE_CTOR] = {put_type_ctor, NULL},
    [EX_SUBSCRIPT] = {put_subscript, NULL},
    [EX_DEREF] = {put_deref, "->"},
    [EX_STRUCT_STAR] = {put_struct_star, "->*"},
    [EX_NEG] = {put_sign, "-"},
    [EX_POS] = {put_sign, "+"},
    [EX_ARITH] = {put_operator, NULL},
    [EX_COMPARE] = {put_operator, NULL},
    [EX_AND] = {put_infix, " AND "},
    [EX_OR] = {put_infix, " OR "},
    [EX_NOT] = {put_not, "(NOT "},
    [EX_IS_NULL] = {put_is_null, " IS NULL)"},
    [EX_IS_NOT_NULL] = {put_is_null, " IS NOT NULL)"},
    [EX_BETWEEN] = {put_between, NULL},
    [EX_IN] = {put_in, NULL},
    [EX_LIKE] = {put_like, NULL},
    [EX_CASE] = {put_case, NULL},
    [EX_SIMPLE_CASE] = {put_case, NULL},
    [EX_AT_TIME_ZONE] = {put_time_zone, NULL},
};

static void put_expr(const printer *w, const ast_expr *e)
{
    assert(e->kind < sizeof printers / sizeof *printers);
    printers[e->kind].put(w, e, printers[e->kind].words);
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
