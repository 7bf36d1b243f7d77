#include "engine/expr/eval.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/expr/cast.h"
#include "engine/expr/text_build.h"
#include "engine/types/decimal.h"

value ectx_fail(ectx *cx, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(cx->err, sizeof cx->err, fmt, ap);
    va_end(ap);
    return VALUE_ERR;
}

value ev_literal(const xnode *x, ectx *cx)
{
    (void)cx;
    return x->lit;
}

value ev_column(const xnode *x, ectx *cx)
{
    return cx->row[x->slot];
}

value ev_var(const xnode *x, ectx *cx)
{
    return cx->vars[x->slot];
}

value ev_catch(const xnode *x, ectx *cx)
{
    value v = xnode_eval(x->args[0], cx);
    if (v.state != V_ERR)
        return v;
    if (cx->on_nested_error)
        cx->on_nested_error(cx->on_ctx, x->lit.p, cx->err);
    return VALUE_NULL;
}

/* ---- arithmetic */

static value null_operand(ectx *cx)
{
    return ectx_fail(cx, "arithmetic on a NULL operand");
}

#define OPERANDS                                        \
    value l = xnode_eval(x->args[0], cx);               \
    if (__builtin_expect(l.state != V_OK, 0))           \
        return l.state == V_ERR ? l : null_operand(cx); \
    value r = xnode_eval(x->args[1], cx);               \
    if (__builtin_expect(r.state != V_OK, 0))           \
        return r.state == V_ERR ? r : null_operand(cx);

#define ARITH(name, result)                     \
    static value name(const xnode *x, ectx *cx) \
    {                                           \
        OPERANDS                                \
        return result;                          \
    }

/* Two's complement wrap, in 32 and 64 bits. */
#define WRAP32(e) value_i((int32_t)(uint32_t)(e))
#define U(v) ((uint64_t)(v).i)
ARITH(int_add, WRAP32(U(l) + U(r)))
ARITH(int_sub, WRAP32(U(l) - U(r)))
ARITH(int_mul, WRAP32(U(l) * U(r)))
ARITH(int_div, r.i == 0 ? ectx_fail(cx, "/ by zero") : WRAP32((uint64_t)(l.i / r.i)))
ARITH(int_mod, r.i == 0 ? ectx_fail(cx, "/ by zero") : value_i(r.i == -1 ? 0 : l.i % r.i))
ARITH(long_add, value_i((int64_t)(U(l) + U(r))))
ARITH(long_sub, value_i((int64_t)(U(l) - U(r))))
ARITH(long_mul, value_i((int64_t)(U(l) * U(r))))
ARITH(long_div, r.i == 0 ? ectx_fail(cx, "/ by zero") : r.i == -1 ? value_i((int64_t)(0 - U(l))) : value_i(l.i / r.i))
ARITH(long_mod, r.i == 0 ? ectx_fail(cx, "/ by zero") : value_i(r.i == -1 ? 0 : l.i % r.i))
ARITH(double_add, value_d(l.d + r.d))
ARITH(double_sub, value_d(l.d - r.d))
ARITH(double_mul, value_d(l.d *r.d))
ARITH(double_div, value_d(l.d / r.d))
ARITH(double_mod, value_d(fmod(l.d, r.d)))

static value decimal_op(const xnode *x, ectx *cx, char op, value l, value r)
{
    value          out;
    const xnode  **a = x->args;
    const int32_t *p = &x->type->precision;
    if (decimal_arith(cx->a, op, l, a[0]->type->scale, r, a[1]->type->scale, *p, x->type->scale, &out))
        return out;
    if ((op == '/' || op == '%') && decimal_sign(r) == 0)
        return ectx_fail(cx, "/ by zero");
    return ectx_fail(cx, "Rounding necessary");
}

ARITH(dec_add, decimal_op(x, cx, '+', l, r))
ARITH(dec_sub, decimal_op(x, cx, '-', l, r))
ARITH(dec_mul, decimal_op(x, cx, '*', l, r))
ARITH(dec_div, decimal_op(x, cx, '/', l, r))
ARITH(dec_mod, decimal_op(x, cx, '%', l, r))

