/* Clocks: units, order, moments to wait for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void the_wall_clock_counts_from_1970(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL), ms = clock_wall_ms(), of = clock_wall_ms_of(NULL), ns = clock_wall_ns(),
            after = (int64_t)time(NULL);
    /* time() may lag by a tick of the coarse clock. */
    assert_in_range(ms / 1000, before, after + 1);
    assert_in_range(of / 1000, before, after + 1);
    assert_in_range(ns / 1000000000, before, after + 1);
}

static void the_monotonic_clocks_are_one(void **state)
{
    (void)state;
    int64_t last_ns = clock_mono_ns(), last_coarse = clock_mono_coarse_ms();
    for (int i = 0; i < 10000; i++) {
        int64_t coarse = clock_mono_coarse_ms(), ms = clock_mono_ms(), ns = clock_mono_ns();
        assert_true(coarse >= last_coarse && coarse <= ms);
        assert_true(ms >= last_ns / 1000000 && ms <= ns / 1000000);
        last_ns = ns;
        last_coarse = coarse;
    }
}

static void a_moment_to_wait_for_is_a_valid_one(void **state)
{
    (void)state;
    static const int64_t waits[] = {0, 1, 999, 1000, 60001, (int64_t)1 << 50};
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        int64_t         before = clock_wall_ms();
        struct timespec t = clock_wall_after_ms(waits[i]);
        int64_t         after = clock_wall_ms(), ms = t.tv_sec * 1000 + t.tv_nsec / 1000000;
        assert_in_range(t.tv_nsec, 0, 999999999);
        assert_in_range(ms - waits[i], before, after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_clock_counts_from_1970),
        cmocka_unit_test(the_monotonic_clocks_are_one),
        cmocka_unit_test(a_moment_to_wait_for_is_a_valid_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
