// The language of spec/sql-language.md, as an LALR(1) grammar. Actions build nodes (build_expr.c,
// build_stmt.c) and decide nothing; what one token of look-ahead cannot decide is decided by the
// driver, which gives EMIT, PARTITION, ESCAPE, IF and COLUMN as identifiers when what follows shows
// that they are such, and opens a lambda's parameter list with LAMBDA_LP (parse.c).
// lemon runs with -c: a default reduction would make a non-reserved word an identifier in states
// where it is none.
//
// The texts of syntax errors come from the same rules, which syntax_rules.awk turns into the shape of
// ksqlDB's grammar: lists become repetitions, what may be empty becomes optional, and so on. Where LALR(1)
// needs another shape than ksqlDB's the rules stand behind "//% lemon alone", and ksqlDB's form is a comment:
//
//     //% name ::= a (COMMA a)*.          of the messages alone; ? * + | ( ) as usual
//
// The order of alternatives counts there: of two that fit the first is taken, as ksqlDB's parser does.

%include {
#include "parser/parse_int.h"
#include "base/mem.h"

// the first error ends the parse
#define YYNOERRORRECOVERY 1
// the stack that lemon grows
#define malloc mem_alloc
#define realloc mem_realloc
#define free mem_free

static name_val no_name(void) { return (name_val){{NULL, 0}, {0, 0}}; }
static expr_val no_expr(void) { return (expr_val){NULL, {0, 0}}; }
static ast_duration no_duration(void) { return (ast_duration){0, UNIT_DAYS, false}; }
static number_val no_number(void) { return (number_val){{0, 0}, TK_EOF}; }
static const token no_token = {TK_EOF, 0, 0, 0};
}

%name grammar
%token_prefix TK_
%token_type {token}
%extra_context {parse *p}
%stack_size 0
%start_symbol input
%syntax_error { parse_reject(p, TOKEN); }

%token UNRECOGNIZED.
// reserved, but of no use to the grammar (spec 1.5)
%token CATALOG EXPORT LOAD MATERIALIZED MONTHS NAMESPACE QUERY RENAME TO VIEW YEARS.
// words of spec 1.6: identifiers wherever the grammar has no use for them
%fallback IDENT ADD ALTER ANALYZE ASSERT CHANGES COLUMN COLUMNS DATE DAY DEFINE EMIT ESCAPE
    EXPLAIN FINAL FUNCTION FUNCTIONS GRACE HEADER HEADERS HOUR ID IF INTEGER INTERVAL KEY MINUTE
    MONTH PARTITION PARTITIONS PERIOD PLUGINS PRIMARY REPLACE RESET SCHEMA SECOND SESSION SET
    SHOW SINK SOURCE STRING SUBJECT SYSTEM TABLES TIME TIMEOUT TIMESTAMP TYPE TYPES UNDEFINE
    VARIABLES YEAR ZONE DIGIT_IDENT.
%fallback LP LAMBDA_LP.

%left OR.
%left AND.
%right NOT.
%left CONCAT.
%left PLUS MINUS.
%left STAR SLASH PERCENT.
%right SIGN.
// a constructor's bracket belongs to its keyword: MAP ( and ARRAY [ are no names
%nonassoc AS_NAME.
%nonassoc LP LB LT.

input ::= statements.
input ::= ENTER_EXPRESSION lone_expression.
input ::= ENTER_TYPE lone_type.

statements ::= .
statements ::= statements single.
single ::= stmt(S) SEMI(T).                       { build_add_stmt(p, S, T); }
lone_expression ::= expr(E).                      { p->expr = E.e; }
lone_type ::= type(T).                            { p->type = T.type; }

// ---- names

//% identifier ::= VARIABLE | IDENT | QUOTED_IDENT | non_reserved | DIGIT_IDENT.
//% non_reserved ::= NON_RESERVED.
//% ident ::= identifier.
//% name ::= identifier.
//% raw_name ::= identifier.
//% source ::= identifier.
//% resource ::= identifier | STRING_LIT.
//% lemon alone
%type ident {name_val}
ident(A) ::= IDENT(T).                            { A = build_name(p, T); }
ident(A) ::= QUOTED_IDENT(T).                     { A = build_name(p, T); }
ident(A) ::= ARRAY(T). [AS_NAME]                  { A = build_name(p, T); }
ident(A) ::= MAP(T). [AS_NAME]                    { A = build_name(p, T); }
ident(A) ::= STRUCT(T). [AS_NAME]                 { A = build_name(p, T); }

%type name {name_val}
name(A) ::= ident(A).
name(A) ::= VARIABLE(T).                          { A = build_variable_name(p, T); }

%type source {name_val}
source(A) ::= name(N).                            { A = build_source_name(p, N); }

// as typed: topics, subjects, functions and properties
%type raw_name {name_val}
raw_name(A) ::= IDENT(T).                         { A = build_raw_name(p, T); }
raw_name(A) ::= QUOTED_IDENT(T).                  { A = build_raw_name(p, T); }
raw_name(A) ::= ARRAY(T).                         { A = build_raw_name(p, T); }
raw_name(A) ::= MAP(T).                           { A = build_raw_name(p, T); }
raw_name(A) ::= STRUCT(T).                        { A = build_raw_name(p, T); }
raw_name(A) ::= VARIABLE(T).                      { A = build_variable_name(p, T); }

%type resource {name_val}
resource(A) ::= raw_name(A).
resource(A) ::= STRING_LIT(T).                    { A = build_string_name(p, T); }

