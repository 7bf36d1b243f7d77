#include "server/properties.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static bool at_newline(const properties_reader *r)
{
    return r->at < r->text.n && (r->text.p[r->at] == '\n' || r->text.p[r->at] == '\r');
}

static void skip_newline(properties_reader *r)
{
    bool cr = r->text.p[r->at] == '\r';
    r->at++;
    if (cr && r->at < r->text.n && r->text.p[r->at] == '\n')
        r->at++;
    r->next_line++;
}

static void skip_blanks(properties_reader *r)
{
    while (r->at < r->text.n && is_blank(r->text.p[r->at]))
        r->at++;
}

/* Blank lines and comments; a comment does not go on behind a backslash. */
static void skip_to_key(properties_reader *r)
{
    while (r->at < r->text.n) {
        skip_blanks(r);
        if (r->at < r->text.n && (r->text.p[r->at] == '#' || r->text.p[r->at] == '!'))
            while (r->at < r->text.n && !at_newline(r))
                r->at++;
        if (!at_newline(r))
            return;
        skip_newline(r);
    }
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static void put_utf8(buf *b, uint32_t u)
{
    if (u < 0x80) {
        buf_putc(b, (char)u);
    } else if (u < 0x800) {
        buf_putc(b, (char)(0xC0 | u >> 6));
        buf_putc(b, (char)(0x80 | (u & 0x3F)));
    } else {
        buf_putc(b, (char)(0xE0 | u >> 12));
        buf_putc(b, (char)(0x80 | (u >> 6 & 0x3F)));
        buf_putc(b, (char)(0x80 | (u & 0x3F)));
    }
}

/* The character behind a backslash. */
static bool read_escape(properties_reader *r, buf *out, uint32_t line, status *st)
{
    char c = r->text.p[r->at++];
    switch (c) {
    case 't':
        buf_putc(out, '\t');
        return true;
    case 'n':
        buf_putc(out, '\n');
        return true;
    case 'r':
        buf_putc(out, '\r');
        return true;
    case 'f':
        buf_putc(out, '\f');
        return true;
    case 'u':
        break;
    default:
        buf_putc(out, c);
        return true;
    }
    uint32_t u = 0;
    for (int i = 0; i < 4; i++) {
        int d = r->at < r->text.n ? hex_digit(r->text.p[r->at]) : -1;
        if (d < 0)
            return status_set(st, ST_BAD_REQUEST,
                              "line %u: \\u needs four hexadecimal digits; write \\\\ for a backslash", line);
        u = u << 4 | (uint32_t)d;
        r->at++;
    }
    put_utf8(out, u);
    return true;
}

/* A key (until a separator) or a value (until the end of the line), escapes resolved. */
static bool read_part(properties_reader *r, bool key, buf *out, uint32_t line, status *st)
{
    while (r->at < r->text.n && !at_newline(r)) {
        char c = r->text.p[r->at];
        if (key && (c == '=' || c == ':' || is_blank(c)))
            break;
        r->at++;
        if (c != '\\') {
            buf_putc(out, c);
        } else if (r->at < r->text.n && at_newline(r)) {
            skip_newline(r);
            skip_blanks(r);
        } else if (r->at < r->text.n && !read_escape(r, out, line, st)) {
            return false;
        }
    }
    return true;
}

bool properties_next(properties_reader *r, arena *a, str *key, str *value, uint32_t *line, status *st)
{
    skip_to_key(r);
    if (r->at >= r->text.n)
        return false;
    *line = r->next_line;
    buf  b = BUF_INIT(BUF_MAX);
    bool ok = read_part(r, true, &b, *line, st);
    *key = str_dup(a, buf_str(&b));
    buf_clear(&b);
    skip_blanks(r);
    if (r->at < r->text.n && (r->text.p[r->at] == '=' || r->text.p[r->at] == ':')) {
        r->at++;
        skip_blanks(r);
    }
    ok = ok && read_part(r, false, &b, *line, st);
    *value = str_dup(a, buf_str(&b));
    buf_free(&b);
    return ok;
}
