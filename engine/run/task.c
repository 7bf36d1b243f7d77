#include "engine/run/task.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/num.h"
#include "engine/state/snapshot.h"

#define SLICE_RECORDS 8192           /* records before a task lets others run */
#define ARENA_RECORDS 64             /* rows kept before the batch arena is reset */
#define READ_BYTES (256u << 10)      /* asked of the log at a time */
#define OUT_BATCH_BYTES (512u << 10) /* a batch is sent when it has grown so large */
#define SNAPSHOT_RECORDS 1000000     /* changelog records after which a new snapshot pays */
#define TRIM_RECORDS (1 << 18)       /* processed records of an internal topic that are worth a trim, which syncs */
/* Tombstones leave a compacted changelog after a day: an older snapshot might bring rows back. */
#define SNAPSHOT_AGE_MAX_MS ((int64_t)12 * 3600 * 1000)
#define OUT_BATCH_MAX ((size_t)900 << 10)

typedef struct feed { /* one partition of one input */
    uint32_t        input;
    int32_t         partition;
    str             topic;
    tlog_part      *part;
    tlog_reader    *rd;
    uint64_t        watch;
    batch_iter      it;
    const uint8_t  *data;
    uint32_t        left;
    bool            in_batch, has_next;
    rec_view        ahead[STORE_EXPECT_MAX]; /* records of the batch read ahead of `next` */
    uint32_t        ahead_at, ahead_n;
    const rec_view *next;
    int64_t         next_ts;
    int64_t         position;  /* next offset to be processed */
    int64_t         committed; /* as of the last commit */
    int64_t         trimmed;   /* internal topics: what lies below was given back to the log */
    int64_t         stop;      /* bounded reads: the end; else INT64_MAX */
} feed;

struct task {
    struct task_link link;
    const task_plan *tp;
    const stage     *stage;
    uint32_t         stage_index;
    int32_t          partition;
    pthread_mutex_t  lock;
    arena            a;
    pipeline        *pl;
    feed            *feeds;
    uint32_t         feed_count;
    task_out       **internal_out; /* [internal][partition] */
    task_out        *sink_out;
    task_out        *changelogs; /* one a store */
    size_t           state_count;
    pipeline_state  *states;
    tlog_producer   *producer;
    int64_t          next_commit;
    int64_t          idle_due; /* pipeline_idle()'s */
    bool             dirty;    /* something to commit */
    /* For those who do not hold the lock; as of the end of the last slice. */
    _Atomic int64_t  due;
    _Atomic uint64_t told_in, told_out, told_state_bytes;
    bool             failed, ended;
    char             error[1024];
    status           st;
    uint64_t         records_in, records_out;
    char            *snapshot; /* path, or NULL */
    uint64_t         changes;  /* changelog records since the last snapshot */
    buf              tmp;
    void            *owner;
};

struct task_link *task_link_of(task *t)
{
    return &t->link;
}

void *task_owner(const task *t)
{
    return t->owner;
}

static void fail(task *t, const char *msg)
{
    if (!t->failed)
        snprintf(t->error, sizeof t->error, "%s", msg);
    t->failed = true;
}

/* ---- writing */

static bool flush_out(task *t, task_out *o)
{
    if (o->b.count == 0)
        return true;
    str         bytes = batch_builder_finish(&o->b, CODEC_NONE, &t->st);
    int64_t     base;
    tlog_append how = {.producer = t->producer, .trusted = true, .keyed = !o->b.null_keys};
    bool        ok = bytes.p && tlog_part_append(o->part, (uint8_t *)bytes.p, bytes.n, how, &base, &t->st);
    batch_builder_reset(&o->b);
    if (!ok)
        fail(t, t->st.msg);
    return ok;
}

static bool add_out(task *t, task_out *o, int64_t ts, str key, str val, uint32_t hn, str headers)
{
    if (batch_builder_add(&o->b, ts, key, val, hn, headers)) {
        if (o->b.out.n >= OUT_BATCH_BYTES)
            return flush_out(t, o);
        return true;
    }
    if (o->b.count == 0 || !flush_out(t, o) || !batch_builder_add(&o->b, ts, key, val, hn, headers)) {
        fail(t, "A row is larger than a record batch may be.");
        return false;
    }
    return true;
}

