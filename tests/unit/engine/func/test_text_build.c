/* UTF-16 views of UTF-8 text; sets of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "engine/func/func_int.h"

static uint64_t seed;
static uint32_t rnd(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* Slices equal what cutting the array of units gives. */
static void test_slices(void **state)
{
    (void)state;
    static const uint32_t points[] = {'a', 'Z', 0xe9, 0x20ac, 0xffff, 0x10000, 0x1f600, 0x10ffff};
    print_message("seed %lu\n", seed);
    for (int round = 0; round < 5000; round++) {
        arena a;
        arena_init(&a);
        char     text[64];
        uint32_t n = 0, units;
        for (uint32_t i = rnd(8); i > 0; i--)
            n += utf8_write(text + n, points[rnd(8)]);
        str       s = str_make(text, n);
        uint16_t *u = utf16_from(&a, s, &units);
        assert_int_equal(units, utf16_length(s));
        assert_true(str_eq(utf16_to(&a, u, units), s));
        uint32_t from = rnd(units + 1), to = from + rnd(units - from + 1);
        str      got = utf16_slice(&a, s, from, to), want = utf16_to(&a, u + from, to - from);
        if (!str_eq(got, want))
            fail_msg("[%u, %u) of %.*s", from, to, STR_FMT(s));
        arena_free(&a);
    }
}

static void test_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xff", "\xc3(", "\xe2(\xa1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        arena    a;
        uint32_t n, len;
        arena_init(&a);
        char *copy = malloc(strlen(bad[i])); /* exact, so that a read behind it shows */
        memcpy(copy, bad[i], strlen(bad[i]));
        str s = str_make(copy, strlen(bad[i]));
        assert_int_equal(utf8_at(s.p, s.p + s.n, &len), 0xfffd);
        assert_int_equal(len, 1);
        utf16_from(&a, s, &n);
        utf16_slice(&a, s, 0, utf16_length(s));
        free(copy);
        arena_free(&a);
    }
    assert_false(str_is_ascii(STR("12345678\x80")));
    assert_true(str_is_ascii(STR("123456789")));
}

static void test_sets(void **state)
{
    (void)state;
    arena     a;
    value_set s;
    map_build m;
    bool      added;
    arena_init(&a);
    value_set_init(&s, &a, &type_bigint, 0); /* grows from nothing */
    for (int64_t i = 0; i < 1000; i++)
        value_set_add(&s, value_i(i % 100), &added);
    value_set_add(&s, VALUE_NULL, &added);
    assert_true(added);
    value_set_add(&s, VALUE_NULL, &added);
    assert_false(added);
    assert_int_equal(s.n, 101);
    assert_true(value_set_has(&s, value_i(99)));
    assert_false(value_set_has(&s, value_i(100)));
    map_build_init(&m, &a, &type_string, 3);
    map_build_put(&m, value_s(STR("a")), value_i(1));
    map_build_put(&m, value_s(STR("b")), value_i(2));
    map_build_put(&m, value_s(STR("a")), value_i(3));
    value v = map_build_done(&m, 0);
    assert_int_equal(v.n, 2);
    assert_int_equal(v.v[1].i, 3);
    arena_free(&a);
}

int main(void)
{
    seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : (uint64_t)time(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
