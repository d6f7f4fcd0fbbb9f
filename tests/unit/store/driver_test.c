// One suite over every driver, through the front: what a store promises, whatever is below it.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store_world.h"

static void put_timer(struct store *s, const char *instance, int attempt, const char *name,
                      int64_t due_ms)
{
    store_put(s, TABLE_TIMER,
              (struct value[]){value_text(instance), value_text("/do/0"), value_integer(attempt),
                               value_text(name), value_integer(due_ms), value_text("machine")});
}

static void delete_timer(struct store *s, const char *instance, int attempt, const char *name)
{
    store_delete(s, TABLE_TIMER,
                 (struct value[]){value_text(instance), value_text("/do/0"), value_integer(attempt),
                                  value_text(name)});
}

// "a1x:10 b2y:20 " for the rows of a scan.
static const char *timers(struct store *s, const struct scan_opts *opts)
{
    static char text[4096];
    struct fail why;
    struct scan *scan;
    struct row row;
    size_t used = 0;
    text[0] = '\0';
    assert_true(store_scan(s, opts, &scan, &why));
    while (scan_next(scan, &row, &why)) {
        used += (size_t)snprintf(
            text + used, sizeof(text) - used, "%s%lld%s:%lld ", row_text(&row, TIMER_INSTANCE),
            (long long)row_integer(&row, TIMER_ATTEMPT), row_text(&row, TIMER_NAME),
            (long long)row_integer(&row, TIMER_DUE_MS));
        row_done(&row);
    }
    assert_int_equal(why.kind, FAIL_NONE);
    scan_done(scan);
    return text;
}

static const struct scan_opts BY_KEY = {.table = TABLE_TIMER, .index = -1};
static const struct scan_opts BY_DUE = {.table = TABLE_TIMER, .index = 0};

static void commit(struct world *w)
{
    struct fail why;
    store_seal(w->store, 1000, NULL, NULL);
    assert_true(store_flush(w->store, 1000, &why));
}

static void three_timers(struct store *s)
{
    put_timer(s, "b", 1, "x", 30);
    put_timer(s, "a", 1, "x", 10);
    put_timer(s, "a", 2, "y", 20);
}

TEST(driver, reads_what_was_put_before_and_after_the_commit)
{
    struct world *w = *state_;
    three_timers(w->store);
    assert_string_equal(timers(w->store, &BY_KEY), "a1x:10 a2y:20 b1x:30 ");
    commit(w);
    assert_int_equal(store_overlay_rows(w->store), 0);
    assert_string_equal(timers(w->store, &BY_KEY), "a1x:10 a2y:20 b1x:30 ");
    world_reopen(w);
    assert_string_equal(timers(w->store, &BY_DUE), "a1x:10 a2y:20 b1x:30 ");
}

TEST(driver, last_put_wins_and_moves_in_its_index)
{
    struct world *w = *state_;
    three_timers(w->store);
    commit(w);
    put_timer(w->store, "a", 1, "x", 40);
    put_timer(w->store, "a", 1, "x", 50);
    assert_string_equal(timers(w->store, &BY_DUE), "a2y:20 b1x:30 a1x:50 ");
    commit(w);
    assert_string_equal(timers(w->store, &BY_DUE), "a2y:20 b1x:30 a1x:50 ");
}

TEST(driver, deletes_by_key_and_prefix)
{
    struct world *w = *state_;
    three_timers(w->store);
    commit(w);
    put_timer(w->store, "a", 3, "z", 5);
    delete_timer(w->store, "b", 1, "x");
    delete_timer(w->store, "nobody", 1, "x");
    assert_string_equal(timers(w->store, &BY_DUE), "a3z:5 a1x:10 a2y:20 ");
    store_delete_prefix(w->store, TABLE_TIMER, (struct value[]){value_text("a")}, 1);
    assert_string_equal(timers(w->store, &BY_DUE), "");
    put_timer(w->store, "a", 2, "y", 7);
    assert_string_equal(timers(w->store, &BY_DUE), "a2y:7 ");
    store_delete_prefix(w->store, TABLE_TIMER, (struct value[]){value_text("b")}, 1);
    commit(w);
    assert_string_equal(timers(w->store, &BY_KEY), "a2y:7 ");
    world_reopen(w);
    assert_string_equal(timers(w->store, &BY_KEY), "a2y:7 ");
}

