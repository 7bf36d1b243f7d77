/* Checkpoints, and finding out after a start what a partition holds.
 *
 * DIR/topics/NAME-P/checkpoint (big-endian):
 *
 *     0  "WCP2"                        24 i64 segment being written (its base)
 *     4  u32 CRC-32C from byte 8       32 i64 position in it
 *     8  i64 log start offset          40 i64 its greatest timestamp
 *    16  i64 offset: all below it      48 i64 when it was begun (ms)
 *        is on disk                    56 i32 leader epoch
 *                                      60 epochs (epochs.c), then producer states (producer_state.c)
 *
 * A start after a clean end believes the checkpoint. Otherwise batches from its position on are read
 * and checked (CRC, rising offsets without gaps between segments). Without a usable checkpoint all segments are
 * scanned. Every unclean start begins a leader epoch that no start had before, so that clients can tell that the tail
 * may have changed.
 *
 * At the first batch that does not hold there are two cases. Nothing whole lies behind it: the end was torn, as a write
 * that was under way is; it is cut off. Or something does: then the log is damaged there, and stands still.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "storage/plog_int.h"

#define CHECKPOINT_HEADER_BYTES 60 /* what lies behind begins with the epochs (epochs.c); in WCP1 it did not */
#define CHECKPOINT_BYTES_MAX ((size_t)256 << 20)
#define CHECKPOINT_EVERY_MS 10000
#define SCAN_BYTES ((uint32_t)1 << 20)
#define LOOK_ALIKES_MIN_BYTES ((int64_t)64 << 20)

static const char magic[4] = {'W', 'C', 'P', '2'}, magic_1[4] = {'W', 'C', 'P', '1'};

typedef struct checkpoint {
    int64_t start, offset, seg_base, seg_pos, seg_max_ts, seg_created_ms;
    int32_t leader_epoch;
    bool    found;
} checkpoint;

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

static bool write_checkpoint(plog *p, status *st)
{
    buf     b = BUF_INIT(CHECKPOINT_BYTES_MAX);
    int64_t high, start;
    bool    ok = true;
    VEC(segment *) segs = {0};
    pthread_mutex_lock(&p->lock);
    bool made = p->dir_made;
    put_checkpoint(&b, p, &high, &start);
    for (size_t i = 0; i < p->segs.n; i++) {
        segment *s = p->segs.p[i];
        if (s->offsets.in_memory || s->times.in_memory) {
            segment_hold(s);
            VEC_PUSH(&segs, s);
        }
    }
    segment *last = p->segs.n ? p->segs.p[p->segs.n - 1] : NULL;
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < segs.n; i++) {
        ok = ok && segment_save_indexes(segs.p[i], &p->lock, segs.p[i] != last, st);
        segment_release(segs.p[i]);
    }
    VEC_FREE(&segs);
    ok = ok && plog_sync(p, high, st);
    if (ok && made)
        ok = io_replace_file(p->env->io, p->dir, "checkpoint", b.p, b.n, true, st);
    buf_free(&b);
    if (!ok)
        return false;
    pthread_mutex_lock(&p->sync_lock); /* `synced` of the segments is the sync turn's */
    if (!p->syncing) {
        pthread_mutex_lock(&p->lock);
        close_idle(p);
        pthread_mutex_unlock(&p->lock);
    }
    pthread_mutex_unlock(&p->sync_lock);
    p->checkpoint_high = high;
    p->checkpoint_start = start;
    p->checkpoint_ms = plog_now(p);
    return true;
}

