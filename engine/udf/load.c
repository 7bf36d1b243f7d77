/* From a library's rows to rows of the function indexes. Every row is checked before the first is added. */
#include "engine/udf/udf_load.h"

#include <assert.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "engine/func/table_func.h"
#include "engine/udf/udf_int.h"
#include "parser/parser.h"

#define FUNCTIONS_MAX 10000 /* of one library */
#define NAME_MAX_BYTES 63
#define LIBRARIES_MAX 1000 /* of one folder */

static arena kept; /* the rows: for the life of the process */

/* A library being checked. */
typedef struct loading {
    const char        *path;
    const udf_library *lib;
    user_row         **rows;
    overload          *overloads;
    uint32_t           at; /* the row at hand */
    status            *st;
} loading;

static const udf_function *function_at(const loading *l)
{
    return &l->lib->functions[l->at];
}

/* what: begins with the fault; the message names file and row. */
static bool bad_row(loading *l, const char *what, ...) __attribute__((format(printf, 2, 3)));
static bool bad_row(loading *l, const char *what, ...)
{
    const char *name = function_at(l)->name;
    char        text[1024];
    va_list     ap;
    va_start(ap, what);
    vsnprintf(text, sizeof text, what, ap);
    va_end(ap);
    return status_set(l->st, ST_INVALID_CONFIG, "%s: function %u (%.100s): %s", l->path, l->at + 1,
                      name ? name : "without name", text);
}

/* ---- names */

static bool is_identifier(const char *s)
{
    for (const char *p = s; *p; p++) {
        bool letter = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == '_' || *p == '$';
        if (!letter && (p == s || *p < '0' || *p > '9'))
            return false;
    }
    return *s != 0;
}

static const func_origin *origin_of(const overload *o, udf_kind kind)
{
    return kind == UDF_AGGREGATE ? ((const agg_row *)o->row)->origin : ((const func_row *)o->row)->origin;
}

static bool check_taken(loading *l)
{
    static const overload *(*const find[])(str, size_t *) = {
        [UDF_SCALAR] = func_find, [UDF_TABLE] = table_func_find, [UDF_AGGREGATE] = agg_find};
    for (udf_kind k = UDF_SCALAR; k <= UDF_AGGREGATE; k++) {
        size_t          n;
        const overload *o = find[k](str_of(function_at(l)->name), &n);
        if (o == NULL)
            continue;
        const func_origin *from = origin_of(o, k);
        return from ? bad_row(l, "%s has a function of this name already; rename one of them", from->path)
                    : bad_row(l, "weir has a built-in function of this name; choose another");
    }
    return true;
}

static bool check_name(loading *l)
{
    const udf_function *f = function_at(l);
    if (f->name == NULL)
        return bad_row(l, "its name is missing");
    if (strlen(f->name) > NAME_MAX_BYTES)
        return bad_row(l, "its name has more than %d bytes", NAME_MAX_BYTES);
    if (!is_identifier(f->name) || parse_is_reserved(str_of(f->name)))
        return bad_row(l,
                       "%s is not a valid function name. Function names must be valid java identifiers and not a KSQL "
                       "reserved word",
                       f->name);
    return check_taken(l);
}

/* ---- parameters and types */

static uint32_t param_count(const udf_function *f)
{
    uint32_t n = 0;
    while (n < UDF_PARAMS_MAX && f->params[n].type)
        n++;
    return n;
}

/* The parameters as one text, as overload_parse() reads it. */
static bool params_text(loading *l, const char **out)
{
    const udf_function *f = function_at(l);
    buf                 b = BUF_INIT(BUF_MAX);
    for (uint32_t i = 0; i < param_count(f); i++) {
        const char *name = f->params[i].name ? f->params[i].name : "";
        if (strpbrk(name, "'\n")) {
            buf_free(&b);
            return bad_row(l, "parameter %u: its name has a quote or a line feed", i + 1);
        }
        buf_printf(&b, *name ? "%s%s '%s'" : "%s%s", i ? ", " : "", f->params[i].type, name);
    }
    *out = str_z(&kept, buf_str(&b));
    buf_free(&b);
    return true;
}

