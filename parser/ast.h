/* The syntax tree: what the text says, before anything is looked up.
 *
 * All nodes live in the arena given to parse_sql() and are read-only afterwards, except that the
 * engine may rewrite a tree it has copied (ast_expr_copy). Positions are byte offsets into the text
 * that was parsed; parse_line_col() turns one into a line and a column when it is reported.
 * Names are already folded: unquoted identifiers are upper-case, quoted ones verbatim
 * (spec/sql-language.md 1.3).
 */
#ifndef PARSER_AST_H
#define PARSER_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* ---- types */

typedef enum ast_type_kind {
    AT_NAMED,   /* a built-in or user type by name, e.g. INTEGER, VARCHAR, MY_TYPE */
    AT_DECIMAL, /* precision, scale */
    AT_ARRAY,   /* elem */
    AT_MAP,     /* key, elem */
    AT_STRUCT   /* fields */
} ast_type_kind;

typedef struct ast_type ast_type;

typedef struct ast_field {
    str             name;
    const ast_type *type;
    uint32_t        pos;
} ast_field;

struct ast_type {
    ast_type_kind    kind;
    uint32_t         pos;
    str              name;             /* AT_NAMED */
    int32_t          precision, scale; /* AT_DECIMAL; out of range values are kept for the engine */
    const ast_type  *key, *elem;
    const ast_field *fields;
    uint32_t         field_count;
    uint16_t         height; /* as in ast_expr */
};

/* ---- expressions */

typedef enum ast_kind {
    /* literals */
    EX_NULL,
    EX_BOOL,          /* ival 0 or 1 */
    EX_INT,           /* ival; fits 32 bits */
    EX_BIGINT,        /* ival */
    EX_DECIMAL,       /* text: digits as written, with sign, without useless zeros in front: "-1.50", "0.5",
                       * "1." */
    EX_DOUBLE,        /* dval */
    EX_STRING,        /* text, unescaped */
    EX_INTERVAL_UNIT, /* text: DAYS HOURS MINUTES SECONDS MILLISECONDS; function arguments only */
    /* names */
    EX_COLUMN,     /* text, and qual when written qual.text */
    EX_LAMBDA_VAR, /* text; made by the parser inside a lambda's body */
    /* calls and constructors */
    EX_CALL,      /* text: name folded; args; f(*) and f() both have no args, `star` tells them apart */
    EX_LAMBDA,    /* args[0] is the body; names: parameters */
    EX_CAST,      /* args[0], type */
    EX_ARRAY,     /* args */
    EX_MAP,       /* args: key, value, key, value, ... */
    EX_STRUCT,    /* args, names: one each */
    EX_TYPE_CTOR, /* ident 'str' (spec 1.4): text = ident, args[0] = the string */
    /* access */
    EX_SUBSCRIPT,   /* args[0] [ args[1] ] */
    EX_DEREF,       /* args[0] -> text */
    EX_STRUCT_STAR, /* args[0] -> *; select items only */
    /* operators */
    EX_NEG,
    EX_POS,
    EX_ARITH,   /* op + - * / %, args[0], args[1] */
    EX_COMPARE, /* op, args[0], args[1] */
    EX_AND,
    EX_OR,
    EX_NOT, /* also NOT IN, NOT LIKE, NOT BETWEEN, IS NOT DISTINCT FROM: NOT of the positive form */
    EX_IS_NULL,
    EX_IS_NOT_NULL,
    EX_BETWEEN,     /* args[0] BETWEEN args[1] AND args[2] */
    EX_IN,          /* args[0] IN (args[1..]) */
    EX_LIKE,        /* args[0] LIKE args[1]; text = the escape character (may be multi-byte) or n = 0 */
    EX_CASE,        /* WHEN args[0] THEN args[1] WHEN ... [ELSE last when arg_count is odd] */
    EX_SIMPLE_CASE, /* CASE args[0] WHEN args[1] THEN args[2] ... [ELSE last when even] */
    EX_AT_TIME_ZONE /* args[0], text; refused later */
} ast_kind;

typedef enum ast_op {
    OP_NONE,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_DISTINCT
} ast_op;

typedef struct ast_expr ast_expr;
struct ast_expr {
    ast_kind kind;
    ast_op   op;
    uint32_t pos, len; /* the source text of the whole node */
    bool     star;     /* EX_CALL written f(*) */
    uint16_t height;   /* nodes on the longest way down; the parser keeps it <= PARSE_DEPTH_MAX,
                        * so recursion over a parsed tree is bounded */
    str             qual, text;
    str             raw; /* EX_CALL: the name as typed, "concat" for ||; EX_INTERVAL_UNIT likewise */
    int64_t         ival;
    double          dval;
    const ast_type *type;
    ast_expr      **args;
    str            *names;
    uint32_t        arg_count, name_count;
};

/* ---- relations, queries */

