/* Time zones as Java's ZoneId sees them (spec/functions.md 2.4): regions of the system's tz database and
 * fixed offsets. Rules are read once per process and kept; look-ups after that take a read lock, or
 * nothing when a thread asks for the same region again. Any thread.
 */
#ifndef ENGINE_FUNC_TIME_ZONE_H
#define ENGINE_FUNC_TIME_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define ZONE_ID_MAX 64 /* bytes of a region's name */

typedef struct zone_rules zone_rules;

typedef struct zone {
    const zone_rules *rules;  /* NULL: a fixed offset */
    int32_t           offset; /* seconds east of UTC, when fixed */
    const char       *prefix; /* "", "UTC", "GMT" or "UT" before a fixed offset */
} zone;

typedef struct zone_state { /* what holds at an instant */
    int32_t     offset;
    bool        dst;
    const char *abbreviation; /* "PDT"; NULL for fixed offsets */
} zone_state;

extern const zone zone_utc; /* the offset Z */
extern const zone zone_gmt; /* the region GMT */

/* false: err gets Java's reason, e.g. "Unknown time-zone ID: PST". */
bool zone_find(str id, zone *out, char *err, size_t err_max);
zone zone_fixed(int32_t seconds);

zone_state zone_at(const zone *z, int64_t utc_s);
/* The offset of a local time: of two the earlier one; in a gap the one before it, which moves the time
 * forward by the gap. */
int32_t zone_offset_of_local(const zone *z, int64_t local_s);

/* "America/New_York", "GMT", "+05:30", "Z", "UTC+05:00". */
void zone_print_id(buf *out, const zone *z);

/* Texts of a zone in English. */
typedef enum zone_style { ZONE_SHORT, ZONE_FULL, ZONE_GENERIC_SHORT, ZONE_GENERIC_FULL } zone_style;
void zone_print_name(buf *out, const zone *z, int64_t utc_s, zone_style style);
/* The longest zone name at the start of the text ("PST", "Pacific Daylight Time", any case); its bytes,
 * or 0. */
uint32_t zone_parse_name(str text, zone *out);

#endif