TEST(driver, prefix_deleted_twice_keeps_what_came_between)
{
    struct world *w = *state_;
    struct value a = value_text("a");
    three_timers(w->store);
    commit(w);
    store_delete_prefix(w->store, TABLE_TIMER, &a, 1);
    put_timer(w->store, "a", 1, "x", 1);
    size_t mark = store_mark(w->store);
    store_delete_prefix(w->store, TABLE_TIMER, &a, 1);
    assert_string_equal(timers(w->store, &BY_KEY), "b1x:30 ");
    store_undo(w->store, mark);
    assert_string_equal(timers(w->store, &BY_KEY), "a1x:1 b1x:30 ");
    commit(w);
    assert_string_equal(timers(w->store, &BY_KEY), "a1x:1 b1x:30 ");
}

TEST(driver, row_put_after_its_prefix_was_deleted_stays)
{
    struct world *w = *state_;
    delete_timer(w->store, "a", 1, "x"); // its place in the batch is before the prefix's
    store_delete_prefix(w->store, TABLE_TIMER, (struct value[]){value_text("a")}, 1);
    put_timer(w->store, "a", 1, "x", 10);
    commit(w);
    assert_string_equal(timers(w->store, &BY_KEY), "a1x:10 ");
}

TEST(driver, undo_is_as_if_nothing_had_been_put)
{
    struct world *w = *state_;
    three_timers(w->store);
    commit(w);
    put_timer(w->store, "a", 1, "x", 11);
    size_t outer = store_mark(w->store);
    put_timer(w->store, "a", 1, "x", 12);
    put_timer(w->store, "c", 1, "x", 1);
    size_t inner = store_mark(w->store);
    put_timer(w->store, "a", 1, "x", 13);
    put_timer(w->store, "a", 1, "x", 14);
    store_delete_prefix(w->store, TABLE_TIMER, (struct value[]){value_text("b")}, 1);
    assert_string_equal(timers(w->store, &BY_KEY), "a1x:14 a2y:20 c1x:1 ");
    store_undo(w->store, inner);
    assert_string_equal(timers(w->store, &BY_KEY), "a1x:12 a2y:20 b1x:30 c1x:1 ");
    inner = store_mark(w->store);
    delete_timer(w->store, "a", 2, "y");
    store_keep(w->store, inner);
    store_undo(w->store, outer);
    assert_string_equal(timers(w->store, &BY_KEY), "a1x:11 a2y:20 b1x:30 ");
    commit(w);
    assert_string_equal(timers(w->store, &BY_KEY), "a1x:11 a2y:20 b1x:30 ");
}

TEST(driver, undone_batch_makes_no_commit)
{
    struct world *w = *state_;
    size_t mark = store_mark(w->store);
    three_timers(w->store);
    store_undo(w->store, mark);
    assert_false(store_has_writes(w->store));
    assert_int_equal(store_seal(w->store, 1, NULL, NULL), 0);
    assert_int_equal(store_overlay_rows(w->store), 0);
}

TEST(driver, scans_ranges_in_both_directions)
{
    struct world *w = *state_;
    for (int i = 0; i < 6; i++) {
        put_timer(w->store, "a", i, "x", i * 10);
        if (i == 2)
            commit(w);
    }
    struct value from = value_integer(10), to = value_integer(40);
    struct scan_opts opts = {.table = TABLE_TIMER, .index = 0, .from = &from, .to = &to};
    assert_string_equal(timers(w->store, &opts), "a1x:10 a2x:20 a3x:30 ");
    opts.descending = true;
    assert_string_equal(timers(w->store, &opts), "a3x:30 a2x:20 a1x:10 ");
    struct value prefix[] = {value_text("a"), value_text("/do/0")};
    opts = (struct scan_opts){
        .table = TABLE_TIMER, .index = -1, .prefix = prefix, .prefix_count = 2, .from = &to};
    from = value_integer(2), to = value_integer(4);
    opts.from = &from, opts.to = &to;
    assert_string_equal(timers(w->store, &opts), "a2x:20 a3x:30 ");
    prefix[0] = value_text("b");
    assert_string_equal(timers(w->store, &opts), "");
}

static struct row first_of(struct store *s, const struct scan_opts *opts)
{
    struct fail why;
    struct scan *scan;
    struct row row;
    assert_true(store_scan(s, opts, &scan, &why));
    scan_next(scan, &row, &why);
    assert_int_equal(why.kind, FAIL_NONE);
    scan_done(scan);
    return row;
}

TEST(driver, pages_over_equal_index_values)
{
    struct world *w = *state_;
    for (int i = 0; i < 9; i++) {
        put_timer(w->store, "a", i, "x", i / 5);
        if (i == 4)
            commit(w);
    }
    for (int descending = 0; descending < 2; descending++) {
        struct scan_opts opts = BY_DUE;
        struct row row, after = {0};
        opts.descending = descending;
        int count = 0;
        for (; count < 20; count++) {
            row = first_of(w->store, &opts);
            row_done(&after);
            if (!row_is_there(&row))
                break;
            assert_int_equal(row_integer(&row, TIMER_ATTEMPT), descending ? 8 - count : count);
            after = row;
            opts.after = &after;
        }
        assert_int_equal(count, 9);
        row_done(&after);
    }
}

