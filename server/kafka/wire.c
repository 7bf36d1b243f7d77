#include "server/kafka/wire.h"

#include <assert.h>

#include "base/num.h"

/* ---- reading */

void wire_reader_init(wire_reader *r, const uint8_t *p, size_t n, arena *a)
{
    size_t budget = ((size_t)1 << 20) + 8 * n;
    *r = (wire_reader){.p = p, .end = p + n, .a = a};
    r->mem_left = budget < WIRE_LISTS_MAX ? budget : WIRE_LISTS_MAX;
}

static bool fail(wire_reader *r, const char *why)
{
    if (r->fault == NULL)
        r->fault = why;
    r->p = r->end;
    return false;
}

static const uint8_t *take(wire_reader *r, size_t n)
{
    if ((size_t)(r->end - r->p) < n) {
        fail(r, "the request ends in the middle of a field");
        return NULL;
    }
    const uint8_t *p = r->p;
    r->p += n;
    return p;
}

static uint8_t get_u8(wire_reader *r)
{
    const uint8_t *p = take(r, 1);
    return p ? *p : 0;
}

static int16_t get_i16(wire_reader *r)
{
    const uint8_t *p = take(r, 2);
    return p ? (int16_t)be_get16(p) : 0;
}

int32_t wire_get_i32(wire_reader *r)
{
    const uint8_t *p = take(r, 4);
    return p ? (int32_t)be_get32(p) : 0;
}

static int64_t get_i64(wire_reader *r)
{
    const uint8_t *p = take(r, 8);
    return p ? (int64_t)be_get64(p) : 0;
}

static uint32_t get_uvarint(wire_reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t c = get_u8(r);
        v |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80)) {
            if (v > UINT32_MAX)
                break;
            return (uint32_t)v;
        }
    }
    fail(r, "a length is longer than 32 bits");
    return 0;
}

/* Length of a string (int16 in classic versions), bytes or list (int32); -1 is null. */
static int64_t get_length(wire_reader *r, bool is_string)
{
    if (r->flexible)
        return (int64_t)get_uvarint(r) - 1;
    int64_t n = is_string ? get_i16(r) : wire_get_i32(r);
    if (n < -1)
        fail(r, "a negative length");
    return n;
}

static str get_bytes(wire_reader *r, int64_t n, bool nullable)
{
    if (n < 0) {
        if (!nullable)
            fail(r, "null where a value is required");
        return STR_NONE;
    }
    const uint8_t *p = take(r, (size_t)n);
    return p ? str_make((const char *)p, (size_t)n) : STR_NONE;
}

str wire_get_classic_string(wire_reader *r)
{
    int16_t n = get_i16(r);
    if (n < -1)
        fail(r, "a negative length");
    return get_bytes(r, n, true);
}

void wire_skip_tags(wire_reader *r)
{
    uint32_t n = get_uvarint(r);
    while (n-- > 0 && r->fault == NULL) {
        get_uvarint(r);
        take(r, get_uvarint(r));
    }
}

static uint32_t scalar_size(uint8_t type)
{
    static const uint8_t size[] = {[WIRE_BOOL] = sizeof(bool),
                                   [WIRE_INT8] = 1,
                                   [WIRE_INT16] = 2,
                                   [WIRE_INT32] = 4,
                                   [WIRE_INT64] = 8,
                                   [WIRE_UUID] = 16,
                                   [WIRE_STRING] = sizeof(str),
                                   [WIRE_BYTES] = sizeof(str),
                                   [WIRE_RECORDS] = sizeof(str),
                                   [WIRE_SLICE] = sizeof(fetch_slice),
                                   [WIRE_LIST] = sizeof(wire_list)};
    return size[type];
}

static void get_struct(wire_reader *r, const wire_struct *s, char *out);

static void get_scalar(wire_reader *r, uint8_t type, bool nullable, char *at)
{
    switch ((wire_type)type) {
    case WIRE_BOOL: {
        bool v = get_u8(r) != 0;
        memcpy(at, &v, sizeof v);
        break;
    }
    case WIRE_INT8: {
        uint8_t v = get_u8(r);
        memcpy(at, &v, 1);
        break;
    }
    case WIRE_INT16: {
        int16_t v = get_i16(r);
        memcpy(at, &v, 2);
        break;
    }
    case WIRE_INT32: {
        int32_t v = wire_get_i32(r);
        memcpy(at, &v, 4);
        break;
    }
    case WIRE_INT64: {
        int64_t v = get_i64(r);
        memcpy(at, &v, 8);
        break;
    }
    case WIRE_UUID: {
        const uint8_t *p = take(r, 16);
        if (p)
            memcpy(at, p, 16);
        break;
    }
    case WIRE_STRING:
    case WIRE_BYTES:
    case WIRE_RECORDS: {
        str v = get_bytes(r, get_length(r, type == WIRE_STRING), nullable);
        memcpy(at, &v, sizeof v);
        break;
    }
    case WIRE_SLICE: {
        str         v = get_bytes(r, get_length(r, false), nullable);
        fetch_slice slice = {.fd = -1, .data = (const uint8_t *)v.p, .len_bytes = v.n};
        memcpy(at, &slice, sizeof slice);
        break;
    }
    case WIRE_LIST:
        assert(false);
    }
}

