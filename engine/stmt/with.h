/* The WITH clause: every property as one row of a table, checked in ksqlDB's order
 * (spec/sql-language.md 2.2). */
#ifndef ENGINE_WITH_H
#define ENGINE_WITH_H

#include "base/arena.h"
#include "base/status.h"
#include "engine/plan/catalog.h"
#include "parser/ast.h"

typedef enum with_use { WITH_CREATE = 1, WITH_AS = 2, WITH_INSERT = 4, WITH_ASSERT = 8 } with_use;

typedef struct with_text { /* a property that may be absent */
    str  s;
    bool given;
} with_text;

typedef struct with_number {
    int64_t n;
    bool    given;
} with_number;

typedef struct with_props {
    with_text   topic, value_format, key_format, format, timestamp, timestamp_format;
    with_text   key_delimiter, value_delimiter, value_name, value_avro_name, key_name;
    with_text   window_type, window_size, query_id, key_nullable, value_nullable;
    with_text   sourced_by_connector, source_connector, cleanup_policy;
    with_number partitions, replicas, retention_ms, key_schema_id, value_schema_id, wrap;
    int64_t     window_ms; /* of window_size */
} with_props;

/* Errors: ST_SQL with the prefix "Failed to prepare statement: ". */
bool with_read(arena *a, const ast_prop *props, uint32_t n, with_use use, with_props *out, status *st);

/* The formats a statement asks for; inherited: what it gets where WITH says nothing (C*AS), or NULL.
 * default_key, default_value: from the configuration, n = 0 when unset. Errors: ST_SQL. */
bool with_formats(const with_props *w, const side_format *key, const side_format *val, str default_key,
                  str default_value, side_format *key_out, side_format *value_out, status *st);
/* WRAP_SINGLE_VALUE for these value columns; config: 1 true, 0 false, -1 unset. */
bool with_wrap(const with_props *w, int config, uint32_t value_columns, side_format *vf, status *st);

#endif
