#include "server/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static status st;

static void every_row_has_a_good_default(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_count; i++) {
        const setting *s = &setting_rows[i];
        status_init(&st);
        if (!setting_check(s, str_of(s->dflt), &st))
            fail_msg("%s: %s", s->name, st.msg);
        assert_true(strlen(s->doc) > 10);
        assert_ptr_equal(setting_find(str_of(s->name)), s);
    }
}

static const struct {
    const char *text, *key, *value;
    uint32_t    line;
} properties[] = {
    {"a=b", "a", "b", 1},
    {"  a  =  b c  ", "a", "b c  ", 1},
    {"a:b", "a", "b", 1},
    {"a b", "a", "b", 1},
    {"a = = b", "a", "= b", 1},
    {"a", "a", "", 1},
    {"# note\n\n! note = x\r\na=b", "a", "b", 4},
    {"# note \\\na=b", "a", "b", 2},
    {"a = b\\\n    c", "a", "bc", 1},
    {"a\\=b = c", "a=b", "c", 1},
    {"a = \\t\\n\\u00e9\\\\\\q", "a", "\t\n\xc3\xa9\\q", 1},
    {"a = b\\", "a", "b", 1},
    {"\xc3\xa9 = \xc3\xa9", "\xc3\xa9", "\xc3\xa9", 1},
};

static void properties_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        properties_reader r = {str_of(properties[i].text), 0, 1};
        arena             a;
        str               key, value;
        uint32_t          line;
        arena_init(&a);
        status_init(&st);
        assert_true(properties_next(&r, &a, &key, &value, &line, &st));
        if (!str_eqz(key, properties[i].key) || !str_eqz(value, properties[i].value) || line != properties[i].line)
            fail_msg("%s: '%.*s' '%.*s' line %u", properties[i].text, STR_FMT(key), STR_FMT(value), line);
        assert_false(properties_next(&r, &a, &key, &value, &line, &st));
        assert_int_equal(st.code, ST_OK);
        arena_free(&a);
    }
}

static bool load(const char *text, settings *s)
{
    char path[] = "/tmp/weir-settings-XXXXXX";
    int  fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    status_init(&st);
    settings_init(s);
    bool ok = settings_load_file(s, path, &st);
    unlink(path);
    return ok;
}

static void a_file_gives_values(void **state)
{
    (void)state;
    settings s;
    listener at[LISTENERS_OF_A_SETTING_MAX];
    assert_true(load("listeners = http://127.0.0.1:8088, http://[::1]:0/\nweir.log.fsync=FALSE\n"
                     "weir.log.segment.bytes=64m\nsome.plugin=x\n",
                     &s));
    assert_int_equal(settings_listeners(&s, "listeners", at), 2);
    assert_string_equal(at[0].host, "127.0.0.1");
    assert_int_equal(at[0].port, 8088);
    assert_string_equal(at[1].host, "::1");
    assert_int_equal(at[1].port, 0);
    assert_false(settings_flag(&s, "weir.log.fsync"));
    assert_int_equal(settings_number(&s, "weir.log.segment.bytes"), 64 << 20);
    assert_int_equal(settings_number(&s, "ksql.max.push.queries"), 100);
    assert_true(str_eqz(settings_text(&s, "ksql.service.id"), "default_"));
    assert_non_null(map_get(&s.values, STR("some.plugin")));
    settings_free(&s);
}

static const struct {
    const char *text, *part; /* of the message */
} refused[] = {
    {"\nlisteners=https://x:1", "line 2: listeners: 'https://x:1' does not begin with http://"},
    {"listeners=http://x", "has no port"},
    {"listeners=http://x:70000", "has no port"},
    {"listeners=,", "an address is needed"},
    {"weir.kafka.listeners=PLAINTEXT://a:1,PLAINTEXT://b:2", "at most 1"},
    {"weir.log.fsync=yes", "neither true nor false"},
    {"ksql.max.push.queries=many", "not a whole number"},
    {"ksql.max.push.queries=-1", "out of range"},
    {"weir.log.segment.bytes=1k", "out of range"},
    {"weir.log.segment.bytes=1x", "not a size"},
    {"ksql.streams.auto.offset.reset=none", "not one of: earliest latest"},
    {"a=1\nb=\\u12", "line 2: \\u needs four"},
    {"java.home=/x", "blacklisted"},
    {"=x", "has no name"},
};

static void bad_files_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        settings s;
        if (load(refused[i].text, &s) || strstr(st.msg, refused[i].part) == NULL)
            fail_msg("%s: %s", refused[i].text, st.msg);
        settings_free(&s);
    }
    settings s;
    settings_init(&s);
    status_init(&st);
    assert_false(settings_load_file(&s, "/does/not/exist", &st));
    assert_non_null(strstr(st.msg, "No such file"));
    settings_free(&s);
}

static void the_environment_gives_values(void **state)
{
    (void)state;
    char    *env[] = {"HOME=/",
                      "KSQL_KSQL_SERVICE_ID=prod_",
                      "KSQL_LISTENERS=http://0.0.0.0:1",
                      "KSQL_OPTS=-Dx=y",
                      "KSQL_KSQL_FUNCTIONS_COLLECT__LIST_LIMIT=5",
                      NULL};
    settings s;
    settings_init(&s);
    status_init(&st);
    assert_true(settings_load_environment(&s, env, &st));
    assert_true(str_eqz(settings_text(&s, "ksql.service.id"), "prod_"));
    assert_true(str_eqz(settings_text(&s, "listeners"), "http://0.0.0.0:1"));
    assert_non_null(map_get(&s.values, STR("ksql.functions.collect_list.limit")));
    assert_int_equal(s.values.n, 3);
    char *bad[] = {"KSQL_KSQL_MAX_PUSH_QUERIES=x", NULL};
    assert_false(settings_load_environment(&s, bad, &st));
    assert_non_null(strstr(st.msg, "KSQL_KSQL_MAX_PUSH_QUERIES"));
    settings_free(&s);
}

static void later_values_win(void **state)
{
    (void)state;
    settings s;
    settings_init(&s);
    status_init(&st);
    assert_true(settings_put_pair(&s, STR("ksql.service.id=a"), "--set", &st));
    assert_true(settings_put_pair(&s, STR("ksql.service.id = b=c"), "--set", &st));
    assert_true(str_eqz(settings_text(&s, "ksql.service.id"), "b=c"));
    assert_false(settings_put_pair(&s, STR("nothing"), "--set", &st));
    assert_false(settings_put_pair(&s, STR("=x"), "--set", &st));
    settings_free(&s);
}

static void pages_name_every_row(void **state)
{
    (void)state;
    buf help = BUF_INIT(BUF_MAX), page = BUF_INIT(BUF_MAX);
    settings_help(&help);
    settings_markdown(&page);
    for (size_t i = 0; i < setting_count; i++) {
        assert_true(str_find(buf_str(&help), str_of(setting_rows[i].name), 0) >= 0);
        assert_true(str_find(buf_str(&page), str_of(setting_rows[i].name), 0) >= 0);
    }
    buf_free(&help);
    buf_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_a_good_default), cmocka_unit_test(properties_are_read),
        cmocka_unit_test(a_file_gives_values),          cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(the_environment_gives_values), cmocka_unit_test(later_values_win),
        cmocka_unit_test(pages_name_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
