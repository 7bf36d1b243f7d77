/* A log over another one that can be made to fail: the n-th call of a kind, all of them from then on, with any error,
 * before or after the work is done (the answer is lost); to be slow; to hold its callers until it is let go. */
#ifndef TESTS_LOG_FAULT_H
#define TESTS_LOG_FAULT_H

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/log_int.h"

typedef enum log_call {
    CALL_TOPIC_CREATE,
    CALL_TOPIC_DELETE,
    CALL_TOPIC_GET,
    CALL_PART_OPEN,
    CALL_OFFSETS_QUERY,
    CALL_READER_NEXT,
    CALL_SEND,
    CALL_FLUSH,
    CALL_APPEND_WAIT,
    CALL_COMMIT,
    CALL_OFFSETS_FETCH,
    CALL_PRODUCER_OPEN,
    LOG_CALLS
} log_call;

static const char *const log_call_names[LOG_CALLS] = {
    "topic_create", "topic_delete", "topic_get",   "part_open", "offsets_query", "reader_next",
    "send",         "flush",        "append_wait", "commit",    "offsets_fetch", "producer_open"};

typedef struct log_plan {
    unsigned    calls;   /* bits of log_call; 0: nothing fails */
    uint64_t    at;      /* the first call that is struck, from 1 */
    uint64_t    times;   /* how many from there on; 0: one */
    st_code     code;    /* ST_OK: they succeed */
    bool        done;    /* the work is done all the same */
    bool        unknown; /* of a commit that was not done, or whose answer is lost: nobody knows which */
    bool        hold;    /* callers wait until the plan is lifted */
    int         slow_ms; /* each takes so long */
    const char *only;    /* calls whose topic, group or transactional id holds the text; NULL: all */
} log_plan;

typedef struct log_fault {
    tlog            base;
    tlog           *in;
    pthread_mutex_t mu;
    pthread_cond_t  lifted;
    log_plan        plan;
    uint64_t        seen;    /* calls that the plan is about */
    uint64_t        struck;  /* of them */
    int             waiting; /* callers that are held */
    atomic_bool     stale;   /* what is known of offsets stays as it is until it is asked for */
} log_fault;

typedef struct fault_part {
    tlog_part       base;
    log_fault      *f;
    tlog_part      *in;
    pthread_mutex_t mu;
    tlog_offsets    known; /* when it was last not stale */
    char            topic[];
} fault_part;

typedef struct fault_sender {
    tlog_sender  base;
    log_fault   *f;
    tlog_sender *in;
    char         topic[];
} fault_sender;

typedef struct fault_reader {
    tlog_reader  base;
    log_fault   *f;
    tlog_reader *in;
    uint64_t     seeks; /* passed on */
    char         topic[];
} fault_reader;

typedef struct fault_producer {
    tlog_producer  base;
    log_fault     *f;
    tlog_producer *in;
    char           id[];
} fault_producer;

static inline log_fault *log_fault_of(tlog *l)
{
    return (log_fault *)l;
}

static inline tlog_info fault_info(const tlog *l)
{
    return tlog_get_info(((const log_fault *)l)->in);
}

static inline tlog *log_fault_in(tlog *l)
{
    return log_fault_of(l)->in;
}

static inline bool log_fault_is_about(const log_plan *p, log_call call, const char *name)
{
    return p->calls & 1u << call && (p->only == NULL || strstr(name, p->only));
}

typedef enum log_verdict { LOG_GO, LOG_REFUSE, LOG_LOSE_ANSWER } log_verdict;

