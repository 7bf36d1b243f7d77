/* Names: sources, columns, stars and aliases of a query (spec/sql-language.md 4.3 to 4.7). */
#include "engine/plan/analyze.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "engine/func/table_func.h"
#include "engine/types/datetime.h"
#include "parser/parser.h"

str an_list(arena *a, ast_expr *const *e, uint32_t n, const char *sep)
{
    buf b = BUF_INIT(BUF_MAX);
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            buf_putz(&b, sep);
        print_expr(&b, e[i]);
    }
    str s = str_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

str an_location(analysis *an, uint32_t pos)
{
    uint32_t line, col;
    if (an->opt->text.n == 0)
        return STR_NONE;
    parse_line_col(an->opt->text, pos, &line, &col);
    return str_fmt(an->a, "Line: %u, Col: %u: ", line, col);
}

typedef struct use_search {
    bool (*pred)(const ast_expr *e, void *ctx);
    void *ctx;
    bool  found;
} use_search;

static ast_visit visit_use(ast_expr *e, void *ctx)
{
    use_search *s = ctx;
    if (s->pred(e, s->ctx)) {
        s->found = true;
        return VISIT_ABORT;
    }
    return VISIT_CONTINUE;
}

bool an_expr_uses(const ast_expr *e, bool (*pred)(const ast_expr *, void *), void *ctx)
{
    use_search s = {pred, ctx, false};
    ast_walk((ast_expr *)e, visit_use, &s); /* the visitor does not write */
    return s.found;
}

static ast_visit visit_find(ast_expr *e, void *ctx)
{
    use_search *s = ctx;
    if (!s->pred(e, NULL))
        return VISIT_CONTINUE;
    s->ctx = e;
    s->found = true;
    return VISIT_ABORT;
}

const ast_expr *an_find(const ast_expr *e, bool (*pred)(const ast_expr *, void *))
{
    use_search s = {pred, NULL, false};
    ast_walk((ast_expr *)e, visit_find, &s);
    return s.ctx;
}

ast_expr *an_replace(arena *a, const ast_expr *e, const expr_set *from, const str *to)
{
    uint32_t found = expr_set_find(from, e);
    if (found != EXPR_SET_NONE) {
        ast_expr *c = ast_new(a, EX_COLUMN, e->pos, e->len);
        c->text = to[found];
        return c;
    }
    ast_expr *c = arena_dup(a, e, sizeof *e);
    if (e->arg_count)
        c->args = ARENA_ARRAY(a, ast_expr *, e->arg_count);
    for (uint32_t i = 0; i < e->arg_count; i++)
        c->args[i] = an_replace(a, e->args[i], from, to);
    return c;
}

/* ---- sources */

static bool add_source(analysis *an, const ast_relation *r, status *st)
{
    source *s = catalog_find(an->opt->catalog, r->name);
    if (s == NULL) {
        buf hint = BUF_INIT(ST_MSG_MAX);
        catalog_hint(an->opt->catalog, r->name, -1, &hint);
        status_set_at(st, ST_SQL_PREPARE, r->pos, "Exception while preparing statement: %.*s does not exist.%.*s",
                      STR_FMT(r->name), (int)hint.n, hint.p);
        buf_free(&hint);
        return false;
    }
    an->src[an->src_count++] = (an_source){s, r->name, r->alias, r->pos};
    return true;
}

static bool find_sources(analysis *an, status *st)
{
    an->src = ARENA_ARRAY(an->a, an_source, an->q->join_count + 1);
    an->is_join = an->q->join_count > 0;
    if (!add_source(an, &an->q->from, st))
        return false;
    for (uint32_t i = 0; i < an->q->join_count; i++)
        if (!add_source(an, &an->q->joins[i].right, st))
            return false;
    for (uint32_t i = 1; i < an->src_count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(an->src[i].name, an->src[k].name)) {
                if (an->src_count == 2)
                    return status_set(st, ST_SQL,
                                      "Can not join '%.*s' to '%.*s': self joins are not yet "
                                      "supported.",
                                      STR_FMT(an->src[k].name), STR_FMT(an->src[i].name));
                return status_set(st, ST_SQL,
                                  "N-way joins do not support multiple occurrences of the same "
                                  "source. Source: '%.*s'.",
                                  STR_FMT(an->src[i].name));
            }
    return true;
}

