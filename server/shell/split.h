/* Typed lines into statements: where one ends, and whether more must be typed.
 *
 * Only quotes and comments are looked at, so that lines which are no SQL at all can be told apart
 * from unfinished ones. Rules: spec/sql-language.md 1.1.
 */
#ifndef SERVER_SHELL_SPLIT_H
#define SERVER_SHELL_SPLIT_H

#include "base/str.h"

typedef enum split_rest {
    SPLIT_EMPTY,   /* blanks and comments only */
    SPLIT_OPEN,    /* a statement without its semicolon */
    SPLIT_COMPLETE /* nothing but blanks and comments behind the last semicolon */
} split_rest;

split_rest split_look(str text);

#endif
