#include "server/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/settings/listener.h"
#include "server/properties.h"

static status st;

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

static buf warnings = BUF_INIT(BUF_MAX);

static bool load(const char *text, settings *s)
{
    char path[] = "/tmp/weir-settings-XXXXXX";
    int  fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    status_init(&st);
    settings_init(s);
    buf_clear(&warnings);
    bool ok = config_load_file(s, path, &warnings, &st);
    unlink(path);
    return ok;
}

static void a_file_gives_values(void **state)
{
    (void)state;
    settings      s;
    settings_view v = {.server = &s};
    listener      at[LISTENERS_OF_A_SETTING_MAX];
    assert_true(load("listeners = http://127.0.0.1:8088, http://[::1]:0/\nweir.log.fsync=FALSE\n"
                     "weir.log.segment.bytes=64m\nbootstrap.servers=x:9092\nksql.schema.registry.url=http://x\n",
                     &s));
    assert_int_equal(settings_listeners(&v, SETTING_LISTENERS, at), 2);
    assert_string_equal(at[0].host, "127.0.0.1");
    assert_int_equal(at[0].port, 8088);
    assert_string_equal(at[1].host, "::1");
    assert_int_equal(at[1].port, 0);
    assert_false(settings_flag(&v, SETTING_LOG_FSYNC));
    assert_int_equal(settings_number(&v, SETTING_LOG_SEGMENT_BYTES), 64 << 20);
    assert_int_equal(settings_number(&v, SETTING_MAX_PUSH_QUERIES), 100);
    assert_true(str_eqz(settings_text(&v, SETTING_SERVICE_ID), "default_"));
    assert_int_equal(warnings.n, 0);
    settings_free(&s);
}

static void unknown_names_are_told(void **state)
{
    (void)state;
    settings s;
    assert_true(load("some.plugin=x\nksql.max.push.querys=5\nweir.schema.registry.listeners=http://x:1\n", &s));
    str text = buf_str(&warnings);
    assert_true(str_find(text, STR("line 1: there is no setting 'some.plugin': it is ignored\n"), 0) >= 0);
    assert_true(str_find(text,
                         STR("line 2: there is no setting 'ksql.max.push.querys': it is ignored; the nearest name "
                             "is 'ksql.max.push.queries'\n"),
                         0) >= 0);
    assert_true(str_find(text, STR("'weir.schema.registry.listeners' has no effect in this version\n"), 0) >= 0);
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
    {"a=1\nweir.data.dri=/x", "line 2: there is no setting 'weir.data.dri'; the nearest name is 'weir.data.dir'"},
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
    assert_false(config_load_file(&s, "/does/not/exist", &warnings, &st));
    assert_non_null(strstr(st.msg, "No such file"));
    settings_free(&s);
}

static void the_environment_gives_values(void **state)
{
    (void)state;
    char         *env[] = {"HOME=/",
                           "KSQL_KSQL_SERVICE_ID=prod_",
                           "KSQL_LISTENERS=http://0.0.0.0:1",
                           "KSQL_OPTS=-Dx=y",
                           "KSQL_KSQL_FUNCTIONS_COLLECT__LIST_LIMIT=5",
                           NULL};
    settings      s;
    settings_view v = {.server = &s};
    settings_init(&s);
    status_init(&st);
    assert_true(config_load_environment(&s, env, &st));
    assert_true(str_eqz(settings_text(&v, SETTING_SERVICE_ID), "prod_"));
    assert_true(str_eqz(settings_text(&v, SETTING_LISTENERS), "http://0.0.0.0:1"));
    assert_int_equal(settings_number(&v, SETTING_FUNCTIONS_COLLECT_LIST_LIMIT), 5);
    assert_int_equal(s.values.n, 3);
    char *bad[] = {"KSQL_KSQL_MAX_PUSH_QUERIES=x", NULL};
    assert_false(config_load_environment(&s, bad, &st));
    assert_non_null(strstr(st.msg, "KSQL_KSQL_MAX_PUSH_QUERIES"));
    char *misspelt[] = {"KSQL_WEIR_DATA_DRI=x", NULL};
    status_init(&st);
    assert_false(config_load_environment(&s, misspelt, &st));
    assert_string_equal(st.msg, "environment variable KSQL_WEIR_DATA_DRI: there is no setting 'weir.data.dri'; the "
                                "nearest name is 'weir.data.dir'");
    settings_free(&s);
}

