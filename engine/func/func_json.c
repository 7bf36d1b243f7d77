/* JSON functions (spec/functions.md 2.6, 3.5). */
#include <math.h>
#include <unictype.h>

#include "base/num.h"
#include "engine/format/format.h"
#include "engine/format/json_doc.h"
#include "engine/func/func_int.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"
#include "engine/types/value_set.h"

/* ---- reading */

static bool blank(str s)
{
    for (uint32_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
            return false;
    return true;
}

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

/* The first value of the text; what follows is ignored, but a number or word must end there. */
static const jnode *read_json(ectx *cx, str text)
{
    str         rest;
    const char *why;
    jnode      *n = json_doc_parse(cx->a, text, &rest, &why);
    if (n && rest.n) {
        char c = rest.p[0];
        if ((n->kind == J_NUMBER && !blank(str_make(&c, 1))) || (n->kind <= J_TRUE && word_char(c)))
            n = NULL;
    }
    if (n == NULL)
        ectx_fail(cx, "Invalid JSON format:%.*s", STR_FMT(text));
    return n;
}

/* ---- writing */

/* plain: decimals without exponent (value text), else with one where Java would (node text). */
static bool put_number(buf *b, ectx *cx, str text, bool plain)
{
    value   v;
    int32_t scale;
    if (memchr(text.p, '.', text.n) == NULL && memchr(text.p, 'e', text.n) == NULL &&
        memchr(text.p, 'E', text.n) == NULL) {
        buf_puts(b, str_eqz(text, "-0") ? STR("0") : text);
        return true;
    }
    if (!decimal_parse(cx->a, text, &v, &scale))
        return false;
    if (plain)
        decimal_text_plain(b, v, scale);
    else
        decimal_text(b, v, scale);
    return true;
}

static bool put_node(buf *b, ectx *cx, const jnode *n, bool plain)
{
    switch (n->kind) {
    case J_NULL:
        buf_putz(b, "null");
        return true;
    case J_FALSE:
        buf_putz(b, "false");
        return true;
    case J_TRUE:
        buf_putz(b, "true");
        return true;
    case J_NUMBER:
        return put_number(b, cx, n->text, plain);
    case J_STRING:
        json_put_string(b, n->text);
        return true;
    case J_ARRAY:
    case J_OBJECT:
        break;
    }
    buf_putc(b, n->kind == J_ARRAY ? '[' : '{');
    for (const jnode *c = n->first; c; c = c->next) {
        if (c != n->first)
            buf_putc(b, ',');
        if (n->kind == J_OBJECT) {
            json_put_string(b, c->name);
            buf_putc(b, ':');
        }
        if (!put_node(b, cx, c, plain))
            return false;
    }
    buf_putc(b, n->kind == J_ARRAY ? ']' : '}');
    return true;
}

static value number_too_big(ectx *cx)
{
    return ectx_fail(cx, "a number's exponent is out of range");
}

/* Node text; texts themselves unquoted. */
static value node_value(ectx *cx, const jnode *n)
{
    if (n->kind == J_STRING)
        return value_s(n->text);
    if (!put_node(text_scratch(), cx, n, false))
        return number_too_big(cx);
    return text_scratch_value(cx);
}

static value node_text(ectx *cx, const jnode *n)
{
    if (!put_node(text_scratch(), cx, n, false))
        return number_too_big(cx);
    return text_scratch_value(cx);
}

/* ---- EXTRACTJSONFIELD */

typedef struct path {
    str     *keys;
    uint32_t n;
} path;

static bool path_letter(uint32_t cp)
{
    if (cp < 0x80)
        return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') || (cp >= '0' && cp <= '9') || cp == '_';
    return uc_is_general_category(cp, UC_LETTER) || uc_is_general_category(cp, UC_DECIMAL_DIGIT_NUMBER);
}

static uint32_t name_length(str s, uint32_t at, bool dotted)
{
    uint32_t from = at;
    for (uint32_t len; at < s.n; at += len) {
        uint32_t cp = utf8_at(s.p + at, s.p + s.n, &len);
        if (!path_letter(cp) && !(dotted && (cp == ':' || cp == '@')))
            break;
    }
    return at - from;
}

/* ["any text"]: at stands behind the first quote; the key without escapes. */
static bool quoted_key(arena *a, str s, uint32_t *at, str *key)
{
    char    *p = arena_bytes(a, s.n);
    uint32_t n = 0;
    for (; *at < s.n && s.p[*at] != '"'; ++*at) {
        if (s.p[*at] == '\\' && (++*at == s.n || (s.p[*at] != '"' && s.p[*at] != '\\')))
            return false;
        p[n++] = s.p[*at];
    }
    *key = str_make(p, n);
    if (*at + 1 >= s.n || s.p[*at + 1] != ']')
        return false;
    *at += 2;
    return true;
}

static bool path_parse(arena *a, str s, path *out)
{
    out->keys = ARENA_ARRAY(a, str, s.n / 2 + 1);
    out->n = 0;
    if (s.n == 0 || s.p[0] != '$')
        return false;
    for (uint32_t at = 1; at < s.n;) {
        str *key = &out->keys[out->n++];
        if (s.p[at] == '[' && at + 1 < s.n && s.p[at + 1] == '"') {
            at += 2;
            if (!quoted_key(a, s, &at, key))
                return false;
            continue;
        }
        bool dotted = s.p[at] == '.';
        if (!dotted && s.p[at] != '[')
            return false;
        uint32_t n = name_length(s, ++at, dotted);
        if (n == 0 || (!dotted && (at + n >= s.n || s.p[at + n] != ']')))
            return false;
        *key = str_make(s.p + at, n);
        at += n + !dotted;
    }
    return true;
}

static bool prepare_path(arena *a, func_call *f, status *st)
{
    (void)st;
    path p;
    if (f->args[1]->kind == XN_LITERAL && f->args[1]->lit.state == V_OK &&
        path_parse(a, str_dup(a, value_str(f->args[1]->lit)), &p))
        f->state = arena_dup(a, &p, sizeof p);
    return true;
}

static const jnode *step(const jnode *n, str key)
{
    if (n->kind == J_OBJECT)
        return json_doc_find(n, key);
    int32_t i;
    if (n->kind != J_ARRAY || !num_parse_i32(key, &i) || i < 0)
        return NULL;
    const jnode *c = n->first;
    while (c && i-- > 0)
        c = c->next;
    return c;
}

FN(extract_json_field)
{
    const path *p = f->state;
    path        own;
    if (p == NULL) {
        if (!path_parse(cx->a, value_str(args[1]), &own))
            return ectx_fail(cx, "Invalid JSON path: '%.*s'", STR_FMT(value_str(args[1])));
        p = &own;
    }
    str text = value_str(args[0]);
    if (blank(text)) /* a missing value */
        return p->n == 0 ? value_s(STR("")) : VALUE_NULL;
    const jnode *n = read_json(cx, text);
    if (n == NULL)
        return VALUE_ERR;
    for (uint32_t i = 0; i < p->n && n; i++)
        n = step(n, p->keys[i]);
    return n ? node_value(cx, n) : VALUE_NULL;
}

/* ---- IS_JSON_STRING, JSON_ARRAY_LENGTH, JSON_KEYS, JSON_ITEMS, JSON_RECORDS */

FN(is_json_string)
{
    if (args[0].state != V_OK || blank(value_str(args[0])))
        return value_b(false);
    return value_b(read_json(cx, value_str(args[0])) != NULL);
}

/* The document when it is of the kind; NULL with *out set otherwise. */
static const jnode *of_kind(ectx *cx, value text, jkind kind, value *out)
{
    *out = VALUE_NULL;
    if (blank(value_str(text)))
        return NULL;
    const jnode *n = read_json(cx, value_str(text));
    if (n == NULL)
        *out = VALUE_ERR;
    return n && n->kind == kind ? n : NULL;
}

FN(json_array_length)
{
    value        out;
    const jnode *n = of_kind(cx, args[0], J_ARRAY, &out);
    return n ? value_i(n->count) : out;
}

FN(json_keys)
{
    value        out;
    const jnode *n = of_kind(cx, args[0], J_OBJECT, &out);
    if (n == NULL)
        return out;
    value   *e = arena_alloc(cx->a, n->count * sizeof *e);
    uint32_t k = 0;
    for (const jnode *c = n->first; c; c = c->next)
        e[k++] = value_s(c->name);
    return value_v(e, k);
}

FN(json_items)
{
    value        out;
    const jnode *n = of_kind(cx, args[0], J_ARRAY, &out);
    if (n == NULL)
        return out;
    value   *e = arena_alloc(cx->a, n->count * sizeof *e);
    uint32_t k = 0;
    for (const jnode *c = n->first; c; c = c->next, k++)
        if ((e[k] = node_text(cx, c)).state == V_ERR)
            return VALUE_ERR;
    return value_v(e, k);
}

FN(json_records)
{
    value        out;
    const jnode *n = of_kind(cx, args[0], J_OBJECT, &out);
    if (n == NULL)
        return out;
    map_build m;
    map_build_init(&m, cx->a, &type_string, n->count);
    for (const jnode *c = n->first; c; c = c->next) {
        value v = node_value(cx, c);
        if (v.state == V_ERR)
            return v;
        map_build_put(&m, value_s(c->name), v);
    }
    return map_build_done(&m, 0);
}

/* ---- JSON_ARRAY_CONTAINS: element by element, and no further than the first hit */

typedef enum found { NO, YES, NEVER } found;

static found element_is(const jnode *n, const type *t, value v)
{
    int64_t i;
    double  d;
    if (n->kind == J_NULL || v.state != V_OK)
        return n->kind == J_NULL && v.state != V_OK ? YES : NO;
    bool fraction = n->kind == J_NUMBER && (memchr(n->text.p, '.', n->text.n) || memchr(n->text.p, 'e', n->text.n) ||
                                            memchr(n->text.p, 'E', n->text.n));
    switch (t->kind) {
    case T_INTEGER:
    case T_BIGINT:
        if (n->kind != J_NUMBER || fraction)
            return NO;
        if (!num_parse_i64(n->text, &i) || (t->kind == T_INTEGER && i != (int32_t)i))
            return NEVER; /* the reference gives up there */
        return i == v.i ? YES : NO;
    case T_DOUBLE:
        return fraction && num_parse_f64(n->text, &d) && d == v.d ? YES : NO;
    case T_STRING:
        return n->kind == J_STRING && str_eq(n->text, value_str(v)) ? YES : NO;
    case T_BOOLEAN:
        return n->kind == (v.i ? J_TRUE : J_FALSE) ? YES : NO;
    default:
        return NO;
    }
}

static void skip_blanks(str *s)
{
    while (s->n && blank(str_make(s->p, 1))) {
        s->p++;
        s->n--;
    }
}

static char take(str *s)
{
    skip_blanks(s);
    if (s->n == 0)
        return 0;
    s->n--;
    return *s->p++;
}

FN(json_array_contains)
{
    if (args[0].state != V_OK)
        return VALUE_NULL;
    str s = value_str(args[0]);
    if (take(&s) != '[')
        return value_b(false);
    skip_blanks(&s);
    if (s.n && s.p[0] == ']')
        return value_b(false);
    for (char c = ','; c == ',';) {
        const char *why;
        str         rest;
        jnode      *n = json_doc_parse(cx->a, s, &rest, &why);
        if (n == NULL)
            break;
        found hit = element_is(n, f->arg_types[1], args[1]);
        if (hit != NO)
            return value_b(hit == YES);
        s = rest;
        c = take(&s);
    }
    return value_b(false);
}

/* ---- JSON_CONCAT */

/* Top-level members of all objects; later values win in the place of the first. */
static bool put_merged(buf *b, ectx *cx, const jnode *const *docs, uint32_t n)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < n; i++)
        total += docs[i]->count;
    value_set     names;
    const jnode **members = arena_alloc(cx->a, total * sizeof *members);
    value_set_init(&names, cx->a, &type_string, total);
    for (uint32_t i = 0; i < n; i++)
        for (const jnode *c = docs[i]->first; c; c = c->next) {
            bool added;
            members[value_set_add(&names, value_s(c->name), &added)] = c;
        }
    buf_putc(b, '{');
    for (uint32_t i = 0; i < names.n; i++) {
        if (i)
            buf_putc(b, ',');
        json_put_string(b, members[i]->name);
        buf_putc(b, ':');
        if (!put_node(b, cx, members[i], true))
            return false;
    }
    buf_putc(b, '}');
    return true;
}

