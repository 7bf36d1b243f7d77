/* Parsing by a compiled pattern, then resolving the fields into a date and a time ("smart" style). The
 * rules of adjacent numbers, signs and widths are those of DateTimeFormatterBuilder. */
#include "engine/func/timestamp_format_int.h"
#include "engine/types/datetime.h"

/* Milliseconds of these years fit 64 bits. */
#define YEAR_ABS_MAX 292000000

typedef struct parsed {
    int64_t  v[FIELD_COUNT];
    uint32_t set; /* bit per field */
    bool     has_zone, has_offset;
    zone     z;
    int32_t  offset;
} parsed;

typedef struct scan {
    const timestamp_format *f;
    str                     s;
    bool                    root; /* names of Java's root locale */
    parsed                  p;
} scan;

/* Positions: >= 0 behind what was read, else ~position of the fault. */
typedef int64_t spot;

static bool has(const parsed *p, dt_field f)
{
    return p->set >> f & 1;
}

/* A field given twice must agree. */
static spot put(scan *x, dt_field f, int64_t v, spot from, spot to)
{
    if (has(&x->p, f) && x->p.v[f] != v)
        return ~from;
    x->p.v[f] = v;
    x->p.set |= 1u << f;
    return to;
}

static bool at_nocase(str s, spot at, const char *word, size_t n)
{
    return (size_t)(s.n - at) >= n && str_eq_nocase(str_make(s.p + at, n), str_make(word, n));
}

/* ---- numbers */

static int digit_at(str s, spot at)
{
    return s.p[at] >= '0' && s.p[at] <= '9' ? s.p[at] - '0' : -1;
}

static spot parse_digits(const scan *x, const dt_op *op, spot from, int64_t *total)
{
    spot    need = from + op->min, at = from;
    int64_t width = op->max + (op->reserved > 0 ? op->reserved : 0);
    if (need > x->s.n)
        return ~from;
    for (int pass = 0; pass < 2; pass++) {
        *total = 0;
        at = from;
        spot end = at + width < x->s.n ? at + width : x->s.n;
        for (int d; at < end && (d = digit_at(x->s, at)) >= 0; at++)
            if (__builtin_mul_overflow(*total, 10, total) || __builtin_add_overflow(*total, d, total))
                return ~from;
        if (at < need)
            return ~from;
        if (op->reserved <= 0 || pass == 1)
            break;
        /* now the width is known: leave the digits of the fields behind */
        width = at - from - op->reserved > op->min ? at - from - op->reserved : op->min;
    }
    return at;
}

static spot parse_number(scan *x, const dt_op *op, spot from)
{
    spot    at = from;
    int64_t total = 0;
    if (at == x->s.n)
        return ~from;
    bool negative = x->s.p[at] == '-', positive = x->s.p[at] == '+';
    if ((negative && op->sign == SIGN_NEVER) || (positive && op->sign != SIGN_EXCEEDS_PAD))
        return ~from;
    if (negative || positive)
        from = ++at;
    at = parse_digits(x, op, from, &total);
    if (at < 0)
        return at;
    if (negative && total == 0)
        return ~(from - 1);
    if (op->sign == SIGN_EXCEEDS_PAD && !negative) {
        /* a '+' stands exactly before years that are wider than the pattern */
        if (positive ? at - from <= op->min : at - from > op->min)
            return ~(positive ? from - 1 : from);
    }
    if (op->kind == OP_REDUCED)
        total += 2000;
    return put(x, op->field, negative ? -total : total, from, at);
}

static spot parse_fraction(scan *x, const dt_op *op, spot from)
{
    int64_t v = 0;
    if (x->s.n - from < op->max)
        return ~from;
    for (uint32_t i = 0; i < 9; i++) {
        int d = i < op->max ? digit_at(x->s, from + i) : 0;
        if (d < 0)
            return ~from;
        v = v * 10 + d;
    }
    return put(x, op->field, v, from, from + op->max);
}

/* ---- words */

typedef struct words {
    const char *const *full;
    uint32_t           n, short_length;
    int64_t            first; /* value of the first */
} words;

