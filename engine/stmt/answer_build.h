/* Making answers (engine/answer.h): rows are filled by the names of their columns.
 *
 *     record r = answer_add_row(answer_new(x, ANSWER_TOPICS));
 *     record_put_text(r, "name", t->name);
 *     record_list l = record_list_of(r, "replicaInfo");
 *     list_add_int(&l, 1);
 *
 * A row begins with NULLs and empty lists. A name that the kind lacks, or a value of another type, is a fault of the
 * program (assert). Texts are copied, so that they may belong to a version of the catalog that goes.
 */
#ifndef ENGINE_STMT_ANSWER_BUILD_H
#define ENGINE_STMT_ANSWER_BUILD_H

#include "base/vec.h"
#include "engine/answer.h"

/* An answer that is being made; in the arena. */
typedef struct answer_draft {
    arena *a;
    answer ans;
    VEC(const value *) rows;
} answer_draft;

/* A row, or a STRUCT in one. */
typedef struct record {
    arena      *a;
    const type *t;
    value      *v;
} record;

/* An ARRAY or a MAP in a record. */
typedef struct record_list {
    arena      *a;
    const type *t;
    value      *at; /* its place in the record, which follows what is added */
    VEC(value) items;
} record_list;

void answer_draft_init(answer_draft *d, arena *a, answer_kind k, str statement);
/* What has been added until now. */
const answer *answer_draft_done(answer_draft *d);

record answer_add_row(answer_draft *d);

void record_put_text(record r, const char *column, str text);
void record_put_z(record r, const char *column, const char *text); /* NULL: NULL */
void record_put_int(record r, const char *column, int64_t i);
void record_put_flag(record r, const char *column, bool is);
void record_put_real(record r, const char *column, double d);
void record_put_type(record r, const char *column, const type *shown);

/* For as many as there are; once for each column of a record. */
record_list record_list_of(record r, const char *column);
record      record_part(record r, const char *column); /* of a STRUCT */

void   list_add_text(record_list *l, str text);
void   list_add_int(record_list *l, int64_t i);
record list_add_row(record_list *l); /* of STRUCTs */
/* Keys in the order they are given; nobody looks for one that is there. */
void map_add_text(record_list *l, str key, str text);
void map_add_int(record_list *l, str key, int64_t i);

#endif
