#include "tests/sim/schedule.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "base/mem.h"
#include "base/vec.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#define STACK_BYTES ((size_t)2 << 20)
#else
#define STACK_BYTES ((size_t)512 << 10)
#endif
#define START_NS ((int64_t)1000 * 1000000000)
#define WALL_START_NS ((int64_t)1790000000 * 1000000000) /* September 2026 */
#define READ_NS 1000
#define STEP_NS 2000
#define POINT_ONE_IN 12

typedef enum fiber_state { FIBER_READY, FIBER_WAITS, FIBER_POLLS, FIBER_OVER } fiber_state;

struct fiber {
    ucontext_t  context;
    void       *stack;
    void       *fake; /* the address sanitizer's */
    const char *name;
    fiber_home  home;
    fiber_state state;
    const void *at;
    int64_t     until_ns;
    bool        woken;
    bool (*ready)(void *arg);
    void *ready_arg;
    void *(*run)(void *arg);
    void *arg, *result;
};

static struct {
    uint64_t    random, digest, steps;
    bool        tracing, crashed;
    int64_t     now_ns, wall_offset_ns;
    ucontext_t  self;
    void       *self_fake;
    const void *self_stack;
    size_t      self_stack_bytes;
    fiber      *current;
    uint32_t    life;
    VEC(fiber *) fibers;
    VEC(void *) stacks; /* to be used again */
} sched;

/* ---- lots: splitmix64 */

uint64_t lot(void)
{
    uint64_t z = (sched.random += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

uint64_t lot_below(uint64_t n)
{
    return lot() % n;
}

bool lot_one_in(uint64_t n)
{
    return n && lot_below(n) == 0;
}

void lot_fill(void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)p)[i] = (uint8_t)lot();
}

/* ---- time */

int64_t sched_now_ns(void)
{
    return sched.now_ns;
}

int64_t sched_read_ns(void)
{
    return sched.now_ns += READ_NS;
}

int64_t sched_wall_offset_ns(void)
{
    return sched.wall_offset_ns;
}

void sched_step_wall(int64_t ns)
{
    sched.wall_offset_ns += ns;
}

/* ---- switching */

#ifdef __SANITIZE_ADDRESS__
static void leave(void **fake, const void *stack, size_t bytes)
{
    __sanitizer_start_switch_fiber(fake, stack, bytes);
}

static void arrive(void *fake)
{
    const void *stack;
    size_t      bytes;
    __sanitizer_finish_switch_fiber(fake, &stack, &bytes);
    if (sched.self_stack == NULL) { /* the first to arrive comes from the scheduler */
        sched.self_stack = stack;
        sched.self_stack_bytes = bytes;
    }
}
#else
static void leave(void **fake, const void *stack, size_t bytes)
{
    (void)fake, (void)stack, (void)bytes;
}

static void arrive(void *fake)
{
    (void)fake;
}
#endif

static void to_scheduler(fiber *f)
{
    leave(f->state == FIBER_OVER ? NULL : &f->fake, sched.self_stack, sched.self_stack_bytes);
    swapcontext(&f->context, &sched.self);
    arrive(f->fake);
}

static void to_fiber(fiber *f)
{
    sched.current = f;
    leave(&sched.self_fake, f->stack, STACK_BYTES);
    swapcontext(&sched.self, &f->context);
    arrive(sched.self_fake);
    sched.current = NULL;
}

static void fiber_main(void)
{
    arrive(NULL);
    fiber *f = sched.current;
    f->result = f->run(f->arg);
    f->state = FIBER_OVER;
    sched_wake(f, true);
    to_scheduler(f);
}

fiber *sched_spawn(const char *name, fiber_home home, void *(*run)(void *arg), void *arg)
{
    fiber *f = MEM_NEW(fiber);
    f->name = name;
    f->home = home;
    f->run = run;
    f->arg = arg;
    if (sched.stacks.n)
        f->stack = sched.stacks.p[--sched.stacks.n];
    else
        f->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (f->stack == MAP_FAILED)
        abort();
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = f->stack;
    f->context.uc_stack.ss_size = STACK_BYTES;
    makecontext(&f->context, fiber_main, 0);
    VEC_PUSH(&sched.fibers, f);
    return f;
}

fiber *sched_current(void)
{
    return sched.current;
}

bool sched_is_over(const fiber *f)
{
    return f->state == FIBER_OVER;
}

static void forget(size_t at)
{
    fiber *f = sched.fibers.p[at];
    VEC_PUSH(&sched.stacks, f->stack);
    VEC_REMOVE(&sched.fibers, at);
    mem_free(f);
}

void *sched_take(fiber *f)
{
    void *result = f->result;
    assert(f->state == FIBER_OVER);
    for (size_t i = 0; i < sched.fibers.n; i++)
        if (sched.fibers.p[i] == f) {
            forget(i);
            break;
        }
    return result;
}

/* ---- giving way */

void sched_yield_now(void)
{
    if (sched.current)
        to_scheduler(sched.current);
}

void sched_point(void)
{
    if (lot_one_in(POINT_ONE_IN))
        sched_yield_now();
}