//% both

%type plain_name {name_val}
plain_name(A) ::= IDENT(T).                       { A = build_plain_name(p, T); }

%type names {name_list *}
names(A) ::= name(N).                             { A = build_names(p, NULL, N); }
names(A) ::= names(L) COMMA name(N).              { A = build_names(p, L, N); }

%type opt_columns {name_list *}
opt_columns(A) ::= .                              { A = NULL; }
opt_columns(A) ::= LP names(L) RP.                { A = L; }

// ---- literals

%type digits {token}
digits(A) ::= INTEGER_LIT(A).
digits(A) ::= DECIMAL_LIT(A).
digits(A) ::= FLOAT_LIT(A).

//% number ::= MINUS? DECIMAL_LIT | MINUS? FLOAT_LIT | MINUS? INTEGER_LIT.
//% lemon alone
%type number {number_val}
number(A) ::= digits(T).                          { A = build_number(no_token, T); }
number(A) ::= MINUS(M) digits(T).                 { A = build_number(M, T); }
//% both

%type word_literal {expr_val}
word_literal(A) ::= NULL(T).                      { A = build_literal(p, EX_NULL, T); }
word_literal(A) ::= TRUE(T).                      { A = build_literal(p, EX_BOOL, T); }
word_literal(A) ::= FALSE(T).                     { A = build_literal(p, EX_BOOL, T); }
word_literal(A) ::= STRING_LIT(T).                { A = build_literal(p, EX_STRING, T); }

%type literal {expr_val}
literal(A) ::= word_literal(A).
literal(A) ::= number(N).                         { A = build_numeric(p, N); }
literal(A) ::= VARIABLE(T).                       { A = build_variable(p, T, VARIABLE_LITERAL); }

// ---- types

%type type {type_val}
type(A) ::= type(E) ARRAY(T).                     { A = build_postfix_array(p, E, T); }
type(A) ::= ARRAY(T) LT type(E) GT(G).            { A = build_array_type(p, T, E, G); }
type(A) ::= MAP(T) LT type(K) COMMA type(E) GT(G). { A = build_map_type(p, T, K, E, G); }
type(A) ::= STRUCT(T) LT opt_fields(L) GT(G).     { A = build_struct_type(p, T, L, G); }
type(A) ::= DECIMAL(T) LP number(P) COMMA number(S) RP(E).
    { A = build_decimal_type(p, T, P, S, E); }
type(A) ::= name(N) type_params(T).               { A = build_named_type(p, N, T); }

%type opt_fields {field_list *}
opt_fields(A) ::= .                               { A = NULL; }
opt_fields(A) ::= fields(A).
%type fields {field_list *}
fields(A) ::= name(N) type(T).                    { A = build_field(p, NULL, N, T); }
fields(A) ::= fields(L) COMMA name(N) type(T).    { A = build_field(p, L, N, T); }

// read and ignored: VARCHAR(10) is VARCHAR
%type type_params {token}
type_params(A) ::= .                              { A = no_token; }
type_params(A) ::= LP type_param_list RP(T).      { A = T; }
type_param_list ::= type_param.
type_param_list ::= type_param_list COMMA type_param.
type_param ::= INTEGER_LIT.
type_param ::= STRING.

// ---- expressions: spec 5.1, tightest last

%type expr {expr_val}
expr(A) ::= expr(L) OR(T) expr(R).                { A = build_binary(p, EX_OR, T, L, R); }
expr(A) ::= expr(L) AND(T) expr(R).               { A = build_binary(p, EX_AND, T, L, R); }
expr(A) ::= NOT(T) expr(E).                       { A = build_not(p, span_of(T), E); }
expr(A) ::= predicate(A).

%type predicate {expr_val}
predicate(A) ::= vexpr(A).
predicate(A) ::= vexpr(L) comparison(O) vexpr(R). { A = build_compare(p, O, L, R); }
predicate(A) ::= vexpr(E) opt_not(N) BETWEEN vexpr(L) AND vexpr(H).
    { A = build_between(p, E, N, L, H); }
predicate(A) ::= vexpr(E) opt_not(N) IN LP exprs(L) RP(T). { A = build_in(p, E, N, L, T); }
predicate(A) ::= vexpr(E) opt_not(N) LIKE(T) vexpr(P) escape(S).
    { A = build_like(p, E, N, T, P, S); }
predicate(A) ::= vexpr(E) IS opt_not(N) NULL(T).  { A = build_is_null(p, E, N, T); }
predicate(A) ::= vexpr(E) IS opt_not(N) DISTINCT FROM vexpr(R). { A = build_distinct(p, E, N, R); }

%type escape {token}
escape(A) ::= .                                   { A = no_token; }
escape(A) ::= ESCAPE STRING_LIT(T).                { A = T; }

%type opt_not {token}
opt_not(A) ::= .                                  { A = no_token; }
opt_not(A) ::= NOT(A).

%type comparison {ast_op}
comparison(A) ::= EQ.                             { A = OP_EQ; }
comparison(A) ::= NE.                             { A = OP_NE; }
comparison(A) ::= LT.                             { A = OP_LT; }
comparison(A) ::= LE.                             { A = OP_LE; }
comparison(A) ::= GT.                             { A = OP_GT; }
comparison(A) ::= GE.                             { A = OP_GE; }

