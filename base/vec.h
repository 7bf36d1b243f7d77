/* Growable arrays.
 *
 *     VEC(int) v = {0};  VEC_PUSH(&v, 7);  for (size_t i = 0; i < v.n; i++) use(v.p[i]);  VEC_FREE(&v);
 *
 * With an arena instead of the heap, and no free: AVEC_PUSH(a, &v, x).
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>

#include "base/arena.h"
#include "base/mem.h"

#define VEC(T)         \
    struct {           \
        T     *p;      \
        size_t n, cap; \
    }

#define VEC_PUSH(v, x)                                               \
    do {                                                             \
        if ((v)->n == (v)->cap) {                                    \
            (v)->cap = (v)->cap ? (v)->cap * 2 : 8;                  \
            (v)->p = mem_realloc((v)->p, (v)->cap * sizeof *(v)->p); \
        }                                                            \
        (v)->p[(v)->n++] = (x);                                      \
    } while (0)

#define VEC_FREE(v)            \
    do {                       \
        mem_free((v)->p);      \
        (v)->p = NULL;         \
        (v)->n = (v)->cap = 0; \
    } while (0)

/* Takes out element i, keeping the order of the others. */
#define VEC_REMOVE(v, i)                                                            \
    do {                                                                            \
        memmove((v)->p + (i), (v)->p + (i) + 1, ((v)->n - (i)-1) * sizeof *(v)->p); \
        (v)->n--;                                                                   \
    } while (0)

#define AVEC_PUSH(a, v, x)                                       \
    do {                                                         \
        if ((v)->n == (v)->cap) {                                \
            size_t cap_ = (v)->cap ? (v)->cap * 2 : 8;           \
            void  *p_ = arena_alloc((a), cap_ * sizeof *(v)->p); \
            if ((v)->n)                                          \
                memcpy(p_, (v)->p, (v)->n * sizeof *(v)->p);     \
            (v)->p = p_;                                         \
            (v)->cap = cap_;                                     \
        }                                                        \
        (v)->p[(v)->n++] = (x);                                  \
    } while (0)

#endif