static void get_list(wire_reader *r, const wire_field *f, char *at)
{
    wire_list l = {.p = NULL, .n = -1};
    int64_t   n = get_length(r, false);
    if (n < 0) {
        if (r->version < f->null_lo)
            fail(r, "null where a list is required");
    } else if (n > r->end - r->p) { /* every element takes a byte at least */
        fail(r, "a list claims more elements than the request has bytes");
    } else {
        size_t size = f->sub ? f->sub->size : scalar_size(f->elem);
        size_t bytes = (size_t)n * size;
        if (bytes > r->mem_left) {
            fail(r, "its lists need more memory than a request may take");
        } else {
            r->mem_left -= bytes;
            l.p = arena_zalloc(r->a, bytes);
            l.n = (int32_t)n;
            for (int64_t i = 0; i < n && r->fault == NULL; i++) {
                char *elem = (char *)l.p + (size_t)i * size;
                if (f->sub)
                    get_struct(r, f->sub, elem);
                else
                    get_scalar(r, f->elem, false, elem);
            }
        }
    }
    memcpy(at, &l, sizeof l);
}

static void get_field(wire_reader *r, const wire_field *f, char *at)
{
    if (f->type == WIRE_LIST)
        get_list(r, f, at);
    else
        get_scalar(r, f->type, r->version >= f->null_lo, at);
}

static void put_default(const wire_field *f, char *at)
{
    switch ((wire_type)f->type) {
    case WIRE_BOOL: {
        bool v = f->def != 0;
        memcpy(at, &v, sizeof v);
        break;
    }
    case WIRE_INT8:
    case WIRE_INT16:
    case WIRE_INT32:
    case WIRE_INT64:
        memcpy(at, &f->def, scalar_size(f->type)); /* little-endian: the low bytes come first */
        break;
    case WIRE_SLICE: {
        fetch_slice none = {.fd = -1};
        memcpy(at, &none, sizeof none);
        break;
    }
    case WIRE_UUID:
    case WIRE_STRING:
    case WIRE_BYTES:
    case WIRE_RECORDS:
    case WIRE_LIST:
        memset(at, 0, scalar_size(f->type));
        break;
    }
}

static bool in_version(const wire_field *f, int16_t version)
{
    return version >= f->lo && version <= f->hi;
}

static void get_tags(wire_reader *r, const wire_struct *s, char *out)
{
    uint32_t n = get_uvarint(r);
    while (n-- > 0 && r->fault == NULL) {
        uint32_t       tag = get_uvarint(r);
        uint32_t       size = get_uvarint(r);
        const uint8_t *p = take(r, size);
        if (p == NULL)
            return;
        for (uint16_t i = 0; i < s->count; i++) {
            const wire_field *f = &s->fields[i];
            if (f->tag == WIRE_NEVER || (uint32_t)f->tag != tag || !in_version(f, r->version))
                continue;
            const uint8_t *rest = r->p, *end = r->end;
            r->p = p;
            r->end = p + size;
            get_field(r, f, out + f->at);
            if (r->fault)
                return;
            r->p = rest;
            r->end = end;
        }
    }
}

static void get_struct(wire_reader *r, const wire_struct *s, char *out)
{
    for (uint16_t i = 0; i < s->count; i++) {
        const wire_field *f = &s->fields[i];
        if (f->tag == WIRE_NEVER && in_version(f, r->version))
            get_field(r, f, out + f->at);
        else
            put_default(f, out + f->at);
    }
    if (r->flexible)
        get_tags(r, s, out);
}

bool wire_decode(wire_reader *r, const wire_struct *s, void *out)
{
    get_struct(r, s, out);
    return r->fault == NULL;
}

/* ---- writing */

static void put_length(wire_writer *w, int64_t n, bool is_string)
{
    if (w->flexible)
        buf_put_uvarint(w->out, (uint64_t)(n + 1));
    else if (is_string)
        buf_put_i16(w->out, (int16_t)n);
    else
        buf_put_i32(w->out, (int32_t)n);
}

static void put_cut(wire_writer *w, const fetch_slice *slice)
{
    if (w->cut_count == w->cut_cap) {
        uint32_t  cap = w->cut_cap ? w->cut_cap * 2 : 8;
        wire_cut *cuts = ARENA_ARRAY(w->a, wire_cut, cap);
        if (w->cut_count)
            memcpy(cuts, w->cuts, w->cut_count * sizeof *cuts);
        w->cuts = cuts;
        w->cut_cap = cap;
    }
    w->cuts[w->cut_count++] = (wire_cut){.at = w->out->n, .slice = *slice};
}