%type vexpr {expr_val}
vexpr(A) ::= zoned(A).
vexpr(A) ::= vexpr(L) CONCAT vexpr(R).            { A = build_concat(p, L, R); }
vexpr(A) ::= vexpr(L) PLUS(T) vexpr(R).           { A = build_binary(p, EX_ARITH, T, L, R); }
vexpr(A) ::= vexpr(L) MINUS(T) vexpr(R).          { A = build_binary(p, EX_ARITH, T, L, R); }
vexpr(A) ::= vexpr(L) STAR(T) vexpr(R).           { A = build_binary(p, EX_ARITH, T, L, R); }
vexpr(A) ::= vexpr(L) SLASH(T) vexpr(R).          { A = build_binary(p, EX_ARITH, T, L, R); }
vexpr(A) ::= vexpr(L) PERCENT(T) vexpr(R).        { A = build_binary(p, EX_ARITH, T, L, R); }
vexpr(A) ::= MINUS(T) vexpr(E). [SIGN]            { A = build_sign(p, T, E); }
vexpr(A) ::= PLUS(T) vexpr(E). [SIGN]             { A = build_sign(p, T, E); }

%type zoned {expr_val}
zoned(A) ::= primary(A).
zoned(A) ::= zoned(E) AT TIME ZONE STRING_LIT(T). { A = build_time_zone(p, E, T); }

// a number's sign belongs to its literal for ksqlDB
//% primary ::= literal.
%type primary {expr_val}
primary(A) ::= name(N) STRING_LIT(T).             { A = build_type_ctor(p, N, T); }
primary(A) ::= CASE(T) vexpr(S) whens(L) otherwise(E) END(R). { A = build_case(p, T, S, L, E, R); }
primary(A) ::= CASE(T) whens(L) otherwise(E) END(R). { A = build_case(p, T, no_expr(), L, E, R); }
primary(A) ::= CAST(T) LP expr(E) AS type(Y) RP(R). { A = build_cast(p, T, E, Y, R); }
primary(A) ::= ARRAY(T) LB opt_exprs(L) RB(E).    { A = build_list(p, EX_ARRAY, T, L, E); }
primary(A) ::= MAP(T) LP opt_map_entries(L) RP(E). { A = build_entries(p, EX_MAP, T, L, E); }
primary(A) ::= STRUCT(T) LP opt_struct_entries(L) RP(E). { A = build_entries(p, EX_STRUCT, T, L, E); }
primary(A) ::= name(N) LP STAR RP(T).             { A = build_call(p, N, NULL, true, T); }
primary(A) ::= name(N) LP opt_args(L) RP(T).      { A = build_call(p, N, L, false, T); }
primary(A) ::= ident(N).                          { A = build_column(p, N); }
primary(A) ::= name(Q) DOT name(N).               { A = build_qualified(p, Q, N); }
primary(A) ::= LP(L) expr(E) RP(R).               { A = build_paren(L, E, R); }
primary(A) ::= primary(E) LB vexpr(I) RB(T).      { A = build_subscript(p, E, I, T); }
primary(A) ::= primary(E) ARROW name(N).          { A = build_deref(p, E, N); }

//% lemon alone
primary(A) ::= word_literal(A).
primary(A) ::= digits(T).
    { A = build_numeric(p, build_number(no_token, T)); }
primary(A) ::= VARIABLE(T).                       { A = build_variable(p, T, VARIABLE_VALUE); }
// words of constructors may name functions too
primary(A) ::= ARRAY(N) LP STAR RP(T).
    { A = build_call(p, build_name(p, N), NULL, true, T); }
primary(A) ::= ARRAY(N) LP opt_args(L) RP(T).
    { A = build_call(p, build_name(p, N), L, false, T); }
primary(A) ::= MAP(N) LP STAR RP(T).
    { A = build_call(p, build_name(p, N), NULL, true, T); }
primary(A) ::= MAP(N) LP args(L) RP(T).
    { A = build_call(p, build_name(p, N), L, false, T); }
primary(A) ::= STRUCT(N) LP STAR RP(T).
    { A = build_call(p, build_name(p, N), NULL, true, T); }
primary(A) ::= STRUCT(N) LP args(L) RP(T).
    { A = build_call(p, build_name(p, N), L, false, T); }
//% both

%type opt_exprs {expr_list *}
opt_exprs(A) ::= .                                { A = NULL; }
opt_exprs(A) ::= exprs(A).
%type exprs {expr_list *}
exprs(A) ::= expr(E).                             { A = build_exprs(p, NULL, E); }
exprs(A) ::= exprs(L) COMMA expr(E).              { A = build_exprs(p, L, E); }

%type opt_vexprs {expr_list *}
opt_vexprs(A) ::= .                               { A = build_no_exprs(p); }
opt_vexprs(A) ::= vexprs(A).
%type vexprs {expr_list *}
vexprs(A) ::= vexpr(E).                           { A = build_exprs(p, NULL, E); }
vexprs(A) ::= vexprs(L) COMMA vexpr(E).           { A = build_exprs(p, L, E); }