bool plog_checkpoint(plog *p, status *st)
{
    pthread_mutex_lock(&p->files_lock);
    bool ok = atomic_load(&p->deleted) || write_checkpoint(p, st);
    pthread_mutex_unlock(&p->files_lock);
    return ok;
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

static void read_checkpoint(plog *p, checkpoint *c)
{
    char path[PATH_BYTES_MAX];
    buf  b = BUF_INIT(CHECKPOINT_BYTES_MAX);
    snprintf(path, sizeof path, "%s/checkpoint", p->dir);
    *c = (checkpoint){0};
    if (io_read_file(p->env->io, path, &b) == 0 && b.n >= CHECKPOINT_HEADER_BYTES &&
        (memcmp(b.p, magic, sizeof magic) == 0 || memcmp(b.p, magic_1, sizeof magic_1) == 0) &&
        be_get32(b.p + 4) == crc32c(0, b.p + 8, b.n - 8)) {
        *c = (checkpoint){.start = (int64_t)be_get64(b.p + 8),
                          .offset = (int64_t)be_get64(b.p + 16),
                          .seg_base = (int64_t)be_get64(b.p + 24),
                          .seg_pos = (int64_t)be_get64(b.p + 32),
                          .seg_max_ts = (int64_t)be_get64(b.p + 40),
                          .seg_created_ms = (int64_t)be_get64(b.p + 48),
                          .leader_epoch = (int32_t)be_get32(b.p + 56)};
        str rest = str_make(b.p + CHECKPOINT_HEADER_BYTES, b.n - CHECKPOINT_HEADER_BYTES);
        if (b.p[3] == magic_1[3])
            epochs_note(&p->epochs, c->leader_epoch, c->offset); /* where it began nobody knows: not behind that */
        else if (!epochs_read(&p->epochs, &rest))
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

typedef struct folder {
    VEC(int64_t) logs;
    VEC(char *) stray; /* index files are judged when the logs are known */
    bool compacting;   /* COMPACTING_MARK is there */
} folder;

static bool parse_name(const char *name, const char *suffix, int64_t *base)
{
    return strlen(name) == SEGMENT_NAME_DIGITS + strlen(suffix) && strcmp(name + SEGMENT_NAME_DIGITS, suffix) == 0 &&
           num_parse_i64(str_make(name, SEGMENT_NAME_DIGITS), base) && *base >= 0 && name[0] != '-' && name[0] != '+';
}

static void see_entry(const char *name, void *ctx)
{
    folder *f = ctx;
    int64_t base;
    if (parse_name(name, ".log", &base))
        VEC_PUSH(&f->logs, base);
    else if (strcmp(name, COMPACTING_MARK) == 0)
        f->compacting = true;
    else if (strcmp(name, "checkpoint") != 0 && strcmp(name, FOLDER_ID_FILE) != 0)
        VEC_PUSH(&f->stray, mem_strdup(name));
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);
    return n > m && strcmp(name + n - m, suffix) == 0;
}

/* Of our own making, and of no use any more: temporary files, copies of an unfinished compaction, indexes whose log is
 * gone. */
static bool is_leftover(const folder *f, const char *name)
{
    int64_t base;
    if (parse_name(name, ".index", &base) || parse_name(name, ".timeindex", &base)) {
        for (size_t i = 0; i < f->logs.n; i++)
            if (f->logs.p[i] == base)
                return false;
        return true;
    }
    return ends_with(name, ".tmp") || parse_name(name, ".cleaned", &base);
}

static void sweep(plog *p, folder *f)
{
    char path[PATH_BYTES_MAX];
    for (size_t i = 0; i < f->stray.n; i++) {
        if (is_leftover(f, f->stray.p[i]) &&
            snprintf(path, sizeof path, "%s/%s", p->dir, f->stray.p[i]) < (int)sizeof path)
            p->env->io->unlink(p->env->io, path);
        mem_free(f->stray.p[i]);
    }
    VEC_FREE(&f->stray);
}

typedef struct scanner {
    uint8_t *bytes, *batch; /* a piece of a file; a batch that goes beyond it */
    size_t   cap, batch_cap;
} scanner;

static void scanner_free(scanner *sc)
{
    mem_free(sc->bytes);
    mem_free(sc->batch);
}

/* Reads on from s->size to `end` (-1: of the file), checking each batch; sets size and next to the end
 * of what holds. *whole: nothing was left behind that end. false only when the file cannot be read.
 * states: they are not known yet for these batches. */
static bool scan_segment(plog *p, segment *s, int64_t end, bool states, scanner *sc, bool *whole, status *st)
{
    io     *x = s->io;
    int64_t file = end >= 0 ? end : x->size(x, s->fd), at = atomic_load(&s->size), rc;
    int64_t interval = atomic_load(&p->conf)->index_interval_bytes, now = plog_now(p);
    if (file < 0)
        return io_failed(st, "Cannot read", p->name, file);
    *whole = true;
    while (at < file && at < SEGMENT_BYTES_MAX) {
        size_t n = file - at < SCAN_BYTES ? (size_t)(file - at) : SCAN_BYTES, used = 0;
        if (sc->cap < n)
            sc->bytes = mem_realloc(sc->bytes, sc->cap = n);
        if (!io_read_all(x, s->fd, sc->bytes, n, at, &rc))
            return io_failed(st, "Cannot read", p->name, rc);
        while (used < n) {
            batch_view b;
            size_t     left = n - used;
            int64_t    size = left >= 12 ? (int64_t)(int32_t)be_get32(sc->bytes + used + 8) + 12 : 0;
            if (left < BATCH_HEADER_BYTES || size > (int64_t)left) {
                if (size > (int64_t)n && size <= file - at && used == 0) { /* larger than the buffer */
                    n = (size_t)size;
                    sc->bytes = mem_realloc(sc->bytes, sc->cap = n);
                    if (!io_read_all(x, s->fd, sc->bytes, n, at, &rc))
                        return io_failed(st, "Cannot read", p->name, rc);
                    continue;
                }
                if (used > 0 && at + (int64_t)n < file)
                    break; /* goes on in the next piece */
            }
            if (!batch_parse(sc->bytes + used, left, true, &b, st) || b.base_offset < s->next) {
                *whole = false;
                break;
            }
            segment_note(s, &b, (uint32_t)(at + (int64_t)used), interval);
            if (states)
                producer_apply(&p->states, &b, now);
            epochs_note(&p->epochs, b.leader_epoch, b.base_offset);
            if (b.leader_epoch > p->leader_epoch)
                p->leader_epoch = b.leader_epoch;
            used += b.size_bytes;
        }
        at += (int64_t)used;
        if (!*whole || used == 0)
            break;
    }
    *whole = at == file;
    atomic_store(&s->size, at);
    status_init(st);
    return true;
}

/* ---- where a log ends */

/* Could a batch begin here that follows what is known? The bytes may be a record's, made to look like one, so checksums
 * are counted: what has no end of look-alikes is taken for one that holds. */
static bool may_begin(const uint8_t *b, int64_t next, int64_t room)
{
    int64_t size = (int64_t)(int32_t)be_get32(b + 8) + 12, base = (int64_t)be_get64(b);
    int32_t last = (int32_t)be_get32(b + 23), count = (int32_t)be_get32(b + 57);
    return b[16] == 2 && base >= next && base - next <= INT32_MAX && size >= BATCH_HEADER_BYTES && size <= room &&
           last >= 0 && count >= 0 && count - 1 <= last;
}

/* Reads bytes of a segment into one of the scanner's buffers. */
static bool scan_bytes(segment *s, uint8_t **bytes, size_t *cap, size_t n, int64_t at)
{
    int64_t rc;
    if (*cap < n)
        *bytes = mem_realloc(*bytes, *cap = n);
    return io_read_all(s->io, s->fd, *bytes, n, at, &rc);
}

/* Does a whole batch begin in [from, end) of the file? Only one that could follow what is known counts. */
static bool whole_batch_in(segment *s, int64_t from, int64_t end, int64_t next, scanner *sc)
{
    int64_t looked_at = 0, most = LOOK_ALIKES_MIN_BYTES + 4 * (end - from);
    for (int64_t at = from; at + BATCH_HEADER_BYTES <= end;) {
        size_t n = end - at < SCAN_BYTES ? (size_t)(end - at) : SCAN_BYTES;
        if (!scan_bytes(s, &sc->bytes, &sc->cap, n, at))
            return false;
        for (size_t i = 0; i + BATCH_HEADER_BYTES <= n; i++) {
            const uint8_t *b = sc->bytes + i;
            int64_t        room = end - at - (int64_t)i;
            size_t         size = (size_t)be_get32(b + 8) + 12;
            status         ignored;
            batch_view     v;
            if (!may_begin(b, next, room))
                continue;
            looked_at += (int64_t)size;
            if (looked_at > most)
                return true;
            if (size > n - i) {
                if (!scan_bytes(s, &sc->batch, &sc->batch_cap, size, at + (int64_t)i))
                    return false;
                b = sc->batch;
            }
            if (batch_parse(b, size, true, &v, &ignored))
                return true;
        }
        at += (int64_t)n - BATCH_HEADER_BYTES + 1;
    }
    return false;
}

/* Is there more of the log behind the end of what holds in segment i? */
static bool goes_on(plog *p, size_t i, scanner *sc)
{
    segment *s = p->segs.p[i];
    int64_t  next = s->next, file = s->io->size(s->io, s->fd);
    if (whole_batch_in(s, atomic_load(&s->size), file, next, sc))
        return true;
    for (size_t k = i + 1; k < p->segs.n; k++) {
        segment *t = p->segs.p[k];
        status   ignored;
        if (segment_open(t, &ignored) && whole_batch_in(t, 0, t->io->size(t->io, t->fd), next, sc))
            return true;
    }
    return false;
}

/* The log ends with segment i; those behind it stay as files, and are looked at again at the next start. */
static void leave_from(plog *p, size_t i)
{
    while (p->segs.n > i)
        segment_release(p->segs.p[--p->segs.n]);
}

static void stand_still(plog *p, size_t i, const char *what)
{
    segment *s = p->segs.p[i];
    char     why[PATH_BYTES_MAX];
    snprintf(why, sizeof why, "at offset %lld (%0*lld.log, byte %lld) %s", (long long)s->next, SEGMENT_NAME_DIGITS,
             (long long)s->base, (long long)atomic_load(&s->size), what);
    leave_from(p, i + 1);
    p->damage = mem_strdup(why);
    atomic_fetch_add(p->env->stopped, 1);
    lost_tell(p->env->lost, "storage: partition %s stands still: %s", p->name, why);
}

/* Only zeros: room that a file system gave, not what anybody wrote. */
static bool is_blank(segment *s, int64_t from, int64_t to, scanner *sc)
{
    int64_t rc;
    while (from < to) {
        size_t n = to - from < SCAN_BYTES ? (size_t)(to - from) : SCAN_BYTES;
        if (sc->cap < n)
            sc->bytes = mem_realloc(sc->bytes, sc->cap = n);
        if (!io_read_all(s->io, s->fd, sc->bytes, n, from, &rc))
            return false;
        for (size_t i = 0; i < n; i++)
            if (sc->bytes[i])
                return false;
        from += (int64_t)n;
    }
    return true;
}

/* Cuts off what lies behind the end of what holds in segment i, and the segments behind it. */
static bool cut_torn(plog *p, size_t i, scanner *sc, status *st)
{
    bool kept = true;
    for (size_t k = i; k < p->segs.n; k++) {
        segment *s = p->segs.p[k];
        int64_t  from = k == i ? atomic_load(&s->size) : 0, file;
        char     name[NAME_MAX + 1];
        if (!segment_open(s, st))
            return false;
        file = s->io->size(s->io, s->fd);
        snprintf(name, sizeof name, "%.180s.%0*lld.%lld", p->name, SEGMENT_NAME_DIGITS, (long long)s->base,
                 (long long)from);
        kept = kept && (file <= from || is_blank(s, from, file, sc) ||
                        lost_keep_bytes(p->env->lost, s->fd, from, file, name,
                                        "the end of a partition was torn when the program or the machine stopped"));
    }
    if (!kept) { /* a full disk is no reason to destroy anything, nor not to start */
        stand_still(p, i, "its end is torn, and what is to be cut off there cannot be kept in lost");
        return true;
    }
    while (p->segs.n > i + 1) {
        segment *s = p->segs.p[--p->segs.n];
        segment_unlink(s);
        segment_release(s);
    }
    /* Synced at once: what was cut off must not come back behind what is appended next. */
    segment *s = p->segs.p[i];
    int      rc = s->io->truncate(s->io, s->fd, atomic_load(&s->size));
    if (rc >= 0)
        rc = s->io->fsync(s->io, s->fd);
    return rc < 0 ? io_failed(st, "Cannot cut the torn end off", p->name, rc) : io_sync_dir(p->env->io, p->dir, st);
}

/* Removes originals that the compacted copy at i was to replace: it covers their offsets. */
static void drop_covered(plog *p, size_t i)
{
    while (i + 1 < p->segs.n && p->segs.p[i + 1]->base < p->segs.p[i]->next) {
        segment *s = p->segs.p[i + 1];
        p->leftovers |= !segment_unlink(s);
        segment_release(s);
        VEC_REMOVE(&p->segs, i + 1);
    }
}

static bool scan_from(plog *p, size_t i, status *st)
{
    scanner sc = {0};
    bool    ok = true, whole = true;
    for (; ok && i < p->segs.n; i++) {
        segment *s = p->segs.p[i];
        ok = segment_open(s, st) && scan_segment(p, s, -1, true, &sc, &whole, st);
        if (!ok)
            break;
        if (whole)
            drop_covered(p, i);
        bool last = i + 1 == p->segs.n;
        if (whole && (last || s->next == p->segs.p[i + 1]->base)) {
            if (!last)
                segment_seal(s);
            continue;
        }
        if (!p->env->rebooted && goes_on(p, i, &sc))
            stand_still(p, i, "it is damaged, and whole records lie behind that");
        else
            ok = cut_torn(p, i, &sc, st);
    }
    scanner_free(&sc);
    return ok;
}

static void forget_states(plog *p)
{
    producer_states_free(&p->states);
    producer_states_init(&p->states);
}

/* Finds where a segment whose batches below `size` are known ends, and makes its indexes anew. */
static bool find_end(plog *p, segment *s, int64_t size, status *st)
{
    scanner sc = {0};
    bool    whole;
    segment_clear_indexes(s);
    atomic_store(&s->size, 0);
    s->next = s->base;
    bool ok = scan_segment(p, s, size, false, &sc, &whole, st) && whole;
    scanner_free(&sc);
    return ok;
}

/* Takes the segments the checkpoint vouches for as they are; *from: the first to be scanned. false
 * when the checkpoint does not fit the files. */
static bool apply_checkpoint(plog *p, const checkpoint *c, bool compacting, size_t *from, status *st)
{
    *from = 0;
    if (p->segs.p[0]->base >= c->offset) /* all it knew of was deleted; its producer states stand */
        return true;
    for (size_t i = 0; i < p->segs.n; i++) {
        segment *s = p->segs.p[i];
        if (s->base < c->seg_base && i + 1 < p->segs.n) {
            if (!segment_open(s, st))
                return false;
            int64_t size = s->io->size(s->io, s->fd);
            if (size < 0)
                return false;
            atomic_store(&s->size, size);
            s->synced = size;
            s->entry_synced = true;
            if (compacting) {
                if (!find_end(p, s, size, st))
                    return false;
                segment_seal(s);
                drop_covered(p, i);
            } else {
                s->next = p->segs.p[i + 1]->base;
                s->max_ts_known = false;
                s->offsets.in_memory = s->times.in_memory = false;
            }
            continue;
        }
        if (s->base != c->seg_base || !segment_open(s, st) || s->io->size(s->io, s->fd) < c->seg_pos)
            return false;
        atomic_store(&s->size, c->seg_pos);
        s->next = c->offset;
        if (!segment_load_indexes(s) && !(find_end(p, s, c->seg_pos, st) && s->next == c->offset))
            return false;
        s->max_ts = c->seg_max_ts;
        s->created_ms = c->seg_created_ms;
        s->synced = c->seg_pos;
        s->entry_synced = true;
        *from = i;
        return true;
    }
    return false;
}

static bool load_segments(plog *p, const checkpoint *c, bool clean, bool compacting, status *st)
{
    size_t from = 0;
    if (c->found && p->segs.p[0]->base > c->start && p->segs.p[0]->base > c->offset)
        lost_tell(p->env->lost, "storage: partition %s begins at offset %lld; what it held before, up to %lld, is gone",
                  p->name, (long long)p->segs.p[0]->base, (long long)c->offset);
    bool fits = c->found && apply_checkpoint(p, c, compacting, &from, st);
    if (!fits) {
        forget_states(p);
        for (size_t i = 0; i < p->segs.n; i++) {
            segment *s = p->segs.p[i];
            atomic_store(&s->size, 0);
            s->next = s->base;
            s->synced = 0;
            segment_clear_indexes(s);
        }
        from = 0;
    }
    segment *last = p->segs.p[p->segs.n - 1];
    if (fits && clean && last->base == c->seg_base && last->fd >= 0 && last->io->size(last->io, last->fd) == c->seg_pos)
        return true;
    if (!scan_from(p, from, st))
        return false;
    p->leader_epoch = p->leader_epoch < p->env->epoch ? p->env->epoch : p->leader_epoch + 1;
    return true;
}

bool plog_recover(plog *p, bool clean, status *st)
{
    folder     f = {0};
    checkpoint c;
    int        rc = p->env->io->list(p->env->io, p->dir, see_entry, &f);
    if (rc == -ENOENT)
        return true; /* nothing was ever appended */
    if (rc < 0)
        return io_failed(st, "Cannot list", p->dir, rc);
    p->dir_made = true;
    p->folder_synced = clean;
    sweep(p, &f);
    if (f.logs.n)
        qsort(f.logs.p, f.logs.n, sizeof *f.logs.p, by_value);
    for (size_t i = 0; i < f.logs.n; i++) {
        segment *s = segment_new(p->env->io, p->dir, f.logs.p[i]);
        s->created_ms = plog_now(p);
        VEC_PUSH(&p->segs, s);
    }
    VEC_FREE(&f.logs);
    read_checkpoint(p, &c);
    p->leader_epoch = c.leader_epoch;
    if (p->segs.n && !load_segments(p, &c, clean, f.compacting, st))
        return false;
    /* Offsets are never given twice, even when the files that held them are lost. */
    segment *last = p->segs.n ? p->segs.p[p->segs.n - 1] : NULL;
    int64_t  high = last ? last->next : c.offset;
    int64_t  start = p->segs.n ? p->segs.p[0]->base : high;
    if (c.found && c.start > start)
        start = c.start < high ? c.start : high;
    producer_trim(&p->states, start);
    epochs_cut(&p->epochs, high);
    atomic_store(&p->start, start);
    atomic_store(&p->high, high);
    atomic_store(&p->last_stable, producer_last_stable(&p->states, high));
    atomic_store(&p->aborted_count, (uint32_t)p->states.aborted.n);
    p->synced = high;
    for (size_t i = p->segs.n; i-- > 0;)
        if (p->segs.p[i]->synced < atomic_load(&p->segs.p[i]->size))
            p->synced = p->segs.p[i]->base;
    p->checkpoint_high = c.found ? c.offset : -1;
    p->checkpoint_start = c.found ? c.start : -1;
    p->checkpoint_ms = plog_now(p);
    return true;
}
