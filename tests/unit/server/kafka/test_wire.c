#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/num.h"
#include "server/kafka/server_int.h"

/* ---- random messages by the tables */

static uint64_t seed;

static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static str random_text(arena *a)
{
    uint32_t n = (uint32_t)(rnd() % 20);
    if (rnd() % 50 == 0)
        n = 300;
    char *p = arena_bytes(a, n + 1);
    for (uint32_t i = 0; i < n; i++)
        p[i] = (char)rnd();
    return str_make(p, n);
}

static void fill_struct(arena *a, const wire_struct *s, int version, bool flexible, char *out);

static void fill_scalar(arena *a, uint8_t type, bool nullable, char *at)
{
    uint64_t v = rnd();
    str      text = STR_NONE;
    switch ((wire_type)type) {
    case WIRE_BOOL:
        *(bool *)at = v & 1;
        break;
    case WIRE_INT8:
        memcpy(at, &v, 1);
        break;
    case WIRE_INT16:
        memcpy(at, &v, 2);
        break;
    case WIRE_INT32:
        memcpy(at, &v, 4);
        break;
    case WIRE_INT64:
        memcpy(at, &v, 8);
        break;
    case WIRE_UUID:
        memcpy(at, &v, 8);
        memcpy(at + 8, &v, 8);
        break;
    case WIRE_STRING:
    case WIRE_BYTES:
    case WIRE_RECORDS:
        if (!nullable || v % 4)
            text = random_text(a);
        memcpy(at, &text, sizeof text);
        break;
    case WIRE_SLICE: {
        text = random_text(a);
        fetch_slice slice = {.fd = -1, .data = (const uint8_t *)text.p, .len_bytes = text.n};
        memcpy(at, &slice, sizeof slice);
        break;
    }
    case WIRE_LIST:
        fail();
    }
}

static size_t elem_size(const wire_field *f)
{
    if (f->sub)
        return f->sub->size;
    switch ((wire_type)f->elem) {
    case WIRE_INT8:
        return 1;
    case WIRE_INT32:
        return 4;
    case WIRE_INT64:
        return 8;
    case WIRE_STRING:
        return sizeof(str);
    default:
        fail();
        return 0;
    }
}

static bool carried(const wire_field *f, int version, bool flexible)
{
    return version >= f->lo && version <= f->hi && (f->tag == WIRE_NEVER || flexible);
}

static void fill_struct(arena *a, const wire_struct *s, int version, bool flexible, char *out)
{
    for (int i = 0; i < s->count; i++) {
        const wire_field *f = &s->fields[i];
        bool              nullable = version >= f->null_lo;
        if (!carried(f, version, flexible))
            continue;
        if (f->type != WIRE_LIST) {
            fill_scalar(a, f->type, nullable, out + f->at);
            continue;
        }
        wire_list l = {.n = (int32_t)(rnd() % 4)};
        if (nullable && rnd() % 4 == 0)
            l.n = -1;
        l.p = arena_zalloc(a, elem_size(f) * (size_t)(l.n > 0 ? l.n : 0));
        for (int32_t k = 0; k < l.n; k++) {
            char *e = (char *)l.p + elem_size(f) * (size_t)k;
            if (f->sub)
                fill_struct(a, f->sub, version, flexible, e);
            else
                fill_scalar(a, f->elem, false, e);
        }
        memcpy(out + f->at, &l, sizeof l);
    }
}

static void same_scalar(uint8_t type, const char *a, const char *b)
{
    static const size_t size[] = {
        [WIRE_BOOL] = 1, [WIRE_INT8] = 1, [WIRE_INT16] = 2, [WIRE_INT32] = 4, [WIRE_INT64] = 8, [WIRE_UUID] = 16};
    if (type == WIRE_SLICE) {
        const fetch_slice *x = (const fetch_slice *)(const void *)a;
        const fetch_slice *y = (const fetch_slice *)(const void *)b;
        assert_int_equal(x->len_bytes, y->len_bytes);
        if (x->len_bytes)
            assert_memory_equal(x->data, y->data, x->len_bytes);
    } else if (type == WIRE_STRING || type == WIRE_BYTES || type == WIRE_RECORDS) {
        const str *x = (const str *)(const void *)a, *y = (const str *)(const void *)b;
        assert_int_equal(x->p == NULL, y->p == NULL);
        assert_true(str_eq(*x, *y));
    } else {
        assert_memory_equal(a, b, size[type]);
    }
}