static bool is_pseudo(str c)
{
    return str_eqz(c, COL_ROWTIME) || str_eqz(c, COL_ROWPARTITION) || str_eqz(c, COL_ROWOFFSET);
}

static bool is_bound(str c)
{
    return str_eqz(c, COL_WINDOWSTART) || str_eqz(c, COL_WINDOWEND);
}

static bool source_has(const source *s, str c)
{
    return schema_find(&s->schema, c) || is_pseudo(c) || (is_bound(c) && s->window.kind);
}

str an_internal_name(analysis *an, uint32_t i, str c)
{
    if (!an->is_join)
        return c;
    return str_fmt(an->a, "%.*s_%.*s", STR_FMT(an->src[i].alias), STR_FMT(c));
}

/* ---- resolving columns */

typedef enum an_clause {
    CLAUSE_SELECT,
    CLAUSE_JOIN,
    CLAUSE_WHERE,
    CLAUSE_GROUP,
    CLAUSE_PARTITION,
    CLAUSE_HAVING,
} an_clause;

static const char *const clause_names[] = {"SELECT", "JOIN ON", "WHERE", "GROUP BY", "PARTITION BY", "HAVING"};

typedef struct resolver {
    analysis *an;
    status   *st;
    an_clause clause;
    ast_expr *root;
    bool      ok;
} resolver;

static bool unresolved(resolver *r, const ast_expr *e)
{
    str ref = print_expr_text(r->an->a, e);
    str at = an_location(r->an, e->pos);
    if (r->clause == CLAUSE_PARTITION)
        return status_set_at(r->st, ST_SQL, e->pos,
                             "%.*sPARTITION BY column '%.*s' cannot be resolved. '%.*s' must be a column "
                             "in the source schema since PARTITION BY is applied on the input.",
                             STR_FMT(at), STR_FMT(ref), STR_FMT(ref));
    return status_set_at(r->st, ST_SQL, e->pos, "%.*s%s column '%.*s' cannot be resolved.", STR_FMT(at),
                         clause_names[r->clause], STR_FMT(ref));
}

/* Finds the source of a column. *index stays -1 when it is resolved to nothing but may be legal. */
static bool find_column(resolver *r, const ast_expr *e, int *index)
{
    analysis *an = r->an;
    *index = -1;
    if (e->qual.n) {
        for (uint32_t i = 0; i < an->src_count; i++)
            if (str_eq(an->src[i].alias, e->qual)) {
                if (source_has(an->src[i].src, e->text)) {
                    *index = (int)i;
                    return true;
                }
                bool group_window = is_bound(e->text) && an->q->window.kind;
                return group_window || unresolved(r, e);
            }
        return status_set(r->st, ST_SQL_PREPARE,
                          "Failed to prepare statement: '%.*s' is not a valid stream/table name or "
                          "alias.",
                          STR_FMT(e->qual));
    }
    int found = -1;
    for (uint32_t i = 0; i < an->src_count; i++) {
        if (!source_has(an->src[i].src, e->text))
            continue;
        if (found >= 0) {
            str  x = str_fmt(an->a, "%.*s.%.*s", STR_FMT(an->src[found].alias), STR_FMT(e->text));
            str  y = str_fmt(an->a, "%.*s.%.*s", STR_FMT(an->src[i].alias), STR_FMT(e->text));
            bool swap = str_cmp(x, y) > 0;
            return status_set_at(r->st, ST_SQL_PREPARE, e->pos,
                                 "Exception while preparing statement: %.*sColumn '%.*s' is ambiguous. "
                                 "Could be %.*s or %.*s.",
                                 STR_FMT(an_location(an, e->pos)), STR_FMT(e->text), STR_FMT(swap ? y : x),
                                 STR_FMT(swap ? x : y));
        }
        found = (int)i;
    }
    *index = found;
    if (found >= 0 || (is_bound(e->text) && an->q->window.kind && !an->is_join))
        return true;
    if (an->is_join && r->clause == CLAUSE_SELECT && str_starts(e->text, STR("ROWKEY")))
        return true; /* perhaps the synthetic key */
    return unresolved(r, e);
}

