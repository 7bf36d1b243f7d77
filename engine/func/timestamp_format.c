/* Patterns to operations: as DateTimeFormatterBuilder.appendPattern reads them. Printing is in
 * timestamp_print.c, parsing in timestamp_parse.c. */
#include "engine/func/timestamp_format_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/types/datetime.h"

const dt_field_info dt_fields[FIELD_COUNT] = {
    [F_ERA] = {"Era", 0, 1},
    [F_YEAR_OF_ERA] = {"YearOfEra", 1, 1000000000},
    [F_YEAR] = {"Year", -999999999, 999999999},
    [F_WEEK_YEAR] = {"WeekBasedYear", -999999999, 999999999},
    [F_QUARTER] = {"QuarterOfYear", 1, 4},
    [F_MONTH] = {"MonthOfYear", 1, 12},
    [F_WEEK_OF_YEAR] = {"WeekOfWeekBasedYear", 1, 53},
    [F_WEEK_OF_MONTH] = {"WeekOfMonth", 0, 6},
    [F_DAY] = {"DayOfMonth", 1, 31},
    [F_DAY_OF_YEAR] = {"DayOfYear", 1, 366},
    [F_ALIGNED_DAY] = {"AlignedDayOfWeekInMonth", 1, 7},
    [F_WEEKDAY] = {"DayOfWeek", 1, 7},
    [F_LOCAL_WEEKDAY] = {"DayOfWeek", 1, 7},
    [F_JULIAN_DAY] = {"ModifiedJulianDay", -365961480000, 364522971000},
    [F_AMPM] = {"AmPmOfDay", 0, 1},
    [F_HOUR] = {"HourOfDay", 0, 23},
    [F_CLOCK_HOUR] = {"ClockHourOfDay", 1, 24},
    [F_HOUR_AMPM] = {"HourOfAmPm", 0, 11},
    [F_CLOCK_HOUR_AMPM] = {"ClockHourOfAmPm", 1, 12},
    [F_MINUTE] = {"MinuteOfHour", 0, 59},
    [F_SECOND] = {"SecondOfMinute", 0, 59},
    [F_NANO] = {"NanoOfSecond", 0, 999999999},
    [F_MILLI_OF_DAY] = {"MilliOfDay", 0, 86399999},
    [F_NANO_OF_DAY] = {"NanoOfDay", 0, 86399999999999},
    [F_DAY_PERIOD] = {"DayPeriod", 0, 5},
};

const char *const month_names[12] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
const char *const weekday_names[7] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

const offset_form offset_forms[] = {
    [OFFSET_HHMM_SHORT] = {false, 1, 0}, [OFFSET_HHMM] = {false, 2, 0},    [OFFSET_HH_MM] = {true, 2, 0},
    [OFFSET_HHMMSS] = {false, 2, 1},     [OFFSET_HH_MM_SS] = {true, 2, 1},
};

void datetime_fail(datetime_error *err, const char *fmt, ...)
{
    if (err == NULL)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
}

void week_of(int64_t days, int64_t *week_year, int64_t *week)
{
    int64_t y;
    int     m, d;
    civil_from_days(days, &y, &m, &d);
    for (int64_t year = y + 1;; year--) {
        int64_t first = days_from_civil(year, 1, 1);
        int64_t sunday = first - floor_mod(first + 4, 7); /* 1970 began on a Thursday */
        if (days >= sunday) {
            *week_year = year;
            *week = (days - sunday) / 7 + 1;
            return;
        }
    }
}

/* ---- compiling */

typedef struct compiler {
    dt_op   *ops;
    uint32_t n;
    int32_t  active; /* number that adjacent ones reserve digits of, or -1 */
    uint32_t pad;    /* for the next operation */
    uint32_t open[FORMAT_OPTIONAL_MAX], depth;
    status  *st;
} compiler;

static dt_op *emit(compiler *c, dt_op op)
{
    op.pad = c->pad;
    c->pad = 0;
    c->active = -1;
    c->ops[c->n] = op;
    return &c->ops[c->n++];
}

static void number(compiler *c, dt_op op)
{
    int32_t active = c->active;
    bool    fixed = op.min == op.max && op.sign == SIGN_NEVER;
    if (active >= 0 && fixed) {
        c->ops[active].reserved += op.max;
        op.reserved = -1;
        emit(c, op);
        c->active = active;
        return;
    }
    if (active >= 0)
        c->ops[active].reserved = -1;
    emit(c, op);
    c->active = (int32_t)c->n - 1;
}