static spot parse_words(scan *x, const dt_op *op, spot from, const words *w)
{
    if (op->style == 5)
        return ~from; /* one letter names no month */
    for (uint32_t i = 0; i < w->n; i++) {
        size_t n = op->style == 4 && !x->root ? strlen(w->full[i]) : w->short_length;
        if (at_nocase(x->s, from, w->full[i], n))
            return put(x, op->field, w->first + i, from, from + (spot)n);
    }
    return ~from;
}

static spot parse_text(scan *x, const dt_op *op, spot from)
{
    static const char *const ampm[] = {"AM", "PM"}, *const quarters[] = {"Q1", "Q2", "Q3", "Q4"};
    static const char *const quarters_full[] = {"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"};
    static const char *const eras[] = {"BC", "AD"}, *const eras_full[] = {"Before Christ", "Anno Domini"};
    static const char *const eras_root[] = {"BCE", "CE"};
    words                    w;
    switch (op->field) {
    case F_MONTH:
        w = (words){month_names, 12, 3, 1};
        return parse_words(x, op, from, &w);
    case F_WEEKDAY:
        w = (words){weekday_names, 7, 3, 1};
        return parse_words(x, op, from, &w);
    case F_AMPM:
        w = (words){ampm, 2, 2, 0};
        return parse_words(x, op, from, &w);
    case F_QUARTER:
        w = (words){op->style == 4 && !x->root ? quarters_full : quarters, 4, 2, 1};
        return parse_words(x, op, from, &w);
    case F_ERA:
        for (int i = 0; i < 2; i++) {
            const char *e = x->root ? eras_root[i] : op->style == 4 ? eras_full[i] : eras[i];
            size_t      n = op->style == 5 ? 1 : strlen(e);
            if (at_nocase(x->s, from, e, n))
                return put(x, F_ERA, i, from, from + (spot)n);
        }
        return ~from;
    default:
        return ~from; /* day periods are only printed */
    }
}

/* ---- zones */

static bool two_digits(str s, spot *at, int32_t *out)
{
    if (s.n - *at < 2 || digit_at(s, *at) < 0 || digit_at(s, *at + 1) < 0)
        return false;
    *out = digit_at(s, *at) * 10 + digit_at(s, *at + 1);
    *at += 2;
    return true;
}

/* [:]mm; left alone when it is not there and need not be. */
static bool offset_part(str s, spot *at, bool colon, bool required, int32_t *out)
{
    spot from = *at;
    *out = 0;
    if (colon && (*at >= s.n || s.p[(*at)++] != ':')) {
        *at = from;
        return !required;
    }
    if (!two_digits(s, at, out)) {
        *at = from;
        *out = 0;
        return !required;
    }
    return *out <= 59;
}

static spot set_offset(scan *x, int32_t s, spot from, spot to)
{
    if (s > 18 * 3600 || s < -18 * 3600 || (x->p.has_offset && x->p.offset != s))
        return ~from;
    x->p.has_offset = true;
    x->p.offset = s;
    return to;
}

static spot parse_offset(scan *x, const dt_op *op, spot from)
{
    const offset_form *form = &offset_forms[op->style];
    spot               at = from + 1;
    int32_t            h, m = 0, s = 0;
    if (at_nocase(x->s, from, op->text.p, op->text.n))
        return set_offset(x, 0, from, from + op->text.n);
    if (from == x->s.n || (x->s.p[from] != '+' && x->s.p[from] != '-') || !two_digits(x->s, &at, &h))
        return ~from;
    if (!offset_part(x->s, &at, form->colon, form->minutes == 2, &m))
        return ~from;
    if (form->seconds && !offset_part(x->s, &at, form->colon, false, &s))
        return ~from;
    int32_t v = (h * 60 + m) * 60 + s;
    return set_offset(x, x->s.p[from] == '-' ? -v : v, from, at);
}

