#include "log_checks.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/storage.h"

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/weir-storage-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    char cmd[96];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

static storage *open_dir(storage_options opt)
{
    opt.dir = dir;
    storage *s = storage_open(&opt, &check_st);
    assert_ok(s != NULL);
    return s;
}

static void contract(void **state)
{
    (void)state;
    storage *s = open_dir((storage_options){0});
    check_log(storage_log(s));
    storage_close(s);
}

static void contract_with_tiny_segments(void **state)
{
    (void)state;
    storage *s = open_dir((storage_options){.segment_bytes = 1000, .index_interval_bytes = 1});
    check_log(storage_log(s));
    storage_maintain(s);
    storage_close(s);
}

static void all_is_there_after_a_restart(void **state)
{
    (void)state;
    for (int clean = 0; clean < 2; clean++) {
        storage *s = open_dir((storage_options){0});
        char     name[16], id[32];
        tlog    *l = storage_log(s);
        snprintf(name, sizeof name, "t%d", clean);
        snprintf(id, sizeof id, "%.*s", STR_FMT(storage_cluster_id(s)));
        make_topic(l, name, 2);
        tlog_part     *p = open_part(l, name, 0);
        tlog_producer *a = tlog_producer_open(l, STR("a"), &check_st);
        append_values(p, NULL, "one", 2);
        append_values(p, a, "two", 1);
        tlog_commit c = {str_of(name), 0, 3};
        assert_ok(tlog_producer_commit(a, STR("g"), &c, 1, &check_st));
        append_values(p, a, "open", 1);
        tlog_part_close(p);
        if (clean) {
            tlog_producer_close(a);
            storage_close(s);
        } else {
            /* As if killed: nothing more is done with the folder. The lock goes with the files. */
            pid_t pid = fork();
            if (pid == 0)
                _exit(0);
            waitpid(pid, NULL, 0);
            tlog_producer_close(a);
            storage_close(s);
            char mark[96];
            snprintf(mark, sizeof mark, "%s/clean", dir);
            assert_int_equal(unlink(mark), 0);
        }
        s = open_dir((storage_options){0});
        l = storage_log(s);
        assert_true(str_eqz(storage_cluster_id(s), id));
        p = open_part(l, name, 0);
        assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "one0 one1 two0");
        assert_int_equal(tlog_part_offsets(p).last_stable, tlog_part_offsets(p).high);
        int64_t o;
        assert_ok(tlog_offsets_fetch(l, STR("g"), str_of(name), 0, &o, &check_st));
        assert_int_equal(o, 3);
        append_values(p, NULL, "three", 1);
        assert_string_equal(read_values(p, 0, TLOG_READ_COMMITTED), "one0 one1 two0 three0");
        tlog_part_close(p);
        storage_close(s);
    }
}

static void a_folder_in_use_is_refused(void **state)
{
    (void)state;
    storage        *s = open_dir((storage_options){0});
    storage_options opt = {.dir = dir};
    char            me[32];
    assert_null(storage_open(&opt, &check_st));
    assert_int_equal(check_st.code, ST_BUSY);
    snprintf(me, sizeof me, "process %d", (int)getpid());
    assert_non_null(strstr(check_st.msg, me));
    storage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(contract, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(contract_with_tiny_segments, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(all_is_there_after_a_restart, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_folder_in_use_is_refused, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
