/* Every aggregate: its row, and values from spec/functions.md 4. States travel through the row encoding
 * after every step, as in a store. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/agg/agg.h"
#include "engine/format/format.h"

typedef struct run {
    arena     a;
    ectx     *cx;
    status   *st;
    agg_call *c;
    value     state;
    bool      failed;
} run;

static const char *limit_text; /* of both limits; NULL: not given */

/* through the bytes of a store */
static value stored(run *r, value v)
{
    buf   b = BUF_INIT(BUF_MAX);
    value out;
    row_encode(&b, &r->c->state_type, &v, 1);
    assert_true(row_decode(&r->a, str_dup(&r->a, buf_str(&b)), &r->c->state_type, &out, 1));
    buf_free(&b);
    return out;
}

static bool start(run *r, const char *name, const type **types, uint32_t n, const value *literals)
{
    static const value no_literals[8] = {{.state = V_ERR}, {.state = V_ERR}, {.state = V_ERR}, {.state = V_ERR}};
    static const str   texts[8] = {{"X", 1}, {"X", 1}, {"X", 1}, {"X", 1}};
    map                session = {0};
    settings_view      v = {.session = &session};
    str                limit = str_of(limit_text ? limit_text : "");
    if (limit_text) {
        map_put(&session, STR("ksql.functions.collect_list.limit"), &limit);
        map_put(&session, STR("ksql.functions.collect_set.limit"), &limit);
    }
    memset(r, 0, sizeof *r);
    arena_init(&r->a);
    r->cx = calloc(1, sizeof *r->cx);
    r->st = calloc(1, sizeof *r->st);
    r->cx->a = &r->a;
    r->c = agg_bind(&r->a, str_of(name), types, n, literals ? literals : no_literals, texts, &v, r->st);
    map_free(&session);
    if (r->c)
        r->state = stored(r, r->c->row->initial(r->c, r->cx));
    return r->c != NULL;
}

static void finish(run *r)
{
    arena_free(&r->a);
    free(r->cx);
    free(r->st);
}

static void step(run *r, const value *args)
{
    value v = r->c->row->add(r->c, r->cx, r->state, args);
    r->failed |= v.state == V_ERR;
    if (v.state != V_ERR)
        r->state = stored(r, v);
}

static void back(run *r, const value *args)
{
    value v = r->c->row->undo(r->c, r->cx, r->state, args);
    r->failed |= v.state == V_ERR;
    if (v.state != V_ERR)
        r->state = stored(r, v);
}

static const char *text(run *r)
{
    static char out[4096];
    value       v = r->c->row->result ? r->c->row->result(r->c, r->cx, r->state) : r->state;
    buf         b = BUF_INIT(BUF_MAX);
    value_text(&b, r->c->result_type, v);
    snprintf(out, sizeof out, "%.*s", (int)b.n, b.p);
    buf_free(&b);
    return out;
}

static value s(const char *z)
{
    return value_s(str_of(z));
}

/* One column: adds all values (NULL: .state V_NULL), in order. */
static const char *of(const char *name, const type *t, const value *v, uint32_t n)
{
    static char out[4096];
    run         r;
    assert_true(start(&r, name, &t, 1, NULL));
    for (uint32_t i = 0; i < n; i++)
        step(&r, &v[i]);
    snprintf(out, sizeof out, "%s", r.failed ? r.cx->err : text(&r));
    finish(&r);
    return out;
}
#define OF(name, t, ...) of(name, t, (value[]){__VA_ARGS__}, sizeof((value[]){__VA_ARGS__}) / sizeof(value))
#define I(x) value_i(x)
#define D(x) value_d(x)
#define N VALUE_NULL

/* Adds the first k, takes the others back. */
static const char *undone(const char *name, const type *t, const value *v, uint32_t n, uint32_t k)
{
    static char out[4096];
    run         r;
    assert_true(start(&r, name, &t, 1, NULL));
    for (uint32_t i = 0; i < n; i++)
        (i < k ? step : back)(&r, &v[i]);
    snprintf(out, sizeof out, "%s", r.failed ? r.cx->err : text(&r));
    finish(&r);
    return out;
}
#define UNDONE(name, t, k, ...) \
    undone(name, t, (value[]){__VA_ARGS__}, sizeof((value[]){__VA_ARGS__}) / sizeof(value), k)

