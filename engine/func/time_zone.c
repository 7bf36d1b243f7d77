#include "engine/func/time_zone.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "engine/types/datetime.h"

#define ZONEINFO "/usr/share/zoneinfo/"
#define TZIF_BYTES_MAX (1 << 20)
#define ABBREVIATION_MAX 8
#define TRANSITIONS_MAX 10000
#define SECONDS_PER_DAY 86400

typedef struct local_type {
    int32_t offset;
    bool    dst;
    char    abbreviation[ABBREVIATION_MAX];
} local_type;

/* "M3.2.0/2": when a rule of the POSIX footer changes over, in local seconds. */
typedef struct yearly {
    char    kind; /* 'M' month, 'J' day 1..365 without leap days, 'D' day 0..365 */
    int32_t month, week, day, time_s;
} yearly;

struct zone_rules {
    char        name[ZONE_ID_MAX];
    uint32_t    count;
    int64_t    *at; /* transitions, ascending, in UTC seconds */
    uint8_t    *to; /* type after each */
    local_type *types;
    /* What holds after the last transition. */
    bool       has_tail, tail_dst;
    local_type standard, daylight;
    yearly     begin, end;
};

const zone zone_utc = {NULL, 0, ""};
const zone zone_gmt = {NULL, 0, "GMT"};

/* ---- the POSIX footer: "PST8PDT,M3.2.0,M11.1.0" */

static bool posix_name(const char **p, char *out)
{
    uint32_t n = 0;
    bool     quoted = **p == '<';
    if (quoted)
        ++*p;
    while (**p && (quoted ? **p != '>' : ((**p | 0x20) >= 'a' && (**p | 0x20) <= 'z'))) {
        if (n + 1 >= ABBREVIATION_MAX)
            return false;
        out[n++] = *(*p)++;
    }
    out[n] = 0;
    if (quoted && *(*p)++ != '>')
        return false;
    return n > 0;
}

static bool posix_number(const char **p, int32_t *out)
{
    int32_t v = 0, n = 0;
    while (**p >= '0' && **p <= '9' && n++ < 5)
        v = v * 10 + (*(*p)++ - '0');
    *out = v;
    return n > 0;
}

/* [+-]h[:m[:s]] */
static bool posix_time(const char **p, int32_t *out)
{
    int32_t h, m = 0, s = 0, sign = 1;
    if (**p == '+' || **p == '-')
        sign = *(*p)++ == '-' ? -1 : 1;
    if (!posix_number(p, &h))
        return false;
    if (**p == ':' && (++*p, !posix_number(p, &m)))
        return false;
    if (**p == ':' && (++*p, !posix_number(p, &s)))
        return false;
    *out = sign * (h * 3600 + m * 60 + s);
    return true;
}

static bool posix_rule(const char **p, yearly *y)
{
    *y = (yearly){.kind = 'D', .time_s = 7200};
    if (*(*p)++ != ',')
        return false;
    if (**p == 'M') {
        ++*p;
        y->kind = 'M';
        if (!posix_number(p, &y->month) || *(*p)++ != '.' || !posix_number(p, &y->week) || *(*p)++ != '.' ||
            !posix_number(p, &y->day) || y->month < 1 || y->month > 12 || y->week < 1 || y->week > 5 || y->day > 6)
            return false;
    } else {
        if (**p == 'J') {
            ++*p;
            y->kind = 'J';
        }
        if (!posix_number(p, &y->day) || y->day > 365)
            return false;
    }
    return **p != '/' || (++*p, posix_time(p, &y->time_s));
}

static bool posix_read(const char *p, zone_rules *z)
{
    int32_t west;
    if (!posix_name(&p, z->standard.abbreviation) || !posix_time(&p, &west))
        return false;
    z->standard.offset = -west;
    z->has_tail = true;
    if (*p == 0)
        return true;
    if (!posix_name(&p, z->daylight.abbreviation))
        return false;
    z->daylight.offset = z->standard.offset + 3600;
    z->daylight.dst = true;
    if (*p && *p != ',') {
        if (!posix_time(&p, &west))
            return false;
        z->daylight.offset = -west;
    }
    z->tail_dst = posix_rule(&p, &z->begin) && posix_rule(&p, &z->end) && *p == 0;
    return z->tail_dst;
}

