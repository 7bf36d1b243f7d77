/* Deadlines in a binary heap: the next one in O(1), set and cancel in O(log n).
 *
 * A ktimer is embedded in what it belongs to. Times are milliseconds of any one clock. Not thread
 * safe.
 */
#ifndef SERVER_KAFKA_TIMERS_H
#define SERVER_KAFKA_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMER_NEVER INT64_MAX

typedef struct ktimer {
    int64_t at_ms;
    size_t  slot; /* position in the heap + 1; 0: not set */
} ktimer;

typedef struct ktimers {
    ktimer **p;
    size_t   n, cap;
} ktimers;

void ktimers_free(ktimers *h);
/* Sets or moves t; TIMER_NEVER cancels it. */
void    ktimer_set(ktimers *h, ktimer *t, int64_t at_ms);
void    ktimer_cancel(ktimers *h, ktimer *t);
int64_t ktimers_next(const ktimers *h); /* TIMER_NEVER when there is none */
/* Takes out the earliest timer that is due at now_ms, or returns NULL. */
ktimer *ktimers_pop(ktimers *h, int64_t now_ms);

#endif
