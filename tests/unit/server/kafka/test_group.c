#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "server/kafka/errors.h"
#include "server/kafka/group.h"
#include "server/kafka/timers.h"

#define SESSION 10000
#define REBALANCE 30000
#define G STR("g")

/* What a client remembers and what it was last told. */
typedef struct client {
    char    id[128], leader[128], protocol[32], assignment[64];
    str     instance;
    int32_t generation, members;
    int16_t error;
    int     joins, syncs; /* answers received */
    bool    skip;
    char    ids[8][128];
} client;

static void copy(char *out, size_t size, str s)
{
    snprintf(out, size, "%.*s", (int)s.n, s.p ? s.p : "");
}

static void on_join(void *ctx, const coord_joined *j)
{
    client *c = ctx;
    c->joins++;
    c->error = j->error;
    if (j->error == KE_NONE || j->error == KE_MEMBER_ID_REQUIRED)
        copy(c->id, sizeof c->id, j->member);
    if (j->error)
        return;
    c->generation = j->generation;
    c->members = j->member_count;
    c->skip = j->skip_assignment;
    copy(c->leader, sizeof c->leader, j->leader);
    copy(c->protocol, sizeof c->protocol, j->protocol);
    for (int i = 0; i < j->member_count && i < 8; i++)
        copy(c->ids[i], sizeof c->ids[i], j->members[i].id);
}

static void on_sync(void *ctx, const coord_synced *s)
{
    client *c = ctx;
    c->syncs++;
    c->error = s->error;
    copy(c->assignment, sizeof c->assignment, s->assignment);
}

typedef struct how {       /* of a join; zero is the usual */
    const char *protocols; /* "range,sticky" */
    const char *metadata, *type;
    int32_t     session;
    bool        old;  /* v0-3: no reserved id */
    bool        skip; /* v9+ */
} how;

static void join(coord *k, int64_t now, client *c, how h)
{
    coord_protocol p[4];
    int32_t        n = 0;
    const char    *s = h.protocols ? h.protocols : "range";
    while (*s) {
        size_t len = strcspn(s, ",");
        p[n++] = (coord_protocol){str_make(s, len), str_of(h.metadata ? h.metadata : "m")};
        s += len + (s[len] == ',');
    }
    coord_join q = {.group = G,
                    .member = str_of(c->id),
                    .instance = c->instance,
                    .client_id = STR("client"),
                    .client_host = STR("/127.0.0.1"),
                    .protocol_type = str_of(h.type ? h.type : "consumer"),
                    .protocols = p,
                    .protocol_count = n,
                    .session_timeout_ms = h.session ? h.session : SESSION,
                    .rebalance_timeout_ms = REBALANCE,
                    .reserve_id = !h.old,
                    .skip_assignment = h.skip};
    coord_group_join(k, now, &q, on_join, c);
}

/* As a client does: with the reserved id when it is given one. */
static void join_twice(coord *k, int64_t now, client *c)
{
    join(k, now, c, (how){0});
    if (c->error == KE_MEMBER_ID_REQUIRED)
        join(k, now, c, (how){0});
}

static void sync_one(coord *k, int64_t now, client *c, client **all, int n)
{
    coord_assignment as[8];
    char             data[8][32];
    for (int i = 0; i < n; i++) {
        snprintf(data[i], sizeof data[i], "part %d", i);
        as[i] = (coord_assignment){str_of(all[i]->id), str_of(data[i])};
    }
    coord_sync q = {.group = G,
                    .member = str_of(c->id),
                    .instance = c->instance,
                    .generation = c->generation,
                    .assignments = as,
                    .assignment_count = n};
    coord_group_sync(k, now, &q, on_sync, c);
}

static int16_t beat(coord *k, int64_t now, const client *c)
{
    return coord_heartbeat(k, now, G, str_of(c->id), c->instance, c->generation);
}

static const char *state_of(coord *k)
{
    arena            a;
    coord_group_info g;
    arena_init(&a);
    const char *s = coord_describe(k, G, &a, &g) ? g.state : "none";
    arena_free(&a);
    return s;
}

static coord *fresh(int32_t delay)
{
    return coord_new(&(coord_options){.initial_delay_ms = delay});
}