static void value_any(compiler *c, dt_field f)
{
    number(c, (dt_op){.kind = OP_NUMBER, .field = f, .min = 1, .max = 19, .sign = SIGN_NORMAL});
}

static void value_fixed(compiler *c, dt_field f, uint32_t width)
{
    number(c, (dt_op){.kind = OP_NUMBER, .field = f, .min = (uint8_t)width, .max = (uint8_t)width, .sign = SIGN_NEVER});
}

static void value_range(compiler *c, dt_field f, uint32_t min, uint32_t max, sign_style sign)
{
    number(c, (dt_op){.kind = OP_NUMBER, .field = f, .min = (uint8_t)min, .max = (uint8_t)max, .sign = sign});
}

static bool too_many(compiler *c, char letter)
{
    return status_set(c->st, ST_SQL, "Too many pattern letters: %c", letter);
}

static bool text(compiler *c, dt_field f, uint32_t style)
{
    emit(c, (dt_op){.kind = OP_TEXT, .field = f, .style = style});
    return true;
}

/* ---- one function for each kind of letter; count letters stand together */

typedef struct letter_row letter_row;
struct letter_row {
    char letter;
    bool (*compile)(compiler *c, const letter_row *l, uint32_t count);
    dt_field field;
};

static bool l_year(compiler *c, const letter_row *l, uint32_t count)
{
    if (count > 19)
        return too_many(c, l->letter);
    if (count == 2)
        number(c, (dt_op){.kind = OP_REDUCED, .field = l->field, .min = 2, .max = 2, .sign = SIGN_NEVER});
    else
        value_range(c, l->field, count, 19, count < 4 ? SIGN_NORMAL : SIGN_EXCEEDS_PAD);
    return true;
}

static bool l_named(compiler *c, const letter_row *l, uint32_t count)
{
    if (l->letter == 'c' && count == 2)
        return status_set(c->st, ST_SQL, "Invalid pattern \"cc\"");
    if (count > 5)
        return too_many(c, l->letter);
    if (count > 2)
        return text(c, l->field, count);
    if (l->letter == 'E')
        return text(c, l->field, 3);
    if (l->letter == 'e' || l->letter == 'c') {
        value_range(c, F_LOCAL_WEEKDAY, count, count == 2 ? 2 : 19, count == 2 ? SIGN_NEVER : SIGN_NORMAL);
        return true;
    }
    if (count == 1)
        value_any(c, l->field);
    else
        value_fixed(c, l->field, 2);
    return true;
}

static bool l_era(compiler *c, const letter_row *l, uint32_t count)
{
    return count > 5 ? too_many(c, 'G') : text(c, l->field, count < 3 ? 3 : count);
}

static bool l_ampm(compiler *c, const letter_row *l, uint32_t count)
{
    return count > 1 ? too_many(c, 'a') : text(c, l->field, 3);
}

static bool l_day_period(compiler *c, const letter_row *l, uint32_t count)
{
    if (count != 1 && count != 4 && count != 5)
        return status_set(c->st, ST_SQL, "Wrong number of pattern letters: B");
    return text(c, l->field, count);
}

static bool l_two(compiler *c, const letter_row *l, uint32_t count)
{
    if (count > 2)
        return too_many(c, l->letter);
    if (count == 1)
        value_any(c, l->field);
    else
        value_fixed(c, l->field, 2);
    return true;
}

static bool l_one(compiler *c, const letter_row *l, uint32_t count)
{
    if (count > 1)
        return too_many(c, l->letter);
    value_any(c, l->field);
    return true;
}

static bool l_day_of_year(compiler *c, const letter_row *l, uint32_t count)
{
    if (count > 3)
        return too_many(c, 'D');
    if (count == 1)
        value_any(c, l->field);
    else
        value_range(c, l->field, count, 3, SIGN_NEVER);
    return true;
}

static bool l_fraction(compiler *c, const letter_row *l, uint32_t count)
{
    if (count > 9)
        return status_set(c->st, ST_SQL, "Minimum width must be from 0 to 9 inclusive but was %u", count);
    number(
        c,
        (dt_op){
            .kind = OP_FRACTION, .field = l->field, .min = (uint8_t)count, .max = (uint8_t)count, .sign = SIGN_NEVER});
    return true;
}