static task_out *open_outs(task *t, const task_topic *topic)
{
    task_out *o = ARENA_ARRAY(&t->a, task_out, topic->partitions);
    for (int32_t p = 0; p < topic->partitions; p++) {
        o[p].part = tlog_part_open(t->tp->log, topic->name, p, &t->st);
        if (o[p].part == NULL)
            return NULL;
        batch_builder_init(&o[p].b, OUT_BATCH_MAX);
    }
    return o;
}

static void close_outs(task_out *o, int32_t n)
{
    for (int32_t p = 0; o && p < n; p++)
        if (o[p].part) {
            tlog_part_close(o[p].part);
            batch_builder_free(&o[p].b);
        }
}

static void on_emit(void *ctx, int32_t internal, str key, str val, bool val_null, int64_t ts, uint32_t hn, str headers)
{
    task             *t = ctx;
    const task_topic *topic = internal >= 0 ? &t->tp->internals[internal] : &t->tp->sink;
    task_out         *outs = internal >= 0 ? t->internal_out[internal] : t->sink_out;
    int32_t           p = t->partition % topic->partitions;
    if (topic->partitions > 1 && key.p) {
        str inner = key;
        if (inner.n >= topic->window_bytes)
            inner.n -= topic->window_bytes;
        p = record_partition(inner, topic->partitions);
    }
    t->records_out++;
    t->dirty = true;
    add_out(t, &outs[p], ts, key, val_null ? STR_NONE : val, hn, headers);
}

static void on_error(void *ctx, const proc_failure *f)
{
    task *t = ctx;
    if (t->tp->log_error)
        t->tp->log_error(t->tp->ctx, f);
}

static void on_fatal(void *ctx, const char *msg)
{
    fail(ctx, msg);
}

static bool on_row(void *ctx, const value *row, bool tombstone, int64_t ts)
{
    task *t = ctx;
    if (!t->tp->row(t->tp->ctx, row, tombstone, ts))
        t->ended = true;
    return !t->ended;
}

static int64_t on_now(void *ctx)
{
    task *t = ctx;
    return t->tp->now_ms(t->tp->clock_ctx);
}

static bool flush_all(task *t)
{
    for (int32_t p = 0; t->sink_out && p < t->tp->sink.partitions; p++)
        if (!flush_out(t, &t->sink_out[p]))
            return false;
    for (uint32_t i = 0; i < t->tp->stages.internal_count; i++)
        for (int32_t p = 0; t->internal_out[i] && p < t->tp->internals[i].partitions; p++)
            if (!flush_out(t, &t->internal_out[i][p]))
                return false;
    return true;
}

/* ---- the changelog */

#define CLOCKS_KEY STR("\0clocks")

typedef struct change_ctx {
    task     *t;
    task_out *o;
} change_ctx;

static void log_change(void *ctx, str key, int64_t start, int64_t end, const store_row *row)
{
    change_ctx *c = ctx;
    task       *t = c->t;
    buf_clear(&t->tmp);
    buf_puts(&t->tmp, key);
    buf_put_i64(&t->tmp, start);
    buf_put_i64(&t->tmp, end);
    size_t key_n = t->tmp.n;
    if (row) {
        buf_put_i64(&t->tmp, row->ts);
        buf_puts(&t->tmp, row->bytes);
    }
    str k = str_make(t->tmp.p, key_n), v = str_make(t->tmp.p + key_n, t->tmp.n - key_n);
    add_out(t, c->o, row ? row->ts < 0 ? 0 : row->ts : 0, k, row ? v : STR_NONE, 0, STR_NONE);
}

static void log_clocks(task *t)
{
    int64_t **clocks;
    size_t    n = pipeline_clocks(t->pl, &clocks);
    buf_clear(&t->tmp);
    for (size_t i = 0; i < n; i++)
        buf_put_i64(&t->tmp, *clocks[i]);
    add_out(t, &t->changelogs[0], 0, CLOCKS_KEY, buf_str(&t->tmp), 0, STR_NONE);
}

