/* Parameter types as text: "VARCHAR input, ARRAY<T>... lists, LAMBDA (K, V) => BOOLEAN f" read and printed
 * (spec/functions.md 1.3). */
#include <stdio.h>

#include "engine/func/func.h"
#include "engine/types/decimal.h"

#define PTYPE_DEPTH_MAX 16
#define STRUCT_FIELDS_MAX 64

typedef struct reader {
    arena      *a;
    const char *p;
    status     *st;
    uint32_t    depth;
} reader;

static void blanks(reader *r)
{
    while (*r->p == ' ')
        r->p++;
}

static bool is_word_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static str word(reader *r)
{
    blanks(r);
    const char *from = r->p;
    while (is_word_char(*r->p))
        r->p++;
    return str_make(from, (size_t)(r->p - from));
}

static bool eat(reader *r, const char *z)
{
    blanks(r);
    size_t n = strlen(z);
    if (strncmp(r->p, z, n) != 0)
        return false;
    r->p += n;
    return true;
}

static bool expect(reader *r, const char *z)
{
    return eat(r, z) || status_set(r->st, ST_SQL, "'%s' is missing before '%s'", z, r->p);
}

/* What stands between two quotes. */
static bool quoted(reader *r, char quote, str *out)
{
    const char *from = ++r->p;
    while (*r->p && *r->p != quote)
        r->p++;
    *out = str_make(from, (size_t)(r->p - from));
    if (*r->p == 0)
        return status_set(r->st, ST_SQL, "a closing %c is missing", quote);
    r->p++;
    return true;
}

/* A parameter's name: a word, or a phrase in quotes. */
static bool param_name(reader *r, str *out)
{
    blanks(r);
    if (*r->p == '\'')
        return quoted(r, '\'', out);
    *out = word(r);
    return true;
}

static const struct {
    const char *name;
    type_kind   kind;
} base_types[] = {
    {"BOOLEAN", T_BOOLEAN}, {"INT", T_INTEGER},   {"INTEGER", T_INTEGER}, {"BIGINT", T_BIGINT},
    {"DECIMAL", T_DECIMAL}, {"DOUBLE", T_DOUBLE}, {"VARCHAR", T_STRING},  {"STRING", T_STRING},
    {"BYTES", T_BYTES},     {"TIME", T_TIME},     {"DATE", T_DATE},       {"TIMESTAMP", T_TIMESTAMP},
    {"ARRAY", T_ARRAY},     {"MAP", T_MAP},       {"STRUCT", T_STRUCT},
};

static const char *const printed_names[T_KIND_COUNT] = {
    [T_BOOLEAN] = "BOOLEAN", [T_INTEGER] = "INT",         [T_BIGINT] = "BIGINT", [T_DECIMAL] = "DECIMAL",
    [T_DOUBLE] = "DOUBLE",   [T_STRING] = "VARCHAR",      [T_BYTES] = "BYTES",   [T_TIME] = "TIME",
    [T_DATE] = "DATE",       [T_TIMESTAMP] = "TIMESTAMP", [T_ARRAY] = "ARRAY",   [T_MAP] = "MAP",
    [T_STRUCT] = "STRUCT",
};

static ptype *read_type(reader *r);

/* As SQL reads it: upper-case unless it stands in back-quotes. */
static bool field_name(reader *r, str *out)
{
    blanks(r);
    if (*r->p == '`')
        return quoted(r, '`', out);
    *out = str_upper(r->a, word(r));
    return out->n > 0 || status_set(r->st, ST_SQL, "a field's name is missing before '%s'", r->p);
}

static bool read_struct(reader *r, ptype *p)
{
    str          names[STRUCT_FIELDS_MAX];
    const ptype *types[STRUCT_FIELDS_MAX];
    uint32_t     n = 0;
    do {
        if (n == STRUCT_FIELDS_MAX)
            return status_set(r->st, ST_SQL, "a STRUCT has more than %d fields", STRUCT_FIELDS_MAX);
        if (!field_name(r, &names[n]) || (types[n] = read_type(r)) == NULL)
            return false;
        n++;
    } while (eat(r, ","));
    p->field_names = arena_dup(r->a, names, n * sizeof *names);
    p->fields = arena_dup(r->a, types, n * sizeof *types);
    p->field_count = n;
    return expect(r, ">");
}

static bool read_lambda(reader *r, ptype *p)
{
    const ptype *in[LAMBDA_INPUTS_MAX];
    uint32_t     n = 0;
    p->kind = P_LAMBDA;
    if (!expect(r, "("))
        return false;
    do {
        if (n == LAMBDA_INPUTS_MAX)
            return status_set(r->st, ST_SQL, "a LAMBDA has more than %d inputs", LAMBDA_INPUTS_MAX);
        if ((in[n++] = read_type(r)) == NULL)
            return false;
    } while (eat(r, ","));
    p->inputs = arena_dup(r->a, in, n * sizeof *in);
    p->input_count = n;
    return expect(r, ")") && expect(r, "=>") && (p->elem = read_type(r)) != NULL;
}

static bool read_digits(reader *r, int32_t *out)
{
    blanks(r);
    if (*r->p < '0' || *r->p > '9')
        return status_set(r->st, ST_SQL, "a number is missing before '%s'", r->p);
    for (*out = 0; *r->p >= '0' && *r->p <= '9'; r->p++)
        if ((*out = *out * 10 + (*r->p - '0')) > DECIMAL_DIGITS_MAX)
            return status_set(r->st, ST_SQL, "a DECIMAL has at most %d digits", DECIMAL_DIGITS_MAX);
    return true;
}

