/* INSERT INTO ... VALUES (spec/sql-language.md 2.8). */
#include "engine/stmt/exec.h"

#include <stdio.h>

#include "base/num.h"
#include "engine/compile/compile.h"
#include "engine/format/json_doc.h"
#include "storage/rec.h"

static bool is_reference(const ast_expr *e)
{
    return e->kind == EX_COLUMN;
}

bool stmt_constant(exec *x, const ast_expr *e, str name, const type *t, value *out)
{
    xscope none = {0};
    status inner;
    status_init(&inner);
    if (is_reference(e) && e->qual.n)
        return status_set(x->st, ST_SQL_PREPARE,
                          "Failed to prepare statement: '%.*s' is not a valid stream/table name or alias.",
                          STR_FMT(e->qual));
    if (is_reference(e))
        return exec_fail(x, "Unsupported column reference in insert value: %.*s%s%.*s", STR_FMT(e->qual),
                         e->qual.n ? "." : "", STR_FMT(e->text));
    const xnode *n = expr_compile(x->a, e, &none, (xoptions){0}, &inner);
    if (n == NULL) {
        expr_name_fault(&inner, NULL);
        *x->st = inner;
        return false;
    }
    ectx *cx = ARENA_NEW(x->a, ectx);
    cx->a = x->a;
    cx->now_ms = exec_now(x);
    value v = xnode_eval(n, cx);
    if (v.state == V_ERR)
        return exec_fail(x, "%s", cx->err);
    if (value_coerce(x->a, n->type, v, t, COERCE_STRICT, out, &inner))
        return true;
    buf text = BUF_INIT(EXPR_ERR_MAX);
    value_text(&text, n->type, v);
    const char *hint = n->type->kind != T_STRING ? ""
                       : t->kind == T_TIMESTAMP  ? ". Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]"
                       : t->kind == T_TIME       ? ". Time format must be hh:mm:ss[.S]"
                       : t->kind == T_DATE       ? ". Date format must be yyyy-mm-dd"
                                                 : "";
    exec_fail(x, "Expected type %.*s for field `%.*s` but got %.*s(%.*s)%s", STR_FMT(type_text(x->a, t)), STR_FMT(name),
              STR_FMT(type_text(x->a, n->type)), (int)text.n, text.p, hint);
    buf_free(&text);
    return false;
}

typedef struct insert_row {
    value  *cols; /* by column of the schema */
    bool   *given;
    int64_t ts;
    bool    has_ts;
} insert_row;

static bool set_column(exec *x, const source *t, str name, const ast_expr *e, insert_row *r)
{
    if (str_eqz(name, COL_ROWTIME)) {
        value v;
        if (!stmt_constant(x, e, name, &type_bigint, &v))
            return false;
        r->has_ts = v.state == V_OK;
        r->ts = v.i;
        return true;
    }
    if (str_eqz(name, COL_ROWOFFSET) || str_eqz(name, COL_ROWPARTITION))
        return exec_fail(x, "Inserting into column `%.*s` is not allowed.", STR_FMT(name));
    for (uint32_t i = 0; i < t->schema.n; i++)
        if (str_eq(t->schema.cols[i].name, name)) {
            r->given[i] = true;
            return stmt_constant(x, e, name, t->schema.cols[i].type, &r->cols[i]);
        }
    return exec_fail(x, "Column name `%.*s` does not exist.", STR_FMT(name));
}

