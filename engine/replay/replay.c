#include "engine/replay/replay.h"

#include "base/num.h"
#include "engine/replay/driver.h"
#include "engine/replay/record_json.h"

/* UNIX_TIMESTAMP() in cases: ksqlDB's functions read the real clock, ours one that stands still. */
#define CLOCK_MS 1577836800000

typedef struct replay {
    driver       d;
    const jnode *in;
} replay;

typedef struct input {
    driver_topic *topic;
    driver_rec    rec;
} input;

/* ---- the case's topics */

static int32_t number_member(const jnode *n, const char *name, int32_t otherwise)
{
    const jnode *m = json_doc_member(n, name);
    int32_t      v;
    return m && m->kind == J_NUMBER && num_parse_i32(m->text, &v) ? v : otherwise;
}

static void given_format(const jnode *t, const char *name, const char *old, side_format *f)
{
    const jnode *m = json_doc_member(t, name);
    status       st;
    status_init(&st);
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
        driver_topic *rt = driver_topic_add(&r->d, name->text, number_member(t, "partitions", DRIVER_PARTITIONS));
        given_format(t, "keyFormat", NULL, &rt->key);
        given_format(t, "valueFormat", "format", &rt->val);
    }
    list = json_doc_member(r->in, "statements");
    for (const jnode *s = list ? list->first : NULL; s; s = s->next)
        if (s->kind == J_STRING)
            driver_topics_declare(&r->d, s->text);
    list = json_doc_member(r->in, "inputs");
    for (const jnode *i = list ? list->first : NULL; i; i = i->next) {
        const jnode *t = json_doc_member(i, "topic");
        if (t && t->kind == J_STRING)
            driver_topic_add(&r->d, t->text, DRIVER_PARTITIONS);
    }
}

/* ---- inputs */

static input *read_inputs(replay *r, size_t *count)
{
    VEC(input) all = {0};
    const jnode *list = json_doc_member(r->in, "inputs");
    for (const jnode *i = list ? list->first : NULL; i; i = i->next) {
        const jnode *topic = json_doc_member(i, "topic");
        if (topic == NULL || topic->kind != J_STRING)
            continue;
        input in = {.topic = driver_topic_find(&r->d, topic->text)};
        in.rec = record_json_read(&r->d.a, i, in.topic);
        AVEC_PUSH(&r->d.a, &all, in);
    }
    *count = all.n;
    return all.p;
}

/* ---- one query */

/* Java's order of a HashSet of names (spec 11.2). */
static uint32_t java_bucket(str s)
{
    uint32_t h = 0;
    for (uint32_t i = 0; i < s.n; i++)
        h = 31 * h + (uint8_t)s.p[i];
    return (h ^ h >> 16) & 15;
}

static bool in_inputs(const driver_topic *t, const input *inputs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (inputs[i].topic == t)
            return true;
    return false;
}

static void run_one_query(replay *r, query_info *q, const input *inputs, size_t n)
{
    driver       *d = &r->d;
    driver_query *run = driver_query_open(d, q, NULL);
    if (run == NULL)
        return;
    bool from_inputs = false;
    for (uint32_t i = 0; i < q->plan->source_count; i++)
        from_inputs |= in_inputs(driver_topic_find(d, q->plan->sources[i]->topic), inputs, n);
    for (size_t i = 0; from_inputs && i < n && !d->failed; i++)
        driver_query_feed(run, inputs[i].topic, &inputs[i].rec);
    for (uint32_t bucket = 0; bucket < 16 && !d->failed; bucket++)
        for (uint32_t i = 0; i < q->plan->source_count; i++) {
            driver_topic *t = driver_topic_find(d, q->plan->sources[i]->topic);
            bool          again = false;
            for (uint32_t k = 0; k < i; k++)
                again |= str_eq(q->plan->sources[k]->topic, t->name);
            if (in_inputs(t, inputs, n) || again || java_bucket(t->name) != bucket)
                continue;
            size_t have = t->recs.n;
            for (size_t k = 0; k < have && !d->failed; k++)
                driver_query_feed(run, t, &t->recs.p[k]);
        }
    driver_query_declare_internal(run);
    driver_query_close(run);
}

