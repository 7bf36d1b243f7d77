/* Printing by a compiled pattern. */
#include "engine/func/timestamp_format_int.h"
#include "engine/types/datetime.h"

datetime_value datetime_of_timestamp(int64_t ms, const zone *z)
{
    int64_t utc_s = floor_div(ms, 1000), local_s = utc_s + zone_at(z, utc_s).offset;
    return (datetime_value){.has_date = true,
                            .has_time = true,
                            .days = floor_div(local_s, 86400),
                            .day_ms = floor_mod(local_s, 86400) * 1000 + floor_mod(ms, 1000),
                            .z = z,
                            .utc_s = utc_s};
}

/* The field's value; false when the value has none. */
static bool field_get(const datetime_value *v, dt_field f, int64_t *out)
{
    int64_t y, week_year, week, t = v->day_ms;
    int     m, d;
    if (f >= F_FIRST_TIME ? !v->has_time : !v->has_date)
        return false;
    if (f < F_FIRST_TIME) {
        civil_from_days(v->days, &y, &m, &d);
        week_of(v->days, &week_year, &week);
    } else {
        y = week_year = week = m = d = 0;
    }
    int64_t weekday = floor_mod(v->days + 3, 7); /* Monday 0 */
    switch (f) {
    case F_ERA:
        *out = y > 0;
        break;
    case F_YEAR_OF_ERA:
        *out = y > 0 ? y : 1 - y;
        break;
    case F_YEAR:
        *out = y;
        break;
    case F_WEEK_YEAR:
        *out = week_year;
        break;
    case F_WEEK_OF_YEAR:
        *out = week;
        break;
    case F_WEEK_OF_MONTH: {
        int64_t first = v->days - d + 1;
        int64_t before = floor_mod(first + 4, 7); /* days since Sunday */
        *out = (d - 1 + before) / 7 + 1;
        break;
    }
    case F_QUARTER:
        *out = (m - 1) / 3 + 1;
        break;
    case F_MONTH:
        *out = m;
        break;
    case F_DAY:
        *out = d;
        break;
    case F_DAY_OF_YEAR:
        *out = v->days - days_from_civil(y, 1, 1) + 1;
        break;
    case F_ALIGNED_DAY:
        *out = (d - 1) % 7 + 1;
        break;
    case F_WEEKDAY:
        *out = weekday + 1;
        break;
    case F_LOCAL_WEEKDAY:
        *out = (weekday + 1) % 7 + 1;
        break;
    case F_JULIAN_DAY:
        *out = v->days + 40587;
        break;
    case F_AMPM:
        *out = t / 43200000;
        break;
    case F_HOUR:
        *out = t / 3600000;
        break;
    case F_CLOCK_HOUR:
        *out = t / 3600000 ? t / 3600000 : 24;
        break;
    case F_HOUR_AMPM:
        *out = t / 3600000 % 12;
        break;
    case F_CLOCK_HOUR_AMPM:
        *out = t / 3600000 % 12 ? t / 3600000 % 12 : 12;
        break;
    case F_MINUTE:
        *out = t / 60000 % 60;
        break;
    case F_SECOND:
        *out = t / 1000 % 60;
        break;
    case F_NANO:
        *out = t % 1000 * 1000000;
        break;
    case F_MILLI_OF_DAY:
        *out = t;
        break;
    case F_NANO_OF_DAY:
        *out = t * 1000000;
        break;
    case F_DAY_PERIOD: {
        int64_t h = t / 3600000;
        *out = t == 0 ? 0 : t == 43200000 ? 2 : h < 6 || h >= 21 ? 5 : h < 12 ? 1 : h < 18 ? 3 : 4;
        break;
    }
    case FIELD_COUNT:
        return false;
    }
    return true;
}

static bool print_number(const dt_op *op, int64_t x, buf *out, datetime_error *err)
{
    char     digits[24];
    uint32_t n = 0;
    uint64_t u = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    do
        digits[n++] = (char)('0' + u % 10);
    while ((u /= 10) != 0);
    if (n > op->max || (x < 0 && op->sign == SIGN_NEVER)) {
        datetime_fail(err, "Field %s cannot be printed as the value %ld %s", dt_fields[op->field].name, x,
                      x < 0 ? "cannot be negative according to the SignStyle" : "exceeds the maximum print width");
        return false;
    }
    if (x < 0)
        buf_putc(out, '-');
    else if (op->sign == SIGN_EXCEEDS_PAD && op->min < 19 && n > op->min)
        buf_putc(out, '+');
    for (uint32_t i = n; i < op->min; i++)
        buf_putc(out, '0');
    while (n)
        buf_putc(out, digits[--n]);
    return true;
}

static void put_name(buf *out, const char *name, uint32_t style)
{
    buf_put(out, name, style == 4 ? strlen(name) : style == 5 ? 1 : 3);
}

static void print_text(const dt_op *op, int64_t x, buf *out)
{
    static const char *const eras[] = {"Before Christ", "Anno Domini"};
    static const char *const quarters[] = {"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"};
    static const char *const periods[] = {"midnight",         "in the morning", "noon",
                                          "in the afternoon", "in the evening", "at night"};
    switch (op->field) {
    case F_MONTH:
        put_name(out, month_names[x - 1], op->style);
        break;
    case F_WEEKDAY:
        put_name(out, weekday_names[x - 1], op->style);
        break;
    case F_AMPM:
        buf_putz(out, x ? "PM" : "AM");
        break;
    case F_ERA:
        if (op->style == 4)
            buf_putz(out, eras[x]);
        else
            buf_put(out, x ? "AD" : "BC", op->style == 5 ? 1 : 2);
        break;
    case F_QUARTER:
        if (op->style == 4)
            buf_putz(out, quarters[x - 1]);
        else
            buf_printf(out, op->style == 3 ? "Q%ld" : "%ld", x);
        break;
    default:
        buf_putz(out, periods[x]);
    }
}