static bool read_row(exec *x, const source *t, insert_row *r)
{
    const ast_stmt *s = x->stmt;
    r->cols = ARENA_ARRAY(x->a, value, t->schema.n);
    r->given = ARENA_ARRAY(x->a, bool, t->schema.n);
    if (s->has_columns) {
        for (uint32_t i = 0; i < s->column_count; i++)
            if (!set_column(x, t, s->columns[i].name, s->values[i], r))
                return false;
    } else {
        uint32_t n = schema_count(&t->schema, NS_KEY), all = n + schema_count(&t->schema, NS_VALUE);
        if (s->value_count != all) {
            buf b = BUF_INIT(ST_MSG_MAX);
            for (uint32_t i = 0; i < s->value_count; i++) {
                if (i)
                    buf_putz(&b, ", ");
                print_expr(&b, s->values[i]);
            }
            exec_fail(x, "Expected a value for each column. Expected Columns: []. Got [%.*s]", (int)b.n, b.p);
            buf_free(&b);
            return false;
        }
        for (uint32_t i = 0; i < all; i++) {
            const column *c = i < n ? schema_at(&t->schema, NS_KEY, i) : schema_at(&t->schema, NS_VALUE, i - n);
            if (!set_column(x, t, c->name, s->values[i], r))
                return false;
        }
    }
    if (t->kind != SOURCE_TABLE)
        return true;
    buf missing = BUF_INIT(ST_MSG_MAX), all = BUF_INIT(ST_MSG_MAX);
    for (uint32_t i = 0; i < t->schema.n; i++)
        if (t->schema.cols[i].ns == NS_KEY) {
            buf_printf(&all, "%s%.*s", all.n ? ", " : "", STR_FMT(t->schema.cols[i].name));
            if (!r->given[i])
                buf_putc(&missing, '!');
        }
    bool ok = missing.n == 0;
    if (!ok)
        exec_fail(x, "Value for primary key column(s) %.*s is required for tables", (int)all.n, all.p);
    buf_free(&missing);
    buf_free(&all);
    return ok;
}

serde *source_serde(arena *a, const source *t, column_ns ns, status *st)
{
    serde_column *cols = ARENA_ARRAY(a, serde_column, t->schema.n + 1);
    uint32_t      n = 0;
    for (uint32_t i = 0; i < t->schema.n; i++)
        if (t->schema.cols[i].ns == ns)
            cols[n++] = (serde_column){t->schema.cols[i].name, t->schema.cols[i].type, true};
    serde_spec spec = side_spec(ns == NS_KEY ? &t->key : &t->value, ns == NS_KEY, t->topic, cols, n);
    return serde_new(a, &spec, st);
}

/* Rows on their way into a source. */
typedef struct row_writer {
    const source *t;
    serde        *key, *val;
} row_writer;

static void writer_close(row_writer *w)
{
    if (w->key)
        serde_free(w->key);
    if (w->val)
        serde_free(w->val);
}

static bool writer_open(row_writer *w, arena *a, const source *t, status *st)
{
    *w = (row_writer){.t = t, .key = source_serde(a, t, NS_KEY, st)};
    w->val = w->key ? source_serde(a, t, NS_VALUE, st) : NULL;
    if (w->val)
        return true;
    writer_close(w);
    return false;
}

/* One side's part of the row; none: there is no value in it. */
static value *side(exec *x, const source *t, column_ns ns, const insert_row *r, bool *none)
{
    uint32_t n = 0;
    value   *row = ARENA_ARRAY(x->a, value, t->schema.n + 1);
    *none = true;
    for (uint32_t i = 0; i < t->schema.n; i++)
        if (t->schema.cols[i].ns == ns) {
            row[n++] = r->cols[i];
            *none &= r->cols[i].state != V_OK;
        }
    if (ns == NS_KEY)
        *none |= n == 0;
    return row;
}

/* ---- rows that are written together */

#define GROUP_BYTES_MAX ((size_t)512 << 10) /* of one partition: then it is written */

typedef struct group_part {
    str     topic;
    int32_t partition;
    arena   a; /* of the texts */
    VEC(rec_out) records;
    size_t bytes;
} group_part;

struct insert_group {
    arena *a;
    VEC(group_part *) parts;
};

struct insert_group *insert_group_new(arena *a)
{
    struct insert_group *g = ARENA_NEW(a, struct insert_group);
    g->a = a;
    return g;
}

void insert_group_free(struct insert_group *g)
{
    for (size_t i = 0; i < g->parts.n; i++)
        arena_free(&g->parts.p[i]->a);
    g->parts.n = 0;
}

static bool write_part(group_part *p, tlog *log, status *st)
{
    int64_t base;
    if (p->records.n == 0)
        return true;
    tlog_part *part = tlog_part_open(log, p->topic, p->partition, st);
    if (part == NULL)
        return false;
    bool ok = tlog_append_wait(part, p->records.p, (uint32_t)p->records.n, &base, st);
    p->records = (typeof(p->records)){0}; /* they were the arena's */
    p->bytes = 0;
    arena_reset(&p->a);
    tlog_part_close(part);
    return ok;
}

bool insert_group_flush(struct insert_group *g, tlog *log, status *st)
{
    for (size_t i = 0; i < g->parts.n; i++)
        if (!write_part(g->parts.p[i], log, st))
            return false;
    return true;
}

