#include "engine/stmt/with.h"

#include <stddef.h>
#include <stdio.h>

#include "base/map.h"
#include "base/num.h"
#include "engine/func/timestamp_format.h"
#include "parser/parser.h"

#define PREFIX "Failed to prepare statement: "

typedef enum prop_type { PT_TEXT, PT_INT, PT_SHORT, PT_LONG, PT_BOOL } prop_type;

static const struct prop_row {
    const char *name;
    unsigned    use; /* statements that know it */
    prop_type   type;
    size_t      at; /* in with_props */
} rows[] = {
#define ROW(name, use, type, field)                  \
    {                                                \
        name, use, type, offsetof(with_props, field) \
    }
#define BOTH (WITH_CREATE | WITH_AS | WITH_ASSERT)
    ROW("KAFKA_TOPIC", BOTH, PT_TEXT, topic),
    ROW("VALUE_FORMAT", BOTH, PT_TEXT, value_format),
    ROW("KEY_FORMAT", BOTH, PT_TEXT, key_format),
    ROW("FORMAT", BOTH, PT_TEXT, format),
    ROW("PARTITIONS", BOTH, PT_INT, partitions),
    ROW("REPLICAS", BOTH, PT_SHORT, replicas),
    ROW("RETENTION_MS", BOTH, PT_LONG, retention_ms),
    ROW("CLEANUP_POLICY", BOTH, PT_TEXT, cleanup_policy),
    ROW("TIMESTAMP", BOTH, PT_TEXT, timestamp),
    ROW("TIMESTAMP_FORMAT", BOTH, PT_TEXT, timestamp_format),
    ROW("WRAP_SINGLE_VALUE", BOTH, PT_BOOL, wrap),
    ROW("KEY_DELIMITER", BOTH, PT_TEXT, key_delimiter),
    ROW("VALUE_DELIMITER", BOTH, PT_TEXT, value_delimiter),
    ROW("VALUE_SCHEMA_FULL_NAME", BOTH, PT_TEXT, value_name),
    ROW("VALUE_AVRO_SCHEMA_FULL_NAME", BOTH, PT_TEXT, value_avro_name),
    ROW("KEY_SCHEMA_FULL_NAME", BOTH, PT_TEXT, key_name),
    ROW("KEY_SCHEMA_ID", BOTH, PT_INT, key_schema_id),
    ROW("VALUE_SCHEMA_ID", BOTH, PT_INT, value_schema_id),
    ROW("KEY_PROTOBUF_NULLABLE_REPRESENTATION", BOTH, PT_TEXT, key_nullable),
    ROW("VALUE_PROTOBUF_NULLABLE_REPRESENTATION", BOTH, PT_TEXT, value_nullable),
    ROW("WINDOW_TYPE", WITH_CREATE | WITH_ASSERT, PT_TEXT, window_type),
    ROW("WINDOW_SIZE", WITH_CREATE | WITH_ASSERT, PT_TEXT, window_size),
    ROW("SOURCED_BY_CONNECTOR", WITH_CREATE, PT_TEXT, sourced_by_connector),
    ROW("SOURCE_CONNECTOR", WITH_CREATE, PT_TEXT, source_connector),
    ROW("QUERY_ID", WITH_INSERT, PT_TEXT, query_id),
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static str literal_text(arena *a, const ast_expr *e)
{
    if (e->kind == EX_STRING || e->kind == EX_DECIMAL)
        return e->text;
    return print_expr_text(a, e);
}

static bool check_duplicates(arena *a, const ast_prop *p, uint32_t n, status *st)
{
    map  seen = {0};
    bool ok = true;
    for (uint32_t i = 0; i < n && ok; i++) {
        str             name = str_upper(a, p[i].name);
        const ast_prop *first = map_put(&seen, name, (void *)&p[i]);
        if (first)
            ok = status_set(st, ST_SQL_PREPARE, PREFIX "Multiple entries with same key: %.*s=%.*s and %.*s=%.*s",
                            STR_FMT(name), STR_FMT(literal_text(a, p[i].value)), STR_FMT(name),
                            STR_FMT(literal_text(a, first->value)));
    }
    map_free(&seen);
    return ok;
}

static bool bad_number(str v, const struct prop_row *r, status *st)
{
    static const char *const names[] = {"", "INT", "SHORT", "LONG"};
    return status_set(st, ST_SQL_PREPARE, PREFIX "Invalid value %.*s for property %s: Not a number of type %s",
                      STR_FMT(v), r->name, names[r->type]);
}

static bool set_value(arena *a, const ast_prop *p, const struct prop_row *r, with_props *out, status *st)
{
    str   v = literal_text(a, p->value);
    void *at = (char *)out + r->at;
    if (r->type == PT_TEXT) {
        *(with_text *)at = (with_text){v, true};
        return true;
    }
    with_number *num = at;
    num->given = true;
    if (r->type == PT_BOOL) {
        if (str_eq_nocase(v, STR("true")))
            num->n = 1;
        else if (!str_eq_nocase(v, STR("false")))
            return status_set(st, ST_SQL_PREPARE,
                              PREFIX "Invalid value %.*s for property %s: Expected value to be either "
                                     "true or false",
                              STR_FMT(v), r->name);
        return true;
    }
    if (!num_parse_i64(str_trim(v), &num->n))
        return bad_number(v, r, st);
    int64_t max = r->type == PT_INT ? INT32_MAX : r->type == PT_SHORT ? INT16_MAX : INT64_MAX;
    if (num->n > max || num->n < -max - 1) {
        if (r->type == PT_INT && p->value->kind == EX_BIGINT)
            return status_set(st, ST_SQL_PREPARE,
                              PREFIX "Invalid value %.*s for property %s: Expected value to be a 32-bit "
                                     "integer, but it was a java.lang.Long",
                              STR_FMT(v), r->name);
        return bad_number(v, r, st);
    }
    return true;
}

static bool one_of(with_text *t, const char *name, const char *const *words, const char *list, status *st)
{
    if (!t->given)
        return true;
    for (; *words; words++)
        if (str_eq_nocase(t->s, str_of(*words)))
            return true;
    return status_set(st, ST_SQL_PREPARE, PREFIX "Invalid value %.*s for property %s: String must be one of: %s, null",
                      STR_FMT(t->s), name, list);
}

static bool window_duration(arena *a, with_props *w, status *st)
{
    static const struct {
        const char *unit;
        int64_t     ns;
    } units[] = {{"NANOSECOND", 1},       {"MICROSECOND", 1000},   {"MILLISECOND", 1000000}, {"SECOND", 1000000000},
                 {"MINUTE", 60000000000}, {"HOUR", 3600000000000}, {"DAY", 86400000000000}};
    str         v = w->window_size.s, parts[3] = {{0}};
    int         n = 0;
    const char *head = PREFIX "Configuration WINDOW_SIZE is invalid: Invalid duration: ";
    for (uint32_t i = 0; i < v.n;) {
        while (i < v.n && v.p[i] == ' ')
            i++;
        uint32_t from = i;
        while (i < v.n && v.p[i] != ' ')
            i++;
        if (i > from) {
            if (n < 3)
                parts[n] = str_make(v.p + from, i - from);
            n++;
        }
    }
    if (n != 2)
        return status_set(st, ST_SQL_PREPARE, "%s'%.*s'. Expected 2 tokens, got: %d", head, STR_FMT(v), n);
    int64_t count;
    if (!num_parse_i64(parts[0], &count))
        return status_set(st, ST_SQL_PREPARE, "%s'%.*s'. Not numeric: '%.*s'", head, STR_FMT(v), STR_FMT(parts[0]));
    str unit = str_upper(a, parts[1]);
    str single = str_ends(unit, STR("S")) ? str_make(unit.p, unit.n - 1) : unit;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_eqz(single, units[i].unit)) {
            __int128 ns = (__int128)count * units[i].ns / 1000000;
            w->window_ms = ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
            return true;
        }
    return status_set(st, ST_SQL_PREPARE,
                      "%s'%.*s'. Unknown time unit: '%.*s'\nSupported time units are: NANOSECONDS, "
                      "MICROSECONDS, MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS",
                      head, STR_FMT(v), STR_FMT(unit));
}

