/* From a syntax tree to typed closures: each ast_kind has one function in the table at the end. */
#include "engine/compile/compile_int.h"
#include "engine/compile/name_index.h"

#include <assert.h>

#include "engine/compile/unify.h"
#include "engine/expr/eval.h"
#include "engine/types/decimal.h"
#include "parser/parser.h"

static xnode *node(xc *c, xeval eval, const type *t, uint32_t args)
{
    return xnode_new(c->a, XN_OPERATOR, eval, t, args);
}

bool take_slot(xc *c, uint32_t *slot)
{
    if (c->slots_used == EXPR_VARS_MAX)
        return status_set(c->st, ST_SQL,
                          "Too many lambda arguments and operands of CASE and BETWEEN within one another; at most "
                          "%d are possible.",
                          EXPR_VARS_MAX);
    *slot = c->slots_used++;
    return true;
}

void give_slots(xc *c, uint32_t first)
{
    assert(first < c->slots_used);
    c->slots_used = first;
}

const xnode *caught(xc *c, const xnode *x, const char *what)
{
    if (!c->opt.catch_nested || x->kind == XN_LITERAL || x->kind == XN_COLUMN || x->kind == XN_CATCH)
        return x;
    xnode *n = xnode_new(c->a, XN_CATCH, ev_catch, x->type, 1);
    n->args[0] = x;
    n->lit = value_s(str_of(what));
    return n;
}

const xnode *cast_to(xc *c, const xnode *x, const type *t)
{
    return expr_cast(c->a, x, t, c->opt.catch_nested ? CAST_PARTS_NULL : CAST_PARTS_FAIL, c->st);
}

/* ---- literals and names */

static const xnode *comp_literal(xc *c, const ast_expr *e)
{
    const type *t;
    value       v = expr_literal_value(c->a, e, &t, c->st);
    return t ? expr_literal(c->a, t, v) : NULL;
}

static const xnode *comp_unit(xc *c, const ast_expr *e)
{
    return expr_literal(c->a, &type_null, value_s(e->text));
}

static const xnode *comp_column(xc *c, const ast_expr *e)
{
    const xscope *s = c->scope;
    uint32_t      i = s->index ? name_index_find(s->index, e->text) : 0;
    while (s->index == NULL && i < s->column_count && !str_eq(s->columns[i].name, e->text))
        i++;
    if (i < s->column_count)
        return expr_column(c->a, i, s->columns[i].type);
    return refuse(c, "Unknown column %.*s.", STR_FMT(e->text));
}

static const xnode *comp_var(xc *c, const ast_expr *e)
{
    for (uint32_t i = c->var_count; i-- > 0;)
        if (str_eq(c->vars[i].name, e->text))
            return expr_var(c->a, c->vars[i].slot, c->vars[i].type);
    return refuse(c, "Unknown lambda argument %.*s.", STR_FMT(e->text));
}

/* ---- arithmetic */

static void *arith_error(xc *c, const ast_expr *e, const type *l, const type *r)
{
    str text = print_expr_text(c->a, e);
    if (l->kind == T_NULL || r->kind == T_NULL)
        return refuse(c,
                      "Error processing expression: %.*s. Arithmetic on types %.*s and %.*s are not "
                      "supported.",
                      STR_FMT(text), STR_FMT(type_text(c->a, l)), STR_FMT(type_text(c->a, r)));
    return refuse(c, "Error processing expression: %.*s. Unsupported arithmetic types. %s %s", STR_FMT(text),
                  type_base(l), type_base(r));
}

static const type *decimal_result(xc *c, const ast_expr *e, const type *l, const type *r)
{
    int32_t p1, s1, p2, s2;
    int64_t p, s;
    type_as_decimal(l, &p1, &s1);
    type_as_decimal(r, &p2, &s2);
    int32_t smax = s1 > s2 ? s1 : s2, w1 = p1 - s1, w2 = p2 - s2;
    switch (e->op) {
    case OP_MUL:
        p = (int64_t)p1 + p2 + 1;
        s = (int64_t)s1 + s2;
        break;
    case OP_DIV:
        s = (int64_t)s1 + p2 + 1 > 6 ? (int64_t)s1 + p2 + 1 : 6;
        p = p1 - s1 + s2 + s;
        break;
    case OP_MOD:
        s = smax;
        p = (int64_t)(w1 < w2 ? w1 : w2) + smax;
        break;
    default:
        s = smax;
        p = (int64_t)(w1 > w2 ? w1 : w2) + smax + 1;
    }
    if (p <= DECIMAL_DIGITS_MAX && s <= DECIMAL_DIGITS_MAX)
        return type_decimal(c->a, (int32_t)p, (int32_t)s);
    /* Divisions within divisions double the digits at every level. */
    return refuse(c,
                  "Error processing expression: %.*s. Its type would be DECIMAL(%ld, %ld); at most %d digits "
                  "are possible.",
                  STR_FMT(print_expr_text(c->a, e)), p, s, DECIMAL_DIGITS_MAX);
}

