/* EXPLAIN: the plan as an indented text, sink first. */
#include <stdio.h>

#include "engine/plan/plan.h"
#include "parser/parser.h"

static const char *const names[] = {
    [PLAN_SOURCE] = "SOURCE",
    [PLAN_FILTER] = "FILTER",
    [PLAN_PROJECT] = "PROJECT",
    [PLAN_REKEY] = "REKEY",
    [PLAN_FLATMAP] = "FLATMAP",
    [PLAN_REPARTITION] = "REPARTITION",
    [PLAN_AGGREGATE] = "AGGREGATE",
    [PLAN_JOIN_STREAMS] = "JOIN STREAM-STREAM",
    [PLAN_JOIN_TABLE] = "JOIN STREAM-TABLE",
    [PLAN_JOIN_TABLES] = "JOIN TABLE-TABLE",
    [PLAN_JOIN_FOREIGN] = "JOIN FOREIGN KEY",
};

static void details(const plan_node *n, buf *out)
{
    switch (n->kind) {
    case PLAN_SOURCE:
        buf_printf(out, " %s %.*s over topic %.*s (key %s, value %s)", n->is_table ? "TABLE" : "STREAM",
                   STR_FMT(n->source.src->name), STR_FMT(n->source.src->topic), formats[n->source.src->key.id].name,
                   formats[n->source.src->value.id].name);
        break;
    case PLAN_FILTER:
        buf_putc(out, ' ');
        print_expr(out, n->filter.text);
        break;
    case PLAN_PROJECT:
        for (uint32_t i = 0; i < n->out.n; i++) {
            buf_printf(out, "%s%.*s = ", i ? ", " : " ", STR_FMT(n->project.names[i]));
            print_expr(out, n->project.texts[i]);
        }
        break;
    case PLAN_REKEY:
        buf_putz(out, n->rekey.rule == REKEY_GROUP_BY ? " GROUP BY" : " BY");
        for (uint32_t i = 0; !n->rekey.drop_key && i < n->out.key_count; i++) {
            buf_putz(out, i ? ", " : " ");
            print_expr(out, n->rekey.texts[i]);
        }
        if (n->rekey.drop_key)
            buf_putz(out, " NULL");
        break;
    case PLAN_FLATMAP:
        for (uint32_t i = 0; i < n->flatmap.n; i++)
            buf_printf(out, "%s%s", i ? ", " : " ", n->flatmap.calls[i]->row->name);
        break;
    case PLAN_REPARTITION:
        buf_printf(out, " through %.*s", STR_FMT(n->repartition.topic));
        break;
    case PLAN_AGGREGATE:
        for (uint32_t i = 0; i < n->agg.agg_count; i++)
            buf_printf(out, "%s%.*s", i ? ", " : " ", STR_FMT(n->agg.aggs[i].text));
        if (n->agg.is_windowed)
            buf_printf(out, " window %s size %ld ms, advance %ld ms, grace %ld ms, retention %ld ms%s",
                       window_kind_name(n->agg.window.kind), n->agg.size_ms, n->agg.advance_ms, n->agg.grace_ms,
                       n->agg.retention_ms, n->agg.emit_final ? ", final results" : "");
        break;
    case PLAN_JOIN_STREAMS:
        buf_printf(out, " within %ld ms before and %ld ms after, retention %ld ms", n->join.before_ms, n->join.after_ms,
                   n->join.retention_ms);
        break;
    default:
        break;
    }
}

static void explain(const plan_node *n, int depth, buf *out)
{
    for (int i = 0; i < depth; i++)
        buf_putz(out, "    ");
    buf_printf(out, " > [ %s ] | Schema:", names[n->kind]);
    for (uint32_t i = 0; i < n->out.n; i++) {
        if (n->out.cols[i].name.n && n->out.cols[i].name.p[0] == 1)
            continue; /* slots that no one can name */
        buf_printf(out, "%s`%.*s` ", i ? ", " : " ", STR_FMT(n->out.cols[i].name));
        type_print(out, n->out.cols[i].type, true);
    }
    buf_putz(out, " |");
    details(n, out);
    buf_putc(out, '\n');
    for (int i = 0; i < 2; i++)
        if (n->in[i])
            explain(n->in[i], depth + 1, out);
}

void plan_explain(const plan *p, buf *out)
{
    if (p->sink && p->sink->topic.n)
        buf_printf(out, " > [ SINK ] | topic %.*s (key %s, value %s)\n", STR_FMT(p->sink->topic),
                   formats[p->sink->key.id].name, formats[p->sink->value.id].name);
    explain(p->root, p->sink ? 1 : 0, out);
}
