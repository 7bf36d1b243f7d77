#include "engine/stmt/answer_build.h"

#include <assert.h>

#include "base/buf.h"

static record record_new(arena *a, const type *t)
{
    record r = {a, t, ARENA_ARRAY(a, value, t->field_count)};
    for (uint32_t i = 0; i < t->field_count; i++)
        if (t->fields[i].type->kind == T_ARRAY || t->fields[i].type->kind == T_MAP)
            r.v[i] = value_v(NULL, 0);
    return r;
}

void answer_draft_init(answer_draft *d, arena *a, answer_kind k, str statement)
{
    *d = (answer_draft){.a = a, .ans = {.kind = k, .row = answer_info_of(k)->row, .statement = statement}};
}

const answer *answer_draft_done(answer_draft *d)
{
    d->ans.rows = d->rows.p;
    d->ans.n = d->rows.n;
    assert(d->ans.n == 1 || answer_info_of(d->ans.kind)->rows == ANSWER_MANY);
    return &d->ans;
}

record answer_add_row(answer_draft *d)
{
    record r = record_new(d->a, d->ans.row);
    AVEC_PUSH(d->a, &d->rows, r.v);
    return r;
}

/* ---- members */

static int32_t member(record r, const char *column)
{
    int32_t i = type_field_index(r.t, str_of(column));
    assert(i >= 0);
    return i;
}

static value *place(record r, const char *column, type_kind k)
{
    int32_t i = member(r, column);
    assert(r.t->fields[i].type->kind == k);
    (void)k;
    return r.v + i;
}

static value text_value(arena *a, str text)
{
    return value_s(text.n ? str_dup(a, text) : STR(""));
}

void record_put_text(record r, const char *column, str text)
{
    *place(r, column, T_STRING) = text_value(r.a, text);
}

void record_put_z(record r, const char *column, const char *text)
{
    *place(r, column, T_STRING) = text ? text_value(r.a, str_of(text)) : VALUE_NULL;
}

void record_put_int(record r, const char *column, int64_t i)
{
    int32_t k = member(r, column);
    assert(r.t->fields[k].type->kind == T_INTEGER || r.t->fields[k].type->kind == T_BIGINT);
    r.v[k] = value_i(i);
}

void record_put_flag(record r, const char *column, bool is)
{
    *place(r, column, T_BOOLEAN) = value_b(is);
}

void record_put_real(record r, const char *column, double d)
{
    *place(r, column, T_DOUBLE) = value_d(d);
}

void record_put_type(record r, const char *column, const type *shown)
{
    int32_t i = member(r, column);
    assert(r.t->fields[i].type == &answer_sql_type);
    r.v[i] = value_s(type_text(r.a, shown));
}

/* ---- nested */

record record_part(record r, const char *column)
{
    int32_t i = member(r, column);
    assert(r.t->fields[i].type->kind == T_STRUCT);
    record part = record_new(r.a, r.t->fields[i].type);
    r.v[i] = value_v(part.v, part.t->field_count);
    return part;
}

record_list record_list_of(record r, const char *column)
{
    int32_t i = member(r, column);
    assert(r.t->fields[i].type->kind == T_ARRAY || r.t->fields[i].type->kind == T_MAP);
    assert(r.v[i].n == 0);
    return (record_list){.a = r.a, .t = r.t->fields[i].type, .at = &r.v[i]};
}

static void add(record_list *l, value v)
{
    AVEC_PUSH(l->a, &l->items, v);
    *l->at = value_v(l->items.p, (uint32_t)(l->t->kind == T_MAP ? l->items.n / 2 : l->items.n));
}

void list_add_text(record_list *l, str text)
{
    assert(l->t->kind == T_ARRAY && l->t->elem->kind == T_STRING);
    add(l, text_value(l->a, text));
}

void list_add_int(record_list *l, int64_t i)
{
    assert(l->t->kind == T_ARRAY && l->t->elem->kind == T_INTEGER);
    add(l, value_i(i));
}

record list_add_row(record_list *l)
{
    assert(l->t->kind == T_ARRAY && l->t->elem->kind == T_STRUCT);
    record r = record_new(l->a, l->t->elem);
    add(l, value_v(r.v, r.t->field_count));
    return r;
}

void map_add_text(record_list *l, str key, str text)
{
    assert(l->t->kind == T_MAP && l->t->elem->kind == T_STRING);
    add(l, text_value(l->a, key));
    add(l, text_value(l->a, text));
}

void map_add_int(record_list *l, str key, int64_t i)
{
    assert(l->t->kind == T_MAP && l->t->elem->kind == T_INTEGER);
    add(l, text_value(l->a, key));
    add(l, value_i(i));
}
