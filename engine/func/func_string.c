/* STRING functions (spec/functions.md 3.3); positions and lengths are in UTF-16 units. The MASK family
 * is in func_mask.c, encodings and digests in func_encoding.c. */
#include <unicase.h>

#include "base/mem.h"
#include "engine/func/func_int.h"
#include "engine/types/value_set.h"

/* ---- LEN, UCASE, LCASE, INITCAP, TRIM */

FN(len_text)
{
    return value_i(utf16_length(value_str(args[0])));
}

FN(len_bytes)
{
    return value_i(args[0].n);
}

typedef uint8_t *(*case_map)(const uint8_t *, size_t, const char *, uninorm_t, uint8_t *, size_t *);

/* Full mapping of text that is not ASCII alone: at most three bytes come from one. */
static str map_case(ectx *cx, str s, case_map map)
{
    size_t   n = (size_t)s.n * 3 + 16;
    char    *room = arena_bytes(cx->a, n);
    uint8_t *p = map((const uint8_t *)s.p, s.n, NULL, NULL, (uint8_t *)room, &n);
    if (p == NULL) /* malformed text: unchanged */
        return s;
    if ((char *)p == room)
        return str_make(room, n);
    str out = str_dup(cx->a, str_make((char *)p, n));
    mem_free(p);
    return out;
}

static str ascii_case(ectx *cx, str s, char first, char last)
{
    char *p = arena_bytes(cx->a, s.n);
    for (uint32_t i = 0; i < s.n; i++)
        p[i] = s.p[i] >= first && s.p[i] <= last ? (char)(s.p[i] ^ 0x20) : s.p[i];
    return str_make(p, s.n);
}

static str lower(ectx *cx, str s)
{
    return str_is_ascii(s) ? ascii_case(cx, s, 'A', 'Z') : map_case(cx, s, u8_tolower);
}

FN(ucase)
{
    str s = value_str(args[0]);
    return value_s(str_is_ascii(s) ? ascii_case(cx, s, 'a', 'z') : map_case(cx, s, u8_toupper));
}