static bool put_joined(buf *b, ectx *cx, const jnode *const *docs, uint32_t n)
{
    bool first = true;
    buf_putc(b, '[');
    for (uint32_t i = 0; i < n; i++) {
        bool array = docs[i]->kind == J_ARRAY;
        for (const jnode *c = array ? docs[i]->first : docs[i]; c; c = array ? c->next : NULL) {
            if (!first)
                buf_putc(b, ',');
            first = false;
            if (!put_node(b, cx, c, true))
                return false;
        }
    }
    buf_putc(b, ']');
    return true;
}

FN(json_concat)
{
    uint32_t      n = f->arg_count;
    const jnode **docs = arena_alloc(cx->a, n * sizeof *docs);
    bool          objects = true;
    for (uint32_t i = 0; i < n; i++)
        if (args[i].state != V_OK || blank(value_str(args[i])))
            return VALUE_NULL;
    for (uint32_t i = 0; i < n; i++) {
        docs[i] = read_json(cx, value_str(args[i]));
        if (docs[i] == NULL)
            return VALUE_ERR;
        objects &= docs[i]->kind == J_OBJECT;
    }
    if (n == 0)
        return VALUE_NULL;
    buf *b = text_scratch();
    bool ok = n == 1    ? put_node(b, cx, docs[0], true)
              : objects ? put_merged(b, cx, docs, n)
                        : put_joined(b, cx, docs, n);
    return ok ? text_scratch_value(cx) : number_too_big(cx);
}

