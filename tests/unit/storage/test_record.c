#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <snappy-c.h>
#include <zlib.h>

#include "base/mem.h"
#include "storage/producer_state_int.h"
#include "storage/record.h"

static status st;

static str plain_batch(batch_builder *b)
{
    static const char headers[] = {6, 'a', 'b', 'c', 2, 'v', 2, 'n', 1}; /* abc=v, n=null */
    batch_builder_reset(b);
    assert_true(batch_builder_add(b, 100, STR("key"), STR("value"), 2, str_make(headers, 9)));
    assert_true(batch_builder_add(b, 90, STR_NONE, STR(""), 0, STR_NONE));
    assert_true(batch_builder_add(b, 5000000000000, STR(""), STR_NONE, 0, STR_NONE));
    return batch_builder_finish(b, CODEC_NONE, &st);
}

static void round_trip(void **state)
{
    (void)state;
    batch_builder b;
    batch_view    v;
    batch_iter    it = BATCH_ITER_INIT;
    rec_view      r;
    rec_header    h;
    batch_builder_init(&b, 1 << 20);
    str s = plain_batch(&b);
    assert_true(batch_parse((const uint8_t *)s.p, s.n, true, &v, &st));
    assert_int_equal(v.count, 3);
    assert_int_equal(v.last_delta, 2);
    assert_int_equal(v.base_ts, 100);
    assert_int_equal(v.max_ts, 5000000000000);
    assert_int_equal(v.producer_id, -1);
    assert_int_equal(v.size_bytes, s.n);
    be_put64((char *)s.p, 1000);
    assert_true(batch_iter_begin(&it, (const uint8_t *)s.p, s.n, &st));
    assert_true(batch_iter_next(&it, &r, &st));
    assert_int_equal(r.offset, 1000);
    assert_int_equal(r.ts, 100);
    assert_true(str_eqz(r.key, "key") && str_eqz(r.value, "value"));
    assert_int_equal(r.header_count, 2);
    const uint8_t *at = r.headers;
    assert_true(rec_header_next(&r, &at, &h));
    assert_true(str_eqz(h.key, "abc") && str_eqz(h.value, "v") && !h.value_null);
    assert_true(rec_header_next(&r, &at, &h));
    assert_true(str_eqz(h.key, "n") && h.value_null);
    assert_false(rec_header_next(&r, &at, &h));
    assert_true(batch_iter_next(&it, &r, &st));
    assert_true(r.key_null && !r.value_null && r.value.n == 0);
    assert_int_equal(r.ts, 90);
    assert_true(batch_iter_next(&it, &r, &st));
    assert_true(!r.key_null && r.value_null);
    assert_int_equal(r.ts, 5000000000000);
    assert_int_equal(r.offset, 1002);
    assert_false(batch_iter_next(&it, &r, &st));
    assert_int_equal(st.code, ST_OK);
    /* With LogAppendTime the batch's greatest timestamp stands for all. */
    be_put16((char *)s.p + 21, BATCH_LOG_APPEND_TIME);
    assert_true(batch_iter_begin(&it, (const uint8_t *)s.p, s.n, &st));
    assert_true(batch_iter_next(&it, &r, &st));
    assert_int_equal(r.ts, 5000000000000);
    batch_iter_free(&it);
    batch_builder_free(&b);
}

static void every_cut_and_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    batch_builder b;
    batch_view    v;
    batch_builder_init(&b, 1 << 20);
    str      s = plain_batch(&b);
    uint8_t *p = mem_dup(s.p, s.n);
    for (uint32_t n = 0; n < s.n; n++) {
        uint8_t *cut = mem_dup(p, n ? n : 1); /* of just that size, for the sanitizer */
        assert_false(batch_parse(cut, n, true, &v, &st));
        mem_free(cut);
    }
    for (uint32_t i = 8; i < s.n; i++) {
        if (i >= 12 && i < 16)
            continue; /* the leader epoch is the server's and not covered */
        for (int bit = 0; bit < 8; bit++) {
            p[i] ^= (uint8_t)(1 << bit);
            assert_false(batch_parse(p, s.n, true, &v, &st));
            assert_int_equal(st.code, ST_CORRUPT);
            p[i] ^= (uint8_t)(1 << bit);
        }
    }
    assert_true(batch_parse(p, s.n, true, &v, &st));
    mem_free(p);
    batch_builder_free(&b);
}