static void print_offset(const dt_op *op, int32_t s, buf *out)
{
    const offset_form *form = &offset_forms[op->style];
    int32_t            a = s < 0 ? -s : s;
    bool               minutes = form->minutes == 2 || (form->minutes == 1 && a / 60 % 60);
    bool               seconds = form->seconds == 1 && a % 60;
    /* Zero by what would be shown: +00:00:30 in a form without seconds is zero too. */
    if (a / 3600 == 0 && (!minutes || a / 60 % 60 == 0) && !seconds) {
        buf_puts(out, op->text);
        return;
    }
    buf_printf(out, "%c%02d", s < 0 ? '-' : '+', a / 3600);
    if (minutes)
        buf_printf(out, form->colon ? ":%02d" : "%02d", a / 60 % 60);
    if (seconds)
        buf_printf(out, form->colon ? ":%02d" : "%02d", a % 60);
}

static void print_gmt_offset(const dt_op *op, int32_t s, buf *out)
{
    int32_t a = s < 0 ? -s : s;
    buf_putz(out, "GMT");
    if (s == 0)
        return;
    if (op->style == 4) {
        buf_printf(out, "%c%02d:%02d", s < 0 ? '-' : '+', a / 3600, a / 60 % 60);
        if (a % 60)
            buf_printf(out, ":%02d", a % 60);
        return;
    }
    buf_printf(out, "%c%d", s < 0 ? '-' : '+', a / 3600);
    if (a % 3600)
        buf_printf(out, ":%02d", a / 60 % 60);
    if (a % 60)
        buf_printf(out, ":%02d", a % 60);
}

static bool no_zone(const datetime_value *v, datetime_error *err)
{
    buf b = BUF_INIT(64);
    if (v->has_date)
        date_text(&b, v->days);
    else
        time_text(&b, v->day_ms);
    datetime_fail(err, "Unable to extract ZoneId from temporal %.*s", (int)b.n, b.p);
    buf_free(&b);
    return false;
}

static bool print_op(const dt_op *op, const datetime_value *v, buf *out, datetime_error *err)
{
    int64_t x = 0;
    if (op->kind >= OP_NUMBER && op->kind <= OP_TEXT && !field_get(v, op->field, &x)) {
        datetime_fail(err, "Unsupported field: %s", dt_fields[op->field].name);
        return false;
    }
    if (op->kind >= OP_OFFSET && op->kind <= OP_ZONE_NAME && v->z == NULL)
        return no_zone(v, err);
    switch (op->kind) {
    case OP_LITERAL:
        buf_puts(out, op->text);
        return true;
    case OP_NUMBER:
        return print_number(op, x, out, err);
    case OP_REDUCED:
        buf_printf(out, "%02d", (int)((x < 0 ? -x : x) % 100));
        return true;
    case OP_FRACTION: {
        char digits[16];
        for (int i = 8; i >= 0; i--, x /= 10)
            digits[i] = (char)('0' + x % 10);
        buf_put(out, digits, op->max);
        return true;
    }
    case OP_TEXT:
        print_text(op, x, out);
        return true;
    case OP_OFFSET:
        print_offset(op, zone_at(v->z, v->utc_s).offset, out);
        return true;
    case OP_GMT_OFFSET:
        print_gmt_offset(op, zone_at(v->z, v->utc_s).offset, out);
        return true;
    case OP_ZONE_ID:
        zone_print_id(out, v->z);
        return true;
    default:
        zone_print_name(out, v->z, v->utc_s, (zone_style)op->style);
        return true;
    }
}

/* Blanks in front up to the width; text that is wider is an error. */
static bool pad(const dt_op *op, buf *out, size_t from, datetime_error *err)
{
    size_t n = out->n - from;
    if (n > op->pad) {
        datetime_fail(err, "Cannot print as output of %zu characters exceeds pad width of %u", n, op->pad);
        return false;
    }
    size_t more = op->pad - n;
    if (more == 0 || !buf_reserve(out, more))
        return true;
    memmove(out->p + from + more, out->p + from, n);
    memset(out->p + from, ' ', more);
    out->n += more;
    return true;
}

/* Operations [i, end); a section that cannot be printed is left out. */
static bool print_ops(const timestamp_format *f, uint32_t i, uint32_t end, const datetime_value *v, buf *out,
                      datetime_error *err)
{
    while (i < end) {
        const dt_op *op = &f->ops[i];
        size_t       from = out->n;
        if (op->kind == OP_OPTIONAL) {
            if (!print_ops(f, i + 1, i + op->skip - 1, v, out, NULL))
                out->n = from;
            i += op->skip;
            continue;
        }
        if (!print_op(op, v, out, err) || (op->pad && !pad(op, out, from, err)))
            return false;
        i++;
    }
    return true;
}

bool timestamp_format_print(const timestamp_format *f, const datetime_value *v, buf *out, datetime_error *err)
{
    return print_ops(f, 0, f->count, v, out, err);
}
