/* What every implementation of storage/log.h must do; run against the log in memory and the one on
 * disk. Each check makes topics of its own. */
#ifndef TESTS_LOG_CHECKS_H
#define TESTS_LOG_CHECKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "seam_short.h"
#include "storage/batch_log.h"
#include "storage/log.h"
#include "storage/record.h"

static status check_st;

#define assert_ok(x)                                                                               \
    do {                                                                                           \
        if (!(x))                                                                                  \
            fail_msg("%s: %s: %s", #x, status_name(check_st.code), check_st.msg);                  \
    } while (0)
#define assert_fails(x, want)                                                                      \
    do {                                                                                           \
        assert_false(x);                                                                           \
        assert_string_equal(status_name(check_st.code), status_name(want));                        \
    } while (0)

static inline void make_topic(tlog *l, const char *name, int32_t partitions)
{
    tlog_topic t = {.name = str_of(name), .partitions = partitions, .replication = -1};
    assert_ok(tlog_topic_create(l, &t, &check_st));
}

static inline tlog_part *open_part(tlog *l, const char *topic, int32_t partition)
{
    tlog_part *p = tlog_part_open(l, str_of(topic), partition, &check_st);
    assert_ok(p != NULL);
    return p;
}

/* One batch of n records with values "VALUE0", "VALUE1", ... */
static inline str make_batch(batch_builder *b, const char *value, int n, codec c)
{
    batch_builder_reset(b);
    for (int i = 0; i < n; i++) {
        char v[64];
        int  len = snprintf(v, sizeof v, "%s%d", value, i);
        assert_true(batch_builder_add(b, 1000 + i, STR("k"), str_make(v, (size_t)len), 0, STR_NONE));
    }
    return batch_builder_finish(b, c, &check_st);
}

static inline int64_t append_values(tlog_part *p, tlog_producer *pr, const char *value, int n)
{
    batch_builder b;
    batch_builder_init(&b, 1 << 20);
    str     batch = make_batch(&b, value, n, CODEC_NONE);
    int64_t base = -1;
    assert_ok(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){.producer = pr}, &base,
                               &check_st));
    batch_builder_free(&b);
    return base;
}

/* All values from `offset` to the visible end, joined by blanks. */
static inline const char *read_values(tlog_part *p, int64_t offset, tlog_isolation iso)
{
    static char    out[1 << 16];
    size_t         n = 0;
    tlog_reader   *r = tlog_reader_open(p, offset, iso);
    batch_iter     it = BATCH_ITER_INIT;
    const uint8_t *data;
    uint32_t       len;
    out[0] = 0;
    for (;;) {
        assert_ok(batch_log_next(r, 100, &data, &len, &check_st));
        if (len == 0)
            break;
        for (uint32_t at = 0; at < len; at += it.b.size_bytes) {
            rec_view rec;
            assert_ok(batch_iter_begin(&it, data + at, len - at, &check_st));
            assert_false(it.b.attributes & BATCH_CONTROL);
            while (batch_iter_next(&it, &rec, &check_st))
                if (rec.offset >= batch_log_first(r))
                    n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", n ? " " : "",
                                          STR_FMT(rec.value));
            assert_int_equal(check_st.code, ST_OK);
        }
    }
    batch_iter_free(&it);
    tlog_reader_close(r);
    return out;
}