FN(lcase)
{
    return value_s(lower(cx, value_str(args[0])));
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

FN(initcap)
{
    str      s = lower(cx, value_str(args[0]));
    char    *p = arena_bytes(cx->a, (size_t)s.n * 2); /* an upper-case letter has 3 bytes at most */
    uint32_t n = 0;
    bool     word = false;
    for (uint32_t i = 0; i < s.n;) {
        uint32_t len = 1, cp = 0;
        if (is_blank(s.p[i])) {
            if (n) /* blanks before the first word are dropped */
                p[n++] = s.p[i];
            word = false;
        } else if (word) {
            p[n++] = s.p[i];
        } else {
            cp = utf8_at(s.p + i, s.p + s.n, &len);
            if (cp < 0x10000) /* a unit of a pair has no case */
                cp = (uint32_t)uc_toupper(cp);
            n += utf8_write(p + n, cp);
            word = true;
        }
        i += len;
    }
    return value_s(str_make(p, n));
}

FN(trim)
{
    return value_s(str_trim(value_str(args[0])));
}

/* ---- SUBSTRING */

static void sub_bounds(int64_t n, int64_t pos, const value *length, int64_t *from, int64_t *to)
{
    int64_t start = pos < 0 ? (n + pos > 0 ? n + pos : 0) : pos - 1 < n ? pos - 1 : n;
    if (start < 0)
        start = 0;
    int64_t end = n;
    if (length) {
        end = (int32_t)(uint32_t)((uint64_t)start + (uint64_t)length->i); /* wraps as Java's int */
        if (end > n)
            end = n;
        if (end < start)
            end = start;
    }
    *from = start;
    *to = end;
}

static value substring_text(ectx *cx, const value *args, const value *length)
{
    str     s = value_str(args[0]);
    int64_t from, to;
    bool    ascii = str_is_ascii(s);
    sub_bounds(ascii ? s.n : utf16_length(s), args[1].i, length, &from, &to);
    if (ascii)
        return value_s(str_make(s.p + from, (size_t)(to - from)));
    return value_s(utf16_slice(cx->a, s, (uint32_t)from, (uint32_t)to));
}

static value substring_bytes(const value *args, const value *length)
{
    int64_t from, to;
    sub_bounds(args[0].n, args[1].i, length, &from, &to);
    return value_s(str_make(args[0].p + from, (size_t)(to - from)));
}

FN(substring_text_from)
{
    return substring_text(cx, args, NULL);
}

FN(substring_text_length)
{
    return substring_text(cx, args, &args[2]);
}

FN(substring_bytes_from)
{
    return substring_bytes(args, NULL);
}

FN(substring_bytes_length)
{
    return substring_bytes(args, &args[2]);
}

/* ---- CONCAT, CONCAT_WS */

static value concat(ectx *cx, const value *args, uint32_t n, str sep, bool bytes)
{
    size_t   size = 0;
    uint32_t parts = 0;
    for (uint32_t i = 0; i < n; i++)
        if (args[i].state == V_OK) {
            size += args[i].n + (size_t)(parts ? sep.n : 0);
            parts++;
        }
    char *p = text_room(cx, size), *o = p;
    if (p == NULL)
        return VALUE_ERR;
    parts = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (args[i].state != V_OK)
            continue;
        if (parts++ && sep.n) {
            memcpy(o, sep.p, sep.n);
            o += sep.n;
        }
        /* The reference consumes a BYTES buffer: given a second time it adds zeros. */
        bool again = false;
        for (uint32_t k = 0; bytes && k < i; k++)
            again |= args[k].state == V_OK && args[k].p == args[i].p && args[k].n == args[i].n;
        if (again)
            memset(o, 0, args[i].n);
        else if (args[i].n)
            memcpy(o, args[i].p, args[i].n);
        o += args[i].n;
    }
    return value_s(str_make(p, size));
}

FN(concat_text)
{
    return concat(cx, args, f->arg_count, STR_NONE, false);
}

FN(concat_bytes)
{
    return concat(cx, args, f->arg_count, STR_NONE, true);
}

FN(concat_ws)
{
    if (f->arg_count < 2)
        return ectx_fail(cx, "Function Concat_WS expects at least two input arguments.");
    if (args[0].state != V_OK)
        return VALUE_NULL;
    return concat(cx, args + 1, f->arg_count - 1, value_str(args[0]), false);
}

/* ---- REPLACE */

/* Empty needle: around every unit. */
static value replace_between(ectx *cx, str s, str with)
{
    uint32_t  n;
    uint16_t *u = utf16_from(cx->a, s, &n);
    buf      *b = text_scratch();
    char      tmp[4];
    for (uint32_t i = 0; i < n; i++) {
        buf_puts(b, with);
        /* a surrogate stands alone when something is put between the two */
        uint32_t cp = u[i];
        if (with.n == 0 && cp >= 0xd800 && cp < 0xdc00 && i + 1 < n)
            cp = 0x10000 + ((cp - 0xd800) << 10) + (u[++i] - 0xdc00u);
        buf_put(b, tmp, utf8_write(tmp, cp));
    }
    buf_puts(b, with);
    return text_scratch_value(cx);
}

FN(replace)
{
    str s = value_str(args[0]), old = value_str(args[1]), with = value_str(args[2]);
    if (old.n == 0)
        return replace_between(cx, s, with);
    uint64_t hits = 0;
    for (int64_t at = str_find(s, old, 0); at >= 0; at = str_find(s, old, (size_t)at + old.n))
        hits++;
    if (hits == 0)
        return args[0];
    char *p = text_room(cx, s.n - hits * old.n + hits * with.n), *o = p;
    if (p == NULL)
        return VALUE_ERR;
    size_t from = 0;
    for (int64_t at; (at = str_find(s, old, from)) >= 0; from = (size_t)at + old.n) {
        memcpy(o, s.p + from, (size_t)at - from);
        o += (size_t)at - from;
        if (with.n)
            memcpy(o, with.p, with.n);
        o += with.n;
    }
    memcpy(o, s.p + from, s.n - from);
    o += s.n - from;
    return value_s(str_make(p, (size_t)(o - p)));
}