/* Two members, stable, generation 2, led by a. */
static void stable_pair(coord *k, client *a, client *b)
{
    join_twice(k, 0, a);
    assert_int_equal(a->generation, 1);
    sync_one(k, 0, a, (client *[]){a}, 1);
    join_twice(k, 10, b);
    assert_int_equal(beat(k, 20, a), KE_REBALANCE_IN_PROGRESS);
    join(k, 30, a, (how){0});
    assert_int_equal(a->generation, 2);
    assert_int_equal(b->generation, 2);
    sync_one(k, 40, b, NULL, 0);
    sync_one(k, 50, a, (client *[]){a, b}, 2);
    assert_string_equal(state_of(k), "Stable");
}

static void one_member_to_stable_and_away(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0};
    join(k, 0, &a, (how){0});
    assert_int_equal(a.error, KE_MEMBER_ID_REQUIRED);
    assert_memory_equal(a.id, "client-", 7);
    assert_string_equal(state_of(k), "Empty");
    join(k, 1, &a, (how){0});
    assert_int_equal(a.error, KE_NONE);
    assert_int_equal(a.generation, 1);
    assert_int_equal(a.members, 1);
    assert_string_equal(a.leader, a.id);
    assert_string_equal(a.protocol, "range");
    assert_string_equal(state_of(k), "CompletingRebalance");
    sync_one(k, 2, &a, (client *[]){&a}, 1);
    assert_string_equal(a.assignment, "part 0");
    assert_int_equal(beat(k, 3, &a), KE_NONE);
    assert_int_equal(coord_leave(k, 4, G, str_of(a.id), STR_NONE), KE_NONE);
    assert_string_equal(state_of(k), "Empty");
    assert_int_equal(beat(k, 5, &a), KE_UNKNOWN_MEMBER_ID);
    coord_free(k);
}

static void two_members_share(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0}, b = {0};
    stable_pair(k, &a, &b);
    assert_int_equal(a.members, 2);
    assert_int_equal(b.members, 0); /* only the leader sees the members */
    assert_string_equal(a.assignment, "part 0");
    assert_string_equal(b.assignment, "part 1");
    coord_free(k);
}

static void old_clients_join_at_once(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0};
    join(k, 0, &a, (how){.old = true});
    assert_int_equal(a.error, KE_NONE);
    assert_int_equal(a.generation, 1);
    coord_free(k);
}

static void initial_delay_gathers_members(void **state)
{
    (void)state;
    coord *k = fresh(3000);
    client a = {0}, b = {0};
    join(k, 0, &a, (how){.old = true});
    assert_int_equal(a.joins, 0);
    assert_int_equal(coord_tick(k, 0), 3000);
    join(k, 2000, &b, (how){.old = true});
    assert_int_equal(coord_tick(k, 3000), 5000); /* extended */
    assert_int_equal(a.joins + b.joins, 0);
    coord_tick(k, 5000);
    assert_int_equal(a.generation, 1);
    assert_int_equal(b.generation, 1);
    assert_int_equal(a.members, 2);
    coord_free(k);
}

static void session_ends(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0}, b = {0};
    stable_pair(k, &a, &b);
    assert_int_equal(beat(k, 9000, &a), KE_NONE);
    coord_tick(k, 10049);
    assert_string_equal(state_of(k), "Stable");
    coord_tick(k, 10051); /* b was last heard of at 50 */
    assert_string_equal(state_of(k), "PreparingRebalance");
    assert_int_equal(beat(k, 10060, &a), KE_REBALANCE_IN_PROGRESS);
    assert_int_equal(beat(k, 10060, &b), KE_UNKNOWN_MEMBER_ID);
    join(k, 10070, &a, (how){0});
    assert_int_equal(a.generation, 3);
    assert_int_equal(a.members, 1);
    coord_free(k);
}

