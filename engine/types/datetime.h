/* Calendar arithmetic and the ISO texts of TIME, DATE and TIMESTAMP (spec/sql-language.md 3.5, 5.8).
 * Proleptic Gregorian, UTC. Patterns and time zones by name are engine/func's. */
#ifndef ENGINE_TYPES_DATETIME_H
#define ENGINE_TYPES_DATETIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define MS_PER_DAY ((int64_t)86400000)

int64_t               days_from_civil(int64_t y, int m, int d); /* days since 1970-01-01 */
void                  civil_from_days(int64_t days, int64_t *y, int *m, int *d);
bool                  civil_valid(int64_t y, int m, int d);
static inline int64_t floor_div(int64_t x, int64_t by)
{
    return x / by - (x % by != 0 && (x < 0) != (by < 0));
}
/* What floor_div leaves: 0 to by - 1. */
static inline int64_t floor_mod(int64_t x, int64_t by)
{
    int64_t r = x % by;
    return r < 0 ? r + by : r;
}
/* Wraps: a DATE may be any 64-bit number. */
static inline int64_t days_to_ms(int64_t days)
{
    return (int64_t)((uint64_t)days * (uint64_t)MS_PER_DAY);
}

void time_text(buf *out, int64_t ms);      /* HH:mm, HH:mm:ss; milliseconds are dropped */
void date_text(buf *out, int64_t days);    /* yyyy-MM-dd */
void timestamp_text(buf *out, int64_t ms); /* yyyy-MM-dd'T'HH:mm:ss.SSS, UTC */

#define TIME_UNREADABLE "Text could not be parsed"
#define TIMESTAMP_WHY_MAX 128 /* bytes */

/* Blanks around the text do not count. */
bool time_parse(str s, int64_t *ms);
bool date_parse(str s, int64_t *days);                                 /* 2020, 2020-05, 2020-05-26 */
bool timestamp_parse(str s, int64_t *ms, char why[TIMESTAMP_WHY_MAX]); /* date['T'time[zone]]; false: why is set */

/* "+0200", "+02:00", "-05", "Z": minutes and seconds in *seconds. */
bool zone_offset_parse(str s, int32_t *seconds);

#endif