/* ---- INSTR */

/* Units of a text: bytes when it is ASCII. */
typedef struct units {
    const uint16_t *u;
    uint32_t        n;
} units;

static bool same_at(units s, uint32_t at, units t)
{
    return at + t.n <= s.n && memcmp(s.u + at, t.u, t.n * sizeof *t.u) == 0;
}

static int64_t instr_units(units s, units t, int64_t pos, int64_t occurrence)
{
    if (pos == 0 || occurrence <= 0 || pos > s.n || -pos > s.n)
        return 0;
    if (pos > 0) {
        if (t.n == 0)
            return pos;
        for (uint32_t at = (uint32_t)pos - 1; at + t.n <= s.n; at++)
            if (same_at(s, at, t) && --occurrence == 0)
                return at + 1;
        return 0;
    }
    s.n = (uint32_t)(s.n + pos + 1); /* -1 is the whole text */
    for (int64_t at = (int64_t)s.n - t.n; at >= 0; at--)
        if (same_at(s, (uint32_t)at, t) && --occurrence == 0)
            return at + 1;
    return 0;
}

static value instr(ectx *cx, const value *args, int64_t pos, int64_t occurrence)
{
    if (args[0].state != V_OK || args[1].state != V_OK)
        return value_i(0);
    str s = value_str(args[0]), t = value_str(args[1]);
    if (pos == 1 && occurrence == 1 && t.n && str_is_ascii(s))
        return value_i(str_find(s, t, 0) + 1);
    units us, ut;
    us.u = utf16_from(cx->a, s, &us.n);
    ut.u = utf16_from(cx->a, t, &ut.n);
    return value_i(instr_units(us, ut, pos, occurrence));
}

FN(instr_2)
{
    return instr(cx, args, 1, 1);
}

FN(instr_3)
{
    return args[2].state == V_OK ? instr(cx, args, args[2].i, 1) : VALUE_NULL;
}

FN(instr_4)
{
    if (args[2].state != V_OK || args[3].state != V_OK)
        return VALUE_NULL;
    return instr(cx, args, args[2].i, args[3].i);
}

/* ---- LPAD, RPAD */

/* Fills `fill` bytes from the repeated padding. */
static void fill_bytes(char *p, size_t fill, str padding)
{
    for (size_t i = 0; i < fill; i += padding.n)
        memcpy(p + i, padding.p, fill - i < padding.n ? fill - i : padding.n);
}

static value pad_bytes(ectx *cx, const value *args, bool left)
{
    str     s = value_str(args[0]), padding = value_str(args[2]);
    int64_t len = args[1].i;
    if (len < 0 || padding.n == 0)
        return VALUE_NULL;
    if (len <= s.n)
        return value_s(str_make(s.p, (size_t)len));
    char *p = text_room(cx, (size_t)len);
    if (p == NULL)
        return VALUE_ERR;
    size_t fill = (size_t)len - s.n;
    if (s.n)
        memcpy(left ? p + fill : p, s.p, s.n);
    fill_bytes(left ? p : p + s.n, fill, padding);
    return value_s(str_make(p, (size_t)len));
}