static bool lambda_argument_taken(analysis *an, str name)
{
    for (uint32_t i = 0; i < an->src_count; i++)
        if (schema_find(&an->src[i].src->schema, name) || is_pseudo(name))
            return true;
    return false;
}

static bool check_lambda_duplicates(resolver *r, const ast_expr *e)
{
    bool twice = false;
    str  names = STR("");
    for (uint32_t i = 0; i < e->name_count; i++) {
        for (uint32_t k = 0; k < i; k++)
            twice |= str_eq(e->names[i], e->names[k]);
        names = str_fmt(r->an->a, "%.*s%s%.*s", STR_FMT(names), i ? ", " : "", STR_FMT(e->names[i]));
    }
    return !twice ||
           status_set(r->st, ST_SQL_PREPARE, "Failed to prepare statement: Lambda arguments have duplicates: [%.*s]",
                      STR_FMT(names));
}

static ast_visit visit_resolve(ast_expr *e, void *ctx)
{
    resolver *r = ctx;
    if (e->kind == EX_LAMBDA) {
        if (!check_lambda_duplicates(r, e)) {
            r->ok = false;
            return VISIT_ABORT;
        }
        if (!settings_flag(&r->an->opt->settings, SETTING_LAMBDAS_ENABLED)) {
            status_set(r->st, ST_SQL_PREPARE,
                       "Exception while preparing statement: Lambdas are not enabled at this time.");
            r->ok = false;
            return VISIT_ABORT;
        }
        for (uint32_t i = 0; i < e->name_count; i++)
            if (lambda_argument_taken(r->an, e->names[i])) {
                status_set(r->st, ST_SQL_PREPARE,
                           "Exception while preparing statement: Lambda function argument can't be a "
                           "column name: %.*s",
                           STR_FMT(e->names[i]));
                r->ok = false;
                return VISIT_ABORT;
            }
    }
    if (e->kind == EX_CAST && e->type) { /* user types are expanded where they stand */
        status      local;
        const type *t;
        status_init(&local);
        t = type_resolve(r->an->a, e->type, catalog_type, (void *)r->an->opt->catalog, &local);
        if (t == NULL) {
            *r->st = local;
            r->ok = false;
            return VISIT_ABORT;
        }
        str             text = type_text(r->an->a, t);
        const ast_type *at;
        if (parse_type(r->an->a, text, &at, &local))
            e->type = at;
        return VISIT_CONTINUE;
    }
    if (e->kind != EX_COLUMN)
        return VISIT_CONTINUE;
    int i;
    if (!find_column(r, e, &i)) {
        r->ok = false;
        return VISIT_ABORT;
    }
    if (i >= 0)
        e->text = an_internal_name(r->an, (uint32_t)i, e->text);
    e->qual = STR_NONE;
    return VISIT_CONTINUE;
}

static ast_expr *resolve(analysis *an, const ast_expr *e, an_clause clause, status *st)
{
    resolver r = {an, st, clause, NULL, true};
    r.root = ast_expr_copy(an->a, e);
    ast_walk(r.root, visit_resolve, &r);
    return r.ok ? r.root : NULL;
}

/* A copy with qualifiers removed where there is one source: how error texts show it. */
static ast_visit visit_strip(ast_expr *e, void *ctx)
{
    (void)ctx;
    if (e->kind == EX_COLUMN)
        e->qual = STR_NONE;
    return VISIT_CONTINUE;
}

static ast_visit visit_qualify(ast_expr *e, void *ctx)
{
    analysis *an = ctx;
    if (e->kind == EX_COLUMN && e->qual.n == 0)
        for (uint32_t i = 0; i < an->src_count; i++)
            if (source_has(an->src[i].src, e->text)) {
                e->qual = an->src[i].alias;
                break;
            }
    return VISIT_CONTINUE;
}

ast_expr *an_qualified(analysis *an, const ast_expr *e)
{
    ast_expr *c = ast_expr_copy(an->a, e);
    ast_walk(c, visit_qualify, an);
    return c;
}

static ast_expr *shown(analysis *an, const ast_expr *e)
{
    ast_expr *c = ast_expr_copy(an->a, e);
    if (an->is_join)
        ast_walk(c, visit_qualify, an);
    else
        ast_walk(c, visit_strip, NULL);
    return c;
}