/* Local seconds since 1970 of a rule's change in a year. */
static int64_t change_in_year(const yearly *y, int64_t year)
{
    int64_t first, day;
    bool    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    switch (y->kind) {
    case 'M':
        first = days_from_civil(year, y->month, 1);
        /* 1970-01-01 was a Thursday */
        day = first + ((y->day - (first + 4) % 7) % 7 + 7) % 7 + (int64_t)(y->week - 1) * 7;
        while (y->week == 5 && !civil_valid(year, y->month, (int)(day - first + 1)))
            day -= 7;
        break;
    case 'J':
        day = days_from_civil(year, 1, 1) + y->day - 1 + (leap && y->day >= 60);
        break;
    default:
        day = days_from_civil(year, 1, 1) + y->day;
    }
    return day * SECONDS_PER_DAY + y->time_s;
}

static const local_type *tail_at(const zone_rules *z, int64_t utc_s)
{
    if (!z->tail_dst)
        return &z->standard;
    int64_t year;
    int     m, d;
    civil_from_days(floor_div(utc_s + z->standard.offset, SECONDS_PER_DAY), &year, &m, &d);
    int64_t on = change_in_year(&z->begin, year) - z->standard.offset;
    int64_t off = change_in_year(&z->end, year) - z->daylight.offset;
    bool    dst = on < off ? utc_s >= on && utc_s < off : utc_s >= on || utc_s < off;
    return dst ? &z->daylight : &z->standard;
}

/* ---- TZif files (RFC 8536) */

typedef struct tzif_counts {
    uint32_t isut, isstd, leap, time, type, chars;
} tzif_counts;

static bool tzif_header(const char *p, const char *end, tzif_counts *c)
{
    if (end - p < 44 || memcmp(p, "TZif", 4) != 0)
        return false;
    uint32_t *f[] = {&c->isut, &c->isstd, &c->leap, &c->time, &c->type, &c->chars};
    for (int i = 0; i < 6; i++)
        *f[i] = be_get32(p + 20 + 4 * i);
    /* cppcheck-suppress uninitvar ; set through f */
    return c->time <= TRANSITIONS_MAX && c->type > 0 && c->type <= 256 && c->chars <= 4096 && c->leap <= 4096 &&
           c->isut <= 256 && c->isstd <= 256;
}

static size_t tzif_body(const tzif_counts *c, size_t time_bytes)
{
    return c->time * (time_bytes + 1) + c->type * 6 + c->chars + c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

static bool tzif_read(const char *p, const char *end, zone_rules *z)
{
    tzif_counts c;
    if (!tzif_header(p, end, &c) || p[4] < '2')
        return false;
    size_t skip = 44 + tzif_body(&c, 4); /* the 32-bit block */
    if ((size_t)(end - p) < skip)
        return false;
    p += skip;
    if (!tzif_header(p, end, &c) || (size_t)(end - p) < 44 + tzif_body(&c, 8))
        return false;
    p += 44;
    z->count = c.time;
    z->at = mem_alloc(c.time * sizeof *z->at + 1);
    z->to = mem_alloc(c.time + 1);
    z->types = mem_zalloc(c.type * sizeof *z->types);
    const char *to = p + 8 * (size_t)c.time, *types = to + c.time, *chars = types + 6 * (size_t)c.type;
    for (uint32_t i = 0; i < c.time; i++) {
        z->at[i] = (int64_t)be_get64(p + 8 * (size_t)i);
        z->to[i] = (uint8_t)to[i];
        if (z->to[i] >= c.type)
            return false;
    }
    for (uint32_t i = 0; i < c.type; i++) {
        const char *t = types + 6 * (size_t)i;
        uint8_t     at = (uint8_t)t[5];
        z->types[i].offset = (int32_t)be_get32(t);
        z->types[i].dst = t[4] != 0;
        for (uint32_t k = 0; k + 1 < ABBREVIATION_MAX && at + k < c.chars && chars[at + k]; k++)
            z->types[i].abbreviation[k] = chars[at + k];
    }
    p += tzif_body(&c, 8);
    char footer[128];
    if (p < end && *p == '\n') {
        const char *nl = memchr(p + 1, '\n', (size_t)(end - p) - 1);
        size_t      n = nl ? (size_t)(nl - p) - 1 : 0;
        if (n > 0 && n < sizeof footer) {
            memcpy(footer, p + 1, n);
            footer[n] = 0;
            return posix_read(footer, z);
        }
    }
    return true;
}

static void rules_free(zone_rules *z)
{
    mem_free(z->at);
    mem_free(z->to);
    mem_free(z->types);
    mem_free(z);
}

static zone_rules *rules_load(str name)
{
    char path[sizeof ZONEINFO + ZONE_ID_MAX];
    snprintf(path, sizeof path, ZONEINFO "%.*s", STR_FMT(name));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char   *bytes = mem_alloc(TZIF_BYTES_MAX);
    size_t  n = 0;
    ssize_t got;
    while (n < TZIF_BYTES_MAX && (got = read(fd, bytes + n, TZIF_BYTES_MAX - n)) > 0)
        n += (size_t)got;
    close(fd);
    zone_rules *z = MEM_NEW(zone_rules);
    memcpy(z->name, name.p, name.n);
    if (!tzif_read(bytes, bytes + n, z)) {
        rules_free(z);
        z = NULL;
    }
    mem_free(bytes);
    return z;
}

/* ---- regions by name */

static map              regions; /* name -> zone_rules, never freed */
static pthread_rwlock_t regions_lock = PTHREAD_RWLOCK_INITIALIZER;
/* Rows mostly ask for the region of the row before. */
static _Thread_local const zone_rules *last_region;

static bool region_name_valid(str s)
{
    /* Names of Unix that Java leaves out. */
    static const char *const without[] = {"EST", "MST", "HST", "ROC", "Factory", "localtime", "posixrules"};
    if (s.n < 2 || s.n >= ZONE_ID_MAX || str_starts(s, STR("posix/")) || str_starts(s, STR("right/")))
        return false;
    for (uint32_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || strchr("~/._+-", c) != NULL)))
            return false;
        if (c == '.' && i + 1 < s.n && s.p[i + 1] == '.')
            return false; /* no way out of the folder */
    }
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (str_eqz(s, without[i]))
            return false;
    return true;
}

