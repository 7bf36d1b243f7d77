/* Closed segments: what is written down of them, and how it is found out when they are not what was written. */
#include "place.h"

#include <string.h>
#include <unistd.h>

#include "storage/segment_int.h"

/* The system's files, and a count of the segments that were opened. */
static int opened;

static int counting_open(io *x, const char *path, int flags, int mode)
{
    size_t n = strlen(path);
    opened += n > 4 && strcmp(path + n - 4, ".log") == 0;
    (void)x;
    return io_posix()->open(io_posix(), path, flags, mode);
}

static io *counting_io(void)
{
    static io counting;
    counting = *io_posix();
    counting.open = counting_open;
    opened = 0;
    return &counting;
}

static int64_t clock_ms = 1700000000000, mono_ms = 1000000;

static int64_t wall(void *ctx)
{
    (void)ctx;
    return clock_ms;
}

static int64_t mono(void *ctx)
{
    (void)ctx;
    return mono_ms;
}

static void pass(int64_t ms)
{
    clock_ms += ms;
    mono_ms += ms;
}

static const storage_options small_segments = {.segment_bytes = 2000, .scrub_interval_ms = -1};

/* A log of many segments, the last checkpoint behind all that are closed. */
static void begin_log(place *w, storage_options o, int batches)
{
    begin(w, o);
    make_topic(storage_log(w->s), "t", 1);
    assert_ok(storage_topic_alter(
        w->s, STR("t"), (tlog_config[]){{STR("message.timestamp.type"), STR("LogAppendTime")}}, 1, &check_st));
    append(w, "t", "some-twenty-letters..", batches);
}

static int segments_of(place *w)
{
    char cmd[256], line[16];
    snprintf(cmd, sizeof cmd, "ls %s/topics/t-0/*.log | wc -l", w->dir);
    FILE *f = popen(cmd, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    pclose(f);
    return atoi(line);
}

static void close_it(place *w)
{
    storage_close(w->s);
    w->s = NULL;
}

/* Name of the n-th segment, without suffix. */
static void nth_segment(place *w, int n, char out[64])
{
    char cmd[256], line[64];
    snprintf(cmd, sizeof cmd, "cd %s/topics/t-0; ls *.log | sed -n '%ds/.log//p'", w->dir, n + 1);
    FILE *f = popen(cmd, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    pclose(f);
    line[strcspn(line, "\n")] = 0;
    strcpy(out, line);
}

static void flip_segment(place *w, int n, const char *suffix, long at)
{
    char name[64], path[128];
    nth_segment(w, n, name);
    snprintf(path, sizeof path, "topics/t-0/%s%s", name, suffix);
    flip(w, path, at);
}

static int count_all(place *w)
{
    tlog_part  *p = open_part(storage_log(w->s), "t", 0);
    const char *all = read_values(p, tlog_part_known(p).start, TLOG_READ_UNCOMMITTED);
    int         n = *all != 0;
    for (; *all; all++)
        n += *all == ' ';
    tlog_part_close(p);
    return n;
}

static void a_start_opens_no_closed_segment(void **state)
{
    (void)state;
    for (int killed = 0; killed < 2; killed++) {
        place           w;
        storage_options o = small_segments;
        begin_log(&w, o, 800);
        assert_true(segments_of(&w) > 30);
        storage_maintain(w.s);
        close_it(&w);
        if (killed) {
            assert_ok(try_open(&w, o));
            kill_it(&w);
        }
        o.io = counting_io();
        assert_ok(try_open(&w, o));
        assert_true(opened <= 1); /* the one that is written to */
        assert_int_equal(high(&w, "t"), 800);
        end(&w);
    }
}

static void footers_that_are_lost_are_learnt_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        place           w;
        storage_options o = small_segments;
        begin_log(&w, o, 300);
        close_it(&w);
        if (i == 0)
            shell("rm %s/topics/t-0/footers", w.dir);
        else if (i == 1)
            shell("truncate -s 500 %s/topics/t-0/footers", w.dir);
        else
            flip(&w, "topics/t-0/footers", 70);
        assert_ok(try_open(&w, o));
        assert_int_equal(count_all(&w), 300);
        storage_maintain(w.s);
        close_it(&w);
        o.io = counting_io();
        assert_ok(try_open(&w, o));
        assert_true(opened <= 1);
        assert_int_equal(count_all(&w), 300);
        assert_string_equal(w.told, "");
        end(&w);
    }
}

