/* Every statement of the conformance cases that parses also prints to a text that parses to the
 * same tree, is taken by the rules of the error messages too, and refused ones are refused with the text that the
 * case expects. The cases are not part of the repository: without ../shared (or WEIR_SHARED) there
 * is nothing to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>

#include "parser/parse_int.h"
#include "tree_dump.h"

static int statement_count, parsed, refused_count, differing;

static void check_one(const ast_stmt *s)
{
    arena  a;
    status st;
    buf    text = BUF_INIT(BUF_MAX), one = BUF_INIT(BUF_MAX), two = BUF_INIT(BUF_MAX);
    arena_init(&a);
    print_stmt(&text, s);
    buf_putc(&text, ';');
    dump_stmt(&one, (ast_stmt *)s);
    ast_stmt **again;
    size_t     n;
    status_init(&st);
    bool ok = parse_sql(&a, buf_str(&text), &again, &n, &st) && n == 1;
    if (ok) {
        dump_stmt(&two, again[0]);
        ok = str_eq(buf_str(&one), buf_str(&two));
    }
    if (!ok) {
        differing++;
        print_error("was: %.*s\nis: %.*s\n%s\n%.*s\n%.*s\n\n", STR_FMT(s->source), STR_FMT(buf_str(&text)), st.msg,
                    STR_FMT(buf_str(&one)), STR_FMT(buf_str(&two)));
    }
    buf_free(&text);
    buf_free(&one);
    buf_free(&two);
    arena_free(&a);
}

static void check_tree(const char *sql)
{
    arena      a;
    status     st;
    ast_stmt **s;
    size_t     n;
    arena_init(&a);
    status_init(&st);
    if (parse_sql(&a, str_of(sql), &s, &n, &st)) {
        if (syntax_error_find(&a, str_of(sql), ENTRY_STATEMENTS) != -1) {
            differing++;
            print_error("the rules of the messages refuse: %s\n", sql);
        }
        for (size_t i = 0; i < n; i++, parsed++)
            if (!s[i]->has_variables)
                check_one(s[i]);
    }
    arena_free(&a);
}

/* Is the text refused with what the case expects, down to its "\nStatement: "? */
static bool is_refused(const char *sql, const char *expected, bool report)
{
    arena      a;
    status     st;
    ast_stmt **s;
    size_t     n;
    char       wanted[2000];
    arena_init(&a);
    status_init(&st);
    bool ok = parse_sql(&a, str_of(sql), &s, &n, &st);
    arena_free(&a);
    if (ok) {
        if (report)
            print_error("%s\nparses, expected: %s\n\n", sql, expected);
        return false;
    }
    snprintf(wanted, sizeof wanted, "%s", expected);
    char *tail = strstr(wanted, "\nStatement:");
    if (tail)
        *tail = 0;
    bool same = strstr(st.msg, wanted) != NULL;
    if (!same && report)
        print_error("%s\nrefused: %s\nexpected: %s\n\n", sql, st.msg, expected);
    return same;
}

static bool is_syntax_text(const char *expected)
{
    return strstr(expected, "Syntax Error") || strstr(expected, "numeric literal") ||
           strstr(expected, "overflows DOUBLE");
}

/* Expected messages of query cases count lines over all statements of the case, those of rest cases
 * over one request. */
static void check_case(json_t *c)
{
    json_t *statements = json_object_get(c, "statements"), *sql;
    json_t *e = json_object_get(c, "expectedException");
    size_t  i;
    buf     all = BUF_INIT(BUF_MAX);
    bool    refused = false;
    if (e == NULL)
        e = json_object_get(c, "expectedError");
    const char *message = e ? json_string_value(json_object_get(e, "message")) : NULL;
    const char *type = e ? json_string_value(json_object_get(e, "type")) : NULL;
    bool        syntax = message ? is_syntax_text(message) : type && strstr(type, "ParseFailed");
    json_array_foreach(statements, i, sql)
    {
        if (!json_is_string(sql))
            continue;
        const char *text = json_string_value(sql);
        buf_putz(&all, text);
        buf_putc(&all, '\n');
        check_tree(text);
        refused |= syntax && is_refused(text, message ? message : "", false);
        statement_count++;
    }
    buf_putc(&all, 0);
    if (syntax && (refused || is_refused(all.p, message ? message : "", true)))
        refused_count++;
    else if (syntax)
        differing++;
    buf_free(&all);
}

static void check_json(const char *path)
{
    json_error_t err;
    json_t      *root = json_load_file(path, 0, &err);
    if (root == NULL)
        fail_msg("%s: %s", path, err.text);
    json_t *tests = json_is_array(root) ? root : json_object_get(root, "tests");
    json_t *c;
    size_t  i;
    json_array_foreach(tests, i, c) check_case(c);
    json_decref(root);
}

static void check_sql(const char *path)
{
    FILE *f = fopen(path, "rb");
    buf   b = BUF_INIT(BUF_MAX);
    char  chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        buf_put(&b, chunk, n);
    fclose(f);
    buf_putc(&b, 0);
    check_tree(b.p);
    buf_free(&b);
}

static int check_folder(const char *root, const char *folder, const char *ext, void (*check)(const char *path))
{
    char dir[1000], path[2000];
    int  files = 0;
    snprintf(dir, sizeof dir, "%s/conformance/%s", root, folder);
    DIR *d = opendir(dir);
    if (d == NULL)
        return 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        size_t n = strlen(e->d_name), m = strlen(ext);
        if (n < m || strcmp(e->d_name + n - m, ext) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        check(path);
        files++;
    }
    closedir(d);
    return files;
}

static void test_cases(void **state)
{
    (void)state;
    const char *root = getenv("WEIR_SHARED") ? getenv("WEIR_SHARED") : "../shared";
    int files = check_folder(root, "query", ".json", check_json) + check_folder(root, "rest", ".json", check_json) +
                check_folder(root, "sql", ".sql", check_sql);
    if (files == 0)
        skip();
    print_message("%d files: %d statements parsed and read back, %d cases refused as expected, "
                  "%d differ\n",
                  files, parsed, refused_count, differing);
    assert_true(parsed > 1000);
    assert_true(parsed >= statement_count - refused_count);
    assert_int_equal(differing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
