/* Queries over a log that fails: whatever call it is, the query tells the reason, begins anew and ends with what it
 * would have ended with; other queries go on, and nothing hangs when the engine is closed. */
#include "tests/unit/engine/world.h"
#include "log_fault.h"

#define KEYS 7
#define BURSTS 4
#define BURST 21 /* records, of each partition */

typedef struct round {
    world     w;
    log_fault f;
    bool      exact;
    int       sent; /* records of s, in both partitions together */
} round_t;

static tlog *faulty(world *w, tlog *real)
{
    return log_fault_over(w->faults, real);
}

static void begin_with(round_t *r, bool exact, int workers)
{
    world_init(&r->w);
    log_fault_init(&r->f);
    r->w.faults = &r->f;
    r->w.log_of = faulty;
    r->exact = exact;
    r->sent = 0;
    if (exact)
        world_set(&r->w, "ksql.streams.processing.guarantee", "exactly_once_v2");
    r->w.workers = workers;
    world_open(&r->w);
}

static void begin(round_t *r, bool exact)
{
    begin_with(r, exact, 0);
}

static void end(round_t *r)
{
    world_close(&r->w);
    world_free(&r->w);
    log_fault_free(&r->f);
}

static const char *const statements[] = {
    "CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', format='JSON', partitions=2);",
    "CREATE STREAM o (v INT) WITH (kafka_topic='o', value_format='JSON', partitions=1);",
    "CREATE STREAM copy AS SELECT k, v FROM s;",
    "CREATE TABLE counts AS SELECT k, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY k;",
    "CREATE TABLE again AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;", /* by way of an internal topic */
    "CREATE STREAM other AS SELECT * FROM o;",
};
#define STATEMENTS (sizeof statements / sizeof *statements)
#define COPY "CSAS_COPY_3"
#define COUNTS "CTAS_COUNTS_4"
#define AGAIN "CTAS_AGAIN_5"
#define OTHER "CSAS_OTHER_6"

/* A statement that meets the fault is refused, with the fault's words, and can be said again. */
static void state_all(round_t *r)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        status st;
        if (world_try(&r->w, statements[i], &st))
            continue;
        if (!strstr(st.msg, "planted"))
            fail_msg("%s\n  %s", statements[i], st.msg);
        world_report(&r->w, st.msg);
        world_run(&r->w, statements[i]);
    }
}

static void send_burst(round_t *r)
{
    for (int i = 0; i < BURST; i++)
        for (int p = 0; p < 2; p++) {
            char key[16], val[32];
            snprintf(key, sizeof key, "%d", i % KEYS * 2 + p);
            snprintf(val, sizeof val, "{\"V\":%d}", i % KEYS);
            world_append(&r->w, "s", p, key, val);
            r->sent++;
        }
}

static void await_read(round_t *r)
{
    static const char *const ids[] = {COPY, COUNTS, AGAIN};
    for (int p = 0; p < 2; p++)
        for (size_t i = 0; i < 3; i++)
            world_await_committed(&r->w, ids[i], "s", p, r->sent / 2);
}

/* Until what the first stage has sent on is counted. */
static void await_internal(round_t *r)
{
    status      st;
    arena       a;
    tlog_topic *all;
    size_t      n;
    status_init(&st);
    arena_init(&a);
    assert_true(tlog_topic_list(storage_log(r->w.st), &a, &all, &n, &st));
    for (size_t i = 0; i < n; i++)
        for (int32_t p = 0; str_ends(all[i].name, STR("repartition")) && p < all[i].partitions; p++) {
            tlog_part   *part = tlog_part_open(storage_log(r->w.st), all[i].name, p, &st);
            tlog_offsets o = tlog_part_known(part);
            int64_t      until = clock_mono_ms() + WORLD_WAIT_MS;
            char        *topic = str_z(&a, all[i].name);
            tlog_part_close(part);
            while (o.high > 0 && world_committed(&r->w, AGAIN, topic, p) < o.high) {
                if (clock_mono_ms() > until)
                    fail_msg("%s-%d is not read to its end", topic, p);
                world_nap();
            }
        }
    arena_free(&a);
}

