/* What a task does while it runs: reads its inputs, oldest record first, and commits how far it came. */
#include "engine/run/task_int.h"

#include <assert.h>
#include <stdio.h>

#include "base/mem.h"

#define ARENA_RECORDS 64         /* rows kept before the batch arena is reset */
#define CLOCK_RECORDS_MAX 64     /* records between two looks at the clock, when they are cheap ... */
#define CLOCK_AIM_NS 100000      /* ... which shall lie about so far apart */
#define FULL_RETRY_MS 5          /* until a log that was full is asked again */
#define FULL_COMMIT_MS 10000     /* a commit waits so long for a full log to take what belongs to it */
#define SNAPSHOT_RECORDS 1000000 /* changelog records after which a new snapshot pays */
#define TRIM_RECORDS (1 << 18)   /* processed records of an internal topic that are worth a trim, which syncs */

/* ---- feeds */

/* Has the topic the partition? Opens it there; else *gone. */
static bool open_part(task *t, feed *f, bool *gone)
{
    tlog_part *part = tlog_part_open(t->tp->log, f->topic, f->partition, &t->st);
    *gone = part == NULL && t->st.code == ST_NOT_FOUND;
    if (*gone)
        status_init(&t->st);
    pthread_mutex_lock(&t->reason_lock);
    f->part = part;
    pthread_mutex_unlock(&t->reason_lock);
    return part != NULL || *gone;
}

static void on_wake(void *ctx)
{
    feed *f = ctx;
    f->t->tp->post(f->t->tp->ctx, f->t, MAIL_WAKE);
}

static void read_on(task *t, feed *f, const tlog_offsets *o)
{
    const stage_input *in = &t->stage->inputs[f->input];
    tlog_isolation     iso = t->tp->exactly_once || !in->internal ? TLOG_READ_COMMITTED : TLOG_READ_UNCOMMITTED;
    f->rd = tlog_reader_open(f->part, f->position, iso);
    f->watch = tlog_part_watch(f->part, on_wake, f);
    tlog_reader_keep(f->rd, f->position);
    f->trimmed = o->start;
    f->stop = t->tp->bounded ? o->last_stable : INT64_MAX;
    f->has_next = false;
    f->ahead_at = f->ahead_n = 0;
}

/* What calls back is let go of without the lock: the callback may hold others that lead here. */
static void close_feed(feed *f)
{
    task *t = f->t;
    pthread_mutex_lock(&t->reason_lock);
    tlog_part *part = f->part;
    f->part = NULL;
    pthread_mutex_unlock(&t->reason_lock);
    if (part == NULL)
        return;
    if (f->rd) { /* it was known where to begin */
        tlog_part_unwatch(part, f->watch);
        tlog_reader_close(f->rd);
    }
    f->rd = NULL;
    tlog_part_close(part);
    f->has_next = false;
    f->ahead_at = f->ahead_n = 0;
}

static feed *find_feed(task *t, uint32_t input, int32_t partition)
{
    for (size_t i = 0; i < t->l.feeds.n; i++)
        if (t->l.feeds.p[i]->input == input && t->l.feeds.p[i]->partition == partition)
            return t->l.feeds.p[i];
    return NULL;
}

static feed *add_feed(task *t, uint32_t input, int32_t partition)
{
    const stage_input *in = &t->stage->inputs[input];
    feed              *f = MEM_NEW(feed);
    *f = (feed){.t = t, .input = input, .partition = partition};
    f->topic = in->internal ? t->tp->internals[in->internal_index].name : in->topic;
    pthread_mutex_lock(&t->reason_lock); /* others may be looking through the list */
    VEC_PUSH(&t->l.feeds, f);
    pthread_mutex_unlock(&t->reason_lock);
    return f;
}

/* Feeds whose partition has just been opened: where they begin is asked for all of them together. */
typedef struct opening {
    arena a;
    VEC(feed *) feeds;
    VEC(bool) fresh; /* a topic that was made again, or that grew: new all of it */
} opening;

/* Opens partition p of an input unless it is open. first: when the task is opened, not while it runs. */
static bool want_feed(task *t, opening *op, uint32_t input, int32_t p, bool first, bool *gone)
{
    feed *f = find_feed(t, input, p);
    *gone = false;
    if (f && f->part)
        return true;
    bool fresh = f != NULL || !first;
    if (f == NULL)
        f = add_feed(t, input, p);
    if (!open_part(t, f, gone) || *gone)
        return *gone;
    AVEC_PUSH(&op->a, &op->feeds, f);
    AVEC_PUSH(&op->a, &op->fresh, fresh);
    return true;
}