static spot parse_gmt_offset(scan *x, const dt_op *op, spot from)
{
    spot    at = from + 3;
    int32_t h, m = 0, s = 0;
    if (!at_nocase(x->s, from, "GMT", 3))
        return ~from;
    if (at == x->s.n || (x->s.p[at] != '+' && x->s.p[at] != '-'))
        return set_offset(x, 0, from, at);
    bool negative = x->s.p[at++] == '-';
    if (op->style == 4) {
        if (!two_digits(x->s, &at, &h) || !offset_part(x->s, &at, true, true, &m))
            return ~from;
    } else {
        if (at == x->s.n || (h = digit_at(x->s, at)) < 0)
            return ~from;
        at++;
        if (at < x->s.n && digit_at(x->s, at) >= 0)
            h = h * 10 + digit_at(x->s, at++);
        if (!offset_part(x->s, &at, true, false, &m))
            return ~from;
    }
    if (!offset_part(x->s, &at, true, false, &s))
        return ~from;
    int32_t v = (h * 60 + m) * 60 + s;
    return set_offset(x, negative ? -v : v, from, at);
}

static spot set_zone(scan *x, const zone *z, spot to)
{
    x->p.z = *z;
    x->p.has_zone = true;
    return to;
}

static bool in_zone_id(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("~/._+-:", c) != NULL);
}

/* The longest zone id at `from`; its length, or 0. */
static uint32_t zone_id_at(str s, spot from, zone *z)
{
    char     why[8];
    uint32_t n = 0;
    while (from + n < s.n && n < ZONE_ID_MAX && in_zone_id(s.p[from + n]))
        n++;
    bool offset_like = n && (s.p[from] == '+' || s.p[from] == '-');
    for (; n > 0; n--) {
        if (offset_like && n < 3)
            return 0; /* at least +hh */
        if (zone_find(str_make(s.p + from, n), z, why, sizeof why))
            return n;
    }
    return 0;
}

static spot parse_zone(scan *x, const dt_op *op, spot from)
{
    zone     z, named;
    str      rest = str_make(x->s.p + from, (size_t)(x->s.n - from));
    uint32_t id = zone_id_at(x->s, from, &z);
    uint32_t name = op->kind == OP_ZONE_NAME ? zone_parse_name(rest, &named) : 0;
    if (name >= id && name)
        return set_zone(x, &named, from + name);
    return id ? set_zone(x, &z, from + id) : ~from;
}

/* ---- operations */

static spot parse_op(scan *x, const dt_op *op, spot from)
{
    switch (op->kind) {
    case OP_LITERAL:
        return at_nocase(x->s, from, op->text.p, op->text.n) ? from + op->text.n : ~from;
    case OP_NUMBER:
    case OP_REDUCED:
        return parse_number(x, op, from);
    case OP_FRACTION:
        return parse_fraction(x, op, from);
    case OP_TEXT:
        return parse_text(x, op, from);
    case OP_OFFSET:
        return parse_offset(x, op, from);
    case OP_GMT_OFFSET:
        return parse_gmt_offset(x, op, from);
    default:
        return parse_zone(x, op, from);
    }
}

/* The padded field takes exactly its width. */
static spot parse_padded(scan *x, const dt_op *op, spot from)
{
    spot end = from + op->pad, at = from;
    str  whole = x->s;
    if (end > x->s.n)
        return ~from;
    while (at < end && x->s.p[at] == ' ')
        at++;
    x->s.n = (uint32_t)end;
    at = parse_op(x, op, at);
    x->s = whole;
    return at == end ? at : ~from;
}

static spot parse_ops(scan *x, uint32_t i, uint32_t end, spot at)
{
    while (i < end) {
        const dt_op *op = &x->f->ops[i];
        if (op->kind == OP_OPTIONAL) {
            parsed before = x->p;
            spot   to = parse_ops(x, i + 1, i + op->skip - 1, at);
            if (to < 0)
                x->p = before;
            else
                at = to;
            i += op->skip;
            continue;
        }
        at = op->pad ? parse_padded(x, op, at) : parse_op(x, op, at);
        if (at < 0)
            return at;
        i++;
    }
    return at;
}

/* Room in a message; longer texts are cut as Java does. */
#define TEXT_SHOWN_MAX 64
#define SHOWN(s) (int)((s).n > TEXT_SHOWN_MAX ? TEXT_SHOWN_MAX : (s).n), (s).p, (s).n > TEXT_SHOWN_MAX ? "..." : ""

static bool parse_all(scan *x, datetime_error *err)
{
    spot to = parse_ops(x, 0, x->f->count, 0);
    if (to == x->s.n)
        return true;
    if (to < 0)
        datetime_fail(err, "Text '%.*s%s' could not be parsed at index %ld", SHOWN(x->s), ~to);
    else
        datetime_fail(err, "Text '%.*s%s' could not be parsed, unparsed text found at index %ld", SHOWN(x->s), to);
    return false;
}

