#include "engine/query/topic_print.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/format/guess.h"

#define READ_RECORDS 4096 /* that a reading holds at most */
#define RETRY_MS 5        /* until a line that was not taken is offered again */

typedef struct print_part {
    tlog_part   *part;
    tlog_reader *reader;
    uint64_t     watch;
} print_part;

struct topic_print {
    topic_print_options o;
    print_part         *parts;
    int32_t             part_count;
    pthread_t           thread;
    pthread_mutex_t     mu; /* guards stop and woken */
    pthread_cond_t      changed;
    bool                stop, woken;

    /* The thread's own. */
    format_guess keys, values;
    int64_t      seen, printed;
    bool         over; /* stopped, or the limit is reached */
    buf          text;
    rec_view     records[READ_RECORDS];
};

static void on_append(void *ctx)
{
    topic_print *p = ctx;
    pthread_mutex_lock(&p->mu);
    p->woken = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->mu);
}

static bool is_stopped(topic_print *p)
{
    pthread_mutex_lock(&p->mu);
    bool stop = p->stop;
    pthread_mutex_unlock(&p->mu);
    return stop;
}

/* Until something was appended. */
static void await_records(topic_print *p)
{
    pthread_mutex_lock(&p->mu);
    while (!p->stop && !p->woken)
        pthread_cond_wait(&p->changed, &p->mu);
    p->woken = false;
    pthread_mutex_unlock(&p->mu);
}

static void await_reader(topic_print *p)
{
    struct timespec until = clock_wall_after_ms(RETRY_MS);
    pthread_mutex_lock(&p->mu);
    if (!p->stop)
        pthread_cond_timedwait(&p->changed, &p->mu, &until);
    pthread_mutex_unlock(&p->mu);
}

static void send_text(topic_print *p)
{
    while (!p->over && !p->o.line(p->o.ctx, buf_str(&p->text))) {
        await_reader(p);
        p->over = is_stopped(p);
    }
}

/* ---- lines */

static void send_format(topic_print *p, const char *label, const format_guess *g)
{
    buf_clear(&p->text);
    buf_printf(&p->text, "%s", label);
    format_guess_put_names(g, &p->text);
    send_text(p);
}

static void put_time(buf *out, int64_t ms)
{
    time_t    s = ms / 1000;
    struct tm utc;
    char      when[40];
    if (ms < 0 || gmtime_r(&s, &utc) == NULL) {
        buf_puts(out, STR("N/A"));
        return;
    }
    strftime(when, sizeof when, "%Y/%m/%d %H:%M:%S", &utc);
    buf_printf(out, "%s.%03d Z", when, (int)(ms % 1000));
}

static void put_side(buf *out, const format_guess *g, str bytes, bool null)
{
    if (null)
        buf_puts(out, STR("<null>"));
    else
        format_guess_put(g, bytes, out);
}

static void send_record(topic_print *p, const rec_view *r, int32_t partition)
{
    buf_clear(&p->text);
    buf_puts(&p->text, STR("rowtime: "));
    put_time(&p->text, r->ts);
    buf_puts(&p->text, STR(", key: "));
    put_side(&p->text, &p->keys, r->key, r->key_null);
    buf_puts(&p->text, STR(", value: "));
    put_side(&p->text, &p->values, r->value, r->value_null);
    buf_printf(&p->text, ", partition: %d", partition);
    send_text(p);
    p->printed++;
    if (p->o.limit >= 0 && p->printed >= p->o.limit)
        p->over = true;
}

/* ---- reading */

static void look_at(topic_print *p, const rec_view *r)
{
    if (!r->key_null)
        format_guess_narrow(&p->keys, r->key);
    if (!r->value_null)
        format_guess_narrow(&p->values, r->value);
}