static inline void check_topics(tlog *l)
{
    arena       a = {0};
    tlog_topic  t, *list;
    size_t      n;
    tlog_config conf = {STR("cleanup.policy"), STR("compact")};
    tlog_topic  spec = {.name = STR("t.one"), .partitions = 3, .replication = 1, .configs = &conf,
                        .config_count = 1};
    assert_ok(tlog_topic_create(l, &spec, &check_st));
    assert_fails(tlog_topic_create(l, &spec, &check_st), ST_EXISTS);
    make_topic(l, "a-topic", -1);
    assert_ok(tlog_topic_get(l, &a, STR("t.one"), &t, &check_st));
    assert_int_equal(t.partitions, 3);
    assert_int_equal(t.replication, 1);
    assert_false(t.internal);
    assert_int_equal(t.config_count, 1);
    assert_true(str_eqz(t.configs[0].value, "compact"));
    assert_ok(tlog_topic_list(l, &a, &list, &n, &check_st));
    assert_true(n >= 2);
    for (size_t i = 1; i < n; i++)
        assert_true(str_cmp(list[i - 1].name, list[i].name) < 0);
    assert_null(tlog_part_open(l, STR("t.one"), 3, &check_st));
    assert_int_equal(check_st.code, ST_NOT_FOUND);
    assert_null(tlog_part_open(l, STR("nothing"), 0, &check_st));

    tlog_topic bad = {.name = STR("no/slash"), .partitions = 1, .replication = -1};
    assert_fails(tlog_topic_create(l, &bad, &check_st), ST_INVALID_TOPIC);
    bad = (tlog_topic){.name = STR("zero"), .partitions = 0, .replication = -1};
    assert_fails(tlog_topic_create(l, &bad, &check_st), ST_INVALID_PARTS);
    bad = (tlog_topic){.name = STR("two"), .partitions = 1, .replication = 2};
    assert_fails(tlog_topic_create(l, &bad, &check_st), ST_INVALID_REPL);
    tlog_config odd = {STR("segment.bytes"), STR("12")};
    bad = (tlog_topic){.name = STR("odd"), .partitions = 1, .replication = 1, .configs = &odd,
                       .config_count = 1};
    assert_fails(tlog_topic_create(l, &bad, &check_st), ST_INVALID_CONFIG);

    tlog_part *p = open_part(l, "t.one", 2);
    append_values(p, NULL, "x", 2);
    tlog_reader   *r = tlog_reader_open(p, 0, TLOG_READ_UNCOMMITTED);
    const uint8_t *data;
    uint32_t       len;
    assert_ok(tlog_topic_delete(l, STR("t.one"), &check_st));
    assert_fails(tlog_topic_delete(l, STR("t.one"), &check_st), ST_NOT_FOUND);
    assert_fails(tlog_topic_get(l, &a, STR("t.one"), &t, &check_st), ST_NOT_FOUND);
    assert_fails(batch_log_next(r, 100, &data, &len, &check_st), ST_NOT_FOUND);
    batch_builder b;
    batch_builder_init(&b, 4096);
    str     batch = make_batch(&b, "v", 1, CODEC_NONE);
    int64_t base;
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){0}, &base, &check_st),
                 ST_NOT_FOUND);
    batch_builder_free(&b);
    tlog_reader_close(r);
    tlog_part_close(p);
    make_topic(l, "t.one", 1); /* starts afresh */
    p = open_part(l, "t.one", 0);
    assert_int_equal(tlog_part_known(p).high, 0);
    tlog_part_close(p);
    arena_free(&a);
}