static bool find_region(str name, zone *out)
{
    *out = (zone){NULL, 0, ""};
    if (str_eqz(name, "UTC") || str_eqz(name, "GMT") || str_eqz(name, "UT")) {
        out->prefix = name.n == 2 ? "UT" : name.p[0] == 'U' ? "UTC" : "GMT";
        return true;
    }
    if (last_region && str_eqz(name, last_region->name)) {
        out->rules = last_region;
        return true;
    }
    if (!region_name_valid(name))
        return false;
    pthread_rwlock_rdlock(&regions_lock);
    out->rules = map_get(&regions, name);
    pthread_rwlock_unlock(&regions_lock);
    if (out->rules == NULL) {
        zone_rules *z = rules_load(name);
        if (z == NULL)
            return false;
        pthread_rwlock_wrlock(&regions_lock);
        zone_rules *first = map_get(&regions, name);
        if (first == NULL)
            map_put(&regions, name, z);
        pthread_rwlock_unlock(&regions_lock);
        if (first) { /* another thread was faster */
            rules_free(z);
            z = first;
        }
        out->rules = z;
    }
    last_region = out->rules;
    return true;
}

zone zone_fixed(int32_t seconds)
{
    return (zone){NULL, seconds, ""};
}

static bool find_offset(str id, const char *prefix, zone *out, char *err, size_t err_max)
{
    int32_t s;
    *out = (zone){NULL, 0, prefix};
    if (id.n > 1 && zone_offset_parse(id, &s)) {
        out->offset = s;
        return true;
    }
    bool shape = id.n >= 2 && (id.p[0] == '+' || id.p[0] == '-');
    for (uint32_t i = 1; i < id.n; i++)
        shape &= (id.p[i] >= '0' && id.p[i] <= '9') || id.p[i] == ':';
    if (shape && id.n >= 3 && id.p[2] != ':') {
        int h = (id.p[1] - '0') * 10 + (id.p[2] - '0');
        if (h > 18) {
            snprintf(err, err_max, "Zone offset hours not in valid range: value %d is not in the range -18 to 18",
                     id.p[0] == '-' ? -h : h);
            return false;
        }
    }
    snprintf(err, err_max, "Invalid ID for ZoneOffset, invalid format: %.*s", STR_FMT(id));
    return false;
}

bool zone_find(str id, zone *out, char *err, size_t err_max)
{
    static const char *const prefixes[] = {"UTC", "GMT", "UT"};
    if (str_eqz(id, "Z")) {
        *out = zone_utc;
        return true;
    }
    if (id.n <= 1 || id.p[0] == '+' || id.p[0] == '-')
        return find_offset(id, "", out, err, err_max);
    for (int i = 0; i < 3; i++) {
        uint32_t n = (uint32_t)strlen(prefixes[i]);
        if (id.n > n && str_starts(id, str_of(prefixes[i])) && (id.p[n] == '+' || id.p[n] == '-')) {
            if (find_offset(str_make(id.p + n, id.n - n), prefixes[i], out, err, err_max))
                return true;
            snprintf(err, err_max, "Invalid ID for offset-based ZoneId: %.*s", STR_FMT(id));
            return false;
        }
    }
    if (find_region(id, out))
        return true;
    bool plain = true;
    for (uint32_t i = 0; i < id.n; i++)
        plain &= id.p[i] > ' ' && !(id.p[i] & 0x80) && strchr("~/._+-", id.p[i]) != NULL
                     ? true
                     : (id.p[i] >= '0' && id.p[i] <= '9') || ((id.p[i] | 0x20) >= 'a' && (id.p[i] | 0x20) <= 'z');
    snprintf(err, err_max,
             plain ? "Unknown time-zone ID: %.*s" : "Invalid ID for region-based ZoneId, invalid format: %.*s",
             STR_FMT(id));
    return false;
}