static void those_who_do_not_rejoin_are_removed(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0}, b = {0};
    stable_pair(k, &a, &b);
    join(k, 100, &a, (how){0}); /* the leader asks for a new assignment */
    assert_int_equal(a.joins, 3);
    assert_string_equal(state_of(k), "PreparingRebalance");
    for (int64_t t = 5000; t <= 30000; t += 5000) {
        assert_int_equal(beat(k, t, &b), KE_REBALANCE_IN_PROGRESS); /* alive, but it does not join */
        coord_tick(k, t);
    }
    assert_int_equal(a.joins, 3);
    coord_tick(k, 100 + REBALANCE);
    assert_int_equal(a.joins, 4);
    assert_int_equal(a.generation, 3);
    assert_int_equal(a.members, 1);
    coord_free(k);
}

static void those_who_do_not_sync_are_removed(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0}, b = {0};
    join_twice(k, 0, &a);
    sync_one(k, 0, &a, (client *[]){&a}, 1);
    join_twice(k, 10, &b);
    join(k, 30, &a, (how){0});
    sync_one(k, 40, &b, NULL, 0); /* waits for the leader, which never syncs but heartbeats */
    int syncs = b.syncs;
    for (int64_t t = 5000; t <= 30000; t += 5000) {
        assert_int_equal(beat(k, t, &a), KE_NONE);
        coord_tick(k, t);
    }
    assert_int_equal(b.syncs, syncs);
    coord_tick(k, 31000);
    assert_int_equal(b.syncs, syncs + 1);
    assert_int_equal(b.error, KE_REBALANCE_IN_PROGRESS);
    assert_int_equal(beat(k, 31001, &a), KE_UNKNOWN_MEMBER_ID);
    join(k, 31002, &b, (how){0});
    assert_string_equal(b.leader, b.id);
    coord_free(k);
}

static void a_new_rebalance_wakes_parked_syncs(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0}, b = {0}, c = {0};
    join_twice(k, 0, &a);
    sync_one(k, 0, &a, (client *[]){&a}, 1);
    join_twice(k, 10, &b);
    join(k, 30, &a, (how){0});
    sync_one(k, 40, &b, NULL, 0);
    assert_int_equal(b.syncs, 0);
    join(k, 50, &c, (how){.old = true});
    assert_int_equal(b.syncs, 1);
    assert_int_equal(b.error, KE_REBALANCE_IN_PROGRESS);
    sync_one(k, 60, &a, (client *[]){&a, &b}, 2);
    assert_int_equal(a.error, KE_REBALANCE_IN_PROGRESS);
    coord_free(k);
}

static void fencing(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0}, b = {0}, x = {.id = "nobody", .generation = 2};
    stable_pair(k, &a, &b);
    a.generation = 1;
    assert_int_equal(beat(k, 60, &a), KE_ILLEGAL_GENERATION);
    sync_one(k, 60, &a, NULL, 0);
    assert_int_equal(a.error, KE_ILLEGAL_GENERATION);
    assert_int_equal(beat(k, 60, &x), KE_UNKNOWN_MEMBER_ID);
    sync_one(k, 60, &x, NULL, 0);
    assert_int_equal(x.error, KE_UNKNOWN_MEMBER_ID);
    join(k, 60, &x, (how){0});
    assert_int_equal(x.error, KE_UNKNOWN_MEMBER_ID);
    assert_int_equal(coord_leave(k, 60, G, STR("nobody"), STR_NONE), KE_UNKNOWN_MEMBER_ID);
    coord_sync q = {.group = G,
                    .member = str_of(b.id),
                    .generation = 2,
                    .protocol_type = STR("consumer"),
                    .protocol = STR("sticky")};
    coord_group_sync(k, 60, &q, on_sync, &b);
    assert_int_equal(b.error, KE_INCONSISTENT_GROUP_PROTOCOL);
    coord_free(k);
}

static void repeats_get_the_generation_in_force(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0}, b = {0};
    stable_pair(k, &a, &b);
    join(k, 60, &b, (how){0}); /* a follower with the same metadata */
    assert_int_equal(b.error, KE_NONE);
    assert_int_equal(b.generation, 2);
    assert_string_equal(state_of(k), "Stable");
    sync_one(k, 61, &b, NULL, 0);
    assert_string_equal(b.assignment, "part 1");
    int joins = b.joins;
    join(k, 70, &b, (how){.metadata = "other topics"});
    assert_int_equal(b.joins, joins);
    assert_string_equal(state_of(k), "PreparingRebalance");
    coord_free(k);
}

