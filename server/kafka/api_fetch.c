/* Fetch: record batches as they lie in the log, with long polls.
 *
 * Every answer is a full one (SessionId 0): fetch sessions (KIP-227) are optional for a broker.
 */
#include <unistd.h>

#include "server/kafka/apis.h"

typedef struct fetch_part { /* one partition asked for */
    const fetch_request_topic     *topic;
    const fetch_request_partition *q;
    fetch_response_partition      *r;
    str                            name;
    fetch_wait                     wait;
} fetch_part;

typedef struct fetch_state {
    const fetch_request *q;
    fetch_part          *parts;
    int32_t              count, waiting;
    int64_t              max_bytes, min_bytes, bytes; /* bytes: found in the last reading */
    bool                 failed;                      /* a partition answers with an error */
    arena_mark           mark;                        /* the arena before the first reading */
} fetch_state;

static void fail_part(fetch_state *f, fetch_part *p, int16_t error)
{
    f->failed = true;
    p->r->error_code = error;
    p->r->high_watermark = p->r->last_stable_offset = p->r->log_start_offset = -1;
}

static kpart *part_of(call *c, fetch_part *p, int16_t *error)
{
    loop  *l = c->conn->loop;
    status st;
    status_init(&st);
    *error = KE_NONE;
    if (c->version >= 13 && !parts_topic_name(l, p->topic->topic_id, &p->name)) {
        *error = KE_UNKNOWN_TOPIC_ID;
        return NULL;
    }
    for (int attempt = 0; attempt < 2; attempt++) {
        kpart *part = parts_get(l, p->name, p->q->partition, &st);
        if (part == NULL) {
            *error = error_of(&st);
            return NULL;
        }
        if (c->version < 13 || kpart_has_id(part, p->topic->topic_id))
            return part;
        parts_forget(part); /* perhaps of an older topic of that name: the next one is not */
    }
    *error = KE_UNKNOWN_TOPIC_ID;
    return NULL;
}

static bool read_part(call *c, fetch_state *f, fetch_part *p, kpart *part, status *st)
{
    tlog_isolation iso = f->q->isolation_level ? TLOG_READ_COMMITTED : TLOG_READ_UNCOMMITTED;
    int64_t        left = f->max_bytes - f->bytes;
    int64_t        limit = p->q->partition_max_bytes < left ? p->q->partition_max_bytes : left;
    fetch_result   res = {.slice.fd = -1};
    /* Once something was found the limits hold strictly; the first batch comes whole (KIP-74). */
    if (f->bytes > 0 && limit <= 0) {
        res.offsets = tlog_part_known(part->part);
    } else {
        if (!storage_fetch(call_server(c)->storage, part->part, p->q->fetch_offset, (uint32_t)(limit > 0 ? limit : 1),
                           iso, &c->a, &res, st))
            return false;
        if (f->bytes > 0 && res.slice.len_bytes > limit) {
            if (res.slice.fd >= 0)
                close(res.slice.fd);
            res.slice = (fetch_slice){.fd = -1};
        }
    }
    p->r->high_watermark = res.offsets.high;
    p->r->last_stable_offset = res.offsets.last_stable;
    p->r->log_start_offset = res.offsets.start;
    p->r->aborted_transactions.n = iso ? (int32_t)res.aborted_count : -1;
    if (res.aborted_count)
        p->r->aborted_transactions.p = WIRE_NEW(&c->a, fetch_response_aborted_transaction, res.aborted_count);
    for (uint32_t i = 0; i < res.aborted_count; i++)
        p->r->aborted_transactions.p[i] =
            (fetch_response_aborted_transaction){res.aborted[i].producer_id, res.aborted[i].first_offset};
    p->r->records = res.slice;
    f->bytes += res.slice.len_bytes;
    return true;
}

static void fetch_one(call *c, fetch_state *f, fetch_part *p)
{
    int16_t error = KE_NONE;
    for (int attempt = 0; error == KE_NONE; attempt++) {
        status st;
        status_init(&st);
        kpart *part = part_of(c, p, &error);
        if (part == NULL || (error = error_of_epoch(p->q->current_leader_epoch, part->part)) ||
            read_part(c, f, p, part, &st))
            break;
        /* Deleted since it was opened: perhaps there is a new topic of that name. */
        if (st.code == ST_NOT_FOUND && attempt == 0) {
            parts_forget(part);
            continue;
        }
        error = error_of(&st);
    }
    if (error)
        fail_part(f, p, error);
}

static void drop_slices(fetch_state *f)
{
    for (int32_t i = 0; i < f->count; i++) {
        fetch_slice *s = &f->parts[i].r->records;
        if (s->fd >= 0)
            close(s->fd);
        *s = (fetch_slice){.fd = -1};
    }
}

