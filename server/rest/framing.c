#include "server/rest/framing.h"

#include <math.h>

#include "server/rest/call.h"

/* ---- values */

static void put_quoted(buf *out, const type *t, value v)
{
    buf_putc(out, '"');
    value_text(out, t, v); /* text without anything that JSON escapes */
    buf_putc(out, '"');
}

static void put_map(buf *out, arena *scratch, const type *t, value v, bool in_struct)
{
    uint32_t *order = ARENA_ARRAY(scratch, uint32_t, v.n);
    value_map_order(scratch, t, v, order);
    buf_putc(out, '{');
    for (uint32_t i = 0; i < v.n; i++) {
        const value *entry = &v.v[2 * order[i]];
        if (i)
            buf_putc(out, ',');
        if (t->key->kind == T_STRING && !value_is_null(entry[0])) {
            json_put_text(out, value_str(entry[0]));
        } else {
            buf key = BUF_INIT(BUF_MAX);
            value_text(&key, t->key, entry[0]);
            json_put_text(out, buf_str(&key));
            buf_free(&key);
        }
        buf_putc(out, ':');
        row_put_value(out, scratch, t->elem, entry[1], in_struct);
    }
    buf_putc(out, '}');
}

void row_put_value(buf *out, arena *scratch, const type *t, value v, bool in_struct)
{
    if (value_is_null(v)) {
        buf_put(out, "null", 4);
        return;
    }
    switch (t->kind) {
    case T_INTEGER:
    case T_BIGINT:
        buf_put_digits(out, v.i);
        return;
    case T_STRING:
        json_put_text(out, value_str(v));
        return;
    case T_BOOLEAN:
    case T_DECIMAL:
        value_text(out, t, v);
        return;
    case T_DOUBLE:
        if (isfinite(v.d))
            value_text(out, t, v);
        else
            put_quoted(out, t, v);
        return;
    case T_BYTES:
        put_quoted(out, t, v);
        return;
    case T_TIME:
    case T_DATE:
    case T_TIMESTAMP:
        if (in_struct)
            buf_put_digits(out, v.i);
        else
            put_quoted(out, t, v);
        return;
    case T_ARRAY:
        buf_putc(out, '[');
        for (uint32_t i = 0; i < v.n; i++) {
            if (i)
                buf_putc(out, ',');
            row_put_value(out, scratch, t->elem, v.v[i], in_struct);
        }
        buf_putc(out, ']');
        return;
    case T_MAP:
        put_map(out, scratch, t, v, in_struct);
        return;
    case T_STRUCT:
        buf_putc(out, '{');
        for (uint32_t i = 0; i < v.n; i++) {
            if (i)
                buf_putc(out, ',');
            json_put_text(out, t->fields[i].name);
            buf_putc(out, ':');
            row_put_value(out, scratch, t->fields[i].type, v.v[i], true);
        }
        buf_putc(out, '}');
        return;
    default: /* the typeless NULL has no other value */
        buf_put(out, "null", 4);
    }
}

static void put_columns(framing *f, buf *out, const value *row)
{
    arena_reset(&f->scratch);
    buf_putc(out, '[');
    for (uint32_t i = 0; i < f->n; i++) {
        if (i)
            buf_putc(out, ',');
        row_put_value(out, &f->scratch, f->types[i], row[i], false);
    }
    buf_putc(out, ']');
}

/* ---- headers */

static void put_schema(buf *out, const query_columns *c)
{
    buf schema = BUF_INIT(BUF_MAX);
    for (uint32_t i = 0; i < c->n; i++) {
        if (i)
            buf_putz(&schema, ", ");
        buf_putc(&schema, '`');
        for (uint32_t k = 0; k < c->names[i].n; k++) {
            buf_putc(&schema, c->names[i].p[k]);
            if (c->names[i].p[k] == '`')
                buf_putc(&schema, '`');
        }
        buf_putz(&schema, "` ");
        type_print(&schema, c->types[i], true);
        if (!c->push && c->is_key && c->is_key[i])
            buf_putz(&schema, " KEY");
        if (!c->push && c->header_marks)
            buf_puts(&schema, c->header_marks[i]);
    }
    json_put_text(out, buf_str(&schema));
    buf_free(&schema);
}

