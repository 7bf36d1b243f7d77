/* The configuration that a server is started with: Java properties files, the environment (KSQL_...) and the command
 * line, put into the server's layer of settings (engine/settings/settings.h).
 *
 * Names that the table of settings lacks: weir's own (weir.*) are misspelt and refused wherever they stand, and so is
 * every one on the command line; of others a file gives a warning, for ksqlDB's files must load.
 *
 * Threads: one, before the others are started.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "engine/settings/settings.h"

/* Errors name file and line: ST_BAD_REQUEST. warnings: a line each is appended. */
bool config_load_file(settings *s, const char *path, buf *warnings, status *st);
/* Variables that begin with KSQL_: KSQL_KSQL_SERVICE_ID is ksql.service.id; __ stands for _ and ___ for -. */
bool config_load_environment(settings *s, char **env, status *st);
/* "NAME=VALUE" of --set. */
bool config_put_pair(settings *s, str pair, status *st);

void config_show(const settings *s, buf *out); /* what is set, a line each, with its origin */
void config_help(buf *out);                    /* the table as plain text for --help */
void config_markdown(buf *out);                /* the table as SETTINGS.md */

#endif