/* ---- magic time comparisons */

static bool is_time_column(const ast_expr *e)
{
    return e->kind == EX_COLUMN && (str_eqz(e->text, COL_ROWTIME) || is_bound(e->text));
}

static bool replace_time(const ast_expr *col, ast_expr *lit, status *st)
{
    if (!is_time_column(col) || lit->kind != EX_STRING)
        return true;
    int64_t ms;
    char    why[TIMESTAMP_WHY_MAX];
    if (!timestamp_parse(lit->text, &ms, why))
        return status_set(st, ST_SQL, "Failed to parse timestamp '%.*s': %s", STR_FMT(lit->text), why);
    lit->kind = EX_BIGINT;
    lit->ival = ms;
    return true;
}

static ast_visit visit_magic(ast_expr *e, void *ctx)
{
    resolver *r = ctx;
    if (e->kind == EX_COMPARE)
        r->ok = r->ok && replace_time(e->args[0], e->args[1], r->st) && replace_time(e->args[1], e->args[0], r->st);
    else if (e->kind == EX_BETWEEN)
        r->ok = r->ok && replace_time(e->args[0], e->args[1], r->st) && replace_time(e->args[0], e->args[2], r->st);
    return r->ok ? VISIT_CONTINUE : VISIT_ABORT;
}

static bool magic_times(analysis *an, ast_expr *e, status *st)
{
    resolver r = {.an = an, .st = st, .root = e, .ok = true};
    if (e)
        ast_walk(e, visit_magic, &r);
    return r.ok;
}

/* ---- generated aliases */

typedef struct alias_base {
    str base;
    VEC(int64_t) used;
    int64_t next;
} alias_base;

typedef struct alias_maker {
    analysis *an;
    VEC(alias_base *) bases;
} alias_maker;

/* base[_n]: splits off a numeric suffix; -1 when there is none. */
static str split_name(str name, int64_t *suffix)
{
    uint32_t i = name.n;
    while (i > 0 && name.p[i - 1] >= '0' && name.p[i - 1] <= '9')
        i--;
    *suffix = -1;
    if (i == name.n || i < 2 || name.p[i - 1] != '_')
        return name;
    if (!num_parse_i64(str_make(name.p + i, name.n - i), suffix))
        *suffix = -1;
    return *suffix < 0 ? name : str_make(name.p, i - 1);
}

static alias_base *find_base(alias_maker *m, str base)
{
    for (size_t i = 0; i < m->bases.n; i++)
        if (str_eq(m->bases.p[i]->base, base))
            return m->bases.p[i];
    alias_base *b = ARENA_NEW(m->an->a, alias_base);
    b->base = base;
    AVEC_PUSH(m->an->a, &m->bases, b);
    return b;
}

static void alias_maker_init(alias_maker *m, analysis *an)
{
    memset(m, 0, sizeof *m);
    m->an = an;
    for (uint32_t i = 0; i < an->src_count; i++) {
        const schema *s = &an->src[i].src->schema;
        for (uint32_t k = 0; k < s->n; k++) {
            int64_t     n;
            alias_base *b = find_base(m, split_name(s->cols[k].name, &n));
            AVEC_PUSH(an->a, &b->used, n < 0 ? 0 : n);
        }
    }
}

static int64_t next_number(alias_base *b)
{
    for (;; b->next++) {
        bool taken = false;
        for (size_t i = 0; i < b->used.n && !taken; i++)
            taken = b->used.p[i] == b->next;
        if (!taken)
            return b->next++;
    }
}

static str make_alias(alias_maker *m, const ast_expr *e)
{
    analysis *an = m->an;
    if (e->kind == EX_COLUMN) {
        if (!an->is_join)
            return e->text;
        uint32_t owners = 0, owner = 0;
        for (uint32_t i = 0; i < an->src_count; i++)
            if (source_has(an->src[i].src, e->text)) {
                owners++;
                if (e->qual.n == 0 || str_eq(an->src[i].alias, e->qual))
                    owner = i;
            }
        if (owners > 1 || is_pseudo(e->text) || is_bound(e->text))
            return str_fmt(an->a, "%.*s_%.*s", STR_FMT(an->src[owner].alias), STR_FMT(e->text));
        return e->text;
    }
    if (e->kind == EX_DEREF) {
        int64_t ignored;
        str     base = split_name(e->text, &ignored);
        int64_t n = next_number(find_base(m, base));
        return n == 0 ? base : str_fmt(an->a, "%.*s_%ld", STR_FMT(base), n);
    }
    return str_fmt(an->a, "KSQL_COL_%ld", next_number(find_base(m, STR("KSQL_COL"))));
}

