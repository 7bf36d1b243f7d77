#include "server/shell/rows.h"

#include "base/clock.h"
#include "server/shell/interrupt.h"
#include "server/shell/shell_int.h"

#define READ_BYTES 65536

/* ---- lines */

uint32_t rows_column_names(arena *a, str schema, str **names)
{
    struct {
        str   *p;
        size_t n, cap;
    } list = {0};
    int  depth = 0;
    bool at_name = true;
    for (uint32_t i = 0; i < schema.n; i++) {
        char c = schema.p[i];
        if (c == '<' || c == '(')
            depth++;
        else if (c == '>' || c == ')')
            depth--;
        else if (c == ',' && depth == 0)
            at_name = true;
        if (c != '`')
            continue;
        char    *name = arena_bytes(a, schema.n - i);
        uint32_t n = 0;
        for (i++; i < schema.n; i++) {
            bool doubled = i + 1 < schema.n && schema.p[i + 1] == '`';
            if (schema.p[i] == '`' && !doubled)
                break;
            i += schema.p[i] == '`';
            name[n++] = '`' == schema.p[i] ? '`' : schema.p[i];
        }
        if (at_name && depth == 0)
            AVEC_PUSH(a, &list, str_make(name, n));
        at_name = false;
    }
    *names = list.p;
    return (uint32_t)list.n;
}

static void put_document(buf *out, const json_node *n)
{
    json_tree_put_pretty(out, n);
    buf_putc(out, '\n');
}

static void put_header(rows *r, buf *out, arena *a, const json_node *header)
{
    str     *names;
    uint32_t n = rows_column_names(a, json_tree_text(header, "schema"), &names);
    r->layout = row_layout_new(n, r->cell_width, r->screen_width, r->wrap);
    row_layout_header(out, &r->layout, names);
}

static void put_row(rows *r, buf *out, arena *a, const json_node *row)
{
    const json_node *columns = json_tree_get(row, "columns");
    bool             tombstone = json_tree_true(row, "tombstone");
    str             *cells = ARENA_ARRAY(a, str, r->layout.columns + 1);
    uint32_t         n = 0;
    for (const json_node *c = columns->first; c && n < r->layout.columns; c = c->next, n++) {
        if (json_tree_is_null(c)) {
            cells[n] = tombstone ? STR("<TOMBSTONE>") : STR("null");
            continue;
        }
        buf text = BUF_INIT(ROW_LINE_MAX_BYTES);
        json_tree_put_java(&text, c);
        cells[n] = str_dup(a, buf_str(&text));
        buf_free(&text);
    }
    row_layout_row(out, &r->layout, cells);
}

void rows_put_line(rows *r, buf *out, arena *a, str line)
{
    while (line.n && (line.p[0] == '[' || line.p[0] == ',' || (uint8_t)line.p[0] <= 0x20))
        line = str_make(line.p + 1, line.n - 1);
    if (line.n == 0 || line.p[0] == ']')
        return;
    const json_node *item = json_tree_parse(a, line);
    const json_node *part = item ? item->first : NULL;
    if (part == NULL) {
        r->error = STR("The server sent a line that is no row.");
    } else if (str_eqz(part->name, "header")) {
        if (r->json)
            put_document(out, part);
        else
            put_header(r, out, a, part);
    } else if (str_eqz(part->name, "row")) {
        r->count++;
        if (r->json)
            put_document(out, part);
        else
            put_row(r, out, a, part);
    } else if (str_eqz(part->name, "finalMessage")) {
        buf_printf(out, "%.*s\n", STR_FMT(part->text));
    } else if (str_eqz(part->name, "errorMessage")) {
        r->error = json_tree_text(part, "message");
    }
}

/* ---- the answer */

typedef struct reading {
    shell      *sh;
    http_answer h;
    rows        r;
    bool        is_print;
    bool        stopped; /* by a limit of ours */
    bool        failed;
    buf         line;
    int64_t     deadline_ms; /* -1: none */
} reading;

