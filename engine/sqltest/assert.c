/* What must hold: ASSERT statements, --@output and --@end. */
#include "base/num.h"
#include "engine/format/format.h"
#include "engine/replay/record_json.h"
#include "engine/sqltest/sqltest_int.h"

#define SHOWN_MAX 10 /* records of a topic that a failure shows */

/* ---- records as rows of a source */

typedef struct row_view { /* ROWTIME, WINDOWSTART, WINDOWEND, then the schema's columns */
    value *v;
    bool   tombstone;
    str    unreadable; /* why it is no row of this source; n == 0: it is one */
} row_view;

enum { AT_ROWTIME, AT_WINDOWSTART, AT_WINDOWEND, AT_COLUMNS };

typedef struct row_reader {
    arena        *a;
    const source *src;
    serde        *key, *val;
} row_reader;

static void split_window(const source *s, str *key, value *v)
{
    if (s->window.kind == WINDOW_SESSION && key->n >= 16) {
        key->n -= 16;
        v[AT_WINDOWEND] = value_i((int64_t)be_get64(key->p + key->n));
        v[AT_WINDOWSTART] = value_i((int64_t)be_get64(key->p + key->n + 8));
    } else if (s->window.kind && s->window.kind != WINDOW_SESSION && key->n >= 8) {
        key->n -= 8;
        v[AT_WINDOWSTART] = value_i((int64_t)be_get64(key->p + key->n));
        v[AT_WINDOWEND] = value_i(add_clamped(v[AT_WINDOWSTART].i, s->window.size_ms));
    }
}

static bool read_side(row_reader *r, serde *s, column_ns ns, str bytes, row_view *out)
{
    const schema *sc = &r->src->schema;
    value        *row = ARENA_ARRAY(r->a, value, sc->n + 1);
    uint32_t      k = 0;
    if (bytes.p && s->decode(s, r->a, bytes, row) != DECODE_OK) {
        out->unreadable = str_fmt(r->a, "its %s cannot be read as a row of %.*s: %s", ns == NS_KEY ? "key" : "value",
                                  STR_FMT(r->src->name), s->err);
        return false;
    }
    for (uint32_t i = 0; i < sc->n; i++)
        if (sc->cols[i].ns == ns)
            out->v[AT_COLUMNS + i] = row[k++];
    return true;
}

static row_view read_row(row_reader *r, const driver_rec *rec)
{
    row_view out = {.v = ARENA_ARRAY(r->a, value, r->src->schema.n + AT_COLUMNS), .tombstone = rec->val.p == NULL};
    str      key = rec->key;
    out.v[AT_ROWTIME] = value_i(rec->ts);
    split_window(r->src, &key, out.v);
    if (read_side(r, r->key, NS_KEY, key, &out))
        read_side(r, r->val, NS_VALUE, rec->val, &out);
    return out;
}

static const char *const system_columns[AT_COLUMNS] = {COL_ROWTIME, COL_WINDOWSTART, COL_WINDOWEND};

static str column_name(const source *s, uint32_t i)
{
    return i < AT_COLUMNS ? str_of(system_columns[i]) : s->schema.cols[i - AT_COLUMNS].name;
}

static const type *column_type(const source *s, uint32_t i)
{
    return i < AT_COLUMNS ? &type_bigint : s->schema.cols[i - AT_COLUMNS].type;
}

static bool is_header(const source *s, uint32_t i)
{
    return i >= AT_COLUMNS && s->schema.cols[i - AT_COLUMNS].ns == NS_HEADERS;
}

static bool is_value(const source *s, uint32_t i)
{
    return i >= AT_COLUMNS && s->schema.cols[i - AT_COLUMNS].ns == NS_VALUE;
}

/* ---- what a statement expects */

typedef struct expectation {
    value *v; /* as row_view.v */
    bool  *given;
    bool   tombstone;
} expectation;

static bool expect_column(exec *x, const source *src, str name, const ast_expr *e, expectation *out)
{
    for (uint32_t i = 0; i < AT_COLUMNS + src->schema.n; i++)
        if (str_eq(column_name(src, i), name) && (i == AT_ROWTIME || i >= AT_COLUMNS || src->window.kind)) {
            if (is_header(src, i))
                return exec_fail(x, "`%.*s` is a header column: look at headers with '--@output'.", STR_FMT(name));
            out->given[i] = true;
            return stmt_constant(x, e, name, column_type(src, i), &out->v[i]);
        }
    return exec_fail(x, "Column name `%.*s` does not exist.", STR_FMT(name));
}

