/* Reading closed segments through, now and then: rot is found while there is a backup, and before compaction or a
 * consumer comes by. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "storage/plog_int.h"

#define PIECE_BYTES ((size_t)1 << 20)

/* What a segment's file holds. */
typedef struct contents {
    batch_digest digest;
    int64_t      next, max_ts, bytes; /* of whole batches */
    char         why[256];            /* it goes no further; "": it ends there */
} contents;

static void note(contents *c, const batch_view *b)
{
    batch_digest_add(&c->digest, b);
    c->next = b->base_offset + b->last_delta + 1;
    c->max_ts = b->max_ts > c->max_ts ? b->max_ts : c->max_ts;
    c->bytes += b->size_bytes;
}

/* Takes the whole batches of a piece; how many bytes they have. c->why is set at one that does not hold. */
static size_t take_piece(contents *c, const uint8_t *p, size_t n, bool last)
{
    size_t used = 0;
    while (used < n) {
        batch_view b;
        status     st;
        size_t     left = n - used;
        int64_t    size = left >= 12 ? (int64_t)(int32_t)be_get32(p + used + 8) + 12 : INT64_MAX;
        if (!last && (left < BATCH_HEADER_BYTES || size > (int64_t)left))
            break;
        if (!batch_parse(p + used, left, true, &b, &st) || b.base_offset < c->next) {
            snprintf(c->why, sizeof c->why, "%.200s", st.code == ST_OK ? "offsets do not rise" : st.msg);
            break;
        }
        note(c, &b);
        used += b.size_bytes;
    }
    return used;
}

/* Reads a file up to `size`. */
static void read_through(io *x, const char *path, int64_t base, int64_t size, contents *c)
{
    *c = (contents){.next = base, .max_ts = NO_TIME, .digest.known = true};
    int fd = x->open(x, path, O_RDONLY, 0);
    if (fd < 0) {
        snprintf(c->why, sizeof c->why, "cannot be opened: %s", strerror(-fd));
        return;
    }
    uint8_t *p = NULL;
    size_t   cap = 0;
    for (size_t want = PIECE_BYTES; c->bytes < size && !c->why[0];) {
        int64_t rc, left = size - c->bytes;
        size_t  n = left < (int64_t)want ? (size_t)left : want;
        if (n > cap)
            p = mem_realloc(p, cap = n);
        if (!io_read_all(x, fd, p, n, c->bytes, &rc)) {
            snprintf(c->why, sizeof c->why, "cannot be read: %s", strerror((int)-rc));
            break;
        }
        size_t used = take_piece(c, p, n, (int64_t)n == left);
        want = used ? PIECE_BYTES : n * 2; /* a batch larger than the piece */
    }
    mem_free(p);
    x->close(x, fd);
}

static void compare(const segment *s, contents *c)
{
    if (c->why[0])
        return;
    if (c->next != s->next)
        snprintf(c->why, sizeof c->why, "ends at offset %lld, not at %lld", (long long)c->next, (long long)s->next);
    else if (s->digest.known && (s->digest.batches != c->digest.batches || s->digest.crc != c->digest.crc))
        snprintf(c->why, sizeof c->why, "holds other batches than were written to it (%u, not %u)", c->digest.batches,
                 s->digest.batches);
}

void plog_found_rotten(plog *p, const char *what)
{
    if (p->rotten)
        return;
    p->rotten = true;
    atomic_fetch_add(p->env->rotten, 1);
    lost_tell(
        p->env->lost,
        "storage: partition %s is damaged: %s; it is read up to there and behind that segment, and not compacted any "
        "more",
        p->name, what);
}

/* ---- whose turn it is */

static bool is_unknown(const segment *s)
{
    return !s->max_ts_known || !s->digest.known;
}

/* The first closed one from an offset on, of those that are unknown or of all; held. */
static segment *closed_from(plog *p, int64_t from, bool unknown)
{
    segment *s = NULL;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i + 1 < p->segs.n && s == NULL; i++)
        if (p->segs.p[i]->base >= from && (!unknown || is_unknown(p->segs.p[i])))
            segment_hold(s = p->segs.p[i]);
    pthread_mutex_unlock(&p->lock);
    return s;
}

static int64_t closed_bytes(plog *p)
{
    int64_t sum = 0;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i + 1 < p->segs.n; i++)
        sum += atomic_load(&p->segs.p[i]->size);
    pthread_mutex_unlock(&p->lock);
    return sum;
}

/* Learns, or compares with what is known. */
static void look_at(plog *p, segment *s)
{
    char     path[PATH_BYTES_MAX], what[512];
    contents c;
    status   ignored; /* what is not written now is at the next checkpoint */
    segment_path(p->dir, s->base, ".log", path);
    read_through(s->io, path, s->base, atomic_load(&s->size), &c);
    compare(s, &c);
    if (atomic_load(&p->deleted))
        return;
    if (c.why[0]) {
        snprintf(what, sizeof what, "%0*lld.log, byte %lld: %s", SEGMENT_NAME_DIGITS, (long long)s->base,
                 (long long)c.bytes, c.why);
        plog_found_rotten(p, what);
    }
    if (c.why[0] || !is_unknown(s))
        return;
    pthread_mutex_lock(&p->lock);
    s->digest = c.digest;
    s->max_ts = c.max_ts;
    s->max_ts_known = true;
    s->footed = false;
    pthread_mutex_unlock(&p->lock);
    plog_write_footers(p, &ignored);
}

void plog_scrub(plog *p, int64_t elapsed_ms, int64_t *unknown_bytes)
{
    int64_t  interval = p->env->scrub_interval_ms;
    segment *s;
    while (*unknown_bytes > 0 && !p->rotten && (s = closed_from(p, 0, true)) != NULL) {
        *unknown_bytes -= atomic_load(&s->size);
        look_at(p, s);
        segment_release(s);
    }
    if (interval < 0)
        return;
    int64_t all = closed_bytes(p);
    p->scrub_credit += (double)all * (double)elapsed_ms / (double)interval;
    p->scrub_credit = p->scrub_credit < (double)all ? p->scrub_credit : (double)all;
    while (p->scrub_credit > 0 && (s = closed_from(p, p->scrubbed, false)) != NULL) {
        int64_t size = atomic_load(&s->size);
        bool    affordable = (double)size <= p->scrub_credit;
        if (affordable) {
            p->scrub_credit -= (double)size;
            p->scrubbed = s->next;
            look_at(p, s);
        }
        segment_release(s);
        if (!affordable)
            return;
    }
    if (p->scrub_credit > 0)
        p->scrubbed = 0; /* another round */
}
