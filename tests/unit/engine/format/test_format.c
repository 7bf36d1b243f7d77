/* Formats: what goes in comes out, what is malformed is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "engine/format/format_int.h"
#include "parser/parser.h"

#include "engine/expr/expr.h"

typedef struct fix {
    arena        a;
    serde_column cols[16];
    serde       *s;
    value        row[16];
} fix;

/* A serde over columns written as in CREATE STREAM. */
static fix *open_wanting(format_id f, const char *columns, bool unwrapped, bool wanted)
{
    fix            *x = calloc(1, sizeof *x);
    const ast_type *fields;
    status          st;
    arena_init(&x->a);
    status_init(&st);
    if (!parse_type(&x->a, str_fmt(&x->a, "STRUCT<%s>", columns), &fields, &st))
        fail_msg("%s", st.msg);
    uint32_t n = fields->field_count;
    for (uint32_t i = 0; i < n; i++)
        x->cols[i] = (serde_column){fields->fields[i].name,
                                    type_resolve(&x->a, fields->fields[i].type, NULL, NULL, &st), wanted};
    serde_spec spec = {.format = f, .columns = x->cols, .column_count = n, .unwrapped = unwrapped, .topic = STR("t")};
    x->s = serde_new(&x->a, &spec, &st);
    if (x->s == NULL)
        fail_msg("%s", st.msg);
    return x;
}

static fix *open_fix(format_id f, const char *columns, bool unwrapped)
{
    return open_wanting(f, columns, unwrapped, true);
}

static void close_fix(fix *x)
{
    serde_free(x->s);
    arena_free(&x->a);
    free(x);
}

static void round_trip(format_id f, const char *columns, const char *in, const char *out)
{
    fix *x = open_fix(f, columns, false);
    buf  b = BUF_INIT(BUF_MAX);
    bool none;
    if (x->s->decode(x->s, &x->a, str_of(in), x->row) != DECODE_OK)
        fail_msg("%s: %s", in, x->s->err);
    assert_true(x->s->encode(x->s, x->row, &b, &none));
    buf_putc(&b, 0);
    assert_string_equal(b.p, out);
    buf_free(&b);
    close_fix(x);
}

static void refused(format_id f, const char *columns, const char *in, const char *why)
{
    fix *x = open_fix(f, columns, false);
    if (x->s->decode(x->s, &x->a, str_of(in), x->row) == DECODE_OK)
        fail_msg("%s was taken", in);
    if (strstr(x->s->err, why) == NULL)
        fail_msg("%s: %s does not say %s", in, x->s->err, why);
    close_fix(x);
}

static void json_by_schema(void **state)
{
    (void)state;
    round_trip(FORMAT_JSON, "A INT, B STRING", "{\"A\":1,\"B\":\"x\"}", "{\"A\":1,\"B\":\"x\"}");
    round_trip(FORMAT_JSON, "A INT, B STRING", " { \"skip\" : [1, {\"a\": null}], \"b\" : \"x\", \"a\" : 2 } junk",
               "{\"A\":2,\"B\":\"x\"}");
    round_trip(FORMAT_JSON, "A INT", "{\"A\":1,\"a\":2}", "{\"A\":1}");
    round_trip(FORMAT_JSON, "A INT", "{\"a\":2,\"A\":1,\"a\":3}", "{\"A\":1}");
    round_trip(FORMAT_JSON, "`a` INT", "{\"A\":1}", "{\"a\":null}");
    round_trip(FORMAT_JSON, "A INT", "{\"A\":4294967297.9}", "{\"A\":1}");
    round_trip(FORMAT_JSON, "A BIGINT", "{\"A\":\"-7\"}", "{\"A\":-7}");
    round_trip(FORMAT_JSON, "A DOUBLE, B DOUBLE", "{\"A\":1,\"B\":1e400}", "{\"A\":1.0,\"B\":\"Infinity\"}");
    round_trip(FORMAT_JSON, "A DECIMAL(6,2)", "{\"A\":1.5}", "{\"A\":1.50}");
    round_trip(FORMAT_JSON, "A STRING", "{\"A\":[1.50,\"x\",null,{\"k\":1e2}]}",
               "{\"A\":\"[1.50, x, null, {\\\"k\\\":1E+2}]\"}");
    round_trip(FORMAT_JSON, "A STRING", "{\"A\":\"\\u00e9\\n\\ud83d\\ude00\\/\"}",
               "{\"A\":\"\xc3\xa9\\n\xf0\x9f\x98\x80/\"}");
    round_trip(FORMAT_JSON, "A ARRAY<INT>, M MAP<STRING, BOOLEAN>, S STRUCT<X INT, Y ARRAY<STRING>>",
               "{\"A\":[1,null],\"M\":{\"k\":true},\"S\":{\"x\":5}}",
               "{\"A\":[1,null],\"M\":{\"k\":true},\"S\":{\"X\":5,\"Y\":null}}");
    round_trip(FORMAT_JSON, "A BYTES", "{\"A\":\"aGk=\"}", "{\"A\":\"aGk=\"}");
}

