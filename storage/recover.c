/* Finding out after a start what a partition holds.
 *
 * A start after a clean end believes the checkpoint, and of the segments closed before it their footers. Otherwise
 * batches from its position on are read and checked (CRC, rising offsets without gaps between segments). Without a
 * usable checkpoint all segments are scanned. Every unclean start begins a leader epoch that no start had before, so
 * that clients can tell that the tail may have changed.
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
#include "storage/checkpoint_int.h"

#define SCAN_BYTES ((uint32_t)1 << 20)
#define LOOK_ALIKES_MIN_BYTES ((int64_t)64 << 20)

/* ---- the folder */

typedef struct folder {
    VEC(int64_t) logs;
    VEC(char *) stray; /* index files are judged when the logs are known */
    bool compacting;   /* COMPACTING_MARK is there */
    bool unsynced;     /* UNSYNCED_MARK is */
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
    else if (strcmp(name, UNSYNCED_MARK) == 0)
        f->unsynced = true;
    else if (strcmp(name, "checkpoint") != 0 && strcmp(name, FOLDER_ID_FILE) != 0 && strcmp(name, FOOTERS_FILE) != 0)
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

/* A footer stands on all that lies before the end of its segment. */
static bool was_on_disk(const plog *p, size_t i)
{
    bool was = false;
    for (; i < p->segs.n; i++)
        was |= p->segs.p[i]->footed;
    return was;
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
            s->footed = false; /* it may tell of what was there before a compaction */
            continue;
        }
        if (was_on_disk(p, i))
            stand_still(p, i, "it is damaged, and was whole on disk before");
        else if (!p->env->rebooted && goes_on(p, i, &sc))
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

/* The footer of segment i, if it fits what follows. */
static const footer *footer_at(const plog *p, const footers *f, size_t i)
{
    const footer *e = i + 1 < p->segs.n ? footers_find(f, p->segs.p[i]->base) : NULL;
    return e && e->next <= p->segs.p[i + 1]->base ? e : NULL;
}

static void take_footer(segment *s, const footer *e)
{
    atomic_store(&s->size, e->bytes);
    s->next = e->next;
    s->max_ts = e->max_ts;
    s->max_ts_known = s->footed = s->entry_synced = true;
    s->written_ms = e->written_ms;
    s->digest = e->digest;
    s->synced = e->bytes;
    s->offsets.in_memory = s->times.in_memory = false;
}

/* A closed segment of which no footer tells: its file does, and it is read through later (scrub.c). */
static bool take_file(plog *p, size_t i, status *st)
{
    segment *s = p->segs.p[i];
    int64_t  size = segment_open(s, st) ? s->io->size(s->io, s->fd) : -1;
    if (size < 0)
        return false;
    atomic_store(&s->size, size);
    s->synced = size;
    s->entry_synced = true;
    s->next = p->segs.p[i + 1]->base;
    s->max_ts_known = s->digest.known = false;
    s->offsets.in_memory = s->times.in_memory = false;
    return true;
}

/* While compaction was replacing files nobody knows which they are. */
static bool take_compacting(plog *p, size_t i, status *st)
{
    segment *s = p->segs.p[i];
    int64_t  size = segment_open(s, st) ? s->io->size(s->io, s->fd) : -1;
    if (size < 0 || !find_end(p, s, size, st))
        return false;
    s->synced = size;
    s->entry_synced = true;
    segment_seal(s);
    drop_covered(p, i);
    return true;
}

static bool take_last(plog *p, segment *s, const checkpoint *c, status *st)
{
    if (s->base != c->seg_base || !segment_open(s, st) || s->io->size(s->io, s->fd) < c->seg_pos)
        return false;
    atomic_store(&s->size, c->seg_pos);
    s->next = c->offset;
    if (segment_load_indexes(s))
        s->digest = c->digest;
    else if (!find_end(p, s, c->seg_pos, st) || s->next != c->offset)
        return false;
    s->max_ts = c->seg_max_ts;
    s->created_ms = c->seg_created_ms;
    s->synced = c->seg_pos;
    s->entry_synced = true;
    return true;
}

/* Takes the segments the checkpoint vouches for as they are; *from: the first to be scanned. false
 * when the checkpoint does not fit the files. */
static bool apply_checkpoint(plog *p, const checkpoint *c, const footers *f, bool compacting, size_t *from, status *st)
{
    *from = 0;
    if (p->segs.p[0]->base >= c->offset) /* all it knew of was deleted; its producer states stand */
        return true;
    for (size_t i = 0; i < p->segs.n; i++) {
        segment      *s = p->segs.p[i];
        const footer *e = footer_at(p, f, i);
        if (s->base >= c->seg_base || i + 1 == p->segs.n) {
            *from = i;
            return take_last(p, s, c, st);
        }
        if (compacting ? !take_compacting(p, i, st) : e == NULL && !take_file(p, i, st))
            return false;
        if (compacting || e == NULL)
            continue;
        take_footer(s, e);
        if (e->next < p->segs.p[i + 1]->base) {
            stand_still(p, i, "the file of the records that follow is missing");
            return true;
        }
    }
    return false;
}

static bool load_segments(plog *p, const checkpoint *c, bool clean, bool compacting, status *st)
{
    size_t  from = 0;
    footers f;
    footers_read(&f, p->env->io, p->dir, p->topic_id);
    p->footer_entries = f.entries;
    if (c->found && p->segs.p[0]->base > c->start && p->segs.p[0]->base > c->offset)
        lost_tell(p->env->lost, "storage: partition %s begins at offset %lld; what it held before, up to %lld, is gone",
                  p->name, (long long)p->segs.p[0]->base, (long long)c->offset);
    bool fits = c->found && apply_checkpoint(p, c, &f, compacting, &from, st);
    if (!fits) {
        forget_states(p);
        for (size_t i = 0; i < p->segs.n; i++) {
            segment *s = p->segs.p[i];
            atomic_store(&s->size, 0);
            s->next = s->base;
            s->synced = 0;
            segment_clear_indexes(s);
            s->footed = !compacting && footer_at(p, &f, i) != NULL;
        }
        from = 0;
    }
    footers_free(&f);
    segment *last = p->segs.p[p->segs.n - 1];
    if (p->damage)
        return true;
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
    checkpoint_read(p, &c);
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
    p->checkpoint_epoch = c.found ? c.leader_epoch : -1;
    p->checkpoint_ms = plog_now(p);
    p->sync_failed = f.unsynced;
    status later; /* what cannot be healed yet is by maintenance */
    status_init(&later);
    plog_repair(p, &later);
    return true;
}
