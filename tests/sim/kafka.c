#include "tests/sim/kafka.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "tests/sim/schedule.h"

#define ANSWER_NS ((int64_t)20000 * 1000000) /* how long a client waits */
#define FETCH_BYTES 100000
#define SESSION_MS 6000

enum {
    PRODUCE = 0,
    FETCH = 1,
    OFFSET_COMMIT = 8,
    OFFSET_FETCH = 9,
    JOIN_GROUP = 11,
    HEARTBEAT = 12,
    LEAVE_GROUP = 13,
    SYNC_GROUP = 14,
    INIT_PRODUCER_ID = 22
};

void kafka_init(kafka_conn *c, program *to)
{
    *c = (kafka_conn){.to = to, .fd = -1, .out = BUF_INIT(BUF_MAX), .in = BUF_INIT(BUF_MAX)};
}

void kafka_hang_up(kafka_conn *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

void kafka_free(kafka_conn *c)
{
    kafka_hang_up(c);
    buf_free(&c->out);
    buf_free(&c->in);
}

/* ---- bytes out and in */

static void put_text(buf *b, const char *z)
{
    buf_put_i16(b, z ? (int16_t)strlen(z) : -1);
    if (z)
        buf_putz(b, z);
}

static void begin(kafka_conn *c, int16_t key, int16_t version)
{
    buf_clear(&c->out);
    buf_put_i32(&c->out, 0); /* the length, in the end */
    buf_put_i16(&c->out, key);
    buf_put_i16(&c->out, version);
    buf_put_i32(&c->out, ++c->correlation);
    put_text(&c->out, "sim");
}

static const void *take(kafka_conn *c, size_t n)
{
    static const uint8_t zeros[16];
    if (c->in.n - c->at < n) {
        c->torn = true;
        return zeros;
    }
    c->at += n;
    return c->in.p + c->at - n;
}

static int16_t take16(kafka_conn *c)
{
    return (int16_t)be_get16(take(c, 2));
}

static int32_t take32(kafka_conn *c)
{
    return (int32_t)be_get32(take(c, 4));
}

static int64_t take64(kafka_conn *c)
{
    return (int64_t)be_get64(take(c, 8));
}

/* A text, or bytes with a length of 16 bits. */
static void take_id(kafka_conn *c, char out[KAFKA_MEMBER_ID_BYTES])
{
    int16_t     n = take16(c);
    const char *p = n > 0 && n < KAFKA_MEMBER_ID_BYTES ? take(c, (size_t)n) : "";
    snprintf(out, KAFKA_MEMBER_ID_BYTES, "%.*s", *p ? (int)n : 0, p);
}

static void skip_text(kafka_conn *c)
{
    int16_t n = take16(c);
    if (n > 0)
        take(c, (size_t)n);
}

static bool is_readable(void *arg)
{
    const kafka_conn *c = arg;
    char              byte;
    return recv(c->fd, &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
}

/* n bytes more of an answer. false: it ends before, or takes too long. */
static bool receive(kafka_conn *c, size_t n, int64_t until_ns)
{
    buf_clear(&c->in);
    if (!buf_reserve(&c->in, n))
        return false;
    while (c->in.n < n) {
        if (!sched_poll(is_readable, c, until_ns))
            return false;
        ssize_t got = recv(c->fd, c->in.p + c->in.n, n - c->in.n, 0);
        if (got <= 0)
            return false;
        c->in.n += (size_t)got;
    }
    return true;
}

/* 0: the answer is in c->in. */
static int ask(kafka_conn *c)
{
    int64_t until = sched_now_ns() + ANSWER_NS;
    if (c->fd < 0 && (c->fd = program_connect(c->to)) < 0)
        return KAFKA_NOT_SENT;
    be_put32(c->out.p, (uint32_t)c->out.n - 4);
    bool ok = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL) == (ssize_t)c->out.n;
    ok = ok && receive(c, 4, until) && receive(c, be_get32(c->in.p), until);
    c->at = 0;
    c->torn = false;
    if (ok && take32(c) == c->correlation)
        return 0;
    kafka_hang_up(c);
    return KAFKA_UNKNOWN;
}

/* An answer without what was asked for says nothing. */
static int whole(const kafka_conn *c, int rc)
{
    return c->torn && rc == 0 ? KAFKA_UNKNOWN : rc;
}

/* ---- requests */

int kafka_produce(kafka_conn *c, const char *topic, int32_t partition, int16_t acks, str batches, int64_t *base)
{
    begin(c, PRODUCE, 3);
    put_text(&c->out, NULL);
    buf_put_i16(&c->out, acks);
    buf_put_i32(&c->out, 10000);
    buf_put_i32(&c->out, 1);
    put_text(&c->out, topic);
    buf_put_i32(&c->out, 1);
    buf_put_i32(&c->out, partition);
    buf_put_i32(&c->out, (int32_t)batches.n);
    buf_puts(&c->out, batches);
    int rc = ask(c);
    if (rc)
        return rc;
    take32(c);
    skip_text(c);
    take32(c);
    take32(c);
    rc = take16(c);
    *base = take64(c);
    return whole(c, rc);
}

int kafka_init_producer(kafka_conn *c, int64_t *pid, int16_t *epoch)
{
    begin(c, INIT_PRODUCER_ID, 0);
    put_text(&c->out, NULL);
    buf_put_i32(&c->out, 60000);
    int rc = ask(c);
    if (rc)
        return rc;
    take32(c);
    rc = take16(c);
    *pid = take64(c);
    *epoch = take16(c);
    return whole(c, rc);
}

int kafka_fetch(kafka_conn *c, const char *topic, int32_t partition, int64_t offset, str *records, int64_t *high)
{
    begin(c, FETCH, 4);
    buf_put_i32(&c->out, -1);
    buf_put_i32(&c->out, 300);
    buf_put_i32(&c->out, 1);
    buf_put_i32(&c->out, FETCH_BYTES);
    buf_putc(&c->out, 1); /* committed only */
    buf_put_i32(&c->out, 1);
    put_text(&c->out, topic);
    buf_put_i32(&c->out, 1);
    buf_put_i32(&c->out, partition);
    buf_put_i64(&c->out, offset);
    buf_put_i32(&c->out, FETCH_BYTES);
    int rc = ask(c);
    if (rc)
        return rc;
    take32(c);
    take32(c);
    skip_text(c);
    take32(c);
    take32(c);
    rc = take16(c);
    *high = take64(c);
    take64(c);
    for (int32_t n = take32(c); n > 0 && !c->torn; n--)
        take(c, 16);
    int32_t     bytes = take32(c);
    const void *p = bytes > 0 ? take(c, (size_t)bytes) : NULL;
    *records = p && !c->torn ? str_make(p, (size_t)bytes) : STR_NONE;
    return whole(c, rc);
}

int kafka_commit(kafka_conn *c, const char *group, int32_t generation, const char *member, const char *topic,
                 int32_t partition, int64_t offset)
{
    begin(c, OFFSET_COMMIT, 2);
    put_text(&c->out, group);
    buf_put_i32(&c->out, generation);
    put_text(&c->out, member);
    buf_put_i64(&c->out, -1);
    buf_put_i32(&c->out, 1);
    put_text(&c->out, topic);
    buf_put_i32(&c->out, 1);
    buf_put_i32(&c->out, partition);
    buf_put_i64(&c->out, offset);
    put_text(&c->out, "");
    int rc = ask(c);
    if (rc)
        return rc;
    take32(c);
    skip_text(c);
    take32(c);
    take32(c);
    rc = take16(c);
    return whole(c, rc);
}

int kafka_committed(kafka_conn *c, const char *group, const char *topic, int32_t partition, int64_t *offset)
{
    begin(c, OFFSET_FETCH, 1);
    put_text(&c->out, group);
    buf_put_i32(&c->out, 1);
    put_text(&c->out, topic);
    buf_put_i32(&c->out, 1);
    buf_put_i32(&c->out, partition);
    int rc = ask(c);
    if (rc)
        return rc;
    take32(c);
    skip_text(c);
    take32(c);
    take32(c);
    *offset = take64(c);
    skip_text(c);
    rc = take16(c);
    return whole(c, rc);
}

/* ---- members of a group */

int kafka_join(kafka_conn *c, const char *group, kafka_member *m)
{
    char leader[KAFKA_MEMBER_ID_BYTES];
    begin(c, JOIN_GROUP, 0);
    put_text(&c->out, group);
    buf_put_i32(&c->out, SESSION_MS);
    put_text(&c->out, m->id);
    put_text(&c->out, "consumer");
    buf_put_i32(&c->out, 1);
    put_text(&c->out, "sim");
    buf_put_i32(&c->out, 0);
    int rc = ask(c);
    if (rc)
        return rc;
    rc = take16(c);
    m->generation = take32(c);
    skip_text(c);
    take_id(c, leader);
    if (rc)
        return rc;
    take_id(c, m->id);
    m->leads = strcmp(leader, m->id) == 0;
    m->other_count = 0;
    for (int32_t n = take32(c); n > 0 && m->other_count < KAFKA_MEMBERS_MAX && !c->torn; n--) {
        take_id(c, m->others[m->other_count++]);
        int32_t bytes = take32(c);
        take(c, bytes > 0 ? (size_t)bytes : 0);
    }
    return c->torn ? KAFKA_UNKNOWN : 0;
}

int kafka_sync(kafka_conn *c, const char *group, const kafka_member *m, const char *const *assigned, str *mine)
{
    begin(c, SYNC_GROUP, 0);
    put_text(&c->out, group);
    buf_put_i32(&c->out, m->generation);
    put_text(&c->out, m->id);
    buf_put_i32(&c->out, m->leads ? m->other_count : 0);
    for (int32_t i = 0; m->leads && i < m->other_count; i++) {
        put_text(&c->out, m->others[i]);
        buf_put_i32(&c->out, (int32_t)strlen(assigned[i]));
        buf_putz(&c->out, assigned[i]);
    }
    int rc = ask(c);
    if (rc)
        return rc;
    rc = take16(c);
    int32_t     n = take32(c);
    const void *p = n > 0 ? take(c, (size_t)n) : NULL;
    *mine = p && !c->torn ? str_make(p, (size_t)n) : STR_NONE;
    return rc;
}

static int tell(kafka_conn *c, int16_t key, const char *group, const kafka_member *m)
{
    begin(c, key, 0);
    put_text(&c->out, group);
    if (key == HEARTBEAT)
        buf_put_i32(&c->out, m->generation);
    put_text(&c->out, m->id);
    int rc = ask(c);
    return rc ? rc : take16(c);
}

int kafka_heartbeat(kafka_conn *c, const char *group, const kafka_member *m)
{
    return tell(c, HEARTBEAT, group, m);
}

int kafka_leave(kafka_conn *c, const char *group, const kafka_member *m)
{
    return tell(c, LEAVE_GROUP, group, m);
}
