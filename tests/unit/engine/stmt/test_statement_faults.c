/* Statements whose n-th step fails, in the catalog's store or in the log: refused with the reason, they have changed
 * nothing, the next one works, and a start finds what was there. */
#include "tests/unit/engine/world.h"
#include "tests/unit/engine/run/log_fault.h"
#include "kept_fault.h"

#include "engine/stmt/catalog_rows.h"
#include "engine/stmt/engine_int.h"

typedef struct faults {
    world      w;
    log_fault  log;
    kept_fault kept;
} faults;

static tlog *log_of(world *w, tlog *real)
{
    return log_fault_over(&((faults *)w->faults)->log, real);
}

static kept_store *kept_of(world *w, kept_store *real)
{
    faults *f = w->faults;
    f->kept.in = real;
    return &f->kept.base;
}

static void begin(faults *f)
{
    world_init(&f->w);
    log_fault_init(&f->log);
    kept_fault_init(&f->kept);
    f->w.faults = f;
    f->w.log_of = log_of;
    f->w.kept_of = kept_of;
    world_open(&f->w);
}

static void end(faults *f)
{
    world_close(&f->w);
    world_free(&f->w);
    log_fault_free(&f->log);
}

/* Every kind of statement that changes the catalog, and what of it the others need. */
static const char *const script[] = {
    "CREATE TYPE addr AS STRUCT<street STRING>;",
    "CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', format='JSON', partitions=2);",
    "CREATE TABLE t (k INT PRIMARY KEY, v INT) WITH (kafka_topic='t', format='JSON', partitions=2);",
    "CREATE SOURCE TABLE st (k INT PRIMARY KEY, v INT) WITH (kafka_topic='t', format='JSON');",
    "CREATE STREAM copy AS SELECT k, v FROM s;",
    "CREATE TABLE counts AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;",
    "CREATE STREAM joined WITH (partitions=2) AS SELECT s.k AS k, s.v AS v, t.v AS w FROM s JOIN t ON s.k = t.k;",
    "CREATE OR REPLACE STREAM copy AS SELECT k, v FROM s WHERE v > 0;",
    "INSERT INTO copy WITH (query_id='mine') SELECT k, v FROM s WHERE v > 5;",
    "PAUSE CSAS_COPY_5;",
    "RESUME CSAS_COPY_5;",
    "PAUSE MINE;",
    "ALTER SYSTEM 'ksql.streams.commit.interval.ms'='7';",
    "ALTER STREAM s ADD COLUMN w INT;",
    "TERMINATE MINE;",
    "TERMINATE CTAS_COUNTS_6;",
    "DROP TABLE counts DELETE TOPIC;",
    "DROP STREAM joined;",
    "DROP TABLE st;",
    "DROP TYPE addr;",
};
#define SCRIPT (sizeof script / sizeof *script)

/* ---- everything there is, as text */

static int row_order(const void *a, const void *b)
{
    const kept_row *x = a, *y = b;
    int             c = str_cmp(x->kind, y->kind);
    return c ? c : str_cmp(x->name, y->name);
}

static void put_rows(buf *out, const char *what, kept_row *rows, size_t n)
{
    if (n)
        qsort(rows, n, sizeof *rows, row_order);
    for (size_t i = 0; i < n; i++)
        if (!str_eqz(rows[i].kind, "leaving"))
            buf_printf(out, "%s %.*s %.*s %.*s\n", what, STR_FMT(rows[i].kind), STR_FMT(rows[i].name),
                       STR_FMT(rows[i].body));
}

/* The catalog in memory, as the rows that would be kept of it. */
static void put_catalog(faults *f, arena *a, buf *out)
{
    VEC(kept_row) rows = {0};
    metastore   *m = engine_take(f->w.e);
    source     **sources = metastore_sources(m, a);
    query_info **queries = metastore_queries(m, a);
    pmap_entry  *types = pmap_sorted(&m->cat.types, a), *system = pmap_sorted(&m->system, a);
    for (size_t i = 0; i < m->cat.sources.n; i++)
        AVEC_PUSH(a, &rows, row_of_source(a, sources[i]));
    for (size_t i = 0; i < m->queries.n; i++)
        AVEC_PUSH(a, &rows, row_of_query(a, queries[i]));
    for (size_t i = 0; i < m->cat.types.n; i++)
        AVEC_PUSH(a, &rows, row_of_type(a, types[i].key, ((user_type *)types[i].value)->type));
    for (size_t i = 0; i < m->system.n; i++)
        AVEC_PUSH(a, &rows, row_of_system(a, system[i].key, settings_system_text(system[i].value)));
    AVEC_PUSH(a, &rows, row_of_seq(a, m->next_seq));
    put_rows(out, "row", rows.p, rows.n);
    metastore_release(m);
}

static void put_kept(faults *f, arena *a, buf *out)
{
    status    st;
    kept_row *rows;
    size_t    n;
    status_init(&st);
    assert_true(f->kept.in->list(f->kept.in, a, &rows, &n, &st));
    put_rows(out, "row", rows, n);
}

static void put_topics(faults *f, arena *a, buf *out)
{
    status      st;
    tlog_topic *all;
    size_t      n;
    status_init(&st);
    assert_true(tlog_topic_list(storage_log(f->w.st), a, &all, &n, &st));
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "topic %.*s %d\n", STR_FMT(all[i].name), all[i].partitions);
}

static void put_queries(faults *f, arena *a, buf *out)
{
    engine_query_state *all;
    size_t              n = engine_query_states(f->w.e, a, &all);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "query %.*s %s %.*s\n", STR_FMT(all[i].id), all[i].state, STR_FMT(all[i].reason));
}

