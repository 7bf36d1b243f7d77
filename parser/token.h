/* The scanner: text to tokens (spec/sql-language.md 1.1, 1.2), one at a time, on demand.
 *
 * Token types are the TK_ constants that lemon writes to grammar.h. Nothing is allocated, so a
 * scanner can be copied to look ahead.
 */
#ifndef PARSER_TOKEN_H
#define PARSER_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "grammar.h"

#define TK_EOF 0 /* lemon's end of input */

typedef struct token {
    uint16_t type;
    uint32_t pos, len; /* bytes; a quoted token with its quotes */
    uint32_t prev_end; /* end of the token before, 0 for the first */
} token;

typedef struct scanner {
    str      sql;
    uint32_t at;
    uint32_t prev_end;
    bool     no_comment_end; /* no star-slash follows: saves searching for it again and again */
} scanner;

static inline scanner scan_from(str sql, uint32_t at)
{
    return (scanner){sql, at, at, false};
}

/* The next token; TK_EOF for ever at the end, TK_UNRECOGNIZED for a character that starts none. */
token scan_next(scanner *s);

typedef enum keyword_class { RESERVED, NON_RESERVED } keyword_class;

typedef struct keyword {
    const char *word;
    uint16_t    type;
    keyword_class class;
    uint16_t rank; /* order in ksqlDB's own list of tokens */
} keyword;

extern const keyword  keyword_list[];
extern const uint32_t keyword_count;

/* NULL when the word (any case) is no keyword. */
const keyword *keyword_find(str word);
const keyword *keyword_of_type(uint16_t type);

#endif