static bool l_long(compiler *c, const letter_row *l, uint32_t count)
{
    if (count > 19)
        return too_many(c, l->letter);
    value_range(c, l->field, count, 19, l->letter == 'g' ? SIGN_NORMAL : SIGN_NEVER);
    return true;
}

static bool l_zone_id(compiler *c, const letter_row *l, uint32_t count)
{
    (void)l;
    if (count != 2)
        return status_set(c->st, ST_SQL, "Pattern letter count must be 2: V");
    emit(c, (dt_op){.kind = OP_ZONE_ID});
    return true;
}

static bool l_zone_name(compiler *c, const letter_row *l, uint32_t count)
{
    (void)l;
    if (count > 4)
        return too_many(c, 'z');
    emit(c, (dt_op){.kind = OP_ZONE_NAME, .style = count == 4 ? ZONE_FULL : ZONE_SHORT});
    return true;
}

static bool l_zone_generic(compiler *c, const letter_row *l, uint32_t count)
{
    (void)l;
    if (count != 1 && count != 4)
        return status_set(c->st, ST_SQL, "Wrong number of pattern letters: v");
    emit(c, (dt_op){.kind = OP_ZONE_NAME, .style = count == 4 ? ZONE_GENERIC_FULL : ZONE_GENERIC_SHORT});
    return true;
}

static bool l_gmt_offset(compiler *c, const letter_row *l, uint32_t count)
{
    (void)l;
    if (count != 1 && count != 4)
        return status_set(c->st, ST_SQL, "Pattern letter count must be 1 or 4: O");
    emit(c, (dt_op){.kind = OP_GMT_OFFSET, .style = count});
    return true;
}

static bool l_offset(compiler *c, const letter_row *l, uint32_t count)
{
    dt_op op = {.kind = OP_OFFSET, .text = STR("Z"), .style = OFFSET_HHMM_SHORT + count - 1};
    if (count > 5)
        return too_many(c, l->letter);
    if (l->letter == 'Z') {
        if (count == 4) {
            emit(c, (dt_op){.kind = OP_GMT_OFFSET, .style = 4});
            return true;
        }
        op.style = count == 5 ? OFFSET_HH_MM_SS : OFFSET_HHMM;
        op.text = count == 5 ? STR("Z") : STR("+0000");
    } else if (l->letter == 'x') {
        op.text = count == 1 ? STR("+00") : count % 2 == 0 ? STR("+0000") : STR("+00:00");
    }
    emit(c, op);
    return true;
}

static const letter_row letters[] = {
    {'G', l_era, F_ERA},
    {'y', l_year, F_YEAR_OF_ERA},
    {'u', l_year, F_YEAR},
    {'Y', l_year, F_WEEK_YEAR},
    {'Q', l_named, F_QUARTER},
    {'q', l_named, F_QUARTER},
    {'M', l_named, F_MONTH},
    {'L', l_named, F_MONTH},
    {'w', l_two, F_WEEK_OF_YEAR},
    {'W', l_one, F_WEEK_OF_MONTH},
    {'d', l_two, F_DAY},
    {'D', l_day_of_year, F_DAY_OF_YEAR},
    {'F', l_one, F_ALIGNED_DAY},
    {'E', l_named, F_WEEKDAY},
    {'e', l_named, F_WEEKDAY},
    {'c', l_named, F_WEEKDAY},
    {'g', l_long, F_JULIAN_DAY},
    {'a', l_ampm, F_AMPM},
    {'B', l_day_period, F_DAY_PERIOD},
    {'H', l_two, F_HOUR},
    {'k', l_two, F_CLOCK_HOUR},
    {'K', l_two, F_HOUR_AMPM},
    {'h', l_two, F_CLOCK_HOUR_AMPM},
    {'m', l_two, F_MINUTE},
    {'s', l_two, F_SECOND},
    {'S', l_fraction, F_NANO},
    {'n', l_long, F_NANO},
    {'A', l_long, F_MILLI_OF_DAY},
    {'N', l_long, F_NANO_OF_DAY},
    {'V', l_zone_id, 0},
    {'z', l_zone_name, 0},
    {'v', l_zone_generic, 0},
    {'O', l_gmt_offset, 0},
    {'X', l_offset, 0},
    {'x', l_offset, 0},
    {'Z', l_offset, 0},
};

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A run of one letter at *at; padding takes the run behind it along. */
static bool letter_run(compiler *c, str pattern, uint32_t *at)
{
    char     ch = pattern.p[*at];
    uint32_t from = *at;
    while (*at < pattern.n && pattern.p[*at] == ch)
        ++*at;
    uint32_t count = *at - from;
    if (ch == 'p') {
        if (*at == pattern.n || !is_letter(pattern.p[*at]))
            return status_set(c->st, ST_SQL, "Pad letter 'p' must be followed by valid pad pattern: %.*s",
                              STR_FMT(pattern));
        c->pad = count;
        ch = pattern.p[*at];
        from = *at;
        while (*at < pattern.n && pattern.p[*at] == ch)
            ++*at;
        count = *at - from;
    }
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].letter == ch)
            return letters[i].compile(c, &letters[i], count);
    return status_set(c->st, ST_SQL, "Unknown pattern letter: %c", ch);
}

