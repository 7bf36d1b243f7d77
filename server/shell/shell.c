#include "server/shell/shell.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/num.h"
#include "server/properties.h"
#include "server/shell/interrupt.h"
#include "server/shell/shell_int.h"
#include "server/shell/split.h"
#include "server/version.h"

#define SERVER_DEFAULT "http://localhost:8088"
#define PROMPT "ksql> "
#define PROMPT_MORE ">"
#define HISTORY_FILE ".weir_history"

/* ---- options */

typedef struct arguments {
    const char *url, *execute, *file, *user, *password, *token;
    const char *output, *row_limit, *timeout, *config;
} arguments;

typedef struct option {
    const char *name, *letter; /* letter NULL: none */
    size_t      field;         /* in arguments */
    const char *value, *help;
} option;

#define FIELD(name) offsetof(arguments, name)
static const option options[] = {
    {"--execute", "-e", FIELD(execute), "SQL", "run statements and quit"},
    {"--file", "-f", FIELD(file), "FILE", "run the statements of a file and quit"},
    {"--output", NULL, FIELD(output), "FORMAT", "JSON or TABULAR (default)"},
    {"--query-row-limit", NULL, FIELD(row_limit), "N", "end each query after N rows"},
    {"--query-timeout", NULL, FIELD(timeout), "MS", "end each query after MS milliseconds"},
    {"--user", "-u", FIELD(user), "NAME", "user of basic authentication"},
    {"--password", "-p", FIELD(password), "TEXT", "password; without it you are asked"},
    {"--token", "-t", FIELD(token), "TEXT", "bearer token"},
    {"--config-file", NULL, FIELD(config), "FILE", "properties that begin as if SET (Java properties)"},
};
#define OPTION_COUNT (sizeof options / sizeof *options)

static void print_help(void)
{
    printf("usage: weir sql [OPTION]... [URL]\n\n"
           "The SQL shell. Without -e and -f statements are typed, or read from standard input "
           "when that is no\n"
           "terminal. The default URL is %s.\n\n",
           SERVER_DEFAULT);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        printf("    %-2s%s %-17s %-7s %s\n", options[i].letter ? options[i].letter : "", options[i].letter ? "," : " ",
               options[i].name, options[i].value, options[i].help);
    printf("    -d, %-17s %-7s %s\n\n", "--define", "N=VALUE", "a variable for ${N}; may be repeated");
    printf("Exit status: 0; 1 when the server answered an error; 255 for bad options, a server "
           "that is not reached and\n"
           "statements that do not parse; 130 when a query of -e or -f was ended by Ctrl-C.\n");
}

static const option *option_find(const char *arg)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(arg, options[i].name) == 0 || (options[i].letter && strcmp(arg, options[i].letter) == 0))
            return &options[i];
    return NULL;
}

static bool define(shell *sh, const char *pair, status *st)
{
    str     text = str_of(pair);
    int64_t equals = str_find_char(text, '=');
    if (equals <= 0)
        return status_set(st, ST_BAD_REQUEST, "--define needs NAME=VALUE, not '%s'", pair);
    shell_keep(sh, &sh->variables, str_make(pair, (size_t)equals),
               str_make(pair + equals + 1, text.n - (size_t)equals - 1));
    return true;
}

static bool read_arguments(shell *sh, arguments *a, int argc, char **argv, status *st)
{
    bool only_url = false;
    for (int i = 0; i < argc; i++) {
        bool          is_define = strcmp(argv[i], "-d") == 0 || strcmp(argv[i], "--define") == 0;
        const option *o = only_url ? NULL : option_find(argv[i]);
        if (!only_url && strcmp(argv[i], "--") == 0) {
            only_url = true;
        } else if (!only_url && (o || is_define)) {
            if (i + 1 == argc)
                return status_set(st, ST_BAD_REQUEST, "%s needs a value", argv[i]);
            i++;
            if (is_define && !define(sh, argv[i], st))
                return false;
            if (o)
                *(const char **)((char *)a + o->field) = argv[i];
        } else if (argv[i][0] == '-' && !only_url) {
            return status_set(st, ST_BAD_REQUEST, "There is no option '%s'", argv[i]);
        } else if (a->url) {
            return status_set(st, ST_BAD_REQUEST, "Only one server can be named, not '%s' as well", argv[i]);
        } else {
            a->url = argv[i];
        }
    }
    if (a->execute && a->file)
        return status_set(st, ST_BAD_REQUEST, "Give -e or -f, not both");
    return true;
}

