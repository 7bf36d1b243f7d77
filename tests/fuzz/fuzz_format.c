/* Records as a stranger may write them: what a format decodes is encoded, decoded and encoded again, and must
 * come out the same.
 *
 * Input: the number of a schema and format (a byte), then the record's bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/expr/expr.h"
#include "engine/format/format_int.h"
#include "parser/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define COLUMNS_MAX 12

static const struct {
    format_id   format;
    const char *columns;
    bool        unwrapped;
} kinds[] = {
    {FORMAT_JSON,
     "A INT, B BIGINT, C DOUBLE, D STRING, E BOOLEAN, F DECIMAL(10, 3), G BYTES, H DATE, I TIME, J TIMESTAMP, "
     "K ARRAY<MAP<STRING, STRUCT<X INT, Y ARRAY<STRING>>>>",
     false},
    {FORMAT_JSON, "A ARRAY<ARRAY<DOUBLE>>", true},
    {FORMAT_JSON, "A STRING", true},
    {FORMAT_JSON, "A MAP<STRING, BIGINT>, B STRUCT<X STRUCT<Y DECIMAL(30, 20)>>", false},
    {FORMAT_DELIMITED, "A INT, B BIGINT, C DOUBLE, D STRING, E BOOLEAN, F DECIMAL(10, 3), H DATE, I TIME, J TIMESTAMP",
     false},
    {FORMAT_DELIMITED, "A STRING, B BYTES, C STRING", false},
    {FORMAT_KAFKA, "A STRING", false},
    {FORMAT_KAFKA, "A DOUBLE", false},
    {FORMAT_KAFKA, "A INT", false},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static void encode(serde *s, const value *row, buf *out, bool *none)
{
    buf_clear(out);
    if (!s->encode(s, row, out, none)) {
        fprintf(stderr, "what was decoded cannot be encoded: %s\n", s->err);
        abort();
    }
}

static void round_trip(serde *s, arena *a, str bytes)
{
    value row[COLUMNS_MAX] = {0}, again[COLUMNS_MAX] = {0};
    buf   one = BUF_INIT(BUF_MAX), two = BUF_INIT(BUF_MAX);
    bool  none, none_again;
    if (s->decode(s, a, bytes, row) == DECODE_OK) {
        encode(s, row, &one, &none);
        if (!none && s->decode(s, a, buf_str(&one), again) == DECODE_OK) {
            encode(s, again, &two, &none_again);
            if (none_again || !str_eq(buf_str(&one), buf_str(&two))) {
                fprintf(stderr, "%.*s\n%.*s\n", (int)one.n, one.p, (int)two.n, two.p);
                abort();
            }
        } else if (!none && s->spec.format != FORMAT_DELIMITED) { /* an empty line is no DELIMITED record */
            fprintf(stderr, "%.*s: %s\n", (int)one.n, one.p, s->err);
            abort();
        }
    }
    buf_free(&one);
    buf_free(&two);
}

/* The compact encoding of state and internal topics, torn. */
static void compact_rows(arena *a, const serde_column *c, uint32_t n, str bytes)
{
    const type *types[COLUMNS_MAX];
    value       row[COLUMNS_MAX];
    buf         b = BUF_INIT(BUF_MAX);
    for (uint32_t i = 0; i < n; i++)
        types[i] = c[i].type;
    if (row_decode(a, bytes, types, row, n))
        row_encode(&b, types, row, n);
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0)
        return 0;
    arena           a;
    status          st;
    const ast_type *fields;
    size_t          k = data[0] % KIND_COUNT;
    str             bytes = str_make((const char *)data + 1, n - 1);
    arena_init(&a);
    status_init(&st);
    serde_column columns[COLUMNS_MAX];
    if (!parse_type(&a, str_fmt(&a, "STRUCT<%s>", kinds[k].columns), &fields, &st) || fields->field_count > COLUMNS_MAX)
        abort();
    uint32_t count = fields->field_count;
    for (uint32_t i = 0; i < count; i++)
        columns[i] =
            (serde_column){fields->fields[i].name, type_resolve(&a, fields->fields[i].type, NULL, NULL, &st), true};
    serde_spec spec = {.format = kinds[k].format,
                       .columns = columns,
                       .column_count = count,
                       .unwrapped = kinds[k].unwrapped,
                       .topic = STR("t")};
    serde     *s = serde_new(&a, &spec, &st);
    if (s == NULL)
        abort();
    round_trip(s, &a, bytes);
    compact_rows(&a, columns, count, bytes);
    serde_free(s);
    arena_free(&a);
    return 0;
}