%type opt_args {expr_list *}
opt_args(A) ::= .                                 { A = NULL; }
opt_args(A) ::= args(A).
// lambdas come last, behind at least one other argument
//% args ::= arg (COMMA arg)* (COMMA lambda)*.
//% lambda ::= name LAMBDA expr | LP names RP LAMBDA expr.
//% lemon alone
%type args {expr_list *}
args(A) ::= plain_args(A).
args(A) ::= lambda_args(A).
%type plain_args {expr_list *}
plain_args(A) ::= arg(E).                         { A = build_exprs(p, NULL, E); }
plain_args(A) ::= plain_args(L) COMMA arg(E).     { A = build_exprs(p, L, E); }
%type lambda_args {expr_list *}
lambda_args(A) ::= plain_args(L) COMMA lambda(E). { A = build_exprs(p, L, E); }
lambda_args(A) ::= lambda_args(L) COMMA lambda(E). { A = build_exprs(p, L, E); }
%type lambda {expr_val}
lambda(A) ::= name(N) LAMBDA expr(E).
    { A = build_lambda(p, N.at, build_names(p, NULL, N), E); }
lambda(A) ::= LAMBDA_LP(T) names(L) RP LAMBDA expr(E). { A = build_lambda(p, span_of(T), L, E); }
//% both

%type arg {expr_val}
arg(A) ::= expr(A).
arg(A) ::= unit_word(T).                          { A = build_unit(p, T); }

%type unit_word {token}
unit_word(A) ::= MILLISECOND(A).
unit_word(A) ::= DAYS(A).
unit_word(A) ::= HOURS(A).
unit_word(A) ::= MINUTES(A).
unit_word(A) ::= SECONDS(A).
unit_word(A) ::= MILLISECONDS(A).

%type opt_map_entries {entry_list *}
opt_map_entries(A) ::= .                          { A = NULL; }
opt_map_entries(A) ::= map_entries(A).
%type map_entries {entry_list *}
map_entries(A) ::= expr(K) ASSIGN expr(V).        { A = build_map_entry(p, NULL, K, V); }
map_entries(A) ::= map_entries(L) COMMA expr(K) ASSIGN expr(V). { A = build_map_entry(p, L, K, V); }

%type opt_struct_entries {entry_list *}
opt_struct_entries(A) ::= .                       { A = NULL; }
opt_struct_entries(A) ::= struct_entries(A).
%type struct_entries {entry_list *}
// a nonterminal of its own, so that STRUCT(a := 1) and MAP(a := 1), where a is an expression, do not
// share a state
//% field ::= identifier.
//% lemon alone
%type field {name_val}
field(A) ::= ident(A).
field(A) ::= VARIABLE(T).                         { A = build_variable_name(p, T); }
//% both
struct_entries(A) ::= field(N) ASSIGN expr(V).     { A = build_struct_entry(p, NULL, N, V); }
struct_entries(A) ::= struct_entries(L) COMMA field(N) ASSIGN expr(V).
    { A = build_struct_entry(p, L, N, V); }

%type whens {expr_list *}
whens(A) ::= WHEN expr(C) THEN expr(V).
    { A = build_exprs(p, build_exprs(p, NULL, C), V); }
whens(A) ::= whens(L) WHEN expr(C) THEN expr(V).  { A = build_exprs(p, build_exprs(p, L, C), V); }
%type otherwise {expr_val}
otherwise(A) ::= .                                { A = no_expr(); }
otherwise(A) ::= ELSE expr(E).                    { A = E; }

// ---- queries

%type query {ast_query *}
query(A) ::= SELECT(T) items(I) FROM sources(F) window(W) where(C) group_by(G)
             partition_by(P) having(H) emit(E) limit(N). {
    A = build_query(p, T, I, F);
    build_query_tail(A, W, C, H);
    build_query_by(A, G, P);
    build_query_end(p, A, E, N);
}

%type items {item_list *}
items(A) ::= item(A).
items(A) ::= items(L) COMMA item(I).              { A = build_append_items(p, L, I); }
%type item {item_list *}
item(A) ::= expr(E) item_alias(N).                { A = build_item(p, E, N); }
item(A) ::= name(Q) DOT STAR(T).                  { A = build_star_item(p, Q, T); }
item(A) ::= STAR(T).                              { A = build_star_item(p, no_name(), T); }
item(A) ::= primary(E) ARROW STAR(T).
    { A = build_item(p, build_struct_star(p, E, T), no_name()); }
%type item_alias {name_val}
item_alias(A) ::= .                               { A = no_name(); }
item_alias(A) ::= name(A).
item_alias(A) ::= AS name(N).                     { A = N; }

%type relation {ast_relation *}
relation(A) ::= source(N) relation_alias(S).      { A = build_relation(p, N, S); }
%type relation_alias {name_val}
relation_alias(A) ::= .                           { A = no_name(); }
relation_alias(A) ::= source(A).
relation_alias(A) ::= AS source(N).               { A = N; }

// ksqlDB asks first whether there is a join at all
//% sources ::= relation join+ | relation.
//% lemon alone
%type sources {source_list}
sources(A) ::= relation(R).                       { A = (source_list){R, NULL}; }
sources(A) ::= sources(L) join(J).                { A = build_append_join(p, L, J); }
//% both
%type join {ast_join *}
join(A) ::= join_kind(K) JOIN relation(R) within(W) ON expr(E).
    { A = build_join(p, K, R, W, E); }

//% join_kind ::= INNER? | FULL OUTER? | LEFT OUTER? | RIGHT OUTER?.
//% lemon alone
%type join_kind {ast_join_kind}
join_kind(A) ::= .                                { A = JOIN_INNER; }
join_kind(A) ::= INNER.                           { A = JOIN_INNER; }
join_kind(A) ::= FULL opt_outer.                  { A = JOIN_FULL; }
join_kind(A) ::= LEFT opt_outer.                  { A = JOIN_LEFT; }
join_kind(A) ::= RIGHT opt_outer.                 { A = JOIN_RIGHT; }
opt_outer ::= .
opt_outer ::= OUTER.
//% both

