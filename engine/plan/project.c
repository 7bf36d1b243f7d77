/* Projection: which select items are the result's key and which its values, and what is wrong with either
 * (spec/sql-language.md 4.6, 6.1). */
#include <assert.h>

#include "base/map.h"
#include "engine/plan/build.h"
#include "parser/parser.h"

/* ---- keys */

/* Which key part this item gives, or -1. */
static int item_key(builder *b, const an_item *it, const layout *l)
{
    for (uint32_t k = 0; it->expr->kind == EX_COLUMN && k < l->key_count; k++) {
        for (uint32_t v = 0; v < l->keys[k].viable_count; v++)
            if (str_eq(l->keys[k].viable[v], it->expr->text))
                return (int)k;
        if (str_eq(l->cols[l->keys[k].slot].name, it->expr->text))
            return (int)k;
    }
    for (uint32_t i = 0; i < b->an.q->partition_by_count && i < l->key_count; i++)
        if (ast_expr_equal(it->expr, b->an.partition_by[i]))
            return (int)i;
    return -1;
}

/* Of a join's viable columns the one with the least number is the key; the others are values. */
static uint32_t preference(const layout_key *key, const an_item *it)
{
    for (uint32_t v = 0; it->expr->kind == EX_COLUMN && v < key->viable_count; v++)
        if (str_eq(key->viable[v], it->expr->text))
            return v;
    return 0;
}

typedef VEC(str) name_vec;

/* The user's name of a key part: ALIAS.C of a join's ALIAS_C, or what it was grouped or partitioned by. */
static str key_text(builder *b, uint32_t k, str viable)
{
    const analysis *an = &b->an;
    if (k < an->q->group_by_count)
        return print_expr_text(b->a, an->group_orig[k]);
    if (k < an->q->partition_by_count) {
        ast_expr *o = ast_expr_copy(b->a, an->partition_orig[k]);
        if (!an->is_join && o->kind == EX_COLUMN)
            o->qual = an->src[0].alias;
        return print_expr_text(b->a, o);
    }
    return viable;
}

static str joined_text(builder *b, str viable)
{
    int s = an_source_of(&b->an, viable);
    if (s < 0)
        return viable;
    str alias = b->an.src[s].alias;
    return str_fmt(b->a, "%.*s.%.*s", STR_FMT(alias), (int)(viable.n - alias.n - 1), viable.p + alias.n + 1);
}

static str list_text(builder *b, const name_vec *names, const char *last_sep)
{
    buf t = BUF_INIT(ST_MSG_MAX);
    for (size_t i = 0; i < names->n; i++) {
        if (i)
            buf_putz(&t, i + 1 == names->n ? last_sep : ", ");
        buf_puts(&t, names->p[i]);
    }
    str s = str_dup(b->a, buf_str(&t));
    buf_free(&t);
    return s;
}

static bool refuse_key(builder *b, const char *what, const name_vec *names)
{
    bool        plural = names->n > 1;
    const char *s = plural ? "s" : "";
    return refuse(b,
                  "Key%s missing from projection (ie, SELECT). \nThe query used to build `%.*s` must "
                  "include the %s%s %.*s in its projection (eg, SELECT %.*s...).",
                  s, STR_FMT(b->opt->sink_name), what, s, STR_FMT(list_text(b, names, " and ")),
                  STR_FMT(list_text(b, names, ", ")));
}

