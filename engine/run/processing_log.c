#include "engine/run/processing_log.h"

#include <pthread.h>
#include <stdio.h>

#include "base/mem.h"
#include "engine/format/format.h"

#define GATHERED_MAX_BYTES (256u << 10)
#define ENTRY_MAX_BYTES (1u << 20) /* a larger one goes without its row */

struct processing_log {
    processing_log_options o;
    arena                  a;
    pthread_mutex_t        mu; /* guards everything below */
    tlog_part            **parts;
    tlog_sender          **senders; /* one a partition; NULL: not opened */
    int32_t                next_part;
    size_t                 gathered; /* bytes sent to it */
    buf                    text;
    int64_t                second; /* that in_second counts */
    uint64_t               in_second, left_out;
};

/* ---- entries as JSON */

static void put_text(buf *out, const char *name, str s)
{
    buf_printf(out, "\"%s\":", name);
    json_put_string(out, s);
}

/* A row as a text that holds a JSON array. */
static void put_row(buf *out, const proc_failure *f)
{
    buf row = BUF_INIT(ENTRY_MAX_BYTES);
    buf_putc(&row, '[');
    for (uint32_t i = 0; i < f->layout->n; i++) {
        if (i)
            buf_putc(&row, ',');
        json_put_value(&row, f->layout->cols[i].type, f->row[i]);
    }
    buf_putc(&row, ']');
    buf_puts(out, STR(",\"record\":"));
    if (row.full)
        buf_puts(out, STR("null"));
    else
        json_put_string(out, buf_str(&row));
    buf_free(&row);
}

static void put_members(buf *out, const processing_log *l, const proc_failure *f)
{
    if (f->target) {
        put_text(out, "target", str_of(f->target));
        buf_putc(out, ',');
    }
    put_text(out, "errorMessage", str_of(f->msg));
    if (f->kind == PROC_DESERIALIZATION) {
        if (l->o.include_rows && f->bytes.p && f->bytes.n < ENTRY_MAX_BYTES / 2) {
            buf_puts(out, STR(",\"recordB64\":\""));
            base64_encode(out, f->bytes);
            buf_putc(out, '"');
        } else {
            buf_puts(out, STR(",\"recordB64\":null"));
        }
    } else if (f->kind == PROC_PROCESSING || f->kind == PROC_SERIALIZATION) {
        if (l->o.include_rows && f->row)
            put_row(out, f);
        else
            buf_puts(out, STR(",\"record\":null"));
    }
    if (f->kind == PROC_THREAD)
        buf_puts(out, STR(",\"threadName\":\"weir-worker\""));
    if (f->kind != PROC_PRODUCTION)
        buf_puts(out, STR(",\"cause\":[]"));
    if (f->kind == PROC_DESERIALIZATION || f->kind == PROC_SERIALIZATION) {
        buf_putc(out, ',');
        put_text(out, "topic", f->topic);
    }
}

