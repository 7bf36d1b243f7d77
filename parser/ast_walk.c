/* The one walk over expressions, and what follows from it: copies and comparison. Recursion is
 * bounded by PARSE_DEPTH_MAX, the height of parsed trees. */
#include "parser/ast.h"

#include "base/num.h"

ast_expr *ast_new(arena *a, ast_kind kind, uint32_t pos, uint32_t len)
{
    ast_expr *e = ARENA_NEW(a, ast_expr);
    e->kind = kind;
    e->pos = pos;
    e->len = len;
    e->height = 1;
    return e;
}

static ast_visit walk(ast_expr *e, ast_visit (*visit)(ast_expr *e, void *ctx), void *ctx)
{
    ast_visit v = visit(e, ctx);
    for (uint32_t i = 0; v == VISIT_CONTINUE && i < e->arg_count; i++)
        if (walk(e->args[i], visit, ctx) == VISIT_ABORT)
            return VISIT_ABORT;
    return v;
}

bool ast_walk(ast_expr *e, ast_visit (*visit)(ast_expr *e, void *ctx), void *ctx)
{
    return walk(e, visit, ctx) != VISIT_ABORT;
}

ast_expr *ast_expr_copy(arena *a, const ast_expr *e)
{
    ast_expr *c = arena_dup(a, e, sizeof *e);
    if (e->arg_count) {
        c->args = ARENA_ARRAY(a, ast_expr *, e->arg_count);
        for (uint32_t i = 0; i < e->arg_count; i++)
            c->args[i] = ast_expr_copy(a, e->args[i]);
    }
    if (e->name_count)
        c->names = arena_dup(a, e->names, e->name_count * sizeof *e->names);
    return c;
}

static bool type_equal(const ast_type *a, const ast_type *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->kind != b->kind || !str_eq(a->name, b->name) || a->precision != b->precision ||
        a->scale != b->scale || a->field_count != b->field_count || !type_equal(a->key, b->key) ||
        !type_equal(a->elem, b->elem))
        return false;
    for (uint32_t i = 0; i < a->field_count; i++)
        if (!str_eq(a->fields[i].name, b->fields[i].name) || !type_equal(a->fields[i].type, b->fields[i].type))
            return false;
    return true;
}

bool ast_expr_equal(const ast_expr *a, const ast_expr *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->kind != b->kind || a->op != b->op || a->star != b->star ||
        !str_eq(a->qual, b->qual) || !str_eq(a->text, b->text) || a->ival != b->ival ||
        memcmp(&a->dval, &b->dval, sizeof a->dval) != 0 || a->arg_count != b->arg_count ||
        a->name_count != b->name_count || !type_equal(a->type, b->type))
        return false;
    for (uint32_t i = 0; i < a->name_count; i++)
        if (!str_eq(a->names[i], b->names[i]))
            return false;
    for (uint32_t i = 0; i < a->arg_count; i++)
        if (!ast_expr_equal(a->args[i], b->args[i]))
            return false;
    return true;
}

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

/* Types and numbers are left to ast_expr_equal(): texts, kinds and shape tell nearly all apart. */
uint64_t ast_expr_hash(const ast_expr *e)
{
    if (e == NULL)
        return 0;
    uint64_t h = mix((uint64_t)e->kind, (uint64_t)e->op);
    h = mix(h, hash_bytes(e->text.p, e->text.n));
    h = mix(h, hash_bytes(e->qual.p, e->qual.n));
    h = mix(h, (uint64_t)e->ival);
    for (uint32_t i = 0; i < e->arg_count; i++)
        h = mix(h, ast_expr_hash(e->args[i]));
    return h;
}

int64_t ast_duration_ms(ast_duration d)
{
    static const int64_t unit_ms[] = {[UNIT_DAYS] = 86400000,
                                      [UNIT_HOURS] = 3600000,
                                      [UNIT_MINUTES] = 60000,
                                      [UNIT_SECONDS] = 1000,
                                      [UNIT_MILLISECONDS] = 1};
    int64_t              ms;
    if (__builtin_mul_overflow(d.n, unit_ms[d.unit], &ms))
        return d.n < 0 ? INT64_MIN : INT64_MAX;
    return ms;
}
