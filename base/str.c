#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

int str_cmp(str a, str b)
{
    uint32_t n = a.n < b.n ? a.n : b.n;
    int      c = n ? memcmp(a.p, b.p, n) : 0;
    if (c != 0)
        return c;
    return a.n < b.n ? -1 : a.n > b.n;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_eq_nocase(str a, str b)
{
    if (a.n != b.n)
        return false;
    for (uint32_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

static uint32_t least(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* One row of the table of distances at a time: row[i] is that of a's first i bytes and b's first j. */
uint32_t str_distance(str a, str b)
{
    uint32_t row[STR_DISTANCE_MAX + 1];
    a.n = a.n < STR_DISTANCE_MAX ? a.n : STR_DISTANCE_MAX;
    b.n = b.n < STR_DISTANCE_MAX ? b.n : STR_DISTANCE_MAX;
    for (uint32_t i = 0; i <= a.n; i++)
        row[i] = i;
    for (uint32_t j = 1; j <= b.n; j++) {
        uint32_t diagonal = row[0];
        row[0] = j;
        for (uint32_t i = 1; i <= a.n; i++) {
            bool     same = lower(a.p[i - 1]) == lower(b.p[j - 1]);
            uint32_t d = least(row[i] + 1, row[i - 1] + 1, diagonal + !same);
            diagonal = row[i];
            row[i] = d;
        }
    }
    return row[a.n];
}

bool str_starts(str s, str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(str s, str suffix)
{
    return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

str str_trim(str s)
{
    while (s.n && (unsigned char)s.p[0] <= ' ') {
        s.p++;
        s.n--;
    }
    while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
        s.n--;
    return s;
}

int64_t str_find_char(str s, char c)
{
    const char *q = s.n ? memchr(s.p, c, s.n) : NULL;
    return q ? q - s.p : -1;
}

int64_t str_find(str s, str needle, size_t from)
{
    if (from > s.n)
        return -1;
    if (needle.n == 0)
        return (int64_t)from;
    const char *q = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return q ? q - s.p : -1;
}

str str_dup(arena *a, str s)
{
    char *p = arena_bytes(a, s.n);
    if (s.n)
        memcpy(p, s.p, s.n);
    return (str){p, s.n};
}

str str_upper(arena *a, str s)
{
    char *p = arena_bytes(a, s.n);
    for (uint32_t i = 0; i < s.n; i++)
        p[i] = s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 32) : s.p[i];
    return (str){p, s.n};
}

char *str_z(arena *a, str s)
{
    char *p = arena_bytes(a, (size_t)s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

str str_fmt(arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = arena_bytes(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return (str){p, (uint32_t)n};
}