static inline void check_append_and_read(tlog *l)
{
    make_topic(l, "plain", 1);
    tlog_part *p = open_part(l, "plain", 0);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "");
    assert_int_equal(append_values(p, NULL, "a", 3), 0);
    assert_int_equal(append_values(p, NULL, "b", 2), 3);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "a0 a1 a2 b0 b1");
    assert_string_equal(read_values(p, 2, TLOG_READ_COMMITTED), "a2 b0 b1");
    assert_string_equal(read_values(p, 5, TLOG_READ_COMMITTED), "");
    tlog_offsets o = tlog_part_known(p);
    assert_int_equal(o.start, 0);
    assert_int_equal(o.last_stable, 5);
    assert_int_equal(o.high, 5);

    /* Several batches in one append, each with a codec of its own. */
    batch_builder b;
    buf           set = BUF_INIT(BUF_MAX);
    batch_builder_init(&b, 1 << 20);
    for (codec c = CODEC_NONE; c <= CODEC_ZSTD; c++)
        buf_puts(&set, make_batch(&b, "cccccccccccccccccccccccccccccccccc", 4, c));
    int64_t base;
    assert_ok(batch_log_append(p, (uint8_t *)set.p, (uint32_t)set.n, (batch_append){.durable = true},
                               &base, &check_st));
    assert_int_equal(base, 5);
    assert_int_equal(tlog_part_known(p).high, 25);
    assert_non_null(strstr(read_values(p, 0, TLOG_READ_COMMITTED), "b1 cccc"));

    /* Refused, and nothing of it is there: corrupt, torn, empty, control, a gap in the offsets. */
    str batch = make_batch(&b, "x", 2, CODEC_NONE);
    ((char *)batch.p)[batch.n - 1] ^= 1;
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){0}, &base, &check_st),
                 ST_CORRUPT);
    batch = make_batch(&b, "x", 2, CODEC_NONE);
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, batch.n - 1, (batch_append){0}, &base,
                                  &check_st), ST_CORRUPT);
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, 0, (batch_append){0}, &base, &check_st),
                 ST_INVALID_RECORD);
    be_put16((char *)batch.p + 21, BATCH_CONTROL);
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){.trusted = true},
                                  &base, &check_st), ST_INVALID_RECORD);
    batch = make_batch(&b, "x", 2, CODEC_NONE);
    be_put32((char *)batch.p + 23, 2);
    assert_fails(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){.trusted = true},
                                  &base, &check_st), ST_INVALID_RECORD);
    assert_int_equal(tlog_part_known(p).high, 25);

    tlog_reader   *r = tlog_reader_open(p, 26, TLOG_READ_UNCOMMITTED);
    const uint8_t *data;
    uint32_t       len;
    assert_fails(batch_log_next(r, 100, &data, &len, &check_st), ST_OFFSET_RANGE);
    tlog_reader_seek(r, 25);
    assert_ok(batch_log_next(r, 100, &data, &len, &check_st));
    assert_int_equal(len, 0);
    append_values(p, NULL, "late", 1);
    assert_ok(batch_log_next(r, 100, &data, &len, &check_st));
    assert_true(len > 0);
    assert_int_equal(tlog_reader_offset(r), 26);
    tlog_reader_seek(r, 4);
    assert_ok(batch_log_next(r, 1, &data, &len, &check_st));
    assert_int_equal(batch_log_first(r), 4);
    assert_int_equal(tlog_reader_offset(r), 5);
    assert_int_equal(be_get64(data), 3);
    tlog_reader_close(r);
    batch_builder_free(&b);
    buf_free(&set);
    tlog_part_close(p);
}

static inline void check_times(tlog *l)
{
    make_topic(l, "times", 1);
    tlog_part *p = open_part(l, "times", 0);
    int64_t    offset, ts;
    assert_ok(tlog_part_offset_for_time(p, 0, &offset, &ts, &check_st));
    assert_int_equal(offset, TLOG_OFFSET_NONE);
    batch_builder b;
    batch_builder_init(&b, 4096);
    for (int i = 0; i < 200; i++) {
        batch_builder_reset(&b);
        assert_true(batch_builder_add(&b, i * 10, STR("k"), STR("v"), 0, STR_NONE));
        assert_true(batch_builder_add(&b, i * 10 + 5, STR("k"), STR("v"), 0, STR_NONE));
        str     batch = batch_builder_finish(&b, CODEC_NONE, &check_st);
        int64_t base;
        assert_ok(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){.trusted = true},
                                   &base, &check_st));
    }
    for (int64_t t = -3; t <= 1995; t++) {
        assert_ok(tlog_part_offset_for_time(p, t, &offset, &ts, &check_st));
        int64_t want = t < 0 ? 0 : (t + 4) / 5;
        assert_int_equal(offset, want);
        assert_int_equal(ts, want * 5);
    }
    assert_ok(tlog_part_offset_for_time(p, 1996, &offset, &ts, &check_st));
    assert_int_equal(offset, TLOG_OFFSET_NONE);
    assert_int_equal(ts, -1);
    batch_builder_free(&b);
    tlog_part_close(p);
}