%type within {ast_join *}
within(A) ::= .                                   { A = NULL; }
within(A) ::= WITHIN within_span(S).              { A = S; }
%type within_span {ast_join *}
within_span(A) ::= LP duration(B) COMMA duration(D) RP grace(G). { A = build_within(p, B, D, G); }
within_span(A) ::= duration(D) grace(G).          { A = build_within(p, D, D, G); }
%type grace {ast_duration}
grace(A) ::= .                                    { A = no_duration(); }
grace(A) ::= GRACE PERIOD duration(D).            { A = D; }

%type duration {ast_duration}
duration(A) ::= number(N) unit(U).                { A = build_duration(p, N, U); }
%type unit {token}
unit(A) ::= unit_word(A).
unit(A) ::= DAY(A).
unit(A) ::= HOUR(A).
unit(A) ::= MINUTE(A).
unit(A) ::= SECOND(A).

%type window {ast_window *}
window(A) ::= .                                   { A = NULL; }
window(A) ::= WINDOW(T) named_window(W).          { A = W; A->pos = T.pos; }
%type named_window {ast_window *}
named_window(A) ::= window_name(N) window_spec(W). { A = W; A->name = N.text; }
%type window_name {name_val}
window_name(A) ::= .                              { A = no_name(); }
window_name(A) ::= plain_name(A).
%type window_spec {ast_window *}
window_spec(A) ::= TUMBLING LP SIZE duration(D) window_tail(W) RP.
    { A = build_window(W, WINDOW_TUMBLING, D, no_duration()); }
window_spec(A) ::= HOPPING LP SIZE duration(D) COMMA ADVANCE BY duration(B) window_tail(W) RP.
    { A = build_window(W, WINDOW_HOPPING, D, B); }
window_spec(A) ::= SESSION LP duration(D) window_tail(W) RP.
    { A = build_window(W, WINDOW_SESSION, D, no_duration()); }
//% window_tail ::= (COMMA RETENTION duration)? (COMMA GRACE PERIOD duration)?.
//% lemon alone
%type window_tail {ast_window *}
window_tail(A) ::= .
    { A = build_window_tail(p, no_duration(), no_duration()); }
window_tail(A) ::= COMMA RETENTION duration(R).   { A = build_window_tail(p, R, no_duration()); }
window_tail(A) ::= COMMA GRACE PERIOD duration(G). { A = build_window_tail(p, no_duration(), G); }
window_tail(A) ::= COMMA RETENTION duration(R) COMMA GRACE PERIOD duration(G).
    { A = build_window_tail(p, R, G); }
//% both

%type where {expr_val}
where(A) ::= .                                    { A = no_expr(); }
where(A) ::= WHERE expr(E).                       { A = E; }
%type having {expr_val}
having(A) ::= .                                   { A = no_expr(); }
having(A) ::= HAVING expr(E).                     { A = E; }
%type group_by {expr_list *}
group_by(A) ::= .                                 { A = NULL; }
group_by(A) ::= GROUP BY by(L).                   { A = L; }
%type partition_by {expr_list *}
partition_by(A) ::= .                             { A = NULL; }
partition_by(A) ::= PARTITION BY by(L).           { A = L; }
//% by ::= vexpr (COMMA vexpr)* | LP (vexpr (COMMA vexpr)*)? RP.
//% lemon alone
%type by {expr_list *}
by(A) ::= vexprs(A).
by(A) ::= LP RP.                                  { A = build_no_exprs(p); }
by(A) ::= LP by_more(L) RP.                       { A = L; }
%type by_more {expr_list *}
by_more(A) ::= vexpr(E) COMMA vexpr(F).
    { A = build_exprs(p, build_exprs(p, NULL, E), F); }
by_more(A) ::= by_more(L) COMMA vexpr(E).         { A = build_exprs(p, L, E); }
//% both
%type emit {ast_emit}
emit(A) ::= .                                     { A = EMIT_NONE; }
emit(A) ::= EMIT result(R).                       { A = R; }
%type result {ast_emit}
result(A) ::= CHANGES.                            { A = EMIT_CHANGES; }
result(A) ::= FINAL.                              { A = EMIT_FINAL; }
%type limit {number_val}
limit(A) ::= .                                    { A = no_number(); }
limit(A) ::= LIMIT number(N).                     { A = N; }

// ---- pieces of statements

%type opt_props {prop_list *}
opt_props(A) ::= .                                { A = NULL; }
opt_props(A) ::= props(A).
%type props {prop_list *}
props(A) ::= WITH LP prop_list(L) RP.             { A = L; }
%type prop_list {prop_list *}
prop_list(A) ::= prop(A).
prop_list(A) ::= prop_list(L) COMMA prop(E).      { A = build_append_props(p, L, E); }
%type prop {prop_list *}
prop(A) ::= resource(N) EQ literal(V).            { A = build_prop(p, N, V); }

