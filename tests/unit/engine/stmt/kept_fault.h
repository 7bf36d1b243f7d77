/* A store of the catalog over another one, whose n-th change can be made to fail. */
#ifndef TESTS_KEPT_FAULT_H
#define TESTS_KEPT_FAULT_H

#include <pthread.h>
#include <string.h>

#include "storage/kept.h"

typedef struct kept_fault {
    kept_store      base;
    kept_store     *in;
    pthread_mutex_t mu;
    uint64_t        applies; /* since it was armed */
    uint64_t        fail_at; /* this one fails; 0: none */
    st_code         code;
    bool            struck;
    bool            struck_leaving; /* it was to note that a query is forgotten: nobody waits for that */
} kept_fault;

static inline bool fault_apply(kept_store *k, const kept_row *rows, size_t n, status *st)
{
    kept_fault *f = (kept_fault *)k;
    pthread_mutex_lock(&f->mu);
    bool strike = ++f->applies == f->fail_at;
    if (strike) {
        f->struck = true;
        f->struck_leaving = n == 1 && str_eqz(rows[0].kind, "leaving") && rows[0].body.p == NULL;
    }
    st_code code = f->code;
    pthread_mutex_unlock(&f->mu);
    return strike ? status_set(st, code, "planted: the catalog cannot be kept") : f->in->apply(f->in, rows, n, st);
}

static inline bool fault_kept_list(kept_store *k, arena *a, kept_row **rows, size_t *n, status *st)
{
    kept_fault *f = (kept_fault *)k;
    return f->in->list(f->in, a, rows, n, st);
}

static inline bool fault_kept_commands(kept_store *k, arena *a, kept_command **c, size_t *n, status *st)
{
    kept_fault *f = (kept_fault *)k;
    return f->in->commands(f->in, a, c, n, st);
}

static inline void kept_fault_init(kept_fault *f)
{
    memset(f, 0, sizeof *f);
    f->base = (kept_store){fault_apply, fault_kept_list, fault_kept_commands};
    pthread_mutex_init(&f->mu, NULL);
}

static inline void kept_fault_arm(kept_fault *f, uint64_t at, st_code code)
{
    pthread_mutex_lock(&f->mu);
    f->applies = 0;
    f->fail_at = at;
    f->code = code;
    f->struck = f->struck_leaving = false;
    pthread_mutex_unlock(&f->mu);
}

static inline void kept_fault_get(kept_fault *f, bool *struck, bool *leaving)
{
    pthread_mutex_lock(&f->mu);
    *struck = f->struck;
    *leaving = f->struck_leaving;
    pthread_mutex_unlock(&f->mu);
}

#endif
