#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/format/guess.h"

static void check(const format_guess *g, str bytes, const char *names, const char *text)
{
    buf b = BUF_INIT(1 << 16);
    format_guess_put_names(g, &b);
    buf_putc(&b, '|');
    format_guess_put(g, bytes, &b);
    buf_putc(&b, 0);
    assert_string_equal(strchr(b.p, '|') + 1, text);
    *strchr(b.p, '|') = 0;
    assert_string_equal(b.p, names);
    buf_free(&b);
}

static void one_value(void **state)
{
    (void)state;
    static const struct {
        str         bytes;
        const char *names, *text;
    } cases[] = {
        {STR("{\"a\": \"b \\\" c\" ,\n \"d\":[1, 2]}"), "JSON or KAFKA_STRING", "{\"a\":\"b \\\" c\",\"d\":[1,2]}"},
        {STR("[]"), "JSON or KAFKA_STRING", "[]"},
        {STR("{} {}"), "KAFKA_STRING", "{} {}"},
        {STR("12"), "KAFKA_STRING", "12"},
        {STR("\0\0\0\x2a"), "KAFKA_INT or KAFKA_STRING", "42"},
        {STR("\xff\xff\xff\xfe"), "KAFKA_INT", "-2"},
        {STR("\0\0\0\0\0\0\0\x2a"), "KAFKA_BIGINT or KAFKA_DOUBLE or KAFKA_STRING", "42"},
        {STR("gr\xc3\xbc\xc3\x9f"), "KAFKA_STRING", "gr\xc3\xbc\xc3\x9f"},
        {STR("a\xff"),
         " does not match any supported format. It may be a STRING with encoding other than UTF8, or some "
         "other format.",
         "a\\xFF"},
        {STR(""), "KAFKA_STRING", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        format_guess g;
        format_guess_init(&g, false);
        assert_true(format_guess_narrow(&g, cases[i].bytes));
        assert_false(format_guess_narrow(&g, cases[i].bytes));
        check(&g, cases[i].bytes, cases[i].names, cases[i].text);
    }
}

static void the_set_shrinks(void **state)
{
    (void)state;
    format_guess g;
    format_guess_init(&g, false);
    check(&g, STR("{}"), "\xc2\xaf\\_(\xe3\x83\x84)_/\xc2\xaf - no data processed", "{}");
    assert_true(format_guess_narrow(&g, STR("{}")));
    assert_true(format_guess_narrow(&g, STR("plain")));
    check(&g, STR("{}"), "KAFKA_STRING", "{}");
    assert_true(format_guess_narrow(&g, STR("\xff")));
    assert_false(format_guess_narrow(&g, STR("{}")));
}

static void windowed_keys(void **state)
{
    (void)state;
    format_guess g;
    format_guess_init(&g, true);
    str time = STR("ab\0\0\x01\x8e\x00\x00\x00\x00");
    assert_true(format_guess_narrow(&g, time));
    check(&g, time, "TUMBLING(KAFKA_STRING) or HOPPING(KAFKA_STRING)", "[ab@1709396983808/-]");
    /* The end stands in front of the start. */
    str session = STR("ab\0\0\x01\x8e\x00\x00\x00\x05\0\0\x01\x8e\x00\x00\x00\x00");
    format_guess_init(&g, true);
    assert_true(format_guess_narrow(&g, session));
    buf b = BUF_INIT(1 << 10);
    format_guess_put(&g, session, &b);
    buf_putc(&b, 0);
    assert_string_equal(b.p, "[ab@1709396983808/1709396983813]");
    buf_free(&b);
    /* Eight letters at the end are not a time. */
    format_guess_init(&g, true);
    format_guess_narrow(&g, STR("a long plain key"));
    check(&g, STR("a long plain key"), "KAFKA_STRING", "a long plain key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value),
        cmocka_unit_test(the_set_shrinks),
        cmocka_unit_test(windowed_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
