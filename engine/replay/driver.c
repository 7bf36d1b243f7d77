#include "engine/replay/driver.h"

#include <stdio.h>

#include "engine/op/pipeline.h"

static int64_t frozen_clock(void *ctx)
{
    (void)ctx;
    return 0;
}

void driver_open(driver *d)
{
    status st;
    status_init(&st);
    *d = (driver){.emit_interval_ms = 1000, .join_interval_ms = 1000};
    arena_init(&d->a);
    settings_init(&d->config);
    settings_put(&d->config, STR("ksql.service.id"), STR(DRIVER_SERVICE_ID), ORIGIN_COMMAND_LINE, &st);
    d->log = tlog_open_memory();
    static const timesource frozen = {frozen_clock, frozen_clock, NULL};
    engine_options          o = {.log = d->log, .config = &d->config, .manual = true, .clock = &frozen};
    d->e = engine_open(&o, &st);
    session_init(&d->s);
}

void driver_close(driver *d)
{
    session_free(&d->s);
    engine_close(d->e);
    tlog_close(d->log);
    settings_free(&d->config);
    arena_free(&d->a);
}

/* ---- topics */

driver_topic *driver_topic_find(driver *d, str name)
{
    for (size_t i = 0; i < d->topics.n; i++)
        if (str_eq(d->topics.p[i]->name, name))
            return d->topics.p[i];
    return NULL;
}

driver_topic *driver_topic_add(driver *d, str name, int32_t partitions)
{
    driver_topic *t = driver_topic_find(d, name);
    if (t)
        return t;
    t = ARENA_NEW(&d->a, driver_topic);
    t->name = str_dup(&d->a, name);
    t->partitions = partitions;
    status st;
    status_init(&st);
    format_by_name(STR("KAFKA"), &t->key.id, &st);
    format_by_name(STR("JSON"), &t->val.id, &st);
    AVEC_PUSH(&d->a, &d->topics, t);
    tlog_topic spec = {.name = t->name, .partitions = partitions, .replication = -1};
    tlog_topic_create(d->log, &spec, &st); /* a sink's topic is there already */
    return t;
}

void driver_topics_declare(driver *d, str sql)
{
    ast_stmt **stmts;
    size_t     n;
    status     st;
    status_init(&st);
    if (!parse_sql(&d->a, sql, &stmts, &n, &st))
        return;
    for (size_t i = 0; i < n; i++) {
        bool    create = stmts[i]->kind == STMT_CREATE_STREAM || stmts[i]->kind == STMT_CREATE_TABLE;
        str     topic = STR_NONE;
        int32_t parts = DRIVER_PARTITIONS;
        for (uint32_t k = 0; create && k < stmts[i]->prop_count; k++) {
            const ast_prop *p = &stmts[i]->props[k];
            if (str_eq_nocase(p->name, STR("KAFKA_TOPIC")) && p->value->kind == EX_STRING)
                topic = p->value->text;
            if (str_eq_nocase(p->name, STR("PARTITIONS")) && p->value->kind == EX_INT)
                parts = (int32_t)p->value->ival;
        }
        if (topic.n && stmts[i]->column_count)
            driver_topic_add(d, topic, parts);
    }
}

void driver_topics_describe(driver *d)
{
    source **all = metastore_sources(d->e->meta, &d->a);
    for (size_t i = 0; i < d->e->meta->cat.sources.n; i++) {
        const source *s = all[i];
        driver_topic *t = driver_topic_find(d, s->topic);
        if (t == NULL) {
            tlog_topic info;
            status     st;
            status_init(&st);
            int32_t parts = DRIVER_PARTITIONS;
            if (tlog_topic_get(d->log, &d->a, s->topic, &info, &st))
                parts = info.partitions;
            t = driver_topic_add(d, s->topic, parts);
        }
        if (t->described)
            continue;
        t->described = true;
        t->key = s->key;
        t->val = s->value;
        t->window = s->window;
        const column *k = schema_at(&s->schema, NS_KEY, 0), *c = schema_at(&s->schema, NS_VALUE, 0);
        t->key_type = k ? type_copy(&d->a, k->type) : NULL;
        t->val_type = c ? type_copy(&d->a, c->type) : NULL;
    }
}

void driver_topic_append(driver *d, driver_topic *t, driver_rec r)
{
    r.order = d->order++;
    AVEC_PUSH(&d->a, &t->recs, r);
}

#define READ_RECORDS 64 /* at a time */

static void take_inserted(driver *d, driver_topic *t, tlog_part *p)
{
    tlog_reader *rd = tlog_reader_open(p, t->log_next, TLOG_READ_UNCOMMITTED);
    rec_view     v[READ_RECORDS];
    uint32_t     n;
    status       st;
    status_init(&st);
    while (tlog_reader_next(rd, v, READ_RECORDS, &n, &st) && n)
        for (uint32_t i = 0; i < n; i++) {
            driver_rec rec = {.ts = v[i].ts};
            rec.key = v[i].key_null ? STR_NONE : str_dup(&d->a, v[i].key);
            rec.val = v[i].value_null ? STR_NONE : str_dup(&d->a, v[i].value);
            driver_topic_append(d, t, rec);
            t->log_next = v[i].offset + 1;
        }
    tlog_reader_close(rd);
}

