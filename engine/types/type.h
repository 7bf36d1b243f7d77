/* SQL types (spec/sql-language.md 3).
 *
 * A type is read-only and lives as long as the arena it was made in; the simple ones are constants.
 * Compare with type_equal(), never by pointer.
 */
#ifndef ENGINE_TYPES_TYPE_H
#define ENGINE_TYPES_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* The order of the numeric kinds is the order of implicit widening. */
typedef enum type_kind {
    T_NULL, /* the type of the literal NULL, and of an interval unit as an argument */
    T_BOOLEAN,
    T_INTEGER,
    T_BIGINT,
    T_DECIMAL,
    T_DOUBLE,
    T_STRING,
    T_BYTES,
    T_TIME,      /* ms of the day */
    T_DATE,      /* days since 1970-01-01 */
    T_TIMESTAMP, /* ms since 1970-01-01T00:00Z */
    T_ARRAY,
    T_MAP,
    T_STRUCT,
    T_LAMBDA, /* only while a call is resolved */
    T_KIND_COUNT
} type_kind;

typedef struct type type;

typedef struct type_field {
    str         name;
    const type *type;
} type_field;

struct type {
    type_kind         kind;
    int32_t           precision, scale; /* T_DECIMAL; 1 <= precision, 0 <= scale <= precision */
    const type       *key;              /* T_MAP */
    const type       *elem;             /* T_ARRAY element, T_MAP value, T_LAMBDA result */
    const type_field *fields;           /* T_STRUCT */
    uint32_t          field_count;
    const type      **inputs; /* T_LAMBDA */
    uint32_t          input_count;
};

extern const type type_null, type_boolean, type_integer, type_bigint, type_double, type_string, type_bytes, type_time,
    type_date, type_timestamp;

const type *type_decimal(arena *a, int32_t precision, int32_t scale);
const type *type_array(arena *a, const type *elem);
const type *type_map(arena *a, const type *key, const type *value);
const type *type_struct(arena *a, const type_field *fields, uint32_t n);
const type *type_copy(arena *a, const type *t); /* deep */

bool               type_equal(const type *a, const type *b);
static inline bool type_is_number(const type *t)
{
    return t->kind >= T_INTEGER && t->kind <= T_DOUBLE;
}
static inline bool type_is_temporal(const type *t)
{
    return t->kind >= T_TIME && t->kind <= T_TIMESTAMP;
}
static inline bool type_is_nested(const type *t)
{
    return t->kind >= T_ARRAY && t->kind <= T_STRUCT;
}
/* Index of the field, or -1. */
int32_t type_field_index(const type *t, str name);
bool    type_contains(const type *t, type_kind k); /* at any depth */

/* "DECIMAL(4, 2)", "ARRAY<STRING>", "STRUCT<`F` INTEGER>"; with quote false field names are bare. */
void type_print(buf *out, const type *t, bool quote);
str  type_text(arena *a, const type *t);
/* The first word of it; the typeless NULL prints "null". */
const char *type_base(const type *t);

/* What decimals INTEGER and BIGINT count as: DECIMAL(10,0), DECIMAL(19,0). */
void type_as_decimal(const type *t, int32_t *precision, int32_t *scale);
/* The type both fit in by implicit widening (spec 3.3), NULL when there is none. */
const type *type_widen(arena *a, const type *x, const type *y);

#endif