/* ---- TO_JSON_STRING */

static bool put_value(buf *b, ectx *cx, const type *t, value v);

static void put_quoted(buf *b, void (*put)(buf *, int64_t), int64_t v)
{
    buf_putc(b, '"');
    put(b, v);
    buf_putc(b, '"');
}

/* Indexes of names in ascending order by UTF-16 unit. */
static uint32_t *sorted(ectx *cx, const str *names, uint32_t n)
{
    uint32_t *order = arena_alloc(cx->a, n * sizeof *order), *tmp = arena_alloc(cx->a, n * sizeof *tmp);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t width = 1; width < n; width *= 2) {
        for (uint32_t lo = 0; lo < n; lo += 2 * width) {
            uint32_t mid = n - lo < width ? n : lo + width, hi = n - lo < 2 * width ? n : lo + 2 * width;
            for (uint32_t i = lo, k = mid, at = lo; at < hi; at++)
                tmp[at] = i < mid && (k >= hi || str_cmp_utf16(names[order[i]], names[order[k]]) <= 0) ? order[i++]
                                                                                                       : order[k++];
        }
        memcpy(order, tmp, n * sizeof *order);
    }
    return order;
}

static str key_text(ectx *cx, const type *t, value k)
{
    if (t->kind == T_STRING)
        return value_str(k);
    buf b = BUF_INIT(TEXT_RESULT_MAX); /* maps with keys other than text are rare */
    value_text(&b, t, k);
    str s = str_dup(cx->a, buf_str(&b));
    buf_free(&b);
    return s;
}