void driver_topics_refresh(driver *d)
{
    for (size_t i = 0; i < d->topics.n;) {
        driver_topic *t = d->topics.p[i];
        status        st;
        status_init(&st);
        tlog_part *p = tlog_part_open(d->log, t->name, 0, &st);
        if (p == NULL) {
            VEC_REMOVE(&d->topics, i);
            continue;
        }
        take_inserted(d, t, p);
        tlog_part_close(p);
        i++;
    }
}

/* ---- queries */

typedef struct queued {
    driver_rec rec;
    int64_t    offset;
} queued;

typedef struct queue { /* of one input of one stage */
    uint32_t stage, input;
    bool     internal;
    uint32_t internal_index;
    str      topic;
    VEC(queued) q;
    size_t   head;
    int64_t  next_offset;
    uint64_t waiting_since;
} queue;

struct driver_query {
    driver     *d;
    query_info *q;
    stage_list  stages;
    pipeline  **pl;
    VEC(queue) queues;
    VEC(driver_rec) produced;
    bool    *internal_used;
    uint64_t turn;
};

static driver_rec copy_rec(driver *d, const rec_out *r)
{
    driver_rec rec = {.ts = r->ts, .header_count = r->header_count};
    rec.key = r->key.p ? str_dup(&d->a, r->key) : STR_NONE;
    rec.val = r->value.p ? str_dup(&d->a, r->value) : STR_NONE;
    rec.headers = str_dup(&d->a, r->headers);
    return rec;
}

static void enqueue(driver_query *run, queue *q, driver_rec rec)
{
    queued item = {rec, q->next_offset++};
    if (q->head == q->q.n)
        q->waiting_since = run->turn++;
    AVEC_PUSH(&run->d->a, &q->q, item);
}

static void on_emit(void *ctx, const out_record *r)
{
    driver_query *run = ctx;
    driver_rec    rec = copy_rec(run->d, &r->r);
    int32_t       internal = r->internal;
    if (internal < 0) {
        AVEC_PUSH(&run->d->a, &run->produced, rec);
        return;
    }
    run->internal_used[internal] = true;
    for (size_t i = 0; i < run->queues.n; i++)
        if (run->queues.p[i].internal && run->queues.p[i].internal_index == (uint32_t)internal)
            enqueue(run, &run->queues.p[i], rec);
}

static void fail(driver *d, const char *msg)
{
    d->failed = true;
    snprintf(d->fatal, sizeof d->fatal, "%s", msg);
}

static void on_fatal(void *ctx, const char *msg)
{
    fail(((driver_query *)ctx)->d, msg);
}

static void on_error(void *ctx, const proc_failure *f)
{
    driver_query *run = ctx;
    if (run->d->log_line)
        run->d->log_line(run->d->log_ctx, run->q->id, f->msg);
}

static int64_t query_clock(void *ctx)
{
    return ((driver_query *)ctx)->d->now_ms;
}

static rec_view view_of(const queued *q)
{
    rec_view v = {.offset = q->offset,
                  .ts = q->rec.ts,
                  .key = q->rec.key,
                  .value = q->rec.val,
                  .key_null = q->rec.key.p == NULL,
                  .value_null = q->rec.val.p == NULL,
                  .header_count = q->rec.header_count};
    v.headers = (const uint8_t *)q->rec.headers.p;
    v.headers_end = v.headers ? v.headers + q->rec.headers.n : NULL;
    return v;
}

/* Until all queues are empty: the oldest head first, of equals the one that waits longest. */
static void run_queues(driver_query *run)
{
    while (!run->d->failed) {
        queue  *best = NULL;
        int64_t best_ts = 0;
        for (size_t i = 0; i < run->queues.n; i++) {
            queue *q = &run->queues.p[i];
            if (q->head == q->q.n)
                continue;
            rec_view v = view_of(&q->q.p[q->head]);
            int64_t  ts;
            if (!pipeline_peek_ts(run->pl[q->stage], q->input, &v, &ts))
                ts = INT64_MIN;
            if (best == NULL || ts < best_ts || (ts == best_ts && q->waiting_since < best->waiting_since)) {
                best = q;
                best_ts = ts;
            }
        }
        if (best == NULL)
            return;
        queued   item = best->q.p[best->head++];
        rec_view v = view_of(&item);
        if (best->head == best->q.n)
            best->head = best->q.n = 0;
        else
            best->waiting_since = run->turn++;
        pipeline_feed(run->pl[best->stage], best->input, &v, 0);
        pipeline_end_batch(run->pl[best->stage]);
    }
}

