/* Files of tests: text to tests, statements and directives. */
#include <errno.h>
#include <stdio.h>

#include "engine/sqltest/sqltest_int.h"
#include "parser/token.h"

/* ---- the directives */

typedef enum place { PLACE_TEST, PLACE_HEAD, PLACE_STEP } place;

static const struct directive {
    const char *name;
    place       where;
    step_kind   step; /* PLACE_STEP */
} directives[] = {
    {"test", PLACE_TEST, 0},       {"expected.error", PLACE_HEAD, 0}, {"expected.message", PLACE_HEAD, 0},
    {"setting", PLACE_HEAD, 0},    {"input", PLACE_STEP, STEP_INPUT}, {"output", PLACE_STEP, STEP_OUTPUT},
    {"end", PLACE_STEP, STEP_END}, {"log", PLACE_STEP, STEP_LOG},
};
#define DIRECTIVE_COUNT (sizeof directives / sizeof *directives)

/* ksqlDB's tests name Java classes. What they mean here; a class stands for those derived from it. */
static const struct {
    const char *name;
    bool        assertion, syntax, other;
} errors[] = {
    {"AssertionError", true, false, false},
    {"ParseFailedException", false, true, false},
    {"KsqlStatementException", false, true, true},
    {"KsqlException", false, true, true},
};

static str last_part(str name)
{
    for (uint32_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '.')
            return str_make(name.p + i, name.n - i);
    return name;
}

static bool error_known(str name)
{
    return str_ends(name, STR("Exception")) || str_eqz(last_part(name), "AssertionError");
}

bool expected_error_matches(str name, bool assertion, bool syntax)
{
    name = last_part(name);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (str_eqz(name, errors[i].name))
            return assertion ? errors[i].assertion : syntax ? errors[i].syntax : errors[i].other;
    return !assertion; /* another exception: any refusal */
}

/* ---- reading */

typedef struct reader {
    arena      *a;
    const char *path;
    str         text;
    uint32_t    line, line_at; /* of the offset looked at last: lines are counted once */
    uint32_t    line_start;
    bool        script;
    VEC(sql_test) tests;
    VEC(sql_test_step) steps; /* of the last test, or of the script */
    VEC(str) messages, settings;
    status *st;
} reader;

static bool file_bytes(arena *a, const char *path, str *out, status *st)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        status_set(st, ST_IO, "%s: %s", path, strerror(errno));
        return false;
    }
    buf    b = BUF_INIT(SQL_TEST_FILE_MAX);
    size_t n;
    char   part[65536];
    while (!b.full && (n = fread(part, 1, sizeof part, f)) > 0)
        buf_put(&b, part, n);
    bool ok = ferror(f) == 0;
    if (!ok)
        status_set(st, ST_IO, "%s: %s", path, strerror(errno));
    else if (b.full)
        ok = status_set(st, ST_LIMIT, "%s: a file of more than %zu bytes", path, SQL_TEST_FILE_MAX);
    fclose(f);
    *out = str_dup(a, buf_str(&b));
    buf_free(&b);
    if (str_starts(*out, STR("\xEF\xBB\xBF"))) /* a byte order mark, as some editors write it */
        *out = str_make(out->p + 3, out->n - 3);
    return ok;
}

static uint32_t line_of(reader *r, uint32_t at, uint32_t *col)
{
    for (; r->line_at < at; r->line_at++)
        if (r->text.p[r->line_at] == '\n') {
            r->line++;
            r->line_start = r->line_at + 1;
        }
    if (col)
        *col = at - r->line_start + 1;
    return r->line;
}

static bool fault(reader *r, uint32_t at, const char *what, str name, const char *more)
{
    return status_set(r->st, ST_SQL, "%s:%u: %s%.*s%s", r->path, line_of(r, at, NULL), what, STR_FMT(name), more);
}

static void end_test(reader *r)
{
    if (r->tests.n == 0)
        return;
    sql_test *t = &r->tests.p[r->tests.n - 1];
    t->steps = r->steps.p;
    t->step_count = r->steps.n;
    t->expected_messages = r->messages.p;
    t->expected_message_count = r->messages.n;
    memset(&r->steps, 0, sizeof r->steps);
    t->settings = r->settings.p;
    t->setting_count = r->settings.n;
    memset(&r->messages, 0, sizeof r->messages);
    memset(&r->settings, 0, sizeof r->settings);
}

/* "\n" in a message stands for a line feed: a directive has only one line. */
static str unescape(arena *a, str s)
{
    char    *p = arena_bytes(a, s.n + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.n; i++)
        if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == 'n') {
            p[n++] = '\n';
            i++;
        } else {
            p[n++] = s.p[i];
        }
    return str_make(p, n);
}

static bool read_setting(reader *r, uint32_t at, str text)
{
    int64_t equals = str_find_char(text, '=');
    if (equals <= 0)
        return fault(r, at, "'--@setting: NAME=VALUE', not '", text, "'");
    str name = str_trim(str_make(text.p, (size_t)equals));
    str set = str_trim(str_make(text.p + equals + 1, text.n - (size_t)equals - 1));
    AVEC_PUSH(r->a, &r->settings, name);
    AVEC_PUSH(r->a, &r->settings, set);
    return true;
}