xeval ev_arith(ast_op op, arith_class c)
{
    static const xeval table[4][5] = {
        {int_add, int_sub, int_mul, int_div, int_mod},
        {long_add, long_sub, long_mul, long_div, long_mod},
        {double_add, double_sub, double_mul, double_div, double_mod},
        {dec_add, dec_sub, dec_mul, dec_div, dec_mod},
    };
    return table[c][op - OP_ADD];
}

#define NEGATE(name, result)                                \
    static value name(const xnode *x, ectx *cx)             \
    {                                                       \
        value v = xnode_eval(x->args[0], cx);               \
        if (v.state != V_OK)                                \
            return v.state == V_ERR ? v : null_operand(cx); \
        return result;                                      \
    }
NEGATE(int_negate, WRAP32(0 - U(v)))
NEGATE(long_negate, value_i((int64_t)(0 - U(v))))
NEGATE(double_negate, value_d(-v.d))
NEGATE(dec_negate, decimal_negate(cx->a, v))

xeval ev_negate(arith_class c)
{
    static const xeval table[] = {int_negate, long_negate, double_negate, dec_negate};
    return table[c];
}

static value concat(ectx *cx, str l, str r)
{
    size_t n = (size_t)l.n + r.n;
    char  *p = text_room(cx, n);
    if (p == NULL)
        return VALUE_ERR;
    if (l.n)
        memcpy(p, l.p, l.n);
    if (r.n)
        memcpy(p + l.n, r.p, r.n);
    return value_s(str_make(p, n));
}

value ev_concat(const xnode *x, ectx *cx)
{
    value l = xnode_eval(x->args[0], cx), r;
    if (l.state == V_ERR || (r = xnode_eval(x->args[1], cx)).state == V_ERR)
        return VALUE_ERR;
    return concat(cx, l.state == V_OK ? value_str(l) : STR("null"), r.state == V_OK ? value_str(r) : STR("null"));
}

/* ---- comparison */

#define COMPARE(name, cond)                               \
    static value name(const xnode *x, ectx *cx)           \
    {                                                     \
        value l = xnode_eval(x->args[0], cx);             \
        if (__builtin_expect(l.state != V_OK, 0))         \
            return l.state == V_ERR ? l : value_b(false); \
        value r = xnode_eval(x->args[1], cx);             \
        if (__builtin_expect(r.state != V_OK, 0))         \
            return r.state == V_ERR ? r : value_b(false); \
        return value_b(cond);                             \
    }

COMPARE(long_eq, l.i == r.i)
COMPARE(long_ne, l.i != r.i)
COMPARE(long_lt, l.i < r.i)
COMPARE(long_le, l.i <= r.i)
COMPARE(long_gt, l.i > r.i)
COMPARE(long_ge, l.i >= r.i)
COMPARE(double_eq, l.d == r.d)
COMPARE(double_ne, l.d<r.d || l.d> r.d) /* NaN makes every operator false */
COMPARE(double_lt, l.d < r.d)
COMPARE(double_le, l.d <= r.d)
COMPARE(double_gt, l.d > r.d)
COMPARE(double_ge, l.d >= r.d)

/* An operand of a decimal comparison: a DECIMAL, an integer, or a DOUBLE through its text. */
static int number_compare(const xnode *x, ectx *cx, value l, value r, bool *nan)
{
    const type *lt = x->args[0]->type, *rt = x->args[1]->type;
    int32_t     ls = lt->kind == T_DECIMAL ? lt->scale : 0, rs = rt->kind == T_DECIMAL ? rt->scale : 0;
    *nan = (lt->kind == T_DOUBLE && !isfinite(l.d)) || (rt->kind == T_DOUBLE && !isfinite(r.d));
    if (*nan)
        return 0;
    if (lt->kind == T_DOUBLE)
        l = decimal_from_double(cx->a, l.d, &ls);
    if (rt->kind == T_DOUBLE)
        r = decimal_from_double(cx->a, r.d, &rs);
    return decimal_compare(l, ls, r, rs);
}