static inline void check_offsets(tlog *l)
{
    int64_t     o;
    tlog_position c[] = {{STR("plain"), 0, 7, NULL}, {STR("times"), 0, 9, NULL}};
    assert_ok(fetch_offset(l, STR("g"), STR("plain"), 0, &o, &check_st));
    assert_int_equal(o, TLOG_OFFSET_NONE);
    assert_ok(commit_txn(l, NULL, STR("g"), c, 2, &check_st));
    assert_ok(commit_txn(l, NULL, STR("g2"), c, 1, &check_st));
    c[0].offset = 8;
    assert_ok(commit_txn(l, NULL, STR("g"), c, 1, &check_st));
    assert_ok(fetch_offset(l, STR("g"), STR("plain"), 0, &o, &check_st));
    assert_int_equal(o, 8);
    assert_ok(fetch_offset(l, STR("g"), STR("times"), 0, &o, &check_st));
    assert_int_equal(o, 9);
    assert_ok(fetch_offset(l, STR("g"), STR("plain"), 1, &o, &check_st));
    assert_int_equal(o, TLOG_OFFSET_NONE);
    assert_ok(tlog_offsets_delete_group(l, STR("g"), &check_st));
    assert_ok(fetch_offset(l, STR("g"), STR("plain"), 0, &o, &check_st));
    assert_int_equal(o, TLOG_OFFSET_NONE);
    assert_ok(fetch_offset(l, STR("g2"), STR("plain"), 0, &o, &check_st));
    assert_int_equal(o, 7);
}

static inline void check_transactions(tlog *l)
{
    make_topic(l, "txn", 2);
    make_topic(l, "gone", 1);
    tlog_part     *p = open_part(l, "txn", 0), *q = open_part(l, "txn", 1);
    tlog_producer *a = tlog_producer_open(l, STR("task-a"), &check_st);
    tlog_producer *b = tlog_producer_open(l, STR("task-b"), &check_st);
    int64_t        o;
    assert_ok(a && b);

    append_values(p, a, "a", 2);
    append_values(q, a, "qa", 1);
    append_values(p, b, "b", 1);
    append_values(p, NULL, "n", 1);
    assert_string_equal(read_values(p, 0, TLOG_READ_UNCOMMITTED), "a0 a1 b0 n0");
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "");
    assert_int_equal(tlog_part_known(p).last_stable, 0);
    assert_int_equal(tlog_part_known(p).high, 4);

    tlog_position c = {STR("plain"), 0, 42, NULL};
    assert_ok(commit_txn(l, a, STR("group-a"), &c, 1, &check_st));
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "a0 a1");
    assert_string_equal(read_values(q, 0, TLOG_READ_COMMITTED), "qa0");
    assert_ok(fetch_offset(l, STR("group-a"), STR("plain"), 0, &o, &check_st));
    assert_int_equal(o, 42);

    append_values(p, a, "aa", 1);
    assert_ok(tlog_producer_abort(b, &check_st));
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "a0 a1 n0");
    assert_ok(tlog_producer_abort(b, &check_st)); /* nothing is open */
    append_values(p, b, "bb", 1);
    assert_ok(commit_txn(l, b, STR("group-b"), NULL, 0, &check_st));
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "a0 a1 n0");
    assert_ok(commit_txn(l, a, STR("group-a"), NULL, 0, &check_st));
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "a0 a1 n0 aa0 bb0");
    assert_string_equal(read_values(p, 0, TLOG_READ_UNCOMMITTED), "a0 a1 b0 n0 aa0 bb0");
    assert_int_equal(tlog_part_known(p).last_stable, tlog_part_known(p).high);

    /* A second owner fences the first and aborts what it left. */
    append_values(p, a, "lost", 1);
    tlog_producer *a2 = tlog_producer_open(l, STR("task-a"), &check_st);
    assert_ok(a2 != NULL);
    assert_fails(commit_txn(l, a, STR("group-a"), NULL, 0, &check_st), ST_FENCED);
    assert_fails(tlog_producer_abort(a, &check_st), ST_FENCED);
    append_values(p, a2, "new", 1);
    tlog_producer_close(a);
    assert_ok(commit_txn(l, a2, STR("group-a"), NULL, 0, &check_st));
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "a0 a1 n0 aa0 bb0 new0");

    /* Closing aborts; a deleted topic does not hold up the rest. */
    tlog_part *gone = open_part(l, "gone", 0);
    append_values(gone, a2, "g", 1);
    append_values(p, a2, "kept", 1);
    assert_ok(tlog_topic_delete(l, STR("gone"), &check_st));
    assert_ok(commit_txn(l, a2, STR("group-a"), &c, 1, &check_st));
    tlog_part_close(gone);
    append_values(p, a2, "dropped", 1);
    tlog_producer_close(a2);
    tlog_producer_close(b);
    assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "a0 a1 n0 aa0 bb0 new0 kept0");
    assert_null(tlog_producer_open(l, STR(""), &check_st));
    tlog_part_close(p);
    tlog_part_close(q);
}

