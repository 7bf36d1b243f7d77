/* Bits that flip, files that are missing, folders that nobody expects: nothing is removed but what was deleted, a torn
 * end is told from damage, and what is found is told. */
#include "place.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- what a start removes */

static void topics_without_metadata_are_kept(void **state)
{
    place w;
    (void)state;
    begin(&w, (storage_options){0});
    make_topic(storage_log(w.s), "before", 1);
    append(&w, "before", "b", 3);
    storage_close(w.s);
    shell("cp %s/meta.sqlite %s/old.sqlite", w.dir, w.root);
    assert_ok(try_open(&w, (storage_options){0}));
    make_topic(storage_log(w.s), "orders", 1);
    append(&w, "orders", "o", 5);
    kill_it(&w);
    shell("rm -f %s/meta.sqlite*; cp %s/old.sqlite %s/meta.sqlite", w.dir, w.root,
          w.dir); /* a backup of the one file */
    assert_ok(try_open(&w, (storage_options){0}));
    assert_told(&w, "topics/orders-0 is kept as lost/orders-0");
    assert_true(files_in(&w, "lost/orders-0") >= 2);
    assert_int_equal(storage_get_health(w.s).kept_in_lost, 1);
    assert_int_equal(high(&w, "before"), 3);
    make_topic(storage_log(w.s), "orders", 1); /* another one */
    append(&w, "orders", "n", 1);
    assert_int_equal(high(&w, "orders"), 1);
    end(&w);
}

static void partitions_without_any_metadata_refuse_the_start(void **state)
{
    place w;
    (void)state;
    begin(&w, (storage_options){0});
    make_topic(storage_log(w.s), "orders", 1);
    append(&w, "orders", "o", 5);
    kill_it(&w);
    shell("mkdir %s/away; mv %s/meta.sqlite* %s/away", w.root, w.dir, w.root);
    for (int i = 0; i < 2; i++) { /* the first try leaves nothing that would let the second one through */
        assert_false(try_open(&w, (storage_options){0}));
        assert_int_equal(check_st.code, ST_CORRUPT);
        assert_non_null(strstr(check_st.msg, "meta.sqlite"));
    }
    shell("mv %s/away/* %s", w.root, w.dir);
    assert_ok(try_open(&w, (storage_options){0}));
    assert_int_equal(high(&w, "orders"), 5);
    end(&w);
}

/* The log of SQLite, of an open folder, holds some ten frames of 24 + 4096 bytes behind 32. */
static void a_flipped_bit_in_the_metadatas_log_refuses_the_start(void **state)
{
    (void)state;
    for (long frame = 0; frame < 5; frame += 2) {
        place w;
        begin(&w, (storage_options){0});
        make_topic(storage_log(w.s), "orders", 1);
        make_topic(storage_log(w.s), "others", 1);
        append(&w, "orders", "o", 5);
        kill_it(&w);
        flip(&w, "meta.sqlite-wal", 32 + frame * 4120 + 24 + 2000);
        for (int i = 0; i < 2; i++) {
            assert_false(try_open(&w, (storage_options){0}));
            assert_int_equal(check_st.code, ST_CORRUPT);
            assert_non_null(strstr(check_st.msg, "meta.sqlite-wal is damaged"));
        }
        flip(&w, "meta.sqlite-wal", 32 + frame * 4120 + 24 + 2000);
        assert_ok(try_open(&w, (storage_options){0}));
        assert_int_equal(high(&w, "orders"), 5);
        end(&w);
    }
}

static void a_torn_metadata_log_is_kept_and_told(void **state)
{
    place w;
    (void)state;
    begin(&w, (storage_options){0});
    make_topic(storage_log(w.s), "orders", 1);
    make_topic(storage_log(w.s), "others", 1);
    kill_it(&w);
    flip(&w, "meta.sqlite-wal", -5);
    assert_ok(try_open(&w, (storage_options){0}));
    assert_told(&w, "lost/meta.sqlite-wal");
    end(&w);
}

static void a_name_that_rotted_in_the_metadata_is_mended(void **state)
{
    place w;
    char  cmd[256];
    (void)state;
    begin(&w, (storage_options){0});
    make_topic(storage_log(w.s), "orders", 1);
    append(&w, "orders", "o", 5);
    storage_close(w.s);
    snprintf(cmd, sizeof cmd, "%s/meta.sqlite", w.dir);
    shell("LC_ALL=C sed -i 's/orders/oreers/' %s", cmd);
    assert_ok(try_open(&w, (storage_options){0}));
    assert_told(&w, "topic orders");
    assert_int_equal(high(&w, "orders"), 5);
    end(&w);
}

