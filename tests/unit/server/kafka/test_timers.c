#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "server/kafka/timers.h"

#define N 500

static void fires_in_order(void **state)
{
    (void)state;
    static ktimer t[N];
    ktimers       h = {0};
    unsigned      seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 20000; round++) {
        ktimer *x = &t[rand() % N];
        if (rand() % 4 == 0)
            ktimer_cancel(&h, x);
        else
            ktimer_set(&h, x, rand() % 1000);
        int64_t least = TIMER_NEVER;
        size_t  set = 0;
        for (int i = 0; i < N; i++)
            if (t[i].slot) {
                set++;
                least = t[i].at_ms < least ? t[i].at_ms : least;
            }
        assert_int_equal(set, h.n);
        assert_int_equal(least, ktimers_next(&h));
    }
    int64_t last = 0;
    for (ktimer *x; (x = ktimers_pop(&h, 10000)) != NULL; last = x->at_ms)
        assert_true(x->at_ms >= last && x->slot == 0);
    assert_int_equal(h.n, 0);
    ktimers_free(&h);
}

static void only_what_is_due(void **state)
{
    (void)state;
    ktimers h = {0};
    ktimer  a = {0}, b = {0};
    ktimer_set(&h, &a, 10);
    ktimer_set(&h, &b, 20);
    assert_null(ktimers_pop(&h, 9));
    assert_ptr_equal(ktimers_pop(&h, 10), &a);
    assert_null(ktimers_pop(&h, 19));
    ktimer_set(&h, &b, TIMER_NEVER);
    assert_int_equal(ktimers_next(&h), TIMER_NEVER);
    ktimer_cancel(&h, &b);
    ktimers_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fires_in_order), cmocka_unit_test(only_what_is_due)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
