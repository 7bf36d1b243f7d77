#include "engine/format/json_doc.h"

#include "engine/format/json_read.h"

typedef struct parser {
    arena      *a;
    const char *p, *end;
    const char *err;
    uint32_t    depth;
} parser;

static void blanks(parser *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

static jnode *fail(parser *s, const char *why)
{
    if (s->err == NULL)
        s->err = why;
    return NULL;
}

/* The hot path's reader knows strings and numbers already. */
static bool scalar(parser *s, const type *t, value *v)
{
    json_reader r;
    jscan_init(&r, s->a, str_make(s->p, (size_t)(s->end - s->p)));
    if (!jread_value(&r, t, v))
        return false;
    s->p = r.p;
    return true;
}

static bool string(parser *s, str *out)
{
    value v;
    if (s->p >= s->end || *s->p != '"' || !scalar(s, &type_string, &v))
        return false;
    *out = value_str(v);
    return true;
}

static bool number_text(parser *s)
{
    const char *p = s->p;
    if (p < s->end && *p == '-')
        p++;
    const char *digits = p;
    while (p < s->end && *p >= '0' && *p <= '9')
        p++;
    if (p == digits || (*digits == '0' && p - digits > 1))
        return false;
    if (p < s->end && *p == '.') {
        const char *f = ++p;
        while (p < s->end && *p >= '0' && *p <= '9')
            p++;
        if (p == f)
            return false;
    }
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < s->end && (*p == '+' || *p == '-'))
            p++;
        const char *f = p;
        while (p < s->end && *p >= '0' && *p <= '9')
            p++;
        if (p == f)
            return false;
    }
    /* "1x" is no number followed by something: a token ends at a delimiter. */
    if (p < s->end && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_' || *p == '.'))
        return false;
    s->p = p;
    return true;
}

static jnode *parse_value(parser *s);

static jnode *children(parser *s, jnode *n)
{
    bool   object = n->kind == J_OBJECT;
    char   close = object ? '}' : ']';
    jnode *last = NULL;
    if (++s->depth > JSON_DOC_DEPTH_MAX)
        return fail(s, "nested too deep");
    s->p++;
    blanks(s);
    if (s->p < s->end && *s->p == close) {
        s->p++;
        s->depth--;
        return n;
    }
    for (;;) {
        str name = STR_NONE;
        blanks(s);
        if (object) {
            if (!string(s, &name))
                return fail(s, "a member's name is missing");
            blanks(s);
            if (s->p >= s->end || *s->p++ != ':')
                return fail(s, "':' is missing");
        }
        jnode *c = parse_value(s);
        if (c == NULL)
            return NULL;
        c->name = name;
        jnode *same = object && n->count <= 256 ? json_doc_find(n, name) : NULL;
        if (same) {
            jnode *next = same->next;
            *same = *c;
            same->next = next;
        } else {
            if (last)
                last->next = c;
            else
                n->first = c;
            last = c;
            n->count++;
        }
        blanks(s);
        if (s->p >= s->end)
            return fail(s, "the text ends inside a value");
        char ch = *s->p++;
        if (ch == close)
            break;
        if (ch != ',')
            return fail(s, "',' is missing");
    }
    s->depth--;
    return n;
}

static jnode *word(parser *s, jnode *n, const char *w, jkind k)
{
    size_t len = strlen(w);
    if ((size_t)(s->end - s->p) < len || memcmp(s->p, w, len) != 0)
        return fail(s, "an unknown word");
    s->p += len;
    n->kind = k;
    return n;
}

static jnode *parse_value(parser *s)
{
    blanks(s);
    if (s->p >= s->end)
        return fail(s, "a value is missing");
    jnode      *n = ARENA_NEW(s->a, jnode);
    const char *from = s->p;
    jnode      *ok;
    switch (*s->p) {
    case '{':
        n->kind = J_OBJECT;
        ok = children(s, n);
        break;
    case '[':
        n->kind = J_ARRAY;
        ok = children(s, n);
        break;
    case '"':
        n->kind = J_STRING;
        ok = string(s, &n->text) ? n : fail(s, "a malformed string");
        break;
    case 't':
        ok = word(s, n, "true", J_TRUE);
        break;
    case 'f':
        ok = word(s, n, "false", J_FALSE);
        break;
    case 'n':
        ok = word(s, n, "null", J_NULL);
        break;
    default:
        n->kind = J_NUMBER;
        ok = number_text(s) ? n : fail(s, "a malformed number");
        n->text = str_make(from, (size_t)(s->p - from));
    }
    n->raw = str_make(from, (size_t)(s->p - from));
    return ok;
}

jnode *json_doc_parse(arena *a, str text, str *rest, const char **err)
{
    parser s = {a, text.p, text.p + text.n, NULL, 0};
    jnode *n = parse_value(&s);
    *err = s.err;
    *rest = str_make(s.p, (size_t)(s.end - s.p));
    return n;
}

jnode *json_doc_find(const jnode *object, str name)
{
    if (object == NULL || object->kind != J_OBJECT)
        return NULL;
    for (jnode *c = object->first; c; c = c->next)
        if (str_eq(c->name, name))
            return c;
    return NULL;
}

jnode *json_doc_member(const jnode *object, const char *name)
{
    return json_doc_find(object, str_of(name));
}
