/* Is what SQLite's write-ahead log holds whole? SQLite itself takes the first frame that does not hold for the end, and
 * forgets what lies behind it without a word.
 *
 * meta.sqlite-wal: a header of 32 bytes (magic, version, page size, sequence, two salts, two checksums), then frames of
 * 24 bytes and a page each (page number, size after a commit or 0, the salts, two checksums, which run on from frame to
 * frame). https://www.sqlite.org/fileformat2.html#walformat */
#include "storage/wal_check_int.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

#define HEADER_BYTES 32
#define FRAME_BYTES 24
#define MAGIC 0x377f0682u /* the last bit: checksums of big-endian words */

typedef struct sums {
    uint32_t a, b;
} sums;

static uint32_t word(const uint8_t *p, bool big)
{
    uint32_t v = be_get32(p);
    return big ? v : __builtin_bswap32(v);
}

static sums add_up(sums s, const uint8_t *p, size_t n, bool big)
{
    for (size_t i = 0; i < n; i += 8) {
        s.a += word(p + i, big) + s.b;
        s.b += word(p + i + 4, big) + s.a;
    }
    return s;
}

static sums stored(const uint8_t *p)
{
    return (sums){be_get32(p), be_get32(p + 4)};
}

static bool same(sums x, sums y)
{
    return x.a == y.a && x.b == y.b;
}

static sums of_frame(sums before, const uint8_t *f, size_t page, bool big)
{
    return add_up(add_up(before, f, 8, big), f + FRAME_BYTES, page, big);
}

/* Do frames follow, one after another from `before`, of which one ends a transaction? Frames that a transaction left
 * which was rolled back end none, and they hold as well. */
static bool commit_follows(const uint8_t *wal, size_t n, size_t at, sums before, size_t page, bool big)
{
    size_t frame = FRAME_BYTES + page;
    for (; at + frame <= n; at += frame) {
        const uint8_t *f = wal + at;
        if (memcmp(f + 8, wal + 16, 8) != 0 || !same(of_frame(before, f, page, big), stored(f + 16)))
            return false;
        if (be_get32(f + 4) != 0)
            return true;
        before = stored(f + 16);
    }
    return false;
}

int64_t wal_bytes(int64_t frames, int64_t page)
{
    return HEADER_BYTES + frames * (FRAME_BYTES + page);
}

wal_state wal_check(const uint8_t *p, size_t n)
{
    if (n < HEADER_BYTES)
        return WAL_WHOLE; /* nothing was ever committed to it */
    uint32_t magic = be_get32(p), page = be_get32(p + 8);
    bool     big = magic & 1;
    size_t   frame = FRAME_BYTES + (size_t)page;
    if ((magic & ~1u) != MAGIC || page < 512 || page > 65536 || page % 8 ||
        !same(add_up((sums){0, 0}, p, 24, big), stored(p + 24)))
        return n >= HEADER_BYTES + FRAME_BYTES ? WAL_DAMAGED : WAL_TORN;
    sums now = stored(p + 24);
    for (size_t at = HEADER_BYTES; at + frame <= n; at += frame) {
        const uint8_t *f = p + at, *after = f + frame;
        if (memcmp(f + 8, p + 16, 8) != 0) /* left from before the log was begun anew, or a salt is damaged */
            return at + 2 * frame <= n && memcmp(after + 8, p + 16, 8) == 0 ? WAL_DAMAGED : WAL_WHOLE;
        sums computed = of_frame(now, f, page, big), says = stored(f + 16);
        if (!same(computed, says)) {
            /* Whichever of the two is the right one. */
            bool follows = commit_follows(p, n, at + frame, says, page, big) ||
                           commit_follows(p, n, at + frame, computed, page, big);
            return follows ? WAL_DAMAGED : WAL_TORN;
        }
        now = says;
    }
    return WAL_WHOLE;
}