static void rot_in_a_closed_segment_is_found(void **state)
{
    (void)state;
    place           w;
    storage_options o = small_segments;
    begin_log(&w, o, 300);
    close_it(&w);
    flip_segment(&w, 3, ".log", 500);
    o.scrub_interval_ms = 1;
    assert_ok(try_open(&w, o));
    int before = segments_of(&w);
    assert_int_equal(storage_get_health(w.s).damaged_partitions, 0);
    usleep(5000);
    storage_maintain(w.s);
    assert_int_equal(storage_get_health(w.s).damaged_partitions, 1);
    assert_told(&w, "storage: partition t-0 is damaged: ");
    size_t told = strlen(w.told);
    usleep(5000);
    storage_maintain(w.s);
    assert_int_equal(strlen(w.told), told); /* once */
    assert_int_equal(segments_of(&w), before);
    append(&w, "t", "goes on", 1);
    end(&w);
}

/* A batch's own checksum does not cover its offset and epoch. */
static void a_header_that_rotted_is_found(void **state)
{
    (void)state;
    place           w;
    storage_options o = small_segments;
    begin_log(&w, o, 300);
    close_it(&w);
    flip_segment(&w, 3, ".log", 13);
    o.scrub_interval_ms = 1;
    assert_ok(try_open(&w, o));
    usleep(5000);
    storage_maintain(w.s);
    assert_told(&w, "holds other batches than were written to it");
    end(&w);
}

static void a_file_that_is_missing_in_the_middle_stops_the_log_there(void **state)
{
    (void)state;
    place           w;
    storage_options o = small_segments;
    char            name[64];
    begin_log(&w, o, 300);
    close_it(&w);
    nth_segment(&w, 5, name);
    int before = segments_of(&w);
    shell("mv %s/topics/t-0/%s.log %s/kept", w.dir, name, w.root);
    assert_ok(try_open(&w, o));
    assert_told(&w, "the file of the records that follow is missing");
    assert_int_equal(storage_get_health(w.s).stopped_partitions, 1);
    assert_int_equal(high(&w, "t"), atoll(name));
    assert_int_equal(segments_of(&w), before - 1);
    close_it(&w);
    shell("mv %s/kept %s/topics/t-0/%s.log", w.root, w.dir, name); /* it was found again */
    assert_ok(try_open(&w, o));
    assert_int_equal(count_all(&w), 300);
    assert_int_equal(storage_get_health(w.s).stopped_partitions, 0);
    end(&w);
}

static void retention_believes_no_index(void **state)
{
    (void)state;
    static const timesource clock = {wall, mono, NULL};
    for (int footers = 0; footers < 2; footers++) {
        place           w;
        storage_options o = small_segments;
        o.clock = &clock;
        o.retention_ms = 7 * 86400000LL;
        begin_log(&w, o, 300);
        close_it(&w);
        int before = segments_of(&w);
        for (int i = 0; i < 3; i++) {
            flip_segment(&w, i, ".timeindex", -12 + 2); /* years ago, it says */
            flip_segment(&w, i, ".timeindex", -12 + 2 + 1);
        }
        if (!footers)
            shell("rm %s/topics/t-0/footers", w.dir);
        shell("touch -d 2001-01-01 %s/topics/t-0/*.log", w.dir);
        assert_ok(try_open(&w, o));
        for (int i = 0; i < 5; i++) {
            pass(400000);
            storage_maintain(w.s);
        }
        assert_int_equal(segments_of(&w), before);
        pass(8 * 86400000LL); /* and in the end they go, an hour after a leap */
        storage_maintain(w.s);
        pass(8 * 86400000LL);
        storage_maintain(w.s);
        assert_int_equal(segments_of(&w), 1);
        end(&w);
    }
}