static void codecs_round_trip(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 10, 1000, 32768, 32769, 100000, 3000000};
    for (codec c = CODEC_NONE; c <= CODEC_ZSTD; c++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            char *in = mem_alloc(sizes[i] + 1);
            for (size_t k = 0; k < sizes[i]; k++)
                in[k] = (char)(k * k / 7 % 31);
            buf packed = BUF_INIT(BUF_MAX), plain = BUF_INIT(BATCH_DECOMPRESSED_MAX);
            assert_true(codec_compress(c, str_make(in, sizes[i]), &packed, &st));
            assert_true(codec_decompress(c, buf_str(&packed), &plain, &st));
            assert_int_equal(plain.n, sizes[i]);
            assert_true(plain.n == 0 || memcmp(plain.p, in, plain.n) == 0);
            for (size_t cut = 0; c != CODEC_NONE && cut < packed.n; cut += packed.n / 40 + 1) {
                buf_clear(&plain);
                char *half = mem_dup(packed.p, cut ? cut : 1);
                bool  ok = codec_decompress(c, str_make(half, cut), &plain, &st);
                /* A whole number of xerial blocks is well-formed, but not all of the data. */
                assert_true(!ok || plain.n < sizes[i] || sizes[i] == 0);
                mem_free(half);
            }
            buf_free(&packed);
            buf_free(&plain);
            mem_free(in);
        }
    }
}

