/* The classic consumer-group coordinator (JoinGroup, SyncGroup, Heartbeat, LeaveGroup): which
 * members a group has, who leads it, which generation is in force. Rules: kafka-broker.md 5; KIP-62
 * (timeouts), KIP-345 (static members), KIP-394 (reserved member ids), KIP-559, KIP-800, KIP-814.
 *
 *     Empty -> PreparingRebalance -> CompletingRebalance -> Stable -> PreparingRebalance ... ->
 * Empty
 *
 * Knows no sockets and no clock: callers pass the time (any monotone milliseconds) and take answers
 * through callbacks, which run under the coordinator's lock, perhaps before the call returns, on
 * any thread that calls in. They must not call back. Strings given to a callback live until it
 * returns. Committed offsets are storage's; this only says whether a member may commit.
 *
 * Errors are Kafka's error codes (errors.h). Threads: any.
 */
#ifndef SERVER_KAFKA_GROUP_H
#define SERVER_KAFKA_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

typedef struct coord coord;

typedef struct coord_options {
    int32_t session_min_ms, session_max_ms; /* 0: 6,000 and 1,800,000 */
    int32_t initial_delay_ms;               /* how long an empty group waits for more members; 0: not at all */
    int32_t members_max;                    /* of one group; 0: 10,000 */
    int32_t groups_max;                     /* 0: 100,000 */
} coord_options;

coord *coord_new(const coord_options *o);
/* Parked answers are dropped without a call. */
void coord_free(coord *c);

typedef struct coord_protocol {
    str name, metadata;
} coord_protocol;

typedef struct coord_join {
    str                   group, member, instance; /* instance.p NULL: dynamic member */
    str                   client_id, client_host, protocol_type;
    const coord_protocol *protocols;
    int32_t               protocol_count;
    int32_t               session_timeout_ms, rebalance_timeout_ms;
    bool                  reserve_id;      /* v4+: first answer is a member id to join with */
    bool                  skip_assignment; /* v9+: understands SkipAssignment */
} coord_join;

typedef struct coord_joined_member {
    str id, instance, metadata;
} coord_joined_member;

typedef struct coord_joined {
    int16_t                    error;
    int32_t                    generation;                              /* -1 on error */
    str                        protocol_type, protocol, leader, member; /* p NULL: none */
    bool                       skip_assignment;
    const coord_joined_member *members; /* only for the leader */
    int32_t                    member_count;
} coord_joined;

typedef void coord_join_reply(void *ctx, const coord_joined *j);
void         coord_group_join(coord *c, int64_t now_ms, const coord_join *q, coord_join_reply *reply, void *ctx);

typedef struct coord_assignment {
    str member, data;
} coord_assignment;

typedef struct coord_sync {
    str                     group, member, instance;
    str                     protocol_type, protocol; /* p NULL: not given (before v5) */
    int32_t                 generation;
    const coord_assignment *assignments; /* from the leader */
    int32_t                 assignment_count;
} coord_sync;

typedef struct coord_synced {
    int16_t error;
    str     protocol_type, protocol, assignment;
} coord_synced;

typedef void coord_sync_reply(void *ctx, const coord_synced *s);
void         coord_group_sync(coord *c, int64_t now_ms, const coord_sync *q, coord_sync_reply *reply, void *ctx);

/* Takes back a parked answer whose connection is gone; the member stays. false: none was parked for
 * ctx, so its callback has run. */
bool coord_forget(coord *c, str group, void *ctx);

int16_t coord_heartbeat(coord *c, int64_t now_ms, str group, str member, str instance, int32_t generation);
/* member "" with an instance: removal by an administrator. */
int16_t coord_leave(coord *c, int64_t now_ms, str group, str member, str instance);
/* May this member commit offsets? generation < 0: a consumer without group membership. */
int16_t coord_commit_check(coord *c, int64_t now_ms, str group, str member, str instance, int32_t generation);
/* 0: the group is not there or has no members, and is forgotten; NON_EMPTY_GROUP otherwise.
 * *known says whether it was there. */
int16_t coord_delete(coord *c, str group, bool *known);

typedef struct coord_member_info {
    str id, instance, client_id, client_host, metadata, assignment;
} coord_member_info;

typedef struct coord_group_info {
    str                name, protocol_type, protocol;
    const char        *state; /* Kafka's names */
    coord_member_info *members;
    int32_t            member_count;
} coord_group_info;

/* Copies into the arena. false: no such group. */
bool coord_describe(coord *c, str group, arena *a, coord_group_info *out);
/* All groups in byte order, without their members. */
void coord_list(coord *c, arena *a, coord_group_info **out, int32_t *n);

/* When coord_tick() is to be called next (TIMER_NEVER: not before another call). A thread that
 * called one of the functions above must look, and see to it: a deadline may have come nearer. */
int64_t coord_next(coord *c);
/* Runs what is due; returns coord_next(). */
int64_t coord_tick(coord *c, int64_t now_ms);

#endif