/* Does a commit stand of which that was not known? All of it or nothing: what was begun anew goes on from there. */
static bool settle_doubts(task *t, const opening *op, const tlog_position *at)
{
    size_t stands = 0, undone = 0;
    for (size_t i = 0; i < op->feeds.n; i++)
        for (size_t k = 0; k < t->doubts.n; k++) {
            const doubt *d = &t->doubts.p[k];
            if (d->input != op->feeds.p[i]->input || d->partition != op->feeds.p[i]->partition || d->was == d->would)
                continue;
            stands += at[i].offset == d->would;
            undone += at[i].offset == d->was;
        }
    t->doubts.n = 0;
    if (stands == 0 || undone == 0)
        return true;
    return status_set(&t->st, ST_CORRUPT, "Of a commit's offsets %zu stand and %zu do not.", stands, undone);
}

/* An input without a committed offset begins where the query was told to, a fresh one with its first record. */
static int64_t start_offset(const task *t, const feed *f, bool fresh, const tlog_offsets *o)
{
    const stage_input *in = &t->stage->inputs[f->input];
    bool               table = !in->internal && in->node->is_table;
    return in->internal || table || t->tp->earliest || t->tp->persistent || fresh ? o->start : o->high;
}

static bool skip_gap(task *t, feed *f, int64_t start);

/* Where those begin that were opened. Blocks. */
static bool place_feeds(task *t, opening *op)
{
    size_t         n = op->feeds.n;
    tlog_part    **parts = ARENA_ARRAY(&op->a, tlog_part *, n);
    tlog_offsets  *o = ARENA_ARRAY(&op->a, tlog_offsets, n);
    tlog_position *at = ARENA_ARRAY(&op->a, tlog_position, n);
    for (size_t i = 0; i < n; i++) {
        feed *f = op->feeds.p[i];
        parts[i] = f->part;
        at[i] = (tlog_position){f->topic, f->partition, TLOG_OFFSET_NONE, f->part};
    }
    if (!tlog_offsets_query(t->tp->log, parts, n, o, &t->st))
        return false;
    if (t->tp->persistent && !(tlog_offsets_fetch(t->tp->log, t->tp->group, at, n, &t->st) && settle_doubts(t, op, at)))
        return false;
    for (size_t i = 0; i < n; i++) {
        feed *f = op->feeds.p[i];
        bool  none = at[i].offset == TLOG_OFFSET_NONE;
        f->position = none ? start_offset(t, f, op->fresh.p[i], &o[i]) : at[i].offset;
        atomic_store(&f->committed, f->position);
        read_on(t, f, &o[i]);
        skip_gap(t, f, o[i].start);
    }
    return true;
}

bool task_topic_partitions(task *t, str topic, int32_t *n)
{
    arena      a;
    tlog_topic info;
    arena_init(&a);
    bool ok = tlog_topic_get(t->tp->log, &a, topic, &info, &t->st);
    *n = ok ? info.partitions : 0;
    arena_free(&a);
    if (!ok && t->st.code == ST_NOT_FOUND) {
        status_init(&t->st);
        return true;
    }
    return ok;
}

static bool partitions_of(task *t, const stage_input *in, int32_t *n)
{
    if (!in->internal)
        return task_topic_partitions(t, in->topic, n);
    *n = t->tp->internals[in->internal_index].partitions;
    return true;
}

static bool open_feeds(task *t, opening *op, const char **missing)
{
    bool first = t->l.feeds.n == 0;
    *missing = NULL;
    for (uint32_t i = 0; i < t->stage->input_count; i++) {
        const stage_input *in = &t->stage->inputs[i];
        int32_t            n;
        bool               gone = false;
        if (!partitions_of(t, in, &n))
            return false;
        if (t->stage->single_task) {
            for (int32_t p = 0; p < n; p++)
                if (!want_feed(t, op, i, p, first, &gone))
                    return false;
        } else if (!want_feed(t, op, i, t->partition, first, &gone)) {
            return false;
        }
        if ((gone || n == 0) && *missing == NULL)
            *missing = str_z(&t->l.a, in->internal ? t->tp->internals[in->internal_index].name : in->topic);
    }
    return op->feeds.n == 0 || place_feeds(t, op);
}