static const xnode *comp_arith(xc *c, const ast_expr *e)
{
    const xnode *l = compile(c, e->args[0]);
    const xnode *r = l ? compile(c, e->args[1]) : NULL;
    if (r == NULL)
        return NULL;
    if (l->type->kind == T_STRING && r->type->kind == T_STRING && e->op == OP_ADD) {
        xnode *x = node(c, ev_concat, &type_string, 2);
        x->args[0] = l;
        x->args[1] = r;
        return x;
    }
    if (!type_is_number(l->type) || !type_is_number(r->type))
        return arith_error(c, e, l->type, r->type);
    bool        dbl = l->type->kind == T_DOUBLE || r->type->kind == T_DOUBLE;
    bool        dec = !dbl && (l->type->kind == T_DECIMAL || r->type->kind == T_DECIMAL);
    bool        big = l->type->kind == T_BIGINT || r->type->kind == T_BIGINT;
    arith_class cls = dbl ? AR_DOUBLE : dec ? AR_DECIMAL : big ? AR_LONG : AR_INT;
    const type *t = dbl   ? &type_double
                    : dec ? decimal_result(c, e, l->type, r->type)
                    : big ? &type_bigint
                          : &type_integer;
    if (t == NULL)
        return NULL;
    xnode *x = node(c, ev_arith(e->op, cls), t, 2);
    x->args[0] = dbl ? cast_to(c, l, &type_double) : l;
    x->args[1] = dbl ? cast_to(c, r, &type_double) : r;
    return x;
}

static const xnode *comp_sign(xc *c, const ast_expr *e)
{
    const xnode *a = compile(c, e->args[0]);
    if (a == NULL)
        return NULL;
    if (!type_is_number(a->type))
        return refuse(c,
                      e->kind == EX_NEG ? "Negation on unsupported type: %.*s" : "Unary plus on unsupported type: %.*s",
                      STR_FMT(type_text(c->a, a->type)));
    if (e->kind == EX_POS)
        return a;
    arith_class cls = a->type->kind == T_DOUBLE    ? AR_DOUBLE
                      : a->type->kind == T_DECIMAL ? AR_DECIMAL
                      : a->type->kind == T_BIGINT  ? AR_LONG
                                                   : AR_INT;
    xnode      *x = node(c, ev_negate(cls), a->type, 1);
    x->args[0] = a;
    return x;
}

/* ---- comparison */

static const char *const op_names[] = {
    [OP_EQ] = "EQUAL",
    [OP_NE] = "NOT_EQUAL",
    [OP_LT] = "LESS_THAN",
    [OP_LE] = "LESS_THAN_OR_EQUAL",
    [OP_GT] = "GREATER_THAN",
    [OP_GE] = "GREATER_THAN_OR_EQUAL",
    [OP_DISTINCT] = "IS_DISTINCT_FROM",
};
static const char *const op_signs[] = {
    [OP_EQ] = "=",
    [OP_NE] = "<>",
    [OP_LT] = "<",
    [OP_LE] = "<=",
    [OP_GT] = ">",
    [OP_GE] = ">=",
    [OP_DISTINCT] = "IS DISTINCT FROM",
};

static const char *base_or_null(const type *t)
{
    return t->kind == T_NULL ? "NULL" : type_base(t);
}

