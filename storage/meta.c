#include "storage/storage_int.h"

#include <stdatomic.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/mem.h"
#include "storage/wal_check_int.h"

static const char schema[] = "CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS topics(name TEXT PRIMARY KEY, id BLOB NOT NULL,"
                             " partitions INTEGER NOT NULL, internal INTEGER NOT NULL) WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS deleted_topics(id BLOB PRIMARY KEY) WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS topic_configs(topic TEXT, name TEXT, value TEXT NOT NULL,"
                             " PRIMARY KEY(topic, name)) WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS group_offsets(grp TEXT, topic TEXT, part INTEGER,"
                             " offset INTEGER NOT NULL, leader_epoch INTEGER NOT NULL, metadata TEXT NOT NULL,"
                             " ts INTEGER NOT NULL, PRIMARY KEY(grp, topic, part)) WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS txn_ids(name TEXT PRIMARY KEY, pid INTEGER NOT NULL,"
                             " epoch INTEGER NOT NULL, timeout_ms INTEGER NOT NULL) WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS decisions(pid INTEGER PRIMARY KEY, epoch INTEGER NOT NULL,"
                             " parts BLOB NOT NULL);"
                             "CREATE TABLE IF NOT EXISTS kept(kind TEXT, name TEXT, body TEXT NOT NULL,"
                             " PRIMARY KEY(kind, name)) WITHOUT ROWID;";

/* One row a statement. */
#define STATEMENTS(X)                                                                       \
    X(BEGIN, "BEGIN IMMEDIATE")                                                             \
    X(COMMIT, "COMMIT")                                                                     \
    X(COUNT, "INSERT INTO facts VALUES('generation',1)"                                     \
             " ON CONFLICT(name) DO UPDATE SET value=value+1")                              \
    X(ROLLBACK, "ROLLBACK")                                                                 \
    X(SYNC_FULL, "PRAGMA synchronous=FULL")                                                 \
    X(SYNC_NORMAL, "PRAGMA synchronous=NORMAL")                                             \
    X(FACT_GET, "SELECT value FROM facts WHERE name=?1")                                    \
    X(FACT_PUT, "INSERT OR REPLACE INTO facts VALUES(?1,?2)")                               \
    X(TOPIC_PUT, "INSERT INTO topics VALUES(?1,?2,?3,?4)")                                  \
    X(TOPIC_UPDATE, "UPDATE topics SET partitions=?2 WHERE name=?1")                        \
    X(TOPIC_DELETE, "DELETE FROM topics WHERE name=?1")                                     \
    X(TOPIC_ALL, "SELECT name,id,partitions,internal FROM topics ORDER BY name")            \
    X(TOPIC_RENAME, "UPDATE topics SET name=?2 WHERE name=?1")                              \
    X(CONF_RENAME, "UPDATE topic_configs SET topic=?2 WHERE topic=?1")                      \
    X(DELETED_PUT, "INSERT OR REPLACE INTO deleted_topics VALUES(?1)")                      \
    X(DELETED_ALL, "SELECT id FROM deleted_topics")                                         \
    X(DELETED_FORGET, "DELETE FROM deleted_topics WHERE id=?1")                             \
    X(CONF_PUT, "INSERT INTO topic_configs VALUES(?1,?2,?3)")                               \
    X(CONF_DELETE, "DELETE FROM topic_configs WHERE topic=?1")                              \
    X(CONF_ALL, "SELECT name,value FROM topic_configs WHERE topic=?1 ORDER BY name")        \
    X(OFFSET_PUT, "INSERT OR REPLACE INTO group_offsets VALUES(?1,?2,?3,?4,?5,?6,?7)")      \
    X(OFFSET_GET, "SELECT offset FROM group_offsets WHERE grp=?1 AND topic=?2 AND part=?3") \
    X(OFFSET_ALL, "SELECT topic,part,offset,leader_epoch,metadata,ts FROM group_offsets"    \
                  " WHERE grp=?1 ORDER BY topic,part")                                      \
    X(OFFSET_TOPIC_DELETE, "DELETE FROM group_offsets WHERE topic=?1")                      \
    X(GROUP_ALL, "SELECT DISTINCT grp FROM group_offsets ORDER BY grp")                     \
    X(GROUP_DELETE, "DELETE FROM group_offsets WHERE grp=?1")                               \
    X(TXN_ID_PUT, "INSERT OR REPLACE INTO txn_ids VALUES(?1,?2,?3,?4)")                     \
    X(TXN_ID_ALL, "SELECT name,pid,epoch,timeout_ms FROM txn_ids")                          \
    X(DECISION_PUT, "INSERT OR REPLACE INTO decisions VALUES(?1,?2,?3)")                    \
    X(DECISION_DELETE, "DELETE FROM decisions WHERE pid=?1")                                \
    X(DECISION_ALL, "SELECT pid,epoch,parts FROM decisions")                                \
    X(DECISION_CLEAR, "DELETE FROM decisions")                                              \
    X(KEPT_PUT, "INSERT OR REPLACE INTO kept VALUES(?1,?2,?3)")                             \
    X(KEPT_DELETE, "DELETE FROM kept WHERE kind=?1 AND name=?2")                            \
    X(KEPT_ALL, "SELECT kind,name,body FROM kept ORDER BY kind,name")                       \
    X(COMMAND_ALL, "SELECT seq,text FROM commands ORDER BY seq")                            \
    X(COMMAND_DROP, "DROP TABLE commands")