/* ---- offsets */

static const local_type *type_at(const zone_rules *z, int64_t utc_s)
{
    if (z->count == 0)
        return z->has_tail ? tail_at(z, utc_s) : &z->types[0];
    if (utc_s < z->at[0])
        return &z->types[0];
    if (utc_s >= z->at[z->count - 1] && z->has_tail)
        return tail_at(z, utc_s);
    uint32_t lo = 0, hi = z->count; /* at[lo] <= utc_s < at[hi] */
    while (hi - lo > 1) {
        uint32_t mid = (lo + hi) / 2;
        if (z->at[mid] <= utc_s)
            lo = mid;
        else
            hi = mid;
    }
    return &z->types[z->to[lo]];
}

zone_state zone_at(const zone *z, int64_t utc_s)
{
    if (z->rules == NULL)
        return (zone_state){z->offset, false, NULL};
    const local_type *t = type_at(z->rules, utc_s);
    return (zone_state){t->offset, t->dst, t->abbreviation};
}

int32_t zone_offset_of_local(const zone *z, int64_t local_s)
{
    if (z->rules == NULL)
        return z->offset;
    int32_t before = zone_at(z, local_s - SECONDS_PER_DAY).offset;
    int32_t then = zone_at(z, local_s - before).offset;
    if (then == before)
        return before;
    return zone_at(z, local_s - then).offset == then ? then : before;
}

/* ---- texts */

static void print_offset(buf *out, int32_t s)
{
    if (s == 0) {
        buf_putc(out, 'Z');
        return;
    }
    int32_t a = s < 0 ? -s : s;
    buf_printf(out, "%c%02d:%02d", s < 0 ? '-' : '+', a / 3600, a / 60 % 60);
    if (a % 60)
        buf_printf(out, ":%02d", a % 60);
}

void zone_print_id(buf *out, const zone *z)
{
    if (z->rules) {
        buf_putz(out, z->rules->name);
        return;
    }
    buf_putz(out, z->prefix);
    if (z->prefix[0] == 0 || z->offset)
        print_offset(out, z->offset);
}

typedef struct zone_name {
    const char *abbreviation, *region_prefix; /* of tz database zones that go by this name */
    const char *full, *generic, *generic_full;
    const char *region; /* that stands for the name when it is read; NULL: not read */
} zone_name;