/* ---- select items */

static void push_item(analysis *an, uint32_t i, str col, str alias, bool window, uint32_t pos)
{
    ast_expr *orig = ast_new(an->a, EX_COLUMN, pos, 1);
    orig->text = col;
    if (an->is_join)
        orig->qual = an->src[i].alias;
    ast_expr *e = ast_new(an->a, EX_COLUMN, pos, 1);
    e->text = an_internal_name(an, i, col);
    an_item it = {.expr = e, .orig = orig, .alias = alias, .from_star = true, .star_window = window, .pos = pos};
    AVEC_PUSH(an->a, &an->items, it);
}

/* Behind PARTITION BY the old key columns are values like others, behind them. */
static void expand_source(analysis *an, uint32_t i, uint32_t pos, bool pseudo)
{
    const source            *s = an->src[i].src;
    static const column_ns   plain[] = {NS_KEY, NS_VALUE, NS_HEADERS};
    static const column_ns   rekeyed[] = {NS_VALUE, NS_HEADERS, NS_KEY};
    static const char *const extra[] = {COL_ROWTIME, COL_ROWPARTITION, COL_ROWOFFSET};
    const column_ns         *order = an->q->has_partition_by ? rekeyed : plain;
    for (int o = 0; o < 3; o++) {
        for (int k = 0; pseudo && o == 2 && k < 3; k++)
            push_item(an, i, str_of(extra[k]), an_internal_name(an, i, str_of(extra[k])), false, pos);
        for (uint32_t k = 0; k < s->schema.n; k++) {
            str c = s->schema.cols[k].name;
            if (s->schema.cols[k].ns == order[o])
                push_item(an, i, c, an_internal_name(an, i, c), false, pos);
        }
        if (order[o] == NS_KEY && s->window.kind) {
            push_item(an, i, STR(COL_WINDOWSTART), an_internal_name(an, i, STR(COL_WINDOWSTART)), true, pos);
            push_item(an, i, STR(COL_WINDOWEND), an_internal_name(an, i, STR(COL_WINDOWEND)), true, pos);
        }
    }
}

static bool expand_star(analysis *an, const ast_select_item *it, status *st)
{
    bool pseudo = an->is_join && an->q->has_partition_by;
    if (it->star_qual.n == 0) {
        for (uint32_t i = 0; i < an->src_count; i++)
            expand_source(an, i, it->pos, pseudo);
        return true;
    }
    for (uint32_t i = 0; i < an->src_count; i++)
        if (str_eq(an->src[i].alias, it->star_qual)) {
            expand_source(an, i, it->pos, pseudo);
            return true;
        }
    return status_set(st, ST_SQL_PREPARE,
                      "Failed to prepare statement: '%.*s' is not a valid stream/table name or alias.",
                      STR_FMT(it->star_qual));
}

/* The type of a chain of columns and dereferences, without compiling. */
static const type *chain_type(analysis *an, const ast_expr *e, status *st)
{
    if (e->kind == EX_COLUMN) {
        resolver r = {an, st, CLAUSE_SELECT, NULL, true};
        int      i;
        if (!find_column(&r, e, &i))
            return NULL;
        const column *c = i >= 0 ? schema_find(&an->src[i].src->schema, e->text) : NULL;
        if (c == NULL || c->type->kind != T_STRUCT) {
            status_set(st, ST_SQL, "Column `%.*s` is not a STRUCT type.", STR_FMT(e->text));
            return NULL;
        }
        return c->type;
    }
    if (e->kind == EX_DEREF) {
        const type *t = chain_type(an, e->args[0], st);
        if (t == NULL)
            return NULL;
        int32_t i = type_field_index(t, e->text);
        if (i < 0) {
            status_set(st, ST_SQL, "Field %.*s was not found on STRUCT.", STR_FMT(e->text));
            return NULL;
        }
        if (t->fields[i].type->kind != T_STRUCT) {
            status_set(st, ST_SQL, "Field %.*s is not a STRUCT type.", STR_FMT(e->text));
            return NULL;
        }
        return t->fields[i].type;
    }
    status_set(st, ST_SQL, "Unsupported struct column expression: %.*s", STR_FMT(print_expr_text(an->a, e)));
    return NULL;
}