static bool head_directive(reader *r, uint32_t at, str name, str rest)
{
    sql_test *t = &r->tests.p[r->tests.n - 1];
    if (r->steps.n)
        return fault(r, at, "'--@", name, "' must stand before the test's first statement");
    if (str_eqz(name, "setting"))
        return read_setting(r, at, rest);
    if (str_eqz(name, "expected.message")) {
        AVEC_PUSH(r->a, &r->messages, unescape(r->a, rest));
        return true;
    }
    if (t->expected_error.n)
        return fault(r, at, "a second '--@", name, "' in one test");
    if (!error_known(rest))
        return fault(r, at, "there is no error '", rest,
                     "': an expected error is AssertionError, ParseFailedException, KsqlStatementException, "
                     "KsqlException or another Java exception");
    t->expected_error = rest;
    return true;
}

static bool unknown_directive(reader *r, uint32_t at, str name)
{
    buf b = BUF_INIT(ST_MSG_MAX);
    for (size_t i = 0; i < DIRECTIVE_COUNT; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", directives[i].name);
    status_set(r->st, ST_SQL, "%s:%u: there is no directive '--@%.*s'; there are: %.*s", r->path, line_of(r, at, NULL),
               STR_FMT(name), (int)b.n, b.p);
    buf_free(&b);
    return false;
}

/* text: behind "--@" up to the end of the line. */
static bool read_directive(reader *r, uint32_t at, str text)
{
    int64_t                 colon = str_find_char(text, ':');
    str                     name = str_trim(colon < 0 ? text : str_make(text.p, (size_t)colon));
    str                     rest = str_trim(str_make(text.p + colon + 1, text.n - (size_t)colon - 1));
    const struct directive *d = NULL;
    for (size_t i = 0; i < DIRECTIVE_COUNT; i++)
        if (str_eqz(name, directives[i].name))
            d = &directives[i];
    if (r->script)
        return fault(r, at, "a script has no directives: '--@", name, "'");
    if (d == NULL)
        return unknown_directive(r, at, name);
    if (colon < 0 || rest.n == 0)
        return fault(r, at, "'--@", name, "' needs a text: '--@NAME: TEXT'");
    if (d->where == PLACE_TEST) {
        end_test(r);
        sql_test t = {.name = rest, .line = line_of(r, at, NULL)};
        AVEC_PUSH(r->a, &r->tests, t);
        return true;
    }
    if (r->tests.n == 0)
        return fault(r, at, "'--@", name, "' before the first '--@test: NAME'");
    if (d->where == PLACE_HEAD)
        return head_directive(r, at, name, rest);
    sql_test_step s = {.kind = d->step, .text = rest};
    s.line = line_of(r, at, &s.col);
    AVEC_PUSH(r->a, &r->steps, s);
    return true;
}

/* What stands between two tokens: blanks, comments and directives. */
static bool read_gap(reader *r, uint32_t from, uint32_t to, bool in_statement)
{
    str t = r->text;
    for (uint32_t i = from; i < to;) {
        if (i + 1 < to && t.p[i] == '/' && t.p[i + 1] == '*') {
            int64_t end = str_find(t, STR("*/"), i + 2);
            i = end < 0 ? to : (uint32_t)end + 2;
        } else if (i + 1 < to && t.p[i] == '-' && t.p[i + 1] == '-') {
            uint32_t end = i;
            while (end < to && t.p[end] != '\n')
                end++;
            bool directive = i + 2 < end && t.p[i + 2] == '@';
            if (directive && in_statement)
                return fault(r, i, "a directive inside a statement, or a statement without its ';': '", STR("--@"),
                             "...'");
            if (directive && !read_directive(r, i, str_make(t.p + i + 3, end - i - 3)))
                return false;
            i = end;
        } else {
            i++;
        }
    }
    return true;
}

static bool read_text(reader *r)
{
    scanner  s = scan_from(r->text, 0);
    uint32_t start = 0, end = 0;
    bool     open = false;
    for (;;) {
        token t = scan_next(&s);
        if (!read_gap(r, end, t.type == TK_EOF ? r->text.n : t.pos, open))
            return false;
        if (t.type == TK_EOF)
            break;
        if (!open && r->tests.n == 0 && !r->script)
            return fault(r, t.pos, "a statement before the first '--@test: NAME'", STR(""), "");
        if (!open)
            start = t.pos;
        open = t.type != TK_SEMI;
        end = t.pos + t.len;
        if (open)
            continue;
        sql_test_step step = {.kind = STEP_STATEMENT, .text = str_make(r->text.p + start, end - start)};
        step.line = line_of(r, start, &step.col);
        if (step.text.n > 1) /* not an empty statement */
            AVEC_PUSH(r->a, &r->steps, step);
    }
    return !open || fault(r, start, "a statement without its ';'", STR(""), "");
}

bool script_read(arena *a, const char *path, const sql_test_step **steps, size_t *n, status *st)
{
    reader r = {.a = a, .path = path, .line = 1, .script = true, .st = st};
    if (!file_bytes(a, path, &r.text, st) || !read_text(&r))
        return false;
    *steps = r.steps.p;
    *n = r.steps.n;
    return true;
}

bool sql_test_file_read(const char *path, sql_test_file *out, status *st)
{
    *out = (sql_test_file){.path = path};
    arena_init(&out->a);
    reader r = {.a = &out->a, .path = path, .line = 1, .st = st};
    bool   ok = file_bytes(r.a, path, &r.text, st) && read_text(&r);
    if (ok && r.tests.n == 0)
        ok = status_set(st, ST_SQL, "%s:1: a file without tests: each begins with a line '--@test: NAME'", path);
    if (!ok) {
        arena_free(&out->a);
        return false;
    }
    end_test(&r);
    out->tests = r.tests.p;
    out->n = r.tests.n;
    return true;
}

void sql_test_file_free(sql_test_file *f)
{
    arena_free(&f->a);
}