static void refusals(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0}, b = {0}, c = {0};
    join(k, 0, &a, (how){.session = 10});
    assert_int_equal(a.error, KE_INVALID_SESSION_TIMEOUT);
    join(k, 0, &a, (how){.session = INT32_MAX});
    assert_int_equal(a.error, KE_INVALID_SESSION_TIMEOUT);
    join(k, 0, &a, (how){.protocols = ""});
    assert_int_equal(a.error, KE_INCONSISTENT_GROUP_PROTOCOL);
    join(k, 0, &a, (how){.type = ""});
    assert_int_equal(a.error, KE_INCONSISTENT_GROUP_PROTOCOL);
    join(k, 0, &a, (how){.old = true});
    assert_int_equal(a.error, KE_NONE);
    join(k, 0, &b, (how){.protocols = "sticky", .old = true});
    assert_int_equal(b.error, KE_INCONSISTENT_GROUP_PROTOCOL);
    join(k, 0, &c, (how){.type = "connect", .old = true});
    assert_int_equal(c.error, KE_INCONSISTENT_GROUP_PROTOCOL);
    coord_join q = {.group = STR("")};
    coord_group_join(k, 0, &q, on_join, &c);
    assert_int_equal(c.error, KE_INVALID_GROUP_ID);
    coord_free(k);
}

static void group_is_full(void **state)
{
    (void)state;
    coord *k = coord_new(&(coord_options){.members_max = 1});
    client a = {0}, b = {0};
    join(k, 0, &a, (how){.old = true});
    join(k, 0, &b, (how){.old = true});
    assert_int_equal(b.error, KE_GROUP_MAX_SIZE_REACHED);
    coord_free(k);
}

static void majority_chooses_the_protocol(void **state)
{
    (void)state;
    coord *k = fresh(100);
    client a = {0}, b = {0}, c = {0};
    join(k, 0, &a, (how){.protocols = "range,sticky", .old = true});
    join(k, 0, &b, (how){.protocols = "sticky,range", .old = true});
    join(k, 0, &c, (how){.protocols = "roundrobin,sticky,range", .old = true});
    coord_tick(k, 100);
    assert_string_equal(a.protocol, "sticky"); /* c's first choice is not everybody's */
    assert_string_equal(c.protocol, "sticky");
    coord_free(k);
}

static void reserved_ids_expire(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0};
    join(k, 0, &a, (how){0});
    assert_int_equal(coord_tick(k, 0), SESSION);
    coord_tick(k, SESSION);
    join(k, SESSION + 1, &a, (how){0});
    assert_int_equal(a.error, KE_UNKNOWN_MEMBER_ID);
    coord_free(k);
}

static void static_member_comes_back(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {.instance = STR("i1")}, again = {.instance = STR("i1")}, b = {0};
    join(k, 0, &a, (how){0}); /* no reserved id for static members */
    assert_int_equal(a.error, KE_NONE);
    assert_memory_equal(a.id, "i1-", 3);
    sync_one(k, 0, &a, (client *[]){&a}, 1);
    join(k, 10, &again, (how){0});
    assert_int_equal(again.error, KE_NONE);
    assert_int_equal(again.generation, 1); /* no rebalance */
    assert_string_not_equal(again.id, a.id);
    assert_string_equal(again.leader, a.id); /* told not to assign */
    assert_string_equal(state_of(k), "Stable");
    assert_int_equal(beat(k, 20, &a), KE_FENCED_INSTANCE_ID);
    assert_int_equal(beat(k, 20, &again), KE_NONE);
    sync_one(k, 21, &again, NULL, 0);
    assert_string_equal(again.assignment, "part 0");
    client newer = {.instance = STR("i1")};
    join(k, 30, &newer, (how){.skip = true}); /* a client of KIP-814 keeps the lead */
    assert_true(newer.skip);
    assert_string_equal(newer.leader, newer.id);
    assert_int_equal(newer.members, 1);
    join(k, 40, &b, (how){.old = true});
    assert_int_equal(coord_leave(k, 50, G, STR(""), STR("i1")), KE_NONE);
    assert_int_equal(b.members, 1);
    assert_int_equal(coord_leave(k, 50, G, STR(""), STR("i1")), KE_UNKNOWN_MEMBER_ID);
    coord_free(k);
}

