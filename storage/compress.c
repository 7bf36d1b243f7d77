/* The codecs of record batches, one table row each. Contexts are kept per thread: making one costs
 * more than unpacking a small batch. */
#include <lz4frame.h>
#include <pthread.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "storage/record.h"

#define GROW_BYTES_MIN 16384
#define SNAPPY_BLOCK_BYTES 32768
#define GZIP_WINDOW (15 + 16) /* largest window, gzip framing */

/* What Java's snappy-java writes ahead of its blocks: magic, version, oldest compatible version. */
static const uint8_t xerial_magic[8] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
#define XERIAL_HEADER_BYTES 16

typedef struct contexts {
    ZSTD_CCtx *zstd_c;
    ZSTD_DCtx *zstd_d;
    LZ4F_cctx *lz4_c;
    LZ4F_dctx *lz4_d;
    z_stream   deflate, inflate;
    bool       deflate_ready, inflate_ready;
} contexts;

static pthread_key_t  contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void contexts_free(void *p)
{
    contexts *c = p;
    ZSTD_freeCCtx(c->zstd_c);
    ZSTD_freeDCtx(c->zstd_d);
    LZ4F_freeCompressionContext(c->lz4_c);
    LZ4F_freeDecompressionContext(c->lz4_d);
    if (c->deflate_ready)
        deflateEnd(&c->deflate);
    if (c->inflate_ready)
        inflateEnd(&c->inflate);
    mem_free(c);
}

/* Thread destructors do not run for the thread that ends the program. */
static void contexts_free_main(void)
{
    contexts *c = pthread_getspecific(contexts_key);
    if (c) {
        pthread_setspecific(contexts_key, NULL);
        contexts_free(c);
    }
}

static void contexts_make_key(void)
{
    pthread_key_create(&contexts_key, contexts_free);
    atexit(contexts_free_main);
}

static contexts *contexts_get(void)
{
    pthread_once(&contexts_once, contexts_make_key);
    contexts *c = pthread_getspecific(contexts_key);
    if (!c) {
        c = MEM_NEW(contexts);
        pthread_setspecific(contexts_key, c);
    }
    return c;
}

static bool out_of_memory(const char *what, status *st)
{
    return status_set(st, ST_LIMIT, "No memory for %s", what);
}

static bool too_large(const buf *out, status *st)
{
    return status_set(st, ST_TOO_LARGE, "Record batch unpacks to more than %zu bytes", out->max);
}

static bool malformed(const char *name, const char *why, status *st)
{
    return status_set(st, ST_CORRUPT, "Malformed %s data in a record batch: %s", name, why);
}

/* Room for at least one more byte of output, growing with what was written so far. */
static bool make_room(buf *out, size_t hint, status *st)
{
    if (out->n < out->cap)
        return true;
    size_t more = out->n > hint ? out->n : hint;
    if (more < GROW_BYTES_MIN)
        more = GROW_BYTES_MIN;
    if (more > out->max - out->n)
        more = out->max - out->n;
    if (more == 0 || !buf_reserve(out, more))
        return too_large(out, st);
    return true;
}

/* ---- gzip */

