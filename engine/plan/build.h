/* Pieces of the planner that its files share. */
#ifndef ENGINE_PLAN_BUILD_H
#define ENGINE_PLAN_BUILD_H

#include "engine/compile/name_index.h"
#include "engine/plan/analyze.h"

typedef struct builder {
    analysis            an;
    plan               *p;
    arena              *a; /* the plan's */
    status             *st;
    const plan_options *opt;
    /* Of the layout that was asked last: many expressions in turn look at one. */
    const name_index *index;
    const xcolumn    *indexed;
    uint32_t          indexed_n;
} builder;

plan_node *node_new(builder *b, plan_kind kind, const char *step);
uint32_t   layout_add(builder *b, layout *l, str name, const type *t);
void       layout_copy(builder *b, layout *to, const layout *from);
void       layout_add_key(builder *b, layout *l, uint32_t slot, const str *viable, uint32_t n);
uint32_t   layout_find(builder *b, const layout *l, str name); /* SLOT_NONE */

plan_node *build_source(builder *b, uint32_t i);
plan_node *build_joins(builder *b); /* join.c */
/* Goes through an internal topic when the key has changed or must be spread anew. */
plan_node *build_repartition(builder *b, plan_node *in, const char *topic, bool keep_null_keys);
/* New key from expressions over in's layout. names: of the new key parts. */
plan_node *build_rekey(builder *b, plan_node *in, ast_expr *const *exprs, const str *names, uint32_t n, rekey_rule rule,
                       const char *step);
plan_node *build_aggregate(builder *b, plan_node *in); /* aggregate.c */
plan_node *build_project(builder *b, plan_node *in);   /* project.c */
bool       refuse_kafka_values(builder *b, const char *clause);

/* Compiles for a clause and puts the clause's prefix before what goes wrong. */
const xnode *compile_select(builder *b, const ast_expr *e, const layout *in);

#define refuse(b, ...) status_set((b)->st, ST_SQL, __VA_ARGS__)

/* Marks what each node's consumers read (needed.c). */
void plan_mark_needed(plan *p);

#endif
