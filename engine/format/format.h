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

typedef enum format_id {
    FORMAT_NONE,
    FORMAT_KAFKA,
    FORMAT_DELIMITED,
    FORMAT_JSON,
    FORMAT_JSON_SR,
    FORMAT_AVRO,
    FORMAT_PROTOBUF,
    FORMAT_PROTOBUF_NOSR,
    FORMAT_COUNT
} format_id;

enum { /* features */
       FEATURE_WRAP_SINGLES = 1,
       FEATURE_UNWRAP_SINGLES = 2,
       FEATURE_SCHEMA_INFERENCE = 4
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
    char                delimiter; /* DELIMITED; 0: ',' */
    str                 topic;     /* for error texts */
    const serde_column *columns;
    uint32_t            column_count;
} serde_spec;

typedef struct serde serde;

/* A serde's implementation. */
typedef struct format {
    const char *name;
    uint32_t    features;
    /* Refuses columns it cannot hold: the bare reason, e.g. "The 'KAFKA' format only supports ...". */
    bool (*check)(const serde_spec *s, status *st);
    /* Prepares a serde: sets decode, encode and its own state. NULL: not built into this program. */
    bool (*bind)(arena *a, serde *s, status *st);
} format;

extern const format formats[FORMAT_COUNT];

#define SERDE_ERR_MAX 512

struct serde {
    serde_spec spec;
    void      *state;
    arena      scratch; /* for encoding; reset at every record */
    /* Fills row[column_count] from the bytes of a non-null payload. Values may point into the bytes
     * or into a. false: err tells why; the record is skipped. */
    bool (*decode)(serde *s, arena *a, str bytes, value *row);
    /* Appends the payload. *null_out: there is none (a null key or value). */
    bool (*encode)(serde *s, const value *row, buf *out, bool *null_out);
    char err[SERDE_ERR_MAX];
};

/* name in any case; false: "Unknown format: FOO". */
bool format_by_name(str name, format_id *out, status *st);

/* Checks, then binds. Memory of the arena; call serde_free before the arena goes. Errors: the bare
 * reason of format.check. */
serde *serde_new(arena *a, const serde_spec *spec, status *st);
void   serde_free(serde *s);

/* Does a payload of these columns stand bare (spec 2)? Keys: one column and a format that can. */
bool format_key_unwrapped(format_id f, uint32_t column_count);

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
