// The memory driver's faults: a full disk, a slow one, power cuts between commit and
// acknowledgement, reads that fail.
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "store/audit.h"
#include "store/memory.h"

struct bench {
    struct memory_disk *disk;
    struct memory_faults *faults;
    struct store *store;
    uint64_t done;
    int wakes;
};

static void woken(void *context)
{
    ((struct bench *)context)->wakes++;
}

static void open_bench(struct bench *b)
{
    struct fail why;
    b->store = store_open(
        &(struct store_opts){.driver = memory_driver_new(b->disk), .wake = woken, .context = b},
        &why);
    must(b->store != NULL);
}

static int setup(void **state)
{
    struct bench *b = mem_new(struct bench);
    b->disk = memory_disk_new();
    b->faults = memory_disk_faults(b->disk);
    open_bench(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    store_abandon(b->store);
    memory_disk_free(b->disk);
    mem_free(b);
    return 0;
}

static void crash(struct bench *b)
{
    store_abandon(b->store);
    *b->faults = (struct memory_faults){0};
    open_bench(b);
}

static void note_done(void *context, uint64_t commit)
{
    ((struct bench *)context)->done = commit;
}

static void put_and_seal(struct bench *b, const char *key)
{
    store_put(b->store, TABLE_META, (struct value[]){value_text(key), value_text("x")});
    store_seal(b->store, 1, note_done, b);
}

static bool has(struct bench *b, const char *key)
{
    struct fail why;
    struct row row;
    assert_true(store_get(b->store, TABLE_META, (struct value[]){value_text(key)}, &row, &why));
    bool there = row_is_there(&row);
    row_done(&row);
    return there;
}

TEST(memory, full_disk_is_trouble_until_the_next_try)
{
    struct bench *b = *state_;
    struct fail why;
    b->faults->refuse_next = 2;
    put_and_seal(b, "a");
    assert_true(store_trouble(b->store, &why));
    assert_int_equal(why.kind, FAIL_FULL);
    assert_int_equal(b->wakes, 0);
    put_and_seal(b, "b"); // now a goes, and b is refused
    assert_true(store_trouble(b->store, &why));
    assert_int_equal(b->wakes, 1);
    assert_int_equal(store_in_flight(b->store), 2);
    store_poll(b->store);
    assert_int_equal(b->done, 2);
    assert_false(store_trouble(b->store, &why));
}

TEST(memory, slow_disk_holds_its_answers)
{
    struct bench *b = *state_;
    struct fail why;
    b->faults->hold = 1;
    put_and_seal(b, "a");
    store_poll(b->store);
    assert_int_equal(b->done, 0);
    assert_true(has(b, "a"));
    assert_false(store_flush(b->store, 1000, &why)); // in no time: nothing will come
    assert_int_equal(why.kind, FAIL_BUSY);
    b->faults->hold = 0;
    store_poll(b->store);
    assert_int_equal(b->done, 1);
}

TEST(memory, crash_loses_or_keeps_what_was_held)
{
    struct bench *b = *state_;
    put_and_seal(b, "a");
    b->faults->hold = 1;
    put_and_seal(b, "b");
    crash(b);
    assert_true(has(b, "a"));
    assert_false(has(b, "b"));
    b->faults->hold = 1;
    b->faults->crash_applies_held = true;
    put_and_seal(b, "c");
    crash(b);
    assert_true(has(b, "c"));
    assert_int_equal(b->done, 0); // nobody was told of any of them
    struct audit_report report = {0};
    struct fail why;
    assert_true(audit_verify(b->store, NULL, &report, &why));
    assert_int_equal(report.commits, 2);
}

TEST(memory, failing_reads_are_told_wherever_they_come)
{
    struct bench *b = *state_;
    struct fail why;
    struct row row;
    struct scan *scan;
    int failures = 0;
    for (int i = 0; i < 5; i++)
        put_and_seal(b, (const char *[]){"a", "b", "c", "d", "e"}[i]);
    store_poll(b->store);
    for (uint64_t at = 1; at < 20; at++) {
        int rows = 0;
        b->faults->fail_read_at = at;
        if (!store_scan(b->store, &(struct scan_opts){.table = TABLE_META, .index = -1}, &scan,
                        &why)) {
            failures++;
            continue;
        }
        for (; scan_next(scan, &row, &why); rows++)
            row_done(&row);
        scan_done(scan);
        assert_true(why.kind == FAIL_IO || rows == 5);
        failures += why.kind == FAIL_IO;
        b->faults->fail_read_at = 0;
    }
    assert_int_equal(failures, 7); // opening, five rows, the end
    b->faults->fail_read_at = 1;
    assert_false(store_get(b->store, TABLE_META, (struct value[]){value_text("a")}, &row, &why));
    b->faults->fail_read_at = 1;
    store_abandon(b->store);
    assert_null(store_open(&(struct store_opts){.driver = memory_driver_new(b->disk)}, &why));
    assert_int_equal(why.kind, FAIL_IO);
    open_bench(b);
}

TEST(memory, closing_in_trouble_gives_up)
{
    struct bench *b = *state_;
    b->faults->hold = 1;
    put_and_seal(b, "a");
    store_close(b->store); // says so in the log
    b->faults->hold = 0;
    open_bench(b);
    assert_false(has(b, "a"));
}

int main(void)
{
#define MEMORY_CASE(behaviour) cmocka_unit_test_setup_teardown(memory_##behaviour, setup, teardown)
    const struct CMUnitTest tests[] = {
        MEMORY_CASE(full_disk_is_trouble_until_the_next_try),
        MEMORY_CASE(slow_disk_holds_its_answers),
        MEMORY_CASE(crash_loses_or_keeps_what_was_held),
        MEMORY_CASE(failing_reads_are_told_wherever_they_come),
        MEMORY_CASE(closing_in_trouble_gives_up),
    };
    log_configure(LOG_ERROR + 1, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
