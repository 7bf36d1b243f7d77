#include "server/kafka/group.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "server/kafka/errors.h"
#include "server/kafka/timers.h"

#define NEW_MEMBER_JOIN_MS 300000  /* a first join is parked no longer than this (KIP-394) */
#define EMPTY_GROUP_KEEP_MS 600000 /* how long a group without members is remembered */

typedef enum group_state { EMPTY, PREPARING, COMPLETING, STABLE } group_state;

static const char *const state_names[] = {"Empty", "PreparingRebalance", "CompletingRebalance", "Stable"};

typedef struct member { /* texts are owned */
    str               id, instance, client_id, client_host, assignment;
    coord_protocol   *protocols; /* in the member's order of preference */
    int32_t           protocol_count;
    int32_t           session_ms, rebalance_ms;
    int64_t           session_end; /* TIMER_NEVER while an answer is parked */
    coord_join_reply *join;        /* parked answers; at most one of the two */
    coord_sync_reply *sync;
    void             *ctx;
    bool              awaited_sync; /* joined this generation and has not asked for its assignment */
} member;

typedef struct reserved { /* a member id given out, not yet joined with */
    str     id;
    int64_t end;
} reserved;

typedef struct group {
    ktimer      timer; /* first: tick gets from it to the group */
    str         name, protocol_type, protocol;
    group_state state;
    int32_t     generation;
    member     *leader;
    VEC(member *) members;
    VEC(reserved) reserved;
    bool    initial;                       /* in the delay that waits for more first members */
    int64_t initial_end;                   /* the delay is not extended beyond this */
    int64_t join_end, sync_end, forget_at; /* TIMER_NEVER when not running */
} group;

struct coord {
    pthread_mutex_t lock;
    coord_options   o;
    map             groups;
    ktimers         timers;
    int64_t         now;  /* of the call that holds the lock */
    _Atomic int64_t next; /* = ktimers_next(&timers), read without the lock */
};

static str own(str s)
{
    return s.p ? str_make(mem_dup(s.p, s.n), s.n) : STR_NONE;
}

static void disown(str *s)
{
    mem_free((char *)s->p);
    *s = STR_NONE;
}

coord *coord_new(const coord_options *o)
{
    coord *c = MEM_NEW(coord);
    pthread_mutex_init(&c->lock, NULL);
    c->o = *o;
    c->next = TIMER_NEVER;
    if (c->o.session_min_ms == 0)
        c->o.session_min_ms = 6000;
    if (c->o.session_max_ms == 0)
        c->o.session_max_ms = 1800000;
    if (c->o.members_max == 0)
        c->o.members_max = 10000;
    if (c->o.groups_max == 0)
        c->o.groups_max = 100000;
    return c;
}

static void protocols_free(member *m)
{
    for (int32_t i = 0; i < m->protocol_count; i++) {
        disown(&m->protocols[i].name);
        disown(&m->protocols[i].metadata);
    }
    mem_free(m->protocols);
    m->protocols = NULL;
    m->protocol_count = 0;
}

static void member_free(member *m)
{
    protocols_free(m);
    disown(&m->id);
    disown(&m->instance);
    disown(&m->client_id);
    disown(&m->client_host);
    disown(&m->assignment);
    mem_free(m);
}

static void group_free(coord *c, group *g)
{
    ktimer_cancel(&c->timers, &g->timer);
    for (size_t i = 0; i < g->members.n; i++)
        member_free(g->members.p[i]);
    VEC_FREE(&g->members);
    for (size_t i = 0; i < g->reserved.n; i++)
        disown(&g->reserved.p[i].id);
    VEC_FREE(&g->reserved);
    disown(&g->name);
    disown(&g->protocol_type);
    disown(&g->protocol);
    mem_free(g);
}