static bool read_part(topic_print *p, int32_t partition, bool *found, status *st)
{
    uint32_t     n;
    format_guess keys = p->keys, values = p->values;
    if (!tlog_reader_next(p->parts[partition].reader, p->records, READ_RECORDS, &n, st))
        return false;
    if (n == 0)
        return true;
    *found = true;
    /* What a reading holds is looked at whole before its first line is printed. */
    for (uint32_t i = 0; i < n; i++)
        look_at(p, &p->records[i]);
    if (p->seen == 0 || keys.seen != p->keys.seen || keys.possible != p->keys.possible)
        send_format(p, "Key format: ", &p->keys);
    if (p->seen == 0 || values.seen != p->values.seen || values.possible != p->values.possible)
        send_format(p, "Value format: ", &p->values);
    for (uint32_t i = 0; i < n && !p->over; i++)
        if (p->seen++ % p->o.interval == 0)
            send_record(p, &p->records[i], partition);
    return true;
}

static void *print_main(void *arg)
{
    topic_print *p = arg;
    status       st;
    bool         ok = true;
    status_init(&st);
    p->over = p->o.limit == 0;
    while (ok && !p->over) {
        bool found = false;
        for (int32_t i = 0; i < p->part_count && ok && !p->over; i++)
            ok = read_part(p, i, &found, &st);
        if (ok && !p->over && !found)
            await_records(p);
        p->over |= is_stopped(p);
    }
    p->o.end(p->o.ctx, ok ? NULL : st.msg);
    return NULL;
}

/* ---- start and stop */

static void release(topic_print *p)
{
    for (int32_t i = 0; i < p->part_count; i++) {
        print_part *part = &p->parts[i];
        if (part->part == NULL)
            continue;
        if (part->watch)
            tlog_part_unwatch(part->part, part->watch);
        if (part->reader)
            tlog_reader_close(part->reader);
        tlog_part_close(part->part);
    }
    mem_free(p->parts);
    buf_free(&p->text);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mu);
    mem_free(p);
}

static bool open_parts(topic_print *p, arena *a, status *st)
{
    tlog_part   **parts = ARENA_ARRAY(a, tlog_part *, p->part_count + 1);
    tlog_offsets *at = ARENA_ARRAY(a, tlog_offsets, p->part_count + 1);
    for (int32_t i = 0; i < p->part_count; i++) {
        parts[i] = p->parts[i].part = tlog_part_open(p->o.log, p->o.topic, i, st);
        if (parts[i] == NULL)
            return false;
    }
    if (!tlog_offsets_query(p->o.log, parts, (size_t)p->part_count, at, st))
        return false;
    for (int32_t i = 0; i < p->part_count; i++) {
        print_part *part = &p->parts[i];
        part->reader =
            tlog_reader_open(part->part, p->o.from_beginning ? at[i].start : at[i].high, TLOG_READ_COMMITTED);
        part->watch = tlog_part_watch(part->part, on_append, p);
    }
    return true;
}

topic_print *topic_print_start(const topic_print_options *o, status *st)
{
    arena      a;
    tlog_topic t;
    arena_init(&a);
    if (!tlog_topic_get(o->log, &a, o->topic, &t, st)) {
        arena_free(&a);
        return NULL;
    }
    topic_print *p = MEM_NEW(topic_print);
    p->o = *o;
    p->part_count = t.partitions;
    p->parts = mem_zalloc((size_t)t.partitions * sizeof *p->parts);
    p->text = BUF_INIT(BUF_MAX);
    pthread_mutex_init(&p->mu, NULL);
    pthread_cond_init(&p->changed, NULL);
    format_guess_init(&p->keys, true);
    format_guess_init(&p->values, false);
    bool ok = open_parts(p, &a, st);
    arena_free(&a);
    if (ok && pthread_create(&p->thread, NULL, print_main, p) != 0)
        ok = status_set(st, ST_INTERNAL, "No thread could be started for PRINT.");
    if (ok)
        return p;
    release(p);
    return NULL;
}

void topic_print_stop(topic_print *p)
{
    pthread_mutex_lock(&p->mu);
    p->stop = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->mu);
    pthread_join(p->thread, NULL);
    release(p);
}
