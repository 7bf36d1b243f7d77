/* A task's snapshots: begun at a commit, written beside it on the background thread, read at its start. */
#include "base/mem.h"
#include "engine/run/names.h"
#include "engine/run/task_int.h"

#define STEP_BYTES (1 << 20)
#define KEEP_MIN_BYTES ((uint64_t)16 << 20) /* of rows that change while one is written; and half of the state */
/* Tombstones leave a compacted changelog after a day: an older snapshot might bring rows back. */
#define AGE_MAX_MS ((int64_t)12 * 3600 * 1000)

static const char *snapshot_path(task *t)
{
    return t->tp->persistent && t->tp->state_dir && t->l.state_count
               ? name_snapshot(&t->l.a, t->tp->state_dir, t->tp->group, t->stage_index, t->partition)
               : NULL;
}

static snapshot_store *snapshot_stores(task *t)
{
    snapshot_store *s = ARENA_ARRAY(&t->l.a, snapshot_store, t->l.state_count + 1);
    for (size_t i = 0; i < t->l.state_count; i++) {
        const task_out *o = &t->l.changelogs[i];
        s[i].name = t->l.states[i].name;
        s[i].s = t->l.states[i].s;
        tlog_mark mark = tlog_sender_mark(o->s);
        /* One that is too low costs records read twice. */
        s[i].offset = tlog_part_known(o->part).last_stable;
        s[i].batch =
            (snapshot_batch){.epoch = tlog_part_epoch(o->part), .base_offset = mark.base_offset, .crc = mark.crc};
        memcpy(s[i].batch.topic_id, o->topic_id, sizeof o->topic_id);
    }
    return s;
}

/* A snapshot that fails costs time at the next start, nothing else. */
static void tell_failed(const task_plan *tp, const status *st)
{
    proc_failure f = {.kind = PROC_THREAD, .step = STR("Snapshot"), .msg = st->msg};
    if (tp->log_error && st->code != ST_OK)
        tp->log_error(tp->ctx, &f);
}

static snapshot_job *open_job(task *t, view_limits limits)
{
    status        st;
    arena_mark    mark = arena_save(&t->l.a);
    const char   *path = snapshot_path(t);
    snapshot_job *job = NULL;
    int64_t     **clocks;
    size_t        n = pipeline_clocks(t->l.pl, &clocks);
    status_init(&st);
    if (path)
        job = snapshot_job_open(t->tp->io, path, time_wall_ms(t->tp->clock), (int64_t *const *)clocks, n,
                                snapshot_stores(t), t->l.state_count, limits, &st);
    tell_failed(t->tp, &st);
    arena_rewind(&t->l.a, mark);
    return job;
}

/* ---- beside the running task */

/* Two hold it: the task, to give it up, and the background thread, which closes its job. */
struct snapshot_work {
    snapshot_job *job;
    uint64_t      changes; /* that it covers */
    atomic_int    refs;
    atomic_bool   dropped, done, ok;
};

static void release_work(snapshot_work *w)
{
    if (atomic_fetch_sub(&w->refs, 1) == 1)
        mem_free(w);
}

static void run_job(void *arg)
{
    snapshot_work *w = arg;
    status         st;
    status_init(&st);
    while (!atomic_load(&w->dropped) && snapshot_job_step(w->job, STEP_BYTES))
        ;
    atomic_store(&w->ok, snapshot_job_close(w->job, &st));
    atomic_store(&w->done, true);
    release_work(w);
}

bool task_snapshot_is_due(const task *t)
{
    return t->l.snapshot && !atomic_load(&t->l.snapshot->ok);
}

void task_begin_snapshot(task *t)
{
    uint64_t bytes = KEEP_MIN_BYTES;
    if (t->l.snapshot && !atomic_load(&t->l.snapshot->done))
        return;
    if (task_snapshot_is_due(t)) /* the last one failed: what it covered counts again */
        t->l.changes += t->l.snapshot->changes;
    task_drop_snapshot(t);
    for (size_t i = 0; i < t->l.state_count; i++)
        bytes += store_bytes(t->l.states[i].s) / 2;
    snapshot_job *job = open_job(t, (view_limits){INT64_MAX, bytes});
    if (job == NULL)
        return;
    t->l.snapshot = MEM_NEW(snapshot_work);
    t->l.snapshot->job = job;
    t->l.snapshot->changes = t->l.changes;
    atomic_init(&t->l.snapshot->refs, 2);
    t->l.changes = 0;
    t->tp->background(t->tp->ctx, run_job, t->l.snapshot);
}