static const zone_name zone_names[] = {
    {"PST", "", "Pacific Standard Time", "PT", "Pacific Time", "America/Los_Angeles"},
    {"PDT", "", "Pacific Daylight Time", "PT", "Pacific Time", "America/Los_Angeles"},
    {"MST", "", "Mountain Standard Time", "MT", "Mountain Time", "America/Denver"},
    {"MDT", "", "Mountain Daylight Time", "MT", "Mountain Time", "America/Denver"},
    {"CST", "Asia/", "China Standard Time", "CST", "China Time", NULL},
    {"CST", "", "Central Standard Time", "CT", "Central Time", "America/Chicago"},
    {"CDT", "", "Central Daylight Time", "CT", "Central Time", "America/Chicago"},
    {"EST", "", "Eastern Standard Time", "ET", "Eastern Time", "America/New_York"},
    {"EDT", "", "Eastern Daylight Time", "ET", "Eastern Time", "America/New_York"},
    {"AST", "", "Atlantic Standard Time", "AT", "Atlantic Time", "America/Halifax"},
    {"ADT", "", "Atlantic Daylight Time", "AT", "Atlantic Time", "America/Halifax"},
    {"NST", "", "Newfoundland Standard Time", "NT", "Newfoundland Time", "America/St_Johns"},
    {"NDT", "", "Newfoundland Daylight Time", "NT", "Newfoundland Time", "America/St_Johns"},
    {"AKST", "", "Alaska Standard Time", "AKT", "Alaska Time", "America/Anchorage"},
    {"AKDT", "", "Alaska Daylight Time", "AKT", "Alaska Time", "America/Anchorage"},
    {"HST", "", "Hawaii-Aleutian Standard Time", "HST", "Hawaii-Aleutian Time", "Pacific/Honolulu"},
    {"GMT", "", "Greenwich Mean Time", "GMT", "Greenwich Mean Time", "GMT"},
    {"UTC", "", "Coordinated Universal Time", "UTC", "Coordinated Universal Time", "UTC"},
    {"BST", "Europe/", "British Summer Time", "BT", "United Kingdom Time", "Europe/London"},
    {"IST", "Europe/", "Irish Standard Time", "IT", "Ireland Time", NULL},
    {"IST", "Asia/Jerusalem", "Israel Standard Time", "IT", "Israel Time", NULL},
    {"IST", "", "India Standard Time", "IT", "India Standard Time", "Asia/Kolkata"},
    {"WET", "", "Western European Standard Time", "WET", "Western European Time", "Europe/Lisbon"},
    {"WEST", "", "Western European Summer Time", "WET", "Western European Time", "Europe/Lisbon"},
    {"CET", "", "Central European Standard Time", "CET", "Central European Time", "Europe/Paris"},
    {"CEST", "", "Central European Summer Time", "CET", "Central European Time", "Europe/Paris"},
    {"EET", "", "Eastern European Standard Time", "EET", "Eastern European Time", "Europe/Bucharest"},
    {"EEST", "", "Eastern European Summer Time", "EET", "Eastern European Time", "Europe/Bucharest"},
    {"MSK", "", "Moscow Standard Time", "MT", "Moscow Time", "Europe/Moscow"},
    {"JST", "", "Japan Standard Time", "JT", "Japan Time", "Asia/Tokyo"},
    {"KST", "", "Korean Standard Time", "KT", "Korean Time", "Asia/Seoul"},
    {"AEST", "", "Australian Eastern Standard Time", "AET", "Eastern Australia Time", "Australia/Sydney"},
    {"AEDT", "", "Australian Eastern Daylight Time", "AET", "Eastern Australia Time", "Australia/Sydney"},
    {"ACST", "", "Australian Central Standard Time", "ACT", "Central Australia Time", "Australia/Adelaide"},
    {"ACDT", "", "Australian Central Daylight Time", "ACT", "Central Australia Time", "Australia/Adelaide"},
    {"AWST", "", "Australian Western Standard Time", "AWT", "Western Australia Time", "Australia/Perth"},
    {"NZST", "", "New Zealand Standard Time", "NZT", "New Zealand Time", "Pacific/Auckland"},
    {"NZDT", "", "New Zealand Daylight Time", "NZT", "New Zealand Time", "Pacific/Auckland"},
    {"SAST", "", "South Africa Standard Time", "SAT", "South Africa Time", "Africa/Johannesburg"},
};
#define ZONE_NAMES (sizeof zone_names / sizeof *zone_names)

void zone_print_name(buf *out, const zone *z, int64_t utc_s, zone_style style)
{
    const char *abbreviation = z->rules ? zone_at(z, utc_s).abbreviation : z->offset == 0 ? z->prefix : "";
    if (str_eqz(str_of(abbreviation), "UT"))
        abbreviation = "UTC";
    const char *region = z->rules ? z->rules->name : "";
    for (size_t i = 0; i < ZONE_NAMES; i++) {
        const zone_name *n = &zone_names[i];
        if (strcmp(n->abbreviation, abbreviation) != 0 || !str_starts(str_of(region), str_of(n->region_prefix)))
            continue;
        const char *text[] = {n->abbreviation, n->full, n->generic, n->generic_full};
        buf_putz(out, text[style]);
        return;
    }
    if (abbreviation[0] && style == ZONE_SHORT)
        buf_putz(out, abbreviation);
    else
        zone_print_id(out, z);
}

uint32_t zone_parse_name(str text, zone *out)
{
    uint32_t    longest = 0;
    const char *region = NULL;
    for (size_t i = 0; i < ZONE_NAMES; i++) {
        const zone_name *n = &zone_names[i];
        const char      *forms[] = {n->abbreviation, n->full, n->generic_full};
        for (int k = 0; n->region && k < 3; k++) {
            str form = str_of(forms[k]);
            if (form.n > longest && form.n <= text.n && str_eq_nocase(form, str_make(text.p, form.n))) {
                longest = form.n;
                region = n->region;
            }
        }
    }
    return region && find_region(str_of(region), out) ? longest : 0;
}
