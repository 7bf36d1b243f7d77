/* Statements: which go to the server, in which request, and which stay in the shell (spec 7.3). */
#include <errno.h>
#include <stdlib.h>

#include "base/num.h"
#include "server/shell/entities.h"
#include "server/shell/interrupt.h"
#include "server/shell/shell_int.h"

/* ---- failures */

bool shell_fail(shell *sh, int exit_status, str message)
{
    screen_error(&sh->scr, message);
    if (sh->exit_status == 0)
        sh->exit_status = exit_status;
    return false;
}

bool shell_fail_request(shell *sh, const status *st)
{
    arena a;
    arena_init(&a);
    str text = str_of(st->msg);
    int exit_status = EXIT_CLIENT_ERROR;
    if (st->code == ST_NOT_FOUND) {
        text = str_fmt(&a,
                       "Could not connect to the server. Please check the server details are "
                       "correct and that the "
                       "server is running.\n(%s: %s)",
                       sh->server.url, st->msg);
    } else if (st->code == ST_STOPPING) {
        exit_status = EXIT_INTERRUPTED;
        text = STR("Interrupted: the server may still run the statement.");
    }
    shell_fail(sh, exit_status, text);
    arena_free(&a);
    return false;
}

static str answer_text(arena *a, const http_answer *h, str body, const char *path)
{
    const json_node *n = json_tree_parse(a, body);
    if (n && n->kind == NODE_OBJECT && !json_tree_is_null(json_tree_get(n, "message")))
        return json_tree_text(n, "message");
    if (h->status == 401)
        return STR("Could not authenticate successfully with the supplied credentials.");
    if (h->status == 403)
        return STR("You are forbidden from using this cluster.");
    if (h->status == 404)
        return str_fmt(a,
                       "Path not found. Path='%s'. Check your ksql http url to make sure you are "
                       "connecting to a ksql "
                       "server.",
                       path);
    return str_fmt(a, "The server returned an unexpected error: %d %s", h->status, h->reason);
}

/* 50301: the message alone would not say what can be done. */
static const char timed_out_text[] = "Error: command not executed since the server timed out while "
                                     "waiting for prior commands to finish executing.\n"
                                     "If you wish to execute new commands without waiting for "
                                     "prior commands to finish, run the command "
                                     "'request-pipelining ON'.";

bool shell_fail_answer(shell *sh, http_answer *h, const char *path)
{
    arena  a;
    buf    body = BUF_INIT(HTTP_BODY_MAX_BYTES);
    status st;
    arena_init(&a);
    status_init(&st);
    if (!http_read_all(h, &body, &st)) {
        shell_fail_request(sh, &st);
    } else {
        const json_node *n = json_tree_parse(&a, buf_str(&body));
        bool             timed_out = n && str_eqz(json_tree_text(n, "error_code"), "50301");
        shell_fail(sh, EXIT_SERVER_ERROR,
                   timed_out ? str_of(timed_out_text) : answer_text(&a, h, buf_str(&body), path));
    }
    http_close(h);
    buf_free(&body);
    arena_free(&a);
    return false;
}

/* ---- requests */

void shell_keep(shell *sh, map *m, str name, str value)
{
    str *kept = ARENA_NEW(&sh->a, str);
    *kept = str_dup(&sh->a, value);
    map_put(m, name, kept);
}

static void put_map(buf *out, const map *m)
{
    arena a;
    arena_init(&a);
    str *names = map_sorted_keys(m, &a);
    buf_putc(out, '{');
    for (size_t i = 0; i < m->n; i++) {
        const str *value = map_get(m, names[i]);
        buf_putz(out, i ? "," : "");
        json_tree_put_text(out, names[i]);
        buf_putc(out, ':');
        json_tree_put_text(out, *value);
    }
    buf_putc(out, '}');
    arena_free(&a);
}

void shell_put_request(buf *out, const shell *sh, str sql, bool is_query)
{
    buf_putz(out, "{\"ksql\":");
    json_tree_put_text(out, sql);
    buf_putz(out, ",\"streamsProperties\":");
    put_map(out, &sh->properties);
    buf_putz(out, ",\"sessionVariables\":");
    put_map(out, &sh->variables);
    if (!sh->pipelining && (!is_query || sh->command_seq >= 0))
        buf_printf(out, ",\"commandSequenceNumber\":%ld", sh->command_seq);
    buf_putc(out, '}');
}

