/* SQL text to syntax tree and back: the public face of parser/.
 *
 * The language is spec'd by ksqlDB's grammar; this folder knows no catalog, no types beyond their
 * names and no functions. Everything is allocated from the caller's arena; nothing is global, so
 * any thread may parse.
 */
#ifndef PARSER_PARSER_H
#define PARSER_PARSER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/status.h"
#include "base/str.h"
#include "parser/ast.h"

#define PARSE_TEXT_MAX ((size_t)16 << 20) /* bytes of SQL in one request */
#define PARSE_DEPTH_MAX 2000              /* nested expressions, types and parentheses */

/* Parses `(statement ;)*`.
 *
 * sql      borrowed: the tree points into it, so it must live as long as the arena
 * out      array of *n statements in the arena; NULL and 0 on failure
 * errors   ST_SYNTAX: msg is "line L:C: Syntax Error\n..." as ksqlDB words it, or the text of
 *          another parse-time fault such as "line 2:40: Invalid numeric literal: ...". ST_SQL: faults that ksqlDB finds
 * while it builds the tree, with its prefix "Failed to prepare statement: "
 */
bool parse_sql(arena *a, str sql, ast_stmt ***out, size_t *n, status *st);

/* Parses one expression or one type, for texts that come without a statement. */
bool parse_expression(arena *a, str text, ast_expr **out, status *st);
bool parse_type(arena *a, str text, const ast_type **out, status *st);

/* Replaces ${name} in the text of one statement; vars maps a name to a const str *.
 * Unknown names stay as they are. Rules and errors: spec/sql-language.md 1.8. */
bool parse_substitute(arena *a, str stmt_text, const map *vars, str *out, status *st);

/* A literal right behind an '=' */
typedef struct parse_literal {
    uint32_t pos, len; /* in the text */
    ast_kind kind;     /* EX_STRING, EX_INT or EX_BIGINT, as the parser would have it */
    str      text;     /* EX_STRING */
    int64_t  ival;
} parse_literal;

/* Finds those literals with the scanner alone: statements that are sent again and again mostly differ in them, and
 * what is known of one of them need not be parsed out of the others. false: the text is none to compare others
 * with: it is no SELECT, has variables, what is no token, or more than max such literals. */
bool parse_equal_literals(arena *a, str sql, parse_literal *out, uint32_t max, uint32_t *n);

/* Line (from 1) and column (from 1) of a byte offset; columns count characters. */
void parse_line_col(str sql, uint32_t pos, uint32_t *line, uint32_t *col);

/* Is this text one identifier token that is not reserved and equal to its upper-case form,
 * so that it can be printed without back-ticks (spec 1.3)? */
bool parse_name_is_plain(str name);
/* A reserved word (spec 1.5), any case. */
bool parse_is_reserved(str word);

/* ---- printing (ast_print.c) */

/* Canonical SQL of a statement without the final ';' (spec 0.2). print(parse(x)) parses to the same
 * tree. */
void print_stmt(buf *out, const ast_stmt *s);
/* The expression as ksqlDB's error texts show it (spec 0.3): every operator in parentheses, names
 * never quoted. */
void print_expr(buf *out, const ast_expr *e);
/* The same but with names quoted where they need it, so that the text parses again. */
void print_expr_sql(buf *out, const ast_expr *e);
str  print_expr_text(arena *a, const ast_expr *e); /* print_expr() into the arena */
void print_type(buf *out, const ast_type *t);
void print_string(buf *out, str s);  /* in single quotes */
void print_name(buf *out, str name); /* with back-ticks when needed */

/* The statement with secrets masked: INSERT VALUES and connector properties (spec 7.8). */
void print_masked(buf *out, const ast_stmt *s);

#endif