typedef enum statement {
#define X(name, sql) Q_##name,
    STATEMENTS(X)
#undef X
        STATEMENT_COUNT
} statement;

static const char *const statement_sql[] = {
#define X(name, sql) sql,
    STATEMENTS(X) /* NOLINT: long statements are several literals side by side */
#undef X
};

struct meta {
    kept_store      kept;   /* first: its functions come back to this struct */
    int             format; /* of the folder as it was found */
    pthread_mutex_t lock;
    sqlite3        *db;
    sqlite3_stmt   *q[STATEMENT_COUNT];
    bool            fsync_off;
    bool            full;       /* synchronous=FULL is in force */
    bool            broken;     /* an operation on a file failed: what SQLite believes is not to be built on */
    int64_t         generation; /* of transactions, as far as they were told to have committed */
    int64_t         frames;     /* of the write-ahead log, up to the last of those */
    bool            made;       /* the file, now */
    bool            empty;      /* it held nothing when it was opened */
    bool            discard;    /* the file, when it is closed */
    char            why[128];   /* it could not be opened again */
    char           *path;
    _Atomic bool    failing;
    char            cluster_id[23];
};

/* ---- statements: all of it with the lock held */

static bool failed(meta *m, status *st)
{
    int rc = m->db ? sqlite3_errcode(m->db) & 0xff : SQLITE_IOERR;
    atomic_store(&m->failing, true);
    m->broken |= rc == SQLITE_IOERR || rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
    st_code code = rc == SQLITE_FULL ? ST_FULL : rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ? ST_CORRUPT : ST_IO;
    return status_set(st, code, "The metadata (meta.sqlite) could not be read or written: %s",
                      m->db ? sqlite3_errmsg(m->db) : m->why);
}

static bool heal(meta *m);

/* NULL: it cannot be, as the next step on it tells. */
static sqlite3_stmt *prepare(meta *m, statement s)
{
    if (m->broken && !heal(m))
        return NULL;
    if (!m->q[s])
        sqlite3_prepare_v3(m->db, statement_sql[s], -1, SQLITE_PREPARE_PERSISTENT, &m->q[s], NULL);
    else
        sqlite3_reset(m->q[s]);
    return m->q[s];
}

/* The empty string is a value: it must not become NULL. */
static void bind_str(sqlite3_stmt *q, int i, str s)
{
    sqlite3_bind_text(q, i, s.p ? s.p : "", (int)s.n, SQLITE_STATIC);
}

static str column_str(sqlite3_stmt *q, int i)
{
    const char *p = (const char *)sqlite3_column_text(q, i);
    return str_make(p ? p : "", (size_t)sqlite3_column_bytes(q, i));
}

/* Runs a statement that gives no rows. */
static bool run(meta *m, sqlite3_stmt *q, status *st)
{
    int  rc = q ? sqlite3_step(q) : SQLITE_ERROR;
    bool ok = rc == SQLITE_DONE || rc == SQLITE_ROW;
    if (ok)
        atomic_store(&m->failing, false);
    else
        failed(m, st);
    if (q)
        sqlite3_reset(q);
    return ok;
}