void coord_free(coord *c)
{
    void *g;
    str   name;
    for (size_t i = 0; map_next(&c->groups, &i, &name, &g);)
        group_free(c, g);
    map_free(&c->groups);
    ktimers_free(&c->timers);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

/* ---- looking up */

static void enter(coord *c, int64_t now_ms)
{
    pthread_mutex_lock(&c->lock);
    c->now = now_ms;
}

static void leave(coord *c)
{
    atomic_store(&c->next, ktimers_next(&c->timers));
    pthread_mutex_unlock(&c->lock);
}

static member *find_member(const group *g, str id)
{
    for (size_t i = 0; i < g->members.n; i++)
        if (str_eq(g->members.p[i]->id, id))
            return g->members.p[i];
    return NULL;
}

static member *find_instance(const group *g, str instance)
{
    for (size_t i = 0; i < g->members.n; i++)
        if (g->members.p[i]->instance.p && str_eq(g->members.p[i]->instance, instance))
            return g->members.p[i];
    return NULL;
}

/* The member that speaks, or NULL and why it may not. */
static member *identify(const group *g, str id, str instance, int16_t *error)
{
    member *m = instance.p ? find_instance(g, instance) : find_member(g, id);
    *error = m == NULL ? KE_UNKNOWN_MEMBER_ID : instance.p && !str_eq(m->id, id) ? KE_FENCED_INSTANCE_ID : KE_NONE;
    return *error ? NULL : m;
}

static bool supports(const member *m, str protocol)
{
    for (int32_t i = 0; i < m->protocol_count; i++)
        if (str_eq(m->protocols[i].name, protocol))
            return true;
    return false;
}

static bool supported_by_all(const group *g, str protocol, const member *except)
{
    for (size_t i = 0; i < g->members.n; i++)
        if (g->members.p[i] != except && !supports(g->members.p[i], protocol))
            return false;
    return true;
}

static str metadata_of(const member *m, str protocol)
{
    for (int32_t i = 0; i < m->protocol_count; i++)
        if (str_eq(m->protocols[i].name, protocol))
            return m->protocols[i].metadata;
    return STR("");
}

/* ---- deadlines */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void schedule(coord *c, group *g)
{
    int64_t at = earlier(earlier(g->join_end, g->sync_end), g->forget_at);
    for (size_t i = 0; i < g->members.n; i++)
        at = earlier(at, g->members.p[i]->session_end);
    for (size_t i = 0; i < g->reserved.n; i++)
        at = earlier(at, g->reserved.p[i].end);
    ktimer_set(&c->timers, &g->timer, at);
}

static void session_restart(const coord *c, member *m)
{
    m->session_end = m->join || m->sync ? TIMER_NEVER : c->now + m->session_ms;
}

static int32_t rebalance_timeout(const group *g)
{
    int32_t ms = 0;
    for (size_t i = 0; i < g->members.n; i++)
        if (g->members.p[i]->rebalance_ms > ms)
            ms = g->members.p[i]->rebalance_ms;
    return ms;
}

/* ---- answers */

static void refuse_join(coord_join_reply *reply, void *ctx, int16_t error, str member_id)
{
    coord_joined j = {.error = error, .generation = -1, .leader = STR(""), .member = member_id};
    reply(ctx, &j);
}

static void refuse_sync(coord_sync_reply *reply, void *ctx, int16_t error)
{
    coord_synced s = {.error = error, .assignment = STR("")};
    reply(ctx, &s);
}

/* Takes the parked answer off the member. */
static void drop_parked(member *m, int16_t error)
{
    coord_join_reply *join = m->join;
    coord_sync_reply *sync = m->sync;
    m->join = NULL;
    m->sync = NULL;
    if (join)
        refuse_join(join, m->ctx, error, m->id);
    if (sync)
        refuse_sync(sync, m->ctx, error);
}

/* leader: what the member is told; members only when it shall see them. */
static void reply_generation(const group *g, const member *m, coord_join_reply *reply, void *ctx, str leader,
                             bool with_members, bool skip)
{
    coord_joined         j = {.error = KE_NONE,
                              .generation = g->generation,
                              .protocol_type = g->protocol_type,
                              .protocol = g->protocol,
                              .leader = leader,
                              .member = m->id,
                              .skip_assignment = skip};
    coord_joined_member *list = NULL;
    if (with_members) {
        list = mem_zalloc(g->members.n * sizeof *list);
        for (size_t i = 0; i < g->members.n; i++) {
            const member *o = g->members.p[i];
            list[i] = (coord_joined_member){o->id, o->instance, metadata_of(o, g->protocol)};
        }
        j.members = list;
        j.member_count = (int32_t)g->members.n;
    }
    reply(ctx, &j);
    mem_free(list);
}

static void reply_current(const group *g, const member *m, coord_join_reply *reply, void *ctx)
{
    reply_generation(g, m, reply, ctx, g->leader->id, m == g->leader, false);
}

static void reply_sync(const group *g, const member *m, coord_sync_reply *reply, void *ctx)
{
    coord_synced s = {.error = KE_NONE,
                      .protocol_type = g->protocol_type,
                      .protocol = g->protocol,
                      .assignment = m->assignment.p ? m->assignment : STR("")};
    reply(ctx, &s);
}

/* ---- the state machine */

/* Majority vote: every member votes for the first of its protocols that all support. Ties go to the
 * leader's order. */
static str choose_protocol(const group *g)
{
    str     best = STR_NONE;
    int32_t best_votes = -1;
    for (int32_t k = 0; k < g->leader->protocol_count; k++) {
        str candidate = g->leader->protocols[k].name;
        if (!supported_by_all(g, candidate, NULL))
            continue;
        int32_t votes = 0;
        for (size_t i = 0; i < g->members.n; i++) {
            const member *m = g->members.p[i];
            for (int32_t p = 0; p < m->protocol_count; p++)
                if (supported_by_all(g, m->protocols[p].name, NULL)) {
                    votes += str_eq(m->protocols[p].name, candidate);
                    break;
                }
        }
        if (votes > best_votes) {
            best = candidate;
            best_votes = votes;
        }
    }
    return best;
}

/* Frees m; the caller has answered what was parked. */
static void take_out(group *g, size_t at)
{
    member *m = g->members.p[at];
    VEC_REMOVE(&g->members, at);
    if (g->leader == m)
        g->leader = NULL;
    member_free(m);
}

static void become_empty(coord *c, group *g)
{
    g->state = EMPTY;
    g->leader = NULL;
    g->generation++;
    g->join_end = g->sync_end = TIMER_NEVER;
    g->forget_at = c->now + EMPTY_GROUP_KEEP_MS;
    disown(&g->protocol);
}

static void complete_join(coord *c, group *g)
{
    g->initial = false;
    size_t joined = 0;
    for (size_t i = g->members.n; i-- > 0;) {
        member *m = g->members.p[i];
        joined += m->join != NULL;
        if (m->join == NULL && m->instance.p == NULL)
            take_out(g, i);
    }
    if (g->members.n == 0) {
        become_empty(c, g);
        return;
    }
    if (joined == 0) { /* only static members, all away: their session timeouts decide */
        g->join_end = c->now + rebalance_timeout(g);
        return;
    }
    if (g->leader == NULL || g->leader->join == NULL)
        for (size_t i = 0; i < g->members.n; i++)
            if (g->members.p[i]->join) {
                g->leader = g->members.p[i];
                break;
            }
    g->generation++;
    disown(&g->protocol);
    g->protocol = own(choose_protocol(g));
    g->state = COMPLETING;
    g->join_end = TIMER_NEVER;
    g->sync_end = c->now + rebalance_timeout(g);
    for (size_t i = 0; i < g->members.n; i++) {
        member           *m = g->members.p[i];
        coord_join_reply *reply = m->join;
        disown(&m->assignment);
        m->awaited_sync = reply != NULL;
        if (reply == NULL)
            continue;
        m->join = NULL;
        session_restart(c, m);
        reply_current(g, m, reply, m->ctx);
    }
}

static void maybe_complete_join(coord *c, group *g)
{
    if (g->state != PREPARING || g->initial || g->reserved.n > 0)
        return;
    for (size_t i = 0; i < g->members.n; i++)
        if (g->members.p[i]->join == NULL)
            return;
    complete_join(c, g);
}

static void prepare_rebalance(coord *c, group *g)
{
    for (size_t i = 0; i < g->members.n; i++) {
        member *m = g->members.p[i];
        m->awaited_sync = false;
        if (m->sync) {
            drop_parked(m, KE_REBALANCE_IN_PROGRESS);
            session_restart(c, m);
        }
    }
    int64_t limit = c->now + rebalance_timeout(g);
    g->initial = g->state == EMPTY && c->o.initial_delay_ms > 0;
    g->initial_end = limit;
    g->join_end = g->initial ? earlier(limit, c->now + c->o.initial_delay_ms) : limit;
    g->sync_end = g->forget_at = TIMER_NEVER;
    g->state = PREPARING;
    maybe_complete_join(c, g);
}

static void remove_member(coord *c, group *g, member *m)
{
    drop_parked(m, KE_UNKNOWN_MEMBER_ID);
    for (size_t i = 0; i < g->members.n; i++)
        if (g->members.p[i] == m) {
            take_out(g, i);
            break;
        }
    if (g->state == PREPARING)
        maybe_complete_join(c, g);
    else
        prepare_rebalance(c, g);
}

/* ---- JoinGroup */

static void new_id(char *out, size_t size, str prefix)
{
    uint8_t r[16];
    if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r)
        abort(); /* cannot happen for 16 bytes once the kernel is up */
    r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);
    r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
    snprintf(out, size, "%.*s-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             (int)(prefix.n > 512 ? 512 : prefix.n), prefix.p ? prefix.p : "", r[0], r[1], r[2], r[3], r[4], r[5], r[6],
             r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
}

