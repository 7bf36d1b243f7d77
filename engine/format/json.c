/* JSON: the serde around the decoder, and the writer (spec/formats-and-schema-registry.md 6). */
#include <math.h>
#include <stdio.h>

#include "engine/format/format_int.h"
#include "engine/format/json_read.h"
#include "engine/types/decimal.h"

/* ---- writing */

void json_put_string(buf *out, str s)
{
    static const char hex[] = "0123456789ABCDEF";
    if (!buf_reserve(out, (size_t)s.n * 6 + 2))
        return;
    char *o = out->p + out->n;
    *o++ = '"';
    for (uint32_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (__builtin_expect(c >= 0x20 && c != '"' && c != '\\', 1)) {
            *o++ = (char)c;
            continue;
        }
        *o++ = '\\';
        switch (c) {
        case '"':
        case '\\':
            *o++ = (char)c;
            break;
        case '\b':
            *o++ = 'b';
            break;
        case '\f':
            *o++ = 'f';
            break;
        case '\n':
            *o++ = 'n';
            break;
        case '\r':
            *o++ = 'r';
            break;
        case '\t':
            *o++ = 't';
            break;
        default:
            *o++ = 'u';
            *o++ = '0';
            *o++ = '0';
            *o++ = hex[c >> 4];
            *o++ = hex[c & 15];
        }
    }
    *o++ = '"';
    out->n = (size_t)(o - out->p);
}

static void put_map_key(buf *out, const type *t, value k)
{
    if (k.state != V_OK) {
        buf_putz(out, "\"null\"");
    } else if (t->kind == T_STRING) {
        json_put_string(out, value_str(k));
    } else {
        buf b = BUF_INIT(BUF_MAX);
        value_text(&b, t, k);
        json_put_string(out, buf_str(&b));
        buf_free(&b);
    }
}

void json_put_value(buf *out, const type *t, value v)
{
    if (v.state != V_OK) {
        buf_put(out, "null", 4);
        return;
    }
    switch (t->kind) {
    case T_BOOLEAN:
        buf_putz(out, v.i ? "true" : "false");
        break;
    case T_DOUBLE:
        if (isfinite(v.d)) {
            double_text(out, v.d);
        } else {
            buf_putc(out, '"');
            double_text(out, v.d);
            buf_putc(out, '"');
        }
        break;
    case T_DECIMAL:
        decimal_text(out, v, t->scale);
        break;
    case T_STRING:
        json_put_string(out, value_str(v));
        break;
    case T_BYTES:
        buf_putc(out, '"');
        base64_encode(out, value_str(v));
        buf_putc(out, '"');
        break;
    case T_ARRAY:
        buf_putc(out, '[');
        for (uint32_t i = 0; i < v.n; i++) {
            if (i)
                buf_putc(out, ',');
            json_put_value(out, t->elem, v.v[i]);
        }
        buf_putc(out, ']');
        break;
    case T_MAP:
        buf_putc(out, '{');
        for (uint32_t i = 0; i < v.n; i++) {
            if (i)
                buf_putc(out, ',');
            put_map_key(out, t->key, v.v[2 * i]);
            buf_putc(out, ':');
            json_put_value(out, t->elem, v.v[2 * i + 1]);
        }
        buf_putc(out, '}');
        break;
    case T_STRUCT:
        buf_putc(out, '{');
        for (uint32_t i = 0; i < t->field_count; i++) {
            if (i)
                buf_putc(out, ',');
            json_put_string(out, t->fields[i].name);
            buf_putc(out, ':');
            json_put_value(out, t->fields[i].type, v.v[i]);
        }
        buf_putc(out, '}');
        break;
    default:
        buf_put_digits(out, v.i);
    }
}

/* ---- the serde */

typedef struct json_state {
    json_fields fields;
    str        *prefix; /* of column i: {"A": or ,"B": */
} json_state;

static decode_result decode_error(serde *s, const json_reader *r)
{
    snprintf(s->err, sizeof s->err, "Failed to deserialize %s from topic: %.*s. %s, path: $%.*s",
             s->spec.is_key ? "key" : "value", STR_FMT(s->spec.topic), r->err, (int)r->path_n, r->path);
    return DECODE_BAD;
}

/* All columns as one STRUCT. */
static const type *row_type(arena *a, const serde_spec *spec)
{
    type       *t = ARENA_NEW(a, type);
    type_field *fields = ARENA_ARRAY(a, type_field, spec->column_count);
    for (uint32_t i = 0; i < spec->column_count; i++)
        fields[i] = (type_field){.name = spec->columns[i].name, .type = spec->columns[i].type};
    *t = (type){.kind = T_STRUCT, .fields = fields, .field_count = spec->column_count};
    return t;
}

