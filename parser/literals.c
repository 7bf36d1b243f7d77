/* Literals behind '=', found without parsing. */
#include "base/num.h"
#include "parser/parse_int.h"

/* false: it is no number that the parser would take. */
static bool read_integer(str text, parse_literal *l)
{
    if (!num_parse_i64(text, &l->ival))
        return false;
    l->kind = l->ival >= INT32_MIN && l->ival <= INT32_MAX ? EX_INT : EX_BIGINT;
    return true;
}

bool parse_equal_literals(arena *a, str sql, parse_literal *out, uint32_t max, uint32_t *n)
{
    scanner s = scan_from(sql, 0);
    bool    behind = false;
    token   t = scan_next(&s);
    *n = 0;
    if (t.type != TK_SELECT || memmem(sql.p, sql.n, "${", 2))
        return false;
    for (; t.type != TK_EOF; t = scan_next(&s)) {
        if (t.type == TK_UNRECOGNIZED)
            return false;
        if (behind && (t.type == TK_STRING_LIT || t.type == TK_INTEGER_LIT)) {
            str text = str_make(sql.p + t.pos, t.len);
            if (*n == max)
                return false;
            parse_literal *l = &out[*n];
            *l = (parse_literal){.pos = t.pos, .len = t.len, .kind = EX_STRING};
            if (t.type == TK_STRING_LIT)
                l->text = parse_unquote(a, text);
            else if (!read_integer(text, l))
                return false;
            ++*n;
        }
        behind = t.type == TK_EQ;
    }
    return true;
}