static bool ask_password(char *out, size_t size, status *st)
{
    struct termios before, silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return status_set(st, ST_BAD_REQUEST, "Could not get console for enter password; use -p option instead.");
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fputs("Enter password: ", stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    bool read = fgets(out, (int)size, stdin) != NULL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    if (read)
        out[strcspn(out, "\n")] = 0;
    if (!read || out[0] == 0)
        return status_set(st, ST_BAD_REQUEST, "Error: password can not be empty");
    return true;
}

static bool authorize(shell *sh, const arguments *a, status *st)
{
    char typed[512] = "";
    if (a->token)
        return http_authorize_token(&sh->server, str_of(a->token), st);
    if (a->password && !a->user)
        return status_set(st, ST_BAD_REQUEST, "--password needs --user");
    if (!a->user)
        return true;
    if (!a->password && !ask_password(typed, sizeof typed, st))
        return false;
    return http_authorize_basic(&sh->server, str_of(a->user), str_of(a->password ? a->password : typed), st);
}

static bool load_properties(shell *sh, const char *path, status *st)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return status_set(st, ST_BAD_REQUEST, "%s: %s", path, strerror(errno));
    buf  text = BUF_INIT(1 << 20);
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_put(&text, part, n);
    fclose(f);
    properties_reader r = {.text = buf_str(&text), .next_line = 1};
    str               key, value;
    uint32_t          line;
    while (properties_next(&r, &sh->a, &key, &value, &line, st))
        shell_keep(sh, &sh->properties, key, value);
    buf_free(&text);
    return st->code == ST_OK;
}

static bool limit_of(const char *text, const char *name, int64_t *out, status *st)
{
    if (text && (!num_parse_i64(str_of(text), out) || *out <= 0))
        return status_set(st, ST_BAD_REQUEST, "%s needs a number above 0, not '%s'", name, text);
    return true;
}

static bool apply(shell *sh, const arguments *a, status *st)
{
    if (a->output && strcmp(a->output, "JSON") != 0 && strcmp(a->output, "TABULAR") != 0)
        return status_set(st, ST_BAD_REQUEST, "--output needs JSON or TABULAR, not '%s'", a->output);
    sh->json = a->output && strcmp(a->output, "JSON") == 0;
    return limit_of(a->row_limit, "--query-row-limit", &sh->row_limit, st) &&
           limit_of(a->timeout, "--query-timeout", &sh->query_timeout_ms, st) &&
           http_server_parse(&sh->server, str_of(a->url ? a->url : SERVER_DEFAULT), st) && authorize(sh, a, st) &&
           (a->config == NULL || load_properties(sh, a->config, st));
}

/* ---- typed statements */

static void greet(shell *sh)
{
    arena a;
    str   version, state;
    arena_init(&a);
    screen_printf(&sh->scr, "weir %s, the SQL shell\n", WEIR_VERSION);
    if (shell_get_info(sh, &a, &version, &state))
        screen_printf(&sh->scr, "Server %.*s (%.*s) at %s\n", STR_FMT(version), STR_FMT(state), sh->server.url);
    screen_printf(&sh->scr, "Type 'help' for the shell's commands, 'exit' to leave. Statements end in ';'.\n\n");
    screen_flush(&sh->scr);
    arena_free(&a);
}

/* Takes one more line; runs what is complete. */
static void take_line(shell *sh, buf *pending, str line)
{
    bool joined = line.n && line.p[line.n - 1] == '\\';
    if (pending->n == 0 && (str_trim(line).n == 0 || shell_run_command(sh, line)))
        return;
    buf_puts(pending, joined ? str_make(line.p, line.n - 1) : line);
    if (joined)
        return;
    buf_putc(pending, '\n');
    split_rest rest = split_look(buf_str(pending));
    if (pending->full)
        shell_fail(sh, EXIT_CLIENT_ERROR, STR("The statement is longer than 16 MiB."));
    else if (rest == SPLIT_OPEN)
        return;
    else if (rest == SPLIT_COMPLETE)
        shell_run_sql(sh, buf_str(pending));
    buf_clear(pending);
}

