/* Lines typed at a terminal: editing, history and abbreviations, by libedit
 * (spec/rest-api-and-shell.md 7.2). */
#ifndef SERVER_SHELL_EDITOR_H
#define SERVER_SHELL_EDITOR_H

#include "base/buf.h"

#define HISTORY_LINES_MAX 2000

typedef struct editor editor;

typedef enum editor_line { EDITOR_LINE, EDITOR_END, EDITOR_INTERRUPTED } editor_line;

/* history_path: NULL or "" keeps none in a file. NULL: the terminal cannot be used. */
editor *editor_open(const char *history_path);
void    editor_close(editor *e);
/* Reads a line, without its end, into out (cleared first); !!, !42 and ^a^b are replaced and the
 * line is shown. Lines are kept in the history and its file. */
editor_line editor_read(editor *e, const char *prompt, buf *out);
/* All lines kept, numbered. */
void editor_put_history(const editor *e, buf *out);

/* The line that `typed` recalls ("!!", "!42", "^a^b"), or typed itself; false: there is no such
 * line. lines: the history, oldest first, its first line being number first. */
bool editor_recall(str typed, const str *lines, size_t n, int first, buf *out);
/* What Tab makes of the line: the skeleton of a statement, or NULL. */
const char *editor_skeleton(str line);

#endif
