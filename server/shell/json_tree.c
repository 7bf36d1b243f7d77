#include "server/shell/json_tree.h"

#include <unistr.h>

typedef struct reader {
    arena      *a;
    const char *p, *end;
    int         depth;
} reader;

static const json_node null_node = {.kind = NODE_NULL, .text = {"null", 4}};

static void skip_blanks(reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

static bool take(reader *r, char c)
{
    skip_blanks(r);
    if (r->p == r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

static bool read_hex4(reader *r, uint32_t *out)
{
    *out = 0;
    if (r->end - r->p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char     c = *r->p++;
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : ((unsigned)(uint8_t)c | 32) - 'a' + 10;
        if (digit > 15)
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

static bool read_escape(reader *r, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    if (r->p == r->end)
        return false;
    char c = *r->p++;
    if (c != 'u') {
        const char *found = c ? strchr(from, c) : NULL;
        if (found)
            *(*to)++ = into[found - from];
        return found != NULL;
    }
    uint32_t high, low;
    if (!read_hex4(r, &high))
        return false;
    if (high >= 0xd800 && high < 0xdc00 && r->end - r->p >= 6 && r->p[0] == '\\' && r->p[1] == 'u') {
        r->p += 2;
        if (!read_hex4(r, &low))
            return false;
        if (low >= 0xdc00 && low < 0xe000)
            high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
    int n = u8_uctomb((uint8_t *)*to, high, 6);
    if (n < 0) /* half a surrogate pair */
        n = u8_uctomb((uint8_t *)*to, 0xfffd, 6);
    *to += n;
    return true;
}

/* Behind the opening quote. Escapes are never shorter than what they stand for. */
static bool read_text(reader *r, str *out)
{
    const char *begin = r->p;
    while (r->p < r->end && *r->p != '"' && *r->p != '\\')
        r->p++;
    if (r->p < r->end && *r->p == '"') {
        *out = str_make(begin, (size_t)(r->p++ - begin));
        return true;
    }
    const char *close = r->p;
    while (close < r->end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    if (close >= r->end)
        return false;
    char *text = arena_bytes(r->a, (size_t)(close - begin)), *to = text + (r->p - begin);
    memcpy(text, begin, (size_t)(r->p - begin));
    while (r->p < close) {
        char c = *r->p++;
        if (c != '\\')
            *to++ = c;
        else if (!read_escape(r, &to))
            return false;
    }
    r->p = close + 1;
    *out = str_make(text, (size_t)(to - text));
    return true;
}

static bool read_value(reader *r, json_node *n);

/* Behind the opening bracket. */
static bool read_children(reader *r, json_node *n)
{
    char              close = n->kind == NODE_LIST ? ']' : '}';
    const json_node **tail = &n->first;
    if (++r->depth > JSON_TREE_DEPTH_MAX)
        return false;
    if (!take(r, close)) {
        do {
            json_node *child = ARENA_NEW(r->a, json_node);
            if (n->kind == NODE_OBJECT && !(take(r, '"') && read_text(r, &child->name) && take(r, ':')))
                return false;
            if (!read_value(r, child))
                return false;
            *tail = child;
            tail = &child->next;
            n->count++;
        } while (take(r, ','));
        if (!take(r, close))
            return false;
    }
    r->depth--;
    return true;
}

static bool read_word(reader *r, json_node *n, str word, node_kind kind)
{
    if ((size_t)(r->end - r->p) < word.n || memcmp(r->p, word.p, word.n) != 0)
        return false;
    n->kind = kind;
    n->text = str_make(r->p, word.n);
    r->p += word.n;
    return true;
}

static bool read_number(reader *r, json_node *n)
{
    const char *begin = r->p;
    while (r->p < r->end && *r->p && strchr("+-.0123456789eE", *r->p))
        r->p++;
    n->kind = NODE_NUMBER;
    n->text = str_make(begin, (size_t)(r->p - begin));
    return n->text.n > 0;
}

static bool read_value(reader *r, json_node *n)
{
    skip_blanks(r);
    if (take(r, '{') || take(r, '[')) {
        n->kind = r->p[-1] == '{' ? NODE_OBJECT : NODE_LIST;
        return read_children(r, n);
    }
    if (take(r, '"')) {
        n->kind = NODE_TEXT;
        return read_text(r, &n->text);
    }
    return read_word(r, n, STR("null"), NODE_NULL) || read_word(r, n, STR("true"), NODE_BOOL) ||
           read_word(r, n, STR("false"), NODE_BOOL) || read_number(r, n);
}

const json_node *json_tree_parse(arena *a, str text)
{
    reader     r = {a, text.p, text.p + text.n, 0};
    json_node *n = ARENA_NEW(a, json_node);
    return read_value(&r, n) ? n : NULL;
}

const json_node *json_tree_get(const json_node *n, const char *name)
{
    for (const json_node *i = n->first; i; i = i->next)
        if (str_eqz(i->name, name))
            return i;
    return &null_node;
}

str json_tree_text(const json_node *n, const char *name)
{
    return json_tree_get(n, name)->text;
}

bool json_tree_is_null(const json_node *n)
{
    return n->kind == NODE_NULL;
}

bool json_tree_true(const json_node *n, const char *name)
{
    const json_node *m = json_tree_get(n, name);
    return m->kind == NODE_BOOL && m->text.p[0] == 't';
}

/* ---- printing */

void json_tree_put_text(buf *out, str s)
{
    buf_putc(out, '"');
    for (uint32_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        if (c == '"' || c == '\\') {
            buf_putc(out, '\\');
            buf_putc(out, (char)c);
        } else if (c == '\n') {
            buf_putz(out, "\\n");
        } else if (c == '\t') {
            buf_putz(out, "\\t");
        } else if (c < 0x20) {
            buf_printf(out, "\\u%04x", c);
        } else {
            buf_putc(out, (char)c);
        }
    }
    buf_putc(out, '"');
}

static void break_line(buf *out, int indent)
{
    buf_putc(out, '\n');
    for (int i = 0; i < indent; i++)
        buf_putz(out, "  ");
}

/* Lists stay on the line and do not indent; objects do both. */
static void put_pretty(buf *out, const json_node *n, int indent)
{
    if (n->kind == NODE_TEXT) {
        json_tree_put_text(out, n->text);
    } else if (n->kind == NODE_LIST) {
        buf_putz(out, "[ ");
        for (const json_node *i = n->first; i; i = i->next) {
            put_pretty(out, i, indent);
            buf_putz(out, i->next ? ", " : " ");
        }
        buf_putc(out, ']');
    } else if (n->kind == NODE_OBJECT && n->count == 0) {
        buf_putz(out, "{ }");
    } else if (n->kind == NODE_OBJECT) {
        buf_putc(out, '{');
        for (const json_node *i = n->first; i; i = i->next) {
            break_line(out, indent + 1);
            json_tree_put_text(out, i->name);
            buf_putz(out, " : ");
            put_pretty(out, i, indent + 1);
            if (i->next)
                buf_putc(out, ',');
        }
        break_line(out, indent);
        buf_putc(out, '}');
    } else {
        buf_puts(out, n->text);
    }
}

void json_tree_put_pretty(buf *out, const json_node *n)
{
    put_pretty(out, n, 0);
}

void json_tree_put_java(buf *out, const json_node *n)
{
    bool list = n->kind == NODE_LIST;
    if (!list && n->kind != NODE_OBJECT) {
        buf_puts(out, n->text);
        return;
    }
    buf_putc(out, list ? '[' : '{');
    for (const json_node *i = n->first; i; i = i->next) {
        if (!list) {
            buf_puts(out, i->name);
            buf_putc(out, '=');
        }
        json_tree_put_java(out, i);
        if (i->next)
            buf_putz(out, ", ");
    }
    buf_putc(out, list ? ']' : '}');
}
