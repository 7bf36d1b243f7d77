/* The program's commands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "engine/replay.h"

/* Reads cases line by line, writes an answer a line, and never stops at a bad one. */
static int run_replay(int argc, char **argv)
{
    (void)argc;
    (void)argv;
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

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"replay", run_replay, "statements and records in, records out; no server"},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    fprintf(stderr, "usage: weir COMMAND\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(stderr, "    %-8s %s\n", commands[i].name, commands[i].help);
    return 2;
}
