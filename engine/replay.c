#include "engine/replay.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/vec.h"
#include "engine/format/json_doc.h"
#include "engine/op/pipeline.h"
#include "engine/stmt.h"
#include "storage/record.h"

#define SERVICE_ID "some.ksql.service.id"
#define DEFAULT_PARTITIONS 4

/* ---- the case's topics */

typedef struct rrec {  /* a record in a topic */
    str      key, val; /* p NULL: null */
    int64_t  ts;
    uint32_t header_count;
    str      headers;
} rrec;

typedef struct rtopic {
    str         name;
    int32_t     partitions;
    bool        in_inputs;
    bool        described; /* formats and columns below are known */
    side_format key, val;
    const type *key_type, *val_type; /* KAFKA: of the one column */
    bool        key_wrapped;
    window_info window;
    VEC(rrec) recs;
} rtopic;

typedef struct replay {
    arena   a;
    engine *e;
    session s;
    VEC(rtopic *) topics;
    const jnode *in;
    int64_t      emit_ms, join_ms;
    char         fatal[1024];
    bool         failed;
} replay;

static rtopic *find_topic(replay *r, str name)
{
    for (size_t i = 0; i < r->topics.n; i++)
        if (str_eq(r->topics.p[i]->name, name))
            return r->topics.p[i];
    return NULL;
}

static rtopic *add_topic(replay *r, str name, int32_t partitions)
{
    rtopic *t = find_topic(r, name);
    if (t)
        return t;
    t = ARENA_NEW(&r->a, rtopic);
    t->name = str_dup(&r->a, name);
    t->partitions = partitions;
    t->key.id = FORMAT_KAFKA;
    t->val.id = FORMAT_JSON;
    AVEC_PUSH(&r->a, &r->topics, t);
    tlog_topic spec = {.name = t->name, .partitions = partitions, .replication = 1};
    status     st;
    status_init(&st);
    tlog_topic_create(r->e->opt.log, &spec, &st);
    return t;
}

static int32_t number_member(const jnode *n, const char *name, int32_t otherwise)
{
    const jnode *m = json_doc_member(n, name);
    int32_t      v;
    return m && m->kind == J_NUMBER && num_parse_i32(m->text, &v) ? v : otherwise;
}

static void given_format(replay *r, const jnode *t, const char *name, const char *old, side_format *f)
{
    const jnode *m = json_doc_member(t, name);
    status       st;
    status_init(&st);
    (void)r;
    if (m == NULL && old)
        m = json_doc_member(t, old);
    if (m && m->kind == J_STRING)
        format_by_name(m->text, &f->id, &st);
}

/* Topics that exist before the statements run. */
static void create_topics(replay *r)
{
    const jnode *list = json_doc_member(r->in, "topics");
    for (const jnode *t = list ? list->first : NULL; t; t = t->next) {
        const jnode *name = json_doc_member(t, "name");
        if (name == NULL || name->kind != J_STRING)
            continue;
        rtopic *rt = add_topic(r, name->text, number_member(t, "partitions", DEFAULT_PARTITIONS));
        given_format(r, t, "keyFormat", NULL, &rt->key);
        given_format(r, t, "valueFormat", "format", &rt->val);
    }
    list = json_doc_member(r->in, "statements");
    for (const jnode *s = list ? list->first : NULL; s; s = s->next) {
        ast_stmt **stmts;
        size_t     n;
        status     st;
        status_init(&st);
        if (s->kind != J_STRING || !parse_sql(&r->a, s->text, &stmts, &n, &st))
            continue;
        for (size_t i = 0; i < n; i++) {
            bool    create = stmts[i]->kind == STMT_CREATE_STREAM || stmts[i]->kind == STMT_CREATE_TABLE;
            str     topic = STR_NONE;
            int32_t parts = DEFAULT_PARTITIONS;
            for (uint32_t k = 0; create && k < stmts[i]->prop_count; k++) {
                const ast_prop *p = &stmts[i]->props[k];
                if (str_eq_nocase(p->name, STR("KAFKA_TOPIC")) && p->value->kind == EX_STRING)
                    topic = p->value->text;
                if (str_eq_nocase(p->name, STR("PARTITIONS")) && p->value->kind == EX_INT)
                    parts = (int32_t)p->value->ival;
            }
            if (topic.n && stmts[i]->column_count)
                add_topic(r, topic, parts);
        }
    }
    list = json_doc_member(r->in, "inputs");
    for (const jnode *i = list ? list->first : NULL; i; i = i->next) {
        const jnode *t = json_doc_member(i, "topic");
        if (t && t->kind == J_STRING)
            add_topic(r, t->text, DEFAULT_PARTITIONS)->in_inputs = true;
    }
}

