/* DESCRIBE ... EXTENDED: how much the running queries have read from and written to a source's topic
 * (spec/rest-api-and-shell.md 10.3). */
#include <time.h>

#include "engine/run/runtime.h"
#include "engine/stmt/show.h"

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

/* One of the two forms of statistics each: rows, and the text that old clients show. */
typedef struct form {
    exec        *x;
    record_list  list;
    buf          text;
    const totals t;
} form;

static void put(form *f, const char *name, double v)
{
    record r = list_add_row(&f->list);
    record_put_z(r, "name", name);
    record_put_z(r, "host", f->x->e->opt.host ? f->x->e->opt.host : "localhost");
    record_put_real(r, "value", v);
    record_put_text(r, "timestamp", iso_time(f->x->a, f->t.last_ms));
    buf_printf(&f->text, (double)(int64_t)v == v ? "%16s:%10.0f " : "%16s:%10.2f ", name, v);
}

static void finish(form *f, record r, const char *text_name, const char *last)
{
    buf_printf(&f->text, "%16s: %.*s\n", last, STR_FMT(iso_time(f->x->a, f->t.last_ms)));
    record_put_text(r, text_name, buf_str(&f->text));
    buf_free(&f->text);
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

void show_put_statistics(exec *x, const source *s, record r)
{
    totals t = totals_of(x, s->topic), failed = t;
    if (t.failed == 0)
        failed.last_ms = 0;
    form all = {x, record_list_of(r, "clusterStatistics"), deprecated("statistics"), t};
    form errors = {x, record_list_of(r, "clusterErrorStats"), deprecated("errorStats"), failed};
    if (t.read) {
        put(&all, "consumer-messages-per-sec", t.in_per_s);
        put(&all, "consumer-total-messages", t.in);
        put(&errors, "consumer-failed-messages", t.failed);
    }
    if (t.written) {
        put(&all, "messages-per-sec", t.out_per_s);
        put(&all, "total-messages", t.out);
    }
    finish(&all, r, "statistics", "last-message");
    finish(&errors, r, "errorStats", "last-failed");
}
