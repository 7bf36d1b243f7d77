/* Binding of calls of users' functions: types and literals in their form, result and state types out of it,
 * init. */
#include "engine/types/decimal.h"
#include "engine/udf/udf_int.h"

#define TYPE_DEPTH_MAX 64 /* of types that a library makes */

/* ---- types in and out */

static const udf_type *type_shown(arena *a, const type *t)
{
    udf_type *u = ARENA_NEW(a, udf_type);
    u->kind = (udf_kind_of_type)t->kind;
    u->precision = t->precision;
    u->scale = t->scale;
    u->key = t->key ? type_shown(a, t->key) : NULL;
    u->elem = t->elem ? type_shown(a, t->elem) : NULL;
    udf_field *fields = ARENA_ARRAY(a, udf_field, t->field_count);
    for (uint32_t i = 0; i < t->field_count; i++)
        fields[i] = (udf_field){str_z(a, t->fields[i].name), t->fields[i].name.n, type_shown(a, t->fields[i].type)};
    u->fields = fields;
    u->field_count = t->field_count;
    return u;
}

static const type *refuse(status *st, const char *why)
{
    status_set(st, ST_SQL, "a type that the function made is none: %s", why);
    return NULL;
}

static const type *read_at(arena *a, const udf_type *u, uint32_t depth, status *st)
{
    static const type *const simple[] = {
        [UDF_BOOLEAN] = &type_boolean, [UDF_INTEGER] = &type_integer, [UDF_BIGINT] = &type_bigint,
        [UDF_DOUBLE] = &type_double,   [UDF_STRING] = &type_string,   [UDF_BYTES] = &type_bytes,
        [UDF_TIME] = &type_time,       [UDF_DATE] = &type_date,       [UDF_TIMESTAMP] = &type_timestamp,
    };
    if (u == NULL)
        return refuse(st, "a part of it is missing");
    if (depth > TYPE_DEPTH_MAX)
        return refuse(st, "it is nested too deeply");
    if ((size_t)u->kind < sizeof simple / sizeof *simple && simple[u->kind])
        return simple[u->kind];
    switch (u->kind) {
    case UDF_DECIMAL:
        if (u->precision < 1 || u->precision > DECIMAL_DIGITS_MAX || u->scale < 0 || u->scale > u->precision)
            return refuse(st, "a DECIMAL's precision or scale is out of range");
        return type_decimal(a, u->precision, u->scale);
    case UDF_ARRAY: {
        const type *e = read_at(a, u->elem, depth + 1, st);
        return e ? type_array(a, e) : NULL;
    }
    case UDF_MAP: {
        const type *k = read_at(a, u->key, depth + 1, st), *v = k ? read_at(a, u->elem, depth + 1, st) : NULL;
        return v ? type_map(a, k, v) : NULL;
    }
    case UDF_STRUCT: {
        if (u->field_count && u->fields == NULL)
            return refuse(st, "a STRUCT's fields are missing");
        type_field *f = ARENA_ARRAY(a, type_field, u->field_count);
        for (uint32_t i = 0; i < u->field_count; i++) {
            if (u->fields[i].name == NULL)
                return refuse(st, "a STRUCT's field has no name");
            f[i].name = str_dup(a, str_make(u->fields[i].name, u->fields[i].name_len));
            f[i].type = read_at(a, u->fields[i].type, depth + 1, st);
            if (f[i].type == NULL)
                return NULL;
        }
        return type_struct(a, f, u->field_count);
    }
    default:
        return refuse(st, "its kind is unknown");
    }
}

const type *udf_type_read(arena *a, const udf_type *t, status *st)
{
    return read_at(a, t, 0, st);
}

static const udf_type *const *types_of(arena *a, const type *const *types, uint32_t n)
{
    const udf_type **u = ARENA_ARRAY(a, const udf_type *, n + 1);
    for (uint32_t i = 0; i < n; i++)
        u[i] = type_shown(a, types[i]);
    return u;
}

/* ---- calling what a row computes with */

/* A call outside of rows: memory is the plan's. */
typedef struct bind_call {
    ectx     cx;
    udf_call c;
} bind_call;

static udf_call *bind_open(bind_call *b, arena *a, const udf_site *site, const agg_call *g)
{
    b->cx.a = a;
    b->cx.err[0] = 0;
    b->c = (udf_call){.host = &user_host,
                      .site = site,
                      .error = b->cx.err,
                      .error_max = sizeof b->cx.err,
                      .weir = {&b->cx, NULL, (void *)(uintptr_t)g}};
    return &b->c;
}

/* The type that a row's own function computes; it must fit what the row declares. */
static const type *computed(arena *a, udf_type_fn fn, const udf_site *site, const udf_function *def,
                            const ptype *declared, const agg_call *g, status *st)
{
    bind_call      *b = ARENA_NEW(a, bind_call);
    const udf_type *u = fn(bind_open(b, a, site, g));
    if (u == NULL) {
        status_set(st, ST_SQL, "%s", b->cx.err[0] ? b->cx.err : "the function cannot tell its result's type");
        return NULL;
    }
    const type *t = udf_type_read(a, u, st);
    bindings    none = {0};
    if (t && declared && declared->kind != P_ANY && !ptype_bind(declared, t, &none)) {
        buf want = BUF_INIT(ST_MSG_MAX);
        ptype_print(&want, declared);
        status_set(st, ST_SQL, "Return type %.*s of UDF %s does not match the declared return type %.*s.",
                   STR_FMT(type_text(a, t)), def->name, (int)want.n, want.p);
        buf_free(&want);
        return NULL;
    }
    return t;
}