/* A table cannot be read while its query begins anew. */
static char *ask_table(round_t *r, const char *sql)
{
    int64_t until = clock_mono_ms() + WORLD_WAIT_MS;
    char   *got = world_ask(&r->w, sql);
    while (strstr(got, "planted") && clock_mono_ms() < until) {
        free(got);
        world_nap();
        got = world_ask(&r->w, sql);
    }
    return got;
}

/* Each of n rows "KEY|COUNT..." with `each`, or at least as many. */
static void check_counts(round_t *r, const char *sql, int rows, int each)
{
    char *got = ask_table(r, sql);
    int   n = 0;
    for (const char *line = got; *line; line = strchr(line, '\n') + 1, n++) {
        int key, count;
        if (sscanf(line, "%d|%d", &key, &count) != 2 || (r->exact ? count != each : count < each))
            fail_msg("%s gives\n%swith %d of each", sql, got, each);
    }
    if (n != rows)
        fail_msg("%s gives\n%swith %d rows", sql, got, rows);
    free(got);
}

/* Records of the copy by key. How many in all. */
static int count_copies(round_t *r, int n[2 * KEYS])
{
    char *got = world_records(&r->w, "COPY", 2);
    int   all = 0;
    memset(n, 0, 2 * KEYS * sizeof *n);
    for (const char *line = got; *line; line = strchr(line, '\n') + 1, all++) {
        int key = atoi(line);
        assert_in_range(key, 0, 2 * KEYS - 1);
        n[key]++;
    }
    free(got);
    return all;
}

static void check_copy(round_t *r)
{
    int     n[2 * KEYS], each = r->sent / (2 * KEYS);
    int64_t until = clock_mono_ms() + WORLD_WAIT_MS;
    while (count_copies(r, n) < r->sent && clock_mono_ms() < until) /* a commit's markers come behind it */
        world_nap();
    for (int i = 0; i < 2 * KEYS; i++)
        if (r->exact ? n[i] != each : n[i] < each)
            fail_msg("%d copies of key %d, not %d", n[i], i, each);
}

static void check(round_t *r)
{
    await_read(r);
    await_internal(r);
    check_copy(r);
    check_counts(r, "SELECT k, n FROM counts;", 2 * KEYS, r->sent / (2 * KEYS));
    check_counts(r, "SELECT v, n FROM again;", KEYS, r->sent / KEYS);
}

static void other_goes_on(round_t *r)
{
    char *before = world_records(&r->w, "OTHER", 1);
    world_append(&r->w, "o", 0, "", "{\"V\":1}");
    int64_t until = clock_mono_ms() + WORLD_WAIT_MS;
    for (;;) {
        char *now = world_records(&r->w, "OTHER", 1);
        bool  more = strlen(now) > strlen(before);
        free(now);
        if (more)
            break;
        if (clock_mono_ms() > until)
            fail_msg("the other query stands still");
        world_nap();
    }
    free(before);
}

/* ---- the n-th call of a kind fails once */

typedef struct kind {
    log_call call;
    st_code  codes[2]; /* in turn */
    bool     done, unknown;
} kind;

