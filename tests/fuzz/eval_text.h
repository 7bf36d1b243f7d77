/* For targets that run SQL functions: expressions over the columns D and P, two texts of the input. */
#ifndef TESTS_FUZZ_EVAL_TEXT_H
#define TESTS_FUZZ_EVAL_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistr.h>

#include "engine/compile/compile.h"
#include "parser/parser.h"

/* P is the input up to the first newline, D what follows; false when one is not UTF-8, as a STRING always is. */
static inline bool split_texts(const uint8_t *data, size_t n, str *p, str *d)
{
    str     all = str_make((const char *)data, n);
    int64_t nl = str_find_char(all, '\n');
    *p = nl < 0 ? all : str_make(all.p, (size_t)nl);
    *d = nl < 0 ? STR_NONE : str_make(all.p + nl + 1, all.n - (size_t)nl - 1);
    return u8_check(data, n) == NULL;
}

/* Evaluates each expression; whatever comes out must have a text. */
static inline void eval_texts(const char *const *expressions, size_t count, str p, str d)
{
    static const xcolumn columns[] = {{STR("P"), &type_string}, {STR("D"), &type_string}};
    for (size_t i = 0; i < count; i++) {
        arena     a;
        status    st;
        ast_expr *e;
        buf       b = BUF_INIT(BUF_MAX);
        value     row[2] = {value_s(p), value_s(d)};
        xscope    scope = {.columns = columns, .column_count = 2};
        ectx     *cx = calloc(1, sizeof *cx);
        arena_init(&a);
        status_init(&st);
        const xnode *x = parse_expression(&a, str_of(expressions[i]), &e, &st)
                             ? expr_compile(&a, e, &scope, (xoptions){.catch_nested = true}, &st)
                             : NULL;
        if (x == NULL) {
            fprintf(stderr, "%s: %s\n", expressions[i], st.msg);
            abort();
        }
        cx->a = &a;
        cx->row = row;
        value v = xnode_eval(x, cx);
        if (v.state == V_OK)
            value_text(&b, x->type, v);
        if (u8_check((const uint8_t *)b.p, b.n)) {
            fprintf(stderr, "%s: not UTF-8\n", expressions[i]);
            abort();
        }
        buf_free(&b);
        free(cx);
        arena_free(&a);
    }
}

#endif
