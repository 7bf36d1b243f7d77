/* Produce: record batches go to the log as they came, straight from the receive buffer.
 *
 * acks=1 is answered at once. acks=all is appended at once too, in the order of arrival, and
 * answered when the syncer thread has seen it on disk: one wait serves every call that came
 * meanwhile, and the loop never waits.
 */
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/num.h"
#include "server/kafka/apis.h"

typedef struct produce_wait { /* what a call with acks=all waits for */
    kpart                      *part;
    produce_response_partition *r;
} produce_wait;

typedef struct produce_state {
    produce_wait *waits;
    int32_t       count;
} produce_state;

static bool refuse(produce_response_partition *r, arena *a, int16_t error, const char *msg)
{
    r->error_code = error;
    r->base_offset = -1;
    if (msg[0])
        r->error_message = str_dup(a, str_of(msg));
    return false;
}

/* A disk that is full or failing is the operator's affair, and clients only see a code that they try
 * again on: one log line a second says why. */
static void report_io(call *c, const status *st)
{
    static _Atomic int64_t last_s;
    if (st->code != ST_IO && st->code != ST_FULL)
        return;
    int64_t now_s = clock_mono_coarse_ms() / 1000;
    if (atomic_exchange(&last_s, now_s) != now_s)
        server_log(call_server(c), "records refused: %s", st->msg);
}

/* What must hold before the log looks at the batch: exactly one batch of version 2 that a client
 * may write (kafka-broker.md 2.3, 2.4, 3.5; the log checks layout, checksum, sizes and sequences).
 */
static bool check_batch(const call *c, str records, arena *a, produce_response_partition *r)
{
    const uint8_t *p = (const uint8_t *)records.p;
    char           msg[160];
    if (records.n < 17)
        return refuse(r, a, KE_INVALID_RECORD, "A partition's records hold no record batch");
    if (p[16] != 2) {
        snprintf(msg, sizeof msg,
                 "Produce requests with version %d are only allowed to contain "
                 "record batches with magic version 2",
                 c->version);
        return refuse(r, a, KE_INVALID_RECORD, msg);
    }
    if (records.n < BATCH_HEADER_BYTES || be_get32(p + 8) > records.n - 12)
        return refuse(r, a, KE_CORRUPT_MESSAGE, "The record batch is longer than its records field");
    if (be_get32(p + 8) < records.n - 12) {
        snprintf(msg, sizeof msg,
                 "Produce requests with version %d are only allowed to contain "
                 "exactly one record batch per partition",
                 c->version);
        return refuse(r, a, KE_INVALID_RECORD, msg);
    }
    if (be_get64(p) != 0) {
        snprintf(msg, sizeof msg, "The baseOffset of the record batch should be 0, but it is %lld",
                 (long long)be_get64(p));
        return refuse(r, a, KE_INVALID_RECORD, msg);
    }
    uint16_t attributes = be_get16(p + 21);
    int      cod = attributes & BATCH_CODEC_MASK;
    if (cod > CODEC_ZSTD || (cod == CODEC_ZSTD && c->version < 7)) {
        snprintf(msg, sizeof msg, "Produce requests with version %d are not allowed to use %s", c->version,
                 cod == CODEC_ZSTD ? "ZStandard compression" : "this compression");
        return refuse(r, a, KE_UNSUPPORTED_COMPRESSION, msg);
    }
    if (attributes & BATCH_TRANSACTIONAL)
        return refuse(r, a, KE_INVALID_TXN_STATE, "The batch belongs to no open transaction");
    return true;
}

/* The stamp of a LogAppendTime topic, which the log put into the batch; -1 otherwise. */
static int64_t append_time(str records)
{
    const uint8_t *p = (const uint8_t *)records.p;
    return be_get16(p + 21) & BATCH_LOG_APPEND_TIME ? (int64_t)be_get64(p + 35) : -1;
}

