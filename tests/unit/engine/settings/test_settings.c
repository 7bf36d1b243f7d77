#include "engine/settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static status st;

static void every_row_is_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_row_count; i++) {
        const setting *s = &setting_rows[i];
        setting_name   n = setting_resolve(str_of(s->name));
        status_init(&st);
        if (!n.applies || n.row != s)
            fail_msg("%s stands twice", s->name);
        assert_int_equal(s->effect, i < SETTING_COUNT);
        if (s->effect && !setting_check_value(s, str_of(s->dflt), &st))
            fail_msg("%s: %s", s->name, st.msg);
        assert_true(!s->effect || strlen(s->doc) > 10);
        assert_true(s->kind != KIND_CHOICE || s->choices);
    }
}

/* ---- precedence */

typedef struct layers {
    map      session, query;
    settings server;
    pmap     system;
} layers;

static str texts[8];

static void put(map *m, const char *key, int i, const char *text)
{
    texts[i] = str_of(text);
    map_put(m, str_of(key), &texts[i]);
}

static void open_layers(layers *l)
{
    *l = (layers){0};
    settings_init(&l->server);
    settings_system_init(&l->system);
    status_init(&st);
}

static settings_view view(const layers *l)
{
    return (settings_view){&l->session, &l->query, &l->system, &l->server};
}

static void close_layers(layers *l)
{
    map_free(&l->session);
    map_free(&l->query);
    settings_free(&l->server);
    pmap_free(&l->system);
}

static void expect(const layers *l, int64_t number, settings_origin from)
{
    settings_view   v = view(l);
    settings_origin is;
    assert_int_equal(settings_number(&v, SETTING_COMMIT_INTERVAL_MS), number);
    settings_find(&v, STR("commit.interval.ms"), &is);
    assert_string_equal(settings_origin_name(is), settings_origin_name(from));
    assert_int_equal(settings_is_set(&v, SETTING_COMMIT_INTERVAL_MS), from != ORIGIN_DEFAULT);
}

static void layers_come_one_before_the_other(void **state)
{
    (void)state;
    static const char name[] = "ksql.streams.commit.interval.ms", key[] = "commit.interval.ms";
    layers            l;
    open_layers(&l);
    expect(&l, 2000, ORIGIN_DEFAULT);
    assert_true(settings_put(&l.server, str_of(name), STR("1"), ORIGIN_FILE, &st));
    expect(&l, 1, ORIGIN_FILE);
    assert_true(settings_put(&l.server, str_of(key), STR(" 2 "), ORIGIN_ENVIRONMENT, &st));
    expect(&l, 2, ORIGIN_ENVIRONMENT);
    assert_true(settings_put(&l.server, str_of(name), STR("3"), ORIGIN_COMMAND_LINE, &st));
    expect(&l, 3, ORIGIN_COMMAND_LINE);
    settings_system_put(&l.system, str_of(key), STR("4"));
    expect(&l, 4, ORIGIN_SYSTEM);
    put(&l.query, key, 0, "5");
    expect(&l, 5, ORIGIN_QUERY);
    put(&l.session, key, 1, "6");
    expect(&l, 6, ORIGIN_SESSION);
    close_layers(&l);
}

static void a_session_has_no_say_in_the_servers(void **state)
{
    (void)state;
    layers l;
    open_layers(&l);
    put(&l.session, "ksql.max.push.queries", 0, "7");
    put(&l.session, "ksql.pull.queries.enable", 1, "false");
    settings_view v = view(&l);
    assert_int_equal(settings_number(&v, SETTING_MAX_PUSH_QUERIES), 100);
    assert_true(settings_flag(&v, SETTING_PULL_QUERIES_ENABLE));
    close_layers(&l);
}

/* Layers that nobody checked: `weir replay` puts a case's properties in as they are. */
static void bad_values_count_as_not_given(void **state)
{
    (void)state;
    layers l;
    open_layers(&l);
    put(&l.session, "commit.interval.ms", 0, "soon");
    settings_view v = view(&l);
    assert_int_equal(settings_number(&v, SETTING_COMMIT_INTERVAL_MS), 2000);
    put(&l.session, "commit.interval.ms", 0, "-1");
    assert_int_equal(settings_number(&v, SETTING_COMMIT_INTERVAL_MS), 2000);
    put(&l.session, "ksql.lambdas.enabled", 1, " TRUE ");
    assert_true(settings_flag(&v, SETTING_LAMBDAS_ENABLED));
    put(&l.session, "auto.offset.reset", 2, "EARLIEST");
    assert_true(settings_choice_is(&v, SETTING_AUTO_OFFSET_RESET, "earliest"));
    close_layers(&l);
}