static void set_protocols(member *m, const coord_join *q)
{
    protocols_free(m);
    m->protocols = mem_zalloc((size_t)q->protocol_count * sizeof *m->protocols);
    m->protocol_count = q->protocol_count;
    for (int32_t i = 0; i < q->protocol_count; i++) {
        m->protocols[i].name = own(q->protocols[i].name);
        m->protocols[i].metadata = own(q->protocols[i].metadata);
    }
    m->session_ms = q->session_timeout_ms;
    m->rebalance_ms = q->rebalance_timeout_ms > 0 ? q->rebalance_timeout_ms : q->session_timeout_ms;
}

static bool same_protocols(const member *m, const coord_join *q)
{
    if (m->protocol_count != q->protocol_count)
        return false;
    for (int32_t i = 0; i < q->protocol_count; i++)
        if (!str_eq(m->protocols[i].name, q->protocols[i].name) ||
            !str_eq(m->protocols[i].metadata, q->protocols[i].metadata))
            return false;
    return true;
}

static void park_join(coord *c, member *m, coord_join_reply *reply, void *ctx, bool is_new)
{
    drop_parked(m, KE_REBALANCE_IN_PROGRESS); /* an older call of a connection since lost */
    m->join = reply;
    m->ctx = ctx;
    m->session_end = is_new ? c->now + NEW_MEMBER_JOIN_MS : TIMER_NEVER;
}