/* What the catalog says of topics: their formats, and the type of a bare column. */
static void describe_topics(replay *r)
{
    str   key;
    void *v;
    for (size_t i = 0; map_next(&r->e->meta->cat.sources, &i, &key, &v);) {
        const source *s = v;
        rtopic       *t = find_topic(r, s->topic);
        if (t == NULL) {
            tlog_topic info;
            status     st;
            status_init(&st);
            int32_t parts = DEFAULT_PARTITIONS;
            if (tlog_topic_get(r->e->opt.log, &r->a, s->topic, &info, &st))
                parts = info.partitions;
            t = add_topic(r, s->topic, parts);
        }
        if (t->described)
            continue;
        t->described = true;
        t->key = s->key;
        t->val = s->value;
        t->window = s->window;
        const column *k = schema_at(&s->schema, NS_KEY, 0), *c = schema_at(&s->schema, NS_VALUE, 0);
        t->key_type = k ? type_copy(&r->a, k->type) : NULL;
        t->val_type = c ? type_copy(&r->a, c->type) : NULL;
    }
}

/* ---- JSON to bytes and back */

static str kafka_bytes(replay *r, const jnode *n, const type *t)
{
    buf     b = BUF_INIT(BUF_MAX);
    int64_t i = 0;
    double  d = 0;
    if (n->kind == J_OBJECT && n->first)
        n = n->first;
    str text = n->kind == J_STRING ? n->text : n->raw;
    switch (t ? t->kind : T_STRING) {
    case T_INTEGER:
        num_parse_i64(text, &i);
        buf_put_i32(&b, (int32_t)i);
        break;
    case T_BIGINT:
        num_parse_i64(text, &i);
        buf_put_i64(&b, i);
        break;
    case T_DOUBLE:
        num_parse_f64(text, &d);
        memcpy(&i, &d, 8);
        buf_put_i64(&b, i);
        break;
    case T_BYTES: {
        str raw;
        if (base64_decode(&r->a, text, &raw))
            buf_puts(&b, raw);
        break;
    }
    default:
        buf_puts(&b, text);
    }
    buf_reserve(&b, 1);
    str s = str_dup(&r->a, buf_str(&b));
    buf_free(&b);
    return s;
}

static str to_bytes(replay *r, const jnode *n, const side_format *f, const type *t)
{
    if (n == NULL || n->kind == J_NULL || f->id == FORMAT_NONE)
        return STR_NONE;
    if (f->id == FORMAT_KAFKA)
        return kafka_bytes(r, n, t);
    if (f->id == FORMAT_DELIMITED)
        return n->kind == J_STRING ? str_dup(&r->a, n->text) : n->raw;
    return n->raw;
}