static void run_typed(shell *sh)
{
    buf         line = BUF_INIT(SCRIPT_MAX_BYTES), pending = BUF_INIT(SCRIPT_MAX_BYTES);
    editor_line got;
    while (!sh->leaving && (got = editor_read(sh->edit, pending.n ? PROMPT_MORE : PROMPT, &line)) != EDITOR_END) {
        if (got == EDITOR_INTERRUPTED) {
            printf("^C\n");
            buf_clear(&pending);
            continue;
        }
        if (sh->scr.spool)
            fprintf(sh->scr.spool, "\n" PROMPT "%.*s\n", (int)line.n, line.p);
        take_line(sh, &pending, buf_str(&line));
    }
    screen_printf(&sh->scr, "%sExiting weir.\n", sh->leaving ? "" : "\n");
    buf_free(&line);
    buf_free(&pending);
    sh->exit_status = 0; /* the user has seen the errors */
}

/* Standard input that is no terminal: the same lines without prompts; ends at the first error. */
static void run_piped(shell *sh)
{
    buf     pending = BUF_INIT(SCRIPT_MAX_BYTES);
    char   *line = NULL;
    size_t  cap = 0;
    ssize_t n;
    while (!sh->leaving && sh->exit_status == 0 && (n = getline(&line, &cap, stdin)) > 0) {
        n -= line[n - 1] == '\n';
        take_line(sh, &pending, str_make(line, (size_t)n));
    }
    if (sh->exit_status == 0 && !sh->leaving && pending.n && split_look(buf_str(&pending)) == SPLIT_OPEN) {
        buf_putc(&pending, ';');
        shell_run_sql(sh, buf_str(&pending));
    }
    free(line); /* getline's */
    buf_free(&pending);
}

static void run_text(shell *sh, const char *sql)
{
    buf text = BUF_INIT(SCRIPT_MAX_BYTES);
    buf_putz(&text, sql);
    if (split_look(buf_str(&text)) == SPLIT_OPEN)
        buf_putz(&text, "\n;");
    shell_run_sql(sh, buf_str(&text));
    buf_free(&text);
}

static void run_shell(shell *sh, const arguments *a)
{
    char path[4096] = "";
    interrupt_catch();
    if (a->execute || a->file || !isatty(STDIN_FILENO)) {
        screen_init(&sh->scr, false);
        if (a->execute)
            run_text(sh, a->execute);
        else if (a->file)
            shell_run_script(sh, a->file);
        else
            run_piped(sh);
        return;
    }
    screen_init(&sh->scr, true);
    sh->interactive = true;
    if (getenv("HOME"))
        snprintf(path, sizeof path, "%s/" HISTORY_FILE, getenv("HOME"));
    greet(sh);
    sh->edit = editor_open(path);
    if (sh->edit) {
        run_typed(sh);
        editor_close(sh->edit);
    } else {
        shell_fail(sh, EXIT_CLIENT_ERROR, STR("The terminal cannot be used for typing."));
    }
}

int shell_main(int argc, char **argv)
{
    shell     sh = {.command_seq = -1, .row_limit = -1, .query_timeout_ms = -1, .wrap = true};
    arguments a = {0};
    status    st;
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help();
            return 0;
        }
    status_init(&st);
    arena_init(&sh.a);
    if (read_arguments(&sh, &a, argc, argv, &st) && apply(&sh, &a, &st)) {
        run_shell(&sh, &a);
    } else {
        fprintf(stderr, "weir sql: %s\nSee the -h or --help flags for usage information\n", st.msg);
        sh.exit_status = EXIT_CLIENT_ERROR;
    }
    if (sh.scr.spool)
        fclose(sh.scr.spool);
    map_free(&sh.properties);
    map_free(&sh.variables);
    arena_free(&sh.a);
    return sh.exit_status;
}
