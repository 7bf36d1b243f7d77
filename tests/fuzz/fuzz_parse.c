/* Any bytes as SQL: nothing may crash, what parses must print to a text that parses to the same
 * tree, and what the grammar refuses the rules of the error messages must refuse too. */
#include <stdio.h>
#include <stdlib.h>

#include "parser/parse_int.h"
#include "parser/tree_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, str sql, const char *more)
{
    fprintf(stderr, "%s\n%.*s\n%s\n", what, STR_FMT(sql), more);
    abort();
}

static void check_stmt(arena *a, ast_stmt *s)
{
    buf text = BUF_INIT(BUF_MAX), masked = BUF_INIT(BUF_MAX), one = BUF_INIT(BUF_MAX), two = BUF_INIT(BUF_MAX);
    print_stmt(&text, s);
    print_masked(&masked, s);
    buf_putc(&text, ';');
    dump_stmt(&one, s);
    ast_stmt **again;
    size_t     n;
    status     st;
    status_init(&st);
    if (!parse_sql(a, buf_str(&text), &again, &n, &st) || n != 1)
        fail("what is printed does not parse", buf_str(&text), st.msg);
    dump_stmt(&two, again[0]);
    if (!str_eq(buf_str(&one), buf_str(&two)))
        fail("what is printed parses to another tree", s->source, str_z(a, buf_str(&text)));
    buf_free(&text);
    buf_free(&masked);
    buf_free(&one);
    buf_free(&two);
}

/* Whether the grammar takes the text; the rules of the messages must think the same. */
static bool check_refusal(arena *a, str sql)
{
    parse p;
    parse_run(&p, a, sql, ENTRY_STATEMENTS);
    int64_t bad = p.rejected ? (int64_t)p.bad.pos : -1;
    int64_t found = syntax_error_find(a, sql, ENTRY_STATEMENTS);
    bool    agree = bad < 0 ? found == -1 : found >= 0 && found <= bad;
    if (!p.stopped && found != -2 && !agree) {
        char more[100];
        snprintf(more, sizeof more, "grammar: byte %lld, rules of the messages: byte %lld", (long long)bad,
                 (long long)found);
        fail("grammar and rules differ", sql, more);
    }
    return !p.rejected;
}

static void check_variables(arena *a, str sql)
{
    map    vars = {0};
    str    out, value = STR("X");
    status st;
    status_init(&st);
    map_put(&vars, STR("v"), &value);
    parse_substitute(a, sql, &vars, &out, &st);
    map_free(&vars);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena      a;
    status     st;
    ast_stmt **s;
    size_t     n;
    str        sql = str_make((const char *)data, size);
    arena_init(&a);
    status_init(&st);
    bool accepted = check_refusal(&a, sql);
    /* messages are slow to make: now and then */
    if (accepted || size % 8 == 0) {
        if (parse_sql(&a, sql, &s, &n, &st)) {
            for (size_t i = 0; i < n; i++)
                if (!s[i]->has_variables)
                    check_stmt(&a, s[i]);
        } else if (st.msg[0] == 0) {
            fail("refused without a word", sql, "");
        }
        check_variables(&a, sql);
    }
    arena_free(&a);
    return 0;
}