bool task_open_feeds(task *t, const char **missing)
{
    opening op = {0};
    arena_init(&op.a);
    bool ok = open_feeds(t, &op, missing);
    arena_free(&op.a);
    return ok;
}

void task_close_feeds(task *t)
{
    for (size_t i = 0; i < t->l.feeds.n; i++)
        close_feed(t->l.feeds.p[i]);
    pthread_mutex_lock(&t->reason_lock);
    size_t n = t->l.feeds.n;
    t->l.feeds.n = 0;
    pthread_mutex_unlock(&t->reason_lock);
    for (size_t i = 0; i < n; i++)
        mem_free(t->l.feeds.p[i]);
    VEC_FREE(&t->l.feeds);
}

/* ---- reading */

typedef enum fill_result { FILL_RECORD, FILL_NONE, FILL_FAILED, FILL_GONE } fill_result;

/* Records below the first one that there is were deleted (retention, DeleteRecords) before they were read. What was
 * counted stays counted: the query goes on behind the gap and says how large it was. */
static bool skip_gap(task *t, feed *f, int64_t start)
{
    if (start <= f->position)
        return false;
    if (t->tp->missed)
        t->tp->missed(t->tp->ctx, f->topic, f->partition, start - f->position);
    f->position = start;
    t->dirty = true;
    tlog_reader_seek(f->rd, start);
    status_init(&t->st);
    return true;
}

/* The next records; the pipeline is told of many before the first of them is fed. */
static fill_result read_ahead(task *t, feed *f)
{
    f->ahead_at = f->ahead_n = 0;
    while (!tlog_reader_next(f->rd, f->ahead, STORE_EXPECT_MAX, &f->ahead_n, &t->st)) {
        f->ahead_n = 0;
        /* A log whose offsets are not known well enough yet is asked for them when the task begins anew. */
        if (t->st.code == ST_OFFSET_RANGE && skip_gap(t, f, tlog_part_known(f->part).start))
            continue;
        /* What is committed from now on must not name it. One that is not deleted, whatever its log says, is the same
         * when it is read again: as after any failure, from the last commit. */
        if (t->st.code == ST_NOT_FOUND && tlog_part_is_deleted(f->part)) {
            status_init(&t->st);
            close_feed(f);
            return FILL_GONE;
        }
        task_fail(t, t->st.msg);
        return FILL_FAILED;
    }
    if (f->ahead_n) {
        pipeline_expect(t->l.pl, f->input, f->ahead, f->ahead_n);
        return FILL_RECORD;
    }
    int64_t at = tlog_reader_offset(f->rd); /* behind markers and aborted records, which nobody is given */
    if (at > f->position) {
        f->position = at;
        t->dirty = true; /* lags are told by what is committed */
    }
    return FILL_NONE;
}

/* Makes feed->next the next record. */
static fill_result fill(task *t, feed *f)
{
    if (f->has_next)
        return FILL_RECORD;
    if (f->ahead_at == f->ahead_n) {
        fill_result r = f->position >= f->stop ? FILL_NONE : read_ahead(t, f);
        if (r != FILL_RECORD)
            return r;
    }
    f->next = &f->ahead[f->ahead_at];
    if (f->next->offset >= f->stop) {
        f->position = f->stop; /* between the last record and it there may be markers only */
        return FILL_NONE;
    }
    f->ahead_at++;
    f->has_next = true;
    return FILL_RECORD;
}

/* The feed whose next record is oldest, a table's before a stream's at the same millisecond. NULL: *why. */
static feed *oldest(task *t, fill_result *why)
{
    feed *best = NULL;
    *why = FILL_NONE;
    for (size_t i = 0; i < t->l.feeds.n; i++) {
        feed       *f = t->l.feeds.p[i];
        bool        had = f->has_next;
        fill_result r = fill(t, f);
        if (r == FILL_FAILED || r == FILL_GONE) {
            *why = r;
            return NULL;
        }
        if (r == FILL_NONE)
            continue;
        if (!had && !pipeline_peek_ts(t->l.pl, f->input, f->next, &f->next_ts))
            f->next_ts = INT64_MIN;
        if (best == NULL || f->next_ts < best->next_ts ||
            (f->next_ts == best->next_ts && t->stage->inputs[f->input].node->is_table &&
             !t->stage->inputs[best->input].node->is_table))
            best = f;
    }
    return best;
}