static bool log_state(task *t)
{
    for (size_t i = 0; i < t->state_count; i++) {
        change_ctx c = {t, &t->changelogs[i]};
        t->changes += store_change_count(t->states[i].s);
        store_take_changes(t->states[i].s, log_change, &c);
    }
    if (t->state_count)
        log_clocks(t);
    for (size_t i = 0; i < t->state_count && !t->failed; i++)
        flush_out(t, &t->changelogs[i]);
    return !t->failed;
}

static void restore_record(task *t, size_t i, const rec_view *r)
{
    if (str_eq(r->key, CLOCKS_KEY)) {
        int64_t **clocks;
        size_t    n = pipeline_clocks(t->pl, &clocks);
        for (size_t k = 0; k < n && r->value.n >= 8 * (k + 1); k++)
            *clocks[k] = (int64_t)be_get64(r->value.p + 8 * k);
        return;
    }
    if (r->key.n < 16)
        return;
    str     key = str_make(r->key.p, r->key.n - 16);
    int64_t start = (int64_t)be_get64(r->key.p + key.n), end = (int64_t)be_get64(r->key.p + key.n + 8);
    store  *s = t->states[i].s;
    bool    windowed = store_is_windowed(s);
    if (r->value_null || r->value.n < 8) {
        if (windowed)
            store_delete_window(s, key, start, end);
        else
            store_delete(s, key);
        return;
    }
    int64_t ts = (int64_t)be_get64(r->value.p);
    str     row = str_make(r->value.p + 8, r->value.n - 8);
    if (windowed)
        store_put_window(s, key, start, end, row, ts);
    else
        store_put(s, key, row, ts);
}

static snapshot_store *snapshot_stores(task *t)
{
    snapshot_store *s = ARENA_ARRAY(&t->a, snapshot_store, t->state_count + 1);
    for (size_t i = 0; i < t->state_count; i++)
        s[i] =
            (snapshot_store){t->states[i].name, t->states[i].s, tlog_part_offsets(t->changelogs[i].part).last_stable};
    return s;
}

/* Only right behind a commit: the stores are what the changelogs say. */
static void write_snapshot(task *t)
{
    if (t->snapshot == NULL || t->state_count == 0)
        return;
    status     st; /* a snapshot that fails costs time at the next start, nothing else */
    arena_mark mark = arena_save(&t->a);
    int64_t  **clocks;
    size_t     n = pipeline_clocks(t->pl, &clocks);
    status_init(&st);
    if (snapshot_write(t->tp->io, t->snapshot, t->tp->now_ms(t->tp->clock_ctx), clocks, n, snapshot_stores(t),
                       t->state_count, &st))
        t->changes = 0;
    else
        on_error(t, &(proc_failure){.kind = PROC_THREAD, .step = STR("Snapshot"), .msg = st.msg});
    arena_rewind(&t->a, mark);
}

/* Fills the stores as far as a snapshot goes; offsets[i] is where the changelog goes on. */
static void read_snapshot(task *t, int64_t *offsets)
{
    int64_t       **clocks;
    size_t          n = pipeline_clocks(t->pl, &clocks);
    snapshot_store *s = snapshot_stores(t);
    bool ok = t->snapshot && snapshot_read(t->tp->io, t->snapshot, t->tp->now_ms(t->tp->clock_ctx), SNAPSHOT_AGE_MAX_MS,
                                           clocks, n, s, t->state_count);
    for (size_t i = 0; ok && i < t->state_count; i++) /* of another life of these topics? */
        ok = s[i].offset <= tlog_part_offsets(t->changelogs[i].part).high;
    for (size_t i = 0; i < t->state_count; i++) {
        if (!ok)
            store_clear(t->states[i].s);
        offsets[i] = ok ? s[i].offset : 0;
    }
}

static bool restore(task *t, size_t i, int64_t from)
{
    tlog_part     *p = t->changelogs[i].part;
    tlog_isolation iso = t->tp->exactly_once ? TLOG_READ_COMMITTED : TLOG_READ_UNCOMMITTED;
    tlog_offsets   range = tlog_part_offsets(p);
    tlog_reader   *rd = tlog_reader_open(p, from > range.start ? from : range.start, iso);
    batch_iter     it = BATCH_ITER_INIT;
    const uint8_t *data;
    uint32_t       n;
    bool           ok;
    while ((ok = tlog_reader_next(rd, 1u << 20, &data, &n, &t->st)) && n) {
        while (n && batch_iter_begin(&it, data, n, &t->st)) {
            rec_view r = {0};
            while (batch_iter_next(&it, &r, &t->st))
                restore_record(t, i, &r);
            data += it.b.size_bytes;
            n -= it.b.size_bytes;
        }
        if (n)
            break;
    }
    batch_iter_free(&it);
    tlog_reader_close(rd);
    return ok && n == 0;
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
        pipeline_expect(t->pl, f->input, f->ahead, f->ahead_n);
    }
    f->next = &f->ahead[f->ahead_at++];
    return true;
}