static bool get(shell *sh, arena *a, str path, http_answer *h, str *body, status *st)
{
    buf b = BUF_INIT(HTTP_BODY_MAX_BYTES);
    if (!http_send(h, &sh->server, "GET", path, STR(""), STATEMENT_TIMEOUT_MS, st))
        return false;
    bool ok = http_read_all(h, &b, st);
    *body = str_dup(a, buf_str(&b));
    buf_free(&b);
    http_close(h);
    return ok;
}

bool shell_get_info(shell *sh, arena *a, str *version, str *state)
{
    http_answer h;
    str         body;
    status      st;
    status_init(&st);
    if (!get(sh, a, STR("/info"), &h, &body, &st))
        return shell_fail_request(sh, &st);
    const json_node *n = json_tree_parse(a, body);
    if (h.status != 200)
        return shell_fail(
            sh, EXIT_CLIENT_ERROR,
            str_fmt(a, "Couldn't connect to the KSQL server: %.*s", STR_FMT(answer_text(a, &h, body, "/info"))));
    const json_node *info = json_tree_get(n ? n : &(json_node){0}, "KsqlServerInfo");
    if (json_tree_is_null(info))
        return shell_fail(sh, EXIT_CLIENT_ERROR,
                          str_fmt(a, "Remote server at %s does not appear to be a valid KSQL server.", sh->server.url));
    *version = json_tree_text(info, "version");
    *state = json_tree_text(info, "serverStatus");
    return true;
}

static void note_command(shell *sh, const json_node *entity)
{
    int64_t seq;
    if (num_parse_i64(json_tree_text(entity, "commandSequenceNumber"), &seq) && seq > sh->command_seq)
        sh->command_seq = seq;
}

static bool print_entity(shell *sh, arena *a, const json_node *entity, bool several)
{
    buf out = BUF_INIT(HTTP_BODY_MAX_BYTES);
    str message;
    buf_putc(&out, '\n');
    if (several)
        buf_printf(&out, "%.*s\n", STR_FMT(json_tree_text(entity, "statementText")));
    bool ok = entity_print(&out, a, entity, screen_width(&sh->scr), &message);
    if (ok)
        for (const json_node *w = json_tree_get(entity, "warnings")->first; w; w = w->next)
            buf_printf(&out, "WARNING: %.*s\n", STR_FMT(json_tree_text(w, "message")));
    screen_put(&sh->scr, buf_str(&out));
    buf_free(&out);
    if (!ok) {
        int64_t br = str_find_char(message, '\n');
        shell_fail(sh, EXIT_SERVER_ERROR, br < 0 ? message : str_make(message.p, (size_t)br));
    }
    return ok;
}

static bool print_entities(shell *sh, arena *a, str body)
{
    const json_node *list = json_tree_parse(a, body);
    bool             ok = true;
    if (list == NULL || list->kind != NODE_LIST)
        return shell_fail(sh, EXIT_CLIENT_ERROR, STR("The server's answer is no list of entities."));
    for (const json_node *e = list->first; e; e = e->next) {
        note_command(sh, e);
        if (!sh->json)
            ok = print_entity(sh, a, e, list->count > 1) && ok;
        else if (str_eqz(json_tree_text(json_tree_get(e, "commandStatus"), "status"), "ERROR"))
            sh->exit_status = sh->exit_status ? sh->exit_status : EXIT_SERVER_ERROR, ok = false;
    }
    if (sh->json) {
        buf out = BUF_INIT(BUF_MAX);
        json_tree_put_pretty(&out, list);
        buf_putc(&out, '\n');
        screen_put(&sh->scr, buf_str(&out));
        buf_free(&out);
    }
    return ok;
}

