/* What the program under test takes from the C library of threads, clocks and chance, over the scheduler: these
 * definitions stand before the library's, also for SQLite. A lock remembers the life it was taken in, so that those
 * which a crash left taken are open. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/schedule.h"

#define NS_PER_S 1000000000

/* ---- clocks and chance */

int clock_gettime(clockid_t id, struct timespec *t)
{
    int64_t ns = sched_read_ns() + (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE ? sched_wall_offset_ns() : 0);
    *t = (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    return 0;
}

ssize_t getrandom(void *p, size_t n, unsigned flags)
{
    (void)flags;
    lot_fill(p, n);
    return (ssize_t)n;
}

static int64_t ns_of(const struct timespec *t)
{
    return t->tv_sec > INT64_MAX / NS_PER_S - 1 ? INT64_MAX : (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec;
}

int nanosleep(const struct timespec *t, struct timespec *rest)
{
    (void)rest;
    sched_wait(t, sched_now_ns() + ns_of(t));
    return 0;
}

int sched_yield(void)
{
    sched_wait(&ns_of, sched_now_ns() + 1000); /* who spins must see time pass */
    return 0;
}

/* ---- threads */

int pthread_create(pthread_t *out, const pthread_attr_t *a, void *(*run)(void *), void *arg)
{
    (void)a;
    *out = (pthread_t)(uintptr_t)sched_spawn("thread", OF_PROGRAM, run, arg);
    return 0;
}

int pthread_join(pthread_t t, void **result)
{
    fiber *f = (fiber *)(uintptr_t)t; /* NOLINT(performance-no-int-to-ptr): a pthread_t is a number to us alone */
    while (!sched_is_over(f))
        sched_wait(f, INT64_MAX);
    void *r = sched_take(f);
    if (result)
        *result = r;
    return 0;
}

int pthread_once(pthread_once_t *once, void (*run)(void))
{
    if (*once == PTHREAD_ONCE_INIT) {
        *once = 1; /* what runs here makes tables and waits for nobody */
        run();
    }
    return 0;
}

/* ---- locks */

typedef struct lock {     /* lies in a pthread_mutex_t, a pthread_rwlock_t */
    uint32_t     life;    /* in which it was taken last */
    uint32_t     readers; /* of a rwlock */
    const fiber *owner;
} lock;
_Static_assert(sizeof(lock) <= sizeof(pthread_mutex_t) && sizeof(lock) <= sizeof(pthread_rwlock_t), "it fits");

static lock *lock_of(void *m)
{
    lock *l = m;
    if (l->life != sched_life())
        *l = (lock){.life = sched_life()};
    return l;
}

/* The scheduler itself takes locks only while nobody else runs. */
static const fiber *myself(void)
{
    static char scheduler;
    return sched_current() ? sched_current() : (const fiber *)(const void *)&scheduler;
}

static int take(lock *l, bool reads, int64_t until_ns)
{
    sched_point();
    assert(l->owner != myself());
    while (l->owner || (l->readers && !reads))
        if (!sched_wait(l, until_ns))
            return ETIMEDOUT;
    if (reads)
        l->readers++;
    else
        l->owner = myself();
    return 0;
}

int pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a)
{
    (void)a;
    *(lock *)(void *)m = (lock){0};
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *m)
{
    (void)m;
    return 0;
}

int pthread_mutex_lock(pthread_mutex_t *m)
{
    return take(lock_of(m), false, INT64_MAX);
}

int pthread_mutex_trylock(pthread_mutex_t *m)
{
    lock *l = lock_of(m);
    if (l->owner)
        return EBUSY;
    l->owner = myself();
    return 0;
}

static int64_t mono_ns(const struct timespec *until, bool monotonic)
{
    int64_t ns = ns_of(until);
    return ns == INT64_MAX || monotonic ? ns : ns - sched_wall_offset_ns();
}

int pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *until)
{
    return take(lock_of(m), false, mono_ns(until, false));
}

int pthread_mutex_unlock(pthread_mutex_t *m)
{
    lock *l = lock_of(m);
    l->owner = NULL;
    sched_wake(l, false);
    return 0;
}

int pthread_rwlock_rdlock(pthread_rwlock_t *m)
{
    return take(lock_of(m), true, INT64_MAX);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *m)
{
    return take(lock_of(m), false, INT64_MAX);
}

int pthread_rwlock_unlock(pthread_rwlock_t *m)
{
    lock *l = lock_of(m);
    if (l->owner)
        l->owner = NULL;
    else
        l->readers--;
    sched_wake(l, true);
    return 0;
}

/* ---- conditions; what lies in them is the clock they go by */

int pthread_condattr_init(pthread_condattr_t *a)
{
    *(char *)a = 0;
    return 0;
}

int pthread_condattr_destroy(pthread_condattr_t *a)
{
    (void)a;
    return 0;
}

int pthread_condattr_setclock(pthread_condattr_t *a, clockid_t id)
{
    *(char *)a = id == CLOCK_MONOTONIC;
    return 0;
}

int pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a)
{
    *(char *)c = a ? *(const char *)a : 0;
    return 0;
}

int pthread_cond_destroy(pthread_cond_t *c)
{
    (void)c;
    return 0;
}

static int wait_for(pthread_cond_t *c, pthread_mutex_t *m, int64_t until_ns)
{
    pthread_mutex_unlock(m);
    bool woken = sched_wait(c, until_ns);
    pthread_mutex_lock(m);
    return woken ? 0 : ETIMEDOUT;
}

int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
    return wait_for(c, m, INT64_MAX);
}

int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
    return wait_for(c, m, mono_ns(until, *(char *)c));
}

int pthread_cond_signal(pthread_cond_t *c)
{
    sched_wake(c, false);
    return 0;
}

int pthread_cond_broadcast(pthread_cond_t *c)
{
    sched_wake(c, true);
    return 0;
}

int sem_init(sem_t *s, int shared, unsigned value)
{
    (void)shared;
    *(unsigned *)s = value;
    return 0;
}

int sem_destroy(sem_t *s)
{
    (void)s;
    return 0;
}

int sem_post(sem_t *s)
{
    ++*(unsigned *)s;
    sched_wake(s, false);
    return 0;
}

int sem_wait(sem_t *s)
{
    while (*(unsigned *)s == 0)
        sched_wait(s, INT64_MAX);
    --*(unsigned *)s;
    return 0;
}

/* ---- an event loop
 *
 * Fibers share what is a thread's own, so that a loop may take another's mail for its own and not be woken by it: it
 * turns once whenever somebody else has gone on. A turn without news costs nothing. */

typedef struct turn {
    int                 fd, max, got;
    struct epoll_event *events;
} turn;

static bool has_events(void *arg)
{
    turn *t = arg;
    t->got = (int)syscall(SYS_epoll_pwait, t->fd, t->events, t->max, 0, NULL, 8);
    return t->got != 0;
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
    enum { TURN_NS = 1000000 };
    turn    t = {.fd = fd, .max = max, .events = events};
    int64_t wait_ns = timeout_ms < 0 ? INT64_MAX / 2 : (int64_t)timeout_ms * 1000000;
    if (timeout_ms == 0)
        sched_yield_now();
    sched_poll(has_events, &t, sched_now_ns() + (wait_ns < TURN_NS ? wait_ns : TURN_NS));
    return t.got;
}
