/* The system's clocks. Wall: since 1970 in UTC, may be set back. Mono: since some moment before the
 * start of the program, never falls. Threads: any. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

int64_t clock_wall_ms(void);
int64_t clock_wall_ns(void);
/* clock_wall_ms() for those who take their clock as a callback; ctx is not looked at. */
int64_t clock_wall_ms_of(void *ctx);
/* The moment ms from now by the wall clock, as pthread_cond_timedwait() wants it. ms: 0 or more. */
struct timespec clock_wall_after_ms(int64_t ms);

/* The same by the monotonic clock, for conditions made with CLOCK_MONOTONIC. */
struct timespec clock_mono_after_ms(int64_t ms);

int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);
/* As clock_mono_ms(), a few ms behind it at most, at a third of its cost. */
int64_t clock_mono_coarse_ms(void);

/* The clocks as something that can be handed in, so that tests and simulations bring their own. */
typedef struct timesource {
    int64_t (*wall_ms)(void *ctx);
    int64_t (*mono_ms)(void *ctx);
    void *ctx;
} timesource;

extern const timesource timesource_system;

static inline int64_t time_wall_ms(const timesource *t)
{
    return t->wall_ms(t->ctx);
}

static inline int64_t time_mono_ms(const timesource *t)
{
    return t->mono_ms(t->ctx);
}

#endif