static inline void count_wake(void *ctx)
{
    ++*(int *)ctx;
}

static inline void check_watch(tlog *l)
{
    make_topic(l, "watched", 1);
    tlog_part *p = open_part(l, "watched", 0);
    int        one = 0, two = 0;
    uint64_t   w1 = tlog_part_watch(p, count_wake, &one), w2 = tlog_part_watch(p, count_wake, &two);
    append_values(p, NULL, "v", 1);
    assert_int_equal(one, 1);
    assert_int_equal(two, 1);
    tlog_part_unwatch(p, w1);
    append_values(p, NULL, "v", 1);
    assert_int_equal(one, 1);
    assert_int_equal(two, 2);
    assert_ok(tlog_topic_delete(l, STR("watched"), &check_st));
    assert_int_equal(two, 3);
    tlog_part_unwatch(p, w2);
    tlog_part_close(p);
}

/* ---- records: read by the array, sent one by one */

/* All values that come by calls for n records, each checked against the reader's offset. */
static inline const char *take_values(tlog_reader *r, uint32_t n)
{
    static char out[1 << 16];
    size_t      at = 0;
    rec_view    rec[64];
    uint32_t    got;
    out[0] = 0;
    for (;;) {
        assert_ok(tlog_reader_next(r, rec, n, &got, &check_st));
        assert_true(got <= n);
        if (got == 0)
            return out;
        for (uint32_t i = 0; i < got; i++)
            at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s", at ? " " : "", STR_FMT(rec[i].value));
        assert_true(tlog_reader_offset(r) > rec[got - 1].offset);
    }
}

static inline const char *take_from(tlog_part *p, int64_t offset, tlog_isolation iso, uint32_t n)
{
    tlog_reader *r = tlog_reader_open(p, offset, iso);
    const char  *out = take_values(r, n);
    tlog_offsets o = tlog_part_known(p);
    assert_int_equal(tlog_reader_offset(r), iso == TLOG_READ_COMMITTED ? o.last_stable : o.high);
    tlog_reader_close(r);
    return out;
}

static inline void append_batch(tlog_part *p, const char *value, int n, codec c)
{
    batch_builder b;
    int64_t       base;
    batch_builder_init(&b, 1 << 20);
    str batch = make_batch(&b, value, n, c);
    assert_ok(batch_log_append(p, (uint8_t *)batch.p, batch.n, (batch_append){0}, &base, &check_st));
    batch_builder_free(&b);
}