static void static_member_with_a_parked_join_is_fenced(void **state)
{
    (void)state;
    coord *k = fresh(1000);
    client a = {.instance = STR("i1")}, again = {.instance = STR("i1")};
    join(k, 0, &a, (how){0});
    join(k, 1, &again, (how){0});
    assert_int_equal(a.joins, 1);
    assert_int_equal(a.error, KE_FENCED_INSTANCE_ID);
    coord_tick(k, 1000);
    assert_int_equal(again.generation, 1);
    coord_free(k);
}

static void static_members_stay_until_their_session_ends(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {.instance = STR("i1")}, b = {0};
    join(k, 0, &a, (how){.session = 60000});
    sync_one(k, 0, &a, (client *[]){&a}, 1);
    join(k, 10, &b, (how){.old = true});
    coord_tick(k, 10 + REBALANCE);
    assert_int_equal(b.generation, 2);
    assert_string_equal(b.leader, b.id); /* a did not come: another leads */
    assert_int_equal(b.members, 2);      /* but it is still a member */
    sync_one(k, 10 + REBALANCE, &b, (client *[]){&b}, 1);
    for (int64_t t = 35000; t <= 60000; t += 5000) {
        coord_tick(k, t - 1);
        assert_int_equal(beat(k, t - 1, &b), KE_NONE);
    }
    coord_tick(k, 60000); /* a was last heard of at 0 */
    assert_int_equal(beat(k, 60001, &b), KE_REBALANCE_IN_PROGRESS);
    coord_free(k);
}

static void commits_are_checked(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0}, b = {0};
    assert_int_equal(coord_commit_check(k, 0, G, STR(""), STR_NONE, -1), KE_NONE);
    assert_int_equal(coord_commit_check(k, 0, G, STR("m"), STR_NONE, 3), KE_ILLEGAL_GENERATION);
    stable_pair(k, &a, &b);
    assert_int_equal(coord_commit_check(k, 60, G, STR(""), STR_NONE, -1), KE_UNKNOWN_MEMBER_ID);
    assert_int_equal(coord_commit_check(k, 60, G, str_of(a.id), STR_NONE, 2), KE_NONE);
    assert_int_equal(coord_commit_check(k, 60, G, str_of(a.id), STR_NONE, 1), KE_ILLEGAL_GENERATION);
    assert_int_equal(coord_commit_check(k, 60, G, STR("x"), STR_NONE, 2), KE_UNKNOWN_MEMBER_ID);
    join(k, 70, &a, (how){0});
    assert_int_equal(coord_commit_check(k, 71, G, str_of(b.id), STR_NONE, 2), KE_NONE);
    join(k, 72, &b, (how){0});
    assert_string_equal(state_of(k), "CompletingRebalance");
    assert_int_equal(coord_commit_check(k, 73, G, str_of(b.id), STR_NONE, 3), KE_REBALANCE_IN_PROGRESS);
    coord_free(k);
}

static void lost_connections(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0}, b = {0};
    stable_pair(k, &a, &b);
    int joins = a.joins;
    join(k, 60, &a, (how){0});
    assert_true(coord_forget(k, G, &a));
    assert_false(coord_forget(k, G, &a));
    join(k, 70, &b, (how){0}); /* a counts as joined, so this completes */
    assert_int_equal(a.joins, joins);
    assert_int_equal(b.generation, 3);
    assert_string_equal(b.leader, a.id);
    coord_tick(k, 70 + SESSION);                                       /* and is missed when its session ends */
    assert_int_equal(beat(k, 71 + SESSION, &b), KE_UNKNOWN_MEMBER_ID); /* so is b by now */
    coord_free(k);
}

static void deleting(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0};
    bool   known;
    assert_int_equal(coord_delete(k, G, &known), KE_NONE);
    assert_false(known);
    join_twice(k, 0, &a);
    assert_int_equal(coord_delete(k, G, &known), KE_NON_EMPTY_GROUP);
    coord_leave(k, 1, G, str_of(a.id), STR_NONE);
    assert_int_equal(coord_delete(k, G, &known), KE_NONE);
    assert_true(known);
    assert_string_equal(state_of(k), "none");
    coord_free(k);
}