bool sched_wait(const void *at, int64_t until_ns)
{
    fiber *f = sched.current;
    if (f == NULL) {
        fprintf(stderr, "the scheduler itself would have to wait\n");
        abort();
    }
    f->state = FIBER_WAITS;
    f->at = at;
    f->until_ns = until_ns;
    f->woken = false;
    to_scheduler(f);
    return f->woken;
}

bool sched_poll(bool (*ready)(void *arg), void *arg, int64_t until_ns)
{
    fiber *f = sched.current;
    if (ready(arg))
        return true;
    f->state = FIBER_POLLS;
    f->ready = ready;
    f->ready_arg = arg;
    f->until_ns = until_ns;
    f->woken = false;
    to_scheduler(f);
    return f->woken;
}

static void go_on(fiber *f, bool woken)
{
    f->woken = woken;
    f->state = FIBER_READY;
}

void sched_wake(const void *at, bool all)
{
    size_t n = 0;
    for (size_t i = 0; i < sched.fibers.n; i++)
        n += sched.fibers.p[i]->state == FIBER_WAITS && sched.fibers.p[i]->at == at;
    size_t chosen = n && !all ? lot_below(n) : 0, k = 0;
    for (size_t i = 0; i < sched.fibers.n && n; i++) {
        fiber *f = sched.fibers.p[i];
        if (f->state == FIBER_WAITS && f->at == at && (k++ == chosen || all))
            go_on(f, true);
    }
}

/* ---- the scheduler */

static void wake_who_polls(void)
{
    for (size_t i = 0; i < sched.fibers.n; i++) {
        fiber *f = sched.fibers.p[i];
        if (f->state == FIBER_POLLS && f->ready(f->ready_arg))
            go_on(f, true);
    }
}

/* Those whose time has come go on; returns when the next one's does. */
static int64_t wake_who_is_due(void)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < sched.fibers.n; i++) {
        fiber *f = sched.fibers.p[i];
        if (f->state != FIBER_WAITS && f->state != FIBER_POLLS)
            continue;
        if (f->until_ns <= sched.now_ns)
            go_on(f, false);
        else if (f->until_ns < next)
            next = f->until_ns;
    }
    return next;
}

static fiber *choose(void)
{
    size_t n = 0;
    for (size_t i = 0; i < sched.fibers.n; i++)
        n += sched.fibers.p[i]->state == FIBER_READY;
    size_t chosen = n ? lot_below(n) : 0;
    for (size_t i = 0; i < sched.fibers.n && n; i++)
        if (sched.fibers.p[i]->state == FIBER_READY && chosen-- == 0)
            return sched.fibers.p[i];
    return NULL;
}

sched_end sched_run(bool (*over)(void *arg), void *arg, int64_t until_ns)
{
    while (!over(arg)) {
        if (sched.crashed)
            return SCHED_CRASHED;
        if (sched.now_ns >= until_ns)
            return SCHED_TIME;
        int64_t next = wake_who_is_due();
        fiber  *f = choose();
        if (f == NULL || sched.steps % 8 == 0) {
            wake_who_polls();
            f = f ? f : choose();
        }
        if (f == NULL && next == INT64_MAX)
            return SCHED_STUCK;
        if (f == NULL) {
            sched.now_ns = next < until_ns ? next : until_ns;
            continue;
        }
        sched.steps++;
        sched.now_ns += STEP_NS;
        to_fiber(f);
    }
    return SCHED_OVER;
}

void sched_crash(void)
{
    sched.crashed = true;
    while (sched.current && sched.current->home == OF_PROGRAM)
        to_scheduler(sched.current);
}

void sched_kill(void)
{
    assert(sched.current == NULL);
    sched.life++;
    sched.crashed = false;
    for (size_t i = sched.fibers.n; i-- > 0;)
        if (sched.fibers.p[i]->home == OF_PROGRAM)
            forget(i);
}

uint32_t sched_life(void)
{
    return sched.life;
}

uint64_t sched_steps(void)
{
    return sched.steps;
}

void sched_tell_waiting(void)
{
    static const char *const states[] = {"ready", "waits", "polls", "over"};
    for (size_t i = 0; i < sched.fibers.n; i++) {
        const fiber *f = sched.fibers.p[i];
        fprintf(stderr, "  fiber %s %s at %p until %" PRId64 " ms\n", f->name, states[f->state], f->at,
                f->until_ns == INT64_MAX ? -1 : f->until_ns / 1000000);
    }
}

void sched_init(uint64_t seed, bool tracing)
{
    sched.random = seed * 0x2545f4914f6cdd1d + 1;
    sched.tracing = tracing;
    sched.now_ns = START_NS;
    sched.wall_offset_ns = WALL_START_NS - START_NS;
    sched.digest = 14695981039346656037U;
    sched.life = 1;
}

/* ---- the trace */

void trace(const char *fmt, ...)
{
    char    line[512];
    va_list args;
    int     n = snprintf(line, sizeof line, "%10.3f ms  ", (double)(sched.now_ns - START_NS) / 1e6);
    va_start(args, fmt);
    vsnprintf(line + n, sizeof line - (size_t)n, fmt, args);
    va_end(args);
    for (const char *p = line; *p; p++)
        sched.digest = (sched.digest ^ (uint8_t)*p) * 1099511628211U;
    if (sched.tracing)
        fprintf(stderr, "%s\n", line);
}

uint64_t trace_digest(void)
{
    return sched.digest ^ sched.random;
}