static void put_person(struct store *s, const char *id, const char *email)
{
    store_put(s, TABLE_PERSON,
              (struct value[]){value_text(id), value_text("두레"), value_text("두레"),
                               value_text(email), value_null(), value_text("ko"),
                               value_text("active"), value_blob("{}", 2), value_integer(1)});
}

TEST(driver, orders_nulls_first_and_pages_over_them)
{
    struct world *w = *state_;
    put_person(w->store, "p1", NULL);
    put_person(w->store, "p2", "b@example.org");
    commit(w);
    put_person(w->store, "p3", NULL);
    put_person(w->store, "p4", "a@example.org");
    static const char *const order[] = {"p1", "p3", "p4", "p2"};
    for (int descending = 0; descending < 2; descending++) {
        struct scan_opts opts = {.table = TABLE_PERSON, .index = 0, .descending = descending};
        struct row after = {0};
        for (int i = 0; i < 4; i++) {
            struct row row = first_of(w->store, &opts);
            assert_string_equal(row_text(&row, PERSON_ID), order[descending ? 3 - i : i]);
            row_done(&after);
            after = row;
            opts.after = &after;
        }
        struct row row = first_of(w->store, &opts);
        assert_false(row_is_there(&row));
        row_done(&after);
    }
    struct value null = value_null();
    struct scan_opts opts = {.table = TABLE_PERSON, .index = 0, .prefix = &null, .prefix_count = 1};
    struct row row = first_of(w->store, &opts);
    assert_string_equal(row_text(&row, PERSON_ID), "p1");
    row_done(&row);
    struct value to = value_text("b");
    opts = (struct scan_opts){.table = TABLE_PERSON, .index = 0, .to = &to};
    row = first_of(w->store, &opts);
    assert_string_equal(row_text(&row, PERSON_ID), "p4");
    row_done(&row);
}

// The memory driver commits nothing while it is being read.
static void seal_and_wait_a_little(struct store *s)
{
    struct fail why;
    store_seal(s, 1, NULL, NULL);
    if (!store_flush(s, 100, &why))
        assert_int_equal(why.kind, FAIL_BUSY);
}

TEST(driver, scan_sees_the_store_as_it_was_when_it_began)
{
    struct world *w = *state_;
    struct fail why;
    struct scan *scan;
    struct row row;
    three_timers(w->store);
    commit(w);
    put_timer(w->store, "a", 3, "z", 15);
    assert_true(store_scan(w->store, &BY_DUE, &scan, &why));
    put_timer(w->store, "a", 1, "x", 99);
    put_timer(w->store, "a", 3, "z", 98);
    delete_timer(w->store, "a", 2, "y");
    store_delete_prefix(w->store, TABLE_TIMER, (struct value[]){value_text("b")}, 1);
    seal_and_wait_a_little(w->store);
    put_timer(w->store, "a", 2, "q", 16);
    seal_and_wait_a_little(w->store);
    static const int64_t due[] = {10, 15, 20, 30};
    for (int i = 0; i < 4; i++) {
        assert_true(scan_next(scan, &row, &why));
        assert_int_equal(row_integer(&row, TIMER_DUE_MS), due[i]);
        row_done(&row);
    }
    assert_false(scan_next(scan, &row, &why));
    scan_done(scan);
    assert_string_equal(timers(w->store, &BY_DUE), "a2q:16 a3z:98 a1x:99 ");
    commit(w);
    assert_int_equal(store_overlay_rows(w->store), 0);
    assert_string_equal(timers(w->store, &BY_DUE), "a2q:16 a3z:98 a1x:99 ");
}

TEST(driver, row_read_stays_whatever_is_written)
{
    struct world *w = *state_;
    struct fail why;
    struct row row;
    put_person(w->store, "p1", "a@example.org");
    assert_true(store_get(w->store, TABLE_PERSON, (struct value[]){value_text("p1")}, &row, &why));
    put_person(w->store, "p1", "b@example.org");
    commit(w);
    assert_string_equal(row_text(&row, PERSON_EMAIL), "a@example.org");
    assert_string_equal(row_text(&row, PERSON_NAME), "두레");
    assert_true(row_is_null(&row, PERSON_PHONE));
    row_done(&row);
    assert_true(store_get(w->store, TABLE_PERSON, (struct value[]){value_text("p2")}, &row, &why));
    assert_false(row_is_there(&row));
}