/* ---- resolving */

static bool range_ok(scan *x, dt_field f, datetime_error *err)
{
    int64_t v = x->p.v[f];
    if (!has(&x->p, f) || (v >= dt_fields[f].min && v <= dt_fields[f].max))
        return true;
    datetime_fail(err, "Text '%.*s%s' could not be parsed: Invalid value for %s (valid values %ld - %ld): %ld",
                  SHOWN(x->s), dt_fields[f].name, dt_fields[f].min, dt_fields[f].max, v);
    return false;
}

static bool conflict(scan *x, dt_field f, datetime_error *err)
{
    datetime_fail(err, "Text '%.*s%s' could not be parsed: Conflict found: %s", SHOWN(x->s), dt_fields[f].name);
    return false;
}

static bool set_derived(scan *x, dt_field f, int64_t v, datetime_error *err)
{
    return put(x, f, v, 0, 0) == 0 || conflict(x, f, err);
}

/* What is left are AMPM, HOUR or HOUR_AMPM, MINUTE, SECOND, NANO; *extra: days to add (24:00). */
static bool resolve_time(scan *x, int64_t *extra, datetime_error *err)
{
    parsed *p = &x->p;
    bool    midnight = has(p, F_HOUR) && p->v[F_HOUR] == 24 && !(has(p, F_MINUTE) && p->v[F_MINUTE]) &&
                    !(has(p, F_SECOND) && p->v[F_SECOND]) && !(has(p, F_NANO) && p->v[F_NANO]);
    *extra = midnight;
    if (midnight)
        p->v[F_HOUR] = 0;
    for (dt_field f = F_FIRST_TIME; f < FIELD_COUNT; f++)
        if (!range_ok(x, f, err))
            return false;
    if (has(p, F_CLOCK_HOUR) && !set_derived(x, F_HOUR, p->v[F_CLOCK_HOUR] % 24, err))
        return false;
    if (has(p, F_CLOCK_HOUR_AMPM) && !set_derived(x, F_HOUR_AMPM, p->v[F_CLOCK_HOUR_AMPM] % 12, err))
        return false;
    if (has(p, F_AMPM) && has(p, F_HOUR_AMPM) && !set_derived(x, F_HOUR, p->v[F_AMPM] * 12 + p->v[F_HOUR_AMPM], err))
        return false;
    int64_t ns = has(p, F_NANO_OF_DAY)    ? p->v[F_NANO_OF_DAY]
                 : has(p, F_MILLI_OF_DAY) ? p->v[F_MILLI_OF_DAY] * 1000000
                                          : -1;
    if (ns < 0)
        return true;
    return set_derived(x, F_HOUR, ns / 3600000000000, err) && set_derived(x, F_MINUTE, ns / 60000000000 % 60, err) &&
           set_derived(x, F_SECOND, ns / 1000000000 % 60, err) &&
           (has(p, F_NANO) || set_derived(x, F_NANO, ns % 1000000000, err));
}

static int64_t field_or(const parsed *p, dt_field f, int64_t other)
{
    return has(p, f) ? p->v[f] : other;
}

static int64_t time_ms(const parsed *p)
{
    int64_t hour = has(p, F_HOUR) ? p->v[F_HOUR] : field_or(p, F_AMPM, 0) * 12 + field_or(p, F_HOUR_AMPM, 0);
    return ((hour * 60 + field_or(p, F_MINUTE, 0)) * 60 + field_or(p, F_SECOND, 0)) * 1000 +
           field_or(p, F_NANO, 0) / 1000000;
}