static void end_line(reading *g)
{
    arena a;
    buf   out = BUF_INIT(BUF_MAX);
    arena_init(&a);
    if (g->line.full) {
        g->failed = true;
        shell_fail(g->sh, EXIT_CLIENT_ERROR, STR("The server sent a row that is longer than 64 MiB."));
    } else if (!g->is_print) {
        rows_put_line(&g->r, &out, &a, buf_str(&g->line));
    } else if (g->line.n) { /* empty lines keep the connection alive */
        buf_puts(&out, buf_str(&g->line));
        buf_putc(&out, '\n');
        g->r.count++;
    }
    if (out.n)
        screen_put(&g->sh->scr, buf_str(&out));
    if (g->r.error.n) {
        g->failed = true;
        shell_fail(g->sh, EXIT_SERVER_ERROR, g->r.error);
    }
    g->stopped = g->sh->row_limit >= 0 && g->r.count >= g->sh->row_limit;
    buf_free(&out);
    arena_free(&a);
    buf_clear(&g->line);
}

static void take_bytes(reading *g, const char *p, size_t n)
{
    while (n && !g->failed && !g->stopped) {
        const char *br = memchr(p, '\n', n);
        size_t      part = br ? (size_t)(br - p) : n;
        buf_put(&g->line, p, part);
        if (br)
            end_line(g);
        part += br != NULL;
        p += part;
        n -= part;
    }
}

/* Rows as they come; the note stands below them while nothing does. */
static void read_rows(reading *g, status *st)
{
    char    part[READ_BYTES];
    ssize_t n = 1;
    while (n > 0 && !g->failed && !g->stopped) {
        if (http_is_idle(&g->h)) {
            screen_flush(&g->sh->scr);
            if (g->sh->interactive)
                screen_note(&g->sh->scr, "Press CTRL-C to interrupt");
        }
        if (g->deadline_ms >= 0) {
            int64_t left = g->deadline_ms - clock_mono_ms();
            g->h.timeout_ms = left > 0 ? (int)(left < INT32_MAX ? left : INT32_MAX) : 0;
        }
        n = http_read(&g->h, part, sizeof part, st);
        if (n > 0)
            take_bytes(g, part, (size_t)n);
    }
    if (n == 0 && g->line.n && !g->failed)
        end_line(g);
}

static bool finish(reading *g, const status *st)
{
    bool timed_out = g->deadline_ms >= 0 && clock_mono_ms() >= g->deadline_ms;
    bool interrupted = st->code == ST_STOPPING;
    screen_unnote(&g->sh->scr);
    if (st->code != ST_OK && !interrupted && !timed_out)
        g->failed = !shell_fail_request(g->sh, st);
    if (!g->failed)
        screen_printf(&g->sh->scr, "%s\n", g->is_print ? "Topic printing ceased" : "Query terminated");
    screen_flush(&g->sh->scr);
    if (interrupted && !g->sh->interactive) { /* a script ends there */
        if (g->sh->exit_status == 0)
            g->sh->exit_status = EXIT_INTERRUPTED;
        return false;
    }
    return !g->failed;
}

bool shell_run_query(shell *sh, str sql, bool is_print)
{
    reading g = {
        .sh = sh,
        .r = {.json = sh->json, .wrap = sh->wrap, .cell_width = sh->cell_width, .screen_width = screen_width(&sh->scr)},
        .is_print = is_print,
        .line = BUF_INIT(ROW_LINE_MAX_BYTES),
        .deadline_ms = sh->query_timeout_ms < 0 ? -1 : clock_mono_ms() + sh->query_timeout_ms,
    };
    status st;
    buf    body = BUF_INIT(BUF_MAX);
    status_init(&st);
    shell_put_request(&body, sh, sql, true);
    bool ok = http_send(
        &g.h, &sh->server, "POST", STR("/query"), buf_str(&body),
        sh->query_timeout_ms < 0 ? -1 : (int)(sh->query_timeout_ms < INT32_MAX ? sh->query_timeout_ms : INT32_MAX),
        &st);
    buf_free(&body);
    if (!ok)
        return st.code == ST_STOPPING || st.code == ST_IO ? finish(&g, &st) : shell_fail_request(sh, &st);
    if (g.h.status != 200)
        return shell_fail_answer(sh, &g.h, "/query");
    read_rows(&g, &st);
    http_close(&g.h);
    buf_free(&g.line);
    return finish(&g, &st);
}