/* Makes feed->next the next record; false when there is none yet (or an error: t->failed). */
static bool fill(task *t, feed *f)
{
    while (!f->has_next) {
        if (f->in_batch) {
            if (next_in_batch(t, f)) {
                if (f->next->offset < f->position)
                    continue;
                if (f->next->offset >= f->stop)
                    return false;
                f->has_next = true;
                break;
            }
            if (t->st.code != ST_OK) {
                fail(t, t->st.msg);
                return false;
            }
            f->in_batch = false;
            f->position = f->it.b.base_offset + f->it.b.last_delta + 1;
            f->data += f->it.b.size_bytes;
            f->left -= f->it.b.size_bytes;
        }
        if (f->left == 0 &&
            (f->position >= f->stop || !tlog_reader_next(f->rd, READ_BYTES, &f->data, &f->left, &t->st))) {
            if (f->position < f->stop && t->st.code != ST_OK)
                fail(t, t->st.msg);
            return false;
        }
        if (f->left == 0)
            return false;
        if (!batch_iter_begin(&f->it, f->data, f->left, &t->st)) {
            fail(t, t->st.msg);
            return false;
        }
        f->in_batch = true;
    }
    return true;
}

/* The feed whose next record is oldest; NULL when all are empty. */
static feed *oldest(task *t)
{
    feed *best = NULL;
    for (uint32_t i = 0; i < t->feed_count; i++) {
        feed *f = &t->feeds[i];
        bool  had = f->has_next;
        if (!fill(t, f))
            continue;
        if (!had && !pipeline_peek_ts(t->pl, f->input, f->next, &f->next_ts))
            f->next_ts = INT64_MIN;
        if (best == NULL || f->next_ts < best->next_ts)
            best = f;
    }
    return best;
}

/* Called with the lock held, before it is released. */
static void publish(task *t)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < t->state_count; i++)
        bytes += store_bytes(t->states[i].s);
    int64_t commit = t->dirty && t->tp->persistent ? t->next_commit : INT64_MAX;
    atomic_store(&t->due, commit < t->idle_due ? commit : t->idle_due);
    atomic_store_explicit(&t->told_in, t->records_in, memory_order_relaxed);
    atomic_store_explicit(&t->told_out, t->records_out, memory_order_relaxed);
    atomic_store_explicit(&t->told_state_bytes, bytes, memory_order_relaxed);
}

task_result task_run(task *t)
{
    uint32_t n = 0;
    pthread_mutex_lock(&t->lock);
    while (n < SLICE_RECORDS && !t->failed && !t->ended) {
        feed *f;
        if (t->feed_count == 1) { /* nothing to choose from */
            f = &t->feeds[0];
            if (!fill(t, f))
                break;
        } else if ((f = oldest(t)) == NULL) {
            break;
        }
        f->has_next = false;
        f->position = f->next->offset + 1;
        pipeline_feed(t->pl, f->input, f->next, f->partition);
        if (++n % ARENA_RECORDS == 0)
            pipeline_end_batch(t->pl);
    }
    t->idle_due = n == SLICE_RECORDS || t->failed || t->ended ? INT64_MAX : pipeline_idle(t->pl);
    pipeline_end_batch(t->pl);
    t->records_in += n;
    t->dirty |= n > 0;
    if (t->dirty && t->next_commit == INT64_MAX)
        t->next_commit = t->tp->now_ms(t->tp->clock_ctx) + t->tp->commit_interval_ms;
    if (!t->failed)
        flush_all(t);
    task_result r = t->failed ? TASK_FAILED : t->ended ? TASK_ENDED : n == SLICE_RECORDS ? TASK_MORE : TASK_IDLE;
    publish(t);
    pthread_mutex_unlock(&t->lock);
    return r;
}