static inline void check_records(tlog *l)
{
    make_topic(l, "records", 1);
    tlog_part *p = open_part(l, "records", 0);
    append_batch(p, "plain", 3, CODEC_NONE);
    append_batch(p, "packedpackedpackedpacked", 4, CODEC_LZ4);
    append_batch(p, "packedpackedpackedpacked", 4, CODEC_ZSTD);
    append_batch(p, "x", 1, CODEC_NONE);
    append_batch(p, "y", 1, CODEC_NONE);
    tlog_producer *pr = tlog_producer_open(l, STR("records-task"), &check_st);
    append_values(p, pr, "aborted", 2);
    assert_ok(tlog_producer_abort(pr, &check_st));
    append_values(p, NULL, "z", 1);
    append_values(p, pr, "open", 1);
    for (uint32_t n = 1; n <= 64; n = n * 2 + 1)
        for (int64_t from = 0; from <= 17; from++)
            for (int iso = TLOG_READ_UNCOMMITTED; iso <= TLOG_READ_COMMITTED; iso++) {
                char want[1 << 12];
                snprintf(want, sizeof want, "%s", read_values(p, from, (tlog_isolation)iso));
                assert_string_equal(take_from(p, from, (tlog_isolation)iso, n), want);
            }

    /* What was given lives until the next call, over the borders of batches as well. */
    tlog_reader *r = tlog_reader_open(p, 1, TLOG_READ_COMMITTED);
    rec_view     rec[64];
    uint32_t     got, all = 0;
    for (int64_t next = 1; next < 13; next = tlog_reader_offset(r)) {
        assert_ok(tlog_reader_next(r, rec, 64, &got, &check_st));
        for (uint32_t i = 0; i < got && rec[i].offset < 13; i++, all++) { /* behind lie aborted ones */
            assert_int_equal(rec[i].offset, next + i);
            assert_true(str_eqz(rec[i].key, "k"));
        }
    }
    assert_int_equal(all, 12);
    tlog_reader_seek(r, 4);
    assert_ok(tlog_reader_next(r, rec, 1, &got, &check_st));
    assert_int_equal(rec[0].offset, 4);
    assert_int_equal(tlog_reader_offset(r), 5);
    tlog_reader_seek(r, 1000);
    assert_fails(tlog_reader_next(r, rec, 64, &got, &check_st), ST_OFFSET_RANGE);
    assert_int_equal(got, 0);
    assert_int_equal(tlog_reader_offset(r), 1000);
    tlog_reader_close(r);
    tlog_producer_close(pr);
    tlog_part_close(p);
}

static inline void send_value(tlog_sender *s, const char *value)
{
    rec_out r = {.ts = 5, .key = STR("k"), .value = str_of(value)};
    assert_ok(tlog_send(s, &r, &check_st));
}

