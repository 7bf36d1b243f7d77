#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/rest/rest_int.h"

#define SLOW_READER_PATIENCE_MS 10000                   /* for one that was cut off to take its error */
#define STALLED_READER_PATIENCE_MS 60000                /* for one that holds a pull query up to take something */
#define PULL_AHEAD_MIN_BYTES (PULL_AHEAD_MAX_BYTES / 2) /* the producer goes on */
#define PULL_BLOCK_BYTES 65536                          /* for so many a reader that has taken all is woken */
#define KEEP_ALIVE_MS 1000

stream *stream_new(rest_server *r, framing_kind k)
{
    stream *s = MEM_NEW(stream);
    s->r = r;
    pthread_mutex_init(&s->mu, NULL);
    pthread_cond_init(&s->room, NULL);
    arena_init(&s->a);
    s->f.kind = k;
    s->ready = BUF_INIT(PULL_ANSWER_MAX_BYTES);
    return s;
}

void stream_free(stream *s)
{
    if (s->counted)
        atomic_fetch_sub(&s->r->push_queries, 1);
    framing_free(&s->f);
    buf_free(&s->ready);
    arena_free(&s->a);
    pthread_cond_destroy(&s->room);
    pthread_mutex_destroy(&s->mu);
    mem_free(s);
}

static void wake(stream *s)
{
    if (s->waiting) {
        s->waiting = false;
        s->wake(s->wake_ctx);
    }
}

/* ---- the engine's side */

/* The columns of a push query outlive the statement they come from. */
static void keep_columns(stream *s, query_columns *c)
{
    const type **types = ARENA_ARRAY(&s->a, const type *, c->n);
    for (uint32_t i = 0; i < c->n; i++)
        types[i] = type_copy(&s->a, c->types[i]);
    c->types = types;
}

static void on_header(void *ctx, const query_columns *columns)
{
    stream       *s = ctx;
    query_columns c = *columns;
    pthread_mutex_lock(&s->mu);
    s->started = true;
    s->pushes = c.push;
    if (c.push) {
        keep_columns(s, &c);
        s->ready.max = s->r->o.stream_buffer_bytes;
    }
    framing_header(&s->f, &s->ready, &c);
    pthread_mutex_unlock(&s->mu);
}

/* There was no room for an item: takes what was written of it back and ends with an error. */
static void cut_off(stream *s, size_t was)
{
    static const char push[] = "The reader is too slow: rows it had not taken were more than the server keeps for it "
                               "(weir.rest.stream.buffer.bytes). Read faster, or ask for fewer rows.";
    s->ready.n = was;
    s->ready.full = false;
    s->ready.max += 4096;
    framing_error(&s->f, &s->ready, 50000, s->pushes ? str_of(push) : STR(PULL_ANSWER_TOO_LARGE));
    s->over = true;
    if (s->pushes) {
        s->full_since_ms = clock_mono_coarse_ms();
        atomic_fetch_add(&s->r->slow_readers, 1);
    }
}

/* ---- pull queries wait for their reader */

static size_t unsent(const stream *s)
{
    return s->ready.n - s->sent;
}

/* Nobody waits for more, or will take it. */
static bool is_given_up(const stream *s)
{
    return s->hung || s->over || atomic_load(&s->r->stopping);
}

/* What there is, is sent from now on. */
static void begin(stream *s)
{
    call *c = s->c;
    s->begun = s->producing = true;
    s->c = NULL;
    c->status = 200;
    c->content_type = s->content_type;
    c->stream = s;
    c->begin(c);
}

/* With the lock held. */
static void await_room(stream *s)
{
    if (unsent(s) < PULL_AHEAD_MAX_BYTES || is_given_up(s))
        return;
    if (!s->begun)
        begin(s);
    s->stalled_since_ms = clock_mono_coarse_ms();
    bool lent = workers_lend(&s->r->work);
    while (unsent(s) > PULL_AHEAD_MIN_BYTES && !is_given_up(s))
        pthread_cond_wait(&s->room, &s->mu);
    s->stalled_since_ms = 0;
    if (lent)
        workers_take_back(&s->r->work);
}

/* A reader of a push query hears of each row at once. */
static bool is_worth_waking(const stream *s)
{
    return s->pushes || unsent(s) >= PULL_BLOCK_BYTES;
}

static bool on_row(void *ctx, const value *row, bool tombstone)
{
    stream *s = ctx;
    pthread_mutex_lock(&s->mu);
    if (!s->pushes)
        await_room(s);
    bool taken = !s->over && !s->hung;
    if (taken) {
        size_t was = s->ready.n;
        framing_row(&s->f, &s->ready, row, tombstone);
        if (s->ready.full) {
            cut_off(s, was);
            taken = false;
        }
        if (is_worth_waking(s) || !taken)
            wake(s);
    }
    pthread_mutex_unlock(&s->mu);
    return taken;
}

static bool is_format_line(str text)
{
    return str_starts(text, STR("Key format: ")) || str_starts(text, STR("Value format: "));
}

