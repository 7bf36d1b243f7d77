#include "engine/plan/upgrade.h"

/* The names by which ksqlDB's texts call the steps. */
static const char *step_class(const plan_node *n)
{
    switch (n->kind) {
    case PLAN_SOURCE:
        if (n->source.src->window.kind)
            return n->is_table ? "WindowedTableSource" : "WindowedStreamSource";
        return n->is_table ? "TableSource" : "StreamSource";
    case PLAN_FILTER:
        return n->is_table ? "TableFilter" : "StreamFilter";
    case PLAN_PROJECT:
        return n->is_table ? "TableSelect" : "StreamSelect";
    case PLAN_REKEY:
        if (n->rekey.rule == REKEY_GROUP_BY)
            return n->is_table ? "TableGroupBy" : "StreamGroupBy";
        return n->is_table ? "TableSelectKey" : "StreamSelectKey";
    case PLAN_FLATMAP:
        return "StreamFlatMap";
    case PLAN_AGGREGATE:
        if (n->in[0]->is_table)
            return "TableAggregate";
        return n->agg.is_windowed ? "StreamWindowedAggregate" : "StreamAggregate";
    case PLAN_JOIN_STREAMS:
        return "StreamStreamJoin";
    case PLAN_JOIN_TABLE:
        return "StreamTableJoin";
    case PLAN_JOIN_TABLES:
        return "TableTableJoin";
    case PLAN_JOIN_FOREIGN:
        return "ForeignKeyTableTableJoin";
    case PLAN_REPARTITION:
        return "StreamRepartition";
    }
    return "";
}

/* Down through what may change freely. */
static const plan_node *stateful(const plan_node *n)
{
    while (n->kind == PLAN_FILTER || n->kind == PLAN_PROJECT || n->kind == PLAN_REPARTITION)
        n = n->in[0];
    return n;
}

static bool differ(status *st, const plan_node *n, const char *property, str a, str b)
{
    return status_set(st, ST_SQL,
                      "Query is not upgradeable. Plan step of type %s must have matching %s. Values "
                      "differ: %.*s vs. %.*s",
                      step_class(n), property, STR_FMT(a), STR_FMT(b));
}

static bool same_source(const plan_node *x, const plan_node *y, status *st)
{
    const source *s = x->source.src, *t = y->source.src;
    if (!str_eq(s->topic, t->topic))
        return differ(st, x, "topicName", s->topic, t->topic);
    if (s->key.id != t->key.id || s->value.id != t->value.id)
        return differ(st, x, "formats", str_of(formats[s->value.id].name), str_of(formats[t->value.id].name));
    if (!str_eq(s->ts_column, t->ts_column))
        return differ(st, x, "timestampColumn", s->ts_column, t->ts_column);
    return true;
}

static bool same_keys(const plan_node *x, const plan_node *y, status *st)
{
    bool same = x->out.key_count == y->out.key_count;
    for (uint32_t i = 0; same && !x->rekey.drop_key && i < x->out.key_count; i++)
        same = ast_expr_equal(x->rekey.texts[i], y->rekey.texts[i]);
    return same || differ(st, x, x->rekey.rule == REKEY_GROUP_BY ? "groupByExpressions" : "keyExpressions",
                          STR("[...]"), STR("[...]"));
}

static bool same_aggregate(const plan_node *x, const plan_node *y, status *st)
{
    if (x->agg.is_windowed || y->agg.is_windowed || x->in[0]->is_table)
        return status_set(st, ST_SQL, "Upgrades not yet supported for %s", step_class(x));
    arena a;
    arena_init(&a);
    bool same = str_eq(x->agg.columns, y->agg.columns);
    if (!same)
        differ(st, x, "columns not part of aggregate", str_fmt(&a, "[%.*s]", STR_FMT(x->agg.columns)),
               str_fmt(&a, "[%.*s]", STR_FMT(y->agg.columns)));
    arena_free(&a);
    if (!same)
        return false;
    same = x->agg.agg_count == y->agg.agg_count;
    for (uint32_t i = 0; same && i < x->agg.agg_count; i++)
        same = str_eq(x->agg.aggs[i].text, y->agg.aggs[i].text);
    return same || differ(st, x, "aggregationFunctions", STR("[...]"), STR("[...]"));
}

static bool can_upgrade(const plan_node *x, const plan_node *y, status *st)
{
    x = stateful(x);
    y = stateful(y);
    if (x->kind == PLAN_SOURCE && y->in[1])
        return status_set(st, ST_SQL,
                          "Query is not upgradeable. Cannot change a non-join source into a "
                          "join source.");
    if (x->kind == PLAN_SOURCE && y->kind != PLAN_SOURCE)
        return status_set(st, ST_SQL,
                          "Query is not upgradeable. Cannot add a %s step that is not in the original "
                          "query plan.",
                          step_class(y));
    if (x->kind != y->kind || x->is_table != y->is_table)
        return differ(st, x, "class", str_of(step_class(x)), str_of(step_class(y)));
    switch (x->kind) {
    case PLAN_SOURCE:
        if (x->source.src->window.kind)
            return status_set(st, ST_SQL, "Upgrades not yet supported for %s", step_class(x));
        return same_source(x, y, st);
    case PLAN_REKEY:
        if (x->is_table && x->rekey.rule == REKEY_GROUP_BY)
            return status_set(st, ST_SQL, "Upgrades not yet supported for %s", step_class(x));
        return same_keys(x, y, st) && can_upgrade(x->in[0], y->in[0], st);
    case PLAN_AGGREGATE:
        return same_aggregate(x, y, st) && can_upgrade(x->in[0], y->in[0], st);
    default:
        return status_set(st, ST_SQL, "Upgrades not yet supported for %s", step_class(x));
    }
}

bool plan_can_upgrade(const plan *was, const plan *now, status *st)
{
    return can_upgrade(was->root, now->root, st);
}
