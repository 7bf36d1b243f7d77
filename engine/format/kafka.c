/* KAFKA: one bare value in the client library's own form (spec/formats-and-schema-registry.md 5). */
#include <stdio.h>

#include "base/num.h"
#include "engine/format/format_int.h"

bool kafka_check(const serde_spec *s, status *st)
{
    if (s->column_count > 1) {
        buf b = BUF_INIT(ST_MSG_MAX);
        serde_put_columns(&b, s);
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

static decode_result kafka_size_error(serde *s, const char *what, int size)
{
    snprintf(s->err, sizeof s->err,
             "Error deserializing KAFKA message from topic: %.*s\nCaused by: Size of data received by "
             "%s is not %d",
             STR_FMT(s->spec.topic), what, size);
    return DECODE_BAD;
}

static decode_result kafka_read_int(serde *s, arena *a, str b, value *row)
{
    (void)a;
    if (b.n != 4)
        return kafka_size_error(s, "IntegerDeserializer", 4);
    row[0] = value_i((int32_t)be_get32(b.p));
    return DECODE_OK;
}

static decode_result kafka_read_long(serde *s, arena *a, str b, value *row)
{
    (void)a;
    if (b.n != 8)
        return kafka_size_error(s, "LongDeserializer", 8);
    row[0] = value_i((int64_t)be_get64(b.p));
    return DECODE_OK;
}

static decode_result kafka_read_double(serde *s, arena *a, str b, value *row)
{
    (void)a;
    if (b.n != 8)
        return kafka_size_error(s, "Deserializer", 8);
    row[0] = value_i((int64_t)be_get64(b.p)); /* the bits */
    return DECODE_OK;
}

static decode_result kafka_read_string(serde *s, arena *a, str b, value *row)
{
    (void)s;
    row[0] = value_s(utf8_repair(a, b));
    return DECODE_OK;
}

static decode_result kafka_read_bytes(serde *s, arena *a, str b, value *row)
{
    (void)s;
    (void)a;
    row[0] = value_s(b);
    return DECODE_OK;
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

bool kafka_bind(arena *a, serde *s, status *st)
{
    if (s->spec.column_count == 0) /* a key without columns */
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

/* ---- as JSON */

str kafka_from_json(arena *a, const jnode *n, const type *t)
{
    buf     b = BUF_INIT(BUF_MAX);
    int64_t i = 0;
    double  d = 0;
    if (n->kind == J_OBJECT && n->first)
        n = n->first;
    str text = n->kind == J_STRING ? n->text : n->raw;
    switch (t ? t->kind : T_STRING) {
    case T_INTEGER:
        num_parse_i64(text, &i);
        buf_put_i32(&b, (int32_t)i);
        break;
    case T_BIGINT:
        num_parse_i64(text, &i);
        buf_put_i64(&b, i);
        break;
    case T_DOUBLE:
        num_parse_f64(text, &d);
        memcpy(&i, &d, 8);
        buf_put_i64(&b, i);
        break;
    case T_BYTES: {
        str raw;
        if (base64_decode(a, text, &raw))
            buf_puts(&b, raw);
        break;
    }
    default:
        buf_puts(&b, text);
    }
    buf_reserve(&b, 1);
    str s = str_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

void kafka_put_json(buf *out, str bytes, const type *t)
{
    type_kind k = t ? t->kind : T_STRING;
    if (k == T_INTEGER && bytes.n == 4)
        buf_printf(out, "%d", (int32_t)be_get32(bytes.p));
    else if (k == T_BIGINT && bytes.n == 8)
        buf_printf(out, "%ld", (int64_t)be_get64(bytes.p));
    else if (k == T_DOUBLE && bytes.n == 8)
        json_put_value(out, &type_double, value_i((int64_t)be_get64(bytes.p)));
    else if (k == T_BYTES)
        json_put_value(out, &type_bytes, value_s(bytes));
    else
        json_put_bytes(out, bytes);
}