static bool expand_struct(analysis *an, const ast_select_item *it, status *st)
{
    const ast_expr *base = it->expr->args[0];
    const type     *t = chain_type(an, base, st);
    if (t == NULL)
        return false;
    for (uint32_t i = 0; i < t->field_count; i++) {
        ast_expr *d = ast_new(an->a, EX_DEREF, it->pos, it->len);
        d->args = ARENA_ARRAY(an->a, ast_expr *, 1);
        d->args[0] = (ast_expr *)base;
        d->arg_count = 1;
        d->text = t->fields[i].name;
        an_item item = {.alias = t->fields[i].name, .pos = it->pos};
        item.expr = resolve(an, d, CLAUSE_SELECT, st);
        if (item.expr == NULL)
            return false;
        item.orig = shown(an, d);
        AVEC_PUSH(an->a, &an->items, item);
    }
    return true;
}

static bool reserved_alias(analysis *an, const ast_expr *e, str alias, bool explicit_alias, status *st)
{
    str upper = str_upper(an->a, alias);
    if (!column_is_system(upper))
        return true;
    bool itself = e->kind == EX_COLUMN && str_eq(e->text, alias);
    if (itself) {
        if (an->opt->transient)
            return true;
        return status_set(st, ST_SQL, "Reserved column name in select: `%.*s`. Please remove or alias the column.",
                          STR_FMT(alias));
    }
    if (!explicit_alias)
        return true;
    return status_set(st, ST_SQL, "`%.*s` is a reserved column name. You cannot use it as an alias for a column.",
                      STR_FMT(alias));
}

static bool select_items(analysis *an, status *st)
{
    alias_maker m;
    alias_maker_init(&m, an);
    for (uint32_t i = 0; i < an->q->item_count; i++) {
        const ast_select_item *it = &an->q->items[i];
        if (it->expr == NULL) {
            if (!expand_star(an, it, st))
                return false;
            continue;
        }
        if (it->expr->kind == EX_STRUCT_STAR) {
            if (!expand_struct(an, it, st))
                return false;
            continue;
        }
        an_item item = {.pos = it->pos};
        item.alias = it->alias.n ? it->alias : make_alias(&m, it->expr);
        item.expr = resolve(an, it->expr, CLAUSE_SELECT, st);
        if (item.expr == NULL)
            return false;
        item.orig = shown(an, it->expr);
        if (!reserved_alias(an, it->expr, item.alias, it->alias.n > 0, st))
            return false;
        AVEC_PUSH(an->a, &an->items, item);
    }
    /* SELECT * with PARTITION BY or GROUP BY an expression: the new key column comes with it. */
    bool star = an->q->item_count == 1 && an->q->items[0].expr == NULL && an->q->items[0].star_qual.n == 0;
    for (uint32_t i = 0; star && i < an->q->partition_by_count; i++) {
        ast_expr *p = an->partition_by[i];
        bool      there = p->kind == EX_NULL;
        for (size_t k = 0; k < an->items.n; k++)
            there |= ast_expr_equal(an->items.p[k].expr, p);
        if (there)
            continue;
        an_item item = {.expr = p, .orig = an->partition_orig[i], .from_star = true, .pos = p->pos};
        item.alias = make_alias(&m, an->q->partition_by[i]);
        AVEC_PUSH(an->a, &an->items, item);
    }
    return true;
}

/* ---- aggregates and table functions */

static bool is_agg(const ast_expr *e, void *ctx)
{
    (void)ctx;
    return e->kind == EX_CALL && agg_exists(e->text);
}

static bool is_table_fn(const ast_expr *e, void *ctx)
{
    (void)ctx;
    return e->kind == EX_CALL && table_func_exists(e->text);
}

typedef struct collector {
    analysis *an;
    status   *st;
    bool      ok;
} collector;

