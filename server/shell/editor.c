#include "server/shell/editor.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <unistr.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/num.h"
#include "server/shell/interrupt.h"

struct editor {
    EditLine   *line;
    History    *history;
    char       *path; /* NULL: none */
    const char *prompt;
};

/* ---- what is typed */

static const struct {
    const char *abbreviation, *skeleton;
} skeletons[] = {
    {"cs", "CREATE STREAM name (col type) WITH (kafka_topic='topic', value_format='JSON', "
           "partitions=1);"},
    {"ct", "CREATE TABLE name (key type PRIMARY KEY, col type) WITH (kafka_topic='topic', "
           "value_format='JSON', "
           "partitions=1);"},
    {"csas", "CREATE STREAM name AS SELECT * FROM source EMIT CHANGES;"},
    {"ctas", "CREATE TABLE name AS SELECT key, COUNT(*) AS n FROM source GROUP BY key EMIT CHANGES;"},
    {"ii", "INSERT INTO name SELECT * FROM source EMIT CHANGES;"},
};

const char *editor_skeleton(str line)
{
    for (size_t i = 0; i < sizeof skeletons / sizeof *skeletons; i++)
        if (str_eq_nocase(str_trim(line), str_of(skeletons[i].abbreviation)))
            return skeletons[i].skeleton;
    return NULL;
}

static bool recall_number(str number, const str *lines, size_t n, int first, buf *out)
{
    int32_t at;
    if (str_eqz(number, "!"))
        at = first + (int)n - 1;
    else if (!num_parse_i32(number, &at))
        return false;
    if (at < first || (size_t)(at - first) >= n)
        return false;
    buf_puts(out, lines[at - first]);
    return true;
}

bool editor_recall(str typed, const str *lines, size_t n, int first, buf *out)
{
    if (typed.n >= 2 && typed.p[0] == '!')
        return recall_number(str_trim(str_make(typed.p + 1, typed.n - 1)), lines, n, first, out);
    if (typed.n < 2 || typed.p[0] != '^') {
        buf_puts(out, typed);
        return true;
    }
    str     from = str_make(typed.p + 1, typed.n - 1), to = STR("");
    int64_t caret = str_find_char(from, '^');
    if (caret >= 0) {
        to = str_make(from.p + caret + 1, from.n - (size_t)caret - 1);
        from.n = (uint32_t)caret;
    }
    int64_t at = n && from.n ? str_find(lines[n - 1], from, 0) : -1;
    if (at < 0)
        return false;
    str last = lines[n - 1];
    if (to.n && to.p[to.n - 1] == '^')
        to.n--;
    buf_put(out, last.p, (size_t)at);
    buf_puts(out, to);
    buf_put(out, last.p + at + from.n, last.n - (size_t)at - from.n);
    return true;
}

/* ---- libedit */

static char *prompt_of(EditLine *line)
{
    editor     *e;
    static char prompt[64];
    el_get(line, EL_CLIENTDATA, &e);
    snprintf(prompt, sizeof prompt, "%s", e->prompt);
    return prompt;
}

static bool await_byte(EditLine *line)
{
    for (;;) {
        struct pollfd wait_for[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = interrupt_fd(), .events = POLLIN}};
        int           n = poll(wait_for, 2, -1);
        if (interrupt_seen())
            return false;
        if (interrupt_resized())
            el_resize(line);
        if (n > 0 && wait_for[0].revents)
            return true;
        if (n > 0)
            interrupt_drain();
        else if (errno != EINTR)
            return false;
    }
}

/* libedit's own reading starts again after a signal; this one gives up, so that Ctrl-C gives a new
 * prompt. */
static int read_char(EditLine *line, wchar_t *out)
{
    uint8_t bytes[4];
    ucs4_t  uc = 0xfffd;
    for (size_t n = 0; n < sizeof bytes; n++) {
        if (!await_byte(line))
            return -1;
        ssize_t got = read(STDIN_FILENO, bytes + n, 1);
        if (got <= 0)
            return (int)got;
        int len = u8_mbtoucr(&uc, bytes, n + 1);
        if (len == -2) /* not all of the character yet */
            continue;
        *out = len > 0 ? (wchar_t)uc : 0xfffd;
        return 1;
    }
    *out = 0xfffd;
    return 1;
}

