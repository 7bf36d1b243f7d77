/* Text results: the scratch buffer, and UTF-8 text seen in UTF-16 units. */
#include "engine/expr/text_build.h"

#include <pthread.h>

#include "base/mem.h"

#define SCRATCH_KEEP_BYTES ((size_t)1 << 20) /* a larger buffer is given back after use */

static pthread_key_t      scratch_key;
static pthread_once_t     scratch_once = PTHREAD_ONCE_INIT;
static _Thread_local buf *scratch;

static void scratch_free(void *p)
{
    buf *b = p;
    buf_free(b);
    mem_free(b);
}

static void scratch_key_new(void)
{
    pthread_key_create(&scratch_key, scratch_free);
}

buf *text_scratch(void)
{
    if (__builtin_expect(scratch == NULL, 0)) {
        pthread_once(&scratch_once, scratch_key_new);
        scratch = MEM_NEW(buf);
        *scratch = BUF_INIT(TEXT_RESULT_MAX);
        pthread_setspecific(scratch_key, scratch); /* freed when the thread ends */
    }
    buf_clear(scratch);
    return scratch;
}

static value too_long(ectx *cx)
{
    return ectx_fail(cx, "the result is longer than %zu bytes", TEXT_RESULT_MAX);
}

value text_scratch_value(ectx *cx)
{
    buf *b = scratch;
    if (b->full)
        return too_long(cx);
    value v = value_s(str_dup(cx->a, buf_str(b)));
    if (b->cap > SCRATCH_KEEP_BYTES) {
        buf_free(b);
        *b = BUF_INIT(TEXT_RESULT_MAX);
    }
    return v;
}

char *text_room(ectx *cx, size_t n)
{
    if (n <= TEXT_RESULT_MAX)
        return arena_bytes(cx->a, n);
    too_long(cx);
    return NULL;
}

bool str_is_ascii(str s)
{
    uint32_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t w;
        memcpy(&w, s.p + i, 8);
        if (w & 0x8080808080808080u)
            return false;
    }
    for (; i < s.n; i++)
        if (s.p[i] & 0x80)
            return false;
    return true;
}

uint32_t utf8_at(const char *at, const char *end, uint32_t *len)
{
    const uint8_t *p = (const uint8_t *)at;
    size_t         left = (size_t)(end - at);
    uint8_t        b = p[0];
    *len = 1;
    if (b < 0x80)
        return b;
    if (b >= 0xc2 && b < 0xe0 && left >= 2 && (p[1] & 0xc0) == 0x80) {
        *len = 2;
        return (uint32_t)(b & 0x1f) << 6 | (p[1] & 0x3f);
    }
    if (b >= 0xe0 && b < 0xf0 && left >= 3 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
        *len = 3;
        return (uint32_t)(b & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    }
    if (b >= 0xf0 && b < 0xf5 && left >= 4 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80 && (p[3] & 0xc0) == 0x80) {
        *len = 4;
        return (uint32_t)(b & 7) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
    }
    return 0xfffd;
}

uint32_t utf8_write(char *p, uint32_t cp)
{
    if (cp < 0x80) {
        p[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        p[0] = (char)(0xc0 | cp >> 6);
        p[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        if (cp >= 0xd800 && cp < 0xe000) {
            p[0] = '?';
            return 1;
        }
        p[0] = (char)(0xe0 | cp >> 12);
        p[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        p[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    p[0] = (char)(0xf0 | cp >> 18);
    p[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    p[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    p[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

str utf16_slice(arena *a, str s, uint32_t from, uint32_t to)
{
    bool     cut_left, cut_right;
    uint32_t l = utf16_offset(s, from, &cut_left);
    str      tail = str_make(s.p + l, s.n - l);
    /* Behind a split pair counting goes on from the pair's start, one unit earlier. */
    uint32_t r = utf16_offset(tail, to - from + cut_left, &cut_right);
    if (!cut_left && !cut_right)
        return str_make(tail.p, r);
    if (from >= to)
        return str_make(s.p, 0);
    uint32_t skip = cut_left ? 4 : 0; /* the pair itself is 4 bytes */
    if (skip > r)
        skip = r;
    char    *p = arena_bytes(a, (size_t)r + 2);
    uint32_t n = 0;
    if (cut_left)
        p[n++] = '?';
    memcpy(p + n, tail.p + skip, r - skip);
    n += r - skip;
    if (cut_right)
        p[n++] = '?';
    return str_make(p, n);
}

uint16_t *utf16_from(arena *a, str s, uint32_t *n)
{
    uint16_t *u = arena_alloc(a, (size_t)s.n * sizeof *u);
    uint32_t  k = 0;
    for (const char *p = s.p, *end = s.p + s.n; p < end;) {
        uint32_t len, cp = utf8_at(p, end, &len);
        p += len;
        if (cp >= 0x10000) {
            u[k++] = (uint16_t)(0xd800 + ((cp - 0x10000) >> 10));
            u[k++] = (uint16_t)(0xdc00 + ((cp - 0x10000) & 0x3ff));
        } else {
            u[k++] = (uint16_t)cp;
        }
    }
    *n = k;
    return u;
}

str utf16_to(arena *a, const uint16_t *u, uint32_t n)
{
    char    *p = arena_bytes(a, (size_t)n * 3);
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t cp = u[i];
        if (cp >= 0xd800 && cp < 0xdc00 && i + 1 < n && u[i + 1] >= 0xdc00 && u[i + 1] < 0xe000)
            cp = 0x10000 + ((cp - 0xd800) << 10) + (u[++i] - 0xdc00u);
        k += utf8_write(p + k, cp);
    }
    return str_make(p, k);
}
