/* What the shell knows while it runs. */
#ifndef SERVER_SHELL_SHELL_INT_H
#define SERVER_SHELL_SHELL_INT_H

#include "base/map.h"
#include "parser/parser.h"
#include "server/shell/editor.h"
#include "server/shell/http.h"
#include "server/shell/screen.h"

#define STATEMENT_TIMEOUT_MS 120000 /* silence of the server before the shell gives up on a statement */
#define SCRIPT_MAX_BYTES PARSE_TEXT_MAX
#define SCRIPT_DEPTH_MAX 8 /* scripts that run scripts */

#define EXIT_SERVER_ERROR 1
#define EXIT_INTERRUPTED 130
#define EXIT_CLIENT_ERROR 255

typedef struct shell {
    arena       a; /* of everything kept; replaced values stay in it until the end */
    http_server server;
    screen      scr;
    editor     *edit; /* NULL: the input is no terminal */
    bool        interactive;
    map         properties, variables; /* name -> str *, in the arena */
    int64_t     command_seq;           /* the newest command that the server told of; -1: none */
    bool        pipelining;            /* do not wait for it */
    bool        json;
    bool        wrap;
    int         cell_width;       /* of query rows; 0: by the terminal's width */
    int64_t     row_limit;        /* of each query; -1: none */
    int64_t     query_timeout_ms; /* of each query; -1: none */
    int         script_depth;
    int         exit_status; /* the first failure's */
    bool        leaving;
} shell;

/* session.c */
/* Runs statements one after the other and stops at the first that fails; false: one did. */
bool shell_run_sql(shell *sh, str text);
bool shell_run_script(shell *sh, const char *path);
/* Prints the message and notes the exit status. Returns false. */
bool shell_fail(shell *sh, int exit_status, str message);
/* The same for a failed request: the words for a server that is not there, Ctrl-C and so on. */
bool shell_fail_request(shell *sh, const status *st);
/* Keeps name = value in one of the maps. */
void shell_keep(shell *sh, map *m, str name, str value);
/* The body of a /ksql or /query request. */
void shell_put_request(buf *out, const shell *sh, str sql, bool is_query);
/* Prints what the server answers instead of a result. Takes and closes the answer. Returns false.
 */
bool shell_fail_answer(shell *sh, http_answer *h, const char *path);
/* GET /info: version and status of the server. false: printed. */
bool shell_get_info(shell *sh, arena *a, str *version, str *state);

/* rows.c: a SELECT or PRINT, until it ends or Ctrl-C does. */
bool shell_run_query(shell *sh, str sql, bool is_print);

/* commands.c */
/* Is the line a command of the shell itself (help, exit, ...)? Then it has been run. */
bool shell_run_command(shell *sh, str line);

#endif
