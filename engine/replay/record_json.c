#include "engine/replay/record_json.h"

#include "base/num.h"
#include "storage/rec.h"

static int64_t long_member(const jnode *n, const char *name)
{
    const jnode *m = json_doc_member(n, name);
    int64_t      v = 0;
    if (m && m->kind == J_NUMBER)
        num_parse_i64(m->text, &v);
    return v;
}

static void put_headers(arena *a, const jnode *list, driver_rec *rec)
{
    buf b = BUF_INIT(BUF_MAX);
    for (const jnode *h = list ? list->first : NULL; h; h = h->next) {
        const jnode *k = json_doc_member(h, "KEY"), *v = json_doc_member(h, "VALUE");
        str          raw = STR_NONE;
        if (k == NULL)
            continue;
        buf_put_varint(&b, k->text.n);
        buf_puts(&b, k->text);
        if (v && v->kind == J_STRING && base64_decode(a, v->text, &raw)) {
            buf_put_varint(&b, raw.n);
            buf_puts(&b, raw);
        } else {
            buf_put_varint(&b, -1);
        }
        rec->header_count++;
    }
    rec->headers = str_dup(a, buf_str(&b));
    buf_free(&b);
}

static str window_key(arena *a, str key, const jnode *w)
{
    const jnode *kind = json_doc_member(w, "type");
    buf          b = BUF_INIT(BUF_MAX);
    buf_puts(&b, key);
    if (kind && str_eq_nocase(kind->text, STR("session"))) {
        buf_put_i64(&b, long_member(w, "end"));
        buf_put_i64(&b, long_member(w, "start"));
    } else {
        buf_put_i64(&b, long_member(w, "start"));
    }
    str s = str_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

/* "key" by its format, or the bytes themselves from "keyText" or "keyBytes". */
static str side_bytes(arena *a, const jnode *n, const char *name, const side_format *f, const type *t)
{
    const jnode *text = json_doc_member(n, str_z(a, str_fmt(a, "%sText", name)));
    const jnode *bytes = json_doc_member(n, str_z(a, str_fmt(a, "%sBytes", name)));
    str          raw;
    if (text && text->kind == J_STRING)
        return str_dup(a, text->text);
    if (bytes && bytes->kind == J_STRING && base64_decode(a, bytes->text, &raw))
        return raw.p ? raw : STR("");
    return side_from_json(f, a, json_doc_member(n, name), t);
}

driver_rec record_json_read(arena *a, const jnode *n, const driver_topic *t)
{
    const jnode *w = json_doc_member(n, "window");
    driver_rec   rec = {.ts = long_member(n, "timestamp")};
    rec.key = side_bytes(a, n, "key", &t->key, t->key_type);
    rec.val = side_bytes(a, n, "value", &t->val, t->val_type);
    if (w && w->kind == J_OBJECT && rec.key.p)
        rec.key = window_key(a, rec.key, w);
    put_headers(a, json_doc_member(n, "headers"), &rec);
    return rec;
}

void record_json_put(buf *out, const driver_topic *t, const driver_rec *rec)
{
    str     key = rec->key;
    int64_t start = 0, end = 0;
    bool    windowed = t->window.kind && key.p;
    if (windowed && t->window.kind == WINDOW_SESSION && key.n >= 16) {
        key.n -= 16;
        end = (int64_t)be_get64(key.p + key.n);
        start = (int64_t)be_get64(key.p + key.n + 8);
    } else if (windowed && key.n >= 8) {
        key.n -= 8;
        start = (int64_t)be_get64(key.p + key.n);
        end = add_clamped(start, t->window.size_ms);
    }
    buf_putz(out, "{\"key\":");
    side_put_json(&t->key, out, key, t->key_type);
    buf_putz(out, ",\"value\":");
    side_put_json(&t->val, out, rec->val, t->val_type);
    buf_printf(out, ",\"timestamp\":%ld", rec->ts);
    if (windowed)
        buf_printf(out, ",\"window\":{\"start\":%ld,\"end\":%ld,\"type\":\"%s\"}", start, end,
                   t->window.kind == WINDOW_SESSION ? "session" : "time");
    if (rec->header_count) {
        rec_view       v = {.header_count = rec->header_count,
                            .headers = (const uint8_t *)rec->headers.p,
                            .headers_end = (const uint8_t *)rec->headers.p + rec->headers.n};
        const uint8_t *at = v.headers;
        rec_header     h;
        buf_putz(out, ",\"headers\":[");
        for (uint32_t i = 0; i < rec->header_count && rec_header_next(&v, &at, &h); i++) {
            buf_putz(out, i ? ",{\"KEY\":" : "{\"KEY\":");
            json_put_string(out, h.key);
            buf_putz(out, ",\"VALUE\":");
            json_put_value(out, &type_bytes, h.value_null ? VALUE_NULL : value_s(h.value));
            buf_putc(out, '}');
        }
        buf_putc(out, ']');
    }
    buf_putc(out, '}');
}