static bool check_delimiter(with_text *t, const char *name, status *st)
{
    if (!t->given || str_eqz(t->s, "SPACE") || str_eqz(t->s, "TAB"))
        return true;
    if (str_trim(t->s).n == 0)
        return status_set(st, ST_SQL_PREPARE,
                          PREFIX "Configuration %s is invalid: Delimiter cannot be empty, if you meant to "
                                 "have a tab or space for delimiter, please use the special values 'TAB' "
                                 "or 'SPACE'\nExample valid value: ';'",
                          name);
    if (t->s.n != 1)
        return status_set(st, ST_SQL_PREPARE,
                          PREFIX "Configuration %s is invalid: Invalid delimiter value: '%.*s'. Delimiter "
                                 "must be a single character or TAB,SPACE\nExample valid value: ';'",
                          name, STR_FMT(t->s));
    return true;
}

static bool check_values(arena *a, with_props *w, with_use use, status *st)
{
    static const char *const windows[] = {"SESSION", "HOPPING", "TUMBLING", NULL};
    static const char *const nullable[] = {"OPTIONAL", "WRAPPER", NULL};
    if (use == WITH_CREATE && !w->topic.given)
        return status_set(st, ST_SQL_PREPARE,
                          PREFIX "Missing required property \"KAFKA_TOPIC\" which has no "
                                 "default value.");
    if (w->topic.given && w->topic.s.n == 0)
        return status_set(st, ST_SQL_PREPARE,
                          PREFIX "Invalid value  for property KAFKA_TOPIC: String must be "
                                 "non-empty");
    return one_of(&w->window_type, "WINDOW_TYPE", windows, "SESSION, HOPPING, TUMBLING", st) &&
           one_of(&w->key_nullable, "KEY_PROTOBUF_NULLABLE_REPRESENTATION", nullable, "OPTIONAL, WRAPPER", st) &&
           one_of(&w->value_nullable, "VALUE_PROTOBUF_NULLABLE_REPRESENTATION", nullable, "OPTIONAL, WRAPPER", st) &&
           (!w->window_size.given || window_duration(a, w, st)) &&
           check_delimiter(&w->key_delimiter, "KEY_DELIMITER", st) &&
           check_delimiter(&w->value_delimiter, "VALUE_DELIMITER", st);
}

