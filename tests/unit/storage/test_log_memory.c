#include "log_checks.h"

static void contract(void **state)
{
    (void)state;
    tlog *l = tlog_open_memory();
    check_log(l);
    tlog_close(l);
}

static void large_appends_cross_chunks(void **state)
{
    (void)state;
    tlog *l = tlog_open_memory();
    make_topic(l, "big", 1);
    tlog_part *p = open_part(l, "big", 0);
    char       big[5000];
    int64_t    base;
    memset(big, 'x', sizeof big);
    batch_builder b;
    batch_builder_init(&b, 1 << 23);
    for (int i = 0; i < 300; i++) {
        batch_builder_reset(&b);
        for (int k = 0; k <= i % 7; k++)
            assert_true(batch_builder_add(&b, i, STR_NONE, str_make(big, (size_t)(i * 16)), 0, STR_NONE));
        str s = batch_builder_finish(&b, CODEC_NONE, &check_st);
        assert_ok(batch_log_append(p, (uint8_t *)s.p, s.n, (batch_append){0}, &base, &check_st));
    }
    int64_t high = tlog_part_known(p).high;
    for (int64_t from = 0; from < high; from += 37) {
        tlog_reader   *r = tlog_reader_open(p, from, TLOG_READ_COMMITTED);
        const uint8_t *data;
        uint32_t       len;
        int64_t        next = from;
        while (tlog_reader_offset(r) < high) {
            assert_ok(batch_log_next(r, 10000, &data, &len, &check_st));
            assert_true(len > 0);
            batch_view v;
            for (uint32_t at = 0; at < len; at += v.size_bytes) {
                assert_ok(batch_parse(data + at, len - at, true, &v, &check_st));
                assert_true(v.base_offset <= next && v.base_offset + v.last_delta >= next);
                next = v.base_offset + v.last_delta + 1;
            }
            assert_int_equal(next, tlog_reader_offset(r));
        }
        tlog_reader_close(r);
    }
    batch_builder_free(&b);
    tlog_part_close(p);
    tlog_close(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contract),
        cmocka_unit_test(large_appends_cross_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
