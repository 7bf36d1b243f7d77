#include "engine/format/guess.h"

#include <unistr.h>

#include "base/num.h"
#include "engine/format/json_doc.h"
#include "engine/types/value.h"

/* ---- plain bytes */

static bool is_json(str s)
{
    arena       a;
    const char *err;
    str         rest;
    arena_init(&a);
    jnode *j = json_doc_parse(&a, s, &rest, &err);
    /* A bare number or text is more likely to be a text than JSON. */
    bool is = j && (j->kind == J_OBJECT || j->kind == J_ARRAY) && str_trim(rest).n == 0;
    arena_free(&a);
    return is;
}

/* Without blanks between the tokens, so that a record stays on its line. */
static void put_json(buf *out, str s)
{
    bool quoted = false;
    for (uint32_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
            continue;
        if (quoted && c == '\\' && i + 1 < s.n)
            buf_putc(out, s.p[i++]);
        else if (c == '"')
            quoted = !quoted;
        buf_putc(out, s.p[i]);
    }
}

static bool is_4_bytes(str s)
{
    return s.n == 4;
}

static void put_int(buf *out, str s)
{
    buf_printf(out, "%d", (int32_t)be_get32(s.p));
}

static bool is_8_bytes(str s)
{
    return s.n == 8;
}

static void put_bigint(buf *out, str s)
{
    buf_printf(out, "%ld", (int64_t)be_get64(s.p));
}

static void put_double(buf *out, str s)
{
    uint64_t bits = be_get64(s.p);
    double   d;
    memcpy(&d, &bits, sizeof d);
    double_text(out, d);
}

static bool is_utf8(str s)
{
    return u8_check((const uint8_t *)s.p, s.n) == NULL;
}

static void put_unknown(buf *out, str s)
{
    for (uint32_t i = 0; i < s.n; i++)
        if (s.p[i] >= ' ' && s.p[i] <= '~')
            buf_putc(out, s.p[i]);
        else
            buf_printf(out, "\\x%02X", (unsigned)(unsigned char)s.p[i]);
}

static const struct {
    const char *name;
    bool (*fits)(str s);
    void (*put)(buf *out, str s);
} plain[] = {
    {"JSON", is_json, put_json},
    {"KAFKA_INT", is_4_bytes, put_int},
    {"KAFKA_BIGINT", is_8_bytes, put_bigint},
    {"KAFKA_DOUBLE", is_8_bytes, put_double},
    {"KAFKA_STRING", is_utf8, buf_puts},
};
#define PLAIN_COUNT (sizeof plain / sizeof *plain)

/* ---- keys of windows: the bounds stand behind the key */

#define WINDOW_MS_MAX 7258118400000 /* the year 2200: what lies later is hardly a window's bound */

static bool is_bound(const char *p)
{
    uint64_t ms = be_get64(p);
    return ms <= WINDOW_MS_MAX;
}

static const struct {
    const char *name; /* NULL: not of a window */
    uint32_t    bytes;
} windows[] = {{"SESSION", 16}, {"TUMBLING", 8}, {"HOPPING", 8}, {NULL, 0}};
#define WINDOW_COUNT (sizeof windows / sizeof *windows)

static bool fits(size_t candidate, str bytes)
{
    uint32_t w = windows[candidate % WINDOW_COUNT].bytes;
    if (w == 0)
        return plain[candidate / WINDOW_COUNT].fits(bytes);
    if (bytes.n <= w)
        return false;
    const char *bounds = bytes.p + bytes.n - w;
    /* A session's end stands in front of its start. */
    if (!is_bound(bounds) || (w == 16 && (!is_bound(bounds + 8) || be_get64(bounds + 8) > be_get64(bounds))))
        return false;
    return plain[candidate / WINDOW_COUNT].fits(str_make(bytes.p, bytes.n - w));
}

/* ---- the guess */

void format_guess_init(format_guess *g, bool is_key)
{
    *g = (format_guess){.is_key = is_key};
    for (size_t i = 0; i < PLAIN_COUNT * WINDOW_COUNT; i++)
        if (is_key || windows[i % WINDOW_COUNT].name == NULL)
            g->possible |= 1u << i;
}

bool format_guess_narrow(format_guess *g, str bytes)
{
    bool     first = !g->seen;
    uint32_t was = g->possible;
    for (size_t i = 0; i < PLAIN_COUNT * WINDOW_COUNT; i++)
        if (g->possible >> i & 1 && !fits(i, bytes))
            g->possible &= ~(1u << i);
    g->seen = true;
    return first || g->possible != was;
}

void format_guess_put_names(const format_guess *g, buf *out)
{
    const char *separator = "";
    if (!g->seen) {
        buf_puts(out, STR("\xc2\xaf\\_(\xe3\x83\x84)_/\xc2\xaf - no data processed"));
        return;
    }
    if (g->possible == 0)
        buf_puts(out, STR(" does not match any supported format. It may be a STRING with encoding other than UTF8, or "
                          "some other format."));
    for (size_t i = 0; i < PLAIN_COUNT * WINDOW_COUNT; i++) {
        const char *window = windows[i % WINDOW_COUNT].name, *name = plain[i / WINDOW_COUNT].name;
        if ((g->possible >> i & 1) == 0)
            continue;
        buf_printf(out, window ? "%s%s(%s)" : "%s%s%s", separator, window ? window : "", name);
        separator = " or ";
    }
}

void format_guess_put(const format_guess *g, str bytes, buf *out)
{
    if (g->possible == 0) {
        put_unknown(out, bytes);
        return;
    }
    size_t   i = (size_t)__builtin_ctz(g->possible);
    uint32_t w = windows[i % WINDOW_COUNT].bytes;
    if (w)
        buf_putc(out, '[');
    plain[i / WINDOW_COUNT].put(out, str_make(bytes.p, bytes.n - w));
    if (w == 0)
        return;
    const char *bounds = bytes.p + bytes.n - w;
    if (w == 16)
        buf_printf(out, "@%lu/%lu]", be_get64(bounds + 8), be_get64(bounds));
    else
        buf_printf(out, "@%lu/-]", be_get64(bounds));
}
