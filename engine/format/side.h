/* How one side (key or value) of a source's records is serialised: a format and what was asked of it. */
#ifndef ENGINE_FORMAT_SIDE_H
#define ENGINE_FORMAT_SIDE_H

#include "engine/format/format.h"

typedef struct side_format {
    format_id id;
    uint32_t  features;  /* FEATURE_WRAP_SINGLES or FEATURE_UNWRAP_SINGLES when asked for, else 0 */
    char      delimiter; /* 0: not given */
    str       full_name; /* *_SCHEMA_FULL_NAME; n = 0: none */
    int32_t   schema_id; /* -1: none */
    str       nullable;  /* PROTOBUF: OPTIONAL, WRAPPER or n = 0 */
} side_format;

/* The side without a payload: of keys that are not there. */
side_format side_empty(void);
bool        side_is_empty(const side_format *f);
/* A key's format where there was none: what joins and PARTITION BY give to rows without a key. */
void side_need_key(side_format *f);
/* Are the bytes of equal keys equal? */
bool side_same_bytes(const side_format *a, const side_format *b);

/* What a serde of these columns is made from. columns are borrowed. */
serde_spec side_spec(const side_format *f, bool is_key, str topic, const serde_column *columns, uint32_t n);
/* Of keys in stores and internal topics: their form is our own affair, so what the format cannot hold goes as JSON. */
serde_spec side_inner_key_spec(const side_format *f, const serde_column *columns, uint32_t n);

/* "WRAP_SINGLES", "UNWRAP_SINGLES" or "", as the features of a side with n columns are shown. */
const char *side_feature_text(const side_format *f, bool is_key, uint32_t n);

/* A payload as JSON and back (format.from_json, put_json). n may be NULL or null: STR_NONE; bytes.p NULL: null. */
str  side_from_json(const side_format *f, arena *a, const struct jnode *n, const type *t);
void side_put_json(const side_format *f, buf *out, str bytes, const type *t);

#endif
