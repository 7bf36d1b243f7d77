#include "server/shell/split.h"

/* The end of what opens at text[at] (a quote or a comment); text.n when it does not end. A doubled
 * quote closes and opens again, which comes to the same. */
static uint32_t skip_span(str text, uint32_t at, bool *closed)
{
    str end = STR("*/"), newline = STR("\n");
    if (text.p[at] == '-')
        end = newline;
    else if (text.p[at] != '/')
        end = str_make(text.p + at, 1);
    int64_t found = str_find(text, end, at + (text.p[at] == '-' || text.p[at] == '/' ? 2 : 1));
    *closed = found >= 0;
    return found < 0 ? text.n : (uint32_t)found + end.n;
}

static bool opens_comment(str text, uint32_t at)
{
    return at + 1 < text.n &&
           ((text.p[at] == '-' && text.p[at + 1] == '-') || (text.p[at] == '/' && text.p[at + 1] == '*'));
}

split_rest split_look(str text)
{
    split_rest state = SPLIT_EMPTY;
    for (uint32_t i = 0; i < text.n;) {
        char c = text.p[i];
        bool closed = true;
        if (opens_comment(text, i)) {
            bool block = c == '/';
            i = skip_span(text, i, &closed);
            if (block && !closed)
                return SPLIT_OPEN;
        } else if (c == '\'' || c == '"' || c == '`') {
            i = skip_span(text, i, &closed);
            state = SPLIT_OPEN;
        } else {
            if (c == ';')
                state = SPLIT_COMPLETE;
            else if ((uint8_t)c > 0x20)
                state = SPLIT_OPEN;
            i++;
        }
    }
    return state;
}
