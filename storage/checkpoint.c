/* Checkpoints: how far a partition is on disk, and all that a start need not find out again.
 *
 * DIR/topics/NAME-P/checkpoint (big-endian):
 *
 *     0  "WCP3"                        24 i64 segment being written (its base)
 *     4  u32 CRC-32C from byte 8       32 i64 position in it
 *     8  i64 log start offset          40 i64 its greatest timestamp
 *    16  i64 offset: all below it      48 i64 when it was begun (ms)
 *        is on disk                    56 i32 leader epoch
 *                                      60 u32 batches, u32 CRC-32C, u32 known: of that segment (batch_digest)
 *                                      72 epochs (epochs.c), then producer states (producer_state.c)
 *
 * What it says is on disk before it is. */
#include <fcntl.h>
#include <stdio.h>

#include "base/mem.h"
#include "storage/checkpoint_int.h"

#define CHECKPOINT_HEADER_BYTES 60 /* in WCP1 no epochs followed, and before WCP3 no digest */
#define CHECKPOINT_DIGEST_BYTES 12
#define CHECKPOINT_BYTES_MAX ((size_t)256 << 20)
#define CHECKPOINT_EVERY_MS 10000
#define FOOTERS_OLD_MAX 64 /* and as many as there are segments, before the file is written anew */

static const char magic[4] = {'W', 'C', 'P', '3'};

typedef VEC(segment *) segment_list;

static void segments_release(segment_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        segment_release(l->p[i]);
    VEC_FREE(l);
}

/* ---- writing */

static void put_checkpoint(buf *b, plog *p, int64_t *high, int64_t *start)
{
    segment *s = p->segs.n ? p->segs.p[p->segs.n - 1] : NULL;
    *high = atomic_load(&p->high);
    *start = atomic_load(&p->start);
    buf_put(b, magic, sizeof magic);
    buf_put_i32(b, 0);
    buf_put_i64(b, *start);
    buf_put_i64(b, *high);
    buf_put_i64(b, s ? s->base : *high);
    buf_put_i64(b, s ? atomic_load(&s->size) : 0);
    buf_put_i64(b, s ? s->max_ts : NO_TIME);
    buf_put_i64(b, s ? s->created_ms : 0);
    buf_put_i32(b, p->leader_epoch);
    buf_put_i32(b, s ? (int32_t)s->digest.batches : 0);
    buf_put_i32(b, s ? (int32_t)s->digest.crc : 0);
    buf_put_i32(b, s ? s->digest.known : 1);
    epochs_write(&p->epochs, b);
    producer_states_write(&p->states, b);
    be_put32(b->p + 4, crc32c(0, b->p + 8, b->n - 8));
}

/* Closes the files of segments nobody reads. Lock held. */
static void close_idle(plog *p)
{
    for (size_t i = 0; i + 1 < p->segs.n; i++) {
        segment *s = p->segs.p[i];
        if (s->fd >= 0 && !s->used && !s->cut && atomic_load(&s->refs) == 1 && s->synced == atomic_load(&s->size)) {
            s->io->close(s->io, s->fd);
            s->fd = -1;
        }
        s->used = false;
    }
}

static footer footer_of(const segment *s)
{
    return (footer){.base = s->base,
                    .next = s->next,
                    .bytes = atomic_load(&s->size),
                    .max_ts = s->max_ts,
                    .written_ms = segment_written_ms(s),
                    .digest = s->digest};
}

/* Held. files_lock held. */
static void list_closed(plog *p, bool (*wanted)(const segment *s), segment_list *out)
{
    pthread_mutex_lock(&p->sync_lock);
    int64_t synced = p->synced;
    pthread_mutex_unlock(&p->sync_lock);
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i + 1 < p->segs.n && p->segs.p[i]->next <= synced; i++) {
        segment *s = p->segs.p[i];
        if (wanted(s)) {
            segment_hold(s);
            VEC_PUSH(out, s);
        }
    }
    pthread_mutex_unlock(&p->lock);
}

static bool is_known(const segment *s)
{
    return s->max_ts_known;
}

static bool is_known_and_unfooted(const segment *s)
{
    return s->max_ts_known && !s->footed;
}

