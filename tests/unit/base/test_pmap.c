/* The persistent map against a plain one, with copies that must keep what they saw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/pmap.h"

typedef struct counted {
    int refs, id;
} counted;

static void ref(void *v)
{
    ((counted *)v)->refs++;
}

static void unref(void *v)
{
    ((counted *)v)->refs--;
}

static const pmap_kind kind = {ref, unref};

#define VALUES 400
#define COPIES 8

static str key_of(char *buf, int i)
{
    return str_make(buf, (size_t)sprintf(buf, "key-%d", i));
}

static void check_same(const pmap *m, const int *model)
{
    char   b[32];
    size_t n = 0;
    for (int i = 0; i < VALUES; i++) {
        counted *v = pmap_get(m, key_of(b, i));
        assert_int_equal(v ? v->id : -1, model[i]);
        n += model[i] >= 0;
    }
    assert_int_equal(m->n, n);
}

static void random_changes_and_copies(void **state)
{
    (void)state;
    unsigned seed = (unsigned)clock_wall_ns();
    print_message("seed %u\n", seed);
    srandom(seed);
    static counted values[VALUES * 4];
    pmap           m, copies[COPIES];
    int            model[VALUES], kept[COPIES][VALUES];
    char           b[32];
    for (int i = 0; i < VALUES * 4; i++)
        values[i] = (counted){0, i};
    for (int i = 0; i < VALUES; i++)
        model[i] = -1;
    pmap_init(&m, &kind);
    for (int c = 0; c < COPIES; c++) {
        pmap_init(&copies[c], &kind);
        memcpy(kept[c], model, sizeof model);
    }
    for (int step = 0; step < 20000; step++) {
        int what = (int)(random() % 100), i = (int)(random() % VALUES);
        if (what < 55) {
            counted *v = &values[random() % (VALUES * 4)];
            v->refs++;
            pmap_put(&m, key_of(b, i), v);
            model[i] = v->id;
        } else if (what < 98) {
            assert_int_equal(pmap_del(&m, key_of(b, i)), model[i] >= 0);
            model[i] = -1;
        } else {
            int c = (int)(random() % COPIES);
            pmap_free(&copies[c]);
            pmap_copy(&copies[c], &m);
            memcpy(kept[c], model, sizeof model);
        }
        if (step % 500 == 0) {
            check_same(&m, model);
            for (int c = 0; c < COPIES; c++)
                check_same(&copies[c], kept[c]);
        }
    }
    pmap_free(&m);
    for (int c = 0; c < COPIES; c++)
        pmap_free(&copies[c]);
    for (int i = 0; i < VALUES * 4; i++)
        assert_int_equal(values[i].refs, 0);
}

static void sorted_by_key(void **state)
{
    (void)state;
    static counted v[3];
    pmap           m;
    arena          a;
    arena_init(&a);
    pmap_init(&m, &kind);
    assert_int_equal(pmap_sorted(&m, &a) != NULL, 1);
    pmap_put(&m, STR("b"), &v[0]);
    pmap_put(&m, STR(""), &v[1]);
    pmap_put(&m, STR("a"), &v[2]);
    pmap_entry *e = pmap_sorted(&m, &a);
    assert_true(e[0].key.n == 0 && str_eqz(e[1].key, "a") && str_eqz(e[2].key, "b"));
    assert_ptr_equal(e[0].value, &v[1]);
    pmap_free(&m);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_and_copies),
        cmocka_unit_test(sorted_by_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
