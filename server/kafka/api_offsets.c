/* ListOffsets, OffsetForLeaderEpoch, InitProducerId. */
#include "server/kafka/apis.h"

#define LATEST (-1)
#define EARLIEST (-2)
#define MAX_TIMESTAMP (-3)
#define EARLIEST_LOCAL (-4)
#define LATEST_TIERED (-5)

/* The greatest timestamp: offsets-for-time finds the first record at or after a time, so the
 * greatest time for which there is one is searched by bisection. */
static bool find_max_timestamp(tlog_part *p, int64_t *offset, int64_t *ts, status *st)
{
    int64_t low = 0, high = INT64_MAX;
    *offset = TLOG_OFFSET_NONE;
    *ts = -1;
    while (low <= high) {
        int64_t mid = low + (high - low) / 2, found, found_ts;
        if (!tlog_part_offset_for_time(p, mid, &found, &found_ts, st))
            return false;
        if (found == TLOG_OFFSET_NONE) {
            high = mid - 1;
            continue;
        }
        *offset = found;
        *ts = found_ts;
        if (found_ts == INT64_MAX)
            break;
        low = found_ts + 1;
    }
    return true;
}

static bool find_offset(call *c, tlog_part *p, bool committed, int64_t ts, list_offsets_response_partition *r,
                        status *st)
{
    tlog_offsets o = tlog_part_known(p);
    int64_t      end = committed ? o.last_stable : o.high;
    r->timestamp = -1;
    if (ts == LATEST) {
        r->offset = end;
    } else if (ts == EARLIEST || (ts == EARLIEST_LOCAL && c->version >= 8)) {
        r->offset = o.start;
    } else if (ts == LATEST_TIERED && c->version >= 9) {
        r->offset = -1;
    } else if (ts == MAX_TIMESTAMP && c->version >= 7) {
        if (!find_max_timestamp(p, &r->offset, &r->timestamp, st))
            return false;
    } else if (ts >= 0) {
        if (!tlog_part_offset_for_time(p, ts, &r->offset, &r->timestamp, st))
            return false;
        if (r->offset == TLOG_OFFSET_NONE || r->offset >= end)
            r->offset = r->timestamp = -1;
    } else {
        r->error_code = KE_UNSUPPORTED_VERSION;
    }
    return true;
}

static bool asked_twice(const list_offsets_request_topic *t, int32_t at)
{
    for (int32_t i = 0; i < t->partitions.n; i++)
        if (i != at && t->partitions.p[i].partition_index == t->partitions.p[at].partition_index)
            return true;
    return false;
}

static void list_one(call *c, const list_offsets_request *q, const list_offsets_request_topic *t, int32_t at,
                     list_offsets_response_partition *r)
{
    const list_offsets_request_partition *qp = &t->partitions.p[at];
    status                                st;
    status_init(&st);
    r->partition_index = qp->partition_index;
    r->error_code = asked_twice(t, at) ? KE_INVALID_REQUEST : KE_NONE;
    if (r->error_code)
        return;
    tlog_part *p = tlog_part_open(call_server(c)->log, t->name, qp->partition_index, &st);
    if (p == NULL) {
        r->error_code = error_of(&st);
        return;
    }
    r->error_code = error_of_epoch(qp->current_leader_epoch, p);
    if (r->error_code == KE_NONE && !find_offset(c, p, q->isolation_level != 0, qp->timestamp, r, &st))
        r->error_code = error_of(&st);
    else if (r->error_code == KE_NONE && r->offset >= 0)
        r->leader_epoch = storage_part_epoch(p);
    tlog_part_close(p);
}

call_state api_list_offsets(call *c, const list_offsets_request *q, list_offsets_response *r)
{
    r->topics.n = q->topics.n;
    r->topics.p = WIRE_NEW(&c->a, list_offsets_response_topic, (size_t)q->topics.n);
    for (int32_t t = 0; t < q->topics.n; t++) {
        const list_offsets_request_topic *qt = &q->topics.p[t];
        list_offsets_response_topic      *rt = &r->topics.p[t];
        rt->name = qt->name;
        rt->partitions.n = qt->partitions.n;
        rt->partitions.p = WIRE_NEW(&c->a, list_offsets_response_partition, (size_t)qt->partitions.n);
        for (int32_t i = 0; i < qt->partitions.n; i++) {
            list_one(c, q, qt, i, &rt->partitions.p[i]);
            call_count_error(c, rt->partitions.p[i].error_code);
        }
    }
    return CALL_DONE;
}

static void end_of_epoch(call *c, str topic, const offset_for_leader_epoch_request_partition *q,
                         offset_for_leader_epoch_response_partition *r)
{
    status st;
    status_init(&st);
    r->partition = q->partition;
    tlog_part *p = tlog_part_open(call_server(c)->log, topic, q->partition, &st);
    if (p == NULL) {
        r->error_code = error_of(&st);
        return;
    }
    r->error_code = error_of_epoch(q->current_leader_epoch, p);
    if (r->error_code == KE_NONE)
        storage_epoch_end(p, q->leader_epoch, &r->leader_epoch, &r->end_offset);
    tlog_part_close(p);
}

call_state api_offset_for_leader_epoch(call *c, const offset_for_leader_epoch_request *q,
                                       offset_for_leader_epoch_response *r)
{
    r->topics.n = q->topics.n;
    r->topics.p = WIRE_NEW(&c->a, offset_for_leader_epoch_response_topic, (size_t)q->topics.n);
    for (int32_t t = 0; t < q->topics.n; t++) {
        const offset_for_leader_epoch_request_topic *qt = &q->topics.p[t];
        offset_for_leader_epoch_response_topic      *rt = &r->topics.p[t];
        rt->topic = qt->topic;
        rt->partitions.n = qt->partitions.n;
        rt->partitions.p = WIRE_NEW(&c->a, offset_for_leader_epoch_response_partition, (size_t)qt->partitions.n);
        for (int32_t i = 0; i < qt->partitions.n; i++) {
            end_of_epoch(c, qt->topic, &qt->partitions.p[i], &rt->partitions.p[i]);
            call_count_error(c, rt->partitions.p[i].error_code);
        }
    }
    return CALL_DONE;
}

call_state api_init_producer_id(call *c, const init_producer_id_request *q, init_producer_id_response *r)
{
    status         st;
    producer_ident who = {.epoch = -1};
    status_init(&st);
    if (q->transactional_id.p && q->transactional_id.n == 0) {
        r->error_code = KE_INVALID_REQUEST;
    } else if (q->transactional_id.p) {
        r->error_code = KE_UNSUPPORTED_VERSION; /* the transaction APIs are not offered */
    } else if (!storage_producer_id_new(call_server(c)->storage, &who, &st)) {
        r->error_code = error_of(&st);
    }
    r->producer_id = who.pid;
    r->producer_epoch = who.epoch;
    call_count_error(c, r->error_code);
    return CALL_DONE;
}
