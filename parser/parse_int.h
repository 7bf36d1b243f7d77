/* What the grammar's actions, the driver and the explanation of syntax errors share.
 *
 * grammar.y calls one function per action; they are in build_expr.c and build_stmt.c. All of them
 * take the parse first and return nodes in its arena. */
#ifndef PARSER_PARSE_INT_H
#define PARSER_PARSE_INT_H

#include "base/vec.h"
#include "parser/parser.h"
#include "parser/token.h"

/* Values on the grammar's stack. A span covers the parentheses around an expression, which have no
 * node of their own. */
typedef struct span {
    uint32_t pos, end;
} span;

typedef struct name_val {
    str  text;
    span at;
} name_val;

typedef struct expr_val {
    ast_expr *e;
    span      at;
} expr_val;

typedef struct number_val {
    span     at;   /* sign included */
    uint16_t type; /* TK_INTEGER_LIT, TK_DECIMAL_LIT, TK_FLOAT_LIT */
} number_val;

/* Lists live in the arena; the grammar's stack holds pointers to them. */
#define LIST(T)        \
    struct {           \
        T     *p;      \
        size_t n, cap; \
    }
typedef LIST(ast_expr *) expr_list;
typedef LIST(str) name_list;
typedef LIST(ast_field) field_list;
typedef LIST(ast_column) column_list;
typedef LIST(ast_prop) prop_list;
typedef LIST(ast_select_item) item_list;
typedef LIST(ast_join) join_list;
typedef LIST(ast_stmt *) stmt_list;

typedef struct entry_list { /* STRUCT(name := value, ...) and MAP(key := value, ...) */
    expr_list values;
    name_list names;
} entry_list;

typedef struct type_val {
    ast_type *type;
    span      at;
} type_val;

typedef struct column_rule { /* what follows a column's type */
    ast_col_kind kind;
    str          header_key;
} column_rule;

typedef struct create_head {
    uint32_t pos;
    bool     or_replace, source_only;
} create_head;

typedef struct source_list { /* FROM: a relation and what is joined to it */
    ast_relation *first;
    join_list    *joins; /* NULL: none */
} source_list;

typedef struct print_clause {
    bool       from_beginning;
    number_val interval, limit; /* TK_EOF: not given */
} print_clause;

typedef struct explained { /* a statement, or else a query's name */
    ast_stmt *inner;
    name_val  name;
} explained;

typedef enum parse_entry { ENTRY_STATEMENTS, ENTRY_EXPRESSION, ENTRY_TYPE } parse_entry;

/* Where a variable stands: it decides what its value must look like (spec 1.8). */
typedef enum variable_place {
    VARIABLE_NAME,
    VARIABLE_LITERAL,
    VARIABLE_VALUE /* in an expression: a literal or a column */
} variable_place;

typedef struct variable_use {
    uint32_t       pos, len;
    variable_place place;
} variable_use;

typedef struct parse {
    arena    *a;
    str       sql;
    status    st;       /* the first fault found while building; reported when the syntax is right */
    bool      rejected; /* the syntax is wrong, at bad */
    bool      stopped;  /* too large: no use in going on */
    token     bad;
    bool      overflow; /* -9223372036854775808 is a literal, its digits alone are not */
    token     overflow_at;
    uint32_t  stmt_pos; /* first token of the statement that is being read */
    stmt_list stmts;
    LIST(variable_use) variables;
    /* results of the other entries */
    ast_expr *expr;
    ast_type *type;
} parse;

/* Runs the grammar. False when rejected, stopped or anything else set p->st. */
bool parse_run(parse *p, arena *a, str sql, parse_entry entry);
/* parse_run and, when it fails, the status as users see it. */
bool parse_run_status(parse *p, arena *a, str sql, parse_entry entry, status *st);