/* What nobody reads must be JSON all the same, and leaves NULLs. */
static void json_that_nobody_reads(void **state)
{
    (void)state;
    fix *x = open_wanting(FORMAT_JSON, "A INT, B STRING", false, false);
    memset(x->row, 1, sizeof x->row);
    assert_int_equal(x->s->decode(x->s, &x->a, STR(" {\"A\":\"no number\",\"B\":[{}, 1e5],\"C\":null}"), x->row),
                     DECODE_OK);
    assert_int_equal(x->row[0].state, V_NULL);
    assert_int_equal(x->row[1].state, V_NULL);
    static const char *bad[] = {"", "null", "[1]", "{\"A\":1", "{\"A\" 1}", "{\"A\":01}", "{\"A\":\"\\x\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (x->s->decode(x->s, &x->a, str_of(bad[i]), x->row) == DECODE_OK)
            fail_msg("%s was taken", bad[i]);
    close_fix(x);
}

/* Of entries with one key the last counts; small and large maps find them differently. */
static void json_map_keys_come_once(void **state)
{
    (void)state;
    for (int n = 3; n < 200; n += 61) {
        buf in = BUF_INIT(BUF_MAX), out = BUF_INIT(BUF_MAX);
        buf_putz(&in, "{\"M\":{");
        buf_putz(&out, "{\"M\":{");
        for (int i = 0; i < n; i++) {
            buf_printf(&in, "%s\"k%d\":%d", i ? "," : "", i, i);
            buf_printf(&out, "%s\"k%d\":%d", i ? "," : "", i, i == 1 ? -1 : i);
        }
        buf_putz(&in, ",\"k1\":-1}}");
        buf_putz(&out, "}}");
        buf_putc(&in, 0);
        buf_putc(&out, 0);
        round_trip(FORMAT_JSON, "M MAP<STRING, INT>", in.p, out.p);
        buf_free(&in);
        buf_free(&out);
    }
}

static void json_that_is_wrong(void **state)
{
    (void)state;
    refused(FORMAT_JSON, "A INT, M MAP<STRING, INT>", " ",
            "sourceType: MissingNode, requiredType: STRUCT<A INT, M MAP<VARCHAR, INT>>, path: $");
    refused(FORMAT_JSON, "A STRING", "7", "sourceType: IntNode, requiredType: STRUCT<A VARCHAR>, path: $");
    refused(FORMAT_JSON, "A INT", "{\"A\":", "Unexpected end-of-input or character at byte 5, path: $.A");
    refused(FORMAT_JSON, "A BOOLEAN", "{\"A\":x}", "character at byte 5, path: $.A");
    refused(FORMAT_JSON, "A BOOLEAN", "{\"A\":[1,{\"B\":", "end-of-input");
    refused(FORMAT_JSON, "A INT", "null", "null");
    refused(FORMAT_JSON, "A INT", "[1]", "sourceType: ArrayNode");
    refused(FORMAT_JSON, "A INT", "{\"A\":true}", "sourceType: BooleanNode, requiredType: INTEGER, path: $.A");
    refused(FORMAT_JSON, "A BOOLEAN", "{\"A\":\"true\"}", "sourceType: TextNode, requiredType: BOOLEAN");
    refused(FORMAT_JSON, "A INT", "{\"A\":\"x\"}", "Can't coerce string to type. targetType: INTEGER");
    refused(FORMAT_JSON, "A INT", "{\"A\":1", "path");
    refused(FORMAT_JSON, "A INT", "{\"A\" 1}", "path");
    refused(FORMAT_JSON, "A INT", "{\"B\":tru,\"A\":1}", "path");
    refused(FORMAT_JSON, "A INT", "{\"A\":01}", "path");
    refused(FORMAT_JSON, "A STRING", "{\"A\":\"a\nb\"}", "Illegal");
    refused(FORMAT_JSON, "A STRING", "{\"A\":\"\\q\"}", "escape");
    refused(FORMAT_JSON, "A STRING", "{\"A\":\"\xff\"}", "UTF-8");
    refused(FORMAT_JSON, "A DECIMAL(4,2)", "{\"A\":123.45}", "Numeric field overflow");
    refused(FORMAT_JSON, "A DECIMAL(4,2)", "{\"A\":1.234}", "without rounding");
    refused(FORMAT_JSON, "A ARRAY<STRUCT<X INT>>", "{\"A\":[{\"X\":1},{\"X\":[]}]}", "path: $.A[1].X");
}

/* Nesting beyond the limit is refused, wherever it stands. */
static void json_depth_is_bounded(void **state)
{
    (void)state;
    size_t n = 100000;
    char  *deep = malloc(n + 8);
    memset(deep, '[', n);
    strcpy(deep + n, "");
    memcpy(deep, "{\"B\":", 5);
    refused(FORMAT_JSON, "A INT", deep, "nesting");
    memcpy(deep, "{\"A\":", 5);
    refused(FORMAT_JSON, "A STRING", deep, "nesting");
    arena       a;
    str         rest;
    const char *why;
    arena_init(&a);
    assert_null(json_doc_parse(&a, str_of(deep + 5), &rest, &why));
    arena_free(&a);
    free(deep);
}

/* Every prefix and every damaged byte of a good record: no crash under sanitizers. */
static void json_survives_damage(void **state)
{
    (void)state;
    const char *good = "{\"A\":-12.5e1,\"M\":{\"k\":[1,2]},\"S\":\"\\u00e9\\\\x\",\"B\":\"aGk=\"}";
    fix        *x = open_fix(FORMAT_JSON, "A DECIMAL(8,2), M MAP<STRING, ARRAY<INT>>, S STRING, B BYTES", false);
    size_t      n = strlen(good);
    char       *p = malloc(n);
    for (size_t cut = 0; cut <= n; cut++) {
        char *exact = malloc(cut ? cut : 1);
        memcpy(exact, good, cut);
        x->s->decode(x->s, &x->a, str_make(exact, cut), x->row);
        free(exact);
    }
    for (size_t at = 0; at < n; at++)
        for (int c = 0; c < 256; c++) {
            memcpy(p, good, n);
            p[at] = (char)c;
            x->s->decode(x->s, &x->a, str_make(p, n), x->row);
        }
    free(p);
    close_fix(x);
}

static void delimited(void **state)
{
    (void)state;
    round_trip(FORMAT_DELIMITED, "A INT, B STRING, C DOUBLE", "1,\"x, \"\"y\"\"\",2", "1,\"x, \"\"y\"\"\",2.0");
    round_trip(FORMAT_DELIMITED, "A INT, B STRING", ",", ",");
    round_trip(FORMAT_DELIMITED, "A INT, B INT", "-5,-6", "\"-5\",-6");
    round_trip(FORMAT_DELIMITED, "A STRING, B STRING", "a, b \n2nd", "a,\" b \"");
    refused(FORMAT_DELIMITED, "A INT, B INT", "1",
            "Column count mismatch on deserialization. topic: t, expected: 2, got: 1");
    refused(FORMAT_DELIMITED, "A INT", "", "No fields in record");
    refused(FORMAT_DELIMITED, "A INT", "x", "For input string");
    refused(FORMAT_DELIMITED, "A STRING", "\"x", "EOF reached");
    refused(FORMAT_DELIMITED, "A STRING", "\"x\"y", "invalid char between");
    refused(FORMAT_DELIMITED, "A INT", "2147483648", "For input string");
}

static void kafka(void **state)
{
    (void)state;
    fix *x = open_fix(FORMAT_KAFKA, "A INT", false);
    assert_int_equal(x->s->decode(x->s, &x->a, str_make("\xff\xff\xff\xfe", 4), x->row), DECODE_OK);
    assert_int_equal(x->row[0].i, -2);
    assert_int_equal(x->s->decode(x->s, &x->a, str_make("\0\0\0\0\0\0\0\1", 8), x->row), DECODE_BAD);
    assert_non_null(strstr(x->s->err, "IntegerDeserializer is not 4"));
    close_fix(x);
    x = open_fix(FORMAT_KAFKA, "A STRING", false);
    assert_int_equal(x->s->decode(x->s, &x->a, STR("a\xff"), x->row), DECODE_OK);
    assert_true(str_eqz(value_str(x->row[0]), "a\xef\xbf\xbd"));
    close_fix(x);
}

/* The row encoding against JSON: random damage must be noticed or harmless. */
static void rows(void **state)
{
    (void)state;
    fix *x =
        open_fix(FORMAT_JSON,
                 "A INT, B STRING, C ARRAY<DECIMAL(30,2)>, D STRUCT<X DOUBLE, Y MAP<STRING, INT>>, E BOOLEAN", false);
    const type *types[5];
    value       back[5];
    buf         b = BUF_INIT(BUF_MAX), j1 = BUF_INIT(BUF_MAX), j2 = BUF_INIT(BUF_MAX);
    bool        none;
    assert_int_equal(x->s->decode(x->s, &x->a,
                                  STR("{\"A\":7,\"B\":\"text\",\"C\":[1.5,null,12345678901234567890123.45],"
                                      "\"D\":{\"X\":2.5,\"Y\":{\"k\":1,\"l\":null}},\"E\":null}"),
                                  x->row),
                     DECODE_OK);
    for (int i = 0; i < 5; i++)
        types[i] = x->cols[i].type;
    row_encode(&b, types, x->row, 5);
    assert_true(row_decode(&x->a, buf_str(&b), types, back, 5));
    x->s->encode(x->s, x->row, &j1, &none);
    x->s->encode(x->s, back, &j2, &none);
    assert_true(str_eq(buf_str(&j1), buf_str(&j2)));
    for (size_t cut = 0; cut < b.n; cut++) {
        char *exact = malloc(cut ? cut : 1);
        memcpy(exact, b.p, cut);
        assert_false(row_decode(&x->a, str_make(exact, cut), types, back, 5));
        free(exact);
    }
    for (size_t at = 0; at < b.n; at++)
        for (int c = 0; c < 256; c += 5) {
            char old = b.p[at];
            b.p[at] = (char)c;
            row_decode(&x->a, buf_str(&b), types, back, 5);
            b.p[at] = old;
        }
    buf_free(&b);
    buf_free(&j1);
    buf_free(&j2);
    close_fix(x);
}

static void unsuitable_columns(void **state)
{
    (void)state;
    status st;
    arena  a;
    arena_init(&a);
    serde_column c[2] = {{STR("A"), &type_boolean, true}, {STR("B"), &type_integer, true}};
    serde_spec   s = {.format = FORMAT_KAFKA, .columns = c, .column_count = 1};
    status_init(&st);
    assert_null(serde_new(&a, &s, &st));
    assert_string_equal(st.msg, "The 'KAFKA' format does not support type 'BOOLEAN'");
    s.column_count = 2;
    assert_null(serde_new(&a, &s, &st));
    assert_string_equal(st.msg, "The 'KAFKA' format only supports a single field. Got: [`A` BOOLEAN, `B` INTEGER]");
    s.format = FORMAT_NONE;
    assert_null(serde_new(&a, &s, &st));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_by_schema),
        cmocka_unit_test(json_that_nobody_reads),
        cmocka_unit_test(json_map_keys_come_once),
        cmocka_unit_test(json_that_is_wrong),
        cmocka_unit_test(json_depth_is_bounded),
        cmocka_unit_test(json_survives_damage),
        cmocka_unit_test(delimited),
        cmocka_unit_test(kafka),
        cmocka_unit_test(rows),
        cmocka_unit_test(unsuitable_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
