/* What a start makes of the data folder: topics as the metadata says, partitions as their folders hold them. A folder
 * is known by its topic's id; one that nobody expects is kept in lost/. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "storage/storage_int.h"

typedef struct found { /* a folder in topics/ */
    char           *name;
    folder_id_found how;
    folder_id       id;
} found;

typedef struct loading {
    storage *s;
    arena    a;
    VEC(char *) names; /* of folders */
    VEC(found) folders;
    VEC(topic_id) deleted; /* topics; perhaps not all of their folders are gone */
    VEC(tlog_topic) topics;
    map  by_name, by_id; /* of topics */
    map  by_deleted_id;
    bool wrote;  /* files that are not synced yet */
    bool behind; /* some that ought to be written could not be */
} loading;

/* ---- looking */

static void see_name(const char *name, void *ctx)
{
    loading *l = ctx;
    AVEC_PUSH(&l->a, &l->names, arena_dup(&l->a, name, strlen(name) + 1));
}

static bool look(loading *l, status *st)
{
    storage *s = l->s;
    char     path[PATH_BYTES_MAX];
    int      rc = s->env.io->list(s->env.io, s->topics_dir, see_name, l);
    if (rc < 0)
        return io_failed(st, "Cannot list", s->topics_dir, rc);
    for (size_t i = 0; i < l->names.n; i++) {
        found f = {.name = l->names.p[i]};
        snprintf(path, sizeof path, "%s/%s", s->topics_dir, f.name);
        f.how = folder_id_load(s->env.io, path, &l->a, &f.id);
        AVEC_PUSH(&l->a, &l->folders, f);
    }
    return true;
}

static void see_topic(const tlog_topic *t, void *ctx)
{
    loading   *l = ctx;
    tlog_topic copy;
    topic_copy(&l->a, t, &copy);
    AVEC_PUSH(&l->a, &l->topics, copy);
}

static void see_deleted(const topic_id *id, void *ctx)
{
    loading *l = ctx;
    AVEC_PUSH(&l->a, &l->deleted, *id);
}

static str id_key(const uint8_t id[16])
{
    return str_make((const char *)id, 16);
}

static bool is_deleted(const loading *l, const found *f)
{
    return f->how == FOLDER_ID_THERE && map_get(&l->by_deleted_id, id_key(f->id.topic.id));
}

static bool read_metadata(loading *l, status *st)
{
    if (!meta_topics_each(l->s->meta, &l->a, see_topic, l, st) || !meta_deleted_each(l->s->meta, see_deleted, l, st))
        return false;
    for (size_t i = 0; i < l->topics.n; i++)
        map_put(&l->by_id, id_key(l->topics.p[i].id), &l->topics.p[i]);
    for (size_t i = 0; i < l->deleted.n; i++)
        map_put(&l->by_deleted_id, id_key(l->deleted.p[i].bytes), &l->deleted.p[i]);
    return true;
}

/* ---- the metadata against the folders */

/* A folder's word has a checksum, a row of the metadata has none: where they differ on the name of the same topic, the
 * row is wrong. */
static bool mend_names(loading *l, status *st)
{
    for (size_t i = 0; i < l->folders.n; i++) {
        found      *f = &l->folders.p[i];
        tlog_topic *t = f->how == FOLDER_ID_THERE ? map_get(&l->by_id, id_key(f->id.topic.id)) : NULL;
        if (t == NULL || str_eq(t->name, f->id.topic.name) || !str_starts(str_of(f->name), f->id.topic.name))
            continue;
        lost_tell(l->s->env.lost, "storage: the metadata named topic %.*s '%.*s'; its folder knows better",
                  STR_FMT(f->id.topic.name), STR_FMT(t->name));
        if (!meta_topic_rename(l->s->meta, t->name, f->id.topic.name, st))
            return false;
        t->name = f->id.topic.name;
    }
    return true;
}

/* New metadata beside old folders: whoever lost the one would lose the others by a start. */
static bool refuse_new_metadata(loading *l, status *st)
{
    size_t n = 0;
    for (size_t i = 0; i < l->folders.n; i++)
        n += l->folders.p[i].how == FOLDER_ID_THERE && !is_deleted(l, &l->folders.p[i]);
    if (n == 0 || !meta_is_new(l->s->meta))
        return true;
    meta_discard(l->s->meta);
    return status_set(
        st, ST_CORRUPT,
        "The data folder %s holds %zu partitions, but its metadata (meta.sqlite) is missing. Put it back, or "
        "move the folder away.",
        l->s->dir, n);
}

/* The partition whose place the folder has; NULL: there is none. */
static const tlog_topic *expected(const loading *l, const found *f, int32_t *partition)
{
    const char *dash = strrchr(f->name, '-');
    int64_t     number;
    if (dash == NULL || !num_parse_i64(str_of(dash + 1), &number) || number < 0)
        return NULL;
    const tlog_topic *t = map_get(&l->by_name, str_make(f->name, (size_t)(dash - f->name)));
    if (t == NULL || number >= t->partitions)
        return NULL;
    *partition = (int32_t)number;
    return t;
}