/* Counts a call; what is to become of it. */
static inline log_verdict log_fault_step(log_fault *f, log_call call, const char *name, status *st)
{
    log_verdict v = LOG_GO;
    pthread_mutex_lock(&f->mu);
    const log_plan p = f->plan;
    int            slow_ms = 0;
    if (log_fault_is_about(&p, call, name) && ++f->seen >= p.at && f->seen < p.at + (p.times ? p.times : 1)) {
        f->struck++;
        slow_ms = p.slow_ms;
        f->waiting++;
        while (p.hold && f->plan.hold)
            pthread_cond_wait(&f->lifted, &f->mu);
        f->waiting--;
        if (p.code != ST_OK)
            v = p.done ? LOG_LOSE_ANSWER : LOG_REFUSE;
    }
    pthread_mutex_unlock(&f->mu);
    if (slow_ms) {
        struct timespec t = {slow_ms / 1000, slow_ms % 1000 * 1000000L};
        nanosleep(&t, NULL);
    }
    if (v == LOG_REFUSE)
        status_set(st, p.code, "planted: %s of %s", log_call_names[call], name);
    return v;
}

/* The end of a call whose work was done: its own, or the loss of its answer. */
static inline bool log_fault_end(log_verdict v, bool ok, log_call call, const char *name, status *st)
{
    if (v != LOG_LOSE_ANSWER || !ok)
        return ok;
    return status_set(st, ST_IO, "planted: lost the answer to %s of %s", log_call_names[call], name);
}