static void park_and_rebalance(coord *c, group *g, member *m, const coord_join *q, coord_join_reply *reply, void *ctx)
{
    set_protocols(m, q);
    park_join(c, m, reply, ctx, false);
    if (g->state == PREPARING)
        maybe_complete_join(c, g);
    else
        prepare_rebalance(c, g);
}

static void add_member(coord *c, group *g, str id, const coord_join *q, coord_join_reply *reply, void *ctx)
{
    member *m = MEM_NEW(member);
    m->id = own(id);
    m->instance = own(q->instance);
    m->client_id = own(q->client_id);
    m->client_host = own(q->client_host);
    set_protocols(m, q);
    VEC_PUSH(&g->members, m);
    if (g->protocol_type.p == NULL || g->members.n == 1) {
        disown(&g->protocol_type);
        g->protocol_type = own(q->protocol_type);
    }
    park_join(c, m, reply, ctx, true);
    if (g->state != PREPARING) {
        prepare_rebalance(c, g);
    } else if (g->initial) {
        g->join_end = earlier(g->initial_end, c->now + c->o.initial_delay_ms);
    } else {
        maybe_complete_join(c, g);
    }
}

/* A static member came back without its id: the new id takes the place of the old (KIP-345). */
static void replace_static(coord *c, group *g, member *m, str id, const coord_join *q, coord_join_reply *reply,
                           void *ctx)
{
    drop_parked(m, KE_FENCED_INSTANCE_ID);
    str  old_id = m->id;
    bool same =
        g->state == STABLE &&
        str_eq(metadata_of(m, g->protocol),
               metadata_of(&(member){.protocols = (coord_protocol *)q->protocols, .protocol_count = q->protocol_count},
                           g->protocol));
    m->id = own(id);
    if (!same) {
        park_and_rebalance(c, g, m, q, reply, ctx);
    } else {
        set_protocols(m, q);
        session_restart(c, m);
        /* A client before KIP-814 that saw itself as leader would assign anew: it is told the old
         * leader's id instead. */
        bool is_leader = m == g->leader;
        str  leader = is_leader && !q->skip_assignment ? old_id : g->leader->id;
        reply_generation(g, m, reply, ctx, leader, is_leader && q->skip_assignment, is_leader && q->skip_assignment);
    }
    disown(&old_id);
}

