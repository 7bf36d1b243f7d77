/* Consumers in a group: they join, one of them assigns the partitions, each reads on from the committed offset of those
 * it has and commits; now and then one leaves, and comes back. A member that was put out must not commit any more. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "storage/record.h"
#include "tests/sim/clients.h"
#include "tests/sim/kafka.h"
#include "tests/sim/schedule.h"

#define MS ((int64_t)1000000)
#define MEMBERS 2

typedef struct member {
    world       *w;
    int          at;
    bool         has[PARTITIONS];
    kafka_conn   c;
    kafka_member m;
} member;

static void nap(int64_t most_ms)
{
    sched_wait(&nap, sched_now_ns() + (int64_t)lot_below((uint64_t)most_ms) * MS);
}

/* ---- reading and committing */

/* The offset behind the records of a fetch. */
static int64_t read_records(str records, int64_t from)
{
    status     st;
    batch_iter it = BATCH_ITER_INIT;
    rec_view   r;
    int64_t    next = from;
    status_init(&st);
    for (size_t at = 0; at + BATCH_HEADER_BYTES <= records.n;) {
        const uint8_t *p = (const uint8_t *)records.p + at;
        if (!batch_iter_begin(&it, p, records.n - at, &st))
            break; /* cut by the size asked for */
        while (batch_iter_next(&it, &r, &st))
            next = r.offset + 1 > next ? r.offset + 1 : next;
        int64_t end = it.b.base_offset + it.b.last_delta + 1;
        next = end > next ? end : next;
        at += it.b.size_bytes;
    }
    batch_iter_free(&it);
    return next;
}

/* false: it is to join anew. */
static bool consume(member *q, int32_t p)
{
    group_promise *g = &q->w->m.groups[p];
    str            records;
    int64_t        high, at = -1;
    if (kafka_committed(&q->c, GROUP, INPUT, p, &at) != 0)
        return true;
    at = at < 0 ? 0 : at;
    if (kafka_fetch(&q->c, INPUT, p, at, &records, &high) != 0)
        return true;
    int64_t next = read_records(records, at);
    if (next == at)
        return true;
    g->tried = next > g->tried ? next : g->tried;
    uint32_t cuts = q->w->p->power_cuts;
    int      rc = kafka_commit(&q->c, GROUP, q->m.generation, q->m.id, INPUT, p, next);
    trace("member %d, generation %d: partition %d up to %lld: %d", q->at, q->m.generation, p, (long long)next, rc);
    if (rc == 0 && cuts == q->w->p->power_cuts) {
        if (next < g->told)
            broken("member %d of generation %d commits offset %lld of partition %d: %lld was acknowledged before",
                   q->at, q->m.generation, (long long)next, p, (long long)g->told);
        g->told = next;
    }
    return rc == 0;
}

/* ---- joining */

/* Partition p goes to the member p modulo their number. */
static void assign(const kafka_member *m, char texts[KAFKA_MEMBERS_MAX][PARTITIONS + 1])
{
    for (int32_t i = 0; i < m->other_count; i++) {
        int n = 0;
        for (int32_t p = 0; p < PARTITIONS; p++)
            if (p % m->other_count == i)
                texts[i][n++] = (char)('0' + p);
        texts[i][n] = 0;
    }
}

static bool join(member *q)
{
    enum { UNKNOWN_MEMBER_ID = 25 };
    char        texts[KAFKA_MEMBERS_MAX][PARTITIONS + 1];
    const char *assigned[KAFKA_MEMBERS_MAX];
    str         mine = STR_NONE;
    int         rc = kafka_join(&q->c, GROUP, &q->m);
    if (rc == 0 && q->m.leads)
        assign(&q->m, texts);
    for (int i = 0; i < KAFKA_MEMBERS_MAX; i++)
        assigned[i] = texts[i];
    if (rc == 0)
        rc = kafka_sync(&q->c, GROUP, &q->m, assigned, &mine);
    if (rc == UNKNOWN_MEMBER_ID)
        q->m.id[0] = 0;
    memset(q->has, 0, sizeof q->has);
    for (uint32_t i = 0; rc == 0 && i < mine.n; i++)
        q->has[mine.p[i] - '0'] = true;
    trace("member %d joins: %d, generation %d, partitions %.*s", q->at, rc, q->m.generation, STR_FMT(mine));
    return rc == 0;
}

/* false: it is a member no more. */
static bool take_part(member *q)
{
    if (kafka_heartbeat(&q->c, GROUP, &q->m) != 0)
        return false;
    for (int32_t p = 0; p < PARTITIONS; p++)
        if (q->has[p] && !consume(q, p))
            return false;
    if (!lot_one_in(20))
        return true;
    if (lot_below(2)) /* else it is silent, and put out */
        kafka_leave(&q->c, GROUP, &q->m);
    q->m.id[0] = 0;
    nap(1000);
    return false;
}

static void *member_main(void *arg)
{
    member *q = arg;
    bool    is = false;
    while (!q->w->closing) {
        if (q->w->topic_there)
            is = is ? take_part(q) : join(q);
        nap(is ? 500 : 200);
    }
    kafka_free(&q->c);
    q->w->working--;
    return NULL;
}

void world_start_members(world *w)
{
    for (int i = 0; i < MEMBERS; i++) {
        member *q = MEM_NEW(member);
        q->w = w;
        q->at = i;
        kafka_init(&q->c, w->p);
        w->working++;
        sched_spawn("member", OF_WORLD, member_main, q);
    }
}
