/* The program's commands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "engine/engine.h"
#include "engine/replay/replay.h"
#include "server/server.h"
#include "server/config.h"
#include "server/shell/shell.h"
#include "server/sql_test.h"
#include "server/version.h"

/* Reads cases line by line, writes an answer a line, and never stops at a bad one. */
static int run_replay(int argc, char **argv)
{
    for (int i = 0; i < argc; i += 2) {
        if (strcmp(argv[i], "--extension") != 0 || i + 1 == argc) {
            bool asked = strcmp(argv[i], "--help") == 0;
            fputs("usage: weir replay [--extension LIB]... <CASES >RESULTS\n"
                  "One JSON object a line on standard input, its result as one line on standard output: statements\n"
                  "and input records in, output records, sources and errors out. No server, nothing on disk.\n"
                  "LIB: a library of functions (engine/udf.h), or a folder of them.\n",
                  asked ? stdout : stderr);
            return asked ? 0 : 2;
        }
        status st;
        if (!engine_load_functions(argv[i + 1], &st)) {
            fprintf(stderr, "weir: %s\n", st.msg);
            return 2;
        }
    }
    char  *line = NULL;
    size_t cap = 0;
    for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
        buf out = BUF_INIT(BUF_MAX);
        replay_case(str_make(line, (size_t)n), &out);
        buf_putc(&out, '\n');
        fwrite(out.p, 1, out.n, stdout);
        fflush(stdout);
        buf_free(&out);
    }
    free(line);
    return 0;
}

/* Prints server/SETTINGS.md. */
static int run_settings(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    buf b = BUF_INIT(BUF_MAX);
    config_markdown(&b);
    fwrite(b.p, 1, b.n, stdout);
    buf_free(&b);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"server", server_main, "topics, SQL and the web console; --help lists the settings"},
    {"sql", shell_main, "the SQL shell: [URL] [-e SQL | -f FILE]; --help lists the options"},
    {"test", sql_test_main, "SQL tests: FOLDER|FILE...; --help shows one"},
    {"replay", run_replay, "statements and records in, records out; no server"},
    {"settings", run_settings, "the server's settings as a page of Markdown"},
};

static void print_usage(FILE *to)
{
    fprintf(to, "usage: weir COMMAND [ARGUMENT]...\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(to, "    %-10s %s\n", commands[i].name, commands[i].help);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("weir %s (ksqlDB API %s)\n", WEIR_VERSION, KSQLDB_VERSION);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return 0;
    }
    if (argc > 1)
        fprintf(stderr, "weir: there is no command '%s'\n", argv[1]);
    print_usage(stderr);
    return 2;
}
