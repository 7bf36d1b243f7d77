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

int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);
/* As clock_mono_ms(), a few ms behind it at most, at a third of its cost. */
int64_t clock_mono_coarse_ms(void);

#endif