static inline void check_sending(tlog *l)
{
    tlog_config conf = {STR("max.message.bytes"), STR("5000")};
    tlog_topic  spec = {.name = STR("sent"), .partitions = 2, .replication = -1, .configs = &conf, .config_count = 1};
    assert_ok(tlog_topic_create(l, &spec, &check_st));
    tlog_part   *p = open_part(l, "sent", 0), *q = open_part(l, "sent", 1), *both[] = {p, q};
    tlog_sender *s = tlog_sender_open(p, NULL);
    tlog_offsets o[2];
    int64_t      at;
    assert_int_equal(tlog_sender_mark(s).base_offset, TLOG_OFFSET_NONE);
    send_value(s, "a");
    send_value(s, "b");
    assert_ok(tlog_flush(s, &check_st));
    assert_ok(tlog_flush(s, &check_st));
    assert_string_equal(take_from(p, 0, TLOG_READ_COMMITTED, 8), "a b");
    tlog_mark mark = tlog_sender_mark(s);
    assert_int_equal(mark.base_offset, 0);
    assert_true(mark.crc != 0);

    /* A key, a value, headers: null, empty and there. */
    rec_out odd = {.ts = 7, .key = STR_NONE, .value = STR(""), .header_count = 1, .headers = STR("\2h\2v")};
    assert_ok(tlog_send(s, &odd, &check_st));
    odd = (rec_out){.ts = 8, .key = STR(""), .value = STR_NONE};
    assert_ok(tlog_send(s, &odd, &check_st));
    tlog_commit_args c = {.group = STR("sent"), .senders = &s, .sender_count = 1};
    assert_int_equal(tlog_commit(l, &c, &check_st), TLOG_COMMITTED);
    tlog_reader *r = tlog_reader_open(p, 2, TLOG_READ_COMMITTED);
    rec_view     rec[4];
    rec_header   h = {0};
    uint32_t     got;
    assert_ok(tlog_reader_next(r, rec, 4, &got, &check_st));
    assert_int_equal(got, 2);
    const uint8_t *header = rec[0].headers;
    assert_true(rec[0].key_null && !rec[0].value_null && rec[0].ts == 7);
    assert_true(rec_header_next(&rec[0], &header, &h));
    assert_true(str_eqz(h.key, "h") && str_eqz(h.value, "v"));
    assert_true(!rec[1].key_null && rec[1].value_null && rec[1].ts == 8 && rec[1].header_count == 0);
    tlog_reader_close(r);
    assert_int_equal(tlog_sender_mark(s).base_offset, 2);

    /* What is closed is thrown away; exact offsets are asked of many at once. */
    send_value(s, "lost");
    tlog_sender_close(s);
    assert_ok(tlog_offsets_query(l, both, 2, o, &check_st));
    assert_int_equal(o[0].high, 4);
    assert_int_equal(o[1].high, 0);

    /* In a transaction: records, offsets and markers together, or none. */
    tlog_producer *pr = tlog_producer_open(l, STR("sent-task"), &check_st);
    tlog_sender   *two[] = {tlog_sender_open(p, pr), tlog_sender_open(q, pr)};
    tlog_position  pos = {.topic = STR("source"), .partition = 0, .offset = 11};
    c = (tlog_commit_args){STR("sent"), &pos, 1, two, 2, pr};
    send_value(two[0], "c");
    send_value(two[1], "d");
    assert_ok(tlog_flush(two[0], &check_st));
    assert_string_equal(take_from(p, 4, TLOG_READ_COMMITTED, 8), "");
    assert_int_equal(tlog_commit(l, &c, &check_st), TLOG_COMMITTED);
    assert_string_equal(take_from(p, 4, TLOG_READ_COMMITTED, 8), "c");
    assert_string_equal(take_from(q, 0, TLOG_READ_COMMITTED, 8), "d");
    assert_ok(fetch_offset(l, STR("sent"), STR("source"), 0, &at, &check_st));
    assert_int_equal(at, 11);
    send_value(two[0], "gone");
    assert_ok(tlog_flush(two[0], &check_st));
    tlog_producer *next = tlog_producer_open(l, STR("sent-task"), &check_st);
    pos.offset = 12;
    send_value(two[1], "gone");
    assert_int_equal(tlog_commit(l, &c, &check_st), TLOG_NOT_COMMITTED);
    assert_int_equal(check_st.code, ST_FENCED);
    assert_ok(fetch_offset(l, STR("sent"), STR("source"), 0, &at, &check_st));
    assert_int_equal(at, 11);
    assert_string_equal(take_from(p, 4, TLOG_READ_COMMITTED, 8), "c");
    tlog_sender_close(two[0]);
    tlog_sender_close(two[1]);
    tlog_producer_close(pr);
    tlog_producer_close(next);

    /* As one unit, and durable. */
    rec_out three[] = {{.value = STR("e")}, {.value = STR("f")}, {.value = STR("g")}};
    int64_t high = tlog_part_known(q).high;
    assert_ok(tlog_append_wait(q, three, 3, &at, &check_st));
    assert_int_equal(at, high);
    assert_string_equal(take_from(q, high, TLOG_READ_COMMITTED, 8), "e f g");

    assert_ok(tlog_topic_delete(l, STR("sent"), &check_st));
    assert_true(tlog_part_is_deleted(p));
    assert_fails(tlog_offsets_query(l, both, 2, o, &check_st), ST_NOT_FOUND);
    s = tlog_sender_open(p, NULL);
    send_value(s, "late");
    assert_fails(tlog_flush(s, &check_st), ST_NOT_FOUND);
    tlog_sender_close(s);
    tlog_part_close(p);
    tlog_part_close(q);
}

