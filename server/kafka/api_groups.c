/* The group APIs: between the wire and the coordinator (group.h). */
#include "server/kafka/apis.h"

#define GROUP_OPERATIONS 328

static int64_t now(call *c)
{
    return c->conn->loop->now_ms;
}

/* ---- joining */

typedef struct park { /* an answer that the coordinator owes */
    str group;
} park;

static bool cancel(call *c)
{
    const park *p = c->parked;
    return coord_forget(call_server(c)->coord, p->group, c);
}

static void stop_join(call *c)
{
    join_group_response *r = c->response;
    if (!cancel(c))
        return; /* its answer is on the way */
    r->error_code = KE_COORDINATOR_NOT_AVAILABLE;
    r->generation_id = -1;
    c->cancel = NULL;
    call_finish_on_loop(c);
}

static void stop_sync(call *c)
{
    sync_group_response *r = c->response;
    if (!cancel(c))
        return;
    r->error_code = KE_COORDINATOR_NOT_AVAILABLE;
    c->cancel = NULL;
    call_finish_on_loop(c);
}

static void hold(call *c, str group, void (*finish_now)(call *))
{
    park *p = ARENA_NEW(&c->a, park);
    p->group = group;
    c->parked = p;
    c->hold = true;
    c->cancel = cancel;
    c->finish_now = finish_now;
}

static void joined(void *ctx, const coord_joined *j)
{
    call                *c = ctx;
    join_group_response *r = c->response;
    r->error_code = j->error;
    r->generation_id = j->generation;
    r->protocol_type = j->protocol_type;
    r->protocol_name = j->protocol;
    r->leader = j->leader;
    r->skip_assignment = j->skip_assignment;
    r->member_id = j->member;
    r->members.n = j->member_count;
    r->members.p = WIRE_NEW(&c->a, join_group_response_member, (size_t)j->member_count);
    for (int32_t i = 0; i < j->member_count; i++)
        r->members.p[i] = (join_group_response_member){.member_id = j->members[i].id,
                                                       .group_instance_id = j->members[i].instance,
                                                       .metadata = j->members[i].metadata};
    call_count_error(c, j->error);
    call_finish(c);
}

call_state api_join_group(call *c, const join_group_request *q, join_group_response *r)
{
    (void)r;
    char           *host = str_z(&c->a, str_fmt(&c->a, "/%s", c->conn->peer));
    coord_protocol *protocols = ARENA_ARRAY(&c->a, coord_protocol, q->protocols.n);
    for (int32_t i = 0; i < q->protocols.n; i++)
        protocols[i] = (coord_protocol){q->protocols.p[i].name, q->protocols.p[i].metadata};
    coord_join j = {.group = q->group_id,
                    .member = q->member_id,
                    .instance = q->group_instance_id,
                    .client_id = c->client_id,
                    .client_host = str_of(host),
                    .protocol_type = q->protocol_type,
                    .protocols = protocols,
                    .protocol_count = q->protocols.n,
                    .session_timeout_ms = q->session_timeout_ms,
                    .rebalance_timeout_ms = q->rebalance_timeout_ms,
                    .reserve_id = c->version >= 4,
                    .skip_assignment = c->version >= 9};
    hold(c, q->group_id, stop_join);
    coord_group_join(call_server(c)->coord, now(c), &j, joined, c);
    return CALL_PARKED;
}

static void synced(void *ctx, const coord_synced *s)
{
    call                *c = ctx;
    sync_group_response *r = c->response;
    r->error_code = s->error;
    r->protocol_type = s->protocol_type;
    r->protocol_name = s->protocol;
    r->assignment = s->assignment;
    call_count_error(c, s->error);
    call_finish(c);
}

call_state api_sync_group(call *c, const sync_group_request *q, sync_group_response *r)
{
    (void)r;
    coord_assignment *as = ARENA_ARRAY(&c->a, coord_assignment, q->assignments.n);
    for (int32_t i = 0; i < q->assignments.n; i++)
        as[i] = (coord_assignment){q->assignments.p[i].member_id, q->assignments.p[i].assignment};
    coord_sync s = {.group = q->group_id,
                    .member = q->member_id,
                    .instance = q->group_instance_id,
                    .protocol_type = q->protocol_type,
                    .protocol = q->protocol_name,
                    .generation = q->generation_id,
                    .assignments = as,
                    .assignment_count = q->assignments.n};
    hold(c, q->group_id, stop_sync);
    coord_group_sync(call_server(c)->coord, now(c), &s, synced, c);
    return CALL_PARKED;
}

/* ---- staying and leaving */

call_state api_heartbeat(call *c, const heartbeat_request *q, heartbeat_response *r)
{
    r->error_code = coord_heartbeat(call_server(c)->coord, now(c), q->group_id, q->member_id, q->group_instance_id,
                                    q->generation_id);
    call_count_error(c, r->error_code);
    return CALL_DONE;
}

call_state api_leave_group(call *c, const leave_group_request *q, leave_group_response *r)
{
    coord *k = call_server(c)->coord;
    if (c->version < 3) {
        r->error_code = coord_leave(k, now(c), q->group_id, q->member_id, STR_NONE);
        call_count_error(c, r->error_code);
        return CALL_DONE;
    }
    if (q->group_id.n == 0)
        r->error_code = KE_INVALID_GROUP_ID;
    r->members.n = q->members.n;
    r->members.p = WIRE_NEW(&c->a, leave_group_response_member, (size_t)q->members.n);
    for (int32_t i = 0; i < q->members.n; i++) {
        const leave_group_request_member *m = &q->members.p[i];
        r->members.p[i].member_id = m->member_id;
        r->members.p[i].group_instance_id = m->group_instance_id;
        r->members.p[i].error_code = coord_leave(k, now(c), q->group_id, m->member_id, m->group_instance_id);
        call_count_error(c, r->members.p[i].error_code);
    }
    return CALL_DONE;
}

