#include "engine/format/side.h"

#include "engine/format/format_int.h"

side_format side_empty(void)
{
    return (side_format){.id = FORMAT_NONE, .schema_id = -1};
}

bool side_is_empty(const side_format *f)
{
    return formats[f->id].is_empty;
}

void side_need_key(side_format *f)
{
    if (side_is_empty(f))
        f->id = FORMAT_KAFKA;
}

bool side_same_bytes(const side_format *a, const side_format *b)
{
    return a->id == b->id && a->delimiter == b->delimiter;
}

/* A key of one column stands bare in the formats that leave the choice (spec 2); a value where that was asked for. */
static bool stands_bare(const side_format *f, bool is_key, uint32_t n)
{
    uint32_t both = FEATURE_WRAP_SINGLES | FEATURE_UNWRAP_SINGLES;
    return is_key ? n == 1 && formats[f->id].wraps == both : (f->features & FEATURE_UNWRAP_SINGLES) != 0;
}

serde_spec side_spec(const side_format *f, bool is_key, str topic, const serde_column *columns, uint32_t n)
{
    return (serde_spec){.format = f->id,
                        .is_key = is_key,
                        .unwrapped = n == 1 && stands_bare(f, is_key, n),
                        .delimiter = f->delimiter,
                        .topic = topic,
                        .columns = columns,
                        .column_count = n};
}

serde_spec side_inner_key_spec(const side_format *f, const serde_column *columns, uint32_t n)
{
    serde_spec s = side_spec(f, true, STR_NONE, columns, n);
    status     ignored;
    status_init(&ignored);
    if (!side_is_empty(f) && format_is_there(s.format, &ignored) && format_check(&s, &ignored))
        return s;
    return side_spec(&(side_format){.id = FORMAT_JSON, .delimiter = f->delimiter}, true, STR_NONE, columns, n);
}

const char *side_feature_text(const side_format *f, bool is_key, uint32_t n)
{
    return stands_bare(f, is_key, n)                         ? "UNWRAP_SINGLES"
           : !is_key && (f->features & FEATURE_WRAP_SINGLES) ? "WRAP_SINGLES"
                                                             : "";
}

str side_from_json(const side_format *f, arena *a, const jnode *n, const type *t)
{
    return n == NULL || n->kind == J_NULL ? STR_NONE : formats[f->id].from_json(a, n, t);
}

void side_put_json(const side_format *f, buf *out, str bytes, const type *t)
{
    if (bytes.p == NULL)
        buf_putz(out, "null");
    else
        formats[f->id].put_json(out, bytes, t);
}
