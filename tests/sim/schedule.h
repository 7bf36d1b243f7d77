/* One thread runs all: threads of the program under test are fibers, and a seeded scheduler says who goes on.
 *
 * A fiber gives way where a real thread could be made to: at locks, conditions, sleeps and operations of the disk.
 * Time is virtual: it goes on by a microsecond when somebody looks at it, and leaps to the next deadline when nobody
 * can go on. Everything that is drawn by lot comes from one generator, so that a seed says how a run goes.
 *
 * Fibers that the program makes (pthread_create, threads.c) belong to it and end with it: sched_kill(). Those of
 * sched_spawn() are the world around it, its clients.
 */
#ifndef TESTS_SIM_SCHEDULE_H
#define TESTS_SIM_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fiber fiber;

void sched_init(uint64_t seed, bool trace);

/* ---- lots */

uint64_t lot(void);              /* 64 bits */
uint64_t lot_below(uint64_t n);  /* [0, n); n > 0 */
bool     lot_one_in(uint64_t n); /* n = 0: never */
void     lot_fill(void *p, size_t n);

/* ---- time */

int64_t sched_now_ns(void);  /* monotonic; does not move by being looked at */
int64_t sched_read_ns(void); /* the same, for the program under test: a microsecond later each time */
/* Wall clock = monotonic + this; a step of the clock changes it. */
int64_t sched_wall_offset_ns(void);
void    sched_step_wall(int64_t ns);

/* ---- fibers */

typedef enum fiber_home { OF_WORLD, OF_PROGRAM } fiber_home;

fiber *sched_spawn(const char *name, fiber_home home, void *(*run)(void *arg), void *arg);
fiber *sched_current(void); /* NULL: the scheduler itself */
bool   sched_is_over(const fiber *f);
void  *sched_take(fiber *f); /* its result; it is over, and forgotten by this */
/* Gives way. */
void sched_yield_now(void);
/* Gives way now and then. */
void sched_point(void);
/* Waits to be woken at that place, or for the time (INT64_MAX: for ever). false: the time came. */
bool sched_wait(const void *at, int64_t until_ns);
/* Waits until ready(arg) as well. */
bool sched_poll(bool (*ready)(void *arg), void *arg, int64_t until_ns);
/* Who waits there goes on: all, or one of them by lot. */
void sched_wake(const void *at, bool all);

/* From the scheduler itself: runs fibers until over(arg), a crash, or until_ns. */
typedef enum sched_end { SCHED_OVER, SCHED_CRASHED, SCHED_TIME, SCHED_STUCK } sched_end;
sched_end sched_run(bool (*over)(void *arg), void *arg, int64_t until_ns);
/* The program dies here and now; on one of its fibers it does not return. */
void sched_crash(void);
/* All fibers of the program are gone. From the scheduler itself. */
void sched_kill(void);
/* How often the program was killed. Locks of earlier lives are open. */
uint32_t sched_life(void);
uint64_t sched_steps(void);
void     sched_tell_waiting(void); /* who waits, to stderr */

/* ---- the trace: its digest tells two runs apart, its lines are printed where asked for */

void     trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
uint64_t trace_digest(void);

#endif