void driver_query_feed(driver_query *run, const driver_topic *t, const driver_rec *r)
{
    for (size_t i = 0; i < run->queues.n && !run->d->failed; i++)
        if (!run->queues.p[i].internal && str_eq(run->queues.p[i].topic, t->name)) {
            enqueue(run, &run->queues.p[i], *r);
            run_queues(run);
        }
    const source *sink = run->q->plan->sink;
    driver_topic *out = sink && sink->topic.n ? driver_topic_find(run->d, sink->topic) : NULL;
    for (size_t i = 0; out && i < run->produced.n; i++)
        driver_topic_append(run->d, out, run->produced.p[i]);
    run->produced.n = 0;
}

void driver_query_declare_internal(driver_query *run)
{
    arena *a = &run->d->a;
    for (uint32_t i = 0; i < run->stages.internal_count; i++)
        if (run->internal_used[i])
            driver_topic_add(run->d,
                             str_fmt(a, "_confluent-ksql-" DRIVER_SERVICE_ID "query_%.*s-%.*s", STR_FMT(run->q->id),
                                     STR_FMT(run->stages.internal_topics[i])),
                             DRIVER_PARTITIONS);
}

/* ---- what a replaced query knew */

static void copy_row(void *to, str key, const store_row *r)
{
    if (store_is_windowed(to))
        store_put_window(to, key, r->start, r->end, r->bytes, r->ts);
    else
        store_put(to, key, r->bytes, r->ts);
}

/* Only queries whose stores hold the same can be replaced (plan/upgrade.h), so names tell all. */
static void take_state(pipeline *to, pipeline *from)
{
    pipeline_state *a, *b;
    int64_t       **x, **y;
    size_t          na = pipeline_states(to, &a), nb = pipeline_states(from, &b);
    for (size_t i = 0; i < na; i++)
        for (size_t k = 0; k < nb; k++)
            if (str_eq(a[i].name, b[k].name))
                store_each(b[k].s, copy_row, a[i].s);
    na = pipeline_clocks(to, &x);
    nb = pipeline_clocks(from, &y);
    for (size_t i = 0; i < na && i < nb; i++)
        *x[i] = *y[i];
}

/* ---- life */

settings_view driver_settings(const driver *d, const query_info *q)
{
    return (settings_view){.query = &q->settings, .system = &d->e->meta->system, .server = &d->config};
}

static bool open_stages(driver_query *run, status *st)
{
    driver *d = run->d;
    run->stages = stages_of(&d->a, run->q->plan);
    run->pl = ARENA_ARRAY(&d->a, pipeline *, run->stages.n);
    run->internal_used = ARENA_ARRAY(&d->a, bool, run->stages.internal_count + 1);
    pipeline_env  env = {.ctx = run,
                         .emit = on_emit,
                         .error = on_error,
                         .fatal = on_fatal,
                         .now_ms = query_clock,
                         .emit_interval_ms = d->emit_interval_ms,
                         .join_interval_ms = d->join_interval_ms};
    settings_view v = driver_settings(d, run->q);
    env.throw_on_bad_timestamp = settings_flag(&v, SETTING_TIMESTAMP_THROW_ON_INVALID);
    for (uint32_t i = 0; i < run->stages.n; i++) {
        const stage *s = &run->stages.s[i];
        run->pl[i] = pipeline_new(run->q->plan, s, &env, st);
        if (run->pl[i] == NULL)
            return false;
        for (uint32_t k = 0; k < s->input_count; k++) {
            queue q = {.stage = i,
                       .input = k,
                       .internal = s->inputs[k].internal,
                       .internal_index = s->inputs[k].internal_index,
                       .topic = s->inputs[k].topic};
            AVEC_PUSH(&d->a, &run->queues, q);
        }
    }
    return true;
}

/* Record offsets go on where the replaced query's were. */
static void take_offsets(driver_query *run, const driver_query *was)
{
    for (size_t i = 0; i < run->queues.n; i++)
        for (size_t k = 0; k < was->queues.n; k++)
            if (str_eq(run->queues.p[i].topic, was->queues.p[k].topic))
                run->queues.p[i].next_offset = was->queues.p[k].next_offset;
}

driver_query *driver_query_open(driver *d, query_info *q, driver_query *was)
{
    driver_query *run = ARENA_NEW(&d->a, driver_query);
    status        st;
    status_init(&st);
    run->d = d;
    run->q = query_info_ref(q);
    if (!open_stages(run, &st)) {
        fail(d, st.msg);
        driver_query_close(run);
        return NULL;
    }
    if (was == NULL)
        return run;
    for (uint32_t i = 0; i < run->stages.n && i < was->stages.n; i++)
        take_state(run->pl[i], was->pl[i]);
    take_offsets(run, was);
    return run;
}

void driver_query_close(driver_query *run)
{
    for (uint32_t i = 0; i < run->stages.n; i++)
        if (run->pl[i])
            pipeline_free(run->pl[i]);
    query_info_unref(run->q);
}