static value pad_text(ectx *cx, const value *args, bool left)
{
    str s = value_str(args[0]), padding = value_str(args[2]);
    if (str_is_ascii(s) && str_is_ascii(padding))
        return pad_bytes(cx, args, left);
    int64_t  len = args[1].i;
    uint32_t have = utf16_length(s), unit = utf16_length(padding);
    if (len < 0 || padding.n == 0)
        return VALUE_NULL;
    if (len <= have)
        return value_s(utf16_slice(cx->a, s, 0, (uint32_t)len));
    uint64_t fill = (uint64_t)len - have;
    str      part = utf16_slice(cx->a, padding, 0, (uint32_t)(fill % unit));
    size_t   whole = fill / unit * padding.n, size = whole + part.n + s.n;
    char    *p = text_room(cx, size);
    if (p == NULL)
        return VALUE_ERR;
    char *o = left ? p : p + s.n;
    if (s.n)
        memcpy(left ? p + whole + part.n : p, s.p, s.n);
    fill_bytes(o, whole, padding);
    if (part.n)
        memcpy(o + whole, part.p, part.n);
    return value_s(str_make(p, size));
}

FN(lpad_text)
{
    return pad_text(cx, args, true);
}

FN(rpad_text)
{
    return pad_text(cx, args, false);
}

FN(lpad_bytes)
{
    return pad_bytes(cx, args, true);
}

FN(rpad_bytes)
{
    return pad_bytes(cx, args, false);
}

/* ---- SPLIT, SPLIT_TO_MAP */

static value split_units(ectx *cx, str s)
{
    uint32_t  n;
    uint16_t *u = utf16_from(cx->a, s, &n);
    value    *e = arena_alloc(cx->a, n * sizeof *e);
    for (uint32_t i = 0; i < n; i++)
        e[i] = value_s(utf16_to(cx->a, u + i, 1));
    return value_v(e, n);
}

static value split_each_byte(ectx *cx, str s)
{
    value *e = arena_alloc(cx->a, s.n * sizeof *e);
    for (uint32_t i = 0; i < s.n; i++)
        e[i] = value_s(str_make(s.p + i, 1));
    return value_v(e, s.n);
}

/* An empty text has one empty part. */
static value split_by(ectx *cx, str s, str by)
{
    uint32_t n = 1;
    for (int64_t at = str_find(s, by, 0); s.n && at >= 0; at = str_find(s, by, (size_t)at + by.n))
        n++;
    value *e = arena_alloc(cx->a, n * sizeof *e);
    size_t from = 0;
    for (uint32_t i = 0; i + 1 < n; i++) {
        size_t at = (size_t)str_find(s, by, from);
        e[i] = value_s(str_make(s.p + from, at - from));
        from = at + by.n;
    }
    e[n - 1] = value_s(str_make(s.p + from, s.n - from));
    return value_v(e, n);
}

FN(split_text)
{
    str s = value_str(args[0]), by = value_str(args[1]);
    return by.n == 0 && s.n ? split_units(cx, s) : split_by(cx, s, by);
}

FN(split_bytes)
{
    str s = value_str(args[0]), by = value_str(args[1]);
    return by.n == 0 && s.n ? split_each_byte(cx, s) : split_by(cx, s, by);
}

FN(split_to_map)
{
    str s = value_str(args[0]), by = value_str(args[1]), kv = value_str(args[2]);
    if (by.n == 0 || kv.n == 0 || str_eq(by, kv))
        return VALUE_NULL;
    value     parts = split_by(cx, s, by);
    map_build m;
    map_build_init(&m, cx->a, &type_string, parts.n);
    for (uint32_t i = 0; i < parts.n; i++) {
        str     e = value_str(parts.v[i]);
        int64_t at = str_find(e, kv, 0);
        if (at < 0)
            continue;
        str     rest = str_make(e.p + at + kv.n, e.n - (size_t)at - kv.n);
        int64_t end = str_find(rest, kv, 0);
        if (end >= 0)
            rest.n = (uint32_t)end;
        map_build_put(&m, value_s(str_make(e.p, (size_t)at)), value_s(rest));
    }
    return map_build_done(&m, V_MAP_CAP16);
}

/* ---- ELT, FIELD, CHR */

FN(elt)
{
    if (args[0].state != V_OK || args[0].i < 1 || args[0].i >= f->arg_count)
        return VALUE_NULL;
    return args[args[0].i];
}

