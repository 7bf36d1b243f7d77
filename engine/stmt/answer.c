/* The kinds of answers: their columns, read from answers.def once. */
#include "engine/answer.h"

#include <assert.h>
#include <pthread.h>

#include "base/vec.h"

const type answer_sql_type = {.kind = T_STRING};

static const struct {
    const char *name;
    answer_rows rows;
    const char *columns;
} kinds[] = {
#define ANSWER(name, type, rows, columns) {type, ANSWER_##rows, columns},
#include "engine/answers.def"
#undef ANSWER
};

static answer_info infos[ANSWER_KIND_COUNT];
static arena       types; /* for ever: the table has few rows */

/* ---- "NAME TYPE, NAME TYPE": the texts are ours, and a fault in one is a fault of the program */

typedef struct reader {
    const char *at;
} reader;

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static str read_word(reader *r)
{
    while (*r->at == ' ')
        r->at++;
    const char *from = r->at;
    while (is_word(*r->at))
        r->at++;
    assert(r->at > from);
    return str_make(from, (size_t)(r->at - from));
}

static bool read_char(reader *r, char c)
{
    while (*r->at == ' ')
        r->at++;
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static void expect_char(reader *r, char c)
{
    bool there = read_char(r, c);
    assert(there);
    (void)there;
}

static const type *read_type(reader *r);

static const type *read_fields(reader *r)
{
    VEC(type_field) fields = {0};
    do {
        str        name = read_word(r);
        type_field f = {name, read_type(r)};
        AVEC_PUSH(&types, &fields, f);
    } while (read_char(r, ','));
    return type_struct(&types, fields.p, (uint32_t)fields.n);
}

static const type *read_simple(str word)
{
    static const struct {
        const char *word;
        const type *type;
    } simple[] = {{"STRING", &type_string},   {"INT", &type_integer},   {"BIGINT", &type_bigint},
                  {"BOOLEAN", &type_boolean}, {"DOUBLE", &type_double}, {"SQLTYPE", &answer_sql_type}};
    size_t i = 0;
    while (i < sizeof simple / sizeof *simple && !str_eqz(word, simple[i].word))
        i++;
    assert(i < sizeof simple / sizeof *simple);
    return simple[i].type;
}

static const type *read_type(reader *r)
{
    str word = read_word(r);
    if (!read_char(r, '<'))
        return read_simple(word);
    const type *t;
    if (str_eqz(word, "STRUCT")) {
        t = read_fields(r);
    } else if (str_eqz(word, "ARRAY")) {
        t = type_array(&types, read_type(r));
    } else {
        assert(str_eqz(word, "MAP"));
        const type *key = read_type(r);
        expect_char(r, ',');
        t = type_map(&types, key, read_type(r));
    }
    expect_char(r, '>');
    return t;
}

static void read_all(void)
{
    arena_init(&types);
    for (size_t i = 0; i < ANSWER_KIND_COUNT; i++) {
        reader r = {kinds[i].columns};
        infos[i] = (answer_info){kinds[i].name, kinds[i].rows, read_fields(&r)};
        assert(*r.at == 0);
    }
}

const answer_info *answer_info_of(answer_kind k)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_all);
    assert(k < ANSWER_KIND_COUNT);
    return &infos[k];
}
