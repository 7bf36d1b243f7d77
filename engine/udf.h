/* User functions for weir: scalar functions, aggregates and table functions from a shared library.
 *
 * This header is all that a library needs; it includes libc's headers only and nothing is linked against.
 *
 *     #include "udf.h"
 *
 *     static udf_value twice(udf_call *c, const udf_value *args)
 *     {
 *         return udf_int(args[0].i * 2);
 *     }
 *
 *     static const udf_function functions[] = {
 *         {.kind = UDF_SCALAR, .name = "twice", .description = "Doubles a number.",
 *          .params = {{"BIGINT", "x", "the number"}}, .returns = "BIGINT", .scalar = twice},
 *     };
 *
 *     UDF_LIBRARY(functions)
 *
 *     cc -shared -fPIC -O2 -I weir/engine -o twice.so twice.c
 *     weir server --set ksql.extension.dir=./twice.so
 *     weir replay --extension ./twice.so
 *
 * Libraries are loaded once, when the program starts; a folder as ksql.extension.dir loads all its *.so. A
 * row that weir cannot accept makes it refuse the library and not start, with a message that names file, row
 * and reason. From then on the functions are found, resolved, listed (SHOW FUNCTIONS) and described (DESCRIBE
 * FUNCTION) as the built-in ones are. A library is native code in weir's process: it can do what weir can.
 *
 * Threads: the functions below are called from many threads at a time, also for one and the same call in a
 * statement. Keep no state outside arguments, an aggregate's state value and what `init` prepared; what is
 * written in the latter must be atomic.
 *
 * Memory: what a function returns may point into its arguments, into static data or into memory from
 * udf_alloc(). udf_alloc()'s memory is taken back by weir: after the row (or batch of rows) when it was
 * taken while a row is processed, with the query when it was taken in `init`. Arguments live as long as the
 * call. Nothing is freed by the library, and nothing is kept between calls but init's memory.
 *
 * Cost of a call: the arguments are passed as weir holds them, without conversion or copy, so a scalar call
 * costs one more indirect call than a built-in function (engine/udf/README.md has figures). The result is
 * checked: text for being UTF-8, containers for their shape; this reads each of their values once.
 */
#ifndef WEIR_UDF_H
#define WEIR_UDF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Goes up when anything below changes its meaning or layout. A library must be compiled with the udf.h of
 * the weir that loads it, or one of the same version. */
#define UDF_ABI_VERSION 1

#define UDF_PARAMS_MAX 16

/* ---- types */

typedef enum udf_kind_of_type {
    UDF_NULL, /* of an argument that is the literal NULL, or an interval unit */
    UDF_BOOLEAN,
    UDF_INTEGER,
    UDF_BIGINT,
    UDF_DECIMAL,
    UDF_DOUBLE,
    UDF_STRING,
    UDF_BYTES,
    UDF_TIME,
    UDF_DATE,
    UDF_TIMESTAMP,
    UDF_ARRAY,
    UDF_MAP,
    UDF_STRUCT,
    UDF_LAMBDA
} udf_kind_of_type;

typedef struct udf_type udf_type;

typedef struct udf_field {
    const char     *name; /* name_len bytes; also ends with NUL */
    uint32_t        name_len;
    const udf_type *type;
} udf_field;

/* A type as a statement uses it: without type variables. A library may also make its own, for `result_type`
 * and `state_type`; members that a kind does not need are zero. */
struct udf_type {
    udf_kind_of_type kind;
    int32_t          precision, scale; /* DECIMAL */
    const udf_type  *key;              /* MAP */
    const udf_type  *elem;             /* element of ARRAY, value of MAP, result of LAMBDA */
    const udf_field *fields;           /* STRUCT */
    uint32_t         field_count;
};

/* ---- values */

enum { UDF_IS_NULL = 0, UDF_IS_VALUE = 1, UDF_IS_ERROR = 2 };