static const kind kinds[] = {
    {CALL_TOPIC_CREATE, {ST_IO, ST_FULL}, false, false},
    {CALL_TOPIC_CREATE, {ST_TIMEOUT, ST_IO}, true, false},
    {CALL_TOPIC_GET, {ST_IO, ST_TIMEOUT}, false, false},
    {CALL_PART_OPEN, {ST_IO, ST_NOT_FOUND}, false, false},
    {CALL_OFFSETS_QUERY, {ST_IO, ST_TIMEOUT}, false, false},
    {CALL_READER_NEXT, {ST_IO, ST_NOT_FOUND}, false, false},
    {CALL_SEND, {ST_IO, ST_LIMIT}, false, false},
    {CALL_FLUSH, {ST_IO, ST_FULL}, false, false},
    {CALL_FLUSH, {ST_IO, ST_IO}, true, false},
    {CALL_COMMIT, {ST_IO, ST_FULL}, false, false},
    {CALL_COMMIT, {ST_IO, ST_TIMEOUT}, false, true},
    {CALL_COMMIT, {ST_IO, ST_TIMEOUT}, true, true},
    {CALL_OFFSETS_FETCH, {ST_IO, ST_TIMEOUT}, false, false},
    {CALL_PRODUCER_OPEN, {ST_IO, ST_FULL}, false, false},
};

/* What was struck was told, but for topics that seem to be gone and are there again at the next look, for those of a
 * snapshot, which is then left aside, and for a log that is full for a while. */
static void check_told(round_t *r, const log_plan *p, uint64_t struck)
{
    bool may_hush = p->code == ST_NOT_FOUND || p->code == ST_LIMIT || p->calls == 1u << CALL_TOPIC_GET;
    if (struck && !may_hush && !world_was_told(&r->w, "planted"))
        fail_msg("call %lu: nobody was told", p->at);
}

/* Gives whether the fault was met. */
static bool strike_at_birth(const kind *k, uint64_t n, bool exact)
{
    round_t  r;
    log_plan p = {.calls = 1u << k->call, .at = n, .code = k->codes[n % 2], .done = k->done, .unknown = k->unknown};
    begin(&r, exact);
    log_fault_arm(&r.f, p);
    state_all(&r);
    for (int i = 0; i < BURSTS; i++) {
        send_burst(&r);
        await_read(&r);
    }
    check(&r);
    uint64_t struck = log_fault_lift(&r.f);
    check_told(&r, &p, struck);
    other_goes_on(&r);
    end(&r);
    return struck > 0;
}

static bool strike_at_a_restart(const kind *k, uint64_t n, bool exact)
{
    round_t  r;
    log_plan p = {.calls = 1u << k->call, .at = n, .code = k->codes[n % 2], .done = k->done, .unknown = k->unknown};
    begin(&r, exact);
    state_all(&r);
    send_burst(&r);
    check(&r);
    world_close(&r.w);
    if (n % 3 == 0) { /* all of the state from the changelogs */
        char cmd[128];
        snprintf(cmd, sizeof cmd, "rm -rf %s", r.w.state);
        assert_int_equal(system(cmd), 0);
    }
    world_hear_anew(&r.w);
    log_fault_arm(&r.f, p);
    world_open(&r.w);
    send_burst(&r);
    check(&r);
    uint64_t struck = log_fault_lift(&r.f);
    check_told(&r, &p, struck);
    other_goes_on(&r);
    end(&r);
    return struck > 0;
}

static void strike_each(bool (*strike)(const kind *k, uint64_t n, bool exact), bool exact)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        uint64_t n = 1;
        while (n < 200 && strike(&kinds[i], n, exact))
            n += 1 + n / 3;
        if (getenv("FAULTS_TOLD"))
            printf("%s%s%s: up to call %lu\n", log_call_names[kinds[i].call], kinds[i].done ? ", done" : "",
                   kinds[i].unknown ? ", unknown" : "", n);
    }
}

static void exactly_once_at_birth(void **state)
{
    (void)state;
    strike_each(strike_at_birth, true);
}

static void at_least_once_at_birth(void **state)
{
    (void)state;
    strike_each(strike_at_birth, false);
}

static void exactly_once_at_a_restart(void **state)
{
    (void)state;
    strike_each(strike_at_a_restart, true);
}

static void at_least_once_at_a_restart(void **state)
{
    (void)state;
    strike_each(strike_at_a_restart, false);
}