static group_part *find_part(struct insert_group *g, str topic, int32_t partition)
{
    for (size_t i = g->parts.n; i-- > 0;)
        if (g->parts.p[i]->partition == partition && str_eq(g->parts.p[i]->topic, topic))
            return g->parts.p[i];
    group_part *p = ARENA_NEW(g->a, group_part);
    p->topic = str_dup(g->a, topic);
    p->partition = partition;
    arena_init(&p->a);
    AVEC_PUSH(g->a, &g->parts, p);
    return p;
}

/* One record to its partition: by the key's hash as Kafka's clients do, without a key to the first. */
static bool append(exec *x, const source *t, str key, str val, int64_t ts)
{
    int32_t parts = topic_partitions(x, t->topic);
    if (parts == 0)
        return exec_fail(
            x,
            "Topic %.*s of %s %.*s does not exist any more. Make it again with its partitions, or DROP the "
            "%s and CREATE it with PARTITIONS.",
            STR_FMT(t->topic), source_kind_name(t->kind), STR_FMT(t->name), source_kind_name(t->kind));
    int32_t     n = key.p && !x->e->opt.manual ? record_partition(key, parts) : 0;
    group_part *p = find_part(x->inserts, t->topic, n);
    if (p->bytes > GROUP_BYTES_MAX && !write_part(p, x->e->opt.log, x->st))
        return false;
    rec_out r = {.ts = ts, .key = key, .value = val};
    r.key.p = key.p ? str_dup(&p->a, key).p : NULL;
    r.value.p = val.p ? str_dup(&p->a, val).p : NULL;
    AVEC_PUSH(&p->a, &p->records, r);
    p->bytes += sizeof r + key.n + val.n;
    return true;
}

/* Serialises the row and writes it. */
static bool write_row(exec *x, const row_writer *w, const insert_row *r)
{
    const source *t = w->t;
    bool          no_key, no_val, key_null = true, val_null = false;
    value        *key_row = side(x, t, NS_KEY, r, &no_key), *val_row = side(x, t, NS_VALUE, r, &no_val);
    buf           kb = BUF_INIT(BUF_MAX), vb = BUF_INIT(BUF_MAX);
    bool          ok = true;
    buf_reserve(&kb, 1);
    buf_reserve(&vb, 1);
    if (!no_key)
        ok = w->key->encode(w->key, key_row, &kb, &key_null) || exec_fail(x, "Could not serialize key");
    if (ok)
        ok = w->val->encode(w->val, val_row, &vb, &val_null) || exec_fail(x, "Could not serialize value");
    int64_t now = exec_now(x);
    if (ok && !x->dry)
        ok = append(x, t, key_null ? STR_NONE : buf_str(&kb), val_null ? STR_NONE : buf_str(&vb),
                    r->has_ts ? r->ts : now);
    buf_free(&kb);
    buf_free(&vb);
    return ok;
}

static bool insert_row_of(exec *x, const source *t)
{
    insert_row r = {0};
    row_writer w;
    if (!read_row(x, t, &r) || !writer_open(&w, x->a, t, x->st))
        return false;
    bool ok = write_row(x, &w, &r);
    writer_close(&w);
    return ok;
}

