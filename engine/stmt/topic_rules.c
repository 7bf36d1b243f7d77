#include "engine/stmt/topic_rules.h"

#include "engine/func/java_regex.h"

static uint32_t count_patterns(str list)
{
    uint32_t n = 1;
    for (uint32_t i = 0; i < list.n; i++)
        n += list.p[i] == ',';
    return n;
}

bool topic_rules_read(topic_rules *r, arena *a, const char *setting, str list, status *st)
{
    r->n = 0;
    r->patterns = ARENA_ARRAY(a, const regex *, count_patterns(list));
    while (list.n) {
        char        why[256];
        const char *comma = memchr(list.p, ',', list.n);
        uint32_t    n = comma ? (uint32_t)(comma - list.p) : list.n;
        str         pattern = str_trim(str_make(list.p, n));
        list = comma ? str_make(comma + 1, list.n - n - 1) : STR_NONE;
        if (pattern.n == 0)
            continue;
        const regex *whole = regex_new(a, pattern, false, why, sizeof why); /* alone, for the sake of the reason */
        if (whole)
            whole = regex_new(a, str_fmt(a, "\\A(?:%.*s)\\z", STR_FMT(pattern)), false, why, sizeof why);
        if (whole == NULL)
            return status_set(st, ST_BAD_REQUEST, "%s: '%.*s' is not a regular expression: %s", setting,
                              STR_FMT(pattern), why);
        r->patterns[r->n++] = whole;
    }
    return true;
}

bool topic_rules_match(const topic_rules *r, str name)
{
    const regex_span *spans;
    for (uint32_t i = 0; i < r->n; i++)
        if (regex_search(r->patterns[i], name, 0, &spans) == REGEX_MATCH)
            return true;
    return false;
}
