/* The catalog as the planner reads it: streams, tables and user types.
 *
 * Entries are immutable once added, each in an arena of its own with a reference count, so that a
 * plan, a running query and other versions of the catalog may hold on to them. Copies share what is the same.
 */
#ifndef ENGINE_CATALOG_H
#define ENGINE_CATALOG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/pmap.h"
#include "base/status.h"
#include "engine/format/side.h"
#include "engine/types/type.h"
#include "parser/ast.h"

typedef enum column_ns { NS_KEY, NS_VALUE, NS_HEADERS } column_ns;

typedef struct column {
    str         name;
    const type *type;
    column_ns   ns;
    bool        all_headers; /* HEADERS; else, for NS_HEADERS, HEADER('header_key') */
    str         header_key;
} column;

typedef struct schema { /* in the order of declaration */
    const column *cols;
    uint32_t      n;
} schema;

typedef struct window_info {
    ast_window_kind kind;    /* WINDOW_NONE: the key is not windowed */
    int64_t         size_ms; /* 0 for sessions */
} window_info;

typedef enum source_kind { SOURCE_STREAM, SOURCE_TABLE } source_kind;

typedef struct source {
    arena       a;
    int         refs;
    str         name, topic;
    uint8_t     topic_id[16]; /* the topic as it was when the source was made; zero: unknown */
    int32_t     partitions;   /* likewise; 0: unknown */
    source_kind kind;
    schema      schema;
    side_format key, value;
    window_info window;
    str         ts_column, ts_format; /* TIMESTAMP and TIMESTAMP_FORMAT; n = 0: record time */
    bool        read_only;            /* CREATE SOURCE */
    bool        from_query;           /* made by CREATE ... AS SELECT */
    str         query_id;             /* of that query, or of the one that materialises it (CST_) */
    str         sql;                  /* the creating statement */
} source;

typedef struct catalog {
    pmap sources; /* name -> source * */
    pmap types;   /* upper-case name -> user_type * */
} catalog;

typedef struct user_type {
    arena       a;
    int         refs;
    str         name;
    const type *type;
} user_type;

void catalog_init(catalog *c);
void catalog_free(catalog *c);
void catalog_copy(catalog *to, const catalog *from);

source *catalog_find(const catalog *c, str name); /* borrowed; NULL when unknown */
/* Takes over one reference; replaces an entry of the same name. */
void catalog_put(catalog *c, source *s);
void catalog_remove(catalog *c, str name);

source *source_new(void); /* refs 1, empty */
source *source_ref(source *s);
void    source_unref(source *s);
/* A copy with refs 1 whose fields may be changed before it is put. */
source *source_clone(const source *s);

const type *catalog_type(void *catalog_ptr, str name); /* a type_lookup */
bool        catalog_type_put(catalog *c, str name, const type *t);
bool        catalog_type_remove(catalog *c, str name);

const char *source_kind_name(source_kind k);  /* "stream" */
const char *source_kind_upper(source_kind k); /* "STREAM" */
const char *window_kind_name(ast_window_kind k);

/* Which columns of one namespace, in order. */
uint32_t      schema_count(const schema *s, column_ns ns);
const column *schema_at(const schema *s, column_ns ns, uint32_t i);
const column *schema_find(const schema *s, str name);
/* "`ID` INTEGER KEY, `V` STRING, `H` BYTES HEADER('k')" */
void schema_print(buf *out, const schema *s);
void column_print(buf *out, const column *c);

/* "\nDid you mean ..." or nothing: sources whose names differ only in case (spec 2.12); kind < 0: any. */
void catalog_hint(const catalog *c, str name, int kind, buf *out);

#define COL_ROWTIME "ROWTIME"
#define COL_ROWPARTITION "ROWPARTITION"
#define COL_ROWOFFSET "ROWOFFSET"
#define COL_WINDOWSTART "WINDOWSTART"
#define COL_WINDOWEND "WINDOWEND"
bool column_is_system(str name); /* one of the five above */

#endif