/* A record that cannot be sent is refused alone; one that cannot be read stays where it is. */
static inline void check_odd_records(tlog *l)
{
    tlog_config conf = {STR("max.message.bytes"), STR("5000")};
    tlog_topic  spec = {.name = STR("odd-ones"), .partitions = 1, .replication = -1, .configs = &conf, .config_count = 1};
    assert_ok(tlog_topic_create(l, &spec, &check_st));
    tlog_part   *p = open_part(l, "odd-ones", 0);
    tlog_sender *s = tlog_sender_open(p, NULL);
    char         text[6000];
    memset(text, 'x', sizeof text);
    rec_out big = {.ts = 1, .value = str_make(text, sizeof text)};
    int64_t base;
    bool    limited = strcmp(tlog_get_info(l).kind, "built-in") == 0;
    send_value(s, "before");
    if (limited) {
        assert_fails(tlog_send(s, &big, &check_st), ST_TOO_LARGE);
        assert_fails(tlog_append_wait(p, &big, 1, &base, &check_st), ST_TOO_LARGE);
    }
    send_value(s, "after");
    assert_ok(tlog_flush(s, &check_st));
    assert_string_equal(take_from(p, 0, TLOG_READ_COMMITTED, 8), "before after");
    /* More than one batch holds is cut into several. */
    rec_out some[40];
    for (int i = 0; i < 40; i++)
        some[i] = (rec_out){.ts = i, .value = str_make(text, 500)};
    assert_ok(tlog_append_wait(p, some, 40, &base, &check_st));
    assert_int_equal(base, 2);
    assert_int_equal(tlog_part_known(p).high, 42);
    for (int i = 0; i < 40; i++)
        assert_ok(tlog_send(s, &some[i], &check_st));
    assert_ok(tlog_flush(s, &check_st));
    assert_int_equal(tlog_part_known(p).high, 82);
    tlog_sender_close(s);

    batch_builder b;
    batch_builder_init(&b, 4096);
    str   batch = make_batch(&b, "v", 3, CODEC_NONE);
    char *bytes = (char *)(uintptr_t)batch.p;
    memset(bytes + batch.n - 6, 0x7f, 3); /* the value's length of the last one, and more */
    be_put32(bytes + 17, crc32c(0, bytes + 21, batch.n - 21));
    assert_ok(batch_log_append(p, (uint8_t *)bytes, batch.n, (batch_append){.trusted = true}, &base, &check_st));
    batch_builder_free(&b);
    append_batch(p, "behind", 1, CODEC_NONE);
    tlog_reader *r = tlog_reader_open(p, base, TLOG_READ_COMMITTED);
    rec_view     rec[8];
    uint32_t     got;
    assert_ok(tlog_reader_next(r, rec, 8, &got, &check_st));
    assert_int_equal(got, 2);
    for (int i = 0; i < 3; i++) {
        assert_fails(tlog_reader_next(r, rec, 8, &got, &check_st), ST_CORRUPT);
        assert_int_equal(got, 0);
        assert_int_equal(tlog_reader_offset(r), base + 2);
    }
    tlog_reader_seek(r, base + 3); /* whoever gives it up */
    assert_ok(tlog_reader_next(r, rec, 8, &got, &check_st));
    assert_int_equal(got, 1);
    assert_int_equal(rec[0].offset, base + 3);
    tlog_reader_close(r);
    tlog_part_close(p);
}

static inline void check_info(tlog *l)
{
    tlog_info  i = tlog_get_info(l);
    arena      a = {0};
    tlog_topic t;
    assert_true(strcmp(i.kind, "memory") == 0 || strcmp(i.kind, "built-in") == 0);
    assert_int_equal(i.cluster_id.n > 0, strcmp(i.kind, "built-in") == 0);
    make_topic(l, "_confluent-ksql-default_query_X-changelog", 1);
    assert_ok(tlog_topic_get(l, &a, STR("_confluent-ksql-default_query_X-changelog"), &t, &check_st));
    assert_true(t.internal);
    assert_false(tlog_name_is_internal(STR("orders")));
    arena_free(&a);
}

static inline void check_log(tlog *l)
{
    check_topics(l);
    check_append_and_read(l);
    check_times(l);
    check_offsets(l);
    check_transactions(l);
    check_watch(l);
    check_records(l);
    check_sending(l);
    check_odd_records(l);
    check_info(l);
}

#endif