/* What both sides become before they are compared; NULL when they cannot be. */
static const type *compare_as(const type *l, const type *r, ast_op op, compare_class *cls)
{
    *cls = CP_ANY;
    if (type_is_number(l) && type_is_number(r)) {
        bool dec = l->kind == T_DECIMAL || r->kind == T_DECIMAL;
        bool dbl = l->kind == T_DOUBLE || r->kind == T_DOUBLE;
        *cls = dec ? CP_DECIMAL : dbl ? CP_DOUBLE : CP_LONG;
        return dec ? l : dbl ? &type_double : &type_bigint;
    }
    if (l->kind == T_STRING && r->kind == T_STRING) {
        *cls = CP_STRING;
        return l;
    }
    if ((type_is_temporal(l) || l->kind == T_STRING) && (type_is_temporal(r) || r->kind == T_STRING)) {
        *cls = CP_LONG;
        if (l->kind == T_STRING)
            return r;
        if (r->kind == T_STRING || l->kind == r->kind)
            return l;
        return l->kind == T_TIME || r->kind == T_TIME ? NULL : &type_timestamp;
    }
    if (l->kind == T_BYTES && r->kind == T_BYTES)
        return l;
    bool equality = op == OP_EQ || op == OP_NE || op == OP_DISTINCT;
    if (equality && l->kind == r->kind && (l->kind == T_BOOLEAN || type_is_nested(l))) {
        if (l->kind == T_BOOLEAN)
            *cls = CP_LONG;
        return l;
    }
    return NULL;
}

static const xnode *compare_nodes(xc *c, ast_op op, const ast_expr *le, const xnode *l, const ast_expr *re,
                                  const xnode *r)
{
    if (l->type->kind == T_NULL || r->type->kind == T_NULL)
        return refuse(c,
                      "Comparison with NULL not supported: %s %s %s\nUse 'IS NULL' or 'IS NOT NULL' "
                      "instead.",
                      base_or_null(l->type), op_signs[op], base_or_null(r->type));
    compare_class cls;
    const type   *t = compare_as(l->type, r->type, op, &cls);
    if (t == NULL)
        return refuse(c, "Cannot compare %.*s (%.*s) to %.*s (%.*s) with %s.", STR_FMT(print_expr_text(c->a, le)),
                      STR_FMT(type_text(c->a, l->type)), STR_FMT(print_expr_text(c->a, re)),
                      STR_FMT(type_text(c->a, r->type)), op_names[op]);
    if (cls != CP_DECIMAL && !type_is_nested(t)) {
        l = cast_to(c, l, t);
        r = cast_to(c, r, t);
    }
    xeval  ev = op == OP_DISTINCT ? (cls == CP_DECIMAL ? ev_distinct_number : ev_distinct) : ev_compare(op, cls);
    xnode *x = node(c, ev, &type_boolean, 2);
    x->args[0] = l;
    x->args[1] = r;
    return x;
}

static const xnode *comp_compare(xc *c, const ast_expr *e)
{
    const xnode *l = compile(c, e->args[0]);
    const xnode *r = l ? compile(c, e->args[1]) : NULL;
    return r ? compare_nodes(c, e->op, e->args[0], l, e->args[1], r) : NULL;
}

/* l <= v AND v <= r as one node; v: what stands for the operand on both sides. */
static xnode *between_nodes(xc *c, const ast_expr *e, const xnode *v, xeval eval, uint32_t first)
{
    const xnode *lo = compile(c, e->args[1]);
    const xnode *hi = lo ? compile(c, e->args[2]) : NULL;
    const xnode *l = hi ? compare_nodes(c, OP_GE, e->args[0], v, e->args[1], lo) : NULL;
    const xnode *r = l ? compare_nodes(c, OP_LE, e->args[0], v, e->args[2], hi) : NULL;
    if (r == NULL) {
        if (hi)
            c->st->code = ST_SQL_GEN;
        return NULL;
    }
    xnode *x = node(c, eval, &type_boolean, first + 2);
    x->args[first] = l;
    x->args[first + 1] = r;
    return x;
}

/* An operand that costs something is evaluated once, into a variable. */
static const xnode *comp_between(xc *c, const ast_expr *e)
{
    const xnode *v = compile(c, e->args[0]);
    if (v == NULL)
        return NULL;
    if (v->kind == XN_COLUMN || v->kind == XN_LITERAL || v->kind == XN_VAR)
        return between_nodes(c, e, v, ev_and, 0);
    uint32_t slot = 0;
    if (!take_slot(c, &slot))
        return NULL;
    xnode *x = between_nodes(c, e, expr_var(c->a, slot, v->type), ev_between, 1);
    give_slots(c, slot);
    if (x) {
        x->args[0] = v;
        x->slot = slot;
    }
    return x;
}