static bool read_decimal(reader *r, ptype *p)
{
    if (!read_digits(r, &p->precision) || !expect(r, ",") || !read_digits(r, &p->scale) || !expect(r, ")"))
        return false;
    return (p->precision >= 1 && p->scale <= p->precision) ||
           status_set(r->st, ST_SQL, "DECIMAL(%d, %d) is no type", p->precision, p->scale);
}

/* What follows the name of a type. */
static bool read_parts(reader *r, ptype *p)
{
    switch (p->base) {
    case T_ARRAY:
        return expect(r, "<") && (p->elem = read_type(r)) != NULL && expect(r, ">");
    case T_MAP:
        return expect(r, "<") && (p->key = read_type(r)) != NULL && expect(r, ",") &&
               (p->elem = read_type(r)) != NULL && expect(r, ">");
    case T_STRUCT: /* without fields: any STRUCT */
        return !eat(r, "<") || read_struct(r, p);
    case T_DECIMAL:
        return !eat(r, "(") || read_decimal(r, p);
    default:
        return true;
    }
}

/* A type variable is one capital letter and perhaps a digit, so that a misspelt type is not taken for one. */
static bool is_variable(str w)
{
    return w.n >= 1 && w.n <= 2 && w.p[0] >= 'A' && w.p[0] <= 'Z' && (w.n == 1 || (w.p[1] >= '0' && w.p[1] <= '9'));
}

static bool read_named(reader *r, str w, ptype *p)
{
    if (str_eq_nocase(w, STR("LAMBDA")))
        return read_lambda(r, p);
    if (str_eq_nocase(w, STR("INTERVAL"))) {
        p->kind = P_UNIT;
        return str_eq_nocase(word(r), STR("UNIT")) || status_set(r->st, ST_SQL, "INTERVAL is not followed by UNIT");
    }
    if (str_eq_nocase(w, STR("ANY"))) {
        p->kind = P_ANY;
        return true;
    }
    for (size_t i = 0; i < sizeof base_types / sizeof *base_types; i++) {
        if (!str_eq_nocase(w, str_of(base_types[i].name)))
            continue;
        p->kind = P_TYPE;
        p->base = base_types[i].kind;
        return read_parts(r, p);
    }
    p->kind = P_GENERIC;
    p->name = w;
    if (w.n == 0)
        return status_set(r->st, ST_SQL, "a type is missing before '%s'", r->p);
    return is_variable(w) ||
           status_set(r->st, ST_SQL, "'%.*s' is no type; a type variable is one capital letter", STR_FMT(w));
}

static ptype *read_type(reader *r)
{
    ptype *p = ARENA_NEW(r->a, ptype);
    if (++r->depth > PTYPE_DEPTH_MAX) {
        status_set(r->st, ST_SQL, "types are nested more than %d levels deep", PTYPE_DEPTH_MAX);
        return NULL;
    }
    bool ok = read_named(r, word(r), p);
    r->depth--;
    return ok ? p : NULL;
}

static bool at_end(reader *r)
{
    blanks(r);
    return *r->p == 0 || status_set(r->st, ST_SQL, "'%s' is unexpected", r->p);
}

const ptype *ptype_parse(arena *a, const char *text, status *st)
{
    reader r = {a, text, st, 0};
    ptype *p = read_type(&r);
    return p && at_end(&r) ? p : NULL;
}

bool overload_parse(arena *a, const char *name, const char *params, const char *returns, const void *row, overload *out,
                    status *st)
{
    reader r = {a, params, st, 0};
    param  list[PARAMS_MAX];
    memset(out, 0, sizeof *out);
    out->name = name;
    out->row = row;
    out->variadic = -1;
    blanks(&r);
    while (*r.p) {
        if (out->param_count == PARAMS_MAX)
            return status_set(st, ST_SQL, "there are more than %d parameters", PARAMS_MAX);
        param *p = &list[out->param_count];
        p->type = read_type(&r);
        if (p->type == NULL)
            return false;
        p->variadic = eat(&r, "...");
        if (p->variadic && out->variadic >= 0)
            return status_set(st, ST_SQL, "more than one parameter is variadic");
        if (p->variadic)
            out->variadic = (int32_t)out->param_count;
        if (!param_name(&r, &p->name))
            return false;
        out->param_count++;
        if (!eat(&r, ","))
            break;
    }
    out->params = arena_dup(a, list, out->param_count * sizeof *list);
    out->returns = ptype_parse(a, returns, st);
    return out->returns != NULL && at_end(&r);
}

void ptype_print(buf *out, const ptype *p)
{
    switch (p->kind) {
    case P_GENERIC:
        buf_puts(out, p->name);
        return;
    case P_ANY:
        buf_putz(out, "ANY");
        return;
    case P_UNIT:
        buf_putz(out, "INTERVAL UNIT");
        return;
    case P_LAMBDA:
        buf_putz(out, "LAMBDA (");
        for (uint32_t i = 0; i < p->input_count; i++) {
            if (i)
                buf_putz(out, ", ");
            ptype_print(out, p->inputs[i]);
        }
        buf_putz(out, ") => ");
        ptype_print(out, p->elem);
        return;
    case P_TYPE:
        break;
    }
    buf_putz(out, printed_names[p->base]);
    if (p->base == T_STRUCT && p->field_count) {
        buf_putc(out, '<');
        for (uint32_t i = 0; i < p->field_count; i++) {
            if (i)
                buf_putz(out, ", ");
            buf_puts(out, p->field_names[i]);
            buf_putc(out, ' ');
            ptype_print(out, p->fields[i]);
        }
        buf_putc(out, '>');
    } else if (p->elem) {
        buf_putc(out, '<');
        if (p->key) {
            ptype_print(out, p->key);
            buf_putz(out, ", ");
        }
        ptype_print(out, p->elem);
        buf_putc(out, '>');
    }
}
