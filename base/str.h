/* Counted strings. Text is UTF-8 and may hold NUL bytes; nothing relies on a terminator.
 * A str borrows: it never owns what it points to.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

typedef struct str {
    const char *p;
    uint32_t    n;
} str;

#define STR(lit) ((str){(lit), (uint32_t)(sizeof(lit) - 1)})
#define STR_NONE ((str){NULL, 0})
/* For printf's "%.*s". */
#define STR_FMT(s) (int)(s).n, (s).p

static inline str str_of(const char *z)
{
    return (str){z, (uint32_t)strlen(z)};
}

static inline str str_make(const char *p, size_t n)
{
    return (str){p, (uint32_t)n};
}

/* The last byte first: names that are searched in a list share their beginnings. */
static inline bool str_eq(str a, str b)
{
    return a.n == b.n && (a.n == 0 || (a.p[a.n - 1] == b.p[b.n - 1] && memcmp(a.p, b.p, a.n) == 0));
}

static inline bool str_eqz(str a, const char *z)
{
    return str_eq(a, str_of(z));
}

int  str_cmp(str a, str b);       /* unsigned bytes, then length; <0, 0, >0 */
bool str_eq_nocase(str a, str b); /* ASCII letters only */
/* Levenshtein's distance: how many bytes must be put in, taken out or exchanged; ASCII letters in any case. Of
 * texts longer than STR_DISTANCE_MAX only so many bytes are compared. */
#define STR_DISTANCE_MAX 128
uint32_t str_distance(str a, str b);
bool     str_starts(str s, str prefix);
bool     str_ends(str s, str suffix);
str      str_trim(str s); /* strips bytes <= 0x20 on both sides, as Java's trim() */
/* Position of the first byte c, or -1. */
int64_t str_find_char(str s, char c);
/* Position of needle at or after from, or -1. */
int64_t str_find(str s, str needle, size_t from);

str   str_dup(arena *a, str s);
str   str_upper(arena *a, str s); /* ASCII letters only */
char *str_z(arena *a, str s);     /* NUL-terminated copy */
str   str_fmt(arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