/* Statements that the server runs in one request. */
static bool run_plain(shell *sh, str sql)
{
    http_answer h;
    status      st;
    arena       a;
    buf         body = BUF_INIT(BUF_MAX), answer = BUF_INIT(HTTP_BODY_MAX_BYTES);
    status_init(&st);
    arena_init(&a);
    shell_put_request(&body, sh, sql, false);
    bool ok = http_send(&h, &sh->server, "POST", STR("/ksql"), buf_str(&body), STATEMENT_TIMEOUT_MS, &st);
    if (!ok) {
        shell_fail_request(sh, &st);
    } else if (h.status != 200) {
        ok = shell_fail_answer(sh, &h, "/ksql");
    } else {
        ok = http_read_all(&h, &answer, &st);
        http_close(&h);
        ok = ok ? print_entities(sh, &a, buf_str(&answer)) : shell_fail_request(sh, &st);
    }
    screen_flush(&sh->scr);
    buf_free(&body);
    buf_free(&answer);
    arena_free(&a);
    return ok;
}

/* ---- statements that stay in the shell */

typedef bool local_statement(shell *sh, arena *a, const ast_stmt *s);

/* The server knows which properties there are. */
static bool run_set(shell *sh, arena *a, const ast_stmt *s)
{
    http_answer h;
    str         body;
    status      st;
    buf         path = BUF_INIT(BUF_MAX);
    status_init(&st);
    buf_putz(&path, "/is_valid_property/");
    http_put_escaped(&path, s->text);
    bool ok = get(sh, a, buf_str(&path), &h, &body, &st);
    buf_free(&path);
    if (!ok)
        return shell_fail_request(sh, &st);
    if (h.status != 200)
        return shell_fail(sh, EXIT_CLIENT_ERROR, answer_text(a, &h, body, "/is_valid_property"));
    const str *before = map_get(&sh->properties, s->text);
    if (before)
        screen_printf(&sh->scr, "Successfully changed local property '%.*s' from '%.*s' to '%.*s'.\n", STR_FMT(s->text),
                      STR_FMT(*before), STR_FMT(s->text2));
    else
        screen_printf(&sh->scr,
                      "Successfully changed local property '%.*s' to '%.*s'. Use the UNSET command "
                      "to revert your "
                      "change.\n",
                      STR_FMT(s->text), STR_FMT(s->text2));
    if (h.warning[0])
        screen_printf(&sh->scr, "WARNING: %s\n", h.warning);
    shell_keep(sh, &sh->properties, s->text, s->text2);
    return true;
}

static bool run_unset(shell *sh, arena *a, const ast_stmt *s)
{
    const str *before = map_del(&sh->properties, s->text);
    if (before == NULL)
        return shell_fail(
            sh, EXIT_CLIENT_ERROR,
            str_fmt(a, "Cannot unset local property '%.*s' which was never set in the first place", STR_FMT(s->text)));
    screen_printf(&sh->scr, "Successfully unset local property '%.*s' (value was '%.*s').\n", STR_FMT(s->text),
                  STR_FMT(*before));
    return true;
}

static bool run_define(shell *sh, arena *a, const ast_stmt *s)
{
    (void)a;
    shell_keep(sh, &sh->variables, s->name, s->text2);
    return true;
}

static bool run_undefine(shell *sh, arena *a, const ast_stmt *s)
{
    (void)a;
    if (map_del(&sh->variables, s->name) == NULL)
        screen_printf(&sh->scr, "Cannot undefine variable '%.*s' which was never defined.\n", STR_FMT(s->name));
    return true;
}

/* As if the server had answered with the variables sent to it. */
static bool run_show_variables(shell *sh, arena *a, const ast_stmt *s)
{
    buf  b = BUF_INIT(BUF_MAX);
    str *names = map_sorted_keys(&sh->variables, a);
    buf_putz(&b, "[{\"@type\":\"variables\",\"statementText\":");
    json_tree_put_text(&b, str_fmt(a, "%.*s;", STR_FMT(s->source)));
    buf_putz(&b, ",\"variables\":[");
    for (size_t i = 0; i < sh->variables.n; i++) {
        buf_putz(&b, i ? ",{\"name\":" : "{\"name\":");
        json_tree_put_text(&b, names[i]);
        buf_putz(&b, ",\"value\":");
        json_tree_put_text(&b, *(const str *)map_get(&sh->variables, names[i]));
        buf_putc(&b, '}');
    }
    buf_putz(&b, "],\"warnings\":[]}]");
    bool ok = print_entities(sh, a, str_dup(a, buf_str(&b)));
    buf_free(&b);
    return ok;
}

static bool run_script_statement(shell *sh, arena *a, const ast_stmt *s)
{
    return shell_run_script(sh, str_z(a, s->text));
}