/* Every parameter by itself, so that a fault can be named by its place. */
static bool check_params(loading *l)
{
    const udf_function *f = function_at(l);
    for (uint32_t i = 0; i < param_count(f); i++) {
        overload one;
        status   st;
        arena    a;
        arena_init(&a);
        bool ok = overload_parse(&a, "", f->params[i].type, "INT", NULL, &one, &st);
        if (!ok || one.param_count != 1 || one.params[0].name.n) {
            arena_free(&a);
            return bad_row(l, "parameter %u: \"%.200s\" is no type: %s", i + 1, f->params[i].type,
                           ok ? "something follows it" : st.msg);
        }
        ptype_kind k = one.params[0].type->kind;
        bool       variadic = one.params[0].variadic;
        arena_free(&a);
        if (k == P_LAMBDA && (f->kind != UDF_SCALAR || variadic))
            return bad_row(l, "parameter %u: only a scalar function takes a LAMBDA, and not a variadic one", i + 1);
        if (k == P_UNIT && f->kind == UDF_AGGREGATE)
            return bad_row(l, "parameter %u: an aggregate takes no INTERVAL UNIT", i + 1);
    }
    return true;
}

static bool binds(const ptype *p, str variable)
{
    if (p->kind == P_GENERIC)
        return str_eq(p->name, variable);
    for (uint32_t i = 0; i < p->input_count; i++)
        if (binds(p->inputs[i], variable))
            return true;
    for (uint32_t i = 0; i < p->field_count; i++)
        if (binds(p->fields[i], variable))
            return true;
    return (p->key && binds(p->key, variable)) || (p->elem && binds(p->elem, variable));
}

/* Why a type cannot be told from the arguments' types alone, NULL when it can. */
static const char *undetermined(const ptype *p, const overload *o)
{
    if (p->kind == P_GENERIC) {
        for (uint32_t i = 0; i < o->param_count; i++)
            if (binds(o->params[i].type, p->name))
                return NULL;
        return "its type variable stands in no parameter";
    }
    if (p->kind != P_TYPE)
        return "ANY, LAMBDA and INTERVAL UNIT are no types of values";
    if (p->base == T_DECIMAL && p->precision == 0)
        return "DECIMAL lacks precision and scale, as in DECIMAL(10, 2)";
    if (p->base == T_STRUCT && p->field_count == 0)
        return "STRUCT lacks its fields";
    const char *why = p->key ? undetermined(p->key, o) : NULL;
    if (!why && p->elem)
        why = undetermined(p->elem, o);
    for (uint32_t i = 0; i < p->field_count && !why; i++)
        why = undetermined(p->fields[i], o);
    return why;
}

static bool check_returns(loading *l, user_row *r, const overload *o)
{
    const udf_function *f = r->def;
    const char         *why = f->result_type ? NULL : undetermined(o->returns, o);
    if (why)
        return bad_row(l, "its result \"%.200s\": %s; give a result_type function if the type depends on the call",
                       f->returns, why);
    r->returns = o->returns;
    if (f->kind != UDF_AGGREGATE || f->aggregate.state_text == NULL)
        return true;
    status st;
    r->state = ptype_parse(&kept, f->aggregate.state_text, &st);
    if (r->state == NULL)
        return bad_row(l, "its state \"%.200s\" is no type: %s", f->aggregate.state_text, st.msg);
    why = f->aggregate.state_type ? NULL : undetermined(r->state, o);
    return why == NULL || bad_row(l, "its state \"%.200s\": %s", f->aggregate.state_text, why);
}

/* Do two rows take the same arguments? */
static bool same_params(const overload *x, const overload *y)
{
    if (x->param_count != y->param_count || x->variadic != y->variadic)
        return false;
    buf a = BUF_INIT(BUF_MAX), b = BUF_INIT(BUF_MAX);
    for (uint32_t i = 0; i < x->param_count; i++) {
        ptype_print(&a, x->params[i].type);
        ptype_print(&b, y->params[i].type);
        buf_putc(&a, ',');
        buf_putc(&b, ',');
    }
    bool same = str_eq(buf_str(&a), buf_str(&b));
    buf_free(&a);
    buf_free(&b);
    return same;
}

