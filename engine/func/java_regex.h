/* Regular expressions in Java's dialect on PCRE2 (spec/functions.md 2.5). */
#ifndef ENGINE_FUNC_JAVA_REGEX_H
#define ENGINE_FUNC_JAVA_REGEX_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define REGEX_GROUPS_MAX 200
#define REGEX_DEPTH_MAX 200     /* nested groups and classes */
#define REGEX_PATTERN_MAX 65536 /* bytes of the translated pattern */

typedef struct regex regex;

/* Compiles. keep: the pattern is a literal of a query; it is compiled to machine code and kept for the life
 * of the process (up to a number of patterns), else it lives in a. NULL: err tells why. Any thread may
 * match with the result. */
const regex *regex_new(arena *a, str pattern, bool keep, char *err, size_t err_max);

uint32_t regex_group_count(const regex *r);
/* The number of a named group, or -1. */
int32_t regex_group_number(const regex *r, str name);

/* Where a match and its groups stand, in bytes; SIZE_MAX: the group took no part. Index 0 is the match.
 * Belongs to the thread: valid until its next search. */
typedef struct regex_span {
    size_t from, to;
} regex_span;

typedef enum regex_found { REGEX_NONE, REGEX_MATCH, REGEX_FAILED } regex_found;

/* Searches s, which is well-formed UTF-8, from byte `at` on. REGEX_FAILED: it took too long. */
regex_found regex_search(const regex *r, str s, size_t at, const regex_span **spans);
/* Where to search next after a match. */
size_t regex_after(str s, regex_span match);

#endif