static void add_distinct(analysis *an, ast_expr *e)
{
    uint32_t next = (uint32_t)an->agg_calls.n;
    if (an->agg_set.a == NULL)
        expr_set_init(&an->agg_set, an->a);
    if (expr_set_add(&an->agg_set, e, next) == next)
        AVEC_PUSH(an->a, &an->agg_calls, e);
}

static ast_visit visit_collect_agg(ast_expr *e, void *ctx)
{
    collector *c = ctx;
    if (!is_agg(e, NULL))
        return VISIT_CONTINUE;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        use_search s = {is_agg, NULL, false};
        ast_walk(e->args[i], visit_use, &s);
        if (s.found) {
            const ast_expr *inner = an_find(e->args[i], is_agg);
            status_set(c->st, ST_SQL, "Aggregate functions can not be nested: %.*s(%.*s())", STR_FMT(e->text),
                       STR_FMT(inner->text));
            c->ok = false;
            return VISIT_ABORT;
        }
    }
    if (e->arg_count == 0) { /* COUNT(*) counts rows: ROWTIME is never NULL */
        e->args = ARENA_ARRAY(c->an->a, ast_expr *, 1);
        e->args[0] = ast_new(c->an->a, EX_COLUMN, e->pos, e->len);
        e->args[0]->text = an_internal_name(c->an, 0, STR(COL_ROWTIME));
        e->arg_count = 1;
        e->star = false;
    }
    add_distinct(c->an, e);
    return VISIT_PRUNE;
}

static ast_visit visit_collect_table(ast_expr *e, void *ctx)
{
    collector *c = ctx;
    if (e->kind == EX_CASE || e->kind == EX_SIMPLE_CASE) {
        use_search s = {is_table_fn, NULL, false};
        ast_walk(e, visit_use, &s);
        if (s.found) {
            const ast_expr *t = NULL;
            for (uint32_t i = 0; i < e->arg_count && !t; i++)
                if (an_expr_uses(e->args[i], is_table_fn, NULL))
                    t = e->args[i];
            status_set(c->st, ST_SQL, "Table functions cannot be used in CASE: %.*s",
                       STR_FMT(print_expr_text(c->an->a, t)));
            c->ok = false;
            return VISIT_ABORT;
        }
    }
    if (!is_table_fn(e, NULL))
        return VISIT_CONTINUE;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (an_expr_uses(e->args[i], is_table_fn, NULL)) {
            const ast_expr *inner = an_find(e->args[i], is_table_fn);
            status_set(c->st, ST_SQL, "Table functions cannot be nested: %.*s(%.*s())", STR_FMT(e->text),
                       STR_FMT(inner->text));
            c->ok = false;
            return VISIT_ABORT;
        }
    AVEC_PUSH(c->an->a, &c->an->table_calls, e);
    return VISIT_PRUNE;
}

static bool collect_calls(analysis *an, status *st)
{
    collector c = {an, st, true};
    for (size_t i = 0; c.ok && i < an->items.n; i++)
        ast_walk(an->items.p[i].expr, visit_collect_agg, &c);
    if (c.ok && an->having)
        ast_walk(an->having, visit_collect_agg, &c);
    for (size_t i = 0; c.ok && i < an->items.n; i++)
        ast_walk(an->items.p[i].expr, visit_collect_table, &c);
    if (!c.ok)
        return false;
    an->has_aggregates = an->agg_calls.n > 0;
    an->is_group = an->has_aggregates || an->q->has_group_by;
    if (an->table_calls.n && an->is_group)
        return status_set(st, ST_SQL, "Table functions cannot be used with aggregations.");
    return true;
}

/* ---- clauses */

static bool resolve_list(analysis *an, ast_expr *const *in, uint32_t n, an_clause clause, ast_expr ***out,
                         ast_expr ***orig, status *st)
{
    *out = ARENA_ARRAY(an->a, ast_expr *, n + 1);
    *orig = ARENA_ARRAY(an->a, ast_expr *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        (*out)[i] = resolve(an, in[i], clause, st);
        if ((*out)[i] == NULL)
            return false;
        (*orig)[i] = shown(an, in[i]);
        for (uint32_t k = 0; k < i; k++)
            if (ast_expr_equal((*out)[i], (*out)[k]))
                return status_set(st, ST_SQL, "Duplicate %s expression: %.*s", clause_names[clause],
                                  STR_FMT(print_expr_text(an->a, (*orig)[i])));
    }
    return true;
}