static bool leap_year(int64_t y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static bool resolve_year(scan *x, datetime_error *err)
{
    parsed *p = &x->p;
    if (!has(p, F_YEAR_OF_ERA))
        return true;
    int64_t yoe = p->v[F_YEAR_OF_ERA];
    bool    bc = has(p, F_ERA) ? p->v[F_ERA] == 0 : has(p, F_YEAR) && p->v[F_YEAR] <= 0;
    return set_derived(x, F_YEAR, bc ? 1 - yoe : yoe, err);
}

static int64_t sunday_of(int64_t days)
{
    return days - floor_mod(days + 4, 7);
}

/* Monday 1 .. Sunday 7 of a localized weekday, Sunday 1. */
static int64_t iso_weekday(const parsed *p)
{
    if (has(p, F_WEEKDAY))
        return p->v[F_WEEKDAY];
    return has(p, F_LOCAL_WEEKDAY) ? (p->v[F_LOCAL_WEEKDAY] + 5) % 7 + 1 : 0;
}

static bool day_of_year_ok(scan *x, int64_t year, datetime_error *err)
{
    if (x->p.v[F_DAY_OF_YEAR] <= 365 || leap_year(year))
        return true;
    datetime_fail(err,
                  "Text '%.*s%s' could not be parsed: Invalid date 'DayOfYear 366' as '%ld' is not a "
                  "leap year",
                  SHOWN(x->s), year);
    return false;
}

/* The date when the fields give a whole one. */
static bool whole_date(scan *x, bool *whole, int64_t *days, datetime_error *err)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const parsed    *p = &x->p;
    int64_t          year = p->v[F_YEAR], weekday = iso_weekday(p);
    *whole = true;
    if (has(p, F_JULIAN_DAY)) {
        *days = p->v[F_JULIAN_DAY] - 40587;
    } else if (has(p, F_YEAR) && has(p, F_MONTH) && has(p, F_DAY)) {
        int64_t m = p->v[F_MONTH], d = p->v[F_DAY], n = lengths[m - 1] + (m == 2 && leap_year(year));
        *days = days_from_civil(year, (int)m, (int)(d > n ? n : d)); /* 30 February is the last day */
    } else if (has(p, F_YEAR) && has(p, F_DAY_OF_YEAR)) {
        if (!day_of_year_ok(x, year, err))
            return false;
        *days = days_from_civil(year, 1, 1) + p->v[F_DAY_OF_YEAR] - 1;
    } else if (has(p, F_WEEK_YEAR) && has(p, F_WEEK_OF_YEAR) && weekday) {
        *days = sunday_of(days_from_civil(p->v[F_WEEK_YEAR], 1, 1)) + (p->v[F_WEEK_OF_YEAR] - 1) * 7 + weekday % 7;
    } else if (has(p, F_YEAR) && has(p, F_MONTH) && has(p, F_WEEK_OF_MONTH) && weekday) {
        *days = sunday_of(days_from_civil(year, (int)p->v[F_MONTH], 1)) + (p->v[F_WEEK_OF_MONTH] - 1) * 7 + weekday % 7;
    } else {
        *whole = false;
    }
    return true;
}

/* Fields that the date gives too must agree with it. */
static bool cross_check(scan *x, int64_t days, datetime_error *err)
{
    const parsed *p = &x->p;
    int64_t       y, weekday = floor_mod(days + 3, 7) + 1;
    int           m, d;
    civil_from_days(days, &y, &m, &d);
    const int64_t         real[FIELD_COUNT] = {[F_WEEKDAY] = weekday,
                                               [F_LOCAL_WEEKDAY] = weekday % 7 + 1,
                                               [F_ALIGNED_DAY] = (d - 1) % 7 + 1,
                                               [F_QUARTER] = (m - 1) / 3 + 1,
                                               [F_YEAR] = y,
                                               [F_MONTH] = m};
    static const dt_field checked[] = {F_WEEKDAY, F_LOCAL_WEEKDAY, F_ALIGNED_DAY, F_QUARTER, F_YEAR, F_MONTH};
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++)
        if (has(p, checked[i]) && p->v[checked[i]] != real[checked[i]])
            return conflict(x, checked[i], err);
    return true;
}

static bool resolve_date(scan *x, bool *whole, int64_t *days, datetime_error *err)
{
    *whole = false;
    for (dt_field f = 0; f < F_FIRST_TIME; f++)
        if (!range_ok(x, f, err))
            return false;
    if (!resolve_year(x, err))
        return false;
    dt_field years[] = {F_YEAR, F_WEEK_YEAR};
    for (int i = 0; i < 2; i++) {
        int64_t y = field_or(&x->p, years[i], 0);
        if (y > YEAR_ABS_MAX || y < -YEAR_ABS_MAX) {
            datetime_fail(err, "long overflow");
            return false;
        }
    }
    int64_t mjd = field_or(&x->p, F_JULIAN_DAY, 0);
    if (mjd / 366 > YEAR_ABS_MAX || mjd / 366 < -YEAR_ABS_MAX) {
        datetime_fail(err, "long overflow");
        return false;
    }
    if (!whole_date(x, whole, days, err))
        return false;
    return !*whole || cross_check(x, *days, err);
}