/* ---- logic */

static bool need_boolean(xc *c, const xnode *x, const ast_expr *e)
{
    if (x->type->kind == T_BOOLEAN)
        return true;
    return refuse_code(c, "%.*s is %.*s, not BOOLEAN", STR_FMT(print_expr_text(c->a, e)),
                       STR_FMT(type_text(c->a, x->type))) != NULL;
}

static const xnode *comp_logic(xc *c, const ast_expr *e)
{
    const xnode *l = compile(c, e->args[0]);
    const xnode *r = l ? compile(c, e->args[1]) : NULL;
    if (r == NULL || !need_boolean(c, l, e->args[0]) || !need_boolean(c, r, e->args[1]))
        return NULL;
    xnode *x = node(c, e->kind == EX_AND ? ev_and : ev_or, &type_boolean, 2);
    x->args[0] = l;
    x->args[1] = r;
    return x;
}

static const xnode *comp_not(xc *c, const ast_expr *e)
{
    const xnode *a = compile(c, e->args[0]);
    if (a == NULL || !need_boolean(c, a, e->args[0]))
        return NULL;
    xnode *x = node(c, ev_not, &type_boolean, 1);
    x->args[0] = a;
    return x;
}

static const xnode *comp_is_null(xc *c, const ast_expr *e)
{
    const xnode *a = compile(c, e->args[0]);
    if (a == NULL)
        return NULL;
    xnode *x = node(c, e->kind == EX_IS_NULL ? ev_is_null : ev_is_not_null, &type_boolean, 1);
    x->args[0] = a;
    return x;
}

static const xnode *comp_like(xc *c, const ast_expr *e)
{
    const xnode *s = compile(c, e->args[0]);
    const xnode *p = s ? compile(c, e->args[1]) : NULL;
    if (p == NULL)
        return NULL;
    if (s->type->kind != T_STRING || p->type->kind != T_STRING)
        return refuse_gen(c, "Like condition must be between strings");
    xnode *x = node(c, ev_like, &type_boolean, 2);
    x->args[0] = s;
    x->args[1] = p;
    x->lit = e->text.n ? value_s(e->text) : VALUE_NULL;
    return x;
}

/* ---- CASE, CAST */

/* The operand of CASE x WHEN ...: evaluated once into a variable, which stands on the left of every
 * comparison. */
static const xnode *comp_operand(xc *c, const ast_expr *e, xnode *x)
{
    const xnode *a = compile(c, e);
    if (a == NULL || !take_slot(c, &x->slot))
        return NULL;
    x->args[0] = a;
    return expr_var(c->a, x->slot, a->type);
}

/* What stands behind WHEN, as a condition. operand: of CASE x WHEN ..., else NULL. */
static const xnode *comp_when(xc *c, const ast_expr *e, const ast_expr *when, const xnode *operand)
{
    const xnode *a = compile(c, when);
    if (a == NULL)
        return NULL;
    if (operand)
        return compare_nodes(c, OP_EQ, e->args[0], operand, when, a);
    if (a->type->kind != T_BOOLEAN)
        return refuse(c, "WHEN operand type should be boolean.\nType for '%.*s' is %.*s",
                      STR_FMT(print_expr_text(c->a, when)), STR_FMT(type_text(c->a, a->type)));
    return a;
}

/* t: of the branches before, NULL when there is none yet. when: of a THEN branch, NULL for ELSE. */
static bool same_branch_type(xc *c, const type *t, const ast_expr *when, const ast_expr *then, const type *u)
{
    if (t == NULL || type_equal(t, u))
        return true;
    if (when == NULL)
        return status_set(c->st, ST_SQL,
                          "Invalid Case expression. Type for the default clause should be the same as for "
                          "'THEN' clauses.\nTHEN type: %.*s.\nDEFAULT type: %.*s.",
                          STR_FMT(type_text(c->a, t)), STR_FMT(type_text(c->a, u)));
    return status_set(c->st, ST_SQL,
                      "Invalid Case expression. Type for all 'THEN' clauses should be the same.\nTHEN "
                      "expression 'WHEN %.*s THEN %.*s' has type: %.*s.\nPrevious THEN expression(s) type: "
                      "%.*s.",
                      STR_FMT(print_expr_text(c->a, when)), STR_FMT(print_expr_text(c->a, then)),
                      STR_FMT(type_text(c->a, u)), STR_FMT(type_text(c->a, t)));
}

