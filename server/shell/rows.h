/* The lines of a query's answer as rows on the screen (spec/rest-api-and-shell.md 1.6, 7.6, 7.7).
 */
#ifndef SERVER_SHELL_ROWS_H
#define SERVER_SHELL_ROWS_H

#include "server/shell/json_tree.h"
#include "server/shell/layout.h"

#define ROW_LINE_MAX_BYTES ((size_t)64 << 20)

typedef struct rows {
    bool       json;
    bool       wrap;
    int        cell_width, screen_width;
    row_layout layout;
    int64_t    count; /* rows so far */
    str        error; /* of an error in the stream, in the arena of that line; n == 0: none */
} rows;

/* One line of the answer: header, row, final message or error; brackets and commas around it are
 * skipped. */
void rows_put_line(rows *r, buf *out, arena *a, str line);
/* The column names of a header's schema: `ID` INTEGER KEY, `A``B` STRUCT<`X` STRING>. */
uint32_t rows_column_names(arena *a, str schema, str **names);

#endif