/* Two sessions of a column, merged into a fresh state in order, then one more value. */
static const char *merged(const char *name, const type **types, uint32_t n_types, const value *lits, const value *left,
                          uint32_t l, const value *right, uint32_t m, const value *last)
{
    static char out[4096];
    run         r;
    assert_true(start(&r, name, types, n_types, lits));
    value        fresh = r.state, sessions[2];
    const value *v[2] = {left, right};
    uint32_t     n[2] = {l, m};
    for (int k = 0; k < 2; k++) {
        r.state = fresh;
        for (uint32_t i = 0; i < n[k]; i++)
            step(&r, &v[k][i]);
        sessions[k] = r.state;
    }
    r.state = fresh;
    for (int k = 0; k < 2; k++) {
        value x = r.c->row->merge(r.c, r.cx, r.state, sessions[k]);
        r.failed |= x.state == V_ERR;
        if (x.state != V_ERR)
            r.state = stored(&r, x);
    }
    if (last)
        step(&r, last);
    snprintf(out, sizeof out, "%s", r.failed ? r.cx->err : text(&r));
    finish(&r);
    return out;
}
#define MERGED(name, t, left, right)                                                       \
    merged(name, (const type *[]){t}, 1, NULL, left, sizeof(left) / sizeof *(left), right, \
           sizeof(right) / sizeof *(right), NULL)

static const type dec41 = {.kind = T_DECIMAL, .precision = 4, .scale = 1};

static void test_basic(void **state)
{
    (void)state;
    assert_string_equal(OF("count", &type_string, s("a"), N, s("a")), "2");
    assert_string_equal(OF("COUNT", &type_null, N), "0");
    assert_string_equal(OF("SUM", &type_integer, I(2147483647), I(1), N), "-2147483648");
    assert_string_equal(OF("SUM", &type_bigint, I(INT64_MAX), I(1)), "-9223372036854775808");
    assert_string_equal(OF("SUM", &type_double, D(1.5), D(2)), "3.5");
    assert_string_equal(OF("SUM", &dec41, I(4008), I(15)), "402.3");
    assert_string_equal(OF("SUM", &dec41, I(8017), I(4008)),
                        "Numeric field overflow: A field with precision 4 and scale 1 must round to an absolute "
                        "value less than 10^3. Got 1203");
    assert_string_equal(UNDONE("SUM", &dec41, 2, I(8017), I(1000), I(8017)), "100.0");
    assert_string_equal(OF("AVG", &type_integer, I(2147483647), I(1)), "-1.073741824E9");
    assert_string_equal(OF("AVG", &type_integer, I(1), N, I(2)), "1.5");
    assert_string_equal(OF("AVG", &type_double, N), "0.0");
    assert_string_equal(UNDONE("AVG", &type_bigint, 2, I(3), I(5), I(3)), "5.0");
    assert_string_equal(OF("MIN", &type_string, s("b"), N, s("a")), "a");
    assert_string_equal(OF("MAX", &type_double, D(-0.0), D(0.0)), "0.0");
    assert_string_equal(OF("MAX", &type_double, D(NAN), D(1)), "NaN");
    assert_string_equal(OF("MAX", &type_bytes, s("\x7f"), s("\x80")), "fw==");
    assert_string_equal(OF("MAX", &type_date, N), "null");
    value l[] = {I(1), I(2)}, r[] = {I(7)};
    assert_string_equal(MERGED("AVG", &type_integer, l, r), "3.3333333333333335");
    assert_string_equal(MERGED("MAX", &type_integer, l, r), "7");
    assert_string_equal(MERGED("SUM", &dec41, ((value[]){I(8017)}), ((value[]){I(4008)})), "1202.5");
}

