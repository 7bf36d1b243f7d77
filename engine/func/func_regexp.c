/* REGULAR EXPRESSION functions (spec/functions.md 3.4). */
#include <stdio.h>

#include "engine/func/func_int.h"
#include "engine/func/java_regex.h"

#define REASON_MAX 160

typedef struct re_state {
    const regex *r;             /* of a literal pattern */
    bool         matches_empty; /* the empty text as a whole */
} re_state;

static bool matches_empty(const regex *r)
{
    const regex_span *m;
    return regex_search(r, STR(""), 0, &m) == REGEX_MATCH;
}

static bool prepare(arena *a, func_call *f, uint32_t pattern)
{
    re_state    *s = ARENA_NEW(a, re_state);
    const xnode *x = f->args[pattern];
    char         why[REASON_MAX];
    if (x->kind == XN_LITERAL && x->lit.state == V_OK) {
        s->r = regex_new(a, value_str(x->lit), true, why, sizeof why);
        s->matches_empty = s->r && matches_empty(s->r);
    }
    f->state = s;
    return true;
}

static bool prepare_first(arena *a, func_call *f, status *st)
{
    (void)st;
    return prepare(a, f, 0);
}

static bool prepare_second(arena *a, func_call *f, status *st)
{
    (void)st;
    return prepare(a, f, 1);
}

static const regex *pattern_of(const func_call *f, ectx *cx, value pattern, char *why)
{
    const re_state *s = f->state;
    return s->r ? s->r : regex_new(cx->a, value_str(pattern), false, why, REASON_MAX);
}

static value too_hard(ectx *cx)
{
    return ectx_fail(cx, "the regular expression needs too many steps on this input");
}

static value invalid(ectx *cx, value pattern)
{
    return ectx_fail(cx, "Invalid regular expression pattern: %.*s", STR_FMT(value_str(pattern)));
}

static value span_value(str s, regex_span m)
{
    return m.from == SIZE_MAX ? VALUE_NULL : value_s(str_make(s.p + m.from, m.to - m.from));
}

static value stopped(ectx *cx)
{
    return ectx_fail(cx, "The query is being stopped.");
}

/* ---- REGEXP_EXTRACT, REGEXP_EXTRACT_ALL */

FN(extract)
{
    char              why[REASON_MAX];
    const regex_span *m;
    const regex      *r = pattern_of(f, cx, args[0], why);
    int64_t           group = f->arg_count > 2 ? args[2].i : 0;
    if (r == NULL)
        return ectx_fail(cx, "%s", why);
    if (group > regex_group_count(r))
        return VALUE_NULL;
    str s = utf8_repair(cx->a, value_str(args[1]));
    switch (regex_search(r, s, 0, &m)) {
    case REGEX_NONE:
        return VALUE_NULL;
    case REGEX_FAILED:
        return too_hard(cx);
    case REGEX_MATCH:
        break;
    }
    return group < 0 ? ectx_fail(cx, "No group %ld", group) : span_value(s, m[group]);
}

FN(extract_all)
{
    char              why[REASON_MAX];
    const regex_span *m;
    const regex      *r = pattern_of(f, cx, args[0], why);
    int64_t           group = f->arg_count > 2 ? args[2].i : 0;
    if (r == NULL)
        return invalid(cx, args[0]);
    if (group > regex_group_count(r))
        return VALUE_NULL;
    str         s = utf8_repair(cx->a, value_str(args[1]));
    value      *e = NULL;
    uint32_t    n = 0, room = 0;
    regex_found found;
    for (size_t at = 0; (found = regex_search(r, s, at, &m)) == REGEX_MATCH; at = regex_after(s, m[0])) {
        if (ectx_stopped(cx))
            return stopped(cx);
        if (group < 0)
            return ectx_fail(cx, "No group %ld", group);
        if (n == room) {
            room = room ? room * 2 : 8;
            value *bigger = arena_alloc(cx->a, room * sizeof *e);
            if (n)
                memcpy(bigger, e, n * sizeof *e);
            e = bigger;
        }
        e[n++] = span_value(s, m[group]);
    }
    return found == REGEX_FAILED ? too_hard(cx) : value_v(e, n);
}

/* ---- REGEXP_REPLACE */

static bool put_group(buf *b, str s, const regex_span *m, uint32_t i)
{
    if (m[i].from != SIZE_MAX)
        buf_put(b, s.p + m[i].from, m[i].to - m[i].from);
    return true;
}

static bool refuse(ectx *cx, const char *why)
{
    ectx_fail(cx, "%s", why);
    return false;
}

