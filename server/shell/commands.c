/* The shell's own commands: a table of names, arguments and help (spec/rest-api-and-shell.md 7.4).
 */
#include <errno.h>
#include <stdlib.h>

#include "base/num.h"
#include "server/shell/shell_int.h"

#define ARGUMENTS_MAX 4

typedef struct command {
    const char *name;
    int         min, max; /* arguments */
    void (*run)(shell *sh, const str *args, int n);
    const char *help; /* lines, each indented by a tab */
} command;

static void put_help(buf *out);

static void run_help(shell *sh, const str *args, int n)
{
    (void)args;
    (void)n;
    buf out = BUF_INIT(BUF_MAX);
    put_help(&out);
    screen_put(&sh->scr, buf_str(&out));
    buf_free(&out);
}

static void run_clear(shell *sh, const str *args, int n)
{
    (void)args;
    (void)n;
    screen_clear(&sh->scr);
}

static void run_output(shell *sh, const str *args, int n)
{
    bool json = n && str_eqz(args[0], "JSON");
    if (n && !json && !str_eqz(args[0], "TABULAR")) {
        screen_printf(&sh->scr, "Invalid output format: '%.*s' (valid formats: 'JSON', 'TABULAR')\n", STR_FMT(args[0]));
        return;
    }
    if (n)
        sh->json = json;
    screen_printf(&sh->scr, n ? "Output format set to %s\n" : "Current output format: %s\n",
                  sh->json ? "JSON" : "TABULAR");
}

static void run_history(shell *sh, const str *args, int n)
{
    (void)args;
    (void)n;
    if (sh->edit == NULL)
        return;
    buf out = BUF_INIT(BUF_MAX);
    editor_put_history(sh->edit, &out);
    screen_put(&sh->scr, buf_str(&out));
    buf_free(&out);
}

static void run_version(shell *sh, const str *args, int n)
{
    (void)args;
    (void)n;
    arena a;
    str   version, state;
    arena_init(&a);
    if (shell_get_info(sh, &a, &version, &state))
        screen_printf(&sh->scr, "Version: %.*s\n", STR_FMT(version));
    arena_free(&a);
}

static void run_exit(shell *sh, const str *args, int n)
{
    (void)args;
    (void)n;
    sh->leaving = true;
}

static void run_server(shell *sh, const str *args, int n)
{
    status st;
    status_init(&st);
    if (n && !http_server_parse(&sh->server, args[0], &st)) {
        shell_fail(sh, EXIT_CLIENT_ERROR, str_of(st.msg));
        return;
    }
    if (n)
        sh->command_seq = -1; /* it counts its own commands */
    screen_printf(&sh->scr, n ? "Server now: %s\n" : "%s\n", sh->server.url);
}

static void run_pipelining(shell *sh, const str *args, int n)
{
    bool on = n && str_eq_nocase(args[0], STR("ON"));
    if (n && !on && !str_eq_nocase(args[0], STR("OFF"))) {
        screen_printf(&sh->scr, "Invalid request-pipelining setting: %.*s. Valid options are 'ON' and 'OFF'.\n",
                      STR_FMT(args[0]));
        return;
    }
    if (n)
        sh->pipelining = on;
    screen_printf(&sh->scr,
                  n ? "request-pipelining configuration is now %s\n" : "Current request-pipelining configuration: %s\n",
                  sh->pipelining ? "ON" : "OFF");
}

static void run_run_script(shell *sh, const str *args, int n)
{
    (void)n;
    arena a;
    arena_init(&a);
    shell_run_script(sh, str_z(&a, args[0]));
    arena_free(&a);
}

static void run_spool(shell *sh, const str *args, int n)
{
    (void)n;
    static char path[4096];
    bool        off = str_eq_nocase(args[0], STR("OFF"));
    if (off && sh->scr.spool) {
        fclose(sh->scr.spool);
        sh->scr.spool = NULL;
        screen_printf(&sh->scr, "Spool written to %s\n", path);
    } else if (off) {
        screen_printf(&sh->scr, "There is no spool.\n");
    } else if (sh->scr.spool) {
        shell_fail(sh, EXIT_CLIENT_ERROR, STR("Cannot set two spools! Please issue SPOOL OFF."));
    } else {
        snprintf(path, sizeof path, "%.*s", STR_FMT(args[0]));
        FILE *f = fopen(path, "we");
        if (f == NULL) {
            snprintf(path, sizeof path, "%.*s: %s", STR_FMT(args[0]), strerror(errno));
            shell_fail(sh, EXIT_CLIENT_ERROR, str_of(path));
            return;
        }
        char *whole = realpath(path, NULL);
        if (whole)
            snprintf(path, sizeof path, "%s", whole);
        free(whole); /* realpath's */
        screen_printf(&sh->scr, "Session will be spooled to %s\nEnter SPOOL OFF to disable\n", path);
        sh->scr.spool = f;
    }
}

static void run_set_cli(shell *sh, const str *args, int n)
{
    (void)n;
    int32_t width;
    bool    on = str_eq_nocase(args[1], STR("ON"));
    if (str_eq_nocase(args[0], STR("WRAP"))) {
        if (!on && !str_eq_nocase(args[1], STR("OFF"))) {
            screen_printf(&sh->scr, "Invalid value for WRAP: %.*s. Valid options are 'ON' and 'OFF'.\n",
                          STR_FMT(args[1]));
            return;
        }
        sh->wrap = on;
    } else if (str_eq_nocase(args[0], STR("COLUMN-WIDTH"))) {
        if (!num_parse_i32(args[1], &width) || width < 0 || width > 10000) {
            screen_printf(&sh->scr,
                          "Invalid value for COLUMN-WIDTH: %.*s. Give a number from 0 (by the "
                          "terminal's width) to 10000.\n",
                          STR_FMT(args[1]));
            return;
        }
        sh->cell_width = width;
    } else {
        screen_printf(&sh->scr, "Undefined property: %.*s. Valid properties are: COLUMN-WIDTH, WRAP\n",
                      STR_FMT(args[0]));
        return;
    }
    screen_printf(&sh->scr, "CLI setting %.*s is now %.*s\n", STR_FMT(args[0]), STR_FMT(args[1]));
}

