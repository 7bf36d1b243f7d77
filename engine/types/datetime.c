#include "engine/types/datetime.h"

#include <stdio.h>

#include "base/num.h"

/* Howard Hinnant's days_from_civil: eras of 400 years, years that begin in March. */
int64_t days_from_civil(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = floor_div(y, 400);
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

void civil_from_days(int64_t days, int64_t *y, int *m, int *d)
{
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = yoe + era * 400 + (*m <= 2);
}

bool civil_valid(int64_t y, int m, int d)
{
    static const int len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (m < 1 || m > 12 || d < 1)
        return false;
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return d <= len[m - 1] + (m == 2 && leap);
}

static void put_year(buf *out, int64_t y)
{
    if (y > 9999)
        buf_printf(out, "+%ld", y);
    else if (y < 0)
        buf_printf(out, "-%04ld", -y);
    else
        buf_printf(out, "%04ld", y);
}

void time_text(buf *out, int64_t ms)
{
    int64_t s = ms / 1000;
    buf_printf(out, "%02ld:%02ld", s / 3600, s / 60 % 60);
    if (s % 60)
        buf_printf(out, ":%02ld", s % 60);
}

void date_text(buf *out, int64_t days)
{
    int64_t y;
    int     m, d;
    civil_from_days(days, &y, &m, &d);
    put_year(out, y);
    buf_printf(out, "-%02d-%02d", m, d);
}

void timestamp_text(buf *out, int64_t ms)
{
    int64_t t = floor_mod(ms, MS_PER_DAY);
    date_text(out, floor_div(ms, MS_PER_DAY));
    buf_printf(out, "T%02ld:%02ld:%02ld.%03ld", t / 3600000, t / 60000 % 60, t / 1000 % 60, t % 1000);
}

/* Exactly n digits at *at. */
static bool digits(str s, uint32_t *at, uint32_t n, int *out)
{
    if (s.n - *at < n)
        return false;
    int v = 0;
    for (uint32_t i = 0; i < n; i++) {
        char c = s.p[*at + i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (c - '0');
    }
    *at += n;
    *out = v;
    return true;
}

static bool eat(str s, uint32_t *at, char c)
{
    if (*at < s.n && s.p[*at] == c) {
        ++*at;
        return true;
    }
    return false;
}

/* HH[:mm[:ss[.S...]]]; when `partial` hours alone, and 24:00, the end of the day. */
static bool time_at(str s, bool partial, int64_t *ms)
{
    uint32_t at = 0;
    int      h, m = 0, sec = 0;
    int64_t  frac = 0;
    if (!digits(s, &at, 2, &h) || h > (partial ? 24 : 23))
        return false;
    if (eat(s, &at, ':')) {
        if (!digits(s, &at, 2, &m) || m > 59)
            return false;
        if (eat(s, &at, ':')) {
            if (!digits(s, &at, 2, &sec) || sec > 59)
                return false;
            if (eat(s, &at, '.')) {
                uint32_t n = 0;
                for (; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; at++, n++)
                    if (n < 3)
                        frac = frac * 10 + (s.p[at] - '0');
                if (n > 9 || (n == 0 && !partial))
                    return false;
                for (; n < 3; n++)
                    frac *= 10;
            }
        }
    } else if (!partial) {
        return false;
    }
    if (at != s.n || (h == 24 && (m || sec || frac)))
        return false;
    *ms = ((h * 60 + m) * 60 + sec) * (int64_t)1000 + frac;
    return true;
}

bool time_parse(str s, int64_t *ms)
{
    return time_at(str_trim(s), false, ms);
}

/* yyyy[-MM[-dd]]; *complete tells whether the day was there. */
static bool date_at(str s, int64_t *days, bool *complete)
{
    uint32_t at = 0;
    int      y, m = 1, d = 1;
    *complete = false;
    if (!digits(s, &at, 4, &y))
        return false;
    if (eat(s, &at, '-')) {
        if (!digits(s, &at, 2, &m))
            return false;
        if (eat(s, &at, '-')) {
            if (!digits(s, &at, 2, &d))
                return false;
            *complete = true;
        }
    }
    if (at != s.n || !civil_valid(y, m, d))
        return false;
    *days = days_from_civil(y, m, d);
    return true;
}

bool date_parse(str s, int64_t *days)
{
    bool complete;
    return date_at(str_trim(s), days, &complete);
}

bool zone_offset_parse(str s, int32_t *seconds)
{
    uint32_t at = 1;
    int      h, m = 0, sec = 0;
    if (s.n == 1 && (s.p[0] == 'Z' || s.p[0] == 'z')) {
        *seconds = 0;
        return true;
    }
    if (s.n < 2 || (s.p[0] != '+' && s.p[0] != '-'))
        return false;
    if (s.n == 2) {
        if (!digits(s, &at, 1, &h))
            return false;
    } else {
        if (!digits(s, &at, 2, &h))
            return false;
        if (at < s.n) {
            bool colon = eat(s, &at, ':');
            if (!digits(s, &at, 2, &m))
                return false;
            if (at < s.n && ((colon && !eat(s, &at, ':')) || !digits(s, &at, 2, &sec)))
                return false;
        }
    }
    if (at != s.n || m > 59 || sec > 59)
        return false;
    int32_t v = (h * 60 + m) * 60 + sec;
    if (v > 18 * 3600)
        return false;
    *seconds = s.p[0] == '-' ? -v : v;
    return true;
}

bool timestamp_parse(str s, int64_t *ms, char why[TIMESTAMP_WHY_MAX])
{
    int64_t day, t = 0;
    int32_t zone = 0;
    bool    complete;
    snprintf(why, TIMESTAMP_WHY_MAX, "%s", TIME_UNREADABLE);
    s = str_trim(s);
    int64_t tpos = str_find_char(s, 'T');
    if (tpos < 0) {
        if (!date_at(s, &day, &complete))
            return false;
        *ms = day * MS_PER_DAY;
        return true;
    }
    if (!date_at(str_make(s.p, (size_t)tpos), &day, &complete) || !complete)
        return false;
    str rest = str_make(s.p + tpos + 1, s.n - (size_t)tpos - 1);
    for (uint32_t i = 0; i < rest.n; i++) {
        char c = rest.p[i];
        if (c == 'Z' || c == '+' || c == '-') {
            str offset = str_make(rest.p + i, rest.n - i);
            if (!zone_offset_parse(offset, &zone)) {
                snprintf(why, TIMESTAMP_WHY_MAX, "Failed to parse timezone '%.*s': Invalid ID for ZoneOffset",
                         STR_FMT(offset));
                return false;
            }
            rest.n = i;
            break;
        }
    }
    if (!time_at(rest, true, &t))
        return false;
    *ms = day * MS_PER_DAY + t - (int64_t)zone * 1000;
    return true;
}