static bool check_siblings(loading *l)
{
    for (uint32_t i = 0; i < l->at; i++) {
        if (!str_eq_nocase(str_of(l->lib->functions[i].name), str_of(function_at(l)->name)))
            continue;
        if (l->lib->functions[i].kind != function_at(l)->kind)
            return bad_row(l, "function %u has the same name and is of another kind", i + 1);
        if (same_params(&l->overloads[i], &l->overloads[l->at]))
            return bad_row(l,
                           "Can't add function as a function with the same name and parameter types already exists: "
                           "function %u",
                           i + 1);
    }
    return true;
}

/* ---- rows */

static bool check_parts(loading *l)
{
    const udf_function *f = function_at(l);
    if (f->kind != UDF_SCALAR && f->kind != UDF_TABLE && f->kind != UDF_AGGREGATE)
        return bad_row(l, "its kind is none of UDF_SCALAR, UDF_TABLE and UDF_AGGREGATE");
    if (f->returns == NULL)
        return bad_row(l, "its result's type is missing");
    if (f->flags & ~(uint32_t)UDF_SEES_NULLS)
        return bad_row(l, "it has unknown flags");
    if (f->kind != UDF_AGGREGATE)
        return f->scalar || bad_row(l, "its member `scalar` is missing");
    if (!f->aggregate.initial || !f->aggregate.add || !f->aggregate.merge)
        return bad_row(l, "an aggregate needs initial, add and merge");
    return f->aggregate.init_params <= param_count(f) || bad_row(l, "it has more init_params than parameters");
}

static void fill_func(user_row *r, const char *params)
{
    const udf_function *f = r->def;
    r->func = (func_row){.name = f->name,
                         .category = f->category ? f->category : "OTHER",
                         .doc = f->description,
                         .params = params,
                         .returns = f->returns,
                         .computed = f->result_type ? user_func_returns : NULL,
                         .fn = user_func,
                         .init = user_func_init,
                         .flags = f->flags & UDF_SEES_NULLS ? FN_NULLS : 0,
                         .variant_doc = f->variant_doc,
                         .origin = &r->origin};
}

static void fill_agg(user_row *r, const char *params)
{
    const udf_function *f = r->def;
    r->agg = (agg_row){.name = f->name,
                       .doc = f->description,
                       .params = params,
                       .returns = f->returns,
                       .init_params = f->aggregate.init_params,
                       .state_type = user_agg_state,
                       .result_type = f->result_type ? user_agg_returns : NULL,
                       .setup = user_agg_setup,
                       .initial = user_agg_initial,
                       .add = user_agg_add,
                       .merge = user_agg_merge,
                       .undo = f->aggregate.undo ? user_agg_undo : NULL,
                       .result = f->aggregate.result ? user_agg_result : NULL,
                       .variant_doc = f->variant_doc,
                       .origin = &r->origin};
}

static bool check_row(loading *l)
{
    const udf_function *f = function_at(l);
    const char         *params = "";
    if (!check_name(l) || !check_parts(l) || !check_params(l) || !params_text(l, &params))
        return false;
    user_row *r = l->rows[l->at] = ARENA_NEW(&kept, user_row);
    status    st;
    if (!overload_parse(&kept, f->name, params, f->returns, r, &l->overloads[l->at], &st))
        return bad_row(l, "\"(%.200s) returns %.200s\": %s", params, f->returns, st.msg);
    r->def = f;
    const char **docs = ARENA_ARRAY(&kept, const char *, param_count(f) + 1);
    for (uint32_t i = 0; i < param_count(f); i++)
        docs[i] = f->params[i].doc;
    r->origin = (func_origin){f->author ? f->author : "", f->version ? f->version : "", l->path, docs};
    if (f->kind == UDF_AGGREGATE)
        fill_agg(r, params);
    else
        fill_func(r, params);
    return check_returns(l, r, &l->overloads[l->at]) && check_siblings(l);
}