FN(field)
{
    for (uint32_t i = 1; args[0].state == V_OK && i < f->arg_count; i++)
        if (args[i].state == V_OK && str_eq(value_str(args[0]), value_str(args[i])))
            return value_i(i);
    return value_i(0);
}

FN(chr_code)
{
    if (args[0].i < 0 || args[0].i > 0x10ffff)
        return VALUE_NULL;
    char *p = arena_bytes(cx->a, 4);
    return value_s(str_make(p, utf8_write(p, (uint32_t)args[0].i)));
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* After a backslash: "u0041", "uu+0041". false: not four digits. */
static bool unicode_escape(str s, uint32_t *at, uint16_t *unit)
{
    while (*at < s.n && s.p[*at] == 'u')
        ++*at;
    if (*at < s.n && s.p[*at] == '+')
        ++*at;
    if (s.n - *at < 4)
        return false;
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        int d = hex_digit(s.p[*at + (uint32_t)i]);
        if (d < 0)
            return false;
        v = v << 4 | (uint32_t)d;
    }
    *at += 4;
    *unit = (uint16_t)v;
    return true;
}

static uint16_t octal_escape(str s, uint32_t *at)
{
    uint32_t v = 0, max = s.p[*at] <= '3' ? 3 : 2;
    for (uint32_t i = 0; i < max && *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '7'; i++)
        v = v * 8 + (uint32_t)(s.p[(*at)++] - '0');
    return (uint16_t)v;
}

FN(chr_escaped)
{
    static const char from[] = "ntbfr\"'\\", to[] = "\n\t\b\f\r\"'\\";
    str               s = value_str(args[0]);
    if (s.n < 2 || s.p[0] != '\\' || s.p[1] != 'u' || utf16_length(s) < 6)
        return VALUE_NULL;
    uint16_t *u = arena_alloc(cx->a, s.n * sizeof *u);
    uint32_t  n = 0;
    for (uint32_t i = 0; i < s.n;) {
        if (s.p[i] != '\\') {
            uint32_t len, more;
            utf8_at(s.p + i, s.p + s.n, &len);
            uint16_t *w = utf16_from(cx->a, str_make(s.p + i, len), &more);
            memcpy(u + n, w, more * sizeof *w);
            n += more;
            i += len;
            continue;
        }
        if (++i == s.n)
            break; /* a backslash at the end is dropped */
        const char *e;
        if (s.p[i] == 'u') {
            uint32_t was = i;
            if (!unicode_escape(s, &i, &u[n++]))
                return ectx_fail(cx, "Unable to parse unicode value: %.*s", (int)(s.n - was - 1), s.p + was + 1);
        } else if (s.p[i] >= '0' && s.p[i] <= '7') {
            u[n++] = octal_escape(s, &i);
        } else if ((e = memchr(from, s.p[i], sizeof from - 1)) != NULL) {
            u[n++] = (uint16_t)to[e - from];
            i++;
        }
    }
    return value_s(utf16_to(cx->a, u, n));
}

/* ---- the table */

#define R(n, d, p, r, fun, ...)                                                                        \
    {                                                                                                  \
        .name = n, .category = "STRING", .doc = d, .params = p, .returns = r, .fn = fun, ##__VA_ARGS__ \
    }
#define NO_AUTHOR .flags = FN_NO_AUTHOR

