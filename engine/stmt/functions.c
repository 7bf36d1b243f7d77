/* SHOW FUNCTIONS and DESCRIBE FUNCTION. */
#include "engine/agg/agg.h"
#include "engine/func/table_func.h"
#include "engine/stmt/show.h"

/* ---- the list: scalars, table functions, aggregates, each by name */

static void add_function(exec *x, answer_draft *d, const char *name, const char *kind, const char *category)
{
    record r = answer_add_row(d);
    record_put_text(r, "name", str_upper(x->a, str_of(name)));
    record_put_z(r, "type", kind);
    record_put_z(r, "category", category ? category : "");
}

bool stmt_show_functions(exec *x)
{
    const func_row **rows;
    const agg_row  **aggs;
    answer_draft    *d = answer_begin(x, x->answer);
    size_t           n = func_names(x->a, &rows);
    for (size_t i = 0; i < n; i++)
        add_function(x, d, rows[i]->name, "SCALAR", rows[i]->category);
    n = table_func_names(x->a, &rows);
    for (size_t i = 0; i < n; i++)
        add_function(x, d, rows[i]->name, "TABLE", "TABLE");
    n = agg_names(x->a, &aggs);
    for (size_t i = 0; i < n; i++)
        add_function(x, d, aggs[i]->name, "AGGREGATE", "AGGREGATE");
    return answer_end(x, d);
}

/* ---- one */

static void put_variant(record v, const overload *o, const char *doc, const func_origin *origin)
{
    record_list args = record_list_of(v, "arguments"), types = record_list_of(v, "argumentTypes");
    buf         b = BUF_INIT(BUF_MAX);
    for (uint32_t i = 0; i < o->param_count; i++) {
        record      a = list_add_row(&args);
        const char *param_doc = origin ? origin->param_docs[i] : NULL;
        buf_clear(&b);
        ptype_print(&b, o->params[i].type);
        record_put_text(a, "name", o->params[i].name);
        record_put_text(a, "type", buf_str(&b));
        record_put_z(a, "description", param_doc ? param_doc : "");
        record_put_flag(a, "isVariadic", o->params[i].variadic);
        list_add_text(&types, buf_str(&b));
    }
    buf_clear(&b);
    ptype_print(&b, o->returns);
    record_put_text(v, "returnType", buf_str(&b));
    record_put_z(v, "description", doc ? doc : "");
    buf_free(&b);
}

/* What DESCRIBE FUNCTION shows of a row of any kind. */
typedef struct row_texts {
    const char        *doc, *variant_doc;
    uint32_t           flags;
    const func_origin *origin;
} row_texts;

static row_texts func_texts(const void *row)
{
    const func_row *r = row;
    return (row_texts){r->doc, r->variant_doc, r->flags, r->origin};
}

static row_texts agg_texts(const void *row)
{
    const agg_row *r = row;
    return (row_texts){r->doc, r->variant_doc, r->flags, r->origin};
}

static const struct {
    const char *name;
    const overload *(*find)(str name, size_t *n);
    row_texts (*texts)(const void *row);
} function_kinds[] = {
    {"SCALAR", func_find, func_texts},
    {"TABLE", table_func_find, func_texts},
    {"AGGREGATE", agg_find, agg_texts},
};

bool stmt_describe_function(exec *x)
{
    size_t          n = 0, kind = 0;
    const overload *o = NULL;
    for (; kind < sizeof function_kinds / sizeof *function_kinds; kind++)
        if ((o = function_kinds[kind].find(x->stmt->name, &n)) != NULL)
            break;
    if (o == NULL)
        return exec_fail(x, "Can't find any functions with the name '%.*s'", STR_FMT(x->stmt->name));
    answer_draft *d = answer_begin(x, x->answer);
    record        r = answer_add_row(d);
    record_list   variants = record_list_of(r, "functions");
    const char   *doc = "";
    for (size_t i = 0; i < n; i++) {
        row_texts t = function_kinds[kind].texts(o[i].row);
        if (t.doc && !*doc)
            doc = t.doc;
        put_variant(list_add_row(&variants), &o[i], t.variant_doc, t.origin);
    }
    row_texts   first = function_kinds[kind].texts(o[0].row);
    const char *author = first.flags & FN_NO_AUTHOR ? "" : "weir";
    record_put_text(r, "name", str_upper(x->a, x->stmt->name));
    record_put_z(r, "description", doc);
    record_put_z(r, "author", first.origin ? first.origin->author : author);
    record_put_z(r, "version", first.origin ? first.origin->version : "");
    record_put_z(r, "path", first.origin ? first.origin->path : "internal");
    record_put_z(r, "type", function_kinds[kind].name);
    return answer_end(x, d);
}
