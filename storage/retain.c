/* What may go: whole segments from the front, by start offset, size and age. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "storage/plog_int.h"

static int64_t total_bytes(const plog *p)
{
    int64_t sum = 0;
    for (size_t i = 0; i < p->segs.n; i++)
        sum += atomic_load(&p->segs.p[i]->size);
    return sum;
}

/* Where the first of the keeping readers stands. Lock held. */
static int64_t kept_from(const plog *p)
{
    int64_t from = INT64_MAX;
    for (size_t i = 0; i < p->keepers.n; i++) {
        int64_t at = plog_reader_kept(p->keepers.p[i]);
        from = at < from ? at : from;
    }
    return from;
}

/* Records may be dated long ago, and just have come: a segment is as old as the later of both. One of which only an
 * index tells is of no age until it was read (scrub.c). */
static bool is_too_old(plog *p, const topic_conf *c, segment *s)
{
    int64_t ts = s->max_ts, now = plog_now(p);
    return c->retention_ms >= 0 && s->max_ts_known && ts != NO_TIME && now - ts > c->retention_ms &&
           now - segment_written_ms(s) > c->retention_ms && s->next <= kept_from(p);
}

/* Is the oldest segment due? The rules in order: behind the log's start; too many bytes even without it; too old, if
 * that is looked at now. */
static bool is_due(plog *p, const topic_conf *c, segment *s, int64_t total, bool by_age)
{
    if (s->next <= atomic_load(&p->start) && s->next > s->base)
        return true;
    if (!c->delete_old || s->next == s->base)
        return false;
    if (c->retention_bytes >= 0 && total - atomic_load(&s->size) >= c->retention_bytes)
        return true;
    return by_age && is_too_old(p, c, s);
}

bool plog_retain(plog *p, status *st)
{
    const topic_conf *c = atomic_load(&p->conf);
    int64_t           now = time_mono_ms(p->env->clock);
    bool              by_age = now - p->retained_ms >= p->env->retention_check_ms && now >= p->env->ages_from_ms;
    VEC(segment *) gone = {0};
    bool ok = true;
    if (by_age)
        p->retained_ms = now;
    if (p->damage)
        return true; /* nothing is rolled behind damage */
    pthread_mutex_lock(&p->lock);
    int64_t stable = atomic_load(&p->last_stable), total = total_bytes(p);
    /* Never past an open transaction: its readers have not seen it yet. */
    while (ok && p->segs.n && p->segs.p[0]->next <= stable && is_due(p, c, p->segs.p[0], total, by_age)) {
        if (p->segs.n == 1 && !(ok = plog_roll(p, st)))
            break;
        segment *s = p->segs.p[0];
        total -= atomic_load(&s->size);
        VEC_PUSH(&gone, s);
        VEC_REMOVE(&p->segs, 0);
        if (p->segs.p[0]->base > atomic_load(&p->start))
            atomic_store(&p->start, p->segs.p[0]->base);
    }
    if (gone.n) {
        producer_trim(&p->states, atomic_load(&p->start));
        atomic_store(&p->aborted_count, (uint32_t)p->states.aborted.n);
    }
    pthread_mutex_unlock(&p->lock);
    /* The new start goes on record before the files go: recovery takes a log that begins later than
     * it should for one that lost its beginning. If that fails they go after the next start. */
    bool recorded = gone.n == 0 || plog_checkpoint(p, st);
    ok = ok && recorded;
    for (size_t i = 0; i < gone.n; i++) {
        if (recorded)
            segment_unlink(gone.p[i]);
        segment_release(gone.p[i]);
    }
    VEC_FREE(&gone);
    return ok;
}

bool plog_delete_before(plog *p, int64_t offset, status *st)
{
    bool ok = true;
    pthread_mutex_lock(&p->lock);
    int64_t high = atomic_load(&p->high), start = atomic_load(&p->start);
    if (offset == -1)
        offset = high;
    if (offset < 0 || offset > high)
        ok = status_set(st, ST_OFFSET_RANGE, "Offset %lld of %s is not within %lld and %lld", (long long)offset,
                        p->name, (long long)start, (long long)high);
    else if (offset > atomic_load(&p->last_stable))
        ok = status_set(st, ST_TXN_STATE, "%s has an open transaction at offset %lld", p->name,
                        (long long)atomic_load(&p->last_stable));
    else if (offset > start)
        atomic_store(&p->start, offset);
    pthread_mutex_unlock(&p->lock);
    /* On record before it is said to be done; the files may go later. */
    return ok && plog_checkpoint(p, st);
}

bool plog_remove(plog *p)
{
    char gone[PATH_BYTES_MAX], id[33];
    for (size_t i = 0; i < sizeof p->topic_id; i++)
        snprintf(id + 2 * i, 3, "%02x", p->topic_id[i]);
    int up = (int)(strrchr(p->dir, '/') - p->dir);
    snprintf(gone, sizeof gone, "%.*s/" FOLDER_GONE_PREFIX "%s-%d", up, p->dir, id, p->partition);
    pthread_mutex_lock(&p->files_lock);
    int  rc = p->env->io->rename(p->env->io, p->dir, gone);
    bool ok = rc == -ENOENT || (rc >= 0 && folder_remove(p->env->io, gone));
    pthread_mutex_unlock(&p->files_lock);
    return ok;
}