static bool put_map(buf *b, ectx *cx, const type *t, value v)
{
    str *names = arena_alloc(cx->a, v.n * sizeof *names);
    for (uint32_t i = 0; i < v.n; i++) {
        if (v.v[2 * i].state != V_OK) {
            ectx_fail(cx, "Null key for a Map not allowed in JSON");
            return false;
        }
        names[i] = key_text(cx, t->key, v.v[2 * i]);
    }
    uint32_t *order = sorted(cx, names, v.n);
    buf_putc(b, '{');
    for (uint32_t i = 0; i < v.n; i++) {
        if (i)
            buf_putc(b, ',');
        json_put_string(b, names[order[i]]);
        buf_putc(b, ':');
        if (!put_value(b, cx, t->elem, v.v[2 * order[i] + 1]))
            return false;
    }
    buf_putc(b, '}');
    return true;
}

static bool put_struct(buf *b, ectx *cx, const type *t, value v)
{
    str *names = arena_alloc(cx->a, t->field_count * sizeof *names);
    for (uint32_t i = 0; i < t->field_count; i++)
        names[i] = t->fields[i].name;
    uint32_t *order = sorted(cx, names, t->field_count);
    buf_putc(b, '{');
    for (uint32_t i = 0; i < t->field_count; i++) {
        if (i)
            buf_putc(b, ',');
        json_put_string(b, names[order[i]]);
        buf_putc(b, ':');
        if (!put_value(b, cx, t->fields[order[i]].type, v.v[order[i]]))
            return false;
    }
    buf_putc(b, '}');
    return true;
}