bool stmt_insert_values(exec *x)
{
    const ast_stmt *s = x->stmt;
    if (s->value_count == 0)
        return status_set(x->st, ST_SQL_PREPARE,
                          "Failed to prepare statement: Expected some values for INSERT INTO statement.");
    if (s->has_columns && s->column_count != s->value_count)
        return status_set(x->st, ST_SQL_PREPARE,
                          "Failed to prepare statement: Expected number columns and values to match: %u, %u",
                          s->column_count, s->value_count);
    if (!exec_flag(x, SETTING_INSERT_INTO_VALUES_ENABLED))
        return exec_fail(x, "The server has disabled INSERT INTO ... VALUES functionality. To enable it, "
                            "restart your ksqlDB server with 'ksql.insert.into.values.enabled'=true");
    const source *t = catalog_find(&x->m->cat, s->name);
    if (t == NULL) {
        buf hint = BUF_INIT(ST_MSG_MAX);
        catalog_hint(&x->m->cat, s->name, -1, &hint);
        exec_fail(x, "Cannot insert values into an unknown stream/table: `%.*s`%.*s", STR_FMT(s->name), (int)hint.n,
                  hint.p);
        buf_free(&hint);
        return false;
    }
    if (t->window.kind)
        return exec_fail(x, "Cannot insert values into windowed stream/table!");
    if (topic_is_readonly(x, t->topic))
        return exec_fail(x, "Cannot insert values into read-only topic: %.*s", STR_FMT(t->topic));
    if (t->read_only)
        return exec_fail(x, "Cannot insert values into read-only %s: %.*s", source_kind_name(t->kind),
                         STR_FMT(t->name));
    buf headers = BUF_INIT(ST_MSG_MAX);
    for (uint32_t i = 0; i < t->schema.n; i++) {
        bool named = !s->has_columns;
        for (uint32_t k = 0; k < s->column_count; k++)
            named |= str_eq(s->columns[k].name, t->schema.cols[i].name);
        if (t->schema.cols[i].ns == NS_HEADERS && named)
            buf_printf(&headers, "%s%.*s", headers.n ? ", " : "", STR_FMT(t->schema.cols[i].name));
    }
    bool ok = headers.n == 0;
    if (!ok)
        exec_fail(x, "Cannot insert into HEADER columns: %.*s", (int)headers.n, headers.p);
    buf_free(&headers);
    if (!ok)
        return false;
    return insert_row_of(x, t) || status_prefix(x->st, "Failed to insert values into '%.*s'. ", STR_FMT(s->name));
}

/* ---- rows as JSON (/inserts-stream, spec/rest-api-and-shell.md 1.9) */

static const char *java_class(const jnode *n)
{
    switch (n->kind) {
    case J_STRING:
        return "class java.lang.String";
    case J_NUMBER:
        return str_find_char(n->text, '.') >= 0 || str_find_char(n->text, 'e') >= 0 ? "class java.lang.Double"
                                                                                    : "class java.lang.Integer";
    case J_TRUE:
    case J_FALSE:
        return "class java.lang.Boolean";
    case J_ARRAY:
        return "class io.vertx.core.json.JsonArray";
    default:
        return "class io.vertx.core.json.JsonObject";
    }
}

static bool json_fits(const jnode *n, const type *t)
{
    bool whole = n->kind == J_NUMBER && str_find_char(n->text, '.') < 0 && str_find_char(n->text, 'e') < 0 &&
                 str_find_char(n->text, 'E') < 0;
    switch (t->kind) {
    case T_BOOLEAN:
        return n->kind == J_TRUE || n->kind == J_FALSE;
    case T_INTEGER:
    case T_BIGINT:
        return whole;
    case T_DOUBLE:
        return n->kind == J_NUMBER;
    case T_DECIMAL:
        return n->kind == J_NUMBER || n->kind == J_STRING;
    case T_ARRAY:
        return n->kind == J_ARRAY;
    case T_MAP:
    case T_STRUCT:
        return n->kind == J_OBJECT;
    default:
        return n->kind == J_STRING;
    }
}

static bool json_column(exec *x, const jnode *n, const type *t, value *out)
{
    if (n->kind == J_NULL) {
        *out = VALUE_NULL;
        return true;
    }
    ectx *cx = ARENA_NEW(x->a, ectx);
    cx->a = x->a;
    if (json_fits(n, t)) {
        char err[SERDE_ERR_MAX];
        if ((type_is_temporal(t) || t->kind == T_DECIMAL) &&
            value_cast(cx, &type_string, value_s(n->kind == J_STRING ? n->text : n->raw), t, out))
            return true;
        if (!type_is_temporal(t) && t->kind != T_DECIMAL && json_read_value(x->a, n->raw, t, out, err, sizeof err))
            return true;
    }
    return exec_fail(x, "Can't coerce a field of type %s into type %.*s", java_class(n), STR_FMT(type_text(x->a, t)));
}

/* Names match in any case unless they are quoted inside the JSON name. */
static bool json_name_is(str json, str col)
{
    if (json.n >= 2 && (json.p[0] == '`' || json.p[0] == '"') && json.p[json.n - 1] == json.p[0])
        return str_eq(str_make(json.p + 1, json.n - 2), col);
    return str_eq_nocase(json, col);
}