static void foreign_forms_are_read(void **state)
{
    (void)state;
    buf    plain = BUF_INIT(BATCH_DECOMPRESSED_MAX), two = BUF_INIT(BUF_MAX);
    char   raw[256];
    size_t n = sizeof raw;
    /* snappy without framing, as librdkafka sends it */
    assert_int_equal(snappy_compress("hello hello hello", 17, raw, &n), SNAPPY_OK);
    assert_true(codec_decompress(CODEC_SNAPPY, str_make(raw, n), &plain, &st));
    assert_true(str_eqz(buf_str(&plain), "hello hello hello"));
    /* gzip of several members */
    assert_true(codec_compress(CODEC_GZIP, STR("one "), &two, &st));
    assert_true(codec_compress(CODEC_GZIP, STR("two"), &two, &st));
    buf_clear(&plain);
    assert_true(codec_decompress(CODEC_GZIP, buf_str(&two), &plain, &st));
    assert_true(str_eqz(buf_str(&plain), "one two"));
    /* what we write has the xerial frame that Java reads */
    buf_clear(&two);
    assert_true(codec_compress(CODEC_SNAPPY, STR("x"), &two, &st));
    assert_memory_equal(two.p, "\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);
    /* and lz4 the frame format */
    buf_clear(&two);
    assert_true(codec_compress(CODEC_LZ4, STR("x"), &two, &st));
    assert_memory_equal(two.p, "\x04\x22\x4d\x18", 4);
    buf_free(&plain);
    buf_free(&two);
}

static void bombs_are_refused(void **state)
{
    (void)state;
    size_t big = (size_t)2 << 20;
    char  *zeros = mem_zalloc(big);
    for (codec c = CODEC_GZIP; c <= CODEC_ZSTD; c++) {
        buf packed = BUF_INIT(BUF_MAX), plain = BUF_INIT(1 << 20);
        assert_true(codec_compress(c, str_make(zeros, big), &packed, &st));
        assert_false(codec_decompress(c, buf_str(&packed), &plain, &st));
        assert_int_equal(st.code, ST_TOO_LARGE);
        assert_true(plain.cap <= 1 << 20);
        buf_free(&packed);
        buf_free(&plain);
    }
    mem_free(zeros);
}

static void compressed_batches(void **state)
{
    (void)state;
    batch_builder b;
    batch_iter    it = BATCH_ITER_INIT;
    rec_view      r;
    batch_builder_init(&b, 1 << 20);
    for (codec c = CODEC_NONE; c <= CODEC_ZSTD; c++) {
        batch_builder_reset(&b);
        for (int i = 0; i < 1000; i++)
            assert_true(batch_builder_add(&b, i, STR("key"), STR("a value that repeats"), 0, STR_NONE));
        str s = batch_builder_finish(&b, c, &st);
        assert_true(c == CODEC_NONE || s.n < 10000);
        assert_true(batch_iter_begin(&it, (const uint8_t *)s.p, s.n, &st));
        assert_int_equal(it.b.attributes & BATCH_CODEC_MASK, c);
        int n = 0;
        while (batch_iter_next(&it, &r, &st))
            assert_int_equal(r.offset, n++);
        assert_int_equal(st.code, ST_OK);
        assert_int_equal(n, 1000);
        /* One record is stored plain: packing would not pay. */
        batch_builder_reset(&b);
        assert_true(batch_builder_add(&b, 1, STR("k"), STR("v"), 0, STR_NONE));
        s = batch_builder_finish(&b, c, &st);
        assert_true(batch_iter_begin(&it, (const uint8_t *)s.p, s.n, &st));
        assert_int_equal(it.b.attributes & BATCH_CODEC_MASK, CODEC_NONE);
    }
    batch_iter_free(&it);
    batch_builder_free(&b);
}

static void the_builder_is_bounded(void **state)
{
    (void)state;
    batch_builder b;
    char          big[300] = {0};
    batch_builder_init(&b, 200);
    assert_false(batch_builder_add(&b, 1, STR("k"), str_make(big, sizeof big), 0, STR_NONE));
    int n = 0;
    while (batch_builder_add(&b, 1, STR("k"), STR("0123456789"), 0, STR_NONE))
        n++;
    assert_true(n > 3);
    str        s = batch_builder_finish(&b, CODEC_NONE, &st);
    batch_view v;
    assert_true(s.n <= 200);
    assert_true(batch_parse((const uint8_t *)s.p, s.n, true, &v, &st));
    assert_int_equal(v.count, n);
    assert_false(b.null_keys);
    batch_builder_reset(&b);
    assert_true(batch_builder_add(&b, 1, STR_NONE, STR("x"), 0, STR_NONE));
    assert_true(batch_builder_add(&b, 1, STR("k"), STR("x"), 0, STR_NONE));
    assert_true(b.null_keys);
    batch_builder_reset(&b);
    assert_false(b.null_keys);
    batch_builder_free(&b);
}

/* What comes before a malformed record is read, and the fault stays one however often it is met. */
static void a_malformed_record_stays_one(void **state)
{
    (void)state;
    batch_builder b;
    rec_view      r;
    batch_iter    it = BATCH_ITER_INIT;
    batch_builder_init(&b, 1 << 20);
    for (int i = 0; i < 3; i++)
        assert_true(batch_builder_add(&b, 0, STR("key"), STR("value"), 0, STR_NONE));
    str      s = batch_builder_finish(&b, CODEC_NONE, &st);
    uint32_t record_n = (s.n - BATCH_HEADER_BYTES) / 3;
    for (int tail = 0; tail < 2; tail++) {
        uint8_t *p = mem_dup(s.p, s.n);
        if (tail)
            be_put32(p + 57, 2); /* bytes behind the last record */
        else
            p[BATCH_HEADER_BYTES + 2 * record_n] = 0x7e; /* a length that leads out of the batch */
        assert_true(batch_iter_begin(&it, p, s.n, &st));
        assert_true(batch_iter_next(&it, &r, &st));
        assert_true(batch_iter_next(&it, &r, &st));
        for (int i = 0; i < 3; i++) {
            assert_false(batch_iter_next(&it, &r, &st));
            assert_int_equal(st.code, ST_CORRUPT);
        }
        mem_free(p);
    }
    batch_iter_free(&it);
    batch_builder_free(&b);
}

/* Random damage must never be more than a clean error; the sanitizers watch. */
static void damaged_batches(void **state)
{
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    srand(seed);
    batch_builder b;
    batch_iter    it = BATCH_ITER_INIT;
    batch_builder_init(&b, 1 << 20);
    for (int round = 0; round < 20000; round++) {
        batch_builder_reset(&b);
        for (int i = rand() % 5; i >= 0; i--)
            batch_builder_add(&b, rand(), rand() % 2 ? STR("key") : STR_NONE, STR("valuevaluevalue"), 0, STR_NONE);
        str      s = batch_builder_finish(&b, (codec)(rand() % 5), &st);
        uint8_t *p = mem_dup(s.p, s.n);
        for (int i = rand() % 4; i >= 0; i--)
            p[rand() % 2 ? 17 + rand() % (int)(s.n - 17) : rand() % (int)s.n] = (uint8_t)rand();
        rec_view r;
        if (batch_iter_begin(&it, p, s.n, &st)) {
            while (batch_iter_next(&it, &r, &st)) {
                rec_header     h;
                const uint8_t *at = r.headers;
                while (rec_header_next(&r, &at, &h))
                    ;
            }
        }
        mem_free(p);
    }
    batch_iter_free(&it);
    batch_builder_free(&b);
}

static void markers(void **state)
{
    (void)state;
    for (int commit = 0; commit < 2; commit++) {
        uint8_t    m[MARKER_BYTES];
        batch_view v;
        bool       is_commit = !commit;
        batch_iter it = BATCH_ITER_INIT;
        rec_view   r;
        marker_build(m, (producer_ident){77, 3}, commit, 123);
        assert_true(batch_parse(m, sizeof m, true, &v, &st));
        assert_int_equal(v.size_bytes, sizeof m);
        assert_int_equal(v.attributes, 0x30);
        assert_int_equal(v.producer_id, 77);
        assert_int_equal(v.base_seq, -1);
        assert_true(marker_read(&v, &is_commit));
        assert_int_equal(is_commit, commit);
        assert_true(batch_iter_begin(&it, m, sizeof m, &st));
        assert_true(batch_iter_next(&it, &r, &st));
        assert_int_equal(r.key.n, 4);
        assert_int_equal(be_get16(r.key.p + 2), commit);
        assert_int_equal(r.value.n, 6);
        assert_false(batch_iter_next(&it, &r, &st));
        assert_int_equal(st.code, ST_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(every_cut_and_every_flipped_bit_is_noticed),
        cmocka_unit_test(codecs_round_trip),
        cmocka_unit_test(foreign_forms_are_read),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(compressed_batches),
        cmocka_unit_test(the_builder_is_bounded),
        cmocka_unit_test(a_malformed_record_stays_one),
        cmocka_unit_test(damaged_batches),
        cmocka_unit_test(markers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
