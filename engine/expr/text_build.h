/* Text results of expressions, built without malloc; UTF-16 positions on UTF-8 text. */
#ifndef ENGINE_EXPR_TEXT_BUILD_H
#define ENGINE_EXPR_TEXT_BUILD_H

#include "engine/expr/expr.h"

/* A result that would be longer is a failure of the call: a literal count must not be able to take
 * the server's memory. */
#define TEXT_RESULT_MAX ((size_t)64 << 20) /* bytes of one STRING or BYTES result */

/* The thread's own buffer, emptied. One user at a time: nothing may be evaluated between taking it
 * and text_scratch_value(). */
buf *text_scratch(void);
/* Its contents as a STRING or BYTES value in cx->a; V_ERR when they outgrew TEXT_RESULT_MAX. */
value text_scratch_value(ectx *cx);
/* Room for a result of n bytes; NULL, and cx->err is set, when n is past TEXT_RESULT_MAX. */
char *text_room(ectx *cx, size_t n);

bool str_is_ascii(str s);
/* The code point at p < end, its bytes in *len; U+FFFD and 1 where the text is malformed. */
uint32_t utf8_at(const char *p, const char *end, uint32_t *len);
/* Writes a code point (at most 4 bytes), a surrogate as '?'. Returns the bytes written. */
uint32_t utf8_write(char *p, uint32_t cp);
/* Units [from, to) of s; half of a surrogate pair comes out as '?', as Java's encoder writes it. */
str utf16_slice(arena *a, str s, uint32_t from, uint32_t to);
/* The units of s; *n of them, in a. */
uint16_t *utf16_from(arena *a, str s, uint32_t *n);
/* Text of n units; pairs combine, lone surrogates become '?'. */
str utf16_to(arena *a, const uint16_t *u, uint32_t n);

#endif