static bool insert_target(exec *x, str target, const source **out)
{
    const source *t = catalog_find(&x->m->cat, target);
    *out = t;
    if (t == NULL) {
        buf hint = BUF_INIT(ST_MSG_MAX);
        catalog_hint(&x->m->cat, target, -1, &hint);
        exec_fail(x, "Cannot insert values into an unknown stream/table: `%.*s`%.*s", STR_FMT(target), (int)hint.n,
                  hint.p);
        buf_free(&hint);
        return false;
    }
    if (t->window.kind)
        return exec_fail(x, "Cannot insert values into windowed stream/table");
    if (topic_is_readonly(x, t->topic))
        return exec_fail(x, "Cannot insert values into read-only topic: %.*s", STR_FMT(t->topic));
    if (t->read_only)
        return exec_fail(x, "Cannot insert values into read-only %s: %.*s", source_kind_name(t->kind),
                         STR_FMT(t->name));
    return true;
}

static str target_name(arena *a, str target)
{
    if (target.n >= 2 && (target.p[0] == '`' || target.p[0] == '"'))
        return str_make(target.p + 1, target.n - 2);
    return str_upper(a, target);
}

/* The row that the object holds; columns that it lacks are NULL. */
static bool read_object(exec *x, const source *t, str json, insert_row *r)
{
    str         rest;
    const char *why;
    jnode      *o = json_doc_parse(x->a, json, &rest, &why);
    if (o == NULL || o->kind != J_OBJECT || str_trim(rest).n)
        return status_set(x->st, ST_BAD_REQUEST, "Invalid JSON in inserts stream");
    *r = (insert_row){.cols = ARENA_ARRAY(x->a, value, t->schema.n), .given = ARENA_ARRAY(x->a, bool, t->schema.n)};
    for (uint32_t i = 0; i < t->schema.n; i++) {
        const column *c = &t->schema.cols[i];
        for (const jnode *m = o->first; m; m = m->next)
            if (c->ns != NS_HEADERS && json_name_is(m->name, c->name)) {
                r->given[i] = true;
                if (!json_column(x, m, c->type, &r->cols[i]))
                    return false;
            }
        if (c->ns == NS_KEY && !r->given[i] && t->kind == SOURCE_TABLE)
            return status_set(x->st, ST_BAD_REQUEST, "Key field must be specified: %.*s", STR_FMT(c->name));
    }
    return true;
}

struct engine_insert {
    engine    *e;
    session    s; /* with nothing set */
    str        target;
    metastore *m; /* the version that w is of */
    row_writer w;
    arena      a;   /* of w */
    arena      row; /* of the row being written */
};

static void insert_close(engine_insert *p)
{
    writer_close(&p->w);
    metastore_release(p->m);
    arena_free(&p->a);
}

/* On the present version of the catalog. */
static bool insert_open(engine_insert *p, status *st)
{
    const source *t;
    exec          x = {.e = p->e, .s = &p->s, .a = &p->a, .m = engine_take(p->e), .st = st};
    arena_init(&p->a);
    p->m = x.m;
    if (insert_target(&x, p->target, &t) && writer_open(&p->w, &p->a, t, st))
        return true;
    p->w = (row_writer){0};
    insert_close(p);
    p->m = NULL;
    return false;
}

engine_insert *engine_prepare_insert(engine *e, str target, arena *a, status *st)
{
    engine_insert *p = ARENA_NEW(a, engine_insert);
    p->e = e;
    p->target = target_name(a, target);
    session_init(&p->s);
    arena_init(&p->row);
    if (insert_open(p, st))
        return p;
    session_free(&p->s);
    return NULL;
}

void engine_unprepare_insert(engine_insert *p)
{
    if (p->m)
        insert_close(p);
    arena_free(&p->row);
    session_free(&p->s);
}

/* The source may have been replaced since the last row. */
static bool insert_follow(engine_insert *p, status *st)
{
    metastore *now = engine_take(p->e);
    bool       same = p->m && now->version == p->m->version;
    metastore_release(now);
    if (same)
        return true;
    if (p->m)
        insert_close(p);
    p->m = NULL;
    return insert_open(p, st);
}

bool engine_run_insert(engine_insert *p, str json_row, status *st)
{
    insert_row r;
    if (!insert_follow(p, st))
        return false;
    struct insert_group *g = insert_group_new(&p->row);
    exec                 x = {.e = p->e, .s = &p->s, .a = &p->row, .m = p->m, .st = st, .inserts = g};
    bool                 ok = read_object(&x, p->w.t, json_row, &r) && exec_settle(&x, write_row(&x, &p->w, &r)) &&
              insert_group_flush(g, p->e->opt.log, st);
    insert_group_free(g);
    arena_reset(&p->row);
    return ok;
}