%type opt_column_defs {column_list *}
opt_column_defs(A) ::= .                          { A = NULL; }
opt_column_defs(A) ::= LP column_defs(L) RP.      { A = L; }
%type column_defs {column_list *}
column_defs(A) ::= column_def(A).
column_defs(A) ::= column_defs(L) COMMA column_def(E). { A = build_append_columns(p, L, E); }
%type column_def {column_list *}
column_def(A) ::= name(N) type(T) column_rule(R). { A = build_column_def(p, N, T, R); }
%type column_rule {column_rule}
column_rule(A) ::= .                              { A = (column_rule){COL_VALUE, STR_NONE}; }
column_rule(A) ::= KEY.                           { A = (column_rule){COL_KEY, STR_NONE}; }
column_rule(A) ::= PRIMARY KEY.                   { A = (column_rule){COL_PRIMARY_KEY, STR_NONE}; }
column_rule(A) ::= HEADERS.                       { A = (column_rule){COL_HEADERS, STR_NONE}; }
column_rule(A) ::= HEADER LP STRING_LIT(T) RP.
    { A = (column_rule){COL_HEADER, build_string(p, T)}; }

%type values {expr_list *}
values(A) ::= LP opt_vexprs(L) RP.                { A = L; }

%type if_exists {bool}
if_exists(A) ::= .                                { A = false; }
if_exists(A) ::= IF EXISTS.                       { A = true; }
%type if_not_exists {bool}
if_not_exists(A) ::= .                            { A = false; }
if_not_exists(A) ::= IF NOT EXISTS.               { A = true; }
%type extended {bool}
extended(A) ::= .                                 { A = false; }
extended(A) ::= EXTENDED.                         { A = true; }

//% plain_create ::= CREATE (OR REPLACE)?.
//% source_create ::= CREATE (OR REPLACE)? SOURCE?.
//% lemon alone
%type plain_create {create_head}
plain_create(A) ::= CREATE(T).                    { A = (create_head){T.pos, false, false}; }
plain_create(A) ::= CREATE(T) OR REPLACE.         { A = (create_head){T.pos, true, false}; }
%type source_create {create_head}
source_create(A) ::= CREATE(T) SOURCE.            { A = (create_head){T.pos, false, true}; }
source_create(A) ::= CREATE(T) OR REPLACE SOURCE. { A = (create_head){T.pos, true, true}; }
//% both

// ---- statements

%type stmt {ast_stmt *}
stmt(A) ::= query(Q).                             { A = build_query_stmt(p, Q); }

stmt(A) ::= show(T) PROPERTIES.
    { A = build_show(p, STMT_SHOW_PROPERTIES, T, false, false, SCOPE_ANY); }
stmt(A) ::= show(T) all(L) TOPICS extended(X).
    { A = build_show(p, STMT_SHOW_TOPICS, T, L, X, SCOPE_ANY); }
stmt(A) ::= show(T) STREAMS extended(X).
    { A = build_show(p, STMT_SHOW_STREAMS, T, false, X, SCOPE_ANY); }
stmt(A) ::= show(T) TABLES extended(X).
    { A = build_show(p, STMT_SHOW_TABLES, T, false, X, SCOPE_ANY); }
stmt(A) ::= show(T) FUNCTIONS.
    { A = build_show(p, STMT_SHOW_FUNCTIONS, T, false, false, SCOPE_ANY); }
stmt(A) ::= show(T) connector_scope(S) CONNECTORS.
    { A = build_show(p, STMT_SHOW_CONNECTORS, T, false, false, S); }
stmt(A) ::= show(T) CONNECTOR PLUGINS.
    { A = build_show(p, STMT_SHOW_CONNECTOR_PLUGINS, T, false, false, SCOPE_ANY); }
stmt(A) ::= show(T) TYPES.
    { A = build_show(p, STMT_SHOW_TYPES, T, false, false, SCOPE_ANY); }
stmt(A) ::= show(T) VARIABLES.
    { A = build_show(p, STMT_SHOW_VARIABLES, T, false, false, SCOPE_ANY); }
stmt(A) ::= show(T) QUERIES extended(X).
    { A = build_show(p, STMT_SHOW_QUERIES, T, false, X, SCOPE_ANY); }
%type show {token}
show(A) ::= SHOW(A).
show(A) ::= LIST(A).
%type all {bool}
all(A) ::= .                                      { A = false; }
all(A) ::= ALL.                                   { A = true; }
%type connector_scope {ast_scope}
connector_scope(A) ::= .                          { A = SCOPE_ANY; }
connector_scope(A) ::= SOURCE.                    { A = SCOPE_SOURCE; }
connector_scope(A) ::= SINK.                      { A = SCOPE_SINK; }

stmt(A) ::= DESCRIBE(T) source(N) extended(X).    { A = build_describe(p, STMT_DESCRIBE, T, N, X); }
stmt(A) ::= DESCRIBE(T) EXTENDED source(N).
    { A = build_describe(p, STMT_DESCRIBE, T, N, true); }
stmt(A) ::= DESCRIBE(T) STREAMS extended(X).
    { A = build_describe(p, STMT_DESCRIBE_STREAMS, T, no_name(), X); }
stmt(A) ::= DESCRIBE(T) FUNCTION raw_name(N).
    { A = build_named(p, STMT_DESCRIBE_FUNCTION, T, N); }
stmt(A) ::= DESCRIBE(T) CONNECTOR name(N).
    { A = build_named(p, STMT_DESCRIBE_CONNECTOR, T, N); }
// names for ksqlDB's parser
//% lemon alone
stmt(A) ::= DESCRIBE(T) TABLES extended(X).
    { A = build_describe(p, STMT_DESCRIBE_TABLES, T, no_name(), X); }
