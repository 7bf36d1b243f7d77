/* DATE / TIME functions (spec/functions.md 3.6). */
#include <stdio.h>

#include "engine/func/func_int.h"
#include "engine/func/lenient_date.h"
#include "engine/func/time_zone.h"
#include "engine/func/timestamp_format.h"
#include "engine/types/datetime.h"

#define REASON_MAX 256

/* ---- patterns and zones: taken from literals once, else from the row */

typedef struct dt_state {
    const timestamp_format *format; /* NULL: not a literal, or refused */
    const lenient_format   *lenient;
    bool                    zone_ok;
    zone                    z;
} dt_state;

/* The server's zone is UTC. */
#define SERVER_ZONE zone_utc

static bool literal(const func_call *f, uint32_t i)
{
    return i < f->arg_count && f->args[i]->kind == XN_LITERAL && f->args[i]->lit.state == V_OK;
}

/* Argument 1 is the pattern, argument 2, if any, the zone. A literal that is refused fails at every row. */
static bool prepare(arena *a, func_call *f, status *st)
{
    (void)st;
    dt_state *s = ARENA_NEW(a, dt_state);
    status    refused;
    char      why[REASON_MAX];
    if (literal(f, 1))
        s->format = timestamp_format_new(a, value_str(f->args[1]->lit), &refused);
    if (literal(f, 2))
        s->zone_ok = zone_find(value_str(f->args[2]->lit), &s->z, why, sizeof why);
    f->state = s;
    return true;
}

static bool prepare_lenient(arena *a, func_call *f, status *st)
{
    (void)st;
    dt_state *s = ARENA_NEW(a, dt_state);
    status    refused;
    if (literal(f, 1))
        s->lenient = lenient_format_new(a, value_str(f->args[1]->lit), &refused);
    f->state = s;
    return true;
}

static const timestamp_format *format_of(const func_call *f, ectx *cx, value pattern, char *why)
{
    const dt_state *s = f->state;
    if (s->format)
        return s->format;
    status            st;
    timestamp_format *tf = timestamp_format_new(cx->a, value_str(pattern), &st);
    if (tf == NULL)
        snprintf(why, REASON_MAX, "%.200s", st.msg);
    return tf;
}

static bool zone_of(const func_call *f, value id, zone *z, char *why)
{
    const dt_state *s = f->state;
    if (s->zone_ok) {
        *z = s->z;
        return true;
    }
    return zone_find(value_str(id), z, why, REASON_MAX);
}

/* ---- FORMAT_DATE, FORMAT_TIME, FORMAT_TIMESTAMP, DATETOSTRING, TIMESTAMPTOSTRING */

static bool print(const func_call *f, ectx *cx, const datetime_value *v, value pattern, char *why)
{
    const timestamp_format *tf = format_of(f, cx, pattern, why);
    datetime_error          err = {0};
    if (tf == NULL)
        return false;
    if (timestamp_format_print(tf, v, text_scratch(), &err))
        return true;
    snprintf(why, REASON_MAX, "%.250s", err.msg);
    return false;
}

static value format_date(const func_call *f, ectx *cx, const value *args, bool number)
{
    char           why[REASON_MAX] = "";
    datetime_value v = {.has_date = true, .days = args[0].i};
    if (print(f, cx, &v, args[1], why))
        return text_scratch_value(cx);
    buf *b = text_scratch();
    if (number)
        buf_printf(b, "%ld", args[0].i);
    else
        date_text(b, args[0].i);
    return ectx_fail(cx, "Failed to format date %.*s with formatter '%.*s': %s", (int)b->n, b->p,
                     STR_FMT(value_str(args[1])), why);
}

FN(format_date_date)
{
    return format_date(f, cx, args, false);
}

FN(date_to_string)
{
    return format_date(f, cx, args, true);
}

FN(format_time)
{
    char           why[REASON_MAX] = "";
    datetime_value v = {.has_time = true, .day_ms = args[0].i};
    if (print(f, cx, &v, args[1], why))
        return text_scratch_value(cx);
    buf *b = text_scratch();
    time_text(b, args[0].i);
    return ectx_fail(cx, "Failed to format time %.*s with formatter '%.*s': %s", (int)b->n, b->p,
                     STR_FMT(value_str(args[1])), why);
}