/* The columns that a statement without a list means: the key's, then the value's. */
static uint32_t default_columns(const source *src, bool keys_only, arena *a, str **names)
{
    uint32_t n = 0;
    *names = ARENA_ARRAY(a, str, src->schema.n + 1);
    for (int ns = NS_KEY; ns <= (keys_only ? NS_KEY : NS_VALUE); ns++)
        for (uint32_t i = 0; i < schema_count(&src->schema, (column_ns)ns); i++)
            (*names)[n++] = schema_at(&src->schema, (column_ns)ns, i)->name;
    return n;
}

static bool read_expectation(exec *x, const source *src, expectation *out)
{
    const ast_stmt *s = x->stmt;
    out->tombstone = s->kind == STMT_ASSERT_NULL_VALUES;
    out->v = ARENA_ARRAY(x->a, value, AT_COLUMNS + src->schema.n);
    out->given = ARENA_ARRAY(x->a, bool, AT_COLUMNS + src->schema.n);
    str     *names;
    uint32_t n = default_columns(src, out->tombstone, x->a, &names);
    if (s->has_columns) {
        n = s->column_count;
        names = ARENA_ARRAY(x->a, str, n + 1);
        for (uint32_t i = 0; i < n; i++)
            names[i] = s->columns[i].name;
    }
    if (n != s->value_count)
        return exec_fail(x, "Expected number columns and values to match: %u, %u", n, s->value_count);
    for (uint32_t i = 0; i < n; i++)
        if (!expect_column(x, src, names[i], s->values[i], out))
            return false;
    for (uint32_t i = 0; out->tombstone && i < AT_COLUMNS + src->schema.n; i++)
        if (out->given[i] && is_value(src, i))
            return exec_fail(x, "Unexpected value columns specified in ASSERT NULL VALUES.");
    return true;
}

static bool column_differs(const source *src, const expectation *e, const row_view *got, uint32_t i)
{
    value x = e->v[i], y = got->v[i];
    if (!e->given[i])
        return false;
    if (value_is_null(x) || value_is_null(y))
        return value_is_null(x) != value_is_null(y);
    return !value_equal(column_type(src, i), x, y);
}

static bool row_differs(const source *src, const expectation *e, const row_view *got)
{
    if (got->unreadable.n || e->tombstone != got->tombstone)
        return true;
    for (uint32_t i = 0; i < AT_COLUMNS + src->schema.n; i++)
        if (column_differs(src, e, got, i))
            return true;
    return false;
}

/* ---- showing */

