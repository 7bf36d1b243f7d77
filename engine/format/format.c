/* The table of formats, and the one that holds nothing. */
#include "engine/format/format.h"

#include <assert.h>

#include "engine/format/format_int.h"

void serde_put_columns(buf *out, const serde_spec *s)
{
    for (uint32_t i = 0; i < s->column_count; i++) {
        buf_printf(out, "%s`%.*s` ", i ? ", " : "", STR_FMT(s->columns[i].name));
        type_print(out, s->columns[i].type, true);
        if (s->is_key)
            buf_putz(out, " KEY");
    }
}

/* ---- NONE */

static bool none_check(const serde_spec *s, status *st)
{
    if (s->column_count == 0)
        return true;
    buf b = BUF_INIT(ST_MSG_MAX);
    serde_put_columns(&b, s);
    status_set(st, ST_SQL, "The 'NONE' format can only be used when no columns are defined. Got: [%.*s]", (int)b.n,
               b.p);
    buf_free(&b);
    return false;
}

static decode_result none_read(serde *s, arena *a, str b, value *row)
{
    (void)s;
    (void)a;
    (void)b;
    (void)row;
    return DECODE_OK;
}

static bool none_write(serde *s, const value *row, buf *out, bool *null_out)
{
    (void)s;
    (void)row;
    (void)out;
    *null_out = true;
    return true;
}

bool none_bind(arena *a, serde *s, status *st)
{
    (void)a;
    (void)st;
    s->decode = none_read;
    s->encode = none_write;
    return true;
}

static str none_from_json(arena *a, const jnode *n, const type *t)
{
    (void)a;
    (void)n;
    (void)t;
    return STR_NONE;
}

static void none_put_json(buf *out, str bytes, const type *t)
{
    (void)bytes;
    (void)t;
    buf_putz(out, "null");
}

/* ---- the table */

const format formats[] = {
#define FORMAT(id, ...) [FORMAT_##id] = {.name = #id, __VA_ARGS__},
#include "engine/format/formats.def"
#undef FORMAT
};

_Static_assert(FORMAT_NONE == 0, "a side_format of zeros has no payload");

bool format_by_name(str name, format_id *out, status *st)
{
    for (format_id i = 0; i < FORMAT_COUNT; i++)
        if (str_eq_nocase(name, str_of(formats[i].name))) {
            *out = i;
            return true;
        }
    arena a;
    arena_init(&a);
    status_set(st, ST_SQL, "Unknown format: %.*s", STR_FMT(str_upper(&a, name)));
    arena_free(&a);
    return false;
}

bool format_is_there(format_id f, status *st)
{
    assert(f < FORMAT_COUNT);
    return formats[f].bind ||
           status_set(st, ST_SQL, "The %s format needs the schema registry, which this server does not have.",
                      formats[f].name);
}

bool format_check(const serde_spec *s, status *st)
{
    assert(s->format < FORMAT_COUNT && (!s->unwrapped || s->column_count == 1));
    return formats[s->format].check == NULL || formats[s->format].check(s, st);
}

serde *serde_new(arena *a, const serde_spec *spec, status *st)
{
    if (!format_check(spec, st) || !format_is_there(spec->format, st))
        return NULL;
    serde *s = ARENA_NEW(a, serde);
    s->spec = *spec;
    s->spec.columns = arena_dup(a, spec->columns, spec->column_count * sizeof *spec->columns);
    arena_init(&s->scratch);
    if (!formats[spec->format].bind(a, s, st))
        return NULL;
    assert(s->decode && s->encode);
    return s;
}

void serde_free(serde *s)
{
    if (s)
        arena_free(&s->scratch);
}
