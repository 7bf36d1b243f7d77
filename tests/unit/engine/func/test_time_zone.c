/* Time zones against libc, which reads the same files; and shared caches under threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "engine/func/java_regex.h"
#include "engine/func/time_zone.h"

static const char *const regions[] = {
    "America/Los_Angeles", "Europe/London",  "Europe/Paris",      "Asia/Kolkata", "Australia/Lord_Howe",
    "America/St_Johns",    "Africa/Cairo",   "America/Sao_Paulo", "Asia/Tehran",  "Pacific/Apia",
    "America/Nuuk",        "Asia/Jerusalem", "Etc/GMT+5",         "EST5EDT",      "Africa/Casablanca",
    "Antarctica/Troll",    "Europe/Dublin",  "US/Pacific",        "CET",          "Asia/Gaza"};
#define REGIONS (sizeof regions / sizeof *regions)

static void test_offsets(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)time(NULL) * 2862933555777941757u + 1;
    if (getenv("SEED"))
        seed = strtoull(getenv("SEED"), NULL, 10);
    print_message("seed %lu\n", seed);
    for (size_t i = 0; i < REGIONS; i++) {
        char why[100];
        zone z;
        assert_true(zone_find(str_of(regions[i]), &z, why, sizeof why));
        setenv("TZ", regions[i], 1);
        tzset();
        for (int k = 0; k < 3000; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            time_t    t = (time_t)((seed >> 24) % 9500000000ull) - 2000000000; /* 1906 to 2207 */
            struct tm tm;
            localtime_r(&t, &tm);
            zone_state s = zone_at(&z, t);
            if (s.offset != tm.tm_gmtoff || s.dst != (tm.tm_isdst > 0) || strcmp(s.abbreviation, tm.tm_zone) != 0)
                fail_msg("%s at %ld: %d %d %s, libc %ld %d %s", regions[i], (long)t, s.offset, s.dst, s.abbreviation,
                         tm.tm_gmtoff, tm.tm_isdst, tm.tm_zone);
            int64_t local = t + s.offset; /* back again, or to the earlier of two */
            int32_t o = zone_offset_of_local(&z, local);
            assert_true(o == s.offset || zone_at(&z, local - o).offset == o);
        }
    }
    unsetenv("TZ");
    tzset();
}

static void test_ids(void **state)
{
    (void)state;
    static const struct {
        const char *id, *printed, *why;
    } cases[] = {
        {"UTC", "UTC", NULL},
        {"GMT", "GMT", NULL},
        {"UT", "UT", NULL},
        {"Z", "Z", NULL},
        {"+5", "+05:00", NULL},
        {"+05:30", "+05:30", NULL},
        {"-0800", "-08:00", NULL},
        {"+00:00", "Z", NULL},
        {"UTC+5", "UTC+05:00", NULL},
        {"GMT-1", "GMT-01:00", NULL},
        {"GMT0", "GMT0", NULL},
        {"Asia/Tokyo", "Asia/Tokyo", NULL},
        {"PST", NULL, "Unknown time-zone ID: PST"},
        {"EST", NULL, "Unknown time-zone ID: EST"},
        {"HST", NULL, "Unknown time-zone ID: HST"},
        {"asia/tokyo", NULL, "Unknown time-zone ID: asia/tokyo"},
        {"", NULL, "Invalid ID for ZoneOffset, invalid format: "},
        {"z", NULL, "Invalid ID for ZoneOffset, invalid format: z"},
        {"-19:00", NULL, "Zone offset hours not in valid range: value -19 is not in the range -18 to 18"},
        {"+1:2", NULL, "Invalid ID for ZoneOffset, invalid format: +1:2"},
        {"a b", NULL, "Invalid ID for region-based ZoneId, invalid format: a b"},
        {"posix/UTC", NULL, "Unknown time-zone ID: posix/UTC"},
        {"tzdata.zi", NULL, "Unknown time-zone ID: tzdata.zi"},
        {"America", NULL, "Unknown time-zone ID: America"},
        {"America/../UTC", NULL, "Unknown time-zone ID: America/../UTC"},
        {"America/Argentina/ComodRivadavia_and_a_name_that_never_ends_at_all_whatever", NULL,
         "Unknown time-zone ID: "
         "America/Argentina/ComodRivadavia_and_a_name_that_never_ends_at_all_whatever"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[200] = "";
        zone z;
        if (zone_find(str_of(cases[i].id), &z, why, sizeof why) != (cases[i].why == NULL))
            fail_msg("%s: %s", cases[i].id, why);
        if (cases[i].why) {
            assert_string_equal(why, cases[i].why);
            continue;
        }
        buf b = BUF_INIT(200);
        zone_print_id(&b, &z);
        buf_putc(&b, 0);
        assert_string_equal(b.p, cases[i].printed);
        buf_free(&b);
    }
}

static void *look_up(void *arg)
{
    arena a;
    arena_init(&a);
    uintptr_t base = (uintptr_t)arg;
    for (uintptr_t i = 0; i < 2000; i++) {
        char              why[100], pattern[32];
        zone              z;
        const regex_span *m = NULL;
        assert_true(zone_find(str_of(regions[(base + i) % REGIONS]), &z, why, sizeof why));
        zone_at(&z, (int64_t)i * 1000003);
        snprintf(pattern, sizeof pattern, "a{%u}", (unsigned)(i % 7));
        const regex *r = regex_new(&a, str_of(pattern), i % 2 == 0, why, sizeof why);
        assert_non_null(r);
        assert_int_equal(regex_search(r, STR("aaaaaaaa"), 0, &m), REGEX_MATCH);
        assert_int_equal(m[0].to - m[0].from, i % 7);
    }
    arena_free(&a);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t t[4];
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, look_up, (void *)(i * 5));
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads), /* first: the caches are still empty */
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
