/* The analysis of a query: sources found, columns resolved, stars expanded, aliases made. */
#ifndef ENGINE_PLAN_ANALYZE_H
#define ENGINE_PLAN_ANALYZE_H

#include "engine/plan/expr_set.h"
#include "base/vec.h"
#include "engine/plan/plan.h"

typedef struct an_source {
    source  *src;
    str      name, alias;
    uint32_t pos;
} an_source;

typedef struct an_item { /* one select item */
    ast_expr *expr;      /* columns resolved to internal names */
    ast_expr *orig;      /* as written, qualified */
    str       alias;
    bool      from_star;
    bool      star_window; /* WINDOWSTART or WINDOWEND out of a * */
    uint32_t  pos;
} an_item;

typedef struct analysis {
    arena              *a;
    const plan_options *opt;
    const ast_query    *q;
    an_source          *src;
    uint32_t            src_count;
    bool                is_join;
    VEC(an_item) items;
    ast_expr **group_by, **group_orig;
    ast_expr **partition_by, **partition_orig;
    ast_expr  *where, *having, *having_orig, *where_orig;
    bool       has_aggregates, is_group;
    VEC(ast_expr *) agg_calls;                    /* distinct, resolved; agg variable i */
    expr_set agg_set;                             /* their numbers, by what they say */
    VEC(ast_expr *) table_calls;                  /* KSQL_SYNTH_i */
    ast_expr **join_left, **join_right;           /* per join: resolved sides, left = earlier sources */
    ast_expr **join_left_orig, **join_right_orig; /* in the user's order */
} analysis;

/* Memory: an->a. Errors: ST_SQL. */
bool analyze(analysis *an, status *st);

/* Internal name of a column: C in a query over one source, ALIAS_C in a join. */
str an_internal_name(analysis *an, uint32_t source, str column);
/* As error texts name it: C, or ALIAS.C in a join. */
bool an_expr_uses(const ast_expr *e, bool (*pred)(const ast_expr *e, void *ctx), void *ctx);
/* A copy in which every column names its source. */
ast_expr *an_qualified(analysis *an, const ast_expr *e);
/* The first subtree, pre-order, for which pred holds; NULL when there is none. */
const ast_expr *an_find(const ast_expr *e, bool (*pred)(const ast_expr *e, void *ctx));
/* The source whose column this internal name is, or -1. */
int an_source_of(analysis *an, str internal);
/* Copies e with every subtree that is in `from` replaced by a column reference named to[its number]. */
ast_expr *an_replace(arena *a, const ast_expr *e, const expr_set *from, const str *to);
str       an_list(arena *a, ast_expr *const *e, uint32_t n, const char *sep);
/* "Line: 1, Col: 8: " of a position, as ksqlDB's texts begin. */
str an_location(analysis *an, uint32_t pos);

#endif