static void test_collect(void **state)
{
    (void)state;
    limit_text = NULL;
    assert_string_equal(OF("COLLECT_LIST", &type_integer, I(1), N, I(1)), "[1, null, 1]");
    assert_string_equal(UNDONE("COLLECT_LIST", &type_integer, 4, I(1), I(2), I(1), I(3), I(1), I(9)), "[1, 2, 3]");
    assert_string_equal(OF("COLLECT_SET", &type_integer, I(1), N, I(1), N, I(2)), "[1, null, 2]");
    limit_text = "2";
    assert_string_equal(OF("COLLECT_LIST", &type_integer, I(1), I(2), I(3)), "[1, 2]");
    assert_string_equal(OF("COLLECT_SET", &type_integer, I(1), I(1), I(2), I(3)), "[1, 2]");
    value l[] = {I(1)}, r[] = {I(1), I(2)};
    assert_string_equal(MERGED("COLLECT_LIST", &type_integer, l, r), "[1, 1]");
    assert_string_equal(MERGED("COLLECT_SET", &type_integer, l, r), "[1, 2]");
    limit_text = "0";
    assert_string_equal(OF("COLLECT_LIST", &type_integer, I(1)), "[]");
    limit_text = "-1";
    assert_string_equal(OF("COLLECT_LIST", &type_integer, I(1), I(2)), "[1, 2]");
    limit_text = "x";
    run         bad;
    const type *t = &type_integer;
    assert_false(start(&bad, "COLLECT_LIST", &t, 1, NULL));
    assert_string_equal(bad.st->msg, "Failed to invoke UDAF factory method");
    finish(&bad);
    limit_text = NULL;
    assert_string_equal(OF("HISTOGRAM", &type_string, s("a"), s("b"), s("a"), N), "{null=1, a=2, b=1}");
    assert_string_equal(UNDONE("HISTOGRAM", &type_string, 2, s("a"), s("b"), s("a")), "{b=1}");
    assert_string_equal(UNDONE("HISTOGRAM", &type_string, 1, s("a"), s("z")),
                        "HISTOGRAM: a key to take back was never counted");
    assert_string_equal(OF("ATTR", &type_string, s("a"), s("a")), "a");
    assert_string_equal(OF("ATTR", &type_string, s("a"), N, s("a")), "null");
    assert_string_equal(OF("ATTR", &type_string, N), "null");
    assert_string_equal(UNDONE("ATTR", &type_string, 2, s("a"), s("b"), s("b"), s("z")), "a");
    assert_string_equal(UNDONE("ATTR", &type_string, 1, s("a"), s("a")), "null");
    const type *ints = &(type){.kind = T_ARRAY, .elem = &type_integer};
    value       list[] = {I(2147483647), N, I(1)};
    assert_string_equal(OF("SUM_LIST", ints, value_v(list, 3), N, value_v(list + 2, 1)), "-2147483647");
    assert_string_equal(UNDONE("SUM_LIST", ints, 2, value_v(list + 2, 1), value_v(list + 2, 1), value_v(list + 2, 1)),
                        "1");
}

static void test_histogram_limit(void **state)
{
    (void)state;
    run         r;
    const type *t = &type_string;
    assert_true(start(&r, "HISTOGRAM", &t, 1, NULL));
    for (int i = 0; i < 1010; i++) {
        value v = value_s(str_fmt(&r.a, "k%d", i));
        step(&r, &v);
    }
    value again = s("k5");
    step(&r, &again);
    assert_int_equal(r.state.n, 1000);
    assert_int_equal(value_map_get(r.c->state_type, r.state, again)->i, 2);
    finish(&r);
}

