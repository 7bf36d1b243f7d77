#include "base/clock.h"

#define NS_PER_S 1000000000
#define NS_PER_MS 1000000

static int64_t ns_of(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t clock_wall_ns(void)
{
    return ns_of(CLOCK_REALTIME);
}

int64_t clock_wall_ms(void)
{
    return clock_wall_ns() / NS_PER_MS;
}

int64_t clock_wall_ms_of(void *ctx)
{
    (void)ctx;
    return clock_wall_ms();
}

/* The whole seconds apart: ms may be more than 64 bits of ns can say. */
static struct timespec after(int64_t now_ns, int64_t ms)
{
    int64_t ns = now_ns + ms % 1000 * NS_PER_MS;
    return (struct timespec){.tv_sec = ns / NS_PER_S + ms / 1000, .tv_nsec = ns % NS_PER_S};
}

struct timespec clock_wall_after_ms(int64_t ms)
{
    return after(clock_wall_ns(), ms);
}

struct timespec clock_mono_after_ms(int64_t ms)
{
    return after(clock_mono_ns(), ms);
}

int64_t clock_mono_ns(void)
{
    return ns_of(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
    return clock_mono_ns() / NS_PER_MS;
}

int64_t clock_mono_coarse_ms(void)
{
    return ns_of(CLOCK_MONOTONIC_COARSE) / NS_PER_MS;
}

static int64_t system_mono_ms(void *ctx)
{
    (void)ctx;
    return clock_mono_ms();
}

const timesource timesource_system = {clock_wall_ms_of, system_mono_ms, NULL};