static bool take_reservation(group *g, str id)
{
    for (size_t i = 0; i < g->reserved.n; i++)
        if (str_eq(g->reserved.p[i].id, id)) {
            disown(&g->reserved.p[i].id);
            VEC_REMOVE(&g->reserved, i);
            return true;
        }
    return false;
}

static void join_without_id(coord *c, group *g, const coord_join *q, coord_join_reply *reply, void *ctx)
{
    char    id[512 + 40];
    member *old = q->instance.p ? find_instance(g, q->instance) : NULL;
    new_id(id, sizeof id, q->instance.p ? q->instance : q->client_id);
    if (old) {
        replace_static(c, g, old, str_of(id), q, reply, ctx);
    } else if (g->members.n + g->reserved.n >= (size_t)c->o.members_max) {
        refuse_join(reply, ctx, KE_GROUP_MAX_SIZE_REACHED, STR(""));
    } else if (q->reserve_id && q->instance.p == NULL) {
        VEC_PUSH(&g->reserved, ((reserved){own(str_of(id)), c->now + q->session_timeout_ms}));
        refuse_join(reply, ctx, KE_MEMBER_ID_REQUIRED, str_of(id));
    } else {
        add_member(c, g, str_of(id), q, reply, ctx);
    }
}

static void join_with_id(coord *c, group *g, const coord_join *q, coord_join_reply *reply, void *ctx)
{
    if (q->instance.p == NULL && take_reservation(g, q->member)) {
        add_member(c, g, q->member, q, reply, ctx);
        return;
    }
    int16_t error;
    member *m = identify(g, q->member, q->instance, &error);
    if (m == NULL) {
        refuse_join(reply, ctx, error, q->member);
        return;
    }
    /* A follower that repeats itself, or anyone repeating a join whose answer was lost, is told the
     * generation in force; a leader that joins again asks for a new assignment. */
    bool unchanged = same_protocols(m, q);
    bool repeat = (g->state == COMPLETING && unchanged) || (g->state == STABLE && unchanged && m != g->leader);
    if (!repeat) {
        park_and_rebalance(c, g, m, q, reply, ctx);
        return;
    }
    drop_parked(m, KE_REBALANCE_IN_PROGRESS);
    session_restart(c, m);
    reply_current(g, m, reply, ctx);
}

static group *group_make(coord *c, str name)
{
    group *g = MEM_NEW(group);
    g->name = own(name);
    g->join_end = g->sync_end = TIMER_NEVER;
    g->forget_at = c->now + EMPTY_GROUP_KEEP_MS;
    map_put(&c->groups, name, g);
    return g;
}