static decode_result decode_members(serde *s, arena *a, str bytes, const json_fields *fields, value *row)
{
    json_reader r;
    jscan_init(&r, a, bytes);
    while (r.p < r.end && (unsigned char)*r.p <= ' ')
        r.p++;
    if (r.p < r.end && *r.p == '{') {
        if (jread_object(&r, fields, row))
            return DECODE_OK;
    } else {
        bool  null = r.end - r.p >= 4 && memcmp(r.p, "null", 4) == 0;
        value v;
        if (null)
            snprintf(r.err, sizeof r.err, "null is not a row");
        else
            jread_value(&r, row_type(a, &s->spec), &v);
    }
    return decode_error(s, &r);
}

static decode_result decode_object(serde *s, arena *a, str bytes, value *row)
{
    const json_state *js = s->state;
    return decode_members(s, a, bytes, &js->fields, row);
}

/* No column is read (SELECT COUNT(*)): the text only has to be an object. */
static decode_result decode_nothing(serde *s, arena *a, str bytes, value *row)
{
    static const json_fields none = {0};
    for (uint32_t i = 0; i < s->spec.column_count; i++)
        row[i] = VALUE_NULL;
    return decode_members(s, a, bytes, &none, NULL);
}

static decode_result decode_bare(serde *s, arena *a, str bytes, value *row)
{
    json_reader r;
    jscan_init(&r, a, bytes);
    return jread_value(&r, s->spec.columns[0].type, row) ? DECODE_OK : decode_error(s, &r);
}

static bool encode_object(serde *s, const value *row, buf *out, bool *null_out)
{
    const json_state *js = s->state;
    *null_out = false;
    for (uint32_t i = 0; i < s->spec.column_count; i++) {
        buf_puts(out, js->prefix[i]);
        json_put_value(out, s->spec.columns[i].type, row[i]);
    }
    if (s->spec.column_count == 0)
        buf_putc(out, '{');
    buf_putc(out, '}');
    return !out->full;
}

static bool encode_bare(serde *s, const value *row, buf *out, bool *null_out)
{
    *null_out = row[0].state != V_OK;
    if (!*null_out)
        json_put_value(out, s->spec.columns[0].type, row[0]);
    return !out->full;
}

static bool maps_have_text_keys(const type *t)
{
    if (t->kind == T_MAP)
        return t->key->kind == T_STRING && maps_have_text_keys(t->elem);
    if (t->kind == T_ARRAY)
        return maps_have_text_keys(t->elem);
    for (uint32_t i = 0; t->kind == T_STRUCT && i < t->field_count; i++)
        if (!maps_have_text_keys(t->fields[i].type))
            return false;
    return true;
}

bool json_check(const serde_spec *s, status *st)
{
    for (uint32_t i = 0; i < s->column_count; i++)
        if (!maps_have_text_keys(s->columns[i].type))
            return status_set(st, ST_SQL, "JSON only supports MAP types with STRING keys");
    return true;
}

bool json_bind(arena *a, serde *s, status *st)
{
    (void)st;
    const serde_spec *spec = &s->spec;
    json_state       *js = ARENA_NEW(a, json_state);
    uint32_t          n = spec->column_count;
    str              *names = ARENA_ARRAY(a, str, n);
    const type      **types = ARENA_ARRAY(a, const type *, n);
    bool             *wanted = ARENA_ARRAY(a, bool, n);
    bool              any_wanted = false;
    js->prefix = ARENA_ARRAY(a, str, n);
    for (uint32_t i = 0; i < n; i++) {
        names[i] = spec->columns[i].name;
        types[i] = spec->columns[i].type;
        wanted[i] = spec->columns[i].wanted;
        any_wanted |= wanted[i];
        buf b = BUF_INIT(BUF_MAX);
        buf_putc(&b, i ? ',' : '{');
        json_put_string(&b, names[i]);
        buf_putc(&b, ':');
        js->prefix[i] = str_dup(a, buf_str(&b));
        buf_free(&b);
    }
    js->fields = (json_fields){names, types, wanted, n};
    s->state = js;
    s->decode = spec->unwrapped ? decode_bare : any_wanted ? decode_object : decode_nothing;
    s->encode = spec->unwrapped ? encode_bare : encode_object;
    return true;
}

/* ---- as JSON, for replays */

str json_from_json(arena *a, const jnode *n, const type *t)
{
    (void)a;
    (void)t;
    return n->raw;
}

void json_put_json(buf *out, str bytes, const type *t)
{
    arena       a;
    str         rest;
    const char *why;
    (void)t;
    arena_init(&a);
    if (json_doc_parse(&a, bytes, &rest, &why) && str_trim(rest).n == 0)
        buf_puts(out, bytes);
    else
        json_put_string(out, utf8_repair(&a, bytes));
    arena_free(&a);
}

void json_put_bytes(buf *out, str bytes)
{
    arena a;
    arena_init(&a);
    json_put_string(out, utf8_repair(&a, bytes));
    arena_free(&a);
}