/* A value of any type; which one is known from the call, not from the value.
 *
 *     BOOLEAN                i: 0 or 1
 *     INTEGER BIGINT         i
 *     DOUBLE                 d
 *     STRING                 p: n bytes of UTF-8, no NUL behind them
 *     BYTES                  p: n bytes
 *     TIME                   i: milliseconds of the day, 0 to 86399999
 *     DATE                   i: days since 1970-01-01
 *     TIMESTAMP              i: milliseconds since 1970-01-01T00:00Z
 *     DECIMAL                the number times 10 to the power of the type's scale: in i when n is 0, else p: n
 *                            bytes of big-endian two's complement (when it does not fit i)
 *     ARRAY                  v: n elements
 *     MAP                    v: n entries, 2 * n values: key, value, key, value, ...
 *     STRUCT                 v: n fields, as many as the type has, in its order
 *
 * NULL is state UDF_IS_NULL, whatever the type. */
typedef struct udf_value udf_value;
struct udf_value {
    union {
        int64_t          i;
        double           d;
        const char      *p;
        const udf_value *v;
    };
    uint32_t n;
    uint16_t state;
    uint16_t flags; /* weir's; 0 in new values */
};

static inline udf_value udf_null(void)
{
    udf_value r = {.i = 0, .state = UDF_IS_NULL};
    return r;
}

/* BOOLEAN, INTEGER, BIGINT, TIME, DATE, TIMESTAMP, and DECIMAL in 64 bits. */
static inline udf_value udf_int(int64_t i)
{
    udf_value r = {.i = i, .state = UDF_IS_VALUE};
    return r;
}

static inline udf_value udf_double(double d)
{
    udf_value r = {.d = d, .state = UDF_IS_VALUE};
    return r;
}

/* STRING and BYTES; borrows. */
static inline udf_value udf_bytes(const char *p, size_t n)
{
    udf_value r = {.p = p, .n = (uint32_t)n, .state = UDF_IS_VALUE};
    return r;
}

/* STRING from a literal or other lasting text that ends with NUL; borrows. */
static inline udf_value udf_text(const char *text)
{
    return udf_bytes(text, strlen(text));
}

/* ARRAY of n elements, STRUCT of n fields, MAP of n entries; borrows. */
static inline udf_value udf_list(const udf_value *v, size_t n)
{
    udf_value r = {.v = v, .n = (uint32_t)n, .state = UDF_IS_VALUE};
    return r;
}

static inline bool udf_is_null(udf_value v)
{
    return v.state == UDF_IS_NULL;
}

/* ---- what a function is given */

typedef struct udf_call udf_call;
typedef struct udf_site udf_site;

/* weir's side of a call; use the functions below it. */
typedef struct udf_host {
    void *(*alloc)(udf_call *c, size_t bytes);
    bool (*cast)(udf_call *c, const udf_type *from, udf_value v, const udf_type *to, udf_value *out);
    int (*compare)(udf_call *c, const udf_type *t, udf_value a, udf_value b);
    bool (*equal)(udf_call *c, const udf_type *t, udf_value a, udf_value b);
    udf_value (*lambda)(udf_call *c, uint32_t i, const udf_value *inputs, uint32_t n);
    bool (*setting)(udf_call *c, const char *name, const char **text, uint32_t *n);
} udf_host;

/* One use of a function in a statement; read-only while rows are processed. */
struct udf_site {
    const udf_type *const *arg_types; /* after implicit casts; of an aggregate: of its columns */
    uint32_t               arg_count;
    /* literals[i] is the value of argument i when that is a literal, else NULL. */
    const udf_value *const *literals;
    const udf_type         *result_type; /* of a table function: of one row; NULL in result_type() and state_type() */
    const udf_type         *state_type;  /* aggregates; NULL in result_type() and state_type() */
    const udf_value        *init_args;   /* aggregates: the values of the trailing literals */
    const udf_type *const  *init_types;
    uint32_t                init_count;
    void                   *state; /* init's own */
};