static void names_of_users_functions_are_found(void **state)
{
    (void)state;
    layers l;
    open_layers(&l);
    assert_true(settings_put(&l.server, STR("ksql.functions.mine.depth"), STR("3"), ORIGIN_FILE, &st));
    put(&l.session, "ksql.functions.mine.width", 0, "4");
    settings_view v = view(&l);
    assert_true(str_eqz(settings_named(&v, STR("ksql.functions.mine.depth")), "3"));
    assert_true(str_eqz(settings_named(&v, STR("ksql.functions.mine.width")), "4"));
    assert_true(str_eqz(settings_named(&v, STR("ksql.streams.commit.interval.ms")), "2000"));
    assert_null(settings_named(&v, STR("ksql.functions.mine.height")).p);
    close_layers(&l);
}

/* A version of the catalog holds a layer; the next version changes a copy. */
static void a_view_stays_as_it_was_taken(void **state)
{
    (void)state;
    layers l;
    pmap   next;
    open_layers(&l);
    settings_system_put(&l.system, STR("auto.offset.reset"), STR("earliest"));
    settings_system_put(&l.system, STR("commit.interval.ms"), STR("4"));
    settings_view v = view(&l);
    pmap_copy(&next, &l.system);
    settings_system_put(&next, STR("commit.interval.ms"), STR("5"));
    expect(&l, 4, ORIGIN_SYSTEM);
    v.system = &next;
    assert_int_equal(settings_number(&v, SETTING_COMMIT_INTERVAL_MS), 5);
    assert_true(settings_choice_is(&v, SETTING_AUTO_OFFSET_RESET, "earliest"));
    pmap_free(&next);
    close_layers(&l);
}

/* ---- spellings */

static const struct {
    const char *name, *key;
    bool        known, applies;
} spellings[] = {
    {"auto.offset.reset", "auto.offset.reset", true, true},
    {"ksql.streams.auto.offset.reset", "auto.offset.reset", true, true},
    {"ksql.streams.consumer.auto.offset.reset", "auto.offset.reset", true, true},
    {"consumer.auto.offset.reset", "auto.offset.reset", true, true},
    {"main.consumer.auto.offset.reset", "auto.offset.reset", true, true},
    {"ksql.streams.restore.consumer.auto.offset.reset", "restore.consumer.auto.offset.reset", true, false},
    {"producer.acks", "producer.acks", true, false},
    {"admin.retries", "admin.retries", true, false},
    {"ksql.streams.shutdown.timeout.ms", "shutdown.timeout.ms", true, true},
    {"ksql.lambdas.enabled", "ksql.lambdas.enabled", true, true},
    {"ksql.streams.ksql.lambdas.enabled", "ksql.lambdas.enabled", false, false},
    {"consumer.ksql.lambdas.enabled", "consumer.ksql.lambdas.enabled", false, false},
    {"listeners", "listeners", true, true},
    {"ksql.streams.listeners", "listeners", false, false},
    {"consumer.weir.data.dir", "consumer.weir.data.dir", false, false},
    {"weir.data.dri", "weir.data.dri", false, false},
    {"ksql.functions.mine.x", "ksql.functions.mine.x", true, false},
    {"ksql.functions.collect_list.limit", "ksql.functions.collect_list.limit", true, true},
    {"consumer.", "consumer.", false, false},
    {"", "", false, false},
};

static void spellings_fold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        setting_name n = setting_resolve(str_of(spellings[i].name));
        if (!str_eqz(n.key, spellings[i].key) || n.known != spellings[i].known || n.applies != spellings[i].applies)
            fail_msg("%s: '%.*s' %d %d", spellings[i].name, STR_FMT(n.key), n.known, n.applies);
    }
}

