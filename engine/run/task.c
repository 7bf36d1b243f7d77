/* What a task does while it runs: reads its inputs, oldest record first, and commits how far it came. */
#include "engine/run/task_int.h"

#include <assert.h>
#include <stdio.h>

#include "base/mem.h"

#define ARENA_RECORDS 64         /* rows kept before the batch arena is reset */
#define CLOCK_RECORDS_MAX 64     /* records between two looks at the clock, when they are cheap ... */
#define CLOCK_AIM_NS 100000      /* ... which shall lie about so far apart */
#define READ_BYTES (256u << 10)  /* asked of the log at a time */
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

/* An input without a committed offset begins where the query was told to; a topic that was made again, or that grew,
 * has none and is new all of it: `fresh`. */
static bool start_offset(task *t, const stage_input *in, feed *f, bool fresh)
{
    int64_t      at = TLOG_OFFSET_NONE;
    tlog_offsets o = tlog_part_offsets(f->part);
    if (t->tp->persistent && !tlog_offsets_fetch(t->tp->log, t->tp->group, f->topic, f->partition, &at, &t->st))
        return false;
    bool table = !in->internal && in->node->is_table;
    if (at == TLOG_OFFSET_NONE)
        at = in->internal || table || t->tp->earliest || t->tp->persistent || fresh ? o.start : o.high;
    f->position = at;
    return true;
}

static void on_wake(void *ctx)
{
    feed *f = ctx;
    f->t->tp->post(f->t->tp->ctx, f->t, MAIL_WAKE);
}

static void read_on(task *t, feed *f)
{
    const stage_input *in = &t->stage->inputs[f->input];
    tlog_isolation     iso = t->tp->exactly_once || !in->internal ? TLOG_READ_COMMITTED : TLOG_READ_UNCOMMITTED;
    f->rd = tlog_reader_open(f->part, f->position, iso);
    f->watch = tlog_part_watch(f->part, on_wake, f);
    f->trimmed = tlog_part_offsets(f->part).start;
    f->stop = t->tp->bounded ? tlog_part_offsets(f->part).last_stable : INT64_MAX;
    f->in_batch = f->has_next = false;
    f->left = f->ahead_at = f->ahead_n = 0;
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
    tlog_part_unwatch(part, f->watch);
    tlog_reader_close(f->rd);
    tlog_part_close(part);
    f->has_next = false;
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
    *f = (feed){.t = t, .input = input, .partition = partition, .it = BATCH_ITER_INIT};
    f->topic = in->internal ? t->tp->internals[in->internal_index].name : in->topic;
    pthread_mutex_lock(&t->reason_lock); /* others may be looking through the list */
    VEC_PUSH(&t->l.feeds, f);
    pthread_mutex_unlock(&t->reason_lock);
    return f;
}

/* Opens partition p of an input unless it is open. first: when the task is opened, not while it runs. */
static bool want_feed(task *t, uint32_t input, int32_t p, bool first, bool *gone)
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
    if (!start_offset(t, &t->stage->inputs[input], f, fresh))
        return false;
    atomic_store(&f->committed, f->position);
    read_on(t, f);
    return true;
}

static bool partitions_of(task *t, const stage_input *in, int32_t *n)
{
    if (in->internal) {
        *n = t->tp->internals[in->internal_index].partitions;
        return true;
    }
    arena      a;
    tlog_topic info;
    arena_init(&a);
    bool ok = tlog_topic_get(t->tp->log, &a, in->topic, &info, &t->st);
    *n = ok ? info.partitions : 0;
    arena_free(&a);
    if (!ok && t->st.code == ST_NOT_FOUND) {
        status_init(&t->st);
        return true;
    }
    return ok;
}

bool task_open_feeds(task *t, const char **missing)
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
                if (!want_feed(t, i, p, first, &gone))
                    return false;
        } else if (!want_feed(t, i, t->partition, first, &gone)) {
            return false;
        }
        if ((gone || n == 0) && *missing == NULL)
            *missing = str_z(&t->l.a, in->internal ? t->tp->internals[in->internal_index].name : in->topic);
    }
    return true;
}

void task_close_feeds(task *t)
{
    for (size_t i = 0; i < t->l.feeds.n; i++)
        close_feed(t->l.feeds.p[i]);
    pthread_mutex_lock(&t->reason_lock);
    size_t n = t->l.feeds.n;
    t->l.feeds.n = 0;
    pthread_mutex_unlock(&t->reason_lock);
    for (size_t i = 0; i < n; i++) {
        batch_iter_free(&t->l.feeds.p[i]->it);
        mem_free(t->l.feeds.p[i]);
    }
    VEC_FREE(&t->l.feeds);
}

/* ---- reading */