/* ---- committing */

int64_t task_due(const task *t)
{
    return atomic_load(&t->due);
}

/* Records of internal topics go when they have been processed for good, as nobody else reads them. What
 * fails is tried again later: it costs room on disk and nothing else. */
static void trim_inputs(task *t)
{
    status st;
    status_init(&st);
    for (uint32_t i = 0; i < t->feed_count; i++) {
        feed *f = &t->feeds[i];
        if (!t->stage->inputs[f->input].internal || f->committed - f->trimmed < TRIM_RECORDS)
            continue;
        if (tlog_part_trim(f->part, f->committed, &st))
            f->trimmed = f->committed;
    }
}

static bool commit_locked(task *t)
{
    if (!t->dirty || !t->tp->persistent || t->failed)
        return !t->failed;
    if (!flush_all(t) || !log_state(t))
        return false;
    arena_mark   mark = arena_save(&t->a);
    tlog_commit *c = ARENA_ARRAY(&t->a, tlog_commit, t->feed_count);
    for (uint32_t i = 0; i < t->feed_count; i++)
        c[i] = (tlog_commit){t->feeds[i].topic, t->feeds[i].partition, t->feeds[i].position};
    bool ok = t->producer ? tlog_producer_commit(t->producer, t->tp->group, c, t->feed_count, &t->st)
                          : tlog_offsets_commit(t->tp->log, t->tp->group, c, t->feed_count, &t->st);
    arena_rewind(&t->a, mark);
    if (!ok) {
        fail(t, t->st.msg);
        return false;
    }
    for (uint32_t i = 0; i < t->feed_count; i++)
        t->feeds[i].committed = t->feeds[i].position;
    t->dirty = false;
    t->next_commit = INT64_MAX;
    trim_inputs(t);
    if (t->changes > SNAPSHOT_RECORDS)
        write_snapshot(t);
    return true;
}

bool task_commit(task *t, status *st)
{
    pthread_mutex_lock(&t->lock);
    bool ok = commit_locked(t);
    if (!ok)
        *st = t->st;
    publish(t);
    pthread_mutex_unlock(&t->lock);
    return ok;
}

bool task_commit_start(task *t, status *st)
{
    t->dirty = true;
    return task_commit(t, st);
}

/* ---- opening */

typedef struct wake_ctx {
    void (*wake)(void *ctx, task *t);
    void *ctx;
    task *t;
} wake_ctx;

static void on_wake(void *ctx)
{
    wake_ctx *w = ctx;
    w->wake(w->ctx, w->t);
}

static int64_t start_offset(task *t, const stage_input *in, feed *f, bool reset_earliest)
{
    int64_t      at = TLOG_OFFSET_NONE;
    tlog_offsets o = tlog_part_offsets(f->part);
    if (t->tp->persistent && !tlog_offsets_fetch(t->tp->log, t->tp->group, f->topic, f->partition, &at, &t->st))
        return TLOG_OFFSET_NONE;
    if (at != TLOG_OFFSET_NONE)
        return at < o.start ? o.start : at;
    bool table = !in->internal && in->node->is_table;
    return in->internal || table || reset_earliest ? o.start : o.high;
}

static bool open_feed(task *t, const stage_input *in, uint32_t input, int32_t partition, bool reset_earliest,
                      wake_ctx *w)
{
    feed *f = &t->feeds[t->feed_count++];
    *f = (feed){.input = input, .partition = partition, .stop = INT64_MAX, .it = BATCH_ITER_INIT};
    f->topic = in->internal ? t->tp->internals[in->internal_index].name : in->topic;
    f->part = tlog_part_open(t->tp->log, f->topic, partition, &t->st);
    if (f->part == NULL)
        return false;
    f->position = start_offset(t, in, f, reset_earliest);
    if (f->position == TLOG_OFFSET_NONE)
        return false;
    f->committed = f->position;
    f->trimmed = tlog_part_offsets(f->part).start;
    tlog_isolation iso = t->tp->exactly_once || !in->internal ? TLOG_READ_COMMITTED : TLOG_READ_UNCOMMITTED;
    f->rd = tlog_reader_open(f->part, f->position, iso);
    f->watch = tlog_part_watch(f->part, on_wake, w);
    return true;
}