static void put_bytes(buf *out, str bytes, const side_format *f, const type *t)
{
    if (bytes.p == NULL || f->id == FORMAT_NONE) {
        buf_putz(out, "null");
    } else if (f->id == FORMAT_KAFKA && t && t->kind == T_INTEGER && bytes.n == 4) {
        buf_printf(out, "%d", (int32_t)be_get32(bytes.p));
    } else if (f->id == FORMAT_KAFKA && t && t->kind == T_BIGINT && bytes.n == 8) {
        buf_printf(out, "%ld", (int64_t)be_get64(bytes.p));
    } else if (f->id == FORMAT_KAFKA && t && t->kind == T_DOUBLE && bytes.n == 8) {
        json_put_value(out, &type_double, value_i((int64_t)be_get64(bytes.p)));
    } else if (f->id == FORMAT_KAFKA && t && t->kind == T_BYTES) {
        json_put_value(out, &type_bytes, value_s(bytes));
    } else if (f->id == FORMAT_KAFKA || f->id == FORMAT_DELIMITED) {
        arena a;
        arena_init(&a);
        json_put_string(out, utf8_repair(&a, bytes));
        arena_free(&a);
    } else {
        buf_puts(out, bytes);
    }
}

static int64_t long_member(const jnode *n, const char *name)
{
    const jnode *m = json_doc_member(n, name);
    int64_t      v = 0;
    if (m && m->kind == J_NUMBER)
        num_parse_i64(m->text, &v);
    return v;
}

/* ---- inputs */

typedef struct input {
    rtopic *topic;
    rrec    rec;
} input;

static void put_headers(replay *r, const jnode *list, rrec *rec)
{
    buf b = BUF_INIT(BUF_MAX);
    for (const jnode *h = list ? list->first : NULL; h; h = h->next) {
        const jnode *k = json_doc_member(h, "KEY"), *v = json_doc_member(h, "VALUE");
        str          raw = STR_NONE;
        if (k == NULL)
            continue;
        buf_put_varint(&b, k->text.n);
        buf_puts(&b, k->text);
        if (v && v->kind == J_STRING && base64_decode(&r->a, v->text, &raw)) {
            buf_put_varint(&b, raw.n);
            buf_puts(&b, raw);
        } else {
            buf_put_varint(&b, -1);
        }
        rec->header_count++;
    }
    rec->headers = str_dup(&r->a, buf_str(&b));
    buf_free(&b);
}

static str window_key(replay *r, str key, const jnode *w)
{
    const jnode *kind = json_doc_member(w, "type");
    buf          b = BUF_INIT(BUF_MAX);
    buf_puts(&b, key);
    if (kind && str_eq_nocase(kind->text, STR("session"))) {
        buf_put_i64(&b, long_member(w, "end"));
        buf_put_i64(&b, long_member(w, "start"));
    } else {
        buf_put_i64(&b, long_member(w, "start"));
    }
    str s = str_dup(&r->a, buf_str(&b));
    buf_free(&b);
    return s;
}

static input *read_inputs(replay *r, size_t *count)
{
    VEC(input) all = {0};
    const jnode *list = json_doc_member(r->in, "inputs");
    for (const jnode *i = list ? list->first : NULL; i; i = i->next) {
        const jnode *topic = json_doc_member(i, "topic"), *w = json_doc_member(i, "window");
        if (topic == NULL || topic->kind != J_STRING)
            continue;
        input in = {.topic = find_topic(r, topic->text)};
        in.rec.key = to_bytes(r, json_doc_member(i, "key"), &in.topic->key, in.topic->key_type);
        in.rec.val = to_bytes(r, json_doc_member(i, "value"), &in.topic->val, in.topic->val_type);
        if (w && w->kind == J_OBJECT && in.rec.key.p)
            in.rec.key = window_key(r, in.rec.key, w);
        in.rec.ts = long_member(i, "timestamp");
        put_headers(r, json_doc_member(i, "headers"), &in.rec);
        AVEC_PUSH(&r->a, &all, in);
    }
    *count = all.n;
    return all.p;
}