/* The next row; false at the end or on failure (*ok then false). */
static bool next(meta *m, sqlite3_stmt *q, bool *ok, status *st)
{
    int rc = q ? sqlite3_step(q) : SQLITE_ERROR;
    if (rc == SQLITE_ROW)
        return true;
    *ok = rc == SQLITE_DONE || failed(m, st);
    if (q)
        sqlite3_reset(q);
    return false;
}

static bool begin(meta *m, bool full, status *st)
{
    full = full && !m->fsync_off;
    if (full != m->full) {
        if (!run(m, prepare(m, full ? Q_SYNC_FULL : Q_SYNC_NORMAL), st))
            return false;
        m->full = full;
    }
    return run(m, prepare(m, Q_BEGIN), st);
}

/* Ends what begin() began: commits if ok, rolls back otherwise or when the commit fails. */
static bool finish(meta *m, bool ok, status *st)
{
    ok = ok && run(m, prepare(m, Q_COUNT), st);
    if (ok && run(m, prepare(m, Q_COMMIT), st)) {
        m->generation++;
        return true;
    }
    m->broken |= ok;                                    /* all of it may lie in the log */
    if (!m->broken && !sqlite3_get_autocommit(m->db)) { /* a broken one is closed, which rolls back */
        status ignored;
        run(m, prepare(m, Q_ROLLBACK), &ignored);
    }
    return false;
}

/* ---- the file */

enum { LOG_FRAMES_MAX = 2000 };

