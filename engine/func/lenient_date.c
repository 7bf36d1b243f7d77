#include "engine/func/lenient_date.h"

#include "engine/func/time_zone.h"
#include "engine/func/timestamp_format_int.h"
#include "engine/types/datetime.h"

/* Numbers beyond this are refused: the arithmetic below must not overflow. */
#define NUMBER_ABS_MAX 100000000
#define GREGORIAN_DAYS (-141427) /* 1582-10-15 */

typedef struct item {
    char     letter; /* 0: literal */
    uint32_t count;
    bool     abutting; /* a number follows at once: exactly count digits */
    str      text;
} item;

struct lenient_format {
    item    *items;
    uint32_t n;
};

static const char numeric_letters[] = "yYuDdFwWHkKhmsSM";

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_numeric(const item *it)
{
    return it->letter && strchr(numeric_letters, it->letter) && !(it->letter == 'M' && it->count > 2);
}

lenient_format *lenient_format_new(arena *a, str p, status *st)
{
    p = str_dup(a, p);
    lenient_format *f = ARENA_NEW(a, lenient_format);
    f->items = ARENA_ARRAY(a, item, p.n + 1);
    for (uint32_t i = 0; i < p.n;) {
        item *it = &f->items[f->n];
        if (is_letter(p.p[i])) {
            uint32_t from = i;
            while (i < p.n && p.p[i] == p.p[from])
                i++;
            *it = (item){.letter = p.p[from], .count = i - from};
            if (strchr("GyYMLDdwWFEuaHkKhmsSzZX", it->letter) == NULL || (it->letter == 'X' && it->count > 3)) {
                status_set(st, ST_SQL, "Illegal pattern component: %.*s", (int)it->count, p.p + from);
                return NULL;
            }
            if (it->letter == 'L')
                it->letter = 'M';
            f->n++;
            continue;
        }
        char    *lit = arena_bytes(a, p.n);
        uint32_t n = 0;
        if (p.p[i] == '\'') {
            uint32_t k = i + 1;
            for (;; k++) {
                if (k >= p.n) {
                    status_set(st, ST_SQL, "Unterminated quote");
                    return NULL;
                }
                if (p.p[k] == '\'') {
                    if (k + 1 >= p.n || p.p[k + 1] != '\'')
                        break;
                    k++;
                }
                lit[n++] = p.p[k];
            }
            if (n == 0)
                lit[n++] = '\'';
            i = k + 1;
        } else {
            lit[n++] = p.p[i++];
        }
        *it = (item){.text = str_make(lit, n)};
        f->n++;
    }
    for (uint32_t i = 0; i + 1 < f->n; i++)
        f->items[i].abutting = is_numeric(&f->items[i]) && is_numeric(&f->items[i + 1]);
    return f;
}

/* ---- reading */

enum {
    C_ERA,
    C_YEAR,
    C_WEEK_YEAR,
    C_MONTH,
    C_DAY,
    C_DAY_OF_YEAR,
    C_WEEK,
    C_WEEK_OF_MONTH,
    C_NTH_WEEKDAY,
    C_WEEKDAY,
    C_AMPM,
    C_HOUR24,
    C_HOUR12,
    C_MINUTE,
    C_SECOND,
    C_MILLI,
    C_COUNT
};

typedef struct fields {
    int64_t v[C_COUNT];
    int     stamp[C_COUNT]; /* when it was set; 0: not */
    int     now;
    zone    z;
    int64_t now_ms;
} fields;

static void set(fields *x, int f, int64_t v)
{
    x->v[f] = v;
    x->stamp[f] = ++x->now;
}

static uint32_t word_at(str s, uint32_t at, const char *const *words, uint32_t n, int64_t *index)
{
    uint32_t longest = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t lengths[2] = {(uint32_t)strlen(words[i]), 3};
        for (int k = 0; k < 2; k++)
            if (lengths[k] > longest && lengths[k] <= s.n - at &&
                str_eq_nocase(str_make(s.p + at, lengths[k]), str_make(words[i], lengths[k]))) {
                longest = lengths[k];
                *index = i;
            }
    }
    return longest;
}

static int64_t full_year(const fields *x, int64_t two_digits)
{
    int64_t y;
    int     m, d;
    civil_from_days(floor_div(x->now_ms, MS_PER_DAY), &y, &m, &d);
    int64_t start = y - 80, century = start - start % 100;
    return century + two_digits + (two_digits < start % 100 ? 100 : 0);
}