static bool resolve_join(analysis *an, uint32_t j, status *st)
{
    const ast_expr *on = an->q->joins[j].on;
    if (on->kind == EX_AND || on->kind == EX_OR)
        return status_set(st, ST_SQL,
                          "Invalid join condition: joins on multiple conditions are not yet "
                          "supported. Got %.*s.",
                          STR_FMT(print_expr_text(an->a, on)));
    if (on->kind != EX_COMPARE)
        return status_set(st, ST_SQL, "Unsupported join expression: %.*s", STR_FMT(print_expr_text(an->a, on)));
    if (on->op != OP_EQ)
        return status_set(st, ST_SQL, "Only equality join criteria is supported.");
    an->join_left[j] = resolve(an, on->args[0], CLAUSE_JOIN, st);
    an->join_right[j] = an->join_left[j] ? resolve(an, on->args[1], CLAUSE_JOIN, st) : NULL;
    if (an->join_right[j] == NULL)
        return false;
    an->join_left_orig[j] = shown(an, on->args[0]);
    an->join_right_orig[j] = shown(an, on->args[1]);
    return true;
}

static bool resolve_clauses(analysis *an, status *st)
{
    const ast_query *q = an->q;
    uint32_t         n = q->join_count + 1;
    an->join_left = ARENA_ARRAY(an->a, ast_expr *, n);
    an->join_right = ARENA_ARRAY(an->a, ast_expr *, n);
    an->join_left_orig = ARENA_ARRAY(an->a, ast_expr *, n);
    an->join_right_orig = ARENA_ARRAY(an->a, ast_expr *, n);
    for (uint32_t j = 0; j < q->join_count; j++)
        if (!resolve_join(an, j, st))
            return false;
    if (q->where) {
        an->where = resolve(an, q->where, CLAUSE_WHERE, st);
        if (an->where == NULL || !magic_times(an, an->where, st))
            return false;
        an->where_orig = shown(an, q->where);
    }
    if (!resolve_list(an, q->group_by, q->group_by_count, CLAUSE_GROUP, &an->group_by, &an->group_orig, st) ||
        !resolve_list(an, q->partition_by, q->partition_by_count, CLAUSE_PARTITION, &an->partition_by,
                      &an->partition_orig, st))
        return false;
    if (q->having) {
        an->having = resolve(an, q->having, CLAUSE_HAVING, st);
        if (an->having == NULL || !magic_times(an, an->having, st))
            return false;
        an->having_orig = shown(an, q->having);
    }
    return true;
}

static bool check_aliases(analysis *an, status *st)
{
    for (uint32_t i = 0; i < an->q->item_count; i++) {
        const ast_select_item *it = &an->q->items[i];
        if (it->expr == NULL || it->expr->kind == EX_STRUCT_STAR)
            continue;
        bool bare = it->expr->kind == EX_COLUMN && it->expr->qual.n == 0;
        str  alias = it->alias.n ? it->alias : bare ? it->expr->text : STR_NONE;
        if (alias.n && !(an->is_join && it->alias.n == 0) && !reserved_alias(an, it->expr, alias, it->alias.n > 0, st))
            return false;
    }
    return true;
}

bool analyze(analysis *an, status *st)
{
    if (an->q->has_group_by && an->q->has_partition_by)
        return status_set(st, ST_SQL_PREPARE,
                          "Failed to prepare statement: Queries only support one of "
                          "PARTITION BY and GROUP BY");
    return find_sources(an, st) && check_aliases(an, st) && resolve_clauses(an, st) && select_items(an, st) &&
           collect_calls(an, st);
}

int an_source_of(analysis *an, str internal)
{
    for (uint32_t i = 0; i < an->src_count; i++) {
        str c = internal, alias = an->src[i].alias;
        if (an->is_join) { /* as an_internal_name() makes it */
            if (c.n <= alias.n || !str_starts(c, alias) || c.p[alias.n] != '_')
                continue;
            c = str_make(c.p + alias.n + 1, c.n - alias.n - 1);
        }
        if (schema_find(&an->src[i].src->schema, c) || column_is_system(c))
            return (int)i;
    }
    return -1;
}