static void test_distinct(void **state)
{
    (void)state;
    assert_string_equal(OF("COUNT_DISTINCT", &type_integer, I(1), I(2), I(1), N), "2");
    assert_string_equal(OF("COUNT_DISTINCT", &type_string, s("a"), s("ab"), s("abc"), s("abcd"), s("abcde"), s("")),
                        "6");
    assert_string_equal(OF("COUNT_DISTINCT", &type_bytes, s("ab"), s("cd"), s("c")), "2");
    assert_string_equal(OF("COUNT_DISTINCT", &type_integer, N), "0");
    value l[] = {I(1), I(2)}, r[] = {I(2), I(3)};
    assert_string_equal(MERGED("COUNT_DISTINCT", &type_bigint, l, r), "3");
    run         many;
    const type *t = &type_bigint;
    assert_true(start(&many, "COUNT_DISTINCT", &t, 1, NULL));
    for (int64_t i = 0; i < 20000; i++) {
        value v = value_i(i * 7919);
        value next = many.c->row->add(many.c, many.cx, many.state, &v);
        many.state = next;
    }
    double n = atof(text(&many)); /* the standard error of 2^14 registers is 0.8 % */
    assert_true(n > 19400 && n < 20600);
    finish(&many);
}

static void test_offset(void **state)
{
    (void)state;
    assert_string_equal(OF("LATEST_BY_OFFSET", &type_integer, I(1), N, I(2), N), "2");
    assert_string_equal(OF("EARLIEST_BY_OFFSET", &type_integer, N, I(1), I(2)), "1");
    assert_string_equal(OF("LATEST_BY_OFFSET", &type_integer, N), "null");
    const type *types[] = {&type_integer, &type_integer, &type_boolean}, *with_nulls[] = {&type_integer, &type_boolean};
    value two[] = {VALUE_ERR, I(2), value_b(true)}, no[] = {VALUE_ERR, value_b(false)}, zero[] = {VALUE_ERR, I(0)};
    run   r;
    assert_true(start(&r, "LATEST_BY_OFFSET", types, 2, two));
    for (int i = 1; i < 5; i++)
        step(&r, &(value){.i = i, .state = V_OK});
    assert_string_equal(text(&r), "[3, 4]");
    finish(&r);
    assert_true(start(&r, "EARLIEST_BY_OFFSET", types, 3, two));
    for (int i = 1; i < 5; i++)
        step(&r, &(value){.i = i, .state = i == 2 ? V_NULL : V_OK});
    assert_string_equal(text(&r), "[1, 3]");
    finish(&r);
    assert_true(start(&r, "EARLIEST_BY_OFFSET", with_nulls, 2, no));
    step(&r, &VALUE_NULL);
    step(&r, &(value){.i = 1, .state = V_OK});
    assert_string_equal(text(&r), "null");
    finish(&r);
    assert_true(start(&r, "LATEST_BY_OFFSET", with_nulls, 2, no));
    step(&r, &(value){.i = 1, .state = V_OK});
    step(&r, &VALUE_NULL);
    assert_string_equal(text(&r), "null");
    finish(&r);
    assert_false(start(&r, "LATEST_BY_OFFSET", types, 2, zero));
    assert_string_equal(r.st->msg, "Failed to invoke UDAF factory method");
    finish(&r);
    value left[] = {I(1), I(2)}, right[] = {I(3)}, four = I(4);
    assert_string_equal(merged("LATEST_BY_OFFSET", types, 2, two, left, 2, right, 1, &four), "[2, 4]");
    assert_string_equal(merged("EARLIEST_BY_OFFSET", types, 2, two, left, 2, right, 1, NULL), "[1, 2]");
    assert_string_equal(MERGED("LATEST_BY_OFFSET", &type_integer, left, right), "3");
    assert_string_equal(MERGED("EARLIEST_BY_OFFSET", &type_integer, left, right), "1");
}

