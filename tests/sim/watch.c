/* What must go on while the program lives: no reader of committed records waits for a transaction that nobody works on.
 */
#include "tests/sim/clients.h"
#include "tests/sim/schedule.h"

#define LOOK_NS ((int64_t)500 * 1000000)
/* Commits come every 300 ms. One that fails is aborted at once, or when the disk has been healed by maintenance; the
 * shortest back-off of a query is 15 s. */
#define STANDS_NS ((int64_t)9000 * 1000000)

typedef struct place {
    tlog_part *part;
    int64_t    stable, since_ns;
} place;

static void look_at(world *w, place *at, const char *topic, int32_t p)
{
    status st;
    status_init(&st);
    if (at->part == NULL)
        at->part = tlog_part_open(storage_log(w->p->storage), str_of(topic), p, &st);
    if (at->part == NULL)
        return;
    tlog_offsets o = tlog_part_known(at->part);
    bool         full = w->p->disk->room >= 0; /* perhaps: there may be no room for a marker */
    if (full || o.last_stable == o.high || o.last_stable != at->stable || at->since_ns == 0) {
        at->stable = o.last_stable;
        at->since_ns = sched_now_ns();
    } else if (sched_now_ns() - at->since_ns > STANDS_NS) {
        broken("%s-%d: the last stable offset has stood at %lld of %lld for %lld ms", topic, p,
               (long long)o.last_stable, (long long)o.high, (long long)(sched_now_ns() - at->since_ns) / 1000000);
    }
}

static void *watch(void *arg)
{
    static const char *const topics[] = {"evens", "counts"};
    world                   *w = arg;
    place                    places[2][PARTITIONS] = {0};
    while (!w->p->stopping) {
        for (int t = 0; t < 2; t++)
            for (int32_t p = 0; p < PARTITIONS; p++)
                look_at(w, &places[t][p], topics[t], p);
        sched_wait(watch, sched_now_ns() + LOOK_NS);
    }
    for (int i = 0; i < 2 * PARTITIONS; i++)
        if (places[i / PARTITIONS][i % PARTITIONS].part)
            tlog_part_close(places[i / PARTITIONS][i % PARTITIONS].part);
    w->p->visitors--;
    return NULL;
}

void world_start_watch(world *w)
{
    w->p->visitors++;
    sched_spawn("watch", OF_PROGRAM, watch, w);
}