static bool compatible(const group *g, const coord_join *q)
{
    if (g->members.n == 0)
        return true;
    if (!str_eq(g->protocol_type, q->protocol_type))
        return false;
    const member *self = q->member.n ? find_member(g, q->member) : q->instance.p ? find_instance(g, q->instance) : NULL;
    for (int32_t i = 0; i < q->protocol_count; i++)
        if (supported_by_all(g, q->protocols[i].name, self))
            return true;
    return false;
}

static int16_t join_check(coord *c, const coord_join *q, group **out)
{
    if (q->group.n == 0)
        return KE_INVALID_GROUP_ID;
    if (q->session_timeout_ms < c->o.session_min_ms || q->session_timeout_ms > c->o.session_max_ms)
        return KE_INVALID_SESSION_TIMEOUT;
    if (q->protocol_type.n == 0 || q->protocol_count <= 0)
        return KE_INCONSISTENT_GROUP_PROTOCOL;
    group *g = map_get(&c->groups, q->group);
    if (g == NULL) {
        if (q->member.n)
            return KE_UNKNOWN_MEMBER_ID;
        if (c->groups.n >= (size_t)c->o.groups_max)
            return KE_COORDINATOR_NOT_AVAILABLE;
        g = group_make(c, q->group);
    }
    if (!compatible(g, q))
        return KE_INCONSISTENT_GROUP_PROTOCOL;
    *out = g;
    return KE_NONE;
}

void coord_group_join(coord *c, int64_t now_ms, const coord_join *q, coord_join_reply *reply, void *ctx)
{
    enter(c, now_ms);
    group  *g = NULL;
    int16_t error = join_check(c, q, &g);
    if (error)
        refuse_join(reply, ctx, error, q->member);
    else if (q->member.n)
        join_with_id(c, g, q, reply, ctx);
    else
        join_without_id(c, g, q, reply, ctx);
    if (g)
        schedule(c, g);
    leave(c);
}

/* ---- SyncGroup */

static void assign(coord *c, group *g, const coord_sync *q)
{
    for (int32_t i = 0; i < q->assignment_count; i++) {
        member *m = find_member(g, q->assignments[i].member);
        if (m) {
            disown(&m->assignment);
            m->assignment = own(q->assignments[i].data);
        }
    }
    g->state = STABLE;
    for (size_t i = 0; i < g->members.n; i++) {
        member           *m = g->members.p[i];
        coord_sync_reply *reply = m->sync;
        if (reply == NULL)
            continue;
        m->sync = NULL;
        session_restart(c, m);
        reply_sync(g, m, reply, m->ctx);
    }
}

static int16_t sync_check(const group *g, const coord_sync *q, member **out)
{
    int16_t error;
    member *m = identify(g, q->member, q->instance, &error);
    if (m == NULL)
        return error;
    if (q->generation != g->generation)
        return KE_ILLEGAL_GENERATION;
    if ((q->protocol_type.p && !str_eq(q->protocol_type, g->protocol_type)) ||
        (q->protocol.p && !str_eq(q->protocol, g->protocol)))
        return KE_INCONSISTENT_GROUP_PROTOCOL;
    if (g->state == PREPARING)
        return KE_REBALANCE_IN_PROGRESS;
    *out = m;
    return KE_NONE;
}

void coord_group_sync(coord *c, int64_t now_ms, const coord_sync *q, coord_sync_reply *reply, void *ctx)
{
    enter(c, now_ms);
    group  *g = map_get(&c->groups, q->group);
    member *m = NULL;
    int16_t error = q->group.n == 0 ? KE_INVALID_GROUP_ID : g == NULL ? KE_UNKNOWN_MEMBER_ID : sync_check(g, q, &m);
    if (error) {
        refuse_sync(reply, ctx, error);
        leave(c);
        return;
    }
    m->awaited_sync = false;
    drop_parked(m, KE_REBALANCE_IN_PROGRESS);
    if (g->state == STABLE) {
        session_restart(c, m);
        reply_sync(g, m, reply, ctx);
    } else {
        m->sync = reply;
        m->ctx = ctx;
        session_restart(c, m);
        if (m == g->leader)
            assign(c, g, q);
    }
    schedule(c, g);
    leave(c);
}