static void add_row(const user_row *r)
{
    status st;
    bool   ok = r->def->kind == UDF_AGGREGATE ? agg_add(&r->agg, &st)
                : r->def->kind == UDF_TABLE   ? table_func_add(&r->func, &st)
                                              : func_add(&r->func, &st);
    assert(ok); /* it has been parsed before */
    (void)ok;
}

bool udf_register(const udf_library *lib, const char *path, status *st)
{
    if (lib == NULL)
        return status_set(st, ST_INVALID_CONFIG, "%s: its %s() gives NULL", path, UDF_SYMBOL);
    if (lib->abi_version != UDF_ABI_VERSION)
        return status_set(st, ST_INVALID_CONFIG,
                          "%s: it was compiled for version %u of udf.h and this weir has version %d; compile it again "
                          "with this weir's engine/udf.h",
                          path, lib->abi_version, UDF_ABI_VERSION);
    if (lib->function_count > FUNCTIONS_MAX || (lib->function_count && lib->functions == NULL))
        return status_set(st, ST_INVALID_CONFIG, "%s: its table of %u functions cannot be; at most %d are possible",
                          path, lib->function_count, FUNCTIONS_MAX);
    arena a;
    arena_init(&a);
    loading l = {.path = path, .lib = lib, .st = st};
    l.rows = ARENA_ARRAY(&a, user_row *, lib->function_count);
    l.overloads = ARENA_ARRAY(&a, overload, lib->function_count);
    bool ok = true;
    for (; ok && l.at < lib->function_count; l.at += ok)
        ok = check_row(&l);
    for (uint32_t i = 0; ok && i < lib->function_count; i++)
        add_row(l.rows[i]);
    arena_free(&a);
    return ok;
}

/* ---- files */

static bool load_file(const char *path, status *st)
{
    /* A name without a slash would be looked for in the system's folders. */
    const char *file = str_z(&kept, str_fmt(&kept, "%s%s", strchr(path, '/') ? "" : "./", path));
    void       *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return status_set(st, ST_INVALID_CONFIG, "%s: it cannot be loaded as a library of functions: %s", path,
                          dlerror());
    union { /* ISO C knows no cast from void * to a function */
        void *p;
        const udf_library *(*library)(void);
    } symbol = {.p = dlsym(handle, UDF_SYMBOL)};
    bool ok = symbol.p ? udf_register(symbol.library(), str_z(&kept, str_of(path)), st)
                       : status_set(st, ST_INVALID_CONFIG,
                                    "%s: it is no library of functions: the symbol %s is missing; UDF_LIBRARY() of "
                                    "engine/udf.h defines it",
                                    path, UDF_SYMBOL);
    if (!ok)
        dlclose(handle);
    return ok;
}

static int by_name(const void *x, const void *y)
{
    return strcmp(*(char *const *)x, *(char *const *)y);
}

static bool load_folder(const char *path, status *st)
{
    DIR *d = opendir(path);
    if (d == NULL)
        return status_set(st, ST_NOT_FOUND, "%s: the folder of functions cannot be read: %s", path, strerror(errno));
    arena a;
    arena_init(&a);
    VEC(char *) files = {0};
    for (struct dirent *e; (e = readdir(d)) != NULL && files.n < LIBRARIES_MAX;)
        if (str_ends(str_of(e->d_name), STR(".so")))
            VEC_PUSH(&files, str_z(&a, str_fmt(&a, "%s/%s", path, e->d_name)));
    closedir(d);
    if (files.n)
        qsort(files.p, files.n, sizeof *files.p, by_name);
    bool ok = files.n < LIBRARIES_MAX ||
              status_set(st, ST_LIMIT, "%s: it has more than %d libraries", path, LIBRARIES_MAX - 1);
    for (size_t i = 0; ok && i < files.n; i++)
        ok = load_file(files.p[i], st);
    VEC_FREE(&files);
    arena_free(&a);
    return ok;
}

bool udf_load(const char *path, status *st)
{
    struct stat s;
    if (stat(path, &s) != 0)
        return status_set(st, ST_NOT_FOUND, "%s: the library of functions cannot be found: %s", path, strerror(errno));
    return S_ISDIR(s.st_mode) ? load_folder(path, st) : load_file(path, st);
}