static void the_command_line_is_strict(void **state)
{
    (void)state;
    settings      s;
    settings_view v = {.server = &s};
    settings_init(&s);
    status_init(&st);
    assert_true(config_put_pair(&s, STR("ksql.service.id=a"), &st));
    assert_true(config_put_pair(&s, STR("ksql.service.id = b=c"), &st));
    assert_true(str_eqz(settings_text(&v, SETTING_SERVICE_ID), "b=c"));
    assert_true(config_put_pair(&s, STR("ksql.functions.mine.depth=3"), &st));
    assert_true(config_put_pair(&s, STR("ksql.streams.producer.acks=all"), &st));
    assert_false(config_put_pair(&s, STR("nothing"), &st));
    assert_string_equal(st.msg, "--set: 'nothing' is no setting; write NAME=VALUE");
    assert_false(config_put_pair(&s, STR("=x"), &st));
    assert_false(config_put_pair(&s, STR("weir.data.dri=x"), &st));
    assert_string_equal(st.msg, "--set: there is no setting 'weir.data.dri'; the nearest name is 'weir.data.dir'");
    assert_false(config_put_pair(&s, STR("commit.interval=x"), &st));
    assert_string_equal(st.msg, "--set: there is no setting 'commit.interval'; the nearest name is "
                                "'ksql.streams.commit.interval.ms'");
    settings_free(&s);
}

static void what_is_set_is_shown(void **state)
{
    (void)state;
    settings s;
    buf      out = BUF_INIT(BUF_MAX);
    assert_true(load("auto.offset.reset=earliest\nssl.key.password=abc\nsasl.jaas.config=abc\n"
                     "ksql.schema.registry.basic.auth.user.info=abc\nksql.streams.batch.size=1\nsome.plugin=x\n",
                     &s));
    assert_true(config_put_pair(&s, STR("ksql.service.id=a"), &st));
    config_show(&s, &out);
    assert_true(str_eqz(buf_str(&out), "ksql.streams.auto.offset.reset=earliest (file)\n"
                                       "ksql.streams.batch.size=1 (file, no effect here)\n"
                                       "ksql.schema.registry.basic.auth.user.info=[hidden] (file)\n"
                                       "ksql.service.id=a (command line)\n"
                                       "ksql.streams.sasl.jaas.config=[hidden] (file, no effect here)\n"
                                       "some.plugin=x (file, unknown)\n"
                                       "ssl.key.password=[hidden] (file, no effect here)\n"));
    buf_free(&out);
    settings_free(&s);
}

static void pages_name_every_row(void **state)
{
    (void)state;
    buf help = BUF_INIT(BUF_MAX), page = BUF_INIT(BUF_MAX);
    config_help(&help);
    config_markdown(&page);
    for (size_t i = 0; i < setting_row_count; i++) {
        assert_true(i >= SETTING_COUNT || str_find(buf_str(&help), str_of(setting_rows[i].name), 0) >= 0);
        assert_true(str_find(buf_str(&page), str_of(setting_rows[i].name), 0) >= 0);
    }
    buf_free(&help);
    buf_free(&page);
}

static int end(void **state)
{
    (void)state;
    buf_free(&warnings);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_are_read),          cmocka_unit_test(a_file_gives_values),
        cmocka_unit_test(unknown_names_are_told),       cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(the_environment_gives_values), cmocka_unit_test(the_command_line_is_strict),
        cmocka_unit_test(what_is_set_is_shown),         cmocka_unit_test(pages_name_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