/* Writes what no footer says yet; when there are many old ones in the file, all anew. */
static bool write_footers(plog *p, status *st)
{
    segment_list l = {0};
    bool         anew = p->footer_entries > 2 * p->segs.n + FOOTERS_OLD_MAX;
    list_closed(p, anew ? is_known : is_known_and_unfooted, &l);
    footer *v = mem_alloc((l.n + 1) * sizeof *v);
    for (size_t i = 0; i < l.n; i++)
        v[i] = footer_of(l.p[i]);
    bool ok =
        (anew ? footers_replace : footers_append)(p->env->io, p->dir, p->topic_id, &p->footer_entries, v, l.n, st);
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < l.n; i++)
        l.p[i]->footed |= ok;
    pthread_mutex_unlock(&p->lock);
    segments_release(&l);
    mem_free(v);
    return ok;
}

static bool save_indexes(plog *p, status *st)
{
    segment_list l = {0};
    bool         ok = true;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->segs.n; i++) {
        segment *s = p->segs.p[i];
        if (s->offsets.in_memory || s->times.in_memory) {
            segment_hold(s);
            VEC_PUSH(&l, s);
        }
    }
    segment *last = p->segs.n ? p->segs.p[p->segs.n - 1] : NULL;
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; ok && i < l.n; i++)
        ok = segment_save_indexes(l.p[i], &p->lock, l.p[i] != last, st);
    segments_release(&l);
    return ok;
}

/* The bytes as of now, and what they say. */
typedef struct snapshot {
    buf     b;
    int64_t high, start;
    int32_t epoch;
    bool    made; /* there is a folder */
} snapshot;

static void take_snapshot(plog *p, snapshot *n)
{
    *n = (snapshot){.b = BUF_INIT(CHECKPOINT_BYTES_MAX)};
    pthread_mutex_lock(&p->lock);
    n->made = p->dir_made;
    n->epoch = p->leader_epoch;
    put_checkpoint(&n->b, p, &n->high, &n->start);
    pthread_mutex_unlock(&p->lock);
}

static void note_checkpoint(plog *p, const snapshot *n)
{
    p->checkpoint_high = n->high;
    p->checkpoint_start = n->start;
    p->checkpoint_epoch = n->epoch;
    p->checkpoint_ms = plog_now(p);
}

static bool write_checkpoint(plog *p, status *st)
{
    snapshot n;
    take_snapshot(p, &n);
    bool ok = save_indexes(p, st) && plog_sync(p, n.high, st) && (!n.made || write_footers(p, st)) &&
              (!n.made || io_replace_file(p->env->io, p->dir, "checkpoint", n.b.p, n.b.n, true, st));
    buf_free(&n.b);
    if (!ok)
        return false;
    pthread_mutex_lock(&p->sync_lock); /* `synced` of the segments is the sync turn's */
    if (!p->syncing) {
        pthread_mutex_lock(&p->lock);
        close_idle(p);
        pthread_mutex_unlock(&p->lock);
    }
    pthread_mutex_unlock(&p->sync_lock);
    note_checkpoint(p, &n);
    return true;
}

bool plog_foot(plog *p, segment *s, status *st)
{
    footer f = footer_of(s);
    bool   ok = footers_append(p->env->io, p->dir, p->topic_id, &p->footer_entries, &f, 1, st);
    s->footed = ok;
    return ok;
}

bool plog_write_footers(plog *p, status *st)
{
    pthread_mutex_lock(&p->files_lock);
    bool ok = atomic_load(&p->deleted) || write_footers(p, st);
    pthread_mutex_unlock(&p->files_lock);
    return ok;
}

bool plog_checkpoint(plog *p, status *st)
{
    pthread_mutex_lock(&p->files_lock);
    bool ok = atomic_load(&p->deleted) || write_checkpoint(p, st);
    pthread_mutex_unlock(&p->files_lock);
    return ok;
}

/* ---- of many partitions at once: two syncs of the file system in place of several of each */

static void checkpoint_paths(const plog *p, char tmp[PATH_BYTES_MAX], char to[PATH_BYTES_MAX])
{
    snprintf(to, PATH_BYTES_MAX, "%s/checkpoint", p->dir);
    snprintf(tmp, PATH_BYTES_MAX, "%s/checkpoint.tmp", p->dir);
}

static bool write_whole(io *x, const char *path, const buf *b, status *st)
{
    int64_t rc = 0;
    int     fd = x->open(x, path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (fd < 0)
        return io_failed(st, "Cannot create", path, fd);
    bool ok = io_write_all(x, fd, b->p, b->n, 0, &rc);
    x->close(x, fd);
    return ok || io_failed(st, "Cannot write", path, rc);
}

/* A footer stands on a segment that is on disk, a checkpoint on footers: these are no syncs to be put together. */
static bool footers_are_due(plog *p)
{
    bool due = false;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i + 1 < p->segs.n; i++)
        due |= !p->segs.p[i]->footed && p->segs.p[i]->max_ts_known;
    pthread_mutex_unlock(&p->lock);
    return due;
}

