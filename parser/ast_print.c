/* Statements back to canonical SQL (spec 0.2), and with their secrets masked (spec 7.8). */
#include "parser/parse_int.h"

#include <assert.h>
#include <stdlib.h>

/* ---- pieces */

static void put_duration(buf *out, ast_duration d)
{
    static const char *const unit[] = {[UNIT_DAYS] = "DAYS",
                                       [UNIT_HOURS] = "HOURS",
                                       [UNIT_MINUTES] = "MINUTES",
                                       [UNIT_SECONDS] = "SECONDS",
                                       [UNIT_MILLISECONDS] = "MILLISECONDS"};
    buf_printf(out, "%lld %s", (long long)d.n, unit[d.unit]);
}

static void put_given(buf *out, const char *before, ast_duration d)
{
    if (!d.given)
        return;
    buf_putz(out, before);
    put_duration(out, d);
}

static void put_list(buf *out, ast_expr *const *l, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            buf_putz(out, ", ");
        print_expr_sql(out, l[i]);
    }
}

static str upper_of(buf *scratch, const ast_prop *p)
{
    buf_clear(scratch);
    for (uint32_t i = 0; i < p->name.n; i++) {
        char c = p->name.p[i];
        buf_putc(scratch, c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
    }
    return buf_str(scratch);
}

static int nocase_cmp(str a, str b)
{
    uint32_t n = a.n < b.n ? a.n : b.n;
    int      c = strncasecmp(a.p, b.p, n);
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int prop_cmp(const void *a, const void *b)
{
    const ast_prop *x = *(const ast_prop *const *)a, *y = *(const ast_prop *const *)b;
    int             c = nocase_cmp(x->name, y->name);
    return c ? c : (x->pos > y->pos) - (x->pos < y->pos);
}

/* Connectors have settings of their own, whose case and order are kept. */
static void put_props(buf *out, const ast_stmt *s)
{
    if (!s->has_props)
        return;
    bool             canonical = s->kind != STMT_CREATE_CONNECTOR;
    const ast_prop **order = mem_alloc(s->prop_count * sizeof *order);
    for (uint32_t i = 0; i < s->prop_count; i++)
        order[i] = &s->props[i];
    if (canonical && s->prop_count)
        qsort(order, s->prop_count, sizeof *order, prop_cmp);
    buf scratch = BUF_INIT(BUF_MAX);
    buf_putz(out, " WITH (");
    for (uint32_t i = 0; i < s->prop_count; i++) {
        str name = canonical ? upper_of(&scratch, order[i]) : order[i]->name;
        if (i)
            buf_putz(out, ", ");
        if (parse_name_is_plain(name) && (canonical || !order[i]->quoted))
            buf_puts(out, name);
        else
            print_string(out, name);
        buf_putc(out, '=');
        print_expr_sql(out, order[i]->value);
    }
    buf_putc(out, ')');
    buf_free(&scratch);
    mem_free(order);
}

static void put_column_def(buf *out, const ast_column *c)
{
    print_name(out, c->name);
    if (c->type == NULL)
        return;
    buf_putc(out, ' ');
    print_type(out, c->type);
    switch (c->kind) {
    case COL_VALUE:
        break;
    case COL_KEY:
        buf_putz(out, " KEY");
        break;
    case COL_PRIMARY_KEY:
        buf_putz(out, " PRIMARY KEY");
        break;
    case COL_HEADERS:
        buf_putz(out, " HEADERS");
        break;
    case COL_HEADER:
        buf_putz(out, " HEADER(");
        print_string(out, c->header_key);
        buf_putc(out, ')');
        break;
    }
}

static void put_columns(buf *out, const ast_stmt *s)
{
    if (!s->has_columns)
        return;
    buf_putz(out, " (");
    for (uint32_t i = 0; i < s->column_count; i++) {
        if (i)
            buf_putz(out, ", ");
        put_column_def(out, &s->columns[i]);
    }
    buf_putc(out, ')');
}

/* ---- queries */

static void put_item(buf *out, const ast_select_item *i)
{
    if (i->expr)
        print_expr_sql(out, i->expr);
    if (i->expr == NULL && i->star_qual.p) {
        print_name(out, i->star_qual);
        buf_putc(out, '.');
    }
    if (i->expr == NULL)
        buf_putc(out, '*');
    if (i->alias.p) {
        buf_putc(out, ' ');
        print_name(out, i->alias);
    }
}

static void put_relation(buf *out, const ast_relation *r)
{
    print_name(out, r->name);
    buf_putc(out, ' ');
    print_name(out, r->alias);
}

static void put_join(buf *out, const ast_join *j)
{
    static const char *const kinds[] = {
        [JOIN_INNER] = "INNER", [JOIN_LEFT] = "LEFT OUTER", [JOIN_RIGHT] = "RIGHT OUTER", [JOIN_FULL] = "FULL OUTER"};
    buf_printf(out, "\n%s JOIN ", kinds[j->kind]);
    put_relation(out, &j->right);
    if (j->within) {
        bool even = j->before.n == j->after.n && j->before.unit == j->after.unit;
        buf_putz(out, even ? " WITHIN " : " WITHIN (");
        put_duration(out, j->before);
        if (!even) {
            buf_putz(out, ", ");
            put_duration(out, j->after);
            buf_putc(out, ')');
        }
        put_given(out, " GRACE PERIOD ", j->grace);
    }
    buf_putz(out, " ON (");
    print_expr_sql(out, j->on);
    buf_putc(out, ')');
}

static void put_window(buf *out, const ast_window *w)
{
    static const char *const kinds[] = {
        [WINDOW_TUMBLING] = "TUMBLING ( SIZE ", [WINDOW_HOPPING] = "HOPPING ( SIZE ", [WINDOW_SESSION] = "SESSION ( "};
    if (w->kind == WINDOW_NONE)
        return;
    buf_printf(out, "\nWINDOW %s", kinds[w->kind]);
    put_duration(out, w->size);
    put_given(out, " , ADVANCE BY ", w->advance);
    put_given(out, " , RETENTION ", w->retention);
    put_given(out, " , GRACE PERIOD ", w->grace);
    buf_putz(out, " ) ");
}

static void put_clause(buf *out, const char *word, const ast_expr *e)
{
    if (e == NULL)
        return;
    buf_putz(out, word);
    print_expr_sql(out, e);
}

static void put_by(buf *out, const char *word, ast_expr *const *l, uint32_t n, bool given)
{
    if (!given)
        return;
    buf_putz(out, word);
    if (n)
        put_list(out, l, n);
    else
        buf_putz(out, "()");
}

static void put_query(buf *out, const ast_query *q)
{
    buf_putz(out, "SELECT");
    for (uint32_t i = 0; i < q->item_count; i++) {
        buf_putz(out, q->item_count == 1 ? " " : i ? ",\n  " : "\n  ");
        put_item(out, &q->items[i]);
    }
    buf_putz(out, "\nFROM ");
    put_relation(out, &q->from);
    for (uint32_t i = 0; i < q->join_count; i++)
        put_join(out, &q->joins[i]);
    put_window(out, &q->window);
    put_clause(out, "\nWHERE ", q->where);
    put_by(out, "\nGROUP BY ", q->group_by, q->group_by_count, q->has_group_by);
    put_by(out, "\nPARTITION BY ", q->partition_by, q->partition_by_count, q->has_partition_by);
    put_clause(out, "\nHAVING ", q->having);
    if (q->emit != EMIT_NONE)
        buf_putz(out, q->emit == EMIT_CHANGES ? "\nEMIT CHANGES" : "\nEMIT FINAL");
    if (q->has_limit)
        buf_printf(out, "\nLIMIT %lld", (long long)q->limit);
}

/* ---- statements */

/* A topic or subject keeps its case only in quotes or as typed; print so that it reads back. */
static void put_resource(buf *out, str name)
{
    if (parse_name_is_plain(name))
        buf_puts(out, name);
    else
        print_ticked(out, name);
}

/* The functions of stmt.def; words are those of the statement's row. */

static void put_words(buf *out, const ast_stmt *s, const char *words)
{
    buf_putz(out, words);
    if (s->extended)
        buf_putz(out, " EXTENDED");
}

static void put_named(buf *out, const ast_stmt *s, const char *words)
{
    buf_putz(out, words);
    if (s->all)
        buf_putz(out, "ALL");
    else
        print_name(out, s->name);
}

static void put_of_resource(buf *out, const ast_stmt *s, const char *words)
{
    buf_putz(out, words);
    put_resource(out, s->name);
}

static void put_query_stmt(buf *out, const ast_stmt *s, const char *words)
{
    buf_putz(out, words);
    put_query(out, s->query);
}

static void put_create(buf *out, const ast_stmt *s, const char *words)
{
    buf_printf(out, "CREATE %s%s%s %s", s->or_replace ? "OR REPLACE " : "", s->source_only ? "SOURCE " : "", words,
               s->if_not_exists ? "IF NOT EXISTS " : "");
    print_name(out, s->name);
    put_columns(out, s);
    put_props(out, s);
    if (s->query) {
        buf_putz(out, " AS ");
        put_query(out, s->query);
    }
}

static void put_create_type(buf *out, const ast_stmt *s, const char *words)
{
    buf_printf(out, "%s%s", words, s->if_not_exists ? "IF NOT EXISTS " : "");
    print_name(out, s->name);
    buf_putz(out, " AS ");
    print_type(out, s->type);
}

static void put_insert_select(buf *out, const ast_stmt *s, const char *words)
{
    put_named(out, s, words);
    put_props(out, s);
    buf_putc(out, ' ');
    put_query(out, s->query);
}

static void put_values(buf *out, const ast_stmt *s, const char *words)
{
    put_named(out, s, words);
    put_columns(out, s);
    buf_putz(out, s->kind == STMT_ASSERT_NULL_VALUES ? " KEY (" : " VALUES (");
    put_list(out, s->values, s->value_count);
    buf_putc(out, ')');
}

static void put_drop(buf *out, const ast_stmt *s, const char *words)
{
    buf_printf(out, "DROP %s %s", words, s->if_exists ? "IF EXISTS " : "");
    print_name(out, s->name);
    if (s->delete_topic)
        buf_putz(out, " DELETE TOPIC");
}

static void put_alter(buf *out, const ast_stmt *s, const char *words)
{
    put_named(out, s, words);
    for (uint32_t i = 0; i < s->column_count; i++) {
        buf_putz(out, i ? ", ADD COLUMN " : " ADD COLUMN ");
        put_column_def(out, &s->columns[i]);
    }
}

static void put_text(buf *out, const ast_stmt *s, const char *words)
{
    buf_putz(out, words);
    print_string(out, s->text);
}

static void put_setting(buf *out, const ast_stmt *s, const char *words)
{
    put_text(out, s, words);
    buf_putc(out, '=');
    print_string(out, s->text2);
}

static void put_undefine(buf *out, const ast_stmt *s, const char *words)
{
    buf_putz(out, words);
    buf_puts(out, s->name); /* case counts in the names of variables */
}

static void put_define(buf *out, const ast_stmt *s, const char *words)
{
    put_undefine(out, s, words);
    buf_putc(out, '=');
    print_string(out, s->text2);
}

static void put_show(buf *out, const ast_stmt *s, const char *words)
{
    static const char *const scope[] = {[SCOPE_ANY] = "", [SCOPE_SOURCE] = "SOURCE ", [SCOPE_SINK] = "SINK "};
    buf_printf(out, "SHOW %s%s%s%s", s->all ? "ALL " : "", scope[s->scope], words, s->extended ? " EXTENDED" : "");
}

static void put_describe(buf *out, const ast_stmt *s, const char *words)
{
    if (str_eqz(s->name, "TABLES"))
        buf_printf(out, "%s`TABLES`", words); /* a source of that name */
    else
        put_named(out, s, words);
    if (s->extended)
        buf_putz(out, " EXTENDED");
}

static void put_explain(buf *out, const ast_stmt *s, const char *words)
{
    if (s->inner == NULL) {
        put_named(out, s, words);
        return;
    }
    buf_putz(out, words);
    print_stmt(out, s->inner);
}

static void put_print(buf *out, const ast_stmt *s, const char *words)
{
    put_of_resource(out, s, words);
    if (s->from_beginning)
        buf_putz(out, " FROM BEGINNING");
    if (s->has_interval)
        buf_printf(out, " INTERVAL %lld", (long long)s->interval);
    if (s->has_limit)
        buf_printf(out, " LIMIT %lld", (long long)s->limit);
}

static void put_connector(buf *out, const ast_stmt *s, const char *words)
{
    buf_printf(out, "CREATE %s %s %s", s->scope == SCOPE_SINK ? "SINK" : "SOURCE", words,
               s->if_not_exists ? "IF NOT EXISTS " : "");
    print_name(out, s->name);
    put_props(out, s);
}

static void put_assert(buf *out, const ast_stmt *s, const char *words)
{
    buf_printf(out, "ASSERT %s%s", s->not_exists ? "NOT EXISTS " : "", words);
    if (s->name.p) {
        buf_putz(out, s->kind == STMT_ASSERT_SCHEMA ? " SUBJECT " : " ");
        put_resource(out, s->name);
    }
    if (s->has_id)
        buf_printf(out, " ID %lld", (long long)s->id);
    put_props(out, s);
    put_given(out, " TIMEOUT ", s->timeout);
}

static void put_assert_source(buf *out, const ast_stmt *s, const char *words)
{
    put_named(out, s, words);
    put_columns(out, s);
    put_props(out, s);
}

static const struct {
    void (*print)(buf *out, const ast_stmt *s, const char *words);
    const char *words;
} printers[STMT_KIND_COUNT] = {
#define STMT(kind, print, words) [STMT_##kind] = {print, words},
#include "parser/stmt.def"
#undef STMT
};

void print_stmt(buf *out, const ast_stmt *s)
{
    assert(s->kind < STMT_KIND_COUNT);
    printers[s->kind].print(out, s, printers[s->kind].words);
}

/* ---- masked */

static void put_masked_values(buf *out, const ast_stmt *s)
{
    buf_putz(out, "INSERT INTO ");
    print_ticked(out, s->name);
    for (uint32_t i = 0; i < s->column_count; i++) {
        buf_putz(out, i ? ", " : " (");
        print_ticked(out, s->columns[i].name);
    }
    buf_putz(out, s->column_count ? ") VALUES (" : " VALUES (");
    for (uint32_t i = 0; i < s->value_count; i++)
        buf_putz(out, i ? ", '[value]'" : "'[value]'");
    buf_putc(out, ')');
}

/* The token at pos, as the user typed it. */
static str typed(const ast_stmt *s, uint32_t pos)
{
    scanner sc = scan_from(s->source, pos - s->pos);
    token   t = scan_next(&sc);
    return (str){s->source.p + t.pos, t.len};
}

static void put_masked_connector(buf *out, const ast_stmt *s)
{
    buf_printf(out, "CREATE %s CONNECTOR %s", s->scope == SCOPE_SINK ? "SINK" : "SOURCE",
               s->if_not_exists ? "IF NOT EXISTS " : "");
    buf_puts(out, typed(s, s->name_pos));
    buf_putz(out, " WITH (");
    for (uint32_t i = 0; i < s->prop_count; i++) {
        const ast_prop *p = &s->props[i];
        if (i)
            buf_putz(out, ", ");
        buf_puts(out, typed(s, p->pos));
        buf_putc(out, '=');
        if (str_eq_nocase(p->name, STR("connector.class")))
            print_expr_sql(out, p->value);
        else
            buf_putz(out, "'[string]'");
    }
    buf_putc(out, ')');
}

void print_masked(buf *out, const ast_stmt *s)
{
    if (s->kind == STMT_INSERT_VALUES)
        put_masked_values(out, s);
    else if (s->kind == STMT_CREATE_CONNECTOR)
        put_masked_connector(out, s);
    else
        buf_puts(out, s->source);
    buf_putc(out, ';');
}