static bool decimal_is(const xnode *x, ectx *cx, value l, value r, ast_op op)
{
    bool nan;
    int  c = number_compare(x, cx, l, r, &nan);
    if (nan)
        return false;
    return op == OP_EQ   ? c == 0
           : op == OP_NE ? c != 0
           : op == OP_LT ? c < 0
           : op == OP_LE ? c <= 0
           : op == OP_GT ? c > 0
                         : c >= 0;
}
COMPARE(decimal_eq, decimal_is(x, cx, l, r, OP_EQ))
COMPARE(decimal_ne, decimal_is(x, cx, l, r, OP_NE))
COMPARE(decimal_lt, decimal_is(x, cx, l, r, OP_LT))
COMPARE(decimal_le, decimal_is(x, cx, l, r, OP_LE))
COMPARE(decimal_gt, decimal_is(x, cx, l, r, OP_GT))
COMPARE(decimal_ge, decimal_is(x, cx, l, r, OP_GE))
COMPARE(string_eq, str_eq(value_str(l), value_str(r)))
COMPARE(string_ne, !str_eq(value_str(l), value_str(r)))
COMPARE(string_lt, str_cmp_utf16(value_str(l), value_str(r)) < 0)
COMPARE(string_le, str_cmp_utf16(value_str(l), value_str(r)) <= 0)
COMPARE(string_gt, str_cmp_utf16(value_str(l), value_str(r)) > 0)
COMPARE(string_ge, str_cmp_utf16(value_str(l), value_str(r)) >= 0)
COMPARE(any_eq, value_equal(x->args[0]->type, l, r))
COMPARE(any_ne, !value_equal(x->args[0]->type, l, r))
COMPARE(any_lt, value_compare(x->args[0]->type, l, r) < 0)
COMPARE(any_le, value_compare(x->args[0]->type, l, r) <= 0)
COMPARE(any_gt, value_compare(x->args[0]->type, l, r) > 0)
COMPARE(any_ge, value_compare(x->args[0]->type, l, r) >= 0)

xeval ev_compare(ast_op op, compare_class c)
{
    static const xeval table[5][6] = {
        {long_eq, long_ne, long_lt, long_le, long_gt, long_ge},
        {double_eq, double_ne, double_lt, double_le, double_gt, double_ge},
        {decimal_eq, decimal_ne, decimal_lt, decimal_le, decimal_gt, decimal_ge},
        {string_eq, string_ne, string_lt, string_le, string_gt, string_ge},
        {any_eq, any_ne, any_lt, any_le, any_gt, any_ge},
    };
    return table[c][op - OP_EQ];
}

/* True iff exactly one side is NULL, or both are there and differ. */
#define DISTINCT(name, differs)                                                  \
    value name(const xnode *x, ectx *cx)                                         \
    {                                                                            \
        value l = xnode_eval(x->args[0], cx), r;                                 \
        if (l.state == V_ERR || (r = xnode_eval(x->args[1], cx)).state == V_ERR) \
            return VALUE_ERR;                                                    \
        if (l.state != r.state || l.state == V_NULL)                             \
            return value_b(l.state != r.state);                                  \
        return value_b(differs);                                                 \
    }
DISTINCT(ev_distinct, !value_equal(x->args[0]->type, l, r))
DISTINCT(ev_distinct_number, !decimal_is(x, cx, l, r, OP_EQ))

/* ---- logic */

static value null_boolean(ectx *cx)
{
    return ectx_fail(cx, "a NULL where a boolean is needed");
}

/* Of the conditions args[first] and args[first + 1] the first that is `decisive` decides. */
static inline value decide(const xnode *x, ectx *cx, uint32_t first, bool decisive)
{
    for (uint32_t i = first; i < first + 2; i++) {
        value v = xnode_eval(x->args[i], cx);
        if (v.state != V_OK)
            return v.state == V_ERR ? v : null_boolean(cx);
        if ((v.i != 0) == decisive)
            return v;
    }
    return value_b(!decisive);
}

value ev_and(const xnode *x, ectx *cx)
{
    return decide(x, cx, 0, false);
}

value ev_or(const xnode *x, ectx *cx)
{
    return decide(x, cx, 0, true);
}