static str cell(arena *a, const type *t, value v)
{
    if (value_is_null(v))
        return STR("null");
    buf b = BUF_INIT(BUF_MAX);
    value_text(&b, t, v);
    str s = str_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

typedef struct table {
    VEC(const str *) rows;
    uint32_t *columns; /* of the source; the table has one more in front */
    uint32_t  n;
} table;

static str *expected_row(arena *a, table *t, str head)
{
    str *row = ARENA_ARRAY(a, str, t->n + 1);
    row[0] = head;
    AVEC_PUSH(a, &t->rows, row);
    return row;
}

static table table_new(arena *a, const source *src, const expectation *e)
{
    table t = {.columns = ARENA_ARRAY(a, uint32_t, AT_COLUMNS + src->schema.n)};
    for (uint32_t i = 0; i < AT_COLUMNS + src->schema.n; i++)
        if (e->given[i] || (!is_header(src, i) && (i == AT_ROWTIME || i >= AT_COLUMNS || src->window.kind)))
            t.columns[t.n++] = i;
    str *head = expected_row(a, &t, STR_NONE);
    for (uint32_t c = 0; c < t.n; c++)
        head[c + 1] = column_name(src, t.columns[c]);
    str *row = expected_row(a, &t, STR("expected"));
    for (uint32_t c = 0; c < t.n; c++) {
        uint32_t i = t.columns[c];
        if (e->given[i])
            row[c + 1] = cell(a, column_type(src, i), e->v[i]);
        else if (e->tombstone && is_value(src, i))
            row[c + 1] = STR("<TOMBSTONE>");
    }
    return t;
}

static void table_record(arena *a, table *t, const source *src, str head, const row_view *got)
{
    str *row = expected_row(a, t, head);
    for (uint32_t c = 0; c < t->n; c++) {
        uint32_t i = t->columns[c];
        row[c + 1] = got->tombstone && is_value(src, i) ? STR("<TOMBSTONE>") : cell(a, column_type(src, i), got->v[i]);
    }
}

static void table_marks(arena *a, table *t, const source *src, const expectation *e, const row_view *got)
{
    str *row = expected_row(a, t, STR_NONE);
    for (uint32_t c = 0; c < t->n; c++) {
        uint32_t i = t->columns[c];
        if (column_differs(src, e, got, i) || (e->tombstone != got->tombstone && is_value(src, i)))
            row[c + 1] = STR("^");
    }
}

static void set_detail(test_run *r, table *t, str more)
{
    buf b = BUF_INIT(BUF_MAX);
    grid_put(&b, t->rows.p, t->rows.n, t->n + 1);
    buf_puts(&b, more);
    r->detail = str_dup(&r->d.a, buf_str(&b));
    buf_free(&b);
}

static bool fail_mismatch(test_run *r, row_reader *rd, const expectation *e, const row_view *got)
{
    table t = table_new(rd->a, rd->src, e);
    table_record(rd->a, &t, rd->src, STR("actual"), got);
    table_marks(rd->a, &t, rd->src, e, got);
    set_detail(r, &t, got->unreadable);
    return run_fail(r, FAILURE_ASSERTION, "Expected record does not match actual.");
}

/* The expected row and the last ones that were read already. */
static bool fail_at_end(test_run *r, row_reader *rd, const expectation *e, const driver_topic *dt)
{
    table  t = table_new(rd->a, rd->src, e);
    size_t from = dt->recs.n > SHOWN_MAX ? dt->recs.n - SHOWN_MAX : 0;
    for (size_t i = from; i < dt->recs.n; i++) {
        row_view v = read_row(rd, &dt->recs.p[i]);
        table_record(rd->a, &t, rd->src, str_fmt(rd->a, "read %zu", i + 1), &v);
    }
    set_detail(r, &t, STR_NONE);
    return run_fail(r, FAILURE_ASSERTION,
                    "Expected another record, but all records have already been read: %zu of %.*s", dt->recs.n,
                    STR_FMT(rd->src->name));
}

/* ---- ASSERT VALUES, ASSERT NULL VALUES */

static bool refused(test_run *r, exec *x)
{
    return run_fail(r, x->st->code == ST_SYNTAX ? FAILURE_SYNTAX : FAILURE_STATEMENT, "%s\nStatement: %.*s;",
                    x->st->msg, STR_FMT(x->stmt->source));
}

static bool compare_next(test_run *r, exec *x, row_reader *rd)
{
    expectation e;
    if (!read_expectation(x, rd->src, &e))
        return refused(r, x);
    const driver_topic *t = driver_topic_find(&r->d, rd->src->topic);
    cursor             *c = run_cursor(r, t);
    if (c->read >= t->recs.n)
        return fail_at_end(r, rd, &e, t);
    row_view got = read_row(rd, &t->recs.p[c->read++]);
    return row_differs(rd->src, &e, &got) ? fail_mismatch(r, rd, &e, &got) : true;
}

static bool assert_values(test_run *r, exec *x, const source *src)
{
    row_reader rd = {.a = x->a, .src = src};
    rd.key = source_serde(x->a, src, NS_KEY, x->st);
    rd.val = rd.key ? source_serde(x->a, src, NS_VALUE, x->st) : NULL;
    bool ok = rd.val ? compare_next(r, x, &rd) : refused(r, x);
    if (rd.key)
        serde_free(rd.key);
    if (rd.val)
        serde_free(rd.val);
    return ok;
}

/* ---- ASSERT STREAM, ASSERT TABLE */

static bool same(test_run *r, const source *src, const char *property, str expected, str actual)
{
    if (str_eq(expected, actual))
        return true;
    return run_fail(r, FAILURE_METADATA,
                    "Expected %s does not match actual for source %.*s.\n\tExpected: %.*s\n\tActual: %.*s", property,
                    STR_FMT(src->name), STR_FMT(expected), STR_FMT(actual));
}

static bool same_text(test_run *r, const source *src, const char *property, const with_text *expected, str actual)
{
    return !expected->given || same(r, src, property, expected->s, actual);
}

/* Names of formats and of windows, in any case. */
static bool same_word(test_run *r, const source *src, const char *property, const with_text *expected,
                      const char *actual)
{
    return !expected->given || same(r, src, property, str_upper(&r->d.a, expected->s), str_of(actual));
}

static str schema_text(arena *a, const schema *s)
{
    buf b = BUF_INIT(BUF_MAX);
    schema_print(&b, s);
    str t = str_dup(a, buf_str(&b));
    buf_free(&b);
    return t;
}

static str number_text(arena *a, int64_t n)
{
    return str_fmt(a, "%ld", n);
}

static bool same_number(test_run *r, const source *src, const char *property, const with_number *expected,
                        int64_t actual)
{
    arena *a = &r->d.a;
    return !expected->given || same(r, src, property, number_text(a, expected->n), number_text(a, actual));
}

static str delimiter_text(arena *a, const side_format *f)
{
    return f->delimiter == ' '    ? STR("SPACE")
           : f->delimiter == '\t' ? STR("TAB")
                                  : str_fmt(a, "%c", f->delimiter ? f->delimiter : ',');
}

static bool same_formats(test_run *r, const source *src, const with_props *w)
{
    arena           *a = &r->d.a;
    const with_text *key = w->format.given ? &w->format : &w->key_format;
    const with_text *val = w->format.given ? &w->format : &w->value_format;
    const with_text *name = w->value_name.given ? &w->value_name : &w->value_avro_name;
    bool             unwrap = (src->value.features & FEATURE_UNWRAP_SINGLES) != 0;
    return same_word(r, src, "key format", key, formats[src->key.id].name) &&
           same_text(r, src, "key format properties", &w->key_delimiter, delimiter_text(a, &src->key)) &&
           same_text(r, src, "key format properties", &w->key_name, src->key.full_name) &&
           same_word(r, src, "value format", val, formats[src->value.id].name) &&
           same_text(r, src, "value format properties", &w->value_delimiter, delimiter_text(a, &src->value)) &&
           same_text(r, src, "value format properties", name, src->value.full_name) &&
           same_number(r, src, "value schema id", &w->value_schema_id, src->value.schema_id) &&
           same_number(r, src, "key schema id", &w->key_schema_id, src->key.schema_id) &&
           same_number(r, src, "value serde features", &w->wrap, !unwrap);
}

static bool same_window(test_run *r, const source *src, const with_props *w)
{
    if (w->window_size.given && w->window_ms != src->window.size_ms)
        return same(r, src, "window size", w->window_size.s, str_fmt(&r->d.a, "%ld MILLISECONDS", src->window.size_ms));
    return same_word(r, src, "window type", &w->window_type,
                     src->window.kind ? window_kind_name(src->window.kind) : "");
}

static bool same_topic(test_run *r, const source *src, const with_props *w)
{
    const driver_topic *t = driver_topic_find(&r->d, src->topic);
    return same_text(r, src, "kafka topic", &w->topic, src->topic) &&
           same_number(r, src, "partitions", &w->partitions, t ? t->partitions : 0);
}

static bool same_timestamp(test_run *r, exec *x, const source *src, const with_props *w)
{
    with_text name = w->timestamp;
    if (name.given && !timestamp_name(x, w, &name.s))
        return refused(r, x);
    return same_text(r, src, "timestamp column", &name, src->ts_column) &&
           same_text(r, src, "timestamp format", &w->timestamp_format, src->ts_format);
}

static bool assert_source(test_run *r, exec *x, const source *src)
{
    bool       is_table = x->stmt->kind == STMT_ASSERT_TABLE, ok = true;
    with_props w;
    if (!with_read(x->a, x->stmt->props, x->stmt->prop_count, WITH_ASSERT, &w, x->st))
        return refused(r, x);
    if (x->stmt->column_count) {
        source *expected = source_new();
        if (stmt_read_columns(x, expected, is_table))
            ok = same(r, src, "schema", schema_text(x->a, &expected->schema), schema_text(x->a, &src->schema));
        else
            ok = refused(r, x);
        source_unref(expected);
    }
    return ok && same(r, src, "type", str_of(is_table ? "TABLE" : "STREAM"), str_of(source_kind_upper(src->kind))) &&
           same_topic(r, src, &w) && same_formats(r, src, &w) && same_window(r, src, &w) &&
           same_timestamp(r, x, src, &w);
}

bool assert_statement(test_run *r, exec *x)
{
    const ast_stmt *s = x->stmt;
    const source   *src = catalog_find(&x->m->cat, s->name);
    if (src == NULL) {
        buf hint = BUF_INIT(ST_MSG_MAX);
        catalog_hint(&x->m->cat, s->name, -1, &hint);
        exec_fail(x, "%.*s does not exist.%.*s", STR_FMT(s->name), (int)hint.n, hint.p);
        buf_free(&hint);
        return refused(r, x);
    }
    bool values = s->kind == STMT_ASSERT_VALUES || s->kind == STMT_ASSERT_NULL_VALUES;
    return values ? assert_values(r, x, src) : assert_source(r, x, src);
}

/* ---- records as JSON */

/* Digit for digit, but members in any order; an object of the expected record has all its members. */
static bool same_json(const jnode *x, const jnode *y)
{
    if (x->kind != y->kind)
        return false;
    if (x->kind == J_STRING || x->kind == J_NUMBER)
        return str_eq(x->text, y->text);
    if (x->kind != J_ARRAY && x->kind != J_OBJECT)
        return true;
    if (x->count != y->count)
        return false;
    const jnode *other = y->first;
    for (const jnode *m = x->first; m; m = m->next) {
        if (x->kind == J_OBJECT)
            other = json_doc_find(y, m->name);
        if (other == NULL || !same_json(m, other))
            return false;
        other = x->kind == J_ARRAY ? other->next : NULL;
    }
    return true;
}

static str record_text(arena *a, const driver_topic *t, const driver_rec *rec)
{
    buf b = BUF_INIT(BUF_MAX);
    record_json_put(&b, t, rec);
    str s = str_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

static bool output_matches(const jnode *expected, const jnode *actual)
{
    for (const jnode *m = expected->first; m; m = m->next) {
        const jnode *got = json_doc_find(actual, m->name);
        if (got == NULL ? m->kind != J_NULL : !same_json(m, got))
            return false;
    }
    return true;
}

bool assert_output(test_run *r, str text)
{
    str           rest, behind;
    const char   *why = "not a JSON object";
    arena        *a = &r->d.a;
    driver_topic *t = directive_topic(r, text, &rest);
    if (t == NULL)
        return false;
    const jnode *n = json_doc_parse(a, rest, &behind, &why);
    if (n == NULL || n->kind != J_OBJECT || str_trim(behind).n)
        return run_fail(r, FAILURE_STATEMENT, "'--@output: TOPIC {...}' needs a record as JSON: %s",
                        n ? "not one JSON object" : why);
    cursor *c = run_cursor(r, t);
    if (c->read >= t->recs.n) {
        r->detail = str_fmt(a, "expected: %.*s\n", STR_FMT(rest));
        return run_fail(r, FAILURE_ASSERTION,
                        "Expected another record, but all records have already been read: %zu of topic %.*s", t->recs.n,
                        STR_FMT(t->name));
    }
    str          got = record_text(a, t, &t->recs.p[c->read++]);
    const jnode *actual = json_doc_parse(a, got, &behind, &why);
    if (actual && output_matches(n, actual))
        return true;
    r->detail = str_fmt(a, "expected: %.*s\nactual:   %.*s\n", STR_FMT(rest), STR_FMT(got));
    return run_fail(r, FAILURE_ASSERTION, "Expected record does not match actual.");
}

bool assert_end(test_run *r, str text)
{
    str                 rest;
    const driver_topic *t = directive_topic(r, text, &rest);
    if (t == NULL)
        return false;
    if (rest.n)
        return run_fail(r, FAILURE_STATEMENT, "'--@end: TOPIC' takes nothing behind the topic: %.*s", STR_FMT(rest));
    const cursor *c = run_cursor(r, t);
    if (c->read >= t->recs.n)
        return true;
    buf b = BUF_INIT(BUF_MAX);
    for (size_t i = c->read; i < t->recs.n && i < c->read + SHOWN_MAX; i++)
        buf_printf(&b, "unread: %.*s\n", STR_FMT(record_text(&r->d.a, t, &t->recs.p[i])));
    r->detail = str_dup(&r->d.a, buf_str(&b));
    buf_free(&b);
    return run_fail(r, FAILURE_ASSERTION, "Expected no other record, but %zu of topic %.*s have not been read.",
                    t->recs.n - c->read, STR_FMT(t->name));
}
