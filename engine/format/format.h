/* Formats: rows of one side (key or value) of a record to bytes and back
 * (spec/formats-and-schema-registry.md).
 *
 * formats[] is the table of formats: what each can do and the functions behind it. A `serde` is a
 * format bound to columns; it is used by one thread at a time.
 */
#ifndef ENGINE_FORMAT_FORMAT_H
#define ENGINE_FORMAT_FORMAT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "engine/types/type.h"
#include "engine/types/value.h"

typedef uint8_t format_id; /* a row of formats[] */

enum { /* how a single value column may stand; numbers are kept on disk */
       FEATURE_WRAP_SINGLES = 1,
       FEATURE_UNWRAP_SINGLES = 2
};

typedef struct serde_column {
    str         name;
    const type *type;
    bool        wanted; /* false: decoding may leave it NULL, nobody reads it */
} serde_column;

typedef struct serde_spec {
    format_id           format;
    bool                is_key;
    bool                unwrapped; /* a single column stands bare, not as a field */
    char                delimiter; /* 0: the format's own */
    str                 topic;     /* for error texts */
    const serde_column *columns;
    uint32_t            column_count;
} serde_spec;

typedef struct serde serde;
struct jnode;

/* A row of the table (formats.def). */
typedef struct format {
    const char *name;
    uint32_t    wraps;         /* FEATURE_*: what may be asked for */
    bool        is_empty;      /* there is no payload at all, and no column */
    bool        has_registry;  /* schemas are registered: columns may be left out, a schema's id or name be given */
    bool        has_delimiter; /* one may be given */
    bool        keeps_out;     /* its values cannot go through repartitions and changelogs */
    /* Refuses columns it cannot hold: the bare reason, e.g. "The 'KAFKA' format only supports ...". NULL: holds all. */
    bool (*check)(const serde_spec *s, status *st);
    /* Prepares a serde: sets decode, encode and its own state. NULL: not built into this program. */
    bool (*bind)(arena *a, serde *s, status *st);
    /* Payloads as `weir replay` writes them down: n is neither NULL nor null, bytes are there. t: type of the side's
     * one column, NULL when there are several. */
    str (*from_json)(arena *a, const struct jnode *n, const type *t);
    void (*put_json)(buf *out, str bytes, const type *t);
} format;

extern const format formats[];

#define SERDE_ERR_MAX 512

typedef enum decode_result {
    DECODE_OK,
    DECODE_BAD, /* err tells why; the record is skipped */
    DECODE_WAIT /* it can be read once the schema with the id missing_schema is known; to be tried again then */
} decode_result;

struct serde {
    serde_spec spec;
    void      *state;
    arena      scratch; /* for encoding; reset at every record */
    /* Fills row[column_count] from the bytes of a non-null payload. Values may point into the bytes
     * or into a. */
    decode_result (*decode)(serde *s, arena *a, str bytes, value *row);
    /* Appends the payload. *null_out: there is none (a null key or value). */
    bool (*encode)(serde *s, const value *row, buf *out, bool *null_out);
    int32_t missing_schema; /* of DECODE_WAIT */
    char    err[SERDE_ERR_MAX];
};

/* name in any case; false: "Unknown format: FOO". */
bool format_by_name(str name, format_id *out, status *st);
/* Is it built into this program? Errors: ST_SQL. */
bool format_is_there(format_id f, status *st);
/* Can it hold the columns? Errors: the bare reason of format.check. */
bool format_check(const serde_spec *s, status *st);

/* Checks, then binds. Memory of the arena; call serde_free before the arena goes. Errors: those of format_check() and
 * format_is_there(). */
serde *serde_new(arena *a, const serde_spec *spec, status *st);
void   serde_free(serde *s);

/* ---- JSON pieces other parts use */

/* A value as JSON (format 6.2); `decimal_plain` prints decimals without exponent. */
void json_put_value(buf *out, const type *t, value v);
void json_put_string(buf *out, str s);
/* One JSON text into a value of type t; false: err. Nested texts deeper than 1000 are refused. */
bool json_read_value(arena *a, str text, const type *t, value *out, char *err, size_t err_max);

/* ---- the compact row encoding of state, changelogs and repartition topics */

/* Layout: a bitmap of NULLs (bit set: NULL), then the values: BOOLEAN 1 byte, INTEGER, DATE, TIME 4,
 * BIGINT, DOUBLE, TIMESTAMP 8 (little-endian), STRING and BYTES uvarint length and bytes, DECIMAL
 * uvarint length and two's complement, ARRAY uvarint count and rows of one, MAP likewise with two,
 * STRUCT a row. Fixed widths keep an aggregate's row the same size while it is updated. */
void row_encode(buf *out, const type *const *types, const value *row, uint32_t n);
/* false when the bytes are torn. Values point into the bytes or into a. */
bool row_decode(arena *a, str bytes, const type *const *types, value *row, uint32_t n);

#endif