static const struct {
    ast_stmt_kind    kind;
    local_statement *run;
} local_statements[] = {
    {STMT_SET, run_set},
    {STMT_UNSET, run_unset},
    {STMT_DEFINE, run_define},
    {STMT_UNDEFINE, run_undefine},
    {STMT_SHOW_VARIABLES, run_show_variables},
    {STMT_RUN_SCRIPT, run_script_statement},
};

static local_statement *local_find(ast_stmt_kind kind)
{
    for (size_t i = 0; i < sizeof local_statements / sizeof *local_statements; i++)
        if (local_statements[i].kind == kind)
            return local_statements[i].run;
    return NULL;
}

/* Variables in a statement that the server never sees are replaced here. */
static bool run_local(shell *sh, arena *a, local_statement *run, const ast_stmt *s)
{
    status     st;
    ast_stmt **list;
    size_t     n;
    str        text = s->source;
    status_init(&st);
    if (s->has_variables) {
        if (!parse_substitute(a, text, &sh->variables, &text, &st) ||
            !parse_sql(a, str_fmt(a, "%.*s;", STR_FMT(text)), &list, &n, &st))
            return shell_fail(sh, EXIT_CLIENT_ERROR, str_of(st.msg));
        s = list[0];
    }
    bool ok = run(sh, a, s);
    screen_flush(&sh->scr);
    return ok;
}

/* ---- all of them */

static bool run_list(shell *sh, arena *a, ast_stmt **list, size_t n)
{
    for (size_t i = 0; i < n;) {
        const ast_stmt  *s = list[i];
        local_statement *local = local_find(s->kind);
        bool             streamed = s->kind == STMT_QUERY || s->kind == STMT_PRINT, ok;
        buf              plain = BUF_INIT(BUF_MAX);
        while (i < n && list[i]->kind != STMT_QUERY && list[i]->kind != STMT_PRINT && !local_find(list[i]->kind)) {
            const ast_stmt *p = list[i++];
            buf_putz(&plain, plain.n ? "\n" : "");
            buf_puts(&plain, p->source);
            buf_putc(&plain, ';');
        }
        i += plain.n == 0;
        if (local)
            ok = run_local(sh, a, local, s);
        else if (streamed)
            ok = shell_run_query(sh, str_fmt(a, "%.*s;", STR_FMT(s->source)), s->kind == STMT_PRINT);
        else
            ok = run_plain(sh, buf_str(&plain));
        buf_free(&plain);
        if (!ok)
            return false;
    }
    return true;
}

bool shell_run_sql(shell *sh, str text)
{
    arena      a;
    status     st;
    ast_stmt **list;
    size_t     n;
    arena_init(&a);
    status_init(&st);
    interrupt_clear();
    bool ok = parse_sql(&a, text, &list, &n, &st);
    ok = ok ? run_list(sh, &a, list, n) : shell_fail(sh, EXIT_CLIENT_ERROR, str_of(st.msg));
    arena_free(&a);
    return ok;
}

static bool read_file(const char *path, buf *out)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    char   part[65536];
    size_t n;
    errno = 0;
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        buf_put(out, part, n);
    bool ok = !ferror(f);
    fclose(f);
    return ok;
}

bool shell_run_script(shell *sh, const char *path)
{
    arena a;
    buf   text = BUF_INIT(SCRIPT_MAX_BYTES);
    bool  ok = false;
    arena_init(&a);
    if (!read_file(path, &text))
        shell_fail(sh, EXIT_CLIENT_ERROR,
                   errno == ENOENT ? str_fmt(&a, "No such script file: %s", path)
                                   : str_fmt(&a, "Script file %s could not be read: %s", path, strerror(errno)));
    else if (text.full)
        shell_fail(sh, EXIT_CLIENT_ERROR, str_fmt(&a, "Script file %s is longer than %zu bytes.", path, text.max));
    else if (sh->script_depth == SCRIPT_DEPTH_MAX)
        shell_fail(sh, EXIT_CLIENT_ERROR,
                   str_fmt(&a, "Script file %s: scripts run scripts %d deep at most.", path, SCRIPT_DEPTH_MAX));
    else {
        sh->script_depth++;
        ok = shell_run_sql(sh, buf_str(&text));
        sh->script_depth--;
    }
    buf_free(&text);
    arena_free(&a);
    return ok;
}