struct udf_call {
    const udf_host *host;
    const udf_site *site;
    int64_t         now_ms;    /* the wall clock when the row's batch began; 0 in init */
    char           *error;     /* udf_fail() writes here */
    size_t          error_max; /* bytes */
    void           *weir[3];   /* its own */
};

/* Memory for results (and, in init, for site->state), aligned to 8; never NULL: weir stops when there is none
 * left. Its life: see the top. */
static inline void *udf_alloc(udf_call *c, size_t bytes)
{
    return c->host->alloc(c, bytes);
}

/* A copy of text or bytes. */
static inline udf_value udf_copy(udf_call *c, const void *p, size_t n)
{
    char *mine = (char *)udf_alloc(c, n);
    if (n)
        memcpy(mine, p, n);
    return udf_bytes(mine, n);
}

/* Gives the reason and returns the failure, as in: return udf_fail(c, "%d is too large", n);
 *
 * It is treated as a built-in function's: the message goes to the processing log, the value becomes NULL, the row of a
 * WHERE or GROUP BY is dropped, a table function gives no rows. A failure of an aggregate ends the query.
 * In init, result_type and state_type it refuses the statement. */
static inline udf_value __attribute__((format(printf, 2, 3))) udf_fail(udf_call *c, const char *fmt, ...)
{
    udf_value r = {.i = 0, .state = UDF_IS_ERROR};
    va_list   ap;
    va_start(ap, fmt);
    vsnprintf(c->error, c->error_max, fmt, ap);
    va_end(ap);
    return r;
}

/* SQL's CAST of a value that is not NULL; to STRING it gives the text of any value. false: it cannot be
 * cast, and the failure's message is set; return udf_failed() to pass it on. */
static inline bool udf_cast(udf_call *c, const udf_type *from, udf_value v, const udf_type *to, udf_value *out)
{
    return c->host->cast(c, from, v, to, out);
}

static inline udf_value udf_failed(void)
{
    udf_value r = {.i = 0, .state = UDF_IS_ERROR};
    return r;
}

/* SQL's order of two values that are not NULL: negative, 0, positive. */
static inline int udf_compare(udf_call *c, const udf_type *t, udf_value a, udf_value b)
{
    return c->host->compare(c, t, a, b);
}

/* Are both the same value? NULL equals NULL here. */
static inline bool udf_equal(udf_call *c, const udf_type *t, udf_value a, udf_value b)
{
    return c->host->equal(c, t, a, b);
}

/* Scalar functions: runs argument i, a LAMBDA, on n inputs. Pass an UDF_IS_ERROR on: return it. */
static inline udf_value udf_lambda(udf_call *c, uint32_t i, const udf_value *inputs, uint32_t n)
{
    return c->host->lambda(c, i, inputs, n);
}

/* In an aggregate's init: the text of a session or server property, e.g. "ksql.functions.my_sum.start"; false
 * when it is not set. The text has n bytes and lasts as long as the statement is planned. */
static inline bool udf_setting(udf_call *c, const char *name, const char **text, uint32_t *n)
{
    return c->host->setting(c, name, text, n);
}

/* ---- what a library gives */

/* Scalar functions give their value. Table functions give an ARRAY whose elements are the rows; NULL or no
 * elements give no rows. args: site->arg_count values. */
typedef udf_value (*udf_scalar_fn)(udf_call *c, const udf_value *args);
typedef bool (*udf_init_fn)(udf_call *c, void **state);
typedef const udf_type *(*udf_type_fn)(udf_call *c);

typedef struct udf_param {
    /* A SQL type: BOOLEAN INT BIGINT DOUBLE VARCHAR BYTES TIME DATE TIMESTAMP, DECIMAL (of any digits), ARRAY<t>,
     * MAP<k, v>, STRUCT<NAME t, `name` t> or STRUCT (any), and
     *     T, K, V1         a type variable: one capital letter, perhaps a digit; the same type wherever it stands
     *     ANY              any type
     *     t...             none, one or more arguments of type t; one parameter of a function may be such, at
     *                      any place
     *     INTERVAL UNIT    DAYS, HOURS, ...: comes as a STRING
     *     LAMBDA (T, S) => S    of scalar functions only: use udf_lambda()
     * Implicit casts are those of SQL; aggregates take none. */
    const char *type;
    const char *name; /* as DESCRIBE FUNCTION shows it */
    const char *doc;  /* may be NULL */
} udf_param;