static kpart *append(call *c, str topic, int32_t partition, str records, produce_response_partition *r)
{
    loop *l = c->conn->loop;
    for (int attempt = 0;; attempt++) {
        status st;
        status_init(&st);
        kpart  *p = parts_get(l, topic, partition, &st);
        int64_t base = -1;
        /* The frame is ours to patch; it is const only because most fields are not. */
        if (p &&
            (batch_log_append(p->part, (uint8_t *)(uintptr_t)records.p, records.n, (batch_append){0}, &base, &st) ||
             st.code == ST_DUPLICATE)) {
            r->base_offset = base;
            r->log_append_time_ms = append_time(records);
            r->log_start_offset = tlog_part_known(p->part).start;
            return p;
        }
        if (p && st.code == ST_NOT_FOUND && attempt == 0) {
            parts_forget(p); /* deleted since it was opened; perhaps made anew */
            continue;
        }
        report_io(c, &st);
        refuse(r, &c->a, st.code == ST_FENCED ? KE_INVALID_PRODUCER_EPOCH : error_of(&st), st.msg);
        return NULL;
    }
}

static void produce_one(call *c, str topic, const produce_request_partition *q, produce_response_partition *r,
                        produce_state *wait)
{
    r->index = q->index;
    if (!check_batch(c, q->records, &c->a, r))
        return;
    kpart *p = append(c, topic, q->index, q->records, r);
    if (p && wait) {
        kpart_hold(p);
        wait->waits[wait->count++] = (produce_wait){p, r};
    }
}

/* ---- acks=all */

void produce_sync(call *c)
{
    produce_state *s = c->parked;
    for (int32_t i = 0; i < s->count; i++) {
        status st;
        status_init(&st);
        if (!storage_part_sync(call_server(c)->storage, s->waits[i].part->part, &st)) {
            report_io(c, &st);
            refuse(s->waits[i].r, &c->a, error_of(&st), st.msg);
        }
    }
    call_finish(c);
}

static void let_go(call *c)
{
    produce_state *s = c->parked;
    for (int32_t i = 0; i < s->count; i++)
        kpart_release(s->waits[i].part);
}

/* ---- the call */

static call_state reply_nothing(call *c, const produce_response *r)
{
    for (int32_t t = 0; t < r->responses.n; t++)
        for (int32_t i = 0; i < r->responses.p[t].partition_responses.n; i++)
            if (r->responses.p[t].partition_responses.p[i].error_code) {
                c->refusal = "a Produce with acks=0 failed, and closing is the only way to say so";
                return CALL_REFUSED;
            }
    c->no_reply = true;
    return CALL_DONE;
}

call_state api_produce(call *c, const produce_request *q, produce_response *r)
{
    bool           durable = q->acks == -1;
    produce_state *wait = NULL;
    int32_t        parts = 0;
    if (q->acks < -1 || q->acks > 1)
        durable = false;
    for (int32_t t = 0; t < q->topic_data.n; t++)
        parts += q->topic_data.p[t].partition_data.n;
    if (durable) {
        wait = ARENA_NEW(&c->a, produce_state);
        wait->waits = ARENA_ARRAY(&c->a, produce_wait, parts);
    }
    r->responses.n = q->topic_data.n;
    r->responses.p = WIRE_NEW(&c->a, produce_response_topic, (size_t)q->topic_data.n);
    for (int32_t t = 0; t < q->topic_data.n; t++) {
        const produce_request_topic *qt = &q->topic_data.p[t];
        produce_response_topic      *rt = &r->responses.p[t];
        /* A call that waits does not hold its frame. */
        rt->name = durable ? str_dup(&c->a, qt->name) : qt->name;
        rt->partition_responses.n = qt->partition_data.n;
        rt->partition_responses.p = WIRE_NEW(&c->a, produce_response_partition, (size_t)qt->partition_data.n);
        for (int32_t i = 0; i < qt->partition_data.n; i++) {
            produce_response_partition *rp = &rt->partition_responses.p[i];
            if (q->acks < -1 || q->acks > 1) {
                rp->index = qt->partition_data.p[i].index;
                refuse(rp, &c->a, KE_INVALID_REQUIRED_ACKS, "");
            } else {
                produce_one(c, qt->name, &qt->partition_data.p[i], rp, wait);
            }
            call_count_error(c, rp->error_code);
        }
    }
    if (q->acks == 0)
        return reply_nothing(c, r);
    if (wait == NULL || wait->count == 0)
        return CALL_DONE;
    c->parked = wait;
    c->returned = let_go;
    call_thread_push(&call_server(c)->syncer, c);
    return CALL_PARKED;
}