static void a_clock_that_leaps_removes_nothing_for_an_hour(void **state)
{
    (void)state;
    static const timesource clock = {wall, mono, NULL};
    place                   w;
    storage_options         o = small_segments;
    o.clock = &clock;
    o.retention_ms = 7 * 86400000LL;
    begin_log(&w, o, 300);
    pass(400000);
    storage_maintain(w.s);
    int before = segments_of(&w);
    clock_ms += 8 * 86400000LL;
    pass(400000);
    storage_maintain(w.s);
    assert_told(&w, "the clock went ahead by 691200 s at once");
    assert_int_equal(segments_of(&w), before);
    pass(3000000);
    storage_maintain(w.s);
    assert_int_equal(segments_of(&w), before);
    clock_ms -= 8 * 86400000LL; /* somebody saw it */
    pass(3000000);
    storage_maintain(w.s);
    assert_int_equal(segments_of(&w), before);
    end(&w);
}

static void compaction_stops_at_rot_and_says_so(void **state)
{
    (void)state;
    place           w;
    storage_options o = small_segments;
    tlog_config     compact[] = {{STR("cleanup.policy"), STR("compact")}, {STR("min.cleanable.dirty.ratio"), STR("0")}};
    begin_log(&w, o, 300);
    close_it(&w);
    flip_segment(&w, 3, ".log", 500);
    assert_ok(try_open(&w, o));
    assert_ok(storage_topic_alter(w.s, STR("t"), compact, 2, &check_st));
    int before = segments_of(&w);
    storage_maintain(w.s);
    assert_told(&w, "storage: partition t-0 is damaged: ");
    assert_int_equal(storage_get_health(w.s).damaged_partitions, 1);
    w.told[0] = 0;
    for (int i = 0; i < 3; i++)
        storage_maintain(w.s);
    assert_string_equal(w.told, "");
    assert_int_equal(segments_of(&w), before);
    end(&w);
}

static void what_compaction_left_is_written_down(void **state)
{
    (void)state;
    place           w;
    storage_options o = small_segments;
    tlog_config     compact[] = {{STR("cleanup.policy"), STR("compact")}, {STR("min.cleanable.dirty.ratio"), STR("0")}};
    begin_log(&w, o, 300);
    assert_ok(storage_topic_alter(w.s, STR("t"), compact, 2, &check_st));
    int before = segments_of(&w);
    storage_maintain(w.s);
    int after = segments_of(&w);
    assert_true(after < before);
    int left = count_all(&w);
    kill_it(&w);
    o.io = counting_io();
    o.scrub_interval_ms = 1;
    assert_ok(try_open(&w, o));
    assert_true(opened <= 2);
    assert_int_equal(count_all(&w), left);
    usleep(5000);
    storage_maintain(w.s);
    assert_string_equal(w.told, "");
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_opens_no_closed_segment),
        cmocka_unit_test(footers_that_are_lost_are_learnt_again),
        cmocka_unit_test(rot_in_a_closed_segment_is_found),
        cmocka_unit_test(a_header_that_rotted_is_found),
        cmocka_unit_test(a_file_that_is_missing_in_the_middle_stops_the_log_there),
        cmocka_unit_test(retention_believes_no_index),
        cmocka_unit_test(a_clock_that_leaps_removes_nothing_for_an_hour),
        cmocka_unit_test(compaction_stops_at_rot_and_says_so),
        cmocka_unit_test(what_compaction_left_is_written_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