static int32_t partitions_of(task *t, const stage_input *in)
{
    if (in->internal)
        return t->tp->internals[in->internal_index].partitions;
    arena      a;
    tlog_topic info;
    arena_init(&a);
    int32_t n = tlog_topic_get(t->tp->log, &a, in->topic, &info, &t->st) ? info.partitions : 0;
    arena_free(&a);
    return n;
}

static bool open_feeds(task *t, bool reset_earliest, wake_ctx *w)
{
    uint32_t max = 0;
    for (uint32_t i = 0; i < t->stage->input_count; i++)
        max += (uint32_t)partitions_of(t, &t->stage->inputs[i]);
    t->feeds = ARENA_ARRAY(&t->a, feed, max + 1);
    for (uint32_t i = 0; i < t->stage->input_count; i++) {
        int32_t n = partitions_of(t, &t->stage->inputs[i]);
        if (n == 0)
            return status_set(&t->st, ST_NOT_FOUND, "Topic %.*s does not exist.", STR_FMT(t->stage->inputs[i].topic));
        for (int32_t p = 0; p < n; p++)
            if ((t->stage->single_task || p == t->partition) &&
                !open_feed(t, &t->stage->inputs[i], i, p, reset_earliest, w))
                return false;
    }
    return true;
}

static bool open_outputs(task *t)
{
    t->internal_out = ARENA_ARRAY(&t->a, task_out *, t->tp->stages.internal_count + 1);
    if (t->stage->internal_out >= 0) {
        int32_t i = t->stage->internal_out;
        t->internal_out[i] = open_outs(t, &t->tp->internals[i]);
        return t->internal_out[i] != NULL;
    }
    if (t->tp->sink.name.n) {
        t->sink_out = open_outs(t, &t->tp->sink);
        return t->sink_out != NULL;
    }
    return true;
}

static bool open_state(task *t)
{
    t->state_count = pipeline_states(t->pl, &t->states);
    if (!t->tp->persistent) {
        t->state_count = 0;
        return true;
    }
    t->changelogs = ARENA_ARRAY(&t->a, task_out, t->state_count + 1);
    for (size_t i = 0; i < t->state_count; i++) {
        str name =
            str_fmt(&t->a, "%.*s-%u-%.*s-changelog", STR_FMT(t->tp->group), t->stage_index, STR_FMT(t->states[i].name));
        t->changelogs[i].part = tlog_part_open(t->tp->log, name, t->partition, &t->st);
        if (t->changelogs[i].part == NULL)
            return false;
        batch_builder_init(&t->changelogs[i].b, OUT_BATCH_MAX);
    }
    int64_t *offsets = ARENA_ARRAY(&t->a, int64_t, t->state_count + 1);
    read_snapshot(t, offsets);
    for (size_t i = 0; i < t->state_count; i++) {
        if (!restore(t, i, offsets[i]))
            return false;
        store_track_changes(t->states[i].s, true);
    }
    return true;
}

task *task_open(const task_plan *tp, uint32_t stage_index, int32_t partition, bool reset_earliest,
                void (*wake)(void *ctx, task *t), void *wake_context, status *st)
{
    task *t = MEM_NEW(task);
    arena_init(&t->a);
    status_init(&t->st);
    pthread_mutex_init(&t->lock, NULL);
    t->tp = tp;
    t->stage = &tp->stages.s[stage_index];
    t->stage_index = stage_index;
    t->partition = partition;
    t->next_commit = t->idle_due = INT64_MAX;
    atomic_init(&t->due, INT64_MAX);
    t->tmp = BUF_INIT(BUF_MAX);
    t->owner = wake_context;
    wake_ctx *w = ARENA_NEW(&t->a, wake_ctx);
    *w = (wake_ctx){wake, wake_context, t};
    pipeline_env env = {.ctx = t,
                        .emit = on_emit,
                        .error = on_error,
                        .fatal = on_fatal,
                        .now_ms = on_now,
                        .row = tp->row ? on_row : NULL,
                        .emit_interval_ms = tp->emit_interval_ms,
                        .join_interval_ms = tp->join_interval_ms,
                        .throw_on_bad_timestamp = tp->throw_on_bad_timestamp};
    t->pl = pipeline_new(tp->plan, t->stage, &env, &t->st);
    bool ok = t->pl != NULL;
    if (tp->persistent && tp->state_dir)
        t->snapshot = str_z(
            &t->a, str_fmt(&t->a, "%s/%.*s-%u-%d.snap", tp->state_dir, STR_FMT(tp->group), stage_index, partition));
    if (ok && tp->exactly_once && tp->persistent) {
        str id = str_fmt(&t->a, "%.*s-%u_%d", STR_FMT(tp->group), stage_index, partition);
        t->producer = tlog_producer_open(tp->log, id, &t->st);
        ok = t->producer != NULL;
    }
    ok = ok && open_outputs(t) && open_state(t) && open_feeds(t, reset_earliest, w);
    if (ok)
        return t;
    *st = t->st;
    if (st->code == ST_OK)
        status_set(st, ST_INTERNAL, "a task could not be opened");
    task_close(t, false);
    return NULL;
}

