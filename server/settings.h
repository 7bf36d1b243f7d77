/* The server's configuration: a table of settings and the values given for them.
 *
 * Values come from a Java properties file, the environment (KSQL_...) and the command line, the later
 * beating the earlier. Names that the table lacks are kept too (they may be a plug-in's or the engine's),
 * but not checked; see spec/rest-api-and-shell.md 6.
 *
 * Threads: fill it in one; after that any thread reads.
 */
#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/status.h"
#include "base/str.h"

typedef enum setting_kind {
    SETTING_TEXT,
    SETTING_INT,
    SETTING_SIZE, /* bytes: 4096, 64k, 128m, 1g */
    SETTING_BOOL,
    SETTING_CHOICE,    /* one of `choices` */
    SETTING_LISTENERS, /* SCHEME://HOST:PORT, ...; min and max bound their number */
} setting_kind;

typedef struct setting {
    const char  *name;
    setting_kind kind;
    const char  *dflt;     /* "": unset */
    int64_t      min, max; /* numbers */
    const char  *choices;  /* separated by blanks */
    bool         per_query;
    const char  *doc;
} setting;

extern const setting setting_rows[];
extern const size_t  setting_count;
/* The row, or NULL. */
const setting *setting_find(str name);
/* Is the text a value of that kind and in range? The reason otherwise, without the name. */
bool setting_check(const setting *s, str value, status *st);

typedef struct settings {
    arena a;
    map   values; /* name -> str *, only what was given */
} settings;

void settings_init(settings *s);
void settings_free(settings *s);

/* "KEY=VALUE". where: begins the message, e.g. "--set". Errors: ST_BAD_REQUEST. */
bool settings_put_pair(settings *s, str pair, const char *where, status *st);
/* A Java properties file. Errors name file and line. */
bool settings_load_file(settings *s, const char *path, status *st);
/* Variables that begin with KSQL_: KSQL_KSQL_SERVICE_ID is ksql.service.id; __ stands for _ and ___ for -. */
bool settings_load_environment(settings *s, char **env, status *st);

/* The value given, else the default. The name must be a row's; the number and flag readers need a row of
 * that kind. */
str     settings_text(const settings *s, const char *name);
int64_t settings_number(const settings *s, const char *name);
bool    settings_flag(const settings *s, const char *name);

typedef struct listener {
    char     scheme[16];
    char     host[256]; /* "": all addresses */
    uint16_t port;
} listener;

#define LISTENERS_OF_A_SETTING_MAX 8
/* How many there are; their text has been checked by then. */
size_t settings_listeners(const settings *s, const char *name, listener out[LISTENERS_OF_A_SETTING_MAX]);

void settings_help(buf *out);     /* plain text for --help */
void settings_markdown(buf *out); /* SETTINGS.md */

/* One `key = value` of Java's properties syntax after another: comments (# !), separators (= : blank),
 * continued lines, escapes. false when there is none left, or when st->code is set. key and value are in
 * the arena; *line counts from 1 and is that of the key. */
typedef struct properties_reader {
    str      text;
    size_t   at;
    uint32_t next_line; /* start with 1 */
} properties_reader;
bool properties_next(properties_reader *r, arena *a, str *key, str *value, uint32_t *line, status *st);

#endif
