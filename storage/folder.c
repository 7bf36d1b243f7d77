#include "storage/folder_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "storage/segment_int.h"

#define FOLDER_ID_BYTES_MAX ((size_t)1 << 20)
#define CRC_FROM 8

static const char magic[4] = {'W', 'P', 'I', '1'};

/* ---- the identity */

static void put_text(buf *b, str s)
{
    buf_put_i32(b, (int32_t)s.n);
    buf_put(b, s.p, s.n);
}

void folder_id_put(buf *out, const tlog_topic *t, int32_t partition)
{
    buf_put(out, magic, sizeof magic);
    buf_put_i32(out, 0);
    buf_put(out, t->id, sizeof t->id);
    buf_put_i32(out, partition);
    buf_put_i32(out, t->partitions);
    put_text(out, t->name);
    buf_put_i32(out, (int32_t)t->config_count);
    for (uint32_t i = 0; i < t->config_count; i++) {
        put_text(out, t->configs[i].name);
        put_text(out, t->configs[i].value);
    }
    be_put32(out->p + 4, crc32c(0, out->p + CRC_FROM, out->n - CRC_FROM));
}

typedef struct taking {
    const char *at, *end;
    bool        ok; /* nothing was missing so far */
} taking;

static const char *take(taking *t, size_t n)
{
    t->ok = t->ok && n <= (size_t)(t->end - t->at);
    const char *p = t->at;
    if (t->ok)
        t->at += n;
    return t->ok ? p : NULL;
}

static int32_t take_i32(taking *t)
{
    const char *p = take(t, 4);
    return p ? (int32_t)be_get32(p) : 0;
}

static str take_text(taking *t, arena *a)
{
    uint32_t    n = (uint32_t)take_i32(t);
    const char *p = take(t, n);
    return p ? str_dup(a, str_make(p, n)) : STR_NONE;
}

static bool parse(str bytes, arena *a, folder_id *out)
{
    taking      t = {bytes.p + CRC_FROM, bytes.p + bytes.n, true};
    const char *id = take(&t, sizeof out->topic.id);
    *out = (folder_id){.topic.replication = 1};
    if (id)
        memcpy(out->topic.id, id, sizeof out->topic.id);
    out->partition = take_i32(&t);
    out->topic.partitions = take_i32(&t);
    out->topic.name = take_text(&t, a);
    out->topic.internal = tlog_name_is_internal(out->topic.name);
    uint32_t n = (uint32_t)take_i32(&t);
    if (!t.ok || n > bytes.n) /* each takes more than a byte */
        return false;
    tlog_config *c = ARENA_ARRAY(a, tlog_config, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        c[i].name = take_text(&t, a);
        c[i].value = take_text(&t, a);
    }
    out->topic.configs = c;
    out->topic.config_count = n;
    return t.ok;
}

/* Room that a file system gave for bytes that never reached the disk counts as nothing. */
static bool is_written(const buf *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->p[i])
            return true;
    return false;
}

folder_id_found folder_id_load(io *x, const char *dir, arena *a, folder_id *out)
{
    char path[PATH_BYTES_MAX];
    buf  b = BUF_INIT(FOLDER_ID_BYTES_MAX);
    snprintf(path, sizeof path, "%s/" FOLDER_ID_FILE, dir);
    int  rc = io_read_file(x, path, &b);
    bool there = rc != -ENOENT && (rc != 0 || is_written(&b));
    bool ok = rc == 0 && b.n > CRC_FROM && memcmp(b.p, magic, sizeof magic) == 0 &&
              be_get32(b.p + 4) == crc32c(0, b.p + CRC_FROM, b.n - CRC_FROM) && parse(buf_str(&b), a, out);
    buf_free(&b);
    return ok ? FOLDER_ID_THERE : there ? FOLDER_ID_DAMAGED : FOLDER_ID_MISSING;
}

/* ---- removing */

typedef struct names {
    VEC(char *) v;
} names;

static void see_name(const char *name, void *ctx)
{
    VEC_PUSH(&((names *)ctx)->v, mem_strdup(name));
}

bool folder_remove(io *x, const char *path)
{
    names all = {0};
    char  file[PATH_BYTES_MAX];
    if (x->list(x, path, see_name, &all) == -ENOENT)
        return true;
    for (size_t i = 0; i < all.v.n; i++) {
        if (snprintf(file, sizeof file, "%s/%s", path, all.v.p[i]) < (int)sizeof file)
            x->unlink(x, file);
        mem_free(all.v.p[i]);
    }
    VEC_FREE(&all.v);
    return x->rmdir(x, path) == 0;
}