static bool put_value(buf *b, ectx *cx, const type *t, value v)
{
    if (v.state != V_OK) {
        buf_putz(b, "null");
        return true;
    }
    switch (t->kind) {
    case T_DECIMAL:
        decimal_text_plain(b, v, t->scale);
        return true;
    case T_TIME:
        put_quoted(b, time_text, v.i);
        return true;
    case T_DATE:
        put_quoted(b, date_text, v.i);
        return true;
    case T_TIMESTAMP:
        put_quoted(b, timestamp_text, v.i);
        return true;
    case T_ARRAY:
        buf_putc(b, '[');
        for (uint32_t i = 0; i < v.n; i++) {
            if (i)
                buf_putc(b, ',');
            if (!put_value(b, cx, t->elem, v.v[i]))
                return false;
        }
        buf_putc(b, ']');
        return true;
    case T_MAP:
        return put_map(b, cx, t, v);
    case T_STRUCT:
        return put_struct(b, cx, t, v);
    default:
        json_put_value(b, t, v);
        return true;
    }
}

FN(to_json_string)
{
    return put_value(text_scratch(), cx, f->arg_types[0], args[0]) ? text_scratch_value(cx) : VALUE_ERR;
}

#define R(n, d, p, r, fun, ...)                                                                      \
    {                                                                                                \
        .name = n, .category = "JSON", .doc = d, .params = p, .returns = r, .fn = fun, ##__VA_ARGS__ \
    }

const func_row func_json[] = {
    R("extractjsonfield", "Returns the text at a path such as $.log.cloud or $.list[0].", "VARCHAR input, VARCHAR path",
      "VARCHAR", extract_json_field, .init = prepare_path, .flags = FN_NO_AUTHOR),
    R("IS_JSON_STRING", "Is the text valid JSON?", "VARCHAR input", "BOOLEAN", is_json_string, .flags = FN_NULLS),
    R("JSON_ARRAY_CONTAINS", "Is the value an element of the JSON array?", "VARCHAR jsonArray, T val", "BOOLEAN",
      json_array_contains, .flags = FN_NULLS),
    R("JSON_ARRAY_LENGTH", "Returns the number of elements of a JSON array.", "VARCHAR jsonArray", "INT",
      json_array_length),
    R("JSON_CONCAT", "Merges JSON objects, or joins JSON arrays and values into one array.", "VARCHAR... jsonStrings",
      "VARCHAR", json_concat, .flags = FN_NULLS),
    R("JSON_ITEMS", "Returns the elements of a JSON array as texts.", "VARCHAR jsonItems", "ARRAY<VARCHAR>",
      json_items),
    R("JSON_KEYS", "Returns the member names of a JSON object.", "VARCHAR jsonObj", "ARRAY<VARCHAR>", json_keys),
    R("JSON_RECORDS", "Returns the members of a JSON object as a map of texts.", "VARCHAR jsonObj",
      "MAP<VARCHAR, VARCHAR>", json_records),
    R("TO_JSON_STRING", "Returns a value as JSON text.", "T input", "VARCHAR", to_json_string, .flags = FN_NULLS),
    {0},
};