/* A quoted text at *at, without its quotes and with '' for one quote inside. */
static bool quoted(compiler *c, arena *a, str pattern, uint32_t *at)
{
    char    *p = arena_bytes(a, pattern.n);
    uint32_t n = 0, i = *at + 1;
    for (;; i++) {
        if (i >= pattern.n)
            return status_set(c->st, ST_SQL, "Pattern ends with an incomplete string literal: %.*s", STR_FMT(pattern));
        if (pattern.p[i] == '\'') {
            if (i + 1 >= pattern.n || pattern.p[i + 1] != '\'')
                break;
            i++;
        }
        p[n++] = pattern.p[i];
    }
    if (n == 0)
        p[n++] = '\'';
    *at = i + 1;
    emit(c, (dt_op){.kind = OP_LITERAL, .text = str_make(p, n)});
    return true;
}

static void close_optional(compiler *c)
{
    uint32_t start = c->open[--c->depth];
    emit(c, (dt_op){.kind = OP_OPTIONAL_END});
    c->ops[start].skip = c->n - start;
}

static bool punctuation(compiler *c, str pattern, uint32_t *at)
{
    char ch = pattern.p[*at];
    switch (ch) {
    case '[':
        if (c->depth == FORMAT_OPTIONAL_MAX)
            return status_set(c->st, ST_SQL, "Too many nested optional sections");
        emit(c, (dt_op){.kind = OP_OPTIONAL});
        c->open[c->depth++] = c->n - 1;
        break;
    case ']':
        if (c->depth == 0)
            return status_set(c->st, ST_SQL, "Pattern invalid as it contains ] without previous [");
        close_optional(c);
        break;
    case '{':
    case '}':
    case '#':
        return status_set(c->st, ST_SQL, "Pattern includes reserved character: '%c'", ch);
    default: {
        uint32_t from = *at; /* a run of plain characters is one literal */
        while (*at + 1 < pattern.n && !is_letter(pattern.p[*at + 1]) && strchr("'[]{}#", pattern.p[*at + 1]) == NULL)
            ++*at;
        emit(c, (dt_op){.kind = OP_LITERAL, .text = str_make(pattern.p + from, *at + 1 - from)});
    }
    }
    ++*at;
    return true;
}

timestamp_format *timestamp_format_new(arena *a, str pattern, status *st)
{
    pattern = str_dup(a, pattern);
    compiler c = {.st = st, .active = -1};
    c.ops = ARENA_ARRAY(a, dt_op, pattern.n + FORMAT_OPTIONAL_MAX + 1);
    for (uint32_t at = 0; at < pattern.n;) {
        bool ok = is_letter(pattern.p[at]) ? letter_run(&c, pattern, &at)
                  : pattern.p[at] == '\''  ? quoted(&c, a, pattern, &at)
                                           : punctuation(&c, pattern, &at);
        if (!ok)
            return NULL;
    }
    while (c.depth) /* an unclosed [ ends with the pattern */
        close_optional(&c);
    timestamp_format *f = ARENA_NEW(a, timestamp_format);
    f->ops = c.ops;
    f->count = c.n;
    return f;
}
