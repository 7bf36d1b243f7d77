/* `weir sql`: the interactive SQL shell, a client of the REST API (spec/rest-api-and-shell.md 7).
 */
#ifndef SERVER_SHELL_SHELL_H
#define SERVER_SHELL_SHELL_H

/* The arguments behind "sql". Returns the exit status: 0 all went well, 1 the server answered an
 * error, 130 ended by Ctrl-C, 255 bad options, server not reached, or a statement that the shell
 * itself refused. */
int shell_main(int argc, char **argv);

#endif
