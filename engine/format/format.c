/* The table of formats, and the two that are a few lines each: KAFKA and NONE. */
#include "engine/format/format.h"

#include <stdio.h>

#include "base/num.h"
#include "engine/format/format_int.h"

/* ---- KAFKA: one bare value in the client library's own form */

static bool kafka_check(const serde_spec *s, status *st)
{
    if (s->column_count > 1) {
        buf b = BUF_INIT(ST_MSG_MAX);
        for (uint32_t i = 0; i < s->column_count; i++) {
            buf_printf(&b, "%s`%.*s` ", i ? ", " : "", STR_FMT(s->columns[i].name));
            type_print(&b, s->columns[i].type, true);
            if (s->is_key)
                buf_putz(&b, " KEY");
        }
        status_set(st, ST_SQL, "The 'KAFKA' format only supports a single field. Got: [%.*s]", (int)b.n, b.p);
        buf_free(&b);
        return false;
    }
    if (s->column_count == 0)
        return true;
    type_kind k = s->columns[0].type->kind;
    if (k != T_INTEGER && k != T_BIGINT && k != T_DOUBLE && k != T_STRING && k != T_BYTES)
        return status_set(st, ST_SQL, "The 'KAFKA' format does not support type '%s'", type_base(s->columns[0].type));
    return true;
}

static bool kafka_size_error(serde *s, const char *what, int size)
{
    snprintf(s->err, sizeof s->err,
             "Error deserializing KAFKA message from topic: %.*s\nCaused by: Size of data received by "
             "%s is not %d",
             STR_FMT(s->spec.topic), what, size);
    return false;
}

static bool kafka_read_int(serde *s, arena *a, str b, value *row)
{
    (void)a;
    if (b.n != 4)
        return kafka_size_error(s, "IntegerDeserializer", 4);
    row[0] = value_i((int32_t)be_get32(b.p));
    return true;
}

static bool kafka_read_long(serde *s, arena *a, str b, value *row)
{
    (void)a;
    if (b.n != 8)
        return kafka_size_error(s, "LongDeserializer", 8);
    row[0] = value_i((int64_t)be_get64(b.p));
    return true;
}

static bool kafka_read_double(serde *s, arena *a, str b, value *row)
{
    (void)a;
    if (b.n != 8)
        return kafka_size_error(s, "Deserializer", 8);
    row[0] = value_i((int64_t)be_get64(b.p)); /* the bits */
    return true;
}

static bool kafka_read_string(serde *s, arena *a, str b, value *row)
{
    (void)s;
    row[0] = value_s(utf8_repair(a, b));
    return true;
}

static bool kafka_read_bytes(serde *s, arena *a, str b, value *row)
{
    (void)s;
    (void)a;
    row[0] = value_s(b);
    return true;
}

static bool kafka_write(serde *s, const value *row, buf *out, bool *null_out)
{
    *null_out = row[0].state != V_OK;
    if (*null_out)
        return true;
    switch (s->spec.columns[0].type->kind) {
    case T_INTEGER:
        buf_put_i32(out, (int32_t)row[0].i);
        break;
    case T_BIGINT:
    case T_DOUBLE:
        buf_put_i64(out, row[0].i);
        break;
    default:
        buf_puts(out, value_str(row[0]));
    }
    return !out->full;
}

static bool none_read(serde *s, arena *a, str b, value *row)
{
    (void)s;
    (void)a;
    (void)b;
    (void)row;
    return true;
}

static bool none_write(serde *s, const value *row, buf *out, bool *null_out)
{
    (void)s;
    (void)row;
    (void)out;
    *null_out = true;
    return true;
}

static bool none_bind(arena *a, serde *s, status *st)
{
    (void)a;
    (void)st;
    s->decode = none_read;
    s->encode = none_write;
    return true;
}

