#include "engine/query/pull_where.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/vec.h"
#include "engine/compile/compile.h"
#include "parser/parser.h"

typedef struct disjunct {
    VEC(ast_expr *) parts; /* comparisons and LIKEs, ANDed */
} disjunct;

typedef struct where_ctx {
    arena        *a;
    const source *t;
    status       *st;
    pull_scans    scans;
    bool          computed; /* a key is an expression that was evaluated now */
} where_ctx;

/* The tail that ksqlDB adds to what a pull query's WHERE does wrong. */
static bool refuse(where_ctx *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(where_ctx *w, const char *fmt, ...)
{
    char    msg[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    return status_set(
        w->st, ST_SQL,
        "%s.  See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push "
        "query.\nPull queries require a WHERE clause that:\n - includes a key equality expression, e.g. "
        "`SELECT * FROM X WHERE <key-column> = Y;`.\n - in the case of a multi-column key, is a conjunction "
        "of equality expressions that cover all key columns.\n - to support range expressions, e.g.,  SELECT "
        "* FROM X WHERE <key-column> < Y;`, range scans need to be enabled by setting "
        "ksql.query.pull.range.scan.enabled=true%s\nIf more flexible queries are needed, , table scans can "
        "be enabled by setting ksql.query.pull.table.scan.enabled=true.",
        msg,
        w->t->window.kind
            ? "\n - (optionally) limits the time bounds of the windowed table.\n\t Bounds on [`WINDOWSTART`, "
              "`WINDOWEND`] are supported\n\t Supported operators are [EQUAL, GREATER_THAN, "
              "GREATER_THAN_OR_EQUAL, LESS_THAN, LESS_THAN_OR_EQUAL]"
            : "");
}

/* ---- disjunctive normal form */

static ast_expr *binary(where_ctx *w, ast_kind k, ast_op op, ast_expr *l, ast_expr *r)
{
    ast_expr *e = ast_new(w->a, k, l->pos, l->len);
    e->op = op;
    e->args = ARENA_ARRAY(w->a, ast_expr *, 2);
    e->args[0] = l;
    e->args[1] = r;
    e->arg_count = 2;
    return e;
}

/* NOT pushed down to the comparisons, BETWEEN and IN spelled out. NULL: something else stands there. */
static ast_expr *normal(where_ctx *w, ast_expr *e, bool negate)
{
    static const ast_op opposite[] = {
        [OP_EQ] = OP_NE, [OP_NE] = OP_EQ, [OP_LT] = OP_GE, [OP_LE] = OP_GT, [OP_GT] = OP_LE, [OP_GE] = OP_LT};
    switch (e->kind) {
    case EX_NOT:
        return normal(w, e->args[0], !negate);
    case EX_AND:
    case EX_OR: {
        ast_expr *l = normal(w, e->args[0], negate), *r = l ? normal(w, e->args[1], negate) : NULL;
        bool      is_and = (e->kind == EX_AND) != negate;
        return r ? binary(w, is_and ? EX_AND : EX_OR, OP_NONE, l, r) : NULL;
    }
    case EX_COMPARE:
        if (!negate)
            return e;
        return e->op <= OP_GE && e->op >= OP_EQ ? binary(w, EX_COMPARE, opposite[e->op], e->args[0], e->args[1]) : NULL;
    case EX_BETWEEN: {
        ast_expr *l = binary(w, EX_COMPARE, OP_GE, e->args[0], e->args[1]);
        ast_expr *r = binary(w, EX_COMPARE, OP_LE, e->args[0], e->args[2]);
        return normal(w, binary(w, EX_AND, OP_NONE, l, r), negate);
    }
    case EX_IN: {
        ast_expr *all = NULL;
        for (uint32_t i = 1; i < e->arg_count; i++) {
            ast_expr *c = binary(w, EX_COMPARE, OP_EQ, e->args[0], e->args[i]);
            all = all ? binary(w, EX_OR, OP_NONE, all, c) : c;
        }
        return all ? normal(w, all, negate) : NULL;
    }
    case EX_LIKE:
        return negate ? NULL : e;
    default:
        return NULL;
    }
}

static bool distribute(where_ctx *w, const ast_expr *e, disjunct **in, size_t n, disjunct ***out, size_t *m)
{
    if (e->kind == EX_OR) {
        disjunct **l, **r;
        size_t     ln, rn;
        if (!distribute(w, e->args[0], in, n, &l, &ln) || !distribute(w, e->args[1], in, n, &r, &rn) ||
            ln + rn > PULL_DISJUNCTS_MAX)
            return false;
        *out = ARENA_ARRAY(w->a, disjunct *, ln + rn);
        memcpy(*out, l, ln * sizeof *l);
        memcpy(*out + ln, r, rn * sizeof *r);
        *m = ln + rn;
        return true;
    }
    if (e->kind == EX_AND) {
        disjunct **l;
        size_t     ln;
        return distribute(w, e->args[0], in, n, &l, &ln) && distribute(w, e->args[1], l, ln, out, m);
    }
    *out = ARENA_ARRAY(w->a, disjunct *, n);
    *m = n;
    for (size_t i = 0; i < n; i++) {
        disjunct *d = ARENA_NEW(w->a, disjunct);
        for (size_t k = 0; k < in[i]->parts.n; k++)
            AVEC_PUSH(w->a, &d->parts, in[i]->parts.p[k]);
        AVEC_PUSH(w->a, &d->parts, (ast_expr *)e);
        (*out)[i] = d;
    }
    return true;
}

/* ---- keys of a disjunct */

static int key_index(const source *t, const ast_expr *e)
{
    uint32_t n = schema_count(&t->schema, NS_KEY);
    for (uint32_t i = 0; e->kind == EX_COLUMN && i < n; i++)
        if (str_eq(schema_at(&t->schema, NS_KEY, i)->name, e->text))
            return (int)i;
    return -1;
}

static bool is_column(const ast_expr *e)
{
    return e->kind == EX_COLUMN;
}

static ast_visit find_column(ast_expr *e, void *ctx)
{
    if (is_column(e)) {
        *(bool *)ctx = true;
        return VISIT_ABORT;
    }
    return VISIT_CONTINUE;
}

static bool is_constant(const ast_expr *e)
{
    bool found = false;
    ast_walk((ast_expr *)e, find_column, &found); /* the visitor does not write */
    return !found;
}

static bool constant(where_ctx *w, const ast_expr *e, const column *c, value *out)
{
    w->computed |= e->kind > EX_STRING;
    xscope       none = {0};
    const xnode *x = expr_compile(w->a, e, &none, (xoptions){0}, w->st);
    if (x == NULL) {
        expr_name_fault(w->st, NULL);
        return false;
    }
    if (x->type->kind == T_NULL)
        return refuse(w, "Primary key columns can not be NULL: (%.*s = null)", STR_FMT(c->name));
    ectx *cx = ARENA_NEW(w->a, ectx);
    cx->a = w->a;
    cx->now_ms = clock_wall_ms();
    value  v = xnode_eval(x, cx);
    status ignored;
    status_init(&ignored);
    if (v.state != V_OK)
        return refuse(w, "Primary key columns can not be NULL: (%.*s = null)", STR_FMT(c->name));
    if (value_coerce(w->a, x->type, v, c->type, COERCE_STRICT, out, &ignored))
        return true;
    buf t = BUF_INIT(EXPR_ERR_MAX);
    value_text(&t, x->type, v);
    refuse(w, "'%.*s' can not be converted to the type of the key column: %.*s %.*s KEY", (int)t.n, t.p,
           STR_FMT(c->name), STR_FMT(type_text(w->a, c->type)));
    buf_free(&t);
    return false;
}

/* All key columns by equality: fills keys. *complete false: a scan is needed. */
static bool disjunct_keys(where_ctx *w, const disjunct *d, value *keys, bool *complete)
{
    uint32_t n = schema_count(&w->t->schema, NS_KEY), have = 0;
    bool    *seen = ARENA_ARRAY(w->a, bool, n + 1);
    *complete = false;
    for (size_t i = 0; i < d->parts.n; i++) {
        const ast_expr *e = d->parts.p[i];
        if (e->kind != EX_COMPARE || e->op != OP_EQ)
            continue;
        const ast_expr *l = e->args[0], *r = e->args[1];
        int             k = key_index(w->t, l);
        if (k < 0) {
            k = key_index(w->t, r);
            const ast_expr *t = l;
            l = r;
            r = t;
        }
        if (k < 0 || !is_constant(r))
            continue;
        if (seen[k]) /* asked for twice: only a scan finds out */
            return true;
        if (!constant(w, r, schema_at(&w->t->schema, NS_KEY, (uint32_t)k), &keys[k]))
            return false;
        seen[k] = true;
        have++;
    }
    *complete = have == n;
    return true;
}

/* ---- with scans switched off */

static bool is_bound_name(str n)
{
    return str_eqz(n, COL_WINDOWSTART) || str_eqz(n, COL_WINDOWEND);
}

static bool refuse_scan(where_ctx *w)
{
    return status_set(w->st, ST_SQL,
                      "Query requires table scan to be enabled. Table scans can be enabled by setting "
                      "ksql.query.pull.table.scan.enabled=true");
}

/* Can the rows of a range of this table's keys be asked for? */
static bool has_ranges(const where_ctx *w)
{
    if (!w->scans.range || w->t->window.kind || schema_count(&w->t->schema, NS_KEY) != 1)
        return false;
    type_kind k = schema_at(&w->t->schema, NS_KEY, 0)->type->kind;
    return k == T_STRING || k == T_BYTES;
}

/* A disjunct that is no look-up: a range, or why it is not possible. alone: it is the only one. */
static bool range_or_refuse(where_ctx *w, const disjunct *d, bool alone)
{
    uint32_t n = schema_count(&w->t->schema, NS_KEY), have = 0;
    buf      names = BUF_INIT(ST_MSG_MAX), all = BUF_INIT(ST_MSG_MAX);
    bool     ok = true, range = false;
    for (uint32_t i = 0; i < n; i++)
        buf_printf(&all, "%s%.*s", i ? ", " : "", STR_FMT(schema_at(&w->t->schema, NS_KEY, i)->name));
    bool *seen = ARENA_ARRAY(w->a, bool, n + 1);
    for (size_t i = 0; ok && i < d->parts.n; i++) {
        const ast_expr *e = d->parts.p[i];
        if (e->kind == EX_LIKE) {
            ok = is_column(e->args[0]) ? refuse_scan(w) : refuse(w, "Like condition must be between strings");
            continue;
        }
        const ast_expr *c = is_column(e->args[0]) ? e->args[0] : e->args[1];
        if (is_column(c) && is_bound_name(c->text))
            continue;
        if (!is_column(e->args[0]) && !is_column(e->args[1])) {
            ok = refuse(w, "A comparison must directly reference a key column");
            continue;
        }
        int             k = key_index(w->t, c);
        const ast_expr *other = c == e->args[0] ? e->args[1] : e->args[0];
        if (k >= 0 && !is_constant(other)) {
            ok = refuse(w, "A comparison must be between a key column and a resolvable expression");
            continue;
        }
        if (k < 0)
            continue;
        if (seen[k]) {
            ok = refuse(w, "A comparison condition on the key column cannot be combined with other "
                           "comparisons such as an IN predicate");
            continue;
        }
        if (e->op != OP_EQ && (e->op < OP_LT || e->op > OP_GE)) {
            ok = refuse(w, "Bound on key columns '[%.*s]' must currently be '='", (int)all.n, all.p);
            continue;
        }
        range |= e->op != OP_EQ;
        seen[k] = true;
        buf_printf(&names, "%s%.*s", names.n ? ", " : "", STR_FMT(c->text));
        have++;
    }
    if (ok && have == 0) {
        ast_expr *e = d->parts.p[0];
        for (size_t i = 1; i < d->parts.n; i++)
            e = binary(w, EX_AND, OP_NONE, e, d->parts.p[i]);
        ok = refuse(w, "WHERE clause missing key column for disjunct: %.*s", STR_FMT(print_expr_text(w->a, e)));
    } else if (ok && have == n) {
        ok = (range && alone && has_ranges(w)) || refuse_scan(w);
    } else if (ok) {
        ok = refuse(w,
                    "Multi-column sources must specify every key in the WHERE clause. Specified: [%.*s] "
                    "Expected: [%.*s]",
                    (int)names.n, names.p, (int)all.n, all.p);
    }
    buf_free(&names);
    buf_free(&all);
    return ok;
}

/* ---- the whole */

typedef struct like_check {
    const source *t;
    status       *st;
    bool          ok;
} like_check;

static ast_visit visit_like(ast_expr *e, void *ctx)
{
    like_check *c = ctx;
    if (e->kind != EX_LIKE || !is_column(e->args[0]))
        return VISIT_CONTINUE;
    const column *col = schema_find(&c->t->schema, e->args[0]->text);
    if (col && col->type->kind != T_STRING)
        c->ok = status_set(c->st, ST_SQL, "The column type for Like condition must be VARCHAR. The column type is %s",
                           type_base(col->type));
    return c->ok ? VISIT_CONTINUE : VISIT_ABORT;
}

bool pull_check_likes(ast_expr *where, const source *table, status *st)
{
    like_check c = {table, st, true};
    if (where)
        ast_walk(where, visit_like, &c);
    return c.ok;
}

bool pull_where(arena *a, ast_expr *where, const source *table, pull_scans scans, pull_keys *out, status *st)
{
    where_ctx w = {.a = a, .t = table, .st = st, .scans = scans};
    *out = (pull_keys){.scan = true, .from = INT64_MIN, .to = INT64_MAX};
    if (where == NULL)
        return scans.table || refuse(&w, "Missing WHERE clause");
    ast_expr *e = normal(&w, where, false);
    if (e == NULL) {
        if (scans.table)
            return true; /* the predicate is applied to every row anyway */
        return refuse(&w, "Unsupported expression in WHERE clause: %.*s", STR_FMT(print_expr_text(a, where)));
    }
    disjunct first = {0}, *start = &first, **list;
    size_t   n;
    if (!distribute(&w, e, &start, 1, &list, &n))
        return scans.table || refuse(&w, "The WHERE clause has too many alternatives");
    uint32_t keys = schema_count(&table->schema, NS_KEY);
    value  **found = ARENA_ARRAY(a, value *, n);
    for (size_t i = 0; i < n; i++) {
        bool complete;
        found[i] = ARENA_ARRAY(a, value, keys);
        if (!disjunct_keys(&w, list[i], found[i], &complete))
            return false;
        if (complete)
            continue;
        return scans.table || range_or_refuse(&w, list[i], n == 1);
    }
    out->scan = false;
    out->keys = found;
    out->n = n;
    out->literal = !w.computed;
    return true;
}