static value format_timestamp(const func_call *f, ectx *cx, const value *args, const zone *fixed)
{
    char why[REASON_MAX] = "";
    zone z;
    bool ok = fixed != NULL;
    if (fixed)
        z = *fixed;
    else
        ok = zone_of(f, args[2], &z, why);
    if (ok) {
        datetime_value v = datetime_of_timestamp(args[0].i, &z);
        if (print(f, cx, &v, args[1], why))
            return text_scratch_value(cx);
    }
    buf *b = text_scratch();
    timestamp_text(b, args[0].i);
    return ectx_fail(cx, "Failed to format timestamp %.*s at timeZone '%.*s' with formatter '%.*s': %s", (int)b->n,
                     b->p, STR_FMT(fixed ? STR("GMT") : value_str(args[2])), STR_FMT(value_str(args[1])), why);
}

FN(format_timestamp_gmt)
{
    return format_timestamp(f, cx, args, &zone_gmt);
}

FN(format_timestamp_server)
{
    return format_timestamp(f, cx, args, &SERVER_ZONE);
}

FN(format_timestamp_zone)
{
    return format_timestamp(f, cx, args, NULL);
}

/* ---- PARSE_DATE, PARSE_TIME, PARSE_TIMESTAMP, STRINGTODATE, STRINGTOTIMESTAMP */

static value parse_failed(ectx *cx, const char *what, const value *args, const char *why)
{
    return ectx_fail(cx, "Failed to parse %s '%.*s' with formatter '%.*s': %s", what, STR_FMT(value_str(args[0])),
                     STR_FMT(value_str(args[1])), why);
}

FN(parse_date)
{
    const dt_state       *s = f->state;
    const lenient_format *lf = s->lenient;
    status                st;
    int64_t               ms;
    if (lf == NULL && (lf = lenient_format_new(cx->a, value_str(args[1]), &st)) == NULL)
        return parse_failed(cx, "date", args, st.msg);
    if (!lenient_format_parse(lf, value_str(args[0]), cx->now_ms, &ms)) {
        char why[REASON_MAX];
        snprintf(why, sizeof why, "Unparseable date: %.*s", STR_FMT(value_str(args[0])));
        return parse_failed(cx, "date", args, why);
    }
    if (ms % MS_PER_DAY)
        return parse_failed(cx, "date", args, "Date format contains time field.");
    return value_i(ms / MS_PER_DAY);
}

FN(parse_time)
{
    char                    why[REASON_MAX] = "";
    datetime_error          err = {0};
    int64_t                 ms;
    const timestamp_format *tf = format_of(f, cx, args[1], why);
    if (tf && timestamp_format_parse_time(tf, value_str(args[0]), &ms, &err))
        return value_i(ms);
    return parse_failed(cx, "time", args, tf ? err.msg : why);
}

FN(string_to_date)
{
    char                    why[REASON_MAX] = "";
    datetime_error          err = {0};
    int64_t                 days;
    const timestamp_format *tf = format_of(f, cx, args[1], why);
    if (tf && timestamp_format_parse_date(tf, value_str(args[0]), &days, &err))
        return value_i((int32_t)(uint32_t)(uint64_t)days);
    return parse_failed(cx, "date", args, tf ? err.msg : why);
}

static value parse_timestamp(const func_call *f, ectx *cx, const value *args, const zone *fixed, const char *shown_zone)
{
    char           why[REASON_MAX] = "";
    datetime_error err = {0};
    zone           z;
    int64_t        ms;
    bool           ok = fixed != NULL;
    if (fixed)
        z = *fixed;
    else
        ok = zone_of(f, args[2], &z, why);
    const timestamp_format *tf = ok ? format_of(f, cx, args[1], why) : NULL;
    if (tf && timestamp_format_parse_in(tf, value_str(args[0]), &z, &ms, &err))
        return value_i(ms);
    if (fixed && shown_zone == NULL)
        return parse_failed(cx, "timestamp", args, tf ? err.msg : why);
    return ectx_fail(cx, "Failed to parse timestamp '%.*s' at timezone '%.*s' with formatter '%.*s': %s",
                     STR_FMT(value_str(args[0])), STR_FMT(fixed ? str_of(shown_zone) : value_str(args[2])),
                     STR_FMT(value_str(args[1])), tf ? err.msg : why);
}

FN(parse_timestamp_gmt)
{
    return parse_timestamp(f, cx, args, &zone_gmt, "GMT");
}

FN(parse_timestamp_server)
{
    return parse_timestamp(f, cx, args, &SERVER_ZONE, NULL);
}

FN(parse_timestamp_zone)
{
    return parse_timestamp(f, cx, args, NULL, NULL);
}

/* ---- CONVERT_TZ */