stmt(A) ::= DESCRIBE(T) FUNCTION(F) extended(X).
    { A = build_describe(p, STMT_DESCRIBE, T, build_name(p, F), X); }
//% both

stmt(A) ::= PRINT(T) resource(N) print_clause(C). { A = build_print(p, T, N, C); }
%type print_clause {print_clause}
print_clause(A) ::= from_beginning(B) interval(I) limit(L). { A = (print_clause){B, I, L}; }
%type from_beginning {bool}
from_beginning(A) ::= .                           { A = false; }
from_beginning(A) ::= FROM BEGINNING.             { A = true; }
%type interval {number_val}
interval(A) ::= .                                 { A = no_number(); }
interval(A) ::= INTERVAL number(N).               { A = N; }
interval(A) ::= SAMPLE number(N).                 { A = N; }

stmt(A) ::= TERMINATE(T) name(N).                 { A = build_named(p, STMT_TERMINATE, T, N); }
stmt(A) ::= TERMINATE(T) ALL.                     { A = build_all(p, STMT_TERMINATE, T); }
stmt(A) ::= PAUSE(T) name(N).                     { A = build_named(p, STMT_PAUSE, T, N); }
stmt(A) ::= PAUSE(T) ALL.                         { A = build_all(p, STMT_PAUSE, T); }
stmt(A) ::= RESUME(T) name(N).                    { A = build_named(p, STMT_RESUME, T, N); }
stmt(A) ::= RESUME(T) ALL.                        { A = build_all(p, STMT_RESUME, T); }

stmt(A) ::= SET(T) STRING_LIT(K) EQ STRING_LIT(V). { A = build_setting(p, STMT_SET, T, K, V); }
stmt(A) ::= UNSET(T) STRING_LIT(K).
    { A = build_setting(p, STMT_UNSET, T, K, no_token); }
stmt(A) ::= ALTER(T) SYSTEM STRING_LIT(K) EQ STRING_LIT(V).
    { A = build_setting(p, STMT_ALTER_SYSTEM, T, K, V); }
stmt(A) ::= DEFINE(T) variable_name(N) EQ STRING_LIT(V). { A = build_define(p, T, N, V); }
stmt(A) ::= UNDEFINE(T) variable_name(N).         { A = build_named(p, STMT_UNDEFINE, T, N); }
// case counts in the names of variables
%type variable_name {name_val}
variable_name(A) ::= IDENT(T).                    { A = build_plain_raw_name(p, T); }

// one token does not tell whether columns or AS will follow a plain CREATE
stmt(A) ::= source_create(H) STREAM if_not_exists(I) source(N) opt_column_defs(C) opt_props(P).
    { A = build_create(p, STMT_CREATE_STREAM, H, I, N, C, P); }
stmt(A) ::= plain_create(H) STREAM if_not_exists(I) source(N) opt_props(P) AS query(Q).
    { A = build_create_as(p, STMT_CREATE_STREAM_AS, H, I, N, P, Q); }
stmt(A) ::= source_create(H) TABLE if_not_exists(I) source(N) opt_column_defs(C) opt_props(P).
    { A = build_create(p, STMT_CREATE_TABLE, H, I, N, C, P); }
stmt(A) ::= plain_create(H) TABLE if_not_exists(I) source(N) opt_props(P) AS query(Q).
    { A = build_create_as(p, STMT_CREATE_TABLE_AS, H, I, N, P, Q); }
//% lemon alone
stmt(A) ::= plain_create(H) STREAM if_not_exists(I) source(N) opt_props(P).
    { A = build_create(p, STMT_CREATE_STREAM, H, I, N, NULL, P); }
stmt(A) ::= plain_create(H) STREAM if_not_exists(I) source(N) LP column_defs(C) RP opt_props(P).
    { A = build_create(p, STMT_CREATE_STREAM, H, I, N, C, P); }
stmt(A) ::= plain_create(H) TABLE if_not_exists(I) source(N) opt_props(P).
    { A = build_create(p, STMT_CREATE_TABLE, H, I, N, NULL, P); }
stmt(A) ::= plain_create(H) TABLE if_not_exists(I) source(N) LP column_defs(C) RP opt_props(P).
    { A = build_create(p, STMT_CREATE_TABLE, H, I, N, C, P); }
//% both

stmt(A) ::= CREATE(T) SINK CONNECTOR if_not_exists(I) name(N) props(P).
    { A = build_connector(p, T, SCOPE_SINK, I, N, P); }
stmt(A) ::= CREATE(T) SOURCE CONNECTOR if_not_exists(I) name(N) props(P).
    { A = build_connector(p, T, SCOPE_SOURCE, I, N, P); }

stmt(A) ::= INSERT(T) INTO source(N) opt_props(P) query(Q).
    { A = build_insert_select(p, T, N, P, Q); }
stmt(A) ::= INSERT(T) INTO source(N) opt_columns(C) VALUES values(V).
    { A = build_values(p, STMT_INSERT_VALUES, T, N, C, V); }

stmt(A) ::= DROP(T) STREAM if_exists(I) source(N) delete_topic(D).
    { A = build_drop(p, STMT_DROP_STREAM, T, I, N, D); }
stmt(A) ::= DROP(T) TABLE if_exists(I) source(N) delete_topic(D).
    { A = build_drop(p, STMT_DROP_TABLE, T, I, N, D); }
stmt(A) ::= DROP(T) CONNECTOR if_exists(I) name(N).
    { A = build_drop(p, STMT_DROP_CONNECTOR, T, I, N, false); }