const func_row func_string[] = {
    R("Chr", "Returns a single-character string for a code point, or for a Java escape such as \\u0041.",
      "INT decimalCode", "VARCHAR", chr_code, NO_AUTHOR),
    R("Chr", NULL, "VARCHAR utf16Code", "VARCHAR", chr_escaped, NO_AUTHOR),
    R("concat", "Joins the arguments; NULLs are skipped.", "VARCHAR... inputs", "VARCHAR", concat_text,
      .flags = FN_NULLS | FN_NO_AUTHOR),
    R("concat", NULL, "BYTES... inputs", "BYTES", concat_bytes, .flags = FN_NULLS | FN_NO_AUTHOR),
    R("concat_ws", "Joins the arguments behind the first with the first between them; NULLs are skipped.",
      "VARCHAR... inputs", "VARCHAR", concat_ws, .flags = FN_NULLS | FN_NO_AUTHOR),
    R("concat_ws", NULL, "BYTES... inputs", "BYTES", concat_ws, .flags = FN_NULLS | FN_NO_AUTHOR),
    R("elt", "Returns the argument at position n, counted from 1.", "INT n, VARCHAR... args", "VARCHAR", elt,
      .flags = FN_NULLS),
    R("field", "Returns the 1-based position of str among args, 0 when it is not there.",
      "VARCHAR str, VARCHAR... args", "INT", field, .flags = FN_NULLS),
    R("initcap", "Upper-cases the first letter of every word and lower-cases the rest.", "VARCHAR str", "VARCHAR",
      initcap),
    R("instr", "Returns the position of substring in str, counted from 1, or 0.", "VARCHAR str, VARCHAR substring",
      "INT", instr_2, .flags = FN_NULLS),
    R("instr", NULL, "VARCHAR str, VARCHAR substring, INT position, INT occurrence", "INT", instr_4, .flags = FN_NULLS,
      .variant_doc = "The occurrence-th match from position on; a negative position searches backwards"),
    R("instr", NULL, "VARCHAR str, VARCHAR substring, INT position", "INT", instr_3, .flags = FN_NULLS,
      .variant_doc = "Searches from position on; a negative position searches backwards from the end"),
    R("lcase", "Converts to lower case.", "VARCHAR input", "VARCHAR", lcase, NO_AUTHOR),
    R("len", "Returns the length in UTF-16 units, or in bytes.", "VARCHAR input", "INT", len_text, NO_AUTHOR),
    R("len", NULL, "BYTES input", "INT", len_bytes, NO_AUTHOR),
    R("LPad", "Pads on the left to a length, or cuts to it.", "VARCHAR input, INT targetLen, VARCHAR padding",
      "VARCHAR", lpad_text, NO_AUTHOR),
    R("LPad", NULL, "BYTES input, INT targetLen, BYTES padding", "BYTES", lpad_bytes, NO_AUTHOR),
    R("replace", "Replaces every occurrence of a text by another.", "VARCHAR str, VARCHAR oldStr, VARCHAR newStr",
      "VARCHAR", replace),
    R("RPad", "Pads on the right to a length, or cuts to it.", "VARCHAR input, INT targetLen, VARCHAR padding",
      "VARCHAR", rpad_text, NO_AUTHOR),
    R("RPad", NULL, "BYTES input, INT targetLen, BYTES padding", "BYTES", rpad_bytes, NO_AUTHOR),
    R("split", "Splits at every occurrence of a literal delimiter.", "VARCHAR string, VARCHAR delimiter",
      "ARRAY<VARCHAR>", split_text),
    R("split", NULL, "BYTES bytes, BYTES delimiter", "ARRAY<BYTES>", split_bytes),
    R("split_to_map", "Splits a text into entries and those into keys and values.",
      "VARCHAR input, VARCHAR entryDelimiter, VARCHAR kvDelimiter", "MAP<VARCHAR, VARCHAR>", split_to_map, NO_AUTHOR),
    R("substring", "Returns the part from a position on, counted from 1 or, negative, from the end.",
      "VARCHAR str, INT pos, INT length", "VARCHAR", substring_text_length),
    R("substring", NULL, "BYTES bytes, INT pos, INT length", "BYTES", substring_bytes_length),
    R("substring", NULL, "BYTES bytes, INT pos", "BYTES", substring_bytes_from),
    R("substring", NULL, "VARCHAR str, INT pos", "VARCHAR", substring_text_from),
    R("trim", "Removes blanks and control characters at both ends.", "VARCHAR input", "VARCHAR", trim, NO_AUTHOR),
    R("ucase", "Converts to upper case.", "VARCHAR input", "VARCHAR", ucase, NO_AUTHOR),
    {0},
};