/* ---- administration: groups with members are the coordinator's, the others exist by their offsets */

static bool has_offsets(call *c, str group)
{
    group_offset *o;
    size_t        n;
    status        st;
    status_init(&st);
    return storage_group_offsets_get(call_server(c)->storage, group, &c->a, &o, &n, &st) && n > 0;
}

static void describe_one(call *c, str name, bool operations, describe_groups_response_group *r)
{
    coord_group_info g;
    r->group_id = name;
    if (operations)
        r->authorized_operations = GROUP_OPERATIONS;
    if (!coord_describe(call_server(c)->coord, name, &c->a, &g)) {
        bool empty = has_offsets(c, name);
        r->group_state = empty ? STR("Empty") : STR("Dead");
        if (!empty && c->version >= 6) {
            r->error_code = KE_GROUP_ID_NOT_FOUND;
            r->error_message = str_fmt(&c->a, "Group %.*s not found.", STR_FMT(name));
        }
        return;
    }
    r->group_state = str_of(g.state);
    r->protocol_type = g.protocol_type;
    r->protocol_data = g.protocol;
    r->members.n = g.member_count;
    r->members.p = WIRE_NEW(&c->a, describe_groups_response_member, (size_t)g.member_count);
    for (int32_t i = 0; i < g.member_count; i++)
        r->members.p[i] = (describe_groups_response_member){.member_id = g.members[i].id,
                                                            .group_instance_id = g.members[i].instance,
                                                            .client_id = g.members[i].client_id,
                                                            .client_host = g.members[i].client_host,
                                                            .member_metadata = g.members[i].metadata,
                                                            .member_assignment = g.members[i].assignment};
}

call_state api_describe_groups(call *c, const describe_groups_request *q, describe_groups_response *r)
{
    r->groups.n = q->groups.n;
    r->groups.p = WIRE_NEW(&c->a, describe_groups_response_group, (size_t)q->groups.n);
    for (int32_t i = 0; i < q->groups.n; i++)
        describe_one(c, q->groups.p[i], q->include_authorized_operations, &r->groups.p[i]);
    return CALL_DONE;
}

static bool wanted(const str *filter, int32_t n, str value)
{
    for (int32_t i = 0; i < n; i++)
        if (str_eq_nocase(filter[i], value))
            return true;
    return n <= 0;
}

static void list_one(const list_groups_request *q, list_groups_response *r, str name, str type, str state)
{
    if (wanted(q->states_filter.p, q->states_filter.n, state))
        r->groups.p[r->groups.n++] = (list_groups_response_group){
            .group_id = name, .protocol_type = type, .group_state = state, .group_type = STR("classic")};
}

call_state api_list_groups(call *c, const list_groups_request *q, list_groups_response *r)
{
    coord_group_info *live;
    str              *stored;
    int32_t           n, i = 0;
    size_t            stored_n, k = 0;
    status            st;
    status_init(&st);
    coord_list(call_server(c)->coord, &c->a, &live, &n);
    if (!storage_group_offsets_list_groups(call_server(c)->storage, &c->a, &stored, &stored_n, &st)) {
        r->error_code = error_of(&st);
        call_count_error(c, r->error_code);
        return CALL_DONE;
    }
    r->groups.p = WIRE_NEW(&c->a, list_groups_response_group, (size_t)n + stored_n);
    if (!wanted(q->types_filter.p, q->types_filter.n, STR("classic")))
        return CALL_DONE;
    while (i < n || k < stored_n) { /* both are sorted: merge */
        int order = i == n ? 1 : k == stored_n ? -1 : str_cmp(live[i].name, stored[k]);
        if (order <= 0) {
            list_one(q, r, live[i].name, live[i].protocol_type, str_of(live[i].state));
            i++;
            k += order == 0;
        } else {
            list_one(q, r, stored[k++], STR(""), STR("Empty"));
        }
    }
    return CALL_DONE;
}

call_state api_delete_groups(call *c, const delete_groups_request *q, delete_groups_response *r)
{
    r->results.n = q->groups_names.n;
    r->results.p = WIRE_NEW(&c->a, delete_groups_response_result, (size_t)q->groups_names.n);
    for (int32_t i = 0; i < q->groups_names.n; i++) {
        delete_groups_response_result *rr = &r->results.p[i];
        status                         st;
        bool                           known;
        status_init(&st);
        rr->group_id = q->groups_names.p[i];
        rr->error_code = coord_delete(call_server(c)->coord, rr->group_id, &known);
        if (rr->error_code == KE_NONE && !has_offsets(c, rr->group_id))
            rr->error_code = known ? KE_NONE : KE_GROUP_ID_NOT_FOUND;
        else if (rr->error_code == KE_NONE && !storage_group_delete(call_server(c)->storage, rr->group_id, &st))
            rr->error_code = error_of(&st);
        call_count_error(c, rr->error_code);
    }
    return CALL_DONE;
}