static bool gzip_compress(int level, str in, buf *out, status *st)
{
    contexts *c = contexts_get();
    z_stream *z = &c->deflate;
    if (!c->deflate_ready) {
        if (deflateInit2(z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            return out_of_memory("gzip", st);
        c->deflate_ready = true;
    }
    deflateReset(z);
    deflateParams(z, level, Z_DEFAULT_STRATEGY);
    if (!buf_reserve(out, deflateBound(z, in.n)))
        return too_large(out, st);
    z->next_in = (Bytef *)in.p;
    z->avail_in = in.n;
    z->next_out = (Bytef *)out->p + out->n;
    z->avail_out = (uInt)(out->cap - out->n);
    if (deflate(z, Z_FINISH) != Z_STREAM_END)
        return status_set(st, ST_INTERNAL, "gzip could not pack %u bytes", in.n);
    out->n = out->cap - z->avail_out;
    return true;
}

static bool gzip_decompress(str in, buf *out, status *st)
{
    contexts *c = contexts_get();
    z_stream *z = &c->inflate;
    if (!c->inflate_ready) {
        if (inflateInit2(z, GZIP_WINDOW) != Z_OK)
            return out_of_memory("gzip", st);
        c->inflate_ready = true;
    }
    inflateReset(z);
    z->next_in = (Bytef *)in.p;
    z->avail_in = in.n;
    for (;;) {
        if (!make_room(out, (size_t)in.n * 4, st))
            return false;
        size_t room = out->cap - out->n;
        z->next_out = (Bytef *)out->p + out->n;
        z->avail_out = (uInt)room;
        int rc = inflate(z, Z_NO_FLUSH);
        out->n += room - z->avail_out;
        if (rc == Z_STREAM_END) {
            if (z->avail_in == 0)
                return true;
            inflateReset(z); /* a further member (RFC 1952, 2.2) */
        } else if (rc != Z_OK && !(rc == Z_BUF_ERROR && z->avail_out == 0)) {
            return malformed("gzip", z->msg ? z->msg : "cut short", st);
        } else if (z->avail_in == 0 && z->avail_out != 0) {
            return malformed("gzip", "cut short", st);
        }
    }
}

/* ---- snappy */

static bool snappy_compress_xerial(int level, str in, buf *out, status *st)
{
    (void)level; /* snappy has none */
    size_t blocks = in.n / SNAPPY_BLOCK_BYTES + 1;
    size_t block_max = snappy_max_compressed_length(SNAPPY_BLOCK_BYTES) + 4;
    if (!buf_reserve(out, XERIAL_HEADER_BYTES + blocks * block_max))
        return too_large(out, st);
    buf_put(out, xerial_magic, sizeof xerial_magic);
    buf_put_i32(out, 1);
    buf_put_i32(out, 1);
    for (size_t at = 0; at < in.n; at += SNAPPY_BLOCK_BYTES) {
        size_t n = in.n - at < SNAPPY_BLOCK_BYTES ? in.n - at : SNAPPY_BLOCK_BYTES;
        size_t packed = block_max - 4;
        if (snappy_compress(in.p + at, n, out->p + out->n + 4, &packed) != SNAPPY_OK)
            return status_set(st, ST_INTERNAL, "snappy could not pack %zu bytes", n);
        be_put32(out->p + out->n, (uint32_t)packed);
        out->n += packed + 4;
    }
    return true;
}

static bool snappy_block(const char *p, size_t n, buf *out, status *st)
{
    size_t len;
    if (snappy_uncompressed_length(p, n, &len) != SNAPPY_OK)
        return malformed("snappy", "no length", st);
    if (len > out->max - out->n || !buf_reserve(out, len))
        return too_large(out, st);
    if (len == 0)
        return true;
    if (snappy_uncompress(p, n, out->p + out->n, &len) != SNAPPY_OK)
        return malformed("snappy", "a block does not unpack", st);
    out->n += len;
    return true;
}

static bool snappy_decompress(str in, buf *out, status *st)
{
    if (in.n < XERIAL_HEADER_BYTES || memcmp(in.p, xerial_magic, sizeof xerial_magic) != 0)
        return snappy_block(in.p, in.n, out, st); /* librdkafka, franz-go: one raw block */
    for (size_t at = XERIAL_HEADER_BYTES; at < in.n;) {
        if (in.n - at < 4)
            return malformed("snappy", "a block length is cut short", st);
        size_t n = be_get32(in.p + at);
        at += 4;
        if (n > in.n - at)
            return malformed("snappy", "a block is cut short", st);
        if (!snappy_block(in.p + at, n, out, st))
            return false;
        at += n;
    }
    return true;
}

/* ---- lz4 */

static bool lz4_compress(int level, str in, buf *out, status *st)
{
    /* Independent 64 KB blocks: the only frames that old Java clients read. */
    LZ4F_preferences_t prefs = {.frameInfo = {.blockSizeID = LZ4F_max64KB, .blockMode = LZ4F_blockIndependent},
                                .compressionLevel = level};
    contexts          *c = contexts_get();
    if (!c->lz4_c && LZ4F_isError(LZ4F_createCompressionContext(&c->lz4_c, LZ4F_VERSION)))
        return out_of_memory("lz4", st);
    size_t bound = LZ4F_compressFrameBound(in.n, &prefs);
    if (!buf_reserve(out, bound))
        return too_large(out, st);
    size_t n = LZ4F_compressBegin(c->lz4_c, out->p + out->n, out->cap - out->n, &prefs);
    for (int step = 0; step < 2 && !LZ4F_isError(n); step++) {
        out->n += n;
        char  *to = out->p + out->n;
        size_t room = out->cap - out->n;
        n = step == 0 ? LZ4F_compressUpdate(c->lz4_c, to, room, in.p, in.n, NULL)
                      : LZ4F_compressEnd(c->lz4_c, to, room, NULL);
    }
    if (LZ4F_isError(n))
        return status_set(st, ST_INTERNAL, "lz4 could not pack %u bytes: %s", in.n, LZ4F_getErrorName(n));
    out->n += n;
    return true;
}

static bool lz4_decompress(str in, buf *out, status *st)
{
    contexts *c = contexts_get();
    if (!c->lz4_d && LZ4F_isError(LZ4F_createDecompressionContext(&c->lz4_d, LZ4F_VERSION)))
        return out_of_memory("lz4", st);
    LZ4F_resetDecompressionContext(c->lz4_d);
    size_t at = 0;
    for (;;) {
        if (!make_room(out, (size_t)in.n * 4, st))
            return false;
        size_t to = out->cap - out->n, from = in.n - at;
        size_t rc = LZ4F_decompress(c->lz4_d, out->p + out->n, &to, in.p + at, &from, NULL);
        if (LZ4F_isError(rc))
            return malformed("lz4", LZ4F_getErrorName(rc), st);
        out->n += to;
        at += from;
        if (rc == 0 && at == in.n)
            return true;
        if (to == 0 && from == 0 && out->n < out->cap)
            return malformed("lz4", "cut short", st);
    }
}

/* ---- zstd */

static bool zstd_compress(int level, str in, buf *out, status *st)
{
    contexts *c = contexts_get();
    if (!c->zstd_c && !(c->zstd_c = ZSTD_createCCtx()))
        return out_of_memory("zstd", st);
    if (!buf_reserve(out, ZSTD_compressBound(in.n)))
        return too_large(out, st);
    size_t n = ZSTD_compressCCtx(c->zstd_c, out->p + out->n, out->cap - out->n, in.p, in.n, level);
    if (ZSTD_isError(n))
        return status_set(st, ST_INTERNAL, "zstd could not pack %u bytes: %s", in.n, ZSTD_getErrorName(n));
    out->n += n;
    return true;
}

static bool zstd_decompress(str in, buf *out, status *st)
{
    contexts *c = contexts_get();
    if (!c->zstd_d && !(c->zstd_d = ZSTD_createDCtx()))
        return out_of_memory("zstd", st);
    ZSTD_DCtx_reset(c->zstd_d, ZSTD_reset_session_only);
    ZSTD_inBuffer from = {in.p, in.n, 0};
    for (;;) {
        if (!make_room(out, (size_t)in.n * 4, st))
            return false;
        ZSTD_outBuffer to = {out->p + out->n, out->cap - out->n, 0};
        size_t         rc = ZSTD_decompressStream(c->zstd_d, &to, &from);
        if (ZSTD_isError(rc))
            return malformed("zstd", ZSTD_getErrorName(rc), st);
        out->n += to.pos;
        if (rc == 0 && from.pos == from.size)
            return true;
        if (from.pos == from.size && to.pos < to.size)
            return malformed("zstd", "cut short", st);
    }
}

/* ---- the table, in the order of the codec bits */

static bool none_compress(int level, str in, buf *out, status *st)
{
    (void)level;
    buf_puts(out, in);
    return !out->full || too_large(out, st);
}

static bool none_decompress(str in, buf *out, status *st)
{
    return none_compress(0, in, out, st);
}

static const struct {
    const char *name;
    int         level; /* when none is asked for: what Kafka's clients use */
    bool (*compress)(int level, str in, buf *out, status *st);
    bool (*decompress)(str in, buf *out, status *st);
} codecs[] = {
    [CODEC_NONE] = {"none", 0, none_compress, none_decompress},
    [CODEC_GZIP] = {"gzip", Z_DEFAULT_COMPRESSION, gzip_compress, gzip_decompress},
    [CODEC_SNAPPY] = {"snappy", 0, snappy_compress_xerial, snappy_decompress},
    [CODEC_LZ4] = {"lz4", 0, lz4_compress, lz4_decompress},
    [CODEC_ZSTD] = {"zstd", 3, zstd_compress, zstd_decompress},
};

bool codec_compress(codec c, str in, buf *out, status *st)
{
    return codecs[c].compress(codecs[c].level, in, out, st);
}

bool codec_decompress(codec c, str in, buf *out, status *st)
{
    return codecs[c].decompress(in, out, st);
}

const char *codec_name(codec c)
{
    return codecs[c].name;
}
