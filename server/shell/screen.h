/* Where the shell writes: the terminal or a pipe, and the spool file beside it. */
#ifndef SERVER_SHELL_SCREEN_H
#define SERVER_SHELL_SCREEN_H

#include <stdio.h>

#include "base/buf.h"

#define SCREEN_WIDTH_DEFAULT 80 /* when it is no terminal */

typedef struct screen {
    FILE *out, *err; /* err is where errors go: out, or standard error in scripts */
    FILE *spool;     /* NULL: none */
    bool  terminal, colour;
    bool  noted; /* the note stands in the last line */
} screen;

void screen_init(screen *s, bool interactive);
int  screen_width(const screen *s);
/* Text from anywhere: control characters except line breaks and tabs are left out, so that data
 * cannot steer the terminal. */
void screen_put(screen *s, str text);
void screen_printf(screen *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A message in red, and a line break. */
void screen_error(screen *s, str text);
void screen_flush(screen *s);
void screen_clear(screen *s);
/* A line in inverse below what was written, until something else is (terminals only). */
void screen_note(screen *s, const char *text);
void screen_unnote(screen *s);

#endif