/* Any of the columns that equal the key will do. */
static bool refuse_joined_key(builder *b, const layout *l)
{
    str      sink = b->opt->sink_name, first = l->keys[0].viable[0];
    name_vec names = {0};
    if (l->keys[0].viable_count == 1 && str_starts(first, STR("ROWKEY")))
        return refuse(b,
                      "Key missing from projection (ie, SELECT). See https://cnfl.io/2LV7ouS.\nThe query used to "
                      "build `%.*s` must include the join expression %.*s in its projection (eg, SELECT %.*s...).\n"
                      "%.*s was added as a synthetic key column because the join criteria did not match any source "
                      "column. This expression must be included in the projection and may be aliased. ",
                      STR_FMT(sink), STR_FMT(first), STR_FMT(first), STR_FMT(first));
    for (uint32_t k = 0; k < l->key_count; k++)
        for (uint32_t v = 0; v < l->keys[k].viable_count; v++)
            AVEC_PUSH(b->a, &names, joined_text(b, l->keys[k].viable[v]));
    return refuse(b,
                  "Key missing from projection (ie, SELECT). \nThe query used to build `%.*s` must include the join "
                  "expression%s %.*s in its projection (eg, SELECT %.*s...).",
                  STR_FMT(sink), names.n > 1 ? "s" : "", STR_FMT(list_text(b, &names, " or ")), STR_FMT(names.p[0]));
}

/* Behind a foreign-key join all of the left table's key must be there. */
static bool refuse_foreign_key(builder *b, const layout *l, const int *chosen)
{
    str      alias = b->an.src[0].alias;
    buf      t = BUF_INIT(ST_MSG_MAX);
    uint32_t missing = 0;
    for (uint32_t k = 0; k < l->key_count; k++)
        if (chosen[k] < 0) {
            str name = l->keys[k].viable[0];
            buf_printf(&t, "%s`%.*s`", missing++ ? ", " : "", (int)(name.n - alias.n - 1), name.p + alias.n + 1);
        }
    refuse(b,
           "Primary key column%s missing in projection. For foreign-key table-table joins, the "
           "projection must include all primary key columns from the left input table (`%.*s`). "
           "Missing column%s: %.*s.",
           missing > 1 ? "s" : "", STR_FMT(b->an.src[0].name), missing > 1 ? "s" : "", (int)t.n, t.p);
    buf_free(&t);
    return false;
}

static bool is_foreign_join(const plan_node *n)
{
    while (n->kind == PLAN_FILTER)
        n = n->in[0];
    return n->kind == PLAN_JOIN_FOREIGN;
}

static bool refuse_missing_key(builder *b, const plan_node *in, const int *chosen)
{
    const layout *l = &in->out;
    bool          grouped = b->an.is_group, partitioned = b->an.q->has_partition_by;
    name_vec      names = {0};
    if (is_foreign_join(in))
        return refuse_foreign_key(b, l, chosen);
    if (b->an.is_join && !grouped && !partitioned)
        return refuse_joined_key(b, l);
    for (uint32_t k = 0; k < l->key_count; k++)
        if (!grouped || chosen[k] < 0) /* of a GROUP BY those that are missing, else all */
            AVEC_PUSH(b->a, &names, key_text(b, k, l->keys[k].viable[0]));
    return refuse_key(b,
                      grouped       ? "grouping expression"
                      : partitioned ? "partitioning expression"
                                    : "key column",
                      &names);
}

static bool refuse_twice(builder *b, const layout *l, uint32_t k, str x, str y)
{
    bool        swap = str_cmp(x, y) > 0;
    str         first = swap ? y : x, second = swap ? x : y;
    const char *tail = "\nEach key column must only be in the projection once. If you intended to copy "
                       "the key into the value, then consider using the AS_VALUE function to indicate "
                       "which key reference should be copied.";
    if (b->an.is_group)
        return refuse(b, "The projection contains a key column more than once: `%.*s` and `%.*s`.%s", STR_FMT(first),
                      STR_FMT(second), tail);
    return refuse(b,
                  "The projection contains a key column (`%.*s`) more than once, aliased as: %.*s and "
                  "%.*s.%s",
                  STR_FMT(l->keys[k].viable[0]), STR_FMT(first), STR_FMT(second), tail);
}

/* ksqlDB's "new planner" lets a stream's projection order the key columns and leave some out. */
static bool free_keys(const builder *b, const plan_node *in)
{
    return settings_flag(&b->opt->settings, SETTING_NEW_QUERY_PLANNER_ENABLED) && !in->is_table && !b->an.is_join &&
           !b->an.is_group;
}

