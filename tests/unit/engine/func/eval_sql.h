/* Evaluates an SQL expression as a projection would, and gives its text: NULL, "ERR why" for a failure
 * at run time, "REFUSED why" for an expression that does not compile. */
#ifndef TESTS_EVAL_SQL_H
#define TESTS_EVAL_SQL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/compile/compile.h"
#include "engine/types/value.h"
#include "parser/parser.h"

/* Columns that the expressions may name; N_ ones are NULL. */
static const type dec42 = {.kind = T_DECIMAL, .precision = 4, .scale = 2};
static const type dec52 = {.kind = T_DECIMAL, .precision = 5, .scale = 2};
static const xcolumn test_columns[] = {
    {STR("I"), &type_integer},      {STR("L"), &type_bigint},        {STR("D"), &type_double},
    {STR("S"), &type_string},       {STR("B"), &type_bytes},         {STR("DEC42"), &dec42},
    {STR("DEC52"), &dec52},         {STR("DT"), &type_date},         {STR("TM"), &type_time},
    {STR("TS"), &type_timestamp},   {STR("BO"), &type_boolean},      {STR("N_I"), &type_integer},
    {STR("N_S"), &type_string},     {STR("N_B"), &type_bytes},       {STR("N_D"), &type_double},
    {STR("N_L"), &type_bigint},
};
#define TEST_COLUMN_COUNT (sizeof test_columns / sizeof *test_columns)

static inline const char *ev(const char *sql)
{
    static char out[8192];
    arena       a;
    status     *st = calloc(1, sizeof *st);
    ast_expr   *e;
    arena_init(&a);
    status_init(st);
    xscope       scope = {.columns = test_columns, .column_count = TEST_COLUMN_COUNT};
    const xnode *x = NULL;
    if (parse_expression(&a, str_of(sql), &e, st))
        x = expr_compile(&a, e, &scope, (xoptions){.catch_nested = true}, st);
    if (x == NULL) {
        snprintf(out, sizeof out, "REFUSED %s", st->msg);
    } else {
        value row[TEST_COLUMN_COUNT] = {
            value_i(5),         value_i(7000000000), value_d(2.5),      value_s(STR("foo")),
            value_s(STR("ab")), value_i(1234),       value_i(12345),    value_i(18262),
            value_i(3723004),   value_i(1577934245006), value_b(true),
        };
        ectx *cx = calloc(1, sizeof *cx);
        cx->a = &a;
        cx->row = row;
        cx->now_ms = 1000000000000;
        value v = xnode_eval(x, cx);
        if (v.state == V_ERR) {
            snprintf(out, sizeof out, "ERR %s", cx->err);
        } else if (v.state == V_NULL) {
            strcpy(out, "NULL");
        } else {
            buf b = BUF_INIT(BUF_MAX);
            value_text(&b, x->type, v);
            snprintf(out, sizeof out, "%.*s", (int)b.n, b.p);
            buf_free(&b);
        }
        free(cx);
    }
    arena_free(&a);
    free(st);
    return out;
}

/* Its type. */
static inline const char *type_of(const char *sql)
{
    static char out[1024];
    arena       a;
    status     *st = calloc(1, sizeof *st);
    ast_expr   *e;
    arena_init(&a);
    status_init(st);
    xscope       scope = {.columns = test_columns, .column_count = TEST_COLUMN_COUNT};
    const xnode *x = NULL;
    if (parse_expression(&a, str_of(sql), &e, st))
        x = expr_compile(&a, e, &scope, (xoptions){0}, st);
    buf b = BUF_INIT(BUF_MAX);
    if (x)
        type_print(&b, x->type, false);
    else
        buf_printf(&b, "REFUSED %s", st->msg);
    snprintf(out, sizeof out, "%.*s", (int)b.n, b.p);
    buf_free(&b);
    arena_free(&a);
    free(st);
    return out;
}

typedef struct eval_case {
    const char *sql, *want;
} eval_case;

/* want: the text; one that ends in "..." is a prefix. */
static inline void check_cases(const eval_case *c, size_t n, const char *(*fn)(const char *))
{
    int bad = 0;
    for (size_t i = 0; i < n; i++) {
        const char *got = fn(c[i].sql);
        size_t      k = strlen(c[i].want);
        bool        prefix = k >= 3 && strcmp(c[i].want + k - 3, "...") == 0;
        if (prefix ? strncmp(got, c[i].want, k - 3) != 0 : strcmp(got, c[i].want) != 0) {
            print_error("%s\n  gives  %s\n  wanted %s\n", c[i].sql, got, c[i].want);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
}
#define CHECK_VALUES(cases) check_cases(cases, sizeof(cases) / sizeof *(cases), ev)
#define CHECK_TYPES(cases) check_cases(cases, sizeof(cases) / sizeof *(cases), type_of)

#endif