static void a_deleted_topic_does_not_come_back(void **state)
{
    place w;
    (void)state;
    begin(&w, (storage_options){0});
    make_topic(storage_log(w.s), "t", 1);
    append(&w, "t", "old", 4);
    shell("cp -a %s/topics/t-0 %s/kept", w.dir, w.root);
    assert_ok(tlog_topic_delete(storage_log(w.s), STR("t"), &check_st));
    assert_int_equal(files_in(&w, "topics"), 0);
    make_topic(storage_log(w.s), "t", 1);
    kill_it(&w);
    shell("cp -a %s/kept %s/topics/t-0", w.root, w.dir); /* its removal had not reached the disk */
    assert_ok(try_open(&w, (storage_options){0}));
    assert_int_equal(high(&w, "t"), 0);
    assert_int_equal(files_in(&w, "lost"), 0);
    append(&w, "t", "new", 1);
    kill_it(&w);
    assert_ok(try_open(&w, (storage_options){0}));
    assert_int_equal(high(&w, "t"), 1);
    end(&w);
}

/* Its identity never reached the disk: its records may be those of a topic of that name that was deleted before. */
static void records_of_nobody_knows_whom_are_kept_aside(void **state)
{
    (void)state;
    for (int zeros = 0; zeros < 2; zeros++) {
        place w;
        begin(&w, (storage_options){0});
        make_topic(storage_log(w.s), "orders", 2);
        append(&w, "orders", "o", 5);
        kill_it(&w);
        if (zeros)
            shell("truncate -s 0 %s/topics/orders-0/partition; truncate -s 80 %s/topics/orders-0/partition", w.dir,
                  w.dir);
        else
            shell("rm %s/topics/orders-0/partition", w.dir);
        assert_ok(try_open(&w, (storage_options){0}));
        assert_told(&w, "topics/orders-0 is kept as lost/orders-0: it does not say whose it is");
        assert_int_equal(high(&w, "orders"), 0);
        append(&w, "orders", "o", 2);
        kill_it(&w);
        shell("rm -rf %s/topics/orders-0/*.log %s/topics/orders-0/partition", w.dir, w.dir); /* empty: it is taken */
        assert_ok(try_open(&w, (storage_options){0}));
        assert_int_equal(files_in(&w, "lost"), 1);
        append(&w, "orders", "o", 1);
        end(&w);
    }
}

static void an_identity_that_rotted_is_written_again(void **state)
{
    place w;
    (void)state;
    begin(&w, (storage_options){0});
    make_topic(storage_log(w.s), "orders", 1);
    append(&w, "orders", "o", 5);
    kill_it(&w);
    flip(&w, "topics/orders-0/partition", 30);
    assert_ok(try_open(&w, (storage_options){0}));
    assert_told(&w, "was damaged and is written again");
    assert_int_equal(high(&w, "orders"), 5);
    kill_it(&w);
    assert_ok(try_open(&w, (storage_options){0}));
    assert_int_equal(high(&w, "orders"), 5);
    assert_string_equal(w.told, "");
    end(&w);
}

static void foreign_files_in_a_partition_stay(void **state)
{
    place w;
    (void)state;
    begin(&w, (storage_options){0});
    make_topic(storage_log(w.s), "t", 1);
    append(&w, "t", "v", 1);
    kill_it(&w);
    shell("echo mine > %s/topics/t-0/notes.txt; echo x > %s/topics/t-0/checkpoint.tmp", w.dir, w.dir);
    assert_ok(try_open(&w, (storage_options){0}));
    shell("test -f %s/topics/t-0/notes.txt && test ! -f %s/topics/t-0/checkpoint.tmp", w.dir, w.dir);
    end(&w);
}

/* ---- where a log ends */

static void a_torn_end_is_cut_and_kept(void **state)
{
    place w;
    (void)state;
    begin(&w, (storage_options){0});
    make_topic(storage_log(w.s), "t", 1);
    append(&w, "t", "v", 5);
    kill_it(&w);
    shell("cd %s/topics/t-0 && truncate -s -3 00000000000000000000.log", w.dir);
    assert_ok(try_open(&w, (storage_options){0}));
    assert_int_equal(high(&w, "t"), 4);
    assert_told(&w, "bytes are kept as lost/t-0.00000000000000000000.");
    assert_int_equal(files_in(&w, "lost"), 1);
    append(&w, "t", "w", 1);
    assert_int_equal(high(&w, "t"), 5);
    end(&w);
}