/* ---- a query's log fails until it is mended */

/* Of `query`, whose calls name `of`. */
static void fail_one(bool exact, unsigned calls, const char *of, const char *query, bool at_a_restart)
{
    round_t r;
    begin(&r, exact);
    state_all(&r);
    send_burst(&r);
    check(&r);
    log_plan p = {.calls = calls, .at = 1, .times = UINT64_MAX / 2, .code = ST_IO, .only = of};
    if (at_a_restart)
        world_close(&r.w);
    log_fault_arm(&r.f, p);
    if (at_a_restart)
        world_open(&r.w);
    else
        send_burst(&r);
    world_await_state(&r.w, query, "ERROR: planted");
    other_goes_on(&r);
    world_run(&r.w, "CREATE STREAM more AS SELECT * FROM o;");
    assert_true(log_fault_lift(&r.f) > 0);
    send_burst(&r);
    check(&r);
    world_await_state(&r.w, query, "RUNNING");
    end(&r);
}

static void others_go_on_while_one_fails(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        fail_one(exact, 1u << CALL_FLUSH, "COPY", COPY, false);
        fail_one(exact, 1u << CALL_FLUSH, "repartition", AGAIN, false);
        fail_one(exact, 1u << CALL_SEND, COUNTS "-", COUNTS, false); /* its changelog */
        fail_one(exact, 1u << CALL_READER_NEXT, "repartition", AGAIN, false);
        fail_one(exact, 1u << CALL_COMMIT, COUNTS, COUNTS, false);
        fail_one(exact, 1u << CALL_PART_OPEN, "changelog", AGAIN, true);
        fail_one(exact, 1u << CALL_READER_NEXT, "changelog", AGAIN, true);
        fail_one(exact, 1u << CALL_TOPIC_GET, "COPY", COPY, true);
        fail_one(exact, 1u << CALL_OFFSETS_FETCH, COPY, COPY, true);
    }
    fail_one(true, 1u << CALL_PRODUCER_OPEN, AGAIN, AGAIN, true);
}

/* A call that does not come back takes a worker with it, of which there is one. */
static void others_go_on_while_one_hangs(void **state)
{
    round_t r;
    (void)state;
    begin_with(&r, false, 1);
    state_all(&r);
    log_fault_arm(&r.f, (log_plan){.calls = 1u << CALL_FLUSH, .at = 1, .hold = true, .only = "COPY"});
    send_burst(&r);
    int64_t until = clock_mono_ms() + WORLD_WAIT_MS;
    while (log_fault_waiting(&r.f) == 0 && clock_mono_ms() < until)
        world_nap();
    other_goes_on(&r);
    world_run(&r.w, "CREATE STREAM more AS SELECT * FROM o;");
    other_goes_on(&r);
    assert_int_equal(log_fault_waiting(&r.f), 1);
    log_fault_lift(&r.f);
    check(&r);
    end(&r);
}

/* ---- full, slow, and ill informed */

/* A log that takes nothing is no failure: the query waits with what it has, and others go on. */
static void a_full_log_is_waited_for(void **state)
{
    static const char *const topics[] = {"COPY", "repartition", COUNTS "-" /* its changelog */, NULL /* all */};
    (void)state;
    for (int i = 0; i < 8; i++) {
        round_t     r;
        const char *only = topics[i / 2];
        begin(&r, i % 2);
        state_all(&r);
        send_burst(&r);
        check(&r);
        world_hear_anew(&r.w);
        log_fault_arm(
            &r.f,
            (log_plan){.calls = 1u << CALL_SEND, .at = 3, .times = UINT64_MAX / 2, .code = ST_LIMIT, .only = only});
        send_burst(&r);
        while (log_fault_struck(&r.f) < 20) /* it is asked again, and again */
            world_nap();
        if (only)
            other_goes_on(&r);
        log_fault_lift(&r.f);
        send_burst(&r);
        check(&r);
        assert_false(world_was_told(&r.w, "planted"));
        end(&r);
    }
}