static void test_top(void **state)
{
    (void)state;
    const type *types[] = {&type_integer, &type_integer}, *more[] = {&type_integer, &type_string, &type_integer};
    value       k2[] = {VALUE_ERR, I(2)}, k0[] = {VALUE_ERR, I(0)}, kn[] = {VALUE_ERR, I(-1)};
    value       v[] = {I(3), I(9), N, I(9), I(5)};
    run         r;
    assert_true(start(&r, "TOPK", types, 2, k2));
    for (int i = 0; i < 5; i++)
        step(&r, &v[i]);
    assert_string_equal(text(&r), "[9, 9]");
    finish(&r);
    assert_true(start(&r, "TOPKDISTINCT", types, 2, k2));
    for (int i = 0; i < 5; i++)
        step(&r, &v[i]);
    assert_string_equal(text(&r), "[9, 5]");
    finish(&r);
    assert_true(start(&r, "TOPK", types, 2, kn));
    for (int i = 0; i < 5; i++)
        step(&r, &v[i]);
    assert_string_equal(text(&r), "[9, 9, 5, 3]");
    finish(&r);
    assert_true(start(&r, "TOPK", types, 2, k0));
    step(&r, &v[0]);
    assert_true(r.failed);
    finish(&r);
    value lits[] = {VALUE_ERR, VALUE_ERR, I(2)};
    assert_true(start(&r, "TOPK", more, 3, lits));
    step(&r, (value[]){I(1), s("a")});
    step(&r, (value[]){I(2), N});
    step(&r, (value[]){I(2), s("c")});
    assert_string_equal(text(&r), "[Struct{sort_col=2}, Struct{sort_col=2,col0=c}]");
    finish(&r);
    value l[] = {I(3), I(1)}, m[] = {I(3), I(2)};
    assert_string_equal(merged("TOPK", types, 2, k2, l, 2, m, 2, NULL), "[3, 3]");
    assert_string_equal(merged("TOPKDISTINCT", types, 2, k2, l, 2, m, 2, NULL), "[3, 2]");
    assert_false(start(&r, "TOPK", types, 2, NULL));
    assert_string_equal(r.st->msg,
                        "Parameter 2 passed to function TOPK must be a literal constant, but was expression: 'X'");
    finish(&r);
}

static void test_statistics(void **state)
{
    (void)state;
    run         r;
    const type *types[] = {&type_integer, &type_integer}, *mixed[] = {&type_integer, &type_double};
    assert_true(start(&r, "CORRELATION", types, 2, NULL));
    assert_string_equal(text(&r), "NaN");
    for (int i = 1; i < 4; i++)
        step(&r, (value[]){I(i), I(2 * i)});
    step(&r, (value[]){N, I(9)});
    assert_string_equal(text(&r), "1.0");
    step(&r, (value[]){I(9), I(-9)});
    back(&r, (value[]){I(9), I(-9)});
    assert_string_equal(text(&r), "1.0");
    finish(&r);
    assert_false(start(&r, "CORRELATION", mixed, 2, NULL));
    assert_non_null(strstr(r.st->msg, "Function 'correlation' does not accept parameters (INTEGER, DOUBLE)."));
    finish(&r);
    assert_string_equal(OF("STDDEV_SAMP", &type_integer, I(1), I(2), N, I(3)), "1.0");
    assert_string_equal(OF("STDDEV_SAMPLE", &type_double, D(1), D(3)), "1.4142135623730951");
    assert_string_equal(OF("STDDEV_SAMPLE", &type_bigint, I(1)), "0.0");
    assert_string_equal(UNDONE("STDDEV_SAMP", &type_integer, 4, I(1), I(2), I(3), I(50), I(50)), "1.0");
    value l[] = {I(1), I(2)}, m[] = {I(4), I(6)};
    assert_string_equal(MERGED("STDDEV_SAMPLE", &type_integer, l, m), "2.217355782608345");
    assert_string_equal(MERGED("STDDEV_SAMP", &type_integer, l, m), "6.166666666666667"); /* means cut: 1 and 5 */
}

static void test_refusals(void **state)
{
    (void)state;
    static const type dec = {.kind = T_DECIMAL, .precision = 4, .scale = 2};
    const type       *d = &dec, *t = &type_string, *b = &type_boolean;
    run               r;
    assert_false(start(&r, "AVG", &d, 1, NULL));
    assert_string_equal(r.st->msg,
                        "Function 'avg' does not accept parameters (DECIMAL(4, 2)).\nValid alternatives are:\n"
                        "avg(DOUBLE val1)\navg(INT val1)\navg(BIGINT val1)\nFor detailed information on a function "
                        "run: DESCRIBE FUNCTION <Function-Name>;");
    finish(&r);
    assert_false(start(&r, "SUM", &t, 1, NULL));
    finish(&r);
    assert_false(start(&r, "MAX", &b, 1, NULL));
    finish(&r);
}

