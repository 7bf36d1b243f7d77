/* The compact row encoding (format.h). */
#include "base/num.h"
#include "engine/format/format.h"
#include "engine/types/decimal.h"

static void put_value(buf *out, const type *t, value v);

static void put_nulls(buf *out, const value *v, uint32_t n)
{
    uint32_t bytes = (n + 7) / 8;
    if (!buf_reserve(out, bytes))
        return;
    memset(out->p + out->n, 0, bytes);
    for (uint32_t i = 0; i < n; i++)
        if (v[i].state != V_OK)
            out->p[out->n + i / 8] = (char)(out->p[out->n + i / 8] | 1 << (i % 8));
    out->n += bytes;
}

static void put_elements(buf *out, const type *t, const value *v, uint32_t n)
{
    put_nulls(out, v, n);
    for (uint32_t i = 0; i < n; i++)
        if (v[i].state == V_OK)
            put_value(out, t, v[i]);
}

static void put_value(buf *out, const type *t, value v)
{
    switch (t->kind) {
    case T_BOOLEAN:
        buf_putc(out, (char)v.i);
        break;
    case T_INTEGER:
    case T_DATE:
    case T_TIME: {
        int32_t i = (int32_t)v.i;
        buf_put(out, &i, 4);
        break;
    }
    case T_BIGINT:
    case T_DOUBLE:
    case T_TIMESTAMP:
        buf_put(out, &v.i, 8);
        break;
    case T_STRING:
    case T_BYTES:
        buf_put_uvarint(out, v.n);
        buf_puts(out, value_str(v));
        break;
    case T_DECIMAL: {
        char tmp[16];
        buf  b = {tmp, 0, sizeof tmp, BUF_MAX, false};
        if (v.n) {
            buf_put_uvarint(out, v.n);
            buf_put(out, v.p, v.n);
        } else {
            decimal_to_bytes(&b, v);
            buf_put_uvarint(out, b.n);
            buf_put(out, b.p, b.n);
        }
        break;
    }
    case T_ARRAY:
        buf_put_uvarint(out, v.n);
        put_elements(out, t->elem, v.v, v.n);
        break;
    case T_MAP:
        buf_put_uvarint(out, (uint64_t)v.n << 1 | (v.flags & V_MAP_CAP16 ? 1 : 0));
        for (uint32_t i = 0; i < v.n; i++) {
            put_elements(out, t->key, &v.v[2 * i], 1);
            put_elements(out, t->elem, &v.v[2 * i + 1], 1);
        }
        break;
    case T_STRUCT:
        put_nulls(out, v.v, t->field_count);
        for (uint32_t i = 0; i < t->field_count; i++)
            if (v.v[i].state == V_OK)
                put_value(out, t->fields[i].type, v.v[i]);
        break;
    default:
        break;
    }
}

void row_encode(buf *out, const type *const *types, const value *row, uint32_t n)
{
    put_nulls(out, row, n);
    for (uint32_t i = 0; i < n; i++)
        if (row[i].state == V_OK)
            put_value(out, types[i], row[i]);
}

static const char *get_value(arena *a, const char *p, const char *end, const type *t, value *out);

static const char *get_elements(arena *a, const char *p, const char *end, const type *t, value *out, uint32_t n)
{
    const char *nulls = p;
    if ((size_t)(end - p) < (n + 7) / 8)
        return NULL;
    p += (n + 7) / 8;
    for (uint32_t i = 0; p && i < n; i++) {
        if (nulls[i / 8] >> (i % 8) & 1)
            out[i] = VALUE_NULL;
        else
            p = get_value(a, p, end, t, &out[i]);
    }
    return p;
}

static const char *get_array(arena *a, const char *p, const char *end, const type *t, value *out)
{
    uint64_t n;
    p = uvarint_read(p, end, &n);
    if (p == NULL || n > (uint64_t)(end - p) * 8)
        return NULL;
    value *e = arena_alloc(a, n * sizeof *e);
    *out = value_v(e, (uint32_t)n);
    return get_elements(a, p, end, t->elem, e, (uint32_t)n);
}

static const char *get_map(arena *a, const char *p, const char *end, const type *t, value *out)
{
    uint64_t n;
    p = uvarint_read(p, end, &n);
    if (p == NULL || n >> 1 > (uint64_t)(end - p))
        return NULL;
    uint16_t flags = n & 1 ? V_MAP_CAP16 : 0;
    n >>= 1;
    value *e = arena_alloc(a, 2 * n * sizeof *e);
    for (uint64_t i = 0; p && i < n; i++) {
        p = get_elements(a, p, end, t->key, &e[2 * i], 1);
        if (p)
            p = get_elements(a, p, end, t->elem, &e[2 * i + 1], 1);
    }
    *out = value_v(e, (uint32_t)n);
    out->flags = flags;
    return p;
}

static const char *get_struct(arena *a, const char *p, const char *end, const type *t, value *out)
{
    value      *e = arena_alloc(a, (t->field_count + 1) * sizeof *e);
    const char *nulls = p;
    if ((size_t)(end - p) < (t->field_count + 7) / 8)
        return NULL;
    p += (t->field_count + 7) / 8;
    for (uint32_t i = 0; p && i < t->field_count; i++) {
        if (nulls[i / 8] >> (i % 8) & 1)
            e[i] = VALUE_NULL;
        else
            p = get_value(a, p, end, t->fields[i].type, &e[i]);
    }
    *out = value_v(e, t->field_count);
    return p;
}

static const char *get_value(arena *a, const char *p, const char *end, const type *t, value *out)
{
    uint64_t n;
    switch (t->kind) {
    case T_BOOLEAN:
        if (p >= end)
            return NULL;
        *out = value_b(*p != 0);
        return p + 1;
    case T_INTEGER:
    case T_DATE:
    case T_TIME: {
        int32_t i;
        if (end - p < 4)
            return NULL;
        memcpy(&i, p, 4);
        *out = value_i(i);
        return p + 4;
    }
    case T_BIGINT:
    case T_DOUBLE:
    case T_TIMESTAMP: {
        int64_t i;
        if (end - p < 8)
            return NULL;
        memcpy(&i, p, 8);
        *out = value_i(i);
        return p + 8;
    }
    case T_STRING:
    case T_BYTES:
    case T_DECIMAL:
        p = uvarint_read(p, end, &n);
        if (p == NULL || n > (uint64_t)(end - p))
            return NULL;
        *out = t->kind == T_DECIMAL ? decimal_from_bytes(a, str_make(p, n)) : value_s(str_make(p, n));
        return p + n;
    case T_ARRAY:
        return get_array(a, p, end, t, out);
    case T_MAP:
        return get_map(a, p, end, t, out);
    case T_STRUCT:
        return get_struct(a, p, end, t, out);
    default:
        *out = VALUE_NULL;
        return p;
    }
}

bool row_decode(arena *a, str bytes, const type *const *types, value *row, uint32_t n)
{
    const char *p = bytes.p, *end = bytes.p + bytes.n, *nulls = p;
    if (bytes.n < (n + 7) / 8)
        return false;
    p += (n + 7) / 8;
    for (uint32_t i = 0; p && i < n; i++) {
        if (nulls[i / 8] >> (i % 8) & 1)
            row[i] = VALUE_NULL;
        else
            p = get_value(a, p, end, types[i], &row[i]);
    }
    return p == end;
}