static unsigned char expand_abbreviation(EditLine *line, int ch)
{
    (void)ch;
    const LineInfo *now = el_line(line);
    const char     *skeleton = editor_skeleton(str_make(now->buffer, (size_t)(now->lastchar - now->buffer)));
    if (skeleton == NULL)
        return CC_ERROR;
    el_cursor(line, (int)(now->lastchar - now->cursor));
    el_deletestr(line, (int)(now->lastchar - now->buffer));
    el_insertstr(line, skeleton);
    return CC_REFRESH;
}

editor *editor_open(const char *history_path)
{
    HistEvent ev;
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    editor *e = MEM_NEW(editor);
    e->line = el_init("weir", stdin, stdout, stderr);
    e->history = history_init();
    if (e->line == NULL || e->history == NULL) {
        editor_close(e);
        return NULL;
    }
    history(e->history, &ev, H_SETSIZE, HISTORY_LINES_MAX);
    history(e->history, &ev, H_SETUNIQUE, 1);
    if (history_path && history_path[0]) {
        e->path = mem_strdup(history_path);
        history(e->history, &ev, H_LOAD, e->path);
    }
    el_set(e->line, EL_CLIENTDATA, e);
    el_set(e->line, EL_PROMPT, prompt_of);
    el_set(e->line, EL_EDITOR, "emacs");
    el_set(e->line, EL_HIST, history, e->history);
    el_set(e->line, EL_GETCFN, read_char);
    el_wset(e->line, EL_ADDFN, L"weir-expand", L"Expands an abbreviation", expand_abbreviation); /* el_set leaks */
    el_set(e->line, EL_BIND, "^I", "weir-expand", NULL);
    el_set(e->line, EL_BIND, "^R", "em-inc-search-prev", NULL);
    return e;
}

void editor_close(editor *e)
{
    if (e->line)
        el_end(e->line);
    if (e->history)
        history_end(e->history);
    mem_free(e->path);
    mem_free(e);
}

/* The lines, oldest first, in the arena. */
static size_t collect(const editor *e, arena *a, str **lines, int *first)
{
    HistEvent ev;
    size_t    n = 0;
    str      *list = ARENA_ARRAY(a, str, HISTORY_LINES_MAX + 1);
    *first = 1;
    for (int more = history(e->history, &ev, H_LAST); more >= 0 && n < HISTORY_LINES_MAX;
         more = history(e->history, &ev, H_PREV)) {
        str line = str_of(ev.str);
        if (n == 0)
            *first = ev.num;
        if (line.n && line.p[line.n - 1] == '\n')
            line.n--;
        list[n++] = line;
    }
    *lines = list;
    return n;
}

static void keep(editor *e, str line)
{
    HistEvent ev;
    arena     a;
    if (str_trim(line).n == 0)
        return;
    arena_init(&a);
    history(e->history, &ev, H_ENTER, str_z(&a, line));
    if (e->path)
        history(e->history, &ev, H_SAVE, e->path);
    arena_free(&a);
}

editor_line editor_read(editor *e, const char *prompt, buf *out)
{
    int count = 0;
    buf_clear(out);
    e->prompt = prompt;
    interrupt_clear();
    el_set(e->line, EL_PREP_TERM, 1); /* before the prompt is seen: a quick Ctrl-D would be lost */
    const char *typed = el_gets(e->line, &count);
    if (typed == NULL && interrupt_seen()) {
        interrupt_clear();
        return EDITOR_INTERRUPTED;
    }
    if (typed == NULL)
        return EDITOR_END;
    str line = str_make(typed, (size_t)count);
    while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    arena a;
    str  *lines;
    int   first;
    arena_init(&a);
    size_t n = collect(e, &a, &lines, &first);
    if (!editor_recall(line, lines, n, first, out)) {
        printf("%.*s: there is no such line in the history\n", STR_FMT(line));
        buf_clear(out);
    } else if (!str_eq(buf_str(out), line)) {
        printf("%.*s\n", (int)out->n, out->p);
    }
    keep(e, buf_str(out));
    arena_free(&a);
    return EDITOR_LINE;
}

void editor_put_history(const editor *e, buf *out)
{
    arena a;
    str  *lines;
    int   first;
    arena_init(&a);
    size_t n = collect(e, &a, &lines, &first);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%4d: %.*s\n", first + (int)i, STR_FMT(lines[i]));
    arena_free(&a);
}