/* What INSERT VALUES wrote while the statements ran. */
static void read_inserted(replay *r)
{
    for (size_t i = 0; i < r->topics.n; i++) {
        rtopic *t = r->topics.p[i];
        status  st;
        status_init(&st);
        tlog_part *p = tlog_part_open(r->e->opt.log, t->name, 0, &st);
        if (p == NULL)
            continue;
        tlog_reader   *rd = tlog_reader_open(p, 0, TLOG_READ_UNCOMMITTED);
        const uint8_t *data;
        uint32_t       n;
        batch_iter     it = BATCH_ITER_INIT;
        while (tlog_reader_next(rd, 1 << 20, &data, &n, &st) && n) {
            while (n) {
                rec_view v;
                if (!batch_iter_begin(&it, data, n, &st))
                    break;
                while (batch_iter_next(&it, &v, &st)) {
                    rrec rec = {.ts = v.ts};
                    rec.key = v.key_null ? STR_NONE : str_dup(&r->a, v.key);
                    rec.val = v.value_null ? STR_NONE : str_dup(&r->a, v.value);
                    AVEC_PUSH(&r->a, &t->recs, rec);
                }
                data += it.b.size_bytes;
                n -= it.b.size_bytes;
            }
        }
        batch_iter_free(&it);
        tlog_reader_close(rd);
        tlog_part_close(p);
    }
}

/* ---- one query */