static bool at_end(const task *t)
{
    bool end = t->tp->bounded;
    for (size_t i = 0; i < t->l.feeds.n && end; i++)
        end = !t->l.feeds.p[i]->has_next && t->l.feeds.p[i]->position >= t->l.feeds.p[i]->stop;
    return end;
}

/* Called before the lock is let go of. */
static void publish(task *t)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < t->l.state_count; i++) {
        store_tend(t->l.states[i].s);
        bytes += store_bytes(t->l.states[i].s);
    }
    atomic_store_explicit(&t->told_in, t->records_in, memory_order_relaxed);
    atomic_store_explicit(&t->told_out, t->records_out, memory_order_relaxed);
    atomic_store_explicit(&t->told_state_bytes, bytes, memory_order_relaxed);
    atomic_store_explicit(&t->at_input, -1, memory_order_relaxed);
}

/* A look at the clock costs as much as a cheap record, and a dear record as much as a slice: how many lie between two
 * looks follows what the last ones cost. */
static bool time_is_up(task *t, int64_t *looked_ns, int64_t until_ns)
{
    int64_t now = clock_mono_ns(), took = now - *looked_ns;
    if (took > 2 * CLOCK_AIM_NS)
        t->clock_every = took > 16 * CLOCK_AIM_NS ? 1 : (t->clock_every + 1) / 2;
    else if (t->clock_every < CLOCK_RECORDS_MAX)
        t->clock_every *= 2;
    *looked_ns = now;
    return now >= until_ns || atomic_load_explicit(&t->readers, memory_order_relaxed) ||
           atomic_load_explicit(&t->tp->stop, memory_order_relaxed);
}

static slice_end run_records(task *t, int64_t until_ns)
{
    int64_t  looked = clock_mono_ns();
    uint32_t n = 0, next_look = t->clock_every;
    while (!t->failed && !t->ended) {
        fill_result why;
        feed       *f;
        if (t->l.feeds.n == 1) { /* nothing to choose from */
            f = t->l.feeds.p[0];
            if ((why = fill(t, f)) != FILL_RECORD)
                f = NULL;
        } else {
            f = oldest(t, &why);
        }
        if (f == NULL)
            return why == FILL_GONE ? SLICE_GONE : why == FILL_FAILED ? SLICE_FAILED : SLICE_EMPTY;
        atomic_store_explicit(&t->at_partition, f->partition, memory_order_relaxed);
        atomic_store_explicit(&t->at_input, (int32_t)f->input, memory_order_relaxed);
        atomic_store_explicit(&t->at_offset, f->next->offset, memory_order_relaxed);
        if (pipeline_feed(t->l.pl, f->input, f->next, f->partition) == FEED_WAIT)
            return SLICE_WAIT; /* with the record as it stands: it will be fed again */
        f->has_next = false;
        f->position = f->next->offset + 1;
        t->records_in++;
        t->dirty = true;
        if (t->l.held.n)
            return t->failed ? SLICE_FAILED : t->ended ? SLICE_ENDED : SLICE_FULL;
        if (++n % ARENA_RECORDS == 0)
            pipeline_end_batch(t->l.pl);
        if (n == next_look) {
            if (time_is_up(t, &looked, until_ns))
                return t->failed ? SLICE_FAILED : t->ended ? SLICE_ENDED : SLICE_MORE;
            next_look += t->clock_every;
        }
    }
    return t->failed ? SLICE_FAILED : SLICE_ENDED;
}

/* What lies before its position need not be kept for it any more. */
static void let_go(feed *f)
{
    atomic_store(&f->committed, f->position);
    if (f->rd)
        tlog_reader_keep(f->rd, f->position);
}

