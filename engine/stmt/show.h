/* Parts that several answers about the catalog have. */
#ifndef ENGINE_STMT_SHOW_H
#define ENGINE_STMT_SHOW_H

#include "engine/stmt/exec.h"

/* A query as lists show it: the columns of ANSWER_QUERIES. */
void show_put_query(exec *x, record r, const query_info *q);
/* `state`, and why it is ERROR. */
void show_put_state(record r, const run_info *info);
/* The state of a query in the words of KsqlQueryStatus: one that restores its state counts as running there. */
const char *show_status_name(run_state s);
/* A field of `fields`. */
record show_add_field(record_list *fields, str name, const type *t);
/* A source's extended description: how much running queries have read from and written to its topic. */
void show_put_statistics(exec *x, const source *s, record r);
/* What DESCRIBE shows of a source, as a row or as the list of all of a kind. */
void show_put_source(exec *x, record r, const source *s, bool extended);

#endif