typedef enum udf_kind { UDF_SCALAR = 1, UDF_TABLE, UDF_AGGREGATE } udf_kind;

/* Flags. Without UDF_SEES_NULLS a scalar or table function is not called when an argument is NULL: the result
 * is NULL (no rows). Aggregates see all NULLs. */
enum { UDF_SEES_NULLS = 1 };

/* One overload of one function. Rows of the same name are its overloads and must be of one kind; names are
 * compared without regard to case, and a built-in function's name cannot be taken. The library's rows and
 * all they point to must last as long as the library is loaded. */
typedef struct udf_function {
    udf_kind    kind;
    const char *name;        /* letters, digits, _ and $; 63 at most; no reserved word */
    const char *description; /* of the function; in the first of its rows */
    const char *author, *version;
    const char *category;               /* SHOW FUNCTIONS' group of a scalar function; NULL: OTHER */
    const char *variant_doc;            /* what this overload does; may be NULL */
    udf_param   params[UDF_PARAMS_MAX]; /* those with a type */
    /* The result's type (of a table function: one row's), as in a parameter. With result_type: what DESCRIBE
     * FUNCTION shows, and what the type must fit, e.g. "DECIMAL", "STRUCT" or "ANY". */
    const char *returns;
    uint32_t    flags;

    /* Gives the result's type from site->arg_types and site->literals (init_args) when `returns` cannot say
     * it; NULL after udf_fail() to refuse the statement. The type may live in udf_alloc(). May be NULL. */
    udf_type_fn result_type;
    /* Runs once for each use in a statement: checks literals, prepares what `*state` shall point to. false after
     * udf_fail(). May be NULL. */
    udf_init_fn init;

    udf_scalar_fn scalar; /* UDF_SCALAR and UDF_TABLE */

    /* UDF_AGGREGATE. The state is a SQL value of type `state_text` (NULL: as `returns`), so that weir keeps
     * it in the table's changelog and snapshots and finds it again after a restart: it is all that an aggregate
     * knows about its group. Steps give the new state and may reuse parts of the old one. */
    struct {
        uint32_t    init_params; /* how many of the last parameters are literals in the statement: site->init_args */
        const char *state_text;
        udf_type_fn state_type; /* instead of the text; may be NULL */
        udf_value (*initial)(udf_call *c);
        udf_value (*add)(udf_call *c, udf_value state, const udf_value *args);
        /* Of two sessions that become one: a's rows come before b's. */
        udf_value (*merge)(udf_call *c, udf_value a, udf_value b);
        /* Takes a row off again. NULL: the aggregate cannot be applied to a table. */
        udf_value (*undo)(udf_call *c, udf_value state, const udf_value *args);
        udf_value (*result)(udf_call *c, udf_value state); /* NULL: the state is the result */
    } aggregate;
} udf_function;

typedef struct udf_library {
    uint32_t            abi_version; /* UDF_ABI_VERSION */
    uint32_t            function_count;
    const udf_function *functions;
} udf_library;

/* The one symbol that weir looks up in a library. */
#define UDF_SYMBOL "weir_udf_library"

#ifdef __cplusplus
#define UDF_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define UDF_EXPORT __attribute__((visibility("default")))
#endif

/* Defines it for an array of rows. */
#define UDF_LIBRARY(array)                                                                               \
    UDF_EXPORT const udf_library *weir_udf_library(void);                                                \
    UDF_EXPORT const udf_library *weir_udf_library(void)                                                 \
    {                                                                                                    \
        static const udf_library library = {UDF_ABI_VERSION, sizeof(array) / sizeof(array)[0], (array)}; \
        return &library;                                                                                 \
    }

#endif