typedef struct queued {
    rrec    rec;
    int64_t offset;
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

typedef struct query_run {
    replay     *r;
    query_info *q;
    stage_list  stages;
    pipeline  **pl;
    VEC(queue) queues;
    rtopic *sink;
    VEC(rrec) produced;
    bool    *internal_used;
    uint64_t turn;
} query_run;

static rrec copy_rec(replay *r, str key, str val, bool val_null, int64_t ts, uint32_t hn, str headers)
{
    rrec rec = {.ts = ts, .header_count = hn};
    rec.key = key.p ? str_dup(&r->a, key) : STR_NONE;
    rec.val = val_null ? STR_NONE : str_dup(&r->a, val);
    rec.headers = str_dup(&r->a, headers);
    return rec;
}

static void enqueue(query_run *run, queue *q, rrec rec)
{
    queued item = {rec, q->next_offset++};
    if (q->head == q->q.n)
        q->waiting_since = run->turn++;
    AVEC_PUSH(&run->r->a, &q->q, item);
}

static void on_emit(void *ctx, int32_t internal, str key, str val, bool val_null, int64_t ts, uint32_t hn, str headers)
{
    query_run *run = ctx;
    rrec       rec = copy_rec(run->r, key, val, val_null, ts, hn, headers);
    if (internal < 0) {
        AVEC_PUSH(&run->r->a, &run->produced, rec);
        return;
    }
    run->internal_used[internal] = true;
    for (size_t i = 0; i < run->queues.n; i++)
        if (run->queues.p[i].internal && run->queues.p[i].internal_index == (uint32_t)internal)
            enqueue(run, &run->queues.p[i], rec);
}

static void on_fatal(void *ctx, const char *msg)
{
    query_run *run = ctx;
    run->r->failed = true;
    snprintf(run->r->fatal, sizeof run->r->fatal, "%s", msg);
}

static int64_t frozen_clock(void *ctx)
{
    (void)ctx;
    return 0;
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
static void run_queues(query_run *run)
{
    while (!run->r->failed) {
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

static void feed(query_run *run, str topic, rrec rec)
{
    for (size_t i = 0; i < run->queues.n && !run->r->failed; i++)
        if (!run->queues.p[i].internal && str_eq(run->queues.p[i].topic, topic)) {
            enqueue(run, &run->queues.p[i], rec);
            run_queues(run);
        }
    for (size_t i = 0; run->sink && i < run->produced.n; i++)
        AVEC_PUSH(&run->r->a, &run->sink->recs, run->produced.p[i]);
    run->produced.n = 0;
}

/* Java's order of a HashSet of names (spec 11.2). */
static uint32_t java_bucket(str s)
{
    uint32_t h = 0;
    for (uint32_t i = 0; i < s.n; i++)
        h = 31 * h + (uint8_t)s.p[i];
    return (h ^ h >> 16) & 15;
}

static bool start(query_run *run, status *st)
{
    arena *a = &run->r->a;
    run->stages = stages_of(a, run->q->plan);
    run->pl = ARENA_ARRAY(a, pipeline *, run->stages.n);
    run->internal_used = ARENA_ARRAY(a, bool, run->stages.internal_count + 1);
    pipeline_env env = {.ctx = run,
                        .emit = on_emit,
                        .fatal = on_fatal,
                        .now_ms = frozen_clock,
                        .emit_interval_ms = run->r->emit_ms,
                        .join_interval_ms = run->r->join_ms};
    const str   *thrown = map_get(&run->q->properties, STR("ksql.timestamp.throw.on.invalid"));
    env.throw_on_bad_timestamp = thrown && str_eq_nocase(*thrown, STR("true"));
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
            AVEC_PUSH(a, &run->queues, q);
        }
    }
    return true;
}

static void run_query(replay *r, query_info *q, const input *inputs, size_t n)
{
    query_run run = {.r = r, .q = q};
    status    st;
    status_init(&st);
    if (!start(&run, &st)) {
        r->failed = true;
        snprintf(r->fatal, sizeof r->fatal, "%s", st.msg);
    }
    if (q->plan->sink && q->plan->sink->topic.n)
        run.sink = find_topic(r, q->plan->sink->topic);
    bool from_inputs = false;
    for (uint32_t i = 0; i < q->plan->source_count; i++)
        from_inputs |= find_topic(r, q->plan->sources[i]->topic)->in_inputs;
    for (size_t i = 0; from_inputs && i < n && !r->failed; i++)
        feed(&run, inputs[i].topic->name, inputs[i].rec);
    for (uint32_t bucket = 0; bucket < 16 && !r->failed; bucket++)
        for (uint32_t i = 0; i < q->plan->source_count; i++) {
            rtopic *t = find_topic(r, q->plan->sources[i]->topic);
            bool    again = false;
            for (uint32_t k = 0; k < i; k++)
                again |= str_eq(q->plan->sources[k]->topic, t->name);
            if (t->in_inputs || again || java_bucket(t->name) != bucket)
                continue;
            size_t have = t->recs.n;
            for (size_t k = 0; k < have && !r->failed; k++)
                feed(&run, t->name, t->recs.p[k]);
        }
    for (uint32_t i = 0; i < run.stages.internal_count; i++)
        if (run.internal_used[i])
            add_topic(r,
                      str_fmt(&r->a, "_confluent-ksql-" SERVICE_ID "query_%.*s-%.*s", STR_FMT(q->id),
                              STR_FMT(run.stages.internal_topics[i])),
                      DEFAULT_PARTITIONS);
    for (uint32_t i = 0; i < run.stages.n; i++)
        if (run.pl[i])
            pipeline_free(run.pl[i]);
}

/* ---- the answer */

static void put_name(buf *out, const char *name, bool comma)
{
    if (comma)
        buf_putc(out, ',');
    buf_printf(out, "\"%s\":", name);
}

static void put_record(buf *out, const rtopic *t, const rrec *rec)
{
    str     key = rec->key;
    int64_t start = 0, end = 0;
    bool    windowed = t->window.kind && key.p;
    if (windowed && t->window.kind == WINDOW_SESSION && key.n >= 16) {
        key.n -= 16;
        end = (int64_t)be_get64(key.p + key.n);
        start = (int64_t)be_get64(key.p + key.n + 8);
    } else if (windowed && key.n >= 8) {
        key.n -= 8;
        start = (int64_t)be_get64(key.p + key.n);
        end = add_clamped(start, t->window.size_ms);
    }
    buf_putz(out, "{\"key\":");
    put_bytes(out, key, &t->key, t->key_type);
    put_name(out, "value", true);
    put_bytes(out, rec->val, &t->val, t->val_type);
    buf_printf(out, ",\"timestamp\":%ld", rec->ts);
    if (windowed)
        buf_printf(out, ",\"window\":{\"start\":%ld,\"end\":%ld,\"type\":\"%s\"}", start, end,
                   t->window.kind == WINDOW_SESSION ? "session" : "time");
    if (rec->header_count) {
        rec_view       v = {.header_count = rec->header_count,
                            .headers = (const uint8_t *)rec->headers.p,
                            .headers_end = (const uint8_t *)rec->headers.p + rec->headers.n};
        const uint8_t *at = v.headers;
        rec_header     h;
        buf_putz(out, ",\"headers\":[");
        for (uint32_t i = 0; i < rec->header_count && rec_header_next(&v, &at, &h); i++) {
            buf_putz(out, i ? ",{\"KEY\":" : "{\"KEY\":");
            json_put_string(out, h.key);
            put_name(out, "VALUE", true);
            json_put_value(out, &type_bytes, h.value_null ? VALUE_NULL : value_s(h.value));
            buf_putc(out, '}');
        }
        buf_putc(out, ']');
    }
    buf_putc(out, '}');
}

static void put_features(buf *out, const side_format *f, bool key, uint32_t columns)
{
    bool unwrap = key ? format_key_unwrapped(f->id, columns) : (f->features & FEATURE_UNWRAP_SINGLES) != 0;
    buf_printf(out, "[%s]",
               unwrap                                         ? "\"UNWRAP_SINGLES\""
               : !key && (f->features & FEATURE_WRAP_SINGLES) ? "\"WRAP_SINGLES\""
                                                              : "");
}

static void put_sources(replay *r, buf *out)
{
    str *names = map_sorted_keys(&r->e->meta->cat.sources, &r->a);
    for (size_t i = 0; i < r->e->meta->cat.sources.n; i++) {
        const source *s = catalog_find(&r->e->meta->cat, names[i]);
        buf           schema_text = BUF_INIT(BUF_MAX);
        buf_putz(out, i ? ",{\"name\":" : "{\"name\":");
        json_put_string(out, s->name);
        buf_printf(out, ",\"type\":\"%s\",\"schema\":", source_kind_name(s->kind));
        schema_print(&schema_text, &s->schema);
        json_put_string(out, buf_str(&schema_text));
        buf_free(&schema_text);
        buf_printf(out, ",\"keyFormat\":{\"format\":\"%s\"", formats[s->key.id].name);
        if (s->window.kind) {
            buf_printf(out, ",\"windowType\":\"%s\"", window_kind_name(s->window.kind));
            if (s->window.size_ms)
                buf_printf(out, ",\"windowSize\":%ld", s->window.size_ms);
        }
        buf_printf(out, "},\"valueFormat\":\"%s\",\"keyFeatures\":", formats[s->value.id].name);
        put_features(out, &s->key, true, schema_count(&s->schema, NS_KEY));
        put_name(out, "valueFeatures", true);
        put_features(out, &s->value, false, schema_count(&s->schema, NS_VALUE));
        buf_printf(out, ",\"isSource\":%s}", s->read_only ? "true" : "false");
    }
}

static void put_answer(replay *r, buf *out)
{
    buf_putz(out, ",\"outputs\":{");
    for (size_t i = 0; i < r->topics.n; i++) {
        const rtopic *t = r->topics.p[i];
        if (i)
            buf_putc(out, ',');
        json_put_string(out, t->name);
        buf_putz(out, ":[");
        for (size_t k = 0; k < t->recs.n; k++) {
            if (k)
                buf_putc(out, ',');
            put_record(out, t, &t->recs.p[k]);
        }
        buf_putc(out, ']');
    }
    buf_putz(out, "},\"sources\":[");
    put_sources(r, out);
    buf_putz(out, "],\"topics\":[");
    for (size_t i = 0; i < r->topics.n; i++) {
        const rtopic *t = r->topics.p[i];
        buf_putz(out, i ? ",{\"name\":" : "{\"name\":");
        json_put_string(out, t->name);
        buf_printf(out, ",\"partitions\":%d,\"keyFormat\":{\"format\":\"%s\",\"features\":", t->partitions,
                   formats[t->key.id].name);
        put_features(out, &t->key, true, 1);
        buf_printf(out, "},\"valueFormat\":{\"format\":\"%s\",\"features\":", formats[t->val.id].name);
        put_features(out, &t->val, false, 1);
        buf_putz(out, "}}");
    }
    buf_putc(out, ']');
}

static void put_error(buf *out, const char *msg, str statement)
{
    buf text = BUF_INIT(BUF_MAX);
    buf_putz(&text, msg);
    if (statement.n)
        buf_printf(&text, "\nStatement: %.*s", STR_FMT(statement));
    buf_putz(out, ",\"error\":{\"message\":");
    json_put_string(out, buf_str(&text));
    buf_putc(out, '}');
    buf_free(&text);
}

static void read_properties(replay *r)
{
    const jnode *list = json_doc_member(r->in, "properties");
    status       st;
    status_init(&st);
    for (const jnode *p = list ? list->first : NULL; p; p = p->next)
        session_set(&r->s, p->name, p->kind == J_STRING ? p->text : p->raw, &st);
    static const char *const names[2] = {"__emit.interval.ms.kstreams.windowed.aggregation__",
                                         "__emit.interval.ms.kstreams.outer.join.spurious.results.fix__"};
    int64_t                 *to[2] = {&r->emit_ms, &r->join_ms};
    for (int i = 0; i < 2; i++) {
        const str *v = map_get(&r->s.properties, str_of(names[i]));
        *to[i] = 1000;
        if (v)
            num_parse_i64(*v, to[i]);
    }
}

static void run_case(replay *r, buf *out)
{
    read_properties(r);
    create_topics(r);
    const jnode *list = json_doc_member(r->in, "statements");
    buf          lines = BUF_INIT(BUF_MAX); /* those before: positions count over the whole script */
    for (const jnode *s = list ? list->first : NULL; s; s = s->next) {
        engine_error err;
        str          text = str_fmt(&r->a, "%.*s%.*s", (int)lines.n, lines.p ? lines.p : "", STR_FMT(s->text));
        for (uint32_t i = 0; i <= s->text.n; i++)
            if (i == s->text.n || s->text.p[i] == '\n')
                buf_putc(&lines, '\n');
        json_t *entities = engine_execute(r->e, &r->s, text, &r->a, &err);
        if (entities == NULL) {
            put_error(out, err.st.msg, err.statement);
            buf_free(&lines);
            return;
        }
        json_decref(entities);
        describe_topics(r);
    }
    buf_free(&lines);
    size_t n;
    input *inputs = read_inputs(r, &n);
    read_inserted(r);
    for (size_t i = 0; i < n; i++)
        AVEC_PUSH(&r->a, &inputs[i].topic->recs, inputs[i].rec);
    for (size_t i = 0; i < r->e->order.n && !r->failed; i++)
        run_query(r, r->e->order.p[i], inputs, n);
    if (r->failed)
        put_error(out, r->fatal, STR_NONE);
    else
        put_answer(r, out);
}

void replay_case(str line, buf *out)
{
    replay      r = {0};
    str         rest;
    const char *why;
    status      st;
    status_init(&st);
    arena_init(&r.a);
    r.in = json_doc_parse(&r.a, line, &rest, &why);
    const jnode *id = json_doc_member(r.in, "id");
    buf_putz(out, "{\"id\":");
    if (id)
        buf_puts(out, id->raw);
    else
        buf_putz(out, "null");
    if (r.in == NULL) {
        put_error(out, why ? why : "not a JSON object", STR_NONE);
    } else {
        map config = {0};
        str service = STR(SERVICE_ID);
        map_put(&config, STR("ksql.service.id"), &service);
        engine_options o = {.log = tlog_open_memory(), .config = &config, .manual = true, .now_ms = frozen_clock};
        r.e = engine_open(&o, &st);
        session_init(&r.s);
        run_case(&r, out);
        session_free(&r.s);
        engine_close(r.e);
        tlog_close(o.log);
        map_free(&config);
    }
    buf_putc(out, '}');
    arena_free(&r.a);
}