static bool number_at(str s, uint32_t *at, const item *it, int64_t *out, uint32_t *digits)
{
    uint32_t i = *at, end = s.n;
    if (it->abutting) {
        if (s.n - i < it->count)
            return false;
        end = i + it->count;
    }
    bool negative = i < end && s.p[i] == '-';
    i += negative;
    uint32_t from = i;
    int64_t  v = 0;
    for (; i < end && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        v = v * 10 + (s.p[i] - '0');
        if (v > NUMBER_ABS_MAX)
            return false;
    }
    *digits = i - from;
    if (*digits == 0)
        return false;
    *at = i;
    *out = negative ? -v : v;
    return true;
}

static void set_number(fields *x, const item *it, int64_t v, uint32_t digits)
{
    switch (it->letter) {
    case 'y':
    case 'Y':
        if (it->count <= 2 && digits == 2 && v >= 0)
            v = full_year(x, v);
        set(x, it->letter == 'y' ? C_YEAR : C_WEEK_YEAR, v);
        break;
    case 'M':
        set(x, C_MONTH, v - 1);
        break;
    case 'd':
        set(x, C_DAY, v);
        break;
    case 'D':
        set(x, C_DAY_OF_YEAR, v);
        break;
    case 'w':
        set(x, C_WEEK, v);
        break;
    case 'W':
        set(x, C_WEEK_OF_MONTH, v);
        break;
    case 'F':
        set(x, C_NTH_WEEKDAY, v);
        break;
    case 'u': /* Monday 1 */
        set(x, C_WEEKDAY, v % 7);
        break;
    case 'H':
        set(x, C_HOUR24, v);
        break;
    case 'k':
        set(x, C_HOUR24, v == 24 ? 0 : v);
        break;
    case 'K':
        set(x, C_HOUR12, v);
        break;
    case 'h':
        set(x, C_HOUR12, v == 12 ? 0 : v);
        break;
    case 'm':
        set(x, C_MINUTE, v);
        break;
    case 's':
        set(x, C_SECOND, v);
        break;
    default:
        set(x, C_MILLI, v);
    }
}

static bool zone_text(str s, uint32_t *at, fields *x)
{
    str      rest = str_make(s.p + *at, s.n - *at);
    uint32_t n = zone_parse_name(rest, &x->z);
    if (n) {
        *at += n;
        /* "GMT+2:00" */
        if (*at < s.n && (s.p[*at] == '+' || s.p[*at] == '-') && x->z.rules == NULL)
            rest = str_make(s.p + *at, s.n - *at);
        else
            return true;
    }
    if (rest.n && rest.p[0] == 'Z') {
        x->z = zone_utc;
        ++*at;
        return true;
    }
    if (rest.n == 0 || (rest.p[0] != '+' && rest.p[0] != '-'))
        return false;
    for (uint32_t len = rest.n < 9 ? rest.n : 9; len >= 2; len--) {
        int32_t seconds;
        if (zone_offset_parse(str_make(rest.p, len), &seconds)) {
            x->z = zone_fixed(seconds);
            *at += len;
            return true;
        }
    }
    return false;
}

static bool read_item(const item *it, str s, uint32_t *at, fields *x)
{
    static const char *const eras[] = {"BC ", "AD "}, *const halves[] = {"AM ", "PM "};
    int64_t  i = 0;
    uint32_t n = 0, digits;
    if (it->letter == 0) {
        if (s.n - *at < it->text.n || memcmp(s.p + *at, it->text.p, it->text.n) != 0)
            return false;
        *at += it->text.n;
        return true;
    }
    while (*at < s.n && (s.p[*at] == ' ' || s.p[*at] == '\t'))
        ++*at;
    if (*at == s.n)
        return false;
    if (is_numeric(it)) {
        if (!number_at(s, at, it, &i, &digits))
            return false;
        set_number(x, it, i, digits);
        return true;
    }
    switch (it->letter) {
    case 'M':
        n = word_at(s, *at, month_names, 12, &i);
        if (n)
            set(x, C_MONTH, i);
        break;
    case 'E':
        n = word_at(s, *at, weekday_names, 7, &i);
        if (n)
            set(x, C_WEEKDAY, (i + 1) % 7);
        break;
    case 'G':
    case 'a':
        for (int k = 0; k < 2; k++)
            if (s.n - *at >= 2 &&
                str_eq_nocase(str_make(s.p + *at, 2), str_make((it->letter == 'G' ? eras : halves)[k], 2))) {
                set(x, it->letter == 'G' ? C_ERA : C_AMPM, k);
                n = 2;
            }
        break;
    default:
        return zone_text(s, at, x);
    }
    *at += n;
    return n > 0;
}