typedef struct said {
    world      *w;
    const char *sql;
} said;

static void *say(void *arg)
{
    said *s = arg;
    world_run(s->w, s->sql);
    return NULL;
}

static void await_waiting(round_t *r)
{
    int64_t until = clock_mono_ms() + WORLD_WAIT_MS;
    while (log_fault_waiting(&r->f) == 0 && clock_mono_ms() < until)
        world_nap();
    assert_int_equal(log_fault_waiting(&r->f), 1);
}

/* While a statement waits for the log, others are answered and queries run: all of them before it is. */
static void a_statement_that_waits_holds_up_no_other(void **state)
{
    static const log_call calls[] = {CALL_TOPIC_CREATE, CALL_PART_OPEN, CALL_OFFSETS_QUERY, CALL_OFFSETS_FETCH,
                                     CALL_COMMIT};
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        round_t r;
        begin(&r, true);
        state_all(&r);
        send_burst(&r);
        check(&r);
        bool group = calls[i] == CALL_OFFSETS_FETCH || calls[i] == CALL_COMMIT;
        log_fault_arm(&r.f, (log_plan){.calls = 1u << calls[i],
                                       .at = 1,
                                       .hold = true,
                                       .only = group                           ? "MORE"
                                               : calls[i] == CALL_TOPIC_CREATE ? "MORE"
                                                                               : "o"});
        said      s = {&r.w, "CREATE STREAM more AS SELECT * FROM o;"};
        pthread_t who;
        assert_int_equal(pthread_create(&who, NULL, say, &s), 0);
        await_waiting(&r);
        world_run(&r.w, "SHOW STREAMS; SHOW QUERIES; DESCRIBE s; EXPLAIN " COUNTS ";");
        world_run(&r.w, "INSERT INTO s (k, v) VALUES (1000, 7);");
        world_expect(&r.w, "SELECT n FROM counts WHERE k = 1000;", "1\n");
        other_goes_on(&r);
        assert_int_equal(log_fault_waiting(&r.f), 1);
        log_fault_lift(&r.f);
        pthread_join(who, NULL);
        world_await_state(&r.w, "CSAS_MORE_7", "RUNNING");
        end(&r);
    }
}

/* By counts of calls, each of which takes 5 to 20 ms: what shows and selects asks the log for nothing, and a record
 * needs few of them on its way. */
static void a_slow_log_slows_nobody_else(void **state)
{
    round_t r;
    (void)state;
    begin(&r, false);
    state_all(&r);
    send_burst(&r);
    check(&r);
    log_plan p = {.calls = (1u << LOG_CALLS) - 1, .at = 1, .times = UINT64_MAX / 2, .slow_ms = 5};
    log_fault_arm(&r.f, p);
    uint64_t before = log_fault_struck(&r.f);
    world_run(&r.w, "SHOW STREAMS; SHOW QUERIES; SHOW TOPICS; SHOW PROPERTIES;");
    check_counts(&r, "SELECT k, n FROM counts;", 2 * KEYS, r.sent / (2 * KEYS));
    assert_int_equal(log_fault_struck(&r.f), before);

    other_goes_on(&r);
    uint64_t calls = log_fault_struck(&r.f) - before;
    assert_in_range(calls, 1, 30);

    /* Of one query they are slow, and there is one that reads as fast as it can. */
    p.slow_ms = 20;
    p.only = "COPY";
    log_fault_arm(&r.f, p);
    send_burst(&r);
    for (int i = 0; i < 10; i++)
        other_goes_on(&r);
    check(&r);
    log_fault_lift(&r.f);
    end(&r);
}

