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

/* Is the oldest segment due? The rules in order: behind the log's start; too many bytes even without
 * it; all its records too old. */
static bool is_due(plog *p, const topic_conf *c, segment *s, int64_t total)
{
    if (s->next <= atomic_load(&p->start) && s->next > s->base)
        return true;
    if (!c->delete_old || s->next == s->base)
        return false;
    if (c->retention_bytes >= 0 && total - atomic_load(&s->size) >= c->retention_bytes)
        return true;
    int64_t ts = segment_max_ts(s);
    return c->retention_ms >= 0 && ts != NO_TIME && plog_now(p) - ts > c->retention_ms;
}

bool plog_retain(plog *p, status *st)
{
    const topic_conf *c = atomic_load(&p->conf);
    VEC(segment *) gone = {0};
    bool ok = true;
    if (p->damage)
        return true; /* nothing is rolled behind damage */
    pthread_mutex_lock(&p->lock);
    int64_t stable = atomic_load(&p->last_stable), total = total_bytes(p);
    /* Never past an open transaction: its readers have not seen it yet. */
    while (ok && p->segs.n && p->segs.p[0]->next <= stable && is_due(p, c, p->segs.p[0], total)) {
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