/* The next record of the batch. The pipeline is told of many before the first of them is fed. */
static bool next_in_batch(task *t, feed *f)
{
    if (f->ahead_at == f->ahead_n) {
        f->ahead_at = f->ahead_n = 0;
        while (f->ahead_n < STORE_EXPECT_MAX && batch_iter_next(&f->it, &f->ahead[f->ahead_n], &t->st))
            f->ahead_n++;
        if (f->ahead_n == 0)
            return false;
        pipeline_expect(t->l.pl, f->input, f->ahead, f->ahead_n);
    }
    f->next = &f->ahead[f->ahead_at++];
    return true;
}

typedef enum fill_result { FILL_RECORD, FILL_NONE, FILL_FAILED, FILL_GONE } fill_result;

/* Records below the first one that there is were deleted (retention, DeleteRecords) before they were read. What was
 * counted stays counted: the query goes on behind the gap and says how large it was. */
static bool skip_gap(task *t, feed *f)
{
    int64_t start = tlog_part_offsets(f->part).start;
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

static fill_result read_batches(task *t, feed *f)
{
    while (!tlog_reader_next(f->rd, READ_BYTES, &f->data, &f->left, &t->st)) {
        f->left = 0;
        if (t->st.code == ST_OFFSET_RANGE && skip_gap(t, f))
            continue;
        if (t->st.code == ST_NOT_FOUND) { /* what is committed from now on must not name it */
            status_init(&t->st);
            close_feed(f);
            return FILL_GONE;
        }
        task_fail(t, t->st.msg);
        return FILL_FAILED;
    }
    if (f->left)
        return FILL_RECORD;
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
    while (!f->has_next) {
        if (f->in_batch) {
            if (next_in_batch(t, f)) {
                if (f->next->offset < f->position)
                    continue;
                if (f->next->offset >= f->stop) {
                    f->position = f->stop; /* between the last record and it there may be markers only */
                    return FILL_NONE;
                }
                f->has_next = true;
                break;
            }
            if (t->st.code != ST_OK) {
                task_fail(t, t->st.msg);
                return FILL_FAILED;
            }
            f->in_batch = false;
            f->position = f->it.b.base_offset + f->it.b.last_delta + 1;
            f->data += f->it.b.size_bytes;
            f->left -= f->it.b.size_bytes;
        }
        if (f->left == 0) {
            fill_result r = f->position >= f->stop ? FILL_NONE : read_batches(t, f);
            if (r != FILL_RECORD)
                return r;
        }
        if (!batch_iter_begin(&f->it, f->data, f->left, &t->st)) {
            task_fail(t, t->st.msg);
            return FILL_FAILED;
        }
        f->in_batch = true;
    }
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

slice_end task_slice(task *t, int64_t until_ns)
{
    slice_end end = run_records(t, until_ns);
    t->idle_due = end == SLICE_EMPTY ? pipeline_idle(t->l.pl) : INT64_MAX;
    pipeline_end_batch(t->l.pl);
    /* A record that was broken off inside left half of its results: none of them may get out. */
    if (atomic_load(&t->tp->stop) && end != SLICE_ENDED)
        task_fail(t, "It was stopped inside a record.");
    if (!t->failed)
        task_flush(t);
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

bool task_commit(task *t)
{
    if (!t->dirty || !t->tp->persistent)
        return true;
    assert(t->l.restored && !t->failed); /* what is committed must be whole */
    if (!task_flush(t) || !task_log_state(t))
        return false;
    arena_mark   mark = arena_save(&t->l.a);
    tlog_commit *c = ARENA_ARRAY(&t->l.a, tlog_commit, t->l.feeds.n + 1);
    size_t       n = 0;
    for (size_t i = 0; i < t->l.feeds.n; i++)
        if (t->l.feeds.p[i]->part)
            c[n++] = (tlog_commit){.topic = t->l.feeds.p[i]->topic,
                                   .partition = t->l.feeds.p[i]->partition,
                                   .offset = t->l.feeds.p[i]->position,
                                   .of = t->l.feeds.p[i]->part};
    bool ok = t->l.producer ? tlog_producer_commit(t->l.producer, t->tp->group, c, n, &t->st)
                            : tlog_offsets_commit(t->tp->log, t->tp->group, c, n, &t->st);
    arena_rewind(&t->l.a, mark);
    if (!ok) {
        task_fail(t, t->st.msg);
        return false;
    }
    for (size_t i = 0; i < t->l.feeds.n; i++)
        atomic_store(&t->l.feeds.p[i]->committed, t->l.feeds.p[i]->position);
    t->dirty = false;
    t->next_commit = INT64_MAX;
    trim_inputs(t);
    if (t->l.changes > SNAPSHOT_RECORDS)
        task_begin_snapshot(t);
    return true;
}