#define LOG_FAULT_NAME(name) /* of a str, on the stack */ \
    char name##_z[512];                                   \
    snprintf(name##_z, sizeof name##_z, "%.*s", STR_FMT(name))

/* ---- topics */

static inline bool fault_topic_create(tlog *l, const tlog_topic *spec, status *st)
{
    str name = spec->name;
    LOG_FAULT_NAME(name);
    log_verdict v = log_fault_step(log_fault_of(l), CALL_TOPIC_CREATE, name_z, st);
    return v != LOG_REFUSE &&
           log_fault_end(v, tlog_topic_create(log_fault_in(l), spec, st), CALL_TOPIC_CREATE, name_z, st);
}

static inline bool fault_topic_delete(tlog *l, str name, status *st)
{
    LOG_FAULT_NAME(name);
    return log_fault_step(log_fault_of(l), CALL_TOPIC_DELETE, name_z, st) != LOG_REFUSE &&
           tlog_topic_delete(log_fault_in(l), name, st);
}

static inline bool fault_topic_get(tlog *l, arena *a, str name, tlog_topic *out, status *st)
{
    LOG_FAULT_NAME(name);
    return log_fault_step(log_fault_of(l), CALL_TOPIC_GET, name_z, st) != LOG_REFUSE &&
           tlog_topic_get(log_fault_in(l), a, name, out, st);
}

static inline bool fault_topic_list(tlog *l, arena *a, tlog_topic **out, size_t *n, status *st)
{
    return tlog_topic_list(log_fault_in(l), a, out, n, st);
}

static inline void fault_heard(void *ctx, str name)
{
    tlog_topic_changed(ctx, name);
}

/* ---- partitions */

static const tlog_ops log_fault_ops;

static inline tlog_part *part_in(tlog_part *p)
{
    return ((fault_part *)p)->in;
}

static inline tlog_part *fault_part_open(tlog *l, str topic, int32_t partition, status *st)
{
    LOG_FAULT_NAME(topic);
    if (log_fault_step(log_fault_of(l), CALL_PART_OPEN, topic_z, st) == LOG_REFUSE)
        return NULL;
    tlog_part *in = tlog_part_open(log_fault_in(l), topic, partition, st);
    if (in == NULL)
        return NULL;
    fault_part *p = calloc(1, sizeof *p + strlen(topic_z) + 1);
    p->base.ops = &log_fault_ops;
    p->f = log_fault_of(l);
    p->in = in;
    strcpy(p->topic, topic_z);
    pthread_mutex_init(&p->mu, NULL);
    return &p->base;
}

static inline void fault_part_close(tlog_part *p)
{
    tlog_part_close(part_in(p));
    pthread_mutex_destroy(&((fault_part *)p)->mu);
    free(p);
}

/* A stale log knows nothing of a partition but what it was asked for. */
static inline tlog_offsets fault_part_known(const tlog_part *tp)
{
    fault_part *p = (fault_part *)(uintptr_t)tp;
    pthread_mutex_lock(&p->mu);
    if (!atomic_load(&p->f->stale))
        p->known = tlog_part_known(p->in);
    tlog_offsets o = p->known;
    pthread_mutex_unlock(&p->mu);
    return o;
}

static inline bool fault_offsets_query(tlog *l, tlog_part *const *parts, size_t n, tlog_offsets *out, status *st)
{
    for (size_t i = 0; i < n; i++) {
        fault_part *p = (fault_part *)parts[i];
        if (log_fault_step(p->f, CALL_OFFSETS_QUERY, p->topic, st) == LOG_REFUSE ||
            !tlog_offsets_query(log_fault_in(l), &p->in, 1, &out[i], st))
            return false;
        pthread_mutex_lock(&p->mu);
        p->known = out[i];
        pthread_mutex_unlock(&p->mu);
    }
    return true;
}

static inline bool fault_part_is_deleted(const tlog_part *p)
{
    return tlog_part_is_deleted(((const fault_part *)p)->in);
}

static inline int32_t fault_part_epoch(const tlog_part *p)
{
    return tlog_part_epoch(((const fault_part *)p)->in);
}

static inline bool fault_offset_stands(tlog_part *p, int32_t epoch, int64_t offset, bool *stands, status *st)
{
    return tlog_offset_stands(part_in(p), epoch, offset, stands, st);
}

static inline bool fault_part_trim(tlog_part *p, int64_t offset, status *st)
{
    return tlog_part_trim(part_in(p), offset, st);
}

static inline bool fault_part_time(tlog_part *p, int64_t ts_ms, int64_t *offset, int64_t *ts, status *st)
{
    return tlog_part_offset_for_time(part_in(p), ts_ms, offset, ts, st);
}

static inline bool fault_append_wait(tlog_part *tp, const rec_out *r, uint32_t n, int64_t *base, status *st)
{
    fault_part *p = (fault_part *)tp;
    log_verdict v = log_fault_step(p->f, CALL_APPEND_WAIT, p->topic, st);
    return v != LOG_REFUSE && log_fault_end(v, tlog_append_wait(p->in, r, n, base, st), CALL_APPEND_WAIT, p->topic, st);
}

static inline uint64_t fault_watch(tlog_part *p, void (*wake)(void *), void *ctx)
{
    return tlog_part_watch(part_in(p), wake, ctx);
}

static inline void fault_unwatch(tlog_part *p, uint64_t id)
{
    tlog_part_unwatch(part_in(p), id);
}

/* ---- reading */

static inline tlog_reader *fault_reader_open(tlog_part *tp, int64_t offset, tlog_isolation iso)
{
    fault_part   *p = (fault_part *)tp;
    fault_reader *r = calloc(1, sizeof *r + strlen(p->topic) + 1);
    r->base = (tlog_reader){.ops = &log_fault_ops, .next = offset};
    r->f = p->f;
    r->in = tlog_reader_open(p->in, offset, iso);
    strcpy(r->topic, p->topic);
    return &r->base;
}

static inline void fault_reader_close(tlog_reader *r)
{
    tlog_reader_close(((fault_reader *)r)->in);
    free(r);
}

static inline bool fault_reader_next(tlog_reader *tr, rec_view *out, uint32_t n, uint32_t *got, status *st)
{
    fault_reader *r = (fault_reader *)tr;
    *got = 0;
    if (log_fault_step(r->f, CALL_READER_NEXT, r->topic, st) == LOG_REFUSE)
        return false;
    if (r->seeks != r->base.seeks)
        tlog_reader_seek(r->in, r->base.next);
    r->seeks = r->base.seeks;
    bool ok = tlog_reader_next(r->in, out, n, got, st);
    r->base.next = tlog_reader_offset(r->in);
    return ok;
}

/* ---- sending */

static inline tlog_sender *fault_sender_open(tlog_part *tp, tlog_producer *producer)
{
    fault_part   *p = (fault_part *)tp;
    fault_sender *s = calloc(1, sizeof *s + strlen(p->topic) + 1);
    s->base.ops = &log_fault_ops;
    s->f = p->f;
    s->in = tlog_sender_open(p->in, producer ? ((fault_producer *)producer)->in : NULL);
    strcpy(s->topic, p->topic);
    return &s->base;
}

static inline void fault_sender_close(tlog_sender *s)
{
    tlog_sender_close(((fault_sender *)s)->in);
    free(s);
}

static inline bool fault_send(tlog_sender *ts, const rec_out *r, status *st)
{
    fault_sender *s = (fault_sender *)ts;
    log_verdict   v = log_fault_step(s->f, CALL_SEND, s->topic, st);
    return v != LOG_REFUSE && log_fault_end(v, tlog_send(s->in, r, st), CALL_SEND, s->topic, st);
}

static inline bool fault_flush(tlog_sender *ts, status *st)
{
    fault_sender *s = (fault_sender *)ts;
    log_verdict   v = log_fault_step(s->f, CALL_FLUSH, s->topic, st);
    return v != LOG_REFUSE && log_fault_end(v, tlog_flush(s->in, st), CALL_FLUSH, s->topic, st);
}

static inline tlog_mark fault_sender_mark(const tlog_sender *s)
{
    return tlog_sender_mark(((const fault_sender *)s)->in);
}

/* ---- offsets and transactions */

#define FAULT_COMMITS_MAX 64

/* The same, of the partitions beneath. */
static inline const tlog_position *commits_in(const tlog_position *c, size_t n, tlog_position out[FAULT_COMMITS_MAX])
{
    if (n > FAULT_COMMITS_MAX)
        abort();
    for (size_t i = 0; i < n; i++) {
        out[i] = c[i];
        if (c[i].of)
            out[i].of = part_in(c[i].of);
    }
    return out;
}

static inline tlog_outcome fault_commit(tlog *l, const tlog_commit_args *c, status *st)
{
    log_fault    *f = log_fault_of(l);
    tlog_position in[FAULT_COMMITS_MAX];
    tlog_sender  *senders[FAULT_COMMITS_MAX];
    str           group = c->group;
    LOG_FAULT_NAME(group);
    log_verdict v = log_fault_step(f, CALL_COMMIT, group_z, st);
    pthread_mutex_lock(&f->mu);
    bool unknown = f->plan.unknown;
    pthread_mutex_unlock(&f->mu);
    if (v == LOG_REFUSE)
        return unknown ? TLOG_UNKNOWN : TLOG_NOT_COMMITTED;
    if (c->sender_count > FAULT_COMMITS_MAX)
        abort();
    for (size_t i = 0; i < c->sender_count; i++)
        senders[i] = ((fault_sender *)c->senders[i])->in;
    tlog_commit_args under = *c;
    under.positions = commits_in(c->positions, c->position_count, in);
    under.senders = senders;
    under.producer = c->producer ? ((fault_producer *)c->producer)->in : NULL;
    tlog_outcome how = tlog_commit(log_fault_in(l), &under, st);
    if (v != LOG_LOSE_ANSWER || how != TLOG_COMMITTED)
        return how;
    log_fault_end(v, true, CALL_COMMIT, group_z, st);
    return TLOG_UNKNOWN;
}

static inline bool fault_offsets_fetch(tlog *l, str group, tlog_position *p, size_t n, status *st)
{
    LOG_FAULT_NAME(group);
    return log_fault_step(log_fault_of(l), CALL_OFFSETS_FETCH, group_z, st) != LOG_REFUSE &&
           tlog_offsets_fetch(log_fault_in(l), group, p, n, st);
}

static inline bool fault_delete_group(tlog *l, str group, status *st)
{
    return tlog_offsets_delete_group(log_fault_in(l), group, st);
}

static inline tlog_producer *fault_producer_open(tlog *l, str id, status *st)
{
    LOG_FAULT_NAME(id);
    if (log_fault_step(log_fault_of(l), CALL_PRODUCER_OPEN, id_z, st) == LOG_REFUSE)
        return NULL;
    tlog_producer *in = tlog_producer_open(log_fault_in(l), id, st);
    if (in == NULL)
        return NULL;
    fault_producer *p = calloc(1, sizeof *p + strlen(id_z) + 1);
    p->base.ops = &log_fault_ops;
    p->f = log_fault_of(l);
    p->in = in;
    strcpy(p->id, id_z);
    return &p->base;
}

static inline void fault_producer_close(tlog_producer *p)
{
    tlog_producer_close(((fault_producer *)p)->in);
    free(p);
}

static inline bool fault_producer_abort(tlog_producer *p, status *st)
{
    return tlog_producer_abort(((fault_producer *)p)->in, st);
}

static inline void fault_log_close(tlog *l)
{
    (void)l; /* whoever opened what lies beneath closes it */
}

static const tlog_ops log_fault_ops = {
    .close = fault_log_close,
    .info = fault_info,
    .topic_create = fault_topic_create,
    .topic_delete = fault_topic_delete,
    .topic_get = fault_topic_get,
    .topic_list = fault_topic_list,
    .part_open = fault_part_open,
    .part_close = fault_part_close,
    .part_known = fault_part_known,
    .offsets_query = fault_offsets_query,
    .part_is_deleted = fault_part_is_deleted,
    .part_epoch = fault_part_epoch,
    .offset_stands = fault_offset_stands,
    .part_trim = fault_part_trim,
    .part_offset_for_time = fault_part_time,
    .part_watch = fault_watch,
    .part_unwatch = fault_unwatch,
    .reader_open = fault_reader_open,
    .reader_close = fault_reader_close,
    .reader_next = fault_reader_next,
    .sender_open = fault_sender_open,
    .sender_close = fault_sender_close,
    .send = fault_send,
    .flush = fault_flush,
    .sender_mark = fault_sender_mark,
    .append_wait = fault_append_wait,
    .commit = fault_commit,
    .offsets_fetch = fault_offsets_fetch,
    .offsets_delete_group = fault_delete_group,
    .producer_open = fault_producer_open,
    .producer_close = fault_producer_close,
    .producer_abort = fault_producer_abort,
};

/* ---- its owner's */

static inline void log_fault_init(log_fault *f)
{
    memset(f, 0, sizeof *f);
    pthread_mutex_init(&f->mu, NULL);
    pthread_cond_init(&f->lifted, NULL);
    tlog_init(&f->base, &log_fault_ops);
}

static inline void log_fault_free(log_fault *f)
{
    tlog_deinit(&f->base);
    pthread_cond_destroy(&f->lifted);
    pthread_mutex_destroy(&f->mu);
}

/* The log beneath may be another one after a restart. */
static inline tlog *log_fault_over(log_fault *f, tlog *in)
{
    f->in = in;
    tlog_on_topic_change(in, fault_heard, &f->base);
    return &f->base;
}

static inline void log_fault_arm(log_fault *f, log_plan plan)
{
    pthread_mutex_lock(&f->mu);
    f->plan = plan;
    f->seen = f->struck = 0;
    pthread_mutex_unlock(&f->mu);
}

/* Everything succeeds again. How many calls were struck. */
static inline uint64_t log_fault_lift(log_fault *f)
{
    pthread_mutex_lock(&f->mu);
    uint64_t n = f->struck;
    f->plan = (log_plan){0};
    pthread_cond_broadcast(&f->lifted);
    pthread_mutex_unlock(&f->mu);
    return n;
}

static inline uint64_t log_fault_struck(log_fault *f)
{
    pthread_mutex_lock(&f->mu);
    uint64_t n = f->struck;
    pthread_mutex_unlock(&f->mu);
    return n;
}

static inline int log_fault_waiting(log_fault *f)
{
    pthread_mutex_lock(&f->mu);
    int n = f->waiting;
    pthread_mutex_unlock(&f->mu);
    return n;
}

#endif