static bool prepare_convert(arena *a, func_call *f, status *st)
{
    (void)st;
    zone *z = ARENA_ARRAY(a, zone, 2);
    char  why[REASON_MAX];
    for (uint32_t i = 0; i < 2; i++)
        if (!literal(f, i + 1) || !zone_find(value_str(f->args[i + 1]->lit), &z[i], why, sizeof why))
            return true; /* found, or refused, row by row */
    f->state = z;
    return true;
}

/* The reference looks at the zone through a class to which UTC+2 and UT+2 are unknown names, hence GMT. */
static int64_t convert_offset(const zone *z, int64_t ms)
{
    if (z->rules == NULL && (strcmp(z->prefix, "UTC") == 0 || strcmp(z->prefix, "UT") == 0))
        return 0;
    return (int64_t)zone_at(z, floor_div(ms, 1000)).offset * 1000;
}

FN(convert_tz)
{
    zone        z[2];
    const zone *use = f->state;
    char        why[REASON_MAX];
    for (int i = 0; use == NULL && i < 2; i++)
        if (!zone_find(value_str(args[i + 1]), &z[i], why, sizeof why))
            return ectx_fail(cx, "Invalid time zone: %s", why);
    if (use == NULL)
        use = z;
    return value_i((int64_t)((uint64_t)args[0].i + (uint64_t)convert_offset(&use[1], args[0].i) -
                             (uint64_t)convert_offset(&use[0], args[0].i)));
}

/* ---- adding intervals */

static const struct {
    const char *name;
    int64_t     ms;
} units[] = {{"DAYS", 86400000}, {"HOURS", 3600000}, {"MINUTES", 60000}, {"SECONDS", 1000}, {"MILLISECONDS", 1},
             {"MILLISECOND", 1}, {"DAY", 86400000},  {"HOUR", 3600000},  {"MINUTE", 60000}, {"SECOND", 1000}};

/* Saturates at 64 bits. */
static bool interval(ectx *cx, const value *args, int64_t per_ms, int64_t *out)
{
    str name = value_str(args[0]);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!str_eq_nocase(name, str_of(units[i].name)))
            continue;
        if (__builtin_mul_overflow(args[1].i, units[i].ms * per_ms, out))
            *out = args[1].i < 0 ? INT64_MIN : INT64_MAX;
        return true;
    }
    ectx_fail(cx, "Unknown interval unit: %.*s", STR_FMT(name));
    return false;
}

static uint64_t sum(int64_t x, int64_t y, int sign)
{
    return sign > 0 ? (uint64_t)x + (uint64_t)y : (uint64_t)x - (uint64_t)y;
}

static value date_plus(ectx *cx, const value *args, int sign)
{
    int64_t by;
    if (!interval(cx, args, 1, &by))
        return VALUE_ERR;
    /* towards zero: before 1970 a part of a day leads towards 1970 */
    return value_i((int64_t)sum(days_to_ms(args[2].i), by, sign) / MS_PER_DAY);
}

static value time_plus(ectx *cx, const value *args, int sign)
{
    const int64_t day_ns = MS_PER_DAY * 1000000;
    int64_t       by;
    if (!interval(cx, args, 1000000, &by))
        return VALUE_ERR;
    int64_t t = (args[2].i * 1000000 + sign * (by % day_ns)) % day_ns;
    return value_i((t < 0 ? t + day_ns : t) / 1000000);
}

static value timestamp_plus(ectx *cx, const value *args, int sign)
{
    int64_t by;
    if (!interval(cx, args, 1, &by))
        return VALUE_ERR;
    return value_i((int64_t)sum(args[2].i, by, sign));
}

