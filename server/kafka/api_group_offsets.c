/* OffsetCommit, OffsetFetch: the coordinator says who may, storage keeps them. */
#include "base/clock.h"
#include "server/kafka/apis.h"

#define METADATA_MAX 4096 /* offset.metadata.max.bytes */

static void put_codes(call *c, const offset_commit_request *q, offset_commit_response *r)
{
    r->topics.n = q->topics.n;
    r->topics.p = WIRE_NEW(&c->a, offset_commit_response_topic, (size_t)q->topics.n);
    for (int32_t t = 0; t < q->topics.n; t++) {
        const offset_commit_request_topic *qt = &q->topics.p[t];
        offset_commit_response_topic      *rt = &r->topics.p[t];
        rt->name = qt->name;
        rt->partitions.n = qt->partitions.n;
        rt->partitions.p = WIRE_NEW(&c->a, offset_commit_response_partition, (size_t)qt->partitions.n);
        for (int32_t i = 0; i < qt->partitions.n; i++)
            rt->partitions.p[i].partition_index = qt->partitions.p[i].partition_index;
    }
}

/* Sets the code of all partitions that have none yet. */
static void fail_rest(call *c, offset_commit_response *r, int16_t error)
{
    for (int32_t t = 0; t < r->topics.n; t++)
        for (int32_t i = 0; i < r->topics.p[t].partitions.n; i++) {
            offset_commit_response_partition *p = &r->topics.p[t].partitions.p[i];
            if (p->error_code == KE_NONE)
                p->error_code = error;
            call_count_error(c, p->error_code);
        }
}

/* The offsets that may be stored; the others get their error. */
static size_t collect(call *c, const offset_commit_request *q, offset_commit_response *r, group_offset *out)
{
    size_t  n = 0;
    int64_t now = clock_wall_ms();
    for (int32_t t = 0; t < q->topics.n; t++) {
        const offset_commit_request_topic *qt = &q->topics.p[t];
        tlog_topic                         topic = {0};
        status                             st;
        status_init(&st);
        if (!tlog_topic_get(call_server(c)->log, &c->a, qt->name, &topic, &st))
            topic.partitions = 0;
        for (int32_t i = 0; i < qt->partitions.n; i++) {
            const offset_commit_request_partition *p = &qt->partitions.p[i];
            int16_t                               *error = &r->topics.p[t].partitions.p[i].error_code;
            if (p->partition_index < 0 || p->partition_index >= topic.partitions) {
                *error = KE_UNKNOWN_TOPIC_OR_PARTITION;
            } else if (p->committed_metadata.n > METADATA_MAX) {
                *error = KE_OFFSET_METADATA_TOO_LARGE;
            } else {
                out[n++] = (group_offset){.topic = qt->name,
                                          .partition = p->partition_index,
                                          .offset = p->committed_offset,
                                          .leader_epoch = p->committed_leader_epoch,
                                          .metadata = p->committed_metadata.p ? p->committed_metadata : STR(""),
                                          .commit_ts_ms = now};
            }
        }
    }
    return n;
}

call_state api_offset_commit(call *c, const offset_commit_request *q, offset_commit_response *r)
{
    int32_t count = 0;
    status  st;
    status_init(&st);
    put_codes(c, q, r);
    int16_t error = coord_commit_check(call_server(c)->coord, clock_mono_ms(), q->group_id, q->member_id,
                                       q->group_instance_id, q->generation_id_or_member_epoch);
    if (error) {
        fail_rest(c, r, error);
        return CALL_DONE;
    }
    for (int32_t t = 0; t < q->topics.n; t++)
        count += q->topics.p[t].partitions.n;
    group_offset *offsets = ARENA_ARRAY(&c->a, group_offset, count);
    size_t        n = collect(c, q, r, offsets);
    if (n > 0 && !storage_group_offsets_put(call_server(c)->storage, q->group_id, offsets, n, &st))
        error = error_of(&st);
    fail_rest(c, r, error);
    return CALL_DONE;
}

/* ---- OffsetFetch: one shape of answer (version 8's) that is folded down for older versions */