static const struct {
    const char *key, *shown;
} shown[] = {
    {"commit.interval.ms", "ksql.streams.commit.interval.ms"},
    {"producer.acks", "ksql.streams.producer.acks"},
    {"ksql.lambdas.enabled", "ksql.lambdas.enabled"},
    {"bootstrap.servers", "bootstrap.servers"},
    {"weir.data.dir", "weir.data.dir"},
    {"some.plugin", "some.plugin"},
};

static void names_are_shown_with_their_prefix(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        buf b = BUF_INIT(256);
        setting_put_key(&b, str_of(shown[i].key));
        if (!str_eqz(buf_str(&b), shown[i].shown))
            fail_msg("%s: %.*s", shown[i].key, (int)b.n, b.p);
        buf_free(&b);
    }
}

static void secrets_are_known(void **state)
{
    (void)state;
    static const char *const secret[] = {"sasl.jaas.config",
                                         "ksql.streams.producer.sasl.jaas.config",
                                         "ssl.keystore.key",
                                         "ssl.key.password",
                                         "ksql.schema.registry.ssl.truststore.password",
                                         "ksql.schema.registry.basic.auth.user.info",
                                         "my.plugin.key",
                                         "ksql.functions.mine.x"};
    static const char *const open[] = {"key.serializer", "ksql.persistence.default.format.key", "some.plugin",
                                       "ksql.functions.collect_list.limit"};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        if (!setting_is_secret(str_of(secret[i])))
            fail_msg("%s is shown", secret[i]);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (setting_is_secret(str_of(open[i])))
            fail_msg("%s is hidden", open[i]);
}

/* ---- checks */

static const struct {
    const char *name, *value, *msg; /* msg NULL: it is taken */
} checks[] = {
    {"nonsense", "1", "Not recognizable as ksql, streams, consumer, or producer property: 'nonsense'"},
    {"ksql.nonsense", "1", "Not recognizable as ksql, streams, consumer, or producer property: 'ksql.nonsense'"},
    {"ksql.service.id", "x",
     "One or more properties overrides set locally are prohibited by the KSQL server denylist (use UNSET to reset "
     "their default value): [ksql.service.id]"},
    {"bootstrap.servers", "x", "Cannot override property 'bootstrap.servers'"},
    {"ksql.streams.ssl.truststore.location", "x", "Cannot override property 'ksql.streams.ssl.truststore.location'"},
    {"ksql.pull.queries.enable", "false", "Cannot override property 'ksql.pull.queries.enable'"},
    {"weir.data.dir", "x", "Cannot override property 'weir.data.dir'"},
    {"auto.offset.reset", "none", "'none' is not valid for this property within KSQL"},
    {"ksql.streams.auto.offset.reset", "Earliest", NULL},
    {"auto.offset.reset", "first",
     "Invalid value first for configuration auto.offset.reset: String must be one of: earliest, latest"},
    {"commit.interval.ms", "abc", "Failed to coerce type of value 'abc' for key 'commit.interval.ms'"},
    {"ksql.streams.commit.interval.ms", "1.5",
     "Failed to coerce type of value '1.5' for key 'ksql.streams.commit.interval.ms'"},
    {"commit.interval.ms", "-1", "Invalid value -1 for configuration commit.interval.ms: Value must be at least 0"},
    {"commit.interval.ms", " 5 ", NULL},
    {"ksql.lambdas.enabled", "yes", "Failed to coerce type of value 'yes' for key 'ksql.lambdas.enabled'"},
    {"ksql.lambdas.enabled", "False", NULL},
    {"consumer.max.poll.records", "x", "Failed to coerce type of value 'x' for key 'consumer.max.poll.records'"},
    {"batch.size", "5", NULL},
    {"ksql.max.push.queries", "5", NULL},
    {"ksql.functions.mine.x", "anything", NULL},
};

static void sessions_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        status_init(&st);
        bool ok = setting_check(str_of(checks[i].name), str_of(checks[i].value), &st);
        if (ok != (checks[i].msg == NULL) || (!ok && strcmp(st.msg, checks[i].msg) != 0))
            fail_msg("%s=%s: %s", checks[i].name, checks[i].value, st.msg);
    }
}

static const char cannot_change[] = "It cannot be changed while the server runs. Set it in the server's configuration.";

