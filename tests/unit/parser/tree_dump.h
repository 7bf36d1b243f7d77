/* A statement's tree as text, without positions: two trees are the same when their dumps are. */
#ifndef TESTS_TREE_DUMP_H
#define TESTS_TREE_DUMP_H

#include <stdlib.h>
#include <strings.h>

#include "parser/parser.h"

static void dump_type(buf *b, const ast_type *t)
{
    if (t == NULL) {
        buf_putz(b, "-");
        return;
    }
    buf_printf(b, "<%d %.*s %d %d ", t->kind, STR_FMT(t->name), t->precision, t->scale);
    dump_type(b, t->key);
    dump_type(b, t->elem);
    for (uint32_t i = 0; i < t->field_count; i++) {
        buf_printf(b, " %.*s:", STR_FMT(t->fields[i].name));
        dump_type(b, t->fields[i].type);
    }
    buf_putz(b, ">");
}

static void dump_expr(buf *b, const ast_expr *e)
{
    if (e == NULL) {
        buf_putz(b, "nil");
        return;
    }
    buf_printf(b, "(%d.%d%s [%.*s] [%.*s] %lld %.17g ", e->kind, e->op, e->star ? "*" : "",
               STR_FMT(e->qual), STR_FMT(e->text), (long long)e->ival, e->dval);
    if (e->type)
        dump_type(b, e->type);
    for (uint32_t i = 0; i < e->name_count; i++)
        buf_printf(b, " %.*s", STR_FMT(e->names[i]));
    for (uint32_t i = 0; i < e->arg_count; i++)
        dump_expr(b, e->args[i]);
    buf_putz(b, ")");
}

static void dump_duration(buf *b, ast_duration d)
{
    buf_printf(b, " %d:%lld:%d", d.given, (long long)d.n, d.unit);
}

static void dump_relation(buf *b, const ast_relation *r)
{
    buf_printf(b, "\n from [%.*s] [%.*s]", STR_FMT(r->name), STR_FMT(r->alias));
}

static void dump_query(buf *b, const ast_query *q)
{
    for (uint32_t i = 0; i < q->item_count; i++) {
        const ast_select_item *s = &q->items[i];
        buf_printf(b, "\n item [%.*s] [%.*s] ", STR_FMT(s->star_qual), STR_FMT(s->alias));
        dump_expr(b, s->expr);
    }
    dump_relation(b, &q->from);
    for (uint32_t i = 0; i < q->join_count; i++) {
        const ast_join *j = &q->joins[i];
        buf_printf(b, "\n join %d %d", j->kind, j->within);
        dump_relation(b, &j->right);
        dump_duration(b, j->before);
        dump_duration(b, j->after);
        dump_duration(b, j->grace);
        dump_expr(b, j->on);
    }
    buf_printf(b, "\n window %d", q->window.kind);
    dump_duration(b, q->window.size);
    dump_duration(b, q->window.advance);
    dump_duration(b, q->window.retention);
    dump_duration(b, q->window.grace);
    buf_putz(b, "\n where ");
    dump_expr(b, q->where);
    buf_printf(b, "\n group %d", q->has_group_by);
    for (uint32_t i = 0; i < q->group_by_count; i++)
        dump_expr(b, q->group_by[i]);
    buf_printf(b, "\n partition %d", q->has_partition_by);
    for (uint32_t i = 0; i < q->partition_by_count; i++)
        dump_expr(b, q->partition_by[i]);
    buf_putz(b, "\n having ");
    dump_expr(b, q->having);
    buf_printf(b, "\n emit %d limit %d %lld", q->emit, q->has_limit, (long long)q->limit);
}

static int dump_prop_cmp(const void *a, const void *b)
{
    const ast_prop *x = a, *y = b;
    uint32_t        n = x->name.n < y->name.n ? x->name.n : y->name.n;
    int             c = strncasecmp(x->name.p, y->name.p, n);
    return c ? c : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

/* Sorts s->props: their order and the case of their names do not count. */
static void dump_stmt(buf *b, ast_stmt *s)
{
    buf_printf(b, "stmt %d [%.*s] [%.*s] [%.*s] %d%d%d%d%d%d%d%d%d%d%d%d%d scope %d %lld %lld %lld",
               s->kind, STR_FMT(s->name), STR_FMT(s->text), STR_FMT(s->text2), s->or_replace,
               s->source_only, s->if_not_exists, s->if_exists, s->delete_topic, s->extended, s->all,
               s->from_beginning, s->not_exists, s->has_columns, s->has_id, s->has_interval,
               s->has_limit, s->scope, (long long)s->interval, (long long)s->limit,
               (long long)s->id);
    dump_duration(b, s->timeout);
    dump_type(b, s->type);
    for (uint32_t i = 0; i < s->column_count; i++) {
        const ast_column *c = &s->columns[i];
        buf_printf(b, "\n column [%.*s] %d [%.*s] ", STR_FMT(c->name), c->kind,
                   STR_FMT(c->header_key));
        dump_type(b, c->type);
    }
    if (s->prop_count)
        qsort(s->props, s->prop_count, sizeof *s->props, dump_prop_cmp);
    buf_printf(b, "\n props %d", s->has_props);
    for (uint32_t i = 0; i < s->prop_count; i++) {
        buf_putz(b, "\n  ");
        for (uint32_t k = 0; k < s->props[i].name.n; k++) {
            char c = s->props[i].name.p[k];
            buf_putc(b, c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
        }
        dump_expr(b, s->props[i].value);
    }
    for (uint32_t i = 0; i < s->value_count; i++)
        dump_expr(b, s->values[i]);
    if (s->query)
        dump_query(b, s->query);
    if (s->inner) {
        buf_putz(b, "\n inner ");
        dump_stmt(b, s->inner);
    }
}

#endif