static const group_offset *find(const group_offset *o, size_t n, str topic, int32_t partition)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int    order = str_cmp(o[mid].topic, topic);
        if (order == 0)
            order = o[mid].partition < partition ? -1 : o[mid].partition > partition;
        if (order == 0)
            return &o[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static void put_offset(offset_fetch_response_group_topic_partition *r, int32_t partition, const group_offset *o)
{
    *r = (offset_fetch_response_group_topic_partition){.partition_index = partition,
                                                       .committed_offset = o ? o->offset : -1,
                                                       .committed_leader_epoch = o ? o->leader_epoch : -1,
                                                       .metadata = o ? o->metadata : STR("")};
}

static void fetch_named(call *c, const offset_fetch_request_group *q, const group_offset *o, size_t n,
                        offset_fetch_response_group *r)
{
    r->topics.n = q->topics.n;
    r->topics.p = WIRE_NEW(&c->a, offset_fetch_response_group_topic, (size_t)q->topics.n);
    for (int32_t t = 0; t < q->topics.n; t++) {
        const offset_fetch_request_group_topic *qt = &q->topics.p[t];
        offset_fetch_response_group_topic      *rt = &r->topics.p[t];
        rt->name = qt->name;
        rt->partitions.n = qt->partition_indexes.n;
        rt->partitions.p = WIRE_NEW(&c->a, offset_fetch_response_group_topic_partition, (size_t)rt->partitions.n);
        for (int32_t i = 0; i < rt->partitions.n; i++)
            put_offset(&rt->partitions.p[i], qt->partition_indexes.p[i],
                       find(o, n, qt->name, qt->partition_indexes.p[i]));
    }
}

static void fetch_all(call *c, const group_offset *o, size_t n, offset_fetch_response_group *r)
{
    r->topics.p = WIRE_NEW(&c->a, offset_fetch_response_group_topic, n);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && str_eq(o[end].topic, o[i].topic); end++)
            ;
        offset_fetch_response_group_topic *rt = &r->topics.p[r->topics.n++];
        rt->name = o[i].topic;
        rt->partitions.n = (int32_t)(end - i);
        rt->partitions.p = WIRE_NEW(&c->a, offset_fetch_response_group_topic_partition, end - i);
        for (size_t k = i; k < end; k++)
            put_offset(&rt->partitions.p[k - i], o[k].partition, &o[k]);
    }
}

static void fetch_group(call *c, const offset_fetch_request_group *q, offset_fetch_response_group *r)
{
    group_offset *o;
    size_t        n;
    status        st;
    status_init(&st);
    r->group_id = q->group_id;
    if (!storage_group_offsets_get(call_server(c)->storage, q->group_id, &c->a, &o, &n, &st)) {
        r->error_code = error_of(&st);
        call_count_error(c, r->error_code);
    } else if (q->topics.n < 0) {
        fetch_all(c, o, n, r);
    } else {
        fetch_named(c, q, o, n, r);
    }
}

static void fold_down(call *c, const offset_fetch_response_group *g, offset_fetch_response *r)
{
    r->error_code = g->error_code;
    r->topics.n = g->topics.n;
    r->topics.p = WIRE_NEW(&c->a, offset_fetch_response_topic, (size_t)g->topics.n);
    for (int32_t t = 0; t < g->topics.n; t++) {
        const offset_fetch_response_group_topic *gt = &g->topics.p[t];
        offset_fetch_response_topic             *rt = &r->topics.p[t];
        rt->name = gt->name;
        rt->partitions.n = gt->partitions.n;
        rt->partitions.p = WIRE_NEW(&c->a, offset_fetch_response_partition, (size_t)gt->partitions.n);
        for (int32_t i = 0; i < gt->partitions.n; i++)
            rt->partitions.p[i] =
                (offset_fetch_response_partition){.partition_index = gt->partitions.p[i].partition_index,
                                                  .committed_offset = gt->partitions.p[i].committed_offset,
                                                  .committed_leader_epoch = gt->partitions.p[i].committed_leader_epoch,
                                                  .metadata = gt->partitions.p[i].metadata};
    }
}

call_state api_offset_fetch(call *c, const offset_fetch_request *q, offset_fetch_response *r)
{
    if (c->version < 8) {
        offset_fetch_request_group   one = {.group_id = q->group_id};
        offset_fetch_response_group *g = WIRE_NEW(&c->a, offset_fetch_response_group, 1);
        one.topics.n = q->topics.n;
        one.topics.p = ARENA_ARRAY(&c->a, offset_fetch_request_group_topic, q->topics.n > 0 ? q->topics.n : 0);
        for (int32_t t = 0; t < q->topics.n; t++) {
            one.topics.p[t].name = q->topics.p[t].name;
            one.topics.p[t].partition_indexes.p = q->topics.p[t].partition_indexes.p;
            one.topics.p[t].partition_indexes.n = q->topics.p[t].partition_indexes.n;
        }
        fetch_group(c, &one, g);
        fold_down(c, g, r);
        return CALL_DONE;
    }
    r->groups.n = q->groups.n;
    r->groups.p = WIRE_NEW(&c->a, offset_fetch_response_group, (size_t)q->groups.n);
    for (int32_t i = 0; i < q->groups.n; i++)
        fetch_group(c, &q->groups.p[i], &r->groups.p[i]);
    return CALL_DONE;
}
