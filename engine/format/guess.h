/* Which formats could the bytes of a topic be? For PRINT, which has no schema to go by
 * (spec/rest-api-and-shell.md 1.7). */
#ifndef ENGINE_FORMAT_GUESS_H
#define ENGINE_FORMAT_GUESS_H

#include "base/buf.h"
#include "base/str.h"

typedef struct format_guess { /* of all keys or all values seen so far; one thread */
    bool     is_key;          /* keys may be of windows */
    bool     seen;            /* something that is not null was */
    uint32_t possible;        /* one bit a candidate, in the order of preference */
} format_guess;

void format_guess_init(format_guess *g, bool is_key);
/* Rules out what these bytes cannot be; true when something was. */
bool format_guess_narrow(format_guess *g, str bytes);
/* "JSON or KAFKA_STRING", or why there is no name. */
void format_guess_put_names(const format_guess *g, buf *out);
/* The bytes as text of the first format that is possible. */
void format_guess_put(const format_guess *g, str bytes, buf *out);

#endif
