#include "tests/sim/model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/sim/schedule.h"

void broken(const char *fmt, ...)
{
    char    line[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    trace("BROKEN: %s", line);
    fprintf(stdout, "broken: %s\n", line);
    fflush(stdout);
    _exit(1);
}

int64_t model_send(model *m, int32_t producer, int32_t partition, int32_t key)
{
    VEC_PUSH(&m->sent, ((sent){.producer = producer, .partition = partition, .key = key, .offset = -1}));
    return (int64_t)m->sent.n - 1;
}

void model_told(model *m, int64_t number, int64_t offset, promise p)
{
    sent *s = &m->sent.p[number];
    s->offset = offset;
    s->promise = p;
    s->told_step = sched_steps();
    for (size_t i = 0; i < m->sent.n; i++) {
        const sent *o = &m->sent.p[i];
        if (o != s && o->promise && o->partition == s->partition && o->offset == offset)
            broken("records %zu and %" PRId64 " were both told offset %" PRId64 " of partition %d", i, number, offset,
                   s->partition);
    }
}

/* What lies before something that is on disk is on disk. */
void model_power_was_cut(model *m)
{
    for (int p = 0; p < PARTITIONS; p++)
        m->groups[p].told = 0; /* a group's commit is not synced by itself: its members read again what lay behind */
    int64_t safe[PARTITIONS];
    for (int i = 0; i < PARTITIONS; i++)
        safe[i] = -1;
    for (size_t i = 0; i < m->sent.n; i++) {
        const sent *s = &m->sent.p[i];
        if (s->promise == PROMISED_POWER && s->offset > safe[s->partition])
            safe[s->partition] = s->offset;
    }
    for (size_t i = 0; i < m->sent.n; i++) {
        sent *s = &m->sent.p[i];
        if (s->promise == PROMISED_LIFE && s->offset > safe[s->partition])
            s->promise = PROMISED_NOTHING;
    }
}

/* ---- the input */

static void check_input(const model *m, const sight *s, int p)
{
    int64_t *at = mem_alloc((m->sent.n + 1) * sizeof *at);
    int64_t  last[PRODUCERS_MAX], before = -1;
    for (size_t i = 0; i < m->sent.n; i++)
        at[i] = -1;
    for (int i = 0; i < PRODUCERS_MAX; i++)
        last[i] = -1;
    for (size_t i = 0; i < s->input.part[p].n; i++) {
        const seen *r = &s->input.part[p].p[i];
        if (r->number < 0 || r->number >= (int64_t)m->sent.n)
            broken("partition %d has a record %" PRId64 " that nobody sent", p, r->number);
        const sent *o = &m->sent.p[r->number];
        if (o->partition != p || o->key != r->key)
            broken("record %" PRId64 " is in partition %d with key %d: sent to %d, key %d", r->number, p, r->key,
                   o->partition, o->key);
        if (at[r->number] >= 0)
            broken("record %" PRId64 " is there twice: partition %d, offsets %" PRId64 " and %" PRId64, r->number, p,
                   at[r->number], r->offset);
        at[r->number] = r->offset;
        if (r->offset <= before)
            broken("offset %" PRId64 " of partition %d comes after %" PRId64, r->offset, p, before);
        if (r->number < last[o->producer])
            broken("record %" PRId64 " of producer %d comes after %" PRId64, r->number, o->producer, last[o->producer]);
        before = r->offset;
        last[o->producer] = r->number;
    }
    for (size_t i = 0; i < m->sent.n; i++) {
        const sent *o = &m->sent.p[i];
        if (o->partition == p && o->promise && o->told_step < s->step && at[i] != o->offset)
            broken("record %zu was acknowledged (%s) at offset %" PRId64 " of partition %d, and is %s %" PRId64, i,
                   o->promise == PROMISED_POWER ? "acks=all" : "acks=1", o->offset, p, at[i] < 0 ? "gone:" : "at",
                   at[i]);
    }
    mem_free(at);
}

/* ---- what queries make of it: `evens` takes the records with even numbers, `counts` counts by key */

static bool passes(int64_t number)
{
    return number % 2 == 0;
}

static void check_evens_exact(const sight *s, int p, bool complete)
{
    size_t k = 0;
    for (size_t i = 0; i < s->evens.part[p].n; i++) {
        const seen *out = &s->evens.part[p].p[i];
        while (k < s->input.part[p].n && !passes(s->input.part[p].p[k].number))
            k++;
        if (k == s->input.part[p].n || s->input.part[p].p[k].number != out->number)
            broken("exactly once: output %zu of partition %d is record %" PRId64 ", the input's next is %" PRId64, i, p,
                   out->number, k < s->input.part[p].n ? s->input.part[p].p[k].number : -1);
        k++;
    }
    for (; complete && k < s->input.part[p].n; k++)
        if (passes(s->input.part[p].p[k].number))
            broken("exactly once: record %" PRId64 " of partition %d has not come out", s->input.part[p].p[k].number,
                   p);
}

static bool came_out(const sight *s, int p, int64_t number)
{
    for (size_t i = 0; i < s->evens.part[p].n; i++)
        if (s->evens.part[p].p[i].number == number)
            return true;
    return false;
}

static bool all_came_out(const sight *s, int p, int64_t *missing)
{
    for (size_t i = 0; i < s->input.part[p].n; i++) {
        *missing = s->input.part[p].p[i].number;
        if (passes(*missing) && !came_out(s, p, *missing))
            return false;
    }
    return true;
}

static void check_evens_at_least(const model *m, const sight *s, int p, bool complete)
{
    int64_t missing;
    for (size_t i = 0; i < s->evens.part[p].n; i++) {
        int64_t n = s->evens.part[p].p[i].number;
        if (n < 0 || n >= (int64_t)m->sent.n || !passes(n) || m->sent.p[n].partition != p)
            broken("at least once: output %zu of partition %d is record %" PRId64, i, p, n);
    }
    if (complete && !all_came_out(s, p, &missing))
        broken("at least once: record %" PRId64 " of partition %d has not come out", missing, p);
}

static int64_t count_of(const sight *s, int32_t key)
{
    int64_t n = 0;
    for (int p = 0; p < PARTITIONS; p++)
        for (size_t i = 0; i < s->input.part[p].n; i++)
            n += s->input.part[p].p[i].key == key;
    return n;
}

static int64_t told_count(const sight *s, int32_t key)
{
    int64_t n = 0;
    for (int p = 0; p < PARTITIONS; p++)
        for (size_t i = 0; i < s->counts.part[p].n; i++)
            if (s->counts.part[p].p[i].key == key)
                n = s->counts.part[p].p[i].number;
    return n;
}

static void check_counts(const model *m, const sight *s, bool complete)
{
    for (int32_t key = 0; key < KEYS; key++) {
        int64_t is = told_count(s, key), should = count_of(s, key);
        if (m->count == EXACTLY_ONCE && is > should)
            broken("exactly once: the count of key %d is %" PRId64 " of %" PRId64, key, is, should);
        if (complete && (m->count == EXACTLY_ONCE ? is != should : is < should))
            broken("%s once: the count of key %d is %" PRId64 ", not %" PRId64,
                   m->count == EXACTLY_ONCE ? "exactly" : "at least", key, is, should);
    }
}

bool model_is_caught_up(const model *m, const sight *s)
{
    int64_t missing;
    if (!s->has_outputs)
        return false;
    for (int p = 0; p < PARTITIONS; p++)
        if (!all_came_out(s, p, &missing) || s->last_stable[p] != s->high[p])
            return false;
    for (int32_t key = 0; key < KEYS; key++)
        if (told_count(s, key) < count_of(s, key))
            return false;
    (void)m;
    return true;
}

/* ---- all of it */

static void check_group(const model *m, const sight *s, int p)
{
    const group_promise *g = &m->groups[p];
    if (s->committed[p] < g->told)
        broken("the group's offset of partition %d is %" PRId64 ": %" PRId64 " was acknowledged", p, s->committed[p],
               g->told);
    if (s->committed[p] > g->tried)
        broken("the group's offset of partition %d is %" PRId64 ": nobody asked for more than %" PRId64, p,
               s->committed[p], g->tried);
    if (s->committed[p] > s->high[p])
        broken("the group's offset of partition %d is %" PRId64 ", behind the log's end %" PRId64, p, s->committed[p],
               s->high[p]);
}

void model_check(const model *m, const sight *s, bool complete)
{
    if (complete && m->stated && !s->has_outputs)
        broken("the queries' outputs are gone");
    for (int p = 0; p < PARTITIONS; p++) {
        check_input(m, s, p);
        check_group(m, s, p);
        if (complete && s->last_stable[p] != s->high[p])
            broken("partition %d: the last stable offset stays at %" PRId64 " of %" PRId64, p, s->last_stable[p],
                   s->high[p]);
        if (!s->has_outputs)
            continue;
        if (m->filter == EXACTLY_ONCE)
            check_evens_exact(s, p, complete);
        else
            check_evens_at_least(m, s, p, complete);
    }
    if (s->has_outputs)
        check_counts(m, s, complete);
}

static void topic_must_be_equal(const char *name, const topic_seen *a, const topic_seen *b)
{
    for (int p = 0; p < PARTITIONS; p++) {
        if (a->part[p].n != b->part[p].n)
            broken("a restart changed %s-%d: %zu records, then %zu", name, p, a->part[p].n, b->part[p].n);
        for (size_t i = 0; i < a->part[p].n; i++)
            if (a->part[p].p[i].offset != b->part[p].p[i].offset || a->part[p].p[i].number != b->part[p].p[i].number)
                broken("a restart changed record %zu of %s-%d", i, name, p);
    }
}

/* What is left of the input is the younger half of it, at its old offsets. */
static void input_must_be_the_end(const sight *before, const sight *after)
{
    for (int p = 0; p < PARTITIONS; p++) {
        size_t had = before->input.part[p].n, has = after->input.part[p].n;
        if (before->high[p] != after->high[p])
            broken("a restart changed the end of partition %d from %" PRId64 " to %" PRId64, p, before->high[p],
                   after->high[p]);
        if (has > had || has < had / 2)
            broken("of %zu records of partition %d %zu are left: the older half was deleted", had, p, has);
        for (size_t i = 0; i < has; i++) {
            const seen *a = &before->input.part[p].p[had - has + i], *b = &after->input.part[p].p[i];
            if (a->offset != b->offset || a->number != b->number)
                broken("partition %d, offset %" PRId64 " was record %" PRId64 " and is %" PRId64, p, b->offset,
                       a->number, b->number);
        }
    }
}

void model_must_be_equal(const sight *before, const sight *after, bool trimmed)
{
    if (trimmed)
        input_must_be_the_end(before, after);
    else
        topic_must_be_equal("the input", &before->input, &after->input);
    topic_must_be_equal("evens", &before->evens, &after->evens);
    for (int32_t key = 0; key < KEYS; key++) /* its topic is compacted now and then */
        if (told_count(before, key) != told_count(after, key))
            broken("a restart changed the count of key %d from %" PRId64 " to %" PRId64, key, told_count(before, key),
                   told_count(after, key));
}