static const xnode *comp_case(xc *c, const ast_expr *e)
{
    bool         simple = e->kind == EX_SIMPLE_CASE;
    xnode       *x = node(c, simple ? ev_simple_case : ev_case, NULL, e->arg_count);
    const xnode *operand = simple ? comp_operand(c, e->args[0], x) : NULL;
    const type  *t = NULL;
    if (simple && operand == NULL)
        return NULL;
    for (uint32_t i = simple; i < e->arg_count; i++) {
        const ast_expr *when = NULL;
        if (i + 1 < e->arg_count) {
            when = e->args[i];
            x->args[i] = comp_when(c, e, when, operand);
            if (x->args[i++] == NULL)
                return NULL;
        }
        const xnode *a = x->args[i] = compile(c, e->args[i]);
        if (a == NULL)
            return NULL;
        if (a->type->kind == T_NULL)
            continue;
        if (!same_branch_type(c, t, when, e->args[i], a->type))
            return NULL;
        t = a->type;
    }
    if (t == NULL)
        return refuse(c, "Invalid Case expression. All case branches have NULL type");
    if (simple)
        give_slots(c, x->slot);
    x->type = t;
    return x;
}

static const xnode *comp_cast(xc *c, const ast_expr *e)
{
    const xnode *a = compile(c, e->args[0]);
    if (a == NULL)
        return NULL;
    /* User types were expanded when the statement was analysed: only built-in names are left. */
    const type  *t = type_resolve(c->a, e->type, NULL, NULL, c->st);
    const xnode *x = t ? cast_to(c, a, t) : NULL;
    if (x && x != a && x->kind != XN_LITERAL && t->kind == T_STRING && c->opt.null_as_text) {
        xnode *n = xnode_new(c->a, XN_CAST, ev_null_text, t, 1);
        n->args[0] = x;
        x = n;
    }
    return x ? caught(c, x, "CAST") : NULL;
}

static const xnode *comp_type_ctor(xc *c, const ast_expr *e)
{
    if (!str_eqz(e->text, "DECIMAL"))
        return refuse(c, "Unknown type: %.*s", STR_FMT(e->text));
    ast_expr lit = *e->args[0];
    lit.kind = EX_DECIMAL;
    return comp_literal(c, &lit);
}

/* ksqlDB parses it and refuses it as well (spec/sql-language.md 4). */
static const xnode *comp_time_zone(xc *c, const ast_expr *e)
{
    (void)e;
    return refuse(c, "not yet implemented: AT TIME ZONE");
}

/* ---- constructors */

/* Compiles every step-th argument from `first` on and gives all of them one type. */
static const type *common_args(xc *c, const ast_expr *e, uint32_t first, uint32_t step, xnode *x)
{
    uint32_t    n = 0;
    typed_expr *list = ARENA_ARRAY(c->a, typed_expr, e->arg_count);
    for (uint32_t i = first; i < e->arg_count; i += step) {
        x->args[i] = compile(c, e->args[i]);
        if (x->args[i] == NULL)
            return NULL;
        list[n++] = (typed_expr){e->args[i], x->args[i]->type};
    }
    const type *t = unify_types(c->a, list, n, c->st);
    if (t == NULL || t->kind == T_NULL)
        return t;
    for (uint32_t i = first; i < e->arg_count; i += step) {
        x->args[i] = cast_to(c, x->args[i], t);
        if (x->args[i] == NULL)
            return NULL;
    }
    return t;
}

#define ISSUE_4239 "(see https://github.com/confluentinc/ksql/issues/4239)"

static const xnode *comp_array(xc *c, const ast_expr *e)
{
    if (e->arg_count == 0)
        return refuse(c, "Array constructor cannot be empty. Please supply at least one element " ISSUE_4239 ".");
    xnode      *x = node(c, ev_array, NULL, e->arg_count);
    const type *t = common_args(c, e, 0, 1, x);
    if (t == NULL)
        return NULL;
    if (t->kind == T_NULL)
        return refuse(c, "Cannot construct an array with all NULL elements " ISSUE_4239
                         ". As a workaround, you may cast a NULL value to the desired type.");
    for (uint32_t i = 0; i < e->arg_count; i++)
        x->args[i] = caught(c, x->args[i], "array item");
    x->type = type_array(c->a, t);
    return x;
}

