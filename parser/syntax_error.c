#include "parser/parse_int.h"

void syntax_error_explain(arena *a, str sql, parse_entry entry, uint32_t stmt_pos, token bad, status *st)
{
    (void)a; (void)entry; (void)stmt_pos;
    uint32_t line, col;
    parse_line_col(sql, bad.pos, &line, &col);
    status_set_at(st, ST_SYNTAX, bad.pos, "line %u:%u: Syntax Error\nSyntax error at or near '%.*s' at line %u:%u", line, col, (int)bad.len, sql.p + bad.pos, line, col);
}