bool plog_checkpoint_prepare(plog *p, bool *ready, status *st)
{
    snapshot n;
    char     tmp[PATH_BYTES_MAX], to[PATH_BYTES_MAX];
    *ready = false;
    if (footers_are_due(p) && !plog_checkpoint(p, st))
        return false;
    checkpoint_paths(p, tmp, to);
    take_snapshot(p, &n);
    *ready =
        n.made && (n.high != p->checkpoint_high || n.start != p->checkpoint_start || n.epoch != p->checkpoint_epoch);
    /* A sync that failed is not mended by one that succeeds later. */
    bool ok = !p->sync_failed && (!*ready || (save_indexes(p, st) && write_whole(p->env->io, tmp, &n.b, st)));
    buf_free(&n.b);
    return ok;
}

bool plog_checkpoint_finish(plog *p, status *st)
{
    char tmp[PATH_BYTES_MAX], to[PATH_BYTES_MAX];
    checkpoint_paths(p, tmp, to);
    int rc = p->env->io->rename(p->env->io, tmp, to);
    return rc >= 0 || io_failed(st, "Cannot write", to, rc);
}

bool plog_checkpoint_is_due(plog *p)
{
    int64_t every = atomic_load(&p->conf)->flush_ms;
    if (every > CHECKPOINT_EVERY_MS)
        every = CHECKPOINT_EVERY_MS;
    pthread_mutex_lock(&p->files_lock);
    bool due = (atomic_load(&p->high) != p->checkpoint_high || atomic_load(&p->start) != p->checkpoint_start) &&
               plog_now(p) - p->checkpoint_ms >= every;
    pthread_mutex_unlock(&p->files_lock);
    return due;
}

/* ---- reading */

/* "WCP1" to the present one; 0: it is none that we know. */
static int checkpoint_version(const buf *b)
{
    int  version = b->n >= CHECKPOINT_HEADER_BYTES && memcmp(b->p, magic, 3) == 0 ? b->p[3] - '0' : 0;
    bool known = version >= 1 && version <= magic[3] - '0' && be_get32(b->p + 4) == crc32c(0, b->p + 8, b->n - 8);
    return known ? version : 0;
}

static str take_digest(str rest, batch_digest *d)
{
    if (rest.n < CHECKPOINT_DIGEST_BYTES)
        return STR_NONE;
    *d = (batch_digest){be_get32(rest.p), be_get32(rest.p + 4), be_get32(rest.p + 8) == 1};
    return str_make(rest.p + CHECKPOINT_DIGEST_BYTES, rest.n - CHECKPOINT_DIGEST_BYTES);
}

void checkpoint_read(plog *p, checkpoint *c)
{
    char path[PATH_BYTES_MAX];
    buf  b = BUF_INIT(CHECKPOINT_BYTES_MAX);
    snprintf(path, sizeof path, "%s/checkpoint", p->dir);
    *c = (checkpoint){0};
    int version = io_read_file(p->env->io, path, &b) == 0 ? checkpoint_version(&b) : 0;
    if (version) {
        *c = (checkpoint){.start = (int64_t)be_get64(b.p + 8),
                          .offset = (int64_t)be_get64(b.p + 16),
                          .seg_base = (int64_t)be_get64(b.p + 24),
                          .seg_pos = (int64_t)be_get64(b.p + 32),
                          .seg_max_ts = (int64_t)be_get64(b.p + 40),
                          .seg_created_ms = (int64_t)be_get64(b.p + 48),
                          .leader_epoch = (int32_t)be_get32(b.p + 56)};
        str rest = str_make(b.p + CHECKPOINT_HEADER_BYTES, b.n - CHECKPOINT_HEADER_BYTES);
        if (version >= 3)
            rest = take_digest(rest, &c->digest);
        if (version == 1)
            epochs_note(&p->epochs, c->leader_epoch, c->offset); /* where it began nobody knows: not behind that */
        else if (rest.p && !epochs_read(&p->epochs, &rest))
            rest = STR_NONE;
        c->found = rest.p && producer_states_read(&p->states, rest);
        if (!c->found) {
            producer_states_free(&p->states);
            producer_states_init(&p->states);
            p->epochs.v.n = 0;
        }
    }
    buf_free(&b);
}
