/* DELIMITED: one CSV record a message, columns by position, the rules of commons-csv's DEFAULT
 * format with another delimiter (spec/formats-and-schema-registry.md 5). */
#include <stdio.h>

#include "base/num.h"
#include "engine/format/format_int.h"
#include "engine/format/json_read.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"

bool delimited_check(const serde_spec *s, status *st)
{
    for (uint32_t i = 0; i < s->column_count; i++)
        if (type_is_nested(s->columns[i].type))
            return status_set(st, ST_SQL, "The 'DELIMITED' format does not support type '%s', column: `%.*s`",
                              type_base(s->columns[i].type), STR_FMT(s->columns[i].name));
    return true;
}

/* ---- reading */

typedef struct csv {
    const char *p, *end;
    char        delimiter;
    arena      *a;
    const char *err;
} csv;

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

/* One token; *last: the record ends behind it. */
static bool token(csv *c, str *out, bool *last)
{
    if (c->p < c->end && *c->p == '"') {
        char *o = arena_bytes(c->a, (size_t)(c->end - c->p)), *first = o;
        c->p++;
        for (;;) {
            if (c->p >= c->end) {
                c->err = "(startline 1) EOF reached before encapsulated token finished";
                return false;
            }
            if (*c->p != '"') {
                *o++ = *c->p++;
            } else if (c->p + 1 < c->end && c->p[1] == '"') {
                *o++ = '"';
                c->p += 2;
            } else {
                c->p++;
                break;
            }
        }
        *out = str_make(first, (size_t)(o - first));
        while (c->p < c->end && *c->p != c->delimiter && !is_break(*c->p)) {
            if ((unsigned char)*c->p > ' ') {
                c->err = "(line 1) invalid char between encapsulated token and delimiter";
                return false;
            }
            c->p++;
        }
    } else {
        const char *from = c->p;
        while (c->p < c->end && *c->p != c->delimiter && !is_break(*c->p))
            c->p++;
        *out = str_make(from, (size_t)(c->p - from));
    }
    *last = c->p >= c->end || is_break(*c->p);
    if (!*last)
        c->p++;
    return true;
}

static bool read_field(serde *s, arena *a, const type *t, str f, value *out)
{
    int64_t i;
    double  d;
    if (f.n == 0) {
        *out = VALUE_NULL;
        return true;
    }
    switch (t->kind) {
    case T_BOOLEAN:
        *out = value_b(str_eq_nocase(f, STR("true")));
        return true;
    case T_STRING:
        *out = value_s(utf8_repair(a, f));
        return true;
    case T_DOUBLE:
        if (!double_parse(f, &d))
            break;
        *out = value_d(d);
        return true;
    case T_BYTES: {
        str b;
        if (!base64_decode(a, f, &b))
            break;
        *out = value_s(b);
        return true;
    }
    case T_DECIMAL: {
        value   v;
        int32_t scale;
        return decimal_parse(a, f, &v, &scale) && decimal_fit(a, v, scale, t, out, s->err, sizeof s->err);
    }
    default:
        if (!num_parse_i64(f, &i))
            break;
        if ((t->kind == T_INTEGER || t->kind == T_DATE) && (i < INT32_MIN || i > INT32_MAX))
            break;
        if (t->kind == T_TIME && (i < 0 || i > MS_PER_DAY)) {
            snprintf(s->err, sizeof s->err,
                     "Time values must use number of milliseconds greater than 0 and less than "
                     "86400000.");
            return false;
        }
        *out = value_i(i);
        return true;
    }
    snprintf(s->err, sizeof s->err, "For input string: \"%.*s\"", STR_FMT(f));
    return false;
}

static decode_result delimited_error(serde *s, const char *why)
{
    char inner[SERDE_ERR_MAX];
    snprintf(inner, sizeof inner, "%s", why);
    snprintf(s->err, sizeof s->err, "Error deserializing delimited\nCaused by: %.400s", inner);
    return DECODE_BAD;
}

static decode_result delimited_decode(serde *s, arena *a, str bytes, value *row)
{
    csv c = {bytes.p, bytes.p + bytes.n, s->spec.delimiter ? s->spec.delimiter : ',', a, NULL};
    while (c.p < c.end && is_break(*c.p)) /* empty lines are ignored */
        c.p++;
    if (c.p >= c.end)
        return delimited_error(s, "No fields in record");
    uint32_t n = 0;
    for (bool last = false; !last; n++) {
        str f;
        if (!token(&c, &f, &last))
            return delimited_error(s, c.err);
        if (n < s->spec.column_count && !read_field(s, a, s->spec.columns[n].type, f, &row[n]))
            return delimited_error(s, s->err);
    }
    if (n != s->spec.column_count) {
        char msg[SERDE_ERR_MAX];
        snprintf(msg, sizeof msg, "Column count mismatch on deserialization. topic: %.*s, expected: %u, got: %u",
                 STR_FMT(s->spec.topic), s->spec.column_count, n);
        return delimited_error(s, msg);
    }
    return DECODE_OK;
}

/* ---- writing */

static bool needs_quotes(str t, bool first, char delimiter)
{
    if (t.n == 0)
        return first;
    unsigned char c = (unsigned char)t.p[0];
    bool          plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (first ? !plain : c <= '#')
        return true;
    for (uint32_t i = 0; i < t.n; i++)
        if (is_break(t.p[i]) || t.p[i] == '"' || t.p[i] == delimiter)
            return true;
    return (unsigned char)t.p[t.n - 1] <= ' ';
}

static void field_text(buf *out, const type *t, value v)
{
    switch (t->kind) {
    case T_DATE:
    case T_TIME:
    case T_TIMESTAMP:
        buf_printf(out, "%ld", v.i);
        break;
    default:
        value_text(out, t, v);
    }
}

static bool delimited_encode(serde *s, const value *row, buf *out, bool *null_out)
{
    char delimiter = s->spec.delimiter ? s->spec.delimiter : ',';
    buf  text = BUF_INIT(BUF_MAX);
    *null_out = false;
    for (uint32_t i = 0; i < s->spec.column_count; i++) {
        if (i)
            buf_putc(out, delimiter);
        if (row[i].state != V_OK)
            continue;
        buf_clear(&text);
        field_text(&text, s->spec.columns[i].type, row[i]);
        str t = buf_str(&text);
        if (!needs_quotes(t, i == 0, delimiter)) {
            buf_puts(out, t);
            continue;
        }
        buf_putc(out, '"');
        for (uint32_t k = 0; k < t.n; k++) {
            if (t.p[k] == '"')
                buf_putc(out, '"');
            buf_putc(out, t.p[k]);
        }
        buf_putc(out, '"');
    }
    buf_free(&text);
    return !out->full;
}

bool delimited_bind(arena *a, serde *s, status *st)
{
    (void)a;
    (void)st;
    s->decode = delimited_decode;
    s->encode = delimited_encode;
    return true;
}

/* ---- as JSON, for replays */

str delimited_from_json(arena *a, const jnode *n, const type *t)
{
    (void)t;
    return n->kind == J_STRING ? str_dup(a, n->text) : n->raw;
}

void delimited_put_json(buf *out, str bytes, const type *t)
{
    (void)t;
    json_put_bytes(out, bytes);
}