static void same_struct(const wire_struct *s, int version, bool flexible, const char *a, const char *b)
{
    for (int i = 0; i < s->count; i++) {
        const wire_field *f = &s->fields[i];
        if (!carried(f, version, flexible))
            continue;
        if (f->type != WIRE_LIST) {
            same_scalar(f->type, a + f->at, b + f->at);
            continue;
        }
        wire_list x, y;
        memcpy(&x, a + f->at, sizeof x);
        memcpy(&y, b + f->at, sizeof y);
        assert_int_equal(x.n, y.n);
        for (int32_t k = 0; k < x.n; k++) {
            const char *p = (const char *)x.p + elem_size(f) * (size_t)k;
            const char *q = (const char *)y.p + elem_size(f) * (size_t)k;
            if (f->sub)
                same_struct(f->sub, version, flexible, p, q);
            else
                same_scalar(f->elem, p, q);
        }
    }
}

/* The bytes of a message with its slices put in, in memory of exactly that size. */
static uint8_t *encode(arena *a, const wire_struct *s, int version, bool flexible, const void *in, size_t *n)
{
    buf         out = BUF_INIT(BUF_MAX), all = BUF_INIT(BUF_MAX);
    wire_writer w = {.out = &out, .a = a, .version = (int16_t)version, .flexible = flexible};
    size_t      at = 0;
    wire_encode(&w, s, in);
    for (uint32_t i = 0; i < w.cut_count; i++) {
        buf_put(&all, out.p + at, w.cuts[i].at - at);
        buf_put(&all, w.cuts[i].slice.data, w.cuts[i].slice.len_bytes);
        at = w.cuts[i].at;
    }
    buf_put(&all, out.p + at, out.n - at);
    uint8_t *p = mem_dup(all.n ? all.p : "", all.n);
    *n = all.n;
    buf_free(&out);
    buf_free(&all);
    return p;
}

static bool decode(arena *a, const wire_struct *s, int version, bool flexible, const uint8_t *p, size_t n, void *out)
{
    wire_reader r;
    wire_reader_init(&r, p, n, a);
    r.version = (int16_t)version;
    r.flexible = flexible;
    return wire_decode(&r, s, out);
}

static void round_trip(const wire_struct *s, int version, bool flexible)
{
    arena a;
    arena_init(&a);
    size_t n;
    char  *in = wire_new(&a, s, 1), *out = arena_zalloc(&a, s->size);
    fill_struct(&a, s, version, flexible, in);
    uint8_t *bytes = encode(&a, s, version, flexible, in, &n);
    assert_true(decode(&a, s, version, flexible, bytes, n, out));
    same_struct(s, version, flexible, in, out);
    for (size_t cut = 0; cut < n; cut += 1 + cut / 64) { /* every short prefix, some of the long */
        uint8_t *torn = mem_dup(bytes, cut);
        assert_false(decode(&a, s, version, flexible, torn, cut, out));
        mem_free(torn);
    }
    for (int i = 0; i < 20 && n > 0; i++) { /* damage must not hurt either */
        uint8_t *bad = mem_dup(bytes, n);
        bad[rnd() % n] = (uint8_t)rnd();
        decode(&a, s, version, flexible, bad, n, out);
        mem_free(bad);
    }
    mem_free(bytes);
    arena_free(&a);
}

