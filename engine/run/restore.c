/* Opening a task: what it writes to, its stores from the last snapshot and the changelogs behind it. In pieces, so
 * that a large state keeps no worker from other work. */
#include "base/num.h"
#include "engine/run/names.h"
#include "engine/run/task_int.h"

#define READ_RECORDS 128 /* of a changelog between two looks at the clock */

/* ---- the environment of the pipeline */

static void on_error(void *ctx, const proc_failure *f)
{
    task *t = ctx;
    if (t->tp->log_error)
        t->tp->log_error(t->tp->ctx, f);
}

static void on_fatal(void *ctx, const char *msg)
{
    task_fail(ctx, msg);
}

static void on_wait(void *ctx, str topic, int32_t schema_id)
{
    (void)topic; /* the task's place names it */
    ((task *)ctx)->waited_schema = schema_id;
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
    return time_wall_ms(((task *)ctx)->tp->clock);
}

static bool build_pipeline(task *t)
{
    const task_plan *tp = t->tp;
    pipeline_env     env = {.ctx = t,
                            .emit = task_emit,
                            .error = on_error,
                            .fatal = on_fatal,
                            .wait = on_wait,
                            .now_ms = on_now,
                            .row = tp->row ? on_row : NULL,
                            .emit_interval_ms = tp->emit_interval_ms,
                            .join_interval_ms = tp->join_interval_ms,
                            .throw_on_bad_timestamp = tp->throw_on_bad_timestamp,
                            .stop = &tp->stop};
    t->l.pl = pipeline_new(tp->plan, t->stage, &env, &t->st);
    return t->l.pl != NULL;
}

/* ---- changelogs */

static void restore_record(task *t, size_t i, const rec_view *r)
{
    if (str_eq(r->key, CHANGELOG_CLOCKS)) {
        int64_t **clocks;
        size_t    n = pipeline_clocks(t->l.pl, &clocks);
        for (size_t k = 0; k < n && r->value.n >= 8 * (k + 1); k++)
            *clocks[k] = (int64_t)be_get64(r->value.p + 8 * k);
        return;
    }
    if (r->key.n < 16)
        return;
    str     key = str_make(r->key.p, r->key.n - 16);
    int64_t start = (int64_t)be_get64(r->key.p + key.n), end = (int64_t)be_get64(r->key.p + key.n + 8);
    store  *s = t->l.states[i].s;
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

/* Of all stores together, by what lies behind and before. */
static void tell_percent(task *t)
{
    size_t       i = t->l.restoring;
    tlog_offsets o = tlog_part_known(t->l.changelogs[i].part);
    int64_t      from = t->l.changelog_from[i] > o.start ? t->l.changelog_from[i] : o.start;
    double part = o.high > from ? (double)(tlog_reader_offset(t->l.changelog) - from) / (double)(o.high - from) : 1;
    atomic_store(&t->told_percent, (uint32_t)(100 * ((double)i + part) / (double)t->l.state_count));
}

static bool open_changelog(task *t, size_t i)
{
    tlog_part   *p = t->l.changelogs[i].part;
    tlog_offsets o;
    if (!tlog_offsets_query(t->tp->log, &p, 1, &o, &t->st))
        return false;
    int64_t from = t->l.changelog_from[i];
    t->l.changelog = tlog_reader_open(p, from > o.start ? from : o.start,
                                      t->tp->exactly_once ? TLOG_READ_COMMITTED : TLOG_READ_UNCOMMITTED);
    return true;
}

/* Some of the changelog of the store whose turn it is. */
static bool restore_some(task *t)
{
    size_t   i = t->l.restoring;
    rec_view r[READ_RECORDS];
    uint32_t n;
    if (t->l.changelog == NULL && !open_changelog(t, i))
        return false;
    if (!tlog_reader_next(t->l.changelog, r, READ_RECORDS, &n, &t->st))
        return false;
    if (n) {
        for (uint32_t k = 0; k < n; k++)
            restore_record(t, i, &r[k]);
        tell_percent(t);
        return true;
    }
    tlog_reader_close(t->l.changelog);
    t->l.changelog = NULL;
    t->l.restoring++;
    store_track_changes(t->l.states[i].s, true);
    return true;
}

/* ---- opening */

static bool open_stores(task *t)
{
    t->l.state_count = pipeline_states(t->l.pl, &t->l.states);
    if (!t->tp->persistent)
        t->l.state_count = 0;
    t->l.changelogs = ARENA_ARRAY(&t->l.a, task_out, t->l.state_count + 1);
    for (size_t i = 0; i < t->l.state_count; i++)
        if (!task_open_changelog(t, i, name_changelog(&t->l.a, t->tp->group, t->stage_index, t->l.states[i].name)))
            return false;
    task_open_snapshot(t);
    return true;
}

static bool open_all(task *t)
{
    arena_init(&t->l.a);
    arena_init(&t->l.held_a);
    t->l.tmp = BUF_INIT(BUF_MAX);
    t->l.opened = true;
    if (!build_pipeline(t))
        return false;
    if (t->tp->exactly_once && t->tp->persistent) {
        str id = name_transactional_id(&t->l.a, t->tp->group, t->stage_index, t->partition);
        t->l.producer = tlog_producer_open(t->tp->log, id, &t->st);
        if (t->l.producer == NULL)
            return false;
    }
    return task_open_outputs(t) && open_stores(t);
}

bool task_restore(task *t, int64_t until_ns)
{
    if (!t->l.opened && !open_all(t))
        return false;
    while (t->l.load || t->l.restoring < t->l.state_count) {
        if (!(t->l.load ? task_read_snapshot(t) : restore_some(t)))
            return false;
        if (clock_mono_ns() >= until_ns)
            return true;
    }
    t->l.restored = true;
    return true;
}

void task_unload(task *t)
{
    if (!t->l.opened)
        return;
    task_hide_table(t);
    task_close_feeds(t);
    task_drop_snapshot(t);
    if (t->l.load)
        snapshot_load_close(t->l.load);
    if (t->l.changelog)
        tlog_reader_close(t->l.changelog);
    task_close_outputs(t);
    if (t->l.producer)
        tlog_producer_close(t->l.producer); /* aborts what is open */
    if (t->l.pl)
        pipeline_free(t->l.pl);
    VEC_FREE(&t->l.held);
    arena_free(&t->l.held_a);
    buf_free(&t->l.tmp);
    arena_free(&t->l.a);
    memset(&t->l, 0, sizeof t->l);
}
