/* Strings, buffers, maps, numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/num.h"
#include "base/status.h"

static uint64_t seed_now(void)
{
    uint64_t s = (uint64_t)time(NULL);
    print_message("seed %lu\n", (unsigned long)s);
    return s;
}

static uint64_t next(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return *s >> 33;
}

static void arena_rewinds_to_a_mark(void **state)
{
    (void)state;
    arena a;
    arena_init(&a);
    char *first = arena_alloc(&a, 10);
    strcpy(first, "kept");
    arena_mark m = arena_save(&a);
    for (int i = 0; i < 100; i++)
        memset(arena_alloc(&a, 5000), i, 5000);
    arena_rewind(&a, m);
    assert_string_equal(first, "kept");
    char *p = arena_bytes(&a, 1);
    assert_true(p >= first);
    arena_reset(&a);
    arena_free(&a);
    assert_int_equal(a.total, 0);
}

static void a_buffer_stops_at_its_maximum(void **state)
{
    (void)state;
    buf b = BUF_INIT(10);
    buf_putz(&b, "12345678");
    assert_false(b.full);
    buf_putz(&b, "9012");
    assert_true(b.full);
    assert_int_equal(b.n, 8);
    buf_free(&b);
}

static void digits_as_printf(void **state)
{
    (void)state;
    const int64_t cases[] = {0, 7, -7, 10, -1000, INT32_MAX, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf b = BUF_INIT(BUF_MAX), want = BUF_INIT(BUF_MAX);
        buf_put_digits(&b, cases[i]);
        buf_printf(&want, "%ld", cases[i]);
        assert_true(str_eq(buf_str(&b), buf_str(&want)));
        buf_free(&b);
        buf_free(&want);
    }
}

static void numbers_are_checked(void **state)
{
    (void)state;
    int64_t i;
    double  d;
    assert_true(num_parse_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(num_parse_i64(STR("+7"), &i) && i == 7);
    assert_false(num_parse_i64(STR("9223372036854775808"), &i));
    assert_false(num_parse_i64(STR(""), &i));
    assert_false(num_parse_i64(STR("-"), &i));
    assert_false(num_parse_i64(STR("1 "), &i));
    assert_true(num_parse_f64(STR("1.5e3"), &d) && d == 1500);
    assert_false(num_parse_f64(STR("0x10"), &d));
    assert_false(num_parse_f64(STR("nan"), &d));
    assert_true(num_parse_size(STR("64k"), &i) && i == 65536);
    assert_false(num_parse_size(STR("-1"), &i));
}

static void distances_are_levenshteins(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        uint32_t    distance;
    } cases[] = {
        {"", "", 0},       {"", "abc", 3},      {"abc", "", 3},         {"kitten", "sitting", 3},
        {"DIR", "dri", 2}, {"flaw", "lawn", 2}, {"SELEC", "select", 1}, {"a.b.c", "a.c", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (str_distance(str_of(cases[i].a), str_of(cases[i].b)) != cases[i].distance)
            fail_msg("%s, %s: %u", cases[i].a, cases[i].b, str_distance(str_of(cases[i].a), str_of(cases[i].b)));
    char a[400], b[300];
    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    assert_int_equal(str_distance(str_make(a, sizeof a), str_make(b, sizeof b)), STR_DISTANCE_MAX);
}

static void varints_round_trip(void **state)
{
    (void)state;
    static const int64_t v[] = {0, 1, -1, 63, 64, -65, 300, INT32_MAX, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        char    p[VARINT_MAX_BYTES];
        size_t  n = varint_write(p, v[i]);
        int64_t back = 0;
        assert_int_equal(n, varint_size(v[i]));
        assert_ptr_equal(varint_read(p, p + n, &back), p + n);
        assert_true(back == v[i]);
        if (n > 1)
            assert_null(varint_read(p, p + n - 1, &back));
    }
}

static void crc32c_matches_known_values(void **state)
{
    (void)state;
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283u);
    assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283u);
}

/* Against an array that is searched from end to end. */
static void a_map_behaves_like_a_list(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    uint64_t s = seed_now();
    map      m = {0};
    void    *model[KEYS] = {0};
    char     key[16];
    for (int i = 0; i < 20000; i++) {
        unsigned k = (unsigned)next(&s) % KEYS;
        int      n = snprintf(key, sizeof key, "key%u", k);
        str      ks = str_make(key, (size_t)n);
        if (next(&s) % 3 == 0) {
            assert_ptr_equal(map_del(&m, ks), model[k]);
            model[k] = NULL;
        } else {
            void *v = (void *)(uintptr_t)(i + 1);
            assert_ptr_equal(map_put(&m, ks, v), model[k]);
            model[k] = v;
        }
        assert_ptr_equal(map_get(&m, ks), model[k]);
    }
    size_t live = 0;
    for (int k = 0; k < KEYS; k++)
        live += model[k] != NULL;
    assert_int_equal(m.n, live);
    map_free(&m);
}

static void a_long_message_is_cut_visibly(void **state)
{
    (void)state;
    status st;
    char   big[ST_MSG_MAX * 2];
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = 0;
    status_init(&st);
    assert_false(status_set(&st, ST_SQL, "%s", big));
    assert_int_equal(strlen(st.msg), ST_MSG_MAX - 1);
    assert_string_equal(st.msg + strlen(st.msg) - 3, "\xe2\x80\xa6");
    status_set(&st, ST_SQL, "b");
    status_prefix(&st, "a");
    status_append(&st, "%c", 'c');
    assert_string_equal(st.msg, "abc");
    status_append(&st, "%s", big);
    assert_int_equal(strlen(st.msg), ST_MSG_MAX - 1);
    assert_string_equal(st.msg + strlen(st.msg) - 3, "\xe2\x80\xa6");
    assert_int_equal(st.place, ST_NO_PLACE);
    status_set_at(&st, ST_SQL_PREPARE, 7, "%d", 5);
    assert_int_equal(st.place, 7);
    assert_int_equal(st.code, ST_SQL_PREPARE);
    assert_string_equal(st.msg, "5");
    status_set(&st, ST_SQL, "no place any more");
    assert_int_equal(st.place, ST_NO_PLACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_rewinds_to_a_mark),
        cmocka_unit_test(a_buffer_stops_at_its_maximum),
        cmocka_unit_test(digits_as_printf),
        cmocka_unit_test(numbers_are_checked),
        cmocka_unit_test(varints_round_trip),
        cmocka_unit_test(distances_are_levenshteins),
        cmocka_unit_test(crc32c_matches_known_values),
        cmocka_unit_test(a_map_behaves_like_a_list),
        cmocka_unit_test(a_long_message_is_cut_visibly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