/* Missing parts are those of 1970-01-01. */
static bool partial_date(scan *x, int64_t *days, datetime_error *err)
{
    const parsed *p = &x->p;
    int64_t       y = field_or(p, F_YEAR, 1970), weekday = iso_weekday(p);
    int           m = (int)field_or(p, F_MONTH, 1), d = (int)field_or(p, F_DAY, 1);
    if (has(p, F_DAY_OF_YEAR)) {
        if (p->v[F_DAY_OF_YEAR] > 365) {
            datetime_fail(err, "Leap day cannot be parsed without supplying the year field");
            return false;
        }
        *days = days_from_civil(y, 1, 1) + p->v[F_DAY_OF_YEAR] - 1;
    } else if (civil_valid(y, m, d)) {
        *days = days_from_civil(y, m, d);
    } else {
        datetime_fail(err, "Invalid date '%d-%02d'", m, d);
        return false;
    }
    if (weekday && !has(p, F_WEEK_YEAR))
        *days += weekday - (floor_mod(*days + 3, 7) + 1);
    return true;
}

bool timestamp_format_parse_in(const timestamp_format *f, str text, const zone *z, int64_t *ms, datetime_error *err)
{
    scan    x = {.f = f, .s = text, .root = true};
    bool    whole;
    int64_t extra, days;
    if (!parse_all(&x, err) || !resolve_time(&x, &extra, err) || !resolve_date(&x, &whole, &days, err) ||
        (!whole && !partial_date(&x, &days, err)))
        return false;
    int64_t local = (days + extra) * MS_PER_DAY + time_ms(&x.p), local_s = floor_div(local, 1000);
    int32_t offset;
    if (x.p.has_zone || !x.p.has_offset) {
        const zone *in = x.p.has_zone ? &x.p.z : z;
        offset = zone_offset_of_local(in, local_s);
        if (x.p.has_offset && zone_at(in, local_s - x.p.offset).offset == x.p.offset)
            offset = x.p.offset; /* tells which of two equal local times is meant */
    } else {
        offset = x.p.offset;
    }
    *ms = local - (int64_t)offset * 1000;
    return true;
}

bool timestamp_format_parse(const timestamp_format *f, str text, int64_t *ms)
{
    return timestamp_format_parse_in(f, text, &zone_utc, ms, NULL);
}

bool timestamp_format_parse_date(const timestamp_format *f, str text, int64_t *days, datetime_error *err)
{
    scan    x = {.f = f, .s = text};
    bool    whole;
    int64_t extra;
    if (!parse_all(&x, err) || !resolve_time(&x, &extra, err) || !resolve_date(&x, &whole, days, err))
        return false;
    if (!whole) {
        datetime_fail(err, "Text '%.*s%s' could not be parsed: Unable to obtain LocalDate", SHOWN(text));
        return false;
    }
    *days += extra;
    return true;
}

bool timestamp_format_parse_time(const timestamp_format *f, str text, int64_t *ms, datetime_error *err)
{
    scan    x = {.f = f, .s = text};
    bool    whole;
    int64_t extra, days;
    if (!parse_all(&x, err) || !resolve_time(&x, &extra, err) || !resolve_date(&x, &whole, &days, err))
        return false;
    const parsed *p = &x.p;
    if (p->set & ((1u << F_FIRST_TIME) - 1)) {
        datetime_fail(err, "Time format contains date field.");
        return false;
    }
    bool hole = (!has(p, F_MINUTE) && (has(p, F_SECOND) || has(p, F_NANO))) || (!has(p, F_SECOND) && has(p, F_NANO));
    if (!has(p, F_HOUR) || hole) {
        datetime_fail(err, "Text '%.*s%s' could not be parsed: Unable to obtain LocalTime", SHOWN(text));
        return false;
    }
    *ms = time_ms(p);
    return true;
}