typedef enum ast_join_kind { JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL } ast_join_kind;
typedef enum ast_window_kind { WINDOW_NONE, WINDOW_TUMBLING, WINDOW_HOPPING, WINDOW_SESSION } ast_window_kind;
typedef enum ast_emit { EMIT_NONE, EMIT_CHANGES, EMIT_FINAL } ast_emit;
typedef enum ast_unit { UNIT_DAYS, UNIT_HOURS, UNIT_MINUTES, UNIT_SECONDS, UNIT_MILLISECONDS } ast_unit;

/* A length of time as written; ms() multiplies. */
typedef struct ast_duration {
    int64_t  n;
    ast_unit unit;
    bool     given; /* false: the clause was absent */
} ast_duration;

typedef struct ast_relation {
    str      name;  /* source */
    str      alias; /* = name when none was written */
    uint32_t pos;
} ast_relation;

typedef struct ast_join {
    ast_join_kind kind;
    ast_relation  right;
    bool          within;        /* WITHIN was written */
    ast_duration  before, after; /* equal for the one-argument form */
    ast_duration  grace;
    ast_expr     *on;
    uint32_t      pos;
} ast_join;

typedef struct ast_window {
    ast_window_kind kind;
    str             name; /* the optional window name, not used by anything */
    ast_duration    size; /* SESSION: the gap */
    ast_duration    advance, retention, grace;
    uint32_t        pos;
} ast_window;

typedef struct ast_select_item {
    ast_expr *expr;      /* NULL for * and alias.* */
    str       star_qual; /* alias.*; n = 0 for a bare * */
    str       alias;     /* n = 0 when none */
    uint32_t  pos, len;
} ast_select_item;

typedef struct ast_query {
    ast_select_item *items;
    uint32_t         item_count;
    ast_relation     from;
    ast_join        *joins;
    uint32_t         join_count;
    ast_window       window;
    ast_expr        *where;
    ast_expr       **group_by;
    uint32_t         group_by_count;
    bool             has_group_by;
    ast_expr       **partition_by;
    uint32_t         partition_by_count;
    bool             has_partition_by;
    ast_expr        *having;
    ast_emit         emit;
    bool             has_limit;
    int64_t          limit; /* may be negative as written */
    uint32_t         pos, len;
} ast_query;

/* ---- statements */

typedef enum ast_col_kind { COL_VALUE, COL_KEY, COL_PRIMARY_KEY, COL_HEADERS, COL_HEADER } ast_col_kind;

typedef struct ast_column {
    str             name;
    const ast_type *type;
    ast_col_kind    kind;
    str             header_key; /* COL_HEADER */
    uint32_t        pos;
} ast_column;

typedef struct ast_prop {
    str       name; /* as typed: upper-casing and duplicates are the engine's affair */
    bool      quoted;
    ast_expr *value; /* a literal */
    uint32_t  pos;
} ast_prop;

typedef enum ast_stmt_kind { /* stmt.def tells which fields of ast_stmt each uses */
#define STMT(kind, print, words) STMT_##kind,
#include "parser/stmt.def"
#undef STMT
                             STMT_KIND_COUNT
} ast_stmt_kind;

typedef enum ast_scope { SCOPE_ANY, SCOPE_SOURCE, SCOPE_SINK } ast_scope;

typedef struct ast_stmt ast_stmt;
struct ast_stmt {
    ast_stmt_kind   kind;
    uint32_t        pos, len; /* the statement in the parsed text, without the final ';' */
    str             source;   /* that text */
    uint32_t        name_pos;
    str             name; /* folded, except for resource names (spec 1.3) */
    str             text, text2;
    bool            or_replace, source_only /* CREATE SOURCE */, if_not_exists, if_exists, delete_topic;
    bool            extended, all, from_beginning, not_exists, has_columns, has_id, has_interval, has_limit;
    ast_scope       scope;
    int64_t         interval, limit, id;
    ast_duration    timeout;
    const ast_type *type;
    ast_column     *columns;
    uint32_t        column_count;
    ast_prop       *props;
    uint32_t        prop_count;
    bool            has_props;
    ast_expr      **values;
    uint32_t        value_count;
    ast_query      *query;
    ast_stmt       *inner;         /* EXPLAIN statement */
    bool            has_variables; /* ${...} occurs in the text */
};

/* ---- walking, copying, comparing */

typedef enum ast_visit { VISIT_CONTINUE, VISIT_PRUNE /* not into the children */, VISIT_ABORT } ast_visit;

/* Pre-order over e and everything below it. Returns false when the visitor aborted. */
bool ast_walk(ast_expr *e, ast_visit (*visit)(ast_expr *e, void *ctx), void *ctx);
/* A deep copy into the arena; types and texts are shared. */
ast_expr *ast_expr_copy(arena *a, const ast_expr *e);
/* A deep copy with texts and types copied too: may outlive the parsed text. */
ast_query *ast_query_own(arena *a, const ast_query *q);
/* Same structure, names and literals; positions do not count. */
bool      ast_expr_equal(const ast_expr *a, const ast_expr *b);
uint64_t  ast_expr_hash(const ast_expr *e); /* the same for equal ones; not stable across runs */
ast_expr *ast_new(arena *a, ast_kind kind, uint32_t pos, uint32_t len);

int64_t ast_duration_ms(ast_duration d); /* saturates at INT64_MAX */

#endif