static void empty_groups_are_forgotten(void **state)
{
    (void)state;
    coord *k = fresh(0);
    client a = {0};
    join_twice(k, 0, &a);
    coord_leave(k, 10, G, str_of(a.id), STR_NONE);
    int64_t at = coord_tick(k, 20);
    assert_true(at < TIMER_NEVER);
    assert_int_equal(coord_tick(k, at), TIMER_NEVER);
    assert_string_equal(state_of(k), "none");
    coord_free(k);
}

/* Random members do random things; every parked answer comes sooner or later, and in the end all
 * who are left agree on generation and leader. */
static void random_members_settle(void **state)
{
    (void)state;
    enum { N = 12 };
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 60; round++) {
        coord  *k = fresh(rand() % 2 * 500);
        client *c = mem_zalloc(N * sizeof *c);
        int     joins[N] = {0}, syncs[N] = {0}; /* asked */
        int64_t now = 0;
        bool    calm = false;
        for (int step = 0; step < 4000; step++) {
            now += rand() % 200;
            calm = step > 2000;
            coord_tick(k, now);
            int     i = rand() % (calm ? N / 2 : N);
            client *m = &c[i];
            if (m->joins < joins[i] || m->syncs < syncs[i])
                continue; /* waits for an answer */
            int what = rand() % 10;
            if (!calm && what == 0) {
                coord_leave(k, now, G, str_of(m->id), STR_NONE);
                m->id[0] = 0;
                m->generation = 0;
            } else if (m->generation == 0 || (!calm && what == 1)) {
                joins[i]++;
                join(k, now, m, (how){.old = rand() % 2, .metadata = what % 2 ? "x" : "y"});
            } else if (m->syncs < m->joins && what < 6) {
                client *all[N];
                for (int x = 0; x < N; x++)
                    all[x] = &c[x];
                syncs[i]++;
                sync_one(k, now, m, all, 8);
            } else {
                int16_t e = beat(k, now, m);
                if (e == KE_REBALANCE_IN_PROGRESS) {
                    joins[i]++;
                    join(k, now, m, (how){0});
                } else if (e) {
                    m->generation = 0;
                    if (e == KE_UNKNOWN_MEMBER_ID)
                        m->id[0] = 0;
                }
            }
            if (m->error == KE_UNKNOWN_MEMBER_ID) {
                m->id[0] = 0;
                m->generation = 0;
                m->error = 0;
            }
        }
        now += 20000000; /* all deadlines pass */
        coord_tick(k, now);
        coord_tick(k, now + 1000000);
        for (int i = 0; i < N; i++) {
            assert_true(c[i].joins >= joins[i]);
            assert_true(c[i].syncs >= syncs[i]);
        }
        coord_free(k);
        mem_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_member_to_stable_and_away),
        cmocka_unit_test(two_members_share),
        cmocka_unit_test(old_clients_join_at_once),
        cmocka_unit_test(initial_delay_gathers_members),
        cmocka_unit_test(session_ends),
        cmocka_unit_test(those_who_do_not_rejoin_are_removed),
        cmocka_unit_test(those_who_do_not_sync_are_removed),
        cmocka_unit_test(a_new_rebalance_wakes_parked_syncs),
        cmocka_unit_test(fencing),
        cmocka_unit_test(repeats_get_the_generation_in_force),
        cmocka_unit_test(refusals),
        cmocka_unit_test(group_is_full),
        cmocka_unit_test(majority_chooses_the_protocol),
        cmocka_unit_test(reserved_ids_expire),
        cmocka_unit_test(static_member_comes_back),
        cmocka_unit_test(static_member_with_a_parked_join_is_fenced),
        cmocka_unit_test(static_members_stay_until_their_session_ends),
        cmocka_unit_test(commits_are_checked),
        cmocka_unit_test(lost_connections),
        cmocka_unit_test(deleting),
        cmocka_unit_test(empty_groups_are_forgotten),
        cmocka_unit_test(random_members_settle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
