/* What a statement answers: rows of typed columns. Part of the public face of engine/.
 *
 * A kind of answer is a row of answers.def. Its columns have SQL types, nested ones included, so that an answer can be
 * shown as a result set; ksqlDB's JSON is made of it in server/rest. A type that is shown to users ("the schema of this
 * field") is a text of its own type, answer_sql_type: who has a better form for it than the text tells it from
 * other texts by that pointer.
 *
 * Memory: an answer, its rows and texts are in the arena of the call that gave it. The types live as long as the
 * program.
 */
#ifndef ENGINE_ANSWER_H
#define ENGINE_ANSWER_H

#include "base/arena.h"
#include "base/str.h"
#include "engine/types/type.h"
#include "engine/types/value.h"

typedef enum answer_kind {
#define ANSWER(name, type, rows, columns) ANSWER_##name,
#include "engine/answers.def"
#undef ANSWER
    ANSWER_KIND_COUNT,
    ANSWER_NONE = ANSWER_KIND_COUNT /* of a statement that answers nothing */
} answer_kind;

typedef enum answer_rows { ANSWER_ONE, ANSWER_MANY } answer_rows;

typedef struct answer_info {
    const char *name; /* ksqlDB's "@type" */
    answer_rows rows;
    const type *row; /* a STRUCT: the columns */
} answer_info;

/* Any thread. */
const answer_info *answer_info_of(answer_kind k);

/* A STRING whose value is the text of a SQL type, as type_text() gives it. Compare by pointer. */
extern const type answer_sql_type;

typedef struct answer {
    answer_kind         kind;
    const type         *row;  /* answer_info_of(kind)->row */
    const value *const *rows; /* each an array of row->field_count values */
    size_t              n;
    str                 statement; /* its text, with its ';' */
    str                 warning;   /* n = 0: none */
} answer;

typedef struct answers {
    const answer *const *list; /* in the order of the statements; those that answer nothing have none */
    size_t               n;
} answers;

#endif