TEST(driver, keeps_bytes_as_they_are)
{
    struct world *w = *state_;
    struct fail why;
    struct row row;
    static const char body[] = {0, 1, 2, (char)255, 0};
    struct value key = value_text_sized("\xe1\x84\x80\xe1\x85\xa1 \0 \x27\"", 11);
    struct value columns[] = {value_text("i"), value_text("/do"), value_integer(INT64_MIN), key,
                              value_blob(body, sizeof(body))};
    store_put(w->store, TABLE_RECORD, columns);
    columns[2] = value_integer(INT64_MAX);
    columns[4] = value_blob("", 0);
    store_put(w->store, TABLE_RECORD, columns);
    commit(w);
    assert_true(store_get(w->store, TABLE_RECORD, columns, &row, &why));
    assert_int_equal(row.columns[RECORD_VALUE].bytes, 0);
    assert_int_equal(row.columns[RECORD_VALUE].kind, VALUE_BLOB);
    row_done(&row);
    columns[2] = value_integer(INT64_MIN);
    assert_true(store_get(w->store, TABLE_RECORD, columns, &row, &why));
    assert_int_equal(row.columns[RECORD_VALUE].bytes, sizeof(body));
    assert_memory_equal(row.columns[RECORD_VALUE].data, body, sizeof(body));
    assert_memory_equal(row.columns[RECORD_KEY].data, key.data, key.bytes);
    row_done(&row);
}

struct order_seen {
    uint64_t commits[8];
    int count;
};

static void note_commit(void *context, uint64_t commit_number)
{
    struct order_seen *seen = context;
    seen->commits[seen->count++] = commit_number;
}

TEST(driver, acknowledges_in_the_order_of_sealing)
{
    struct world *w = *state_;
    struct fail why;
    struct order_seen seen = {0};
    assert_int_equal(store_seal(w->store, 1, note_commit, &seen), 0);
    assert_int_equal(seen.count, 1); // nothing to wait for
    for (int i = 0; i < 4; i++) {
        put_timer(w->store, "a", i, "x", i);
        assert_int_equal(store_seal(w->store, 1, note_commit, &seen), (uint64_t)i + 1);
    }
    assert_int_equal(seen.count, 1); // only a poll calls
    store_seal(w->store, 1, note_commit, &seen);
    assert_true(store_flush(w->store, 1000, &why));
    static const uint64_t order[] = {0, 1, 2, 3, 4, 4};
    assert_int_equal(seen.count, 6);
    assert_memory_equal(seen.commits, order, sizeof(order));
    assert_int_equal(store_in_flight(w->store), 0);
}

TEST(driver, crash_loses_what_was_not_sealed_and_numbers_go_on)
{
    struct world *w = *state_;
    three_timers(w->store);
    commit(w);
    put_timer(w->store, "z", 1, "x", 1);
    world_crash(w);
    assert_string_equal(timers(w->store, &BY_KEY), "a1x:10 a2y:20 b1x:30 ");
    put_timer(w->store, "c", 1, "x", 1);
    assert_int_equal(store_seal(w->store, 1, NULL, NULL), 2);
}

static const struct CMUnitTest tests[] = {
#define DRIVER_CASE(behaviour)                                                                     \
    cmocka_unit_test_setup_teardown(driver_##behaviour, world_setup, world_teardown)
    DRIVER_CASE(reads_what_was_put_before_and_after_the_commit),
    DRIVER_CASE(last_put_wins_and_moves_in_its_index),
    DRIVER_CASE(deletes_by_key_and_prefix),
    DRIVER_CASE(prefix_deleted_twice_keeps_what_came_between),
    DRIVER_CASE(row_put_after_its_prefix_was_deleted_stays),
    DRIVER_CASE(undo_is_as_if_nothing_had_been_put),
    DRIVER_CASE(undone_batch_makes_no_commit),
    DRIVER_CASE(scans_ranges_in_both_directions),
    DRIVER_CASE(pages_over_equal_index_values),
    DRIVER_CASE(orders_nulls_first_and_pages_over_them),
    DRIVER_CASE(scan_sees_the_store_as_it_was_when_it_began),
    DRIVER_CASE(row_read_stays_whatever_is_written),
    DRIVER_CASE(keeps_bytes_as_they_are),
    DRIVER_CASE(acknowledges_in_the_order_of_sealing),
    DRIVER_CASE(crash_loses_what_was_not_sealed_and_numbers_go_on),
};

int main(void)
{
    int failed = 0;
    for (world_kind = 0; world_kind < WORLD_KINDS; world_kind++)
        failed += cmocka_run_group_tests_name(world_kind_names[world_kind], tests, NULL, NULL);
    return failed;
}