%type delete_topic {bool}
delete_topic(A) ::= .                             { A = false; }
delete_topic(A) ::= DELETE TOPIC.                 { A = true; }

stmt(A) ::= EXPLAIN(T) explained(E).              { A = build_explain(p, T, E); }
%type explained {explained}
explained(A) ::= stmt(S).                         { A = (explained){S, no_name()}; }
explained(A) ::= name(N).                         { A = (explained){NULL, N}; }
// a query may have the name of a word that starts statements
//% lemon alone
explained(A) ::= stmt_word(N).                    { A = (explained){NULL, build_name(p, N)}; }
%type stmt_word {token}
stmt_word(A) ::= ALTER(A).
stmt_word(A) ::= ASSERT(A).
stmt_word(A) ::= DEFINE(A).
stmt_word(A) ::= EXPLAIN(A).
stmt_word(A) ::= SET(A).
stmt_word(A) ::= SHOW(A).
stmt_word(A) ::= UNDEFINE(A).
//% both

stmt(A) ::= CREATE(T) TYPE if_not_exists(I) name(N) AS type(Y).
    { A = build_create_type(p, T, I, N, Y); }
stmt(A) ::= DROP(T) TYPE if_exists(I) name(N).
    { A = build_drop(p, STMT_DROP_TYPE, T, I, N, false); }

stmt(A) ::= ALTER(T) STREAM source(N) added(L).
    { A = build_alter(p, STMT_ALTER_STREAM, T, N, L); }
stmt(A) ::= ALTER(T) TABLE source(N) added(L).    { A = build_alter(p, STMT_ALTER_TABLE, T, N, L); }
%type added {column_list *}
added(A) ::= alter_option(A).
added(A) ::= added(L) COMMA alter_option(E).      { A = build_append_columns(p, L, E); }
%type alter_option {column_list *}
alter_option(A) ::= ADD opt_column name(N) type(T).
    { A = build_column_def(p, N, T, (column_rule){COL_VALUE, STR_NONE}); }
opt_column ::= .
opt_column ::= COLUMN.

stmt(A) ::= ASSERT(T) not_exists(X) TOPIC resource(N) opt_props(P) timeout(D).
    { A = build_assert_topic(p, T, X, N, P, D); }
stmt(A) ::= ASSERT(T) not_exists(X) SCHEMA subject(N) schema_id(I) timeout(D).
    { A = build_assert_schema(p, T, X, N, I, D); }
stmt(A) ::= ASSERT(T) VALUES source(N) opt_columns(C) VALUES values(V).
    { A = build_values(p, STMT_ASSERT_VALUES, T, N, C, V); }
stmt(A) ::= ASSERT(T) NULL VALUES source(N) opt_columns(C) KEY values(V).
    { A = build_values(p, STMT_ASSERT_NULL_VALUES, T, N, C, V); }
stmt(A) ::= ASSERT(T) STREAM source(N) opt_column_defs(C) opt_props(P).
    { A = build_assert_source(p, STMT_ASSERT_STREAM, T, N, C, P); }
stmt(A) ::= ASSERT(T) TABLE source(N) opt_column_defs(C) opt_props(P).
    { A = build_assert_source(p, STMT_ASSERT_TABLE, T, N, C, P); }
%type not_exists {bool}
not_exists(A) ::= .                               { A = false; }
not_exists(A) ::= NOT EXISTS.                     { A = true; }
%type timeout {ast_duration}
timeout(A) ::= .                                  { A = no_duration(); }
timeout(A) ::= TIMEOUT duration(D).               { A = D; }
%type subject {name_val}
subject(A) ::= .                                  { A = no_name(); }
subject(A) ::= SUBJECT resource(N).               { A = N; }
%type schema_id {expr_val}
schema_id(A) ::= .                                { A = no_expr(); }
schema_id(A) ::= ID literal(V).                   { A = V; }

stmt(A) ::= RUN(T) SCRIPT STRING_LIT(S).
    { A = build_setting(p, STMT_RUN_SCRIPT, T, S, no_token); }

%code {
// Entries on the parser's stack: the driver bounds it.
size_t grammar_depth(const void *parser)
{
    const yyParser *y = parser;
    return (size_t)(y->yytos - y->yystack);
}
size_t grammar_size(void)
{
    return sizeof(yyParser);
}

// Would a token of this type be shifted now? The reductions in front of it are gone through with the
// states alone: those that they push are in `pushed`, on what they leave of the parser's stack.
bool grammar_accepts(const void *parser, int type)
{
    const yyParser *y = parser;
    yyStackEntry   *top = y->yytos;
    YYACTIONTYPE    pushed[64];
    size_t          n = 0;
    for (;;) {
        YYACTIONTYPE state = n ? pushed[n - 1] : top->stateno;
        YYACTIONTYPE act = yy_find_shift_action((YYCODETYPE)type, state);
        if (act < YY_MIN_REDUCE)
            return act != YY_ERROR_ACTION;
        unsigned rule = act - YY_MIN_REDUCE;
        size_t   pops = (size_t)-yyRuleInfoNRhs[rule];
        size_t   own = pops < n ? pops : n;
        n -= own;
        top -= pops - own;
        state = n ? pushed[n - 1] : top->stateno;
        assert(n < sizeof pushed / sizeof *pushed);
        pushed[n++] = yy_find_reduce_action(state, yyRuleInfoLhs[rule]);
    }
}
}