static bool check_combinations(arena *a, with_props *w, status *st)
{
    if (w->timestamp_format.given) {
        status inner;
        status_init(&inner);
        if (timestamp_format_new(a, w->timestamp_format.s, &inner) == NULL)
            return status_set(st, ST_SQL_PREPARE,
                              PREFIX "Invalid datetime format for config:TIMESTAMP_FORMAT, reason:%.400s", inner.msg);
    }
    if (w->format.given && w->key_format.given)
        return status_set(st, ST_SQL_PREPARE,
                          PREFIX "Cannot supply both 'KEY_FORMAT' and 'FORMAT' properties, as 'FORMAT' "
                                 "sets both key and value formats. Either use just 'FORMAT', or use "
                                 "'KEY_FORMAT' and 'VALUE_FORMAT'.");
    if (w->format.given && w->value_format.given)
        return status_set(st, ST_SQL_PREPARE,
                          PREFIX "Cannot supply both 'VALUE_FORMAT' and 'FORMAT' properties, as 'FORMAT' "
                                 "sets both key and value formats. Either use just 'FORMAT', or use "
                                 "'KEY_FORMAT' and 'VALUE_FORMAT'.");
    if (w->value_name.given && w->value_avro_name.given)
        return status_set(st, ST_SQL_PREPARE,
                          PREFIX "Cannot supply both 'VALUE_AVRO_SCHEMA_FULL_NAME' and "
                                 "'VALUE_SCHEMA_FULL_NAME' properties. Please only set "
                                 "'VALUE_SCHEMA_FULL_NAME'.");
    bool session = w->window_type.given && str_eq_nocase(w->window_type.s, STR("SESSION"));
    if (w->window_type.given && !session && !w->window_size.given)
        return status_set(st, ST_SQL_PREPARE,
                          PREFIX "%.*s windows require 'WINDOW_SIZE' to be provided in the WITH clause. "
                                 "For example: 'WINDOW_SIZE'='10 SECONDS'",
                          STR_FMT(str_upper(a, w->window_type.s)));
    if (w->window_size.given && (session || !w->window_type.given))
        return status_set(st, ST_SQL_PREPARE, PREFIX "'WINDOW_SIZE' should not be set for SESSION windows.");
    return true;
}

static bool is_protobuf(const with_text *one, const with_text *both)
{
    const with_text *f = one->given ? one : both;
    return f->given && (str_eq_nocase(f->s, STR("PROTOBUF")) || str_eq_nocase(f->s, STR("PROTOBUF_NOSR")));
}

bool with_read(arena *a, const ast_prop *props, uint32_t n, with_use use, with_props *out, status *st)
{
    memset(out, 0, sizeof *out);
    if (!check_duplicates(a, props, n, st))
        return false;
    buf unknown = BUF_INIT(ST_MSG_MAX);
    for (uint32_t i = 0; i < n; i++) {
        str                    name = str_upper(a, props[i].name);
        const struct prop_row *r = NULL;
        for (size_t k = 0; k < ROW_COUNT; k++)
            if (str_eqz(name, rows[k].name) && (rows[k].use & use))
                r = &rows[k];
        if (r == NULL)
            buf_printf(&unknown, "%s%.*s", unknown.n ? "," : "", STR_FMT(name));
        else if (!set_value(a, &props[i], r, out, st)) {
            buf_free(&unknown);
            return false;
        }
    }
    bool ok = check_values(a, out, use, st);
    if (ok && unknown.n)
        ok = status_set(st, ST_SQL_PREPARE, PREFIX "Invalid config variable(s) in the WITH clause: %.*s",
                        (int)unknown.n, unknown.p);
    buf_free(&unknown);
    if (!ok || !check_combinations(a, out, st))
        return false;
    if (out->key_nullable.given && use == WITH_CREATE && !is_protobuf(&out->key_format, &out->format))
        return status_set(st, ST_SQL_PREPARE,
                          PREFIX "Property KEY_PROTOBUF_NULLABLE_REPRESENTATION can only be "
                                 "enabled with protobuf format");
    if (out->value_nullable.given && use == WITH_CREATE && !is_protobuf(&out->value_format, &out->format))
        return status_set(st, ST_SQL_PREPARE,
                          PREFIX "Property VALUE_PROTOBUF_NULLABLE_REPRESENTATION can only "
                                 "be enabled with protobuf format");
    return true;
}