static const xnode *comp_map(xc *c, const ast_expr *e)
{
    if (e->arg_count == 0)
        return refuse(c, "Map constructor cannot be empty. Please supply at least one key value pair " ISSUE_4239 ".");
    xnode      *x = node(c, ev_map, NULL, e->arg_count);
    const type *k = common_args(c, e, 0, 2, x);
    const type *v = k ? common_args(c, e, 1, 2, x) : NULL;
    if (v == NULL)
        return NULL;
    if (k->kind == T_NULL)
        return refuse(c, "Cannot construct a map with all NULL keys " ISSUE_4239
                         ". As a workaround, you may cast a NULL key to the desired type.");
    if (v->kind == T_NULL)
        return refuse(c, "Cannot construct a map with all NULL values " ISSUE_4239
                         ". As a workaround, you may cast a NULL value to the desired type.");
    for (uint32_t i = 0; i < e->arg_count; i++)
        x->args[i] = caught(c, x->args[i], i % 2 ? "map value" : "map key");
    x->type = type_map(c->a, k, v);
    return x;
}

static const xnode *comp_struct(xc *c, const ast_expr *e)
{
    xnode      *x = node(c, ev_struct, NULL, e->arg_count);
    type_field *f = ARENA_ARRAY(c->a, type_field, e->arg_count);
    for (uint32_t i = 0; i < e->arg_count; i++) {
        const xnode *a = compile(c, e->args[i]);
        if (a == NULL)
            return NULL;
        f[i] = (type_field){e->names[i], a->type};
        x->args[i] = caught(c, a, "struct field");
    }
    x->type = type_struct(c->a, f, e->arg_count);
    return x;
}

static const xnode *comp_in(xc *c, const ast_expr *e)
{
    xnode      *x = node(c, ev_in, &type_boolean, e->arg_count);
    uint32_t    n = 0, kept = 0;
    typed_expr *list = ARENA_ARRAY(c->a, typed_expr, e->arg_count);
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (i > 0 && e->args[i]->kind == EX_NULL)
            continue; /* NULL entries never match */
        x->args[kept] = compile(c, e->args[i]);
        if (x->args[kept] == NULL)
            return NULL;
        list[n++] = (typed_expr){e->args[i], x->args[kept++]->type};
    }
    x->arg_count = kept;
    const type *t = unify_types(c->a, list, n, c->st);
    if (t == NULL) {
        c->st->code = ST_SQL_GEN;
        return NULL;
    }
    for (uint32_t i = 0; i < kept; i++) {
        x->args[i] = cast_to(c, x->args[i], t);
        if (x->args[i] == NULL)
            return NULL;
    }
    return x;
}

/* ---- access */

static const xnode *comp_subscript(xc *c, const ast_expr *e)
{
    const xnode *b = compile(c, e->args[0]);
    const xnode *i = b ? compile(c, e->args[1]) : NULL;
    if (i == NULL)
        return NULL;
    if (b->type->kind == T_ARRAY) {
        if (i->type->kind != T_INTEGER)
            return refuse_code(c, "an array index must be INTEGER, not %.*s", STR_FMT(type_text(c->a, i->type)));
        xnode *x = node(c, ev_index, b->type->elem, 2);
        x->args[0] = b;
        x->args[1] = i;
        return x;
    }
    if (b->type->kind == T_MAP) {
        xnode *x = node(c, ev_map_get, b->type->elem, 2);
        x->args[0] = b;
        x->args[1] = i;
        return x;
    }
    if (b->type->kind == T_STRUCT) {
        str base = print_expr_text(c->a, e->args[0]);
        str idx = e->args[1]->kind == EX_STRING ? e->args[1]->text : print_expr_text(c->a, e->args[1]);
        return refuse(c,
                      "Subscript expression (%.*s) do not apply to %.*s. Use the dereference operator "
                      "for STRUCTS: %.*s->%.*s",
                      STR_FMT(print_expr_text(c->a, e)), STR_FMT(type_text(c->a, b->type)), STR_FMT(base),
                      STR_FMT(idx));
    }
    return refuse(c, "Subscript expression (%.*s) do not apply to %.*s.", STR_FMT(print_expr_text(c->a, e)),
                  STR_FMT(type_text(c->a, b->type)));
}

