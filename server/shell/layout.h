/* Cells into lines of text: tables of entities (spec/rest-api-and-shell.md 7.5) and rows of queries
 * (7.6).
 *
 * Widths are columns of a terminal: wide characters take two, combining ones none.
 */
#ifndef SERVER_SHELL_LAYOUT_H
#define SERVER_SHELL_LAYOUT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

#define TABLE_COLUMNS_MAX 12
#define ROW_CELL_WIDTH_MIN 5

int text_width(str s);
/* How many bytes of s, from its beginning, fit into width columns; at least one character. */
uint32_t text_fit(str s, int width);

typedef struct table {
    arena   *a; /* of the cells */
    uint32_t columns;
    VEC(str) cells; /* row by row, the header first; in the arena */
} table;

/* headers: columns of them, borrowed. */
table table_new(arena *a, const char *const *headers, uint32_t columns);
/* The next cell; its text must outlive the table. Control characters show as blanks. */
void table_put(table *t, str cell);
/* screen_width bounds the rules only, never cells. */
void table_print(buf *out, const table *t, int screen_width);

typedef struct row_layout {
    uint32_t columns;
    int      width; /* of a cell */
    bool     wrap;  /* false: one line a row, cut cells end in "..." */
} row_layout;

/* cell_width: 0 takes what the screen has. */
row_layout row_layout_new(uint32_t columns, int cell_width, int screen_width, bool wrap);
void       row_layout_header(buf *out, const row_layout *l, const str *names);
void       row_layout_row(buf *out, const row_layout *l, const str *cells);

#endif