value ev_between(const xnode *x, ectx *cx)
{
    value v = xnode_eval(x->args[0], cx);
    if (v.state == V_ERR)
        return v;
    cx->vars[x->slot] = v;
    return decide(x, cx, 1, false);
}

value ev_not(const xnode *x, ectx *cx)
{
    value v = xnode_eval(x->args[0], cx);
    if (v.state != V_OK)
        return v.state == V_ERR ? v : null_boolean(cx);
    return value_b(!v.i);
}

value ev_is_null(const xnode *x, ectx *cx)
{
    value v = xnode_eval(x->args[0], cx);
    return v.state == V_ERR ? v : value_b(v.state == V_NULL);
}

value ev_is_not_null(const xnode *x, ectx *cx)
{
    value v = xnode_eval(x->args[0], cx);
    return v.state == V_ERR ? v : value_b(v.state != V_NULL);
}

value ev_in(const xnode *x, ectx *cx)
{
    value v = xnode_eval(x->args[0], cx);
    if (v.state != V_OK)
        return v.state == V_ERR ? v : value_b(false);
    for (uint32_t i = 1; i < x->arg_count; i++) {
        value e = xnode_eval(x->args[i], cx);
        if (e.state == V_ERR)
            return e;
        if (e.state == V_OK && value_equal(x->args[0]->type, v, e))
            return value_b(true);
    }
    return value_b(false);
}

/* WHEN args[i] THEN args[i + 1] ... [ELSE] */
static inline value choose(const xnode *x, ectx *cx, uint32_t i)
{
    for (; i + 1 < x->arg_count; i += 2) {
        value v = xnode_eval(x->args[i], cx);
        if (v.state == V_ERR)
            return v;
        if (v.state == V_OK && v.i)
            return xnode_eval(x->args[i + 1], cx);
    }
    return i < x->arg_count ? xnode_eval(x->args[i], cx) : VALUE_NULL;
}

value ev_case(const xnode *x, ectx *cx)
{
    return choose(x, cx, 0);
}

value ev_simple_case(const xnode *x, ectx *cx)
{
    value v = xnode_eval(x->args[0], cx);
    if (v.state == V_ERR)
        return v;
    cx->vars[x->slot] = v;
    return choose(x, cx, 1);
}

/* ---- LIKE */

/* Whole-string match by backtracking to the last %: linear in practice, quadratic at worst. Neither
 * wildcard matches a line feed or carriage return (the reference's regex has no DOTALL). */
static bool no_newline(char c)
{
    return c != '\n' && c != '\r';
}

static uint32_t char_bytes(str s, uint32_t at)
{
    uint8_t  b = (uint8_t)s.p[at];
    uint32_t n = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
    return n < s.n - at ? n : s.n - at;
}

static bool like_match(str s, str p, str esc)
{
    uint32_t si = 0, pi = 0, star_p = UINT32_MAX, star_s = 0;
    while (si < s.n || pi < p.n) {
        if (pi < p.n) {
            bool escaped = esc.n && p.n - pi > esc.n && memcmp(p.p + pi, esc.p, esc.n) == 0;
            if (!escaped && p.p[pi] == '%') {
                star_p = ++pi;
                star_s = si;
                continue;
            }
            if (si < s.n) {
                uint32_t at = escaped ? pi + esc.n : pi;
                uint32_t pn = char_bytes(p, at);
                if (!escaped && p.p[at] == '_') {
                    if (no_newline(s.p[si])) {
                        si += char_bytes(s, si);
                        pi = at + 1;
                        continue;
                    }
                } else if (s.n - si >= pn && memcmp(s.p + si, p.p + at, pn) == 0) {
                    si += pn;
                    pi = at + pn;
                    continue;
                }
            }
        }
        if (star_p == UINT32_MAX || star_s >= s.n || !no_newline(s.p[star_s]))
            return false;
        star_s += char_bytes(s, star_s);
        si = star_s;
        pi = star_p;
    }
    return true;
}