/* What cannot be written, on a full disk perhaps, is at the next start. */
static void write_identity(loading *l, const found *f, const tlog_topic *t, int32_t partition)
{
    status ignored;
    char   path[PATH_BYTES_MAX];
    buf    b = BUF_INIT(BUF_MAX);
    folder_id_put(&b, t, partition);
    snprintf(path, sizeof path, "%s/%s", l->s->topics_dir, f->name);
    bool ok = io_replace_file(l->s->env.io, path, FOLDER_ID_FILE, b.p, b.n, false, &ignored);
    buf_free(&b);
    l->wrote |= ok;
    l->behind |= !ok;
    if (ok && f->how == FOLDER_ID_DAMAGED)
        lost_tell(l->s->env.lost, "storage: topics/%s/" FOLDER_ID_FILE " was damaged and is written again", f->name);
}

static void see_log(const char *name, void *ctx)
{
    size_t n = strlen(name);
    *(bool *)ctx |= n > 4 && strcmp(name + n - 4, ".log") == 0;
}

/* Folders of older formats do not say whose they are, nor does one that was made just before a loss of power; but then
 * what it holds was never said to be on disk, and may as well be another topic's of the same name. */
static bool may_be_anybodys(const loading *l, const found *f)
{
    char path[PATH_BYTES_MAX];
    bool holds = false;
    if (f->how != FOLDER_ID_MISSING || meta_format(l->s->meta) < META_FORMAT)
        return false;
    snprintf(path, sizeof path, "%s/%s", l->s->topics_dir, f->name);
    l->s->env.io->list(l->s->env.io, path, see_log, &holds);
    return holds;
}

/* false: a folder is in the way and cannot be moved. */
static bool judge(loading *l, const found *f, status *st)
{
    char              path[PATH_BYTES_MAX];
    int32_t           partition = 0;
    const tlog_topic *t = expected(l, f, &partition);
    if (t && f->how == FOLDER_ID_THERE && memcmp(f->id.topic.id, t->id, 16) == 0)
        return true;
    if (t && may_be_anybodys(l, f))
        return lost_keep_folder(l->s->env.lost, f->name,
                                "does not say whose it is, and nothing in it was ever said to be on disk") ||
               status_set(st, ST_IO, "The folder topics/%s is in the way", f->name);
    if (t && f->how != FOLDER_ID_THERE) {
        write_identity(l, f, t, partition);
        return true;
    }
    if (is_deleted(l, f)) {
        snprintf(path, sizeof path, "%s/%s", l->s->topics_dir, f->name);
        if (folder_remove(l->s->env.io, path))
            return true;
    }
    return lost_keep_folder(l->s->env.lost, f->name, "belongs to no topic that the metadata knows") || t == NULL ||
           status_set(st, ST_IO, "The folder topics/%s of another topic is in the way", f->name);
}

static bool settle_folders(loading *l, status *st)
{
    storage *s = l->s;
    for (size_t i = 0; i < l->topics.n; i++)
        map_put(&l->by_name, l->topics.p[i].name, &l->topics.p[i]);
    for (size_t i = 0; i < l->folders.n; i++)
        if (!judge(l, &l->folders.p[i], st))
            return false;
    int rc = (l->wrote || l->deleted.n) && !s->env.fsync_off ? s->env.io->sync_all(s->env.io, s->topics_dir) : 0;
    if (rc < 0)
        return io_failed(st, "Cannot sync", s->topics_dir, rc);
    return (l->deleted.n == 0 || meta_topics_forget(s->meta, l->deleted.p, l->deleted.n, st)) &&
           (l->behind || meta_format(s->meta) != META_FORMAT_ROWS || meta_raise_format(s->meta, st));
}

/* ---- topics */

static bool load_topics(loading *l, bool clean, status *st)
{
    for (size_t i = 0; i < l->topics.n; i++) {
        stored_topic *t = topic_new(l->s, &l->topics.p[i]);
        map_put(&l->s->topics, t->spec.name, t);
        for (int32_t k = 0; k < t->spec.partitions; k++)
            if (!plog_recover(t->parts[k], clean, st))
                return false;
    }
    return true;
}

static void load_txn_id(str name, producer_ident who, int32_t timeout_ms, void *ctx)
{
    txn_coord_load(ctx, name, who, timeout_ms);
}

bool storage_load(storage *s, bool clean, status *st)
{
    loading l = {.s = s};
    bool    ok = look(&l, st) && read_metadata(&l, st) && refuse_new_metadata(&l, st) && mend_names(&l, st) &&
              settle_folders(&l, st) &&
              (clean || meta_is_new(s->meta) || meta_epoch_next(s->meta, &s->env.epoch, st)) &&
              load_topics(&l, clean, st);
    map_free(&l.by_name);
    map_free(&l.by_id);
    map_free(&l.by_deleted_id);
    arena_free(&l.a);
    return ok && meta_txn_ids_each(s->meta, load_txn_id, &s->txns, st) && local_log_settle(s, st);
}