static const struct {
    const char *member, *logger;
} kinds[] = {
    [PROC_DESERIALIZATION] = {"deserializationError", ".deserializer"},
    [PROC_PROCESSING] = {"recordProcessingError", ""},
    [PROC_PRODUCTION] = {"productionError", ""},
    [PROC_SERIALIZATION] = {"serializationError", ".serializer"},
    [PROC_THREAD] = {"kafkaStreamsThreadError", ""},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static void put_entry(buf *out, const processing_log *l, str query_id, int64_t now, const proc_failure *f)
{
    buf_printf(out, "{\"logger\":\"processing.%.*s.%.*s%s\",\"level\":\"ERROR\",\"time\":%ld,\"message\":{\"type\":%d",
               STR_FMT(query_id), STR_FMT(f->step), kinds[f->kind].logger, now, (int)f->kind);
    for (size_t k = 0; k < KIND_COUNT; k++) {
        buf_printf(out, ",\"%s\":", kinds[k].member);
        if (k != f->kind) {
            buf_puts(out, STR("null"));
            continue;
        }
        buf_putc(out, '{');
        put_members(out, l, f);
        buf_putc(out, '}');
    }
    buf_puts(out, STR("}}"));
}

/* ---- gathering and writing; the lock is held */

/* A log that cannot be written, or is full, must not stop what it tells of: its entries are lost. */
static void flush(processing_log *l)
{
    status st;
    status_init(&st);
    if (l->gathered == 0)
        return;
    tlog_flush(l->senders[l->next_part], &st);
    l->next_part = (l->next_part + 1) % l->o.partitions;
    l->gathered = 0;
}

static void gather(processing_log *l, str query_id, int64_t now, const proc_failure *f)
{
    status st;
    status_init(&st);
    buf_clear(&l->text);
    put_entry(&l->text, l, query_id, now, f);
    if (l->text.full)
        return;
    rec_out r = {.ts = now, .key = STR_NONE, .value = buf_str(&l->text)};
    tlog_send(l->senders[l->next_part], &r, &st);
    l->gathered += l->text.n;
    if (l->gathered > GATHERED_MAX_BYTES)
        flush(l);
}

/* Begins a new second, and tells what the last one left out. */
static void tell_left_out(processing_log *l, int64_t now)
{
    if (now / 1000 == l->second)
        return;
    uint64_t n = l->left_out;
    l->second = now / 1000;
    l->in_second = l->left_out = 0;
    if (n == 0)
        return;
    char msg[128];
    snprintf(msg, sizeof msg, "%lu more errors were left out: only %d a second are logged.", n, PROCESSING_LOG_PER_S);
    proc_failure f = {.kind = PROC_PROCESSING, .step = STR("log"), .msg = msg};
    gather(l, STR("all"), now, &f);
}

void processing_log_write(processing_log *l, str query_id, const proc_failure *f)
{
    if (l == NULL)
        return;
    int64_t now = time_wall_ms(l->o.clock);
    pthread_mutex_lock(&l->mu);
    tell_left_out(l, now);
    if (l->in_second < PROCESSING_LOG_PER_S) {
        l->in_second++;
        gather(l, query_id, now, f);
    } else {
        l->left_out++;
    }
    pthread_mutex_unlock(&l->mu);
}

void processing_log_flush(processing_log *l)
{
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->mu);
    tell_left_out(l, time_wall_ms(l->o.clock));
    flush(l);
    pthread_mutex_unlock(&l->mu);
}

/* ---- opening and closing */

static bool open_parts(processing_log *l, status *st)
{
    tlog_topic t, spec = {.name = l->o.topic, .partitions = l->o.partitions, .replication = -1};
    if (!tlog_topic_get(l->o.log, &l->a, l->o.topic, &t, st)) {
        status_init(st);
        if (!tlog_topic_create(l->o.log, &spec, st))
            return false;
    } else {
        l->o.partitions = t.partitions;
    }
    l->parts = mem_zalloc((size_t)l->o.partitions * sizeof *l->parts);
    l->senders = mem_zalloc((size_t)l->o.partitions * sizeof *l->senders);
    for (int32_t i = 0; i < l->o.partitions; i++) {
        if ((l->parts[i] = tlog_part_open(l->o.log, l->o.topic, i, st)) == NULL)
            return false;
        l->senders[i] = tlog_sender_open(l->parts[i], NULL);
    }
    return true;
}

processing_log *processing_log_open(const processing_log_options *o, status *st)
{
    processing_log *l = MEM_NEW(processing_log);
    l->o = *o;
    arena_init(&l->a);
    l->o.topic = str_dup(&l->a, o->topic);
    l->text = BUF_INIT(ENTRY_MAX_BYTES * 2);
    pthread_mutex_init(&l->mu, NULL);
    if (open_parts(l, st))
        return l;
    processing_log_close(l);
    return NULL;
}

void processing_log_close(processing_log *l)
{
    if (l == NULL)
        return;
    processing_log_flush(l);
    for (int32_t i = 0; l->parts && i < l->o.partitions; i++)
        if (l->senders[i]) {
            tlog_sender_close(l->senders[i]);
            tlog_part_close(l->parts[i]);
        }
    mem_free(l->parts);
    mem_free(l->senders);
    buf_free(&l->text);
    pthread_mutex_destroy(&l->mu);
    arena_free(&l->a);
    mem_free(l);
}

str processing_log_topic(const processing_log *l)
{
    return l->o.topic;
}