void task_drop_snapshot(task *t)
{
    if (t->l.snapshot == NULL)
        return;
    atomic_store(&t->l.snapshot->dropped, true);
    release_work(t->l.snapshot);
    t->l.snapshot = NULL;
}

/* ---- all of it at once */

void task_write_snapshot(task *t)
{
    status st;
    status_init(&st);
    task_drop_snapshot(t); /* what it has so far is older */
    snapshot_job *job = open_job(t, (view_limits){INT64_MAX, UINT64_MAX});
    if (job == NULL)
        return;
    while (snapshot_job_step(job, STEP_BYTES))
        ;
    if (snapshot_job_close(job, &st))
        t->l.changes = 0;
    tell_failed(t->tp, &st);
}

/* ---- at the start */

/* Not of another life of the changelog, which was deleted and made again? high: its end. */
static bool is_of_this_topic(task *t, size_t i, const snapshot_store *s, int64_t high)
{
    static const uint8_t unknown[sizeof s->batch.topic_id];
    const uint8_t       *id = t->l.changelogs[i].topic_id;
    return s->offset <= high && (memcmp(s->batch.topic_id, unknown, sizeof unknown) == 0 ||
                                 memcmp(s->batch.topic_id, id, sizeof unknown) == 0);
}

/* Where the changelogs go on, once it is known whether the file holds. false: the log cannot be asked. */
static bool take_offsets(task *t, bool ok, bool *usable)
{
    *usable = false;
    size_t          n = t->l.state_count;
    snapshot_store *s = t->l.loaded;
    tlog_part     **parts = ARENA_ARRAY(&t->l.a, tlog_part *, n + 1);
    tlog_offsets   *o = ARENA_ARRAY(&t->l.a, tlog_offsets, n + 1);
    for (size_t i = 0; i < n; i++)
        parts[i] = t->l.changelogs[i].part;
    if (ok && !tlog_offsets_query(t->tp->log, parts, n, o, &t->st))
        return false;
    for (size_t i = 0; ok && i < n; i++) {
        if (!tlog_offset_stands(parts[i], s[i].batch.epoch, s[i].offset, &ok, &t->st))
            return false;
        ok = ok && is_of_this_topic(t, i, &s[i], o[i].high);
    }
    t->l.changelog_from = ARENA_ARRAY(&t->l.a, int64_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (!ok)
            store_clear(t->l.states[i].s);
        t->l.changelog_from[i] = ok ? s[i].offset : 0;
    }
    *usable = ok;
    return true;
}

/* It stands on what is not there any more, and would come to stand on what comes in its place. */
static void remove_snapshot(task *t)
{
    arena_mark  mark = arena_save(&t->l.a);
    const char *path = snapshot_path(t);
    io         *x = t->tp->io ? t->tp->io : io_posix();
    if (path)
        x->unlink(x, path);
    arena_rewind(&t->l.a, mark);
}

void task_open_snapshot(task *t)
{
    int64_t   **clocks;
    size_t      n = pipeline_clocks(t->l.pl, &clocks);
    const char *path = snapshot_path(t);
    t->l.loaded = snapshot_stores(t);
    if (path)
        t->l.load = snapshot_load_open(t->tp->io, path, time_wall_ms(t->tp->clock), AGE_MAX_MS, clocks, n, t->l.loaded,
                                       t->l.state_count);
    bool usable;
    if (t->l.load == NULL)
        take_offsets(t, false, &usable);
}

bool task_read_snapshot(task *t)
{
    if (snapshot_load_step(t->l.load, STEP_BYTES)) {
        atomic_store(&t->told_percent, snapshot_load_percent(t->l.load));
        return true;
    }
    bool ok = snapshot_load_close(t->l.load), usable;
    t->l.load = NULL;
    if (!take_offsets(t, ok, &usable))
        return false;
    if (!usable)
        remove_snapshot(t);
    return true;
}