/* A line waits while the reader has not taken those before it; one alone always fits. */
static bool on_line(void *ctx, str text)
{
    stream *s = ctx;
    bool    taken = true;
    pthread_mutex_lock(&s->mu);
    if (!s->over && !s->hung && (s->print_formats || !is_format_line(text))) {
        taken = s->ready.n == 0 || s->ready.n + text.n < s->r->o.stream_buffer_bytes;
        if (taken) {
            buf_puts(&s->ready, text);
            buf_putc(&s->ready, '\n');
            s->last_ms = clock_mono_coarse_ms();
            wake(s);
        }
    }
    pthread_mutex_unlock(&s->mu);
    return taken;
}

static void on_end(void *ctx, query_end why, const char *msg)
{
    stream *s = ctx;
    pthread_mutex_lock(&s->mu);
    if (!s->over) {
        s->over = true;
        s->ready.max += ST_MSG_MAX * 6 + 4096; /* the end always has room */
        if (s->started && why == QUERY_ERROR)
            framing_error(&s->f, &s->ready, 50000, str_of(msg ? msg : ""));
        else if (s->started)
            framing_end(&s->f, &s->ready, why);
        else if (s->is_print && why == QUERY_ERROR)
            buf_printf(&s->ready, "%s\n", msg);
        wake(s);
    }
    pthread_mutex_unlock(&s->mu);
}

const query_listener stream_listener = {.header = on_header, .row = on_row, .line = on_line, .end = on_end};

/* ---- the transport's side */

/* Something was taken. */
static void make_room(stream *s)
{
    if (s->stalled_since_ms == 0)
        return;
    s->stalled_since_ms = clock_mono_coarse_ms();
    if (unsent(s) <= PULL_AHEAD_MIN_BYTES)
        pthread_cond_signal(&s->room);
}

ssize_t stream_read(stream *s, char *p, size_t max, void (*sleep)(void *ctx))
{
    ssize_t got;
    pthread_mutex_lock(&s->mu);
    size_t left = s->ready.n - s->sent;
    if (s->hung) { /* NOLINT(bugprone-branch-clone): a stop still lets out what is left, hanging up does not */
        got = -2;
    } else if (left) {
        got = (ssize_t)(left < max ? left : max);
        memcpy(p, s->ready.p + s->sent, (size_t)got);
        s->sent += (size_t)got;
        make_room(s);
        if (s->sent == s->ready.n) {
            buf_clear(&s->ready);
            s->sent = 0;
        } else if (s->sent > s->ready.n / 2) { /* makes room again for a reader that keeps up by and large */
            memmove(s->ready.p, s->ready.p + s->sent, s->ready.n - s->sent);
            s->ready.n -= s->sent;
            s->sent = 0;
        }
    } else if (s->over) {
        got = -1;
    } else if (atomic_load(&s->r->stopping)) {
        got = -2;
    } else {
        s->waiting = true;
        sleep(s->wake_ctx);
        got = 0;
    }
    pthread_mutex_unlock(&s->mu);
    return got;
}

/* With the lock held. */
static void give_up(stream *s)
{
    s->hung = true;
    atomic_store(&s->stop, true);
    pthread_cond_signal(&s->room);
}

void stream_hang_up(stream *s)
{
    pthread_mutex_lock(&s->mu);
    give_up(s);
    wake(s);
    pthread_mutex_unlock(&s->mu);
}

void stream_detach(stream *s)
{
    pthread_mutex_lock(&s->mu);
    give_up(s);
    s->waiting = false;
    s->wake_ctx = NULL;
    pthread_mutex_unlock(&s->mu);
}

bool stream_tick(stream *s, int64_t now_ms)
{
    pthread_mutex_lock(&s->mu);
    if (s->full_since_ms && now_ms - s->full_since_ms > SLOW_READER_PATIENCE_MS)
        s->hung = true;
    if (s->stalled_since_ms && now_ms - s->stalled_since_ms > STALLED_READER_PATIENCE_MS)
        give_up(s);
    if (s->keep_alive_lines && !s->over && s->ready.n == 0 && now_ms - s->last_ms >= KEEP_ALIVE_MS) {
        s->last_ms = now_ms;
        buf_putc(&s->ready, '\n');
        wake(s);
    }
    bool hung = s->hung;
    pthread_mutex_unlock(&s->mu);
    return !hung;
}

static void end_query(void *arg)
{
    stream *s = arg;
    if (s->q)
        push_query_close(s->q);
    stream_free(s);
}

void stream_release(stream *s)
{
    pthread_mutex_lock(&s->mu);
    give_up(s);
    bool others = s->producing;
    s->released = true;
    pthread_mutex_unlock(&s->mu);
    if (others)
        return;
    if (s->q)
        workers_add(&s->r->work, end_query, s); /* closing waits for the engine's threads */
    else
        stream_free(s);
}

void stream_produced(stream *s)
{
    pthread_mutex_lock(&s->mu);
    bool alone = s->released;
    s->producing = false;
    pthread_mutex_unlock(&s->mu);
    if (alone)
        stream_free(s);
}