static const struct {
    const char *name, *value, *msg;
} system_checks[] = {
    {"nonsense", "1", "Not recognizable as ksql, streams, consumer, or producer property: nonsense \n"},
    {"ksql.service.id", "x", cannot_change},
    {"ksql.max.push.queries", "5", cannot_change},
    {"weir.data.dir", "x", cannot_change},
    {"commit.interval.ms", "x", "The value must be a number of milliseconds."},
    {"ksql.streams.commit.interval.ms", "-1", "The value must be a number of milliseconds."},
    {"processing.guarantee", "twice",
     "The value must be at_least_once, exactly_once, exactly_once_beta or exactly_once_v2."},
    {"auto.offset.reset", "none", "'none' is not valid for this property within KSQL"},
    {"auto.offset.reset", "x", "The value must be earliest or latest."},
    {"ksql.lambdas.enabled", "x", "The value must be true or false."},
    {"batch.size", "x", "The value must be a whole number."},
    {"auto.offset.reset", "earliest", NULL},
    {"batch.size", "5", NULL},
    {"ksql.output.topic.name.prefix", "x_", NULL},
};

static void the_system_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof system_checks / sizeof *system_checks; i++) {
        status_init(&st);
        bool ok = setting_check_system(str_of(system_checks[i].name), str_of(system_checks[i].value), &st);
        if (ok != (system_checks[i].msg == NULL) || (!ok && strcmp(st.msg, system_checks[i].msg) != 0))
            fail_msg("%s=%s: %s", system_checks[i].name, system_checks[i].value, st.msg);
    }
}

/* Whatever a session may set, ALTER SYSTEM may. */
static void the_system_takes_what_sessions_take(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_row_count; i++) {
        const setting *s = &setting_rows[i];
        const char    *value = s->dflt[0] ? s->dflt : s->kind == KIND_BOOL ? "true" : s->kind == KIND_INT ? "1" : "x";
        bool           counts = s->scope >= SCOPE_SESSION;
        status_init(&st);
        if (setting_check_system(str_of(s->name), str_of(value), &st) != counts)
            fail_msg("%s: %s", s->name, st.msg);
        if (counts && !setting_check(str_of(s->name), str_of(value), &st))
            fail_msg("%s: %s", s->name, st.msg);
    }
}

static void what_has_no_effect_is_told(void **state)
{
    (void)state;
    static const char *const without[] = {"ksql.streams.cache.max.bytes.buffering", "ksql.max.push.queries",
                                          "producer.acks", "restore.consumer.auto.offset.reset"};
    static const char *const with[] = {"consumer.auto.offset.reset", "ksql.lambdas.enabled", "ksql.functions.mine.x"};
    buf                      b = BUF_INIT(1024);
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        assert_true(setting_put_warning(&b, str_of(without[i])));
    assert_true(str_starts(buf_str(&b), STR("'ksql.streams.cache.max.bytes.buffering' has no effect here.")));
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        assert_false(setting_put_warning(&b, str_of(with[i])));
    buf_free(&b);
}

static void the_nearest_name_is_found(void **state)
{
    (void)state;
    assert_string_equal(setting_nearest(STR("weir.data.dri"))->name, "weir.data.dir");
    assert_string_equal(setting_nearest(STR("ksql.streams.auto.ofset.reset"))->name, "auto.offset.reset");
    assert_string_equal(setting_nearest(STR("KSQL.SERVICE.ID"))->name, "ksql.service.id");
    assert_null(setting_nearest(STR("some.plugin")));
    assert_null(setting_nearest(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_good),
        cmocka_unit_test(layers_come_one_before_the_other),
        cmocka_unit_test(a_session_has_no_say_in_the_servers),
        cmocka_unit_test(bad_values_count_as_not_given),
        cmocka_unit_test(names_of_users_functions_are_found),
        cmocka_unit_test(a_view_stays_as_it_was_taken),
        cmocka_unit_test(spellings_fold),
        cmocka_unit_test(names_are_shown_with_their_prefix),
        cmocka_unit_test(secrets_are_known),
        cmocka_unit_test(sessions_are_checked),
        cmocka_unit_test(the_system_is_checked),
        cmocka_unit_test(the_system_takes_what_sessions_take),
        cmocka_unit_test(what_has_no_effect_is_told),
        cmocka_unit_test(the_nearest_name_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
