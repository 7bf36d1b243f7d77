/* UTF-16 views of UTF-8 text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "engine/expr/text_build.h"

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

int main(void)
{
    seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : (uint64_t)time(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
