/* What the families of functions share: how a function is written down, text built without malloc,
 * UTF-16 positions on UTF-8 text, sets of values.
 */
#ifndef ENGINE_FUNC_FUNC_INT_H
#define ENGINE_FUNC_FUNC_INT_H

#include "engine/func/func.h"

/* A result that would be longer is a failure of the call: a literal count must not be able to take
 * the server's memory. */
#define FUNC_TEXT_MAX ((size_t)64 << 20)  /* bytes of one STRING or BYTES result */
#define FUNC_ARRAY_MAX ((int64_t)4 << 20) /* elements of one ARRAY result */

#define FN(name)                                                                                   \
    static value name(__attribute__((unused)) const func_call *f,                                  \
                      __attribute__((unused)) ectx *cx, __attribute__((unused)) const value *args)
#define RETURNS(name)                                                                              \
    static const type *name(__attribute__((unused)) arena *a,                                      \
                            __attribute__((unused)) const type **types,                            \
                            __attribute__((unused)) uint32_t n, __attribute__((unused)) status *st)

/* ---- text (text_build.c) ----------------------------------------------------------------------- */

/* The thread's own buffer, emptied. One user at a time: nothing may be evaluated between taking it
 * and func_scratch_value(). */
buf *func_scratch(void);
/* Its contents as a STRING or BYTES value in cx->a; V_ERR when they outgrew FUNC_TEXT_MAX. */
value func_scratch_value(ectx *cx);
/* Room for a result of n bytes; NULL, and cx->err is set, when n is past FUNC_TEXT_MAX. */
char *func_text_room(ectx *cx, size_t n);

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

/* ---- sets of values (value_set.c) --------------------------------------------------------------- */

/* Values by value_equal(); NULL is a member like others. Members are borrowed. */
typedef struct value_set {
    const type *t;
    arena      *a;
    uint32_t   *slots; /* index + 1 into members */
    uint32_t    cap;
    value      *members; /* in the order they came */
    uint32_t    n, room;
} value_set;

void value_set_init(value_set *s, arena *a, const type *t, uint32_t expected);
/* The member's index; *added tells whether it is new. */
uint32_t value_set_add(value_set *s, value v, bool *added);
bool     value_set_has(const value_set *s, value v);
uint64_t value_hash(const type *t, value v); /* equal values have equal hashes */

/* Builds a MAP value: of equal keys the last value wins, in the first one's place. */
typedef struct map_build {
    value_set keys;
    value    *entries;
} map_build;

void  map_build_init(map_build *m, arena *a, const type *key_type, uint32_t entries_max);
void  map_build_put(map_build *m, value k, value v);
value map_build_done(map_build *m, uint16_t flags);

#endif