static const command commands[] = {
    {"clear", 0, 0, run_clear, "\tClear the screen.\n"},
    {"exit", 0, 0, run_exit, "\tExit the shell.\n"},
    {"help", 0, 0, run_help, "\tShow this message.\n"},
    {"history", 0, 0, run_history, "\tShow previous lines you've entered.\n"},
    {"output", 0, 1, run_output,
     "\tView the current output format.\noutput <format>:\n\tSet the output format to <format> "
     "(valid formats: 'JSON', "
     "'TABULAR').\n"},
    {"request-pipelining", 0, 1, run_pipelining,
     "\tView the current setting.\nrequest-pipelining <ON|OFF>:\n\tWhether statements may be sent "
     "before those before have been "
     "executed.\n"},
    {"run script", 1, 1, run_run_script, "\tRun the statements of a file.\n"},
    {"server", 0, 1, run_server, "\tShow the current server.\nserver <url>:\n\tChange the current server to <url>.\n"},
    {"set cli", 2, 2, run_set_cli,
     "\tWRAP ON|OFF: whether long values of rows continue on further lines.\n\tCOLUMN-WIDTH n: "
     "width of the columns of rows; 0: "
     "by the terminal's width.\n"},
    {"spool", 1, 1, run_spool, "\tspool <file>: write all that is shown to a file as well.\n\tspool OFF: end that.\n"},
    {"version", 0, 0, run_version, "\tGet the current server's version.\n"},
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void put_help(buf *out)
{
    buf_putz(out, "Description:\n\tA shell for SQL over streams. Statements end in ';' and may "
                  "span lines. Besides "
                  "statements it takes\n\tthese commands, in upper or lower case:\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        buf_printf(out, "%s:\n%s\n", commands[i].name, commands[i].help);
    buf_putz(out, "Keyboard shortcuts:\n"
                  "\tCtrl-C at the prompt drops what was typed; while rows come it ends the query. "
                  "Ctrl-D leaves.\n"
                  "\tUp and down, Ctrl-R: lines entered before; !!, !42 and ^old^new take one of them.\n"
                  "\tTab behind cs, ct, csas, ctas or ii: the skeleton of a statement.\n\n"
                  "Default behavior:\n\tLines are read until ';' and sent to the server. SET, UNSET, "
                  "DEFINE and UNDEFINE last "
                  "until the shell ends.\n");
}

/* ---- reading a line */

/* The next word, or text in single quotes with '' for one; false: none left. */
static bool next_argument(str *line, arena *a, str *out)
{
    *line = str_trim(*line);
    if (line->n == 0)
        return false;
    if (line->p[0] != '\'') {
        uint32_t n = 0;
        while (n < line->n && (uint8_t)line->p[n] > 0x20)
            n++;
        *out = str_make(line->p, n);
        *line = str_make(line->p + n, line->n - n);
        return true;
    }
    char    *text = arena_bytes(a, line->n);
    uint32_t n = 0, i = 1;
    for (; i < line->n; i++) {
        if (line->p[i] == '\'' && (i + 1 == line->n || line->p[++i] != '\''))
            break;
        text[n++] = line->p[i];
    }
    if (i < line->n && line->p[i] == '\'')
        i++;
    *out = str_make(text, n);
    *line = str_make(line->p + i, line->n - i);
    return true;
}

/* Words separated by any blanks; what is behind them goes to rest. */
static bool begins_with_words(str line, const char *words, str *rest)
{
    uint32_t i = 0;
    for (const char *w = words; *w; w++) {
        if (*w == ' ') {
            if (i == line.n || (uint8_t)line.p[i] > 0x20)
                return false;
            while (i < line.n && (uint8_t)line.p[i] <= 0x20)
                i++;
        } else if (i == line.n || !str_eq_nocase(str_make(line.p + i, 1), str_make(w, 1))) {
            return false;
        } else {
            i++;
        }
    }
    *rest = str_make(line.p + i, line.n - i);
    return i == line.n || (uint8_t)line.p[i] <= 0x20;
}

static void run_one(shell *sh, const command *c, str rest)
{
    str   args[ARGUMENTS_MAX + 1];
    int   n = 0;
    arena a;
    arena_init(&a);
    while (n <= ARGUMENTS_MAX && next_argument(&rest, &a, &args[n]))
        n++;
    if (n < c->min || n > c->max)
        shell_fail(sh, EXIT_CLIENT_ERROR,
                   str_fmt(&a, "Too %s parameters\n%s:\n%s", n < c->min ? "few" : "many", c->name, c->help));
    else
        c->run(sh, args, n);
    screen_flush(&sh->scr);
    arena_free(&a);
}

bool shell_run_command(shell *sh, str line)
{
    str rest;
    line = str_trim(line);
    while (line.n && line.p[line.n - 1] == ';')
        line = str_trim(str_make(line.p, line.n - 1));
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (begins_with_words(line, commands[i].name, &rest)) {
            run_one(sh, &commands[i], rest);
            return true;
        }
    return false;
}