slice_end task_slice(task *t, int64_t until_ns)
{
    slice_end end = task_send_held(t) ? run_records(t, until_ns) : SLICE_FULL;
    t->idle_due = end == SLICE_EMPTY ? pipeline_idle(t->l.pl) : INT64_MAX;
    pipeline_end_batch(t->l.pl);
    t->full_until = t->l.held.n ? time_mono_ms(t->tp->clock) + FULL_RETRY_MS : INT64_MAX;
    /* A record that was broken off inside left half of its results: none of them may get out. */
    if (atomic_load(&t->tp->stop) && end != SLICE_ENDED)
        task_fail(t, "It was stopped inside a record.");
    if (!t->failed)
        task_flush(t);
    for (size_t i = 0; !t->tp->persistent && i < t->l.feeds.n; i++)
        let_go(t->l.feeds.p[i]); /* it never commits, and never goes back */
    if (t->dirty && t->next_commit == INT64_MAX)
        t->next_commit = time_mono_ms(t->tp->clock) + atomic_load(&t->tp->commit_interval_ms);
    publish(t);
    if (t->failed)
        return SLICE_FAILED;
    return end == SLICE_EMPTY && at_end(t) ? SLICE_ENDED : end;
}

/* ---- committing */

/* Records of internal topics go when they have been processed for good, as nobody else reads them. What
 * fails is tried again later: it costs room on disk and nothing else. */
static void trim_inputs(task *t)
{
    status st;
    status_init(&st);
    for (size_t i = 0; i < t->l.feeds.n; i++) {
        feed   *f = t->l.feeds.p[i];
        int64_t committed = atomic_load(&f->committed);
        if (f->part == NULL || !t->stage->inputs[f->input].internal || committed - f->trimmed < TRIM_RECORDS)
            continue;
        if (tlog_part_trim(f->part, committed, &st))
            f->trimmed = committed;
    }
}

/* What a full log has not taken belongs to the commit. */
static bool await_held(task *t)
{
    int64_t until = clock_mono_ms() + FULL_COMMIT_MS;
    while (!task_send_held(t) && !t->failed) {
        struct timespec nap = {.tv_nsec = FULL_RETRY_MS * 1000000L};
        if (clock_mono_ms() > until) {
            status_set(&t->st, ST_TIMEOUT, "A topic that the query writes to has taken nothing for %d s.",
                       FULL_COMMIT_MS / 1000);
            task_fail(t, t->st.msg);
        } else if (task_flush(t)) {
            nanosleep(&nap, NULL);
        }
    }
    return !t->failed;
}

static tlog_outcome commit(task *t)
{
    tlog_sender  **senders;
    tlog_position *p = ARENA_ARRAY(&t->l.a, tlog_position, t->l.feeds.n + 1);
    size_t         n = 0, sender_count = task_senders(t, &senders);
    for (size_t i = 0; i < t->l.feeds.n; i++) {
        const feed *f = t->l.feeds.p[i];
        if (f->part)
            p[n++] = (tlog_position){f->topic, f->partition, f->position, f->part};
    }
    tlog_commit_args c = {.group = t->tp->group,
                          .positions = p,
                          .position_count = n,
                          .senders = senders,
                          .sender_count = sender_count,
                          .producer = t->l.producer};
    return tlog_commit(t->tp->log, &c, &t->st);
}

/* Told apart when the task is opened anew, which is the next it does. */
static void note_doubts(task *t)
{
    t->doubts.n = 0;
    for (size_t i = 0; i < t->l.feeds.n; i++) {
        const feed *f = t->l.feeds.p[i];
        doubt       d = {f->input, f->partition, atomic_load(&f->committed), f->position};
        VEC_PUSH(&t->doubts, d);
    }
}

bool task_commit(task *t)
{
    if (!t->dirty || !t->tp->persistent)
        return true;
    assert(t->l.restored && !t->failed); /* what is committed must be whole */
    if (!task_log_state(t) || !await_held(t))
        return false;
    arena_mark   mark = arena_save(&t->l.a);
    tlog_outcome how = commit(t);
    arena_rewind(&t->l.a, mark);
    switch (how) {
    case TLOG_COMMITTED:
        break;
    case TLOG_UNKNOWN:
        note_doubts(t);
        task_fail(t, t->st.msg);
        return false;
    case TLOG_NOT_COMMITTED:
        task_fail(t, t->st.msg);
        return false;
    }
    for (size_t i = 0; i < t->l.feeds.n; i++)
        let_go(t->l.feeds.p[i]);
    t->dirty = false;
    t->next_commit = INT64_MAX;
    trim_inputs(t);
    if (t->l.changes > SNAPSHOT_RECORDS)
        task_begin_snapshot(t);
    return true;
}