static bool run_init(arena *a, user_call *u, const agg_call *g, status *st)
{
    if (u->def->init == NULL)
        return true;
    bind_call *b = ARENA_NEW(a, bind_call);
    if (u->def->init(bind_open(b, a, &u->site, g), &u->site.state))
        return true;
    const char *why = b->cx.err[0] ? b->cx.err : "its arguments are refused";
    return g ? status_set(st, ST_SQL, "Failed to invoke UDAF factory method: %s: %s", u->def->name, why)
             : status_set(st, ST_SQL, "%s: %s", u->def->name, why);
}

/* ---- scalar and table functions */

static const user_row *row_of(const func_call *f)
{
    return (const user_row *)(const void *)f->row;
}

/* A lambda's type is known from its body only. */
static const udf_type *lambda_type(arena *a, const func_call *f, uint32_t i)
{
    udf_type *u = ARENA_NEW(a, udf_type);
    u->kind = UDF_LAMBDA;
    u->elem = type_shown(a, f->args[i]->type);
    return u;
}

static void fill_site(arena *a, const func_call *f, udf_site *site)
{
    const udf_type  **types = ARENA_ARRAY(a, const udf_type *, f->arg_count + 1);
    const udf_value **literals = ARENA_ARRAY(a, const udf_value *, f->arg_count + 1);
    for (uint32_t i = 0; i < f->arg_count; i++) {
        bool lambda = f->lambda_slots && f->lambda_slots[i];
        types[i] = lambda ? lambda_type(a, f, i) : type_shown(a, f->arg_types[i]);
        if (!lambda && f->args[i]->kind == XN_LITERAL) {
            udf_value v = to_user(f->args[i]->lit);
            literals[i] = arena_dup(a, &v, sizeof v);
        }
    }
    site->arg_types = types;
    site->arg_count = f->arg_count;
    site->literals = literals;
}

const type *user_func_returns(arena *a, const func_call *f, status *st)
{
    const user_row *r = row_of(f);
    udf_site       *site = ARENA_NEW(a, udf_site);
    fill_site(a, f, site);
    return computed(a, r->def->result_type, site, r->def, r->returns, NULL, st);
}

bool user_func_init(arena *a, func_call *f, status *st)
{
    const user_row *r = row_of(f);
    user_call      *u = ARENA_NEW(a, user_call);
    u->def = r->def;
    u->result_type = f->type; /* of a table function: the ARRAY of its rows */
    fill_site(a, f, &u->site);
    u->site.result_type = type_shown(a, r->def->kind == UDF_TABLE ? f->type->elem : f->type);
    f->state = u;
    return run_init(a, u, NULL, st);
}

/* ---- aggregates */

static const user_row *agg_row_of(const agg_call *c)
{
    return (const user_row *)(const void *)c->row;
}

static void fill_agg_site(arena *a, const agg_call *c, udf_site *site)
{
    udf_value *inits = ARENA_ARRAY(a, udf_value, c->init_count + 1);
    for (uint32_t i = 0; i < c->init_count; i++)
        inits[i] = to_user(c->init_args[i]);
    site->arg_types = types_of(a, c->arg_types, c->arg_count);
    site->arg_count = c->arg_count;
    site->literals = ARENA_ARRAY(a, const udf_value *, c->arg_count + 1);
    site->init_args = inits;
    site->init_types = types_of(a, c->init_types, c->init_count);
    site->init_count = c->init_count;
}

static const type *agg_computed(arena *a, const agg_call *c, udf_type_fn fn, const ptype *declared, status *st)
{
    udf_site *site = ARENA_NEW(a, udf_site);
    fill_agg_site(a, c, site);
    return computed(a, fn, site, agg_row_of(c)->def, declared, c, st);
}

const type *user_agg_returns(arena *a, const agg_call *c, status *st)
{
    const user_row *r = agg_row_of(c);
    return agg_computed(a, c, r->def->result_type, r->returns, st);
}

const type *user_agg_state(arena *a, const agg_call *c, status *st)
{
    const user_row *r = agg_row_of(c);
    if (r->def->aggregate.state_type)
        return agg_computed(a, c, r->def->aggregate.state_type, NULL, st);
    return r->state ? ptype_instantiate(a, r->state, c->bound, st) : c->result_type;
}

bool user_agg_setup(arena *a, agg_call *c, status *st)
{
    user_call *u = ARENA_NEW(a, user_call);
    u->def = agg_row_of(c)->def;
    u->result_type = c->result_type;
    u->state_type = c->state_type;
    fill_agg_site(a, c, &u->site);
    u->site.result_type = type_shown(a, c->result_type);
    u->site.state_type = type_shown(a, c->state_type);
    c->state = u;
    return run_init(a, u, c, st);
}