/* Behind '$': a number, which takes further digits while such a group exists, or {name}. */
static bool put_reference(buf *b, ectx *cx, const regex *r, str with, uint32_t *at, str s, const regex_span *m)
{
    if (*at == with.n)
        return refuse(cx, "Illegal group reference: group index is missing");
    if (with.p[*at] == '{') {
        uint32_t from = ++*at;
        while (*at < with.n && (((with.p[*at] | 0x20) >= 'a' && (with.p[*at] | 0x20) <= 'z') ||
                                (with.p[*at] >= '0' && with.p[*at] <= '9')))
            ++*at;
        str name = str_make(with.p + from, *at - from);
        if (name.n == 0)
            return refuse(cx, "named capturing group is missing trailing '}'");
        if (*at == with.n || with.p[(*at)++] != '}')
            return refuse(cx, "named capturing group is missing trailing '}'");
        int32_t i = regex_group_number(r, name);
        if (i < 0) {
            ectx_fail(cx, "No group with name {%.*s}", STR_FMT(name));
            return false;
        }
        return put_group(b, s, m, (uint32_t)i);
    }
    if (with.p[*at] < '0' || with.p[*at] > '9')
        return refuse(cx, "Illegal group reference");
    uint32_t i = (uint32_t)(with.p[(*at)++] - '0');
    if (i > regex_group_count(r)) {
        ectx_fail(cx, "No group %u", i);
        return false;
    }
    while (*at < with.n && with.p[*at] >= '0' && with.p[*at] <= '9') {
        uint32_t longer = i * 10 + (uint32_t)(with.p[*at] - '0');
        if (longer > regex_group_count(r))
            break;
        i = longer;
        ++*at;
    }
    return put_group(b, s, m, i);
}

static bool put_replacement(buf *b, ectx *cx, const regex *r, str with, str s, const regex_span *m)
{
    for (uint32_t at = 0; at < with.n;) {
        char c = with.p[at++];
        if (c == '$') {
            if (!put_reference(b, cx, r, with, &at, s, m))
                return false;
            continue;
        }
        if (c == '\\') {
            if (at == with.n)
                return refuse(cx, "character to be escaped is missing");
            c = with.p[at++];
        }
        buf_putc(b, c);
    }
    return true;
}

FN(replace)
{
    char              why[REASON_MAX];
    const regex_span *m;
    const regex      *r = pattern_of(f, cx, args[1], why);
    if (r == NULL)
        return invalid(cx, args[1]);
    str         s = utf8_repair(cx->a, value_str(args[0])), with = value_str(args[2]);
    buf        *b = text_scratch();
    size_t      copied = 0;
    regex_found found;
    for (size_t at = 0; (found = regex_search(r, s, at, &m)) == REGEX_MATCH; at = regex_after(s, m[0])) {
        regex_span whole = m[0];
        if (b->full) /* what comes after it would be dropped, match by match */
            return ectx_fail(cx, "The text is longer than a value may be.");
        if (ectx_stopped(cx))
            return stopped(cx);
        buf_put(b, s.p + copied, whole.from - copied);
        copied = whole.to;
        if (!put_replacement(b, cx, r, with, s, m))
            return VALUE_ERR;
    }
    if (found == REGEX_FAILED)
        return too_hard(cx);
    buf_put(b, s.p + copied, s.n - copied);
    return text_scratch_value(cx);
}

/* ---- REGEXP_SPLIT_TO_ARRAY */

/* Empty pieces stay, unless the pattern matches the empty text: then as Java's String.split, without an
 * empty first piece from an empty match and without empty pieces at the end. */
FN(split)
{
    char              why[REASON_MAX];
    const regex_span *m;
    const re_state   *state = f->state;
    const regex      *r = pattern_of(f, cx, args[1], why);
    if (r == NULL)
        return invalid(cx, args[1]);
    bool        java_split = state->r ? state->matches_empty : matches_empty(r);
    str         s = utf8_repair(cx->a, value_str(args[0]));
    value      *e = NULL;
    uint32_t    n = 0, room = 0;
    size_t      from = 0;
    regex_found found = REGEX_NONE;
    for (size_t at = 0;; at = regex_after(s, m[0])) {
        if (ectx_stopped(cx))
            return stopped(cx);
        bool last = (found = regex_search(r, s, at, &m)) != REGEX_MATCH;
        if (!last && java_split && m[0].to == 0)
            continue;
        if (n == room) {
            room = room ? room * 2 : 8;
            value *bigger = arena_alloc(cx->a, room * sizeof *e);
            if (n)
                memcpy(bigger, e, n * sizeof *e);
            e = bigger;
        }
        e[n++] = value_s(str_make(s.p + from, (last ? s.n : m[0].from) - from));
        if (last)
            break;
        from = m[0].to;
    }
    if (found == REGEX_FAILED)
        return too_hard(cx);
    for (bool split = n > 1; java_split && split && n > 0 && e[n - 1].n == 0;)
        n--;
    return value_v(e, n);
}

#define R(n, d, p, r, fun, pre)                                                                                  \
    {                                                                                                            \
        .name = n, .category = "REGULAR EXPRESSION", .doc = d, .params = p, .returns = r, .fn = fun, .init = pre \
    }
#define EXTRACT "VARCHAR pattern, VARCHAR input"

const func_row func_regexp[] = {
    R("regexp_extract", "Returns the first match of a pattern, or a group of it.", EXTRACT, "VARCHAR", extract,
      prepare_first),
    R("regexp_extract", NULL, EXTRACT ", INT group", "VARCHAR", extract, prepare_first),
    R("regexp_extract_all", "Returns all matches of a pattern, or a group of each.", EXTRACT, "ARRAY<VARCHAR>",
      extract_all, prepare_first),
    R("regexp_extract_all", NULL, EXTRACT ", INT group", "ARRAY<VARCHAR>", extract_all, prepare_first),
    R("regexp_replace", "Replaces all matches of a pattern.", "VARCHAR str, VARCHAR regexp, VARCHAR newStr", "VARCHAR",
      replace, prepare_second),
    R("regexp_split_to_array", "Splits a text at the matches of a pattern.", "VARCHAR string, VARCHAR regexp",
      "ARRAY<VARCHAR>", split, prepare_second),
    {0},
};