/* A token that the grammar takes but ksqlDB does not. */
void parse_reject(parse *p, token t);
/* A fault found while the tree is built, with ksqlDB's prefix; only the first is kept. */
void parse_fault(parse *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void parse_too_large(parse *p);

static inline str parse_text(const parse *p, span at)
{
    return (str){p->sql.p + at.pos, at.end - at.pos};
}
static inline span span_of(token t)
{
    return (span){t.pos, t.pos + t.len};
}
static inline span span_join(span a, span b)
{
    return (span){a.pos, b.end};
}

/* Why ksqlDB would refuse the token: fills st with "line L:C: Syntax Error\n...". The statement
 * starts at stmt_pos (syntax_error.c). */
void syntax_error_explain(arena *a, str sql, parse_entry entry, uint32_t stmt_pos, token bad, status *st);
/* Do the rules that the messages come from take the text as a whole? Returns the offset of the token
 * that they refuse, or -1. For tests: the grammar must agree. */
int64_t syntax_error_find(arena *a, str sql, parse_entry entry);

/* ---- ast_print_expr.c */

void print_ticked(buf *out, str name); /* in back-ticks, needed or not */

/* ---- build_expr.c */

str parse_unquote(arena *a, str quoted); /* what stands between quotes, doubled ones halved */
/* The raw name of calls that were written ||: told apart by its address, as CONCAT(a, b) prints in
 * upper case and a || b in lower case. */
extern const char parse_concat_name[];

/* Reports what could only be decided behind the last token. */
void       build_finish(parse *p);
name_val   build_name(parse *p, token t);
name_val   build_variable_name(parse *p, token t);
name_val   build_raw_name(parse *p, token t); /* keeps its case */
name_val   build_string_name(parse *p, token t);
name_val   build_plain_name(parse *p, token t); /* an identifier, not a keyword */
name_val   build_plain_raw_name(parse *p, token t);
name_val   build_source_name(parse *p, name_val n);
number_val build_number(token sign, token digits);
bool       build_integer(parse *p, number_val n, const char *command, int64_t *out);
str        build_string(parse *p, token t);
name_list *build_names(parse *p, name_list *l, name_val n);
expr_list *build_exprs(parse *p, expr_list *l, expr_val e);
expr_list *build_no_exprs(parse *p);

expr_val    build_literal(parse *p, ast_kind kind, token t);
expr_val    build_numeric(parse *p, number_val n);
expr_val    build_variable(parse *p, token t, variable_place place);
expr_val    build_column(parse *p, name_val n);
expr_val    build_qualified(parse *p, name_val q, name_val n);
expr_val    build_unit(parse *p, token t);
expr_val    build_paren(token lp, expr_val e, token rp);
expr_val    build_call(parse *p, name_val n, expr_list *args, bool star, token rp);
expr_val    build_lambda(parse *p, span start, name_list *params, expr_val body);
expr_val    build_cast(parse *p, token t, expr_val e, type_val to, token rp);
expr_val    build_list(parse *p, ast_kind kind, token t, expr_list *args, token end);
expr_val    build_entries(parse *p, ast_kind kind, token t, entry_list *l, token end);
expr_val    build_type_ctor(parse *p, name_val n, token t);
expr_val    build_subscript(parse *p, expr_val base, expr_val index, token rb);
expr_val    build_deref(parse *p, expr_val base, name_val field);
expr_val    build_struct_star(parse *p, expr_val base, token star);
expr_val    build_sign(parse *p, token sign, expr_val e);
expr_val    build_binary(parse *p, ast_kind kind, token op, expr_val l, expr_val r);
expr_val    build_compare(parse *p, ast_op op, expr_val l, expr_val r);
expr_val    build_concat(parse *p, expr_val l, expr_val r);
expr_val    build_not(parse *p, span start, expr_val e);
expr_val    build_is_null(parse *p, expr_val e, token negated, token end);
expr_val    build_between(parse *p, expr_val e, token negated, expr_val lo, expr_val hi);
expr_val    build_in(parse *p, expr_val e, token negated, expr_list *l, token rp);
expr_val    build_like(parse *p, expr_val e, token negated, token like, expr_val pattern, token escape);
expr_val    build_distinct(parse *p, expr_val e, token negated, expr_val r);
expr_val    build_case(parse *p, token t, expr_val subject, expr_list *whens, expr_val otherwise, token end);
expr_val    build_time_zone(parse *p, expr_val e, token zone);
entry_list *build_map_entry(parse *p, entry_list *l, expr_val key, expr_val value);
entry_list *build_struct_entry(parse *p, entry_list *l, name_val n, expr_val value);

type_val    build_named_type(parse *p, name_val n, token end);
type_val    build_decimal_type(parse *p, token t, number_val precision, number_val scale, token end);
type_val    build_array_type(parse *p, token t, type_val elem, token end);
type_val    build_postfix_array(parse *p, type_val elem, token end);
type_val    build_map_type(parse *p, token t, type_val key, type_val elem, token end);
type_val    build_struct_type(parse *p, token t, field_list *fields, token end);
field_list *build_field(parse *p, field_list *l, name_val n, type_val t);

/* ---- build_stmt.c */

ast_duration  build_duration(parse *p, number_val n, token unit);
ast_relation *build_relation(parse *p, name_val n, name_val alias);
ast_join     *build_within(parse *p, ast_duration before, ast_duration after, ast_duration grace);
ast_join     *build_join(parse *p, ast_join_kind kind, ast_relation *right, ast_join *within, expr_val on);
source_list   build_append_join(parse *p, source_list l, ast_join *j);
ast_window   *build_window_tail(parse *p, ast_duration retention, ast_duration grace);
ast_window   *build_window(ast_window *w, ast_window_kind kind, ast_duration size, ast_duration advance);
item_list    *build_item(parse *p, expr_val e, name_val alias);
item_list    *build_star_item(parse *p, name_val qual, token star);
item_list    *build_append_items(parse *p, item_list *l, item_list *one);
ast_query    *build_query(parse *p, token t, item_list *items, source_list from);
void          build_query_tail(ast_query *q, ast_window *w, expr_val where, expr_val having);
void          build_query_by(ast_query *q, expr_list *group_by, expr_list *partition_by);
void          build_query_end(parse *p, ast_query *q, ast_emit emit, number_val limit);

column_list *build_column_def(parse *p, name_val n, type_val t, column_rule r);
column_list *build_append_columns(parse *p, column_list *l, column_list *one);
prop_list   *build_prop(parse *p, name_val n, expr_val value);
prop_list   *build_append_props(parse *p, prop_list *l, prop_list *one);

/* The statement starts at the token t. */
ast_stmt *build_named(parse *p, ast_stmt_kind kind, token t, name_val n);
ast_stmt *build_all(parse *p, ast_stmt_kind kind, token t);
ast_stmt *build_query_stmt(parse *p, ast_query *q);
ast_stmt *build_create(parse *p, ast_stmt_kind kind, create_head h, bool if_not_exists, name_val n,
                       column_list *columns, prop_list *props);
ast_stmt *build_create_as(parse *p, ast_stmt_kind kind, create_head h, bool if_not_exists, name_val n, prop_list *props,
                          ast_query *q);
ast_stmt *build_insert_select(parse *p, token t, name_val n, prop_list *props, ast_query *q);
ast_stmt *build_values(parse *p, ast_stmt_kind kind, token t, name_val n, name_list *columns, expr_list *values);
ast_stmt *build_drop(parse *p, ast_stmt_kind kind, token t, bool if_exists, name_val n, bool delete_topic);
ast_stmt *build_alter(parse *p, ast_stmt_kind kind, token t, name_val n, column_list *added);
ast_stmt *build_create_type(parse *p, token t, bool if_not_exists, name_val n, type_val type);
ast_stmt *build_setting(parse *p, ast_stmt_kind kind, token t, token key, token value);
ast_stmt *build_define(parse *p, token t, name_val n, token value);
ast_stmt *build_describe(parse *p, ast_stmt_kind kind, token t, name_val n, bool extended);
ast_stmt *build_explain(parse *p, token t, explained e);
ast_stmt *build_show(parse *p, ast_stmt_kind kind, token t, bool all, bool extended, ast_scope scope);
ast_stmt *build_print(parse *p, token t, name_val topic, print_clause c);
ast_stmt *build_connector(parse *p, token t, ast_scope scope, bool if_not_exists, name_val n, prop_list *props);
ast_stmt *build_assert_topic(parse *p, token t, bool not_exists, name_val n, prop_list *props, ast_duration timeout);
ast_stmt *build_assert_schema(parse *p, token t, bool not_exists, name_val subject, expr_val id, ast_duration timeout);
ast_stmt *build_assert_source(parse *p, ast_stmt_kind kind, token t, name_val n, column_list *columns,
                              prop_list *props);
void      build_add_stmt(parse *p, ast_stmt *s, token semi);

#endif