static char delimiter_char(str s)
{
    return str_eqz(s, "SPACE") ? ' ' : str_eqz(s, "TAB") ? '\t' : s.p[0];
}

/* ---- formats */

static bool choose(const with_text *own, const with_text *both, const side_format *inherited, str otherwise,
                   const char *property, const char *config, side_format *out, status *st)
{
    *out = (side_format){.schema_id = -1};
    str name = own->given ? own->s : both->given ? both->s : STR_NONE;
    if (name.n == 0 && inherited) {
        *out = *inherited;
        out->features = 0;
        out->schema_id = -1;
        out->full_name = STR_NONE;
        return true;
    }
    if (name.n == 0)
        name = otherwise;
    if (name.n == 0)
        return status_set(st, ST_SQL,
                          "Statement is missing the '%s' property from the WITH clause. Either provide "
                          "one or set a default via the '%s' config.",
                          property, config);
    if (!format_by_name(name, &out->id, st))
        return false;
    if (inherited && inherited->id == out->id) { /* properties of the format go along */
        out->delimiter = inherited->delimiter;
        out->nullable = inherited->nullable;
    }
    return true;
}

static bool refuse_config(const side_format *f, const char *names, status *st)
{
    return status_set(st, ST_SQL, "%s does not support the following configs: [%s]", formats[f->id].name, names);
}

static bool apply(const char *side, const with_text *delimiter, const with_text *name, const with_number *id,
                  const with_text *nullable, side_format *f, status *st)
{
    bool registry = formats[f->id].has_registry;
    if (id->given && !registry)
        return status_set(st, ST_SQL,
                          "%s_FORMAT should support schema inference when %s_SCHEMA_ID is provided. Current "
                          "format is %s.",
                          side, side, formats[f->id].name);
    if (delimiter->given) {
        if (!formats[f->id].has_delimiter)
            return refuse_config(f, "delimiter", st);
        f->delimiter = delimiter_char(delimiter->s);
    }
    if (name->given) {
        if (!registry)
            return refuse_config(f, "fullSchemaName", st);
        if (str_trim(name->s).n == 0)
            return status_set(st, ST_SQL, "fullSchemaName cannot be empty. Format configuration: {fullSchemaName=%.*s}",
                              STR_FMT(name->s));
        f->full_name = name->s;
    }
    if (id->given)
        f->schema_id = (int32_t)id->n;
    if (nullable->given)
        f->nullable = nullable->s;
    return true;
}

bool with_formats(const with_props *w, const side_format *key, const side_format *val, str default_key,
                  str default_value, side_format *key_out, side_format *value_out, status *st)
{
    const with_text *vname = w->value_name.given ? &w->value_name : &w->value_avro_name;
    return choose(&w->key_format, &w->format, key, default_key, "KEY_FORMAT", "ksql.persistence.default.format.key",
                  key_out, st) &&
           choose(&w->value_format, &w->format, val, default_value, "VALUE_FORMAT",
                  "ksql.persistence.default.format.value", value_out, st) &&
           apply("KEY", &w->key_delimiter, &w->key_name, &w->key_schema_id, &w->key_nullable, key_out, st) &&
           apply("VALUE", &w->value_delimiter, vname, &w->value_schema_id, &w->value_nullable, value_out, st);
}

bool with_wrap(const with_props *w, int config, uint32_t value_columns, side_format *vf, status *st)
{
    uint32_t has = formats[vf->id].wraps;
    if (w->wrap.given) {
        uint32_t want = w->wrap.n ? FEATURE_WRAP_SINGLES : FEATURE_UNWRAP_SINGLES;
        if (!(has & want))
            return status_set(st, ST_SQL, "Format '%s' does not support 'WRAP_SINGLE_VALUE' set to '%s'.",
                              formats[vf->id].name, w->wrap.n ? "true" : "false");
        if (value_columns != 1)
            return status_set(st, ST_SQL, "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
        vf->features = want;
        return true;
    }
    vf->features = 0;
    uint32_t want = config == 1 ? FEATURE_WRAP_SINGLES : config == 0 ? FEATURE_UNWRAP_SINGLES : 0;
    if (value_columns == 1 && (has & want))
        vf->features = want;
    return true;
}
