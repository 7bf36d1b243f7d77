#include "engine/func/timestamp_format.h"

struct timestamp_format {
    str pattern;
};

timestamp_format *timestamp_format_new(arena *a, str pattern, status *st)
{
    (void)st;
    timestamp_format *f = ARENA_NEW(a, timestamp_format);
    f->pattern = pattern;
    return f;
}

bool timestamp_format_parse(const timestamp_format *f, str text, int64_t *ms)
{
    (void)f;
    (void)text;
    (void)ms;
    return false;
}