static void put_struct(wire_writer *w, const wire_struct *s, const char *in);

static void put_scalar(wire_writer *w, uint8_t type, bool nullable, const char *at)
{
    switch ((wire_type)type) {
    case WIRE_BOOL:
    case WIRE_INT8:
        buf_putc(w->out, *at);
        break;
    case WIRE_INT16: {
        int16_t v;
        memcpy(&v, at, 2);
        buf_put_i16(w->out, v);
        break;
    }
    case WIRE_INT32: {
        int32_t v;
        memcpy(&v, at, 4);
        buf_put_i32(w->out, v);
        break;
    }
    case WIRE_INT64: {
        int64_t v;
        memcpy(&v, at, 8);
        buf_put_i64(w->out, v);
        break;
    }
    case WIRE_UUID:
        buf_put(w->out, at, 16);
        break;
    case WIRE_STRING:
    case WIRE_BYTES:
    case WIRE_RECORDS: {
        str v;
        memcpy(&v, at, sizeof v);
        if (v.p == NULL && nullable) {
            put_length(w, -1, type == WIRE_STRING);
            break;
        }
        if (type == WIRE_STRING && v.n > INT16_MAX)
            v.n = INT16_MAX; /* only an error message can be as long */
        put_length(w, v.n, type == WIRE_STRING);
        buf_puts(w->out, v);
        break;
    }
    case WIRE_SLICE: {
        fetch_slice v;
        memcpy(&v, at, sizeof v);
        put_length(w, v.len_bytes, false);
        if (v.len_bytes)
            put_cut(w, &v);
        break;
    }
    case WIRE_LIST:
        assert(false);
    }
}

static void put_field(wire_writer *w, const wire_field *f, const char *at)
{
    if (f->type != WIRE_LIST) {
        put_scalar(w, f->type, w->version >= f->null_lo, at);
        return;
    }
    wire_list l;
    memcpy(&l, at, sizeof l);
    if (l.n < 0 && w->version >= f->null_lo) {
        put_length(w, -1, false);
        return;
    }
    int32_t n = l.n < 0 ? 0 : l.n;
    size_t  size = f->sub ? f->sub->size : scalar_size(f->elem);
    put_length(w, n, false);
    for (int32_t i = 0; i < n && !w->out->full; i++) {
        const char *elem = (const char *)l.p + (size_t)i * size;
        if (f->sub)
            put_struct(w, f->sub, elem);
        else
            put_scalar(w, f->elem, false, elem);
    }
}

static bool is_default(const wire_field *f, const char *at)
{
    char def[sizeof(fetch_slice)] = {0};
    if (f->type == WIRE_LIST) {
        wire_list l;
        memcpy(&l, at, sizeof l);
        return l.n == 0;
    }
    put_default(f, def);
    return memcmp(def, at, scalar_size(f->type)) == 0;
}

static void put_tags(wire_writer *w, const wire_struct *s, const char *in)
{
    uint32_t n = 0;
    for (uint16_t i = 0; i < s->count; i++) {
        const wire_field *f = &s->fields[i];
        n += f->tag != WIRE_NEVER && in_version(f, w->version) && !is_default(f, in + f->at);
    }
    buf_put_uvarint(w->out, n);
    for (uint16_t i = 0; n > 0 && i < s->count; i++) {
        const wire_field *f = &s->fields[i];
        if (f->tag == WIRE_NEVER || !in_version(f, w->version) || is_default(f, in + f->at))
            continue;
        buf_put_uvarint(w->out, (uint64_t)f->tag);
        size_t at = w->out->n;
        put_field(w, f, in + f->at);
        size_t size = w->out->n - at;
        char   head[VARINT_MAX_BYTES];
        size_t head_n = uvarint_write(head, size);
        if (!buf_reserve(w->out, head_n))
            return;
        memmove(w->out->p + at + head_n, w->out->p + at, size);
        memcpy(w->out->p + at, head, head_n);
        w->out->n += head_n;
    }
}

static void put_struct(wire_writer *w, const wire_struct *s, const char *in)
{
    for (uint16_t i = 0; i < s->count; i++) {
        const wire_field *f = &s->fields[i];
        if (f->tag == WIRE_NEVER && in_version(f, w->version))
            put_field(w, f, in + f->at);
    }
    if (w->flexible)
        put_tags(w, s, in);
}

void wire_encode(wire_writer *w, const wire_struct *s, const void *in)
{
    put_struct(w, s, in);
}

void *wire_new(arena *a, const wire_struct *s, size_t n)
{
    char *p = arena_zalloc(a, n * s->size);
    for (size_t i = 0; i < n; i++)
        for (uint16_t k = 0; k < s->count; k++)
            put_default(&s->fields[k], p + i * s->size + s->fields[k].at);
    return p;
}