value ev_like(const xnode *x, ectx *cx)
{
    value s = xnode_eval(x->args[0], cx), p;
    if (s.state == V_ERR || (p = xnode_eval(x->args[1], cx)).state == V_ERR)
        return VALUE_ERR;
    if (s.state != V_OK || p.state != V_OK)
        return ectx_fail(cx, "LIKE on a NULL operand");
    str esc = x->lit.state == V_OK ? value_str(x->lit) : STR_NONE;
    if (esc.n && str_ends(value_str(p), esc)) {
        uint32_t run = 0; /* an even run of escapes at the end escapes itself */
        str      t = value_str(p);
        for (; str_ends(t, esc); t.n -= esc.n)
            run++;
        if (run % 2)
            return ectx_fail(cx, "LIKE pattern must not end with escape character");
    }
    return value_b(like_match(value_str(s), value_str(p), esc));
}

/* ---- casts, constructors, access */

value ev_cast(const xnode *x, ectx *cx)
{
    value v = xnode_eval(x->args[0], cx), out;
    if (v.state != V_OK)
        return v;
    cast_fn f = (cast_fn)x->state;
    return f(cx, x->args[0]->type, v, x->type, &out) ? out : VALUE_ERR;
}

value ev_cast_whole(const xnode *x, ectx *cx)
{
    bool outer = cx->cast_whole;
    cx->cast_whole = true;
    value v = ev_cast(x, cx);
    cx->cast_whole = outer;
    return v;
}

value ev_null_text(const xnode *x, ectx *cx)
{
    value v = xnode_eval(x->args[0], cx);
    return v.state == V_NULL ? value_s(STR("null")) : v;
}

value ev_int_to_double(const xnode *x, ectx *cx)
{
    value v = xnode_eval(x->args[0], cx);
    return v.state == V_OK ? value_d((double)v.i) : v;
}

static bool eval_all(const xnode *x, ectx *cx, value *out)
{
    for (uint32_t i = 0; i < x->arg_count; i++) {
        out[i] = xnode_eval(x->args[i], cx);
        if (out[i].state == V_ERR)
            return false;
    }
    return true;
}

value ev_array(const xnode *x, ectx *cx)
{
    value *e = arena_alloc(cx->a, x->arg_count * sizeof *e);
    return eval_all(x, cx, e) ? value_v(e, x->arg_count) : VALUE_ERR;
}

value ev_struct(const xnode *x, ectx *cx)
{
    return ev_array(x, cx);
}

/* Of equal keys the last wins. */
value ev_map(const xnode *x, ectx *cx)
{
    value *e = arena_alloc(cx->a, x->arg_count * sizeof *e);
    if (!eval_all(x, cx, e))
        return VALUE_ERR;
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->arg_count / 2; i++) {
        uint32_t k = 0;
        while (k < n && !value_equal(x->type->key, e[2 * k], e[2 * i]))
            k++;
        e[2 * k] = e[2 * i];
        e[2 * k + 1] = e[2 * i + 1];
        if (k == n)
            n++;
    }
    return value_v(e, n);
}

value ev_index(const xnode *x, ectx *cx)
{
    value b = xnode_eval(x->args[0], cx), i;
    if (b.state == V_ERR || (i = xnode_eval(x->args[1], cx)).state == V_ERR)
        return VALUE_ERR;
    if (b.state != V_OK)
        return VALUE_NULL;
    if (i.state != V_OK)
        return ectx_fail(cx, "NULL array index");
    int64_t k = i.i > 0 ? i.i - 1 : i.i < 0 ? (int64_t)b.n + i.i : -1;
    return k >= 0 && k < b.n ? b.v[k] : VALUE_NULL;
}

value ev_map_get(const xnode *x, ectx *cx)
{
    value b = xnode_eval(x->args[0], cx), k;
    if (b.state == V_ERR || (k = xnode_eval(x->args[1], cx)).state == V_ERR)
        return VALUE_ERR;
    if (b.state != V_OK)
        return VALUE_NULL;
    const value *v = value_map_get(x->args[0]->type, b, k);
    return v ? *v : VALUE_NULL;
}

value ev_field(const xnode *x, ectx *cx)
{
    value b = xnode_eval(x->args[0], cx);
    return b.state == V_OK ? b.v[x->slot] : b;
}