static void read_all(call *c, fetch_state *f)
{
    drop_slices(f);
    arena_rewind(&c->a, f->mark);
    f->bytes = 0;
    f->failed = false;
    for (int32_t i = 0; i < f->count; i++) {
        fetch_part *p = &f->parts[i];
        p->r->error_code = KE_NONE;
        fetch_one(c, f, p);
    }
}

static bool enough(const fetch_state *f)
{
    return f->failed || f->count == 0 || f->bytes >= f->min_bytes;
}

/* ---- long polls */

static void unpark(call *c)
{
    fetch_state *f = c->parked;
    for (int32_t i = 0; i < f->count; i++)
        if (f->parts[i].wait.part) {
            kpart_unwait(&f->parts[i].wait);
            f->parts[i].wait.part = NULL;
        }
    ktimer_cancel(&c->conn->loop->timers, &c->timer);
    c->cancel = NULL;
    c->finish_now = NULL;
}

static bool cancel(call *c)
{
    unpark(c);
    drop_slices(c->parked);
    return true;
}

static void count_errors(call *c, const fetch_state *f)
{
    for (int32_t i = 0; f->failed && i < f->count; i++)
        call_count_error(c, f->parts[i].r->error_code);
}

/* The wait is over: what was found at the last reading goes out. */
static void finish(call *c)
{
    unpark(c);
    count_errors(c, c->parked);
    call_finish_on_loop(c);
}

void fetch_wake(kpart *p)
{
    kpart_hold(p);
    for (fetch_wait *w = p->waits, *next; w; w = next) {
        next = w->next;
        call *c = w->call;
        /* A call may wait for one partition twice; its waits go together. */
        while (next && next->call == c)
            next = next->next;
        read_all(c, c->parked);
        if (enough(c->parked))
            finish(c);
    }
    kpart_release(p);
}

/* Registers for news first and reads again after it: what is appended between is not missed. */
static bool park(call *c, fetch_state *f)
{
    c->parked = f;
    for (int32_t i = 0; i < f->count; i++) {
        int16_t error;
        kpart  *part = part_of(c, &f->parts[i], &error);
        if (part)
            kpart_wait(part, &f->parts[i].wait, c);
    }
    read_all(c, f);
    if (enough(f)) {
        unpark(c);
        return false;
    }
    c->hold = true;
    c->cancel = cancel;
    c->finish_now = finish;
    ktimer_set(&c->conn->loop->timers, &c->timer, c->conn->loop->now_ms + f->q->max_wait_ms);
    return true;
}

static fetch_state *prepare(call *c, const fetch_request *q, fetch_response *r)
{
    fetch_state *f = ARENA_NEW(&c->a, fetch_state);
    f->q = q;
    for (int32_t t = 0; t < q->topics.n; t++)
        f->count += q->topics.p[t].partitions.n;
    f->parts = ARENA_ARRAY(&c->a, fetch_part, f->count);
    r->responses.p = WIRE_NEW(&c->a, fetch_response_topic, (size_t)q->topics.n);
    r->responses.n = q->topics.n;
    fetch_part *p = f->parts;
    for (int32_t t = 0; t < q->topics.n; t++) {
        const fetch_request_topic *qt = &q->topics.p[t];
        fetch_response_topic      *rt = &r->responses.p[t];
        rt->topic = qt->topic;
        memcpy(rt->topic_id, qt->topic_id, 16);
        rt->partitions.p = WIRE_NEW(&c->a, fetch_response_partition, (size_t)qt->partitions.n);
        rt->partitions.n = qt->partitions.n;
        for (int32_t i = 0; i < qt->partitions.n; i++, p++) {
            p->topic = qt;
            p->q = &qt->partitions.p[i];
            p->r = &rt->partitions.p[i];
            p->r->partition_index = p->q->partition;
            p->name = qt->topic;
        }
    }
    f->max_bytes = q->max_bytes;
    if (f->max_bytes > call_server(c)->o.fetch_max_bytes)
        f->max_bytes = call_server(c)->o.fetch_max_bytes;
    f->min_bytes = q->min_bytes < f->max_bytes ? q->min_bytes : f->max_bytes;
    return f;
}

call_state api_fetch(call *c, const fetch_request *q, fetch_response *r)
{
    if (c->version >= 7 && q->session_id != 0 && q->session_epoch > 0) {
        r->error_code = KE_FETCH_SESSION_ID_NOT_FOUND; /* we never gave one out */
        return CALL_DONE;
    }
    fetch_state *f = prepare(c, q, r);
    f->mark = arena_save(&c->a);
    read_all(c, f);
    if (!enough(f) && q->max_wait_ms > 0 && park(c, f))
        return CALL_PARKED;
    count_errors(c, f);
    return CALL_DONE;
}