/* What the log holds goes to the database proper. */
static int empty_log(meta *m)
{
    int rc = sqlite3_wal_checkpoint_v2(m->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (rc == SQLITE_OK)
        m->frames = 0;
    return rc;
}

/* SQLite calls this after each commit. */
static int committed(void *ctx, sqlite3 *db, const char *name, int frames)
{
    (void)db, (void)name;
    meta *m = ctx;
    m->frames = frames;
    if (frames >= LOG_FRAMES_MAX && empty_log(m) != SQLITE_OK)
        m->broken = true; /* the transaction stands; the next one may not stand on it as it is */
    return SQLITE_OK;
}

/* The first column of the first row; STR_NONE when there is none. False: it could not be read. */
static bool read_one(meta *m, const char *sql, char *out, size_t room)
{
    sqlite3_stmt *q = NULL;
    int           rc = sqlite3_prepare_v2(m->db, sql, -1, &q, NULL);
    rc = rc == SQLITE_OK ? sqlite3_step(q) : rc;
    snprintf(out, room, "%s", rc == SQLITE_ROW ? (const char *)sqlite3_column_text(q, 0) : "");
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

static bool open_db(meta *m)
{
    int rc = sqlite3_open_v2(m->path, &m->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        sqlite3_wal_hook(m->db, committed, m);
    /* The folder's lock keeps others out, so the WAL index can live in memory. */
    return rc == SQLITE_OK &&
           sqlite3_exec(m->db,
                        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                        "PRAGMA synchronous=FULL;",
                        NULL, NULL, NULL) == SQLITE_OK &&
           empty_log(m) == SQLITE_OK && sqlite3_exec(m->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_exec(m->db, schema, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_exec(m->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

/* The log's file, which is SQLite's, loses what lies behind the last transaction that was told to have committed. */
static bool cut_log(meta *m)
{
    sqlite3_file *log = NULL;
    char          page[16];
    if (!m->db) /* it was cut before it was closed */
        return true;
    if (sqlite3_file_control(m->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK)
        return false;
    if (!log || !log->pMethods)
        return m->frames == 0;
    if (!read_one(m, "PRAGMA page_size", page, sizeof page))
        return false;
    sqlite3_int64 size, keep = m->frames > 0 ? wal_bytes(m->frames, strtol(page, NULL, 10)) : 0;
    return log->pMethods->xFileSize(log, &size) == SQLITE_OK &&
           (size <= keep || log->pMethods->xTruncate(log, keep) == SQLITE_OK);
}

static void close_db(meta *m)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(m->q[i]);
        m->q[i] = NULL;
    }
    if (m->db && m->broken) /* its log is for who opens it next */
        sqlite3_db_config(m->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(m->db);
    m->db = NULL;
    m->full = false;
}

static bool read_generation(meta *m, int64_t *out)
{
    char text[32];
    bool ok = read_one(m, "SELECT value FROM facts WHERE name='generation'", text, sizeof text);
    *out = strtoll(text, NULL, 10);
    return ok;
}

/* After a failed fsync nobody knows what of the log is on disk, and a later one that succeeds says nothing of it. So
 * what was told to have failed is cut off, the file is closed as it is and opened anew, which reads the log and brings
 * all of it into the database proper; all that was told to have committed must be there. Until then nothing is read or
 * written. */
static bool heal(meta *m)
{
    int64_t now = 0;
    char    whole[64] = "";
    if (!cut_log(m))
        return false;
    close_db(m);
    m->broken = !open_db(m) || !read_one(m, "PRAGMA quick_check(1)", whole, sizeof whole) || !read_generation(m, &now);
    if (m->broken)
        snprintf(m->why, sizeof m->why, "%s", m->db ? sqlite3_errmsg(m->db) : "out of memory");
    else if (strcmp(whole, "ok") != 0)
        snprintf(m->why, sizeof m->why, "%s", whole), m->broken = true;
    else if (now != m->generation)
        snprintf(m->why, sizeof m->why, "what was written to it before is not there any more"), m->broken = true;
    if (m->broken)
        close_db(m);
    return !m->broken;
}

bool meta_is_failing(const meta *m)
{
    return atomic_load(&m->failing);
}

/* ---- opening */

/* This program's, inside a transaction. */
static bool put_format(meta *m, status *st)
{
    sqlite3_stmt *q = prepare(m, Q_FACT_PUT);
    bind_str(q, 1, STR("format"));
    sqlite3_bind_int(q, 2, META_FORMAT);
    return run(m, q, st);
}

int meta_format(const meta *m)
{
    return m->format;
}

bool meta_raise_format(meta *m, status *st)
{
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st);
    ok = ok && finish(m, put_format(m, st), st);
    if (ok)
        m->format = META_FORMAT;
    pthread_mutex_unlock(&m->lock);
    return ok;
}

static bool load_facts(meta *m, status *st)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    sqlite3_stmt     *q = prepare(m, Q_FACT_GET);
    bool              ok = true;
    bind_str(q, 1, STR("format"));
    bool found = next(m, q, &ok, st);
    int  format = found ? sqlite3_column_int(q, 0) : META_FORMAT;
    m->format = format;
    if (q)
        sqlite3_reset(q);
    if (!ok)
        return false;
    if (format > META_FORMAT)
        return status_set(st, ST_INVALID_CONFIG,
                          "The data folder has format %d, made by a newer "
                          "version; this program knows up to format %d",
                          format, META_FORMAT);
    q = prepare(m, Q_FACT_GET);
    bind_str(q, 1, STR("cluster.id"));
    if (next(m, q, &ok, st)) {
        snprintf(m->cluster_id, sizeof m->cluster_id, "%s", (const char *)sqlite3_column_text(q, 0));
        sqlite3_reset(q);
        return true;
    }
    if (!ok)
        return false;
    m->empty = true;
    uint8_t random[22] = {0}; /* 132 bits, in Kafka's form of a UUID: 22 characters of base64url */
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return status_set(st, ST_IO, "The system gives no random numbers");
    for (size_t i = 0; i < sizeof random; i++)
        m->cluster_id[i] = digits[random[i] % 64];
    m->cluster_id[21] = digits[random[21] % 4 * 16]; /* the last digit carries two bits */
    if (!begin(m, true, st))
        return false;
    q = prepare(m, Q_FACT_PUT);
    bind_str(q, 1, STR("cluster.id"));
    bind_str(q, 2, str_of(m->cluster_id));
    ok = run(m, q, st);
    return finish(m, ok && put_format(m, st), st);
}

static bool kept_apply(kept_store *k, const kept_row *changes, size_t n, status *st);
static bool kept_list(kept_store *k, arena *a, kept_row **rows, size_t *n, status *st);
static bool kept_commands(kept_store *k, arena *a, kept_command **out, size_t *n, status *st);

meta *meta_open(const char *dir, bool fsync_off, status *st)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/meta.sqlite", dir) >= (int)sizeof path) {
        status_set(st, ST_IO, "Path too long: %s", dir);
        return NULL;
    }
    meta *m = MEM_NEW(meta);
    m->fsync_off = fsync_off;
    m->kept = (kept_store){kept_apply, kept_list, kept_commands};
    m->path = mem_strdup(path);
    pthread_mutex_init(&m->lock, NULL);
    bool was_there = access(path, F_OK) == 0;
    bool ok = (open_db(m) && read_generation(m, &m->generation)) || failed(m, st);
    m->made = ok && !was_there;
    if (ok && load_facts(m, st))
        return m;
    close_db(m); /* what its log holds may be an earlier process's, and stays */
    meta_close(m);
    return NULL;
}

void meta_close(meta *m)
{
    if (m->broken)
        cut_log(m);
    close_db(m);
    if (m->discard)
        unlink(m->path);
    pthread_mutex_destroy(&m->lock);
    mem_free(m->path);
    mem_free(m);
}

bool meta_is_new(const meta *m)
{
    return m->empty;
}

void meta_discard(meta *m)
{
    m->discard = m->made;
}

str meta_cluster_id(const meta *m)
{
    return str_of(m->cluster_id);
}

/* ---- topics */

static bool put_configs(meta *m, const tlog_topic *t, status *st)
{
    sqlite3_stmt *q = prepare(m, Q_CONF_DELETE);
    bind_str(q, 1, t->name);
    bool ok = run(m, q, st);
    for (uint32_t i = 0; ok && i < t->config_count; i++) {
        q = prepare(m, Q_CONF_PUT);
        bind_str(q, 1, t->name);
        bind_str(q, 2, t->configs[i].name);
        bind_str(q, 3, t->configs[i].value);
        ok = run(m, q, st);
    }
    return ok;
}

bool meta_topic_put(meta *m, const tlog_topic *t, status *st)
{
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st);
    if (ok) {
        sqlite3_stmt *q = prepare(m, Q_TOPIC_PUT);
        bind_str(q, 1, t->name);
        sqlite3_bind_blob(q, 2, t->id, sizeof t->id, SQLITE_STATIC);
        sqlite3_bind_int(q, 3, t->partitions);
        sqlite3_bind_int(q, 4, t->internal);
        ok = finish(m, run(m, q, st) && put_configs(m, t, st), st);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_topic_update(meta *m, const tlog_topic *t, status *st)
{
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st);
    if (ok) {
        sqlite3_stmt *q = prepare(m, Q_TOPIC_UPDATE);
        bind_str(q, 1, t->name);
        sqlite3_bind_int(q, 2, t->partitions);
        ok = finish(m, run(m, q, st) && put_configs(m, t, st), st);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

/* Runs statements of one text parameter. */
static bool run_with(meta *m, const statement *s, size_t n, str param, status *st)
{
    for (size_t i = 0; i < n; i++) {
        sqlite3_stmt *q = prepare(m, s[i]);
        bind_str(q, 1, param);
        if (!run(m, q, st))
            return false;
    }
    return true;
}

bool meta_topic_rename(meta *m, str name, str to, status *st)
{
    static const statement all[] = {Q_TOPIC_RENAME, Q_CONF_RENAME};
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st);
    if (ok) {
        for (size_t i = 0; ok && i < sizeof all / sizeof all[0]; i++) {
            sqlite3_stmt *q = prepare(m, all[i]);
            bind_str(q, 1, name);
            bind_str(q, 2, to);
            ok = run(m, q, st);
        }
        ok = finish(m, ok, st);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_topic_delete(meta *m, str name, const uint8_t id[16], status *st)
{
    static const statement all[] = {Q_TOPIC_DELETE, Q_CONF_DELETE, Q_OFFSET_TOPIC_DELETE};
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st);
    if (ok) {
        sqlite3_stmt *q = prepare(m, Q_DELETED_PUT);
        sqlite3_bind_blob(q, 1, id, 16, SQLITE_STATIC);
        ok = finish(m, run(m, q, st) && run_with(m, all, sizeof all / sizeof all[0], name, st), st);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_deleted_each(meta *m, void (*each)(const topic_id *id, void *ctx), void *ctx, status *st)
{
    bool ok = true;
    pthread_mutex_lock(&m->lock);
    sqlite3_stmt *q = prepare(m, Q_DELETED_ALL);
    while (next(m, q, &ok, st)) {
        topic_id id;
        if (sqlite3_column_bytes(q, 0) != (int)sizeof id.bytes)
            continue;
        memcpy(id.bytes, sqlite3_column_blob(q, 0), sizeof id.bytes);
        each(&id, ctx);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_topics_forget(meta *m, const topic_id *ids, size_t n, status *st)
{
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, false, st);
    if (ok) {
        for (size_t i = 0; ok && i < n; i++) {
            sqlite3_stmt *q = prepare(m, Q_DELETED_FORGET);
            sqlite3_bind_blob(q, 1, ids[i].bytes, sizeof ids[i].bytes, SQLITE_STATIC);
            ok = run(m, q, st);
        }
        ok = finish(m, ok, st);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_topics_each(meta *m, arena *a, void (*each)(const tlog_topic *, void *ctx), void *ctx, status *st)
{
    bool ok = true;
    pthread_mutex_lock(&m->lock);
    sqlite3_stmt *q = prepare(m, Q_TOPIC_ALL);
    while (next(m, q, &ok, st)) {
        tlog_topic t = {.name = str_dup(a, column_str(q, 0)),
                        .partitions = sqlite3_column_int(q, 2),
                        .replication = 1,
                        .internal = sqlite3_column_int(q, 3) != 0};
        if (sqlite3_column_bytes(q, 1) == (int)sizeof t.id)
            memcpy(t.id, sqlite3_column_blob(q, 1), sizeof t.id);
        struct {
            tlog_config *p;
            size_t       n, cap;
        } confs = {0};
        sqlite3_stmt *c = prepare(m, Q_CONF_ALL);
        bind_str(c, 1, t.name);
        while (next(m, c, &ok, st)) {
            tlog_config x = {str_dup(a, column_str(c, 0)), str_dup(a, column_str(c, 1))};
            AVEC_PUSH(a, &confs, x);
        }
        if (!ok)
            break;
        t.configs = confs.p;
        t.config_count = (uint32_t)confs.n;
        each(&t, ctx);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

/* ---- groups */

static bool put_offsets(meta *m, str group, const group_offset *o, size_t n, status *st)
{
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        sqlite3_stmt *q = prepare(m, Q_OFFSET_PUT);
        bind_str(q, 1, group);
        bind_str(q, 2, o[i].topic);
        sqlite3_bind_int(q, 3, o[i].partition);
        sqlite3_bind_int64(q, 4, o[i].offset);
        sqlite3_bind_int(q, 5, o[i].leader_epoch);
        bind_str(q, 6, o[i].metadata);
        sqlite3_bind_int64(q, 7, o[i].commit_ts_ms);
        ok = run(m, q, st);
    }
    return ok;
}

bool meta_offsets_put(meta *m, str group, const group_offset *o, size_t n, bool *doubt, status *st)
{
    pthread_mutex_lock(&m->lock);
    bool written = begin(m, false, st) && put_offsets(m, group, o, n, st);
    bool ok = finish(m, written, st);
    *doubt = written && !ok; /* only a failing COMMIT leaves doubt */
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_offset_get(meta *m, str group, str name, int32_t partition, int64_t *offset, status *st)
{
    bool ok = true;
    *offset = TLOG_OFFSET_NONE;
    pthread_mutex_lock(&m->lock);
    sqlite3_stmt *q = prepare(m, Q_OFFSET_GET);
    bind_str(q, 1, group);
    bind_str(q, 2, name);
    sqlite3_bind_int(q, 3, partition);
    if (next(m, q, &ok, st)) {
        *offset = sqlite3_column_int64(q, 0);
        sqlite3_reset(q);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool storage_group_offsets_get(storage *s, str group, arena *a, group_offset **out, size_t *n, status *st)
{
    meta *m = s->meta;
    struct {
        group_offset *p;
        size_t        n, cap;
    } v = {0};
    bool ok = true;
    pthread_mutex_lock(&m->lock);
    sqlite3_stmt *q = prepare(m, Q_OFFSET_ALL);
    bind_str(q, 1, group);
    while (next(m, q, &ok, st)) {
        group_offset o = {.topic = str_dup(a, column_str(q, 0)),
                          .partition = sqlite3_column_int(q, 1),
                          .offset = sqlite3_column_int64(q, 2),
                          .leader_epoch = sqlite3_column_int(q, 3),
                          .metadata = str_dup(a, column_str(q, 4)),
                          .commit_ts_ms = sqlite3_column_int64(q, 5)};
        AVEC_PUSH(a, &v, o);
    }
    pthread_mutex_unlock(&m->lock);
    *out = v.p;
    *n = v.n;
    return ok;
}

bool storage_group_offsets_list_groups(storage *s, arena *a, str **out, size_t *n, status *st)
{
    meta *m = s->meta;
    struct {
        str   *p;
        size_t n, cap;
    } v = {0};
    bool ok = true;
    pthread_mutex_lock(&m->lock);
    sqlite3_stmt *q = prepare(m, Q_GROUP_ALL);
    while (next(m, q, &ok, st)) {
        str g = str_dup(a, column_str(q, 0));
        AVEC_PUSH(a, &v, g);
    }
    pthread_mutex_unlock(&m->lock);
    *out = v.p;
    *n = v.n;
    return ok;
}

bool storage_group_delete(storage *s, str group, status *st)
{
    static const statement one = Q_GROUP_DELETE;
    meta                  *m = s->meta;
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st) && finish(m, run_with(m, &one, 1, group, st), st);
    pthread_mutex_unlock(&m->lock);
    return ok;
}

/* ---- producers */

/* Adds to a number among the facts; *was: what it was, `initial` when it is not there yet. */
static bool raise_fact(meta *m, str name, int64_t initial, int64_t by, int64_t *was, status *st)
{
    bool ok = true;
    *was = initial;
    pthread_mutex_lock(&m->lock);
    if (begin(m, true, st)) {
        sqlite3_stmt *q = prepare(m, Q_FACT_GET);
        bind_str(q, 1, name);
        if (next(m, q, &ok, st)) {
            *was = sqlite3_column_int64(q, 0);
            sqlite3_reset(q);
        }
        q = prepare(m, Q_FACT_PUT);
        bind_str(q, 1, name);
        sqlite3_bind_int64(q, 2, *was + by);
        ok = finish(m, ok && run(m, q, st), st);
    } else {
        ok = false;
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_pids_reserve(meta *m, int64_t *first, status *st)
{
    return raise_fact(m, STR("producer.id.next"), META_PID_BLOCK, META_PID_BLOCK, first, st);
}

bool meta_epoch_next(meta *m, int32_t *epoch, status *st)
{
    int64_t was;
    bool    ok = raise_fact(m, STR("leader.epoch"), 0, 1, &was, st);
    *epoch = (int32_t)was + 1;
    return ok;
}

bool meta_txn_id_put(meta *m, str name, producer_ident who, int32_t timeout_ms, status *st)
{
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st);
    if (ok) {
        sqlite3_stmt *q = prepare(m, Q_TXN_ID_PUT);
        bind_str(q, 1, name);
        sqlite3_bind_int64(q, 2, who.pid);
        sqlite3_bind_int(q, 3, who.epoch);
        sqlite3_bind_int(q, 4, timeout_ms);
        ok = finish(m, run(m, q, st), st);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_txn_ids_each(meta *m, void (*each)(str name, producer_ident who, int32_t timeout_ms, void *ctx), void *ctx,
                       status *st)
{
    bool ok = true;
    pthread_mutex_lock(&m->lock);
    sqlite3_stmt *q = prepare(m, Q_TXN_ID_ALL);
    while (next(m, q, &ok, st))
        each(column_str(q, 0), (producer_ident){sqlite3_column_int64(q, 1), (int16_t)sqlite3_column_int(q, 2)},
             sqlite3_column_int(q, 3), ctx);
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_decision_put(meta *m, producer_ident who, str parts, str group, const group_offset *o, size_t n, bool *doubt,
                       status *st)
{
    *doubt = false;
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st);
    if (ok) {
        sqlite3_stmt *q = prepare(m, Q_DECISION_PUT);
        sqlite3_bind_int64(q, 1, who.pid);
        sqlite3_bind_int(q, 2, who.epoch);
        sqlite3_bind_blob(q, 3, parts.p ? parts.p : "", (int)parts.n, SQLITE_STATIC);
        ok = run(m, q, st) && put_offsets(m, group, o, n, st);
        *doubt = ok; /* only a failing COMMIT leaves doubt */
        ok = finish(m, ok, st);
        *doubt = *doubt && !ok;
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_decision_delete(meta *m, int64_t pid, status *st)
{
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st);
    if (ok) {
        sqlite3_stmt *q = prepare(m, Q_DECISION_DELETE);
        sqlite3_bind_int64(q, 1, pid);
        ok = finish(m, run(m, q, st), st);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_decisions_each(meta *m, void (*each)(producer_ident who, str parts, void *ctx), void *ctx, status *st)
{
    bool ok = true;
    pthread_mutex_lock(&m->lock);
    sqlite3_stmt *q = prepare(m, Q_DECISION_ALL);
    while (next(m, q, &ok, st)) {
        const char *p = sqlite3_column_blob(q, 2);
        each((producer_ident){sqlite3_column_int64(q, 0), (int16_t)sqlite3_column_int(q, 1)},
             str_make(p ? p : "", (size_t)sqlite3_column_bytes(q, 2)), ctx);
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool meta_decisions_clear(meta *m, status *st)
{
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st) && finish(m, run(m, prepare(m, Q_DECISION_CLEAR), st), st);
    pthread_mutex_unlock(&m->lock);
    return ok;
}

/* ---- the engine's catalog */

static bool put_kept(meta *m, const kept_row *r, status *st)
{
    sqlite3_stmt *q = prepare(m, r->body.p ? Q_KEPT_PUT : Q_KEPT_DELETE);
    bind_str(q, 1, r->kind);
    bind_str(q, 2, r->name);
    if (r->body.p)
        bind_str(q, 3, r->body);
    return run(m, q, st);
}

/* From format 1 to the present one, inside the transaction that puts the rows in place of the commands. Until then the
 * commands are what there is. */
static bool raise_format(meta *m, status *st)
{
    return put_format(m, st) && run(m, prepare(m, Q_COMMAND_DROP), st);
}

static bool kept_apply(kept_store *k, const kept_row *changes, size_t n, status *st)
{
    meta *m = (meta *)k;
    pthread_mutex_lock(&m->lock);
    bool ok = begin(m, true, st);
    if (ok) {
        for (size_t i = 0; ok && i < n; i++)
            ok = put_kept(m, &changes[i], st);
        if (m->format < META_FORMAT_ROWS)
            ok = ok && raise_format(m, st);
        ok = finish(m, ok, st);
        if (ok)
            m->format = META_FORMAT;
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

static bool kept_list(kept_store *k, arena *a, kept_row **rows, size_t *n, status *st)
{
    meta *m = (meta *)k;
    struct {
        kept_row *p;
        size_t    n, cap;
    } v = {0};
    bool ok = true;
    pthread_mutex_lock(&m->lock);
    sqlite3_stmt *q = prepare(m, Q_KEPT_ALL);
    while (next(m, q, &ok, st)) {
        kept_row r = {str_dup(a, column_str(q, 0)), str_dup(a, column_str(q, 1)), str_dup(a, column_str(q, 2))};
        AVEC_PUSH(a, &v, r);
    }
    pthread_mutex_unlock(&m->lock);
    *rows = v.p;
    *n = v.n;
    return ok;
}

static bool kept_commands(kept_store *k, arena *a, kept_command **out, size_t *n, status *st)
{
    meta *m = (meta *)k;
    struct {
        kept_command *p;
        size_t        n, cap;
    } v = {0};
    bool ok = true;
    pthread_mutex_lock(&m->lock);
    if (m->format < META_FORMAT_ROWS) {
        sqlite3_stmt *q = prepare(m, Q_COMMAND_ALL);
        while (next(m, q, &ok, st)) {
            kept_command c = {sqlite3_column_int64(q, 0), str_dup(a, column_str(q, 1))};
            AVEC_PUSH(a, &v, c);
        }
    }
    pthread_mutex_unlock(&m->lock);
    *out = v.p;
    *n = v.n;
    return ok;
}

kept_store *meta_kept(meta *m)
{
    return &m->kept;
}

kept_store *storage_kept(storage *s)
{
    return meta_kept(s->meta);
}
