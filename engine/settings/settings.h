/* Settings: one table (settings.def), one way to spell, check and read them.
 *
 * A value is looked for in layers, the first that has one wins:
 *
 *     session   SET, and the streamsProperties of a request (a session is made for a request, so they are one)
 *     query     of the session that made the query, kept with it
 *     system    ALTER SYSTEM
 *     server    command line, environment, file
 *     table     the row's default
 *
 * Layers are maps from a key to a text. The key is the row's name, however the name was spelt:
 * "ksql.streams.auto.offset.reset", "auto.offset.reset" and "consumer.auto.offset.reset" are one setting
 * (setting_resolve). Only rows of scope SESSION are looked for above the server's layer.
 *
 * Threads: a settings_view is a few pointers, made where it is needed and used for one statement or one start of a
 * query. The layers behind it do not change meanwhile, so that reading takes no lock: a session is one thread's, a
 * query's are never changed, the server's are filled before the first thread starts, and that of ALTER SYSTEM belongs
 * to a version of the catalog, which whoever made the view must hold on to.
 */
#ifndef ENGINE_SETTINGS_H
#define ENGINE_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/pmap.h"
#include "base/status.h"
#include "base/str.h"

/* ---- the table */

typedef enum setting_id {
#define SET(id, name, kind, dflt, min, max, choices, scope, doc) SETTING_##id,
#define STREAMS SET
#include "engine/settings/settings.def"
    SETTING_COUNT /* of those with an effect */
} setting_id;

typedef enum setting_kind {
    KIND_TEXT,
    KIND_SECRET, /* a text that is shown to nobody */
    KIND_INT,
    KIND_SIZE, /* bytes: 4096, 64k, 128m, 1g */
    KIND_BOOL,
    KIND_CHOICE,    /* one of `choices`, in any case */
    KIND_LISTENERS, /* SCHEME://HOST:PORT, ...; min and max bound their number, the default gives the scheme */
} setting_kind;

/* Who may give a setting a value that counts. */
typedef enum setting_scope {
    SCOPE_START,   /* the server's start; SET is refused */
    SCOPE_SERVER,  /* likewise, but clients send it: SET is taken, without an effect */
    SCOPE_SESSION, /* also a session and ALTER SYSTEM */
} setting_scope;

typedef struct setting {
    const char   *name;    /* without "ksql.streams." */
    bool          streams; /* "ksql.streams." may stand before it */
    bool          effect;
    setting_kind  kind;
    setting_scope scope;
    const char   *dflt;     /* "": unset */
    int64_t       min, max; /* numbers */
    const char   *choices;  /* separated by blanks */
    const char   *doc;      /* NULL: no effect */
} setting;

/* Rows with an effect come first, at their ids. */
extern const setting setting_rows[];
extern const size_t  setting_row_count;

/* Its name in configuration files and SHOW PROPERTIES. */
void setting_put_name(buf *out, const setting *s);
/* The same for a layer's key, which the table may lack. */
void setting_put_key(buf *out, str key);
/* Is it shown to nobody? Judged by its words when the table lacks it. */
bool setting_is_secret(str name);

/* ---- names */

typedef struct setting_name {
    const setting *row;     /* whose kind of value it takes; NULL: any */
    str            key;     /* by which layers hold it; borrowed from the name or the table */
    bool           known;   /* in the table in some spelling, or of a family that sessions may set */
    bool           applies; /* it is the row's own name, not that of a client whose settings do nothing here */
} setting_name;

/* Folds the spellings of a name. */
setting_name setting_resolve(str name);
/* May it stand in a configuration file without a warning? */
bool setting_is_known_at_start(str name);
/* The row whose name is most like it; NULL: more than half of it would have to be changed. */
const setting *setting_nearest(str name);
/* Appends why giving it a value in a session or by ALTER SYSTEM changes nothing; false: it does change something. */
bool setting_put_warning(buf *out, str name);

/* ---- checks */

/* Is the text a value of that kind and in range? The reason otherwise, without the name. Errors: ST_BAD_REQUEST. */
bool setting_check_value(const setting *s, str value, status *st);
/* May sessions and requests set it? Errors: ST_BAD_REQUEST with ksqlDB's texts (spec/rest-api-and-shell.md 6.3). */
bool setting_check_name(str name, status *st);
/* The same, and the text is a value of it. */
bool setting_check(str name, str value, status *st);
/* May ALTER SYSTEM? The reason otherwise, for "Failed to set ... Caused by: ". */
bool setting_check_system(str name, str value, status *st);

/* ---- the server's layer */

/* Whose value it is; in order of precedence, the last wins. */
typedef enum settings_origin {
    ORIGIN_DEFAULT,
    ORIGIN_FILE,
    ORIGIN_ENVIRONMENT,
    ORIGIN_COMMAND_LINE,
    ORIGIN_SYSTEM,
    ORIGIN_QUERY,
    ORIGIN_SESSION,
} settings_origin;
const char *settings_origin_name(settings_origin o); /* "command line" */

/* What the server was started with. Fill it in one thread; after that any thread reads. */
typedef struct settings {
    arena a;
    map   values;  /* key -> const str *; what the table lacks is kept too */
    map   origins; /* key -> const settings_origin * */
} settings;

void settings_init(settings *s);
void settings_free(settings *s);
/* The later beats the earlier. The value is copied, without blanks around it. Errors: ST_BAD_REQUEST (a value that
 * a setting with an effect does not take); the message begins with the name. */
bool settings_put(settings *s, str name, str value, settings_origin from, status *st);

/* ---- ALTER SYSTEM's layer
 *
 * A persistent map: a version of the catalog holds one, and a statement changes that of its next version (pmap_copy,
 * pmap_free). Values are counted texts. */

void settings_system_init(pmap *m);
void settings_system_put(pmap *m, str key, str text);
str  settings_system_text(const void *value); /* of an entry; borrowed */

/* ---- reading */

typedef struct settings_view { /* the layers; NULL: there is none */
    const map      *session, *query;
    const pmap     *system;
    const settings *server;
} settings_view;

/* What a setting without a default is when nobody gives it: an empty text, 0, false (settings_is_set tells). A
 * value that is not of the row's kind, which only unchecked layers can hold, counts as not given to numbers. */
str     settings_text(const settings_view *v, setting_id id);
int64_t settings_number(const settings_view *v, setting_id id);
bool    settings_flag(const settings_view *v, setting_id id);
bool    settings_choice_is(const settings_view *v, setting_id id, const char *choice); /* in any case */
bool    settings_is_set(const settings_view *v, setting_id id);                        /* by anyone but the table */

/* For names that no code knows: users' functions ask for their own. p NULL: nobody gives it. */
str settings_named(const settings_view *v, str name);
/* The same by key, and whose value it is. */
str settings_find(const settings_view *v, str key, settings_origin *from);

#endif