static void assert_stands_still(place *w, int64_t at)
{
    int64_t base;
    assert_int_equal(high(w, "t"), at);
    assert_told(w, "t-0 stands still");
    assert_int_equal(storage_get_health(w->s).stopped_partitions, 1);
    tlog_part    *p = open_part(storage_log(w->s), "t", 0);
    arena         a = {0};
    fetch_result  got;
    batch_builder b;
    if (at > 0) { /* and up to there it is read */
        assert_true(storage_fetch(w->s, p, at - 1, 1000, TLOG_READ_UNCOMMITTED, &a, &got, &check_st));
        assert_true(got.slice.len_bytes > 0);
    }
    assert_false(storage_fetch(w->s, p, at, 1000, TLOG_READ_UNCOMMITTED, &a, &got, &check_st));
    assert_int_equal(check_st.code, ST_CORRUPT);
    assert_false(storage_fetch(w->s, p, at + 1, 1000, TLOG_READ_UNCOMMITTED, &a, &got, &check_st));
    assert_int_equal(check_st.code, ST_CORRUPT); /* no reason to begin elsewhere */
    batch_builder_init(&b, 1000);
    str bytes = make_batch(&b, "x", 1, CODEC_NONE);
    assert_false(batch_log_append(p, (uint8_t *)bytes.p, bytes.n, (batch_append){0}, &base, &check_st));
    assert_int_equal(check_st.code, ST_CORRUPT);
    batch_builder_free(&b);
    arena_free(&a);
    tlog_part_close(p);
}

static void a_flipped_bit_is_no_torn_end(void **state)
{
    place w;
    (void)state;
    begin(&w, (storage_options){0});
    make_topic(storage_log(w.s), "t", 1);
    append(&w, "t", "v", 40);
    kill_it(&w);
    flip(&w, "topics/t-0/00000000000000000000.log", 10 * 71 + 65); /* of a value */
    for (int i = 0; i < 3; i++) {                                  /* however often it is started, in order and not */
        assert_ok(try_open(&w, (storage_options){0}));
        assert_stands_still(&w, high(&w, "t"));
        assert_in_range(high(&w, "t"), 1, 39);
        assert_int_equal(files_in(&w, "lost"), 0);
        if (i == 0) {
            storage_close(w.s);
            w.s = NULL;
        } else {
            kill_it(&w);
        }
    }
    end(&w);
}

static void a_flipped_bit_costs_no_segments(void **state)
{
    place           w;
    storage_options o = {.segment_bytes = 500};
    (void)state;
    begin(&w, o);
    make_topic(storage_log(w.s), "t", 1);
    append(&w, "t", "v", 60);
    int segments = files_in(&w, "topics/t-0");
    assert_true(segments > 8);
    kill_it(&w);
    shell("rm -f %s/topics/t-0/checkpoint", w.dir);
    flip(&w, "topics/t-0/00000000000000000000.log", 65);
    assert_ok(try_open(&w, o));
    assert_stands_still(&w, 0);
    assert_true(files_in(&w, "topics/t-0") >= segments - 1);
    end(&w);
}

static void a_damaged_checkpoint_costs_nothing(void **state)
{
    place           w;
    storage_options o = {.segment_bytes = 500, .retention_ms = -1};
    int64_t         at;
    (void)state;
    begin(&w, o);
    make_topic(storage_log(w.s), "t", 1);
    append(&w, "t", "v", 60);
    tlog_part *p = open_part(storage_log(w.s), "t", 0);
    assert_ok(storage_delete_records(w.s, p, 30, &at, &check_st));
    tlog_part_close(p);
    storage_maintain(w.s);
    kill_it(&w);
    flip(&w, "topics/t-0/checkpoint", 20);
    assert_ok(try_open(&w, o));
    assert_int_equal(high(&w, "t"), 60);
    assert_in_range(start(&w, "t"), 20, 30); /* the first segment's base, once more than was deleted */
    end(&w);
}

static void after_a_loss_of_power_a_hole_is_an_end(void **state)
{
    place w;
    (void)state;
    begin(&w, (storage_options){.boot_id = "first"});
    make_topic(storage_log(w.s), "t", 1);
    append(&w, "t", "v", 40);
    kill_it(&w);
    flip(&w, "topics/t-0/00000000000000000000.log", 10 * 71 + 65);
    assert_ok(try_open(&w, (storage_options){.boot_id = "second"}));
    assert_in_range(high(&w, "t"), 1, 39);
    assert_int_equal(storage_get_health(w.s).stopped_partitions, 0);
    assert_int_equal(files_in(&w, "lost"), 1);
    append(&w, "t", "w", 1);
    end(&w);
}