/* Nothing is told of offsets that nobody asked for. */
static void what_is_known_may_be_stale(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        round_t r;
        begin(&r, exact);
        atomic_store(&r.f.stale, true);
        state_all(&r);
        send_burst(&r);
        check(&r);
        world_close(&r.w);
        world_open(&r.w);
        send_burst(&r);
        check(&r);
        char cmd[128]; /* all of the state from the changelogs */
        world_close(&r.w);
        snprintf(cmd, sizeof cmd, "rm -rf %s", r.w.state);
        assert_int_equal(system(cmd), 0);
        world_open(&r.w);
        send_burst(&r);
        check(&r);
        end(&r);
    }
}

/* Records that are gone before they were read are a gap, not a failure for good, also for who does not know of it. */
static void a_gap_that_is_not_known_is_passed(void **state)
{
    round_t r;
    status  st;
    int64_t start;
    (void)state;
    status_init(&st);
    begin(&r, true);
    state_all(&r);
    world_append(&r.w, "o", 0, "", "{\"V\":1}");
    world_await_committed(&r.w, OTHER, "o", 0, 1);
    atomic_store(&r.f.stale, true);
    world_run(&r.w, "PAUSE " OTHER ";");
    world_await_state(&r.w, OTHER, "PAUSED");
    for (int i = 0; i < 5; i++)
        world_append(&r.w, "o", 0, "", "{\"V\":2}");
    tlog_part *p = tlog_part_open(storage_log(r.w.st), STR("o"), 0, &st);
    assert_true(storage_delete_records(r.w.st, p, 4, &start, &st));
    tlog_part_close(p);
    world_run(&r.w, "RESUME " OTHER ";");
    world_await_committed(&r.w, OTHER, "o", 0, 6);
    char *got = world_records(&r.w, "OTHER", 1);
    assert_string_equal(got, "={\"V\":1}\n={\"V\":2}\n={\"V\":2}\n");
    free(got);
    end(&r);
}

/* ---- the end */

/* Whatever fails while it is closed, it is closed, and a start goes on from what was committed. */
static void close_under(bool exact, log_plan p)
{
    round_t r;
    begin(&r, exact);
    state_all(&r);
    send_burst(&r);
    check(&r);
    log_fault_arm(&r.f, p);
    send_burst(&r);
    int64_t began = clock_mono_ms();
    assert_true(engine_close(r.w.e));
    assert_in_range(clock_mono_ms() - began, 0, 9000); /* less than it waits for what hangs */
    r.w.e = NULL;
    world_close(&r.w);
    log_fault_lift(&r.f);
    world_open(&r.w);
    check(&r);
    other_goes_on(&r);
    end(&r);
}

static void a_close_ends(void **state)
{
    const unsigned all = (1u << LOG_CALLS) - 1;
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        close_under(exact, (log_plan){.calls = all, .at = 1, .times = UINT64_MAX / 2, .code = ST_IO});
        close_under(exact, (log_plan){.calls = all, .at = 1, .times = UINT64_MAX / 2, .code = ST_FULL, .done = true});
        close_under(exact, (log_plan){.calls = all, .at = 1, .times = UINT64_MAX / 2, .slow_ms = 20});
        close_under(exact, (log_plan){.calls = 1u << CALL_FLUSH, .at = 2, .code = ST_FULL});
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_once_at_birth),
        cmocka_unit_test(at_least_once_at_birth),
        cmocka_unit_test(exactly_once_at_a_restart),
        cmocka_unit_test(at_least_once_at_a_restart),
        cmocka_unit_test(others_go_on_while_one_fails),
        cmocka_unit_test(others_go_on_while_one_hangs),
        cmocka_unit_test(a_full_log_is_waited_for),
        cmocka_unit_test(a_statement_that_waits_holds_up_no_other),
        cmocka_unit_test(a_slow_log_slows_nobody_else),
        cmocka_unit_test(what_is_known_may_be_stale),
        cmocka_unit_test(a_gap_that_is_not_known_is_passed),
        cmocka_unit_test(a_close_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