static void every_message_in_every_version(void **state)
{
    (void)state;
    seed = (uint64_t)time(NULL) * 2654435761u + 1;
    printf("seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < api_count; i++)
        for (int v = api_table[i].accepted_min; v <= api_table[i].max; v++)
            for (int k = 0; k < 8; k++) {
                round_trip(api_table[i].request, v, v >= api_table[i].flexible);
                round_trip(api_table[i].response, v, v >= api_table[i].flexible);
            }
}

static void api_rows_make_sense(void **state)
{
    (void)state;
    for (int i = 0; i < api_count; i++) {
        const api *a = &api_table[i];
        assert_ptr_equal(api_find(a->key), a);
        assert_true(a->min <= a->accepted_min && a->accepted_min <= a->max);
        assert_true(i == 0 || api_table[i - 1].key < a->key);
    }
    assert_null(api_find(9999));
}

/* ---- golden bytes */

static void expect_bytes(const wire_struct *s, int version, bool flexible, const void *in, const char *bytes,
                         size_t len)
{
    arena a;
    arena_init(&a);
    size_t   n;
    uint8_t *got = encode(&a, s, version, flexible, in, &n);
    assert_int_equal(n, len);
    assert_memory_equal(got, bytes, len);
    mem_free(got);
    arena_free(&a);
}

static void golden_metadata_request(void **state)
{
    (void)state;
    metadata_request_topic t[] = {{.name = STR("ab")}};
    metadata_request       q = {.topics = {t, 1}, .allow_auto_topic_creation = true};
    static const char      v1[] = "\0\0\0\1\0\2ab";
    expect_bytes(&metadata_request_wire, 1, false, &q, v1, sizeof v1 - 1);
    static const char v9[] = "\2\3ab\0\1\0\0\0";
    expect_bytes(&metadata_request_wire, 9, true, &q, v9, sizeof v9 - 1);
    q.topics.n = -1;
    expect_bytes(&metadata_request_wire, 1, false, &q, "\xff\xff\xff\xff", 4);
    expect_bytes(&metadata_request_wire, 12, true, &q, "\0\1\0\0", 4);
}

static void golden_join_response(void **state)
{
    (void)state;
    join_group_response r = {.error_code = 79, .generation_id = -1, .member_id = STR("m")};
    static const char   v2[] = "\0\0\0\0\0\x4f\xff\xff\xff\xff\0\0\0\0\0\1m\0\0\0\0";
    expect_bytes(&join_group_response_wire, 2, false, &r, v2, sizeof v2 - 1);
    static const char v7[] = "\0\0\0\0\0\x4f\xff\xff\xff\xff\0\0\1\2m\1\0";
    expect_bytes(&join_group_response_wire, 7, true, &r, v7, sizeof v7 - 1);
}

static void golden_tags(void **state)
{
    (void)state;
    api_versions_response r = {.finalized_features_epoch = 7, .zk_migration_ready = true};
    static const char     v3[] = "\0\0\1\0\0\0\0\2\1\x08\0\0\0\0\0\0\0\7\3\1\1";
    expect_bytes(&api_versions_response_wire, 3, true, &r, v3, sizeof v3 - 1);
    r = (api_versions_response){.finalized_features_epoch = -1};
    expect_bytes(&api_versions_response_wire, 3, true, &r, "\0\0\1\0\0\0\0\0", 8);
    arena a;
    arena_init(&a);
    api_versions_response got;
    /* an unknown tag 9 of two bytes between known ones is skipped */
    static const uint8_t in[] = "\0\0\1\0\0\0\0\3\1\x08\0\0\0\0\0\0\0\7\3\1\1\x09\2xy";
    assert_true(decode(&a, &api_versions_response_wire, 3, true, in, sizeof in - 1, &got));
    assert_int_equal(got.finalized_features_epoch, 7);
    assert_true(got.zk_migration_ready);
    arena_free(&a);
}

static void hostile_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t      n;
        int         version;
        bool        flexible;
    } bad[] = {
        {"\x7f\xff\xff\xff", 4, 1, false},                       /* a list of 2^31-1 */
        {"\xff\xff\xff\xfe", 4, 1, false},                       /* -2 */
        {"\0\0\0\1\xff\xff", 6, 1, false},                       /* a null name where none may be */
        {"\0\0\0\1\x7f\xff", 6, 1, false},                       /* a name longer than the frame */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 10, 9, true}, /* an overlong varint */
        {"\xff\xff\xff\xff\x0f", 5, 9, true},                    /* 2^32-1 - 1 topics */
        {"\1\1\0\0\xff\xff\xff\xff\x0f", 9, 9, true},            /* as many tags */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        arena a;
        arena_init(&a);
        metadata_request q;
        uint8_t         *p = mem_dup(bad[i].bytes, bad[i].n);
        assert_false(decode(&a, &metadata_request_wire, bad[i].version, bad[i].flexible, p, bad[i].n, &q));
        assert_true(a.total < ((size_t)1 << 20));
        mem_free(p);
        arena_free(&a);
    }
}

static void lists_have_a_budget(void **state)
{
    (void)state;
    arena a;
    arena_init(&a);
    /* 20 million names of no bytes: 40 MB on the wire, 16 times as much in memory */
    size_t           n = 4 + 2 * (size_t)20000000;
    uint8_t         *p = mem_zalloc(n);
    metadata_request q;
    be_put32(p, 20000000);
    wire_reader r;
    wire_reader_init(&r, p, n, &a);
    r.version = 1;
    assert_false(wire_decode(&r, &metadata_request_wire, &q));
    assert_string_equal(r.fault, "its lists need more memory than a request may take");
    mem_free(p);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_in_every_version),
        cmocka_unit_test(api_rows_make_sense),
        cmocka_unit_test(golden_metadata_request),
        cmocka_unit_test(golden_join_response),
        cmocka_unit_test(golden_tags),
        cmocka_unit_test(hostile_lengths),
        cmocka_unit_test(lists_have_a_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