static bool kafka_bind(arena *a, serde *s, status *st)
{
    if (s->spec.column_count == 0)
        return none_bind(a, s, st);
    type_kind k = s->spec.columns[0].type->kind;
    s->decode = k == T_INTEGER  ? kafka_read_int
                : k == T_BIGINT ? kafka_read_long
                : k == T_DOUBLE ? kafka_read_double
                : k == T_STRING ? kafka_read_string
                                : kafka_read_bytes;
    s->encode = kafka_write;
    return true;
}

static bool none_check(const serde_spec *s, status *st)
{
    if (s->column_count == 0)
        return true;
    buf b = BUF_INIT(ST_MSG_MAX);
    for (uint32_t i = 0; i < s->column_count; i++) {
        buf_printf(&b, "%s`%.*s` ", i ? ", " : "", STR_FMT(s->columns[i].name));
        type_print(&b, s->columns[i].type, true);
        if (s->is_key)
            buf_putz(&b, " KEY");
    }
    status_set(st, ST_SQL, "The 'NONE' format can only be used when no columns are defined. Got: [%.*s]", (int)b.n,
               b.p);
    buf_free(&b);
    return false;
}

/* ---- the table */

const format formats[FORMAT_COUNT] = {
    [FORMAT_NONE] = {"NONE", 0, none_check, none_bind},
    [FORMAT_KAFKA] = {"KAFKA", FEATURE_UNWRAP_SINGLES, kafka_check, kafka_bind},
    [FORMAT_DELIMITED] = {"DELIMITED", FEATURE_UNWRAP_SINGLES, delimited_check, delimited_bind},
    [FORMAT_JSON] = {"JSON", FEATURE_WRAP_SINGLES | FEATURE_UNWRAP_SINGLES, json_check, json_bind},
    [FORMAT_JSON_SR] = {"JSON_SR", FEATURE_WRAP_SINGLES | FEATURE_UNWRAP_SINGLES | FEATURE_SCHEMA_INFERENCE, json_check,
                        NULL},
    [FORMAT_AVRO] = {"AVRO", FEATURE_WRAP_SINGLES | FEATURE_UNWRAP_SINGLES | FEATURE_SCHEMA_INFERENCE, NULL, NULL},
    [FORMAT_PROTOBUF] = {"PROTOBUF", FEATURE_WRAP_SINGLES | FEATURE_SCHEMA_INFERENCE, NULL, NULL},
    [FORMAT_PROTOBUF_NOSR] = {"PROTOBUF_NOSR", FEATURE_WRAP_SINGLES | FEATURE_UNWRAP_SINGLES, NULL, NULL},
};

bool format_by_name(str name, format_id *out, status *st)
{
    for (int i = 0; i < FORMAT_COUNT; i++)
        if (str_eq_nocase(name, str_of(formats[i].name))) {
            *out = (format_id)i;
            return true;
        }
    arena a;
    arena_init(&a);
    status_set(st, ST_SQL, "Unknown format: %.*s", STR_FMT(str_upper(&a, name)));
    arena_free(&a);
    return false;
}

bool format_key_unwrapped(format_id f, uint32_t column_count)
{
    uint32_t both = FEATURE_WRAP_SINGLES | FEATURE_UNWRAP_SINGLES;
    return column_count == 1 && (formats[f].features & both) == both;
}

serde *serde_new(arena *a, const serde_spec *spec, status *st)
{
    const format *f = &formats[spec->format];
    if (f->check && !f->check(spec, st))
        return NULL;
    if (f->bind == NULL) {
        status_set(st, ST_SQL, "The %s format needs the schema registry, which this server does not have.", f->name);
        return NULL;
    }
    serde *s = ARENA_NEW(a, serde);
    s->spec = *spec;
    s->spec.columns = arena_dup(a, spec->columns, spec->column_count * sizeof *spec->columns);
    arena_init(&s->scratch);
    return f->bind(a, s, st) ? s : NULL;
}

void serde_free(serde *s)
{
    if (s)
        arena_free(&s->scratch);
}