static void put_metadata(buf *out, const query_columns *c)
{
    buf text = BUF_INIT(BUF_MAX);
    buf_putz(out, "{\"queryId\":");
    json_put_text(out, c->query_id);
    buf_putz(out, ",\"columnNames\":[");
    for (uint32_t i = 0; i < c->n; i++) {
        if (i)
            buf_putc(out, ',');
        json_put_text(out, c->names[i]);
    }
    buf_putz(out, "],\"columnTypes\":[");
    for (uint32_t i = 0; i < c->n; i++) {
        if (i)
            buf_putc(out, ',');
        buf_clear(&text);
        type_print(&text, c->types[i], true);
        json_put_text(out, buf_str(&text));
    }
    buf_putz(out, "]}");
    buf_free(&text);
}

/* ---- framings */

const char *framing_content_type(framing_kind k)
{
    static const char *const types[] = {TYPE_KSQL, TYPE_DELIMITED, TYPE_JSON};
    return types[k];
}

void framing_begin(framing *f, framing_kind k)
{
    *f = (framing){.kind = k, .scratch = f->scratch};
}

void framing_free(framing *f)
{
    arena_free(&f->scratch);
}

/* What stands around an item. Push: a comma and a line break as soon as it is written; pull: before the
 * next one, because the last has none. */
static void before(framing *f, buf *out)
{
    if (f->kind == FRAMING_JSON)
        buf_putc(out, ',');
    else if (f->kind == FRAMING_KSQL && !f->push)
        buf_put(out, ",\n", 2);
}

static void after(framing *f, buf *out)
{
    if (f->kind == FRAMING_DELIMITED)
        buf_putc(out, '\n');
    else if (f->kind == FRAMING_KSQL && f->push)
        buf_put(out, ",\n", 2);
}

void framing_header(framing *f, buf *out, const query_columns *c)
{
    f->push = c->push;
    f->n = c->n;
    f->types = c->types;
    if (f->kind != FRAMING_DELIMITED)
        buf_putc(out, '[');
    if (f->kind == FRAMING_KSQL) {
        buf_putz(out, "{\"header\":{\"queryId\":");
        json_put_text(out, c->query_id);
        buf_putz(out, ",\"schema\":");
        put_schema(out, c);
        buf_putz(out, "}}");
    } else {
        put_metadata(out, c);
    }
    after(f, out);
}

void framing_row(framing *f, buf *out, const value *row, bool tombstone)
{
    if (tombstone && f->kind != FRAMING_KSQL)
        return;
    before(f, out);
    if (f->kind == FRAMING_KSQL)
        buf_putz(out, "{\"row\":{\"columns\":");
    put_columns(f, out, row);
    if (f->kind == FRAMING_KSQL)
        buf_putz(out, tombstone ? ",\"tombstone\":true}}" : "}}");
    after(f, out);
}

void framing_error(framing *f, buf *out, int error_code, str msg)
{
    before(f, out);
    if (f->kind == FRAMING_KSQL)
        buf_putz(out, "{\"errorMessage\":");
    error_put(out, error_code, msg);
    if (f->kind == FRAMING_KSQL)
        buf_putc(out, '}');
    /* ksqlDB leaves ",\n" before the bracket of a push answer; no client needs what is no JSON. */
    buf_putc(out, f->kind == FRAMING_DELIMITED ? '\n' : ']');
}

void framing_end(framing *f, buf *out, query_end why)
{
    if (f->kind == FRAMING_DELIMITED)
        return;
    if (f->kind == FRAMING_KSQL && f->push)
        buf_putz(out, why == QUERY_LIMIT ? "{\"finalMessage\":\"Limit Reached\"}"
                                         : "{\"finalMessage\":\"Query Completed\"}");
    buf_putc(out, ']');
}