static const xnode *comp_deref(xc *c, const ast_expr *e)
{
    const xnode *b = compile(c, e->args[0]);
    if (b == NULL)
        return NULL;
    if (b->type->kind != T_STRUCT)
        return refuse(c, "Expected STRUCT type, got: %.*s", STR_FMT(type_text(c->a, b->type)));
    int32_t i = type_field_index(b->type, e->text);
    if (i < 0)
        return refuse(c, "Could not find field '%.*s' in '%.*s'.", STR_FMT(e->text),
                      STR_FMT(print_expr_text(c->a, e->args[0])));
    xnode *x = xnode_new(c->a, XN_FIELD, ev_field, b->type->fields[i].type, 1);
    x->args[0] = b;
    x->slot = (uint32_t)i;
    return x;
}

static const xnode *comp_misplaced(xc *c, const ast_expr *e)
{
    return refuse(c,
                  e->kind == EX_LAMBDA ? "A lambda can only be an argument of a function: %.*s"
                                       : "Unexpected expression: %.*s",
                  STR_FMT(print_expr_text(c->a, e)));
}

static const xnode *(*const compilers[])(xc *, const ast_expr *) = {
    [EX_NULL] = comp_literal,
    [EX_BOOL] = comp_literal,
    [EX_INT] = comp_literal,
    [EX_BIGINT] = comp_literal,
    [EX_DECIMAL] = comp_literal,
    [EX_DOUBLE] = comp_literal,
    [EX_STRING] = comp_literal,
    [EX_INTERVAL_UNIT] = comp_unit,
    [EX_COLUMN] = comp_column,
    [EX_LAMBDA_VAR] = comp_var,
    [EX_CALL] = compile_call,
    [EX_LAMBDA] = comp_misplaced,
    [EX_CAST] = comp_cast,
    [EX_ARRAY] = comp_array,
    [EX_MAP] = comp_map,
    [EX_STRUCT] = comp_struct,
    [EX_TYPE_CTOR] = comp_type_ctor,
    [EX_SUBSCRIPT] = comp_subscript,
    [EX_DEREF] = comp_deref,
    [EX_STRUCT_STAR] = comp_misplaced,
    [EX_NEG] = comp_sign,
    [EX_POS] = comp_sign,
    [EX_ARITH] = comp_arith,
    [EX_COMPARE] = comp_compare,
    [EX_AND] = comp_logic,
    [EX_OR] = comp_logic,
    [EX_NOT] = comp_not,
    [EX_IS_NULL] = comp_is_null,
    [EX_IS_NOT_NULL] = comp_is_null,
    [EX_BETWEEN] = comp_between,
    [EX_IN] = comp_in,
    [EX_LIKE] = comp_like,
    [EX_CASE] = comp_case,
    [EX_SIMPLE_CASE] = comp_case,
    [EX_AT_TIME_ZONE] = comp_time_zone,
};

const xnode *compile(xc *c, const ast_expr *e)
{
    if (++c->depth > PARSE_DEPTH_MAX)
        return refuse(c, "Statement is too large to parse. This may be caused by having too many "
                         "nested expressions in the statement.");
    assert(e->kind < sizeof compilers / sizeof *compilers);
    const xnode *x = compilers[e->kind](c, e);
    c->depth--;
    return x;
}

const xnode *expr_compile(arena *a, const ast_expr *e, const xscope *scope, xoptions opt, status *st)
{
    xc           c = {.a = a, .scope = scope, .opt = opt, .st = st};
    const xnode *x = compile(&c, e);
    assert(x == NULL || (x->eval && x->type && c.depth == 0 && c.var_count == 0 && c.slots_used == 0));
    /* A CAST that is the whole expression: its failure is the caller's to name. */
    return x && x->kind == XN_CATCH ? x->args[0] : x;
}

void expr_name_fault(status *st, const char *clause)
{
    if (st->code == ST_SQL_CODE)
        status_prefix(st, "Unexpected error generating code%s%s: ", clause ? " for " : "", clause ? clause : "");
    else if (st->code == ST_SQL_GEN && clause)
        status_prefix(st, "Invalid %s: ", clause);
}