/* ---- the other calls */

static void tell_nobody_join(void *ctx, const coord_joined *j)
{
    (void)ctx;
    (void)j;
}

static void tell_nobody_sync(void *ctx, const coord_synced *s)
{
    (void)ctx;
    (void)s;
}

bool coord_forget(coord *c, str name, void *ctx)
{
    bool found = false;
    pthread_mutex_lock(&c->lock);
    group *g = map_get(&c->groups, name);
    for (size_t i = 0; g && i < g->members.n; i++) {
        member *m = g->members.p[i];
        if ((m->join == NULL && m->sync == NULL) || m->ctx != ctx)
            continue;
        /* It still counts as joined, or everyone else would wait for it; it just has nobody to
         * tell. The session timer that starts with the answer notices its absence. */
        found = true;
        m->ctx = NULL;
        if (m->join)
            m->join = tell_nobody_join;
        if (m->sync)
            m->sync = tell_nobody_sync;
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

int16_t coord_heartbeat(coord *c, int64_t now_ms, str name, str id, str instance, int32_t generation)
{
    if (name.n == 0)
        return KE_INVALID_GROUP_ID;
    enter(c, now_ms);
    group  *g = map_get(&c->groups, name);
    int16_t error = KE_UNKNOWN_MEMBER_ID;
    member *m = g ? identify(g, id, instance, &error) : NULL;
    if (m && generation != g->generation) {
        error = KE_ILLEGAL_GENERATION;
    } else if (m) {
        session_restart(c, m); /* moves a deadline later: the group's timer may stay as it is */
        error = g->state == PREPARING ? KE_REBALANCE_IN_PROGRESS : KE_NONE;
    }
    leave(c);
    return error;
}

int16_t coord_leave(coord *c, int64_t now_ms, str name, str id, str instance)
{
    if (name.n == 0)
        return KE_INVALID_GROUP_ID;
    enter(c, now_ms);
    group  *g = map_get(&c->groups, name);
    int16_t error = KE_UNKNOWN_MEMBER_ID;
    if (g && instance.p == NULL && take_reservation(g, id)) {
        error = KE_NONE;
        maybe_complete_join(c, g);
    } else if (g) {
        member *m = instance.p && id.n == 0 ? find_instance(g, instance) : identify(g, id, instance, &error);
        if (m) {
            error = KE_NONE;
            remove_member(c, g, m);
        }
    }
    if (g)
        schedule(c, g);
    leave(c);
    return error;
}

int16_t coord_commit_check(coord *c, int64_t now_ms, str name, str id, str instance, int32_t generation)
{
    enter(c, now_ms);
    group  *g = map_get(&c->groups, name);
    int16_t error = KE_NONE;
    if (g == NULL || (g->members.n == 0 && generation < 0)) {
        error = generation < 0 ? KE_NONE : KE_ILLEGAL_GENERATION;
    } else if (generation < 0 && id.n == 0 && instance.p == NULL) {
        error = KE_UNKNOWN_MEMBER_ID;
    } else {
        member *m = identify(g, id, instance, &error);
        if (m && generation != g->generation)
            error = KE_ILLEGAL_GENERATION;
        else if (m && g->state == COMPLETING)
            error = KE_REBALANCE_IN_PROGRESS;
        else if (m)
            session_restart(c, m);
    }
    leave(c);
    return error;
}

int16_t coord_delete(coord *c, str name, bool *known)
{
    int16_t error = KE_NONE;
    pthread_mutex_lock(&c->lock);
    group *g = map_get(&c->groups, name);
    *known = g != NULL;
    if (g && g->members.n + g->reserved.n > 0) {
        error = KE_NON_EMPTY_GROUP;
    } else if (g) {
        map_del(&c->groups, name);
        group_free(c, g);
    }
    leave(c);
    return error;
}

static str dup_text(arena *a, str s)
{
    return s.p ? str_dup(a, s) : STR("");
}

static void describe(const group *g, arena *a, coord_group_info *out, bool with_members)
{
    *out = (coord_group_info){.name = str_dup(a, g->name),
                              .protocol_type = dup_text(a, g->protocol_type),
                              .protocol = g->state == STABLE ? dup_text(a, g->protocol) : STR(""),
                              .state = state_names[g->state]};
    if (!with_members)
        return;
    out->members = ARENA_ARRAY(a, coord_member_info, g->members.n);
    out->member_count = (int32_t)g->members.n;
    for (size_t i = 0; i < g->members.n; i++) {
        const member *m = g->members.p[i];
        out->members[i] =
            (coord_member_info){.id = str_dup(a, m->id),
                                .instance = m->instance.p ? str_dup(a, m->instance) : STR_NONE,
                                .client_id = dup_text(a, m->client_id),
                                .client_host = dup_text(a, m->client_host),
                                .metadata = g->state == STABLE ? dup_text(a, metadata_of(m, g->protocol)) : STR(""),
                                .assignment = g->state == STABLE ? dup_text(a, m->assignment) : STR("")};
    }
}

bool coord_describe(coord *c, str name, arena *a, coord_group_info *out)
{
    pthread_mutex_lock(&c->lock);
    group *g = map_get(&c->groups, name);
    if (g)
        describe(g, a, out, true);
    pthread_mutex_unlock(&c->lock);
    return g != NULL;
}

void coord_list(coord *c, arena *a, coord_group_info **out, int32_t *n)
{
    pthread_mutex_lock(&c->lock);
    str *names = map_sorted_keys(&c->groups, a);
    *n = (int32_t)c->groups.n;
    *out = ARENA_ARRAY(a, coord_group_info, c->groups.n);
    for (int32_t i = 0; i < *n; i++)
        describe(map_get(&c->groups, names[i]), a, &(*out)[i], false);
    pthread_mutex_unlock(&c->lock);
}

/* ---- time */

/* Removes the first member whose session is over; a removal may rebalance, so one at a time. */
static bool expire_session(coord *c, group *g)
{
    for (size_t i = 0; i < g->members.n; i++)
        if (g->members.p[i]->session_end <= c->now) {
            remove_member(c, g, g->members.p[i]);
            return true;
        }
    return false;
}

static void expire_syncs(coord *c, group *g)
{
    bool any = false;
    g->sync_end = TIMER_NEVER;
    for (size_t i = g->members.n; i-- > 0;)
        if (g->members.p[i]->awaited_sync) {
            any = true;
            take_out(g, i);
        }
    if (any)
        prepare_rebalance(c, g);
}

static void group_tick(coord *c, group *g)
{
    for (size_t i = g->reserved.n; i-- > 0;)
        if (g->reserved.p[i].end <= c->now) {
            disown(&g->reserved.p[i].id);
            VEC_REMOVE(&g->reserved, i);
            maybe_complete_join(c, g);
        }
    while (expire_session(c, g))
        ;
    if (g->join_end <= c->now && g->state == PREPARING)
        complete_join(c, g);
    if (g->sync_end <= c->now)
        expire_syncs(c, g);
    if (g->forget_at <= c->now && g->reserved.n > 0)
        g->forget_at = c->now + EMPTY_GROUP_KEEP_MS;
    if (g->forget_at <= c->now) {
        map_del(&c->groups, g->name);
        group_free(c, g);
    } else {
        schedule(c, g);
    }
}

int64_t coord_next(coord *c)
{
    return atomic_load(&c->next);
}

int64_t coord_tick(coord *c, int64_t now_ms)
{
    enter(c, now_ms);
    ktimer *t;
    while ((t = ktimers_pop(&c->timers, now_ms)) != NULL)
        group_tick(c, (group *)(void *)t);
    leave(c);
    return coord_next(c);
}