/* ---- leader epochs */

static int64_t end_of_epoch(place *w, int32_t asked, int32_t *epoch)
{
    int64_t    end_offset;
    tlog_part *p = open_part(storage_log(w->s), "t", 0);
    storage_epoch_end(p, asked, epoch, &end_offset);
    tlog_part_close(p);
    return end_offset;
}

static int32_t epoch_now(place *w)
{
    int32_t    e;
    tlog_part *p = open_part(storage_log(w->s), "t", 0);
    e = storage_part_epoch(p);
    storage_topic_epochs(w->s, STR("t"), &e, 1);
    assert_int_equal(e, storage_part_epoch(p));
    tlog_part_close(p);
    return e;
}

/* What is stamped into batches, and what is told, are one; where earlier epochs ended is known after starts of all
 * kinds. */
static void an_unclean_start_begins_an_epoch(void **state)
{
    place   w;
    int32_t e;
    (void)state;
    begin(&w, (storage_options){0});
    make_topic(storage_log(w.s), "t", 1);
    append(&w, "t", "v", 5);
    assert_int_equal(epoch_now(&w), 0);
    assert_int_equal(end_of_epoch(&w, 0, &e), 5);
    assert_int_equal(end_of_epoch(&w, 1, &e), -1);
    for (int i = 0; i < 4; i++) {
        if (i == 1) {
            storage_close(w.s);
            w.s = NULL;
        } else {
            kill_it(&w);
        }
        if (i == 2)
            shell("rm %s/topics/t-0/checkpoint", w.dir);
        assert_ok(try_open(&w, (storage_options){0}));
        assert_int_equal(epoch_now(&w), i < 1 ? 1 : i);
        assert_int_equal(end_of_epoch(&w, 0, &e), 5);
        assert_int_equal(e, 0);
        if (i == 0) /* nothing was appended in it yet */
            assert_int_equal(end_of_epoch(&w, 1, &e), 5);
        if (i == 0)
            append(&w, "t", "w", 2);
        assert_int_equal(end_of_epoch(&w, 1, &e), 7);
        assert_int_equal(e, 1);
    }
    end(&w);
}

/* ---- while it runs */

static void a_damaged_length_is_an_error(void **state)
{
    static const uint32_t lengths[] = {0xfffffff4, 0x7ffffff0, 0, 48};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        place        w;
        char         path[256];
        arena        a = {0};
        fetch_result got;
        uint8_t      be[4];
        begin(&w, (storage_options){0});
        make_topic(storage_log(w.s), "t", 1);
        append(&w, "t", "v", 10);
        snprintf(path, sizeof path, "%s/topics/t-0/00000000000000000000.log", w.dir);
        FILE *f = fopen(path, "r+b");
        be_put32(be, lengths[i]);
        assert_int_equal(fseek(f, 8, SEEK_SET), 0);
        assert_int_equal(fwrite(be, 1, 4, f), 4);
        fclose(f);
        tlog_part *p = open_part(storage_log(w.s), "t", 0);
        assert_false(storage_fetch(w.s, p, 5, 1000, TLOG_READ_UNCOMMITTED, &a, &got, &check_st));
        assert_int_equal(check_st.code, ST_CORRUPT);
        tlog_part_close(p);
        arena_free(&a);
        end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_without_metadata_are_kept),
        cmocka_unit_test(partitions_without_any_metadata_refuse_the_start),
        cmocka_unit_test(a_flipped_bit_in_the_metadatas_log_refuses_the_start),
        cmocka_unit_test(a_torn_metadata_log_is_kept_and_told),
        cmocka_unit_test(a_name_that_rotted_in_the_metadata_is_mended),
        cmocka_unit_test(a_deleted_topic_does_not_come_back),
        cmocka_unit_test(records_of_nobody_knows_whom_are_kept_aside),
        cmocka_unit_test(an_identity_that_rotted_is_written_again),
        cmocka_unit_test(foreign_files_in_a_partition_stay),
        cmocka_unit_test(a_torn_end_is_cut_and_kept),
        cmocka_unit_test(a_flipped_bit_is_no_torn_end),
        cmocka_unit_test(a_flipped_bit_costs_no_segments),
        cmocka_unit_test(a_damaged_checkpoint_costs_nothing),
        cmocka_unit_test(after_a_loss_of_power_a_hole_is_an_end),
        cmocka_unit_test(an_unclean_start_begins_an_epoch),
        cmocka_unit_test(a_damaged_length_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