/* ---- the answer */

static void put_features(buf *out, const side_format *f, bool key, uint32_t columns)
{
    const char *feature = side_feature_text(f, key, columns);
    buf_printf(out, *feature ? "[\"%s\"]" : "[%s]", feature);
}

static void put_sources(replay *r, buf *out)
{
    source **all = metastore_sources(r->d.e->meta, &r->d.a);
    for (size_t i = 0; i < r->d.e->meta->cat.sources.n; i++) {
        const source *s = all[i];
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
        buf_putz(out, ",\"valueFeatures\":");
        put_features(out, &s->value, false, schema_count(&s->schema, NS_VALUE));
        buf_printf(out, ",\"isSource\":%s}", s->read_only ? "true" : "false");
    }
}

static void put_answer(replay *r, buf *out)
{
    buf_putz(out, ",\"outputs\":{");
    for (size_t i = 0; i < r->d.topics.n; i++) {
        const driver_topic *t = r->d.topics.p[i];
        if (i)
            buf_putc(out, ',');
        json_put_string(out, t->name);
        buf_putz(out, ":[");
        for (size_t k = 0; k < t->recs.n; k++) {
            if (k)
                buf_putc(out, ',');
            record_json_put(out, t, &t->recs.p[k]);
        }
        buf_putc(out, ']');
    }
    buf_putz(out, "},\"sources\":[");
    put_sources(r, out);
    buf_putz(out, "],\"topics\":[");
    for (size_t i = 0; i < r->d.topics.n; i++) {
        const driver_topic *t = r->d.topics.p[i];
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
        session_set(&r->d.s, p->name, p->kind == J_STRING ? p->text : p->raw);
    settings_view v = {.session = &r->d.s.properties};
    r->d.emit_interval_ms = settings_number(&v, SETTING_EMIT_INTERVAL_MS);
    r->d.join_interval_ms = settings_number(&v, SETTING_JOIN_INTERVAL_MS);
}

static void run_case(replay *r, buf *out)
{
    read_properties(r);
    create_topics(r);
    const jnode *list = json_doc_member(r->in, "statements");
    buf          lines = BUF_INIT(BUF_MAX); /* those before: positions count over the whole script */
    for (const jnode *s = list ? list->first : NULL; s; s = s->next) {
        engine_error err;
        str          text = str_fmt(&r->d.a, "%.*s%.*s", (int)lines.n, lines.p ? lines.p : "", STR_FMT(s->text));
        for (uint32_t i = 0; i <= s->text.n; i++)
            if (i == s->text.n || s->text.p[i] == '\n')
                buf_putc(&lines, '\n');
        answers ignored;
        if (!engine_execute(r->d.e, &r->d.s, text, &r->d.a, &ignored, &err)) {
            put_error(out, err.st.msg, err.statement);
            buf_free(&lines);
            return;
        }
        driver_topics_describe(&r->d);
    }
    buf_free(&lines);
    size_t n;
    input *inputs = read_inputs(r, &n);
    driver_topics_refresh(&r->d);
    for (size_t i = 0; i < n; i++)
        driver_topic_append(&r->d, inputs[i].topic, inputs[i].rec);
    query_info **all = metastore_queries_in_order(r->d.e->meta, &r->d.a);
    for (size_t i = 0; i < r->d.e->meta->queries.n && !r->d.failed; i++)
        run_one_query(r, all[i], inputs, n);
    if (r->d.failed)
        put_error(out, r->d.fatal, STR_NONE);
    else
        put_answer(r, out);
}

void replay_case(str line, buf *out)
{
    replay      r = {0};
    str         rest;
    const char *why;
    driver_open(&r.d);
    r.d.now_ms = CLOCK_MS;
    r.in = json_doc_parse(&r.d.a, line, &rest, &why);
    const jnode *id = json_doc_member(r.in, "id");
    buf_putz(out, "{\"id\":");
    if (id)
        buf_puts(out, id->raw);
    else
        buf_putz(out, "null");
    if (r.in)
        run_case(&r, out);
    else
        put_error(out, why ? why : "not a JSON object", STR_NONE);
    buf_putc(out, '}');
    driver_close(&r.d);
}