/* Rows parse, have texts, and their functions take NULLs. */
static void test_every_row(void **state)
{
    (void)state;
    static const char *const names = "ATTR AVG COLLECT_LIST COLLECT_SET CORRELATION COUNT COUNT_DISTINCT "
                                     "EARLIEST_BY_OFFSET HISTOGRAM LATEST_BY_OFFSET MAX MIN STDDEV_SAMP STDDEV_SAMPLE "
                                     "SUM SUM_LIST TOPK TOPKDISTINCT";
    static const char *const spelled = "ATTR avg collect_list collect_set correlation COUNT COUNT_DISTINCT "
                                       "EARLIEST_BY_OFFSET histogram LATEST_BY_OFFSET MAX MIN STDDEV_SAMP "
                                       "STDDEV_SAMPLE SUM sum_list TOPK TOPKDISTINCT";
    static const char *const undo = " ATTR AVG COLLECT_LIST CORRELATION COUNT HISTOGRAM STDDEV_SAMP STDDEV_SAMPLE SUM "
                                    "SUM_LIST ";
    arena                    a;
    const agg_row          **rows;
    arena_init(&a);
    size_t n = agg_names(&a, &rows);
    assert_int_equal(n, 18);
    buf got = BUF_INIT(4096), raw = BUF_INIT(4096);
    for (size_t i = 0; i < n; i++) {
        str name = str_upper(&a, str_of(rows[i]->name));
        buf_printf(&got, i ? " %.*s" : "%.*s", STR_FMT(name));
        buf_printf(&raw, i ? " %s" : "%s", rows[i]->name);
        assert_non_null(rows[i]->doc);
        size_t          count;
        const overload *all = agg_find(name, &count);
        for (size_t k = 0; k < count; k++) {
            const agg_row *row = all[k].row;
            bool           undoes = strstr(undo, str_z(&a, str_fmt(&a, " %.*s ", STR_FMT(name)))) != NULL;
            assert_int_equal(row->undo != NULL, undoes);
            const type       *types[8];
            value             lits[8], nulls[8] = {VALUE_NULL};
            uint32_t          m = 0;
            static const type decimal = {.kind = T_DECIMAL, .precision = 6, .scale = 2};
            for (uint32_t p = 0; p < all[k].param_count; p++) {
                const ptype *pt = all[k].params[p].type;
                bindings     bound = {{{STR("T"), &type_string}}, 1};
                status       st;
                types[m] = pt->kind == P_ANY                             ? &type_boolean
                           : pt->kind == P_TYPE && pt->base == T_DECIMAL ? &decimal
                                                                         : ptype_instantiate(&a, pt, &bound, &st);
                bool init = p >= all[k].param_count - row->init_params;
                lits[m++] = init ? value_i(1) : VALUE_ERR;
            }
            run r;
            if (!start(&r, rows[i]->name, types, m, lits))
                fail_msg("%s", r.st->msg);
            assert_ptr_equal(r.c->row, row);
            step(&r, nulls);
            step(&r, nulls);
            if (row->undo)
                back(&r, nulls);
            value x = row->merge(r.c, r.cx, r.state, r.state);
            assert_int_not_equal(x.state, V_ERR);
            assert_false(r.failed);
            assert_non_null(text(&r));
            finish(&r);
        }
    }
    assert_string_equal(str_z(&a, buf_str(&got)), names);
    assert_string_equal(str_z(&a, buf_str(&raw)), spelled);
    buf_free(&got);
    buf_free(&raw);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row), cmocka_unit_test(test_basic),
        cmocka_unit_test(test_collect),   cmocka_unit_test(test_histogram_limit),
        cmocka_unit_test(test_distinct),  cmocka_unit_test(test_offset),
        cmocka_unit_test(test_top),       cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
