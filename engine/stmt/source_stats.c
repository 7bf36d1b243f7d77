/* DESCRIBE ... EXTENDED: how much the running queries have read from and written to a source's topic
 * (spec/rest-api-and-shell.md 10.3). */
#include <time.h>

#include "engine/run/runtime.h"
#include "engine/stmt/exec.h"

typedef struct totals {
    double  in, out, failed, in_per_s, out_per_s;
    int64_t last_ms; /* 0: nothing was read or written */
    bool    read, written;
} totals;

static bool reads_topic(const query_info *q, str topic)
{
    for (uint32_t i = 0; i < q->read_count; i++)
        if (str_eq(q->reads[i]->topic, topic))
            return true;
    return false;
}

static totals totals_of(exec *x, str topic)
{
    totals       t = {0};
    query_info **all = metastore_queries(x->m, x->a);
    for (size_t i = 0; i < x->m->queries.n; i++) {
        const query_info *q = all[i];
        run_info          info;
        bool reads = reads_topic(q, topic), writes = query_info_is_visible(q) && str_eq(q->sink->topic, topic);
        if ((!reads && !writes) || x->e->run == NULL || !runtime_info(x->e->run, q->id, &info))
            continue;
        if (reads) {
            t.in += (double)info.records_in;
            t.in_per_s += info.in_per_s;
            t.failed += (double)info.record_errors;
        }
        if (writes) {
            t.out += (double)info.records_out;
            t.out_per_s += info.out_per_s;
        }
        t.read |= reads;
        t.written |= writes;
        t.last_ms = info.last_ms > t.last_ms ? info.last_ms : t.last_ms;
    }
    return t;
}

static str iso_time(arena *a, int64_t ms)
{
    time_t    s = ms / 1000;
    struct tm utc;
    char      when[40];
    if (ms == 0 || gmtime_r(&s, &utc) == NULL)
        return STR("n/a");
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    return str_fmt(a, "%s.%03dZ", when, (int)(ms % 1000));
}

/* Appends a metric to both forms. */
static void put(exec *x, json_t *list, buf *text, const char *name, double v, const totals *t)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(name));
    json_object_set_new(o, "host", json_string(x->e->opt.host ? x->e->opt.host : "localhost"));
    json_object_set_new(o, "value", json_real(v));
    json_object_set_new(o, "timestamp", json_str(iso_time(x->a, t->last_ms)));
    json_array_append_new(list, o);
    buf_printf(text, (double)(int64_t)v == v ? "%16s:%10.0f " : "%16s:%10.2f ", name, v);
}

static void finish(exec *x, json_t *o, const char *list_name, json_t *list, const char *text_name, buf *text,
                   const char *last, const totals *t)
{
    buf_printf(text, "%16s: %.*s\n", last, STR_FMT(iso_time(x->a, t->last_ms)));
    json_object_set_new(o, text_name, json_str(buf_str(text)));
    json_object_set_new(o, list_name, list);
    buf_free(text);
}

static buf deprecated(const char *name)
{
    buf b = BUF_INIT(4096);
    buf_printf(
        &b,
        "The %s field is deprecated and will be removed in a future version of ksql. Please update your client to "
        "the latest version and use %sMap instead.\n",
        name, name);
    return b;
}

void source_stats_put(exec *x, const source *s, json_t *o)
{
    totals  t = totals_of(x, s->topic), f = t;
    json_t *list = json_array(), *errors = json_array();
    buf     text = deprecated("statistics"), failed = deprecated("errorStats");
    if (t.failed == 0)
        f.last_ms = 0;
    if (t.read) {
        put(x, list, &text, "consumer-messages-per-sec", t.in_per_s, &t);
        put(x, list, &text, "consumer-total-messages", t.in, &t);
        put(x, errors, &failed, "consumer-failed-messages", f.failed, &f);
    }
    if (t.written) {
        put(x, list, &text, "messages-per-sec", t.out_per_s, &t);
        put(x, list, &text, "total-messages", t.out, &t);
    }
    finish(x, o, "clusterStatistics", list, "statistics", &text, "last-message", &t);
    finish(x, o, "clusterErrorStats", errors, "errorStats", &failed, "last-failed", &f);
}