void task_close(task *t, bool commit)
{
    for (uint32_t i = 0; i < t->feed_count; i++)
        if (t->feeds[i].watch)
            tlog_part_unwatch(t->feeds[i].part, t->feeds[i].watch);
    pthread_mutex_lock(&t->lock);
    if (commit && t->pl && commit_locked(t) && t->changes)
        write_snapshot(t);
    for (uint32_t i = 0; i < t->feed_count; i++) {
        batch_iter_free(&t->feeds[i].it);
        if (t->feeds[i].rd)
            tlog_reader_close(t->feeds[i].rd);
        if (t->feeds[i].part)
            tlog_part_close(t->feeds[i].part);
    }
    close_outs(t->sink_out, t->tp->sink.partitions);
    for (uint32_t i = 0; t->internal_out && i < t->tp->stages.internal_count; i++)
        close_outs(t->internal_out[i], t->tp->internals[i].partitions);
    for (size_t i = 0; t->changelogs && i < t->state_count; i++)
        close_outs(&t->changelogs[i], 1);
    if (t->producer)
        tlog_producer_close(t->producer);
    if (t->pl)
        pipeline_free(t->pl);
    buf_free(&t->tmp);
    pthread_mutex_unlock(&t->lock);
    pthread_mutex_destroy(&t->lock);
    arena_free(&t->a);
    mem_free(t);
}

/* ---- looking at it */

const char *task_error(const task *t)
{
    return t->error;
}

void task_lock(task *t)
{
    pthread_mutex_lock(&t->lock);
}

void task_unlock(task *t)
{
    pthread_mutex_unlock(&t->lock);
}

pipeline *task_pipeline(task *t)
{
    return t->pl;
}

task_counts task_get_counts(const task *t)
{
    return (task_counts){atomic_load_explicit(&t->told_in, memory_order_relaxed),
                         atomic_load_explicit(&t->told_out, memory_order_relaxed),
                         atomic_load_explicit(&t->told_state_bytes, memory_order_relaxed)};
}

void task_bound(task *t)
{
    for (uint32_t i = 0; i < t->feed_count; i++)
        t->feeds[i].stop = tlog_part_offsets(t->feeds[i].part).last_stable;
}

bool task_at_end(task *t)
{
    pthread_mutex_lock(&t->lock);
    bool end = true;
    for (uint32_t i = 0; i < t->feed_count; i++)
        end &= !t->feeds[i].has_next && t->feeds[i].position >= t->feeds[i].stop;
    pthread_mutex_unlock(&t->lock);
    return end;
}

size_t task_offsets(task *t, arena *a, task_offset **out)
{
    pthread_mutex_lock(&t->lock);
    *out = ARENA_ARRAY(a, task_offset, t->feed_count + 1);
    for (uint32_t i = 0; i < t->feed_count; i++) {
        const feed  *f = &t->feeds[i];
        tlog_offsets range = tlog_part_offsets(f->part);
        (*out)[i] = (task_offset){str_dup(a, f->topic), f->partition, f->committed, range.start, range.high};
    }
    size_t n = t->feed_count;
    pthread_mutex_unlock(&t->lock);
    return n;
}