/* ---- the calendar: Julian before 15 October 1582, all fields roll over */

static int64_t julian_days(int64_t y, int64_t m)
{
    int64_t a = floor_div(14 - m, 12), yy = y + 4800 - a, mm = m + 12 * a - 3;
    return 1 + floor_div(153 * mm + 2, 5) + 365 * yy + floor_div(yy, 4) - 32083 - 2440588;
}

/* The day `day` (from 1) of a month (from 0), both of any size. */
static int64_t calendar_days(int64_t year, int64_t month, int64_t day)
{
    year += floor_div(month, 12);
    month = floor_mod(month, 12);
    int64_t g = days_from_civil(year, (int)month + 1, 1) + day - 1;
    return g >= GREGORIAN_DAYS ? g : julian_days(year, month + 1) + day - 1;
}

static int64_t sunday_of(int64_t days)
{
    return days - floor_mod(days + 4, 7);
}

static int64_t days_of(const fields *x)
{
    int64_t year = x->stamp[C_YEAR] ? x->v[C_YEAR] : 1970, month = x->v[C_MONTH];
    if (x->stamp[C_ERA] && x->v[C_ERA] == 0)
        year = 1 - year;
    int64_t weekday = x->stamp[C_WEEKDAY] ? (x->v[C_WEEKDAY] + 7) % 7 : 0; /* Sunday 0 */
    if (x->stamp[C_WEEK_YEAR] > x->stamp[C_YEAR])
        return sunday_of(calendar_days(x->v[C_WEEK_YEAR], 0, 1)) + ((x->stamp[C_WEEK] ? x->v[C_WEEK] : 1) - 1) * 7 +
               weekday;
    /* The field set last decides how the day is found. */
    static const int ways[] = {C_DAY, C_WEEK_OF_MONTH, C_NTH_WEEKDAY, C_DAY_OF_YEAR, C_WEEK};
    int              best = C_DAY, stamp = x->stamp[C_DAY];
    for (int i = 0; i < 5; i++)
        if (x->stamp[ways[i]] > stamp) {
            best = ways[i];
            stamp = x->stamp[ways[i]];
        }
    int64_t first = calendar_days(year, month, 1);
    switch (best) {
    case C_DAY_OF_YEAR:
        return calendar_days(year, 0, x->v[C_DAY_OF_YEAR]);
    case C_WEEK:
        return sunday_of(calendar_days(year, 0, 1)) + (x->v[C_WEEK] - 1) * 7 + weekday;
    case C_WEEK_OF_MONTH:
        return sunday_of(first) + (x->v[C_WEEK_OF_MONTH] - 1) * 7 + weekday;
    case C_NTH_WEEKDAY:
        return first + (weekday - (first - sunday_of(first)) + 7) % 7 + (x->v[C_NTH_WEEKDAY] - 1) * 7;
    default:
        if (stamp == 0 && x->stamp[C_WEEKDAY] && !x->stamp[C_MONTH])
            return sunday_of(first) + weekday;
        return calendar_days(year, month, x->stamp[C_DAY] ? x->v[C_DAY] : 1);
    }
}

bool lenient_format_parse(const lenient_format *f, str s, int64_t now_ms, int64_t *ms)
{
    fields   x = {.z = zone_gmt, .now_ms = now_ms};
    uint32_t at = 0;
    for (uint32_t i = 0; i < f->n; i++)
        if (!read_item(&f->items[i], s, &at, &x))
            return false;
    int64_t hour =
        x.stamp[C_HOUR24] >= x.stamp[C_HOUR12] && x.stamp[C_HOUR24] ? x.v[C_HOUR24] : x.v[C_HOUR12] + 12 * x.v[C_AMPM];
    int64_t local = days_of(&x) * MS_PER_DAY + ((hour * 60 + x.v[C_MINUTE]) * 60 + x.v[C_SECOND]) * 1000 + x.v[C_MILLI];
    *ms = local - (int64_t)zone_offset_of_local(&x.z, floor_div(local, 1000)) * 1000;
    return true;
}
