/* What the engine asks about a side's format; every row of the table of formats is visited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "engine/format/format_int.h"
#include "engine/format/side.h"

static const serde_column two[] = {{STR("A"), &type_string, true}, {STR("B"), &type_integer, true}};

static void every_format(void **state)
{
    (void)state;
    for (format_id f = 0; f < FORMAT_COUNT; f++) {
        arena     a;
        status    st;
        format_id again = FORMAT_COUNT;
        arena_init(&a);
        status_init(&st);
        assert_true(format_by_name(str_of(formats[f].name), &again, &st));
        assert_int_equal(f, again);
        assert_non_null(formats[f].from_json);
        assert_non_null(formats[f].put_json);
        assert_int_equal(formats[f].is_empty, f == FORMAT_NONE);
        side_format side = {.id = f};
        serde_spec  spec = side_spec(&side, false, STR("t"), two, formats[f].is_empty ? 0 : 1);
        serde      *s = serde_new(&a, &spec, &st);
        if (formats[f].bind) { /* what is written can be read */
            value row[1] = {value_s(STR("x"))}, back[1];
            buf   out = BUF_INIT(BUF_MAX);
            bool  none;
            assert_non_null(s);
            assert_true(s->encode(s, row, &out, &none));
            assert_int_equal(none, formats[f].is_empty);
            assert_int_equal(s->decode(s, &a, buf_str(&out), back), DECODE_OK);
            assert_true(none || str_eq(value_str(back[0]), STR("x")));
            buf_free(&out);
        } else {
            assert_null(s);
            assert_non_null(strstr(st.msg, "needs the schema registry"));
        }
        /* a key inside is written by a format that can, whatever the side's is */
        spec = side_inner_key_spec(&side, two, 2);
        serde *inner = serde_new(&a, &spec, &st);
        assert_non_null(inner);
        serde_free(inner);
        serde_free(s);
        arena_free(&a);
    }
}

static void single_columns(void **state)
{
    (void)state;
    static const struct {
        format_id   id;
        uint32_t    features, n;
        bool        is_key, bare;
        const char *text;
    } cases[] = {
        {FORMAT_JSON, 0, 1, true, true, "UNWRAP_SINGLES"},
        {FORMAT_JSON, 0, 2, true, false, ""},
        {FORMAT_JSON, 0, 1, false, false, ""},
        {FORMAT_JSON, FEATURE_UNWRAP_SINGLES, 1, false, true, "UNWRAP_SINGLES"},
        {FORMAT_JSON, FEATURE_WRAP_SINGLES, 1, false, false, "WRAP_SINGLES"},
        {FORMAT_KAFKA, 0, 1, true, false, ""},
        {FORMAT_DELIMITED, FEATURE_UNWRAP_SINGLES, 1, false, true, "UNWRAP_SINGLES"},
        {FORMAT_PROTOBUF, 0, 1, true, false, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        side_format f = {.id = cases[i].id, .features = cases[i].features};
        assert_int_equal(side_spec(&f, cases[i].is_key, STR("t"), two, cases[i].n).unwrapped, cases[i].bare);
        assert_string_equal(side_feature_text(&f, cases[i].is_key, cases[i].n), cases[i].text);
    }
}

static void keys(void **state)
{
    (void)state;
    side_format none = side_empty(), zeros = {0}, csv = {.id = FORMAT_DELIMITED, .delimiter = ';'}, csv2 = csv;
    assert_true(side_is_empty(&none) && side_is_empty(&zeros) && !side_is_empty(&csv));
    side_need_key(&none);
    assert_int_equal(none.id, FORMAT_KAFKA);
    side_need_key(&csv);
    assert_int_equal(csv.id, FORMAT_DELIMITED);
    assert_true(side_same_bytes(&csv, &csv2));
    csv2.delimiter = ',';
    assert_false(side_same_bytes(&csv, &csv2));
    assert_false(side_same_bytes(&csv, &none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format),
        cmocka_unit_test(single_columns),
        cmocka_unit_test(keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