static char *text_of(faults *f, void (*put)(faults *f, arena *a, buf *out))
{
    arena a;
    buf   out = BUF_INIT(BUF_MAX);
    arena_init(&a);
    put(f, &a, &out);
    buf_putc(&out, 0);
    char *text = strdup(out.p);
    buf_free(&out);
    arena_free(&a);
    return text;
}

static bool is_leaving(faults *f)
{
    arena     a;
    status    st;
    kept_row *rows;
    size_t    n;
    bool      is = false;
    arena_init(&a);
    status_init(&st);
    assert_true(f->kept.in->list(f->kept.in, &a, &rows, &n, &st));
    for (size_t i = 0; i < n; i++)
        is |= str_eqz(rows[i].kind, "leaving");
    arena_free(&a);
    return is;
}

/* Queries open and are forgotten behind their statements. */
static void settle(faults *f)
{
    int64_t until = clock_mono_ms() + WORLD_WAIT_MS;
    for (;;) {
        bool  struck, leaving;
        char *queries = text_of(f, put_queries);
        bool  moving = strstr(queries, "RESTORING") || strstr(queries, "ERROR");
        kept_fault_get(&f->kept, &struck, &leaving);
        moving |= is_leaving(f) && !leaving;
        if (moving && clock_mono_ms() > until)
            fail_msg("it does not settle:\n%s", queries);
        free(queries);
        if (!moving)
            return;
        world_nap();
    }
}

typedef struct snapshot {
    char *catalog, *topics, *queries;
} snapshot;

static void snapshot_free(snapshot *s)
{
    free(s->catalog);
    free(s->topics);
    free(s->queries);
}

/* What is kept is what there is. */
static snapshot look(faults *f)
{
    settle(f);
    char    *kept = text_of(f, put_kept);
    snapshot s = {text_of(f, put_catalog), text_of(f, put_topics), text_of(f, put_queries)};
    if (kept[0]) /* nothing before the first statement */
        assert_string_equal(s.catalog, kept);
    free(kept);
    return s;
}

static void assert_same(const snapshot *a, const snapshot *b)
{
    assert_string_equal(a->catalog, b->catalog);
    assert_string_equal(a->topics, b->topics);
    assert_string_equal(a->queries, b->queries);
}

/* ---- one statement after the other */

/* A source is dropped although its topic could not be deleted: that is told, and is then the user's to do. */
static void delete_what_is_left(faults *f)
{
    status st;
    char   topic[64];
    status_init(&st);
    if (sscanf(f->w.warned, "Topic %63s could not be deleted", topic) == 1)
        assert_true(tlog_topic_delete(storage_log(f->w.st), str_of(topic), &st));
}

/* A refused statement has changed nothing and can be said again. */
static void say(faults *f, const char *sql)
{
    status   st;
    snapshot before = look(f);
    if (!world_try(&f->w, sql, &st)) {
        snapshot after = look(f);
        if (!strstr(st.msg, "planted"))
            fail_msg("%s\n  %s", sql, st.msg);
        assert_same(&before, &after);
        snapshot_free(&after);
        world_run(&f->w, sql);
    }
    delete_what_is_left(f);
    snapshot_free(&before);
}

static void say_all(faults *f)
{
    for (size_t i = 0; i < SCRIPT; i++)
        say(f, script[i]);
}

/* What is there at the end, without and with a restart; queries run. */
static void check_end(faults *f, const snapshot *want)
{
    snapshot now = look(f);
    if (want) {
        assert_string_equal(now.topics, want->topics);
        assert_string_equal(now.queries, want->queries);
    }
    world_close(&f->w);
    kept_fault_arm(&f->kept, 0, ST_OK);
    log_fault_lift(&f->log);
    world_open(&f->w);
    snapshot again = look(f);
    assert_same(&now, &again);
    world_append(&f->w, "s", 0, "1", "{\"V\":1}");
    world_await_committed(&f->w, "CSAS_COPY_5", "s", 0, 1);
    snapshot_free(&now);
    snapshot_free(&again);
}

static snapshot without_faults(void)
{
    faults f;
    begin(&f);
    say_all(&f);
    snapshot s = look(&f);
    check_end(&f, NULL);
    end(&f);
    return s;
}

static void the_catalogs_store_fails(void **state)
{
    snapshot want = without_faults();
    bool     struck = true, leaving;
    (void)state;
    for (uint64_t n = 1; struck; n++) {
        faults f;
        begin(&f);
        kept_fault_arm(&f.kept, n, n % 2 ? ST_IO : ST_FULL);
        say_all(&f);
        kept_fault_get(&f.kept, &struck, &leaving);
        check_end(&f, &want);
        end(&f);
    }
    snapshot_free(&want);
}

static void the_log_fails(void **state)
{
    static const log_call calls[] = {CALL_TOPIC_CREATE,  CALL_TOPIC_GET, CALL_PART_OPEN,   CALL_OFFSETS_QUERY,
                                     CALL_OFFSETS_FETCH, CALL_COMMIT,    CALL_TOPIC_DELETE};
    snapshot              want = without_faults();
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        uint64_t n = 1;
        for (uint64_t struck = 1; struck; n += 1 + n / 8) {
            faults f;
            begin(&f);
            log_fault_arm(&f.log, (log_plan){.calls = 1u << calls[i], .at = n, .code = n % 2 ? ST_IO : ST_FULL});
            say_all(&f);
            struck = log_fault_struck(&f.log);
            check_end(&f, &want);
            end(&f);
        }
        if (getenv("FAULTS_TOLD"))
            printf("%s: up to call %lu\n", log_call_names[calls[i]], n);
    }
    snapshot_free(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_catalogs_store_fails),
        cmocka_unit_test(the_log_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
