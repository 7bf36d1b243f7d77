/* A compiled pattern, shared by the compiler, the parser and the printer. */
#ifndef ENGINE_FUNC_TIMESTAMP_FORMAT_INT_H
#define ENGINE_FUNC_TIMESTAMP_FORMAT_INT_H

#include "engine/func/timestamp_format.h"

#define FORMAT_OPTIONAL_MAX 32 /* nested [ ] */

typedef enum dt_field {
    F_ERA,
    F_YEAR_OF_ERA,
    F_YEAR,
    F_WEEK_YEAR,
    F_QUARTER,
    F_MONTH,
    F_WEEK_OF_YEAR,
    F_WEEK_OF_MONTH,
    F_DAY,
    F_DAY_OF_YEAR,
    F_ALIGNED_DAY,
    F_WEEKDAY,
    F_LOCAL_WEEKDAY,
    F_JULIAN_DAY,
    F_AMPM,
    F_HOUR,
    F_CLOCK_HOUR,
    F_HOUR_AMPM,
    F_CLOCK_HOUR_AMPM,
    F_MINUTE,
    F_SECOND,
    F_NANO,
    F_MILLI_OF_DAY,
    F_NANO_OF_DAY,
    F_DAY_PERIOD,
    FIELD_COUNT
} dt_field;

#define F_FIRST_TIME F_AMPM

typedef struct dt_field_info {
    const char *name; /* as Java's messages call it */
    int64_t     min, max;
} dt_field_info;
extern const dt_field_info dt_fields[FIELD_COUNT];

typedef enum op_kind {
    OP_LITERAL,    /* text */
    OP_NUMBER,     /* field in min..max digits */
    OP_REDUCED,    /* two digits of 2000..2099 */
    OP_FRACTION,   /* of a second, exactly max digits */
    OP_TEXT,       /* field as a word; style */
    OP_OFFSET,     /* style: index into the patterns of offsets; text: what zero prints */
    OP_GMT_OFFSET, /* style: 1 "GMT+2", 4 "GMT+02:00" */
    OP_ZONE_ID,
    OP_ZONE_NAME, /* style: a zone_style */
    OP_OPTIONAL,  /* skip: operations up to the matching end */
    OP_OPTIONAL_END
} op_kind;

typedef enum sign_style { SIGN_NORMAL, SIGN_NEVER, SIGN_EXCEEDS_PAD } sign_style;

typedef struct dt_op {
    op_kind    kind;
    dt_field   field;
    uint8_t    min, max; /* digits */
    sign_style sign;
    int32_t    reserved; /* digits that adjacent fields behind need; -1: exactly max digits */
    uint32_t   style;
    uint32_t   pad; /* width to pad with blanks, 0: none */
    uint32_t   skip;
    str        text;
} dt_op;

struct timestamp_format {
    dt_op   *ops;
    uint32_t count;
};

/* English names, 3 letters and in full; index from 0 (January, Monday). */
extern const char *const month_names[12], *const weekday_names[7];

/* Forms of offsets, by style. */
typedef struct offset_form {
    bool colon;
    int  minutes, seconds; /* 0: never; 1: when not zero; 2: always */
} offset_form;
enum { OFFSET_HHMM_SHORT, OFFSET_HHMM, OFFSET_HH_MM, OFFSET_HHMMSS, OFFSET_HH_MM_SS };
extern const offset_form offset_forms[];

void datetime_fail(datetime_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Week of the week-based year and that year, weeks from Sunday, week 1 holds 1 January. */
void week_of(int64_t days, int64_t *week_year, int64_t *week);

#endif