#define PLUS_MINUS(kind)                  \
    FN(kind##_add)                        \
    {                                     \
        return kind##_plus(cx, args, 1);  \
    }                                     \
    FN(kind##_sub)                        \
    {                                     \
        return kind##_plus(cx, args, -1); \
    }
PLUS_MINUS(date)
PLUS_MINUS(time)
PLUS_MINUS(timestamp)

/* ---- numbers and dates */

FN(same_number)
{
    return args[0];
}

FN(unix_date_now)
{
    return value_i(floor_div(cx->now_ms, MS_PER_DAY));
}

FN(unix_timestamp_now)
{
    return value_i(cx->now_ms);
}

#define R(n, d, p, r, fun, ...)                                                                             \
    {                                                                                                       \
        .name = n, .category = "DATE / TIME", .doc = d, .params = p, .returns = r, .fn = fun, ##__VA_ARGS__ \
    }
#define P(n, d, p, r, fun) R(n, d, p, r, fun, .init = prepare)
#define INTERVAL "INTERVAL UNIT unit, INT interval, "

const func_row func_datetime[] = {
    R("convert_tz", "Moves a timestamp from one time zone to another.",
      "TIMESTAMP timestamp, VARCHAR fromTimeZone, VARCHAR toTimeZone", "TIMESTAMP", convert_tz,
      .init = prepare_convert),
    R("dateadd", "Adds an interval to a date.", INTERVAL "DATE date", "DATE", date_add),
    R("datesub", "Takes an interval off a date.", INTERVAL "DATE date", "DATE", date_sub),
    P("datetostring", "Prints a number of days since 1970-01-01 by a pattern.", "INT epochDays, VARCHAR formatPattern",
      "VARCHAR", date_to_string),
    P("format_date", "Prints a date by a pattern.", "DATE date, VARCHAR formatPattern", "VARCHAR", format_date_date),
    P("format_time", "Prints a time by a pattern.", "TIME time, VARCHAR formatPattern", "VARCHAR", format_time),
    P("format_timestamp", "Prints a timestamp by a pattern, in GMT or another time zone.",
      "TIMESTAMP timestamp, VARCHAR formatPattern", "VARCHAR", format_timestamp_gmt),
    P("format_timestamp", NULL, "TIMESTAMP timestamp, VARCHAR formatPattern, VARCHAR timeZone", "VARCHAR",
      format_timestamp_zone),
    R("from_days", "Makes a date of a number of days since 1970-01-01.", "INT days", "DATE", same_number),
    R("from_unixtime", "Makes a timestamp of milliseconds since 1970-01-01.", "BIGINT epochMilli", "TIMESTAMP",
      same_number),
    R("parse_date", "Reads a date by a pattern.", "VARCHAR formattedDate, VARCHAR formatPattern", "DATE", parse_date,
      .init = prepare_lenient),
    P("parse_time", "Reads a time by a pattern.", "VARCHAR formattedTime, VARCHAR formatPattern", "TIME", parse_time),
    P("parse_timestamp", "Reads a timestamp by a pattern, in GMT or another time zone.",
      "VARCHAR formattedTimestamp, VARCHAR formatPattern", "TIMESTAMP", parse_timestamp_gmt),
    P("parse_timestamp", NULL, "VARCHAR formattedTimestamp, VARCHAR formatPattern, VARCHAR timeZone", "TIMESTAMP",
      parse_timestamp_zone),
    P("stringtodate", "Reads a date by a pattern; returns days since 1970-01-01.",
      "VARCHAR formattedDate, VARCHAR formatPattern", "INT", string_to_date),
    P("stringtotimestamp", "Reads a timestamp by a pattern; returns milliseconds since 1970-01-01.",
      "VARCHAR formattedTimestamp, VARCHAR formatPattern", "BIGINT", parse_timestamp_server),
    P("stringtotimestamp", NULL, "VARCHAR formattedTimestamp, VARCHAR formatPattern, VARCHAR timeZone", "BIGINT",
      parse_timestamp_zone),
    R("timeadd", "Adds an interval to a time of day.", INTERVAL "TIME time", "TIME", time_add),
    R("timestampadd", "Adds an interval to a timestamp.", INTERVAL "TIMESTAMP timestamp", "TIMESTAMP", timestamp_add),
    R("timestampsub", "Takes an interval off a timestamp.", INTERVAL "TIMESTAMP timestamp", "TIMESTAMP", timestamp_sub),
    P("timestamptostring", "Prints milliseconds since 1970-01-01 by a pattern.",
      "BIGINT epochMilli, VARCHAR formatPattern", "VARCHAR", format_timestamp_server),
    P("timestamptostring", NULL, "BIGINT epochMilli, VARCHAR formatPattern, VARCHAR timeZone", "VARCHAR",
      format_timestamp_zone),
    R("timesub", "Takes an interval off a time of day.", INTERVAL "TIME time", "TIME", time_sub),
    R("unix_date", "Returns a date, or today's, as days since 1970-01-01.", "", "INT", unix_date_now,
      .flags = FN_VOLATILE),
    R("unix_date", NULL, "DATE date", "INT", same_number),
    R("unix_timestamp", "Returns a timestamp, or now, as milliseconds since 1970-01-01.", "", "BIGINT",
      unix_timestamp_now, .flags = FN_VOLATILE),
    R("unix_timestamp", NULL, "TIMESTAMP timestamp", "BIGINT", same_number),
    {0},
};