/* The key parts that are there, in the order of their items; gives their number. */
static uint32_t order_by_item(uint32_t *order, uint32_t count, const int *chosen)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < count; k++) {
        if (chosen[k] < 0)
            continue;
        uint32_t at = n++;
        for (; at > 0 && chosen[order[at - 1]] > chosen[k]; at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
    return n;
}

/* For every key part the item that gives it; -1 where one may be missing. */
static bool choose_keys(builder *b, const plan_node *in, int *chosen)
{
    const layout *l = &in->out;
    uint32_t     *best = ARENA_ARRAY(b->a, uint32_t, l->key_count + 1);
    bool          all = true;
    for (uint32_t k = 0; k < l->key_count; k++)
        chosen[k] = -1;
    for (size_t i = 0; i < b->an.items.n; i++) {
        const an_item *it = &b->an.items.p[i];
        int            k = item_key(b, it, l);
        if (k < 0)
            continue;
        uint32_t p = preference(&l->keys[k], it);
        if (chosen[k] >= 0 && p == best[k])
            return refuse_twice(b, l, (uint32_t)k, b->an.items.p[chosen[k]].alias, it->alias);
        if (chosen[k] < 0 || p < best[k]) {
            chosen[k] = (int)i;
            best[k] = p;
        }
    }
    for (uint32_t k = 0; k < l->key_count; k++)
        all &= chosen[k] >= 0;
    return all || free_keys(b, in) || refuse_missing_key(b, in, chosen);
}

/* ---- what comes out */

static void output(builder *b, plan_node *pn, str name, const xnode *x, const ast_expr *text, bool is_key, bool keeps)
{
    uint32_t at = layout_add(b, &pn->out, name, x->type);
    assert(at == b->p->output_count);
    pn->project.exprs[at] = x;
    pn->project.texts[at] = text;
    pn->project.names[at] = name;
    b->p->outputs[at] = (plan_output){name, x->type, is_key, keeps};
    b->p->output_count++;
}

static bool refuse_duplicate(builder *b, const plan_output *first, const plan_output *again)
{
    bool key = again->is_key && first->is_key && !b->opt->transient;
    if (!b->opt->transient && again->is_key != first->is_key && !b->an.is_group)
        return refuse(b, "Value columns clash with key columns: `%.*s`", STR_FMT(again->name));
    return refuse(b, "Duplicate %s columns found in schema: `%.*s` %.*s%s", key ? "key" : "value", STR_FMT(again->name),
                  STR_FMT(type_text(b->a, again->type)), key ? " KEY" : "");
}

static bool check_duplicates(builder *b)
{
    map  seen = {0};
    bool ok = true;
    for (uint32_t i = 0; i < b->p->output_count && ok; i++) {
        plan_output *first = map_put(&seen, b->p->outputs[i].name, &b->p->outputs[i]);
        if (first)
            ok = refuse_duplicate(b, first, &b->p->outputs[i]);
    }
    map_free(&seen);
    return ok;
}

static bool refuse_null_column(builder *b, const xnode *x)
{
    if (x->type->kind != T_NULL)
        return true;
    return refuse(b, "Can't infer a type of null. Please explicitly cast it to a required type, e.g. "
                     "CAST(null AS VARCHAR).");
}

static bool is_window_bound(const layout *l, const ast_expr *e)
{
    return e->kind == EX_COLUMN && ((l->wstart != SLOT_NONE && str_eq(l->cols[l->wstart].name, e->text)) ||
                                    (l->wend != SLOT_NONE && str_eq(l->cols[l->wend].name, e->text)));
}

/* Faults of expressions come before those of keys. */
static bool check_items(builder *b, const layout *l)
{
    for (size_t i = 0; i < b->an.items.n; i++) {
        const an_item *it = &b->an.items.p[i];
        if (it->expr->kind != EX_COLUMN && compile_select(b, it->expr, l) == NULL)
            return false;
    }
    if (b->opt->ts_column.n == 0)
        return true;
    for (size_t i = 0; i < b->an.items.n; i++)
        if (str_eq(b->an.items.p[i].alias, b->opt->ts_column))
            return true;
    return refuse(b, "The TIMESTAMP column set in the WITH clause does not exist in the schema: '%.*s'",
                  STR_FMT(b->opt->ts_column));
}

/* The key's columns, which come first; chosen is filled as by choose_keys(). */
static bool add_keys(builder *b, plan_node *pn, const plan_node *in, int *chosen)
{
    const layout *l = &in->out;
    if (!choose_keys(b, in, chosen))
        return false;
    uint32_t *order = ARENA_ARRAY(b->a, uint32_t, l->key_count + 1), n = l->key_count;
    for (uint32_t k = 0; k < n; k++)
        order[k] = k;
    if (free_keys(b, in))
        n = order_by_item(order, l->key_count, chosen);
    if (n == 0 && l->key_count > 0)
        pn->out.key_format = side_empty();
    for (uint32_t k = 0; k < n; k++) {
        const an_item *it = &b->an.items.p[chosen[order[k]]];
        uint32_t       slot = l->keys[order[k]].slot;
        str            alias = it->alias;
        output(b, pn, alias, expr_column(b->a, slot, l->cols[slot].type), it->orig, true, true);
        layout_add_key(b, &pn->out, b->p->output_count - 1, &alias, 1);
    }
    return true;
}

static bool add_value(builder *b, plan_node *pn, const layout *l, const an_item *it)
{
    int          k = b->opt->transient ? item_key(b, it, l) : -1;
    const xnode *x =
        k >= 0 ? expr_column(b->a, l->keys[k].slot, l->cols[l->keys[k].slot].type) : compile_select(b, it->expr, l);
    if (x == NULL) {
        if (it->expr->kind == EX_COLUMN && layout_find(b, l, it->expr->text) == SLOT_NONE)
            refuse(b, "%.*sColumn '%.*s' cannot be resolved.", STR_FMT(an_location(&b->an, it->pos)),
                   STR_FMT(print_expr_text(b->a, it->orig)));
        return false;
    }
    if (!refuse_null_column(b, x))
        return false;
    output(b, pn, it->alias, x, it->orig, false, k >= 0 || is_window_bound(l, it->expr));
    return true;
}

static bool add_values(builder *b, plan_node *pn, const layout *l, const int *chosen)
{
    for (size_t i = 0; i < b->an.items.n; i++) {
        const an_item *it = &b->an.items.p[i];
        bool           is_key = false;
        for (uint32_t k = 0; !b->opt->transient && k < l->key_count; k++)
            is_key |= chosen[k] == (int)i;
        /* window bounds out of a * are part of the sink's windowed key; of a join's sources they are columns */
        bool in_key = !b->opt->transient && it->star_window && !b->an.is_join;
        if (!is_key && !in_key && !add_value(b, pn, l, it))
            return false;
    }
    return true;
}

plan_node *build_project(builder *b, plan_node *in)
{
    const layout *l = &in->out;
    uint32_t      max = (uint32_t)b->an.items.n + l->key_count;
    plan_node    *pn = node_new(b, PLAN_PROJECT, "Project");
    pn->in[0] = in;
    pn->is_table = in->is_table;
    pn->out.window = l->window;
    pn->out.key_format = l->key_format;
    pn->out.value_format = l->value_format;
    pn->project.exprs = ARENA_ARRAY(b->a, const xnode *, max);
    pn->project.texts = ARENA_ARRAY(b->a, const ast_expr *, max);
    pn->project.names = ARENA_ARRAY(b->a, str, max);
    b->p->outputs = ARENA_ARRAY(b->a, plan_output, max);
    int *chosen = ARENA_ARRAY(b->a, int, l->key_count + 1);
    if (!check_items(b, l))
        return NULL;
    if (!b->opt->transient && !add_keys(b, pn, in, chosen))
        return NULL;
    uint32_t keys = b->p->output_count;
    if (!add_values(b, pn, l, chosen))
        return NULL;
    if (!b->opt->transient && b->p->output_count == keys) {
        refuse(b, "The projection contains no value columns.");
        return NULL;
    }
    return check_duplicates(b) ? pn : NULL;
}
